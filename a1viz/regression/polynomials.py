"""Polynomial regression of any degree: fewer weights than points, as many, or more, where the fit of smallest weights is taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from ..base.arrays import Array
from ..base.errors import InputError
from ..base.estimates import About
from ..base.results import Part, Result, Table, Typeset, plotted
from ..base.workers import run_chunks
from .closed_form import Fit, fit, solve_many
from .exact_arithmetic import exact_fit
from .given_numbers import floats, vector
from .problems import MAX_REPEATS, known, level, number_table, pieces, whole, wholes

MAX_DEGREE = 10_000
LONGEST = 24  # digits of the numbers of a fraction that is printed
MAX_NUMBERS = 50_000_000  # in one matrix of features
Domain = tuple[float, float]


@dataclass(frozen=True)
class Basis:
    """A family of polynomials p0, p1, ...: all values at once, and the rule for the next one, in any arithmetic."""

    all: Callable[[Array, int], Array]  # (..., ) -> (..., degree + 1)
    next: Callable[[int, Any, Any, Any], Any]  # p[k + 1] from k, u, p[k], p[k - 1]
    is_mapped: bool = True  # u = x mapped to [-1, 1]; else u = x


BASES = {
    "chebyshev": Basis(np.polynomial.chebyshev.chebvander, lambda k, u, p, q: (2 if k else 1) * u * p - q),
    "legendre": Basis(np.polynomial.legendre.legvander, lambda k, u, p, q: ((2 * k + 1) * u * p - k * q) / (k + 1)),
    "monomial": Basis(np.polynomial.polynomial.polyvander, lambda k, u, p, q: u * p, False),
}
DOMAINS: tuple[Domain, ...] = ((0.0, 1.0), (-1.0, 1.0))


@dataclass(frozen=True, eq=False)
class PolynomialFit(Result):
    """A polynomial fitted to points; predicts when called; shows itself."""

    degree: int
    basis: str
    domain: Domain  # the interval that is mapped to [-1, 1]
    fit: Fit
    x: Array  # (n,), the points

    @property
    def weights(self) -> Array:
        """One weight for each polynomial of the basis: (degree + 1,)."""
        return self.fit.weights

    def __call__(self, x: Any) -> Array:
        """The polynomial's values at `x`, in its shape."""
        x = floats(x, "x")
        found: Array = features(x.ravel(), self.degree, self.basis, self.domain).dot(self.weights).reshape(x.shape)
        return found

    def plot(self) -> Any:
        """The figure of it: the polynomial over its points."""
        return plotted(self)

    def parts(self) -> list[Part]:
        low, high = self.domain
        return [f"degree {self.degree}, basis {self.basis} on [{low:g}, {high:g}], {self.fit.n} points", *self.fit.parts()]


def fit_poly(x: Any, t: Any, degree: int, basis: str = "chebyshev", *, domain: Domain | None = None) -> PolynomialFit:
    """The polynomial of a degree with the least squared error at the points, and of those the one with the smallest weights.

    `x` and `t` are (n,). `basis` is chebyshev, legendre (both on `domain`) or monomial (powers of x itself); up to degree n - 1 it changes
    nothing but rounding, beyond it decides which of the many polynomials through all points is taken. `domain` is the first of [0, 1],
    [-1, 1] and [min x, max x] that holds all points, unless given.

    Raises InputError for data that do not fit, and for a degree below 0 or above 10,000. Source: question 1.3.4.

    >>> line = fit_poly([0, 0.5, 1], [1, 2, 3], degree=1)
    >>> line([0.25, 2]).round(9)
    array([1.5, 5. ])
    """
    x = vector(x, "x")
    degree = whole(degree, "degree", 0, MAX_DEGREE)
    known(basis, tuple(BASES), "basis")
    if not len(x):
        raise InputError("x has no points; give at least one")
    if len(x) * (degree + 1) > MAX_NUMBERS:
        raise InputError(f"{len(x):,} points and degree {degree:,} are too many; points times weights are at most {MAX_NUMBERS:,}")
    domain = domain_of(x) if domain is None else checked_domain(domain)
    return PolynomialFit(degree, basis, domain, fit(features(x, degree, basis, domain), t), x)


def domain_of(x: Array) -> Domain:
    low, high = float(x.min()), float(x.max())
    held = next((d for d in DOMAINS if d[0] <= low and high <= d[1]), (low, high))
    return held if held[0] < held[1] else (low - 1, high + 1)


def checked_domain(domain: Any) -> Domain:
    """Two finite numbers, the first the smaller. Raises InputError."""
    low, high = vector(domain, "domain", 2).tolist()
    if not low < high:
        raise InputError(f"domain must be an interval such as (0, 1), the smaller end first; got ({low:g}, {high:g})")
    return low, high


