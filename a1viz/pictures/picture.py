"""A picture, and its formats: one row per format.

To add a format: a function from a picture to bytes, and a row in FORMATS.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..base.columns import text_table
from ..base.errors import OutputError, did_you_mean
from ..base.files import path_of, write_whole
from ..base.limits import DRAWING_SECONDS
from ..base.results import shown_text
from .view_options import Options

if TYPE_CHECKING:  # kept pictures are written without NumPy, which graphs need
    from ..graph.nodes import Graph
    from ..sorting import Network
    from .diagrams import Diagram
    from .notebook_output import Bundle
    from .page_widths import Laid, Page
    from .wire_diagrams import Wires

Theme = Literal["auto", "light", "dark", "print"]
Kind = Literal["graph", "plan", "comparison", "neurons", "wires", "plot"]
FEW = 10  # boxes kept at either end of a picture that was too much for the engine
KINDS: dict[Kind, str] = {  # what is drawn, in words
    "graph": "graphs as boxes of equations",
    "plan": "plans",
    "comparison": "what differs between two graphs",
    "neurons": "neurons",
    "wires": "wires",
    "plot": "plots",
}
ALL: tuple[Kind, ...] = tuple(KINDS)
PICTURES: tuple[Kind, ...] = ALL[:-1]
BOXES: tuple[Kind, ...] = ALL[:3]


@dataclass(frozen=True)
class Format:
    """One row: what a format is called, its file name ending, what it can show, and the function that makes it."""

    name: str
    suffix: str
    mime: str
    kinds: tuple[Kind, ...]
    make: Callable[[Picture], bytes]
    about: str

    def check(self, kind: Kind) -> None:
        """Raise OutputError, with the formats that would do, where this one is not for such a picture."""
        if kind not in self.kinds:
            others = listed([row.name for row in FORMATS.values() if kind in row.kinds], "or")
            raise OutputError(
                f"{self.name} is for {listed([KINDS[k] for k in self.kinds], 'and')}, not for {KINDS[kind]}; these can be {others}"
            )


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture of a graph: `.save("x.svg")`, `.to("dot")`; shows itself in Jupyter."""

    graph: Graph | Network
    diagram: Diagram | Wires
    kind: Kind = "graph"
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

            return knuth_svg(self.diagram, self.theme, self.seconds, self.scale)
        from .svg_output import draw

        laid = self.laid
        return draw(laid.diagram, laid.sizes, laid.plan, self.theme, scale=self.scale)

    @cached_property
    def laid(self) -> Laid:
        """A picture of boxes, laid out; where that would take too long, a shortened one."""
        from .engine import LayoutTimeout
        from .graph_diagrams import ENDS, shortened
        from .page_widths import ANY, lay_out
        from .sizes import seconds_of

        assert self.diagram.kind == "boxes", "wires have places of their own"
        drawn, ends, page = self.diagram, ENDS, self.page or ANY
        while ends and seconds_of(drawn) > self.seconds:
            drawn, ends = shortened(self.diagram, ends), ends // 2
        try:
            return lay_out(drawn, page, self.seconds)
        except LayoutTimeout:
            return lay_out(shortened(drawn, FEW), page, self.seconds / 3)

    @property
    def scale(self) -> float:
        """How many times as large as usual it is drawn."""
        return self.page.scale if self.page else 1.0

    @property
    def plain(self) -> str:
        """The picture as SVG in plain colours, for formats that know no page around it: the light ones, unless a theme is given."""
        return replace(self, theme="light" if self.theme == "auto" else self.theme).svg

    def to(self, format: str) -> bytes:
        """The picture in a format. Raises OutputError for one that is unknown or not for such a picture, EngineError without an engine."""
        row = format_row(format)
        row.check(self.kind)
        return row.make(self)

    def save(self, path: str | Path, format: str = "") -> Path:
        """Write the picture; the format is that of the file's ending unless given. The file is written whole or not at all."""
        path = path_of(path)
        data = self.to(format or suffix_format(path))
        write_whole(path, data)
        return path

    def __str__(self) -> str:
        return self.to("text").decode()

    def __repr__(self) -> str:
        return shown_text(str(self))

    def _repr_html_(self) -> str:
        if self.live:
            from .html_output import frame_html

            return frame_html(*page_of(self))
        from .notebook_output import framed

        return framed(self.svg)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Bundle:
        from .notebook_output import bundled

        return bundled(self._repr_html_(), repr(self), self.svg, self.scale)


