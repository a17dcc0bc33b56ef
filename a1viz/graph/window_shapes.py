"""Shapes of convolution and pooling, for any number of spatial axes: how many windows there are, and what must fit. Sizes may be names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..base.columns import counted
from ..base.errors import ShapeError, shown
from .operators import Op
from .printing import applied_text
from .shapes import Labels, Shape, broadcast, described, shape_text
from .sizes import Dim, added, divided, multiplied

LETTERS = {1: "C, L", 2: "C, H, W"}  # what axes are called in words: channels and those in space
ALONG = {1: ("entries",), 2: ("rows", "columns")}
KERNEL = {1: "O, C, w", 2: "O, C, h, w"}


def spatial(op: Op) -> int:
    """How many spatial axes an operator has: 2 for `conv2d`."""
    found = re.search(r"\d(?=d)", op.name)
    assert found, op.name
    return int(found[0])


def per_axis(op: Op, name: str, value: Any, least: int) -> Any:
    """A stride, a padding or a size of windows in its one form: one size for all spatial axes, or one of each; None for the default."""
    d = spatial(op)
    if value is None and op.defaults[name] is None:
        return None
    if value in ("same", "valid"):
        raise ShapeError(f"{name} is a number, got {value!r}; 1 keeps the shape of what a 3 x 3 kernel goes over, 0 adds none")
    values = tuple(value) if isinstance(value, (list, tuple)) else (value,) * d
    for size in values or [None]:
        is_size = (isinstance(size, int) and not isinstance(size, bool) and size >= least) or isinstance(size, str)
        if not is_size or len(values) != d:
            pair = ", or a list of two" if d == 2 else ""
            raise ShapeError(f"{name} is a whole number, {least} or more{pair}, got {shown(value)}")
    found = values[0] if len(set(values)) == 1 else values
    return None if found == op.defaults[name] else found


def group_count(value: Any) -> int | None:
    """The number of groups; None for one."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ShapeError(f"groups is a whole number, 1 or more, got {shown(value)}")
    return None if value == 1 else value


def _each(op: Op, attrs: Mapping[str, Any], name: str, default: Dim) -> tuple[Dim, ...]:
    """An attribute for each spatial axis."""
    value = attrs.get(name, default)
    return value if isinstance(value, tuple) else (value,) * spatial(op)


def _split(op: Op, shapes: Sequence[Shape], labels: Labels, likes: int = 0) -> tuple[Shape, list[Shape]]:
    """The loops of the operands, broadcast, and the core of each; the last `likes` are there for their shape alone, and give no loops."""
    for k, (axes, shape) in enumerate(zip(op.inputs, shapes, strict=True)):
        if len(shape) < len(axes):
            d = spatial(op)
            wanted = {d: LETTERS[d][3:], d + 1: LETTERS[d], d + 2: KERNEL[d]}[len(axes)]
            hint = "; one channel is an axis of one entry" if len(shape) == d and len(axes) > d else ""
            raise ShapeError(f"{op.name}: {labels()[k]} must have the axes ({wanted}), but it is {described(shape)}{hint}")
    cores = [shape[len(shape) - len(axes) :] for axes, shape in zip(op.inputs, shapes, strict=True)]
    loops = [shape[: len(shape) - len(axes)] for axes, shape in zip(op.inputs, shapes, strict=True)]
    number = len(loops) - likes
    found = broadcast(op, loops[:number], lambda: labels()[:number], shapes[:number])
    for label, rest in zip(labels()[number:], loops[number:], strict=True):
        if len(rest) > len(found):
            raise ShapeError(
                f"{op.name}: {label}, there for its shape alone, has {counted(len(rest), 'axes')} in front of that, the others {len(found)}"
            )
    return found, cores


def _counts(op: Op, lengths: Shape, size: Shape, attrs: Mapping[str, Any], x: str, k: str) -> Shape:
    """How many windows there are along each axis: (n + 2p - k) // s + 1; `x` and `k` are input and kernel as written."""
    stride, padding = _each(op, attrs, "stride", 1), _each(op, attrs, "padding", 0)
    stride = size if "size" in op.defaults and "stride" not in attrs else stride
    counts = []
    for n, w, s, p, word in zip(lengths, size, stride, padding, ALONG[spatial(op)], strict=True):
        left = added(added(n, multiplied(2, p)), w, -1)
        if isinstance(left, int) and left < 0:
            with_zeros = f" with {counted(multiplied(2, p), 'zeros')} around" if p else ""
            mend = f"; padding={added(p, -(left // 2))} would be enough" if "size" not in op.defaults else ""
            raise ShapeError(f"{op.name}: {k} has {counted(w, word)}, {x} only {n}{with_zeros}{mend}")
        counts.append(added(divided(left, s), 1))
    return tuple(counts)


