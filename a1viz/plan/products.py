"""The calls for products and for sums over the batch: as matrix products where that is what they are."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from .values import Value

if TYPE_CHECKING:
    from .writer import Writer

TOTALS = ("batch_sum", "batch_outer", "batch_weighted", "batch_log1p")  # sums over the batch: those of its tiles add up to its own
CACHED = 2**16  # entries that the second cache holds
PAGE, LARGE = 2**12, 2**22  # bytes: rows so far from each other, and matrices so large, BLAS is slow at writing
FEW = 2**12  # examples that are added up by an inner product with ones; for more of them NumPy's own sum is more exact
NARROW, WORTH = 3, 2**13  # columns that are multiplied one by one, by so many entries: BLAS is slow at narrow products
PIECE = {"f": 120, "d": 1000}  # factors between 1 and 2 whose product does not overflow
SMALL_LOSS = 2**-8  # below it, on average, log(1 + e) is not taken from 1 + e

# `a.dot(b, out)` is the fastest way into the same matrix product as `@`


def _matvec(w: Writer, k: int, v: Value) -> None:
    """A matrix, or its transpose (vecmat), times a vector; of a batch, all vectors times the matrix that turns a row."""
    is_turned = v.op == "vecmat"
    x, W = v.inputs if is_turned else v.inputs[::-1]
    straight, turned = ("{}.T", "{}") if is_turned else ("{}", "{}.T")
    if w.values.items[W].lead:
        w.line(f"{v.op}({', '.join(w.fronted(i, v) for i in v.inputs)}, {w.place(k)})")
    elif k in w.first:
        w.line(f"{w.read(W, straight)}.dot({w.read(x, '{}.T')}, {w.look(w.place(k), k, '{}.T')})")
    elif v.lead or is_turned:
        w.line(f"{w.rowed(x)}.dot({w.read(W, turned)}, {w.rowed(k, w.place(k))})")
    else:
        w.line(f"{w.read(W)}.dot({w.read(x)}, {w.place(k)})")


def _affine(w: Writer, k: int, v: Value) -> None:
    """W x + b; features first as one product, [W b] [x; 1]."""
    W, x, b = v.inputs
    if k not in w.first:
        out = w.rowed(k, w.place(k))
        w.line(f"{w.rowed(x)}.dot({w.read(W, '{}.T')}, {out})")
        w.line(f"add({out}, {w.read(b)}, {out})")
        return
    (m, n), char = w.values.items[W].core, v.dtype.char
    both, more = (w.once_a_tile(f"ones({shape}, '{char}')") for shape in (f"({m}, {n + 1})", f"({n + 1}, n)"))
    w.line(f"{w.look(both, k, f'{{}}[:, :{n}]')}[...] = {w.read(W)}")
    w.line(f"{w.look(both, k, f'{{}}[:, {n}]')}[...] = {w.read(b)}")
    w.line(f"{w.look(more, k, f'{{}}[:{n}]')}[...] = {w.read(x, '{}.T')}")
    w.line(f"{both}.dot({more}, {w.look(w.place(k), k, '{}.T')})")


def _matmul(w: Writer, k: int, v: Value) -> None:
    a, b = (w.fronted(i, v) for i in v.inputs)
    w.line(f"matmul({a}, {b}, {w.place(k)})" if v.lead else f"{a}.dot({b}, {w.place(k)})")


def _outer(w: Writer, k: int, v: Value) -> None:
    a, b = (w.fronted(i, v) for i in v.inputs)
    entries, row = math.prod(v.core), v.core[1] * v.dtype.itemsize
    if not v.lead and (entries <= CACHED or (row < PAGE and row * v.core[0] <= LARGE)):  # a product of a column and a row is faster
        w.line(f"{w.look(a, v.inputs[0], '{}[:, None]')}.dot({w.look(b, v.inputs[1], '{}[None]')}, {w.place(k)})")
        return
    w.line(f"multiply({w.look(a, v.inputs[0], '{}[..., None]')}, {w.look(b, v.inputs[1], '{}[..., None, :]')}, {w.place(k)})")


def _batch_outer(w: Writer, k: int, v: Value) -> None:
    a, b = v.inputs
    if not w.values.exact and 1 < v.core[1] <= NARROW and w.many(v.core[0] * v.core[1], WORTH):
        turned = w.scratch(v.core[::-1], 0, v.dtype)
        for j in range(v.core[1]):
            w.line(f"{w.read(a, '{}.T')}.dot({w.read(b, f'{{}}[:, {j}]')}, {w.look(turned, k, f'{{}}[{j}]')})")
        w.line(f"copyto({w.place(k)}, {w.look(turned, k, '{}.T')})")
        return
    w.line(f"{w.read(a, '{}.T')}.dot({w.read(b)}, {w.place(k)})")


def _batch_weighted(w: Writer, k: int, v: Value) -> None:
    s, a = (w.read(i) for i in v.inputs)
    is_spread = any(w.values.items[i].op == "spread" for i in v.inputs)  # `@` sums in another order then
    w.line(f"matmul({s}, {a}, {w.place(k)})" if is_spread else f"{s}.dot({a}, {w.place(k)})")


def _inner(w: Writer, k: int, v: Value) -> None:
    i, j = v.inputs[0], v.inputs[-1]
    if w.values.items[i].lead and w.values.items[j].lead:
        w.line(f"vecdot({w.fronted(i, v, flat=True)}, {w.fronted(j, v, flat=True)}, {w.place(k)})")
        return
    if w.values.items[j].lead:
        i, j = j, i
    w.line(f"{w.fronted(i, v, flat=True)}.dot({w.fronted(j, v, flat=True)}, {w.place(k)})")


# --- sums over the batch --------------------------------------------------------------------------------------------------------------


def _batch_sum(w: Writer, k: int, v: Value) -> None:
    """An inner product with ones is called faster, and adds rows of a few numbers faster, than NumPy's sum."""
    x = w.values.items[v.inputs[0]]
    if w.values.exact or len(v.core) > 1 or w.many(1, FEW):
        w.line(f"add_reduce({w.read(v.inputs[0])}, 0, None, {w.place(k)})")
        return
    ones = w.ones("n", v.dtype)
    a, b = (ones, w.read(v.inputs[0])) if x.core else (w.read(v.inputs[0]), ones)
    w.line(f"{a}.dot({b}, {w.place(k)})")


