"""An application as text in the equation language, with as few parentheses as can be; what the parser reads back.

Below the nodes, so that graphs and shape errors print themselves. Serves `a1viz show` and messages that quote an equation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from .operators import ATOM, LAST, Op


class PrintedOperand(str):
    """A printed operand that puts itself in parentheses where a template `{x:20}` asks for a stronger one."""

    binding: int

    def __new__(cls, text: str, binding: int = ATOM) -> PrintedOperand:
        self = super().__new__(cls, text)
        self.binding = binding
        return self

    def __format__(self, spec: str) -> str:
        return f"({self!s})" if self.binding < int(spec or 0) else str(self)


def applied_text(op: Op, operands: Sequence[str], attributes: Mapping[str, str] = MappingProxyType({})) -> str:
    """An application in the equation language; `attributes` as texts, those that must be given by their place."""
    if op.text and len(operands) == len(op.args) and all(f"{{{name}}}" in op.text for name in attributes if name != "at"):
        printed = (o if isinstance(o, PrintedOperand) else PrintedOperand(o) for o in operands)
        return op.text.format(**dict(zip(op.args, printed, strict=True)), **{"at": "", **attributes})
    by_place = [name for name in attributes if name == "axes" or (name != "axis" and op.defaults.get(name) is ...)]
    said = [value if name in by_place else f"{name}={value}" for name, value in attributes.items() if name != "at"]
    return f"{op.name}({', '.join([*map(str, operands), *said])})"


def attributes_text(op: Op, attrs: Iterable[tuple[str, Any]], shapes: Sequence[Sequence[int | str]]) -> dict[str, str]:
    """The attributes of an application as the language writes them: axes counted from 0; what has its default is left out."""
    if not op.defaults:
        return {}
    found = dict(attrs)
    rank = len(shapes[0]) if shapes else 0
    rank += len(found["axis"]) if op.shape == "expanded" else op.shape == "stacked"
    if isinstance(op.defaults.get("axis"), int):
        found.setdefault("axis", LAST)
        if found["axis"] == (op.defaults["axis"] if op.defaults["axis"] < 0 else op.defaults["axis"] - rank):
            del found["axis"]
    texts = {name: _attribute_text(name, found[name], rank) for name in op.defaults if name in found}
    if op.name == "pick" and "axis" in texts:
        texts = {"at": ":, " * int(texts["axis"])}
    elif op.name == "pick" and rank > 1:
        texts = {"at": ":, " * (rank - 1)}
    return texts


def _attribute_text(name: str, value: Any, rank: int) -> str:
    if name == "axis" or name == "axes":
        places = [axis + rank for axis in (value if isinstance(value, tuple) else (value,))]
        return f"[{', '.join(map(str, places))}]" if name == "axes" or len(places) != 1 else str(places[0])
    if name == "index":
        return ", ".join(f"{start}:{stop}" for start, stop in value)
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    return f'"{value}"' if name == "formula" else str(value)


def size_operand(dim: int | str) -> PrintedOperand:
    """A size, as an operand: a sum in parentheses where a product would take it apart."""
    text = str(dim).replace("//", " // ").replace("*", " * ")
    return PrintedOperand(text, ATOM if text.isidentifier() else 0)


def number_text(value: Any) -> str:
    """A number as short as it is exact: `2`, not `2.0`; numbers as nested lists."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(number_text, value))}]"
    return repr(value).removesuffix(".0")
