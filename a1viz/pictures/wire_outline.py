"""A comparator network too large to be drawn whole, collapsed: what comes in, one box, what comes out; of many wires the first and last."""

from __future__ import annotations

import math

from .looks import RADIUS
from .sizes import MARGIN
from .typesetting import Label, typeset
from .wire_diagrams import Wires
from .wire_layout import PLAIN, Put, Shape, WireLayout, lay_out_wires

ENDS = 20  # wires that are kept at either end
NAME, TEXT = 15, 13  # font sizes
WIRE, STUB, PAD = 26, 40, 24  # from wire to wire; of a wire beside the box; in the box


def seconds_of(picture: Wires) -> float:
    """About how long it takes to draw a network whole, on one core."""
    if picture.counted:
        return math.inf
    return len(picture.bars) * (200e-6 + 400e-6 * bool(picture.values)) + picture.n * 500e-6


def laid_out(picture: Wires, seconds: float = math.inf) -> WireLayout:
    """Place a network; collapsed, where to draw it whole would take more than `seconds`."""
    is_much = picture.counted is not None or seconds_of(picture) > seconds
    return outline(picture) if is_much else lay_out_wires(picture)


def outline(picture: Wires) -> WireLayout:
    """Place a network collapsed."""
    kept = range(picture.n) if picture.n <= 2 * ENDS + 1 else [*range(ENDS), None, *range(picture.n - ENDS, picture.n)]
    left, right = ([_label(picture, wire, letter, row) for wire in kept] for letter, row in (("x", 0), ("y", -1)))
    notes = [typeset(rf"\text{{{note}}}", TEXT) for note in (picture.note, "too many to be drawn")]
    start = max(label.width for label in left) + 8
    wide, high = max(note.width for note in notes) + 2 * PAD, max(len(kept) - 1, 1) * WIRE + WIRE
    box, end = start + STUB, start + 2 * STUB + wide
    wires = [Shape("line", start, k * WIRE, end - start, 0, PLAIN) for k, wire in enumerate(kept) if wire is not None]
    frame = Shape("frame", box, -WIRE / 2, wide, high, PLAIN, RADIUS)
    put = [Put(label, (start - 8 - label.width, k * WIRE + 5), "ink") for k, label in enumerate(left)]
    put += [Put(label, (end + 8, k * WIRE + 5), "ink") for k, label in enumerate(right)]
    put += [Put(note, (box + (wide - note.width) / 2, (high - WIRE) / 2 + 20 * k - 4), "muted") for k, note in enumerate(notes)]
    width, height = end + 8 + max(label.width for label in right) + 2 * MARGIN, high + 2 * MARGIN
    words = f"{picture.about} {picture.note}, too many to be drawn.".strip()
    return WireLayout(width, height, MARGIN + WIRE / 2, words, tuple(wires), (), (frame,), tuple(put))


def _label(picture: Wires, wire: int | None, letter: str, row: int) -> Label:
    """The name of a wire at one end, and the number on it; dots for those that are left out."""
    if wire is None:
        return typeset(r"\vdots", NAME)
    if letter == "y" and wire not in picture.outputs:
        return typeset(r"\ ", NAME)
    text = picture.latex(picture.values[row][wire]) if picture.values else ""
    number = f" {text}" if text.startswith(r"\approx") else f" = {text}" if text else ""
    return typeset(f"{letter}_{{{wire + 1}}}{number}", NAME)
