"""The words of every plot: none lies on another, none leaves its panel, none is smaller than .8 of the text around it."""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from a1viz.plots import FIGURES, Panel
from a1viz.plots.digit_pictures import digits
from a1viz.plots.figure import RC, laid_out, svg
from a1viz.plots.kernels import MIRRORS, REGIONS, winners
from a1viz.plots.panel_sizes import ALONE, BESIDE, NARROW, SCREEN, PanelSize, columns_of
from a1viz.plots.series import lines, name_ends
from a1viz.plots.ticks import tick_text

LETTERS = 16  # pixels of the text of a page
COLUMN, GAP, PHONE = 688, 16, 358  # pixels: of a page on a screen of 1280 and between two panels, and of a page on one of 390
TOUCH = 1.0  # points by which boxes of words may meet: they have air around their letters


def words_of(panel: Panel, size: PanelSize) -> tuple[list[tuple[str, tuple[float, ...]]], tuple[float, float]]:
    """The words of a panel, each with its box in points, and the panel's sides."""
    from matplotlib import style
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    with style.context(["default", {**RC, "font.size": size.text, "axes.titlesize": 1.05 * size.text, "figure.dpi": 72}]):
        canvas = Figure(figsize=(size.width, size.height))
        laid_out(canvas, panel, size)
        canvas.draw_without_rendering()
        (axes,) = canvas.axes
        ticks = []
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            ticks += [] if not axes.axison else [t.label1 for t in axis.get_major_ticks() if low <= t.get_loc() <= high]
        legend = axes.get_legend()
        others = [axes.title, axes._left_title, axes.xaxis.label, axes.yaxis.label, *axes.texts, *(legend.get_texts() if legend else ())]
        shown = [t for t in (*ticks, *others) if isinstance(t, Text) and t.get_visible() and t.get_text().strip()]
        boxes = [(t.get_text(), tuple(Text.get_window_extent(t).extents)) for t in shown]
        return boxes, (float(canvas.bbox.width), float(canvas.bbox.height))


def faults(panel: Panel, size: PanelSize) -> list[str]:
    """What is wrong with the words of a panel."""
    boxes, (width, height) = words_of(panel, size)
    found = [f"{name!r} is outside" for name, (a, b, c, d) in boxes if a < -TOUCH or b < -TOUCH or c > width + TOUCH or d > height + TOUCH]
    for (one, (a, b, c, d)), (two, (p, q, r, s)) in combinations(boxes, 2):
        if min(c, r) - max(a, p) > TOUCH and min(d, s) - max(b, q) > TOUCH:
            found.append(f"{one!r} lies on {two!r}")
    return found


QUICK = ("descent_steps", "row_space", "contraction_map", "network_growth", "pruned_sizes", "kernel_costs")


