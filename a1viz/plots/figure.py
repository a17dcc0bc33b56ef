"""What a figure is made of: panels drawn by Matplotlib and the numbers behind them.

Panels are drawn in the roles of `formats.themes`, so that they follow light and dark, and tell their lines apart by marker, dash and a word
as well. Their text is outlines, so that no font is needed, or in a page text in its own typeface.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..base.arrays import Array
from ..base.cache import digest
from ..base.errors import OutputError
from ..base.files import path_of, write_whole
from ..base.results import Bundle, Part, Table, Typeset, shown_text
from ..base.table_formats import written
from ..pictures.escaping import escape
from ..pictures.picture import format_row, suffix_format
from ..pictures.themes import COLOURS, colour, style
from .page_text import in_page_type
from .panel_sizes import POINTS, SCREEN, TITLE, WIDTH, PanelSize, columns_of, legend_below, make_room, title_above
from .ticks import plain_ticks, spread_ticks

PIXELS = 4 / 3  # of a page, to each point of a panel
SHOWN = 1.25  # the same in a notebook: two panels have room beside one another
# While Matplotlib draws, each role of a theme has a colour of its own that nothing else has.
SENTINELS = {role: f"#00{k:02x}fe" for k, role in enumerate(COLOURS)}
STYLES = (  # one row per line of a plot: its role, dash, marker
    ("backward", (0, (5, 2)), "o"),
    ("forward", "-", "s"),
    ("ink", (0, (1, 1.5)), "^"),
    ("muted", (0, (6, 2, 1, 2)), "D"),
    ("frame", (0, (3, 1)), "v"),
)
RC = {
    "font.family": "DejaVu Sans", "mathtext.fontset": "stix",
    "axes.titlelocation": "left", "axes.titlepad": 9, "axes.spines.top": False, "axes.spines.right": False,
    "hatch.color": SENTINELS["muted"], "hatch.linewidth": 0.7,
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.titlecolor"), SENTINELS["ink"]),
    **dict.fromkeys(("axes.edgecolor", "xtick.color", "ytick.color"), SENTINELS["muted"]),
    **dict.fromkeys(("figure.facecolor", "savefig.facecolor", "axes.facecolor"), SENTINELS["paper"]),
}  # fmt: skip

VIEW_BOX = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')

Numbers = Sequence[float] | Array  # along an axis


@dataclass(frozen=True)
class Panel:
    """One plot: its title, what it shows in words, and how it is drawn on Matplotlib axes."""

    title: str
    words: str
    draw: Callable[[Any], None]


@dataclass(frozen=True, repr=False)
class Figure:
    """A result: what it says, its numbers as a table, and panels that show them; without panels the table is what is shown.

    It shows itself in a notebook, `print` gives its words and its numbers, `.save("x.svg")` writes its panels, and `.csv` are its numbers.
    """

    title: str
    about: str
    head: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    panels: tuple[Panel, ...] = ()
    is_measured: bool = False  # then it differs from one machine, and one build, to the next

    @property
    def csv(self) -> str:
        """The numbers as a file for a spreadsheet."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([self.head, *self.rows])
        return text.getvalue()

    @cached_property
    def stem(self) -> str:
        """A name for ids and classes that no other figure on the page has."""
        return f"a1-{digest(self.title + self.csv, 4)}"

    @cached_property
    def drawn(self) -> list[str]:
        """Its panels as SVG that follows page and system. Raises OutputError without Matplotlib."""
        return [svg(panel, f"{self.stem}-{k}") for k, panel in enumerate(self.panels)]

    def parts(self) -> list[Part]:
        """What it says, and its numbers."""
        return [self.title, self.about, self.table]

    @property
    def table(self) -> Table:
        """Its numbers, which stand to the right."""
        cells = [[cell if isinstance(cell, Typeset) else str(cell) for cell in row] for row in self.rows]
        align = "".join("r" if all(map(is_number, column)) else "l" for column in zip(*self.rows, strict=True))
        return Table(self.head, cells, align, is_numeric=True)

    def to(self, format: str) -> bytes:
        """All panels in one picture, side by side, as svg, png or pdf. The same input gives the same bytes.

        Raises OutputError for another format, and without what draws it.
        """
        return picture(self, self.stem, format)

    def save(self, path: str | Path, format: str = "") -> Path:
        """Write the picture; the format is that of the file's ending unless given. The file is written whole or not at all."""
        path = path_of(path)
        write_whole(path, self.to(format or suffix_format(path)))
        return path

    def __str__(self) -> str:
        return written(self.parts(), "text")

    def __repr__(self) -> str:
        return shown_text(str(self))

    def _repr_html_(self) -> str:
        return shown(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Bundle:
        from ..pictures.notebook_output import bundled

        html, text = shown(self), repr(self)
        try:
            panels = self.drawn
        except OutputError:  # `html` says what is missing
            panels = []
        if panels:
            return bundled(html, text, beside(self, panels), SHOWN)
        return {"text/html": html, "text/plain": text, "text/latex": written([self.title, self.about, self.table.abridged()], "latex")}, {}


def is_number(cell: object) -> bool:
    """Whether a cell is a number, or nothing.

    >>> is_number(3), is_number("1e-3"), is_number(""), is_number("moons")
    (True, True, True, False)
    """
    try:
        return cell == "" or float(str(cell).rstrip("%").replace("−", "-")) is not None
    except ValueError:
        return False


def shown(figure: Figure) -> str:
    """A figure for a notebook: its panels, what they say, and the numbers folded away; the table where there are no panels to show."""
    from ..pictures.notebook_output import framed

    title, about, table = (written([part], "html") for part in (figure.title, figure.about, figure.table.abridged()))
    try:
        panels = figure.drawn
    except OutputError as error:
        return f"<b>{title}</b>{about}{table}<p><i>{escape(str(error))}</i></p>"
    if not panels:
        return f"<b>{title}</b>{about}{table}"
    side_by_side = "".join(f'<div style="flex:0 0 auto;width:{WIDTH * POINTS * SHOWN:g}px">{panel}</div>' for panel in panels)
    drawn = framed(f'<div style="display:flex;flex-wrap:wrap">{side_by_side}</div>', figure.title)
    return f"{drawn}{about}<details><summary>The numbers</summary>{table}</details>"


# --- a panel as SVG -----------------------------------------------------------------------------------------------------------


def svg(panel: Panel, name: str, theme: str = "auto", size: PanelSize = SCREEN, is_in_page: bool = False) -> str:
    """A panel as SVG that follows page and system, or in one theme; `name` is the class and the prefix of its ids.

    In a page its words are text in the page's typeface, elsewhere outlines that need no font.
    The same input gives the same bytes. Raises OutputError without Matplotlib.
    """
    try:
        from matplotlib import style as styles
        from matplotlib.figure import Figure as Canvas
    except ModuleNotFoundError:
        raise OutputError('figures are drawn by Matplotlib, which is not installed: pip install "a1viz[plots]"') from None

    letters = {"font.size": size.text, "axes.titlesize": TITLE * size.text, "svg.fonttype": "none" if is_in_page else "path"}
    with styles.context(["default", {**RC, **letters, "svg.hashsalt": name}]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # a name in letters that the font has not; the words have it
        canvas = Canvas(figsize=(size.width, size.height))
        size = laid_out(canvas, panel, size)
        text = io.StringIO()
        canvas.savefig(text, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    drawn = in_page_type(text.getvalue()) if is_in_page else text.getvalue()
    return _dressed(drawn, panel, name, theme, size)


def laid_out(canvas: Any, panel: Panel, size: PanelSize) -> PanelSize:
    """Draw a panel on an empty Matplotlib figure, and return its size, which grows with its title and its legend."""
    axes = canvas.add_axes(size.axes)
    panel.draw(axes)
    plain_ticks(axes)
    make_room(axes)
    spread_ticks(axes)
    return legend_below(axes, title_above(axes, panel.title, size))


def picture(figure: Figure, name: str, format: str = "svg") -> bytes:
    """All panels of a figure in one picture, side by side: svg follows the reader, png and pdf are light. Raises OutputError."""
    format_row(format).check("plot")
    if not figure.panels:
        raise OutputError(f"the figure {figure.title} is a table and has no picture; its numbers are in .csv")
    panels = [svg(panel, f"{name}-{k}", "auto" if format == "svg" else "light") for k, panel in enumerate(figure.panels)]
    return in_format(beside(figure, panels), format)


def beside(figure: Figure, panels: Sequence[str]) -> str:
    """The drawn panels of a figure as one SVG, two or three side by side; where there is no panel there is nothing."""
    columns = columns_of(len(panels))
    sizes = [tuple(map(float, found.groups())) for panel in panels if (found := VIEW_BOX.search(panel))]
    width, placed, top = max((w for w, _ in sizes), default=0.0), [], 0.0
    for first in range(0, len(panels), columns):
        row = slice(first, first + columns)
        for k, (panel, (w, h)) in enumerate(zip(panels[row], sizes[row], strict=True)):
            placed.append(panel.replace("<svg ", f'<svg x="{k * width:g}" y="{top:g}" width="{w:g}" height="{h:g}" ', 1))
        top += max(h for _, h in sizes[row])
    said = f"<title>{escape(figure.title)}</title><desc>{escape(' '.join(panel.words for panel in figure.panels))}</desc>"
    box = f'viewBox="0 0 {min(columns, len(panels)) * width:g} {top:g}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img">{said}{"".join(placed)}</svg>\n'


def in_format(drawn: str, format: str) -> bytes:
    """A plot as svg, png or pdf, of its own size: its units are points. Raises OutputError."""
    if format == "svg":
        return drawn.encode()
    if format == "png":
        from ..pictures.png_output import png

        return png(drawn)
    from ..pictures.pdf_output import pdf

    return pdf(drawn, PIXELS)


def _dressed(drawn: str, panel: Panel, name: str, theme: str, size: PanelSize) -> str:
    """Matplotlib's SVG for a page: roles for colours, ids of its own, words, no size, and no word of where a standard is kept."""
    body = drawn[drawn.index(">", drawn.index("<svg ")) + 1 : drawn.rindex("</svg>")]
    body = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", body, flags=re.DOTALL)
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = re.sub(r'\b(?:xlink:)?href="#', f'href="#{name}-', body).replace("url(#", f"url(#{name}-")
    for role, sentinel in SENTINELS.items():
        body = body.replace(sentinel, colour(role, theme))
    body = re.sub(r"(\d\d\.\d\d)\d+", r"\1", body)  # hundredths of a point are enough where a number is large
    body = re.sub(r"\s*\n\s*", "\n", body).strip()
    width, height = size.width * POINTS, size.height * POINTS
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="a1viz {name}" viewBox="0 0 {width:g} {height:g}" role="img"'
        f' aria-labelledby="{name}-title" aria-describedby="{name}-desc"'
        f' data-search-exclude="" style="width:100%;max-width:{width * PIXELS:g}px;height:auto">'
        f'<title id="{name}-title">{escape(panel.title)}</title><desc id="{name}-desc">{escape(panel.words)}</desc>'
        f"<style>{style(name, theme)}</style>{body}</svg>\n"
    )
