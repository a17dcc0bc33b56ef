"""The gallery of a course: each network against its formula in plain NumPy, one example at a time, values and gradients."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import a1viz

# --- formulas, as the sources have them; a block's parameter `C.W` is the argument C_W -------------------------------------------


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(scores):
    e = np.exp(scores - scores.max())
    return e / e.sum()


def cross_entropy(scores, label):
    return -np.log(softmax(scores)[label])


def softmax_regression(x, t, W, b):
    return {"J": cross_entropy(W @ x + b, t)}


def mlp_softmax(x, W1, b1, W2, b2):
    return {"J": cross_entropy(W2 @ np.maximum(W1 @ x + b1, 0) + b2, 1)}


def mlp_squared_error(i, target, W1, b1, W2, b2):
    h = sigmoid(W1 @ i + b1)
    return {"E_total": sum((target - sigmoid(W2 @ h + b2)) ** 2) / 2}


def ridge(X, t, alpha, w):
    return {"L": sum((X[k] @ w - t[k]) ** 2 for k in range(len(t))) + alpha * sum(w**2)}


def dropout(x, m, t, W1, b1, W2, b2):
    h = np.maximum(W1 @ x + b1, 0)
    return {"J": cross_entropy(W2 @ (2 * m * h) + b2, t)}


def batch_norm(X, T, gamma, beta):
    mu = sum(X) / len(X)
    v = sum((X - mu) ** 2) / len(X)
    return {"J": sum(sum((gamma * (X[k] - mu) / np.sqrt(v + 1e-5) + beta - T[k]) ** 2) for k in range(len(X))) / X.size}


def normalised(x, gamma, beta):
    mu = sum(x) / len(x)
    return gamma * (x - mu) / np.sqrt(sum((x - mu) ** 2) / len(x) + 1e-5) + beta


def layer_norm(x, t, gamma, beta):
    return {"J": sum((normalised(x, gamma, beta) - t) ** 2) / 2}


def residual_block(x, t, W1, b1, W2, b2):
    return {"J": sum((x + W2 @ np.maximum(W1 @ x + b1, 0) + b2 - t) ** 2) / 2}


def rnn_cell(h_prev, x, W, U, b):
    return {"h": np.tanh(W @ x + U @ h_prev + b)}


def rnn(letters, t, h0, W_y, b_y, C_W, C_U, C_b):
    h, J, states = h0, 0, {}
    for k, (letter, label) in enumerate(zip(letters, t, strict=True), 1):
        h = np.tanh(C_W[:, letter] + C_U @ h + C_b)
        states[f"h{k}"] = h
        J = J + cross_entropy(W_y @ h + b_y, label)
    return {"J": J, **states}


def lstm_cell(h_prev, c_prev, x, W_i, U_i, b_i, W_f, U_f, b_f, W_o, U_o, b_o, W_g, U_g, b_g):
    i, f, o = (sigmoid(W @ x + U @ h_prev + b) for W, U, b in ((W_i, U_i, b_i), (W_f, U_f, b_f), (W_o, U_o, b_o)))
    c = f * c_prev + i * np.tanh(W_g @ x + U_g @ h_prev + b_g)
    return {"h": o * np.tanh(c), "c": c}


def lstm(X, h0, c0, t, w, b, **cell):
    h, c = h0, c0
    for x in X:
        h, c = lstm_cell(h, c, x, **{name.removeprefix("C_"): value for name, value in cell.items()}).values()
    return {"J": (w @ h + b - t) ** 2 / 2, "h": h, "c": c}


def gru_cell(h_prev, x, W_z, U_z, b_z, W_r, U_r, b_r, W_h, U_h, b_h):
    z, r = sigmoid(W_z @ x + U_z @ h_prev + b_z), sigmoid(W_r @ x + U_r @ h_prev + b_r)
    return {"h": z * h_prev + (1 - z) * np.tanh(W_h @ x + U_h @ (r * h_prev) + b_h), "z": z}


def gru(X, h0, t, W, b, **cell):
    h = h0
    for x in X:
        h = gru_cell(h, x, **{name.removeprefix("C_"): value for name, value in cell.items()})["h"]
    return {"J": cross_entropy(W @ h + b, t), "h": h}


def attended(X, W_Q, W_K, W_V, is_causal):
    """One head, a row at a time: the rows' averages and the weights."""
    rows, weights = [], np.zeros((len(X), len(X)), X.dtype)
    for k, x in enumerate(X):
        seen = X[: k + 1] if is_causal else X
        weights[k, : len(seen)] = softmax(np.array([(x @ W_Q) @ (other @ W_K) for other in seen]) / np.sqrt(X.dtype.type(W_Q.shape[1])))
        rows.append(sum(weight * (other @ W_V) for weight, other in zip(weights[k], seen, strict=False)))
    return np.array(rows), weights


