"""Linear regression (question 1): the closed form against NumPy's, a sweep against a loop, two workers against one. Run by `make bench`.

One core and one thread; the workers get two cores, and one thread each.
"""

from __future__ import annotations

# isort: off
from timing import CORES, claim, interleaved, median_ratio, record  # first: one core, one thread

# isort: on
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from a1viz.base.workers import executor
from a1viz.regression import double_descent, fit
from a1viz.regression.interpolation_peak import nested_fits

LIMITS = {  # what is claimed, on all recorded machines
    "closed form within 1.5 of numpy.linalg.lstsq": 1.5,
    "a sweep 10 times as fast as a loop": 1 / 10,
    "two workers 1.6 times as fast as one": 1 / 1.6,
}
CLOSED_FORM, SWEEP, WORKERS = LIMITS


def closed_form() -> Iterator[dict[str, object]]:
    """`fit` checks its data and says more than the weights; that must cost next to nothing."""
    for n, d in ((50, 10), (100, 20), (200, 50), (1000, 50), (1000, 200), (50, 1000), (200, 200), (10_000, 20)):
        rng = np.random.default_rng((n, d))
        X, t = rng.standard_normal((n, d)), rng.standard_normal(n)
        np.testing.assert_array_equal(fit(X, t).weights, np.linalg.lstsq(X, t)[0])
        start = time.perf_counter()
        np.linalg.lstsq(X, t)
        often = max(1, round(0.005 / (time.perf_counter() - start)))  # what is too short for the clock is done often
        tasks = {"a1viz": partial(many, partial(fit, X, t), often), "lstsq": partial(many, partial(np.linalg.lstsq, X, t), often)}
        times = interleaved(tasks, 21, 0.6)
        at = {"n": n, "d": d, "solves": often}
        yield claim("regression", CLOSED_FORM, median_ratio(times, "a1viz", "lstsq"), times, **at)


def many(task: Callable[[], object], often: int) -> None:
    for _ in range(often):
        task()


def sweep(d: int = 20, sizes: range = range(5, 61), repeats: int = 1000) -> Iterator[dict[str, object]]:
    """Double descent, all repeats at once, against a Python loop that solves the same problems one by one."""
    rng = np.random.default_rng(0)
    X, t = rng.standard_normal((sizes[-1], d, repeats)), rng.standard_normal((sizes[-1], repeats))
    rows, labels = np.ascontiguousarray(X.transpose(2, 0, 1)), np.ascontiguousarray(t.T)

    def at_once() -> np.ndarray:
        return np.array([w for n, (w, _) in enumerate(nested_fits(X, t, sizes[0]), 1) if n in sizes])

    def in_a_loop() -> np.ndarray:
        return np.array([[np.linalg.lstsq(rows[r, :n], labels[r, :n])[0] for r in range(repeats)] for n in sizes])

    np.testing.assert_allclose(at_once(), in_a_loop().transpose(0, 2, 1), rtol=1e-5, atol=1e-7)
    times = interleaved({"a1viz": at_once, "a loop over lstsq": in_a_loop}, 3)
    ratio = median_ratio(times, "a1viz", "a loop over lstsq")
    yield claim("regression", SWEEP, ratio, times, d=d, n=f"{sizes[0]}..{sizes[-1]}", repeats=repeats)


def workers(d: int = 40, repeats: int = 4000) -> Iterator[dict[str, object]]:
    """The same sweep by one process and by two, both running already."""
    if len(CORES) < 2 or not hasattr(os, "sched_setaffinity"):
        print("!!!!!!!! ONE CORE: two workers are not measured !!!!!!!!", file=sys.stderr)
        return
    with executor(1) as one, executor(2) as two:
        run = partial(double_descent, d, range(5, 121), repeats=repeats)
        np.testing.assert_array_equal(run(executor=one).test, run(executor=two).test)
        for process in multiprocessing.active_children():  # this file is the main module of each, and put it on one core
            os.sched_setaffinity(process.pid, CORES[-2:])
        tasks = {"two workers": partial(run, executor=two), "one worker": partial(run, executor=one)}
        times = interleaved(tasks, 5, clock=time.perf_counter)
    ratio = median_ratio(times, "two workers", "one worker")
    yield claim("regression", WORKERS, ratio, times, d=d, repeats=repeats)


def measured() -> Iterator[dict[str, object]]:
    yield from closed_form()
    yield from sweep()
    yield from workers()


if __name__ == "__main__":
    record("regression", measured(), LIMITS)
