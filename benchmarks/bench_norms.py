"""What does each example's gradient norm cost (question 2.2)? a1viz against hand-written NumPy, torch.func, Opacus and BackPACK.

An MLP of K square layers of width D with biases and ReLU, cross-entropy, N examples, float32, one thread. Every method gives the squared
norm of each example's gradient for each of the 2 K parameters; what forms gradients is left out where they take more than MEMORY.

What is claimed: faster than Opacus' ghost norms and BackPACK's BatchL2 at every size, and several times where D <= 64 and N <= 128, there
also than what forms each example's gradient; little slower than the best hand-written NumPy; in a first call at most the memory of the
activations and two buffers more, the plan and its workspace included. LIMITS says how much. Run by `make bench`.
"""

from __future__ import annotations

# isort: off
from timing import LEAST, agrees, claim, interleaved, median_ratio, record  # first: one core, one thread

# isort: on
import itertools
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

import a1viz
from a1viz.gradients.norms import gradient_norms

MEMORY = 6 * 2**30
SIZES = list(itertools.product((2, 4, 8), (16, 64, 256, 1024), (16, 128, 1024)))  # K, D, N
OF_HAND = 1.2  # at most so much of the best hand-written NumPy
TIMES_FASTER = {"Opacus ghost norms": 1.4, "BackPACK BatchL2": 1.2}  # at every size; the others are only told there
WHERE_SMALL = {  # where D <= 64 and N <= 128
    "torch.func vmap(grad)": 10,
    "Opacus per-sample gradients": 10,
    "BackPACK BatchGrad": 10,
    "Opacus ghost norms": 7,
    "BackPACK BatchL2": 10,
}
TILES = (128, 256, 1024)  # rows of the hand-written NumPy
Norms = dict[str, np.ndarray]
Layers = list[tuple[np.ndarray, np.ndarray]]


def equations(K: int) -> str:
    lines = [f"h{k} = relu(W{k} @ {f'h{k - 1}' if k > 1 else 'x'} + b{k})" for k in range(1, K)]
    return "\n".join([*lines, f"y = W{K} @ h{K - 1} + b{K}", "J = -log(softmax(y)[t])"])


def network(K: int, D: int, N: int) -> tuple[Layers, np.ndarray, np.ndarray]:
    rng = np.random.default_rng((K, D, N))
    layers = [(rng.standard_normal((D, D)) * (2 / D) ** 0.5, 0.1 * rng.standard_normal(D)) for _ in range(K)]
    return [(W.astype("f"), b.astype("f")) for W, b in layers], rng.standard_normal((N, D)).astype("f"), rng.integers(D, size=N)


def everywhere(name: str) -> str:
    return f"{TIMES_FASTER[name]} times as fast as {name}" if name in TIMES_FASTER else f"against {name}"


def where_small(name: str) -> str:
    return f"{WHERE_SMALL[name]} times as fast as {name} where D <= 64 and N <= 128"


BY_HAND = f"at most {OF_HAND} of the best hand-written NumPy"
PEAK = "peak extra memory by that of the activations and two buffers"
LIMITS = {  # what is claimed, on all recorded machines
    BY_HAND: OF_HAND,
    **{everywhere(name): 1 / faster for name, faster in TIMES_FASTER.items()},
    **{where_small(name): 1 / faster for name, faster in WHERE_SMALL.items()},
    PEAK: 1.0,
}


# --- a1viz, and the same formula by hand ------------------------------------------------------------------------------------------


def with_a1viz(layers: Layers, x: np.ndarray, t: np.ndarray) -> Callable[[], Norms]:
    values = {name: array for k, (W, b) in enumerate(layers, 1) for name, array in ((f"W{k}", W), (f"b{k}", b))}
    graph = a1viz.parse(equations(len(layers)), x=["D"], t={"class": "D"}, **{name: ["D"] * array.ndim for name, array in values.items()})
    return lambda: gradient_norms(graph, x=x, t=t, **values)


