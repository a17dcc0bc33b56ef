"""What the equations of a text mean: trees to nodes, each piece of syntax a row of the operator table.

Serves `equations.py`. Whatever a text says, what is wrong with it is collected, each problem at its place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..base.columns import counted
from ..base.errors import EquationError, GraphError
from ..base.limits import EQUATION_PROBLEMS
from .blocks import Block, Call, inline
from .declarations import check_name
from .expressions import OPERATORS, Expr, at, source_of
from .nodes import Builder, Node
from .operators import INFIX, OPS, matmul_of
from .shapes import described
from .suggestions import of_variable
from .syntax import Equation, check_operator, cycle_through, names_in

INDEXED = {"pick": (0, 1), "scatter": (2, 1)}  # where the vector and the index stand among the arguments
SIGNS = {("prefix", "-"): "neg", ("entry", "[]"): "pick", **{("infix", sign): op for sign, op in INFIX.items()}}
NOUNS = {"input": "an input", "parameter": "a parameter", "label": "a class label"}


@dataclass(frozen=True)
class Surroundings:
    """What a text is read with: blocks by name, names that have been found wrong already; and what is learnt: the block of each instance,
    the calls, and sizes that cannot be other numbers.

    What uses the names in `broken` is not reported.
    """

    blocks: Mapping[str, Block] = field(default_factory=dict)
    broken: Collection[str] = ()
    instances: dict[str, str] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    fixed: dict[str, tuple[int, str]] = field(default_factory=dict)


def _placed(error: EquationError | GraphError, statement: Equation) -> EquationError:
    """The error where it stands, or at the beginning of its statement."""
    if isinstance(error, EquationError) and error.line:
        return EquationError(error.message, error.line, error.column)
    return statement.error(error.message if isinstance(error, EquationError) else str(error))


class EquationReader:
    """Turns statements into nodes; lives as long as one text is read."""

    def __init__(self, builder: Builder, known: Surroundings, problems: list[EquationError], statements: list[Equation], line: int) -> None:
        self.builder, self.blocks, self.surroundings, self.problems, self.line = builder, known.blocks, known, problems, line
        self.statements = statements
        self.broken = {*known.broken, *(name for error in problems for name in error.names)}  # what uses these is not reported again
        self.calls: Counter[str] = Counter()

    @cached_property
    def lines(self) -> dict[str, Equation]:
        """Where each name is assigned first."""
        return {name: statement for statement in reversed(self.statements) for name in statement.names}

    @cached_property
    def uses(self) -> dict[str, list[str]]:
        """Which names each assigned name is computed from."""
        return {name: sorted(names_in(statement.value)) for statement in self.statements for name in statement.names}

    def targets(self) -> list[str]:
        done: list[str] = []
        for statement in self.statements:
            try:
                self.statement(statement)
                done += statement.names
            except (EquationError, GraphError) as error:
                self.broken.update(statement.names)
                if str(error):
                    self.problems.append(_placed(error, statement))
                if len(self.problems) >= EQUATION_PROBLEMS:
                    break
            if len(self.builder.nodes) > self.builder.most:
                said = f"here the graph has more than {self.builder.most:,} variables, those inside equations included; write a smaller one"
                self.problems.append(_placed(GraphError(said), statement))
                break
        return done

    def statement(self, statement: Equation) -> None:
        names, value = statement.names, statement.value
        for name in names:
            check_name(name)
            if name in self.blocks:
                raise statement.error(f"{name} is the name of a block; choose another name for the variable")
            if name in self.builder.nodes or self.lines[name] is not statement:
                raise statement.error(f"{name} is given twice{self.before(name, statement)}; each name is assigned once")
        if len(set(names)) < len(names):
            twice = next(name for name, count in Counter(names).items() if count > 1)
            raise statement.error(f"{twice} is given twice; each name is assigned once")
        if value.kind == "call" and value.word in self.blocks:
            self.call_block(value, names)
        elif len(names) > 1:
            raise statement.error(f"{len(names)} names on the left need a block on the right, got {source_of(value)}")
        else:
            self.expression(value, names[0])

    def before(self, name: str, statement: Equation) -> str:
        if name in self.builder.nodes and self.builder.nodes[name].is_leaf:
            return f", first as {NOUNS[self.builder.nodes[name].op]}"
        first = self.lines[name].line
        return f", first on line {first + self.line - 1}" if first < statement.line else ""

    def call_block(self, call: Expr, names: list[str]) -> None:
        block = self.blocks[call.word]
        instances = block.instances(self.calls[block.name])
        self.calls[block.name] += len(instances)
        for instance in instances:
            if instance in self.surroundings.instances or instance in self.lines or instance in self.builder.nodes:
                raise at(call, f"{instance} is the name of this instance of {block.name} and of something else; rename that, or the block")
        self.surroundings.instances.update(dict.fromkeys(instances, block.name))
        if call.keywords:
            raise at(call, f"{block.name} is given its inputs in their order, without names: {', '.join(block.inputs)}")
        arguments = [self.expression(a, "", owner=names[0]) for a in call.operands]
        self.surroundings.calls.append(Call(block.name, tuple(instances), tuple(arguments), tuple(names)))
        self.surroundings.fixed.update(inline(self.builder, block, instances, arguments, names))

    def expression(self, root: Expr, name: str, owner: str = "") -> str:
        """Add the nodes of one expression, innermost first and without recursion; the last is called `name`."""
        done: dict[Expr, str | float] = {}
        waiting = [(root, False)]
        while waiting:
            node, ready = waiting.pop()
            if node.operands and not ready:
                if node.kind == "call":
                    self.check_call(node)
                waiting.append((node, True))
                waiting.extend((c, False) for c in reversed(node.operands))
            else:
                done[node] = self.apply(node, done, name if node is root else "", owner or name)
        result = done[root]
        if isinstance(result, float):
            result = self.builder.constant(result)
        if name and result != name:  # a mere name or number on the right
            self.builder.add("identity", [result], name=name)
        return name or result

    def check_call(self, call: Expr) -> None:
        if call.word in self.broken:
            raise EquationError("")
        check_operator(call, self.blocks, self.builder.nodes)

    def apply(self, node: Expr, done: Mapping[Expr, Any], name: str, owner: str) -> str | float:
        kind, children = node.kind, node.operands
        if kind == "name":
            return self.known(node)
        if kind == "number":
            return node.number
        if node.keywords:
            raise at(node, f"{node.word} is given nothing by name: {OPS[node.word].call}")
        if kind in ("list", "text", "truth", "slice", "open") or (kind == "entry" and len(children) > 2):
            raise at(node, f"{source_of(node)} has no meaning here")
        if kind == "call" and not children:
            self.check_call(node)
        values = [done[c] for c in children]
        if kind == "prefix" and node.word == "+":
            positive: str | float = values[0]
            return positive
        if kind == "prefix" and isinstance(values[0], float):
            return -values[0]
        operands = [self.builder.constant(v) if isinstance(v, float) else v for v in values]
        op = self.operator(node, operands)
        if op in INDEXED and len(operands) == len(OPS[op].args):
            self.check_index(node, *((children[k], self.builder.nodes[operands[k]]) for k in INDEXED[op]))
        try:
            return self.builder.add(op, operands, name=name, owner=owner, labels=lambda: [source_of(c) for c in children])
        except GraphError as error:
            raise at(node, str(error)) from None

    def operator(self, node: Expr, operands: list[str]) -> str:
        """Which row of the table a piece of syntax stands for."""
        if node.kind == "call":
            return node.word
        if node.kind == "transpose":
            shape = self.builder.shape(operands[0])
            if len(shape) < 2:
                raise at(node, f"{source_of(node)}: .T is for matrices, but {source_of(node.operands[0])} is {described(shape)}")
            return "transpose"
        if node.word == "@":
            ranks = tuple(len(self.builder.shape(o)) for o in operands)
            if 0 in ranks:
                raise at(node, f"{source_of(node)}: @ multiplies vectors and matrices; use * with a scalar")
            return matmul_of(ranks)
        if (node.kind, node.word) not in SIGNS:
            raise at(node, f"{source_of(node)} has no meaning here")
        return SIGNS[node.kind, node.word]

    def check_index(self, node: Expr, of: tuple[Expr, Node], at_: tuple[Expr, Node]) -> None:
        """Raise EquationError unless `at_` can be an index of the vector `of`."""
        (vector_source, vector), (index_source, index) = of, at_
        text = source_of(node)
        if len(vector.shape) != 1:
            raise at(node, f"{text}: only vectors have entries, but {source_of(vector_source)} is {described(vector.shape)}")
        size = vector.shape[0]
        if index.op == "label":
            if index.value != size and not (isinstance(size, str) and "+" in size):
                what = f"{index.name} is a label of {index.value} classes, but {source_of(vector_source)} has {counted(size, 'entries')}"
                raise at(node, f"{text}: {what}")
        elif index.op != "constant":
            raise at(node, f"{text}: an index is a number or a class label, and {source_of(index_source)} is neither")
        elif index.number < 0 or index.number != int(index.number) or (isinstance(size, int) and index.number >= size):
            last = size - 1 if isinstance(size, int) else f"{size} - 1"
            raise at(node, f"{text}: entries are counted from 0 to {last}, got {source_of(index_source)}")

    def known(self, node: Expr) -> str:
        name = node.word
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
            raise at(node, f"{name} is used before it is given; move its equation, on line {self.lines[name].line + self.line - 1}, up")
        if name in OPERATORS:
            raise at(node, f"{name} is an operator; give it arguments: {OPS[name].call}")
        if name in self.blocks:
            raise at(node, f"{name} is a block; call it: ... = {name}({', '.join(self.blocks[name].inputs)})")
        raise at(node, f"unknown name {name!r}{of_variable(name, self.builder.nodes)}")
