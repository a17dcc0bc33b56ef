"""A comparator network placed as Knuth draws it: horizontal wires, a vertical bar a comparator, layers from left to right.

A comparator that swaps is thick with filled ends, one that is not needed dashed and without ends: never told by colour alone.
Lines, dots and frames are data, for SVG and TikZ alike. Serves questions 3.2 and 3.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from .engine import Point
from .sizes import MARGIN
from .typesetting import Label, typeset
from .wire_diagrams import Bar, Wires

NAME, NUMBER, SMALL = 15, 13, 13  # font sizes: of wires, of numbers, of comparators and layers
WIRE = 34  # from wire to wire
COLUMN, NAMED = 14, 26  # from column to column of one layer; with names
MANY = 40  # comparators; more have no names
LEGEND = 22  # a row of the legend
DOT = 4.2
ALSO = 30  # below the wires: the numbers of the layers


class Put(NamedTuple):
    """A label, where its baseline starts, the role of its colour."""

    label: Label
    at: Point
    role: str


@dataclass(frozen=True)
class Look:
    """How a comparator is drawn; colours are roles."""

    ink: str
    width: float
    dash: str = ""
    fill: str = ""  # of its ends; without one it has none


LOOKS = {  # by the word that the legend has for each
    "compares": Look("forward", 1.5, fill="forward"),
    "change places": Look("backward", 3.2, fill="backward"),
    "in order": Look("forward", 1.5, fill="paper"),
    "only in A": Look("muted", 1.5, dash="4 3", fill="paper"),
    "only in B": Look("mark-ink", 3.2, fill="mark-ink"),
    "not needed": Look("block-frame", 1.1, dash="2 4"),
    "out of order": Look("backward", 1.5, fill="gradient-fill"),
}
PLAIN = Look("block-frame", 1.2, fill="paper")  # of wires


class Shape(NamedTuple):
    """A line along a side, the dot in its upper left corner, or the frame of a rectangle: `kind` is line, dot or frame."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    look: Look
    radius: float = 3


@dataclass(frozen=True)
class WireLayout:
    """A whole picture, in the order in which it is drawn; `bars` are the shapes of each comparator."""

    width: float
    height: float
    top: float  # of the first wire
    words: str
    wires: tuple[Shape, ...]
    bars: tuple[tuple[Bar, tuple[Shape, ...]], ...]
    others: tuple[Shape, ...]  # frames around numbers that are out of order, the legend
    put: tuple[Put, ...]


@dataclass(frozen=True)
class Places:
    """Where everything is: the x of each layer's columns, of the numbers around them, and the ends of the wires."""

    bars: tuple[float, ...]
    gaps: tuple[float, ...]  # the middle of each place for numbers: before the first layer and after each
    start: float
    end: float
    width: float


def lay_out_wires(picture: Wires) -> WireLayout:
    """Place a network that is drawn whole."""
    labels = _Labels(picture)
    at = places(picture, labels)
    bottom = max(picture.n - 1, 0) * WIRE + WIRE
    wires = tuple(Shape("line", at.start, wire * WIRE, at.end - at.start, 0, PLAIN) for wire in range(picture.n))
    bars = tuple((bar, _bar(bar, x)) for bar, x in zip(picture.bars, at.bars, strict=True))
    frames = [_frame(wire, at, labels) for wire in picture.misplaced]
    shapes, words, wide = _legend(picture, bottom + ALSO)
    put = [*labels.placed(picture, at), *words]
    if picture.how:
        put.append(Put(label := typeset(rf"\text{{{picture.how}}}", SMALL), (0, bottom + ALSO + LEGEND), "muted"))
        wide = max(wide, label.width)
    rows = bool(words) + bool(picture.how)
    width, height = max(at.width, wide) + 2 * MARGIN, bottom + ALSO + rows * LEGEND + MARGIN + 6 * bool(words)
    return WireLayout(width, height, MARGIN + WIRE / 2, picture.words, wires, bars, (*frames, *shapes), tuple(put))


