"""Values: batches against a loop over the examples, what may be given, what comes back, and where the rest comes from."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

from a1viz.base.array_formats import array_text
from a1viz.base.errors import InputError
from a1viz.calculus.interpreter import grad, run
from a1viz.graph.catalog import catalogue
from a1viz.graph.documents import load, loads
from a1viz.graph.equations import parse
from a1viz.graph.leaves import gather

GATED = load("gated_network")
DOCUMENT = """
title = "Linear"
equations = "y = W @ x + b"
[sizes]
D = 3
N = 2
[inputs]
x = ["D"]
[parameters]
W = ["N", "D"]
b = ["N"]
"""


def example(values: dict, batched: set, k: int) -> dict:
    return {name: value[k] if name in batched else value for name, value in values.items()}


# --- batches ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 4])
@pytest.mark.parametrize("name", catalogue())
def test_a_batch_is_a_loop_over_the_examples_for_every_document(name, size):
    graph = load(name)
    rng = np.random.default_rng(0)
    batched = {node.name for node in graph.leaves if node.op != "parameter"}
    sizes = graph.document.sizes
    values = {}
    for node in graph.leaves:
        shape = (*([size] if node.name in batched else []), *(sizes.get(d, d) for d in node.shape))
        values[node.name] = (
            rng.integers(sizes.get(node.value, node.value), size=shape) if node.op == "label" else rng.standard_normal(shape)
        )
    whole = run(graph, trace=True, **values)
    parts = [run(graph, trace=True, **example(values, batched, k)) for k in range(size)]
    for variable, value in whole.items():
        expected = [part[variable] for part in parts]
        np.testing.assert_allclose(value, expected if value.ndim > parts[0][variable].ndim else expected[0], rtol=1e-12, atol=1e-15)


EXPRESSIONS = [
    "{a} * {b}", "{a} + {b}", "s * {a}", "{a} / (2 + s * s)", "tanh({a})", "W @ {a}", "{a} @ W", "softmax({a}) * s",
    "outer({a}, {b}) @ {b}", "sum({a}) * {b}", "{a} @ {b} + {a}", "norm2({a}) + {b}", "(s + W) @ {a}", "({a} * W) @ {b}",
    "stack({a}[0], s, {b}[t])", "{a} - mean({b})", "maximum({a}, s)", "concatenate({a}, {b})[0] * {a}",
    "(outer({a}, {b}) + {a}).T @ {b}", "W.T @ W @ {a}", "{a}[t] * {b}", "exp(-norm2(W)) * {a}",
]  # fmt: skip


@st.composite
def programs(draw):
    names, lines = ["x"], []
    for k in range(draw(st.integers(1, 6))):
        lines.append(f"v{k} = " + draw(st.sampled_from(EXPRESSIONS)).format(a=draw(st.sampled_from(names)), b=draw(st.sampled_from(names))))
        names.append(f"v{k}")
    return "\n".join(lines)


@examples(120)
@given(programs(), st.sets(st.sampled_from(["x", "W", "s", "t"]), min_size=1), st.integers(1, 3))
def test_a_batch_is_a_loop_over_the_examples_whichever_leaves_have_one(text, batched, size):
    graph = parse(text, x=[3], W=[3, 3], s=[], t={"class": 3})
    rng = np.random.default_rng(1)
    values = {}
    for node in graph.leaves:
        shape = (size, *node.shape) if node.name in batched else node.shape
        values[node.name] = rng.integers(3, size=shape) if node.op == "label" else rng.uniform(-1, 1, shape)
    whole = run(graph, trace=True, **values)
    for k in range(size):
        for variable, value in run(graph, trace=True, **example(values, batched, k)).items():
            found = whole[variable]
            np.testing.assert_allclose(found[k] if found.ndim > value.ndim else found, value, rtol=1e-10, atol=1e-12, err_msg=text)


def test_a_batch_of_scalars_times_a_vector_is_a_row_an_example_even_where_the_sizes_agree():
    graph = parse("z = s * v; M = s * outer(v, v); w = v + s", s=[], v=[3])
    s, v = np.array([1.0, 10, 100]), np.array([1.0, 2, 3])
    found = run(graph, trace=True, s=s, v=v)
    np.testing.assert_array_equal(found["z"], np.outer(s, v))
    np.testing.assert_array_equal(found["w"], v + s[:, None])
    np.testing.assert_array_equal(found["M"], s[:, None, None] * np.outer(v, v))


def test_an_empty_batch_runs_and_has_no_mean_gradient():
    values = {"x": np.zeros((0, 3)), "t": np.zeros(0, int)}
    found = run(GATED, trace=True, **values)
    assert found["J"].shape == (0,)
    assert found["y"].shape == (0, 5)
    with pytest.raises(InputError, match="the batch is empty: a mean gradient needs at least one example"):
        grad(GATED, **values)
    np.testing.assert_array_equal(grad(GATED, ["W1"], mean=False, **values)["W1_bar"], np.zeros((4, 3)))
    np.testing.assert_array_equal(grad(load("two_layer"), ["W1"], x=np.zeros((0, 3)))["W1_bar"], np.zeros((3, 3)))


# --- what comes back ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["y = x", "y = identity(x)", "y = x + 0", "y = fill(1, x)", "y = concatenate(x, x)", "y = 3"])
def test_results_are_writable_and_alias_neither_inputs_nor_each_other(text):
    x = np.arange(3.0)
    graph = parse(f"{text}; z = y", x=[3])
    found = run(graph, trace=True, x=x)
    again = grad(graph, cotangents={"z": np.ones(graph["z"].shape)}, x=x)
    arrays = [*found.values(), *again.values()]
    for k, value in enumerate(arrays):
        value[...] = -1 - k
    np.testing.assert_array_equal(x, [0, 1, 2])
    assert [np.ravel(a)[0] for a in arrays] == [-1 - k for k in range(len(arrays))]


@pytest.mark.parametrize("name", catalogue())
def test_arrays_that_are_given_are_never_written_to(name):
    graph = load(name)
    values = gather(graph, {}).arrays
    for value in values.values():
        value.setflags(write=False)
    before = {name: value.copy() for name, value in values.items()}
    run(graph, trace=True, **values)
    grad(graph, **values)
    for leaf, value in values.items():
        np.testing.assert_array_equal(value, before[leaf])


@pytest.mark.parametrize("name", catalogue())
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_precision_that_is_given_is_kept_in_values_and_gradients(name, dtype):
    graph = load(name)
    first = next(node for node in graph.leaves if node.op != "label")
    given = {first.name: gather(graph, {}).arrays[first.name].astype(dtype)}
    found = {**run(graph, trace=True, **given), **grad(graph, **given)}
    assert {v.dtype for n, v in found.items() if n not in graph or graph[n].op != "label"} == {np.dtype(dtype)}


@pytest.mark.parametrize(
    ("given", "kept"),
    [(1, "f8"), (True, "f8"), (1.5, "f8"), (np.float32(1), "f4"), (np.float16(1), "f8"), (np.int8(1), "f8"), (np.uint64(1), "f8")],
)
def test_other_real_numbers_become_double(given, kept):
    assert run(parse("y = 2 * x", x=[]), x=given)["y"].dtype == np.dtype(kept)


def test_mixed_precision_is_computed_in_double():
    assert run(parse("y = a * b", a=[], b=[]), a=np.float32(0.1), b=0.2)["y"].dtype == np.float64


def test_trace_gives_every_declared_variable_in_the_order_of_the_graph():
    assert tuple(run(GATED, trace=True)) == GATED.declared_names
    assert tuple(run(GATED)) == ("J",)
    assert tuple(grad(GATED, ["W1", "x"])) == ("J", "W1_bar", "x_bar")


def test_values_print_themselves_as_a_table():
    assert str(run(load("two_layer"), trace=True)).splitlines()[-3:] == ["z   [ 8.  1. -6.]", "h   [8. 1. 0.]", "y   [-12.   6. -20.]"]
    assert array_text(-0.0) == "0."
    assert "..." in array_text(np.zeros(1000))


# --- NaN and infinity ---------------------------------------------------------------------------------------------------------


def test_nan_and_infinity_go_where_the_equations_take_them_without_a_warning():
    graph = parse("y = W @ x; h = relu(y); s = sigmoid(y); m = minimum(y, 1)", x=[2], W=[3, 2])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = run(graph, trace=True, x=[np.nan, 1], W=[[1, 1], [0, 1], [1, 0]])
        assert all(np.isnan(found[name]).all() for name in "yhsm")
        found = run(graph, trace=True, x=[np.inf, 1], W=[[1, 1], [-1, 1], [0, 1]])
        grad(GATED, x=[np.inf, np.nan, -np.inf])
    np.testing.assert_array_equal(found["y"], [np.inf, -np.inf, np.nan])
    np.testing.assert_array_equal(found["h"], [np.inf, 0, np.nan])
    np.testing.assert_array_equal(found["s"], [1, 0, np.nan])


def test_only_the_example_with_a_nan_is_lost():
    x = np.ones((3, 3))
    x[1, 0] = np.nan
    assert np.isnan(run(GATED, x=x, t=[0, 1, 2])["J"]).tolist() == [False, True, False]


# --- what is refused ----------------------------------------------------------------------------------------------------------

REFUSED = [
    ({"q": 1}, r"q is not a variable of this graph; the leaves are W1, .*, t, x"),
    ({"w3": 1}, r"w3 is not a variable of this graph"),
    ({"z1": [1, 2, 3, 4]}, r"z1 is computed, not given"),
    ({"x": [1, 2, 3, 4]}, r"W1: the document's value has shape \(4, 3\), expected \(H, D\), and D is 4 \(from x\); give W1 too"),
    ({"x": [[[1, 2, 3]]]}, r"x: value has shape \(1, 1, 3\), expected \(D,\), or \(batch, \.\.\.\) in front of it"),
    ({"x": 1}, r"x: value has shape \(\), expected \(D,\)"),
    ({"x": np.ones((2, 3)), "t": [0, 1, 2]}, r"t: value has a batch of 3, but another input has 2 examples"),
    ({"x": "abc"}, r"x: expected real numbers, got 'abc'"),
    ({"x": [1, 2j, 3]}, r"x: expected real numbers"),
    ({"x": [[1, 2], [3]]}, r"x: .* is not an array"),
    ({"x": None}, r"x: expected real numbers, got None"),
    ({"t": 5}, r"t: class 5 is out of range; t has 5 classes, 0 to 4"),
    ({"t": -1}, r"t: class -1 is out of range"),
    ({"t": 1.5}, r"t: a class label is a whole number, got 1.5"),
    ({"t": np.nan}, r"t: a class label is a whole number, got nan"),
    ({"t": 1e300}, r"t: a class label is a whole number"),
    ({"t": np.uint64(2**64 - 1)}, r"t: "),
]


@pytest.mark.parametrize(("values", "message"), REFUSED, ids=[str(r[0])[:30] for r in REFUSED])
@pytest.mark.parametrize("function", [run, grad])
def test_values_that_do_not_fit_are_refused_by_name(function, values, message):
    with pytest.raises(InputError, match=message):
        function(GATED, **values)


def test_a_value_that_is_missing_is_asked_for_with_its_shape():
    graph = parse("y = W @ x; p = y[t]", x=["D"], W=["N", "D"], t={"class": "N"})
    with pytest.raises(InputError, match=r"W has no value; give W=\.\.\., shape \(N, D\)"):
        run(graph, x=[1, 2])
    with pytest.raises(InputError, match=r"t has no value; give t=\.\.\., a class label"):
        run(graph, x=[1, 2], W=[[1, 2]])


def test_whole_floats_and_booleans_are_class_labels():
    assert run(GATED, t=2.0)["J"] == run(GATED, t=2)["J"]
    assert run(GATED, t=True)["J"] == run(GATED, t=1)["J"]


# --- where the rest comes from ------------------------------------------------------------------------------------------------


def test_what_is_not_given_is_the_documents():
    np.testing.assert_array_equal(run(load("two_layer"))["y"], [-12, 6, -20])
    np.testing.assert_array_equal(run(load("two_layer"), W2=np.eye(3))["y"], [8, 1, 0])


def test_what_nobody_gives_is_drawn_from_a_seed_of_its_own():
    first = run(loads(DOCUMENT), trace=True)
    again = run(loads(DOCUMENT), trace=True)
    more = run(loads(DOCUMENT.replace("x = [", 'a = ["D"]\nx = [').replace('"y =', '"q = a + x; y =')), trace=True)
    some = run(loads(DOCUMENT), trace=True, W=np.ones((2, 3)))
    for name in "xb":
        np.testing.assert_array_equal(first[name], again[name])
        np.testing.assert_array_equal(first[name], more[name])
        np.testing.assert_array_equal(first[name], some[name])
    assert len({*first["x"], *first["W"].flat, *first["b"]}) == 11
    assert not np.array_equal(run(loads(DOCUMENT), rng=np.random.default_rng(1))["y"], first["y"])


def test_sizes_follow_what_is_given():
    found = run(loads(DOCUMENT), trace=True, x=np.ones((7, 5)), b=np.ones(4))
    assert (found["W"].shape, found["y"].shape) == ((4, 5), (7, 4))


def test_drawn_matrices_keep_the_scale_of_what_they_multiply():
    found = run(loads(DOCUMENT.replace("D = 3", "D = 400").replace("N = 2", "N = 400")), trace=True)
    assert found["W"].std() == pytest.approx(1 / 20, rel=0.02)
    assert found["x"].std() == pytest.approx(1, rel=0.15)
