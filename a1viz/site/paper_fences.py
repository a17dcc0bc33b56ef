"""A fence on paper: what the page shows, drawn for the width of a sheet in the colours of print, and nothing that wants to be touched."""

from __future__ import annotations

from typing import Any

from ..pictures.page_widths import PAPER
from .fence import html
from .options import names_files, read
from .state import remembered
from .views import view_of

STILL = ("live", "theme")  # what paper does not take from a fence
PRINT = "print"


def paper_html(source: str) -> str:
    """The HTML of one fence for paper; of an exercise nothing. Raises InputError and what else a fence may raise."""
    settings = read(source)
    if "exercise" in settings:
        return ""
    if names_files(settings):
        return _drawn(settings)
    if "figure" in settings:  # whose numbers took long: the site's own, which take their colours where they are put
        return str(remembered("fences", source, lambda: html(settings)))
    return str(remembered("paper", source, lambda: _drawn(settings)))


def _drawn(settings: dict[str, Any]) -> str:
    still = {key: value for key, value in settings.items() if key not in STILL}
    width = min(settings.get("width", PAPER), PAPER)
    return view_of(settings)({**still, "theme": PRINT, "width": width})
