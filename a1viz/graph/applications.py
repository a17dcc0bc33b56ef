"""What a piece of syntax stands for: a row of the operator table, its operands, and what it is given besides.

A call is given its operands first, then what the row takes besides, in the order of the table; `axis` and `keepdims` are given by name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from ..base.columns import counted
from ..base.errors import EquationError
from .attributes import SIZED
from .expressions import Expr, at, source_of
from .literals import attribute_of
from .operators import INFIX, OPS, Op
from .suggestions import of_keyword

BY_NAME = frozenset({"axis", "keepdims", "inverse"})  # never by their place
OF_TWO = {"max": "maximum", "min": "minimum"}  # what these are of two values
JOINS = ("stack", "concatenate")
SIGNS = {("prefix", "-"): "neg", **{("infix", sign): op for sign, op in INFIX.items()}}


class Application(NamedTuple):
    """A row of the table by name, or a sign that is another row for operands of other ranks."""

    op: str
    operands: Sequence[Expr]
    attributes: Mapping[str, Any] = MappingProxyType({})


def application_of(node: Expr, sizes: Collection[str]) -> Application:
    """What a sign or a call applies; `sizes` are the names of sizes. Raises EquationError for what it cannot be given."""
    if node.kind != "call":
        return Application(SIGNS.get((node.kind, node.word), node.word), node.operands)
    row = OPS[node.word]
    if not row.defaults and not node.named and all(a.kind != "text" for a in node.operands):
        return Application(row.name, node.operands)
    if node.word in OF_TWO and len(node.operands) > 1:
        return _of_two(node)
    if node.word in JOINS and [a.kind for a in node.operands] == ["list"]:
        raise at(node, f"{node.word} takes its values one by one, without a list: {node.word}(a, b)")
    if node.word == "concatenate" and len(node.operands) > 2:
        node = _nested(node)
    operands, rest = _divided(node, row)
    by_place = [name for name in row.defaults if name not in BY_NAME]
    if len(rest) > len(by_place):
        raise at(node, _too_many(node, row, by_place))
    attributes: dict[str, Any] = {}
    for name, value in [*zip(by_place, rest, strict=False), *node.named]:
        if name not in row.defaults:
            raise at(node, f"{node.word} takes no {name}=; {_takes(row, name)}")
        if name in attributes:
            raise at(value, f"{node.word} is given {name} twice")
        attributes[name] = _attribute(node, name, value, sizes)
    return Application(row.name, operands, attributes)


def _of_two(call: Expr) -> Application:
    """max(a, b), which is another row than max(x)."""
    if len(call.operands) > 2 or call.named:
        given = f"{len(call.operands)} values" if len(call.operands) > 2 else f"two and {call.named[0][0]}="
        raise at(call, f"{call.word} is given one value, which it reduces, or two; got {given}")
    return Application(OF_TWO[call.word], call.operands)


def _nested(call: Expr) -> Expr:
    """A call of two values, the first a call of all but the last."""
    value = call.operands[0]
    for other in call.operands[1:]:
        value = Expr("call", call.word, (value, other), call.source, call.start, call.end, 0.0, call.named)
    return value


def _divided(call: Expr, row: Op) -> tuple[Sequence[Expr], Sequence[Expr]]:
    """The operands of a call, and what else it is given by its place."""
    texts = [a for a in call.operands if a.kind == "text"]
    plain = [a for a in call.operands if a.kind != "text"]
    if row.is_variadic or not row.defaults:
        return plain, texts
    if row.shape == "given":
        return [], [_shape_of(call, row, plain)] if plain or row.output or not call.named else texts
    return plain[: len(row.args)], [*texts, *plain[len(row.args) :]]


def _shape_of(call: Expr, row: Op, given: Sequence[Expr]) -> Expr:
    """The sizes of what is made of sizes alone, as one list: ones(n, m), and eye(n), of as many columns as rows."""
    axes = list(dict.fromkeys(row.output))
    is_list = len(given) == 1 and given[0].kind == "list"
    if is_list and not axes:
        return given[0]
    if not given or (axes and (is_list or call.named or len(given) != len(axes))):
        takes = f"{counted(len(axes), 'sizes') if axes else 'sizes'}, as in {call.word}({', '.join(axes) or 'n, m'})"
        raise at(call, f"{call.word} takes {takes}, got {source_of(call)}")
    sizes = [given[axes.index(axis)] for axis in row.output] if axes else given
    return Expr("list", "[,]", sizes, call.source, given[0].start, given[-1].end)


def _attribute(call: Expr, name: str, value: Expr, sizes: Collection[str]) -> Any:
    if value.kind == "text" and name in SIZED and (name, value.word) not in (("padding", "same"), ("padding", "valid")):  # told below
        raise at(value, f"{name} of {call.word} is made of numbers and names of sizes, without quotes, got {source_of(value)}")
    try:
        return attribute_of(value, sizes)
    except EquationError as error:
        raise EquationError(f"{name} of {call.word}: {error.message}", error.line, error.column) from None


def _takes(row: Op, name: str) -> str:
    """What a row is given by name."""
    if name in row.args:
        return f"it is given by its place: {row.call}"
    if not row.defaults:
        return f"it is given nothing by name: {row.call}"
    return f"it takes {', '.join(n for n in row.defaults if n != 'inverse')}{of_keyword(name, row.defaults)}"


def _too_many(call: Expr, row: Op, by_place: Sequence[str]) -> str:
    names = [*row.args, *by_place]
    takes = f"{call.word} takes {counted(len(names), 'arguments')}{', ' + ' and '.join(names) if by_place else ''}"
    extra = call.operands[len(row.args) :]
    if any(a.kind == "text" for a in call.operands):
        return f"{takes} and no text in quotes"
    hint = f"; write axis={source_of(extra[0])}" if "axis" in row.defaults and extra[0].kind in ("number", "prefix", "list") else ""
    hint = "; several numbers are one list, as in [2, 6]" if by_place else hint
    return f"{takes}, got {len(call.operands)}{hint}"
