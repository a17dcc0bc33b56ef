"""Derivatives in the page are Python's, node by node: backward graphs before and after the identities, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import part
from derived_networks import WRITTEN, drawn, written
from live_engine import opened
from networks import NETWORKS, network
from table_cases import applications_of

import a1viz
from a1viz.base.errors import A1vizError
from a1viz.calculus.autodiff import backward, backward_with_terms, cotangent_names, differentiable, every_variable
from a1viz.calculus.conditions import ATTRIBUTES, CONDITIONS
from a1viz.calculus.identities import IDENTITIES
from a1viz.calculus.interpreter import backward_graph, with_totals
from a1viz.calculus.losses import seeds
from a1viz.calculus.rewriting import looked_through, rewrite, stable
from a1viz.graph.equations import parse
from a1viz.graph.nodes import Builder, Graph
from a1viz.graph.operators import OPS
from a1viz.live.graph_data import graph_data
from a1viz.live.table import as_json
from tests.calculus import test_products, test_rewrite

pytestmark = pytest.mark.browser

RANDOM = part(300)
EVERY = ("stable", "range", "tidy", "reading", "batch")
ROWS = [row for row in IDENTITIES if row.purpose in EVERY]
TELL = """
  const told = (g) => ({nodes: g.nodes.map(n => [n.name, n.op, n.inputs, n.shape, n.value, n.block, n.attrs]), outputs: g.outputs});
  const tried = (f) => { try { return f(); } catch (e) { if (e instanceof m.A1vizError) return e.message; throw e; } };