def attention(X, W_Q, W_K, W_V):
    Y, A = attended(X, W_Q, W_K, W_V, True)
    return {"Y": Y, "A": A}


def multi_head_attention(X, W_Q, W_K, W_V, W_O, is_causal=False):
    heads = [attended(X, *matrices, is_causal) for matrices in zip(W_Q, W_K, W_V, strict=True)]
    return {
        "Y": np.concatenate([rows for rows, _ in heads], axis=1) @ np.concatenate(W_O),
        "A": np.array([weights for _, weights in heads]),
    }


def transformer_block(X, gamma1, beta1, W_Q, W_K, W_V, W_O, gamma2, beta2, W1, b1, W2, b2):
    N = np.array([normalised(x, gamma1, beta1) for x in X])
    Z = X + multi_head_attention(N, W_Q, W_K, W_V, W_O, True)["Y"]
    rows = []
    for z in Z:
        rows.append(z + np.maximum(normalised(z, gamma2, beta2) @ W1 + b1, 0) @ W2 + b2)
    return {"Y": np.array(rows)}


def language_model(words, t, E, P, **layers):
    X = np.array([E[word] + P[k] for k, word in enumerate(words)])
    for prefix in ("L1_", "L2_"):
        X = transformer_block(X, **{name.removeprefix(prefix): value for name, value in layers.items() if name.startswith(prefix)})["Y"]
    return {"J": sum(cross_entropy(E @ x, label) for x, label in zip(X, t, strict=True)) / len(t)}


def convolution_1d(X, t, K, b, W, c):
    Z = np.array([[(X[:, k : k + 3] * kernel).sum() + bias[0] for k in range(6)] for kernel, bias in zip(K, b, strict=True)])
    P = np.array([[max(row[k], row[k + 1], 0) for k in (0, 2, 4)] for row in Z])
    return {"J": cross_entropy(W @ P.ravel() + c, t), "Z": Z, "P": P}


def convolution_2d(X, t, K, b, W, c):
    def pooled(kernel, bias, i, j):
        return max(0, *((X[:, k : k + 3, m : m + 3] * kernel).sum() + bias for k in (i, i + 1) for m in (j, j + 1)))

    P = np.array([[[pooled(kernel, bias[0, 0], i, j) for j in (0, 2)] for i in (0, 2)] for kernel, bias in zip(K, b, strict=True)])
    return {"J": cross_entropy(W @ P.ravel() + c, t), "P": P}


def negative_sampling(w, o, negatives, E, C):
    return {"J": -np.log(sigmoid(C[o] @ E[w])) - sum(np.log(sigmoid(-(C[k] @ E[w]))) for k in negatives)}


def glove(X, W, C, b, c):
    J = 0
    for i, j in itertools.product(range(len(X)), repeat=2):
        if X[i, j] > 0:
            J = (
                J
                + min((W.dtype.type(X[i, j]) / 100) ** W.dtype.type(0.75), 1)
                * (W[i] @ C[j] + b[i, 0] + c[j] - np.log(W.dtype.type(X[i, j]))) ** 2
            )
    return {"J": J}


def info_nce(X, Y, tau):
    def cosine(a, b):
        return a @ b / np.sqrt((a @ a) * (b @ b))

    return {"J": sum(cross_entropy(np.array([cosine(x, y) for y in Y]) / tau, k) for k, x in enumerate(X)) / len(X)}


def siamese(x1, x2, s, W, b):
    D = np.sqrt(sum((np.tanh(W @ x1 + b) - np.tanh(W @ x2 + b)) ** 2))
    return {"J": D**2 / 2 if s else max(2 - D, 0) ** 2 / 2, "D": D}


