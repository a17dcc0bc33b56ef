"""What readers see of every page: letters that can be read, nothing cut without a mark, one left edge, a few light sheets of paper."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from conftest import ROOT

pytestmark = pytest.mark.browser

LEAST = 0.79  # of the text around it
SOME = ["automatic-differentiation.html", "sort2.html", "reference/command-line.html"]
CHAPTERS = ["automatic-differentiation", "gradient-norms", "regression-descent", "sort2", "sorting-four", "counting"]
SHEETS = 8  # of a chapter at most
WIDTHS = [1280, 768, 390]
ALL = sorted(str(path.relative_to(ROOT / "docs").with_suffix(".html")) for path in (ROOT / "docs").rglob("*.md"))
EXAMPLES = [(name, width) for name in SOME for width in (1280, 390)]
EVERY = [(name, width) for name in ALL for width in WIDTHS]

SMALL = """least => {
  const root = document.querySelector(".md-content"), found = [];
  const text = parseFloat(getComputedStyle(root.querySelector(".md-typeset")).fontSize), isSeen = one => one.checkVisibility();
  const say = (high, one, words) => {
    if (isSeen(one) && high < least * text) found.push(`${high.toFixed(1)} px: ${words.trim().slice(0, 40)}`);
  };
  const size = one => parseFloat(getComputedStyle(one).fontSize);
  const scale = one => Math.hypot(one.getScreenCTM().a, one.getScreenCTM().b);
  for (const svg of root.querySelectorAll("svg.a1viz:not(.a1viz-results *)")) {
    const title = svg.querySelector("title")?.textContent ?? "";
    for (const one of svg.querySelectorAll("g[transform*=' scale(']")) say(1000 * scale(one), one, title);
    for (const one of svg.querySelectorAll("text")) say(size(one) * scale(one), one, title + one.textContent);
  }
  const words = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const one = words.currentNode.parentElement;
    if (words.currentNode.data.trim() && !one.closest("svg, script, style")) say(size(one), one, one.textContent);
  }
  return found;
}"""
CUT = """() => [...document.querySelectorAll(".md-content *:not(svg *, svg, select, input, textarea, .tabbed-labels)")].filter(one => {
  const style = getComputedStyle(one), isCut = one.clientWidth > 40 && one.scrollWidth > one.clientWidth + 2 && style.display !== "inline";
  return isCut && one.checkVisibility() && style.overflowX !== "visible" && style.clipPath === "none" && !one.dataset.a1vizCut;
}).map(one => `${one.tagName} ${one.className}: ${one.textContent.trim().slice(0, 40)}`)"""
AXIS = """() => [...document.querySelectorAll(".md-content__inner > :is(p, .a1viz-math-block, figure.a1viz)")]
  .flatMap(one => one.tagName === "P" ? one : [...one.querySelectorAll(":scope > svg, .a1viz-picture > svg")])
  .filter(one => one.checkVisibility()).map(one => Math.round(one.getBoundingClientRect().left))"""


@pytest.fixture
def shown(browser, site):
    """Open a page of the site in a window of some width."""
    contexts = []

    def show(name: str, width: int = 1280, scheme: str = "light"):
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme))
        page = contexts[-1].new_page()
        page.goto(f"{site.as_uri()}/{name}")
        page.wait_for_timeout(500)
        return page

    yield show
    for context in contexts:
        context.close()


def check_page(page) -> None:
    assert page.evaluate(SMALL, LEAST) == []
    for _ in range(20):  # what scripts add is marked a little later
        if page.evaluate(CUT):
            page.wait_for_timeout(250)
    assert page.evaluate(CUT) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("name", "width"), EXAMPLES)
def test_letters_are_large_and_what_is_cut_is_marked(name, width, shown):
    check_page(shown(name, width))


@pytest.mark.prove
@pytest.mark.parametrize(("name", "width"), EVERY)
def test_letters_are_large_and_what_is_cut_is_marked_on_every_page(name, width, shown):
    check_page(shown(name, width))


def test_text_formulas_and_pictures_begin_at_one_edge(shown):
    edges = shown("automatic-differentiation.html").evaluate(AXIS)
    assert len(edges) > 20 and max(edges) - min(edges) <= 12


def test_a_command_is_copied_without_its_prompt_and_its_output(shown):
    page = shown("reference/command-line.html")
    for block in page.locator(".language-console").all():
        copied, typed = block.get_attribute("data-copy"), block.locator("code").text_content()
        assert copied.split("\n") == re.findall(r"(?m)^\$ (.*)$", typed)
    covered = "() => [...document.querySelectorAll('pre:has(> .md-code__nav)')].filter(one => "
    covered += "one.querySelector('code').getBoundingClientRect().right > one.querySelector('nav').getBoundingClientRect().left + 6).length"
    page.locator(".md-code__nav").first.wait_for(state="attached")
    assert page.evaluate(covered) == 0


def test_a_picture_fills_the_window_by_mouse_and_by_key(shown):
    page = shown("automatic-differentiation.html", 390)
    frame = page.locator(".a1viz-enlarges:visible").first
    before = frame.locator("svg").bounding_box()["width"]
    frame.click()
    assert page.locator("dialog.a1viz-enlarged[open] > svg").bounding_box()["width"] > 1.2 * before
    for begun in (False, True):
        if begun:
            page.keyboard.press("Enter")
        assert page.locator("dialog").count() == 1
        page.keyboard.press("Escape")
        page.locator("dialog").wait_for(state="detached")
        assert frame.locator("svg").bounding_box()["width"] == before


def check_sheets(page, most: int = SHEETS) -> None:
    """Few sheets, white at their edges, without what is folded and what is to be pressed."""
    pypdf, image = pytest.importorskip("pypdf"), pytest.importorskip("PIL.Image")
    sheets = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True, print_background=True))).pages
    assert len(sheets) <= most
    words = "".join(sheet.extract_text() for sheet in sheets)
    assert "Change numbers" not in words and "Full width" not in words
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 658, "height": 900})
    seen = image.open(io.BytesIO(page.screenshot(full_page=True))).convert("L").resize((64, 640))
    assert sum(seen.tobytes()) / (64 * 640) > 215  # a dark picture makes it darker
    assert page.evaluate(SMALL, 0.75) == []


@pytest.mark.parametrize("name", CHAPTERS[3:4])
def test_a_dark_page_is_printed_light_on_a_few_sheets(name, shown):
    check_sheets(shown(f"{name}.html", scheme="dark"))


@pytest.mark.parametrize(("name", "most"), [("index", 2), ("gallery", 6), ("gallery/gated_network", 2)])
def test_what_is_no_chapter_is_printed_on_fewer_sheets(name, most, shown):
    check_sheets(shown(f"{name}.html", scheme="dark"), most)


def test_a_table_has_one_line_above_its_head(shown):
    page = shown("index.html")
    lines = "() => [...document.querySelectorAll('thead :is(th, td)')].map(one => getComputedStyle(one).borderTopWidth)"
    assert len(page.locator("thead td").all()) == 1 and set(page.evaluate(lines)) == {"0px"}


@pytest.mark.prove
@pytest.mark.parametrize("name", CHAPTERS)
def test_every_chapter_is_printed_on_a_few_sheets(name, shown):
    check_sheets(shown(f"{name}.html", scheme="dark"))


def test_the_pages_of_these_tests_are_there(site):
    assert all((Path(site) / name).is_file() for name in SOME)
