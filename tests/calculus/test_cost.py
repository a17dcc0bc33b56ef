"""Multiplications and stored numbers, as polynomials in the sizes."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

from a1viz.base.errors import InputError
from a1viz.calculus.autodiff import backward
from a1viz.calculus.costs import Polynomial, cost, multiplications
from a1viz.calculus.rewriting import expand_bodies, rewrite
from a1viz.graph.catalog import catalogue
from a1viz.graph.documents import load
from a1viz.graph.equations import parse

DIMS = st.lists(st.sampled_from([0, 1, 2, 3, "D", "K", "N", "D+K", "D+2"]), max_size=4)
SIZES = {"D": 5, "K": 7, "N": 11}


@examples(100)
@given(DIMS, DIMS)
def test_polynomials_add_and_multiply_as_their_numbers_do(a, b):
    def value(dims):
        result = 1
        for dim in dims:
            result *= dim if isinstance(dim, int) else sum(int(p) if p.isdigit() else SIZES[p] for p in dim.split("+"))
        return result

    p, q = Polynomial.product(a), Polynomial.product(b)
    assert (p.at(SIZES), q.at(SIZES)) == (value(a), value(b))
    assert (p + q).at(SIZES) == value(a) + value(b)
    assert (p * q).at(SIZES) == value(a) * value(b)
    assert (p - q).at(SIZES) == value(a) - value(b)
    assert p - p == Polynomial()
    assert p + q == q + p
    assert p * q == q * p


@pytest.mark.parametrize(
    ("dims", "text"),
    [
        ([], "1"),
        ([0], "0"),
        (["D"], "D"),
        (["D", "D", 2], "2 D^2"),
        (["D+K", "N"], "D N + K N"),
        (["D+2", "D"], "D^2 + 2 D"),
        (["N", "D"], "D N"),
        ([-1, "D"], "-D"),
        ([-2], "-2"),
    ],
)
def test_polynomials_print_in_a_fixed_order(dims, text):
    assert str(Polynomial.product(dims)) == text


@pytest.mark.parametrize(
    ("text", "multiplications"),
    [
        ("z = W @ x", "D H"),
        ("z = x @ A", "D^2"),
        ("z = A @ A", "D^3"),
        ("z = W @ A @ x", "D^2 H + D H"),
        ("z = W @ (A @ x)", "D^2 + D H"),
        ("z = A.T @ x", "D^2"),
        ("z = outer(x, W @ x)", "2 D H"),
        ("z = norm2(W)", "D H"),
        ("z = x * x / 2", "2 D"),
        ("z = s * W", "D H"),
        ("z = x + x - relu(x)", "0"),
        ("z = softmax(W)", "D H"),
        ("z = concatenate(x, W @ x) * 2", "D H + D + H"),
        ("z = mean(x)", "1"),
        ("z = indicator(x)", "D"),
        ("z = 2 ** s", "1"),
    ],
)
def test_the_cost_of_an_equation(text, multiplications):
    assert str(cost(parse(text, x=["D"], W=["H", "D"], A=["D", "D"], s=[])).multiplications) == multiplications


def test_the_cost_of_the_gated_network_is_a_table():
    assert str(cost(load("gated_network"))) == (
        "variable  multiplications              numbers stored\n"
        "z1        D H                          2 H\n"
        "h1        0                            H\n"
        "z2        D H                          2 H\n"
        "h2        H                            H\n"
        "g         H                            H\n"
        "y         D N + H N                    3 N\n"
        "y_prime   N                            N\n"
        "S         0                            N + 1\n"
        "J         0                            1\n"
        "total     2 D H + D N + H N + 2 H + N  7 H + 5 N + 2"
    )


@pytest.mark.parametrize("name", catalogue())
@pytest.mark.parametrize("prepare", [lambda g: g, backward, lambda g: rewrite(backward(g))], ids=["forward", "backward", "rewritten"])
def test_the_total_forgets_no_node(name, prepare):
    graph = prepare(load(name))
    sizes = graph.document.sizes
    found = cost(graph)
    parts = expand_bodies(graph)
    assert found.multiplications.at(sizes) == sum(multiplications(parts, node).at(sizes) for node in parts.nodes if not node.is_leaf)
    assert found.numbers.at(sizes) == sum(Polynomial.product(node.shape).at(sizes) for node in parts.nodes if not node.is_leaf)


def test_backward_through_a_matrix_product_costs_twice_the_forward_pass():
    graph = parse("y = W @ x", x=["D"], W=["N", "D"])
    assert str(cost(graph).multiplications) == "D N"
    assert str(cost(backward(graph)).multiplications) == "2 D N"


def test_a_size_without_a_number_is_asked_for():
    found = cost(parse("y = W @ x", x=["D"], W=["N", "D"]), D=3)
    with pytest.raises(InputError, match=r"the size N has no number; set N=\.\.\."):
        found.multiplications.at(found.sizes)
    assert found.multiplications.at({**found.sizes, "N": 2}) == 6


@pytest.mark.parametrize("number", [-2, 2.5, "3", None, True, float("nan")])
def test_a_size_is_a_number_of_entries(number):
    with pytest.raises(InputError, match=r"D must be a whole number from 0, got"):
        cost(load("two_layer"), D=number)
    assert cost(load("two_layer"), D=np.int32(10)).at_sizes()


def test_a_size_that_a_graph_has_not_is_refused_with_those_that_it_has():
    with pytest.raises(InputError, match=r"two_layer has no size 'd'; its sizes are D"):
        cost(load("two_layer"), d=3)
    assert cost(parse("y = W @ x", x=["D"], W=["N", "D"]), N=2, D=3).sizes == {"N": 2, "D": 3}


def test_sizes_of_the_document_are_the_default_and_may_be_replaced():
    assert cost(load("two_layer")).sizes == {"D": 3}
    found = cost(load("two_layer"), D=10)
    assert found.multiplications.at(found.sizes) == 200
