"""The gradients of a model as a table: name, shape, norm, error against finite differences. Serves question 4.1, `print_gradients()`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..base.arrays import Array
from ..base.results import Matrix, Part, Result, Table, plotted
from ..gradients.differences import tried_entries
from .classifiers import Classifier

HEAD, ALIGN = ("gradient of", "in a state dict", "shape", "norm", "largest error", "of entries"), "lllrrr"
STEP = 1e-5  # central differences err by STEP^2 f''' / 6 + rounding / STEP, both about 1e-10 here


@dataclass(frozen=True)
class Gradient(Result):
    """One row: the gradient of the mean loss in a leaf, and how far it is from finite differences; shows itself."""

    name: str
    key: str  # in a state dict; empty for the examples
    value: Array
    norm: float
    error: float
    entries: int

    @property
    def cells(self) -> tuple[str, ...]:
        """What the columns of HEAD say."""
        return self.name, self.key, str(self.value.shape), f"{self.norm:.4g}", f"{self.error:.1e}", str(self.entries)

    def parts(self) -> list[Part]:
        return [Table(HEAD, [self.cells], ALIGN, is_numeric=True), Matrix(self.value)]


@dataclass(frozen=True)
class GradientTable(Result):
    """The loss and one row per gradient; shows itself."""

    loss: float
    rows: tuple[Gradient, ...]

    def plot(self) -> Any:
        """The figure of it: the norm of each gradient, and its error."""
        return plotted(self)

    def parts(self) -> list[Part]:
        return [f"loss {self.loss:.6f}", Table(HEAD, [row.cells for row in self.rows], ALIGN, is_numeric=True)]


def gradient_table(model: Classifier, X: object, t: object) -> GradientTable:
    """The gradient of the mean loss in the examples x and in each parameter, compared with central differences entry by entry.

    The error is the largest difference among the entries that `check` would try. Raises InputError for examples or targets that do not fit.
    Source: question 4.1.

    >>> from a1viz.nn import LogisticRegression
    >>> table = gradient_table(LogisticRegression(2), [[1.0, 2.0], [0.0, -1.0]], [1, 0])
    >>> [row.name for row in table.rows], max(row.error for row in table.rows) < 1e-9
    (['x', 'w', 'b'], True)
    """
    X, t = model.checked(X, t)
    found = model.gradients(X, t)
    exact = {name: found[f"{name}_bar"] / (len(X) if name == "x" else 1) for name in ("x", *model.net.learnt)}
    rng = np.random.default_rng(0)
    rows = []
    for name, value in exact.items():
        entries = tried_entries(value.size, rng)
        error = max((abs(_slope(model, X, t, name, k) - value.flat[k]) for k in entries), default=0.0)
        key = model.net.keys.get(name, "")
        rows.append(Gradient(name, key, value, float(np.linalg.norm(value)), float(error), len(entries)))
    return GradientTable(model.loss(X, t), tuple(rows))


def _slope(model: Classifier, X: Array, t: Array, name: str, k: int) -> float:
    """The mean loss's slope along entry k of a leaf."""
    values = {"x": X, **model.net.values}
    losses = []
    for sign in (1, -1):
        moved = np.array(values[name])
        moved.flat[k] += sign * STEP
        losses.append(model.mean_loss(t, **{**values, name: moved}))
    return (losses[0] - losses[1]) / (2 * STEP)
