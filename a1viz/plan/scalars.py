"""Single numbers of a plan as Python's numbers: a call of NumPy takes as long for one number as for a hundred.

They are computed in double precision; what Python refuses, such as the logarithm of 0, is left to a plan without them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .floats import ENTRYWISE
from .products import FEW, logarithms
from .values import Value, Values

if TYPE_CHECKING:
    from .writer import Writer

REDUCED = ("rowmax", "rowsum", "sum", "inner", "norm2", "pick", "pick_fixed", "batch_sum", "batch_log1p")


def is_single(values: Values, k: int) -> bool:
    """Whether a value is one number for all examples that `expression` can give."""
    v = values.items[k]
    if v.lead or math.prod(v.core) != 1 or v.dtype.kind != "f":
        return False
    if v.op in ENTRYWISE:
        return all(math.prod(values.items[i].core) == 1 and not values.items[i].lead for i in v.inputs)
    return v.op in REDUCED and (v.op not in ("rowmax", "rowsum") or len(values.items[v.inputs[0]].core) == 1)


def written(w: Writer, k: int, v: Value) -> bool:
    """Write a single number straight into its array, if it is an inner product or a sum: faster than by a number of NumPy's."""
    if v.op in ("inner", "norm2"):
        a, b = (_flat(w, i) for i in (v.inputs[0], v.inputs[-1]))
    elif v.op in ("sum", "rowsum", "batch_sum") and _entries(w, v.inputs[0]) <= FEW:
        x = w.values.items[v.inputs[0]]
        length = "n" if x.batched else math.prod(x.core)
        a, b = _flat(w, v.inputs[0]), w.ones(length, x.dtype)
    else:
        return False
    w.line(f"{a}.dot({b}, {w.look(w.room(k), k, '{}.reshape(())' if v.core else '{}')})")
    return True


def expression(w: Writer, k: int, v: Value) -> str:
    """A single number in Python's words."""
    if v.op in ENTRYWISE:
        return ENTRYWISE[v.op].format(*(w.single(i) for i in v.inputs))
    if v.op == "pick_fixed" and v.inputs[0] in w.numbers:
        return w.numbers[v.inputs[0]]
    operands = [w.read(i) for i in v.inputs] if v.op != "pick" else [w.read(v.inputs[0])]
    if v.op == "rowmax":
        return f"{operands[0]}.item({operands[0]}.argmax())"
    if v.op == "pick":
        return f"{operands[0]}.item({w.single(v.inputs[1])})"
    if v.op == "pick_fixed":
        return f"{operands[0]}.item({v.extra})"
    if v.op == "batch_log1p":
        total, least = logarithms(w, v)
        return f"s{k} if (s{k} := float({total})) > {least} else float(add_reduce(log1p({operands[1]})))"
    return f"float(add_reduce({_flat(w, v.inputs[0])}))"


def _entries(w: Writer, i: int) -> int:
    x = w.values.items[i]
    return w.examples if x.batched else math.prod(x.core)


def _flat(w: Writer, i: int) -> str:
    x = w.values.items[i]
    return w.read(i, "{}.reshape(-1)" if len(x.core) != 1 and not x.batched else "{}")
