"""Inner products of Jacobians (question 2.3): is the chosen order the fastest, and how do others do? Run by `make bench`.

First one layer with O outputs, Y entries and P parameters, in every order; then the whole kernel of an MLP for all pairs of N examples
against torch.func's Jacobian contraction and neural-tangents, float32, one thread.
"""

from __future__ import annotations

# isort: off
from timing import agrees, claim, interleaved, median_ratio, record  # first: one core, one thread

# isort: on
import itertools
import sys
import types
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

import a1viz
from a1viz.ntk import ntk

NOISE = 1.3
DENSE = """
title = "A layer with any number of parameters"
equations = "z = A @ w; f = V @ tanh(z)"
[sizes]
O = 1
Y = 1
P = 1
[inputs]
A = ["Y", "P"]
V = ["O", "Y"]
[parameters]
w = ["P"]
"""
WEIGHTS = """
title = "A layer of weights, whose gradient is an outer product"
equations = "z = W @ x; f = V @ tanh(z)"
[sizes]
O = 1
Y = 1
D = 1
[inputs]
x = ["D"]
V = ["O", "Y"]
[parameters]
W = ["Y", "D"]
"""
Task = Callable[[], np.ndarray]


def random(*shape: int) -> np.ndarray:
    return (np.random.default_rng(shape).standard_normal(shape) / shape[-1] ** 0.5).astype("f")


def orders() -> Iterator[dict[str, object]]:
    """The chosen order against every other, for one pair of examples."""
    dense, weights = a1viz.loads(DENSE), a1viz.loads(WEIGHTS)
    for O, Y, P in itertools.product((1, 8, 64), (4, 32, 256), (4, 64, 1024, 16384)):
        yield against_orders("a dense layer", dense, {"A": random(Y, P), "w": random(P), "V": random(O, Y)}, O=O, Y=Y, P=P)
    for O, Y, D in itertools.product((1, 8, 64), (4, 32, 128), (4, 32, 128)):
        values = {"x": random(D), "W": random(Y, D), "V": random(O, Y)}
        yield against_orders("weights", weights, values, O=O, Y=Y, P=Y * D)


def against_orders(what: str, graph: a1viz.graph.Graph, values: dict[str, np.ndarray], **at: int) -> dict[str, object]:
    chosen = ntk(graph, {}, {}, **values)
    ((name, costs),) = chosen.costs.items()
    for order in costs:
        assert agrees(order, {"": ntk(graph, {}, {}, order, **values).total}, {"": chosen.total}), at
    times = interleaved({order: partial(ntk, graph, {}, {}, order, **values) for order in costs}, 9, 0.5)
    worst = max(median_ratio(times, chosen.chosen[name], order) for order in costs)
    says = f"the chosen order within {NOISE} of the fastest, for {what}"
    return claim("ntk", says, worst, NOISE, times, **at, chosen=chosen.chosen[name])


# --- a whole network, against others ----------------------------------------------------------------------------------------------


def networks() -> Iterator[dict[str, object]]:
    for K, D, O, N in ((2, 64, 1, 64), (2, 64, 10, 16), (3, 256, 1, 64), (3, 256, 10, 16), (4, 256, 10, 64)):
        at = {"K": K, "D": D, "O": O, "N": N}
        weights = [random(O if k == K else D, D) for k in range(1, K + 1)]
        biases = [random(len(W)) for W in weights]
        x = random(N, D)
        lines = [f"h{k} = tanh(W{k} @ {f'h{k - 1}' if k > 1 else 'x'} + b{k})" for k in range(1, K)]
        values = {f"W{k}": W for k, W in enumerate(weights, 1)} | {f"b{k}": b for k, b in enumerate(biases, 1)}
        shapes = {name: [{O: "O"}.get(size, "D") for size in array.shape] for name, array in values.items()}
        graph = a1viz.parse("\n".join([*lines, f"y = W{K} @ h{K - 1} + b{K}"]), x=["D"], **shapes)
        ours = partial(lambda *a, **more: ntk(*a, **more).total, graph, x, x, **values)
        answer = ours()
        for name, task in {**with_torch(weights, biases, x), **with_neural_tangents(weights, biases, x)}.items():
            if agrees(name, {"": task()}, {"": answer}):
                times = interleaved({"a1viz": ours, name: task}, 5, 1)
                yield claim("ntk", f"against {name}", median_ratio(times, "a1viz", name), None, times, **at)


def with_torch(weights: list[np.ndarray], biases: list[np.ndarray], x: np.ndarray) -> dict[str, Task]:
    """The recipe of PyTorch's tutorial: every example's Jacobian by vmap(jacrev), then one contraction a parameter."""
    try:
        import torch
    except ImportError:
        return {}
    torch.set_num_threads(1)
    parameters = tuple(torch.from_numpy(array) for array in (*weights, *biases))
    examples = torch.from_numpy(x)

    def network(parameters, h):
        for k in range(len(weights)):
            h = parameters[k] @ h + parameters[len(weights) + k]
            h = torch.tanh(h) if k < len(weights) - 1 else h
        return h

    jacobians = torch.func.vmap(torch.func.jacrev(network), (None, 0))

    def task() -> np.ndarray:
        flat = [j.flatten(2) for j in jacobians(parameters, examples)]
        return sum(torch.einsum("Naf,Mbf->NMab", j, j) for j in flat).numpy()

    return {"torch.func Jacobian contraction": task}


def with_neural_tangents(weights: list[np.ndarray], biases: list[np.ndarray], x: np.ndarray) -> dict[str, Task]:
    """Each of its implementations, compiled by jit. It wants TensorFlow, for what we do not use, and two names that JAX has moved."""
    try:
        import jax
        from jax._src import source_info_util
        from jax.interpreters import ad

        ad.source_info_util, ad.config = source_info_util, jax.config
        sys.modules["neural_tangents.experimental"] = types.ModuleType("experimental")
        import neural_tangents
    except ImportError as error:
        print(f"!!!!!!!! neural-tangents IS LEFT OUT: {error} !!!!!!!!", file=sys.stderr)
        return {}

    def network(parameters, h):
        for k, (W, b) in enumerate(parameters):
            h = h @ W.T + b
            h = jax.numpy.tanh(h) if k < len(parameters) - 1 else h
        return h

    parameters = list(zip(weights, biases, strict=True))
    found = {}
    for way in neural_tangents.NtkImplementation:
        if way.name != "AUTO":
            kernel = jax.jit(neural_tangents.empirical_ntk_fn(network, trace_axes=(), vmap_axes=0, implementation=way))
            found[f"neural-tangents, {way.name.lower().replace('_', ' ')}"] = partial(lambda f: np.asarray(f(x, None, parameters)), kernel)
    return found


def measured() -> Iterator[dict[str, object]]:
    yield from orders()
    yield from networks()


if __name__ == "__main__":
    record("ntk", measured())
