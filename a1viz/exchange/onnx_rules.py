"""Rows of the operator table that are no formula of ONNX operators: what depends on shapes, entries by labels, constants made of sizes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..base.errors import GraphError
from ..base.limits import INVERSE_ROWS
from ..graph.operators import OPS
from .onnx_nodes import Emitter, OnnxApplication, Operand, Shape, Value, worded

Rule = Callable[[Emitter, OnnxApplication], Value]


def _moved(rank: int, axes: Sequence[int]) -> list[int]:
    """The permutation that brings these axes, counted from the end, last."""
    return [k for k in range(rank) if k - rank not in axes] + [axis + rank for axis in axes]


def transpose(emitter: Emitter, a: OnnxApplication) -> Value:
    (A,) = a.operands
    rank, axes = len(A.shape), a.attributes["axes"]
    axes = (*range(-rank, -2), -1, -2) if axes is None else axes
    return transposed(emitter, A.name, [axis + rank for axis in axes])


def transposed(emitter: Emitter, value: Value, perm: Sequence[int]) -> Value:
    return value if list(perm) == sorted(perm) else emitter.node("Transpose", value, perm=list(perm))


def _several(axis: Any, rank: int) -> tuple[int, ...]:
    return tuple(range(-rank, 0)) if axis is None else axis if isinstance(axis, tuple) else (axis,)


def _axes_last(emitter: Emitter, x: Operand, axes: Sequence[int]) -> Operand:
    """These axes as one, the last."""
    perm = _moved(len(x.shape), axes)
    shape = [x.shape[k] for k in perm]
    cut = len(shape) - len(axes)
    found = (*shape[:cut], math.prod(shape[cut:]))
    moved = transposed(emitter, x.name, perm)
    return Operand(moved if len(axes) == 1 else emitter.reshaped(moved, found), found)


def _axes_back(emitter: Emitter, value: Value, shape: Shape, axes: Sequence[int]) -> Value:
    """The last axis as these axes of a value of this shape again, in their places."""
    perm = _moved(len(shape), axes)
    moved = value if len(axes) == 1 else emitter.reshaped(value, [shape[k] for k in perm])
    return transposed(emitter, moved, list(np.argsort(perm)))


def axes_last(emitter: Emitter, a: OnnxApplication) -> Value:
    (x,) = a.operands
    return _axes_last(emitter, x, _several(a.attributes["axis"], len(x.shape))).name


def axes_back(emitter: Emitter, a: OnnxApplication) -> Value:
    v, x = a.operands
    axes = _several(a.attributes["axis"], len(x.shape))
    lead = len(v.shape) - 1 - (len(x.shape) - len(axes))
    return _axes_back(emitter, v.name, (*v.shape[:lead], *x.shape), axes)


def _last_largest(emitter: Emitter, entries: Value) -> Value:
    """The places of the last of the largest entries, along the last axis, which is kept."""
    return emitter.node("ArgMax", entries, axis=-1, keepdims=1, select_last_index=1)


def is_last_largest(emitter: Emitter, entries: Value, size: int) -> Value:
    return emitter.node("Equal", emitter.whole(range(size)), _last_largest(emitter, entries))


def is_max(emitter: Emitter, a: OnnxApplication) -> Value:
    (x,) = a.operands
    axes = _several(a.attributes["axis"], len(x.shape))
    entries = _axes_last(emitter, x, axes)
    found = emitter.as_float(is_last_largest(emitter, entries.name, entries.shape[-1]))
    return _axes_back(emitter, found, x.shape, axes)


def argmax(emitter: Emitter, a: OnnxApplication) -> Value:
    (x,) = a.operands
    entries = _axes_last(emitter, x, _several(a.axes, len(x.shape)))
    return emitter.reshaped(emitter.as_float(_last_largest(emitter, entries.name)), a.shape)


def prod_others(emitter: Emitter, a: OnnxApplication) -> Value:
    (x,) = a.operands
    axes = _several(a.attributes["axis"], len(x.shape))
    entries = _axes_last(emitter, x, axes)
    same = emitter.constant(np.eye(entries.shape[-1], dtype=bool))
    rows = emitter.node("Where", same, emitter.number(1), emitter.node("Unsqueeze", entries.name, emitter.whole([-2])))
    return _axes_back(emitter, emitter.node("ReduceProd", rows, emitter.whole([-1]), keepdims=0), x.shape, axes)


def softmax(emitter: Emitter, a: OnnxApplication) -> Value:
    """Along several axes as along one."""
    (x,) = a.operands
    if not isinstance(a.attributes["axis"], tuple):
        return worded(emitter, a)
    total = emitter.node("ReduceLogSumExp", x.name, emitter.whole(list(a.attributes["axis"])), keepdims=1)
    logs = emitter.node("Sub", x.name, total)
    return logs if a.op == "log_softmax" else emitter.node("Exp", logs)


def count(emitter: Emitter, a: OnnxApplication) -> Value:
    (x,) = a.operands
    number = math.prod(x.shape[axis] for axis in _several(a.axes, len(x.shape)))
    return emitter.number(np.full(a.shape, number))


# --- entries --------------------------------------------------------------------------------------------------------------------------


def pick(emitter: Emitter, a: OnnxApplication) -> Value:
    x, t = a.operands
    axis = a.attributes["axis"]
    if not t.shape:
        return emitter.node("Gather", x.name, t.name, axis=axis)
    moved = _axes_last(emitter, x, [axis])
    shape = (*a.shape, moved.shape[-1])
    places = emitter.node("Unsqueeze", _spread(emitter, t, a.shape), emitter.whole([-1]))
    found = emitter.node("GatherElements", _spread(emitter, moved, shape), places, axis=-1)
    return emitter.node("Squeeze", found, emitter.whole([-1]))


def scatter(emitter: Emitter, a: OnnxApplication) -> Value:
    s, t, x = a.operands
    axis, size = a.attributes["axis"], x.shape[a.attributes["axis"]]
    there = emitter.node("Equal", emitter.whole(range(size)), emitter.node("Unsqueeze", t.name, emitter.whole([-1])))
    rows = emitter.node("Where", there, emitter.node("Unsqueeze", s.name, emitter.whole([-1])), emitter.number(0))
    perm = _moved(len(a.shape), [axis])
    whole = emitter.node("Expand", rows, emitter.whole([a.shape[k] for k in perm]))
    return transposed(emitter, whole, list(np.argsort(perm)))


def untake(emitter: Emitter, a: OnnxApplication) -> Value:
    s, t, _ = a.operands
    zeros, places = emitter.number(np.zeros(a.shape)), emitter.node("Unsqueeze", t.name, emitter.whole([-1]))
    return emitter.node("ScatterND", zeros, places, s.name, reduction="add")


def retake(emitter: Emitter, a: OnnxApplication) -> Value:
    s, u, t = a.operands
    put, read = math.prod(u.shape), math.prod(t.shape)
    equal = emitter.node("Equal", emitter.reshaped(t.name, [read, 1]), emitter.reshaped(u.name, [1, put]))
    rows = emitter.reshaped(s.name, [put, math.prod(s.shape[len(u.shape) :])])
    return emitter.reshaped(emitter.node("MatMul", emitter.as_float(equal), rows), a.shape)


def _spread(emitter: Emitter, x: Operand, shape: Sequence[int]) -> Value:
    return x.name if x.shape == tuple(shape) else emitter.node("Expand", x.name, emitter.whole(list(shape)))


def sliced(emitter: Emitter, value: Value, axis: int, start: int, stop: int) -> Value:
    """The entries from one up to another, along one axis."""
    return emitter.node("Slice", value, emitter.whole([start]), emitter.whole([stop]), emitter.whole([axis]))


def slice_(emitter: Emitter, a: OnnxApplication) -> Value:
    (x,) = a.operands
    value, index = x.name, a.attributes["index"]
    for k, (start, stop) in enumerate(index):
        if (start, stop) != (0, x.shape[k]):
            value = sliced(emitter, value, k, start, stop)
    return value if value != x.name else emitter.node("Identity", value)


def unslice(emitter: Emitter, a: OnnxApplication) -> Value:
    s, x = a.operands
    index = a.attributes["index"]
    starts = [start for start, _ in index]
    ends = [size - start - n for size, start, n in zip(x.shape[len(x.shape) - len(index) :], starts, s.shape[-len(index) :], strict=True)]
    lead = [0] * (len(s.shape) - len(index))
    return padded(emitter, s.name, [*lead, *starts], [*lead, *ends])


def padded(emitter: Emitter, value: Value, before: Sequence[int], after: Sequence[int], number: float = 0.0) -> Value:
    return emitter.node("Pad", value, emitter.whole([*before, *after]), emitter.number(number), mode="constant")


def head_or_tail(emitter: Emitter, a: OnnxApplication) -> Value:
    v, x = a.operands
    axis, size = a.attributes["axis"], x.shape[a.attributes["axis"]]
    start = 0 if a.op == "head" else v.shape[axis] - size
    return sliced(emitter, v.name, axis, start, start + size)


def pad_end_or_start(emitter: Emitter, a: OnnxApplication) -> Value:
    v, x = a.operands
    axis, rank = a.attributes["axis"], len(a.shape)
    more = [0] * rank
    more[axis] = x.shape[axis] - v.shape[axis]
    value = _spread(emitter, v, (*a.shape[: rank + axis], v.shape[axis], *a.shape[rank + axis + 1 :]))
    before, after = ([0] * rank, more) if a.op == "pad_end" else (more, [0] * rank)
    return padded(emitter, value, before, after)


def stack(emitter: Emitter, a: OnnxApplication) -> Value:
    axis = a.attributes["axis"] + len(a.shape)
    shape = (*a.shape[:axis], *a.shape[axis + 1 :])
    parts = [emitter.node("Unsqueeze", _spread(emitter, x, shape), emitter.whole([axis])) for x in a.operands]
    return emitter.node("Concat", *parts, axis=axis)


def concatenate(emitter: Emitter, a: OnnxApplication) -> Value:
    axis = a.attributes["axis"] + len(a.shape)
    parts = [_spread(emitter, x, (*a.shape[:axis], *x.shape[len(x.shape) + a.attributes["axis"] :])) for x in a.operands]
    return emitter.node("Concat", *parts, axis=axis)


# --- square matrices ------------------------------------------------------------------------------------------------------------------


def cofactor(emitter: Emitter, a: OnnxApplication) -> Value:
    """The determinants of all minors at once: rows without one, columns without one."""
    A = a.operands[0]
    n = A.shape[-1]
    if n > INVERSE_ROWS:
        raise GraphError(f"{a.op} has no operator in ONNX, and is written with determinants for at most {INVERSE_ROWS} rows; there are {n}")
    if n < 2:
        return emitter.number(np.ones(A.shape))
    others = emitter.whole([[k for k in range(n) if k != left] for left in range(n)])
    rows = emitter.node("Gather", A.name, others, axis=len(A.shape) - 2)
    minors = emitter.node("Gather", rows, others, axis=len(A.shape))  # (..., row, rows left, column, columns left)
    rank = len(A.shape) + 2
    order = [*range(rank - 4), rank - 4, rank - 2, rank - 3, rank - 1]
    signs = emitter.number((-1.0) ** np.add.outer(np.arange(n), np.arange(n)))
    return emitter.node("Mul", emitter.node("Det", transposed(emitter, minors, order)), signs)


def inverse(emitter: Emitter, a: OnnxApplication) -> Value:
    """The transposed cofactors over the determinant."""
    A = a.operands[0]
    rank = len(A.shape)
    adjugate = transposed(emitter, cofactor(emitter, a), [*range(rank - 2), rank - 1, rank - 2])
    whole = emitter.node("Unsqueeze", emitter.node("Det", A.name), emitter.whole([-2, -1]))
    return emitter.node("Div", adjugate, whole)


def solve(emitter: Emitter, a: OnnxApplication) -> Value:
    b = a.operands[1]
    if a.op == "solve":
        return emitter.node("MatMul", inverse(emitter, a), b.name)
    column = emitter.node("Unsqueeze", b.name, emitter.whole([-1]))
    return emitter.node("Squeeze", emitter.node("MatMul", inverse(emitter, a), column), emitter.whole([-1]))


def einsum(emitter: Emitter, a: OnnxApplication) -> Value:
    return emitter.node("Einsum", *a.names, equation=a.attributes["formula"])


def made(emitter: Emitter, a: OnnxApplication) -> Value:
    """A constant made of sizes."""
    return emitter.number(OPS[a.op].compute(shape=a.attributes["shape"]))


RULES: Mapping[str, Rule] = {
    "transpose": transpose, "axes_last": axes_last, "axes_back": axes_back, "is_max": is_max, "argmax": argmax, "prod_others": prod_others,
    "softmax": softmax, "log_softmax": softmax, "count": count, "pick": pick, "scatter": scatter, "untake": untake, "retake": retake,
    "slice": slice_, "unslice": unslice, "head": head_or_tail, "tail": head_or_tail, "pad_end": pad_end_or_start,
    "pad_start": pad_end_or_start, "stack": stack, "concatenate": concatenate, "einsum": einsum,
    "cofactor": cofactor, "inv": inverse, "solve": solve, "solve_vector": solve,
    "eye": made, "ones": made, "zeros": made, "arange": made,
}  # fmt: skip
