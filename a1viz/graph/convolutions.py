"""Kernels of convolution and pooling, for any number of spatial axes: windows as views, and one matrix product for all of them.

A convolution is y[o, r] = sum over channels c and places i in the window of K[o, c, i] X[c, s r + i - p]. With the windows of X as the
columns of a matrix U ("unfolded") that is y = K U, so that the gradient of K is bar U^T, and that of X adds up the columns of K^T bar where
the windows lie ("folded"). Arrays are (..., channels, spatial axes); kernels (output channels, channels, spatial axes), with axes in front
only where each example has its own. Source: Chellapilla, Puri and Simard, 2006.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..base.arrays import Array

Sizes = int | Sequence[int]
Part = tuple[int | slice, ...]
Index = tuple[Any, ...]
AT_ONCE = 2**18  # entries unfolded at a time: more would leave the caches


@dataclass(frozen=True)
class Windows:
    """Where windows lie, for each spatial axis: how long the input and a window are, the step from one to the next, the zeros around."""

    lengths: tuple[int, ...]
    size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]

    @property
    def counts(self) -> tuple[int, ...]:
        """How many windows there are along each axis."""
        return tuple((n + 2 * p - k) // s + 1 for n, k, s, p in self._axes)

    @property
    def _axes(self) -> Iterator[tuple[int, int, int, int]]:
        return zip(self.lengths, self.size, self.stride, self.padding, strict=True)

    def of(self, X: Array) -> Array:
        """All windows, (..., counts, size), as a view of X or of X with its zeros."""
        d = len(self.size)
        if any(self.padding):
            inner: Index = (..., *(slice(p, p + n) for n, p in zip(self.lengths, self.padding, strict=True)))
            padded = np.zeros(X.shape[:-d] + tuple(n + 2 * p for n, p in zip(self.lengths, self.padding, strict=True)), X.dtype)
            padded[inner] = X
            X = padded
        every: Index = (..., *(slice(None, None, s) for s in self.stride), *[slice(None)] * d)
        windows: Array = sliding_window_view(X, self.size, tuple(range(-d, 0)))[every]
        return windows

    def places(self, first: int = 0, last: int | None = None) -> Iterator[tuple[Part, Part, Part]]:
        """Pairs of entries of windows and of the input that are the same: in the window, which windows, in the input.

        Of each place in the window all windows at once, or of each window all places, whichever are fewer; none lies outside the input. The
        windows along the first spatial axis are those from `first` on, which is then counted as 0, up to `last`.
        """
        counts = self.counts
        counts = (counts[0] if last is None else last, *counts[1:])
        along = _by_place if math.prod(self.size) <= math.prod(counts) else _by_window
        axes = [along(*axis, first if k == 0 else 0, counts[k]) for k, axis in enumerate(self._axes)]
        for parts in itertools.product(*axes):
            inside, which, where = zip(*parts, strict=True)
            yield inside, which, where

    def by_place(self) -> Iterator[tuple[Part, Part]]:
        """Of each place in the window, the last first: all windows in which it lies in the input, and where."""
        axes = [list(_by_place(*axis, 0, count))[::-1] for axis, count in zip(self._axes, self.counts, strict=True)]
        for parts in itertools.product(*axes):
            _, which, where = zip(*parts, strict=True)
            yield which, where

    def fold(self, U: Array, out: Array, first: int = 0, last: int | None = None) -> None:
        """Add windows (..., size, counts) up in `out`, where they lie."""
        for inside, which, where in self.places(first, last):
            out[(..., *where)] += U[(..., *inside, *which)]


def _by_place(n: int, k: int, s: int, p: int, first: int, last: int) -> Iterator[tuple[int | slice, int | slice, int | slice]]:
    for i in range(k):
        start, stop = max(first, -(-(p - i) // s)), min(last, (n - 1 + p - i) // s + 1)
        if start < stop:
            yield i, slice(start - first, stop - first), slice(start * s + i - p, (stop - 1) * s + i - p + 1, s)


def _by_window(n: int, k: int, s: int, p: int, first: int, last: int) -> Iterator[tuple[int | slice, int | slice, int | slice]]:
    for r in range(first, last):
        start, stop = max(0, p - r * s), min(k, n + p - r * s)
        if start < stop:
            yield slice(start, stop), r - first, slice(r * s - p + start, r * s - p + stop)


def windows_of(lengths: Sequence[int], size: Sequence[int], stride: Sizes = 1, padding: Sizes = 0) -> Windows:
    """The windows of these sizes; a number is one for all axes.

    Raises ValueError where no window fits.
    """
    d = len(lengths)
    step, zeros = (tuple(v) if isinstance(v, Sequence) else (v,) * d for v in (stride, padding))
    for word, sizes, least in (("stride", step, 1), ("padding", zeros, 0), ("window", size, 1)):
        if min(sizes) < least:
            raise ValueError(f"the {word} is {_times(sizes)}, and must be {least} or more")
    if any(k > n + 2 * p for n, k, p in zip(lengths, size, zeros, strict=True)):
        around = f" with {_times(zeros)} zeros around" if any(zeros) else ""
        raise ValueError(f"the window is {_times(size)}, which does not fit into {_times(lengths)}{around}")
    return Windows(tuple(lengths), tuple(size), step, zeros)


def _times(sizes: Sequence[int]) -> str:
    return " x ".join(map(str, sizes))


# --- convolution ------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Layer:
    """A convolution: its windows, how many output channels and, of each group, channels in and out."""

    windows: Windows
    groups: int
    inputs: int
    outputs: int

    def matrix(self, K: Array) -> Array:
        """The kernel as a matrix of each group, (..., groups, outputs, inputs * size)."""
        d = len(self.windows.size)
        return K.reshape(*K.shape[: -d - 2], self.groups, self.outputs, self.inputs * math.prod(self.windows.size))

    def by_group(self, x: Array) -> Array:
        """Channels taken apart: (..., groups, channels of one, spatial axes)."""
        d = len(self.windows.size)
        return x.reshape(*x.shape[: -d - 1], self.groups, x.shape[-d - 1] // self.groups, *x.shape[x.ndim - d :])

    def together(self, x: Array) -> Array:
        """The other way round."""
        d = len(self.windows.size)
        return x.reshape(*x.shape[: -d - 2], x.shape[-d - 2] * x.shape[-d - 1], *x.shape[x.ndim - d :])

    def unfolded(self, X: Array) -> Array:
        """The windows of each example as columns, (..., groups, inputs * size, windows)."""
        d = len(self.windows.size)
        V = self.windows.of(self.by_group(X))
        lead = V.ndim - 2 * d
        V = V.transpose(*range(lead), *range(lead + d, lead + 2 * d), *range(lead, lead + d))
        return V.reshape(*V.shape[: lead - 1], self.inputs * math.prod(self.windows.size), math.prod(self.windows.counts))

    def pieces(self, examples: int) -> Iterator[tuple[slice, int, int]]:
        """Examples and rows of windows to be worked on at a time: (examples, first row, last row); several rows of one, or all of some."""
        rows, *rest = self.windows.counts
        row = self.groups * self.inputs * math.prod(self.windows.size) * math.prod(rest)
        many = max(1, AT_ONCE // max(1, row * rows))
        few = rows if many > 1 else min(rows, -(-rows // -(-row * rows // AT_ONCE)))
        for start in range(0, examples, many):
            for first in range(0, rows, few):
                yield slice(start, min(start + many, examples)), first, min(first + few, rows)

    def columns(self, V: Array, buffer: Array) -> Array:
        """Windows (examples, groups, inputs, counts, size) as the columns of one matrix a group, copied into `buffer`."""
        d = len(self.windows.size)
        V = V.transpose(1, 2, *range(3 + d, 3 + 2 * d), 0, *range(3, 3 + d))
        U = buffer[: V.size].reshape(V.shape)
        U[...] = V
        return U.reshape(self.groups, self.inputs * math.prod(self.windows.size), V.shape[2 + d] * math.prod(V.shape[3 + d :]))

    def buffer(self, examples: int, dtype: Any) -> Array:
        """Place for the columns of the largest piece."""
        some, first, last = next(self.pieces(examples), (slice(0, 0), 0, 0))
        rest = self.windows.counts[1:]
        number = (some.stop - some.start) * (last - first) * math.prod(rest)
        return np.empty(self.groups * self.inputs * math.prod(self.windows.size) * number, dtype)


def layer_of(d: int, X: Array, K: Array, stride: Sizes, padding: Sizes, groups: int) -> Layer:
    """The convolution of arrays of these shapes, with d spatial axes."""
    outputs, inputs = K.shape[-d - 2 : K.ndim - d]
    windows = windows_of(X.shape[X.ndim - d :], K.shape[K.ndim - d :], stride, padding)
    if groups < 1 or outputs % groups or X.shape[-d - 1] != inputs * groups:
        raise ValueError(
            f"{X.shape[-d - 1]} channels do not go into {groups} groups of {inputs}, or {outputs} output channels into as many"
        )
    return Layer(windows, groups, inputs, outputs // groups)


def _fronts(d: int, *arrays: tuple[Array, int]) -> list[tuple[int, ...]]:
    return [x.shape[: x.ndim - d - more] for x, more in arrays]


def conv(d: int, X: Array, K: Array, stride: Sizes = 1, padding: Sizes = 0, groups: int = 1) -> Array:
    """The cross-correlation of X with the kernel K, with d spatial axes."""
    layer = layer_of(d, X, K, stride, padding, groups)
    counts = layer.windows.counts
    if math.prod(K.shape[: -d - 2]) != 1:  # each example has a kernel of its own
        Y = layer.matrix(K) @ layer.unfolded(X)
        return layer.together(Y.reshape(*Y.shape[:-1], *counts))
    front = np.broadcast_shapes(*_fronts(d, (X, 1), (K, 2)))
    V = layer.windows.of(layer.by_group(_in_a_row(X, d + 1)))
    W = layer.matrix(K.reshape(K.shape[-d - 2 :]))
    out = np.empty((len(V), groups, layer.outputs, *counts), np.result_type(X, K))
    buffer = layer.buffer(len(V), X.dtype)
    for some, first, last in layer.pieces(len(V)):
        U = layer.columns(V[some, :, :, first:last], buffer)
        place = out[some, :, :, first:last]
        if len(place) == 1:
            np.matmul(W, U, out=_as_columns(place[0], d))
        else:
            place[...] = np.moveaxis((W @ U).reshape(groups, layer.outputs, len(place), last - first, *counts[1:]), 2, 0)
    return out.reshape(*front, K.shape[-d - 2], *counts)


def _in_a_row(x: Array, core: int) -> Array:
    """All axes in front of the core as one."""
    front = x.shape[: x.ndim - core]
    return x.reshape(math.prod(front), *x.shape[x.ndim - core :])


def _as_columns(x: Array, d: int) -> Array:
    """The spatial axes as one, in a view: what is joined lies in a row."""
    view = x.view()
    view.shape = (*x.shape[: x.ndim - d], math.prod(x.shape[x.ndim - d :]))
    return view


def conv_input(d: int, b: Array, K: Array, X: Array, stride: Sizes = 1, padding: Sizes = 0, groups: int = 1) -> Array:
    """The gradient of a convolution in X, of which only the shape counts: the columns of K^T b, added up where the windows lie."""
    layer = layer_of(d, X, K, stride, padding, groups)
    front = np.broadcast_shapes(*_fronts(d, (b, 1), (K, 2), (X, 1)))
    core, size, counts, dtype = X.shape[-d - 1 :], layer.windows.size, layer.windows.counts, np.result_type(b, K)
    if math.prod(K.shape[: -d - 2]) != 1:
        U = layer.matrix(K).swapaxes(-1, -2) @ _as_columns(np.ascontiguousarray(layer.by_group(b)), d)
        U = U.reshape(*U.shape[:-2], layer.inputs, *size, *counts)
        out = np.zeros((*U.shape[: -2 * d], *core[1:]), dtype)
        layer.windows.fold(U, out)
        return np.broadcast_to(layer.together(out), front + core)
    few = np.broadcast_shapes(*_fronts(d, (b, 1), (K, 2)))  # without what X alone has
    B = layer.by_group(_in_a_row(np.ascontiguousarray(b), d + 1))
    W = layer.matrix(K.reshape(K.shape[-d - 2 :])).swapaxes(-1, -2)
    out = np.zeros((len(B), groups, layer.inputs, *core[1:]), dtype)
    buffer = layer.buffer(len(B), dtype)
    for some, first, last in layer.pieces(len(B)):
        Y = _flat_columns(B[some, :, :, first:last], d)
        U = buffer[: W.shape[0] * W.shape[1] * Y.shape[-1]].reshape(*W.shape[:2], Y.shape[-1])
        np.matmul(W, Y, out=U)
        U = np.moveaxis(U.reshape(groups, layer.inputs, *size, len(B[some]), last - first, *counts[1:]), 2 + d, 0)
        layer.windows.fold(U, out[some], first, last)
    return np.broadcast_to(out.reshape(few + core), front + core)


def _flat_columns(B: Array, d: int) -> Array:
    """(examples, groups, channels, counts) as the columns of one matrix a group: a view for one example."""
    if len(B) == 1:
        return _as_columns(B[0], d)
    return np.moveaxis(B, 0, 2).reshape(*B.shape[1:3], len(B) * math.prod(B.shape[3:]))


def conv_kernel(d: int, X: Array, b: Array, K: Array, stride: Sizes = 1, padding: Sizes = 0, groups: int = 1) -> Array:
    """The gradient of a convolution in K, of which only the shape counts: b U^T, for each example."""
    layer = layer_of(d, X, K, stride, padding, groups)
    front = np.broadcast_shapes(*_fronts(d, (X, 1), (b, 1), (K, 2)))
    B = _as_columns(np.ascontiguousarray(layer.by_group(b)), d)
    found = B @ layer.unfolded(X).swapaxes(-1, -2)
    return np.broadcast_to(found.reshape(*found.shape[:-3], *K.shape[-d - 2 :]), front + K.shape[-d - 2 :])


def batch_conv_kernel(d: int, X: Array, b: Array, K: Array, stride: Sizes = 1, padding: Sizes = 0, groups: int = 1) -> Array:
    """The same, summed over the examples: b U^T with the windows of all of them as columns."""
    layer = layer_of(d, X, K, stride, padding, groups)
    V = layer.windows.of(layer.by_group(X))
    B = layer.by_group(np.ascontiguousarray(b))
    dtype, buffer = np.result_type(X, b), layer.buffer(len(V), X.dtype)
    out = np.zeros((groups, layer.inputs * math.prod(layer.windows.size), layer.outputs), dtype)
    for some, first, last in layer.pieces(len(V)):  # U b^T, which BLAS does faster than b U^T
        U = layer.columns(V[some, :, :, first:last], buffer)
        out += U @ _flat_columns(B[some, :, :, first:last], d).swapaxes(-1, -2)
    return out.swapaxes(-1, -2).reshape(K.shape[-d - 2 :])


def unfold(d: int, X: Array, K: Array, stride: Sizes = 1, padding: Sizes = 0) -> Array:
    """The windows of X as columns, (channels * size, windows)."""
    windows = windows_of(X.shape[X.ndim - d :], K.shape[K.ndim - d :], stride, padding)
    U = Layer(windows, 1, X.shape[-d - 1], 1).unfolded(X)
    front = np.broadcast_shapes(*_fronts(d, (X, 1), (K, 2)))
    return np.broadcast_to(U[..., 0, :, :], front + U.shape[-2:])


def fold(d: int, U: Array, X: Array, K: Array, stride: Sizes = 1, padding: Sizes = 0) -> Array:
    """Columns added up where the windows of X lie, of which only the shape counts."""
    core = X.shape[-d - 1 :]
    windows = windows_of(core[1:], K.shape[K.ndim - d :], stride, padding)
    out = np.zeros(U.shape[:-2] + core, U.dtype)
    windows.fold(U.reshape(*U.shape[:-2], core[0], *windows.size, *windows.counts), out)
    return np.broadcast_to(out, np.broadcast_shapes(U.shape[:-2], *_fronts(d, (X, 1), (K, 2))) + core)


# --- pooling ----------------------------------------------------------------------------------------------------------------------------


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
    return np.broadcast_to(out, np.broadcast_shapes(b.shape[: b.ndim - d], X.shape[: X.ndim - d]) + windows.lengths)
