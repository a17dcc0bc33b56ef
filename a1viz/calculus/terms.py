"""Sums of products as a reader collects them: a number in front, factors with exponents above and below a fraction's line.

Only algebra: what a factor is, its builder knows; here it is a name. Serves question 2.1.2.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

Rational = int | Fraction  # a whole one is an int, with which sums are ten times as fast
LEAST, MOST = Fraction(1, 10**300), 10**300
Powers = Mapping[str, Rational]


@dataclass(frozen=True)
class Term:
    """`number` times the factors `up`, divided by the factors `down`, each with its exponent, in the order in which they were written."""

    number: Rational
    up: Powers
    down: Powers
    is_decimal: bool = False  # whether the number is written with a point, as 0.1, and not as a fraction

    @cached_property
    def key(self) -> tuple[frozenset[tuple[str, Rational]], frozenset[tuple[str, Rational]]]:
        """What like terms have in common."""
        return frozenset(self.up.items()), frozenset(self.down.items())

    @property
    def only(self) -> str:
        """Its one factor, where it is that and a number; else nothing."""
        return next(iter(self.up)) if len(self.up) == 1 and not self.down and next(iter(self.up.values())) == 1 else ""

    def times(self, number: Rational) -> Term:
        return self if number == 1 else Term(self.number * number, self.up, self.down, self.is_decimal)

    def without(self, up: Powers, down: Powers) -> Term:
        """Divided by factors that it has."""
        return Term(self.number, _taken(self.up, up), _taken(self.down, down), self.is_decimal)

    def split(self, is_apart: Callable[[str], bool]) -> tuple[Term, Term]:
        """What is to stand apart, with the number, and the rest."""
        up, down = ({f: e for f, e in side.items() if is_apart(f)} for side in (self.up, self.down))
        apart = Term(self.number, up, down, self.is_decimal)
        return apart, Term(1, _taken(self.up, up), _taken(self.down, down))


Sum = tuple[Term, ...]
UNIT, ZERO = Term(1, {}, {}), Term(0, {}, {})


def number(value: float) -> Term:
    """A finite number, as exact as it is written."""
    return Term(int(value), {}, {}) if value == int(value) else Term(Fraction(repr(value)), {}, {}, True)


def factor(name: str, exponent: Rational = 1) -> Term:
    return Term(1, {name: exponent}, {}) if exponent > 0 else Term(1, {}, {name: -exponent})


def multiplied(a: Term, b: Term, is_safe: Callable[[str], bool]) -> Term:
    """The product; what stands above and below the line cancels where it `is_safe`, never 0, or where none of it is left above."""
    if a is UNIT or b is UNIT:
        return b if a is UNIT else a
    up, down = _joined(a.up, b.up), _joined(a.down, b.down)
    for name in [name for name in up if name in down and (up[name] <= down[name] or is_safe(name))]:
        rest = up.pop(name) - down.pop(name)
        if rest:
            (up if rest > 0 else down)[name] = absolute(rest)
    return Term(a.number * b.number, up, down, a.is_decimal or b.is_decimal)


def inverted(a: Term) -> Term:
    """One over it, whose number is not 0."""
    return Term(reciprocal(a.number), a.down, a.up, a.is_decimal)


def absolute(number: Rational) -> Rational:
    return -number if number < 0 else number


def as_float(number: Rational) -> float:
    """The number, or infinity."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def reciprocal(number: Rational) -> Rational:
    found = 1 / Fraction(number)
    return found.numerator if found.denominator == 1 else found


def raised(a: Term, exponent: int) -> Term:
    """To a whole power, not 0."""
    if exponent < 0:
        return raised(inverted(a), -exponent)
    up, down = ({name: e * exponent for name, e in side.items()} for side in (a.up, a.down))
    return Term(a.number**exponent, up, down, a.is_decimal)


def collected(terms: Iterable[Term]) -> Sum:
    """Like terms as one, where the first of them stood; those that cancel are gone."""
    found: dict[object, Term] = {}
    for term in terms:
        before = found.get(term.key)
        is_decimal = term.is_decimal or (before is not None and before.is_decimal)
        total = term.number + (before.number if before else 0)
        kept = before or term
        found[term.key] = Term(total, kept.up, kept.down, is_decimal)
    return tuple(term for term in found.values() if term.number)


def content(terms: Sum) -> tuple[Term, Sum]:
    """What all terms have in common, taken out in front: factors, and a number where it is the same in all but for the sign."""
    first = terms[0]
    if len(terms) == 1:
        return first, (UNIT,)
    up, down = first.up, first.down
    for term in terms[1:]:
        up, down = _common(up, term.up), _common(down, term.down)
    sizes = {absolute(term.number) for term in terms}
    number = sizes.pop() if len(sizes) == 1 else 1
    if all(term.number < 0 for term in terms):
        number = -number
    is_decimal = number != 1 and any(term.is_decimal for term in terms)
    rest = tuple(term.without(up, down).times(reciprocal(number)) for term in terms)
    return Term(number, up, down, is_decimal), rest


def is_normal(number: Rational) -> bool:
    """Whether it is 0, or a float is as near to it as floats are."""
    return number == 0 or LEAST < absolute(number) < MOST


def upright(terms: Sum) -> Sum:
    """The first term that is added comes first: b - a for -a + b."""
    if not terms or terms[0].number > 0:
        return terms
    first = next((k for k, term in enumerate(terms) if term.number > 0), 0)
    return (terms[first], *terms[:first], *terms[first + 1 :])


def _joined(a: Powers, b: Powers) -> dict[str, Rational]:
    found = dict(a)
    for name, exponent in b.items():
        found[name] = found.get(name, 0) + exponent
    return found


def _taken(powers: Powers, gone: Powers) -> Powers:
    if not gone:
        return powers
    left = {name: exponent - gone.get(name, 0) for name, exponent in powers.items()}
    return {name: exponent for name, exponent in left.items() if exponent}


def _common(a: Powers, b: Powers) -> Powers:
    return {name: min(exponent, b[name]) for name, exponent in a.items() if name in b}
