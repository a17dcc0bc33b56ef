"""Products, quotients and powers of sums of products: what each operator of arithmetic makes of them. Serves question 2.1.2."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from ..graph.nodes import Node
from ..graph.shapes import Shape
from . import terms
from .rebuilding import Rebuilder
from .terms import UNIT, Rational, Sum, as_float, is_normal

LARGEST = 64  # of whole exponents that are counted
Arithmetic = Callable[[Rebuilder, Node, list[Sum]], Sum | None]  # None leaves the operator as it is


def _mul(to: Rebuilder, node: Node, operands: list[Sum]) -> Sum:
    found = to.product(*map(to.as_product, operands))
    return (found,) if found.number else ()


def _div(to: Rebuilder, node: Node, operands: list[Sum]) -> Sum | None:
    below = to.as_product(operands[1])
    inverse = terms.inverted(below) if below.number else terms.ZERO
    return _mul(to, node, [operands[0], (inverse,)]) if inverse.number and is_normal(inverse.number) else None


def _number(form: Sum) -> Rational | None:
    """The number that an exponent is."""
    if not form:
        return 0
    return form[0].number if len(form) == 1 and not form[0].up and not form[0].down else None


def _power(to: Rebuilder, node: Node, operands: list[Sum]) -> Sum | None:
    exponent = _number(operands[1])
    return None if exponent is None or not operands[0] else _raised(to, operands[0], exponent, to.shapes(node)[0])


def _raised(to: Rebuilder, form: Sum, exponent: Rational, shape: Shape) -> Sum | None:
    """To the power of a number: wholes are counted, halves are roots; others stay as they are, for x^0.3 x^0.7 is not x below 0."""
    if exponent == 0:
        return (UNIT,)
    if exponent.denominator == 1 and -LARGEST <= exponent <= LARGEST:
        base = to.as_product(form)
        if not base.number:
            return () if exponent > 0 else None
        power = terms.raised(base, int(exponent))
        if is_normal(power.number):
            return (power,)
    name = to.rebuilt(form, shape)
    if exponent.denominator == 2:
        return (terms.factor(name, exponent),)
    return (terms.factor(to.make("power", [name, to.builder.constant(as_float(exponent))])),)


def _sqrt(to: Rebuilder, node: Node, operands: list[Sum]) -> Sum:
    return (terms.factor(to.rebuilt(operands[0], node.shape), Fraction(1, 2)),)


def _dpow(to: Rebuilder, node: Node, operands: list[Sum]) -> Sum | None:
    """The derivative of a power: b a^(b - 1)."""
    exponent = _number(operands[1])
    if exponent is None or not operands[0]:
        return None
    found = _raised(to, operands[0], exponent - 1, node.shape) if exponent else ()
    return None if found is None else tuple(term.times(exponent) for term in found)


def _first(to: Rebuilder, node: Node, operands: list[Sum]) -> Sum:
    """What is passed on, or spread out: whoever takes a sum apart knows what shape it is to have."""
    return operands[0]


def _ones(to: Rebuilder, node: Node, operands: list[Sum]) -> Sum:
    return (UNIT,)


ARITHMETIC: dict[str, Arithmetic] = {
    "mul": _mul, "div": _div, "power": _power, "sqrt": _sqrt, "dpow": _dpow,
    "identity": _first, "fill": _first, "ones": _ones,
}  # fmt: skip
