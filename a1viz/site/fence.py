"""The Markdown fence: an ```a1viz block becomes an executed, drawn graph in any site built with Python-Markdown.

Wire it as a custom fence of pymdownx.superfences: `format: !!python/name:a1viz.fence.format`. Nothing here imports MkDocs. SuperFences
swallows exceptions, so every error is shown in the page and logged as a warning, which fails a strict build.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import replace
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..base.errors import A1vizError, InputError, did_you_mean, place, shown
from ..graph.documents import from_data, load
from ..graph.nodes import Graph
from .state import remembered

if TYPE_CHECKING:
    from ..pictures.diagrams import Box, Diagram
    from ..pictures.drawing import Picture
    from ..plots import Figure
    from ..sorting import Network

LOG = logging.getLogger("mkdocs.a1viz")  # MkDocs counts warnings below "mkdocs"; elsewhere it is a logger like any other
VIEWS = ("forward", "backward", "gradient", "values", "derivation", "table", "norms", "rewrite", "neurons", "wires", "plan")
SOURCES = ("graph", "figure", "network", "equations", "comparators")  # a fence has one of them; equations may follow comparators
NETWORK = ("network", "n", "without")
OPTIONS = ("graph", "figure", *NETWORK, "view", "set", "wrt", "method", "only", "theme", "expand", "show_parameters", "k", "caption")
PAGE: ContextVar[tuple[str, str]] = ContextVar("page", default=("", ""))  # the page's path and text, where a hook tells


def format(source: str, language: str = "a1viz", css_class: str = "a1viz", options: Any = None, md: Any = None, **more: Any) -> str:
    """The HTML of one fence; what SuperFences calls.

    Errors of any kind become a message in the page and a warning in the log.
    """
    try:
        return _cached(source, _state(source))
    except Exception as error:
        message = str(error) if isinstance(error, A1vizError) else f"{type(error).__name__}: {error}"
        LOG.warning("%s%s", _where(source), message)
        return f'<div class="a1viz-error" role="alert"><strong>a1viz could not draw this</strong><pre>{escape(message)}</pre></div>'


def _where(source: str) -> str:
    """File and line of the fence, as far as they are known."""
    path, text = PAGE.get()
    start = text.find(source.strip()) if source.strip() else -1
    return place(path, text[:start].count("\n") + 1 if start >= 0 else 0) or f"a1viz fence {shown(source.strip()[:40])}: "


def _state(source: str) -> tuple[tuple[str, int], ...]:
    """What a cached picture depends on besides its source: the documents it could name, by time of change."""
    from ..graph.catalog import catalogue_folder

    named = [Path(line.partition(":")[2].strip()) for line in source.splitlines() if line.strip().startswith("graph:")]
    folders = {catalogue_folder(), *(path.parent for path in named if path.suffix == ".toml")}  # blocks live beside the document
    paths = sorted(path for folder in folders for kind in ("*.toml", "*.safetensors") for path in folder.glob(kind))
    return tuple((str(p.absolute()), p.stat().st_mtime_ns) for p in paths if p.is_file())


@lru_cache(maxsize=256)
def _cached(source: str, state: tuple[tuple[str, int], ...]) -> str:
    return str(remembered("fences", f"{state}\0{source}", lambda: html(read(source))))


def read(source: str) -> dict[str, Any]:
    """The settings of a fence: YAML, with the keys of OPTIONS or those of a graph document. Raises InputError."""
    import yaml

    try:
        data = yaml.safe_load(source)
    except yaml.YAMLError as error:
        raise InputError(f"not YAML: {' '.join(str(error).split())}; write lines such as graph: gated_network") from None
    if isinstance(data, str) and data.strip().isidentifier():
        return {"graph": data.strip()}
    if not isinstance(data, Mapping):
        raise InputError(f"expected lines such as graph: gated_network, got {shown(source.strip())}")
    sources = {key for key in SOURCES if key in data}
    if len(sources) != 1 and sources != {"equations", "comparators"}:
        raise InputError("give either graph: NAME, figure: NAME, network: NAME, or equations: or comparators: of its own")
    for key in data:
        if not sources & {"equations", "comparators"} and key not in OPTIONS:
            raise InputError(f"unknown key {shown(str(key))}; a fence knows {', '.join(OPTIONS)}{did_you_mean(str(key), OPTIONS)}")
    view = data.get("view", "forward")
    if view not in VIEWS:
        raise InputError(f"unknown view {shown(str(view))}; the views are {', '.join(VIEWS)}{did_you_mean(str(view), VIEWS)}")
    in_order = view == "wires" and "network" in data
    if "set" in data and not isinstance(data["set"], list if in_order else Mapping):
        if in_order:
            raise InputError(f"set must be a list of numbers such as [3, 1, 2], one for each wire, got {shown(data['set'])}")
        raise InputError(f"set must be a table such as {{x: [1, 0, 2]}}, got {shown(data['set'])}")
    return dict(data)


def graph_of(settings: Mapping[str, Any]) -> Graph:
    """The graph a fence names or writes out. Raises DocumentError."""
    if "graph" in settings:
        return load(str(settings["graph"]))
    if "network" in settings:
        return network_of(settings).graph()
    document = {"title": "Graph", **{k: v for k, v in settings.items() if k not in OPTIONS}}
    return from_data(document, "fence", "fence", "")


def network_of(settings: Mapping[str, Any]) -> Network:
    """The sorting network that a fence names, `without` some comparators, counted from 1. Raises InputError."""
    from ..sorting import network

    found = network(settings["network"], settings.get("n"))
    left_out = settings.get("without", [])
    left_out = left_out if isinstance(left_out, list) else [left_out]
    if not all(isinstance(k, int) and 1 <= k <= found.size for k in left_out):
        raise InputError(f"without must name comparators from 1 to {found.size}, got {shown(settings['without'])}")
    return found.without(*(k - 1 for k in left_out)) if left_out else found


def wires_html(settings: Mapping[str, Any]) -> str:
    """The wires of a network by name or of a document with comparators; `set` gives the numbers, `k` fades what is not needed for it."""
    from ..pictures.drawing import draw

    drawn = network_of(settings) if "network" in settings else graph_of(settings)
    values = settings.get("set", False)
    return picture_html(draw(drawn, view="wires", values=values, theme=settings.get("theme", "auto"), k=settings.get("k")), settings)


def picture_html(picture: Picture, settings: Mapping[str, Any], below: str = "") -> str:
    """A picture that scrolls, its caption, and what comes below."""
    caption = f"<figcaption>{escape(str(settings['caption']))}</figcaption>" if settings.get("caption") else ""
    title = escape(picture.diagram.title)
    return (
        f'<figure class="a1viz"><div class="a1viz-picture" tabindex="0" role="group" aria-label="{title}, scrolls sideways">'
        f"{picture.svg}</div>{caption}{below}</figure>"
    )


def html(settings: Mapping[str, Any]) -> str:
    """The figure for one fence: a picture that scrolls, its caption, and the values behind it."""
    if "figure" in settings:
        return figure_html(str(settings["figure"]), str(settings.get("caption", "")))
    view = settings.get("view", "forward")
    if view == "wires":
        return wires_html(settings)
    graph = graph_of(settings)
    wrt = names_in(settings, "wrt") or None
    if view == "derivation":
        return derivation_html(graph, wrt, names_in(settings, "only"))
    if view == "table":
        return values_table(graph, settings.get("set", {}), backward=True)
    if view == "rewrite":
        return rewrite_html(norms_of(graph, settings, "naive"))
    from ..pictures.drawing import draw

    if view == "plan":
        from ..plan import compile

        picture = draw(compile(graph, wrt).plan(**settings.get("set", {})), theme=settings.get("theme", "auto"))
        return picture_html(picture, settings, values_details(graph, settings, view))
    drawn = {"gradient": lambda: gradient_graph(graph, wrt), "norms": lambda: norms_of(graph, settings)}.get(view, lambda: graph)()
    picture = draw(
        drawn,
        view="neurons" if view == "neurons" else "",
        backward=view == "backward",
        values=(dict(settings.get("set", {})) or True) if view == "values" or "set" in settings else False,
        parameters=bool(settings.get("show_parameters")),
        expand=names_in(settings, "expand"),
        theme=settings.get("theme", "auto"),
    )
    if view == "norms":
        named = f"{picture.diagram.title}: gradient norms, {settings.get('method', 'efficient')}"
        picture = replace(picture, diagram=replace(marked(picture.diagram, rewritten(graph, settings)), title=named))
    return picture_html(picture, settings, values_details(graph, settings, view))


def names_in(settings: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """A setting that is one name or a list of names. Raises InputError."""
    value = settings.get(key, ())
    names = (value,) if isinstance(value, str) else value
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
        raise InputError(f"{key} must be a name or a list of names such as [x, W1], got {shown(value)}")
    return tuple(names)


def gradient_graph(graph: Graph, wrt: tuple[str, ...] | None) -> Graph:
    """The backward pass as a graph of its own, made readable by the identities."""
    from ..calculus.autodiff import backward
    from ..calculus.identities import rewrite

    return rewrite(backward(graph, wrt))


def rewrite_html(graph: Graph) -> str:
    """How the identities rewrite a graph of norms: each step with the identity, and the equation before and after."""
    from ..calculus.explanation import explain
    from ..pictures.graph_diagrams import words
    from ..pictures.typesetting import inline_svg

    items = []
    for step in explain(graph).steps:
        lines = [(words(line.text), line.latex.replace(" = ", " &= ", 1)) for line in (*step.where, step.before)]
        lines.append((f"becomes {words(step.after.text)}", "&= " + step.after.latex.partition(" = ")[2]))
        latex = r"\begin{aligned}" + r" \\ ".join(line for _, line in lines) + r"\end{aligned}"
        formula = inline_svg(latex, display=True, alt="; ".join(said for said, _ in lines))
        rule = inline_svg(step.rule.latex, alt=words(step.rule.text))
        items.append(
            f"<li>{escape(step.identity.name[0].upper() + step.identity.name[1:])}: {rule}"
            f'<div class="a1viz-math-block" tabindex="0" role="group" aria-label="before and after">{formula}</div></li>'
        )
    return f'<ol class="a1viz-steps">{"".join(items)}</ol>' if items else "<p>No identity applies.</p>"


def norms_of(graph: Graph, settings: Mapping[str, Any], method: str = "") -> Graph:
    """The graph that computes the squared gradient norms, by the `method` of the fence unless given. Raises InputError."""
    from ..calculus.autodiff import seeds
    from ..gradients.norms import METHODS, norm_plan

    method = method or str(settings.get("method", METHODS[0]))
    if method not in METHODS:
        raise InputError(f"unknown method {shown(method)}; the methods are {', '.join(METHODS)}{did_you_mean(method, METHODS)}")
    parameters = names_in(settings, "wrt") or graph.parameters
    plan = norm_plan(graph, parameters, seeds(graph), method, tuple(sorted(graph.document.sizes.items()))).graph
    short = {name: f"n_{p}" for p, name in zip(parameters, plan.outputs, strict=True) if p.isalnum()}
    return replace(plan, document=replace(plan.document, symbols={**short, **plan.document.symbols}))


def rewritten(graph: Graph, settings: Mapping[str, Any]) -> dict[str, str]:
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


def figure_html(name: str, caption: str = "") -> str:
    """A figure of results by its name. Raises InputError."""
    from ..plots import FIGURES

    if name not in FIGURES:
        raise InputError(f"there is no figure {shown(name)}; the figures are {', '.join(FIGURES)}{did_you_mean(name, FIGURES)}")
    return results_html(name, FIGURES[name](), caption)


def results_html(name: str, figure: Figure, caption: str = "") -> str:
    """A figure: its panels, or without any its table; a caption, the numbers, and a file of them."""
    from ..plots import svg

    stem = f"a1-{name.replace('_', '-')}"
    panels = "".join(svg(panel, f"{stem}-{k}") for k, panel in enumerate(figure.panels))
    cells = "".join("<tr>" + "".join(f"<td>{cell_html(cell)}</td>" for cell in row) + "</tr>" for row in figure.rows)
    head = "".join(f"<th>{escape(title)}</th>" for title in figure.head)
    table = (
        f'<div class="a1viz-picture" tabindex="0" role="group" aria-label="{escape(figure.title)}, a table, scrolls sideways">'
        f'<table class="a1viz-operators" data-search-exclude><thead><tr>{head}</tr></thead><tbody>{cells}</tbody></table></div>'
    )
    file = f'<a download="{name}.csv" href="data:text/csv;charset=utf-8,{quote(figure.csv)}">Download as CSV</a>'
    words = f"<figcaption>{escape(caption or figure.about)}</figcaption>"
    if not panels:
        return f'<figure class="a1viz a1viz-results">{table}{words}<p>{file}</p></figure>'
    shown_below = f"<details><summary>The numbers</summary>{table}<p>{file}</p></details>"
    return f'<figure class="a1viz a1viz-results"><div class="a1viz-panels">{panels}</div>{words}{shown_below}</figure>'


def cell_html(cell: Any) -> str:
    """A cell of a table: a formula is typeset."""
    from ..pictures.typesetting import inline_svg
    from ..plots import Formula

    return inline_svg(cell.latex, alt=cell.text) if isinstance(cell, Formula) else escape(str(cell))


def values_details(graph: Graph, settings: Mapping[str, Any], view: str) -> str:
    """The executed values, folded away; nothing where the graph has no values of its own."""
    if view == "norms" or not (graph.document.values or settings.get("set")):
        return ""
    try:
        table = values_table(graph, settings.get("set", {}), view in ("backward", "gradient"))
    except InputError:
        if settings.get("set"):
            raise
        return ""
    return f"<details><summary>Values</summary>{table}</details>"


def values_table(graph: Graph, given: Mapping[str, Any], backward: bool) -> str:
    """Every variable's value, with its gradient beside it where asked for. Raises InputError."""
    from ..calculus.autodiff import seeds
    from ..calculus.interpreter import array_text, grad, run
    from ..calculus.notation import symbol
    from ..pictures.typesetting import inline_svg

    values = run(graph, trace=True, **given)
    has_bars = backward and all(name in graph.document.cotangents for name in seeds(graph))
    bars = grad(graph, **given) if has_bars else {}
    head = "<tr><th>variable</th><th>value</th>" + ("<th>gradient</th>" if bars else "") + "</tr>"
    rows = []
    for name, value in values.items():
        numbers = [value, bars.get(f"{name}_bar")] if bars else [value]
        cells = "".join("<td></td>" if v is None else f"<td><pre>{escape(array_text(v))}</pre></td>" for v in numbers)
        rows.append(f"<tr><td>{inline_svg(str(symbol(graph, name)), alt=name)}</td>{cells}</tr>")
    return f'<table class="a1viz-values" data-search-exclude><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table>'


