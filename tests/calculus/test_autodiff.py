"""Derivatives as graphs: the gated network of question 2.1, hard shapes, hard numbers, names, higher orders and very long graphs."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from conftest import environment, examples, part
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, log_softmax, softmax

from a1viz.base.errors import DerivativeError, GraphError, InputError
from a1viz.calculus.autodiff import backward, cotangent_names, derived_name, differentiable, every_variable, tangent
from a1viz.calculus.interpreter import grad, run
from a1viz.calculus.rewriting import expand_bodies, rewrite
from a1viz.gradients.checks import check
from a1viz.gradients.differences import gradients
from a1viz.graph.documents import load
from a1viz.graph.equations import parse
from a1viz.graph.nodes import Graph, with_outputs

D, H, N = 3, 4, 5
GATED = load("gated_network")
SHAPES = {"W1": (H, D), "b1": (H,), "W2": (H, D), "b2": (H,), "W3": (N, H), "W4": (N, D)}


def gated_values(seed: int, batch: tuple[int, ...] = (), scale: float = 1.0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    parameters = {name: rng.standard_normal(shape) * scale for name, shape in SHAPES.items()}
    return {"x": rng.standard_normal((*batch, D)), "t": rng.integers(N, size=batch), **parameters}


def gated_by_hand(x, t, W1, b1, W2, b2, W3, W4) -> dict[str, np.ndarray]:
    """One example's loss and gradients, as a lecturer would derive them, with SciPy's stable functions."""
    z1, z2 = W1 @ x + b1, W2 @ x + b2
    h1, h2 = np.maximum(z1, 0), expit(z2)
    g = h1 * h2
    y = W3 @ g + W4 @ x
    y_bar = softmax(y) - np.eye(len(y))[t]
    g_bar = W3.T @ y_bar
    z1_bar, z2_bar = g_bar * h2 * (z1 > 0), g_bar * h1 * h2 * expit(-z2)
    return {
        "J": -log_softmax(y)[t],
        "x_bar": W1.T @ z1_bar + W2.T @ z2_bar + W4.T @ y_bar,
        "W1_bar": np.outer(z1_bar, x), "b1_bar": z1_bar, "W2_bar": np.outer(z2_bar, x), "b2_bar": z2_bar,
        "W3_bar": np.outer(y_bar, g), "W4_bar": np.outer(y_bar, x),
    }  # fmt: skip


def numeric_gradient(graph: Graph, values: dict, name: str, step: float = 1e-6, **options) -> np.ndarray:
    """The gradient of the (mean) loss, entry by entry, by central differences."""
    value = np.array(values[name], dtype=float)
    result = np.zeros_like(value)
    for entry in np.ndindex(value.shape):
        ahead, behind = value.copy(), value.copy()
        ahead[entry] += step
        behind[entry] -= step
        sides = [np.mean(run(graph, **{**values, name: side})[graph.outputs[0]]) for side in (ahead, behind)]
        result[entry] = (sides[0] - sides[1]) / (2 * step)
    return result


# --- the gated network --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("t", [0, N // 2, N - 1])
def test_the_gated_network_has_the_gradients_derived_by_hand(t):
    values = {**gated_values(0), "t": t}
    found = grad(GATED, differentiable(GATED), **values)
    for name, expected in gated_by_hand(**values).items():
        np.testing.assert_allclose(found[name], expected, rtol=1e-12, atol=1e-14)
    for name in SHAPES:
        np.testing.assert_allclose(found[f"{name}_bar"], numeric_gradient(GATED, values, name), rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("batch", [1, 6])
def test_a_batch_gives_parameters_the_gradient_of_the_mean_and_each_example_its_own(batch):
    values = gated_values(1, (batch,))
    parameters = {name: values[name] for name in SHAPES}
    each = [gated_by_hand(x, t, **parameters) for x, t in zip(values["x"], values["t"], strict=True)]
    found = grad(GATED, **values)
    total = grad(GATED, mean=False, **values)
    for name in SHAPES:
        mean = np.mean([e[f"{name}_bar"] for e in each], axis=0)
        np.testing.assert_allclose(found[f"{name}_bar"], mean, rtol=1e-11, atol=1e-14)
        np.testing.assert_allclose(total[f"{name}_bar"], batch * mean, rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(found["x_bar"], [e["x_bar"] for e in each], rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(found["J"], [e["J"] for e in each], rtol=1e-12)
    assert {len(found[f"{name}_bar"]) for name in every_variable(GATED) if name not in SHAPES} == {batch}


def test_a_relu_input_of_exactly_zero_passes_nothing_back():
    values = {**gated_values(2), "b1": np.zeros(H), "x": np.zeros(D)}
    found = grad(GATED, **values)
    np.testing.assert_array_equal(found["z1_bar"], np.zeros(H))
    np.testing.assert_array_equal(found["W1_bar"], np.zeros((H, D)))
    assert np.abs(found["y_bar"]).max() > 0


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("t", [0, 1, N - 1])
@pytest.mark.parametrize("high", [0, N - 1])
def test_logits_of_a_thousand_have_right_gradients_and_no_warnings(t, high):
    y = np.full(N, -1000.0)
    y[high] = 1000.0
    values = gated_values(3)
    values.update(
        x=np.array([1.0, 0, 0]),
        t=t,
        W1=np.zeros((H, D)),
        b1=np.ones(H),
        b2=np.array([1000.0, -1000.0, 0.5, -0.5]),
        W4=np.column_stack([y, y, y]),
    )
    values["W2"] = np.zeros((H, D))
    found = grad(GATED, **values)
    for name, expected in gated_by_hand(**values).items():
        np.testing.assert_allclose(found[name], expected, rtol=1e-12, atol=1e-300, err_msg=name)
    assert found["J"] == pytest.approx(0 if t == high else 2000, rel=1e-2, abs=1e-300)
    assert all(np.isfinite(found[f"{name}_bar"]).all() for name in ("x", "y", "g", "z1", "z2", *SHAPES))
    single = grad(GATED, differentiable(GATED), **{k: v if k == "t" else v.astype(np.float32) for k, v in values.items()})
    assert all(np.isfinite(value).all() and value.dtype == np.float32 for value in single.values())


@pytest.mark.parametrize(
    "text",
    [
        "J = -log(softmax(y)[t])",
        "J = -log(softmax(y))[t]",
        "p = softmax(y); q = p[t]; J = -log(q)",
        "p = softmax(y); l = log(p); J = -l[t]",
    ],
)
def test_however_the_log_likelihood_is_written_it_is_stable(text):
    graph = parse(text, y=["N"], t={"class": "N"})
    for t in range(3):
        found = grad(graph, ["y"], y=[1000.0, -1000.0, 0.0], t=t)
        assert found["J"] == [0, 2000, 1000][t]
        np.testing.assert_array_equal(found["y_bar"], np.eye(3)[0] - np.eye(3)[t])


@pytest.mark.parametrize("text", ["J = -sum(log(softmax(y)) * w)", "J = -mean(log(softmax(y)))", "J = -(w @ log(softmax(y)))"])
def test_soft_targets_are_stable_too(text):
    graph = parse(text, y=["N"], w=["N"])
    w = np.array([0.2, 0.3, 0.5])
    found = grad(graph, ["y"], y=[1000.0, -1000.0, 0.0], w=w)
    share = np.full(3, 1 / 3) if "mean" in text else w
    np.testing.assert_allclose(found["y_bar"], np.eye(3)[0] - share, rtol=1e-14)


@pytest.mark.parametrize("t", [N, -1, [0, 1, N]])
def test_a_class_out_of_range_is_refused_by_name(t):
    values = gated_values(4, (3,))
    wrong = np.ravel(t)[-1]
    with pytest.raises(InputError, match=f"t: class {wrong} is out of range; t has {N} classes, 0 to {N - 1}"):
        grad(GATED, **{**values, "t": t})


# --- shapes -------------------------------------------------------------------------------------------------------------------

BROADCASTS = [  # equations and shapes: what is broadcast must be summed back to its own shape
    ("z = W @ x + b; J = norm2(tanh(z))", {"x": [3], "W": [4, 3], "b": [4]}),
    ("z = W @ x + b; J = norm2(tanh(z))", {"x": [3], "W": [4, 3], "b": []}),
    ("z = W @ x + b; J = norm2(tanh(z))", {"x": [3], "W": [4, 3], "b": [1]}),
    ("Z = X @ W + b; J = norm2(tanh(Z))", {"X": [5, 3], "W": [3, 4], "b": [4]}),
    ("Z = X @ W + b; J = norm2(tanh(Z))", {"X": [5, 3], "W": [3, 4], "b": [5, 1]}),
    ("Z = X @ W + b; J = norm2(tanh(Z))", {"X": [5, 3], "W": [3, 4], "b": [1, 4]}),
    ("Z = X @ W + b; J = norm2(tanh(Z))", {"X": [5, 3], "W": [3, 4], "b": [1, 1]}),
    ("Z = X @ W + b; J = norm2(tanh(Z))", {"X": [5, 3], "W": [3, 4], "b": [1]}),
    ("Z = a * b; J = sum(exp(Z))", {"a": [3, 1], "b": [4]}),
    ("z = a * x / b - a; J = sum(tanh(z)) * a", {"a": [], "x": [3], "b": [1]}),
    ("z = s * W.T @ x; J = norm2(z) + norm2(W)", {"s": [], "x": [4], "W": [4, 3]}),
    ("P = softmax(X @ W); J = norm2(P)", {"X": [5, 3], "W": [3, 4]}),
    ("h = tanh(W @ x); g = tanh(W @ h); J = norm2(W @ g)", {"x": [3], "W": [3, 3]}),
    ("J = x @ A @ x + x @ A.T @ x", {"x": [3], "A": [3, 3]}),
    ("J = inner(A @ B, B.T @ A.T)", {"A": [3, 3], "B": [3, 3]}),
    ("J = inner(x, x) * norm2(outer(x, x))", {"x": [3]}),
    ("J = sum(concatenate(x, 2 * x) * concatenate(x * x, x))", {"x": [3]}),
    ("v = stack(x[0], s, x[2] * s); J = norm2(v) + v[1] ** 3", {"x": [3], "s": []}),
    ("J = mean(x) * mean(W) + sum(sum(W, axis=1, keepdims=True) * sum(W, axis=0))", {"x": [3], "W": [4, 3]}),
    ("J = 3", {"x": [3]}),
    ("c = 2 * b; J = norm2(c)", {"x": [3], "b": [2]}),
]


@pytest.mark.parametrize("batch", [None, 1, 3])
@pytest.mark.parametrize(("text", "shapes"), BROADCASTS, ids=[f"{t}{list(s.values())[-1]}" for t, s in BROADCASTS])
def test_gradients_of_every_leaf_have_its_shape_and_agree_with_central_differences(text, shapes, batch):
    graph = parse(text, **shapes)
    rng = np.random.default_rng(5)
    batched = {next(iter(shapes))} if batch else set()
    values = {name: rng.standard_normal((batch, *shape) if name in batched else shape) for name, shape in shapes.items()}
    found = grad(graph, list(shapes), **values)
    for name in shapes:
        assert found[f"{name}_bar"].shape == values[name].shape
        scale = batch if name in batched else 1  # each example's own gradient, not that of the mean
        np.testing.assert_allclose(found[f"{name}_bar"], scale * numeric_gradient(graph, values, name), rtol=1e-5, atol=1e-7)


def test_a_gradient_that_depends_on_no_example_is_still_given_for_each():
    found = grad(parse("v = 2 * x; J = w @ v", x=["D"], w=["D"]), x=np.ones((4, 3)), w=np.arange(3.0))
    np.testing.assert_array_equal(found["x_bar"], np.tile([0, 2, 4], (4, 1)))
    np.testing.assert_array_equal(found["v_bar"], np.tile([0, 1, 2], (4, 1)))


def test_a_cotangent_without_a_batch_axis_is_every_examples():
    graph = load("two_layer")
    x = np.random.default_rng(6).standard_normal((5, 3))
    found = grad(graph, x=x)
    each = [grad(graph, x=row) for row in x]
    for name in ("W1", "W2"):
        np.testing.assert_allclose(found[f"{name}_bar"], sum(e[f"{name}_bar"] for e in each), rtol=1e-12)
    for name in ("x", "z", "h", "y"):
        np.testing.assert_allclose(found[f"{name}_bar"], [e[f"{name}_bar"] for e in each], rtol=1e-12)


def test_what_the_loss_does_not_reach_gets_zeros_of_its_shape():
    found = grad(parse("J = norm2(x)", x=[2], W=[3, 2], s=[]), x=np.ones((4, 2)), W=np.ones((3, 2)), s=1.0)
    np.testing.assert_array_equal(found["W_bar"], np.zeros((3, 2)))
    np.testing.assert_array_equal(found["s_bar"], 0.0)


# --- what is asked for --------------------------------------------------------------------------------------------------------


def test_cotangents_may_be_handed_in_for_variables_that_others_use_too():
    graph = parse("h = tanh(x); y = W @ h", x=[2], W=[3, 2])
    rng = np.random.default_rng(7)
    values = {"x": rng.standard_normal(2), "W": rng.standard_normal((3, 2))}
    bars = {"h": rng.standard_normal(2), "y": rng.standard_normal(3)}
    found = grad(graph, cotangents=bars, **values)
    h_bar = bars["h"] + values["W"].T @ bars["y"]
    np.testing.assert_allclose(found["h_bar"], h_bar, rtol=1e-12)
    np.testing.assert_allclose(found["y_bar"], bars["y"], rtol=0)
    np.testing.assert_allclose(found["x_bar"], h_bar * (1 - np.tanh(values["x"]) ** 2), rtol=1e-12)


def test_the_cotangent_of_an_intermediate_variable_stops_there():
    graph = backward(GATED, ["g"])
    assert graph.outputs == ("g_bar",)
    assert not {"x_bar", "z1_bar", "h1_bar"} & set(graph.by_name)


def test_a_derivative_graph_of_a_document_keeps_its_values_and_takes_its_cotangents_as_values():
    graph = backward(load("two_layer"))
    np.testing.assert_array_equal(run(graph)["x_bar"], [-16, -2, -4])
    assert not graph.document.cotangents
    assert not graph.document.expect


@pytest.mark.parametrize("derivative", [backward, tangent])
def test_class_labels_and_constants_have_no_derivative(derivative):
    with pytest.raises(DerivativeError, match="t is a class label: there is no derivative with respect to it"):
        derivative(GATED, ["t"])
    with pytest.raises(GraphError, match="gated_network has no variable 'w1'"):
        derivative(GATED, ["w1"])
    with pytest.raises(DerivativeError, match="J_bar is a constant"):
        derivative(backward(GATED), ["J_bar"])
    with pytest.raises(DerivativeError, match="t is a class label and has no cotangent"):
        backward(GATED, cotangents=["t"])


def test_without_a_scalar_loss_the_missing_cotangent_is_named():
    with pytest.raises(InputError, match=r"has no scalar loss; give the cotangent of y as cotangents=\{'y': \.\.\.\}"):
        grad(parse("y = 2 * x", x=[2]), x=[1, 2])


# --- names --------------------------------------------------------------------------------------------------------------------


def test_variables_that_are_called_x_bar_or_z_dot_already_do_no_harm():
    graph = parse(
        "x_bar = 2 * x; x_dot = tanh(x_bar); z_dot = W @ x_dot; J_bar = norm2(z_dot) + x_bar_total; J = J_bar * 1",
        x=[2],
        W=[3, 2],
        x_bar_total=[],
    )
    rng = np.random.default_rng(8)
    values = {"x": rng.standard_normal(2), "W": rng.standard_normal((3, 2)), "x_bar_total": 0.5}
    found = grad(graph, ["x", "x_bar", "W"], **values)
    assert [*found] == ["J", "x_bar2", "x_bar_bar", "W_bar"]
    np.testing.assert_allclose(found["x_bar2"], numeric_gradient(graph, values, "x"), rtol=1e-6)
    np.testing.assert_allclose(found["x_bar2"], 2 * found["x_bar_bar"], rtol=1e-12)
    assert cotangent_names(graph, backward(graph, every_variable(graph)))["x"] == "x_bar2"
    assert check(graph, **values)
    handed = grad(parse("y_bar = 2 * x; y = 3 * x", x=[2]), cotangents={"y": [1.0, 2]}, x=[1.0, 1])
    np.testing.assert_array_equal(handed["y_bar2"], [1, 2])
    np.testing.assert_array_equal(handed["y_bar"], [2, 2])


def test_a_derivative_has_no_name_twice_and_no_automatic_name_a_user_could_write():
    twice = backward(backward(GATED, cotangents=["J"]))
    names = [node.name for node in twice.nodes]
    assert len(names) == len(set(names))
    assert derived_name(backward(GATED), "x", "bar") == "x_bar2"
    assert all(node.is_declared == (":" not in node.name) for node in twice.nodes)


def test_a_body_and_the_graph_around_it_may_use_the_same_number():
    graph = expand_bodies(parse("a = indicator(x); b = a + 1", x=[2]))
    np.testing.assert_array_equal(run(graph, x=[0.0, 3])["b"], [2, 1])
    np.testing.assert_array_equal(grad(parse("J = sum(indicator(x) * x) + 1", x=[2]), ["x"], x=[0.5, 3])["x_bar"], [1, 0])


# --- higher orders ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [(), (3,)])
@pytest.mark.parametrize("tidied", [False, True])
def test_hessian_vector_products_of_the_gated_network(tidied, batch):
    """Forward over reverse, against central differences of the gradient."""
    values = gated_values(9, batch, scale=0.7)
    names = differentiable(GATED)
    first = backward(GATED, names)
    second = tangent(first, names)
    second = rewrite(second) if tidied else second
    rng = np.random.default_rng(10)
    dots = {name: rng.standard_normal(np.shape(values[name])) for name in names}
    pushed = run(second, **values, **{f"{name}_dot": dots[name] for name in names})
    step = 1e-5
    ahead, behind = (run(first, **{**values, **{n: values[n] + sign * step * dots[n] for n in names}}) for sign in (1, -1))
    for name in first.outputs:
        np.testing.assert_allclose(pushed[f"{name}_dot"], (ahead[name] - behind[name]) / (2 * step), rtol=1e-5, atol=1e-7)


def test_reverse_over_reverse_is_forward_over_reverse():
    """The Hessian is symmetric: <v, H u> pulled back is H v."""
    names = ("x", "W1", "W3")
    first = backward(GATED, names)
    values = gated_values(11)
    rng = np.random.default_rng(12)
    v = {name: rng.standard_normal(np.shape(values[name])) for name in names}
    pushed = run(tangent(first, names), **values, **{f"{name}_dot": v[name] for name in names})
    twice = backward(first, names)
    pulled = run(twice, **values, **{f"{name}_bar_bar": v[name] for name in names})
    for name, out in zip(names, twice.outputs, strict=True):
        np.testing.assert_allclose(pulled[out], pushed[f"{name}_bar_dot"], rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize(
    ("text", "third"), [("J = x ** 4", lambda x: 24 * x), ("J = exp(2 * x)", lambda x: 8 * np.exp(2 * x)), ("J = sigmoid(x)", None)]
)
def test_third_derivatives_of_a_scalar(text, third):
    graph, names = parse(text, x=[]), ["x"]
    for _ in range(3):
        graph = backward(graph, names)
        graph = rewrite(graph)
    x, s = 0.3, expit(0.3)
    expected = third(x) if third else s * (1 - s) * (1 - 6 * s + 6 * s**2)
    np.testing.assert_allclose(run(graph, x=x)[graph.outputs[0]], expected, rtol=1e-10)


# --- any graph ----------------------------------------------------------------------------------------------------------------

VECTORS = [
    "tanh({a})",
    "sigmoid({a})",
    "{a} * {b}",
    "{a} + {b}",
    "{a} - {b}",
    "W @ {a}",
    "{a} @ W",
    "softmax({a})",
    "{a} * s",
    "norm2({a}) * {b}",
    "-{a}",
    "sum({a}) + {b}",
    "outer({a}, {b}) @ {a}",
    "exp(-({a} ** 2))",
    "{a} / (1 + {b} ** 2)",
]


@st.composite
def programs(draw):
    lines, names = [], ["x"]
    for k in range(draw(st.integers(1, 7))):
        lines.append(f"v{k} = " + draw(st.sampled_from(VECTORS)).format(a=draw(st.sampled_from(names)), b=draw(st.sampled_from(names))))
        names.append(f"v{k}")
    return "; ".join([*lines, f"J = norm2({names[-1]}) + sum({draw(st.sampled_from(names))})"])


@examples(100)
@given(programs(), st.integers(0, 1000))
def test_random_programs_pass_the_gradient_check_and_keep_their_gradient_when_rewritten(text, seed):
    graph = with_outputs(parse(text, x=[3], W=[3, 3], s=[]), ["J"])
    rng = np.random.default_rng(seed)
    values = {"x": rng.standard_normal(3) / 2, "W": rng.standard_normal((3, 3)) / 3, "s": 0.5}
    if np.abs(run(graph, **values)["J"]) > 1e4:
        return  # too steep for central differences
    assert all(finding.ok for finding in gradients(graph, **values))
    raw = run(backward(graph), **values)
    tidy = grad(graph, differentiable(graph), **values)
    for name, value in raw.items():
        np.testing.assert_allclose(tidy[name], value, rtol=1e-9, atol=1e-11)


# --- very long and very wide graphs -------------------------------------------------------------------------------------------

LONG = """
import resource, sys, time
import numpy as np
from a1viz import backward, grad, parse, rewrite, run, tangent
n = {n}
{text}
assert len(backward(graph)) > n
assert len(tangent(graph)) > n
values = dict(x=0.5)
assert np.isfinite(run(graph, **values)["J"])
found = grad(graph, ["x"], **values)
assert abs(found["x_bar"] - {slope}) < 1e-9 * abs({slope}), found["x_bar"]
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(f"{{time.process_time():.1f}} s, {{peak:.2f}} GiB")
assert peak < 1
"""
CHAIN = 'graph = parse("v0 = x\\n" + "\\n".join(f"v{k} = v{k - 1} + 1" for k in range(1, n)) + f"\\nJ = v{n - 1}", x=[])'
FAN = """
lines = [f"v{k} = 2 * x" for k in range(n // 2)] + ["s0 = v0"] + [f"s{k} = s{k - 1} + v{k}" for k in range(1, n // 2)]
graph = parse("\\n".join([*lines, f"J = s{n // 2 - 1}"]), x=[])
"""


@pytest.mark.process
@pytest.mark.many
@pytest.mark.parametrize(("text", "slope", "n"), [(CHAIN, "1.0", part(100_000)), (FAN, "n", part(30_000))], ids=["chain", "fan"])
def test_very_many_nodes_are_read_differentiated_and_run_in_seconds_and_little_memory(text, slope, n):
    command = [sys.executable, "-c", LONG.format(text=text, slope=slope, n=n)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=3000)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.split()[0]) < 200, done.stdout
