"""Squared gradient norms of every example: naive, efficient and each example's own gradient give the same number."""

from __future__ import annotations

import itertools
import re
import tracemalloc
from collections import Counter
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from conftest import NO_TORCH, examples
from hypothesis import given
from hypothesis import strategies as st
from networks import NETWORKS, example, network, values

from a1viz.base.errors import GraphError, InputError
from a1viz.calculus.interpreter import grad, run
from a1viz.gradients import norms as gradnorm
from a1viz.gradients.norm_graphs import FEW, FORMED, MANY, ONE, SAME, UNFORMED, ZERO, norm_costs, norm_graph, norm_plan
from a1viz.gradients.norms import METHODS, gradient_norms
from a1viz.graph.catalog import catalogue
from a1viz.graph.documents import load
from a1viz.graph.equations import parse
from a1viz.graph.nodes import Builder, Graph
from a1viz.graph.operators import OPS
from a1viz.graph.sizes import size_of
from a1viz.plan import Program, compile, plans_of


def own_norms(graph: Graph, given: dict[str, np.ndarray], batch: int) -> dict[str, list[float]]:
    """The squared norm of each example's own gradient, by differentiating one example after the other."""
    found = [grad(graph, graph.parameters, **example(graph, given, k)) for k in range(batch)]
    return {p: [float(np.sum(gradients[f"{p}_bar"] ** 2)) for gradients in found] for p in graph.parameters}


# --- the numbers of the assignment --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_the_norms_of_the_assignment_are_572_and_195(method):
    found = gradient_norms(load("two_layer"), method)
    assert {name: float(value) for name, value in found.items()} == {"W1": 572, "W2": 195}
    assert str(found) == "W1  572.\nW2  195."


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("name", [name for name in catalogue() if load(name).parameters])
def test_every_document_has_the_norms_of_each_example_s_own_gradient(name, batch, dtype):
    """By every method, and their sum is that of `grad` and of compiled functions."""
    graph = load(name)
    given = varied(graph, batch, dtype)
    bars = {n: np.ones_like(run(graph, trace=True)[n], dtype) for n in gradnorm.seeds(graph)} or None
    own = [grad(graph, graph.parameters, bars, **example(graph, given, k)) for k in range(batch)]
    rtol = 1e-7 if dtype == "float64" else 2e-3
    for method in METHODS:
        found = gradient_norms(graph, method, bars, **given)
        for p in graph.parameters:
            expected = [np.sum(gradients[f"{p}_bar"].astype("float64") ** 2) for gradients in own]
            assert found[p].dtype == dtype
            np.testing.assert_allclose(found[p], expected, rtol=rtol, atol=rtol * (1e-3 + max(expected)), err_msg=f"{p}, {method}")
    totals = grad(graph, graph.parameters, bars, mean=False, **given)
    compiled = compile(graph, graph.parameters, bars, mean=False)(**given, **({"cotangents": bars} if bars else {}))
    for p in graph.parameters:
        expected = np.sum([gradients[f"{p}_bar"] for gradients in own], axis=0)
        for found in (totals[f"{p}_bar"], compiled[f"{p}_bar"]):
            assert found.shape == expected.shape
            np.testing.assert_allclose(found, expected, rtol=rtol, atol=rtol * (1e-3 + np.abs(expected).max(initial=0)))


def varied(graph: Graph, batch: int, dtype: str) -> dict[str, np.ndarray]:
    """A batch of a document's examples, all but the first moved a little."""
    rng = np.random.default_rng(1)
    found = {}
    for name, value in ((leaf.name, run(graph, trace=True)[leaf.name]) for leaf in graph.leaves):
        node = graph[name]
        if node.op == "label":
            found[name] = np.repeat(value[None], batch, axis=0)
        elif node.op == "parameter":
            found[name] = value.astype(dtype)
        else:
            found[name] = (value + 0.1 * (np.arange(batch) > 0).reshape(-1, *[1] * value.ndim) * rng.standard_normal(value.shape)).astype(
                dtype
            )
    return found


