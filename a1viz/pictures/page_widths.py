"""A picture for a page: in one row where that fits, else in rows or from top to bottom, so that no letter is made smaller to fit."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Literal

from ..base.errors import OutputError, did_you_mean, shown
from ..base.limits import DRAWING_SECONDS, LEAST_WIDTH, MOST_SCALE, MOST_WIDTH
from .arranging import least_crossed
from .column_layout import columns
from .diagrams import Diagram
from .engine import Layout, LayoutTimeout, layout
from .label_places import place_labels
from .line_breaks import fitted
from .sizes import MARGIN, Sizes, measure, seconds_of
from .typesetting import UNITS
from .wrapping import Wrapped, wrapped

Direction = Literal["", "right", "down"]
DIRECTIONS = {"right": "LR", "down": "TB"}
PAGE, PAPER, PHONE = 998, 643, 358  # pixels: the column of a page on a screen of 1280, 17 cm, the screen of a phone
SHARES = (0.95, 0.7, 0.5, 0.36, 0.25)  # of the width, for the widest box in a column: tried in this order
NARROW = 140  # pixels; no box is made narrower than that
ROW = 0.9  # the same in rows, where arrows need room at both ends
LOW, LOWER = 0.75, 0.5  # of the height of a column that rows may have to be preferred: with one or two arrows between them, with more
GAP = 20  # pixels from a box to the next one, and to a label between them
FULL = 3  # boxes in a row, on average, that make rows worth while
LETTERS = re.compile(r'<g transform="translate\([^)]*\) scale\(([0-9.]+)\)" fill')


@dataclass(frozen=True)
class Page:
    """What a picture is laid out for: a direction or whichever fits, a width in pixels, and how much larger it is drawn.

    Without a width it is PAGE, or any where a direction is given.
    """

    direction: Direction = ""
    width: float = 0
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Raises OutputError for what is no direction, width or scale."""
        if self.direction not in ("", *DIRECTIONS):
            near = did_you_mean(str(self.direction), DIRECTIONS)
            raise OutputError(f"unknown direction {shown(self.direction)}{near}; the directions are {', '.join(DIRECTIONS)}")
        for name, value in (("width", self.width), ("scale", self.scale)):
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise OutputError(f"the {name} of a picture is a number, got {shown(value)}")
        if self.width and not LEAST_WIDTH <= self.width <= MOST_WIDTH:
            raise OutputError(f"a picture cannot be {self.width:g} pixels wide; give a width from {LEAST_WIDTH} to {MOST_WIDTH:,}")
        if not 1 / MOST_SCALE <= self.scale <= MOST_SCALE:
            raise OutputError(f"the scale cannot be {self.scale:g}; give one from {1 / MOST_SCALE:g} to {MOST_SCALE}")

    @property
    def room(self) -> float:
        """The pixels there are for what is drawn, before it is scaled and inside its margins."""
        wanted = self.width / self.scale or (0 if self.direction else PAGE)
        return wanted - 2 * MARGIN if wanted else math.inf


ANY = Page()
NOWHERE = Layout(0, 0, (), (), (), ())


@dataclass(frozen=True)
class Laid:
    """A diagram as it is drawn, its formulas perhaps in several lines, measured and laid out."""

    diagram: Diagram
    sizes: Sizes
    plan: Layout = NOWHERE


def lay_out(diagram: Diagram, page: Page = ANY, seconds: float = DRAWING_SECONDS) -> Laid:
    """Lay out a diagram for a page; where nothing fits its width, it is wider.

    Raises EngineError, LayoutTimeout (see layout).
    """
    one = Laid(diagram, measure(diagram))
    plan = columns(diagram, one.sizes, page.room) if diagram.in_columns else None
    laid = replace(one, plan=plan) if plan else on_page(one, page, seconds)
    return replace(laid, plan=place_labels(laid.sizes, laid.plan))


