r"""Sample-wise double descent: with d features, more examples make the test error worse on the way to n = d, where it peaks.

The first n of N examples are fitted for n = 1, 2, ..., all repeats at once, each fit made from the one before: up to n = d a step along the
part of the new example that is orthogonal to the others (Gram-Schmidt), beyond by rotating its row into the triangular factor (Givens).
Both are as stable as the QR decomposition that they keep up to date.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..base.arrays import Array
from ..base.errors import InputError
from ..base.estimates import About
from ..base.results import Part, Result, plotted
from ..base.workers import run_chunks
from .closed_form import EPS
from .problems import MAX_REPEATS, NOISES, known, level, number_table, pieces, whole, wholes

MAX_FEATURES = 500
MAX_EXAMPLES = 5000
HEAD = ("n", "median", "mean", "standard error", "expected", "training error")
MAX_NUMBERS = 100_000  # in the examples of one repeat


def expected_test_error(n: int, d: int, sigma: float, norm: float = 1.0) -> float:
    r"""The expectation of the test error for Gaussian examples, $E\,(x^\top w - x^\top w^*)^2$ on a new x; infinite where it is.

    $\sigma^2 \frac{d}{n - d - 1}$ for n > d + 1; $\|w^*\|^2 (1 - n/d) + \sigma^2 \frac{n}{d - n - 1}$ for n < d - 1; infinite between,
    unless there is no noise. `norm` is that of the true weights. Raises InputError. Source: question 1.3.5.

    >>> expected_test_error(10, 20, 0.5), expected_test_error(24, 20, 0.5), expected_test_error(20, 20, 0.5)
    (0.777..., 1.666..., inf)
    """
    n, d, sigma, norm = whole(n, "n", 1), whole(d, "d", 1), level(sigma), level(norm, "norm")
    missed = norm * norm * max(1 - n / d, 0)
    if not sigma:
        return missed
    return missed + sigma * sigma * min(n, d) / (abs(n - d) - 1) if abs(n - d) > 1 else math.inf


@dataclass(frozen=True, eq=False)
class DoubleDescent(Result):
    """Test and training errors by the number of examples; shows itself."""

    d: int
    sigma: float
    norm: float
    noise: str
    sizes: tuple[int, ...]  # the n, rising
    test: Array  # (sizes, repeats)
    training: Array  # (sizes, repeats)

    @property
    def repeats(self) -> int:
        found: int = self.test.shape[1]
        return found

    @property
    def expected(self) -> Array:
        """The expectation of the test error, infinite where it is: (sizes,)."""
        return np.array([expected_test_error(n, self.d, self.sigma, self.norm) for n in self.sizes])

    @property
    def mean(self) -> Array:
        """The mean test error; NaN where the expectation is infinite, and a mean says nothing: (sizes,)."""
        return np.where(np.isfinite(self.expected), self.test.mean(axis=1), np.nan)

    @property
    def standard_error(self) -> Array:
        """Of the mean; NaN where the variance is infinite, |n - d| <= 3: (sizes,)."""
        has_one = np.array([abs(n - self.d) > 3 for n in self.sizes]) if self.sigma else np.full(len(self.sizes), True)
        return np.where(has_one, self.test.std(axis=1, ddof=1) / math.sqrt(self.repeats), np.nan)

    @property
    def median(self) -> Array:
        found: Array = np.median(self.test, axis=1)
        return found

    def quantile(self, share: float) -> Array:
        found: Array = np.quantile(self.test, share, axis=1)
        return found

    @property
    def peak(self) -> int:
        """The n with the largest median test error."""
        return self.sizes[int(np.argmax(self.median))]

    @property
    def pair(self) -> Pair | None:
        """n1 < n2 whose test error rises most surely: the rise of the means is the most of its own standard errors; None if none rises.

        Only sizes with a standard error are looked at: of others no rise can be called sure.
        """
        fine = np.flatnonzero(np.isfinite(self.standard_error))
        if not len(fine):
            return None
        test, mean, off, expected = self.test[fine], self.mean[fine], self.standard_error[fine], self.expected[fine]
        covariance = np.atleast_2d(np.cov(test))  # the same examples and some more: a difference is less noisy than its parts
        variance = np.diag(covariance)
        offs = np.sqrt(np.maximum(variance[:, None] + variance - 2 * covariance, 0) / self.repeats)
        rises = np.triu(mean - mean[:, None])
        surely = np.where(rises > 2 * offs + EPS * self.norm**2, rises / np.where(offs > 0, offs, 1), 0)
        if not surely.any():
            return None
        i, j = np.unravel_index(np.argmax(surely), surely.shape)
        return Pair(*(self.sizes[fine[k]] for k in (i, j)), *map(float, (
            mean[i], mean[j], off[i], off[j], rises[i, j], offs[i, j], expected[i], expected[j],
        )))  # fmt: skip

    def plot(self) -> Any:
        """The figure of it: test and training error by the number of examples, with what is expected."""
        return plotted(self)

    def parts(self) -> list[Part]:
        peak = f"peak of the median at n = {self.peak}, d = {self.d}"
        compared = int(np.isfinite(self.standard_error).sum())
        none = f"no n1 < n2 with a surely larger error at n2, among the {compared} of {len(self.sizes)} sizes that have a standard error"
        return [number_table(HEAD, self.rows), peak, str(self.pair or none)]

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """One row a size, with the columns of HEAD; what has no finite value to estimate is a dash."""
        columns = (self.median, self.mean, self.standard_error, self.expected, self.training.mean(axis=1))
        cells = [["-" if math.isnan(v) else float(v) for v in row] for row in zip(*columns, strict=True)]
        return [(n, *row) for n, row in zip(self.sizes, cells, strict=True)]


@dataclass(frozen=True)
class Pair(Result):
    """Two numbers of examples, and the larger test error that the larger one has; shows itself."""

    n1: int
    n2: int
    error1: float
    error2: float
    standard_error1: float
    standard_error2: float
    rise: float  # the mean of the differences, repeat by repeat
    standard_error: float  # of the rise
    expected1: float
    expected2: float

    def parts(self) -> list[Part]:
        one = f"n1 = {self.n1}: {self.error1:.4g} ± {self.standard_error1:.2g} (expected {self.expected1:.4g})"
        two = f"n2 = {self.n2}: {self.error2:.4g} ± {self.standard_error2:.2g} (expected {self.expected2:.4g})"
        return [f"{one}, {two}: larger by {self.rise:.4g} ± {self.standard_error:.2g}"]


def double_descent(
    d: int = 20, sizes: Any = range(5, 61), sigma: float = 0.5, repeats: int = 1000, *, seed: int = 0, noise: str = "normal",
    norm: float = 1.0, executor: Executor | None = None, store: str | Path | None = None, label: str = "", about: About | None = None,
) -> DoubleDescent:  # fmt: skip
    """Test error against the number n of examples (each of `sizes`) for Gaussian examples of d features.

    Each repeat draws true weights of length `norm`, examples and noise of standard deviation `sigma`; the first n examples are fitted, by
    the weights of smallest norm where many fit. The test error is the expected squared error of a prediction for a new example without
    noise: exactly the squared distance of the weights to the true ones. `executor` and `store` as for `workers.run_chunks`; `about` is told
    first how many seconds it will take on one core.

    Raises InputError for numbers out of range. Source: question 1.3.5.

    >>> found = double_descent(d=10, sizes=[5, 10, 15], repeats=200)
    >>> found.peak
    10
    """
    d, sigma, norm = whole(d, "d", 1, MAX_FEATURES), level(sigma), level(norm, "norm")
    sizes = tuple(sorted(set(wholes(sizes, "n", 1, MAX_EXAMPLES))))
    known(noise, tuple(NOISES), "noise")
    if sizes[-1] * d > MAX_NUMBERS:
        raise InputError(f"n = {sizes[-1]:,} examples of d = {d} features are too many; n times d is at most {MAX_NUMBERS:,}")
    if about is not None:  # each example is drawn, and changes a factor of d times d
        about(whole(repeats, "repeats", 2, MAX_REPEATS) * sizes[-1] * d * (150e-9 + 1.5e-9 * d))
    tasks = [(seeds, d, sizes, sigma, norm, noise, count) for seeds, count in pieces(repeats, seed)]
    found = run_chunks(double_chunk, tasks, executor=executor, store=store, label=label)
    test, training = (np.concatenate([chunk[k] for chunk in found], axis=1) for k in (0, 1))
    return DoubleDescent(d, sigma, norm, noise, sizes, test, training)


def double_chunk(
    seed: np.random.SeedSequence, d: int, sizes: tuple[int, ...], sigma: float, norm: float, noise: str, repeats: int
) -> tuple[Array, Array]:
    """Test and training errors: (sizes, repeats) each."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((sizes[-1], d, repeats))
    truth = rng.standard_normal((d, repeats))
    truth *= norm / np.linalg.norm(truth, axis=0)
    t = np.einsum("ndr,dr->nr", X, truth) + sigma * NOISES[noise](rng, (sizes[-1], repeats))
    test, training = [], []
    for n, (w, error) in enumerate(nested_fits(X, t, sizes[0]), 1):
        if n in sizes:
            test.append(np.sum((w - truth) ** 2, axis=0))
            training.append(error)
    return np.array(test), np.array(training)


