"""Compiled graphs with arrays that stay: checked once, read and written at every call."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..base.errors import InputError
from ..calculus.interpreter import Values
from .entry import Entry, in_range
from .program import FAILED


class Bound:
    """A compiled graph with its arrays, `values`: each call reads them anew and writes into `results`, which lie one behind the other in
    `flat`. One thread may call it at a time."""

    def __init__(self, names: Sequence[str], entry: Entry, arrays: Sequence[np.ndarray]) -> None:
        self.values = Values(zip(entry.order, arrays, strict=True))
        self.program = entry.program
        self.flat, wholes, self._step, self._mend = self.program.bound(self._leaves(entry))
        self._labels = entry.labels(list(self.values.values()))
        self._single_labels = [(array.item, classes) for _, array, classes in self._labels if not array.ndim]
        self._has_many = len(self._single_labels) < len(self._labels)
        self.results = Values(zip(names, self._parts(entry, wholes), strict=True))

    def _leaves(self, entry: Entry) -> list[np.ndarray]:
        """The arrays that the program reads."""
        return [self.values[name] for name in self.program.leaves]

    def _parts(self, entry: Entry, wholes: Sequence[np.ndarray]) -> Sequence[np.ndarray]:
        """The results in what the program writes."""
        return wholes

    def __call__(self) -> Values:
        """The results for what the arrays hold now, in `results`. Raises InputError for a class out of range."""
        for label, classes in self._single_labels:
            if not 0 <= label() < classes:
                self._check_labels()
        if self._has_many:
            self._check_labels()
        try:
            self._step()
        except FAILED as error:
            self._mend(error)
        return self.results

    def _check_labels(self) -> None:
        for name, array, classes in self._labels:
            if not in_range(array, classes):
                raise InputError(f"{name}: a class is out of range; {name} has {classes} classes, 0 to {classes - 1}")


class Own(Bound):
    """The same with copies of the arrays, those of products that share an input one below the other."""

    def _leaves(self, entry: Entry) -> list[np.ndarray]:
        blocks = entry.about.blocks
        given = {name: np.array(array, order="C") for name, array in self.values.items()}
        found = []
        for name in self.program.leaves:
            if name in blocks:
                whole = np.concatenate([given[part] for part in blocks[name]])
                ends = np.cumsum([len(given[part]) for part in blocks[name]])
                given |= dict(zip(blocks[name], np.split(whole, ends[:-1]), strict=True))
            found.append(whole if name in blocks else given[name])
        self.values = Values((name, given[name]) for name in self.values)
        return found

    def _parts(self, entry: Entry, wholes: Sequence[np.ndarray]) -> Sequence[np.ndarray]:
        how = entry.about
        parts = zip(how.places, how.slots, strict=True)
        return [wholes[place] if slot is None else wholes[place][slot[1] : slot[2]] for place, slot in parts]


# --- results in given arrays ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Arrays that results were written to the last time, and those they were compared with; they may go."""

    entry: Entry | None = None
    seen: tuple[weakref.ref, ...] = ()  # the results, then the values

    def is_for(self, entry: Entry, arrays: Sequence[np.ndarray]) -> bool:
        return self.entry is entry and len(self.seen) == len(arrays) and all(ref() is a for ref, a in zip(self.seen, arrays, strict=True))


def given_place(last: Place, names: Sequence[str], entry: Entry, results: Sequence[np.ndarray], arrays: Sequence[np.ndarray]) -> Place:
    """The results' arrays, if they can be written to; what was found fit the last time is not looked at again."""
    if last.is_for(entry, (*results, *arrays)):
        return last
    for j, (name, array, (shape, dtype)) in enumerate(zip(names, results, entry.program.shapes, strict=True)):
        if not isinstance(array, np.ndarray) or array.shape != shape or array.dtype != dtype:
            had = f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
            raise InputError(f"out[{name!r}]: expected an array of {dtype} and shape {shape}, got {had}")
        if not (array.flags.c_contiguous and array.flags.writeable):
            raise InputError(f"out[{name!r}]: the array must be contiguous and writeable; np.empty{shape} makes one")
        if any(_overlap(array, other) for other in (*arrays, *results[:j])):
            raise InputError(f"out[{name!r}]: the array shares memory with a value that is given, or with another result")
    return Place(entry, tuple(map(weakref.ref, (*results, *arrays))))


def _overlap(a: np.ndarray, b: np.ndarray) -> bool:
    return a is b or (not (a.flags.owndata and b.flags.owndata) and np.may_share_memory(a, b))
