"""Answers to "derive x_bar" with one mistake each: a sign, a factor, a term, a transpose, a number; and whether a message names it."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator
from typing import NamedTuple


class Changed(NamedTuple):
    """An answer with one mistake, of which kind, and the words of which a message that names it has one."""

    kind: str
    text: str
    words: tuple[str, ...]


def changed_answers(text: str) -> list[Changed]:
    """Every answer one mistake away from the right side of an equation.

    >>> [(c.kind, c.text) for c in changed_answers("z_bar = W.T @ u")]
    [('sign', '-(W.T @ u)'), ('transpose', 'W @ u')]
    """
    right = text.partition(" = ")[2]
    found = [Changed("sign", f"-({right})", ("sign", "-1 times"))]
    for path, node in _places(ast.parse(right, mode="eval").body, ()):
        for kind, new, words in _changes(node, _is_term(right, path)):
            found.append(Changed(kind, _put(right, path, new), words))
    return [c for k, c in enumerate(found) if c.text not in {d.text for d in found[:k]}]


def _places(node: ast.expr, path: tuple[str | tuple[str, int], ...]) -> Iterator[tuple[tuple, ast.expr]]:
    """Every part of an expression but attributes of calls, with the way to it."""
    yield path, node
    match node:
        case ast.BinOp():
            yield from _places(node.left, (*path, "left"))
            yield from _places(node.right, (*path, "right"))
        case ast.UnaryOp():
            yield from _places(node.operand, (*path, "operand"))
        case ast.Attribute():
            yield from _places(node.value, (*path, "value"))
        case ast.Call():
            for k, argument in enumerate(node.args):
                if not isinstance(argument, ast.Constant | ast.List | ast.UnaryOp):
                    yield from _places(argument, (*path, ("args", k)))


def _put(text: str, path: tuple, new: ast.expr) -> str:
    if not path:
        return ast.unparse(new)
    tree = ast.parse(text, mode="eval").body
    at = tree
    for step in path[:-1]:
        at = getattr(at, step) if isinstance(step, str) else getattr(at, step[0])[step[1]]
    last = path[-1]
    if isinstance(last, str):
        setattr(at, last, new)
    else:
        getattr(at, last[0])[last[1]] = new
    return ast.unparse(tree)


def _is_term(text: str, path: tuple) -> bool:
    """Whether a part stands in sums and signs only."""
    at = ast.parse(text, mode="eval").body
    for step in path:
        if not (isinstance(at, ast.UnaryOp) or (isinstance(at, ast.BinOp) and isinstance(at.op, ast.Add | ast.Sub))):
            return False
        at = getattr(at, step)
    return True


def _names(*nodes: ast.expr) -> tuple[str, ...]:
    """The variables of some parts, and the numbers."""
    found = [word for node in nodes for word in re.findall(r"[A-Za-z_][\w.]*|\d[\d.]*", ast.unparse(node).replace(".T", ""))]
    return tuple(dict.fromkeys(found))


def _changes(node: ast.expr, is_term: bool) -> Iterator[tuple[str, ast.expr, tuple[str, ...]]]:
    match node:
        case ast.BinOp(op=ast.Add() | ast.Sub()):
            other = copy.copy(node)
            other.op = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
            yield "sign", other, ("sign",)
            kind = "term" if is_term else "factor"
            for kept, gone in ((node.left, node.right), (node.right, node.left)):
                paths = [re.sub(r"_bar\d*$", "", name) for name in _names(gone)]
                yield kind, kept, tuple(f"{word}" for word in ("missing", *_names(gone), *paths))
        case ast.BinOp(op=ast.Mult()):
            other = copy.copy(node)
            other.op = ast.Add()
            yield "operator", other, (f"{ast.unparse(node.left)} + ", "should be", *_names(node.left, node.right))
            yield "factor", node.left, ("times", *_names(node.right))
            yield "factor", node.right, ("times", *_names(node.left))
        case ast.BinOp(op=ast.Div()):
            yield "factor", node.left, ("times", *_names(node.right))
        case ast.UnaryOp(op=ast.USub()):
            yield "sign", node.operand, ("sign",)
        case ast.Attribute(attr="T"):
            yield "transpose", node.value, ("transpose", ast.unparse(node.value))
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            for new in (value + 0.01, value * (1 + 1e-3)):
                yield "number", ast.Constant(new), (repr(new), "times what it should be")


def is_named(change: Changed, message: str) -> bool:
    """Whether a message says what was changed: its kind, or a variable or number of the part that is wrong."""
    return any(
        re.search(rf"(?<![\w.]){re.escape(word)}(?![\w])", message) if word[0].isalnum() else word in message for word in change.words
    )
