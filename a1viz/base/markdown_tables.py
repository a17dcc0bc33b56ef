"""Tables, formulas and arrays as Markdown, as Python-Markdown's `tables` and GitHub read it."""

from __future__ import annotations

import re

from .array_formats import array_latex, array_line
from .tables import Cell, Matrix, Part, Table, Typeset
from .text_tables import harmless

MARKDOWN_SIGNS = {sign: f"\\{sign}" for sign in r"\`*_[]"} | {
    "&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "$": "&#36;", "~": "&#126;", "#": "&#35;", "!": "&#33;",
}  # fmt: skip


def part_markdown(part: Part) -> str:
    """A part for a page of Markdown."""
    if isinstance(part, Table):
        return _table_markdown(part)
    if isinstance(part, Typeset):
        return f"$$\n{part.latex}\n$$" if part.latex else _code(part.text)
    if isinstance(part, Matrix):
        return f"$$\n{array_latex(part.value)}\n$$"
    return "  \n".join(_markdown_words(line) for line in part.strip("\n").split("\n"))


def _markdown_words(text: str) -> str:
    return "".join(MARKDOWN_SIGNS.get(c, c) for c in harmless(text))


def _markdown_cell(cell: Cell) -> str:
    if isinstance(cell, Typeset):
        return (
            "$" + re.sub(r"\\?\|", lambda bar: r"\Vert " if bar[0] == r"\|" else r"\vert ", cell.latex) + "$"
            if cell.latex
            else _code(cell.text)
        )
    if isinstance(cell, Matrix):
        return _code(array_line(cell.value))
    return "<br>".join(map(_markdown_words, cell.split("\n")))


def _code(text: str) -> str:
    """A text between backticks, in one line; where it has signs that Markdown reads there too, as words."""
    text = " ".join(harmless(text).split())
    return f"`{text}`" if text and not re.search(r"[|`]", text) else _markdown_words(text)


def _table_markdown(table: Table) -> str:
    if not table.columns:
        return _markdown_words(table.caption)
    rule = {"l": ":--", "r": "--:", "c": ":-:"}
    rows = [table.head or [""] * table.columns, *table.rows]
    cells = [[_markdown_cell(cell) for cell in row] for row in rows]
    cells.insert(1, [rule[letter] for letter in table.alignment])
    lines = ["| " + " | ".join(row) + " |" for row in cells]
    return "\n".join([*([_markdown_words(table.caption), ""] if table.caption else []), *lines])
