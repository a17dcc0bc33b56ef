r"""A printed operand in LaTeX: how strongly it binds, brackets that grow, fractions that lie flat inside others.

Serves `notation`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

from ..graph.operators import ATOM, FRACTION, FUNCTION, HADAMARD, POWER, PRODUCT, SUM, SUPERSCRIPT
from ..graph.printing import PrintedOperand, number_text

TALL = re.compile(r"\\(?:frac|sum|prod|begin)")  # higher than a line of letters
TRANSPOSE, INVERSE, INVERSE_TRANSPOSE = r"^{\top}", "^{-1}", r"^{-\top}"
BRACKETS = re.compile(r"(\{[^{}]*\}|\\mathrm|\\log|\\[a-z]*arrow)|(\\langle|[(\[])|(\\rangle|[)\]])|(\\\||\|)")
WORD = re.compile(r"(\\[a-z]+\{)?\\mathrm")
COLUMNS = 10  # of a matrix of amsmath
SIZES = re.compile("[A-Z]( [A-Z])*")
LARGE = re.compile(r"(\\frac\{1\}\{[^{}]*\} )?\\(sum|prod)_|\\log ")  # begins with what reaches to the end


class Maths(PrintedOperand):
    """An operand in LaTeX; `flat` is the same with a / b for fractions, where it has any."""

    flat: Maths | None

    def __new__(cls, text: str, binding: int = ATOM, flat: Maths | None = None) -> Maths:
        self = str.__new__(cls, text)
        self.binding, self.flat = binding, flat
        return self

    def __format__(self, spec: str) -> str:
        text = str(self)
        if not spec:
            return text
        if spec == "T":
            return transposed(text, self.binding)
        if spec == "I":
            return inverted(text, self.binding)
        if spec == "F":
            return str(self.flat or self)
        weak = self.binding < HADAMARD or self.binding == PRODUCT if spec == "H" else self.binding < int(spec)
        return parenthesised(text) if weak else text


def transposed(text: str, binding: int) -> str:
    """A superscript is joined, W^(1) to W^(1)T; a second transpose undoes the first."""
    base, is_there, above = text.rpartition("^{")
    if binding != SUPERSCRIPT or not (is_there and text.endswith("}")):  # that of W.T.T has been undone
        return (text if binding >= SUPERSCRIPT else parenthesised(text)) + r"^{\top}"
    above = above[:-1]
    above = above.removesuffix(r"\top") if above.endswith(r"\top") else above + r"\top"
    return f"{base}^{{{above}}}" if above else base


def inverted(text: str, binding: int) -> str:
    """The inverse matrix; that of a transpose is one superscript."""
    if binding == SUPERSCRIPT and text.endswith(TRANSPOSE):
        return text.removesuffix(TRANSPOSE) + INVERSE_TRANSPOSE
    return (text if binding > SUPERSCRIPT else parenthesised(text)) + INVERSE


def parenthesised(text: str) -> str:
    return rf"\left({text}\right)" if TALL.search(text) else f"({text})"


def composed(template: str, binding: int, *operands: Maths, **named: Any) -> Maths:
    """A template filled with operands; brackets of the template grow around what is tall."""
    flat = None
    for value in (*operands, *named.values()):
        if isinstance(value, Maths) and value.flat:
            lying = _filled(template, [_flat(value) for value in operands], {name: _flat(value) for name, value in named.items()})
            flat = Maths(lying, binding)
            break
    return Maths(_filled(template, operands, named), binding, flat)


def _filled(template: str, operands: Sequence[Any], named: Mapping[str, Any]) -> str:
    text = template.format(*operands, **named)
    grown = growing(template)
    return grown.format(*operands, **named) if grown is not template and TALL.search(text) else text


def _flat(value: Any) -> Any:
    return (isinstance(value, Maths) and value.flat) or value


@lru_cache(maxsize=512)
def growing(template: str) -> str:
    r"""A template whose brackets grow.

    >>> growing(r"\tanh({x})"), growing(r"|{x}|")
    ('\\tanh\\left({x}\\right)', '\\left|{x}\\right|')
    """
    is_open = False

    def one(found: re.Match[str]) -> str:
        nonlocal is_open
        if found[1]:
            return found[1]
        if found[4]:
            is_open = not is_open
        opens = found[2] or (found[4] and is_open)
        return rf"\left{found[0]}" if opens else rf"\right{found[0]}"

    grown = BRACKETS.sub(one, template)
    return grown if grown != template else template


def fraction(top: Maths, below: Maths) -> Maths:
    r"""A fraction; inside another one, or in an exponent, it is a / b."""
    flat = Maths(f"{_flat(top):20} / {_flat(below):25}", FUNCTION)
    return Maths(rf"\frac{{{top:F}}}{{{below:F}}}", FRACTION, flat)


def product(left: Maths, right: Maths) -> Maths:
    """Two factors side by side, a number first without a space; a sum or a log that comes last reaches to the end."""
    weakest = FUNCTION if LARGE.match(right) or (right.binding == FUNCTION and right.startswith(r"\log")) else PRODUCT
    is_number = left.replace(".", "", 1).isdigit() and not WORD.match(right)
    sign = (
        r" \cdot "
        if right.binding >= weakest and right[:1].isdigit()
        else " "
        if is_number or (SIZES.fullmatch(left) and SIZES.fullmatch(right))
        else r" \, "
    )
    return composed(f"{{0:20}}{sign}{{1:{weakest}}}", weakest, left, right)


def with_below(operand: Maths, index: str) -> Maths:
    """An entry of what is printed."""
    text = str(operand)
    is_whole = operand.binding == ATOM and (text.endswith(")") or not ("_{" in text or "^{" in text))
    return Maths(f"{text if is_whole else parenthesised(text)}_{{{index}}}", ATOM)


@lru_cache(maxsize=1024)
def number(value: float) -> Maths:
    if value == math.pi:
        return Maths(r"\pi", ATOM)
    text = number_text(value).replace("inf", r"\infty")
    mantissa, e, exponent = text.partition("e")
    if e:
        power = f"10^{{{int(exponent)}}}"
        if mantissa in ("1", "-1"):
            return Maths(mantissa[:-1] + power, POWER if value >= 0 else SUM)
        return Maths(rf"{mantissa} \cdot {power}", PRODUCT if value >= 0 else SUM)
    return Maths(text, ATOM if value >= 0 else SUM)


def exponent(value: float) -> str:
    """A number as an exponent: 3/2, not 1.5."""
    parts = Fraction(value) if abs(value) < 100 else None
    return str(parts) if parts is not None and parts.denominator in (2, 4) else str(number(value))


def array(value: tuple[Any, ...]) -> Maths:
    """Numbers as a column or a matrix; of more axes as nested lists."""
    if value and isinstance(value[0], tuple) and not any(isinstance(x, tuple) for row in value for x in row):
        rows = [" & ".join(map(number, row)) for row in value]
    elif not any(isinstance(x, tuple) for x in value):
        rows = list(map(number, value))
    else:
        return Maths(rf"\mathrm{{{number_text(value)}}}", ATOM)
    inside, columns = r" \\ ".join(rows), rows[0].count("&") + 1 if rows else 0
    if columns > COLUMNS:
        return Maths(rf"\left[\begin{{array}}{{{'c' * columns}}}{inside}\end{{array}}\right]", ATOM)
    return Maths(rf"\begin{{bmatrix}}{inside}\end{{bmatrix}}", ATOM)


NO_ATTRIBUTES: Mapping[str, str] = {"at": "", "below": ""}
