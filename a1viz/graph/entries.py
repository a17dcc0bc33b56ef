"""Entries: what stands in the brackets of `e[...]`, checked against the value; slices first, then what is taken along each axis.

`E[:, 0]` is `pick` along an axis, `E[t]` is `take` along the first, `E[1:3]` is `slice`; several of them follow one another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..base.errors import EquationError
from .blocks import classes_of
from .expressions import Expr, at, source_of
from .literals import size_of_tree
from .nodes import Builder, Node
from .printing import size_operand
from .shapes import Shape, described, has
from .sizes import Dim, added

INDEXED = {"pick": (0, 1, -1), "scatter": (2, 1, -1), "take": (0, 1, 0), "untake": (2, 1, 0)}  # places of value and index, and the axis
Bounds = tuple[Dim | None, Dim | None]
WHOLE: Bounds = (None, None)


@dataclass(frozen=True, slots=True)
class Taken:
    """A row of the table that an entry takes; its index is a variable, a size, or none."""

    op: str
    index: Dim | None
    attributes: Mapping[str, Any]


def computed_indices(entry: Expr, is_variable: Callable[[str], bool]) -> list[Expr]:
    """The indices that are variables, as class labels are; all others are numbers, made of sizes perhaps."""
    return [i for i in entry.operands[1:] if i.kind in ("call", "entry", "transpose") or (i.kind == "name" and is_variable(i.word))]


def taken_by(builder: Builder, entry: Expr, value: str, nodes: Mapping[Expr, str], sizes: Collection[str]) -> list[Taken]:
    """What is taken of `value`, one after the other; `nodes` are those of the indices that are variables, `sizes` the names of sizes.

    Raises EquationError for an index that the value does not have.
    """
    shape, indices = builder.shape(value), entry.operands[1:]
    if len(indices) > len(shape):
        value, given = source_of(entry.operands[0]), f"there are {len(indices)} indices"
        raise _error(entry, f"{value} is {described(shape)}, and {given if shape else 'has no entries'}")
    bounds = [_bounds(entry, index, sizes, size) for index, size in zip(indices, shape, strict=False)]
    steps = [Taken("slice", None, {"index": bounds})] if any(b != WHOLE for b in bounds) else []
    axis, rank = 0, len(shape)
    for k, (size, index) in enumerate(zip(shape, indices, strict=False)):
        if index.kind == "slice":
            axis += 1
        elif index in nodes:
            node = builder.nodes[nodes[index]]
            _check_label(builder, entry, index, node, shape, k)
            if node.shape and index is not indices[0]:
                hint = f"pick({source_of(entry.operands[0])}, {source_of(index)}) takes an entry of each row"
                raise _error(entry, f"an array of labels stands first, as in E[t]; {hint}")
            is_row = not axis and (node.shape or rank > 1)
            steps.append(Taken("take", node.name, {}) if is_row else Taken("pick", node.name, {"axis": axis}))
            axis, rank = axis + len(node.shape), rank + len(node.shape) - 1
        else:
            dim = _number(entry, index, sizes, size)
            dim = added(size, dim) if isinstance(dim, int) and dim < 0 else dim
            _check_number(entry, index, dim, size)
            steps.append(Taken("pick", dim, {"axis": axis}))
            rank -= 1
    return steps


def _bounds(entry: Expr, index: Expr, sizes: Collection[str], size: Dim) -> Bounds:
    """Where a slice begins and ends; nothing for a whole axis, and for what is no slice."""
    if index.kind != "slice":
        return WHOLE
    start, stop = (None if end.kind == "open" else _number(entry, end, sizes, size) for end in index.operands)
    begins = start in (None, 0) or (isinstance(start, int) and isinstance(size, int) and start <= -size)
    ends = stop in (None, size) or (isinstance(stop, int) and isinstance(size, int) and stop >= size)
    return WHOLE if begins and ends else (start, stop)


def check_index(builder: Builder, call: Expr, op: str, operands: Sequence[str], attributes: Mapping[str, Any]) -> None:
    """The same for a call that takes a value and an index, as pick(P, t) does; raise EquationError unless they fit."""
    of, at_, axis = INDEXED[op]
    shape, node, index = builder.shape(operands[of]), builder.nodes[operands[at_]], call.operands[at_]
    axis = attributes.get("axis", axis)
    if not isinstance(axis, int) or not -len(shape) <= axis < len(shape):
        return  # an error of its own, which the axis will raise
    size = shape[axis]
    if node.op == "constant" and not node.shape:
        _check_number(call, index, int(node.number) if node.number.is_integer() else -1, size)
    elif node.op != "size":
        _check_label(builder, call, index, node, shape, axis, call.operands[of])


def _error(tree: Expr, message: str) -> EquationError:
    return at(tree, f"{source_of(tree)}: {message}")


def _number(entry: Expr, index: Expr, sizes: Collection[str], size: Dim) -> Dim:
    """An index that is a number, or made of sizes; less than a name is counted from the end."""
    try:
        dim = size_of_tree(index, sizes)
    except EquationError:
        if index.kind == "number":
            raise _error(entry, f"entries are counted in whole numbers, got {source_of(index)}") from None
        raise _error(entry, f"an index is a number or a class label, and {source_of(index)} is neither") from None
    return added(size, dim) if isinstance(dim, str) and dim.startswith("-") else dim


def _check_number(tree: Expr, index: Expr, dim: Dim, size: Dim) -> None:
    beyond = added(dim, size, -1)
    if (isinstance(dim, int) and dim < 0) or (isinstance(beyond, int) and beyond >= 0):
        said = f"entries are counted from 0 to {size_operand(added(size, -1))!s}" if size else "there are no entries"
        raise _error(tree, f"{said}, got {source_of(index)}")


def _check_label(builder: Builder, tree: Expr, index: Expr, node: Node, shape: Shape, axis: int, of: Expr | None = None) -> None:
    """Raise EquationError unless a variable can be an index along an axis of a value of this shape."""
    classes, size = classes_of(builder, node.name), shape[axis]
    if classes is None:
        raise _error(tree, f"an index is a number or a class label, and {source_of(index)} is neither")
    if classes != size and _is_plain(classes) and _is_plain(size):
        value = source_of(of or tree.operands[0])
        raise _error(tree, f"{source_of(index)} is a label of {classes} classes, but {value} {has(shape, axis % len(shape) - len(shape))}")


def _is_plain(dim: Dim) -> bool:
    """Whether a size is a number or a name: of one that is made of others, a run says whether it fits."""
    return isinstance(dim, int) or re.fullmatch(r"[\w.]+", dim) is not None
