"""Whether a pattern, an expression of a1viz's own tables, describes a node of a graph, and in which ways; and what a sum is made of."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from ..base.errors import ShapeError
from ..graph.attributes import canonical
from ..graph.nodes import Builder, Graph, Node
from ..graph.operators import OPS
from ..graph.trees import Applied, AttributeName, Tree, attributes_of

COMMUTATIVE = ("add", "mul", "inner")
SUMS = ("add", "sub", "neg", "identity", "transpose")  # what only adds up, turns round or passes on
SUM_SIGNS = {"add": (1, 1), "sub": (1, -1), "neg": (-1,)}
SIGNS = SUM_SIGNS | {"identity": (1,), "transpose": (1,)}
PLACES = (  # the same entries elsewhere, with zeros, or a part of them
    "reshape", "reshape_like", "expand", "squeeze", "unslice", "pad_end", "pad_start", "slice", "head", "tail"
)  # fmt: skip
Index = Mapping[str, Mapping[tuple[str, ...], Sequence[tuple[int, Node]]]]


def terms(nodes: Mapping[str, Node], name: str) -> list[str]:
    """What a value is made of by sums, signs, axes in another order or place, zeros beside it and numbers in front: itself and all parts.

    Down to those of another kind.
    """
    found: dict[str, None] = {name: None}
    waiting = [name]
    while waiting:
        inputs = _parts(nodes, nodes[waiting.pop()])
        waiting += [i for i in inputs if i not in found]
        found.update(dict.fromkeys(inputs))
    return list(found)


def summands(graph: Graph, name: str) -> dict[tuple[str, bool], int]:
    """How often each value is in the sum that a variable is, as (value, whether it is transposed); one used again is not followed again."""
    waiting, found = {(name, False): 1}, {}
    for node in reversed(graph.nodes):
        for is_turned in (False, True):
            times = waiting.pop((node.name, is_turned), 0)
            signs = SIGNS.get(node.op, ()) if not node.attrs else ()
            is_sum = {graph[i].shape for i in node.inputs} <= {node.shape[:: -1 if node.op == "transpose" else 1]}
            if times and not (signs and is_sum):
                found[node.name, is_turned] = times
            for i, sign in zip(node.inputs, signs if times and is_sum else (), strict=False):
                key = i, is_turned ^ (node.op == "transpose")
                waiting[key] = waiting.get(key, 0) + sign * times
    return found


def signed_terms(nodes: Mapping[str, Node], name: str, known: Container[str] = ()) -> list[tuple[int, str]]:
    """The terms of a sum with their signs, in order: what its automatic sums are made of, but for those that are `known`."""
    found: list[tuple[int, str]] = []
    waiting = [(1, name)]
    while waiting:
        sign, current = waiting.pop()
        node = nodes[current]
        if node.op not in SUM_SIGNS or (current != name and (node.is_declared or current in known)):
            found.append((sign, current))
        else:
            waiting += reversed([(sign * own, i) for own, i in zip(SUM_SIGNS[node.op], node.inputs, strict=True)])
    return found


def _parts(nodes: Mapping[str, Node], node: Node) -> Sequence[str]:
    if node.op in SUMS:
        return node.inputs
    if node.op in PLACES or (node.op == "sum" and nodes[node.inputs[0]].op in ("matmul", "outer")):
        return node.inputs[:1]
    if node.op in ("mul", "div", "select"):
        factors = [i for i in node.inputs if nodes[i].shape]
        outer = [i for i in factors if _holds_outer(nodes, i)]
        is_divisor = node.op == "div" and factors != [node.inputs[0]]
        return () if is_divisor else factors if len(factors) == 1 else outer[:1]
    return ()


def _holds_outer(nodes: Mapping[str, Node], name: str) -> bool:
    """Whether a value is an outer product, or that of one with others entry by entry."""
    seen, waiting = {name}, [name]
    while waiting:
        node = nodes[waiting.pop()]
        if node.op == "outer":
            return True
        more = [i for i in node.inputs if i not in seen] if node.op == "mul" else []
        seen.update(more)
        waiting += more
    return False


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


def by_operands(graph: Graph) -> Index:
    """The applications of each operator, by the operators of their operands; each with its place in the graph."""
    index: dict[str, dict[tuple[str, ...], list[tuple[int, Node]]]] = {}
    operators = {node.name: node.op for node in graph.nodes}
    for place, node in enumerate(graph.nodes):
        if node.inputs:
            index.setdefault(node.op, {}).setdefault(tuple([operators[i] for i in node.inputs]), []).append((place, node))
    return index


def candidates(index: Index, pattern: Applied) -> list[Node]:
    """The nodes that have the pattern's operator and whose operands have those of the pattern's operands, in the order of the graph."""
    asked = heads_of(pattern)
    orders = (asked, asked[::-1]) if pattern.op in COMMUTATIVE else (asked,)
    found: list[tuple[int, Node]] = []
    for operators, nodes in index.get(pattern.op, {}).items():
        if len(operators) == len(asked) and any(all(a in ("", o) for a, o in zip(order, operators, strict=True)) for order in orders):
            found += nodes
    return [node for _, node in sorted(found, key=lambda pair: pair[0])]


@cache
def heads_of(pattern: Applied) -> tuple[str, ...]:
    """Of each operand of a pattern the operator that it must have; "" for any."""
    return tuple(o.op if isinstance(o, Applied) else "" if isinstance(o, str) else "constant" for o in pattern.operands)
