"""Compiled plans as they are by default: identities, layouts and Python's numbers, equal to the interpreter but for rounding."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from networks import NETWORKS, network, values
from test_plan import assert_apart, words

import a1viz
from a1viz.base.errors import InputError
from a1viz.calculus.autodiff import every_variable
from a1viz.calculus.interpreter import grad, run
from a1viz.graph.equations import parse
from a1viz.nn import MLPClassifier
from a1viz.nn.classifiers import BinaryClassifier
from a1viz.plan import (  # fmt: skip
    Program,
    apply,
    assembly,
    column_major,
    compiled,
    floats,
    python_numbers,
    rounding,
    schedule,
    stacking,
    table,
)
from a1viz.plan.sites import Call

LEAVES = {"W": ["H", "D"], "V": ["H", "D"], "A": ["D", "D"], "b": ["H"], "b2": ["K"], "r": ["D"], "P": ["H", "D"], "s": []}
SIBLINGS = {  # networks with products that share an input, in every way
    "gate": "z = W @ x + b; g = sigmoid(V @ x); J = norm2(relu(z) * g)",
    "one bias of two": "J = norm2(tanh(A @ x + r) * (V.T @ tanh(W @ x + b)))",
    "two biases": "J = norm2(tanh(A @ x + r)) + norm2(tanh(W @ x + b)) + norm2(P @ x)",
    "a bias read twice": "J = norm2(tanh(W @ x + b) + V @ x) + norm2(b)",
    "a product read twice": "z = W @ x; J = norm2(tanh(z + b) - z) + norm2(V @ x)",
    "two inputs": "J = norm2(W @ x + V @ u) + norm2(tanh(W @ u)) + norm2(V @ x)",
    "chained": "h = tanh(A @ x); J = norm2(W @ h + b) + norm2(V @ h) + norm2(A @ h) + sum(A @ x)",
    "linear": "y = W @ x; z = V @ x; J = sum(y) + sum(z)",
    "the same error signal": "J = norm2(W @ x + V @ x)",
    "differences": "y = W @ x - V @ x; J = norm2(y) + s * norm2(P @ x)",
}


def assert_near(found, expected, units: float = 64):
    """The same names, shapes and types, and the same numbers but for so many units in the last place of the largest."""
    assert list(found) == list(expected)
    for name, array in expected.items():
        assert (found[name].shape, found[name].dtype) == (array.shape, array.dtype), name
        scale = np.abs(array).max(initial=0)
        np.testing.assert_allclose(found[name], array, rtol=0, atol=units * np.finfo(array.dtype).eps * scale, err_msg=name)


def operations(plan: Program) -> list[str]:
    return [operation for _, operation, _, _ in plan.table]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch", [None, 1, 5, 300])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_gives_what_run_and_grad_give_but_for_rounding(name, batch, dtype):
    graph = network(name)
    given = values(graph, batch, dtype=dtype)
    assert_near(a1viz.compile(graph)(**given), run(graph, **given), 1000)
    graph = network(name, loss=True)
    for wrt in (graph.parameters, every_variable(graph)):
        assert_near(a1viz.compile(graph, wrt)(**given), grad(graph, wrt, **given), 4000)
    again = a1viz.compile(graph, graph.parameters, mean=False).bind(**given)
    for _ in range(2):
        assert_near(again(), grad(graph, graph.parameters, mean=False, **given), 4000)
    if batch:
        total = a1viz.compile(graph, graph.parameters, mean=False, total=True)(**given)
        (loss,) = graph.outputs
        expected = np.broadcast_to(run(graph, **given)[loss], batch).sum(dtype=float)
        np.testing.assert_allclose(total[loss], expected, rtol=1e-3 if dtype == "float32" else 1e-12)


# --- classifiers: every identity and layout at once -----------------------------------------------------------------------------------


def classifier(*widths: int, activation: str = "relu", inputs: int = 2) -> BinaryClassifier:
    return MLPClassifier(inputs, widths, activation, rng=0)


def examples(n: int, inputs: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(n)
    X = rng.standard_normal((n, inputs))
    return X, (X[:, 0] * X[:, -1] > 0).astype(float)


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("widths", [(16,), (3,), (100,), (16, 8), (5, 7, 9)])
@pytest.mark.parametrize(("n", "inputs"), [(1, 2), (7, 2), (1000, 2), (1000, 1), (999, 3), (1001, 40), (9000, 2)])
def test_a_classifier_has_the_interpreters_loss_and_gradients(activation, widths, n, inputs):
    model = classifier(*widths, activation=activation, inputs=inputs)
    X, t = examples(n, inputs)
    graph, learnt = model.training_graph, model.net.learnt
    expected = grad(graph, learnt, x=X, t=t, **model.net.values)
    found = a1viz.compile(graph, learnt)(x=X, t=t, **model.net.values)
    assert_near(found, expected, 4000)
    total = a1viz.compile(graph, learnt, mean=False, total=True)(x=X, t=t, **model.net.values)
    np.testing.assert_allclose(total["J"], expected["J"].sum(), rtol=1e-13)
    for name in learnt:
        np.testing.assert_allclose(total[f"{name}_bar"] / n, expected[f"{name}_bar"], rtol=1e-9, atol=1e-14)


def test_what_is_the_same_for_all_examples_leaves_the_sum():
    """No error signal of the hidden layer is formed: bar z1 = (bar z w2) * step(z1) goes into sums only."""
    model, (X, t) = classifier(16), examples(1000)
    plan = a1viz.compile(model.training_graph, model.net.learnt).plan(x=X, t=t, **model.net.values)
    wide = [name for name, operation, _, size in plan.table if size == X.nbytes * 8 and operation not in ("relu", "affine", "step")]
    assert wide == []
    assert operations(plan).count("batch_outer") == 1
    assert operations(plan).count("batch_weighted") == 2  # of h for w2, and of step(h) for b1
    exact = a1viz.compile(model.training_graph, model.net.learnt, exact=True).plan(x=X, t=t, **model.net.values)
    assert operations(exact).count("batch_weighted") == 1


def test_an_error_signal_that_is_wanted_for_itself_is_formed():
    model, (X, t) = classifier(16), examples(1000)
    wrt = ("x", *model.net.learnt)
    assert_near(
        a1viz.compile(model.training_graph, wrt)(x=X, t=t, **model.net.values),
        grad(model.training_graph, wrt, x=X, t=t, **model.net.values),
        4000,
    )


@pytest.mark.parametrize("single", ["x", "t", "W1", "b1", "w2", "b2"])
def test_types_may_be_mixed(single):
    """One leaf in single precision among doubles, and one double among singles."""
    model, (X, t) = classifier(16), examples(1000)
    exact = {"x": X, "t": t, **model.net.values}
    for kept in ("f", "d"):
        given = {name: np.asarray(array).astype(kept if name == single else "fd"[kept == "f"]) for name, array in exact.items()}
        expected = grad(model.training_graph, model.net.learnt, **given)
        found = a1viz.compile(model.training_graph, model.net.learnt)(**given)
        for name, array in expected.items():
            assert found[name].dtype == array.dtype, name
            np.testing.assert_allclose(found[name], array, rtol=1e-3, atol=1e-5, err_msg=name)


def test_a_product_with_a_sigmoid_that_nothing_else_reads_is_a_quotient():
    graph = parse("g = a * sigmoid(z)", a=[3], z=[3])
    a = np.array([2.0, 0.0, -1.0])
    for batch in ((), (5,)):
        given = {"a": np.broadcast_to(a, (*batch, 3)), "z": np.broadcast_to([1.0, -800.0, 800.0], (*batch, 3))}
        assert_near(a1viz.compile(graph)(**given), run(graph, **given))
        assert "mul" not in operations(a1viz.compile(graph).plan(**given))
    both = parse("h = sigmoid(z); g = a * h; y = h + g", a=[3], z=[3])
    assert "mul" in operations(a1viz.compile(both).plan(**given))


def test_a_short_product_with_its_bias_is_one_operation():
    model, (X, _t) = classifier(16), examples(1000)
    plan = a1viz.compile(model.net.graph).plan(x=X, **model.net.values)
    assert operations(plan).count("affine") == 1
    assert "matvec" not in operations(plan)
    (wide,) = (a1viz.compile(classifier(16, inputs=40).net.graph).plan(x=examples(1000, 40)[0], **classifier(16, inputs=40).net.values),)
    assert "affine" not in operations(wide)


@pytest.mark.parametrize("fault", ["s", "w"])
def test_a_planted_fault_in_an_identity_is_seen(monkeypatch, fault):
    def broken(values, k, users, new):
        found = rounding._batch_outer(values, k, users, new)
        return None if found is None else apply(values, "neg", found)

    monkeypatch.setitem(rounding.RULES, "batch_outer", broken)
    model, (X, t) = classifier(16), examples(1000)
    with pytest.raises(AssertionError):
        assert_near(
            a1viz.compile(model.training_graph, model.net.learnt)(x=X, t=t, **model.net.values),
            grad(model.training_graph, model.net.learnt, x=X, t=t, **model.net.values),
            4000,
        )


# --- the sum of the losses --------------------------------------------------------------------------------------------------------------


def total_loss(z: np.ndarray, t: np.ndarray) -> float:
    graph = parse("J = logistic_loss(z, t)", z=[], t=[])
    return float(a1viz.compile(graph, total=True)(z=z, t=t)["J"])


@pytest.mark.parametrize("n", [1, 2, 999, 1000, 1001, 5000])
@pytest.mark.parametrize("scale", [1e-3, 1, 10, 40, 700, 1e4])
def test_a_sum_of_losses_is_exact_relative_to_itself(n, scale):
    """Also where each loss is far smaller than the rounding of 1: the sum of logarithms is taken from the exponentials then."""
    rng = np.random.default_rng(0)
    z = rng.uniform(0.5, 1, n) * scale
    for sign in (1, -1):
        for t in (np.ones(n), np.zeros(n), rng.integers(2, size=n).astype(float)):
            expected = np.logaddexp(0, sign * z).sum() - (t * sign * z).sum() if (t != (sign > 0)).any() else np.log1p(np.exp(-z)).sum()
            np.testing.assert_allclose(total_loss(sign * z, t), expected, rtol=1e-12)


def test_a_sum_of_losses_in_single_precision_neither_overflows_nor_rounds_to_nothing():
    step = a1viz.compile(parse("J = logistic_loss(z, t)", z=[], t=[]), total=True)
    for z, t, expected in ((-1.0, 1, np.log1p(np.e)), (20.0, 1, np.log1p(np.exp(-20))), (1e30, 0, 1e30), (0.0, 1, np.log(2))):
        found = step(z=np.full(1001, z, "f"), t=np.full(1001, t, "f"))["J"]
        np.testing.assert_allclose(found, 1001 * expected, rtol=1e-5)


@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf])
def test_a_sum_of_losses_hides_nothing(special):
    z = np.array([1.0, special, -2.0])
    with np.errstate(all="ignore"):
        expected = a1viz.run(parse("J = logistic_loss(z, t)", z=[], t=[]), z=z, t=np.ones(3))["J"].sum()
    np.testing.assert_equal(total_loss(z, np.ones(3)), expected)


def test_the_sum_of_any_other_output_is_the_sum():
    graph = parse("y = W @ x; J = norm2(y)", x=[3], W=[2, 3])
    rng = np.random.default_rng(0)
    X, W = rng.standard_normal((50, 3)), rng.standard_normal((2, 3))
    found = a1viz.compile(graph, ["W"], mean=False, total=True)(x=X, W=W)
    np.testing.assert_allclose(found["J"], run(graph, x=X, W=W)["J"].sum())
    assert a1viz.compile(graph, total=True)(x=X[0], W=W)["J"] == pytest.approx(float(run(graph, x=X[0], W=W)["J"]))


@pytest.mark.parametrize("batch", [None, 3])
@pytest.mark.parametrize("op", ["+", "*"])
def test_a_term_or_factor_that_is_met_again_and_again_is_looked_at_once(op, batch):
    """Forty doublings or squarings have 2^40 terms or factors."""
    chain = [f"a{k + 1} = a{k} {op} a{k}" for k in range(40)]
    doubled = [f"J{k + 1} = J{k} + J{k}" for k in range(40)]
    graph = parse("\n".join(["a0 = w * x", *chain, "J0 = sum(W @ a40)", *doubled]), {"w": [3], "W": [2, 3]}, x=[3])
    given = {"x": np.array([0.5, -0.25, 0.125]), "w": np.array([1.0, 0.5, 0.25]), "W": np.ones((2, 3))}
    given["x"] = given["x"] if batch is None else np.tile(given["x"], (batch, 1))
    expected = grad(graph, ["w", "W"], **given)
    assert_near(a1viz.compile(graph, ["w", "W"])(**given), expected, 4000)
    assert_near(a1viz.compile(graph, ["w", "W"]).bind(copy=True, **given)(), expected, 4000)
    total = a1viz.compile(graph, ["w"], mean=False, total=True)(**given)["J40"]
    np.testing.assert_allclose(total, expected["J40"].sum(), rtol=1e-12)


def test_a_loss_of_thousands_of_terms_is_added_up():
    lines = "\n".join(f"J{k + 1} = J{k} + w * x" for k in range(3000))
    graph = parse(f"J0 = w * x\n{lines}", {"w": []}, x=[])
    total = a1viz.compile(graph, ["w"], mean=False, total=True)(x=np.array([1.0, 2.0]), w=np.asarray(0.5))
    np.testing.assert_allclose([total["J3000"], total["w_bar"]], [0.5 * 3 * 3001, 3 * 3001])


# --- features first -------------------------------------------------------------------------------------------------------------------


def is_features_first(graph, **given) -> bool:
    return any(buffer.is_turned for buffer in a1viz.compile(graph).plan(**given).buffers)


def test_short_rows_that_something_is_spread_over_lie_features_first():
    graph = parse("h = tanh(W @ x + b); y = v @ h", x=["D"], W=["H", "D"], b=["H"], v=["H"])

    def given(n: int, H: int) -> dict[str, np.ndarray]:
        return {"x": np.ones((n, 9)), "W": np.ones((H, 9)), "b": np.ones(H), "v": np.ones(H)}

    assert is_features_first(graph, **given(1000, 16))
    assert not is_features_first(graph, **given(10, 16))  # too few examples
    assert not is_features_first(graph, **given(1000, column_major.WIDE))  # rows are long enough
    assert not is_features_first(
        parse("h = tanh(W @ x); y = v @ h", x=["D"], W=["H", "D"], v=["H"]),
        x=np.ones((999, 9)),
        **{name: array for name, array in given(1, 16).items() if name in "Wv"},
    )  # nothing is spread
    assert not is_features_first(
        parse("h = tanh(W @ x + b); y = softmax(h)", x=["D"], W=["H", "D"], b=["H"]),
        **{name: array for name, array in given(1000, 16).items() if name != "v"},
    )  # softmax goes along rows


@pytest.mark.parametrize("text", [
    "h = relu(W @ x + b); g = h * u + x @ v; y = inner(g, r)",
    "h = sigmoid(W @ x + b) * minimum(u, r); y = W.T @ h",
    "h = maximum(W @ x, u * b) - r / 2; g = W.T @ h; y = norm2(g)",
    "h = (u - b) * (u - r); y = W.T @ h",
    "h = tanh(W @ x + b); y = h + u",
])  # fmt: skip
def test_values_in_either_layout_may_meet(text):
    names = {"x": [5], "u": [3], "W": [3, 5], "b": [3], "v": [5], "r": [3]}
    graph = parse(text, **{name: shape for name, shape in names.items() if name in text})
    rng = np.random.default_rng(0)
    given = {leaf.name: rng.standard_normal((*((400,) if leaf.name in "xu" else ()), *leaf.shape)) for leaf in graph.leaves}
    assert_near(a1viz.compile(graph)(**given), run(graph, **given))
    strided = {name: np.repeat(array, 2, axis=-1)[..., ::2] for name, array in given.items()}
    assert_near(a1viz.compile(graph)(**strided), run(graph, **given))


def test_a_planted_fault_in_the_layout_is_seen(monkeypatch):
    broken = replace(table.ROWS["affine"], emit=lambda at: [Call("{}.fill(1)", (at.out,))])
    monkeypatch.setitem(table.ROWS, "affine", broken)
    model, (X, _t) = classifier(16), examples(1000)
    with pytest.raises(AssertionError):
        assert_near(a1viz.compile(model.net.graph)(x=X, **model.net.values), run(model.net.graph, x=X, **model.net.values))


# --- tiles and threads ------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def tiny_tiles(monkeypatch):
    """Tiles of a few examples, also where sums are added up from tile to tile."""
    for name, number in {"CACHE": 400, "SUMMED": 1, "SUMMED_BY_THREAD": 1, "WORTHWHILE": 0}.items():
        monkeypatch.setattr(assembly, name, number)


@pytest.mark.usefixtures("tiny_tiles")
@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("name", NETWORKS)
def test_sums_over_the_batch_add_up_from_tile_to_tile(name, threads):
    graph = network(name, loss=True)
    given = values(graph, 23)
    for wrt in (graph.parameters, every_variable(graph)):
        step, expected = a1viz.compile(graph, wrt, threads=threads), grad(graph, wrt, **given)
        for _ in range(2):
            assert_near(step(**given), expected, 4000)
        assert_near(step.bind(**given)(), expected, 4000)
        assert_near(step.bind(copy=True, **given)(), expected, 4000)
        assert_apart(step.plan(**given))


@pytest.mark.usefixtures("tiny_tiles")
@pytest.mark.parametrize("n", [9, 22, 23, 1000])
def test_a_classifier_is_trained_in_tiles(n):
    model, (X, t) = classifier(16), examples(n)
    graph, learnt = model.training_graph, model.net.learnt
    expected = grad(graph, learnt, mean=False, x=X, t=t, **model.net.values)
    for threads in (1, 2):
        step = a1viz.compile(graph, learnt, mean=False, total=True, threads=threads)
        plan = step.plan(x=X, t=t, **model.net.values)
        assert plan.tile < n
        assert (bool(plan.listing.placement.totals), plan.threads) == (True, threads)
        assert words(plan.code) == set()
        found = step(x=X, t=t, **model.net.values)
        np.testing.assert_allclose(found["J"], expected["J"].sum(), rtol=1e-12)
        assert_near({name: found[name] for name in expected if name != "J"}, {k: v for k, v in expected.items() if k != "J"}, 4000)


def test_few_examples_are_no_tiles_where_sums_are_added_up():
    model, (X, t) = classifier(16), examples(4000)
    step = a1viz.compile(model.training_graph, model.net.learnt, threads=2)
    assert step.plan(x=X, t=t, **model.net.values).tile == 2000
    few = a1viz.compile(model.training_graph, model.net.learnt, threads=2).plan(x=X[:200], t=t[:200], **model.net.values)
    assert (few.tile, few.threads) == (200, 1)
    assert a1viz.compile(model.training_graph, model.net.learnt, exact=True).plan(x=X, t=t, **model.net.values).tile == 4000


@pytest.mark.usefixtures("tiny_tiles")
def test_a_planted_fault_in_adding_up_is_seen(monkeypatch):
    model, (X, t) = classifier(16), examples(23)
    step, given = a1viz.compile(model.training_graph, model.net.learnt, total=True), {"x": X, "t": t, **model.net.values}
    broken = lambda a, b, out: np.copyto(out, b) if out.shape == () else np.add(a, b, out)  # noqa: E731
    monkeypatch.setitem(step.plan(**given).listing.names, "add", broken)
    found = step(**given)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(found["J"], run(model.training_graph, x=X, t=t, **model.net.values)["J"].sum(), rtol=1e-12)


# --- products that share an input -------------------------------------------------------------------------------------------------------


@pytest.fixture
def never(monkeypatch):
    """Nothing is unrolled into Python's numbers."""
    monkeypatch.setattr(floats, "A_CALL", 0)


