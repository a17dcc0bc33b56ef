"""Inner products of Jacobians (question 2.3): is the chosen order the fastest, and how do others do? Run by `make bench`.

First one layer with O outputs, Y entries and P parameters, in every order; then the whole kernel of an MLP for all pairs of N examples,
O x O numbers for each, float32, one thread: against torch.func's two recipes, and against JAX, by hand and by neural-tangents. What forms
more than MEMORY is left out. What is claimed: never the wrong order, not far behind the fastest JAX code, and many times as fast as recipes
of torch.func where there are many outputs. LIMITS says how much.
"""

from __future__ import annotations

# isort: off
from timing import LEAST, agrees, claim, interleaved, median_ratio, record  # first: one core, one thread

# isort: on
import itertools
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import numpy as np

import a1viz
from a1viz.gradients.kernel import ntk

NOISE = 1.3
OF_JAX = 1.75  # at most so much of the fastest JAX code
FASTER, MANY = 20, 10  # so many times as fast as torch.func's recipes, from MANY outputs on
ORDERS = {what: f"the chosen order within {NOISE} of the fastest, for {what}" for what in ("a dense layer", "weights")}
FASTEST = f"at most {OF_JAX} of the fastest JAX code"
CONTRACTION, PRODUCTS = RECIPES = "torch.func Jacobian contraction", "torch.func NTK-vector products"
AHEAD = {name: f"{FASTER} times as fast as {name} where O >= {MANY}" for name in RECIPES}
LIMITS = {  # what is claimed, on all recorded machines
    **dict.fromkeys(ORDERS.values(), NOISE),
    FASTEST: OF_JAX,
    **dict.fromkeys(AHEAD.values(), 1 / FASTER),
}
MEMORY = 4 * 2**30  # bytes
NETWORKS = (
    (2, 8, 3, 4),
    (2, 16, 10, 8),
    (2, 64, 1, 64),
    (2, 64, 10, 16),
    (3, 256, 1, 64),
    (3, 256, 10, 16),
    (4, 256, 10, 64),
)  # K, D, O, N
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
    times = interleaved({order: partial(ntk, graph, {}, {}, order, **values) for order in costs}, 9, 0.5, least=LEAST)
    worst = max(median_ratio(times, chosen.chosen[name], order) for order in costs)
    return claim("ntk", ORDERS[what], worst, times, **at, chosen=chosen.chosen[name])


# --- a whole network, against others ----------------------------------------------------------------------------------------------


def networks() -> Iterator[dict[str, object]]:
    for K, D, O, N in NETWORKS:
        at = {"K": K, "D": D, "O": O, "N": N}
        weights = [random(O if k == K else D, D) for k in range(1, K + 1)]
        biases, x = [random(len(W)) for W in weights], random(N, D)
        ours = with_a1viz(weights, biases, x)
        by_torch = timed(with_torch(weights, biases, x), ours)
        by_jax = timed({**with_jax(weights, biases, x), **with_neural_tangents(weights, biases, x)}, ours)
        yield from claims(by_torch, by_jax, at)


def claims(by_torch: Mapping[str, dict], by_jax: Mapping[str, dict], at: dict[str, int]) -> Iterator[dict[str, object]]:
    """A line for each of the others, and those of what must show."""
    ratios = {name: median_ratio(times, "a1viz", name) for name, times in {**by_torch, **by_jax}.items()}
    for name, ratio in ratios.items():
        yield claim("ntk", f"against {name}", ratio, by_torch.get(name) or by_jax[name], **at)
    for name in by_torch:
        if at["O"] >= MANY:
            yield claim("ntk", AHEAD[name], ratios[name], **at)
    if by_jax:
        fastest = max(by_jax, key=ratios.__getitem__)
        yield claim("ntk", FASTEST, ratios[fastest], **at, fastest=fastest)


def timed(others: Mapping[str, Task], ours: Task) -> dict[str, dict[str, list[float]]]:
    """The times of a1viz and of each of the others that gives the same kernel."""
    answer = ours()
    right = {name: task for name, task in others.items() if agrees(name, {"": task()}, {"": answer})}
    return {name: interleaved({"a1viz": ours, name: task}, 5, 1, least=LEAST) for name, task in right.items()}


