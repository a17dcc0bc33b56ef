"""Lines of a plot and the names at their ends, each in its line's colour. What a role is as a line stands in `figure.STYLES`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from .figure import SENTINELS, STYLES, Numbers
from .panel_sizes import POINTS

INKS = {"backward": "gradient-ink"}  # the role of words about a line, where its own is too light for them
LINE = 1.2  # heights of the letters from one name to the next
NEAR, FAR = 7, 17  # points from the end of a line to its name, without and with leaders
MOVED = 0.4  # heights of the letters: a name as far from its line's end has a leader


def words_role(role: str) -> str:
    """The role of the words about a line or a point of that role: the same hue, dark enough to read.

    >>> words_role("backward"), words_role("forward")
    ('gradient-ink', 'forward')
    """
    return INKS.get(role, role)


def lines(axes: Any, x: Numbers, series: Mapping[str, Numbers], **labels: str) -> None:
    """A line a series, each told apart by dash and marker; `name_ends` writes their names."""
    for (name, y), (role, dash, marker) in zip(series.items(), STYLES, strict=False):
        axes.plot(x, y, color=SENTINELS[role], linestyle=dash, marker=marker, markersize=5, linewidth=1.6, label=name)
    axes.grid(color=SENTINELS["rule"], linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set(**labels)


def name_ends(axes: Any, x: Numbers, series: Mapping[str, Numbers]) -> None:
    """The name of each line right of the axes, which make room, at its end or led to it. Comes last: it needs the limits of the axes."""
    low, high = axes.transScale.transform([(x[-1], limit) for limit in axes.get_ylim()])[:, 1]
    ends = {name: float((axes.transScale.transform((x[-1], y[-1]))[1] - low) / (high - low)) for name, y in series.items()}
    ends = {name: end for name, end in ends.items() if math.isfinite(end)}
    wide, letters, high = measured(axes, ends)
    places = apart(ends, LINE * letters / high)
    has_leaders = any(abs(places[name] - ends[name]) * high > MOVED * letters for name in ends)
    gap = FAR if has_leaders else NEAR
    box, canvas = axes.get_position(), axes.figure
    right = min(box.x1, 1 - (wide + gap + 3) / (canvas.get_figwidth() * POINTS))
    axes.set_position((box.x0, box.y0, right - box.x0, box.height))
    axes.set_xlim(right=x[-1])
    for line in axes.lines:  # whose last mark is on the edge
        line.set_clip_on(not all(low_y <= y <= high_y for low_y, high_y in [axes.get_ylim()] for y in line.get_ydata()))
    for k, (name, y) in enumerate(series.items()):
        if name in ends:
            role = words_role(STYLES[k % len(STYLES)][0])
            shift = (places[name] - ends[name]) * high
            leader = {"arrowstyle": "-", "color": SENTINELS[role], "linewidth": 0.8, "shrinkA": 1, "shrinkB": 4}
            near = {"xytext": (gap, shift), "textcoords": "offset points", "va": "center", "annotation_clip": False}
            axes.annotate(name, (x[-1], y[-1]), color=SENTINELS[role], **near, **({"arrowprops": leader} if has_leaders else {}))


def measured(axes: Any, names: Mapping[str, float]) -> tuple[float, float, float]:
    """The width of the longest name, the height of the letters, and the height of the axes, in points."""
    canvas = axes.figure
    texts = [canvas.text(0, 0, name) for name in names]
    widths = [text.get_window_extent().width / canvas.dpi * POINTS for text in texts]
    letters = texts[0].get_fontsize() if texts else 1.0
    for text in texts:
        text.remove()
    return max(widths, default=0.0), letters, axes.get_position().height * canvas.get_figheight() * POINTS


def apart(ends: Mapping[str, float], step: float) -> dict[str, float]:
    """Heights a step apart or more, in the order of the ends and near them: neighbours that would touch share the way.

    >>> {name: round(y, 2) for name, y in apart({"a": 0.5, "b": 0.5, "c": 0.9}, 0.1).items()}
    {'a': 0.45, 'b': 0.55, 'c': 0.9}
    """
    groups: list[tuple[float, list[str]]] = []  # each a middle and its names
    for name in sorted(ends, key=ends.__getitem__):
        middle, names = ends[name], [name]
        while groups and middle - groups[-1][0] < step * (len(names) + len(groups[-1][1])) / 2:
            names = groups.pop()[1] + names
            middle = sum(ends[n] for n in names) / len(names)
        groups.append((middle, names))
    return {name: middle + step * (k - (len(names) - 1) / 2) for middle, names in groups for k, name in enumerate(names)}


def log_log(axes: Any, x: Numbers) -> None:
    """Both axes logarithmic; x is ticked at its own values, as many of them as have room."""
    from matplotlib.ticker import FixedLocator, NullFormatter

    axes.set(xscale="log", yscale="log", xlim=(min(x) * (x[0] / x[-1]) ** 0.03, max(x)))
    ticks = [x[-1]]
    for size in x[::-1]:
        if ticks[-1] / size >= (x[-1] / x[0]) ** 0.16:
            ticks.append(size)
    axes.xaxis.set(major_locator=FixedLocator(ticks), major_formatter="{x:,g}", minor_formatter=NullFormatter())
    axes.xaxis.set_tick_params(which="minor", bottom=False)
    axes.yaxis.set_tick_params(which="minor", left=False)


def span(values: Numbers, unit: str) -> str:
    return f"from {values[0]:.3g} to {values[-1]:.3g} {unit}"


def log_plot(x: Numbers, series: Mapping[str, Numbers], **labels: str) -> Callable[[Any], None]:
    def draw(axes: Any) -> None:
        lines(axes, x, series, **labels)
        log_log(axes, x)
        name_ends(axes, x, series)

    return draw
