"""How much a graph computes at given sizes; and a bound on it for values that nobody has given: a size in a document is quickly written."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping

from ..base.errors import InputError
from ..base.limits import GIVEN_TIMES, NUMBERS
from .formulas import named_axes
from .nodes import Graph, Node
from .operators import OPS
from .sizes import size_of

AT_ONCE = 16  # multiplications of a product that take as long as to look at one number


def check_work(graph: Graph, sizes: Mapping[str, int], examples: int, given: int) -> None:
    """Raise InputError where a graph at these sizes computes out of proportion to the `given` numbers, for so many `examples`."""
    counted: dict[tuple[tuple[str, int], ...], int] = graph.__dict__.setdefault("_work", {})  # a graph may run often
    key = tuple(sorted(sizes.items()))
    if key not in counted:
        known = defaultdict(lambda: 1, sizes)  # of a size that nobody has given nothing is said
        counted[key] = sum(work(graph, node, known) for node in graph.nodes)
    limit = max(NUMBERS, GIVEN_TIMES * given)
    if examples * counted[key] > limit:
        at = ", ".join(f"{name} = {size:,}" for name, size in key) or "these shapes"
        raise InputError(
            f"{graph.name} with {at} computes more than {limit:,} numbers, the most where not all values are given; take smaller sizes, "
            "or give every input and parameter"
        )


def work(graph: Graph, node: Node, sizes: Mapping[str, int]) -> int:
    """How many numbers a node reads and makes; of products AT_ONCE multiplications count as one more."""
    shapes = [[size_of(d, sizes) for d in graph.by_name[name].shape] for name in node.inputs]
    numbers = math.prod(size_of(d, sizes) for d in node.shape) + sum(map(math.prod, shapes))
    if not node.inputs:
        return numbers
    op = OPS[node.op]
    letters: dict[str, int] = {}
    for axes, shape in zip(named_axes(op, dict(node.attrs)), shapes, strict=False):
        letters.update(zip(axes[::-1], shape[::-1], strict=False))
    letters.update(zip(op.output[::-1], [size_of(d, sizes) for d in node.shape[::-1]], strict=False))
    products = ([letters[a] for a in product.split() if a in letters] for product in op.muls.split(" + "))
    taken = sum(math.prod(sizes) for sizes in products if sizes) or math.prod(letters.values())
    return numbers + taken // AT_ONCE
