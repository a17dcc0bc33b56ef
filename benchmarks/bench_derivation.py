"""Is a derivation there at once? Twelve transformer blocks with weights of their own, the gated network, and their pictures.

Milliseconds, not ratios: no peer prints one. SymPy differentiates one expression by one matrix. Run by `make bench`.
"""

from __future__ import annotations

# isort: off
from timing import claim, interleaved, record  # first: one core, one thread

# isort: on
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace

from bench_language import TEXT

import a1viz

ROUNDS = 15
LIMITS = {  # what is claimed, on all recorded machines
    "12 transformer blocks: milliseconds to derive, with the text": 100.0,
    "the gated network: milliseconds to derive, with the text": 10.0,
    "12 transformer blocks, collapsed: milliseconds to draw": 1000.0,
}
TWELVE, GATED, DRAWN = LIMITS


def measured() -> Iterator[dict[str, object]]:
    twelve, gated = a1viz.loads(TEXT.format(copies=12)), a1viz.load("gated_network")
    times = interleaved({  # a copy each time: what was derived once is kept
        "derive 12 blocks": lambda: str(a1viz.derive(replace(twelve))),
        "derive the gated network": lambda: str(a1viz.derive(replace(gated))),
    }, ROUNDS)  # fmt: skip
    times |= interleaved({
        "draw 12 blocks": lambda: a1viz.draw(replace(twelve)).svg,
        "draw the gated network": lambda: a1viz.draw(replace(gated), backward=True).svg,
    }, ROUNDS, clock=time.perf_counter)  # fmt: skip
    milliseconds = {name: 1e3 * statistics.median(values) for name, values in times.items()}
    yield claim(f"{len(twelve)} nodes", TWELVE, milliseconds["derive 12 blocks"], times)
    yield claim(f"{len(gated)} nodes", GATED, milliseconds["derive the gated network"], times)
    yield claim(f"{len(twelve)} nodes", DRAWN, milliseconds["draw 12 blocks"], times)


if __name__ == "__main__":
    record("derivation", measured(), LIMITS)
