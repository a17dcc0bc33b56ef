"""What is wrong with a picture, counted from its layout alone.

Labels that cover something, lines that cross or run through a box, glyphs at a frame.
"""

from __future__ import annotations

import re
from itertools import combinations
from typing import NamedTuple

import numpy as np

from a1viz.pictures.diagrams import Diagram
from a1viz.pictures.engine import Layout, Rect, Route
from a1viz.pictures.sizes import PAD_Y, Sizes
from a1viz.pictures.svg_output import outlines

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
FREE = 2.0  # pixels between a glyph and a frame or a rule
STEPS = 12  # straight pieces for one Bezier curve
FAR = 9.0  # pixels between a label and its line
NEAR = 8.0  # lines that leave one point, or arrive at one, are apart only so far from it


class Faults(NamedTuple):
    """How often each thing is wrong."""

    labels: int  # labels that cover a box, another label, a title or a line, their own too; each once
    astray: int  # labels nearer to another line than to their own, or more than FAR from it
    crossings: int  # places where two lines cross
    through: int  # lines through a box that they neither leave nor reach
    touching: int  # lines of text closer than FREE to a frame or a rule


def faults(diagram: Diagram, sizes: Sizes, plan: Layout) -> Faults:
    """Count what is wrong with a picture."""
    lines = [polyline(route) for route in plan.edges]
    found = (
        bad_labels(sizes, plan, lines),
        astray(sizes, plan, lines),
        crossings(lines),
        through(diagram, plan, lines),
        touching(diagram, sizes),
    )
    return Faults(*map(len, found))


def polyline(route: Route) -> np.ndarray:
    """An edge as points, a few pixels apart."""
    points = np.array(route.points)
    t = np.linspace(0, 1, STEPS + 1)[:, None]
    parts = [
        (1 - t) ** 3 * a + 3 * t * (1 - t) ** 2 * b + 3 * t**2 * (1 - t) * c + t**3 * d
        for a, b, c, d in (points[k : k + 4] for k in range(0, len(points) - 3, 3))
    ]
    return np.concatenate([*parts, [route.tip]])


def bad_labels(sizes: Sizes, plan: Layout, lines: list[np.ndarray]) -> list[int]:
    """The edges whose label covers something."""
    placed = rectangles(sizes, plan)
    titles = [around(*at, t.width, t.ascent + t.descent) for t, at in zip(sizes.clusters, plan.titles, strict=True) if at]
    found = []
    for k, rect in placed.items():
        others = [*plan.boxes, *titles, *(other for j, other in placed.items() if j != k)]
        if any(overlap(rect, other) for other in others) or any(meets(line, rect) for line in lines):
            found.append(k)
    return found


def astray(sizes: Sizes, plan: Layout, lines: list[np.ndarray]) -> list[int]:
    """The edges whose label one would take for another's, or for nobody's."""
    found = []
    for k, rect in rectangles(sizes, plan).items():
        far = [distance(rect, line) for line in lines]
        if far[k] > min(FAR, *far):
            found.append(k)
    return found


def rectangles(sizes: Sizes, plan: Layout) -> dict[int, Rect]:
    """The labels of the edges."""
    return {
        k: around(*route.label, label.width, label.ascent + label.descent)
        for k, (label, route) in enumerate(zip(sizes.edges, plan.edges, strict=True))
        if label and route.label
    }


def distance(rect: Rect, line: np.ndarray) -> float:
    """Pixels between a rectangle and a line; infinite where it is more than FAR."""
    if not is_near(rect, line, FAR):
        return float("inf")
    if meets(line, rect):
        return 0.0
    low, high = np.array([rect.x, rect.y]), np.array([rect.x + rect.width, rect.y + rect.height])
    ends = np.hypot(*np.maximum(np.maximum(low - line, line - high), 0).T)
    start, step = line[:-1], np.diff(line, axis=0)
    corners = np.array([(x, y) for x in (low[0], high[0]) for y in (low[1], high[1])])[:, None]
    part = ((corners - start) * step).sum(2) / np.maximum((step**2).sum(1), 1e-9)
    gaps = corners - start - np.clip(part, 0, 1)[..., None] * step
    return float(min(ends.min(), np.hypot(gaps[..., 0], gaps[..., 1]).min()))


def around(x: float, y: float, width: float, height: float) -> Rect:
    return Rect(x - width / 2, y - height / 2, width, height)


def overlap(one: Rect, other: Rect) -> bool:
    return one.x < other.x + other.width and other.x < one.x + one.width and one.y < other.y + other.height and other.y < one.y + one.height


def is_near(rect: Rect, line: np.ndarray, by: float) -> bool:
    """Whether the frame around a line is so near to a rectangle."""
    (left, top), (right, low) = line.min(0), line.max(0)
    return left <= rect.x + rect.width + by and rect.x - by <= right and top <= rect.y + rect.height + by and rect.y - by <= low


