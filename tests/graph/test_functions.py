"""Functions, comparisons and reductions where they are hard: kinks, ties, zeros, saturation, infinity, NaN, and nothing at all."""

from __future__ import annotations

import itertools
import math

import mpmath
import numpy as np
import pytest
from scipy import special

import a1viz
from a1viz.base.errors import InputError
from a1viz.calculus.autodiff import backward, tangent
from a1viz.calculus.interpreter import grad, run
from a1viz.calculus.rewriting import rewrite
from a1viz.graph.equations import parse
from a1viz.graph.nodes import Builder, Graph
from a1viz.graph.special_functions import PART, erf, erfc, log1mexp

NAN, INF = math.nan, math.inf


def applied(op: str, shape: tuple[int, ...], **attrs) -> Graph:
    """The graph `out = op(x)` with these attributes."""
    builder = Builder()
    builder.leaf("x", "input", shape)
    builder.add(op, ["x"], name="out", attrs=attrs)
    return builder.graph(op, ["out"])


# --- the error function ---------------------------------------------------------------------------------------------------------------

SIZES = np.concatenate(
    [np.linspace(1e-3, 27, 2701), np.logspace(-320, 1, 643), [0.46875, 4.0, np.nextafter(0.46875, 1), np.nextafter(4, 5)]]
)
POINTS = np.concatenate([SIZES, -SIZES])


@pytest.mark.parametrize(("function", "truth", "ulps"), [(erf, mpmath.erf, 5), (erfc, mpmath.erfc, 7)], ids=["erf", "erfc"])
def test_the_error_function_is_right_to_a_few_units_in_the_last_place(function, truth, ulps):
    found = function(POINTS)
    with mpmath.workdps(40):
        wanted = [truth(mpmath.mpf(float(x))) for x in POINTS]
        for x, got, want in zip(POINTS, found, wanted, strict=True):
            assert abs(mpmath.mpf(float(got)) - want) <= ulps * mpmath.mpf(float(np.spacing(abs(got)))), x


