"""Which equations a derivative is made of: none too many, and in the order of the graph."""

from __future__ import annotations

from dataclasses import replace

import pytest

from a1viz.calculus.autodiff import backward, cotangent_names, tangent
from a1viz.calculus.interpreter import run
from a1viz.calculus.rewriting import expand_bodies
from a1viz.graph.documents import load
from a1viz.graph.equations import parse
from a1viz.graph.nodes import INNER, Builder

NUMBERS = {"x": [], "u": [], "v": []}


@pytest.mark.parametrize(
    ("text", "outputs", "expected"),
    [
        ("y = 2 * x; z = x * x", ["y"], "x_bar = y_bar * 2"),  # nothing is handed in for z
        ("a = x * u; b = x * v; y = a + b", ["y"], "b_bar = y_bar\na_bar = y_bar\nx_bar = a_bar * u + b_bar * v"),
        ("y = step(x) * u + x", ["y"], "x_bar = y_bar"),  # a derivative that is 0 is no term
        ("y = (x + u) + v; z = (x + u) * 2", ["y", "z"], "x_bar = y_bar + z_bar * 2"),  # what is handed on keeps its name
        ("a = x * u; J = a + x", None, "a_bar = J_bar\nx_bar = a_bar * u + J_bar"),
    ],
)
def test_a_backward_graph_is_what_one_would_write(text, outputs, expected):
    assert str(backward(parse(text, **NUMBERS), ["x"], outputs)) == expected


def test_a_variable_without_a_cotangent_has_no_name_for_one():
    graph = parse("h = step(x); y = h * u + x; z = x * x", **NUMBERS)
    assert cotangent_names(graph, backward(graph, ["x"], ["y"])) == {"x": "x_bar", "y": "y_bar"}


def test_the_tangent_of_what_does_not_depend_on_the_variable_is_0():
    graph = tangent(parse("y = u * 2; w = u * a; z = x * 3", **NUMBERS, a=["n"]), ["x"])
    assert graph.outputs == ("y_dot", "w_dot", "z_dot")
    found = run(graph, x=2, u=1, v=1, a=[1, 2], x_dot=1)
    assert {name: value.tolist() for name, value in found.items()} == {"y_dot": 0, "w_dot": [0, 0], "z_dot": 3}


def test_a_tangent_graph_takes_the_values_of_its_document():
    assert run(tangent(load("two_layer"), ["x"]), x_dot=[0, 0, 0])["y_dot"].tolist() == [0, 0, 0]


def test_what_stands_for_an_operator_is_in_its_block_and_all_else_is_as_it_was():
    builder = Builder(parse("z = exp(x)", x=[]).nodes)
    builder.add("indicator", ["x"], name="y", block="S1")
    graph = replace(builder.graph("blocks", ["y", "z"]), outputs=("y",))
    whole = expand_bodies(graph)
    assert set(graph.by_name) <= set(whole.by_name)
    assert {node.name: node.block for node in whole.nodes if not node.is_leaf} == {
        name: "" if name == "z" else "S1" for name in whole.by_name if not whole[name].is_leaf
    }


def test_what_a_cotangent_is_made_of_belongs_to_its_equation_and_is_in_the_block_of_its_variable():
    builder = Builder(parse("z = x", **NUMBERS).nodes)
    builder.add("exp", ["x"], name="h", block="S1")
    for k, other in enumerate("uvx"):
        builder.add("mul", ["h", other], name=f"y{k}", block="S2")
    graph = backward(builder.graph("blocks", ["y0", "y1", "y2"]), ["x"])
    names = [node.name for node in graph.nodes if node.op in ("mul", "add") and node.name.partition(INNER)[0] == "h_bar"]
    assert len(names) == 5  # three products and two sums
    assert {graph[name].block for name in names} == {"S1"}
    assert {node.block for node in graph.nodes if node.op in ("mul", "add") and node.name not in names} == {""}  # of x_bar


def test_a_tangent_is_in_the_block_of_its_variable():
    builder = Builder(parse("z = a", **NUMBERS, a=["n"]).nodes)
    builder.add("add", ["x", "a"], name="y", block="S1")
    builder.add("mul", ["y", "a"], name="w", block="S2")
    graph = tangent(builder.graph("blocks", ["y", "w"]), ["x"])
    assert (graph["y_dot"].op, graph["y_dot"].block, graph["w_dot"].block) == ("fill", "S1", "S2")


def test_a_cotangent_that_is_handed_on_is_in_the_block_of_its_variable():
    builder = Builder(parse("z = x", **NUMBERS).nodes)
    builder.add("exp", ["x"], name="h", block="S1")
    builder.add("add", ["h", "u"], name="y", block="S2")
    graph = backward(builder.graph("blocks", ["y"]), ["x"], ["y"])
    assert (graph["h_bar"].op, graph["h_bar"].block) == ("identity", "S1")


def test_zeros_are_in_the_block_of_their_variable_and_sums_belong_to_their_equation():
    builder = Builder(parse("z = x", **NUMBERS, a=["n"]).nodes)
    for name, leaf in (("h", "x"), ("g", "a")):
        builder.add("exp", [leaf], name=name, block="S1")
    for k, other in enumerate("aa"):
        builder.add("add", ["u", other], name=f"y{k}", block="S2")
    graph = backward(builder.graph("blocks", ["h", "g", "y0", "y1"]), ["h", "g", "u"], ["y0", "y1"])
    assert [(graph[name].op, graph[name].block) for name in ("h_bar", "g_bar")] == [("identity", "S1"), ("fill", "S1")]
    assert [node.name.partition(INNER)[0] for node in graph.nodes if node.op == "sum"] == ["u_bar", "u_bar"]
