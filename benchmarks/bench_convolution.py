"""What does a convolution cost, forward and with both gradients? a1viz's compiled plan against PyTorch.

NumPy arrays go in and come out, for both; "own arrays" is PyTorch whose images, kernel and error signal lie ready in its own arrays.
float32, one thread, one call that takes all arrays and gives new ones. The claim is made of a layer as it stands in the middle of a small
network: 3 x 3 kernels, 16 to 32 channels, 28 x 28 pixels, a batch of 16. The other layers, and pooling, only tell.

Run by `make bench`.
"""

from __future__ import annotations

# isort: off
import timing  # first: one core, one thread
from timing import LEAST, agrees, claim, interleaved, median_ratio, record

# isort: on
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

import a1viz

OURS, TORCH, OWN = "a1viz", "PyTorch eager", "PyTorch eager, own arrays"
ROUNDS, SECONDS = 15, 1.5
Values = dict[str, np.ndarray]
Task = Callable[[], Mapping[str, Any]]


class Layer(NamedTuple):
    """A layer and the batch it is given; a pooling layer has no channels out."""

    examples: int
    channels: int
    pixels: int
    outputs: int
    size: int
    stride: int = 1
    padding: int = 0


CLAIMED = Layer(16, 16, 28, 32, 3, 1, 1)
LAYERS = (
    CLAIMED, Layer(1, 16, 28, 32, 3, 1, 1), Layer(64, 1, 28, 8, 5), Layer(256, 8, 8, 16, 3, 1, 1), Layer(16, 32, 14, 64, 3, 2, 1),
    Layer(16, 64, 14, 64, 1), Layer(64, 8, 12, 32, 12), Layer(16, 32, 28, 0, 2, 2), Layer(16, 32, 28, 0, 3, 2, 1),
)  # fmt: skip
PASSES = ("forward and gradients", "forward")
LIMITS = {f"{what}, 3 x 3, 16 to 32 channels, 28 x 28, batch of 16: within 3 of PyTorch eager": 3.0 for what in PASSES}


def values(layer: Layer) -> Values:
    rng = np.random.default_rng(0)
    windows = (layer.pixels + 2 * layer.padding - layer.size) // layer.stride + 1
    shapes = {
        "X": (layer.examples, layer.channels, layer.pixels, layer.pixels),
        "K": (layer.outputs, layer.channels, layer.size, layer.size),
        "B": (layer.examples, layer.outputs or layer.channels, windows, windows),
    }
    return {name: rng.standard_normal(shape).astype("f") for name, shape in shapes.items() if all(shape)}


def with_a1viz(layer: Layer, v: Values, forward: bool) -> Task:
    how = f"stride={layer.stride}, padding={layer.padding}"
    text = f"Y = conv2d(X, K, {how})" if "K" in v else f"Y = max_pool2d(X, {layer.size}, {how})"
    leaves = {name: list(v[name].shape[name == "X" :]) for name in v if name != "B"}
    graph = a1viz.parse(text, {name: shape for name, shape in leaves.items() if name == "K"}, X=leaves["X"])
    given = {name: v[name] for name in leaves}
    if forward:
        compiled = a1viz.compile(graph)
        return lambda: compiled(**given)
    compiled = a1viz.compile(graph, wrt=list(leaves), cotangents=["Y"])
    return lambda: compiled(**given, cotangents={"Y": v["B"]})


def with_torch(layer: Layer, v: Values, forward: bool, own: bool = False) -> Task:
    import torch

    torch.set_num_threads(timing.THREADS)
    F = torch.nn.functional

    def tensors() -> dict[str, Any]:
        return {name: torch.from_numpy(array).requires_grad_(not forward and name != "B") for name, array in v.items()}

    ready = tensors()

    def task() -> Mapping[str, Any]:
        t = ready if own else tensors()
        how = {"stride": layer.stride, "padding": layer.padding}
        Y = F.conv2d(t["X"], t["K"], **how) if "K" in t else F.max_pool2d(t["X"], layer.size, **how)
        found = {"Y": Y.detach()}
        if not forward:
            leaves = [name for name in t if name != "B"]
            bars = torch.autograd.grad(Y, [t[name] for name in leaves], t["B"])
            found |= {f"{name}_bar": bar for name, bar in zip(leaves, bars, strict=True)}
        return found if own else {name: array.numpy() for name, array in found.items()}

    return task


def measured() -> Iterator[dict[str, object]]:
    for layer in LAYERS:
        v = values(layer)
        for what in PASSES:
            tasks = tasks_of(layer, v, what == "forward")
            times = interleaved(tasks, ROUNDS, SECONDS, least=LEAST)
            kind = "convolution" if layer.outputs else "pooling"
            for name in [name for name in tasks if name != OURS]:
                pair = {OURS: times[OURS], name: times[name]}
                yield claim("convolution", f"{kind}, {what}: against {name}", median_ratio(times, OURS, name), pair, **layer._asdict())
            if layer == CLAIMED and TORCH in times:
                says = next(says for says in LIMITS if says.startswith(f"{what},"))
                yield claim("convolution", says, median_ratio(times, OURS, TORCH))


def tasks_of(layer: Layer, v: Values, forward: bool) -> dict[str, Task]:
    """The tasks by name: a1viz, and PyTorch where it is installed and its answer is the same."""
    ours = with_a1viz(layer, v, forward)
    expected = {name: np.asarray(array) for name, array in ours().items()}
    found = {OURS: ours}
    for name, own in ((TORCH, False), (OWN, True)):
        try:
            task = with_torch(layer, v, forward, own)
        except ImportError as error:
            print(f"!!!!!!!! {name} IS LEFT OUT: {error} !!!!!!!!", file=sys.stderr)
            continue
        if agrees(name, {key: np.asarray(array) for key, array in task().items()}, expected):
            found[name] = task
    return found


if __name__ == "__main__":
    record("convolution", measured(), LIMITS)
