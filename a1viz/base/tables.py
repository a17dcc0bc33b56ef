"""A table as data, and what may stand in its cells: words, formulas and arrays. How it is written is said in `table_formats`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from .limits import TABLE_ROWS


@dataclass(frozen=True)
class Typeset:
    r"""What is set as maths, and how it reads in a terminal.

    >>> Typeset("N K D^2", r"N K D^{2}").text
    'N K D^2'
    """

    text: str
    latex: str  # without dollar signs

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, eq=False)
class Matrix:
    """An array of any number of axes, a single number too; long ones are shown by their first and last entries."""

    value: Any


Cell = str | Typeset | Matrix


@dataclass(frozen=True)
class Table:
    """Rows of cells under a head; `align` has a letter for each column, l, r or c: those that are not said are l.

    Without a head the rows stand alone. The last `foot` rows are set apart, as a total is.

    >>> print(Table(("name", "size"), [("x", "3"), ("W", "12")], "lr").align)
    lr
    """

    head: Sequence[Cell]
    rows: Sequence[Sequence[Cell]]
    align: str = ""
    caption: str = ""
    foot: int = 0
    is_numeric: bool = False  # then text, too, stands as `align` says, and not to the left

    @property
    def columns(self) -> int:
        return max([len(self.head), *map(len, self.rows)])

    @property
    def alignment(self) -> str:
        """A letter for every column."""
        return self.align[: self.columns].ljust(self.columns, "l")

    def abridged(self, most: int = TABLE_ROWS) -> Table:
        """At most about so many rows: of more the first and last, and between them how many are left out; the foot stays.

        >>> [row[0] for row in Table((), [(str(k),) for k in range(1000)]).abridged(10).rows]
        ['0', '1', '2', '3', '4', '… 990 more', '995', '996', '997', '998', '999']
        """
        body, foot = self.rows[: len(self.rows) - self.foot], self.rows[len(self.rows) - self.foot :]
        if len(body) <= most:
            return self
        end = max(most // 2, 1)
        more = (f"… {len(body) - 2 * end:,} more", *[""] * (self.columns - 1))
        return replace(self, rows=(*body[:end], more, *body[len(body) - end :], *foot))


Part = str | Typeset | Matrix | Table  # what a result shows: a paragraph, a formula or an array by itself, a table
