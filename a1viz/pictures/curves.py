"""Lines of a picture as points: where they cross one another, and which of them run through a rectangle."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

from .engine import Point, Rect, Route

OFF = 0.5  # pixels; about how far a straight piece may be from its curve
MOST = 12  # straight pieces for one Bezier curve
CELL = 48.0  # pixels; only what lies in the same square is compared
NEAR = 8.0  # pixels from a common end, within which two lines do not cross but part

Piece = tuple[int, Point, Point]  # of which line, from where to where
Squares = dict[tuple[int, int], list[Piece]]


def polyline(route: Route) -> list[Point]:
    """An edge's curve as points from its tail to the tip of its arrow; where it is straight they are far apart."""
    points = list(route.points[:1])
    for k in range(0, len(route.points) - 3, 3):
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = route.points[k : k + 4]
        bend = max(abs(ax - 2 * bx + cx), abs(ay - 2 * by + cy), abs(bx - 2 * cx + dx), abs(by - 2 * cy + dy))
        steps = min(MOST, 1 + math.isqrt(math.ceil(bend / OFF)))
        for step in range(1, steps + 1):
            t = step / steps
            a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            points.append((a * ax + b * bx + c * cx + d * dx, a * ay + b * by + c * cy + d * dy))
    return [*points, route.tip]


def squares(lines: Sequence[Sequence[Point]]) -> Squares:
    """The straight pieces of all lines by the squares they may lie in."""
    found: Squares = {}
    for k, line in enumerate(lines):
        for start, end in pairwise(line):
            (left, right), (top, low) = sorted((start[0], end[0])), sorted((start[1], end[1]))
            for square in covered(Rect(left, top, right - left, low - top)):
                found.setdefault(square, []).append((k, start, end))
    return found


def covered(rect: Rect) -> Iterator[tuple[int, int]]:
    """The squares that a rectangle lies in."""
    for x in range(math.floor(rect.x / CELL), math.floor((rect.x + rect.width) / CELL) + 1):
        for y in range(math.floor(rect.y / CELL), math.floor((rect.y + rect.height) / CELL) + 1):
            yield x, y


def lines_in(rect: Rect, found: Squares) -> set[int]:
    """The lines that run through a rectangle."""
    return {k for square in covered(rect) for k, start, end in found.get(square, ()) if runs_through(start, end, rect)}


def runs_through(start: Point, end: Point, rect: Rect) -> bool:
    """Whether a straight piece has a point inside a rectangle: it is cut off at the four sides."""
    first, last = 0.0, 1.0
    for a, b, low, high in ((start[0], end[0], rect.x, rect.x + rect.width), (start[1], end[1], rect.y, rect.y + rect.height)):
        if max(a, b) <= low or min(a, b) >= high:
            return False
        if a != b:
            one, other = (low - a) / (b - a), (high - a) / (b - a)
            first, last = max(first, min(one, other)), min(last, max(one, other))
    return first < last


def crossings(lines: Sequence[Sequence[Point]]) -> list[tuple[int, int]]:
    """Which lines cross, once for each place; those that share an end do not cross there."""
    found = set()
    for pieces in squares(lines).values():
        for (i, a, b), (j, c, d) in combinations(pieces, 2):
            at = meeting(a, b, c, d) if i != j else None
            if at and not is_common_end(at, lines[i], lines[j]):
                found.add((i, j, round(at[0], 3), round(at[1], 3)))
    return [(i, j) for i, j, _, _ in sorted(found)]


def meeting(a: Point, b: Point, c: Point, d: Point) -> Point | None:
    """Where the pieces from a to b and from c to d meet."""
    rx, ry, sx, sy = b[0] - a[0], b[1] - a[1], d[0] - c[0], d[1] - c[1]
    area = rx * sy - ry * sx
    if not area:
        return None
    t = ((c[0] - a[0]) * sy - (c[1] - a[1]) * sx) / area
    u = ((c[0] - a[0]) * ry - (c[1] - a[1]) * rx) / area
    return (a[0] + t * rx, a[1] + t * ry) if 0 <= t <= 1 and 0 <= u <= 1 else None


def is_common_end(at: Point, one: Sequence[Point], other: Sequence[Point]) -> bool:
    """Whether two lines that meet at a point only leave from there together, or arrive."""
    return any(math.dist(a, b) < NEAR and math.dist(at, a) < NEAR for a, b in ((one[0], other[0]), (one[-1], other[-1])))
