"""Kernels of pooling, for any number of spatial axes: of each place in a window all windows at once. Arrays end in the spatial axes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from ..base.arrays import Array
from .windows import Part, Sizes, Windows, windows_of


def _pooled(d: int, X: Array, size: Sizes, stride: Sizes | None, padding: Sizes) -> Windows:
    window = tuple(size) if isinstance(size, Sequence) else (size,) * d
    return windows_of(X.shape[X.ndim - d :], window, window if stride is None else stride, padding)


def max_pool(d: int, X: Array, size: Sizes, stride: Sizes | None = None, padding: Sizes = 0) -> Array:
    """The largest entry of each window, of those that lie in X."""
    windows = _pooled(d, X, size, stride, padding)
    out = np.full(X.shape[: X.ndim - d] + windows.counts, -np.inf, X.dtype)
    for which, where in windows.by_place():
        part = out[(..., *which)]
        np.maximum(part, X[(..., *where)], out=part)
    return out


def _largest(windows: Windows, Y: Array, X: Array) -> Iterator[tuple[Part, Part, Array]]:
    """Of each place in the window, in which windows it is the last entry that is not less than Y, the window's largest."""
    d = len(windows.size)
    free = np.ones(np.broadcast_shapes(Y.shape[: Y.ndim - d], X.shape[: X.ndim - d]) + windows.counts, bool)
    for which, where in windows.by_place():
        part = free[(..., *which)]
        found = part & ~(X[(..., *where)] < Y[(..., *which)])  # so that NaN, which is the largest, is not less than itself
        part &= ~found
        yield which, where, found


def max_pool_input(d: int, b: Array, Y: Array, X: Array, size: Sizes, stride: Sizes | None = None, padding: Sizes = 0) -> Array:
    """The gradient of `max_pool` in X: b at the last entry of each window that is its largest, Y."""
    windows = _pooled(d, X, size, stride, padding)
    front = np.broadcast_shapes(*(x.shape[: x.ndim - d] for x in (b, Y, X)))
    out = np.zeros(front + windows.lengths, b.dtype)
    for which, where, found in _largest(windows, Y, X):
        out[(..., *where)] += np.where(found, b[(..., *which)], np.zeros((), b.dtype))
    return out


def max_pool_entries(d: int, V: Array, Y: Array, X: Array, size: Sizes, stride: Sizes | None = None, padding: Sizes = 0) -> Array:
    """The entries of V where the windows of X have their largest entry, Y."""
    windows = _pooled(d, X, size, stride, padding)
    front = np.broadcast_shapes(*(x.shape[: x.ndim - d] for x in (V, Y, X)))
    out = np.zeros(front + windows.counts, V.dtype)
    for which, where, found in _largest(windows, Y, X):
        out[(..., *which)] += np.where(found, V[(..., *where)], np.zeros((), V.dtype))
    return out


def avg_pool(d: int, X: Array, size: Sizes, stride: Sizes | None = None, padding: Sizes = 0) -> Array:
    """The mean of each window, zeros around X included."""
    windows = _pooled(d, X, size, stride, padding)
    out = np.zeros(X.shape[: X.ndim - d] + windows.counts, X.dtype)
    for which, where in windows.by_place():
        out[(..., *which)] += X[(..., *where)]
    out /= math.prod(windows.size)
    return out


def avg_pool_input(d: int, b: Array, X: Array, size: Sizes, stride: Sizes | None = None, padding: Sizes = 0) -> Array:
    """The gradient of `avg_pool` in X, of which only the shape counts."""
    windows = _pooled(d, X, size, stride, padding)
    share = b / np.asarray(math.prod(windows.size), b.dtype)
    out = np.zeros(b.shape[: b.ndim - d] + windows.lengths, b.dtype)
    for which, where in windows.by_place():
        out[(..., *where)] += share[(..., *which)]
    return out
