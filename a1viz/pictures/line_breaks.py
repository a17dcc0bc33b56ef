r"""A formula too wide for its place, set in several lines: broken before a sign or after a comma, the outermost first.

Where each sign stands is read off the formula as it was typeset in one line, so that trying another width costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate

from .diagrams import Diagram
from .sizes import MIN_WIDTH, PAD_X, Band, Sizes
from .typesetting import LONGEST, UNITS, Label, typeset

TOKEN = re.compile(r"\\left\s*(?:\\[a-zA-Z]+|\\.|.)|\\right\s*(?:\\[a-zA-Z]+|\\.|.)|\\(?:begin|end)\{\w+\}|\\[a-zA-Z]+|\\.|\s+|.", re.S)
SUMS, PRODUCTS = ("+", "-"), (r"\circ", r"\cdot", r"\odot", r"\times")
SIGNS = (*SUMS, *PRODUCTS, "=", ",")
OPENING = ("(", "[", "<", ">", r"\in", r"\leq", r"\geq", *SIGNS)  # what a sign that joins two things does not follow
INDENT, EM = r"\quad ", 1.5  # of what follows the first line; how much of the font size that is, with the space after its sign
COMMA = 0.4  # how wide a comma is with the space after it, of the font size
LEAD = 0.3  # of the width: a left side that is wider has the next lines begin below it
EARLY = 0.45  # of the room in a line that may be left empty to break at a better place


@dataclass(frozen=True)
class Portion:
    r"""What stands between two places where a formula may break: where it begins, and how bad it is to break there."""

    latex: str
    rank: int  # twice the depth in brackets, one more for a product
    opened: int  # how many \left are open there
    left: float = 0.0


@dataclass(frozen=True)
class Broken:
    """A formula in lines, about how wide they are, and how many."""

    latex: str
    width: float
    lines: int


def fitted(diagram: Diagram, sizes: Sizes, width: float) -> tuple[Diagram, Sizes]:
    """The diagram with every formula that is wider than a box of so many pixels in several lines, and about how large its boxes are."""
    room, boxes, found = width - 2 * PAD_X, list(diagram.boxes), list(sizes.boxes)
    for k, (box, bands) in enumerate(zip(diagram.boxes, sizes.bands, strict=True)):
        if sizes.boxes[k][0] <= max(width, MIN_WIDTH):
            continue
        lines = [broken(band, room) for band in bands]
        boxes[k] = replace(box, lines=tuple(replace(band.line, latex=line.latex) for band, line in zip(bands, lines, strict=True)))
        height = sum(band.height * line.lines for band, line in zip(bands, lines, strict=True))
        found[k] = max(line.width for line in lines) + 2 * PAD_X, height
    return replace(diagram, boxes=tuple(boxes)), replace(sizes, boxes=tuple(found))


def broken(band: Band, room: float) -> Broken:
    """A formula in as many lines as it needs, aligned at its equals sign; as it is where it cannot be broken, or need not be."""
    latex, label = band.line.latex, band.label
    whole = Broken(latex, label.width, 1)
    if label.width <= room or band.slots or len(latex) > LONGEST or r"\begin{aligned}" in latex:
        return whole
    pieces = parts(latex, label)
    equals = next((k for k, part in enumerate(pieces) if part.latex.startswith("=") and not part.rank), 0)
    lead = "".join(part.latex for part in pieces[:equals])
    indent = pieces[equals].left
    is_below = indent > LEAD * room
    start = 0.0 if is_below else indent
    lines = filled(pieces[equals:], [*(part.left for part in pieces[equals:]), label.width], start, room - start, EM * label.size)
    if len(lines) == 1:
        return whole
    first, *others = [line for line, _ in lines]
    head = f"&{lead}{first}" if is_below else f"{lead}&{first}"
    text = r"\begin{aligned}" + r" \\ ".join([head, *(f"&{INDENT}{line}" for line in others)]) + r"\end{aligned}"
    return Broken(text, start + max(wide for _, wide in lines), len(lines))


def filled(pieces: Sequence[Portion], at: Sequence[float], start: float, room: float, indent: float) -> list[tuple[str, float]]:
    """The parts in lines with their widths, each as full as it may be and broken at the best place near its end.

    `at` holds where each part begins, and the end; the first line begins at `start`, the others an `indent` further to the right.
    """
    lines: list[tuple[str, float]] = []
    first = 0
    while first < len(pieces):
        begin = at[first] - indent if lines else start
        last = max((k for k in range(first + 1, len(at)) if at[k] - begin <= room), default=first + 1)
        if last < len(pieces):
            ends = [k for k in range(first + 1, last + 1) if at[k] - begin >= EARLY * (at[last] - begin)]
            last = min(ends, key=lambda k: (pieces[k].rank, -k))
        opening, closing = pieces[first].opened, pieces[last].opened if last < len(pieces) else 0
        text = "".join(part.latex for part in pieces[first:last]).strip()
        lines.append((r"\left." * opening + text + r"\right." * closing, at[last] - begin))
        first = last
    return lines


def parts(latex: str, label: Label) -> list[Portion]:
    """A formula between the places where it may break: before its signs, outside braces and tables."""
    places = sign_places(latex, label)
    found, now = [], Portion("", 0, 0)
    depth, inside, opened, before, count = 0, 0, 0, "", 0
    for token in TOKEN.findall(latex):
        if token in SIGNS:
            is_joining = bool(before) and before not in OPENING and not before.startswith(r"\left")
            if is_joining and not depth and now.latex.strip() and token != "," and not (token == "=" and inside):
                found.append(now)
                now = Portion("", 2 * inside + (token in PRODUCTS), opened, places[count])
            count += 1
        now = replace(now, latex=now.latex + token)
        if token == "," and not depth:
            found.append(now)
            now = Portion("", 2 * inside + 1, opened, places[count - 1] + COMMA * label.size)
        depth += (token == "{" or token.startswith(r"\begin")) - (token == "}" or token.startswith(r"\end"))
        if not depth:
            turn = token.startswith(r"\left") - token.startswith(r"\right")
            opened, inside = max(opened + turn, 0), inside + turn + (token in ("(", "[")) - (token in (")", "]"))
        before = token if token.strip() else before
    return [*found, now] if now.latex.strip() else found


# Where signs stand


def sign_places(latex: str, label: Label) -> list[float]:
    """How far from the left each sign of a formula stands, in the order of its text: read off its glyphs, else guessed from the text."""
    tokens = TOKEN.findall(latex)
    seen = {sign: [mark.x * label.size / UNITS for mark in label.marks if mark.name == glyph(sign)] for sign in {*tokens} & {*SIGNS}}
    visible = [0]
    for token in tokens:
        visible.append(visible[-1] + bool(token.strip("{}^_ ")))
    counts = {sign: tokens.count(sign) for sign in seen}
    found, used = [], dict.fromkeys(seen, 0)
    for k, token in enumerate(tokens):
        if token in seen:
            is_sure = len(seen[token]) == counts[token]
            found.append(seen[token][used[token]] if is_sure else label.width * visible[k] / max(visible[-1], 1))
            used[token] += 1
    return list(accumulate(found, max))


@lru_cache(maxsize=len(SIGNS))
def glyph(sign: str) -> str:
    """The name of a sign's outline between two things."""
    return typeset(f"a{sign} b").marks[1].name