def derivation_html(graph: Graph, wrt: tuple[str, ...] | None = None, only: tuple[str, ...] = ()) -> str:
    """The backprop equations, a line each, as a list that can be read aloud; or `only` some variables', as displayed formulas."""
    from ..calculus.derivation import derive
    from ..pictures.graph_diagrams import words
    from ..pictures.typesetting import inline_svg

    steps = derive(graph, wrt).steps
    if not only:
        items = "".join(f"<li>{inline_svg(step.latex, alt=words(step.text))}</li>" for step in steps)
        return f'<ol class="a1viz-derivation" tabindex="0">{items}</ol>'
    known = {step.variable: step for step in steps}
    for name in only:
        if name not in known:
            raise InputError(f"only: {shown(name)} has no equation here; there are {', '.join(known)}{did_you_mean(name, known)}")
    chosen = [known[name] for name in only]
    lines = r" \\ ".join(step.latex.replace(" = ", " &= ", 1) for step in chosen)
    latex = rf"\begin{{aligned}}{lines}\end{{aligned}}" if len(chosen) > 1 else chosen[0].latex
    formula = inline_svg(latex, display=True, alt="; ".join(words(step.text) for step in chosen))
    return f'<div class="a1viz-math-block" tabindex="0" role="group" aria-label="equations">{formula}</div>'
