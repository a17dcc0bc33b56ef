"""How large panels are drawn, for a screen and for paper, and where their titles and legends stand.

What stands around the axes takes the room that its letters need, and no more: a panel grows with a long title and with its legend.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

WIDTH, HEIGHT, TEXT = 4.6, 3.3, 10.0  # inches of one panel, and points of its text
AXES = (0.155, 0.15, 0.8, 0.75)  # where the axes are in a panel: left, bottom, width, height; to find out takes longer than to draw
POINTS = 72
LOOKS = {"frameon": False, "handlelength": 2.2, "columnspacing": 1.2, "borderpad": 0.2, "borderaxespad": 0, "labelspacing": 0.35}
LINE, GAP = 1.45, 0.5  # heights of the letters of a legend: a line of it, and what is above
TITLE = 1.05  # the letters of a title, to those of the text
EDGE = 4  # points between a title and the edges of its panel


@dataclass(frozen=True)
class PanelSize:
    """How large a panel is drawn: inches of its sides, points of its text."""

    width: float
    height: float
    text: float

    @property
    def axes(self) -> tuple[float, float, float, float]:
        """Where the axes are: what stands beside them takes as much room as its letters do."""
        left, bottom, width, height = AXES
        across, down = (side * self.text / TEXT for side in (WIDTH / self.width, HEIGHT / self.height))
        return (left * across, bottom * down, 1 - (1 - width) * across, 1 - (1 - height) * down)


# On a screen two are beside one another where the column has 680 pixels, and one is 350 wide on a phone: then its letters are still .8 of
# the text's. Three in a row are narrower, and so have larger letters.
SCREEN, NARROW = PanelSize(WIDTH, HEIGHT, 12.8), PanelSize(3.2, 3.0, 13.6)
ALONE, BESIDE = PanelSize(4.0, 2.5, 9), PanelSize(3.26, 2.1, 8.5)  # on paper, where nothing is made smaller: two are as wide as the text


def columns_of(panels: int) -> int:
    """How many panels stand beside one another: no row has a gap where one of two or of three has none.

    >>> [columns_of(n) for n in (1, 2, 3, 4, 6, 9)]
    [1, 2, 3, 2, 2, 3]
    """
    return 1 if panels < 2 else 2 if panels % 2 == 0 or panels % 3 else 3


def make_room(axes: Any) -> None:
    """Move the sides of the axes so far in that the words beside them are inside the panel."""
    words, canvas = axes.get_tightbbox(bbox_extra_artists=axes.texts), axes.figure
    edge = EDGE / POINTS * canvas.dpi
    left, right = max(0.0, edge - words.x0) / canvas.bbox.width, max(0.0, words.x1 - canvas.bbox.width + edge) / canvas.bbox.width
    if left or right:
        box = axes.get_position(original=True)
        axes.set_position((box.x0 + left, box.y0, box.width - left - right, box.height))


def title_above(axes: Any, title: str, size: PanelSize) -> PanelSize:
    """Write the title over the axes from the panel's edge on, in as many lines as it needs, and return the larger size."""
    canvas = axes.figure
    written = axes.set_title("")
    written.set_x((EDGE / POINTS / size.width - axes.get_position().x0) / axes.get_position().width)
    rows: list[str] = []
    for word in title.split(" "):
        tried = f"{rows[-1]} {word}" if rows else word
        written.set_text(tried)
        if rows and written.get_window_extent().width <= canvas.bbox.width - 2 * EDGE / POINTS * canvas.dpi:
            rows[-1] = tried
        else:
            rows.append(word)
    written.set_text("\n".join(rows))
    made = replace(size, height=size.height + (len(rows) - 1) * TITLE * 1.2 * size.text / POINTS)
    _grown(axes, size, made, above=True)
    return made


def legend_below(axes: Any, size: PanelSize) -> PanelSize:
    """Put the legend below the axes, in as many columns as fit, and return the larger size; in a small panel it would hide the lines."""
    handles, names = axes.get_legend_handles_labels()
    if axes.get_legend() is None or not names:
        return size
    canvas, made = axes.figure, size
    below = {"loc": "lower center", "bbox_to_anchor": (0.5, 0), "bbox_transform": canvas.transFigure, "fontsize": size.text, **LOOKS}
    where = axes.get_position(original=True)
    for columns in (4, 3, 2, 1):
        made = replace(size, height=size.height + size.text / POINTS * (LINE * -(-len(names) // columns) + GAP))
        axes.set_position(where)
        _grown(axes, size, made, above=False)
        legend = axes.legend(handles, names, ncols=columns, **below)
        if legend.get_window_extent().width <= canvas.bbox.width:
            break
    return made


def _grown(axes: Any, size: PanelSize, made: PanelSize, above: bool) -> None:
    """Make the panel higher above its axes, or below them; they keep their size."""
    axes.figure.set_size_inches(made.width, made.height)
    box, part = axes.get_position(original=True), size.height / made.height
    bottom = box.y0 * part if above else 1 - (1 - box.y0) * part
    axes.set_position((box.x0, bottom, box.width, box.height * part))
