"""Figures of gradients: the gradients of a model beside finite differences, norms of examples, what the passes cost. Questions 2.2, 4.1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..gradients.cost_table import PassTable
from ..gradients.norms import Norms
from ..nn import GradientTable
from .figure import SENTINELS, Figure, Numbers, Panel
from .regression import curve, dressed, number
from .series import span
from .training import norm_histogram

PANELS = 6  # parameters in one figure
LEAST = 1e-18  # where zero is drawn on a logarithmic axis
WIDTHS = (4, 8, 16, 32, 64, 128, 256, 512, 1024)
AT = {"N": 32, "K": 3}  # what the passes are compared at


def gradient_figure(found: GradientTable) -> Figure:
    """The norm of each gradient, and how far it is from finite differences."""
    series = {"norm": [row.norm for row in found.rows], "largest error": [row.error for row in found.rows]}
    names = [row.name for row in found.rows]
    worst = max(found.rows, key=lambda row: row.error)
    words = f"Loss {found.loss:.6g}. Norms of {len(names)} gradients; the largest error against finite differences is {worst.error:.1e}"
    panel = Panel("Gradients and their errors", f"{words}, of {worst.name}.", by_name(names, series))
    rows = tuple((row.name, "×".join(map(str, row.value.shape)), number(row.norm), f"{row.error:.1e}") for row in found.rows)
    return Figure("Gradients", panel.words, ("gradient of", "shape", "norm", "largest error"), rows, (panel,))


def norms_figure(found: Norms) -> Figure:
    """How the squared norms of the examples' own gradients are distributed, for each parameter; of one example the norms themselves."""
    import numpy as np

    arrays = {name: np.asarray(value, float) for name, value in found.items()}
    rows = tuple((name, *map(number, map(float, spread(value)))) for name, value in arrays.items())
    if all(value.ndim == 0 for value in arrays.values()):
        words = "; ".join(f"{name} {value:.6g}" for name, value in arrays.items())
        panels = [Panel("Squared gradient norms", f"One example: {words}.", bars({name: float(v) for name, v in arrays.items()}))]
    else:
        panels = [histogram(name, np.atleast_1d(value)) for name, value in list(arrays.items())[:PANELS]]
    words = "Squared norms of each example's own gradient, for each parameter."
    return Figure("Gradient norms per example", words, ("parameter", "least", "median", "largest"), rows, tuple(panels))


def spread(value: Any) -> tuple[Any, ...]:
    import numpy as np

    return (value.min(), np.median(value), value.max()) if value.size else (np.nan,) * 3


def histogram(name: str, norms: Any) -> Panel:
    import numpy as np

    finite = norms[np.isfinite(norms)]
    drawn = norm_histogram(finite if finite.size else np.zeros(1))
    return Panel(name, drawn.words, drawn.draw)


def pass_figure(found: PassTable) -> Figure:
    """The multiplications of each pass against the width, for a few layers and examples."""
    series: dict[str, list[float]] = {}
    for entry in found.entries:
        both = len({e.multiplications for e in found.entries if e.name == entry.name}) > 1
        name = f"{entry.name}, {entry.method}" if both else entry.name
        series[name] = [float(entry.multiplications.at({**AT, "D": width})) for width in WIDTHS]
    words = "; ".join(f"{name} {span(counts, 'multiplications')}" for name, counts in series.items())
    at = ", ".join(f"{name} = {value}" for name, value in AT.items())
    panel = Panel(f"Multiplications at {at}", f"{words}, for D from {WIDTHS[0]} to {WIDTHS[-1]}.", against_width(series))
    rows = tuple((d, *(f"{counts[k]:.0f}" for counts in series.values())) for k, d in enumerate(WIDTHS))
    about = f"Multiplications of each pass by the width D, at {at}: {found.convention}."
    return Figure("What each pass costs", about, ("D", *series), rows, (panel,))


def against_width(series: Mapping[str, Numbers]) -> Callable[[Any], None]:
    def draw(axes: Any) -> None:
        for k, (name, counts) in enumerate(series.items()):
            curve(axes, WIDTHS, counts, k, name)
        dressed(axes, "upper left", xlabel="width $D$", ylabel="multiplications", xscale="log", yscale="log")

    return draw


def by_name(names: list[str], series: Mapping[str, Numbers]) -> Callable[[Any], None]:
    """A row a name, and on it a mark for each series, on a logarithmic axis; zero is drawn at its left end."""
    marks = (("forward", "s"), ("backward", "o"))

    def draw(axes: Any) -> None:
        places = range(len(names))
        for (name, values), (role, marker) in zip(series.items(), marks, strict=False):
            axes.plot([max(v, LEAST) for v in values], places, marker=marker, color=SENTINELS[role], linestyle="none", label=name)
        axes.set_yticks(places, names)
        low, high = (end(max(v, LEAST) for values in series.values() for v in values) for end in (min, max))
        dressed(axes, xscale="log", ylim=(len(names) - 0.5, -0.5), xlim=(low / 7, high * 7))

    return draw


def bars(norms: Mapping[str, float]) -> Callable[[Any], None]:
    """A bar for each norm, with its number at the end."""

    def draw(axes: Any) -> None:
        finite = [v if v == v and v < float("inf") else 0.0 for v in norms.values()]
        axes.barh(range(len(norms)), finite, height=0.55, color=SENTINELS["input-fill"], edgecolor=SENTINELS["frame"], linewidth=0.8)
        for k, (value, length) in enumerate(zip(norms.values(), finite, strict=True)):
            axes.annotate(f"{value:.6g}", (length, k), xytext=(5, 0), textcoords="offset points", va="center", color=SENTINELS["ink"])
        axes.set_yticks(range(len(norms)), list(norms))
        axes.set(xlim=(0, 1.25 * (max(finite, default=0) or 1)), ylim=(len(norms) - 0.4, -0.6), xlabel="squared norm")

    return draw
