"""The pictures that lead from the first page to the four chapters: files, each shown as an image on a light ground."""

from __future__ import annotations

from dataclasses import replace

from ..graph.equations import parse
from ..pictures.drawing import draw
from ..sorting import network

EVERY = 16  # of so many points one is drawn: all of them would weigh more than the page


def chapter_pictures() -> dict[str, bytes]:
    """The files' names in `assets/`, and their SVG in the colours of light pages. Raises OutputError without Matplotlib."""
    from ..plots import FIGURES
    from ..plots.decisions import boundary
    from ..plots.figure import Panel, svg
    from ..plots.training import trained

    layer = parse("z = W @ x + b; h = relu(z)", {"W": ["H", "D"], "b": ["H"]}, x=["D"])

    def written(panel: Panel, name: str) -> bytes:
        return svg(panel, f"a1-chapter-{name}", "light").encode()

    model, _, data = trained("mlp", "moons")
    few = replace(data, X=data.X[::EVERY], t=data.t[::EVERY])
    return {
        "chapter-1.svg": written(FIGURES["double_descent"]().panels[0], "double-descent"),
        "chapter-2.svg": draw(layer, backward=True, direction="right", theme="light").to("svg"),
        "chapter-3.svg": draw(network("merge", 8), theme="light").to("svg"),
        "chapter-4.svg": written(boundary(model, few), "boundary"),
    }
