"""The picture before it is laid out: boxes with lines of maths, edges with shapes, clusters for blocks.

Everything a picture format needs is here, in words, in plain text and in LaTeX; nothing here knows Graphviz or SVG.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from ..base.columns import counted


@dataclass(frozen=True)
class Slot:
    """A place for the numbers of one array in a live picture, which a script keeps up to date; large arrays are heat maps.

    `kind` is value or bar (the cotangent); `name` is the variable's, for both.
    """

    name: str
    kind: str
    latex: str  # what stands before the numbers
    rows: int
    columns: int
    numbers: tuple[float, ...]  # row after row
    is_heat_map: bool = False
    is_list: bool = False  # in brackets
    first: int = 0  # the entry of the variable that its numbers begin with


@dataclass(frozen=True)
class Line:
    """One typeset line of a box. `kind` is equation, input, gradient, value, mark, dropped, removed or added: its colours."""

    latex: str
    text: str  # the same in the equation language, for DOT and terminals
    words: str  # the same in words, for those who cannot see it
    kind: str = "equation"
    slots: tuple[Slot, ...] = field(default=(), repr=False)  # of a live picture; then they are drawn, not the LaTeX


@dataclass(frozen=True)
class Box:
    """One box; `kind` is input, parameter, variable, output, gradient, block, dropped, removed, added or changed."""

    name: str
    lines: tuple[Line, ...]
    kind: str = "variable"
    cluster: str = ""  # the innermost cluster's name
    tip: str = ""  # a human tooltip
    column: int = field(default=-1, repr=False)  # of a picture in columns: which


@dataclass(frozen=True)
class Edge:
    """An arrow from box `tail` to box `head`; the label is a shape, or a weight.

    `kind` is forward, backward, in place (a buffer is handed over), bundle (weights of units that are not drawn), removed or added.
    `output` says which of several outputs of its tail it carries, counted from the top.
    """

    tail: str
    head: str
    label: str = ""  # LaTeX, of a shape
    text: str = ""
    words: str = ""
    kind: str = "forward"
    weight: float | None = field(default=None, repr=False)  # of an arrow between two units: its sign and width
    output: int | None = None


@dataclass(frozen=True)
class Cluster:
    """A frame around the boxes of one block; `parent` is the enclosing cluster or nothing."""

    name: str
    latex: str
    words: str
    parent: str = ""


@dataclass(frozen=True)
class Diagram:
    """A whole picture: `name` prefixes ids, `title` and `about` are read aloud."""

    kind: ClassVar[Literal["boxes"]] = "boxes"

    name: str
    title: str
    about: str
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    clusters: tuple[Cluster, ...] = ()
    notes: tuple[str, ...] = field(default=())  # what the picture leaves out, in words
    in_columns: bool = field(default=False, repr=False)  # layers of units: each box says in which column it stands
    headings: tuple[tuple[Line, ...], ...] = field(default=(), repr=False)  # what stands above each column
    is_live: bool = field(default=False, repr=False)  # boxes and arrows say what they stand for, to a script

    @property
    def note(self) -> str:
        """What there is, counted."""
        return f"{counted(len(self.boxes), 'boxes')}, {counted(len(self.edges), 'arrows')}"
