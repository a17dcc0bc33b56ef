"""Kernels of convolution, for any number of spatial axes: windows as views, and one matrix product for all of them.

A convolution is y[o, r] = sum over channels c and places i in the window of K[o, c, i] X[c, s r + i - p]. With the windows of X as the
columns of a matrix U ("unfolded") that is y = K U, so that the gradient of K is bar U^T, and that of X adds up the columns of K^T bar where
the windows lie ("folded"). Arrays are (..., channels, spatial axes); kernels (output channels, channels, spatial axes), with axes in front
only where each example has its own. Source: Chellapilla, Puri and Simard, 2006.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..base.arrays import Array
from .windows import Sizes, Windows, windows_of

AT_ONCE = 2**18  # entries unfolded at a time: more would leave the caches
NARROW = 16  # windows of a row from which on a row is copied at the speed of memory; and examples, for rows with fewer
BLOCK = 256  # examples turned at a time
WIDE = 64  # windows from which on BLAS does U b^T so much faster than b U^T that the result is worth turning round


@dataclass(frozen=True)
class Unfolding:
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

    def is_narrow(self, examples: int) -> bool:
        """Whether rows of windows are so short that a row of examples is copied faster."""
        return self.windows.counts[-1] < NARROW <= examples

    @property
    def with_examples(self) -> dict[str, Any]:
        """Of all examples at once as one with another spatial axis, the last, along which a window has one entry."""
        return {"stride": (*self.windows.stride, 1), "padding": (*self.windows.padding, 0), "groups": self.groups}

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


def unfolding_of(d: int, X: Array, K: Array, stride: Sizes, padding: Sizes, groups: int) -> Unfolding:
    """The convolution of arrays of these shapes, with d spatial axes."""
    outputs, inputs = K.shape[-d - 2 : K.ndim - d]
    windows = windows_of(X.shape[X.ndim - d :], K.shape[K.ndim - d :], stride, padding)
    if groups < 1 or outputs % groups or X.shape[-d - 1] != inputs * groups:
        raise ValueError(
            f"{X.shape[-d - 1]} channels do not go into {groups} groups of {inputs}, or {outputs} output channels into as many"
        )
    return Unfolding(windows, groups, inputs, outputs // groups)


def _fronts(d: int, *arrays: tuple[Array, int]) -> list[tuple[int, ...]]:
    return [x.shape[: x.ndim - d - more] for x, more in arrays]


def conv(d: int, X: Array, K: Array, stride: Sizes = 1, padding: Sizes = 0, groups: int = 1) -> Array:
    """The cross-correlation of X with the kernel K, with d spatial axes."""
    unfolding = unfolding_of(d, X, K, stride, padding, groups)
    counts = unfolding.windows.counts
    if math.prod(K.shape[: -d - 2]) != 1:  # each example has a kernel of its own
        Y = unfolding.matrix(K) @ unfolding.unfolded(X)
        return unfolding.together(Y.reshape(*Y.shape[:-1], *counts))
    front = np.broadcast_shapes(*_fronts(d, (X, 1), (K, 2)))
    X, K = _in_a_row(X, d + 1), K.reshape(K.shape[-d - 2 :])
    if unfolding.is_narrow(len(X)):
        out = np.empty((len(X), len(K), *counts), np.result_type(X, K))
        for some in _blocks(len(X)):
            out[some] = _first(conv(d + 1, _last(X[some]), K[..., None], **unfolding.with_examples)[0])
        return out.reshape(*front, *out.shape[1:])
    V = unfolding.windows.of(unfolding.by_group(X))
    W = unfolding.matrix(K)
    out = np.empty((len(V), groups, unfolding.outputs, *counts), np.result_type(X, K))
    buffer = unfolding.buffer(len(V), X.dtype)
    for some, first, last in unfolding.pieces(len(V)):
        U = unfolding.columns(V[some, :, :, first:last], buffer)
        place = out[some, :, :, first:last]
        if len(place) == 1:
            np.matmul(W, U, out=_as_columns(place[0], d))
        else:
            place[...] = np.moveaxis((W @ U).reshape(groups, unfolding.outputs, len(place), last - first, *counts[1:]), 2, 0)
    return out.reshape(*front, len(K), *counts)


def _blocks(examples: int) -> Iterator[slice]:
    for start in range(0, examples, BLOCK):
        yield slice(start, start + BLOCK)


def _last(x: Array) -> Array:
    """(examples, channels, spatial axes) as one example whose last spatial axis are the examples."""
    return np.ascontiguousarray(np.moveaxis(x, 0, -1))[None]


def _first(x: Array) -> Array:
    """The other way round, without the axis of the one example."""
    return np.moveaxis(x, -1, 0)


def _in_a_row(x: Array, core: int) -> Array:
    """All axes in front of the core as one."""
    front = x.shape[: x.ndim - core]
    return x.reshape(math.prod(front), *x.shape[x.ndim - core :])


def _as_columns(x: Array, d: int) -> Array:
    """The spatial axes as one: a view where what is joined lies in a row."""
    return x.reshape(*x.shape[: x.ndim - d], math.prod(x.shape[x.ndim - d :]))


def conv_input(d: int, b: Array, K: Array, X: Array, stride: Sizes = 1, padding: Sizes = 0, groups: int = 1) -> Array:
    """The gradient of a convolution in X, of which only the shape counts: the columns of K^T b, added up where the windows lie."""
    unfolding = unfolding_of(d, X, K, stride, padding, groups)
    front = np.broadcast_shapes(*_fronts(d, (b, 1), (K, 2)))
    core, size, counts, dtype = X.shape[-d - 1 :], unfolding.windows.size, unfolding.windows.counts, np.result_type(b, K)
    if math.prod(K.shape[: -d - 2]) != 1:
        U = unfolding.matrix(K).swapaxes(-1, -2) @ _as_columns(np.ascontiguousarray(unfolding.by_group(b)), d)
        U = U.reshape(*U.shape[:-2], unfolding.inputs, *size, *counts)
        out = np.zeros((*U.shape[: -2 * d], *core[1:]), dtype)
        unfolding.windows.fold(U, out)
        return unfolding.together(out)
    b, K = _in_a_row(b, d + 1), K.reshape(K.shape[-d - 2 :])
    if unfolding.is_narrow(len(b)):
        out = np.empty((len(b), *core), dtype)
        for some in _blocks(len(b)):
            like = np.broadcast_to(np.zeros((), dtype), (*core, len(b[some])))
            out[some] = _first(conv_input(d + 1, _last(b[some]), K[..., None], like, **unfolding.with_examples)[0])
        return out.reshape(front + core)
    B = unfolding.by_group(np.ascontiguousarray(b))
    W = unfolding.matrix(K).swapaxes(-1, -2)
    out = np.zeros((len(B), groups, unfolding.inputs, *core[1:]), dtype)
    buffer = unfolding.buffer(len(B), dtype)
    for some, first, last in unfolding.pieces(len(B)):
        Y = _flat_columns(B[some, :, :, first:last], d)
        U = buffer[: W.shape[0] * W.shape[1] * Y.shape[-1]].reshape(*W.shape[:2], Y.shape[-1])
        np.matmul(W, Y, out=U)
        U = np.moveaxis(U.reshape(groups, unfolding.inputs, *size, len(B[some]), last - first, *counts[1:]), 2 + d, 0)
        unfolding.windows.fold(U, out[some], first, last)
    return out.reshape(front + core)


def _flat_columns(B: Array, d: int) -> Array:
    """(examples, groups, channels, counts) as the columns of one matrix a group: a view for one example."""
    if len(B) == 1:
        return _as_columns(B[0], d)
    return np.moveaxis(B, 0, 2).reshape(*B.shape[1:3], len(B) * math.prod(B.shape[3:]))


def conv_kernel(d: int, X: Array, b: Array, K: Array, stride: Sizes = 1, padding: Sizes = 0, groups: int = 1) -> Array:
    """The gradient of a convolution in K, of which only the shape counts: b U^T, for each example."""
    unfolding = unfolding_of(d, X, K, stride, padding, groups)
    B = _as_columns(np.ascontiguousarray(unfolding.by_group(b)), d)
    if X.shape[: -d - 1] == b.shape[: -d - 1]:
        found = _of_each_example(unfolding, unfolding.by_group(_in_a_row(X, d + 1)), _in_a_row(B, 3))
        found = found.reshape(*X.shape[: -d - 1], *found.shape[1:])
    else:  # another error signal for the same X, or the other way round
        found = B @ unfolding.unfolded(X).swapaxes(-1, -2)
    return found.reshape(*found.shape[:-3], *K.shape[-d - 2 :])


def _of_each_example(unfolding: Unfolding, X: Array, B: Array) -> Array:
    """The gradients in the kernel of examples X, (examples, groups, inputs, lengths), and B, (examples, groups, outputs, windows)."""
    d, size = len(unfolding.windows.size), unfolding.inputs * math.prod(unfolding.windows.size)
    V = unfolding.windows.of(X)
    V = V.transpose(0, 1, 2, *range(3 + d, 3 + 2 * d), *range(3, 3 + d))
    out = np.empty((*B.shape[:-1], size), np.result_type(X, B))
    many = max(1, AT_ONCE // max(1, unfolding.groups * size * B.shape[-1]))
    buffer = np.empty((min(many, len(X)), *V.shape[1:]), X.dtype)
    for start in range(0, len(X), many):
        some = slice(start, start + many)
        U = buffer[: len(V[some])]
        U[...] = V[some]
        U = U.reshape(len(U), unfolding.groups, size, B.shape[-1])
        if B.shape[-1] < WIDE:
            np.matmul(B[some], U.swapaxes(-1, -2), out=out[some])
        else:
            out[some] = (U @ B[some].swapaxes(-1, -2)).swapaxes(-1, -2)
    return out


def batch_conv_kernel(d: int, X: Array, b: Array, K: Array, stride: Sizes = 1, padding: Sizes = 0, groups: int = 1) -> Array:
    """The same, summed over the examples: b U^T with the windows of all of them as columns."""
    unfolding = unfolding_of(d, X, K, stride, padding, groups)
    if unfolding.is_narrow(len(X)):
        like = K[..., None]
        parts = (batch_conv_kernel(d + 1, _last(X[some]), _last(b[some]), like, **unfolding.with_examples) for some in _blocks(len(X)))
        return sum(parts, np.zeros(1, b.dtype))[..., 0]
    V = unfolding.windows.of(unfolding.by_group(X))
    B = unfolding.by_group(np.ascontiguousarray(b))
    dtype, buffer = np.result_type(X, b), unfolding.buffer(len(V), X.dtype)
    out = np.zeros((groups, unfolding.inputs * math.prod(unfolding.windows.size), unfolding.outputs), dtype)
    for some, first, last in unfolding.pieces(len(V)):
        U = unfolding.columns(V[some, :, :, first:last], buffer)
        out += U @ _flat_columns(B[some, :, :, first:last], d).swapaxes(-1, -2)
    return out.swapaxes(-1, -2).reshape(K.shape[-d - 2 :])


def unfold(d: int, X: Array, K: Array, stride: Sizes = 1, padding: Sizes = 0) -> Array:
    """The windows of X as columns, (channels * size, windows)."""
    windows = windows_of(X.shape[X.ndim - d :], K.shape[K.ndim - d :], stride, padding)
    U = Unfolding(windows, 1, X.shape[-d - 1], 1).unfolded(X)
    return U[..., 0, :, :]


def fold(d: int, U: Array, X: Array, K: Array, stride: Sizes = 1, padding: Sizes = 0) -> Array:
    """Columns added up where the windows of X lie, of which only the shape counts."""
    core = X.shape[-d - 1 :]
    windows = windows_of(core[1:], K.shape[K.ndim - d :], stride, padding)
    out = np.zeros(U.shape[:-2] + core, U.dtype)
    windows.fold(U.reshape(*U.shape[:-2], core[0], *windows.size, *windows.counts), out)
    return out
