"""Text to tokens: names, numbers and signs, each with its place; the first half of the reader of the equation language.

The words of the messages are this language's own, and so are its bounds: no parser and no version of Python has a say.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..base.errors import EquationError, shown
from ..base.limits import NAME_CHARACTERS
from .suggestions import of_sign

RESERVED = frozenset(  # a value is given as run(g, x=...), so a name must be one in Python too
    "False None True and as assert async await break class continue def del elif else except finally for from global if import in is "
    "lambda nonlocal not or pass raise return try while with yield".split()
)
DIGITS = r"\d(?:_?\d)*"
NUMBER = re.compile(
    r"0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|0(?:_?0)*|[1-9](?:_?\d)*"
    rf"|(?:{DIGITS}\.(?:{DIGITS})?|\.{DIGITS})(?:[eE][+-]?{DIGITS})?|{DIGITS}[eE][+-]?{DIGITS}",
    re.ASCII,
)
TOKEN = re.compile(
    r"(?:\s|\\\n)*(?:(?P<name>[A-Za-z_]\w*)"
    r"|(?P<number>0[xX]\w*|(?:\d|\.\d)(?:[eE][+-](?=\d)|[\w.])*)"  # whatever begins like one
    r"|(?P<attribute>\.(?:\s|\\\n)*[A-Za-z_]\w*)"
    r"|(?P<text>(?<![\w)\]'.])(?:'[^'\n]*'|\"[^\"\n]*\"))"  # after a name a quote is the prime of a paper
    r"|(?P<sign>\*\*=|//=|<<=|>>=|\*\*|//|<<|>>|[-+*/@%&|^<>=!:]=|\S))",
    re.ASCII,
)
BEGINS = re.compile(r"[A-Za-z_][\w, ]*=[^=]", re.ASCII)  # an equation, or what a call is given by name
NAMED = re.compile(r"[A-Za-z_]\w*[ \t]*=[^=]", re.ASCII)
BRACKET = re.compile(r"(?:(?P<call>\w)[ \t]*)?(?P<opens>[(\[{])|[)\]}]", re.ASCII)
ASCII_FOR = {
    "−": "-", "–": "-", "·": "*", "×": "*", "∘": "*", "⊙": "*", "∗": "*", "÷": "/",
    "²": "** 2", "ᵀ": ".T", "⊤": ".T", "′": "_prime", "’": "_prime",
}  # fmt: skip
END = "end"


@dataclass(frozen=True, slots=True, eq=False)
class SourceLines:
    """Lines of a text that belong together, without comments and without the margin of the whole text."""

    text: str
    line: int = 1  # of the first
    margin: int = 0

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, counted from 1."""
        return self.line + self.text.count("\n", 0, offset), offset - self.text.rfind("\n", 0, offset) + self.margin

    def error(self, offset: int, message: str) -> EquationError:
        return EquationError(message, *self.place(offset))

    def quoted(self, start: int, end: int) -> str:
        """What the user wrote there, on one line, cut when long."""
        text = " ".join(self.text[start:end].replace("\\\n", " ").split())
        return text if len(text) <= 60 else text[:59] + "…"


Token = tuple[str, str, int, int]  # name, number, attribute, text, sign or end; what is written; where it begins and ends