def _svg(picture: Picture) -> bytes:
    return picture.svg.encode()


def _png(picture: Picture) -> bytes:
    from .png_output import png

    return png(picture.plain, picture.scale)


def _pdf(picture: Picture) -> bytes:
    from .pdf_output import pdf

    return pdf(picture.plain, picture.scale)


def _dot(picture: Picture) -> bytes:
    if picture.diagram.kind == "wires":
        from .wire_diagrams import wires_dot

        return wires_dot(picture.diagram).encode()
    from .dot_output import dot

    return dot(picture.diagram, _direction(picture)).encode()


def _direction(picture: Picture) -> str:
    return "TB" if picture.page and picture.page.direction == "down" else "LR"


def _tikz(picture: Picture) -> bytes:
    from .tikz_words import standing_alone

    drawn, (width, height) = _drawn_in_tex(picture)
    return standing_alone(drawn, width, height).encode()


def _tikz_snippet(picture: Picture) -> bytes:
    return _drawn_in_tex(picture)[0].encode()


def _drawn_in_tex(picture: Picture) -> tuple[str, tuple[float, float]]:
    """A tikzpicture, and how large it is in pixels."""
    from .tikz_words import scaled

    if picture.diagram.kind == "wires":
        from .wire_tikz import wires_tikz

        drawn, (width, height) = wires_tikz(picture.diagram, picture.theme, picture.seconds)
    else:
        from .tikz_output import tikz

        drawn, (width, height) = tikz(picture.laid, picture.theme)
    return scaled(drawn, picture.scale), (width * picture.scale, height * picture.scale)


def _mermaid(picture: Picture) -> bytes:
    from .mermaid_output import mermaid

    assert picture.diagram.kind == "boxes", "its row is not for wires"
    return mermaid(picture.diagram, _direction(picture), picture.theme).encode()


def _text(picture: Picture) -> bytes:
    if picture.diagram.kind == "wires":
        from .wire_diagrams import wires_text

        return wires_text(picture.diagram).encode()
    from .text_output import picture_text

    return picture_text(picture.diagram).encode()


def _html(picture: Picture) -> bytes:
    from .html_output import page_html

    return page_html(*page_of(picture)).encode()


def page_of(picture: Picture) -> tuple[Graph, Options, Page]:
    """What a live page shows: the graph of a picture of boxes, what it is drawn with, and for which page."""
    from .page_widths import ANY

    assert picture.options is not None and not hasattr(picture.graph, "comparators")
    return picture.graph, picture.options, picture.page or ANY


FORMATS = {
    row.name: row
    for row in (
        Format("svg", ".svg", "image/svg+xml", ALL, _svg, "for pages"),
        Format("png", ".png", "image/png", ALL, _png, "for slides"),
        Format("pdf", ".pdf", "application/pdf", ALL, _pdf, "for papers"),
        Format("dot", ".dot", "text/vnd.graphviz", PICTURES, _dot, "for Graphviz"),
        Format("tikz", ".tex", "application/x-tex", PICTURES, _tikz, "LaTeX to edit"),
        Format("tikz-snippet", ".tikz", "application/x-tex", PICTURES, _tikz_snippet, r"LaTeX to \input"),
        Format("mermaid", ".mmd", "text/vnd.mermaid", BOXES, _mermaid, "for Markdown"),
        Format("text", ".txt", "text/plain", PICTURES, _text, "for a terminal"),
        Format("html", ".html", "text/html", ("graph",), _html, "a live page"),
    )
}


def formats_table() -> str:
    """Every format with its ending and what it can show, in the order of FORMATS.

    >>> [row for row in formats_table().split("\\n") if row.startswith("html")]
    ['html          .html   yes    -     -           -        -      -     a live page']
    """
    rows = [(row.name, row.suffix, *("yes" if kind in row.kinds else "-" for kind in KINDS), row.about) for row in FORMATS.values()]
    return text_table([("format", "ending", *KINDS, "what for"), *rows])


def listed(names: Sequence[str], last: str) -> str:
    """Names as a sentence has them.

    >>> listed(["svg", "png", "pdf"], "or")
    'svg, png or pdf'
    """
    return f" {last} ".join(filter(None, (", ".join(names[:-1]), names[-1])))


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
    raise OutputError(f"{path}: cannot tell the format from the extension {path.suffix!r}; use one of {endings}, or say which format")
