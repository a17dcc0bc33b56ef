"""From sums of products to nodes: what a collected equation looks like, and each part of it made once. Serves question 2.1.2."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from ..graph.attributes import effective
from ..graph.nodes import INNER, Builder, Graph, Node
from ..graph.operators import LAST, OPS
from ..graph.shapes import Shape
from . import terms
from .conditions import is_positive
from .terms import UNIT, ZERO, Powers, Rational, Sum, Term, as_float, is_normal
from .transposes import TURNED

SHORT = (1, 3, 6, 7, 9)  # of a fraction that is no decimal
EXACT = 2**53  # a whole number up to which a float is exact
HALF = Fraction(1, 2)
ALSO_LINEAR = {"select": (1,), "xdivy": (0,), "xlogy": (0,)}
LINEAR: dict[str, tuple[int, ...]] = ALSO_LINEAR | {
    op.name: tuple(k for k, rule in enumerate(op.adjoint) if rule != "0") for op in OPS.values() if op.adjoint and not op.joint
}  # which operands an operator is linear in, each by itself
INSIDE = {"scatter": 0, "select": 1}  # where a scalar may stand


class Use(NamedTuple):
    """Where an operand stands: in which node, as which operand; and where that node stands."""

    node: Node
    operand: int
    outer: Use | None


class Rebuilder:
    """Builds nodes of sums of products, in a builder of its own; what it has made once, it takes again."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.builder = Builder(avoid=graph.by_name)
        self.made: dict[object, str] = {}  # by operator, operands and attributes; what stands in parentheses by its terms
        self.sums: dict[str, Sum] = {}  # what stands in parentheses, by its node
        self.variables: dict[str, str] = {}  # the variable whose equation a node is
        self.owner = ""  # the variable whose equation is being built

    def shapes(self, node: Node) -> list[Shape]:
        """Those of the operands of a node of the graph."""
        return [self.graph.by_name[i].shape for i in node.inputs]

    # --- products -----------------------------------------------------------------------------------------------------------------

    def product(self, a: Term, b: Term) -> Term:
        if not is_normal(a.number * b.number):  # two numbers that no float is the product of stay two
            b = Term(1, {**b.up, self.builder.constant(as_float(b.number)): 1}, b.down)
        return terms.multiplied(a, b, self.is_never_zero)

    def is_never_zero(self, name: str) -> bool:
        """Whether it is positive whatever it is computed from, as 1 + x^2 is."""
        form = self.sums.get(name, ())
        adds = all(t.number > 0 and not t.down and all(e % 2 == 0 for e in t.up.values()) for t in form)
        return (adds and any(not t.up for t in form)) or is_positive(self.builder, name)

    def as_product(self, form: Sum) -> Term:
        """A sum as one product: what its terms have in common, times the rest in parentheses."""
        if not form:
            return ZERO
        common, rest = terms.content(form)
        return common if rest == (UNIT,) else self.product(common, self.parenthesised(rest))

    def parenthesised(self, form: Sum) -> Term:
        """A sum of several terms as a factor; the same with its signs turned round is the same factor, times -1."""
        form = self.flat(form)
        if len(form) < 2:
            return form[0] if form else ZERO
        key, turned = (frozenset((term.key, term.number * sign) for term in form) for sign in (1, -1))
        if turned in self.made:
            return terms.factor(self.made[turned]).times(-1)
        if key not in self.made:
            self.made[key] = name = self.unspread(form) or self.built(form)
            if not self.builder.nodes[name].is_declared:
                self.sums.setdefault(name, form)
        return terms.factor(self.made[key])

    def flat(self, form: Sum) -> Sum:
        """Without parentheses around what is only added."""
        if not any(abs(term.number) == 1 and term.only in self.sums for term in form):
            return form
        parts = [(term, self.sums.get(term.only, ()) if abs(term.number) == 1 else ()) for term in form]
        return terms.collected(part for term, inner in parts for part in (tuple(t.times(term.number) for t in inner) or (term,)))

    # --- nodes --------------------------------------------------------------------------------------------------------------------

    def rebuilt(self, form: Sum, shape: Shape) -> str:
        """The node of a sum, which has this shape: as short as broadcasting allows."""
        if not form:
            return self.make("zeros", [], (("shape", shape),)) if shape else self.builder.constant(0.0)
        name = self.built(form, lean=True)
        if shape and name == f"{INNER}{0.0!r}":  # terms that cancel, once parentheses are gone
            return self.rebuilt((), shape)
        if self.builder.shape(name) != shape:
            name = self.built(form)
        if self.builder.shape(name) == shape:
            if len(form) > 1 and not self.builder.nodes[name].is_declared:
                self.sums.setdefault(name, form)
            return name
        ones = terms.factor(self.ones(shape))
        return self.built(tuple(self.product(term, ones) for term in form))  # a sum of fewer axes, spread out

    def built(self, form: Sum, lean: bool = False) -> str:
        """The node of a sum that is not 0; a `lean` one leaves out what broadcasting makes good."""
        form = self.flat(form)
        if len(form) > 1:
            if stack := stacked(self, form):
                return stack
            common, rest = terms.content(form)
            if common.up or common.down or abs(common.number) != 1:
                product = self.product(common, self.parenthesised(rest))
                return self.built((product,) if product.number else (), lean)
        total = "" if form else self.builder.constant(0.0)
        for term in terms.upright(form):
            if not total:
                total = self.quotient(self.turned(term), lean)
                continue
            value = self.quotient(term.times(-1) if term.number < 0 else term, lean)
            total = self.make("sub" if term.number < 0 else "add", [total, value])
        return total

    def quotient(self, term: Term, lean: bool) -> str:
        """One product, made once, in whatever order its factors are."""
        if len(term.up) + len(term.down) < 2:
            return self.fraction(term, lean)
        key = term.key, term.number, term.is_decimal, lean
        if key not in self.made:
            self.made[key] = self.fraction(term, lean)
        return self.variables.get(self.made[key], self.made[key])

    def fraction(self, term: Term, lean: bool) -> str:
        """A product: its number, then scalars, then the other factors; over what it is divided by."""
        p, q = abs(term.number.numerator), term.number.denominator
        if (term.is_decimal and q not in SHORT) or max(p, q) > EXACT:
            above, q = [self.builder.constant(abs(as_float(term.number)))], 1
        else:
            above = [self.builder.constant(float(p))] if p != 1 else []
        term, whole = put_inside(self, term, lean)
        above += [whole] if whole else self.factors(term.up, lean)
        below = [*([self.builder.constant(float(q))] if q != 1 else []), *self.factors(term.down, lean)]
        result = self.multiply(above) if above else self.builder.constant(1.0)
        if below:
            result = self.make("div", [result, self.multiply(below)])
        return self.make("neg", [result]) if term.number < 0 else result

    def single(self, name: str) -> Term:
        node = self.builder.nodes[name]
        return terms.number(node.number) if node.op == "constant" and not node.shape else terms.factor(name)

    def turned(self, term: Term) -> Term:
        """With a difference turned round in place of a sign in front: y - t for -(t - y), and inside what is linear in it."""
        for name, exponent in term.up.items() if term.number < 0 else ():
            other = self.opposite(name) if exponent == 1 else ""
            if other:
                return Term(-term.number, {other if f == name else f: e for f, e in term.up.items()}, term.down, term.is_decimal)
        return term

    def opposite(self, name: str) -> str:
        """The negative of a difference, or of an operator that is linear in one; nothing for anything else."""
        waiting: list[tuple[str, Use | None]] = [(name, None)]  # what it is in, down from the first
        while waiting:
            current, use = waiting.pop()
            form, node = self.sums.get(current, ()), self.builder.nodes[current]
            if any(t.number < 0 for t in form) and any(t.number > 0 for t in form):
                other = self.built(tuple(t.times(-1) for t in form))
                while use is not None:
                    user, k, use = use
                    other = self.make(user.op, [*user.inputs[:k], other, *user.inputs[k + 1 :]], user.attrs)
                return other
            if not node.is_declared:
                waiting += [(node.inputs[k], Use(node, k, use)) for k in reversed(LINEAR.get(node.op, ()))]
        return ""

    def factors(self, side: Powers, lean: bool) -> list[str]:
        """The factors above or below a line as nodes, scalars first; without those that broadcasting makes good."""
        order = sorted(side.items(), key=lambda item: self.builder.shape(item[0]) != ())
        return [self.power(self.without_axes(name) if lean else name, e) for name, e in order]

    def unspread(self, form: Sum) -> str:
        """The node of a sum without axes put in front, where it has the same shape; nothing where there are none."""
        if not any(self.without_axes(name) != name for term in form for side in (term.up, term.down) for name in side):
            return ""
        lean, whole = self.built(form, lean=True), self.built(form)
        return lean if self.builder.shape(lean) == self.builder.shape(whole) else whole

    def without_axes(self, name: str) -> str:
        """A value with axes of one entry put in front of it is the value, where it is broadcast."""
        node = self.builder.nodes[name]
        if node.op != "expand" or node.is_declared:
            return name
        rank, inner = len(node.shape), self.builder.shape(node.inputs[0])
        return node.inputs[0] if dict(node.attrs)["axis"] == tuple(range(-rank, -len(inner))) else name

    def power(self, name: str, exponent: Rational) -> str:
        if exponent == 1:
            return name
        return self.make("sqrt", [name]) if exponent == HALF else self.make("power", [name, self.builder.constant(as_float(exponent))])

    def multiply(self, factors: Sequence[str]) -> str:
        result = factors[0]
        for name in factors[1:]:
            result = self.make("mul", [result, name])
        return result

    def make(self, op: str, inputs: Sequence[str], attrs: Any = ()) -> str:
        """An application, made once: transposes go down to what they turn; a variable whose equation it is, in its place."""
        key = op, tuple(inputs), attrs
        if ("keepdims", True) in attrs:  # a variable without these axes, with them
            axes = dict(attrs)["axis"]
            own = (("axis", axes),) if len(axes) < len(self.builder.shape(inputs[0])) else ()
            other = self.made.get((op, key[1], own))
            if other in self.variables:
                return self.make("expand", [self.variables[other]], (("axis", axes),))
        if key not in self.made:
            short = TURNED[op](self, inputs) if op in TURNED and not attrs else ""
            self.made[key] = short or self.builder.add(op, inputs, owner=self.owner, attrs=effective(OPS[op], attrs))
        return self.variables.get(self.made[key], self.made[key])

    def ones(self, shape: Shape) -> str:
        return self.make("ones", [], (("shape", shape),))

    def is_made(self, op: str, inputs: Sequence[str]) -> bool:
        return (op, tuple(inputs), ()) in self.made

    def parts(self, name: str, op: str) -> tuple[str, ...]:
        """The operands of an automatic node of this operator without attributes; else nothing."""
        node = self.builder.nodes[name]
        return node.inputs if node.op == op and not node.is_declared and not node.attrs else ()


