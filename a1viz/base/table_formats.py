"""What a result shows, in each format: the row of a format names the module that writes it, and makes every text harmless."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from .html_tables import part_html
from .latex_tables import part_latex
from .lazy import later
from .limits import DRAWING_SECONDS
from .markdown_tables import part_markdown
from .tables import Cell, Part, Table, Typeset
from .text_tables import part_text

WRITERS: Mapping[str, Callable[[Part], str]] = {"text": part_text, "markdown": part_markdown, "latex": part_latex, "html": part_html}
JOINED = {"text": "\n", "markdown": "\n\n", "latex": "\n\n", "html": "\n"}  # what stands between two parts


def written(parts: Sequence[Part], format: str) -> str:
    """The parts of a result in one of the formats, one below the other."""
    if format == "html":
        parts = _with_few_formulas(parts)
    return JOINED[format].join(map(WRITERS[format], parts))


def _with_few_formulas(parts: Sequence[Part]) -> list[Part]:
    """The parts with as many formulas as are typeset in DRAWING_SECONDS; the others are code. One that comes again is set once."""
    cells = [cell for part in parts for row in ((part.head, *part.rows) if isinstance(part, Table) else [[part]]) for cell in row]
    formulas = list(dict.fromkeys(cell.latex for cell in cells if isinstance(cell, Typeset) and cell.latex))
    if not formulas:  # no picture's module is loaded for words alone
        return list(parts)
    known = set(formulas[: later("pictures.sizes", "typeset_in")(DRAWING_SECONDS, formulas)])

    def bounded(cell: Cell) -> Cell:
        return Typeset(cell.text, "") if isinstance(cell, Typeset) and cell.latex not in known else cell

    def bounded_rows(table: Table) -> Table:
        head, *rows = ([bounded(cell) for cell in row] for row in (table.head, *table.rows))
        return replace(table, head=head, rows=rows)

    return [bounded_rows(part) if isinstance(part, Table) else bounded(part) for part in parts]