@pytest.mark.parametrize(("function", "peer"), [(erf, special.erf), (erfc, special.erfc)], ids=["erf", "erfc"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_error_function_is_scipys_everywhere(function, peer, dtype):
    hard = np.array([0.0, -0.0, INF, -INF, NAN, 1e30, -1e30, 1e-20, -np.finfo(dtype).smallest_subnormal], dtype)
    for x in (hard, POINTS.astype(dtype), np.zeros((0, 3), dtype), np.array(0.5, dtype), np.linspace(-3, 3, 3 * PART + 1, dtype=dtype)):
        with np.errstate(all="ignore"):
            found, wanted = function(x), peer(x)
        assert (found.dtype, found.shape) == (dtype, x.shape)
        np.testing.assert_allclose(
            found, wanted, rtol=1000 * np.finfo(dtype).eps, atol=np.finfo(dtype).tiny
        )  # scipy's own error grows in the tail
        assert (np.signbit(found) == np.signbit(wanted))[~np.isnan(wanted)].all()


def test_log1mexp_neither_cancels_near_zero_nor_far_below():
    points = np.array([-1e-300, -1e-20, -0.5, -0.6931471805599453, -0.7, -40.0, -700.0])
    with mpmath.workdps(350):
        wanted = [float(mpmath.log(-mpmath.expm1(float(x)))) for x in points]
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(log1mexp(points), wanted, rtol=4e-16)
        np.testing.assert_array_equal(log1mexp(np.array([0.0, -INF, 1.0, NAN])), [-INF, 0, NAN, NAN])


# --- elementwise ----------------------------------------------------------------------------------------------------------------------

SCALE, BELOW = 1.0507009873554805, 1.7580993408473766
HARD = [  # text, point, value, gradient of the sum, second derivative of the sum
    ("log1p(x)", [1e-20, 0, -1, INF], [1e-20, 0, -INF, INF], [1, 1, INF, 0], [-1, -1, -INF, 0]),
    ("expm1(x)", [1e-20, 0, -INF, -1000], [1e-20, 0, -1, -1], [1, 1, 0, 0], [1, 1, 0, 0]),
    ("erf(x)", [0, 1e3, -1e3, 1e200], [0, 1, -1, 1], [2 / math.sqrt(math.pi), 0, 0, 0], [0, 0, 0, 0]),
    ("erfc(x)", [0, 1e3, -1e3], [1, 0, 2], [-2 / math.sqrt(math.pi), 0, 0], [0, 0, 0]),
    ("arctan(x)", [0, INF, -INF, 1e200], [0, math.pi / 2, -math.pi / 2, math.pi / 2], [1, 0, 0, 0], None),
    ("log1mexp(x)", [-1e-20, -1000], [math.log(1e-20), 0], [-1e20, 0], [-1e40, 0]),
    (
        "leaky_relu(x, 0.01)",
        [0, -2, 3, 1e3, -1e3, INF, NAN],
        [0, -0.02, 3, 1e3, -10, INF, NAN],
        [0.01, 0.01, 1, 1, 0.01, 1, None],
        [0] * 6 + [None],
    ),
    ("elu(x)", [0, -1000, 1000, INF, -INF, NAN], [0, -1, 1000, INF, -1, NAN], [1, 0, 1, 1, 0, NAN], [1, 0, 0, 0, 0, NAN]),
    ("selu(x)", [0, -1000, 1000], [0, -BELOW, SCALE * 1000], [BELOW, 0, SCALE], [BELOW, 0, 0]),
    ("silu(x)", [0, -1000, 1000], [0, 0, 1000], [0.5, 0, 1], [0.5, 0, 0]),
    ("mish(x)", [0, -1000, 1000], [0, 0, 1000], [0.6, 0, 1], [0.64, 0, 0]),
    (
        "gelu(x)",
        [0, -1000, 1000, -10],
        [0, 0, 1000, -7.619853024160526e-23],
        [0.5, 0, 1, -7.694598626706419e-22 + 7.619853024160526e-24],
        None,
    ),
    ("gelu_tanh(x)", [0, -1000, 1000], [0, 0, 1000], [0.5, 0, 1], [math.sqrt(2 / math.pi), 0, 0]),
    ("softsign(x)", [0, 3, -3, 1e300, -INF], [0, 0.75, -0.75, 1, -1], [1, 1 / 16, 1 / 16, 0, 0], [0, -1 / 32, 1 / 32, None, None]),
    ("hardtanh(x)", [-1, 1, 0, 5, -INF, NAN], [-1, 1, 0, 1, -1, NAN], [0, 0, 1, 0, 0, None], [0] * 5 + [None]),
    ("huber(x, 1)", [0, 1, -1, 3, 1e200, INF], [0, 0.5, 0.5, 2.5, 1e200, INF], [0, 1, -1, 1, 1, 1], [1, 1, 1, 0, 0, 0]),
    ("huber(x, inf)", [3, INF, -1e200], [4.5, INF, INF], [3, INF, -1e200], [1, 1, 1]),
    ("huber(x, 0)", [0, 3], [0, 0], [0, 0], None),
    ("hinge(x)", [1, 0, 2, -INF, INF], [0, 1, 0, INF, 0], [-1, -1, 0, -1, 0], [0] * 5),
    ("clip(x, -1, 2)", [-1, 2, 0, 3, -3, INF, NAN], [-1, 2, 0, 2, -1, 2, NAN], [1, 1, 1, 0, 0, 0, None], [0] * 6 + [None]),
    ("clip(x, 2, -1)", [0, 5], [-1, -1], [0, 0], [0, 0]),
    ("clip(0, x, 2)", [1, -1, 0], [1, 0, 0], [1, 0, 0], [0] * 3),
    ("clip(3, 0, x)", [1, 4, 3], [1, 3, 3], [1, 0, 0], [0] * 3),
    ("clip(x, 0 / 0, 2)", [1], [NAN], None, None),
    ("where(greater(x, 0), sqrt(x), x)", [0, 4, -1, INF], [0, 2, -1, INF], [1, 0.25, 1, 0], [0, -1 / 32, 0, 0]),
    ("where(greater(x, 0), log(x), exp(x))", [1000, -1000, 0], [math.log(1000), 0, 1], [1e-3, 0, 1], [-1e-6, 0, 1]),
    ("where(at_least(x, 1), 2, x / 0)", [1, 0], [2, NAN], [0, INF], None),
    ("where(2, x, 0 / 0)", [3], [3], [1], [0]),
    ("where(0 / 0, x, 1)", [3], [3], [1], [0]),
    ("where(x, x, 7)", [3, 0], [3, 7], [1, 0], [0, 0]),
    ("stop_gradient(x) * x", [3, INF], [9, INF], [3, INF], [0, 0]),
    ("less(x, 1)", [1, 0, 2, NAN, INF, -INF], [0, 1, 0, 0, 0, 1], [0] * 6, [0] * 6),
    ("at_most(x, 1)", [1, 0, 2, NAN, INF, -INF], [1, 1, 0, 0, 0, 1], [0] * 6, [0] * 6),
    ("equal(x, 1)", [1, 0, NAN, INF], [1, 0, 0, 0], [0] * 4, [0] * 4),
    ("equal(x, x)", [INF, NAN], [1, 0], [0] * 2, [0] * 2),
    ("not_equal(x, 1)", [1, 0, NAN], [0, 1, 1], [0] * 3, [0] * 3),
]


@pytest.mark.parametrize(("text", "point", "value", "slopes", "curves"), HARD, ids=[h[0] for h in HARD])
def test_hard_places_have_the_value_and_the_derivatives_the_table_promises(text, point, value, slopes, curves):
    graph = parse(f"y = {text}; J = sum(y)", x=["n"])
    found, plan = grad(graph, ["x"], x=point), a1viz.compile(graph, wrt=["x"])(x=point)
    np.testing.assert_allclose(np.broadcast_to(run(graph, trace=True, x=point)["y"], np.shape(point)), value, rtol=1e-14)
    first = backward(graph, ["x"])
    second = run(rewrite(tangent(first, ["x"])), x=point, x_dot=np.ones(len(point)))
    results = [(found["x_bar"], slopes), (plan["x_bar"], slopes), (second[f"{first.outputs[0]}_dot"], curves)]
    for got, wanted in results:
        for a, b in zip(got, wanted or (), strict=wanted is not None):
            assert b is None or a == pytest.approx(b, rel=1e-12, abs=1e-300, nan_ok=True), (got, wanted)


@pytest.mark.parametrize("text", ["leaky_relu(x, s)", "huber(x, s)", "clip(x, s, 9)", "clip(x, -9, s)", "where(s, x, 1)", "where(x, s, 1)"])
def test_operands_that_are_numbers_may_be_parameters_and_arrays(text):
    rng = np.random.default_rng(0)
    x, s, batch = rng.uniform(0.3, 2, (3, 4)), 0.7, rng.uniform(0.3, 2, (5, 3, 4))
    graph = parse(f"J = sum({text})", x=[3, 4], s=[])
    whole = parse(f"J = sum({text})", x=[3, 4], s=[3, 4])
    one, many = grad(graph, ["x", "s"], x=x, s=s), grad(whole, ["x", "s"], x=x, s=np.full((3, 4), s))
    np.testing.assert_allclose(one["x_bar"], many["x_bar"])
    np.testing.assert_allclose(one["s_bar"], many["s_bar"].sum())
    stacked = grad(graph, ["x"], x=batch, s=s)["x_bar"]
    np.testing.assert_allclose(stacked, [grad(graph, ["x"], x=x, s=s)["x_bar"] for x in batch])


PEERS = {
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)), "silu": lambda x: x * special.expit(x),
    "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))), "gelu": lambda x: x * special.ndtr(x),
    "gelu_tanh": lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "softsign": lambda x: x / (1 + np.abs(x)), "hardtanh": lambda x: np.clip(x, -1, 1), "hinge": lambda x: np.maximum(0, 1 - x),
    "selu": lambda x: SCALE * np.where(x > 0, x, BELOW / SCALE * np.expm1(x)), "log1mexp": lambda x: np.log1p(-np.exp(x)),
    "log1p": np.log1p, "expm1": np.expm1, "arctan": np.arctan, "erf": special.erf, "erfc": special.erfc,
}  # fmt: skip


