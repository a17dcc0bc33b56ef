"""Rules and patterns of a1viz's own tables: single expressions in the equation language, as trees that can be matched and planted.

Serves the derivative rules of the operator table and the identities.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache
from typing import Any

from .nodes import Builder
from .operators import INFIX, OPS
from .syntax import SYNTAX

Tree = Any  # an expression: a name, a number, or (operator, *trees)


@cache
def expression_tree(text: str) -> Tree:
    """A rule or a pattern as a tree: a name, a number, or (operator, *trees). Only for a1viz's own tables.

    >>> expression_tree("2 * bar * x")
    ('mul', ('mul', 2.0, 'bar'), 'x')
    """
    return _tree(ast.parse(text, mode="eval").body)


def _tree(node: ast.expr) -> Tree:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Constant):
        assert isinstance(node.value, (int, float)), ast.dump(node)
        return float(node.value)
    if isinstance(node, ast.UnaryOp):
        return ("neg", _tree(node.operand))
    if isinstance(node, ast.BinOp):
        return (INFIX[SYNTAX[type(node.op)]], _tree(node.left), _tree(node.right))
    if isinstance(node, ast.Subscript):
        return ("pick", _tree(node.value), _tree(node.slice))
    assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in OPS, ast.dump(node)
    return (node.func.id, *(_tree(a) for a in node.args))


def plant(builder: Builder, tree: Tree, names: Mapping[str, str], name: str = "", owner: str = "", block: str = "") -> str:
    """Add a tree's nodes to `builder`, with `names` for its variables; the root is called `name`. Returns the root's name."""
    if isinstance(tree, tuple):
        inputs = [plant(builder, t, names, "", owner or name, block) for t in tree[1:]]
        return builder.add(tree[0], inputs, name=name, owner=owner or name, block=block)
    result = names[tree] if isinstance(tree, str) else builder.constant(tree)
    return builder.add("identity", [result], name=name, block=block) if name else result
