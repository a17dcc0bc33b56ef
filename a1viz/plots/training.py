"""Figures of question 4: how the loss falls, which gradients are largest, and what width, depth and rate do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from ..nn import (
    MODELS,
    Classifier,
    Data,
    History,
    LogisticRegression,
    MLPClassifier,
    fit,
    load_data,
    new_model,
    one_thread,
    settings_of,
    smoothness,
)
from .decisions import boundary
from .figure import SENTINELS, Figure, Panel
from .learning import against, curves, equal_lengths, plot_classes

SHOWN = 8  # examples with the largest gradients
BINS = 24


# --- panels ---------------------------------------------------------------------------------------------------------------------


def histogram_of(norms: Any) -> tuple[Any, Any]:
    """How many examples have a squared norm in each bin, and the bins' edges as powers of ten."""
    import numpy as np

    return np.histogram(np.log10(np.maximum(norms, max(norms.max() * 1e-16, 1e-300))), BINS)  # what is less than rounding counts as that


def norm_histogram(norms: Any) -> Panel:
    """How the squared norms of the examples' own gradients are distributed."""
    import numpy as np

    counts, edges = histogram_of(norms)

    def draw(axes: Any) -> None:
        style = {"color": SENTINELS["input-fill"], "edgecolor": SENTINELS["frame"], "linewidth": 0.8}
        axes.bar(edges[:-1], counts, width=np.diff(edges), align="edge", **style)
        axes.set(xlabel="squared norm of an example's gradient", ylabel="examples", yscale="symlog", ylim=(0, 1.3 * max(counts.max(), 1)))
        from matplotlib.ticker import FuncFormatter, MaxNLocator

        axes.xaxis.set(major_locator=MaxNLocator(6, integer=True), major_formatter=FuncFormatter(lambda v, _: f"$10^{{{v:.0f}}}$"))
        axes.yaxis.set_major_formatter("{x:g}")

    share = np.sort(norms)[::-1]
    top = share[: max(1, len(share) // 20)].sum() / share.sum() if share.sum() else 0.0
    words = f"{len(norms):,} training examples: from {share[-1]:.2g} to {share[0]:.2g}, median {np.median(norms):.2g}."
    part = "more than 99%" if 0.995 <= top < 1 else f"{top:.0%}"
    return Panel("Gradient norms", f"{words} The largest 5% make up {part} of the sum.", draw)


def largest_points(data: Data, norms: Any) -> Panel:
    """The training points with the largest gradients, among the others."""
    import numpy as np

    first = np.argsort(norms)[::-1][:SHOWN]

    def draw(axes: Any) -> None:
        plot_classes(axes, data.X, data.t, data.classes, markersize=3.2)
        axes.plot(*data.X[first].T, "o", color="none", markeredgecolor=SENTINELS["ink"], markersize=8, markeredgewidth=1.2)
        axes.set(xlabel="$x_1$", ylabel="$x_2$")
        equal_lengths(axes, data.X)

    words = f"The {SHOWN} training points with the largest gradients, in rings: they lie where the model is least right."
    return Panel("Where the largest are", words, draw)


# --- figures of the pages ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def trained(model: str, name: str, seed: int = 0, **changes: Any) -> tuple[Classifier, History, Data]:
    """A model trained with the shipped settings, or with some of them changed."""
    data, settings = load_data(name), replace(settings_of(model, name), **changes)
    made = new_model(settings, data, seed)
    return made, fit(made, data, settings), data


def _row(name: str, model: Classifier, history: History) -> tuple[Any, ...]:
    step, loss, accuracy, held_loss, held_accuracy = history.looks[-1]
    return name, f"{step:.0f}", f"{loss:.4f}", f"{accuracy:.1%}", f"{held_loss:.4f}", f"{held_accuracy:.1%}"


HEAD = ("steps", "loss", "accuracy", "validation loss", "validation accuracy")
COMMON = "the most common class"  # what is right without looking at any feature


def boundaries(kind: str) -> Figure:
    """Where a model decides on moons and on circles."""
    rows, panels = [], []
    for name in ("moons", "circles"):
        model, history, data = trained(kind, name)
        rows.append((*_row(name, model, history), f"{data.baseline:.1%}"))
        panels.append(boundary(model, data, f"{data.title}: {history.looks[-1][4]:.1%} of the validation data"))
    what = {"logistic": "Logistic regression: one straight line", "mlp": "The multi-layer perceptron"}[kind]
    about = "Dots and triangles are the two classes; rings mark points on the wrong side, if they are few; dashed: 90% sure of a class."
    return Figure(what, about, ("data", *HEAD, COMMON), tuple(rows), tuple(panels))


def training_curves(kind: str) -> Figure:
    """Loss and accuracy of a model on the moons."""
    _, history, data = trained(kind, "moons")
    rows = tuple((f"{row[0]:.0f}", *(f"{v:.4f}" for v in row[1:])) for row in history.looks)
    about = f"{data.title}: {settings_of(kind, 'moons')}."
    what = {"logistic": "How logistic regression learns", "mlp": "How the perceptron learns"}[kind]
    return Figure(what, about, ("step", *HEAD[1:]), rows, curves(history, data.baseline))


def learning_rates() -> Figure:
    """The loss of logistic regression on the moons at rates below, at and far beyond 1/L."""
    data = load_data("moons")
    L, steps = smoothness(data.X), 40
    series, rows = {}, []
    for times in (0.1, 1.0, 1.9, 12.0):
        history = LogisticRegression(2).fit(data.X, data.t, rate=times / L, momentum=0.0, steps=steps)
        name = f"{times:g}/L"
        series[name] = history.loss
        rows.append((name, f"{times / L:.3f}", "yes" if history.is_monotone else "no", f"{history.loss[-1]:.4f}"))
    words = "; ".join(f"{row[0]}: {'always falling' if row[2] == 'yes' else 'up and down'}, at last {row[3]}" for row in rows)
    draw = against(range(steps + 1), series, "step", "mean loss", is_log=True)
    panel = Panel(f"Rates on the moons, 1/L = {1 / L:.2f}", words + ".", draw)
    about = "L is the largest curvature of the loss. Up to 2/L no step can make the loss larger; beyond, it may."
    head = ("rate", "in numbers", "always falling", f"loss after {steps} steps")
    return Figure("What the learning rate does", about, head, tuple(rows), (panel,))


def architectures() -> Figure:
    """What width, depth and activation do on the moons: the median over some seeds."""
    import numpy as np

    data, seeds, steps = load_data("moons"), range(3), 300
    choices = [
        *(("width", (width,), "tanh") for width in (1, 2, 4, 16)),
        *(("depth", (16,) * depth, "tanh") for depth in (1, 2, 3)),
        *(("activation", (16,), activation) for activation in ("sigmoid", "relu", "tanh")),
    ]
    found: dict[tuple[tuple[int, ...], str], list[float]] = {}
    common = data.t.mean()
    entropy = -common * np.log(common) - (1 - common) * np.log(1 - common)
    rows: list[tuple[Any, ...]] = [("baseline", "none", "", 0, f"{entropy:.4f}", *[f"{data.baseline:.1%}"] * 2)]
    for what, hidden, activation in choices:
        if (hidden, activation) not in found:
            ends = []
            for seed in seeds:
                with one_thread():
                    model = MLPClassifier(2, hidden, activation, rng=seed)
                    model.fit(data.X, data.t, rate=0.5, momentum=0.9, steps=steps)
                ends.append((model.loss(data.X, data.t), model.score(data.X_validation, data.t_validation)))
            found[hidden, activation] = [*np.median(ends, axis=0), min(end[1] for end in ends)]
        loss, accuracy, worst = found[hidden, activation]
        parameters = sum(v.size for v in MLPClassifier(2, hidden, activation).net.values.values())
        rows.append((what, ", ".join(map(str, hidden)), activation, parameters, f"{loss:.4f}", f"{accuracy:.1%}", f"{worst:.1%}"))
    about = (
        f"Two moons, rate 0.5, momentum 0.9, {steps} steps: the median of {len(seeds)} seeds, and the worst of them. The baseline names "
        "the most common class."
    )
    head = ("varied", "hidden", "activation", "parameters", "loss", "validation accuracy", "of the worst seed")
    return Figure("Width, depth, activation", about, head, tuple(rows))


def shipped(names: Sequence[str] = ("moons", "circles", "breast_cancer", "digits")) -> Figure:
    """The trained models that come with the site, in one table."""
    rows = []
    for kind in ("logistic", "mlp"):
        for name in names:
            model, history, data = trained(kind, name)
            rows.append((data.title, MODELS[kind], *_row("", model, history)[2:], f"{data.baseline:.1%}"))
    head = ("data", "model", *HEAD[1:], COMMON)
    about = "Trained when the site was built."
    return Figure("The models of this site", about, head, tuple(rows))


FIGURES: dict[str, Callable[[], Figure]] = {
    "logistic_boundaries": lambda: boundaries("logistic"),
    "mlp_boundaries": lambda: boundaries("mlp"),
    "logistic_curves": lambda: training_curves("logistic"),
    "training_curves": lambda: training_curves("mlp"),
    "learning_rates": learning_rates,
    "architectures": architectures,
    "shipped_models": shipped,
}
