"""Derivations step by step: each line that is shown has the value of the variable's gradient, and the last is what `derive` prints."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from commands import refused
from commands import run as told_by
from networks import NETWORKS, network, values

import a1viz
from a1viz.base import limits
from a1viz.base.errors import DerivativeError, GraphError, OutputError
from a1viz.calculus.autodiff import backward, cotangent_names, every_variable
from a1viz.calculus.derivation import derive, joint_graph
from a1viz.calculus.explanation import explain
from a1viz.calculus.interpreter import run
from a1viz.calculus.losses import seeds
from a1viz.calculus.step_by_step import derive_steps
from a1viz.calculus.worked_steps import KINDS, WorkedStep
from a1viz.graph.catalog import catalogue
from a1viz.graph.documents import load
from a1viz.graph.equations import parse
from a1viz.graph.leaves import gather
from a1viz.graph.nodes import Builder, Graph
from a1viz.pictures.typesetting import typeset

GATED = load("gated_network")


def told(text: str, wrt: str, **leaves: Any) -> list[str]:
    return str(derive_steps(parse(text, **leaves), wrt)).splitlines()


# --- what is told -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["text", "latex", "markdown"])
def test_the_steps_of_a_document(golden, format):
    suffix = {"text": "txt", "latex": "tex", "markdown": "md"}[format]
    golden(f"steps_gated_network.{suffix}", derive_steps(GATED, ["x", "y"]).to(format) + "\n")


def test_each_use_is_one_rule_and_their_parts_are_added_up():
    assert told("y = W2 @ h; J = norm2(y) + sum(h)", "h", h=["H"], W2=["N", "H"])[:7] == [
        "h_bar",
        "  used in y = W2 @ h",
        "    matvec(W, x) for x = h: vecmat(bar, W)  ->  W2.T @ y_bar",
        "  used in J = norm2(y) + sum(h)",
        "    add(a, b) for b = sum(h): bar  ->  J_bar",
        "    sum(x) for x = h: fill(expand(bar, axis=axis, keepdims=keepdims), x)  ->  fill(J_bar, h)",
        "  the parts added up",
    ]


def test_a_use_deep_inside_an_expression_is_reached_rule_by_rule():
    deep = told("J = sum(tanh(W @ x + b))", "x", x=["D"], W=["H", "D"], b=["H"])
    assert [line.split(":")[0].strip() for line in deep[2:6]] == [
        "sum(x) for x = tanh(W @ x + b)",
        "tanh(x) for x = W @ x + b",
        "add(a, b) for a = W @ x",
        "matvec(W, x) for x",
    ]


def test_an_identity_says_what_it_states_and_what_it_looked_through():
    steps = derive_steps(GATED, "y").steps
    applied = [step for step in steps if step.kind == "identity"]
    assert [step.title for step in applied] == ["softmax after log", "error minus share"]
    assert [line.text.split(" = ")[0] for line in applied[0].where] == ["y_prime_bar"]
    assert applied[1].law.text.endswith("(the famous y' - e_t)")
    before = next(step for step in steps if step.kind == "sum")
    assert applied[0].before == before.line and applied[1].before == applied[0].line


def test_the_equation_that_is_differentiated_is_told_where_it_is_another():
    steps = derive_steps(parse("J = -log(softmax(y))[t]", y=["N"], t={"class": "N"}), "y").steps
    assert [step.title for step in steps[:2]] == ["used in", "log-softmax"]
    assert steps[1].line.text == "J = -log_softmax(y)[t]"
    where = derive_steps(parse("J = sum(where(x > 0, x, 2 * x))", x=["D"]), "x").steps
    assert where[1].title == "written out by operators that have rules"


@pytest.mark.parametrize(
    ("text", "wrt", "first"),
    [
        ("y = W @ x", "y", ["y_bar", "  handed in: y_bar", "  result", "    y_bar  given"]),
        ("y = W @ x; J = norm2(y)", "J", ["J_bar", "  what is differentiated: J_bar = 1", "  result", "    J_bar = 1"]),
        ("y = step(W @ x); J = sum(y)", "x", ["x_bar", "  used in y = step(W @ x)", "    step(x) for x = W @ x: 0  ->  0"]),
    ],
)
def test_where_a_derivation_begins(text, wrt, first):
    assert told(text, wrt, x=["D"], W=["H", "D"])[: len(first)] == first


def test_a_variable_that_nothing_depends_on_has_no_use():
    steps = derive_steps(parse("J = norm2(x); y = W @ x", x=["D"], W=["H", "D"], outputs=["J"]), "W").steps
    assert [steps[0].kind, steps[-1].kind] == ["sum", "result"]
    assert steps[0].title == "nothing comes down to it"


def test_a_cotangent_that_is_given_and_added_to_is_one_of_the_parts():
    graph = parse("h = relu(x); y = W @ h", x=[2], W=[3, 2])
    graph = type(graph)(graph.name, graph.nodes, graph.outputs, type(graph.document)(cotangents={"h": [1, 1], "y": [1, 1, 1]}))
    steps = derive_steps(graph, "h").steps
    assert [(step.kind, step.line.text) for step in steps[:4]] == [
        ("use", "h_bar"),
        ("use", "y = W @ h"),
        ("rule", "W.T @ y_bar"),
        ("sum", "h_bar_total = h_bar + W.T @ y_bar"),
    ]


def test_only_the_variables_that_are_asked_for_are_told_each_by_itself():
    assert list(derive_steps(GATED, ["x", "g"]).by_variable) == ["g", "x"]
    assert set(derive_steps(GATED).by_variable) == set(every_variable(GATED))
    assert derive_steps(parse("J = x ** 2; K = 3 * x", x=[]), "x", of="K").steps[-1].line.text == "x_bar = 3 * K_bar"


@pytest.mark.parametrize("count", [(limits.RULES_TOLD + 2) // 3, (limits.RULES_TOLD + 2) // 3 + 1])
def test_of_many_rules_the_first_are_told(count):
    graph = parse(f"J = {' + '.join(['tanh(x)'] * count)}", x=[])
    told = derive_steps(graph, "x")
    rules = [step for step in told.steps if step.kind == "rule"]
    applied = 3 * count - 2  # a sum has one operator less than terms, each with two operands on the way
    left_out = applied - limits.RULES_TOLD
    assert len(rules) == (limits.RULES_TOLD + 1 if left_out > 0 else applied)
    assert (f"    {left_out:,} more\n" in str(told)) == (left_out > 0) == (f"    - {left_out:,} more\n" in told.markdown())


def test_what_cannot_be_derived_or_printed_is_an_error_that_says_why():
    with pytest.raises(DerivativeError, match="t is a class label"):
        derive_steps(GATED, "t")
    with pytest.raises(GraphError, match="no variable 'q'"):
        derive_steps(GATED, ["q"])
    with pytest.raises(OutputError, match="unknown format 'latx'; did you mean 'latex'"):
        derive_steps(GATED, "x").to("latx")


def test_steps_are_plain_data_too():
    data = derive_steps(GATED, "y").as_data()
    assert json.loads(json.dumps(data)) == data
    assert {step["kind"] for step in data} <= set(KINDS)
    assert data[0] == {"kind": "use", "variable": "y", "title": "used in", "line": data[0]["line"]}
    assert data[-1]["line"]["text"] == "y_bar = S_bar * (scatter(1, t, y) - y_prime)"
    assert set(data[3]) == {"kind", "variable", "title", "line", "law", "before", "where"}


def test_steps_show_themselves_in_a_notebook():
    shown = derive_steps(GATED, "h1")._repr_latex_()
    assert shown.startswith("$$\n\\begin{aligned}") and shown.endswith("\\end{aligned}\n$$")
    assert typeset(derive_steps(GATED, "h1").latex()).width > 0


COLLECTED = [
    ("J = sum(x * c) + 2 * sum(x * c)", "terms collected, common factors in front", "x_bar = 3 * J_bar * c"),
    ("J = mean(x ** 2)", "sizes by their letters", "x_bar = 2 * J_bar * x / D"),
]


@pytest.mark.parametrize(("text", "title", "line"), COLLECTED)
def test_what_was_collected_is_said(text, title, line):
    last = derive_steps(parse(text, x=["D"], c=["D"]), "x").steps[-2]
    assert (last.kind, last.title, last.line.text) == ("collected", title, line)


def test_a_variable_that_takes_the_place_of_its_value_is_told_with_its_equation():
    (last,) = (step for step in derive_steps(load("batch_norm"), "X").steps if step.kind == "collected")
    assert [line.text for line in last.where] == ["mu = mean(X, axis=0)"]


# --- whether it is right --------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=2)
def gradients(graph: Graph) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Values near the document's, with random cotangents where they are handed in; and every variable's value and gradient there."""
    rng = np.random.default_rng(16)
    given = gather(graph, {}).arrays if graph.document.values else values(graph)
    arrays = {n: array * rng.uniform(0.9, 1.1, array.shape) if array.dtype.kind == "f" else array for n, array in given.items()}
    forward = run(graph, trace=True, **arrays)
    arrays |= {f"{name}_bar": rng.standard_normal(forward[name].shape) for name in seeds(graph)}
    whole = backward(graph, every_variable(graph), keep=graph.declared_names)
    return arrays, {**arrays, **run(whole, trace=True, **arrays), **run(joint_graph(graph), trace=True, **arrays)}


