"""Linear regression in closed form and by gradient descent: small problems to the fraction, every rank, every verdict."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

import a1viz
from a1viz.base.errors import InputError
from a1viz.regression import descend, exact_fit, fit, textbook
from a1viz.regression.closed_form import solve_many

HALF, THIRD = Fraction(1, 2), Fraction(1, 3)
SMALL = [  # X, t, the weights of least loss and norm, and their loss times n
    ("1.3.1", [[1, 1]], [3], [3 * HALF, 3 * HALF], 0),
    ("a line through three points", [[1, 0], [1, 1], [1, 2]], [1, 2, 2], [7 * Fraction(1, 6), HALF], Fraction(1, 6)),
    ("a mean", [[1], [1], [1]], [1, 2, 6], [3], 14),
    ("square", [[2, 1], [1, 1]], [3, 2], [1, 1], 0),
    ("two examples, three weights", [[1, 0, 1], [0, 1, 1]], [1, 2], [0, 1, 1], 0),
    ("twice the same example, two labels", [[1, 1], [1, 1]], [1, 2], [3 * HALF * HALF, 3 * HALF * HALF], HALF),
    ("twice the same column", [[1, 1], [2, 2], [2, 2]], [1, 2, 2], [HALF, HALF], 0),
    ("an idle column", [[1, 0], [2, 0]], [1, 1], [3 * Fraction(1, 5), 0], Fraction(1, 5)),
    ("rank one of two, three weights", [[1, 1, 1], [2, 2, 2]], [3, 3], [3 * Fraction(1, 5)] * 3, Fraction(9, 5)),
    ("nothing to see", [[0, 0]], [5], [0, 0], 25),
]
IDS = [name for name, *_ in SMALL]


def exact_loss(X, t, w):
    return sum((sum(a * b for a, b in zip(row, w, strict=True)) - v) ** 2 for row, v in zip(X, t, strict=True))


def problem(n, d, seed=0):
    rng = np.random.default_rng([n, d, seed])
    return rng.standard_normal((n, d)), rng.standard_normal(n)


# --- closed form --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "X", "t", "w", "loss"), SMALL, ids=IDS)
def test_a_small_problem_is_solved_exactly(name, X, t, w, loss):
    assert exact_fit(X, t) == w
    assert exact_loss(X, t, w) == loss


@pytest.mark.parametrize(("name", "X", "t", "w", "loss"), SMALL, ids=IDS)
def test_the_floating_point_answer_is_the_exact_one(name, X, t, w, loss):
    found = fit(X, t)
    np.testing.assert_allclose(found.weights, np.array(w, float), atol=1e-14)
    assert found.loss * len(t) == pytest.approx(float(loss), abs=1e-14)
    assert found.rank == np.linalg.matrix_rank(np.array(X))


@examples(60)
@given(st.integers(1, 5), st.integers(1, 5), st.data())
def test_no_other_weights_have_a_smaller_loss_and_none_as_good_a_smaller_norm(n, d, data):
    numbers = st.lists(st.integers(-2, 2), min_size=d, max_size=d)
    X = data.draw(st.lists(numbers, min_size=n, max_size=n))
    t = data.draw(st.lists(st.integers(-5, 5), min_size=n, max_size=n))
    w = exact_fit(X, t)
    residual = [sum(a * b for a, b in zip(row, w, strict=True)) - v for row, v in zip(X, t, strict=True)]
    assert [sum(row[k] * r for row, r in zip(X, residual, strict=True)) for k in range(d)] == [0] * d, "the gradient is 0"
    found = fit(X, t)
    np.testing.assert_allclose(found.weights, np.array(w, float), atol=1e-10)
    seen = np.array(found.row_space) if found.rank else np.zeros((0, d))
    np.testing.assert_allclose(seen.T @ (seen @ found.weights), found.weights, atol=1e-10)  # all of it is in the row space


@pytest.mark.parametrize(("n", "d"), [(7, 3), (3, 7), (5, 5), (40, 10), (10, 40)])
def test_full_rank_gives_the_formulas_of_the_question(n, d):
    X, t = problem(n, d)
    found = fit(X, t)
    formula = np.linalg.solve(X.T @ X, X.T @ t) if d <= n else X.T @ np.linalg.solve(X @ X.T, t)
    np.testing.assert_allclose(found.weights, formula, rtol=1e-8)
    np.testing.assert_allclose(textbook(X, t), formula, rtol=1e-8)
    assert found.is_unique == (d <= n)
    assert found.regime.endswith("full rank")
    np.testing.assert_allclose(found(X) - t, found.residual, atol=1e-14)
    assert (found.loss < 1e-25) == (d >= n)


def test_deficient_rank_is_handled_and_said():
    X, t = problem(8, 3)
    X = np.column_stack([X, X[:, 0] - 2 * X[:, 1]])
    found = fit(X, t)
    assert found.rank == 3 and not found.is_unique
    assert found.regime == "d < n: under-parameterised, rank 3 instead of 4"
    np.testing.assert_allclose(found.weights, np.linalg.pinv(X) @ t, atol=1e-12)
    said = str(found)
    assert "rank 3 instead of 4" in said and "of infinitely many (1 free direction)" in said and "count as 0 up to" in said


def test_the_null_space_changes_no_prediction():
    X, t = problem(3, 7)
    found = fit(X, t)
    assert found.null_space.shape == (4, 7)
    np.testing.assert_allclose(X @ found.null_space.T, 0, atol=1e-13)
    np.testing.assert_allclose(found.null_space @ found.null_space.T, np.eye(4), atol=1e-13)


def test_the_line_of_the_question():
    found = fit([[1, 1]], [3])
    np.testing.assert_allclose(found.null_space, [[math.sqrt(0.5), -math.sqrt(0.5)]])
    for s in (-2.0, 0.0, 5.0):
        w = found.weights + s * found.null_space[0]
        assert w.sum() == pytest.approx(3)


def test_many_problems_at_once_are_each_solved():
    rng = np.random.default_rng(0)
    for n, d in ((6, 3), (3, 6), (4, 4)):
        X, t = rng.standard_normal((5, n, d)), rng.standard_normal((5, n))
        X[1, :, -1] = X[1, :, 0]
        expected = [np.linalg.pinv(x) @ v for x, v in zip(X, t, strict=True)]
        np.testing.assert_allclose(solve_many(X, t), expected, atol=1e-9)


def test_the_arrays_given_stay_as_they_are():
    X, t = problem(6, 3)
    start = np.ones(3)
    before = [array.copy() for array in (X, t, start)]
    fit(X, t).limit(start)
    descend(X, t, start, steps=5)
    for array, copy in zip((X, t, start), before, strict=True):
        np.testing.assert_array_equal(array, copy)


GOOD_X, GOOD_T = [[1, 2], [3, 4]], [1, 2]


@pytest.mark.parametrize(
    ("X", "t", "says"),
    [
        ([[1, math.nan], [3, 4]], GOOD_T, r"X has nan at \[0, 1\]; leave out or mend"),
        ([[1, 2], [math.inf, 4]], GOOD_T, r"X has inf at \[1, 0\]"),
        (GOOD_X, [1, -math.inf], r"t has -inf at \[1\]"),
        (GOOD_X, [math.nan, 1], r"t has nan at \[0\]"),
        (np.zeros((0, 2)), [], r"X has 0 rows and 2 columns; there must be at least one example \(n > 0\)"),
        (np.zeros((2, 0)), GOOD_T, r"X has 2 rows and 0 columns; .* one feature \(d > 0\)"),
        (GOOD_X, [1, 2, 3], "X has 2 rows and t has 3 labels; give one label for each row"),
        ([1, 2], GOOD_T, "X must be a matrix, one example per row, .* got 1 axis"),
        (GOOD_X, [[1], [2]], "t must be a list of numbers .* got 2 axes"),
        ([[1, 2], [3]], GOOD_T, "X must be numbers in rows of one length"),
        ([["a", "b"]], [1], "X must be numbers"),
        ([[1j]], [1], "X must be numbers"),
        ([[1e200]], [1], "squares are beyond double precision; scale"),
        ([[1e-320]], [1], "the weights are beyond double precision; scale"),
        (None, [1], "X must be numbers"),
    ],
)  # fmt: skip
def test_data_that_cannot_be_fitted_are_refused(X, t, says):
    for solve in (fit, descend):
        with pytest.raises(InputError, match=says):
            solve(X, t)


@pytest.mark.parametrize(
    ("X", "t"),
    [([], []), ([[]], [1]), ([[1]], []), ([[1, 2], [3]], [1, 2]), ([[math.nan]], [1]), ([["x"]], [1]), ([[1]], [math.inf]), (3, 4)],
)
def test_exact_arithmetic_refuses_what_is_no_problem(X, t):
    with pytest.raises(InputError):
        exact_fit(X, t)


@pytest.mark.parametrize("X", [[[1, 2, 3]], [1, 2], [[1, math.nan]]])
def test_a_prediction_needs_rows_that_fit(X):
    with pytest.raises(InputError):
        fit(GOOD_X, GOOD_T)(X)


def test_the_textbook_formula_says_nothing_where_there_is_no_inverse():
    assert np.isnan(textbook([[1, 1], [1, 1], [1, 1]], [1, 2, 3])).all()


# --- the graph, and its gradient ------------------------------------------------------------------------------------------------


def test_the_gradient_of_the_graph_is_the_one_of_the_question():
    X, t = problem(9, 4)
    w = np.arange(4.0)
    g = a1viz.load("linear_regression")
    found = a1viz.grad(g, wrt=["w"], X=X, t=t, w=w)
    assert float(found["L"]) == pytest.approx(np.mean((X @ w - t) ** 2))
    np.testing.assert_allclose(found["w_bar"], 2 / 9 * X.T @ (X @ w - t))


def test_the_derivation_says_so_in_three_lines():
    steps = {step.variable: step.text for step in a1viz.derive(a1viz.load("linear_regression"), wrt=["w"]).steps}
    assert steps == {
        "L": "L_bar = 1", "e": "e_bar = 2 * L_bar * e / n", "y": "y_bar = e_bar", "w": "w_bar = X.T @ y_bar",
    }  # fmt: skip


def test_the_gradient_vanishes_at_the_closed_form():
    for n, d in ((9, 4), (4, 9)):
        X, t = problem(n, d)
        found = a1viz.grad(a1viz.load("linear_regression"), wrt=["w"], X=X, t=t, w=fit(X, t).weights)
        np.testing.assert_allclose(found["w_bar"], 0, atol=1e-13)


# --- gradient descent -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "d"), [(8, 3), (3, 8), (5, 5)])
@pytest.mark.parametrize("share", [0.3, 0.5, 0.95])
@pytest.mark.parametrize("from_zero", [True, False])
def test_below_the_step_limit_descent_reaches_the_closed_form(n, d, share, from_zero):
    X, t = problem(n, d)
    solved = fit(X, t)
    start = np.zeros(d) if from_zero else np.random.default_rng(1).standard_normal(d)
    found = descend(X, t, start, step=share * solved.step_limit, steps=200_000, tolerance=1e-7)
    assert found.status == "converged", found.why
    aim = solved.weights + (np.eye(d) - np.linalg.pinv(X) @ X) @ start
    np.testing.assert_allclose(found.weights, aim, atol=1e-5)
    np.testing.assert_allclose(found.limit, aim, atol=1e-12)
    if from_zero or d <= n:
        np.testing.assert_allclose(found.limit, np.linalg.pinv(X) @ t, atol=1e-12)
    assert len(found.losses) == len(found.distances) == found.steps + 1
    assert (np.diff(found.distances) <= 1e-15).all()


@pytest.mark.parametrize(("n", "d"), [(8, 3), (3, 8), (5, 5)])
@pytest.mark.parametrize("share", [1.0001, 1.01, 1.5, 30])
@pytest.mark.parametrize("steps", [3, 5000])
def test_above_the_step_limit_descent_is_reported_as_diverging(n, d, share, steps):
    X, t = problem(n, d)
    found = descend(X, t, step=share * fit(X, t).step_limit, steps=steps)
    assert found.status == "diverged"
    assert found.worst == pytest.approx(abs(1 - 2 * share))
    assert "above the limit" in found.why and "grows by" in found.why
    if steps == 5000:
        assert found.losses[-1] > found.losses[-2]


def test_the_step_limit_is_two_by_the_largest_eigenvalue_of_the_hessian():
    X, t = problem(12, 4)
    hessian = 2 / 12 * X.T @ X
    assert fit(X, t).step_limit == pytest.approx(2 / np.linalg.eigvalsh(hessian).max())
    assert fit([[1, 1]], [3]).step_limit == pytest.approx(0.5)


def test_at_the_limit_one_direction_keeps_its_size():
    X, t = [[1, 0], [0, 2]], [1, 2]
    found = descend(X, t, step=fit(X, t).step_limit, steps=999)
    assert found.status == "not converged"
    assert math.isinf(found.steps_needed)
    assert "at the limit" in found.why and "keeps its size forever" in found.why
    assert found.distances[-1] == pytest.approx(1)


def test_too_few_steps_are_not_called_converged_and_the_number_it_takes_is_said():
    X, t = [[1, 0], [0, 0.1]], [1, 1]
    found = descend(X, t, steps=50)
    assert found.status == "not converged"
    assert f"takes about {found.steps_needed:,} steps" in found.why
    again = descend(X, t, steps=found.steps_needed)
    assert again.status == "converged"
    assert again.steps >= 0.9 * found.steps_needed


@pytest.mark.parametrize("start", [[0, 0], [2, 0], [-1, 4], [1.5, 1.5], [100, -97]])
def test_the_start_decides_the_point_of_the_line(start):
    found = descend([[1, 1]], [3], start, step=0.1)
    s = (start[0] - start[1]) / 2  # the part of the start along (1, -1)
    np.testing.assert_allclose(found.limit, [1.5 + s, 1.5 - s], atol=1e-12)
    np.testing.assert_allclose(found.weights, found.limit, atol=1e-5)
    assert found.status == "converged"


def test_a_start_at_the_minimum_has_converged_whatever_the_step():
    found = descend([[1, 1]], [3], [1.5, 1.5], step=100)
    assert found.status == "converged" and found.steps == 0


def test_a_part_that_grows_decides_and_not_the_step_alone():
    found = descend([[1, 0], [0, 0.1]], [0, 0], [0, 1], step=1.01, steps=10)  # the limit is 1, and nothing lies along the steep direction
    assert found.status == "not converged"
    assert descend([[1, 0], [0, 0.1]], [0, 0], [1e-3, 1], step=2.01, steps=10).status == "diverged"


def test_data_that_are_all_zero_have_no_limit():
    found = descend([[0, 0]], [5], [1, 2])
    assert found.status == "converged" and math.isinf(found.step_limit)
    np.testing.assert_array_equal(found.weights, [1, 2])


def test_the_path_is_kept_when_asked_for():
    found = descend([[1, 1]], [3], [2, 0], step=0.1, steps=7, keep_path=True)
    assert found.path.shape == (8, 2)
    np.testing.assert_array_equal(found.path[[0, -1]], [found.start, found.weights])
    assert descend([[1, 1]], [3]).path is None


def test_numbers_that_overflow_end_the_descent_without_a_warning():
    found = descend([[1, 1]], [3], step=1e300)
    assert found.status == "diverged" and found.steps < 5


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"step": 0}, "step must be a finite number above 0, got 0"),
        ({"step": -1}, "above 0"),
        ({"step": math.nan}, "above 0"),
        ({"step": math.inf}, "above 0"),
        ({"step": "fast"}, "step must be"),
        ({"steps": -1}, "steps must be a whole number from 0"),
        ({"steps": 1.5}, "steps must be a whole number"),
        ({"tolerance": 0}, "tolerance must be"),
        ({"start": [1]}, "start has 1 number, expected 2"),
        ({"start": [1, math.nan]}, r"start has nan at \[1\]"),
        ({"steps": 10**7, "keep_path": True}, "too long to keep"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, says):
    with pytest.raises(InputError, match=says):
        descend(GOOD_X, GOOD_T, **{"steps": 10, **settings})


def test_a_descent_prints_its_verdict_first():
    assert str(descend([[1, 1]], [3])).startswith("verdict                converged: within 1e-08 of the closed form")
