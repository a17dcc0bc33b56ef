"""NumPy's calls for products and for sums over the batch: as matrix products where that is what they are.

`a.dot(b, out)` is the fastest way into the same matrix product as `@`. Where numbers must be the interpreter's to the bit it is `@` itself,
on the same views: of a value that is spread over an axis `@` adds up in another order than BLAS does.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from .calls import FEW, ones
from .references import ALL, TURNED, Examples, Ref, index, made
from .sites import Argument, Call, Site, fronted, one_lead
from .steps import DType

CACHED = 2**16  # entries that the second cache holds
PAGE, LARGE = 2**12, 2**22  # bytes: rows so far from each other, and matrices so large, BLAS is slow at writing
NARROW, WORTH = 3, 2**13  # columns that are multiplied one by one, by so many entries: BLAS is slow at narrow products
FACTORS = {"f": 120, "d": 1000}  # between 1 and 2, whose product does not overflow
SMALL_LOSS = 2**-8  # below it, on average, log(1 + e) is not taken from 1 + e


def dot(at: Site, a: Ref, b: Ref, out: Ref) -> Call:
    return Call("matmul({}, {}, {})" if at.exact else "{}.dot({}, {})", (a, b, out))


def matvec(at: Site) -> Iterator[Call]:
    W, x = at.operands
    yield from _matrix_times_vector(at, W, x, W.ref, W.ref.seen(TURNED))


def vecmat(at: Site) -> Iterator[Call]:
    x, W = at.operands
    yield from _matrix_times_vector(at, W, x, W.ref.seen(TURNED), W.ref)


def _matrix_times_vector(at: Site, W: Argument, x: Argument, matrix: Ref, transposed: Ref) -> Iterator[Call]:
    """One vector, or all vectors of a batch by the matrix that goes with a row."""
    v = at.step
    if W.step.lead:
        yield Call(f"{v.op}({{}}, {{}}, {{}})", (*(fronted(y, v, at.seeds) for y in at.operands), at.out))
    elif at.is_turned:
        yield dot(at, matrix, x.ref.seen(TURNED), at.out.seen(TURNED))
    elif v.lead or at.exact or W is at.operands[1]:
        yield dot(at, one_lead(x.ref, x.step, at.seeds), transposed, one_lead(at.out, v, at.seeds))
    else:
        yield dot(at, matrix, x.ref, at.out)


def affine(at: Site) -> Iterator[Call]:
    """W x + b; column-major as one product, [W b] [x; 1]."""
    (W, x, b), v = at.operands, at.step
    if not at.is_turned:
        out = one_lead(at.out, v, at.seeds)
        yield dot(at, one_lead(x.ref, x.step, at.seeds), W.ref.seen(TURNED), out)
        yield Call("add({0}, {1}, {0})", (out, b.ref))
        return
    m, n = W.step.core
    both, more = made("ones", (m, n + 1), v.dtype.char), made("ones", (n + 1, Examples()), v.dtype.char)
    yield Call("{}[...] = {}", (both.seen(index(ALL, (None, n))), W.ref))
    yield Call("{}[...] = {}", (both.seen(index(ALL, n)), b.ref))
    yield Call("{}[...] = {}", (more.seen(index((None, n))), x.ref.seen(TURNED)))
    yield dot(at, both, more, at.out.seen(TURNED))


def matmul(at: Site) -> Iterator[Call]:
    a, b = (fronted(x, at.step, at.seeds) for x in at.operands)
    yield Call("matmul({}, {}, {})", (a, b, at.out)) if at.step.lead else dot(at, a, b, at.out)


def outer(at: Site) -> Iterator[Call]:
    v = at.step
    a, b = (fronted(x, v, at.seeds) for x in at.operands)
    entries, row = math.prod(v.core), v.core[1] * v.dtype.itemsize
    if not v.lead and (entries <= CACHED or (row < PAGE and row * v.core[0] <= LARGE)):  # a product of a column and a row is faster
        yield Call("{}.dot({}, {})", (a.seen(index(ALL, None)), b.seen(index(None)), at.out))
    else:
        yield Call("multiply({}, {}, {})", (a.seen(index(..., None)), b.seen(index(..., None, ALL)), at.out))


def inner(at: Site) -> Iterator[Call]:
    """Of two vectors, or of one with itself."""
    a, b = at.operands[0], at.operands[-1]
    refs = [fronted(x, at.step, at.seeds, flat=True) for x in (a, b)]
    if (a.step.lead and b.step.lead) or (at.exact and len(at.operands) == 1):
        yield Call("vecdot({}, {}, {})", (*refs, at.out))
    elif b.step.lead or (at.exact and not a.step.lead):
        yield dot(at, refs[1], refs[0], at.out)
    else:
        yield dot(at, refs[0], refs[1], at.out)


# --- over the batch -------------------------------------------------------------------------------------------------------------------


def batch_outer(at: Site) -> Iterator[Call]:
    (a, b), v = at.refs, at.step
    if at.scratch is None:
        yield dot(at, a.seen(TURNED), b, at.out)
        return
    for j in range(v.core[1]):
        yield Call("{}.dot({}, {})", (a.seen(TURNED), b.seen(index(ALL, j)), at.scratch.seen(index(j))))
    yield Call("copyto({}, {})", (at.out, at.scratch.seen(TURNED)))


def is_narrow(core: tuple[int, ...], examples: int) -> bool:
    """Whether an outer product is better summed column by column."""
    return 1 < core[1] <= NARROW and examples * math.prod(core) > WORTH


def batch_weighted(at: Site) -> Iterator[Call]:
    s, a = at.operands
    is_spread = any(x.step.op == "spread" for x in (s, a))
    yield Call("matmul({}, {}, {})", (s.ref, a.ref, at.out)) if is_spread else dot(at, s.ref, a.ref, at.out)


def batch_sum(at: Site) -> Iterator[Call]:
    """An inner product with ones is called faster, and adds rows of a few numbers faster, than NumPy's sum."""
    (x,) = at.operands
    if at.exact or len(at.step.core) > 1 or at.many(1, FEW):
        yield Call("add_reduce({}, 0, None, {})", (x.ref, at.out))
    elif x.step.core:
        yield dot(at, ones(at, Examples()), x.ref, at.out)
    else:
        yield dot(at, x.ref, ones(at, Examples()), at.out)


