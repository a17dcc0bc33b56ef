"""Where the units of a layered network go: one column per layer, arrows straight.

An arrow that skips columns passes between their units, on a lane that it shares with the others from the same unit.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .diagrams import Diagram, Edge
from .engine import Layout, Point, Rect, Route
from .sizes import Sizes

GAP = 16  # between the boxes of a column, at most
LEAST, SLANT, MOST = 70, 0.22, 240  # between columns: at least, how much of the height of the tallest, and at most
TIGHT = 60  # at least, where the picture would be too wide with more
NEAR = 48  # the same on paper and in narrow places, on average
LANE, LANES = 3.0, 15.0  # between the arrows of a lane, and its height at most
CLEAR = 5.0  # between a lane and what is above and below, at most
ASUNDER = 30.0  # how much further away a gap between units of two layers may be than one between those of the same
ARROW = 7.0
HEADING = 6  # between a heading and the units
FITS = 974  # pixels: how wide a picture is to be at most, where there is room between its columns; what a page shows in its size


@dataclass
class Grid:
    """The columns while they are filled: the boxes and lanes of each from top to bottom, and where their middles are."""

    items: dict[int, list[int]]  # of each column: places of boxes; of lanes, the complement of their place
    heights: dict[int, float] = field(default_factory=dict)
    middles: dict[int, float] = field(default_factory=dict)

    def edge(self, item: int | None, side: int, outside: float) -> float:
        """The upper (-1) or lower (1) edge of a box."""
        return outside if item is None else self.middles[item] + side * self.heights[item] / 2

    def spread(self, gap: float) -> float:
        """Spread the items of each column over the height of the tallest, which is returned."""
        totals = {at: sum(self.heights[k] + gap * (k >= 0) for k in items) - gap for at, items in self.items.items()}
        height = max(totals.values(), default=0.0)
        for at, items in self.items.items():
            apart = (height - totals[at]) / max(1, sum(k >= 0 for k in items))
            y = apart / 2
            for k in items:
                self.middles[k] = y + self.heights[k] / 2
                y += self.heights[k] + (gap + apart) * (k >= 0)
        return height


@dataclass(frozen=True)
class Lane:
    """Where arrows from one unit pass a column that they skip."""

    tail: str
    column: int
    edges: tuple[int, ...]

    def height(self, gap: float) -> float:
        return min(LANE * (len(self.edges) - 1), LANES) + min(2 * CLEAR, gap)


def columns(diagram: Diagram, sizes: Sizes, room: float = FITS) -> Layout | None:
    """Lay out a measured diagram in columns, as near as there is room for; nothing where a box has none, or an arrow leads back."""
    depth = {box.name: box.column for box in diagram.boxes}
    if any(at < 0 for at in depth.values()) or any(depth[edge.head] <= depth[edge.tail] for edge in diagram.edges):
        return None
    lanes = lanes_of(diagram.edges, depth)
    grid = Grid({at: [] for at in range(1 + max(depth.values(), default=0))})
    for place, box in enumerate(diagram.boxes):
        grid.items[box.column].append(place)
    gap = min(GAP, max(3.0, 0.3 * max((height for _, height in sizes.boxes), default=0.0)))
    grid.heights = {place: height for place, (_, height) in enumerate(sizes.boxes)}
    grid.spread(gap)
    choose_gaps(grid, wishes(grid, lanes, diagram), diagram)
    grid.heights |= {~k: lane.height(gap) for k, lane in enumerate(lanes)}
    height = grid.spread(gap)
    straighten(grid, wishes(grid, lanes, diagram), height)
    return placed(diagram, sizes, grid, lanes, height, min(room, FITS))


def lanes_of(edges: Sequence[Edge], depth: Mapping[str, int]) -> list[Lane]:
    """The lanes of arrows that skip columns: one in each such column for each unit that they come from."""
    found: dict[tuple[str, int], list[int]] = {}
    for k, edge in enumerate(edges):
        for at in range(depth[edge.tail] + 1, depth[edge.head]):
            found.setdefault((edge.tail, at), []).append(k)
    return [Lane(tail, at, tuple(places)) for (tail, at), places in sorted(found.items(), key=lambda item: item[0][1])]


def wishes(grid: Grid, lanes: Sequence[Lane], diagram: Diagram) -> dict[int, tuple[int, float]]:
    """The column of each lane, and where in it straight arrows would pass."""
    middles = {box.name: grid.middles[k] for k, box in enumerate(diagram.boxes)}
    depth = {box.name: box.column for box in diagram.boxes}
    found = {}
    for k, lane in enumerate(lanes):
        start, from_column = middles[lane.tail], depth[lane.tail]
        heads = [diagram.edges[e].head for e in lane.edges]
        ends = [start + (lane.column - from_column) / (depth[head] - from_column) * (middles[head] - start) for head in heads]
        found[~k] = lane.column, sum(ends) / len(ends)
    return found


def choose_gaps(grid: Grid, wanted: Mapping[int, tuple[int, float]], diagram: Diagram) -> None:
    """Put each lane between those units of its column where it is to pass, rather between layers than inside one."""
    groups = [box.name.partition("[")[0] for box in diagram.boxes]
    for at, items in grid.items.items():
        gaps = []
        for above, below in itertools.pairwise([None, *items, None]):
            is_inside = above is not None and below is not None and groups[above] == groups[below]
            gaps.append((grid.edge(above, 1, -math.inf), grid.edge(below, -1, math.inf), ASUNDER * is_inside))
        chosen: list[list[int]] = [[] for _ in gaps]
        for k, (column, y) in sorted(wanted.items(), key=lambda item: item[1]):
            if column == at:
                away = [max(low - y, y - high, 0) + inside for low, high, inside in gaps]
                chosen[away.index(min(away))].append(k)
        grid.items[at] = [k for lanes, item in itertools.zip_longest(chosen, items) for k in (*lanes, *(() if item is None else (item,)))]


def straighten(grid: Grid, wanted: Mapping[int, tuple[int, float]], height: float) -> None:
    """Move each lane, between the units around it, to where it is to pass."""
    for items in grid.items.values():
        low = 0.0
        for k in items:
            if k < 0:
                grid.middles[k] = max(wanted[k][1], low + grid.heights[k] / 2)
            low = grid.middles[k] + grid.heights[k] / 2
        high = height
        for k in reversed(items):
            if k < 0:
                grid.middles[k] = min(grid.middles[k], high - grid.heights[k] / 2)
            high = grid.middles[k] - grid.heights[k] / 2


def placed(diagram: Diagram, sizes: Sizes, grid: Grid, lanes: Sequence[Lane], height: float, room: float) -> Layout:
    """The layout, once it is known what stands above what."""
    boxed = {at: max((sizes.boxes[k][0] for k in items if k >= 0), default=0.0) for at, items in grid.items.items()}
    wide = {at: max([width, *(label.width for label in sizes.heading(at))]) for at, width in boxed.items()}
    between = distances(diagram, len(wide), height, room - sum(wide.values()), room < FITS)
    lefts = dict(zip(wide, itertools.accumulate(map(sum, zip(wide.values(), between, strict=False)), initial=0.0), strict=False))
    top, headings = above(sizes, {at: lefts[at] + wide[at] / 2 for at in wide})
    starts = {
        at: lefts[at] + (wide[at] - boxed[at]) / 2 for at in wide
    }  # all boxes of a column are as wide: no arrow runs into a neighbour
    boxes = []
    for k, box in enumerate(diagram.boxes):
        tall = sizes.boxes[k][1]
        boxes.append(Rect(starts[box.column], top + grid.middles[k] - tall / 2, boxed[box.column], tall))
    named = {box.name: rect for box, rect in zip(diagram.boxes, boxes, strict=True)}
    ways: dict[int, list[Point]] = {}
    for place, lane in enumerate(lanes):
        left, step = starts[lane.column], min(LANE, LANES / len(lane.edges))
        for nth, k in enumerate(sorted(lane.edges, key=lambda k: named[diagram.edges[k].head].y)):
            y = top + grid.middles[~place] + (nth - (len(lane.edges) - 1) / 2) * step
            ways.setdefault(k, []).extend([(left, y), (left + boxed[lane.column], y)])
    last = max(wide, default=0)
    return Layout(lefts[last] + wide[last], height + top, tuple(boxes), routes(diagram.edges, named, ways), (), (), headings)


def distances(diagram: Diagram, count: int, height: float, free: float, is_narrow: bool) -> list[float]:
    """How far each of `count` columns is from the next; where all have to be near, those that many arrows join are less near."""
    each = max(TIGHT, min(max(LEAST, min(SLANT * height, MOST)), free / max(1, count - 1)))
    if not is_narrow or each * (count - 1) <= free:
        return [each] * (count - 1)
    depth = {box.name: box.column for box in diagram.boxes}
    leaving = Counter(depth[edge.tail] for edge in diagram.edges)
    shares = [math.sqrt(leaving[at]) for at in range(count - 1)]
    total = max(free, NEAR * (count - 1))
    return [total / 2 * (1 / (count - 1) + share / max(1.0, sum(shares))) for share in shares]


def above(sizes: Sizes, middles: Mapping[int, float]) -> tuple[float, tuple[Point, ...]]:
    """The height of what stands above the columns, line by line, and the middle of each of these labels."""
    rows = [[label for label in row if label] for row in itertools.zip_longest(*sizes.headings)]
    ascents, descents = [max(la.ascent for la in row) for row in rows], [max(la.descent for la in row) for row in rows]
    tops = list(itertools.accumulate((a + d + HEADING for a, d in zip(ascents, descents, strict=True)), initial=0.0))
    return tops[-1], tuple(
        (middles[at], tops[row] + ascents[row] - (label.ascent - label.descent) / 2)
        for at in range(len(sizes.headings))
        for row, label in enumerate(sizes.headings[at])
    )


# --- arrows ---------------------------------------------------------------------------------------------------------------------


def routes(edges: Sequence[Edge], boxes: Mapping[str, Rect], ways: Mapping[int, list[Point]]) -> tuple[Route, ...]:
    """Arrows, straight but for those with lanes, their `ways`; those of one box leave and arrive in the order of where they lead."""
    first = [ways[k][0][1] if k in ways else middle_of(boxes[edge.head]) for k, edge in enumerate(edges)]
    last = [ways[k][-1][1] if k in ways else middle_of(boxes[edge.tail]) for k, edge in enumerate(edges)]
    leaving, arriving = ports([edge.tail for edge in edges], first), ports([edge.head for edge in edges], last)
    lines = []
    for k, edge in enumerate(edges):
        tail, head = boxes[edge.tail], boxes[edge.head]
        lines.append(((tail.x + tail.width, tail.y + tail.height * leaving[k]), (head.x, head.y + head.height * arriving[k])))
    return tuple(bent(start, ways[k], end) if k in ways else straight(start, end) for k, (start, end) in enumerate(lines))


def middle_of(box: Rect) -> float:
    return box.y + box.height / 2


def ports(ends: Sequence[str], towards: Sequence[float]) -> dict[int, float]:
    """Where each edge meets its box at one end: a part of the box's height, in the order of how high they come from."""
    groups: dict[str, list[int]] = {}
    for k, name in enumerate(ends):
        groups.setdefault(name, []).append(k)
    found = {}
    for places in groups.values():
        places.sort(key=lambda k: towards[k])
        for at, k in enumerate(places, 1):
            found[k] = 0.2 + 0.6 * (at - 0.5) / len(places)
    return found


def straight(start: Point, end: Point) -> Route:
    """A straight arrow as a Bezier curve."""
    (x, y), (to_x, to_y) = start, end
    length = math.hypot(to_x - x, to_y - y) or 1.0
    along = (to_x - x) / length, (to_y - y) / length
    stop = to_x - ARROW * along[0], to_y - ARROW * along[1]
    third = [(x + part * (stop[0] - x), y + part * (stop[1] - y)) for part in (0, 1 / 3, 2 / 3, 1)]
    return Route(tuple(third), end, None)


def bent(start: Point, way: Sequence[Point], end: Point) -> Route:
    """An arrow along its lanes: level in each, curved between them."""
    stop = end[0] - ARROW, end[1]
    points = [start]
    for at in [*way, stop]:
        (x, y), (to_x, to_y) = points[-1], at
        half = (to_x - x) / 2
        points += [(x + half, y), (to_x - half, to_y), at]
    return Route(tuple(points), end, None)
