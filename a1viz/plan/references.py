"""What the lines of a plan refer to: an array of the plan or of its caller, perhaps as another view of it. Data, until the text is made.

A reference can be looked up as an array (`view_of`), where the array is there when the code is made, or written down (`view_text`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import EllipsisType
from typing import Any, Literal, NamedTuple

import numpy as np

from ..base.arrays import Array
from ..graph.operators import OPS
from .steps import BATCH, SEEDS

STRIP = 2**13  # entries that the first cache holds

Kind = Literal["leaf", "result", "buffer", "made", "constant", "local", "number", "literal"]
Method = Literal["T", "swapaxes", "transpose", "index", "reshape", "broadcast"]


class Examples(NamedTuple):
    """A length that grows with the batch: so many times the number of examples."""

    times: int = 1


class Strip(NamedTuple):
    """How many entries of an array of so many rows are worked on at a time: whole rows, STRIP entries at most, as many in all strips."""

    rows: int | Examples
    size: int


Extent = int | Examples | Strip
Item = int | None | EllipsisType | tuple[int | None, int | None]  # of an index; a pair is a slice
ALL: Item = (None, None)


class ArrayView(NamedTuple):
    """Another view of an array: the method, and the items of an index, the lengths of a shape or the order of the axes."""

    method: Method
    argument: tuple[Any, ...] = ()


class Ref(NamedTuple):
    """An array: that of a leaf, of a result, a buffer or a local variable by its number, a constant by its number and type, or one that is
    `made` with the workspace by its recipe; and the views of it that are taken one after the other. Or a number: Python's own."""

    kind: Kind
    key: Any
    views: tuple[ArrayView, ...] = ()

    def seen(self, *views: ArrayView) -> Ref:
        """Another view of it; the last two axes that change places twice are where they were."""
        if views and views[0] == SWAPPED and self.views and self.views[-1] == SWAPPED:
            return Ref(self.kind, self.key, self.views[:-1] + views[1:])
        return Ref(self.kind, self.key, self.views + views) if views else self


TURNED, SWAPPED, SCALAR = ArrayView("T"), ArrayView("swapaxes"), ArrayView("reshape")


def index(*items: Item) -> ArrayView:
    return ArrayView("index", items)


def reshape(*extents: Extent) -> ArrayView:
    return ArrayView("reshape", extents)


def rows_of(start: int, stop: int) -> ArrayView:
    return index((start, stop))


def transposed(*axes: int) -> ArrayView:
    return ArrayView("transpose", axes)


def order_of(views: Sequence[ArrayView], order: str | None) -> str | None:
    """How what is seen through some views of an array lies: row after row, C, column after column, F, or None for what is not known."""
    for view in views:
        if view.method == "T":
            order = {"C": "F", "F": "C", None: None}[order]
        elif view.method == "reshape":
            order = "C"  # a view of what lies so; of anything else a copy
        elif not (view.method == "index" and _is_whole(view.argument)):
            order = None
    return order


def _is_whole(items: Sequence[Item]) -> bool:
    """Whether an index takes all entries of an axis, and axes of one entry beside them."""
    return all(item in (None, ALL, ...) for item in items)


def lead_extents(lead: int, seeds: int) -> tuple[Extent, ...]:
    """The lengths of the axes in front."""
    extents: tuple[Extent, ...] = (seeds,) * bool(lead & SEEDS)
    return (*extents, Examples()) if lead & BATCH else extents


def lead_rows(lead: int, seeds: int) -> int | Examples:
    """The lengths of the axes in front as one."""
    times = seeds if lead & SEEDS else 1
    return Examples(times) if lead & BATCH else times


# --- as arrays ------------------------------------------------------------------------------------------------------------------------


def length(extent: Extent, n: int) -> int:
    """A length where there are n examples."""
    if isinstance(extent, Examples):
        return n * extent.times
    if isinstance(extent, Strip):
        rows = length(extent.rows, n)
        return max(1, next((r for r in range(max(1, STRIP // max(extent.size, 1)), 1, -1) if rows % r == 0), 1) * extent.size)
    return extent


def lengths(extents: Sequence[Extent], n: int) -> tuple[int, ...]:
    return tuple(length(extent, n) for extent in extents)


def view_of(array: Array, view: ArrayView, n: int) -> Array:
    if view.method == "T":
        return array.T
    if view.method == "swapaxes":
        return array.swapaxes(-1, -2)
    if view.method == "transpose":
        return array.transpose(view.argument)
    if view.method == "index":
        found: Array = array[tuple(slice(*item) if isinstance(item, tuple) else item for item in view.argument)]
        return found
    if view.method == "reshape":
        return array.reshape(lengths(view.argument, n))
    return np.broadcast_to(array, lengths(view.argument, n))


RECIPES: dict[str, Callable[..., Array]] = {  # arrays that are made with the workspace: n examples, and what the recipe says
    "ones": lambda n, shape, char: np.ones(lengths(shape, n), char),
    "zeros": lambda n, shape, char: np.zeros(lengths(shape, n), char),
    "starts": lambda n, shape, size: np.arange(np.prod(lengths(shape, n), dtype=int)).reshape(lengths(shape, n)) * size,  # of each row
    "kernel": lambda n, op, attributes, *more: _computed(n, op, attributes, more[:-1], more[-1]),
    "pieces": lambda n, size: np.arange(0, n, size),
    "range": lambda n, size: np.arange(size),
    "shares": lambda n, size, char: np.full(size, 1 / size, char),
}


def _computed(n: int, op: str, attributes: Sequence[tuple[str, Any]], operands: Sequence[Ref], char: str) -> Array:
    """What the interpreter's own function makes of arrays that no leaf is in."""
    arrays = [np.asarray(*ref.key) if ref.kind == "constant" else make(ref, n) for ref in operands]
    with np.errstate(all="ignore"):
        return np.ascontiguousarray(OPS[op].compute(*arrays, **dict(attributes)), char)


def made(recipe: str, *arguments: Any) -> Ref:
    return Ref("made", (recipe, *arguments))


def make(ref: Ref, n: int) -> Array:
    recipe, *arguments = ref.key
    return RECIPES[recipe](n, *arguments)


# --- as text --------------------------------------------------------------------------------------------------------------------------


def view_text(name: str, view: ArrayView) -> str:
    if view.method == "T":
        return f"{name}.T"
    if view.method == "swapaxes":
        return f"{name}.swapaxes(-1, -2)"
    if view.method == "transpose":
        return f"{name}.transpose({', '.join(map(str, view.argument))})"
    if view.method == "index":
        return f"{name}[{', '.join(map(_item_text, view.argument)) or '()'}]"
    shape = f"({''.join(f'{_extent_text(extent)}, ' for extent in view.argument)})"
    return f"{name}.reshape({shape})" if view.method == "reshape" else f"broadcast_to({name}, {shape})"


def _item_text(item: Item) -> str:
    if isinstance(item, tuple):
        return ":".join("" if end is None else str(end) for end in item)
    return "..." if item is ... else str(item)


def _extent_text(extent: Extent) -> str:
    assert not isinstance(extent, Strip), "only arrays of the plan are taken in strips, and their views are never text"
    if isinstance(extent, Examples):
        return "n" if extent.times == 1 else f"n * {extent.times}"
    return str(extent)
