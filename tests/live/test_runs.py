"""Whole graphs in the page: values and gradients are Python's, forward and backward, of one example and of a batch; so are refusals."""

from __future__ import annotations

from typing import Any

import networks
import numpy as np
import pytest
from conftest import part
from derived_networks import drawn
from live_values import agree, arrays_of, disagreeing

import a1viz
from a1viz.base.errors import A1vizError
from a1viz.calculus.autodiff import every_variable
from a1viz.calculus.interpreter import backward_graph, grad, run, with_totals
from a1viz.calculus.losses import seeds
from a1viz.graph.equations import parse
from a1viz.graph.leaves import gather
from a1viz.graph.nodes import Graph
from a1viz.live.graph_data import graph_data

pytestmark = pytest.mark.browser
RUN = """given.map(([graph, values, cotangents]) => {
  const read = v => v instanceof Object && !Array.isArray(v) ? m.tensorOf(v.shape, Float64Array.from(m.numbersOf(v.data))) : v;
  const mapOf = rows => new Map(rows.map(([name, value]) => [name, read(value)]));
  const plain = found => [...found].map(([name, t]) => [name, t.shape, [...t.data]]);
  const how = {cotangents: cotangents && mapOf(cotangents)};
  const answer = f => {
    try { return f(); } catch (e) { if (!(e instanceof m.A1vizError)) throw e; return [e.constructor.name, e.message]; }
  };
  const g = m.graphOf(graph), leaves = mapOf(values);
  return [answer(() => plain(m.run(g, leaves, {trace: true}))), answer(() => plain(m.grad(g, leaves, how))),
          answer(() => plain(m.grad(g, leaves, {...how, mean: false})))];
})"""
Given = dict[str, Any]
CANCELLED = 1e-3  # a cotangent that is 0 but for rounding may be 1e-15


def plain(values: Given) -> list[list[Any]]:
    return [[name, {"shape": np.shape(value), "data": np.ravel(value).tolist()}] for name, value in values.items()]


def is_same(answer: list[list[Any]], wanted: Given) -> bool:
    """Whether the page's values have Python's names, in its order, and are its numbers."""
    names = [name for name, *_ in answer]
    if names != list(wanted):
        return False
    found = arrays_of([row[1:] for row in answer])
    return all(agree(a, np.asarray(w, float), least=CANCELLED) for a, w in zip(found, wanted.values(), strict=True))


def told_differently(engine: Any, cases: list[tuple[str, Graph, Given]]) -> list[str]:
    """The labels of the graphs whose values or gradients are not Python's."""
    rng = np.random.default_rng(0)
    told = []
    for _, graph, values in cases:
        names = seeds(graph)
        found = run(graph, trace=True, **values) if names else {}
        told.append({name: rng.standard_normal(np.shape(found[name])) for name in names} if names else None)
    answers = engine.ask(
        RUN,
        [[graph_data(g), plain(v), None if t is None else plain(t)] for (_, g, v), t in zip(cases, told, strict=True)],
    )
    wrong = []
    for (label, graph, values), cotangents, (forward, mean, total) in zip(cases, told, answers, strict=True):
        wanted = [run(graph, trace=True, **values), grad(graph, cotangents=cotangents, **values)]
        wanted.append(grad(graph, cotangents=cotangents, mean=False, **values))
        wrong += [f"{label}: {a}" for a, w in zip((forward, mean, total), wanted, strict=True) if not is_same(a, w)]
    return wrong


def with_batch(graph: Graph, batch: int) -> Given:
    """All leaves but the parameters with a batch axis."""
    parts = [gather(graph, {}, np.random.default_rng(k)).arrays for k in range(batch)]
    kinds = {node.name: node.op for node in graph.leaves}
    return {name: np.array([p[name] for p in parts]) if kinds[name] != "parameter" else parts[0][name] for name in parts[0]}


