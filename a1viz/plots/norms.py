"""Figures of question 2.2: time and memory of gradient norms, the cost table, when the trick does not pay."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..base.results import Typeset
from ..gradients.cost_table import Convention, deep_network, pass_table
from ..gradients.norm_graphs import norm_costs, norm_graph
from ..graph.equations import parse
from .figure import Figure, Panel
from .formulas import formula
from .series import lines, log_plot, name_ends, span

WAYS = {"naive": "naive", "efficient": "identities"}  # what the question calls them, and the method that never forms a gradient


@lru_cache(maxsize=1)
def norms_measured() -> Figure:
    """Time and memory of both norm graphs of a deep network, run as they stand, against the examples N and the width D."""
    layers, examples, width = 2, (1, 4, 16, 64, 256, 1024), (8, 16, 32, 64, 128, 256, 512)
    fixed_width, fixed_examples = 64, 16
    against_n = [(n, fixed_width) for n in examples]
    against_d = [(fixed_examples, d) for d in width]
    settings = [(way, *at) for at in dict.fromkeys(against_n + against_d) for way in WAYS]
    measured = _in_one_thread([(layers, n, d, WAYS[way]) for way, n, d in settings])
    found = dict(zip(settings, measured, strict=True))
    rows = tuple((way, n, d, f"{s * 1e3:.4g}", f"{b / 2**20:.4g}") for (way, n, d), (s, b) in found.items())
    panels = []
    for k, what, unit in ((0, "time", "ms"), (1, "memory", "MiB")):
        scale = (1e3, 2**-20)[k]
        for points, x, letter, other in (
            (against_n, examples, "N", f"D = {fixed_width}"),
            (against_d, width, "D", f"N = {fixed_examples}"),
        ):
            series = {way: [found[way, *at][k] * scale for at in points] for way in WAYS}
            label = f"examples {letter}" if letter == "N" else f"width {letter}"
            words = "; ".join(f"{way} {span(y, unit)}" for way, y in series.items())
            panels.append(Panel(
                f"{what.capitalize()} against {letter} ({other})", f"{what} against {label} from {x[0]} to {x[-1]}, K = {layers}: {words}.",
                log_plot(x, series, xlabel=label, ylabel=f"{what} in {unit}"),
            ))  # fmt: skip
    about = (
        f"Measured by the machine that built this page, in one thread: {layers} layers, double precision, the whole batch at once; "
        "times are medians, memory is the peak of what is newly allocated."
    )
    return Figure("Time and memory of gradient norms", about, ("way", "N", "D", "ms", "MiB"), rows, tuple(panels), True)


def _in_one_thread(settings: Sequence[tuple[int, int, int, str]]) -> list[tuple[float, int]]:
    """`measure_norms` of each setting, in a process of its own whose matrix products use one thread: NumPy reads that when it starts."""
    program = (
        "import json, sys; from a1viz.plots.norms import measure_norms; "
        "print(json.dumps([measure_norms(*setting) for setting in json.load(sys.stdin)]))"
    )
    libraries = ("OMP", "OPENBLAS", "MKL")
    here = str(Path(__file__).resolve().parent.parent.parent)
    paths = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH", "")]))
    environment = {**os.environ, "PYTHONPATH": paths, **{f"{library}_NUM_THREADS": "1" for library in libraries}}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, input=json.dumps(settings), stdout=subprocess.PIPE, env=environment, text=True, timeout=120, check=True)
    return [(seconds, peak) for seconds, peak in json.loads(done.stdout)]


def measure_norms(layers: int, examples: int, width: int, method: str, enough: float = 0.03) -> tuple[float, int]:
    """Seconds (the median of some runs) and the peak of newly allocated bytes for all norms of a deep network, the whole batch at once."""
    import numpy as np

    from ..calculus.interpreter import run

    network = deep_network(layers)
    graph = norm_graph(network, network.parameters, ("y",), method)
    rng = np.random.default_rng(0)
    values: dict[str, Any] = {name: rng.standard_normal((examples, width)) for name in ("x", "y_bar")}
    values |= {name: rng.standard_normal((width, width)) for name in network.parameters}
    tracemalloc.start()
    run(graph, **values)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    seconds: list[float] = []
    while len(seconds) < 5 or sum(seconds) < enough:
        start = time.perf_counter()
        run(graph, **values)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), peak


def pass_costs(**convention: bool) -> Figure:
    """Question 2.2.3: multiplications and memory of each pass, naive and efficient, by the `Convention` with these settings."""
    table = pass_table(Convention(**convention))
    found: dict[str, list[Any]] = {}
    for entry in table.entries:
        found.setdefault(entry.name, []).append((formula(entry.multiplications), Typeset(entry.memory, entry.memory)))
    head = ("pass", "T, naive", "T, efficient", "M, naive", "M, efficient")
    rows = tuple((name, naive[0], efficient[0], naive[1], efficient[1]) for name, (naive, efficient) in found.items())
    return Figure("Multiplications T and memory M", f"{str(table.convention)[0].upper()}{str(table.convention)[1:]}.", head, rows)


def backward_ratio() -> Figure:
    """How many times the multiplications of the forward pass the backward pass takes, with and without the error vector of the input."""
    depths = tuple(range(1, 11))
    series = {}
    for wording, convention in (("with $\\bar{x}$", Convention(input_error=True)), ("without $\\bar{x}$", Convention())):
        table = pass_table(convention)
        forward, backward = (table[name, "naive"].multiplications for name in ("forward", "backward"))
        series[wording] = [backward.at(at) / forward.at(at) for k in depths for at in ({"N": 1, "D": 1, "K": k},)]
    whole, less = series.values()

    def draw(axes: Any) -> None:
        lines(axes, depths, series, xlabel="layers $K$", ylabel="backward / forward")
        axes.set(xlim=(0.5, depths[-1]), ylim=(0, 2.4), xticks=depths[1::2])
        name_ends(axes, depths, series)

    title = "Backward pass in units of the forward pass"
    words = f"With the error signal of x the ratio is {whole[0]:g} for every K; without it, it grows {span(less, 'for K = 10')}."
    rows = tuple((k, f"{a:g}", f"{b:.4g}") for k, a, b in zip(depths, whole, less, strict=True))
    return Figure(title, words, ("K", "with x_bar", "without x_bar"), rows, (Panel(title, words, draw),))


def uses_costs() -> Figure:
    """Multiplications of one weight's gradient norm when the weight is used several times, naive and by the identities."""
    uses, width = tuple(range(1, 9)), 8
    series: dict[str, list[int]] = {"naive": [], "efficient": []}
    for count in uses:
        graph = many_uses(count)
        costs = norm_costs(graph, ("W",), graph.outputs, {"D": width})["W"]
        for way, method in WAYS.items():
            series[way].append(costs[method])
    last = max(t for t, naive, efficient in zip(uses, *series.values(), strict=True) if efficient <= naive)

    def draw(axes: Any) -> None:
        lines(axes, uses, series, xlabel=f"uses of the same matrix (D = {width})", ylabel="multiplications")
        axes.set(xlim=(0.5, uses[-1]), xticks=uses, ylim=(0, None))
        name_ends(axes, uses, series)

    title = "A weight that is used several times"
    words = f"At width {width} the identities take fewer multiplications up to {last} uses; beyond, forming the gradient does."
    rows = tuple(zip(uses, *series.values(), strict=True))
    return Figure(title, words, ("uses", "naive", "efficient"), rows, (Panel(title, words, draw),))


def many_uses(count: int) -> Any:
    """One matrix applied to several vectors: a sentence of as many words, or an image of as many patches.

    >>> print(many_uses(2))
    y1 = W @ x1
    y2 = W @ x2
    """
    text = "; ".join(f"y{k} = W @ x{k}" for k in range(1, count + 1))
    inputs: dict[str, Any] = {f"x{k}": ["D"] for k in range(1, count + 1)}
    return parse(text, {"W": ["D", "D"]}, "many_uses", **inputs)


FIGURES: dict[str, Callable[[], Figure]] = {
    "norms_measured": norms_measured,
    "pass_costs": pass_costs,
    "pass_costs_input": lambda: pass_costs(input_error=True),
    "pass_costs_kept": lambda: pass_costs(keep_gradients=True),
    "backward_ratio": backward_ratio,
    "uses_costs": uses_costs,
}
