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

from collections.abc import Iterable
from itertools import islice


class A1vizError(Exception):
    """Any error a1viz reports about what it was given."""


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


def place(path: str = "", line: int = 0, column: int = 0) -> str:
    """Where something is: `graphs/x.toml, line 4, column 7: `; empty for an unknown place.

    >>> place("x.toml", 4)
    'x.toml, line 4: '
    """
    parts = [path] if path else []
    parts += [f"line {line}"] if line else []
    parts += [f"column {column}"] if column else []
    return ", ".join(parts) + ": " if parts else ""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A suggestion to append to a message, or nothing.

    >>> did_you_mean("relo", ["relu", "exp"])
    "; did you mean 'relu'?"
    """
    import difflib

    known = list(islice(known, 10_000))
    same = next((k for k in known if k.casefold() == name.casefold() and k != name), None)
    if same:
        return f"; did you mean {same!r}?"
    similar = (k for k in known if abs(len(k) - len(name)) <= 3 and len(name) <= 100)
    close = difflib.get_close_matches(name, list(islice(similar, 1000)), n=1)  # difflib is slow on many or long names
    return f"; did you mean {close[0]!r}?" if close else ""


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
