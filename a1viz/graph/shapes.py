"""Core shapes: how those of operands meet, by a signature or by broadcasting; and shapes in words. Serves every message about a shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..base.columns import counted
from ..base.errors import ShapeError
from .operators import Op
from .printing import applied_text
from .sizes import Dim, added

Shape = tuple[Dim, ...]
Attrs = tuple[tuple[str, Any], ...]  # of an application, by name
Labels = Callable[[], list[str]]  # the operands as the user wrote them


def bind(op: Op, shapes: Sequence[Shape], labels: Labels) -> tuple[dict[str, Any], list[Shape]]:
    """Which size each axis of the signature has, and the axes left over in each operand: its loops. Raises ShapeError."""
    bound: dict[str, Any] = {}
    loops: list[Shape] = []
    for i, (axes, shape) in enumerate(zip(op.inputs, shapes, strict=True)):
        rest: Shape = ()
        pairs: list[tuple[str, Any]] = [("*", shape)]
        if axes != ("*",):
            cut = len(shape) - len(axes)
            if cut < 0:
                raise ShapeError(wrong_rank(op, labels()[i], len(axes), shape))
            rest, pairs = shape[:cut], list(zip(axes, shape[cut:], strict=True))
        for axis, size in pairs:
            if len(set(axes)) < len(axes) and bound.get(axis, size) != size and not any(axis in before for before in op.inputs[:i]):
                raise ShapeError(f"{op.word}: {labels()[i]} must be square, but it is {described(shape)}")
            if bound.setdefault(axis, size) != size:
                meet = [w.index(axis) - len(w) if axis != "*" and axis in w else None for w in op.inputs]
                raise ShapeError(clash(op, labels(), shapes, meet))
        loops.append(rest)
    return bound, loops


def wrong_rank(op: Op, label: str, rank: int, shape: Shape) -> str:
    at_least = "at least " if rank > 2 else ""
    return f"{op.word}: {label} must be {at_least}{_kind(rank)}, but it is {described(shape)}"


def dim_of(axis: str, bound: Mapping[str, Any]) -> Dim:
    if axis.isdigit():
        return int(axis)
    if axis in bound:
        found: Dim = bound[axis]
        return found
    total: Dim = 0
    for name in axis.split("+"):
        total = added(total, bound[name])
    return total


def without(shape: Shape, axis: int) -> Shape:
    """A shape without one axis, counted from the end."""
    return shape[: len(shape) + axis] + shape[len(shape) + axis + 1 :]


def broadcast(op: Op, shapes: Sequence[Shape], labels: Labels, whole: Sequence[Shape] | None = None) -> Shape:
    """NumPy's broadcasting between core shapes, where a size may be a name; `whole` are the operands', where these are their loops."""
    rank = max((len(s) for s in shapes), default=0)
    result: list[Dim] = []
    for axis in range(rank):
        sizes = {s[axis - rank] for s in shapes if len(s) >= rank - axis} - {1}
        if len(sizes) > 1:
            of = whole or shapes
            meet = [axis - rank - (len(w) - len(s)) if len(s) >= rank - axis else None for s, w in zip(shapes, of, strict=True)]
            raise ShapeError(clash(op, labels(), of, meet))
        result.append(sizes.pop() if sizes else 1)
    return tuple(result)


# --- in words ---------------------------------------------------------------------------------------------------------------------------


def clash(op: Op, labels: Sequence[str], shapes: Sequence[Shape], meet: Sequence[int | None]) -> str:
    """Which axes should meet and do not: `W1 @ x: shapes (5, 4) and (3,) do not match; W1 has 4 columns, x has 3 entries`."""
    sizes = " and ".join(shape_text(s) for s in shapes)
    each = ", ".join(f"{t} {has(s, m)}" for t, s, m in zip(labels, shapes, meet, strict=True))
    return f"{applied_text(op, labels)}: shapes {sizes} do not match; {each}"


def _kind(rank: int) -> str:
    return ("a scalar", "a vector", "a matrix")[rank] if rank < 3 else f"an array of {rank} axes"


def described(shape: Shape) -> str:
    """A shape in words: `a vector of D entries`."""
    return f"{_kind(len(shape))} {shape_text(shape)}" if shape else "a scalar"


def has(shape: Shape, axis: int | None = None) -> str:
    """What a value of this shape has, or what it has along one axis, counted from the end: `has 4 columns`."""
    if not shape:
        return "is a scalar"
    if len(shape) == 1:
        return f"has {counted(shape[0], 'entries')}"
    if len(shape) > 2:
        return f"has {counted(shape[axis], 'entries')} along axis {len(shape) + axis}" if axis is not None else f"has {len(shape)} axes"
    if axis is None:
        return f"has {counted(shape[0], 'rows')} and {counted(shape[1], 'columns')}"
    return f"has {counted(shape[axis], ('rows', 'columns')[axis])}"


def shape_text(shape: Shape) -> str:
    """A shape as Python writes it, with names bare: `(D,)`."""
    return "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"
