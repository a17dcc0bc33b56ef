"""What a graph costs for one example: scalar multiplications and stored numbers, as polynomials in the named sizes.

Multiplications and divisions are counted by the rows of the operator table; additions, comparisons and functions such as exp are not.
Serves question 2.2.3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..base.errors import InputError, shown
from ..base.results import Cell, Part, Result, Table, Typeset
from ..graph.arguments import GraphOrName, graph_of
from ..graph.formulas import named_axes
from ..graph.leaves import check_sizes
from ..graph.nodes import INNER, Graph, Node
from ..graph.operators import OPS
from ..graph.shapes import Shape
from ..graph.sizes import Dim, names_of, size_of, terms_of
from .letters import size_latex
from .rewriting import expand_bodies

HEAD = ("variable", "multiplications", "numbers stored")


@dataclass(frozen=True)
class Polynomial(Result):
    """A polynomial in named sizes with whole coefficients: `terms` maps sorted tuples of sizes to coefficients.

    >>> print(Polynomial.product([2, "D", "D"]) + Polynomial.product(["N"]))
    2 D^2 + N
    """

    terms: tuple[tuple[tuple[str, ...], int], ...] = ()

    @staticmethod
    def product(dims: Sequence[Dim]) -> Polynomial:
        """The product of some sizes: whole numbers, names, and sums such as D+K; a quotient is a letter of its own."""
        result = Polynomial((((), 1),))
        for dim in dims:
            result = result * Polynomial(tuple(terms_of(dim).items()))
        return result

    def __add__(self, other: Polynomial) -> Polynomial:
        return _collected([*self.terms, *other.terms])

    def __sub__(self, other: Polynomial) -> Polynomial:
        return self + other * Polynomial.product([-1])

    def __mul__(self, other: Polynomial) -> Polynomial:
        return _collected([(tuple(sorted(a + b)), m * n) for a, m in self.terms for b, n in other.terms])

    def at(self, sizes: Mapping[str, int]) -> int:
        """The number for given sizes. Raises InputError for a size without a number."""
        total = 0
        for names, coefficient in self.terms:
            for name in names:
                try:
                    coefficient *= size_of(name, sizes)
                except KeyError as error:
                    fact = f"the size {error.args[0]} has no number; "
                    raise InputError(f"{fact}set {error.args[0]}=...").with_shell(f"{fact}give it by --set {error.args[0]}=...") from None
            total += coefficient
        return total

    def text(self, order: Sequence[str] = ()) -> str:
        """The polynomial with the sizes of `order` first in each term; by degree, then by name.

        >>> p = Polynomial.product(["D", "D", "K", "N"]) - Polynomial.product([2, "N", "D"])
        >>> p.text(order="NKD")
        'N K D^2 - 2 N D'
        """
        return self._written(order, _power)

    def latex(self, order: Sequence[str] = ()) -> str:
        """The same in LaTeX.

        >>> (Polynomial.product(["D", "D", "K", "N"]) - Polynomial.product([2, "d_model"])).latex(order="NKD")
        'N K D^{2} - 2 d_{\\\\mathrm{model}}'
        """
        return self._written(order, _power_latex)

    def typeset(self, order: Sequence[str] = ()) -> Typeset:
        """Both."""
        return Typeset(self.text(order), self.latex(order))

    def _written(self, order: Sequence[str], power: Callable[[str, int], str]) -> str:
        rank = {name: k for k, name in enumerate(order)}

        def place(name: str) -> tuple[int, str]:
            return rank.get(name, len(rank)), name

        ordered = [(sorted(names, key=place), coefficient) for names, coefficient in self.terms]
        ordered.sort(key=lambda term: (-len(term[0]), [place(name) for name in term[0]]))
        signed = [(" - " if c < 0 else " + ") + _term(names, abs(c), power) for names, c in ordered]
        text = "".join(signed) or " + 0"
        return text[3:] if text.startswith(" + ") else "-" + text[3:]

    def parts(self) -> list[Part]:
        return [self.typeset()]

    def __str__(self) -> str:
        return self.text()


def _collected(terms: Iterable[tuple[tuple[str, ...], int]]) -> Polynomial:
    found: dict[tuple[str, ...], int] = {}
    for names, coefficient in terms:
        found[names] = found.get(names, 0) + coefficient
    order = sorted(found, key=lambda names: (-len(names), names))
    return Polynomial(tuple((names, found[names]) for names in order if found[names]))


def _term(names: Sequence[str], coefficient: int, power: Callable[[str, int], str]) -> str:
    powers = [power(name, names.count(name)) for name in dict.fromkeys(names)]
    return " ".join(([str(coefficient)] if coefficient != 1 or not names else []) + powers)


def _power(name: str, times: int) -> str:
    return name if times == 1 else f"{name}^{times}"


def _power_latex(name: str, times: int) -> str:
    size = size_latex(name)
    return size if times == 1 else f"{{{size}}}^{{{times}}}" if "_" in size or "\\" in size else f"{size}^{{{times}}}"


@dataclass(frozen=True)
class VariableCost(Result):
    """The cost of one declared variable, its automatic nodes included."""

    name: str
    multiplications: Polynomial
    numbers: Polynomial  # entries of the variable and of its automatic nodes

    def parts(self) -> list[Part]:
        return [Table(HEAD, [cost_row(self.name, self)], "lrr")]


@dataclass(frozen=True)
class Cost(Result):
    """The cost of a graph for one example; shows itself as a table, `at_sizes()` in numbers too."""

    rows: tuple[VariableCost, ...]
    sizes: Mapping[str, int]

    @property
    def multiplications(self) -> Polynomial:
        return _collected([t for row in self.rows for t in row.multiplications.terms])

    @property
    def numbers(self) -> Polynomial:
        return _collected([t for row in self.rows for t in row.numbers.terms])

    def parts(self) -> list[Part]:
        rows = [cost_row(row.name, row) for row in self.rows]
        return [Table(HEAD, [*rows, cost_row("total", self)], "lrr", foot=1)]

    def at_sizes(self) -> Table:
        """The table with the numbers at the sizes beside the polynomials. Raises InputError for a size without a number."""
        rows = [cost_row(row.name, row, self.sizes) for row in self.rows]
        at = ", ".join(f"{k} = {v}" for k, v in self.sizes.items()) or "numbers"
        head = (HEAD[0], HEAD[1], f"at {at}", HEAD[2], "at the same")
        return Table(head, [*rows, cost_row("total", self, self.sizes)], "lrrrr", foot=1)


def cost_row(name: str, cost: VariableCost | Cost, sizes: Mapping[str, int] | None = None) -> list[Cell]:
    """The cells of a variable, or of the total; with sizes their numbers too."""
    cells: list[Cell] = [name]
    for polynomial in (cost.multiplications, cost.numbers):
        cells += [polynomial.typeset(), *([str(polynomial.at(sizes))] if sizes is not None else [])]
    return cells


def cost(graph: GraphOrName, **sizes: int) -> Cost:
    """What each variable costs for one example, as polynomials in the graph's named sizes.

    `sizes` are kept in the result for `.at(sizes)`; those of the document are the default. `.at` raises InputError
    where a size has no number. Raises InputError for a size that the graph does not have. Source: question 2.2.3.

    >>> from a1viz.graph.equations import parse
    >>> str(cost(parse("z = W @ x; h = relu(z)", x=["D"], W=["H", "D"])).multiplications)
    'D H'
    """
    given = graph_of(graph)
    graph = expand_bodies(given)
    if sizes:
        check_named(sizes, given.name, _size_names(given, graph))
    check_sizes(graph, sizes)
    owners: dict[str, list[Node]] = {}  # the declared variable that a node helps to compute
    for node in graph.nodes:
        if not node.is_leaf:
            owners.setdefault(node.name.partition(INNER)[0], []).append(node)
    rows = []
    for name, nodes in owners.items():
        muls = _collected([t for n in nodes for t in multiplications(graph, n).terms])
        rows.append(VariableCost(name, muls, _collected([t for n in nodes for t in Polynomial.product(n.shape).terms])))
    return Cost(tuple(rows), {**graph.document.sizes, **sizes})


def check_named(sizes: Mapping[str, int], name: str, known: Sequence[str]) -> None:
    """Raise InputError for a size that is not known, for a number for it would change nothing, and for what is no number of entries."""
    for size, number in sizes.items():
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number < 0:
            raise InputError(f"{size} must be a whole number from 0, got {shown(number)}")
        if size not in known:
            which = f"its sizes are {', '.join(known)}" if known else "it has no named sizes"
            raise InputError(f"{name} has no size {shown(size)}; {which}")


def _size_names(graph: Graph, expanded: Graph) -> list[str]:
    """The named sizes of a graph, those of its bodies too, in the order of the document and of its variables."""
    dims = [dim for node in (*graph.nodes, *expanded.nodes) for dim in node.shape if isinstance(dim, str)]
    return list(dict.fromkeys([*graph.document.sizes, *(name for dim in dims for name in names_of(dim))]))


def multiplications(graph: Graph, node: Node) -> Polynomial:
    """The multiplications and divisions of one node, for one example."""
    op = OPS[node.op]
    if op.muls == "0":
        return Polynomial()
    if op.muls == "1":
        return Polynomial.product(node.shape)
    shapes = [graph[name].shape for name in node.inputs]
    bound: dict[str, Dim | Shape] = {"*": shapes[0]}
    for axes, shape in zip(named_axes(op, dict(node.attrs)), shapes, strict=True):
        if axes != ("*",):
            bound.update(zip(axes, shape[len(shape) - len(axes) :], strict=True))
    for axis, size in zip(op.output[::-1], node.shape[::-1], strict=False):
        bound.setdefault(axis, size)
    if op.muls == "formula":  # of each term of the sum the operands with one another
        return Polynomial.product([len(shapes) - 1, *(size for letter, size in bound.items() if not isinstance(size, tuple))])
    loops: list[Dim] = [] if "*" in op.muls else list(node.shape[: len(node.shape) - len(op.output)])
    total = Polynomial()
    for product in op.muls.split(" + "):
        sizes = [bound[letter] for letter in product.split()]
        total += Polynomial.product([*loops, *(dim for size in sizes for dim in (size if isinstance(size, tuple) else [size]))])
    return total
