"""Did a change make anything slower? The same cases of two checkouts in turns on one core: python benchmarks/compare.py OLD NEW [NAMES...]

    python benchmarks/compare.py ../before .                every family of cases, some minutes
    python benchmarks/compare.py ../before . gated ntk      two of them
    python benchmarks/compare.py ../before . --quick        fewer and shorter samples, about a minute

Each checkout has a process of its own, which builds the cases of `cases.py` once; both must give the same answers; then they take turns
(A B, B A, ...). A ratio is the median over the rounds of the new time by the old: above 1 the change made the case slower. Hand-written
NumPy need not take part: by the same NumPy, the ratio of ratios is this ratio.
"""

from __future__ import annotations

import argparse
import math
import os
import pickle
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cases
import numpy as np
from cases import FAMILIES

from a1viz.base.columns import text_table

TOLERANCE = {"float32": 1e-6, "float64": 1e-9}  # of the largest entry
LIBRARIES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
Answer = Mapping[str, np.ndarray]


class Effort(NamedTuple):
    """How many rounds, and how many seconds a sample of each takes at least."""

    rounds: int
    seconds: float


THOROUGH, QUICK = Effort(21, 0.06), Effort(7, 0.02)


class Found(NamedTuple):
    """A case: seconds of a call in the old and the new checkout, and the ratio."""

    case: str
    old: float
    new: float
    ratio: float


class Checkout:
    """The process of one checkout; a request waits for its answer, so that never two compute at once."""

    def __init__(self, folder: Path) -> None:
        if not (folder / "a1viz" / "__init__.py").exists():
            raise SystemExit(f"{folder}: no checkout of a1viz; name the folder that contains a1viz/")
        environment = {**os.environ, **dict.fromkeys(LIBRARIES, "1"), "PYTHONPATH": str(folder)}
        self.process = subprocess.Popen(
            [sys.executable, cases.__file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, cwd=folder
        )
        source = Path(self.answer())
        if not source.is_relative_to(folder):
            raise SystemExit(f"{folder}: Python found a1viz in {source.parent} instead")

    def answer(self) -> Any:
        try:
            return pickle.load(self.process.stdout)
        except EOFError:
            raise SystemExit("a checkout's process has ended; what it said stands above") from None

    def ask(self, *request: Any) -> Any:
        pickle.dump(request, self.process.stdin)
        self.process.stdin.flush()
        return self.answer()


def difference(old: Answer, new: Answer) -> str:
    """How two answers differ, in words; nothing where they are the same but for rounding."""
    if old.keys() != new.keys():
        return f"{sorted(old)} and {sorted(new)}"
    for name, expected in old.items():
        found = new[name]
        if found.shape != expected.shape or found.dtype != expected.dtype:
            return f"{name}: {expected.dtype} {expected.shape} and {found.dtype} {found.shape}"
        allowed = TOLERANCE.get(str(expected.dtype), 0) * np.abs(expected).max(initial=0)
        if not np.allclose(found, expected, rtol=0, atol=allowed, equal_nan=True):
            return f"{name} by {np.abs(np.subtract(found, expected, dtype=float)).max():.3g}, where {allowed:.3g} is allowed"
    return ""


def compared(old: Checkout, new: Checkout, k: int, effort: Effort) -> tuple[float, float, float]:
    """Median seconds of a call of case k in each, and of their ratio in the same round."""
    once = old.ask("time", k, 1)
    calls = max(1, math.ceil(effort.seconds / max(once, 1e-7)))
    calls = max(1, math.ceil(effort.seconds / max(old.ask("time", k, min(calls, 100)), 1e-7)))
    times: dict[Checkout, list[float]] = {old: [], new: []}
    for turn in range(effort.rounds):
        for checkout in (old, new)[:: (-1) ** turn]:
            times[checkout].append(checkout.ask("time", k, calls))
    ratio = statistics.median(b / a for a, b in zip(times[old], times[new], strict=True))
    return statistics.median(times[old]), statistics.median(times[new]), ratio


def family_of(old: Checkout, new: Checkout, family: str, effort: Effort) -> Iterator[Found]:
    """Every case of a family; loud, and not timed, is one with different answers."""
    names = [checkout.ask("build", family) for checkout in (old, new)]
    assert names[0] == names[1], names
    for k, case in enumerate(names[0]):
        said = difference(old.ask("answer", k), new.ask("answer", k))
        if said:
            print(f"!!!!!!!! {family}: {case}: THE ANSWERS DIFFER, so nothing is timed: {said} !!!!!!!!", file=sys.stderr)
        else:
            yield Found(case, *compared(old, new, k, effort))


def mean_of(found: Sequence[Found]) -> float:
    return statistics.geometric_mean(entry.ratio for entry in found)


def table(found: Sequence[Found]) -> str:
    rows = [(entry.case, f"{1000 * entry.old:.4g}", f"{1000 * entry.new:.4g}", f"{entry.ratio:.3f}") for entry in found]
    return text_table([("case", "old, ms", "new, ms", "new / old"), *rows])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("old", type=Path, help="a checkout, as it was before")
    parser.add_argument("new", type=Path, help="a checkout with the change")
    parser.add_argument("names", nargs="*", choices=[*FAMILIES, []], metavar="NAMES", help=f"families of cases: {', '.join(FAMILIES)}")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter samples: for a first look")
    given = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, [max(os.sched_getaffinity(0))])  # the processes of the checkouts inherit it
    checkouts = Checkout(given.old.resolve()), Checkout(given.new.resolve())
    summary = [("family", "cases", "geometric mean", "worst", "where")]
    everything: list[Found] = []
    for family in given.names or FAMILIES:
        found = list(family_of(*checkouts, family, QUICK if given.quick else THOROUGH))
        if found:
            worst = max(found, key=lambda entry: entry.ratio)
            print(f"\n== {family}\n{table(found)}", flush=True)
            summary.append((family, str(len(found)), f"{mean_of(found):.3f}", f"{worst.ratio:.3f}", worst.case))
            everything += found
    if everything:
        print(f"\nnew / old, above 1 where the change made it slower\n{text_table(summary)}\nall: {mean_of(everything):.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
