r"""Arrays for a reader: as text, as a LaTeX matrix, as HTML. Of long ones the first and last entries are shown, as NumPy does."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from .arrays import Array

DIGITS = 6
THRESHOLD, EDGE = 60, 3  # entries that are all shown; of more this many at each end of an axis
DEEP = 3  # axes; of an array of more one entry at each end
COLUMNS, WIDTH = 10, 64  # of a LaTeX matrix: those that pmatrix takes, and characters that a line has room for
DOWN, ACROSS, BOTH = (r"\vdots", "⋮"), (r"\cdots", "⋯"), (r"\ddots", "⋱")  # for what is left out, in LaTeX and in HTML
NAMED = {"nan": r"\mathrm{NaN}", "inf": r"\infty", "-inf": r"-\infty"}


def array_text(value: Any, separator: str = " ") -> str:
    """An array for a reader: at most six digits, long ones cut."""
    value = np.asarray(value)
    edge, is_cut = _edge(value), value.size > THRESHOLD
    for axis in range(value.ndim) if is_cut else ():
        value = value.take([*range(edge + 1), *range(-edge, 0)], axis) if value.shape[axis] > 2 * edge else value  # one of what is left out
    value = value + 0 if value.dtype.kind == "f" else value  # no -0
    with np.printoptions(precision=DIGITS, threshold=0 if is_cut else THRESHOLD, edgeitems=edge, floatmode="maxprec", suppress=False):
        return np.array2string(value, separator=separator)


def array_line(value: Any) -> str:
    """The same in one line, as Python reads it.

    >>> array_line([[1.0, 2.0], [3.0, 4.5]])
    '[[1., 2.], [3., 4.5]]'
    """
    return re.sub(r"(?<=\[) | (?=[],])", "", re.sub(r"\s+", " ", array_text(value, ", ")))


def number_text(number: Any) -> str:
    """A number as short as six digits allow; a zero has no sign.

    >>> number_text(8.0), number_text(2 / 3), number_text(-0.0), number_text(1e-7)
    ('8', '0.666667', '0', '1e-07')
    """
    number = np.asarray(number).item()
    return f"{number + 0.0:.{DIGITS}g}" if isinstance(number, float) else str(number)


def number_latex(number: Any) -> str:
    r"""The same in LaTeX.

    >>> number_latex(-1.5e-7), number_latex(float("inf")), number_latex(True)
    ('-1.5 \\times 10^{-7}', '\\infty', '\\text{True}')
    """
    text = number_text(number)
    mantissa, e, exponent = text.partition("e")
    if re.fullmatch(r"-?\d+(\.\d+)?", mantissa) and (not e or re.fullmatch(r"[+-]?\d+", exponent)):
        return rf"{mantissa} \times 10^{{{int(exponent)}}}" if e else text
    return NAMED.get(text) or rf"\text{{{re.sub(r'[^A-Za-z0-9 .,:-]', ' ', text)}}}"


def array_latex(value: Any) -> str:
    r"""An array as a number, a column, a matrix; of more axes matrices beside or below one another. What is too wide for a page is cut.

    >>> array_latex([1.0, 3.0])
    '\\begin{pmatrix} 1 \\\\ 3 \\end{pmatrix}'
    """
    value = np.asarray(value)
    if value.ndim == 0:
        return number_latex(value)
    if not value.size:
        return r"\text{empty, }" + r" \times ".join(map(str, value.shape))
    if value.ndim > 2:
        edge = _edge(value) if len(value) > 2 * EDGE or value.ndim > DEEP else len(value)
        inside = [r"\dots" if k is None else array_latex(value[k]) for k in _places(len(value), edge)]
        if sum(map(_across, inside)) <= WIDTH:
            return rf"\left( {', '.join(inside)} \right)"
        lines = r" \\[2pt] ".join(inside)
        return rf"\left( \begin{{matrix}} {lines} \end{{matrix}} \right)"
    matrix = value[:, None] if value.ndim == 1 else value
    down = matrix.shape[0] if len(matrix) <= COLUMNS else EDGE
    fitting = [matrix.shape[1]] if matrix.shape[1] <= COLUMNS else []
    for across in (*fitting, EDGE, 2, 1):
        cells = _cells(matrix, (down, across), 0)
        if max(sum(map(_printed, row)) for row in cells) <= WIDTH:
            break
    lines = r" \\ ".join(" & ".join(row) for row in cells)
    return rf"\begin{{pmatrix}} {lines} \end{{pmatrix}}"


def _across(latex: str) -> int:
    """About how many characters wide a number, a matrix or matrices below one another are."""
    rows = re.sub(r"\\(?:begin|end)\{\w+\}|\\(?:left|right)", "", latex).split(r"\\")
    return max(sum(map(_printed, row.split("&"))) for row in rows)


def _printed(latex: str) -> int:
    """About how many characters wide an entry of a matrix is, with the space beside it."""
    return len(latex.replace(r"\times 10^", "x10").replace(r"\mathrm", "")) + 2


def array_html(value: Any) -> str:
    """An array as a matrix of HTML between brackets, a vector as a row; a single number as itself."""
    value = np.asarray(value)
    if value.ndim == 0:
        return _html(number_text(value))
    if not value.size:
        return "empty, " + " × ".join(map(str, value.shape))
    size = max(value.shape) if value.size <= THRESHOLD else _edge(value)
    return _matrix_html(value, size)


def _matrix_html(value: Array, size: int) -> str:
    if value.ndim > 2:
        rows = [[ACROSS[1] if k is None else _matrix_html(value[k], size) for k in _places(len(value), size)]]
    else:
        rows = _cells(value[None] if value.ndim == 1 else value, (size, size), 1)
    style = 'style="padding:0 .35em;border:0;text-align:right;background:none"'
    lines = ("".join(f"<td {style}>{cell}</td>" for cell in row) for row in rows)
    inside = "".join(f'<tr style="background:none">{line}</tr>' for line in lines)
    frame = "border:solid currentColor;border-width:0 1px;border-radius:.5em;border-collapse:separate;border-spacing:0;margin:.1em 0"
    return f'<table style="display:inline-table;vertical-align:middle;width:auto;{frame}"><tbody>{inside}</tbody></table>'


def _html(text: str) -> str:
    return (
        text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("-", "−" if re.fullmatch(r"-?[\d.]+|-inf", text) else "-")
    )


def _cells(matrix: Array, ends: tuple[int, int], how: int) -> list[list[str]]:
    """The written entries of a matrix, with dots for what is left out; `how` is 0 for LaTeX, 1 for HTML."""
    columns = _places(matrix.shape[1], ends[1])
    written = (number_latex, lambda number: _html(number_text(number)))[how]
    return [
        [BOTH[how] if i is j is None else DOWN[how] if i is None else ACROSS[how] if j is None else written(matrix[i, j]) for j in columns]
        for i in _places(matrix.shape[0], ends[0])
    ]


def _edge(value: Array) -> int:
    return EDGE if value.ndim <= DEEP else 1


def _places(n: int, end: int) -> list[int | None]:
    """The places along an axis that are shown, None where more than one between both ends is left out."""
    return list(range(n)) if n <= 2 * end + 1 else [*range(end), None, *range(n - end, n)]
