"""Whether a pattern, an expression of a1viz's own tables, describes a node of a graph, and in which ways; and what a sum is made of."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from ..base.errors import ShapeError
from ..graph.attributes import canonical
from ..graph.nodes import Builder, Node
from ..graph.operators import OPS
from ..graph.trees import Applied, AttributeName, Tree, attributes_of

COMMUTATIVE = ("add", "mul", "inner")
SUMS = ("add", "sub", "neg", "identity", "transpose")  # what only adds up, turns round or passes on


def terms(nodes: Mapping[str, Node], name: str) -> list[str]:
    """What a value is made of by sums, signs, transposes and numbers in front: itself and all parts, down to those of another kind."""
    found: dict[str, None] = {name: None}
    waiting = [name]
    while waiting:
        node = nodes[waiting.pop()]
        inputs: Sequence[str] = node.inputs if node.op in SUMS else ()
        if node.op == "mul":
            factors = [i for i in node.inputs if nodes[i].shape]
            inputs = factors if len(factors) == 1 else ()
        waiting += [i for i in inputs if i not in found]
        found.update(dict.fromkeys(inputs))
    return list(found)


def matches(
    builder: Builder, pattern: Tree, name: str, found: Mapping[str, Any], opaque: Container[str] | None = ()
) -> Iterator[dict[str, Any]]:
    """Every way in which `pattern` describes the node `name`, given what its variables already stand for.

    It looks at how the operands of `name` are computed, except for those in `opaque`; None stands for all variables with a name of their
    own: what has a name stays in the equation under it.
    """
    if isinstance(pattern, str):
        if is_same(builder, found.get(pattern, name), name):
            yield {pattern: name, **found}
        return
    node = builder.nodes[name]
    if isinstance(pattern, float):
        if node.op == "constant" and node.value == pattern and not node.is_declared:
            yield dict(found)
        return
    if node.op != pattern.op or len(node.inputs) != len(pattern.operands):
        return
    known = _with_attributes(builder, pattern, node, found) if pattern.attrs or node.attrs else found
    if known is None:
        return
    yield from _match_all(builder, pattern.operands, node.inputs, known, opaque)
    if node.op in COMMUTATIVE:
        yield from _match_all(builder, pattern.operands, node.inputs[::-1], known, opaque)


def _with_attributes(builder: Builder, pattern: Applied, node: Node, found: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What the pattern's names stand for, those of attributes too; None where the node has other attributes."""
    attributes = node.attributes
    known: dict[str, Any] = {**{value: attributes[name] for name, value in pattern.attrs if isinstance(value, AttributeName)}, **found}
    shapes = [builder.shape(i) for i in node.inputs]
    try:
        form = canonical(OPS[node.op], attributes_of(pattern, known), shapes, lambda: list(node.inputs))
    except ShapeError:  # an axis that this value has not
        return None
    return known if form == node.attrs else None


def is_same(builder: Builder, first: str, second: str) -> bool:
    """Whether two nodes are one, or are written alike: a + b in one place and a + b in another."""
    waiting = [(first, second)]
    seen: set[tuple[str, str]] = set()
    while waiting:
        pair = waiting.pop()
        if pair[0] == pair[1] or pair in seen:
            continue
        seen.add(pair)
        one, other = (builder.nodes[name] for name in pair)
        if (
            one.is_declared
            or other.is_declared
            or one.is_leaf
            or one.op != other.op
            or one.attrs != other.attrs
            or len(one.inputs) != len(other.inputs)
        ):
            return False
        waiting += zip(one.inputs, other.inputs, strict=True)
    return True


def _match_all(
    builder: Builder, patterns: Sequence[Tree], names: Sequence[str], found: Mapping[str, Any], opaque: Container[str] | None
) -> Iterator[dict[str, Any]]:
    if not patterns:
        yield dict(found)
    elif not isinstance(patterns[0], Applied) or not _is_opaque(builder.nodes[names[0]], opaque):
        for first in matches(builder, patterns[0], names[0], found, opaque):
            yield from _match_all(builder, patterns[1:], names[1:], first, opaque)


def _is_opaque(node: Node, opaque: Container[str] | None) -> bool:
    return node.is_declared if opaque is None else node.name in opaque


def inside(builder: Builder, pattern: Applied, name: str, found: Mapping[str, Any]) -> set[str]:
    """The nodes below `name` that a match looked at: where the pattern has an operator. `found` is what its variables stand for."""
    looked_at: set[str] = set()
    waiting = [(pattern, name)]
    while waiting:
        tree, current = waiting.pop()
        inputs = builder.nodes[current].inputs
        orders = (inputs, inputs[::-1]) if tree.op in COMMUTATIVE else (inputs,)
        order = next(o for o in orders if next(_match_all(builder, tree.operands, o, found, ()), None) is not None)
        below = [(part, i) for part, i in zip(tree.operands, order, strict=True) if isinstance(part, Applied)]
        looked_at.update(i for _, i in below)
        waiting += below
    return looked_at


@cache
def operators_of(tree: Tree) -> frozenset[str]:
    return frozenset((tree.op,)).union(*map(operators_of, tree.operands)) if isinstance(tree, Applied) else frozenset()
