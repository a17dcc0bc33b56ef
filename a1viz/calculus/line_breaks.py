r"""Long equations are broken before a + or - of the outermost sum, where the printed line would be wider than a page's column.

Serves `derivation` and `explanation`, whose lines stand in an `aligned`.
"""

from __future__ import annotations

import re

COLUMN = 90  # printed characters of one line
TOKEN = re.compile(r"\\left|\\right|\\begin|\\end|\\[A-Za-z]+|\\.|[{}()\[\]]| |[^\\{}()\[\] ]")
SILENT = frozenset(
    r"\left \right \mathbf \mathrm \boldsymbol \mathbb \bar \hat \tilde \dot \overline \widehat \widetilde \text \quad \, \; "
    r"\begin \end".split()
)
WORDS = frozenset(
    r"\log \exp \tanh \max \min \det \sin \cos \arctan \circ \cdot \sum \prod \mid \le \ge \ne \ast \in".split()
)  # and wide signs
BRACKET = re.compile(r"[{}()\[\]+-]|\\begin|\\end|\\?\|")
BEFORE = ("=", "+", "-", r"\,", r"\circ", r"\cdot")  # after these a + or - is a sign of what follows
SHORT = re.compile(r"\\(?:left|right|mathbf|mathrm|boldsymbol|mathbb|bar|hat|tilde|overline|text|quad|,)|[{}_^ ]|(?<=\\)[a-z]+")
WIDE = re.compile(r"[-+=<>]|\\")
OPENS, CLOSES = frozenset(("{", "(", "[", r"\begin")), frozenset(("}", ")", "]", r"\end"))


def width_of(latex: str) -> float:
    r"""About how many letters wide a formula is printed: of a fraction its wider half, an index less than a letter.

    >>> width_of(r"\frac{a + b}{\mathbf{x}} + x_{1}")
    9.6
    """
    return _width(TOKEN.findall(latex), 0)[0]


def _width(tokens: list[str], at: int) -> tuple[float, int]:
    """The width of a group, and where it ends."""
    total = 0.0
    while at < len(tokens) and tokens[at] != "}":
        token = tokens[at]
        at += 1
        if token == r"\frac":
            top, at = _width(tokens, at + 1)
            below, at = _width(tokens, at + 1)
            total += max(top, below)
        elif token in ("_", "^"):
            inside, at = _width(tokens, at + 1) if at < len(tokens) and tokens[at] == "{" else (1.0, at + 1)
            total += 0.6 * inside
        elif token == "{":
            inside, at = _width(tokens, at)
            total += inside
        elif token.startswith("\\") and token not in SILENT:
            total += 3 if token in WORDS else 1
        elif token not in SILENT and token not in " &":
            total += 3 if token in "+-=<>" else 1
    return total, at + 1


def broken(latex: str, column: float = COLUMN) -> list[str]:
    """The lines of an equation, the first with its left side: as many terms on each as fit, at least one."""
    if len(SHORT.sub("", latex)) + 2 * len(WIDE.findall(latex)) <= column:  # never less than the width
        return [latex]
    terms = terms_in(latex)
    lines, width = [terms[0]], width_of(terms[0])
    for term in terms[1:]:
        more = width_of(term)
        if width + more > column and lines[-1].strip():
            lines.append(term)
            width = more + 2
        else:
            lines[-1] += f" {term}"
            width += more
    return lines


def terms_in(latex: str) -> list[str]:
    """The equation cut before each + and - that stands outside all brackets and after a term."""
    cuts, depth, in_bars = [0], 0, False
    for found in BRACKET.finditer(latex):
        token = found[0]
        if token in OPENS:
            depth += 1
        elif token in CLOSES:
            depth -= 1
        elif token[-1] == "|":
            in_bars = not in_bars
        elif not depth and not in_bars and (before := latex[: found.start()].rstrip()) and not before.endswith(BEFORE):
            cuts.append(found.start())
    return [latex[start:end].strip() for start, end in zip(cuts, [*cuts[1:], len(latex)], strict=True)]


def aligned(latex: str, sign: str = " = ") -> str:
    """A line of an `aligned`, or several: aligned at its sign, what goes on further in."""
    first, *rest = broken(latex)
    lines = [re.sub(rf" ({sign.strip()}|\\quad) ", r" &\1 ", first, count=1), *(rf"&\quad {line}" for line in rest)]
    return " \\\\\n".join(lines)
