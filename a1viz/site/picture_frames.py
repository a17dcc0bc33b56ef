"""A picture in a page: it scrolls where its place is too narrow, and says so; for paper and phones there is a narrower one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..pictures.drawing import Picture

NATURAL = re.compile(r"max-width:([0-9.]+)px")
PAGE_OPTIONS = ("theme", "direction", "width", "scale")


def page_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What the settings of a fence say of the page that a picture is for, and of its colours."""
    return {name: settings[name] for name in PAGE_OPTIONS if name in settings}


def picture_html(picture: Picture, settings: Mapping[str, Any], below: str = "") -> str:
    """A picture that scrolls, or two of which the page shows the one that suits its width; a caption, and what comes below."""
    return f'<figure class="a1viz">{both_widths(picture, settings)}{caption_html(settings)}{below}</figure>'


def caption_html(settings: Mapping[str, Any]) -> str:
    """The text below a picture, if there is one."""
    from ..pictures.escaping import escape as plain  # without the marks that turn writing round

    return f"<figcaption>{plain(settings['caption'])}</figcaption>" if settings.get("caption") else ""


def both_widths(picture: Picture, settings: Mapping[str, Any], kind: str = "") -> str:
    """A picture that scrolls, or two of which the page shows the one that suits its width."""
    title, wide, kind = escape(picture.diagram.title), picture.svg, f"{kind} " if kind else ""
    narrow = "" if "width" in settings else narrower(picture, wide)
    if not narrow:
        return framed(wide, title, kind.strip())
    return framed(wide, title, f"{kind}a1viz-wide") + framed(narrow, title, f"{kind}a1viz-narrow", " hidden")


def framed(svg: str, title: str, kind: str = "", hidden: str = "") -> str:
    """A picture that scrolls, and a line below it that the style sheet shows where it does."""
    kind = f" {kind}" if kind else ""
    return (
        f'<div class="a1viz-picture{kind}" tabindex="0" role="group" aria-label="{title}, scrolls sideways"{hidden}>{svg}</div>'
        f'<p class="a1viz-scrolls{kind}" style="--a1viz-natural:{natural_width(svg):g}px" aria-hidden="true" data-search-exclude{hidden}>'
        "scroll sideways →</p>"
    )


def narrower(picture: Picture, svg: str) -> str:
    """The same picture for paper and for narrow screens; nothing where it fits them or cannot be narrower."""
    from ..pictures.page_widths import ANY, PAPER

    wide = natural_width(svg)
    if picture.diagram.kind == "wires" or wide <= PAPER:
        return ""
    found = replace(picture, page=replace(picture.page or ANY, width=PAPER)).svg
    return found if natural_width(found) < wide else ""


def natural_width(svg: str) -> float:
    """How many pixels wide a picture is meant to be at most."""
    found = NATURAL.search(svg)
    return float(found[1]) if found else 0.0
