"""NumPy's calls for products and for sums over the batch: as matrix products where that is what they are.

`a.dot(b, out)` is the fastest way into the same matrix product as `@`. Where numbers must be the interpreter's to the bit it is `@` itself,
on the same views: of a value that is spread over an axis `@` adds up in another order than BLAS does.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from .references import ALL, SWAPPED, TURNED, ArrayView, Examples, Ref, index, made, reshape
from .sites import Argument, Call, Site, fronted, is_one_piece, looped, one_lead, one_matrix, permuted, rows
from .steps import DType
from .sums import FEW, ones

CACHED = 2**16  # entries that the second cache holds
FLAT = reshape(-1)
PAGE, LARGE = 2**12, 2**22  # bytes: rows so far from each other, and matrices so large, BLAS is slow at writing
NARROW, WORTH = 3, 2**13  # columns that are multiplied one by one, by so many entries: BLAS is slow at narrow products
FACTORS = {"f": 120, "d": 1000}  # between 1 and 2, whose product does not overflow
SMALL_LOSS = 2**-8  # below it, on average, log(1 + e) is not taken from 1 + e


def dot(at: Site, a: Ref, b: Ref, out: Ref) -> Call:
    return Call("matmul({}, {}, {})" if at.exact else "{}.dot({}, {})", (a, b, out))


def matvec(at: Site) -> Iterator[Call]:
    W, x = at.operands
    if len(W.step.core) == 2 and len(x.step.core) == 1:
        yield from _matrix_times_vector(at, W, x, W.ref, W.ref.seen(TURNED))
    elif not W.step.lead and not x.step.lead and len(x.step.core) == 1 and is_one_piece(W):
        yield dot(at, rows(W.ref, W.step, at.seeds), x.ref, at.out.seen(FLAT))
    else:
        yield from _matrix_times_rows(at, W, x, SWAPPED)


def vecmat(at: Site) -> Iterator[Call]:
    x, W = at.operands
    if len(W.step.core) == 2 and len(x.step.core) == 1:
        yield from _matrix_times_vector(at, W, x, W.ref.seen(TURNED), W.ref)
    else:
        yield from _matrix_times_rows(at, W, x)


def _matrix_times_rows(at: Site, W: Argument, x: Argument, *views: ArrayView) -> Iterator[Call]:
    """Vectors in several axes: all of them by one matrix, or each by its own."""
    v = at.step
    if one_matrix(W.step) and is_one_piece(x):
        yield dot(at, rows(x.ref, x.step, at.seeds), W.ref.seen(*views), rows(at.out, v, at.seeds))
    else:
        refs = [looped(y, v, 2 if y is W else 1, 1) for y in at.operands]
        yield Call(f"{v.op}({{}}, {{}}, {{}})", (*refs, at.out))


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
    """Of matrices, or of the matrices in the last two axes; in one product where one matrix multiplies all rows.

    What a step tells is the order in which the axes of the result are stored.
    """
    (A, B), v, out = at.operands, at.step, at.out
    if v.extra is not None:
        shape = tuple(v.core[v.extra.index(k)] for k in range(-len(v.core), 0))
        inverse = [v.extra.index(k) - len(v.core) for k in range(-len(v.core), 0)]
        v, out = v._replace(core=shape), permuted(out, v, inverse)
    elif not (at.exact or one_matrix(A.step)) and one_matrix(B.step) and is_one_piece(A):
        yield dot(at, rows(A.ref, A.step, at.seeds), B.ref, rows(out, v, at.seeds))
        return
    elif not v.lead and len(v.core) == 2:
        yield dot(at, A.ref, B.ref, out)
        return
    yield Call("matmul({}, {}, {})", (looped(A, v, 2, 2), looped(B, v, 2, 2), out))


def outer(at: Site) -> Iterator[Call]:
    v = at.step
    a, b = (looped(x, v, 1, 2) for x in at.operands)
    entries, row = math.prod(v.core), v.core[-1] * v.dtype.itemsize
    is_matrix = not v.lead and len(v.core) == 2
    if is_matrix and (entries <= CACHED or (row < PAGE and row * v.core[0] <= LARGE)):  # a product of a column and a row is faster
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


def batch_matmul(at: Site) -> Iterator[Call]:
    """The sum of products of matrices: one product of longer ones."""
    A, B = at.operands
    left = rows(A.ref.seen(SWAPPED), A.step._replace(core=A.step.core[::-1]), at.seeds)
    yield dot(at, left.seen(TURNED), rows(B.ref, B.step, at.seeds), at.out)


def is_narrow(core: tuple[int, ...], examples: int) -> bool:
    """Whether an outer product is better summed column by column."""
    return 1 < core[1] <= NARROW and examples * math.prod(core) > WORTH


def batch_weighted(at: Site) -> Iterator[Call]:
    s, a = at.operands
    if any(x.step.op == "spread" for x in (s, a)):
        yield Call("matmul({}, {}, {})", (s.ref, a.ref, at.out))
    elif at.exact and not is_one_piece(s):  # as `run` has it: a product with every third number of an array may round otherwise
        yield Call("matmul({}.ravel(), {}, {})", (s.ref, a.ref, at.out))
    else:
        yield dot(at, s.ref, a.ref, at.out)


def batch_sum(at: Site) -> Iterator[Call]:
    """An inner product with ones is called faster, and adds rows of a few numbers faster, than NumPy's sum."""
    (x,), core = at.operands, at.step.core
    if at.exact or at.many(1, FEW) or (len(core) > 1 and not is_one_piece(x)):
        yield Call("add_reduce({}, 0, None, {})", (x.ref, at.out))
    elif len(core) > 1:
        yield dot(at, ones(at, Examples()), x.ref.seen(reshape(Examples(), math.prod(core))), at.out.seen(FLAT))
    elif core:
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
