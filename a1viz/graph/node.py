"""One variable of a graph: an operator and what it is applied to, or a leaf."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..base.results import Part, Result, Table
from .attributes import effective
from .operators import LEAVES, OPS
from .shapes import Attrs, Shape, shape_text

INNER = ":"  # stands in automatic names; the language cannot spell it, so they never meet a user's name


@dataclass(frozen=True, slots=True)
class Node(Result):
    """One variable: `op` is a row of the table or a kind of leaf.

    `value` is a constant's number, or its numbers as nested tuples; a label's number of classes; or the size that a `size` is.
    """

    name: str
    op: str
    inputs: tuple[str, ...] = ()
    shape: Shape = ()
    value: Any = None
    block: str = ""  # the block instance it lives in, such as "S1" or "M1.S2"
    attrs: Attrs = ()  # what the operator needs besides operands, in the form of `attributes`

    @property
    def attributes(self) -> dict[str, Any]:
        """All attributes, those with their defaults too."""
        return effective(OPS[self.op], self.attrs)

    def reading(self, inputs: tuple[str, ...]) -> Node:
        """The same application of other operands of the same shapes."""
        return Node(self.name, self.op, inputs, self.shape, self.value, self.block, self.attrs)

    @property
    def number(self) -> float:
        """A constant's number."""
        assert isinstance(self.value, (int, float)), self
        return float(self.value)

    @property
    def is_leaf(self) -> bool:
        return self.op in LEAVES

    @property
    def is_given(self) -> bool:
        """Whether a run must be given it: an input, a label or a parameter."""
        return self.is_leaf and self.op not in ("constant", "size")

    @property
    def is_declared(self) -> bool:
        """Whether an equation or a declaration gave it its name."""
        return INNER not in self.name

    def parts(self) -> list[Part]:
        rows = [("operator", self.op), ("inputs", ", ".join(self.inputs)), ("shape", shape_text(self.shape) if self.shape else "scalar")]
        rows += [("value", str(self.value))] if self.value is not None else []
        rows += [(key, str(value)) for key, value in self.attrs]
        return [Table(("variable", self.name), [row for row in rows if row[1]])]
