"""A picture too wide for one row, cut into rows like lines of text; an arrow that leads on goes back along the channel between two rows."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from .engine import Layout, Point, Rect, Route
from .sizes import Sizes
from .tracks import TRACK, Curve, cut_at, links

BETWEEN = 10  # pixels between a row and the channel below it
FRAMED = 120  # what it costs to cut a frame, in pixels of height
RAGGED = 2e-4  # what the square of the room left at the end of a row costs
LEAST = 12  # pixels of a frame that are worth a part of it
SIDE = 4  # between the end of a row and the first of its tracks
INFINITE = float("inf")
Span = tuple[float, float]


@dataclass(frozen=True)
class Section:
    """What lies between two places where a picture could be cut: its top and bottom, and how much leads out of it to the right."""

    top: float
    bottom: float
    arrows: int
    frames: int


@dataclass(frozen=True)
class Row:
    """A row of sections, from the first to before the last, and how far it is moved; the channel below it begins at `floor`."""

    first: int
    last: int
    right: float
    down: float
    floor: float


class Wrapped(NamedTuple):
    """A layout in rows, how many rows there are, and how many arrows lead from one to the next."""

    plan: Layout
    rows: int
    arrows: int


def wrapped(plan: Layout, sizes: Sizes, width: float) -> Wrapped | None:
    """A layout from left to right, in rows of at most `width` pixels; nothing where a column by itself is wider."""
    if plan.width <= width:
        return Wrapped(plan, 1, 0)
    cuts = places(plan, sizes)
    pieces = [split(from_left(route), cuts) for route in plan.edges]
    sections = measured(plan, sizes, cuts, pieces)
    found = min((best_cuts(cuts, sections, width, left) for left in lefts(sections)), default=(INFINITE, []))
    if len(found[1]) < 3:
        return None
    chosen = found[1]
    rows = set_rows(cuts, sections, chosen)
    ends = [cuts[k] for k in chosen[1:-1]]

    def row_at(x: float) -> Row:
        return rows[bisect_right(ends, x)]

    def put(at: Point) -> Point:
        return moved(at, row_at(at[0]))

    def put_box(box: Rect) -> Rect:
        return Rect(*moved((box.x, box.y), row_at(box.x + box.width / 2)), box.width, box.height)

    between = [joined(pieces, above, below) for above, below in pairwise(rows)]
    edges = []
    for k, route in enumerate(plan.edges):
        curve = through(pieces[k], rows, [ways.get(k, []) for ways in between])
        way = curve if route.points[0][0] <= route.tip[0] else curve[::-1]
        edges.append(Route(tuple(way[:-3]), way[-1], route.label and put(route.label)))  # its last piece is the arrow
    made = replace(
        plan,
        width=max([cuts[row.last] + row.right for row in rows] + [x for route in edges for x, _ in route.points]),
        height=rows[-1].down + max(section.bottom for section in sections[rows[-1].first :]),
        boxes=tuple(map(put_box, plan.boxes)),
        edges=tuple(edges),
    )
    return Wrapped(framed(made, plan, sizes, cuts, rows), len(rows), sum(map(len, between)))


# Where to cut


def places(plan: Layout, sizes: Sizes) -> list[float]:
    """Where a vertical line meets no box and no label, from the left edge to the right one."""
    taken = sorted([(box.x, box.x + box.width) for box in plan.boxes] + [across for across, _ in labels(plan, sizes)])
    beside = sorted({x for frame in plan.clusters for x in (frame.x - 1, frame.x + frame.width + 1)})
    found, reached = [0.0], taken[0][1] if taken else 0.0
    for left, right in taken:
        if left > reached + 1:
            found += sorted({(left + reached) / 2, *beside[bisect_right(beside, reached) : bisect_left(beside, left)]})
        reached = max(reached, right)
    return [*found, plan.width]


def labels(plan: Layout, sizes: Sizes) -> Iterator[tuple[Span, Span]]:
    """From where to where each label of an arrow reaches, across and down."""
    for label, route in zip(sizes.edges, plan.edges, strict=True):
        if label and route.label:
            (x, y), wide, high = route.label, label.width / 2 + 3, (label.ascent + label.descent) / 2 + 2
            yield (x - wide, x + wide), (y - high, y + high)


def from_left(route: Route) -> Curve:
    """The curve of an arrow and its point, from its left end to its right one."""
    curve = [*route.points, route.points[-1], route.tip, route.tip]
    return curve if curve[0][0] <= curve[-1][0] else curve[::-1]


def split(curve: Curve, cuts: Sequence[float]) -> dict[int, Curve]:
    """The pieces of a curve by the number of the section they lie in."""
    found, rest, end = {}, curve, curve[-1][0]
    for k in range(bisect_right(cuts, curve[0][0]), bisect_right(cuts, end)):
        if 0 < k < len(cuts) - 1 and cuts[k] < end:
            found[k - 1], rest = cut_at(rest, cuts[k])
    return {**found, section_at(cuts, end): rest}


def section_at(cuts: Sequence[float], x: float) -> int:
    """The number of the section at a place."""
    return min(max(bisect_right(cuts, x) - 1, 0), len(cuts) - 2)


def measured(plan: Layout, sizes: Sizes, cuts: Sequence[float], pieces: Sequence[dict[int, Curve]]) -> list[Section]:
    """Every section with what lies in it."""
    spans: list[list[Span]] = [[] for _ in cuts[1:]]
    for box in plan.boxes:
        spans[section_at(cuts, box.x + box.width / 2)].append((box.y, box.y + box.height))
    for (left, right), down in labels(plan, sizes):
        spans[section_at(cuts, (left + right) / 2)].append(down)
    for parts in pieces:
        for k, part in parts.items():
            spans[k].append((min(y for _, y in part), max(y for _, y in part)))
    for frame in plan.clusters:
        for k in range(section_at(cuts, frame.x), section_at(cuts, frame.x + frame.width) + 1):
            spans[k].append((frame.y, frame.y + frame.height))
    return [
        Section(
            min((top for top, _ in inside), default=0),
            max((bottom for _, bottom in inside), default=0),
            sum(k in parts and k + 1 in parts for parts in pieces),
            sum(frame.x < cuts[k + 1] < frame.x + frame.width for frame in plan.clusters),
        )
        for k, inside in enumerate(spans)
    ]


def side(arrows: int) -> float:
    """The room at one end of a row that the arrows which turn there need."""
    return SIDE + TRACK * arrows if arrows else 0


def lefts(sections: Sequence[Section]) -> list[float]:
    """How much room there may have to be before all rows, for the arrows that come from the row above."""
    return sorted({side(section.arrows) for section in sections[:-1]})


def best_cuts(cuts: Sequence[float], sections: Sequence[Section], width: float, left: float) -> tuple[float, list[int]]:
    """The cuts with which the picture is least high, if there is so much room before the rows; what they cost, and their numbers.

    Both edges are cuts too. There are none where the picture cannot be so narrow.
    """
    best: list[tuple[float, int]] = [(0.0, -1)]
    for end in range(1, len(cuts)):
        options, top, bottom, is_last = [], INFINITE, -INFINITE, end == len(cuts) - 1
        after = sections[end - 1]
        for start in range(end - 1, -1, -1):
            top, bottom = min(top, sections[start].top), max(bottom, sections[start].bottom)
            room = width - left - (cuts[end] - cuts[start])
            if room < 0:
                break
            room -= 0 if is_last else side(after.arrows)
            if room >= 0 and (not start or side(sections[start - 1].arrows) <= left):
                below = 0 if is_last else 2 * BETWEEN + TRACK * after.arrows + FRAMED * after.frames + RAGGED * room**2
                options.append((best[start][0] + bottom - top + below, start))
        best.append(min(options, default=(INFINITE, -1)))
    chosen = [len(cuts) - 1]
    while chosen[-1] and best[-1][0] < INFINITE:
        chosen.append(best[chosen[-1]][1])
    return best[-1][0], chosen[::-1]


# The rows


def set_rows(cuts: Sequence[float], sections: Sequence[Section], chosen: Sequence[int]) -> list[Row]:
    """The rows below one another, all beginning at the same distance from the left edge."""
    left = max((side(sections[k - 1].arrows) for k in chosen[1:-1]), default=0)
    rows, y = [], 0.0
    for first, last in pairwise(chosen):
        top, bottom = min(section.top for section in sections[first:last]), max(section.bottom for section in sections[first:last])
        floor = y + bottom - top + BETWEEN
        rows.append(Row(first, last, left - cuts[first], y - top, floor))
        y = floor + TRACK * sections[last - 1].arrows + BETWEEN
    return rows


def moved(at: Point, row: Row) -> Point:
    """Where a point of a row is in the picture."""
    return at[0] + row.right, at[1] + row.down


def joined(pieces: Sequence[dict[int, Curve]], above: Row, below: Row) -> dict[int, Curve]:
    """By the number of its arrow, each way from the end of a row to the start of the next."""
    k = below.first
    crossing = sorted((parts[k][0][1], number) for number, parts in enumerate(pieces) if k - 1 in parts and k in parts)
    numbers = [number for _, number in crossing]
    leaving = [moved(pieces[number][k - 1][-1], above) for number in numbers]
    ends = [(x + SIDE, y) for x, y in leaving]
    starts = [(x - SIDE, y) for x, y in (moved(pieces[number][k][0], below) for number in numbers)]
    return dict(zip(numbers, links(ends, starts, above.floor), strict=True))


def through(parts: dict[int, Curve], rows: Sequence[Row], between: Sequence[Curve]) -> Curve:
    """An arrow's way through its rows, and from each to the next."""
    curve: Curve = []
    for place, row in enumerate(rows):
        for k in range(row.first, row.last):
            if k in parts:
                piece = [moved(at, row) for at in parts[k]]
                curve += joint(curve, piece[0]) + piece[1:]
        if place < len(between) and between[place]:
            curve += joint(curve, between[place][0]) + between[place][1:]
    return curve


