"""What readers see of every page: letters that can be read, nothing cut without a mark, one left edge, a few light sheets of paper."""

from __future__ import annotations

import io
import re

import pytest
from checked_pages import SMALL, faults, opened
from listed_pages import CARDS, CHAPTERS, LISTED
from test_site import pages

pytestmark = pytest.mark.browser

SHEETS = 8  # of a chapter at most
LOOKS = [(width, scheme) for width in (1280, 768, 390) for scheme in ("light", "dark")]
DAILY = [
    ("index.html", 1280, "light"),
    ("playground.html", 768, "light"),
    ("automatic-differentiation.html", 390, "light"),
    ("sort2.html", 1280, "dark"),
    ("sort2.html", 390, "light"),
    ("reference/command-line.html", 768, "dark"),
    ("reference/operators.html", 390, "light"),
    ("gallery.html", 390, "dark"),
    ("gallery/lstm.html", 1280, "dark"),
    ("models/moons_mlp.html", 390, "light"),
]
CARD_LOOKS = [(name, *LOOKS[k % len(LOOKS)]) for k, name in enumerate(CARDS)]  # cards are alike: each is seen in one look
EVERY = [*((name, *look) for name in (*LISTED, "404.html") for look in LOOKS), *CARD_LOOKS]
PLANTED = [
    ('<p style="font-size: 6px">Six pixels.</p>', "too small: 6.0 px: Six"),
    ('<p>x<sub style="font-size: 11px">7</sub></p>', "too small: 11.0 px: 7"),
    ('<div style="width: 200px; overflow-x: auto" tabindex="0"><div style="width: 400px">Wide</div></div>', "cut without a mark: DIV"),
    ('<p style="color: #bbb; background: #fff">Pale.</p>', "color-contrast"),
    ('<div class="a1viz-picture"><b tabindex="0">Two</b> <b tabindex="0">stops</b></div>', "a picture has 2 stops"),
    ('<div style="width: 500px">Wider than a telephone.</div>', "px wider than the window"),
]
AXIS = """() => [...document.querySelectorAll(".md-content__inner > :is(p, .a1viz-math-block, figure.a1viz)")]
  .flatMap(one => one.tagName === "P" ? one : [...one.querySelectorAll(":scope > svg, :scope > :first-child > svg, .a1viz-picture > svg")])
  .filter(one => one.checkVisibility()).map(one => Math.round(one.getBoundingClientRect().left))"""

PALE = """() => [...document.querySelectorAll(".md-content :is(a, code span)")].filter(one => {
  const [red, green, blue] = getComputedStyle(one).color.match(/[\\d.]+/g);
  return one.checkVisibility() && 0.21 * red + 0.72 * green + 0.07 * blue > 128;
}).map(one => one.textContent)"""


@pytest.fixture
def shown(browser, site):
    """Open a page of the site in a window of some width."""
    contexts = []

    def show(name: str, width: int = 1280, scheme: str = "light"):
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme))
        page = contexts[-1].new_page()
        opened(page, f"{site.as_uri()}/{name}")
        return page

    yield show
    for context in contexts:
        context.close()


@pytest.mark.parametrize(("name", "width", "scheme"), DAILY)
def test_a_page_can_be_read(name, width, scheme, shown):
    assert faults(shown(name, width, scheme)) == []


@pytest.mark.prove
@pytest.mark.parametrize(("name", "width", "scheme"), EVERY)
def test_every_page_can_be_read(name, width, scheme, shown):
    assert faults(shown(name, width, scheme)) == []


def test_what_cannot_be_read_is_seen(shown):
    page = shown("get-started.html", 390)
    page.evaluate("document.querySelector('article').insertAdjacentHTML('beforeend', '<div id=planted></div>')")
    for planted, said in PLANTED:
        page.evaluate("html => { document.querySelector('#planted').innerHTML = html; }", planted)
        found = faults(page, looks=3)
        assert len(found) == 1 and said in found[0], planted


def test_what_is_folded_fits_a_phone_when_it_is_opened(shown):
    page = shown("automatic-differentiation.html", 390)
    page.evaluate("() => document.querySelectorAll('details').forEach(one => one.open = true)")
    assert faults(page) == []


def test_what_scrolls_has_no_room_at_its_end(shown):
    """Whether content that reaches into that room can be scrolled to, browsers decide anew at each layout: it is cut now and then."""
    page = shown("automatic-differentiation.html", 390)
    page.locator(".md-code__nav").first.wait_for(state="attached")
    wide = page.locator(".a1viz-math-block, pre > code").evaluate_all(
        "all => all.map(one => parseFloat(getComputedStyle(one).paddingInlineEnd))"
    )
    assert len(wide) > 20 and max(wide) == 0


def test_text_formulas_and_pictures_begin_at_one_edge(shown):
    edges = shown("automatic-differentiation.html").evaluate(AXIS)
    assert len(edges) > 20 and max(edges) - min(edges) <= 12


def test_formulas_side_by_side_stand_below_one_another_on_a_phone(shown):
    page = shown("sort2.html", 390)
    low, high = page.locator(".a1viz-math-block:has(> span)").first.locator("> span").all()
    assert low.bounding_box()["y"] + low.bounding_box()["height"] <= high.bounding_box()["y"]
    assert page.evaluate("[...document.querySelectorAll('.a1viz-glued')].every(one => one.getClientRects().length === 1)")


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
    assert page.evaluate(PALE) == []


def test_a_dark_page_is_printed_light_on_a_few_sheets(shown):
    check_sheets(shown("sort2.html", scheme="dark"))


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
    check_sheets(shown(name, scheme="dark"))


def test_the_pages_of_these_tests_are_all_there_are(site):
    assert set(pages(site)) == {name for name, *_ in EVERY} and len(CHAPTERS) > 18


def test_three_columns_of_operators_fit_the_page(shown):
    page = shown("reference/operators.html")
    wide = "(one) => one.scrollWidth > one.clientWidth + 1 || one.getBoundingClientRect().right > innerWidth"
    rows = (
        f"[...document.querySelectorAll('.a1viz-rules td, .a1viz-rules td > div')].filter({wide}).map(one => one.closest('tr').cells[0].id)"
    )
    assert set(page.evaluate(rows)) <= {"cofactor_along"}  # whose derivative is one fraction, which no line break divides


def test_highlighted_lines_leave_nothing_to_scroll_to(shown):
    page = shown("get-started.html")
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    marked = page.locator("pre > code:has(.hll)")
    assert marked.count() == 2 and all(code.evaluate("(one) => one.scrollWidth <= one.clientWidth") for code in marked.all())


def test_a_dark_page_is_printed_in_the_colours_of_a_light_one(shown):
    colours = """() => [".md-content p a", ".highlight .s2", ".highlight .mi", ".highlight .kn"].map(
      (one) => getComputedStyle(document.querySelector(one)).color)"""
    printed = []
    for scheme in ("light", "dark"):
        page = shown("how-to/notebooks.html", scheme=scheme)
        page.emulate_media(media="print")
        page.wait_for_timeout(500)  # the theme's colours change slowly
        printed.append(page.evaluate(colours))
    assert printed[0] == printed[1]
