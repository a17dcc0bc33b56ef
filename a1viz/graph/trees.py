"""Rules and patterns of a1viz's own tables: single expressions in the equation language, as trees that can be matched and planted.

Serves the derivative rules of the operator table and the identities.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from .expressions import Expr, expression_of
from .nodes import Builder
from .operators import INFIX, OPS

OF_KIND = {"prefix": "neg", "entry": "pick", "transpose": "transpose"}


class Applied(NamedTuple):
    """An operator applied to trees; an attribute's value is one of the language's, or the name of an attribute of the node or match."""

    op: str
    operands: tuple[Any, ...]
    attrs: tuple[tuple[str, Any], ...] = ()


Tree = Applied | str | float  # a name, a number, or an application


class AttributeName(str):
    """The name of an attribute, in the place of its value."""


@cache
def expression_tree(text: str) -> Tree:
    """A rule or a pattern as a tree: a name, a number, or an application. Only for a1viz's own tables.

    >>> expression_tree("sum(2 * x, axis=-1)")
    Applied(op='sum', operands=(Applied(op='mul', operands=(2.0, 'x'), attrs=()),), attrs=(('axis', -1),))
    """
    return _tree(expression_of(text))


def _tree(node: Expr) -> Tree:
    if node.kind == "name":
        return node.word
    if node.kind == "number":
        return node.number
    op = node.word if node.kind == "call" else OF_KIND.get(node.kind) or INFIX[node.word]
    assert op in OPS, node
    attrs = tuple((name, _attribute(value)) for name, value in node.keywords.items())
    return Applied(op, tuple(map(_tree, node.operands)), attrs)


def _attribute(node: Expr) -> Any:
    """An attribute's value in a table: a number, True, False, a list of numbers, or a name."""
    if node.kind == "prefix":
        return -_attribute(node.operands[0])
    if node.kind == "number":
        return int(node.number)
    if node.kind == "list":
        return tuple(map(_attribute, node.operands))
    return {"True": True, "False": False, "None": None}.get(node.word, AttributeName(node.word))


def attributes_of(tree: Applied, names: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a tree's root, with what stands in `names` for those that are names."""
    return {name: names[value] if isinstance(value, AttributeName) else value for name, value in tree.attrs}


def plant(builder: Builder, tree: Tree, names: Mapping[str, Any], name: str = "", owner: str = "", block: str = "") -> str:
    """Add a tree's nodes to `builder`, with `names` for its variables and attributes, the root under `name`. Returns the root's name."""
    if isinstance(tree, Applied):
        inputs = [plant(builder, t, names, "", owner or name, block) for t in tree.operands]
        attrs = attributes_of(tree, names)
        if not is_nothing(tree.op, attrs):
            return builder.add(tree.op, inputs, name=name, owner=owner or name, block=block, attrs=attrs)
        result = inputs[0]
    else:
        result = names[tree] if isinstance(tree, str) else builder.constant(tree)
    return builder.add("identity", [result], name=name, block=block) if name else result


def is_nothing(op: str, attrs: Mapping[str, Any]) -> bool:
    """Whether an application that a rule asks for changes nothing: axes put back that were kept."""
    return op == "expand" and (attrs.get("axis") is None or bool(attrs.get("keepdims")))
