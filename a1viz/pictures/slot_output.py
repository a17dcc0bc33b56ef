"""The numbers of a live picture as SVG: texts below one another, or a heat map with its scale."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .escaping import escape
from .slots import BRACKET, CHARACTERS, FONT, LETTER, ROW, Placed, number_text
from .strokes import n
from .themes import colour

if TYPE_CHECKING:
    from .engine import Point


def draw_slot(place: Placed, at: Point, theme: str) -> str:
    """The numbers of a slot, or its heat map with the largest magnitude below."""
    slot, (width, height) = place.slot, place.cell
    x, y = at[0] + place.x, at[1] + place.y
    ink = colour("gradient-ink" if slot.kind == "bar" else "value-ink", theme)
    wide = slot.columns * width
    parts = [tint(x, y, wide, place.height, theme)] if slot.kind == "bar" and not slot.is_heat_map else []
    parts += [draw_brackets(x, y, wide, place.height, ink)] if slot.is_list else []
    most = max((abs(v) for v in slot.numbers if math.isfinite(v)), default=0.0)
    for k, value in enumerate(slot.numbers):
        row, column = divmod(k, slot.columns)
        left, top = x + column * width, y + row * height
        if slot.is_heat_map:
            parts.append(f'<rect x="{n(left)}" y="{n(top)}" width="{n(width)}" height="{n(height)}" {shade(value, most, theme)}/>')
        else:
            parts.append(f'<text x="{n(left + width - 1)}" y="{n(top + ROW - 4)}">{escape(number_text(value))}</text>')
    if slot.is_heat_map:
        below = f'x="{n(x + CHARACTERS * LETTER)}" y="{n(y + place.height + ROW - 3)}"'
        parts.append(f'<text class="a1viz-most" fill="{ink}" {below}>±{number_text(most)}</text>')
    paint = colour("positive", theme) if slot.is_heat_map else ink
    font = f'font-family="monospace" font-size="{FONT}" text-anchor="end" fill="{paint}"'
    inks = " ".join(colour(role, theme) for role in ("positive", "negative", "muted"))
    columns = f' data-columns="{slot.columns}" data-inks="{inks}"' if slot.is_heat_map else ""
    columns += f' data-first="{slot.first}"' if slot.first else ""
    return f'<g class="a1viz-slot" data-name="{escape(slot.name)}" data-kind="{slot.kind}"{columns} {font}>{"".join(parts)}</g>'


def shade(value: float, most: float, theme: str) -> str:
    """The colours of a heat map: those of positive and of negative weights, the stronger the larger; grey for what is no number."""
    if math.isnan(value):
        return f'fill="{colour("muted", theme)}"'
    painted = f'fill="{colour("negative", theme)}" ' if value < 0 else ""
    strength = 1.0 if math.isinf(value) else abs(value) / most if most else 0.0
    return f'{painted}fill-opacity="{n(strength)}"'


def tint(x: float, y: float, width: float, height: float, theme: str) -> str:
    """What a cotangent's numbers stand on."""
    at = f'x="{n(x - BRACKET)}" y="{n(y - 1)}" width="{n(width + 2 * BRACKET)}" height="{n(height + 2)}"'
    return f'<rect class="a1viz-tint" {at} fill="{colour("gradient-fill", theme)}"/>'


def draw_brackets(x: float, y: float, width: float, height: float, ink: str) -> str:
    """The brackets around a column or a matrix."""
    left = f"M{n(x)} {n(y + 0.5)}h-3v{n(height - 1)}h3"
    right = f"M{n(x + width + 1)} {n(y + 0.5)}h3v{n(height - 1)}h-3"
    return f'<path d="{left}{right}" fill="none" stroke="{ink}"/>'