# --- any graph ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_method_gives_the_norm_of_each_example_s_own_gradient(name, batch):
    graph = network(name, loss=True)
    given = values(graph, batch)
    expected = own_norms(graph, given, batch)
    for method in METHODS:
        found = gradient_norms(graph, method, **given)
        assert list(found) == list(graph.parameters)
        for p in graph.parameters:
            assert found[p].shape == (batch,)
            np.testing.assert_allclose(found[p], expected[p], rtol=1e-9, atol=1e-12, err_msg=f"{p}, {method}")
        assert (found["unused"] == 0).all()


@pytest.mark.parametrize("name", NETWORKS)
def test_a_single_example_gives_scalars_and_a_batch_may_be_empty(name):
    graph = network(name, loss=True)
    one = gradient_norms(graph, **values(graph))
    none = gradient_norms(graph, **values(graph, 0))
    for p in graph.parameters:
        assert (one[p].shape, none[p].shape) == ((), (0,))


@pytest.mark.parametrize("name", NETWORKS)
def test_float32_stays_float32(name):
    graph = network(name, loss=True)
    given = values(graph, 3, dtype="float32")
    exact = gradient_norms(graph, "naive", **{n: v.astype("float64") if v.dtype == "float32" else v for n, v in given.items()})
    for method in METHODS:
        found = gradient_norms(graph, method, **given)
        for p in graph.parameters:
            assert found[p].dtype == np.float32
            np.testing.assert_allclose(found[p], exact[p], rtol=2e-4, atol=1e-4 * max(1, float(np.max(exact[p]))))


@examples(40)
@given(st.lists(st.sampled_from("WVAU"), min_size=1, max_size=6), st.integers(1, 3), st.integers(1, 3), st.randoms(use_true_random=False))
def test_random_chains_of_shared_and_tied_weights(letters, width, batch, random):
    """Each letter is a matrix used once more, as it is or transposed; dead ReLUs and zero rows included."""
    h, lines = "x", []
    for k, letter in enumerate(letters):
        weight = f"{letter}{random.choice(['', '.T'])}"
        lines.append(f"h{k} = {random.choice(['relu', 'tanh', 'identity'])}({weight} @ {h} + b)")
        h = f"h{k}"
    parameters = {letter: [width, width] for letter in sorted(set(letters))} | {"b": [width]}
    graph = parse("\n".join([*lines, f"J = norm2({h})"]), parameters, x=[width])
    rng = np.random.default_rng(random.randrange(10**6))
    given = {n: rng.standard_normal((*([batch] if n == "x" else []), *graph[n].shape)) for n in (*parameters, "x")}
    given["x"][0] = 0
    expected = own_norms(graph, given, batch)
    for method in METHODS:
        found = gradient_norms(graph, method, **given)
        for p in graph.parameters:
            np.testing.assert_allclose(found[p], expected[p], rtol=1e-8, atol=1e-9 * (1 + max(expected[p])))


def test_cotangents_are_handed_in_for_each_example_or_for_all():
    graph = parse("z = W @ x; y = V @ z", {"W": [2, 3], "V": [2, 2]}, x=[3])
    rng = np.random.default_rng(0)
    given = {"x": rng.standard_normal((4, 3)), "W": rng.standard_normal((2, 3)), "V": rng.standard_normal((2, 2))}
    each, y_bar, z_bar = rng.standard_normal((4, 2)), rng.standard_normal(2), rng.standard_normal(2)
    for cotangents in ({"y": each}, {"y": y_bar}, {"y": each, "z": z_bar}):
        found = gradient_norms(graph, cotangents=cotangents, **given)
        for k in range(4):
            own = grad(graph, ["W", "V"], {n: v[k] if v.ndim > 1 else v for n, v in cotangents.items()}, **{**given, "x": given["x"][k]})
            for p in ("W", "V"):
                np.testing.assert_allclose(found[p][k], np.sum(own[f"{p}_bar"] ** 2), rtol=1e-12)
    alone = gradient_norms(graph, cotangents={"y": each}, **{**given, "x": given["x"][0]})
    assert alone["W"].shape == (4,)
    with pytest.raises(InputError, match=r"has no scalar loss; give the cotangent of y as cotangents=\{'y': \.\.\.\}"):
        gradient_norms(graph, **given)


