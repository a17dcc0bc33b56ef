"""Places for numbers in a live picture: large enough for any number, filled by the build, kept up to date by the page's script.

Numbers are texts of at most nine characters, below one another as in a column vector; larger arrays are heat maps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from .diagrams import Slot
from .typesetting import UNITS, Label, Mark, typeset

CHARACTERS = 9  # of a number
LETTER, FONT, ROW = 7.85, 13, 16  # pixels: how wide a character is, its size, and from one row to the next
CELL, LEAST_CELL, MAP = 14, 4, 140  # of a heat map: how large a cell is at most, at least, and how large the whole may be
BRACKET, GAP, APART = 4, 3, 14  # pixels: how wide a bracket is, from the formula to it, and between two slots
BETWEEN = 6  # pixels between two columns of numbers, so that no minus seems to stand between them
AXIS = 0.27  # how far the middle of a formula is above its baseline, of the font size
MOST_ROWS, MOST_COLUMNS = 8, 3  # of numbers; what has more is a heat map
SHOWN = 35  # rows and columns of a heat map at most; of a larger array its first


def number_text(value: float) -> str:
    """A number in at most nine characters: as it is, else to four significant digits, else with an exponent.

    >>> [number_text(v) for v in (2.0, -0.5, 1 / 3, 123456789.0, 1234567890.0, -1.23456e-12, float("inf"), float("nan"))]
    ['2', '-0.5', '0.3333', '123456789', '1.235e9', '-1.23e-12', '∞', 'NaN']
    """
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "-∞"
    text = repr(value + 0.0).removesuffix(".0")
    if len(text) <= CHARACTERS and "e" not in text:
        return text
    if 1e-4 <= abs(value) < 1e4:
        return f"{value:.4g}"
    for digits in (3, 2, 1, 0):
        mantissa, _, exponent = f"{value:.{digits}e}".partition("e")
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        text = f"{mantissa}e{int(exponent)}"
        if len(text) <= CHARACTERS:
            break
    return text


def slot_of(name: str, kind: str, latex: str, value: Any) -> Slot:
    """The slot for an array: a vector is a column, of more than two axes the first ones are rows below one another."""
    import numpy as np

    array = np.asarray(value, float)
    table = array.reshape(-1, 1) if array.ndim < 2 else array.reshape(math.prod(array.shape[:-1]), array.shape[-1])
    is_heat_map = len(table) > MOST_ROWS or table.shape[1] > MOST_COLUMNS
    table = table[:SHOWN, :SHOWN]
    return Slot(name, kind, latex, *table.shape, tuple(map(float, table.ravel())), is_heat_map, array.ndim > 0)


@dataclass(frozen=True)
class Placed:
    """A slot and where it is, seen from where the baseline of its line begins; `cell` is the size of one entry."""

    slot: Slot
    x: float
    y: float
    cell: tuple[float, float]

    @property
    def height(self) -> float:
        return self.slot.rows * self.cell[1]


def placed(slots: Sequence[Slot], size: float) -> tuple[Label, tuple[Placed, ...]]:
    """The formulas before the slots of a line as one label, which has room for the slots too, and where these are."""
    marks: list[Mark] = []
    found: list[Placed] = []
    x = ascent = descent = 0.0
    for slot in slots:
        label = typeset(slot.latex, size)
        x += APART if found else 0
        marks += [replace(mark, x=round(mark.x + x / size * UNITS, 1)) for mark in label.marks]
        cell, rim = cell_of(slot), BRACKET
        height = slot.rows * cell[1] + (ROW if slot.is_heat_map else 0)
        x += label.width + GAP + rim
        found.append(Placed(slot, x, -AXIS * size - height / 2, cell))
        x += max(slot.columns * cell[0], CHARACTERS * LETTER if slot.is_heat_map else 0) + rim
        ascent = max(ascent, label.ascent, height / 2 + AXIS * size)
        descent = max(descent, label.descent, height / 2 - AXIS * size)
    return Label(x, ascent, descent, size, tuple(marks)), tuple(found)


def cell_of(slot: Slot) -> tuple[float, float]:
    """Width and height of one entry."""
    if not slot.is_heat_map:
        return CHARACTERS * LETTER + (BETWEEN if slot.columns > 1 else 0), ROW
    side = min(CELL, max(LEAST_CELL, MAP // max(slot.rows, slot.columns, 1)))
    return side, side
