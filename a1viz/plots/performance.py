"""Figures of speed, from what the benchmarks have measured: ratios to hand-written NumPy against size, and the limits of the machine.

They read the newest results of each machine, which lie in the repository, and so are the same from build to build. The machines stand side
by side: a figure has the panels of each.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..base.errors import InputError
from .figure import SENTINELS, Figure, Numbers, Panel
from .series import lines, log_log

RESULTS = Path(__file__).resolve().parent.parent.parent / "benchmarks" / "results"  # a folder a machine
HAND = "hand-written NumPy"
NAMES = {  # how a claim names another method, and how a plot does; the first that fits
    "own arrays": "", "PyTorch eager": "PyTorch", "JAX's jit": "JAX", "HIPS autograd": "HIPS autograd", "onnxruntime": "onnxruntime",
    "onnx.reference": "onnx.reference", "Opacus ghost": "Opacus", "BackPACK BatchL2": "BackPACK", "torch.func": "torch.func", HAND: HAND,
}  # fmt: skip
TYPES = ("float32", "float64")
LEAST = 0.02  # the lowest ratio that is drawn
Lines = Sequence[Mapping[str, Any]]
Work = Callable[[Mapping[str, float]], tuple[float, float]]


class Run(NamedTuple):
    """The newest run of a benchmark on a machine: the processor's name, the machine in words, and what was measured."""

    processor: str
    machine: str
    lines: list[dict[str, Any]]


def machines(folder: Path | None = None) -> list[Path]:
    """The folder of each machine that has results."""
    return sorted({path.parent for path in (RESULTS if folder is None else folder).glob("*/*.jsonl")})


def read_results(name: str, folder: Path) -> Run:
    """The newest run of a benchmark in the folder of a machine. Raises InputError where there is none, or it cannot be read."""
    path = folder / f"{name}.jsonl"
    again = _again(name)
    try:
        first, *found = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
        lines = [line for line in found if {"claim", "at", "ratio", "limit"} <= line.keys()]
        return Run(str(first["processor"]), str(first["machine"]), lines)
    except OSError as error:
        where = f"{folder.parent.name}/{folder.name}"
        raise InputError(f"{path.name}: {where} has no results of this benchmark: {error.strerror}; {again}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{folder.name}/{path.name}: these are not results of a benchmark; {again}") from None


def folders_of(name: str) -> list[Path]:
    """The machines on which a benchmark has run. Raises InputError where there is none."""
    found = [folder for folder in machines() if (folder / f"{name}.jsonl").exists()]
    if not found:
        raise InputError(f"{name}.jsonl: no machine has results of this benchmark; {_again(name)}")
    return found


def _again(name: str) -> str:
    return f"`make bench ARGS={name}` in a copy of the repository measures it"


# --- ratios to hand-written NumPy -------------------------------------------------------------------------------------------------


def gated_gradients() -> Figure:
    """The gated network with all gradients, one example and batches, against the width."""
    methods = ("a1viz", "PyTorch", "JAX", "HIPS autograd")
    title = "The gated network: loss and all gradients"
    return _against_size("gated", "loss and gradients: ", title, methods, lambda at: (24 * at["N"] * at["D"] ** 2, 32 * at["D"] ** 2))


def gated_forward() -> Figure:
    """The gated network forward only."""
    methods = ("a1viz", "onnxruntime", "JAX", "onnx.reference")
    title = "The gated network: forward only"
    return _against_size("gated", "forward: ", title, methods, lambda at: (8 * at["N"] * at["D"] ** 2, 16 * at["D"] ** 2))


def norms_by_size() -> Figure:
    """Squared gradient norms of each example of a perceptron of four layers."""
    methods = ("a1viz", "BackPACK", "Opacus", "torch.func")
    title = "Gradient norms of each example, K = 4 layers"

    def work(at: Mapping[str, float]) -> tuple[float, float]:
        return 2 * (2 * at["K"] - 1) * at["N"] * at["D"] ** 2, 4 * at["K"] * at["D"] ** 2

    return _against_size("norms", "", title, methods, work, K=4)


