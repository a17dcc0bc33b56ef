"""A finite truth has a finite, right gradient: the cases that books and lectures write down, where they are hard."""

from __future__ import annotations

import numpy as np
import pytest

import a1viz
from a1viz.calculus.autodiff import backward, derived_name, tangent
from a1viz.calculus.interpreter import grad, run
from a1viz.calculus.rewriting import looked_through, rewrite
from a1viz.graph.documents import load
from a1viz.graph.equations import parse
from a1viz.graph.nodes import Graph

NAN, INF = np.nan, np.inf
THIRDS = [0.4223187982515182, 0.4223187982515182, 0.15536240349696362]  # softmax of (1000, 1000, 999)


def graph_of(text: str, **point) -> tuple[Graph, dict[str, np.ndarray]]:
    arrays = {name: np.array(value, dtype=float) for name, value in point.items()}
    return parse(text, **{name: list(value.shape) for name, value in arrays.items()}), arrays


def hessian_products(graph: Graph, point: dict[str, np.ndarray], name: str) -> list[np.ndarray]:
    """The Hessian in one variable times ones: backward twice, and the tangent of the backward graph."""
    first = backward(graph, [name])
    ones = np.ones_like(point[name])
    twice = grad(first, [name], {first.outputs[0]: ones}, **point)[derived_name(first, name, "bar")]
    pushed = run(rewrite(tangent(first, [name])), **point, **{derived_name(first, name, "dot"): ones})
    return [twice, pushed[derived_name(first, first.outputs[0], "dot")]]


