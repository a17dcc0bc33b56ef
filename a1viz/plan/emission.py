"""From places to lines: for each step its calls, as templates with references to what they read and write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from .memory import Buffer
from .placement import Placement, Setup, placed
from .references import Ref
from .schedule import Schedule
from .sites import Argument, Call, Site
from .steps import Step, Steps
from .table import NAMES, OperatorRow, by_kernel, has_kernel, row_of

Part = Literal["once", "tile", "after"]  # before the tiles, in each of them, after all; without tiles there is but the second


class Statement(NamedTuple):
    """One call, in which part of the code it is, and the step that it belongs to."""

    call: Call
    part: Part
    step: int


@dataclass(frozen=True)
class Listing:
    """A plan as lines."""

    schedule: Schedule
    setup: Setup
    placement: Placement
    lines: tuple[Statement, ...]
    names: Mapping[str, Any]  # what templates refer to

    @property
    def buffers(self) -> tuple[Buffer, ...]:
        return self.placement.buffers

    @property
    def has_numbers(self) -> bool:
        return bool(self.setup.numbers.steps)


def emitted(steps: Steps, schedule: Schedule, setup: Setup) -> Listing:
    """The lines of a plan."""
    emitter = _Emitter(steps, schedule, setup, placed(steps, schedule, setup))
    lines = tuple(line for k in schedule.order.steps for line in emitter.lines(k))
    ends = [(j, k) for j, k in enumerate(schedule.results) if schedule.outputs[k] != j]  # results that another one is already
    lines += tuple(emitter.copy(j, k) for j, k in ends)
    return Listing(schedule, setup, emitter.placement, lines, emitter.names)


class _Emitter:
    """Writes the lines, in order; `loaded` are the values that have been read from their arrays as numbers."""

    def __init__(self, steps: Steps, schedule: Schedule, setup: Setup, placement: Placement) -> None:
        self.steps, self.schedule, self.setup, self.placement = steps, schedule, setup, placement
        self.loaded: set[int] = set()
        self.names = dict(NAMES)

    def part(self, k: int) -> Part:
        if not self.schedule.tiled or self.steps.items[k].batched or k in self.schedule.sums:
            return "tile"
        return "after" if k in self.schedule.late else "once"

    def lines(self, k: int) -> Iterator[Statement]:
        """Those that compute a value, and a copy where it is a result and not there yet."""
        yield from (Statement(call, self.part(k), k) for call in self.calls(k))
        if k in self.schedule.outputs and self.placement.refs[k] != Ref("result", self.schedule.outputs[k]):
            yield self.copy(self.schedule.outputs[k], k)

    def copy(self, j: int, k: int) -> Statement:
        part: Part = "after" if k in self.schedule.sums else self.part(k)
        return Statement(Call("copyto({}, {})", (Ref("result", j), self.placement.refs[k])), part, k)

    def calls(self, k: int) -> Iterator[Call]:
        v = self.steps.items[k]
        row = row_of(v.op)
        if k in self.setup.numbers.steps:
            yield from self._number(k, v, row)
        elif row.is_computed:
            if k in self.setup.numbers.read:
                yield from self._loads(k)
            yield from self._computed(k, v, row)
            if k in self.schedule.sums:
                yield Call("add({0}, {1}, {0})", (self.placement.refs[k], self.placement.outs[k]))

    def _computed(self, k: int, v: Step, row: OperatorRow) -> Iterator[Call]:
        out = self.placement.outs[k]
        if out.kind == "local" and has_kernel(v.op, len(v.inputs)):
            row = by_kernel(v.op)
        if row.kernel:
            name, function = row.kernel
            self.names[name] = function
        assert row.emit is not None
        return row.emit(self._site(k, v, out))

    def _site(self, k: int, v: Step, out: Ref) -> Site:
        operands = tuple(self._operand(k, i) for i in v.inputs)
        scratch, turned = self.placement.scratch.get(k), self.setup.turned
        return Site(v, operands, out, scratch, k in turned, self.steps.exact, self.setup.examples, self.setup.seeds)

    def _operand(self, k: int, i: int) -> Argument:
        number = self._number_of(i) if i in self.setup.numbers.read.get(k, ()) else None
        return Argument(self.steps.items[i], self.placement.refs[i], i in self.setup.turned, number)

    # --- Python's own numbers ---------------------------------------------------------------------------------------------------------

    def _number_of(self, i: int) -> Ref:
        v = self.steps.items[i]
        return Ref("literal", v.extra) if v.is_constant else Ref("number", i)

    def _loads(self, k: int) -> Iterator[Call]:
        """The operands that are read as numbers, out of their arrays."""
        for i in self.steps.items[k].inputs:
            is_read = i in self.setup.numbers.read.get(k, ()) and not self.steps.items[i].is_constant
            if is_read and i not in self.setup.numbers.steps and i not in self.loaded:
                self.loaded.add(i)
                yield Call("{}.item()", (self.placement.refs[i],), Ref("number", i))

    def _number(self, k: int, v: Step, row: OperatorRow) -> Iterator[Call]:
        yield from self._loads(k)
        number = Ref("number", k)
        if row.template:
            yield Call(row.template, tuple(self._number_of(i) for i in v.inputs), number)
        else:
            assert row.as_number is not None
            yield from row.as_number(self._site(k, v, number))
        if k in self.setup.numbers.stored:
            first = ", ".join("0" for _ in v.core) or "()"
            yield Call(f"{{}}[{first}] = {{}}", (self.placement.refs[k], number))
