"""The picture as SVG: Graphviz says where, this module draws, and the words are there for those who cannot see it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..base.cache import digest
from ..base.columns import counted
from ..base.limits import DRAWING_SECONDS
from .diagrams import Box, Cluster, Diagram, Edge
from .engine import Layout, Point, Rect, Route
from .escaping import escape
from .looks import ARROW_DASHES, ARROW_WIDTHS, ARROWS, DASHES, FILLS, FRAMES, INKS, PLAIN_ARROW, PLAIN_FRAME, RADIUS, WIDTHS
from .page_widths import ANY, Page, lay_out
from .sizes import INNER, MARGIN, PAD_Y, Band, Sizes
from .slot_output import draw_slot
from .strokes import SAMPLE, SINGLE, Legend, arrow_points, draw_many, draw_sample, draw_weight, is_weighted, largest, legend, n, p
from .themes import colour, style
from .typesetting import Label, Mark


def svg(diagram: Diagram, theme: str = "auto", page: Page = ANY, seconds: float = DRAWING_SECONDS) -> str:
    """Draw a diagram.

    theme: auto follows page and system through CSS variables; light, dark and print hold plain colours.
    Raises: EngineError, LayoutTimeout (see layout).
    """
    laid = lay_out(diagram, page, seconds)
    return draw(laid.diagram, laid.sizes, laid.plan, theme, scale=page.scale)


def draw(diagram: Diagram, sizes: Sizes, plan: Layout, theme: str, *, scale: float = 1.0) -> str:
    """Draw a diagram that was measured and laid out."""
    name = picture_id(diagram, repr(plan) + theme)
    frames = [*enumerate(plan.clusters), *plan.more]
    parts = [frame_cluster(diagram.clusters[k], frame, theme) for k, frame in sorted(frames, key=lambda at: at[0]) if frame.width]
    arrows = draw_edges(diagram.edges, plan.edges, theme)
    parts += map(told, diagram.edges, arrows) if diagram.is_live and len(arrows) == len(diagram.edges) else arrows
    parts += [
        draw_label(label, middle(label, at), name, colour("muted", theme))
        for label, at in zip(sizes.clusters, plan.titles, strict=True)
        if at
    ]
    parts += [
        with_rim(draw_label(label, middle(label, route.label), name, colour("muted", theme)), edge, theme)
        for edge, label, route in zip(diagram.edges, sizes.edges, plan.edges, strict=True)
        if label and route.label
    ]
    parts += [
        draw_box(box, f"{name}-b{place}", rect, bands, name, theme, diagram.is_live)
        for place, (box, rect, bands) in enumerate(zip(diagram.boxes, plan.boxes, sizes.bands, strict=True))
    ]
    headings = [label for labels in sizes.headings for label in labels] if plan.headings else []
    below = legend(diagram.edges, plan.width) if is_weighted(diagram.edges) else Legend((), 0, 0)
    parts += [draw_label(label, middle(label, at), name, colour("ink", theme)) for label, at in zip(headings, plan.headings, strict=True)]
    for sample in below.samples:
        at = sample.at[0] + SAMPLE + 6, plan.height + sample.at[1] + (sample.label.ascent - sample.label.descent) / 2
        parts += [draw_sample(sample, plan.height, theme), draw_label(sample.label, at, name, colour("muted", theme))]
    said = diagram.title or diagram.name, description(diagram)
    frame = Frame((max(plan.width, below.width) + 2 * MARGIN, plan.height + below.height + 2 * MARGIN), (MARGIN, MARGIN), scale)
    outlines = glyphs(sizes, name, [*headings, *(sample.label for sample in below.samples)])
    return document(name, said, theme, outlines, frame, parts)


class Frame(NamedTuple):
    """The size of a picture, where its origin is, and how many pixels wide each of its units is meant to be."""

    size: Point
    origin: Point
    scale: float = 1.0


def document(name: str, said: tuple[str, str], theme: str, outlines: str, frame: Frame, parts: Iterable[str]) -> str:
    """The SVG document around the parts of a picture; `said` is its title and its description in words."""
    (width, height), origin, scale = frame
    natural = n(width * scale)
    title, words = said
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="a1viz {name}" viewBox="0 0 {n(width)} {n(height)}" role="img"'
            f' aria-labelledby="{name}-title" aria-describedby="{name}-desc" data-search-exclude=""'
            # A frame that can scroll sets --a1viz-least to the smallest scale at which it wants the picture.
            f' style="width:100%;max-width:{natural}px;min-width:calc(var(--a1viz-least,0)*{natural}px);height:auto">',
            f'<title id="{name}-title">{escape(title)}</title>',
            f'<desc id="{name}-desc">{escape(words)}</desc>',
            f"<style>{style(name, theme)}</style>",
            f"<defs>{outlines}</defs>",
            f'<rect width="{n(width)}" height="{n(height)}" rx="{RADIUS}" fill="{colour("paper", theme)}"/>',
            f'<g transform="translate({n(origin[0])} {n(origin[1])})">',
            *parts,
            "</g>",
            "</svg>",
            "",
        ]
    )


# Words


def picture_id(diagram: Diagram, drawn: str) -> str:
    """A name for ids and classes that no other picture on the page has."""
    stem = re.sub(r"[^A-Za-z0-9]+", "-", diagram.name)[:24].strip("-")
    return f"a1-{stem}-{digest(repr(diagram) + drawn, 4)}"


def description(diagram: Diagram) -> str:
    """The whole picture in words: every box, then every arrow."""
    boxes = [f"{box.name} ({box.kind}): {spoken(box)}." for box in diagram.boxes]
    arrows = (
        []
        if diagram.in_columns and len(diagram.edges) > SINGLE
        else [
            f"{edge.tail} to {edge.head}" + (f", {edge.words}" if edge.words else "") + (", backward" if edge.kind == "backward" else "")
            for edge in diagram.edges
        ]
    )
    parts = [
        diagram.about,
        f"{counted(len(boxes), 'boxes')}.",
        *boxes,
        f"{counted(len(arrows), 'arrows')}: {'; '.join(arrows)}." if arrows else "",
    ]
    return " ".join(part for part in [*parts, *diagram.notes] if part)


def spoken(box: Box) -> str:
    """The lines of a box in words."""
    return "; ".join(line.words or line.text for line in box.lines) or box.name


# Shapes


def draw_box(box: Box, identity: str, rect: Rect, bands: tuple[Band, ...], name: str, theme: str, is_live: bool = False) -> str:
    """A box, with its words: bands of colour, formulas, then the frame on top."""
    stands_for = f' data-name="{escape(variable(box.name))}"' if is_live else ""
    radius = 0 if box.kind == "parameter" else min(RADIUS, rect.height / 2)
    fill = "value-fill" if box.kind == "parameter" else "paper"
    parts = [
        f'<g id="{identity}"{stands_for} role="img" aria-label="{escape(spoken(box))}">',
        f"<title>{escape(box.tip or spoken(box))}</title>",
        rounded(rect, radius, radius, f'fill="{colour(fill, theme)}"'),
    ]
    # What rounding of sizes left over is shared out above and below.
    y = rect.y + (rect.height - sum(band.height for band in bands)) / 2
    for place, band in enumerate(bands):
        is_first, is_last = place == 0, place == len(bands) - 1
        top = rect.y if is_first else y
        bottom = rect.y + rect.height if is_last else y + band.height
        part = Rect(rect.x, top, rect.width, bottom - top)
        if band.line.kind in FILLS:
            tint = colour(FILLS[band.line.kind], theme)
            parts.append(rounded(part, is_first * radius, is_last * radius, f'fill="{tint}"'))
        if not is_first:
            parts.append(f'<path d="M{n(rect.x)} {n(top)}h{n(rect.width)}" stroke="{colour("rule", theme)}"/>')
        at = rect.x + (rect.width - band.label.width) / 2, y + PAD_Y + band.ascent
        parts.append(draw_label(band.label, at, name, colour(INKS.get(band.line.kind, "ink"), theme)))
        parts += [draw_slot(slot, at, theme) for slot in band.slots]
        y += band.height
    parts += [rounded(*outline, f'fill="none" {stroke(box.kind, theme)}') for outline in outlines(box, rect, radius)]
    return "".join([*parts, "</g>"])


def outlines(box: Box, rect: Rect, radius: float) -> list[tuple[Rect, float, float]]:
    """The frame of a box; a collapsed block has two, one in the other."""
    frames = [(rect, radius, radius)]
    if box.kind == "block":
        inner = Rect(rect.x + INNER, rect.y + INNER, rect.width - 2 * INNER, rect.height - 2 * INNER)
        frames.append((inner, max(radius - INNER, 0), max(radius - INNER, 0)))
    return frames


def stroke(kind: str, theme: str) -> str:
    """How the frame of a box of this kind is drawn."""
    dashes = f' stroke-dasharray="{DASHES[kind]}"' if kind in DASHES else ""
    return f'stroke="{colour(FRAMES.get(kind, "frame"), theme)}" stroke-width="{WIDTHS.get(kind, PLAIN_FRAME)}"{dashes}'


def rounded(rect: Rect, top: float, bottom: float, paint: str) -> str:
    """A rectangle with one radius for the upper corners and one for the lower."""
    if top == bottom:
        return f'<rect x="{n(rect.x)}" y="{n(rect.y)}" width="{n(rect.width)}" height="{n(rect.height)}" rx="{n(top)}" {paint}/>'
    path = [
        f"M{n(rect.x)} {n(rect.y + top)}",
        corner(top, top, -top),
        f"h{n(rect.width - 2 * top)}",
        corner(top, top, top),
        f"v{n(rect.height - top - bottom)}",
        corner(bottom, -bottom, bottom),
        f"h{n(2 * bottom - rect.width)}",
        corner(bottom, -bottom, -bottom),
        "z",
    ]
    return f'<path d="{"".join(path)}" {paint}/>'


def corner(radius: float, x: float, y: float) -> str:
    """A quarter of a circle, turning clockwise."""
    return f"a{n(radius)} {n(radius)} 0 0 1 {n(x)} {n(y)}" if radius else ""


def frame_cluster(cluster: Cluster, rect: Rect, theme: str) -> str:
    """The frame around the boxes of a block."""
    return (
        f"<g><title>{escape(cluster.words)}</title>"
        + rounded(
            rect, RADIUS, RADIUS, f'fill="{colour("block-fill", theme)}" stroke="{colour("block-frame", theme)}" stroke-dasharray="2 3"'
        )
        + "</g>"
    )


def variable(name: str) -> str:
    """What a box stands for: without the number of one that is drawn once a use, and the whole variable for one entry of it."""
    return name.partition(" (")[0].partition("[")[0]


def told(edge: Edge, drawn: str) -> str:
    """An arrow that says to a script what it joins."""
    return f'<g data-from="{escape(variable(edge.tail))}" data-to="{escape(variable(edge.head))}">{drawn}</g>'


def draw_edges(edges: Sequence[Edge], routes: Sequence[Route], theme: str) -> list[str]:
    """All arrows: weights by sign and magnitude, others by kind."""
    if not is_weighted(edges):
        return [draw_edge(edge, route, theme) for edge, route in zip(edges, routes, strict=True)]
    if len(edges) > SINGLE:
        return draw_many(edges, routes, theme)
    most = largest(edges)
    return [draw_weight(edge, route, most, theme) for edge, route in zip(edges, routes, strict=True)]


def draw_edge(edge: Edge, route: Route, theme: str) -> str:
    """A curve and its arrow: full for forward, thick for added or handed over, dashed for removed, and with an open arrow for backward."""
    ink = colour(ARROWS.get(edge.kind, "forward"), theme)
    paint = f'stroke="{ink}" stroke-width="{ARROW_WIDTHS.get(edge.kind, PLAIN_ARROW)}" fill="none"'
    dashed = f' stroke-dasharray="{ARROW_DASHES[edge.kind]}"' if edge.kind in ARROW_DASHES else ""
    back, left, right = arrow_points(route)
    start, *bends = route.points
    curve = f"M{p(start)}C" + " ".join(map(p, bends))
    if edge.kind == "backward":
        return f'<path d="{curve}L{p(route.tip)}" {paint}{dashed}/><path d="M{p(left)}L{p(route.tip)}L{p(right)}" {paint}/>'
    return f'<path d="{curve}L{p(back)}" {paint}{dashed}/><path d="M{p(route.tip)}L{p(left)}L{p(right)}z" fill="{ink}"/>'


# Formulas


def glyphs(sizes: Sizes, name: str, others: Iterable[Label]) -> str:
    """Every outline the picture uses, once."""
    boxes = [band.label for bands in sizes.bands for band in bands]
    return glyphs_of([*boxes, *filter(None, sizes.edges), *sizes.clusters, *others], name)


def glyphs_of(labels: Iterable[Label], name: str) -> str:
    """Every outline that these labels use, once."""
    paths = {mark.name: mark.path for label in labels for mark in label.marks if mark.name}
    return "".join(f'<path id="{name}-{glyph}" d="{path}"/>' for glyph, path in sorted(paths.items()))


def draw_label(label: Label, at: Point, name: str, ink: str) -> str:
    """A formula with its baseline starting at a point."""
    marks = "".join(draw_mark(mark, name) for mark in label.marks)
    return f'<g transform="translate({n(at[0])} {n(at[1])}) scale({label.size / 1000:g})" fill="{ink}">{marks}</g>'


def with_rim(label: str, edge: Edge, theme: str) -> str:
    """A weight on its arrow, with a rim around it, so that arrows do not touch it."""
    if edge.weight is None:
        return label
    return f'<g stroke="{colour("paper", theme)}" stroke-width="260" stroke-linejoin="round" paint-order="stroke">{label}</g>'


def draw_mark(mark: Mark, name: str) -> str:
    """One glyph, or one bar, of a formula."""
    if not mark.name:
        return f'<path d="{mark.path}" transform="translate({mark.x:g} {mark.y:g})"/>'
    if mark.scale == 1:
        return f'<use href="#{name}-{mark.name}" x="{mark.x:g}" y="{mark.y:g}"/>'
    return f'<use href="#{name}-{mark.name}" transform="translate({mark.x:g} {mark.y:g}) scale({mark.scale:g})"/>'


def middle(label: Label, at: Point) -> Point:
    """Where the baseline starts when a label's middle is at a point."""
    return at[0] - label.width / 2, at[1] + (label.ascent - label.descent) / 2
