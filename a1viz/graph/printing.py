"""An application as text in the equation language, with as few parentheses as can be; what the parser reads back.

Below the nodes, so that graphs and shape errors print themselves. Serves `a1viz show` and messages that quote an equation.
"""

from __future__ import annotations

from collections.abc import Sequence

from .operators import ATOM, Op


class PrintedOperand(str):
    """A printed operand that puts itself in parentheses where a template `{x:20}` asks for a stronger one."""

    binding: int

    def __new__(cls, text: str, binding: int = ATOM) -> PrintedOperand:
        self = super().__new__(cls, text)
        self.binding = binding
        return self

    def __format__(self, spec: str) -> str:
        return f"({self!s})" if self.binding < int(spec or 0) else str(self)


def applied_text(op: Op, operands: Sequence[str]) -> str:
    """An application in the equation language."""
    if op.text and len(operands) == len(op.args):
        printed = (o if isinstance(o, PrintedOperand) else PrintedOperand(o) for o in operands)
        return op.text.format(**dict(zip(op.args, printed, strict=True)))
    return f"{op.name}({', '.join(map(str, operands))})"


def number_text(value: float | int | str | None) -> str:
    """A number as short as it is exact: `2`, not `2.0`."""
    return repr(value).removesuffix(".0")
