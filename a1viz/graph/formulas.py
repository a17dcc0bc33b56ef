"""Formulas of einsum, "ij,jk->ik": letters name the axes of the operands and of the result, which is the sum over all other letters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..base.columns import counted
from ..base.errors import ShapeError, shown
from ..base.limits import FORMULA_LETTERS, FORMULA_OPERANDS
from .operators import Op
from .printing import applied_text
from .shapes import Labels, Shape, described
from .sizes import Dim

EXAMPLE = 'such as "ij,jk->ik"'


def quoted(formula: str) -> str:
    return f'"{formula}"'


def split(formula: str) -> tuple[list[str], str]:
    """The letters of each operand, and those of the result.

    >>> split("ij,jk->ik")
    (['ij', 'jk'], 'ik')
    """
    operands, _, result = formula.partition("->")
    return operands.split(","), result


def checked_formula(value: Any, operands: int) -> str:
    """A formula without spaces, if it is one for so many operands. Raises ShapeError."""
    if not isinstance(value, str):
        raise ShapeError(f"the formula is a text {EXAMPLE}, got {shown(value)}")
    formula = "".join(value.split())
    if "." in formula:
        raise ShapeError(f"{shown(value)}: write a letter for every axis instead of ...; the batch has none")
    if "->" not in formula:
        raise ShapeError(f"{shown(value)}: write the result out, {EXAMPLE}")
    if not re.fullmatch(r"[A-Za-z]*(,[A-Za-z]*)*->[A-Za-z]*", formula):
        raise ShapeError(f"{shown(value)} is not a formula; it has letters for the axes, commas between operands and one arrow, {EXAMPLE}")
    names, result = split(formula)
    if len(names) != operands:
        raise ShapeError(f"{shown(value)} is for {counted(len(names), 'operands')}, got {operands}")
    if operands > FORMULA_OPERANDS:
        raise ShapeError(f"a formula has at most {FORMULA_OPERANDS} operands, got {operands}; write it as several")
    letters = set("".join(names))
    if len(letters) > FORMULA_LETTERS:
        raise ShapeError(f"a formula has at most {FORMULA_LETTERS} letters, got {len(letters)}")
    for letter in result:
        if result.count(letter) > 1:
            raise ShapeError(f"{shown(value)}: the result names {letter} twice")
        if letter not in letters:
            raise ShapeError(f"{shown(value)}: no operand has the letter {letter} of the result")
    return formula


def letter_sizes(op: Op, formula: str, shapes: Sequence[Shape], labels: Labels) -> dict[str, Dim]:
    """The size of each letter. Raises ShapeError for an operand of other axes, and for a letter of two sizes."""
    sizes: dict[str, Dim] = {}
    first: dict[str, int] = {}  # the operand that a letter's size is from
    for k, (letters, shape) in enumerate(zip(split(formula)[0], shapes, strict=True)):
        if len(letters) != len(shape):
            raise _wrong(
                op, formula, labels, f"{quoted(letters)} names {counted(len(letters), 'axes')}, but {labels()[k]} is {described(shape)}"
            )
        for letter, size in zip(letters, shape, strict=True):
            if sizes.setdefault(letter, size) != size:
                j = first[letter]
                of = [f"in {labels()[i]}, {described(shapes[i])}" for i in (j, k)]
                raise _wrong(op, formula, labels, f"{letter} is {sizes[letter]} {of[0]}, but {size} {of[1]}")
            first.setdefault(letter, k)
    return sizes


def _wrong(op: Op, formula: str, labels: Labels, problem: str) -> ShapeError:
    return ShapeError(f"{applied_text(op, labels(), {'formula': quoted(formula)})}: {problem}")


def named_axes(op: Op, attributes: dict[str, Any]) -> Sequence[Sequence[str]]:
    """The axes that the signature names, or a formula, of each operand."""
    return split(attributes["formula"])[0] if op.indexed else op.inputs
