"""The calls a plan is written in: for each operator the lines of code that compute it. Nothing else is ever written into a plan's code.

A template sees values by the plan's own short names, never by a document's. `Writer` gives it the operands (`read`, in the form it asks
for) and the place of the result (`place`, an operand's own where that is read for the last time).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..graph.operators import OPS
from .products import PRODUCTS
from .values import BATCH, Value

if TYPE_CHECKING:
    from .writer import Writer

SAME = "add exp log sqrt minimum maximum tanh log1p sign copysign power"  # called as NumPy calls them
UFUNCS = {name: name for name in SAME.split()}
UFUNCS |= {"sub": "subtract", "neg": "negative", "mul": "multiply", "div": "divide", "abs": "absolute"}
KEYWORD = ("minimum", "maximum")  # NumPy wants their `out` by its name
AGAINST_ZERO = {"step": "greater", "threshold": "greater_equal"}
COMPARISONS = {"greater": "greater", "at_least": "greater_equal"}
SUMS = {"sum": (-1, False), "rowsum": (-1, True), "colsum": (-2, False)}
VIEWS = tuple("transpose row column head tail spread pick_fixed rows columns part".split())  # another look at their operand

INDEX = np.dtype(np.intp)
STRIP, WORTH = 2**13, 2**9  # entries that the first cache holds; and that are worth another array

NAMES: dict[str, Any] = {name: getattr(np, name) for name in (*UFUNCS.values(), "greater", "greater_equal", "copyto", "matmul", "matvec")}
NAMES |= {"vecdot": np.vecdot, "vecmat": np.vecmat, "arange": np.arange, "zeros": np.zeros, "broadcast_to": np.broadcast_to}
NAMES |= {"add_reduce": np.add.reduce, "maximum_reduce": np.maximum.reduce, "ones": np.ones}
NAMES |= {"multiply_reduce": np.multiply.reduce, "multiply_reduceat": np.multiply.reduceat}

Template = Callable[["Writer", int, Value], None]


def call_of(op: str) -> Template:
    """The template of an operator; what has none of its own calls the operator's kernel."""
    if op in UFUNCS:
        return _ufunc
    return TEMPLATES.get(op, _kernel)


def view_of(w: Writer, v: Value) -> str:
    """How a value that is another look at its operand is got from it."""
    base = w.values.items[v.inputs[0]]
    size = v.core[-1] if v.core else 0
    if v.op == "spread":
        shape = w.shape(v.lead, v.core)
        return f"broadcast_to({w.aligning(base, v)}, {shape})" if shape != "()" else "{}"
    if v.op == "part":
        return f"{{}}[{v.extra[0]}:{v.extra[1]}]"
    return {
        "rows": "{}",
        "columns": "{}.swapaxes(-1, -2)",
        "transpose": "{}.swapaxes(-1, -2)",
        "row": "{}[..., None, :]",
        "column": "{}[..., None]",
        "head": f"{{}}[..., :{size}]",
        "tail": f"{{}}[..., {base.core[-1] - size if base.core else 0}:]",
        "pick_fixed": f"{{}}[..., {v.extra}]",
    }[v.op]


def _ufunc(w: Writer, k: int, v: Value) -> None:
    operands, out = w.entrywise(k, v.inputs)
    w.line(f"{UFUNCS[v.op]}({', '.join(operands)}, {'out=' * (v.op in KEYWORD)}{out})")