class _Labels:
    """The typeset labels of a picture; lives as long as it is drawn."""

    def __init__(self, picture: Wires) -> None:
        outputs = set(picture.outputs)
        self.left = [typeset(f"x_{{{k + 1}}}", NAME) for k in range(picture.n)]
        self.right = [typeset(f"y_{{{k + 1}}}", NAME) if k in outputs else None for k in range(picture.n)]
        self.values = [[typeset(picture.latex(v), NUMBER) for v in row] for row in picture.values]
        named = len(picture.bars) <= MANY
        signs = {"only in A": r"\text{−}", "only in B": r"\text{+}"}
        self.bars = [
            typeset(rf"{signs.get(bar.mark, '')}\mathrm{{S}}_{{{bar.name[1:]}}}", SMALL) if named else None for bar in picture.bars
        ]
        self.layer = typeset(r"\text{layer}", SMALL)
        self.layers = [typeset(rf"\text{{{k + 1}}}", SMALL) for k in range(len(picture.columns))]

    def wide(self, row: int) -> float:
        """The room that the numbers before or after a layer take."""
        return max((label.width for label in self.values[row]), default=0.0) + 16 if self.values else 18.0

    def placed(self, picture: Wires, at: Places) -> list[Put]:
        """Each label where it stands."""
        found = [Put(label, (at.start - 8 - label.width, k * WIRE + 5), "ink") for k, label in enumerate(self.left)]
        found += [Put(label, (at.end + 8, k * WIRE + 5), "ink") for k, label in enumerate(self.right) if label]
        all_wires = set(range(picture.n))
        layers: list[list[tuple[Bar, float]]] = [[] for _ in picture.columns]
        for bar, x in zip(picture.bars, at.bars, strict=True):
            layers[bar.layer].append((bar, x))
        inner = [{w for bar, _ in layer for w in (bar.top, bar.bottom)} for layer in layers[: max(len(at.gaps) - 2, 0)]]
        touched = [all_wires, *inner, all_wires]
        for row, (labels, x) in enumerate(zip(self.values, at.gaps, strict=False)):
            wrong = picture.misplaced if row == len(self.values) - 1 else ()
            found += [Put(label, (x - label.width / 2, wire * WIRE - 5), "gradient-ink" if wire in wrong else "value-ink")
                      for wire, label in enumerate(labels) if wire in touched[row]]  # fmt: skip
        bars = zip(self.bars, picture.bars, at.bars, strict=True)
        found += [Put(label, (x + 5, bar.top * WIRE + 17), "muted") for label, bar, x in bars if label]
        below = (picture.n - 1) * WIRE + 30
        if self.layers:
            found.append(Put(self.layer, (at.start - 8 - self.layer.width, below), "muted"))
        for k, label in enumerate(self.layers):
            xs = [x for _, x in layers[k]]
            found.append(Put(label, ((min(xs) + max(xs)) / 2 - label.width / 2, below), "muted"))
        return found


def places(picture: Wires, labels: _Labels) -> Places:
    """Where the layers, their columns and the numbers between them go."""
    start = max((label.width for label in labels.left), default=0) + 8
    apart = NAMED if any(labels.bars) else COLUMN
    x, gaps, firsts = start, [], []
    for layer, columns in enumerate(picture.columns):
        wide = labels.wide(layer)
        gaps.append(x + wide / 2)
        firsts.append(x + wide)
        x += wide + (columns - 1) * apart + (14 if any(labels.bars) else 0)
    wide = labels.wide(len(picture.columns)) if picture.columns or labels.values else 40.0
    gaps.append(x + wide / 2)
    end = x + wide
    bars = tuple(firsts[bar.layer] + bar.column * apart for bar in picture.bars)
    return Places(bars, tuple(gaps), start, end, end + 8 + max((label.width for label in labels.right if label), default=0))


def _kind(bar: Bar) -> str:
    if bar.mark:
        return bar.mark
    return "not needed" if not bar.is_needed else "compares" if not bar.given else "change places" if bar.swaps else "in order"


def _bar(bar: Bar, x: float) -> tuple[Shape, ...]:
    """One comparator."""
    look, top, bottom = LOOKS[_kind(bar)], bar.top * WIRE, bar.bottom * WIRE
    return Shape("line", x, top, 0, bottom - top, look), *_ends(look, (x, top), (x, bottom))


def _ends(look: Look, *at: Point) -> list[Shape]:
    return [Shape("dot", x, y, 0, 0, look) for x, y in at] if look.fill else []


def _frame(wire: int, at: Places, labels: _Labels) -> Shape:
    """The frame around a number that is out of order."""
    wide = labels.values[-1][wire].width + 8
    return Shape("frame", at.gaps[-1] - wide / 2, wire * WIRE - 18, wide, 16, LOOKS["out of order"])


def _legend(picture: Wires, y: float) -> tuple[list[Shape], list[Put], float]:
    """What the looks mean, for those that are there and need a word: shapes, labels, and how wide they are together."""
    kinds = {_kind(bar) for bar in picture.bars} - {"compares"} | ({"out of order"} if picture.misplaced else set())
    shapes: list[Shape] = []
    put, x = [], 0.0
    for word, look in LOOKS.items():
        if word in kinds:
            label = typeset(rf"\text{{{word}}}", NUMBER)
            line = [Shape("line", x + DOT, y, 24, 0, look), *_ends(look, (x + DOT, y), (x + DOT + 24, y))]
            shapes += [Shape("frame", x + 8, y - 8, 20, 16, look)] if word == "out of order" else line
            put.append(Put(label, (x + 40, y + 4), "ink"))
            x += 40 + label.width + 24
    return shapes, put, max(x - 24, 0.0)
