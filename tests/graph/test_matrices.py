"""Rows about matrices, arrays made from sizes, and einsum, where it is hard: singular matrices, infinity, nothing, errors, plans."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from table_cases import applications_of

import a1viz
from a1viz.base.errors import InputError, ShapeError
from a1viz.base.limits import FORMULA_LETTERS, FORMULA_OPERANDS, NUMBERS
from a1viz.calculus import notation
from a1viz.calculus.autodiff import backward, tangent
from a1viz.calculus.costs import cost
from a1viz.calculus.index_rules import Rule, pulled_back
from a1viz.calculus.interpreter import grad, run
from a1viz.calculus.rewriting import rewrite
from a1viz.graph.blocks import UsedBlock, inline
from a1viz.graph.nodes import Builder, Graph
from a1viz.graph.operators import BY_RANK, OPS, called
from a1viz.graph.shapes import Shape
from a1viz.pictures.typesetting import typeset

SQUARE = [op.name for op in OPS.values() if op.inputs and ("n", "n") in (*op.inputs, op.output)] + ["tril", "triu"]
MADE = ["eye", "ones", "zeros", "arange"]
NAN, INF = math.nan, math.inf


def applied(op: str, *shapes: Shape, **attributes: Any) -> Graph:
    """`y = op(a, b, ...)`."""
    builder = Builder()
    names = list("abcdefghi"[: len(shapes)])
    for name, shape in zip(names, shapes, strict=True):
        builder.leaf(name, "input", shape)
    builder.add(op, names, name="y", attrs=attributes)
    return builder.graph(op, ["y"])


def total(graph: Graph) -> Graph:
    """The sum of all entries of `y`, as a loss."""
    builder = Builder(graph.nodes)
    builder.add("sum", ["y"], name="J")
    return builder.graph(graph.name, ["y", "J"])


# --- singular matrices, infinity, nothing -----------------------------------------------------------------------------------------------

ONE, TWO = np.ones((2, 2)), np.array([[2.0, 1.0], [0.0, 4.0]])
HARD = [  # row, operands, value, gradient of the sum in the first
    ("det", [ONE], 0, [[1, -1], [-1, 1]]),
    ("det", [np.zeros((2, 2))], 0, np.zeros((2, 2))),
    ("det", [np.zeros((1, 1))], 0, [[1]]),
    ("det", [np.zeros((0, 0))], 1, np.zeros((0, 0))),
    ("det", [np.diag([0.0, 3, 5])], 0, np.diag([15.0, 0, 0])),
    ("det", [np.array([[1e308, 1.0], [0.0, 1e-308]])], 1, [[1e-308, 0], [-1, 1e308]]),
    ("det", [np.full((2, 2), NAN)], NAN, np.full((2, 2), NAN)),
    ("logdet", [ONE], -INF, np.full((2, 2), NAN)),
    ("logdet", [-np.eye(3)], 0, -np.eye(3)),
    ("logdet", [np.diag([1e-200, 1e-200])], -400 * math.log(10), np.diag([1e200, 1e200])),
    ("logdet", [np.zeros((0, 0))], 0, np.zeros((0, 0))),
    ("inv", [ONE], np.full((2, 2), NAN), np.full((2, 2), NAN)),
    ("inv", [np.zeros((1, 1))], [[NAN]], [[NAN]]),
    ("inv", [np.array([[4.0]])], [[0.25]], [[-0.0625]]),
    ("inv", [np.zeros((0, 0))], np.zeros((0, 0)), np.zeros((0, 0))),
    ("solve_vector", [ONE, np.ones(2)], [NAN, NAN], np.full((2, 2), NAN)),
    ("solve", [np.zeros((0, 0)), np.zeros((0, 3))], np.zeros((0, 3)), np.zeros((0, 0))),
    ("solve", [TWO, np.zeros((2, 0))], np.zeros((2, 0)), np.zeros((2, 2))),
    ("trace", [np.zeros((0, 0))], 0, np.zeros((0, 0))),
    ("trace", [np.array([[1.0, INF], [NAN, 2.0]])], 3, np.eye(2)),
    ("tril", [np.array([[1.0, INF], [NAN, 2.0]])], [[1, 0], [NAN, 2]], [[1, 0], [1, 1]]),
    ("triu", [np.array([[1.0, INF], [NAN, 2.0]])], [[1, INF], [0, 2]], [[1, 1], [0, 1]]),
    ("diag_embed", [np.array([INF, NAN])], [[INF, 0], [0, NAN]], [1, 1]),
    ("diag_embed", [np.zeros(0)], np.zeros((0, 0)), np.zeros(0)),
    ("diag", [np.array([[1.0, INF], [NAN, 2.0]])], [1, 2], np.eye(2)),
]


@pytest.mark.parametrize(("op", "operands", "value", "slopes"), HARD, ids=[f"{h[0]}{k}" for k, h in enumerate(HARD)])
def test_hard_places_have_the_value_and_the_derivative_the_table_promises(op, operands, value, slopes):
    graph = total(applied(op, *(x.shape for x in operands)))
    found = grad(graph, ["a"], of="J", **dict(zip("ab", operands, strict=False)))
    np.testing.assert_allclose(found["y"], value, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(found["a_bar"], slopes, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("op", ["det", "cofactor", "cofactor_along", "logdet", "inv", "solve", "solve_vector"])
def test_a_singular_example_spoils_no_other(op):
    """One of a batch is singular, one is no number; the rest is to the bit what it is without them."""
    rng = np.random.default_rng(0)
    graph = total(applied(op, *[tuple(3 for _ in axes) for axes in OPS[op].inputs]))
    values = {node.name: rng.standard_normal((4, *node.shape)) for node in graph.leaves}
    good = grad(graph, "a", of="J", **{name: x[2:] for name, x in values.items()})
    values["a"][0], values["a"][1, 0, 0] = np.outer([1, 2, 3], [1, 0, 1]), NAN
    found = grad(graph, "a", of="J", **values)
    for name in ("y", "a_bar"):
        np.testing.assert_allclose(found[name][2:], good[name], rtol=1e-13)
        assert np.isnan(found[name][1]).any()
    if op not in ("det", "cofactor", "cofactor_along", "logdet"):
        assert np.isnan(found["y"][0]).all()


@pytest.mark.parametrize("rank", [0, 1, 2, 3, 4])
def test_the_first_and_second_derivatives_of_det_are_right_for_matrices_of_every_rank(rank):
    rng = np.random.default_rng(rank)
    A, D, step = rng.standard_normal((4, rank)) @ rng.standard_normal((rank, 4)), rng.standard_normal((4, 4)), 1e-5
    graph = applied("det", (4, 4))
    slope = lambda A: grad(graph, "a", **{"a": A})["a_bar"]  # noqa: E731
    np.testing.assert_allclose(
        np.sum(slope(A) * D), (np.linalg.det(A + step * D) - np.linalg.det(A - step * D)) / (2 * step), rtol=1e-6, atol=1e-8
    )
    second = run(tangent(backward(graph), ["a"]), a=A, a_dot=D)["a_bar_dot"]
    np.testing.assert_allclose(second, (slope(A + step * D) - slope(A - step * D)) / (2 * step), rtol=1e-6, atol=1e-8)


def test_the_derivative_of_det_is_the_textbooks_where_there_is_an_inverse_matrix():
    A = np.random.default_rng(1).standard_normal((5, 5))
    np.testing.assert_allclose(grad(applied("det", (5, 5)), "a", a=A)["a_bar"], np.linalg.det(A) * np.linalg.inv(A).T, rtol=1e-10)


def test_the_log_of_a_determinant_neither_under_nor_overflows():
    builder = Builder()
    builder.leaf("a", "input", (30, 30))
    builder.add("log", [builder.add("abs", [builder.add("det", ["a"], owner="y")], owner="y")], name="y")
    for scale in (1e-20, 1e20):
        found = grad(builder.graph("g", ["y"]), "a", a=-scale * np.eye(30))
        np.testing.assert_allclose(found["y"], 30 * math.log(scale), rtol=1e-12)
        np.testing.assert_allclose(found["a_bar"], -np.eye(30) / scale, rtol=1e-12)


def test_whether_a_matrix_is_singular_is_said_as_numpy_says_it():
    """`solve` and `slogdet` factorise alike: no matrix is refused that was taken for regular."""
    rng = np.random.default_rng(2)
    for n in (1, 2, 3, 5, 8):
        matrices = rng.integers(-2, 3, size=(400, n, n)).astype(float)
        matrices[:, 0] = matrices[:, -1] if n > 2 else matrices[:, 0]
        for A in matrices:
            refused = False
            try:
                np.linalg.inv(A)
            except np.linalg.LinAlgError:
                refused = True
            assert refused == (np.linalg.slogdet(A).sign == 0)


# --- plans ------------------------------------------------------------------------------------------------------------------------------

PLANNED = [(op, shapes, attributes) for op in (*SQUARE, *MADE, "einsum") for shapes, attributes in applications_of(OPS[op])]


@pytest.mark.parametrize(("op", "shapes", "attributes"), PLANNED, ids=[f"{op}{k}" for k, (op, _, _) in enumerate(PLANNED)])
def test_a_plan_gives_what_the_interpreter_gives_whichever_operands_have_a_batch(op, shapes, attributes):
    rng = np.random.default_rng(3)
    graph = total(applied(op, *shapes, **attributes))
    leaves = [node.name for node in graph.leaves]
    for some in itertools.chain.from_iterable(itertools.combinations(leaves, k) for k in range(len(leaves) + 1)):
        for dtype in ("float64", "float32"):
            values = {n.name: rng.standard_normal(((3,) if n.name in some else ()) + n.shape).astype(dtype) for n in graph.leaves}
            expected = grad(graph, leaves, of="J", **values)
            for exact in (True, False):
                found = a1viz.compile(graph, leaves, of="J", exact=exact)(**values)
                for name in expected:
                    assert found[name].shape == expected[name].shape
                    assert found[name].dtype == expected[name].dtype == (dtype if leaves else "float64")
                    if exact:
                        np.testing.assert_array_equal(found[name], expected[name])
                    else:
                        np.testing.assert_allclose(found[name], expected[name], rtol=1e-10 if dtype == "float64" else 1e-3, atol=1e-4)


@pytest.mark.parametrize("op", ["inv", "solve", "det", "logdet", "trace", "tril", "einsum"])
def test_two_axes_may_stand_in_front_of_a_core(op):
    """A tangent kernel pulls several cotangents back at once, through a batch: against Jacobians row by row."""
    builder, rng = Builder(), np.random.default_rng(4)
    builder.leaf("W", "parameter", (3, 3))
    builder.leaf("X", "input", (3, 3))
    product = builder.add("matmul", ["W", "X"], owner="y")
    operands = [product, "X"] if op in ("solve", "einsum") else [product]
    result = builder.add(op, operands, owner="y", attrs={"formula": "ij,jk->ki"} if op == "einsum" else {})
    flat = builder.add("sum", [result], owner="y", attrs={"axis": -1}) if builder.shape(result) else result
    builder.add("mul", [flat, flat], name="y")
    graph = builder.graph("g", ["y"])
    values = {"W": rng.standard_normal((3, 3)), "X": rng.standard_normal((2, 3, 3))}
    outputs = graph["y"].shape
    bars = np.eye(3) if outputs else [np.ones(())]
    jacobian = np.array([[grad(graph, "W", {"y": bar}, W=values["W"], X=x)["W_bar"].ravel() for bar in bars] for x in values["X"]])
    expected = np.einsum("acp,bdp->abcd", jacobian, jacobian).reshape(2, 2, *outputs, *outputs)
    np.testing.assert_allclose(a1viz.ntk(graph, x1={"X": values["X"]}, x2={"X": values["X"]}, W=values["W"]).total, expected, rtol=1e-9)


# --- made from sizes --------------------------------------------------------------------------------------------------------------------


def outer_with(op: str, shape: list) -> Graph:
    """Every entry of x times all that is made."""
    builder = Builder()
    builder.leaf("x", "input", ("n",))
    made = builder.add(op, [], owner="y", attrs={"shape": shape})
    x = builder.add("expand", ["x"], owner="y", attrs={"axis": [-1 - k for k in range(len(shape))]})
    builder.add("mul", [x, made], name="y")
    return builder.graph("g", ["y"])


@pytest.mark.parametrize("batch", [None, 1, 3])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("op", "shape", "made"), [
    ("eye", ["n", "n"], np.eye(4)), ("ones", ["n"], np.ones(4)), ("ones", [3, "n"], np.ones((3, 4))), ("zeros", ["n"], np.zeros(4)),
    ("arange", ["n"], np.arange(4.0)), ("ones", ["2*n-4"], np.ones(4)), ("eye", [1, 1], np.eye(1)),
])  # fmt: skip
def test_what_is_made_from_sizes_has_the_type_of_the_values_and_no_batch(op, shape, made, dtype, batch):
    graph = outer_with(op, shape)
    x = np.random.default_rng(5).standard_normal((4,) if batch is None else (batch, 4)).astype(dtype)
    expected = x.reshape(*x.shape, *[1] * made.ndim) * made.astype(dtype)
    for found in (run(graph, x=x)["y"], a1viz.compile(graph)(x=x)["y"], a1viz.compile(graph, exact=True)(x=x)["y"]):
        assert found.dtype == dtype
        np.testing.assert_array_equal(found, expected)
    assert grad(total(graph), "x", of="J", x=x)["x_bar"].dtype == dtype


def test_a_block_brings_its_sizes_along():
    inner = outer_with("eye", ["n", "n"])
    builder = Builder()
    builder.leaf("v", "input", ("D",))
    inline(builder, UsedBlock("B", inner), ["B1"], ["v"], ["u"])
    graph = builder.graph("g", ["u"])
    assert graph["u"].shape == ("D", "D", "D")
    np.testing.assert_array_equal(run(graph, v=[1.0, 2.0])["u"], [np.eye(2), 2 * np.eye(2)])


def test_what_is_made_passes_through_costs_pictures_and_identities():
    graph = total(outer_with("eye", ["n", "n"]))
    assert str(cost(graph).multiplications) == "n^3"
    assert str(rewrite(graph)) == "y = expand(x, axis=[1, 2]) * eye(n)\nJ = sum(y)"
    boxes = {box.name for box in a1viz.draw(graph, backward=True).diagram.boxes}
    assert {"x", "y", "J"} <= boxes
    plan = a1viz.compile(graph, "x", of="J").plan(x=np.ones(3))
    assert any("eye" in line.text for box in a1viz.draw(plan).diagram.boxes for line in box.lines)


def test_what_is_made_may_be_all_there_is():
    builder = Builder()
    builder.add("eye", [], name="y", attrs={"shape": [2, 2]})
    graph = builder.graph("g", ["y"])
    for found in (run(graph), a1viz.compile(graph)()):
        np.testing.assert_array_equal(found["y"], np.eye(2))
    assert found["y"].flags.writeable


def test_a_document_that_makes_everything_from_sizes_is_bounded_too(tmp_path):
    path = tmp_path / "made.toml"
    for n, refused in ((4000, False), (6000, True)):
        path.write_text(f'title = "made"\nequations = "y = sum(ones({n}, {n}))"\n')
        if refused:
            with pytest.raises(InputError, match=f"computes more than {NUMBERS:,} numbers"):
                run(a1viz.load(path))
        else:
            assert run(a1viz.load(path))["y"] == n * n


@pytest.mark.parametrize("op", MADE)
def test_a_size_below_zero_is_refused(op):
    shape = ["n-5"] * (2 if op == "eye" else 1)
    builder = Builder()
    builder.leaf("x", "input", ("n",))
    builder.add("sum", [builder.add(op, [], owner="y", attrs={"shape": shape})], name="y")
    graph = builder.graph("g", ["y"])
    assert run(graph, x=np.ones(5))["y"] == 0
    with pytest.raises(InputError, match=f"{op} failed: negative dimensions"):
        run(graph, x=np.ones(3))
    with pytest.raises(InputError):
        a1viz.compile(graph)(x=np.ones(3))


# --- einsum -----------------------------------------------------------------------------------------------------------------------------

PULLED = [
    ("ij,jk->ik", 0, "ik,jk->ij", ("bar", "x1")),
    ("ij,jk->ik", 1, "ij,ik->jk", ("x0", "bar")),
    ("i->", 0, ",i->i", ("bar", "ones i")),
    ("ij->j", 0, "j,i->ij", ("bar", "ones i")),
    ("ij,k->i", 0, "i,k,j->ij", ("bar", "x1", "ones j")),
    ("ij,k->i", 1, "ij,i,k->k", ("x0", "bar", "ones k")),
    ("ijk->", 0, ",ijk->ijk", ("bar", "ones ijk")),
    ("ii->", 0, ",ij->ij", ("bar", "eye ij")),
    ("ii->i", 0, "i,ij->ij", ("bar", "eye ij")),
    ("iji->j", 0, "j,ik->ijk", ("bar", "eye ik")),
    ("iii->i", 0, "i,ij,ik->ijk", ("bar", "eye ij", "eye ik")),
    ("ii,ii->", 0, ",ii,ij->ij", ("bar", "x1", "eye ij")),
    ("iijj->", 0, ",ik,jl->ikjl", ("bar", "eye ik", "eye jl")),
    ("->", 0, "->", ("bar",)),
    (",i->i", 0, "i,i->", ("bar", "x1")),
]


@pytest.mark.parametrize(("formula", "k", "pulled", "operands"), PULLED)
def test_the_rule_of_an_operand_follows_from_the_indices(formula, k, pulled, operands):
    assert pulled_back(formula, k) == Rule(pulled, operands)


def test_new_letters_never_run_out():
    names = "abcdefghijklmnopqrstuvwxyz"[:FORMULA_LETTERS]
    formula = ",".join([names[0] * 8, *names]) + "->"
    rule = pulled_back(formula, 0)
    target = rule.formula.partition("->")[2]
    assert len(set(target)) == 8
    assert not set(target[1:]) & set(names)


WRONG = [
    (
        "einsum",
        [(2, 4), (3, 5)],
        {"formula": "ij,jk->ik"},
        'einsum("ij,jk->ik", a, b): j is 4 in a, a matrix (2, 4), but 3 in b, a matrix (3, 5)',
    ),
    ("einsum", [("n", "m")], {"formula": "ii->"}, 'einsum("ii->", a): i is n in a, a matrix (n, m), but m in a, a matrix (n, m)'),
    ("einsum", [(3,)], {"formula": "ij->i"}, 'einsum("ij->i", a): "ij" names 2 axes, but a is a vector (3,)'),
    ("einsum", [(3,)], {"formula": "->"}, 'einsum("->", a): "" names 0 axes, but a is a vector (3,)'),
    ("einsum", [(3,)], {"formula": "i"}, "einsum(a): 'i': write the result out, such as \"ij,jk->ik\""),
    ("einsum", [(3,)], {"formula": "...i->i"}, "einsum(a): '...i->i': write a letter for every axis instead of ...; the batch has none"),
    ("einsum", [(3,)], {"formula": "i->j"}, "einsum(a): 'i->j': no operand has the letter j of the result"),
    ("einsum", [(3,)], {"formula": "i->ii"}, "einsum(a): 'i->ii': the result names i twice"),
    ("einsum", [(3,)], {"formula": "i,i->"}, "einsum(a): 'i,i->' is for 2 operands, got 1"),
    ("einsum", [(3,)], {"formula": "i1->i"}, "einsum(a): 'i1->i' is not a formula"),
    ("einsum", [(3,)], {"formula": "i->i->"}, "einsum(a): 'i->i->' is not a formula"),
    ("einsum", [(3,)], {"formula": 3}, 'einsum(a): the formula is a text such as "ij,jk->ik", got 3'),
    ("einsum", [(3,)], {}, "einsum needs formula="),
    ("det", [(2, 3)], {}, "det: a must be square, but it is a matrix (2, 3)"),
    ("trace", [("n", "m")], {}, "trace: a must be square, but it is a matrix (n, m)"),
    ("inv", [(4,)], {}, "inv: a must be a matrix, but it is a vector (4,)"),
    ("logdet", [()], {}, "logdet: a must be a matrix, but it is a scalar"),
    ("det", [(5, 2, 3)], {}, "det: a must be square, but it is an array of 3 axes (5, 2, 3)"),
    ("solve", [(2, 3), (3, 1)], {}, "solve: a must be square, but it is a matrix (2, 3)"),
    ("solve", [(2, 2), (3, 1)], {}, "solve(a, b): shapes (2, 2) and (3, 1) do not match; a has 2 rows, b has 3 rows"),
    ("solve_vector", [(2, 2), (3,)], {}, "solve(a, b): shapes (2, 2) and (3,) do not match; a has 2 rows, b has 3 entries"),
    ("solve_vector", [(2,), (2,)], {}, "solve: a must be a matrix, but it is a vector (2,)"),
    ("solve_vector", [(2, 2), ()], {}, "solve: b must be a vector, but it is a scalar"),
    ("tril", [(3,)], {}, "tril: a must be a matrix, but it is a vector (3,)"),
    ("tril", [(3, 3)], {"k": 0.5}, "tril(a): k is a whole number: how much further up the diagonal is, got 0.5"),
    ("eye", [], {"shape": [-1, -1]}, "eye(): a size is a whole number of at least 0, or named, got -1"),
    ("ones", [], {"shape": [2.5]}, "ones(): a size is a whole number of at least 0, or named, got 2.5"),
    ("zeros", [], {}, "zeros needs shape="),
]


@pytest.mark.parametrize(("op", "shapes", "attributes", "message"), WRONG, ids=[w[3] for w in WRONG])
def test_an_error_says_what_was_given_and_what_fits(op, shapes, attributes, message):
    with pytest.raises(ShapeError) as caught:
        applied(op, *shapes, **attributes)
    assert str(caught.value).startswith(message)


def test_a_formula_has_bounds():
    many = ",".join(["i"] * FORMULA_OPERANDS) + "->"
    assert applied("einsum", *[(2,)] * FORMULA_OPERANDS, formula=many)["y"].shape == ()
    with pytest.raises(ShapeError, match=f"a formula has at most {FORMULA_OPERANDS} operands, got {FORMULA_OPERANDS + 1}"):
        applied("einsum", *[(2,)] * (FORMULA_OPERANDS + 1), formula="i," + many)
    letters = "abcdefghijklmnopqrstuvwxyzA"
    parts = [letters[k : k + 8] for k in range(0, FORMULA_LETTERS, 8)]
    parts[-1] = letters[24:FORMULA_LETTERS]
    assert applied("einsum", *[(1,) * len(p) for p in parts], formula=",".join(parts) + "->")["y"].shape == ()
    parts[-1] = letters[24 : FORMULA_LETTERS + 1]
    with pytest.raises(ShapeError, match=f"a formula has at most {FORMULA_LETTERS} letters, got {FORMULA_LETTERS + 1}"):
        applied("einsum", *[(1,) * len(p) for p in parts], formula=",".join(parts) + "->")


def test_an_operand_that_is_there_twice_gets_both_derivatives():
    builder = Builder()
    builder.leaf("a", "input", (3, 3))
    builder.add("einsum", ["a", "a"], name="y", attrs={"formula": "ij,ji->"})
    A = np.random.default_rng(6).standard_normal((3, 3))
    np.testing.assert_allclose(grad(builder.graph("g", ["y"]), "a", a=A)["a_bar"], 2 * A.T, rtol=1e-12)


# --- in words ---------------------------------------------------------------------------------------------------------------------------

PRINTED = [  # row, shapes, attributes, text, LaTeX
    ("trace", [(3, 3)], {}, "trace(a)", r"y = \mathrm{tr}(\mathbf{a})"),
    ("diag_embed", [(3,)], {}, "diag(a)", r"\mathbf{y} = \mathrm{diag}(\mathbf{a})"),
    ("diag_embed", [(2, 3)], {}, "diag_embed(a)", r"\mathbf{y} = \mathrm{diag}(\mathbf{a})"),
    ("diag", [(3, 3)], {}, "diag(a)", r"\mathbf{y} = \mathrm{diag}(\mathbf{a})"),
    ("tril", [(3, 3)], {"k": -1}, "tril(a, k=-1)", r"\mathbf{y} = \mathrm{tril}_{-1}(\mathbf{a})"),
    ("tril", [(3, 3)], {"k": 0}, "tril(a)", r"\mathbf{y} = \mathrm{tril}(\mathbf{a})"),
    ("inv", [(3, 3)], {}, "inv(a)", r"\mathbf{y} = \mathbf{a}^{-1}"),
    ("power", [(3, 3), ()], {}, "a ** b", r"\mathbf{y} = \mathbf{a}^{b}"),
    ("solve", [(3, 3), (3, 2)], {}, "solve(a, b)", r"\mathbf{y} = \mathbf{a}^{-1} \, \mathbf{b}"),
    ("solve_vector", [(3, 3), (3,)], {}, "solve(a, b)", r"\mathbf{y} = \mathbf{a}^{-1} \, \mathbf{b}"),
    ("solve_vector", [(2, 3, 3), (2, 3)], {}, "solve_vector(a, b)", r"\mathbf{y} = \mathbf{a}^{-1} \, \mathbf{b}"),
    ("matvec", [(2, 3, 3), (2, 3)], {}, "matvec(a, b)", r"\mathbf{y} = \mathbf{a} \, \mathbf{b}"),
    ("eye", [], {"shape": ["D", "D"]}, "eye(D)", r"\mathbf{y} = \mathbf{I}_{D}"),
    ("ones", [], {"shape": ["D", 2]}, "ones(D, 2)", r"\mathbf{y} = \mathbf{1}_{D \times 2}"),
    ("zeros", [], {"shape": [3]}, "zeros(3)", r"\mathbf{y} = \mathbf{0}_{3}"),
    ("arange", [], {"shape": ["T"]}, "arange(T)", r"\mathbf{y} = (0, \dots, T - 1)^{\top}"),
    ("einsum", [(2, 3), (3, 4)], {"formula": " ij , jk->ik"}, 'einsum("ij,jk->ik", a, b)', r"y_{ik} = \sum_{j} a_{ij} \, b_{jk}"),
    ("einsum", [(3,), (4,)], {"formula": "i,j->ij"}, 'einsum("i,j->ij", a, b)', r"y_{ij} = a_{i} \, b_{j}"),
    ("einsum", [(3, 3)], {"formula": "ii->"}, 'einsum("ii->", a)', r"y = \sum_{i} a_{ii}"),
]  # fmt: skip


@pytest.mark.parametrize(("op", "shapes", "attributes", "text", "latex"), PRINTED, ids=[p[3] for p in PRINTED])
def test_a_row_is_written_as_its_readers_write_it(op, shapes, attributes, text, latex):
    graph = applied(op, *shapes, **attributes)
    assert str(graph) == f"y = {text}"
    assert notation.equation(graph, "y") == latex
    assert typeset(latex).width > 0


def test_an_inverse_matrix_and_the_inverses_of_its_entries_look_different():
    graph = a1viz.parse("y = inv(A); z = A ** -1; w = inv(A.T) + inv(A).T; v = (A ** -1).T; u = solve(inv(A), b)", A=[3, 3], b=[3])
    assert [notation.expression(graph, name) for name in "yzwvu"] == [
        r"\mathbf{A}^{-1}", r"\mathbf{A}^{\circ -1}", r"\mathbf{A}^{-\top} + \mathbf{A}^{-\top}",
        r"(\mathbf{A}^{\circ -1})^{\top}", r"(\mathbf{A}^{-1})^{-1} \, \mathbf{b}",
    ]  # fmt: skip


DERIVED = [  # row, shapes, attributes, the cotangent of `a` as a derivation has it
    ("trace", [(3, 3)], {}, r"\bar{\mathbf{a}} = \bar{y} \, \mathbf{I}"),
    ("det", [(3, 3)], {}, r"\bar{\mathbf{a}} = \bar{y} \, \mathrm{cof}(\mathbf{a})"),
    ("logdet", [(3, 3)], {}, r"\bar{\mathbf{a}} = \bar{y} \, \mathbf{a}^{-\top}"),
    ("inv", [(3, 3)], {}, r"\bar{\mathbf{a}} = -\mathbf{y}^{\top} \, \bar{\mathbf{y}} \, \mathbf{y}^{\top}"),
    ("solve_vector", [(3, 3), (3,)], {}, r"\bar{\mathbf{a}} = -\mathbf{a}^{-\top} \, \bar{\mathbf{y}} \, \mathbf{y}^{\top}"),
    ("einsum", [(2, 3), (3, 4)], {"formula": "ij,jk->ik"}, r"\bar{a}_{ij} = \sum_{k} \bar{y}_{ik} \, b_{jk}"),
    ("einsum", [(3, 3)], {"formula": "ii->"}, r"\bar{a}_{ij} = \bar{y} \, \delta_{ij}"),
    ("einsum", [(2, 3)], {"formula": "ij->i"}, r"\bar{a}_{ij} = \bar{y}_{i}"),
]  # fmt: skip


@pytest.mark.parametrize(("op", "shapes", "attributes", "latex"), DERIVED, ids=[f"{d[0]}{d[2]}" for d in DERIVED])
def test_a_derivative_reads_as_in_a_textbook(op, shapes, attributes, latex):
    derivative = rewrite(backward(applied(op, *shapes, **attributes), "a", ["y"]), ("tidy", "reading"))
    assert notation.equation(derivative, "a_bar") == latex


COSTS = [
    ("det", [("n", "n")], {}, "n^3"),
    ("det", [("T", "n", "n")], {}, "T n^3"),
    ("solve", [("n", "n"), ("n", "k")], {}, "k n^2 + n^3"),
    ("solve_vector", [("n", "n"), ("n",)], {}, "n^3 + n^2"),
    ("trace", [("n", "n")], {}, "0"),
    ("eye", [], {"shape": ["n", "n"]}, "0"),
    ("einsum", [("i", "j"), ("j", "k")], {"formula": "ij,jk->ik"}, "i j k"),
    ("einsum", [("i", "j"), ("j",), ("i",)], {"formula": "ij,j,i->"}, "2 i j"),
    ("einsum", [("n", "n")], {"formula": "ii->"}, "0"),
]


@pytest.mark.parametrize(("op", "shapes", "attributes", "text"), COSTS, ids=[f"{c[0]}{c[1]}" for c in COSTS])
def test_multiplications_are_counted_by_the_letters(op, shapes, attributes, text):
    assert str(cost(applied(op, *shapes, **attributes)).multiplications) == text


@pytest.mark.parametrize(("word", "ranks", "row"), [
    ("diag", [1], "diag_embed"), ("diag", [2], "diag"), ("diag", [3], "diag"), ("diag", [0], "diag_embed"),
    ("solve", [2, 1], "solve_vector"), ("solve", [2, 2], "solve"), ("solve", [3, 1], "solve_vector"), ("solve", [3, 3], "solve"),
    ("solve", [2], "solve"), ("det", [2], "det"),
])  # fmt: skip
def test_the_ranks_of_the_operands_choose_the_row_of_a_word(word, ranks, row):
    assert called(word, ranks) == row


def test_every_word_for_several_rows_is_theirs():
    assert {op.word for op in OPS.values()} >= set(BY_RANK)
    assert all(OPS[row].word == word for word, (_, rows) in BY_RANK.items() for row in rows)


READ = [  # text, the row of y, its attributes
    ("y = diag(v)", "diag_embed", {}),
    ("y = diag(A)", "diag", {}),
    ("y = diag(diag(A))", "diag_embed", {}),
    ("y = diag_embed(A)", "diag_embed", {}),
    ("y = solve(A, v)", "solve_vector", {}),
    ("y = solve(A, A)", "solve", {}),
    ("y = tril(A, k=-1)", "tril", {"k": -1}),
    ("y = tril(ones(3, 3))", "tril", {"k": 0}),
    ("y = eye(n)", "eye", {"shape": ("n", "n")}),
    ("y = zeros(2 * n - 1, 3)", "zeros", {"shape": ("2*n-1", 3)}),
    ("y = arange(n)", "arange", {"shape": ("n",)}),
    ('y = einsum("ij, j -> i", A, v)', "einsum", {"formula": "ij,j->i"}),
]


@pytest.mark.parametrize(("text", "op", "attributes"), READ)
def test_a_text_is_the_row_it_looks_like(text, op, attributes):
    graph = a1viz.parse(text, A=["n", "n"], v=["n"])
    assert (graph["y"].op, graph["y"].attributes) == (op, attributes)
    again = a1viz.parse(str(graph), A=["n", "n"], v=["n"])
    assert str(again) == str(graph)
    assert again["y"].attrs == graph["y"].attrs


@pytest.mark.parametrize("seed", range(40))
def test_einsum_is_numpys_for_any_formula_and_any_axes_in_front(seed):
    rng = np.random.default_rng(seed)
    for _ in range(25):
        sizes = dict(zip("abcde", rng.integers(0 if seed % 4 == 0 else 1, 4, 5), strict=True))
        operands = ["".join(rng.choice(list("abcde"), rng.integers(4))) for _ in range(rng.integers(1, 5))]
        letters = sorted(set("".join(operands)))
        result = "".join(rng.permutation(letters)[: rng.integers(len(letters) + 1)])
        fronts = [[(), (2,), (3, 2), (3, 1), (1, 2)][rng.integers(5)] for _ in operands]
        xs = [rng.standard_normal((*front, *(sizes[c] for c in own))) for front, own in zip(fronts, operands, strict=True)]
        formula = f"{','.join(operands)}->{result}"
        found = OPS["einsum"].compute(*xs, formula=formula, ranks=tuple(map(len, operands)))
        expected = np.einsum(",".join("..." + own for own in operands) + "->..." + result, *xs)
        assert found.shape == expected.shape
        assert found.flags.c_contiguous
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12, err_msg=formula)
