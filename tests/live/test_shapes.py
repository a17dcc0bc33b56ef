"""Shapes, attributes and expressions in the page are Python's: of every row of the table, and of every node of whole graphs."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import pytest
from conftest import part
from derived_networks import drawn
from table_cases import applications_of

import a1viz
from a1viz.base.errors import ShapeError
from a1viz.base.limits import AXES, FORMULA_LETTERS, FORMULA_OPERANDS, SIZE_TERMS
from a1viz.calculus.autodiff import backward
from a1viz.graph.inference import inferred
from a1viz.graph.nodes import Graph, equations_text, expression_text
from a1viz.graph.operators import OPS
from a1viz.graph.sizes import Dim, added, divided, is_single, multiplied, names_of, with_names
from a1viz.live.graph_data import graph_data
from tests.graph import test_sizes

pytestmark = pytest.mark.browser

NAMED: list[dict[int, Dim]] = [{}, {2: "D", 3: "H", 4: "K"}, {2: "D", 3: "D+1", 4: "2*D", 5: "2*D+1"}, {3: "H//2", 4: "(H+1)//2", 5: "H"}]
ODD = [1, 2, 3, 4, 5, "D", "H", "D+H", "2*D", "(H+1)//2"]
VALUES: dict[str, list[Any]] = {  # of attributes, those that fit and those that do not
    "axis": [0, 1, -1, -2, 3, [0], [0, 1], [-1, 0], [0, 0], [], None, True, 1.5, "D", [0, "x\n"]],
    "keepdims": [True, False, 1, None],
    "axes": [[0], [1, 0], [0, 1], [2, 0, 1], [-1, 0, 1], [0, 0], None, 1, []],
    "inverse": [[0], [1, 0], [2, 0, 1], None],
    "shape": [[2, 6], [-1], [3, -1], [-1, -1], ["D", -1], ["D", 2], 4, "D", [], [1.5], [-2], None, [True], [0, -1]],
    "index": [[[1, 3]], [[7, 9]], [[None, -1]], [[-2, None], [0, 1]], [["D", None]],
              [[3, 1]], [[None, "D-1"]], [[0, 1]] * 4, [], 3, None, [1], [[1, 2, 3]], [[True, 2]], [[[1], 2]]],
    "stride": [1, 2, 3, "D", [2, 1], [1, 1], 0, "same", None, 1.5, [1, 2, 3]],
    "padding": [0, 1, 2, "D", [0, 1], -1, "valid", None, []],
    "size": [1, 2, 3, "D", [2, 1], 0, [3], True],
    "groups": [1, 2, 3, 0, "D", None],
    "formula": ["ij,jk->ik", "i,j->ij", "ii->i", "i->", "ij", "i...->i", "ij->ii", "i->j", "a+b->c", 3, ",i->i", " i , i -> "],
    "k": [0, 1, -2, "D", True, 1.5],
    "axs": [1],
}  # fmt: skip


def cases_of(op: Any) -> list[Any]:
    """What a row is tried with; the sum over a batch has what it is the sum of."""
    return applications_of(OPS[op.name.removeprefix("batch_")] if op.attrs else op)


def mixed(rng: random.Random, op: Any) -> list[Any]:
    """An application of an operator, out of one that fits: sizes named, a size or an axis changed, attributes too."""
    shapes, attrs = rng.choice(cases_of(op))
    names = rng.choice(NAMED)
    changed = [[names.get(size, size) for size in shape] for shape in shapes]
    attrs = dict(attrs)
    for _ in range(rng.choice([0, 0, 1, 1, 2])):
        shape = rng.choice(changed) if changed else []
        what = rng.randrange(7)
        if what == 0 and shape:
            shape[rng.randrange(len(shape))] = rng.choice(ODD)
        elif what == 1 and shape:
            del shape[rng.randrange(len(shape))]
        elif what == 2:
            shape.insert(rng.randrange(len(shape) + 1), rng.choice(ODD))
        elif what == 3 and rng.random() < 0.3:
            changed.append([2])
        elif op.defaults or rng.random() < 0.1:
            name = rng.choice([*op.defaults, *op.defaults, "axs"])
            attrs[name] = rng.choice(VALUES[name])
    return [op.name, changed, attrs, [f"W{k} @ x" if k == 1 else f"x{k}" for k in range(len(changed))]]


def answer(case: list[Any]) -> Any:
    """What Python says: attributes and shape, or the message."""
    name, shapes, attrs, labels = case
    try:
        return plain(inferred(OPS[name], tuple(map(tuple, shapes)), attrs, lambda: labels))
    except ShapeError as error:
        return str(error)


def plain(value: Any) -> Any:
    return [plain(part) for part in value] if isinstance(value, (list, tuple)) else value


ASKED = """given.map(([op, shapes, attrs, labels]) => {
  try { return m.inferred(m.opOf(op), shapes, new Map(Object.entries(attrs)), () => labels); }
  catch (error) { return error instanceof m.ShapeError ? error.message : String(error.stack); }
})"""


def compare(engine, cases: list[list[Any]]) -> tuple[int, int]:
    """How many of the cases fit, and how many do not."""
    expected, found = list(map(answer, cases)), engine.ask(ASKED, cases)
    for case, right, got in zip(cases, expected, found, strict=True):
        assert got == right, case
    refused = sum(isinstance(right, str) for right in expected)
    return len(cases) - refused, refused


def test_every_row_has_its_shape(engine):
    cases = [[op.name, shapes, attrs, [f"x{k}" for k in range(len(shapes))]] for op in OPS.values() for shapes, attrs in cases_of(op)]
    fits, refused = compare(engine, cases)
    assert fits > 800 and not refused


def test_shapes_that_fit_and_that_do_not_of_every_row(engine):
    rng = random.Random(0)
    fits, refused = compare(engine, [mixed(rng, op) for op in OPS.values() for _ in range(120)])
    assert fits > 3000 and refused > 3000


# --- whole graphs -----------------------------------------------------------------------------------------------------------------------


@cache
def graphs() -> list[Graph]:
    """The catalogue, random graphs, and the backward graphs of them all."""
    found = [*map(a1viz.load, a1viz.catalogue()), *map(drawn, range(part(300)))]
    return found + [backward(graph, of=graph.document.loss) for graph in found]


REBUILT = """given.map(data => {
  const graph = m.graphOf(data), builder = new m.Builder();
  for (const node of graph.nodes)
    if (m.isLeaf(node)) builder.put(node);
    else builder.add(node.op, node.inputs, {name: node.name, attrs: m.attributesOf(node)});
  return [...builder.nodes.values()].map(node => [node.name, node.shape, node.attrs]);
})"""


@pytest.mark.many
def test_whole_graphs_are_inferred_node_by_node(engine):
    found = engine.ask(REBUILT, [graph_data(graph) for graph in graphs()])
    for graph, nodes in zip(graphs(), found, strict=True):
        assert nodes == [[node.name, plain(node.shape), plain(node.attrs)] for node in graph], graph.name


WRITTEN = """given.map(data => {
  const graph = m.graphOf(data), names = graph.declaredNames;
  const texts = how => names.map(name => m.expressionText(graph, name, how));
  return [m.equationsText(graph), texts({columns: true}), texts({limit: 40}), graph.nodes.map(n => m.expressionText(graph, n.name))];
})"""


@pytest.mark.many
def test_expressions_are_written_as_python_writes_them(engine):
    found = engine.ask(WRITTEN, [graph_data(graph) for graph in graphs()])
    for graph, texts in zip(graphs(), found, strict=True):
        names = graph.declared_names
        assert texts == [
            equations_text(graph),
            [expression_text(graph, name, columns=True) for name in names],
            [expression_text(graph, name, limit=40) for name in names],
            [expression_text(graph, node.name) for node in graph],
        ], graph.name


TEXTS = {
    "a[0] + take(b, t) + E[t][0] + pick(W, t, axis=0)[1]": {"a": [3], "b": [4], "E": [4, 3], "W": [4, 3], "t": {"class": 4}},
    "sum(F[labels] * 2, axis=1) + pick(E, labels)": {"F": [3, 4], "E": [2, 3], "labels": {"class": 3, "shape": [2]}},
    "x[1:3] @ W[:, 0:2] @ x[-2:] + sum(e[D-1:] * e[1:]) - D * (D // 2)": {"x": [4], "W": [2, 3], "e": ["D"]},
    "A * (solve(A, x) @ solve(A, W) @ diag(x) @ diag(A)) + norm(A, axis=1)[0]": {"A": [2, 2], "x": [2], "W": [2, 2]},
    "sum(ones(2, D) @ eye(D) * zeros(2, D)) * arange(D) - -x ** -2 ** 2": {"x": ["D"]},
    'einsum("ij,jk->ik", A, reshape(transpose(A, [1, 0]), [2, -1])) * [[1, -2.5], [1e-7, 3]]': {"A": [2, 2]},
    "stack(x, x + 1, axis=1) * (2 * D - 1) / ((D - 1) // 2)": {"x": ["D"]},
    "max_pool2d(conv2d(X, K, stride=2, padding=[1, 0]), size=2)": {"X": [1, 9, 9], "K": [2, 1, 3, 3]},
    "(a < b) * (a == b) * -(a - -b) - (a / b / a ** b ** a) * (-a) ** 2": {"a": [], "b": []},
    "W[:, t] @ W[:, 1] + W[t] @ x + pick(W, t, axis=0)[0] * (-2) ** x[0] - -3 * x[1] ** -2": {
        "W": [3, 3], "x": [3], "t": {"class": 3},
    },
    "softmax(X, axis=0) + log_softmax(X, axis=1) + concatenate(X, X, axis=1)[:, D:]": {"X": ["D", "D"]},
    "transpose(C, [2, 0, 1]) @ X[0, 1] + sum(C, axis=[0, 1], keepdims=True) + expand(x, axis=[0]) + 1e300": {
        "C": [2, 3, 2], "X": [1, 2, 3], "x": [2],
    },
}  # fmt: skip


def test_what_is_written_seldom_is_written_alike(engine):
    texts = [a1viz.parse(f"y = {text}", **leaves) for text, leaves in TEXTS.items()]
    texts += [backward(graph) for graph in texts]
    data = [graph_data(graph) for graph in texts]
    assert [lines for lines, *_ in engine.ask(WRITTEN, data)] == list(map(equations_text, texts))
    assert engine.ask(REBUILT, data) == [[[node.name, plain(node.shape), plain(node.attrs)] for node in graph] for graph in texts]


def test_bounds_are_pythons(engine):
    letters = "abcdefghijklmnopqrstuvwxyz"
    cases = [
        ["outer", [[1, 1, 1, 1, 1, "D"], [1, 1, 1, 1, 1, "D"]], {}, ["x", "y"]],
        *(["matmul", [[1] * rank, [1] * rank], {}, ["x", "y"]] for rank in (AXES, AXES + 1)),
        *(
            ["einsum", [[2]] * many, {"formula": ",".join(letters[:many]) + "->"}, ["x"] * many]
            for many in (FORMULA_OPERANDS, FORMULA_OPERANDS + 1)
        ),
        *(["einsum", [[2] * many], {"formula": (letters + "AB")[:many] + "->"}, ["x"]] for many in (FORMULA_LETTERS, FORMULA_LETTERS + 1)),
    ]
    fits, refused = compare(engine, cases)
    assert fits and refused >= 3


# --- sizes ------------------------------------------------------------------------------------------------------------------------------


def drawn_sizes() -> list[list[Dim]]:
    rng, found = random.Random(0), []
    for depth in (1, 2, 3, 4) * 300:
        try:
            found.append([test_sizes.drawn(rng, depth)[0], test_sizes.drawn(rng, depth)[0]])
        except ShapeError:  # of too many terms
            continue
    return found


def tried(function: Any, *arguments: Any) -> Any:
    try:
        return function(*arguments)
    except ShapeError as error:
        return str(error)


COMPUTED = """given.map(([a, b]) => {
  const tried = (f) => { try { return f(); } catch (error) { return error.message; } };
  return [tried(() => m.added(a, b)), tried(() => m.added(a, b, -1)), tried(() => m.multiplied(a, b)), tried(() => m.divided(a, b)),
    tried(() => m.withNames(a, new Map([["H", b], ["W", 3]]))), tried(() => m.sizeOf(a, new Map([["H", 7], ["W", 3]]))),
    m.isSingle(a), m.namesOf(a)];
})"""


def test_sizes_are_computed_as_in_python(engine):
    cases = drawn_sizes()
    assert len(cases) > 900
    cases += [
        [size, by]
        for mark in test_sizes.test_a_quotient_has_what_is_whole_in_front_and_one_divisor.pytestmark
        for size, by, _ in mark.args[1]
    ]
    long = ["+".join(f"D{k:02}" for k in range(count)) for count in (SIZE_TERMS - 1, SIZE_TERMS)]
    cases += [[size, "H"] for size in long] + [["*".join(f"({size}+1)//2" for size in long[:1]), long[0]]]
    cases += [[2**32, 2**31], [2**26, 2**26], ["D", 0], ["D", "-H"], [2**40, 2**40], ["D*H", "(D+H)//2"], ["M1.S2.D", "M1.D"]]
    for (a, b), found in zip(cases, engine.ask(COMPUTED, cases), strict=True):
        made = [tried(added, a, b), tried(added, a, b, -1), tried(multiplied, a, b), tried(divided, a, b)]
        told = [tried(with_names, a, {"H": b, "W": 3}), tried(value_of, a), is_single(a), names_of(a)]
        assert found == [*made, *told], (a, b)


def value_of(dim: Dim) -> int | None:
    try:
        return a1viz.graph.sizes.size_of(dim, {"H": 7, "W": 3})
    except KeyError:
        return None