CASES = [  # text, point, the loss, the gradient of the first variable, the Hessian in it times ones
    ("J = 5*x**0 + 4*x**1 + 3*x**2", {"x": 0}, 5, 4, 6),
    ("J = x**3", {"x": 0}, 0, 0, 0),
    ("J = sum(x**4)", {"x": [0, 1]}, 1, [0, 4], [0, 12]),
    ("p = softmax(x); J = -sum(p*log(p))", {"x": [800, 0]}, 0, [0, 0], [0, 0]),
    ("p = softmax(x); J = -p @ log(p)", {"x": [800, 0]}, 0, [0, 0], [0, 0]),
    ("p = softmax(x); q = softmax(y); J = sum(p*log(p/q))", {"x": [800, 0], "y": [0, 800]}, 800, [0, 0], [0, 0]),
    ("J = log(sum(exp(s)))", {"s": [1000, 1000, 999]}, 1000.8619948040582, THIRDS, [0, 0, 0]),
    ("J = log(sum(exp(s)))", {"s": [1000, 0, -1000]}, 1000, [1, 0, 0], [0, 0, 0]),
    ("e = exp(s); u = sum(e); J = log(u)", {"s": [1000, 0, -1000]}, 1000, [1, 0, 0], [0, 0, 0]),
    ("p = exp(x)/sum(exp(x)); J = p[0]", {"x": [1000, 0, 0]}, 1, [0, 0, 0], [0, 0, 0]),
    ("J = -log(exp(x[0])/sum(exp(x)))", {"x": [0, 1000]}, 1000, [-1, 1], [0, 0]),
    ("J = 1/(1+exp(-x))", {"x": -1000}, 0, 0, 0),
    ("J = 1/(1+exp(-x))", {"x": 1000}, 1, 0, 0),
    ("J = log(1+exp(z))", {"z": 800}, 800, 1, 0),
    ("J = log(1+exp(z))", {"z": -800}, 0, 0, 0),
    ("J = relu(z) - z*t + softplus(-abs(z))", {"z": 0, "t": 0}, np.log(2), 0.5, 0.25),
    ("J = relu(z) - z*t + softplus(-abs(z))", {"z": 0, "t": 1}, np.log(2), -0.5, 0.25),
    ("J = maximum(z, 0) - z*t + log(1 + exp(-abs(z)))", {"z": 0, "t": 1}, np.log(2), -0.5, 0.25),
    ("J = maximum(0, z) + softplus(-abs(z)) - t*z", {"z": 0, "t": 1}, np.log(2), -0.5, 0.25),
    ("J = select(greater(x, 0), x*sqrt(x))", {"x": 0}, 0, 0, 0),
    ("J = sum(select(greater(x, 0), x*sqrt(x)))", {"x": [0, 4]}, 8, [0, 3], [0, 0.375]),
    ("c = greater(x, 0); r = sqrt(x); J = sum(select(c, r*x) + select(1-c, x*x))", {"x": [0, 4, -1]}, 9, [0, 3, -2], [2, 0.375, 2]),
    ("c = greater(x, 0); J = sum(select(c, log(x)) + select(1-c, x))", {"x": [0, 1]}, 0, [1, 1], [0, -1]),
    ("c = greater(s, 0); J = select(c, sum(log(x * s)))", {"x": [0, 1], "s": 0}, 0, [0, 0], [0, 0]),
    ("J = select(greater(x, 0), select(greater(x, -1), sqrt(x)))", {"x": 0}, 0, 0, 0),
    ("J = norm(x)**2", {"x": [0, 0]}, 0, [0, 0], [2, 2]),
    ("J = sqrt(sum(x**2)/5)", {"x": [3, 4]}, np.sqrt(5), [3 / 5**1.5, 4 / 5**1.5], [(16 - 12) / 125 / 5**0.5, (9 - 12) / 125 / 5**0.5]),
    ("J = x**y", {"y": 2, "x": 0}, 0, 0, 0),
    ("J = a*log(a)", {"a": 1}, 0, 1, 1),
    ("J = exp(x)*exp(y)", {"x": 800, "y": -800}, 1, 1, 1),
    ("s = sigmoid(z); u = 1 - s; J = u/u", {"z": 30}, 1, 0, 0),
    ("J = log(exp(x)**2)", {"x": 800}, 1600, 2, 0),
    ("J = log(sum(exp(x))**2)", {"x": [800, 1]}, 1600, [2, 0], [0, 0]),
    ("J = log(sum(exp(x)/exp(a)))", {"x": [800, 799], "a": 800}, np.log1p(np.exp(-1)), [0.7310585786300049, 0.2689414213699951], [0, 0]),
    ("e = exp(x); J = -log(e[1]/sum(e))", {"x": [1000, 0, -1000]}, 1000, [1, -1, 0], [0, 0, 0]),
    ("J = exp(x/T)[0]/sum(exp(x/T))", {"x": [1000, 0], "T": 1}, 1, [0, 0], [0, 0]),
    ("J = log(1 + 2*exp(a))", {"a": 800}, 800 + np.log(2), 1, 0),
    ("J = log(exp(a) - 2)", {"a": 800}, 800, 1, 0),
    ("J = log(sum(exp(x))/3)", {"x": [800, 1]}, 800 - np.log(3), [1, 0], [0, 0]),
    ("J = log(exp(x[0]) + exp(x[1]) + exp(x[2]))", {"x": [800, 1, 2]}, 800, [1, 0, 0], [0, 0, 0]),
    ("J = log(softmax(z) @ exp(x))", {"x": [800, 0], "z": [800, 0]}, 800, [1, 0], [0, 0]),
    ("J = sum(log(sum(exp(X), axis=1, keepdims=True)))", {"X": [[800, 0], [1, 900]]}, 1700, [[1, 0], [0, 1]], np.zeros((2, 2))),
    ("J = log(mean(exp(X)))", {"X": [[800, 0], [1, 2000]]}, 2000 - np.log(4), [[0, 0], [0, 1]], np.zeros((2, 2))),
    ("p = exp(X)/sum(exp(X)); J = sum(p*p)", {"X": [[800, 0], [1, 2000]]}, 1, np.zeros((2, 2)), np.zeros((2, 2))),
    ("J = sum(select(c, sqrt(A)))", {"A": [[4, 0, 1], [1, -1, 1]], "c": [1, 0, 1]}, 5, [[0.25, 0, 0.5], [0.5, 0, 0.5]], None),
    ("J = sum(select(c, sqrt(A)))", {"A": [[4, 1], [0, -1]], "c": [[1], [0]]}, 3, [[0.25, 0.5], [0, 0]], None),
    ("u = exp(x); v = exp(-x); J = (u-v)/(u+v)", {"x": 800}, 1, 0, 0),
    ("J = log(1 + x)", {"x": 1e-20}, 1e-20, 1, -1),
    ("J = exp(x) - 1", {"x": 1e-20}, 1e-20, 1, 1),
    ("J = log(1 - exp(x))", {"x": -1e-20}, np.log(1e-20), -1e20, -1e40),
    ("J = log(1 - exp(-exp(x)))", {"x": -50}, -50, 1, 0),
    ("J = log(1 + sum(exp(x)))", {"x": [800, 0]}, 800, [1, 0], [0, 0]),
    ("J = log1p(exp(x))", {"x": 800}, 800, 1, 0),
    ("J = (exp(x) - 1)/(exp(x) + 1)", {"x": 800}, 1, 0, 0),
    ("J = 1 - erf(x)", {"x": 10}, 2.0884875837625446e-45, -2 / np.sqrt(np.pi) * np.exp(-100), None),
    ("J = sqrt(var(x))", {"x": [2, 2]}, 0, [0, 0], None),
    ("J = std(x)**2", {"x": [2, 2]}, 0, [0, 0], [0, 0]),
    ("J = mean(x**2) - mean(x)**2", {"x": [1e9 + 1, 1e9 - 1]}, 1, [1, -1], [0, 0]),
    ("p = softmax(x); J = log(prod(p))", {"x": [800, 0]}, -800, [-1, 1], [0, 0]),
    ("J = prod(x)", {"x": [0, 0, 3]}, 0, [0, 0, 0], [3, 3, 0]),
    ("J = log(sum(exp(x - max(x)))) + max(x)", {"x": [1000, 1000, 999]}, 1000.8619948040582, THIRDS, [0, 0, 0]),
    ("J = where(greater(x, 0), sin(x)/x, 1)", {"x": 0}, 1, 0, 0),
    ("J = sum(where(c, x/y, 0))", {"x": [1, 2], "y": [0, 4], "c": [0, 1]}, 0.5, [0, 0.25], [0, 0]),
    ("J = sum(where(greater(x, 1), exp(x), where(greater(x, 0), log(x), x)))", {"x": [0, 1, -1e3]}, -1e3, [1, 1, 1], [0, -1, 0]),
    ("J = sum(sqrt(sum(X**2, axis=1)))", {"X": [[0, 0], [3e200, 4e200]]}, 5e200, [[0, 0], [0.6, 0.8]], None),
    ("J = sum(sqrt(mean(X**2, axis=0)))", {"X": [[0, 3e200], [0, 4e200]]}, 5e200 / 2**0.5, [[0, 0.6 / 2**0.5], [0, 0.8 / 2**0.5]], None),
    ("J = sum(norm(X, axis=1)**2)", {"X": [[0, 0], [3, 4]]}, 25, [[0, 0], [6, 8]], [[2, 2], [2, 2]]),
    ("J = sum(sqrt(var(X, axis=1)))", {"X": [[2, 2], [1, 3]]}, 1, [[0, 0], [-0.5, 0.5]], None),
    ("J = log(x**2)", {"x": 1e-200}, 2 * np.log(1e-200), 2e200, -INF),
]


