"""Tables and numbers of things as plain text."""

from __future__ import annotations

from collections.abc import Sequence

SINGULAR = {
    "axes": "axis",
    "boxes": "box",
    "copies": "copy",
    "entries": "entry",
    "matrices": "matrix",
}  # of the plurals that do not just end in s


def text_table(rows: Sequence[Sequence[str]], align: str = "<") -> str:
    """Rows of cells as columns as wide as their longest cell, two spaces apart; `align` is "<", or ">" for numbers, or a sign a column.

    >>> print(text_table([("name", "size"), ("x", "3")]))
    name  size
    x     3
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = align * len(widths) if len(align) == 1 else align
    return "\n".join("  ".join(f"{cell:{side}{w}}" for cell, side, w in zip(row, sides, widths, strict=True)).rstrip() for row in rows)


def counted(n: int | str, things: str) -> str:
    """How many there are, in words: a number, or the name of a size.

    >>> counted(1, "boxes"), counted(2, "boxes"), counted("D", "rows")
    ('1 box', '2 boxes', 'D rows')
    """
    return f"{n} {SINGULAR.get(things, things[:-1]) if n == 1 else things}"