def meets(line: np.ndarray, rect: Rect) -> bool:
    """Whether a line has a point in a rectangle; each straight piece is clipped by the four sides."""
    if not is_near(rect, line, 0):
        return False
    low, high = np.array([rect.x, rect.y]), np.array([rect.x + rect.width, rect.y + rect.height])
    start, step = line[:-1], np.diff(line, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        first, last = (low - start) / step, (high - start) / step
    parallel = step == 0
    is_in = (start > low) & (start < high)
    first, last = np.minimum(first, last), np.maximum(first, last)
    first = np.where(parallel, np.where(is_in, -np.inf, np.inf), first)
    last = np.where(parallel, np.where(is_in, np.inf, -np.inf), last)
    return bool((np.maximum(first.max(1), 0) < np.minimum(last.min(1), 1)).any())


def crossings(lines: list[np.ndarray]) -> list[tuple[int, int, float, float]]:
    """The places where two lines cross, and which; those that share an end are not counted at that end."""
    found = []
    for i, j in combinations(range(len(lines)), 2):
        one, other = lines[i], lines[j]
        if (one.min(0) > other.max(0)).any() or (other.min(0) > one.max(0)).any():
            continue
        shared = [a for a, b in ((one[0], other[0]), (one[-1], other[-1])) if np.hypot(*(a - b)) < NEAR]
        last = None
        for at in meetings(one, other):
            if all(np.hypot(*(at - end)) > NEAR for end in shared) and (last is None or np.hypot(*(at - last)) > NEAR):
                found.append((i, j, *map(float, at)))
            last = at
    return found


def meetings(one: np.ndarray, other: np.ndarray) -> list[np.ndarray]:
    """Where straight pieces of two lines meet, in the order of the first."""
    a, r = one[:-1, None], np.diff(one, axis=0)[:, None]
    b, s = other[None, :-1], np.diff(other, axis=0)[None]
    with np.errstate(divide="ignore", invalid="ignore"):
        area = r[..., 0] * s[..., 1] - r[..., 1] * s[..., 0]
        gap = b - a
        t = (gap[..., 0] * s[..., 1] - gap[..., 1] * s[..., 0]) / area
        u = (gap[..., 0] * r[..., 1] - gap[..., 1] * r[..., 0]) / area
        met = (t >= 0) & (t <= 1) & (u >= 0) & (u <= 1)
    return [one[k] + t[k, m] * (one[k + 1] - one[k]) for k, m in np.argwhere(met)]


def through(diagram: Diagram, plan: Layout, lines: list[np.ndarray]) -> list[tuple[int, int]]:
    """The lines, and the boxes that they run through without leaving or reaching them."""
    return [
        (k, place)
        for k, (edge, line) in enumerate(zip(diagram.edges, lines, strict=True))
        for place, (box, rect) in enumerate(zip(diagram.boxes, plan.boxes, strict=True))
        if box.name not in (edge.tail, edge.head) and meets(line, Rect(rect.x + 1, rect.y + 1, rect.width - 2, rect.height - 2))
    ]


def touching(diagram: Diagram, sizes: Sizes) -> list[tuple[str, int]]:
    """The lines of text with ink closer than FREE to the frame of their box or to a rule between its bands."""
    found = []
    for box, (width, height), bands in zip(diagram.boxes, sizes.boxes, sizes.bands, strict=True):
        pen = 1.3 if box.kind == "output" else 0.65
        inner, _, _ = outlines(box, Rect(0, 0, width, height), 0)[-1]
        y = (height - sum(band.height for band in bands)) / 2
        for place, band in enumerate(bands):
            left, top, right, bottom = ink(band.label)
            x, base = (width - band.label.width) / 2, y + PAD_Y + band.ascent
            low = inner.y + pen if place == 0 else y + 0.5
            high = inner.y + inner.height - pen if place == len(bands) - 1 else y + band.height - 0.5
            gaps = (base + top - low, high - base - bottom, x + left - inner.x - pen, inner.x + inner.width - pen - x - right)
            if min(gaps) < FREE:
                found.append((box.name, place))
            y += band.height
    return found


def ink(label) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a label's outlines from their points, in pixels from its origin."""
    xs, ys = [0.0], [0.0]
    for mark in label.marks:
        numbers = list(map(float, NUMBER.findall(mark.path))) if mark.name else []
        xs += [mark.x + mark.scale * number for number in numbers[::2]]
        ys += [mark.y + mark.scale * number for number in numbers[1::2]]
    scale = label.size / 1000
    return min(xs) * scale, min(ys) * scale, max(xs) * scale, max(ys) * scale