def test_a_parameter_only_another_output_depends_on_gets_0():
    graph = parse("y = W @ x; z = V @ x", {"W": [2, 3], "V": [2, 3]}, x=[3])
    found = gradient_norms(graph, cotangents={"y": [1, 1]}, x=np.ones((2, 3)), W=np.ones((2, 3)), V=np.ones((2, 3)))
    assert found["W"].tolist() == [6, 6]
    assert found["V"].tolist() == [0, 0]
    assert found.how == {"W": UNFORMED, "V": ZERO}


def test_a_parameter_with_a_batch_axis_has_each_example_s_own_norm():
    graph = parse("J = norm2(W @ x)", {"W": [2, 3]}, x=[3])
    rng = np.random.default_rng(0)
    W, x = rng.standard_normal((4, 2, 3)), rng.standard_normal(3)
    for method in METHODS:
        np.testing.assert_allclose(gradient_norms(graph, method, W=W, x=x)["W"], 4 * np.sum((W @ x) ** 2, axis=1) * (x @ x), rtol=1e-12)


def test_parsed_text_without_parameters_reports_the_leaves_without_a_batch_axis():
    graph = parse("J = norm2(W @ x) + 0 * t", x=[3], W=[2, 3], t={"class": 2})
    assert list(gradient_norms(graph, x=np.ones((4, 3)), W=np.ones((2, 3)), t=1)) == ["W"]
    assert list(gradient_norms(graph, x=np.ones(3), W=np.ones((2, 3)), t=1)) == ["x", "W"]


# --- what the norms are of ----------------------------------------------------------------------------------------------------


def test_the_norms_are_of_each_example_s_loss_whatever_becomes_of_the_losses():
    """Mean and sum are about the gradient of the batch; only where all examples are alike is its norm N or 1 times each example's."""
    graph, N = network("classifier"), 5
    given = values(graph, N)
    norms = gradient_norms(graph, **given)
    mean, total = (grad(graph, ["W"], mean=is_mean, **given)["W_bar"] for is_mean in (True, False))
    np.testing.assert_allclose(total, N * mean, rtol=1e-12)
    assert not np.isclose(norms["W"].sum(), np.sum(total**2))
    repeated = {n: v if graph[n].op == "parameter" else np.repeat(v[:1], N, axis=0) for n, v in given.items()}
    same = gradient_norms(graph, **repeated)["W"]  # N times the same example: gradients add up without cancelling
    mean, total = (grad(graph, ["W"], mean=is_mean, **repeated)["W_bar"] for is_mean in (True, False))
    np.testing.assert_allclose(same, norms["W"][0], rtol=1e-12)
    np.testing.assert_allclose(np.sum(mean**2), same[0], rtol=1e-10)
    np.testing.assert_allclose(np.sum(total**2), N**2 * same[0], rtol=1e-10)


def test_an_operator_that_mixes_examples_is_refused_with_its_name():
    builder = Builder(parse("y = W @ x", {"W": [2, 3]}, x=[3]).nodes)
    builder.add("batch_sum", ["y"], name="total")
    builder.add("norm2", ["total"], name="J")
    with pytest.raises(GraphError, match="total: batch_sum mixes the examples of a batch"):
        gradient_norms(builder.graph("mixed", ["J"]), x=np.ones((4, 3)), W=np.ones((2, 3)))


def test_an_unknown_method_is_refused_and_the_right_one_suggested():
    with pytest.raises(InputError, match="unknown method 'efficent'; did you mean 'efficient'"):
        gradient_norms(load("two_layer"), "efficent")


def test_what_cancels_is_never_less_than_0():
    graph = parse("J = norm2(W @ x - W @ u)", {"W": [3, 40]}, x=[40], u=[40])
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 40)).astype("f")
    given = {"x": x, "u": x * np.float32(1 + 1e-6), "W": rng.standard_normal((3, 40)).astype("f")}
    assert (gradient_norms(graph, "identities", **given)["W"] >= 0).all()


