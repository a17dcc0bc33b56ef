"""What does a transformer block cost, forward and backward, a1viz's compiled plan against PyTorch and JAX?

The block is that of GPT-2: layer norm first, causal attention of four heads, a hidden layer four times as wide behind a GELU. One
sequence of T rows of D numbers, float32, one thread; the error signal of the block's result is handed in, and the gradients are those of
X and of all parameters. NumPy arrays go in and come out, for everybody; "own arrays" is a peer whose arrays lie ready and whose results
stay there.

a1viz is called, with all arrays given and new results, as its peers are; bound, with arrays that stay, only tells. PyTorch is measured in
two forms, with its own attention and with it written out; the faster counts. The first call is that of a new process which has imported
everything.

Run by `make bench`.
"""

from __future__ import annotations

# isort: off
import timing  # first: one core, one thread
from timing import LEAST, agrees, claim, interleaved, median_ratio, record

# isort: on
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

import a1viz
from a1viz.graph.nodes import Graph

HEADS = 4
EQUATIONS = f"""
N1 = gamma1 * (X - mean(X, axis=1, keepdims=True)) / sqrt(var(X, axis=1, keepdims=True) + 1e-5) + beta1
Q = transpose(reshape(N1 @ W_Q, [T, {HEADS}, D // {HEADS}]), [1, 0, 2])
K = transpose(reshape(N1 @ W_K, [T, {HEADS}, D // {HEADS}]), [1, 0, 2])
V = transpose(reshape(N1 @ W_V, [T, {HEADS}, D // {HEADS}]), [1, 0, 2])
A = softmax(where(tril(ones(T, T)), Q @ K.T / sqrt(D // {HEADS}), -inf))
Z = X + reshape(transpose(A @ V, [1, 0, 2]), [T, D]) @ W_O
N2 = gamma2 * (Z - mean(Z, axis=1, keepdims=True)) / sqrt(var(Z, axis=1, keepdims=True) + 1e-5) + beta2
Y = Z + gelu_tanh(N2 @ W1 + b1) @ W2 + b2
"""
SHAPES = {
    "X": ["T", "D"], "gamma1": ["D"], "beta1": ["D"], "W_Q": ["D", "D"], "W_K": ["D", "D"], "W_V": ["D", "D"], "W_O": ["D", "D"],
    "gamma2": ["D"], "beta2": ["D"], "W1": ["D", "F"], "b1": ["F"], "W2": ["F", "D"], "b2": ["D"],
}  # fmt: skip
A1VIZ, BOUND, TORCH, WRITTEN, JAX = "a1viz", "a1viz, bound", "PyTorch eager", "PyTorch eager, attention written out", "JAX's jit"
OWN = "own arrays"
FIRST = "the first call"
LARGE, SMALL = (64, 128), (8, 16)
SIZES = (LARGE, SMALL, (32, 64), (128, 256))
ROUNDS, SECONDS, FIRST_ROUNDS = 15, 2.0, 5
TORCH_CLAIM = {LARGE: ("within 1.5 of PyTorch eager", 1.5), SMALL: ("2.5 times as fast as PyTorch eager", 1 / 2.5)}
JAX_CLAIM, FIRST_CLAIM = ("within 2 of JAX's jit", 2.0), ("the first call: ahead of JAX's", 1.0)
Values = dict[str, np.ndarray]
Task = Callable[[], Any]


def named(says: str, size: tuple[int, int]) -> str:
    return f"transformer block, T = {size[0]}, D = {size[1]}: {says}"


LIMITS = {named(says, size): limit for size, (says, limit) in TORCH_CLAIM.items()}
LIMITS |= {named(says, LARGE): limit for says, limit in (JAX_CLAIM, FIRST_CLAIM)}


def values(T: int, D: int) -> Values:
    """Parameters, X, and the error signal of Y, in `Y_bar`."""
    rng, sizes = np.random.default_rng((T, D)), {"T": T, "D": D, "F": 4 * D}
    found = {}
    for name, shape in {**SHAPES, "Y_bar": ["T", "D"]}.items():
        array = rng.standard_normal([sizes[size] for size in shape]) * (0.1 if len(shape) == 1 else 1)
        found[name] = (array / array.shape[0] ** 0.5 if name.startswith("W") else array + name.startswith("gamma")).astype("f")
    return found


