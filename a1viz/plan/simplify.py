"""Local rules: an elementwise operation on these operands, simplified where that changes no value. A zero may change its sign."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..graph.operators import OPS
from .steps import Steps, core_of_all, dtype_of, lead_of

Constants = Sequence[float | None]  # what the operands are, where they are constants
REGROUPED = 16  # times that a product is regrouped, at most: a product of thousands of factors takes no more time than they
Rule = Callable[[Steps, Sequence[int], Constants], int | None]


def apply(steps: Steps, op: str, *operands: int) -> int:
    """The step of an elementwise operator, or a simpler one with the same value; numbers are folded by the operator's own kernel."""
    inputs = [as_float(steps, k) for k in operands]
    items = [steps.items[k] for k in inputs]
    core, lead, dtype = core_of_all(items), lead_of(items), dtype_of(items)
    numbers = [steps.number(k) for k in inputs]
    if None not in numbers and op in OPS:
        return steps.constant(_folded(op, numbers, [v.dtype for v in items]), dtype)
    found = RULES[op](steps, inputs, numbers) if op in RULES else None
    if found is not None:
        v = steps.items[found]
        if (v.core, v.lead, v.dtype) == (core, lead, dtype):
            return found
    return steps.put(op, _unspread(steps, inputs, core, lead), core, lead, dtype)


def as_float(steps: Steps, k: int) -> int:
    """A label used as a number."""
    v = steps.items[k]
    return k if v.dtype.kind == "f" else steps.put("cast", [k], v.core, v.lead)


def _folded(op: str, numbers: Constants, types: Sequence[np.dtype]) -> float:
    kernel = OPS[op].kernel
    assert kernel is not None, f"{op} is made of others"
    with np.errstate(all="ignore"):
        return float(kernel(*(np.asarray(number, dtype) for number, dtype in zip(numbers, types, strict=True))))


def _unspread(steps: Steps, inputs: list[int], core: tuple[int, ...], lead: int) -> list[int]:
    """A value spread over a shape stands for itself where another operand has that shape."""
    for j, k in enumerate(inputs):
        if steps.items[k].op == "spread":
            others = [*inputs[:j], steps.items[k].inputs[0], *inputs[j + 1 :]]
            items = [steps.items[i] for i in others]
            if core_of_all(items) == core and lead_of(items) == lead:
                inputs = others
    return inputs


# --- the rules ------------------------------------------------------------------------------------------------------------------------


def _add(steps: Steps, k: Sequence[int], numbers: Constants) -> int | None:
    """a + (-b) = a - b; and [a, 0] + [0, b] = [a, b]."""
    a, b = steps.items[k[0]], steps.items[k[1]]
    if b.op == "neg":
        return apply(steps, "sub", k[0], *b.inputs)
    if a.op == b.op == "scatter_fixed" and a.core == b.core == (2,) and a.extra != b.extra:
        entries = a.inputs + b.inputs if b.extra else b.inputs + a.inputs
        return steps.put("stack", entries, a.core, a.lead | b.lead, dtype_of((a, b)))
    return None


def _sub(steps: Steps, k: Sequence[int], numbers: Constants) -> int | None:
    """a - (-b) = a + b; and a - s e_t changes one entry of a."""
    a, b = steps.items[k[0]], steps.items[k[1]]
    if b.op == "neg":
        return apply(steps, "add", k[0], *b.inputs)
    changed = {"scatter": "less_at", "scatter_fixed": "less_at_fixed"}.get(b.op)
    if changed and (a.core, a.lead, a.dtype) == (b.core, b.lead, b.dtype):
        return steps.put(changed, [k[0], *b.inputs], a.core, a.lead, a.dtype, b.extra)
    return None


def _neg(steps: Steps, k: Sequence[int], numbers: Constants) -> int | None:
    """-(-a) = a, -(a - b) = b - a."""
    a = steps.items[k[0]]
    if a.op == "neg":
        return a.inputs[0]
    return apply(steps, "sub", a.inputs[1], a.inputs[0]) if a.op == "sub" else None


def _mul(steps: Steps, k: Sequence[int], numbers: Constants) -> int | None:
    """1 a = a, -1 a = -a, -c (a - b) = c (b - a); where rounding may differ (a b) c = a (b c) with b c that is there already."""
    for number, other in zip(numbers, reversed(k), strict=True):
        if number in (1, -1):
            return other if number == 1 else apply(steps, "neg", other)
        if number is not None and number < 0 and steps.items[other].op == "sub":
            return apply(steps, "mul", steps.constant(-number, steps.items[other].dtype), apply(steps, "neg", other))
    pair: tuple[int, int] | None = (k[0], k[1])
    regrouped = None
    for _ in range(REGROUPED):
        pair = None if steps.exact or pair is None else _regrouped(steps, *pair)
        if pair is None:
            return regrouped and apply(steps, "mul", *regrouped)
        regrouped = pair
    a = steps.items[k[0]]
    return regrouped and steps.put("mul", regrouped, a.core, a.lead, a.dtype)


def _regrouped(steps: Steps, left: int, right: int) -> tuple[int, int] | None:
    """The factors of (a b) c as a and b c, if b c is there."""
    a, b = steps.items[left], steps.items[right]
    if a.op == "mul" and (a.core, a.lead, a.dtype) == (b.core, b.lead, b.dtype):
        for one, other in (a.inputs, a.inputs[::-1]):
            there = steps.find("mul", [other, right], b)
            if there is not None:
                return one, there
    return None


def _power(steps: Steps, k: Sequence[int], numbers: Constants) -> int | None:
    """x ** 2 = x x and x ** 3 = x x x where rounding may differ: NumPy takes its time over powers, and a hundred times as long below 0."""
    if steps.exact or numbers[1] not in (1, 2, 3):
        return None
    found = k[0]
    for _ in range(int(numbers[1]) - 1):
        found = apply(steps, "mul", found, k[0])
    return found


def _dpow(steps: Steps, k: Sequence[int], numbers: Constants) -> int | None:
    """The derivative of x ** b, b x ** (b - 1), for b = 2, 3 and 4."""
    b = numbers[1]
    if steps.exact or b not in (2, 3, 4):
        return None
    dtype = steps.items[k[1]].dtype
    return apply(steps, "mul", k[1], apply(steps, "power", k[0], steps.constant(b - 1, dtype)))


def _step(steps: Steps, k: Sequence[int], numbers: Constants) -> int | None:
    """step(z) = step(relu(z)): z need not be kept."""
    v = steps.items[k[0]]
    h = steps.find("relu", k, v)
    return None if h is None else steps.put("step", [h], v.core, v.lead, v.dtype)


RULES: dict[str, Rule] = {
    "add": _add, "sub": _sub, "neg": _neg, "mul": _mul, "power": _power, "dpow": _dpow, "step": _step,
    "identity": lambda steps, k, numbers: k[0],
    "stop_gradient": lambda steps, k, numbers: k[0],
}  # fmt: skip
