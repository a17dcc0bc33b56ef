"""One entry of what goes entry by entry, multiplies, or sums along axes, by entries of the operands.

Products follow from their signatures: "(m,k),(k,n)->(m,n)" is summed over the letter that the result has not. Serves question 2.1.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ..graph.formulas import split
from ..graph.nodes import Graph, Node
from ..graph.operators import OPS, Op
from ..graph.shapes import Shape
from ..graph.sizes import Dim, multiplied
from .entry_terms import Entry, Index, Indices, at, call, number, over, product


@dataclass(frozen=True)
class EntryOf:
    """One application of an operator, of which the entry at `indices` is asked for; new letters come from `letters`."""

    graph: Graph
    node: Node
    indices: Indices
    letters: Iterator[str]
    wanted: dict[str, str]  # letters that are to be called so, as in a formula

    def shape(self, k: int) -> Shape:
        return self.graph.by_name[self.node.inputs[k]].shape

    def at(self, k: int, indices: Sequence[Index]) -> Entry:
        return at(self.node.inputs[k], indices)

    def looped(self, k: int, indices: Sequence[Index] | None = None) -> Entry:
        """The entry of an operand that is broadcast to the result, or to what has these indices."""
        return self.at(k, broadcasted(self.shape(k), self.indices if indices is None else indices))

    def index(self, k: int, indices: Sequence[Index]) -> Index:
        """An operand that says which entry: a number, a size or a label."""
        node = self.graph.by_name[self.node.inputs[k]]
        fixed = node.value if node.op == "size" else int(node.number) if node.op == "constant" and not node.shape else None
        return self.looped(k, indices) if fixed is None else fixed

    def letter(self, size: Dim, wanted: str = "") -> Dim:
        """A letter for an axis of this size; an axis of one entry needs none."""
        if size == 1:
            return 0
        letter = next(self.letters)
        if wanted:
            self.wanted[letter] = wanted
        return letter

    @property
    def place(self) -> int:
        """The axis of the result that the operator works along."""
        return int(self.node.attributes["axis"]) + len(self.indices)


Rule = Callable[[EntryOf], Entry | None]  # nothing where the entry is that of the whole


def broadcasted(shape: Shape, indices: Sequence[Index]) -> Indices:
    """The indices of an operand of this shape, its axes counted from the end; along an axis of one entry there is one."""
    own = indices[len(indices) - len(shape) :]
    return tuple(0 if size == 1 else index for size, index in zip(shape, own, strict=True))


def summed(pairs: Sequence[tuple[Index, Dim]], body: Entry, kind: str = "sum") -> Entry:
    """The sum over the letters among these indices."""
    return over([(index, size) for index, size in pairs if isinstance(index, str)], body, kind)


# --- by the table -----------------------------------------------------------------------------------------------------------------------


def elementwise(of: EntryOf) -> Entry:
    return call(of.node.op, *(of.looped(k) for k in range(len(of.node.inputs))))


def is_product(op: Op) -> bool:
    """Whether it multiplies entries of all its operands, one for each way to choose the letters of its signature."""
    letters = [axis for axes in op.inputs for axis in axes]
    return bool(op.adjoint) and len(op.args) > 1 and not op.shape and not op.attrs and set(op.muls.split()) == set(letters)


def contracted(of: EntryOf) -> Entry:
    op = OPS[of.node.op]
    cut = len(of.indices) - len(op.output)
    known: dict[str, Index] = dict(zip(op.output, of.indices[cut:], strict=True))
    pairs: list[tuple[Index, Dim]] = []
    factors = {}
    for k, axes in enumerate(op.inputs):
        shape = of.shape(k)
        named = [f"*{place}" for place in range(len(shape))] if axes == ("*",) else list(axes)
        loops = len(shape) - len(named)
        for axis, size in zip(named, shape[loops:], strict=True):
            if axis not in known:
                known[axis] = of.letter(size)
                pairs.append((known[axis], size))
        factors[k] = of.at(k, (*broadcasted(shape[:loops], of.indices[:cut]), *(known[axis] for axis in named)))
    order = sorted(factors, key=lambda k: -len(op.inputs[k]))  # a matrix comes before a vector
    return summed(pairs, product(*(factors[k] for k in order)))


def einsum(of: EntryOf) -> Entry:
    operands, result = split(of.node.attributes["formula"])
    known: dict[str, Index] = dict(zip(result, of.indices, strict=True))
    pairs: list[tuple[Index, Dim]] = []
    for k, own in enumerate(operands):
        for letter, size in zip(own, of.shape(k), strict=True):
            if letter not in known:
                known[letter] = of.letter(size, letter)
                pairs.append((known[letter], size))
    return summed(pairs, product(*(of.at(k, [known[letter] for letter in own]) for k, own in enumerate(operands))))


# --- along axes -------------------------------------------------------------------------------------------------------------------------


def _axes(of: EntryOf) -> list[int]:
    """The axes of the operand that the operator works along."""
    shape, axis = of.shape(0), of.node.attributes["axis"]
    return [k % len(shape) for k in (range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,))]


def along(of: EntryOf, kept: bool = False) -> tuple[list[tuple[Index, Dim]], Indices]:
    """New letters along the axes that are summed over, with their sizes, and all indices of the operand.

    `kept` says that the result has these axes too.
    """
    shape, axes = of.shape(0), _axes(of)
    kept = kept or bool(of.node.attributes.get("keepdims"))
    given = iter(of.indices)
    pairs: list[tuple[Index, Dim]] = []
    own: list[Index] = []
    for k, size in enumerate(shape):
        index = next(given) if kept or k not in axes else 0
        if k in axes:
            index = of.letter(size)
            pairs.append((index, size))
        own.append(index)
    return pairs, tuple(own)


def reduced(kind: str, op: str = "", outer: str = "") -> Rule:
    """A reduction of entries, or of a function of them."""

    def rule(of: EntryOf) -> Entry:
        pairs, own = along(of)
        entry = of.at(0, own)
        body = call("power", entry, number(2.0)) if op == "power" else call(op, entry) if op else entry
        found = summed(pairs, body, kind)
        return call(outer, found) if outer else found

    return rule


def count(of: EntryOf) -> Entry:
    shape = of.shape(0)
    return number(multiplied(*(shape[k] for k in _axes(of))))


def mean(of: EntryOf) -> Entry:
    pairs, own = along(of)
    return _averaged(of, pairs, of.at(0, own))


def _averaged(of: EntryOf, pairs: Sequence[tuple[Index, Dim]], entry: Entry) -> Entry:
    size, found = count(of), summed(pairs, entry)
    return found if size.value == 1 else product(call("div", number(1.0), size), found)


def variance(of: EntryOf) -> Entry | None:
    if not of.graph.by_name[of.node.inputs[0]].is_declared:
        return None  # it would stand there twice
    pairs, own = along(of)
    others, other = along(of)
    centred = call("sub", of.at(0, own), _averaged(of, others, of.at(0, other)))
    found = _averaged(of, pairs, call("power", centred, number(2.0)))
    return call("sqrt", found) if of.node.op == "std" else found


def softmax(of: EntryOf) -> Entry | None:
    if not of.graph.by_name[of.node.inputs[0]].is_declared:
        return None  # it would stand there twice
    pairs, own = along(of, kept=True)
    total = summed(pairs, call("exp", of.at(0, own)))
    if of.node.op == "log_softmax":
        return call("sub", of.at(0, of.indices), call("log", total))
    return call("div", call("exp", of.at(0, of.indices)), total)


def weighted_logsumexp(of: EntryOf) -> Entry:
    pairs = [(of.letter(size), size) for size in of.shape(0)]
    own = [index for index, _ in pairs]
    return call("log", summed(pairs, product(of.at(0, own), call("exp", of.at(1, own)))))
