"""Networks whose derivations are read and evaluated: written out, one for each way of using a variable; and drawn at random."""

from __future__ import annotations

import numpy as np

from a1viz.graph.equations import parse
from a1viz.graph.nodes import Graph

SIZES = {"D": 3, "H": 4, "K": 5, "N": 2}
LEAVES = {
    "a": [], "b": [], "s": [], "x": ["D"], "u": ["D"], "v": ["D"], "t": {"class": "K"}, "y_true": ["K"], "beta": ["H"], "gamma": ["D"], "c": ["K"], "w": ["D"],
    "W": ["H", "D"], "V": ["K", "H"], "A": ["D", "D"], "B": ["D", "D"], "X": ["N", "D"], "Y": ["N", "K"], "R": ["N", "D"], "M": ["D", "H"], "n": ["N"],
    "col": ["N", 1], "row": [1, "D"], "labels": {"class": "K", "shape": ["N"]}, "E": ["K", "D"],
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
    "attention": "Q = X @ A; P = X @ B; S = Q @ P.T / sqrt(D); F = softmax(S) @ X; J = norm2(F - R)",
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
    "ridge": "e = X @ w - n; J = norm2(e) / N + a * norm2(w)",
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
    "used four times": "J = norm2(x) + x @ u + sum(x) * a + x @ A @ x",
}  # fmt: skip


def written(name: str) -> Graph:
    text = WRITTEN[name]
    names = {leaf for leaf in LEAVES if leaf in set("".join(c if c.isalnum() or c == "_" else " " for c in text).split())}
    return parse(text, **{leaf: LEAVES[leaf] for leaf in LEAVES if leaf in names})


# --- random networks ---------------------------------------------------------------------------------------------------------------

SHAPES = {"scalar": [], "vector": [3], "matrix": [3, 3], "column": [3, 1], "row": [1, 3]}
GIVEN = {"a": "scalar", "b": "scalar", "x": "vector", "u": "vector", "A": "matrix", "B": "matrix", "c": "column", "r": "row"}
ENTRYWISE = ("{0} + {1}", "{0} - {1}", "{0} * {1}", "{0} / (2 + {1} ** 2)", "{0} * {0}", "{0} - {0} / 3", "2 * {0}", "{0} / 4", "-{0}", "{0} ** 2", "1 - {0}",
             "relu({0})", "exp({0} / 4)", "tanh({0})", "sigmoid({0})", "{0} + {0}", "-(-{0})", "{0} / 2 * {1}", "3 * ({0} - {1})", "0.5 * {0} + {0} * {1}")  # fmt: skip
OTHERS = {  # what gives each kind, from operands of which kinds
    "scalar": ["sum({vector})", "mean({vector})", "norm2({vector})", "{vector} @ {vector}", "sum({matrix})", "mean({matrix})", "norm2({matrix})", "sum({row})",
               "norm2({column})", "{vector} @ {matrix} @ {vector}", "trace({matrix})", "sum({matrix} * {matrix})", "mean({vector} ** 2)"],
    "vector": ["{matrix} @ {vector}", "{vector} @ {matrix}", "{matrix}.T @ {vector}", "softmax({vector})", "sum({matrix}, axis=0)", "mean({matrix}, axis=1)",
               "{scalar} * {vector}", "{vector} / (1 + {scalar} ** 2)", "{vector} - mean({vector})", "sum({column} * {row}, axis=1)", "{vector} + {scalar}"],
    "matrix": ["{matrix} @ {matrix}", "{matrix}.T", "({matrix} @ {matrix}).T", "{matrix} @ {matrix}.T", "outer({vector}, {vector})", "softmax({matrix})",
               "{column} * {row}", "{column} @ {row}", "{scalar} * {matrix}", "{matrix} + {vector}", "{matrix} * {row}", "{matrix} - {column}", "({matrix} * {matrix}).T",
               "{matrix} - mean({matrix}, axis=1, keepdims=True)", "{matrix} / (1 + {scalar} ** 2)"],
    "column": ["{row}.T", "sum({matrix}, axis=1, keepdims=True)", "{matrix} @ {column}", "{scalar} * {column}", "mean({matrix}, axis=1, keepdims=True)"],
    "row": ["{column}.T", "sum({matrix}, axis=0, keepdims=True)", "{row} @ {matrix}", "{scalar} * {row}", "mean({matrix}, axis=0, keepdims=True)"],
}  # fmt: skip


def drawn_text(rng: np.random.Generator) -> str:
    """The equations of a random network: a few variables, each of earlier ones, and a scalar loss of what nobody used."""
    kinds, lines = dict(GIVEN), []
    for k in range(rng.integers(1, 5)):
        kind = str(rng.choice(list(SHAPES), p=[0.15, 0.3, 0.35, 0.1, 0.1]))
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
        return form.format(*(f"({_expression(rng, kind, kinds, depth - 1)})" for _ in range(2)))
    form = str(rng.choice(OTHERS[kind]))
    for other in SHAPES:
        while f"{{{other}}}" in form:
            form = form.replace(f"{{{other}}}", f"({_expression(rng, other, kinds, depth - 1)})", 1)
    return form


def drawn(seed: int) -> Graph:
    text = drawn_text(np.random.default_rng(seed))
    return parse(text, loss="J", **{name: SHAPES[kind] for name, kind in GIVEN.items()})
