"""What `compare.py` times in each of two checkouts: cases by family, through the public names alone, which stay while modules move.

Run as a program it is one of the two: it reads pickled requests from its standard input, and answers on its standard output, one at a time.
NumPy takes the number of threads from the environment, which `compare.py` sets; nothing here imports `timing`, which needs the newer one.
"""

from __future__ import annotations

import itertools
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import a1viz
from a1viz import nn, regression, sorting

NAMES = ("x", "W1", "b1", "W2", "b2", "W3", "W4")
Task = Callable[[], Any]


class Case(NamedTuple):
    """Something to time: its task, whether its answer is numbers to compare, and the clock, which for processes is the one on the wall."""

    name: str
    task: Task
    is_compared: bool = True
    clock: Callable[[], float] = time.process_time


def random(*shape: int, dtype: str = "f") -> np.ndarray:
    return (np.random.default_rng(shape).standard_normal(shape) / shape[-1] ** 0.5).astype(dtype)


# --- plans ----------------------------------------------------------------------------------------------------------------------------


def gated_values(D: int, N: int) -> dict[str, np.ndarray]:
    batch = () if N == 1 else (N,)
    t = np.asarray(np.random.default_rng(N).integers(D, size=batch))
    return {**{f"W{k}": random(D, D) for k in range(1, 5)}, "b1": random(D), "b2": random(D), "x": random(*batch, D), "t": t}


def bound(step: Any, values: dict[str, np.ndarray]) -> Task:
    """Arrays that stay; each call is given another x."""
    again = step.bind(copy=True, **values)
    place, x = again.values["x"], values["x"]

    def task() -> Any:
        place[...] = x
        return again()

    return task


def gated() -> Iterator[Case]:
    graph = a1viz.load("gated_network")
    for what, wrt in (("gradients", NAMES), ("forward", None)):
        step = a1viz.compile(graph, wrt)
        for D in (3, 32, 256):
            yield Case(f"{what}, bound, D = {D}", bound(step, gated_values(D, 1)))
        for D, N in ((3, 1), (3, 64), (32, 64), (256, 64), (32, 1024)):
            yield Case(f"{what}, a call, D = {D}, N = {N}", partial(step, **gated_values(D, N)))


def plan() -> Iterator[Case]:
    """Other forms and other networks: exact, with `out`, a deep perceptron, a graph of the catalogue, sums over a large batch."""
    graph, v = a1viz.load("gated_network"), gated_values(32, 1)
    yield Case("exact, a call, D = 32", partial(a1viz.compile(graph, NAMES, exact=True), **v))
    yield Case("exact, a call, D = 32, N = 64", partial(a1viz.compile(graph, NAMES, exact=True), **gated_values(32, 64)))
    step = a1viz.compile(graph, NAMES)
    yield Case("with out, D = 32", partial(step, out=step(**v), **v))
    for K, D, N in ((8, 16, 1), (8, 64, 64), (2, 16, 100_000)):
        layers = "\n".join(f"h{k + 1} = tanh(W{k} @ h{k} + b{k})" for k in range(K)) + f"\nJ = norm2(h{K})"
        shapes = {f"W{k}": ["D", "D"] for k in range(K)} | {f"b{k}": ["D"] for k in range(K)}
        deep = a1viz.parse(layers, shapes, h0=["D"])
        values = {name: random(*[D] * len(shape)) for name, shape in shapes.items()} | {"h0": random(*((N,) if N > 1 else ()), D)}
        yield Case(f"{K} layers, D = {D}, N = {N}", partial(a1viz.compile(deep, list(shapes)), **values))
    for name in ("two_layer", "sort2", "counting"):
        found = a1viz.load(name)
        yield Case(f"{name} bound", a1viz.compile(found, found.parameters or None).bind(copy=True))


