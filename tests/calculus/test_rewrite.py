"""Identities: both sides of every row are equal, they are found wherever they stand, and nothing else changes."""

from __future__ import annotations

import importlib
import itertools
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from conftest import environment

from a1viz.base.errors import GraphError, InputError, ShapeError
from a1viz.calculus.autodiff import backward, differentiable
from a1viz.calculus.identities import IDENTITIES
from a1viz.calculus.interpreter import execute, run
from a1viz.calculus.matching import matches, terms
from a1viz.calculus.products import PRODUCTS
from a1viz.calculus.rewriting import expand_bodies, rewrite, steps
from a1viz.calculus.rows import Identity
from a1viz.graph.catalog import catalogue
from a1viz.graph.documents import load
from a1viz.graph.equations import parse
from a1viz.graph.leaves import gather
from a1viz.graph.nodes import Builder, Graph
from a1viz.graph.operators import OPS
from a1viz.graph.trees import Applied, expression_tree, plant

SHAPES = {  # of the variables of each row: what it is tried with, all of them
    "A": [(3, 4), (3, 3)], "B": [(3, 4), (4, 2), (3, 3)], "C": [(3, 4)], "t": [()], "s": [()], "v": [(4,)], "z": [(4,)],
    "y": [(4,), (3, 4)], "x": [(4,), (3, 4)], "a": [(), (4,), (3, 4)], "b": [(), (4,), (3, 4)], "c": [(), (4,), (3, 4)],
    "d": [(), (4,)], "w": [(), (4,), (3, 4)], "u": [()],
}  # fmt: skip


ATTRIBUTES = {"sizes": (3, 3), "axis": None, "keepdims": False, "k": -1}  # of what a row names them for

ROWS = [row for row in IDENTITIES if row not in PRODUCTS]  # test_products.py has the others


def both_sides(row: Identity, shapes: dict[str, tuple[int, ...]]) -> Graph:
    """A graph whose outputs are the two sides; raises ShapeError where these shapes do not suit."""
    builder = Builder()
    for name, shape in shapes.items():
        builder.leaf(name, "label" if name == "t" else "input", shape, 3 if name == "t" else None)
    names = dict(zip(shapes, shapes, strict=True)) | ATTRIBUTES
    for side, text in (("left", row.pattern), ("right", row.replacement)):
        plant(builder, expression_tree(text), names, side)
    return builder.graph(row.name, ["left", "right"])


def variables(tree) -> set[str]:
    return {tree} if isinstance(tree, str) else set().union(*map(variables, tree.operands)) if isinstance(tree, Applied) else set()


def assignments(row: Identity) -> list[dict[str, tuple[int, ...]]]:
    """Every choice of shapes for which the row applies."""
    found = [{}]
    for name in sorted(variables(expression_tree(row.pattern)) | variables(expression_tree(row.replacement))):
        found = [{**f, name: shape} for f in found for shape in (*SHAPES[name], (3,)) if name not in "tsuvz" or shape in SHAPES[name]]
    good = []
    for shapes in found:
        if fits(row, shapes):
            good.append(shapes)
    return good


def fits(row: Identity, shapes: dict[str, tuple[int, ...]]) -> bool:
    """Whether the pass would apply the row to its own pattern with operands of these shapes."""
    builder = Builder()
    for name, shape in shapes.items():
        builder.leaf(name, "label" if name == "t" else "input", shape, 3 if name == "t" else None)
    try:
        plant(builder, expression_tree(row.pattern), {n: n for n in shapes} | ATTRIBUTES, "left")
    except ShapeError:
        return False
    found = next(matches(builder, expression_tree(row.pattern), "left", {}))
    if "structured" in row.when:  # whatever they are made of, if nothing is broadcast
        return shapes["a"] == shapes["b"] if "a + b" in row.pattern else shapes.get("s", ()) == ()
    if "positive" in row.when:  # what is drawn below is
        return True
    return row.binding(builder, found) is not None