@pytest.mark.usefixtures("never")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch", [None, 4])
@pytest.mark.parametrize("name", [*NETWORKS, *SIBLINGS])
def test_a_plan_with_arrays_of_its_own_gives_what_grad_gives(name, batch, dtype):
    graph = parse(SIBLINGS[name], LEAVES, name, x=["D"], u=["D"]) if name in SIBLINGS else network(name, loss=True)
    for wrt in (graph.parameters, every_variable(graph), None):
        step = a1viz.compile(graph, wrt)
        own = step.bind(copy=True, **values(graph, batch, dtype=dtype))
        for seed in range(3):
            given = values(graph, batch, seed, dtype)
            for leaf, array in given.items():
                own.values[leaf][...] = array
            assert_near(own(), run(graph, **given) if wrt is None else grad(graph, wrt, **given), 4000)
        assert_apart(own.program)
        assert all(not np.may_share_memory(a, b) for a in own.values.values() for b in own.results.values())


def gated(dtype: str = "float64") -> tuple[a1viz.Graph, dict[str, np.ndarray]]:
    graph, rng = a1viz.load("gated_network"), np.random.default_rng(0)
    sizes = {"D": 9, "H": 6, "N": 5}
    shapes = {leaf.name: tuple(sizes[d] for d in leaf.shape) for leaf in graph.leaves}
    return graph, {name: np.asarray(2) if name == "t" else rng.standard_normal(shape).astype(dtype) for name, shape in shapes.items()}


