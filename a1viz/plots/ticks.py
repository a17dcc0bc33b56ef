"""Numbers along the axes of a plot, as one would write them: 1,000 where 10³ saves nothing, and never an offset."""

from __future__ import annotations

from typing import Any

PLAIN = (1e-4, 2e5)  # a logarithmic axis within is ticked by plain numbers, another one by powers of ten
APART = 0.6  # heights of the letters: from one number along the x axis to the next, at least
FEW = 2  # powers of ten along an axis: so few are ticked in between as well


def tick_text(value: float) -> str:
    """A number beside a tick.

    >>> tick_text(1000), tick_text(-0.25), tick_text(0.1 + 0.2), tick_text(3e9)
    ('1,000', '−0.25', '0.3', '$3 \\\\cdot 10^{9}$')
    """
    if value == 0 or PLAIN[0] <= abs(value) < 1e6:
        return f"{value:,.6f}".rstrip("0").rstrip(".").replace("-", "−")
    digits, _, exponent = f"{value:.3e}".partition("e")
    digits = digits.rstrip("0").rstrip(".")
    return rf"${digits} \cdot 10^{{{int(exponent)}}}$" if digits != "1" else f"$10^{{{int(exponent)}}}$"


def plain_ticks(axes: Any) -> None:
    """Write plain numbers along both axes, where the panel has not said how."""
    from matplotlib.ticker import FuncFormatter, LogFormatter, LogLocator, NullFormatter, ScalarFormatter

    for axis in (axes.xaxis, axes.yaxis):
        formatter, (low, high) = axis.get_major_formatter(), sorted(axis.get_view_interval())
        if isinstance(formatter, LogFormatter):
            is_short = low > 0 and high < low * 10**FEW
            if is_short:
                axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.set_minor_formatter(NullFormatter())
            if is_short or (PLAIN[0] <= low and high < PLAIN[1]):
                axis.set_major_formatter(FuncFormatter(lambda value, _: tick_text(value)))
        elif isinstance(formatter, ScalarFormatter) and high - low > 1e-4 * max(abs(low), abs(high)):
            axis.set_major_formatter(FuncFormatter(lambda value, _: tick_text(value)))


def spread_ticks(axes: Any) -> None:
    """Fewer numbers along a linear x axis whose numbers would run into one another. Comes last: it needs the width of the axes."""
    from itertools import pairwise

    from matplotlib.ticker import AutoLocator, MaxNLocator

    for bins in (4, 3, 2):
        low, high = sorted(axes.get_xlim())
        labels = [one for one in axes.get_xticklabels() if low <= one.get_position()[0] <= high and one.get_text()]
        boxes = [one.get_window_extent() for one in labels]
        gap = APART * labels[0].get_fontsize() / 72 * axes.figure.dpi if labels else 0
        if type(axes.xaxis.get_major_locator()) not in (AutoLocator, MaxNLocator) or all(b.x0 - a.x1 >= gap for a, b in pairwise(boxes)):
            return
        axes.xaxis.set_major_locator(MaxNLocator(bins, steps=[1, 2, 2.5, 5, 10]))
