"""The plans of tangent kernels: what is known of each side before its numbers, and how two sides are multiplied. Serves question 2.3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import is_
from typing import Any

import numpy as np

from ..base.arrays import Array
from ..base.columns import counted
from ..base.errors import GraphError, InputError
from ..base.results import Cell, Matrix, Part, Result, Table, Typeset, plotted
from ..calculus.rewriting import rewrite
from ..calculus.rows import Identity
from ..graph.fitting import check_fit
from ..graph.leaves import Inputs
from ..graph.nodes import Graph
from ..graph.shapes import described
from ..plan import Selection, plans_of
from .contraction import CONTRACT, KNOWN, ORDERS, checked_order, chosen_order, order_costs, outer_terms
from .gram_sums import GramSums, Term
from .jacobians import Factors, Pulled, Sizes, backward_from, factor_plans, layer_sizes, length, pulled
from .norms import parameters_of, refuse_mixing

PARTNERS = 8  # plans kept for one side
ONE_ROW = Identity(  # the gradient of an embedding of one word
    "row put back as an outer product",
    "untake(s, t, x)",
    "outer(scatter(1, t, pick(x, 0)), s)",
    "norm",
    when="ranks 0 t, ranks 2 x",
)


@dataclass(frozen=True)
class Kernel(Result):
    """The inner products: `total` is their sum over `by_parameter`; prints itself and what each order costs.

    Shapes: (O, O) for two examples and a vector output, a scalar for a scalar output; batches of N1 and N2 put (N1, N2) in front.
    """

    total: Array
    by_parameter: Mapping[str, Array]
    sizes: Mapping[str, Sizes]
    costs: Mapping[str, Mapping[str, int]]  # multiplications for one pair of examples, by parameter and order, after M1 and M4 are there
    chosen: Mapping[str, str]

    def plot(self) -> Any:
        """The figure of it: a map of the total and of each parameter's part, over the pairs of examples or of outputs."""
        return plotted(self)

    def parts(self) -> list[Part]:
        orders = [order for order in KNOWN if any(order in costs for costs in self.costs.values())]
        sizes = [Typeset(letter, letter) for letter in "OYP"]
        rows: list[list[Cell]] = []
        for name, costs in self.costs.items():
            rows.append([name, *map(str, self.sizes[name]), *(str(costs.get(order, "-")) for order in orders), self.chosen[name]])
        return [Matrix(self.total), Table(("parameter", *sizes, *orders, "chosen"), rows, "l" + "r" * (3 + len(orders)) + "l")]


# --- one example, or a batch of them ------------------------------------------------------------------------------------------


def _output(graph: Graph, output: str) -> str:
    if not output and len(graph.outputs) != 1:
        fact, names = f"{graph.name} has {counted(len(graph.outputs), 'outputs')}; say ", f"one of {', '.join(graph.outputs)}"
        raise InputError(f"{fact}output= {names}").with_shell(f"{fact}--output {names}")
    name = output or graph.outputs[0]
    if len(graph[name].shape) > 1:
        fact = f"{name} is {described(graph[name].shape)}; the inner products are for a scalar or a vector output"
        raise GraphError(f"{fact}, such as reshape({name}, [-1])")
    refuse_mixing(graph)
    return name


@dataclass(frozen=True, eq=False)
class Side:
    """What is known of an example, or a batch of them, before its numbers: shapes, sizes, types."""

    graph: Graph  # the backward graph
    inputs: Inputs  # without the arrays
    parameters: tuple[str, ...]
    bars: Mapping[str, str]  # parameter -> its cotangent
    outputs: int  # O
    partners: dict[Side, KernelPlan] = field(default_factory=dict)  # the plans for this side and another

    @property
    def examples(self) -> int:
        return 1 if self.inputs.batch is None else self.inputs.batch


