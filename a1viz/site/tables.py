"""Tables below a picture: what every variable's value is, and what differs between two graphs."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from ..base.errors import InputError
from ..base.limits import TABLE_ROWS
from ..graph.leaves import check_given
from ..graph.nodes import Graph

if TYPE_CHECKING:
    from ..calculus.comparison import GraphDiff


def values_details(graph: Graph, settings: Mapping[str, Any], backward: bool) -> str:
    """The executed values, folded away; nothing where the graph has no values of its own."""
    if not (graph.document.values or settings.get("set")):
        return ""
    try:
        table = values_table(graph, settings.get("set", {}), backward)
    except InputError:
        if settings.get("set"):
            raise
        return ""
    return f"<details><summary>Values</summary>{table}</details>"


def values_table(graph: Graph, given: Mapping[str, Any], backward: bool) -> str:
    """Every variable's value, with its gradient beside it where asked for. Raises InputError."""
    from ..base.array_formats import array_text
    from ..calculus.interpreter import grad, run
    from ..calculus.losses import seeds
    from ..calculus.notation import symbol
    from ..pictures.typesetting import inline_svg

    check_given(graph, given)
    values = run(graph, trace=True, **given)
    has_bars = backward and bool(graph.outputs) and all(name in graph.document.cotangents for name in seeds(graph))
    bars = grad(graph, **given) if has_bars else {}
    head = "<tr><th>variable</th><th>value</th>" + ("<th>gradient</th>" if bars else "") + "</tr>"
    rows, ends = [], TABLE_ROWS // 2
    for k, (name, value) in enumerate(values.items()):
        if k == ends and len(values) > TABLE_ROWS:
            rows.append(f"<tr><td>… {len(values) - 2 * ends:,} more</td></tr>")
        if ends <= k < len(values) - ends and len(values) > TABLE_ROWS:
            continue
        numbers = [value, bars.get(f"{name}_bar")] if bars else [value]
        cells = "".join("<td></td>" if v is None else f"<td><pre>{escape(array_text(v))}</pre></td>" for v in numbers)
        rows.append(f"<tr><td>{inline_svg(str(symbol(graph, name)), alt=name)}</td>{cells}</tr>")
    return f'<table class="a1viz-values" tabindex="0" data-search-exclude><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table>'


def difference_details(found: GraphDiff) -> str:
    """What differs between two graphs, folded away under its summary."""
    from ..calculus.changes import HEADER

    rows = [f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in found.rows]
    head = "".join(f"<th>{cell}</th>" for cell in HEADER)
    table = f"<table data-search-exclude><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>" if rows else ""
    return f"<details><summary>{escape(found.heading)}</summary>{table}<p>{escape(found.outcome)}</p></details>"