def _against_size(name: str, prefix: str, title: str, methods: Sequence[str], work: Work, **fixed: int) -> Figure:
    """For a few numbers of examples N one panel per machine: every method's ratio to NumPy, and the limit's, against the width D."""
    rows: list[tuple[Any, ...]] = []
    panels: list[tuple[int, Panel]] = []
    for folder in folders_of(name):
        run = read_results(name, folder)
        of_pass = [line for line in run.lines if line["claim"].startswith(prefix) and "D" in line["at"]]
        told = ratios([line for line in of_pass if fixed.items() <= line["at"].items()])
        rates = machine_rates(folder)
        for n in _few(sorted({at["N"] for at, _ in told})):
            points = {at["D"]: entry | {"limit": limit_ms(*work(at), *rates) / entry[HAND]} for at, entry in told if at["N"] == n}
            widths = sorted(points)
            shown = (*methods, "limit")
            rows += [(run.processor, n, D, f"{points[D][HAND]:.4g}", *(_cell(points[D].get(m)) for m in shown)) for D in widths]
            series = {m: [points[D].get(m, math.nan) for D in widths] for m in shown if any(m in points[D] for D in widths)}
            panels.append((n, _ratio_panel(run.processor, n, widths, series)))
    if not panels:
        raise InputError(f"{name}.jsonl: nothing is compared with {HAND}; {_again(name)}")
    about = (
        "Medians of ratios to hand-written NumPy, the line at 1; lower is faster. The limit is what the matrix products alone take at the "
        "highest rate that is measured on that machine, or reading and writing the matrices, whichever is longer."
    )
    side_by_side = tuple(panel for _, panel in sorted(panels, key=lambda entry: entry[0]))
    return Figure(title, about, ("machine", "N", "D", "NumPy in ms", *methods, "limit"), tuple(rows), side_by_side)


def _cell(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.3g}"


