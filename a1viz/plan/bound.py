"""Compiled graphs with arrays that stay: checked once, read and written at every call."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..base.arrays import Array
from ..base.errors import InputError
from ..calculus.interpreter import Values
from .program import FAILED, Program
from .selection import Selected, in_range
from .stacking import Slice, Stacking


class Bound:
    """A compiled graph with its arrays, `values`: each call reads them anew and writes into `results`, which lie one behind the other in
    `flat`. One thread may call it at a time."""

    def __init__(self, names: Sequence[str], plan: Selected[Any], arrays: Sequence[Array]) -> None:
        self.values = Values(zip(plan.order, arrays, strict=True))
        self.program: Program = plan.plan
        self.flat, computed, self._run, self._mend = self.program.bound(self._leaves(plan.about))
        self._labels = plan.labels(list(self.values.values()))
        self._scalar_labels = [(array.item, classes) for _, array, classes in self._labels if not array.ndim]
        self._has_many = len(self._scalar_labels) < len(self._labels)
        self.results = Values(zip(names, self._results(plan.about, computed), strict=True))

    def __repr__(self) -> str:
        return f"<bound function: {', '.join(self.results)}>"

    def _leaves(self, about: Any) -> list[Array]:
        """The arrays that the program reads."""
        return [self.values[name] for name in self.program.leaves]

    def _results(self, about: Any, computed: Sequence[Array]) -> Sequence[Array]:
        """The results in what the program writes."""
        return computed

    def __call__(self) -> Values:
        """The results for what the arrays hold now, in `results`. Raises InputError for a class out of range."""
        for label, classes in self._scalar_labels:
            if not 0 <= label() < classes:
                self._check_labels()
        if self._has_many:
            self._check_labels()
        try:
            self._run()
        except FAILED as error:
            self._mend(error)
        return self.results

    def _check_labels(self) -> None:
        for name, array, classes in self._labels:
            if not in_range(array, classes):
                raise InputError(f"{name}: a class is out of range; {name} has {classes} classes, 0 to {classes - 1}")


class OwnedBound(Bound):
    """The same with copies of the arrays: those of products that share an input one below the other, what is read transposed by columns."""

    def _leaves(self, about: Stacking) -> list[Array]:
        owned = {name: np.array(array, order="F" if name in about.by_columns else "C") for name, array in self.values.items()}
        for block, names in about.blocks.items():
            owned[block] = np.concatenate([owned[name] for name in names])
            ends = np.cumsum([len(owned[name]) for name in names])
            owned |= dict(zip(names, np.split(owned[block], ends[:-1]), strict=True))
        self.values = Values((name, owned[name]) for name in self.values)
        return [owned[name] for name in self.program.leaves]

    def _results(self, about: Stacking, computed: Sequence[Array]) -> Sequence[Array]:
        return [computed[x.block][x.start : x.stop] if isinstance(x, Slice) else computed[x] for x in about.results]


# --- results in given arrays ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LastOutput:
    """Arrays that results were written to the last time, and those they were compared with; they may go."""

    plan: Selected[Any] | None = None
    seen: tuple[weakref.ref[Array], ...] = ()  # the results, then the values

    def is_for(self, plan: Selected[Any], arrays: Sequence[Array | None]) -> bool:
        return self.plan is plan and len(self.seen) == len(arrays) and all(ref() is a for ref, a in zip(self.seen, arrays, strict=True))


def checked_output(
    last: LastOutput, names: Sequence[str], plan: Selected[Any], results: Sequence[Array | None], arrays: Sequence[Array]
) -> LastOutput:
    """The results' arrays, if they can be written to; what was found fit the last time is not looked at again."""
    if last.is_for(plan, (*results, *arrays)):
        return last
    found = list(_checked(names, plan.plan, results, arrays))
    return LastOutput(plan, tuple(map(weakref.ref, (*found, *arrays))))


def _checked(names: Sequence[str], program: Program, results: Sequence[Array | None], arrays: Sequence[Array]) -> Iterator[Array]:
    for j, (name, array, (shape, dtype)) in enumerate(zip(names, results, program.shapes, strict=True)):
        if not isinstance(array, np.ndarray) or array.shape != shape or array.dtype != dtype:
            had = f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
            raise InputError(f"out[{name!r}]: expected an array of {dtype} and shape {shape}, got {had}")
        if not (array.flags.c_contiguous and array.flags.writeable):
            raise InputError(f"out[{name!r}]: the array must be contiguous and writeable; np.empty({shape}) makes one")
        if any(other is not None and _overlap(array, other) for other in (*arrays, *results[:j])):
            raise InputError(f"out[{name!r}]: the array shares memory with a value that is given, or with another result")
        yield array


def _overlap(a: Array, b: Array) -> bool:
    return a is b or (not (a.flags.owndata and b.flags.owndata) and np.may_share_memory(a, b))