def by_hand(layers: Layers, x: np.ndarray, t: np.ndarray, rows: int) -> Callable[[], Norms]:
    """The best we can write: every buffer made once, everything in place, `rows` examples at a time so that they stay in the cache."""
    N, D, K = *x.shape, len(layers)
    rows = min(rows, N)
    room = np.empty((K, rows, D), "f")  # the inputs of the layers after the first, and the logits
    spare = np.empty((2, rows, D), "f")  # two cotangents, in turn
    result = {f"{name}{k}": np.empty(N, "f") for k in range(1, K + 1) for name in "Wb"}

    def norms() -> Norms:
        for start in range(0, N, rows):
            n = min(rows, N - start)
            part, index = slice(start, start + n), np.arange(n)
            h = [x[part], *room[:, :n]]
            for k, (W, b) in enumerate(layers):
                np.matmul(h[k], W.T, out=h[k + 1])
                np.add(h[k + 1], b, out=h[k + 1])
                if k < K - 1:
                    np.maximum(h[k + 1], 0, out=h[k + 1])
            bar = h[K]
            bar -= bar.max(axis=1, keepdims=True)
            np.exp(bar, out=bar)
            bar /= bar.sum(axis=1, keepdims=True)
            bar[index, t[part]] -= 1
            for k in range(K, 0, -1):
                of_bar = np.vecdot(bar, bar, out=result[f"b{k}"][part])
                np.multiply(of_bar, np.vecdot(h[k - 1], h[k - 1]), out=result[f"W{k}"][part])
                if k > 1:
                    bar = np.matmul(bar, layers[k - 1][0], out=spare[k % 2, :n])
                    bar *= h[k - 1] > 0
        return result

    return norms


# --- the peers: per-sample gradients, and norms without them --------------------------------------------------------------------


def peers(layers: Layers, x: np.ndarray, t: np.ndarray) -> dict[str, tuple[bool, Callable[[], Norms]]]:
    """By name: whether it forms every example's gradient, and the task. What is not installed is left out (`timing.machine` says so)."""
    try:
        import torch
    except ImportError:
        return {}
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", "Full backward hook")  # of Opacus, in the first layer
    examples, labels = torch.from_numpy(x), torch.from_numpy(t)
    names = [f"{name}{k}" for k in range(1, len(layers) + 1) for name in "Wb"]

    def model() -> torch.nn.Sequential:
        parts = []
        for W, b in layers:
            linear = torch.nn.utils.skip_init(torch.nn.Linear, W.shape[1], W.shape[0])
            linear.weight.data, linear.bias.data = torch.from_numpy(W.copy()), torch.from_numpy(b.copy())
            parts += [linear, torch.nn.ReLU()]
        return torch.nn.Sequential(*parts[:-1])

    def squared(gradients) -> Norms:
        return {name: torch.linalg.vector_norm(g.flatten(1), dim=1).square().numpy() for name, g in zip(names, gradients, strict=True)}

    def backward(net, loss, read: Callable) -> Norms:
        net.zero_grad()
        loss(net(examples), labels).backward()
        return read(list(net.parameters()))

    def functional() -> Callable[[], Norms]:
        net = model()
        parameters = {name: p.detach() for name, p in net.named_parameters()}

        def loss(parameters, example, label):
            return torch.nn.functional.cross_entropy(torch.func.functional_call(net, parameters, example), label)

        gradients = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0, 0))
        return lambda: squared(gradients(parameters, examples, labels).values())

    def opacus(ghost: bool) -> Callable[[], Norms]:
        from opacus.grad_sample import GradSampleModule, GradSampleModuleFastGradientClipping

        loss = torch.nn.CrossEntropyLoss(reduction="sum")
        if ghost:
            read = lambda ps: {name: p._norm_sample.square().numpy() for name, p in zip(names, ps, strict=True)}  # noqa: E731
            return partial(backward, GradSampleModuleFastGradientClipping(model(), loss_reduction="sum"), loss, read)
        return partial(backward, GradSampleModule(model(), loss_reduction="sum"), loss, lambda ps: squared(p.grad_sample for p in ps))

    def backpack(ghost: bool) -> Callable[[], Norms]:
        from backpack import backpack, extend
        from backpack.extensions import BatchGrad, BatchL2Grad

        net, loss = extend(model()), extend(torch.nn.CrossEntropyLoss(reduction="sum"))

        def read(parameters) -> Norms:
            if ghost:
                return {name: p.batch_l2.numpy() for name, p in zip(names, parameters, strict=True)}
            return squared(p.grad_batch for p in parameters)

        def task() -> Norms:
            with backpack(BatchL2Grad() if ghost else BatchGrad()):
                return backward(net, loss, read)

        return task

    makers = {
        "torch.func vmap(grad)": (True, functional),
        "Opacus per-sample gradients": (True, partial(opacus, False)),
        "BackPACK BatchGrad": (True, partial(backpack, False)),
        "Opacus ghost norms": (False, partial(opacus, True)),
        "BackPACK BatchL2": (False, partial(backpack, True)),
    }
    found = {}
    for name, (forms, make) in makers.items():
        try:
            found[name] = forms, make()
        except ImportError as error:
            print(f"!!!!!!!! {name} IS LEFT OUT: {error} !!!!!!!!", file=sys.stderr)
    return found


