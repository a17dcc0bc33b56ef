"""Whether a graph fits the sizes that the arrays give it: what shapes made of names leave open, such as `reshape(x, [2, 3])` of D entries.

A plan computes only what is asked for, and would not notice; so this is looked at before, once for each set of sizes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..base.columns import counted
from ..base.errors import InputError, ShapeError
from .attributes import at_sizes
from .inference import result_shape
from .nodes import INNER, Graph, Node, expression_text
from .operators import OPS
from .shapes import shape_text
from .sizes import Dim, names_of, size_of

Core = tuple[int, ...]
WINDOWS = ("convolved", "pooled")  # rules of shapes that count windows
LIMIT = 60  # characters of an expression in a message


def check_fit(graph: Graph, sizes: Mapping[str, int]) -> None:
    """Raise InputError for an entry, a slice, a shape or a window that does not fit at these sizes, with the expression as written."""
    fitting: set[tuple[tuple[str, int], ...]] = graph.__dict__.setdefault("_fitting", set())  # a graph may run often
    key = tuple(sorted(sizes.items()))
    if key in fitting:
        return
    for node in graph.nodes:
        if not node.is_leaf and (node.op in ("reshape", "slice", "pick") or OPS[node.op].shape in WINDOWS):
            try:
                problem = _problem(graph, node, sizes)
            except KeyError:  # a size that no array gives
                continue
            if problem:
                raise InputError(f"{_said(graph, node)}: {problem}{_where(graph, node, sizes)}")
    fitting.add(key)


def _problem(graph: Graph, node: Node, sizes: Mapping[str, int]) -> str:
    """What does not fit; nothing, if all does."""
    shape = tuple(size_of(dim, sizes) for dim in graph[node.inputs[0]].shape)
    attributes = at_sizes(node.attrs, sizes)
    if node.op == "pick":
        return _beyond(graph[node.inputs[1]], shape[attributes.get("axis", -1)], sizes)
    if node.op == "slice":
        ends = zip(attributes["index"], shape, strict=True)
        wrong = (
            f"there are {counted(n, 'entries')}, and none from {start} to {stop}"
            for (start, stop), n in ends
            if not 0 <= start <= stop <= n
        )
        return next(wrong, "")
    if node.op == "reshape":
        return _reshaped(shape, attributes["shape"])
    return _windows(graph, node, attributes, sizes)


def _beyond(index: Node, n: int, sizes: Mapping[str, int]) -> str:
    """A fixed entry that is not there."""
    if index.op not in ("constant", "size") or index.shape:
        return ""
    k = size_of(index.value, sizes) if index.op == "size" else int(index.number)
    return "" if 0 <= k < n else f"there is no entry {k}; " + (f"entries are counted from 0 to {n - 1}" if n else "there are no entries")


def _reshaped(shape: Core, wanted: Core) -> str:
    if math.prod(shape) == math.prod(wanted) and min(wanted, default=0) >= 0:
        return ""
    return f"{counted(math.prod(shape), 'entries')} of shape {shape_text(shape)} do not make the shape {shape_text(wanted)}"


def _windows(graph: Graph, node: Node, attributes: dict[str, Any], sizes: Mapping[str, int]) -> str:
    shapes = [tuple(size_of(dim, sizes) for dim in graph[name].shape) for name in node.inputs]
    try:
        result_shape(OPS[node.op], shapes, lambda: [_said(graph, graph[name]) for name in node.inputs], tuple(attributes.items()))
    except ShapeError as error:
        return str(error).removeprefix(f"{node.op}: ")
    return ""


def _said(graph: Graph, node: Node) -> str:
    """A node's expression as written, or the name that it has."""
    if node.is_declared and node.is_leaf:
        return node.name
    return expression_text(graph, node.name, limit=LIMIT)


def _where(graph: Graph, node: Node, sizes: Mapping[str, int]) -> str:
    """The equation, and what the sizes are of which the shapes are made."""
    dims: list[Dim] = [dim for name in node.inputs for dim in graph[name].shape]
    dims += [*node.shape, *(graph[name].value for name in node.inputs if graph[name].op == "size")]
    names = dict.fromkeys(name for dim in dims for name in names_of(dim) if name in sizes)
    known = ", ".join(f"{name} is {sizes[name]}" for name in names)
    return f" (in the equation of {node.name.partition(INNER)[0]}" + (f"; {known})" if known else ")")