@pytest.mark.parametrize(("text", "point", "loss", "slope", "curvature"), CASES, ids=[f"{case[0]} at {case[1]}" for case in CASES])
def test_a_loss_its_gradient_and_its_second_derivative_are_right(text, point, loss, slope, curvature):
    graph, point = graph_of(text, **point)
    name = next(iter(point))
    bar = derived_name(graph, name, "bar")
    everything = grad(graph, **point)  # of every variable
    alone = grad(graph, [name], **point)
    plan = a1viz.compile(graph, wrt=[name])(**point)
    for found in (everything, alone, plan):
        np.testing.assert_allclose(found["J"], loss, rtol=1e-12, atol=1e-300)
        np.testing.assert_allclose(found[bar], slope, rtol=1e-12, atol=1e-300)
    for found in hessian_products(graph, point, name) if curvature is not None else ():
        np.testing.assert_allclose(found, curvature, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("text", "point", "loss", "slope", "curvature"), CASES[3:], ids=[f"{case[0]} at {case[1]}" for case in CASES[3:]])
def test_so_are_those_of_a_batch(text, point, loss, slope, curvature):
    graph, point = graph_of(text, **point)
    name = next(iter(point))
    batch = {n: np.stack([v, v]) for n, v in point.items()}
    found = grad(graph, [name], **batch)
    np.testing.assert_allclose(found["J"], [loss, loss], rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(found[derived_name(graph, name, "bar")], np.stack([slope, slope]), rtol=1e-12, atol=1e-300)


ORDERS = [
    "relu(z) - z*t + softplus(-abs(z))", "-z*t + maximum(z, 0) + softplus(-abs(z))", "softplus(-abs(z)) - z*t + maximum(0, z)",
    "relu(z) - (z*t - softplus(-abs(z)))", "relu(z) - z*t + 2 + softplus(-abs(z))", "relu(z) - z*t - log(sigmoid(abs(z)))",
    "(1-t)*z + relu(-z) + softplus(-abs(z))", "z - z*t + log(1 + exp(-abs(z))) + relu(-z)", "-(z*t - relu(z) - softplus(-abs(z)))",
]  # fmt: skip


@pytest.mark.parametrize("text", ORDERS)
def test_the_cross_entropy_of_books_has_its_derivative_at_zero_in_any_order(text):
    graph, point = graph_of(f"J = {text}", z=0, t=1)
    assert grad(graph, ["z"], **point)["z_bar"] == -0.5
    np.testing.assert_allclose(hessian_products(graph, point, "z"), 0.25)
    for z in (-1.5, 0.5, 40.0):
        np.testing.assert_allclose(grad(graph, ["z"], z=z, t=0.3)["z_bar"], 1 / (1 + np.exp(-z)) - 0.3)


def test_a_name_for_the_negative_keeps_its_own_cotangent():
    graph, point = graph_of("m = -z; J = relu(m) + softplus(-abs(z))", z=2)
    assert grad(graph, ["m", "z"], **point)["m_bar"] == 0  # as written: the other term is no function of m
    np.testing.assert_allclose(grad(graph, ["z"], **point)["z_bar"], -1 / (1 + np.exp(2)))


@pytest.mark.parametrize("how", [{"of": "h"}, {"cotangents": {"h": 1.0}}, {"cotangents": {"h": 1.0, "J": 1.0}}])
def test_what_is_given_a_cotangent_counts_whatever_is_selected(how):
    graph = parse("h = x*x; J = select(c, h)", x=[], c=[])
    assert grad(graph, "x", x=3.0, c=0.0, **how)["x_bar"] == 6
    assert "select" not in str(a1viz.derive(graph, of="h"))


def test_branches_inside_branches_by_the_hundred_are_differentiated():
    graph = parse("y0 = s\n" + "\n".join(f"y{k + 1} = select(y{k}, y{k} * s)" for k in range(700)), s=[])
    assert grad(graph, "s", s=1.0)["s_bar"] == 701


def test_a_mixture_of_gaussians_is_finite_far_away():
    point = {"x": 1000.0, "w": [0.3, 0.7], "m": [0.0, 1.0], "s": [1.0, 2.0]}
    graph, point = graph_of("p = sum(w * exp(-(x - m)**2 / (2 * s**2)) / s); J = -log(p)", **point)
    found = grad(graph, ["x", "w", "m", "s"], **point)
    far = (1000 - 1) / 4  # the wider one is all that counts
    np.testing.assert_allclose(found["J"], 999**2 / 8 - np.log(0.35))
    np.testing.assert_allclose(found["x_bar"], far)
    np.testing.assert_allclose(found["m_bar"], [0, -far], atol=1e-300)
    np.testing.assert_allclose(found["w_bar"], [0, -1 / 0.7], atol=1e-300)
    np.testing.assert_allclose(found["s_bar"], [0, 0.5 - 999**2 / 8], atol=1e-300)


@pytest.mark.parametrize("text", ["J = sqrt(norm2(e))", "J = sqrt(sum(e**2)/5)", "J = sqrt(mean(e**2))", "J = sqrt(e @ e)", "J = norm(e)"])
def test_a_root_of_squares_has_the_derivative_zero_at_zero(text):
    graph, point = graph_of(text, e=[0, 0])
    assert grad(graph, ["e"], **point)["e_bar"].tolist() == [0, 0]
    graph, point = graph_of(text, e=[3e200, 4e200])
    assert np.isfinite(grad(graph, ["e"], **point)["e_bar"]).all()


def test_the_derivative_of_a_plain_root_at_zero_stays_infinite():
    graph, point = graph_of("J = sqrt(x)", x=0)
    assert grad(graph, ["x"], **point)["x_bar"] == INF


def test_what_both_branches_of_a_selection_share_is_computed_once():
    graph = parse("c = greater(x, 0); r = exp(x); J = sum(select(c, r*x) + select(1-c, r))", x=[3])
    text = str(backward(graph, ["x"]))
    assert text.count("exp(") == 1


def test_a_variable_that_an_identity_looks_past_has_its_own_cotangent():
    graph = parse("p = softmax(x); J = -sum(p*log(p))", x=[2])
    assert looked_through(graph) == {"p"}
    found = grad(graph, x=[1.0, 0.0])
    p = np.exp([1, 0]) / np.exp([1, 0]).sum()
    np.testing.assert_allclose(found["p_bar"], -(np.log(p) + 1))
    np.testing.assert_allclose(found["x_bar"], p * (found["p_bar"] - (found["p_bar"] * p).sum()), atol=1e-15)
    assert "p_bar" not in backward(graph, ["x"]).declared_names  # where it is not asked for, nothing half of it bears its name


def test_the_logarithm_of_a_softmax_overflows_only_where_the_difference_of_logits_does():
    graph = parse("y = log_softmax(x)", x=[2])
    assert run(graph, x=[1e308, 0])["y"].tolist() == [0, -1e308]
    assert run(graph, x=[1e308, -1e308])["y"].tolist() == [0, -INF]  # -2e308 is no floating-point number


def gate(scale: float) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    graph = load("gated_network")
    sizes = run(graph, trace=True)
    point = {n.name: rng.standard_normal(sizes[n.name].shape) for n in graph.leaves if n.op != "label"}
    point["W1"] *= scale
    point["W3"] *= scale
    point["b2"] = np.full(4, -1e10)  # every gate is shut
    return {**point, "t": np.array(2)}


@pytest.mark.parametrize("scale", [1.0, 1e100, 1e200])
def test_a_shut_gate_passes_nothing_on_however_large_the_weights(scale):
    graph, point = load("gated_network"), gate(scale)
    names = [n.name for n in graph.leaves if n.op != "label"]
    found, plan = grad(graph, names, **point), a1viz.compile(graph, wrt=names)(**point)
    for name in names:
        assert np.isfinite(found[f"{name}_bar"]).all(), name
        np.testing.assert_allclose(plan[f"{name}_bar"], found[f"{name}_bar"], rtol=1e-12)
    assert not found["W2_bar"].any()
