"""relu(z) and softplus(-|z|) in one sum, wherever they stand in it: an identity that no pattern of two operands finds.

Serves the cross-entropy as books write it.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from ..graph.nodes import INNER, Builder, Graph
from ..graph.trees import expression_tree
from .matching import SUM_SIGNS, is_same, matches, signed_terms


def with_whole_softplus(graph: Graph, keep: Sequence[str], taken: Container[str]) -> Graph:
    """relu(z) + softplus(-|z|) = softplus(z), wherever both stand in one sum with one sign: both have a kink at 0 that the sum has not."""
    if not {"softplus", "abs"} <= graph.operators or graph.operators.isdisjoint(("relu", "maximum")):
        return graph
    old, builder, changed = Builder(graph.nodes), Builder(avoid=taken), False
    for node in graph.nodes:
        inside = not node.is_declared and all(graph.by_name[user].op in SUM_SIGNS for user in graph.uses[node.name])
        terms = signed_terms(old.nodes, node.name) if node.op in SUM_SIGNS and not inside else []
        found = _halves_of_softplus(old, terms)
        if not found:
            builder.nodes[node.name] = node
            continue
        changed, (first, second, z) = True, found
        if len(terms) == 2 and terms[0][0] > 0:
            builder.add("softplus", [z], name=node.name, block=node.block)
            continue
        total, owner = "", node.name.partition(INNER)[0]
        for k, (sign, term) in enumerate(terms):
            if k == second:
                continue
            value = builder.add("softplus", [z], owner=owner, block=node.block) if k == first else term
            if not total:
                total = value if sign > 0 else builder.add("neg", [value], owner=owner, block=node.block)
            else:
                total = builder.add("add" if sign > 0 else "sub", [total, value], owner=owner, block=node.block)
        builder.add("identity", [total], name=node.name, block=node.block)
    return builder.graph(graph.name, graph.outputs, graph.document, keep) if changed else graph


def _halves_of_softplus(builder: Builder, terms: Sequence[tuple[int, str]]) -> tuple[int, int, str] | None:
    """Which terms are relu(z) and softplus(-|z|), and z; none where there are not both."""
    halves = [(k, sign, z) for k, (sign, name) in enumerate(terms) for z in [_found(builder, "softplus(-abs(z))", name)] if z]
    for k, (sign, name) in enumerate(terms) if halves else ():
        z = next(filter(None, (_found(builder, text, name) for text in ("relu(z)", "maximum(z, 0)", "maximum(0, z)"))), "")
        for other, its_sign, w in halves if z else ():
            turned = _found(builder, "-z", z), _found(builder, "-z", w)  # |-z| = |z|
            if sign == its_sign and any(is_same(builder, a, b) for a, b in ((z, w), (turned[0], w), (z, turned[1])) if a and b):
                return k, other, z
    return None


def _found(builder: Builder, text: str, name: str) -> str:
    """What z stands for where a pattern describes a node without a name of its own; nothing where it does not."""
    node = builder.nodes[name]
    way = None if node.is_declared else next(matches(builder, expression_tree(text), name, {}, None), None)
    return way["z"] if way else ""
