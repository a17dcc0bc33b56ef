"""NumPy's calls for sums and maxima along axes: as products with ones where those are faster.

BLAS goes through a matrix faster than NumPy's sum along its rows does, and is called faster; it adds up in another order.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from .references import SCALAR, Examples, Ref, index, lead_extents, made, reshape
from .sites import Argument, Call, Site, entries, fronted, is_one_piece, rows
from .steps import BATCH

FEW = 2**12  # numbers that are added up by an inner product with ones; for more of them NumPy's own sum is more exact
FLAT = reshape(-1)


def ones(at: Site, extent: int | Examples) -> Ref:
    """So many ones: an inner product with them is a sum."""
    return made("ones", (extent,), at.step.dtype.char)


def flat(x: Argument) -> Ref:
    """A value of one example, or for all, as one axis."""
    return x.ref if len(x.step.core) == 1 else x.ref.seen(FLAT)


def total(at: Site) -> Iterator[Call]:
    (x,) = at.operands
    if _is_few(at, x):
        yield Call("{}.dot({}, {})", (flat(x), ones(at, math.prod(x.step.core)), at.out))
    else:
        yield Call("add_reduce({}, -1, None, {})", (fronted(x, at.step, at.seeds, flat=True), at.out))


def _is_few(at: Site, x: Argument) -> bool:
    """Whether an inner product with ones is called faster than NumPy's sum, and is as exact."""
    return not (at.exact or at.step.lead) and x.step.dtype == at.step.dtype and 0 < math.prod(x.step.core) <= FEW


def rowsum(at: Site) -> Iterator[Call]:
    (x,) = at.operands
    if _is_few(at, x) and len(x.step.core) == 1:
        yield Call("{}.dot({}, {})", (x.ref, ones(at, x.step.core[0]), at.out.seen(SCALAR)))
    elif at.step.lead == BATCH and len(at.step.core) == 1 and not at.exact:  # of each example: called and added up faster
        yield Call("{}.dot({}, {})", (x.ref, ones(at, x.step.core[0]), at.out.seen(index(..., 0))))
    elif x.step.core[-1] <= FEW and _is_matrix(at, x):
        yield _by_rows(at, x, ones(at, x.step.core[-1]))
    else:
        yield from reduced(at, "add", (-1,), keepdims=True)


def rowmean(at: Site) -> Iterator[Call]:
    """Mean of each row: an inner product with 1 / n."""
    (x,) = at.operands
    yield _by_rows(at, x, made("shares", x.step.core[-1], at.step.dtype.char))


def _is_matrix(at: Site, x: Argument) -> bool:
    return not at.exact and is_one_piece(x) and bool(math.prod(x.step.core)) and x.step.dtype == at.step.dtype


def _by_rows(at: Site, x: Argument, weights: Ref) -> Call:
    return Call("{}.dot({}, {})", (rows(x.ref, x.step, at.seeds), weights, entries(at.out, at.step, at.seeds)))


def colsum(at: Site) -> Iterator[Call]:
    (x,) = at.operands
    if not at.step.lead and len(x.step.core) == 2 and x.step.core[0] <= FEW and _is_matrix(at, x):
        yield Call("{}.dot({}, {})", (ones(at, x.step.core[0]), x.ref, at.out))
    else:
        yield from reduced(at, "add", (-2,))


def along(at: Site, ufunc: str) -> Iterator[Call]:
    """A sum, a maximum or a minimum along the axes that the step tells; the first of all as a product with ones."""
    (x,), (axes, keepdims) = at.operands, at.step.extra
    core, count = x.step.core, len(axes)
    size = math.prod(core[:count])
    is_first = not keepdims and axes == tuple(range(-len(core), count - len(core))) and count < len(core)
    if ufunc == "add" and is_first and not at.step.lead and not at.exact and is_one_piece(x) and 0 < size <= FEW:
        matrix = x.ref.seen(reshape(size, math.prod(core[count:])))
        yield Call("{}.dot({}, {})", (ones(at, size), matrix, entries(at.out, at.step, at.seeds)))
    else:
        yield from reduced(at, ufunc, axes, keepdims)


def reduced(at: Site, ufunc: str, axes: tuple[int, ...], keepdims: bool = False) -> Iterator[Call]:
    """By NumPy's own reduction."""
    which, more = axes[0] if len(axes) == 1 else axes, ", True" * keepdims
    if at.out.kind == "local":
        yield Call(f"{ufunc}_reduce({{}}, {which}, None, None{more})", at.refs, at.out)
    else:
        yield Call(f"{ufunc}_reduce({{}}, {which}, None, {{}}{more})", (*at.refs, at.out))


def rowmax(at: Site) -> Iterator[Call]:
    """The entry where the maximum is: NumPy finds it three times faster than the maximum."""
    (x,), out, n = at.operands, at.out, at.operands[0].step.core[-1]
    if at.scratch is None or out.kind == "local":
        yield from reduced(at, "maximum", (-1,), keepdims=True)
        return
    yield Call("{}.argmax(-1, {})", (x.ref, at.scratch))
    if at.step.lead or len(x.step.core) > 1:
        extents = (*lead_extents(at.step.lead, at.seeds), *x.step.core[:-1])
        yield Call("add({}, {}, {})", (at.scratch, made("starts", extents, n), at.scratch))
    yield Call("{}.take({}, None, {}, 'clip')", (x.ref.seen(FLAT), at.scratch, out.seen(index(..., 0))))


def maximum_number(at: Site) -> Iterator[Call]:
    yield Call("{0}.item({0}.argmax())", at.refs, at.out)


def rowdot(at: Site) -> Iterator[Call]:
    """Of two arrays the inner products of their rows, as an axis of one entry."""
    yield Call("vecdot({}, {}, {})", (*(fronted(x, at.step, at.seeds) for x in at.operands), at.out.seen(index(..., 0))))