def compile_times() -> Iterator[Case]:
    """Each time another graph, which no cache knows: a document with another title, equations with other names."""
    count = itertools.count()
    folder = Path(a1viz.__file__).parent.parent / "graphs"

    def document(text: str) -> None:
        graph = a1viz.loads(text.replace('title = "', f'title = "{next(count)} ', 1))
        a1viz.compile(graph, graph.parameters or None)()

    for name in ("two_layer", "gated_network", "mlp", "merge_sort"):
        yield Case(f"{name} anew", partial(document, (folder / f"{name}.toml").read_text(encoding="utf-8")), False)
    graph = a1viz.load("gated_network")
    yield Case("gated_network, its backward graph there already", lambda: a1viz.compile(graph, graph.parameters)() and None, False)
    batch = gated_values(8, 16)
    yield Case("gated_network with a batch", lambda: a1viz.compile(graph, NAMES)(**batch) and None, False)

    def chain() -> None:
        k = next(count)
        lines = "\n".join(f"a{k}_{i + 1} = tanh(a{k}_{i}) * a{k}_{i}" for i in range(300)) + f"\nJ = norm2(a{k}_300)"
        a1viz.compile(a1viz.parse(lines, {f"a{k}_0": [3]}), [f"a{k}_0"]).plan(**{f"a{k}_0": np.ones(3)})

    yield Case("300 equations with gradients", chain, False)


# --- gradients, training, sorting, regression ---------------------------------------------------------------------------------------------


def perceptron(K: int, D: int, O: int, op: str) -> tuple[str, dict[str, list], dict[str, np.ndarray]]:
    """K layers: equations, shapes, parameters."""
    lines = [f"h{k} = {op}(W{k} @ {f'h{k - 1}' if k > 1 else 'x'} + b{k})" for k in range(1, K)]
    sizes = {k: ["O" if k == K else "D"] for k in range(1, K + 1)}
    shapes = {f"W{k}": [*size, "D"] for k, size in sizes.items()} | {f"b{k}": size for k, size in sizes.items()}
    values = {name: random(*({"D": D, "O": O}[s] for s in shape)) for name, shape in shapes.items()}
    return "\n".join([*lines, f"y = W{K} @ h{K - 1} + b{K}"]), shapes, values


def norms() -> Iterator[Case]:
    for K, D, N in ((2, 16, 16), (4, 16, 128), (4, 64, 128), (4, 256, 128), (2, 64, 1024)):
        equations, shapes, values = perceptron(K, D, D, "relu")
        shapes = {name: ["D"] * len(shape) for name, shape in shapes.items()}
        graph = a1viz.parse(f"{equations}\nJ = -log(softmax(y)[t])", shapes, x=["D"], t={"class": "D"})
        data = {"x": random(N, D), "t": np.random.default_rng(N).integers(D, size=N)}
        yield Case(f"K = {K}, D = {D}, N = {N}", partial(a1viz.gradient_norms, graph, **data, **values))


def ntk() -> Iterator[Case]:
    for K, D, O, N in ((2, 8, 3, 4), (2, 16, 10, 8), (2, 64, 10, 16), (3, 256, 1, 64)):
        equations, shapes, values = perceptron(K, D, O, "tanh")
        graph, x = a1viz.parse(equations, shapes, x=["D"]), random(N, D)
        kernel = partial(a1viz.ntk, graph, x, x, **values)
        yield Case(f"K = {K}, D = {D}, O = {O}, N = {N}", lambda kernel=kernel: kernel().total)


def training() -> Iterator[Case]:
    rng = np.random.default_rng(0)
    for name, make, shape in (
        ("logistic", lambda: nn.LogisticRegression(30, rng=1), (569, 30)),
        ("mlp, relu", lambda: nn.MLPClassifier(2, (16,), "relu", rng=1), (1000, 2)),
        ("mlp, tanh", lambda: nn.MLPClassifier(2, (16,), "tanh", rng=1), (1000, 2)),
    ):
        X = rng.standard_normal(shape)
        t = (X[:, 0] * X[:, 1] > 0).astype(float)
        model = make()
        start = model.state_dict()

        def fit(model: Any = model, start: Any = start, X: np.ndarray = X, t: np.ndarray = t) -> np.ndarray:
            model.load_state_dict(start)
            return np.asarray(model.fit(X, t, rate=0.1, momentum=0.0, steps=100).loss)

        yield Case(f"{name}, 100 steps", fit)