class Kernels:
    """The compiled plans of the inner products of one output, in one order, for every set of shapes."""

    def __init__(self, graph: Graph, order: str, output: str) -> None:
        self.graph, self.how, self.output = graph, order, output
        self.order = tuple(leaf.name for leaf in graph.leaves)
        self.examples = tuple(leaf.name for leaf in graph.leaves if leaf.op != "parameter")
        self.sides: Selection[Side] = Selection(graph, self._side)

    def table(self, example: Any, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """An example as a table of inputs by name."""
        if example.__class__ is not np.ndarray and (example is None or isinstance(example, Mapping)):  # the quick look first
            return example or {}
        free = [name for name in self.examples if name not in values]
        if len(free) != 1:
            names, example = ", ".join(free) or "none", (free or ["x"])[0]
            raise InputError(f"{self.graph.name} has the inputs {names}; give x1 and x2 as tables such as {{'{example}': ...}}")
        return {free[0]: example}

    def _side(self, inputs: Inputs) -> tuple[None, Side]:
        check_fit(self.graph, inputs.sizes)
        names = parameters_of(self.graph, inputs)
        if not names:
            raise InputError(f"{self.graph.name} has no parameters; give those of parsed text without a batch axis")
        backward_pass = rewrite(backward_from(self.graph, names, self.output), ("norm",), rows=[ONE_ROW])
        bars = dict(zip(names, backward_pass.outputs, strict=True))
        types = {name: np.empty(0, array.dtype) for name, array in inputs.arrays.items()}
        slim = replace(inputs, arrays=types)
        return None, Side(backward_pass, slim, names, bars, length(self.graph, self.output, inputs))

    def kernel(self, first: Side, second: Side) -> KernelPlan:
        """The plan for two sides."""
        if second not in first.partners:
            for side in self.sides.plans:
                for plan in side.about.partners.values():
                    plan.sums.forget()
            if len(first.partners) >= PARTNERS:
                first.partners.clear()
            first.partners[second] = _plan(self.graph, self.output, self.how, first, second)
        return first.partners[second]


def kernels(graph: Graph, order: str, output: str) -> Kernels:
    """The compiled plans, kept with the graph."""
    return plans_of(graph, ("ntk", order, output), lambda: Kernels(graph, checked_order(order), _output(graph, output)))


@dataclass(frozen=True)
class KernelPlan:
    """How the inner products of two sides are computed, parameter by parameter."""

    sides: tuple[Side, Side]
    sums: GramSums  # of the parameters whose M2 is not formed
    factors: Mapping[str, tuple[Factors, Factors]]  # of the others
    drop: tuple[int, ...]  # the axes of (N1, N2, O, O) that the answer does not have
    shape: tuple[int, ...]  # (parameters and 1 more for the total, O, N1, O, N2)
    dtype: np.dtype
    sizes: Mapping[str, Sizes]
    costs: Mapping[str, Mapping[str, int]]
    chosen: Mapping[str, str]

    def __call__(self, arrays1: Sequence[Array], arrays2: Sequence[Array]) -> Kernel:
        """The kernel of two examples or batches."""
        first, second = self.sides
        is_same = arrays1 is arrays2 or (first is second and all(map(is_, arrays1, arrays2)))
        shares = np.empty(self.shape, self.dtype)  # one block of memory: NumPy keeps it for the next call
        for name in self.factors:
            share = shares[self.sums.parameters.index(name)]
            share[...] = self._multiplied(name, arrays1, arrays2, is_same).transpose(2, 0, 3, 1)
        self.sums((arrays1,) if is_same else (arrays1, arrays2), shares)
        found = shares.transpose(0, 2, 4, 1, 3)  # (O, N1, O, N2) as (N1, N2, O, O)
        *parts, total = found.squeeze(self.drop) if self.drop else found
        return Kernel(total, dict(zip(self.chosen, parts, strict=True)), self.sizes, self.costs, self.chosen)

    def _multiplied(self, name: str, arrays1: Sequence[Array], arrays2: Sequence[Array], is_same: bool) -> Array:
        """The product of the four factors, in the order chosen."""
        first, second = self.factors[name]
        a, b = first.run(arrays1)
        d, c = (a, b) if is_same else second.run(arrays2)
        if len(a) == len(b) == len(c) == len(d) == 1:
            theta = CONTRACT[self.chosen[name]](a[0], b[0], c[0].T, d[0].T)[None, None]
        else:
            theta = CONTRACT[self.chosen[name]](a[:, None], b[:, None], c[None].swapaxes(-1, -2), d[None].swapaxes(-1, -2))
        return np.broadcast_to(theta, tuple(side.examples for side in self.sides) + theta.shape[2:])


def _plan(graph: Graph, output: str, how: str, first: Side, second: Side) -> KernelPlan:
    """Check that two sides go together, choose the orders, and write the plans."""
    for side in (first, second):
        for name in side.parameters:
            if name in side.inputs.batched:
                raise InputError(f"{name} has a batch axis; the inner products are over parameters that all examples share")
    for size, number in first.inputs.sizes.items():
        if second.inputs.sizes[size] != number:
            raise InputError(f"the two examples differ in size: {size} is {number} in x1 and {second.inputs.sizes[size]} in x2")
    sizes, costs, chosen = {}, {}, {}
    for name in first.parameters:
        sizes[name] = layer_sizes(graph, name, output, first.inputs)
        costs[name] = order_costs(graph, name, output, first.graph, first.inputs, first.bars[name])
        chosen[name] = chosen_order(costs[name], first.examples * second.examples) if how == "auto" else how
        if chosen[name] not in costs[name]:
            others = ", ".join(o for o in KNOWN if o != "structured")
            raise InputError(f"{name}: its gradient is not a sum of outer products, so there is no structured order; use one of {others}")
    written = [_pulled_terms(graph, output, side, chosen) for side in ((first,) if first is second else (first, second))]
    dense = {
        name: (factor_plans(graph, name, output, first.inputs), factor_plans(graph, name, output, second.inputs))
        for name, order in chosen.items() if order in ORDERS
    }  # fmt: skip
    drop = [k for k, side in enumerate((first, second), 1) if side.inputs.batch is None] + ([] if graph[output].shape else [3, 4])
    terms = {name: (written[0][1][name], written[-1][1][name]) for name in written[0][1]}
    dtype = np.result_type(first.inputs.dtype, second.inputs.dtype)
    shape = (len(chosen) + 1, first.outputs, first.examples, second.outputs, second.examples)
    sums = GramSums(list(chosen), terms, (written[0][0], written[-1][0]), dtype)
    return KernelPlan((first, second), sums, dense, tuple(drop), shape, dtype, sizes, costs, chosen)


def _pulled_terms(graph: Graph, output: str, side: Side, chosen: Mapping[str, str]) -> tuple[Pulled, dict[str, list[Term]]]:
    """The plan for everything that the parameters without M2 are made of, and their terms by the plan's numbers."""
    named = {
        name: outer_terms(side.graph, side.bars[name]) or [] if order == "structured" else [(1, side.bars[name], "")]
        for name, order in chosen.items() if order not in ORDERS
    }  # fmt: skip
    wanted = {n: (side.graph, n) for terms in named.values() for _, a, b in terms for n in (a, b) if n}
    plan = pulled(graph, output, side.inputs, wanted)
    numbers = plan.numbers
    return plan, {name: [(times, numbers[a], numbers[b] if b else None) for times, a, b in terms] for name, terms in named.items()}
