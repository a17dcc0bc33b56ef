"""The compiler's intermediate form: a graph at fixed sizes as a list of steps, each after its operands, equal ones shared.

Every pass before the schedule reads steps and puts more of them; none is ever changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ..graph.nodes import Graph

BATCH, SEEDS = 1, 2  # axes in front of the core: the examples, and the cotangents that are pulled back at once
Core = tuple[int, ...]
DType = np.dtype[Any]


class Step(NamedTuple):  # made faster than a frozen dataclass, and there are hundreds
    """One step: `op` is a row of the operator table or of the compiler's own, `lead` the axes in front of its value's core."""

    op: str
    inputs: tuple[int, ...]
    core: Core
    lead: int
    dtype: DType
    name: str = ""  # the variable it belongs to
    extra: Any = None  # a constant's number, a position, a leaf's name

    @property
    def batched(self) -> bool:
        return bool(self.lead & BATCH)

    @property
    def is_leaf(self) -> bool:
        """Whether its array is given."""
        return self.op in ("leaf", "unit")

    @property
    def is_constant(self) -> bool:
        return self.op == "constant"

    @property
    def is_unit(self) -> bool:
        """Whether it is the unit cotangents themselves."""
        return self.op == "unit"


@dataclass
class Steps:
    """The steps by their numbers; `put` gives the number of an equal one that is there already."""

    dtype: DType
    exact: bool = True  # to the bit as the interpreter: no identity that rounds differently
    items: list[Step] = field(default_factory=list)
    numbers: dict[tuple[Any, ...], int] = field(default_factory=dict)
    name: str = ""  # of the variable that is being taken apart
    in_losses: set[int] = field(default_factory=set)  # what a logistic loss takes the exponential of
    graphs: list[tuple[Graph, dict[str, int]]] = field(default_factory=list)  # taken in, with the number of each variable's step
    replaced_by: dict[int, int] = field(default_factory=dict)  # by a rewriting pass
    duplicates: dict[int, list[str]] = field(default_factory=dict)  # the variables that asked for a step that was there already

    def put(
        self, op: str, inputs: Sequence[int] = (), core: Sequence[int] = (), lead: int = 0, dtype: DType | None = None, extra: Any = None
    ) -> int:
        dtype = self.dtype if dtype is None else dtype
        inputs, core = tuple(inputs), tuple(core)
        key = (op, *inputs, core, lead, dtype.char, repr(extra))
        k = self.numbers.setdefault(key, len(self.items))
        if k == len(self.items):
            self.items.append(Step(op, inputs, core, lead, dtype, self.name, extra))
        else:
            self.duplicates.setdefault(k, []).append(self.name)
        return k

    def find(self, op: str, inputs: Sequence[int], like: Step) -> int | None:
        """The same operation on these operands, if it is there."""
        return self.numbers.get((op, *inputs, like.core, like.lead, like.dtype.char, repr(None)))

    def with_inputs(self, k: int, new: Mapping[int, int]) -> int:
        """The same operation on what stands for its operands now."""
        v = self.items[k]
        inputs = tuple(new[i] for i in v.inputs)
        return k if inputs == v.inputs else self.put(v.op, inputs, v.core, v.lead, v.dtype, v.extra)

    def current(self, k: int) -> int:
        """The step that stands for another one in the plan."""
        while k in self.replaced_by:
            k = self.replaced_by[k]
        return k

    def constant(self, number: float, dtype: DType | None = None) -> int:
        return self.put("constant", dtype=dtype, extra=float(number))

    def number(self, k: int) -> float | None:
        """The number a value is, if it is one for sure."""
        number: float | None = self.items[k].extra if self.items[k].is_constant else None
        return number

    def spread(self, k: int, core: Sequence[int], lead: int) -> int:
        """A value over the shape `core` and the axes of `lead`."""
        v = self.items[k]
        return k if (v.core, v.lead) == (tuple(core), lead) else self.put("spread", [k], core, lead, v.dtype)

    def reduced(self, op: str, k: int) -> int:
        """A sum or a maximum along the last axis, which is kept."""
        v = self.items[k]
        return self.put(op, [k], (*v.core[:-1], 1), v.lead, v.dtype)


def users_of(steps: Steps, results: Sequence[int]) -> dict[int, list[int]]:
    """Who reads each value that the results need, once each, in order."""
    needed = set(results)
    for k in reversed(range(len(steps.items))):
        if k in needed:
            needed.update(steps.items[k].inputs)
    users: dict[int, list[int]] = {k: [] for k in sorted(needed)}
    for k in users:
        for i in dict.fromkeys(steps.items[k].inputs):
            users[i].append(k)
    return users


def lead_of(items: Sequence[Step]) -> int:
    """The axes in front that a value of these operands has."""
    lead = 0
    for v in items:
        lead |= v.lead
    return lead


def dtype_of(items: Sequence[Step]) -> DType:
    """The type of a value of these operands; NumPy, which takes its time, is asked only where they differ."""
    types = {v.dtype for v in items}
    return types.pop() if len(types) == 1 else np.result_type(*types)


def core_of_all(items: Sequence[Step]) -> Core:
    """The core that these operands' cores are broadcast to."""
    cores = {v.core for v in items} - {()}
    return cores.pop() if len(cores) == 1 else np.broadcast_shapes(*cores)
