"""The page writes LaTeX as Python does, to the character: symbols, equations, broken lines."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

import pytest
from conftest import part
from derived_networks import WRITTEN, drawn, written
from networks import NETWORKS, network
from table_cases import APPLICATIONS, SIZES, applications_of

import a1viz
from a1viz.calculus import notation
from a1viz.calculus.derivation import joint_graph
from a1viz.calculus.line_breaks import aligned, width_of
from a1viz.graph.equations import parse
from a1viz.graph.nodes import Builder, Graph
from a1viz.graph.operators import TABLE
from a1viz.live.graph_data import graph_data

pytestmark = pytest.mark.browser

IN_THE_PAGE = """given.map(data => {
  const graph = m.graphOf(data);
  return graph.declaredNames.flatMap(name => [name.replace(/\\.?[^.]*$/, ""), ""].flatMap(inside => {
    const equation = m.equation(graph, name, inside);
    return [m.symbol(graph, name, "", inside).text, m.symbol(graph, name, "k").text, equation, m.aligned(equation)];
  }).concat(m.shapeLatex(graph.node(name))));
})"""


def in_python(graph: Graph) -> list[str]:
    found = []
    for name in graph.declared_names:
        for inside in (name.rpartition(".")[0], ""):
            equation = notation.equation(graph, name, inside)
            found += [str(notation.symbol(graph, name, inside=inside)), str(notation.symbol(graph, name, "k")), equation, aligned(equation)]
        found.append(notation.shape(graph[name]))
    return found


def compare(engine, graphs: Iterable[Graph]) -> None:
    """Every line of every graph, a few hundred graphs at a time."""
    graphs = list(graphs)
    for k in range(0, len(graphs), 200):
        some = graphs[k : k + 200]
        for graph, found in zip(some, engine.ask(IN_THE_PAGE, [graph_data(graph) for graph in some]), strict=True):
            assert found == in_python(graph), graph.name


def with_derivatives(graph: Graph) -> list[Graph]:
    return [graph, joint_graph(graph), joint_graph(graph, True)]


def test_every_graph_of_the_catalogue_is_written_as_in_python(engine):
    compare(engine, [each for name in a1viz.catalogue() for each in with_derivatives(a1viz.load(name))])


@pytest.mark.many
def test_written_and_random_networks_are_written_as_in_python(engine):
    losses = [network(name, loss=True) for name in NETWORKS] + [written(name) for name in WRITTEN]
    compare(engine, [each for graph in losses for each in with_derivatives(graph)])
    compare(engine, [joint_graph(drawn(seed), seed % 2 == 0) for seed in range(part(300))])


def applied(op, shapes, attributes) -> Graph:
    names = [f"{op.args[0]}{k + 1}" for k in range(len(shapes))] if op.is_variadic else list(op.args)
    builder = Builder()
    for name, shape in zip(names, shapes, strict=True):
        builder.leaf(name, "label" if name in ("t", "u") else "input", shape, SIZES["n"] if name in ("t", "u") else None)
    builder.add(op.name, names, name="out", attrs=attributes)
    return builder.graph(op.name, ["out"])


def cases_of(op):
    """Those of the row; of a convolution's gradient over a batch those of one example."""
    return APPLICATIONS[op.name.removeprefix("batch_")] if op.batch and op.attrs else applications_of(op)


def test_every_row_of_the_table_is_written_as_in_python(engine):
    compare(engine, [applied(op, *case) for op in TABLE for case in cases_of(op)])


