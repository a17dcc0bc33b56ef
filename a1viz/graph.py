"""Graphs: named nodes in the order of the equations, each with an operator, its inputs and a core shape.

A graph describes one example. It is immutable; a pass takes one and returns another through a `Builder`, which infers every shape
and lets no malformed node in. Serves question 2.1.1, and everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from .errors import GraphError, ShapeError, did_you_mean
from .ops import LEAVES, OPS, Op
from .printing import applied_text, equations_text

Dim = int | str
Shape = tuple[Dim, ...]
Labels = Callable[[], list[str]]  # the operands as the user wrote them
INNER = ":"  # stands in automatic names; the language cannot spell it, so they never meet a user's name


@dataclass(frozen=True, slots=True)
class Node:
    """One variable: `op` is a row of the table or a kind of leaf; `value` is a constant's number or a label's number of classes."""

    name: str
    op: str
    inputs: tuple[str, ...] = ()
    shape: Shape = ()
    value: float | int | str | None = None
    block: str = ""  # the block instance it lives in, such as "S1" or "M1.S2"

    @property
    def is_leaf(self) -> bool:
        return self.op in LEAVES

    @property
    def is_declared(self) -> bool:
        """Whether an equation or a declaration gave it its name."""
        return INNER not in self.name


@dataclass(frozen=True)
class Document:
    """What a graph document says besides its equations."""

    title: str = ""
    source: str = ""
    about: str = ""
    path: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    cotangents: Mapping[str, Any] = field(default_factory=dict)
    expect: Mapping[str, Any] = field(default_factory=dict)
    symbols: Mapping[str, str] = field(default_factory=dict)
    blocks: Mapping[str, str] = field(default_factory=dict)  # blocks and their instances -> the titles of their documents
    wires: int = 0  # of a comparator network
    comparators: tuple[tuple[int, int], ...] = ()  # its comparators, wires counted from 0; the instances of its block in their order


@dataclass(frozen=True, eq=False)
class Graph:
    """Nodes in an order in which each comes after its inputs; `outputs` are what the graph is for."""

    name: str
    nodes: tuple[Node, ...]
    outputs: tuple[str, ...]
    document: Document = field(default_factory=Document)

    def __getitem__(self, name: str) -> Node:
        try:
            return self.by_name[name]
        except KeyError:
            raise GraphError(f"{self.name} has no variable {name!r}{did_you_mean(name, self.declared_names)}") from None

    def __contains__(self, name: object) -> bool:
        return name in self.by_name

    def __len__(self) -> int:
        return len(self.nodes)

    @cached_property
    def by_name(self) -> dict[str, Node]:
        return {node.name: node for node in self.nodes}

    @cached_property
    def declared_names(self) -> tuple[str, ...]:
        return tuple(node.name for node in self.nodes if node.is_declared)

    @cached_property
    def leaves(self) -> tuple[Node, ...]:
        """Inputs, labels and parameters: what a run must be given."""
        return tuple(node for node in self.nodes if node.is_leaf and node.op != "constant")

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

    def __repr__(self) -> str:
        return f"<Graph {self.name}: {len(self.declared_names)} variables, outputs {', '.join(self.outputs)}>"

    def __str__(self) -> str:
        return equations_text(self)


class Builder:
    """Collects nodes; every node's inputs must be there before it, and its shape is inferred."""

    def __init__(self, nodes: Iterable[Node] = (), avoid: Container[str] = ()) -> None:
        self.nodes: dict[str, Node] = {node.name: node for node in nodes}
        self.avoid = avoid  # names that new automatic nodes must not take
        self._counts: dict[str, int] = {}

    def put(self, node: Node) -> str:
        if node.name in self.nodes:
            raise GraphError(f"{node.name} is given twice; each name is assigned once")
        self.nodes[node.name] = node
        return node.name

    def leaf(self, name: str, op: str, shape: Shape = (), value: Any = None, block: str = "") -> str:
        return self.put(Node(name, op, (), shape, value, block))

    def constant(self, value: float) -> str:
        name = f"{INNER}{value!r}"
        if name not in self.nodes:
            self.nodes[name] = Node(name, "constant", (), (), value)
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
        candidate, k = name, 2
        while candidate in self.nodes:
            candidate, k = f"{name}{k}", k + 1
        return candidate

    def add(
        self, op: str, inputs: Sequence[str], name: str = "", owner: str = "", block: str = "", labels: Labels | None = None
    ) -> str:
        """Add an application of `op`; `owner` names the equation an automatic name belongs to.

        Raises ShapeError if the shapes do not fit; `labels` gives the operands as the user wrote them.
        """
        shape = result_shape(OPS[op], [self.nodes[i].shape for i in inputs], labels or (lambda: list(inputs)))
        return self.put(Node(name or self.fresh(owner), op, tuple(inputs), shape, None, block))

    def rename(self, old: str, name: str) -> str:
        """Give a node that nobody reads yet another name; it comes last then."""
        node = self.nodes.pop(old)
        return self.put(Node(name, node.op, node.inputs, node.shape, node.value, node.block))

    def shape(self, name: str) -> Shape:
        return self.nodes[name].shape

    def graph(self, name: str, outputs: Sequence[str], document: Document = Document(), keep: Iterable[str] = ()) -> Graph:
        """The finished graph: only what `outputs` and `keep` need, and all leaves."""
        needed = {*outputs, *keep}
        for node in reversed(self.nodes.values()):
            if node.name in needed:
                needed.update(node.inputs)
        nodes = tuple(n for n in self.nodes.values() if n.name in needed or (n.is_leaf and n.op != "constant"))
        return checked(Graph(name, nodes, tuple(outputs), document))