@pytest.mark.parametrize("name", PEERS)
def test_functions_are_those_of_numpy_and_scipy(name):
    x = np.linspace(-5, -0.01, 60) if name == "log1mexp" else np.linspace(-0.9 if name == "log1p" else -5, 5, 60)
    np.testing.assert_allclose(run(parse(f"y = {name}(x)", x=["n"]), x=x)["y"], PEERS[name](x), rtol=1e-11, atol=1e-15)


def test_the_derivative_at_a_kink_is_pytorchs_where_the_table_says_so():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: its derivatives at kinks are not compared")
    of = {
        "relu(x)": torch.relu, "leaky_relu(x, 0.01)": torch.nn.functional.leaky_relu, "elu(x)": torch.nn.functional.elu,
        "selu(x)": torch.selu, "silu(x)": torch.nn.functional.silu, "mish(x)": torch.nn.functional.mish,
        "gelu(x)": torch.nn.functional.gelu, "softsign(x)": torch.nn.functional.softsign,
        "gelu_tanh(x)": lambda x: torch.nn.functional.gelu(x, approximate="tanh"),
        "hardtanh(x)": torch.nn.functional.hardtanh, "clip(x, -1, 1)": lambda x: torch.clamp(x, -1, 1),
        "huber(x, 1)": lambda x: torch.nn.functional.huber_loss(x, torch.zeros_like(x), reduction="none"),
    }  # fmt: skip
    point = [0.0, 1.0, -1.0, 0.5, -3.0, 100.0, -100.0]
    for text, function in of.items():
        x = torch.tensor(point, dtype=torch.float64, requires_grad=True)
        function(x).sum().backward()
        found = grad(parse(f"J = sum({text})", x=["n"]), ["x"], x=point)
        np.testing.assert_allclose(found["x_bar"], x.grad.numpy(), rtol=1e-12, atol=1e-15, err_msg=text)


