"""How large panels are drawn, for a screen and for paper, and where on paper their legends stand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

WIDTH, HEIGHT, TEXT = 4.6, 3.3, 10.0  # inches of one panel, and points of its text
AXES = (0.155, 0.15, 0.82, 0.75)  # where the axes are in a panel: left, bottom, width, height; to find out takes longer than to draw
POINTS = 72
LOOKS = {"frameon": False, "handlelength": 2.2, "columnspacing": 1.2, "borderpad": 0.2, "borderaxespad": 0, "labelspacing": 0.35}
LINE, GAP = 1.45, 0.5  # heights of the letters of a legend: a line of it, and what is above


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


SCREEN = PanelSize(WIDTH, HEIGHT, TEXT)
ALONE, BESIDE = PanelSize(4.0, 2.5, 9), PanelSize(3.26, 2.1, 8.5)  # on paper, where nothing is made smaller: two are as wide as the text


def legend_below(axes: Any, size: PanelSize) -> PanelSize:
    """Put the legend below the axes, in as many columns as fit, and return the larger size; in a small panel it would hide the lines."""
    handles, names = axes.get_legend_handles_labels()
    if axes.get_legend() is None or not names:
        return size
    canvas, made = axes.figure, size
    below = {"loc": "lower center", "bbox_to_anchor": (0.5, 0), "bbox_transform": canvas.transFigure, "fontsize": size.text, **LOOKS}
    for columns in (4, 3, 2, 1):
        made = replace(size, height=size.height + size.text / POINTS * (LINE * -(-len(names) // columns) + GAP))
        canvas.set_size_inches(made.width, made.height)
        left, bottom, width, height = size.axes
        part = size.height / made.height
        axes.set_position((left, 1 - (1 - bottom) * part, width, height * part))
        legend = axes.legend(handles, names, ncols=columns, **below)
        canvas.draw_without_rendering()
        if legend.get_window_extent().width <= canvas.bbox.width:
            break
    return made
