"""Pictures in every format: one row per format, and the `Picture` that knows them all. Serves questions 2.1.1 and 3.2.

To add a format: one function from a picture to bytes, and one row in FORMATS. To add a view: one function from a graph to a diagram, and
one row in VIEWS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from ..base.errors import OutputError, did_you_mean
from ..base.files import write_whole
from ..base.limits import DRAWING_SECONDS
from .view_options import Options

if TYPE_CHECKING:  # kept pictures are written without NumPy, which graphs need
    from typing_extensions import TypeIs

    from ..calculus.comparison import GraphDiff
    from ..graph.nodes import Graph
    from ..plan import Program
    from ..sorting import Network
    from .diagrams import Diagram
    from .page_widths import Direction, Page
    from .wire_diagrams import Wires

Theme = Literal["auto", "light", "dark", "print"]
FEW = 10  # boxes kept at either end of a picture that was too much for the engine
THEMES: tuple[str, ...] = get_args(Theme)


@dataclass(frozen=True)
class Format:
    """One row: what a format is called, its file name ending, and the function that makes it."""

    name: str
    suffix: str
    mime: str
    make: Callable[[Picture], bytes]
    about: str


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture of a graph: `.save("x.svg")`, `.to("dot")`; shows itself in Jupyter."""

    graph: Graph | Network
    diagram: Diagram | Wires
    theme: Theme = "auto"
    seconds: float = DRAWING_SECONDS  # of one core; what would take longer is drawn collapsed
    page: Page | None = None

    @property
    def note(self) -> str:
        """What there is, counted."""
        return self.diagram.note

    @cached_property
    def svg(self) -> str:
        """The picture as SVG; where that would take too long, a shortened picture instead of a hang."""
        if self.diagram.kind == "wires":
            from .wire_svg import knuth_svg

            return knuth_svg(self.diagram, self.theme, self.seconds)
        from .engine import LayoutTimeout
        from .graph_diagrams import ENDS, shortened
        from .page_widths import ANY
        from .sizes import seconds_of
        from .svg_output import svg

        drawn, ends, page = self.diagram, ENDS, self.page or ANY
        while ends and seconds_of(drawn) > self.seconds:
            drawn, ends = shortened(self.diagram, ends), ends // 2
        try:
            return svg(drawn, self.theme, page, self.seconds)
        except LayoutTimeout:
            return svg(shortened(drawn, FEW), self.theme, page, self.seconds / 3)

    def to(self, format: str) -> bytes:
        """The picture in a format. Raises OutputError for one that is not known, EngineError without a layout engine."""
        return _row(format).make(self)

    def save(self, path: str | Path, format: str = "") -> Path:
        """Write the picture; the format is that of the file's ending unless given. The file is written whole or not at all."""
        path = Path(path)
        data = self.to(format or suffix_format(path))
        write_whole(path, data)
        return path

    def __str__(self) -> str:
        return self.to("text").decode()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        # svg in a <div> that scrolls: a notebook would clip a wide image/svg+xml
        return {"text/html": f'<div style="overflow-x:auto">{self.svg}</div>', "image/svg+xml": self.svg, "text/plain": str(self)}


def _svg(picture: Picture) -> bytes:
    return picture.svg.encode()


def _png(picture: Picture) -> bytes:
    from .png_output import png

    drawn = replace(picture, theme="light" if picture.theme == "auto" else picture.theme).svg
    return png(drawn, 2.0 * (picture.page.scale if picture.page else 1))


def _dot(picture: Picture) -> bytes:
    if picture.diagram.kind == "wires":
        from .wire_diagrams import wires_dot

        return wires_dot(picture.diagram).encode()
    from .dot_output import dot

    return dot(picture.diagram, "TB" if picture.page and picture.page.direction == "down" else "LR").encode()


def _text(picture: Picture) -> bytes:
    if picture.diagram.kind == "wires":
        from .wire_diagrams import wires_text

        return wires_text(picture.diagram).encode()
    from .text_output import picture_text

    return picture_text(picture.diagram).encode()


FORMATS = {
    row.name: row
    for row in (
        Format("svg", ".svg", "image/svg+xml", _svg, "typeset, follows light and dark, for pages"),
        Format("png", ".png", "image/png", _png, "the same as pixels, for slides"),
        Format("dot", ".dot", "text/vnd.graphviz", _dot, "for any Graphviz, with text labels"),
        Format("text", ".txt", "text/plain", _text, "for a terminal"),
    )
}


def _row(name: str) -> Format:
    if name not in FORMATS:
        raise OutputError(f"unknown format {name!r}{did_you_mean(name, FORMATS)}; the formats are {', '.join(FORMATS)}")
    return FORMATS[name]


def suffix_format(path: Path) -> str:
    """The format of a file name. Raises OutputError for an unknown ending."""
    for row in FORMATS.values():
        if path.suffix.lower() == row.suffix:
            return row.name
    endings = ", ".join(row.suffix for row in FORMATS.values())
    raise OutputError(f"{path}: cannot tell the format from the ending {path.suffix!r}; use one of {endings}, or say which format")


# --- views --------------------------------------------------------------------------------------------------------------------------


def _graph_view(graph: Graph, options: Options) -> Diagram:
    from .graph_diagrams import Shown, diagram

    shown = Shown(options.backward, options.values is not False, options.parameters, options.expand)
    return diagram(graph, shown, options.numbers(graph))


def _neuron_view(graph: Graph, options: Options) -> Diagram:
    from .neuron_diagrams import neurons

    numbers = options.numbers(graph)
    return neurons(graph, numbers, options.given if isinstance(options.values, Mapping) else None, options.units)


