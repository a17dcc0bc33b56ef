"""Where the batch axis of a value of an ONNX model is: in front, or moved by a transposition, or one axis with another one.

The graph describes one example, so its variables have no batch axis, and what only moves it is no node at all. Attention as PyTorch
writes it has `(batch, 5, 8)` as `(5, batch, 8)`, its heads as `(batch * 2, 5, 4)`, and rows to be multiplied as `(5 * batch, 8)`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..graph.shapes import Shape
from .onnx_folding import BATCH

OUTER, INNER = "outer", "inner"  # an axis that is batch times another one: its entries example by example, or the examples of each entry


class Tensor(NamedTuple):
    """A value of the model as a variable of the graph."""

    name: str
    shape: Shape  # of one example
    batched: bool
    place: int = 0  # which axis of the model is the batch, where it has one
    merged: str = ""  # OUTER or INNER, where that axis is the example's axis `place` too

    @property
    def rank(self) -> int:
        """How many axes it has in the model."""
        return len(self.shape) + self.is_apart

    @property
    def is_apart(self) -> bool:
        """Whether the batch is an axis of its own."""
        return self.batched and not self.merged

    @property
    def is_in_front(self) -> bool:
        return not self.batched or (self.place == 0 and not self.merged)

    @property
    def from_end(self) -> int:
        """The batch axis counted from the end, as a positive number."""
        return self.rank - self.place

    def laid(self, place: int, merged: str = "") -> Tensor:
        """The same variable with its batch elsewhere."""
        return self._replace(place=place, merged=merged)

    def inside(self, axis: int) -> int:
        """The example's axis that an axis of the model is, both from the front; not for the batch axis."""
        return axis - (self.is_apart and axis > self.place)


def permuted(x: Tensor, perm: Sequence[int]) -> tuple[list[int], int]:
    """The permutation of one example that one of the model is, and where the batch is then.

    >>> permuted(Tensor("x", (5, 8), True), [1, 0, 2])
    ([0, 1], 1)
    """
    if not x.batched:
        return list(perm), 0
    return [x.inside(k) for k in perm if x.merged or k != x.place], list(perm).index(x.place)


def regrouped(x: Tensor, target: Sequence[Any], batch: int | None) -> tuple[list[Any], int, str] | None:
    """The shape of one example, the batch axis, and how it is merged, in a new shape of the model; None where it cannot be told.

    >>> regrouped(Tensor("x", (5, 8), True, 1), [5, -1, 4], None)
    ([5, 2, 4], 1, 'outer')
    >>> regrouped(Tensor("x", (5, 8), True, 1), [-1, 8], None)
    ([5, 8], 0, 'inner')
    """
    cut = x.place + (x.merged == INNER)  # the batch lies between these axes of the example, in the order of entries
    for k, size in _candidates(target, batch):
        before, after = _quotient(x.shape[:cut], target[:k]), _quotient(x.shape[cut:], target[k + 1 :])
        if size == BATCH:
            if {before, after} in ({1}, {1, None}):
                return _filled([*target[:k], *target[k + 1 :]], x.shape), k, ""
        elif before and after and 1 in (before, after) and size in (-1, before * after * (batch or 0)):
            if before == after:
                return [*target[:k], *target[k + 1 :]], k, ""
            return [*target[:k], before * after, *target[k + 1 :]], k, OUTER if before == 1 else INNER
    return None


def _candidates(target: Sequence[Any], batch: int | None) -> list[tuple[int, Any]]:
    """The axes of a new shape that may have the batch in them, the likeliest first, and their sizes."""
    named = [(k, BATCH) for k, size in enumerate(target) if size == BATCH or (size == batch and batch is not None)]
    return [*named, *((k, size) for k, size in enumerate(target) if isinstance(size, int))]


def _filled(target: list[Any], shape: Shape) -> list[Any]:
    """With a number for -1, where it is known."""
    sizes = [size for size in target if size != -1]
    left = _quotient(shape, sizes) if -1 in target else None
    return [left if size == -1 and left is not None else size for size in target]


def _quotient(shape: Sequence[Any], sizes: Sequence[Any]) -> int | None:
    """How many times the entries of these axes there are in a shape: 0 where that is no whole number, None where it is not known."""
    left, rest = list(shape), []
    for size in sizes:
        if size in left:
            left.remove(size)
        else:
            rest.append(size)
    if not all(isinstance(size, int) and size > 0 for size in (*left, *rest)):
        return None
    return 0 if math.prod(left) % math.prod(rest) else math.prod(left) // math.prod(rest)
