"""How the weights of a network are drawn: by sign full or dashed and in two colours, the wider the larger, and what that means below.

Of very many arrows those of about the same weight are one path, without tips: all lead to the right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from .diagrams import Edge
from .engine import Point, Route
from .escaping import escape
from .looks import HALF_TIP, TIP
from .sizes import SHAPE
from .themes import colour
from .typesetting import Label, typeset
from .wording import number_latex, number_words

SINGLE = 400  # arrows that are drawn one by one, each with its tooltip
LEVELS = 8  # of width, where they are drawn together
THIN, WIDE = (1.0, 3.2), (0.15, 1.8)  # the least and the largest width of few arrows, and of many
FINE = 1500  # arrows; of more, all are finer
SAMPLE, APART, ROW = 26, 16, 20  # of the legend, in pixels


def n(number: float) -> str:
    """A coordinate with two decimals at most.

    >>> n(12.0), n(-0.001)
    ('12', '0')
    """
    short = round(number, 2)
    return f"{short:.10g}" if short else "0"


def p(point: Point) -> str:
    """A point of a path."""
    return f"{n(point[0])} {n(point[1])}"


def arrow_points(route: Route, length: float = TIP, half: float = HALF_TIP) -> tuple[Point, Point, Point]:
    """Where an arrow's shaft ends, and its two barbs."""
    (x, y), (tip_x, tip_y) = route.points[-1], route.tip
    distance = math.hypot(tip_x - x, tip_y - y)
    if not distance:  # no arrow in the engine's answer: go by the end of the curve
        (x, y), distance = route.points[-2], math.hypot(tip_x - route.points[-2][0], tip_y - route.points[-2][1]) or 1
    along_x, along_y = (tip_x - x) / distance, (tip_y - y) / distance
    x, y = tip_x - length * along_x, tip_y - length * along_y
    return (x + along_x, y + along_y), (x - half * along_y, y + half * along_x), (x + half * along_y, y - half * along_x)


def is_weighted(edges: Sequence[Edge]) -> bool:
    """Whether arrows of a picture are weights."""
    return any(edge.weight is not None or edge.kind == "bundle" for edge in edges)


def largest(edges: Sequence[Edge]) -> float:
    """The largest magnitude of a weight; that of an infinite one does not count."""
    return max((abs(edge.weight) for edge in edges if edge.weight is not None and math.isfinite(edge.weight)), default=0.0) or 1.0


def look(edge: Edge) -> str:
    """What the arrow is: a positive or negative weight, a bundle of weights, or plain: what a unit looks at as it is."""
    if edge.weight is None:
        return "bundle" if edge.kind == "bundle" else "plain"
    return "negative" if edge.weight < 0 else "positive"


def ink_role(role: str) -> str:
    """The role of the colour of an arrow that looks so."""
    return role if role in ("positive", "negative") else "muted"


def ink(role: str, theme: str) -> str:
    """The colour of an arrow that looks so."""
    return colour(ink_role(role), theme)


def width(edge: Edge, most: float, bounds: tuple[float, float] = THIN) -> float:
    """How wide an arrow is: from the one bound to the other, in proportion to its weight."""
    least, largest = bounds
    part = 0.2 if edge.weight is None else min(abs(edge.weight) / most, 1.0)
    return least + (largest - least) * (part if part == part else 0.0)


def dashes_of(role: str, wide: float) -> str:
    """The dashes of an arrow of a width: a negative weight is dashed, several weights are dotted."""
    return {"negative": f"{n(4 + 1.5 * wide)} {n(2 + wide / 2)}", "bundle": "1.5 2.5"}.get(role, "")


def paint(role: str, wide: float, theme: str) -> str:
    """The colour, the width and the dashes of an arrow: a negative weight is dashed, several weights are dotted."""
    dashes = dashes_of(role, wide)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'stroke="{ink(role, theme)}" fill="none"{dashed} stroke-width="{n(wide)}"'


def draw_weight(edge: Edge, route: Route, most: float, theme: str) -> str:
    """One arrow with its tooltip."""
    role, wide = look(edge), width(edge, most)
    back, left, right = arrow_points(route, half=max(HALF_TIP, 1.6 * wide))
    start, *bends = route.points
    return (
        f"<g><title>{escape(f'{edge.tail} to {edge.head}: {edge.words or edge.text}')}</title>"
        f'<path d="M{p(start)}C{" ".join(map(p, bends))}L{p(back)}" {paint(role, wide, theme)}/>'
        f'<path d="M{p(route.tip)}L{p(left)}L{p(right)}z" fill="{ink(role, theme)}"/></g>'
    )