def batch_log1p(at: Site) -> Iterator[Call]:
    """sum_n log(1 + e_n); where that is small 1 + e_n has lost the most of e_n."""
    more, e = at.refs
    logarithms, pieces = sum_of_logarithms(at.examples, at.step.dtype)
    yield Call(f"{{2}}.fill({logarithms})", (more, pieces, at.out))
    yield Call(f"if not {{1}}.item() > n * {SMALL_LOSS}: add_reduce(log1p({{0}}), 0, None, {{1}})", (e, at.out))


def log1p_number(at: Site) -> Iterator[Call]:
    """The same as one of Python's numbers."""
    more, e = at.refs
    logarithms, pieces = sum_of_logarithms(at.examples, at.step.dtype)
    rest = f"{{3}} if ({{3}} := float({logarithms})) > n * {SMALL_LOSS} else float(add_reduce(log1p({{2}})))"
    yield Call(rest, (more, pieces, e, at.out), at.out)


def sum_of_logarithms(examples: int, dtype: DType) -> tuple[str, Ref]:
    """sum_n log(1 + e_n) as the logarithms of some products of {0} = 1 + e_n, {1} saying where each begins."""
    size = FACTORS[dtype.char]
    if examples > size:
        return "add_reduce(log(multiply_reduceat({0}, {1})))", made("pieces", size)
    return "log(multiply_reduce({0}))", Ref("literal", 0)
