"""Tables, formulas and arrays as text for a terminal, made harmless."""

from __future__ import annotations

from .array_formats import array_text
from .columns import text_table
from .tables import Cell, Matrix, Part, Table, Typeset

SIGNS = {"l": "<", "r": ">", "c": "^"}  # of Python's formats


def harmless(text: str) -> str:
    """A text without anything that steers a terminal or turns the direction of writing; line breaks stay.

    >>> harmless("a\\tb\\u202ec")
    'a\\\\tb\\\\u202ec'
    """
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def part_text(part: Part) -> str:
    """A part for a terminal."""
    if isinstance(part, Table):
        return _table_text(part)
    return cell_text(part)


def cell_text(cell: Cell) -> str:
    """A cell for a terminal."""
    return array_text(cell.value) if isinstance(cell, Matrix) else harmless(cell.text if isinstance(cell, Typeset) else cell)


def _table_text(table: Table) -> str:
    lines = []
    sides = "".join(SIGNS[letter] for letter in table.alignment) if table.is_numeric else "<"
    for row in (*([table.head] if table.head else []), *table.rows):
        cells = [cell_text(cell).split("\n") for cell in (*row, *[""] * (table.columns - len(row)))]
        height = max(map(len, cells), default=0)
        lines += [[cell[k] if k < len(cell) else "" for cell in cells] for k in range(height)]
    return "\n".join(filter(None, [harmless(table.caption), text_table(lines, sides) if lines else ""]))
