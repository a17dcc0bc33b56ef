"""The pages of a site, drawn from the last to the first beside a build, which begins at the first: each finds what the other has kept."""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path

from ..base.errors import A1vizError
from .conversion import html_of
from .fence import LOG, format
from .formulas import typeset_formulas
from .page_code import filled


def draw_ahead(folder: Path) -> None:
    """Draw the fences and formulas of all pages of a folder, so that they are found in the cache; the build says what is wrong."""
    LOG.addFilter(_nothing)
    try:
        # MkDocs takes files before folders
        for path in sorted(folder.rglob("*.md"), key=lambda path: (len(path.relative_to(folder).parts), path), reverse=True):
            with suppress(A1vizError, OSError, ValueError):
                text = filled(path.read_text(encoding="utf-8"), lambda line, message: None, path.parent)
                typeset_formulas(html_of(text, format, [folder.parent]))
    finally:
        LOG.removeFilter(_nothing)


def _nothing(record: logging.LogRecord) -> bool:
    return False
