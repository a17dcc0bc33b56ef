"""What is wrong with a token that stands where it cannot stand, in the language's own words, with what to write instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..base.errors import EquationError
from .tokens import END, RESERVED, SourceLines, Token

LANGUAGE = "names, numbers, lists, + - * / @ **, comparisons, calls of operators, .T and [entry]"
CLOSING = {"(": ")", "[": "]"}
SIGNS = frozenset("+ - * / @ ** // % ^ & | << >> < <= > >= == != , = ) ]".split())  # that have a value on their left
STEPS = "a slice has no steps, only where it begins and ends, as in x[1:4]"
QUOTES = 'text in quotes is an argument by itself, as in einsum("ij,jk->ik", A, B)'
SAYS = {  # what stands where a value is expected and is none, and what to write
    "|": "| is not in the language; write abs(x) for |x|",
    ":": "a slice is written inside brackets, as in x[1:4]",
    "if": "if is not in the language; write where(c, a, b) for a if c else b",
    "and": "and is not in the language; write a * b, which is 1 where both are",
    "or": "or is not in the language; write maximum(a, b), which is 1 where either is",
    "not": "not is not in the language; write 1 - a, which is 1 where a is 0",
    "'": QUOTES,
    '"': QUOTES,
    "\\": "a backslash continues a line only as its last character",
}


class Waiting(NamedTuple):
    """A sign or a bracket whose right side is not complete."""

    binding: int  # how strongly it holds its right side; a bracket: 0
    kind: str  # prefix, infix, keyword, slice, group, list, entry or call
    word: str
    start: int
    of: tuple[Any, int, int] | None = None  # what is called, or has the entry
    first: int = 0  # how many values stand before the arguments


@dataclass(frozen=True, slots=True)
class Place:
    """A token, the others, and what waits for the end of its right side there."""

    source: SourceLines
    tokens: Sequence[Token]
    k: int
    waiting: Sequence[Waiting]

    @property
    def before(self) -> Token:
        return self.tokens[self.k - 1] if self.k else (END, "", 0, 0)

    @property
    def after(self) -> Token:
        return self.tokens[min(self.k + 1, len(self.tokens) - 1)]

    @property
    def bracket(self) -> Waiting | None:
        """The innermost bracket."""
        return next((w for w in reversed(self.waiting) if not w.binding), None)

    @property
    def in_call(self) -> bool:
        """Whether the innermost bracket holds arguments."""
        return self.bracket is not None and self.bracket.kind == "call"

    def error(self, message: str) -> EquationError:
        return self.source.error(self.tokens[self.k][2], message)


def never_opened(place: Place) -> EquationError:
    word = place.tokens[place.k][1]
    return place.error(f"there is no {'(' if word == ')' else '['} that this {word} closes")


def no_value(place: Place) -> EquationError:
    """A token that stands where a value is expected."""
    kind, word, _, _ = place.tokens[place.k]
    before, bracket = place.before[1], place.bracket
    if kind == END and bracket:
        return _never_closed(place.source, bracket)
    if kind == END:
        return place.error(f"the right side of {before or '='} is missing")
    if word in ("True", "False", "None"):
        return place.error(_no_number(place, word))
    if word == "|" and place.after[1] == "|":
        return place.error("|| is not in the language; write norm(x), or norm2(x) for its square")
    if word == "{" and before == "^":
        return place.error("{ is not in the language; write W.T for the transpose, ** for a power")
    if word in ("'", '"') and place.in_call and before in ("(", ",", "="):
        return place.error(f"this {word} is never closed on its line; add {word}")
    if word == before == ":":
        return place.error(STEPS)
    if kind == "text" or (word in SAYS and (word != ":" or bracket)):
        return place.error(SAYS.get(word, QUOTES))
    if word in CLOSING.values() and not bracket:
        return never_opened(place)
    if word in CLOSING.values() and before in CLOSING:
        hint = "; write which entry, as in x[0]" if before == "[" else ""
        return place.error(f"there is nothing between {before} and {word}{hint}")
    if word in ("*", "**") and before in ("(", ",") and bracket and place.in_call:
        assert bracket.of is not None, bracket
        return place.source.error(bracket.of[1], f"{bracket.of[0].word} takes its arguments one by one, without stars")
    if word in SIGNS:
        return place.error(f"a value is missing {f'between {before} and {word}' if before else f'before {word}'}")
    return place.error(f"{word} is not in the language: {LANGUAGE}")


def no_operator(place: Place) -> EquationError:
    """A token that stands after a value and goes on with nothing; all signs before it are applied."""
    kind, word, start, _ = place.tokens[place.k]
    before, after, bracket = place.before, place.after, place.bracket
    if bracket and kind == END:
        return _never_closed(place.source, bracket)
    if word == "'" and before[0] == "name":
        return place.error(f"a name cannot have a quote; write {before[1]}_prime, or {before[1]}.T for the transpose")
    if word == "'":
        return place.error("a quote is not in the language; write .T for the transpose")
    if kind == "text" or (word in SAYS and (word != ":" or bracket)):
        return place.error(SAYS.get(word, QUOTES))
    if word == "," and before[0] == after[0] == "number" and before[3] == start and start + 1 == after[2]:
        return place.error(f"a number has a decimal point; write {before[1]}.{after[1]}")
    if word == ",":
        return place.error("a comma stands only in a call, a list or an entry; write one value")
    if word == "=" and place.in_call:
        return place.error("before = stands a name alone, as in axis=0; == compares")
    if word == "=":
        return place.error("= gives a name its value outside of all brackets; == compares")
    if (kind == "name" and word not in RESERVED) or kind == "number":
        times = f"{before[1]} * {word}" if before[0] == "number" else "* for a product entry by entry, @ for one of matrices"
        return place.error(f"an operator is missing between {before[1]} and {word}; write {times}")
    return place.error(f"{word} is not in the language: {LANGUAGE}")


def _never_closed(source: SourceLines, bracket: Waiting) -> EquationError:
    return source.error(bracket.start, f"this {bracket.word} is never closed; add {CLOSING[bracket.word]}")


def _no_number(place: Place, word: str) -> str:
    """What is said of True, False and None where they do not stand."""
    name = "axis" if word == "None" else "keepdims"
    return f"{word} is not a number" + (f"; it is given by name, as in {name}={word}" if place.in_call else "")
