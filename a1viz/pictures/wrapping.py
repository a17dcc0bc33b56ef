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


class Wrapped(NamedTuple):
    """A layout in rows, how many rows there are, and how many arrows lead from one to the next."""

    plan: Layout
    rows: int
    arrows: int


class Section(NamedTuple):
    """What lies between two places where a picture could be cut: its top and bottom, and how much leads out of it to the right."""

    top: float
    bottom: float
    arrows: int
    frames: int


@dataclass(frozen=True)
class Row:
    """A row: from where to where it was cut out, and how far it is moved; the channel below it begins at `floor`."""

    start: float
    end: float
    right: float
    down: float
    bottom: float
    floor: float

    def moved(self, at: Point) -> Point:
        """Where a point of the row is in the picture."""
        return at[0] + self.right, at[1] + self.down


def wrapped(plan: Layout, sizes: Sizes, width: float) -> Wrapped | None:
    """A layout from left to right, in rows of at most `width` pixels; nothing where a column by itself is wider."""
    if plan.width <= width:
        return Wrapped(plan, 1, 0)
    curves = [from_left(route) for route in plan.edges]
    chosen = best_cuts(plan, sizes, curves, width)
    if not chosen:
        return None
    pieces = [split(curve, chosen) for curve in curves]
    rows = set_rows(plan, sizes, pieces, chosen)
    ends = chosen[1:-1]

    def put(at: Point) -> Point:
        return rows[bisect_right(ends, at[0])].moved(at)

    def put_box(box: Rect) -> Rect:
        return Rect(*rows[bisect_right(ends, box.x + box.width / 2)].moved((box.x, box.y)), box.width, box.height)

    between = [joined(pieces, k, rows[k - 1], rows[k]) for k in range(1, len(rows))]
    edges = []
    for k, route in enumerate(plan.edges):
        curve = through(pieces[k], rows, [ways.get(k, []) for ways in between])
        way = curve if route.points[0][0] <= route.tip[0] else curve[::-1]
        edges.append(Route(tuple(way[:-3]), way[-1], route.label and put(route.label)))  # its last piece is the arrow
    made = replace(
        plan,
        width=max([row.end + row.right for row in rows] + [x for route in edges for x, _ in route.points]),
        height=rows[-1].bottom,
        boxes=tuple(map(put_box, plan.boxes)),
        edges=tuple(edges),
    )
    return Wrapped(framed(made, plan, sizes, rows), len(rows), sum(map(len, between)))


# Where to cut


def best_cuts(plan: Layout, sizes: Sizes, curves: Sequence[Curve], width: float) -> list[float]:
    """The places to cut with which the picture is least high, both edges included; none where it cannot be so narrow.

    Tried for each amount of room that there may have to be before the rows, for the arrows that come from the row above.
    """
    cuts = places(plan, sizes)
    sections = measured(plan, sizes, cuts, curves)
    lefts = sorted({side(section.arrows) for section in sections[:-1]})
    cost, chosen = min((cheapest(cuts, sections, width, left) for left in lefts), default=(INFINITE, []))
    return [cuts[k] for k in chosen] if cost < INFINITE else []


def cheapest(cuts: Sequence[float], sections: Sequence[Section], width: float, left: float) -> tuple[float, list[int]]:
    """What the cheapest cuts cost, mostly height, and their numbers, if there is so much room before each row (dynamic programming)."""
    best: list[tuple[float, int]] = [(0.0, -1)]
    allowed = [True, *(side(section.arrows) <= left for section in sections)]
    for end, after in enumerate(sections, 1):
        least, at, top, bottom = INFINITE, -1, INFINITE, -INFINITE
        is_last = end == len(sections)
        full = width - left - cuts[end] - (0 if is_last else side(after.arrows))
        below = 0 if is_last else 2 * BETWEEN + TRACK * after.arrows + FRAMED * after.frames
        ragged = 0 if is_last else RAGGED
        for start in range(end - 1, -1, -1):
            section, room = sections[start], full + cuts[start]
            if room < 0:
                break
            top = section.top if section.top < top else top
            bottom = section.bottom if section.bottom > bottom else bottom
            if allowed[start]:
                cost = best[start][0] + bottom - top + below + ragged * room * room
                if cost < least:
                    least, at = cost, start
        best.append((least, at))
    chosen = [len(cuts) - 1]
    while chosen[-1] > 0:
        chosen.append(best[chosen[-1]][1])
    return best[-1][0], chosen[::-1]


