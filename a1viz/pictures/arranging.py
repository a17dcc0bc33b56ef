"""A measured picture laid out: the engine's best of a few tries where lines cross, then every label where it can be read."""

from __future__ import annotations

from ..base.limits import DRAWING_SECONDS
from .curves import count_crossings, polyline
from .diagrams import Diagram
from .engine import Layout, layout
from .label_places import place_labels
from .sizes import Sizes


def arrange(diagram: Diagram, sizes: Sizes, direction: str = "LR", seconds: float = DRAWING_SECONDS) -> Layout:
    """Lay out a measured picture.

    Raises: EngineError, LayoutTimeout (see layout).
    """
    plan = layout(diagram, sizes, direction, seconds)
    return place_labels(sizes, plan)
