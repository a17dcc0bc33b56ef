"""The gated network of question 2.1 in the hands of each: a1viz, careful NumPy, and the peers. For bench_gated.py.

A function makes a task of the values: loss and all gradients, or (forward) the loss alone. The task takes NumPy arrays and gives NumPy
arrays, anew each time; with `own` it keeps parameters and inputs in the peer's own arrays, ready, and leaves its results there.
"""

from __future__ import annotations

import timing  # first: one core, one thread

# isort: split
from collections.abc import Callable
from typing import Any

import numpy as np

import a1viz
from a1viz.plan import Compiled

NAMES = ("x", "W1", "b1", "W2", "b2", "W3", "W4")
Values = dict[str, np.ndarray]
Task = Callable[[], Any]


def values(D: int, N: int) -> Values:
    """Parameters, input and label(s) of a size; one example has no batch axis."""
    rng = np.random.default_rng((D, N))
    found = {f"W{k}": (rng.standard_normal((D, D)) / D**0.5).astype("f") for k in range(1, 5)}
    found |= {f"b{k}": rng.standard_normal(D).astype("f") for k in (1, 2)}
    batch = () if N == 1 else (N,)
    return found | {"x": rng.standard_normal((*batch, D)).astype("f"), "t": np.asarray(rng.integers(D, size=batch))}


# --- a1viz ------------------------------------------------------------------------------------------------------------------------


def with_a1viz(v: Values, forward: bool, call: bool = False, threads: int = 1) -> Task:
    """Through the public call: bound, or a call with new results. With a batch `x_bar` is each example's own: N times the others'."""
    step = a1viz.compile(a1viz.load("gated_network"), wrt=None if forward else NAMES, threads=threads)
    task = (lambda: step(**v)) if call else bound(step, v)
    return task if threads == 1 else blas_on_one_thread(task)


def bound(step: Compiled, v: Values) -> Task:
    """Parameters and results in arrays that stay; each call is given another x."""
    again = step.bind(copy=True, **v)
    place, x = again.values["x"], v["x"]

    def run() -> Values:
        place[...] = x
        return again()

    return run


def blas_on_one_thread(task: Task) -> Task:
    """For a1viz's own threads, which share the batch. Setting the limit is timed with the task, about 15 µs."""
    from threadpoolctl import ThreadpoolController

    libraries = ThreadpoolController()

    def run() -> Values:
        with libraries.limit(limits=1, user_api="blas"):
            return task()

    return run


# --- by hand: a call a node, each result in an array made once ----------------------------------------------------------------------


def by_hand(v: Values, forward: bool) -> Task:
    return by_hand_one(v, forward) if v["x"].ndim == 1 else by_hand_batch(v, forward)


def by_hand_one(v: Values, forward: bool) -> Task:
    x, W1, b1, W2, b2, W3, W4 = (v[name] for name in NAMES)
    t, D, type_ = int(v["t"]), len(x), x.dtype
    z1, h1, z2, h2, g, y, y_skip, y_prime, y_bar, g_bar, slope, h1_bar, h2_bar, of_z2, of_y = np.empty((15, D), type_)
    is_on = np.empty(D, bool)
    bar = {f"{name}_bar": np.empty_like(v[name]) for name in NAMES}
    z1_bar, z2_bar = bar["b1_bar"], bar["b2_bar"]
    columns = z1_bar[:, None], z2_bar[:, None], y_bar[:, None]

    def run() -> Values:
        np.dot(W1, x, out=z1)
        np.add(z1, b1, out=z1)
        np.maximum(z1, 0, out=h1)
        np.dot(W2, x, out=z2)
        np.add(z2, b2, out=z2)
        np.negative(z2, out=h2)
        np.exp(h2, out=h2)
        np.add(h2, 1, out=h2)
        np.reciprocal(h2, out=h2)
        np.multiply(h1, h2, out=g)
        np.dot(W3, g, out=y)
        np.dot(W4, x, out=y_skip)
        np.add(y, y_skip, out=y)
        np.subtract(y, y.max(), out=y)
        np.exp(y, out=y_prime)
        total = y_prime.sum()
        J = np.log(total) - y[t]
        if forward:
            return {"J": J}
        np.divide(y_prime, total, out=y_bar)
        y_bar[t] -= 1
        np.multiply(columns[2], g, out=bar["W3_bar"])
        np.multiply(columns[2], x, out=bar["W4_bar"])
        np.dot(y_bar, W3, out=g_bar)
        np.multiply(g_bar, h2, out=h1_bar)
        np.multiply(g_bar, h1, out=h2_bar)
        np.greater(z1, 0, out=is_on)
        np.multiply(h1_bar, is_on, out=z1_bar)
        np.subtract(1, h2, out=slope)
        np.multiply(slope, h2, out=slope)
        np.multiply(h2_bar, slope, out=z2_bar)
        np.multiply(columns[0], x, out=bar["W1_bar"])
        np.multiply(columns[1], x, out=bar["W2_bar"])
        np.dot(z1_bar, W1, out=bar["x_bar"])
        np.dot(z2_bar, W2, out=of_z2)
        np.dot(y_bar, W4, out=of_y)
        np.add(bar["x_bar"], of_z2, out=bar["x_bar"])
        np.add(bar["x_bar"], of_y, out=bar["x_bar"])
        return {"J": J, **bar}

    return run


