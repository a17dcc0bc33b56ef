"""A graph to a picture of its neurons: one box per unit, one arrow per weight. Serves questions 3.1 and 3.4.

Every entry of every variable is followed as a weighted sum of units. An activation makes a unit of such a sum; so does an output, and a
variable that goes into further weights. Weights of 0 have no arrow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..base.arrays import Array
from ..base.errors import GraphError
from ..calculus import notation
from ..graph.leaves import gather
from ..graph.nodes import Graph, Node
from ..graph.operators import ATOM, OPS, SUM, Op
from .diagrams import Box, Cluster, Diagram, Edge, Line
from .graph_diagrams import block_lines
from .wording import number_latex, number_words, words

MANY = 300  # units in one picture
ARGUMENTS = "zvw"  # what a unit's activation is written of


@dataclass(frozen=True)
class Affine:
    """One entry of a variable: a weighted sum of units and a number."""

    weights: Mapping[str, float] = field(default_factory=dict)
    bias: float = 0.0
    unit: str = ""  # the unit that it is, or nothing where it is a sum


@dataclass
class Unit:
    """A neuron: what comes in with which weights, and what it does with them."""

    name: str
    op: str  # an elementwise operator, "" for a linear unit, or a kind of leaf
    arguments: tuple[Affine, ...]
    block: str
    variable: str = ""  # the declared variable it is an entry of, and which one
    index: int | None = None


def neurons(graph: Graph, values: Mapping[str, Any] | None = None, given: Mapping[str, Any] | None = None) -> Diagram:
    """The neurons of a graph whose parameters have values; `values`, every variable's, puts numbers into the units.

    Raises GraphError for a graph that is more than weights, sums and activations, or has too many units.
    """
    network = _Network(graph, gather(graph, given or {}).arrays)
    units = network.needed()
    if len(units) > MANY:
        raise GraphError(f"{graph.name} has {len(units)} units; a picture of neurons shows at most {MANY}; draw it as a graph")
    labels = network.labels(units)
    boxes = tuple(network.box(unit, labels, values) for unit in units)
    edges = tuple(edge for unit in units for edge in network.edges(unit, labels))
    blocks = dict.fromkeys(unit.block for unit in units if unit.block)
    clusters = tuple(Cluster(name, (line := block_lines(graph, name)[0]).latex, line.words) for name in blocks)
    about = graph.document.about + " Each box is a neuron, each arrow a weight."
    title = graph.document.title or graph.name
    return Diagram(f"{graph.name}-neurons", title, about.strip(), boxes, edges, clusters, in_columns=not clusters)


class _Network:
    """Follows a graph entry by entry; lives as long as one picture is made."""

    def __init__(self, graph: Graph, arrays: Mapping[str, Array]) -> None:
        self.graph = graph
        self.units: dict[str, Unit] = {}
        self.entries: dict[str, list[Affine]] = {}
        self.matrices: dict[str, Array] = {}
        for node in graph.nodes:
            if node.op in ("parameter", "constant"):
                self.known(node, np.asarray(node.value if node.op == "constant" else arrays[node.name], dtype=float))
            else:
                self.entries[node.name] = self.follow(node)
                self.named(node)
                if node.block and node.is_declared and not node.name.startswith(f"{node.block}."):  # what a block puts out
                    self.settled(node.name)
        for name in graph.outputs:
            self.entries[name] = self.settled(name)

    def known(self, node: Node, value: Array) -> None:
        if value.ndim != len(node.shape):
            raise GraphError(f"{node.name} is a batch; a picture of neurons shows one example")
        if value.ndim == 2:
            self.matrices[node.name] = value
        else:
            self.entries[node.name] = [Affine({}, float(v)) for v in value.reshape(-1)]

    def follow(self, node: Node) -> list[Affine]:
        """The entries of one variable."""
        if node.is_leaf:
            return self.leaves(node)
        if node.op in LINEAR:
            return LINEAR[node.op](self, node)
        op = OPS[node.op]
        if op.is_elementwise:
            return self.activated(node, op)
        raise self.cannot(node)

    def cannot(self, node: Node) -> GraphError:
        said = f"{node.op} of {', '.join(node.inputs)}" if node.inputs else f"{node.op} {node.name}"
        return GraphError(f"{self.graph.name} cannot be drawn as neurons: {said} is no weighted sum and no activation; draw it as a graph")

    def leaves(self, node: Node) -> list[Affine]:
        if node.op != "input" or len(node.shape) > 1 or len(self.sizes(node)) < len(node.shape):
            raise self.cannot(node)
        return [self.make(node.op, (), node) for _ in range(*self.sizes(node) or (1,))]

    def sizes(self, node: Node) -> tuple[int, ...]:
        """Its shape, as far as the document gives numbers."""
        sizes = self.graph.document.sizes
        return tuple(sizes[d] if isinstance(d, str) else d for d in node.shape if isinstance(d, int) or d in sizes)

    def make(self, op: str, arguments: tuple[Affine, ...], node: Node) -> Affine:
        """A new unit, as an entry."""
        name = f"{node.name}#{len(self.units)}"
        self.units[name] = Unit(name, op, arguments, node.block)
        return Affine({name: 1.0}, unit=name)

    def named(self, node: Node) -> None:
        """Units get the name of the first declared variable that they are an entry of."""
        if node.is_declared:
            for k, entry in enumerate(self.entries[node.name]):
                if entry.unit and not self.units[entry.unit].variable:
                    unit = self.units[entry.unit]
                    unit.variable, unit.index, unit.block = node.name, k if node.shape else None, node.block

    def settled(self, name: str) -> list[Affine]:
        """The entries of a variable that goes into further weights, each of them a unit."""
        node = self.graph[name]
        if not node.is_declared or name in self.graph.parameters:
            return self.entries[name]
        found = [e if e.unit or not e.weights else self.make("", (e,), node) for e in self.entries[name]]
        self.entries[name] = found
        self.named(node)
        return found

    def activated(self, node: Node, op: Op) -> list[Affine]:
        """An elementwise operator: one unit an entry."""
        operands = [self.entries[i] for i in node.inputs]
        length = max(map(len, operands))
        rows = zip(*(o * length if len(o) == 1 else o for o in operands), strict=True)
        return [self.make(op.name, row, node) for row in rows]

    # --- the picture ----------------------------------------------------------------------------------------------------------

    def needed(self) -> list[Unit]:
        """The units that the outputs need, and all inputs, in the order of the equations."""
        waiting = [e.unit for name in self.graph.outputs for e in self.entries[name] if e.unit]
        found: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += [source for entry in self.units[name].arguments for source in entry.weights]
        places = {node.name: place for place, node in enumerate(self.graph.nodes)}
        chosen = [unit for unit in self.units.values() if unit.name in found or unit.op == "input"]
        return sorted(chosen, key=lambda unit: (places[unit.variable or unit.name.partition("#")[0]], unit.index or 0))

    def labels(self, units: Sequence[Unit]) -> dict[str, str]:
        """What each unit is called: the entry that it is, or, without a name of its own, a number."""
        return {u.name: u.variable + ("" if u.index is None else f"[{u.index}]") or f"unit {k}" for k, u in enumerate(units, 1)}

    def box(self, unit: Unit, labels: Mapping[str, str], values: Mapping[str, Any] | None) -> Box:
        label, lines = labels[unit.name], []
        if unit.variable:
            latex = str(notation.symbol(self.graph, unit.variable, "" if unit.index is None else str(unit.index + 1)))
            kind = "input" if unit.op == "input" else "equation"
            lines.append(Line(latex, label, ("input " if unit.op == "input" else "") + words(label), kind))
        if unit.op != "input":
            formula, plain = _activation(unit)
            lines.append(Line(formula, plain, f"its activation is {words(plain)}"))
        if values is not None and unit.variable in values:
            said = number_words(value := np.asarray(values[unit.variable]).reshape(-1)[unit.index or 0])
            lines.append(Line(f"= {number_latex(value)}", said, f"its value is {said}", "value"))
        kind = "input" if unit.op == "input" else "output" if unit.variable in self.graph.outputs else "variable"
        return Box(label, tuple(lines), kind, unit.block, f"unit {label}")

    def edges(self, unit: Unit, labels: Mapping[str, str]) -> list[Edge]:
        """The arrows into a unit: each with its weight, or with what the unit calls it where it has several arguments."""
        found: list[Edge] = []
        for letter, entry in zip(ARGUMENTS, unit.arguments, strict=False):
            for source, weight in entry.weights.items():
                named = len(unit.arguments) > 1 and weight == 1
                said = letter if named else number_words(weight)
                latex = letter if named else number_latex(weight)
                found.append(Edge(labels[source], labels[unit.name], latex, said, f"as {letter}" if named else f"weight {said}"))
        return found


def _activation(unit: Unit) -> tuple[str, str]:
    """What a unit does with what comes in, as LaTeX and as text; a bias is written with it."""
    latex, text = zip(*(_sum(entry, ARGUMENTS[k]) for k, entry in enumerate(unit.arguments)), strict=True)
    if not unit.op:
        return latex[0], text[0]
    operands = [notation.Maths(t, SUM if len(t) > 1 else ATOM) for t in latex]
    return str(notation.from_template(OPS[unit.op].latex, Node("", unit.op), operands)), f"{unit.op}({', '.join(text)})"


def _sum(entry: Affine, letter: str) -> tuple[str, str]:
    if not entry.bias:
        return letter, letter
    sign = "+" if entry.bias > 0 else "-"
    return f"{letter} {sign} {number_latex(abs(entry.bias))}", f"{letter} {sign} {number_words(abs(entry.bias))}"


# --- sums -----------------------------------------------------------------------------------------------------------------------


def _added(*parts: tuple[Affine, float]) -> Affine:
    weights: dict[str, float] = {}
    for entry, factor in parts:
        for name, weight in entry.weights.items():
            weights[name] = weights.get(name, 0.0) + factor * weight
    weights = {name: weight for name, weight in weights.items() if weight}
    return Affine(weights, sum(factor * entry.bias for entry, factor in parts))


def _pairs(network: _Network, node: Node, settle: bool) -> list[tuple[Affine, Affine]]:
    """The operands of a sum, entry by entry; both are settled unless one of them is only a bias."""
    a, b = (network.entries[i] for i in node.inputs)
    if settle and any(e.weights for e in a) and any(e.weights for e in b):
        a, b = (network.settled(i) for i in node.inputs)
    length = max(len(a), len(b))
    return list(zip(*(o * length if len(o) == 1 else o for o in (a, b)), strict=True))


def _add(network: _Network, node: Node, sign: float = 1.0) -> list[Affine]:
    return [_added((a, 1.0), (b, sign)) for a, b in _pairs(network, node, True)]


def _mul(network: _Network, node: Node) -> list[Affine]:
    found = []
    for a, b in _pairs(network, node, True):
        if a.weights and b.weights:
            return network.activated(node, OPS["mul"])
        factor, entry = (a.bias, b) if not a.weights else (b.bias, a)
        found.append(_added((entry, factor)))
    return found


def _matvec(network: _Network, node: Node) -> list[Affine]:
    W, x = node.inputs if node.op == "matvec" else node.inputs[::-1]
    if W not in network.matrices:
        raise network.cannot(node)
    matrix = network.matrices[W] if node.op == "matvec" else network.matrices[W].T
    entries = network.settled(x)
    return [_added(*((entry, float(w)) for entry, w in zip(entries, row, strict=True) if w)) for row in matrix]


def _sum_all(network: _Network, node: Node) -> list[Affine]:
    return [_added(*((entry, 1.0) for entry in network.settled(node.inputs[0])))]


LINEAR: dict[str, Callable[[_Network, Node], list[Affine]]] = {
    "identity": lambda network, node: network.entries[node.inputs[0]],
    "add": _add,
    "sub": lambda network, node: _add(network, node, -1.0),
    "neg": lambda network, node: [_added((e, -1.0)) for e in network.settled(node.inputs[0])],
    "mul": _mul,
    "matvec": _matvec,
    "vecmat": _matvec,
    "sum": _sum_all,
    "stack": lambda network, node: [network.entries[i][0] for i in node.inputs],
    "concatenate": lambda network, node: [e for i in node.inputs for e in network.entries[i]],
    "pick": lambda network, node: [network.entries[node.inputs[0]][int(network.entries[node.inputs[1]][0].bias)]],
}
