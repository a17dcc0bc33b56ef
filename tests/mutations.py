"""Every module that differs from another in one place: an operator, comparison, number or condition changed, an argument left out."""

from __future__ import annotations

import ast
import copy
import os
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

EITHER = "Add Sub, LShift RShift, BitAnd BitOr, And Or, Lt LtE, Gt GtE, Eq NotEq, Is IsNot, In NotIn"
PAIRS = [tuple(getattr(ast, name) for name in pair.split()) for pair in EITHER.split(", ")]
OTHER = {ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.BitXor: ast.BitAnd}
OTHER |= {old: new for a, b in PAIRS for old, new in ((a, b), (b, a))}
RULES = {"Op": ("partial", "adjoint", "vjp", "jvp", "body"), "Identity": (1, 2)}  # arguments of a row that are expressions in strings
CONDITIONS = {"Identity": (5, 6, "when", "attributes")}  # those that are words: conditions of names, by commas
UNSEEN = ("annotation", "returns", "decorator_list", "about", "strict")  # types, caches, words for readers, assertions
PROSE = re.compile("[a-z]{2,} [a-z]{2,}")


class Mutant(NamedTuple):
    at: int  # the line
    line: str
    change: str
    source: str  # of the whole module


def mutants(source: str) -> Iterator[Mutant]:
    """Every module that differs from this one in one place."""
    tree, lines = ast.parse(source), source.splitlines()
    rules, conditions = ({id(node) for node in _texts(tree, where)} for where in (RULES, CONDITIONS))
    for parent, field, old in list(_places(tree)):
        is_rule, is_condition = (id(old) in found for found in (rules, conditions))
        for new in _changed_rules(old.value) if is_rule else _fewer_words(old.value) if is_condition else _changes(old, field):
            change = _change(ast.unparse(old), ast.unparse(new))
            yield Mutant(old.lineno, lines[old.lineno - 1].strip(), change, _unparsed(tree, parent, field, (old, new)))


def _change(old: str, new: str) -> str:
    """What becomes what; of a long expression only the part that differs."""
    if len(old) > 60:
        start, end = (len(os.path.commonprefix(both)) for both in ([old, new], [old[::-1], new[::-1]]))  # noqa: RUF071  # of texts
        end = min(end, len(old) - start, len(new) - start)
        old, new = (text[start : len(text) - end].strip(", ") or "nothing" for text in (old, new))
    return f"{old} -> {new}"


def _places(node: ast.AST) -> Iterator[tuple[ast.AST, str, ast.AST]]:
    """Each node with its parent and the field of the parent that it is in."""
    for field, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and field not in UNSEEN and getattr(child, "arg", "") not in UNSEEN:
                yield node, field, child
                yield from _places(child)


def _unparsed(tree: ast.AST, parent: ast.AST, field: str, change: tuple[ast.AST, ast.AST]) -> str:
    """The text of a tree with one node of a parent in another's place."""
    (old, new), value = change, getattr(parent, field)
    setattr(parent, field, [new if child is old else child for child in value] if isinstance(value, list) else new)
    text = ast.unparse(tree)
    setattr(parent, field, value)
    return text


def _with(node: ast.AST, **fields: object) -> ast.AST:
    new = copy.copy(node)
    vars(new).update(fields)
    return new


def _changes(node: ast.AST, field: str) -> Iterator[ast.AST]:
    """What may stand in the place of a node."""
    is_negated = isinstance(node, ast.UnaryOp)
    if isinstance(node, (ast.BinOp, ast.BoolOp, ast.AugAssign)) and type(node.op) in OTHER:
        yield _with(node, op=OTHER[type(node.op)]())
    elif isinstance(node, ast.Compare):
        yield from (_with(node, ops=[*node.ops[:k], OTHER[type(op)](), *node.ops[k + 1 :]]) for k, op in enumerate(node.ops))
        is_negated = not isinstance(node.ops[0], (ast.Lt, ast.LtE, ast.Gt, ast.GtE))
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Constant) and isinstance(value := node.value, (bool, int, float)):
        yield ast.Constant(not value if isinstance(value, bool) else value + 1 if isinstance(value, int) or not value else 2 * value)
    elif isinstance(node, ast.Call):
        yield from (_with(node, keywords=[k for k in node.keywords if k is not one]) for one in node.keywords if one.arg not in UNSEEN)
        if len(node.args) > 1 and not PROSE.search(str(getattr(node.args[-1], "value", ""))):
            yield _with(node, args=node.args[:-1])
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield ast.Pass()
    if field in ("test", "ifs") and not is_negated:
        yield ast.UnaryOp(ast.Not(), node)


def _texts(tree: ast.AST, where: Mapping[str, tuple[int | str, ...]]) -> Iterator[ast.Constant]:
    """Those of a table's strings that are the arguments named by `where`."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        for name, argument in [*enumerate(call.args), *((keyword.arg, keyword.value) for keyword in call.keywords)]:
            if name in where.get(getattr(call.func, "id", ""), ()):
                yield from (node for node in ast.walk(argument) if isinstance(node, ast.Constant))


def _fewer_words(conditions: str) -> Iterator[ast.Constant]:
    """Conditions without one, or without the last name of one."""
    parts = conditions.split(", ") if conditions else []
    for k, part in enumerate(parts):
        yield ast.Constant(", ".join(parts[:k] + parts[k + 1 :]))
        if " " in part:
            yield ast.Constant(", ".join([*parts[:k], part.rpartition(" ")[0], *parts[k + 1 :]]))


def _changed_rules(rule: str) -> Iterator[ast.Constant]:
    """A rule with another sign, a factor, or something in it changed or swapped."""
    yield from (ast.Constant(f"{front}({rule})") for front in ("-", "2 * ") if rule != "0")
    tree = ast.parse(rule, mode="eval")
    for parent, field, old in list(_places(tree)):
        found = list(_changes(old, field))
        if isinstance(old, ast.BinOp) and not isinstance(old.op, (ast.Add, ast.Mult)):
            found.append(_with(old, left=old.right, right=old.left))
        elif isinstance(old, ast.Call) and old.func.id != "inner":  # which is symmetric
            found = [_with(old, args=[old.args[1], old.args[0], *old.args[2:]]) if len(old.args) > 1 else old.args[0]]
        yield from (ast.Constant(_unparsed(tree, parent, field, (old, new))) for new in found)
