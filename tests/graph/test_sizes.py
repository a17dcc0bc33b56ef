"""Sizes are polynomials in names and quotients, in one form, and have the value of what they are made of."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

import pytest

from a1viz.base.errors import ShapeError
from a1viz.graph.sizes import Dim, added, divided, multiplied, size_of, terms_of, text_of, with_names

AT = ({"H": 7, "W": 3}, {"H": 12, "W": 5}, {"H": 1, "W": 1}, {"H": 8, "W": 2})
Size = tuple[Dim, Callable[[Mapping[str, int]], int]]


def drawn(rng: random.Random, depth: int) -> Size:
    """A size, and what it is worth."""
    if not depth:
        leaf = rng.choice(["H", "W", 0, 1, 3, 5])
        return leaf, lambda at: at.get(leaf, leaf)
    (a, f), (b, g) = drawn(rng, depth - 1), drawn(rng, depth - 1)
    by = rng.choice([1, 2, 3, 4, "W"])
    return rng.choice(
        [
            lambda: (added(a, b), lambda at: f(at) + g(at)),
            lambda: (added(a, b, -1), lambda at: f(at) - g(at)),
            lambda: (multiplied(a, b), lambda at: f(at) * g(at)),
            lambda: (divided(a, by), lambda at: f(at) // at.get(by, by)),
            lambda: (divided(a, by), lambda at: f(at) // at.get(by, by)),
        ]
    )()


def test_a_size_has_the_value_and_one_form_of_what_it_is_made_of():
    rng, tried = random.Random(0), 0
    for depth in (1, 2, 3, 4) * 500:
        try:
            size, value = drawn(rng, depth)
        except ShapeError:  # of too many terms
            continue
        tried += 1
        assert [size_of(size, at) for at in AT] == [value(at) for at in AT], size
        assert isinstance(size, int) or text_of(terms_of(size)) == size
        assert with_names(size, {"H": "H", "W": "W"}) == size
    assert tried > 1500


@pytest.mark.parametrize(
    ("size", "by", "expected"),
    [
        ("H-2", 2, "H//2-1"),
        ("H-1", 2, "(H+1)//2-1"),
        ("2*H+3", 2, "H+1"),
        ("2*H+W", 2, "H+W//2"),
        ("H//2", 2, "H//4"),
        ("(H+1)//2-1", 2, "(H+3)//4-1"),
        ("H//2", "W", "(H//2)//W"),
        ("H//W", 2, "(H//W)//2"),
        (7, 2, 3),
        (-1, 2, -1),
    ],
)
def test_a_quotient_has_what_is_whole_in_front_and_one_divisor(size, by, expected):
    assert divided(size, by) == expected
