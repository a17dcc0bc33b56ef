"""Interleaved timing: A B, B A, ..., so that a noisy machine hurts both alike; medians of times and of ratios.

pyperf and pytest-benchmark time one thing after another; a ratio on a shared machine needs the two in turn, which is all this does.
Import it before NumPy: it puts the process on one core and every library on one thread.
"""

from __future__ import annotations

import itertools
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from claims import grouped, holds

from a1viz.base.columns import text_table

if "numpy" in sys.modules:
    raise ImportError("import timing before numpy: the number of threads is read when numpy is loaded")
THREADS = int(os.environ.get("BENCH_THREADS", "1"))  # and as many cores; a benchmark that wants more starts a process of its own
HERE = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
CORES = [int(core) for core in os.environ.setdefault("BENCH_CORES", " ".join(map(str, HERE))).split()]
LIBRARIES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
os.environ.update(dict.fromkeys(LIBRARIES, str(THREADS)))
if THREADS == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
else:
    os.environ.pop("XLA_FLAGS", None)
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, CORES[-THREADS:])

LEAST = 5e-3  # seconds of a sample, for tasks that take less: done again and again they find their own code and data in the caches
RESULTS = Path(__file__).parent / "results"  # a folder a machine
PACKAGES = ("numpy", "torch", "jax", "autograd", "onnx", "onnxruntime", "opacus", "backpack-for-pytorch", "neural-tangents", "scikit-learn")


def process(command: Sequence[str], **more: object) -> Callable[[], None]:
    """Running a command as a whole process; its output is thrown away, its failure is not."""
    return lambda: subprocess.run(command, check=True, capture_output=True, **more) and None


def interleaved(
    tasks: Mapping[str, Callable[[], object]],
    rounds: int,
    seconds: float = 0.0,
    clock: Callable[[], float] = time.process_time,
    least: float = 0.0,
    pause: float = 0.0,
) -> dict[str, list[float]]:
    """Seconds of every task in every round, after one that is not counted; `rounds` of them, and more until `seconds` have passed.

    The clock is the process's own, which stands still while other programs have the core; `time.perf_counter` for tasks that are processes.
    A task that takes less than `least` seconds is done so often in each round, and the mean is kept: it finds its own data in the caches.
    With a `pause` in seconds the process sleeps so long before each, which is then done once more, uncounted: the threads of the task
    before, which wait for more work without sleeping, sleep by then, and its own are awake.
    """
    found: dict[str, list[float]] = {name: [] for name in tasks}
    calls = {name: _calls(task, least) for name, task in tasks.items()}
    begin, k = time.perf_counter(), 0
    while k < rounds or (time.perf_counter() - begin < seconds and k < 20 * rounds):
        for name in list(tasks)[:: (-1) ** k]:
            if pause:
                time.sleep(pause)
                _repeat(tasks[name], calls[name])
            start = clock()
            _repeat(tasks[name], calls[name])
            found[name].append((clock() - start) / calls[name])
        k += 1
    return found


def _calls(task: Callable[[], object], least: float) -> int:
    """How many calls take so long; after one, which may have to prepare something."""
    task()
    if not least:
        return 1
    start = time.perf_counter()
    task()
    return max(1, round(least / (time.perf_counter() - start)))


def _repeat(task: Callable[[], object], times: int) -> None:
    for _ in range(times):
        task()


def median_ratio(times: Mapping[str, Sequence[float]], name: str, *peers: str) -> float:
    """The median over the rounds of `name`'s time by the sum of its peers' in the same round."""
    totals = [sum(parts) for parts in zip(*(times[peer] for peer in peers), strict=True)]
    return statistics.median(t / total for t, total in zip(times[name], totals, strict=True))


def claim(question: str, says: str, ratio: float, times: Mapping[str, Sequence[float]] | None = None, **at: object) -> dict[str, object]:
    """One line of results: what was measured, and at which sizes."""
    medians = {name: float(f"{1000 * statistics.median(values):.4g}") for name, values in (times or {}).items()}
    return {"question": question, "claim": says, "at": at, "ratio": float(f"{ratio:.3g}"), "median_ms": medians}