def draw_many(edges: Sequence[Edge], routes: Sequence[Route], theme: str) -> list[str]:
    """Very many arrows: those of one sign and about one width together, the widest last."""
    found = []
    for (level, role), places in alike(edges):
        path = "".join(line(routes[k]) for k in places)
        wide = level_width(level, len(edges))
        shift = f' stroke-dashoffset="{level}"' if role == "negative" else ""  # gaps of all side by side would be seen as lines
        found.append(f'<path d="{path}" {paint(role, wide, theme)}{shift}/>')
    return found


def alike(edges: Sequence[Edge]) -> list[tuple[tuple[int, str], list[int]]]:
    """The places of arrows of about one width that look the same, by level and look, the widest last."""
    most = largest(edges)
    groups: dict[tuple[int, str], list[int]] = {}
    for k, edge in enumerate(edges):
        groups.setdefault((level_of(edge, most), look(edge)), []).append(k)
    return sorted(groups.items())


def level_of(edge: Edge, most: float) -> int:
    """Which width an arrow has of those there are where very many are drawn together."""
    return min(int(LEVELS * width(edge, most, (0.0, 1.0))), LEVELS - 1)


def level_width(level: int, count: int) -> float:
    """How wide arrows of a level are: the more arrows there are, the finer."""
    least, most = WIDE
    return least + (most * min(1.0, math.sqrt(FINE / count)) - least) * level / (LEVELS - 1)


def line(route: Route) -> str:
    """The path of an arrow without its tip, to a tenth of a pixel; a straight one is a line."""
    (x, y), *bends = route.points
    (to_x, to_y) = route.tip
    at = f"M{x:.4g} {y:.4g}"
    if len(bends) == 3 and all(abs((b[0] - x) * (to_y - y) - (b[1] - y) * (to_x - x)) < 1 for b in bends):
        return f"{at}L{to_x:.4g} {to_y:.4g}"
    return f"{at}C" + " ".join(f"{a:.4g} {b:.4g}" for a, b in bends)


# --- what it means --------------------------------------------------------------------------------------------------------------


class Sample(NamedTuple):
    """One entry of the legend: a piece of line and what it means, with the middle of its left end."""

    role: str
    wide: float
    label: Label
    at: Point


class Legend(NamedTuple):
    """What the arrows mean, below a picture."""

    samples: tuple[Sample, ...]
    width: float
    height: float


def legend(edges: Sequence[Edge], room: float) -> Legend:
    """What the looks of these arrows mean, in rows that fit into a width; nothing where they are no weights."""
    samples, x, y, wide = [], 0.0, ROW / 2 + 4, 0.0
    for role, thickness, latex in entries(edges):
        label = typeset(latex, SHAPE)
        size = SAMPLE + 6 + label.width
        if x and x + size > room:
            x, y = 0.0, y + ROW
        samples.append(Sample(role, thickness, label, (x, y)))
        wide, x = max(wide, x + size), x + size + APART
    return Legend(tuple(samples), wide, y + ROW / 2 if samples else 0.0)


def entries(edges: Sequence[Edge]) -> list[tuple[str, float, str]]:
    """Each entry of the legend as look, width and LaTeX: the weights that are written nowhere, or, where those are many, both signs."""
    single, most = len(edges) <= SINGLE, largest(edges)
    unwritten = {edge.weight: edge for edge in edges if edge.weight is not None and not edge.label}
    if 0 < len({abs(weight) for weight in unwritten}) <= 2:
        alone = [unwritten[weight] for weight in sorted(unwritten, key=lambda weight: (abs(weight), -weight))]
        wide = [width(edge, most) if single else level_width(level_of(edge, most), len(edges)) for edge in alone]
        rows = [(look(edge), w, rf"\text{{weight }} {number_latex(edge.weight or 0)}") for edge, w in zip(alone, wide, strict=True)]
    else:
        widest = THIN[1] if single else level_width(LEVELS - 1, len(edges))
        roles = [role for role in ("positive", "negative") if role in {look(edge) for edge in edges}]
        rows = [(role, widest / 2.4, rf"\text{{{role}}}") for role in roles]
        rows += [(role, widest, rf"\text{{largest: }} {number_latex(most)}") for role in roles[:1]]
    return [*rows, ("bundle", 1.4, r"\text{several weights}")] if any(edge.kind == "bundle" for edge in edges) else rows


def draw_sample(sample: Sample, top: float, theme: str) -> str:
    """The piece of line of an entry of the legend."""
    x, y = sample.at
    return f'<path d="M{n(x)} {n(top + y)}h{SAMPLE}" {paint(sample.role, sample.wide, theme)}/>'


def meaning(edges: Sequence[Edge]) -> str:
    """The legend in words."""
    said = "Each box is a neuron, each arrow a weight."
    if any(edge.weight is not None for edge in edges):
        said += f" The wider an arrow, the larger its weight, up to {number_words(largest(edges))}; a dashed one is negative."
    if any(edge.kind == "bundle" for edge in edges):
        said += " A dotted arrow stands for several weights, of units that are not drawn."
    return said
