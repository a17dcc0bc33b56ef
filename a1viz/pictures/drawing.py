"""Pictures of graphs: one row per view, and the `Picture` that knows every format. Serves questions 2.1.1 and 3.2.

To add a view: one function from a graph to a diagram, and one row in VIEWS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from ..base.errors import InputError, OutputError, did_you_mean, shown
from ..base.limits import DRAWING_SECONDS
from .picture import FORMATS as FORMATS
from .picture import Kind, Theme, format_row
from .picture import Picture as Picture
from .picture import suffix_format as suffix_format
from .view_options import Options

if TYPE_CHECKING:  # kept pictures are written without NumPy, which graphs need
    from typing_extensions import TypeIs

    from ..calculus.comparison import GraphDiff
    from ..graph.nodes import Graph
    from ..plan import Program
    from ..sorting import Network
    from .diagrams import Diagram
    from .page_widths import Direction
    from .wire_diagrams import Wires

THEMES: tuple[str, ...] = get_args(Theme)
ONLY = {"k": "wires", "units": "neurons"}  # what one view alone has a use for


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
    live: bool = False,
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
    without a width in one piece; `scale` is how many times as large as usual it is drawn. Wires have no width and no direction.
    With `live` a notebook shows a page whose numbers and equations can be changed.

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
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds >= 0:
        raise OutputError(f"seconds is the time that drawing may take, a number from 0, got {shown(seconds)}")
    from ..graph.arguments import names_of
    from .page_widths import Page

    page = Page(direction, width, scale)
    options = Options(backward, values, parameters, names_of(expand), k, units)
    picture = _drawn(graph, view, options, theme)
    if picture.kind == "wires" and (page.direction or page.width):
        raise OutputError("wires are drawn from left to right, as wide as they are, and have no direction and no width; leave that out")
    if live:
        format_row("html").check(picture.kind)
    return replace(picture, seconds=seconds, page=page, live=live)


def _drawn(
    graph: Graph | Network | Program | GraphDiff | str | Path,
    view: Literal["", "graph", "neurons", "wires"],
    options: Options,
    theme: Theme,
) -> Picture:
    if _is_network(graph):
        if view in ("", "wires"):
            return _draw_network(graph, options, theme)
        graph = graph.graph()
    if _is_comparison(graph):
        from .comparison_diagrams import compared

        _check_none(view, options, "a picture of what differs")
        drawn = compared(graph)
        return Picture(graph.a, drawn, "wires" if drawn.kind == "wires" else "comparison", theme)
    if _is_plan(graph):
        return _draw_plan(graph, view, options, theme)
    from ..graph.arguments import graph_of

    graph = graph_of(graph)
    if not isinstance(options.values, bool | Mapping):
        raise InputError(f"values are True or numbers by name, as in values={{'x': [1, 2]}}, got {shown(options.values)}")
    kind: Kind = view or "graph"
    for name, only in ONLY.items():
        if getattr(options, name) is not None and kind != only:
            raise OutputError(f"{name} is for the view {only}, and this is the view {kind}; leave it out, or ask for {only}")
    return Picture(graph, VIEWS[kind](graph, options), kind, theme, options=options if kind == "graph" else None)


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
    return Picture(network, network_wires(network, values, options.k), "wires", theme)


def _draw_plan(plan: Program, view: str, options: Options, theme: Theme) -> Picture:
    from .plan_diagrams import steps

    _check_none(view, options, "a picture of a plan shows what was compiled and")
    return Picture(plan.steps.graphs[0][0], steps(plan), "plan", theme)


def _check_none(view: str, options: Options, what: str) -> None:
    """Raise OutputError for anything that this picture has no use for."""
    given = {"view": view, **{f.name: getattr(options, f.name) for f in fields(Options)}}
    others = [name for name, value in given.items() if value not in ("", False, (), None)]
    if others:
        raise OutputError(f"{what} has no {others[0]}; leave that out")