def test_products_that_share_an_input_are_one_product():
    graph, given = gated()
    own = a1viz.compile(graph, ("x", *graph.parameters)).bind(copy=True, **given)
    assert operations(own.program).count("matvec") == 2  # [W1; W2; W4] x and W3 g
    assert operations(own.program).count("vecmat") == 2  # and as many to go back
    assert operations(own.program).count("outer") == 2
    assert own.values["W1"].base is own.values["W2"].base is own.values["W4"].base is not None
    assert own.values["b1"].base is own.values["b2"].base is not None
    assert own.results["W1_bar"].base is own.results["W4_bar"].base
    assert operations(a1viz.compile(graph, ("x", *graph.parameters)).plan(**given)).count("matvec") == 4


def test_arrays_of_its_own_are_copies():
    graph, given = gated()
    before = {name: array.copy() for name, array in given.items()}
    own = a1viz.compile(graph, graph.parameters).bind(copy=True, **given)
    first = {name: array.copy() for name, array in own().items()}
    own.values["W1"] *= 2
    assert not np.array_equal(own()["J"], first["J"])
    own.values["W1"] /= 2
    for name in given:
        np.testing.assert_array_equal(given[name], before[name])
        given[name][...] = 0
    assert_near(own(), first, 0)
    assert list(own.values) == [leaf.name for leaf in graph.leaves]
    own.values["t"][...] = 7
    with pytest.raises(InputError, match="t: a class is out of range; t has 5 classes, 0 to 4"):
        own()


