"""A picture, and its formats: one row per format.

To add a format: a function from a picture to bytes, and a row in FORMATS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..base.errors import OutputError, did_you_mean
from ..base.files import write_whole
from ..base.limits import DRAWING_SECONDS
from .view_options import Options

if TYPE_CHECKING:  # kept pictures are written without NumPy, which graphs need
    from ..graph.nodes import Graph
    from ..sorting import Network
    from .diagrams import Diagram
    from .notebook_output import Bundle
    from .page_widths import Page
    from .wire_diagrams import Wires

Theme = Literal["auto", "light", "dark", "print"]
FEW = 10  # boxes kept at either end of a picture that was too much for the engine


@dataclass(frozen=True)
class Format:
    """One row: what a format is called, its file name ending, and the function that makes it."""

    name: str
    suffix: str
    mime: str
    make: Callable[[Picture], bytes]
    about: str


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture of a graph: `.save("x.svg")`, `.to("dot")`; shows itself in Jupyter."""

    graph: Graph | Network
    diagram: Diagram | Wires
    theme: Theme = "auto"
    seconds: float = DRAWING_SECONDS  # of one core; what would take longer is drawn collapsed
    page: Page | None = None
    options: Options | None = None  # of a graph's boxes: what one page of it shows
    live: bool = False  # a notebook shows that page, in a frame

    @property
    def note(self) -> str:
        """What there is, counted."""
        return self.diagram.note

    @cached_property
    def svg(self) -> str:
        """The picture as SVG; where that would take too long, a shortened picture instead of a hang."""
        if self.diagram.kind == "wires":
            from .wire_svg import knuth_svg

            return knuth_svg(self.diagram, self.theme, self.seconds)
        from .engine import LayoutTimeout
        from .graph_diagrams import ENDS, shortened
        from .page_widths import ANY
        from .sizes import seconds_of
        from .svg_output import svg

        drawn, ends, page = self.diagram, ENDS, self.page or ANY
        while ends and seconds_of(drawn) > self.seconds:
            drawn, ends = shortened(self.diagram, ends), ends // 2
        try:
            return svg(drawn, self.theme, page, self.seconds)
        except LayoutTimeout:
            return svg(shortened(drawn, FEW), self.theme, page, self.seconds / 3)

    def to(self, format: str) -> bytes:
        """The picture in a format. Raises OutputError for one that is not known, EngineError without a layout engine."""
        return format_row(format).make(self)

    def save(self, path: str | Path, format: str = "") -> Path:
        """Write the picture; the format is that of the file's ending unless given. The file is written whole or not at all."""
        path = Path(path)
        data = self.to(format or suffix_format(path))
        write_whole(path, data)
        return path

    def __str__(self) -> str:
        return self.to("text").decode()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        if self.live:
            from .html_output import frame_html
            from .page_widths import ANY

            return frame_html(*alone(self), self.page or ANY)
        from .notebook_output import framed

        return framed(self.svg)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Bundle:
        from .notebook_output import bundled

        return bundled(self._repr_html_(), str(self), self.svg, self.page.scale if self.page else 1.0)


def _svg(picture: Picture) -> bytes:
    return picture.svg.encode()


def _png(picture: Picture) -> bytes:
    from .png_output import png

    drawn = replace(picture, theme="light" if picture.theme == "auto" else picture.theme).svg
    return png(drawn, 2.0 * (picture.page.scale if picture.page else 1))


def _dot(picture: Picture) -> bytes:
    if picture.diagram.kind == "wires":
        from .wire_diagrams import wires_dot

        return wires_dot(picture.diagram).encode()
    from .dot_output import dot

    return dot(picture.diagram, "TB" if picture.page and picture.page.direction == "down" else "LR").encode()


def _text(picture: Picture) -> bytes:
    if picture.diagram.kind == "wires":
        from .wire_diagrams import wires_text

        return wires_text(picture.diagram).encode()
    from .text_output import picture_text

    return picture_text(picture.diagram).encode()


def _html(picture: Picture) -> bytes:
    from .html_output import page_html
    from .page_widths import ANY

    return page_html(*alone(picture), picture.page or ANY).encode()


def alone(picture: Picture) -> tuple[Graph, Options]:
    """The graph of a picture that can be a page of its own. Raises OutputError for others."""
    if picture.options is None or hasattr(picture.graph, "comparators"):
        raise OutputError("a live page shows a graph as boxes of equations, not neurons, wires, a plan or what differs; draw these as svg")
    return picture.graph, picture.options


FORMATS = {
    row.name: row
    for row in (
        Format("svg", ".svg", "image/svg+xml", _svg, "typeset, follows light and dark, for pages"),
        Format("png", ".png", "image/png", _png, "the same as pixels, for slides"),
        Format("dot", ".dot", "text/vnd.graphviz", _dot, "for any Graphviz, with text labels"),
        Format("text", ".txt", "text/plain", _text, "for a terminal"),
        Format("html", ".html", "text/html", _html, "one page with everything inside, whose numbers and equations can be changed"),
    )
}


def format_row(name: str) -> Format:
    if name not in FORMATS:
        raise OutputError(f"unknown format {name!r}{did_you_mean(name, FORMATS)}; the formats are {', '.join(FORMATS)}")
    return FORMATS[name]


def suffix_format(path: Path) -> str:
    """The format of a file name. Raises OutputError for an unknown ending."""
    for row in FORMATS.values():
        if path.suffix.lower() == row.suffix:
            return row.name
    endings = ", ".join(row.suffix for row in FORMATS.values())
    raise OutputError(f"{path}: cannot tell the format from the ending {path.suffix!r}; use one of {endings}, or say which format")
