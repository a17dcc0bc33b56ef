"""Tables, formulas and arrays as LaTeX that needs no package but amsmath and amssymb."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from .array_formats import array_latex
from .tables import Cell, Matrix, Part, Table, Typeset
from .text_tables import cell_text, harmless

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
        cells = [line] if r"\begin{matrix}" in line else re.findall(r"\\begin\{pmatrix\}.*?\\end\{pmatrix\}", line)
        height = 1 + max((cell.count(r"\\") for cell in cells), default=0)
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
    return max((len(line) for line in cell_text(cell).split("\n")), default=0)
