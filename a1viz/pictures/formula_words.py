"""A formula in words: for those who hear the page, and for its search."""

from __future__ import annotations

import re

NAMES = {
    "cdot": "times", "times": "times", "odot": "elementwise times", "circ": "elementwise times",
    "le": "at most", "leq": "at most", "ge": "at least", "geq": "at least",
    "ne": "not equal to", "neq": "not equal to", "approx": "about", "in": "in", "infty": "infinity", "partial": "d", "nabla": "gradient of",
    "sum": "sum", "prod": "product", "top": "transposed", "lVert": "norm of", "rVert": "", "lvert": "size of", "rvert": "", "to": "to",
    "dots": "and so on", "cdots": "and so on", "ldots": "and so on", "vdots": "and so on", "prime": "prime", "pm": "plus or minus",
    "max": "max", "min": "min", "succ": "greater than", "propto": "proportional to", "Rightarrow": "so", "mapsto": "to",
}  # fmt: skip
ACCENTS = {"bar": "bar", "overline": "bar", "hat": "hat", "widehat": "hat", "tilde": "tilde", "dot": "dot", "sqrt": "root"}
LOOKS = frozenset(
    "left right big Big bigl bigr Bigl Bigr text mathrm mathbf mathbb mathcal mathsf boldsymbol operatorname displaystyle textstyle quad "
    "qquad underbrace begin end limits nonumber hfill boxed tfrac hspace phantom".split()
)
INNERMOST = r"\{([^{}]*)\}"
PATTERNS = (
    (r"\\(begin|end)\{[^}]*\}(\{[^}]*\})?", " "),
    (r"\\\\(\[[^]]*\])?", "; "),
    (r"\\[,;:! ]|~|&", " "),
    (r"\^\{\(([^(){}]*)\)\}", r" \1 "),
    (rf"\\(?:text|mathrm|mathbf|mathbb|mathcal|mathsf|boldsymbol|operatorname)\s*{INNERMOST}", r"\1"),
    (r"\^\s*(?:\\top|\{\s*\\top\s*\}|\\mathsf\{T\})", " transposed "),
    (r"\^\s*\{?\s*-1\s*\}?(?!\d)", " inverse "),
    (r"\^\s*2(?!\d)|\^\{2\}", " squared "),
    (r"\^\s*\\prime|'", " prime "),
)


def formula_words(latex: str) -> str:
    r"""LaTeX as one would say it, roughly: nothing of it is lost that has a name.

    >>> formula_words(r"\bar{x} = \mathbf{W}^\top \frac{a}{b_1}")
    'x bar = W transposed a over b 1'
    >>> formula_words(r"\mathbf{h}_1 \circ \mathbf{h}_2, \quad t \in \{1, \dots, N\}")
    'h 1 elementwise times h 2, t in 1, and so on, N'
    """
    text = latex
    for pattern, spoken in PATTERNS:
        text = re.sub(pattern, spoken, text)
    before = ""
    while before != text:  # from the inside out
        before = text
        text = re.sub(rf"\\[dt]?frac\s*(?:{INNERMOST}|(\w))\s*(?:{INNERMOST}|(\w))", _over, text, count=1)
        text = re.sub(rf"\\({'|'.join(ACCENTS)})\b\s*(?:{INNERMOST}|(\\?[A-Za-z0-9]+))", _accented, text, count=1)
        text = re.sub(rf"(?<![a-z\\]){INNERMOST}", r" \1 ", text, count=1) if text == before else text
    text = re.sub(r"\\([A-Za-z]+)", _named, text)
    text = re.sub(r"\^", " to the power ", text)
    return re.sub(r" (?=[,;.)])", "", " ".join(re.sub(r"[_{}\\]", " ", text).split()))


def _over(found: re.Match[str]) -> str:
    return f" {found[1] or found[2]} over {found[3] or found[4]} "


def _accented(found: re.Match[str]) -> str:
    return f" {found[2] or found[3]} {ACCENTS[found[1]]} "


def _named(found: re.Match[str]) -> str:
    return "" if found[1] in LOOKS else f" {NAMES.get(found[1], found[1])} "
