"""Noise, polynomials and double descent: against theory, against exact arithmetic, and the same for any number of workers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from a1viz.base.errors import InputError, OutputError
from a1viz.base.workers import executor
from a1viz.regression import (
    degree_sweep,
    double_descent,
    error_on_target,
    exact_poly,
    expected_test_error,
    expected_training_error,
    fit,
    fit_poly,
    noisy_points,
    textbook,
    training_errors,
)
from a1viz.regression.interpolation_peak import nested_fits
from a1viz.regression.polynomials import BASES, GRID, features
from a1viz.regression.problems import CHUNK, NOISES, pieces

# --- noise ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("noise", NOISES)
def test_a_noise_has_mean_0_and_variance_1(noise):
    drawn = NOISES[noise](np.random.default_rng(0), (200_000,))
    assert abs(drawn.mean()) < 5 / math.sqrt(200_000)
    assert abs((drawn**2).mean() - 1) <= 5 * (drawn**2).std() / math.sqrt(200_000)


def test_the_training_error_is_as_expected_on_a_grid():
    found = training_errors([5, 10, 40], [1, 4, 9], [0.5, 2.0], ["normal", "coin", "exponential"], repeats=1000)
    assert len(found.rows) == 54
    assert found.worst < 4, found
    assert {row.expected for row in found.rows if row.n == 40 and row.d == 4} == {0.5**2 * 0.9, 4 * 0.9}


def test_the_training_error_is_0_from_as_many_weights_as_examples_on():
    found = training_errors([1, 5, 10], [10, 11, 30], 3.0, list(NOISES), repeats=50)
    assert {row.expected for row in found.rows} == {0}
    assert max(row.mean for row in found.rows) < 1e-15
    assert found.worst == 0


def test_without_noise_there_is_no_training_error():
    assert training_errors(20, [3, 20, 30], 0, repeats=20).worst == 0


def test_a_wrong_expectation_is_seen(monkeypatch):
    monkeypatch.setattr("a1viz.regression.label_noise.expected_training_error", lambda n, d, sigma: sigma**2 * (n - d - 1) / n)
    assert training_errors(20, 5, 1.0).worst > 5


@pytest.mark.parametrize(("n", "d", "sigma", "expected"), [(50, 10, 0.5, 0.2), (10, 10, 3, 0), (3, 7, 3, 0), (4, 1, 2, 3), (4, 1, 0, 0)])
def test_the_expectation_in_numbers(n, d, sigma, expected):
    assert expected_training_error(n, d, sigma) == expected


# --- polynomials ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("basis", BASES)
@pytest.mark.parametrize("degree", [10, 14])
def test_a_polynomial_fit_agrees_with_exact_arithmetic(basis, degree):
    x, t = noisy_points(14, 0.1, seed=0)
    found, exact = fit_poly(x, t, degree, basis), exact_poly(x, t, degree, basis)
    some = GRID[::100]
    np.testing.assert_allclose(found.weights, np.array(exact.weights, float), rtol=0.01)
    np.testing.assert_allclose(found(some), exact(some), rtol=0.01)
    assert np.mean((found(some) - np.sin(10 * some)) ** 2) == pytest.approx(np.mean((exact(some) - np.sin(10 * some)) ** 2), rel=0.01)


def test_the_textbook_formula_is_far_from_exact_where_the_fit_is_not():
    x, t = noisy_points(14, 0.1, seed=0)
    exact = exact_poly(x, t, 12, "monomial")(GRID[::50])
    rows = features(x, 12, "monomial"), features(GRID[::50], 12, "monomial")

    def off(weights):
        return np.abs(rows[1] @ weights - exact).max() / np.abs(exact).max()

    assert off(textbook(rows[0], t)) > 0.01
    assert off(fit(rows[0], t).weights) < 1e-4


@pytest.mark.parametrize("degree", [0, 1, 5, 13])
def test_up_to_as_many_weights_as_points_the_basis_changes_nothing(degree):
    x, t = noisy_points(14, 0.1, seed=5)
    one, other = (fit_poly(x, t, degree, basis)(GRID) for basis in ("chebyshev", "legendre"))
    np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6 * np.abs(one).max())
    if degree <= 5:
        np.testing.assert_allclose(one, np.polynomial.Polynomial.fit(x, t, degree)(GRID), rtol=1e-8)


@pytest.mark.parametrize("basis", ["chebyshev", "legendre"])
@pytest.mark.parametrize("degree", [13, 14, 60, 1000])
def test_with_enough_weights_the_fit_goes_through_every_point(basis, degree):
    x, t = noisy_points(14, 0.1, seed=5)
    found = fit_poly(x, t, degree, basis)
    np.testing.assert_allclose(found(x), t, atol=1e-6)
    assert found.weights.shape == (degree + 1,)
    assert np.linalg.norm(found.weights) <= np.linalg.norm(fit_poly(x, t, 13, basis).weights) * (1 + 1e-9)


def test_a_polynomial_of_the_basis_is_found_again():
    x = np.linspace(0, 1, 20)
    weights = np.array([1.0, -2, 0.5, 3])
    for basis, values in (("chebyshev", np.polynomial.chebyshev.chebval), ("legendre", np.polynomial.legendre.legval)):
        found = fit_poly(x, values(2 * x - 1, weights), 3, basis)
        np.testing.assert_allclose(found.weights, weights, atol=1e-12)


def test_the_exact_features_are_the_floating_point_ones():
    x = np.array([0.0, 0.3, 0.75, 1.0])
    for basis in BASES:
        exact = exact_poly(x, x, 9, basis)
        rows = [[float(v) for v in exact.features(value)] for value in x]
        np.testing.assert_allclose(features(x, 9, basis), rows, atol=1e-13)


@pytest.mark.parametrize(
    ("x", "domain"),
    [([0, 0.5], (0, 1)), ([0.2], (0, 1)), ([-0.5, 1], (-1, 1)), ([2, 3, 5], (2, 5)), ([7, 7], (6, 8)), ([-3, 0.5], (-3, 0.5))],
)
def test_the_domain_holds_all_points(x, domain):
    assert fit_poly(x, x, 1).domain == domain


def test_a_prediction_has_the_shape_of_its_points():
    found = fit_poly([0, 0.5, 1], [1, 2, 3], 1)
    assert found(0.25).shape == () and float(found(0.25)) == pytest.approx(1.5)
    np.testing.assert_allclose(found([[0, 1], [0.5, 2]]), [[1, 3], [2, 5]])


def test_points_on_top_of_each_other_are_said_and_averaged():
    found = fit_poly([0.5, 0.5, 0.5], [1, 2, 6], 1)
    assert found.fit.rank == 1
    assert float(found(0.5)) == pytest.approx(3)
    assert "rank 1 instead of 2" in str(found)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: fit_poly([0, 1], [0, 1], -1), "degree must be a whole number from 0 to 10,000, got -1"),
        (lambda: fit_poly([0, 1], [0, 1], 10**9), "degree must be a whole number from 0 to 10,000"),
        (lambda: fit_poly([0, 1], [0, 1], 2.0), r"degree must be a whole number from 0 to 10,000, got 2\.0"),
        (lambda: fit_poly([0, 1], [0, 1], True), "degree must be"),
        (lambda: fit_poly([0, 1], [0, 1], 1, "chebychev"), "did you mean 'chebyshev'?"),
        (lambda: fit_poly([0, math.nan], [0, 1], 1), r"x has nan at \[1\]"),
        (lambda: fit_poly([0, 1], [0, math.inf], 1), r"t has inf at \[1\]"),
        (lambda: fit_poly([], [], 1), "x has no points"),
        (lambda: fit_poly([0, 1], [1], 1), "give one label for each row"),
        (lambda: fit_poly([0, 1], [0, 1], 1, domain=(1, 0)), "domain must be an interval"),
        (lambda: fit_poly([0, 1e9], [0, 1], 200, domain=(0, 1)), "X has"),
        (lambda: fit_poly(np.zeros(10_000), np.zeros(10_000), 10_000), "too many"),
        (lambda: fit_poly([0, 1], [0, 1], 1)(["a"]), "x must be numbers"),
        (lambda: degree_sweep(degrees=[]), "degree is an empty list"),
        (lambda: degree_sweep(degrees=[-1]), "degree must be"),
        (lambda: degree_sweep(bases=["fourier"]), "unknown basis 'fourier'"),
        (lambda: degree_sweep(n=1000, degrees=[1000]), "too many for a sweep"),
        (lambda: noisy_points(0), "n must be a whole number from 1"),
        (lambda: noisy_points(3, -1), "sigma must be a number from 0"),
        (lambda: training_errors(0, 1, 1.0), "n must be a whole number from 1 to 10,000, got 0"),
        (lambda: training_errors(3, 0, 1.0), "d must be a whole number from 1"),
        (lambda: training_errors(3, 2, -0.1), r"sigma must be a number from 0 to 1e\+100, got -0\.1"),
        (lambda: training_errors(3, 2, math.nan), "sigma must be"),
        (lambda: training_errors(3, 2, 1.0, "norml"), "did you mean 'normal'?"),
        (lambda: training_errors(3, 2, 1.0, repeats=1), "repeats must be"),
        (lambda: training_errors(3, 2, []), "sigma is an empty list"),
        (lambda: training_errors(3, 2, 1.0, seed=-1), "seed must be"),
        (lambda: training_errors(5000, 5000, 1.0), "too much"),
        (lambda: double_descent(d=0), "d must be a whole number from 1"),
        (lambda: double_descent(sizes=[0]), "n must be a whole number from 1"),
        (lambda: double_descent(sigma=-1), "sigma must be"),
        (lambda: double_descent(d=500, sizes=[5000]), "too many"),
        (lambda: double_descent(norm=math.inf), "norm must be"),
        (lambda: expected_test_error(0, 1, 1), "n must be"),
        (lambda: expected_training_error(1, 1, -1), "sigma must be"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(call, says):
    with pytest.raises(InputError, match=says):
        call()


def test_a_sweep_measures_what_a_fit_of_each_degree_would():
    found = degree_sweep(14, 0.1, [3, 13, 30], repeats=2, seed=4)
    (seeds, _), *_ = pieces(2, 4)
    rng = np.random.default_rng(seeds)
    X = np.sort(rng.uniform(0, 1, (2, 14)), axis=1)
    T = np.sin(10 * X) + 0.1 * rng.standard_normal((2, 14))
    for basis, errors in found.errors.items():
        for degree, row in zip(found.degrees, errors, strict=True):
            alone = [error_on_target(fit_poly(x, t, degree, basis)) for x, t in zip(X, T, strict=True)]
            np.testing.assert_allclose(row, alone, rtol=1e-4)


def test_a_higher_degree_is_not_always_worse():
    found = degree_sweep(degrees=[3, 6, 13, 20, 60], repeats=40)
    for basis in found.errors:
        low, best, peak, over, far = found.median(basis)
        assert best < low and best < far < over < peak
        assert found.answer(basis).endswith("a higher degree is not always worse")
    assert degree_sweep(degrees=[8, 10, 12, 13], repeats=20).answer("legendre").endswith("a higher degree is always worse")


# --- double descent ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("N", "d"), [(9, 4), (4, 9), (5, 5), (6, 1), (1, 1), (30, 12)])
@pytest.mark.parametrize("first", [1, 3, 40])
def test_nested_fits_are_the_least_squares_fits_of_the_first_examples(N, d, first):
    rng = np.random.default_rng(3)
    X, t = rng.standard_normal((N, d, 7)), rng.standard_normal((N, 7))
    found = list(nested_fits(X, t, first))
    assert len(found) == N
    for n, (w, error) in enumerate(found, 1):
        for k in range(7):
            expected = np.linalg.lstsq(X[:n, :, k], t[:n, k])[0]
            assert np.mean((X[:n, :, k] @ expected - t[:n, k]) ** 2) == pytest.approx(error[k], abs=1e-12)
            if n >= first:
                np.testing.assert_allclose(w[:, k], expected, rtol=1e-8, atol=1e-10)


def test_the_test_error_is_as_theory_says_where_it_says_so():
    found = double_descent(d=10, sizes=range(1, 40), repeats=2000)
    finite = np.isfinite(found.standard_error)
    off = np.abs(found.mean - found.expected)[finite] / found.standard_error[finite]
    assert finite.sum() == 39 - 7
    assert off.max() < 4
    training = np.array([expected_training_error(n, 10, found.sigma) for n in found.sizes])
    np.testing.assert_allclose(found.training.mean(axis=1), training, atol=0.01)


def test_the_peak_is_where_there_are_as_many_examples_as_features():
    found = double_descent(d=12, sizes=range(4, 30), repeats=300)
    assert found.peak == 12
    assert math.isinf(found.expected[12 - 4]) and np.isnan(found.mean[12 - 4])


def test_more_examples_can_be_worse():
    found = double_descent(repeats=500)
    pair = found.pair
    assert pair.n1 < pair.n2 and pair.error2 > pair.error1
    assert pair.rise > 10 * pair.standard_error
    assert pair.expected1 == expected_test_error(pair.n1, 20, 0.5) < pair.expected2
    assert pair.rise == pytest.approx(pair.error2 - pair.error1)
    assert str(pair) in str(found)


def test_without_noise_more_examples_are_never_worse():
    found = double_descent(d=6, sizes=range(1, 15), sigma=0, repeats=100)
    assert found.pair is None
    assert "no n1 < n2 with a surely larger error at n2, among the 14 of 14 sizes that have a standard error" in str(found)


def test_only_sizes_with_a_standard_error_are_compared_and_the_table_says_so():
    found = double_descent(d=10, sizes=[4, 8, 12, 16], repeats=50)
    assert found.pair is None
    assert "among the 2 of 4 sizes" in str(found)
    assert (found.test[5:] < 1e-20).all()


@pytest.mark.parametrize(
    ("n", "d", "sigma", "expected"),
    [
        (10, 20, 0.5, 0.5 + 0.25 * 10 / 9),
        (24, 20, 0.5, 0.25 * 20 / 3),
        (19, 20, 1, math.inf),
        (20, 20, 1, math.inf),
        (21, 20, 1, math.inf),
        (19, 20, 0, 0.05),
        (30, 20, 0, 0),
    ],
)
def test_the_exact_test_error_in_numbers(n, d, sigma, expected):
    assert expected_test_error(n, d, sigma) == pytest.approx(expected)


# --- the same for any number of workers -----------------------------------------------------------------------------------------

SWEEPS = {
    "noise": lambda **how: np.array([row.mean for row in training_errors([5, 9], [3, 9], 1.0, "laplace", repeats=300, **how).rows]),
    "poly": lambda **how: degree_sweep(degrees=[2, 13, 20], repeats=260, **how).errors["chebyshev"],
    "double-descent": lambda **how: double_descent(d=4, sizes=[2, 4, 9], repeats=600, **how).test,
}


@pytest.fixture(scope="module")
def pool():
    with executor(2) as found:
        yield found


@pytest.mark.parametrize("sweep", SWEEPS)
def test_a_sweep_is_the_same_for_any_number_of_workers_and_from_a_store(sweep, pool, tmp_path):
    alone = SWEEPS[sweep]()
    np.testing.assert_array_equal(SWEEPS[sweep](executor=pool, store=tmp_path), alone)
    kept = sorted(tmp_path.glob("*.json"))
    assert len(kept) > 2
    next(path for path in kept if path.name != "chunks.json").unlink()
    np.testing.assert_array_equal(SWEEPS[sweep](store=tmp_path), alone)
    assert sorted(tmp_path.glob("*.json")) == kept


def test_a_store_of_other_settings_is_refused(tmp_path):
    double_descent(d=4, sizes=[2], repeats=10, store=tmp_path)
    for other in ({"repeats": 11}, {"seed": 1}, {"sigma": 0.25}, {"sizes": [3]}):
        with pytest.raises(OutputError, match="store of another list"):
            double_descent(**{"d": 4, "sizes": [2], "repeats": 10, "store": tmp_path, **other})


def test_seeds_are_different_from_chunk_to_chunk_and_from_seed_to_seed():
    found = double_descent(d=4, sizes=[6], repeats=2 * CHUNK).test[0]
    assert len(set(found)) == 2 * CHUNK
    assert not set(found) & set(double_descent(d=4, sizes=[6], repeats=2 * CHUNK, seed=1).test[0])
