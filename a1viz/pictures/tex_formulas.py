r"""Formulas for real TeX: what our own printer may write goes through, checked sign by sign; all else is set as the text that it is.

So no text of a document is ever a command: a name of a macro that is not listed here, an open bracket or a second exponent, and the
words are shown instead of the formula.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ..calculus.letters import GREEK
from .escaping import escape_latex
from .typesetting import LONGEST

TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\s+|.", re.S)
SIGNS = frozenset(
    r"""\top \prime \circ \cdot \times \odot \otimes \ast \star \bullet \pm \in \notin \le \ge \leq \geq \ne \neq \approx \sim \to \mapsto
    \infty \partial \nabla \sum \prod \int \mid \ll \gg \ell \emptyset \forall \exists \dots \ldots \cdots \vdots \ddots \quad \qquad
    \exp \log \ln \max \min \det \sin \cos \tan \sinh \cosh \tanh \arcsin \arccos \arctan \arg \lim \sup \inf \langle \rangle
    \lfloor \rfloor \lceil \rceil \| \{ \} \_ \% \# \& \$ \, \; \: \!""".split()
    + [rf"\{letter}" for letter in GREEK - {"omicron"}]
    + ["\\ "]
)  # stand by themselves
LETTERS = ("mathbf", "mathrm", "mathbb", "mathtt", "mathcal", "mathsf", "mathit", "boldsymbol", "operatorname")
ACCENTS = ("bar", "dot", "hat", "tilde", "vec", "overline", "underline", "widehat", "widetilde", "sqrt", "boxed")
ARGUMENTS = {rf"\{name}": 1 for name in (*LETTERS, *ACCENTS)} | {r"\frac": 2, r"\dfrac": 2, r"\tfrac": 2, r"\underbrace": 1}
DELIMITERS = frozenset(
    ("(", ")", "[", "]", "|", ".", "/", r"\langle", r"\rangle", r"\{", r"\}", r"\|", r"\lfloor", r"\rfloor", r"\lceil", r"\rceil")
)
ENVIRONMENTS = ("pmatrix", "bmatrix", "vmatrix", "matrix", "smallmatrix", "cases", "aligned")
COLUMNS = re.compile(r"[lcr|@{}]{1,40}")
PLAIN = re.compile(r"[A-Za-z0-9+\-*/=<>()\[\]|.,:;!?\s]")
DEEP = 40  # brackets inside one another
SHOWN = 80  # characters of a text that is no formula


def formula(latex: str, text: str = "") -> str:
    r"""A formula as TeX may read it between dollar signs: itself, or, if it is none, `text` (else what it says) as text.

    >>> print(formula(r"\mathbf{z}_{1}"), formula(r"\input{x}", "x"), formula(r"\text{50%}"))
    \mathbf{z}_{1} \text{x} \text{50\%}
    """
    return checked(latex) or rf"\text{{{escape_latex(shortened(text or latex))}}}"


def shortened(text: str) -> str:
    """The beginning of a text that is no formula, as the other pictures show it."""
    words = " ".join(text.split())
    return words[:SHOWN] + "…" if len(words) > SHOWN else words or " "


@lru_cache(maxsize=4096)
def checked(latex: str) -> str:
    """The formula, its texts escaped, if it is one; nothing otherwise."""
    if len(latex) > LONGEST or not latex.strip():
        return ""
    reader = _Reader(TOKEN.findall(latex))
    try:
        reader.maths("", 0)
    except _NoFormulaError:
        return ""
    return re.sub(r"\s+", " ", "".join(reader.written))  # not stripped: a backslash may stand before the last


class _NoFormulaError(Exception):
    """What is read is no formula of our printer."""


class _Reader:
    """Reads one formula from its first token to its last, and writes it down again."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.at = tokens, 0
        self.written: list[str] = []

    def take(self, *expected: str) -> str:
        """The next token. Raises where there is none, or another one than expected."""
        if self.at >= len(self.tokens) or (expected and self.tokens[self.at] not in expected):
            raise _NoFormulaError
        token = self.tokens[self.at]
        self.at += 1
        self.written.append(token)
        return token

    def maths(self, end: str, depth: int, is_table: bool = False) -> None:
        """Everything up to the token `end`, which is taken too, or to the last."""
        if depth > DEEP:
            raise _NoFormulaError
        scripts = ""
        while self.at < len(self.tokens) or end:
            token = self.take()
            if token == end:
                return
            if token in ("_", "^"):
                if token in scripts or (token == "^" and "'" in scripts[:-1]):
                    raise _NoFormulaError
                self.script(depth)
                scripts += token
            elif token == "'":
                if "^" in scripts or (scripts and "'" in scripts and not scripts.endswith("'")):
                    raise _NoFormulaError
                scripts += token
            else:
                self.atom(token, depth, is_table)
                scripts = scripts if token.isspace() else ""

    def atom(self, token: str, depth: int, is_table: bool) -> None:
        """What can have an index: a sign, a macro with its arguments, brackets, a table."""
        if token == "{":
            self.maths("}", depth + 1)
        elif token in ARGUMENTS:
            for _ in range(ARGUMENTS[token]):
                self.group(depth)
        elif token == r"\text":
            self.text()
        elif token == r"\left":
            self.take(*DELIMITERS, "<", ">")
            self.maths(r"\right", depth + 1)
            self.take(*DELIMITERS, "<", ">")
        elif token == r"\begin":
            self.table(depth)
        elif (
            token not in SIGNS and not PLAIN.fullmatch(token[:1] if token.isspace() else token) and not (is_table and token in ("&", r"\\"))
        ):
            raise _NoFormulaError

    def group(self, depth: int) -> None:
        self.take("{")
        self.maths("}", depth + 1)

    def script(self, depth: int) -> None:
        """What stands below or above: one sign, or a group."""
        token = self.take()
        if token == "{":
            self.maths("}", depth + 1)
        elif token.isspace() or not (token in SIGNS or PLAIN.fullmatch(token)):
            raise _NoFormulaError

    def text(self) -> None:
        """Words: escaped, but for what our printer has escaped itself."""
        self.take("{")
        while (token := self.take()) != "}":
            if token in (r"\_", r"\,", r"\ ", r"\;"):
                continue
            if token.startswith("\\") or token == "{":
                raise _NoFormulaError
            self.written[-1] = escape_latex(token)

    def table(self, depth: int) -> None:
        """An environment: cells between &, rows between double backslashes."""
        name = self.name()
        if name == "array":
            if not COLUMNS.fullmatch(self.name()):
                raise _NoFormulaError
        elif name not in ENVIRONMENTS:
            raise _NoFormulaError
        self.maths(r"\end", depth + 1, True)
        if self.name() != name:
            raise _NoFormulaError

    def name(self) -> str:
        """What stands in braces, letter by letter."""
        self.take("{")
        start = self.at
        while self.take() != "}":
            pass
        return "".join(self.tokens[start : self.at - 1])
