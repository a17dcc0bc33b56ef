"""What the forward pass, the backward pass and the gradient norms of a deep network cost: the table of question 2.2.3, counted.

For K = 1, 2, 3, 4 a1viz builds the network of K weight matrices, its backward graph and its norm graph, naive and efficient, and counts
every node; the polynomial in K through the first two counts must go through the others. Nothing is typed in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..base.columns import text_table
from ..base.errors import InputError, did_you_mean
from ..base.results import Cell, Part, Result, Table, Typeset, plotted
from ..calculus.autodiff import backward
from ..calculus.costs import Polynomial, multiplications
from ..calculus.rewriting import rewrite
from ..graph.equations import parse
from ..graph.nodes import INNER, Builder, Graph, Node
from ..graph.operators import OPS
from .norm_graphs import norm_graph

PASSES = ("forward", "backward", "gradient norms")
METHODS = ("naive", "efficient")
SPELLED = {"forward": "forward pass", "backward": "backward pass", "gradient norms": "gradient norms"}
COUNTED = (("multiplications", "T"), ("memory", "M"))
HEAD = ("pass", "method", "multiplications T", "memory M")
ORDER = ("N", "K", "D")  # as the paper writes a product


def deep_network(layers: int, width: str = "D") -> Graph:
    """K weight matrices of D x D in a row, without biases, activations and loss.

    Raises InputError for less than one layer.

    >>> print(deep_network(2))
    h1 = W1 @ x
    y = W2 @ h1
    """
    if layers < 1:
        raise InputError(f"a network has at least 1 layer, got {layers}")
    names = ["x", *(f"h{k}" for k in range(1, layers)), "y"]
    text = "\n".join(f"{names[k]} = W{k} @ {names[k - 1]}" for k in range(1, layers + 1))
    return parse(text, {f"W{k}": [width, width] for k in range(1, layers + 1)}, "deep_network", x=[width])


@dataclass(frozen=True)
class Convention(Result):
    """What is counted where lecturers differ."""

    input_error: bool = False  # is the error vector of the input x computed as well?
    last_product: bool = True  # is the multiplication of the two squared norms counted?
    keep_gradients: bool = False  # does the efficient way compute the gradient of the batch as well, to train with?

    def parts(self) -> list[Part]:
        return [str(self)]

    def __str__(self) -> str:
        return "; ".join(
            (
                f"the error vector of the input is {'' if self.input_error else 'not '}computed",
                f"the product of the two squared norms is {'' if self.last_product else 'not '}counted",
                f"the efficient way {'also computes' if self.keep_gradients else 'does not compute'} the gradient of the batch",
            )
        )


@dataclass(frozen=True)
class PassCost(Result):
    """One row of the table: multiplications and newly stored numbers, exact, in N, K and D."""

    name: str
    method: str
    multiplications: Polynomial
    numbers: Polynomial

    def cells(self, sizes: Mapping[str, int] | None = None) -> list[Cell]:
        """Pass, method, T and M as formulas; with sizes also the multiplications and the numbers stored there."""
        there = [str(self.multiplications.at(sizes)), str(self.numbers.at(sizes))] if sizes else []
        return [SPELLED[self.name], self.method, self.multiplications.typeset(ORDER), self.memory_typeset, *there]

    def parts(self) -> list[Part]:
        return [Table(HEAD, [self.cells()])]

    @property
    def memory_typeset(self) -> Typeset:
        return Typeset(self.memory, f"O({largest_terms(self.numbers).latex(ORDER)})")

    @property
    def memory(self) -> str:
        return big_o(self.numbers)

    def bytes_at(self, sizes: Mapping[str, int], itemsize: int = 8) -> int:
        """The memory in bytes; `itemsize` is 8 for float64, 4 for float32. Raises InputError for a size without a number."""
        return self.numbers.at(sizes) * itemsize


@dataclass(frozen=True)
class PassTable(Result):
    """The table of question 2.2.3; prints itself, with its convention below."""

    entries: tuple[PassCost, ...]
    convention: Convention

    def plot(self) -> Any:
        """The figure of it: multiplications of each pass by the width."""
        return plotted(self)

    def __getitem__(self, key: tuple[str, str]) -> PassCost:
        """The entry of a pass and a method: `table["backward", "naive"]`."""
        return next(e for e in self.entries if (e.name, e.method) == key)

    def rows(self, sizes: Mapping[str, int] | None = None) -> list[tuple[str, ...]]:
        """The rows as text: pass, method, T, M; with sizes of N, K and D also the multiplications and the numbers stored there."""
        found = []
        for e in self.entries:
            numbers = (str(e.multiplications.at(sizes)), str(e.numbers.at(sizes))) if sizes else ()
            found.append((e.name, e.method, e.multiplications.text(ORDER), e.memory, *numbers))
        return found

    def records(self, sizes: Mapping[str, int] | None = None, itemsize: int = 8) -> list[dict[str, str | int]]:
        """The rows for JSON; with sizes also the multiplications and the bytes there, for numbers of `itemsize` bytes."""
        found: list[dict[str, str | int]] = []
        for e in self.entries:
            row: dict[str, str | int] = {"pass": e.name, "method": e.method, "multiplications": e.multiplications.text(ORDER)}
            row |= {"numbers": e.numbers.text(ORDER), "memory": e.memory}
            if sizes:
                row |= {"multiplications_at_sizes": e.multiplications.at(sizes), "bytes_at_sizes": e.bytes_at(sizes, itemsize)}
            found.append(row)
        return found

    def filled(self, sizes: Mapping[str, int] | None = None) -> Table:
        """The table as a lecturer would fill it in: T exact, M in big O; with sizes of N, K and D in numbers too."""
        at = ", ".join(f"{k} = {v}" for k, v in (sizes or {}).items())
        head: list[Cell] = ["", "", *(Typeset(f"{words} {letter}", rf"\text{{{words} }}{letter}") for words, letter in COUNTED)]
        rows = [entry.cells(sizes) for entry in self.entries]
        for before, row in zip(rows[-2::-1], rows[:0:-1], strict=True):  # a pass is named once
            row[0] = "" if row[0] == before[0] else row[0]
        return Table([*head, *((f"T at {at}", "numbers stored") if sizes else ())], rows, "llllrr")

    def parts(self) -> list[Part]:
        return [self.filled(), "\n" + "\n".join(str(self.convention).split("; "))]

    def __str__(self) -> str:
        return "\n".join([text_table([HEAD, *self.rows()]), "", *str(self.convention).split("; ")])


def pass_table(convention: Convention = Convention()) -> PassTable:
    """Count the three passes, naive and efficient, of K layers of width D for N examples, as polynomials.

    Every convention is fine, so this raises nothing. Source: question 2.2.3.

    >>> print(pass_table())
    pass            method     multiplications T  memory M
    forward         naive      N K D^2            O(N K D + K D^2)
    forward         efficient  N K D^2            O(N K D + K D^2)
    backward        naive      2 N K D^2 - N D^2  O(N K D^2)
    backward        efficient  N K D^2 - N D^2    O(N K D)
    gradient norms  naive      N K D^2            O(N K)
    gradient norms  efficient  2 N K D + N K      O(N K)
    <BLANKLINE>
    the error vector of the input is not computed
    the product of the two squared norms is counted
    the efficient way does not compute the gradient of the batch
    """
    entries = []
    for name in PASSES:
        for method in METHODS:
            counts = [count_pass(layers, name, method, convention) for layers in (1, 2, 3, 4)]
            entries.append(PassCost(name, method, in_layers([c[0] for c in counts]), in_layers([c[1] for c in counts])))
    return PassTable(tuple(entries), convention)


# --- counting -----------------------------------------------------------------------------------------------------------------


def pass_graph(layers: int, method: str, convention: Convention = Convention()) -> Graph:
    """All three passes of a deep network as one graph, by one method."""
    if method not in METHODS:
        raise InputError(f"unknown method {method!r}{did_you_mean(method, METHODS)}; the methods are {', '.join(METHODS)}")
    network = deep_network(layers)
    graphs = [network, norm_graph(network, network.parameters, ["y"], "naive" if method == "naive" else "identities")]
    if convention.input_error:
        graphs.append(backward(network, ["x"], ["y"]))
    if convention.keep_gradients and method == "efficient":
        graphs.append(_batch_gradients(network))
    nodes: dict[str, Node] = {}
    for graph in graphs:
        for node in graph.nodes:
            nodes.setdefault(node.name, node)
    return Builder(nodes.values()).graph(network.name, [name for graph in graphs for name in graph.outputs])


def _batch_gradients(network: Graph) -> Graph:
    """The gradients of the batch: one matrix product a layer, which never forms the gradient of an example."""
    backward_pass = backward(network, network.parameters, ["y"])
    builder = Builder(backward_pass.nodes)
    totals = [builder.add("batch_sum", [bar], name=f"{bar}_total") for bar in backward_pass.outputs]
    return rewrite(builder.graph(network.name, totals), ("batch",))


def pass_nodes(graph: Graph, layers: int, name: str) -> list[Node]:
    """The nodes of a pass graph that belong to one pass; the error vector handed in belongs to the backward pass."""
    forward = deep_network(layers)

    def place(node: Node) -> str:
        is_norm = node.name.partition(INNER)[0].endswith("_norm2")
        return "forward" if node.name in forward else "gradient norms" if is_norm else "backward"

    return [node for node in graph.nodes if place(node) == name]


def count_pass(layers: int, name: str, method: str, convention: Convention = Convention()) -> tuple[Polynomial, Polynomial]:
    """Multiplications and newly stored numbers of one pass through K layers for N examples, in N and D.

    Parameters and sums over the batch are stored once, everything else for each example.
    """
    graph = pass_graph(layers, method, convention)
    muls = numbers = Polynomial()
    examples = Polynomial.product(["N"])
    for node in pass_nodes(graph, layers, name):
        once = node.op == "parameter" or (not node.is_leaf and OPS[node.op].batch)
        size = Polynomial.product(node.shape)
        numbers = numbers + (size if once else size * examples)
        if not node.is_leaf and (convention.last_product or node.op != "mul"):
            muls = muls + multiplications(graph, node) * examples
    return muls, numbers


def in_layers(counts: Sequence[Polynomial]) -> Polynomial:
    """The polynomial a K + b through the counts of K = 1, 2; the further counts must lie on it."""
    step = counts[1] - counts[0]
    start = counts[0] - step
    for k, count in enumerate(counts, 1):
        assert start + step * Polynomial.product([k]) == count, f"the cost of {k} layers is not linear in K: {count}"
    return step * Polynomial.product(["K"]) + start


def big_o(polynomial: Polynomial) -> str:
    """The terms no other term swallows, without coefficients.

    >>> big_o(Polynomial.product(["N", "D"]) + Polynomial.product(["N", 3]))
    'O(N D)'
    """
    return f"O({largest_terms(polynomial).text(ORDER)})"


def largest_terms(polynomial: Polynomial) -> Polynomial:
    """The terms no other term swallows, without coefficients."""
    found = [names for names, _ in polynomial.terms]
    return Polynomial(tuple((t, 1) for t in found if not any(t != u and _divides(t, u) for u in found)))


def _divides(small: Sequence[str], large: Sequence[str]) -> bool:
    return all(small.count(name) <= large.count(name) for name in set(small))