def _batch_log1p(w: Writer, k: int, v: Value) -> None:
    """sum_n log(1 + e_n); where that is small 1 + e_n has lost the most of e_n."""
    (total, least), out = logarithms(w, v), w.place(k)
    w.line(f"{out}.fill({total})")
    w.line(f"if not {out}.item() > {least}: add_reduce(log1p({w.read(v.inputs[1])}), 0, None, {out})")


def logarithms(w: Writer, v: Value) -> tuple[str, str]:
    """sum_n log(1 + e_n) as the logarithms of some products of 1 + e_n; and below what it is not exact enough."""
    more, piece = w.read(v.inputs[0]), PIECE[v.dtype.char]
    least = w.once_a_tile(f"n * {SMALL_LOSS}")
    if w.many(1, piece):
        return f"add_reduce(log(multiply_reduceat({more}, {w.once_a_tile(f'arange(0, n, {piece})')})))", least
    return f"log(multiply_reduce({more}))", least


PRODUCTS: dict[str, Callable[[Writer, int, Value], None]] = {
    "matvec": _matvec, "affine": _affine, "vecmat": _matvec, "matmul": _matmul, "outer": _outer, "inner": _inner, "norm2": _inner,
    "batch_outer": _batch_outer, "batch_weighted": _batch_weighted, "batch_sum": _batch_sum, "batch_log1p": _batch_log1p,
}  # fmt: skip
