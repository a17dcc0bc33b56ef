"""What does it cost to go through a mapped file in chunks? Gradient norms, values and least squares of a1viz, against the array in memory.

An MLP of two layers of width D with cross-entropy, and a linear regression; float64, one thread, the file in the system's cache: one that
is not there is the disk's business. Claimed is that chunks cost at most a fifth. Run by `make bench`.
"""

from __future__ import annotations

# isort: off
from timing import LEAST, claim, interleaved, median_ratio, record  # first: one core, one thread

# isort: on
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

import a1viz
from a1viz.regression import fit

SIZES = [(3, 1_000_000), (16, 400_000), (64, 150_000), (256, 30_000)]  # D, N: up to 77 MB
NORMS = "chunked gradient norms by those in memory"
RUN = "chunked values by those in memory"
FIT = "least squares by triangles of chunks, by singular values in memory"
LIMITS = {NORMS: 1.2, RUN: 1.2}


def tasks(D: int, N: int, folder: Path) -> Iterator[tuple[str, Callable[[], object], Callable[[], object]]]:
    """Each claim's name, the task in chunks and in memory."""
    rng = np.random.default_rng((D, N))
    graph = a1viz.parse(
        "h = relu(W1 @ x + b1); y = W2 @ h; J = -log(softmax(y)[t])",
        parameters={"W1": ["H", "D"], "b1": ["H"], "W2": ["D", "H"]}, x=["D"], t={"class": "D"},
    )  # fmt: skip
    X, t = rng.standard_normal((N, D)), rng.integers(D, size=N)
    given = {"W1": rng.standard_normal((D, D)), "b1": rng.standard_normal(D), "W2": rng.standard_normal((D, D)), "t": t}
    np.save(folder / "x.npy", X)
    x, labels = np.load(folder / "x.npy", mmap_mode="r"), rng.standard_normal(N)
    yield NORMS, lambda: a1viz.gradient_norms(graph, x=x, **given), lambda: a1viz.gradient_norms(graph, x=X, **given)
    yield RUN, lambda: a1viz.run(graph, x=x, **given), lambda: a1viz.run(graph, x=X, **given)
    yield FIT, lambda: fit(x, labels), lambda: fit(X, labels)


def measured() -> Iterator[dict[str, object]]:
    for D, N in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            for name, chunked, whole in tasks(D, N, Path(folder)):
                times = interleaved({"in chunks": chunked, "in memory": whole}, 7, 1, least=LEAST)
                yield claim("chunks", name, median_ratio(times, "in chunks", "in memory"), times, D=D, N=N)


if __name__ == "__main__":
    record("chunks", measured(), LIMITS)
