"""Graphs: named nodes in the order of the equations, each with an operator, its inputs and a core shape.

A graph describes one example. It is immutable; a pass takes one and returns another through a `Builder`, which infers every shape
and lets no malformed node in. Serves question 2.1.1, and everything else.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ..base.errors import GraphError, did_you_mean
from ..base.lazy import later
from ..base.naming import free_name
from ..base.results import Drawn, Part, Result, Table, Typeset, result_in
from .document import NO_DOCUMENT, Document
from .inference import inferred
from .node import INNER as INNER
from .node import Node as Node
from .operators import OPS, PRODUCT
from .printing import PrintedOperand, applied_text, attributes_text, number_operand, size_operand
from .shapes import Attrs, Labels, Shape
from .sizes import Dim

VECTOR = {"matvec": 1, "vecmat": 0, "diag_embed": 0, "solve_vector": 1}  # which operand is the vector
LIMIT = 4000  # characters of one printed expression


@dataclass(frozen=True, eq=False)
class Graph(Result):
    """Nodes in an order in which each comes after its inputs; `outputs` are what the graph is for.

    Prints its equations, and is a picture in a notebook.
    """

    is_figure = True

    name: str
    nodes: tuple[Node, ...]
    outputs: tuple[str, ...]
    document: Document = field(default_factory=Document)

    def __getitem__(self, name: str) -> Node:
        try:
            return self.by_name[name]
        except KeyError:
            raise GraphError(f"{self.name} has no variable {name!r}{did_you_mean(str(name), self.declared_names)}") from None

    def __contains__(self, name: object) -> bool:
        return name in self.by_name

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    @cached_property
    def by_name(self) -> dict[str, Node]:
        return {node.name: node for node in self.nodes}

    @cached_property
    def declared_names(self) -> tuple[str, ...]:
        return tuple(node.name for node in self.nodes if node.is_declared)

    @cached_property
    def leaves(self) -> tuple[Node, ...]:
        """Inputs, labels and parameters: what a run must be given."""
        return tuple(node for node in self.nodes if node.is_given)

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        return tuple(node.name for node in self.nodes if node.op == "parameter")

    @cached_property
    def operators(self) -> frozenset[str]:
        """Every operator and kind of leaf there is in it."""
        return frozenset(node.op for node in self.nodes)

    @cached_property
    def uses(self) -> dict[str, list[str]]:
        """Who reads each node, in order; a node that reads it twice is there twice."""
        found: dict[str, list[str]] = {node.name: [] for node in self.nodes}
        for node in self.nodes:
            for name in node.inputs:
                found[name].append(node.name)
        return found

    def parts(self) -> list[Part]:
        printed = later("calculus.notation", "equation")
        names = [node.name for node in self.nodes if node.is_declared and not node.is_leaf]
        return [Table((), [(Typeset(f"{name} = {expression_text(self, name)}", printed(self, name)),) for name in names])]

    def drawn(self) -> Drawn:
        picture: Drawn = later("pictures.drawing", "draw")(self)
        return picture

    def to(self, format: str) -> str:
        """Its equations as text, html, latex or markdown; the LaTeX is an `aligned`. Raises OutputError for another format."""
        if format not in ("latex", "markdown"):
            return result_in(self, format, "a graph")
        printed, aligned = later("calculus.notation", "equation"), later("calculus.line_breaks", "aligned")
        lines = " \\\\\n".join(aligned(printed(self, n.name)) for n in self.nodes if n.is_declared and not n.is_leaf)
        latex = f"\\begin{{aligned}}\n{lines}\n\\end{{aligned}}"
        return latex if format == "latex" else f"$$\n{latex}\n$$"

    def _repr_latex_(self) -> str:
        return self.to("markdown")

    def __str__(self) -> str:
        return equations_text(self)


class Builder:
    """Collects nodes; every node's inputs must be there before it, and its shape is inferred."""

    def __init__(self, nodes: Iterable[Node] = (), avoid: Container[str] = (), most: float = math.inf) -> None:
        self.nodes: dict[str, Node] = {node.name: node for node in nodes}
        self.avoid = avoid  # names that new automatic nodes must not take
        self.most = most  # nodes that equations may make
        self._counts: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"<Builder of {len(self.nodes)} nodes>"

    def put(self, node: Node) -> str:
        if node.name in self.nodes:
            raise GraphError(f"{node.name} is given twice; each name is assigned once")
        self.nodes[node.name] = node
        return node.name

    def leaf(self, name: str, op: str, shape: Shape = (), value: Any = None, block: str = "") -> str:
        return self.put(Node(name, op, (), shape, value, block))

    def constant(self, value: Any, shape: Shape = ()) -> str:
        """A number, or numbers as nested tuples of this shape."""
        name = f"{INNER}{value!r}"
        if name not in self.nodes:
            self.nodes[name] = Node(name, "constant", (), shape, value)
        return name

    def size(self, dim: Dim) -> str:
        """A size as a number."""
        if isinstance(dim, int):
            return self.constant(float(dim))
        self.nodes.setdefault(name := f"{INNER}{dim}", Node(name, "size", (), (), dim))
        return name

    def fresh(self, owner: str) -> str:
        """A new automatic name that belongs to `owner`."""
        while True:
            self._counts[owner] = self._counts.get(owner, 0) + 1
            name = f"{owner}{INNER}{self._counts[owner]}"
            if name not in self.nodes and name not in self.avoid:
                return name

    def free(self, name: str) -> str:
        """`name`, or `name2`, `name3`, ...: the first that is not taken."""
        return free_name(name, self.nodes)

    def add(
        self,
        op: str,
        inputs: Sequence[str],
        name: str = "",
        owner: str = "",
        *,
        block: str = "",
        labels: Labels | None = None,
        attrs: Attrs | Mapping[str, Any] = (),
    ) -> str:
        """Add an application of `op`; `owner` names the equation an automatic name belongs to.

        Raises ShapeError if the shapes or attributes do not fit; `labels` gives the operands as the user wrote them.
        """
        form, shape = inferred(OPS[op], tuple([self.nodes[i].shape for i in inputs]), attrs, labels or (lambda: list(inputs)))
        return self.put(Node(name or self.fresh(owner), op, tuple(inputs), shape, None, block, form))

    def rename(self, old: str, name: str) -> str:
        """Give a node that nobody reads yet another name; it comes last then."""
        node = self.nodes.pop(old)
        return self.put(Node(name, node.op, node.inputs, node.shape, node.value, node.block, node.attrs))

    def shape(self, name: str) -> Shape:
        return self.nodes[name].shape

    def graph(self, name: str, outputs: Sequence[str], document: Document = NO_DOCUMENT, keep: Iterable[str] = ()) -> Graph:
        """The finished graph: only what `outputs` and `keep` need, and all leaves."""
        needed = {*outputs, *keep}
        for node in reversed(self.nodes.values()):
            if node.name in needed:
                needed.update(node.inputs)
        return checked(Graph(name, tuple(n for n in self.nodes.values() if n.name in needed or n.is_given), tuple(outputs), document))


