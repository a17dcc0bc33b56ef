"""What does a compiled plan itself cost: to write, to call, to keep? Run by `make bench`; how fast it is stands in the other benchmarks.

A graph of the catalogue is compiled with all gradients, its backward graph made as well, or there already; chains of ten times the length
take ten times as long; the workspace is compared with what is alive at once; and a call, which looks at its arguments and has new results,
with the other ways: with `out`, with bound arrays, and with bound arrays of its own, into which another x is written before each call.
"""

from __future__ import annotations

# isort: off
from timing import LEAST, claim, interleaved, median_ratio, record  # first: one core, one thread

# isort: on
import gc
import time
import timeit
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from gated import NAMES, bound, values

import a1viz
from a1viz.calculus.interpreter import backward_graph
from a1viz.graph.nodes import Graph

LIMITS = {  # what is claimed, on all recorded machines
    "milliseconds to compile a graph of the catalogue with its gradients and to call it once": 10.0,
    "ten times the equations take at most 15 times as long to compile": 15.0,
    "workspace by what is alive at once": 1.2,
    "memory taken by a call, by that of its results": 1.2,
}
COMPILED, CHAINS, WORKSPACE, MEMORY = LIMITS


def milliseconds(task: Callable[[], object], times: int = 5) -> float:
    """The least of several times, by the process's own clock; without the garbage collector, which looks at all that the process has."""
    return 1000 * min(timeit.repeat(task, gc.collect, time.process_time, times, 1))


def compilation() -> Iterator[dict[str, object]]:
    for name in a1viz.catalogue():
        graph = a1viz.load(name)
        at = {"graph": name, "steps": len(a1viz.compile(graph, graph.parameters or None).plan().table)}
        yield claim("plan", COMPILED, milliseconds(partial(compiled, graph, anew=True)), **at)
        yield claim("plan", f"{COMPILED}, the backward graph there already", milliseconds(partial(compiled, graph)), **at)


def compiled(graph: Graph, anew: bool = False) -> None:
    if anew:
        backward_graph.cache_clear()
    a1viz.compile(graph, graph.parameters or None)()


def chains() -> Iterator[dict[str, object]]:
    tasks = {}
    for n in (1000, 10_000):
        graph = a1viz.parse("\n".join(f"a{k + 1} = tanh(a{k}) * a{k}" for k in range(n)), a0=[3])
        tasks[f"{n} equations"] = lambda graph=graph: a1viz.compile(graph).plan(a0=np.ones(3)).code
    gc.disable()  # as above
    times = interleaved(tasks, 7)
    gc.enable()
    ratio = median_ratio(times, "10000 equations", "1000 equations")
    yield claim("plan", CHAINS, ratio, times)


def memory() -> Iterator[dict[str, object]]:
    """K layers: their inputs, and two buffers to pull an error vector back, are alive at once."""
    for K, D, N in ((2, 64, 256), (8, 64, 256), (4, 256, 1024)):
        equations = "\n".join(f"h{k + 1} = tanh(W{k} @ h{k})" for k in range(K)) + f"\nJ = norm2(h{K})"
        graph = a1viz.parse(equations, {f"W{k}": ["D", "D"] for k in range(K)}, h0=["D"])
        values = {f"W{k}": np.zeros((D, D), "f") for k in range(K)} | {"h0": np.ones((N, D), "f")}
        step = a1viz.compile(graph, graph.parameters)
        step(**values)
        live, results = 4 * N * D * (K + 1), 4 * (K * D * D + N)
        at = {"K": K, "D": D, "N": N}
        yield claim("plan", WORKSPACE, step.plan(**values).bytes / live, **at)
        tracemalloc.start()
        step(**values)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        yield claim("plan", MEMORY, peak / results, **at)


def calling() -> Iterator[dict[str, object]]:
    for D in (3, 32):
        v = values(D, 1)
        step = a1viz.compile(a1viz.load("gated_network"), NAMES)
        out = step(**v)
        ways = {"bound": step.bind(**v), "bound with copy": bound(step, v), "with out": partial(step, out=out, **v)}
        times = interleaved({"a call": partial(step, **v), **ways}, 15, 1, least=LEAST)
        for way in ways:
            kept = {name: times[name] for name in (way, "a call")}
            yield claim("plan", f"the gated network, {way}, against a call", median_ratio(times, way, "a call"), kept, D=D)


def measured() -> Iterator[dict[str, object]]:
    yield from compilation()
    yield from chains()
    yield from memory()
    yield from calling()


if __name__ == "__main__":
    record("plan", measured(), LIMITS)
