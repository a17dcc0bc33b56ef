"""The pass that applies identities to a graph, with what goes with it: numbers folded, operators that are made of others written out.

It looks for the pattern of a row in a graph and puts the replacement there, under the same name. Serves questions 2.2.2 and 2.3.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ..graph.arguments import GraphOrName, graph_of
from ..graph.nodes import INNER, Builder, Graph, Node
from ..graph.operators import OPS
from ..graph.trees import Applied, Tree, attributes_of, expression_tree, is_nothing, plant
from .identities import IDENTITIES
from .matching import Identity, inside, is_same, matches, operators_of

DEPTH = 100  # how often a row is applied to its own result in one pass
SIGNED_SUMS = ("add", "sub", "neg")


def rewrite(
    graph: GraphOrName,
    purposes: Sequence[str] = ("stable", "tidy"),
    keep: Sequence[str] = (),
    rows: Sequence[Identity] = IDENTITIES,
    *,
    opaque: Container[str] = (),
    avoid: Iterable[str] = (),
) -> Graph:
    """Apply every identity of these purposes, in the order of the table, until none fits; then drop what nobody needs.

    `keep` names variables to keep beside the outputs, `opaque` those that no identity may look through, `avoid` names not to give to others.

    Raises GraphError if one to keep is not there. Source: questions 2.2.2 and 2.3.

    >>> from a1viz.graph.equations import parse
    >>> print(rewrite(parse("n = norm2(outer(a, b))", a=["M"], b=["N"]), purposes=("norm",)))
    n = norm2(a) * norm2(b)
    """
    return deque(steps(graph_of(graph), purposes, keep, rows, opaque=opaque, avoid=avoid), maxlen=1).pop()[2]


def steps(
    graph: Graph,
    purposes: Sequence[str],
    keep: Sequence[str] = (),
    rows: Sequence[Identity] = IDENTITIES,
    *,
    opaque: Container[str] = (),
    avoid: Iterable[str] = (),
) -> Iterator[tuple[Identity | None, tuple[str, ...], Graph]]:
    """The rewrite step by step: each identity, the nodes it changed, and the graph after it; first the graph as it was, last the pruned."""
    for name in keep:
        graph[name]  # a GraphError says which is not there
    yield None, (), graph
    taken = {*graph.by_name, *avoid}  # every name there ever was: none is given to another value
    for _ in range(len(graph) + 2):  # most graphs need three
        changed = False
        if "stable" in purposes:
            whole = _with_whole_softplus(graph, keep)
            if whole is not graph:
                changed, graph = True, whole
                taken.update(graph.by_name)
                yield None, (), graph
        if "tidy" in purposes:
            graph = _with_near_donors(_folded(graph, keep), keep)
        for row in rows:
            if row.purpose in purposes:
                places, after = _apply(row, graph, keep, taken, opaque)
                if places:
                    changed, graph = True, after
                    taken.update(graph.by_name)
                    yield row, places, graph
        if not changed:
            break
    builder = Builder(graph.nodes)
    yield None, (), builder.graph(graph.name, graph.outputs, graph.document, keep)


def _with_whole_softplus(graph: Graph, keep: Sequence[str]) -> Graph:
    """relu(z) + softplus(-|z|) = softplus(z), wherever both stand in one sum with one sign: both have a kink at 0 that the sum has not."""
    if not {"softplus", "abs"} <= graph.operators or graph.operators.isdisjoint(("relu", "maximum")):
        return graph
    old, builder, changed = Builder(graph.nodes), Builder(avoid=graph.by_name), False
    for node in graph.nodes:
        inside = not node.is_declared and all(graph.by_name[user].op in SIGNED_SUMS for user in graph.uses[node.name])
        terms = _summands(old, node.name) if node.op in SIGNED_SUMS and not inside else []
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


def _summands(builder: Builder, name: str) -> list[tuple[int, str]]:
    """The terms of a sum with their signs, in order: what its automatic sums are made of."""
    found, waiting = [], [(1, name, True)]
    while waiting:
        sign, current, is_root = waiting.pop()
        node = builder.nodes[current]
        if node.op not in SIGNED_SUMS or (node.is_declared and not is_root):
            found.append((sign, current))
            continue
        signs = (-sign,) if node.op == "neg" else (sign, -sign if node.op == "sub" else sign)
        waiting += [(s, i, False) for s, i in reversed(list(zip(signs, node.inputs, strict=True)))]
    return found


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


def _apply(
    row: Identity, graph: Graph, keep: Sequence[str], taken: Container[str], opaque: Container[str]
) -> tuple[tuple[str, ...], Graph]:
    """One pass of one identity over a graph; the nodes it changed and the new graph."""
    pattern, replacement = expression_tree(row.pattern), expression_tree(row.replacement)
    if not operators_of(pattern) <= graph.operators:
        return (), graph
    old = Builder(graph.nodes)
    alike = (node for node in graph.nodes if isinstance(pattern, Applied) and node.op == pattern.op)
    found = {node.name: names for node in alike if (names := _fit(row, old, node, opaque)) is not None}
    if not found:
        return (), graph
    builder = Builder(avoid=taken)
    alias: dict[str, str] = {}
    for node in graph.nodes:
        if node.name not in found:
            if node.name not in builder.nodes:  # a number the replacement brought in already
                builder.put(_reading(node, alias))
            continue
        names = {k: alias.get(v, v) for k, v in found[node.name].items()}
        if isinstance(replacement, str) and not node.is_declared:
            alias[node.name] = names[replacement]
        else:
            _plant(row, builder, replacement, names, _Spot(node.name, node.name.partition(INNER)[0], node.block))
    outputs = [alias.get(o, o) for o in graph.outputs]
    return tuple(found), builder.graph(graph.name, outputs, graph.document, keep=[alias.get(k, k) for k in keep])


def _fit(row: Identity, builder: Builder, node: Node, opaque: Container[str] = ()) -> dict[str, Any] | None:
    """What the variables of the row's pattern stand for if it describes the node."""
    pattern = expression_tree(row.pattern)
    if not isinstance(pattern, Applied) or node.op != pattern.op:
        return None
    ways = matches(builder, pattern, node.name, {}, None if row.purpose in ("tidy", "reading") else opaque)
    return next((names for way in ways if (names := row.binding(builder, way)) is not None), None)


