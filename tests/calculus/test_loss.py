"""What is differentiated: the only scalar output, the document's `loss`, or the one that `of=` names."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import a1viz
from a1viz.base.errors import A1vizError, DocumentError, EquationError

TEXT = "z = w @ x; p = sigmoid(z); J = logistic_loss(z, t); accuracy = threshold(z) * t + (1 - threshold(z)) * (1 - t)"
LEAVES = {"x": ["D"], "w": ["D"], "t": []}
AT = {"x": [1.0, -2.0], "w": [0.5, 0.3], "t": 1.0}
ALONE = a1viz.parse("z = w @ x; J = logistic_loss(z, t)", **LEAVES)
G = a1viz.parse(TEXT, **LEAVES)
DOCUMENT = f"""
title = "A loss and a metric"
loss = "J"
equations = '''{TEXT.replace("; ", chr(10))}'''
[inputs]
x = [2]
t = []
[parameters]
w = [2]
[values]
x = [1, -2]
w = [0.5, 0.3]
t = 1
"""


def test_a_metric_beside_the_loss_changes_no_gradient():
    right = a1viz.grad(ALONE, "w", **AT)["w_bar"]
    found = a1viz.grad(G, "w", of="J", **AT)
    assert list(found) == ["p", "J", "accuracy", "w_bar"] and (found["w_bar"] == right).all()
    assert (a1viz.grad(a1viz.loads(DOCUMENT), "w")["w_bar"] == right).all()
    assert (a1viz.grad(a1viz.parse(TEXT, loss="J", **LEAVES), "w", **AT)["w_bar"] == right).all()
    assert (a1viz.compile(G, "w", of="J")(**AT)["w_bar"] == right).all()
    assert a1viz.gradient_norms(a1viz.loads(DOCUMENT))["w"] == pytest.approx(right @ right)
    assert a1viz.gradient_norms(G, of="J", **AT)["w"] == pytest.approx(right @ right)
    assert str(a1viz.derive(G, "w", of="J")).replace("p - t", "sigmoid(z) - t") == str(a1viz.derive(ALONE, "w"))  # p is at hand
    assert a1viz.backward(G, "w", of="J").outputs == ("w_bar",)


def test_the_mean_over_a_batch_is_that_of_the_loss():
    batch = {**AT, "x": np.arange(8.0).reshape(4, 2), "t": np.array([0.0, 1, 1, 0])}
    right = a1viz.grad(ALONE, "w", **batch)["w_bar"]
    np.testing.assert_allclose(a1viz.grad(G, "w", of="J", **batch)["w_bar"], right, rtol=1e-14)
    np.testing.assert_allclose(a1viz.compile(G, "w", of="J")(**batch)["w_bar"], right, rtol=1e-13)


def test_a_loss_may_be_used_by_others_and_these_get_no_gradient():
    g = a1viz.parse("J = norm2(x); y = x * J", x=[2])
    found = a1viz.grad(g, of="J", x=[1.0, 3.0])
    assert list(found) == ["y", "J", "x_bar", "J_bar", "y_bar"]
    assert found["x_bar"].tolist() == [2, 6] and found["J_bar"] == 1 and found["y_bar"].tolist() == [0, 0]
    compiled = a1viz.compile(g, ["x"], of="J")(x=[1.0, 3.0])
    assert compiled["J"] == 10 and compiled["x_bar"].tolist() == [2, 6]
    assert "J_bar = 1" in str(a1viz.derive(g, of="J"))


def test_what_depends_on_nothing_hands_on_nothing_even_where_it_is_not_finite():
    g = a1viz.parse("J = norm2(x); y = log(x)", x=[1])
    assert a1viz.grad(g, of="J", x=[0.0])["x_bar"] == 0


def test_a_document_with_a_loss_is_checked_and_its_expectations_see_the_gradients():
    report = a1viz.check(a1viz.loads(DOCUMENT + '[expect]\n"w_bar - (p - t) * x" = [0, 0]\n"J_bar" = 1\n'))
    assert report.ok, report
    assert any("central differences" in finding.detail for finding in report.findings)


@pytest.mark.parametrize(
    ("of", "told"),
    [("w", "w is a vector"), ("q", "has no variable 'q'"), ("two", "has no variable 'two'")],
)
def test_only_a_scalar_of_the_graph_is_a_loss(of, told):
    with pytest.raises(A1vizError, match=told):
        a1viz.grad(G, "x", of=of, **AT)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"J"', '"j"', "line 3: the loss 'j' is not a variable with an equation; did you mean 'J'?"),
        ('"J"', '"t"', "line 3: the loss 't' is not a variable with an equation"),
        ('"J"', "3", 'line 3: loss must be the name of a scalar variable such as "J", got 3'),
        ("[values]", "[cotangents]\nz = 1\n[values]", "line 3: loss and [cotangents] both say what is differentiated; leave one out"),
        ("loss =", 'outputs = ["q"]\nloss =', "line 3: 'q' in outputs is not a variable"),
        ("loss =", "outputs = []\nloss =", "line 3: outputs must be names of variables, each once"),
        ("loss =", 'outputs = ["J", "J"]\nloss =', "line 3: outputs must be names of variables, each once"),
        ("loss =", "tolerance = 0\nloss =", "line 3: tolerance must be a number between 0 and 1 such as 1e-6, got 0"),
        ("loss =", "tolerance = nan\nloss =", "line 3: tolerance must be a number"),
        ("loss =", 'tolerance = "small"\nloss =', "line 3: tolerance must be a number"),
    ],
)
def test_a_goal_that_cannot_be_is_refused_at_its_line(old, new, told):
    with pytest.raises(DocumentError) as caught:
        a1viz.loads(DOCUMENT.replace(old, new, 1))
    assert told in str(caught.value)


def test_outputs_may_be_named_in_a_document_and_in_parse():
    assert a1viz.loads(DOCUMENT.replace("loss =", 'outputs = ["z", "J"]\nloss =')).outputs == ("z", "J")
    assert list(a1viz.run(a1viz.parse(TEXT, outputs="z", **LEAVES), **AT)) == ["z"]
    with pytest.raises(EquationError, match="the loss must be a scalar, but w2 is a vector"):
        a1viz.parse("w2 = 2 * w", w=[2], loss="w2")


def test_a_derivative_keeps_no_loss_of_the_graph_it_came_from():
    g = a1viz.loads(DOCUMENT)
    again = a1viz.backward(a1viz.backward(g, "w"), "x", {"w_bar": 0})
    assert again.outputs == ("x_bar2",) or again.outputs == ("x_bar",)
    assert a1viz.tangent(g, "w").document.loss == ""


def test_a_compiled_graph_that_was_called_goes_through_a_pickle():
    f = a1viz.compile(G, "w", of="J")
    first = f(**AT)
    f.bind(**AT)()
    again = pickle.loads(pickle.dumps(f))
    assert again.names == f.names and (again(**AT)["w_bar"] == first["w_bar"]).all()
    seeded = a1viz.compile(a1viz.load("two_layer"), ["W1"], ["y"])
    seeded(cotangents={"y": [1.0, 2, 3]})
    assert (
        pickle.loads(pickle.dumps(seeded))(cotangents={"y": [1.0, 2, 3]})["W1_bar"] == seeded(cotangents={"y": [1.0, 2, 3]})["W1_bar"]
    ).all()


@pytest.mark.parametrize(
    "more", [{"loss": []}, {"loss": ["D"]}, {"loss": {"class": 3}}, {"outputs": 5}, {"outputs": [3]}, {"outputs": {"class": 3}}]
)
def test_what_are_no_names_of_goals_is_refused_in_our_words(more):
    with pytest.raises(EquationError, match="outputs and loss are names of variables"):
        a1viz.parse("y = 2 * x", x=[2], **more)
