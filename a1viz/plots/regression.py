"""Figures of question 1: paths of gradient descent, what noise leaves, double descent."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.large import is_large
from .figure import SENTINELS, STYLES, Figure, Numbers, Panel

if TYPE_CHECKING:
    from ..regression import Descent, DoubleDescent, Fit, NoiseTable

MARKS = 9  # markers along a line
SHOWN = 2000  # examples of a large file, or a few less
STEPS_DRAWN = 60  # of a path
STARTS = ((0, 0), (3, -1), (-1, 2), (3, 3))  # of the paths to a line of minimisers


# --- what the panels are made of --------------------------------------------------------------------------------------------------


def curve(axes: Any, x: Numbers, y: Numbers, style: int, name: str, marks: int = MARKS, **more: Any) -> None:
    """A line with a name for the legend, told apart by dash and by a few markers."""
    role, dash, marker = STYLES[style]
    every = max(1, math.ceil(len(x) / marks)) if marks else 1
    drawn: dict[str, Any] = {"color": SENTINELS[role], "linestyle": dash, "linewidth": 1.6, "label": name, "markersize": 4.5}
    drawn["zorder"] = 3 - style / 10
    drawn |= {"marker": marker, "markevery": (every * style // (2 * len(STYLES)), every)} if marks else {}
    axes.plot(x, y, **{**drawn, **more})


def band(axes: Any, x: Numbers, low: Numbers, high: Numbers, style: int) -> None:
    axes.fill_between(x, low, high, color=SENTINELS[STYLES[style][0]], alpha=0.18, linewidth=0)


def dressed(axes: Any, legend: str = "best", **settings: Any) -> None:
    """The grid, the legend and the words of the axes, the same in every panel."""
    axes.grid(color=SENTINELS["rule"], linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set(**settings)
    if legend:
        axes.legend(loc="upper left")  # which moves below the axes, where it hides nothing


def number(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:.5g}"


# --- gradient descent -----------------------------------------------------------------------------------------------------------


def descent_paths() -> Figure:
    """Question 1.3.1 and 1.3.2: one example, two weights; from several starts to the line of minimisers."""
    from ..regression import descend

    starts = {f"from ({u}, {v})".replace("-", "−"): (u, v) for u, v in STARTS}
    found = {name: descend([[1, 1]], [3], start, step=0.08, keep_path=True) for name, start in starts.items()}
    ends = "; ".join("{} to ({:g}, {:g})".format(name, *(d.weights.round(3) + 0.0)) for name, d in found.items())
    words = f"One example and two weights have a whole line of minimisers, w1 + w2 = 3. Gradient descent goes straight to it: {ends}."
    rows = tuple((*(number(float(v)) for v in (*d.start, *d.weights, *d.limit)), d.steps) for d in found.values())
    head = ("start w1", "start w2", "end w1", "end w2", "closed form w1", "closed form w2", "steps")
    return Figure("Gradient descent to a line of minimisers", words, head, rows, (Panel("Paths over the loss", words, contours(found)),))


def descent_steps() -> Figure:
    """Question 1.2.1: the same problem with step sizes below, at and above the limit."""
    from ..regression import descend, fit

    X, t = valley()
    limit = fit(X, t).step_limit
    shares = (0.1, 0.5, 0.95, 1.0, 1.02)
    found = {f"{share:g} of the limit": descend(X, t, [-2.0, 2.0], share * limit, steps=200, keep_path=True) for share in shares}
    words = "The distance to the closed form, step by step: " + "; ".join(f"{name}: {d.status}" for name, d in found.items()) + "."

    def draw(axes: Any) -> None:
        for k, (name, d) in enumerate(found.items()):
            curve(axes, range(d.steps + 1), d.distances, k, name, marks=6)
        dressed(axes, "lower left", xlabel="steps", ylabel="distance", yscale="log", ylim=(1e-9, 1e3))

    some = {name: found[name] for name in ("0.1 of the limit", "0.95 of the limit")}
    short, near = (d.distances[: STEPS_DRAWN + 1] for d in some.values())
    steps = (
        f"The first {STEPS_DRAWN} steps, from a distance of {short[0]:.2g}. The short step walks down the valley and is {short[-1]:.2g} "
        f"away at their end; the one near the limit bounces from wall to wall and is {near[-1]:.2g} away."
    )
    rows = tuple((name, number(d.step), d.status, number(d.worst), d.steps, number(d.distances[-1])) for name, d in found.items())
    panels = (Panel("Distance to the closed form", words, draw), Panel("Two of the paths", steps, contours(some, (0, 2))))
    head = ("step", "size", "verdict", "factor", "steps", "distance")
    return Figure("Step sizes below and above the limit", f"{words} {steps}", head, rows, panels)


def valley() -> tuple[Any, Any]:
    """Eight examples whose two features are alike: a valley four times as long as it is wide."""
    import numpy as np

    rng = np.random.default_rng(3)
    both, apart = rng.standard_normal((2, 8))
    return np.column_stack([both + 0.3 * apart, both - 0.3 * apart]), 1.5 * both + rng.standard_normal(8) * 0.2


def contours(found: Mapping[str, Descent], styles: Sequence[int] = range(len(STYLES))) -> Callable[[Any], None]:
    """The loss over two weights, its minimisers, and paths, each in its style; equal lengths on both axes."""
    import numpy as np

    fit = next(iter(found.values())).fit
    paths = [d.path for d in found.values()]
    points = np.concatenate([*paths, fit.weights[None]])
    points = points[np.abs(points).max(axis=1) < 1e3]
    middle, reach = (points.max(0) + points.min(0)) / 2, 0.62 * max(np.ptp(points, axis=0).max(), 1e-3) + 1e-9

    def draw(axes: Any) -> None:
        box = axes.get_window_extent()
        wide = reach * box.width / box.height  # equal lengths on both axes
        u, v = np.linspace(middle[0] - wide, middle[0] + wide, 121), np.linspace(middle[1] - reach, middle[1] + reach, 91)
        at = np.stack(np.meshgrid(u, v), -1)
        loss = np.mean((at @ fit.X.T - fit.t) ** 2, axis=-1)
        least = fit.loss
        levels = least + (loss.max() - least) * np.linspace(0.06, 1, 9)[:-1] ** 2
        if (np.diff(levels) > 0).all():  # a loss that is the same everywhere has none
            axes.contour(u, v, loss, levels=levels, colors=SENTINELS["muted"], linewidths=0.7)
        if fit.rank == 1:
            ends = fit.weights + np.outer([-9 * wide, 9 * wide], fit.null_space[0])
            axes.plot(*ends.T, color=SENTINELS["ink"], linewidth=2.2, label="minimisers")
        elif fit.rank == 2:
            star = {"marker": "*", "markersize": 11, "linestyle": "none", "zorder": 4}
            axes.plot(*fit.weights[:, None], color=SENTINELS["ink"], label="closed form", **star)
        for k, name, path in zip(styles, found, paths, strict=False):
            assert path is not None, "the descents were asked for their paths"
            x, y = path[: STEPS_DRAWN + 1].T
            curve(axes, x, y, k, name, marks=0, marker=STYLES[k][2], markersize=3.2, linewidth=1)
        dressed(axes, "lower left", xlabel="$w_1$", ylabel="$w_2$", xlim=(u[0], u[-1]), ylim=(v[0], v[-1]), aspect="equal", anchor="W")

    return draw


def descent_figure(found: Descent) -> Figure:
    """One descent: the loss and the distance by step; with two weights its path."""
    words = f"{found.status}: {found.why}."

    def draw(axes: Any) -> None:
        steps = range(found.steps + 1)
        curve(axes, steps, found.losses, 1, "loss")
        curve(axes, steps, found.distances, 0, "distance to the closed form")
        dressed(axes, xlabel="steps", yscale="log" if (found.losses > 0).all() and (found.distances > 0).all() else "linear")

    panels = [Panel("Step by step", words, draw)]
    if found.path is not None and found.fit.d == 2:
        panels.append(Panel("Path over the loss", words, contours({"descent": found})))
    rows = tuple((k, number(a), number(b)) for k, (a, b) in enumerate(zip(found.losses, found.distances, strict=True)))
    return Figure("Gradient descent", words, ("step", "loss", "distance"), rows, tuple(panels))


def fit_figure(found: Fit) -> Figure:
    """A fit: each label against its prediction."""
    every = -(-found.n // SHOWN) if is_large(found.X) else 1
    X, t = np.asarray(found.X[::every]), np.asarray(found.t[::every])
    of = f"{len(t)} of {found.n}" if every > 1 else str(found.n)
    words = f"Predictions against labels of {of} examples; training error {found.loss:.4g}."
    predicted = X @ found.weights

    def draw(axes: Any) -> None:
        ends = [min(t.min(), predicted.min()), max(t.max(), predicted.max())]
        axes.plot(ends, ends, color=SENTINELS["muted"], linestyle=":", label="prediction = label")
        axes.plot(t, predicted, color=SENTINELS["forward"], marker="o", markersize=5, linestyle="none", label="examples")
        dressed(axes, xlabel="label", ylabel="prediction")

    rows = tuple((number(float(a)), number(float(b))) for a, b in zip(t, predicted, strict=True))
    return Figure("Linear regression", words, ("label", "prediction"), rows, (Panel("Predictions", words, draw),))


# --- noise ----------------------------------------------------------------------------------------------------------------------


def noise_by_weights() -> Figure:
    """Questions 1.2.2 and 1.3.3: the training error against the number of weights, for two shapes of noise."""
    from ..regression import training_errors

    weights = (1, 4, 8, 12, 16, 20, 24, 28, 32, 36, 38, 40, 44, 50)
    return noise_figure(training_errors(40, weights, 1.0, ("normal", "exponential"), repeats=250))


def noise_figure(found: NoiseTable) -> Figure:
    """Training errors by d or by n, whichever has more values, with two standard errors either way, and the expectation."""
    by = max(("d", "n", "sigma"), key=lambda name: len({getattr(row, name) for row in found.rows}))
    groups: dict[str, list[Any]] = {}
    for row in found.rows:
        others = [f"{sign} = {getattr(row, name):g}" for name, sign in (("n", "n"), ("d", "d"), ("sigma", "σ")) if name != by]
        groups.setdefault(", ".join([*others, f"{row.noise} noise"]), []).append(row)
    shown = dict(list(groups.items())[: len(STYLES) - 1])
    off = f"the largest deviation from theory is {found.worst:.2g} standard errors"
    words = f"Means of {found.rows[0].repeats} training errors with two standard errors either way; {off}."

    def draw(axes: Any) -> None:
        for k, (name, rows) in enumerate(shown.items()):
            x, mean = [getattr(r, by) for r in rows], [r.mean for r in rows]
            role, _, marker = STYLES[k]
            bars = {"yerr": [2 * r.standard_error for r in rows], "ecolor": SENTINELS[role], "capsize": 2.5, "elinewidth": 1}
            axes.errorbar(x, mean, color=SENTINELS[role], marker=marker, markersize=4, linestyle="none", label=name, **bars)
            axes.plot(x, [r.expected for r in rows], color=SENTINELS["ink"], linewidth=0.9, label="theory" if not k else None)
        axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
        dressed(axes, xlabel={"d": "weights $d$", "n": "examples $n$", "sigma": r"$\sigma$"}[by], ylabel="training error")

    rows = tuple(
        (r.n, r.d, number(r.sigma), r.noise, r.repeats, number(r.mean), number(r.standard_error), number(r.expected), f"{r.deviation:.2f}")
        for r in found.rows
    )
    head = ("n", "d", "sigma", "noise", "repeats", "mean", "standard error", "expected", "deviation in standard errors")
    return Figure("Training error under noise", words, head, rows, (Panel("Training error", words, draw),))


# --- double descent ---------------------------------------------------------------------------------------------------------------


def double_descent() -> Figure:
    """Question 1.3.5: test and training error against the number of examples."""
    from ..regression import double_descent

    return double_figure(double_descent())


def double_figure(found: DoubleDescent) -> Figure:
    """Median, range of most repeats and exact expectation of the test error; and the training error."""
    import numpy as np

    from ..regression import expected_training_error

    x, expected = found.sizes, np.where(np.isfinite(found.expected), found.expected, np.nan)
    what = f"d = {found.d} features, sigma = {found.sigma:g}, {found.repeats} repeats"
    words = f"Test error by the number n of examples, {what}; it peaks at n = {found.peak}. {found.pair or ''}".rstrip()

    def draw(axes: Any) -> None:
        band(axes, x, found.quantile(0.1), found.quantile(0.9), 0)
        curve(axes, x, found.median, 0, "median")
        curve(axes, x, expected, 2, "expectation, exact", marks=0)
        curve(axes, x, found.mean, 1, "mean", linestyle="none", marks=40, markersize=3)
        axes.axvline(found.d, color=SENTINELS["muted"], linewidth=0.9, linestyle=":")
        for at, error, name in [(p.n1, p.error1, "$n_1$"), (p.n2, p.error2, "$n_2$")] if (p := found.pair) else []:
            axes.plot([at], [error], color=SENTINELS["ink"], marker="o", markersize=9, markerfacecolor="none", linestyle="none", zorder=4)
            axes.annotate(name, (at, error), xytext=(-13, 6), textcoords="offset points", color=SENTINELS["ink"])
        low, high = found.quantile(0.1).min(), found.median.max() * 3
        limits = (max(low / 1.5, high * 1e-9, 1e-300), max(high, 1e-299))
        scaled = {"yscale": "log", "ylim": limits} if found.test.any() else {}
        dressed(axes, "upper right", xlabel="examples $n$", ylabel="test error", **scaled)

    less = "The training error is 0 up to n = d; beyond, it rises towards the variance of the noise."

    def draw_training(axes: Any) -> None:
        curve(axes, x, [expected_training_error(n, found.d, found.sigma) for n in x], 2, "expectation, exact", marks=0)
        curve(axes, x, found.training.mean(axis=1), 1, "mean", linestyle="none", marks=40, markersize=3)
        axes.axhline(found.sigma**2, color=SENTINELS["muted"], linewidth=0.9, linestyle=(0, (6, 2, 1, 2)), label=r"$\sigma^2$")
        dressed(axes, "lower right", xlabel="examples $n$", ylabel="training error")

    from ..regression.interpolation_peak import HEAD

    rows = tuple((n, *map(number, cells)) for n, *cells in found.rows)
    panels = (Panel("Test error by the number of examples", words, draw), Panel("Training error", less, draw_training))
    return Figure("Sample-wise double descent", words, HEAD, rows, panels)


FIGURES: dict[str, Callable[[], Figure]] = {
    "descent_paths": descent_paths,
    "descent_steps": descent_steps,
    "noise_by_weights": noise_by_weights,
    "double_descent": double_descent,
}
