"""Graphs: immutable, in order, with shapes; the builder lets nothing malformed in."""

from __future__ import annotations

import dataclasses

import pytest

import a1viz
from a1viz.base.errors import GraphError, ShapeError
from a1viz.graph.inference import result_shape
from a1viz.graph.nodes import Builder, Graph, Node, checked, with_outputs
from a1viz.graph.operators import OPS
from a1viz.graph.shapes import described, has, shape_text


def test_nodes_are_the_left_hand_sides_in_the_order_of_the_equations():
    g = a1viz.parse("z = W @ x + b; h = relu(z)", x=["D"], W=["H", "D"], b=["H"])
    assert g.declared_names == ("x", "W", "b", "z", "h")
    assert g.outputs == ("h",)
    assert g["z"].shape == ("H",)


def test_automatic_names_cannot_be_spelled_in_the_language():
    g = a1viz.parse("z = relu(W @ x) + 1", x=["D"], W=["H", "D"])
    automatic = [n.name for n in g.nodes if not n.is_declared]
    assert automatic and all(":" in name for name in automatic)


def test_outputs_are_the_variables_nobody_uses():
    assert a1viz.parse("a = x + 1; b = x * 2; c = a", x=[]).outputs == ("b", "c")


def test_uses_lists_a_reader_twice_that_reads_twice():
    g = a1viz.parse("z = x * x", x=[])
    assert g.uses["x"] == ["z", "z"]


def test_a_graph_and_its_nodes_are_immutable():
    g = a1viz.parse("z = x + 1", x=[])
    with pytest.raises(dataclasses.FrozenInstanceError):
        g.nodes[0].name = "y"
    with pytest.raises(dataclasses.FrozenInstanceError):
        g.name = "y"


def test_an_unknown_variable_is_answered_with_a_suggestion():
    g = a1viz.parse("height = x + 1", x=[])
    with pytest.raises(GraphError, match=r"graph has no variable 'heigth'; did you mean 'height'\?"):
        g["heigth"]


def test_a_name_is_given_once():
    builder = Builder()
    builder.leaf("x", "input")
    with pytest.raises(GraphError, match="x is given twice"):
        builder.leaf("x", "input")


def test_a_node_before_its_inputs_is_refused():
    nodes = (Node("z", "relu", ("x",)), Node("x", "input"))
    with pytest.raises(GraphError, match="z uses x before it is given"):
        checked(Graph("g", nodes, ("z",)))


def test_an_output_that_is_not_there_is_refused():
    g = a1viz.parse("z = x + 1", x=[])
    with pytest.raises(GraphError, match="no variable 'q' to be an output"):
        with_outputs(g, ["q"])


def test_a_pass_keeps_only_what_the_outputs_need_and_all_leaves():
    builder = Builder(a1viz.parse("a = exp(x); b = relu(y)", x=[], y=[]).nodes)
    assert [n.name for n in builder.graph("g", ["a"]).nodes] == ["x", "y", "a"]


def test_fresh_and_free_names_avoid_those_that_are_taken():
    builder = Builder(avoid={"z:1"})
    builder.leaf("x", "input")
    assert builder.fresh("z") == "z:2"
    assert builder.free("x") == "x2"
    assert builder.free("y") == "y"


SHAPES = [  # operator, shapes of the operands, shape of the result
    ("matvec", [("H", "D"), ("D",)], ("H",)),
    ("vecmat", [("H",), ("H", "D")], ("D",)),
    ("matmul", [("A", "B"), ("B", 3)], ("A", 3)),
    ("transpose", [("A", "B")], ("B", "A")),
    ("outer", [("A",), ("B",)], ("A", "B")),
    ("inner", [("A", "B"), ("A", "B")], ()),
    ("norm2", [("A", "B")], ()),
    ("sum", [("A",)], ()),
    ("softmax", [("A", "B")], ("A", "B")),
    ("add", [("A", "B"), ("B",)], ("A", "B")),
    ("add", [(), ("B",)], ("B",)),
    ("mul", [("A", 1), ("B",)], ("A", "B")),
    ("stack", [(), (), ()], (3,)),
    ("concatenate", [(2,), (3,)], (5,)),
    ("concatenate", [("A",), ("B",)], ("A+B",)),
    ("pick", [("N",), ()], ()),
]


