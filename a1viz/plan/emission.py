"""From places to lines: for each step its calls, with references to what they read and write. Nothing here is text yet but their templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from .memory import Buffer
from .placement import Placement, Settings, placed
from .references import Ref
from .schedule import Schedule
from .sites import Call, Operand, Site
from .steps import Step, Steps
from .table import NAMES, Row, by_kernel, has_kernel, row_of

Part = Literal["once", "tile", "after"]  # before the tiles, in each of them, after all; without tiles there is but the second


class Line(NamedTuple):
    """One call, in which part of the code it is, and the step that it belongs to."""

    call: Call
    part: Part
    step: int


@dataclass(frozen=True)
class Listing:
    """A plan as lines."""

    schedule: Schedule
    settings: Settings
    placement: Placement
    lines: tuple[Line, ...]
    names: Mapping[str, Any]  # what templates refer to

    @property
    def buffers(self) -> tuple[Buffer, ...]:
        return self.placement.buffers

    @property
    def has_numbers(self) -> bool:
        return bool(self.settings.numbers.steps)


def emitted(steps: Steps, schedule: Schedule, settings: Settings) -> Listing:
    """The lines of a plan."""
    emitter = _Emitter(steps, schedule, settings, placed(steps, schedule, settings))
    lines = tuple(line for k in schedule.order.steps for line in emitter.lines(k))
    ends = [(j, k) for j, k in enumerate(schedule.results) if schedule.outputs[k] != j]  # results that another one is already
    lines += tuple(emitter.copy(j, k) for j, k in ends)
    return Listing(schedule, settings, emitter.placement, lines, emitter.names)


class _Emitter:
    """Writes the lines, in order; `loaded` are the values that have been read from their arrays as numbers."""

    def __init__(self, steps: Steps, schedule: Schedule, settings: Settings, placement: Placement) -> None:
        self.steps, self.schedule, self.settings, self.placement = steps, schedule, settings, placement
        self.loaded: set[int] = set()
        self.names = dict(NAMES)

    def part(self, k: int) -> Part:
        if not self.schedule.tiled or self.steps.items[k].batched or k in self.schedule.sums:
            return "tile"
        return "after" if k in self.schedule.late else "once"

    def lines(self, k: int) -> Iterator[Line]:
        """Those that compute a value, and a copy where it is a result and not there yet."""
        yield from (Line(call, self.part(k), k) for call in self.calls(k))
        if k in self.schedule.outputs and self.placement.refs[k] != Ref("result", self.schedule.outputs[k]):
            yield self.copy(self.schedule.outputs[k], k)

    def copy(self, j: int, k: int) -> Line:
        part: Part = "after" if k in self.schedule.sums else self.part(k)
        return Line(Call("copyto({}, {})", (Ref("result", j), self.placement.refs[k])), part, k)

    def calls(self, k: int) -> Iterator[Call]:
        v = self.steps.items[k]
        row = row_of(v.op)
        if k in self.settings.numbers.steps:
            yield from self._number(k, v, row)
        elif row.is_computed:
            if k in self.settings.numbers.read:
                yield from self._loads(k)
            yield from self._computed(k, v, row)
            if k in self.schedule.sums:
                yield Call("add({0}, {1}, {0})", (self.placement.refs[k], self.placement.outs[k]))

    def _computed(self, k: int, v: Step, row: Row) -> Iterator[Call]:
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
        scratch, turned = self.placement.scratch.get(k), self.settings.turned
        return Site(v, operands, out, scratch, k in turned, self.steps.exact, self.settings.examples, self.settings.seeds)

    def _operand(self, k: int, i: int) -> Operand:
        number = self._number_of(i) if i in self.settings.numbers.read.get(k, ()) else None
        return Operand(self.steps.items[i], self.placement.refs[i], i in self.settings.turned, number)

    # --- Python's own numbers ---------------------------------------------------------------------------------------------------------

    def _number_of(self, i: int) -> Ref:
        v = self.steps.items[i]
        return Ref("literal", v.extra) if v.op == "constant" else Ref("number", i)

    def _loads(self, k: int) -> Iterator[Call]:
        """The operands that are read as numbers, out of their arrays."""
        for i in self.steps.items[k].inputs:
            is_read = i in self.settings.numbers.read.get(k, ()) and self.steps.items[i].op != "constant"
            if is_read and i not in self.settings.numbers.steps and i not in self.loaded:
                self.loaded.add(i)
                yield Call("{}.item()", (self.placement.refs[i],), Ref("number", i))

    def _number(self, k: int, v: Step, row: Row) -> Iterator[Call]:
        yield from self._loads(k)
        number = Ref("number", k)
        if row.template:
            yield Call(row.template, tuple(self._number_of(i) for i in v.inputs), number)
        else:
            assert row.as_number is not None
            yield from row.as_number(self._site(k, v, number))
        if k in self.settings.numbers.stored:
            first = ", ".join("0" for _ in v.core) or "()"
            yield Call(f"{{}}[{first}] = {{}}", (self.placement.refs[k], number))
