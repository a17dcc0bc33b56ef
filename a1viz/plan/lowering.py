"""From a graph to steps: operators taken apart into the calls of their kernels, so that what two of them share is computed once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from ..base.errors import InputError
from ..graph.attributes import at_sizes
from ..graph.leaves import Inputs
from ..graph.nodes import Graph, Node
from ..graph.operators import OPS, Op
from ..graph.sizes import Dim, size_of
from .simplify import apply, as_float
from .steps import BATCH, SEEDS, Core, DType, Step, Steps, dtype_of, lead_of


@dataclass(frozen=True)
class Leaf:
    """What a plan is given for one leaf: its type, the axes in front, and for a checked class label the number of classes."""

    dtype: DType
    lead: int
    classes: int | None = None
    unit: bool = False  # it is all unit cotangents: the rows of the identity matrix


def leaves_of(graph: Graph, inputs: Inputs) -> dict[str, Leaf]:
    """What a plan knows of each leaf."""
    found = {}
    for node in graph.leaves:
        classes = inputs.sizes.get(node.value) if isinstance(node.value, str) else node.value if isinstance(node.value, int) else None
        lead = BATCH if node.name in inputs.batched else 0
        found[node.name] = Leaf(inputs.arrays[node.name].dtype, lead, classes if node.op == "label" else None)
    return found


def lower(
    graph: Graph,
    leaves: Mapping[str, Leaf],
    sizes: Mapping[str, int],
    steps: Steps,
    *,
    numbers: Mapping[str, float] = MappingProxyType({}),
) -> dict[str, int]:
    """Put the steps of a graph whose operators are all in the table without a body; returns the number of each variable's.

    The batch is what the batched leaves have; a plan does not ask how many examples that are. `steps` may take in several graphs over the
    same leaves; `numbers` gives constants of the graph another number.
    """
    found: dict[str, int] = {}
    in_losses = {node.inputs[0] for node in graph.nodes if node.op in ("logistic_loss", "softplus")}
    for node in graph.nodes:
        steps.name = node.name
        if node.op == "constant" and node.shape:
            found[node.name] = steps.put("array", (), core_of(node.shape, sizes), 0, None, node.value)
        elif node.op == "constant":
            found[node.name] = steps.constant(numbers.get(node.name, node.number))
        elif node.op == "size":
            found[node.name] = steps.constant(size_of(node.value, sizes))
        elif node.is_leaf:
            leaf = leaves[node.name]
            found[node.name] = steps.put("unit" if leaf.unit else "leaf", (), core_of(node.shape, sizes), leaf.lead, leaf.dtype, node.name)
        elif not node.inputs:
            made = ("kernel", node.op, tuple(at_sizes(node.attrs, sizes).items()))
            found[node.name] = steps.put("made", (), core_of(node.shape, sizes), 0, None, made)
        else:
            attrs = at_sizes(node.attrs, sizes)
            reading = _Reading(steps, leaves, node, tuple(found[i] for i in node.inputs), core_of(node.shape, sizes), attrs)
            found[node.name] = _lowered(reading)
        if node.name in in_losses:
            steps.in_losses.add(found[node.name])
    steps.graphs.append((graph, found))
    return found


def core_of(shape: Sequence[Dim], sizes: Mapping[str, int]) -> Core:
    """A core shape in numbers. Raises InputError where one is less than 0."""
    core = tuple(size_of(dim, sizes) for dim in shape)
    if core and min(core) < 0:
        raise InputError(f"{next(dim for dim, size in zip(shape, core, strict=True) if size < 0)} is {min(core)}, and is to be a size")
    return core


class _Reading(NamedTuple):
    """A node that is being lowered: the steps of its operands are there."""

    steps: Steps
    leaves: Mapping[str, Leaf]
    node: Node
    inputs: tuple[int, ...]
    core: Core
    attrs: Mapping[str, Any]

    @property
    def items(self) -> list[Step]:
        return [self.steps.items[k] for k in self.inputs]

    @property
    def lead(self) -> int:
        return lead_of(self.items)


def _lowered(r: _Reading) -> int:
    op, items = OPS[r.node.op], r.items
    if op.name in ALONG:
        found = ALONG[op.name](r)
        if found is not None:
            return found
    if not _is_plain(op, r):
        return _by_kernel(op, r)
    if op.name in APART and 0 not in items[0].core:
        return APART[op.name](r.steps, *(as_float(r.steps, k) for k in r.inputs))
    if op.name in SPECIAL:
        return SPECIAL[op.name](r)
    if op.batch:
        spread = tuple(r.steps.spread(k, r.steps.items[k].core, BATCH) for k in r.inputs)
        return _by_kernel(op, r._replace(inputs=spread)) if op.attrs else r.steps.put(op.name, spread, r.core, 0, dtype_of(items))
    if op.is_elementwise:
        return apply(r.steps, op.name, *r.inputs)
    return r.steps.put(op.name, r.inputs, r.core, r.lead, dtype_of(items))


def _is_plain(op: Op, r: _Reading) -> bool:
    """Whether an application is as the signature has it: without attributes, and for what has several operands without loops."""
    if op.is_elementwise or op.batch:
        return True
    if r.attrs or op.ranked or op.name not in ROWS_OF_RANK:
        return not r.attrs and not op.ranked and len(op.inputs) == 1
    ranks = ROWS_OF_RANK[op.name] * (len(r.items) if op.is_variadic else 1)
    return all(rank is None or len(v.core) == rank for rank, v in zip(ranks, r.items, strict=True))


def _by_kernel(op: Op, r: _Reading) -> int:
    """By the interpreter's own function, loops and batch as that has them; operands with fewer loops than others get more axes."""
    loops = [0 if axes == ("*",) else len(v.core) - len(axes) for axes, v in zip(op.inputs * len(r.inputs), r.items, strict=False)]
    inputs = (
        list(r.inputs) if op.ranked or len(loops) == 1 else [_with_axes(r, k, max(loops) - n) for k, n in zip(r.inputs, loops, strict=True)]
    )
    floats = [v for v in r.items if v.dtype.kind == "f"]
    extra = tuple(sorted(r.attrs.items())) + ((("ranks", tuple(len(v.core) for v in r.items)),) if op.ranked else ())
    lead = 0 if op.batch else lead_of([r.items[k] for k in VARYING.get(op.name, range(len(r.items)))])
    return r.steps.put(f"any_{op.name}", inputs, r.core, lead, dtype_of(floats or r.items), extra or None)


