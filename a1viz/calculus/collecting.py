"""The algebra of a derivation: numbers and signs in front, like terms as one, fractions as one, transposes turned, what broadcasts unsaid.

Each equation is taken apart into a sum of products of `terms` and rebuilt. What is applied to operands is a factor; an operator that is
linear in an operand hands on its numbers and scalars. A value that has a variable of its own is that variable. Serves question 2.1.2.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from ..base.errors import ShapeError
from ..graph.nodes import Builder, Graph, Node
from ..graph.shapes import without
from ..graph.sizes import Dim, names_of
from . import terms
from .arithmetic import ARITHMETIC
from .matching import SUM_SIGNS, signed_terms
from .rebuilding import ALSO_LINEAR, LINEAR, Rebuilder
from .shared_parts import with_shared_parts
from .terms import UNIT, Sum, Term

BROADCASTS = (*ALSO_LINEAR, "matmul", "scatter")  # what takes an operand with axes of one entry for one with more
REARRANGES = ("expand", "squeeze", "reshape", "reshape_like", "transpose")


def collected(graph: Graph, first: Graph, numbers: bool = False) -> Graph:
    """The graph with the equations that are not in `first`, which comes first in it, as a reader collects them.

    `numbers` puts in the numbers that variables are: with a loss's cotangent 1, it is nowhere in the others.
    """
    collector = Collector(graph, first.nodes, numbers)
    for node in graph.nodes:
        if node.name not in first.by_name and node.is_declared:
            collector.equation(node)
    nodes = with_shared_parts(collector.builder.nodes.values(), collector.roots)
    names = [node.name for node in nodes if node.is_declared]
    return Builder(nodes).graph(graph.name, graph.outputs, graph.document, keep=names)


class Collector(Rebuilder):
    """Takes the equations of a graph apart, one after the other, and rebuilds them."""

    def __init__(self, graph: Graph, plain: Sequence[Node], numbers: bool) -> None:
        """`plain` are nodes that stay as they are."""
        super().__init__(graph)
        self.builder = Builder(plain, avoid=graph.by_name)
        self.numbers = numbers
        self.forms: dict[str, Sum] = {}  # of nodes of the graph
        self.roots: dict[str, str] = {}  # what an equation is, by its variable
        self.taken = frozenset(graph.declared_names)
        met = {node.op for node in graph.nodes if not node.is_declared and node.name not in self.builder.nodes} - {*SUM_SIGNS, *ARITHMETIC}
        for node in plain:
            if node.is_declared and node.op in met:  # no sum or product is met again
                self.owner = node.name
                form = self.form(node)
                root = self.builder.nodes[self.rebuilt(form, node.shape)]
                if any(term.up or term.down for term in form) and not (root.is_leaf or root.is_declared):
                    self.variables.setdefault(root.name, node.name)

    def equation(self, node: Node) -> None:
        """Rebuild one variable's equation, under its name."""
        if node.is_leaf:
            self.builder.put(node)
            form: Sum = (terms.number(node.number),) if node.op == "constant" and not node.shape else ()
        else:
            self.owner = node.name
            form = self.form(node)
            made = self.builder.nodes[self.rebuilt(form, node.shape)]
            if made.is_declared or made.is_leaf:
                self.builder.add("identity", [made.name], name=node.name, block=node.block)
            else:
                self.roots[node.name] = made.name
                self.builder.put(Node(node.name, made.op, made.inputs, made.shape, made.value, node.block, made.attrs))
        is_number = node.op != "input" and all(not term.down and not term.up for term in form)
        self.forms[node.name] = form if self.numbers and is_number else (terms.factor(node.name),)

    def form(self, node: Node) -> Sum:
        """A node as a sum of products; operands first, for they may lie deep."""
        waiting = [node]
        while waiting:
            current = waiting[-1]
            below = [self.graph.by_name[name] for _, name in self.made_of(current) if name not in self.forms]
            below = [operand for operand in below if not operand.is_declared]
            if below:
                waiting += below
                continue
            waiting.pop()
            if current.name not in self.forms:
                found = self.taken_apart(current)
                if current is node and node.is_declared:
                    return found
                self.forms[current.name] = found
        return self.forms[node.name]

    def made_of(self, node: Node) -> list[tuple[int, str]]:
        """A node's operands, with signs; of a sum its terms, through the sums in it, so that one of a thousand is collected once."""
        if node.op in SUM_SIGNS:
            return signed_terms(self.graph.by_name, node.name, self.forms)
        return [(1, name) for name in node.inputs]

    def operand(self, name: str) -> Sum:
        return self.forms[name] if name in self.forms else (terms.factor(name),)

    def taken_apart(self, node: Node) -> Sum:
        if node.op == "constant" and not node.shape and math.isfinite(node.number):
            return (terms.number(node.number),) if node.number else ()
        if node.is_leaf:
            self.builder.nodes.setdefault(node.name, node)
            return (terms.factor(node.name),)
        if node.op in SUM_SIGNS:
            parts = ((sign, self.operand(name)) for sign, name in self.made_of(node))
            return terms.collected(term if sign > 0 else term.times(-1) for sign, form in parts for term in form)
        operands = [self.operand(i) for i in node.inputs]
        rule = RULES.get(node.op)
        found = rule(self, node, operands) if rule else None
        return self.applied(node, operands) if found is None else found

    def applied(self, node: Node, operands: Sequence[Sum]) -> Sum:
        """An operator applied to operands: one factor, with what a linear one hands on in front of it."""
        front, inside, linear = UNIT, list(operands), LINEAR.get(node.op, ())
        for k in linear:
            if not inside[k]:
                return ()
            ahead, inside[k] = self.handed_on(inside[k], lambda name: not self.builder.shape(name))
            front = self.product(front, ahead)
        if node.op == "select":
            inside[1] = tuple(self.once_masked(self.rebuilt(inside[0], self.shapes(node)[0]), term) for term in inside[1])
        if node.op in REARRANGES and inside[0] == (UNIT,):
            return (front,)
        names = [self.rebuilt(form, shape) for form, shape in zip(inside, self.shapes(node), strict=True)]
        for k in linear if node.op in BROADCASTS else ():
            names = self.leaner(node, names, k, inside[k])
        if node.op in ("tril", "triu", "select") and self.is_masked(node, names):
            return (self.product(front, terms.factor(names[-1])),)
        return (self.product(front, terms.factor(self.make(node.op, names, node.attrs))),)

    def handed_on(self, form: Sum, is_apart: Callable[[str], bool]) -> tuple[Term, Sum]:
        """What all terms of an operand have in common and what goes in front, with the number; and the rest."""
        common, rest = terms.content(form)
        ahead, kept = common.split(is_apart)
        return ahead, tuple(self.product(kept, term) for term in rest)

    def leaner(self, node: Node, names: list[str], k: int, form: Sum) -> list[str]:
        """The operands with what broadcasting makes good left out of one of them, where the result has the same shape."""
        short = self.built(form, lean=True)
        other = [*names[:k], short, *names[k + 1 :]]
        try:
            return other if short != names[k] and self.builder.shape(self.make(node.op, other, node.attrs)) == node.shape else names
        except ShapeError:
            return names

    def once_masked(self, mask: str, term: Term) -> Term:
        """A term under a mask, without the same mask on its factors."""
        found = Term(term.number, {}, term.down, term.is_decimal)
        for name, exponent in term.up.items():
            inner = self.parts(name, "select")
            is_twice = exponent == 1 and inner[:1] == (mask,)
            found = self.product(found, self.single(inner[1]) if is_twice else terms.factor(name, exponent))
        return found

    def is_masked(self, node: Node, names: Sequence[str]) -> bool:
        """Whether a mask is put on what has it already."""
        inner = self.builder.nodes[names[-1]]
        return inner.op == node.op and inner.attrs == node.attrs and list(inner.inputs[:-1]) == list(names[:-1])

    def entries(self, dims: Sequence[Dim]) -> Term | None:
        """How many entries axes of these sizes have, as a product; nothing where a variable bears the name of a size."""
        found = UNIT
        for dim in dims:
            if isinstance(dim, int):
                found = found.times(dim)
            elif self.taken.isdisjoint(names_of(dim)):
                found = self.product(found, terms.factor(self.builder.size(dim)))
            else:
                return None
        return found


