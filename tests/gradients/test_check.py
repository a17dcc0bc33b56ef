"""The checker: it says what it checked, finds what is planted, and does not cry wolf."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import a1viz
from a1viz.base.errors import DocumentError
from a1viz.gradients.checks import check
from a1viz.gradients.differences import MAX_ENTRIES
from a1viz.graph.catalog import catalogue
from a1viz.graph.documents import load, loads
from a1viz.graph.equations import parse
from a1viz.graph.operators import OPS

TWO_LAYER = load("two_layer")


def expecting(**expect) -> object:
    return replace(TWO_LAYER, document=replace(TWO_LAYER.document, expect=expect))


BOTH_ORDERS = ("forward over reverse", "reverse over reverse")


def wrong(report) -> list[str]:
    return [finding.what for finding in report.findings if not finding.ok]


@pytest.mark.parametrize("name", catalogue())
def test_every_document_of_the_catalogue_holds(name):
    report = check(load(name))
    assert report, str(report)
    assert len(report.findings) > len(load(name).document.expect)


def test_a_report_says_what_was_checked():
    report = check(TWO_LAYER)
    kinds = [f.what for f in report.findings]
    assert kinds == [*TWO_LAYER.document.expect, "x_bar", "W1_bar", "W2_bar", *BOTH_ORDERS, "adjoint identity"]
    assert str(report).startswith("two_layer: all holds\n  ok     z ")
    assert "in 9 entries" in str(report)


@pytest.mark.parametrize(
    ("expect", "detail"),
    [
        ({"z": [8, 1, -5]}, "expected [ 8.,  1., -5.], got [ 8.,  1., -6.]"),
        ({"z": [8, 1]}, "expected [8., 1.], got [ 8.,  1., -6.]"),
        ({"z": [8, 1, -6 + 1e-7]}, "expected"),
        ({"norm2(W1_bar)": 571}, "expected 571., got 572."),
        ({"sigmoid(1)": 0.731059}, "expected 0.731059, got 0.731058579"),
        ({"sum(z) / 7": 3 / 7 + 1e-8}, "expected 0.428571439, got 0.428571429"),
        ({"z": [8, 1, -6 + 1e-8]}, "expected [ 8.        ,  1.        , -5.99999999], got [ 8.,  1., -6.]"),
        ({"y / 0": [0, 0, 0]}, "expected [0., 0., 0.], got [-inf,  inf, -inf]"),
    ],
)
def test_a_wrong_expectation_is_reported_with_what_came_instead(expect, detail):
    report = check(expecting(**expect))
    assert not report
    assert wrong(report) == list(expect)
    assert detail in " ".join(finding.detail for finding in report.findings)
    assert "SOMETHING DOES NOT HOLD" in str(report)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("q", "unknown name 'q'"),
        ("relo(z)", "did you mean 'relu'"),
        ("z @", "the right side of @ is missing"),
        ("W1 @ [1, 2]", "do not match"),
    ],
)
def test_an_expectation_that_cannot_be_read_is_an_error_of_the_document(text, message):
    with pytest.raises(DocumentError, match=message):
        check(expecting(**{text: 1}))


def test_a_planted_wrong_gradient_is_reported(monkeypatch):
    monkeypatch.setitem(OPS, "relu", replace(OPS["relu"], partial=("bar",)))
    report = check(load("two_layer"))
    assert {"x_bar", "W1_bar"} <= set(wrong(report))
    assert "W2_bar" not in wrong(report)


@pytest.mark.parametrize("size", [1, 5])
def test_a_batch_can_be_checked(size):
    rng = np.random.default_rng(0)
    assert check(load("gated_network"), x=rng.standard_normal((size, 3)), t=rng.integers(5, size=size))
    assert check(replace(TWO_LAYER, document=replace(TWO_LAYER.document, expect={})), x=rng.standard_normal((size, 3)))


def test_without_a_loss_or_cotangents_gradients_are_openly_not_checked():
    report = check(parse("y = 2 * x", x=[2]), x=[1, 2])
    assert "not checked: no scalar loss and no [cotangents]" in str(report)
    assert report


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("text", ["J = norm2(x)", "J = sum(tanh(x / 1000000))", "J = sum(x) * 1000000 + 0.001 * sum(x * x)"])
def test_values_of_any_size_pass(text, scale):
    graph = parse(text, x=[3])
    assert check(graph, x=scale * np.array([1.0, -2, 0.5])), text


def test_single_precision_values_are_checked_in_double():
    assert check(load("gated_network"), x=np.array([1, -2, 0.5], np.float32))


def test_of_a_large_leaf_a_fixed_choice_of_entries_is_tried():
    graph = parse("J = norm2(W @ x)", x=[20], W=[20, 20])
    rng = np.random.default_rng(1)
    values = {"x": rng.standard_normal(20), "W": rng.standard_normal((20, 20))}
    assert f"in {MAX_ENTRIES} entries" in str(check(graph, **values))
    assert str(check(graph, **values)) == str(check(graph, **values))


def test_variables_with_the_checkers_own_names_do_no_harm():
    text = """
