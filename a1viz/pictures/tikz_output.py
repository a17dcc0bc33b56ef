r"""The picture as TikZ: real LaTeX in boxes at the places of our layout, for papers and slides.

Every arrow is one `\draw`, every box a node whose name is its variable's, so that a reader can go on from there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from . import looks, strokes
from .diagrams import Box, Diagram, Edge
from .dot_output import node_names
from .engine import Layout, Point, Rect, Route
from .looks import HALF_TIP, RADIUS
from .page_widths import Laid
from .sizes import INNER, MARGIN, PAD_Y, Band
from .strokes import SAMPLE, Legend, dashes_of, is_weighted
from .svg_output import middle, outlines
from .tikz_words import at, corners, dashed, ink, length, picture, put

EDGE = 4  # pixels between a formula and the frame of its box, at least
TOGETHER = 40  # arrows in one path
BOX_KINDS = ("variable", "input", "parameter", "output", "gradient", "block", "dropped", "removed", "added", "changed")
ARROW_KINDS = ("forward", "backward", "in place", "removed", "added")


def tikz(laid: Laid, theme: str = "auto") -> tuple[str, Point]:
    """A tikzpicture of a diagram that is laid out, and its size in pixels.

    theme: auto and light are the same; dark has a dark ground, print is black on white.
    Raises OutputError for what is larger than TeX can hold.
    """
    diagram, sizes, plan = laid.diagram, laid.sizes, laid.plan
    lines = [*clusters(diagram, plan), *arrows(diagram.edges, plan.edges)]
    titles = zip(diagram.clusters, sizes.clusters, plan.titles, strict=True)
    lines += [put(label, middle(label, spot), "muted", cluster.words) for cluster, label, spot in titles if spot]
    for edge, label, route in zip(diagram.edges, sizes.edges, plan.edges, strict=True):
        if label and route.label:
            rim = "" if edge.weight is None else f", fill={ink('paper')}, inner sep=0.75bp"
            lines.append(put(label, middle(label, route.label), "muted", edge.text, rim))
    names = node_names(diagram)
    for box, rect, bands in zip(diagram.boxes, plan.boxes, sizes.bands, strict=True):
        lines += boxed(box, names[box.name], rect, bands)
    headings = [pair for pairs in zip(diagram.headings, sizes.headings, strict=True) for pair in zip(*pairs, strict=True)]
    for (line, label), spot in zip(headings if plan.headings else (), plan.headings, strict=True):
        lines.append(put(label, middle(label, spot), "ink", line.text))
    below = strokes.legend(diagram.edges, plan.width) if is_weighted(diagram.edges) else Legend((), 0, 0)
    lines += meanings(below, plan.height)
    wide, high = max(plan.width, below.width) + 2 * MARGIN, plan.height + below.height + 2 * MARGIN
    said = (diagram.title or diagram.name, diagram.about, *diagram.notes)
    return picture(lines, STYLES, theme, Rect(-MARGIN, -MARGIN, wide, high), said), (wide, high)


# --- boxes ------------------------------------------------------------------------------------------------------------------------


def frame_style(kind: str) -> str:
    """How the frame of a box of this kind is drawn."""
    radius = "" if kind == "parameter" else f", rounded corners={length(RADIUS)}"
    dash = f", {dashed(looks.DASHES[kind])}" if kind in looks.DASHES else ""
    return f"draw={ink(looks.FRAMES.get(kind, 'frame'))}, line width={length(looks.WIDTHS.get(kind, looks.PLAIN_FRAME))}{radius}{dash}"


def boxed(box: Box, name: str, rect: Rect, bands: Sequence[Band]) -> Iterator[str]:
    """A box: its ground, tints and formulas line by line, then its frame as a node."""
    radius = 0 if box.kind == "parameter" else min(RADIUS, rect.height / 2)
    yield f"  % {name}"
    yield filled(rect, radius, radius, "value-fill" if box.kind == "parameter" else "paper")
    room = rect.width - 2 * EDGE - (2 * INNER if box.kind == "block" else 0)
    y = rect.y + (rect.height - sum(band.height for band in bands)) / 2
    for place, band in enumerate(bands):
        is_first, is_last = place == 0, place == len(bands) - 1
        top = rect.y if is_first else y
        part = Rect(rect.x, top, rect.width, (rect.y + rect.height if is_last else y + band.height) - top)
        if band.line.kind in looks.FILLS:
            yield filled(part, is_first * radius, is_last * radius, looks.FILLS[band.line.kind])
        if not is_first:
            yield f"  \\draw[a1 rule] {at((rect.x, top))} -- {at((rect.x + rect.width, top))};"
        start = rect.x + (rect.width - band.label.width) / 2, y + PAD_Y + band.ascent
        yield put(band.label, start, looks.INKS.get(band.line.kind, "ink"), band.line.text, room=room)
        y += band.height
    for k, (frame, corner, _) in enumerate(outlines(box, rect, radius)):
        rounder = f", rounded corners={length(corner)}" if radius and corner != RADIUS else ""
        size = f"minimum width={length(frame.width)}, minimum height={length(frame.height)}"
        called = "" if k else f" ({name})"
        yield f"  \\node[a1 {box.kind} box, {size}{rounder}]{called} at {at((frame.x + frame.width / 2, frame.y + frame.height / 2))} {{}};"


def filled(rect: Rect, top: float, bottom: float, role: str) -> str:
    """A rectangle of a colour, with one radius for the upper corners and one for the lower."""
    if top == bottom:
        rounder = f", rounded corners={length(top)}" if top else ""
        return f"  \\fill[{ink(role)}{rounder}] {corners(rect)};"
    left, right, high, low = rect.x, rect.x + rect.width, rect.y, rect.y + rect.height
    start, one, other, end = (
        ((left, low), (left, high), (right, high), (right, low)) if top else ((left, high), (left, low), (right, low), (right, high))
    )
    return (
        f"  \\fill[{ink(role)}] {at(start)} [rounded corners={length(top or bottom)}] -- {at(one)} -- {at(other)}"
        f" [sharp corners] -- {at(end)} -- cycle;"
    )


def clusters(diagram: Diagram, plan: Layout) -> Iterator[str]:
    """The frames around the boxes of blocks."""
    for _, frame in sorted([*enumerate(plan.clusters), *plan.more], key=lambda pair: pair[0]):
        if frame.width:
            yield f"  \\filldraw[a1 block] {corners(frame)};"


# --- arrows -----------------------------------------------------------------------------------------------------------------------


def arrow_style(kind: str) -> str:
    """How an arrow of this kind is drawn."""
    dash = f", {dashed(looks.ARROW_DASHES[kind])}" if kind in looks.ARROW_DASHES else ""
    tip = "Straight Barb" if kind == "backward" else "Triangle"
    wide = length(looks.ARROW_WIDTHS.get(kind, looks.PLAIN_ARROW))
    return f"draw={ink(looks.ARROWS.get(kind, 'forward'))}, line width={wide}{dash}, {tipped(tip, HALF_TIP)}"


def tipped(tip: str, half: float) -> str:
    return f"-{{{tip}[length={length(looks.TIP)}, width={length(2 * half)}]}}"


def arrows(edges: Sequence[Edge], routes: Sequence[Route]) -> Iterator[str]:
    """All arrows: weights by sign and magnitude, others by kind."""
    if is_weighted(edges) and len(edges) > strokes.SINGLE:
        yield from many(edges, routes)
        return
    are_weights, most = is_weighted(edges), strokes.largest(edges)
    for edge, route in zip(edges, routes, strict=True):
        if are_weights:
            wide = strokes.width(edge, most)
            yield f"  \\draw[{weight_style(strokes.look(edge), wide)}, {tipped('Triangle', max(HALF_TIP, 1.6 * wide))}] {curve(route)};"
        else:
            yield f"  \\draw[a1 {edge.kind} arrow] {curve(route)};"


def weight_style(role: str, wide: float) -> str:
    """A weight: its colour and dashes by its sign, its width by its magnitude."""
    dashes = dashes_of(role, wide)
    return f"draw={ink(strokes.ink_role(role))}, line width={length(wide)}" + (f", {dashed(dashes)}" if dashes else "")


def many(edges: Sequence[Edge], routes: Sequence[Route]) -> Iterator[str]:
    """Very many arrows, without tips: those of one sign and about one width together, the widest last."""
    for (level, role), places in strokes.alike(edges):
        style = weight_style(role, strokes.level_width(level, len(edges)))
        for first in range(0, len(places), TOGETHER):
            yield f"  \\draw[{style}] {' '.join(curve(routes[k]) for k in places[first : first + TOGETHER])};"


def curve(route: Route) -> str:
    """The path of an arrow; its last bend is moved to its tip, so that TikZ can put a tip of its own there."""
    points = list(route.points)
    (x, y), (tip_x, tip_y) = points[-1], route.tip
    points[-2] = points[-2][0] + tip_x - x, points[-2][1] + tip_y - y
    points[-1] = route.tip
    return at(points[0]) + "".join(map(bend, points[::3], points[1::3], points[2::3], points[3::3]))


def bend(start: Point, one: Point, other: Point, end: Point) -> str:
    """A part of a curve, or a line where it is straight."""
    is_straight = {one, other} <= {start, end}
    return f" -- {at(end)}" if is_straight else f" .. controls {at(one)} and {at(other)} .. {at(end)}"


def meanings(below: Legend, top: float) -> Iterator[str]:
    """What the looks of weights mean, below the picture."""
    for sample in below.samples:
        x, y = sample.at[0], top + sample.at[1]
        yield f"  \\draw[{weight_style(sample.role, sample.wide)}] {at((x, y))} -- {at((x + SAMPLE, y))};"
        yield put(sample.label, (x + SAMPLE + 6, y + (sample.label.ascent - sample.label.descent) / 2), "muted")


STYLES = {
    "a1 block": f"draw={ink('block-frame')}, fill={ink('block-fill')}, {dashed('2 3')}, line width={length(1)},"
    f" rounded corners={length(RADIUS)}",
    "a1 rule": f"draw={ink('rule')}, line width={length(1)}",
    **{f"a1 {kind} arrow": arrow_style(kind) for kind in ARROW_KINDS},
    **{f"a1 {kind} box": frame_style(kind) for kind in BOX_KINDS},
}