# --- rules: what an operator makes of sums of products; None leaves it as it is --------------------------------------------------------

Rule = Callable[[Collector, Node, list[Sum]], Sum | None]


def _axes(node: Node, rank: int) -> tuple[int, ...]:
    axes = dict(node.attrs).get("axis", tuple(range(-rank, 0)))
    return axes if isinstance(axes, tuple) else (axes,)


def _unless_zero(term: Term) -> Sum:
    return (term,) if term.number else ()


def _count(to: Collector, node: Node, operands: list[Sum]) -> Sum | None:
    (shape,) = to.shapes(node)
    found = to.entries([shape[axis] for axis in _axes(node, len(shape))])
    return None if found is None else _unless_zero(found)


def _sum(to: Collector, node: Node, operands: list[Sum]) -> Sum | None:
    """Out of a sum goes what is the same along its axes; the sum of ones is how many there are."""
    (shape,), (form,) = to.shapes(node), operands
    if not form:
        return ()
    axes, keeps = _axes(node, len(shape)), bool(dict(node.attrs).get("keepdims"))

    def is_apart(name: str) -> bool:
        own = to.builder.shape(name)
        missing = [axis < -len(own) for axis in axes]
        return all(missing) or (keeps and all(m or own[axis] == 1 for m, axis in zip(missing, axes, strict=True)))

    if not keeps and any(axis >= -len(shape) + len(axes) for axis in axes):  # what is left over would move
        ahead, inside = to.handed_on(form, lambda name: not to.builder.shape(name))
    else:
        ahead, inside = to.handed_on(form, is_apart)
    number = to.entries([shape[axis] for axis in axes]) if inside == (UNIT,) else None
    if number is not None:
        return _unless_zero(to.product(ahead, number))
    inner = to.rebuilt(inside, shape)
    if (single := _only_entry(to, to.builder.nodes[inner], axes, keeps)) is not None:
        return (to.product(ahead, single),)
    factors = to.parts(inner, "mul") if not node.attrs else ()
    if factors and len({to.builder.shape(name) for name in factors}) == 1:
        return (to.product(ahead, terms.factor(to.make("inner", factors))),)
    return (to.product(ahead, terms.factor(to.make("sum", [inner], node.attrs))),)


