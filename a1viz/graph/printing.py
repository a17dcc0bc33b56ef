"""An application as text in the equation language, with as few parentheses as can be; what the parser reads back.

Below the nodes, so that graphs and shape errors print themselves. Serves `a1viz show` and messages that quote an equation.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .operators import ATOM, LAST, OPS, PRODUCT, SUM, Op
from .sizes import Dim, added

ENTRIES = ("pick", "take", "slice")  # written with brackets where that reads back as the same row


class PrintedOperand(str):
    """A printed operand that puts itself in parentheses where a template `{x:20}` asks for a stronger one."""

    binding: int

    def __new__(cls, text: str, binding: int = ATOM) -> PrintedOperand:
        self = super().__new__(cls, text)
        self.binding = binding
        return self

    def __format__(self, spec: str) -> str:
        return f"({self!s})" if self.binding < int(spec or 0) else str(self)


def applied_text(op: Op, operands: Sequence[str], attributes: Mapping[str, str] | None = None) -> str:
    """An application in the equation language; `attributes` as texts, if it is to be read back."""
    said = {} if attributes is None else attributes
    is_sign = op.text and len(operands) == len(op.args) and all(f"{{{name}}}" in op.text for name in said if name != "at")
    if is_sign and (op.name not in ENTRIES or "at" in said or (attributes is None and op.name != "pick")):
        printed = (o if isinstance(o, PrintedOperand) else PrintedOperand(o) for o in operands)
        return op.text.format(**dict(zip(op.args, printed, strict=True)), **{"at": "", **said})
    by_place = [name for name in said if name == "axes" or (name != "axis" and op.defaults.get(name) is ...)]
    given = [value if name in by_place else f"{name}={value}" for name, value in said.items()]
    if op.indexed:  # the formula comes first
        return f"{op.name}({', '.join([*given, *map(str, operands)])})"
    return f"{op.name}({', '.join([*map(str, operands), *given])})"


def attributes_text(op: Op, attrs: Iterable[tuple[str, Any]], shapes: Sequence[Sequence[Dim]], by_number: bool = False) -> dict[str, str]:
    """The attributes of an application as the language writes them: axes counted from 0; what has its default is left out.

    An entry that is written with brackets has "at", what stands before the index in them; `by_number` says that the index is a number.
    """
    rank = len(shapes[-1 if op.shape in ("scattered", "axes_back") else 0]) if shapes else 0
    if op.name == "take":  # of a vector with one label, e[t] is pick
        return {"at": ""} if not by_number and (rank > 1 or shapes[1]) else {}
    if not op.defaults:
        return {}
    found = dict(attrs)
    rank += len(found["axis"]) if op.shape == "expanded" else op.shape == "stacked"
    if isinstance(op.defaults.get("axis"), int):
        found.setdefault("axis", LAST)
        if op.name == "pick" and not shapes[1] and (by_number or rank == 1 or found["axis"] + rank > 0):
            return {"at": ":, " * (found["axis"] + rank)}
        if found["axis"] == (op.defaults["axis"] if op.defaults["axis"] < 0 else op.defaults["axis"] - rank):
            del found["axis"]
    if op.shape == "given":  # the sizes one by one, an axis that the signature names twice once
        sizes = dict(zip(op.output, found["shape"], strict=True)).values() if op.output else found["shape"]
        return {"shape": ", ".join(map(size_operand, sizes)) or "[]"}
    if op.name == "slice" and _index_text(found["index"], shapes[0]) != ":":
        return {"index": _index_text(found["index"], shapes[0]), "at": ""}
    return {name: _attribute_text(name, found[name], rank) for name in op.defaults if name in found}


def _attribute_text(name: str, value: Any, rank: int) -> str:
    if name == "axis" or name == "axes":
        places = [axis + rank for axis in (value if isinstance(value, tuple) else (value,))]
        return f"[{', '.join(map(str, places))}]" if name == "axes" or len(places) != 1 else str(places[0])
    if isinstance(value, tuple):
        return f"[{', '.join(_attribute_text('', part, rank) for part in value)}]"
    return f'"{value}"' if name == "formula" else size_operand(value) if isinstance(value, str) else str(value)


def _index_text(index: Sequence[tuple[Dim, Dim]], shape: Sequence[Dim]) -> str:
    """The slices of a value, with open ends; those of whole axes at the end are left out."""
    parts = []
    for (start, stop), size in zip(index, shape, strict=True):
        ends = ("" if start == 0 else _bound_text(start, size), "" if stop == size else _bound_text(stop, size))
        parts.append(":".join(ends))
    while len(parts) > 1 and parts[-1] == ":":
        parts.pop()
    return ", ".join(parts)


def _bound_text(end: Dim, size: Dim) -> str:
    """Where a slice begins or ends; counted from the end where that is a name."""
    from_end = added(end, size, -1) if isinstance(end, str) else 0
    return str(from_end if isinstance(from_end, int) and from_end < 0 else size_operand(end))


def size_operand(dim: Dim) -> PrintedOperand:
    """A size, as an operand: in parentheses where it would be taken apart.

    >>> size_operand("2*D-1"), f"{size_operand('(D-1)//2'):21}"
    ('2 * D - 1', '((D - 1) // 2)')
    """
    text = re.sub(r"(?<=[\w)])(\+|-|\*|//)", r" \1 ", str(dim))
    outside = re.sub(r"\([^()]*\)", "", re.sub(r"\([^()]*\)", "", text))
    binding = SUM if re.search(r"[-+]", outside) else PRODUCT if re.search(r"[*/()]", outside) else ATOM
    return PrintedOperand(text, binding)


def number_operand(value: Any) -> PrintedOperand:
    """A number, or an array of them, as an operand: a negative one binds as its sign does."""
    is_negative = not isinstance(value, tuple) and math.copysign(1, value) < 0
    return PrintedOperand(number_text(value), OPS["neg"].text_binding if is_negative else ATOM)


def number_text(value: Any) -> str:
    """A number as short as it is exact: `2`, not `2.0`; numbers as nested lists."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(number_text, value))}]"
    return repr(value).removesuffix(".0")
