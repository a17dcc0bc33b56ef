"""Kernels of the reductions: largest entries, products and spreads along axes, and the axes of a reduction as one.

Axes are counted from the end, so that whatever stands before the core is gone through alike. At a tie the last entry counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..base.arrays import Array
from .kernels import Axes, entries_along, mean, norm, several


def axes_last(x: Array, axis: Axes = -1) -> Array:
    """These axes as one, the last; of none of them, an axis of one entry."""
    axes = several(axis)
    moved = np.moveaxis(x, axes, range(-len(axes), 0))
    lead = moved.shape[: x.ndim - len(axes)]
    return moved.reshape((*lead, math.prod(moved.shape[x.ndim - len(axes) :])))


def axes_back(v: Array, x: Array, axis: Axes = -1, ranks: Sequence[int] = ()) -> Array:
    """The last axis as those of x again, in their places."""
    axes = several(axis)
    return np.moveaxis(v.reshape(v.shape[:-1] + tuple(x.shape[k] for k in axes)), range(-len(axes), 0), axes)


def norm2(x: Array, axis: Axes = -1, keepdims: bool = False) -> Array:
    if axis == -1 and not keepdims:
        y: Array = np.vecdot(x, x)
        return y
    total: Array = (x * x).sum(axis, keepdims=keepdims)
    return total


def largest(x: Array, axis: Axes = -1, keepdims: bool = False) -> Array:
    found: Array = _checked(x, axis).max(axis, keepdims=keepdims)
    return found


def smallest(x: Array, axis: Axes = -1, keepdims: bool = False) -> Array:
    found: Array = _checked(x, axis).min(axis, keepdims=keepdims)
    return found


def argmax(x: Array, axis: Axes = -1, keepdims: bool = False) -> Array:
    found = _last_largest(axes_last(_checked(x, axis), axis)).astype(x.dtype)
    return np.expand_dims(found, several(axis)) if keepdims else found


def is_max(x: Array, axis: Axes = -1) -> Array:
    entries = axes_last(x, axis)
    y = np.zeros(entries.shape, x.dtype)
    if entries.shape[-1]:
        np.put_along_axis(y, _last_largest(entries)[..., None], 1, -1)
    return axes_back(y, x, axis)


def _last_largest(entries: Array) -> Array:
    """The place of the last of the largest entries, or of the last that is NaN; a batch of nothing has none."""
    is_largest = (entries == entries.max(-1, keepdims=True)) | np.isnan(entries)
    found: Array = entries.shape[-1] - 1 - is_largest[..., ::-1].argmax(-1)
    return found


def _checked(x: Array, axis: Axes) -> Array:
    if not entries_along(x, axis):
        raise ValueError("it has no entries, and so no largest or smallest one")
    return x


def product(x: Array, axis: Axes = -1, keepdims: bool = False) -> Array:
    found: Array = x.prod(axis, keepdims=keepdims)
    return found


def product_of_others(x: Array, axis: Axes = -1) -> Array:
    entries = axes_last(x, axis)
    before, after = np.ones_like(entries), np.ones_like(entries)
    np.cumprod(entries[..., :-1], axis=-1, out=before[..., 1:])
    np.cumprod(entries[..., :0:-1], axis=-1, out=after[..., -2::-1])
    return axes_back(before * after, x, axis)


def eye_like(x: Array) -> Array:
    n = x.shape[-1]
    return np.broadcast_to(np.eye(n, dtype=x.dtype), (*x.shape, n))


def variance(x: Array, axis: Axes = -1, keepdims: bool = False) -> Array:
    return mean(np.square(x - mean(x, axis, True)), axis, keepdims)


def deviation(x: Array, axis: Axes = -1, keepdims: bool = False) -> Array:
    number = entries_along(x, axis)
    found = norm(x - mean(x, axis, True), axis, keepdims)  # scaled: no square over- or underflows
    return found / math.sqrt(number) if number else found * np.nan
