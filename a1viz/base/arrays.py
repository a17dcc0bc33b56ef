"""The array type that annotations use, and what users give as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import InputError

Array = NDArray[Any]


def as_array(value: Any, name: str = "") -> Array:
    """What a user gave as an array: numbers, lists, arrays, tensors of any device and type, with or without a history.

    Raises InputError for a masked array, ValueError or TypeError as NumPy does for what is no array.

    >>> as_array([1, 2])
    array([1, 2])
    """
    if isinstance(value, (np.ma.MaskedArray, list, tuple)) and any(
        isinstance(part, np.ma.MaskedArray) for part in ([value] if isinstance(value, np.ma.MaskedArray) else value)
    ):
        mend = "fill in numbers, as in value.filled(0), or leave those examples out"
        raise InputError(f"{name + ': ' if name else ''}the mask of a masked array would be lost; {mend}")
    if isinstance(value, (list, tuple)):
        value = [_plain(part) for part in value]
    return np.asarray(_plain(value))


def _plain(value: Any) -> Any:
    """A tensor as NumPy takes it: without its history, in main memory, of a type that NumPy has."""
    if not hasattr(value, "detach"):
        return value
    tensor = value.detach().cpu()
    return (tensor.float() if "bfloat16" in str(tensor.dtype) else tensor).numpy()