def _only_entry(to: Collector, node: Node, axes: Sequence[int], keeps: bool) -> Term | None:
    """The sum along an axis on which there is one entry that is not 0: of the identity matrix, or of values put somewhere."""
    if len(axes) != 1 or node.op not in ("eye", "scatter") or (node.op == "scatter" and axes[0] != node.attributes["axis"]):
        return None
    shape = without(node.shape, axes[0])
    if node.op == "eye" or not to.builder.shape(node.inputs[0]):
        return UNIT if node.op == "eye" else to.single(node.inputs[0])
    if to.builder.shape(node.inputs[0]) != shape:
        return None
    return terms.factor(to.make("expand", [node.inputs[0]], (("axis", tuple(axes)),)) if keeps else node.inputs[0])


def _select(to: Collector, node: Node, operands: list[Sum]) -> Sum | None:
    """A mask of ones below the diagonal is the operator that leaves only that."""
    mask = to.builder.nodes[to.rebuilt(operands[0], to.shapes(node)[0])]
    below = to.builder.nodes[mask.inputs[0]] if mask.op in ("tril", "triu") and not mask.is_declared else None
    if below is None or below.op != "ones" or mask.shape != node.shape[-2:] or not operands[1]:
        return None
    return to.applied(Node(node.name, mask.op, node.inputs[1:], node.shape, attrs=mask.attrs), operands[1:])


def _exp(to: Collector, node: Node, operands: list[Sum]) -> Sum | None:
    return None if operands[0] else (UNIT,)


RULES: dict[str, Rule] = {
    **ARITHMETIC, "count": _count, "exp": _exp, "sum": _sum, "select": _select,
}  # fmt: skip
