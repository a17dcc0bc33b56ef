"""Where the windows of convolution and pooling lie in their input, for any number of spatial axes. Arrays end in these axes."""

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
