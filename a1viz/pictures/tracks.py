"""How an arrow goes on in the next row: out at the end of its row, back along a channel of tracks below it, in at the start of the next."""

from __future__ import annotations

from collections.abc import Sequence

from .engine import Point

Curve = list[Point]  # a Bezier curve: a start, then three points a piece
TRACK = 9  # pixels from one track to the next
HALVINGS = 14  # to find a place on a curve
BEND = 6  # the radius of a turn


def cut_at(curve: Curve, x: float) -> tuple[Curve, Curve]:
    """The two parts of a curve that a vertical line parts; it leads from the line's left to its right."""
    piece = max(k for k in range(0, len(curve) - 1, 3) if curve[k][0] <= x or k == 0)
    corners = curve[piece : piece + 4]
    (a, _), (b, _), (c, _), (d, _) = corners
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        t = (low + high) / 2
        s = 1 - t
        low, high = (t, high) if s * s * s * a + 3 * s * t * (s * b + t * c) + t * t * t * d < x else (low, t)
    parts = parted(corners, low)
    return [*curve[:piece], *parts[:4]], [*parts[3:], *curve[piece + 4 :]]


def parted(corners: Curve, t: float) -> Curve:
    """The seven points of the two halves of one piece, parted at `t` (de Casteljau)."""

    def between(a: Point, b: Point) -> Point:
        return a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])

    a, b, c, d = corners
    ab, bc, cd = between(a, b), between(b, c), between(c, d)
    abc, bcd = between(ab, bc), between(bc, cd)
    return [a, ab, abc, between(abc, bcd), bcd, cd, d]


def links(leaving: Sequence[Point], arriving: Sequence[Point], top: float) -> list[Curve]:
    """The ways of the arrows that leave a row at its right end, from the highest to the lowest, to where they arrive in the next.

    The highest turns last and the lowest first, so that none crosses another; the channel begins at height `top`.
    """
    found, count = [], len(leaving)
    for k, (start, end) in enumerate(zip(leaving, arriving, strict=True)):
        right, left, y = start[0] + TRACK * (count - k), end[0] - TRACK * (k + 1), top + TRACK * (count - k - 0.5)
        found.append(rounded_way([start, (right, start[1]), (right, y), (left, y), (left, end[1]), end]))
    return found


def rounded_way(corners: Sequence[Point]) -> Curve:
    """Straight lines from corner to corner, with a quarter turn at each."""
    curve = [corners[0]]
    for before, at, after in zip(corners, corners[1:], corners[2:], strict=False):
        entry, leave = towards(at, before), towards(at, after)
        curve += [curve[-1], entry, entry]
        curve += [halfway(entry, at), halfway(leave, at), leave]
    return [*curve, curve[-1], corners[-1], corners[-1]]


def towards(at: Point, other: Point) -> Point:
    """The point where a turn at one corner begins, on the line that leads to another."""
    (x, y), (to_x, to_y) = at, other
    length = abs(to_x - x) + abs(to_y - y)  # the lines are level or upright
    part = min(BEND / length, 0.5) if length else 0
    return x + part * (to_x - x), y + part * (to_y - y)


def halfway(a: Point, b: Point) -> Point:
    """A little more than half of the way from one point to another: what makes a curve a quarter of a circle."""
    return a[0] + 0.55 * (b[0] - a[0]), a[1] + 0.55 * (b[1] - a[1])