def nested_fits(X: Array, t: Array, first: int = 1) -> Iterator[tuple[Array, Array]]:
    """The weights (d, repeats) and training errors (repeats,) of the first 1, 2, ..., N examples, for many problems at once.

    `X` is (N, d, repeats) and `t` (N, repeats), of full rank; repeats come last, so that every step is one long loop over them. Weights
    before n = `first` may be left out, as they were.
    """
    N, d, repeats = X.shape
    w, nothing = np.zeros((d, repeats)), np.zeros(repeats)
    basis = np.empty((min(N, d), d, repeats))
    if first <= d:
        for n in range(min(N, d)):
            basis[n] = _orthogonal(X[n], basis[:n])
            w = w + basis[n] * ((t[n] - np.sum(X[n] * w, axis=0)) / np.sum(X[n] * basis[n], axis=0))
            yield w, nothing
    else:
        yield from [(w, nothing)] * min(N, d)
    if N <= d:
        return
    both = np.concatenate([X[:d], t[:d, None]], axis=1)
    triangles = np.asarray(np.linalg.qr(both.transpose(2, 0, 1), mode="r"))  # with this mode it is one array
    R = np.ascontiguousarray(triangles.transpose(1, 2, 0))  # (d, d + 1, repeats)
    squares = np.zeros(repeats)
    for n in range(d, N):
        row = np.concatenate([X[n], t[n : n + 1]])
        for k in range(d):
            length = np.hypot(R[k, k], row[k])
            c, s = R[k, k] / length, row[k] / length
            R[k, k:], row[k:] = c * R[k, k:] + s * row[k:], c * row[k:] - s * R[k, k:]
        squares = squares + row[d] ** 2  # what is left of the label is what no weights explain
        yield (_back_substituted(R) if n + 1 >= first else w), squares / (n + 1)


def _orthogonal(x: Array, basis: Array) -> Array:
    """The direction of x's part that is orthogonal to the basis; taken out twice, which is enough."""
    for _ in range(2):
        x = x - np.einsum("ndr,nr->dr", basis, np.einsum("ndr,dr->nr", basis, x))
    found: Array = x / np.sqrt(np.sum(x**2, axis=0))
    return found


def _back_substituted(R: Array) -> Array:
    d = len(R)
    w = np.empty((d, R.shape[2]))
    for k in reversed(range(d)):
        w[k] = (R[k, d] - np.sum(R[k, k + 1 : d] * w[k + 1 :], axis=0)) / R[k, k]
    return w