LEAVES = {
    "a": [], "s": [], "x": ["D"], "y": ["D"], "X": ["N", "D"], "Y": ["N", "D"], "S": ["D", "D"], "B": ["N", "D", "K"], "w": [3],
    "e": [], "i": [], "k_max": [], "mu_prime_prime": ["D"], "Alpha": ["d_model"], "alpha_beta_2": ["D"], "W1_prime": ["N", "D"],
    "out_o_hat": ["D"], "x_dot2": ["D"], "_private": [], "h1": [], "h_1": [], "z_bar_bar": ["D"], "image": [3, "H", "W"],
    "t": {"class": "D"}, "l": {"class": "D", "shape": ["N"]},
}  # fmt: skip
TEXTS = [
    "1e-5 * x", "-1e-5 * x", "2.5e-7 * x", "1e20 * a", "123456789.5 * a", "x ** 1.5", "x ** -0.5", "x ** 0", "X ** -1", "x ** 0.1",
    "x ** (a / s)", "a / (1 + s / 2)", "(a / s) / 2", "a / (a / s * s)", "-a / s", "-(a / s) * x", "-(x ** 2) * y", "-x * y", "2 * 3 * a",
    "2 * a ** 2", "a * 3.141592653589793", "a ** 1e300", "x * [1, 2.5, -3][0]", "w * [1, 2, 3]", "[[1, 2], [3, 4e-9]] @ [1, 2]",
    "sum(w + [1, 2, 3])", "sum(x / s) * a", "mean((X - Y) ** 2)", "mean(image)", "mean(concatenate(x, y)[1:])",
    "mean(concatenate(x, y)[1:]) / s", "count(X[1:, :-1])", "x @ y / s", "log(x)[t]",
    "log_softmax(x)[2]", "(x * y)[t]", "X[1][2]", "X[1:, :-2][0]", "pick(X, l)", "pick(X.T, t, axis=0)", "pick(X + Y, l)", "x[l]", "S[l]",
    "scatter(a, t, x)", "scatter(x, t, S, axis=0)", "scatter(1, t, S)", "scatter(mean(X, axis=1), l, X)", "image[:, 1:3, 0]",
    "concatenate(x, [1, 2] * a)", "stack(x, y)", "stack(a, s, e)", "stack(x, y, axis=1)", "diag(x)", "solve(S, x)", "inv(S).T", "S.T.T @ x",
    "(S @ x) @ y", "outer(x, S @ y)", "outer(x @ S, y @ S)", "S + expand(x, axis=1)", "2 * expand(x, axis=1) * S", "sum(X @ x)", "sum(X.T)",
    "sum(outer(x, y))", "sum(softmax(x) * y)", "sum(X * sum(x))", "sum(x, keepdims=True) * y", "x * log(y)", "D * x", "sum(x * D)",
    "mean(x * i)", "sum(x[0] * y)", "maximum(0, x / s)", "norm(x / s)", "abs(x / s)", "step(x)", "x >= y / s", "indicator(x)",
    "(x > y) * y", "h1 + h_1 + k_max", "_private * Alpha", "mu_prime_prime + alpha_beta_2", "x_dot2 * out_o_hat + z_bar_bar",
    "W1_prime @ x",
    "softmax(X, axis=0)", "logsumexp(B, axis=[0, 1])", "std(X, axis=0)", "sum(X, axis=0, keepdims=True)", "reshape(X, [D, N])",
    "tril(S, k=1)", "eye(2) * a", "conv2d(image, ones(4, 3, 2, 2), stride=2, padding=[0, 1])",
    "max_pool2d(image, size=[2, 3])", 'einsum("ij,kj->ik", X, Y)', 'S + einsum("ij,j->i", S, x)', 'einsum("ii,j->", eye(2), [1, 2])',
    'a + einsum("i,i->", x, 2 * y)', "where(x > 0, x / s, y)", "transpose(B, [2, 0, 1])", "exp(x / s) ** 2 * [[1]][0]",
]  # fmt: skip


def parsed(text: str) -> Graph:
    return parse(f"z = {text}", **{name: shape for name, shape in LEAVES.items() if re.search(rf"\b{name}\b", text)})


def test_numbers_fractions_entries_and_names_are_written_as_in_python(engine):
    compare(engine, map(parsed, TEXTS))


def test_a_document_s_own_notation_is_written_as_in_python(engine):
    told = {"h": "h''_t^2", "W": "W^(1)", "c": "sigma^2", "B.z": "eta'", "b": "Omega_o^(x1)"}
    graph = parse(
        "h = W @ c + b; y = h * c; B1.z = 2 * h; B2.z = h / 3".replace("B1.z", "z1").replace("B2.z", "z2"), W=[2, 2], c=[2], b=[2]
    )
    graph = replace(graph, document=replace(graph.document, symbols=told))
    compare(engine, [graph, joint_graph(parse("J = sum(h * c)", h=[2], c=[2]))])


PRINTED = "m.equation(m.graphOf(given[0]), given[1])"


def test_long_sums_and_deep_chains_are_written(engine):
    long = parse("z = " + " + ".join(f"{k} * x" for k in range(6000)), x=["D"])
    nodes = [["x", "input", [], ["D"]], *([f"z:{k}", "add", [k, 0], ["D"]] for k in range(11000)), ["J", "sum", [11000]]]
    deep = {"name": "deep", "nodes": nodes, "outputs": [11001], "document": {}}
    assert engine.ask(PRINTED, [graph_data(long), "z"]) == notation.equation(long, "z")
    text = engine.ask(PRINTED, [deep, "J"])
    assert re.fullmatch(r"J = \\sum_\{i\} \(\\dots( \+ x_\{i\})+\)", text) and len(text) < notation.LIMIT
    summed = parse("J = sum(" + " + ".join(["x"] * 2000) + ")", x=["D"])
    assert engine.ask(PRINTED, [graph_data(summed), "J"]) == notation.equation(summed, "J")


def test_widths_are_python_s(engine):
    texts = [
        r"\frac{a + b}{\mathbf{x}} + x_{1}",
        r"\frac{a}{\frac{b}{c + d}}",
        r"x^2_i",
        r"a \mid b",
        "é + 𝛼",
        "_",
        "^{",
        "}",
        r"\frac",
        "\\",
    ]
    assert engine.ask("given.map(m.widthOf)", texts) == list(map(width_of, texts))
