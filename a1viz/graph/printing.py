"""An application as text in the equation language, with as few parentheses as can be; what the parser reads back.

Below the nodes, so that graphs and shape errors print themselves. Serves `a1viz show` and messages that quote an equation.
"""

from __future__ import annotations

from collections.abc import Sequence

from .operators import ATOM, Op


class Operand(str):
    """A printed operand that puts itself in parentheses where a template `{x:20}` asks for a stronger one."""

    binding: int

    def __new__(cls, text: str, binding: int = ATOM) -> Operand:
        self = super().__new__(cls, text)
        self.binding = binding
        return self

    def __format__(self, spec: str) -> str:
        return f"({self!s})" if self.binding < int(spec or 0) else str(self)


def applied_text(op: Op, operands: Sequence[str]) -> str:
    """An application in the equation language."""
    if op.text and len(operands) == len(op.args):
        return op.text.format(**{a: o if isinstance(o, Operand) else Operand(o) for a, o in zip(op.args, operands, strict=True)})
    return f"{op.name}({', '.join(map(str, operands))})"


def number_text(value: float | int | str | None) -> str:
    """A number as short as it is exact: `2`, not `2.0`."""
    return repr(value).removesuffix(".0")