def by_hand_batch(v: Values, forward: bool) -> Task:
    x, W1, b1, W2, b2, W3, W4 = (v[name] for name in NAMES)
    t, (N, D), type_ = v["t"], x.shape, x.dtype
    z1, h1, z2, h2, g, y, y_skip, y_bar, g_bar, z1_bar, z2_bar = np.empty((11, N, D), type_)
    largest, total, J = np.empty((N, 1), type_), np.empty((N, 1), type_), np.empty(N, type_)
    is_on, index = np.empty((N, D), bool), np.arange(N)
    bar = {f"{name}_bar": np.empty_like(v[name]) for name in NAMES}

    def run() -> Values:
        np.dot(x, W1.T, out=z1)
        np.add(z1, b1, out=z1)
        np.maximum(z1, 0, out=h1)
        np.dot(x, W2.T, out=z2)
        np.add(z2, b2, out=z2)
        np.negative(z2, out=h2)
        np.exp(h2, out=h2)
        np.add(h2, 1, out=h2)
        np.reciprocal(h2, out=h2)
        np.multiply(h1, h2, out=g)
        np.dot(g, W3.T, out=y)
        np.dot(x, W4.T, out=y_skip)
        np.add(y, y_skip, out=y)
        np.max(y, axis=1, keepdims=True, out=largest)
        np.subtract(y, largest, out=y)
        np.exp(y, out=y_bar)
        np.sum(y_bar, axis=1, keepdims=True, out=total)
        np.log(total[:, 0], out=J)
        np.subtract(J, y[index, t], out=J)
        if forward:
            return {"J": J}
        np.divide(y_bar, total, out=y_bar)
        y_bar[index, t] -= 1
        np.divide(y_bar, N, out=y_bar)  # from here on of the mean loss
        np.dot(y_bar.T, g, out=bar["W3_bar"])
        np.dot(y_bar.T, x, out=bar["W4_bar"])
        np.dot(y_bar, W3, out=g_bar)
        np.multiply(g_bar, h1, out=z2_bar)
        np.multiply(g_bar, h2, out=g_bar)
        np.greater(z1, 0, out=is_on)
        np.multiply(g_bar, is_on, out=z1_bar)
        np.multiply(z2_bar, h2, out=z2_bar)
        np.subtract(1, h2, out=h2)
        np.multiply(z2_bar, h2, out=z2_bar)
        np.dot(z1_bar.T, x, out=bar["W1_bar"])
        np.sum(z1_bar, axis=0, out=bar["b1_bar"])
        np.dot(z2_bar.T, x, out=bar["W2_bar"])
        np.sum(z2_bar, axis=0, out=bar["b2_bar"])
        np.dot(z1_bar, W1, out=bar["x_bar"])
        np.dot(z2_bar, W2, out=g_bar)
        np.add(bar["x_bar"], g_bar, out=bar["x_bar"])
        np.dot(y_bar, W4, out=g_bar)
        np.add(bar["x_bar"], g_bar, out=bar["x_bar"])
        return {"J": J, **bar}

    return run


# --- the peers; a task that takes and gives NumPy arrays, or (own) none -------------------------------------------------------------


def named(loss: Any, gradients: Any = ()) -> Values:
    return {"J": np.asarray(loss), **{f"{name}_bar": np.asarray(g) for name, g in zip(NAMES, gradients, strict=False)}}


def with_torch(v: Values, forward: bool, own: bool = False) -> Task:
    import torch

    torch.set_num_threads(timing.THREADS)
    F = torch.nn.functional

    def leaves() -> tuple[list, Any]:
        return [torch.from_numpy(v[name]).requires_grad_(not forward) for name in NAMES], torch.as_tensor(v["t"])

    def product(W: Any, x: Any, b: Any = None) -> Any:  # for a vector the product is faster than `linear`
        return F.linear(x, W, b) if x.ndim == 2 else W @ x if b is None else W @ x + b

    def run(leaves: list, t: Any) -> tuple:
        x, W1, b1, W2, b2, W3, W4 = leaves
        g = torch.relu(product(W1, x, b1)) * torch.sigmoid(product(W2, x, b2))
        loss = F.cross_entropy(product(W3, g) + product(W4, x), t)
        return (loss,) if forward else (loss.detach(), torch.autograd.grad(loss, leaves))

    kept = leaves()
    return (lambda: run(*kept)) if own else lambda: named(*run(*leaves()))


