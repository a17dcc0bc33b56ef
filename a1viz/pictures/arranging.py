"""A measured picture laid out: the engine's best of a few tries where lines cross."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..base.limits import DRAWING_SECONDS
from .curves import crossings, polyline
from .diagrams import Diagram
from .dot_output import Hints
from .engine import Layout, LayoutTimeout, layout
from .sizes import Sizes

TRIES = (Hints(straight=1), Hints(patience=20), Hints(apart=0.4))  # what else the engine is told when lines cross
MOST = 3  # times that one block is tried behind another
MANY = 120  # edges; with more, one layout has to do


def least_crossed(
    diagram: Diagram, sizes: Sizes, direction: str = "LR", seconds: float = DRAWING_SECONDS, room: float = math.inf
) -> Layout:
    """Lay out a measured picture with few crossings.

    A picture with fewer crossings is taken if it is no wider than `room` pixels, or than the one with more.
    Raises: EngineError, LayoutTimeout (see layout).
    """
    best = layout(diagram, sizes, direction, seconds)
    crossed = crossed_edges(best) if len(diagram.edges) <= MANY else []
    for hints in (*TRIES, *staggered(diagram, crossed)):
        if not crossed:
            break
        try:
            other = layout(diagram, sizes, direction, seconds, hints)
        except LayoutTimeout:
            break
        if other.width <= max(room, best.width) and len(left := crossed_edges(other)) < len(crossed):
            best, crossed = other, left
    return best


def crossed_edges(plan: Layout) -> list[tuple[int, int]]:
    """The edges of a layout that cross, by their numbers."""
    return crossings([polyline(route) for route in plan.edges])


def staggered(diagram: Diagram, crossed: Sequence[tuple[int, int]]) -> list[Hints]:
    """Where edges of two blocks cross, the second block behind the first: its arrows then lie between those of the first.

    So two comparators side by side that both lead to the same two need no crossing. It takes a second block that only reads inputs.
    """
    numbers = {box.name: place for place, box in enumerate(diagram.boxes)}
    reads: dict[str, list[str]] = {}
    for edge in diagram.edges:
        reads.setdefault(edge.head, []).append(edge.tail)
    found: dict[Hints, None] = {}
    for i, j in crossed:
        if None not in (diagram.edges[i].output, diagram.edges[j].output):
            first, second = sorted((diagram.edges[i].tail, diagram.edges[j].tail), key=numbers.__getitem__)
            inputs = reads.get(second, ())
            if first != second and not any(name in reads for name in inputs):
                found[Hints(later=tuple((numbers[first], numbers[name]) for name in inputs))] = None
    return list(found)[:MOST]