def sides(row: Identity, shapes: dict[str, tuple[int, ...]], batch: tuple[int, ...]) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    sign = -1 if "log1mexp" in row.replacement else 1  # of what both sides have a value for
    values = {n: rng.integers(3, size=batch) if n == "t" else sign * rng.uniform(0.2, 2, (*batch, *shape)) for n, shape in shapes.items()}
    graph = both_sides(row, shapes)
    found = execute(expand_bodies(graph), gather(graph, values), graph.outputs)  # as written: `run` would put the right side for the left
    return [found["left"], found["right"]]


def is_wrong(row: Identity) -> bool:
    """What the loop below asks of a row."""
    for shapes in assignments(row):
        for batch in ((3,),) if row.purpose == "batch" else ((), (1,), (3,)):
            left, right = sides(row, shapes, batch)
            if left.shape != right.shape or not np.allclose(left, right, rtol=1e-10, atol=1e-12):
                return True
    return False


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_both_sides_of_a_row_are_equal_for_all_suitable_shapes_and_batches(row):
    assert assignments(row)
    assert not is_wrong(row)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_pass_finds_a_row_and_the_result_is_its_right_side(row):
    for shapes in assignments(row):
        graph = replace(both_sides(row, shapes), outputs=("left",))
        after = rewrite(graph, (row.purpose,), rows=[replace(row, when="")])
        expected = expression_tree(row.replacement)
        assert after["left"].op == (expected[0] if isinstance(expected, tuple) else "identity")
        assert after["left"].shape == graph["left"].shape


def test_names_and_purposes_of_the_rows_are_in_order():
    names = [row.name for row in IDENTITIES]
    assert len(names) == len(set(names))
    assert {row.purpose for row in IDENTITIES} == {"stable", "range", "tidy", "reading", "norm", "batch"}


@pytest.mark.parametrize(
    "wrong",
    [
        Identity("planted", "norm2(outer(a, b))", "norm2(a) + norm2(b)", "norm"),
        Identity("planted", "-(-a)", "-a", "tidy"),
        Identity("planted", "batch_sum(outer(a, b))", "outer(batch_sum(a), batch_sum(b))", "batch"),
        Identity("planted", "fill(s, a)", "s", "tidy"),
        Identity("planted", "log(softmax(x))", "softmax(x)", "stable"),
    ],
    ids=lambda row: row.replacement,
)
def test_a_planted_wrong_identity_is_caught_by_that_loop(wrong):
    assert is_wrong(wrong)


# --- question 2.2.2 and the like ----------------------------------------------------------------------------------------------


def operators(graph: Graph) -> list[str]:
    return [node.op for node in graph.nodes if not node.is_leaf]


def test_the_norm_of_a_weight_gradient_needs_no_outer_product():
    graph = backward(load("two_layer"), ["W1"])
    builder = Builder(graph.nodes)
    builder.add("norm2", ["W1_bar"], name="n")
    graph = builder.graph("norms", ["n"], graph.document)
    after = rewrite(graph, ("norm",))
    assert "outer" in operators(graph)
    assert "outer" not in operators(after)
    assert "W1_bar" not in after
    assert run(after)["n"] == run(graph)["n"] == 572


