"""Numbers along the axes of a plot."""

from __future__ import annotations

import pytest

from a1viz.plots.ticks import plain_ticks


@pytest.mark.parametrize("low", [0.012, 0.11, 3.0])
def test_a_short_logarithmic_axis_has_several_plain_numbers(low):
    figure = pytest.importorskip("matplotlib.figure").Figure()
    axes = figure.add_subplot()
    axes.set(yscale="log", ylim=(low, 60 * low))
    plain_ticks(axes)
    shown = [axes.yaxis.get_major_formatter()(value) for value in axes.yaxis.get_majorticklocs() if low <= value <= 60 * low]
    assert len(shown) >= 4 and all(text and "$" not in text for text in shown)
