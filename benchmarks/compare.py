"""Is this checkout slower than another one? `python benchmarks/compare.py BEFORE [AFTER] [group ...]`, both paths of checkouts.

The cases of the benchmark files without their peers, in two processes that take turns: a line a case with the median of the ratios of the
same round, and for each group the geometric mean. A group is a benchmark file's name without `bench_`, or `compiling`.
"""

from __future__ import annotations

import json
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

HERE = Path(__file__).parent.parent
ROUNDS, LEAST = 9, 5e-3  # samples of each case; seconds that one takes at least
Case = tuple[str, Callable[[], object]]


# --- the cases, of the checkout that is first on the path -----------------------------------------------------------------------------


def gated() -> Iterator[Case]:
    from bench_gated import SIZES
    from gated import values, with_a1viz

    for (D, N), forward, call in ((s, f, c) for s in SIZES for f in (False, True) for c in (False, True)):
        name = f"D={D} N={N} {'forward' if forward else 'gradients'}{', a call' if call else ''}"
        yield name, with_a1viz(values(D, N), forward, call)


def norms() -> Iterator[Case]:
    from bench_norms import SIZES, network, with_a1viz

    for K, D, N in SIZES:
        if K < 8 and K * N * D * D < 3e8:
            yield f"K={K} D={D} N={N}", with_a1viz(*network(K, D, N))


def ntk() -> Iterator[Case]:
    from bench_ntk import NETWORKS, random, with_a1viz

    for K, D, O, N in NETWORKS[:6]:
        weights = [random(O if k == K else D, D) for k in range(1, K + 1)]
        yield f"K={K} D={D} O={O} N={N}", with_a1viz(weights, [random(len(W)) for W in weights], random(N, D))


def training() -> Iterator[Case]:
    from bench_training import TIMES_FASTER, problem, with_a1viz, with_fit

    for name in TIMES_FASTER:
        yield name, with_a1viz(*problem(name))
        yield f"{name}, fit", with_fit(*problem(name))


def sorting() -> Iterator[Case]:
    import numpy as np
    from bench_sorting import SHAPES

    from a1viz.sorting import kth_smallest, sort

    for (rows, n), dtype in ((shape, dtype) for shape in (*SHAPES, (100, 8)) for dtype in ("float64", "float32")):
        X = np.random.default_rng(n).standard_normal((rows, n)).astype(dtype)
        yield f"{rows} rows of {n}, {dtype}", partial(sort, X)
        yield f"{rows} columns of {n}, {dtype}", partial(sort, np.ascontiguousarray(X.T), axis=0)
        yield f"{rows} rows of {n}, {dtype}, selected", partial(kth_smallest, X, n // 2)


def plan() -> Iterator[Case]:
    from gated import NAMES, bound, values

    import a1viz

    for D in (3, 32):
        v = values(D, 1)
        step = a1viz.compile(a1viz.load("gated_network"), NAMES)
        yield f"D={D}, bound", step.bind(**v)
        yield f"D={D}, bound with copy", bound(step, v)
        yield f"D={D}, with out", partial(step, out=step(**v), **v)
        yield f"D={D}, a call", partial(step, **v)


def compiling() -> Iterator[Case]:
    from bench_plan import compiled

    import a1viz

    for name in a1viz.catalogue():
        graph = a1viz.load(name)
        yield name, partial(compiled, graph)
    graph = a1viz.parse("\n".join(f"a{k + 1} = tanh(a{k}) * a{k}" for k in range(1000)), a0=[3])
    yield "a chain of 1000", lambda: a1viz.compile(graph).plan(a0=[1.0, 2.0, 3.0]).code


def core() -> Iterator[Case]:
    import numpy as np
    from timing import process

    import a1viz

    graph = a1viz.load("gated_network")
    chain = a1viz.parse("\n".join(f"a{k + 1} = tanh(a{k})" for k in range(1000)), a0=[3])
    yield "import a1viz and run", process([sys.executable, "-c", "import a1viz; a1viz.run"])
    yield "a1viz --help", process([sys.executable, "-m", "a1viz", "--help"])
    yield "drawn in a warm process", lambda: a1viz.draw(graph, backward=True).svg
    yield "a chain of 1000 differentiated", lambda: a1viz.grad(chain, ["a0"], {"a1000": np.ones(3)}, a0=np.zeros(3))


GROUPS = {f.__name__: f for f in (plan, gated, norms, ntk, training, core, sorting, compiling)}


# --- two processes in turns -----------------------------------------------------------------------------------------------------------


def work(group: str) -> None:
    """Answer each line on the input, the number of a case and how often to run it, with its seconds; the first answer has the names."""
    cases = list(GROUPS[group]())
    clock = time.perf_counter if group == "core" else time.process_time
    print(json.dumps([name for name, _ in cases]), flush=True)
    for line in sys.stdin:
        number, times = map(int, line.split())
        start = clock()
        for _ in range(times):
            cases[number][1]()
        print((clock() - start) / times, flush=True)


class Worker:
    """A process that has one checkout's cases."""

    def __init__(self, checkout: Path, group: str) -> None:
        command = [sys.executable, __file__, "--work", str(checkout), group]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=checkout)
        self.names = json.loads(self.process.stdout.readline())

    def seconds(self, number: int, times: int) -> float:
        self.process.stdin.write(f"{number} {times}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


def compared(before: Path, after: Path, group: str) -> dict[str, float]:
    """The ratio of each case, after to before."""
    workers, found = [Worker(checkout, group) for checkout in (before, after)], {}
    assert workers[0].names == workers[1].names, group
    for number, name in enumerate(workers[0].names):
        for worker in workers:
            worker.seconds(number, 1)
        times = max(1, round(LEAST / workers[0].seconds(number, 1)))
        ratios = []
        for k in range(ROUNDS):
            seconds = {worker: worker.seconds(number, times) for worker in workers[:: (-1) ** k]}
            ratios.append(seconds[workers[1]] / seconds[workers[0]])
        found[name] = statistics.median(ratios)
        print(f"{group:9}  {found[name]:6.3f}  {name}", flush=True)
    for worker in workers:
        worker.process.stdin.close()
        worker.process.wait()
    return found


def main(arguments: list[str]) -> None:
    paths = [Path(a).resolve() for a in arguments if a not in GROUPS]
    before, after = (*paths, HERE)[:2]
    for group in [a for a in arguments if a in GROUPS] or GROUPS:
        ratios = compared(before, after, group)
        mean = math.exp(statistics.fmean(map(math.log, ratios.values())))
        said = f"GEOMETRIC MEAN; the largest {max(ratios.values()):.3f}, the least {min(ratios.values()):.3f}"
        print(f"{group:9}  {mean:6.3f}  {said}\n", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        sys.path[:0] = [str(Path(sys.argv[2]) / "benchmarks"), sys.argv[2]]
        import timing  # noqa: F401  one core, one thread

        work(sys.argv[3])
    else:
        main(sys.argv[1:])
