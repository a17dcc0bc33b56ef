"""The pictures that lead from the first page to the chapters: signs of what is there, of one shape, in both schemes."""

from __future__ import annotations

import re

import pytest

from a1viz.site.chapter_pictures import THEMES, chapter_pictures


@pytest.fixture(scope="module")
def pictures() -> dict[str, str]:
    return {name: content.decode() for name, content in chapter_pictures().items()}


def test_every_chapter_has_a_picture_in_each_scheme(pictures):
    assert set(pictures) == {f"chapter-{number}-{theme}.svg" for number in range(1, 5) for theme in THEMES}
    for number in range(1, 5):
        light, dark = (pictures[f"chapter-{number}-{theme}.svg"] for theme in THEMES)
        assert light != dark and "var(--a1viz-paper" not in light + dark  # a file does not see the page's colours


def test_a_plot_that_is_small_has_no_words(pictures):
    shapes = set()
    for number in (1, 4):
        plot = pictures[f"chapter-{number}-light.svg"]
        shapes.add(re.search(r'viewBox="([^"]*)"', plot)[1])
        assert "<path" in plot and not re.search(r'id="[^"]*text_\d+"|<text', plot)
    assert len(shapes) == 1
