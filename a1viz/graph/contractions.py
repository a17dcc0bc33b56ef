"""The kernel of einsum: sums over named axes as products of matrices, which NumPy's own einsum is slow at where there is a batch.

Letters name the last axes of an array; whatever stands before them is looped over, with NumPy's broadcasting.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ..base.arrays import Array


class Named(NamedTuple):
    """An array and the letters of its last axes, each once."""

    array: Array
    letters: str

    @property
    def lead(self) -> tuple[int, ...]:
        return self.array.shape[: self.array.ndim - len(self.letters)]

    def sizes(self, letters: str) -> tuple[int, ...]:
        return tuple(self.array.shape[self.letters.index(letter) - len(self.letters)] for letter in letters)

    def ordered(self, letters: str) -> Array:
        """The array with its axes in another order."""
        front = self.array.ndim - len(letters)
        return self.array.transpose(*range(front), *(front + self.letters.index(letter) for letter in letters))


def einsum(*xs: Array, formula: str, ranks: Sequence[int]) -> Array:
    """The sum over all letters that the result has not, two operands after the other in the order that takes the fewest multiplications."""
    names, _, result = formula.partition("->")
    operands = names.split(",")
    needed = [{*result, *"".join(operands[:k] + operands[k + 1 :])} for k in range(len(xs))]
    values = [_alone(x, own, others) for x, own, others in zip(xs, operands, needed, strict=True)]
    shapes = tuple(x.shape[x.ndim - rank :] for x, rank in zip(xs, ranks, strict=True))
    for places in _path(formula, shapes):
        taken = [values.pop(k) for k in sorted(places, reverse=True)][::-1]
        while len(taken) > 1:
            first, second, *taken = taken
            taken = [_product(first, second, {*result}.union(*(v.letters for v in (*taken, *values)))), *taken]
        values += taken
    return np.asarray(values[0].ordered(result), order="C")


@lru_cache(maxsize=256)
def _path(formula: str, shapes: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
    """Which operands are multiplied next, by their places among those that are left; a product is the last then."""
    if len(shapes) < 3:
        return (tuple(range(len(shapes))),)
    zero = np.zeros(())
    path, _ = np.einsum_path(formula, *(np.broadcast_to(zero, shape) for shape in shapes), optimize="greedy")
    return tuple(path[1:])


def _alone(x: Array, letters: str, needed: Collection[str]) -> Named:
    """An operand summed over the letters that only it has; of a letter that is there twice, the diagonal."""
    kept = "".join(dict.fromkeys(letter for letter in letters if letter in needed))
    return Named(x if kept == letters else np.einsum(f"...{letters}->...{kept}", x), kept)


def _product(a: Named, b: Named, needed: Collection[str]) -> Named:
    """The product of two, summed over the letters that nothing else needs."""
    if b.lead and not a.lead:
        a, b = b, a  # what all examples share comes second
    both = "".join(letter for letter in a.letters if letter in b.letters)
    loops, summed = ("".join(letter for letter in both if (letter in needed) == is_kept) for is_kept in (True, False))
    left, right = ("".join(letter for letter in own.letters if letter not in both) for own in (a, b))
    if not summed:
        ones = (1,) * len(right)
        x = a.ordered(loops + left)
        y = b.ordered(loops + right).reshape((*b.lead, *b.sizes(loops), *(1,) * len(left), *b.sizes(right)))
        return Named(x.reshape(x.shape + ones) * y, loops + left + right)
    rows, inner, columns = (math.prod(own.sizes(letters)) for own, letters in ((a, left), (a, summed), (b, right)))
    x = a.ordered(loops + left + summed).reshape((*a.lead, *a.sizes(loops), rows, inner))
    y = b.ordered(loops + summed + right).reshape((*b.lead, *b.sizes(loops), inner, columns))
    if y.ndim == 2 and x.ndim > 2:  # one product for all examples
        product = (x.reshape(math.prod(x.shape[:-1]), inner) @ y).reshape((*x.shape[:-1], columns))
    else:
        product = x @ y
    front = product.shape[: product.ndim - 2]
    return Named(product.reshape((*front, *a.sizes(left), *b.sizes(right))), loops + left + right)
