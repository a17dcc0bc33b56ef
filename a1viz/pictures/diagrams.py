"""The picture before it is laid out: boxes with lines of maths, edges with shapes, clusters for blocks.

Everything a picture format needs is here, in words, in plain text and in LaTeX; nothing here knows Graphviz or SVG.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from ..base.columns import counted


@dataclass(frozen=True)
class Line:
    """One typeset line of a box. `kind` is equation, input, gradient, value, mark or dropped and decides its colours."""

    latex: str
    text: str  # the same in the equation language, for DOT and terminals
    words: str  # the same in words, for those who cannot see it
    kind: str = "equation"


@dataclass(frozen=True)
class Box:
    """One box; `kind` is input, parameter, variable, output, gradient, block or dropped."""

    name: str
    lines: tuple[Line, ...]
    kind: str = "variable"
    cluster: str = ""  # the innermost cluster's name
    tip: str = ""  # a human tooltip


@dataclass(frozen=True)
class Edge:
    """An arrow from box `tail` to box `head`; `kind` is forward, backward or in place (a buffer is handed over); the label is a shape.

    `output` says which of several outputs of its tail it carries, counted from the top.
    """

    tail: str
    head: str
    label: str = ""  # LaTeX
    text: str = ""
    words: str = ""
    kind: str = "forward"
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
    in_columns: bool = field(default=False, repr=False)  # layers of units: in columns, if every arrow leads to the next one

    @property
    def note(self) -> str:
        """What there is, counted."""
        return f"{counted(len(self.boxes), 'boxes')}, {counted(len(self.edges), 'arrows')}"