def dependents(graph: Graph, sources: Iterable[str]) -> set[str]:
    """`sources`, and everything that depends on them."""
    found = set(sources)
    for node in graph.nodes:
        if not found.isdisjoint(node.inputs):
            found.add(node.name)
    return found


def checked(graph: Graph) -> Graph:
    """The graph itself, if every node comes after its inputs and every output is there."""
    seen: set[str] = set()
    for node in graph.nodes:
        assert node.op in OPS or node.is_leaf, node
        if not seen.issuperset(node.inputs):
            raise GraphError(f"{node.name} uses {next(i for i in node.inputs if i not in seen)} before it is given")
        seen.add(node.name)
    for name in graph.outputs:
        if name not in seen:
            raise GraphError(f"{graph.name} has no variable {name!r} to be an output")
    return graph


def with_outputs(graph: Graph, outputs: Sequence[str]) -> Graph:
    """The same nodes, for other outputs."""
    return checked(replace(graph, outputs=tuple(outputs)))


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


def expression_text(graph: Graph, name: str, columns: bool = False, limit: float = LIMIT) -> str:
    """The right-hand side of `name` in the equation language; `columns` writes vectors as columns, `W.T @ x` for `x @ W`.

    What would take more than `limit` characters is three dots.

    >>> from a1viz.graph.equations import parse
    >>> expression_text(parse("z = -(W @ x + b)", x=[2], W=[3, 2], b=[3]), "z")
    '-(W @ x + b)'
    """
    printed: dict[str, PrintedOperand] = {}
    for node in inner_nodes(graph, name):
        if node.op == "constant":
            printed[node.name] = number_operand(node.value)
        elif node.op == "size":
            printed[node.name] = size_operand(node.value)
        elif node.is_leaf:
            printed[node.name] = PrintedOperand(node.name)
        else:
            op = OPS[node.op]
            operands = [printed[i] if i in printed and not graph.by_name[i].is_declared else PrintedOperand(i) for i in node.inputs]
            by_number = bool(node.inputs) and graph.by_name[node.inputs[-1]].op in ("constant", "size")
            text = applied_text(op, operands, attributes_text(op, node.attrs, [graph.by_name[i].shape for i in node.inputs], by_number))
            if node.op == "identity" and node.name == name:
                text = str(operands[0])
            elif node.op == "inner" and all(len(graph[i].shape) == 1 for i in node.inputs):
                text, op = "{:20} @ {:21}".format(*operands), OPS["matvec"]
            elif node.op in VECTOR and len(graph[node.inputs[VECTOR[node.op]]].shape) > 1:  # would be read as a matrix
                text, op = f"{node.op}({', '.join(operands)})", OPS["inner"]
            elif node.op == "vecmat" and columns:
                text = "{1:40}.T @ {0:21}".format(*operands)
            elif node.op == "neg" and columns and operands[0].binding == PRODUCT:
                text, op = f"-{operands[0]}", OPS["mul"]  # -a * b is -(a * b)
            printed[node.name] = PrintedOperand(text if len(text) <= limit else "...", op.text_binding)
    return str(printed[name])


def equations_text(graph: Graph) -> str:
    """The graph's equations as text; what `parse` reads back, blocks excepted."""
    return "\n".join(f"{n.name} = {expression_text(graph, n.name)}" for n in graph.nodes if n.is_declared and not n.is_leaf)
