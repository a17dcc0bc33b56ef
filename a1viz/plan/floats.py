"""A tiny plan as Python's own numbers: every entry a variable, every operation an expression, no array in between.

A NumPy call takes as long as a dozen operations on Python's floats, whatever the size of its arrays. Numbers are computed in double
precision; sums are taken in order and functions are Python's, so that the last place may differ from NumPy's. What Python refuses, such as
a division by zero, is left to the plan of calls, which gives infinity or NaN.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from struct import Struct
from typing import Any

import numpy as np

from .calls import VIEWS
from .values import Value, Values

A_CALL = 13  # operations on Python's numbers take about as long as one call of NumPy on a small array
FILE = "<floats>"
REFUSED = (ArithmeticError, ValueError)  # what Python raises where NumPy gives infinity or NaN
FUNCTIONS = ("exp", "log", "sqrt", "tanh", "log1p")
NAMES: dict[str, Any] = {f"math_{name}": getattr(math, name) for name in (*FUNCTIONS, "copysign", "pow")}
NAMES |= {"inf": math.inf, "nan": math.nan}
DEEP = 12  # how deep expressions may stand in each other
ENTRYWISE = {
    "add": "{} + {}", "sub": "{} - {}", "mul": "{} * {}", "div": "{} / {}", "neg": "-{}", "abs": "abs({})", "power": "math_pow({}, {})",
    "relu": "(0.0 if {0} <= 0 else {0})", "step": "(1.0 if {} > 0 else 0.0)", "threshold": "(1.0 if {} >= 0 else 0.0)",
    "greater": "(1.0 if {} > {} else 0.0)", "at_least": "(1.0 if {} >= {} else 0.0)", "cast": "float({})",
    "sign": "(1.0 if {0} > 0 else -1.0 if {0} < 0 else {0} + 0.0)",
    "minimum": "({0} if {0} <= {1} or {0} != {0} else {1})", "maximum": "({0} if {0} >= {1} or {0} != {0} else {1})",
    "copysign": "math_copysign({}, {})", **{name: f"math_{name}({{}})" for name in FUNCTIONS},
}  # fmt: skip
VARIABLE = re.compile(r"\b(s\d+)\b")
Entries = list[str]  # the variables or numbers of a value's entries, in order


@dataclass(frozen=True)
class Floats:
    """A tiny plan: `numbers`, which `code` defines, gives all entries of all results, in their order, from the leaves' arrays."""

    pack: Struct
    layout: np.dtype  # a field for each result
    code: str

    @cached_property
    def numbers(self) -> Callable[..., tuple[float, ...]]:
        space = dict(NAMES)
        exec(compile(self.code, FILE, "exec"), space)
        return space["numbers"]

    def new(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The results in new arrays, one behind the other in memory. Raises REFUSED."""
        block = bytearray(self.pack.size)
        self.pack.pack_into(block, 0, *self.numbers(*arrays))
        found = np.ndarray((), self.layout, block)
        return [found[name] for name in self.layout.names]


def unrolled(values: Values, leaves: Sequence[str], results: Sequence[int], order: Sequence[int]) -> Floats | None:
    """The plan in Python's numbers; None where calls are faster, and for a plan with a batch or with a kernel."""
    items = values.items
    types = {items[k].dtype.char for k in results}
    if types not in ({"f"}, {"d"}) or any(items[k].lead or items[k].op not in KNOWN for k in order):
        return None
    calls = sum(items[k].op not in ("leaf", "constant", *VIEWS) for k in order)
    if _operations(values, order) > A_CALL * max(calls, 1):
        return None
    writer, char = _Writer(values, leaves), types.pop()
    for k in order:
        writer.write(k)
    layout = np.dtype([(f"o{j}", char, items[k].core) for j, k in enumerate(results)])
    return Floats(Struct(f"{layout.itemsize // np.dtype(char).itemsize}{char}"), layout, writer.code(results))


def _operations(values: Values, order: Sequence[int]) -> int:
    """How many operations on single numbers a plan takes."""
    total = 0
    for k in order:
        v = values.items[k]
        size = math.prod(v.core)
        if v.op in ("matvec", "vecmat", "matmul", "inner", "norm2"):
            size *= values.items[v.inputs[0]].core[-1] if v.op in ("matvec", "matmul") else math.prod(values.items[v.inputs[0]].core)
        total += size
    return total


class _Writer:
    """Collects the lines; `entries` are the variables of each value."""

    def __init__(self, values: Values, leaves: Sequence[str]) -> None:
        self.values, self.leaves = values, leaves
        self.lines: list[str] = []
        self.entries: dict[int, Entries] = {}
        self.given: dict[str, str] = {}
        self.count = 0

    def write(self, k: int) -> None:
        v = self.values.items[k]
        operands = [self.entries[i] for i in v.inputs]
        if v.op == "leaf":
            self.entries[k] = self._leaf(k, v)
        elif v.op == "constant":
            self.entries[k] = [f"({v.extra!r})" if v.extra < 0 else repr(v.extra)]
        elif v.op in ENTRYWISE:
            self.entries[k] = self._entrywise(v, operands)
        else:
            self.entries[k] = KNOWN[v.op](self, v, operands)

    def named(self, expressions: Sequence[str]) -> Entries:
        """A variable for each expression."""
        names = [f"s{self.count + j}" for j in range(len(expressions))]
        self.count += len(names)
        self.lines += [f"{name} = {expression}" for name, expression in zip(names, expressions, strict=True)]
        return names

    def _leaf(self, k: int, v: Value) -> Entries:
        self.given[v.extra] = f"v{k}"
        size = math.prod(v.core)
        names = [f"s{self.count + j}" for j in range(size)]
        self.count += size
        if size:
            pattern = names[0] if not v.core else _nested(names, v.core)
            self.lines.append(f"{pattern} = v{k}.tolist()")
        return names

    def _entrywise(self, v: Value, operands: Sequence[Entries]) -> Entries:
        spread = [_spread(e, self.values.items[i].core, v.core) for e, i in zip(operands, v.inputs, strict=True)]
        return self.named([ENTRYWISE[v.op].format(*entries) for entries in zip(*spread, strict=True)])

    def code(self, results: Sequence[int]) -> str:
        """The function: numbers out of the arrays, the lines, and the entries of all results."""
        given = [self.given.get(name, f"unused{j}") for j, name in enumerate(self.leaves)]
        lines, entries = _nested_in_each_other(self.lines, [entry for k in results for entry in self.entries[k]])
        body = [*lines, f"return ({''.join(f'{entry}, ' for entry in entries)})"]
        return "\n".join([f"def numbers({', '.join(given)}):", *(f"    {line}" for line in body)]) + "\n"


def _nested_in_each_other(lines: Sequence[str], entries: Sequence[str]) -> tuple[list[str], list[str]]:
    """The lines and the entries with each variable that is read once replaced by its expression: Python keeps it on its stack then."""
    uses: dict[str, int] = {}
    targets, expressions = zip(*(line.split(" = ") for line in lines), strict=True) if lines else ((), ())
    taken_apart = [VARIABLE.split(text) for text in (*expressions, *entries)]  # every second part is a variable
    for parts in taken_apart:
        for name in parts[1::2]:
            uses[name] = uses.get(name, 0) + 1
    kept: list[str] = []
    waiting: dict[str, tuple[str, int]] = {}  # variable -> its expression, and how deep that is

    def filled(parts: list[str]) -> tuple[str, int]:
        depth = 0
        for j in range(1, len(parts), 2):
            if parts[j] in waiting:
                parts[j], inside = waiting.pop(parts[j])
                depth = max(depth, inside)
        return "".join(parts), depth

    for name, parts in zip(targets, taken_apart, strict=False):
        is_number = "tolist" not in parts[-1]
        text, depth = filled(parts)
        if uses.get(name) == 1 and depth < DEEP and is_number:
            waiting[name] = (f"({text})", depth + 1)
        elif name in uses or not VARIABLE.fullmatch(name):
            kept.append(f"{name} = {text}")
    return kept, [filled(parts)[0] for parts in taken_apart[len(lines) :]]


def _nested(names: Sequence[str], core: Sequence[int]) -> str:
    """A pattern that a nested list is taken apart by."""
    if len(core) == 1:
        return f"[{', '.join(names)}]"
    step = len(names) // core[0]
    return f"[{', '.join(_nested(names[j * step : (j + 1) * step], core[1:]) for j in range(core[0]))}]"


def _spread(entries: Entries, core: Sequence[int], over: Sequence[int]) -> Entries:
    """Entries broadcast over a larger shape."""
    if tuple(core) == tuple(over):
        return entries
    if len(entries) == 1:
        return entries * math.prod(over)
    return [entries[j] for j in np.broadcast_to(np.arange(len(entries)).reshape(core), over).ravel()]


def _rows(entries: Entries, core: Sequence[int]) -> list[Entries]:
    n = core[-1]
    return [entries[j : j + n] for j in range(0, len(entries), n)]


def _columns(entries: Entries, core: Sequence[int]) -> list[Entries]:
    return [entries[j :: core[-1]] for j in range(core[-1])]


def _dot(a: Entries, b: Entries) -> str:
    return " + ".join(f"{x} * {y}" for x, y in zip(a, b, strict=True)) or "0.0"


def _products(w: _Writer, v: Value, operands: Sequence[Entries]) -> Entries:
    """matvec, vecmat, matmul, inner, norm2: inner products of rows and columns."""
    cores = [w.values.items[i].core for i in v.inputs]
    left = _rows(operands[0], cores[0]) if v.op in ("matvec", "matmul") else [operands[0]]
    right = _columns(operands[1], cores[1]) if v.op in ("vecmat", "matmul") else [operands[-1]]
    return w.named([_dot(row, column) for row in left for column in right])


def _outer(w: _Writer, v: Value, operands: Sequence[Entries]) -> Entries:
    return w.named([f"{a} * {b}" for a in operands[0] for b in operands[1]])


def _sums(w: _Writer, v: Value, operands: Sequence[Entries]) -> Entries:
    core = w.values.items[v.inputs[0]].core
    groups = {"sum": lambda e: [e], "rowsum": lambda e: _rows(e, core), "colsum": lambda e: _columns(e, core)}[v.op](operands[0])
    return w.named([" + ".join(group) or "0.0" for group in groups])


def _rowmax(w: _Writer, v: Value, operands: Sequence[Entries]) -> Entries:
    rows = _rows(operands[0], w.values.items[v.inputs[0]].core)
    return w.named([f"max({', '.join(row)})" if len(row) > 1 else row[0] for row in rows])


def _pick(w: _Writer, v: Value, operands: Sequence[Entries]) -> Entries:
    return w.named([f"({', '.join(operands[0])},)[{operands[1][0]}]"])


def _scatter(w: _Writer, v: Value, operands: Sequence[Entries]) -> Entries:
    (s,), (t,) = operands
    return w.named([f"({s} if {t} == {j} else 0.0)" for j in range(v.core[0])])


def _less_at(w: _Writer, v: Value, operands: Sequence[Entries]) -> Entries:
    a, (s,), (t,) = operands
    return w.named([f"({x} - {s} if {t} == {j} else {x})" for j, x in enumerate(a)])


def _fixed(w: _Writer, v: Value, operands: Sequence[Entries]) -> Entries:
    if v.op == "scatter_fixed":
        return [operands[0][0] if j == v.extra else "0.0" for j in range(v.core[0])]
    changed = w.named([f"{operands[0][v.extra]} - {operands[1][0]}"])
    return [changed[0] if j == v.extra else x for j, x in enumerate(operands[0])]


def _looks(w: _Writer, v: Value, operands: Sequence[Entries]) -> Entries:
    """Other looks at an operand, and operands beside each other: no operation at all."""
    core, entries = w.values.items[v.inputs[0]].core, operands[0]
    if v.op == "transpose":
        return [entry for column in _columns(entries, core) for entry in column]
    if v.op == "spread":
        return _spread(entries, core, v.core)
    if v.op == "pick_fixed":
        return entries[v.extra :: core[-1]]
    size = math.prod(v.core)
    zeros = ["0.0"] * (size - len(entries))
    return {
        "row": entries, "head": entries[:size], "tail": entries[len(entries) - size :], "stack": [e for o in operands for e in o],
        "concatenate": [e for o in operands for e in o], "pad_end": entries + zeros, "pad_start": zeros + entries,
    }[v.op]  # fmt: skip


KNOWN: dict[str, Any] = {
    **dict.fromkeys((*ENTRYWISE, "leaf", "constant")), **dict.fromkeys(("matvec", "vecmat", "matmul", "inner", "norm2"), _products),
    **dict.fromkeys(("sum", "rowsum", "colsum"), _sums), "outer": _outer, "rowmax": _rowmax, "pick": _pick, "scatter": _scatter,
    "less_at": _less_at, "scatter_fixed": _fixed, "less_at_fixed": _fixed,
    **dict.fromkeys(("transpose", "spread", "pick_fixed", "row", "head", "tail", "stack", "concatenate", "pad_end", "pad_start"), _looks),
}  # fmt: skip
