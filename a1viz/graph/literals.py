"""What a tree is without a graph: attributes made of numbers and names of sizes, and constants made of numbers. Nothing here recurses."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import Any, TypeVar

from ..base.errors import ShapeError, did_you_mean
from ..base.limits import AXES
from .expressions import LITERALS, Expr, at, source_of
from .shapes import Shape
from .sizes import Dim, added, divided, multiplied

CONSTANTS = {"inf": math.inf, "pi": math.pi}  # unless a variable has that name
LISTED = "a list holds numbers, as in [1, 2, 3]"
Value = TypeVar("Value")
Constant = tuple[Any, Shape]  # a number, or nested tuples of numbers; and their shape


def folded(root: Expr, value_of: Callable[[Expr, list[Value]], Value]) -> Value:
    """What a tree comes to: the value of each part from those of its operands, innermost first."""
    done: dict[Expr, Value] = {}
    waiting = [(root, False)]
    while waiting:
        node, ready = waiting.pop()
        if ready or not node.operands:
            done[node] = value_of(node, [done[operand] for operand in node.operands])
        else:
            waiting.append((node, True))
            waiting.extend((operand, False) for operand in reversed(node.operands))
    return done[root]


def attribute_of(root: Expr, sizes: Collection[str]) -> Any:
    """An attribute as a Python object: a number, the name of a size, what + - * // makes of them, a list, a text, True, False or None.

    Raises EquationError for anything else.
    """

    def value_of(node: Expr, operands: list[Any]) -> Any:
        try:
            return _attribute(node, operands, sizes)
        except ShapeError as error:
            raise at(node, str(error)) from None

    return folded(root, value_of)


def _attribute(node: Expr, operands: list[Any], sizes: Collection[str]) -> Any:
    kind, word = node.kind, node.word
    if kind == "number":
        return int(node.number) if node.number.is_integer() and node.number < 2**31 else node.number
    if kind == "list":
        return operands
    if kind in ("literal", "text"):
        return LITERALS[word] if kind == "literal" else word
    if kind == "name" and word in sizes:
        return word
    if kind == "name":
        raise at(node, f"{word} is neither a number nor the name of a size{did_you_mean(word, sizes)}")
    if kind == "prefix" and isinstance(operands[0], float):
        return -operands[0] if word == "-" else operands[0]
    if kind not in ("prefix", "infix") or word not in ("+", "-", "*", "//") or not all(map(_is_size, operands)):
        hint = f"; write {source_of(node.operands[0])} // {source_of(node.operands[1])}" if word == "/" else ""
        raise at(node, f"{source_of(node)} is not made of whole numbers and names of sizes by + - * //{hint}")
    if kind == "prefix":
        return multiplied(-1 if word == "-" else 1, operands[0])
    if word in ("+", "-"):
        return added(operands[0], operands[1], 1 if word == "+" else -1)
    return multiplied(*operands) if word == "*" else divided(*operands)


def _is_size(value: Any) -> bool:
    return isinstance(value, (int, str)) and not isinstance(value, bool)


def size_of_tree(root: Expr, sizes: Collection[str]) -> Dim:
    """The size that an expression is. Raises EquationError for one that is none."""
    found = attribute_of(root, sizes)
    if not _is_size(found) or root.kind == "text":
        raise at(root, f"{source_of(root)} is not a size: a whole number, a name of one, or + - * // of them")
    dim: Dim = found
    return dim


def constant_of(root: Expr, is_variable: Callable[[str], bool]) -> Constant:
    """A list as numbers, with its shape. Raises EquationError for one that has other entries."""
    return folded(root, lambda node, operands: _constant(node, operands, is_variable))


def _constant(node: Expr, operands: list[Constant], is_variable: Callable[[str], bool]) -> Constant:
    if node.kind == "list":
        return tuple(value for value, _ in operands), _list_shape(node, [shape for _, shape in operands])
    if node.kind == "number":
        return node.number, ()
    if node.kind == "name" and node.word in CONSTANTS and not is_variable(node.word):
        return CONSTANTS[node.word], ()
    if node.kind not in ("prefix", "infix") or node.word not in ARITHMETIC or any(shape for _, shape in operands):
        hint = "; stack(a, b) makes a vector of scalars" if node.kind != "list" else ""
        raise at(node, f"{LISTED}, and {source_of(node)} is none{hint}")
    values = [value for value, _ in operands]
    try:
        found = ARITHMETIC[node.word](*values) if len(values) == 2 else -values[0] if node.word == "-" else values[0]
        return float(found), ()
    except (ArithmeticError, TypeError):  # a root of a negative number is a complex one
        raise at(node, f"{source_of(node)} is not a number") from None


ARITHMETIC: dict[str, Callable[[float, float], Any]] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b, "**": lambda a, b: a**b,
}  # fmt: skip


def _list_shape(node: Expr, shapes: list[Shape]) -> Shape:
    """The shape of a list of values of these shapes, which must be one."""
    different = next((shape for shape in shapes if shape != shapes[0]), None)
    if different is not None:
        kinds = " and ".join(
            f"a list {'of lists' if len(shape) > 1 else f'of {shape[0]}'}" if shape else "a number" for shape in (shapes[0], different)
        )
        raise at(node, f"{source_of(node)}: a list holds numbers, or lists of one length, got {kinds}")
    if shapes and len(shapes[0]) >= AXES:
        raise at(node, f"lists are nested more than {AXES} deep; a value has at most {AXES} axes")
    return (len(shapes), *(shapes[0] if shapes else ()))


def _kind(shape: Shape) -> str:
    return f"a list of {'lists' if len(shape) > 1 else shape[0]}" if shape else "a number"
