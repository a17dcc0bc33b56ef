"""Least squares on badly scaled columns and rows, and NIST's certified sets to the digits that NIST certifies."""

from __future__ import annotations

import math
import tomllib
from fractions import Fraction

import numpy as np
import pytest
from conftest import ROOT

from a1viz.base.errors import InputError
from a1viz.regression import closed_form, descend, exact_fit, fit, fit_poly
from a1viz.regression.closed_form import EPS, cutoff
from a1viz.regression.given_numbers import numbers

CERTIFIED = tomllib.loads((ROOT / "tests/data/nist_strd.toml").read_text(encoding="utf-8"))
EXACT = tomllib.loads((ROOT / "tests/data/nist_strd.toml").read_text(encoding="utf-8"), parse_float=Fraction)
RIGHT = {  # digits of the weights: (where numbers have extended precision, where they have not); lstsq alone has the second or fewer
    "Norris": (12, 12), "Pontius": (13, 11.5), "NoInt1": (14, 14), "NoInt2": (14, 14), "Filip": (7, 7), "Longley": (13.5, 10),
    "Wampler1": (13, 8.5), "Wampler2": (12.5, 12), "Wampler3": (13, 8.5), "Wampler4": (13, 7), "Wampler5": (12, 5),
}  # fmt: skip
EXTENDED = np.finfo(np.longdouble).eps < EPS
YEARS = np.arange(1990, 2011.0)


def rows(of):
    """The matrix of a set: powers of x, or a column of ones before its features."""
    x = of["x"]
    return [[1, *row] for row in x] if isinstance(x[0], list) else [[v**k for k in range(of["first"], of["last"] + 1)] for v in x]


def right_digits(found, certified):
    """NIST's log relative error, log absolute where the certified value is 0; at most 15, for so many are certified."""
    off = abs(float(found) - float(certified)) / (abs(float(certified)) or 1)
    return min(15.0, -math.log10(off)) if off else 15.0


# --- certified ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CERTIFIED)
def test_the_data_of_a_certified_set_are_typed_right(name):
    of = EXACT[name]
    X, y = rows(of), of["y"]
    exact = exact_fit(X, y)
    assert min(map(right_digits, exact, of["weights"])) > 14
    squares = sum((sum(a * b for a, b in zip(row, exact, strict=True)) - v) ** 2 for row, v in zip(X, y, strict=True))
    assert right_digits(math.sqrt(squares / max(len(y) - len(exact), 1)), of["sd"]) > 14


@pytest.mark.parametrize("name", CERTIFIED)
def test_a_certified_set_is_solved_to_its_digits(name):
    of = CERTIFIED[name]
    found = fit(rows(of), of["y"])
    assert found.is_unique
    assert min(map(right_digits, found.weights, of["weights"])) > RIGHT[name][0 if EXTENDED else 1]
    deviation = math.sqrt(found.loss * found.n / (found.n - found.d))
    assert deviation == pytest.approx(of["sd"], rel=1e-9, abs=1e-8)


@pytest.mark.parametrize("name", ["Longley", "Filip", "Wampler4"])
def test_no_unit_of_a_certified_set_changes_a_prediction(name):
    of = CERTIFIED[name]
    X = np.array(rows(of))
    for shift in (-40, 25):
        units = 2.0 ** (shift * np.arange(X.shape[1]))
        found, other = fit(X, of["y"]), fit(X * units, of["y"])
        np.testing.assert_array_equal(other.weights * units, found.weights)
        assert other.rank == found.rank


# --- badly scaled ---------------------------------------------------------------------------------------------------------------


def test_powers_of_years_have_one_best_polynomial():
    t = np.sin((YEARS - 2000) / 3)
    found = fit_poly(YEARS, t, 5, basis="monomial").fit
    assert found.rank == 6 and found.is_unique
    assert found.loss * 21 == pytest.approx(0.00114136, rel=0.05)  # the weights, rounded, can say no more in this basis
    assert "the only one" in str(found) and "of X scaled" in str(found)
    middle = fit_poly(YEARS, t, 5)
    assert middle.fit.loss * 21 == pytest.approx(0.00114136, rel=1e-5)


@pytest.mark.parametrize("size", [1e-140, 1e-30, 1e-9, 1e9, 1e30, 1e140])
@pytest.mark.parametrize("axis", [0, 1])
def test_the_size_of_a_column_or_of_a_row_that_is_met_decides_nothing(size, axis):
    X = np.random.default_rng(0).standard_normal((4, 4))
    t = np.array([1.0, -2, 3, -4])
    scaled, labels = X.copy(), t.copy()
    scaled[(slice(None), 1) if axis == 0 else 1] *= size
    if axis:
        labels[1] *= size
    found, plain = fit(scaled, labels), fit(X, t)
    assert found.rank == 4 and found.is_unique
    expected = plain.weights / [1, size, 1, 1] if axis == 0 else plain.weights
    np.testing.assert_allclose(found.weights, expected, rtol=1e-12)


