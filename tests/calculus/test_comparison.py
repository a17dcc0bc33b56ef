"""What differs between two graphs: which variable is which, what of it is other, and that nothing is where nothing is."""

# tables: one case a row

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from harmless import within

import a1viz
from a1viz.base import limits
from a1viz.base.errors import DocumentError, GraphError
from a1viz.calculus.changes import gap, number_text
from a1viz.calculus.comparison import CELL
from a1viz.calculus.pairing import aligned
from a1viz.sorting import network

LEAVES = {"x": ["D"], "W": ["H", "D"], "b": ["H"]}
DOCUMENT = """title = "T"
equations = '''
z = W @ x + b
h = relu(z)
J = norm2(h)
'''
[sizes]
D = 2
H = 3
[inputs]
x = ["D"]
[parameters]
W = ["H", "D"]
b = ["H"]
[values]
x = [1, 2]
b = [0, 3, 1]
[expect]
J_bar = 1
"""
CELL_BLOCK = "title = 'C'\nequations = 'h = tanh(w * x)'\n[inputs]\nx = []\n[parameters]\nw = []\n"


def told(a, b) -> list[tuple[str, str, str, str]]:
    return [(d.name, d.change, d.a, d.b) for d in a1viz.diff(a, b).differences]


def edited(*changes) -> a1viz.graph.Graph:
    text = DOCUMENT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return a1viz.loads(text, "edited")


@pytest.mark.parametrize("name", a1viz.catalogue())
def test_a_graph_does_not_differ_from_itself(name):
    found = a1viz.diff(name, name)
    assert found.equal and found.differences == () and found.largest is None
    assert str(found) == f"A is {name}, B is {name}: {found.summary}"


def test_two_graphs_of_the_catalogue_differ_both_ways():
    names = a1viz.catalogue()
    for a, b in pairwise(names):
        one, other = a1viz.diff(a, b), a1viz.diff(b, a)
        assert not one.equal and not other.equal
        assert {d.names[0] for d in one.differences if d.change == "only in A"} >= {
            d.names[1] for d in other.differences if d.change == "only in B" and d.part == "variable"
        }
        json.dumps(one.record(), allow_nan=False)


def swapped(graph, ops) -> a1viz.graph.Graph:
    """The graph with the operands of these operators the other way round, where both have one shape."""
    nodes = [
        replace(node, inputs=node.inputs[::-1])
        if node.op in ops and len(node.inputs) == 2 and len({graph[i].shape for i in node.inputs}) == 1
        else node
        for node in graph.nodes
    ]
    return replace(graph, nodes=tuple(nodes))


@pytest.mark.parametrize("name", a1viz.catalogue())
def test_operands_that_may_change_places_make_no_difference_and_others_do(name):
    graph = a1viz.load(name)
    other = swapped(graph, ("add", "mul", "inner"))
    found = a1viz.diff(graph, other)
    assert found.equal and {d.change for d in found.differences} <= {"written differently"}
    values = a1viz.run(graph), a1viz.run(other)
    assert all(np.allclose(values[0][end], values[1][end], rtol=1e-12) for end in graph.outputs)
    wrong = swapped(graph, ("sub", "div"))
    is_other = any(
        x.inputs != y.inputs for x, y in zip(graph.nodes, wrong.nodes, strict=True) if "." not in x.name or not graph.document.wires
    )
    assert a1viz.diff(graph, wrong).equal is not is_other


