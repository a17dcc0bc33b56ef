"""The derivative rules of einsum, which follow from its indices: what pulls a cotangent back, or pushes a tangent, is an einsum again.

An operand's cotangent has the operand's letters: the others and `bar` are multiplied and summed over all else. A letter that only this
operand has was summed over, or nothing: each of its entries counts once, times one. A letter that stands twice in it, as in a trace, is two
letters in the cotangent, which is 0 where they differ: times the identity matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters
from typing import NamedTuple

from ..graph.formulas import split
from ..graph.nodes import Node
from ..graph.shapes import Shape
from ..graph.trees import Applied, Tree

NEW = dict.fromkeys("ijklmn" + ascii_letters)  # letters for new axes, the usual ones first


class Rule(NamedTuple):
    """An einsum: its formula, its operands by their positions in the node, `bar`, or made for letters: `ones ij`, `eye ik`."""

    formula: str
    operands: tuple[str, ...]


def pulled_back(formula: str, k: int) -> Rule:
    """What pulls `bar` back to operand k.

    >>> pulled_back("ij,jk->ik", 0)
    Rule(formula='ik,jk->ij', operands=('bar', 'x1'))
    >>> pulled_back("ij,jk->ik", 1)
    Rule(formula='ij,ik->jk', operands=('x0', 'bar'))
    >>> pulled_back("ii->", 0)
    Rule(formula=',ij->ij', operands=('bar', 'eye ij'))
    """
    letters, result = split(formula)
    parts = [(own, f"x{j}") if j != k else (result, "bar") for j, own in enumerate(letters)]
    unused = (letter for letter in NEW if letter not in formula)
    target, twins = "", []
    for letter in letters[k]:
        new = next(unused) if letter in target else letter
        target += new
        twins += [letter + new] if new != letter else []
    alone = [letter for letter in dict.fromkeys(letters[k]) if not any(letter in own for own in (*twins, *(own for own, _ in parts)))]
    parts += [("".join(alone), f"ones {''.join(alone)}")] if alone else []
    parts += [(pair, f"eye {pair}") for pair in twins]
    return Rule(f"{','.join(own for own, _ in parts)}->{target}", tuple(operand for _, operand in parts))


def pullback(node: Node, k: int, shape: Shape) -> Tree:
    """The rule that pulls `bar` back to operand k, of this shape; the operands are x0, x1, ..."""
    formula = node.attributes["formula"]
    rule = pulled_back(formula, k)
    sizes = dict(zip(split(formula)[0][k], shape, strict=True))
    return _applied(rule.formula, [_made(operand, sizes) for operand in rule.operands])


def pushforward(node: Node, k: int) -> Tree:
    """The same einsum with the tangent `dot` for operand k."""
    return _applied(node.attributes["formula"], [f"x{j}" if j != k else "dot" for j in range(len(node.inputs))])


def _made(operand: str, sizes: dict[str, int | str]) -> Tree:
    op, _, letters = operand.partition(" ")
    if not letters:
        return operand
    shape = [sizes[letter] for letter in letters if letter in sizes]
    return Applied(op, (), (("shape", tuple(shape * 2 if op == "eye" else shape)),))


def _applied(formula: str, operands: Sequence[Tree]) -> Tree:
    return Applied("einsum", tuple(operands), (("formula", formula),))