@pytest.mark.parametrize("batch", [None, 1, 3])
def test_every_graph_of_the_catalogue_has_pythons_values_and_gradients(engine, batch):
    cases = []
    for entry in a1viz.catalogue():
        graph = a1viz.load(str(entry))
        cases.append((str(entry), graph, dict(gather(graph, {}).arrays) if batch is None else with_batch(graph, batch)))
    assert told_differently(engine, cases) == []


def test_every_way_of_using_a_parameter_has_pythons_gradients(engine):
    graphs = {name: networks.network(name, loss=True) for name in networks.NETWORKS}
    cases = [(name, graph, networks.values(graph, batch)) for name, graph in graphs.items() for batch in (None, 3)]
    assert told_differently(engine, cases) == []


def test_backward_graphs_from_python_run_as_they_are(engine):
    runs = []
    for name in networks.NETWORKS:
        graph = networks.network(name, loss=True)
        full, bars = backward_graph(graph, every_variable(graph), seeds(graph))
        inputs = gather(full, networks.values(graph, 3))
        totals = tuple(bar for leaf, bar in bars.items() if graph[leaf].is_leaf and leaf not in inputs.batched)
        plan, _ = with_totals(full, totals)
        runs.append((name, plan, inputs, list(dict.fromkeys(plan.outputs))))
    assert disagreeing(engine, runs) == []


@pytest.mark.many
def test_random_graphs_have_pythons_values_and_gradients(engine):
    cases = []
    for seed in range(part(200)):
        graph = drawn(seed)
        rng = np.random.default_rng(seed)
        sizes = {"D": 3, "N": 2, "M": 4, "H": 4}
        values = {}
        for node in graph.leaves:
            shape = [sizes.get(d, 3) if isinstance(d, str) else d for d in node.shape]
            values[node.name] = rng.integers(3, size=shape) if node.op == "label" else rng.standard_normal(shape)
        cases.append((f"{seed}", graph, values))
    assert told_differently(engine, cases) == []


REFUSED: list[tuple[str, dict[str, Any], Given]] = [
    ("y = W @ x", {"x": ["D"], "W": ["H", "D"]}, {"x": [1, 2], "W": [[1, 2, 3], [4, 5, 6]]}),
    ("y = W @ x", {"x": ["D"], "W": ["H", "D"]}, {"x": 1, "W": [[1, 2]]}),
    ("y = W @ x", {"x": ["D"], "W": ["H", "D"]}, {"x": [[[1, 2]]], "W": [[1, 2]]}),
    ("y = W @ x", {"x": ["D"], "W": ["H", "D"]}, {"x": [[1, 2], [3, 4]], "W": [[[1, 2]], [[1, 2]], [[1, 2]]]}),
    ("y = W @ x", {"x": [2], "W": ["H", 2]}, {"x": [1, 2, 3], "W": [[1, 2]]}),
    ("y = W @ x", {"x": ["D"], "W": ["H", "D"]}, {"x": [1, 2], "W": [[1, 2]], "z": 1}),
    ("y = W @ x", {"x": ["D"], "W": ["H", "D"]}, {"x": [1, 2], "W": [[1, 2]], "y": 1}),
    ("y = W @ x", {"x": ["D"], "W": ["H", "D"]}, {"x": [1, 2]}),
    ("y = x", {"x": ["D"]}, {}),
    ("y = x", {"x": ["D"]}, {"x": [[1, 2], [3]]}),
    ("y = x", {"x": ["D", "D"]}, {"x": [1, [3]]}),
    ("y = x", {"x": ["D"]}, {"x": ["one", 2]}),
    ("y = x", {"x": []}, {"x": "one"}),
    ("y = x", {"x": []}, {"x": None}),
    ("y = x[t]", {"x": ["D"], "t": {"class": "D"}}, {"x": [1.5, 2.5], "t": 2}),
    ("y = x[t]", {"x": ["D"], "t": {"class": "D"}}, {"x": [1.5, 2.5], "t": -1}),
    ("y = x[t]", {"x": ["D"], "t": {"class": "D"}}, {"x": [1.5, 2.5], "t": 0.5}),
    ("y = sum(E[t])", {"E": ["D", 2], "t": {"class": "D", "shape": ["N"]}}, {"E": [[1, 2]], "t": [0, 1]}),
    ("y = sum(E[t])", {"E": ["D", 2], "t": {"class": "D", "shape": ["N"]}}, {"E": [[1, 2]]}),
    ("y = x[3]", {"x": ["D"]}, {"x": [1, 2]}),
    ("y = sum(x[1:4])", {"x": ["D"]}, {"x": [1, 2]}),
    ("y = reshape(x, [2, 3])", {"x": ["D"]}, {"x": [1, 2]}),
    ("y = conv1d(X, K)", {"X": [1, "D"], "K": [1, 1, "H"]}, {"X": [[1, 2]], "K": [[[1, 2, 3]]]}),
    ("y = max_pool1d(x, size=3)", {"x": ["D"]}, {"x": [1, 2]}),
    ("y = max(x)", {"x": ["D"]}, {"x": []}),
    ("y = a; z = b", {"a": [], "b": []}, {"a": 1, "b": 2}),
    ("y = a; z = x", {"a": ["D"], "x": ["D"]}, {"a": [1], "x": [2]}),
]  # fmt: skip