def features(x: Array, degree: int, basis: str, domain: Domain = DOMAINS[0]) -> Array:
    """The values of the basis at points, one column a polynomial: (...,) -> (..., degree + 1).

    >>> features(np.array([0.0, 0.5, 1.0]), 2, "chebyshev")
    array([[ 1., -1.,  1.],
           [ 1.,  0., -1.],
           [ 1.,  1.,  1.]])
    """
    family = BASES[basis]
    low, high = domain
    with np.errstate(over="ignore", invalid="ignore"):  # far outside of the domain; `fit` says so
        return family.all((2 * x - (low + high)) / (high - low) if family.is_mapped else x, degree)


def exact_poly(x: Any, t: Any, degree: int, basis: str = "chebyshev", *, domain: Domain | None = None) -> ExactPolynomial:
    """What `fit_poly` computes, in fractions: no rounding anywhere.

    Takes about a second at degree 20. Raises InputError as `fit_poly` does. Source: question 1.3.4.

    >>> exact_poly([0, 0.5, 1], [1, 2, 3], degree=1).weights
    (Fraction(2, 1), Fraction(1, 1))
    """
    like = fit_poly(x, t, degree, basis, domain=domain)
    blank = ExactPolynomial(like.degree, like.basis, like.domain, ())
    points: list[float] = vector(x, "x").tolist()
    return ExactPolynomial(like.degree, like.basis, like.domain, tuple(exact_fit([blank.features(v) for v in points], like.fit.t.tolist())))


@dataclass(frozen=True)
class ExactPolynomial(Result):
    """A polynomial with fractions for weights; called with numbers it gives the floats nearest to its values; shows itself."""

    degree: int
    basis: str
    domain: Domain
    weights: tuple[Fraction, ...]

    def features(self, x: float) -> list[Fraction]:
        family = BASES[self.basis]
        low, high = map(Fraction, self.domain)
        u = (2 * Fraction(x) - low - high) / (high - low) if family.is_mapped else Fraction(x)
        values, before = [Fraction(1)], Fraction(0)
        for k in range(self.degree):
            values.append(family.next(k, u, values[-1], before))
            before = values[-2]
        return values

    def __call__(self, x: Any) -> Array:
        x = floats(x, "x")
        values = [sum(map(Fraction.__mul__, self.weights, self.features(v)), Fraction(0)) for v in x.ravel().tolist()]
        return np.array([float(v) for v in values]).reshape(x.shape)

    def parts(self) -> list[Part]:
        low, high = self.domain
        rows = [(str(k), fraction(weight), f"{float(weight):.6g}") for k, weight in enumerate(self.weights)]
        what = f"degree {self.degree}, basis {self.basis} on [{low:g}, {high:g}], exact"
        return [what, Table(("polynomial", "weight", "about"), rows, "rrr", is_numeric=True)]


def fraction(value: Fraction) -> Typeset | str:
    r"""A fraction as it is set; one too long for a line by its nearest float.

    >>> fraction(Fraction(-1, 2))
    Typeset(text='-1/2', latex='-\\frac{1}{2}')
    """
    top, bottom = value.as_integer_ratio()
    if max(abs(top), bottom) >= 10**LONGEST:
        return f"a fraction of {len(str(abs(top)))} by {len(str(bottom))} digits"
    sign = "-" if top < 0 else ""
    return Typeset(str(value), str(value) if bottom == 1 else rf"{sign}\frac{{{abs(top)}}}{{{bottom}}}")


# --- the experiment -----------------------------------------------------------------------------------------------------------

GRID = np.linspace(0, 1, 1001)  # where test errors are measured


def target(x: Array) -> Array:
    found: Array = np.sin(10 * x)
    return found


def noisy_points(n: int = 14, sigma: float = 0.1, seed: int = 0) -> tuple[Array, Array]:
    """Points on [0, 1], rising, and sin(10 x) there with normal noise: (n,) and (n,). Raises InputError. Source: question 1.3.4.

    >>> x, t = noisy_points(14, sigma=0)
    >>> bool((t == np.sin(10 * x)).all())
    True
    """
    rng = np.random.default_rng(whole(seed, "seed", 0, 2**63))
    x, t = _points(rng, whole(n, "n", 1), level(sigma), 1)
    return x[0], t[0]


def _points(rng: np.random.Generator, n: int, sigma: float, repeats: int) -> tuple[Array, Array]:
    x = np.sort(rng.uniform(0, 1, (repeats, n)), axis=1)
    return x, target(x) + sigma * rng.standard_normal((repeats, n))


