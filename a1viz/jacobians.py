"""Jacobians by vector-Jacobian products, for all unit cotangents and examples in one run; of a graph and of a layer. Serves question 2.3.

A layer is the operators that read a parameter. M1 says how the graph's output depends on theirs, M2 how theirs depends on the parameter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from .autodiff import backward, derived_name, expand_bodies
from .cost import Polynomial
from .gradnorm import dependents, divided
from .graph import Builder, Graph
from .rewrite import rewrite
from .run import execute
from .values import Inputs

Sizes = tuple[int, int, int]  # O outputs, Y entries of the layer's output, P parameters


@dataclass(frozen=True)
class Side:
    """An example, or a batch of them: a backward graph, its inputs, and the names of the cotangents it is for."""

    graph: Graph
    inputs: Inputs
    bars: Mapping[str, str]
    seed: str  # the cotangent that is handed in
    outputs: int  # O

    @property
    def examples(self) -> int:
        return 1 if self.inputs.batch is None else self.inputs.batch

    @cached_property
    def seeded(self) -> set[str]:
        """What depends on the cotangent that is handed in."""
        return dependents(self.graph, [self.seed])

    def values(self, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Variables for every example and every unit cotangent, in one run: (N, O, ...), or (N, 1, ...) where all cotangents share it."""
        first, rest = _divided(self.graph, tuple(names), self.seed)
        once = self.inputs.arrays | execute(first, self.inputs, first.outputs)
        n, O = self.examples, self.outputs
        arrays = {}
        for leaf in rest.leaves:
            if leaf.name == self.seed:
                shape = [Polynomial.product([dim]).at(self.inputs.sizes) for dim in leaf.shape]
                arrays[leaf.name] = np.tile(np.eye(O, dtype=self.inputs.dtype), (n, 1)).reshape(n * O, *shape)
            else:
                is_batched = once[leaf.name].ndim > len(leaf.shape)
                arrays[leaf.name] = np.repeat(once[leaf.name], O, axis=0) if is_batched else once[leaf.name]
        found = execute(rest, replace(self.inputs, arrays=arrays, batch=n * O), [name for name in names if name in self.seeded])
        return {name: self._shaped(found[name], name, O) if name in found else self._shaped(once[name], name, 1) for name in names}

    def _shaped(self, value: np.ndarray, name: str, outputs: int) -> np.ndarray:
        """(N, outputs, ...), for a value with or without a batch axis."""
        core = value.shape[value.ndim - len(self.graph[name].shape) :]
        return np.broadcast_to(value, (self.examples * outputs, *core)).reshape(self.examples, outputs, *core)


@lru_cache(maxsize=64)
def backward_from(graph: Graph, wrt: tuple[str, ...], output: str) -> Graph:
    """The backward graph of one variable, whose cotangent is handed in."""
    return rewrite(backward(graph, wrt, [output]))


@lru_cache(maxsize=64)
def _divided(graph: Graph, names: tuple[str, ...], seed: str) -> tuple[Graph, Graph]:
    return divided(Builder(graph.nodes).graph(graph.name, names, graph.document), frozenset([seed]))


def length(graph: Graph, name: str, inputs: Inputs) -> int:
    """How many entries a variable has for one example."""
    return Polynomial.product(graph[name].shape).at(inputs.sizes)



def uses_of(graph: Graph, parameter: str) -> list[tuple[str, int]]:
    """Each place a parameter is read: (variable, position of the argument). Together their values are the layer's output."""
    return [(node.name, k) for node in graph.nodes for k, name in enumerate(node.inputs) if name == parameter]


def layer_sizes(graph: Graph, parameter: str, output: str, inputs: Inputs) -> Sizes:
    """O, Y and P of one parameter: Y counts the outputs of all operators that read it."""
    Y = sum(length(graph, name, inputs) for name, _ in uses_of(graph, parameter))
    return length(graph, output, inputs), Y, length(graph, parameter, inputs)


def factors(graph: Graph, parameter: str, output: str, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """M1 (N, O, Y) and M2 (N, Y, P): vector-Jacobian products of the backward graph, and of the layer alone; N = 1 without a batch."""
    O, _, P = layer_sizes(graph, parameter, output, inputs)
    uses = uses_of(graph, parameter)
    n = 1 if inputs.batch is None else inputs.batch
    if not uses:
        return np.zeros((n, O, 0), inputs.dtype), np.zeros((n, 0, P), inputs.dtype)
    names = tuple(dict.fromkeys(name for name, _ in uses))
    outer = backward_from(graph, names, output)
    side = Side(outer, inputs, dict(zip(names, outer.outputs, strict=True)), derived_name(graph, output, "bar"), O)
    bars = side.values(outer.outputs)
    m1 = [np.broadcast_to(bars[b], (n, O, *bars[b].shape[2:])).reshape(n, O, length(graph, u, inputs)) for u, b in side.bars.items()]
    forward = execute(expand_bodies(graph), inputs, {i for name, _ in uses for i in graph[name].inputs})
    by_use = dict(zip(names, m1, strict=True))
    m2 = [_layer_jacobian(graph, name, k, forward, inputs) for name, k in uses]
    return np.concatenate([by_use[name] for name, _ in uses], axis=2), np.concatenate(m2, axis=1)


def _layer_jacobian(graph: Graph, name: str, k: int, forward: Mapping[str, np.ndarray], inputs: Inputs) -> np.ndarray:
    """How the value of one operator depends on its k-th operand alone: (N, Y, P)."""
    alone, operands = _layer(graph, name, k), graph[name].inputs
    arrays = {f"a{j}": forward[operand] for j, operand in enumerate(operands)}
    Y, P = length(graph, name, inputs), length(graph, operands[k], inputs)
    side = Side(alone, replace(inputs, arrays=arrays), {}, "y_bar", Y)
    bar = side.values(alone.outputs)[alone.outputs[0]]
    return np.broadcast_to(bar, (side.examples, Y, *bar.shape[2:])).reshape(side.examples, Y, P)


@lru_cache(maxsize=64)
def _layer(graph: Graph, name: str, k: int) -> Graph:
    """The backward graph of one operator by itself, from its value y to its k-th operand; the operands are a0, a1, ..."""
    node, builder = graph[name], Builder()
    for j, operand in enumerate(graph[i] for i in node.inputs):
        is_label = operand.op == "label"
        builder.leaf(f"a{j}", "label" if is_label else "input", operand.shape, operand.value if is_label else None)
    builder.add(node.op, [f"a{j}" for j in range(len(node.inputs))], name="y")
    return rewrite(backward(builder.graph("layer", ["y"]), [f"a{k}"], ["y"]))
