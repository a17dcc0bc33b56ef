"""What a live plot begins with: points, settings, curves that the build has computed, and graphs that the page trains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..base.arrays import Array
from ..calculus.interpreter import backward_graph, with_totals
from ..gradients.cost_table import ORDER, PassTable
from ..nn import Classifier, Data, History, LogisticRegression, MLPClassifier, Settings, load_data
from ..regression import Descent, DoubleDescent
from .graph_data import FORMAT, graph_data

DIGITS = 3  # of points that are trained on
TRAINED, VALIDATED = 200, 100  # points of each data set
UNITS = (1, 2, 3, 4, 6, 8, 12, 16)  # hidden units to choose from
LOOKS = 26  # points of a curve of training
CURVE_DIGITS = 6  # of curves that are only drawn


def polynomial_data(x: Array, t: Array, sigma: float, degrees: Sequence[int], degree: int) -> dict[str, Any]:
    """Points of sin(10 x) with noise, and the degrees to choose from."""
    noise = (t - np.sin(10 * x)) / sigma
    return {
        "format": FORMAT,
        "x": x.tolist(),
        "t": t.tolist(),
        "noise": noise.tolist(),
        "sigma": sigma,
        "degrees": [*degrees],
        "degree": degree,
    }


def descent_data(found: Descent, starts: Sequence[Sequence[float]] = ()) -> dict[str, Any]:
    """A regression with two weights, the step and the start; `starts` are others to choose from."""
    return {
        "format": FORMAT,
        "X": found.fit.X.tolist(),
        "t": found.fit.t.tolist(),
        "start": found.start.tolist(),
        "share": found.step / found.step_limit,  # of the step limit
        "starts": [*map(list, starts)],
    }


def double_descent_data(found: DoubleDescent) -> dict[str, Any]:
    """The curves that the build has computed, and their settings."""
    curves = {
        "median": found.median,
        "low": found.quantile(0.1),
        "high": found.quantile(0.9),
        "mean": found.mean,
        "training": found.training.mean(axis=1),
    }
    settings = {"d": found.d, "sigma": found.sigma, "norm": found.norm, "repeats": found.repeats, "sizes": [*found.sizes]}
    return {"format": FORMAT, **settings, "curves": {name: _rounded(curve) for name, curve in curves.items()}}


def _rounded(curve: Array) -> list[float | None]:
    return [None if np.isnan(v) else float(f"{v:.{CURVE_DIGITS}g}") for v in curve.tolist()]


def cost_data(table: PassTable) -> dict[str, Any]:
    """The polynomials of the table of costs, as texts and as terms: the sizes of each, and its coefficient."""
    rows = [[e.name, e.method, *([p.text(ORDER), [*map(list, p.terms)]] for p in (e.multiplications, e.numbers))] for e in table.entries]
    return {"format": FORMAT, "sizes": {"N": 128, "K": 4, "D": 256}, "rows": rows}


def training_data(settings: Settings, seed: int = 0) -> dict[str, Any]:
    """A model of points in the plane: its graph as it is trained and as it decides, first parameters, and points of two data sets."""
    model = MLPClassifier(2, settings.hidden, settings.activation, rng=seed) if settings.hidden else LogisticRegression(2, rng=seed)
    full, bars = backward_graph(model.training_graph, model.net.learnt, ())
    plan, sums = with_totals(full, tuple(bars.values()))
    return {
        "format": FORMAT,
        "graph": graph_data(plan),
        "decides": graph_data(model.net.graph),
        "bars": {name: sums.get(bar, bar) for name, bar in bars.items()},
        "logit": model.net.graph.outputs[0],
        "values": {name: np.asarray(value).tolist() for name, value in model.net.values.items()},
        "units": list(UNITS) if settings.hidden else [],
        "rate": settings.rate,
        "momentum": settings.momentum,
        "sets": [points_of(load_data(name)) for name in ("moons", "circles")],
    }


def model_data(kind: str, stem: str, model: Classifier, history: History, data: Data) -> dict[str, Any]:
    """What is compared of a trained model: its numbers as its page has them, and its curves."""
    _, loss, accuracy, held_loss, held_accuracy = history.looks[-1].tolist()
    rows = [
        ("parameters", f"{sum(model.net.values[name].size for name in model.net.learnt):,}"),
        ("steps", f"{history.looks[-1][0]:,.0f}"),
        ("training loss", f"{loss:.4f}"),
        ("training accuracy", f"{accuracy:.1%}"),
        ("validation loss", f"{held_loss:.4f}"),
        ("validation accuracy", f"{held_accuracy:.1%}"),
        ("the most common class", f"{data.baseline:.1%}"),
    ]
    some = history.looks[np.linspace(0, len(history.looks) - 1, min(LOOKS, len(history.looks))).round().astype(int)]
    looks = [[float(f"{v:.{DIGITS}g}") for v in row] for row in some.tolist()]
    return {"title": f"{data.title}: {kind.lower()}", "data": data.title, "page": f"models/{stem}.html", "rows": rows, "looks": looks}


def points_of(data: Data) -> dict[str, Any]:
    """The first points of a data set to train with and to validate with, rounded."""
    parts = (data.X[:TRAINED], data.X_validation[:VALIDATED]), (data.t[:TRAINED], data.t_validation[:VALIDATED])
    (X, held_X), (t, held_t) = parts
    return {
        "name": data.title,
        "classes": [*data.classes],
        "X": X.round(DIGITS).tolist(),
        "t": t.tolist(),
        "held": held_X.round(DIGITS).tolist(),
        "held_t": held_t.tolist(),
    }
