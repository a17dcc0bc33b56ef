"""Counting networks: ranks and the k-th smallest number, to the letter and with ties broken; the graphs compute what the functions do."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

import a1viz
from a1viz.base.errors import InputError
from a1viz.cli.settings import read_setting
from a1viz.sorting.counting_networks import FORMS, LARGEST, counting, element, ranks, select, weights

SIZES = [0, 1, 2, 5, 16]
FINITE = st.floats(allow_nan=False, allow_infinity=False)
REAL = st.floats(allow_nan=False)


def less(x) -> list[int]:
    """The question's definition, in plain Python."""
    return [sum(b < a for b in x) for a in x]


def place(x) -> list[int]:
    """The place of each number once they are sorted, equal ones in their order."""
    order = sorted(range(len(x)), key=lambda k: x[k])
    return [order.index(k) for k in range(len(x))]


def numbers(size: int, rng: np.random.Generator) -> np.ndarray:
    return rng.permutation(size) - size / 2 + 0.25


# --- the functions ------------------------------------------------------------------------------------------------------------


@examples(150)
@given(st.lists(REAL, max_size=12))
def test_ranks_count_what_is_less(x):
    assert ranks(x).tolist() == less(x)
    assert ranks(x, stable=True).tolist() == place(x)


@examples(150)
@given(st.lists(REAL | st.sampled_from([0.0, -0.0, 1.0, np.inf, -np.inf]), min_size=1, max_size=8), st.data())
def test_the_stable_choice_is_the_kth_of_the_sorted_numbers(x, data):
    k = data.draw(st.integers(1, len(x)))
    assert select(x, k) == sorted(x)[k - 1]


@pytest.mark.parametrize("permutation", list(itertools.permutations([1.5, -2.0, 7.0, 0.0])), ids=str)
def test_without_ties_both_choices_are_right(permutation):
    for k in range(1, 5):
        assert select(permutation, k) == select(permutation, k, stable=False) == sorted(permutation)[k - 1]


def test_to_the_letter_ties_are_added_up_or_missed():
    assert [select([2, 5, 2], k, stable=False) for k in (1, 2, 3)] == [4, 0, 5]
    assert [select([2, 5, 2], k) for k in (1, 2, 3)] == [2, 2, 5]


def test_neighbours_a_few_ulps_apart_are_told_apart():
    x = np.array([1.0, np.nextafter(1, 2), np.nextafter(1, 0), 5e-324, 0.0, -5e-324])
    assert ranks(x).tolist() == less(x.tolist())
    for form in FORMS:
        assert a1viz.run(counting(6, form=form), x=x)["r"].tolist() == less(x.tolist())


def test_rows_are_counted_each_for_itself_and_left_as_they_are():
    x = np.random.default_rng(0).integers(0, 4, (3, 5, 7))
    before = x.copy()
    assert (ranks(x, stable=True) == np.argsort(np.argsort(x, -1, kind="stable"), -1, kind="stable")).all()
    assert (select(x, 3) == np.sort(x, -1)[..., 2]).all()
    assert (x == before).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int8, np.uint64])
def test_the_kind_of_number_is_kept(dtype):
    assert select(np.array([3, 1, 2], dtype), 2).dtype == dtype


WRONG = [
    (lambda: ranks([1.0, np.nan]), "NaN is neither less"),
    (lambda: select([np.nan], 1), "NaN is neither less"),
    (lambda: ranks(3), "expected a list of numbers"),
    (lambda: ranks(["a"]), "expected a list of numbers"),
    (lambda: ranks([[1], [1, 2]]), "rows of one length"),
    (lambda: select([1, 2], 0), "needs a whole k from 1 to 2"),
    (lambda: select([1, 2], 3), "needs a whole k from 1 to 2"),
    (lambda: select([1, 2], 1.5), "needs a whole k from 1 to 2"),
    (lambda: select([1, 2], True), "needs a whole k from 1 to 2"),
    (lambda: select([], 1), "there are no numbers to pick from"),
    (lambda: counting(2, k=3), "needs a whole k from 1 to 2"),
    (lambda: counting(-1), "a whole number from 0, got -1"),
    (lambda: counting(2.0), "a whole number from 0, got 2.0"),
    (lambda: counting(True), "a whole number from 0, got True"),
    (lambda: counting(LARGEST + 1), f"at most {LARGEST}"),
    (lambda: counting(3, form="pair"), "did you mean 'pairs'"),
    (lambda: element(3, 3), "there is no entry 3 among 3 numbers"),
]


@pytest.mark.parametrize(("call", "message"), WRONG, ids=[message for _, message in WRONG])
def test_what_cannot_be_counted_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()