def test_a_label_is_met_however_small_its_example():
    X, t = [[1e-20, 0, 2e-20], [0, 1, 0]], [1, 2]
    found = fit(X, t)
    assert found.rank == 2 and found.in_own_units
    np.testing.assert_allclose(found.weights, np.array(exact_fit(X, t), float), rtol=1e-14)


def test_where_many_are_best_the_smallest_is_so_in_the_units_given():
    a, b = np.arange(1.0, 6), np.array([1.0, -1, 0, 2, 1])
    X, t = np.column_stack([a, 300 * a, b]), np.array([1.0, 2, 2, 4, 4])
    found = fit(X, t)
    assert found.rank == 2 and found.in_own_units
    np.testing.assert_allclose(found.weights, np.array(exact_fit(X.tolist(), t.tolist()), float), rtol=1e-10)
    assert found.weights[1] / found.weights[0] == pytest.approx(300)


def test_a_rank_that_the_units_hide_is_found_and_said():
    powers = np.column_stack([YEARS**k for k in (0, 1, 2, 3, 4, 4)])  # the last column twice
    t = np.sin((YEARS - 2000) / 3)
    found, once = fit(powers, t), fit(powers[:, :5], t)
    assert found.rank == once.rank == 5 and not found.in_own_units
    assert found.loss == pytest.approx(once.loss, rel=1e-3)
    assert "of infinitely many (1 free direction), the one of smallest norm, for columns of length 1" in " ".join(str(found).split())


def test_what_counts_as_zero_is_above_what_rounding_makes():
    rng = np.random.default_rng(0)
    for n, d in ((2, 2), (3, 2), (5, 3), (20, 6), (100, 10), (2000, 5), (60, 60)):
        for trial in range(8):
            X = rng.integers(-9, 10, (n, d)).astype(float) if trial % 2 else rng.standard_normal((n, d)) + 100
            X[:, -1] = X[:, :-1].sum(axis=1)
            found = fit(X * 10.0 ** rng.integers(-8, 9, d), rng.standard_normal(n))
            assert found.rank <= d - 1, (n, d, found.scaled_values / cutoff(n, d))


def test_the_condition_is_that_of_the_matrix_that_was_solved_with():
    X = np.array([[1, 1e8], [1, -1e8], [2, 3e8]])
    found = fit(X, [1, 2, 3])
    assert found.singular_values[0] / found.singular_values[1] > 1e7
    assert found.condition < 10
    assert found.tolerance < 1e-14
    plain = fit([[1, 0], [1, 1], [1, 2]], [1, 2, 2])
    assert plain.scaled_values is plain.singular_values and "of X scaled" not in str(plain)


def test_an_array_of_floats_is_taken_without_conversion(monkeypatch):
    X = np.ones((2, 2))
    monkeypatch.setattr(closed_form.np, "asarray", None)
    assert numbers(X, "X") is X


def test_weights_that_no_number_holds_are_refused_without_a_warning():
    with pytest.raises(InputError, match="the weights are beyond double precision"):
        fit([[1e-320, 0], [0, 1]], [1, 1])


# --- descent at the limit -------------------------------------------------------------------------------------------------------


def test_at_the_limit_up_to_rounding_nothing_is_said_to_diverge():
    X, t = [[0, -1, -2, -2], [0, -1, 2, -2], [2, -2, -1, 1]], [-2, 2, -2]
    found = descend(X, t, step=0.25, steps=200)
    assert found.status == "not converged" and math.isinf(found.steps_needed)
    assert "the step 0.25 is at the limit 0.25, where one direction keeps its size forever" in found.why


def test_small_integer_problems_at_the_limit_do_not_diverge():
    rng = np.random.default_rng(0)
    seen = set()
    for _ in range(100):
        n, d = rng.integers(1, 6, 2)
        X, t = rng.integers(-2, 3, (n, d)), rng.integers(-2, 3, n)
        if X.any():
            found = descend(X, t, step=n / np.linalg.eigvalsh(X.T @ X).max(), steps=20)
            assert found.status != "diverged", found.why
            seen.add(found.status)
    assert seen == {"converged", "not converged"}


def test_a_slow_direction_is_not_called_a_step_at_the_limit():
    found = descend([[1, 0], [0, 1e-9]], [1, 1], steps=10)
    assert "shrinks by a factor of 1 - 1e-18 per step, so it takes about" in found.why and "limit" not in found.why
    assert 1e19 < found.steps_needed < 1e20
    assert "so it takes forever" in descend([[1, 0], [0, 1e-170]], [1, 1e-170], steps=10).why


def test_a_direction_that_the_start_has_no_part_of_is_not_spoken_of():
    found = descend([[1, 0], [0, 0.1]], [0, 0], [0, 1], step=2.01, steps=10)  # the limit is 2
    assert found.status == "not converged" and "limit" not in found.why
    assert found.steps_needed == pytest.approx(math.log(1e-8) / math.log(1 - 0.0201), abs=1)
