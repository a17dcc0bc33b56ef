"""Where each value is: references to leaves, results, buffers, and views of them. A buffer is taken over by the next value once it is read
no more, where the table says that the operator may overwrite it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .memory import Buffer
from .python_numbers import NONE, PythonNumbers
from .references import Ref, made, rows_of
from .schedule import Schedule
from .sites import Argument, Scratch, viewed
from .steps import Core, DType, Step, Steps
from .table import has_kernel, row_of


@dataclass(frozen=True)
class Setup:
    """How a plan is run."""

    examples: int  # at a time
    seeds: int = 1  # cotangents that are pulled back at once
    turned: frozenset[int] = frozenset()  # the values that lie column-major
    numbers: PythonNumbers = NONE


@dataclass(frozen=True)
class Placement:
    """The places of all values."""

    refs: Mapping[int, Ref]  # where a value is read
    outs: Mapping[int, Ref]  # where it is computed, if it is
    scratch: Mapping[int, Ref]
    totals: tuple[Ref, ...]  # in which the sums of tiles are added up
    buffers: tuple[Buffer, ...]


def placed(steps: Steps, schedule: Schedule, setup: Setup) -> Placement:
    """Give each value of the schedule its place."""
    placer = _Placer(steps, schedule, setup)
    for now, k in enumerate(schedule.order.steps):
        placer.place(now, k)
    return Placement(placer.refs, placer.outs, placer.scratch, tuple(placer.totals), tuple(placer.buffers))


class _Placer:
    """The places while they are given, in the order of the steps."""

    def __init__(self, steps: Steps, schedule: Schedule, setup: Setup) -> None:
        self.steps, self.schedule, self.setup, self.now = steps, schedule, setup, 0
        self.refs: dict[int, Ref] = {}
        self.outs: dict[int, Ref] = {}
        self.scratch: dict[int, Ref] = {}
        self.totals: list[Ref] = []
        self.buffers: list[Buffer] = []
        self.blocks = dict(self._blocks())
        self.uncertain: set[int] = set()  # values that lie in memory as NumPy lays them, not as a buffer does

    def _blocks(self) -> Iterator[tuple[int, tuple[int, int, int]]]:
        """The values that are computed in their block of a concatenation: which one, and the rows."""
        items = self.steps.items
        for k in self.schedule.order.steps:
            start = 0
            for i in items[k].inputs if items[k].op == "blocks" else ():
                stop = start + items[i].core[0]
                is_elsewhere = i in self.schedule.outputs or i in self.setup.numbers.steps or items[i].op == "blocks"
                if row_of(items[i].op).is_computed and not is_elsewhere:
                    yield i, (k, start, stop)
                start = stop

    def place(self, now: int, k: int) -> None:
        self.now, v = now, self.steps.items[k]
        row = row_of(v.op)
        if v.is_leaf:
            self.refs[k] = Ref("leaf", k)
        elif v.is_constant or v.op == "array":
            self.refs[k] = Ref("constant", (v.extra, v.dtype.char))
        elif v.op == "made":
            self.refs[k] = made(*v.extra, v.dtype.char)
        elif k in self.setup.numbers.steps:
            self.refs[k] = self._number(k, v)
        elif row.view:
            (i,) = v.inputs
            self.refs[k] = viewed(v, Argument(self.steps.items[i], self.refs[i]), row.view, self.setup.seeds)
        elif k in self.schedule.sums:
            self._scratch(k, v)
            self.outs[k] = self._buffer(v.core, 0, v.dtype, now)
            self.buffers.append(Buffer(v.core, 0, v.dtype, 0, len(self.schedule.order.steps)))
            self.refs[k] = Ref("buffer", len(self.buffers) - 1)
            self.totals.append(self.refs[k])
        else:
            self._scratch(k, v)
            self.refs[k] = self.outs[k] = self._place(k, v)
        if self.steps.exact and not self.schedule.tiled and self._is_uncertain(k, v):
            self.uncertain.add(k)

    def _number(self, k: int, v: Step) -> Ref:
        if k not in self.setup.numbers.stored:
            return Ref("number", k)
        return self._result(k) or self._buffer(v.core, 0, v.dtype, self._last(k))

    def _scratch(self, k: int, v: Step) -> None:
        x = self.steps.items[v.inputs[0]]
        examples = 0 if self.steps.exact else self.setup.examples
        wanted: Scratch | None = row_of(v.op).scratch(v, x, k in self.setup.turned, examples)
        if wanted:
            self.scratch[k] = self._buffer(wanted.core, wanted.lead, wanted.dtype, self.now, wanted.is_turned)

    def _place(self, k: int, v: Step) -> Ref:
        """A result's array, a block of a concatenation, the buffer of an operand that is read for the last time, or a new one."""
        if self.steps.exact and not self.schedule.tiled and self._is_local(v):
            return Ref("local", k)
        if v.op == "blocks":
            return self._concatenation(k)
        target = self.schedule.order.targets.get(k, k)
        if target in self.blocks:
            block, start, stop = self.blocks[target]
            return self._concatenation(block).seen(rows_of(start, stop))
        result = self._result(target)
        if result:
            return result
        is_turned = k in self.setup.turned
        for j in row_of(v.op).overwrites[: len(v.inputs)]:
            if self._may_take(v, v.inputs[j], is_turned):
                ref = self.refs[v.inputs[j]]
                buffer = self.buffers[ref.key]
                self.buffers[ref.key] = buffer._replace(death=max(buffer.death, self._last(k)))
                return ref
        return self._buffer(v.core, v.lead, v.dtype, self._last(k), is_turned)

    def _result(self, k: int) -> Ref | None:
        return Ref("result", self.schedule.outputs[k]) if k in self.schedule.outputs else None

    def _last(self, k: int) -> int:
        return self.schedule.last[self.schedule.root[k]]

    def _concatenation(self, k: int) -> Ref:
        """Its place, from when its first block is computed to when it or one of its blocks is read for the last time."""
        if k not in self.outs:
            v = self.steps.items[k]
            self.outs[k] = self._result(k) or self._buffer(v.core, 0, v.dtype, max(self._last(i) for i in (k, *v.inputs)))
        return self.outs[k]

    def _may_take(self, v: Step, i: int, is_turned: bool) -> bool:
        """Whether a value may be computed in the place of an operand."""
        ref, root = self.refs[i], self.schedule.root[i]
        if ref.kind != "buffer" or ref.views or self.schedule.last[root] != self.now or self.steps.items[root].op == "blocks":
            return False
        if not (v.lead or math.prod(v.core) > 1):
            return False  # a scalar in the place of an operand: NumPy looks closely then, and takes its time
        b = self.buffers[ref.key]
        is_read_otherwise = any(j != i and self.schedule.root[j] == root for j in v.inputs)
        return (b.core, b.lead, b.dtype, b.is_turned) == (v.core, v.lead, v.dtype, is_turned) and not is_read_otherwise

    def _buffer(self, core: Core, lead: int, dtype: DType, death: int, is_turned: bool = False) -> Ref:
        self.buffers.append(Buffer(core, lead, dtype, self.now, death, is_turned))
        return Ref("buffer", len(self.buffers) - 1)

    # --- exact plans: NumPy lays a value out as its operands lie, and a product of it depends on that in the last place ---------------

    def _is_uncertain(self, k: int, v: Step) -> bool:
        """Whether a value may lie in another way than row after row."""
        if len(v.core) + bool(v.lead) < 2:
            return False
        row = row_of(v.op)
        if row.view:
            return row.view in ("swapped", "permuted") or v.inputs[0] in self.uncertain
        return v.is_leaf or self.refs[k].kind == "local"

    def _is_local(self, v: Step) -> bool:
        """Whether a value must be laid out by NumPy: made of what may lie otherwise, or by a kernel that may lay it out as it likes."""
        row = row_of(v.op)
        if not (v.lead or math.prod(v.core) > 1):
            return False
        if v.op.startswith("any_"):
            return True
        is_laid_out = len(v.core) + bool(v.lead) >= 2 and row.kind != "product" and not self.uncertain.isdisjoint(v.inputs)
        return is_laid_out and (row.allocates or has_kernel(v.op, len(v.inputs)))
