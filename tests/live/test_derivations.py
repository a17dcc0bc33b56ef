"""Derivations in the page are Python's: joint graphs node by node, steps in text and LaTeX to the character, and what cannot be derived."""

from __future__ import annotations

import json
import operator
import random
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any

import networks
import pytest
from conftest import part
from derived_networks import WRITTEN, drawn, written

import a1viz
from a1viz.base.errors import A1vizError
from a1viz.calculus.derivation import adjoint_names, derive, joint_graph
from a1viz.calculus.terms import as_float, number
from a1viz.graph.equations import parse
from a1viz.graph.nodes import Builder, Graph
from a1viz.live.graph_data import graph_data
from a1viz.live.table import as_json
from tests.calculus import test_collecting

pytestmark = [pytest.mark.browser, pytest.mark.many]

DRAWN = part(500)
JOINT = "m.jointGraph(g, false).nodes.map(n => [n.name, n.op, n.inputs, n.shape, n.value, n.block, n.attrs])"
STEPS = "m.derive(g, wrt, how).steps.map(s => [s.variable, s.text, s.latex])"
Asked = tuple[list[str] | None, dict[str, Any]]  # wrt, and the other arguments
EVERY: list[Asked] = [(None, {"substitute": False}), (None, {"substitute": True})]


@cache
def graphs() -> tuple[Graph, ...]:
    """The catalogue, networks for every way of using a variable, and random ones."""
    named = [*map(a1viz.load, a1viz.catalogue()), *map(written, WRITTEN), *map(networks.network, networks.NETWORKS)]
    return (*named, *map(drawn, range(DRAWN)))


def steps(graph: Graph, wrt: list[str] | None, how: dict[str, Any]) -> Any:
    """The steps; what is wrong where there are none."""
    try:
        return [[s.variable, s.text, s.latex] for s in derive(graph, wrt, **how).steps]
    except A1vizError as error:
        return {"error": type(error).__name__, "message": str(error)}


def steps_in_the_page(engine, cases: list[tuple[Graph, list[Asked]]]) -> list[Any]:
    caught = "catch (e) { if (!(e instanceof m.A1vizError)) throw e; return {error: e.constructor.name, message: e.message}; }"
    each = f"asked.map(([wrt, how]) => {{ try {{ return {STEPS}; }} {caught} }})"
    return engine.ask(
        f"given.map(([data, asked]) => {{ const g = m.graphOf(data); return {each}; }})", [[graph_data(g), a] for g, a in cases]
    )


def differences(engine, cases: list[tuple[Graph, list[Asked]]]) -> list[Any]:
    """The cases that differ, each with the first step that does."""
    wanted = [[steps(graph, *one) for one in asked] for graph, asked in cases]
    found = steps_in_the_page(engine, cases)
    assert len(found) == len(wanted) == len(cases), found
    pairs = [(str(g), f, w) for (g, _), fs, ws in zip(cases, found, wanted, strict=True) for f, w in zip(fs, ws, strict=True) if f != w]
    return [(text, next(((a, b) for a, b in zip(f, w, strict=False) if a != b), (len(f), len(w)))) for text, f, w in pairs]


def test_every_derivation_is_pythons(engine):
    """Each variable's equation in text and in LaTeX, with the loss's cotangent and with its number."""
    assert not differences(engine, [(graph, EVERY) for graph in graphs()])[:5]


def test_a_whole_derivation_prints_as_pythons(engine):
    named = graphs()[:-DRAWN:4]
    found = engine.ask("given.map(data => m.derive(m.graphOf(data))).map(d => [d.text, d.latex, d.markdown])", [*map(graph_data, named)])
    assert found == [[str(d), d.latex(), d.markdown()] for d in map(derive, named)]


def test_the_table_of_collected_equations_is_pythons(engine):
    cases = [(test_collecting.graph_of(text), [(None, {"substitute": substitute})]) for text, substitute, _ in test_collecting.CASES]
    found = [[text for _, text, _ in steps] for (steps,) in steps_in_the_page(engine, cases)]
    assert found == [lines for *_, lines in test_collecting.CASES]


