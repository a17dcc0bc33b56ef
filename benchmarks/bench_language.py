"""Is a deep network read at once? Twelve transformer blocks with weights of their own, from their document to the backward graph.

Run by `make bench`.
"""

from __future__ import annotations

# isort: off
from timing import claim, interleaved, median_ratio, record  # first: one core, one thread

# isort: on
import statistics
from collections.abc import Iterator

import a1viz

ROUNDS = 21
TEXT = """
title = "{copies} transformer blocks"
equations = "Y = L(X); J = norm2(Y)"
[sizes]
T = 3
D = 4
[inputs]
X = ["T", "D"]
[blocks]
L = {{graph = "transformer_block", repeat = {copies}, weights = "own"}}
"""
LIMITS = {  # what is claimed, on all recorded machines
    "12 transformer blocks: milliseconds to read and to differentiate": 50.0,
    "12 transformer blocks take at most twice as long to read as one": 2.0,
}
MILLISECONDS, READING = LIMITS


def measured() -> Iterator[dict[str, object]]:
    twelve, one = TEXT.format(copies=12), TEXT.format(copies=1)
    graph = a1viz.loads(twelve)
    times = interleaved({
        "read and differentiate": lambda: a1viz.backward(a1viz.loads(twelve)),
        "read": lambda: a1viz.loads(twelve),
        "differentiate": lambda: a1viz.backward(graph),
        "read one block": lambda: a1viz.loads(one),
    }, ROUNDS)  # fmt: skip
    yield claim(f"{len(graph)} nodes", MILLISECONDS, 1e3 * statistics.median(times["read and differentiate"]), times)
    yield claim(f"{len(graph)} nodes", READING, median_ratio(times, "read", "read one block"), times)


if __name__ == "__main__":
    record("language", measured(), LIMITS)
