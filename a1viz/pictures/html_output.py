"""A graph as one page with everything inside: the live picture, the derivation, and the playground with this graph.

It asks for no other file: a policy in the page allows exactly the scripts that it holds, and no request. Without a script it is the
picture, and the derivation.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from ..base.errors import A1vizError, DerivativeError
from ..base.limits import DRAWING_SECONDS
from ..calculus.derivation import derive
from ..graph.documents import from_data
from ..live.figure_data import data_text, figure_data
from ..live.scripts import script, style_sheet
from ..live.table import as_json, tables_script
from .graph_diagrams import Shown, diagram
from .page_glyphs import glyphs_script
from .page_widths import ANY, Page
from .playground_data import playground_script, typed
from .sizes import typeset_in
from .svg_output import svg
from .themes import style
from .typesetting import inline_svg
from .wording import words

if TYPE_CHECKING:
    from ..graph.nodes import Graph
    from .view_options import Options

HEIGHT = 700  # pixels of a frame in a notebook
PLAYED = 60  # equations of a graph that the playground opens
BODY = (
    "body{margin:0 auto;padding:1rem;max-width:80rem;font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff}"
    "@media(prefers-color-scheme:dark){:root{color-scheme:dark}body{color:#e8eaf0;background:#14161c}}"
)


def page_style() -> str:
    """The style sheet of every page, with the colours of pictures that are drawn in the page."""
    return style_sheet() + style("a1viz-coloured", "auto") + "\n"


@cache
def _scripts() -> tuple[str, ...]:
    return tables_script() + glyphs_script() + playground_script(), script("a1viz-live")


def page_html(graph: Graph, options: Options, page: Page = ANY) -> str:
    """The page of a graph, its picture with the options of a view. Raises InputError for values that do not fit."""
    title = escape(graph.document.title or graph.name.replace("_", " "))
    given = options.given
    parts = [
        f"<h1>{title}</h1>",
        f"<p>{escape(graph.document.about)}</p>" if graph.document.about else "",
        _figure(graph, options, page),
        _derivation(graph),
    ]
    plain = _played(graph, given)
    if plain:
        data = f'<script type="application/json" class="a1viz-data">{as_json(plain)}</script>'
        parts += ["<h2>Playground</h2>", f"<div data-a1viz-playground>{data}</div>"]
    policy = (
        f"default-src 'none'; script-src {' '.join(map(_hash, _scripts()))}; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    )
    return "".join(
        [
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>',
            f"<style>{BODY}{page_style()}</style></head>\n<body><main>",
            *parts,
            "</main>",
            *(f"<script>{text}</script>" for text in _scripts()),
            "</body></html>\n",
        ]
    )


def frame_html(graph: Graph, options: Options, page: Page = ANY) -> str:
    """The page in a frame of its own, which can run its scripts and nothing else: for notebooks."""
    inside = escape(page_html(graph, options, page), quote=True)
    title = escape(graph.document.title or graph.name)
    size = f"width:100%;height:{HEIGHT}px;border:0;resize:vertical"
    return f'<iframe title="{title}" sandbox="allow-scripts" style="{size}" srcdoc="{inside}"></iframe>'


def _figure(graph: Graph, options: Options, page: Page) -> str:
    found = figure_data(graph, options.given)
    shown = Shown(bool(found.data.get("backward")), True, options.parameters, options.expand, live=True)
    drawn = svg(diagram(graph, shown, found.numbers), "auto", page)
    data = f'<script type="application/json" class="a1viz-data">{data_text(found.data)}</script>'
    frame = f'<div class="a1viz-picture" tabindex="0" role="group" aria-label="the graph, scrolls sideways">{drawn}</div>'
    return f'<figure class="a1viz a1viz-live" data-a1viz-live>{frame}{data}</figure>'


def _derivation(graph: Graph) -> str:
    """The backprop equations, as far as they are typeset in time; nothing for a graph without a derivative."""
    try:
        steps = derive(graph).steps
    except DerivativeError:
        return ""
    count = typeset_in(DRAWING_SECONDS, [step.latex for step in steps])
    items = "".join(f"<li>{inline_svg(step.latex, alt=words(step.text))}</li>" for step in steps[:count])
    more = f"<li>… {len(steps) - count} more</li>" if count < len(steps) else ""
    return f'<h2>Derivation</h2><ol class="a1viz-derivation" tabindex="0" aria-label="derivation">{items}{more}</ol>'


def _played(graph: Graph, given: Mapping[str, Any]) -> dict[str, Any]:
    """The graph for the playground; nothing where it cannot be typed, or is too long."""
    try:
        plain = typed(graph)
        tables: dict[str, dict[str, Any]] = {"inputs": {}, "parameters": {}}
        for name, kind, shape, *classes in plain.get("leaves", ()):
            table = tables["parameters" if kind == "parameter" else "inputs"]
            table[name] = {"class": classes[0], "shape": shape} if classes else shape
        from_data({"title": "Typed", "equations": plain.get("text", ""), "sizes": plain.get("sizes", {}), **tables}, "typed", "typed", "")
    except A1vizError:
        return {}
    if len(plain["text"].splitlines()) > PLAYED:
        return {}
    values = {name: value.tolist() if hasattr(value, "tolist") else value for name, value in given.items() if name in graph}
    return {**plain, "values": {**plain.get("values", {}), **values}}


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