def record(name: str, lines: Iterable[dict[str, object]], limits: Mapping[str, float] | None = None) -> None:
    """Print every line as it comes, with its limit, or None where it only tells; end with a table for a reader, and keep the lines.

    They are kept in the folder of this machine in results/. `limits` are the claims of the benchmark, by what a line says.
    """
    limits, described = limits or {}, machine()
    found: list[dict[str, Any]] = []
    for line in itertools.chain([{"processor": processor(described), "machine": described}], lines):
        if "claim" in line:
            line = line | {"limit": limits.get(str(line["claim"]))}
        print(json.dumps(line), flush=True)
        found.append(line)
    print(table(found[1:]))
    for says in limits.keys() - {line["claim"] for line in found[1:]}:
        print(f"!!!!!!!! NOT MEASURED: {says} !!!!!!!!", file=sys.stderr)
    folder = RESULTS / slug(described)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in found), encoding="utf-8")


def agrees(name: str, found: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    """Whether two float32 answers are the same but for rounding; a loud word if not.

    A ReLU on the edge may fall to either side, so the bulk is held to 1e-4 and the worst to 0.02, relative to the largest.
    """
    import numpy as np

    if found.keys() == expected.keys():
        off = [np.abs(found[k] - expected[k]) / np.abs(expected[k]).max() for k in expected]
        if all(np.median(o) <= 1e-4 and o.max() <= 0.02 for o in off):
            return True
    print(f"!!!!!!!! {name}: THE ANSWERS DIFFER, so nothing is timed !!!!!!!!", file=sys.stderr)
    return False


def table(lines: Sequence[Mapping[str, Any]]) -> str:
    """A row a claim, with the number of sizes at which it holds and its best and worst ratio."""
    rows = [("claim", "ratio: best", "median", "worst", "limit", "holds")]
    for says, same in grouped(lines).items():
        ratios, limit = [line["ratio"] for line in same], same[0]["limit"]
        verdict = ("", "") if limit is None else (f"{limit:g}", f"{sum(map(bool, map(holds, same)))} of {len(same)}")
        rows.append((says, *(f"{f(ratios):.3g}" for f in (min, statistics.median, max)), *verdict))
    return text_table(rows)


def machine() -> str:
    """The processor, the system and the versions that the numbers belong to."""
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            print(f"!!!!!!!! {name} IS NOT INSTALLED: nothing is compared with it !!!!!!!!", file=sys.stderr)
    return f"{_model()}, one core, {platform.system()} {platform.machine()}, Python {platform.python_version()}, {', '.join(found)}"


def processor(described: str) -> str:
    """What a machine is called, from its description: the processor, without what all of them say, and a system that is not Linux x86_64.

    >>> processor("Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz, one core, Linux x86_64, Python 3.11.7, numpy 2.4.6")
    'Intel Xeon Gold 6148'
    >>> processor("AMD EPYC 7B13 64-Core Processor, one core, Windows AMD64, Python 3.13.0, numpy 2.4.6")
    'AMD EPYC 7B13, Windows AMD64'
    """
    model, system = re.fullmatch(r"(.*), one core, ([^,]*), Python .*", described).groups()
    name = re.sub(r"\((?:R|TM|C)\)|@.*|\b(?:CPU|Processor|\d+-Core)\b", " ", model, flags=re.IGNORECASE)
    name = " ".join(name.split()) or "unknown"
    return name if system == "Linux x86_64" else f"{name}, {system}"


def slug(described: str) -> str:
    """The name of a machine's folder of results, from its description.

    >>> slug("Intel(R) Xeon(R) Processor, one core, Linux x86_64, Python 3.11.7, numpy 2.4.6")
    'intel-xeon'
    """
    return re.sub(r"[^a-z0-9]+", "-", processor(described).lower()).strip("-")


def _model() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return (names or [platform.processor() or "unknown processor"])[0]
