"""Comparator networks as Knuth draws them, as SVG: horizontal wires, a vertical bar a comparator, layers from left to right.

A comparator that swaps is thick with filled ends, one that is not needed dashed and without ends: never told by colour alone.
Serves questions 3.2 and 3.3.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from ..base.cache import digest
from .escaping import escape
from .sizes import MARGIN
from .strokes import n
from .svg_output import Frame, document, draw_label, glyphs_of
from .themes import colour
from .typesetting import typeset
from .wire_diagrams import Bar, Wires, shown_number
from .wire_outline import Put, outline_svg, seconds_of

NAME, NUMBER, SMALL = 15, 12, 10  # font sizes: of wires, of numbers, of comparators and layers
WIRE = 34  # from wire to wire
COLUMN, NAMED = 14, 26  # from column to column of one layer; with names
MANY = 40  # comparators; more have no names
STOPS = 120  # comparators that the keyboard reaches one by one; more are only in the description
LEGEND = 22  # a row of the legend
DOT = 4.2
ALSO = 30  # below the wires: the numbers of the layers


@dataclass(frozen=True)
class Places:
    """Where everything is: the x of each layer's columns, of the numbers around them, and the ends of the wires."""

    bars: tuple[float, ...]
    gaps: tuple[float, ...]  # the middle of each place for numbers: before the first layer and after each
    start: float
    end: float
    width: float


def knuth_svg(picture: Wires, theme: str = "auto", seconds: float = math.inf, scale: float = 1.0) -> str:
    """Draw a network; collapsed, where to draw it whole would take more than `seconds`."""
    name = _id(picture, theme)
    if picture.counted or seconds_of(picture) > seconds:
        return outline_svg(picture, name, theme, scale)
    labels = _Labels(picture)
    at = places(picture, labels)
    bottom = max(picture.n - 1, 0) * WIRE + WIRE
    parts = [_wire(wire, at, picture, theme) for wire in range(picture.n)]
    look = looks(theme)
    bars = zip(picture.bars, at.bars, strict=True)
    parts += [_bar(bar, x, look[_kind(bar)], f"{name}-b{k}", k < STOPS) for k, (bar, x) in enumerate(bars)]
    parts += [_frame(wire, at, labels, look["out of order"]) for wire in picture.misplaced]
    shapes, words, wide = _legend(picture, bottom + ALSO, theme)
    put = [*labels.placed(picture, at, theme), *words]
    if picture.how:
        put.append((label := typeset(rf"\text{{{picture.how}}}", SMALL), (0, bottom + ALSO + LEGEND), colour("muted", theme)))
        wide = max(wide, label.width)
    parts += [*shapes, *(draw_label(label, spot, name, ink) for label, spot, ink in put)]
    rows = bool(words) + bool(picture.how)
    width, height = max(at.width, wide) + 2 * MARGIN, bottom + ALSO + rows * LEGEND + MARGIN + 6 * bool(words)
    outlines = glyphs_of([label for label, _, _ in put], name)
    frame = Frame((width, height), (MARGIN, MARGIN + WIRE / 2), scale)
    return document(name, (picture.title, picture.words), theme, outlines, frame, parts)


def _id(picture: Wires, theme: str) -> str:
    stem = re.sub(r"[^A-Za-z0-9]+", "-", picture.name)[:24].strip("-")
    return f"a1-{stem}-{digest(repr(picture) + theme, 4)}"


class _Labels:
    """The typeset labels of a picture; lives as long as it is drawn."""

    def __init__(self, picture: Wires) -> None:
        outputs = set(picture.outputs)
        self.left = [typeset(f"x_{{{k + 1}}}", NAME) for k in range(picture.n)]
        self.right = [typeset(f"y_{{{k + 1}}}", NAME) if k in outputs else None for k in range(picture.n)]
        self.values = [[typeset(shown_number(v), NUMBER) for v in row] for row in picture.values]
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

    def placed(self, picture: Wires, at: Places, theme: str) -> list[Put]:
        """Each label, where its baseline starts, and its colour."""
        ink, muted, value = colour("ink", theme), colour("muted", theme), colour("value-ink", theme)
        found: list[Put] = [(label, (at.start - 8 - label.width, k * WIRE + 5), ink) for k, label in enumerate(self.left)]
        found += [(label, (at.end + 8, k * WIRE + 5), ink) for k, label in enumerate(self.right) if label]
        all_wires = set(range(picture.n))
        layers: list[list[tuple[Bar, float]]] = [[] for _ in picture.columns]
        for bar, x in zip(picture.bars, at.bars, strict=True):
            layers[bar.layer].append((bar, x))
        inner = [{w for bar, _ in layer for w in (bar.top, bar.bottom)} for layer in layers[: max(len(at.gaps) - 2, 0)]]
        touched = [all_wires, *inner, all_wires]
        for row, (labels, x) in enumerate(zip(self.values, at.gaps, strict=False)):
            wrong = picture.misplaced if row == len(self.values) - 1 else ()
            found += [(label, (x - label.width / 2, wire * WIRE - 5), colour("gradient-ink", theme) if wire in wrong else value)
                      for wire, label in enumerate(labels) if wire in touched[row]]  # fmt: skip
        bars = zip(self.bars, picture.bars, at.bars, strict=True)
        found += [(label, (x + 5, bar.top * WIRE + 17), muted) for label, bar, x in bars if label]
        below = (picture.n - 1) * WIRE + 30
        if self.layers:
            found.append((self.layer, (at.start - 8 - self.layer.width, below), muted))
        for k, label in enumerate(self.layers):
            xs = [x for _, x in layers[k]]
            found.append((label, ((min(xs) + max(xs)) / 2 - label.width / 2, below), muted))
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


