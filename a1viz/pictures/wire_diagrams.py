"""A comparator network as Knuth draws it, before it is laid out: wires, comparators in layers and columns, numbers on the wires.

Comparators of a layer that would lie over one another go into columns side by side, as few as can be. Serves questions 3.2 and 3.3.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ..base.columns import counted
from ..base.errors import InputError, OutputError, shown
from ..base.limits import LAID_OUT, TEXT_CELLS
from ..graph.comparators import Comparator, comparator_equations, layers_of
from .text_output import printable
from .wording import number_latex

if TYPE_CHECKING:
    from ..graph.nodes import Graph
    from ..sorting import Network

Row = tuple[float, ...]  # whole numbers stay what they are, of any size


def shown_number(value: float) -> str:
    """A number as LaTeX, also a whole one that no float can hold."""
    try:
        return number_latex(value)
    except OverflowError:
        mantissa, _, exponent = f"{Decimal(value):.3E}".partition("E")
        return rf"{mantissa} \cdot 10^{{{int(exponent)}}}"


def said(value: float) -> str:
    """The same as text."""
    return shown_number(value).replace(r"\mathrm{NaN}", "NaN").replace(r"\infty", "infinity")


@dataclass(frozen=True)
class Bar:
    """One comparator: the wires it joins, counted from 0; its layer, and its column in that layer."""

    name: str
    top: int
    bottom: int
    layer: int
    column: int
    given: Row = ()  # the two numbers that come in, if numbers are shown
    swaps: bool = False  # whether they change places
    is_needed: bool = True
    mark: str = ""  # only in A, or only in B, where two networks are compared

    @property
    def words(self) -> str:
        text = f"{self.name}, layer {self.layer + 1}: compares wires {self.top + 1} and {self.bottom + 1}"
        if self.mark or not self.is_needed:
            return f"{text}; {self.mark or 'not needed'}"
        if self.given:
            a, b = map(said, self.given)
            text += f"; {a} and {b} change places" if self.swaps else f"; {a} and {b} are in order"
        return text


@dataclass(frozen=True)
class Wires:
    """A whole picture; `values` has a row before the first layer and one after each layer."""

    kind: ClassVar[Literal["wires"]] = "wires"

    name: str
    title: str
    about: str
    n: int
    bars: tuple[Bar, ...]
    columns: tuple[int, ...]  # how many each layer has
    values: tuple[Row, ...] = ()
    outputs: tuple[int, ...] = ()  # the wires that count at the end
    how: str = ""  # how the numbers were found: exactly, or by the blocks
    counted: tuple[int, int] | None = None  # how many comparators and layers there are, where they are too many to be laid out

    @property
    def note(self) -> str:
        """What there is, counted."""
        comparators, layers = self.counted or (len(self.bars), len(self.columns))
        return f"{counted(self.n, 'wires')}, {counted(comparators, 'comparators')} in {counted(layers, 'layers')}"

    def latex(self, value: float) -> str:
        """A number on a wire; a sign of nearly equal marks one that never went in."""
        return shown_number(value) if value in self.values[0] or value != value else rf"\approx {shown_number(value)}"

    @property
    def misplaced(self) -> tuple[int, ...]:
        """The wires that end with a smaller number than the wire before."""
        last, outputs = self.values[-1] if self.values else (), {*self.outputs}
        return tuple(k for k in range(1, self.n) if last and {k - 1, k} <= outputs and last[k] < last[k - 1])

    @property
    def words(self) -> str:
        """The picture for those who cannot see it."""
        parts = [self.about, f"{self.note}.", f"The {self.how}." if self.how else "", *(f"{bar.words}." for bar in self.bars)]
        if self.values:
            first, last = (", ".join(map(said, row)) for row in (self.values[0], self.values[-1]))
            parts.append(f"In from the top: {first}. Out: {last}.")
        if self.misplaced:
            parts.append(f"Out of order at wire {', '.join(str(k + 1) for k in self.misplaced)}.")
        return " ".join(part for part in parts if part)


def columns_of(layer: Sequence[Comparator]) -> list[int]:
    """The column of each comparator of a layer, so that none lies over another: as few columns as there are over any one place.

    Taken from the top, each goes into the first column that is free there. The colouring of an interval graph: greedy is best.

    >>> columns_of([(0, 2), (1, 3), (4, 5)])
    [0, 1, 0]
    """
    found = [0] * len(layer)
    ends: list[int] = []  # the lowest wire of each column so far
    for k in sorted(range(len(layer)), key=lambda k: layer[k]):
        top, bottom = layer[k]
        column = next((c for c, end in enumerate(ends) if end < top), len(ends))
        ends[column : column + 1] = [bottom]
        found[k] = column
    return found


def network_wires(network: Network, values: Sequence[float] | None = None, k: int | None = None) -> Wires:
    """The picture of a network; `values` are compared exactly, `k` marks what the k-th smallest number needs.

    Raises InputError for a wrong number of values, and for a k out of range.
    """
    rows = exact_rows(network.comparators, _checked(values, network.n)) if values is not None else None
    title = f"{network.name or 'network'} of {network.n}"
    needed = _needed(network.n, network.comparators, k)
    ends = (k - 1,) if k is not None else network.outputs
    drawn = wires(network.n, network.comparators, rows, needed)
    how = "numbers are compared exactly" if rows else ""
    return replace(drawn, name=network.name or "network", title=title, outputs=ends, how=how)


def graph_wires(graph: Graph, values: Mapping[str, Any] | None = None, k: int | None = None) -> Wires:
    """The picture of a document with comparators; `values`, every variable's, are the numbers that its blocks compute.

    Raises InputError for a graph that is no comparator network.
    """
    document = graph.document
    if not document.wires:
        raise InputError(f"{graph.name} has no comparators, so there are no wires to draw; draw it as a graph")
    rows = _graph_rows(document.comparators, document.wires, values) if values is not None else None
    needed = _needed(document.wires, document.comparators, k)
    ends = (k - 1,) if k is not None else tuple(range(document.wires))
    drawn = wires(document.wires, document.comparators, rows, needed)
    how = "numbers are what the blocks compute" if rows else ""
    return replace(drawn, name=graph.name, title=document.title, about=document.about, outputs=ends, how=how)


def wires(n: int, comparators: Sequence[Comparator], rows: Sequence[Any] | None, needed: Container[int]) -> Wires:
    """Put comparators into layers and columns; `rows` are the numbers before the first and after each comparator."""
    if len(comparators) > LAID_OUT:
        last = list(rows[0]) if rows else []
        for (i, j), pair in zip(comparators, rows[1:] if rows else (), strict=False):
            last[i], last[j] = pair
        counted = len(comparators), len(layers_of(comparators))
        return Wires("", "", "", n, (), (), (tuple(rows[0]), tuple(last)) if rows else (), counted=counted)
    order: dict[Comparator, deque[int]] = {}  # where each pair stands in the list
    for at, pair in enumerate(comparators):
        order.setdefault(pair, deque()).append(at)
    bars, columns, values = [], [], [tuple(rows[0])] if rows else []
    now = list(rows[0]) if rows else []
    for layer, pairs in enumerate(layers_of(comparators)):
        places = columns_of(pairs)
        columns.append(max(places) + 1)
        for (i, j), column in zip(pairs, places, strict=True):
            at = order[i, j].popleft()
            given = (now[i], now[j]) if rows else ()
            bars.append(Bar(f"S{at + 1}", i, j, layer, column, given, bool(rows) and goes_first(*given[::-1]), at in needed))
            if rows:
                now[i], now[j] = rows[at + 1]
        values += [tuple(now)] if rows else []
    return Wires("", "", "", n, tuple(bars), tuple(columns), tuple(values))


def goes_first(a: float, b: float) -> bool:
    """Whether a belongs before b, as for `numpy.sort`: NaN comes last; of two zeros the negative one is first."""
    zeros = a == b == 0 and math.copysign(1, a) < math.copysign(1, b)
    return a < b or zeros or (a == a and b != b)  # only NaN is not itself


def exact_rows(comparators: Sequence[Comparator], values: Sequence[float]) -> list[Any]:
    """The numbers that come in, then the two that each comparator puts out, by comparing and choosing."""
    now = list(values)
    rows: list[Any] = [list(values)]
    for i, j in comparators:
        if goes_first(now[j], now[i]):
            now[i], now[j] = now[j], now[i]
        rows.append((now[i], now[j]))
    return rows


def _graph_rows(comparators: Sequence[Comparator], n: int, values: Mapping[str, Any]) -> list[Any]:
    lines = comparator_equations(comparators, n).split("\n")[: len(comparators)]
    names = [line.partition(" = ")[0].split(", ") for line in lines]
    read = {name: _single(name, values[name]) for pair in [[f"x{k}" for k in range(1, n + 1)], *names] for name in pair}
    return [[read[f"x{k}"] for k in range(1, n + 1)], *(tuple(read[name] for name in pair) for pair in names)]


def _single(name: str, value: Any) -> float:
    if getattr(value, "ndim", 0):
        raise InputError(f"{name} is a batch; a picture of wires shows one example")
    return float(value)


def _needed(n: int, comparators: Sequence[Comparator], k: int | None) -> set[int]:
    from ..sorting.networks import Network, checked_k, needed

    if k is None:
        return set(range(len(comparators)))
    return set(needed(Network(n, tuple(comparators)), {checked_k(k, n) - 1}))


def _checked(values: Sequence[float], n: int) -> list[float]:
    try:
        found = [v if type(v) is int else float(v) for v in values]
    except (TypeError, ValueError):
        raise InputError(f"values must be {counted(n, 'numbers')}, got {shown(values)}") from None
    if len(found) != n:
        raise InputError(f"the network has {counted(n, 'wires')}, but is given {counted(len(found), 'values')}")
    return found


# --- as text ----------------------------------------------------------------------------------------------------------------------


def wires_text(picture: Wires) -> str:
    """The picture in letters: `o` where a comparator meets a wire, `#` where numbers change places, `:` where it is not needed.

    What only one of two networks has is drawn in A or B.
    """
    width = [2 * columns + 1 for columns in picture.columns]
    if picture.counted or (2 * picture.n - 1) * sum(width) > TEXT_CELLS:
        return f"{printable(picture.title)}\n{picture.note}, too many to be drawn as text\n"
    starts = [sum(width[:k]) + 1 for k in range(len(width))]
    rows = [["-" if not at % 2 else " "] * max(sum(width), 1) for at in range(max(2 * picture.n - 1, 0))]
    for bar in picture.bars:
        x = starts[bar.layer] + 2 * bar.column
        for at in range(2 * bar.top, 2 * bar.bottom + 1):
            rows[at][x] = bar.mark[-1:] or ("|" if bar.is_needed else ":")
        for wire in (bar.top, bar.bottom):
            rows[2 * wire][x] = bar.mark[-1:] or (("#" if bar.swaps else "o") if bar.is_needed else ":")
    lines = [printable(picture.title), picture.note + (f"; the {picture.how}" if picture.how else ""), ""]
    lefts, rights = _ends(picture, 0), _ends(picture, -1)
    margin = max(map(len, lefts), default=0)
    for at, row in enumerate(rows):
        left, right = ("", "") if at % 2 else (lefts[at // 2], rights[at // 2])
        lines.append(f"{left:>{margin}} {''.join(row)} {right}".rstrip())
    return "\n".join(lines) + "\n"


def _ends(picture: Wires, row: int) -> list[str]:
    """What stands at the left or at the right of each wire."""
    letter, wires = ("x", {*range(picture.n)}) if row == 0 else ("y", {*picture.outputs})
    misplaced = {*picture.misplaced} if row else set()
    labels = [f"{letter}{k + 1}" if k in wires else "" for k in range(picture.n)]
    if picture.values:
        labels = [f"{label} = {said(v)}" if label else "" for label, v in zip(labels, picture.values[row], strict=True)]
    return [label + ("  (out of order)" if k in misplaced else "") for k, label in enumerate(labels)]


def wires_dot(picture: Wires) -> str:
    """The picture as DOT with fixed places, for `dot` or `neato`: the layout says neato, which keeps them. Raises OutputError."""
    if picture.counted:
        raise OutputError(f"{picture.note} are too many for DOT, which has at most {LAID_OUT:,} comparators; take svg or text")
    starts = [sum(picture.columns[:k]) + k + 1 for k in range(len(picture.columns))]
    end = sum(picture.columns) + len(picture.columns) + 1
    lines = ["graph {", "layout=neato", "node [shape=point width=0.08]", 'edge [color="#0072B2"]']
    for wire in range(picture.n):
        for side, x, letter in (("a", 0, "x"), ("z", end, "y")):
            label = f"{letter}{wire + 1}"
            lines.append(f'{side}{wire} [shape=plaintext label="{label}" pos="{x * 0.4:g},{-wire * 0.5:g}!"]')
    along: dict[int, list[tuple[int, str]]] = {wire: [(0, f"a{wire}")] for wire in range(picture.n)}
    for k, bar in enumerate(picture.bars):
        x = starts[bar.layer] + bar.column
        for letter, wire in (("t", bar.top), ("b", bar.bottom)):
            lines.append(f'{letter}{k} [pos="{x * 0.4:g},{-wire * 0.5:g}!"]')
            along[wire].append((x, f"{letter}{k}"))
        is_thick, is_faint = bar.swaps or bar.mark.endswith("B"), bar.mark.endswith("A") or not bar.is_needed
        look = "penwidth=2.5" if is_thick else "style=dashed" if is_faint else "penwidth=1.2"
        look += f' label="{bar.mark}"' if bar.mark else ""
        lines.append(f't{k} -- b{k} [{look} tooltip="{bar.name}"]')
    for wire, points in along.items():
        names = [name for _, name in sorted(points)] + [f"z{wire}"]
        lines.append(" -- ".join(names) + ' [color="#6B7785"]')
    return "\n".join([*lines, "}", ""])