def test_the_norm_of_a_shared_weight_gradient_needs_no_outer_product_either_however_often_it_is_used():
    text = "h0 = x; " + "; ".join(f"h{k} = tanh(W @ h{k - 1})" for k in range(1, 53)) + "; J = sum(h52)"
    graph = backward(parse(text, x=[2], W=[2, 2]), ["W"])
    builder = Builder(graph.nodes)
    builder.add("norm2", ["W_bar"], name="n")
    graph = builder.graph("norms", ["n"])
    after = rewrite(graph, ("norm",))
    assert "outer" not in operators(after)
    values = {"x": [0.3, -0.2], "W": [[0.9, 0.5], [-0.4, 0.8]]}
    np.testing.assert_allclose(run(after, **values)["n"], run(graph, **values)["n"], rtol=1e-9)


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("n = norm2(-outer(a, b))", "n = norm2(a) * norm2(b)"),
        ("n = norm2(outer(a, b).T)", "n = norm2(b) * norm2(a)"),
        ("n = norm2(s * outer(a, b))", "n = s * s * (norm2(a) * norm2(b))"),
        ("n = norm2(s * a)", "n = norm2(s * a)"),
        ("n = inner(-outer(a, b), outer(b, a))", "n = -(a @ b * (b @ a))"),
        ("n = inner(outer(a, b) * s, M)", "n = s * (a @ (M @ b))"),
        ("n = inner(M, outer(a, b))", "n = a @ (M @ b)"),
        ("n = inner(outer(a, b), M.T)", "n = b @ (M @ a)"),
        ("n = inner(outer(a, b), outer(b, a).T)", "n = a @ a * (b @ b)"),
        ("n = inner(M, M.T)", "n = inner(M, M.T)"),
        ("n = norm2(M + M)", "n = norm2(M + M)"),
        ("n = norm2(outer(a, b) @ M)", "n = norm2(a) * norm2(b @ M)"),
        ("n = norm2(M @ outer(a, b))", "n = norm2(M @ a) * norm2(b)"),
        ("n = norm2(M.T @ M)", "n = sum(M @ M.T * (M @ M.T))"),
    ],
)
def test_the_norm_identities_take_apart_what_is_worth_it(text, after):
    graph = parse(text, a=[3], b=[3], M=[3, 3], s=[])
    found = rewrite(graph, ("tidy", "norm"))
    assert str(found) == after
    rng = np.random.default_rng(0)
    values = {leaf.name: rng.standard_normal(leaf.shape) for leaf in graph.leaves}
    np.testing.assert_allclose(run(found, **values)["n"], run(graph, **values)["n"], rtol=1e-12)


def test_a_sum_of_very_many_terms_is_taken_apart_in_a_few_rounds(monkeypatch):
    graph = parse(f"n = norm2({' + '.join(['outer(a, b)'] * 40)})", a=[2], b=[2])
    after = {}
    for depth in (0, 7, 100):
        monkeypatch.setattr(importlib.import_module("a1viz.calculus.rewriting"), "DEPTH", depth)
        after[depth] = rewrite(graph, ("norm",))
        assert "outer" not in operators(after[depth])
        assert run(after[depth], a=[1, 2], b=[3, 4])["n"] == 40**2 * 5 * 25
    assert len(list(steps(graph, ("norm",)))) < 10
    lines = ["A0 = outer(a, b)", *(f"A{k} = A{k - 1} + M" for k in range(1, 600)), "n = inner(A599, outer(a, b))"]
    found = rewrite(parse("\n".join(lines), a=[2], b=[2], M=[2, 2]), ("norm",))
    assert "outer" not in operators(found)
    assert operators(found).count("matvec") == 599
    long = parse(f"n = norm2({' + '.join(['outer(a, b)'] * 300)})", a=[2], b=[2])
    assert len(terms(long.by_name, long["n"].inputs[0])) == 300 + 299


def test_a_doubling_sum_of_matrices_is_looked_through_only_once():
    text = "; ".join(["A0 = W + W", *(f"A{k} = A{k - 1} + A{k - 1}" for k in range(1, 60)), "n = norm2(A59)"])
    assert rewrite(parse(text, W=[2, 2]), ("norm",))["n"].op == "norm2"


@pytest.mark.parametrize(
    "text",
    ["n = norm2(outer(a, b) + b)", "n = inner(b + outer(a, b), outer(a, b))", "n = y * (s / y - sum(s / y * y, axis=-1, keepdims=True))"],
)
def test_broadcast_operands_never_make_the_pass_fail(text):
    shapes = {"a": [2], "b": [3], "y": [3], "s": []}
    graph = parse(text, **shapes)
    rng = np.random.default_rng(2)
    values = {name: rng.uniform(0.5, 1, shape) for name, shape in shapes.items()}
    after = rewrite(graph, ("stable", "tidy", "norm"))
    np.testing.assert_allclose(run(after, **values)["n"], run(graph, **values)["n"], rtol=1e-12)


ANY_SHAPE = [(), (3,), (1, 3), (3, 3), (2, 3, 3)]
WAYS = [{"axis": axis, "keepdims": keepdims, "k": -1} for axis in (None, -1, 0, (0, 1)) for keepdims in (False, True)]