def _wire(wire: int, at: Places, picture: Wires, theme: str) -> str:
    y = wire * WIRE
    return f'<path d="M{n(at.start)} {n(y)}H{n(at.end)}" stroke="{colour("block-frame", theme)}" stroke-width="1.2"/>'


@dataclass(frozen=True)
class Look:
    """How a comparator is drawn."""

    ink: str
    width: float
    dash: str = ""
    fill: str = ""  # of its ends; without one it has none

    @property
    def stroke(self) -> str:
        return f'stroke="{self.ink}" stroke-width="{self.width}"' + (f' stroke-dasharray="{self.dash}"' if self.dash else "")


def looks(theme: str) -> dict[str, Look]:
    """Every look, by the word that the legend has for it."""
    forward, backward = colour("forward", theme), colour("backward", theme)
    return {
        "compares": Look(forward, 1.5, fill=forward),
        "change places": Look(backward, 3.2, fill=backward),
        "in order": Look(forward, 1.5, fill=colour("paper", theme)),
        "only in A": Look(colour("muted", theme), 1.5, dash="4 3", fill=colour("paper", theme)),
        "only in B": Look(colour("mark-ink", theme), 3.2, fill=colour("mark-ink", theme)),
        "not needed": Look(colour("block-frame", theme), 1.1, dash="2 4"),
        "out of order": Look(backward, 1.5, fill=colour("gradient-fill", theme)),
    }


def _kind(bar: Bar) -> str:
    if bar.mark:
        return bar.mark
    return "not needed" if not bar.is_needed else "compares" if not bar.given else "change places" if bar.swaps else "in order"


def _bar(bar: Bar, x: float, look: Look, identity: str, is_stop: bool) -> str:
    """One comparator."""
    top, bottom = bar.top * WIRE, bar.bottom * WIRE
    shapes = f'<path d="M{n(x)} {n(top)}V{n(bottom)}" {look.stroke}/>' + _end(x, top, look) + _end(x, bottom, look)
    stop = f' tabindex="0" role="img" aria-label="{escape(bar.words)}"' if is_stop else ""
    return f'<g id="{identity}"{stop}><title>{escape(bar.words)}</title>{shapes}</g>'


def _frame(wire: int, at: Places, labels: _Labels, look: Look) -> str:
    """The frame around a number that is out of order."""
    wide = labels.values[-1][wire].width + 8
    return _rect(at.gaps[-1] - wide / 2, wire * WIRE - 18, wide, 16, look)


def _rect(x: float, y: float, wide: float, high: float, look: Look) -> str:
    return f'<rect x="{n(x)}" y="{n(y)}" width="{n(wide)}" height="{n(high)}" rx="3" fill="{look.fill}" {look.stroke}/>'


def _end(x: float, y: float, look: Look) -> str:
    if not look.fill:
        return ""
    return f'<circle cx="{n(x)}" cy="{n(y)}" r="{DOT}" fill="{look.fill}" stroke="{look.ink}" stroke-width="1.5"/>'


def _legend(picture: Wires, y: float, theme: str) -> tuple[list[str], list[Put], float]:
    """What the looks mean, for those that are there and need a word: shapes, labels, and how wide they are together."""
    kinds = {_kind(bar) for bar in picture.bars} - {"compares"} | ({"out of order"} if picture.misplaced else set())
    shapes, put, x = [], [], 0.0
    for word, look in looks(theme).items():
        if word in kinds:
            label = typeset(rf"\text{{{word}}}", NUMBER)
            line = f'<path d="M{n(x + DOT)} {n(y)}h24" {look.stroke}/>' + _end(x + DOT, y, look) + _end(x + DOT + 24, y, look)
            shapes.append(_rect(x + 8, y - 8, 20, 16, look) if word == "out of order" else line)
            put.append((label, (x + 40, y + 4), colour("ink", theme)))
            x += 40 + label.width + 24
    return shapes, put, max(x - 24, 0.0)