# --- what was done ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("layer", {"W": UNFORMED, "b": FORMED, "unused": ZERO}),
        ("shared", {"A": UNFORMED, "r": FORMED, "unused": ZERO}),
        ("tied, the transpose named", {"W": UNFORMED, "unused": ZERO}),
        ("signs and multiples", {"s": FORMED, "A": UNFORMED, "unused": ZERO}),
        ("low rank", {"P": UNFORMED, "Q": UNFORMED, "unused": ZERO}),
        ("elementwise", {"A": UNFORMED, "unused": ZERO}),
        ("scalar and broadcast", {"s": FORMED, "c": SAME, "r": FORMED, "A": SAME, "unused": ZERO}),
        ("sequence", {"b2": FORMED, "W": UNFORMED, "V": UNFORMED, "unused": ZERO}),
        ("sequence, shared", {"A": UNFORMED, "unused": ZERO}),
        ("used along every axis", {"A": UNFORMED, "unused": ZERO}),
        ("its own weight for each head", {"C": UNFORMED, "unused": ZERO}),
        ("heads of one vector", {"C": UNFORMED, "unused": ZERO}),
        ("attention of many heads", {"A": UNFORMED, "C": UNFORMED, "G": UNFORMED, "O": UNFORMED, "unused": ZERO}),
        ("layer norm", {"r": FORMED, "A": UNFORMED, "S": FORMED, "unused": ZERO}),
        ("embedding", {"A": UNFORMED, "E": UNFORMED, "unused": ZERO}),
        ("embedding of one", {"r": FORMED, "A": UNFORMED, "E": UNFORMED, "e": UNFORMED, "unused": ZERO}),
        ("embedding of many", {"r": FORMED, "E": UNFORMED, "e": UNFORMED, "unused": ZERO}),
        ("embedding tied to the output", {"A": UNFORMED, "E": UNFORMED, "unused": ZERO}),
        ("embedding used twice", {"E": UNFORMED, "unused": ZERO}),
        ("layers in one array", {"L": UNFORMED, "unused": ZERO}),
        ("weights beside each other", {"W": UNFORMED, "A": UNFORMED, "unused": ZERO}),
        ("weights below each other", {"A": UNFORMED, "B": UNFORMED, "unused": ZERO}),
        ("reshaped for a sequence", {"a": UNFORMED, "unused": ZERO}),
        ("axes in another order", {"C": UNFORMED, "unused": ZERO}),
        ("masked", {"A": UNFORMED, "unused": ZERO}),
        ("penalty in a sequence", {"c": SAME, "A": UNFORMED, "unused": ZERO}),
        ("divided by a number", {"s": FORMED, "A": UNFORMED, "unused": ZERO}),
        ("many steps", {"r": FORMED, "A": UNFORMED, "B": UNFORMED, "unused": ZERO}),
        ("convolution", {"c": FORMED, "kernel": UNFORMED, "unused": ZERO}),
        ("the parameter itself", {"r": FORMED, "unused": ZERO}),
    ],
)
def test_how_says_whether_a_gradient_was_formed(name, how):
    graph = network(name, loss=True)
    assert gradient_norms(graph, "identities", **values(graph, 3)).how == how
    naive = gradient_norms(graph, "naive", **values(graph, 3)).how
    assert naive == {p: said if said in (ZERO, SAME) else FORMED for p, said in how.items()}


@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_said_to_be_unformed_is_never_an_array(name, monkeypatch):
    """Every value the run makes is looked at: none has the shape of the parameter behind the batch axis, where sizes tell shapes apart."""
    graph = network(name, loss=True)
    sizes = dict(zip(("D", "H", "K", "T", "R", "U"), (7, 11, 13, 2, 3, 17), strict=True))
    monkeypatch.setattr("networks.SIZES", sizes)
    given = values(graph, 5)
    how = gradient_norms(graph, **given).how
    shapes: Counter = Counter()
    for op in OPS.values():
        if op.kernel:
            monkeypatch.setitem(OPS, op.name, replace(op, kernel=_watched(op.kernel, shapes)))
    for p in graph.parameters:
        batch = frozenset(given).difference(graph.parameters), 5
        plan = norm_plan(graph, (p,), (), "efficient", tuple(sorted(sizes.items())), batch)
        shapes.clear()
        run(plan.graph, **given)
        shape = tuple(size_of(d, sizes) for d in graph[p].shape)
        if how[p] == UNFORMED and shape != (7, 7):  # inputs have that shape too
            assert not shapes[(5, *shape)]
            assert not shapes[(5, *shape[::-1])]
        if how[p] == FORMED:
            assert shapes[(5, *shape)]


