"""The equations of a graph as a table: what the text says, and what is printed. Serves the page of notation."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ..calculus import notation
from ..graph.nodes import expression_text
from ..pictures.typesetting import inline_svg
from ..pictures.wording import words

if TYPE_CHECKING:
    from ..graph.nodes import Graph


def equations_table(graph: Graph, most: int) -> str:
    """A line for each equation, up to `most` of them: its text, its formula."""
    rows = []
    for name in [name for name in graph.declared_names if not graph[name].is_leaf][:most]:
        text = f"{name} = {expression_text(graph, name)}"
        formula = inline_svg(notation.equation(graph, name), display=True, alt=words(text))
        rows.append(f"<tr><td><code>{escape(text)}</code></td><td>{formula}</td></tr>")
    head = "<thead><tr><th>text</th><th>printed</th></tr></thead>"
    table = f'<table class="a1viz-operators">{head}<tbody>{"".join(rows)}</tbody></table>'
    return f'<div class="a1viz-picture" tabindex="0" role="group" aria-label="equations, scrolls sideways">{table}</div>'
