"""From values to code: in which buffers, and the text. A buffer is taken over by the next value once it is read no more.

Values that no batched leaf reaches are computed once; the rest in a loop over tiles of the batch where `tiled`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..graph.operators import Op
from .calls import NAMES, VIEWS, call_of, view_of
from .floats import NAMES as MATHS
from .layout import features_first
from .lives import lives, parts_of_wholes
from .order import Schedule, sums_of, sums_over_batch
from .scalars import expression, is_single, written
from .values import BATCH, SEEDS, Value, Values
from .workspace import Buffer

NUMBER = re.compile(r"s\d+")  # one of Python's, in the code
PARTS = ("setup once", "setup", "once", "slices", "body", "after")  # of the code; without tiles there is no other than setup and body


@dataclass
class Writer:
    """Writes one plan; `results` are the values it is for, in their order."""

    values: Values
    results: Sequence[int]
    scheduled: Schedule
    tiled: bool
    examples: int  # at a time
    seeds: int = 1  # how many cotangents are pulled back at once
    singles: bool = False  # whether single numbers are Python's own
    names: dict[str, Any] = field(default_factory=lambda: NAMES | MATHS)  # what the code may refer to
    buffers: list[Buffer] = field(default_factory=list)
    lines: dict[str, list[str]] = field(default_factory=lambda: {part: [] for part in PARTS})
    owners: dict[str, list[int]] = field(default_factory=lambda: {part: [] for part in PARTS})  # the value each line computes
    places: dict[int, str] = field(default_factory=dict)  # value -> its name in the code
    numbers: dict[int, str] = field(default_factory=dict)  # the same of values that are Python's own numbers
    views: dict[tuple[str, str], str] = field(default_factory=dict)
    totals: list[str] = field(default_factory=list)  # buffers in which the sums of tiles are added up
    now: int = 0
    value: int = 0  # that is being written

    def write(self) -> None:
        self.order, self.handed_on = self.scheduled
        self.first = frozenset() if self.values.exact else features_first(self.values, self.order, self.results, self.examples)
        self.outputs = {}
        for j, k in enumerate(self.results):
            self.outputs.setdefault(k, j)
        self.late = sums_over_batch(self.values, self.order) if self.tiled else set()
        self.sums = set(sums_of(self.values, self.late))
        self.inside = parts_of_wholes(self.values, self.order, self.outputs, self.singles)
        self.root, self.last = lives(self.values, self.order, self.outputs, self.results, self.tiled, self.late)
        for now, k in enumerate(self.order):
            self.now, self.value = now, k
            self._write_step(k)
        for j, k in enumerate(self.results):
            if self.outputs[k] != j:
                self.value = k
                self.line(f"copyto({self._output(j, k)}, {self.read(k)})")

    @property
    def is_complete(self) -> bool:
        """Whether what comes after the tiles is there: an array that a kernel has made before them is not."""
        return not any(re.search(r"\bg\d+", text) for text in self.lines["after"])

    def whole(self, k: int) -> str:
        """The place of a whole, from when its first part is computed to when it or a part of it is read for the last time."""
        if k not in self.places:
            v = self.values.items[k]
            death = max(self.last[self.root[i]] for i in (k, *v.inputs))
            self.places[k] = self._output(self.outputs[k], k) if k in self.outputs else self._buffer(v.core, 0, v.dtype, death)
        return self.places[k]

    def _write_step(self, k: int) -> None:
        v = self.values.items[k]
        if v.op in ("leaf", "unit"):
            self.places[k] = self._given(f"v{k}", "t", k)
        elif v.op == "constant":
            self.places[k] = self.number(v.extra, v.dtype)
        elif self.singles and is_single(self.values, k):
            self._write_single(k, v)
            return
        elif v.op in VIEWS:
            self.places[k] = self.look(self.read(v.inputs[0]), v.inputs[0], view_of(self, v), v.lead)
        else:
            call_of(v.op)(self, k, v)
        if k in self.sums:
            self._add_up(k, v)
        if k in self.outputs and self.places[k] != self._output(self.outputs[k], k):
            self.line(f"copyto({self._output(self.outputs[k], k)}, {self.places[k]})")

    def _add_up(self, k: int, v: Value) -> None:
        """The sum over a tile, which has just been computed, is added to those of the tiles before."""
        self.buffers.append(Buffer(v.core, 0, v.dtype, 0, len(self.order)))
        total = f"b{len(self.buffers) - 1}"
        self._put("once", f"{total}.fill(0)")
        self.line(f"add({total}, {self.places[k]}, {total})")
        self.sums.discard(k)
        self.totals.append(total)
        self.places[k] = total

    def _write_single(self, k: int, v: Value) -> None:
        if written(self, k, v):
            return
        text = expression(self, k, v)
        if NUMBER.fullmatch(text):
            self.numbers[k] = text
        else:
            self.line(f"s{k} = {text}")
            self.numbers[k] = f"s{k}"
        if k in self.outputs:
            self._put_number(k)

    def _put_number(self, k: int) -> None:
        """One of Python's numbers into an array."""
        self.line(f"{self.room(k)}[{_first_of(self.values.items[k])}] = {self.numbers[k]}")

    def room(self, k: int) -> str:
        """The place of a single number's array."""
        v = self.values.items[k]
        is_result = k in self.outputs
        self.places[k] = self._output(self.outputs[k], k) if is_result else self._buffer(v.core, 0, v.dtype, self.last[self.root[k]])
        return self.places[k]

    def single(self, k: int) -> str:
        """A single number as one of Python's."""
        v = self.values.items[k]
        if v.op == "constant":
            return f"({v.extra!r})" if v.extra < 0 else repr(v.extra)
        if k not in self.numbers:
            self.line(f"s{k} = {self.places[k]}.item()")
            self.numbers[k] = f"s{k}"
        return self.numbers[k]

    def _given(self, name: str, part: str, k: int) -> str:
        """An array from outside: a leaf's or a result's, or the tile's part of it."""
        if not (self.tiled and self.values.items[k].batched):
            return name
        slice_name = part + name[1:]
        text = f"{slice_name} = {name}[start:end]"
        if text not in self.lines["slices"]:
            self._put("slices", text)
        return slice_name

    def _output(self, j: int, k: int) -> str:
        return self._given(f"o{j}", "p", k)

    def _part(self, k: int) -> str:
        if not self.tiled or self.values.items[k].batched or k in self.sums:
            return "body"
        return "after" if k in self.late else "once"

    def _put(self, part: str, text: str) -> None:
        self.lines[part].append(text)
        self.owners[part].append(self.value)

    # --- what the templates ask for -----------------------------------------------------------------------------------------------

    def line(self, text: str) -> None:
        self._put(self._part(self.value), text)

    def read(self, k: int, form: str = "{}") -> str:
        """An operand's name in the code, or that of another look at it; one of Python's numbers is put into an array first."""
        if k not in self.places:
            self._put_number(k)
        return self.look(self.places[k], k, form)

    def look(self, place: str, k: int, form: str, lead: int | None = None) -> str:
        """Another look at the value `k` in `place`: made with the workspace if it is in a buffer, else where it is wanted."""
        if form == "{}":
            return place
        part = self._part(self.value)
        if part == "after" and not place.startswith(("a", "b", "w")):
            return form.format(place)  # there is no look at a leaf or a result that outlives the tiles
        if (place, form) not in self.views:
            is_batched = self.values.items[k].batched
            if place.startswith("w") and "reshape" in form:
                return form.format(place)  # it may be a copy of what is there now
            if is_batched or not (lead or 0) & BATCH:  # no look at one value for all examples
                if place.startswith(("a", "b", "w")):
                    part = "setup" if is_batched or not self.tiled else "setup once"
                elif place.startswith(("v", "t")):
                    part = "slices" if is_batched and self.tiled else "once"
            name = f"{'w' if part.startswith('setup') else 'u'}{len(self.views)}"
            self._put(part, f"{name} = {form.format(place)}")
            self.views[place, form] = name
        return self.views[place, form]

    def entrywise(self, k: int, operands: Sequence[int]) -> tuple[list[str], str]:
        """The operands of `k` and its place, aligned to be gone through entry by entry; features first, all of them turned round."""
        v = self.values.items[k]
        if k not in self.first:
            return [self.aligned(i, v) for i in operands], self.place(k, operands)
        turned = [self.read(i, self._turning(self.values.items[i])) for i in operands]
        return turned, self.look(self.place(k, operands), k, "{}.T")

    def _turning(self, v: Value) -> str:
        """(N, n) and (N, 1) are turned round, (n,) becomes (n, 1), and a number of each example stands under all features."""
        if v.batched:
            return "{}.T" if v.core else "{}"
        return "{}[:, None]" if math.prod(v.core) > 1 else "{}.reshape(())" if v.core else "{}"

    def aligned(self, k: int, beside: Value) -> str:
        """An operand with axes put between those in front and the core, to stand beside others: (N,) beside (N, n) is (N, 1)."""
        v = self.values.items[k]
        if not v.lead and v.core and math.prod(v.core) == 1 and v.op != "leaf":  # NumPy takes a number without axes faster
            return self.read(k, "{}.reshape(())")
        return self.read(k, self.aligning(v, beside))

    def aligning(self, v: Value, beside: Value) -> str:
        return self._fronting(v, beside.lead, len(beside.core) - len(v.core))

    def _fronting(self, v: Value, lead: int, missing: int) -> str:
        axes = [":"] if v.lead & SEEDS else []
        axes += [":"] if v.batched else ["None"] * bool(axes and lead & BATCH)
        axes += ["None"] * (missing if v.lead else 0)
        return f"{{}}[{', '.join(axes)}]" if "None" in axes else "{}"

    def fronted(self, k: int, beside: Value, *, flat: bool = False) -> str:
        """An operand with its axes in front brought to those of another, its core as it is or as one axis."""
        v = self.values.items[k]
        text = self.read(k)
        if flat and len(v.core) != 1:
            text = self.read(k, f"{{}}.reshape{self.shape(v.lead, (math.prod(v.core),))}")
        return self.look(text, k, self._fronting(v, beside.lead, 0))

    def entry(self, k: int, beside: Value) -> str:
        """An operand that is put into an array: one of Python's numbers as it is, or with its axes in front brought to those of another."""
        return self.numbers[k] if k in self.numbers and k not in self.places else self.fronted(k, beside)

    def rowed(self, k: int, place: str = "") -> str:
        """A value with its axes in front as one."""
        v = self.values.items[k]
        both = v.lead == BATCH | SEEDS
        return self.look(place or self.read(k), k, f"{{}}.reshape({self.rows(v.lead)}, {v.core[0]})" if both else "{}")

    def rows(self, lead: int) -> str:
        """The number of rows in front, in the code."""
        return {0: "1", BATCH: "n", SEEDS: str(self.seeds), BATCH | SEEDS: f"n * {self.seeds}"}[lead]

    def shape(self, lead: int, core: Sequence[int]) -> str:
        """A shape in the code."""
        sizes = [str(self.seeds)] * bool(lead & SEEDS) + ["n"] * bool(lead & BATCH) + [str(size) for size in core]
        return f"({', '.join(sizes)}{',' * (len(sizes) == 1)})"

    def starts(self, lead: int, size: int) -> str:
        """Where each row starts in a flat array."""
        return self.once_a_tile(f"arange({self.rows(lead)}).reshape{self.shape(lead, ())} * {size}")

    def number(self, number: float, dtype: np.dtype) -> str:
        """A number as an array without axes: NumPy takes it faster than one of Python's."""
        name = f"c_{dtype.char}_{repr(float(number)).replace('-', 'm').replace('.', 'p').replace('+', '')}"
        self.names[name] = np.asarray(number, dtype)
        self.names[name].flags.writeable = False
        return name

    def kernel(self, op: Op) -> str:
        self.names[f"kernel_{op.name}"] = _own(op.kernel)
        return f"kernel_{op.name}"

    def local(self, k: int) -> str:
        self.places[k] = f"g{k}"
        return self.places[k]

    def place(self, k: int, operands: Sequence[int] = ()) -> str:
        """Where the value `k` goes: a result's array, the buffer of an operand that is read for the last time, or a new one."""
        v = self.values.items[k]
        if k in self.sums:
            self.places[k] = self._buffer(v.core, 0, v.dtype, self.now)
            return self.places[k]
        target = self.handed_on.get(k, k)
        if target in self.inside:
            whole, start, stop = self.inside[target]
            self.places[k] = self.look(self.whole(whole), whole, f"{{}}[{start}:{stop}]")
            return self.places[k]
        if target in self.outputs:
            self.places[k] = self._output(self.outputs[target], k)
            return self.places[k]
        for i in operands:
            if self._may_take(i, operands, v, k in self.first):
                self.places[k] = self.places[i]
                buffer = self.buffers[int(self.places[i][1:])]
                buffer.death = max(buffer.death, self.last[k])
                return self.places[k]
        self.places[k] = self._buffer(v.core, v.lead, v.dtype, self.last[k], k in self.first)
        return self.places[k]

    def many(self, entries: int, number: int) -> bool:
        """Whether so many entries an example are more than a number."""
        return self.examples * entries > number

    def _may_take(self, i: int, operands: Sequence[int], v: Value, first: bool) -> bool:
        place, root = self.places.get(i, ""), self.root[i]
        if not place.startswith("b") or self.last[root] != self.now or self.values.items[root].op == "join":
            return False
        if not (v.lead or math.prod(v.core) > 1):
            return False  # a single number in the place of an operand: NumPy looks closely then, and takes its time
        buffer = self.buffers[int(place[1:])]
        is_read_otherwise = any(j != i and self.root[j] == self.root[i] for j in operands)
        is_alike = (buffer.core, buffer.lead, buffer.dtype, buffer.first) == (v.core, v.lead, v.dtype, first)
        return is_alike and not is_read_otherwise

    def copied(self, k: int, operand: int) -> str:
        """The place of `k`, with a copy of the operand in it."""
        source, out = self.read(operand), self.place(k, [operand])
        if out != source:
            self.line(f"copyto({out}, {source})")
        return out

    def scratch(self, core: Sequence[int], lead: int, dtype: np.dtype, first: bool = False) -> str:
        """A buffer for this step alone."""
        return self._buffer(tuple(core), lead, dtype, self.now, first)

    def once_a_tile(self, text: str) -> str:
        """An array that is made with the workspace."""
        if ("", text) not in self.views:
            self.views["", text] = f"a{len(self.views)}"
            self._put("setup", f"{self.views['', text]} = {text}")
        return self.views["", text]

    def ones(self, length: int | str, dtype: np.dtype) -> str:
        """So many ones: an inner product with them is a sum."""
        return self.once_a_tile(f"ones({length}, '{dtype.char}')")

    def _buffer(self, core: tuple[int, ...], lead: int, dtype: np.dtype, death: int, first: bool = False) -> str:
        self.buffers.append(Buffer(core, lead, dtype, self.now, death, first))
        return f"b{len(self.buffers) - 1}"


def _first_of(v: Value) -> str:
    """Where the one number of an array is."""
    return ", ".join("0" for _ in v.core) or "()"


def _own(kernel: Any) -> Any:
    """A kernel whose result is in memory of its own, not a look at an operand's."""

    def call(*operands: np.ndarray) -> np.ndarray:
        found = np.asarray(kernel(*operands))
        return found if found.base is None and not any(found is o for o in operands) else found.copy()

    return call