def _watched(kernel, shapes):
    def watched(*operands, **attributes):
        result = np.asarray(kernel(*operands, **attributes))
        shapes[result.shape] += 1
        return result

    return watched


# --- the planner --------------------------------------------------------------------------------------------------------------


def test_the_planner_counts_both_ways_exactly_and_takes_the_smaller():
    graph = parse("y = W @ x", {"W": ["H", "D"]}, x=["D"])
    for H, D in ((1, 1), (1, 2), (2, 2), (5, 3), (1, 9)):
        costs = norm_costs(graph, ("W",), ("y",), {"H": H, "D": D})["W"]
        assert costs == {"identities": H + D + 1, "naive": 2 * H * D}
        found = gradient_norms(graph, cotangents={"y": np.ones(H)}, x=np.ones((2, D)), W=np.ones((H, D)))
        assert found.how["W"] == (UNFORMED if H + D + 1 <= 2 * H * D else FORMED)
        assert found["W"].tolist() == [H * D, H * D]


def test_at_a_tie_the_identities_are_taken():
    assert norm_costs(parse("y = x * b", {"b": [3]}, x=[3]), ("b",), ("y",))["b"] == {"identities": 6, "naive": 6}
    for uses, size in ((1, 1), (2, 2), (3, 4)):
        graph = chain(uses)
        costs = norm_costs(graph, ("W",), ("y",), {"D": size})["W"]
        plan = norm_plan(graph, ("W",), ("y",), "efficient", (("D", size),))
        assert (plan.how["W"] == UNFORMED) == (costs["identities"] <= costs["naive"])


def chain(uses: int) -> Graph:
    lines = [f"h{k} = tanh(W @ {f'h{k - 1}' if k else 'x'})" for k in range(uses - 1)]
    return parse("\n".join([*lines, f"y = W @ {f'h{uses - 2}' if uses > 1 else 'x'}"]), {"W": ["D", "D"]}, x=["D"])


@pytest.mark.parametrize(("uses", "size", "how"), [(12, 2, FORMED), (12, 40, UNFORMED), (1, 2, UNFORMED), (40, 3, FORMED)])
def test_a_weight_used_very_often_has_its_small_gradient_formed(uses, size, how):
    graph = chain(uses)
    W = np.random.default_rng(0).standard_normal((size, size)) / size
    both = [gradient_norms(graph, method, {"y": np.ones(size)}, x=np.ones((2, size)), W=W) for method in ("efficient", "naive")]
    assert both[0].how["W"] == how
    np.testing.assert_allclose(both[0]["W"], both[1]["W"], rtol=1e-9)


def test_a_gradient_of_very_many_terms_is_formed_without_trying():
    text = "; ".join(f"h{k + 1} = tanh({f'h{k}' if k else 'X'} @ W)" for k in range(MANY + 1))
    graph = parse(f"{text}; J = sum(h{MANY + 1})", {"W": ["D", "D"]}, X=["T", "D"])
    found = gradient_norms(graph, "identities", X=[[0.1]], W=[[0.9]])
    assert found.how["W"] == FORMED
    assert list(norm_costs(graph, ("W",), (), {"D": 1, "T": 1})["W"]) == ["naive"]


@pytest.mark.parametrize("uses", [FEW, FEW + 1, MANY + 1])
def test_a_weight_of_many_steps_is_one_product_of_matrices(uses):
    """With signs and multiples, as it is and transposed, beside what is no outer product."""
    lines = [
        f"h{k + 1} = tanh({weight} @ h{k})" for k, weight in zip(range(uses), itertools.cycle(["W", "-W", "(W + W)", "W.T"]), strict=False)
    ]
    graph = parse("\n".join(["h0 = x", *lines, f"J = norm2(h{uses}) + norm2(W @ Z)"]), {"W": ["D", "D"]}, x=["D"], Z=["D", "T"])
    rng = np.random.default_rng(0)
    given = {"x": rng.standard_normal((3, 4)), "W": rng.standard_normal((4, 4)), "Z": rng.standard_normal((3, 4, 2))}
    found = gradient_norms(graph, "identities", **given)
    assert found.how["W"] == UNFORMED
    assert ("stack" in norm_graph(graph, ("W",), (), "identities").operators) == (uses > FEW)
    np.testing.assert_allclose(found["W"], own_norms(graph, given, 3)["W"], rtol=1e-9)


