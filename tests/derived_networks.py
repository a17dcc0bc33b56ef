"""Networks whose derivations are read and evaluated: written out, one for each way of using a variable; and drawn at random."""

from __future__ import annotations

import re

import numpy as np

from a1viz.graph.equations import parse
from a1viz.graph.nodes import Graph

SIZES = {"D": 3, "H": 4, "K": 5, "N": 2}
LEAVES = {
    "a": [], "b": [], "s": [], "x": ["D"], "u": ["D"], "v": ["D"], "w": ["D"], "gamma": ["D"], "beta": ["H"], "c": ["K"], "n": ["N"],
    "y_true": ["K"], "W": ["H", "D"], "V": ["K", "H"], "A": ["D", "D"], "B": ["D", "D"], "E": ["K", "D"], "X": ["N", "D"],
    "R": ["N", "D"], "Y": ["N", "K"], "M": ["D", "H"], "col": ["N", 1], "row": [1, "D"],
    "t": {"class": "K"}, "labels": {"class": "K", "shape": ["N"]},
}  # fmt: skip
WRITTEN = {
    "squared error": "y = V @ tanh(W @ x); J = norm2(y - y_true)",
    "half squared error": "y = V @ tanh(W @ x); J = norm2(y - y_true) / 2",
    "squared error by hand": "e = W @ x - beta; J = sum(e ** 2) / 2",
    "mean squared error": "P = tanh(X @ A.T); J = mean((P - R) ** 2)",
    "mean squared error, sum over n": "e = X @ w - n; J = norm2(e) / N",
    "mean absolute error": "e = X @ w - n; J = mean(abs(e))",
    "cross-entropy": "y = V @ tanh(W @ x); p = softmax(y); J = -log(p)[t]",
    "cross-entropy, one expression": "J = -log_softmax(V @ relu(W @ x + beta) + c)[t]",
    "mean cross-entropy": "Z = X @ E.T; J = -mean(pick(log_softmax(Z), labels))",
    "binary cross-entropy": "z = w @ x; y = sigmoid(z); J = -(a * log(y) + (1 - a) * log(1 - y))",
    "hinge": "m = a * (w @ x); J = hinge(m)",
    "huber": "e = X @ w - n; J = sum(huber(e, 1))",
    "log likelihood of a normal": "q = norm2(x - u) / (2 * exp(2 * s)); J = q + D * s",
    "divergence of two normals": "J = -sum(1 + s - u ** 2 - exp(s)) / 2",
    "deep network": "h1 = tanh(A @ x + u); h2 = tanh(A @ h1 + u); h3 = tanh(B @ h2 + v); J = norm2(h3)",
    "deep network of one variable": "h = A @ relu(B @ relu(A @ relu(B @ x))); J = norm2(h) / 2",
    "batch norm": "m = mean(X, axis=0); q = var(X, axis=0); Z = (X - m) / sqrt(q + 1e-5); F = gamma * Z + u; J = norm2(F - R) / 2",
    "batch norm by hand": "m = mean(X, axis=0); C = X - m; q = mean(C ** 2, axis=0); F = C / sqrt(q + 1e-5); J = sum(F * R)",
    "layer norm": "m = mean(x); q = var(x); z = (x - m) / sqrt(q + 1e-5); y = gamma * z + u; J = norm2(y - v) / 2",
    "layer norm of rows": "F = (X - mean(X, axis=1, keepdims=True)) / std(X, axis=1, keepdims=True); J = norm2(F - R)",
    "root mean square norm": "y = gamma * x / sqrt(mean(x ** 2) + 1e-5); J = y @ u",
    "attention of rows": "Q = X @ A; P = X @ B; S = Q @ P.T / sqrt(D); F = softmax(S) @ X; J = norm2(F - R)",
    "attention, one variable": "F = softmax((X @ A) @ (X @ B).T / 2) @ X; J = sum(F * R)",
    "self-attention, tied": "S = X @ A @ X.T / sqrt(D); F = softmax(S) @ X; J = mean(F)",
    "residual": "h = x + A @ relu(B @ x); g = h + A @ relu(B @ h); J = norm2(g) / 2",
    "highway": "g = sigmoid(A @ x); y = g * tanh(B @ x) + (1 - g) * x; J = norm2(y)",
    "weight used twice": "h = tanh(A @ x); y = A @ h; J = norm2(y)",
    "weight and its transpose": "h = tanh(W @ x); y = W.T @ h; J = norm2(y - x)",
    "symmetric part": "S = (A + A.T) / 2; y = S @ x; J = y @ u",
    "antisymmetric part": "S = A - A.T; J = norm2(S @ x)",
    "gram matrix": "G = A @ A.T; J = norm2(G - B)",
    "quadratic form": "J = x @ A @ x / 2 - u @ x",
    "ridge regression": "e = X @ w - n; J = norm2(e) / N + a * norm2(w)",
    "ridge of two layers": "e = V @ (W @ x) - c; J = norm2(e) + 0.1 * norm2(W) + 0.1 * norm2(V)",
    "elastic net": "e = X @ w - n; J = norm2(e) / (2 * N) + a * norm2(w) / 2 + b * sum(abs(w))",
    "double minus": "y = -(-x); z = -y; J = -norm2(-z)",
    "differences": "d = x - (u - v); J = norm2(d) - norm2(x - u)",
    "times constants": "y = 2 * (3 * x); z = y / 4; J = 5 * sum(z * u) / 10",
    "a constant added": "y = 1 + x + 2; J = norm2(y - 3)",
    "powers": "J = sum(x ** 3) + sum(u ** 2) + sum(exp(v) ** 0.5)",
    "transposed product": "Z = (A @ B.T).T; J = sum(Z * A)",
    "transposed triple": "Z = (A @ B @ A).T; J = norm2(Z)",
    "outer products": "Z = outer(x, u) + outer(u, x); J = norm2(Z - A)",
    "trace": "J = trace(A @ B.T) + trace(A.T @ A)",
    "sum over one axis": "r = sum(X, axis=1); q = sum(X, axis=0); J = norm2(r) + norm2(q)",
    "mean over axes": "r = mean(X, axis=1); q = mean(X, axis=0); J = norm2(r) / 2 + q @ u",
    "mean of a product": "J = mean(X * R) - mean(X) * mean(R)",
    "column and row": "Z = col * row + X; J = norm2(Z) / 2",
    "broadcast sums": "Z = col + row; J = norm2(Z - R) / N",
    "scalar times all": "Z = s * X + a; J = sum(Z * R)",
    "cosine": "J = x @ u / (norm(x) * norm(u))",
    "quotients": "q = x / (1 + u ** 2); J = sum(q / (2 + v ** 2))",
    "quotient of sums": "J = sum(exp(x) * u) / sum(exp(x))",
    "log-sum-exp": "J = logsumexp(A @ x) - u @ x",
    "largest": "h = maximum(W @ x, beta); J = max(h) + sum(minimum(x, u))",
    "gate": "z = sigmoid(A @ x); h = (1 - z) * u + z * tanh(B @ x + v); J = h @ h",
    "embedding": "e = E[t]; J = norm2(A @ e - u)",
    "contrastive": "S = X @ R.T / s; J = -mean(diag(log_softmax(S)))",
    "entries": "y = W @ x; J = y[0] * y[1] - y[2] ** 2",
    "a condition that is rewritten": "h = where(B / exp(B) > 0, B / exp(B), A); J = sum(h * B)",
    "a quotient that is rewritten": "h = X / exp(X) @ sum(R, axis=0, keepdims=True).T; J = sum(h)",
    "the same product in another order": "h = col * row * (X * row); J = mean(h)",
    "used four times": "J = norm2(x) + x @ u + sum(x) * a + x @ A @ x",
}  # fmt: skip