@pytest.mark.parametrize(("op", "shapes", "expected"), SHAPES)
def test_shapes_follow_from_the_signature(op, shapes, expected):
    assert result_shape(OPS[op], shapes, lambda: ["a"] * len(shapes)) == expected


WRONG = [
    ("matvec", [(5, 4), (3,)], "a @ b: shapes (5, 4) and (3,) do not match; a has 4 columns, b has 3 entries"),
    ("vecmat", [(3,), (5, 1)], "a @ b: shapes (3,) and (5, 1) do not match; a has 3 entries, b has 5 rows"),
    ("matmul", [("H", "D"), ("H", "D")], "a @ b: shapes (H, D) and (H, D) do not match; a has D columns, b has H rows"),
    ("add", [(5, 4), (3,)], "a + b: shapes (5, 4) and (3,) do not match; a has 4 columns, b has 3 entries"),
    ("add", [(5, 4), (3, 4)], "a + b: shapes (5, 4) and (3, 4) do not match; a has 5 rows, b has 3 rows"),
    ("add", [("D",), ("H",)], "a + b: shapes (D,) and (H,) do not match; a has D entries, b has H entries"),
    ("inner", [(5, 4), (3,)], "inner(a, b): shapes (5, 4) and (3,) do not match; a has 5 rows and 4 columns, b has 3 entries"),
    ("outer", [(), (3,)], "outer: a must be a vector, but it is a scalar"),
    ("outer", [(5, 4), (3, 2)], "outer(a, b): shapes (5, 4) and (3, 2) do not match; a has 5 rows, b has 3 rows"),
    ("stack", [(3,), (2,)], "stack(a, b): shapes (3,) and (2,) do not match; a has 3 entries, b has 2 entries"),
    ("softmax", [()], "softmax: a must be a vector, but it is a scalar"),
    ("relu", [(), ()], "relu takes 1 argument, got 2"),
    ("outer", [()], "outer takes 2 arguments, got 1"),
    ("stack", [], "stack takes at least 1 argument, got 0"),
]


@pytest.mark.parametrize(("op", "shapes", "message"), WRONG)
def test_a_shape_error_names_both_operands_and_what_does_not_fit(op, shapes, message):
    with pytest.raises(ShapeError) as caught:
        result_shape(OPS[op], shapes, lambda: ["a", "b"][: len(shapes)])
    assert str(caught.value) == message


def test_shapes_in_words():
    assert [shape_text(s) for s in [(), ("D",), (2, "D")]] == ["()", "(D,)", "(2, D)"]
    assert [described(s) for s in [(), ("D",), (2, "D")]] == ["a scalar", "a vector (D,)", "a matrix (2, D)"]
    assert [has(()), has((1,)), has((1, 2)), has((1, 2), 0)] == ["is a scalar", "has 1 entry", "has 1 row and 2 columns", "has 1 row"]


def test_a_graph_prints_its_equations():
    g = a1viz.parse("z = W @ x + b; h = relu(z)", x=["D"], W=["H", "D"], b=["H"])
    assert str(g) == "z = W @ x + b\nh = relu(z)"
    assert repr(g) == str(g)


def test_what_is_equal_and_not_the_same_is_told_apart_whatever_came_before():
    builder = Builder()
    builder.leaf("A", "input", ("D", "D"))
    assert builder.shape(builder.add("sum", ["A"], owner="y", attrs={"axis": 1})) == ("D",)
    for axis in (True, 1.0):
        with pytest.raises(ShapeError, match=rf"sum\(A\): an axis is a whole number, got {axis}"):
            builder.add("sum", ["A"], owner="y", attrs={"axis": axis})