def test_matrices_that_a_batch_is_only_multiplied_with_lie_so_that_their_transposes_are_in_order():
    graph = a1viz.parse("h = relu(W @ x + b); y = V @ h; z = h @ V", x=[5], W=[4, 5], b=[4], V=[4, 4])
    chance = np.random.default_rng(3)
    given = {"x": chance.standard_normal((7, 5)), **{n: chance.standard_normal(graph[n].shape) for n in "WbV"}}
    own = a1viz.compile(graph).bind(copy=True, **given)
    assert own.values["W"].T.flags.c_contiguous
    assert own.values["V"].flags.c_contiguous  # read both ways
    assert_near(own(), a1viz.run(graph, **given), 4000)
    own.values["W"][...] = 2 * given["W"]
    assert_near(own(), a1viz.run(graph, **{**given, "W": 2 * given["W"]}), 4000)


def test_an_exact_plan_with_arrays_of_its_own_is_exact():
    graph, given = gated()
    own, expected = a1viz.compile(graph, graph.parameters, exact=True).bind(copy=True, **given), grad(graph, graph.parameters, **given)
    for name, array in own().items():
        np.testing.assert_array_equal(array, expected[name])


@pytest.mark.usefixtures("never")
def test_a_planted_fault_in_stacking_is_seen(monkeypatch):
    monkeypatch.setattr(stacking, "_starts", lambda sizes: [0] * len(sizes))
    graph, given = gated()
    own = a1viz.compile(graph, graph.parameters).bind(copy=True, **given)
    with pytest.raises(AssertionError):
        assert_near(own(), grad(graph, graph.parameters, **given), 4000)


