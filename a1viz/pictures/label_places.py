"""Where the labels of edges stand: where the engine put them, if they cover nothing there, else beside their line where they are free."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, pairwise

from .curves import Squares, covered, lines_in, polyline, squares
from .engine import Layout, Point, Rect
from .sizes import Sizes
from .typesetting import Label

ALONG = [0.5 + side * k / 20 for k in range(10) for side in (-1, 1)[: k + 1]]  # parts of the way from tail to head, best first
ASIDE = (3.0, 5.0)  # pixels between a line and its label, best first
CLEAR = 2.0  # pixels around a label in which there is nothing
REACH = (CLEAR, 4.0, 6.0)  # pixels from a label in which its own line comes first


def place_labels(sizes: Sizes, plan: Layout) -> Layout:
    """The same layout with each label of an edge where it covers no box, title, line or other label, and next to its own line.

    Where there is no such place, it stands where it covers least. Labels are placed in the order of the edges, those that may stay first,
    so that the same picture comes out every time.
    """
    plan = place_titles(sizes, plan)
    places = _Places(sizes, plan)
    labels = {k: label for k, label in enumerate(sizes.edges) if label}
    moved = {k: places.move(k, label) for k, label in [pair for pair in labels.items() if not places.keep(*pair)]}
    edges = (replace(route, label=moved[k]) if k in moved else route for k, route in enumerate(plan.edges))
    return replace(plan, edges=tuple(edges)) if moved else plan


def place_titles(sizes: Sizes, plan: Layout) -> Layout:
    """The same layout with each title of a frame at its left corner, or at the right one if fewer lines are near it there."""
    pieces = squares([polyline(route) for route in plan.edges])
    titles = list(plan.titles)
    for k, (frame, title, at) in enumerate(zip(plan.clusters, sizes.clusters, plan.titles, strict=True)):
        if at:
            right = 2 * frame.x + frame.width - at[0], at[1]
            left_lines, right_lines = (len(lines_in(grown(around(spot, title), REACH[1]), pieces)) for spot in (at, right))
            titles[k] = right if right_lines < left_lines else at
    return replace(plan, titles=tuple(titles))


class _Places:
    """What is taken while labels are placed: lines, and rectangles by the squares they lie in."""

    def __init__(self, sizes: Sizes, plan: Layout) -> None:
        self.plan = plan
        self.lines = [polyline(route) for route in plan.edges]
        self.pieces: Squares = squares(self.lines)
        self.taken: dict[tuple[int, int], list[Rect]] = {}
        titles = (around(at, title) for title, at in zip(sizes.clusters, plan.titles, strict=True) if at)
        headings = (around(at, label) for label, at in zip(chain(*sizes.headings), plan.headings, strict=False))
        for rect in (*plan.boxes, *titles, *headings):
            self.take(rect)

    def take(self, rect: Rect) -> None:
        for square in covered(rect):
            self.taken.setdefault(square, []).append(rect)

    def keep(self, k: int, label: Label) -> bool:
        """Leave a label where it is, if it is clear there."""
        at = self.plan.edges[k].label
        if at is None or not self.is_clear(k, around(at, label)):
            return False
        self.take(around(at, label))
        return True

    def move(self, k: int, label: Label) -> Point:
        """The first place beside its line where a label is clear; where there is none, the one where it covers least."""
        before, places = self.plan.edges[k].label, list(beside(self.lines[k], label))
        tried = [at for at in places if self.is_inside(around(at, label))]
        at = next((at for at in tried if self.is_clear(k, around(at, label))), None)
        if at is None:
            left = [*([before] if before else []), *tried] or places
            at = min(left, key=lambda at: self.faults(k, around(at, label)))
        self.take(around(at, label))
        return at

    def is_inside(self, rect: Rect) -> bool:
        """Whether a rectangle lies in the picture."""
        return rect.x >= 0 and rect.y >= 0 and rect.x + rect.width <= self.plan.width and rect.y + rect.height <= self.plan.height

    def is_clear(self, k: int, rect: Rect) -> bool:
        """Whether a label there covers nothing and no other line is as near to it as its own."""
        if self.covers(grown(rect, CLEAR)):
            return False
        for reach in REACH:
            near = lines_in(grown(rect, reach), self.pieces)
            if near:
                return reach > CLEAR and near == {k}
        return False

    def covers(self, rect: Rect) -> set[Rect]:
        """The boxes, titles and labels that a label there would cover."""
        return {other for square in covered(rect) for other in self.taken.get(square, ()) if overlap(rect, other)}

    def faults(self, k: int, rect: Rect) -> tuple[int, int]:
        """How many boxes, titles, labels and lines a label there would cover, and how many other lines would be near."""
        return len(self.covers(rect)) + len(lines_in(rect, self.pieces)), len(lines_in(grown(rect, REACH[1]), self.pieces) - {k})


def grown(rect: Rect, by: float) -> Rect:
    """A rectangle with so much more room on each side."""
    return Rect(rect.x - by, rect.y - by, rect.width + 2 * by, rect.height + 2 * by)


def around(at: Point, label: Label) -> Rect:
    """The rectangle of a label whose middle is at a point."""
    height = label.ascent + label.descent
    return Rect(at[0] - label.width / 2, at[1] - height / 2, label.width, height)


def overlap(one: Rect, other: Rect) -> bool:
    """Whether two rectangles share more than a side."""
    return one.x < other.x + other.width and other.x < one.x + one.width and one.y < other.y + other.height and other.y < one.y + one.height


def beside(line: Sequence[Point], label: Label) -> Iterator[Point]:
    """Places for the middle of a label beside a line, on both sides of it, best first."""
    height = label.ascent + label.descent
    for gap in ASIDE:
        for part in ALONG:
            (x, y), (along_x, along_y) = point_at(line, part)
            far = (abs(along_y) * label.width + abs(along_x) * height) / 2 + gap
            yield x + along_y * far, y - along_x * far
            yield x - along_y * far, y + along_x * far


def point_at(line: Sequence[Point], part: float) -> tuple[Point, Point]:
    """The point a part of the way along a line, and the direction the line has there."""
    left = part * sum(math.dist(a, b) for a, b in pairwise(line))
    for a, b in pairwise(line):
        length = math.dist(a, b)
        if length and left <= length:
            along = (b[0] - a[0]) / length, (b[1] - a[1]) / length
            return (a[0] + left * along[0], a[1] + left * along[1]), along
        left -= length
    return line[-1], (1.0, 0.0)