# --- the graphs ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stable", [False, True], ids=["literal", "stable"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("n", SIZES)
def test_a_graph_counts_as_the_functions_do(n, form, stable):
    rng = np.random.default_rng(n)
    tied = rng.integers(0, max(n // 2, 1), n).astype(float)
    for x in (numbers(n, rng), tied):
        assert a1viz.run(counting(n, stable=stable, form=form), x=x)["r"].tolist() == ranks(x, stable=stable).tolist()
        for k in {1, n // 2 + 1, n} if n else ():
            y = a1viz.run(counting(n, k, stable=stable, form=form), x=x)["y"]
            assert y == select(x, k, stable=stable)


@pytest.mark.parametrize("n", SIZES[1:])
def test_a_batch_is_counted_row_by_row(n):
    x = np.stack([numbers(n, np.random.default_rng(k)) for k in range(4)])
    assert (a1viz.run(counting(n, 1), x=x)["y"] == x.min(axis=1)).all()


INFINITE = [[np.inf, 1.0, -np.inf], [np.inf, np.inf, 1.0], [-np.inf, 2.0, -np.inf], [np.inf, -np.inf, np.inf]]


@pytest.mark.parametrize("x", INFINITE, ids=str)
def test_written_in_pairs_infinities_are_right_too(x):
    assert a1viz.run(counting(3, form="pairs"), x=x)["r"].tolist() == less(x)
    assert a1viz.run(counting(3, stable=True, form="pairs"), x=x)["r"].tolist() == place(x)
    for k in (1, 2, 3):
        assert a1viz.run(counting(3, k, stable=True, form="pairs"), x=x)["y"] == sorted(x)[k - 1]


def test_a_matrix_multiplies_infinity_by_zero_and_cannot_count():
    assert a1viz.run(counting(3), x=[np.inf, 1.0, 2.0])["r"].tolist() != [2, 0, 1]


def test_differences_that_overflow_keep_their_sign():
    x = [1.7e308, -1.7e308, 1.6e308]
    for form in FORMS:
        assert a1viz.run(counting(3, form=form), x=x)["r"].tolist() == [2, 0, 1]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("k", [1, 3, 4])
def test_the_gradient_goes_to_the_number_that_is_picked(form, k):
    x = [3.0, 1.0, 4.0, 2.0]
    bar = a1viz.grad(counting(4, k, form=form), ["x"], x=x)["x_bar"]
    assert bar.tolist() == [float(r == k - 1) for r in ranks(x)]


@pytest.mark.parametrize("stable", [False, True], ids=["literal", "stable"])
@pytest.mark.parametrize("n", SIZES)
def test_each_number_has_a_perceptron_n_n_minus_1_1(n, stable):
    whole = weights(n, stable=stable)
    for i in range(n):
        unit = element(n, i, stable=stable)
        assert {name: value.shape for name, value in unit.items()} == {"W1": (n - 1, n), "b1": (n - 1,), "W2": (1, n - 1), "b2": (1,)}
        rows = slice(i * (n - 1), (i + 1) * (n - 1))
        assert (whole["W1"][rows] == unit["W1"]).all() and (whole["W2"][i, rows] == unit["W2"]).all()
        x = numbers(n, np.random.default_rng(i))
        h = unit["W1"] @ x + unit["b1"] >= 0
        assert unit["W2"] @ h + unit["b2"] == ranks(x)[i]
    assert np.count_nonzero(whole["W2"]) == n * max(n - 1, 0)


def test_a_wrong_scale_of_the_indicator_picks_neighbours_as_well():
    g = counting(4, 2)
    narrow = {"W3": np.eye(4), "b3": [-1.0] * 4}  # |rank - (k - 1)| <= 1 holds for three ranks
    assert a1viz.run(g, x=[3, 1, 4, 2])["y"] == 2
    assert a1viz.run(g, x=[3, 1, 4, 2], **narrow)["y"] == 1 + 2 + 3


def test_the_document_is_what_the_builder_makes():
    document, built = a1viz.load("counting"), counting(4, k=3)
    assert (document.nodes, document.outputs) == (built.nodes, built.outputs)
    assert document.document.symbols == built.document.symbols
    assert set(document.document.values) - {"x"} == set(built.document.values)
    assert all(np.array_equal(document.document.values[name], value) for name, value in built.document.values.items())
    assert a1viz.check(built, x=[3.0, 1.0, 4.0, 2.0]).ok


def test_infinities_can_be_set_and_nan_and_numbers_too_large_cannot():
    name, value = read_setting("x=[Infinity, -Infinity, 1]")
    assert name == "x" and select(value, 3) == np.inf and a1viz.run(counting(3, 1, stable=True, form="pairs"), x=value)["y"] == -np.inf
    for wrong in ("x=NaN", "x=1e999", "x=[-NaN]"):
        with pytest.raises(InputError):
            read_setting(wrong)