def error_on_target(predict: Callable[[Array], Array]) -> float:
    """The mean squared error of predictions for [0, 1] against sin(10 x), without noise."""
    return float(np.mean((predict(GRID) - target(GRID)) ** 2))


@dataclass(frozen=True, eq=False)
class DegreeSweep(Result):
    """Test errors by degree, for each basis, over many draws of the points; shows itself."""

    n: int
    sigma: float
    degrees: tuple[int, ...]
    errors: dict[str, Array]  # basis -> (degrees, repeats)

    def median(self, basis: str) -> Array:
        found: Array = np.median(self.errors[basis], axis=1)
        return found

    def quantile(self, basis: str, share: float) -> Array:
        found: Array = np.quantile(self.errors[basis], share, axis=1)
        return found

    @property
    def repeats(self) -> int:
        found: int = next(iter(self.errors.values())).shape[1]
        return found

    def answer(self, basis: str) -> str:
        """Whether a higher degree always means a larger test error, with the numbers found."""
        median = self.median(basis)
        best, worst = int(np.argmin(median)), int(np.argmax(median))
        least, largest, last = (f"{median[k]:.3g} at {word}{self.degrees[k]}" for k, word in ((best, "degree "), (worst, ""), (-1, "")))
        rises = bool((np.diff(median) > 0).all())
        return f"{basis}: least {least}, largest {largest}, {last}: a higher degree is {'' if rises else 'not '}always worse"

    def plot(self) -> Any:
        """The figure of it: median test error and the range of most draws, by degree."""
        return plotted(self)

    def parts(self) -> list[Part]:
        rows = zip(self.degrees, *(map(float, self.median(basis)) for basis in self.errors), strict=True)
        head = ("degree", *(f"{basis}, median test error" for basis in self.errors))
        return [number_table(head, rows), *map(self.answer, self.errors)]


def degree_sweep(
    n: int = 14, sigma: float = 0.1, degrees: Any = range(201), bases: Sequence[str] = ("chebyshev", "legendre"), *, repeats: int = 100,
    seed: int = 0, executor: Executor | None = None, store: str | Path | None = None, label: str = "", about: About | None = None,
) -> DegreeSweep:  # fmt: skip
    """Test errors of polynomial fits to `n` noisy points of sin(10 x) on [0, 1], for every degree and basis, over many draws.

    All degrees and bases of a draw are fitted to the same points. The test error is measured on 1001 points, against the target without
    noise. `executor` and `store` as for `workers.run_chunks`; `about` is told first how many seconds it will take on one core. Raises
    InputError for numbers out of range. Source: question 1.3.4.

    >>> found = degree_sweep(degrees=[3, 13, 100], repeats=20)
    >>> bool(found.median("legendre")[1] > found.median("legendre")[2])
    True
    """
    n, sigma = whole(n, "n", 1), level(sigma)
    degrees = tuple(sorted(set(wholes(degrees, "degree", 0, MAX_DEGREE))))
    bases = tuple(known(basis, tuple(BASES), "basis") for basis in bases)
    if n * (degrees[-1] + 1) > 100_000:
        raise InputError(f"{n:,} points and degree {degrees[-1]:,} are too many for a sweep; points times weights are at most 100,000")
    if about is not None:  # weights are found from n points, and tried on the grid
        fits = sum(40e-6 + (degree + 1) * (1.2e-9 * len(GRID) + 1e-9 * n * min(n, degree + 1)) for degree in degrees)
        about(whole(repeats, "repeats", 2, MAX_REPEATS) * len(bases) * fits)
    tasks = [(seeds, n, sigma, degrees, bases, count) for seeds, count in pieces(repeats, seed)]
    found = run_chunks(degree_chunk, tasks, executor=executor, store=store, label=label)
    return DegreeSweep(n, sigma, degrees, {basis: np.concatenate([c[k] for c in found], axis=1) for k, basis in enumerate(bases)})


def degree_chunk(
    seed: np.random.SeedSequence, n: int, sigma: float, degrees: tuple[int, ...], bases: tuple[str, ...], repeats: int
) -> list[Array]:
    """For each basis the test errors (degrees, repeats)."""
    x, t = _points(np.random.default_rng(seed), n, sigma, repeats)
    found = []
    for basis in bases:
        seen, grid = features(x, degrees[-1], basis), features(GRID, degrees[-1], basis)
        rows = []
        for degree in degrees:
            weights = solve_many(seen[:, :, : degree + 1], t)
            rows.append(np.mean((weights @ grid[:, : degree + 1].T - target(GRID)) ** 2, axis=1))
        found.append(np.array(rows))
    return found