@pytest.mark.parametrize(
    "row", [row for row in IDENTITIES if row.purpose in ("stable", "range", "tidy", "reading")], ids=lambda row: row.name
)
def test_a_row_is_applied_only_where_both_sides_are_equal_whatever_is_looped_over_or_broadcast(row):
    """With the row's own condition, on operands of any shapes: a row that forgets an axis is found where the axis is there."""
    pattern = expression_tree(row.pattern)
    names = sorted(variables(pattern) - {"axis", "keepdims", "k"})
    rng = np.random.default_rng(0)
    every = list(itertools.product(ANY_SHAPE, repeat=len(names)))
    for shapes in every if len(every) <= 700 else [every[k] for k in rng.choice(len(every), 700, replace=False)]:
        for way in WAYS if "axis=axis" in row.pattern or "axis=k" in row.pattern else WAYS[:1]:
            builder = Builder()
            for name, shape in zip(names, shapes, strict=True):
                builder.leaf(name, "label" if name == "t" else "input", shape, 3 if name == "t" else None)
            try:
                plant(builder, pattern, {**ATTRIBUTES, **way, **{name: name for name in names}}, "left")
            except ShapeError:
                continue
            graph = builder.graph("graph", ["left"])
            after = rewrite(graph, (row.purpose,), rows=[row])
            sign = -1 if "log1mexp" in row.replacement else 1
            values = {
                name: rng.integers(3, size=s) if name == "t" else sign * rng.uniform(0.2, 2, s)
                for name, s in zip(names, shapes, strict=True)
            }
            try:
                left = execute(graph, gather(graph, values), ["left"])["left"]
            except InputError:  # a label beyond an axis of one entry
                continue
            right = execute(expand_bodies(after), gather(after, values), ["left"])["left"]
            assert left.shape == right.shape, (shapes, way)
            np.testing.assert_allclose(left, right, rtol=1e-9, atol=1e-12, err_msg=f"{shapes} {way}")


# --- matching -----------------------------------------------------------------------------------------------------------------


def found_in(pattern: str, text: str, **shapes) -> list[dict[str, str]]:
    graph = parse(text, **shapes)
    return list(matches(Builder(graph.nodes), expression_tree(pattern), graph.outputs[0], {}))


def test_a_repeated_variable_stands_for_one_and_the_same_node():
    assert found_in("a * a", "z = x * x", x=[]) == [{"a": "x"}] * 2
    assert found_in("a * a", "z = x * y", x=[], y=[]) == []
    assert found_in("a + a * b", "z = x + x * y", x=[], y=[]) == [{"a": "x", "b": "y"}]
    assert found_in("a + a * b", "z = y + x * x", x=[], y=[]) == []


def test_commutative_operators_are_matched_both_ways_and_others_are_not():
    assert found_in("1 * a", "z = x * 1", x=[]) == [{"a": "x"}]
    assert found_in("2 - a", "z = x - 2", x=[]) == []
    assert found_in("a * (b + c)", "z = (x + y) * w", x=[], y=[], w=[]) == [{"a": "w", "b": "x", "c": "y"}, {"a": "w", "b": "y", "c": "x"}]


def test_a_number_in_a_pattern_is_a_number_and_not_a_variable_with_that_value():
    graph = backward(parse("J = norm2(x)", x=[2]))  # J_bar is 1, and has a name of its own
    assert "J_bar" in rewrite(graph).by_name


# --- what stays ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", catalogue())
def test_no_variable_and_no_cotangent_of_a_document_changes_its_value(name):
    graph = load(name)
    whole = backward(graph, [n for n in graph.declared_names if graph[n].op not in ("label", "constant")], keep=graph.declared_names)
    after = rewrite(whole, ("stable", "tidy", "norm"), keep=whole.declared_names)
    assert [n for n in whole.declared_names if n not in after] == []
    before, now = run(whole, trace=True), run(after, trace=True)
    for variable in whole.declared_names:
        np.testing.assert_allclose(now[variable], before[variable], rtol=1e-12, atol=1e-14, err_msg=variable)


@pytest.mark.parametrize("name", catalogue())
def test_rewriting_twice_changes_nothing_more(name):
    once = rewrite(backward(load(name)))
    twice = rewrite(once)
    assert once.nodes == twice.nodes
    assert not any(isinstance(row, Identity) for row, _, _ in steps(once, ("stable", "tidy")))


