"""A measured picture laid out: the engine's best of a few tries where lines cross, then every label where it can be read."""

from __future__ import annotations

from ..base.limits import DRAWING_SECONDS
from .curves import count_crossings, polyline
from .diagrams import Diagram
from .dot_output import Hints
from .engine import Layout, LayoutTimeout, layout
from .label_places import place_labels
from .sizes import Sizes

TRIES = (Hints(straight=1), Hints(patience=20), Hints(apart=0.4))  # what else the engine is told when lines cross
MANY = 120  # edges; with more, one layout has to do


def arrange(diagram: Diagram, sizes: Sizes, direction: str = "LR", seconds: float = DRAWING_SECONDS) -> Layout:
    """Lay out a measured picture with few crossings and labels that cover nothing.

    Raises: EngineError, LayoutTimeout (see layout).
    """
    best = layout(diagram, sizes, direction, seconds)
    least = crossings(best) if len(diagram.edges) <= MANY else 0
    for hints in TRIES:
        if not least:
            break
        try:
            other = layout(diagram, sizes, direction, seconds, hints)
        except LayoutTimeout:
            break
        if crossings(other) < least:
            best, least = other, crossings(other)
    return place_labels(sizes, best)


def crossings(plan: Layout) -> int:
    """How often the lines of a layout cross."""
    return count_crossings([polyline(route) for route in plan.edges])
