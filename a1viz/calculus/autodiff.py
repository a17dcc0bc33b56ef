"""Derivatives as graphs: the backward graph pulls cotangents back, the tangent graph pushes tangents forward.

What is differentiated is the graph with its stable identities: log(softmax(x)) has a derivative in x even where the softmax rounds to 0.

Both copy the forward nodes they need and add new ones by the rules of the operator table, which are equations themselves; so a
derivative is run, printed, drawn and differentiated again like any other graph. Serves question 2.1.2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from ..base.errors import DerivativeError
from ..base.naming import free_name
from ..graph.arguments import GraphOrName, Names, graph_of, names_of
from ..graph.document import Document
from ..graph.nodes import INNER, Builder, Graph, Node, dependents
from ..graph.operators import OPS
from ..graph.shapes import Shape
from ..graph.trees import Applied, Tree, expression_tree, plant
from .branches import conditions_of, selected
from .index_rules import pullback, pushforward
from .losses import given_graph, loss_of, seeds
from .rewriting import looked_through, stable

ENDING = re.compile(r"_bar\d*(_total)?$")  # of a cotangent's name
SEED = 1.0  # the cotangent of a scalar loss
# a contribution, not yet planted: rule, names for its variables, shape of the node it comes from, that node, and which operand it is for
Piece = tuple[Tree, dict[str, Any], Shape, str, int]


class Contribution(NamedTuple):
    """What one use adds to a variable's cotangent: who reads it, as which operand, and the term; none where the rule is 0."""

    user: str
    operand: int
    term: str


def differentiable(graph: Graph) -> tuple[str, ...]:
    """The leaves that have derivatives: all but class labels and constants."""
    return tuple(node.name for node in graph.leaves if node.op != "label")


def every_variable(graph: Graph) -> tuple[str, ...]:
    """All declared variables that have derivatives, in order."""
    return tuple(n.name for n in graph.nodes if n.is_declared and n.op not in ("label", "constant", "size"))


def derived_name(graph: Graph, name: str, kind: str) -> str:
    """What a cotangent (kind "bar") or a tangent ("dot") is called: `x_bar`, or `x_bar2` where the graph has an `x_bar` of its own."""
    return free_name(f"{name}_{kind}", graph)


def backward(graph: GraphOrName, wrt: Names | None = None, cotangents: Names | None = None, keep: Names = (), *, of: str = "") -> Graph:
    """The backward graph; its outputs are the cotangents `x_bar`, ... of `wrt` (default: every leaf), each of its variable's shape.

    The cotangent of the loss is 1: of the scalar `of`, the document's `loss`, or the only output. Where there is none,
    `cotangents` (default: the document's, else all outputs) become inputs `y_bar`, ... of the new graph; what others contribute to a
    variable's cotangent is added to that in `y_bar_total`. `keep` names forward variables to keep even where no derivative needs them.

    Raises DerivativeError for a class label, or where an operator has no rule. Source: question 2.1.2.

    >>> from a1viz.graph.equations import parse
    >>> print(backward(parse("y = W @ x", x=["D"], W=["N", "D"]), wrt=["x"]))
    x_bar = y_bar @ W
    """
    builder, whole, _ = _pulled_back(graph, wrt, cotangents, keep, of)
    return builder.graph(*whole)


def backward_with_terms(graph: Graph, wrt: Names, keep: Names) -> tuple[Graph, dict[str, list[Contribution]]]:
    """The backward graph, and for each node of the stable graph what its uses contribute to its cotangent; their terms are kept."""
    builder, (name, outputs, document, kept), terms = _pulled_back(graph, wrt, None, keep, "")
    kept = [*kept, *(c.term for found in terms.values() for c in found if c.term)]
    return builder.graph(name, outputs, document, kept), terms


