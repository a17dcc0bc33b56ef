"""Pictures in every format: one row a format, and the `Picture` that knows them all. Serves questions 2.1.1 and 3.2.

To add a format: one function from a picture to bytes, and one row in FORMATS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import OutputError, did_you_mean
from ..base.files import write_whole

if TYPE_CHECKING:  # kept pictures are written without NumPy, which graphs need
    from ..graph.nodes import Graph
    from ..plan import Program
    from ..sorting import Network
    from .diagrams import Diagram
    from .wire_diagrams import Wires

THEMES = ("auto", "light", "dark", "print")
VIEWS = ("graph", "neurons", "wires")


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

    graph: Graph
    diagram: Diagram | Wires
    theme: str = "auto"

    @property
    def is_wires(self) -> bool:
        """Whether it is a network of comparators with its wires, and not boxes and arrows."""
        return hasattr(self.diagram, "bars")

    @property
    def note(self) -> str:
        """What there is, counted."""
        return self.diagram.note if self.is_wires else f"{len(self.diagram.boxes)} boxes, {len(self.diagram.edges)} arrows"

    @cached_property
    def svg(self) -> str:
        """The picture as SVG; where the engine takes too long, a shortened picture instead of a hang."""
        if self.is_wires:
            from .wire_svg import knuth_svg

            return knuth_svg(self.diagram, self.theme)
        from .engine import LayoutTimeout
        from .svg_output import svg

        try:
            return svg(self.diagram, self.theme)
        except LayoutTimeout:
            from .graph_diagrams import shortened

            return svg(shortened(self.diagram), self.theme)

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

    return png(replace(picture, theme="light" if picture.theme == "auto" else picture.theme).svg)


def _dot(picture: Picture) -> bytes:
    from .dot_output import dot
    from .wire_diagrams import wires_dot

    return (wires_dot if picture.is_wires else dot)(picture.diagram).encode()


def _text(picture: Picture) -> bytes:
    from .text_output import picture_text
    from .wire_diagrams import wires_text

    return (wires_text if picture.is_wires else picture_text)(picture.diagram).encode()


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


def draw(
    graph: Graph | Network | Program,
    *,
    view: str = "",
    backward: bool = False,
    values: bool | Mapping[str, Any] | Sequence[float] = False,
    parameters: bool = False,
    expand: str | Sequence[str] = (),
    theme: str = "auto",
    k: int | None = None,
) -> Picture:
    """A picture of a graph: one box a variable; or of its neurons, of a sorting network's wires, or of a compiled plan: one box a step.

    `view` is graph, neurons (a box a unit, an arrow a weight) or wires (for comparators, as Knuth draws them; also for a network of
    `a1viz.sorting`, whose `values` are a list). `backward` adds each variable's adjoint equation; `values` shows numbers, the document's or
    those given by name; `parameters` draws them as boxes; `expand` is "all" or names of block instances to draw as frames; `theme` is auto,
    light, dark or print; `k` fades what the k-th smallest number does not need. A plan, `a1viz.compile(...).plan(...)`, takes a theme only.

    Raises OutputError for an unknown view or theme, or for what a plan has no use for, GraphError for an unknown block or a graph that the
    view cannot show, InputError for values that do not fit. Source: questions 2.1.1, 2.1.2, 3.2.

    >>> from a1viz.graph.documents import load
    >>> len(draw(load("gated_network"), backward=True).diagram.boxes)
    11
    """
    from .graph_diagrams import View, diagram

    if theme not in THEMES:
        raise OutputError(f"unknown theme {theme!r}{did_you_mean(theme, THEMES)}; the themes are {', '.join(THEMES)}")
    if view not in ("", *VIEWS):
        raise OutputError(f"unknown view {view!r}{did_you_mean(view, VIEWS)}; the views are {', '.join(VIEWS)}")
    if hasattr(graph, "plan"):  # a compiled function
        raise OutputError("a compiled function has a plan for each set of shapes; draw one of them: a1viz.draw(compiled.plan(x=...))")
    if hasattr(graph, "code"):  # a plan
        given = ("view", view), ("backward", backward), ("values", values is not False), ("parameters", parameters), ("expand", expand)
        return _draw_plan(graph, [name for name, is_given in (*given, ("k", k is not None)) if is_given], theme)
    if hasattr(graph, "comparators"):  # a network
        if view in ("", "wires"):
            from .wire_diagrams import network_wires

            return Picture(graph, network_wires(graph, None if values is False else values, k), theme)
        graph = graph.graph()
    numbers = _numbers(graph, backward, values)
    if view == "wires":
        from .wire_diagrams import graph_wires

        return Picture(graph, graph_wires(graph, numbers, k), theme)
    if view == "neurons":
        from .neuron_diagrams import neurons

        return Picture(graph, neurons(graph, numbers, values if isinstance(values, Mapping) else None), theme)
    shown = View(backward, values is not False, parameters, (expand,) if isinstance(expand, str) else tuple(expand))
    return Picture(graph, diagram(graph, shown, numbers), theme)


def _draw_plan(plan: Program, others: Sequence[str], theme: str) -> Picture:
    from .plan_diagrams import steps

    if others:
        raise OutputError(f"a picture of a plan shows what was compiled and has no {others[0]}; leave that out")
    return Picture(plan.steps.graphs[0][0], steps(plan), theme)


def _numbers(graph: Graph, backward: bool, values: bool | Mapping[str, Any] | Sequence[float]) -> dict[str, Any] | None:
    if values is False:
        return None
    from ..calculus.interpreter import grad, run

    given = dict(values) if isinstance(values, Mapping) else {}
    numbers = dict(run(graph, trace=True, **given))
    if backward:
        numbers.update(grad(graph, **given))
    return numbers