def written(name: str) -> Graph:
    text = WRITTEN[name]
    names = {leaf for leaf in LEAVES if leaf in set("".join(c if c.isalnum() or c == "_" else " " for c in text).split())}
    return parse(text, **{leaf: LEAVES[leaf] for leaf in LEAVES if leaf in names})


# --- random networks ---------------------------------------------------------------------------------------------------------------

KINDS = {
    "scalar": [], "vector": ["D"], "other": ["N"], "matrix": ["N", "D"], "turned": ["D", "N"], "square": ["D", "D"],
    "column": ["N", 1], "row": [1, "D"], "cube": [2, "N", "D"],
}  # fmt: skip
GIVEN = {
    "a": "scalar", "b": "scalar", "x": "vector", "u": "vector", "n": "other", "X": "matrix", "R": "matrix", "F": "turned",
    "A": "square", "B": "square", "c": "column", "r": "row", "C": "cube",
}  # fmt: skip
ENTRYWISE = (
    "{0} + {1}", "{0} - {1}", "{0} * {1}", "{0} / (2 + {1} ** 2)", "{0} * {0}", "{0} - {0} / 3", "2 * {0}", "{0} / 4", "-{0}",
    "{0} ** 2", "1 - {0}", "relu({0})", "exp({0} / 4)", "tanh({0})", "sigmoid({0})", "{0} + {0}", "-(-{0})", "{0} / 2 * {1}",
    "3 * ({0} - {1})", "0.5 * {0} + {0} * {1}", "{0} ** 3", "{0} / exp({1} / 8)", "sqrt(1 + {0} ** 2)", "log(2 + {0} ** 2)", "abs({0})",
    "maximum({0}, {1})", "where({0} > 0, {0}, {1} / 2)", "1 / (1 + {0} ** 2)", "-{0} * {1} - {0}",
    "{0} * sqrt(3 + {1} ** 2) / sqrt(3 + {1} ** 2)", "(1 + {0} ** 2) ** 0.5", "({0} - {1}) ** 2 / 2", "-({0} - {1}) * {0}",
    "huber({0}, 1)", "clip({0}, -1, 1)", "silu({0})", "softplus(-{0})", "0.1 * {0} / 0.3", "{scalar} * {0}",
    "{0} / (1 + {scalar} ** 2)", "{0} + {scalar}", "1e-5 + {0}",
)  # fmt: skip
MADE = {  # what gives each kind, from operands of which kinds
    "scalar": [
        "sum({vector})", "mean({vector})", "norm2({vector})", "{vector} @ {vector}", "sum({matrix})", "mean({matrix})",
        "norm2({matrix})", "sum({row})", "norm2({column})", "{vector} @ {square} @ {vector}", "trace({square})",
        "sum({matrix} * {matrix})", "mean({vector} ** 2)", "{other} @ {matrix} @ {vector}", "max({vector})", "{vector}[0]",
        "{matrix}[1, 0]", "var({vector})", "std({vector})", "logsumexp({vector})", "norm({vector})", "mean({cube})",
        "trace({matrix} @ {turned})", "sum({vector} ** 3)", "prod({vector})", "log_softmax({vector})[t]",
        "sum(outer({other}, {vector}) * {matrix})", "min({other})",
    ],
    "vector": [
        "{square} @ {vector}", "{vector} @ {square}", "{square}.T @ {vector}", "{turned} @ {other}", "{other} @ {matrix}",
        "softmax({vector})", "sum({matrix}, axis=0)", "mean({turned}, axis=1)", "{vector} - mean({vector})", "{matrix}[0]",
        "diag({square})", "{matrix}.T @ {other}", "({vector} - mean({vector})) / sqrt(var({vector}) + 0.1)", "{row}[0]",
        "log_softmax({vector})", "{vector} / norm({vector})", "E[t]", "sum({cube}, axis=[0, 1])", "max({matrix}, axis=0)",
        "var({matrix}, axis=0)",
    ],
    "other": [
        "{matrix} @ {vector}", "{vector} @ {turned}", "sum({matrix}, axis=1)", "mean({matrix}, axis=-1)", "{matrix}[:, 0]",
        "softmax({other})", "norm2({matrix}, axis=1)", "pick({matrix}, labels)", "std({matrix}, axis=1)", "logsumexp({matrix}, axis=1)",
    ],
    "matrix": [
        "{matrix} @ {square}", "{turned}.T", "({square} @ {turned}).T", "{matrix} @ {square}.T", "outer({other}, {vector})",
        "softmax({matrix})", "{column} * {row}", "{column} @ {row}", "{matrix} + {vector}", "{matrix} * {row}", "{matrix} - {column}",
        "({turned} * {turned}).T", "{matrix} - mean({matrix}, axis=1, keepdims=True)", "{matrix} / sqrt(0.1 + var({matrix}, axis=0))",
        "{cube}[1]", "sum({cube}, axis=0)", "log_softmax({matrix})", "mean({cube}, axis=0)", "softmax({matrix}, axis=0)",
        "{matrix} @ {turned} @ {matrix}", "({matrix} - mean({matrix}, axis=0)) / std({matrix}, axis=0)", "E[labels]",
    ],
    "turned": [
        "{matrix}.T", "{square} @ {turned}", "({matrix} @ {square}).T", "outer({vector}, {other})", "{turned} * {other}",
        "(-{matrix}).T / 2", "{square}.T @ {turned}",
    ],
    "square": [
        "{square} @ {square}", "{square}.T", "({square} @ {square}.T).T", "{turned} @ {matrix}", "{square} + {square}.T",
        "{square} - {square}.T", "outer({vector}, {vector})", "tril({square})", "{square} @ {square} @ {square}", "diag({vector})",
        "{square} * {vector}", "({square} / 2).T", "(-{square}).T", "{matrix}.T @ {matrix}", "softmax(tril({square}))",
    ],
    "column": [
        "sum({matrix}, axis=1, keepdims=True)", "{matrix} @ {row}.T", "mean({matrix}, axis=1, keepdims=True)", "({row} @ {turned}).T",
        "{column} / norm({column})",
    ],
    "row": [
        "sum({matrix}, axis=0, keepdims=True)", "{row} @ {square}", "mean({matrix}, axis=0, keepdims=True)", "{column}.T @ {matrix}",
        "softmax({row})",
    ],
    "cube": [
        "{cube} @ {square}", "{cube} + {matrix}", "{cube} * {vector}", "softmax({cube})",
        "{cube} - mean({cube}, axis=2, keepdims=True)", "{cube} * {column}", "stack({matrix}, {matrix})",
        "{cube} - mean({cube}, axis=[0, 1])",
    ],
}  # fmt: skip


