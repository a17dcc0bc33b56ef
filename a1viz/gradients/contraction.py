"""The orders in which the four Jacobians of question 2.3 can be multiplied, what each costs, and which is taken.

Beside the five orders for dense matrices there are two that never make M2 a matrix: "vjp", and "structured", where a gradient is a sum of
outer products.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..base.errors import InputError, did_you_mean
from ..calculus.autodiff import derived_name
from ..calculus.costs import multiplications
from ..calculus.matching import summands
from ..graph.leaves import Inputs
from ..graph.nodes import Graph, dependents
from .jacobians import backward_from, layer_sizes, length, uses_of

# each order: the shapes (rows, inner, columns) of its successive matrix products, and the products themselves
ORDERS = {
    "outside-in": lambda O, Y, P: ((O, Y, P), (P, Y, O), (O, P, O)),
    "left-to-right": lambda O, Y, P: ((O, Y, P), (O, P, Y), (O, Y, O)),
    "right-to-left": lambda O, Y, P: ((P, Y, O), (Y, P, O), (O, Y, O)),
    "inside-out-left": lambda O, Y, P: ((Y, P, Y), (O, Y, Y), (O, Y, O)),
    "inside-out-right": lambda O, Y, P: ((Y, P, Y), (Y, Y, O), (O, Y, O)),
}
CONTRACT: dict[str, Callable[[Any, Any, Any, Any], Any]] = {
    "outside-in": lambda a, b, c, d: (a @ b) @ (c @ d),
    "left-to-right": lambda a, b, c, d: ((a @ b) @ c) @ d,
    "right-to-left": lambda a, b, c, d: a @ (b @ (c @ d)),
    "inside-out-left": lambda a, b, c, d: (a @ (b @ c)) @ d,
    "inside-out-right": lambda a, b, c, d: a @ ((b @ c) @ d),
}
ALIASES = {"inside-out": "inside-out-left"}
FORMING = 2**19  # multiplications: what the calls that make M2 a matrix take, more or less; fewer saved ones are not worth them
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


def chosen_order(costs: Mapping[str, int], pairs: int = 1) -> str:
    """The order with the fewest multiplications for so many pairs of examples, where forming M2 counts as FORMING more.

    >>> chosen_order({"structured": 40, "outside-in": 30})
    'structured'
    """
    return min(costs, key=lambda order: pairs * costs[order] + (FORMING if order in ORDERS else 0))


# --- what each costs --------------------------------------------------------------------------------------------------------------


def outer_terms(graph: Graph, bar: str) -> list[tuple[int, str, str]] | None:
    """The outer products a gradient is the sum of, as (how often, column, row); None if it is no such sum.

    A gradient that is a scalar or a vector is (1, itself, "").
    """
    if len(graph[bar].shape) < 2:
        return [(1, bar, "")]
    found: dict[tuple[str, str], int] = {}
    for (name, is_turned), times in summands(graph, bar).items():
        if graph[name].op == "outer" and len(graph[name].shape) == 2:
            column, row = graph[name].inputs[:: -1 if is_turned else 1]
            found[column, row] = found.get((column, row), 0) + times
        elif not _is_zero(graph, name):
            return None
    return [(times, column, row) for (column, row), times in found.items() if times]


def _is_zero(graph: Graph, name: str) -> bool:
    node = graph[name]
    return node.op == "fill" and graph[node.inputs[0]].op == "constant" and graph[node.inputs[0]].value == 0


def order_costs(graph: Graph, parameter: str, output: str, backward_pass: Graph, inputs: Inputs, bar: str) -> dict[str, int]:
    """Multiplications of each order for one pair of examples, once M1 and M4 are there; in the order of KNOWN.

    `backward_pass` is the backward graph of all parameters, `bar` the parameter's cotangent in it.
    """
    sizes = layer_sizes(graph, parameter, output, inputs)
    O, _, P = sizes
    seed, costs = derived_name(graph, output, "bar"), {}
    terms = outer_terms(backward_pass, bar)
    if terms is not None:
        seeded = dependents(backward_pass, [seed])
        costs["structured"] = _structured_cost(backward_pass, inputs, terms, dict.fromkeys(seeded, O))
    uses = tuple(dict.fromkeys(name for name, _ in uses_of(graph, parameter)))
    before, after = (backward_from(graph, wrt, output) for wrt in (uses, (*uses, parameter)))
    seeded = dependents(after, [seed])
    through = sum(
        multiplications(after, node).at(inputs.sizes) * (O if node.name in seeded else 1)
        for node in after.nodes
        if not node.is_leaf and node.name not in before
    )
    costs["vjp"] = 2 * through + O * P * O
    return costs | {order: order_cost(order, *sizes) for order in ORDERS}


def _structured_cost(graph: Graph, inputs: Inputs, terms: Sequence[tuple[int, str, str]], rows: Mapping[str, int]) -> int:
    """For each pair of terms the two Gram matrices and their product; what is the same for all O cotangents is one row of a Gram matrix."""
    total = 0
    for _, a, b in terms:
        for _, c, d in terms:
            total += rows.get(a, 1) * rows.get(c, 1) * length(graph, a, inputs)
            if b:
                total += rows.get(b, 1) * rows.get(d, 1) * length(graph, b, inputs)
                total += max(rows.get(a, 1), rows.get(b, 1)) * max(rows.get(c, 1), rows.get(d, 1))
    return total