# --- scalars and what is put in places ---------------------------------------------------------------------------------------------


def put_inside(to: Rebuilder, term: Term, lean: bool) -> tuple[Term, str]:
    """A one that is put somewhere, or is left of a mask, times nothing but scalars: they stand in its place."""
    arrays = [name for name in term.up if to.builder.shape(name)]
    node = to.builder.nodes[arrays[0]] if len(arrays) == 1 and term.up[arrays[0]] == 1 else None
    k = INSIDE.get(node.op) if node and not node.is_declared else None
    if node is None or k is None or to.builder.nodes[node.inputs[k]].value != 1 or any(map(to.builder.shape, term.down)):
        return term, ""
    up = {name: e for name, e in term.up.items() if name != node.name}
    scalar = to.quotient(Term(1, up, term.down), lean)
    return Term(term.number, {}, {}, term.is_decimal), to.make(node.op, [*node.inputs[:k], scalar, *node.inputs[k + 1 :]], node.attrs)


def stacked(to: Rebuilder, form: Sum) -> str:
    """Values put each in a place of its own, in all places that there are, are a stack; nothing where it is not so."""
    nodes = [to.builder.nodes[name] for term in form for name in term.up if to.builder.nodes[name].op == "scatter"]
    first = nodes[0] if len(nodes) == len(form) else None
    if first is None or not first.shape or any(node.attrs != first.attrs or node.is_declared for node in nodes):
        return ""
    places = [to.builder.nodes[node.inputs[1]] for node in nodes]
    axis = dict(first.attrs).get("axis", -1)
    if first.shape[axis] != len(form) or any(place.op != "constant" or place.shape for place in places):
        return ""
    order = sorted(range(len(form)), key=lambda k: places[k].number)
    if [places[k].number for k in order] != list(range(len(form))):
        return ""
    values = []
    for k in order:
        scatter, term = nodes[k], form[k]
        others = {name: e for name, e in term.up.items() if name != scatter.name}
        if term.up[scatter.name] != 1 or term.down.keys() & others or any(map(to.builder.shape, [*others, *term.down])):
            return ""
        inner = terms.multiplied(Term(term.number, others, term.down, term.is_decimal), to.single(scatter.inputs[0]), lambda name: False)
        values.append(to.built((inner,)))
    if len({to.builder.shape(value) for value in values}) > 1:
        return ""
    return to.make("stack", values, (("axis", axis),) if axis != LAST or len(first.shape) > 1 else ())
