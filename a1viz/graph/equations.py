"""Equations as text to a graph and back: a subset of Python's expressions, read with `ast` and never evaluated.

One assignment a line (or between `;`), each name once: `z1 = W1 @ x + b1`. An allow-list of syntax is turned into rows of the operator
table; anything else is an EquationError with file, line and column. See docs/reference/documents.md for the language.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..base.errors import EquationError, GraphError, did_you_mean
from ..base.limits import NODES
from .blocks import block_inputs, inline
from .declarations import check_name, declare
from .nodes import Builder, Document, Graph, Node
from .operators import INFIX, MATMUL, OPS
from .shapes import described
from .syntax import (
    MAX_PROBLEMS,
    OPERATORS,
    SYNTAX,
    arguments_of,
    at,
    called,
    check_operator,
    children_of,
    cycle_through,
    number,
    source_of,
    statements_of,
    target_names,
    uses_of,
)

INDEXED = {"pick": (0, 1), "scatter": (2, 1)}  # where the vector and the index stand among the arguments
NO_DOCUMENT = Document()
NOUNS = {"input": "an input", "parameter": "a parameter", "label": "a class label"}


def parse(text: str, /, parameters: Mapping[str, Any] | None = None, name: str = "graph", **inputs: Any) -> Graph:
    """Read equations into a graph.

    `inputs` gives each leaf's core shape: `x=["D"]` a vector, `W=[3, "D"]` a matrix, `s=[]` a scalar, `t={"class": 5}` a label 0..4.
    Leaves in `parameters` are drawn inside the equations. The outputs are the variables nobody uses.

    Raises EquationError, with every problem found, and ShapeError's facts in it. Source: design, section 4.

    >>> parse("z = W @ x + b; h = relu(z)", x=["D"], W=["H", "D"], b=["H"])
    <Graph graph: 5 variables, outputs h>
    """
    builder = Builder()
    problems: list[EquationError] = []
    for kind, leaves in (("input", inputs), ("parameter", parameters or {})):
        for leaf, shape in leaves.items():
            try:
                declare(builder, leaf, kind, shape)
            except GraphError as error:
                raise EquationError(str(error)) from None
    targets = read(text, builder, problems)
    if problems:
        raise joined(problems)
    return finish(builder, name, targets)


def finish(builder: Builder, name: str, targets: Sequence[str], document: Document = NO_DOCUMENT) -> Graph:
    """The graph of all equations read; its outputs are the targets nobody uses."""
    used = {i for node in builder.nodes.values() for i in node.inputs}
    outputs = [t for t in targets if t not in used]
    return builder.graph(name, outputs, document, keep=targets)


def joined(problems: Sequence[EquationError]) -> EquationError:
    """One error for all problems; it stands at the first."""
    first = problems[0]
    error = EquationError(first.message, first.line, first.column, first.path)
    if len(problems) > 1:
        error.args = ("\n".join(str(p) for p in problems),)
    return error


@dataclass(frozen=True)
class Origin:
    """Where in the file `path` a text begins; column -1 stands for a text on one line, whose columns are unknown."""

    path: str = ""
    line: int = 1
    column: int = 0


@dataclass(frozen=True)
class Surroundings:
    """What a text is read with: blocks by name, names that have been found wrong already, and the block of each instance, which is learnt.

    What uses the names in `broken` is not reported.
    """

    blocks: Mapping[str, Graph] = field(default_factory=dict)
    broken: Collection[str] = ()
    instances: dict[str, str] = field(default_factory=dict)


def read(
    text: str, builder: Builder, problems: list[EquationError], origin: Origin = Origin(), known: Surroundings | None = None
) -> list[str]:
    """Add the equations of `text` to `builder`; what is wrong is added to `problems`. Returns the names assigned, in order."""
    found: list[EquationError] = []
    statements = statements_of(text, found)
    targets = _Reader(builder, known or Surroundings(), found, statements, origin.line).targets()
    for error in sorted(found, key=lambda e: e.line)[:MAX_PROBLEMS]:
        is_told = origin.column >= 0
        line = error.line + origin.line - 1 if error.line and is_told else origin.line
        column = error.column + (origin.column if error.line == 1 else 0) if error.column and is_told else 0
        problems.append(EquationError(error.message, line, column, origin.path))
    return targets


def _placed(error: EquationError | GraphError, statement: ast.stmt) -> EquationError:
    """The error where it stands, or at the beginning of its statement."""
    if isinstance(error, EquationError) and error.line:
        return EquationError(error.message, error.line, error.column)
    return EquationError(error.message if isinstance(error, EquationError) else str(error), statement.lineno, statement.col_offset + 1)


class _Reader:
    """Turns statements into nodes; lives as long as one text is read."""

    def __init__(self, builder: Builder, known: Surroundings, problems: list[EquationError], statements: list[ast.stmt], line: int) -> None:
        self.builder, self.blocks, self.instances, self.problems, self.line = builder, known.blocks, known.instances, problems, line
        self.statements = [(statement, target_names(statement)) for statement in statements]
        self.broken = {*known.broken, *(name for error in problems for name in error.names)}  # what uses these is not reported again
        self.calls: Counter[str] = Counter()

    @cached_property
    def lines(self) -> dict[str, ast.stmt]:
        """Where each name is assigned first."""
        return {name: statement for statement, names in reversed(self.statements) for name in names}

    @cached_property
    def uses(self) -> dict[str, list[str]]:
        return uses_of(statement for statement, _ in self.statements)

    def targets(self) -> list[str]:
        done: list[str] = []
        for statement, names in self.statements:
            try:
                self.statement(statement, names)
                done += names
            except (EquationError, GraphError) as error:
                self.broken.update(names)
                if str(error):
                    self.problems.append(_placed(error, statement))
                if len(self.problems) >= MAX_PROBLEMS:
                    break
            if len(self.builder.nodes) > NODES:
                said = f"here the graph has more than {NODES:,} variables, those inside equations included; write a smaller one"
                self.problems.append(_placed(GraphError(said), statement))
                break
        return done

    def statement(self, statement: ast.stmt, names: list[str]) -> None:
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            raise at(statement, f"expected one assignment such as z = W @ x, got {source_of(statement)}")
        if not names:
            raise at(statement, f"the left side must be a name, got {source_of(statement.targets[0])}")
        for name in names:
            check_name(name)
            if name in self.blocks:
                raise at(statement, f"{name} is the name of a block; choose another name for the variable")
            if name in self.builder.nodes or self.lines[name] is not statement or names.count(name) > 1:
                raise at(statement, f"{name} is given twice{self.before(name, statement)}; each name is assigned once")
        value = statement.value
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in self.blocks:
            self.call_block(value, names)
        elif len(names) > 1:
            raise at(statement, f"{len(names)} names on the left need a block on the right, got {source_of(value)}")
        else:
            self.expression(value, names[0])

    def before(self, name: str, statement: ast.stmt) -> str:
        if name in self.builder.nodes and self.builder.nodes[name].is_leaf:
            return f", first as {NOUNS[self.builder.nodes[name].op]}"
        first = self.lines[name].lineno
        return f", first on line {first + self.line - 1}" if first < statement.lineno else ""

    def call_block(self, call: ast.Call, names: list[str]) -> None:
        block = called(call)
        self.calls[block] += 1
        instance = f"{block}{self.calls[block]}"
        if instance in self.instances or instance in self.lines or instance in self.builder.nodes:
            raise at(call, f"{instance} is the name of this instance of {block} and of something else; rename that, or the block")
        self.instances[instance] = block
        arguments = [self.expression(a, "", owner=names[0]) for a in arguments_of(call)]
        inline(self.builder, self.blocks[block], block, instance, arguments, names)

    def expression(self, root: ast.expr, name: str, owner: str = "") -> str:
        """Add the nodes of one expression, innermost first and without recursion; the last is called `name`."""
        done: dict[ast.expr, str | float] = {}
        waiting = [(root, False)]
        while waiting:
            node, ready = waiting.pop()
            children = children_of(node)
            if isinstance(node, ast.Call) and not ready:
                if called(node) in self.broken:
                    raise EquationError("")
                check_operator(node, self.blocks, self.builder.nodes)
            if children and not ready:
                waiting.append((node, True))
                waiting.extend((c, False) for c in reversed(children))
            else:
                done[node] = self.apply(node, children, done, name if node is root else "", owner or name)
        result = done[root]
        if isinstance(result, float):
            result = self.builder.constant(result)
        if name and result != name:  # a mere name or number on the right
            self.builder.add("identity", [result], name=name)
        return name or result

    def apply(self, node: ast.expr, children: list[ast.expr], done: Mapping[ast.expr, Any], name: str, owner: str) -> str | float:
        if isinstance(node, ast.Name):
            return self.known(node)
        if isinstance(node, ast.Constant):
            return number(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.UAdd):
            positive: str | float = done[children[0]]
            return positive
        if isinstance(node, ast.UnaryOp) and isinstance(number_inside := done[children[0]], float):
            return -number_inside
        operands = [self.builder.constant(v) if isinstance(v, float) else v for v in (done[c] for c in children)]
        op = self.operator(node, operands)
        if op in INDEXED and len(operands) == len(OPS[op].args):
            self.check_index(node, *((children[k], self.builder.nodes[operands[k]]) for k in INDEXED[op]))
        try:
            return self.builder.add(op, operands, name=name, owner=owner, labels=lambda: [source_of(c) for c in children])
        except GraphError as error:
            raise at(node, str(error)) from None

    def operator(self, node: ast.expr, operands: list[str]) -> str:
        """Which row of the table a piece of syntax stands for."""
        ranks = tuple(len(self.builder.shape(o)) for o in operands)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            if ranks not in MATMUL:
                raise at(node, f"{source_of(node)}: @ multiplies vectors and matrices; use * with a scalar")
            return MATMUL[ranks]
        if isinstance(node, ast.BinOp):
            return INFIX[SYNTAX[type(node.op)]]
        if isinstance(node, ast.UnaryOp):
            return "neg"
        if isinstance(node, ast.Attribute):
            if ranks != (2,):
                given = described(self.builder.shape(operands[0]))
                raise at(node, f"{source_of(node)}: .T is for matrices, but {source_of(node.value)} is {given}")
            return "transpose"
        if isinstance(node, ast.Subscript):
            return "pick"
        assert isinstance(node, ast.Call), ast.dump(node)
        return called(node)

    def check_index(self, node: ast.expr, of: tuple[ast.expr, Node], at_: tuple[ast.expr, Node]) -> None:
        """Raise EquationError unless `at_` can be an index of the vector `of`."""
        (vector_source, vector), (index_source, index) = of, at_
        text = source_of(node)
        if len(vector.shape) != 1:
            raise at(node, f"{text}: only vectors have entries, but {source_of(vector_source)} is {described(vector.shape)}")
        size = vector.shape[0]
        if index.op == "label":
            if index.value != size and not (isinstance(size, str) and "+" in size):
                what = f"{index.name} is a label of {index.value} classes, but {source_of(vector_source)} has {size} entries"
                raise at(node, f"{text}: {what}")
        elif index.op != "constant":
            raise at(node, f"{text}: an index is a number or a class label, and {source_of(index_source)} is neither")
        elif index.number < 0 or index.number != int(index.number) or (isinstance(size, int) and index.number >= size):
            last = size - 1 if isinstance(size, int) else f"{size} - 1"
            raise at(node, f"{text}: entries are counted from 0 to {last}, got {source_of(index_source)}")

    def known(self, node: ast.Name) -> str:
        name = node.id
        if name in self.builder.nodes:
            return name
        if name in self.broken:
            raise EquationError("")  # its own equation is reported already
        if name in self.lines:
            cycle = cycle_through(name, self.uses)
            self.broken.update(cycle)
            if cycle:
                links = cycle if len(cycle) < 12 else [*cycle[:6], "...", *cycle[-4:]]
                raise at(node, f"{name} is part of a cycle: {' -> '.join(links)}; no variable can be computed from itself")
            raise at(node, f"{name} is used before it is given; move its equation, on line {self.lines[name].lineno + self.line - 1}, up")
        if name in OPERATORS:
            raise at(node, f"{name} is an operator; give it arguments: {OPS[name].call}")
        if name in self.blocks:
            raise at(node, f"{name} is a block; call it: ... = {name}({', '.join(block_inputs(self.blocks[name]))})")
        raise at(node, f"unknown name {name!r}{did_you_mean(name, self.builder.nodes)}")