def on_page(one: Laid, page: Page, seconds: float) -> Laid:
    """A measured diagram laid out for a page; its labels stand where the engine left room for them."""
    diagram, room = one.diagram, page.room
    if page.direction == "down":
        return in_column(one, room, seconds)
    if row_width(one) > room and widest(one.sizes) > room:
        return in_rows(one, room, seconds) if page.direction else in_column(one, room, seconds)
    row = least_crossed(diagram, one.sizes, "LR", seconds, room)
    if row.width <= room:
        return replace(one, plan=row)
    rows = wrapped(row, one.sizes, room)
    if rows and (page.direction or (has_few_arrows(rows) and len(diagram.boxes) >= FULL * rows.rows)):
        return replace(one, plan=rows.plan)
    if page.direction:
        return in_rows(one, room, seconds)
    try:
        column = in_column(one, room, seconds)
    except LayoutTimeout:
        return replace(one, plan=rows.plan if rows else row)
    return replace(one, plan=rows.plan) if rows and are_better(rows, column.plan, room, len(diagram.boxes)) else column


def in_rows(one: Laid, room: float, seconds: float) -> Laid:
    """A diagram from left to right in rows, its formulas in several lines where they are wider than one."""
    drawn, _ = fitted(one.diagram, one.sizes, ROW * room)
    drawn = drawn if seconds_of(drawn) <= seconds else one.diagram
    sizes = measure(drawn)
    row = least_crossed(drawn, sizes, "LR", seconds, room)
    rows = wrapped(row, sizes, room)
    return Laid(drawn, sizes, rows.plan if rows else row)


def in_column(one: Laid, room: float, seconds: float) -> Laid:
    """A diagram from top to bottom, its formulas in as many lines as make it narrow enough; if none do, in no more than a box needs."""
    column = replace(one, plan=least_crossed(one.diagram, one.sizes, "TB", seconds, room))
    if column.plan.width <= room:
        return column
    for share in SHARES:
        drawn, roughly = fitted(one.diagram, one.sizes, max(share * room, NARROW))
        if drawn != one.diagram and seconds_of(drawn) <= seconds and layout(drawn, roughly, "TB", seconds).width <= room:
            return typeset_in_lines(drawn, seconds)
    drawn, _ = fitted(one.diagram, one.sizes, room)
    return column if drawn == one.diagram or seconds_of(drawn) > seconds else typeset_in_lines(drawn, seconds)


def typeset_in_lines(drawn: Diagram, seconds: float) -> Laid:
    """A diagram whose formulas are in lines, from top to bottom."""
    sizes = measure(drawn)
    return Laid(drawn, sizes, least_crossed(drawn, sizes, "TB", seconds))


def widest(sizes: Sizes) -> float:
    """How wide the widest box is."""
    return max((width for width, _ in sizes.boxes), default=0.0)


def has_few_arrows(rows: Wrapped) -> bool:
    """Whether no more than two arrows lead from one row to the next, on average."""
    return rows.arrows <= 2 * (rows.rows - 1)


def are_better(rows: Wrapped, column: Layout, room: float, boxes: int) -> bool:
    """Whether rows are easier to read than the same from top to bottom: much lower, with several boxes each and few arrows between them."""
    if column.width > room:
        return True
    low = LOW if has_few_arrows(rows) else LOWER
    return boxes >= 2 * rows.rows and rows.plan.height < low * column.height


def row_width(one: Laid) -> float:
    """How wide a diagram is from left to right, at least: as wide as its longest way. Boxes come after what they read."""
    widths = {box.name: width for box, (width, _) in zip(one.diagram.boxes, one.sizes.boxes, strict=True)}
    reached: dict[str, float] = {}
    reads: dict[str, list[tuple[str, float]]] = {}
    for edge, label in zip(one.diagram.edges, one.sizes.edges, strict=True):
        reads.setdefault(edge.head, []).append((edge.tail, label.width + GAP if label else GAP))
    for name, width in widths.items():
        reached[name] = width + max((reached.get(tail, 0.0) + gap for tail, gap in reads.get(name, ())), default=0.0)
    return max(reached.values(), default=0.0)


# How large letters are


def letter_height(svg: str, width: float) -> float:
    """The size in pixels of the smallest formula of a picture that is shown `width` pixels wide, or less where it is narrower.

    That of its letters: indices and exponents are smaller, as they are in every text.
    """
    found = re.search(r'viewBox="0 0 ([0-9.]+) [^"]*".*?max-width:([0-9.]+)px', svg, re.S)
    if not found:
        raise OutputError("the text to measure is not a picture of a1viz: it has no viewBox")
    units, natural = map(float, found.groups())
    sizes = [float(size) * UNITS for size in LETTERS.findall(svg)]
    return min(sizes, default=math.inf) * min(width, natural) / units
