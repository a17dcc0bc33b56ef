"""What a name means while a text is read: a variable, else a size, else a constant; and what is said where it means nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..base.errors import EquationError
from .blocks import UsedBlock
from .expressions import OPERATORS, Expr, at
from .literals import CONSTANTS
from .nodes import Builder
from .operators import OPS
from .suggestions import of_variable
from .syntax import Equation, cycle_through, names_in


@dataclass
class Names:
    """The names of a text: those there are already, those its statements assign, those found wrong, blocks, and names of sizes given."""

    builder: Builder
    statements: Sequence[Equation]
    blocks: Mapping[str, UsedBlock]
    broken: set[str]
    given_sizes: Collection[str] = ()
    line: int = 1  # where the text begins

    @cached_property
    def lines(self) -> dict[str, Equation]:
        """Where each name is assigned first."""
        return {name: statement for statement in reversed(self.statements) for name in statement.names}

    @cached_property
    def uses(self) -> dict[str, list[str]]:
        """Which names each assigned name is computed from."""
        return {name: sorted(names_in(statement.value)) for statement in self.statements for name in statement.names}

    def is_variable(self, name: str) -> bool:
        return name in self.builder.nodes or name in self.lines or name in self.broken

    @cached_property
    def sizes(self) -> Collection[str]:
        """The names of sizes, in order: those of the leaves' shapes and classes, and those given besides."""
        leaves = [node for node in self.builder.nodes.values() if node.is_leaf]
        dims = [dim for node in leaves for dim in (*node.shape, node.value) if isinstance(dim, str)]
        return dict.fromkeys([*dims, *self.given_sizes])

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
            raise at(node, f"{name} is a block; call it: ... = {name}({', '.join(self.blocks[name].inputs)})")
        raise at(node, f"unknown name {name!r}{of_variable(name, self.builder.nodes)}")