class _Spot(NamedTuple):
    """Where a tree is planted: the name of its root, the equation that automatic names belong to, and the block instance."""

    name: str
    owner: str
    block: str


def _plant(row: Identity, builder: Builder, tree: Tree, names: Mapping[str, Any], spot: _Spot, depth: int = 0) -> str:
    """Plant the row's replacement, and apply the row to it again while it fits: a long sum is taken apart in one pass.

    What lies deeper than DEPTH waits for the next round.
    """
    attrs = attributes_of(tree, names) if isinstance(tree, Applied) else {}
    if not isinstance(tree, Applied) or is_nothing(tree.op, attrs):
        return plant(builder, tree, names, *spot)
    inputs = [_plant(row, builder, t, names, spot._replace(name=""), depth) for t in tree.operands]
    new = builder.add(tree.op, inputs, name=spot.name, owner=spot.owner, block=spot.block, attrs=attrs)
    replacement = expression_tree(row.replacement)
    again = _fit(row, builder, builder.nodes[new]) if depth < DEPTH and isinstance(replacement, Applied) else None
    if again is None:
        return new
    del builder.nodes[new]
    return _plant(row, builder, replacement, again, spot._replace(name=new), depth + 1)


def _reading(node: Node, alias: Mapping[str, str]) -> Node:
    """The node with its inputs under their new names."""
    if alias.keys().isdisjoint(node.inputs):
        return node
    return replace(node, inputs=tuple(alias.get(i, i) for i in node.inputs))


