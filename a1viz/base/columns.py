"""Tables as plain text."""

from __future__ import annotations

from collections.abc import Sequence


def text_table(rows: Sequence[Sequence[str]], align: str = "<") -> str:
    """Rows of cells as columns as wide as their longest cell, two spaces apart; `align` is "<", or ">" for numbers.

    >>> print(text_table([("name", "size"), ("x", "3")]))
    name  size
    x     3
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(f"{cell:{align}{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