def _pulled_back(
    graph: GraphOrName, wrt: Names | None, cotangents: Names | None, keep: Names, of: str
) -> tuple[Builder, tuple[str, list[str], Document, list[str]], dict[str, list[Contribution]]]:
    """All nodes of the backward graph, what `Builder.graph` makes one of, and the contributions."""
    graph = given_graph(graph, of, cotangents)
    wrt = _checked_wrt(graph, wrt)
    for name in (keep := names_of(keep)):
        graph[name]  # a GraphError says which is not there
    handed_in = seeds(graph, None if cotangents is None else names_of(cotangents))
    hidden = looked_through(graph, wrt)
    before, graph = graph, stable(graph, wrt)
    builder = Builder(graph.nodes, avoid=before.by_name)
    bars: dict[str, str] = {}  # variable -> the name of its cotangent
    pieces: dict[str, list[Piece]] = {}  # variable -> contributions, not yet planted; the last first
    terms: dict[str, list[Contribution]] = {}
    for name in handed_in:
        bars[name] = builder.leaf(derived_name(graph, name, "bar"), "input", graph[name].shape)
    if not handed_in:
        loss = loss_of(graph)
        bars[loss] = builder.leaf(derived_name(graph, loss, "bar"), "constant", (), SEED)
    document = _derived_document(graph, bars)
    wanted = set(wrt)
    reach = dependents(graph, wanted)
    conditions = conditions_of(graph, bars)
    for node in reversed(graph.nodes):
        name = node.name
        if name not in reach or (name not in bars and name not in pieces and name not in wanted):
            continue
        found = pieces.pop(name, [])[::-1]
        if name not in bars:
            bar = derived_name(graph, name, "bar")
            bars[name] = _total(builder, node, found, builder.fresh(bar) if name in hidden else bar, terms)
            if not found:  # nothing depends on it, and so it hands on nothing
                continue
        elif found:  # a cotangent handed in for a variable that others use too
            given: Piece = "bar", {"bar": bars[name]}, node.shape, "", 0
            total = builder.free(f"{bars[name]}_total")
            bars[name] = _total(builder, node, [given, *found], builder.fresh(total) if name in hidden else total, terms)
        for k, argument in reversed(list(enumerate(node.inputs))):
            if argument in reach:
                rule = _rule(builder, node, k)
                if rule == 0.0:
                    terms.setdefault(argument, []).append(Contribution(name, k, ""))
                else:
                    names = _names(builder, node, k, bar=bars[name])
                    rule, more = selected(graph, node, argument, rule, conditions)
                    pieces.setdefault(argument, []).append((rule, {**names, **more}, node.shape, name, k))
    outputs = [bars[name] for name in wrt]
    return builder, (f"{graph.name}_backward", outputs, document, [*keep, *outputs]), terms


def cotangent_names(graph: Graph, backward_graph: Graph) -> dict[str, str]:
    """For each declared variable of `graph`, the name of its cotangent in `backward_graph`, where it has one."""
    names = {}
    for name in graph.declared_names:
        bar = derived_name(graph, name, "bar")
        found = next((b for b in (f"{bar}_total", bar) if b in backward_graph and b not in graph), None)
        if found:
            names[name] = found
    return names


def _derived_document(graph: Graph, bars: Mapping[str, str]) -> Document:
    """The document of a derivative: the cotangents that were handed in are values now, and expectations were not about it."""
    document = graph.document
    handed_in = {bars[name]: value for name, value in document.cotangents.items() if name in bars}
    return replace(document, values={**document.values, **handed_in}, cotangents={}, loss="", expect={})


def tangent(graph: GraphOrName, wrt: Names | None = None) -> Graph:
    """The tangent graph; its inputs are tangents `x_dot`, ... of `wrt` beside the graph's own, its outputs `J_dot`, ... of the outputs.

    Raises DerivativeError as `backward` does. Source: forward mode, question 2.3's Jacobian-vector products.

    >>> from a1viz.graph.equations import parse
    >>> print(tangent(parse("y = W @ x", x=["D"], W=["N", "D"]), wrt=["x"]))
    y_dot = W @ x_dot
    """
    wrt = _checked_wrt(graph := graph_of(graph), wrt)
    graph = stable(graph, wrt)
    builder = Builder(graph.nodes)
    dots: dict[str, str] = {}
    wanted = set(wrt)
    for node in graph.nodes:
        if node.name in wanted:
            dots[node.name] = builder.leaf(derived_name(graph, node.name, "dot"), "input", node.shape)
        elif any(i in dots for i in node.inputs):
            terms = _tangent_terms(builder, node, dots)
            if terms:
                dots[node.name] = _planted_sum(builder, terms, node.shape, derived_name(graph, node.name, "dot"), node)
    outputs = [dots.get(name) or _zeros(builder, graph[name], derived_name(graph, name, "dot")) for name in graph.outputs]
    return builder.graph(f"{graph.name}_tangent", outputs, _derived_document(graph, {}))


def joined(first: Graph, second: Graph) -> Graph:
    """Both graphs as one, with the outputs of both; a variable that is computed otherwise in the second gets an automatic name there."""
    builder = Builder(first.nodes)
    new: dict[str, str] = {}
    for node in second.nodes:
        node = replace(node, inputs=tuple(new.get(name, name) for name in node.inputs))
        if node.name in builder.nodes and builder.nodes[node.name] != node:
            new[node.name] = builder.fresh(node.name.partition(INNER)[0])
            node = replace(node, name=new[node.name])
        if node.name not in builder.nodes:
            builder.put(node)
    outputs = [*first.outputs, *(new.get(name, name) for name in second.outputs)]
    return builder.graph(first.name, list(dict.fromkeys(outputs)), first.document, keep=first.by_name)


def _checked_wrt(graph: Graph, wrt: Names | None) -> tuple[str, ...]:
    names = differentiable(graph) if wrt is None else names_of(wrt)
    for name in names:
        if graph[name].op in ("label", "constant"):
            what = "class label" if graph[name].op == "label" else "constant"
            raise DerivativeError(f"{name} is a {what}: there is no derivative with respect to it")
    return names


