r"""Inner products of Jacobians, \Theta = (df1/d\theta)(df2/d\theta)^T, and the orders of multiplying them out. Serves question 2.3.

For one parameter the product is M1 M2 M3 M4: how the output depends on the layer's output (M1, O x Y), how that depends on the parameter
(M2, Y x P), and the same for the second example, transposed. M1 is O vector-Jacobian products of the backward graph, run as one batch, and
M1 M2 is O more through the layer, without M2. Where a layer's gradient is a sum of outer products, the identity
inner(outer(a, b), outer(c, d)) = inner(a, c) inner(b, d) makes M2 M3 a number times the identity: the structured order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .autodiff import derived_name
from .cost import multiplications
from .errors import GraphError, InputError, did_you_mean
from .gradnorm import dependents, parameters_of, refuse_mixing
from .graph import Graph
from .jacobians import Side, Sizes, backward_from, factors, layer_sizes, length, uses_of
from .values import gather

# each order: the shapes (rows, inner, columns) of its successive matrix products, and the products themselves
ORDERS = {
    "outside-in": lambda O, Y, P: ((O, Y, P), (P, Y, O), (O, P, O)),
    "left-to-right": lambda O, Y, P: ((O, Y, P), (O, P, Y), (O, Y, O)),
    "right-to-left": lambda O, Y, P: ((P, Y, O), (Y, P, O), (O, Y, O)),
    "inside-out-left": lambda O, Y, P: ((Y, P, Y), (O, Y, Y), (O, Y, O)),
    "inside-out-right": lambda O, Y, P: ((Y, P, Y), (Y, Y, O), (O, Y, O)),
}
CONTRACT = {
    "outside-in": lambda a, b, c, d: (a @ b) @ (c @ d),
    "left-to-right": lambda a, b, c, d: ((a @ b) @ c) @ d,
    "right-to-left": lambda a, b, c, d: a @ (b @ (c @ d)),
    "inside-out-left": lambda a, b, c, d: (a @ (b @ c)) @ d,
    "inside-out-right": lambda a, b, c, d: a @ ((b @ c) @ d),
}
ALIASES = {"inside-out": "inside-out-left"}
KNOWN = ("auto", "structured", "vjp", *ORDERS)  # at a tie auto takes what comes first


def order_cost(order: str, O: int, Y: int, P: int) -> int:
    """The multiplications of an order for dense matrices of these sizes.

    Raises InputError for an order of another name.

    >>> order_cost("outside-in", 2, 3, 5)
    80
    """
    order = checked_order(order, tuple(ORDERS))
    return sum(math.prod(shape) for shape in ORDERS[order](O, Y, P))


def cheapest(O: int, Y: int, P: int) -> str:
    """The order with the fewest multiplications; the first of the table at a tie."""
    return min(ORDERS, key=lambda order: order_cost(order, O, Y, P))


def checked_order(order: str, known: Sequence[str] = KNOWN) -> str:
    """An order by its name in the table. Raises InputError if there is none."""
    if ALIASES.get(order, order) not in known:
        raise InputError(f"unknown order {order!r}{did_you_mean(order, [*known, *ALIASES])}; the orders are {', '.join(known)}")
    return ALIASES.get(order, order)


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
    parameter, whichever takes the fewest multiplications for a pair.

    Raises InputError for an unknown order, an order that does not apply, or values that do not fit; GraphError for an output that is a
    matrix and for an operator that mixes examples. Source: question 2.3; Novak et al., arXiv:2206.08720.

    >>> from a1viz.documents import load
    >>> ntk(load("two_layer"), x1=[1, 3, 1], x2=[1, 0, 0]).total.shape
    (3, 3)
    """
    order = checked_order(order)
    refuse_mixing(graph)
    output = _output(graph, output)
    sides = _sides(graph, output, (x1, x2), values, rng)
    parts, sizes, costs, chosen = {}, {}, {}, {}
    for name in sides[0].bars:
        sizes[name] = layer_sizes(graph, name, output, sides[0].inputs)
        costs[name] = _costs(graph, name, output, sides[0], sizes[name])
        chosen[name] = min(costs[name], key=costs[name].__getitem__) if order == "auto" else order
        if chosen[name] not in costs[name]:
            others = ", ".join(o for o in KNOWN if o != "structured")
            raise InputError(f"{name}: its gradient is no sum of outer products, so there is no structured order; use one of {others}")
        parts[name] = _contracted(graph, name, output, sides, chosen[name])
    return Kernel(sum(parts.values()), parts, sizes, costs, chosen)


