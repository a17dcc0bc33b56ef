"""Core shapes: what an operator's signature makes of its operands', and shapes in words.

Below the nodes, whose shapes are inferred here. Serves every message about a shape.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..base.columns import counted
from ..base.errors import ShapeError
from ..base.limits import SIZE_TERMS
from .operators import Op
from .printing import applied_text

Dim = int | str
Shape = tuple[Dim, ...]
Labels = Callable[[], list[str]]  # the operands as the user wrote them


def result_shape(op: Op, shapes: Sequence[Shape], labels: Labels) -> Shape:
    """The core shape of `op` applied to operands of these core shapes, from its signature.

    Raises ShapeError with the operands as `labels` gives them.
    """
    wanted = op.inputs * len(shapes) if op.is_variadic else op.inputs
    if len(shapes) != len(wanted) or not shapes:
        number = "at least 1 argument" if op.is_variadic else counted(len(wanted), "arguments")
        raise ShapeError(f"{op.name} takes {number}, got {len(shapes)}")
    if op.is_elementwise:
        return shapes[0] if shapes.count(shapes[0]) == len(shapes) else broadcast(op, shapes, labels)
    bound, loops = _bind(op, wanted, shapes, labels)
    if op.is_elementwise:
        return broadcast(op, loops, labels)
    if len(shapes) > 1 or op.is_variadic:
        for i, loop in enumerate(loops):
            if loop:
                raise ShapeError(_wrong_rank(op, labels()[i], len(wanted[i]), shapes[i]))
    if op.is_variadic:
        bound["k"] = len(shapes)
    result = loops[0] + tuple(_dim(axis, bound) for axis in op.output)
    if len(result) > 2:
        raise ShapeError(_wrong_rank(op, labels()[0], len(wanted[0]), shapes[0]))
    return result


def _bind(op: Op, wanted: Sequence[Sequence[str]], shapes: Sequence[Shape], labels: Labels) -> tuple[dict[str, Any], list[Shape]]:
    """Which size each axis of the signature has, and the axes left over in each operand."""
    bound: dict[str, Any] = {}
    loops: list[Shape] = []
    for i, (axes, shape) in enumerate(zip(wanted, shapes, strict=True)):
        rest: Shape = ()
        pairs: list[tuple[str, Any]] = [("*", shape)]
        if axes != ("*",):
            cut = len(shape) - len(axes)
            if cut < 0:
                raise ShapeError(_wrong_rank(op, labels()[i], len(axes), shape))
            rest, pairs = shape[:cut], list(zip(axes, shape[cut:], strict=True))
        for axis, size in pairs:
            if bound.setdefault(axis, size) != size:
                meet = [w.index(axis) - len(w) if axis != "*" and axis in w else None for w in wanted]
                raise ShapeError(_clash(op, labels(), shapes, meet))
        loops.append(rest)
    return bound, loops


def _wrong_rank(op: Op, label: str, rank: int, shape: Shape) -> str:
    return f"{op.name}: {label} must be {_kind(rank)}, but it is {described(shape)}"


def _dim(axis: str, bound: Mapping[str, Any]) -> Dim:
    if axis.isdigit():
        return int(axis)
    parts: list[Dim] = [bound[a] for a in axis.split("+")] if axis not in bound else [bound[axis]]
    if len(parts) == 1:
        return parts[0]
    known = [part for part in parts if isinstance(part, int)]
    if len(known) == len(parts):
        return sum(known)
    size = "+".join(sorted(map(str, parts)))
    if size.count("+") >= SIZE_TERMS:
        raise ShapeError(f"a size is a sum of at most {SIZE_TERMS} others, and this would be one of {size.count('+') + 1}")
    return size


def size_of(dim: Dim, sizes: Mapping[str, int]) -> int:
    """A size as a number; D+H is the sum of others. Raises KeyError for one that is not known.

    >>> size_of("D+H+2", {"D": 3, "H": 4})
    9
    """
    if isinstance(dim, int):
        return dim
    return sizes[dim] if dim in sizes else sum(int(part) if part.isdigit() else sizes[part] for part in dim.split("+"))


def broadcast(op: Op, shapes: Sequence[Shape], labels: Labels) -> Shape:
    """NumPy's broadcasting between core shapes, where a size may be a name."""
    rank = max(len(s) for s in shapes)
    result: list[Dim] = []
    for axis in range(rank):
        sizes = {s[axis - rank] for s in shapes if len(s) >= rank - axis} - {1}
        if len(sizes) > 1:
            raise ShapeError(_clash(op, labels(), shapes, [axis - rank if len(s) >= rank - axis else None for s in shapes]))
        result.append(sizes.pop() if sizes else 1)
    return tuple(result)


def _clash(op: Op, labels: Sequence[str], shapes: Sequence[Shape], meet: Sequence[int | None]) -> str:
    """Which axes should meet and do not: `W1 @ x: shapes (5, 4) and (3,) do not match; W1 has 4 columns, x has 3 entries`."""
    sizes = " and ".join(shape_text(s) for s in shapes)
    each = ", ".join(f"{t} {has(s, m)}" for t, s, m in zip(labels, shapes, meet, strict=True))
    return f"{applied_text(op, labels)}: shapes {sizes} do not match; {each}"


def _kind(rank: int) -> str:
    return ("a scalar", "a vector", "a matrix")[rank]


def described(shape: Shape) -> str:
    """A shape in words: `a vector of D entries`."""
    return f"{_kind(len(shape))} {shape_text(shape)}" if shape else "a scalar"


def has(shape: Shape, axis: int | None = None) -> str:
    """What a value of this shape has, or what it has along one axis, counted from the end: `has 4 columns`."""
    if not shape:
        return "is a scalar"
    if len(shape) == 1:
        return f"has {counted(shape[0], 'entries')}"
    if axis is None:
        return f"has {counted(shape[0], 'rows')} and {counted(shape[1], 'columns')}"
    return f"has {counted(shape[axis], ('rows', 'columns')[axis])}"


def shape_text(shape: Shape) -> str:
    """A shape as Python writes it, with names bare: `(D,)`."""
    return "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"