"""
# as `answers` below
ANSWERS = f"""(() => {{ {TELL}
  const answers = (g) => {{
    const every = m.everyVariable(g), raw = m.backward(g, null, null, m.differentiable(g));
    const given = m.backward(g, every, every), [full, bars] = m.backwardGraph(g, every, m.seeds(g));
    const [plan, totals] = m.withTotals(full, [...bars.values()]), [parts, terms] = m.backwardWithTerms(g, every, []);
    return {{
      stable: told(m.stable(g)), past: [...m.lookedThrough(g)].sort(), raw: told(raw), names: [...m.cotangentNames(g, raw)],
      given: told(given), parts: told(parts), terms: [...terms].map(([name, found]) => [name, found.map(Object.values)]),
      read: told(m.rewrite(parts, ["stable", "tidy", "reading"], [], m.identities(), {{opaque: new Set(every), avoid: g.byName.keys()}})),
      full: told(full), bars: [...bars], plan: told(plan), totals: [...totals],
    }};
  }};
  return given.map(data => tried(() => answers(m.graphOf(data))));
}})()"""
REWRITTEN = f"(() => {{ {TELL} return given.map(([data, purposes]) => told(m.rewrite(m.graphOf(data), purposes))); }})()"


def told(graph: Graph) -> dict[str, Any]:
    """A graph as plain data."""
    nodes = [[n.name, n.op, n.inputs, n.shape, n.value, n.block, n.attrs] for n in graph]
    return {"nodes": nodes, "outputs": graph.outputs}


def answers(graph: Graph) -> dict[str, Any] | str:
    """Every graph that a derivative goes through, as plain data; or the message, where it is refused."""
    try:
        every, raw = every_variable(graph), backward(graph, keep=differentiable(graph))
        full, bars = backward_graph(graph, every, seeds(graph))
        plan, totals = with_totals(full, tuple(bars.values()))
        parts, terms = backward_with_terms(graph, every, ())
        read = rewrite(parts, ("stable", "tidy", "reading"), opaque=every, avoid=graph.by_name)
        given = backward(graph, every, every)
    except A1vizError as error:
        return str(error)
    found = {
        "stable": told(stable(graph)), "past": sorted(looked_through(graph)), "raw": told(raw),
        "names": [*cotangent_names(graph, raw).items()],
        "given": told(given), "parts": told(parts), "terms": [*terms.items()], "read": told(read), "full": told(full),
        "bars": [*bars.items()], "plan": told(plan), "totals": [*totals.items()],
    }  # fmt: skip
    return json.loads(as_json(found))


def differences(engine: Any, graphs: list[Graph]) -> list[str]:
    """Where the page's answers are others than Python's."""
    wrong = []
    for graph, found in zip(graphs, engine.ask(ANSWERS, [graph_data(graph) for graph in graphs]), strict=True):
        expected = answers(graph)
        if isinstance(expected, str) or isinstance(found, str):
            wrong += [f"{graph.name}: {found} != {expected}"] if found != expected else []
        else:
            wrong += [
                f"{graph.name}, {key}: {first_difference(found[key], expected[key])}" for key in expected if found[key] != expected[key]
            ]
    return wrong


def first_difference(found: Any, expected: Any) -> str:
    if isinstance(found, dict):
        found, expected = [*found["nodes"], found["outputs"]], [*expected["nodes"], expected["outputs"]]
    return next((f"{one} != {two}" for one, two in zip(found, expected, strict=False) if one != two), f"{found} != {expected}")


def of_a_row(name: str) -> list[Graph]:
    """Each application of a row by itself."""
    graphs = []
    for shapes, attributes in applications_of(OPS[name]):
        builder = Builder()
        for k, shape in enumerate(shapes):
            is_label = OPS[name].sample == "label" and k == 1
            builder.leaf(f"x{k}", "label" if is_label else "input", tuple(shape), 3 if is_label else None)
        builder.add(name, [f"x{k}" for k in range(len(shapes))], name="v", attrs=attributes)
        graphs.append(builder.graph(name, ["v"]))
    return graphs


def test_every_graph_of_the_catalogue_and_every_network_of_the_tests(engine):
    graphs = [*map(a1viz.load, a1viz.catalogue()), *map(network, NETWORKS), *map(written, WRITTEN)]
    assert differences(engine, graphs) == []


def test_every_row_of_the_operator_table(engine):
    assert differences(engine, [graph for op in OPS.values() if not op.batch for graph in of_a_row(op.name)]) == []


@pytest.mark.many
def test_random_graphs(engine):
    assert differences(engine, [drawn(seed) for seed in range(RANDOM)]) == []


def test_derivatives_of_derivatives(engine):
    assert differences(engine, [backward(drawn(seed), every_variable(drawn(seed))[:2]) for seed in range(20)]) == []


POSITIVE = [  # what identities need to know to be positive, or not to be
    "log(softmax(x) * u)", "log(u * softmax(x))", "log(exp(x) / u)", "log(x / u)", "log(prod(sigmoid(x)))", "log(prod(x))",
    "log(exp(s) ** s)",
    "log(s ** s)", "sqrt(norm2(x) / exp(s))", "sqrt(norm2(x) / s)", "log(s + exp(s))", "log(3 + exp(s))", "log(-3 + exp(s))", "x * log(x)",
    "exp(x) * log(exp(x))", "log(softmax(x)[0] * s)", "log(sum(exp(x) + sigmoid(u)) * s)", "log(exp(2 * 3) * s)", "log((2 - 3) * s)",
    "sum(x * u) + sum((A @ A) * A)", "sum((A @ A) * (A @ A))", "log(mean(exp(x)) * s)",
    "relu(s) + s - softplus(-abs(-s))", "s - relu(s) - softplus(-abs(s))",
]  # fmt: skip


def test_every_identity_where_it_applies_and_where_not(engine):
    cases: list[tuple[Graph, tuple[str, ...]]] = []
    for row in ROWS:
        sides = [test_products.both_sides(case) for case in test_products.CASES if case.name == row.name]
        sides = sides or [test_rewrite.both_sides(row, shapes) for shapes in test_rewrite.assignments(row)]
        cases += [(graph, purposes) for graph in sides for purposes in ((row.purpose,), EVERY)]
    cases += [(parse(f"v = {text}", x=["D"], u=["D"], s=[], A=["D", "D"]), EVERY) for text in POSITIVE]
    found = engine.ask(REWRITTEN, [[graph_data(graph), purposes] for graph, purposes in cases])
    expected = json.loads(as_json([told(rewrite(graph, purposes)) for graph, purposes in cases]))
    wrong = [f"{case[0].name}: {first_difference(a, b)}" for case, a, b in zip(cases, found, expected, strict=True) if a != b]
    assert wrong == []


def test_the_page_knows_every_word_that_rows_are_written_with(engine):
    conditions, attributes = engine.ask("[Object.keys(m.CONDITIONS), Object.keys(m.SHAPED_ATTRIBUTES)]")
    assert {word for row in ROWS for word, *_ in row.conditions} == {*conditions} <= {*CONDITIONS}
    assert {row.attributes.split()[0] for row in ROWS if row.attributes} == {*attributes} <= {*ATTRIBUTES}


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("classes", {"wrt": ["t"]}), ("classes", {"wrt": ["W", "nothing"]}), ("classes", {"wrt": "y_"}), ("classes", {"cotangents": ["t"]}),
    ("classes", {"of": "t"}), ("classes", {"of": "y"}), ("classes", {"of": "J", "cotangents": ["y"]}), ("classes", {"of": 3}),
    ("classes", {"of": ""}), ("classes", {"keep": ["nothing"]}), ("classes", {"wrt": [3]}), ("classes", {"wrt": 3}),
    ("numbers", {"wrt": ["c"]}),
    ("numbers", {"of": "c"}), ("nothing", {}), ("batch", {}), ("classes", {"of": "jot"}),
]  # fmt: skip


def given(name: str) -> Graph:
    """What is asked of the rows of REFUSED."""
    builder = Builder()
    if name == "classes":
        return parse("y = W @ x; J = -log(softmax(y))[t]; K = norm2(y)", x=[3], W=[3, 3], t={"class": 3})
    builder.leaf("x", "input", (3,))
    if name == "numbers":
        builder.leaf("c", "constant", (), 2.0)
        builder.add("mul", ["c", "x"], name="y")
    if name == "batch":
        builder.add("batch_sum", ["x"], name="y")
    return builder.graph(name, [] if name == "nothing" else ["y"])


def test_what_is_refused_is_refused_with_the_same_words(engine):
    expected = []
    for name, how in REFUSED:
        try:
            expected.append(json.loads(as_json(told(backward(given(name), **how)))))
        except A1vizError as error:
            expected.append(f"{type(error).__name__}: {error}")
    program = f"""(() => {{ {TELL}
      const ask = ([data, {{wrt = null, cotangents = null, keep = [], of = ""}}]) =>
        told(m.backward(m.graphOf(data), wrt, cotangents, keep, {{of}}));
      return given.map(row => {{ try {{ return ask(row); }} catch (e) {{ return `${{e.constructor.name}}: ${{e.message}}`; }} }});
    }})()"""
    assert engine.ask(program, [[graph_data(given(name)), how] for name, how in REFUSED]) == expected


CHANGES = [  # a wrong rule, a wrong identity, a wrong condition
    'self.a1vizTables.ops.find(o => o.call.startsWith("tanh(")).partial = ["bar * (1 - y)"];',
    'self.a1vizTables.ops.find(o => o.call.startsWith("matvec(")).adjoint = ["outer(bar, x)", "matvec(W, bar)"];',
    'self.a1vizTables.identities.find(row => row[0] === "transposed matrix times vector")[3] = "matvec(A, x)";',
    'self.a1vizTables.identities.find(row => row[0] === "batch total of outer products")[4] = "ranks 2 a b";',
    'self.a1vizTables.identities.find(row => row[0] === "filled factor")[4] = "";',
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_wrong_row_is_caught(browser, change):
    page = opened(browser, change)
    try:
        wrong = differences(page, [*map(network, NETWORKS), parse("J = sum(fill(s, A) * x)", x=[3], A=[3, 3], s=[])])
    except Exception as error:  # the wrong row makes shapes that do not fit
        wrong = [str(error)]
    page.page.close()
    assert wrong


def test_a_chain_of_many_variables_and_a_long_sum(engine):
    program = """(() => {
      const b = new m.Builder();
      b.leaf("x", "input", [3]);
      let last = "x";
      for (let k = 0; k < given[0]; k += 1) last = b.add("tanh", [last], {name: `h${k}`});
      let total = b.add("inner", [last, last], {owner: "J"});
      for (let k = 0; k < given[1]; k += 1) total = b.add("add", [total, b.add("inner", ["x", "h1"], {owner: "J"})], {owner: "J"});
      b.add("identity", [total], {name: "J"});
      const [full, bars] = m.backwardGraph(b.graph("long", ["J"]), ["x"], []);
      return [full.nodes.length > 2 * given[0], bars.get("x")];
    })()"""
    assert engine.ask(program, [20_000, 10_000]) == [True, "x_bar"]