def test_what_depends_on_no_example_is_counted_once_for_a_batch():
    graph = parse("G = A @ B; J = norm2(G @ x)", {"A": [3, 3], "B": [3, 3]}, x=[3])
    one, ten = (norm_costs(graph, ("A",), batch=batch)["A"]["naive"] for batch in (ONE, (frozenset({"x"}), 10)))
    assert 10 * one - ten == 9 * (3**3 + 1)  # A @ B, and 2 * J_bar


def program_of(graph: Graph, method: str, **given: np.ndarray) -> Program:
    """The compiled plan that `gradient_norms` takes for these values."""
    gradient_norms(graph, method, **given)
    return plans_of(graph, ("norms", method, None, gradnorm.TILE_BYTES), list).find(given)[0].program


def test_products_of_parameters_are_computed_once_however_many_tiles(monkeypatch):
    graph = network("fed by the parameters alone", loss=True)
    given = values(graph, 50)
    expected = gradient_norms(graph, **given)
    monkeypatch.setattr(gradnorm, "TILE_BYTES", 1)
    found = gradient_norms(graph, **given)
    program = program_of(graph, "efficient", **given)
    before, loop = (program.sources[part].code for part in ("once", "tile"))
    product = re.compile(r"v\d+\.dot\(v\d+, b\d+\)")  # of two leaves
    assert (len(product.findall(before)), len(product.findall(loop))) == (1, 0)
    assert ".dot(" in loop
    assert program.tile == 1
    np.testing.assert_allclose(found["A"], expected["A"], rtol=1e-12)


def test_both_ways_leave_the_forward_and_backward_equations_as_they_are():
    graph = parse("J = norm2(outer(W @ x, x) + outer(x, W @ x))", {"W": [3, 3]}, x=[3])
    naive, identities = (norm_graph(graph, ("W",), (), method) for method in ("naive", "identities"))
    assert [line for line in str(identities).split("\n") if line not in str(naive)] == [str(identities).split("\n")[-1]]


# --- memory -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_the_size_of_the_tiles_changes_no_number(method, monkeypatch):
    graph = network("tied", loss=True)
    given = values(graph, 23)
    whole = gradient_norms(graph, method, **given)
    for tile in (1, 700, 5000):
        monkeypatch.setattr(gradnorm, "TILE_BYTES", tile)
        found = gradient_norms(graph, method, **given)
        for p in graph.parameters:
            np.testing.assert_allclose(found[p], whole[p], rtol=1e-12)


def peak_of(function) -> int:
    function()
    tracemalloc.start()
    function()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.parametrize("method", METHODS)
def test_memory_does_not_grow_with_the_batch(method):
    D, graph = 32, parse("h = tanh(W1 @ x); y = W2 @ h", {"W1": ["D", "D"], "W2": ["D", "D"]}, x=["D"])
    rng = np.random.default_rng(0)
    W = {name: rng.standard_normal((D, D)) / D for name in ("W1", "W2")}
    for N in (500, 4000):
        given = {"x": rng.standard_normal((N, D)), **W}
        peak = peak_of(partial(gradient_norms, graph, method, {"y": np.ones(D)}, **given))
        assert peak < gradnorm.TILE_BYTES * 1.1 + 2 * 8 * N + 50_000, (method, N)


