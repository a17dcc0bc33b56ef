"""A graph at fixed sizes: its values with whole shapes and types, equal ones shared, numbers folded, operators taken apart.

What is done here changes no value: equal operations on equal operands become one, and numbers are folded by the operators' own kernels. A
zero may change its sign.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ..graph.nodes import Graph
from ..graph.operators import OPS

BATCH, SEEDS = 1, 2  # axes in front of the core: the examples, and the cotangents that are pulled back at once


class Value(NamedTuple):  # made faster than a frozen dataclass, and there are hundreds
    """One value of a plan: `op` is a row of the operator table or one of the plan's own, `lead` the axes in front of its core."""

    op: str
    inputs: tuple[int, ...]
    core: tuple[int, ...]
    lead: int
    dtype: np.dtype
    name: str = ""  # the variable it belongs to
    extra: Any = None  # a constant's number, a position, a leaf's name

    @property
    def batched(self) -> bool:
        return bool(self.lead & BATCH)


@dataclass
class Values:
    """The values in an order in which each comes after its inputs; `put` gives the number of an equal one that is there already."""

    dtype: np.dtype
    exact: bool = True  # to the bit as the interpreter: no identity that rounds differently
    items: list[Value] = field(default_factory=list)
    numbers: dict[tuple, int] = field(default_factory=dict)
    name: str = ""  # of the variable that is being taken apart
    in_losses: set[int] = field(default_factory=set)  # what a logistic loss takes the exponential of
    graphs: list[tuple[Graph, dict[str, int]]] = field(default_factory=list)  # taken in, with the number of each variable's value
    instead: dict[int, int] = field(default_factory=dict)  # what stands for a value since the plan was shortened or stacked
    again: dict[int, list[str]] = field(default_factory=dict)  # the variables that asked for a value that was there already

    def put(
        self, op: str, inputs: Sequence[int] = (), core: Sequence[int] = (), lead: int = 0, dtype: Any = None, extra: Any = None
    ) -> int:
        dtype = self.dtype if dtype is None else dtype
        inputs, core = tuple(inputs), tuple(core)
        key = (op, *inputs, core, lead, dtype.char, repr(extra))
        k = self.numbers.setdefault(key, len(self.items))
        if k == len(self.items):
            self.items.append(Value(op, inputs, core, lead, dtype, self.name, extra))
        else:
            self.again.setdefault(k, []).append(self.name)
        return k

    def with_inputs(self, k: int, new: Mapping[int, int]) -> int:
        """The same operation on what stands for its operands now."""
        v = self.items[k]
        inputs = tuple(new[i] for i in v.inputs)
        return k if inputs == v.inputs else self.put(v.op, inputs, v.core, v.lead, v.dtype, v.extra)

    def current(self, k: int) -> int:
        """The value that stands for another one in the plan."""
        while k in self.instead:
            k = self.instead[k]
        return k

    def constant(self, number: float, dtype: Any = None) -> int:
        return self.put("constant", dtype=dtype, extra=float(number))

    def number(self, k: int) -> float | None:
        """The number a value is, if it is one for sure."""
        return self.items[k].extra if self.items[k].op == "constant" else None

    def apply(self, op: str, *inputs: int) -> int:
        """An elementwise operator, simplified where that changes nothing."""
        inputs = [self._as_float(k) for k in inputs]
        items = [self.items[k] for k in inputs]
        core, lead, dtype = core_of_all(items), lead_of(items), dtype_of(items)
        numbers = [self.number(k) for k in inputs]
        if None not in numbers and op in OPS:
            with np.errstate(all="ignore"):
                found = OPS[op].kernel(*(np.asarray(n, v.dtype) for n, v in zip(numbers, items, strict=True)))
            return self.constant(float(found), dtype)
        short = SHORTER.get(op)
        found = short(self, inputs, numbers) if short else None
        if found is not None and self._like(found, core, lead, dtype):
            return found
        return self.put(op, self._unspread(inputs, core, lead), core, lead, dtype)

    def _like(self, k: int, core: tuple[int, ...], lead: int, dtype: np.dtype) -> bool:
        v = self.items[k]
        return (v.core, v.lead, v.dtype) == (core, lead, dtype)

    def _as_float(self, k: int) -> int:
        """A label used as a number."""
        v = self.items[k]
        return k if v.dtype.kind == "f" else self.put("cast", [k], v.core, v.lead)

    def _unspread(self, inputs: list[int], core: tuple[int, ...], lead: int) -> list[int]:
        """A value spread over a shape stands for itself where another operand has that shape."""
        for j, k in enumerate(inputs):
            if self.items[k].op == "spread":
                others = [*inputs[:j], self.items[k].inputs[0], *inputs[j + 1 :]]
                items = [self.items[i] for i in others]
                if core_of_all(items) == core and lead_of(items) == lead:
                    inputs = others
        return inputs

    def spread(self, k: int, core: Sequence[int], lead: int) -> int:
        """A value over the shape `core` and the axes of `lead`."""
        v = self.items[k]
        return k if (v.core, v.lead) == (tuple(core), lead) else self.put("spread", [k], core, lead, v.dtype)

    def reduced(self, op: str, k: int) -> int:
        """A sum or a maximum along the last axis, which is kept."""
        v = self.items[k]
        return self.put(op, [k], (*v.core[:-1], 1), v.lead, v.dtype)