def parts_of(text: str) -> Iterator[SourceLines]:
    """Lines that belong together: an open parenthesis or a backslash goes on in the next line."""
    lines = [line.partition("#")[0] for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    margin = _margin(lines)
    lines = [line[margin:] for line in lines]
    named: set[int] | None = None
    part: list[str] = []
    first, depth = 1, 0
    for k, line in enumerate(lines, 1):
        if part and BEGINS.match(line):
            named = _given_by_name(lines) if named is None else named
            if k not in named:
                yield SourceLines("\n".join(part), first, margin)
                part, depth = [], 0
        if part or line.strip():
            first = first if part else k
            part.append(line)
            depth += sum(map(line.count, "([{")) - sum(map(line.count, ")]}"))
            if depth <= 0 and not line.endswith("\\"):
                yield SourceLines("\n".join(part), first, margin)
                part, depth = [], 0
    if part:
        yield SourceLines("\n".join(part), first, margin)


def _margin(lines: Sequence[str]) -> int:
    """How far all lines are indented, as in a text written inside a function."""
    text = [line for line in lines if line.strip()]
    first, last = min(text, default=""), max(text, default="")
    return next((k for k, (a, b) in enumerate(zip(first, last, strict=False)) if a != b or a not in " \t"), 0)


def _given_by_name(lines: Sequence[str]) -> set[int]:
    """Which lines, counted from 1, go on with what a call is given by name, as `axis=0)` does, and begin no equation.

    Such a line comes after ( or , of a call that is closed before the next equation begins; where it never is, its bracket is what
    is wrong, and the line an equation, unless it ends with a comma.
    """
    before = ""
    found: set[int] = set()
    waiting: list[list[int] | None] = []  # for each open bracket the lines that may be given to it; None for what is no call
    for k, line in enumerate(lines, 1):
        text = line.rstrip(" \t\\")
        if BEGINS.match(line):
            if not (waiting and waiting[-1] is not None and before.endswith(("(", ",")) and NAMED.match(line)):
                waiting = []
            elif text.endswith(",") and sum(map(line.count, "([{")) == sum(map(line.count, ")]}")):
                found.add(k)
            else:
                waiting[-1].append(k)
        for bracket in BRACKET.finditer(line):
            if bracket["opens"]:
                waiting.append([] if bracket["call"] and bracket["opens"] == "(" else None)
            elif waiting:
                found.update(waiting.pop() or ())
        before = text or before
    return found


def tokens_of(source: SourceLines) -> list[list[Token]]:
    """The tokens of each statement; the last of each is its end. Raises EquationError."""
    text = source.text
    bad = re.search(r"[^\t\n -~]", text)
    if bad:
        hint = of_sign(text[bad.start() : bad.start() + 9]) or _written(bad[0])
        raise source.error(bad.start(), f"{shown(bad[0])} is not in the language; {hint}")
    if text[0] in " \t":
        raise source.error(0, "this line is indented; equations begin at the same margin")
    statements: list[list[Token]] = [[]]
    last = _end_of(text)
    for match in TOKEN.finditer(text, 0, last):
        kind = match.lastgroup or END
        start, end = match.span(kind)
        word = match[kind]
        if word == ";":
            statements[-1].append((END, "", start, start))
            statements.append([])
            continue
        if kind == "name" and end - start > NAME_CHARACTERS:
            raise source.error(start, f"{shown(word)} is too long for a name: {end - start} characters, at most {NAME_CHARACTERS}")
        statements[-1].append((kind, word, start, end))
    statements[-1].append((END, "", last, last))
    if len(statements[-1]) == 1:
        statements.pop()  # after the last semicolon, or nothing but a backslash
    return statements


def _end_of(text: str) -> int:
    """Where a text ends, without the white space and the backslashes that go on in an empty line."""
    end = len(text.rstrip())
    while text[end - 1 : end + 1] == "\\\n":
        end = len(text[: end - 1].rstrip())
    return end


def _written(character: str) -> str:
    """How to write in ASCII what a paper prints."""
    name = unicodedata.name(character, "").rpartition(" SMALL LETTER ")
    if character in ASCII_FOR:
        return f"write {ASCII_FOR[character]}"
    if name[0] == "GREEK" and name[2].isalpha():
        return f"write {name[2].lower()}"
    return "write names with letters, digits and _"


def number_of(literal: str) -> float:
    """The value of a number as Python writes them; raises EquationError without a place.

    >>> number_of("1_000"), number_of("0x10"), number_of(".5e1")
    (1000.0, 16.0, 5.0)
    """
    if not NUMBER.fullmatch(literal):
        raise EquationError(_malformed(literal))
    base = {"x": 16, "o": 8, "b": 2}.get(literal[1:2].lower())
    try:
        value = float(int(literal, base)) if base else float(literal)
    except OverflowError:
        value = math.inf
    if math.isinf(value):
        raise EquationError("this number is too large for a float")
    return value


def _malformed(literal: str) -> str:
    said = literal if len(literal) <= 40 else literal[:39] + "…"
    product = re.fullmatch(r"([\d_.]+)(?![jJ]$)([A-Za-z]\w*)", literal, re.ASCII)
    if product and NUMBER.fullmatch(product[1]) and not re.match("0[xXoObB]", literal):
        return f"an operator is missing in {said}; write {product[1][:40]} * {product[2][:40]}"
    zeros = "; leave out the zeros in front" if re.fullmatch(r"0[\d_]+", literal) else ""
    return f"{said} is not a number{zeros}"
