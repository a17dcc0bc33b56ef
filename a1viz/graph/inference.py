"""The core shape of an application: by the operator's signature, or by a rule of its own. Nodes get theirs here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from ..base.columns import counted
from ..base.errors import ShapeError
from ..base.limits import AXES
from .attributes import canonical
from .formulas import letter_sizes, split
from .operators import LAST, Op
from .printing import applied_text
from .shapes import Attrs, Labels, Shape, bind, broadcast, clash, described, dim_of, has, shape_text, without, wrong_rank
from .sizes import added, multiplied
from .window_shapes import (
    convolved,
    convolved_input,
    convolved_kernel,
    folded,
    pooled,
    pooled_entries,
    pooled_input,
    unfolded,
)  # fmt: skip

Rule = Callable[[Op, Sequence[Shape], dict[str, Any], Labels], Shape]  # the shapes of the operands, attributes, operands as written


def inferred(op: Op, shapes: tuple[Shape, ...], attrs: Attrs | Mapping[str, Any], labels: Labels) -> tuple[Attrs, Shape]:
    """The attributes of an application in their one form, and its core shape. Raises ShapeError as `result_shape` does."""
    given = tuple(attrs.items()) if isinstance(attrs, Mapping) else attrs
    try:
        return _inferred(op, shapes, given, repr(given))
    except (ShapeError, TypeError):  # the error names the operands; a list is not kept
        return _inferred.__wrapped__(op, shapes, given, labels=labels)


@lru_cache(maxsize=4096)
def _inferred(op: Op, shapes: tuple[Shape, ...], given: Attrs, exact: str = "", labels: Labels | None = None) -> tuple[Attrs, Shape]:
    """`exact` tells apart what is equal and not the same, such as 1 and True."""
    labels = labels or (lambda: [""] * len(shapes))
    form = canonical(op, dict(given), shapes, labels) if op.defaults or given else ()
    return form, result_shape(op, shapes, labels, form)


def result_shape(op: Op, shapes: Sequence[Shape], labels: Labels, attrs: Attrs = ()) -> Shape:
    """The core shape of `op` applied to operands of these core shapes, from its signature or by its rule of SHAPES.

    Raises ShapeError with the operands as `labels` gives them.
    """
    wanted = op.inputs * len(shapes) if op.is_variadic else op.inputs
    if len(shapes) != len(wanted) or (not shapes and op.args):
        number = "at least 1 argument" if op.is_variadic else counted(len(wanted), "arguments")
        raise ShapeError(f"{op.name} takes {number}, got {len(shapes)}")
    if op.is_elementwise:
        return shapes[0] if shapes.count(shapes[0]) == len(shapes) else broadcast(op, shapes, labels)
    if op.shape:
        result = SHAPES[op.shape](op, shapes, dict(attrs), labels)
    else:
        bound, loops = bind(op, shapes, labels)
        result = broadcast(op, loops, labels, shapes) + tuple(dim_of(axis, bound) for axis in op.output)
    if len(result) > AXES:
        raise ShapeError(f"{applied_text(op, labels())} has {len(result)} axes; a value has at most {AXES}")
    return result


# --- rules for what a signature cannot say ----------------------------------------------------------------------------------------------


def _reduced(op: Op, shapes: Sequence[Shape], attrs: dict[str, Any], labels: Labels) -> Shape:
    """Without the axes summed over, or with one entry along each."""
    (shape,) = shapes
    if "axis" not in attrs:
        return ()
    rank, axes = len(shape), attrs["axis"] if isinstance(attrs["axis"], tuple) else (attrs["axis"],)
    if attrs.get("keepdims"):
        return tuple(1 if k - rank in axes else size for k, size in enumerate(shape))
    return tuple(size for k, size in enumerate(shape) if k - rank not in axes)


def _expanded(op: Op, shapes: Sequence[Shape], attrs: dict[str, Any], labels: Labels) -> Shape:
    rank, sizes = len(shapes[0]) + len(attrs["axis"]), iter(shapes[0])
    return tuple(1 if k - rank in attrs["axis"] else next(sizes) for k in range(rank))


def _squeezed(op: Op, shapes: Sequence[Shape], attrs: dict[str, Any], labels: Labels) -> Shape:
    (shape,), axes = shapes, attrs["axis"]
    for axis in axes:
        if shape[axis] != 1:
            raise ShapeError(f"{op.name}: {labels()[0]} {has(shape, axis)}; only an axis of one entry can be left out")
    return tuple(size for k, size in enumerate(shape) if k - len(shape) not in axes)


def _same(op: Op, shapes: Sequence[Shape], attrs: dict[str, Any], labels: Labels) -> Shape:
    if not shapes[0] and "axis" not in attrs:
        raise ShapeError(wrong_rank(op, labels()[0], 1, shapes[0]))
    return shapes[0]


def _permuted(op: Op, shapes: Sequence[Shape], attrs: dict[str, Any], labels: Labels) -> Shape:
    (shape,) = shapes
    if "axes" in attrs:
        return tuple(shape[axis] for axis in attrs["axes"])
    if len(shape) < 2:
        raise ShapeError(wrong_rank(op, labels()[0], 2, shape))
    return (*shape[:-2], shape[-1], shape[-2])


def _reshaped(op: Op, shapes: Sequence[Shape], attrs: dict[str, Any], labels: Labels) -> Shape:
    shape: Shape = attrs["shape"]
    have, want = (multiplied(*s) for s in (shapes[0], shape))
    if isinstance(added(have, want, -1), int) and have != want:  # a run says whether names fit: D for h * d
        raise ShapeError(f"{op.name}: {labels()[0]} is {described(shapes[0])}, of {have} entries; {shape_text(shape)} has {want}")
    return shape


def _given(op: Op, shapes: Sequence[Shape], attrs: dict[str, Any], labels: Labels) -> Shape:
    shape: Shape = attrs["shape"]
    return shape


def _indexed(op: Op, shapes: Sequence[Shape], attrs: dict[str, Any], labels: Labels) -> Shape:
    sizes = letter_sizes(op, attrs["formula"], shapes, labels)
    return tuple(sizes[letter] for letter in split(attrs["formula"])[1])


def _sliced(op: Op, shapes: Sequence[Shape], attrs: dict[str, Any], labels: Labels) -> Shape:
    return tuple(added(stop, start, -1) for start, stop in attrs["index"])


def _untaken(op: Op, shapes: Sequence[Shape], attrs: dict[str, Any], labels: Labels) -> Shape:
    """That of x, for rows of its shape, one for each label."""
    s, t, x = shapes
    if not x or s != t + x[1:]:
        raise ShapeError(clash(op, labels(), shapes, [None] * 3))
    return x


def _like_last(op: Op, shapes: Sequence[Shape], attrs: dict[str, Any], labels: Labels) -> Shape:
    return shapes[-1]


def _axes_last(op: Op, shapes: Sequence[Shape], attrs: dict[str, Any], labels: Labels) -> Shape:
    """With some axes as one, the last."""
    (shape,), axes = shapes, attrs.get("axis", LAST)
    places = [len(shape) + axis for axis in (axes if isinstance(axes, tuple) else (axes,))]
    return (*(size for k, size in enumerate(shape) if k not in places), multiplied(*(shape[k] for k in places)))


def _picked(op: Op, shapes: Sequence[Shape], attrs: dict[str, Any], labels: Labels) -> Shape:
    x, t = shapes
    axis = attrs.get("axis", LAST)
    if not x:
        raise ShapeError(wrong_rank(op, labels()[0], 1, x))
    return broadcast(op, [without(x, axis), t], labels, shapes)


def _scattered(op: Op, shapes: Sequence[Shape], attrs: dict[str, Any], labels: Labels) -> Shape:
    s, t, x = shapes
    axis = attrs.get("axis", LAST)
    rest = broadcast(op, [s, t, without(x, axis)], labels, shapes)
    at = len(rest) + axis + 1
    return (*rest[:at], x[axis], *rest[at:])


def _taken(op: Op, shapes: Sequence[Shape], attrs: dict[str, Any], labels: Labels) -> Shape:
    x, t = shapes
    if not x:
        raise ShapeError(wrong_rank(op, labels()[0], 1, x))
    return t + x[1:]


def _retaken(op: Op, shapes: Sequence[Shape], attrs: dict[str, Any], labels: Labels) -> Shape:
    s, u, t = shapes
    if s[: len(u)] != u:
        raise ShapeError(clash(op, labels(), shapes, [-len(s) if s else None, -1 if u else None, None]))
    return t + s[len(u) :]


def _stacked(op: Op, shapes: Sequence[Shape], attrs: dict[str, Any], labels: Labels) -> Shape:
    shape = broadcast(op, shapes, labels)
    at = len(shape) + attrs.get("axis", LAST) + 1
    return (*shape[:at], len(shapes), *shape[at:])


def _concatenated(op: Op, shapes: Sequence[Shape], attrs: dict[str, Any], labels: Labels) -> Shape:
    a, b = shapes
    axis = attrs.get("axis", LAST)
    for label, shape in zip(labels(), shapes, strict=True):
        if not shape:
            raise ShapeError(wrong_rank(op, label, 1, shape))
    for k in range(len(a)):
        if len(a) != len(b) or (k - len(a) != axis and a[k] != b[k]):
            raise ShapeError(clash(op, labels(), shapes, [k - len(a) if len(a) == len(b) else None] * 2))
    return (*a[: len(a) + axis], added(a[axis], b[axis]), *a[len(a) + axis + 1 :])


def _cut(op: Op, shapes: Sequence[Shape], attrs: dict[str, Any], labels: Labels) -> Shape:
    """The first operand, along one axis as long as the second."""
    v, x = shapes
    for label, shape in zip(labels(), shapes, strict=True):
        if not shape:
            raise ShapeError(wrong_rank(op, label, 1, shape))
    axis = attrs.get("axis", LAST)
    if len(v) != len(x) or without(v, axis) != without(x, axis):
        raise ShapeError(clash(op, labels(), shapes, [None] * 2))
    return (*v[: len(v) + axis], x[axis], *v[len(v) + axis + 1 :])


SHAPES: dict[str, Rule] = {
    "reduced": _reduced, "expanded": _expanded, "squeezed": _squeezed, "same": _same, "permuted": _permuted, "reshaped": _reshaped,
    "given": _given, "sliced": _sliced, "like_last": _like_last,
    "untaken": _untaken, "picked": _picked, "scattered": _scattered, "taken": _taken,
    "retaken": _retaken, "axes_last": _axes_last, "axes_back": _like_last, "indexed": _indexed, "stacked": _stacked,
    "concatenated": _concatenated, "cut": _cut,
    "convolved": convolved, "convolved_input": convolved_input, "convolved_kernel": convolved_kernel,
    "unfolded": unfolded, "folded": folded, "pooled": pooled, "pooled_input": pooled_input, "pooled_entries": pooled_entries,
}  # fmt: skip