# the operands whose batch the result has, where others are there for their shape alone
VARYING = {"unslice": (0,), "reshape_like": (0,), "head": (0,), "tail": (0,), "untake": (0, 1)}


def _with_axes(r: _Reading, k: int, missing: int) -> int:
    """A value with axes of one entry in front of its core; where nothing stands in front of it, NumPy puts them there."""
    v = r.steps.items[k]
    return k if not (missing and v.lead) else r.steps.put("expanded", [k], (1,) * missing + v.core, v.lead, v.dtype, tuple(range(missing)))


# --- operators taken apart ------------------------------------------------------------------------------------------------------------


def _shares(steps: Steps, x: int) -> tuple[int, int, int]:
    """x less its largest entry, the exponential of that, and its sum: what softmax and log_softmax have in common."""
    shifted = apply(steps, "sub", x, steps.reduced("rowmax", x))
    e = apply(steps, "exp", shifted)
    return shifted, e, steps.reduced("rowsum", e)


def _softmax(steps: Steps, x: int) -> int:
    _, e, total = _shares(steps, x)
    return apply(steps, "div", e, total)


def _log_softmax(steps: Steps, x: int) -> int:
    shifted, _, total = _shares(steps, x)
    return apply(steps, "sub", shifted, apply(steps, "log", total))


def _small(steps: Steps, x: int) -> int:
    """exp(-|x|), which never overflows: what the sigmoid and its losses have in common."""
    return apply(steps, "exp", apply(steps, "copysign", x, steps.constant(-1, steps.items[x].dtype)))


