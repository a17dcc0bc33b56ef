"""The pictures that lead from the first page to the four chapters: files, each shown as an image on a light ground."""

from __future__ import annotations

from ..graph.equations import parse
from ..pictures.drawing import draw
from ..sorting import network


def chapter_pictures() -> dict[str, bytes]:
    """The files' names in `assets/`, and their SVG in the colours of light pages. Raises OutputError without Matplotlib."""
    from ..plots import FIGURES
    from ..plots.figure import svg

    layer = parse("z = W @ x + b; h = relu(z)", {"W": ["H", "D"], "b": ["H"]}, x=["D"])

    def panel(figure: str) -> bytes:
        return svg(FIGURES[figure]().panels[0], f"a1-chapter-{figure.replace('_', '-')}", "light").encode()

    return {
        "chapter-1.svg": panel("double_descent"),
        "chapter-2.svg": draw(layer, backward=True, direction="right", theme="light").to("svg"),
        "chapter-3.svg": draw(network("merge", 8), theme="light").to("svg"),
        "chapter-4.svg": panel("mlp_boundaries"),
    }
