"""Equations with their numbers, as a fence shows them."""

from __future__ import annotations

import pytest

import a1viz
from a1viz.base.limits import WORKED_SIDE
from a1viz.graph.catalog import catalogue
from a1viz.graph.documents import load
from a1viz.site import fence
from a1viz.site.worked_values import worked_lines

TWO = load("two_layer")


def line(text: str, graph=TWO, **given) -> str:
    return worked_lines(graph, [text], given)[0][0].replace(" ", "")


def test_an_equation_has_its_symbols_its_numbers_and_what_comes_out():
    found = line("z")
    assert found.split("=")[1] == r"\mathbf{W}^{(1)}\,\mathbf{x}"
    assert found.split("=")[3] == r"{\begin{pmatrix}8\\1\\-6\end{pmatrix}}"


def test_the_squared_norms_of_question_2_2_come_out_in_both_ways():
    for text, expected in (("norm2(W1_bar)", "572"), ("norm2(x) * norm2(z_bar)", "572"), ("norm2(h) * norm2(y_bar)", "195")):
        assert line(text).endswith(f"={expected}")


def test_numbers_that_are_given_take_the_place_of_the_documents():
    assert line("z", x=[0, 0, 1]).endswith(r"{\begin{pmatrix}1\\0\\-1\end{pmatrix}}")


def test_a_negative_number_in_a_product_stands_in_brackets():
    graph = a1viz.parse("y = a * b", values={"a": 2, "b": -3}, a=[], b=[])
    assert line("y", graph) == r"y=a\,b=2(-3)=-6"


def test_a_column_has_one_pair_of_parentheses():
    assert line("h").split("=")[2] == r"\mathrm{ReLU}{\begin{pmatrix}8\\1\\-6\end{pmatrix}}"
    assert r"\left[{\begin{pmatrix}8\\1\\-6\end{pmatrix}}>0\right]" in line("z_bar")


def test_what_says_nothing_new_is_not_said_twice():
    graph = a1viz.parse("z = x; y = 2 * z", values={"x": 3}, x=[])
    assert line("z", graph) == "z=x=3"
    assert line("x", graph) == "x=3"


def test_a_class_is_not_put_in_for_formulas_count_from_1():
    assert r"\mathbf{e}_{t}" in line("y_bar", load("gated_network"))
    assert r"\mathbf{e}_{2}" not in line("y_bar", load("gated_network"))


def test_an_array_is_written_out_up_to_its_bound():
    for side in (WORKED_SIDE, WORKED_SIDE + 1):
        graph = a1viz.parse("y = x", values={"x": [1] * side}, x=[side])
        assert ("pmatrix" in line("y", graph)) == (side == WORKED_SIDE)


@pytest.mark.parametrize("wrong", ["nothing", "z +", "z @ y @ W1", "__import__('os')", "x; y", ""])
def test_what_is_no_expression_of_the_graph_is_a_message_in_the_page(wrong):
    drawn = fence.format(f"graph: two_layer\nview: worked\nonly: [{wrong!r}]")
    assert "a1viz-error" in drawn and "<script" not in drawn


@pytest.mark.prove
@pytest.mark.parametrize("name", sorted(catalogue()))
def test_every_graph_of_the_catalogue_can_be_worked(name):
    drawn = fence.format(f"graph: {name}\nview: worked")
    assert "a1viz-error" not in drawn and "<svg" in drawn
