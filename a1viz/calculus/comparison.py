"""Two graphs side by side: what differs between them, as a table, as data, and as what `a1viz.draw` draws. Serves design, section 5.

What is written differently but computes the same, as b + a for a + b, is no difference; titles, descriptions and symbols are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from ..base.columns import counted
from ..base.errors import A1vizError, DocumentError
from ..base.limits import DIFFERENCES
from ..base.results import Part, Result, Table, Typeset
from ..graph.arguments import GraphOrName, graph_of
from ..graph.leaves import gather
from ..graph.nodes import Graph
from .changes import HEADER, OTHERWISE, Difference, changes, gap
from .interpreter import run
from .pairing import Pairing, pair_up

CELL, BEFORE = 60, 20  # characters of one cell of a table, and of them before the first that differs, where longer ones are cut


@dataclass(frozen=True, eq=False)
class GraphDiff(Result):
    """What differs between graphs `a` and `b`; prints itself as a table, and `a1viz.draw` draws it."""

    a: Graph
    b: Graph
    differences: tuple[Difference, ...]
    pairing: Pairing = field(repr=False)
    largest: float | None = None  # difference between outputs of both at A's values; None where they are not compared

    @property
    def equal(self) -> bool:
        """Whether both are the same, up to how they are written."""
        return all(d.change == OTHERWISE for d in self.differences)

    @property
    def same(self) -> tuple[str, ...]:
        """The variables, by their names in A, of which nothing differs; those of comparators are not counted."""
        told = {d.names[0] for d in self.differences if d.part == "variable"}
        return tuple(name for name in self.pairing.names if name not in told and name not in self.pairing.wired)

    def record(self) -> dict[str, Any]:
        """All of it as JSON data; an infinite difference of outputs is a text."""
        rows = [
            {"what": d.part, "name_in_a": d.names[0], "name_in_b": d.names[1], "differs_in": d.change, "a": d.a, "b": d.b}
            for d in self.differences
        ]
        largest = "Infinity" if self.largest == float("inf") else self.largest
        graphs = {"a": self.a.name, "b": self.b.name, "equal": self.equal}
        return {**graphs, "differences": rows, "same": list(self.same), "largest_difference_of_outputs": largest}

    @property
    def summary(self) -> str:
        """All of it in a few words."""
        same = f"{counted(len(self.same), 'variables')} the same"
        differing = sum(d.change != OTHERWISE for d in self.differences)
        if differing:
            return f"{counted(differing, 'differences')}, {same}"
        return f"{'only written differently' if self.differences else 'nothing differs'}, {same}"

    @property
    def outcome(self) -> str:
        """What that does to the outputs, where they could be compared."""
        if self.largest is None:
            return ""
        return "at A's values the outputs " + (f"differ by at most {self.largest:.3g}" if self.largest else "are equal")

    @cached_property
    def rows(self) -> list[tuple[str, str, str, str]]:
        """The cells of a table under HEADER: a row for each difference, but one for that of all copies of a block.

        And one for all expectations that only one document has.
        """
        together: dict[tuple[str, ...], list[Difference]] = {}
        for k, found in enumerate(self.differences):
            head, dot, rest = (found.names[0] or found.names[1]).partition(".")
            key: tuple[str, ...] = (str(k),)
            if dot and found.part == "variable":
                key = head.rstrip("0123456789"), rest, found.change
            elif found.part == "expectation" and not all(found.names):
                key = found.part, found.change
            together.setdefault(key, []).append(found)
        rows = [_cells(found) for found in together.values()]
        more = (f"... {len(rows) - DIFFERENCES:,} more", "", "", "")
        return rows if len(rows) <= DIFFERENCES else [*rows[:DIFFERENCES], more]

    @property
    def heading(self) -> str:
        """Which graph is which, and the summary."""
        return f"A is {self.a.name}, B is {self.b.name}: {self.summary}"

    def parts(self) -> list[Part]:
        rows = [(what, change, Typeset(a, ""), Typeset(b, "")) for what, change, a, b in self.rows]
        return [self.heading, *([Table(HEADER, rows)] if rows else []), *filter(None, [self.outcome])]


def _cells(rows: list[Difference]) -> tuple[str, str, str, str]:
    """One line of a table, for one difference or for the same in several copies of a block."""
    first, last = rows[0], rows[-1]
    what, change = first.what, first.change
    if len(rows) > 1:
        what, change = f"{what} ... {last.name}", f"{change}, {len(rows)} times"
    return what, change, *_cut(first.a, first.b)


def _cut(a: str, b: str) -> tuple[str, str]:
    """Two texts, long ones cut so that the place where they begin to differ is seen."""
    if max(len(a), len(b)) <= CELL:
        return a, b
    apart = next((k for k, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    start = max(apart - BEFORE, 0)
    one, other = (
        ("…" if start else "") + text[start : start + CELL - 2] + ("…" if len(text) > start + CELL - 2 else "") for text in (a, b)
    )
    return one, other


class HasGraph(Protocol):
    """What has a graph, as a network of `a1viz.sorting`."""

    def graph(self) -> Graph: ...


def diff(a: GraphOrName | HasGraph, b: GraphOrName | HasGraph) -> GraphDiff:
    """What differs between two graphs, as they are or by name or path; networks of `a1viz.sorting` too, comparator by comparator.

    A variable is compared with the one of its name; one without, with what computes the same or is the same leaf under another name. Of the
    documents, sizes, values, outputs, loss, cotangents and expectations are compared, and of blocks how often they are called or repeated.

    Raises DocumentError with the problems of both documents. Source: design, section 5.

    >>> from a1viz.graph.equations import parse
    >>> print(diff(parse("z = W @ x; y = relu(z)", x=[2], W=[3, 2]), parse("z = W @ x; y = gelu(z)", x=[2], W=[3, 2])))
    A is graph, B is graph: 1 difference, 3 variables the same
    what  differs in  in A     in B
    y     equation    relu(z)  gelu(z)
    """
    first, second = _both((a, b))
    pairing = pair_up(first, second)
    found = tuple(changes(first, second, pairing))
    is_equal = all(d.change == OTHERWISE for d in found)
    return GraphDiff(first, second, found, pairing, None if is_equal else _largest(first, second, pairing))


def _both(given: Iterable[Any]) -> list[Graph]:
    """The graphs; a network is that of its blocks. Raises DocumentError with all that is wrong with any of them."""
    graphs, problems = [], []
    for graph in given:
        try:
            graphs.append(graph_of(graph.graph() if hasattr(graph, "comparators") else graph))
        except DocumentError as error:
            problems += [problem for problem in error.problems if problem not in problems]
    if problems:
        raise DocumentError(problems)
    return graphs


def _largest(a: Graph, b: Graph, pairing: Pairing) -> float | None:
    """The largest difference between outputs of both graphs at A's values; None where they have other leaves, or cannot be run."""
    leaves = {node.name: pairing.names.get(node.name, "") for node in a.leaves}
    ends = {name: pairing.names.get(name, "") for name in a.outputs}
    others = {node.name for node in b.leaves}, {*b.outputs}
    if pairing.comparators or not ends or ({*leaves.values()}, {*ends.values()}) != others:
        return None  # of what networks do with one row of numbers, little follows
    try:
        values = gather(a, {}).arrays
        given: dict[str, Any] = {other: values[name] for name, other in leaves.items()}
        found = run(a), run(b, **given)
    except A1vizError:
        return None
    pairs = [(found[0][name], found[1][other]) for name, other in ends.items()]
    return max(gap(x, y) for x, y in pairs) if all(x.shape == y.shape for x, y in pairs) else None
