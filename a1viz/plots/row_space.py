"""The figure of question 1.3.2: row space and null space, and what gradient descent leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .figure import SENTINELS, STYLES, Figure, Panel
from .series import words_role

if TYPE_CHECKING:
    from ..base.arrays import Array
    from ..regression import Descent

EXAMPLE, LABEL = (2.0, 1.0), 5.0
STARTS = ((0.0, 0.0), (-3.0, 1.0))  # the second is -1 times the example and once (-1, 2), which is orthogonal to it
MIDDLE, HIGH = 0.9, (-1.9, 3.9)  # the part of the plane that is drawn
CORNER = 0.22  # the side of the mark of a right angle
NEAR = {"textcoords": "offset points", "annotation_clip": False}


def row_space() -> Figure:
    """Question 1.3.2: two descents along the row space, to two points of the line of minimisers."""
    from ..regression import descend

    found = [descend([EXAMPLE], [LABEL], start, step=0.03, keep_path=True) for start in STARTS]
    rows = tuple((point(d.start), point(d.start - kept(d)), point(kept(d)), point(d.fit.weights), point(d.weights)) for d in found)
    zero, other = found
    words = (
        f"Two weights and one example, x = {point(EXAMPLE)} with the label {LABEL:g}. The minimisers are a line. The row space crosses it "
        f"at a right angle, in the minimiser of smallest norm, {point(zero.fit.weights)}, where gradient descent from zero ends. "
        f"From {point(other.start)} it runs parallel to the row space and ends in {point(other.weights)}: the start's part in the null "
        f"space, {point(kept(other))}, stays."
    )
    head = ("start", "its part in the row space", "its part in the null space", "smallest norm", "end")
    return Figure("Row space and null space", words, head, rows, (Panel("Two descents along the row space", words, drawn(found)),))


def kept(found: Descent) -> Array:
    """The part of the start in the null space."""
    left: Array = found.limit - found.fit.weights
    return left


def point(at: Any) -> str:
    """A point as it is written.

    >>> point([-0.0, 1.25])
    '(0, 1.25)'
    """
    return f"({', '.join(f'{round(float(v), 6) + 0.0:g}' for v in at)})".replace("-", "−")


def drawn(found: list[Descent]) -> Callable[[Any], None]:
    import numpy as np

    def draw(axes: Any) -> None:
        zero, other = found
        least, along = zero.fit.weights, zero.fit.null_space[0]
        box = axes.get_window_extent()
        reach = (HIGH[1] - HIGH[0]) / 2 * box.width / box.height  # equal lengths on both axes
        axes.set(xlabel="$w_1$", ylabel="$w_2$", xlim=(MIDDLE - reach, MIDDLE + reach), ylim=HIGH, aspect="equal", anchor="W")
        axes.grid(color=SENTINELS["rule"], linewidth=0.6)
        axes.set_axisbelow(True)
        axes.axline(least, least + along, color=SENTINELS["ink"], linewidth=2.2)
        axes.axline(zero.start, along, color=SENTINELS["muted"], linestyle=":", linewidth=1.4)
        axes.axline(zero.start, least, color=SENTINELS["muted"], linestyle=(0, (6, 2, 1, 2)), linewidth=1.2)
        for style, descent in ((1, zero), (0, other)):
            role, dash, marker = STYLES[style]
            assert descent.path is not None, "the descents were asked for their paths"
            path = {"color": SENTINELS[role], "linestyle": dash, "marker": marker, "markersize": 4, "linewidth": 1.6}
            axes.plot(*descent.path[:40].T, **path)
        arrow(axes, zero.start, kept(other))
        arrow(axes, least, other.limit)
        corner = [least + CORNER * np.array(part) @ [least / np.linalg.norm(least), -along] for part in ((1, 0), (1, 1), (0, 1))]
        axes.plot(*np.transpose(corner), color=SENTINELS["ink"], linewidth=1)
        axes.plot(*least[:, None], color=SENTINELS["ink"], marker="*", markersize=12, zorder=4)
        named(axes, other)

    return draw


def arrow(axes: Any, tail: Array, head: Array) -> None:
    looks = {"arrowstyle": "-|>", "color": SENTINELS["frame"], "linewidth": 2.2, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 13}
    axes.annotate("", head, tail, arrowprops=looks, zorder=3.5)


def named(axes: Any, other: Descent) -> None:
    """The names of lines and points, each beside what it names and in its colour."""
    names = (
        ("minimisers", (2.95, -0.9), (7, 0), "left", "ink"),
        ("row space", (4.9, 2.45), (-3, 7), "right", "muted"),
        ("null space", (-1.7, 3.4), (8, -4), "left", "muted"),
        ("smallest norm", other.fit.weights, (13, -15), "left", "ink"),
        ("from 0", (0.45, 0), (4, -9), "left", "forward"),
        ("start", other.start, (6, -17), "center", "backward"),
        ("end", other.weights, (9, -1), "left", "backward"),
        ("stays", kept(other) / 2, (-8, -2), "right", "frame"),
    )
    for text, at, shift, side, role in names:
        axes.annotate(text, at, shift, color=SENTINELS[words_role(role)], ha=side, **NEAR)


FIGURES: dict[str, Callable[[], Figure]] = {"row_space": row_space}
