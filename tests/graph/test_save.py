"""A graph written as a document is read to the same graph: its blocks beside it, its values, sizes, symbols and what it is for."""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import fields, replace

import fuzz
import numpy as np
import pytest
from conftest import examples
from hypothesis import example, given
from hypothesis import strategies as st
from test_blocks import DEEP as BLOCKS_OF_BLOCKS
from test_blocks import FOUR, LINEAR, NET
from test_repetition import CELL, CELL2, DEEP, INNER, LAYER, MIDDLE, NESTED, RNN, WIDENING, document

import a1viz
from a1viz.base.errors import A1vizError, GraphError, InputError, OutputError
from a1viz.graph import written
from a1viz.graph.document import Document
from a1viz.graph.nodes import INNER as AUTOMATIC
from a1viz.graph.nodes import Builder

KEPT = [f.name for f in fields(Document) if f.name not in ("path", "used", "calls")]


def assert_same(found, wanted):
    assert found.nodes == wanted.nodes and found.outputs == wanted.outputs
    for key in KEPT:
        a, b = getattr(found.document, key), getattr(wanted.document, key)
        if key in ("values", "cotangents", "expect"):
            assert a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a), key
        else:
            assert a == b, key
        assert list(a) == list(b) if isinstance(a, dict) else True, key  # in the same order, too


@pytest.mark.parametrize("name", a1viz.catalogue())
def test_a_graph_of_the_catalogue_comes_back_the_same(name, tmp_path):
    graph = a1viz.load(name)
    a1viz.save(graph, tmp_path / f"{name}.toml")
    assert_same(a1viz.load(tmp_path / f"{name}.toml"), graph)
    first = (tmp_path / f"{name}.toml").read_bytes()
    a1viz.save(a1viz.load(tmp_path / f"{name}.toml"), tmp_path / f"{name}.toml")
    assert (tmp_path / f"{name}.toml").read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == [f"{name}.toml"]  # its blocks are of the catalogue


@pytest.mark.parametrize("name", a1viz.catalogue())
def test_a_backward_graph_comes_back_with_the_same_values(name, tmp_path):
    """Variables keep their names where they are not of a block; automatic ones that are read twice are declared."""
    graph = a1viz.load(name)
    backward = a1viz.backward(graph)
    a1viz.save(backward, tmp_path / "b.toml")
    found = a1viz.load(tmp_path / "b.toml")
    values, wanted = a1viz.run(found), a1viz.run(backward)
    assert [name.replace(".", "_") for name in wanted] == list(values)
    for name, value in wanted.items():
        np.testing.assert_array_equal(values[name.replace(".", "_")], value)
    assert {name.replace(".", "_") for name in backward.declared_names} <= {*found.declared_names}
    assert {node.op for node in backward.nodes} <= {"identity", *(node.op for node in found.nodes)}


