"""Identities of products: both sides of each row are equal at any rank, with and without a batch, and the pass finds them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from a1viz.base.errors import InputError, ShapeError
from a1viz.calculus.identities import IDENTITIES
from a1viz.calculus.interpreter import execute
from a1viz.calculus.products import PRODUCTS
from a1viz.calculus.rewriting import rewrite
from a1viz.calculus.rows import Identity
from a1viz.graph.leaves import gather
from a1viz.graph.nodes import Builder, Graph
from a1viz.graph.sizes import size_of
from a1viz.graph.trees import Applied, expression_tree, plant

SIZES = {"m": 3, "n": 4, "k": 2, "T": 5, "V": 6, "H": 2, "U": 3}
ROW = {row.name: row for row in PRODUCTS}
MORE = [  # other ranks than those a row is stated with
    ("transposed matrix product", "A(H,m,k) B(H,k,n)"),
    ("transposed matrix product", "A(m,k) B(H,k,n)"),
    ("sum of outer products along axes", "a(H,T,m) b(H,T,n) axis=(-4,-3)"),
    ("sum of outer products along axes", "a(H,T,m) b(H,T,n) axis=(-4,)"),
    ("sum of outer products along axes", "a(H,T,m) b(n) axis=(-3,)"),
    ("sum of matrix products along axes", "A(U,H,m,T) B(U,H,T,n) axis=(-4,-3)"),
    ("sum of matrix products along axes", "A(U,H,m,T) B(U,H,T,n) axis=(-4,)"),
    ("sum of matrix products along axes", "A(U,H,m,T) B(U,H,T,n) axis=(-3,)"),
    ("sum of matrix products along axes", "A(H,m,T) B(U,H,T,n) axis=(-3,)"),
    ("sum of matrix products along axes", "A(U,H,m,T) B(H,T,n) axis=(-3,)"),
    ("sum of products with a matrix", "A(H,m,k) B(U,H,k,n) axis=(-4,)"),
    ("sum of products by a matrix", "A(U,H,m,k) B(k,n) axis=(-4,-3)"),
    ("sum of matrix products, axes kept", "A(U,H,m,k) B(H,k,n) axis=(-4,)"),
    ("first rows of a product", "A(m,n) x(m,k) axis=-1"),
    ("first rows of a product", "A(H,m,n) x(H,k,n) axis=-2"),
    ("last rows of a product", "A(m,n) x(m,k) axis=-1"),
    ("last rows of a product", "A(m) x(k) axis=-1"),
    ("norm of a transpose", "A(H,m,n) axes=(1,2,0)"),
    ("norm of a reshaped array", "A(H,m,n) shape=(-1,3)"),
    ("norm of an expanded array", "A(m) axis=(0,2)"),
    ("norm of an entry put back", "s(m) t[] x(m,V) axis=-1"),
    ("norm of an entry put back", "s(m) t[m] x(V,m) axis=-2"),
    ("norm of a row put back", "s(H,n) t[] x(V,H,n)"),
    ("norm of rows put back", "s(T) t[T] x(V)"),
    ("norm of rows put back", "s(T,H,n) t[T,H] x(V,n)"),
    ("norm of rows put back", "s(T,H,n) t[T] x(V,H,n)"),
    ("norm of outer products", "a(m) b(H,n)"),
    ("norm of outer products", "a(U,H,m) b(H,n)"),
    ("norm of a matrix product", "A(H,m,T) B(H,T,n)"),
    ("norm of a matrix product", "A(m,T) B(H,T,n)"),
    ("norm of a matrix product", "A(U,1,m,T) B(H,T,n)"),
    ("inner product of transposes", "A(H,m,n) B(H,m,n) axes=(2,0,1)"),
    ("inner product with a transpose", "A(H,m,n) b(n,H,m) axes=(2,0,1)"),
    ("transposed twice", "A(H,m,n) p=(2,0,1) q=(1,2,0)"),
    ("transposed there and back", "A(H,m,n) p=(1,2,0) q=(2,0,1)"),
    ("inner product of parts apart", "a(2,1) x(m,n) b(2,2) y(m,n) i=((0,2),(0,1)) k=((1,3),(2,4))"),
    ("inner product of entries apart", "a(m,n) i{0} x(V,m,n) b(m,n) k{2} y(V,m,n) axis=-3"),
    ("entry put back", "s(m) t[m] x(V,m) axis=-2"),
    ("inner product with rows put back", "s(T,H,n) t[T,H] x(V,n) b(V,n)"),
    ("inner product with rows put back", "s(n) t[] x(V,n) b(V,n)"),
    ("rows put somewhere, read elsewhere", "s(T,H,n) u[T,H] x(V,n) t[k]"),
    ("rows put somewhere, read elsewhere", "s(n) u[] x(V,n) t[k]"),
    ("rows put somewhere, read elsewhere", "s(T) u[T] x(V) t[]"),
    ("inner product of looped outer products", "a(m) b(H,n) C(H,m,n)"),
    ("inner product of matrix products", "A(H,m,T) B(H,T,n) C(H,m,k) D(H,k,n)"),
    ("inner product of matrix products", "A(m,T) B(H,T,n) C(H,m,k) D(k,n)"),
    ("inner product of a matrix product and a multiple", "A(H,m,T) B(H,T,n) s() C(H,m,n)"),
    ("gradient of a 1-dimensional convolution", "X(2,5) b(3,3) K(3,2,3) stride=2 padding=1 groups=1"),
    ("gradient of a 2-dimensional convolution", "X(2,5,6) b(3,3,4) K(3,2,3,2) stride=(2,2) padding=(1,1) groups=1"),
    ("einsum of two", "A(U,T,H,m) B(T,n,U,k) formula='uthm,tnuk->nhumk'"),
    ("einsum of two", "A(m) B(n) formula='a,b->ba'"),
    ("batch total of einsums of two", "A(U,T,H,m) B(T,n,U,k) formula='uthm,tnuk->nhumk'"),
    ("batch total of looped outer products", "a(m) b(H,n)"),
    ("batch total of matrix products", "A(H,m,T) B(H,T,n)"),
    ("batch total of matrix products", "A(m,T) B(H,T,n)"),
    ("batch total of matrix products", "A(U,1,m,T) B(H,T,n)"),
    ("batch total of sums of matrix products", "A(U,H,m,T) B(U,H,T,n) axis=(-4,)"),
    ("batch total of sums of matrix products", "A(U,H,m,T) B(U,H,T,n) axis=(-4,-3)"),
    ("batch total of fixed entries put back", "s(m,n) k{2} x(m,V,n) axis=-2"),
    ("batch total of rows put back", "s(T,H,n) t[T,H] x(V,n)"),
    ("batch total of rows put back", "s(n) t[] x(V,n)"),
    ("batch total of rows put back", "s(T) t[T] x(V)"),
    ("batch total of a transpose", "A(H,m,n) axes=(2,0,1)"),
    ("batch total of sums along axes", "A(H,T,n) axis=(-3,-2)"),
]
CASES = [*PRODUCTS, *(replace(ROW[name], case=case) for name, case in MORE)]


def both_sides(row: Identity) -> Graph:
    """A graph whose outputs are the two sides of a row, as it is stated."""
    builder, case = Builder(), row.typical
    for name, shape in case.shapes.items():
        is_label = name in case.labels
        builder.leaf(name, "label" if is_label else "input", tuple(size_of(d, SIZES) for d in shape), 3 if is_label else None)
    names = {name: name for name in case.shapes} | dict(case.attributes)
    names |= {name: builder.constant(number) for name, number in case.numbers.items()}
    left = expression_tree(row.pattern)
    plant(builder, left, names, "left")
    names |= row.more(builder, names)
    plant(builder, expression_tree(row.replacement), names, "right")
    return builder.graph(row.name, ["left", "right"])


def values(graph: Graph, batch: tuple[int, ...]) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    return {
        leaf.name: rng.integers(3, size=(*batch, *leaf.shape)) if leaf.op == "label" else rng.uniform(0.2, 2, (*batch, *leaf.shape))
        for leaf in graph.leaves
    }


def is_wrong(row: Identity) -> bool:
    graph = both_sides(row)
    for batch in ((1,), (3,)) if row.purpose == "batch" else ((), (1,), (3,)):
        found = execute(graph, gather(graph, values(graph, batch)), graph.outputs)
        if found["left"].shape != np.broadcast_shapes(found["left"].shape, found["right"].shape):
            return True
        if not np.allclose(found["left"], found["right"], rtol=1e-10, atol=1e-12):
            return True
    return False


@pytest.mark.parametrize("row", CASES, ids=lambda row: f"{row.name}: {row.case}")
def test_both_sides_are_equal_at_any_rank_and_for_any_batch(row):
    graph = both_sides(row)
    assert graph["left"].shape == graph["right"].shape
    assert not is_wrong(row)


@pytest.mark.parametrize("row", CASES, ids=lambda row: f"{row.name}: {row.case}")
def test_the_pass_finds_it_and_the_result_is_its_right_side(row):
    graph = replace(both_sides(row), outputs=("left",))
    after = rewrite(graph, (row.purpose,), rows=[replace(row, when="")])
    expected = expression_tree(row.replacement)
    assert after["left"].op == (expected.op if isinstance(expected, Applied) else "identity") or row.name in (
        "sum of matrix products, axes kept",
        "transposed twice",
    )
    given = values(graph, (2,))
    before, now = (execute(g, gather(g, given), g.outputs) for g in (graph, after))
    np.testing.assert_allclose(now["left"], before["left"], rtol=1e-10)


@pytest.mark.parametrize(
    ("name", "replacement"),
    [
        ("norm of a matrix product", "sum(matmul(transpose(A), A) * matmul(transpose(B), B))"),
        ("norm of rows put back", "norm2(s)"),
        ("inner product with rows put back", "sum(s)"),
        ("batch total of matrix products", "matmul(batch_sum(A), batch_sum(B))"),
        ("sum of matrix products along axes", "matmul(sum(A, axis=axis), sum(B, axis=axis))"),
    ],
)
def test_a_planted_wrong_row_is_caught(name, replacement):
    row = replace(ROW[name], replacement=replacement)
    if name == "norm of a matrix product":
        row = replace(row, case="A(T,T) B(T,T)")
    assert is_wrong(row)


def test_every_row_is_in_the_table_and_stated_with_shapes():
    assert set(PRODUCTS) <= set(IDENTITIES)
    assert all(row.case and row.purpose in ("norm", "batch") for row in PRODUCTS)


def variables(tree) -> set[str]:
    return {tree} if isinstance(tree, str) else set().union(*map(variables, tree.operands)) if isinstance(tree, Applied) else set()


LOOSE = [(), (1,), (3,), (1, 3), (3, 1), (3, 3), (2, 3, 3), (3, 1, 3), (2, 3)]  # shapes, many of which are broadcast or have loops


@pytest.mark.parametrize("row", [row for row in PRODUCTS if row.purpose == "norm"], ids=lambda row: row.name)
def test_a_row_applies_where_nothing_is_broadcast_or_is_right_where_something_is(row):
    """Random shapes of its variables, with the row's own condition: before and after are the same number."""
    rng = np.random.default_rng(0)
    tree = expression_tree(row.pattern)
    names = sorted(variables(tree))
    for _ in range(250):
        shapes = [LOOSE[k] for k in rng.integers(len(LOOSE), size=len(names))]
        axis = [-1, 0, None, (0, 1)][rng.integers(4)]
        builder = Builder()
        for name, shape in zip(names, shapes, strict=True):
            builder.leaf(name, "label" if name in "tu" else "input", shape, 3 if name in "tu" else None)
        attributes = {"axis": axis, "keepdims": bool(rng.integers(2)), "axes": None, "p": None, "q": None, "shape": (-1,)}
        try:
            plant(builder, tree, {**{name: name for name in names}, **attributes}, "left")
        except (ShapeError, KeyError, TypeError):  # such shapes or attributes do not go together
            continue
        graph = builder.graph("row", ["left"])
        after = rewrite(graph, ("norm",), rows=[row])
        values = {n: rng.integers(3, size=s) if n in "tu" else rng.uniform(0.2, 2, s) for n, s in zip(names, shapes, strict=True)}
        try:
            expected = execute(graph, gather(graph, values), ["left"])["left"]
        except (InputError, IndexError):  # a class that this shape has not
            continue
        found = execute(after, gather(after, values), ["left"])["left"]
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=1e-8)
