"""Equations for one entry are right: each is read by itself and computed by loops over its indices."""

from __future__ import annotations

import re

import derived_networks
import numpy as np
import pytest
from derived_networks import drawn
from entry_texts import evaluated
from networks import NETWORKS, SIZES, network, values
from table_cases import applications_of, for_each

from a1viz.calculus.derivation import derive, joint_graph
from a1viz.calculus.entrywise import entry_equation
from a1viz.calculus.interpreter import run
from a1viz.calculus.losses import seeds
from a1viz.graph.catalog import catalogue
from a1viz.graph.documents import load
from a1viz.graph.equations import parse
from a1viz.graph.leaves import gather
from a1viz.graph.nodes import Builder
from a1viz.graph.operators import TABLE
from a1viz.graph.sizes import size_of
from a1viz.pictures.typesetting import typeset

ROWS = [op for op in TABLE if not op.batch]
CASES = [(op, *case) for op in ROWS for case in applications_of(op)[: 3 if op.is_elementwise and op.name != "mul" else None]]
LABELS = 4  # classes


@for_each(CASES)
def test_the_entry_of_every_row_of_the_table_is_that_of_the_whole(op, shapes, attributes):
    names = [f"{op.args[0]}{k + 1}" for k in range(len(shapes))] if op.is_variadic else list(op.args)
    builder, rng, given = Builder(), np.random.default_rng(0), {}
    for name, shape in zip(names, shapes, strict=True):
        is_label = name in ("t", "u")
        builder.leaf(name, "label" if is_label else "input", shape, LABELS if is_label else None)
        given[name] = (
            rng.integers(LABELS, size=shape) if is_label else rng.uniform(0.3, 2.0, shape) * (-1 if op.sample == "negative" else 1)
        )
    builder.add(op.name, names, name="out", attrs=attributes)
    graph = builder.graph("table", ["out"])
    known = run(graph, trace=True, **given)
    text = entry_equation(graph, "out").text
    np.testing.assert_allclose(evaluated(graph, text, known), known["out"], rtol=1e-9, atol=1e-12, err_msg=text)


def check(joint, known, sizes):
    """Every equation, forward and backward, gives what its variable is known to be."""
    texts = {name: entry_equation(joint, name).text for name in joint.declared_names}
    computed = {name: text for name, text in texts.items() if not text.endswith("  given")}
    assert computed
    for name, text in computed.items():
        np.testing.assert_allclose(evaluated(joint, text, known, sizes), known[name], rtol=1e-9, atol=1e-9, err_msg=text)


@pytest.mark.parametrize("name", catalogue())
def test_every_equation_of_the_catalogue_is_right_entry_by_entry(name):
    graph = load(name)
    joint, rng = joint_graph(graph), np.random.default_rng(0)
    given = gather(graph, {})
    bars = {f"{out}_bar": rng.standard_normal(run(graph)[out].shape) for out in seeds(graph)}
    known = {**given.arrays, **run(joint, trace=True, **{**given.arrays, **bars}), **bars}
    check(joint, known, given.sizes)