def _rule(builder: Builder, node: Node, k: int) -> Tree:
    op = OPS[node.op]
    if op.indexed:
        return pullback(node, k, builder.shape(node.inputs[k]))
    k = 0 if op.is_variadic else k
    if k >= len(op.rules) or (op.vjp and k >= len(op.jvp)):
        mend = "add one to its row of the operator table, '0' if the derivative is zero"
        raise DerivativeError(f"{node.name}: {op.name} has no derivative rule; {mend}")
    return expression_tree(op.rules[k])


def _names(builder: Builder, node: Node, k: int, **more: str) -> dict[str, Any]:
    op = OPS[node.op]
    names = {**node.attributes, "y": node.name, **more}
    if op.indexed:
        return {**names, **{f"x{j}": name for j, name in enumerate(node.inputs)}}
    if op.is_variadic:
        return {**names, "i": builder.constant(float(k))}
    return {**names, **dict(zip(op.args, node.inputs, strict=True))}


def _total(builder: Builder, node: Node, pieces: list[Piece], name: str, terms: dict[str, list[Contribution]]) -> str:
    """The sum of a variable's contributions, under the name `x_bar`; a cotangent passed on to an automatic node keeps its own name."""
    if not pieces:
        return _zeros(builder, node, name)
    (rule, names, shape, *_), planted = pieces[0], list[str]()
    if len(pieces) == 1 and not node.is_declared and rule == "bar" and shape == node.shape:
        total: str = names["bar"]
        planted.append(total)
    else:
        total = _planted_sum(builder, [piece[:2] for piece in pieces], node.shape, name, node, planted)
    found = [Contribution(user, k, term) for (*_, user, k), term in zip(pieces, planted, strict=True)]
    terms.setdefault(node.name, []).extend(found)
    return total


def _planted_sum(
    builder: Builder, terms: Sequence[tuple[Tree, dict[str, Any]]], shape: Shape, name: str, node: Node, planted: list[str] | None = None
) -> str:
    """Plant the terms and add them up, brought to `shape`; the last node is called `name`. What each term is called is put in `planted`."""
    old = {names[tree] for tree, names in terms if isinstance(tree, str)}
    planted = [] if planted is None else planted
    result = ""
    for tree, names in terms:
        term = _brought_to(builder, plant(builder, tree, names, owner=name, block=node.block), shape, name)
        planted.append(term)
        result = builder.add("add", [result, term], owner=name, block=node.block) if result else term
    if builder.shape(result) != shape:
        result = builder.add("fill", [result, node.name], owner=name, block=node.block)
    if result in old:  # a cotangent handed on
        return builder.add("identity", [result], name=name, block=node.block)
    planted[:] = [name if term == result else term for term in planted]
    return builder.rename(result, name)


def _brought_to(builder: Builder, term: str, shape: Shape, owner: str) -> str:
    """Sum a value over the axes along which an operand of `shape` was broadcast."""
    have = builder.shape(term)
    if have == shape or len(have) < len(shape):
        return term
    extra = len(have) - len(shape)
    along = [k - len(have) for k in range(extra, len(have)) if have[k] != shape[k - extra]]
    if along and extra < len(have):
        term = builder.add("sum", [term], owner=owner, attrs={"axis": tuple(along), "keepdims": True})
    if extra:
        term = builder.add("sum", [term], owner=owner, attrs={"axis": tuple(range(extra))})
    return term


def _zeros(builder: Builder, node: Node, name: str) -> str:
    zero = builder.constant(0.0)
    if node.shape == ():
        return builder.add("identity", [zero], name=name, block=node.block)
    return builder.add("fill", [zero, node.name], name=name, block=node.block)


def _tangent_terms(builder: Builder, node: Node, dots: dict[str, str]) -> list[tuple[Tree, dict[str, Any]]]:
    """What each argument's tangent contributes to the tangent of `node`."""
    op = OPS[node.op]
    if op.joint:
        moved = [dots.get(i) or _zeros(builder, builder.nodes[i], builder.fresh(f"{node.name}_dot")) for i in node.inputs]
        tree = Applied(op.name, tuple(f"dot{k}" for k in range(len(moved))), tuple(node.attributes.items()))
        return [(tree, {f"dot{k}": name for k, name in enumerate(moved)})]
    terms: list[tuple[Tree, dict[str, Any]]] = []
    for k, argument in enumerate(node.inputs):
        if argument not in dots:
            continue
        rule, dot = pushforward(node, k) if op.indexed else _rule(builder, node, k), dots[argument]
        if rule == 0.0:
            continue
        if op.indexed:
            terms.append((rule, _names(builder, node, k, dot=dot)))
        elif op.adjoint:  # linear in this argument
            names = _names(builder, node, k)
            operands = tuple(a if j != k else "dot" for j, a in enumerate(op.args))
            terms.append((Applied(op.name, operands, tuple(node.attributes.items())), {**names, "dot": dot}))
        elif op.partial:
            terms.append((rule, _names(builder, node, k, bar=dot)))
        else:
            terms.append((expression_tree(op.jvp[k]), _names(builder, node, k, dot=dot)))
    return terms
