"""A graph as text in the equation language, with as few parentheses as can be; what the parser reads back.

Below the graph module, so that a graph and its shape errors print themselves. Serves `a1viz show` and messages that quote an equation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .ops import ATOM, OPS, Op

if TYPE_CHECKING:
    from .graph import Graph, Node

LIMIT = 4000  # characters of one printed expression


class Operand(str):
    """A printed operand that puts itself in parentheses where a template `{x:20}` asks for a stronger one."""

    binding: int

    def __new__(cls, text: str, binding: int = ATOM) -> Operand:
        self = super().__new__(cls, text)
        self.binding = binding
        return self

    def __format__(self, spec: str) -> str:
        return f"({self!s})" if self.binding < int(spec or 0) else str(self)


def applied_text(op: Op, operands: Sequence[str]) -> str:
    """An application in the equation language."""
    if op.text and len(operands) == len(op.args):
        return op.text.format(**{a: o if isinstance(o, Operand) else Operand(o) for a, o in zip(op.args, operands, strict=True)})
    return f"{op.name}({', '.join(map(str, operands))})"


def inner_nodes(graph: Graph, name: str) -> list[Node]:
    """The automatic nodes that `name`'s own equation is made of, operands first, `name` itself last."""
    order: list[Node] = []
    seen: set[str] = set()
    waiting = [(name, False)]
    while waiting:
        current, ready = waiting.pop()
        node = graph.by_name[current]
        if ready:
            order.append(node)
        elif current not in seen:
            seen.add(current)
            waiting.append((current, True))
            waiting.extend((i, False) for i in reversed(node.inputs) if not graph.by_name[i].is_declared)
    return order


def expression_text(graph: Graph, name: str, columns: bool = False) -> str:
    """The right-hand side of `name` in the equation language; `columns` writes vectors as columns, `W.T @ x` for `x @ W`.

    >>> from a1viz.equations import parse
    >>> expression_text(parse("z = -(W @ x + b)", x=[2], W=[3, 2], b=[3]), "z")
    '-(W @ x + b)'
    """
    printed: dict[str, Operand] = {}
    for node in inner_nodes(graph, name):
        if node.op == "constant":
            printed[node.name] = Operand(number_text(node.value), OPS["neg"].text_binding if math.copysign(1, node.value) < 0 else ATOM)
        elif node.is_leaf:
            printed[node.name] = Operand(node.name)
        else:
            op = OPS[node.op]
            operands = [printed[i] if i in printed and not graph.by_name[i].is_declared else Operand(i) for i in node.inputs]
            text = applied_text(op, operands)
            if node.op == "identity" and node.name == name:
                text = str(operands[0])
            elif node.op == "inner" and all(len(graph[i].shape) == 1 for i in node.inputs):
                text = "{:20} @ {:21}".format(*operands)
                op = OPS["matvec"]
            elif node.op == "vecmat" and columns:
                text = "{1:40}.T @ {0:21}".format(*operands)
            printed[node.name] = Operand(text if len(text) <= LIMIT else "...", op.text_binding)
    return str(printed[name])


def number_text(value: float | int | str | None) -> str:
    """A number as short as it is exact: `2`, not `2.0`."""
    return repr(value).removesuffix(".0")


def equations_text(graph: Graph) -> str:
    """The graph's equations as text; what `parse` reads back, blocks excepted."""
    return "\n".join(f"{n.name} = {expression_text(graph, n.name)}" for n in graph.nodes if n.is_declared and not n.is_leaf)