SHELVES = {  # documents, the last is written; the files that are there then
    "nested": ({"linear": LINEAR, "net": NET, "deep": BLOCKS_OF_BLOCKS}, ["x.N.L.toml", "x.N.toml", "x.toml"]),
    "network": ({"four": FOUR}, ["x.toml"]),
    "recurrent": ({"cell": CELL, "rnn": RNN}, ["x.R.toml", "x.toml"]),
    "own weights": ({"layer": LAYER, "deep": DEEP + "[values]\n'L2.W' = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]\n"}, ["x.L.toml", "x.toml"]),
    "widening": (
        {"wide": WIDENING, "outer": document("y = L(x)", '{graph = "wide", repeat = 3, weights = "own"}')},
        ["x.L.toml", "x.toml"],
    ),
    "repeated twice": (
        {"layer": LAYER, "middle": MIDDLE.replace("WEIGHTS", "own"), "nested": NESTED},
        ["x.L.L.toml", "x.L.toml", "x.toml"],
    ),
    "arguments": (
        {"layer": LAYER, "outer": document("a = L(x + 1)\ny = L(2 * a ** 2)\nz = y @ y", '"layer"')},
        ["x.L.toml", "x.toml"],
    ),
    "a number of copies": (
        {"cell2": CELL2, "inner": INNER, "outer": document("y = L(x, X)", '"inner"', 'x = ["D"]\nX = ["N", 2]', "D = 3\nN = 3")},
        ["x.L.C.toml", "x.L.toml", "x.toml"],
    ),
    "comparators": (
        {
            "net": "title = 'N'\noutputs = ['m']\nwires = 4\ncomparators = [[1, 2], [2, 3], [1, 2]]\nequations = 'm = y2 + y4 * s'\n"
            "[inputs]\ns = []\n[values]\nx1 = 3\ns = 2\n[expect]\nm = 4\n"
        },
        ["x.toml"],
    ),
    "other comparators": (
        {"mine": "title = 'M'\nequations = 'a = x + y; b = x * y'\n[inputs]\nx = []\ny = []\n", "net": (
            "title = 'N'\ncomparators = [[1, 2], [2, 3], [1, 2]]\n[blocks]\nS = 'mine'\n"
        )},
        ["x.S.toml", "x.toml"],
    ),
    "everything": (
        {
            "all": """
title = "Every key there is"
source = "a \u00e9 b"
about = 'Quotes " and \\ and <b>'
topic = "question 2"
look = "at 'this'"
outputs = ["J", "y"]
loss = "J"
tolerance = 1e-6
equations = '''
y = softmax(W @ x - b, axis=0)  # a comment
J = -log(y[t]) + inf_free * 1e-300 + sum(E[words] * x) + sum(P[0:2, 1]) / N
'''
[sizes]
N = 3
unused = 7
[inputs]
x = ["N"]
t = {class = "N"}
words = {class = 4, shape = [2]}
inf_free = []
[parameters]
W = ["N", "N"]
b = ["N"]
E = [4, "N"]
P = ["N", 2]
[values]
x = [1e-320, 0.1, -0.0]
b = [inf, -inf, 123456789012345678]
t = 2
words = [3, 3]
[expect]
"J - J" = nan_free
[symbols]
W = "A^(1)"
b = "b'"
""".replace('[expect]\n"J - J" = nan_free\n', '[expect]\n"J_bar * 2" = 2\n')
        },
        ["x.toml"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SHELVES)
def test_a_document_with_blocks_comes_back_the_same(case, tmp_path):
    documents, files = SHELVES[case]
    for name, text in documents.items():
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    graph = a1viz.load(tmp_path / f"{list(documents)[-1]}.toml")
    (out := tmp_path / "out").mkdir()
    a1viz.save(graph, out / "x.toml")
    assert sorted(path.name for path in out.iterdir()) == files
    assert_same(a1viz.load(out / "x.toml"), graph)
    texts = [path.read_bytes() for path in sorted(out.iterdir())]
    a1viz.save(a1viz.load(out / "x.toml"), out / "x.toml")
    assert [path.read_bytes() for path in sorted(out.iterdir())] == texts


@pytest.mark.parametrize("case", ["nested", "recurrent", "own weights", "widening", "repeated twice", "a number of copies"])
def test_a_backward_graph_of_blocks_is_written_out(case, tmp_path):
    documents, _ = SHELVES[case]
    for name, text in documents.items():
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    backward = a1viz.backward(tmp_path / f"{list(documents)[-1]}.toml", keep=a1viz.load(tmp_path / f"{list(documents)[-1]}.toml").outputs)
    (out := tmp_path / "out").mkdir()
    a1viz.save(backward, out / "x.toml")
    assert [path.name for path in out.iterdir()] == ["x.toml"]
    found = a1viz.load(out / "x.toml")
    rng = np.random.default_rng(0)
    values = a1viz.graph.leaves.gather(backward, {}, rng).arrays
    again = a1viz.run(found, **{name.replace(".", "_"): value for name, value in values.items()})
    for name, value in a1viz.run(backward, **values).items():
        assert again[name.replace(".", "_")] == pytest.approx(value), name


def test_a_size_that_is_a_number_of_copies_is_a_number_where_all_is_written_out(tmp_path):
    for name, text in {"cell": CELL, "rnn": RNN}.items():
        (tmp_path / f"{name}.toml").write_text(text)
    a1viz.save(a1viz.backward(tmp_path / "rnn.toml"), tmp_path / "x.toml")
    found = a1viz.load(tmp_path / "x.toml")
    assert found["X"].shape == (5, "D") and found["words"].shape == (5,) and "T" not in found.document.sizes


def test_parsed_equations_become_a_document(tmp_path):
    values = {"W": np.array([[1.5, 2], [3, 4], [5, 6]], np.float32), "b": (1, -1, 0.25)}
    leaves = {"x": ["D"], "t": {"class": "H"}, "words": {"class": "C", "shape": ["T"]}, "E": ["C", "K"]}
    g = a1viz.parse(
        "y = W @ x + b\nJ = logsumexp(y) - y[t]\nz = E[words]",
        {"W": ["H", "D"], "b": ["H"]}, "my_graph", values=values, symbols={"y": "z_1"}, outputs=["J", "z"], loss="J", **leaves,
    )  # fmt: skip
    a1viz.save(g, tmp_path / "x.toml")
    found = a1viz.load(tmp_path / "x.toml")
    assert found.nodes == g.nodes and found.outputs == g.outputs and found.document.loss == "J" and found.document.symbols == {"y": "z_1"}
    assert found.document.title == "my graph" and found.document.sizes == {"D": 2, "H": 3, "C": 3, "T": 3, "K": 3}
    drawn = a1viz.run(found, trace=True, x=[1, 2], t=0)
    again = a1viz.run(g, x=[1, 2], t=0, words=drawn["words"], E=drawn["E"])
    assert again["J"] == drawn["J"] and again["z"].tolist() == drawn["z"].tolist()


def test_a_label_sizes_its_classes(tmp_path):
    a1viz.save(a1viz.parse("y = t + 0", t={"class": "N"}, values={"t": 11}), tmp_path / "x.toml")
    assert a1viz.load(tmp_path / "x.toml").document.sizes == {"N": 12}


def test_a_graph_without_equations_or_values_is_a_document(tmp_path):
    for g in (a1viz.parse("y = 2", x=[0]), a1viz.parse("y = x", x=[0, 3], values={"x": np.zeros((0, 3))})):
        a1viz.save(g, tmp_path / "x.toml")
        assert a1viz.load(tmp_path / "x.toml").nodes == g.nodes


def test_automatic_variables_that_are_read_twice_get_a_name(tmp_path):
    """Written out in each place, twenty squares of squares would be a million terms."""
    builder = Builder()
    builder.leaf("x", "input")
    name = "x"
    for _ in range(20):
        name = builder.add("mul", [name, name], owner="y")
    builder.rename(name, "y")
    g = builder.graph("squares", ["y"])
    a1viz.save(g, tmp_path / "x.toml")
    found = a1viz.load(tmp_path / "x.toml")
    assert not any(AUTOMATIC in node.name for node in found.nodes) and len(found) == len(g)
    assert a1viz.run(found, x=1.0001)["y"] == a1viz.run(g, x=1.0001)["y"]


def test_a_chain_of_many_terms_is_written(tmp_path):
    g = a1viz.parse("y = " + " + ".join(["x"] * 3000), x=[])
    a1viz.save(g, tmp_path / "x.toml")
    assert a1viz.load(tmp_path / "x.toml").nodes == g.nodes


def test_a_sum_over_a_batch_is_refused_by_its_operator(tmp_path):
    builder = Builder()
    builder.leaf("x", "input", (3,))
    builder.add("batch_sum", ["x"], name="s")
    with pytest.raises(GraphError, match="totals: batch_sum adds up over a batch, and a document describes one example"):
        a1viz.save(builder.graph("totals", ["s"]), tmp_path / "x.toml")
    assert not list(tmp_path.iterdir())


def test_what_would_be_read_as_something_else_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(written, "expression_text", lambda *_, **__: "x + x")
    with pytest.raises(GraphError, match="graph cannot be written as a document: y would be read as something else"):
        a1viz.save(a1viz.parse("y = 2 * x", x=[]), tmp_path / "x.toml")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("title", ["<b>", "a\u202eb", 'say "no"'])
def test_a_title_that_no_document_has_is_refused(title, tmp_path):
    g = a1viz.parse("y = x", x=[])
    with pytest.raises(GraphError, match="title must be plain text"):
        a1viz.save(replace(g, document=Document(title)), tmp_path / "x.toml")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("x.txt", "a document is a file that ends in .toml"),
        ("nowhere/x.toml", "cannot write this file"),
        ("a\0.toml", "is not a file name"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused(path, message, tmp_path):
    with pytest.raises(OutputError, match=message):
        a1viz.save("two_layer", tmp_path / path)
    with pytest.raises(A1vizError):
        a1viz.save("no_such_graph", tmp_path / "x.toml")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("is_there", [False, True])
def test_all_files_are_written_or_none(is_there, tmp_path, monkeypatch):
    for name, text in {"layer": LAYER, "deep": DEEP}.items():
        (tmp_path / f"{name}.toml").write_text(text)
    (out := tmp_path / "out").mkdir()
    (out / "x.toml").mkdir()  # which no file can replace
    if is_there:
        (out / "x.L.toml").write_text("mine")
    with pytest.raises(OutputError, match="it is a folder"):
        a1viz.save(tmp_path / "deep.toml", out / "x.toml")
    assert sorted(path.name for path in out.iterdir()) == (["x.L.toml", "x.toml"] if is_there else ["x.toml"])
    assert not is_there or (out / "x.L.toml").read_text() == "mine"


def test_each_block_is_written_once_however_many_name_it(tmp_path):
    for k in range(20):
        text = f"title = 'T'\nequations = '{'y = S(x)' if k else 'y = x + 1'}'\n[inputs]\nx = []\n"
        (tmp_path / f"l{k}.toml").write_text(text + (f'[blocks]\nS = "l{k - 1}"\nT = "l{k - 1}"\n' if k else ""))
    (out := tmp_path / "out").mkdir()
    a1viz.save(tmp_path / "l19.toml", out / "x.toml")
    assert len(list(out.iterdir())) == 20
    assert_same(a1viz.load(out / "x.toml"), a1viz.load(tmp_path / "l19.toml"))


@examples(100)
@example("z0 = softmax(x) / softmax(x)", True)  # whose derivative is 0, or what rounding leaves of it
@example("z0 = x / exp(2)", True)  # whose backward pass has exp(-2)
@example("z0 = x / exp(2) + sigmoid(x / exp(2))", True)
@given(fuzz.programs(), st.booleans())
def test_whatever_can_be_parsed_can_be_written(text, is_backward):
    """And what is read computes the same: nodes are equal, but for names that automatic variables of a backward graph get."""
    try:
        graph = a1viz.parse(text, **fuzz.LEAVES)
        if is_backward:
            graph = a1viz.backward(graph, cotangents=graph.outputs)
    except A1vizError:
        return
    with tempfile.TemporaryDirectory() as folder:
        a1viz.save(graph, f"{folder}/x.toml")
        found = a1viz.load(f"{folder}/x.toml")
    assert is_backward or found.nodes == graph.nodes
    assert found.outputs == graph.outputs
    rng = np.random.default_rng(1)
    values = {n.name: rng.standard_normal([{"D": 3, "H": 2}[d] for d in n.shape]) if n.op != "label" else 1 for n in graph.leaves}
    with np.errstate(all="ignore"), contextlib.suppress(InputError):  # sizes that do not fit, in a head or a pad_end
        wanted = a1viz.run(graph, **values)
        again = a1viz.run(found, **values)
        for name, value in wanted.items():
            np.testing.assert_allclose(again[name], value, rtol=1e-9, atol=1e-12, err_msg=name)  # terms may be added in another order


@pytest.mark.parametrize(
    "text", ["J = sum(X[:, -1] ** 2)", "J = norm2(X[-1]) + X[D - 2, -2]", "J = sum(pick(X, D - 1)) * sum(X[1:, D // 2])"]
)
def test_a_gradient_of_the_last_entry_is_read_back(text, tmp_path):
    graph = a1viz.backward(a1viz.parse(text, X=["D", "D"]))
    a1viz.save(graph, tmp_path / "x.toml")
    values = {"X": np.arange(9.0).reshape(3, 3)}
    np.testing.assert_array_equal(a1viz.run(a1viz.load(tmp_path / "x.toml"), **values)["X_bar"], a1viz.run(graph, **values)["X_bar"])
