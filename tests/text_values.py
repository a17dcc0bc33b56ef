"""The value of a printed equation, read by Python's own parser and evaluated with plain loops: no code is shared with what printed it."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from references import expected

from a1viz.graph.operators import OPS, called

SIGNS = {ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide, ast.Pow: np.power, ast.MatMult: np.matmul}
COMPARISONS = {ast.Lt: "less", ast.LtE: "at_most", ast.Gt: "greater", ast.GtE: "at_least", ast.Eq: "equal", ast.NotEq: "not_equal"}
AXES = ("expand", "squeeze")  # whose references take a list of axes
Known = Mapping[str, Any]


def tree_of(text: str) -> ast.expr:
    """The right side of an equation, or an expression, as Python reads it."""
    return ast.parse(text.partition(" = ")[2] or text, mode="eval").body


def dotted(node: ast.expr) -> str:
    """The name `S1.x` of a variable inside a block, or nothing."""
    if isinstance(node, ast.Name):
        return node.id
    front = dotted(node.value) if isinstance(node, ast.Attribute) else ""
    return f"{front}.{node.attr}" if front else ""


def evaluate(node: ast.expr, known: Known) -> Any:
    """The value of an expression; each part remembers its value's shape as `node.shape`."""
    with np.errstate(all="ignore"):
        value = _value(node, known)
    node.shape = np.shape(value)
    return value


def _value(node: ast.expr, known: Known) -> Any:
    name = dotted(node)
    if name in known:
        return np.asarray(known[name])
    match node:
        case ast.Constant():
            return np.asarray(node.value, float)
        case ast.Name() if name in ("inf", "pi"):
            return getattr(math, name)
        case ast.Attribute(attr="T"):
            return np.swapaxes(evaluate(node.value, known), -1, -2)
        case ast.UnaryOp(op=ast.USub()):
            return -evaluate(node.operand, known)
        case ast.BinOp():
            left, right = evaluate(node.left, known), evaluate(node.right, known)
            exact = (lambda v: v) if isinstance(node.op, ast.MatMult) else (lambda v: np.asarray(v, float))
            return SIGNS[type(node.op)](exact(left), exact(right))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return np.asarray(expected(OPS[COMPARISONS[type(op)]], [np.asarray(evaluate(e, known), float) for e in (left, right)], {}))
        case ast.Subscript():
            return _entry(np.asarray(evaluate(node.value, known)), node.slice, known)
        case ast.List() | ast.Tuple():
            return [evaluate(e, known) for e in node.elts]
        case ast.Call():
            return _called(node, known)
    raise LookupError(f"{ast.unparse(node)}: no loop computes it from {sorted(known)}")


def _index(node: ast.expr | None, known: Known) -> Any:
    if isinstance(node, ast.Slice):
        return slice(_index(node.lower, known), _index(node.upper, known))
    return None if node is None else np.asarray(evaluate(node, known)).astype(int)


def _entry(value: np.ndarray, node: ast.expr, known: Known) -> Any:
    index = tuple(_index(e, known) for e in node.elts) if isinstance(node, ast.Tuple) else _index(node, known)
    labels = index[-1] if isinstance(index, tuple) else None
    if labels is not None and not isinstance(labels, slice) and labels.ndim and all(i == slice(None) for i in index[:-1]):
        return expected(OPS["pick"], [value, labels], {"axis": value.ndim - 1})
    return value[index]


def _called(node: ast.Call, known: Known) -> np.ndarray:
    given = [e.value if isinstance(e, ast.Constant) and isinstance(e.value, str) else evaluate(e, known) for e in node.args]
    attributes = {k.arg: k.value.value if isinstance(k.value, ast.Constant) else _whole(evaluate(k.value, known)) for k in node.keywords}
    word = dotted(node.func)
    if word in ("ones", "zeros", "eye", "arange"):
        given, attributes = [], {"shape": [int(n) for n in given] * (2 if word == "eye" and len(given) == 1 else 1)}
    if word == "einsum":
        attributes, given = {"formula": given[0]}, given[1:]
    op = OPS[called(word, [np.ndim(v) for v in given])]
    if not op.is_variadic and len(given) > len(op.args):
        needed = [name for name, default in op.defaults.items() if default is ... or name == "axes"]
        attributes |= dict(zip(needed, map(_whole, given[len(op.args) :]), strict=True))
        given = given[: len(op.args)]
    if op.name in AXES:
        attributes["axis"] = np.atleast_1d(attributes["axis"]).tolist()
        attributes.pop("keepdims", None)
    labels = {k for k, name in enumerate(op.args) if name in ("t", "u") and op.name in ("pick", "take", "scatter", "untake", "retake")}
    operands = [np.asarray(v) if k in labels else np.asarray(v, float) for k, v in enumerate(given)]
    return np.asarray(expected(op, operands, attributes), float)


def _whole(value: Any) -> Any:
    """An attribute: whole numbers, in lists or alone."""
    return [_whole(v) for v in value] if isinstance(value, list) else int(value)
