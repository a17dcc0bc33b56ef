"""What the equations of a text mean: statements to nodes, one after the other, and instances of blocks.

Serves `equations.py`. Whatever a text says, what is wrong with it is collected, each problem at its place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from ..base.errors import EquationError, GraphError
from ..base.limits import EQUATION_PROBLEMS
from .blocks import BlockCall, UsedBlock, inline
from .declarations import check_name
from .expressions import Expr, at, source_of
from .names import Names
from .nodes import Builder
from .planter import Planter
from .syntax import Equation

NOUNS = {"input": "an input", "parameter": "a parameter", "label": "a class label"}


@dataclass(frozen=True)
class Surroundings:
    """What a text is read with: blocks by name, names that have been found wrong already, names of sizes that no shape need have; and what
    is learnt: the block of each instance, the calls, and sizes that cannot be other numbers.

    What uses the names in `broken` is not reported.
    """

    blocks: Mapping[str, UsedBlock] = field(default_factory=dict)
    broken: Collection[str] = ()
    instances: dict[str, str] = field(default_factory=dict)
    sizes: Collection[str] = ()
    calls: list[BlockCall] = field(default_factory=list)
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
        self.names = Names(builder, statements, known.blocks, self.broken, known.sizes, line)
        self.expression = Planter(self.names).expression
        self.calls: Counter[str] = Counter()

    @property
    def lines(self) -> dict[str, Equation]:
        return self.names.lines

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
        self.surroundings.calls.append(BlockCall(block.name, tuple(instances), tuple(arguments), tuple(names)))
        self.surroundings.fixed.update(inline(self.builder, block, instances, arguments, names))
