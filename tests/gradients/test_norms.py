"""What the norms are computed from, and what is counted once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from a1viz.gradients.norms import gradient_norms
from a1viz.graph.documents import load


def drawn(seed: int) -> float:
    """A norm of a document that gives no value of W1."""
    graph = load("gated_network")
    values = {name: value for name, value in graph.document.values.items() if name != "W1"}
    graph = replace(graph, document=replace(graph.document, values=values))
    return float(gradient_norms(graph, rng=np.random.default_rng(seed))["W4"])


def test_what_a_document_gives_no_value_is_drawn_from_the_generator():
    assert drawn(0) == drawn(0) != drawn(1)
