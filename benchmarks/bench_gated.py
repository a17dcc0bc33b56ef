"""What does the gated network cost (question 2.1), forward and with all gradients? a1viz's compiled plan against what else one would use.

Every layer is D wide, float32 for all, one example or a batch of N, one thread, the large sizes once more with two. NumPy arrays go in and
come out, for everybody; "own arrays" is a peer whose parameters and inputs lie ready in its own arrays and whose results stay there. The
gradients are those of all six parameters and of x.

a1viz is measured in two forms. Bound, its parameters and results are in arrays that stay, and each step writes another x and calls: what
hand-written NumPy does, which is not even given another x, and onnxruntime, whose parameters lie in its session. The claims for one example
are made of this form. "A call" takes all arrays and gives new ones, as PyTorch, JAX and autograd do; the claims for batches are made of it.
With two threads, by the clock on the wall, each has BLAS's two or threads of its own; a1viz is called both ways, and the faster counts.

Run by `make bench`.
"""

from __future__ import annotations

# isort: off
import timing  # first: one core, one thread
from timing import LEAST, agrees, claim, interleaved, median_ratio, record

# isort: on
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
from gated import Task, Values, by_hand, named, values, with_a1viz, with_autograd, with_jax, with_onnxruntime, with_reference, with_torch

A1VIZ, CALL = OURS = "a1viz", "a1viz, a call"
HAND, TORCH, HIPS, JAX = "hand-written NumPy", "PyTorch eager", "HIPS autograd", "JAX's jit"
ORT, REFERENCE = "onnxruntime", "onnx.reference"
OWN = "own arrays"
BOTH = {A1VIZ: with_a1viz, CALL: partial(with_a1viz, call=True), HAND: by_hand, TORCH: with_torch, JAX: with_jax, HIPS: with_autograd}
PASSES = {
    "loss and gradients": BOTH | {f"{TORCH}, {OWN}": partial(with_torch, own=True), f"{JAX}, {OWN}": partial(with_jax, own=True)},
    "forward": BOTH | {ORT: with_onnxruntime, REFERENCE: with_reference},
}
GRADIENTS, FORWARD = PASSES
SHARED = {  # who shares the work of a call of a1viz between two threads
    "a1viz, its own threads": partial(with_a1viz, call=True, threads=2),
    "a1viz, BLAS's threads": partial(with_a1viz, call=True),
}
TWO_THREADS = SHARED | {name: BOTH[name] for name in (HAND, TORCH, JAX, HIPS)}
SIZES = [(D, N) for D in (3, 8, 16, 32, 64, 128, 256, 512, 1024) for N in (1, 64, 1024) if N < 1024 or D in (3, 32, 256, 1024)]
LARGE = [(D, N) for D in (256, 1024) for N in (64, 1024)]
TIMES_FASTER = {  # what is claimed, on all recorded machines: at D and N, so many times as fast as each
    (GRADIENTS, 3, 1): {TORCH: 25, HIPS: 100, JAX: 2.5, HAND: 3},
    (GRADIENTS, 32, 1): {TORCH: 12, HIPS: 50, JAX: 3},
    (GRADIENTS, 32, 64): {TORCH: 4, JAX: 1},
} | {(FORWARD, D, 1): {ORT: 1.5} for D in (3, 8, 16, 32)}  # fmt: skip
BEHIND = {JAX, HIPS}  # of a1viz with two threads, at the LARGE sizes
TIE = 1.3  # of the fastest peer, at the LARGE sizes
ROUNDS, SECONDS = 7, 0.8  # samples of each task, and more of them until so much time has passed
PAUSE = 0.1  # seconds before a sample with two threads, see `interleaved`
BUSY = 1.5  # programs that want a core, in the last minute; we are one


def form(what: str, ours: str) -> str:
    return f"{what}, a call" if ours == CALL else what


def claimed(what: str, N: int, faster: float, name: str) -> str:
    """What is said of a peer; for one example of the bound form, for a batch of a call."""
    ahead = f"{faster:g} times as fast as" if faster > 1 else "ahead of"
    return f"{form(what, A1VIZ if N == 1 else CALL)}: {ahead} {name}"


def two_threads_against(name: str) -> str:
    return f"{GRADIENTS}, two threads: {'ahead of' if name in BEHIND else 'against'} {name}"


FASTEST = f"{form(GRADIENTS, CALL)}: at most {TIE} of the fastest peer"
LIMITS = {
    claimed(what, N, faster, name): 1 / faster for (what, _, N), peers in TIMES_FASTER.items() for name, faster in peers.items()
} | {FASTEST: TIE, **{two_threads_against(name): 1.0 for name in sorted(BEHIND)}}  # fmt: skip


