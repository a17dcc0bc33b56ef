"""What a result shows, written as text, Markdown, LaTeX and HTML: every format of every table is made here, and every text made harmless.

LaTeX needs no package but amsmath and amssymb; Markdown is what Python-Markdown's `tables` and GitHub read; HTML is for a page or a
notebook of any colours, without a script and without a style sheet.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from .array_formats import array_html, array_latex, array_line, array_text
from .columns import text_table
from .errors import A1vizError, OutputError
from .lazy import later
from .limits import DRAWING_SECONDS
from .tables import Cell, Matrix, Part, Table, Typeset

LINE_END = r" \\ "
LINES = 40  # rows of one LaTeX tabular, which no page breaks; of more there are several
PRINTS = ((68, 2.5), (84, 1.5))  # characters on a line of a LaTeX page, and what the space of a column takes of them; and in small print
LATEX_SIGNS = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    '"': '{"}', "'": r"\textquotesingle{}", "`": r"\textasciigrave{}", "…": r"\dots{}", "·": r"$\cdot$",
    "×": r"$\times$", "−": "$-$", "→": r"$\to$", "≤": r"$\le$", "≥": r"$\ge$", "≈": r"$\approx$", "²": "$^2$",
    "–": r"\textendash{}", "—": r"\textemdash{}",
    "σ": r"$\sigma$", "∂": r"$\partial$", "ᵀ": r"$^\top$", "∞": r"$\infty$", "‖": r"$\Vert$", "√": r"$\surd$",
}  # fmt: skip
MARKDOWN_SIGNS = {sign: f"\\{sign}" for sign in r"\`*_[]"} | {
    "&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "$": "&#36;", "~": "&#126;", "#": "&#35;", "!": "&#33;",
}  # fmt: skip


SIGNS = {"l": "<", "r": ">", "c": "^"}  # of Python's formats


def harmless(text: str) -> str:
    """A text without anything that steers a terminal or turns the direction of writing; line breaks stay.

    >>> harmless("a\\tb\\u202ec")
    'a\\\\tb\\\\u202ec'
    """
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


# --- text ---------------------------------------------------------------------------------------------------------------------


def part_text(part: Part) -> str:
    """A part for a terminal."""
    if isinstance(part, Table):
        return _table_text(part)
    return _cell_text(part)


def _cell_text(cell: Cell) -> str:
    return array_text(cell.value) if isinstance(cell, Matrix) else harmless(cell.text if isinstance(cell, Typeset) else cell)


def _table_text(table: Table) -> str:
    lines = []
    sides = "".join(SIGNS[letter] for letter in table.alignment) if table.is_numeric else "<"
    for row in (*([table.head] if table.head else []), *table.rows):
        cells = [_cell_text(cell).split("\n") for cell in (*row, *[""] * (table.columns - len(row)))]
        height = max(map(len, cells), default=0)
        lines += [[cell[k] if k < len(cell) else "" for cell in cells] for k in range(height)]
    return "\n".join(filter(None, [harmless(table.caption), text_table(lines, sides) if lines else ""]))


# --- Markdown -----------------------------------------------------------------------------------------------------------------


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


# --- LaTeX --------------------------------------------------------------------------------------------------------------------


def part_latex(part: Part) -> str:
    """A part for a document with amsmath and amssymb."""
    if isinstance(part, Table):
        return _table_latex(part)
    if isinstance(part, Typeset):
        return f"\\[\n{part.latex}\n\\]" if part.latex else _latex_cell(part)
    if isinstance(part, Matrix):
        return f"\\[\n{array_latex(part.value)}\n\\]"
    return " \\\\\n".join(latex_words(line) for line in part.strip("\n").split("\n"))


def latex_words(text: str) -> str:
    r"""Any text as LaTeX prints it; a letter that a plain document has not is spelled by its number.

    >>> latex_words("W1_bar & 50%"), latex_words("é 字")
    ('W1\\_bar \\& 50\\%', 'é [U+5B57]')
    """
    return re.sub("-(?=-)", "-{}", "".join(_latex_letter(c) for c in harmless(text)))


def _latex_letter(c: str) -> str:
    if c in LATEX_SIGNS:
        return LATEX_SIGNS[c]
    if c.isascii() or ("À" <= c <= "ÿ" and c.isalpha()):
        return c
    plain = unicodedata.normalize("NFKD", c)
    return plain if plain.isascii() and plain.isalnum() else f"[U+{ord(c):04X}]"


def _latex_cell(cell: Cell) -> str:
    if isinstance(cell, Typeset):
        return f"${cell.latex}$" if cell.latex else rf"\texttt{{{latex_words(cell.text)}}}" if cell.text else ""
    if isinstance(cell, Matrix):
        return f"${array_latex(cell.value)}$"
    return latex_words(cell.replace("\n", " "))


def _table_latex(table: Table) -> str:
    """A tabular, or several below one another; one too wide for a page has paragraphs for its widest columns of words, or small print."""
    if not table.columns:
        return latex_words(table.caption)
    columns, heads, is_small = _latex_columns(table)
    is_ragged = [column.startswith("p") for column in columns]
    end = r" \tabularnewline" if any(is_ragged) else r" \\"  # what \raggedright leaves as it is

    def row(cells: Sequence[str]) -> str:
        line = " & ".join(_ragged(cell) if ragged and cell else cell for cell, ragged in zip(cells, is_ragged, strict=False))
        return line + end + (r" \noalign{\smallskip}" if "pmatrix" in line else "")

    body = [row(list(map(_latex_cell, cells))) for cells in table.rows]
    if table.foot:
        body.insert(len(body) - table.foot, r"\hline")
    chunks = [[*([row(heads), r"\hline"] if table.head else []), *chunk] for chunk in _chunks(body)]
    begin = rf"\begin{{tabular}}{{{''.join(columns)}}}"
    tabulars = ["\n".join([r"\noindent", begin, *lines, r"\end{tabular}"]) for lines in chunks]
    if is_small:
        tabulars = [r"{\footnotesize\setlength{\tabcolsep}{3pt}" + f"\n{tabular}\n\\par}}" for tabular in tabulars]
    return "\n\n".join([*([latex_words(table.caption)] if table.caption else []), *tabulars])


def _ragged(cell: str) -> str:
    """A cell of a paragraph, whose long words may break after a sign."""
    return r"\raggedright " + (cell if "$" in cell else re.sub(r"/|\\_", lambda sign: sign[0] + r"\allowbreak ", cell))


def _chunks(lines: Sequence[str]) -> Iterator[list[str]]:
    """As many rows together as fit on a page; a row of matrices counts as its lines."""
    chunk: list[str] = []
    room = LINES
    for line in lines:
        height = 1 + max((cell.count(r"\\") for cell in re.findall(r"\\begin\{pmatrix\}.*?\\end\{pmatrix\}", line)), default=0)
        if chunk and height > room:
            yield chunk
            chunk, room = [], LINES
        chunk.append(line)
        room -= height
    yield chunk


def _latex_columns(table: Table) -> tuple[list[str], list[str], bool]:
    """What tabular is told of each column, the cells of the head, and whether all of it must be small to fit a page."""
    indices = range(table.columns)
    heads = [*table.head, *[""] * (table.columns - len(table.head))]
    bodies = [max((_width(row[k]) for row in table.rows if k < len(row)), default=0) for k in indices]
    columns, written_heads = list(table.alignment), list(map(_latex_cell, heads))
    lines = [[" " * _width(head)] for head in heads]
    if sum(map(max, zip(map(_width, heads), bodies, strict=True))) > PRINTS[0][0] - int(PRINTS[0][1] * table.columns):
        lines = [_head_lines(head, body) for head, body in zip(heads, bodies, strict=True)]
    for k in indices:
        if len(lines[k]) > 1:
            written_heads[k] = rf"\shortstack[{columns[k]}]{{{LINE_END.join(map(latex_words, lines[k]))}}}"
    widths = [max([body, *map(len, found)]) for body, found in zip(bodies, lines, strict=True)]
    for characters, space in PRINTS:
        room = characters - int(space * table.columns)
        wide = [k for k in indices if columns[k] == "l" and widths[k] > max(12, room // table.columns)] if sum(widths) > room else []
        left = room - sum(width for k, width in enumerate(widths) if k not in wide)
        if left >= 16 * len(wide):
            break
    for k in wide:
        share = max(left, 12 * len(wide)) * min(widths[k], 40) / sum(min(widths[j], 40) for j in wide)
        columns[k] = rf"p{{{share / characters:.2f}\linewidth}}"
    return columns, written_heads, characters != PRINTS[0][0]


def _head_lines(head: Cell, body: int) -> list[str]:
    """A head of words that is wider than all below it, in lines."""
    if not isinstance(head, str) or len(head) <= max(body, 6):
        return [head] if isinstance(head, str) else [" " * _width(head)]
    return re.findall(r"[^ -]+-?", head) or [head]


def _width(cell: Cell) -> int:
    """About how many characters wide a cell is printed; in a formula the spaces are narrow."""
    if isinstance(cell, Typeset) and cell.latex:
        return len(re.sub(r"[ ^_*]", "", cell.text)) + cell.text.count(" ") // 2
    return max((len(line) for line in _cell_text(cell).split("\n")), default=0)


# --- HTML ---------------------------------------------------------------------------------------------------------------------

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


WRITERS: Mapping[str, Callable[[Part], str]] = {"text": part_text, "markdown": part_markdown, "latex": part_latex, "html": part_html}
JOINED = {"text": "\n", "markdown": "\n\n", "latex": "\n\n", "html": "\n"}  # what stands between two parts


def written(parts: Sequence[Part], format: str) -> str:
    """The parts of a result in one of the formats, one below the other."""
    if format == "html":
        parts = _with_few_formulas(parts)
    return JOINED[format].join(map(WRITERS[format], parts))
