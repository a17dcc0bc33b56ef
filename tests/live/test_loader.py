"""The one script that every page loads: what it fetches, and when, for themes that change pages without loading them too."""

from __future__ import annotations

import pytest
from conftest import served
from live_pages import write_site

pytestmark = pytest.mark.browser

LIVE = "```a1viz\ngraph: two_layer\nview: backward\nlive: true\n```\n"
# what a theme offers that swaps pages: whoever subscribes is called for each page, the first one too
SWAPPING = """
self.listeners = [];
self.document$ = { subscribe: f => { listeners.push(f); document.addEventListener("DOMContentLoaded", () => f(document)); } };
"""
SWAP = "html => { document.querySelector('main').innerHTML = html; listeners.forEach(f => f(document)); }"
SCRIPTS = "() => [...document.querySelectorAll('script[data-a1viz-engine]')].map(s => s.dataset.a1vizEngine)"


@pytest.fixture
def page(browser, tmp_path):
    folder = write_site(tmp_path, {"words": "# Words\n", "picture": LIVE})
    made, errors = browser.new_page(), []
    made.on("pageerror", lambda error: errors.append(str(error)))
    with served(folder) as made.home:
        yield made
        made.close()
    assert errors == []


def picture(page) -> str:
    """The main part of the page with the picture, as it comes."""
    page.goto(f"{page.home}/words.html")
    text = page.request.get(f"{page.home}/picture.html").text()
    return text.partition("<main>")[2].partition("</main>")[0]


def test_a_page_that_takes_the_place_of_another_becomes_live_once(page):
    page.add_init_script(SWAPPING)
    html = picture(page)
    assert page.evaluate(SCRIPTS) == []
    for _ in range(2):
        page.evaluate(SWAP, html)
        page.locator("figure[data-a1viz-live=ready]").wait_for()
        assert page.locator(".a1viz-panel").count() == 1
        assert page.evaluate(SCRIPTS) == ["a1viz-tables", "a1viz-player"]
        page.evaluate(SWAP, "<p>Words</p>")


def test_a_page_that_names_the_script_twice_becomes_live_once(page):
    page.goto(f"{page.home}/picture.html")
    page.locator("figure[data-a1viz-live=ready]").wait_for()
    page.add_script_tag(url=f"{page.home}/assets/a1viz.js")
    page.wait_for_timeout(300)
    assert page.locator(".a1viz-panel").count() == 1 and page.evaluate(SCRIPTS) == ["a1viz-tables", "a1viz-player"]
