"""What can this machine do at best? Matrix products, copies and single NumPy calls by size: the limits that stand beside every ratio.

One thread. A square product of n counts 2 n^3 operations, a copy what it reads and what it writes. Run by `make bench`.
"""

from __future__ import annotations

# isort: off
from timing import claim, interleaved, record  # first: one core, one thread

# isort: on
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

WIDTHS = (8, 16, 32, 64, 128, 256, 512, 1024, 2048)
KIBIBYTES = tuple(4**k for k in range(1, 10))
TYPES = ("float32", "float64")
LEAST, ROUNDS = 5e-4, 15  # seconds of a sample, samples
ALIGNED = 64


def aligned(shape: tuple[int, ...], dtype: str, apart: int = 0) -> np.ndarray:
    """Ones that start at a multiple of 64 bytes, plus `apart` such multiples: where a copy's ends lie in a page decides its speed."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    room = np.zeros(size + (apart + 2) * ALIGNED, np.uint8)
    start = -room.ctypes.data % ALIGNED + apart * ALIGNED
    array = room[start : start + size].view(dtype).reshape(shape)
    array[...] = 1
    return array


def seconds_of(task: Callable[[], object]) -> float:
    """The least seconds of a call among some samples: what is looked for is the limit."""
    task()
    start = time.perf_counter()
    task()
    calls = max(1, round(LEAST / (time.perf_counter() - start)))

    def repeat() -> None:
        for _ in range(calls):
            task()

    return min(interleaved({"": repeat}, ROUNDS)[""]) / calls


def products() -> Iterator[dict[str, object]]:
    for dtype in TYPES:
        for n in WIDTHS:
            a, b, out = (aligned((n, n), dtype, k) for k in range(3))
            rate = 2e-9 * n**3 / seconds_of(partial(a.dot, b, out))
            yield claim("limits", f"matrix product, {dtype}, in GFLOP/s", rate, n=n)


def copies() -> Iterator[dict[str, object]]:
    for size in KIBIBYTES:
        source, target = (aligned((size * 1024,), "uint8", 8 * k) for k in range(2))
        rate = 2e-9 * source.nbytes / seconds_of(partial(np.copyto, target, source))
        yield claim("limits", "copy, in GB/s", rate, KiB=size)


def calls() -> Iterator[dict[str, object]]:
    three, out, matrix = np.ones(3), np.empty(3), np.ones((3, 3))
    tasks = {
        "np.add with out": partial(np.add, three, three, out),
        "ndarray.dot with out": partial(matrix.dot, three, out),
        "np.dot with out": partial(np.dot, matrix, three, out),
        "np.matmul with out": partial(np.matmul, matrix, three, out),
        "ndarray.sum": three.sum,
    }
    for name, task in tasks.items():
        yield claim("limits", f"a call of {name} on three numbers, in µs", statistics.median(1e6 * seconds_of(task) for _ in range(3)))


def measured() -> Iterator[dict[str, object]]:
    yield from products()
    yield from copies()
    yield from calls()


if __name__ == "__main__":
    record("limits", measured())
