"""What the live page weighs: what a figure adds besides its picture, and each script."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT

import a1viz
from a1viz.live.scripts import SCRIPTS, script
from a1viz.live.table import tables_script
from a1viz.pictures.page_glyphs import glyphs_script
from a1viz.site import fence
from a1viz.site.assets import assets
from a1viz.site.page_code import blocks

KB = 1000
FIGURE = 5 * KB  # bytes besides the picture
# The design's goals are 45 KB for the player of a fixed figure and 130 KB for everything, playground and exercises included; these are
# the present sizes, which no change may exceed by more than ROOM without a look at what it brings.
PRESENT = {
    "a1viz": 4_900,
    "a1viz-filter": 4_100,
    "a1viz-player": 71_000,
    "a1viz-live": 455_500,
    "a1viz-wires": 42_500,
    "a1viz-plots": 95_500,
}
ROOM = 1.05
PICTURE = re.compile(  # what a figure has without `live` too
    r'<div class="a1viz-picture.*?</div>|<p class="a1viz-scrolls.*?</p>|<details.*?</details>|<figcaption.*?</figcaption>', re.S
)
GRAPHS = [str(name) for name in a1viz.catalogue() if a1viz.load(str(name)).document.values]
FENCES = {
    f"{path.name}:{block.first + 1}": block.body
    for path in sorted((ROOT / "docs").glob("*.md"))
    if path.name != "gallery.md"  # a generated page, of the graphs above
    for block in blocks(path.read_text(encoding="utf-8"))
    if block.language == "a1viz" and re.search(r"^live: true$", block.body, re.M) and not re.search("^figure: ", block.body, re.M)
}


def added(html: str) -> int:
    """The bytes of a figure that are neither its picture nor a text below it."""
    assert "a1viz-error" not in html, html[:500]
    return len(PICTURE.sub("", html).encode())


@pytest.mark.parametrize("name", GRAPHS)
def test_a_figure_of_the_gallery_adds_little(name):
    """Without exceptions: the largest are a language model of two blocks and a recurrent network, whose data are compressed."""
    assert added(fence.format(f"graph: {name}\nview: backward\nlive: true")) <= FIGURE


def test_the_gallery_has_the_graphs_of_the_assignment():
    assert sum(a1viz.load(name).document.topic.startswith("question") for name in GRAPHS) > 5


@pytest.mark.parametrize("where", FENCES)
def test_a_live_figure_of_a_chapter_adds_little(where):
    assert added(fence.format(FENCES[where])) <= FIGURE


def test_chapters_have_live_figures():
    assert len(FENCES) >= 3


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_no_larger_than_it_was(name):
    assert len(script(name).encode()) <= ROOM * PRESENT[name]


def test_what_every_page_loads_is_small_and_tables_and_glyphs_fit_together():
    assert len(script("a1viz").encode()) <= 5 * KB
    assert len((tables_script() + glyphs_script()).encode()) <= 150 * KB
    assert {"a1viz.css", "a1viz-tables.js", "a1viz-glyphs.js", *(f"{name}.js" for name in SCRIPTS)} <= set(assets())