def test_nothing_dead_is_kept():
    graph = parse("a = tanh(x); b = log(softmax(a)); c = exp(a); z = b[0]", x=[3])
    after = rewrite(replace(graph, outputs=("z",)))
    used = {i for node in after.nodes for i in node.inputs} | set(after.outputs)
    assert [n.name for n in after.nodes if n.name not in used] == []
    assert "c" not in after
    assert "c" in rewrite(replace(graph, outputs=("z",)), keep=["c"])


def test_a_variable_to_keep_that_is_not_there_is_an_error():
    for function in (rewrite, backward):
        with pytest.raises(GraphError, match="two_layer has no variable 'hh'"):
            function(load("two_layer"), keep=["hh"])


def test_steps_tell_which_identity_changed_which_nodes():
    graph = parse("S = log(softmax(y)[t]); n = norm2(outer(y, y))", y=[3], t={"class": 3})
    told = list(steps(graph, ("stable", "norm")))
    assert [(row.name if isinstance(row, Identity) else row, places) for row, places, _ in told] == [
        ("as it was", ()), ("log-softmax entry", ("S",)), ("norm of an outer product", ("n",)), ("unused variables left out", ())
    ]  # fmt: skip
    assert told[0][2] is graph
    assert str(told[-1][2]) == "S = log_softmax(y)[t]\nn = norm2(y) * norm2(y)"
    first, last = run(told[0][2], y=[1, 2, 3], t=1), run(told[-1][2], y=[1, 2, 3], t=1)
    np.testing.assert_allclose([*first.values()], [*last.values()], rtol=1e-14)


def test_a_name_that_fell_away_is_never_given_to_another_value():
    graph = backward(load("gated_network"))
    meaning: dict[str, tuple] = {}
    values = gather(graph, {})
    for _, _, now in steps(graph, ("stable", "tidy"), keep=graph.declared_names):
        found = run(replace(now, outputs=tuple(n.name for n in now.nodes)), **{n.name: values.arrays[n.name] for n in now.leaves})
        for name, value in found.items():
            if name in meaning:
                np.testing.assert_allclose(value, meaning[name], rtol=1e-12, atol=1e-15, err_msg=name)
            meaning[name] = value


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("z = -(-x)", "z = x"),
        ("z = 1 * (x * 1)", "z = x"),
        ("z = x ** 1 + dpow(x, 2)", "z = x + 2 * x"),
        ("z = (W.T).T @ x", "z = W @ x"),
        ("z = W.T.T @ x", "z = W @ x"),
        ("z = x @ W.T", "z = W @ x"),
        ("z = sum(x * (2 + 3))", "z = sum(x * 5)"),
        ("z = sum(x * tanh(x))", "z = x @ tanh(x)"),
        ("z = x * (1 / 0)", "z = x * (1 / 0)"),
        ("a = 2; z = x * (a + 1)", "a = 2\nz = x * (a + 1)"),
    ],
)
def test_tidying_writes_what_a_reader_expects(text, after):
    graph = parse(text, x=[3], W=[3, 3])
    assert str(rewrite(graph, ("tidy",))) == after


@pytest.mark.process
def test_the_result_does_not_depend_on_the_hash_seed():
    program = "import a1viz; print(a1viz.rewrite(a1viz.backward(a1viz.load('gated_network')), ('stable', 'tidy', 'norm')).nodes)"
    seen = {
        subprocess.run([sys.executable, "-c", program], env=environment(PYTHONHASHSEED=seed), capture_output=True, check=True).stdout
        for seed in ("0", "1", "2")
    }
    assert len(seen) == 1


@pytest.mark.parametrize("name", catalogue())
def test_the_batch_identities_leave_no_outer_product_behind(name):
    graph = rewrite(backward(load(name)))
    builder = Builder(graph.nodes)
    sums = [builder.add("batch_sum", [f"{p}_bar"], name=f"{p}_sum") for p in differentiable(load(name))]
    after = rewrite(builder.graph("sums", sums, graph.document), ("batch",))
    outer_inputs = [node.inputs for node in after.nodes if node.op == "batch_sum" and after[node.inputs[0]].op == "outer"]
    assert outer_inputs == []
    assert set(sums) <= set(after.by_name)
    assert OPS["batch_outer"].batch