# --- one example, or a batch of them ------------------------------------------------------------------------------------------


def _output(graph: Graph, output: str) -> str:
    if not output and len(graph.outputs) != 1:
        raise InputError(f"{graph.name} has {len(graph.outputs)} outputs; say output= one of {', '.join(graph.outputs)}")
    name = output or graph.outputs[0]
    if len(graph[name].shape) > 1:
        raise GraphError(f"{name} is a matrix; the inner products are for a scalar or a vector output")
    return name


def _sides(graph: Graph, output: str, examples: Sequence[Any], values: Mapping[str, Any], rng: np.random.Generator | None) -> list[Side]:
    """Both examples, checked, with the same parameters."""
    inputs = [gather(graph, {**values, **_table(graph, example, values)}, rng) for example in examples[:1]]
    names = parameters_of(graph, inputs[0])
    if not names:
        raise InputError(f"{graph.name} has no parameters; give those of parsed text without a batch axis")
    shared = {name: inputs[0].arrays[name] for name in names}  # a parameter that was drawn is drawn once
    inputs += [gather(graph, {**values, **_table(graph, example, values), **shared}, rng) for example in examples[1:]]
    for name in names:
        if name in inputs[0].batched:
            raise InputError(f"{name} has a batch axis; the inner products are over parameters that all examples share")
    for size, number in inputs[0].sizes.items():
        if inputs[1].sizes[size] != number:
            raise InputError(f"the two examples differ in size: {size} is {number} in x1 and {inputs[1].sizes[size]} in x2")
    whole = backward_from(graph, names, output)
    bars, seed = dict(zip(names, whole.outputs, strict=True)), derived_name(graph, output, "bar")
    return [Side(whole, found, bars, seed, length(graph, output, found)) for found in inputs]


