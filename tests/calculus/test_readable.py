"""Derivations read like a book's: each line is parsed by Python, evaluated by plain loops, and searched for what a reader would mend."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest
from conftest import TIMES
from derived_networks import GIVEN, KINDS, LEAVES, SIZES, WRITTEN, drawn, written
from text_faults import faults
from text_values import evaluate, tree_of

from a1viz.calculus.autodiff import backward, every_variable
from a1viz.calculus.derivation import derive
from a1viz.calculus.interpreter import run
from a1viz.calculus.losses import loss_of, seeds
from a1viz.graph.catalog import catalogue
from a1viz.graph.documents import load
from a1viz.graph.equations import parse
from a1viz.graph.leaves import gather
from a1viz.graph.nodes import Graph, Node

NAMES = [*catalogue(), *WRITTEN]
EACH = 25  # random networks in one test
DRAWN = range(0, 200 * TIMES, EACH)
LONGEST = {  # characters of the longest line, where it had more than 80, before derivations were collected
    "attention": 85, "batch_norm": 174, "bubble_sort": 152, "crf": 189, "gan": 96, "gaussian_mixture": 95, "graph_convolution": 179,
    "gru": 190, "gru_cell": 135, "hmm_forward": 151, "info_nce": 195, "kth_smallest": 128, "language_model": 218, "layer_norm": 128,
    "lstm": 178, "lstm_cell": 139, "merge_sort": 128, "multi_head_attention": 92, "negative_sampling": 117, "rnn": 237, "siamese": 99,
    "transformer_block": 191, "vae": 83,
}  # fmt: skip
SHORTENED = 0.6
NO_SHORTER = {  # what stays longer than that, and why
    "attention": "the derivative of a softmax of rows, as it is",
    "bubble_sort": "a sum over the six copies of one block, each with a term",
    "crf": "a sum over four uses of P",
    "gan": "a sum over two uses of W",
    "gaussian_mixture": "the derivative of a log-softmax, as it is",
    "graph_convolution": "a sum over rows and one over columns",
    "gru": "a sum over three copies of one block",
    "info_nce": "the derivative of rows divided by their norms",
    "kth_smallest": "a sum over the five copies of one block",
    "lstm": "a sum over three copies of one block",
    "merge_sort": "a sum over the five copies of one block",
    "multi_head_attention": "a sum over three uses of X",
    "siamese": "a sum over two uses of W",
    "vae": "a sum over three uses of s",
}
LEFT: dict[str, str] = {}  # a fault that stays: where, and why


def graph_of(name: str) -> Graph:
    return written(name) if name in WRITTEN else load(name)


def values(graph: Graph) -> dict[str, np.ndarray]:
    """Every variable, every cotangent and every size, at random inputs, by the backward graph as the rules of the table make it."""
    rng = np.random.default_rng(0)
    inputs = {leaf.name: random(leaf, rng) for leaf in graph.leaves if leaf.name not in graph.document.values and not graph.document.sizes}
    given = gather(graph, inputs, rng)
    bars = {f"{name}_bar": rng.standard_normal(run(graph, **given.arrays)[name].shape) for name in seeds(graph)}
    full = backward(graph, every_variable(graph), keep=graph.declared_names)
    return {**given.sizes, **given.arrays, **run(full, trace=True, **given.arrays, **bars)}


def random(leaf: Node, rng: np.random.Generator) -> np.ndarray:
    shape = [SIZES.get(size, size) for size in leaf.shape]
    return rng.integers(SIZES[leaf.value], size=shape) if leaf.op == "label" else rng.uniform(-1, 1, shape)


def checked(graph: Graph, substitute: bool = False) -> Iterator[tuple[str, str, list[str]]]:
    """Each line of a derivation, what is wrong with its value (or nothing), and its faults."""
    known = values(graph)
    for step in derive(graph, substitute=substitute).steps:
        target, equals, _ = step.text.partition(" = ")
        if not equals:
            assert step.text == f"{target.partition(' ')[0]}  given"
            continue
        tree = tree_of(step.text)
        found = evaluate(tree, known)
        yield step.text, difference(found, known.setdefault(target, found)), faults(tree)


lines_of = cache(lambda name: list(checked(graph_of(name))))


def difference(found: np.ndarray, wanted: np.ndarray) -> str:
    """What is wrong with a value; where the derivative is not finite, anything goes."""
    if np.shape(found) != np.shape(wanted):
        return f"shape {np.shape(found)}, not {np.shape(wanted)}"
    if not np.all(np.isfinite(wanted)) or np.max(np.abs(found - wanted), initial=0.0) <= 1e-12 + 1e-9 * np.max(np.abs(wanted), initial=0.0):
        return ""
    return f"off by {np.max(np.abs(found - wanted)):.2g}"


@pytest.mark.parametrize("name", NAMES)
def test_each_line_has_the_value_and_the_shape_of_its_variable(name):
    assert [(text, wrong) for text, wrong, _ in lines_of(name) if wrong] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_line_has_what_a_reader_would_mend(name):
    assert [fault for _, _, found in lines_of(name) for fault in found if fault not in LEFT] == []


@pytest.mark.parametrize("name", NAMES)
def test_with_the_losss_cotangent_put_in_the_values_are_the_same(name):
    graph = graph_of(name)
    if seeds(graph):
        pytest.skip("no scalar loss: nothing to put in")
    bar = f"{loss_of(graph)}_bar"
    found = list(checked(graph, substitute=True))
    assert [(text, wrong, faults) for text, wrong, faults in found if wrong or faults] == []
    assert [text for text, _, _ in found if re.search(rf"\b{bar}\b", text.partition(" = ")[2])] == []


@pytest.mark.parametrize("first", DRAWN)
def test_random_networks_are_derived_right(first):
    for seed in range(first, first + EACH):
        graph = drawn(seed)
        wrong = [(text, *((what,) if what else found)) for text, what, found in checked(graph) if what or found]
        assert wrong == [], f"network {seed}:\n{graph}"


@pytest.mark.parametrize("name", WRITTEN)
def test_each_derivative_is_the_slope_along_a_line(name):
    graph, known, rng = written(name), values(written(name)), np.random.default_rng(1)
    arrays = {leaf.name: known[leaf.name] for leaf in graph.leaves}
    for leaf in graph.leaves:
        if leaf.op != "label":
            along = rng.standard_normal(known[leaf.name].shape)
            up, down = (run(graph, **{**arrays, leaf.name: arrays[leaf.name] + step * along})["J"] for step in (1e-5, -1e-5))
            np.testing.assert_allclose((up - down) / 2e-5, np.sum(known[f"{leaf.name}_bar"] * along), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", LONGEST)
def test_long_lines_are_shorter_than_they_were(name):
    longest = max((len(text) for text, _, _ in lines_of(name)), default=0)
    assert longest <= LONGEST[name]
    assert (longest <= SHORTENED * LONGEST[name]) is (name not in NO_SHORTER), longest / LONGEST[name]


PLANTED = [
    ("a * x + a * x", "like terms"),
    ("A @ x + 2 * (A @ x)", "like terms"),
    ("x * u - 3 * u * x", "like terms"),
    ("a * (A @ x) + A @ (x * a)", "like terms"),
    ("(A @ B.T).T + B @ A.T", "like terms"),
    ("x + (u - x)", "like terms"),
    ("x - u + (x + a)", "a sum in parentheses in a sum"),
    ("x - -u", "a double sign"),
    ("x + -u", "a double sign"),
    ("x - -u * a", "a double sign"),
    ("-(-x)", "a double sign"),
    ("-x * -u", "a double sign"),
    ("x * -u", "a sign that could stand in front"),
    ("-(x - u)", "minus in front of a difference"),
    ("-a * (x - u)", "minus in front of a difference"),
    ("sum(-x)", "a sign inside a linear function"),
    ("A @ -x", "a sign inside a linear function"),
    ("outer(x, -2 * u)", "a sign inside a linear function"),
    ("A @ (2 * x)", "a number inside a linear function"),
    ("(-A).T", "a sign inside a transpose"),
    ("(-x) ** 2", "a sign under an even power"),
    ("1 * x", "a factor 1"),
    ("x / 1", "a factor 1"),
    ("x ** 1", "a power of 1 or 0"),
    ("x ** (3 - 1)", "numbers not folded"),
    ("2 * (a / 2)", "numbers not folded"),
    ("a / 2 * (2 * x)", "numbers not folded"),
    ("2 * x / 4", "numbers not folded"),
    ("x / 2 / 3", "numbers not folded"),
    ("x * 2", "a number that could stand in front"),
    ("0 * x", "a zero factor"),
    ("x + 0", "a zero term"),
    ("A.T.T", "a double transpose"),
    ("(A @ B.T).T", "a transposed product that could be turned"),
    ("(A / a).T", "a transposed product that could be turned"),
    ("outer(x, u).T", "a transposed product that could be turned"),
    ("(A.T + B.T).T", "a transposed sum that could be turned"),
    ("a * exp(x) / exp(x)", "a factor that cancels"),
    ("fill(a, x)", "fill"),
    ("a / count(x)", "count"),
    ("identity(x)", "identity"),
]
CLEAN = [
    "2 * a * x", "a * x / 2", "2 / 3 * x", "1 / (1 + x ** 2)", "x - u", "-x", "-2 * x", "-a * x - u", "a * (1 - x)", "-a * (1 - x)",
    "(A @ B).T", "A.T @ B", "(A * B).T", "x * x", "2 * (x + u) - x", "x / u * a", "sum(x) * x", "tril(A)", "a * exp(x) / exp(2 * x)",
    "A @ x + x @ A", "-(x + u) / 2",
]  # fmt: skip
VALUES = {name: np.random.default_rng(0).uniform(1, 2, [SIZES.get(size, size) for size in KINDS[kind]]) for name, kind in GIVEN.items()}


@pytest.mark.parametrize(("text", "kind"), PLANTED)
def test_a_planted_fault_is_seen(text, kind):
    evaluate(tree := tree_of(text), VALUES)
    assert kind in [fault.partition(":")[0] for fault in faults(tree)]


@pytest.mark.parametrize("text", CLEAN)
def test_what_is_well_written_has_no_fault(text):
    evaluate(tree := tree_of(text), VALUES)
    assert faults(tree) == []


def test_a_wrong_value_or_shape_is_seen(monkeypatch):
    graph = parse("J = norm2(x)", x=[3])
    assert [wrong for _, wrong, _ in checked(graph)] == ["", ""]
    assert difference(np.ones(3), np.ones((1, 3))) == "shape (3,), not (1, 3)"
    assert difference(np.ones(3), np.ones(3) + 1e-6).startswith("off by 1e-06")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("J = sum(x * (log(x) - u))", "x_bar = J_bar * (1 + log(x) - u)"),
        ("J = a + norm2(x - u) / (2 * s ** 2)", "s_bar = -J_bar * norm2(x - u) / s ** 3"),
        ("J = x @ u / a", "a_bar = -J_bar * J / a"),
    ],
)
def test_what_stands_above_and_below_the_line_cancels(text, line):
    given = {name: LEAVES[name] for name in ("a", "s", "u", "x") if re.search(rf"\b{name}\b", text)}
    lines = derive(parse(text, **given)).to("text").split("\n")
    assert line in lines
