"""The pass that applies identities to a graph, with what goes with it: numbers folded, operators that are made of others written out.

It looks for the pattern of a row in a graph and puts the replacement there, under the same name. Serves questions 2.2.2 and 2.3.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ..base.errors import GraphError, did_you_mean
from ..graph.arguments import GraphOrName, Names, graph_of, names_of
from ..graph.nodes import INNER, Builder, Graph, Node
from ..graph.operators import OPS
from ..graph.trees import Applied, Tree, attributes_of, expression_tree, is_nothing, plant
from .identities import IDENTITIES
from .matching import Index, by_operands, candidates, inside, matches, operators_of
from .rows import Identity
from .softplus import with_whole_softplus

DEPTH = 100  # how often a row is applied to its own result in one pass
TIDYING = ("numbers computed", "a shape taken from the first variable that has it")


def rewrite(
    graph: GraphOrName,
    purposes: Names = ("stable", "tidy"),
    keep: Names = (),
    rows: Sequence[Identity] = IDENTITIES,
    *,
    opaque: Container[str] = (),
    avoid: Iterable[str] = (),
) -> Graph:
    """Apply every identity of these purposes, in the order of the table, until none fits; then drop what nobody needs.

    `keep` names variables to keep beside the outputs, `opaque` those that no identity may look through, `avoid` names not to be given.

    Raises GraphError if one to keep is not there, or for an unknown purpose. Source: questions 2.2.2 and 2.3.

    >>> from a1viz.graph.equations import parse
    >>> print(rewrite(parse("n = norm2(outer(a, b))", a=["M"], b=["N"]), purposes=("norm",)))
    n = norm2(a) * norm2(b)
    """
    known = {row.purpose: None for row in (*IDENTITIES, *rows)}
    for purpose in (asked := names_of(purposes)):
        if purpose not in known:
            raise GraphError(f"no identity has the purpose {purpose!r}{did_you_mean(purpose, known)}; the purposes are {', '.join(known)}")
    return deque(steps(graph_of(graph), asked, names_of(keep), rows, opaque=opaque, avoid=avoid), maxlen=1).pop()[2]


def steps(
    graph: Graph,
    purposes: Sequence[str],
    keep: Sequence[str] = (),
    rows: Sequence[Identity] = IDENTITIES,
    *,
    opaque: Container[str] = (),
    avoid: Iterable[str] = (),
) -> Iterator[tuple[Identity | str, tuple[str, ...], Graph]]:
    """The rewrite step by step: each identity, or in words what else is done, the nodes it changed, the graph then; first as it was."""
    for name in keep:
        graph[name]  # a GraphError says which is not there
    yield "as it was", (), graph
    taken = {*graph.by_name, *avoid}  # every name there ever was: none is given to another value
    for _ in range(len(graph) + 2):  # most graphs need three
        changed = False
        if "stable" in purposes:
            whole = with_whole_softplus(graph, keep, taken)
            if whole is not graph:
                changed, graph = True, whole
                taken.update(graph.by_name)
                yield "both halves of a softplus joined", (), graph
        if "tidy" in purposes:
            graph = _folded(graph, keep)
            yield TIDYING[0], (), graph
            graph = _with_near_donors(graph, keep)
            yield TIDYING[1], (), graph
        index = by_operands(graph)
        for row in rows:
            if row.purpose in purposes:
                places, after = _apply(row, graph, index, keep, taken, opaque)
                if places:
                    changed, graph, index = True, after, by_operands(after)
                    taken.update(graph.by_name)
                    yield row, places, graph
        if not changed:
            break
    yield "unused variables left out", (), Builder(graph.nodes).graph(graph.name, graph.outputs, graph.document, keep)


def _apply(
    row: Identity, graph: Graph, index: Index, keep: Sequence[str], taken: Container[str], opaque: Container[str]
) -> tuple[tuple[str, ...], Graph]:
    """One pass of one identity over a graph; the nodes it changed and the new graph."""
    pattern, replacement = expression_tree(row.pattern), expression_tree(row.replacement)
    if not isinstance(pattern, Applied) or not operators_of(pattern) <= graph.operators:
        return (), graph
    alike = candidates(index, pattern)
    if not alike:
        return (), graph
    old = Builder(graph.nodes)
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
    return node.reading(tuple([alias.get(i, i) for i in node.inputs]))


def _folded(graph: Graph, keep: Sequence[str]) -> Graph:
    """Automatic nodes all of whose operands are numbers become numbers."""
    if not any(node.inputs and all(i[0] == INNER for i in node.inputs) for node in graph.nodes):  # nothing of numbers alone
        return graph
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
    if graph.operators.isdisjoint(DONORS):
        return graph
    origin: dict[str, str] = {}
    nodes, shapes, changed = [], {node.name: node.shape for node in graph.nodes}, False
    for node in graph.nodes:
        twin = next((i for i in node.inputs if shapes[i] == node.shape), None) if node.shape else None
        origin[node.name] = origin[twin] if twin and INNER not in origin[twin] else node.name
        k = DONORS.get(node.op)
        if k is not None and origin[node.inputs[k]] != node.inputs[k]:
            changed, node = True, node.reading((*node.inputs[:k], origin[node.inputs[k]], *node.inputs[k + 1 :]))
        nodes.append(node)
    return Builder(nodes).graph(graph.name, graph.outputs, graph.document, keep) if changed else graph


def stable(graph: Graph, opaque: tuple[str, ...] = ()) -> Graph:
    """The graph with its stable identities, which look through no variable in `opaque`, of operators without a body."""
    return _stabilised(graph, opaque)[0]


def looked_through(graph: Graph, opaque: tuple[str, ...] = ()) -> frozenset[str]:
    """The variables that stable identities look through: log(p) with p = softmax(x) is computed from x, past p."""
    return _stabilised(graph, opaque)[1]


@lru_cache(maxsize=64)
def _stabilised(graph: Graph, opaque: tuple[str, ...]) -> tuple[Graph, frozenset[str]]:
    past: set[str] = set()
    taken: set[str] = set()
    before = graph
    for row, places, after in steps(graph, ("stable",), graph.declared_names, opaque=opaque):
        builder = Builder(before.nodes if places else ())
        for name in places:
            assert isinstance(row, Identity)
            names = _fit(row, builder, builder.nodes[name], opaque)
            assert names is not None, f"{row.name} fitted {name}"
            pattern = expression_tree(row.pattern)
            assert isinstance(pattern, Applied)
            past |= inside(builder, pattern, name, names)
        before = after
        taken.update(after.by_name)
    return expand_bodies(before, taken), frozenset(past.intersection(graph.declared_names))


def expand_bodies(graph: Graph, avoid: Container[str] = (), whole: Container[str] = ()) -> Graph:
    """The same graph with every operator that is made of others written out, those in their bodies too, but for those to leave `whole`.

    New names are none of those to `avoid`.
    """
    while any(n.op in OPS and OPS[n.op].body and n.op not in whole for n in graph.nodes):
        builder = Builder(avoid=avoid)
        for node in graph.nodes:
            if (op := OPS.get(node.op)) and op.body and op.name not in whole:
                names = {**node.attributes, **dict(zip(op.args, node.inputs, strict=True))}
                plant(builder, expression_tree(op.body), names, node.name, block=node.block)
            elif node.name not in builder.nodes:  # a number that a body brought in already
                builder.put(node)
        graph = builder.graph(graph.name, graph.outputs, graph.document, keep=list(graph.by_name))
    return graph