@pytest.mark.parametrize("text", ["J = sum(x * stop_gradient(x ** 2))", "y = stop_gradient(x ** 2); J = sum(x * y)"])
def test_no_derivative_goes_through_stop_gradient(text):
    graph, x = parse(text, x=["n"]), np.array([1.0, -2.0])
    assert grad(graph, ["x"], x=x)["x_bar"].tolist() == [1, 4]
    assert a1viz.compile(graph, wrt=["x"])(x=x)["x_bar"].tolist() == [1, 4]
    assert "stop_gradient" in str(rewrite(graph, ("stable", "tidy", "reading")))


# --- reductions -----------------------------------------------------------------------------------------------------------------------

NUMPY = {"max": np.max, "min": np.min, "prod": np.prod, "var": np.var, "std": np.std}
AXES = [None, 0, 1, -1, [0, 2], [2, 0], [0, 1, 2]]


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("op", NUMPY)
def test_reductions_are_numpys_along_any_axes(op, axis, keepdims):
    x = np.random.default_rng(1).standard_normal((2, 3, 4))
    wanted = NUMPY[op](x, axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=keepdims)
    graph = applied(op, x.shape, axis=axis, keepdims=keepdims)
    found = run(graph, x=x)["out"]
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=1e-13)
    np.testing.assert_allclose(run(graph, x=np.stack([x, -x]))["out"][0], wanted, rtol=1e-13)