def vae(x, epsilon, W1, b1, W_mu, b_mu, W_s, b_s, W2, b2):
    h = np.tanh(W1 @ x + b1)
    mu, sigma = W_mu @ h + b_mu, np.exp((W_s @ h + b_s) / 2)
    y = sigmoid(W2 @ (mu + sigma * epsilon) + b2)
    R = -sum(p * np.log(q) + (1 - p) * np.log(1 - q) for p, q in zip(x, y, strict=True))
    K = sum((m**2 + v**2) / 2 - np.log(v) - 1 / 2 for m, v in zip(mu, sigma, strict=True))
    return {"J": R + K, "R": R, "K": K}


def gan(x, z, W_G, b_G, W, b, w, c):
    real, fake = (sigmoid(w @ np.tanh(W @ seen + b) + c) for seen in (x, W_G @ z + b_G))
    return {"J_D": -np.log(real) - np.log(1 - fake), "J_G": -np.log(fake)}


def gaussian_mixture(x, a, M, s):
    def density(mu, sigma):
        return np.exp(-sum((x - mu) ** 2) / (2 * sigma**2)) / (2 * np.longdouble(np.pi) * sigma**2) ** (len(x) / 2)

    parts = np.array([weight * density(mu, np.exp(log)) for weight, mu, log in zip(softmax(a), M, s, strict=True)])
    return {"J": -np.log(sum(parts)), "l": np.log(parts)}


def mixture_of_experts(x, t, W_g, W, b):
    parts = softmax(W_g @ x) * np.exp(-((W @ x + b - t) ** 2) / 2)
    return {"J": -np.log(sum(parts)), "l": np.log(parts)}


def hmm_forward(o, p, A, B):
    total = 0
    for path in itertools.product(range(len(p)), repeat=len(o)):
        steps = math.prod(A[i, j] for i, j in itertools.pairwise(path))
        total = total + p[path[0]] * steps * math.prod(B[symbol, state] for symbol, state in zip(o, path, strict=True))
    return {"J": -np.log(total)}


def crf(X, y, W, A):
    def score(labels):
        steps = sum(A[i, j] for i, j in itertools.pairwise(labels))
        return sum(x @ W[:, label] for x, label in zip(X, labels, strict=True)) + steps

    total = sum(np.exp(score(labels)) for labels in itertools.product(range(len(A)), repeat=len(X)))
    return {"J": np.log(total) - score(y)}


def graph_convolution(A, X, m, t, W1, W2):
    def averaged(rows):
        near = [[(j, A[i, j] + (i == j)) for j in range(len(A))] for i in range(len(A))]
        degree = [sum(weight for _, weight in row) for row in near]
        return [sum(weight * rows[j] / np.sqrt(degree[i] * degree[j]) for j, weight in row) for i, row in enumerate(near)]

    H = averaged([np.maximum(row @ W1, 0) for row in averaged(X)])
    losses = [cross_entropy(row @ W2, label) for row, label in zip(H, t, strict=True)]
    return {"J": sum(weight * loss for weight, loss in zip(m, losses, strict=True)) / sum(m), "Y": np.array([row @ W2 for row in H])}


def hopfield(s, P):
    pairs = [(i, j) for i in range(len(s)) for j in range(len(s)) if i != j]
    loops = sum((sum(p[i] ** 2 for p in P) / len(s) - len(P) / len(s)) * s[i] ** 2 for i in range(len(s)))  # zero where patterns are signs
    return {"E": -(sum(sum(p[i] * p[j] for p in P) / len(s) * s[i] * s[j] for i, j in pairs) + loops) / 2}


FORMULAS = {
    f.__name__: f
    for f in (
        softmax_regression, mlp_softmax, mlp_squared_error, ridge, dropout, batch_norm, layer_norm, residual_block, rnn_cell, rnn,
        lstm_cell, lstm, gru_cell, gru, attention, multi_head_attention, transformer_block, language_model, convolution_1d, convolution_2d,
        negative_sampling, glove, info_nce, siamese, vae, gan, gaussian_mixture, mixture_of_experts, hmm_forward, crf, graph_convolution,
        hopfield,
    )
}  # fmt: skip


# --- values ---------------------------------------------------------------------------------------------------------------------