def with_a1viz(weights: Sequence[np.ndarray], biases: Sequence[np.ndarray], x: np.ndarray) -> Task:
    K, D = len(weights), x.shape[1]
    lines = [f"h{k} = tanh(W{k} @ {f'h{k - 1}' if k > 1 else 'x'} + b{k})" for k in range(1, K)]
    values = {f"W{k}": W for k, W in enumerate(weights, 1)} | {f"b{k}": b for k, b in enumerate(biases, 1)}
    shapes = {name: ["D" if size == D else "O" for size in array.shape] for name, array in values.items()}
    graph = a1viz.parse("\n".join([*lines, f"y = W{K} @ h{K - 1} + b{K}"]), x=["D"], **shapes)
    return lambda: ntk(graph, x, x, **values).total


def with_torch(weights: Sequence[np.ndarray], biases: Sequence[np.ndarray], x: np.ndarray) -> dict[str, Task]:
    """The recipes of PyTorch's tutorial: every example's Jacobian by vmap(jacrev), then one contraction a parameter; or for every pair of
    examples the product of one's Jacobian and the other's with each unit vector, by vjp and jvp."""
    try:
        import torch
    except ImportError:
        return {}
    torch.set_num_threads(1)
    vmap, vjp, jvp = torch.func.vmap, torch.func.vjp, torch.func.jvp
    parameters = tuple(torch.from_numpy(array) for array in (*weights, *biases))
    examples, (N, O) = torch.from_numpy(x), (len(x), len(biases[-1]))

    def network(parameters, h):
        for k in range(len(weights)):
            h = parameters[k] @ h + parameters[len(weights) + k]
            h = torch.tanh(h) if k < len(weights) - 1 else h
        return h

    jacobians = vmap(torch.func.jacrev(network), (None, 0))

    def contraction() -> np.ndarray:
        flat = [j.flatten(2) for j in jacobians(parameters, examples)]
        return sum(torch.einsum("Naf,Mbf->NMab", j, j) for j in flat).numpy()

    def pair(x1, x2):
        pull = vjp(lambda p: network(p, x1), parameters)[1]
        column = vmap(lambda unit: jvp(lambda p: network(p, x2), (parameters,), pull(unit))[1])
        return column(torch.eye(O))

    pairs = vmap(vmap(pair, (None, 0)), (0, None))
    formed = 4 * N * N * O * sum(p.numel() for p in parameters)
    products = {PRODUCTS: lambda: pairs(examples, examples).numpy()} if formed <= MEMORY else {}
    return {CONTRACTION: contraction, **products}


def with_jax(weights: Sequence[np.ndarray], biases: Sequence[np.ndarray], x: np.ndarray) -> dict[str, Task]:
    """The best we can write: a layer adds the inner products of its inputs, with a one for the bias, times those of the derivatives by its
    pre-activation, both as one matrix product of all examples (and outputs); the last layer's derivatives are the unit matrix."""
    try:
        import jax
    except ImportError:
        return {}
    jnp, K, (N, O) = jax.numpy, len(weights), (len(x), len(biases[-1]))

    @jax.jit
    def kernel(weights, biases, x):
        h = [x]
        for W, b in zip(weights[:-1], biases[:-1], strict=True):
            h.append(jnp.tanh(h[-1] @ W.T + b))
        inner = [(a @ a.T + 1)[:, None, :, None] for a in h]
        total, bar = inner[-1] * jnp.eye(O, dtype=x.dtype)[:, None, :], weights[-1]
        for k in range(K - 1, 0, -1):
            bar = bar * (1 - h[k] ** 2)[:, None, :]
            flat = bar.reshape(N * O, -1)
            total += inner[k - 1] * (flat @ flat.T).reshape(N, O, N, O)
            bar = bar @ weights[k - 1]
        return total.transpose(0, 2, 1, 3)

    return {"jitted JAX by hand": lambda: np.asarray(kernel(weights, biases, x))}


def with_neural_tangents(weights: Sequence[np.ndarray], biases: Sequence[np.ndarray], x: np.ndarray) -> dict[str, Task]:
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
    record("ntk", measured(), LIMITS)