def joint(curve: Curve, start: Point) -> Curve:
    """What leads from the end of a curve straight to where the next piece starts."""
    return [start] if not curve else [] if curve[-1] == start else [curve[-1], start, start]


# Frames


def framed(made: Layout, plan: Layout, sizes: Sizes, cuts: Sequence[float], rows: Sequence[Row]) -> Layout:
    """The rows with a frame around each part of a cluster, its title in the first part with room for it."""
    clusters, titles, more = [], [], []
    for k, (frame, at, label) in enumerate(zip(plan.clusters, plan.titles, sizes.clusters, strict=True)):
        parts = [part for row in rows if (part := frame_part(frame, cuts, row)).width > LEAST] or [Rect(0, 0, 0, 0)]
        roomy = next((part for part in parts if part.width > label.width + LEAST), parts[0])
        clusters.append(parts[0])
        titles.append(at and (roomy.x + roomy.width / 2, roomy.y + at[1] - frame.y))
        more += [(k, part) for part in parts[1:]]
    return replace(made, clusters=tuple(clusters), titles=tuple(titles), more=tuple(more))


def frame_part(frame: Rect, cuts: Sequence[float], row: Row) -> Rect:
    """The part of a frame that lies in a row; one without width where there is none."""
    left, right = max(frame.x, cuts[row.first]), min(frame.x + frame.width, cuts[row.last])
    return Rect(*moved((left, frame.y), row), max(right - left, 0), frame.height)
