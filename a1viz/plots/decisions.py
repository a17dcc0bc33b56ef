"""Where a classifier decides for which class, and whom it mistakes for whom. Serves question 4."""

from __future__ import annotations

import math
from typing import Any

from ..nn import Classifier, Data
from .figure import SENTINELS, Panel
from .learning import MOST_STRETCHED, REGIONS, class_marks, plain, plot_classes
from .panel_sizes import SCREEN

TEXT = SCREEN.text  # points of the letters, where there is room
EDGE = 0.4  # of the map, beyond the points
FINE = 90  # cells of the map along each side
SURE = 0.9  # the dashed lines of a map: this sure of either class
MOST_WRITTEN = 30  # classes beside one another whose counts have room in a picture
MOST_REGIONS = 12  # classes whose regions are told apart in a map
MOST_RINGS = 30  # around points: more hide one another
MISTAKES = 12  # that the words of a confusion tell
BESIDE = 4  # classes whose names have room along both sides
LABEL = 16  # characters of such a name; of more classes half as many


def boundary(model: Classifier, data: Data, title: str = "") -> Panel:
    """Where a classifier of points in the plane decides for which class, over the points; rings mark those on the wrong side."""
    import numpy as np

    X, t = np.vstack([data.X, data.X_validation]), np.concatenate([data.t, data.t_validation])
    sides = map_sides(X)
    grid = np.stack([side.ravel() for side in np.meshgrid(*sides)], axis=-1)
    margins = _margins(model.decision_function(grid)).reshape(-1, FINE, FINE)
    wrong = X[model.predict(X) != t]
    has_rings = len(wrong) <= MOST_RINGS

    def draw(axes: Any) -> None:
        for k, margin in enumerate(margins):
            fill, hatch = REGIONS[k % len(REGIONS)]
            if (margin > 0).any():
                axes.contourf(*sides, margin, levels=(0, margin.max() + 1), colors=[SENTINELS[fill]], hatches=[hatch])
        plot_classes(axes, X, t, data.classes, markersize=3.6)
        for level, dash, width in _lines(len(margins)):
            for z in margins[-1:] if len(margins) == 2 else margins:
                if z.min() < level < z.max():
                    axes.contour(*sides, z, levels=[level], colors=[SENTINELS["ink"]], linestyles=[dash], linewidths=width)
        if has_rings:
            axes.plot(*wrong.T, "o", color="none", markeredgecolor=SENTINELS["ink"], markersize=5, markeredgewidth=0.6)
        axes.set(xlabel=plain(data.features[0]), ylabel=plain(data.features[1]), xlim=sides[0][[0, -1]], ylim=sides[1][[0, -1]])
        if np.ptp(sides[0]) < MOST_STRETCHED * np.ptp(sides[1]) and np.ptp(sides[1]) < MOST_STRETCHED * np.ptp(sides[0]):
            axes.set(aspect="equal", anchor="W")

    sure = f"; it is {SURE:.0%} sure beyond the dashed lines" if len(margins) == 2 else ""
    words = (
        f"{len(X):,} points, {class_marks(data.classes)}, and the line where the model is undecided{sure}."
        f" On the wrong side are {len(wrong)}{', in rings' if has_rings and len(wrong) else ''}."
    )
    return Panel(title or "Decision boundary", words, draw)


def map_sides(X: Any) -> list[Any]:
    """The places of a map's cells along both axes, around points (batch, 2): as wide as a panel where lengths may be equal."""
    import numpy as np

    low, high = X.min(axis=0) - EDGE, X.max(axis=0) + EDGE
    reach, middle = (high - low) / 2, (high + low) / 2
    if reach.max() < MOST_STRETCHED * reach.min():
        _, _, wide, tall = SCREEN.axes
        ratio = wide * SCREEN.width / (tall * SCREEN.height)
        reach = np.array([max(reach[0], reach[1] * ratio), max(reach[1], reach[0] / ratio)])
    return [np.linspace(m - r, m + r, FINE) for m, r in zip(middle, reach, strict=True)]


def _margins(z: Any) -> Any:
    """How much larger each class's logit is than the largest of the others, (classes, batch)."""
    import numpy as np

    if z.ndim == 1:
        return np.stack([-z, z])
    others = np.where(np.eye(z.shape[1], dtype=bool), -np.inf, z[:, None, :])
    return (z - others.max(axis=2)).T


def _lines(classes: int) -> list[tuple[float, str, float]]:
    """The levels that are drawn of a margin, each with its dash and width: of two classes also where it is SURE."""
    sure = math.log(SURE / (1 - SURE))
    return [(-sure, "--", 0.8), (0.0, "-", 1.5), (sure, "--", 0.8)] if classes == 2 else [(0.0, "-", 1.2)]


def confusion(model: Classifier, data: Data) -> Panel:
    """Whom a classifier mistakes for whom, among the validation examples."""
    counts = model.confusion(data.X_validation, data.t_validation)
    K = len(counts)

    def draw(axes: Any) -> None:
        for row in range(K):
            for column in range(K) if K <= MOST_WRITTEN else {row, *counts[row].nonzero()[0].tolist()}:
                role = "input-fill" if row == column else "gradient-fill" if counts[row, column] or K == 2 else "paper"
                hatch = "////" if role == "gradient-fill" else None
                box = {"facecolor": SENTINELS[role], "edgecolor": SENTINELS["muted"], "hatch": hatch, "linewidth": 0.8}
                y = K - 1 - row
                axes.fill([column, column + 1, column + 1, column], [y, y, y + 1, y + 1], **box)
                if K <= MOST_WRITTEN:
                    at = {"facecolor": SENTINELS["paper"], "edgecolor": "none", "boxstyle": "round,pad=0.3" if K == 2 else "round,pad=0.1"}
                    size = 17 if K == 2 else max(6.0, min(TEXT, 110 / K))
                    axes.text(column + 0.5, y + 0.5, str(counts[row, column]), ha="center", va="center", size=size, bbox=at)
        axes.set(xlim=(0, K), ylim=(0, K), **({"xlabel": "predicted class", "ylabel": "true class"} if K <= BESIDE else {}))
        names, middles = [_short(name, K) for name in data.classes], [k + 0.5 for k in range(K)]
        small: dict[str, Any] = {} if K == 2 else {"fontsize": max(4.0, min(TEXT, 160 / K))}
        slanted = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if K > BESIDE and max(map(len, names)) * K > 40 else {}
        axes.set_xticks(middles, names, **slanted, **small)
        axes.set_yticks(middles[::-1], names, va="center", **({"rotation": 90} if K <= BESIDE else {}), **small)
        axes.tick_params(length=0)

    pairs = [(row, column) for row in range(K) for column in range(K) if K == 2 or (row != column and counts[row, column])]
    said = [f"{data.classes[row]} predicted as {data.classes[column]}: {counts[row, column]}" for row, column in pairs[:MISTAKES]]
    words = "; ".join([*said, *(["and others"] if len(pairs) > MISTAKES else [])]) or "None is mistaken"
    title = "Confusion of the validation examples" if K <= BESIDE else "Validation: true (rows), predicted (columns)"
    return Panel(title, f"{words[0].upper()}{words[1:]}.", draw)


def _short(name: str, classes: int) -> str:
    """The name of one of so many classes, as there is room for beside a picture."""
    most = LABEL if classes <= BESIDE else LABEL // 2
    return plain(name if len(name) <= most else f"{name[: most - 1]}…")
