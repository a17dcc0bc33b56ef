"""Figures of question 1.3.4: what an inverse does, fits by degree, test errors by degree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .figure import SENTINELS, Figure, Panel
from .regression import band, curve, dressed, number

if TYPE_CHECKING:
    from ..regression import DegreeSweep, PolynomialFit

SEED = 5  # of the fourteen points on the page
DEGREES = (*range(1, 31), 33, 36, 40, 45, 50, 60, 70, 80, 100, 120, 140, 170, 200)


@lru_cache(maxsize=1)
def poly_inverse() -> Figure:
    """Why no inverse: the error of three ways to fit a polynomial, against fractions."""
    import numpy as np

    from ..regression import exact_poly, fit, noisy_points, textbook
    from ..regression.polynomials import features

    x, t = noisy_points(seed=SEED)
    grid, degrees = np.linspace(0, 1, 41), range(1, 14)
    series: dict[str, list[float]] = {"inverse, powers of x": [], "singular values, powers of x": [], "singular values, Chebyshev": []}
    conditions = []
    for degree in degrees:
        exact = exact_poly(x, t, degree)(grid)
        powers, chebyshev = (features(x, degree, basis) for basis in ("monomial", "chebyshev"))
        conditions.append(float(np.linalg.cond(powers)))
        weights = (textbook(powers, t), fit(powers, t).weights, fit(chebyshev, t).weights)
        for (name, errors), w in zip(series.items(), weights, strict=True):
            values = features(grid, degree, "chebyshev" if "Chebyshev" in name else "monomial") @ w
            errors.append(float(np.abs(values - exact).max() / np.abs(exact).max()))
    last = {name: errors[-1] for name, errors in series.items()}
    ends = "; ".join(f"{error:.1g} by {name}" for name, error in last.items())
    words = f"Largest relative error of the fitted values against exact fractions; at degree 13: {ends}."

    def draw(axes: Any) -> None:
        for k, (name, errors) in enumerate(series.items()):
            curve(axes, degrees, errors, k, name, marks=20)
        dressed(axes, "upper left", xlabel="degree", ylabel="relative error", yscale="log", ylim=(1e-17, 1e2), xticks=range(1, 14, 2))

    rows = tuple((k, number(c), *(number(errors[k - 1]) for errors in series.values())) for k, c in zip(degrees, conditions, strict=True))
    head = ("degree", "condition of the powers", *series)
    return Figure("What an inverse does", words, head, rows, (Panel("Error against fractions", words, draw),))


def poly_fits() -> Figure:
    """Question 1.3.4: fits of chosen degrees to the same fourteen points."""
    from ..regression import error_on_target, fit_poly, noisy_points

    x, t = noisy_points(seed=SEED)
    found = {degree: [fit_poly(x, t, degree, basis) for basis in ("chebyshev", "legendre")] for degree in (3, 7, 13, 15, 30, 200)}
    errors = {degree: [error_on_target(fit) for fit in fits] for degree, fits in found.items()}
    largest = {degree: [float(abs(fit.weights).max()) for fit in fits] for degree, fits in found.items()}
    rows = tuple((degree, *map(number, (*errors[degree], *largest[degree]))) for degree in found)
    head = ("degree", "test error, Chebyshev", "test error, Legendre", "largest weight, Chebyshev", "largest weight, Legendre")
    panels = tuple(Panel(*poly_words(degree, fits, errors[degree]), poly_panel(x, t, fits)) for degree, fits in found.items())
    about = "Fourteen noisy points of sin(10 x) and polynomials fitted to them: too stiff, about right, wild at degree 13, and calm again."
    return Figure("Fits by degree", about, head, rows, panels)


def poly_words(degree: int, fits: Sequence[PolynomialFit], errors: Sequence[float]) -> tuple[str, str]:
    names = " and ".join(f"{fit.basis} {error:.3g}" for fit, error in zip(fits, errors, strict=True))
    return f"Degree {degree}", f"The fit of degree {degree} to {fits[0].fit.n} points of sin(10 x); test error: {names}."


def poly_panel(x: Any, t: Any, fits: Sequence[PolynomialFit]) -> Callable[[Any], None]:
    """The points, the target and the fits; what leaves the panel is cut off."""
    from ..regression.polynomials import GRID, target

    def draw(axes: Any) -> None:
        axes.plot(GRID, target(GRID), color=SENTINELS["muted"], linewidth=1, linestyle=":", label="target")
        same = len(fits) == 2 and fits[0].degree < fits[0].fit.n  # then the basis changes nothing
        for k, fit in enumerate(fits[:1] if same else fits):
            curve(axes, GRID[::2], fit(GRID[::2]), k, "both bases" if same else fit.basis.capitalize(), marks=0, linewidth=1.3)
        axes.plot(x, t, color=SENTINELS["ink"], marker="o", markersize=4, linestyle="none")
        dressed(axes, "lower left", xlabel="$x$", ylim=(-2.6, 2.6), xlim=(-0.02, 1.02))

    return draw


@lru_cache(maxsize=1)
def poly_errors() -> Figure:
    """Question 1.3.4: test error against degree, over many draws of the points, and for one."""
    from ..regression import degree_sweep, error_on_target, fit_poly, noisy_points

    many = poly_figure(degree_sweep(degrees=DEGREES, repeats=100))
    x, t = noisy_points(seed=SEED)
    series = {basis: [error_on_target(fit_poly(x, t, degree, basis)) for degree in DEGREES] for basis in ("chebyshev", "legendre")}
    best = {basis: min(zip(errors, DEGREES, strict=True)) for basis, errors in series.items()}
    found = (f"{basis}: least {error:.3g} at degree {degree}, {series[basis][-1]:.3g} at 200" for basis, (error, degree) in best.items())
    words = f"The fourteen points of the fits above: {'; '.join(found)}"

    def draw(axes: Any) -> None:
        for k, (basis, errors) in enumerate(series.items()):
            curve(axes, DEGREES, errors, k, basis.capitalize())
        by_degree(axes, len(x))

    head = (*many.head, *(f"{basis}, the points above" for basis in series))
    rows = tuple((*row, *map(number, both)) for row, *both in zip(many.rows, *series.values(), strict=True))
    return Figure(many.title, f"{many.about} {words}.", head, rows, (*many.panels, Panel("The fourteen points above", f"{words}.", draw)))


def by_degree(axes: Any, points: int) -> None:
    """Axes of errors against degrees, with the degree whose polynomial just goes through all points."""
    axes.axvline(max(points - 1, 0.5), color=SENTINELS["muted"], linewidth=0.9, linestyle=":")
    dressed(axes, "upper right", xlabel="degree", ylabel="test error", xscale="log", yscale="log")
    axes.xaxis.set_major_formatter("{x:g}")


def poly_figure(found: DegreeSweep) -> Figure:
    """Median test error by degree and the range of most draws, both axes logarithmic."""
    answers = "; ".join(map(found.answer, found.errors))
    words = f"Test error of fits to {found.n} points, {found.repeats} draws: {answers}."
    x = [max(degree, 0.5) for degree in found.degrees]

    def draw(axes: Any) -> None:
        for k, basis in enumerate(found.errors):
            curve(axes, x, found.median(basis), k, f"{basis.capitalize()}, median")
            band(axes, x, found.quantile(basis, 0.1), found.quantile(basis, 0.9), k)
        by_degree(axes, found.n)

    head = ("degree", *(f"{basis}, {what}" for basis in found.errors for what in ("median", "10%", "90%")))
    columns = [c for b in found.errors for c in (found.median(b), found.quantile(b, 0.1), found.quantile(b, 0.9))]
    rows = tuple((degree, *map(number, map(float, cells))) for degree, *cells in zip(found.degrees, *columns, strict=True))
    return Figure("Test error by degree", words, head, rows, (Panel("Test error by degree", words, draw),))


def polynomial_figure(found: PolynomialFit) -> Figure:
    """A polynomial and the points it was fitted to; what leaves the panel is cut off."""
    import numpy as np

    x, t = found.x, found.fit.t
    low, high = min(x.min(), found.domain[0]), max(x.max(), found.domain[1])
    reach = float(np.ptp(t)) or max(abs(float(t[0])), 1.0)
    grid, predicted = np.linspace(low, high, 401), found(x)
    words = f"The fit of degree {found.degree}, basis {found.basis}, to {found.fit.n} points; training error {found.fit.loss:.3g}."

    def draw(axes: Any) -> None:
        limits = t.min() - 0.6 * reach, t.max() + 0.6 * reach
        y = np.clip(found(grid), limits[0] - 9 * reach, limits[1] + 9 * reach)  # far outside there is nothing to be seen
        curve(axes, grid, y, 1, f"degree {found.degree}", marks=0)
        axes.plot(x, t, color=SENTINELS["ink"], marker="o", markersize=4, linestyle="none", label="points")
        dressed(axes, xlabel="$x$", ylabel="$t$", ylim=limits)

    rows = tuple((number(float(a)), number(float(b)), number(float(c))) for a, b, c in zip(x, t, predicted, strict=True))
    title = f"Polynomial of degree {found.degree}"
    return Figure(title, words, ("x", "label", "polynomial"), rows, (Panel(title, words, draw),))


FIGURES: dict[str, Callable[[], Figure]] = {"poly_inverse": poly_inverse, "poly_fits": poly_fits, "poly_errors": poly_errors}
