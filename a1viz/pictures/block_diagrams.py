"""Where a variable is drawn: in its own box, in that of a closed block, or in a frame; a repeated block is one box until it is opened.

`expand` names what is opened: "all", an instance (`S1`, `M1.S2`), which becomes a frame, or a repeated block (`L`), whose copies are boxes
of their own then; a copy that is a frame opens them too. Serves questions 3.2 and 2.1.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..base.errors import GraphError, did_you_mean
from ..graph.nodes import Graph, Node
from .diagrams import Cluster, Line

ALL = "all"


@dataclass(frozen=True)
class Copies:
    """A repeated block that was called once: its copies `first` to `last`, and the block's name."""

    first: str
    last: str
    count: int
    block: str

    @property
    def name(self) -> str:
        """What the box of all copies is called."""
        return f"{self.first}-{self.last.rpartition('.')[2]}"


def copies_of(graph: Graph) -> dict[str, Copies]:
    """The repeated calls by each of their copies; one copy alone is a block as others are."""
    found: dict[str, Copies] = {}
    for first, count in graph.document.repeats.items():
        block, number = _counted(first)
        names = [f"{block}{number + k}" for k in range(count)]
        if count > 1:
            found |= dict.fromkeys(names, Copies(first, names[-1], count, block))
    return found


def _counted(instance: str) -> tuple[str, int]:
    """The block and the number of an instance: `M1.S2` is number 2 of `M1.S`."""
    found = re.fullmatch(r"(.*?)(\d+)", instance)
    assert found is not None, "instances are counted"
    return found[1], int(found[2])


def prefixes(block: str) -> list[str]:
    """A block instance and those around it, the outermost first."""
    parts = block.split(".")
    return [".".join(parts[: k + 1]) for k in range(len(parts))]


class BlockPlaces:
    """Which box or frame each variable of a graph is drawn in, if `expand` is opened."""

    def __init__(self, graph: Graph, expand: Sequence[str]) -> None:
        """Raises GraphError for a block to open that is not there."""
        self.graph, self.copies = graph, copies_of(graph)
        known = {prefix for node in graph.nodes if node.block for prefix in prefixes(node.block)}
        repeated = {copies.block for copies in self.copies.values()}
        for name in expand:
            if name != ALL and name not in known | repeated:
                what = f"its blocks are {', '.join(_listed(known | repeated))}" if known else "it has no blocks"
                raise GraphError(f"{graph.name} has no block {name!r}{did_you_mean(name, known | repeated)}; {what}")
        self.is_all, self.known = ALL in expand, known
        self.framed = {prefix for name in expand if name in known for prefix in prefixes(name)} if not self.is_all else known
        self.opened = {self.copies[name].name for name in self.framed if name in self.copies}
        self.opened |= {copies.name for copies in self.copies.values() if copies.block in expand}

    def home(self, node: Node) -> str:
        """The box a node is drawn in: its own, or that of the outermost block that is closed."""
        return self.closed(node.block) or node.name

    def closed(self, block: str) -> str:
        """The outermost closed block around what lies in `block`, or all copies of it; nothing if everything around it is open."""
        if block not in self._closed:
            self._closed[block] = next(filter(None, map(self._box, prefixes(block))), "") if block and not self.is_all else ""
        return self._closed[block]

    @cached_property
    def _closed(self) -> dict[str, str]:
        return {}

    def _box(self, instance: str) -> str:
        copies = self.copies.get(instance)
        if copies and copies.name not in self.opened:
            return copies.name
        return instance if instance in self.known and instance not in self.framed else ""

    def frame(self, node: Node) -> str:
        """The innermost frame around a node's box."""
        inside = ""
        for prefix in prefixes(node.block) if node.block else ():
            if prefix not in self.framed:
                break
            inside = prefix
        return inside

    def frames(self, nodes: Iterable[Node]) -> tuple[Cluster, ...]:
        """The frames around these nodes, the outer ones first."""
        names = {prefix for node in nodes if (frame := self.frame(node)) for prefix in prefixes(frame)}
        found = []
        for name in sorted(names, key=lambda name: (name.count("."), _by_number(name))):
            line = self.line(name)
            found.append(Cluster(name, line.latex, line.words, name.rpartition(".")[0]))
        return tuple(found)

    def line(self, box: str) -> Line:
        """What stands in the box of a closed block, or of its copies, and on a frame."""
        copies = self._by_box.get(box)
        title = self.graph.document.blocks.get(copies.first if copies else box, "")
        about = f", {title}" if title else ""
        if copies:
            name = copies.block.rpartition(".")[2]
            said = f"block {copies.block}{about}, repeated {copies.count} times: {copies.first} to {copies.last}"
            return Line(symbol(box, copies), f"{name} × {copies.count}", said, "equation")
        return Line(symbol(box), box, f"block {box}{about}", "equation")

    def symbol(self, box: str) -> str:
        """A closed block, or its copies, in LaTeX."""
        return symbol(box, self._by_box.get(box))

    @cached_property
    def _by_box(self) -> dict[str, Copies]:
        return {copies.name: copies for copies in self.copies.values()}


def symbol(instance: str, copies: Copies | None = None) -> str:
    block, number = _counted((copies.first if copies else instance).rpartition(".")[2])
    return rf"\mathrm{{{block}}} \times {copies.count}" if copies else rf"\mathrm{{{block}}}_{{{number}}}"


def _by_number(name: str) -> list[int | str]:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def _listed(names: Iterable[str], most: int = 12) -> list[str]:
    order = sorted(names, key=lambda name: (name.count("."), _by_number(name)))
    return order if len(order) <= most else [*order[: most - 1], "..."]
