"""Tokens to a tree, by how strongly each sign holds its sides: a subset of Python's expressions, with its precedence and its own words.

What is not complete waits on a stack, so nothing here recurses. A new sign is a row of BINDING. The text files of the tests say for each
text which tree it is, or which message; whoever reads the language elsewhere compares with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..base.errors import EquationError
from ..base.limits import EQUATION_NESTING, EQUATION_TERMS
from .mistakes import CLOSING, LANGUAGE, STEPS, Place, Waiting, never_opened, no_operator, no_value
from .operators import OPS
from .suggestions import of_operator
from .tokens import END, RESERVED, SourceLines, Token, number_of, tokens_of

OPERATORS = [name for name, op in OPS.items() if not op.batch]  # what a text may call
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
CHAINED = "comparisons are not chained; multiply two: (a < b) * (b < c) for a < b < c"
LITERALS = {"True": True, "False": False, "None": None}  # only what a call is given by name
BINDING = {  # how strongly a sign holds its left and its right side; with the stronger left side, ** groups to the right
    **dict.fromkeys(COMPARISONS, (1, 2)),
    "|": (3, 4), "&": (7, 8), "<<": (9, 10), ">>": (9, 10),
    "+": (11, 12), "-": (11, 12), "*": (13, 14), "/": (13, 14), "@": (13, 14), "//": (13, 14), "%": (13, 14),
    "**": (17, 16), "^": (17, 16),
}  # fmt: skip
PREFIX = 15  # of a sign in front: -x ** 2 is -(x ** 2), and -x * y is (-x) * y
NAMED = 1  # of what is given by name in a call, and of the ends of a slice: less than of any sign
FOREIGN = {  # signs that have a place in the order but are not in the language: what to write instead, of a and b
    "^": "write ** for a power", "^T": "write {a}.T for the transpose",
    "&": "write {a} * {b}, which is 1 where both are", "|": "write maximum({a}, {b}), which is 1 where either is",
    "%": LANGUAGE, "<<": LANGUAGE, ">>": LANGUAGE,
}  # fmt: skip


@dataclass(slots=True, eq=False)
class Expr:
    """A part of an expression, and where it stands.

    Its kind is name, number, literal, text, prefix, infix, transpose, entry, slice, open, list or call. The operands of an entry are the
    value and its indices, those of a slice its two ends, each `open` where it is left out. Literals and texts stand only in a call.
    """

    kind: str
    word: str  # the name, the number or the text as it is written, the sign, what is called
    operands: Sequence[Expr]
    source: SourceLines
    start: int
    end: int
    number: float = 0.0
    named: Sequence[tuple[str, Expr]] = ()  # what a call is given by name

    @property
    def keywords(self) -> Mapping[str, Expr]:
        return dict(self.named)

    @property
    def children(self) -> list[Expr]:
        """The operands, and what is given by name."""
        return [*self.operands, *(value for _, value in self.named)]

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
        kind, word, start, _ = token
        if kind == "name" and word not in RESERVED:
            if self.tokens[k + 1][1] == "=" and self.is_argument(k):
                self.waiting.append(Waiting(NAMED, "keyword", word, start))
                return True
            return self.leaf(token, kind, word)
        if kind == "number":
            try:
                return self.leaf(token, kind, word, number_of(word))
            except EquationError as error:
                raise self.error(token, error.message) from None
        if word in ("+", "-"):
            self.count(token)
            self.waiting.append(Waiting(PREFIX, "prefix", word, start))
            return True
        if word in ("(", "["):
            self.open(token, Waiting(0, "group" if word == "(" else "list", word, start, None, len(self.values)))
            return True
        return self.in_bracket(k, token)

    def in_bracket(self, k: int, token: Token) -> bool:
        """Take a token where a value is expected that stands there only in some brackets."""
        kind, word, start, _ = token
        before, inside, opening = self.tokens[k - 1][1], *(self.waiting[-1][1:3] if self.waiting else ("", ""))
        if word == "=" and inside == "keyword" and before != "=":
            return True
        if word == ":" and inside == "entry" and before in ("[", ","):
            self.values.append((self.open_end(start), start, start))
            return self.slice(token)
        if word in ("]", ",") and inside == "slice":
            self.values.append((self.open_end(start), start, start))
            return self.after_value(k, token)
        if word == CLOSING.get(opening) and (before == "," or (before == opening and inside in ("call", "list"))):
            return self.close(k, token)
        if kind != END and self.tokens[k + 1][1] in (",", ")", ""):
            if kind == "text" and (self.is_argument(k) or before == "="):
                return self.leaf(token, kind, word[1:-1])
            if word in LITERALS and inside == "keyword":
                return self.leaf(token, "literal", word)
        raise no_value(Place(self.source, self.tokens, k, self.waiting))

    def is_argument(self, k: int) -> bool:
        """Whether an argument of a call begins with this token."""
        return bool(self.waiting) and self.waiting[-1].kind == "call" and self.tokens[k - 1][1] in ("(", ",")

    def leaf(self, token: Token, kind: str, word: str, number: float = 0.0) -> bool:
        _, _, start, end = token
        self.count(token)
        self.values.append((Expr(kind, word, (), self.source, start, end, number), start, end))
        return False

    def after_value(self, k: int, token: Token) -> bool:
        """Take a token after a value; returns whether another value is expected."""
        kind, word, start, _ = token
        if word in BINDING:
            left, right = BINDING[word]
            if word in COMPARISONS and any(w.word in COMPARISONS for w in self.inside()):
                raise self.error(token, CHAINED)
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
        if word == ":" and any(w.kind == "slice" for w in self.inside()):
            raise self.error(token, STEPS)
        self.complete(0)
        inside = self.waiting[-1].kind if self.waiting else ""
        if word == ":" and inside == "entry":
            return self.slice(token)
        if word == "," and inside in ("call", "list", "entry"):
            return True
        if kind != END or self.waiting:
            raise no_operator(Place(self.source, self.tokens, k, self.waiting))
        return False

    def slice(self, token: Token) -> bool:
        """Take the : after the first end of a slice."""
        self.count(token)
        self.waiting.append(Waiting(NAMED, "slice", ":", token[2]))
        return True

    def open_end(self, place: int) -> Expr:
        """An end of a slice that is left out."""
        return Expr("open", "", (), self.source, place, place)

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
            if kind in ("prefix", "keyword"):
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
        if kind == "group":
            self.values.append((self.values.pop()[0], start, end))
            return False
        given = [argument for argument, *_ in self.values[first:]]
        del self.values[first:]
        if of is None:
            term = Expr(kind, "[,]", given, self.source, start, end)
        elif kind == "entry":
            term = Expr(kind, "[]", (of[0], *given), self.source, of[1], end)
        else:
            term = self.call(of, given, end)
        self.values.append((term, term.start, end))
        return False

    def call(self, of: tuple[Expr, int, int], given: Sequence[Expr], end: int) -> Expr:
        """A call, with what it is given in order and what by name."""
        operands = [a for a in given if a.kind != "keyword"]
        named: dict[str, Expr] = {}
        for argument in given if len(operands) < len(given) else ():
            if argument.kind != "keyword" and named:
                raise at(argument, f"{source_of(argument)} stands after what is given by name; plain arguments come first")
            if argument.kind == "keyword" and argument.word in named:
                raise at(argument, f"{argument.word} is given twice")
            named |= {argument.word: argument.operands[0]} if argument.kind == "keyword" else {}
        return Expr("call", of[0].word, operands, self.source, of[1], end, 0.0, tuple(named.items()))

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