def _sigmoid(steps: Steps, x: int) -> int:
    """1 / (1 + exp(-x)), 0 where the exponential overflows; where a loss computes e = exp(-|x|), or to the bit as the kernel does,
    max(e, [x >= 0]) / (1 + e): 1 / (1 + e) for x >= 0, else e / (1 + e)."""
    one = steps.constant(1, steps.items[x].dtype)
    if not steps.exact and x not in steps.in_losses:
        return apply(steps, "div", one, apply(steps, "add", one, apply(steps, "exp", apply(steps, "neg", x))))
    e = _small(steps, x)
    top = apply(steps, "maximum", e, apply(steps, "threshold", x))
    return apply(steps, "div", top, apply(steps, "add", one, e))


def _softplus(steps: Steps, x: int) -> int:
    return apply(steps, "add", apply(steps, "relu", x), apply(steps, "log1p", _small(steps, x)))


def _logistic_loss(steps: Steps, z: int, t: int) -> int:
    ahead = apply(steps, "sub", apply(steps, "relu", z), apply(steps, "mul", z, t))
    return apply(steps, "add", ahead, apply(steps, "log1p", _small(steps, z)))


def _mean(steps: Steps, x: int) -> int:
    v = steps.items[x]
    return apply(steps, "div", steps.put("sum", [x], (), v.lead, v.dtype), steps.constant(float(np.prod(v.core)), v.dtype))


def _summed(r: _Reading) -> int | None:
    """Along the last axis or the last but one, as the compiler has rows for them."""
    x, axes = r.items[0], r.attrs.get("axis")
    if axes == (-1,) and r.attrs.get("keepdims"):
        return r.steps.reduced("rowsum", r.inputs[0])
    if axes == (-2,) and len(x.core) == 2 and not r.attrs.get("keepdims"):
        return r.steps.put("colsum", r.inputs, r.core, x.lead, x.dtype)
    return None


def _expanded(r: _Reading) -> int:
    x = r.items[0]
    return r.steps.put("expanded", r.inputs, r.core, x.lead, x.dtype, tuple(axis + len(r.core) for axis in r.attrs["axis"]))


def _squeezed(r: _Reading) -> int:
    x = r.items[0]
    return r.steps.put("squeezed", r.inputs, r.core, x.lead, x.dtype, tuple(axis + len(x.core) for axis in r.attrs["axis"]))


def _counted(r: _Reading) -> int:
    x = r.items[0]
    axes = r.attrs.get("axis", tuple(range(-len(x.core), 0)))
    number = r.steps.constant(float(math.prod(x.core[axis] for axis in axes)), x.dtype)
    return r.steps.spread(number, r.core, r.lead)


ALONG: dict[str, Callable[[_Reading], int | None]] = {
    "sum": _summed, "expand": _expanded, "squeeze": _squeezed, "count": _counted,
}  # fmt: skip
ROWS_OF_RANK: dict[str, tuple[int | None, ...]] = {  # how many axes the compiler's rows for several operands ask for; None: any number
    "matvec": (2, 1), "vecmat": (1, 2), "matmul": (2, 2), "outer": (1, 1), "inner": (None, None), "pick": (1, 0), "scatter": (None, 0, 1),
    "stack": (0,), "concatenate": (1, 1), "head": (1, 1), "tail": (1, 1), "pad_end": (1, 1), "pad_start": (1, 1),
    "weighted_logsumexp": (None, None),
}  # fmt: skip
APART: dict[str, Callable[..., int]] = {
    "softmax": _softmax, "log_softmax": _log_softmax, "sigmoid": _sigmoid, "softplus": _softplus, "logistic_loss": _logistic_loss,
    "mean": _mean,
}  # fmt: skip


# --- operators with rules of their own ------------------------------------------------------------------------------------------------


def _fill(r: _Reading) -> int:
    return r.steps.spread(as_float(r.steps, r.inputs[0]), r.core, r.lead)


def _end(r: _Reading) -> int:
    """`head` and `tail`: the second operand is there for its length alone."""
    v = r.items[0]
    return r.steps.put(r.node.op, r.inputs[:1], r.core, v.lead, v.dtype)


def _pad(r: _Reading) -> int:
    return r.steps.put(r.node.op, r.inputs[:1], r.core, r.lead, r.items[0].dtype)


def _transpose(r: _Reading) -> int:
    """A.T.T = A."""
    A = r.items[0]
    return A.inputs[0] if A.op == "transpose" else r.steps.put(r.node.op, r.inputs, r.core, r.lead, A.dtype)