def sorts() -> Iterator[Case]:
    for (rows, n), dtype in itertools.product(((100_000, 4), (20_000, 16)), ("float64", "float32")):
        X = random(rows, n, dtype=dtype)
        columns = np.ascontiguousarray(X.T)
        yield Case(f"rows of {n} {dtype}", partial(sorting.sort, X))
        yield Case(f"columns of {n} {dtype}", partial(sorting.sort, columns, axis=0))
    yield Case("k-th smallest of 16", partial(sorting.kth_smallest, random(20_000, 16, dtype="d"), 12))
    for family, n in (("best-size", 24), ("merge", 64)):
        net = sorting.network(family, n)
        yield Case(f"proof of {family}, {n} wires", lambda net=net: float(bool(sorting.verify(net))))


def regressions() -> Iterator[Case]:
    for n, d in ((50, 10), (200, 50)):
        X, t = random(n, d, dtype="d"), random(n, dtype="d")
        yield Case(f"closed form, n = {n}, d = {d}", lambda X=X, t=t: regression.fit(X, t).weights)
    sweep = partial(regression.double_descent, 10, range(5, 31), repeats=200)
    yield Case("double descent", lambda: np.asarray(sweep().test))


# --- start, pictures, long chains ---------------------------------------------------------------------------------------------------------


def core() -> Iterator[Case]:
    graph = a1viz.load("gated_network")
    python = partial(subprocess.run, check=True, stdout=subprocess.DEVNULL)
    for words in (["-c", "import a1viz; a1viz.run"], ["-m", "a1viz", "--help"]):
        yield Case(" ".join(["python", *words]), partial(python, [sys.executable, *words]), False, time.perf_counter)
    yield Case("draw in a warm process", lambda: len(a1viz.draw(graph, backward=True).svg), False)
    yield Case("run", partial(a1viz.run, graph))
    yield Case("grad", partial(a1viz.grad, graph))
    text = "\n".join(f"a{k + 1} = tanh(a{k})" for k in range(1000))
    chain = a1viz.parse(text, a0=[3])
    yield Case("parse 1000 equations", lambda: len(a1viz.parse(text, a0=[3]).nodes), False)
    yield Case("grad of 1000 equations", partial(a1viz.grad, chain, ["a0"], {"a1000": [1.0, 1.0, 1.0]}, a0=[0.1, 0.2, 0.3]))


FAMILIES: dict[str, Callable[[], Iterator[Case]]] = {
    "plan": plan,
    "gated": gated,
    "norms": norms,
    "ntk": ntk,
    "training": training,
    "sorting": sorts,
    "regression": regressions,
    "core": core,
    "compile": compile_times,
}


# --- one of the two processes ----------------------------------------------------------------------------------------------------------


def arrays(answer: Any) -> dict[str, np.ndarray]:
    """An answer as arrays of its own, by name."""
    found = answer if hasattr(answer, "keys") else {"": answer}
    return {name: np.array(found[name]) for name in found}


def seconds_of(case: Case, calls: int) -> float:
    """Of one call, the mean of some."""
    start = case.clock()
    for _ in range(calls):
        case.task()
    return (case.clock() - start) / calls


class Child:
    """Builds the cases of a family, tells their answers, and times them when it is its turn."""

    def __init__(self) -> None:
        self.cases: list[Case] = []

    def build(self, family: str) -> list[str]:
        self.cases = list(FAMILIES[family]())
        return [case.name for case in self.cases]

    def answer(self, k: int) -> dict[str, np.ndarray]:
        case = self.cases[k]
        found = case.task()
        return arrays(found) if case.is_compared else {}

    def time(self, k: int, calls: int) -> float:
        return seconds_of(self.cases[k], calls)


def main() -> None:
    """Answers requests, a method's name and its arguments each, until there are no more."""
    answers, sys.stdout = os.fdopen(os.dup(1), "wb"), sys.stderr
    os.dup2(2, 1)
    child = Child()
    pickle.dump(a1viz.__file__, answers)
    answers.flush()
    while True:
        try:
            name, *arguments = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        pickle.dump(getattr(child, name)(*arguments), answers)
        answers.flush()


if __name__ == "__main__":
    main()