def test_exact_numbers_are_pythons(engine):
    rng = random.Random(3)
    values = [rng.choice([1, -1]) * rng.random() * 10.0 ** rng.randint(-320, 308) for _ in range(3000)]
    values += [0.0, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 2.0**53, 2.0**53 + 2, 1e22, 0.1, -0.5]
    exact = [Fraction(number(value).number) for value in values]
    pairs = [(a, b) for a, b in pairwise(exact) if b]
    wanted = [[as_float(f(a, b)) for f in (operator.add, operator.mul, operator.truediv)] for a, b in pairs]
    sums = "[m.plus(a, b), m.times(a, b), m.times(a, m.reciprocal(b))].map(m.asFloat)"
    read = "given.map(m.numbersOf)"
    found = engine.ask(
        f"{read}.map((x, k, all) => [x, all[k + 1]].map(v => m.rationalOf(v ?? 0))).filter(([, b]) => b).map(([a, b]) => {sums})", values
    )
    assert [[float(value) for value in row] for row in found] == wanted


def test_every_joint_graph_is_pythons_node_by_node(engine):
    named = graphs()[:-DRAWN] + graphs()[-DRAWN::4]
    names = "[...m.adjointNames(g, m.jointGraph(g, false))]"
    found = engine.ask(f"given.map(data => {{ const g = m.graphOf(data); return [{JOINT}, {names}]; }})", [*map(graph_data, named)])
    for graph, (rows, owned) in zip(named, found, strict=True):
        joint = joint_graph(graph)
        wanted = [[n.name, n.op, n.inputs, n.shape, n.value, n.block, n.attrs] for n in joint.nodes]
        assert rows == json.loads(as_json(wanted)), str(graph)
        assert owned == [[name, [*bars]] for name, bars in adjoint_names(graph, joint).items()], str(graph)


def test_what_some_variables_need_is_pythons(engine):
    rng = random.Random(17)
    cases: list[tuple[Graph, list[Asked]]] = []
    for graph in graphs()[::3]:
        names = [n.name for n in graph.nodes if n.is_declared and n.op not in ("label", "constant", "size")]
        cases.append((graph, [(rng.sample(names, min(len(names), k)), {}) for k in (1, 2)]))
    assert not differences(engine, cases)[:5]


def test_long_products_and_sums_are_pythons(engine):
    product = " @ ".join(["A"] * 400)
    texts = [form.format(A=product) for form in test_collecting.LONG]
    texts += [
        f"sum({' + '.join(f'x ** {k}' for k in range(1000))})",
        f"sum({' + '.join(['x * u', 'u'] * 2000)})",
        f"sum(x{' * u / v' * 1000})",
    ]
    assert not differences(engine, [(test_collecting.graph_of(f"J = {text}"), [(None, {})]) for text in texts])


SEVERAL = [
    ("h = tanh(W @ x); p = h @ h; q = sum(h) * p; r = W @ x", {"x": ["D"], "W": ["D", "D"]}, ["p", "q"]),
    ("z = w @ x; J = (z - t) ** 2 / 2; R = w @ w; L = J + 0.1 * R", {"x": ["D"], "w": ["D"], "t": []}, ["J", "R", "L", "z"]),
    ("m = mean(X, axis=0); s = sum(m); J = norm2(X - m); K = J / s", {"X": ["N", "D"]}, ["s", "J", "K"]),
]
REFUSED: list[Asked] = [
    (["nothing"], {}), (["t"], {}), (["W"], {"of": "z"}), (None, {"of": "y"}), (None, {"of": "t"}), (None, {"of": "zz"}),
    ([], {}), (["one"], {}),
]  # fmt: skip


def test_every_loss_of_several_is_derived(engine):
    cases: list[tuple[Graph, list[Asked]]] = []
    for text, leaves, losses in SEVERAL:
        cases.append((parse(text, **leaves), [(None, {}), *[(None, {"of": of, "substitute": s}) for of in losses for s in (False, True)]]))
    assert not differences(engine, cases)


def test_what_cannot_be_derived_is_refused_in_the_same_words(engine):
    graph = parse("one = 1; z = W @ x; y = -log_softmax(z); J = y[t] + one", x=["D"], W=["K", "D"], t={"class": "K"})
    builder = Builder()
    builder.leaf("x", "input", ("D",))
    nothing = builder.graph("nothing", [])
    assert not differences(engine, [(graph, REFUSED), (nothing, [(None, {}), (["x"], {})])])
    assert sum(isinstance(steps(graph, *asked), dict) for asked in REFUSED) > 4
