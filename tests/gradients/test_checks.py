"""How far off a gradient must be to be reported, at a kink and elsewhere; and which entries are tried."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from a1viz.base.errors import DocumentError, InputError
from a1viz.gradients.checks import SECONDS, check, expectations, sorts
from a1viz.gradients.differences import MAX_ENTRIES, Finding, adjoint_identity, gradients, tried_entries
from a1viz.graph.documents import load, loads
from a1viz.graph.equations import parse
from a1viz.graph.nodes import Builder
from a1viz.graph.operators import OPS
from a1viz.sorting import Network


@pytest.fixture
def found_with(monkeypatch):
    """`found_with("abs", "2 * bar", "J = abs(x)", 0)`: what is found of x_bar there with another derivative rule of an operator."""

    def found(name: str, rule: str, text: str, at: float) -> Finding:
        monkeypatch.setitem(OPS, name, replace(OPS[name], partial=(rule,)))
        (finding,) = gradients(parse(text, x=[]), x=at)
        return finding

    return found


@pytest.mark.parametrize("size", [0.001, 1, 1000, 1e6])
@pytest.mark.parametrize(("factor", "ok"), [(1, True), (1 + 1e-6, True), (1 + 1e-4, False), (1 - 1e-4, False), (2, False), (-1, False)])
def test_a_gradient_may_be_off_by_a_hundred_thousandth_whatever_its_size(found_with, size, factor, ok):
    assert found_with("identity", f"{factor!r} * bar", f"J = {size} * identity(x)", 0.5).ok == ok


def test_a_gradient_that_is_next_to_nothing_is_measured_against_a_thousandth(found_with):
    assert found_with("identity", "2 * bar", "J = 0.000000001 * identity(x)", 0.5).ok
    assert not found_with("identity", "2 * bar", "J = 0.0000001 * identity(x)", 0.5).ok


def test_of_a_large_loss_the_rounding_is_allowed_for_and_no_more(found_with):
    """A billion is spaced by 1.2e-7, which a step of 1e-6 makes 0.12 in a slope."""
    right, wrong = (found_with("identity", f"{factor} * bar", "J = identity(x) + 1000000000", 0) for factor in (1, 4))
    assert right.ok and not wrong.ok


@pytest.mark.parametrize(("slope", "ok"), [(-1, True), (0, True), (0.7, True), (1, True), (1.001, False), (-1.001, False)])
@pytest.mark.parametrize("size", [1, 1000])
def test_at_a_kink_any_slope_between_those_of_both_sides_is_right(found_with, slope, ok, size):
    finding = found_with("abs", f"{slope} * bar", f"J = abs(x) * {size}", 0)
    assert finding.ok == ok
    assert "1 of them at a kink" in finding.detail


@pytest.mark.parametrize("slope", [-0.7, 0, 0.7])
def test_at_a_kink_whose_slopes_are_further_apart_than_any_number_is_large_they_still_bound_the_gradient(found_with, slope):
    assert found_with("abs", f"{slope} * bar", f"J = abs(x) * {1e308}", 0).ok


@pytest.mark.parametrize(("bend", "is_kink"), [(0.004, False), (0.006, True), (-0.004, False), (-0.006, True)])
def test_slopes_that_differ_by_a_hundredth_make_a_kink(found_with, bend, is_kink):
    text = f"J = x + {bend} * abs(x)"
    assert ("kink" in found_with("abs", "0", text, 0).detail) == is_kink
    assert found_with("abs", "0.5 * bar", text, 0).ok == is_kink


def test_every_entry_of_a_small_leaf_is_tried_and_of_a_large_one_some_from_everywhere():
    for size in (0, 1, MAX_ENTRIES):
        assert tried_entries(size, np.random.default_rng(0)).tolist() == list(range(size))
    for size in (MAX_ENTRIES + 1, 10 * MAX_ENTRIES):
        one, same, other = (tried_entries(size, np.random.default_rng(seed)).tolist() for seed in (0, 0, 1))
        assert one == same != other
        assert one == sorted(set(one)) and len(one) == MAX_ENTRIES
        assert 0 <= min(one) < size / 10 and size * 0.9 < max(one) < size


def test_a_gradient_wrong_in_some_entries_of_a_large_leaf_is_found(monkeypatch):
    graph = parse("J = inner(identity(x), w)", x=["n"], w=["n"])
    monkeypatch.setitem(OPS, "identity", replace(OPS["identity"], partial=("bar * threshold(x)",)))
    x = np.where(np.arange(1000) % 10 == 7, -1.0, 1.0)
    assert [finding.ok for finding in gradients(graph, x=x, w=np.ones(1000))] == [False, True]


# --- expectations and comparators -------------------------------------------------------------------------------------------------


def expected(text: str, value: object) -> Finding:
    """What is found of one expectation of two_layer."""
    graph = load("two_layer")
    (finding,) = expectations(replace(graph, document=replace(graph.document, expect={text: value})))
    return finding


@pytest.mark.parametrize(("value", "ok"), [(572, True), (572 + 1e-7, True), (572 + 1e-5, False), (10**30, False), ([572], False)])
def test_an_expectation_holds_to_nine_digits(value, ok):
    assert expected("norm2(W1_bar)", value).ok == ok


@pytest.mark.parametrize(("value", "ok"), [(0, True), (1e-13, True), (1e-10, False)])
def test_an_expected_zero_holds_to_twelve_places(value, ok):
    assert expected("norm2(W1_bar) - 572", value).ok == ok


def test_comparators_that_do_not_sort_are_shown_with_what_they_make_of_an_input():
    (finding,) = sorts(loads('title = "T"\ncomparators = [[1, 2], [2, 3]]\nwires = 3\n'))
    assert (finding.ok, finding.detail) == (False, "do not sort: they turn 1 1 0 to 1 0 1")


def test_comparators_whose_proof_would_take_too_long_are_openly_not_checked(monkeypatch):
    def verify(network: Network, limit: float) -> None:
        raise InputError(f"{network.size} comparators take longer than {limit} seconds")

    monkeypatch.setattr("a1viz.sorting.verify", verify)
    (finding,) = sorts(loads('title = "T"\ncomparators = [[1, 2], [2, 3]]\nwires = 3\n'))
    assert (finding.ok, finding.detail) == (True, f"not checked: 2 comparators take longer than {SECONDS} seconds")


LABELLED = """
title = "T"
equations = "J = x[t] * 2"
[sizes]
N = 3
[inputs]
x = [SIZE]
t = {class = SIZE}
[values]
x = [5, 6, 7]
t = 1
[expect]
"x[t]" = 6
"softmax(x)[t] - exp(x[t]) / sum(exp(x))" = 0
"""


@pytest.mark.parametrize("size", ["3", '"N"'])
def test_an_expectation_may_pick_the_entry_of_a_label(size):
    assert [finding.ok for finding in expectations(loads(LABELLED.replace("SIZE", size)))] == [True, True]


def test_an_expectation_may_name_what_is_inside_a_block():
    text = 'title = "T"\nequations = "y1, y2 = S(x1, x2)"\n[blocks]\nS = "sort2"\n[inputs]\nx1 = []\nx2 = []\n[values]\nx1 = 5\nx2 = 2\n'
    handed = "[cotangents]\ny1 = 1\ny2 = 0\n"
    expect = '[expect]\n"S1.z" = [7, 3]\n"S.W2_bar" = [[7, 3], [0, 0]]\n"S.b2_bar" = [1, 1]\n'
    assert [finding.ok for finding in expectations(loads(text + handed + expect))] == [True, True, False]


@pytest.mark.parametrize("text", ["z; q = z", "q = z", ""])
def test_an_expectation_is_one_expression(text):
    with pytest.raises(DocumentError, match=r"\[expect\]"):
        expected(text, 0)


def test_a_zero_is_shown_without_a_sign():
    assert expected("0 * norm2(z)", -0.0).detail == "= 0."


HANDED_IN = """
title = "T"
equations = "h = x * x; y = 2 * h"
[inputs]
x = [3]
[values]
x = [1, 2, 3]
[cotangents]
h = [1, 0, 100]
y = [1, -1, 1]
"""


def test_cotangents_may_be_handed_in_for_what_is_no_output(monkeypatch):
    assert [finding.ok for finding in gradients(loads(HANDED_IN))] == [True]
    monkeypatch.setitem(OPS, "mul", replace(OPS["mul"], partial=("bar * b", "0")))
    assert [finding.ok for finding in gradients(loads(HANDED_IN))] == [False]


def test_what_was_tried_is_counted():
    for x, said in (([0, 0, 1], " in 3 entries, 2 of them at a kink"), ([], "0.0e+00 in 0 entries")):
        (finding,) = gradients(parse("J = sum(relu(x))", x=["n"]), x=np.array(x, float))
        assert finding.ok and said in finding.detail


def test_a_tangent_of_the_wrong_sign_breaks_the_adjoint_identity(monkeypatch):
    graph = parse("y = softmax(x)", x=[3])
    assert [finding.ok for finding in adjoint_identity(graph, x=[0, 1, 3])] == [True]
    monkeypatch.setitem(OPS, "softmax", replace(OPS["softmax"], jvp=("-(y * (dot - sum(dot * y, axis=axis, keepdims=True)))",)))
    assert [finding.ok for finding in adjoint_identity(graph, x=[0, 1, 3])] == [False]


@pytest.mark.parametrize("graph", [parse("J = 2 * 3"), Builder(parse("J = 2 * x", x=[]).nodes).graph("none", ())])
def test_without_leaves_or_outputs_there_is_no_adjoint_identity(graph):
    assert adjoint_identity(graph, **{leaf.name: 1.0 for leaf in graph.leaves if leaf.op == "input"}) == []


@pytest.mark.parametrize(
    "text",
    [
        "J = sum((x * w - stop_gradient(tanh(x * w))) ** 2)",
        "a = stop_gradient(x); J = sum(stop_gradient(a * w) * w ** 2) + a @ (w * x * x)",
    ],
)
@pytest.mark.parametrize("x", [[1.0, 2.0, -0.5], [[1.0, 2.0, -0.5], [2.0, 3.0, 4.0]]])
def test_what_stop_gradient_keeps_is_held_where_the_others_are_nudged(text, x):
    report = check(parse(text, x=["D"], w=["D"]), x=x, w=[0.3, -2.0, 0.7])
    assert report, str(report)


@pytest.mark.parametrize("text", ["J = 2 * x", "J = exp(x)"])
def test_where_the_loss_is_infinite_nothing_is_said_to_hold(text):
    report = check(parse(text, x=[]), x=np.inf)
    assert not report
    assert report.findings[0].detail.endswith("the loss is not finite here, so nothing can be compared")


def test_what_is_no_number_is_a_finding_without_a_warning():
    report = check(parse("J = sum(log(x) * exp(x))", x=[4]), x=[0.0, -1.0, 1000.0, np.inf])
    assert not report
    assert len(report.findings) == 4