def _check(op: Op, label: str, core: Shape, wanted: Shape) -> None:
    if core != wanted:
        raise ShapeError(f"{op.name}: {label} has the shape {shape_text(core)}, but the windows make {shape_text(wanted)}")


def _output(op: Op, X: Shape, K: Shape, attrs: Mapping[str, Any], shapes: Sequence[Shape], labels: Labels, at: tuple[int, int]) -> Shape:
    """The core of the convolution of X with K, operands number at[0] and at[1]."""
    x, k = (labels()[place] for place in at)
    number = attrs.get("groups", 1)
    expected = multiplied(K[1], number)
    if X[0] != expected:
        sizes = " and ".join(shape_text(s) for s in shapes)
        each = f", {number} groups of {K[1]}" if number > 1 else ""
        facts = f"{x} has {counted(X[0], 'channels')}, {k} expects {expected}{each}"
        raise ShapeError(f"{applied_text(op, labels())}: shapes {sizes} do not match; {facts}")
    if isinstance(K[0], int) and K[0] % number:
        raise ShapeError(f"{op.name}: {k} has {counted(K[0], 'output channels')}, which do not go into {number} groups")
    return (K[0], *_counts(op, X[1:], K[2:], attrs, x, k))


def convolved(op: Op, shapes: Sequence[Shape], attrs: dict[str, Any], labels: Labels) -> Shape:
    """Of X and K: output channels and windows."""
    loops, (X, K) = _split(op, shapes, labels)
    return loops + _output(op, X, K, attrs, shapes, labels, (0, 1))


def convolved_input(op: Op, shapes: Sequence[Shape], attrs: dict[str, Any], labels: Labels) -> Shape:
    """Of b, K and X: X's."""
    loops, (b, K, X) = _split(op, shapes, labels, 1)
    _check(op, labels()[0], b, _output(op, X, K, attrs, shapes, labels, (2, 1)))
    return loops + X


def convolved_kernel(op: Op, shapes: Sequence[Shape], attrs: dict[str, Any], labels: Labels) -> Shape:
    """Of X, b and K: K's."""
    loops, (X, b, K) = _split(op, shapes, labels, 1)
    _check(op, labels()[1], b, _output(op, X, K, attrs, shapes, labels, (0, 2)))
    return loops + K


def _columns(op: Op, X: Shape, K: Shape, attrs: Mapping[str, Any], labels: Sequence[str]) -> Shape:
    return multiplied(X[0], *K[2:]), multiplied(*_counts(op, X[1:], K[2:], attrs, *labels))


def unfolded(op: Op, shapes: Sequence[Shape], attrs: dict[str, Any], labels: Labels) -> Shape:
    """Of X and K: a column for each window."""
    loops, (X, K) = _split(op, shapes, labels, 1)
    return loops + _columns(op, X, K, attrs, labels())


def folded(op: Op, shapes: Sequence[Shape], attrs: dict[str, Any], labels: Labels) -> Shape:
    """Of columns, X and K: X's."""
    loops, (U, X, K) = _split(op, shapes, labels, 2)
    _check(op, labels()[0], U, _columns(op, X, K, attrs, labels()[1:]))
    return loops + X


def _pools(op: Op, X: Shape, attrs: Mapping[str, Any], label: str) -> Shape:
    size, padding = _each(op, attrs, "size", 1), _each(op, attrs, "padding", 0)
    for w, p in zip(size, padding, strict=True):
        if isinstance(w, int) and isinstance(p, int) and p >= w:
            raise ShapeError(f"{op.name}: padding={p} would make windows of nothing but padding; it is less than their size, {w}")
    return _counts(op, X, size, attrs, label, "the window")


def pooled(op: Op, shapes: Sequence[Shape], attrs: dict[str, Any], labels: Labels) -> Shape:
    """Of X: one entry a window."""
    loops, (X,) = _split(op, shapes, labels)
    return loops + _pools(op, X, attrs, labels()[0])


def pooled_input(op: Op, shapes: Sequence[Shape], attrs: dict[str, Any], labels: Labels) -> Shape:
    """Of one entry a window, once or twice, and X: X's."""
    loops, (*each, X) = _split(op, shapes, labels, 1 if op.name.startswith("avg") else 0)
    for label, core in zip(labels(), each, strict=False):
        _check(op, label, core, _pools(op, X, attrs, labels()[-1]))
    return loops + X


def pooled_entries(op: Op, shapes: Sequence[Shape], attrs: dict[str, Any], labels: Labels) -> Shape:
    """Of V, one entry a window, and X: one entry a window."""
    loops, (V, Y, X) = _split(op, shapes, labels)
    _check(op, labels()[1], Y, _pools(op, X, attrs, labels()[2]))
    if V != X:
        raise ShapeError(f"{op.name}: {labels()[0]} has the shape {shape_text(V)}, {labels()[2]} {shape_text(X)}; they must be the same")
    return loops + Y
