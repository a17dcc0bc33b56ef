"""Attributes of an application: axes, permutations, shapes, indices; what an operator needs besides its operands, in one form each.

Axes are those of the core, counted from its end, so that no kernel asks how many axes stand in front of it. What is left out says: a
reduction of the whole value has no attributes, and an operator that works along one axis has none where that is the last one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..base.columns import counted
from ..base.errors import ShapeError, did_you_mean, shown
from .formulas import checked_formula
from .operators import LAST, Op
from .shapes import Attrs, Labels, Shape, described
from .sizes import Dim, added, divided, multiplied, size_of, with_names
from .window_shapes import group_count, per_axis

Reader = Callable[[Op, Any, Sequence[Shape]], Any]


def canonical(op: Op, given: Mapping[str, Any], shapes: Sequence[Shape], labels: Labels) -> Attrs:
    """The attributes of `op` applied to operands of these shapes, each in its one form; those that say nothing are left out.

    Raises ShapeError for an attribute that the operator does not take, or one that does not fit the operands.
    """
    if not op.defaults:
        if given:
            raise ShapeError(f"{op.name} takes no {next(iter(given))}")
        return ()
    for name in given:
        if name not in op.defaults:
            known = ", ".join(op.defaults)
            raise ShapeError(f"{op.name} takes no {name}{did_you_mean(name, op.defaults)}; it takes {known}")
    found = {**op.defaults, **given}
    missing = [name for name, value in found.items() if value is ...]
    if missing:
        raise ShapeError(f"{op.name} needs {missing[0]}=")
    try:
        found = {name: READERS[name](op, value, shapes) for name, value in found.items()}
    except ShapeError as error:
        raise ShapeError(f"{op.name}({', '.join(labels())}): {error}") from None
    if found.get("inverse") is not None:  # of a permutation
        found = {"axes": _inverse(found["inverse"])}
    found.pop("inverse", None)
    if "keepdims" in found and op.shape == "reduced":
        every = tuple(range(-len(shapes[0]), 0))
        if found["axis"] in (None, every):
            found = {"axis": every, "keepdims": True} if found["keepdims"] and every else {}
    if op.shape == "expanded":
        found.pop("keepdims")
    if "stride" in found and found["stride"] == found.get("size"):  # windows side by side
        del found["stride"]
    return tuple(sorted((name, value) for name, value in found.items() if _says_something(op, name, value)))


def _says_something(op: Op, name: str, value: Any) -> bool:
    return value is not None and value != (LAST if name == "axis" else op.defaults[name])


def _axis(op: Op, value: Any, shapes: Sequence[Shape]) -> Any:
    """One axis where the operator's default is one; else a tuple, or None for the whole value."""
    shape = shapes[-1 if op.shape in ("scattered", "axes_back") else 0]
    rank = len(shape) + (op.shape == "stacked")
    if op.shape == "expanded":
        rank += len(_listed(value))
    is_one = isinstance(op.defaults["axis"], int)
    if is_one and op.shape not in ("same", "axes_last", "axes_back"):  # those work along several alike
        return _counted_from_end(value, rank, shape)
    if value is None and op.defaults["axis"] is not ...:
        return tuple(range(-rank, 0)) if is_one and rank != 1 else LAST if is_one else None
    values = _listed(value)
    found = tuple(sorted(_counted_from_end(axis, rank, shape) for axis in values))
    if len(set(found)) < len(found):
        raise ShapeError(f"axis={shown(list(values))} names an axis twice")
    return found[0] if is_one and len(found) == 1 else found


def _counted_from_end(axis: Any, rank: int, shape: Shape) -> int:
    if isinstance(axis, bool) or not isinstance(axis, int):
        raise ShapeError(f"an axis is a whole number, got {shown(axis)}")
    if not -rank <= axis < rank:
        raise ShapeError(f"there is no axis {axis}: it is {described(shape)}" + (f"; its axes are 0 to {rank - 1}" if rank else ""))
    return axis - rank if axis >= 0 else axis


def _keepdims(op: Op, value: Any, shapes: Sequence[Shape]) -> bool:
    if not isinstance(value, bool):
        raise ShapeError(f"keepdims is True or False, got {shown(value)}")
    return value


def _permutation(op: Op, value: Any, shapes: Sequence[Shape]) -> tuple[int, ...] | None:
    """All axes in another order; none where the last two change places, which is what the operator does by itself."""
    if value is None:
        return None
    rank = len(shapes[0])
    values = _listed(value)
    found = tuple(_counted_from_end(axis, rank, shapes[0]) for axis in values)
    if sorted(found) != list(range(-rank, 0)):
        raise ShapeError(f"the axes {list(values)} are not those of {described(shapes[0])}, each once")
    return None if found == (*range(-rank, -2), -1, -2) else found


def _inverse(axes: Sequence[int]) -> tuple[int, ...] | None:
    rank = len(axes)
    return tuple(axes.index(k) - rank for k in range(-rank, 0))


def _shape(op: Op, value: Any, shapes: Sequence[Shape]) -> tuple[Dim, ...]:
    """Sizes; -1 stands once for what is left over of the operand's."""
    values = _listed(value)
    if op.shape == "given":
        return tuple(_made_size(size) for size in values)
    for size in values:
        if not _is_size(size, -1):
            raise ShapeError(f"a shape is a list of sizes such as [2, 6], got {shown(value)}")
    if -1 not in values:
        return tuple(values)
    if not shapes or values.count(-1) > 1:
        raise ShapeError(f"-1 stands once in a shape, for what is left over, got {shown(value)}")
    return tuple(_left_over(shapes[0], values) if size == -1 else size for size in values)