# --- single numbers -----------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("never")
@pytest.mark.parametrize("special", [0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 1e200, 1e-200])
@pytest.mark.parametrize("text", [
    "J = log(norm2(x))", "J = 1 / sum(x)", "J = exp(sum(x))", "J = sqrt(x[0]) ** x[1]", "y = softmax(x) * mean(x); J = log(y[1])",
    "J = logistic_loss(sum(x), 1) + sigmoid(x[2])", "J = minimum(x[0], maximum(x[1], x[2])) * abs(x[3])", "J = norm2(x / norm2(x))",
])  # fmt: skip
def test_what_pythons_numbers_refuse_is_left_to_numpy(text, special):
    graph = parse(text, x=[4])
    for x in ([special] * 4, [special, 1, 2, 3], [1, -2, 3, special]):
        x = np.array(x)
        expected = run(graph, x=x), grad(graph, ["x"], x=x)
        for found, wanted in zip((a1viz.compile(graph), a1viz.compile(graph, ["x"])), expected, strict=True):
            for values_ in (found(x=x), found.bind(x=x)(), found.bind(copy=True, x=x)(), found(out=found(x=x), x=x)):
                for name in wanted:
                    np.testing.assert_allclose(values_[name], wanted[name], rtol=1e-12, err_msg=f"{name} {x}")