title = "Names"
equations = "expected = 2 * x; x_bar = tanh(expected); J = norm2(x_bar)"
[inputs]
x = [2]
[values]
x = [0.1, 0.2]
[expect]
"expected - 2 * x" = [0, 0]
J_bar = 1
"x_bar_bar - 2 * x_bar" = [0, 0]
"""
    assert check(loads(text))


@pytest.mark.parametrize(("text", "at", "kinks"), [
    ("J = relu(x)", 0, 1), ("J = abs(x)", 0, 1), ("J = maximum(x, 0)", 0, 1), ("J = threshold(x)", 0, 1),
    ("J = relu(x)", 1e-3, 0), ("J = 100 * x * x", 3, 0),
])  # fmt: skip
def test_at_a_kink_the_gradient_lies_between_the_slopes_of_both_sides(text, at, kinks):
    report = check(parse(text, x=[]), x=at)
    assert report, str(report)
    assert ("1 of them at a kink" in str(report)) == bool(kinks)


def test_a_wrong_gradient_at_a_kink_is_found(monkeypatch):
    monkeypatch.setitem(OPS, "relu", replace(OPS["relu"], partial=("bar * 2",)))
    assert wrong(check(parse("J = relu(x)", x=[]), x=0)) == ["x_bar"]


def test_comparators_that_do_not_sort_are_found_out_with_a_counter_example():
    pairs = a1viz.load("bubble_sort").document.comparators
    for left_out in range(len(pairs)):
        rest = [[i + 1, j + 1] for k, (i, j) in enumerate(pairs) if k != left_out]
        report = a1viz.check(a1viz.loads(f'title = "T"\ncomparators = {rest}\nwires = 4\n'), x1=1, x2=2.5, x3=4, x4=7)
        (found,) = [f for f in report.findings if f.what == "comparators"]
        assert not report and not found.ok and found.detail.startswith("do not sort: they turn ")


def test_comparators_that_sort_are_said_to_and_those_before_equations_need_not():
    (found,) = [f for f in a1viz.check(a1viz.load("merge_sort")).findings if f.what == "comparators"]
    assert found.ok and found.detail == "sort every input; none of 5 never swap"
    g = a1viz.loads('title = "T"\ncomparators = [[1, 2], [2, 3]]\nequations = "largest = 2 * y3"\n[values]\nx1 = 3\nx2 = 1\nx3 = 2\n')
    (found,) = [f for f in a1viz.check(g).findings if f.what == "comparators"]
    assert found.ok and "do not sort" in found.detail


def test_of_a_long_value_the_entry_that_is_wrong_is_shown():
    text = 'title = "L"\nequations = "y = 2 * x"\n[inputs]\nx = [100]\n[values]\nx = {}\n[expect]\ny = {}'
    wanted = [2] * 57 + [3] + [2] * 42
    assert "entry [57]: expected 3., got 2." in str(check(a1viz.loads(text.format([1] * 100, wanted))))


def test_a_document_says_how_exactly_its_expectations_hold():
    def report(tolerance: str, expected: float) -> bool:
        head = f'title = "T"\n{tolerance}\nequations = "p = sigmoid(x)"\n[inputs]\nx = []\n[values]\nx = 1\n'
        return check(a1viz.loads(f"{head}[expect]\np = {expected}")).ok

    assert not report("", 0.731059) and report("tolerance = 1e-6", 0.731059) and not report("tolerance = 1e-7", 0.731059)
    assert report("", 0.7310585786300049)
