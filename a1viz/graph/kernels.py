"""NumPy kernels of the operator table, where NumPy has no function that does it: arrays in, an array out.

The axes that a signature names are an array's last ones; whatever stands before them, loops and the batch, is gone through alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..base.arrays import Array

Axes = int | tuple[int, ...]  # counted from the end


def sigmoid(x: Array) -> Array:
    small = np.exp(-np.abs(x))  # never overflows
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small)).astype(x.dtype, copy=False)


def softplus(x: Array) -> Array:
    y: Array = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
    return y


def logistic_loss(z: Array, p: Array) -> Array:
    y: Array = np.maximum(z, 0) - z * p + np.log1p(np.exp(-np.abs(z)))
    return y


def _less_largest(x: Array, axis: int) -> Array:
    y: Array = x - np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    return y


def softmax(x: Array, axis: int = -1) -> Array:
    e = np.exp(_less_largest(x, axis))
    y: Array = e / e.sum(axis=axis, keepdims=True)
    return y


def log_softmax(x: Array, axis: int = -1) -> Array:
    shifted = _less_largest(x, axis)
    y: Array = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return y


def logsumexp(x: Array, axis: Axes = -1, keepdims: bool = False) -> Array:
    top = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, np.zeros((), x.dtype))  # inf - inf is no number
    y: Array = top + np.log(np.exp(x - top).sum(axis, keepdims=True))
    return y if keepdims else y.squeeze(axis)


def weighted_logsumexp(w: Array, x: Array) -> Array:
    top = np.max(np.where(w == 0, -np.inf, x), axis=-1, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, np.zeros((), x.dtype))
    terms = np.where(w == 0, np.zeros((), np.result_type(w, x)), w * np.exp(x - top))
    y: Array = top[..., 0] + np.log(terms.sum(-1))
    return y


def norm(x: Array, axis: Axes = -1, keepdims: bool = False) -> Array:
    size = np.max(np.abs(x), axis=axis, keepdims=True, initial=0)
    safe = np.where((size > 0) & np.isfinite(size), size, np.ones((), x.dtype))  # scaled: no square over- or underflows
    if axis == -1:
        y: Array = safe * np.sqrt(np.vecdot(x / safe, x / safe))[..., None]
    else:
        y = safe * np.sqrt(((x / safe) ** 2).sum(axis, keepdims=True))
    return y if keepdims else y.squeeze(axis)


def xlogy(x: Array, z: Array) -> Array:
    return np.where(x == 0, np.zeros((), np.result_type(x, z)), x * np.log(np.where(x == 0, np.ones((), np.result_type(z)), z)))


def xdivy(x: Array, z: Array) -> Array:
    return np.where(x == 0, np.zeros((), np.result_type(x, z)), x / np.where(x == 0, np.ones((), np.result_type(z)), z))


def powlog(a: Array, b: Array) -> Array:
    power = np.power(a, b)
    return np.where(power == 0, np.zeros((), power.dtype), power * np.log(np.where(power == 0, np.ones((), np.result_type(a)), a)))


def dpow(a: Array, b: Array) -> Array:
    safe = np.where(b == 0, np.ones((), np.result_type(a)), a)
    return np.where(b == 0, np.zeros((), np.result_type(a, b)), b * safe ** (b - 1))


def matvec(W: Array, x: Array) -> Array:
    return x @ W.T if W.ndim == 2 else np.matvec(W, x)  # one GEMM where the matrix has no batch axis


def vecmat(x: Array, W: Array) -> Array:
    return x @ W if W.ndim == 2 else np.vecmat(x, W)


def inner(a: Array, b: Array) -> Array:
    return b @ a if a.ndim == 1 else a @ b if b.ndim == 1 else np.vecdot(a, b)  # one product where one of them has no batch axis


def batch_matmul(A: Array, B: Array) -> Array:
    product: Array = _rows_of_all(A.swapaxes(-1, -2)).swapaxes(-1, -2) @ _rows_of_all(B)
    return product


def _rows_of_all(x: Array) -> Array:
    """The rows of all examples, one below the other, for each loop."""
    x = np.moveaxis(x, 0, -3)
    return x.reshape(*x.shape[:-3], x.shape[-3] * x.shape[-2], x.shape[-1])


def _part(index: Sequence[tuple[int, int]]) -> tuple[Any, ...]:
    return (..., *(slice(*bounds) for bounds in index))


def cut(x: Array, index: Sequence[tuple[int, int]]) -> Array:
    _check_bounds(x, index)
    found: Array = x[_part(index)]
    return found


def uncut(s: Array, x: Array, index: Sequence[tuple[int, int]]) -> Array:
    out = np.zeros(s.shape[: s.ndim - len(index)] + x.shape[x.ndim - len(index) :], s.dtype)
    out[_part(index)] = s
    return out


def _check_bounds(x: Array, index: Sequence[tuple[int, int]]) -> None:
    for (start, stop), size in zip(index, x.shape[x.ndim - len(index) :], strict=True):
        if not 0 <= start <= stop <= size:
            raise ValueError(f"there are {size} entries, and none from {start} to {stop}")


def reshape(x: Array, shape: Sequence[int], ranks: Sequence[int]) -> Array:
    return x.reshape(x.shape[: x.ndim - ranks[0]] + tuple(shape))


def reshape_like(v: Array, x: Array, ranks: Sequence[int]) -> Array:
    return v.reshape(v.shape[: v.ndim - ranks[0]] + x.shape[x.ndim - ranks[1] :])


def transpose(x: Array, axes: Sequence[int] = (-1, -2)) -> Array:
    lead = range(x.ndim - len(axes))
    return x.transpose(*lead, *(x.ndim + axis for axis in axes))


def expand(x: Array, axis: Sequence[int]) -> Array:
    return np.expand_dims(x, tuple(axis))


def total(x: Array, axis: Axes = -1, keepdims: bool = False) -> Array:
    found: Array = x.sum(axis, keepdims=keepdims)
    return found


def mean(x: Array, axis: Axes = -1, keepdims: bool = False) -> Array:
    number = entries_along(x, axis)
    found: Array = x.sum(axis, keepdims=keepdims)
    return found / number if number else found * np.nan


def several(axis: Axes) -> tuple[int, ...]:
    return axis if isinstance(axis, tuple) else (axis,)


def entries_along(x: Array, axis: Axes) -> int:
    """How many entries become one."""
    return math.prod(x.shape[k] for k in several(axis))


def stack(*xs: Array, axis: int = -1) -> Array:
    return np.stack(np.broadcast_arrays(*xs), axis=axis)


def concatenate(a: Array, b: Array, axis: int = -1) -> Array:
    lead = np.broadcast_shapes(a.shape[:axis], b.shape[:axis])
    return np.concatenate([np.broadcast_to(x, lead + x.shape[axis:]) for x in (a, b)], axis=axis)


def head(v: Array, x: Array, axis: int = -1) -> Array:
    found: Array = v[_along(axis, 0, x.shape[axis])]
    return found


def tail(v: Array, x: Array, axis: int = -1) -> Array:
    found: Array = v[_along(axis, v.shape[axis] - x.shape[axis], v.shape[axis])]
    return found


def _along(axis: int, start: int, stop: int) -> tuple[Any, ...]:
    return (..., slice(start, stop), *[slice(None)] * (-1 - axis))


def pad_end(v: Array, x: Array, axis: int = -1) -> Array:
    return concatenate(v, _missing(v, x, axis), axis)


def pad_start(v: Array, x: Array, axis: int = -1) -> Array:
    return concatenate(_missing(v, x, axis), v, axis)


def _missing(v: Array, x: Array, axis: int) -> Array:
    lead = np.broadcast_shapes(v.shape[:axis], x.shape[:axis])
    return np.zeros((*lead, x.shape[axis] - v.shape[axis], *v.shape[v.ndim + axis + 1 :]), v.dtype)


def select(s: Array, x: Array) -> Array:
    return np.where(s != 0, x, np.zeros((), np.result_type(x)))


def fill(s: Array, x: Array) -> Array:
    return np.broadcast_to(s, np.broadcast_shapes(np.shape(s), np.shape(x)))


def count(x: Array, axis: Axes = -1, keepdims: bool = False) -> Array:
    axes = several(axis)
    shape = [1 if k - x.ndim in axes else size for k, size in enumerate(x.shape) if keepdims or k - x.ndim not in axes]
    return np.full(shape, entries_along(x, axis), x.dtype)
