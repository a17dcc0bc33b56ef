"""The picture of question 1.3.2: its numbers add up, and a right angle looks like one on a screen and on paper."""

from __future__ import annotations

import numpy as np
import pytest

from a1viz.plots.panel_sizes import ALONE, BESIDE, SCREEN
from a1viz.plots.row_space import row_space


def test_the_start_is_the_sum_of_its_parts_and_only_one_of_them_stays():
    for row in row_space().rows:
        start, in_rows, in_null, least, end = (np.array(cell.replace("−", "-").strip("()").split(", "), float) for cell in row)
        assert (in_rows + in_null == start).all() and (least + in_null == end).all()
        assert in_rows @ in_null == 0 == in_null @ least


@pytest.mark.parametrize("size", [SCREEN, ALONE, BESIDE], ids=["screen", "alone", "beside"])
def test_equal_lengths_are_equally_long_on_both_axes(size):
    from matplotlib.figure import Figure

    axes = Figure(figsize=(size.width, size.height)).add_axes(size.axes)
    row_space().panels[0].draw(axes)
    (left, bottom), (right, top) = axes.transData.transform([(0, 0), (1, 1)])
    assert right - left == pytest.approx(top - bottom)
