"""How fast do networks sort and select (question 3), against numpy.sort and numpy.partition; and how fast are they proved right?

numpy.sort has networks of its own for short rows, hand-vectorised, and partition is built on them: sixteen wires is where they are at
their best. Everything goes through the public calls, with all copies, on one core. Run by `make bench`.
"""

from __future__ import annotations

# isort: off
from timing import claim, interleaved, median_ratio, record  # first: one core, one thread

# isort: on
import itertools
import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np

from a1viz.sorting import Network, kth_smallest, network, sort, verify
from a1viz.sorting.exhaustive import blocks_of

ROUNDS, SECONDS = 15, 2
WAYS = ("rows", "columns")
SHAPES = ((1_000_000, 4), (100_000, 16))
OF_SORT = {  # at most so much of numpy.sort's time, as rows and as columns
    (4, "float64"): (0.55, 0.3),
    (4, "float32"): (0.35, 0.2),
    (16, "float64"): (2.75, 1.75),
    (16, "float32"): (1.5, 1.1),
}
PROOFS = (  # family, wires, at most so many ms
    ("merge", 64, 50),
    ("merge", 128, None),
    ("merge", 256, 3000),
    ("bubble", 128, 1000),
    ("transposition", 64, None),
    ("best-depth", 57, None),
    ("best-size", 64, None),
    ("pairwise", 64, None),
)
SELECTED = {4: "k-th smallest of 4: 3 times faster than numpy.partition", 16: "k-th smallest of 16, against numpy.partition"}
BY_ROWS, REFUTED = "proof of 24 wires, of evaluating all inputs in NumPy by rows", "refuting bubble without a comparator, 128 wires, in ms"
RATE = "inputs a second, of 3e8, as its inverse"
CHUNK = 1 << 16  # inputs at a time, of the evaluation of all inputs


def sorted_within(name: str, n: int, dtype: str, limit: float) -> str:
    return f"{name} of {n} {dtype}: at most {limit} of numpy.sort"


def proved(family: str, n: int) -> str:
    return f"proof of {family}, {n} wires, in ms"


LIMITS = {  # what is claimed, on all recorded machines
    **{sorted_within(way, *key, limit): limit for key, pair in OF_SORT.items() for way, limit in zip(WAYS, pair, strict=True)},
    SELECTED[4]: 1 / 3,
    BY_ROWS: 1.25e-4,
    **{proved(family, n): float(limit) for family, n, limit in PROOFS if limit},
    REFUTED: 1000.0,
    RATE: 1.0,
}


def sorting() -> Iterator[dict[str, object]]:
    for (rows, n), dtype in itertools.product(SHAPES, ("float64", "float32")):
        X = np.random.default_rng(n).standard_normal((rows, n)).astype(dtype)
        columns = np.ascontiguousarray(X.T)
        expected = np.sort(X, axis=1)
        assert sort(X).tobytes() == expected.tobytes()
        assert np.array_equal(sort(columns, axis=0).T, expected)
        at = {"rows": rows, "n": n, "dtype": dtype}
        tasks = {"numpy.sort": lambda X=X: np.sort(X, axis=1), "rows": lambda X=X: sort(X), "columns": lambda c=columns: sort(c, axis=0)}
        times = interleaved(tasks, ROUNDS, SECONDS)
        for name, limit in zip(WAYS, OF_SORT[n, dtype], strict=True):
            kept = {key: times[key] for key in ("numpy.sort", name)}
            yield claim("sorting", sorted_within(name, n, dtype, limit), median_ratio(times, name, "numpy.sort"), kept, **at)


def selecting() -> Iterator[dict[str, object]]:
    for rows, n in SHAPES:
        X, k = np.random.default_rng(n).standard_normal((rows, n)), (3 * n) // 4
        assert np.array_equal(kth_smallest(X, k), np.partition(X, k - 1, axis=1)[:, k - 1])
        times = interleaved({
            "numpy.partition": lambda X=X, k=k: np.partition(X, k - 1, axis=1)[:, k - 1].copy(),
            "pruned network": lambda X=X, k=k: kth_smallest(X, k),
        }, ROUNDS, SECONDS)  # fmt: skip
        yield claim("sorting", SELECTED[n], median_ratio(times, "pruned network", "numpy.partition"), times, rows=rows, n=n, k=k)


# --- proofs -----------------------------------------------------------------------------------------------------------------------


def proof(net: Network, method: str = "auto") -> Callable[[], None]:
    def task() -> None:
        blocks_of.cache_clear()
        assert verify(net, method)

    return task


def by_rows(net: Network) -> None:
    """All 2^n inputs as rows of zeros and ones, a comparator a pair of columns: what one writes first."""
    for start in range(0, 2**net.n, CHUNK):
        X = np.arange(start, start + CHUNK)[:, None] >> np.arange(net.n) & 1
        for i, j in net.comparators:
            X[:, i], X[:, j] = np.minimum(X[:, i], X[:, j]), np.maximum(X[:, i], X[:, j])
        assert (X[:, :-1] <= X[:, 1:]).all()


def by_columns(net: Network) -> None:
    """The same with a byte a value, a contiguous array a wire, everything in place: about the best without packing bits."""
    for start in range(0, 2**net.n, CHUNK):
        numbers = np.arange(start, start + CHUNK, dtype=np.uint32)
        wires = [(numbers >> k & 1).astype(np.uint8) for k in range(net.n)]
        spare = np.empty(CHUNK, np.uint8)
        for i, j in net.comparators:
            np.bitwise_and(wires[i], wires[j], out=spare)
            np.bitwise_or(wires[i], wires[j], out=wires[j])
            wires[i], spare = spare, wires[i]
        assert all((a <= b).all() for a, b in itertools.pairwise(wires))


def proving() -> Iterator[dict[str, object]]:
    for family in ("best-size", "merge"):
        net = network(family, 24)
        times = interleaved({"proof": proof(net)}, 50)
        every = interleaved({"rows": lambda net=net: by_rows(net), "columns": lambda net=net: by_columns(net)}, 1)
        seconds = statistics.median(times["proof"])
        for name, says in (("rows", BY_ROWS), ("columns", BY_ROWS.replace("rows", "columns"))):
            yield claim("sorting", says, seconds / every[name][0], {**times, name: every[name]}, network=family)
    for family, n, _ in PROOFS:
        times = interleaved({"proof": proof(network(family, n))}, 5)
        milliseconds = 1000 * statistics.median(times["proof"])
        yield claim("sorting", proved(family, n), milliseconds, times, size=network(family, n).size)
    without = network("bubble", 128).without(4000)
    start = time.process_time()
    assert not verify(without)
    yield claim("sorting", REFUTED, 1000 * (time.process_time() - start))
    times = interleaved({"all 2^24 inputs": proof(network("best-size", 24), "all")}, 7)
    rate = 2**24 / statistics.median(times["all 2^24 inputs"])
    yield claim("sorting", RATE, 3e8 / rate, times, rate=float(f"{rate:.3g}"))


if __name__ == "__main__":
    record("sorting", itertools.chain(sorting(), selecting(), proving()), LIMITS)
