"""Tokens to a tree, by how strongly each sign holds its sides: a subset of Python's expressions, with its precedence and its own words.

What is not complete waits on a stack, so nothing here recurses. A new sign is a row of BINDING. The text files of the tests say for each
text which tree it is, or which message; whoever reads the language elsewhere compares with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..base.errors import EquationError
from ..base.limits import EQUATION_NESTING, EQUATION_TERMS
from .mistakes import CLOSING, LANGUAGE, Place, Waiting, never_opened, no_operator, no_value
from .operators import OPS
from .suggestions import of_operator
from .tokens import END, RESERVED, SourceLines, Token, number_of, tokens_of

OPERATORS = [name for name, op in OPS.items() if not op.batch]  # what a text may call
COMPARISONS = frozenset({"<", "<=", ">", ">=", "==", "!="})
BINDING = {  # how strongly a sign holds its left and its right side; with the stronger left side, ** groups to the right
    **dict.fromkeys(COMPARISONS, (1, 2)),
    "|": (3, 4), "&": (7, 8), "<<": (9, 10), ">>": (9, 10),
    "+": (11, 12), "-": (11, 12), "*": (13, 14), "/": (13, 14), "@": (13, 14), "//": (13, 14), "%": (13, 14),
    "**": (17, 16), "^": (17, 16),
}  # fmt: skip
PREFIX = 15  # of a sign in front: -x ** 2 is -(x ** 2), and -x * y is (-x) * y
FOREIGN = {  # signs that have a place in the order but are not in the language: what to write instead, of a and b
    "<": "write greater({b}, {a})", ">": "write greater({a}, {b})", "<=": "write at_least({b}, {a})", ">=": "write at_least({a}, {b})",
    "==": "write at_least({a}, {b}) * at_least({b}, {a})", "!=": "write 1 - at_least({a}, {b}) * at_least({b}, {a})",
    "^": "write ** for a power", "^T": "write {a}.T for the transpose",
    "//": LANGUAGE, "%": LANGUAGE, "|": LANGUAGE, "&": LANGUAGE, "<<": LANGUAGE, ">>": LANGUAGE,
}  # fmt: skip


@dataclass(slots=True, eq=False)
class Expr:
    """A part of an expression, and where it stands."""

    kind: str  # name, number, prefix, infix, transpose, entry or call
    word: str  # the name, the number as it is written, the sign, what is called
    operands: Sequence[Expr]
    source: SourceLines
    start: int
    end: int
    number: float = 0.0

    def __repr__(self) -> str:
        return source_of(self)


def at(node: Expr, message: str) -> EquationError:
    """An error that stands where `node` does."""
    return node.source.error(node.start, message)


def source_of(node: Expr) -> str:
    """What the user wrote, cut when long."""
    return node.source.quoted(node.start, node.end)


def expression_of(text: str) -> Expr:
    """A single expression. Raises EquationError."""
    source = SourceLines(text)
    return read_expression(source, tokens_of(source)[0])


def read_expression(source: SourceLines, tokens: Sequence[Token]) -> Expr:
    """The expression that some tokens are; the last of them is its end. Raises EquationError."""
    return _ExpressionReader(source, tokens).read()


class _ExpressionReader:
    """Reads one expression; a value is kept with where it begins and ends, its brackets included."""

    def __init__(self, source: SourceLines, tokens: Sequence[Token]) -> None:
        self.source, self.tokens = source, tokens
        self.values: list[tuple[Expr, int, int]] = []
        self.waiting: list[Waiting] = []
        self.depth = self.terms = 0

    def read(self) -> Expr:
        wants_value = True
        for k, token in enumerate(self.tokens):
            wants_value = self.before_value(k, token) if wants_value else self.after_value(k, token)
        return self.values[0][0]

    def before_value(self, k: int, token: Token) -> bool:
        """Take a token where a value is expected; returns whether one still is."""
        kind, word, start, end = token
        if (kind == "name" and word not in RESERVED) or kind == "number":
            try:
                number = number_of(word) if kind == "number" else 0.0
            except EquationError as error:
                raise self.error(token, error.message) from None
            self.count(token)
            self.values.append((Expr(kind, word, (), self.source, start, end, number), start, end))
            return False
        if word in ("+", "-"):
            self.count(token)
            self.waiting.append(Waiting(PREFIX, "prefix", word, start))
            return True
        if word == "(":
            self.open(token, Waiting(0, "group", word, start))
            return True
        if word == ")" and self.waiting and self.waiting[-1].kind == "call" and self.tokens[k - 1][1] in ("(", ","):
            return self.close(k, token)
        raise no_value(Place(self.source, self.tokens, k, self.waiting))

    def after_value(self, k: int, token: Token) -> bool:
        """Take a token after a value; returns whether another value is expected."""
        kind, word, start, _ = token
        if word in BINDING:
            left, right = BINDING[word]
            if word in COMPARISONS and any(w.word in COMPARISONS for w in self.inside()):
                raise self.error(token, "comparisons are not chained; multiply two: greater(b, a) * greater(c, b) for a < b < c")
            self.complete(left)
            self.waiting.append(Waiting(right, "infix", word, start))
            return True
        if word in (")", "]"):
            return self.close(k, token)
        if word in CLOSING:
            of = self.values.pop()
            if word == "(" and of[0].kind != "name":
                raise self.not_called(of[1], of[2], "; write * for a product")
            self.open(token, Waiting(0, "call" if word == "(" else "entry", word, start, of, len(self.values)))
            return True
        if kind == "attribute":
            return self.transpose(k, token)
        self.complete(0)
        if word == "," and self.waiting and self.waiting[-1].kind == "call":
            return True
        if kind != END or self.waiting:
            raise no_operator(Place(self.source, self.tokens, k, self.waiting))
        return False

    def count(self, token: Token) -> None:
        self.terms += 1
        if self.terms > EQUATION_TERMS:
            most = f"an equation has at most {EQUATION_TERMS:,} names, numbers, signs and .T"
            raise self.error(token, f"{most}, and this one has more; split it into several equations")

    def open(self, token: Token, waiting: Waiting) -> None:
        self.depth += 1
        if self.depth > EQUATION_NESTING:
            raise self.error(token, f"brackets are nested more than {EQUATION_NESTING} deep; split the equation into several")
        self.waiting.append(waiting)

    def complete(self, left: int) -> None:
        """Apply the signs that hold the last value more strongly than the one that comes now holds its left side."""
        while self.waiting and self.waiting[-1].binding > left:
            _, kind, word, start, *_ = self.waiting.pop()
            right, begin, end = self.values.pop()
            if kind == "prefix":
                term = Expr(kind, word, (right,), self.source, start, end)
            else:
                value, start, stop = self.values.pop()
                if word in FOREIGN:
                    a, b, both = (self.source.quoted(*span) for span in ((start, stop), (begin, end), (start, end)))
                    hint = FOREIGN["^T" if word == "^" and right.word == "T" else word].format(a=a, b=b)
                    raise self.source.error(start, f"{both} is not in the language: {hint}")
                term = Expr(kind, word, (value, right), self.source, start, end)
            self.values.append((term, start, end))

    def inside(self) -> Iterator[Waiting]:
        """The signs that wait inside the innermost bracket."""
        for waiting in reversed(self.waiting):
            if not waiting.binding:
                return
            yield waiting

    def close(self, k: int, token: Token) -> bool:
        _, word, _, end = token
        self.complete(0)
        if not self.waiting:
            raise never_opened(Place(self.source, self.tokens, k, self.waiting))
        _, kind, opening, start, of, first = self.waiting.pop()
        self.depth -= 1
        if CLOSING[opening] != word:
            raise self.error(token, f"this {word} closes no {opening}; write {CLOSING[opening]}")
        if of is None:
            self.values.append((self.values.pop()[0], start, end))
            return False
        value, start, _ = of
        operands = [argument for argument, *_ in self.values[first:]]
        del self.values[first:]
        if kind == "call":
            term = Expr(kind, value.word, operands, self.source, start, end)
        else:
            term = Expr(kind, "[]", (value, *operands), self.source, start, end)
        self.values.append((term, start, end))
        return False

    def transpose(self, k: int, token: Token) -> bool:
        _, word, _, end = token
        value, start, _ = self.values.pop()
        name = word.lstrip(". \t\n\\")
        if name != "T" and self.tokens[k + 1][1] == "(":
            raise self.not_called(start, end, f"; write {name}(...)" if name in OPERATORS else of_operator(name, OPERATORS))
        if name != "T":
            raise self.source.error(start, f"the only attribute is .T, the transpose; got .{name}")
        self.count(token)
        self.values.append((Expr("transpose", ".T", (value,), self.source, start, end), start, end))
        return False

    def error(self, token: Token, message: str) -> EquationError:
        return self.source.error(token[2], message)

    def not_called(self, start: int, end: int, hint: str) -> EquationError:
        return self.source.error(start, f"only operators can be called, got {self.source.quoted(start, end)}{hint}")
