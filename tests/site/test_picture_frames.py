"""Pictures in a page: two widths of a large one, and a line where it scrolls."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT

from a1viz.fence import format
from a1viz.pictures.page_widths import PAGE, PAPER, PHONE, letter_height
from a1viz.pictures.sizes import SHAPE
from a1viz.site.picture_frames import natural_width

LEAST = 12.8  # pixels: .8 of the text around it
WIDE = "graph: transformer_block\nview: backward"


def pictures(made: str) -> list[str]:
    return re.findall(r"<svg.*?</svg>", made.partition("<details>")[0], re.S)


def test_a_picture_that_fits_paper_is_there_once():
    made = format("graph: two_layer")
    assert len(pictures(made)) == 1 and "a1viz-narrow" not in made
    assert natural_width(pictures(made)[0]) <= PAPER


def test_a_wide_picture_has_a_narrower_one_for_paper_and_phones():
    made = format("graph: mlp\nview: backward")
    wide, narrow = pictures(made)
    assert PAPER < natural_width(wide) <= PAGE and natural_width(narrow) <= PAPER
    assert letter_height(wide, PAGE) >= LEAST and letter_height(narrow, PAPER) >= LEAST
    assert re.search(r'<div class="a1viz-picture a1viz-narrow"[^>]* hidden>', made)  # without a style sheet only one is seen
    ids = re.findall(r' id="([^"]+)"', made)
    assert len(ids) == len(set(ids))


def test_places_for_any_number_give_way_on_paper_to_the_numbers_that_stand_there():
    *live, paper = pictures(made := format("graph: counting\nview: neurons\nlive: true"))
    assert min(map(natural_width, live)) > 1.2 * PAPER and natural_width(paper) < 1.1 * PAPER
    assert letter_height(paper, PAPER) >= 0.75 * 14 and 'a1viz-on-paper" tabindex="0"' in made
    assert "a1viz-on-paper" not in format("graph: sort2\nview: neurons\nlive: true")


def test_a_width_makes_one_picture_of_that_width():
    made = format(f"{WIDE}\nwidth: 900\ndirection: right")
    assert len(pictures(made)) == 1 and natural_width(pictures(made)[0]) <= 900


def test_each_picture_says_how_wide_it_is_to_the_line_below_it():
    for text in ("graph: two_layer", WIDE, f"graph: gated_network\nwidth: {PHONE}", "graph: merge_sort\nview: wires"):
        made = format(text)
        told = re.findall(r'<p class="a1viz-scrolls[^"]*" style="--a1viz-natural:([\d.]+)px" aria-hidden="true"', made)
        assert [float(width) for width in told] == [pytest.approx(natural_width(svg), rel=1e-4) for svg in pictures(made)]


def test_a_scale_of_a_fence_is_that_of_the_picture():
    for drawn in ("graph: two_layer", "graph: merge_sort\nview: wires"):
        once, twice = (pictures(format(f"{drawn}\nscale: {scale}"))[0] for scale in (1, 2))
        assert natural_width(twice) == pytest.approx(2 * natural_width(once))


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("direction: up", "the directions are right, down"),
        ("direction: 1", "direction must be right or down, got 1"),
        ("width: wide", "width must be a number of pixels such as 643, got &#x27;wide&#x27;"),
        ("width: true", "width must be a number of pixels"),
        ("width: 5", "give a width from 100"),
        ("scale: .nan", "the scale cannot be nan"),
        ("view: wires\ndirection: down", "wires are drawn from left to right"),
    ],
)
def test_a_page_that_cannot_be_is_a_message(setting, said, caplog):
    made = format(f"graph: merge_sort\n{setting}")
    assert "a1viz-error" in made and said in made


def test_the_style_sheet_keeps_letters_large_on_a_screen_and_shows_the_line_only_where_a_picture_scrolls():
    css = (ROOT / "a1viz" / "live" / "page" / "a1viz.css").read_text()
    screen, paper = map(float, re.findall(r"--a1viz-least: ([\d.]+);", css))
    assert screen * SHAPE >= LEAST and paper == 0  # on paper nothing scrolls
    assert "max-height: clamp(0px, (var(--a1viz-natural) * var(--a1viz-least) - 100cqi) * 100, 1.6em)" in css
    assert "container-type: inline-size" in css


@pytest.mark.browser
@pytest.mark.parametrize("width", [PHONE, PAGE])
def test_a_line_below_a_picture_is_seen_where_it_scrolls(width, browser, tmp_path):
    css = (ROOT / "a1viz" / "live" / "page" / "a1viz.css").read_text()
    body = format(f"{WIDE}\nwidth: 600") + format("graph: two_layer\nwidth: 300")
    (tmp_path / "page.html").write_text(f"<!doctype html><style>{css} body {{ margin: 0 }}</style><body>{body}</body>")
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto((tmp_path / "page.html").as_uri())
    scrolls = page.eval_on_selector_all(".a1viz-picture", "all => all.map(box => box.scrollWidth > box.clientWidth)")
    seen = page.eval_on_selector_all(".a1viz-scrolls", "all => all.map(line => line.clientHeight > 8)")
    widths = "all => all.map(svg => [svg.viewBox.baseVal.width, svg.getBoundingClientRect().width]).filter(pair => pair[1] > 0)"
    shown = page.eval_on_selector_all(".a1viz-picture > svg", widths)
    page.close()
    assert seen == scrolls == [width == PHONE, False]
    assert len(shown) == 2 and all(0.98 * wide < drawn <= wide + 1 for wide, drawn in shown)
