"""What the compiler knows of an operator: how it is called, what it does to memory and layout, and how it is done by Python's own numbers.

An operator whose row of the operator table is an elementwise one with a NumPy ufunc for its kernel needs no row here; of any other that
has none the interpreter's kernel is called. A row of its own makes an operator faster, or shares memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any, Literal

import numpy as np

from ..graph.operators import OPS
from . import calls, entries, products, sums
from .entries import Unroll
from .sites import Call, Scratch, Site
from .steps import Step

Emit = Callable[[Site], Iterator[Call]]
ALL = tuple(range(2**8))  # operands, however many there are
GIVEN = ("leaf", "unit", "constant", "array", "made")
MASK, INDEX = np.dtype(bool), np.dtype(np.intp)


@dataclass(frozen=True)
class OperatorRow:
    """One operator."""

    emit: Emit | None = None  # its lines; none for what is given, and for another view of an operand
    view: str = ""  # which view of its operand it is
    kind: Literal["given", "elementwise", "product", "other"] = "other"
    template: str = ""  # Python's expression for one entry, of an elementwise one
    unrolled: Unroll | None = None  # its entries as Python's expressions
    overwrites: tuple[int, ...] = ()  # operands whose memory the result may take over
    scratch: Callable[[Step, Step, bool, int], Scratch | None] = lambda v, x, is_turned, examples: None
    adds_up: bool = False  # a sum over the batch: those of its tiles add up to its own
    matrix: int | None = None  # a product that can be computed column-major where this operand is shared by all examples
    reads_columns: Literal["", "shared", "always"] = ""  # what is not elementwise from column-major vectors, if another one is shared
    as_number: Emit | None = None  # a scalar as one of Python's numbers, if not by its template
    allocates: bool = False  # NumPy may lay out its result; so may the interpreter's kernel, where there is one
    takes_numbers: tuple[int, ...] = ()  # operands that may be Python's numbers
    kernel: Any = None  # the name in its lines and the function that it stands for

    @property
    def names(self) -> dict[str, Any]:
        """What its lines may refer to, beside NAMES."""
        return dict([self.kernel]) if self.kernel else {}

    @property
    def is_computed(self) -> bool:
        return self.emit is not None


NAMES: dict[str, Any] = {
    "copyto": np.copyto, "matmul": np.matmul, "matvec": np.matvec, "vecmat": np.vecmat, "vecdot": np.vecdot, "add": np.add,
    "multiply": np.multiply, "subtract": np.subtract, "maximum": np.maximum, "log": np.log, "log1p": np.log1p,
    "broadcast_to": np.broadcast_to, "add_reduce": np.add.reduce, "maximum_reduce": np.maximum.reduce,
    "minimum_reduce": np.minimum.reduce, "add_at": np.add.at, "equal": np.equal,
    "multiply_reduce": np.multiply.reduce, "multiply_reduceat": np.multiply.reduceat,
}  # fmt: skip


MATH = {f"math_{name}": function for name, function in vars(math).items() if callable(function)} | {"inf": math.inf, "nan": math.nan}
NAMES |= MATH


def elementwise(ufunc: np.ufunc, template: str = "", arguments: int = 0) -> OperatorRow:
    """An operator that is one call of NumPy for all entries, and of the function of that name in `math`, if there is one, for one entry."""
    name, count = ufunc.__name__, arguments or ufunc.nin
    if not template and hasattr(math, name):
        template = f"math_{name}({', '.join(['{}'] * count)})"
    return OperatorRow(
        partial(calls.ufunc, name=name),
        kind="elementwise",
        template=template,
        unrolled=entries.elementwise(template) if template else None,
        overwrites=tuple(range(count)),
        allocates=True,
        kernel=(name, ufunc),
    )


def compared(ufunc: np.ufunc, template: str, arguments: int) -> OperatorRow:
    """1 where a comparison holds, else 0."""
    return replace(
        elementwise(ufunc, template, arguments),
        emit=partial(calls.comparison, name=ufunc.__name__),
        scratch=lambda v, x, is_turned, examples: Scratch(v.core, v.lead, MASK, is_turned),
    )


def view(which: str, unrolled: Unroll | None = None) -> OperatorRow:
    """Another view of the operand."""
    return OperatorRow(view=which, unrolled=unrolled)


def _place_of_maximum(v: Step, x: Step, is_turned: bool, examples: int) -> Scratch | None:
    return Scratch(v.core[:-1], v.lead, INDEX) if x.core[-1] else None


def _columns(v: Step, x: Step, is_turned: bool, examples: int) -> Scratch | None:
    return Scratch(v.core[::-1], 0, v.dtype) if examples and products.is_narrow(v.core, examples) else None


def _mask_of_first(v: Step, x: Step, is_turned: bool, examples: int) -> Scratch | None:
    return Scratch(x.core, x.lead, MASK)


SIGN = "(1.0 if {0} > 0 else -1.0 if {0} < 0 else {0} + 0.0)"


class _Table(dict[str, OperatorRow]):
    """The rows by their operators; what has none here is derived."""

    def __missing__(self, op: str) -> OperatorRow:
        return derived(op)


ROWS = _Table(
    {
        # given, or another view
        "leaf": OperatorRow(kind="given"),
        "unit": OperatorRow(kind="given"),
        "constant": OperatorRow(kind="given"),
        "array": OperatorRow(kind="given"),
        "made": OperatorRow(kind="given"),
        "transpose": view("swapped", entries.transpose),
        "permuted": view("permuted", entries.permuted),
        "reshaped": view("reshaped", entries.same),
        "columns": view("swapped"),
        "rows": view("same"),
        "expanded": view("expanded", entries.same),
        "squeezed": view("squeezed", entries.same),
        "column": view("column"),
        "head": view("first", entries.head),
        "tail": view("last", entries.tail),
        "spread": view("spread", entries.spread),
        "pick_fixed": replace(view("entry", entries.pick_fixed), as_number=calls.entry_number),
        "slice": view("part", entries.part),
        # entry by entry; those of the operator table for what Python calls them
        "add": elementwise(np.add, "{} + {}"),
        "sub": elementwise(np.subtract, "{} - {}"),
        "mul": elementwise(np.multiply, "{} * {}"),
        "div": elementwise(np.divide, "{} / {}"),
        "neg": elementwise(np.negative, "-{}"),
        "abs": elementwise(np.absolute, "abs({})"),
        "power": elementwise(np.power, "math_pow({}, {})"),
        "sign": elementwise(np.sign, SIGN),
        "minimum": elementwise(np.minimum, "({0} if {0} <= {1} or {0} != {0} else {1})"),
        "maximum": elementwise(np.maximum, "({0} if {0} >= {1} or {0} != {0} else {1})"),
        "log1p": elementwise(np.log1p),
        "copysign": elementwise(np.copysign),
        "relu": replace(elementwise(np.maximum, "(0.0 if {0} <= 0 else {0})", 1), emit=partial(calls.relu, name="maximum")),
        "step": compared(np.greater, "(1.0 if {} > 0 else 0.0)", 1),
        "threshold": compared(np.greater_equal, "(1.0 if {} >= 0 else 0.0)", 1),
        "greater": compared(np.greater, "(1.0 if {} > {} else 0.0)", 2),
        "at_least": compared(np.greater_equal, "(1.0 if {} >= {} else 0.0)", 2),
        "less": compared(np.less, "(1.0 if {} < {} else 0.0)", 2),
        "at_most": compared(np.less_equal, "(1.0 if {} <= {} else 0.0)", 2),
        "equal": compared(np.equal, "(1.0 if {} == {} else 0.0)", 2),
        "not_equal": compared(np.not_equal, "(1.0 if {} != {} else 0.0)", 2),
        "select": OperatorRow(
            calls.select, unrolled=entries.elementwise("({1} if {0} != 0 else 0.0)"), overwrites=(1,), scratch=_mask_of_first
        ),
        "cast": OperatorRow(partial(calls.cast, name=""), template="float({})", unrolled=entries.elementwise("float({})")),
        # products
        "matvec": OperatorRow(products.matvec, kind="product", unrolled=entries.matvec, matrix=0, reads_columns="shared"),
        "vecmat": OperatorRow(products.vecmat, kind="product", unrolled=entries.vecmat, matrix=1, reads_columns="shared"),
        "affine": OperatorRow(products.affine, kind="product", matrix=0, reads_columns="shared"),
        "matmul": OperatorRow(products.matmul, kind="product", unrolled=entries.matmul),
        "outer": OperatorRow(products.outer, unrolled=entries.outer),
        "dense": OperatorRow(calls.copy, unrolled=entries.spread),
        "inner": OperatorRow(products.inner, kind="product", unrolled=entries.inner, reads_columns="shared"),
        "norm2": OperatorRow(products.inner, kind="product", unrolled=entries.inner),
        # sums and maxima
        "sum": OperatorRow(sums.total, unrolled=entries.total),
        "rowsum": OperatorRow(sums.rowsum, unrolled=entries.rowsum, allocates=True),
        "rowmean": OperatorRow(sums.rowmean),
        "rowdot": OperatorRow(sums.rowdot),
        "colsum": OperatorRow(sums.colsum, unrolled=entries.colsum, allocates=True),
        "sum_along": OperatorRow(partial(sums.along, ufunc="add"), allocates=True),
        "max_along": OperatorRow(partial(sums.along, ufunc="maximum"), allocates=True),
        "min_along": OperatorRow(partial(sums.along, ufunc="minimum"), allocates=True),
        "rowmax": OperatorRow(
            sums.rowmax, unrolled=entries.rowmax, scratch=_place_of_maximum, allocates=True, as_number=sums.maximum_number
        ),
        "batch_sum": OperatorRow(products.batch_sum, adds_up=True, reads_columns="always"),
        "batch_outer": OperatorRow(products.batch_outer, kind="product", adds_up=True, reads_columns="always", scratch=_columns),
        "batch_matmul": OperatorRow(products.batch_matmul, kind="product", adds_up=True),
        "batch_untake": OperatorRow(calls.untake, adds_up=True),
        "batch_weighted": OperatorRow(products.batch_weighted, kind="product", adds_up=True, reads_columns="always"),
        "batch_log1p": OperatorRow(products.batch_log1p, adds_up=True, as_number=products.log1p_number),
        # entries
        "index": OperatorRow(calls.position),
        "pick": OperatorRow(calls.pick, unrolled=entries.pick, as_number=calls.pick_number, takes_numbers=(1,)),
        "scatter": OperatorRow(calls.scatter, unrolled=entries.scatter),
        "scatter_fixed": OperatorRow(calls.scatter_fixed, unrolled=entries.scatter_fixed, takes_numbers=(0,)),
        "less_at": OperatorRow(calls.less_at, unrolled=entries.less_at, overwrites=(0,), takes_numbers=(1, 2)),
        "less_at_fixed": OperatorRow(calls.less_at_fixed, unrolled=entries.less_at_fixed, overwrites=(0,), takes_numbers=(1,)),
        "take": OperatorRow(calls.take),
        "untake": OperatorRow(calls.untake),
        "stack": OperatorRow(calls.stack, unrolled=entries.stack, takes_numbers=ALL),
        "concatenate": OperatorRow(calls.concatenate, unrolled=entries.concatenate),
        "pad_end": OperatorRow(calls.pad_end, unrolled=entries.pad_end),
        "pad_start": OperatorRow(calls.pad_start, unrolled=entries.pad_start),
        "unslice": OperatorRow(calls.unslice, unrolled=entries.unslice),
        "reshape": OperatorRow(calls.reshaped, unrolled=entries.same),
        "blocks": OperatorRow(calls.blocks),
    }
)
row_of = ROWS.__getitem__  # what the compiler knows of an operator


@lru_cache(maxsize=256)
def derived(op: str) -> OperatorRow:
    """A row from that of the operator table: one call of a ufunc, or the interpreter's kernel."""
    known = OPS[op.removeprefix("any_")]
    kernel: object = known.kernel
    return elementwise(kernel) if known.is_elementwise and isinstance(kernel, np.ufunc) else by_kernel(op)


def has_kernel(op: str, operands: int) -> bool:
    """Whether the interpreter has a function of these operands for it; the compiler's own operators have none."""
    op = op.removeprefix("any_")
    return op in OPS and len(OPS[op].inputs) == operands


@lru_cache(maxsize=256)
def by_kernel(op: str) -> OperatorRow:
    """An operator that is computed as the interpreter does it."""
    known = OPS[op.removeprefix("any_")]
    name = f"kernel_{known.name}"
    flat = tuple(axes == ("*",) for axes in known.inputs)
    emit = partial(calls.kernel, name=name, elementwise=known.is_elementwise, flat=flat)
    return OperatorRow(emit, adds_up=known.batch, kernel=(name, known.kernel))
