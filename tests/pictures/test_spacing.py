"""Formulas in one line: a matrix has its own parentheses, and the bars of two fractions are apart."""

from __future__ import annotations

import pytest

from a1viz.pictures.typesetting import outlines

TALL = r"\begin{pmatrix} 1 \\ 2 \\ 3 \\ 4 \end{pmatrix}"


@pytest.mark.parametrize(("kind", "sign"), [("pmatrix", "("), ("bmatrix", "["), ("vmatrix", "|"), ("Vmatrix", r"\|")])
def test_brackets_are_as_high_as_their_own_matrix(kind, sign):
    flat = rf"\begin{{{kind}}} 0 & 1 \end{{{kind}}}"
    alone, beside = (outlines(latex, True)[3][0] for latex in (flat, f"{flat} {TALL}"))
    assert (alone.path, alone.y) == (beside.path, beside.y), sign
    assert outlines(flat, True)[1] < outlines(TALL, True)[1] / 2


def test_a_matrix_may_be_transposed_and_stand_in_parentheses():
    inner, raised = outlines(TALL, True), outlines(rf"{TALL}^\top", True)
    assert raised[1] > inner[1] and [mark.path for mark in raised[3][:-1]] == [mark.path for mark in inner[3]]
    assert outlines(rf"\left( {TALL} + 1 \right)", True)[1] >= inner[1]


def test_fractions_side_by_side_are_apart():
    two, one = outlines(r"\frac12 \frac12", True), outlines(r"\frac12", True)
    assert two[0] > 2 * one[0] + 100  # thousandths of the font size