WRITTEN = [  # what is asked of z, as text and as LaTeX
    ("W @ x + b", "z[i] = sum_j W[i, j] * x[j] + b[i]", r"z_{i} = \sum_{j} W_{ij} \, x_{j} + b_{i}"),
    ("W.T @ x", "z[i] = sum_j W[j, i] * x[j]", r"z_{i} = \sum_{j} W_{ji} \, x_{j}"),
    ("x @ W @ x", "z = sum_{i,j} x[i] * W[j, i] * x[j]", r"z = \sum_{i,j} x_{i} \, W_{ji} \, x_{j}"),
    ("W + b", "z[i, j] = W[i, j] + b[j]", r"z_{ij} = W_{ij} + b_{j}"),
    ("W + c", "z[i, j] = W[i, j] + c[i, 0]", r"z_{ij} = W_{ij} + c_{i}"),
    ("2 * sum(x) * outer(x, b)", "z[i, j] = 2 * x[i] * b[j] * sum_k x[k]", r"z_{ij} = 2 x_{i} \, b_{j} \, \sum_{k} x_{k}"),
    ("-mean(x)", "z = -1 / n * sum_i x[i]", r"z = -\frac{1}{n} \, \sum_{i} x_{i}"),
    ("softmax(x)", "z[i] = exp(x[i]) / (sum_j exp(x[j]))", r"z_{i} = \frac{\exp(x_{i})}{\sum_{j} \exp(x_{j})}"),
    ("softmax(W @ x)", "z[i] = softmax(W @ x)[i]", r"z_{i} = \mathrm{softmax}(\mathbf{W} \, \mathbf{x})_{i}"),
    ("x[0] * x[1:]", "z[i] = x[0] * x[i + 1]", r"z_{i} = x_{1} \, x_{i + 1}"),
    ("W[t]", "z[i] = W[t, i]", r"z_{i} = W_{ti}"),
    ("W[:, 1] @ eye(n)", "z[i] = W[i, 1]", r"z_{i} = W_{i2}"),
    ("max(W, axis=1, keepdims=True)", "z[i, 0] = max_j W[i, j]", r"z_{i} = \max_{j} W_{ij}"),
    ("norm(x)", "z = sqrt(sum_i x[i] ** 2)", r"z = \sqrt{\sum_{i} x_{i}^{2}}"),
    ("sum(tril(W))", "z = sum_{i,j} [j <= i] * W[i, j]", r"z = \sum_{i,j} \mathbb{I}[j \le i] \, W_{ij}"),
    ("sum(x[1:] * x[:-1])", "z = sum_{i<n-1} x[i + 1] * x[i]", r"z = \sum_{i=1}^{n - 1} x_{i + 1} \, x_{i}"),
    (
        "concatenate(x, b)",
        "z[i] = [i < n] * x[i] + [i >= n] * b[i - n]",
        r"z_{i} = \mathbb{I}[i \le n] \, x_{i} + \mathbb{I}[i > n] \, b_{i - n}",
    ),
    ("x * arange(n)", "z[i] = x[i] * i", r"z_{i} = x_{i} \, (i - 1)"),
    ("inv(W)", "z[i, j] = inv(W)[i, j]", r"z_{ij} = (\mathbf{W}^{-1})_{ij}"),
    ("x / (W @ x)", "z[i] = x[i] / (sum_j W[i, j] * x[j])", r"z_{i} = \frac{x_{i}}{\sum_{j} W_{ij} \, x_{j}}"),
    ('einsum("ab,cb->ac", W, W)', "z[a, c] = sum_b W[a, b] * W[c, b]", r"z_{ac} = \sum_{b} W_{ab} \, W_{cb}"),
    (
        "conv1d(X, K, stride=2, padding=1)",
        "z[i, j] = sum_{k,l} [0 <= 2 * j + l - 1 < n] * K[i, k, l] * X[k, 2 * j + l - 1]",
        r"z_{ij} = \sum_{k,l} \mathbb{I}[0 < 2 j + l - 3 \le n] \, K_{ikl} \, X_{k,2 j + l - 3}",
    ),
]


@pytest.mark.parametrize(("text", "written", "latex"), WRITTEN)
def test_an_equation_is_written_with_indices(text, written, latex):
    leaves = {"x": ["n"], "b": ["n"], "W": ["n", "n"], "c": ["n", 1], "X": [2, "n"], "K": [3, 2, 3], "t": {"class": "n"}}
    graph = parse(f"z = {text}", **{name: shape for name, shape in leaves.items() if re.search(rf"\b{name}\b", text.rpartition('"')[2])})
    equation = entry_equation(graph, "z")
    assert (equation.text, equation.latex) == (written, latex)


def test_no_letter_is_a_name_of_the_graph():
    graph = parse("y = i * j + sum(W @ k_1); l = m * sum(y)", i=["n"], j=["n"], k_1=["q"], W=["p", "q"], m=[])
    assert entry_equation(graph, "y").text == "y[r] = i[r] * j[r] + sum_{s,u} W[s, u] * k_1[u]"
    assert entry_equation(graph, "l").text == "l = m * sum_r y[r]"


