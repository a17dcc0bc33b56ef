"""Sums of products of Gram matrices, which tangent kernels without M2 are made of, as a list of calls that is written once.

A parameter's share is the sum of inner(a, c) inner(b, d) over the terms outer(a, b) of the first side and outer(c, d) of the second, for
all outputs and examples: each factor is one matrix product, which parameters have in common if they can. Serves question 2.3.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..base.arrays import Array
from ..plan import ArrayCall, Executor, run_calls
from .jacobians import Pulled

Term = tuple[int, int, int | None]  # how often, and the plan's numbers of column and row
Pair = tuple[int, int]  # the plans' numbers of a value on each side
Terms = Mapping[str, tuple[Sequence[Term], Sequence[Term]]]  # of each parameter, on both sides
SMALL = 2**10  # entries up to which `dot` is the faster matrix product; above, `matmul` is better at a matrix times its own transpose


@dataclass
class GramSums:
    """The shares of the parameters that have `terms`. `pulled` has the plan of each side for the values that terms are made of."""

    parameters: Sequence[str]  # all of them, in the order of the shares
    terms: Terms
    pulled: tuple[Pulled, Pulled]
    dtype: np.dtype

    def __post_init__(self) -> None:
        self._executors = Executor(lambda: self.calls(False)), Executor(lambda: self.calls(True))  # of two sides; of one side twice

    def __call__(self, arrays: Sequence[Sequence[Array]], shares: Array) -> None:
        """Fill the places in `shares`, (parameter, O1, N1, O2, N2), and put the sum of all shares into the last.

        `arrays` has the leaves' values on both sides, once if they are the same.
        """
        self._executors[len(arrays) == 1].run(Calls.run, arrays, shares)

    def forget(self) -> None:
        """Give the workspaces back; the next call makes one."""
        for executor in self._executors:
            executor.forget()
        for pulled in self.pulled:
            pulled.program.forget()

    def calls(self, is_same: bool) -> Calls:
        """The calls, with arrays of their own for what they need in between; `is_same` if both sides have the same values."""
        return Calls(self.parameters, self.terms, self.pulled, self.dtype, is_same)


class Calls:
    """The calls in their order. Places: each parameter's share as (O1, N1, O2, N2), then the total, then all other arrays."""

    def __init__(self, parameters: Sequence[str], terms: Terms, pulled: tuple[Pulled, Pulled], dtype: np.dtype, is_same: bool) -> None:
        self.pulled, self.dtype, self.is_same = pulled, dtype, is_same
        sides = pulled[:1] if is_same else pulled
        self.results = [p.program.empty_results() for p in sides]
        self.others: list[Array | None] = []  # None stands for an array that is given at each call
        self.flat: list[tuple[int, int]] = []  # places of shares as matrices, and the shares'
        self.given: list[tuple[int, int, int, tuple[int, int], bool]] = []  # place, side, position, shape, whether it is transposed
        self.steps: list[ArrayCall] = []
        self._total = len(parameters)
        self._full = tuple(n for p in pulled for n in (p.program.seeds, p.program.rows))
        self._matrix = math.prod(self._full[:2]), math.prod(self._full[2:])
        self._homes = {key: parameters.index(name) for name, of in terms.items() if (key := _lone_term(*of))}
        self._grams: dict[Pair, tuple[int, int]] = {}
        self._repeated: dict[Pair, int] = {}
        self._looks: dict[tuple[int, int], int] = {}
        self._scratch: int | None = None
        self._one = self._place(np.ones((), dtype))
        for name, of in terms.items():
            self._write(parameters.index(name), *of)
        self._write_total()

    def run(self, arrays: Sequence[Sequence[Array]], shares: Array) -> None:
        """All calls, for the leaves' values on both sides, or on the one."""
        for pulled, results, given in zip(self.pulled, self.results, arrays, strict=False):  # the second side may be the first
            pulled.program.run([*given, pulled.units], results)
        places = [*shares, *self.others]
        for place, share in self.flat:
            places[place] = places[share].reshape(self._matrix)
        for place, side, position, shape, is_turned in self.given:
            matrix = arrays[side][position].reshape(shape)
            places[place] = matrix.T if is_turned else matrix
        run_calls(self.steps, places)

    def _place(self, array: Array | None) -> int:
        self.others.append(array)
        return self._total + len(self.others)

    def _write_total(self) -> None:
        """The calls for the sum of all shares."""
        total = self._total
        self.steps.append((np.add, 0, 1, total) if total > 1 else (np.multiply, 0, self._one, total))
        self.steps += [(np.add, total, share, total) for share in range(2, total)]

    def _write(self, out: int, first: Sequence[Term], second: Sequence[Term]) -> None:
        """The calls for one parameter's share."""
        is_first = True
        for times1, a, b in first:
            for times2, c, d in second:
                to = out if is_first else self._room()
                self._write_product(to, times1 * times2, (a, c), None if b is None or d is None else (b, d))
                if not is_first:
                    self.steps.append((np.add, out, to, out))
                is_first = False
        if is_first:
            zero = self._place(np.zeros((), self.dtype))
            self.steps.append((np.multiply, zero, zero, out))

    def _write_product(self, to: int, times: int, outer: Pair, inner: Pair | None) -> None:
        """The calls for times inner(a, c) inner(b, d)."""
        factor = self._one if times == 1 else self._place(np.array(times, self.dtype))
        product = self._spread(outer)
        if inner is not None:
            self.steps.append((np.multiply, product, self._spread(inner), to))
            product = to
        if times != 1 or product != to:
            self.steps.append((np.multiply, product, factor, to))

    def are_units(self, pair: Pair) -> bool:
        """Whether both values are the unit cotangents themselves: their Gram matrix is the unit matrix."""
        return all(p.program.steps.items[k].is_unit for p, k in zip(self.pulled, pair, strict=True))

    def _shape(self, pair: Pair) -> tuple[int, int, int, int]:
        """The shape of the Gram matrix of two values: (O1 or 1, N1 or 1, O2 or 1, N2 or 1)."""
        return (*self.pulled[0].shape_of(pair[0])[:2], *self.pulled[1].shape_of(pair[1])[:2])

    def _room(self) -> int:
        """The place for a product that is added to others."""
        if self._scratch is None:
            self._scratch = self._place(np.empty(self._full, self.dtype))
        return self._scratch

    def _gram(self, pair: Pair) -> tuple[int, int]:
        """The place of all inner products of two values, as a matrix and with all axes; of a weight's error vectors that of its bias."""
        if pair not in self._grams:
            a, c = pair
            dtype, shape = np.result_type(self.pulled[0].dtype_of(a), self.pulled[1].dtype_of(c)), self._shape(pair)
            home = self._homes.get(pair)
            if home is not None and shape == self._full and dtype == self.dtype:
                self._grams[pair] = self._place(None), home
                self.flat.append(self._grams[pair])
            else:
                gram = np.empty(shape, dtype)
                self._grams[pair] = self._place(gram.reshape(shape[0] * shape[1], shape[2] * shape[3])), self._place(gram)
            product = np.matmul if math.prod(shape) > SMALL else np.ndarray.dot
            self.steps.append((product, self._look(0, a), self._look(1, c), self._grams[pair][0]))
        return self._grams[pair]

    def _spread(self, pair: Pair) -> int:
        """The place of a Gram matrix, repeated for all outputs and examples of the second side: products take long runs of memory then.

        That of the unit cotangents themselves is the unit matrix, which stays.
        """
        shape, is_unit = (*self._shape(pair)[:2], *self._full[2:]), self.are_units(pair)
        if self._shape(pair)[2:] in (self._full[2:], (1, 1)) and not is_unit:
            return self._gram(pair)[1]
        if pair not in self._repeated:
            unit = np.eye(shape[0], dtype=self.dtype)[:, None, :, None].repeat(shape[3], 3) if is_unit else None
            self._repeated[pair] = self._place(np.empty(shape, self.dtype) if unit is None else unit)
            if unit is None:
                self.steps.append((np.multiply, self._gram(pair)[1], self._one, self._repeated[pair]))
        return self._repeated[pair]

    def _look(self, side: int, k: int) -> int:
        """The place of a value as a matrix: a row for each output and example; transposed on the second side."""
        if (side, k) not in self._looks:
            pulled, (outputs, examples, length) = self.pulled[side], self.pulled[side].shape_of(k)
            rows = outputs * examples, length
            if k in pulled.given:
                self._looks[side, k] = place = self._place(None)
                self.given.append((place, 0 if self.is_same else side, pulled.given[k], rows, side == 1))
            else:
                matrix = self.results[0 if self.is_same else side][pulled.program.results.index(k)].reshape(rows)
                self._looks[side, k] = self._place(matrix.T if side else matrix)
        return self._looks[side, k]


def _lone_term(first: Sequence[Term], second: Sequence[Term]) -> tuple[int, int] | None:
    """The Gram matrix that is a parameter's share by itself: a bias's."""
    if len(first) != 1 or len(second) != 1 or first[0][0] * second[0][0] != 1 or first[0][2] is not None:
        return None
    return first[0][1], second[0][1]
