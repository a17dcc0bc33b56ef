"""Equations as text to a graph and back: a subset of Python's expressions, read by rules of our own and never evaluated.

One assignment a line (or between `;`), each name once: `z1 = W1 @ x + b1`. An allow-list of syntax is turned into rows of the operator
table; anything else is an EquationError with file, line and column. See docs/reference/documents.md for the language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..base.errors import EquationError, GraphError, joined, shown
from ..base.limits import EQUATION_PROBLEMS
from .declarations import declare, given_problems, goal_problems, kept_value
from .document import NO_DOCUMENT, Document
from .nodes import Builder, Graph
from .reader import EquationReader, Surroundings
from .syntax import statements_of


def parse(
    text: str,
    /,
    parameters: Mapping[str, Any] | None = None,
    name: str = "graph",
    *,
    values: Mapping[str, Any] | None = None,
    symbols: Mapping[str, str] | None = None,
    outputs: str | Sequence[str] = (),
    loss: str = "",
    inputs: Mapping[str, Any] | None = None,
    **leaves: Any,
) -> Graph:
    """Read equations into a graph.

    `leaves` gives each leaf's core shape: `x=["D"]` a vector, `W=[3, "D"]` a matrix, `s=[]` a scalar, `t={"class": 5}` a label 0..4,
    `words={"class": 9, "shape": ["T"]}` an array of them; `inputs` gives those that are called as an argument of this function is.
    Leaves in `parameters` are drawn inside the equations. `values` are those of leaves that are not given later, `symbols` how names are
    printed, as in a document. The outputs are the variables nobody uses, unless `outputs` names them; `loss` is the scalar to be
    differentiated, where several outputs are scalars.

    Raises EquationError, with every problem found, and ShapeError's facts in it. Source: design, section 4.

    >>> parse("z = W @ x + b; h = relu(z)", x=["D"], W=["H", "D"], b=["H"])
    z = W @ x + b
    h = relu(z)
    """
    tables = {"parameters": parameters, "values": values, "symbols": symbols, "inputs": inputs}
    for argument, given in (*tables.items(), ("name", name)):
        if not isinstance(given, str if argument == "name" else Mapping | None):
            said = (
                f"{argument} is an argument of parse, and {shown(given)} is none; a leaf so called is given by inputs={{'{argument}': ...}}"
            )
            raise EquationError(said)
    builder = Builder()
    problems: list[EquationError] = []
    for kind, found in (("input", leaves), ("input", inputs or {}), ("parameter", parameters or {})):
        for leaf, shape in found.items():
            try:
                declare(builder, leaf, kind, shape)
            except GraphError as error:
                raise EquationError(str(error)) from None
    if not isinstance(text, str):
        raise EquationError(f"expected equations as text, such as 'z = W @ x', got {shown(text)}")
    targets = read(text, builder, problems)
    if problems:
        raise joined(problems)
    named = (outputs,) if isinstance(outputs, str) else outputs
    for problem in goal_problems(builder, named, loss).values():
        raise EquationError(problem)
    kept = {leaf: kept_value(value) for leaf, value in (values or {}).items()}
    graph = finish(builder, name, targets, Document(loss=loss, values=kept, symbols=dict(symbols or {})), named)
    wrong = given_problems(graph)
    if wrong:
        raise joined([EquationError(problem) for problem in wrong])
    return graph


def finish(builder: Builder, name: str, targets: Sequence[str], document: Document = NO_DOCUMENT, outputs: Sequence[str] = ()) -> Graph:
    """The graph of all equations read; its outputs are those named, or the targets nobody uses."""
    used = {i for node in builder.nodes.values() for i in node.inputs}
    return builder.graph(name, outputs or [t for t in targets if t not in used], document, keep=targets)


@dataclass(frozen=True)
class Origin:
    """Where in the file `path` a text begins; column -1 stands for a text on one line, whose columns are unknown."""

    path: str = ""
    line: int = 1
    column: int = 0


def read(
    text: str, builder: Builder, problems: list[EquationError], origin: Origin = Origin(), known: Surroundings | None = None
) -> list[str]:
    """Add the equations of `text` to `builder`; what is wrong is added to `problems`. Returns the names assigned, in order."""
    found: list[EquationError] = []
    statements = statements_of(text, found)
    targets = EquationReader(builder, known or Surroundings(), found, statements, origin.line).targets()
    for error in sorted(found, key=lambda e: (e.line, e.column))[:EQUATION_PROBLEMS]:
        is_told = origin.column >= 0
        line = error.line + origin.line - 1 if error.line and is_told else origin.line
        column = error.column + (origin.column if error.line == 1 else 0) if error.column and is_told else 0
        problems.append(EquationError(error.message, line, column, origin.path))
    return targets