@pytest.mark.usefixtures("never")
def test_single_numbers_are_pythons():
    graph, given = gated()
    plan = a1viz.compile(graph).plan(**given)
    places = {operation: place for name, operation, place, _ in plan.table}
    assert {places[op][0] for op in ("rowmax", "rowsum", "log", "pick")} == {"s"}
    assert plan.plain.table != plan.table
    assert plan.plain.plain is plan.plain


@pytest.mark.parametrize("batch", [None, 5, 300])
@pytest.mark.parametrize("name", ["two layers", "classifier", "attention", "square and tied"])
def test_the_compiler_works_without_its_optional_passes(monkeypatch, name, batch):
    """Slower, and nearer to the interpreter."""
    for module, optional, instead in (
        (assembly, "column_major", lambda *_: frozenset()),
        (assembly, "python_numbers", lambda *_: python_numbers.NONE),
        (assembly, "unrolled", lambda *_: None),
        (compiled, "unrolled", lambda *_: None),
        (compiled, "shortened", lambda _, results: results),
        (compiled, "stacked", lambda _, results: stacking.unstacked(results)),
        (schedule, "_is_small", lambda *_: False),
    ):
        monkeypatch.setattr(module, optional, instead)
    graph = network(name, loss=True)
    given, step = values(graph, batch), a1viz.compile(graph, every_variable(graph))
    for found in (step(**given), step.bind(**given)(), step.bind(copy=True, **given)()):
        assert_near(found, grad(graph, every_variable(graph), **given), 4000)


