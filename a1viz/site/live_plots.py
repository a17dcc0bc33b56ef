"""Plots to play with: which figures of results have a live part, and what it begins with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..base.errors import InputError, shown
from ..live.figure_data import data_text
from ..live.graph_data import FORMAT


def _fits() -> dict[str, Any]:
    from ..live.plot_data import polynomial_data
    from ..plots.polynomials import DEGREES, SEED
    from ..regression import noisy_points

    return polynomial_data(*noisy_points(seed=SEED), 0.1, (0, *DEGREES), 13)


def _steps() -> dict[str, Any]:
    from ..live.plot_data import descent_data
    from ..plots.regression import valley
    from ..regression import descend, fit

    X, t = valley()
    return descent_data(descend(X, t, [-2.0, 2.0], 0.95 * fit(X, t).step_limit, steps=1))


def _paths() -> dict[str, Any]:
    from ..live.plot_data import descent_data
    from ..plots.regression import STARTS
    from ..regression import descend

    return descent_data(descend([[1, 1]], [3], STARTS[1], 0.08, steps=1), STARTS)


def _double() -> dict[str, Any]:
    from ..live.plot_data import double_descent_data
    from ..regression import double_descent

    return double_descent_data(double_descent())


def _costs() -> dict[str, Any]:
    from ..gradients import pass_table
    from ..live.plot_data import cost_data

    return cost_data(pass_table())


def _line() -> dict[str, Any]:
    from ..live.plot_data import training_data
    from ..nn import settings_of

    return training_data(settings_of("logistic", "moons"))


def _perceptron() -> dict[str, Any]:
    from dataclasses import replace

    from ..live.plot_data import training_data
    from ..nn import settings_of

    return training_data(replace(settings_of("mlp", "moons"), hidden=(4,)))


def _models() -> dict[str, Any]:
    from ..live.plot_data import model_data
    from ..nn import MODELS, SETTINGS
    from ..plots.training import trained

    return {"format": FORMAT, "models": [model_data(MODELS[kind], f"{name}_{kind}", *trained(kind, name)) for kind, name in SETTINGS]}


# the figure, what kind of plot the page makes of it, and what that begins with
PLOTS: dict[str, tuple[str, Callable[[], dict[str, Any]]]] = {
    "poly_fits": ("polynomial_fit", _fits),
    "descent_steps": ("descent", _steps),
    "descent_paths": ("descent", _paths),
    "double_descent": ("double_descent", _double),
    "pass_costs": ("cost_sliders", _costs),
    "logistic_boundaries": ("training", _line),
    "mlp_boundaries": ("training", _perceptron),
    "shipped_models": ("models", _models),
}


def live_part(name: str, still: str) -> str:
    """The part of a figure that a script makes live; until then, and on paper, it is the `still` picture. Raises InputError."""
    if name not in PLOTS:
        raise InputError(f"live: the figure {shown(name)} cannot be changed in the page; those that can are {', '.join(PLOTS)}")
    kind, data = PLOTS[name]
    script = f'<script type="application/json" class="a1viz-data">{data_text(data())}</script>'
    return f'<div data-a1viz-plot="{kind}"><div class="a1viz-plot-built">{still}</div>{script}</div>'
