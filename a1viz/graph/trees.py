"""Rules and patterns of a1viz's own tables: single expressions in the equation language, as trees that can be matched and planted.

Serves the derivative rules of the operator table and the identities.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from .expressions import Expr, expression_of
from .nodes import Builder
from .operators import INFIX, OPS

OF_KIND = {"prefix": "neg", "entry": "pick", "transpose": "transpose"}
Tree = Any  # an expression: a name, a number, or (operator, *trees)


@cache
def expression_tree(text: str) -> Tree:
    """A rule or a pattern as a tree: a name, a number, or (operator, *trees). Only for a1viz's own tables.

    >>> expression_tree("2 * bar * x")
    ('mul', ('mul', 2.0, 'bar'), 'x')
    """
    return _tree(expression_of(text))


def _tree(node: Expr) -> Tree:
    if node.kind == "name":
        return node.word
    if node.kind == "number":
        return node.number
    op = node.word if node.kind == "call" else OF_KIND.get(node.kind) or INFIX[node.word]
    assert op in OPS, node
    return (op, *map(_tree, node.operands))


def plant(builder: Builder, tree: Tree, names: Mapping[str, str], name: str = "", owner: str = "", block: str = "") -> str:
    """Add a tree's nodes to `builder`, with `names` for its variables; the root is called `name`. Returns the root's name."""
    if isinstance(tree, tuple):
        inputs = [plant(builder, t, names, "", owner or name, block) for t in tree[1:]]
        return builder.add(tree[0], inputs, name=name, owner=owner or name, block=block)
    result = names[tree] if isinstance(tree, str) else builder.constant(tree)
    return builder.add("identity", [result], name=name, block=block) if name else result