# --- results in given arrays ----------------------------------------------------------------------------------------------------------


def test_an_out_that_fitted_once_is_not_looked_at_again_but_another_one_is():
    graph, given = gated()
    step = a1viz.compile(graph, graph.parameters)
    out = step(**given)
    for _ in range(3):
        assert_near(step(out=out, **given), grad(graph, graph.parameters, **given), 4000)
    seen = step._last
    step(out=out, **given)
    assert step._last is seen
    with pytest.raises(InputError, match="shares memory"):
        step(out={**out, "b1_bar": out["b2_bar"]}, **given)
    with pytest.raises(InputError, match="shares memory"):
        step(out=out, **{**given, "b1": out["b1_bar"]})
    other = {**given, "x": given["x"] + 1}
    assert_near(step(out=out, **other), grad(graph, graph.parameters, **other), 4000)


# --- what is hard ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch", [None, 3, 200])
def test_the_sigmoid_in_four_operations_saturates_without_a_warning(batch, dtype):
    special = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 800.0, -800.0, 90.0, -90.0, 1e-30, 36.0, -36.0]).astype(dtype)
    x = special if batch is None else np.tile(special, (batch, 1))
    found, expected = a1viz.compile(parse("y = sigmoid(x)", x=[12]))(x=x)["y"], run(parse("y = sigmoid(x)", x=[12]), x=x)["y"]
    tiny = np.finfo(dtype).tiny  # below it 1 / (1 + exp(-x)) is 0
    np.testing.assert_allclose(found, np.where(expected < tiny, 0, expected), rtol=4 * np.finfo(dtype).eps, atol=tiny)