def computed(steps: list[WorkedStep], arrays: Mapping[str, Any]) -> list[tuple[WorkedStep, Any]]:
    """The value of each step's line, in its graph; 0 for a part that is none."""
    graphs: dict[int, tuple[Graph, dict[str, None]]] = {}
    for step in steps:
        graphs.setdefault(id(step.graph), (step.graph, {}))[1][step.node] = None
    found = {}
    for key, (graph, names) in graphs.items():
        whole = Builder(graph.nodes).graph(graph.name, [name for name in names if name], graph.document)
        found[key] = run(whole, **{name: array for name, array in arrays.items() if name in whole})
    return [(step, found[id(step.graph)][step.node] if step.node else 0.0) for step in steps]


def is_of_the_cotangent(step: WorkedStep) -> bool:
    return step.kind in ("sum", "result") or (step.kind in ("identity", "collected") and "_bar" in step.target.text)


@pytest.mark.parametrize("name", [*catalogue(), *NETWORKS])
def test_every_line_has_the_value_of_the_gradient(name):
    graph = load(name) if name in catalogue() else network(name, loss=True)
    arrays, known = gradients(graph)
    bars = cotangent_names(graph, backward(graph, every_variable(graph), keep=graph.declared_names))
    told = derive_steps(graph)
    for step, value in computed([step for step in told.steps if step.graph is not None], arrays):
        if is_of_the_cotangent(step):
            np.testing.assert_allclose(value, known[bars[step.variable]], rtol=1e-9, atol=1e-12, err_msg=str(step))
        elif step.kind in ("use", "identity", "collected"):
            np.testing.assert_allclose(value, known[step.target.text], rtol=1e-9, atol=1e-12, err_msg=str(step))
    for variable, steps in told.by_variable.items():
        printed = [step.line.text for step in steps if step.kind == "result"]
        assert printed == [step.text for step in derive(graph).steps if step.variable == variable]


