"""Figures of a training and of what it learnt from: how loss and accuracy went, and the examples. Serves question 4."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..nn import Data, History
from .figure import SENTINELS, STYLES, Figure, Panel, name_ends
from .regression import number

CLASSES = (("input-fill", "", "forward", "o"), ("gradient-fill", "////", "backward", "^"))  # region, hatching, points, marker of a class


def curves(history: History) -> tuple[Panel, Panel]:
    """Loss and accuracy against the step, for training and, where there were any, validation data."""
    step, loss, accuracy, held_loss, held_accuracy = history.looks.T
    first, last = history.looks[0], history.looks[-1]
    words = f"In {last[0]:.0f} steps the training loss falls from {first[1]:.3g} to {last[1]:.3g}"
    shares = f"After {last[0]:.0f} steps {last[2]:.1%} of the training"
    losses, accuracies = {"training": loss}, {"training": accuracy}
    if last[3] == last[3]:  # not NaN
        words += f", the validation loss to {last[3]:.3g}"
        shares += f" and {last[4]:.1%} of the validation"
        losses["validation"], accuracies["validation"] = held_loss, held_accuracy
    return (
        Panel("Loss", f"{words}.", against(step, losses, "step", "mean loss", is_log=True)),
        Panel("Accuracy", f"{shares} examples are right.", against(step, accuracies, "step", "share correct")),
    )


def against(x: Any, series: Mapping[str, Any], xlabel: str, ylabel: str, is_log: bool = False) -> Callable[[Any], None]:
    """Lines with few markers and their names at their ends."""

    def draw(axes: Any) -> None:
        for k, (y, (role, dash, marker)) in enumerate(zip(series.values(), STYLES, strict=False)):
            every = max(1, len(x) // 8)
            style = {"color": SENTINELS[role], "linestyle": dash, "marker": marker, "markersize": 4, "linewidth": 1.6}
            axes.plot(x, y, markevery=(k * every // 2, every), **style)
        axes.grid(color=SENTINELS["rule"], linewidth=0.6)
        axes.set_axisbelow(True)
        axes.set(xlabel=xlabel, ylabel=ylabel, xlim=(-0.02 * x[-1], 1.36 * x[-1]), **({"yscale": "log"} if is_log else {}))
        axes.set_xticks([tick for tick in axes.get_xticks() if 0 <= tick <= x[-1]])
        name_ends(axes, x, series)

    return draw


def history_figure(history: History) -> Figure:
    """A training: loss and accuracy by the step."""
    panels = curves(history)
    rows = tuple((f"{step:.0f}", *("" if v != v else number(float(v)) for v in row)) for step, *row in history.looks)
    return Figure("Training", " ".join(panel.words for panel in panels), history.columns, rows, panels)


def data_figure(data: Data) -> Figure:
    """The examples of a data set in the plane: as they are, or, of more features, along the two directions in which they vary most."""
    import numpy as np

    X, t = np.vstack([data.X, data.X_validation]), np.concatenate([data.t, data.t_validation])
    is_plane = X.shape[1] == 2
    where, names = (X, data.features) if is_plane else (principal(X), ("first direction", "second direction"))
    seen = "" if is_plane else ", along the two directions in which the standardised features vary most"
    words = f"{len(X):,} examples: {data.classes[0]} (dots) and {data.classes[1]} (triangles){seen}."

    def draw(axes: Any) -> None:
        for k, (_, _, role, marker) in enumerate(CLASSES):
            shown = {"color": SENTINELS[role], "linestyle": "none", "markersize": 2.6, "markeredgewidth": 0, "label": data.classes[k]}
            axes.plot(*where[t == k].T, marker=marker, **shown)
        axes.set(xlabel=names[0], ylabel=names[1])
        axes.legend(loc="best", fontsize=8.5, facecolor=SENTINELS["paper"], edgecolor=SENTINELS["rule"], framealpha=0.85, markerscale=2)

    rows = tuple((number(float(u)), number(float(v)), data.classes[k]) for (u, v), k in zip(where, t, strict=True))
    return Figure(data.title, f"{data.about} {words}", (*names, "class"), rows, (Panel(data.title, words, draw),))


def principal(X: Any) -> Any:
    """Examples along the two directions in which their standardised features vary most, (N, D) to (N, 2); of one feature one is 0."""
    import numpy as np

    scale = X.std(axis=0)
    centred = (X - X.mean(axis=0)) / np.where(scale > 0, scale, 1)
    directions = np.linalg.svd(centred, full_matrices=False)[2][:2]
    directions = directions * np.sign(directions[range(len(directions)), np.abs(directions).argmax(axis=1)])[:, None]
    return np.pad(centred @ directions.T, ((0, 0), (0, 2 - len(directions))))
