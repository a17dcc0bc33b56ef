"""A page on paper: its tabs one below the other under their names, and no heading over nothing."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

CHAPTERS = ["automatic-differentiation", "gradient-norms"]  # formulas, tabs, folds, code, a live picture
ALONE = """() => [...document.querySelectorAll(".md-content :is(h2, h3, h4)")].filter(heading => {
  let next = heading.nextElementSibling;
  while (next && !next.checkVisibility()) next = next.nextElementSibling;
  return !next || /^H[1-6]$/.test(next.tagName) && next.tagName <= heading.tagName;
}).map(heading => heading.textContent)"""
LABELS = """() => [...document.querySelectorAll(".tabbed-labels > label")].filter(one => one.checkVisibility()).map(one => {
  const block = one.closest(".tabbed-set").querySelector(".tabbed-content").children[[...one.parentElement.children].indexOf(one)];
  return one.textContent.trim() && one.getBoundingClientRect().bottom <= block.getBoundingClientRect().top + 1;
})"""

ABOVE = """() => [...document.querySelectorAll(".md-typeset .highlight pre > code")].filter(one => one.checkVisibility()).map(one => {
  const lines = document.createRange();
  lines.selectNodeContents(one);
  return lines.getClientRects()[0].top - one.parentElement.getBoundingClientRect().top;
})"""


@pytest.fixture(params=CHAPTERS)
def sheet(request, browser, site):
    """A chapter as it is printed."""
    context = browser.new_context(viewport={"width": 658, "height": 900})
    page = context.new_page()
    page.goto(f"{site.as_uri()}/{request.param}.html")
    page.wait_for_timeout(500)
    page.emulate_media(media="print")
    yield page
    context.close()


def test_on_paper_each_tab_stands_below_its_name(sheet):
    below = sheet.evaluate(LABELS)
    assert len(below) >= 2 and all(below)


def test_no_heading_on_paper_is_over_nothing(sheet):
    assert sheet.evaluate(ALONE) == []


def test_the_ground_of_code_on_paper_begins_with_its_first_line_so_that_no_sheet_ends_with_an_empty_strip_of_it(sheet):
    above = sheet.evaluate(ABOVE)
    assert above and max(above) <= 1


def test_nobody_is_told_on_paper_to_press_enter(sheet):
    told = sheet.get_by_text("press Enter").all()
    assert told and not any(one.is_visible() for one in told)


def test_a_solution_is_printed_below_its_question_and_hidden_again_afterwards(sheet):
    told = """() => [...document.querySelectorAll(".a1viz-solution")].map(one => [one.checkVisibility(), one.open,
      one.querySelector(":scope > :not(summary)").checkVisibility({contentVisibilityAuto: true})])"""
    before = sheet.evaluate(told)
    sheet.evaluate("dispatchEvent(new Event('beforeprint'))")
    printed = sheet.evaluate(told)
    sheet.evaluate("dispatchEvent(new Event('afterprint'))")
    assert len(printed) >= 4 and all(seen == [True, True, True] for seen in printed)
    assert sheet.evaluate(told) == before and not any(is_open for _, is_open, _ in before)
