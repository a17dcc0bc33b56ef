"""Figures of results, drawn from what a1viz computes; the numbers behind each come along.

A figure is a function that computes and says what to draw, and one row in the FIGURES of its file.
"""

from __future__ import annotations

from collections.abc import Callable

from . import hidden_units, kernels, norms, performance, polynomials, regression, row_space, sorting, training
from .figure import Figure, Panel, svg
from .results import PLOTS, plot

__all__ = ["FIGURES", "PLOTS", "Figure", "Panel", "plot", "svg"]

FIGURES: dict[str, Callable[[], Figure]] = {
    **regression.FIGURES,
    **row_space.FIGURES,
    **polynomials.FIGURES,
    **norms.FIGURES,
    **kernels.FIGURES,
    **sorting.FIGURES,
    **training.FIGURES,
    **hidden_units.FIGURES,
    **performance.FIGURES,
}
