"""Values that a model computes of constants and shapes alone: computed while it is read, as exporters write shapes.

They are arrays of whole numbers or of floats, or of sizes: then an entry may be the name of one, and BATCH stands for the batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..base.arrays import Array
from ..base.limits import KNOWN_NUMBERS, PROGRAM_NUMBERS

FLOATS = (1, 10, 11, 16)  # FLOAT, FLOAT16, DOUBLE, BFLOAT16, among the types of the format
BATCH = ":batch"  # how many examples there are, among sizes


def _divided(a: Array, b: Array) -> Any:
    """Whole numbers towards 0."""
    is_whole = a.dtype.kind == b.dtype.kind == "i"
    return np.sign(a) * np.sign(b) * (np.abs(a) // np.abs(b)) if is_whole else a / b


def _sliced(x: Array, starts: Array, ends: Array, axes: Array | None = None, steps: Array | None = None) -> Any:
    places = range(len(starts)) if axes is None else [int(axis) % x.ndim for axis in axes]
    index: list[Any] = [slice(None)] * x.ndim
    for k, axis in enumerate(places):
        step = 1 if steps is None else int(steps[k])
        start, end = int(starts[k]), int(ends[k])
        index[axis] = slice(start, None if step < 0 and end < -x.shape[axis] else end, step)
    return x[tuple(index)]


def _reshaped(x: Array, shape: Array, allowzero: int = 0) -> Array:
    return x.reshape([x.shape[k] if size == 0 and not allowzero else int(size) for k, size in enumerate(shape)])


def _filled(shape: Array, value: Any = None) -> Array:
    if math.prod(int(size) for size in shape) > PROGRAM_NUMBERS:
        raise ValueError("it would be too large")
    number = np.zeros(1, np.float32) if value is None else np.asarray(value)
    return np.full([int(size) for size in shape], number.reshape(-1)[0], number.dtype)


def _unsqueezed(x: Array, axes: Any) -> Array:
    return np.expand_dims(x, tuple(int(axis) for axis in np.reshape(axes, -1)))


def _squeezed(x: Array, axes: Any = None) -> Array:
    return np.squeeze(x, None if axes is None else tuple(int(axis) for axis in np.reshape(axes, -1)))


def _several(axes: Any) -> tuple[int, ...] | None:
    return None if axes is None else tuple(int(axis) for axis in np.reshape(axes, -1))


def _range(start: Array, limit: Array, delta: Array) -> Any:
    count = max(math.ceil((limit - start) / delta), 0)
    if count > PROGRAM_NUMBERS:
        raise ValueError("it would be too long")
    return start + np.arange(count) * delta


FOLDED: Mapping[str, Callable[..., Any]] = {  # what is computed of known values; attributes by name
    "Identity": lambda x: x,
    "Gather": lambda x, t, axis=0: np.take(x, t.astype(np.int64), axis=axis),
    "Concat": lambda *xs, axis: np.concatenate(xs, axis=axis),
    "Slice": _sliced,
    "Unsqueeze": _unsqueezed,
    "Squeeze": _squeezed,
    "Reshape": _reshaped,
    "Transpose": lambda x, perm=None: np.transpose(x, perm),
    "Add": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "Div": _divided,
    "Mod": lambda a, b, fmod=0: (np.fmod if fmod else np.mod)(a, b),
    "Neg": np.negative,
    "Sqrt": np.sqrt,
    "Pow": lambda a, b: np.power(a, b.astype(a.dtype)),
    "Exp": np.exp,
    "Log": np.log,
    "Min": lambda *xs: np.minimum.reduce(xs),
    "Max": lambda *xs: np.maximum.reduce(xs),
    "Equal": lambda a, b: (a == b).astype(np.int64),
    "Greater": lambda a, b: (a > b).astype(np.int64),
    "Less": lambda a, b: (a < b).astype(np.int64),
    "Not": lambda a: 1 - a,
    "And": lambda a, b: a * b,
    "Where": lambda c, a, b: np.where(c.astype(bool), a, b),
    "ReduceProd": lambda x, axes=None, keepdims=1: np.prod(x, _several(axes), keepdims=bool(keepdims)),
    "Cast": lambda x, to, **_: _cast(x, to),
    "ConstantOfShape": _filled,
    "Range": _range,
}


MOVING = ("Identity", "Cast", "Gather", "Concat", "Slice", "Unsqueeze", "Squeeze", "Reshape", "Transpose")  # what names of sizes go through


def _cast(x: Array, to: int) -> Any:
    """To floats, to 0 and 1 (BOOL is 9), or to whole numbers, towards 0; names of sizes stay."""
    if x.dtype == object:
        return x
    return np.asarray(x, float) if to in FLOATS else (x != 0).astype(np.int64) if to == 9 else np.trunc(x).astype(np.int64)


def _most(kind: str, operands: Sequence[Array | None]) -> int:
    """At most so many numbers come out."""
    arrays = [operand for operand in operands if operand is not None]
    if kind == "Gather":
        return math.prod(array.size for array in arrays)
    if kind == "Concat":
        return sum(array.size for array in arrays)
    try:
        return math.prod(np.broadcast_shapes(*(array.shape for array in arrays)))
    except ValueError:  # no shapes that are broadcast
        return max((array.size for array in arrays), default=0)


def folded(kind: str, operands: Sequence[Array | None], attributes: Mapping[str, Any]) -> Array | None:
    """What a node computes of known values; None for one that is not computed here."""
    compute = FOLDED.get(kind)
    is_named = any(operand is not None and operand.dtype == object for operand in operands)  # sizes that have no numbers
    if compute is None or (is_named and kind not in MOVING) or _most(kind, operands) > KNOWN_NUMBERS:
        return None
    with np.errstate(all="ignore"):
        try:
            return np.asarray(compute(*operands, **attributes), object if is_named else None)
        except (ValueError, TypeError, IndexError, KeyError, OverflowError):
            return None