# --- the claims -------------------------------------------------------------------------------------------------------------------


def measured() -> Iterator[dict[str, object]]:
    for K, D, N in SIZES:
        at = {"K": K, "D": D, "N": N}
        layers, x, t = network(K, D, N)
        ours = with_a1viz(layers, x, t)
        start = time.perf_counter()
        answer = ours()
        first = 1000 * (time.perf_counter() - start)
        yield against_hand(layers, x, t, ours, answer, at)
        yield claim("norms", "the first call, in ms", first, **at)
        yield from against_peers(layers, x, t, ours, answer, at)
        if D >= 256 and N == 1024:  # of smaller ones the plan itself, some kilobytes a step, is the larger part
            yield claim("norms", PEAK, peak(with_a1viz(layers, x, t)) / (4 * (K + 2) * N * D), **at)


def against_hand(layers: Layers, x: np.ndarray, t: np.ndarray, ours: Callable, answer: Norms, at: dict) -> dict[str, object]:
    hand = {f"NumPy, {rows} rows": by_hand(layers, x, t, rows) for rows in TILES if rows <= max(len(x), TILES[0])}
    for name, task in hand.items():
        assert agrees(f"a1viz and {name}", answer, task()), at
    times = interleaved({"a1viz": ours, **hand}, 15, 2, least=LEAST)
    best = max(hand, key=lambda name: median_ratio(times, "a1viz", name))
    kept = {name: times[name] for name in ("a1viz", best)}
    return claim("norms", BY_HAND, median_ratio(times, "a1viz", best), kept, **at)


def against_peers(layers: Layers, x: np.ndarray, t: np.ndarray, ours: Callable, answer: Norms, at: dict) -> Iterator[dict[str, object]]:
    per_sample = 4 * len(x) * sum(W.size + b.size for W, b in layers)
    for name, (forms, task) in peers(layers, x, t).items():
        if forms and per_sample > MEMORY:
            continue
        if not agrees(name, task(), answer):
            continue
        times = interleaved({"a1viz": ours, name: task}, 7, 1, least=LEAST)
        ratio = median_ratio(times, "a1viz", name)
        yield claim("norms", everywhere(name), ratio, times, **at)
        if at["D"] <= 64 and at["N"] <= 128:
            yield claim("norms", where_small(name), ratio, **at)


def peak(task: Callable) -> int:
    """The most memory that is taken beside what there was before, in bytes."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        task()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


if __name__ == "__main__":
    record("norms", measured(), LIMITS)
