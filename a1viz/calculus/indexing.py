r"""Entries, parts and axes on paper: x_1 for x[0], E_{3,:} for E[2], \sum_j along the second axis. Serves `notation`.

The axes of a value are i, j, k, ... from the first; fixed entries are counted from 1; a class label keeps its letter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..graph.nodes import Graph, Node
from ..graph.operators import ATOM, OPS
from ..graph.shapes import Shape
from ..graph.sizes import Dim, added
from .letters import size_latex
from .maths import Maths, array, number, with_below
from .symbols import Mark, Symbols

Place = tuple[str, tuple[str, ...]]  # a variable, and the places of its entry, one an axis


@dataclass
class Writing:
    """An equation while it is printed: what its operands are, and what is written above the variables of a block instance."""

    graph: Graph
    symbols: Symbols
    mark: Mark
    apply: Callable[[Writing, Node, list[Maths], list[int]], Maths]
    printed: dict[str, Maths] = field(default_factory=dict)  # the inner nodes so far

    def node(self, name: str) -> Node:
        return self.graph.by_name[name]

    def symbol(self, name: str, index: str = "") -> Maths:
        return self.symbols.symbol(name, index, self.mark(name.rpartition(".")[0]))

    def part(self, name: str, index: str) -> Maths:
        return self.symbols.part(name, index, self.mark(name.rpartition(".")[0]))

    def operand(self, name: str) -> Maths:
        found = self.printed.get(name)
        return self.symbol(name) if found is None else found

    def below(self, name: str, index: Sequence[str], is_scalar: bool) -> Maths:
        """An operand with an index: of a variable its own, of anything else that of the whole."""
        if not self.node(name).is_declared:
            return with_below(self.operand(name), joined(index))
        return self.symbol(name, joined(index)) if is_scalar else self.part(name, joined(index))


def joined(index: Sequence[str]) -> str:
    """The places of an index: letters side by side, all else with commas."""
    return "".join(index) if all(len(place) == 1 and place.isalpha() for place in index) else ",".join(index)


# --- places and axes ----------------------------------------------------------------------------------------------------------


def axes_of(node: Node, rank: int) -> list[int]:
    """The axes that an operator works along, counted from the first; none for the whole value."""
    axis = node.attributes.get("axis")
    return [] if axis is None else [one + rank for one in (axis if isinstance(axis, tuple) else (axis,))]


def letters_of(writing: Writing, axes: Sequence[int]) -> str:
    return "".join(writing.symbols.axes[axis] for axis in axes)


def how_many(shape: Shape, axes: Sequence[int]) -> str:
    """The number of entries along these axes, or of all: sizes side by side, in the order of the axes."""
    sizes = [shape[axis] for axis in axes] if axes else shape
    number = math.prod(size for size in sizes if isinstance(size, int))
    names = [size_latex(size) for size in sizes if isinstance(size, str)]
    factors = [f"({name})" if len(sizes) > 1 and (" + " in name or " - " in name) else name for name in names]
    return " ".join(([str(number)] if number != 1 or not names else []) + factors)


def place_of(writing: Writing, name: str) -> str:
    """Where an entry is: a number from 1, a label by its letter."""
    node = writing.node(name)
    if node.op == "constant" and not node.is_declared and not node.shape:
        return str(int(node.number) + 1)
    return size_latex(added(node.value, 1)) if node.op == "size" else str(writing.operand(name))


def parts_of(index: Sequence[tuple[Dim, Dim]], shape: Shape) -> list[str]:
    """The places of a slice: from the first to the last entry, both in it."""
    return [
        ":" if (start, stop) == (0, size) else f"{size_latex(added(start, 1))}:{size_latex(stop)}"
        for (start, stop), size in zip(index, shape, strict=True)
    ]


# --- entries of what is printed ---------------------------------------------------------------------------------------------------


def is_entrywise(writing: Writing, node: Node) -> bool:
    """Whether an entry of it is made of entries of vectors and of scalars."""
    waiting, seen = [node], {node.name}
    while waiting:
        node = waiting.pop()
        if node.is_declared or node.op == "constant" or not node.shape:
            continue
        if not OPS[node.op].is_elementwise or len(node.shape) != 1:
            return False
        waiting += [writing.node(i) for i in node.inputs if i not in seen]
        seen.update(node.inputs)
    return True


def entry(writing: Writing, name: str, index: Sequence[str]) -> Maths:
    """The entry of an operand at these places, one an axis; what it is made of is printed first, without recursion."""
    wanted = (name, tuple(index))
    done: dict[Place, Maths] = {}
    waiting = [wanted]
    while waiting:
        place = waiting[-1]
        node = writing.node(place[0])
        read = _read(writing, node, place[1])
        missing = [one for one in read or () if one not in done]
        waiting += reversed(missing)
        if not missing:
            waiting.pop()
            done[place] = _plain(writing, node, place[1]) if read is None else _made(writing, node, [done[one] for one in read])
    return done[wanted]


def _read(writing: Writing, node: Node, index: Sequence[str]) -> list[Place] | None:
    """The entries that an entry is made of; none where it is printed by itself."""
    if not node.shape or node.is_declared or node.op == "constant":
        return None
    rule = ENTRIES.get(node.op)
    found = rule(writing, node, index) if rule is not None else None
    if found is None and OPS[node.op].is_elementwise:
        return [(i, aligned(index, node.shape, writing.node(i).shape)) for i in node.inputs]
    return found


def _made(writing: Writing, node: Node, entries: list[Maths]) -> Maths:
    if node.op == "outer":
        return writing.apply(writing, Node("", "mul"), entries, [0, 0])
    return entries[0] if node.op in ENTRIES else writing.apply(writing, node, entries, [0] * len(entries))


def _plain(writing: Writing, node: Node, index: Sequence[str]) -> Maths:
    """An entry that no others make up."""
    if not node.shape:
        return writing.operand(node.name)
    if node.is_declared:
        return writing.symbol(node.name, joined(index))
    if node.op == "constant":
        return with_below(array(node.value), joined(index))
    if node.op in ("ones", "zeros"):
        return number({"ones": 1.0, "zeros": 0.0}[node.op])
    return Maths(rf"\delta_{{{joined(index)}}}", ATOM) if node.op == "eye" else with_below(writing.operand(node.name), joined(index))


def aligned(index: Sequence[str], shape: Shape, own: Shape) -> tuple[str, ...]:
    """The places of an operand that is spread over a shape."""
    rest = len(shape) - len(own)
    return tuple("1" if own[k] == 1 != shape[rest + k] else index[rest + k] for k in range(len(own)))


def _of_transpose(writing: Writing, node: Node, index: Sequence[str]) -> list[Place] | None:
    axes = node.attributes["axes"]
    if axes is None:
        return [(node.inputs[0], (*index[:-2], index[-1], index[-2]))]
    places = [""] * len(index)
    for place, axis in zip(index, axes, strict=True):
        places[axis] = place
    return [(node.inputs[0], tuple(places))]


def _of_outer(writing: Writing, node: Node, index: Sequence[str]) -> list[Place] | None:
    return [(name, (place,)) for name, place in zip(node.inputs, index, strict=True)] if len(index) == 2 else None


def _of_spread(writing: Writing, node: Node, index: Sequence[str]) -> list[Place] | None:
    return [(node.inputs[0], aligned(index, node.shape, writing.node(node.inputs[0]).shape))]


def _of_expanded(writing: Writing, node: Node, index: Sequence[str]) -> list[Place] | None:
    new = axes_of(node, len(index))
    return [(node.inputs[0], tuple(place for k, place in enumerate(index) if k not in new))]


def picked(writing: Writing, node: Node, index: Sequence[str]) -> Place | None:
    """Where it is read: an entry of a row, or of the entries that a vector of labels names."""
    x, t = (writing.node(i) for i in node.inputs)
    place = axes_of(node, len(x.shape))[0]
    if len(t.shape) > 1 or (t.shape and len(x.shape) != 2):
        return None
    label = str(entry(writing, t.name, index)) if t.shape else place_of(writing, t.name)
    return x.name, (*index[:place], label, *index[place:])


def _of_pick(writing: Writing, node: Node, index: Sequence[str]) -> list[Place] | None:
    found = picked(writing, node, index)
    return found and [found]


ENTRIES = {  # what an entry is read from
    "transpose": _of_transpose, "outer": _of_outer, "fill": _of_spread, "expand": _of_expanded, "pick": _of_pick,
}  # fmt: skip