def _matvec(r: _Reading) -> int:
    """I W = W."""
    W, x = r.items
    if x.is_unit:
        return r.steps.put("columns", r.inputs[:1], r.core, SEEDS | W.lead, W.dtype)
    return r.steps.put(r.node.op, r.inputs, r.core, r.lead, dtype_of(r.items))


def _vecmat(r: _Reading) -> int:
    x, W = r.items
    if x.is_unit:
        return r.steps.put("rows", r.inputs[1:], r.core, SEEDS | W.lead, W.dtype)
    return r.steps.put(r.node.op, r.inputs, r.core, r.lead, dtype_of(r.items))


def _norm2(r: _Reading) -> int:
    """That of zeros is 0; that of -x is that of x, added up as x lies in memory."""
    x = r.items[0]
    if x.op == "spread" and r.steps.number(x.inputs[0]) == 0:
        return r.steps.spread(r.steps.constant(0, x.dtype), (), r.lead)
    return r.steps.put(r.node.op, x.inputs if x.op == "neg" and not r.steps.exact else r.inputs, r.core, r.lead, x.dtype)


def _pick(r: _Reading) -> int:
    x, position = r.items[0], _position(r, r.items[0].core[-1])
    if position is not None:
        return r.steps.put("pick_fixed", r.inputs[:1], r.core, r.lead, x.dtype, position)
    classes, by_row = _classes(r), bool(r.lead) and x.lead == r.lead
    if classes is None or classes > x.core[-1] or x.dtype.kind != "f" or not (by_row or r.items[1].lead == r.lead):
        return r.steps.put("any_pick", r.inputs, r.core, r.lead, x.dtype)
    return _picked(r.steps, r.inputs[0], r.inputs[1], r.core, r.lead)


def _picked(steps: Steps, k: int, t: int, core: Core, lead: int) -> int:
    """The entry of a checked label; (a - b)[t] = a[t] - b, for only one entry is wanted."""
    x = steps.items[k]
    if x.op == "sub" and steps.items[x.inputs[0]].core == x.core and steps.items[x.inputs[1]].core == (1,):
        b = steps.items[x.inputs[1]]
        if steps.items[x.inputs[0]].lead == x.lead:
            ahead = _picked(steps, x.inputs[0], t, core, lead)
            return apply(steps, "sub", ahead, steps.put("pick_fixed", [x.inputs[1]], (), b.lead, x.dtype, 0))
    at = steps.put("index", [t], (), lead, steps.items[t].dtype, x.core[-1]) if lead and x.lead == lead else t
    return steps.put("pick", [k, at], core, lead, x.dtype)


def _scatter(r: _Reading) -> int:
    s, t = r.items[:2]
    position = _position(r, r.core[-1])
    if position is not None:
        return r.steps.put("scatter_fixed", [r.steps.spread(r.inputs[0], (), r.lead)], r.core, r.lead, s.dtype, position)
    classes = _classes(r)
    if classes is None or classes > r.core[-1] or s.dtype.kind != "f" or not (r.lead or t.lead == r.lead):
        return r.steps.put("any_scatter", r.inputs, r.core, r.lead, s.dtype)
    at = r.steps.put("index", r.inputs[1:2], (), r.lead, t.dtype, r.core[-1]) if r.lead else r.inputs[1]
    return r.steps.put("scatter", [r.inputs[0], at], r.core, r.lead, s.dtype)


def _position(r: _Reading, size: int) -> int | None:
    """A fixed position, if it is one."""
    number = r.steps.number(r.inputs[1])
    return int(number) if number is not None and number == int(number) and 0 <= number < size else None


def _classes(r: _Reading) -> int | None:
    """The number of classes of a label, which is checked before the plan runs."""
    t = r.items[1]
    return r.leaves[t.extra].classes if t.op == "leaf" else None


SPECIAL: dict[str, Callable[[_Reading], int]] = {
    "fill": _fill, "head": _end, "tail": _end, "pad_end": _pad, "pad_start": _pad, "matvec": _matvec, "vecmat": _vecmat,
    "norm2": _norm2, "pick": _pick, "scatter": _scatter, "transpose": _transpose,
}  # fmt: skip
