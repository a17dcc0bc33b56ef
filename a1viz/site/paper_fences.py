"""A fence on paper: what the page shows, drawn for the width of a sheet in the colours of print, and nothing that wants to be touched."""

from __future__ import annotations

from typing import Any

from ..base.errors import OutputError
from ..pictures.page_widths import PAPER
from .figures import figure_html
from .options import names_files, read
from .picture_frames import natural_width
from .state import remembered
from .views import view_of

STILL = ("live", "theme")  # what paper does not take from a fence
PRINT = "print"
SMALLEST = 0.8  # of the size of the text may letters have


def paper_html(source: str) -> str:
    """The HTML of one fence for paper; of an exercise nothing. Raises InputError and what else a fence may raise."""
    settings = read(source)
    if "exercise" in settings:
        return ""
    if names_files(settings):
        return _drawn(settings)
    return str(remembered("paper", source, lambda: _drawn(settings)))


def _drawn(settings: dict[str, Any]) -> str:
    view_of(settings)  # is known, or an error
    if "figure" in settings:
        return figure_html(settings["figure"], settings.get("caption", ""), on_paper=True)
    still = {key: value for key, value in settings.items() if key not in STILL}
    still["theme"] = PRINT
    try:
        made = view_of(settings)({**still, "width": min(settings.get("width", PAPER), PAPER)})
    except OutputError:  # wires are as wide as they are; what else is wrong is said again
        return view_of(settings)(still)
    if "direction" in still and natural_width(made) > PAPER / SMALLEST:
        return view_of(settings)({**{key: value for key, value in still.items() if key != "direction"}, "width": PAPER})
    return made
