"""Tables and numbers of things as plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

WIDTH, LEAST = 92, 24  # characters of a line that fits a page and a sheet of paper; and of a column of words at least
SINGULAR = {
    "axes": "axis",
    "boxes": "box",
    "copies": "copy",
    "entries": "entry",
    "matrices": "matrix",
}  # of the plurals that do not just end in s


def text_table(rows: Sequence[Sequence[str]], align: str = "<", width: int = WIDTH) -> str:
    """Rows of cells as columns as wide as their longest cell, two spaces apart; `align` is "<", or ">" for numbers, or a sign a column.

    >>> print(text_table([("name", "size"), ("x", "3")]))
    name  size
    x     3

    A line longer than `width` is wrapped in its widest columns: at spaces, and a head that is wider than what is below it at hyphens too.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = align * len(widths) if len(align) == 1 else align
    lines = [[[cell] for cell in row] for row in rows]
    for k in sorted(range(len(widths)), key=lambda k: -widths[k]):
        excess = sum(widths) + 2 * len(widths) - 2 - width
        if excess > 0:
            below = max((len(row[k]) for row in rows[1:]), default=0)
            is_head = len(rows[0][k]) > below
            room = max(below, 2 * widths[k] // 3) if is_head else max(widths[k] - excess, LEAST)
            for row, cells in zip(rows, lines, strict=True):
                cells[k] = _wrapped(row[k], room, is_head)
            widths[k] = max(len(line) for cells in lines for line in cells[k])
    flat = [[cell[j] if j < len(cell) else "" for cell in cells] for cells in lines for j in range(max(map(len, cells)))]
    return "\n".join("  ".join(f"{cell:{side}{w}}" for cell, side, w in zip(row, sides, widths, strict=True)).rstrip() for row in flat)


def _wrapped(cell: str, width: int, is_head: bool) -> list[str]:
    """A cell in lines of so many characters, unless a word is longer; of words, what follows the first is indented."""
    if len(cell) <= width:
        return [cell]
    return textwrap.wrap(cell, width, subsequent_indent="" if is_head else "  ", break_long_words=False, break_on_hyphens=is_head)


def counted(n: int | str, things: str) -> str:
    """How many there are, in words: a number, or the name of a size.

    >>> counted(1, "boxes"), counted(2, "boxes"), counted("D", "rows")
    ('1 box', '2 boxes', 'D rows')
    """
    return f"{n} {SINGULAR.get(things, things[:-1]) if n == 1 else things}"
