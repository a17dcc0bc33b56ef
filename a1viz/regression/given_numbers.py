"""What a regression is given: matrices and vectors of finite numbers, checked before LAPACK sees them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..base.arrays import Array, as_array
from ..base.columns import counted
from ..base.errors import InputError, shown

FLOAT = np.dtype(float)


def matrix(value: Any, name: str) -> Array:
    """A matrix of finite floats with at least one row and one column. Raises InputError."""
    array = floats(value, name)
    if array.ndim != 2:
        raise InputError(f"{name} must be a matrix, one example per row, such as [[1, 2], [3, 4]]; got {counted(array.ndim, 'axes')}")
    if not array.size:
        n, d = array.shape
        has = f"{name} has {counted(n, 'rows')} and {counted(d, 'columns')}"
        raise InputError(f"{has}; there must be at least one example (n > 0) and one feature (d > 0)")
    return array


def vector(value: Any, name: str, size: int | None = None) -> Array:
    """A vector of finite floats, of `size` where given. Raises InputError."""
    array = floats(value, name)
    if array.ndim != 1:
        raise InputError(f"{name} must be a list of numbers such as [1, 2, 3]; got {counted(array.ndim, 'axes')}")
    if size is not None and len(array) != size:
        raise InputError(f"{name} has {counted(len(array), 'numbers')}, expected {size}")
    return array


def floats(value: Any, name: str) -> Array:
    """An array of finite floats. Raises InputError."""
    array = numbers(value, name)
    if not np.vdot(array, array) < np.inf:  # sees NaN and infinity in half the time of np.isfinite, and warns of nothing
        bad = np.argwhere(~np.isfinite(array))
        if len(bad):
            place = ", ".join(map(str, bad[0]))
            raise InputError(f"{name} has {array[tuple(bad[0])]} at [{place}]; leave out or mend what is not a finite number")
        raise InputError(f"{name} has numbers whose squares are beyond double precision; scale them to sizes near 1")
    return array


def numbers(value: Any, name: str) -> Array:
    """An array of floats, finite or not. Raises InputError."""
    if value.__class__ is np.ndarray and value.dtype is FLOAT:
        return value
    try:
        array = as_array(value, name)
        if array.dtype.kind not in "fiub":
            raise TypeError
        return array.astype(float, copy=False)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{name} must be numbers in rows of one length, got {shown(value)}") from None


def row_text(array: Array, most: int = 8) -> str:
    """A vector in one line; a long one by its ends."""
    parts = [f"{v:.6g}" for v in (array if len(array) <= most else [*array[: most // 2], *array[-most // 2 :]])]
    if len(array) > most:
        parts.insert(most // 2, "...")
    return f"[{', '.join(parts)}]"
