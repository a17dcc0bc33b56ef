"""Comparator networks as Knuth draws them, as TikZ."""

from __future__ import annotations

import math

from .engine import Point, Rect
from .sizes import MARGIN
from .tikz_words import at, corners, dashed, ink, length, picture, put
from .wire_diagrams import Wires
from .wire_layout import DOT, LOOKS, PLAIN, Look, Shape
from .wire_outline import laid_out

NAMES = {PLAIN: "a1 wire"} | {look: f"a1 {word}" for word, look in LOOKS.items()}


def wires_tikz(wires: Wires, theme: str = "auto", seconds: float = math.inf) -> tuple[str, Point]:
    """A tikzpicture of a network, and its size in pixels; collapsed, where to draw it whole would take more than `seconds`.

    Raises OutputError for what is larger than TeX can hold.
    """
    laid = laid_out(wires, seconds)
    shapes = [*laid.wires, *(shape for _, drawn in laid.bars for shape in drawn), *laid.others]
    lines = [*map(drawn, shapes), *(put(label, at, role) for label, at, role in laid.put)]
    frame = Rect(-MARGIN, -laid.top, laid.width, laid.height)
    styles = {NAMES[look]: style(look) for look in NAMES} | {f"{NAMES[look]} end": end(look) for look in NAMES}
    return picture(lines, styles, theme, frame, (wires.title, wires.about, f"{wires.note}.")), (laid.width, laid.height)


def style(look: Look) -> str:
    return f"draw={ink(look.ink)}, line width={length(look.width)}" + (f", {dashed(look.dash)}" if look.dash else "")


def end(look: Look) -> str:
    """How the dot at an end of a line is drawn, and a frame."""
    return f"draw={ink(look.ink)}, line width={length(1.5)}" + (f", fill={ink(look.fill)}" if look.fill else "")


def drawn(shape: Shape) -> str:
    """One line, dot or frame."""
    start, name = at((shape.x, shape.y)), NAMES[shape.look]
    if shape.kind == "dot":
        return f"  \\path[{name} end] {start} circle[radius={length(DOT)}];"
    if shape.kind == "frame":
        rect = Rect(shape.x, shape.y, shape.width, shape.height)
        return f"  \\path[{name} end, rounded corners={length(shape.radius)}] {corners(rect)};"
    return f"  \\path[{name}] {start} -- {at((shape.x + shape.width, shape.y + shape.height))};"