def test_a_variable_called_like_a_sum_is_none():
    graph = parse("y = sum_j * sum(x) + max_k", sum_j=[], max_k=[], x=["n"], W=["n"])
    assert entry_equation(graph, "y").text == "y = sum_j * sum_i x[i] + max_k"
    graph = parse("y = sum_i * sum(x)", sum_i=[], x=["n"])
    assert entry_equation(graph, "y").text == "y = sum_i * sum_j x[j]"


def test_what_is_given_has_indices_too():
    derivation = derive("two_layer", entries=True)
    assert str(derivation).splitlines() == [
        "y_bar[i]  given",
        "h_bar[i] = sum_j W2[j, i] * y_bar[j]",
        "z_bar[i] = h_bar[i] * step(z[i])",
        "x_bar[i] = sum_j W1[j, i] * z_bar[j]",
        "W1_bar[i, j] = z_bar[i] * x[j]",
        "W2_bar[i, j] = y_bar[i] * h[j]",
    ]
    assert derivation.latex().splitlines()[1:3] == [
        r"\bar{y}_{i} &\quad \text{given} \\",
        r"\bar{h}_{i} &= \sum_{j} W_{ji}^{(2)} \, \bar{y}_{j} \\",
    ]
    assert [step.variable for step in derivation.steps] == [step.variable for step in derive("two_layer").steps]


def test_the_loss_may_be_put_in_and_only_some_be_wanted():
    said = str(derive("gated_network", "W3", substitute=True, entries=True)).splitlines()
    assert said[-2:] == ["y_bar[i] = y_prime[i] - [i = t]", "W3_bar[i, j] = y_bar[i] * g[j]"]


def test_a_sum_of_very_many_terms_is_cut_short_and_takes_no_recursion():
    builder = Builder()
    total = builder.leaf("x", "input", (3,))
    for _ in range(3000):
        total = builder.add("add", (total, "x"), owner="y")
    builder.add("relu", (total,), name="y")
    equation = entry_equation(builder.graph("deep", ["y"]), "y")
    assert (equation.text, equation.latex) == ("y[i] = ...", r"y_{i} = \dots")
    total = builder.add("neg", ("x",), owner="z")
    for _ in range(60):
        total = builder.add("mul", (total, total), owner="z")
    builder.add("exp", (total,), name="z")
    assert entry_equation(builder.graph("wide", ["z"]), "z").text == "z[i] = ..."


@pytest.mark.parametrize("name", NETWORKS)
def test_derivations_of_networks_of_every_kind_are_right_entry_by_entry(name):
    graph = network(name)
    joint, given = joint_graph(graph), values(graph)
    bars = {f"{out}_bar": np.random.default_rng(0).standard_normal(run(graph, **given)[out].shape) for out in seeds(graph)}
    known = {**given, **run(joint, trace=True, **given, **bars), **bars}
    check(joint, known, SIZES)


@pytest.mark.parametrize("number", range(12))
def test_derivations_of_random_networks_are_right_entry_by_entry(number):
    joint, rng = joint_graph(drawn(number), substitute=number % 2 == 1), np.random.default_rng(number)
    sizes, given = derived_networks.SIZES, {}
    for leaf in joint.leaves:
        shape = tuple(size_of(dim, sizes) for dim in leaf.shape)
        given[leaf.name] = rng.integers(size_of(leaf.value, sizes), size=shape) if leaf.op == "label" else rng.uniform(0.3, 2, shape)
    known = {**given, **run(joint, trace=True, **given)}
    check(joint, known, sizes)


def test_all_latex_of_the_catalogue_can_be_typeset():
    for name in ("gated_network", "convolution_1d", "crf", "lstm"):
        for step in derive(name, entries=True).steps:
            assert typeset(step.latex).width > 0
