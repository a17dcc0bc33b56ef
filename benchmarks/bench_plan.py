"""What does a compiled plan itself cost: to write, to call, to keep? Run by `make bench`; how fast it is stands in the other benchmarks.

A graph of the catalogue is compiled with all gradients, its backward graph there already; chains of ten times the length take ten times as
long; the workspace is compared with what is alive at once; and bound arrays with a call that looks at its arguments.
"""

from __future__ import annotations

# isort: off
from timing import claim, interleaved, median_ratio, record  # first: one core, one thread

# isort: on
import time
import tracemalloc
from collections.abc import Callable, Iterator

import numpy as np

import a1viz


def milliseconds(task: Callable[[], object], times: int = 5) -> float:
    """The least of several times."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        task()
        found.append(1000 * (time.perf_counter() - start))
    return min(found)


def compilation() -> Iterator[dict[str, object]]:
    for name in a1viz.catalogue():
        graph = a1viz.load(name)
        wrt = graph.parameters or None
        plan = a1viz.compile(graph, wrt).plan()
        says = "milliseconds to compile a graph of the catalogue with its gradients"
        took = milliseconds(lambda graph=graph, wrt=wrt: a1viz.compile(graph, wrt).plan())
        yield claim("plan", says, took, 10, graph=name, steps=len(plan.table))


def chains() -> Iterator[dict[str, object]]:
    took = {}
    for n in (1000, 10_000):
        graph = a1viz.parse("\n".join(f"a{k + 1} = tanh(a{k}) * a{k}" for k in range(n)), a0=[3])
        took[n] = milliseconds(lambda graph=graph: a1viz.compile(graph).plan(a0=np.ones(3)), 3)
    yield claim("plan", "ten times the equations take at most 15 times as long to compile", took[10_000] / took[1000], 15.0)
    yield claim("plan", "milliseconds to compile a chain of a thousand equations", took[1000], None)


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
        yield claim("plan", "workspace by what is alive at once", step.plan(**values).bytes / live, 1.1, **at)
        tracemalloc.start()
        step(**values)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        yield claim("plan", "memory taken by a call, by that of its results", peak / results, 1.1, **at)


def calling() -> Iterator[dict[str, object]]:
    graph = a1viz.load("gated_network")
    step = a1viz.compile(graph, graph.parameters, exact=True)
    values = {name: np.array(value, float) for name, value in graph.document.values.items() if name != "t"} | {"t": np.asarray(2)}
    bound, out = step.bind(**values), step(**values)
    tasks = {"a call": lambda: step(**values), "bound": bound, "with out": lambda: step(out=out, **values)}
    times = interleaved({name: lambda task=task: [task() for _ in range(20)] for name, task in tasks.items()}, 15, 1)
    for name in ("bound", "with out"):
        yield claim("plan", f"the gated network, {name}, against a call", median_ratio(times, name, "a call"), None, times)


def measured() -> Iterator[dict[str, object]]:
    yield from compilation()
    yield from chains()
    yield from memory()
    yield from calling()


if __name__ == "__main__":
    record("plan", measured())