def _relu(w: Writer, k: int, v: Value) -> None:
    """NumPy takes the larger of two arrays faster than that of an array and a number: zeros stand in a strip that fits the first cache."""
    source, out, size = w.read(v.inputs[0]), w.place(k, v.inputs), math.prod(v.core)
    zeros, char = w.number(0, v.dtype), v.dtype.char
    if v.lead and source[0] == out[0] == "b":
        if w.many(size, STRIP):
            width = f"strip({w.rows(v.lead)}, {size})"
            zeros, turn = w.once_a_tile(f"zeros({width}, '{char}')"), ".T" * (k in w.first)
            source, out = (w.look(place, k, f"{{}}{turn}.reshape(-1, {width})") for place in (source, out))
        elif w.many(size, WORTH):
            is_first = k in w.first
            shape = f"({size}, {w.rows(v.lead)})" if is_first else w.shape(v.lead, v.core)
            zeros = w.once_a_tile(f"zeros({shape}, '{char}'){'.T' * is_first}")
    w.line(f"maximum({source}, {zeros}, out={out})")


def strip(rows: int, size: int) -> int:
    """How many numbers of an array of so many rows are worked on at a time: whole rows, STRIP numbers at most, the same for all strips."""
    whole = next((r for r in range(max(1, STRIP // max(size, 1)), 1, -1) if rows % r == 0), 1)
    return max(1, whole * size)


def _comparison(w: Writer, k: int, v: Value) -> None:
    operands = [w.aligned(i, v) for i in v.inputs]
    if v.op in AGAINST_ZERO:
        operands.append(w.number(0, w.values.items[v.inputs[0]].dtype))
    mask = w.scratch(v.core, v.lead, np.dtype(bool), k in w.first)
    w.line(f"{(AGAINST_ZERO | COMPARISONS)[v.op]}({', '.join(operands)}, {mask})")
    w.line(f"copyto({w.place(k, v.inputs)}, {mask})")


def _cast(w: Writer, k: int, v: Value) -> None:
    w.line(f"copyto({w.place(k)}, {w.read(v.inputs[0])})")


# --- sums -------------------------------------------------------------------------------------------------------------------------


def _sum(w: Writer, k: int, v: Value) -> None:
    axis, keep = SUMS[v.op]
    if v.op == "rowsum" and v.lead == BATCH and len(v.core) == 1 and not w.values.exact:  # of each example: called and added up faster
        x, ones = w.read(v.inputs[0]), w.ones(w.values.items[v.inputs[0]].core[0], v.dtype)
        w.line(f"{x}.dot({ones}, {w.look(w.place(k), k, '{}[..., 0]')})")
        return
    operand = w.fronted(v.inputs[0], v, flat=True) if v.op == "sum" else w.read(v.inputs[0])
    w.line(f"add_reduce({operand}, {axis}, None, {w.place(k)}{', True' * keep})")


def _rowmax(w: Writer, k: int, v: Value) -> None:
    """The entry where the maximum is: NumPy finds it three times faster than the maximum."""
    x = w.values.items[v.inputs[0]]
    if len(x.core) != 1:
        w.line(f"maximum_reduce({w.read(v.inputs[0])}, -1, None, {w.place(k)}, True)")
        return
    where = w.scratch((), v.lead, INDEX)
    w.line(f"{w.read(v.inputs[0])}.argmax(-1, {where})")
    if v.lead:
        w.line(f"add({where}, {w.starts(v.lead, x.core[0])}, {where})")
    out = w.place(k)
    w.line(f"{w.read(v.inputs[0], '{}.reshape(-1)')}.take({where}, None, {w.look(out, k, '{}[..., 0]')}, 'clip')")


# --- entries ----------------------------------------------------------------------------------------------------------------------


def _index(w: Writer, k: int, v: Value) -> None:
    """Where the entry of each example is in a flat array."""
    w.line(f"add({w.aligned(v.inputs[0], v)}, {w.starts(v.lead, v.extra)}, {w.place(k)})")


def _pick(w: Writer, k: int, v: Value) -> None:
    x, index = v.inputs
    w.line(f"{w.read(x, '{}.reshape(-1)')}.take({w.read(index)}, None, {w.place(k)}, 'clip')")  # labels are checked before


def _scatter(w: Writer, k: int, v: Value) -> None:
    s, index = v.inputs
    out = w.place(k)
    w.line(f"{out}.fill(0)")
    w.line(f"{w.look(out, k, '{}.reshape(-1)')}[{w.read(index)}] = {w.aligned(s, w.values.items[index])}")


def _scatter_fixed(w: Writer, k: int, v: Value) -> None:
    out = w.place(k)
    w.line(f"{out}.fill(0)")
    w.line(f"{out}[..., {v.extra}] = {w.entry(v.inputs[0], v)}")


def _less_at(w: Writer, k: int, v: Value) -> None:
    out, index = w.copied(k, v.inputs[0]), v.inputs[2]
    if w.singles and not v.lead and all(math.prod(w.values.items[i].core) == 1 for i in v.inputs[1:]):
        position = w.single(index)
        w.line(f"{out}[{position}] = {out}.item({position}) - {w.single(v.inputs[1])}")  # faster than by a number of NumPy's
        return
    w.line(f"{w.look(out, k, '{}.reshape(-1)')}[{w.read(index)}] -= {w.aligned(v.inputs[1], w.values.items[index])}")


def _less_at_fixed(w: Writer, k: int, v: Value) -> None:
    out = w.copied(k, v.inputs[0])
    w.line(f"{out}[..., {v.extra}] -= {w.entry(v.inputs[1], v)}")


def _stack(w: Writer, k: int, v: Value) -> None:
    operands, out = [w.entry(i, v) for i in v.inputs], w.place(k)
    for j, operand in enumerate(operands):
        w.line(f"{out}[..., {j}] = {operand}")


def _concatenate(w: Writer, k: int, v: Value) -> None:
    (a, b), out = (w.fronted(i, v) for i in v.inputs), w.place(k)
    cut = w.values.items[v.inputs[0]].core[-1]
    w.line(f"{out}[..., :{cut}] = {a}")
    w.line(f"{out}[..., {cut}:] = {b}")


def _join(w: Writer, k: int, v: Value) -> None:
    """What is not computed in its part of the whole is copied there."""
    whole, start = w.whole(k), 0
    for i in v.inputs:
        stop = start + w.values.items[i].core[0]
        if i not in w.inside:
            w.line(f"copyto({w.look(whole, k, f'{{}}[{start}:{stop}]')}, {w.read(i)})")
        start = stop


def _pad(w: Writer, k: int, v: Value) -> None:
    operand, out = w.read(v.inputs[0]), w.place(k)
    size, whole = w.values.items[v.inputs[0]].core[-1], v.core[-1]
    kept, rest = (f":{size}", f"{size}:") if v.op == "pad_end" else (f"{whole - size}:", f":{whole - size}")
    w.line(f"{out}[..., {kept}] = {operand}")
    w.line(f"{out}[..., {rest}] = 0")


def _kernel(w: Writer, k: int, v: Value) -> None:
    """The interpreter's own kernel, in memory of its own."""
    op = OPS[v.op.removeprefix("any_")]
    if op.is_elementwise:
        operands = [w.aligned(i, v) for i in v.inputs]
    else:
        axes = op.inputs * (len(v.inputs) // len(op.inputs))
        operands = [w.fronted(i, v, flat=a == ("*",)) for i, a in zip(v.inputs, axes, strict=True)]
    w.line(f"{w.local(k)} = {w.kernel(op)}({', '.join(operands)})")


TEMPLATES: dict[str, Template] = {
    **PRODUCTS, "relu": _relu, "cast": _cast, "rowmax": _rowmax, "index": _index, "pick": _pick, "scatter": _scatter,
    "scatter_fixed": _scatter_fixed, "less_at": _less_at, "less_at_fixed": _less_at_fixed, "stack": _stack, "join": _join,
    "concatenate": _concatenate, "pad_end": _pad, "pad_start": _pad,
    **dict.fromkeys((*AGAINST_ZERO, *COMPARISONS), _comparison), **dict.fromkeys(SUMS, _sum),
}  # fmt: skip
NAMES["strip"] = strip