def _few(numbers: Sequence[int]) -> Sequence[int]:
    return numbers if len(numbers) <= 3 else (numbers[0], numbers[len(numbers) // 2], numbers[-1])


def ratios(found: Lines) -> list[tuple[dict[str, Any], dict[str, float]]]:
    """Each size, with the time of every method by that of hand-written NumPy, and under NumPy's own name its milliseconds.

    A line compares a1viz with a method; so a method by NumPy is a1viz by NumPy over a1viz by the method.
    """
    told: dict[tuple[tuple[str, Any], ...], dict[str, float]] = {}
    milliseconds: dict[tuple[tuple[str, Any], ...], float] = {}
    for line in found:
        method = next((short for long, short in NAMES.items() if long in line["claim"]), "")
        if method and line["median_ms"]:
            key = tuple(line["at"].items())
            told.setdefault(key, {})[method] = line["ratio"]
            if method == HAND:
                milliseconds[key] = next(ms for other, ms in line["median_ms"].items() if other != "a1viz")
    return [
        (dict(key), {HAND: ms, "a1viz": told[key][HAND], **{m: told[key][HAND] / ratio for m, ratio in told[key].items() if m != HAND}})
        for key, ms in milliseconds.items()
    ]


def machine_rates(folder: Path) -> tuple[float, dict[int, float]]:
    """Of a machine the highest rate of matrix products in float32, in GFLOP/s, and the rate of copies by KiB, in GB/s."""
    found = read_results("limits", folder).lines
    rates = {line["at"]["KiB"]: line["ratio"] for line in found if line["claim"].startswith("copy")}
    return max(line["ratio"] for line in found if "float32" in line["claim"]), rates


def limit_ms(operations: float, size: float, peak: float, rates: Mapping[int, float]) -> float:
    """Milliseconds of so many operations at the peak, or of moving so many bytes at the best rate of copies that large, or larger."""
    rate = max(rate for kibibytes, rate in rates.items() if 2 * 1024 * kibibytes >= size or kibibytes == max(rates))
    return 1e-6 * max(operations / peak, size / rate)


def _ratio_panel(machine: str, n: int, x: Numbers, series: Mapping[str, Numbers]) -> Panel:
    def draw(axes: Any) -> None:
        from matplotlib.ticker import LogLocator, NullFormatter

        lines(axes, x, series, xlabel="width $D$")
        log_log(axes, x)
        axes.plot([x[0], x[-1]], [1, 1], color=SENTINELS["ink"], linewidth=1, label="NumPy")
        measured = [ratio for y in series.values() for ratio in y if not math.isnan(ratio)]
        low, high = max(LEAST, 0.7 * min(measured)), 1.5 * max(*measured, 1)
        axes.set(yscale="log", ylim=(low, high))
        axes.yaxis.set(major_locator=LogLocator(subs=(1,) if high > 50 * low else (1, 2, 5)), major_formatter="{x:g}")
        axes.yaxis.set(minor_formatter=NullFormatter())
        axes.legend(loc="upper left")  # the lines' ends meet: names there would not tell

    examples = "one example" if n == 1 else f"{n} examples"
    ends = {method: [(D, ratio) for D, ratio in zip(x, y, strict=True) if not math.isnan(ratio)] for method, y in series.items()}
    told = (f"{method} from {y[0][1]:.3g} at D = {y[0][0]} to {y[-1][1]:.3g} at D = {y[-1][0]}" for method, y in ends.items())
    words = f"{machine}, {examples}: time as a ratio to hand-written NumPy: {'; '.join(told)}."
    return Panel(f"{machine}, {examples}: time / NumPy's", words, draw)


# --- the machines -----------------------------------------------------------------------------------------------------------------


def machine_limits() -> Figure:
    """How fast matrix products and copies are on each machine, by size."""
    runs = [read_results("limits", folder) for folder in folders_of("limits")]
    rows = tuple(
        (run.processor, line["claim"], ", ".join(f"{k} = {v}" for k, v in line["at"].items()), line["ratio"])
        for run in runs
        for line in run.lines
    )
    about = "Measured on one thread: products of square matrices, and copies, counting what is read and what is written."
    products = {name: f"matrix product, {name}" for name in TYPES}
    panels = (
        *(_rate_panel(run, "matrix products, GFLOP/s", products, "n", "width $n$") for run in runs),
        *(_rate_panel(run, "copies, GB/s", {"copy": "copy"}, "KiB", "size in KiB") for run in runs),
    )
    return Figure("The limits of the machines", about, ("machine", "limit", "at", "value"), rows, panels)


def _rate_panel(run: Run, title: str, claims: Mapping[str, str], size: str, xlabel: str) -> Panel:
    def rates(says: str) -> dict[int, float]:
        return {line["at"][size]: line["ratio"] for line in run.lines if line["claim"].startswith(says)}

    by_name = {name: rates(says) for name, says in claims.items()}
    x = sorted(next(iter(by_name.values())))
    series = {name: [by[k] for k in x] for name, by in by_name.items()}

    def draw(axes: Any) -> None:
        lines(axes, x, series, xlabel=xlabel)
        log_log(axes, x)
        axes.set(yscale="linear", ylim=(0, None))
        if len(series) > 1:
            axes.legend(loc="upper left")

    title = f"{run.processor}: {title}"
    told = (f"{name} {max(y):.3g} at best and {y[-1]:.3g} at {x[-1]}" for name, y in series.items())
    return Panel(title, f"{title} against the {xlabel.replace('$', '')} from {x[0]} to {x[-1]}: {'; '.join(told)}.", draw)


FIGURES: dict[str, Callable[[], Figure]] = {
    "gated_gradients": gated_gradients,
    "gated_forward": gated_forward,
    "norms_by_size": norms_by_size,
    "machine_limits": machine_limits,
}