def side(arrows: int) -> float:
    """The room at one end of a row that the arrows which turn there need."""
    return SIDE + TRACK * arrows if arrows else 0


def places(plan: Layout, sizes: Sizes) -> list[float]:
    """Where a vertical line meets no box and no label, from the left edge to the right one."""
    taken = sorted([(box.x, box.x + box.width) for box in plan.boxes] + [across for across, _ in labels(plan, sizes)])
    beside = sorted({x for frame in plan.clusters for x in (frame.x - 1, frame.x + frame.width + 1)})
    found, reached = [0.0], taken[0][1] if taken else 0.0
    for left, right in taken:
        if left > reached + 1:
            found += sorted({(left + reached) / 2, *beside[bisect_left(beside, reached) : bisect_right(beside, left)]})
        reached = max(reached, right)
    return [*found, plan.width]


def measured(plan: Layout, sizes: Sizes, cuts: Sequence[float], curves: Sequence[Curve]) -> list[Section]:
    """Every section with what lies in it; a curve counts as straight lines."""
    spans = things(plan, sizes, cuts)
    arrows = [0] * len(spans)
    for curve in curves:
        for (x, y), (to_x, to_y) in pairwise(curve[::3]):
            first, last = section_at(cuts, min(x, to_x)), section_at(cuts, max(x, to_x))
            slope = (to_y - y) / (to_x - x) if first < last else 0.0
            ys = [y, *(y + slope * (cuts[k] - x) for k in range(first + 1, last + 1)), to_y]
            for k in range(first, last + 1):
                spans[k].append((min(ys[k - first : k - first + 2]), max(ys[k - first : k - first + 2])))
        for k in range(section_at(cuts, curve[0][0]), section_at(cuts, curve[-1][0])):
            arrows[k] += 1
    frames = [sum(frame.x < cut < frame.x + frame.width for frame in plan.clusters) for cut in cuts[1:]]
    return [Section(*extent(inside), arrows[k], frames[k]) for k, inside in enumerate(spans)]


def things(plan: Layout, sizes: Sizes, cuts: Sequence[float]) -> list[list[Span]]:
    """From where to where down each box, label and frame reaches, by the section it lies in."""
    spans: list[list[Span]] = [[] for _ in cuts[1:]]
    for box in plan.boxes:
        spans[section_at(cuts, box.x + box.width / 2)].append((box.y, box.y + box.height))
    for (left, right), down in labels(plan, sizes):
        spans[section_at(cuts, (left + right) / 2)].append(down)
    for frame in plan.clusters:
        for k in range(section_at(cuts, frame.x), section_at(cuts, frame.x + frame.width) + 1):
            spans[k].append((frame.y, frame.y + frame.height))
    return spans


def labels(plan: Layout, sizes: Sizes) -> Iterator[tuple[Span, Span]]:
    """From where to where each label of an arrow reaches, across and down."""
    for label, route in zip(sizes.edges, plan.edges, strict=True):
        if label and route.label:
            (x, y), wide, high = route.label, label.width / 2 + 3, (label.ascent + label.descent) / 2 + 2
            yield (x - wide, x + wide), (y - high, y + high)


def section_at(cuts: Sequence[float], x: float) -> int:
    """The number of the section at a place."""
    return min(max(bisect_right(cuts, x) - 1, 0), len(cuts) - 2)


