"""Optional: a tiny plan as Python's own numbers, each entry is a variable, every operation an expression, no array in between.

A NumPy call takes as long as a dozen operations on Python's floats, whatever the size of its arrays. Numbers are computed in double
precision; sums are taken in order and functions are Python's, so that the last place may differ from NumPy's. What Python refuses, such as
a division by zero, is left to the plan of calls, which gives infinity or NaN.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from string import Formatter
from struct import Struct

import numpy as np

from ..base.arrays import Array
from .entries import Atom, Entries, Expression, Formula
from .steps import Core, DType, Step, Steps
from .table import MATH, row_of

A_CALL = 13  # operations on Python's numbers take about as long as one call of NumPy on a small array
FILE = "<floats>"
REFUSED = (ArithmeticError, ValueError)  # what Python raises where NumPy gives infinity or NaN
DEEP = 12  # how deep expressions may stand in each other


@dataclass(frozen=True)
class Floats:
    """A tiny plan: `numbers`, which `code` defines, gives all entries of all results, in their order, from the leaves' arrays."""

    pack: Struct
    layout: DType  # a field for each result
    code: str

    @cached_property
    def numbers(self) -> Callable[..., tuple[float, ...]]:
        space = dict(MATH)
        exec(compile(self.code, FILE, "exec"), space)
        function: Callable[..., tuple[float, ...]] = space["numbers"]
        return function

    def new(self, arrays: Sequence[Array]) -> list[Array]:
        """The results in new arrays, one behind the other in memory. Raises REFUSED."""
        block = bytearray(self.pack.size)
        self.pack.pack_into(block, 0, *self.numbers(*arrays))
        found = np.ndarray((), self.layout, block)
        return [found[name] for name in self.layout.names or ()]


def unrolled(steps: Steps, leaves: Sequence[str], results: Sequence[int], order: Sequence[int]) -> Floats | None:
    """The plan in Python's numbers; None where calls are faster, and for a plan with a batch or with a kernel."""
    items = steps.items
    types = {items[k].dtype.char for k in results}
    if types not in ({"f"}, {"d"}) or any(items[k].lead or not is_known(items[k].op) for k in order):
        return None
    calls = sum(row_of(items[k].op).is_computed for k in order)
    if sum(_operations(steps, items[k]) for k in order) > A_CALL * max(calls, 1):
        return None
    unroller, char = _Unroller(steps, leaves), types.pop()
    for k in order:
        unroller.add(k)
    layout = np.dtype([(f"o{j}", char, items[k].core) for j, k in enumerate(results)])
    return Floats(Struct(f"{layout.itemsize // np.dtype(char).itemsize}{char}"), layout, unroller.code(results))


def is_known(op: str) -> bool:
    """Whether an operation can be done by Python's numbers."""
    return op in ("leaf", "constant") or row_of(op).unrolled is not None


def _operations(steps: Steps, v: Step) -> int:
    """How many operations on single numbers a step takes."""
    size, row = math.prod(v.core), row_of(v.op)
    if row.kind != "product":
        return size
    x, last = steps.items[v.inputs[0]], steps.items[v.inputs[-1]]
    return size * (math.prod(x.core) if row.matrix is None and not v.core else last.core[-2] if row.matrix == 1 else x.core[-1])


class _Unroller:
    """Collects what is assigned; `entries` are the atoms of each value."""

    def __init__(self, steps: Steps, leaves: Sequence[str]) -> None:
        self.steps, self.leaves = steps, leaves
        self.given: list[str] = []  # the lines that take the leaves apart
        self.assigned: dict[int, Expression] = {}  # variable -> its expression
        self.entries: dict[int, Entries] = {}
        self.count = 0

    def add(self, k: int) -> None:
        v = self.steps.items[k]
        if v.op == "leaf":
            self.entries[k] = self._leaf(v)
        elif v.op == "constant":
            self.entries[k] = [v.extra]
        else:
            unroll = row_of(v.op).unrolled
            assert unroll is not None
            found = unroll(v, [self.steps.items[i] for i in v.inputs], [self.entries[i] for i in v.inputs])
            self.entries[k] = [self._atom(entry) for entry in found]

    def _atom(self, entry: Formula) -> Atom:
        """A variable for an expression."""
        if not isinstance(entry, Expression):
            return entry
        self.assigned[self.count] = entry
        self.count += 1
        return self.count - 1

    def _leaf(self, v: Step) -> list[Atom]:
        names = range(self.count, self.count + math.prod(v.core))
        self.count += len(names)
        if names:
            pattern = _pattern([f"s{name}" for name in names], v.core) if v.core else f"s{names[0]}"
            self.given.append(f"{pattern} = v{self.leaves.index(v.extra)}.tolist()")
        return list(names)

    def code(self, results: Sequence[int]) -> str:
        """The function: numbers out of the arrays, the lines, and the entries of all results."""
        lines, entries = _nested(self.assigned, [atom for k in results for atom in self.entries[k]])
        body = [*self.given, *lines, f"return ({''.join(f'{entry}, ' for entry in entries)})"]
        head = f"def numbers({', '.join(f'v{j}' for j in range(len(self.leaves)))}):"
        return "\n".join([head, *(f"    {line}" for line in body)]) + "\n"


def _nested(assigned: dict[int, Expression], entries: Sequence[Atom]) -> tuple[list[str], list[str]]:
    """The lines and the entries with each variable that is read once replaced by its expression: Python keeps it on its stack then."""
    uses: dict[Atom, int] = {}
    for atom in itertools.chain(entries, *(_read(expression) for expression in assigned.values())):
        if atom.__class__ is int:
            uses[atom] = uses.get(atom, 0) + 1
    lines: list[str] = []
    waiting: dict[int, tuple[str, int]] = {}  # variable -> its expression, and how deep that is

    def text(atom: Atom) -> tuple[str, int]:
        if isinstance(atom, int):
            return waiting.pop(atom) if atom in waiting else (f"s{atom}", 0)
        return (f"({atom!r})" if atom < 0 else repr(atom)), 0

    for name, (template, atoms) in assigned.items():
        if name not in uses:
            continue
        texts, depth = [], 0
        for atom in atoms:
            inner, deep = text(atom)
            texts.append(inner)
            depth = max(depth, deep)
        found = template.format(*texts)
        if uses[name] == 1 and depth < DEEP:
            waiting[name] = (f"({found})", depth + 1)
        else:
            lines.append(f"s{name} = {found}")
    return lines, [text(atom)[0] for atom in entries]


def _read(expression: Expression) -> Sequence[Atom]:
    """The atom at each place of the template."""
    template, atoms = expression
    return atoms if "{}" in template else [atoms[place] for place in _places(template)]


@lru_cache(maxsize=512)
def _places(template: str) -> Sequence[int]:
    """Which operand stands at each place of a template that numbers them."""
    return [int(field) for _, field, _, _ in Formatter().parse(template) if field is not None]


def _pattern(names: Sequence[str], core: Core) -> str:
    """A pattern that a nested list is taken apart by."""
    if len(core) == 1:
        return f"[{', '.join(names)}]"
    size = len(names) // core[0]
    return f"[{', '.join(_pattern(names[j * size : (j + 1) * size], core[1:]) for j in range(core[0]))}]"
