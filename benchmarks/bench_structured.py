"""What do gradient norms cost where weights are used many times (question 2.2)? A transformer block and a small CNN, against the peers.

Every method gives the squared norm of each example's gradient for each parameter, float32, one thread: a1viz, vmap(grad) of torch.func,
Opacus and BackPACK, each with and without forming gradients. BackPACK knows no layer norm and is left out of the transformer block.

What is claimed stands in LIMITS. Run by `make bench`.
"""

from __future__ import annotations

# isort: off
from timing import LEAST, agrees, claim, interleaved, median_ratio, record  # first: one core, one thread

# isort: on
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

import a1viz
from a1viz.gradients.norms import gradient_norms

Norms = dict[str, np.ndarray]
BLOCKS = [(8, 16, 2, 8), (8, 16, 2, 64), (64, 128, 4, 8), (64, 128, 4, 32)]  # T, d, heads, N
CNNS = [16, 128]  # N
BLOCK = "a transformer block"
CNN = "a small CNN"
SMALL = 16  # d, up to which calls count for more than products
TIMES_FASTER = {  # of a transformer block at every size, and of a small one
    "torch.func vmap(grad)": (1.2, 3),
    "Opacus per-sample gradients": (1.4, 3),
    "Opacus ghost norms": (1.3, 3),
}
CNN_FASTER = {"BackPACK BatchGrad": 1.1, "BackPACK BatchL2": 1.1}
NORMALISED = (
    "m{k} = {x} - mean({x}, axis=-1, keepdims=True); {y} = g{k} * m{k} / sqrt(mean(m{k} * m{k}, axis=-1, keepdims=True) + 1e-5) + b{k}"
)


def everywhere(what: str, name: str) -> str:
    faster = TIMES_FASTER[name][0] if what == BLOCK and name in TIMES_FASTER else CNN_FASTER.get(name) if what == CNN else None
    return f"{what}: {faster} times as fast as {name}" if faster else f"{what}: against {name}"


def where_small(name: str) -> str:
    return f"{BLOCK} of d <= {SMALL}: {TIMES_FASTER[name][1]} times as fast as {name}"


LIMITS = {  # what is claimed, on all recorded machines
    **{everywhere(BLOCK, name): 1 / faster for name, (faster, _) in TIMES_FASTER.items()},
    **{where_small(name): 1 / faster for name, (_, faster) in TIMES_FASTER.items()},
    **{everywhere(CNN, name): 1 / faster for name, faster in CNN_FASTER.items()},
}


# --- the networks -----------------------------------------------------------------------------------------------------------------


def block_equations(T: int, d: int, heads: int) -> str:
    split = f"[{T}, {heads}, {d // heads}]), [1, 0, 2])"
    return f"""
{NORMALISED.format(k=1, x="X", y="A")}
Q = transpose(reshape(A @ W_Q, {split}
K = transpose(reshape(A @ W_K, {split}
V = transpose(reshape(A @ W_V, {split}
S = softmax(Q @ transpose(K, [0, 2, 1]) / {(d // heads) ** 0.5})
R = X + reshape(transpose(S @ V, [1, 0, 2]), [{T}, {d}]) @ W_O
{NORMALISED.format(k=2, x="R", y="B")}
F = R + relu(B @ W_1 + c1) @ W_2 + c2
y = mean(F, axis=0) @ W_y
J = -log(softmax(y))[t]
"""


