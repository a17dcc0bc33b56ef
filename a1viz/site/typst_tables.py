"""A table of a page as a table of Typst: a head that is repeated, numbers one under the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .page_trees import Element
from .typst_text import array, call, literal

NUMBER = re.compile(r"[-−+±]?\d[\d,  ]*(?:\.\d+)?(?:e[-+−]?\d+)?%?")
ALIGNED = re.compile(r"text-align:\s*(left|right|center)")
EMPTY = re.compile(r"[-–—…\s]*")


@dataclass(frozen=True)
class TableRow:
    """A row of a table: its cells, and whether it is of the head."""

    cells: tuple[Element, ...]
    is_head: bool


def rows_of(table: Element) -> list[TableRow]:
    """The rows of a table in order."""
    found = []
    for part in table.walk():
        if part.tag == "tr":
            cells = tuple(c for c in part.children if isinstance(c, Element) and c.tag in ("td", "th"))
            if cells:
                found.append(TableRow(cells, all(cell.tag == "th" for cell in cells)))
    return found


def table_code(table: Element, cell_code: Callable[[Element], str]) -> str:
    """The table; `cell_code` gives what is in a cell."""
    rows = rows_of(table)
    if not rows:
        return "[]"
    count = max(sum(_span(cell, "colspan") for cell in row.cells) for row in rows)
    heads = 0
    while heads < len(rows) and rows[heads].is_head:
        heads += 1
    columns = [_column(rows[heads:], k) for k in range(count)]
    aligned = [_alignment(rows, columns[k], k) for k in range(count)]
    digits = [_digits(column) if aligned[k] == "right" else -1 for k, column in enumerate(columns)]
    head = [_cell(cell, cell_code) for row in rows[:heads] for cell in row.cells]
    body = [_cell(cell, cell_code, digits[k] if k < count else -1) for row in rows[heads:] for k, cell in enumerate(row.cells)]
    return call("tabular", array(aligned), array(head), array(body))


def _span(cell: Element, name: str) -> int:
    said = cell.attributes.get(name, "1")
    return min(max(int(said), 1), 100) if said.isdigit() else 1


def _column(rows: Sequence[TableRow], k: int) -> list[str]:
    return [
        row.cells[k].text.strip() for row in rows if k < len(row.cells) and not any(e.tag in ("svg", "pre") for e in row.cells[k].walk())
    ]


def _alignment(rows: Sequence[TableRow], column: Sequence[str], k: int) -> str:
    for row in rows:
        found = ALIGNED.search(row.cells[k].attributes.get("style", "")) if k < len(row.cells) else None
        if found:
            return found[1]
    said = [text for text in column if not EMPTY.fullmatch(text)]
    return "right" if said and all(NUMBER.fullmatch(text) for text in said) else "left"


def _digits(column: Sequence[str]) -> int:
    """The most digits after the point in a column of numbers; -1 where they have exponents, and cannot stand under each other."""
    if any("e" in text or "%" in text for text in column):
        return -1
    return max((len(text.partition(".")[2]) for text in column), default=-1)


def _cell(cell: Element, cell_code: Callable[[Element], str], digits: int = -1) -> str:
    inside, text = cell_code(cell), cell.text.strip()
    if digits > 0 and NUMBER.fullmatch(text):
        point, after = text.partition(".")[1:]
        missing = ("" if point else ".") + "0" * (digits - len(after))
        inside = call("padded", inside, literal(missing)) if missing else inside
    spans = {name: str(_span(cell, name)) for name in ("colspan", "rowspan") if _span(cell, name) > 1}
    return call("table.cell", inside, **spans) if spans else inside
