"""Where the units of a layered network go: one column per layer, arrows straight, each weight near the start of its arrow."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from .diagrams import Diagram, Edge
from .engine import Layout, Point, Rect, Route
from .sizes import Sizes

GAP = 16  # between the boxes of a column
LEAST, SLANT = 70, 0.22  # between columns: at least, and how much of the height of the tallest
ARROW = 7.0
ASIDE = 8.0  # how far a weight stands from its arrow
PLACES = (0.3, 0.24, 0.36, 0.18, 0.42, 0.5, 0.58)  # where along its arrow it may stand, best first
MANY = 200  # arrows; with more, weights only avoid one another
Line = tuple[Point, Point]


def columns(diagram: Diagram, sizes: Sizes) -> Layout | None:
    """Lay out a measured diagram in columns; nothing where an arrow would skip or share a column."""
    depth = depths(diagram)
    if any(depth[edge.head] != depth[edge.tail] + 1 for edge in diagram.edges):
        return None
    rows: dict[int, list[int]] = {}
    for place, box in enumerate(diagram.boxes):
        rows.setdefault(depth[box.name], []).append(place)
    heights = {at: sum(sizes.boxes[k][1] + GAP for k in places) - GAP for at, places in rows.items()}
    height = max(heights.values(), default=0)
    between = max(LEAST, SLANT * height)
    found: dict[int, Rect] = {}
    x = 0.0
    for at in sorted(rows):
        wide = max(sizes.boxes[k][0] for k in rows[at])
        apart = (height - heights[at]) / len(rows[at])  # a short column spreads over the height
        y = apart / 2
        for k in rows[at]:
            found[k] = Rect(x + (wide - sizes.boxes[k][0]) / 2, y, *sizes.boxes[k])
            y += sizes.boxes[k][1] + GAP + apart
        x += wide + between
    boxes = tuple(found[k] for k in range(len(diagram.boxes)))
    named = {box.name: rect for box, rect in zip(diagram.boxes, boxes, strict=True)}
    return Layout(max(x - between, 0), height, boxes, routes(diagram.edges, named), (), ())


def depths(diagram: Diagram) -> dict[str, int]:
    """The column of each box: one more than the last of those it reads. Boxes come after what they read."""
    found = {box.name: 0 for box in diagram.boxes}
    reads: dict[str, list[str]] = {}
    for edge in diagram.edges:
        reads.setdefault(edge.head, []).append(edge.tail)
    for box in diagram.boxes:
        found[box.name] = max((found[tail] + 1 for tail in reads.get(box.name, [])), default=0)
    return found


def routes(edges: Sequence[Edge], boxes: Mapping[str, Rect]) -> tuple[Route, ...]:
    """Straight arrows; those of one box leave and arrive in the order of where they lead, a little apart."""
    leaving, arriving = ports(edges, boxes, "tail", "head"), ports(edges, boxes, "head", "tail")
    lines = []
    for k, edge in enumerate(edges):
        tail, head = boxes[edge.tail], boxes[edge.head]
        lines.append(((tail.x + tail.width, tail.y + tail.height * leaving[k]), (head.x, head.y + head.height * arriving[k])))
    labels: list[Point] = []
    for k, line in enumerate(lines):
        near = min(PLACES, key=lambda near: crowding(aside(line, near), labels, lines[:k] + lines[k + 1 :]))
        labels.append(aside(line, near))
    return tuple(straight(start, end, label) for (start, end), label in zip(lines, labels, strict=True))


def aside(line: Line, near: float) -> Point:
    """A point beside a line, a part of the way along it."""
    (x, y), (to_x, to_y) = line
    length = math.hypot(to_x - x, to_y - y) or 1.0
    return x + near * (to_x - x) + ASIDE * (to_y - y) / length, y + near * (to_y - y) - ASIDE * (to_x - x) / length


def crowding(at: Point, labels: Sequence[Point], lines: Sequence[Line]) -> int:
    """How much a label there would cover: others, or arrows."""
    covered = sum(abs(at[0] - x) < 22 and abs(at[1] - y) < 12 for x, y in labels)
    return 4 * covered + (sum(is_near(at, line) for line in lines) if len(lines) < MANY else 0)


def is_near(at: Point, line: Line) -> bool:
    """Whether a label there would touch a line."""
    (x, y), (to_x, to_y) = line
    if not x < at[0] < to_x:
        return False
    return abs(y + (to_y - y) * (at[0] - x) / (to_x - x) - at[1]) < 6 + 6 * abs((to_y - y) / (to_x - x))


def ports(edges: Sequence[Edge], boxes: Mapping[str, Rect], end: str, other: str) -> dict[int, float]:
    """Where each edge meets its box at one end: a part of the box's height."""
    groups: dict[str, list[int]] = {}
    for k, edge in enumerate(edges):
        groups.setdefault(getattr(edge, end), []).append(k)
    found = {}
    for places in groups.values():
        places.sort(key=lambda k: boxes[getattr(edges[k], other)].y)
        for at, k in enumerate(places, 1):
            found[k] = 0.2 + 0.6 * (at - 0.5) / len(places)
    return found


def straight(start: Point, end: Point, label: Point) -> Route:
    """A straight arrow as a Bezier curve."""
    (x, y), (to_x, to_y) = start, end
    length = math.hypot(to_x - x, to_y - y) or 1.0
    along = (to_x - x) / length, (to_y - y) / length
    stop = to_x - ARROW * along[0], to_y - ARROW * along[1]
    third = [(x + part * (stop[0] - x), y + part * (stop[1] - y)) for part in (0, 1 / 3, 2 / 3, 1)]
    return Route(tuple(third), end, label)