@pytest.mark.parametrize("name", catalogue())
def test_every_line_reads_as_what_it_is(name):
    """The text of each line is read alone, its variables given the values that they have in the graph, and evaluated."""
    graph = load(name)
    if any(node.block for node in graph.nodes):
        pytest.skip("the language spells no name inside a block")
    arrays, known = gradients(graph)
    whole = joint_graph(graph)
    sizes = gather(graph, {}).sizes
    lengths = {f"of_{size}": np.zeros(number) for size, number in sizes.items()}  # so that the names of sizes are known
    lines = [step for step in derive_steps(graph).steps if step.graph is not None and step.kind != "use"]
    for step, value in computed(lines, arrays):
        right = step.line.text.partition(" = ")[2] if step.kind != "rule" else step.line.text
        if right in ("", "..."):
            continue
        used = {n: whole[n] for n in re.findall(r"[A-Za-z_]\w*", right) if n in known and n in whole}
        leaves = {n: {"class": v.value, "shape": list(v.shape)} if v.op == "label" else list(v.shape) for n, v in used.items()}
        line = parse(f"line = {right}", outputs=["line"], inputs={**leaves, **{n: [n.removeprefix("of_")] for n in lengths}})
        found = run(line, **{n: known[n] for n in used}, **lengths)["line"]
        np.testing.assert_allclose(found, np.broadcast_to(value, np.shape(found)), rtol=1e-9, atol=1e-12, err_msg=str(step))


@pytest.mark.parametrize("name", NETWORKS)
def test_the_parts_of_all_uses_add_up(name):
    graph = network(name, loss=True)
    for variable, steps in derive_steps(graph).by_variable.items():
        total = next((step.line.text.partition(" = ")[2] for step in steps if step.kind == "sum"), "")
        parts = [step.line.text for step in steps if step.kind == "rule" and step.where[0].text.split(" = ")[-1] == variable]
        assert all(part in total for part in parts if part not in ("0", "...")), (variable, parts, total)


@pytest.mark.parametrize("name", catalogue())
def test_the_latex_of_every_step_is_whole(name):
    for step in derive_steps(load(name)).steps:
        for part in (step.latex, step.line.latex, step.done.latex, *(line.latex for line in step.where)):
            assert part.count("{") == part.count("}")
            assert not re.search(r"[a-z]:\d", part)  # an automatic name
    assert r"\text{" in derive_steps(load(name)).latex()


@pytest.mark.parametrize(("name", "wrt"), [("gated_network", "y"), ("vae", "z")])
def test_the_steps_can_be_typeset(name, wrt):
    for step in derive_steps(load(name), wrt).steps:
        assert typeset(rf"\begin{{aligned}}{step.latex}\end{{aligned}}").width > 0, step


@pytest.mark.parametrize("name", catalogue())
def test_every_identity_on_the_way_to_a_derivation_is_explained(name):
    graph = load(name)
    whole = backward(graph, every_variable(graph), keep=graph.declared_names)
    for step in explain(whole, ("stable", "tidy", "reading"), whole.declared_names).steps:
        assert step.before != step.after
        for line in (step.rule, *step.where, step.before, step.after):
            assert line.latex.count("{") == line.latex.count("}")


def test_the_steps_are_told_on_the_command_line():
    assert told_by("derive", "two_layer", "--wrt", "h", "--steps").stdout == f"{a1viz.derive_steps('two_layer', 'h')}\n"
    assert told_by("derive", "two_layer", "--steps", "--format", "markdown").stdout == f"{a1viz.derive_steps('two_layer').markdown()}\n"
    assert "--steps and --entries are two forms" in refused("derive", "two_layer", "--steps", "--entries")
