"""A table as data, and what may stand in its cells: words, formulas and arrays. How it is written is said in `table_formats`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from .lazy import later
from .limits import TABLE_ROWS

Row = TypeVar("Row")


@dataclass(frozen=True)
class Typeset:
    r"""What is set as maths, and how it reads in a terminal; without LaTeX it is code.

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

    def __str__(self) -> str:
        text: str = later("base.text_tables", "part_text")(self)
        return text

    def __repr__(self) -> str:
        return str(self.abridged())

    def _repr_html_(self) -> str:
        html: str = later("base.html_tables", "part_html")(self.abridged())
        return html

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
        return replace(self, rows=(*ends(body, lambda text: (text, *[""] * (self.columns - 1)), most), *foot))


def ends(rows: Sequence[Row], more: Callable[[str], Row], most: int = TABLE_ROWS) -> list[Row]:
    """At most about so many rows: of more the first and last, with `more` made of how many are left out.

    >>> ends([*range(9)], str, 4)
    [0, 1, '… 5 more', 7, 8]
    """
    end = max(most // 2, 1)
    return list(rows) if len(rows) <= most else [*rows[:end], more(f"… {len(rows) - 2 * end:,} more"), *rows[-end:]]


Part = str | Typeset | Matrix | Table  # what a result shows: a paragraph, a formula or an array by itself, a table