@pytest.mark.parametrize("name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.prove) for name in FIGURES])
def test_no_word_of_a_figure_lies_on_another_or_leaves_its_panel(name):
    panels = FIGURES[name]().panels
    size = NARROW if columns_of(len(panels)) == 3 else SCREEN
    assert not [fault for panel in panels for fault in faults(panel, size)]


@pytest.mark.prove
@pytest.mark.parametrize("name", FIGURES)
def test_nor_does_one_on_paper(name):
    panels = FIGURES[name]().panels
    assert not [fault for panel in panels for fault in faults(panel, ALONE if len(panels) == 1 else BESIDE)]


def test_words_that_meet_or_leave_are_found():
    def draw(axes):
        axes.text(0.5, 0.5, "one")
        axes.text(0.52, 0.5, "two")
        axes.annotate("three", (0.99, 2.0), annotation_clip=False)
        axes.set(xlim=(0, 1), ylim=(0, 1))

    assert faults(Panel("Title", "", draw), SCREEN) == ["'three' is outside", "'one' lies on 'two'"]


def test_letters_are_as_large_as_the_page_wants_on_every_screen():
    for columns, size in ((1, SCREEN), (2, SCREEN), (3, NARROW)):
        for column in (COLUMN, PHONE):
            beside = columns if column == COLUMN else 1
            shown = min((column - (beside - 1) * GAP) / beside, size.width * 96)
            assert size.text * 4 / 3 * shown / (size.width * 96) >= 0.8 * LETTERS


def test_names_of_lines_that_end_together_are_apart_and_led_to():
    series = {f"line {k}": [k, 5.0] for k in range(5)}

    def draw(axes):
        lines(axes, [1, 2], series)
        name_ends(axes, [1, 2], series)

    assert not faults(Panel("Five", "", draw), SCREEN)


def test_long_titles_and_many_names_have_room():
    def draw(axes):
        for k in range(9):
            axes.plot([0, 1e-7], [0, 1e9 * k], label=f"the {k}-th of nine lines")
        axes.set(xlabel="a name", ylabel="another")
        axes.legend(loc="upper left")

    assert not faults(Panel("A title that is much longer than the panel that it stands above is wide", "", draw), SCREEN)


@pytest.mark.parametrize("O", [1, 10, 100])
def test_the_name_of_a_region_crosses_none_of_its_borders(O):
    from matplotlib import style
    from matplotlib.figure import Figure

    panel = FIGURES["contraction_map"]().panels[(1, 10, 100).index(O)]
    with style.context(["default", {**RC, "font.size": NARROW.text, "figure.dpi": 72}]):
        canvas = Figure(figsize=(NARROW.width, NARROW.height))
        laid_out(canvas, panel, NARROW)
        (axes,) = canvas.axes
        boxes = {t.get_text(): axes.transData.inverted().transform(t.get_window_extent().get_points()) for t in axes.texts}
    named = {name: box for name, box in boxes.items() if name in REGIONS}
    assert len(named) == 2
    for name, box in named.items():
        (Y0, P0), (Y1, P1) = box.round().astype(int).tolist()
        orders = [winners(O, Y, P)[0] for Y in range(Y0, Y1, max(1, Y0 // 9)) for P in range(P0, P1, max(1, P0 // 9))]
        assert {MIRRORS.get(order, order) for order in orders} == {name}


@pytest.mark.parametrize("name", QUICK)
def test_words_are_text_in_a_page_and_outlines_elsewhere(name):
    for panel in FIGURES[name]().panels:
        alone, in_page = svg(panel, "a1-x"), svg(panel, "a1-x", is_in_page=True)
        assert "<text" not in alone and "DejaVu" not in in_page and len(in_page) < len(alone)
        said = [re.sub("<.*?>", "", text) for text in re.findall(r"<text.*?</text>", in_page, re.DOTALL)]
        assert panel.title in " ".join(said)


def test_powers_are_raised_and_letters_of_formulas_are_slanted():
    def draw(axes):
        axes.set(xlabel="width $D$", ylabel="$w_1$", xlim=(1, 1e9), xscale="log")

    drawn = svg(Panel("Labels", "", draw), "a1-x", is_in_page=True)
    assert re.search(r'<tspan dy="0"[^>]*>width </tspan><tspan dy="0" style="font-style: italic[^>]*>D</tspan>', drawn)
    assert re.search(r'>10</tspan><tspan dy="-5[^>]*>2</tspan>', drawn) and re.search(r'>w</tspan><tspan dy="1[^>]*>1</tspan>', drawn)


def test_digits_are_grey_and_have_their_words_below():
    assert not faults(Panel("Digits", "", digits([([k % 17 for k in range(64)], "another digit")] * 8)), SCREEN)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1000, "1,000"),
        (-0.5, "−0.5"),
        (1e6, "$10^{6}$"),
        (2.5e-7, r"$2.5 \cdot 10^{-7}$"),
        (1 / 3, "0.333333"),
        (0.1 + 0.2, "0.3"),
    ],
)
def test_numbers_beside_ticks_are_plain_where_plain_is_short(value, text):
    assert tick_text(value) == text
