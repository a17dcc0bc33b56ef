"""Small networks with every way of using a parameter, all sizes different; for the tests of norms and of inner products."""

from __future__ import annotations

import re

import numpy as np

from a1viz.graph.equations import parse
from a1viz.graph.nodes import Graph
from a1viz.graph.sizes import size_of

SIZES = {"D": 3, "H": 4, "K": 5, "T": 2, "R": 1, "U": 6}
PER_EXAMPLE = {
    "x": ["D"], "u": ["D"], "X": ["T", "D"], "Z": ["D", "T"], "M": ["D", "D"], "Y": ["U", "T", "D"], "I": [2, 4, 5], "t": {"class": "K"},
    "w": {"class": "K", "shape": ["T"]}, "words": {"class": "K", "shape": ["T", "U"]},
}  # fmt: skip
PARAMETERS = {
    "s": [], "c": [], "b": ["H"], "b2": ["K"], "r": ["D"], "W": ["H", "D"], "V": ["K", "H"],
    "A": ["D", "D"], "B": ["D", "D"], "F": ["D", "D"],
    "P": ["H", "R"], "Q": ["R", "D"], "unused": ["H", "K"],
    "C": ["U", "D", "H"], "G": ["U", "D", "H"], "O": ["U", "H", "D"], "L": ["T", "D", "D"], "S": ["T", "D"], "a": [6],
    "E": ["K", "D"], "e": ["K"], "kernel": [3, 2, 2, 3],
}  # fmt: skip
NETWORKS = {  # the output is y; J = norm2(y) is the loss of the vectors among them
    "layer": "y = W @ x + b",
    "two layers": "h = tanh(W @ x + b); y = softmax(V @ h + b2)",
    "classifier": "h = relu(W @ x + b); y = -log(softmax(V @ h + b2))[t]",
    "shared": "h = tanh(A @ x); g = tanh(A @ h + r); y = A @ g",
    "shared between inputs": "y = tanh(W @ x) - tanh(W @ u)",
    "tied": "h = tanh(W @ x + b); y = W.T @ h - x",
    "tied, the transpose named": "f = W.T; h = tanh(W @ x); g = f @ h; y = g + f @ tanh(W @ tanh(g))",
    "square and tied": "y = A @ x + A.T @ u + (x @ A @ u) * r",
    "quadratic form": "y = x @ A @ x",
    "signs and multiples": "h = -A @ x; g = (s * A) @ h; y = A @ g",
    "low rank": "y = tanh((P @ Q) @ x)",
    "sequence": "h = tanh(X @ W.T); y = sum(tanh(h @ V.T + b2))",
    "columns": "y = norm2(tanh(A @ Z))",
    "sequence, shared": "y = norm2(tanh(X @ A) @ A)",
    "attention": "f = tanh(X @ A @ B.T @ X.T); y = norm2(f @ X)",
    "weight decay": "y = norm2(W @ x) + c * sum(W * W)",
    "elementwise": "f = tanh(A) * M; y = f @ x",
    "scalar and broadcast": "y = norm2(s * x + r) + norm2(c + A)",
    "bilinear": "y = sum(outer(A @ x, B @ u) * M)",
    "through an indicator": "y = A @ indicator(x) + r * x + indicator(r)",
    "fed by the parameters alone": "f = A @ B; y = f @ x + norm2(f) * r",
    "the parameter itself": "y = r + 0 * x",
    "used three times at once": "f = A + A + A; y = f @ x",
    "in a sum of matrices": "y = (A + M) @ x + (M - A) @ u",
    "stacked": "y = concatenate(W @ x, r)",
    "used along every axis": "y = sum(tanh(Y @ A), axis=[0, 1])",
    "its own weight for each head": "y = sum(tanh(X @ C), axis=[0, 1])",
    "heads of one vector": "y = sum(tanh(x @ C), axis=0)",
    "attention of many heads": "f = softmax(X @ C @ (X @ G).T); y = sum(sum(f @ (X @ G) @ O, axis=0) @ A, axis=0)",
    "layer norm": "m = X - mean(X, axis=-1, keepdims=True); v = mean(m * m, axis=-1, keepdims=True); "
    "f = r * m / sqrt(v + 0.1) + S; y = sum(f @ A, axis=0)",
    "einsum": 'f = tanh(einsum("td,udh->uth", X, C)); y = einsum("uth,uhd->d", f, O)',
    "embedding": "y = sum(tanh(E[w] @ A), axis=0)",
    "embedding of one": "y = tanh(A @ E[t]) + e[t] * r",
    "embedding of many": "y = sum(tanh(E[words]), axis=[0, 1]) + sum(e[words]) * r",
    "embedding tied to the output": "h = tanh(E[w] @ A); y = sum(tanh(h @ E.T), axis=0)",
    "embedding used twice": "y = sum(tanh(E[w]), axis=0) + E[t]",
    "rows of a matrix of vectors": "y = pick(tanh(E @ A @ Z).T, w)",
    "parts": "f = A[0:2] @ x; y = A[1, :] * x + norm2(A[:, 0:2] @ f + A[:, 1:3] @ f) * x",
    "layers in one array": "h = tanh(L[0] @ x); y = tanh(L[1] @ h) + L[0] @ h",
    "weights beside each other": "y = concatenate(W, A, axis=0) @ x",
    "weights below each other": "y = sum(tanh(concatenate(A, B, axis=1) @ concatenate(Z, Z, axis=0)), axis=1)",
    "reshaped": "f = reshape(a, [2, 3]); y = tanh(f @ f.T @ (x[0] * a[0:2])) + f @ (x[1] * a[3:])",
    "reshaped for a sequence": "f = reshape(a, [2, 3]); y = sum(tanh(concatenate(X[:, 0:1], X[:, 1:2], axis=1) @ f) * x[0], axis=0)",
    "axes in another order": "y = sum(tanh(transpose(C, [2, 0, 1]) @ Z), axis=[1, 2])",
    "masked": "y = tanh((A * M) @ (A @ x))",
    "penalty in a sequence": "y = norm2(tanh(X @ A)) + c * norm2(A)",
    "divided by a number": "y = tanh(A / (1 + s * s) @ x) + sum(X @ (A / (2 + x @ x)), axis=0)",
    "convolution": "f = relu(conv2d(I, kernel, padding=1) + c); y = f[:, 1, 1]",
    "rows of each example's own": "y = X @ r",
    "columns of each example's own": "y = r @ Z",
    "many steps": "h0 = x; " + "; ".join(f"h{k + 1} = tanh(A @ h{k} + B @ u + r)" for k in range(10)) + "; y = h10 + 0.1 * (A.T @ h9)",
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
        shape = (*axes, *(size_of(d, SIZES) for d in leaf.shape))
        found[leaf.name] = rng.integers(SIZES["K"], size=shape) if leaf.op == "label" else rng.standard_normal(shape).astype(dtype)
        found[leaf.name] = np.asarray(found[leaf.name])
        found[leaf.name].flags.writeable = False
    return found


def example(graph: Graph, given: dict[str, np.ndarray], k: int) -> dict[str, np.ndarray]:
    """The k-th example of a batch by itself."""
    return {name: value if graph[name].op == "parameter" else value[k] for name, value in given.items()}
