"""What the norms are computed from, and what is counted once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from a1viz.gradients.norm_graphs import FORMED, UNFORMED
from a1viz.gradients.norms import gradient_norms
from a1viz.graph.documents import load
from a1viz.graph.equations import parse
from a1viz.graph.nodes import Graph


def without_w1() -> Graph:
    """A document that gives no value of W1."""
    graph = load("gated_network")
    values = {name: value for name, value in graph.document.values.items() if name != "W1"}
    return replace(graph, document=replace(graph.document, values=values))


def drawn(seed: int) -> float:
    """A norm of it."""
    return float(gradient_norms(without_w1(), rng=np.random.default_rng(seed))["W4"])


def test_what_a_document_gives_no_value_is_drawn_from_the_generator():
    assert drawn(0) == drawn(0) != drawn(1)


def test_what_one_generator_drew_is_not_kept_for_the_next():
    graph = without_w1()
    found = [gradient_norms(graph, rng=np.random.default_rng(seed))["W4"] for seed in (0, 1)]
    assert found == [drawn(0), drawn(1)]
    assert gradient_norms(graph)["W4"] == gradient_norms(without_w1())["W4"] not in found


def test_what_cancels_in_a_sequence_is_never_less_than_0():
    """A weight used at two steps whose contributions nearly cancel: the norm is a sum of products of which none is a square."""
    graph = parse("J = sum(S * (W @ X))", {"W": [3, 40]}, X=[40, 2], S=[3, 2])
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 40, 1)).astype("f")
    X, S = np.concatenate([x, x * np.float32(1 + 1e-6)], axis=-1), np.array([[1, -1]] * 3, "f")
    found = gradient_norms(graph, "identities", X=X, S=S, W=np.ones((3, 40), "f"))
    assert found.how["W"] == UNFORMED
    assert found["W"].min() >= 0 and (found["W"] == 0).any()


def test_for_many_examples_what_depends_on_none_hardly_counts():
    """C C^T is the larger part of the identities' way, and the same for every example."""
    graph = parse("J = sum(S * (W @ C))", {"W": [2, 10], "C": [10, 5]}, S=[2, 5])
    rng = np.random.default_rng(0)
    values = {name: rng.standard_normal(shape) for name, shape in (("W", (2, 10)), ("C", (10, 5)), ("S", (1000, 2, 5)))}
    one, many = gradient_norms(graph, **{**values, "S": values["S"][0]}), gradient_norms(graph, **values)
    assert (one.how["W"], many.how["W"]) == (FORMED, UNFORMED)
    np.testing.assert_allclose(many["W"][0], one["W"], rtol=1e-12)


def test_a_gradient_that_is_formed_transposed_is_formed():
    graph = parse("J = norm2(W.T * X)", {"W": [2, 3]}, X=[3, 2])
    assert gradient_norms(graph, "identities", W=np.ones((2, 3)), X=np.ones((5, 3, 2))).how["W"] == FORMED