# --- the tasks ----------------------------------------------------------------------------------------------------------------------------


def block() -> Graph:
    return a1viz.parse(EQUATIONS, SHAPES)


def with_a1viz(v: Values, bind: bool = False) -> Task:
    given = {name: v[name] for name in SHAPES}
    step, bar = a1viz.compile(block(), list(SHAPES), ["Y"]), {"Y": v["Y_bar"]}
    return step.bind(cotangents=bar, **given) if bind else lambda: step(cotangents=bar, **given)


def answer(Y: Any, gradients: Any) -> Values:
    return {"Y": np.asarray(Y), **{f"{name}_bar": np.asarray(g) for name, g in zip(SHAPES, gradients, strict=True)}}


def with_torch(v: Values, is_written: bool = False, own: bool = False) -> Task:
    import torch

    torch.set_num_threads(timing.THREADS)
    F = torch.nn.functional
    T, D = v["X"].shape
    mask = torch.ones(T, T, dtype=torch.bool).tril()

    def heads(x: Any) -> Any:
        return x.view(T, HEADS, D // HEADS).transpose(0, 1)

    def forward(X: Any, gamma1: Any, beta1: Any, W_Q: Any, W_K: Any, W_V: Any, W_O: Any, *rest: Any) -> Any:
        gamma2, beta2, W1, b1, W2, b2 = rest
        N = F.layer_norm(X, (D,), gamma1, beta1)
        Q, K, V = heads(N @ W_Q), heads(N @ W_K), heads(N @ W_V)
        if is_written:
            H = torch.softmax((Q @ K.transpose(1, 2) / (D // HEADS) ** 0.5).masked_fill(~mask, -torch.inf), -1) @ V
        else:
            H = F.scaled_dot_product_attention(Q[None], K[None], V[None], is_causal=True)[0]
        Z = X + H.transpose(0, 1).reshape(T, D) @ W_O
        N = F.layer_norm(Z, (D,), gamma2, beta2)
        return Z + F.gelu(torch.addmm(b1, N, W1), approximate="tanh") @ W2 + b2

    def leaves() -> tuple[list[Any], Any]:
        return [torch.from_numpy(v[name]).requires_grad_() for name in SHAPES], torch.from_numpy(v["Y_bar"])

    def run(given: list[Any], bar: Any) -> tuple[Any, Any]:
        Y = forward(*given)
        return Y.detach(), torch.autograd.grad(Y, given, bar)

    kept = leaves()
    return (lambda: run(*kept)) if own else lambda: answer(*run(*leaves()))


def with_jax(v: Values, own: bool = False) -> Task:
    import jax
    import jax.numpy as jnp

    T, D = v["X"].shape

    def norm(x: Any, gamma: Any, beta: Any) -> Any:
        return gamma * (x - x.mean(1, keepdims=True)) / jnp.sqrt(x.var(1, keepdims=True) + 1e-5) + beta

    def forward(X: Any, gamma1: Any, beta1: Any, W_Q: Any, W_K: Any, W_V: Any, W_O: Any, *rest: Any) -> Any:
        gamma2, beta2, W1, b1, W2, b2 = rest
        N = norm(X, gamma1, beta1)
        Q, K, V = ((N @ W).reshape(T, HEADS, D // HEADS).transpose(1, 0, 2) for W in (W_Q, W_K, W_V))
        A = jax.nn.softmax(jnp.where(jnp.tril(jnp.ones((T, T))), Q @ K.transpose(0, 2, 1) / (D // HEADS) ** 0.5, -jnp.inf))
        Z = X + (A @ V).transpose(1, 0, 2).reshape(T, D) @ W_O
        return Z + jax.nn.gelu(norm(Z, gamma2, beta2) @ W1 + b1, approximate=True) @ W2 + b2

    @jax.jit
    def run(given: list[Any], bar: Any) -> tuple[Any, Any]:
        Y, pull = jax.vjp(forward, *given)
        return Y, pull(bar)

    given = [v[name] for name in SHAPES], v["Y_bar"]
    if own:
        ready = jax.device_put(given)
        return lambda: jax.block_until_ready(run(*ready))
    return lambda: answer(*run(*given))


MAKERS: dict[str, Callable[[Values], Task]] = {
    A1VIZ: with_a1viz, BOUND: partial(with_a1viz, bind=True), TORCH: with_torch, WRITTEN: partial(with_torch, is_written=True),
    f"{TORCH}, {OWN}": partial(with_torch, own=True), JAX: with_jax, f"{JAX}, {OWN}": partial(with_jax, own=True),
}  # fmt: skip


def tasks_of(v: Values) -> dict[str, Task]:
    """The tasks by name: a1viz, and each peer that is installed and right."""
    exact = {name: v[name].astype("d") for name in SHAPES}
    expected = a1viz.grad(block(), list(SHAPES), {"Y": v["Y_bar"].astype("d")}, **exact)
    found = {}
    for name, make in MAKERS.items():
        try:
            task = make(v)
        except ImportError as error:
            print(f"!!!!!!!! {name} IS LEFT OUT: {error} !!!!!!!!", file=sys.stderr)
            continue
        got = task()
        if agrees(name, got if isinstance(got, dict) else answer(*got), expected):
            found[name] = task
    assert A1VIZ in found, v["X"].shape
    return found


# --- the measurements ---------------------------------------------------------------------------------------------------------------------


def measured() -> Iterator[dict[str, object]]:
    for size in SIZES:
        at = {"T": size[0], "D": size[1]}
        times = interleaved(tasks_of(values(*size)), ROUNDS, SECONDS, least=LEAST)
        for name in times:
            if name != A1VIZ:
                yield claim(
                    "transformer", f"transformer block, a call: against {name}", median_ratio(times, A1VIZ, name), pair(times, name), **at
                )
        torch = [name for name in (TORCH, WRITTEN) if name in times]
        if size in TORCH_CLAIM and torch:
            fastest = min(torch, key=lambda name: statistics.median(times[name]))
            yield claim("transformer", named(TORCH_CLAIM[size][0], size), median_ratio(times, A1VIZ, fastest), pair(times, fastest), **at)
        if size == LARGE and JAX in times:
            yield claim("transformer", named(JAX_CLAIM[0], size), median_ratio(times, A1VIZ, JAX), pair(times, JAX), **at)
    yield from first_calls()


def pair(times: dict[str, list[float]], name: str) -> dict[str, list[float]]:
    return {A1VIZ: times[A1VIZ], name: times[name]}


def first_calls() -> Iterator[dict[str, object]]:
    """Each in new processes, in turns: from the equations, or the function, to the gradients."""
    times: dict[str, list[float]] = {A1VIZ: [], JAX: []}
    for k in range(FIRST_ROUNDS):
        for name in list(times)[:: (-1) ** k]:
            done = subprocess.run([sys.executable, __file__, name], capture_output=True, text=True)
            if done.returncode:
                print(f"!!!!!!!! {FIRST} of {name} IS LEFT OUT: {done.stderr.strip()[-200:]} !!!!!!!!", file=sys.stderr)
                return
            times[name].append(float(done.stdout.split()[-1]))
    yield claim("transformer", named(FIRST_CLAIM[0], LARGE), median_ratio(times, A1VIZ, JAX), times, T=LARGE[0], D=LARGE[1])


def first_call(name: str) -> float:
    """Seconds of the process until there are gradients; what is imported is there before."""
    if name == JAX:
        import jax

        jax.block_until_ready(jax.numpy.ones(3) + 1)
    else:
        a1viz.compile(a1viz.parse("y = tanh(x)", x=[3]))(x=np.ones(3))
    v = values(*LARGE)
    start = time.process_time()
    MAKERS[name](v)()
    return time.process_time() - start


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(first_call(sys.argv[1]))
    else:
        record("transformer", measured(), LIMITS)
