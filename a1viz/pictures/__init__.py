"""Graphs, networks and plans as pictures: diagrams of what is drawn, the layout engine, and a module for each output format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base.lazy import lazy_names

PUBLIC = {
    "FORMATS": "drawing",
    "VIEWS": "drawing",
    "Picture": "drawing",
    "draw": "drawing",
}
__getattr__, __dir__ = lazy_names(__name__, PUBLIC)

if TYPE_CHECKING:  # the same names, for type checkers; tests/test_api.py compares
    from .drawing import FORMATS as FORMATS
    from .drawing import VIEWS as VIEWS
    from .drawing import Picture as Picture
    from .drawing import draw as draw
