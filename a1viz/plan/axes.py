"""Lowering of what works along axes or moves them: sums along some, another order or shape, parts, arrays beside each other.

What changes no number is another view of its operand. Each rule gives nothing where the compiler has no row for its application.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from .operations import Operation, is_one_piece
from .references import ALL
from .simplify import apply, as_float
from .steps import dtype_of
from .taken_apart import along

Rule = Callable[[Operation], "int | None"]


# --- sums -----------------------------------------------------------------------------------------------------------------------------


def _summed(r: Operation) -> int | None:
    return along(r.steps, "sum", r.inputs[0], r.attrs["axis"], r.attrs.get("keepdims", False)) if r.attrs else None


def _extreme(r: Operation) -> int | None:
    """A maximum or a minimum; of nothing the kernel says that there is none."""
    x = r.items[0]
    axes = r.attrs.get("axis", tuple(range(-len(x.core), 0)))
    return None if 0 in x.core or not axes else along(r.steps, r.node.op, r.inputs[0], axes, r.attrs.get("keepdims", False))


def _squares(r: Operation) -> int | None:
    """The squared norm along some axes."""
    if r.steps.exact or not r.attrs:
        return None
    square = apply(r.steps, "mul", r.inputs[0], r.inputs[0])
    return along(r.steps, "sum", square, r.attrs["axis"], r.attrs.get("keepdims", False))


def _counted(r: Operation) -> int:
    x = r.items[0]
    axes = r.attrs.get("axis", tuple(range(-len(x.core), 0)))
    number = r.steps.constant(float(math.prod(x.core[axis] for axis in axes)), x.dtype)
    return r.steps.spread(number, r.core, r.lead)


# --- axes in another place --------------------------------------------------------------------------------------------------------------


def _expanded(r: Operation) -> int:
    return r.put("expanded", tuple(axis + len(r.core) for axis in r.attrs["axis"]))


def _squeezed(r: Operation) -> int:
    """Of a part of an array: a part with fewer axes."""
    x, axes = r.items[0], r.attrs["axis"]
    if x.op == "slice" and all(isinstance(item, tuple) for item in x.extra):
        return r.put("slice", tuple(item[0] or 0 if k - len(x.core) in axes else item for k, item in enumerate(x.extra)), x.inputs)
    return r.put("squeezed", tuple(axis + len(x.core) for axis in axes))


def _transposed(r: Operation) -> int:
    """A permutation of a permutation is one; A.T.T = A."""
    x, rank = r.items[0], len(r.core)
    axes = r.attrs.get("axes", (*range(-rank, -2), -1, -2))
    inputs = r.inputs
    if x.op in ("transpose", "permuted"):
        inner = x.extra or (*range(-rank, -2), -1, -2)
        axes, inputs = tuple(inner[axis] for axis in axes), x.inputs
    if axes == tuple(range(-rank, 0)):
        return inputs[0]
    return r.put("transpose", None, inputs) if axes == (*range(-rank, -2), -1, -2) else r.put("permuted", axes, inputs)


def _reshaped(r: Operation) -> int:
    """The same numbers in another shape; of what does not lie row after row a copy, made once."""
    k, x = r.inputs[0], r.items[0]
    if x.core == r.core:
        return k
    if r.steps.exact:
        return r.put("reshaped")  # as NumPy does it there: each reader sees the interpreter's array
    if x.op in ("reshaped", "reshape"):
        k = x.inputs[0]
    if r.steps.items[k].core == r.core:
        return k
    return r.put("reshaped" if is_one_piece(r.steps, k) else "reshape", None, [k])


# --- parts ------------------------------------------------------------------------------------------------------------------------------


def _sliced(r: Operation) -> int | None:
    """A part that is there; what is out of range is left to the kernel, which says so."""
    core, index = r.items[0].core, r.attrs["index"]
    if not all(0 <= start <= stop <= size for (start, stop), size in zip(index, core, strict=True)):
        return None
    if r.core == core:
        return r.inputs[0]
    parts = zip(index, core, strict=True)
    return r.put("slice", tuple(ALL if part == (0, size) else part for part, size in parts))


def _unsliced(r: Operation) -> int | None:
    s, index = r.items[0], r.attrs["index"]
    if r.steps.exact or any(stop - start != size or stop > n for (start, stop), size, n in zip(index, s.core, r.core, strict=True)):
        return None
    return r.steps.put("unslice", r.inputs[:1], r.core, s.lead, s.dtype, (tuple(index),))


def _first(r: Operation) -> int | None:
    return _end(r, is_first=True)


def _last(r: Operation) -> int | None:
    return _end(r, is_first=False)


def _end(r: Operation, is_first: bool) -> int | None:
    """The first or the last entries along an axis; the second operand is there for its length alone."""
    v, axis = r.items[0], r.attrs.get("axis", -1)
    if len(v.core) == 1:
        return None
    size, of = r.core[axis], v.core[axis]
    part = (0, size) if is_first else (of - size, of)
    if size == of:
        return r.inputs[0]
    items = tuple(part if k - len(v.core) == axis else ALL for k in range(len(v.core)))
    return r.steps.put("slice", r.inputs[:1], r.core, v.lead, v.dtype, items)


def _padded(r: Operation) -> int | None:
    v = r.items[0]
    if len(v.core) == 1 or r.steps.exact:
        return None
    return r.steps.put(r.node.op, r.inputs[:1], r.core, r.lead, v.dtype, r.attrs.get("axis"))


# --- beside each other ------------------------------------------------------------------------------------------------------------------


def _beside(r: Operation) -> int | None:
    if r.steps.exact:
        return None
    inputs = [as_float(r.steps, k) for k in r.inputs] if r.node.op == "stack" else r.inputs
    return r.steps.put(r.node.op, inputs, r.core, r.lead, dtype_of([r.steps.items[k] for k in inputs]), r.attrs.get("axis"))


ALONG: dict[str, Rule] = {
    "sum": _summed, "max": _extreme, "min": _extreme, "norm2": _squares, "count": _counted, "expand": _expanded, "squeeze": _squeezed,
    "transpose": _transposed, "reshape": _reshaped, "reshape_like": _reshaped, "slice": _sliced, "unslice": _unsliced, "head": _first,
    "tail": _last, "pad_end": _padded, "pad_start": _padded, "stack": _beside, "concatenate": _beside,
}  # fmt: skip
