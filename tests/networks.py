"""Small networks with every way of using a parameter, all sizes different; for the tests of norms and of inner products."""

from __future__ import annotations

import re

import numpy as np

from a1viz.graph.equations import parse
from a1viz.graph.nodes import Graph

SIZES = {"D": 3, "H": 4, "K": 5, "T": 2, "R": 1, "D+H": 7}
PER_EXAMPLE = {"x": ["D"], "u": ["D"], "X": ["T", "D"], "Z": ["D", "T"], "M": ["D", "D"], "t": {"class": "K"}}
PARAMETERS = {
    "s": [], "c": [], "b": ["H"], "b2": ["K"], "r": ["D"], "W": ["H", "D"], "V": ["K", "H"],
    "A": ["D", "D"], "B": ["D", "D"], "F": ["D", "D"],
    "P": ["H", "R"], "Q": ["R", "D"], "unused": ["H", "K"],
}  # fmt: skip
NETWORKS = {  # the output is y; J = norm2(y) is the loss of the vectors among them
    "layer": "y = W @ x + b",
    "two layers": "h = tanh(W @ x + b); y = softmax(V @ h + b2)",
    "classifier": "h = relu(W @ x + b); y = -log(softmax(V @ h + b2))[t]",
    "shared": "h = tanh(A @ x); g = tanh(A @ h + r); y = A @ g",
    "shared between inputs": "y = tanh(W @ x) - tanh(W @ u)",
    "tied": "h = tanh(W @ x + b); y = W.T @ h - x",
    "tied, the transpose named": "G = W.T; h = tanh(W @ x); g = G @ h; y = g + G @ tanh(W @ tanh(g))",
    "square and tied": "y = A @ x + A.T @ u + (x @ A @ u) * r",
    "quadratic form": "y = x @ A @ x",
    "signs and multiples": "h = -A @ x; g = (s * A) @ h; y = A @ g",
    "low rank": "y = tanh((P @ Q) @ x)",
    "sequence": "E = tanh(X @ W.T); y = sum(tanh(E @ V.T + b2))",
    "columns": "y = norm2(tanh(A @ Z))",
    "sequence, shared": "y = norm2(tanh(X @ A) @ A)",
    "attention": "E = tanh(X @ A @ B.T @ X.T); y = norm2(E @ X)",
    "weight decay": "y = norm2(W @ x) + c * sum(W * W)",
    "elementwise": "G = tanh(A) * M; y = G @ x",
    "scalar and broadcast": "y = norm2(s * x + r) + norm2(c + A)",
    "bilinear": "y = sum(outer(A @ x, B @ u) * M)",
    "through an indicator": "y = A @ indicator(x) + r * x + indicator(r)",
    "fed by the parameters alone": "G = A @ B; y = G @ x + norm2(G) * r",
    "the parameter itself": "y = r + 0 * x",
    "used three times at once": "G = A + A + A; y = G @ x",
    "in a sum of matrices": "y = (A + M) @ x + (M - A) @ u",
    "stacked": "y = concatenate(W @ x, r)",
}


def network(name: str, loss: bool = False) -> Graph:
    """The graph, with a parameter that nothing uses; with `loss` its output is a scalar."""
    text = NETWORKS[name]
    used = {*re.findall(r"[A-Za-z]\w*", text), "unused"}
    leaves, parameters = ({n: shape for n, shape in kind.items() if n in used} for kind in (PER_EXAMPLE, PARAMETERS))
    graph = parse(text, parameters, name, **leaves)
    return parse(f"{text}; J = norm2(y)", parameters, name, **leaves) if loss and graph["y"].shape else graph


def values(graph: Graph, batch: int | None = None, seed: int = 0, dtype: str = "float64") -> dict[str, np.ndarray]:
    """Read-only values of all leaves, those of the inputs and labels with a batch axis."""
    rng = np.random.default_rng(seed)
    found = {}
    for leaf in graph.leaves:
        axes = () if batch is None or leaf.op == "parameter" else (batch,)
        shape = (*axes, *(SIZES[d] for d in leaf.shape))
        found[leaf.name] = rng.integers(SIZES["K"], size=shape) if leaf.op == "label" else rng.standard_normal(shape).astype(dtype)
        found[leaf.name] = np.asarray(found[leaf.name])
        found[leaf.name].flags.writeable = False
    return found


def example(graph: Graph, given: dict[str, np.ndarray], k: int) -> dict[str, np.ndarray]:
    """The k-th example of a batch by itself."""
    return {name: value if graph[name].op == "parameter" else value[k] for name, value in given.items()}