DRAWN = {  # leaves that take only some values
    ("dropout", "m"): lambda rng: rng.integers(2, size=4),
    **{
        ("hmm_forward", name): lambda rng, shape=shape: rng.uniform(0.1, 1, shape)
        for name, shape in (("p", 2), ("A", (2, 2)), ("B", (3, 2)))
    },
    ("info_nce", "tau"): lambda rng: rng.uniform(0.5, 2),
    ("graph_convolution", "A"): lambda rng: rng.integers(2, size=(4, 4)),
    ("graph_convolution", "m"): lambda rng: np.array([1, *rng.integers(2, size=3)]),
}


def drawn(graph, rng, batch=()):
    """Random values for all leaves; those that are given for each example with a batch axis in front."""
    sizes, values = graph.document.sizes, {}
    for node in graph.leaves:
        lead = () if node.op == "parameter" else batch
        shape = tuple(sizes.get(size, size) for size in node.shape)
        if node.op == "label":
            values[node.name] = rng.integers(sizes.get(node.value, node.value), size=lead + shape)
        else:
            one = DRAWN.get((graph.name, node.name), lambda rng, shape=shape: rng.standard_normal(shape))
            parts = [one(rng) for _ in range(math.prod(lead))]
            values[node.name] = np.array(parts, dtype=float).reshape(lead + shape)
    return values


def formula(name, values):
    found = FORMULAS[name](**{leaf.replace(".", "_"): value for leaf, value in values.items()})
    return {key: np.asarray(value) for key, value in found.items()}


def seeds(graph):
    """What is differentiated: the loss, or the outputs with the document's error signals."""
    document = graph.document
    return dict(document.cotangents) or {document.loss or graph.outputs[0]: 1.0}


def differentiated(graph, values, leaf):
    """The gradient of one leaf by differences of the formula, in long doubles, extrapolated to an error of h ** 4."""
    exact = {name: value if value.dtype.kind == "i" else value.astype(np.longdouble) for name, value in values.items()}

    def loss(shift):
        found = formula(graph.name, {**exact, leaf: exact[leaf] + shift})
        return sum((np.asarray(bar) * found[name]).sum() for name, bar in seeds(graph).items())

    gradient = np.zeros(values[leaf].shape, np.longdouble)
    for place in np.ndindex(gradient.shape):
        step = np.zeros(gradient.shape, np.longdouble)
        step[place] = np.longdouble(2) ** -12
        near, far = (loss(step) - loss(-step)), (loss(2 * step) - loss(-2 * step))
        gradient[place] = (8 * near - far) / (12 * step[place])
    return gradient.astype(float)


# --- tests ------------------------------------------------------------------------------------------------------------------------


def test_every_network_of_the_course_has_a_formula_and_every_formula_a_network():
    assert {name for name in a1viz.catalogue() if not a1viz.load(name).document.topic.startswith("question")} == set(FORMULAS)


@pytest.mark.parametrize("name", FORMULAS)
def test_a_network_computes_its_formula_on_random_values(name):
    g = a1viz.load(name)
    for seed in range(3):
        values = drawn(g, np.random.default_rng(seed))
        found, wanted = a1viz.run(g, trace=True, **values), formula(name, values)
        assert set(g.outputs) <= set(wanted)
        for key, want in wanted.items():
            np.testing.assert_allclose(found[key], want, rtol=1e-9, atol=1e-12, err_msg=key)


@pytest.mark.parametrize("name", FORMULAS)
def test_a_batch_of_examples_is_each_of_them(name):
    g = a1viz.load(name)
    values = drawn(g, np.random.default_rng(7), batch=(3,))
    found = a1viz.run(g, **values)
    for k in range(3):
        wanted = formula(name, {n.name: values[n.name] if n.op == "parameter" else values[n.name][k] for n in g.leaves})
        for key in g.outputs:
            np.testing.assert_allclose(found[key][k], wanted[key], rtol=1e-9, atol=1e-12, err_msg=key)


@pytest.mark.parametrize("name", FORMULAS)
def test_the_gradients_of_a_network_are_those_of_its_formula(name):
    g = a1viz.load(name)
    values = drawn(g, np.random.default_rng(1))
    leaves = [n.name for n in g.leaves if n.op != "label" and (n.op == "parameter" or (name, n.name) not in DRAWN)]
    found = a1viz.grad(g, wrt=leaves, **values)
    for leaf in leaves:
        np.testing.assert_allclose(found[f"{leaf}_bar"], differentiated(g, values, leaf), rtol=1e-7, atol=1e-9, err_msg=leaf)
