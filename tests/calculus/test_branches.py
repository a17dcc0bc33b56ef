"""What `where` does not take spoils nothing, also where sums, norms and softmax stand between it and what is infinite."""

import numpy as np
import pytest

import a1viz
from a1viz import parse
from a1viz.calculus.branches import DEEPEST

X = np.array([[0.0, 0.0, 1.0], [1.0, 2.0, 3.0]])
W, c = np.array([[0.5, -1.0, 2.0], [1.5, 1.0, -0.5]]), np.array([-1.0, 1.0])
ROWS = [
    ("sum(X * W * log(X), axis=1)", "0"),
    ("mean(log(X) * W, axis=-1)", "sum(X * W, axis=1)"),
    ("logsumexp(log(X) * W, axis=1)", "1"),
    ("sum(W * X / norm(X[:, :2], axis=1, keepdims=True), axis=1)", "0"),
    ("sum(W * softmax(log(X)), axis=1) + sum(log(X), axis=1)", "0"),
    ("max(sqrt(X) * W, axis=1)", "0"),
    ("sum(sum(expand(log(X) * W, axis=1), axis=[1]), axis=1)", "0"),
    ("norm(sqrt(X) * W, axis=1)", "0"),
]


def gradients(graph, **values):
    """The gradients, and those of the sum of their squares, by the interpreter and compiled."""
    first = a1viz.backward(graph, wrt=["X", "W"])
    for found in (a1viz.grad, lambda g, wrt, **v: a1viz.compile(g, wrt)(**v)):
        yield {name: found(graph, ["X", "W"], **values)[name] for name in ("X_bar", "W_bar")}
    cotangents = {name: 2 * value for name, value in a1viz.run(first, **values).items()}
    yield {k: v for k, v in a1viz.grad(first, ["X", "W"], cotangents, **values).items() if k in ("X_bar2", "W_bar2")}


@pytest.mark.parametrize(("taken", "other"), ROWS)
def test_rows_that_are_not_taken_hand_on_no_gradient(taken, other):
    """The same as where only the row is there that is taken."""
    graph = parse(f"J = sum(where(c > 0, {taken}, {other}))", X=["N", "M"], W=["N", "M"], c=["N"])
    alone = parse(f"J = sum({taken})", X=["N", "M"], W=["N", "M"])
    rest = parse(f"J = sum({other}) + 0 * sum(X) + 0 * sum(W)", X=["N", "M"], W=["N", "M"])
    for found, one, none in zip(
        gradients(graph, X=X, W=W, c=c), gradients(alone, X=X[1:], W=W[1:]), gradients(rest, X=X[:1], W=W[:1]), strict=True
    ):
        for name in found:
            np.testing.assert_allclose(found[name][1], one[name][0], rtol=1e-9, atol=1e-12)
            if not name.endswith("2"):
                np.testing.assert_array_equal(found[name][0], none[name][0])
            assert np.isfinite(found[name]).all()


def test_columns_of_an_array_of_three_axes_and_a_batch():
    text = "J = sum(where(c > 0, sum(sqrt(sum(W * X, axis=2)), axis=0), 0))"
    graph = parse(text, X=["N", "M", "D"], W=["N", "M", "D"], c=["M"])
    rng = np.random.default_rng(0)
    values = {"X": rng.random((5, 2, 3, 4)), "W": rng.random((2, 3, 4)), "c": np.array([1.0, -1.0, 1.0])}
    values["X"][:, :, 1] = 0
    expected = a1viz.grad(graph, ["X", "W"], **{**values, "X": values["X"] + 1e-300})
    for how in (a1viz.grad, lambda g, wrt, **v: a1viz.compile(g, wrt)(**v)):
        found = how(graph, ["X", "W"], **values)
        for name in ("X_bar", "W_bar"):
            np.testing.assert_allclose(found[name], np.where(np.isfinite(expected[name]), expected[name], 0), rtol=1e-9)
        assert not found["X_bar"][:, :, 1].any() and not found["W_bar"][:, 1].any()
    norms = [a1viz.gradient_norms(graph, method=method, **values)["W"] for method in ("naive", "identities", "efficient")]
    each = [(a1viz.grad(graph, ["W"], **{**values, "X": x})["W_bar"] ** 2).sum() for x in values["X"]]
    for found in norms:
        np.testing.assert_allclose(found, each)


def test_a_variable_that_is_used_besides_keeps_what_that_hands_on():
    graph = parse("z = W * X; J = sum(where(c > 0, sum(z, axis=1), 0)) + sum(z)", X=["N", "M"], W=["N", "M"], c=["N"])
    np.testing.assert_array_equal(a1viz.grad(graph, ["X"], X=X, W=W, c=c)["X_bar"], W * [[1], [2]])


def test_so_many_branches_inside_one_another_are_masked():
    text = "log(x)"
    for k in range(DEEPEST):
        text = f"where(x > {-k}, {text}, 0)"
    assert a1viz.grad(parse(f"J = {text}", x=[]), ["x"], x=-0.0)["x_bar"] == 0
