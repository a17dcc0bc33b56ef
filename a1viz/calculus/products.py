"""Identities of products: norms and inner products of gradients, and their sums over a batch, without the gradients. One row each.

A weight's gradient is an outer product where it is used once, a product of two matrices where it is used T times, rows put at labels where
it is an embedding; with signs, numbers, sums and axes in another place around that. `norm` takes norms and inner products inside, `batch` sums.
Serves questions 2.2.2 and 2.3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..graph.nodes import Builder
from ..graph.shapes import Shape
from ..graph.sizes import Dim, added, multiplied
from .matching import Identity, terms

STRUCTURED = (
    "outer",
    "matmul",
    "untake",
    "unslice",
    "pad_end",
    "pad_start",
    "conv1d_kernel",
    "conv2d_kernel",
)  # what an identity takes apart
Found = Mapping[str, Any]  # what the variables of a pattern stand for
Condition = Callable[[Builder, Found], bool]
Bounds = tuple[tuple[Dim, Dim], ...]  # of a slice, along each axis


def is_structured(builder: Builder, name: str) -> bool:
    """Whether a value is what an identity takes apart, or a sum of values of which one is."""
    return any(builder.nodes[term].op in (*STRUCTURED, "transpose") for term in terms(builder.nodes, name))


# --- conditions -----------------------------------------------------------------------------------------------------------------------


def _all(*conditions: Condition) -> Condition:
    return lambda builder, found: all(condition(builder, found) for condition in conditions)


def _rank(rank: int, *names: str) -> Condition:
    return lambda builder, found: all(len(builder.shape(found[n])) == rank for n in names)


def _looped(builder: Builder, found: Found) -> bool:
    """Whether the outer product of a and b is not that of two vectors alone."""
    return not _rank(1, "a", "b")(builder, found)


def _same_shape(*names: str) -> Condition:
    return lambda builder, found: len({builder.shape(found[n]) for n in names}) == 1


def _structured(*names: str) -> Condition:
    """Whether one of `names` is worth taking apart."""
    return lambda builder, found: any(is_structured(builder, found[n]) for n in names)


def _unstructured(name: str) -> Condition:
    return lambda builder, found: not is_structured(builder, found[name])


def _structured_sum(*names: str) -> Condition:
    """Whether a + b adds without broadcasting, and one of `names` is worth taking apart."""
    return _all(_same_shape("a", "b"), _structured(*names))


def _structured_multiple(builder: Builder, found: Found) -> bool:
    """Whether s is a number in front of a value worth taking apart."""
    return not builder.shape(found["s"]) and bool(builder.shape(found["a"])) and is_structured(builder, found["a"])


def _multiple(rank: int, *names: str) -> Condition:
    """Whether s is a number in front of values with so many axes."""
    return _all(_rank(0, "s"), _rank(rank, *names))


def _lacks(name: str) -> Condition:
    """Whether an operand of a product has none of the axes in front that are summed over."""
    return lambda builder, found: _are_loops(found) and all(axis < -len(builder.shape(found[name])) for axis in found["axis"])


def _are_loops(found: Found) -> bool:
    axes = found["axis"]
    return isinstance(axes, tuple) and max(axes) < -2


def _of_a_leaf(builder: Builder, found: Found) -> bool:
    """Whether s is a number in front of a leaf, and A and B have the same axes in front."""
    A, B = builder.shape(found["A"]), builder.shape(found["B"])
    return not builder.shape(found["s"]) and builder.nodes[found["C"]].is_leaf and A[:-2] == B[:-2]


def _full(name: str) -> Condition:
    """Whether s has an entry for each row that it is put into: nothing is broadcast."""
    return lambda builder, found: len(builder.shape(found["s"])) == len(builder.shape(found[name])) - 1


def _is_label(builder: Builder, found: Found) -> bool:
    return builder.nodes[found["t"]].op != "constant"


def _is_fixed(builder: Builder, found: Found) -> bool:
    return builder.nodes[found["k"]].op == "constant" and not builder.shape(found["k"])


def _apart(builder: Builder, found: Found) -> bool:
    """Whether the parts i and k of an array have no entry in common."""
    pairs = zip(found["i"], found["k"], strict=True)
    return any(one[1] == other[0] or other[1] == one[0] or _before(one, other) or _before(other, one) for one, other in pairs)


def _other_entry(builder: Builder, found: Found) -> bool:
    """Whether i and k are two numbers."""
    nodes = [builder.nodes[found[name]] for name in "ik"]
    return all(node.op == "constant" and not node.shape for node in nodes) and nodes[0].number != nodes[1].number


def _before(one: tuple[Dim, Dim], other: tuple[Dim, Dim]) -> bool:
    return isinstance(one[1], int) and isinstance(other[0], int) and one[1] <= other[0]


# --- attributes that shapes decide ------------------------------------------------------------------------------------------------------


def _merged(builder: Builder, found: Found) -> dict[str, Any] | None:
    """How the rows of A.T and of B, along axes in front and along that which a product sums over, become those of one matrix each."""
    A, B, axes = builder.shape(found["A"]), builder.shape(found["B"]), found["axis"]
    if not _are_loops(found) or min(axes) < -min(len(A), len(B)) or any(A[axis] != B[axis] for axis in axes):
        return None
    (p, u), (q, v) = _rows(A, axes, -1, -2), _rows(B, axes, -2, -1)
    return {"p": p, "u": u, "q": q, "v": v}


def _rows(shape: Shape, axes: Sequence[int], along: int, last: int) -> tuple[tuple[int, ...], Shape]:
    """The order of the axes, and the shape with those summed over as one."""
    kept = [axis for axis in range(-len(shape), -2) if axis not in axes]
    rows = multiplied(*(shape[axis] for axis in (*axes, along)))
    return (*kept, *axes, along, last), (*(shape[axis] for axis in kept), rows, shape[last])


def _parts_of_factors(builder: Builder, found: Found) -> dict[str, Any] | None:
    """Which parts of the factors of a matrix make up one of its parts."""
    rows, columns = found["index"][-2:]
    if len(found["index"]) != 2:
        return None
    if "a" in found:
        return {"i": (rows,), "k": (columns,)}
    (_, inner), (_, n) = builder.shape(found["A"]), builder.shape(found["B"])
    assert n is not None
    return {"i": (rows, (0, inner)), "k": ((0, inner), columns)}


def _as_part(builder: Builder, found: Found) -> dict[str, Any]:
    """A fixed entry along an axis as a slice."""
    shape, axis, k = builder.shape(found["x"]), found["axis"], int(builder.nodes[found["k"]].number)
    return {"at": (axis,), "index": tuple((k, k + 1) if j - len(shape) == axis else (0, size) for j, size in enumerate(shape))}


def _first_entries(builder: Builder, found: Found) -> dict[str, Any]:
    """The first entries along an axis, as many as x has, as a slice."""
    return {"index": _bounds(builder, found, is_first=True)}


def _last_entries(builder: Builder, found: Found) -> dict[str, Any]:
    return {"index": _bounds(builder, found, is_first=False)}


def _bounds(builder: Builder, found: Found, is_first: bool) -> Bounds:
    shape, axis = builder.shape(found["A"]), found["axis"]
    size = builder.shape(found["x"])[axis]
    part = (0, size) if is_first else (added(shape[axis], size, -1), shape[axis])
    return tuple(part if k - len(shape) == axis else (0, length) for k, length in enumerate(shape))


def _both_permutations(builder: Builder, found: Found) -> dict[str, Any]:
    """One permutation after the other as one."""
    rank = len(builder.shape(found["A"]))
    p, q = (found[name] or (*range(-rank, -2), -1, -2) for name in "pq")
    return {"r": tuple(p[axis] for axis in q)}


def _in_order(builder: Builder, found: Found) -> bool:
    """Whether a permutation changes nothing."""
    return found["p"] is not None and all(k - axis == len(found["p"]) for k, axis in enumerate(found["p"]))


def _undone(builder: Builder, found: Found) -> bool:
    """Whether one permutation puts back what the other changed."""
    r = _both_permutations(builder, found)["r"]
    return bool(r == tuple(range(-len(r), 0)))


def _own_shape(name: str) -> Callable[[Builder, Found], dict[str, Any]]:
    return lambda builder, found: {"shape": builder.shape(found[name])}


def _whole(d: int) -> Condition:
    """Whether a convolution has d spatial axes, no loops and no groups."""
    ranks = _all(_rank(d + 1, "X", "b"), _rank(d + 2, "K"))
    return lambda builder, found: found["groups"] == 1 and ranks(builder, found)


def _positions_as_one(builder: Builder, found: Found) -> dict[str, Any]:
    channels, *positions = builder.shape(found["b"])
    return {"u": (channels, multiplied(*positions))}


SAME = "stride=stride, padding=padding, groups=groups"  # as the convolution that a row is about
CONVOLVED = [f"X({x}) b({b}) K({k}) stride=1 padding=0 groups=1" for x, b, k in (("2,5", "3,4", "3,2,2"), ("2,4,5", "3,3,4", "3,2,2,2"))]


# fmt: off
PRODUCTS = (
    # norm: questions 2.2.2 and 2.3; what the factors of a gradient are
    Identity("outer product times a matrix", "matmul(outer(a, b), C)", "outer(a, vecmat(b, C))", "norm", "the order of a product is free",
             _rank(1, "a", "b"), case="a(m) b(k) C(k,n)"),
    Identity("matrix times an outer product", "matmul(C, outer(a, b))", "outer(matvec(C, a), b)", "norm", "", _rank(1, "a", "b"), case="C(m,k) a(k) b(n)"),
    Identity("transposed matrix product", "transpose(matmul(A, B))", "matmul(transpose(B), transpose(A))", "norm", case="A(m,k) B(k,n)"),
    Identity("sum of outer products along axes", "sum(outer(a, b), axis=axis)", "sum(matmul(expand(a, axis=-1), expand(b, axis=-2)), axis=axis)",
             "norm", case="a(T,m) b(T,n) axis=(-3,)"),
    Identity("sum of matrix products along axes", "sum(matmul(A, B), axis=axis)",
             "matmul(transpose(reshape(transpose(A, axes=p), shape=u)), reshape(transpose(B, axes=q), shape=v))", "norm",
             "a weight used by every head, pixel or time step: one product of longer matrices", attributes=_merged, case="A(H,m,T) B(H,T,n) axis=(-3,)"),
    Identity("sum of products with a matrix", "sum(matmul(A, B), axis=axis)", "matmul(A, sum(B, axis=axis))", "norm", "", _lacks("A"), case="A(m,k) B(H,k,n) axis=(-3,)"),
    Identity("sum of products by a matrix", "sum(matmul(A, B), axis=axis)", "matmul(sum(A, axis=axis), B)", "norm", "", _lacks("B"), case="A(H,m,k) B(k,n) axis=(-3,)"),
    Identity("sum of matrix products, axes kept", "sum(matmul(A, B), axis=axis, keepdims=True)",
             "expand(sum(matmul(A, B), axis=axis), axis=axis)", "norm", "", lambda builder, found: _are_loops(found), case="A(H,m,k) B(H,k,n) axis=(-3,)"),
    Identity("masked twice", "outer(a, b) * M * W", "outer(a, b) * (M * W)", "norm", "", _same_shape("M", "W"), case="a(m) b(n) M(m,n) W(m,n)"),
    Identity("first rows of a product", "head(A, x, axis=axis)", "slice(A, index=index)", "norm", "", _structured("A"), _first_entries, case="A(m,n) x(k,n) axis=-2"),
    Identity("last rows of a product", "tail(A, x, axis=axis)", "slice(A, index=index)", "norm", "", _structured("A"), _last_entries, case="A(m,n) x(k,n) axis=-2"),
    Identity("part of an outer product", "slice(outer(a, b), index=index)", "outer(slice(a, index=i), slice(b, index=k))", "norm", "",
             _rank(1, "a", "b"), _parts_of_factors, case="a(m) b(n) index=((0,2),(1,2))"),
    Identity("part of a matrix product", "slice(matmul(A, B), index=index)", "matmul(slice(A, index=i), slice(B, index=k))", "norm", "",
             _rank(2, "A", "B"), _parts_of_factors, case="A(m,k) B(k,n) index=((0,2),(1,2))"),
    Identity("part of a sum", "slice(a + b, index=index)", "slice(a, index=index) + slice(b, index=index)", "norm", "", _structured_sum("a", "b"), case="a(m) b(m) index=((0,2),)"),
    Identity("part of a negative", "slice(-a, index=index)", "-slice(a, index=index)", "norm", "", _structured("a"), case="a(m) index=((0,2),)"),
    Identity("part of a multiple", "slice(s * a, index=index)", "s * slice(a, index=index)", "norm", "", _structured_multiple, case="s() a(m) index=((0,2),)"),
    Identity("part put back", "slice(unslice(s, x, index=index), index=index)", "s", "norm", case="s(2) x(m) index=((0,2),)"),
    Identity("rows of a matrix product", "take(matmul(A, B), t)", "matmul(take(A, t), B)", "norm",
             "what an output layer tied to an embedding needs of it", _all(_rank(2, "A", "B"), _rank(1, "t")), case="A(V,k) B(k,n) t[T]"),
    Identity("row of a matrix product", "take(matmul(A, B), t)", "vecmat(take(A, t), B)", "norm", "", _all(_rank(2, "A", "B"), _rank(0, "t")), case="A(V,k) B(k,n) t[]"),
    Identity("rows of an outer product", "take(outer(a, b), t)", "outer(take(a, t), b)", "norm", "", _all(_rank(1, "a", "b"), _rank(1, "t")), case="a(V) b(n) t[T]"),
    Identity("row of an outer product", "take(outer(a, b), t)", "take(a, t) * b", "norm", "", _all(_rank(1, "a", "b"), _rank(0, "t")), case="a(V) b(n) t[]"),
    Identity("rows put somewhere, read elsewhere", "take(untake(s, u, x), t)", "retake(s, u, t)", "norm", "only equal labels meet", case="s(T,n) u[T] x(V,n) t[k]"),
    # norm: signs, numbers, sums, places
    Identity("norm of a negative", "norm2(-a)", "norm2(a)", "norm", case="a(n)"),
    Identity("norm of a multiple", "norm2(s * a)", "s * s * norm2(a)", "norm", "", _structured_multiple, case="s() a(m,n)"),
    Identity("norm of a quotient", "norm2(a / s)", "norm2(a) / (s * s)", "norm", "", _structured_multiple, case="s() a(m,n)"),
    Identity("norm of what is selected", "norm2(select(s, a))", "select(s, norm2(a))", "norm", "", _structured_multiple, case="s() a(m,n)"),
    Identity("norm of a transpose", "norm2(transpose(A, axes=axes))", "norm2(A)", "norm", "the entries are the same", case="A(m,n) axes=None"),
    Identity("norm of a reshaped array", "norm2(reshape(A, shape=shape))", "norm2(A)", "norm", case="A(m,n) shape=(-1,)"),
    Identity("norm of an array in another's shape", "norm2(reshape_like(A, x))", "norm2(A)", "norm", case="A(m,n) x(m*n)"),
    Identity("norm of an expanded array", "norm2(expand(A, axis=axis))", "norm2(A)", "norm", case="A(m,n) axis=(0,)"),
    Identity("norm of a squeezed array", "norm2(squeeze(A, axis=axis))", "norm2(A)", "norm", case="A(m,1) axis=(-1,)"),
    Identity("norm of a part put back", "norm2(unslice(a, x, index=index))", "norm2(a)", "norm", "zeros add nothing", case="a(2,n) x(m,n) index=((0,2),(0,None))"),
    Identity("norm before zeros", "norm2(pad_end(a, x, axis=axis))", "norm2(a)", "norm", case="a(k) x(m) axis=-1"),
    Identity("norm after zeros", "norm2(pad_start(a, x, axis=axis))", "norm2(a)", "norm", case="a(k) x(m) axis=-1"),
    Identity("norm of an entry put back", "norm2(scatter(s, t, x, axis=axis))", "norm2(s)", "norm", "", _full("x"), case="s() t[] x(V) axis=-1"),
    Identity("norm of a row put back", "norm2(untake(s, t, x))", "norm2(s)", "norm", "", _rank(0, "t"), case="s(n) t[] x(V,n)"),
    Identity("norm of rows put back", "norm2(untake(s, t, x))", "inner(s, retake(s, t, t))", "norm",
             "an embedding: rows of the same label are added up before they are squared, and no row of another label is touched", case="s(T,n) t[T] x(V,n)"),
    Identity("norm of an outer product", "norm2(outer(a, b))", "norm2(a) * norm2(b)", "norm",
             "sum of (a_i b_j)^2 = sum of a_i^2 times sum of b_j^2", _rank(1, "a", "b"), case="a(m) b(n)"),
    Identity("norm of outer products", "norm2(outer(a, b))", "sum(norm2(a, axis=-1) * norm2(b, axis=-1))", "norm", "", _looped, case="a(H,m) b(H,n)"),
    Identity("norm of a matrix product", "norm2(matmul(A, B))", "sum(matmul(transpose(A), A) * matmul(B, transpose(B)))", "norm",
             "a weight used at T steps of a sequence: two T x T matrices instead of the gradient", case="A(m,T) B(T,n)"),
    Identity("norm of a masked outer product", "norm2(outer(a, b) * M)", "inner(a * a, matvec(M * M, b * b))", "norm",
             "a weight behind a mask or a function", _all(_rank(1, "a", "b"), _rank(2, "M")), case="a(m) b(n) M(m,n)"),
    Identity("norm of a sum", "norm2(a + b)", "norm2(a) + 2 * inner(a, b) + norm2(b)", "norm", "", _structured_sum("a", "b"), case="a(m,n) b(m,n)"),
    Identity("norm of a difference", "norm2(a - b)", "norm2(a) - 2 * inner(a, b) + norm2(b)", "norm", "", _structured_sum("a", "b"), case="a(m,n) b(m,n)"),
    # norm: inner products
    Identity("inner product with a sum", "inner(a + b, c)", "inner(a, c) + inner(b, c)", "norm", "", _structured_sum("a", "b", "c"), case="a(n) b(n) c(n)"),
    Identity("inner product with a difference", "inner(a - b, c)", "inner(a, c) - inner(b, c)", "norm", "", _structured_sum("a", "b", "c"), case="a(n) b(n) c(n)"),
    Identity("inner product with a negative", "inner(-a, b)", "-inner(a, b)", "norm", "", _structured("a"), case="a(n) b(n)"),
    Identity("inner product with a multiple", "inner(s * a, b)", "s * inner(a, b)", "norm", "", _structured_multiple, case="s() a(n) b(n)"),
    Identity("inner product with a quotient", "inner(a / s, b)", "inner(a, b) / s", "norm", "", _structured_multiple, case="s() a(n) b(n)"),
    Identity("inner product with what is selected", "inner(select(s, a), b)", "select(s, inner(a, b))", "norm", "", _structured_multiple, case="s() a(n) b(n)"),
    Identity("inner product of transposes", "inner(transpose(A, axes=axes), transpose(B, axes=axes))", "inner(A, B)", "norm", case="A(m,n) B(m,n) axes=None"),
    Identity("inner product with a transpose", "inner(transpose(A, axes=axes), b)", "inner(A, transpose(b, inverse=axes))", "norm", "",
             _structured("A"), case="A(m,n) b(n,m) axes=None"),
    Identity("inner product with a reshaped array", "inner(reshape(A, shape=shape), b)", "inner(A, reshape_like(b, A))", "norm", "",
             _structured("A"), case="A(m,n) b(m*n) shape=(-1,)"),
    Identity("inner product in another's shape", "inner(reshape_like(A, x), b)", "inner(A, reshape_like(b, A))", "norm", "", _structured("A"), case="A(m,n) b(m*n) x(m*n)"),
    Identity("inner product with an expanded array", "inner(expand(A, axis=axis), b)", "inner(A, squeeze(b, axis=axis))", "norm", "",
             _structured("A"), case="A(m,n) b(1,m,n) axis=(0,)"),
    Identity("inner product with a squeezed array", "inner(squeeze(A, axis=axis), b)", "inner(A, expand(b, axis=axis))", "norm", "",
             _structured("A"), case="A(m,1) b(m) axis=(-1,)"),
    Identity("reshaped there and back", "reshape_like(reshape(A, shape=shape), x)", "A", "norm", "", _same_shape("A", "x"), case="A(m,n) x(m,n) shape=(-1,)"),
    Identity("in another's shape and back", "reshape_like(reshape_like(A, y), x)", "A", "norm", "", _same_shape("A", "x"), case="A(m,n) y(m*n) x(m,n)"),
    Identity("squeezed and expanded", "squeeze(expand(A, axis=axis), axis=axis)", "A", "norm", case="A(m,n) axis=(0,)"),
    Identity("expanded and squeezed", "expand(squeeze(A, axis=axis), axis=axis)", "A", "norm", case="A(m,1) axis=(-1,)"),
    Identity("axes as they are", "transpose(A, axes=p)", "A", "norm", "", _in_order, case="A(m) p=(-1,)"),
    Identity("transposed there and back", "transpose(transpose(A, axes=p), axes=q)", "A", "norm", "", _undone, case="A(m,n) p=None q=None"),
    Identity("transposed twice", "transpose(transpose(A, axes=p), axes=q)", "transpose(A, axes=r)", "norm", attributes=_both_permutations,
             case="A(H,m,n) p=(1,2,0) q=(1,0,2)"),
    Identity("inner product of parts apart", "inner(unslice(a, x, index=i), unslice(b, y, index=k))", "0", "norm", "layers kept in one array",
             _apart, case="a(2) x(m) b(1) y(m) i=((0,2),) k=((2,3),)"),
    Identity("inner product of entries apart", "inner(scatter(a, i, x, axis=axis), scatter(b, k, y, axis=axis))", "0", "norm", "", _other_entry,
             case="a() i{0} x(V) b() k{1} y(V) axis=-1"),
    Identity("entry put back", "pick(scatter(s, t, x, axis=axis), t, axis=axis)", "s", "norm", "", _full("x"), case="s() t[] x(V) axis=-1"),
    Identity("inner product with a part put back", "inner(unslice(a, x, index=index), b)", "inner(a, slice(b, index=index))", "norm", case="a(2) x(m) b(m) index=((0,2),)"),
    Identity("inner product before zeros", "inner(pad_end(a, x, axis=axis), b)", "inner(a, head(b, a, axis=axis))", "norm", case="a(k) x(m) b(m) axis=-1"),
    Identity("inner product after zeros", "inner(pad_start(a, x, axis=axis), b)", "inner(a, tail(b, a, axis=axis))", "norm", case="a(k) x(m) b(m) axis=-1"),
    Identity("inner product with an entry put back", "inner(scatter(s, t, x, axis=axis), b)", "inner(s, pick(b, t, axis=axis))", "norm", "",
             _full("x"), case="s() t[] x(V) b(V) axis=-1"),
    Identity("inner product with rows put back", "inner(untake(s, t, x), b)", "inner(s, take(b, t))", "norm",
             "an embedding that is used elsewhere too: only its rows are", case="s(T,n) t[T] x(V,n) b(V,n)"),
    Identity("adding nothing", "a + 0", "a", "norm", case="a()"),
    Identity("inner product of outer products", "inner(outer(a, b), outer(c, d))", "inner(a, c) * inner(b, d)", "norm",
             "the finite-width tangent kernel of a layer", _rank(1, "a", "b", "c", "d"), case="a(m) b(n) c(m) d(n)"),
    Identity("inner product of looped outer products", "inner(outer(a, b), C)", "inner(matmul(expand(a, axis=-1), expand(b, axis=-2)), C)",
             "norm", "", _all(_looped, _structured("C")), case="a(H,m) b(H,n) C(H,m,n)"),
    Identity("inner product of an outer product and a transpose", "inner(outer(a, b), transpose(C))", "inner(outer(b, a), C)", "norm", "",
             _rank(1, "a", "b"), case="a(m) b(n) C(n,m)"),
    Identity("inner product of masked outer products", "inner(outer(a, b) * M, outer(c, d) * W)", "inner(a * c, matvec(M * W, b * d))", "norm",
             "", _all(_rank(1, "a", "b", "c", "d"), _rank(2, "M", "W")), case="a(m) b(n) M(m,n) c(m) d(n) W(m,n)"),
    Identity("inner product of an outer product and a masked one", "inner(outer(a, b), outer(c, d) * M)", "inner(a * c, matvec(M, b * d))",
             "norm", "", _all(_rank(1, "a", "b", "c", "d"), _rank(2, "M")), case="a(m) b(n) c(m) d(n) M(m,n)"),
    Identity("inner product of a masked outer product", "inner(outer(a, b) * M, C)", "inner(a, matvec(M * C, b))", "norm", "",
             _all(_rank(1, "a", "b"), _rank(2, "M"), _unstructured("C")), case="a(m) b(n) M(m,n) C(m,n)"),
    Identity("inner product of an outer product and a matrix", "inner(outer(a, b), C)", "inner(a, matvec(C, b))", "norm",
             "sum of a_i b_j C_ij", _all(_rank(1, "a", "b"), _rank(2, "C"), _unstructured("C")), case="a(m) b(n) C(m,n)"),
    Identity("inner product of an outer and a matrix product", "inner(outer(a, b), matmul(A, B))", "inner(vecmat(a, A), matvec(B, b))", "norm",
             "", _all(_rank(1, "a", "b"), _rank(2, "A", "B")), case="a(m) b(n) A(m,T) B(T,n)"),
    Identity("inner product of matrix products", "inner(matmul(A, B), matmul(C, D))",
             "sum(matmul(transpose(A), C) * matmul(B, transpose(D)))", "norm", "a weight used in two sequences", case="A(m,T) B(T,n) C(m,k) D(k,n)"),
    Identity("inner product of a matrix product and a multiple", "inner(matmul(A, B), s * C)", "s * inner(A, matmul(C, transpose(B)))", "norm",
             "of a penalty on the weights, which all examples share", _of_a_leaf, case="A(m,T) B(T,n) s() C(m,n)"),
    *(Identity(f"gradient of a {d}-dimensional convolution", f"conv{d}d_kernel(X, b, K, {SAME})",
               f"reshape_like(matmul(reshape(b, shape=u), transpose(unfold{d}d(X, K, stride=stride, padding=padding))), K)", "norm",
               "a kernel is a weight of every window", _whole(d), _positions_as_one, case=CONVOLVED[d - 1]) for d in (1, 2)),
    # batch: sums over the examples
    Identity("axes of all examples as they are", "transpose(A, axes=p)", "A", "batch", "", _in_order, case="A(m) p=(-1,)"),
    Identity("batch total of outer products", "batch_sum(outer(a, b))", "batch_outer(a, b)", "batch",
             "one matrix product instead of N outer products", _rank(1, "a", "b"), case="a(m) b(n)"),
    Identity("batch total of looped outer products", "batch_sum(outer(a, b))", "batch_matmul(expand(a, axis=-1), expand(b, axis=-2))", "batch",
             "", _looped, case="a(H,m) b(H,n)"),
    Identity("batch total of matrix products", "batch_sum(matmul(A, B))", "batch_matmul(A, B)", "batch",
             "one matrix product over examples and time steps", case="A(m,T) B(T,n)"),
    Identity("batch total of sums of outer products", "batch_sum(sum(outer(a, b), axis=axis))",
             "batch_sum(sum(matmul(expand(a, axis=-1), expand(b, axis=-2)), axis=axis))", "batch", case="a(T,m) b(T,n) axis=(-3,)"),
    Identity("batch total of sums of matrix products", "batch_sum(sum(matmul(A, B), axis=axis))",
             "batch_matmul(transpose(reshape(transpose(A, axes=p), shape=u)), reshape(transpose(B, axes=q), shape=v))", "batch", "",
             attributes=_merged, case="A(H,m,T) B(H,T,n) axis=(-3,)"),
    Identity("batch total of products with a matrix", "batch_sum(sum(matmul(A, B), axis=axis))", "batch_matmul(A, sum(B, axis=axis))", "batch",
             "", _lacks("A"), case="A(m,k) B(H,k,n) axis=(-3,)"),
    Identity("batch total of products by a matrix", "batch_sum(sum(matmul(A, B), axis=axis))", "batch_matmul(sum(A, axis=axis), B)", "batch",
             "", _lacks("B"), case="A(H,m,k) B(k,n) axis=(-3,)"),
    Identity("batch total of rows put back", "batch_sum(untake(s, t, x))", "batch_untake(s, t, x)", "batch",
             "an embedding: one array for all examples", case="s(T,n) t[T] x(V,n)"),
    Identity("batch total of entries put back", "batch_sum(scatter(s, t, x))", "batch_untake(s, t, x)", "batch", "",
             _all(_rank(0, "s", "t"), _rank(1, "x"), _is_label), case="s() t[] x(V)"),
    Identity("batch total of fixed entries put back", "batch_sum(scatter(s, k, x, axis=axis))",
             "unslice(expand(batch_sum(s), axis=at), x, index=index)", "batch", "layers kept in one array", _all(_full("x"), _is_fixed),
             _as_part, case="s(n) k{1} x(V,n) axis=-2"),
    Identity("batch total of multiples of outer products", "batch_sum(s * outer(a, b))", "batch_outer(s * a, b)", "batch", "",
             _multiple(1, "a", "b"), case="s() a(m) b(n)"),
    Identity("batch total of multiples of matrix products", "batch_sum(s * matmul(A, B))", "batch_sum(matmul(s * A, B))", "batch", "", _rank(0, "s"), case="s() A(m,T) B(T,n)"),
    Identity("batch total of multiples of rows", "batch_sum(s * untake(a, t, x))", "batch_sum(untake(s * a, t, x))", "batch", "", _rank(0, "s"), case="s() a(T,n) t[T] x(V,n)"),
    Identity("batch total of multiples", "batch_sum(s * a)", "batch_weighted(s, a)", "batch", "one product of a vector and a matrix",
             _multiple(1, "a"), case="s() a(n)"),
    Identity("batch total of quotients", "batch_sum(a / s)", "batch_sum(1 / s * a)", "batch", "", _structured_multiple, case="s() a(m,n)"),
    Identity("batch total of selected outer products", "batch_sum(select(s, outer(a, b)))", "batch_outer(select(s, a), select(s, b))", "batch",
             "", _multiple(1, "a", "b"), case="s() a(m) b(n)"),
    Identity("batch total of selected matrix products", "batch_sum(select(s, matmul(A, B)))", "batch_sum(matmul(select(s, A), select(s, B)))",
             "batch", "", _rank(0, "s"), case="s() A(m,T) B(T,n)"),
    Identity("batch total of selected rows", "batch_sum(select(s, untake(a, t, x)))", "batch_sum(untake(select(s, a), t, x))", "batch", "",
             _rank(0, "s"), case="s() a(T,n) t[T] x(V,n)"),
    Identity("batch total of a sum", "batch_sum(a + b)", "batch_sum(a) + batch_sum(b)", "batch", "", _same_shape("a", "b"), case="a(n) b(n)"),
    Identity("batch total of a difference", "batch_sum(a - b)", "batch_sum(a) - batch_sum(b)", "batch", "", _same_shape("a", "b"), case="a(n) b(n)"),
    Identity("batch total of a negative", "batch_sum(-a)", "-batch_sum(a)", "batch", case="a(n)"),
    Identity("batch total of a transpose", "batch_sum(transpose(A, axes=axes))", "transpose(batch_sum(A), axes=axes)", "batch", case="A(m,n) axes=None"),
    Identity("batch total of a reshaped array", "batch_sum(reshape(A, shape=shape))", "reshape(batch_sum(A), shape=shape)", "batch", case="A(m,n) shape=(-1,)"),
    Identity("batch total in another's shape", "batch_sum(reshape_like(A, x))", "reshape(batch_sum(A), shape=shape)", "batch",
             attributes=_own_shape("x"), case="A(m,n) x(m*n)"),
    Identity("batch total of an expanded array", "batch_sum(expand(A, axis=axis))", "expand(batch_sum(A), axis=axis)", "batch", case="A(m,n) axis=(0,)"),
    Identity("batch total of a squeezed array", "batch_sum(squeeze(A, axis=axis))", "squeeze(batch_sum(A), axis=axis)", "batch", case="A(m,1) axis=(-1,)"),
    Identity("batch total of a part put back", "batch_sum(unslice(A, x, index=index))", "unslice(batch_sum(A), x, index=index)", "batch", case="A(2,n) x(m,n) index=((0,2),(0,None))"),
    Identity("batch total of sums along axes", "batch_sum(sum(A, axis=axis))", "sum(batch_sum(A), axis=axis)", "batch", case="A(T,n) axis=(-2,)"),
    *(Identity(f"batch total of gradients of a {d}-dimensional convolution", f"batch_sum(conv{d}d_kernel(X, b, K, {SAME}))",
               f"batch_conv{d}d_kernel(X, b, K, {SAME})", "batch", "one matrix product instead of N", _all(_rank(d + 1, "X", "b"), _rank(d + 2, "K")),
               case=CONVOLVED[d - 1]) for d in (1, 2)),
)
# fmt: on
