"""What the equations of a text mean: trees to nodes, each piece of syntax a row of the operator table.

Serves `equations.py`. Whatever a text says, what is wrong with it is collected, each problem at its place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..base.errors import EquationError, GraphError
from ..base.limits import EQUATION_PROBLEMS
from .applications import Application, application_of
from .blocks import block_inputs, inline
from .declarations import check_name
from .entries import INDEXED, check_index, computed_indices, entry_steps
from .expressions import OPERATORS, Expr, at, expression_of, source_of
from .literals import CONSTANTS, constant_of, size_of_tree
from .nodes import Builder, Graph
from .operators import OPS, called, matmul_of
from .shapes import described
from .sizes import is_single
from .suggestions import of_variable
from .syntax import Equation, check_operator, cycle_through, names_in

NOUNS = {"input": "an input", "parameter": "a parameter", "label": "a class label"}


@dataclass(frozen=True)
class Surroundings:
    """What a text is read with: blocks by name, names that have been found wrong already, the block of each instance, which is learnt, and
    names of sizes that no shape need have.

    What uses the names in `broken` is not reported.
    """

    blocks: Mapping[str, Graph] = field(default_factory=dict)
    broken: Collection[str] = ()
    instances: dict[str, str] = field(default_factory=dict)
    sizes: Collection[str] = ()


def _placed(error: EquationError | GraphError, statement: Equation) -> EquationError:
    """The error where it stands, or at the beginning of its statement."""
    if isinstance(error, EquationError) and error.line:
        return EquationError(error.message, error.line, error.column)
    return statement.error(error.message if isinstance(error, EquationError) else str(error))


class EquationReader:
    """Turns statements into nodes; lives as long as one text is read."""

    def __init__(self, builder: Builder, known: Surroundings, problems: list[EquationError], statements: list[Equation], line: int) -> None:
        self.builder, self.blocks, self.instances, self.problems, self.line = builder, known.blocks, known.instances, problems, line
        self.statements, self.given_sizes = statements, known.sizes
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
        block = call.word
        self.calls[block] += 1
        instance = f"{block}{self.calls[block]}"
        if instance in self.instances or instance in self.lines or instance in self.builder.nodes:
            raise at(call, f"{instance} is the name of this instance of {block} and of something else; rename that, or the block")
        self.instances[instance] = block
        if call.keywords:
            raise at(call, f"{block} is given its inputs in their order, without names: {', '.join(block_inputs(self.blocks[block]))}")
        arguments = [self.expression(a, "", owner=names[0]) for a in call.operands]
        inline(self.builder, self.blocks[block], block, instance, arguments, names)

    def expression(self, root: Expr, name: str, owner: str = "") -> str:
        """Add the nodes of one expression, innermost first and without recursion; the last is called `name`."""
        done: dict[Expr, str | float] = {}
        waiting: list[tuple[Expr, Application | None]] = [(root, None)]
        while waiting:
            node, application = waiting.pop()
            if application is None:
                application = self.application(node)
                if application.operands:
                    waiting.append((node, application))
                    waiting.extend((operand, None) for operand in reversed(application.operands))
                    continue
            done[node] = self.apply(node, application, done, name if node is root else "", owner or name)
        result = done[root]
        if isinstance(result, float):
            result = self.builder.constant(result)
        if name and result != name:  # a mere name or number on the right
            self.builder.add("identity", [result], name=name)
        return name or result

    def application(self, node: Expr) -> Application:
        """What a node applies; the operands of an entry are its value and the indices that are variables."""
        if node.kind == "call":
            if node.word in self.broken:
                raise EquationError("")
            check_operator(node, self.blocks, self.builder.nodes)
        if node.kind == "entry":
            return Application("", (node.operands[0], *computed_indices(node, self.is_variable)))
        if node.kind == "list" or node.word == "//":
            return Application("", ())
        return application_of(node, self.sizes)

    def apply(self, node: Expr, application: Application, done: Mapping[Expr, Any], name: str, owner: str) -> str | float:
        kind, children = node.kind, application.operands
        if kind == "name":
            return self.known(node)
        if kind == "number":
            return node.number
        if kind == "list":
            return self.builder.constant(*constant_of(node, self.is_variable))
        if node.word == "//":
            return self.quotient(node, name, owner)
        values = [done[c] for c in children]
        if kind == "prefix" and node.word == "+":
            positive: str | float = values[0]
            return positive
        if kind == "prefix" and isinstance(values[0], float):
            return -values[0]
        operands = [self.builder.constant(v) if isinstance(v, float) else v for v in values]
        if kind == "entry":
            return self.entry(node, dict(zip(children, operands, strict=True)), name, owner)
        op = self.operator(node, application.op, operands)
        if op in INDEXED and len(operands) == len(OPS[op].args):
            check_index(self.builder, node, op, operands, application.attributes)
        return self.add(node, op, operands, application.attributes, children, name, owner)

    def add(
        self, node: Expr, op: str, operands: list[str], attrs: Mapping[str, Any], children: Sequence[Expr], name: str, owner: str
    ) -> str:
        try:
            return self.builder.add(op, operands, name, owner, labels=lambda: [source_of(c) for c in children], attrs=attrs)
        except GraphError as error:
            raise at(node, str(error)) from None

    def operator(self, node: Expr, op: str, operands: list[str]) -> str:
        """Which row of the table it is, where the ranks of the operands have a say."""
        ranks = [len(self.builder.shape(o)) for o in operands]
        if node.kind == "transpose":
            if ranks[0] < 2:
                what = described(self.builder.shape(operands[0]))
                raise at(node, f"{source_of(node)}: .T is for matrices, but {source_of(node.operands[0])} is {what}")
            return "transpose"
        if op == "@":
            if 0 in ranks:
                raise at(node, f"{source_of(node)}: @ multiplies vectors and matrices; use * with a scalar")
            return matmul_of(ranks)
        return called(op, ranks)

    def entry(self, node: Expr, operands: Mapping[Expr, str], name: str, owner: str) -> str:
        """Add what an entry takes; the last is called `name`."""
        value = operands[node.operands[0]]
        steps = entry_steps(self.builder, node, value, operands, self.sizes)
        for k, step in enumerate(steps, 1):
            index = [] if step.index is None else [step.index if step.index in self.builder.nodes else self.builder.size(step.index)]
            value = self.add(node, step.op, [value, *index], step.attributes, node.operands, name if k == len(steps) else "", owner)
        return value

    def quotient(self, node: Expr, name: str, owner: str) -> str | float:
        """A quotient of sizes, rounded down; one that comes to a sum or a product of sizes is that."""
        try:
            dim = size_of_tree(node, self.sizes)
        except EquationError as error:
            raise at(node, f"{source_of(node)}: // divides sizes alone, rounding down; {error.message}") from None
        if isinstance(dim, int):
            return float(dim)
        if is_single(dim):
            return self.builder.size(dim)
        return self.expression(expression_of(dim), name, owner)

    def is_variable(self, name: str) -> bool:
        return name in self.builder.nodes or name in self.lines or name in self.broken

    @cached_property
    def sizes(self) -> frozenset[str]:
        """The names of sizes: those of the leaves' shapes and classes, and those given besides."""
        leaves = [node for node in self.builder.nodes.values() if node.is_leaf]
        dims = {dim for node in leaves for dim in (*node.shape, node.value) if isinstance(dim, str)}
        return frozenset({*dims, *self.given_sizes})

    def known(self, node: Expr) -> str | float:
        """The variable of a name, else the size, else the constant."""
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
        if name in self.sizes:
            return self.builder.size(name)
        if name in CONSTANTS:
            return CONSTANTS[name]
        if name in OPERATORS:
            raise at(node, f"{name} is an operator; give it arguments: {OPS[name].call}")
        if name in self.blocks:
            raise at(node, f"{name} is a block; call it: ... = {name}({', '.join(block_inputs(self.blocks[name]))})")
        raise at(node, f"unknown name {name!r}{of_variable(name, self.builder.nodes)}")