def block_values(T: int, d: int, heads: int, N: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng((T, d, N))
    shapes = {"W_Q": (d, d), "W_K": (d, d), "W_V": (d, d), "W_O": (d, d), "W_1": (d, 4 * d), "W_2": (4 * d, d), "W_y": (d, 10)}
    found = {name: rng.standard_normal(shape) * shape[0] ** -0.5 for name, shape in shapes.items()}
    found |= {"g1": 1 + 0.1 * rng.standard_normal(d), "b1": 0.1 * rng.standard_normal(d), "g2": 1 + 0.1 * rng.standard_normal(d)}
    found |= {"b2": 0.1 * rng.standard_normal(d), "c1": 0.1 * rng.standard_normal(4 * d), "c2": 0.1 * rng.standard_normal(d)}
    return {name: value.astype("f") for name, value in found.items()} | {
        "X": rng.standard_normal((N, T, d)).astype("f"), "t": rng.integers(10, size=N)
    }  # fmt: skip


CNN_EQUATIONS = """
H = max_pool2d(relu(conv2d(X, K1, padding=1) + reshape(b1, [8, 1, 1])), 2)
G = max_pool2d(relu(conv2d(H, K2, padding=1) + reshape(b2, [16, 1, 1])), 2)
y = W @ reshape(G, [784]) + b
J = -log(softmax(y))[t]
"""


def cnn_values(N: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(N)
    shapes = {"K1": (8, 1, 3, 3), "b1": (8,), "K2": (16, 8, 3, 3), "b2": (16,), "W": (10, 784), "b": (10,)}
    found = {name: (rng.standard_normal(shape) * (np.prod(shape[1:]) or 1) ** -0.5).astype("f") for name, shape in shapes.items()}
    return found | {"X": rng.standard_normal((N, 1, 28, 28)).astype("f"), "t": rng.integers(10, size=N)}


def with_a1viz(text: str, values: dict[str, np.ndarray]) -> Callable[[], Norms]:
    parameters = {name: list(value.shape) for name, value in values.items() if name not in ("X", "t")}
    graph = a1viz.parse(text, parameters, X=list(values["X"].shape[1:]), t={"class": 10})
    return lambda: gradient_norms(graph, **values)


# --- the peers --------------------------------------------------------------------------------------------------------------------


def torch_block(values: dict[str, np.ndarray], heads: int) -> tuple[Any, list[str]]:
    """The same block as a module, and our names of its parameters in their order."""
    import torch

    nn, d = torch.nn, values["W_Q"].shape[0]

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
            self.q, self.k, self.v, self.o = (nn.Linear(d, d, bias=False) for _ in range(4))
            self.first, self.second, self.last = nn.Linear(d, 4 * d), nn.Linear(4 * d, d), nn.Linear(d, 10, bias=False)

        def forward(self, x):
            split = (*x.shape[:-1], heads, d // heads)
            a = self.norm1(x)
            q, k, v = (layer(a).reshape(split).transpose(-3, -2) for layer in (self.q, self.k, self.v))
            s = torch.softmax(q @ k.transpose(-1, -2) / (d // heads) ** 0.5, -1)
            r = x + self.o((s @ v).transpose(-3, -2).reshape(x.shape))
            f = r + self.second(torch.relu(self.first(self.norm2(r))))
            return self.last(f.mean(-2))

    net = Block()
    ours = {"norm1.weight": "g1", "norm1.bias": "b1", "norm2.weight": "g2", "norm2.bias": "b2", "q.weight": "W_Q", "k.weight": "W_K"}
    ours |= {"v.weight": "W_V", "o.weight": "W_O", "first.weight": "W_1", "first.bias": "c1", "second.weight": "W_2", "second.bias": "c2"}
    ours |= {"last.weight": "W_y"}
    for name, p in net.named_parameters():
        value = torch.from_numpy(values[ours[name]])
        p.data = (value.T if value.ndim == 2 else value).contiguous().clone()
    return net, [ours[name] for name, _ in net.named_parameters()]


def torch_cnn(values: dict[str, np.ndarray]) -> tuple[Any, list[str]]:
    import torch

    nn = torch.nn
    parts = [nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    net = nn.Sequential(*parts, nn.Flatten(-3), nn.Linear(784, 10))
    names = ["K1", "b1", "K2", "b2", "W", "b"]
    for name, p in zip(names, net.parameters(), strict=True):
        p.data = torch.from_numpy(values[name]).clone()
    return net, names


def peers(make: Callable[[], tuple[Any, list[str]]], values: dict[str, np.ndarray]) -> dict[str, Callable[[], Norms]]:
    try:
        import torch
    except ImportError:
        return {}
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", "Full backward hook")
    examples, labels = torch.from_numpy(values["X"]), torch.from_numpy(values["t"])
    names = make()[1]
    loss = torch.nn.CrossEntropyLoss(reduction="sum")

    def squared(gradients) -> Norms:
        return {name: torch.linalg.vector_norm(g.flatten(1), dim=1).square().numpy() for name, g in zip(names, gradients, strict=True)}

    def backward(net, loss, read: Callable) -> Norms:
        net.zero_grad()
        loss(net(examples), labels).backward()
        return read(list(net.parameters()))

    def functional() -> Callable[[], Norms]:
        net = make()[0]
        parameters = {name: p.detach() for name, p in net.named_parameters()}

        def loss_of_one(parameters, example, label):
            return torch.nn.functional.cross_entropy(torch.func.functional_call(net, parameters, example), label)

        gradients = torch.func.vmap(torch.func.grad(loss_of_one), in_dims=(None, 0, 0))
        return lambda: squared(gradients(parameters, examples, labels).values())

    def opacus(ghost: bool) -> Callable[[], Norms]:
        from opacus.grad_sample import GradSampleModule, GradSampleModuleFastGradientClipping

        if ghost:
            read = lambda ps: {name: p._norm_sample.square().numpy() for name, p in zip(names, ps, strict=True)}  # noqa: E731
            return partial(backward, GradSampleModuleFastGradientClipping(make()[0], loss_reduction="sum"), loss, read)
        return partial(backward, GradSampleModule(make()[0], loss_reduction="sum"), loss, lambda ps: squared(p.grad_sample for p in ps))

    def backpack(ghost: bool) -> Callable[[], Norms]:
        from backpack import backpack, extend
        from backpack.extensions import BatchGrad, BatchL2Grad

        net, extended = extend(make()[0]), extend(torch.nn.CrossEntropyLoss(reduction="sum"))

        def read(parameters) -> Norms:
            if ghost:
                return {name: p.batch_l2.numpy() for name, p in zip(names, parameters, strict=True)}
            return squared(p.grad_batch for p in parameters)

        def task() -> Norms:
            with backpack(BatchL2Grad() if ghost else BatchGrad()):
                return backward(net, extended, read)

        return task

    makers: dict[str, Callable] = {
        "torch.func vmap(grad)": functional,
        "Opacus per-sample gradients": partial(opacus, False),
        "Opacus ghost norms": partial(opacus, True),
    }
    if "K1" in names:
        makers |= {"BackPACK BatchGrad": partial(backpack, False), "BackPACK BatchL2": partial(backpack, True)}
    found = {}
    for name, maker in makers.items():
        try:
            found[name] = maker()
        except ImportError as error:
            print(f"!!!!!!!! {name} IS LEFT OUT: {error} !!!!!!!!", file=sys.stderr)
    return found


# --- the claims -------------------------------------------------------------------------------------------------------------------


def measured() -> Iterator[dict[str, object]]:
    for T, d, heads, N in BLOCKS:
        values = block_values(T, d, heads, N)
        yield from compared(BLOCK, block_equations(T, d, heads), values, partial(torch_block, values, heads), {"T": T, "d": d, "N": N})
    for N in CNNS:
        values = cnn_values(N)
        yield from compared(CNN, CNN_EQUATIONS, values, partial(torch_cnn, values), {"N": N})


def compared(what: str, text: str, values: dict[str, np.ndarray], make: Callable, at: dict[str, int]) -> Iterator[dict[str, object]]:
    ours = with_a1viz(text, values)
    answer = ours()
    for name, task in peers(make, values).items():
        found = task()
        if not agrees(name, found, {p: answer[p] for p in found}):
            continue
        times = interleaved({"a1viz": ours, name: task}, 7, 1, least=LEAST)
        ratio = median_ratio(times, "a1viz", name)
        yield claim("structured", everywhere(what, name), ratio, times, **at)
        if what == BLOCK and at["d"] <= SMALL:
            yield claim("structured", where_small(name), ratio, **at)


if __name__ == "__main__":
    record("structured", measured(), LIMITS)
