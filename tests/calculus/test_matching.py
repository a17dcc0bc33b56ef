"""What a sum is made of, and in which ways a pattern describes a node."""

from __future__ import annotations

import pytest

from a1viz.calculus.matching import matches, operators_of, terms
from a1viz.graph.equations import parse
from a1viz.graph.nodes import Builder
from a1viz.graph.trees import expression_tree

SHAPES = {"a": ["n"], "b": ["n"], "s": [], "t": [], "D": ["n", "n"]}


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("outer(a, b) + D", ["add", "input", "outer"]),
        ("outer(a, b) - D", ["input", "outer", "sub"]),
        ("-outer(a, b).T", ["neg", "outer", "transpose"]),
        ("identity(outer(a, b))", ["identity", "outer"]),
        ("2 * outer(a, b)", ["mul", "outer"]),
        ("outer(a, b) * s", ["mul", "outer"]),
        ("outer(a, b) * D", ["mul", "outer"]),
        ("outer(a, b) * D * D", ["mul", "mul", "outer"]),
        ("D * D", ["mul"]),
        ("s * t", ["mul"]),
        ("exp(outer(a, b))", ["exp"]),
        ("D + D", ["add", "input"]),
    ],
)
def test_sums_signs_transposes_and_numbers_in_front_are_looked_through_and_nothing_else(text, kinds):
    graph = parse(f"y = {text}", **SHAPES)
    assert sorted(graph[name].op for name in terms(graph.by_name, "y")) == kinds


def ways(pattern: str, text: str, **about) -> list[dict[str, str]]:
    builder = Builder(parse(text, **SHAPES).nodes)
    return list(matches(builder, expression_tree(pattern), "y", about.pop("found", {}), **about))


def test_commutative_operators_are_matched_both_ways_and_others_as_they_stand():
    for pattern, text in (("p + q", "y = a + b"), ("p * q", "y = a * b"), ("inner(p, q)", "y = inner(a, b)")):
        assert ways(pattern, text) == [{"p": "a", "q": "b"}, {"p": "b", "q": "a"}]
    for pattern, text in (("p - q", "y = a - b"), ("p / q", "y = a / b"), ("outer(p, q)", "y = outer(a, b)")):
        assert ways(pattern, text) == [{"p": "a", "q": "b"}]


def test_what_a_variable_stands_for_already_decides():
    assert ways("p + q", "y = a + b", found={"q": "a"}) == [{"p": "b", "q": "a"}]
    assert ways("p + q", "y = a + b", found={"q": "s"}) == []
    assert ways("p + p", "y = a + b") == []
    assert ways("p", "y = a + b", found={"q": "a"}) == [{"p": "y", "q": "a"}]


def test_a_number_in_a_pattern_is_that_number_written_in_the_equation():
    assert ways("2 * p", "y = 2 * a") == [{"p": "a"}]
    assert ways("2 * p", "y = 3 * a") == ways("2 * p", "y = s * a") == []
    assert ways("1 + p * 2", "y = a * 2 + 1") == [{"p": "a"}]


def test_equations_above_are_looked_into_only_where_that_is_asked_for():
    text = "c = exp(a); y = c * b"
    assert ways("exp(p) * q", text) == [{"p": "a", "q": "b"}]
    assert ways("exp(p) * q", text, opaque=None) == []
    assert ways("p * q", text, opaque=None) == [{"p": "c", "q": "b"}, {"p": "b", "q": "c"}]
    assert ways("exp(p) * q", "y = exp(a) * b", opaque=None) == [{"p": "a", "q": "b"}]
    assert ways("log(exp(p) * q)", f"{text.replace('y', 'x')}; y = log(x)") == [{"p": "a", "q": "b"}]
    assert ways("log(exp(p) * q)", f"{text.replace('y', 'z')}; y = log(c * b)", opaque=None) == []


def test_other_operators_and_other_numbers_of_operands_do_not_match():
    assert ways("exp(p)", "y = log(a)") == []
    assert ways("stack(p, q)", "y = stack(s, t)") == [{"p": "s", "q": "t"}]
    assert ways("stack(p, q)", "y = stack(s, t, s)") == ways("stack(p, q)", "y = stack(s)") == []


def test_the_operators_of_a_pattern_are_all_in_it():
    assert operators_of(expression_tree("norm2(outer(a, b)) + 2 * c")) == {"norm2", "outer", "add", "mul"}
    assert operators_of("a") == operators_of(2.0) == frozenset()
