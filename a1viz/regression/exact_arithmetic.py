"""Least squares in exact arithmetic: the same answer as on paper, to judge the floating-point ones by."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from ..base.errors import InputError

Matrix = list[list[Fraction]]


def exact_fit(X: Sequence[Sequence[float | Fraction]], t: Sequence[float | Fraction]) -> list[Fraction]:
    """The least-squares weights of smallest norm, as fractions: no rounding anywhere, whatever the rank.

    `X` has n rows of d numbers, `t` has n numbers; floats are taken as the fractions that they are. Raises InputError for anything else.
    Source: questions 1.2.1 and 1.3.2.

    >>> [str(w) for w in exact_fit([[1, 1]], [3])]
    ['3/2', '3/2']
    """
    try:
        rows = [[Fraction(v) for v in row] for row in X]
        columns = list(map(list, zip(*rows, strict=True)))
        labels = [Fraction(v) for v in t]
    except (TypeError, ValueError, OverflowError):
        raise InputError("X must be rows of finite numbers, all as long, and t finite numbers") from None
    if not columns or len(rows) != len(labels):
        raise InputError(f"X has {len(rows)} rows of {len(columns)} numbers and t has {len(labels)}; give a label for each row, and d > 0")
    if len(rows) >= len(columns):  # w = (Xᵀ X)⁻¹ Xᵀ t
        weights, rank = solve(products(columns), [dot(column, labels) for column in columns])
        return weights if rank == len(columns) else _deficient(rows, labels)
    dual, rank = solve(products(rows), labels)  # w = Xᵀ (X Xᵀ)⁻¹ t
    return [dot(column, dual) for column in columns] if rank == len(rows) else _deficient(rows, labels)


def _deficient(rows: Matrix, labels: Sequence[Fraction]) -> list[Fraction]:
    """With X = C F, its independent columns and its reduced rows: w = Fᵀ (F Fᵀ)⁻¹ (Cᵀ C)⁻¹ Cᵀ t."""
    reduced, pivots = reduced_rows(rows)
    columns = [[row[p] for row in rows] for p in pivots]
    inner, _ = solve(products(columns), [dot(column, labels) for column in columns])
    dual, _ = solve(products(reduced), inner)
    return [dot([row[k] for row in reduced], dual) for k in range(len(rows[0]))]


def products(vectors: Matrix) -> Matrix:
    """The inner product of each with each."""
    return [[dot(a, b) for b in vectors] for a in vectors]


def dot(a: Sequence[Fraction], b: Sequence[Fraction]) -> Fraction:
    return sum(map(Fraction.__mul__, a, b), Fraction(0))


def solve(A: Matrix, b: Sequence[Fraction]) -> tuple[list[Fraction], int]:
    """The rank of a square matrix, and the solution of its system where that is full."""
    reduced, pivots = reduced_rows([[*row, v] for row, v in zip(A, b, strict=True)], len(A))
    return [row[-1] for row in reduced], len(pivots)


def reduced_rows(rows: Matrix, columns: int | None = None) -> tuple[Matrix, list[int]]:
    """The nonzero rows of the reduced echelon form, and the columns of their leading ones; `columns` may lead.

    Elimination is Bareiss's: in integers, whose divisions come out even, so that no fraction has to be reduced on the way.

    >>> reduced_rows([[Fraction(2), Fraction(4)], [Fraction(1), Fraction(2)]])
    ([[Fraction(1, 1), Fraction(2, 1)]], [0])
    """
    whole = [_integers(row) for row in rows]
    pivots: list[int] = []
    before = 1
    for column in range(len(rows[0]) if columns is None else columns):
        top = len(pivots)
        found = next((k for k in range(top, len(whole)) if whole[k][column]), None)
        if found is None:
            continue
        whole[top], whole[found] = whole[found], whole[top]
        lead = whole[top]
        for k, row in enumerate(whole):
            if k != top:
                factor = row[column]
                whole[k] = [(lead[column] * v - factor * u) // before for v, u in zip(row, lead, strict=True)]
        before = lead[column]
        pivots.append(column)
    return [[Fraction(v, row[p]) for v in row] for row, p in zip(whole, pivots, strict=False)], pivots


def _integers(row: Sequence[Fraction]) -> list[int]:
    scale = math.lcm(*(v.denominator for v in row))
    return [v.numerator * (scale // v.denominator) for v in row]
