r"""Inner products of Jacobians, \Theta = (df1/d\theta)(df2/d\theta)^T, and the orders of multiplying them out. Serves question 2.3.

For one parameter the product is M1 M2 M3 M4: how the output depends on the layer's output (M1, O x Y), how that depends on the parameter
(M2, Y x P), and the same for the second example, transposed. M1 is O vector-Jacobian products of the backward graph, run as one batch, and
M1 M2 is O more through the layer, without M2. Where a layer's gradient is a sum of outer products, the identity
inner(outer(a, b), outer(c, d)) = inner(a, c) inner(b, d) makes M2 M3 a number times the identity: the structured order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .errors import GraphError, InputError
from .gradnorm import parameters_of, refuse_mixing
from .graph import Graph
from .jacobians import Factors, Pulled, Sizes, backward_from, factor_plans, layer_sizes, length, pulled
from .orders import CONTRACT, KNOWN, ORDERS, checked_order, chosen_order, order_costs, outer_terms
from .plan.entry import KEPT, Plans, plans_of
from .values import Inputs

Grams = dict[tuple[int, int], np.ndarray]  # inner products of two values, by the plans' numbers
Term = tuple[int, int, int | None]  # how often, and the plan's numbers of column and row


@dataclass(frozen=True)
class Kernel:
    """The inner products: `total` is their sum over `by_parameter`; prints what each order costs.

    Shapes: (O, O) for two examples and a vector output, a scalar for a scalar output; batches of N1 and N2 put (N1, N2) in front.
    """

    total: np.ndarray
    by_parameter: Mapping[str, np.ndarray]
    sizes: Mapping[str, Sizes]
    costs: Mapping[str, Mapping[str, int]]  # multiplications for one pair of examples, by parameter and order, after M1 and M4 are there
    chosen: Mapping[str, str]

    def __str__(self) -> str:
        orders = [order for order in KNOWN if any(order in costs for costs in self.costs.values())]
        table = [("parameter", "O", "Y", "P", *orders, "chosen")]
        for name, costs in self.costs.items():
            table.append((name, *map(str, self.sizes[name]), *(str(costs.get(order, "-")) for order in orders), self.chosen[name]))
        widths = [max(len(row[k]) for row in table) for k in range(len(table[0]))]
        return "\n".join("  ".join(f"{cell:{w}}" for cell, w in zip(row, widths, strict=True)).rstrip() for row in table)


def ntk(
    graph: Graph,
    /,
    x1: Any = None,
    x2: Any = None,
    order: str = "auto",
    output: str = "",
    *,
    rng: np.random.Generator | None = None,
    **values: Any,
) -> Kernel:
    """The inner products of the Jacobians of an output at two examples, for each parameter and in total.

    `x1`, `x2`: the value of the graph's only input, or a table of inputs by name; a batch axis in front gives every pair. The document's
    values are the default. `output` defaults to the graph's only output. `order` is one of ORDERS, which multiply dense matrices; "vjp",
    which is outside-in by vector-Jacobian products; "structured", where the gradient is a sum of outer products; or "auto": for each
    parameter, whichever takes the fewest multiplications for all pairs, those of ORDERS charged FORMING for making M2 a matrix.

    Raises InputError for an unknown order, an order that does not apply, or values that do not fit; GraphError for an output that is a
    matrix and for an operator that mixes examples. Source: question 2.3; Novak et al., arXiv:2206.08720.

    >>> from a1viz.documents import load
    >>> ntk(load("two_layer"), x1=[1, 3, 1], x2=[1, 0, 0]).total.shape
    (3, 3)
    """
    plans = plans_of(graph, ("ntk", order, output), lambda: Kernels(graph, checked_order(order), _output(graph, output)))
    first, arrays1 = plans.sides.find({**values, **_table(graph, x1, values)}, rng)
    shared = {name: array for name, array in zip(plans.order, arrays1, strict=True) if name in first.about.parameters}
    second, arrays2 = plans.sides.find({**values, **_table(graph, x2, values), **shared}, rng)
    return plans.kernel(first.about, second.about)(arrays1, arrays2)


# --- one example, or a batch of them ------------------------------------------------------------------------------------------


def _output(graph: Graph, output: str) -> str:
    if not output and len(graph.outputs) != 1:
        raise InputError(f"{graph.name} has {len(graph.outputs)} outputs; say output= one of {', '.join(graph.outputs)}")
    name = output or graph.outputs[0]
    if len(graph[name].shape) > 1:
        raise GraphError(f"{name} is a matrix; the inner products are for a scalar or a vector output")
    refuse_mixing(graph)
    return name


def _table(graph: Graph, example: Any, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """An example as a table of inputs by name."""
    if example is None or isinstance(example, Mapping):
        return example or {}
    free = [leaf.name for leaf in graph.leaves if leaf.op != "parameter" and leaf.name not in values]
    if len(free) != 1:
        names, example = ", ".join(free) or "none", (free or ["x"])[0]
        raise InputError(f"{graph.name} has the inputs {names}; give x1 and x2 as tables such as {{'{example}': ...}}")
    return {free[0]: example}


@dataclass(frozen=True, eq=False)
class Side:
    """What is known of an example, or a batch of them, before its numbers: shapes, sizes, types."""

    graph: Graph  # the backward graph
    inputs: Inputs  # without the arrays
    parameters: tuple[str, ...]
    bars: Mapping[str, str]  # parameter -> its cotangent
    outputs: int  # O
    partners: dict[Side, Plan] = field(default_factory=dict)  # the plans for this side and another

    @property
    def examples(self) -> int:
        return 1 if self.inputs.batch is None else self.inputs.batch


class Kernels:
    """The compiled plans of the inner products of one output, in one order, for every set of shapes."""

    def __init__(self, graph: Graph, order: str, output: str) -> None:
        self.graph, self.how, self.output = graph, order, output
        self.order = tuple(leaf.name for leaf in graph.leaves)
        self.sides = Plans(graph, self._side)

    def _side(self, inputs: Inputs) -> tuple[None, Side]:
        names = parameters_of(self.graph, inputs)
        if not names:
            raise InputError(f"{self.graph.name} has no parameters; give those of parsed text without a batch axis")
        whole = backward_from(self.graph, names, self.output)
        bars = dict(zip(names, whole.outputs, strict=True))
        types = {name: np.empty(0, array.dtype) for name, array in inputs.arrays.items()}
        slim = replace(inputs, arrays=types)
        return None, Side(whole, slim, names, bars, length(self.graph, self.output, inputs))

    def kernel(self, first: Side, second: Side) -> Plan:
        """The plan for two sides."""
        if second not in first.partners:
            if len(first.partners) >= KEPT:
                first.partners.clear()
            first.partners[second] = _plan(self.graph, self.output, self.how, first, second)
        return first.partners[second]


@dataclass(frozen=True)
class Plan:
    """How the inner products of two sides are computed, parameter by parameter."""

    sides: tuple[Side, Side]
    pulled: tuple[Pulled, Pulled]  # the values of the terms of each side
    terms: Mapping[str, tuple[Sequence[Term], Sequence[Term]]]  # of the parameters whose M2 is not formed
    factors: Mapping[str, tuple[Factors, Factors]]  # of the others
    drop: tuple[int, ...]  # the axes of (N1, N2, O, O) that the answer does not have
    dtype: np.dtype
    sizes: Mapping[str, Sizes]
    costs: Mapping[str, Mapping[str, int]]
    chosen: Mapping[str, str]

    def __call__(self, arrays1: Sequence[np.ndarray], arrays2: Sequence[np.ndarray]) -> Kernel:
        """The kernel of two examples or batches."""
        is_same = self.sides[0] is self.sides[1] and all(a is b for a, b in zip(arrays1, arrays2, strict=True))
        found = [self._values(0, arrays1)]
        found.append(found[0] if is_same else self._values(1, arrays2))
        first, second = self.sides
        room = np.empty((len(self.chosen) + 1, first.outputs, first.examples, second.outputs, second.examples), self.dtype)
        parts = dict(zip(self.chosen, room, strict=False))  # one block of memory: NumPy keeps it for the next call
        homes = {self._lone_term(name): part for name, part in parts.items() if self._lone_term(name)}
        grams: Grams = {}
        for name, part in parts.items():
            if name in self.terms:
                self._gram_sum(self.terms[name], found, grams, homes, part)
            else:
                part[...] = self._multiplied(name, arrays1, arrays2, is_same).transpose(2, 0, 3, 1)
        total = self._shaped(_total([*parts.values()], room[-1]))
        return Kernel(total, {name: self._shaped(part) for name, part in parts.items()}, self.sizes, self.costs, self.chosen)

    def _lone_term(self, name: str) -> tuple[int, int] | None:
        """The Gram matrix that is a parameter's whole share: a bias's."""
        terms1, terms2 = self.terms.get(name, ((), ()))
        if len(terms1) != 1 or len(terms2) != 1 or terms1[0][0] * terms2[0][0] != 1 or terms1[0][2] is not None:
            return None
        return terms1[0][1], terms2[0][1]

    def _shaped(self, theta: np.ndarray) -> np.ndarray:
        """(O, N1, O, N2) as (N1, N2, O, O), without the axes that the answer does not have."""
        return theta.transpose(1, 3, 0, 2).squeeze(self.drop)

    def _values(self, side: int, arrays: Sequence[np.ndarray]) -> dict[int, np.ndarray]:
        plan = self.pulled[side]
        return {k: plan.shaped(k, array) for k, array in plan.run(arrays).items()} if plan.numbers else {}

    def _multiplied(self, name: str, arrays1: Sequence[np.ndarray], arrays2: Sequence[np.ndarray], is_same: bool) -> np.ndarray:
        """The product of the four factors, in the order chosen."""
        first, second = self.factors[name]
        a, b = first.run(arrays1)
        d, c = (a, b) if is_same else second.run(arrays2)
        if len(a) == len(b) == len(c) == len(d) == 1:
            theta = CONTRACT[self.chosen[name]](a[0], b[0], c[0].T, d[0].T)[None, None]
        else:
            theta = CONTRACT[self.chosen[name]](a[:, None], b[:, None], c[None].swapaxes(-1, -2), d[None].swapaxes(-1, -2))
        return np.broadcast_to(theta, tuple(side.examples for side in self.sides) + theta.shape[2:])

    def _gram_sum(self, terms: Sequence[Sequence[Term]], found: Sequence[Mapping], grams: Grams, homes: Grams, out: np.ndarray) -> None:
        """The sum over all pairs of terms of inner(a, c) inner(b, d), as matrix products over outputs and examples: (O, N1, O, N2)."""
        is_first = True
        for times1, a, b in terms[0]:
            for times2, c, d in terms[1]:
                product = _remembered(grams, homes, (a, c), found[0][a], found[1][c])
                if b is not None:
                    factor = _remembered(grams, homes, (b, d), found[0][b], found[1][d])
                    product = np.multiply(product, factor, out=out) if is_first else product * factor
                if times1 * times2 != 1:
                    product = times1 * times2 * product
                if is_first and product is not out:
                    out[...] = product
                elif not is_first:
                    out += product
                is_first = False
        if is_first:
            out.fill(0)


def _plan(graph: Graph, output: str, how: str, first: Side, second: Side) -> Plan:
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
            raise InputError(f"{name}: its gradient is no sum of outer products, so there is no structured order; use one of {others}")
    written = [_pulled_terms(graph, output, side, chosen) for side in ((first,) if first is second else (first, second))]
    dense = {name: [factor_plans(graph, name, output, s.inputs) for s in (first, second)] for name, o in chosen.items() if o in ORDERS}
    drop = [k for k, side in enumerate((first, second)) if side.inputs.batch is None] + ([] if graph[output].shape else [2, 3])
    terms = {name: (written[0][1][name], written[-1][1][name]) for name in written[0][1]}
    dtype = np.result_type(first.inputs.dtype, second.inputs.dtype)
    pulled = written[0][0], written[-1][0]
    return Plan((first, second), pulled, terms, {n: tuple(f) for n, f in dense.items()}, tuple(drop), dtype, sizes, costs, chosen)


def _pulled_terms(graph: Graph, output: str, side: Side, chosen: Mapping[str, str]) -> tuple[Pulled, dict[str, list[Term]]]:
    """The plan for everything that the parameters without M2 are made of, and their terms by the plan's numbers."""
    named = {
        name: outer_terms(side.graph, side.bars[name]) if order == "structured" else [(1, side.bars[name], "")]
        for name, order in chosen.items() if order not in ORDERS
    }  # fmt: skip
    wanted = {n: (side.graph, n) for terms in named.values() for _, a, b in terms for n in (a, b) if n}
    plan = pulled(graph, output, side.inputs, wanted)
    numbers = plan.numbers
    return plan, {name: [(times, numbers[a], numbers[b] if b else None) for times, a, b in terms] for name, terms in named.items()}


def _remembered(grams: Grams, homes: Grams, key: tuple[int, int], a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The Gram matrix of two values; that of a weight's error vectors is its bias's too, and is put there at once."""
    if key not in grams:
        grams[key] = _gram(a, b, homes.get(key))
    return grams[key]


def _total(parts: Sequence[np.ndarray], out: np.ndarray) -> np.ndarray:
    """The sum over the parameters."""
    np.add(parts[0], parts[1] if len(parts) > 1 else 0, out=out)
    for part in parts[2:]:
        out += part
    return out


def _gram(a: np.ndarray, b: np.ndarray, home: np.ndarray | None = None) -> np.ndarray:
    """All inner products of (O1, N1, ...) with (O2, N2, ...): shape (O1, N1, O2, N2); in `home` if it has that shape and type."""
    length, shape = math.prod(a.shape[2:]), (*a.shape[:2], *b.shape[:2])
    rows, columns = a.reshape(a.shape[0] * a.shape[1], length), b.reshape(b.shape[0] * b.shape[1], length).T
    if home is None or home.shape != shape or home.dtype != np.result_type(a, b):
        return (rows @ columns).reshape(shape)
    rows.dot(columns, home.reshape(rows.shape[0], columns.shape[1]))
    return home