def refusals(graph: Graph, values: Given) -> list[Any]:
    """What Python says of a run and of a gradient."""
    found = []
    for function in (run, grad):
        try:
            function(graph, **values)
            found.append(None)
        except A1vizError as error:
            found.append([type(error).__name__, str(error)])
    return found


def test_values_that_do_not_fit_are_refused_with_pythons_words(engine):
    graphs = [
        parse(text, ("W" in leaves and {"W": leaves["W"]}) or {}, **{n: s for n, s in leaves.items() if n != "W"})
        for text, leaves, _ in REFUSED
    ]
    answers = engine.ask(RUN, [[graph_data(g), list(v.items()), None] for g, (*_, v) in zip(graphs, REFUSED, strict=True)])
    for graph, (text, _, values), (forward, backward, _) in zip(graphs, REFUSED, answers, strict=True):
        wanted = refusals(graph, values)
        assert any(wanted), text
        for found, message in zip((forward, backward), wanted, strict=True):
            assert message is None or found == message


def test_sizes_made_of_others_are_held_to_what_they_are(engine):
    graph = parse("y = concatenate(a, b)", a=["D"], b=["H"])
    values, bar = {"a": [1, 2], "b": [3]}, {"y": [1, 2]}
    with pytest.raises(A1vizError) as raised:
        grad(graph, cotangents=bar, **values)
    (answer,) = engine.ask(RUN, [[graph_data(graph), list(values.items()), list(bar.items())]])
    assert answer[1] == [type(raised.value).__name__, str(raised.value)]


def test_what_is_not_given_is_drawn_from_its_name_and_a_seed(engine):
    graph = graph_data(parse("y = sum(W @ x) + 0 * v[t]", {"W": [100, 50]}, x=[50], v=[4], t={"class": 4}))
    graph["document"]["values"] = {"v": [1, 2, 3, 4]}
    drawn = engine.ask(
        "[0, 0, 1].map(seed => Object.fromEntries([...m.gather(m.graphOf(given), new Map([['x', Array(50).fill(1)]]), {seed}).arrays]"
        ".map(([name, t]) => [name, [...t.data]])))",
        graph,
    )
    assert drawn[0] == drawn[1]
    assert drawn[0]["W"] != drawn[2]["W"]
    assert all(found["x"] == [1] * 50 and found["v"] == [1, 2, 3, 4] and found["t"][0] in range(4) for found in drawn)
    weights = np.array(drawn[0]["W"])
    assert abs(weights.mean()) < 0.02
    assert abs(weights.std() * 50**0.5 - 1) < 0.05