def _listed(value: Any) -> list[Any]:
    """One value as a list of one."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _is_size(size: Any, least: float) -> bool:
    return isinstance(size, str) or (isinstance(size, int) and not isinstance(size, bool) and size >= least)


def _made_size(size: Any) -> Dim:
    if not _is_size(size, 0):
        raise ShapeError(f"a size is a whole number of at least 0, or named, got {shown(size)}")
    made: Dim = size
    return made


def _left_over(shape: Shape, values: Sequence[Dim]) -> Dim:
    """What a shape has besides the sizes in `values`: a quotient of products, names cancelled."""
    have, want = list(shape), [size for size in values if size != -1]
    for size in list(want):
        if size in have:
            have.remove(size)
            want.remove(size)
    total, known = multiplied(*have), multiplied(*want)
    if isinstance(known, int) and isinstance(total, int) and (known == 0 or total % known):
        raise ShapeError(f"{described(shape)} cannot be divided into rows of {known}")
    return total if known == 1 else divided(total, known)


def _index(op: Op, value: Any, shapes: Sequence[Shape]) -> tuple[tuple[Dim, Dim], ...]:
    """Of each axis, where its slice begins and ends."""
    shape = shapes[-1]
    if not isinstance(value, (list, tuple)) or not all(map(_is_pair, value)):
        raise ShapeError(f"an index is a list of two bounds for each axis, as in [[0, 2], [1, 3]], got {shown(value)}")
    if len(value) > len(shape):
        raise ShapeError(f"there are {counted(len(value), 'indices')}, but it is {described(shape)}")
    pairs = [*value, *[(None, None)] * (len(shape) - len(value))]
    return tuple(_bounds(pair, size) for pair, size in zip(pairs, shape, strict=True))


def _is_pair(pair: Any) -> bool:
    """Whether it says where a slice begins and ends."""
    ends = _listed(pair)
    return len(ends) == 2 and all(end is None or _is_size(end, -math.inf) for end in ends)


def _bounds(pair: tuple[Dim | None, Dim | None], size: Dim) -> tuple[Dim, Dim]:
    start, stop = (_from_start(end, size) for end in (0 if pair[0] is None else pair[0], size if pair[1] is None else pair[1]))
    if isinstance(size, int) and isinstance(start, int) and isinstance(stop, int):
        start, stop = min(start, size), min(stop, size)
        stop = max(start, stop)
    length = added(stop, start, -1)
    return start, start if isinstance(length, int) and length < 0 else stop  # x[3:1] has no entries


def _from_start(end: Dim, size: Dim) -> Dim:
    """A bound counted from the start; one before the start is the start."""
    if not isinstance(end, int) or end >= 0:
        return end
    found = added(size, end)
    return max(0, found) if isinstance(found, int) else found


def _formula(op: Op, value: Any, shapes: Sequence[Shape]) -> str:
    return checked_formula(value, len(shapes))


def _diagonal(op: Op, value: Any, shapes: Sequence[Shape]) -> Dim:
    """Which diagonal: so many further up."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ShapeError(f"k is a whole number: how much further up the diagonal is, got {shown(value)}")
    return value


def _of_windows(name: str, least: int) -> Reader:
    return lambda op, value, shapes: per_axis(op, name, value, least)


def _groups(op: Op, value: Any, shapes: Sequence[Shape]) -> int | None:
    return group_count(value)


READERS: dict[str, Reader] = {
    "axis": _axis, "keepdims": _keepdims, "axes": _permutation, "inverse": _permutation, "shape": _shape, "index": _index,
    "stride": _of_windows("stride", 1), "padding": _of_windows("padding", 0), "size": _of_windows("size", 1), "groups": _groups,
    "formula": _formula, "k": _diagonal,
}  # fmt: skip


def effective(op: Op, attrs: Attrs) -> dict[str, Any]:
    """All attributes of an application, those that are left out too: what a rule may name."""
    if not op.defaults:
        return {}
    return {name: LAST if isinstance(value, int) and name == "axis" else value for name, value in op.defaults.items()} | dict(attrs)


def at_sizes(attrs: Attrs, sizes: Mapping[str, int]) -> dict[str, Any]:
    """The attributes with numbers for the names of sizes: what a kernel is called with."""
    return {name: _mapped(value, lambda dim: size_of(dim, sizes)) if name in SIZED else value for name, value in attrs}


def renamed(attributes: Mapping[str, Any], names: Mapping[str, Dim]) -> dict[str, Any]:
    """The attributes with other names of sizes, as in a block that is copied in."""
    return {name: _mapped(value, lambda dim: with_names(dim, names)) if name in SIZED else value for name, value in attributes.items()}


def dims_in(attrs: Attrs) -> list[Dim]:
    """The sizes that attributes hold."""
    found: list[Dim] = []
    waiting = [value for name, value in attrs if name in SIZED]
    while waiting:
        value = waiting.pop()
        if isinstance(value, tuple):
            waiting.extend(value)
        elif isinstance(value, (int, str)):
            found.append(value)
    return found


SIZED = ("shape", "index", "stride", "padding", "size", "k")  # attributes that may hold names of sizes


def _mapped(value: Any, change: Callable[[Dim], Dim]) -> Any:
    if isinstance(value, tuple):
        return tuple(_mapped(item, change) for item in value)
    return value if value is None else change(value)
