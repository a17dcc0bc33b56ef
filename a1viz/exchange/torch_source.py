"""What the lines of a program assign, from the stack traces that PyTorch's export keeps: the names a reader of the program expects.

A trace lists the frames from the module's own `forward` inward. What belongs to PyTorch itself is left out; the statement around a line is
read from the file, where it is there, else from the line alone.
"""

from __future__ import annotations

import ast
import linecache
import re
import textwrap
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

FRAME = re.compile(r'File "([^"\n]{1,500})", line (\d{1,9}), in ([^\n]{1,200})\n?([^\n]{0,500})')
LIBRARY = "-packages/torch/"  # where PyTorch is installed; a program may lie in a folder of that name
OPERATIONS = (ast.Call, ast.BinOp, ast.UnaryOp, ast.Compare, ast.Subscript)


class ProgramFrame(NamedTuple):
    """One level of a stack trace."""

    file: str
    line: int
    function: str
    text: str

    @property
    def is_library(self) -> bool:
        return LIBRARY in self.file.replace("\\", "/")


class ProgramStatement(NamedTuple):
    """A statement of a program: where it begins, what it assigns, and how many operations are written in it."""

    line: int
    targets: tuple[str, ...] = ()  # empty for what has no name of its own
    operations: int = 0


def frames_of(trace: str) -> list[ProgramFrame]:
    """The frames of a stack trace, the outermost first.

    >>> frames_of('File "net.py", line 9, in forward\\n    h = relu(x)')
    [ProgramFrame(file='net.py', line=9, function='forward', text='    h = relu(x)')]
    """
    return [ProgramFrame(file, int(line), function, text) for file, line, function, text in FRAME.findall(trace[-20_000:])]


def statement_at(frame: ProgramFrame) -> ProgramStatement:
    """The statement that a frame was in."""
    found = next((s for s in reversed(_statements(frame.file)) if s.lineno <= frame.line <= (s.end_lineno or s.lineno)), None)
    found = found or _alone(frame.text)
    if found is None:
        return ProgramStatement(frame.line)
    line = found.lineno if _statements(frame.file) else frame.line
    return ProgramStatement(line, targets_of(found), sum(isinstance(node, OPERATIONS) for node in ast.walk(found)))


@lru_cache(maxsize=64)
def _statements(file: str) -> tuple[ast.stmt, ...]:
    """The statements of a file without those that only hold others, by their lines; none if it cannot be read."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    simple = (node for node in ast.walk(tree) if isinstance(node, ast.stmt) and not hasattr(node, "body"))
    return tuple(sorted(simple, key=lambda node: (node.lineno, -(node.end_lineno or 0))))


def _alone(text: str) -> ast.stmt | None:
    """The statement that a line is by itself, or begins."""
    for end in ("", "pass", ")", "])"):
        try:
            return ast.parse(textwrap.dedent(text).strip() + end).body[0]
        except (SyntaxError, ValueError, IndexError, RecursionError, MemoryError):
            continue
    return None


def targets_of(statement: ast.stmt) -> tuple[str, ...]:
    """The names that a statement assigns; attributes of `self` by their own.

    >>> [targets_of(ast.parse(text).body[0]) for text in ("h = f(x)", "q, (k, v) = f(x)", "y[0] += x", "self.z = x", "return f(x)")]
    [('h',), ('q', 'k', 'v'), ('y',), ('z',), ()]
    """
    if isinstance(statement, ast.Assign):
        return tuple(_names(statement.targets[-1]))
    if isinstance(statement, (ast.AugAssign, ast.AnnAssign)):
        return tuple(_names(statement.target))
    return ()


def _names(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Attribute):
        yield target.attr
    elif isinstance(target, (ast.Starred, ast.Subscript)):
        yield from _names(target.value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        for part in target.elts:
            yield from _names(part)


def period(items: Sequence[object], operations: int) -> int:
    """How many of the items one execution of a statement makes, where they are more than it has operations, and go round.

    >>> period(["linear", "relu", "linear", "relu"], 2), period(["mul", "mul"], 2), period(["select", "add", "tanh"], 2)
    (2, 2, 3)
    """
    count = len(items)
    if count <= max(operations, 1):
        return count
    lengths = (n for n in range(1, count) if count % n == 0)
    return next((n for n in lengths if all(items[k] == items[k % n] for k in range(n, count))), count)
