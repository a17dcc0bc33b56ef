"""What collecting makes of sums, products and powers: a table that the page's engine runs too."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path

import pytest

from a1viz.calculus.derivation import derive
from a1viz.calculus.terms import as_float
from a1viz.graph.equations import parse
from a1viz.graph.nodes import Graph

TABLE = json.loads(Path(__file__).with_name("collecting_cases.json").read_text())
CASES = [case for cases in TABLE["cases"].values() for case in cases]


def graph_of(text: str) -> Graph:
    used = set(re.findall(r"[A-Za-z]\w*", text))
    return parse(text, **{name: shape for name, shape in TABLE["leaves"].items() if name in used})


@pytest.mark.parametrize(("text", "substitute", "lines"), CASES)
def test_equations_are_collected(text, substitute, lines):
    assert str(derive(graph_of(text), substitute=substitute)).splitlines() == lines


def test_a_fraction_is_the_nearest_float_or_infinity():
    assert [as_float(Fraction(1, 3)), as_float(Fraction(-(10**400), 3)), as_float(10**400)] == [1 / 3, -float("inf"), float("inf")]


LONG = ["-sum((x - u) @ {A})", "norm2(({A}).T)", "norm2({A})", "x @ {A} @ x", "-(x - u) @ ({A} @ {A}).T @ u"]


@pytest.mark.parametrize("form", LONG)
def test_a_product_of_a_thousand_factors_is_collected(form):
    """Its factors lie a thousand deep, deeper than Python's calls go."""
    graph = graph_of("J = " + form.format(A=" @ ".join(["A"] * 1100)))
    assert {step.variable for step in derive(graph).steps} >= {"J", "A"}
