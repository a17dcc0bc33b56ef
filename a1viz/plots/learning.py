"""Figures of a training and of what it learnt from: how loss and accuracy went, and the examples. Serves question 4."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..nn import Data, History
from .figure import SENTINELS, STYLES, Figure, Panel
from .regression import number
from .series import name_ends

REGIONS = (
    ("input-fill", ""),
    ("gradient-fill", "////"),
    ("mark-fill", "...."),
    ("value-fill", "\\\\\\\\"),
    ("paper", "xxxx"),
    ("mark-fill", "++"),
    ("input-fill", "||"),
)  # of a class
POINTS = (("forward", "o"), ("backward", "^"), ("mark-ink", "s"), ("negative", "D"), ("muted", "v"), ("ink", "P"), ("frame", "X"))
MOST_STRETCHED = 3  # times as wide as high, or as high as wide: then units differ, and so may lengths
MARKS = ("dots", "triangles", "squares", "diamonds", "triangles upside down", "plus signs", "crosses")  # the same in words


def class_marks(classes: Sequence[str]) -> str:
    """Which mark a figure has for which class, in words; marks come again after the last.

    >>> class_marks(["a", "b"]), class_marks(["a", "b", "c"])
    ('a (dots) and b (triangles)', 'a (dots), b (triangles) and c (squares)')
    """
    words = [f"{name} ({MARKS[k % len(MARKS)]})" for k, name in enumerate(classes)]
    return " and ".join([", ".join(words[:-1]), words[-1]])


def plain(name: str) -> str:
    """A name of a feature or of a class as Matplotlib shows it: no formula, but x1 as x with an index, and never left out of a legend.

    >>> plain("x12"), plain("US$"), plain("_a")
    ('$x_{12}$', 'US\\\\$', ' _a')
    """
    name = f"$x_{{{name[1:]}}}$" if re.fullmatch(r"x\d+", name) else name.replace("$", r"\$")
    return f" {name}" if name.startswith("_") else name


def plot_classes(axes: Any, X: Any, t: Any, classes: Sequence[str], **style: Any) -> None:
    """The points of each class, (batch, 2), in its own mark and colour, with a label for a legend."""
    for k, name in enumerate(classes):
        role, marker = POINTS[k % len(POINTS)]
        shown = {"color": SENTINELS[role], "marker": marker, "linestyle": "none", "label": plain(name)}
        halo = {"markeredgecolor": SENTINELS["paper"], "markeredgewidth": 0.5}
        axes.plot(*X[t == k].T, **shown, **halo, **style)


def curves(history: History, baseline: float | None = None) -> tuple[Panel, Panel]:
    """Loss and accuracy against the step, for training and, where there were any, validation data; `baseline` is an accuracy."""
    step, loss, accuracy, held_loss, held_accuracy = history.looks.T
    first, last = history.looks[0], history.looks[-1]
    words = f"In {last[0]:.0f} steps the training loss falls from {first[1]:.3g} to {last[1]:.3g}"
    shares = f"After {last[0]:.0f} steps {last[2]:.1%} of the training"
    losses, accuracies = {"training": loss}, {"training": accuracy}
    if last[3] == last[3]:  # not NaN
        words += f", the validation loss to {last[3]:.3g}"
        shares += f" and {last[4]:.1%} of the validation"
        losses["validation"], accuracies["validation"] = held_loss, held_accuracy
    naming = "" if baseline is None else f"; always naming the most common class, {baseline:.1%} of the validation examples"
    return (
        Panel("Loss", f"{words}.", against(step, losses, "step", "mean loss", is_log=True)),
        Panel("Accuracy", f"{shares} examples are right{naming}.", against(step, accuracies, "step", "share correct", least=baseline)),
    )


def against(
    x: Any, series: Mapping[str, Any], xlabel: str, ylabel: str, is_log: bool = False, least: float | None = None
) -> Callable[[Any], None]:
    """Lines with few markers and their names at their ends; dotted, what is `least` to be expected."""

    def draw(axes: Any) -> None:
        for k, (y, (role, dash, marker)) in enumerate(zip(series.values(), STYLES, strict=False)):
            every = max(1, len(x) // 8)
            style = {"color": SENTINELS[role], "linestyle": dash, "marker": marker, "markersize": 4, "linewidth": 1.6}
            axes.plot(x, y, markevery=(k * every // 2, every), **style)
        axes.grid(color=SENTINELS["rule"], linewidth=0.6)
        axes.set_axisbelow(True)
        axes.set(xlabel=xlabel, ylabel=ylabel, xlim=(0, x[-1]), **({"yscale": "log"} if is_log else {}))
        if least is None:
            name_ends(axes, x, series)
            return
        axes.axhline(least, color=SENTINELS[STYLES[len(series)][0]], linestyle=":", linewidth=1.4)
        axes.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
        name_ends(axes, x, {**series, "baseline": [least] * len(x)})

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
    where, names = (X, data.features) if data.is_plane else (principal(X), ("first direction", "second direction"))
    seen = "" if data.is_plane else ", along the two directions in which the standardised features vary most"
    words = f"{len(X):,} examples: {class_marks(data.classes)}{seen}."

    def draw(axes: Any) -> None:
        plot_classes(axes, where, t, data.classes, markersize=4)
        axes.set(xlabel=plain(names[0]), ylabel=plain(names[1]))
        axes.legend(loc="upper left")
        equal_lengths(axes, where)

    rows = tuple((number(float(u)), number(float(v)), data.classes[k]) for (u, v), k in zip(where, t, strict=True))
    return Figure(data.title, f"{data.about} {words}", (*names, "class"), rows, (Panel(data.title, words, draw),))


def equal_lengths(axes: Any, X: Any) -> None:
    """Equal lengths on both axes, unless the points (batch, 2) lie so far apart along one that nothing would be seen of the other."""
    import numpy as np

    wide, high = np.ptp(X, axis=0)
    if max(wide, high) < MOST_STRETCHED * min(wide, high):
        axes.set_aspect("equal", adjustable="datalim")


def principal(X: Any) -> Any:
    """Examples along the two directions in which their standardised features vary most, (N, D) to (N, 2); of one feature one is 0."""
    import numpy as np

    scale = X.std(axis=0)
    centred = (X - X.mean(axis=0)) / np.where(scale > 0, scale, 1)
    directions = np.linalg.svd(centred, full_matrices=False)[2][:2]
    directions = directions * np.sign(directions[range(len(directions)), np.abs(directions).argmax(axis=1)])[:, None]
    return np.pad(centred @ directions.T, ((0, 0), (0, 2 - len(directions))))
