"""What a dark page is on paper: in the colours of a light one, its tabs one below the other under their names, no heading alone."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

CHAPTERS = ["automatic-differentiation", "gradient-norms"]  # formulas, tabs, folds, code, a live picture
FAINT = """() => {
  const light = colour => {
    const [r, g, b, alpha = 1] = colour.match(/[\\d.]+/g).map(Number);
    const part = v => (v = (v * alpha + 255 * (1 - alpha)) / 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const words = document.createTreeWalker(document.querySelector(".md-content"), NodeFilter.SHOW_TEXT), found = [];
  while (words.nextNode()) {
    const one = words.currentNode.parentElement, text = words.currentNode.data.trim();
    if (!text || one.closest("svg, script, style, .headerlink") || !one.checkVisibility()) continue;
    const contrast = (one.closest("code") ? 0.96 : 1.05) / (light(getComputedStyle(one).color) + 0.05); // grey behind code
    if (contrast < 4.4) found.push(`${contrast.toFixed(1)}: ${text.slice(0, 30)}`);
  }
  return found;
}"""
ALONE = """() => [...document.querySelectorAll(".md-content :is(h2, h3, h4)")].filter(heading => {
  let next = heading.nextElementSibling;
  while (next && !next.checkVisibility()) next = next.nextElementSibling;
  return !next || /^H[1-6]$/.test(next.tagName) && next.tagName <= heading.tagName;
}).map(heading => heading.textContent)"""
LABELS = """() => [...document.querySelectorAll(".tabbed-labels > label")].filter(one => one.checkVisibility()).map(one => {
  const block = one.closest(".tabbed-set").querySelector(".tabbed-content").children[[...one.parentElement.children].indexOf(one)];
  return one.textContent.trim() && one.getBoundingClientRect().bottom <= block.getBoundingClientRect().top + 1;
})"""


@pytest.fixture(params=CHAPTERS)
def sheet(request, browser, site):
    """A chapter in a dark window, as it is printed."""
    context = browser.new_context(viewport={"width": 658, "height": 900}, color_scheme="dark")
    page = context.new_page()
    page.goto(f"{site.as_uri()}/{request.param}.html")
    page.wait_for_timeout(500)
    page.emulate_media(media="print")
    yield page
    context.close()


def test_words_printed_from_a_dark_page_are_dark(sheet):
    assert sheet.evaluate(FAINT) == []


def test_on_paper_each_tab_stands_below_its_name(sheet):
    below = sheet.evaluate(LABELS)
    assert len(below) >= 2 and all(below)


def test_no_heading_on_paper_is_over_nothing(sheet):
    assert sheet.evaluate(ALONE) == []
