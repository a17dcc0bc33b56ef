"""The hidden units of a perceptron in the plane: each is 0 along a line, and their weighted sum bends the boundary. Serves question 4."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .decisions import boundary, map_sides
from .figure import SENTINELS, Figure, Panel
from .learning import plot_classes
from .training import trained

if TYPE_CHECKING:
    from ..base.arrays import Array
    from ..nn import Data

WIDEST, LEAST = 3.2, 0.7  # points: the line of the unit that counts most, and the thinnest
FAINT = 0.35  # of the points behind the lines


def hidden_units() -> Figure:
    """The line of each of the perceptron's sixteen hidden units on the moons, and the boundary of their weighted sum."""
    model, _, data = trained("mlp", "moons")
    W1, b1, w2 = (model.net.values[name] for name in ("W1", "b1", "w2"))
    up, down = int((w2 > 0).sum()), int((w2 < 0).sum())
    lines = (
        f"{len(w2)} hidden units, each 0 along a line. {up} are added (solid), {down} subtracted (dashed): "
        f"the thicker the line, the larger the weight, up to {abs(w2).max():.3g}."
    )
    of_sum = boundary(model, data, "Their weighted sum is 0")
    panels = (Panel("Where each hidden unit is 0", lines, units(data, W1, b1, w2)), of_sum)
    rows = tuple((k, *(f"{float(v):.4g}" for v in (*w, b, out))) for k, (w, b, out) in enumerate(zip(W1, b1, w2, strict=True), 1))
    about = f"{lines} The boundary of their sum bends most where it crosses a line."
    return Figure(
        "The hidden units and their sum", about, ("unit", "weight of x1", "weight of x2", "bias", "weight in the sum"), rows, panels
    )


def units(data: Data, W1: Array, b1: Array, w2: Array) -> Callable[[Any], None]:
    """The lines W1_k x + b1_k = 0 over the points; the dash tells the sign of w2_k, the width its size."""
    import numpy as np

    X, t = np.vstack([data.X, data.X_validation]), np.concatenate([data.t, data.t_validation])
    sides = map_sides(X)

    def draw(axes: Any) -> None:
        plot_classes(axes, X, t, data.classes, markersize=3.6, alpha=FAINT)
        for w, b, out in zip(W1, b1, w2, strict=True):
            foot = -b * w / (w @ w)  # the point of the line next to 0
            dash = "-" if out > 0 else (0, (5, 2))
            width = max(LEAST, WIDEST * abs(out) / abs(w2).max())
            axes.axline(foot, foot + [-w[1], w[0]], color=SENTINELS["ink"], linestyle=dash, linewidth=width)
        axes.set(xlabel="$x_1$", ylabel="$x_2$", xlim=sides[0][[0, -1]], ylim=sides[1][[0, -1]], aspect="equal", anchor="W")

    return draw


FIGURES: dict[str, Callable[[], Figure]] = {"hidden_units": hidden_units}
