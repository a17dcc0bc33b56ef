"""A rewrite step by step: every equation before and after has the same value, and each is printed as the reader knows it."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from networks import NETWORKS, network, values

from a1viz.base.errors import GraphError, OutputError
from a1viz.calculus.autodiff import backward
from a1viz.calculus.explanation import Explanation, explain, statement
from a1viz.calculus.identities import IDENTITIES
from a1viz.calculus.interpreter import run
from a1viz.calculus.rewriting import rewrite
from a1viz.gradients.norm_graphs import norm_graph
from a1viz.graph.catalog import catalogue
from a1viz.graph.documents import load
from a1viz.graph.equations import parse

TWO_LAYER = load("two_layer")


def test_question_2_2_2_is_one_step():
    told = explain(norm_graph(TWO_LAYER, ["W1"], ["y"]))
    assert str(told) == (
        "W1_norm2: norm of an outer product\n"
        "  norm2(outer(a, b)) = norm2(a) * norm2(b)  (sum of (a_i b_j)^2 = sum of a_i^2 times sum of b_j^2)\n"
        "  where   W1_bar = outer(z_bar, x)\n"
        "  before  W1_norm2 = norm2(W1_bar)\n"
        "  after   W1_norm2 = norm2(z_bar) * norm2(x)"
    )
    (step,) = told.steps
    assert step.variable == "W1_norm2"
    assert step.rule.latex == (
        r"\| \mathbf{a} \, \mathbf{b}^{\top} \|_{F}^{2} = \| \mathbf{a} \|_{2}^{2} \, \| \mathbf{b} \|_{2}^{2}"
    )  # fmt: skip
    assert step.where[0].latex == r"\bar{\mathbf{W}}^{(1)} = \bar{\mathbf{z}} \, \mathbf{x}^{\top}"
    assert step.before.latex.endswith(r" = \| \bar{\mathbf{W}}^{(1)} \|_{F}^{2}")
    assert step.after.latex.endswith(r" = \| \bar{\mathbf{z}} \|_{2}^{2} \, \| \mathbf{x} \|_{2}^{2}")


def test_the_stable_gradient_of_the_gated_network_is_explained():
    short = explain(backward(load("gated_network"), ["x"]), ("stable", "tidy"))
    assert [(step.variable, step.identity.name) for step in short.steps] == [("y_bar", "error minus share")]
    told = explain(backward(load("gated_network"), ["x", "y_prime"]), ("stable", "tidy"))  # by way of the cotangent of the softmax
    assert [(step.variable, step.identity.name) for step in told.steps] == [
        ("y_bar", "softmax after log"),
        ("y_bar", "error minus share"),
        ("y_prime_bar", "divided scatter"),
    ]
    assert told.steps[1].after.text == "y_bar = S_bar * (scatter(1, t, y) - y_prime)"


def test_a_shared_weight_takes_several_identities():
    graph = norm_graph(parse("h = tanh(W @ x); y = W @ h; J = norm2(y)", {"W": [2, 2]}, x=[2]), ["W"])
    told = explain(graph)
    assert [step.identity.name for step in told.steps] == ["norm of a sum", "inner product of outer products", "norm of an outer product"]
    assert "where" in str(told.steps[0])
    assert "where" not in str(told.steps[1])
    assert "outer" not in told.steps[-1].after.text


@pytest.mark.parametrize("name", NETWORKS)
def test_every_step_changes_its_equation_and_no_value(name):
    graph = norm_graph(network(name, loss=True), network(name, loss=True).parameters)
    told = explain(graph, ("tidy", "norm"))
    assert told.graph.nodes == rewrite(graph, ("tidy", "norm")).nodes
    for step in told.steps:
        assert step.before.text.partition(" = ")[0] == step.after.text.partition(" = ")[0] == step.variable
        assert step.before != step.after
    for one, other in zip(told.steps, told.steps[1:], strict=False):
        if one.variable == other.variable:
            assert one.after == other.before
    given = values(network(name, loss=True), 3)
    before, after = run(graph, **given), run(told.graph, **given)
    for output in graph.outputs:
        np.testing.assert_allclose(after[output], before[output], rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("name", catalogue())
def test_latex_and_text_are_printed_for_every_document(name):
    told = explain(backward(load(name)), ("stable", "tidy"))
    for step in told.steps:
        for line in (step.rule, *step.where, step.before, step.after):
            assert " = " in line.text and " = " in line.latex
            assert line.latex.count("{") == line.latex.count("}")
    assert told.to("text") == str(told)


def test_the_latex_is_one_aligned_environment_with_an_equals_sign_a_line():
    told = explain(norm_graph(TWO_LAYER, ["W1", "W2"], ["y"]))
    lines = told.latex().split("\n")
    assert (lines[0], lines[-1]) == (r"\begin{aligned}", r"\end{aligned}")
    assert all(line.count("&") == 1 for line in lines[1:-1])
    assert sum(line.startswith("&= ") for line in lines) == 2
    assert told.markdown() == told._repr_latex_() == f"$$\n{told.latex()}\n$$"


def test_where_nothing_applies_it_says_so():
    told = explain(parse("y = W @ x", x=[2], W=[2, 2]))
    assert isinstance(told, Explanation)
    assert told.steps == ()
    assert str(told) == told.markdown() == "no identity applies"


def test_unknown_formats_and_variables_are_refused():
    with pytest.raises(OutputError, match="unknown format 'latx'; did you mean 'latex'"):
        explain(TWO_LAYER).to("latx")
    with pytest.raises(GraphError, match="two_layer has no variable 'hh'"):
        explain(TWO_LAYER, keep=["hh"])


@pytest.mark.parametrize("row", IDENTITIES, ids=lambda row: row.name)
def test_every_identity_states_itself_in_text_and_latex(row):
    line = statement(row)
    assert line.text == f"{row.pattern} = {row.replacement}"
    assert re.sub(r" = (0|k)\]", "", line.latex).count(" = ") == 1  # those of indicators aside
    assert line.latex.count("{") == line.latex.count("}")


def test_an_identity_of_your_own_is_explained_too():
    row = replace(IDENTITIES[0], name="half & half_", pattern="relu(relu(x))", replacement="relu(x)", purpose="mine", about="")
    told = explain(parse("y = relu(relu(x))", x=[2]), ("mine",), rows=[row])
    assert str(told).split("\n") == ["y: half & half_", "  relu(relu(x)) = relu(x)", "  before  y = relu(relu(x))", "  after   y = relu(x)"]
    assert r"\text{half   half }" in told.latex().replace(r"\text{half   half : }", r"\text{half   half }")