def _wire_view(graph: Graph, options: Options) -> Wires:
    from .wire_diagrams import graph_wires

    return graph_wires(graph, options.numbers(graph), options.k)


VIEWS: dict[str, Callable[[Graph, Options], Diagram | Wires]] = {"graph": _graph_view, "neurons": _neuron_view, "wires": _wire_view}


def draw(
    graph: Graph | Network | Program | GraphDiff | str | Path,
    *,
    view: Literal["", "graph", "neurons", "wires"] = "",
    backward: bool = False,
    values: bool | Mapping[str, Any] | Sequence[float] = False,
    parameters: bool = False,
    expand: str | Sequence[str] = (),
    theme: Theme = "auto",
    k: int | None = None,
    units: int | None = None,
    seconds: float = DRAWING_SECONDS,
    direction: Direction = "",
    width: float = 0,
    scale: float = 1.0,
) -> Picture:
    """A picture of a graph, or of the one so called: one box per variable; or of its neurons, of
    a sorting network's wires, of a compiled plan: one box per step, or of what differs between two graphs.

    `view` is graph, neurons (one box per unit, one arrow per weight) or wires (for comparators, as Knuth draws them; also for a network of
    `a1viz.sorting`, whose `values` are a list). `backward` adds each variable's adjoint equation; `values` shows numbers, the document's or
    those given by name; `parameters` draws them as boxes; `expand` is "all" or names of block instances to draw as frames; `theme` is auto,
    light, dark or print; `k` fades what the k-th smallest number does not need; of a layer of more than `units` neurons (64, or fewer where
    a picture has no room) the first and last are drawn. A plan, `a1viz.compile(...).plan(...)`, takes a theme only, and so does
    `a1viz.diff(...)`.
    What would take more than `seconds` of one core to draw is drawn collapsed. What is wider than `width` pixels (998, the column of a
    page, unless given) is not shrunk but laid out in rows or from top to bottom, with long formulas in lines; `direction` is right or down,
    without a width in one piece; `scale` is how many times as large as usual it is drawn. Wires have none of these three.

    Raises OutputError for an unknown view, theme or direction, or for what a plan or wires have no use for, GraphError for an unknown block
    or a graph that the view cannot show, InputError for values that do not fit. Source: questions 2.1.1, 2.1.2, 3.2.

    >>> from a1viz.graph.documents import load
    >>> len(draw(load("gated_network"), backward=True).diagram.boxes)
    11
    """
    if theme not in THEMES:
        raise OutputError(f"unknown theme {theme!r}{did_you_mean(theme, THEMES)}; the themes are {', '.join(THEMES)}")
    if view not in ("", *VIEWS):
        raise OutputError(f"unknown view {view!r}{did_you_mean(view, VIEWS)}; the views are {', '.join(VIEWS)}")
    from .page_widths import Page

    page = Page(direction, width, scale)
    options = Options(backward, values, parameters, (expand,) if isinstance(expand, str) else tuple(expand), k, units)
    picture = _drawn(graph, view, options, theme)
    if picture.diagram.kind == "wires" and page.is_special:
        raise OutputError("wires are drawn from left to right, as wide as they are, and have no direction, width or scale; leave that out")
    return replace(picture, seconds=seconds, page=page)


def _drawn(graph: Graph | Network | Program | GraphDiff | str | Path, view: str, options: Options, theme: Theme) -> Picture:
    if _is_network(graph):
        if view in ("", "wires"):
            return _draw_network(graph, options, theme)
        graph = graph.graph()
    if _is_comparison(graph):
        from .comparison_diagrams import compared

        _check_none(view, options, "a picture of what differs")
        return Picture(graph.a, compared(graph), theme)
    if _is_plan(graph):
        return _draw_plan(graph, view, options, theme)
    from ..graph.arguments import graph_of

    graph = graph_of(graph)
    return Picture(graph, VIEWS[view or "graph"](graph, options), theme)


def _is_network(graph: Graph | Network | Program | GraphDiff | str | Path) -> TypeIs[Network]:
    return hasattr(graph, "comparators")


def _is_comparison(graph: Graph | Program | GraphDiff | str | Path) -> TypeIs[GraphDiff]:
    return hasattr(graph, "differences")


def _is_plan(graph: Graph | Program | str | Path) -> TypeIs[Program]:
    """Whether it is a compiled plan; told by its attributes, for to import the compiler takes time."""
    if hasattr(graph, "plan"):
        raise OutputError("a compiled function has a plan for each set of shapes; draw one of them: a1viz.draw(compiled.plan(x=...))")
    return hasattr(graph, "code")


def _draw_network(network: Network, options: Options, theme: Theme) -> Picture:
    from .wire_diagrams import network_wires

    values: Any = None if options.values is False else options.values
    return Picture(network, network_wires(network, values, options.k), theme)


def _draw_plan(plan: Program, view: str, options: Options, theme: Theme) -> Picture:
    from .plan_diagrams import steps

    _check_none(view, options, "a picture of a plan shows what was compiled and")
    return Picture(plan.steps.graphs[0][0], steps(plan), theme)


def _check_none(view: str, options: Options, what: str) -> None:
    """Raise OutputError for anything that this picture has no use for."""
    given = {"view": view, **{f.name: getattr(options, f.name) for f in fields(Options)}}
    others = [name for name, value in given.items() if value not in ("", False, (), None)]
    if others:
        raise OutputError(f"{what} has no {others[0]}; leave that out")