def test_bound_results_lie_one_behind_the_other():
    model, (X, t) = classifier(3), examples(20)
    again = a1viz.compile(model.training_graph, model.net.learnt).bind(x=X, t=t, **model.net.values)
    again()
    np.testing.assert_array_equal(again.flat, np.concatenate([array.ravel() for array in again.results.values()]))
    assert all(np.shares_memory(array, again.flat) for array in again.results.values())


# --- entries put into an array ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("batch", [None, 3])
@pytest.mark.parametrize("pair", ["x[0] * s - tanh(x[1])", "tanh(x[1]) * x[0]", "x[1] / x[0]"])
def test_the_gradients_of_two_entries_are_put_beside_each_other(pair, batch, exact):
    graph = parse(f"J = {pair}", x=[2], s=[])
    given = {"x": np.array([[0.5, -2.0], [3.0, 1e-9], [-1.0, 7.0]])[: batch or 1].reshape((batch or 1, 2)[not batch :]), "s": 3.0}
    step = a1viz.compile(graph, ["x"], exact=exact)
    assert "scatter_fixed" not in operations(step.plan(**given)) and "stack" in operations(step.plan(**given))
    assert_near(step(**given), grad(graph, ["x"], **given), 0 if exact else 4)


@pytest.mark.parametrize("special", [0.0, -0.0, 2.0, -3.0, np.inf, -np.inf, np.nan, 5e-324])
def test_the_gradient_of_an_absolute_value_is_one_of_python_s_numbers(special):
    graph = parse("J = s * abs(z)", s=[], z=[])
    step, given = a1viz.compile(graph, ["z"]), {"s": 2.0, "z": special}
    assert step.plan(**given).floats is not None
    np.testing.assert_array_equal(step(**given)["z_bar"], grad(graph, ["z"], **given)["z_bar"])


def test_a_tiny_plan_writes_no_calls_until_they_are_wanted(monkeypatch):
    """A sorting network with its gradients is compiled in Python's numbers alone; its code and table can be looked at all the same."""
    graph = a1viz.load("bubble_sort")
    step = a1viz.compile(graph, graph.parameters)
    with monkeypatch.context() as patched:
        patched.setattr(assembly, "emitted", None)
        assert_near(step(), grad(graph, graph.parameters))
    assert "dot" in step.plan().code and len(step.plan().table) > 100


@pytest.mark.parametrize(
    ("dtype", "H", "D", "call"),
    [("float32", 300, 300, "dot"), ("float64", 300, 300, "dot"), ("float32", 300, 1024, "multiply"), ("float64", 1100, 500, "multiply")],
)
def test_an_outer_product_is_called_as_it_is_fastest(dtype, H, D, call):
    """By BLAS, but for rows that are pages from each other and for what is far too large for the caches."""
    graph, rng = parse("G = outer(h, x)", h=["H"], x=["D"]), np.random.default_rng(0)
    given = {"h": rng.standard_normal(H).astype(dtype), "x": rng.standard_normal(D).astype(dtype)}
    step = a1viz.compile(graph, exact=True)
    assert call in step.plan(**given).code
    np.testing.assert_array_equal(step(**given)["G"], run(graph, **given)["G"])


def test_a_tiny_plan_has_one_thread_whatever_is_asked_for():
    graph = parse("J = log(norm2(x)) * s", x=[4], s=[])
    step, zeros = a1viz.compile(graph, ["x", "s"], threads=3), {"x": np.zeros(4), "s": 2.0}
    assert step.plan(**zeros).floats is not None and step.plan(**zeros).threads == 1
    for _ in range(20):  # Python's numbers refuse the logarithm of 0
        found, expected = step(**zeros), grad(graph, ["x", "s"], **zeros)
        for name in expected:
            np.testing.assert_array_equal(found[name], expected[name])


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("text", ["y = W @ x", "y = x", "y = x * 2 - sum(x)", "y = log(1 + exp(x))", "y = outer(x, x) + x"])
def test_the_total_of_an_output_with_axes_is_summed_over_the_batch_alone(text, exact):
    graph = parse(text, x=[3], W=[2, 3])
    rng = np.random.default_rng(0)
    X, W = rng.standard_normal((5, 3)), rng.standard_normal((2, 3))
    found = a1viz.compile(graph, total=True, exact=exact)(x=X, W=W)
    np.testing.assert_allclose(found["y"], run(graph, x=X, W=W)["y"].sum(axis=0))
