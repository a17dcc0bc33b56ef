"""Sort_2: each choice of weights sorts exactly where it says, and two ReLU units cannot."""

from __future__ import annotations

import numpy as np
import pytest

import a1viz
from a1viz.sorting.sort2 import FORMS, Form, jacobian_error, shifted, worst_error

GRID = np.stack(np.meshgrid(np.arange(-60, 61, 5.0), np.arange(-60, 61, 5.0)), -1).reshape(-1, 2)
EACH = pytest.mark.parametrize("name", FORMS)


@EACH
def test_a_form_sorts_exactly_where_it_says(name):
    form = FORMS[name]
    sorts = (form(GRID) == np.sort(GRID, axis=-1)).all(axis=-1)
    assert (sorts == (GRID.sum(axis=-1) >= form.least)).all()


@pytest.mark.parametrize("c", [0.0, 5.0, 40.0])
def test_a_shift_moves_the_border(c):
    sorts = (shifted(c)(GRID) == np.sort(GRID, axis=-1)).all(axis=-1)
    assert (sorts == (GRID.sum(axis=-1) >= -c)).all()


@EACH
def test_the_graph_of_a_form_computes_what_the_form_does(name):
    form = FORMS[name]
    found = a1viz.run(form.graph(), x1=GRID[:, 0], x2=GRID[:, 1])
    assert (np.stack([found["y1"], found["y2"]], -1) == form(GRID)).all()
    assert a1viz.check(form.graph()).ok


@EACH
@pytest.mark.parametrize("x", [(3.0, 1.0), (1.0, 3.0), (50.0, 7.0)])
def test_the_jacobian_of_a_form_is_that_of_its_graph_and_a_permutation(name, x):
    form = FORMS[name]
    rows = [a1viz.grad(form.graph(), ["x1", "x2"], {"y1": a, "y2": b}, x1=x[0], x2=x[1]) for a, b in ((1, 0), (0, 1))]
    found = [[row["x1_bar"], row["x2_bar"]] for row in rows]
    assert form.jacobian(x).tolist() == found == ([[1, 0], [0, 1]] if x[0] < x[1] else [[0, 1], [1, 0]])


def test_the_document_is_the_first_form():
    document, built = a1viz.load("sort2"), FORMS["distance"].graph()
    assert (document.nodes, document.outputs) == (built.nodes, built.outputs)
    assert document.document.values == built.document.values


def random_form(rng: np.random.Generator, at: float) -> Form:
    """Two ReLU units with random weights; in half of the cases the first has its kink on the diagonal, the second sometimes near `at`."""
    W1, W2 = rng.standard_normal((2, 2)), rng.standard_normal((2, 2)) * 2
    b1 = rng.standard_normal(2) * 3
    if rng.random() < 0.5:
        W1[0], b1[0] = W1[0, 0] * np.array([1, -1]), 0.0
    if rng.random() < 0.5:
        b1[1] = -W1[1] @ [at, at]
    return Form("", ("relu", "relu"), tuple(map(tuple, W1)), tuple(b1), tuple(map(tuple, W2)), (0, 0), 0.0, "")


def test_two_relu_units_miss_a_jacobian_by_one_at_least():
    rng = np.random.default_rng(0)
    missed = []
    for _ in range(500):
        at = float(rng.integers(-5, 6))
        missed.append(jacobian_error(random_form(rng, at), at))
    assert min(missed) >= 1 - 1e-9
    assert min(missed) < 1.5  # the bound is near


@EACH
def test_a_form_that_sorts_misses_no_jacobian(name):
    assert jacobian_error(FORMS[name], 1.0) == 0


@pytest.mark.parametrize("name", [name for name in FORMS if name != "abs_shifted"])
def test_the_error_stays_within_the_bound(name):
    form = FORMS[name]
    rng = np.random.default_rng(0)
    x = rng.standard_normal((20_000, 2)) * 10.0 ** rng.integers(-8, 9, (20_000, 2))
    x = x[x.sum(axis=-1) >= form.least]
    assert worst_error(form, x) <= 2


def test_opposite_signs_bring_relu_of_the_difference_just_under_its_worst_case():
    """With M in [1, 2), the difference is off by 2u at most, and neither of the sums that follow makes it more."""
    ulp = 2.0**-52
    M = 1 + ulp * np.arange(1, 500)
    pairs = np.stack(np.meshgrid(M, -(1 + ulp * np.arange(500))), axis=-1).reshape(-1, 2)
    pairs = np.concatenate([pairs, -pairs[:, ::-1]])
    assert 1.999 < worst_error(FORMS["difference"], pairs) < 2


def test_a_shift_costs_small_numbers_their_digits():
    assert worst_error(FORMS["abs_shifted"], np.array([[1e-12, 2e-12]])) > 1e6


def test_halving_first_never_overflows_and_the_hint_does():
    large = [1.7e308, 1.6e308]
    assert np.allclose(FORMS["halved"](large), [1.6e308, 1.7e308], rtol=1e-15)
    assert FORMS["halved"]([1.7e308, -1.7e308]).tolist() == [-1.7e308, 1.7e308]
    assert np.isinf(FORMS["distance"](large)).all()
    assert FORMS["halved"]([5e-324, 0.0]).tolist() != [0.0, 5e-324] and FORMS["distance"]([5e-324, 0.0]).tolist() != [0.0, 5e-324]


def test_numbers_in_order_come_back_unchanged_from_the_difference():
    x = np.sort(np.random.default_rng(0).standard_normal((1000, 2)), axis=-1)
    assert (FORMS["difference"](x) == x).all()
