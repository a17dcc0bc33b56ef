"""A graph as a table: each variable's equation, where it lives, and what it costs. Serves design, section 5."""

from __future__ import annotations

from ..base.results import Cell, Table, Typeset
from ..graph.nodes import Graph, Node, expression_text
from ..graph.shapes import shape_text
from . import notation
from .costs import cost


def overview(graph: Graph) -> Table:
    """Each variable's name, equation, shape and multiplications for one example.

    >>> from a1viz.graph.equations import parse
    >>> [cell.text for cell in overview(parse("z = W @ x", x=["D"], W=["H", "D"])).rows[-1]]
    ['z', 'W @ x', '(H,)', 'D H']
    """
    counted = {row.name: row.multiplications for row in cost(graph).rows}
    rows: list[list[Cell]] = []
    for name in graph.declared_names:
        node = graph[name]
        symbol = Typeset(name, str(notation.symbol(graph, name)))
        right: Cell = f"({node.op})" if node.is_leaf else Typeset(expression_text(graph, name), notation.expression(graph, name))
        rows.append([symbol, right, Typeset(_place(node), notation.shape(node)), counted[name].typeset() if name in counted else ""])
    return Table(("name", "equation", "shape", "multiplications"), rows, "lllr")


def _place(node: Node) -> str:
    axes = shape_text(node.shape) if node.shape or node.op != "label" else ""
    return f"{axes} 0..{node.value}-1".strip() if node.op == "label" else axes
