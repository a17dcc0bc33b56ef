"""How large everything in a picture is, before anyone decides where it goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from .diagrams import Diagram, Line
from .slots import Placed, placed
from .typesetting import LONGEST, Label, typeset

TEXT, VALUE, SHAPE, BLOCK, SMALL = 15, 13, 13, 13, 13  # font sizes of formulas, values, shapes on edges, titles of blocks, many units
PAD_X, PAD_Y = 10, 4
MIN_WIDTH, SMALL_WIDTH = 32, 24
INNER = 3  # between the two frames of a collapsed block
MARGIN = 12  # around a picture


@dataclass(frozen=True)
class Band:
    """One line of a box: its formula, and the height it takes above and below the baseline."""

    line: Line
    label: Label
    ascent: float
    descent: float
    slots: tuple[Placed, ...] = ()

    @property
    def height(self) -> float:
        """The height with padding."""
        return self.ascent + self.descent + 2 * PAD_Y


@dataclass(frozen=True)
class Sizes:
    """The typeset labels of a picture and the size of every box, in the order of the diagram."""

    bands: tuple[tuple[Band, ...], ...]
    boxes: tuple[tuple[float, float], ...]
    edges: tuple[Label | None, ...]
    clusters: tuple[Label, ...]
    headings: tuple[tuple[Label, ...], ...] = ()  # what stands above each column

    def heading(self, column: int) -> tuple[Label, ...]:
        return self.headings[column] if self.headings else ()


def seconds_of(diagram: Diagram) -> float:
    """About how long it takes to typeset every label for the first time, and to write them down, on one core."""
    lines = [line.latex for box in diagram.boxes for line in box.lines]
    lines += [edge.label for edge in diagram.edges if edge.label] + [cluster.latex for cluster in diagram.clusters]
    return sum(map(label_seconds, {*lines})) + 300e-6 * len(lines) + (80e-6 if diagram.in_columns else 300e-6) * len(diagram.edges)


def label_seconds(latex: str) -> float:
    """About how long it takes to typeset a formula for the first time, on one core."""
    return 3e-3 + 220e-6 * min(len(latex), LONGEST)


def typeset_in(seconds: float, formulas: Sequence[str]) -> int:
    """How many of these formulas, from the first on, are typeset in so many seconds; at least one."""
    return max(1, sum(total <= seconds for total in accumulate(map(label_seconds, formulas))))


def measure(diagram: Diagram) -> Sizes:
    """Typeset every label and find the size of every box."""
    bands = tuple(tuple(band(line) for line in box.lines) for box in diagram.boxes)
    return Sizes(
        bands,
        tuple(box_size(lines, INNER if box.kind == "block" else 0) for box, lines in zip(diagram.boxes, bands, strict=True)),
        tuple(typeset(edge.label, SHAPE) if edge.label else None for edge in diagram.edges),
        tuple(typeset(cluster.latex, BLOCK) for cluster in diagram.clusters),
        tuple(tuple(typeset(line.latex, TEXT) for line in lines) for lines in diagram.headings),
    )


def band(line: Line) -> Band:
    """Typeset a line; a flat formula still gets the height of a line of text, so that baselines keep their rhythm."""
    size = {"value": VALUE, "small": SMALL, "small input": SMALL}.get(line.kind, TEXT)
    if line.slots:
        label, slots = placed(line.slots, size)
        return Band(line, label, label.ascent, label.descent, slots)
    label = typeset(line.latex, size)
    return Band(line, label, max(label.ascent, 0.78 * size), max(label.descent, 0.28 * size))


def box_size(bands: tuple[Band, ...], inset: float = 0) -> tuple[float, float]:
    """Width and height of a box around its lines; `inset` is how far its innermost frame stands inside the outermost."""
    width = max((band.label.width for band in bands), default=0)
    height = sum(band.height for band in bands)
    if bands and bands[0].label.size == SMALL:
        return max(width + 10, SMALL_WIDTH), height - 2 * (PAD_Y - 1) * len(bands)
    return max(width + 2 * PAD_X, MIN_WIDTH) + 2 * inset, max(height, 2 * PAD_Y + TEXT) + 2 * inset