@pytest.mark.parametrize("method", ["naive", "efficient"])
def test_an_example_larger_than_a_tile_is_worked_through_by_itself(method):
    D, N = 800, 4  # one gradient is 5.1 MB
    graph = parse("G = tanh(W); y = G @ x", {"W": ["D", "D"]}, x=["D"])
    given = {"W": np.zeros((D, D)), "x": np.ones((N, D))}
    peak = peak_of(lambda: gradient_norms(graph, method, {"y": np.ones(D)}, **given))
    gradient = 8 * D * D
    assert gradient > gradnorm.TILE_BYTES
    assert peak < 5 * gradient  # tanh(W) and its derivative, once; a gradient in three steps, one example at a time


@pytest.mark.parametrize("method", METHODS)
def test_a_workspace_holds_what_is_alive_at_once_and_no_more(method):
    """K layers: their inputs, and two buffers to pull an error vector back; a formed gradient where one is formed."""
    D, K, N = 32, 6, 40
    graph = parse("\n".join(f"h{k + 1} = tanh(W{k} @ h{k})" for k in range(K)), {f"W{k}": ["D", "D"] for k in range(K)}, h0=["D"])
    given = {f"W{k}": np.zeros((D, D)) for k in range(K)} | {"h0": np.ones((N, D))}
    gradient_norms(graph, method, {f"h{K}": np.ones(D)}, **given)
    program = plans_of(graph, ("norms", method, (f"h{K}",), gradnorm.TILE_BYTES), list).plans[0].plan
    activations, gradient = 8 * N * D * K, 8 * N * D * D
    assert program.tile == N
    assert program.bytes <= 1.1 * (activations + 2 * 8 * N * D + 8 * N * K + (gradient if method == "naive" else 0))


# --- against another framework --------------------------------------------------------------------------------------------------


@pytest.mark.peers
def test_the_norms_are_those_of_the_per_example_gradients_of_pytorch():
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    from torch.func import grad as torch_grad
    from torch.func import vmap

    text = "h = tanh(W1 @ x + b1); g = tanh(W2 @ h + b2); r = tanh(W2 @ g + b2); y = W1.T @ r; J = -log(softmax(V @ y))[t]"
    D, H, K, N = 5, 7, 3, 11
    shapes = {"W1": [H, D], "b1": [H], "W2": [H, H], "b2": [H], "V": [K, D]}
    graph = parse(text, shapes, x=[D], t={"class": K})
    rng = np.random.default_rng(0)
    weights = {name: rng.standard_normal(shape) / 2 for name, shape in shapes.items()}
    x, t = rng.standard_normal((N, D)), rng.integers(K, size=N)

    def loss(w, x, t):
        h = torch.tanh(w["W1"] @ x + w["b1"])
        g = torch.tanh(w["W2"] @ h + w["b2"])
        r = torch.tanh(w["W2"] @ g + w["b2"])
        return torch.nn.functional.cross_entropy((w["V"] @ (w["W1"].T @ r))[None], t[None])

    tensors = {name: torch.tensor(value) for name, value in weights.items()}
    theirs = vmap(torch_grad(loss), in_dims=(None, 0, 0))(tensors, torch.tensor(x), torch.tensor(t))
    for method in METHODS:
        ours = gradient_norms(graph, method, x=x, t=t, **weights)
        for name in shapes:
            expected = theirs[name].reshape(N, -1).pow(2).sum(1).numpy()
            np.testing.assert_allclose(ours[name], expected, rtol=1e-9, err_msg=f"{name}, {method}")


def test_the_norm_of_an_error_signal_keeps_its_digits_where_the_network_is_sure():
    """y' - e_t is about 1e-9: taken apart, 1 - 2 y'_t + |y'|^2 would be nothing but rounding."""
    graph = parse("z = W @ x + b; J = -log(softmax(z)[t])", {"W": ["K", "D"], "b": ["K"]}, x=["D"], t={"class": "K"})
    values = {"W": np.eye(3), "b": np.array([20.0, 0.0, -1.0]), "x": np.array([[1.0, 0.0, 0.5]]), "t": np.array([0])}
    bar = grad(graph, ["b"], **{**values, "b": np.tile(values["b"], (1, 1))})["b_bar"]
    found = gradient_norms(graph, **values)
    np.testing.assert_allclose(found["b"], (bar**2).sum(-1), rtol=1e-6)
    np.testing.assert_allclose(found["W"], (bar**2).sum(-1) * 1.25, rtol=1e-6)