@pytest.mark.parametrize("op", NUMPY)
@pytest.mark.parametrize("axis", AXES)
def test_their_derivatives_are_those_of_differences(op, axis):
    rng = np.random.default_rng(2)
    x, bar, direction = rng.standard_normal((2, 3, 4)), None, rng.standard_normal((2, 3, 4))
    graph = applied(op, x.shape, axis=axis)
    bar = rng.standard_normal(graph["out"].shape)
    pulled = grad(graph, ["x"], {"out": bar}, x=x)["x_bar"]
    along = (run(graph, x=x + 1e-6 * direction)["out"] - run(graph, x=x - 1e-6 * direction)["out"]) / 2e-6
    np.testing.assert_allclose(np.sum(pulled * direction), np.sum(bar * along), rtol=1e-6)
    np.testing.assert_allclose(run(tangent(graph), x=x, x_dot=direction)["out_dot"], along, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(
        a1viz.compile(graph, wrt=["x"], cotangents=["out"])(x=x, cotangents={"out": bar})["x_bar"], pulled, rtol=1e-12, atol=1e-15
    )


TIES = [  # operator, point, value, derivative
    ("max", [1, 3, 3, 2], 3, [0, 0, 1, 0]), ("min", [1, 3, 1, 2], 1, [0, 0, 1, 0]), ("max", [5], 5, [1]), ("min", [5], 5, [1]),
    ("max", [INF, INF, 0], INF, [0, 1, 0]), ("max", [-INF, -INF], -INF, [0, 1]), ("min", [-INF, 0, -INF], -INF, [0, 0, 1]),
    ("max", [0, NAN, 1], NAN, [0, 1, 0]), ("min", [NAN, 0, NAN], NAN, [0, 0, 1]),
    ("argmax", [1, 3, 3, 2], 2, [0] * 4), ("argmin", [1, 3, 1, 2], 2, [0] * 4), ("argmax", [0, NAN, 1], 1, [0] * 3),
    ("argmax", [-INF, -INF], 1, [0] * 2), ("argmin", [7], 0, [0]),
    ("prod", [2, 0, 3], 0, [0, 6, 0]), ("prod", [0, 0, 3], 0, [0, 0, 0]), ("prod", [0], 0, [1]), ("prod", [INF, 0.5], INF, [0.5, INF]),
    ("var", [4, 4, 4], 0, [0, 0, 0]), ("std", [4, 4, 4], 0, [0, 0, 0]), ("var", [5], 0, [0]), ("std", [5], 0, [0]),
    ("std", [1e200, -1e200], 1e200, [0.5, -0.5]), ("std", [1e-200, -1e-200], 1e-200, [0.5, -0.5]),
    ("var", [1e9 + 1, 1e9 - 1], 1, [1, -1]), ("std", [1e15 + 1, 1e15 - 1], 1, [0.5, -0.5]), ("var", [INF, 0], NAN, [NAN, -INF]),
]  # fmt: skip


@pytest.mark.parametrize(("op", "point", "value", "slopes"), TIES, ids=[f"{t[0]}({t[1]})" for t in TIES])
def test_at_ties_and_zeros_a_reduction_has_the_derivative_the_table_promises(op, point, value, slopes):
    graph = parse(f"J = {op}(x)", x=["n"])
    for found in (grad(graph, ["x"], x=point), a1viz.compile(graph, wrt=["x"])(x=point)):
        np.testing.assert_allclose(found["J"], value, rtol=1e-15)
        np.testing.assert_allclose(found["x_bar"], slopes, rtol=1e-14)
    batch = grad(graph, ["x"], x=[point, point])
    np.testing.assert_allclose(batch["x_bar"], [slopes, slopes], rtol=1e-14)


def test_ties_along_several_axes_go_to_the_last_of_them_all():
    x = np.array([[[1.0, 7, 7], [7, 0, 0]], [[7, 2, 7], [7, 7, 3]]])
    for axis, place in [(None, [(1, 1, 1)]), ([1, 2], [(0, 1, 0), (1, 1, 1)]), ([0, 2], [(1, 0, 2), (1, 1, 1)])]:
        wanted = np.zeros(x.shape)
        wanted[tuple(zip(*place, strict=True))] = 1
        graph = applied("max", x.shape, axis=axis)
        found = grad(graph, ["x"], {"out": np.ones(graph["out"].shape)}, x=x)
        assert found["x_bar"].tolist() == wanted.tolist()
    for name, sign in (("argmax", 1), ("argmin", -1)):
        assert run(applied(name, x.shape), x=sign * x)["out"] == 10
        assert run(applied(name, x.shape, axis=[0, 2]), x=sign * x)["out"].tolist() == [5, 4]
        assert run(applied(name, x.shape, axis=0, keepdims=True), x=sign * x)["out"].tolist() == [[[1, 0, 1], [1, 1, 1]]]


def test_an_entry_picked_by_argmax_is_the_largest_with_its_derivative():
    largest = parse("J = max(x)", x=["n"])
    builder = Builder([largest["x"]])
    builder.add("argmax", ["x"], name="k")
    builder.add("pick", ["x", "k"], name="J")
    picked = builder.graph("picked", ["J"])
    for x in ([1.0, 3, 3], [2.0], [-INF, -INF]):
        a, b = grad(picked, ["x"], x=x), grad(largest, ["x"], x=x)
        assert (a["J"], a["x_bar"].tolist()) == (b["J"], b["x_bar"].tolist())


@pytest.mark.parametrize("op", ["max", "min", "argmax", "argmin"])
@pytest.mark.parametrize(("shape", "axis"), [((0,), None), ((3, 0), 1), ((0, 3), None)])
def test_nothing_has_no_largest_entry(op, shape, axis):
    graph = applied(op, shape, axis=axis)
    for call in (lambda: run(graph, x=np.zeros(shape)), lambda: a1viz.compile(graph)(x=np.zeros(shape))):
        with pytest.raises(InputError, match=f"{'max|min' if op.startswith('arg') else op}.*failed: it has no entries"):
            call()
    assert run(applied(op, (3,)), x=np.zeros((0, 3)))["out"].shape == (0,)  # while an empty batch is fine


@pytest.mark.parametrize(("op", "value"), [("prod", 1), ("var", NAN), ("std", NAN)])
def test_of_nothing_a_reduction_is_what_numpy_has(op, value):
    graph = parse(f"J = {op}(x)", x=["n"])
    found = grad(graph, ["x"], x=np.zeros(0))
    np.testing.assert_equal(float(found["J"]), value)
    assert found["x_bar"].shape == (0,)


def products(x: np.ndarray, but: tuple[int, ...]) -> float:
    return math.prod(v for k, v in enumerate(x) if k not in but)


@pytest.mark.parametrize("x", [[2.0, 3, 5, 7], [2.0, 0, 5, 7], [0.0, 3, 0, 7], [0.0, 0, 0, 7], [0.0, 2.0], [0.0], [2.0, 5.0]])
def test_first_second_and_third_derivatives_of_a_product_are_products_of_the_others(x):
    n, x = len(x), np.array(x)
    graph = parse("J = prod(x)", x=["n"])
    first = backward(graph, ["x"])
    second = tangent(first, ["x"])
    third = tangent(second, ["x"])
    np.testing.assert_allclose(run(first, x=x)["x_bar"], [products(x, (i,)) for i in range(n)])
    for j, k in itertools.product(range(n), repeat=2):
        e, d = np.eye(n)[j], np.eye(n)[k]
        dots = dict(zip([name for name in (node.name for node in third.leaves) if name != "x"], (e, d), strict=True))
        along = run(second, x=x, x_dot=e)[second.outputs[0]]
        np.testing.assert_allclose(along, [products(x, (i, j)) * (i != j) for i in range(n)])
        twice = run(third, x=x, **dots)[third.outputs[0]]
        np.testing.assert_allclose(twice, [products(x, (i, j, k)) * (len({i, j, k}) == 3) for i in range(n)])


@pytest.mark.parametrize("axis", [None, 0, [0, 2], 1])
def test_so_are_those_along_axes_with_zeros(axis):
    rng = np.random.default_rng(4)
    x = rng.integers(-1, 2, (2, 3, 2)).astype(float)
    graph = applied("prod", x.shape, axis=axis)
    first = backward(graph, ["x"], ["out"])
    bar, direction = rng.standard_normal(graph["out"].shape), rng.standard_normal(x.shape)
    pushed = run(tangent(first, ["x"]), x=x, x_dot=direction, out_bar=bar)["x_bar_dot"]
    steps = [run(first, x=x + s * 0.5 * direction, out_bar=bar)["x_bar"] for s in (-2, -1, 1, 2)]  # exact for polynomials of degree 4
    if axis in (0, [0, 2]):
        np.testing.assert_allclose(pushed, (steps[0] - 8 * steps[1] + 8 * steps[2] - steps[3]) / 6, rtol=1e-9, atol=1e-12)
    small = (run(first, x=x + 1e-6 * direction, out_bar=bar)["x_bar"] - run(first, x=x - 1e-6 * direction, out_bar=bar)["x_bar"]) / 2e-6
    np.testing.assert_allclose(pushed, small, rtol=1e-6, atol=1e-7)
