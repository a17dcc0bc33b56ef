"""What `parse` is told besides equations: values, symbols, leaves by the names of its own arguments; and which names no leaf can have."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import a1viz
from a1viz.base.errors import DocumentError, EquationError
from a1viz.graph.declarations import KEYWORDS

VALUED = (a1viz.run, a1viz.grad, a1viz.compile, a1viz.gradient_norms, a1viz.ntk)
TEXT = "y = W @ x + b; J = norm2(y)"
LEAVES = {"x": ["D"], "W": ["H", "D"], "b": ["H"]}


def test_no_leaf_can_be_called_as_a_keyword_of_a_function_that_takes_values():
    """But for x1 and x2 of ntk, which are values of leaves themselves: the leaf x1 is given by x1={"x1": ...}."""
    named = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    found = {p.name for function in VALUED for p in inspect.signature(function).parameters.values() if p.kind in named}
    assert found - {"x1", "x2"} == {*KEYWORDS} and len(set(KEYWORDS)) == len(KEYWORDS)


@pytest.mark.parametrize("name", KEYWORDS)
def test_a_leaf_called_like_a_keyword_is_refused_with_one_message(name):
    said = f"{name} is a keyword of run, grad, compile, gradient_norms or ntk, so no variable can be given by it; choose another name"
    for given in ({name: []}, {"inputs": {name: []}}, {"parameters": {name: []}}):
        with pytest.raises(EquationError) as caught:
            a1viz.parse("y = 1", **given)
        assert str(caught.value) == said
    with pytest.raises(DocumentError, match=said):
        a1viz.loads(f"title = 'T'\nequations = 'y = 1'\n[inputs]\n{name} = []")
    assert a1viz.run(a1viz.parse(f"{name} = 2 * x", x=[]), x=3.0)[name] == 6  # a variable may be called so


ARGUMENTS = [
    p.name for p in inspect.signature(a1viz.parse).parameters.values() if p.kind == p.KEYWORD_ONLY or p.name in ("parameters", "name")
]


@pytest.mark.parametrize("name", [*ARGUMENTS, "text"])
def test_a_leaf_may_be_called_like_an_argument_of_parse(name):
    assert a1viz.run(a1viz.parse(f"y = 2 * {name}", inputs={name: []}), **{name: 3.0})["y"] == 6


@pytest.mark.parametrize("name", ["parameters", "name", "values", "symbols", "inputs"])
def test_a_shape_in_the_place_of_another_argument_is_refused_with_the_way_out(name):
    with pytest.raises(EquationError) as caught:
        a1viz.parse("y = 1", **{name: ["D"]})
    assert str(caught.value) == f"{name} is an argument of parse, and ['D'] is none; a leaf so called is given by inputs={{'{name}': ...}}"


def test_a_leaf_is_given_once():
    with pytest.raises(EquationError, match="x is given twice; each name is assigned once"):
        a1viz.parse("y = x", x=[], inputs={"x": []})


@pytest.mark.parametrize("kind", [list, tuple, np.array, lambda value: np.array(value, np.float32)])
def test_values_are_used_where_none_is_given(kind):
    g = a1viz.parse(TEXT, values={"W": kind([[1, 2], [3, 4]]), "b": kind([1, -1])}, **LEAVES)
    assert a1viz.run(g, x=[1, 1], trace=True)["y"].tolist() == [4, 6]
    assert a1viz.run(g, x=[1, 1], b=[0, 0], trace=True)["y"].tolist() == [3, 7]
    assert a1viz.grad(g, "x", x=[1, 1])["x_bar"].tolist() == [44, 64]


def test_a_value_that_is_changed_afterwards_changes_nothing():
    W = np.eye(2)
    g = a1viz.parse(TEXT, values={"W": W, "b": [0, 0]}, **LEAVES)
    W[:] = 7
    assert a1viz.run(g, x=[1, 2])["J"] == 5


def test_symbols_are_printed():
    g = a1viz.parse(TEXT, symbols={"W": "A^(1)", "y": "z'"}, **LEAVES)
    assert r"\mathbf{A}}^{(1)}" in a1viz.derive(g).latex() and g.document.symbols["y"] == "z'"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"values": {"v": 1}}, "'v' in [values] is no input or parameter"),
        ({"values": {"y": [1, 1]}}, "'y' in [values] is computed by an equation, so it has no value of its own"),
        ({"values": {"x": "1"}}, "value of 'x' must be numbers"),
        ({"values": {"x": "@w.npz"}}, "x: only a document has files beside it; give an array"),
        ({"values": {"x": [1, [2]]}}, "value of 'x' mixes numbers and lists"),
        ({"values": {"x": [1, None]}}, "value of 'x' must be numbers, got None"),
        ({"values": {"x": np.array(["a"])}}, "x: expected real numbers"),
        ({"values": {"x": 1}}, "x: value has shape (), expected (D,)"),
        ({"values": {"x": [1, 2, 3], "W": [[1, 2]]}}, "W: value has shape (1, 2), expected (H, D), and D is 3 (from x)"),
        ({"symbols": {"q": "z"}}, "'q' in [symbols] is not a variable"),
        ({"symbols": {"x": "<b>"}}, "symbol of 'x' must look like b, y', z_1, W^(1) or b_1^(2), got '<b>'"),
        ({"symbols": {"x": 3}}, "symbol of 'x' must look like"),
        ({"symbols": {"x": "@w.npz"}}, "symbol of 'x' must look like"),
        ({"values": {"t": 7}}, "t: class 7 is out of range; t has 5 classes, 0 to 4"),
        ({"values": {"t": 0.5}}, "t: a class label is a whole number, got 0.5"),
    ],
)
def test_wrong_values_and_symbols_are_refused_as_in_documents(given, message):
    with pytest.raises(EquationError) as caught:
        a1viz.parse(TEXT, t={"class": 5}, **LEAVES, **given)
    assert message in str(caught.value)


@pytest.mark.parametrize(("given", "said"), [({"outputs": ["J:1"]}, "'J:1' in outputs is not"), ({"loss": "J:1"}, "the loss 'J:1' is not")])
def test_the_parts_of_an_equation_are_no_outputs(given, said):
    with pytest.raises(EquationError) as caught:
        a1viz.parse("J = sum(x) + 1", x=["D"], **given)
    assert said in str(caught.value) and "did you mean 'J:1'" not in str(caught.value)


@pytest.mark.parametrize("E", [np.ones((3, 2)), np.ones((3, 0))])
@pytest.mark.parametrize("t", [np.zeros(0, int), np.zeros((2, 0), int), np.array([1, 1])])
def test_labels_of_no_entries_and_rows_of_none(E, t):
    graph = a1viz.parse("J = sum(E[t] ** 2)", E=["V", "D"], t={"class": "V", "shape": ["T"]})
    each = 4.0 * t.shape[-1] ** 2 * E.shape[1]  # the entry is taken as often, each time with the slope 2
    for found in (
        a1viz.grad(graph, ["E"], E=E, t=t),
        a1viz.compile(graph, ["E"])(E=E, t=t),
        a1viz.compile(graph, ["E"], exact=True)(E=E, t=t),
    ):
        assert found["E_bar"].shape == E.shape and (found["E_bar"] ** 2).sum() == each
    for method in ("naive", "identities", "efficient"):
        np.testing.assert_array_equal(a1viz.gradient_norms(graph, method, E=E, t=t)["E"], np.full(t.shape[:-1], each))
