"""What the neurons of a graph are: every entry of every variable as a weighted sum of units. Serves questions 3.1 and 3.4.

An activation makes a unit of such a sum; so does an output, and a variable that goes into further weights. Of a loss that is no neuron,
only what it looks at is followed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from ..base.arrays import Array
from ..base.errors import GraphError
from ..base.limits import NEURON_WEIGHTS
from ..calculus.interpreter import execute
from ..calculus.rewriting import expand_bodies
from ..graph.attributes import at_sizes
from ..graph.leaves import Inputs
from ..graph.nodes import Builder, Graph, Node, dependents
from ..graph.operators import OPS, Op

TOGETHER = ("softmax", "log_softmax")  # activations of a whole layer: each unit looks at all of them
STATISTICS = ("var", "std", "max", "min", "prod")  # one unit that looks at a whole layer


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


class NeuronNetwork:
    """Follows a graph entry by entry; lives as long as one picture is made."""

    def __init__(self, graph: Graph, inputs: Inputs) -> None:
        self.graph, self.sizes = graph, inputs.sizes
        self.units: dict[str, Unit] = {}
        self.entries: dict[str, list[Affine]] = {}
        self.matrices: dict[str, Array] = {}
        self.undrawn: dict[str, GraphError] = {}
        self.followed = 0  # weights
        numbers = fixed_values(graph, inputs)
        for node in graph.nodes:
            if node.name in numbers:
                self.known(node, np.asarray(numbers[node.name], dtype=float))
                continue
            try:
                self.entries[node.name] = self.follow(node)
            except GraphError as error:
                self.undrawn[node.name] = error
                continue
            self.named(node)
            is_put_out = node.block and node.is_declared and not node.name.startswith(f"{node.block}.")  # by a block
            if is_put_out or node.name in graph.outputs:
                self.settled(node.name)
        self.outputs = tuple(dict.fromkeys(seen for name in graph.outputs for seen in self.drawn(name)))
        for name in self.outputs:
            self.entries[name] = self.settled(name)

    def drawn(self, output: str) -> tuple[str, ...]:
        """The output itself, or the variables that a loss looks at. Raises GraphError where there is nothing to draw in its place."""
        if output not in self.undrawn:
            return (output,)
        waiting, seen, found = [output], {output}, []
        while waiting:
            node = self.graph[waiting.pop()]
            if node.name not in self.undrawn and node.is_declared:
                found += [] if node.is_leaf or not any(e.weights for e in self.entries.get(node.name, ())) else [node.name]
                continue
            waiting += [i for i in node.inputs if i not in seen]
            seen.update(node.inputs)
        if not found or self.graph[output].shape:
            raise self.undrawn[output]
        return tuple(name for name in self.graph.declared_names if name in found)

    def known(self, node: Node, value: Array) -> None:
        if value.ndim != len(node.shape):
            raise GraphError(f"{node.name} is a batch; a picture of neurons shows one example")
        if value.ndim == 2:
            self.matrices[node.name] = value
        else:
            self.entries[node.name] = [Affine({}, float(v)) for v in value.reshape(-1)]

    def follow(self, node: Node) -> list[Affine]:
        """The entries of one variable. Raises GraphError for one that cannot be drawn."""
        if node.is_leaf:
            return self.leaves(node)
        for name in node.inputs:
            if name in self.undrawn:
                raise self.undrawn[name]
        if any(name in self.matrices for name in node.inputs) and node.op not in ("matvec", "vecmat"):
            raise self.cannot(node)
        if node.op in LINEAR:
            return LINEAR[node.op](self, node)
        op = OPS[node.op]
        if op.is_elementwise:
            return self.activated(node, op)
        raise self.cannot(node)

    def cannot(self, node: Node) -> GraphError:
        said = f"{node.op} of {', '.join(node.inputs)}" if node.inputs else f"{node.op} {node.name}"
        return self.refused(f"{said} is no weighted sum and no activation")

    def refused(self, why: str) -> GraphError:
        return GraphError(f"{self.graph.name} cannot be drawn as neurons: {why}; draw it as a graph")

    def count(self, node: Node, weights: int) -> None:
        """Remember that so many weights are followed. Raises GraphError for too many."""
        self.followed += weights
        if self.followed > NEURON_WEIGHTS:
            raise self.refused(
                f"with {node.op} of {', '.join(node.inputs)} it has {self.followed:,} weights, and at most {NEURON_WEIGHTS:,} are followed"
            )

    def leaves(self, node: Node) -> list[Affine]:
        if node.op != "input" or len(node.shape) > 1:
            raise self.cannot(node)
        sizes = [self.sizes[d] if isinstance(d, str) else d for d in node.shape] or [1]
        return [self.make(node.op, (), node) for _ in range(*sizes)]

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

    def settled(self, name: str, numbers: bool = False) -> list[Affine]:
        """The entries of a variable that goes into further weights, each of them a unit; with `numbers`, those without weights too."""
        node = self.graph[name]
        if not numbers and (not node.is_declared or name in self.graph.parameters):
            return self.entries[name]
        found = [e if e.unit or not (e.weights or numbers) else self.make("", (e,), node) for e in self.entries[name]]
        self.entries[name] = found
        self.named(node)
        return found

    def activated(self, node: Node, op: Op) -> list[Affine]:
        """An elementwise operator: one unit an entry."""
        operands = [self.entries[i] for i in node.inputs]
        length = max(map(len, operands))
        rows = zip(*(o * length if len(o) == 1 else o for o in operands), strict=True)
        return [self.make(op.name, row, node) for row in rows]

    def needed(self) -> list[Unit]:
        """The units that the outputs need, and all inputs, in the order of the equations."""
        waiting = [e.unit for name in self.outputs for e in self.entries[name] if e.unit]
        found: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += [source for entry in self.units[name].arguments for source in entry.weights]
        places = {node.name: place for place, node in enumerate(self.graph.nodes)}
        chosen = [unit for unit in self.units.values() if unit.name in found or (unit.op == "input" and not self.undrawn)]
        return sorted(chosen, key=lambda unit: (places[unit.variable or unit.name.partition("#")[0]], unit.index or 0))


def fixed_values(graph: Graph, inputs: Inputs) -> dict[str, Array]:
    """The values of everything that depends on no input."""
    varying = dependents(graph, (leaf.name for leaf in graph.leaves if leaf.op != "parameter"))
    names = [node.name for node in graph.nodes if node.name not in varying]
    return execute(Builder(expand_bodies(graph).nodes).graph(graph.name, names), inputs, names)


# --- sums -----------------------------------------------------------------------------------------------------------------------


def _added(*parts: tuple[Affine, float]) -> Affine:
    weights: dict[str, float] = {}
    for entry, factor in parts:
        for name, weight in entry.weights.items():
            weights[name] = weights.get(name, 0.0) + factor * weight
    weights = {name: weight for name, weight in weights.items() if weight}
    return Affine(weights, sum(factor * entry.bias for entry, factor in parts))


def _pairs(network: NeuronNetwork, node: Node, settle: bool) -> list[tuple[Affine, Affine]]:
    """The operands of a sum, entry by entry; both are settled unless one of them is only a bias."""
    a, b = (network.entries[i] for i in node.inputs)
    if settle and any(e.weights for e in a) and any(e.weights for e in b):
        a, b = (network.settled(i) for i in node.inputs)
    length = max(len(a), len(b))
    return list(zip(*(o * length if len(o) == 1 else o for o in (a, b)), strict=True))


def _add(network: NeuronNetwork, node: Node, sign: float = 1.0) -> list[Affine]:
    return [_added((a, 1.0), (b, sign)) for a, b in _pairs(network, node, True)]


def _mul(network: NeuronNetwork, node: Node) -> list[Affine]:
    found = []
    for a, b in _pairs(network, node, True):
        if a.weights and b.weights:
            return network.activated(node, OPS["mul"])
        factor, entry = (a.bias, b) if not a.weights else (b.bias, a)
        found.append(_added((entry, factor)))
    return found


def _matvec(network: NeuronNetwork, node: Node) -> list[Affine]:
    W, x = node.inputs if node.op == "matvec" else node.inputs[::-1]
    if W not in network.matrices:
        raise network.cannot(node)
    matrix = network.matrices[W] if node.op == "matvec" else network.matrices[W].T
    network.count(node, matrix.size)
    entries = network.settled(x)
    units = [entry.unit for entry in entries]
    if all(units) and len({*units}) == len(units):  # a layer of units, which most are
        return [Affine({unit: w for unit, w in zip(units, row, strict=True) if w}) for row in matrix.tolist()]
    return [_added(*((entry, w) for entry, w in zip(entries, row, strict=True) if w)) for row in matrix.tolist()]


def _sum_all(network: NeuronNetwork, node: Node) -> list[Affine]:
    entries = network.settled(node.inputs[0])
    return [_added(*((entry, 1 / len(entries) if node.op == "mean" else 1.0) for entry in entries))]


def _inner(network: NeuronNetwork, node: Node) -> list[Affine]:
    return [_added(*((term, 1.0) for term in _mul(network, node)))]


def _div(network: NeuronNetwork, node: Node) -> list[Affine]:
    pairs = _pairs(network, node, True)
    if any(b.weights for _, b in pairs):
        return network.activated(node, OPS["div"])
    with np.errstate(divide="ignore"):
        return [_added((a, float(1 / np.float64(b.bias)))) for a, b in pairs]


def _slice(network: NeuronNetwork, node: Node) -> list[Affine]:
    entries = network.entries[node.inputs[0]]
    if len(network.graph[node.inputs[0]].shape) != 1:
        raise network.cannot(node)
    return [entries[k] for k in np.atleast_1d(OPS["slice"].compute(np.arange(len(entries)), **at_sizes(node.attrs, network.sizes)))]


def _layer(network: NeuronNetwork, node: Node) -> Affine:
    """All units of a layer, as what one unit looks at."""
    entries = network.settled(node.inputs[0], numbers=True)
    layer = Affine({entry.unit: 1.0 for entry in entries})
    if len(layer.weights) < len(entries):
        raise network.cannot(node)
    return layer


def _together(network: NeuronNetwork, node: Node) -> list[Affine]:
    layer = _layer(network, node)
    if len(node.shape) != 1:
        raise network.cannot(node)
    network.count(node, len(layer.weights) ** 2)
    return [network.make(node.op, (layer,), node) for _ in layer.weights]


LINEAR: dict[str, Callable[[NeuronNetwork, Node], list[Affine]]] = {
    "identity": lambda network, node: network.entries[node.inputs[0]],
    "add": _add,
    "sub": lambda network, node: _add(network, node, -1.0),
    "neg": lambda network, node: [_added((e, -1.0)) for e in network.settled(node.inputs[0])],
    "mul": _mul,
    "matvec": _matvec,
    "vecmat": _matvec,
    "inner": _inner,
    "sum": _sum_all,
    "mean": _sum_all,
    "div": _div,
    "slice": _slice,
    "stop_gradient": lambda network, node: network.entries[node.inputs[0]],
    **dict.fromkeys(TOGETHER, _together),
    **dict.fromkeys(STATISTICS, lambda network, node: [network.make(node.op, (_layer(network, node),), node)]),
    "stack": lambda network, node: [network.entries[i][0] for i in node.inputs],
    "concatenate": lambda network, node: [e for i in node.inputs for e in network.entries[i]],
    "pick": lambda network, node: [network.entries[node.inputs[0]][int(network.entries[node.inputs[1]][0].bias)]],
}