def with_jax(v: Values, forward: bool, own: bool = False) -> Task:
    import jax
    import jax.numpy as jnp

    def loss(x: Any, W1: Any, b1: Any, W2: Any, b2: Any, W3: Any, W4: Any, t: Any) -> Any:
        product = jnp.matmul if x.ndim == 1 else lambda W, x: x @ W.T  # for a vector the other order is up to 10 times slower
        g = jax.nn.relu(product(W1, x) + b1) * jax.nn.sigmoid(product(W2, x) + b2)
        log_y = jax.nn.log_softmax(product(W3, g) + product(W4, x))
        return -log_y[t] if x.ndim == 1 else -jnp.take_along_axis(log_y, t[:, None], 1).mean()

    run = jax.jit(loss if forward else jax.value_and_grad(loss, argnums=tuple(range(len(NAMES)))))
    given = [v[name] for name in (*NAMES, "t")]
    if own:
        ready = [jnp.asarray(array) for array in given]
        return lambda: jax.block_until_ready(run(*ready))
    return (lambda: named(run(*given))) if forward else lambda: named(*run(*given))


def with_autograd(v: Values, forward: bool) -> Task:
    import autograd.numpy as anp
    from autograd import value_and_grad

    t, index = v["t"], np.arange(len(v["x"]))

    def loss(x: Any, W1: Any, b1: Any, W2: Any, b2: Any, W3: Any, W4: Any) -> Any:
        product = anp.dot if x.ndim == 1 else lambda W, x: anp.dot(x, W.T)
        g = anp.maximum(product(W1, x) + b1, 0) * (1 / (1 + anp.exp(-(product(W2, x) + b2))))
        y = product(W3, g) + product(W4, x)
        y = y - anp.max(y, axis=-1, keepdims=True)
        total = anp.log(anp.sum(anp.exp(y), axis=-1))
        return total - y[t] if x.ndim == 1 else anp.mean(total - y[index, t])

    run = loss if forward else value_and_grad(loss, argnum=tuple(range(len(NAMES))))
    given = [v[name] for name in NAMES]
    return (lambda: named(run(*given))) if forward else lambda: named(*run(*given))


def onnx_model(v: Values) -> Any:
    """The forward pass as an ONNX model with the parameters inside; one example is a batch of one."""
    from onnx import TensorProto, checker, helper, numpy_helper

    node, info, (n, D) = helper.make_node, helper.make_tensor_value_info, np.atleast_2d(v["x"]).shape
    nodes = [
        node("Gemm", ["x", "W1", "b1"], ["z1"], transB=1),
        node("Relu", ["z1"], ["h1"]),
        node("Gemm", ["x", "W2", "b2"], ["z2"], transB=1),
        node("Sigmoid", ["z2"], ["h2"]),
        node("Mul", ["h1", "h2"], ["g"]),
        node("Gemm", ["x", "W4"], ["skip"], transB=1),
        node("Gemm", ["g", "W3", "skip"], ["y"], transB=1),
        node("LogSoftmax", ["y"], ["log_y"], axis=1),
        node("GatherElements", ["log_y", "t"], ["S"], axis=1),
        node("Neg", ["S"], ["J"]),
    ]
    inputs = [info("x", TensorProto.FLOAT, [n, D]), info("t", TensorProto.INT64, [n, 1])]
    parameters = [numpy_helper.from_array(v[name], name) for name in NAMES[1:]]
    graph = helper.make_graph(nodes, "gated_network", inputs, [info("J", TensorProto.FLOAT, [n, 1])], parameters)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    checker.check_model(model)
    return model


def with_onnxruntime(v: Values, forward: bool) -> Task:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = timing.THREADS
    session = onnxruntime.InferenceSession(onnx_model(v).SerializeToString(), options, providers=["CPUExecutionProvider"])
    feeds = {"x": np.atleast_2d(v["x"]), "t": v["t"].reshape(-1, 1)}
    return lambda: {"J": session.run(None, feeds)[0]}


def with_reference(v: Values, forward: bool) -> Task:
    from onnx.reference import ReferenceEvaluator

    session = ReferenceEvaluator(onnx_model(v))
    feeds = {"x": np.atleast_2d(v["x"]), "t": v["t"].reshape(-1, 1)}
    return lambda: {"J": session.run(None, feeds)[0]}
