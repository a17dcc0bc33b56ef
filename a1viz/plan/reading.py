"""From a graph to the values of a plan: operators taken apart into the calls their kernels make, so that what two of them have in common
is computed once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from ..graph.nodes import Graph, Node
from ..graph.operators import OPS
from ..graph.shapes import Dim
from .values import BATCH, SEEDS, Values, dtype_of, lead_of

# --- operators taken apart --------------------------------------------------------------------------------------------------------


def _shares(values: Values, x: int) -> tuple[int, int, int]:
    """x less its largest entry, the exponential of that, and its sum: what softmax and log_softmax have in common."""
    shifted = values.apply("sub", x, values.reduced("rowmax", x))
    e = values.apply("exp", shifted)
    return shifted, e, values.reduced("rowsum", e)


def _softmax(values: Values, x: int) -> int:
    _, e, total = _shares(values, x)
    return values.apply("div", e, total)


def _log_softmax(values: Values, x: int) -> int:
    shifted, _, total = _shares(values, x)
    return values.apply("sub", shifted, values.apply("log", total))


def _small(values: Values, x: int) -> int:
    """exp(-|x|), which never overflows: what the sigmoid and its losses have in common."""
    return values.apply("exp", values.apply("copysign", x, values.constant(-1, values.items[x].dtype)))


def _sigmoid(values: Values, x: int) -> int:
    """1 / (1 + exp(-x)), 0 where the exponential overflows; where a loss computes e = exp(-|x|), or to the bit as the kernel does,
    max(e, [x >= 0]) / (1 + e): 1 / (1 + e) for x >= 0, else e / (1 + e)."""
    one = values.constant(1, values.items[x].dtype)
    if not values.exact and x not in values.in_losses:
        return values.apply("div", one, values.apply("add", one, values.apply("exp", values.apply("neg", x))))
    e = _small(values, x)
    top = values.apply("maximum", e, values.apply("threshold", x))
    return values.apply("div", top, values.apply("add", values.constant(1, values.items[x].dtype), e))


def _softplus(values: Values, x: int) -> int:
    return values.apply("add", values.apply("relu", x), values.apply("log1p", _small(values, x)))


def _logistic_loss(values: Values, z: int, t: int) -> int:
    ahead = values.apply("sub", values.apply("relu", z), values.apply("mul", z, t))
    return values.apply("add", ahead, values.apply("log1p", _small(values, z)))


def _mean(values: Values, x: int) -> int:
    v = values.items[x]
    return values.apply("div", values.put("sum", [x], (), v.lead, v.dtype), values.constant(np.prod(v.core), v.dtype))


APART: dict[str, Callable[..., int]] = {
    "softmax": _softmax, "log_softmax": _log_softmax, "sigmoid": _sigmoid, "softplus": _softplus, "logistic_loss": _logistic_loss,
    "mean": _mean,
}  # fmt: skip


# --- from a graph -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Leaf:
    """What a plan is given for one leaf: its type, the axes in front, and for a checked class label the number of classes."""

    dtype: np.dtype
    lead: int
    classes: int | None = None
    unit: bool = False  # it is all unit cotangents: the rows of the identity matrix


def values_of(
    graph: Graph,
    leaves: Mapping[str, Leaf],
    sizes: Mapping[str, int],
    dtype: np.dtype,
    values: Values | None = None,
    numbers: Mapping[str, float] = MappingProxyType({}),
) -> tuple[Values, dict[str, int]]:
    """The values of a graph whose operators are all in the table without a body, and the number of each variable's.

    The batch is what the batched leaves have; a plan does not ask how many examples that are. `values` takes in those of several graphs
    over the same leaves; `numbers` gives constants of the graph another number.
    """
    values, found = values or Values(dtype), {}
    in_losses = {node.inputs[0] for node in graph.nodes if node.op in ("logistic_loss", "softplus")}
    for node in graph.nodes:
        values.name = node.name
        if node.op == "constant":
            found[node.name] = values.constant(numbers.get(node.name, node.value))
        elif node.is_leaf:
            leaf = leaves[node.name]
            found[node.name] = values.put("unit" if leaf.unit else "leaf", (), core_of(node.shape, sizes), leaf.lead, leaf.dtype, node.name)
        else:
            found[node.name] = _value(values, leaves, node, [found[i] for i in node.inputs], sizes)
        if node.name in in_losses:
            values.in_losses.add(found[node.name])
    values.graphs.append((graph, found))
    return values, found


def core_of(shape: Sequence[Dim], sizes: Mapping[str, int]) -> tuple[int, ...]:
    """A core shape in numbers; a size such as D+H is a sum of others."""
    return tuple(d if isinstance(d, int) else sizes[d] if d in sizes else sum(core_of(_parts(d), sizes)) for d in shape)


def _parts(size: str) -> list[Dim]:
    return [int(part) if part.isdigit() else part for part in size.split("+")]


def _value(values: Values, leaves: Mapping[str, Leaf], node: Node, k: list[int], sizes: Mapping[str, int]) -> int:
    op, items = OPS[node.op], [values.items[i] for i in k]
    if node.op in APART and 0 not in items[0].core:
        return APART[node.op](values, *map(values._as_float, k))
    if op.is_elementwise and not op.batch and node.op != "fill":
        return values.apply(node.op, *k)
    core, lead = core_of(node.shape, sizes), lead_of(items)
    if node.op == "fill":
        return values.spread(values._as_float(k[0]), core, lead)
    if node.op == "count":
        return values.spread(values.constant(np.prod(items[0].core), items[0].dtype), (), lead)
    if node.op in ("pick", "scatter"):
        return _entry(values, leaves, node, k, core, lead)
    if op.batch:
        k = [values.spread(i, values.items[i].core, BATCH) for i in k]
        return values.put(node.op, k, core, 0, dtype_of(items))
    if node.op in ("head", "tail"):
        return values.put(node.op, k[:1], core, items[0].lead, items[0].dtype)
    if node.op in ("vecmat", "matvec") and items[node.op == "matvec"].op == "unit":  # I W = W
        W = k[node.op == "vecmat"]
        return values.put("rows" if node.op == "vecmat" else "columns", [W], core, SEEDS | values.items[W].lead, values.items[W].dtype)
    if node.op == "norm2" and items[0].op == "neg":
        k = list(items[0].inputs)
    if node.op == "norm2" and items[0].op == "spread" and values.number(items[0].inputs[0]) == 0:
        return values.spread(values.constant(0, items[0].dtype), (), lead)
    dtype = items[0].dtype if node.op in ("pad_end", "pad_start") else dtype_of(items)
    extra = core if node.op in ("pad_end", "pad_start") else None
    return values.put(node.op, k[:1] if extra else k, core, lead, dtype, extra)


def _entry(values: Values, leaves: Mapping[str, Leaf], node: Node, k: list[int], core: tuple[int, ...], lead: int) -> int:
    """`pick` and `scatter`: by a fixed position, or by a class label that is checked before the plan runs."""
    x, t, place = values.items[k[0]], values.items[k[1]], values.number(k[1])
    size = x.core[-1] if node.op == "pick" else core[-1]
    if place is not None and place == int(place) and 0 <= place < size:
        if node.op == "scatter":
            k[0] = values.spread(k[0], (), lead)
        return values.put(f"{node.op}_fixed", k[:1], core, lead, x.dtype, int(place))
    classes = leaves[t.extra].classes if t.op == "leaf" else None
    by_row = lead and (node.op == "scatter" or x.lead == lead)
    if classes is None or classes > size or x.dtype.kind != "f" or not (by_row or t.lead == lead):
        return values.put(f"any_{node.op}", k, core, lead, x.dtype)
    if x.op == "sub" and node.op == "pick" and values.items[x.inputs[0]].core == x.core and values.items[x.inputs[1]].core == (1,):
        ahead = _entry(values, leaves, node, [x.inputs[0], k[1]], core, lead)  # (a - b)[t] = a[t] - b: only one entry is wanted
        return values.apply("sub", ahead, values.put("pick_fixed", [x.inputs[1]], (), values.items[x.inputs[1]].lead, x.dtype, 0))
    if by_row:
        k[1] = values.put("index", k[1:2], (), lead, t.dtype, size)
    return values.put(node.op, k[:2], core, lead, x.dtype)
