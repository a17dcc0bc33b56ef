"""A comparator network: wires, comparators in their order, layers, size and depth; and as a graph of Sort_2 blocks. Serves question 3.2."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..base.columns import counted
from ..base.errors import InputError, check_kind, shown
from ..base.limits import MOST_WIRES
from ..base.results import Drawn, Part, Result, Table, plotted
from ..graph.comparators import Comparator, Layers, comparator_equations, layers_of, read_comparators

if TYPE_CHECKING:
    from ..graph.nodes import Graph

PAIRS = 8  # comparators in a line
WIRES_SHOWN = 500  # comparators of a network whose picture stands above its text in a notebook


@dataclass(frozen=True, init=False)
class Network(Result):
    """`n` wires and the comparators between them, in order; `outputs` are the wires that count at the end, by default all.

    Wires are counted from 0. Comparator (i, j) has i < j and puts the smaller number on wire i, the larger on wire j.
    It shows itself: in a notebook its wires. Raises InputError, GraphError for what is no network.

    >>> Network(3, [(0, 2), (0, 1), (1, 2)])
    network: 3 wires, 3 comparators, depth 3
      layer 1  [1, 3]
      layer 2  [1, 2]
      layer 3  [2, 3]
    """

    n: int
    comparators: tuple[Comparator, ...] = ()
    name: str = field(default="", compare=False)
    outputs: tuple[int, ...] = ()
    is_figure = True

    def __init__(self, n: int, comparators: Iterable[Any] = (), name: str = "", outputs: Iterable[int] | None = None) -> None:
        wires = checked_wires(n)
        ends = tuple(range(wires)) if outputs is None else tuple(outputs)
        found = read_comparators(tuple(comparators), wires, first=0)
        if not all(isinstance(wire, int) and 0 <= wire < wires for wire in ends):
            raise InputError(f"outputs must be wires from 0 to {wires - 1}, got {shown(ends)}")
        for field_name, value in (("n", wires), ("comparators", found), ("name", name), ("outputs", ends)):
            object.__setattr__(self, field_name, value)

    @property
    def size(self) -> int:
        """How many comparators there are."""
        return len(self.comparators)

    @property
    def depth(self) -> int:
        """How many layers there are."""
        return len(self.layers)

    @cached_property
    def layers(self) -> Layers:
        """The comparators that work at the same time, each as early as it can."""
        return layers_of(self.comparators)

    @cached_property
    def is_adjacent(self) -> bool:
        """Whether every comparator joins neighbouring wires."""
        return all(j == i + 1 for i, j in self.comparators)

    @property
    def is_whole(self) -> bool:
        """Whether every wire is an output."""
        return self.outputs == tuple(range(self.n))

    @property
    def equations(self) -> str:
        """The network in the equation language: x1..xn to y1..yn by blocks S."""
        return comparator_equations(self.comparators, self.n)

    def graph(self, most: float = math.inf) -> Graph:
        """The computation graph of Sort_2 blocks S1, S2, ..., one per comparator, from x1..xn to y1..yn; of at most so many nodes.

        >>> Network(2, [(0, 1)]).graph().outputs
        ('y1', 'y2')
        """
        from ..graph.documents import from_data
        from ..graph.nodes import Builder, with_outputs

        name = "".join(c for c in self.name if c.isprintable() and c not in '<>"\\')[:100] or "network"
        if not self.n:
            return Builder().graph("network", ())
        pairs = [[i + 1, j + 1] for i, j in self.comparators]
        data = {"title": f"Sorting network {name} of {self.n}", "source": "question 3.2", "comparators": pairs, "wires": self.n}
        return with_outputs(from_data(data, name, name, "", most=most), [f"y{wire + 1}" for wire in self.outputs])

    def apply(self, values: Iterable[Any]) -> tuple[Any, ...]:
        """What is on the wires at the end for n numbers of any kind, compared as they are. Raises InputError for a wrong count.

        >>> Network(2, [(0, 1)]).apply([2**70, 0.5])
        (0.5, 1180591620717411303424)
        """
        wires = list(values)
        if len(wires) != self.n:
            raise InputError(f"{self.summary} takes {counted(self.n, 'numbers')}, got {len(wires)}")
        for i, j in self.comparators:
            if _comes_first(wires[j], wires[i]):
                wires[i], wires[j] = wires[j], wires[i]
        return tuple(wires)

    def without(self, *positions: int) -> Network:
        """The network with the comparators at these positions (from 0) left out.

        >>> Network(3, [(0, 2), (0, 1), (1, 2)]).without(1).comparators
        ((0, 2), (1, 2))
        """
        left_out = set(positions)
        if not left_out <= set(range(self.size)):
            raise InputError(f"comparators are counted from 0 to {self.size - 1}, got {shown(positions)}")
        names = " ".join(f"S{k + 1}" for k in sorted(left_out))
        kept = tuple(pair for k, pair in enumerate(self.comparators) if k not in left_out)
        return replace(self, comparators=kept, name=f"{self.name} without {names}".strip())

    @property
    def summary(self) -> str:
        """Its name and how large it is, in a line.

        >>> Network(2, [(0, 1)]).summary
        'network: 2 wires, 1 comparator, depth 1'
        """
        counts = f"{counted(self.n, 'wires')}, {counted(self.size, 'comparators')}, depth {self.depth}"
        return f"{self.name or 'network'}: {counts}"

    def plot(self) -> Any:
        """The picture of its wires; `a1viz.draw(network, values=...)` takes numbers to sort."""
        return plotted(self)

    def drawn(self) -> Drawn | None:
        """Its wires, where there is room for them in a notebook."""
        return plotted(self) if self.size <= WIRES_SHOWN else None

    def parts(self) -> list[Part]:
        """One line per layer, wires counted from 1; a layer of many comparators has several."""
        rows = []
        width = len(str(self.depth))
        for k, layer in enumerate(self.layers, 1):
            for at in range(0, len(layer), PAIRS):
                name = "" if at else f"  layer {k:{width}}"
                rows.append((name, " ".join(map(pair_text, layer[at : at + PAIRS]))))
        return [self.summary, *([Table((), rows)] if rows else [])]


def _comes_first(a: Any, b: Any) -> bool:
    """a < b, and the negative zero before the other."""
    return a < b or (a == b == 0 and math.copysign(1, a) < math.copysign(1, b))


def pair_text(pair: Comparator) -> str:
    """A comparator as documents write it, wires counted from 1: `[1, 2]`."""
    return f"[{pair[0] + 1}, {pair[1] + 1}]"


def checked_wires(n: Any) -> int:
    """A number of wires. Raises InputError."""
    if isinstance(n, bool) or not hasattr(n, "__index__") or not 0 <= n.__index__() <= MOST_WIRES:
        raise InputError(f"the number of wires n must be a whole number from 0 to {MOST_WIRES:,}, got {shown(n)}")
    found: int = n.__index__()
    return found


def checked_network(network: Any) -> Network:
    """A network that a caller has given. Raises InputError."""
    check_kind(network, Network, "a network of comparators, such as a1viz.sorting.network('merge', 4)")
    found: Network = network
    return found


def checked_k(k: Any, n: int) -> int:
    """A `k` for the k-th smallest of n numbers. Raises InputError."""
    if isinstance(k, bool) or not hasattr(k, "__index__") or not 1 <= k.__index__() <= n:
        what = f"k must be a whole number from 1 to {n}" if n else "no numbers have no k-th smallest"
        raise InputError(f"{what}, got k = {shown(k)}")
    found: int = k.__index__()
    return found


def prune(network: Network, k: int) -> Network:
    """The part of a network that the k-th smallest number needs (k from 1); wire k - 1 is its only output.

    Raises InputError for a k out of range. Source: question 3.3.

    >>> prune(Network(4, [(0, 1), (1, 2), (2, 3), (0, 1), (1, 2), (0, 1)]), 4).comparators
    ((0, 1), (1, 2), (2, 3))
    """
    wire = checked_k(k, checked_network(network).n) - 1
    kept = [network.comparators[at] for at in needed(network, {wire})]
    return replace(network, comparators=tuple(kept), outputs=(wire,))


def needed(network: Network, wires: Iterable[int]) -> list[int]:
    """The positions of the comparators that some of these wires, at the end, depend on; in order."""
    alive, kept = set(wires), []
    for at in range(network.size - 1, -1, -1):
        i, j = network.comparators[at]
        if i in alive or j in alive:
            alive |= {i, j}
            kept.append(at)
    return kept[::-1]
