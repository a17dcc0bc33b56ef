"""What a documentation site shows: the Markdown fence, generated pages, model cards, and the code on a page, run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base.lazy import lazy_names

PUBLIC = {
    "format": "fence",
    "write_pages": "pages",
}
__getattr__, __dir__ = lazy_names(__name__, PUBLIC)

if TYPE_CHECKING:  # the same names, for type checkers; tests/test_api.py compares
    from .fence import format as format
    from .pages import write_pages as write_pages
