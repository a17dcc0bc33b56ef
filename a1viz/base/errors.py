"""What a1viz says when it cannot go on: one small family, each message tells how to mend the input.

- A1vizError            everything below; catch this one
  - EquationError       the text of an equation (line, column)
  - GraphError          names, blocks, cycles, outputs
    - ShapeError        shapes that do not fit
  - DocumentError       a graph document: every problem found, a line each
  - InputError          a value given at run time: missing, misshaped, out of range
  - DerivativeError     a derivative that does not exist
  - OutputError         a picture or a file that cannot be made or written
    - EngineError       the Graphviz engine is missing, failed or took too long
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self


class A1vizError(Exception):
    """Any error a1viz reports about what it was given; `in_shell` is the message where the command line has another way out."""

    in_shell: str = ""

    def with_shell(self, message: str) -> Self:
        """The error itself, with what the command line is to say."""
        self.in_shell = message
        return self


class EquationError(A1vizError):
    """An equation cannot be read; knows its file, line and column."""

    names: tuple[str, ...] = ()  # the variables whose equation it is, where that is known

    def __init__(self, message: str, line: int = 0, column: int = 0, path: str = "") -> None:
        self.message, self.line, self.column, self.path = message, line, column, path
        super().__init__(place(path, line, column) + message)


class GraphError(A1vizError):
    """A graph is malformed."""


class ShapeError(GraphError):
    """Shapes do not fit together."""


class DocumentError(A1vizError):
    """A document has problems; `problems` lists all of them, in the order of the file."""

    def __init__(self, problems: Iterable[str] | str) -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


class InputError(A1vizError):
    """A value given at run time does not fit the graph."""


class DerivativeError(A1vizError):
    """A derivative was asked for that does not exist."""


class OutputError(A1vizError):
    """A picture or file cannot be made or written."""


class EngineError(OutputError):
    """The layout engine is missing, failed, or took too long."""


def joined(problems: Sequence[EquationError]) -> EquationError:
    """One error for all problems; it stands at the first."""
    first = problems[0]
    error = EquationError(first.message, first.line, first.column, first.path)
    if len(problems) > 1:
        error.args = ("\n".join(str(p) for p in problems),)
    return error


def place(path: str = "", line: int = 0, column: int = 0) -> str:
    """Where something is: `graphs/x.toml, line 4, column 7: `; empty for an unknown place.

    >>> place("x.toml", 4)
    'x.toml, line 4: '
    """
    parts = [path] if path else []
    parts += [f"line {line}"] if line else []
    parts += [f"column {column}"] if column else []
    return ", ".join(parts) + ": " if parts else ""


def check_kind(given: object, kind: type, what: str) -> None:
    """Raise InputError for what is not of its kind: a name, most of all, instead of what has it."""
    if not isinstance(given, kind):
        raise InputError(f"expected {what}, got {shown(given)}")


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """A suggestion to append to a message, or nothing: a name within one edit that begins with the same letter, or one that goes on.

    >>> did_you_mean("relo", ["relu", "exp"]), did_you_mean("sigma", ["sign"])
    ("; did you mean 'relu'?", '')
    """
    if not isinstance(name, str):
        return ""
    known = list(islice(known, 10_000))
    plain = name.casefold()
    same = next((k for k in known if k.casefold() == plain and k != name), None)
    found = same or next((k for k in known if _is_near(k.casefold(), plain)), None)
    return f"; did you mean {found!r}?" if found else ""


def _is_near(a: str, b: str) -> bool:
    """Whether one letter after the first was added, left out, mistaken, or swapped with the next, or `a` goes on where `b` ends.

    Of two letters one is too many.
    """
    if len(b) > 4 and a.startswith(b):
        return True
    k = next((k for k, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    if not k or abs(len(a) - len(b)) > 1 or max(len(a), len(b)) < 3:
        return False
    return b[k + 1 :] in (a[k:], a[k + 1 :]) or b[k:] == a[k + 1 :] or b[k:] == a[k + 1 : k + 2] + a[k : k + 1] + a[k + 2 :]


def shown(text: object, limit: int = 60) -> str:
    """A user's text made safe for one line of a terminal: control and bidirectional marks escaped, cut when long.

    >>> shown("a\\nb")
    "'a\\\\nb'"
    """
    body = "'" + text + "'" if isinstance(text, str) else _repr(text)
    body = "".join(c if c.isprintable() else repr(c)[1:-1] for c in body[: limit + 1])
    return body if len(body) <= limit else body[: limit - 1] + "…"


def _repr(value: object) -> str:
    try:
        return repr(value)
    except Exception:  # an integer of thousands of digits, lists in lists, an array of what is no text
        return f"a very long {type(value).__name__}"
