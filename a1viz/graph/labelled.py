"""NumPy kernels of what takes entries by labels, and of what puts them back where the labels say."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..base.arrays import Array

MANY_ROWS = 2**7  # that are added up faster in runs than one by one


def positions(t: Array, lead: tuple[int, ...], size: int) -> Array:
    t = np.asarray(t)
    wrong = t[~((t >= 0) & (t < size) & (t == np.floor(t)))]
    if wrong.size:
        raise ValueError(f"there is no entry {wrong[0]:g}; entries are counted from 0 to {size - 1}")
    return np.broadcast_to(t.astype(np.intp), lead)[..., None]


def pick(x: Array, t: Array, axis: int = -1) -> Array:
    x = x if axis == -1 else np.moveaxis(x, axis, -1)
    lead = np.broadcast_shapes(x.shape[:-1], np.shape(t))
    return np.take_along_axis(np.broadcast_to(x, lead + x.shape[-1:]), positions(t, lead, x.shape[-1]), -1)[..., 0]


def scatter(s: Array, t: Array, x: Array, axis: int = -1) -> Array:
    lead = np.broadcast_shapes(np.shape(s), np.shape(t), np.moveaxis(x, axis, -1).shape[:-1])
    out = np.zeros((*lead, x.shape[axis]), np.result_type(s))
    np.put_along_axis(out, positions(t, lead, x.shape[axis]), np.broadcast_to(s, lead)[..., None], -1)
    return np.moveaxis(out, -1, axis)


def take(x: Array, t: Array, ranks: Sequence[int]) -> Array:
    t = positions(t, np.shape(t), x.shape[-ranks[0]])[..., 0]
    if x.ndim == ranks[0]:
        found: Array = x[t]
        return found
    lead, (x, t) = _one_lead((x, t), ranks)
    found = x[np.arange(len(x)).reshape(-1, *[1] * ranks[1]), t]
    return found.reshape(lead + found.shape[1:])


def untake(s: Array, t: Array, x: Array, ranks: Sequence[int]) -> Array:
    shape = x.shape[x.ndim - ranks[2] :]
    lead, (s, t) = _one_lead((s, np.asarray(t).astype(np.intp)), ranks)  # an entry of labels may have become a float
    out = np.zeros((len(s) * shape[0], *shape[1:]), s.dtype)
    starts = shape[0] * np.arange(len(s)).reshape(-1, *[1] * ranks[1])
    add_rows(out, (t + starts).reshape(-1), s.reshape(t.size, *shape[1:]))
    return out.reshape(lead + shape)


def retake(s: Array, u: Array, t: Array, ranks: Sequence[int]) -> Array:
    lead, (s, u, t) = _one_lead((s, u, t), ranks)
    put, read, rest = u.shape[1:], t.shape[1:], s.shape[ranks[1] + 1 :]
    equal = t.reshape(len(t), math.prod(read), 1) == u.reshape(len(u), 1, math.prod(put))
    rows = s.reshape(len(s), math.prod(put), math.prod(rest))
    found: Array = equal.astype(s.dtype) @ rows
    return found.reshape(lead + read + rest)


def batch_untake(s: Array, t: Array, x: Array) -> Array:
    out = np.zeros(x.shape[1:], s.dtype)
    add_rows(out, positions(t, t.shape, len(out)).reshape(-1), s.reshape(t.size, *out.shape[1:]))
    return out


def add_rows(out: Array, t: Array, s: Array) -> None:
    """Add s[i] to out[t[i]], for all i; many rows are sorted by their places first and added up in runs."""
    if len(t) < MANY_ROWS:
        np.add.at(out, t, s)
        return
    order = np.argsort(t, kind="stable")
    places = t[order]
    starts = np.flatnonzero(np.concatenate([[True], places[1:] != places[:-1]]))
    out[places[starts]] += np.add.reduceat(s[order], starts, axis=0)


def _one_lead(arrays: Sequence[Array], ranks: Sequence[int]) -> tuple[tuple[int, ...], list[Array]]:
    """The axes in front of all cores, broadcast; and the arrays with them as one axis."""
    fronts = [x.shape[: x.ndim - rank] for x, rank in zip(arrays, ranks, strict=False)]
    lead = np.broadcast_shapes(*fronts)
    cores = [x.shape[x.ndim - rank :] for x, rank in zip(arrays, ranks, strict=False)]
    rows = math.prod(lead)  # -1 is no number where a core is empty
    return lead, [np.broadcast_to(x, lead + core).reshape(rows, *core) for x, core in zip(arrays, cores, strict=True)]