def checked(graph: Graph) -> Graph:
    """The graph itself, if every node comes after its inputs and every output is there."""
    seen: set[str] = set()
    for node in graph.nodes:
        assert node.op in OPS or node.is_leaf, node
        for name in node.inputs:
            if name not in seen:
                raise GraphError(f"{node.name} uses {name} before it is given")
        seen.add(node.name)
    missing = [name for name in graph.outputs if name not in seen]
    if missing:
        raise GraphError(f"{graph.name} has no variable {missing[0]!r} to be an output")
    return graph


def with_outputs(graph: Graph, outputs: Sequence[str]) -> Graph:
    """The same nodes, for other outputs."""
    return checked(replace(graph, outputs=tuple(outputs)))


def result_shape(op: Op, shapes: Sequence[Shape], labels: Labels) -> Shape:
    """The core shape of `op` applied to operands of these core shapes, from its signature.

    Raises ShapeError with the operands as `labels` gives them.
    """
    wanted = op.inputs * len(shapes) if op.is_variadic else op.inputs
    if len(shapes) != len(wanted) or not shapes:
        number = "at least 1 argument" if op.is_variadic else _counted(len(wanted), "arguments")
        raise ShapeError(f"{op.name} takes {number}, got {len(shapes)}")
    if op.is_elementwise:
        return shapes[0] if shapes.count(shapes[0]) == len(shapes) else broadcast(op, shapes, labels)
    bound, loops = _bind(op, wanted, shapes, labels)
    if op.is_elementwise:
        return broadcast(op, loops, labels)
    if len(shapes) > 1 or op.is_variadic:
        for i, loop in enumerate(loops):
            if loop:
                raise ShapeError(_wrong_rank(op, labels()[i], len(wanted[i]), shapes[i]))
    if op.is_variadic:
        bound["k"] = len(shapes)
    return loops[0] + tuple(_dim(axis, bound) for axis in op.output)


def _bind(op: Op, wanted: Sequence[Sequence[str]], shapes: Sequence[Shape], labels: Labels) -> tuple[dict[str, Any], list[Shape]]:
    """Which size each axis of the signature has, and the axes left over in each operand."""
    bound: dict[str, Any] = {}
    loops: list[Shape] = []
    for i, (axes, shape) in enumerate(zip(wanted, shapes, strict=True)):
        if axes == ("*",):
            rest, pairs = (), (("*", shape),)
        elif len(shape) < len(axes):
            raise ShapeError(_wrong_rank(op, labels()[i], len(axes), shape))
        else:
            cut = len(shape) - len(axes)
            rest, pairs = shape[:cut], zip(axes, shape[cut:], strict=True)
        for axis, size in pairs:
            if bound.setdefault(axis, size) != size:
                meet = [w.index(axis) - len(w) if axis != "*" and axis in w else None for w in wanted]
                raise ShapeError(_clash(op, labels(), shapes, meet))
        loops.append(rest)
    return bound, loops


def _wrong_rank(op: Op, label: str, rank: int, shape: Shape) -> str:
    return f"{op.name}: {label} must be {_kind(rank)}, but it is {described(shape)}"


def _dim(axis: str, bound: Mapping[str, Any]) -> Dim:
    if axis.isdigit():
        return int(axis)
    if axis in bound:
        return bound[axis]
    parts = [bound[a] for a in axis.split("+")]
    return sum(parts) if all(isinstance(p, int) for p in parts) else "+".join(sorted(map(str, parts)))


def broadcast(op: Op, shapes: Sequence[Shape], labels: Labels) -> Shape:
    """NumPy's broadcasting between core shapes, where a size may be a name."""
    rank = max(len(s) for s in shapes)
    result: list[Dim] = []
    for axis in range(rank):
        sizes = {s[axis - rank] for s in shapes if len(s) >= rank - axis} - {1}
        if len(sizes) > 1:
            raise ShapeError(_clash(op, labels(), shapes, [axis - rank if len(s) >= rank - axis else None for s in shapes]))
        result.append(sizes.pop() if sizes else 1)
    return tuple(result)


def _clash(op: Op, labels: Sequence[str], shapes: Sequence[Shape], meet: Sequence[int | None]) -> str:
    """Which axes should meet and do not: `W1 @ x: shapes (5, 4) and (3,) do not match; W1 has 4 columns, x has 3 entries`."""
    sizes = " and ".join(shape_text(s) for s in shapes)
    each = ", ".join(f"{t} {has(s, m)}" for t, s, m in zip(labels, shapes, meet, strict=True))
    return f"{applied_text(op, labels)}: shapes {sizes} do not match; {each}"


def _counted(n: Dim, nouns: str) -> str:
    """`1 entry`, `3 entries`, `D rows`."""
    return f"{n} {nouns if n != 1 else 'entry' if nouns == 'entries' else nouns[:-1]}"


def _kind(rank: int) -> str:
    return ("a scalar", "a vector", "a matrix")[rank]


def described(shape: Shape) -> str:
    """A shape in words: `a vector of D entries`."""
    return f"{_kind(len(shape))} {shape_text(shape)}" if shape else "a scalar"


def has(shape: Shape, axis: int | None = None) -> str:
    """What a value of this shape has, or what it has along one axis, counted from the end: `has 4 columns`."""
    if not shape:
        return "is a scalar"
    if len(shape) == 1:
        return f"has {_counted(shape[0], 'entries')}"
    if axis is None:
        return f"has {_counted(shape[0], 'rows')} and {_counted(shape[1], 'columns')}"
    return f"has {_counted(shape[axis], ('rows', 'columns')[axis])}"


def shape_text(shape: Shape) -> str:
    """A shape as Python writes it, with names bare: `(D,)`."""
    return "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"