def extent(spans: Sequence[Span]) -> Span:
    """From where to where several spans reach."""
    return min((top for top, _ in spans), default=0.0), max((bottom for _, bottom in spans), default=0.0)


# The rows


def from_left(route: Route) -> Curve:
    """The curve of an arrow and its point, from its left end to its right one."""
    curve = [*route.points, route.points[-1], route.tip, route.tip]
    return curve if curve[0][0] <= curve[-1][0] else curve[::-1]


def split(curve: Curve, cuts: Sequence[float]) -> dict[int, Curve]:
    """The pieces of a curve by the number of the row they lie in."""
    found, rest = {}, curve
    last = section_at(cuts, curve[-1][0])
    for k in range(section_at(cuts, curve[0][0]), last):
        found[k], rest = cut_at(rest, cuts[k + 1])
    return {**found, last: rest}


def set_rows(plan: Layout, sizes: Sizes, pieces: Sequence[dict[int, Curve]], cuts: Sequence[float]) -> list[Row]:
    """The rows below one another, all beginning at the same distance from the left edge."""
    spans = things(plan, sizes, cuts)
    for parts in pieces:
        for k, part in parts.items():
            spans[k].append((min(y for _, y in part), max(y for _, y in part)))
    arrows = [sum(k in parts and k + 1 in parts for parts in pieces) for k in range(len(spans))]
    left = max(map(side, arrows))
    rows, y = [], 0.0
    for k, (start, end) in enumerate(pairwise(cuts)):
        top, bottom = extent(spans[k])
        below = y + bottom - top
        rows.append(Row(start, end, left - start, y - top, below, below + BETWEEN))
        y = below + 2 * BETWEEN + TRACK * arrows[k]
    return rows


def joined(pieces: Sequence[dict[int, Curve]], k: int, above: Row, below: Row) -> dict[int, Curve]:
    """By the number of its arrow, each way from the end of a row to the start of the next, which is number `k`."""
    crossing = sorted((parts[k][0][1], number) for number, parts in enumerate(pieces) if k - 1 in parts and k in parts)
    numbers = [number for _, number in crossing]
    ends = [(x + SIDE, y) for x, y in (above.moved(pieces[number][k - 1][-1]) for number in numbers)]
    starts = [(x - SIDE, y) for x, y in (below.moved(pieces[number][k][0]) for number in numbers)]
    return dict(zip(numbers, links(ends, starts, above.floor), strict=True))


def through(parts: dict[int, Curve], rows: Sequence[Row], between: Sequence[Curve]) -> Curve:
    """An arrow's way through its rows, and from each to the next."""
    curve: Curve = []
    for k, row in enumerate(rows):
        piece = [row.moved(at) for at in parts.get(k, ())]
        for more in (piece, between[k] if k < len(between) else []):
            if more and curve:
                curve += [curve[-1], more[0]]
            curve += more
    return curve


# Frames


def framed(made: Layout, plan: Layout, sizes: Sizes, rows: Sequence[Row]) -> Layout:
    """The rows with a frame around each part of a cluster, its title in the first part with room for it."""
    clusters, titles, more = [], [], []
    for k, (frame, at, label) in enumerate(zip(plan.clusters, plan.titles, sizes.clusters, strict=True)):
        parts = [part for row in rows if (part := frame_part(frame, row)).width > LEAST] or [Rect(0, 0, 0, 0)]
        roomy = next((part for part in parts if part.width > label.width + LEAST), parts[0])
        clusters.append(parts[0])
        titles.append(at and (roomy.x + roomy.width / 2, roomy.y + at[1] - frame.y))
        more += [(k, part) for part in parts[1:]]
    return replace(made, clusters=tuple(clusters), titles=tuple(titles), more=tuple(more))


def frame_part(frame: Rect, row: Row) -> Rect:
    """The part of a frame that lies in a row; one without width where there is none."""
    left, right = max(frame.x, row.start), min(frame.x + frame.width, row.end)
    return Rect(*row.moved((left, frame.y)), max(right - left, 0), frame.height)