def _table(graph: Graph, example: Any, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """An example as a table of inputs by name."""
    if example is None or isinstance(example, Mapping):
        return example or {}
    free = [leaf.name for leaf in graph.leaves if leaf.op != "parameter" and leaf.name not in values]
    if len(free) != 1:
        names, example = ", ".join(free) or "none", (free or ["x"])[0]
        raise InputError(f"{graph.name} has the inputs {names}; give x1 and x2 as tables such as {{'{example}': ...}}")
    return {free[0]: example}


# --- structured, and by vector-Jacobian products: M2 is not formed --------------------------------------------------------------


def outer_terms(graph: Graph, bar: str) -> list[tuple[int, str, str]] | None:
    """The outer products a gradient is the sum of, as (how often, column, row); None if it is no such sum.

    A gradient that is a scalar or a vector is (1, itself, "").
    """
    if len(graph[bar].shape) < 2:
        return [(1, bar, "")]
    waiting = {(bar, False): 1}  # (variable, is it transposed?) -> how often; a variable used again is not followed again
    found: dict[tuple[str, str], int] = {}
    for node in reversed(graph.nodes):
        for is_transposed in (False, True):
            times = waiting.pop((node.name, is_transposed), 0)
            if not times:
                continue
            if node.op == "outer":
                pair = node.inputs[::-1] if is_transposed else node.inputs
                found[pair] = found.get(pair, 0) + times
            elif node.op in ("add", "sub", "neg", "identity", "transpose") and {graph[i].shape for i in node.inputs} <= {
                node.shape[:: -1 if node.op == "transpose" else 1]
            }:
                signs = {"sub": (1, -1), "neg": (-1,)}.get(node.op, (1, 1))
                for name, sign in zip(node.inputs, signs, strict=False):
                    key = name, is_transposed ^ (node.op == "transpose")
                    waiting[key] = waiting.get(key, 0) + sign * times
            elif not _is_zero(graph, node.name):
                return None
    return [(times, column, row) for (column, row), times in found.items() if times]


def _is_zero(graph: Graph, name: str) -> bool:
    node = graph[name]
    return node.op == "fill" and graph[node.inputs[0]].op == "constant" and graph[node.inputs[0]].value == 0


def _costs(graph: Graph, parameter: str, output: str, side: Side, sizes: Sizes) -> dict[str, int]:
    """Multiplications of each order for one pair of examples, once M1 and M4 are there; in the order of KNOWN."""
    O, _, P = sizes
    costs = {}
    terms = outer_terms(side.graph, side.bars[parameter])
    if terms is not None:
        costs["structured"] = _structured_cost(side, terms)
    uses = tuple(dict.fromkeys(name for name, _ in uses_of(graph, parameter)))
    before, whole = (backward_from(graph, wrt, output) for wrt in (uses, (*uses, parameter)))
    seeded = dependents(whole, [side.seed])
    through = sum(
        multiplications(whole, node).at(side.inputs.sizes) * (O if node.name in seeded else 1)
        for node in whole.nodes
        if not node.is_leaf and node.name not in before
    )
    costs["vjp"] = 2 * through + O * P * O
    return costs | {order: order_cost(order, *sizes) for order in ORDERS}


def _structured_cost(side: Side, terms: Sequence[tuple[int, str, str]]) -> int:
    """For each pair of terms the two Gram matrices and their product; what is the same for all O cotangents is one row of a Gram matrix."""

    def rows(name: str) -> int:
        return side.outputs if name in side.seeded else 1

    total = 0
    for _, a, b in terms:
        for _, c, d in terms:
            total += rows(a) * rows(c) * length(side.graph, a, side.inputs)
            if b:
                total += rows(b) * rows(d) * length(side.graph, b, side.inputs) + max(rows(a), rows(b)) * max(rows(c), rows(d))
    return total


def _contracted(graph: Graph, parameter: str, output: str, sides: Sequence[Side], order: str) -> np.ndarray:
    """The inner products for one parameter, in one order."""
    if order in ORDERS:
        (a, b), (d, c) = (factors(graph, parameter, output, side.inputs) for side in sides)
        pairs = a[:, None], b[:, None], c[None].swapaxes(-1, -2), d[None].swapaxes(-1, -2)
        theta = CONTRACT[order](*pairs)
    else:
        bars = [side.bars[parameter] for side in sides]
        terms = [outer_terms(side.graph, bar) if order == "structured" else [(1, bar, "")] for side, bar in zip(sides, bars, strict=True)]
        theta = _gram_sum(sides, terms).transpose(0, 2, 1, 3)
    drop = [k for k, side in enumerate(sides) if side.inputs.batch is None] + ([] if graph[output].shape else [2, 3])
    return theta.squeeze(tuple(drop))


def _gram_sum(sides: Sequence[Side], terms: Sequence[Sequence[tuple[int, str, str]]]) -> np.ndarray:
    """The sum over all pairs of terms of inner(a, c) inner(b, d), as matrix products over examples and outputs: (N1, O, N2, O)."""
    values = [side.values([n for _, a, b in t for n in (a, b) if n]) for side, t in zip(sides, terms, strict=True)]
    first, second = sides
    dtype = np.result_type(first.inputs.dtype, second.inputs.dtype)
    theta = np.zeros((first.examples, first.outputs, second.examples, second.outputs), dtype)
    for times1, a, b in terms[0]:
        for times2, c, d in terms[1]:
            product = _gram(values[0][a], values[1][c])
            if b:
                product = product * _gram(values[0][b], values[1][d])
            times = times1 * times2
            theta += product if times == 1 else times * product
    return theta


def _gram(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """All inner products of (N1, O1, ...) with (N2, O2, ...): shape (N1, O1, N2, O2)."""
    length = math.prod(a.shape[2:])
    return (a.reshape(a.shape[0] * a.shape[1], length) @ b.reshape(b.shape[0] * b.shape[1], length).T).reshape(*a.shape[:2], *b.shape[:2])