def measured() -> Iterator[dict[str, object]]:
    for D, N in SIZES:
        for what in PASSES:
            tasks = tasks_of(PASSES[what], values(D, N), what == FORWARD)
            yield from compared(what, D, N, interleaved(tasks, ROUNDS, SECONDS, least=LEAST))
    yield from with_two_threads()


def compared(what: str, D: int, N: int, times: Mapping[str, list[float]]) -> Iterator[dict[str, object]]:
    """For each form of a1viz a line for each peer; and one for each claim, which is made of the one form or the other."""
    for ours in OURS:
        yield from against_peers(form(what, ours), ours, times, D=D, N=N)
    ours = A1VIZ if N == 1 else CALL
    ratios = {name: median_ratio(times, ours, name) for name in times if name not in OURS}
    for name, faster in TIMES_FASTER.get((what, D, N), {}).items():
        if name in ratios:
            yield claim("gated", claimed(what, N, faster, name), ratios[name], D=D, N=N)
    if what == GRADIENTS and (D, N) in LARGE:
        fastest = max((name for name in ratios if OWN not in name), key=ratios.__getitem__)
        yield claim("gated", FASTEST, ratios[fastest], D=D, N=N, fastest=fastest)


def against_peers(says: str, ours: str, times: Mapping[str, list[float]], **at: int) -> Iterator[dict[str, object]]:
    for name in times:
        if name not in OURS:
            pair = {A1VIZ: times[ours], name: times[name]}
            yield claim("gated", f"{says}: against {name}", median_ratio(times, ours, name), pair, **at)


def with_two_threads() -> Iterator[dict[str, object]]:
    """The lines of another process, which has two cores; none where there is but one."""
    if len(timing.CORES) < 2:
        print("!!!!!!!! ONE CORE ONLY: nothing is measured with two threads !!!!!!!!", file=sys.stderr)
        return
    if os.getloadavg()[0] > BUSY:
        print("!!!!!!!! OTHERS USE THIS MACHINE: two threads that wait for each other are up to ten times slower !!!!!!!!", file=sys.stderr)
    two = {**os.environ, "BENCH_THREADS": "2"}
    done = subprocess.run([sys.executable, __file__, "two"], env=two, stdout=subprocess.PIPE, text=True, check=True)
    yield from map(json.loads, done.stdout.splitlines())


def two_threads() -> Iterator[dict[str, object]]:
    own, blas = SHARED
    for D, N in LARGE:
        # by the clock on the wall: the process's own counts both threads
        times = interleaved(tasks_of(TWO_THREADS, values(D, N)), ROUNDS, SECONDS, time.perf_counter, LEAST, PAUSE)
        yield claim("gated", f"{GRADIENTS}, two threads: a1viz's own against BLAS's", median_ratio(times, own, blas), D=D, N=N)
        ours = min(SHARED, key=lambda name: statistics.median(times[name]))
        for name in [name for name in times if name not in SHARED]:
            pair = {ours: times[ours], name: times[name]}
            yield claim("gated", two_threads_against(name), median_ratio(times, ours, name), pair, D=D, N=N)


# --- the tasks ----------------------------------------------------------------------------------------------------------------------


def tasks_of(makers: Mapping[str, Callable[..., Task]], v: Values, forward: bool = False) -> dict[str, Task]:
    """The tasks by name: a1viz, NumPy, and each peer that is installed and right."""
    exact = {name: array if name == "t" else array.astype("d") for name, array in v.items()}
    expected = answer(by_hand(exact, forward)())
    found = {}
    for name, make in makers.items():
        try:
            task = make(v, forward)
        except ImportError as error:
            print(f"!!!!!!!! {name} IS LEFT OUT: {error} !!!!!!!!", file=sys.stderr)
            continue
        if is_right(name, task(), expected):
            found[name] = task
    needed = {name for name in makers if name.startswith(A1VIZ)} | {HAND}
    assert needed <= found.keys(), (needed - found.keys(), v["x"].shape)
    return found


def is_right(name: str, found: Any, expected: Values) -> bool:
    """Whether an answer is the expected one; the mean loss is compared with the mean."""
    got = answer(found)
    if name.startswith(A1VIZ) and "x_bar" in got:
        got["x_bar"] = got["x_bar"] / expected["J"].size  # each example's own gradient, where the others give that of the mean
    if got["J"].ndim == 0:
        expected = expected | {"J": expected["J"].mean()}
    return agrees(name, got, expected)


def answer(found: Any) -> Values:
    """What a task gives, as NumPy arrays by name."""
    arrays = found if isinstance(found, Mapping) else named(*found) if isinstance(found, tuple) else named(found)
    return {name: np.asarray(array).squeeze() for name, array in arrays.items()}


if __name__ == "__main__":
    if sys.argv[1:] == ["two"]:
        for line in two_threads():
            print(json.dumps(line), flush=True)
    else:
        record("gated", measured(), LIMITS)