def drawn_text(rng: np.random.Generator) -> str:
    """The equations of a random network: a few variables, each of earlier ones, and a scalar loss of what they are."""
    kinds, lines = dict(GIVEN), []
    for k in range(rng.integers(1, 5)):
        kind = str(rng.choice(list(KINDS)))
        name = f"h{k}"
        lines.append(f"{name} = {_expression(rng, kind, kinds, 2)}")
        kinds[name] = kind
    parts = [name if kinds[name] == "scalar" else f"{rng.choice(['sum', 'norm2', 'mean'])}({name})" for name in kinds if name not in GIVEN]
    loss = " + ".join(str(rng.choice(["", "2 * ", "-"])) + part for part in parts)
    return "\n".join([*lines, f"J = {loss}"])


def _expression(rng: np.random.Generator, kind: str, kinds: dict[str, str], depth: int) -> str:
    own = [name for name, other in kinds.items() if other == kind]
    if depth == 0 or rng.random() < 0.2:
        return str(rng.choice(own))
    if rng.random() < 0.5:
        form = str(rng.choice(ENTRYWISE))
        for k in range(2):
            form = form.replace(f"{{{k}}}", f"({_expression(rng, kind, kinds, depth - 1)})")
    else:
        form = str(rng.choice(MADE[kind]))
    for other in KINDS:
        while f"{{{other}}}" in form:
            form = form.replace(f"{{{other}}}", f"({_expression(rng, other, kinds, depth - 1)})", 1)
    return form


def drawn(seed: int) -> Graph:
    text = drawn_text(np.random.default_rng(seed))
    labels = {
        name: shape
        for name, shape in {"t": {"class": "D"}, "labels": {"class": "D", "shape": ["N"]}, "E": ["D", "D"]}.items()
        if re.search(rf"\b{name}\b", text)
    }
    return parse(text, loss="J", **{name: KINDS[kind] for name, kind in GIVEN.items()}, **labels)
