r"""How large the training error is that noisy labels leave: $\sigma^2 (n - d) / n$, and 0 from d = n on; checked by Monte Carlo."""

from __future__ import annotations

import itertools
import math
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..base.arrays import Array
from ..base.errors import InputError
from ..base.estimates import About
from ..base.limits import SETTINGS
from ..base.results import Part, Result, plotted
from ..base.workers import run_chunks
from .closed_form import EPS, solve_many
from .problems import MAX_REPEATS, NOISES, known, level, levels, number_table, pieces, whole, wholes

HEAD = ("n", "d", "sigma", "noise", "repeats", "mean", "standard error", "expected", "deviation")
MAX_NUMBERS = 20_000_000  # in the data of one chunk


def expected_training_error(n: int, d: int, sigma: float) -> float:
    r"""The expectation of the training error: $\sigma^2 (n - d) / n$ for d <= n, else 0.

    For n examples, d features and noise of mean 0 and standard deviation sigma, independent from label to label and of any shape; X of full
    rank. Raises InputError for numbers out of range. Source: questions 1.2.2 and 1.3.3.

    >>> expected_training_error(50, 10, 0.5)
    0.2
    """
    n, d, sigma = whole(n, "n", 1), whole(d, "d", 1), level(sigma)
    return sigma * sigma * max(n - d, 0) / n


@dataclass(frozen=True)
class Setting(Result):
    """One cell of the experiment: what was drawn, and what came out; shows itself."""

    n: int
    d: int
    sigma: float
    noise: str
    repeats: int
    mean: float  # of the training errors
    standard_error: float  # of that mean
    expected: float

    @property
    def rounding(self) -> float:
        """What rounding alone may leave; an expectation of 0 is met up to this."""
        return EPS * (1 + self.sigma * self.sigma)

    @property
    def deviation(self) -> float:
        """The mean's distance to the expectation in standard errors; 0 where rounding explains it."""
        off = self.mean - self.expected
        return 0.0 if abs(off) <= self.rounding else off / self.standard_error if self.standard_error else math.copysign(math.inf, off)

    @property
    def cells(self) -> tuple[Any, ...]:
        """What the columns of HEAD say."""
        found = (self.n, self.d, self.sigma, self.noise, self.repeats, self.mean, self.standard_error, self.expected)
        return (*found, f"{self.deviation:+.2f} s.e.")

    def parts(self) -> list[Part]:
        return [number_table(HEAD, [self.cells])]


@dataclass(frozen=True)
class NoiseTable(Result):
    """Training errors by Monte Carlo beside their expectation; shows itself."""

    rows: tuple[Setting, ...]

    @property
    def worst(self) -> float:
        """The largest deviation, in standard errors."""
        return max(abs(row.deviation) for row in self.rows)

    def plot(self) -> Any:
        """The figure of it: training errors with two standard errors either way, and the expectation."""
        return plotted(self)

    def parts(self) -> list[Part]:
        return [number_table(HEAD, [row.cells for row in self.rows])]


def training_errors(
    n: Any, d: Any, sigma: Any, noise: Any = "normal", *, repeats: int = 1000, seed: int = 0,
    executor: Executor | None = None, store: str | Path | None = None, label: str = "", about: About | None = None,
) -> NoiseTable:  # fmt: skip
    """Training errors of least squares on random problems, for every combination of `n`, `d`, `sigma` and `noise` (one or a list of each).

    Each repeat draws Gaussian examples, true weights of norm 1 and noise, and fits. `noise` is a shape of mean 0: normal, uniform, laplace,
    coin, exponential or student (6 degrees of freedom). `executor` and `store` as for `workers.run_chunks`: the result is the same. `about`
    is told first how many seconds it will take on one core.

    Raises InputError for numbers out of range. Source: questions 1.2.2 and 1.3.3.

    >>> training_errors(20, [5, 20], 1.0, repeats=500).worst < 4
    True
    """
    shapes = [noise] if isinstance(noise, str) else list(noise)
    lists = (wholes(n, "n", 1), wholes(d, "d", 1), levels(sigma), [known(s, tuple(NOISES), "noise") for s in shapes])
    if math.prod(map(len, lists)) > SETTINGS:
        raise InputError(f"there are {math.prod(map(len, lists)):,} settings of n, d, sigma and noise; take at most {SETTINGS:,}")
    cells = list(itertools.product(*lists))
    if about is not None:
        about(whole(repeats, "repeats", 2, MAX_REPEATS) * sum(_seconds(n, d) for n, d, *_ in cells))
    chunks = pieces(repeats, seed)
    largest = max(a * b for a, b, _, _ in cells) * chunks[0][1]
    if largest > MAX_NUMBERS:
        raise InputError(f"{chunks[0][1]} repeats of n = {cells[-1][0]:,}, d = {cells[-1][1]:,} at once are too much; take smaller n or d")
    tasks = [(child, *cell, count) for seeds, count in chunks for cell, child in zip(cells, seeds.spawn(len(cells)), strict=True)]
    found = run_chunks(noise_chunk, tasks, executor=executor, store=store, label=label)
    rows = []
    for k, cell in enumerate(cells):
        errors = np.concatenate(found[k :: len(cells)])
        mean, off = float(errors.mean()), float(errors.std(ddof=1) / math.sqrt(len(errors)))
        rows.append(Setting(*cell, len(errors), mean, off, expected_training_error(*cell[:3])))
    return NoiseTable(tuple(rows))


def _seconds(n: int, d: int) -> float:
    """About how long a repeat takes: to draw n examples of d features and to fit them."""
    return 15e-6 + n * d * (80e-9 + 0.8e-9 * min(n, d))


def noise_chunk(seed: np.random.SeedSequence, n: int, d: int, sigma: float, noise: str, repeats: int) -> Array:
    """The training error of each repeat: (repeats,)."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((repeats, n, d))
    weights = rng.standard_normal((repeats, d, 1))
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    t = (X @ weights)[:, :, 0] + sigma * NOISES[noise](rng, (repeats, n))
    residual = np.einsum("rnd,rd->rn", X, solve_many(X, t)) - t
    found: Array = np.mean(residual**2, axis=1)
    return found
