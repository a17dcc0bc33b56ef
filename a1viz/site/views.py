"""What a fence shows: one function a view, from the fence's settings to HTML.

To add a view: one function and one row in VIEWS.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from ..base.errors import InputError, did_you_mean, shown
from ..base.limits import GRAPH_NODES, TABLE_ROWS, VARIABLES_TOLD
from ..base.reading import is_stream
from ..graph.comparators import read_comparators, wires_of
from ..graph.documents import from_data, load
from ..graph.leaves import check_given
from ..graph.nodes import Graph
from .options import OPTIONS, left_out_of, names_in, network_of, without_of
from .picture_frames import page_of, picture_html
from .step_lists import block, equation_list, rewrite_list, worked_lists
from .tables import difference_details, values_details, values_table

if TYPE_CHECKING:
    from ..pictures.diagrams import Box, Diagram
    from ..pictures.drawing import Picture

Settings = Mapping[str, Any]


# --- what is shown ----------------------------------------------------------------------------------------------------------------


def drawn_graph(settings: Settings) -> Graph:
    """The graph a fence names or writes out. Raises DocumentError."""
    if "graph" in settings:
        name = settings["graph"]
        if is_stream(name):
            raise InputError(f"{shown(name)}: a page is drawn again and again, so its graph is not read from a pipe; name a document")
        return load(name)
    if "network" in settings:
        return network_of(settings).graph(GRAPH_NODES)
    document = {"title": "Graph", **{k: v for k, v in settings.items() if k not in OPTIONS}}
    if "without" in settings and "comparators" in document:
        found = read_comparators(document["comparators"])
        left_out = left_out_of(settings, len(found))
        rest = [[i + 1, j + 1] for k, (i, j) in enumerate(found, 1) if k not in left_out]
        document = {"wires": wires_of(found), **document, "comparators": rest}
    name = re.sub(r"\W+", "_", str(document["title"])[:60].lower()).strip("_") or "graph"
    return from_data(document, name, "fence", "")


def picture_of(graph: Graph, settings: Settings, view: str = "", backward: bool = False, values: bool = False) -> Picture:
    """A picture with what the settings say of it; numbers where the view has them or `set` gives some."""
    from ..pictures.drawing import draw

    given = dict(settings.get("set", {}))
    options: dict[str, Any] = {
        "view": view,
        "backward": backward,
        "values": (given or True) if values or "set" in settings else False,
        "parameters": bool(settings.get("show_parameters")),
        "expand": names_in(settings, "expand"),
        "units": settings.get("units"),
        **page_of(settings),
    }
    return draw(graph, **options)


# --- views ------------------------------------------------------------------------------------------------------------------------


def graph_html(settings: Settings, view: str = "", backward: bool = False, values: bool = False) -> str:
    """The graph, and the values behind it; with `live` both can be changed in the page."""
    graph = drawn_graph(settings)
    if settings.get("live"):
        from .live_figures import live_html, live_neurons

        return live_neurons(graph, settings) if view == "neurons" else live_html(graph, settings, backward)
    picture = picture_of(graph, settings, view, backward, values)
    return picture_html(picture, settings, values_details(graph, settings, backward))


def gradient_html(settings: Settings) -> str:
    """The backward pass as a graph of its own, made readable by the identities."""
    from ..calculus.autodiff import backward
    from ..calculus.rewriting import rewrite

    graph = drawn_graph(settings)
    picture = picture_of(rewrite(backward(graph, names_in(settings, "wrt") or None)), settings)
    return picture_html(picture, settings, values_details(graph, settings, True))


def norms_html(settings: Settings) -> str:
    """The graph of the squared gradient norms, with what the identities do to each variable."""
    graph = drawn_graph(settings)
    picture = picture_of(norms_of(graph, settings), settings)
    named = f"{picture.diagram.title}: gradient norms, {settings.get('method', 'efficient')}"
    assert picture.diagram.kind == "boxes"
    diagram = replace(marked(picture.diagram, rewritten(graph, settings)), title=named)
    return picture_html(replace(picture, diagram=diagram), settings)


def plan_html(settings: Settings) -> str:
    """The compiled plan, one box per step."""
    from ..pictures.drawing import draw
    from ..plan import compile

    graph = drawn_graph(settings)
    check_given(graph, settings.get("set", {}))
    plan = compile(graph, names_in(settings, "wrt") or None).plan(**settings.get("set", {}))
    return picture_html(draw(plan, **page_of(settings)), settings, values_details(graph, settings, False))


def table_html(settings: Settings) -> str:
    """The values and gradients as a table."""
    return values_table(drawn_graph(settings), settings.get("set", {}), backward=True)


def wires_html(settings: Settings) -> str:
    """The wires of a network by name or of a document with comparators; `set` gives the numbers, `k` fades what is not needed for it.

    With `live` all of it can be changed in the page.
    """
    from ..pictures.drawing import draw

    drawn = network_of(settings) if "network" in settings else drawn_graph(settings)
    values = settings.get("set", False)
    picture = numbered(draw(drawn, view="wires", values=values, k=settings.get("k"), **page_of(settings)), settings)
    if settings.get("live"):
        from .live_wires import live_wires_html

        return live_wires_html(drawn, picture, settings)
    return picture_html(picture, settings)


def numbered(picture: Picture, settings: Settings) -> Picture:
    """A picture whose comparators keep their numbers where some before them are left out."""
    if "without" not in settings or "graph" in settings or picture.diagram.kind != "wires":
        return picture
    bars = picture.diagram.bars
    left_out = {*without_of(settings)}
    numbers = [k for k in range(1, len(bars) + len(left_out) + 1) if k not in left_out]
    kept = tuple(replace(bar, name=f"S{numbers[int(bar.name[1:]) - 1]}") for bar in bars)
    return replace(picture, diagram=replace(picture.diagram, bars=kept))


def ranks_html(settings: Settings) -> str:
    """The counting network as a table."""
    from .live_wires import ranks_html as html

    return html(settings)


def diff_html(settings: Settings) -> str:
    """What differs from the graph in `against`, or from the whole network where comparators are left out: a picture and a table."""
    from ..calculus.comparison import diff
    from ..pictures.drawing import draw

    if "against" in settings:
        other = drawn_graph({"graph": settings["against"]})
    elif settings.get("without"):
        other = drawn_graph({key: value for key, value in settings.items() if key != "without"})
    else:
        raise InputError("view: diff compares with another graph, so say which: against: gated_network, or a path")
    found = diff(other, drawn_graph(settings))
    return picture_html(draw(found, **page_of(settings)), settings, difference_details(found))


def derivation_html(settings: Settings) -> str:
    """The backprop equations, a line each, those of single `entries`, or how each comes about in `steps`.

    Of `only` some variables they are displayed formulas.
    """
    from ..calculus.autodiff import every_variable
    from ..calculus.derivation import derive
    from ..calculus.step_by_step import derive_steps
    from ..pictures.typesetting import inline_svg
    from ..pictures.wording import words

    graph, wrt, only = drawn_graph(settings), names_in(settings, "wrt") or None, names_in(settings, "only")
    substitute, entries, in_steps = (bool(settings.get(key)) for key in ("substitute", "entries", "steps"))
    if in_steps and entries:
        raise InputError("steps and entries are two forms of a derivation; leave one out")
    if in_steps:
        names = only or wrt or every_variable(graph)
        if len(names) > VARIABLES_TOLD:
            raise InputError(
                f"steps of {len(names):,} variables; a fence tells those of {VARIABLES_TOLD}: name them, as in only: [{names[0]}]"
            )
        return worked_lists(derive_steps(graph, names, substitute=substitute))
    steps = derive(graph, wrt, substitute=substitute, entries=entries).steps
    if not only:
        return equation_list([(step.latex, words(step.text)) for step in steps])
    known = {step.variable: step for step in steps}
    for name in only:
        if name not in known:
            raise InputError(f"only: {shown(name)} has no equation here; there are {', '.join(known)}{did_you_mean(name, known)}")
    chosen = [known[name] for name in only]
    lines = r" \\ ".join(step.latex.replace(" = ", " &= ", 1) for step in chosen)
    latex = rf"\begin{{aligned}}{lines}\end{{aligned}}" if len(chosen) > 1 else chosen[0].latex
    return block(inline_svg(latex, display=True, alt="; ".join(words(step.text) for step in chosen)), "equations")


def rewrite_html(settings: Settings) -> str:
    """How the identities rewrite a graph of norms: each step with the identity, and the equation before and after."""
    from ..calculus.explanation import explain

    return rewrite_list(explain(norms_of(drawn_graph(settings), settings, "naive")).steps)


def texts_html(settings: Settings) -> str:
    """The equations as they stand in the text, each with its formula."""
    from .equation_views import equations_table

    return equations_table(drawn_graph(settings), TABLE_ROWS)


def worked_values_html(settings: Settings) -> str:
    """Equations with their numbers, of `only` some variables, error signals and expressions of them."""
    from .worked_values import worked_html

    graph = drawn_graph(settings)
    names = names_in(settings, "only") or tuple(name for name in graph.declared_names if not graph[name].is_leaf)
    return worked_html(graph, names, settings.get("set", {}))


VIEWS: dict[str, Callable[[Settings], str]] = {
    "forward": graph_html,
    "backward": partial(graph_html, backward=True),
    "gradient": gradient_html,
    "values": partial(graph_html, values=True),
    "derivation": derivation_html,
    "equations": texts_html,
    "table": table_html,
    "worked": worked_values_html,
    "norms": norms_html,
    "rewrite": rewrite_html,
    "neurons": partial(graph_html, view="neurons"),
    "wires": wires_html,
    "ranks": ranks_html,
    "plan": plan_html,
    "diff": diff_html,
}


def view_of(settings: Settings) -> Callable[[Settings], str]:
    """The function of the view that a fence asks for. Raises InputError."""
    view = settings.get("view", "forward")
    if view not in VIEWS:
        raise InputError(f"unknown view {shown(view)}; the views are {', '.join(VIEWS)}{did_you_mean(view, VIEWS)}")
    return VIEWS[view]


# --- their parts ------------------------------------------------------------------------------------------------------------------


def norms_of(graph: Graph, settings: Settings, method: str = "") -> Graph:
    """The graph that computes the squared gradient norms, by the `method` of the fence unless given. Raises InputError."""
    from ..calculus.losses import seeds
    from ..gradients.norm_graphs import norm_plan
    from ..gradients.norms import METHODS

    method = method or settings.get("method", METHODS[0])
    if method not in METHODS:
        raise InputError(f"unknown method {shown(method)}; the methods are {', '.join(METHODS)}{did_you_mean(method, METHODS)}")
    parameters = names_in(settings, "wrt") or graph.parameters
    plan = norm_plan(graph, parameters, seeds(graph), method, tuple(sorted(graph.document.sizes.items()))).graph
    short = {name: f"n_{p}" for p, name in zip(parameters, plan.outputs, strict=True) if p.isalnum()}
    return replace(plan, document=replace(plan.document, symbols={**short, **plan.document.symbols}))


def rewritten(graph: Graph, settings: Settings) -> dict[str, str]:
    """What the identities do to each variable of a norm graph, in a word; nothing for those they leave as they are."""
    from ..graph.nodes import expression_text

    is_naive = settings.get("method") == "naive"
    here, there = (norms_of(graph, settings, method) for method in ("naive", "efficient")[:: 1 if is_naive else -1])
    words = {}
    for node in here.nodes:
        if node.is_declared and not node.is_leaf:
            if node.name not in there.by_name:
                words[node.name] = "falls away" if is_naive else "new"
            elif expression_text(here, node.name) != expression_text(there, node.name):
                words[node.name] = "to be rewritten" if is_naive else "rewritten"
    return words


def marked(diagram: Diagram, words: Mapping[str, str]) -> Diagram:
    """The diagram with a tinted line under some boxes that says what is special about them."""
    from ..pictures.diagrams import Line

    def with_word(box: Box) -> Box:
        word = words.get(box.name, "")
        line = Line(rf"\text{{{word}}}", word, word, "gradient")
        return replace(box, lines=(*box.lines, line), tip=f"{box.tip}: {word}") if word else box

    return replace(diagram, boxes=tuple(map(with_word, diagram.boxes)))
