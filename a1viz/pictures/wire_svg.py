"""Comparator networks as Knuth draws them, as SVG: each comparator says in words what it does."""

from __future__ import annotations

import math
import re

from ..base.cache import digest
from .escaping import escape
from .sizes import MARGIN
from .strokes import n
from .svg_output import Frame, document, draw_label, glyphs_of
from .themes import colour
from .wire_diagrams import Wires
from .wire_layout import DOT, Shape
from .wire_outline import laid_out


def knuth_svg(picture: Wires, theme: str = "auto", seconds: float = math.inf, scale: float = 1.0) -> str:
    """Draw a network; collapsed, where to draw it whole would take more than `seconds`."""
    name, laid = _id(picture, theme), laid_out(picture, seconds)
    parts = [drawn(shape, theme) for shape in laid.wires]
    for k, (bar, shapes) in enumerate(laid.bars):
        parts.append(f'<g id="{name}-b{k}"><title>{escape(bar.words)}</title>{"".join(drawn(shape, theme) for shape in shapes)}</g>')
    parts += [drawn(shape, theme) for shape in laid.others]
    parts += [draw_label(label, at, name, colour(role, theme)) for label, at, role in laid.put]
    outlines = glyphs_of([put.label for put in laid.put], name)
    frame = Frame((laid.width, laid.height), (MARGIN, laid.top), scale)
    return document(name, (picture.title, laid.words), theme, outlines, frame, parts)


def _id(picture: Wires, theme: str) -> str:
    stem = re.sub(r"[^A-Za-z0-9]+", "-", picture.name)[:24].strip("-")
    return f"a1-{stem}-{digest(repr(picture) + theme, 4)}"


def drawn(shape: Shape, theme: str) -> str:
    """One line, dot or frame."""
    kind, x, y, width, height, look, radius = shape
    ink, fill = colour(look.ink, theme), colour(look.fill, theme) if look.fill else "none"
    stroke = f'stroke="{ink}" stroke-width="{look.width}"' + (f' stroke-dasharray="{look.dash}"' if look.dash else "")
    if kind == "dot":
        return f'<circle cx="{n(x)}" cy="{n(y)}" r="{DOT}" fill="{fill}" stroke="{ink}" stroke-width="1.5"/>'
    if kind == "frame":
        return f'<rect x="{n(x)}" y="{n(y)}" width="{n(width)}" height="{n(height)}" rx="{n(radius)}" fill="{fill}" {stroke}/>'
    return f'<path d="M{n(x)} {n(y)}{f"H{n(x + width)}" if width else f"V{n(y + height)}"}" {stroke}/>'
