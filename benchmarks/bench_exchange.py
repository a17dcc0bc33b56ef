"""Models that come in from ONNX: how long the import takes, and how fast the network runs then. Run by `make bench`.

An MLP of three layers, D wide, in 32 bits. onnxruntime has its parameters in its session; a1viz in the form that has them too, in arrays
that stay, with another x written before each call, and in the form of a call, where they come from the model. Hand-written NumPy shows what
of a ratio is BLAS: its products of a batch are slower than onnxruntime's own on some processors.
"""

from __future__ import annotations

# isort: off
from timing import LEAST, THREADS, agrees, claim, interleaved, median_ratio, record  # first: one core, one thread

# isort: on
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

import a1viz

IMPORT = "importing an MLP from ONNX, the first model of a process, the package onnx not counted, in ms"
AGAIN = "importing an MLP from ONNX, another one, in ms"
FASTER = "an imported MLP, one example: 1.2 times as fast as onnxruntime"
BATCH = "an imported MLP, a batch: against hand-written NumPy"
LIMITS = {IMPORT: 50.0, AGAIN: 10.0, FASTER: 1 / 1.2, BATCH: 1.2}  # what is claimed, on all recorded machines
SIZES = [(D, N) for D in (64, 256) for N in (1, 64, 256, 1024)]
CLAIMED = 64  # the width for which the claim of one example is made
LAYERS = 3
ROUNDS, SECONDS = 25, 1.0
PROCESS = """
import sys, time
import onnx
import a1viz
start = time.process_time()
a1viz.from_onnx(sys.argv[1])
print(time.process_time() - start)
"""
Task = Callable[[], object]


def mlp(D: int) -> object:
    """The model, with a batch axis that has a name."""
    from onnx import TensorProto, helper, numpy_helper

    chance = np.random.default_rng(0)
    nodes, starts = [], []
    for k in range(1, LAYERS + 1):
        W, b = chance.standard_normal((D, D)) / np.sqrt(D), chance.standard_normal(D)
        starts += [numpy_helper.from_array(value.astype("f"), f"{name}{k}") for name, value in (("W", W), ("b", b))]
        nodes.append(helper.make_node("Gemm", [f"h{k - 1}" if k > 1 else "x", f"W{k}", f"b{k}"], [f"z{k}"], transB=1))
        nodes += [helper.make_node("Relu", [f"z{k}"], [f"h{k}"])] if k < LAYERS else []
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", D]) for name in ("x", f"z{LAYERS}"))
    graph = helper.make_graph(nodes, "mlp", [x], [y], starts)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def importing() -> Iterator[dict[str, object]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mlp.onnx"
        path.write_bytes(mlp(64).SerializeToString())
        command = [sys.executable, "-c", PROCESS, str(path)]
        own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}  # compiled modules, as everybody has
        first = min(float(subprocess.run(command, check=True, capture_output=True, text=True, env=own).stdout) for _ in range(9))
        yield claim("exchange", IMPORT, 1000 * first)
        again = min(interleaved({"import": lambda: a1viz.from_onnx(path)}, ROUNDS)["import"])
        yield claim("exchange", AGAIN, 1000 * again)


def tasks_of(D: int, N: int) -> dict[str, Task]:
    """Everybody's forward pass of the same x."""
    import onnxruntime

    model = mlp(D)
    graph = a1viz.from_onnx(model)
    output, parameters = graph.outputs[0], graph.document.values
    x = np.random.default_rng(1).standard_normal((N, D)).astype("f")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    compiled = a1viz.compile(graph)
    bound = compiled.bind(copy=True, x=x, **parameters)
    layers = [(parameters[f"W{k}"], parameters[f"b{k}"], np.empty((N, D), "f")) for k in range(1, LAYERS + 1)]

    def with_another_x() -> object:
        bound.values["x"][...] = x
        return bound()[output]

    def by_hand() -> object:
        h = x
        for k, (W, b, out) in enumerate(layers, 1):
            np.dot(h, W.T, out)
            np.add(out, b, out)
            h = np.maximum(out, 0, out=out) if k < LAYERS else out
        return h

    found: dict[str, Task] = {
        "a1viz": with_another_x,
        "a1viz, a call": lambda: compiled(x=x)[output],
        "onnxruntime": lambda: session.run(None, {"x": x})[0],
        "hand-written NumPy": by_hand,
    }
    truth = {output: by_hand()}
    return {name: task for name, task in found.items() if agrees(name, {output: task()}, truth)}


def running() -> Iterator[dict[str, object]]:
    for D, N in SIZES:
        times = interleaved(tasks_of(D, N), ROUNDS, SECONDS, least=LEAST)
        for ours in ("a1viz", "a1viz, a call"):
            for peer in ("onnxruntime", "hand-written NumPy"):
                ratio, kept = median_ratio(times, ours, peer), {name: times[name] for name in (ours, peer)}
                what = "an imported MLP" + ours.removeprefix("a1viz")
                yield claim("exchange", f"{what}: against {peer}", ratio, kept, D=D, N=N)
                if ours == "a1viz" and peer == "onnxruntime" and (D, N) == (CLAIMED, 1):
                    yield claim("exchange", FASTER, ratio, kept, D=D, N=N)
                if ours == "a1viz" and peer == "hand-written NumPy" and N > 1:
                    yield claim("exchange", BATCH, ratio, kept, D=D, N=N)


def measured() -> Iterator[dict[str, object]]:
    yield from importing()
    yield from running()


if __name__ == "__main__":
    record("exchange", measured(), LIMITS)