ONE_CHANGE = [
    ([("relu(z)", "gelu(z)")], [("h", "equation", "relu(z)", "gelu(z)")]),
    ([("W @ x + b", "b + W @ x")], [("z", "written differently", "W @ x + b", "b + W @ x")]),
    ([("h = relu(z)", "k = relu(z)"), ("norm2(h)", "norm2(k)")], [("h -> k", "name", "h", "k")]),
    ([("W", "V")], [("W -> V", "name", "W", "V")]),
    ([("[1, 2]", "[1, 2.5]")], [("x", "value: 1 of 2 entries, by at most 0.5", "[1, 2]", "[1, 2.5]")]),
    ([("[0, 3, 1]", "[0, 1, 1]")], [("b", "value: 1 of 3 entries, by at most 2", "[0, 3, 1]", "[0, 1, 1]")]),
    ([("x = [1, 2]\n", "")], [("x", "value", "[1, 2]", "none")]),
    ([("D = 2", "D = 2\nQ = 4")], [("Q", "only in B", "", "4")]),
    ([("J_bar = 1", "J_bar = 2")], [("J_bar", "value", "1", "2")]),
    ([("norm2(h)", "norm2(h)\nq = sum(x)")], [("q", "only in B", "", "sum(x)"), ("outputs", "names", "J", "J, q")]),
    ([("J = norm2(h)\n", ""), ("J_bar", "h_bar"), ("= 1\n", "= [1, 1, 1]\n")], [
        ("J", "only in A", "norm2(h)", ""), ("outputs", "names", "J", "h"),
        ("J_bar", "only in A", "1", ""), ("h_bar", "only in B", "", "[1, 1, 1]"),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("change", "wanted"), ONE_CHANGE, ids=[str(changes[-1]) for changes, _ in ONE_CHANGE])
def test_one_change_is_told_as_that_and_nothing_else(change, wanted):
    assert told(edited(), edited(*change)) == wanted


def test_what_is_written_otherwise_is_equal_and_said():
    found = a1viz.diff(edited(), edited(("W @ x + b", "b + W @ x")))
    assert found.equal and "only written differently, 5 variables the same" in str(found)
    inlined = a1viz.parse("h = relu(W @ x + b)", **LEAVES)
    assert told(a1viz.parse("z = W @ x + b; h = relu(z)", **LEAVES), inlined) == [
        ("z", "only in A", "W @ x + b", ""), ("h", "written differently", "relu(z)", "relu(W @ x + b)"),
    ]  # fmt: skip


def test_a_chain_of_renamed_variables_is_found_with_its_leaves():
    one = a1viz.parse("z = W @ x + b; h = relu(z); J = norm2(h)", **LEAVES)
    other = a1viz.parse("q = V @ u + c; r = relu(q); K = norm2(r)", u=["D"], V=["H", "D"], c=["H"])
    found = a1viz.diff(one, other)
    assert dict(found.pairing.names) == {"x": "u", "W": "V", "b": "c", "z": "q", "h": "r", "J": "K"}
    assert {d.change for d in found.differences} == {"name"} and not found.equal


def test_leaves_of_one_kind_that_serve_another_purpose_are_not_taken_for_one():
    found = a1viz.diff(a1viz.parse("y = sum(x * x * x)", x=[3]), a1viz.parse("z = exp(u)", u=[3]))
    assert found.pairing.names == {} and found.same == ()


def test_shapes_kinds_and_classes():
    found = told(a1viz.parse("s = y[t]", y=[5], t={"class": 5}), a1viz.parse("y = 2 * x; s = y[t]", x=[4], t={"class": 4}))
    assert ("y", "kind", "input, a vector (5,)", "2 * x") in found
    assert ("y", "shape", "(5,)", "(4,)") in found
    assert ("t", "classes", "5", "4") in found
    assert ("x", "only in B", "", "input, a vector (4,)") in found


def test_outputs_are_compared_at_the_values_of_a():
    plain = edited()
    assert a1viz.diff(plain, edited(("[0, 3, 1]", "[0, 1, 2]"))).largest == 0  # values are those of A
    other = a1viz.diff(plain, edited(("norm2(h)", "2 * norm2(h)")))
    assert other.largest == float(a1viz.run(plain)["J"]) and "outputs differ by at most" in str(other)
    one, twice = (a1viz.parse(f"y = {k} * log(x)", x=[2], values={"x": [-1, 1]}) for k in (1, 2))
    assert a1viz.diff(one, twice).largest == 0  # NaN is NaN
    assert a1viz.diff(a1viz.parse("y = 2 * x", x=[]), a1viz.parse("y = 3 * x", x=[])).largest is None


def test_a_rewritten_graph_is_compared_with_what_it_was():
    backward = a1viz.backward("gated_network")
    found = a1viz.diff(backward, a1viz.rewrite(backward))
    assert [d.name for d in found.differences] == ["y_bar"] and found.largest < 1e-12


# --- blocks and comparators -------------------------------------------------------------------------------------------------------


def with_cells(tmp_path, folder: str, copies: int, cell: str = CELL_BLOCK, equations: str = "y = L(x)") -> a1viz.graph.Graph:
    place = tmp_path / folder
    place.mkdir()
    (place / "cell.toml").write_text(cell)
    block = f'L = {{graph = "cell", repeat = {copies}, weights = "own"}}' if copies else 'L = "cell"'
    (place / "g.toml").write_text(f"title = 'T'\nequations = '''{equations}'''\n[inputs]\nx = []\n[blocks]\n{block}\n")
    return a1viz.load(place / "g.toml")


def test_a_block_with_one_copy_less_is_one_difference(tmp_path):
    found = a1viz.diff(with_cells(tmp_path, "a", 12), with_cells(tmp_path, "b", 11))
    rows = [(d.name, d.change, d.a, d.b, d.part) for d in found.differences]
    assert rows[0] == ("L", "copies", "12 copies", "11 copies", "block")
    assert all(name.startswith(("L11.h", "y")) for name, *_ in rows[1:])  # the last copy gives y


def test_what_all_copies_of_a_block_have_in_common_is_one_line(tmp_path):
    found = a1viz.diff(with_cells(tmp_path, "a", 5), with_cells(tmp_path, "b", 5, CELL_BLOCK.replace("tanh", "sigmoid")))
    assert [d.name for d in found.differences] == ["L1.h", "L2.h", "L3.h", "L4.h", "y"]
    assert [row[:2] for row in found.rows] == [("L1.h ... L4.h", "equation, 4 times"), ("y", "equation")]


def test_instances_that_moved_are_the_ones_whose_calls_give_the_same(tmp_path):
    one = with_cells(tmp_path, "a", 0, equations="p = L(x); q = L(p); r = L(x + 1); J = q * r")
    other = with_cells(tmp_path, "b", 0, equations="p = L(x); r = L(x + 1); J = p * r")
    rows = [(d.name, d.change, d.a, d.b) for d in a1viz.diff(one, other).differences]
    assert rows == [
        ("L2", "only in A", "q = L(p)", ""), ("L", "numbers", "L3", "L2"), ("q", "only in A", "tanh(L.w * p)", ""),
        ("J", "equation", "q * r", "p * r"),
    ]  # fmt: skip


def test_a_comparator_less_is_one_difference_wherever_it_was():
    whole = network("merge", 8)
    for k in range(whole.size):
        found = a1viz.diff(whole, whole.without(k))
        wires = f"[{whole.comparators[k][0] + 1}, {whole.comparators[k][1] + 1}]"
        assert [(d.change, d.part, d.a) for d in found.differences] == [("only in A", "comparator", wires)]


def test_comparators_of_a_layer_may_stand_in_any_order():
    one, other = (a1viz.loads(f"title = 'N'\ncomparators = {pairs}") for pairs in ([[1, 2], [3, 4], [2, 3]], [[3, 4], [1, 2], [2, 3]]))
    found = a1viz.diff(one, other)
    assert found.equal and [d.change for d in found.differences] == ["written differently"]
    assert not a1viz.diff(one, a1viz.loads("title = 'N'\ncomparators = [[2, 3], [1, 2], [3, 4]]")).equal


@pytest.mark.parametrize("seed", range(5))
def test_an_alignment_keeps_both_orders_and_pairs_only_equals(seed):
    rng = np.random.default_rng(seed)
    a, b = ([(int(i), int(i) + 1) for i in rng.integers(4, size=12)] for _ in range(2))
    found = aligned(a, b)
    for side, pairs in enumerate((a, b)):
        at = [pair[side] for pair in found if pair[side] is not None]
        assert at == sorted(at) == list(range(len(pairs)))
    assert all(a[i] == b[j] for i, j in found if i is not None and j is not None)
    assert aligned(a, a) == tuple((k, k) for k in range(12))


def test_another_kind_of_comparator_is_a_difference(tmp_path):
    leaves = "[inputs]\nx1 = []\nx2 = []\n"
    (tmp_path / "least.toml").write_text("title = 'Least and most'\nequations = 'a = minimum(x1, x2); b = maximum(x1, x2)'\n" + leaves)
    (tmp_path / "net.toml").write_text("title = 'N'\ncomparators = [[1, 2]]\n[blocks]\nS = 'least'\n")
    found = a1viz.diff(a1viz.loads("title = 'N'\ncomparators = [[1, 2]]"), tmp_path / "net.toml")
    assert found.differences[0].part == "block" and found.differences[0].b == "Least and most"


# --- the table --------------------------------------------------------------------------------------------------------------------


def test_the_table_has_a_bound_and_says_what_is_left_out():
    count = limits.DIFFERENCES
    one, other = ("; ".join(f"v{k}e = {k} * x{sign}" for k in range(count + 1)) for sign in ("", " + 1"))
    at = a1viz.diff(*(a1viz.parse(text.rpartition(";")[0], x=[]) for text in (one, other)))
    above = a1viz.diff(a1viz.parse(one, x=[]), a1viz.parse(other, x=[]))
    assert "more" not in str(at) and len(at.rows) == count
    assert f"\n... {1} more\n" in str(above) + "\n" and len(above.differences) == count + 1
    assert len(above.record()["differences"]) == count + 1


def test_expectations_of_one_document_alone_are_one_line():
    found = a1viz.diff("two_layer", edited())
    rows = [row[:2] for row in found.rows if row[0].startswith("expectation")]
    assert rows == [("expectation z ... norm2(h) * norm2(y_bar)", "only in A, 12 times"), ("expectation J_bar", "only in B")]


def test_a_long_equation_is_cut_where_it_begins_to_differ():
    terms = " + ".join(f"x * {k}" for k in range(100))
    row = a1viz.diff(a1viz.parse(f"y = {terms}", x=[]), a1viz.parse(f"y = {terms.replace('77', '770')}", x=[])).rows[0]
    assert "77 " in row[2] and "770" in row[3] and max(map(len, row)) <= CELL


def test_graphs_of_leaves_alone_and_of_nothing():
    nothing = a1viz.graph.Builder().graph("nothing", ())
    leaves = a1viz.parse("y = x", x=[])
    assert a1viz.diff(nothing, nothing).equal
    assert [d.change for d in a1viz.diff(nothing, leaves).differences] == ["only in B", "only in B", "names"]


def test_numbers_in_a_line():
    assert (number_text(np.pi), number_text([1, np.nan]), number_text(range(100))) == ("3.14159", "[1, nan]", "100 numbers")
    assert (gap([1, np.inf], [1, np.inf]), gap([np.nan], [0]), gap([], [])) == (0, np.inf, 0)


def test_the_problems_of_both_documents_are_told_together(tmp_path):
    for name in ("one", "other"):
        (tmp_path / f"{name}.toml").write_text(f"title = 'T'\nequations = '{name} = relo(x)'\n[inputs]\nx = []")
    with pytest.raises(DocumentError) as error:
        a1viz.diff(tmp_path / "one.toml", tmp_path / "other.toml")
    assert len(error.value.problems) == 2
    with pytest.raises(GraphError, match="expected a graph"):
        a1viz.diff("two_layer", 3)


def test_large_graphs_are_compared_in_time():
    text = "; ".join(["a0 = x", *(f"a{k + 1} = tanh(a{k}) + x" for k in range(2000))])
    one, other = a1viz.parse(text, x=[]), a1viz.parse(text.replace("a", "b").replace("tbnh", "tanh"), x=[])
    with within(10):
        found = a1viz.diff(one, other)
    assert len(found.differences) == 2001
