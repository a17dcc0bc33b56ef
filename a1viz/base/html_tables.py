"""Tables, formulas and arrays as HTML for a page or a notebook of any colours, without a script and without a style sheet."""

from __future__ import annotations

from collections.abc import Sequence

from .array_formats import array_html
from .errors import A1vizError, OutputError
from .lazy import later
from .tables import Cell, Matrix, Part, Table, Typeset
from .text_tables import harmless

SIDES = {"l": "left", "r": "right", "c": "center"}
SCROLLS = "overflow-x:auto;max-width:100%"
LINE = "1px solid color-mix(in srgb, currentColor 45%, transparent)"


def part_html(part: Part) -> str:
    """A part for a page or a notebook: in its colours, scrolling where it is wide."""
    if isinstance(part, Table):
        caption = f'<p style="margin:.4em 0">{html_words(part.caption)}</p>' if part.caption else ""
        return f'{caption}<div style="{SCROLLS}">{_table_html(part)}</div>'
    if isinstance(part, Typeset):
        return f'<div style="{SCROLLS};margin:.5em 0">{_formula(part, True)}</div>'
    if isinstance(part, Matrix):
        return f'<div style="{SCROLLS};margin:.5em 0">{array_html(part.value)}</div>'
    lines = "<br>".join(map(html_words, part.strip("\n").split("\n")))
    return f'<p style="margin:.4em 0">{lines}</p>'


def html_words(text: str) -> str:
    """Any text as HTML shows it, as content or as an attribute."""
    text = harmless(text)
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        text = text.replace(sign, entity)
    return text


def _formula(cell: Typeset, display: bool = False) -> str:
    """A formula by our own outlines; its text where it is none, or they cannot be drawn."""
    try:
        if not cell.latex:
            raise OutputError("nothing to typeset")
        svg: str = later("pictures.typesetting", "inline_svg")(cell.latex, display, cell.text)
    except (A1vizError, ImportError, OSError):
        return f'<code style="white-space:nowrap;background:none">{html_words(cell.text)}</code>'
    return svg


def _html_cell(cell: Cell) -> str:
    if isinstance(cell, Typeset):
        return _formula(cell) if cell.text else ""
    return array_html(cell.value) if isinstance(cell, Matrix) else html_words(cell).replace("\n", "<br>")


def _table_html(table: Table) -> str:
    sides = [SIDES[letter] for letter in table.alignment]

    def row(cells: Sequence[Cell], tag: str, more: str = "") -> str:
        upright = "middle" if any(isinstance(cell, Matrix) for cell in cells) else "baseline"
        styles = (f"text-align:{side};padding:.2em .7em;vertical-align:{upright};border:0{more}" for side in sides)
        inside = (f'<{tag} style="{style}">{_html_cell(cell)}</{tag}>' for style, cell in zip(styles, cells, strict=False))
        return f"<tr>{''.join(inside)}</tr>"

    lines = [row(cells, "td", f";border-top:{LINE}" if k == len(table.rows) - table.foot else "") for k, cells in enumerate(table.rows)]
    head = f"<thead>{row(table.head, 'th', f';border-bottom:{LINE}')}</thead>" if table.head else ""
    frame = "border-collapse:collapse;border:0;width:auto;margin:.3em 0;font-variant-numeric:tabular-nums"
    return f'<table style="{frame}">{head}<tbody>{"".join(lines)}</tbody></table>'
