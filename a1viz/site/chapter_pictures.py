"""The pictures that lead from the first page to the four chapters: files of one shape, in the colours of light and of dark pages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..graph.equations import parse
from ..pictures.drawing import draw
from ..pictures.themes import in_theme
from ..sorting import network

if TYPE_CHECKING:
    from ..plots.figure import Panel

EVERY = 16  # of so many points one is drawn: all of them would weigh more than the page
THEMES = ("light", "dark")
INCHES = (4.6, 2.6)  # the sides of a plot
MARGIN = (0.01, 0.02, 0.98, 0.96)  # where its axes are: beside them is nothing


def chapter_pictures() -> dict[str, bytes]:
    """The files' names in `assets/`, and their SVG. Raises OutputError without Matplotlib."""
    from ..plots import FIGURES
    from ..plots.decisions import boundary
    from ..plots.figure import svg
    from ..plots.panel_sizes import PanelSize
    from ..plots.training import trained

    model, _, data = trained("mlp", "moons")
    few = replace(data, X=data.X[::EVERY], t=data.t[::EVERY])
    size = PanelSize(*INCHES, text=10)
    panels = {1: without_words(FIGURES["double_descent"]().panels[0]), 4: without_words(boundary(model, few))}
    layer = parse("z = W @ x + b; h = relu(z)", {"W": ["H", "D"], "b": ["H"]}, x=["D"])
    drawn = {2: draw(layer, backward=True, direction="right").svg, 3: draw(network("bubble", 4)).svg}
    pictures: dict[str, bytes] = {}
    for theme in THEMES:
        shown = {number: svg(panel, f"a1-chapter-{number}", theme, size) for number, panel in panels.items()}
        shown |= {number: in_theme(picture, theme) for number, picture in drawn.items()}
        pictures |= {f"chapter-{number}-{theme}.svg": picture.encode() for number, picture in sorted(shown.items())}
    return pictures


def without_words(panel: Panel) -> Panel:
    """A plot as a sign of what it shows: no title, no legend and no numbers, for they would be too small to read."""

    def draw(axes: Any) -> None:
        panel.draw(axes)
        for part in (*axes.texts, axes.get_legend()):
            if part is not None:
                part.remove()
        axes.set(xlabel="", ylabel="", position=MARGIN, anchor="C")
        axes.tick_params(which="both", length=0, labelbottom=False, labelleft=False)

    return replace(panel, title="", draw=draw)
