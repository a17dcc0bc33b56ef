"""Jacobians by vector-Jacobian products, for all unit cotangents and examples in one run; of a graph and of a layer. Serves question 2.3.

A layer is the operators that read a parameter. M1 says how the graph's output depends on theirs, M2 how theirs depends on the parameter.
The unit cotangents are an axis of the plan beside the batch: what no cotangent reaches is computed once, and so is what no example reaches.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ..base.arrays import Array
from ..calculus.autodiff import backward, derived_name
from ..calculus.costs import Polynomial
from ..calculus.rewriting import expand_bodies, rewrite
from ..graph.leaves import Inputs
from ..graph.nodes import Builder, Graph, Node
from ..plan import BATCH, SEEDS, Leaf, Program, Steps, assemble, core_of, leaves_of, lower

Sizes = tuple[int, int, int]  # O outputs, Y entries of the layer's output, P parameters


@lru_cache(maxsize=64)
def backward_from(graph: Graph, wrt: tuple[str, ...], output: str) -> Graph:
    """The backward graph of one variable, whose cotangent is handed in."""
    return rewrite(backward(graph, wrt, [output]))


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


# --- all unit cotangents in one run -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pulled:
    """A plan that pulls the unit cotangents of a variable back."""

    program: Program
    units: Array
    numbers: Mapping[Hashable, int]  # what is asked for, by any key -> the plan's number of that value
    given: Mapping[int, int]  # the values that are leaves, and the leaves' positions

    def run(self, arrays: Sequence[Array]) -> dict[int, Array]:
        """The values by their numbers, with the axes in front that they have."""
        results = self.program.empty_results()
        if results:
            self.program.run([*arrays, self.units], results)
        return dict(zip(self.program.results, results, strict=True)) | {k: arrays[j] for k, j in self.given.items()}

    def shaped(self, k: int, array: Array) -> Array:
        """A value as (cotangents or 1, examples or 1, entries)."""
        return array.reshape(self.shape_of(k))

    def shape_of(self, k: int) -> tuple[int, int, int]:
        """How many cotangents, examples and entries a value has: 1 cotangent or example if it is the same for all."""
        v, p = self.program.steps.items[k], self.program
        return p.seeds if v.lead & SEEDS else 1, p.rows if v.lead & BATCH else 1, math.prod(v.core)

    def dtype_of(self, k: int) -> np.dtype:
        return self.program.steps.items[k].dtype


def pulled(graph: Graph, output: str, inputs: Inputs, wanted: Mapping[Any, tuple[Graph, str]]) -> Pulled:
    """The plan for `wanted`: key -> (graph over the leaves of `graph` and the cotangent of `output`, variable)."""
    seed = derived_name(graph, output, "bar")
    leaves = leaves_of(graph, inputs) | {seed: Leaf(inputs.dtype, SEEDS, unit=True)}
    steps, found = Steps(inputs.dtype, exact=False), {}
    for source in dict.fromkeys(source for source, _ in wanted.values()):
        found[source] = lower(source, leaves, inputs.sizes, steps)
    numbers = {key: found[source][name] for key, (source, name) in wanted.items()}
    return _pulled(steps, [leaf.name for leaf in graph.leaves], seed, graph[output], inputs, numbers)


def _pulled(steps: Steps, order: list[str], seed: str, output: Node, inputs: Inputs, numbers: Mapping[Hashable, int]) -> Pulled:
    core, rows = core_of(output.shape, inputs.sizes), 1 if inputs.batch is None else inputs.batch
    given = {k: order.index(steps.items[k].extra) for k in numbers.values() if steps.items[k].op == "leaf"}
    results = tuple(k for k in dict.fromkeys(numbers.values()) if k not in given)
    units = np.eye(math.prod(core), dtype=inputs.dtype).reshape(math.prod(core), *core)
    return Pulled(assemble(steps, [*order, seed], results, rows, seeds=len(units)), units, numbers, given)


# --- the two factors --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Factors:
    """Plans for the two factors of one parameter: M1 of the graph down to its layer, M2 of each operator of the layer by itself."""

    outer: Pulled  # the cotangents of the layer's variables, and the operands of the layer
    uses: tuple[tuple[str, Pulled, tuple[int, ...]], ...]  # variable, plan of its operator, numbers of its operands
    sizes: Sizes

    def run(self, arrays: Sequence[Array]) -> tuple[Array, Array]:
        """M1 (N, O, Y) and M2 (N, Y, P), with N = 1 where all examples share it."""
        O, _, P = self.sizes
        if not self.uses:
            return np.zeros((1, O, 0), self.outer.units.dtype), np.zeros((1, 0, P), self.outer.units.dtype)
        found = self.outer.run(arrays)
        m1, m2 = [], []
        for name, layer, operands in self.uses:
            k = self.outer.numbers[name]
            m1.append(self.outer.shaped(k, found[k]).swapaxes(0, 1))
            ((k, array),) = layer.run([found[i] for i in operands]).items()
            m2.append(_filled(layer.shaped(k, array).swapaxes(0, 1), len(layer.units), P))
        return _joined([_filled(part, O, part.shape[2]) for part in m1], 2), _joined(m2, 1)


def _filled(part: Array, rows: int, columns: int) -> Array:
    return np.broadcast_to(part, (len(part), rows, columns))


def _joined(parts: Sequence[Array], axis: int) -> Array:
    """The factors of all places where a parameter is read beside each other."""
    if len(parts) == 1:
        return parts[0]
    (n,) = np.broadcast_shapes(*((len(part),) for part in parts))
    return np.concatenate([np.broadcast_to(part, (n, *part.shape[1:])) for part in parts], axis=axis)


def factor_plans(graph: Graph, parameter: str, output: str, inputs: Inputs) -> Factors:
    """The plans for M1 and M2 of a parameter, for gathered values."""
    uses, forward = uses_of(graph, parameter), expand_bodies(graph)
    names = tuple(dict.fromkeys(name for name, _ in uses))
    outer = backward_from(graph, names, output)
    wanted: dict[Hashable, tuple[Graph, str]] = {name: (outer, bar) for name, bar in zip(names, outer.outputs, strict=True)}
    wanted |= {("value", i): (forward, i) for name in names for i in graph[name].inputs}
    plan = pulled(graph, output, inputs, wanted)
    layers = tuple(
        (name, _layer_plan(graph, name, k, plan, inputs), tuple(plan.numbers["value", i] for i in graph[name].inputs)) for name, k in uses
    )
    return Factors(plan, layers, layer_sizes(graph, parameter, output, inputs))


def factors(graph: Graph, parameter: str, output: str, inputs: Inputs) -> tuple[Array, Array]:
    """M1 (N, O, Y) and M2 (N, Y, P): vector-Jacobian products of the backward graph, and of the layer alone; N = 1 without a batch."""
    m1, m2 = factor_plans(graph, parameter, output, inputs).run([inputs.arrays[leaf.name] for leaf in graph.leaves])
    n = 1 if inputs.batch is None else inputs.batch
    return np.broadcast_to(m1, (n, *m1.shape[1:])), np.broadcast_to(m2, (n, *m2.shape[1:]))


def _layer_plan(graph: Graph, name: str, k: int, outer: Pulled, inputs: Inputs) -> Pulled:
    """How the value of one operator depends on its k-th operand alone."""
    alone = _layer(graph, name, k)
    leaves = {"y_bar": Leaf(inputs.dtype, SEEDS, unit=True)}
    known = leaves_of(graph, inputs)
    for j, operand in enumerate(graph[name].inputs):
        v = outer.program.steps.items[outer.numbers["value", operand]]
        leaves[f"a{j}"] = Leaf(v.dtype, v.lead, known[operand].classes if operand in known else None)
    steps = Steps(inputs.dtype, exact=False)
    found = lower(alone, leaves, inputs.sizes, steps)
    order = [f"a{j}" for j in range(len(graph[name].inputs))]
    return _pulled(steps, order, "y_bar", graph[name], inputs, {"": found[alone.outputs[0]]})


@lru_cache(maxsize=64)
def _layer(graph: Graph, name: str, k: int) -> Graph:
    """The backward graph of one operator by itself, from its value y to its k-th operand; the operands are a0, a1, ..."""
    node, builder = graph[name], Builder()
    for j, operand in enumerate(graph[i] for i in node.inputs):
        is_label = operand.op == "label"
        builder.leaf(f"a{j}", "label" if is_label else "input", operand.shape, operand.value if is_label else None)
    builder.add(node.op, [f"a{j}" for j in range(len(node.inputs))], name="y", attrs=node.attributes)
    return rewrite(backward(builder.graph("layer", ["y"]), [f"a{k}"], ["y"]))
