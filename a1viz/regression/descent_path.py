"""Gradient descent on the mean squared error: its path, its step limit, and an honest word on whether it has arrived.

The gradient is the one that a1viz derives from the graph `linear_regression`; nothing about it is typed here.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..base.arrays import Array
from ..base.errors import InputError, shown
from ..base.estimates import About
from ..base.limits import STEPS
from ..base.results import Part, Result, Table, plotted
from ..graph.documents import load
from ..plan import compile
from .closed_form import EPS, Fit, fit
from .given_numbers import row_text, vector
from .problems import whole

MAX_PATH = 20_000_000  # numbers that a path may have
AT_LIMIT = 1e-12  # a step nearer to the limit than this, relative, is at it: not even MAX_STEPS of them would show a difference
HUGE = 1e100  # beyond, the numbers say no more than that they grow
CONVERGED, NOT_CONVERGED, DIVERGED = "converged", "not converged", "diverged"


@dataclass(frozen=True, eq=False)
class Descent(Result):
    """What gradient descent did; shows itself. Distances are to where it must end: the closed form, and what the start adds to it."""

    status: str  # converged, not converged or diverged
    weights: Array  # (d,), after the last step
    limit: Array  # (d,), where every step size below the limit leads to
    start: Array  # (d,)
    step: float
    steps: int
    tolerance: float
    losses: Array  # (steps + 1,)
    distances: Array  # (steps + 1,), of the weights to `limit`
    path: Array | None  # (steps + 1, d), if it was to be kept
    fit: Fit

    @property
    def step_limit(self) -> float:
        return self.fit.step_limit

    @property
    def shares(self) -> Array:
        """The share of the error in each direction the data sees that one step takes away: step × 2 σ² / n. Above 2 the error grows."""
        return self.step * 2 * self.fit.singular_values[: self.fit.rank] ** 2 / self.fit.n

    @property
    def factors(self) -> Array:
        """What one step multiplies the error by in each of these directions."""
        return 1 - self.shares

    @property
    def worst(self) -> float:
        """The factor of the direction that converges most slowly, or grows most."""
        return float(np.abs(self.factors).max(initial=0.0))

    @cached_property
    def felt(self) -> Array:
        """The shares of those directions along which the start is away from the end: on paper no other ever matters."""
        parts = np.abs(self.fit.row_space @ (self.start - self.limit))
        found: Array = self.shares[parts > 16 * EPS * _scale(self.start, self.limit)]
        return found

    @property
    def slowest(self) -> float:
        """The share of the error that a step takes away in the slowest of these directions, whichever side it comes from."""
        return float(np.minimum(self.felt, 2 - self.felt).min(initial=1.0))

    @property
    def steps_needed(self) -> float:
        """About how many steps the slowest direction takes from the start to the tolerance; infinite where it never gets there."""
        aim = self.tolerance * _scale(self.start, self.limit)
        if self.distances[0] <= aim:
            return 0
        if self.is_at_limit or self.slowest <= 0:
            return math.inf
        return math.ceil(math.log(aim / self.distances[0]) / math.log1p(-self.slowest)) if self.slowest < 1 else 1

    @property
    def is_at_limit(self) -> bool:
        """Whether one direction keeps its size, up to what rounding can tell."""
        return bool((np.abs(self.felt - 2) <= 2 * AT_LIMIT).any())

    @property
    def why(self) -> str:
        """The verdict in a sentence, with its numbers."""
        after = f"after {self.steps:,} step{'s' * (self.steps != 1)}"
        kept = f"{1 - self.slowest:.6g}" if self.slowest > 1e-5 else f"1 - {self.slowest:.2g}"
        slowest = f"the slowest direction shrinks by a factor of {kept} per step"
        if self.status == CONVERGED:
            return f"within {self.tolerance:g} of the closed form, relative, {after}; {slowest}"
        at = f"the step {self.step:.6g} is {{}} the limit {self.step_limit:.6g}"
        if self.status == DIVERGED:
            grows = f"the steepest direction grows by a factor of {self.felt.max() - 1:.6g} per step"
            return f"{at.format('above')}: {grows}; the loss was {self.losses[0]:.4g} at the start and is {self.losses[-1]:.4g} {after}"
        left = f"{after} the distance to the closed form is {self.distances[-1]:.4g}; at the start it was {self.distances[0]:.4g}"
        if self.is_at_limit:
            return f"{left}; {at.format('at')}, where one direction keeps its size forever"
        needed = self.steps_needed
        about = f"about {needed:,} steps" if needed < 1e15 else f"about {needed:.3g} steps" if needed < math.inf else "forever"
        return f"{left}; {slowest}, so it takes {about}"

    def plot(self) -> Any:
        """The figure of it: loss and distance step by step; with two weights and a kept path also the path over the loss."""
        return plotted(self)

    def parts(self) -> list[Part]:
        verdict, *more = f"{self.status}: {self.why}".split("; ")
        rows = {
            "verdict": verdict,
            **dict(zip((" ", "  "), more, strict=False)),
            "step, its limit": f"{self.step:.6g}, {self.step_limit:.6g}",
            "loss at start, at end": f"{self.losses[0]:.6g}, {self.losses[-1]:.6g}",
            "weights": row_text(self.weights),
            "closed form": row_text(self.fit.weights),
            "what the start adds": row_text(self.limit - self.fit.weights),
        }
        return [Table((), list(rows.items()))]


def descend(
    X: Any, t: Any, start: Any = None, step: float | None = None, *, steps: int = 10_000, tolerance: float = 1e-8, keep_path: bool = False,
    about: About | None = None,
) -> Descent:  # fmt: skip
    r"""Gradient descent on $\frac1n \|X w - t\|^2$, at most `steps` of them, from `start` (zero unless given).

    `X` is (n, d), `t` is (n,), `start` is (d,). `step` is half the step limit unless given. It has converged when the weights are within
    `tolerance` of where it must end, relative to how far that is; `keep_path` keeps the weights after every step. `about` is told
    first how many seconds all steps take.

    Raises InputError for data that do not fit, and for a step or a tolerance that is not above 0. Source: questions 1.2.1 and 1.3.2.

    >>> found = descend([[1, 1]], [3])
    >>> found.status, found.weights.round(6)
    ('converged', array([1.5, 1.5]))
    """
    solved = fit(X, t)
    start = np.zeros(solved.d) if start is None else vector(start, "start", solved.d)
    usual = solved.step_limit / 2 if math.isfinite(solved.step_limit) else 1.0
    step, tolerance = positive(usual if step is None else step, "step"), positive(tolerance, "tolerance")
    whole(steps, "steps", 0, STEPS)
    if about is not None:
        about(steps * (8e-6 + 5e-9 * solved.n * solved.d))
    if keep_path and (steps + 1) * solved.d > MAX_PATH:
        raise InputError(f"a path of {steps:,} steps of {solved.d:,} weights is too long to keep; take fewer steps, or keep_path=False")
    limit = solved.limit(start)
    w, losses, distances, path = _walk(solved, start, limit, step, steps, tolerance * _scale(start, limit), keep_path)
    status = CONVERGED if distances[-1] <= tolerance * _scale(start, limit) else NOT_CONVERGED
    found = Descent(status, w, limit, start, step, len(losses) - 1, tolerance, losses, distances, path, solved)
    grows = (found.felt > 2 * (1 + AT_LIMIT)).any()  # along a direction that the start has a part of
    return replace(found, status=DIVERGED) if status == NOT_CONVERGED and grows else found


def _walk(solved: Fit, start: Array, limit: Array, step: float, steps: int, aim: float, keep_path: bool) -> tuple[Any, ...]:
    """The weights after the last step, and the losses, distances and weights of every step; ends on arrival, or when all is lost."""
    w = start.copy()
    gradient = compile(load("linear_regression"), wrt=["w"]).bind(X=solved.X, t=solved.t, w=w)
    losses, distances, path = array("d"), array("d"), []
    with np.errstate(over="ignore", invalid="ignore"):
        for k in range(steps + 1):
            found = gradient()
            losses.append(float(found["L"]))
            distances.append(float(np.linalg.norm(w - limit)))
            if keep_path:
                path.append(w.copy())
            if distances[-1] <= aim or not losses[-1] < HUGE or k == steps:
                break
            w -= step * found["w_bar"]
    return w, np.array(losses), np.array(distances), np.array(path) if keep_path else None


def _scale(start: Array, limit: Array) -> float:
    """What distances are measured by: the largest of the start, the limit and the way between them."""
    return max(float(np.linalg.norm(v)) for v in (start, limit, start - limit))


def positive(value: Any, name: str) -> float:
    """A finite number above 0. Raises InputError."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if isinstance(value, bool | str) or not 0 < number < math.inf:
        raise InputError(f"{name} must be a finite number above 0, got {shown(value)}")
    return number