def _folded(graph: Graph, keep: Sequence[str]) -> Graph:
    """Automatic nodes all of whose operands are numbers become numbers."""
    builder = Builder()
    alias: dict[str, str] = {}
    for node in graph.nodes:
        node = _reading(node, alias)
        value = _number(builder, node)
        if math.isfinite(value):
            alias[node.name] = builder.constant(value)
        elif node.name not in builder.nodes:
            builder.put(node)
    if not alias:
        return graph
    return builder.graph(graph.name, graph.outputs, graph.document, keep)


def _number(builder: Builder, node: Node) -> float:
    """The value of an automatic scalar node all of whose operands are numbers, or NaN."""
    if node.is_leaf or node.is_declared or node.shape or not OPS[node.op].is_elementwise:
        return math.nan
    kernel = OPS[node.op].kernel
    operands = [builder.nodes[i] for i in node.inputs]
    if kernel is None or not all(o.op == "constant" and not o.is_declared for o in operands):
        return math.nan
    with np.errstate(all="ignore"):
        return float(kernel(*(np.float64(o.number) for o in operands)))


# the operand of which only the shape counts
DONORS = {
    "fill": 1, "scaled_eye": 1, "scatter": 2, "untake": 2, "unslice": 1, "reshape_like": 1, "axes_back": 1, "count": 0, "eye_like": 0,
    "head": 1, "tail": 1, "pad_end": 1, "pad_start": 1
}  # fmt: skip


def _with_near_donors(graph: Graph, keep: Sequence[str]) -> Graph:
    """Take a shape from the earliest variable that has it, so that nothing is computed only to be measured."""
    origin: dict[str, str] = {}
    nodes, shapes = [], {node.name: node.shape for node in graph.nodes}
    for node in graph.nodes:
        twin = next((i for i in node.inputs if shapes[i] == node.shape), None) if node.shape else None
        origin[node.name] = origin[twin] if twin and INNER not in origin[twin] else node.name
        k = DONORS.get(node.op)
        if k is not None and origin[node.inputs[k]] != node.inputs[k]:
            node = replace(node, inputs=(*node.inputs[:k], origin[node.inputs[k]], *node.inputs[k + 1 :]))
        nodes.append(node)
    return Builder(nodes).graph(graph.name, graph.outputs, graph.document, keep)


def stable(graph: Graph, opaque: tuple[str, ...] = ()) -> Graph:
    """The graph with its stable identities, which look through no variable in `opaque`, of operators without a body."""
    return _stabilised(graph, opaque)[0]


def looked_through(graph: Graph, opaque: tuple[str, ...] = ()) -> frozenset[str]:
    """The variables that stable identities look through: log(p) with p = softmax(x) is computed from x, past p."""
    return _stabilised(graph, opaque)[1]


@lru_cache(maxsize=64)
def _stabilised(graph: Graph, opaque: tuple[str, ...]) -> tuple[Graph, frozenset[str]]:
    past: set[str] = set()
    before = graph
    for row, places, after in steps(graph, ("stable",), graph.declared_names, opaque=opaque):
        builder = Builder(before.nodes if places else ())
        for name in places:
            assert row is not None
            names = _fit(row, builder, builder.nodes[name], opaque)
            assert names is not None, f"{row.name} fitted {name}"
            pattern = expression_tree(row.pattern)
            assert isinstance(pattern, Applied)
            past |= inside(builder, pattern, name, names)
        before = after
    return expand_bodies(before), frozenset(past.intersection(graph.declared_names))


def expand_bodies(graph: Graph) -> Graph:
    """The same graph with every operator that is made of others written out, those in their bodies too."""
    while any(n.op in OPS and OPS[n.op].body for n in graph.nodes):
        builder = Builder()
        for node in graph.nodes:
            op = OPS.get(node.op)
            if op and op.body:
                names = {**node.attributes, **dict(zip(op.args, node.inputs, strict=True))}
                plant(builder, expression_tree(op.body), names, node.name, block=node.block)
            elif node.name not in builder.nodes:  # a number that a body brought in already
                builder.put(node)
        graph = builder.graph(graph.name, graph.outputs, graph.document, keep=list(graph.by_name))
    return graph