def lead_of(items: Sequence[Value]) -> int:
    """The axes in front that a value of these operands has."""
    lead = 0
    for v in items:
        lead |= v.lead
    return lead


def dtype_of(items: Sequence[Value]) -> np.dtype:
    """The type of a value of these operands; NumPy, which takes its time, is asked only where they differ."""
    types = {v.dtype for v in items}
    return types.pop() if len(types) == 1 else np.result_type(*types)


def core_of_all(items: Sequence[Value]) -> tuple[int, ...]:
    """The core that these operands' cores are broadcast to."""
    cores = {v.core for v in items} - {()}
    return cores.pop() if len(cores) == 1 else np.broadcast_shapes(*cores)


# --- simplifications --------------------------------------------------------------------------------------------------------------


def _add(values: Values, k: Sequence[int], numbers: Sequence[float | None]) -> int | None:
    """a + (-b) = a - b; and [a, 0] + [0, b] = [a, b]."""
    a, b = values.items[k[0]], values.items[k[1]]
    if b.op == "neg":
        return values.apply("sub", k[0], *b.inputs)
    if a.op == b.op == "scatter_fixed" and a.core == b.core == (2,) and a.extra != b.extra:
        entries = a.inputs + b.inputs if b.extra else b.inputs + a.inputs
        return values.put("stack", entries, a.core, a.lead | b.lead, dtype_of((a, b)))
    return None


def _sub(values: Values, k: Sequence[int], numbers: Sequence[float | None]) -> int | None:
    """a - (-b) = a + b; and a - s e_t changes one entry of a."""
    a, b = values.items[k[0]], values.items[k[1]]
    if b.op == "neg":
        return values.apply("add", k[0], *b.inputs)
    if b.op in ("scatter", "scatter_fixed") and (a.core, a.lead, a.dtype) == (b.core, b.lead, b.dtype):
        return values.put(b.op.replace("scatter", "less_at"), [k[0], *b.inputs], a.core, a.lead, a.dtype, b.extra)
    return None


def _neg(values: Values, k: Sequence[int], numbers: Sequence[float | None]) -> int | None:
    """-(-a) = a, -(a - b) = b - a."""
    a = values.items[k[0]]
    if a.op == "neg":
        return a.inputs[0]
    return values.apply("sub", a.inputs[1], a.inputs[0]) if a.op == "sub" else None


def _mul(values: Values, k: Sequence[int], numbers: Sequence[float | None]) -> int | None:
    """1 a = a, -1 a = -a, -c (a - b) = c (b - a); (a b) c = a (b c) where b c is there already."""
    for number, other in zip(numbers, reversed(k), strict=True):
        if number in (1, -1):
            return other if number == 1 else values.apply("neg", other)
        if number is not None and number < 0 and values.items[other].op == "sub":
            return values.apply("mul", values.constant(-number, values.items[other].dtype), values.apply("neg", other))
    a, b = values.items[k[0]], values.items[k[1]]
    if not values.exact and a.op == "mul" and (a.core, a.lead, a.dtype) == (b.core, b.lead, b.dtype):
        for one, other in (a.inputs, a.inputs[::-1]):
            there = values.numbers.get(("mul", other, k[1], b.core, b.lead, b.dtype.char, "None"))
            if there is not None:
                return values.apply("mul", one, there)
    return None


def _step(values: Values, k: Sequence[int], numbers: Sequence[float | None]) -> int | None:
    """step(z) = step(relu(z)): z need not be kept."""
    v = values.items[k[0]]
    h = values.numbers.get(("relu", k[0], v.core, v.lead, v.dtype.char, "None"))
    return None if h is None else values.put("step", [h], v.core, v.lead, v.dtype)


SHORTER: dict[str, Callable[[Values, Sequence[int], Sequence[float | None]], int | None]] = {
    "add": _add, "sub": _sub, "neg": _neg, "mul": _mul, "step": _step, "identity": lambda values, k, numbers: k[0],
}  # fmt: skip
