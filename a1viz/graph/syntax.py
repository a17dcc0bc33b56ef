"""Text to equations: names on the left of =, an expression on the right; what cannot be read is said, each problem at its place.

Knows nothing of graphs: what an equation means is `equations.py`'s business. Whatever the text, only EquationError leaves this module.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..base.errors import EquationError
from ..base.limits import EQUATION_PROBLEMS, EQUATIONS_CHARACTERS
from .expressions import OPERATORS, Expr, at, read_expression
from .operators import OPS
from .suggestions import of_operator
from .tokens import RESERVED, SourceLines, Token, parts_of, tokens_of

EXPECTED = "expected one assignment such as z = W @ x, got "


@dataclass(slots=True, eq=False)
class Equation:
    """An equation: the names on the left, and the expression on the right."""

    names: list[str]
    value: Expr
    source: SourceLines
    start: int

    @property
    def line(self) -> int:
        return self.source.place(self.start)[0]

    def error(self, message: str) -> EquationError:
        """An error that stands where the equation begins."""
        return self.source.error(self.start, message)


def statements_of(text: str, problems: list[EquationError]) -> list[Equation]:
    """The equations of a text; what cannot be read is added to `problems`, each equation by itself, so that all are reported."""
    if len(text) > EQUATIONS_CHARACTERS:
        problems.append(EquationError(f"the equations have {len(text):,} characters; at most {EQUATIONS_CHARACTERS:,} are read"))
        return []
    statements: list[Equation] = []
    for source in parts_of(text):
        try:
            parts = tokens_of(source)
        except EquationError as error:
            error.names = tuple(re.findall(r"\w+", source.text.partition("=")[0]))
            problems.append(error)
            parts = []
        for tokens in parts:
            try:
                statements.append(_statement(source, tokens))
            except EquationError as error:
                error.names = tuple(word for kind, word, *_ in tokens[: (_assignments(tokens) or [0])[0]] if kind == "name")
                problems.append(error)
            if len(problems) >= EQUATION_PROBLEMS:
                return statements
    if not statements and not problems:
        problems.append(EquationError("there is no equation; write one such as z = W @ x"))
    return statements


def _assignments(tokens: Sequence[Token]) -> list[int]:
    """Which tokens are the = of an equation, outside all brackets."""
    found, depth = [], 0
    for k, (_, word, *_) in enumerate(tokens):
        if word == "=" and not depth:
            found.append(k)
        depth += (word in ("(", "[", "{")) - (word in (")", "]", "}"))
    return found


def _statement(source: SourceLines, tokens: Sequence[Token]) -> Equation:
    start, end = tokens[0][2], tokens[-1][2]
    if len(tokens) == 1:
        raise source.error(start, "an equation is missing before this ;")
    found = _assignments(tokens)
    if not found:
        hint = "; == compares, and = gives a name its value" if any(word == "==" for _, word, *_ in tokens) else ""
        raise source.error(start, f"{EXPECTED}{source.quoted(start, end)}{hint}")
    k, *more = found
    if more and more[0] > k + 1:
        raise source.error(start, f"{EXPECTED}{source.quoted(start, end)}")
    names = _left_side(source, tokens[:k], tokens[k])
    return Equation(names, read_expression(source, tokens[k + 1 :]), source, start)


def _left_side(source: SourceLines, given: Sequence[Token], equals: Token) -> list[str]:
    """The names that are assigned, from what stands before the =."""
    if not given:
        raise source.error(equals[2], "the left side of = is missing; write a name, as in z = W @ x")
    for k, (_, word, place, _) in enumerate(given):
        if word[:1] in ("'", '"'):
            raise source.error(place, f"a name cannot have a quote; write {given[k - 1][1] if k else 'y'}_prime")
        if word in RESERVED:
            raise source.error(place, f"{word} is a reserved word; choose another name")
    k, size = 0, len(given)
    while k < size // 2 and given[k][1] == "(" and given[size - 1 - k][1] == ")":
        k += 1
    inner = given[k : size - k]
    names, commas = inner[::2], inner[1::2]
    if not names or any(kind != "name" for kind, *_ in names) or any(word != "," for _, word, *_ in commas):
        raise source.error(given[0][2], f"the left side must be a name, got {source.quoted(given[0][2], given[-1][3])}")
    return [word for _, word, *_ in names]


def check_operator(call: Expr, blocks: Iterable[str], variables: Iterable[str]) -> None:
    """Raise EquationError unless the name that is called is an operator of the language, and is given something."""
    name = call.word
    if name in blocks:
        raise at(call, f"the block {name} stands alone on the right of =, not inside an expression")
    if name in variables and name not in OPERATORS:
        raise at(call, f"{name} is a variable and cannot be called; write * for a product, [ ] for an entry")
    if name not in OPERATORS:
        raise at(call, f"unknown operator {name!r}{of_operator(name, OPERATORS)}")
    if not call.operands and OPS[name].args:
        raise at(call, f"{name} takes arguments: {OPS[name].call}")


def names_in(root: Expr) -> set[str]:
    """The variables of an expression."""
    found: set[str] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.kind == "name":
            found.add(node.word)
        waiting.extend(node.children)
    return found


def cycle_through(name: str, uses: Mapping[str, Sequence[str]]) -> list[str]:
    """A chain of uses from `name` back to itself, or nothing."""
    above: dict[str, str] = {}
    waiting = [name]
    while waiting:
        current = waiting.pop()
        for used in uses.get(current, ()):
            if used == name:
                chain = [name]
                while current != name:
                    chain.append(current)
                    current = above[current]
                return [name, *reversed(chain)]
            if used not in above:
                above[used] = current
                waiting.append(used)
    return []
