"""The counting network as a table in a page: what it adds up, its ranks and what it picks are those of the graph."""

from __future__ import annotations

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from live_engine import Engine
from live_pages import until, write_site

import a1viz
from a1viz.base.errors import InputError
from a1viz.counting import counting, weights
from a1viz.live.networks import networks_script
from a1viz.live.scripts import script
from a1viz.site.live_wires import ranks_html
from a1viz.site.options import read

pytestmark = pytest.mark.browser

FENCE = "```a1viz\ngraph: counting\nview: ranks\nset: {x: [2, 5, 2, 1]}\nk: 2\nlive: true\n```\n"
CELLS = "[...document.querySelectorAll('.a1viz-panel tbody tr')].map(r => [...r.querySelectorAll('td')].map(c => c.textContent))"


@pytest.fixture
def page(browser, tmp_path):
    made = browser.new_page(viewport={"width": 358, "height": 800})
    made.goto(f"{write_site(tmp_path, {'page': FENCE}).as_uri()}/page.html")
    until(made, "document.querySelector('[data-a1viz-counting=ready]') !== null")
    yield made
    made.close()


def test_ranks_and_picks_are_those_of_the_graph(browser):
    page = browser.new_page()
    page.goto("about:blank")
    page.evaluate(networks_script())
    page.evaluate(script("a1viz-wires", shows=True))
    rng = np.random.default_rng(1)
    cases = [(n, k, stable) for n in (2, 3, 5, 8) for k in range(1, n + 1) for stable in (False, True) for _ in range(3)]
    given = [[rng.integers(0, 4, n).astype(float).tolist(), k, stable] for n, k, stable in cases]
    found = Engine(page).ask("given.map(([x, k, stable]) => m.countedRanks(x, k, stable))", given)
    for (n, k, stable), (x, _, _), counted in zip(cases, given, found, strict=True):
        values = a1viz.run(counting(n, k, stable=stable), trace=True, x=x)
        assert (counted["ranks"], counted["picks"], counted["y"]) == (values["r"].tolist(), values["s"].tolist(), values["y"])
        assert counted["biases"] == weights(n, stable=stable)["b2"].tolist()
        parts = weights(n, stable=stable)["W2"] * values["h"]
        own = [[float(part) for part in row if part is not None] for row in counted["parts"]]
        assert own == [parts[i, i * (n - 1) : (i + 1) * (n - 1)].tolist() for i in range(n)]
    page.close()


def test_the_page_begins_with_what_the_build_wrote(page):
    still = page.evaluate(CELLS.replace(".a1viz-panel", ".a1viz-wires-built"))
    assert page.evaluate(CELLS) == still
    assert still[0] == ["", "−1", "−1", "0", "3", "1", "yes"] and page.locator(".a1viz-wires-built").first.is_hidden()
    assert "y = 4: 2 numbers have rank 1 and are added up" in page.inner_text(".a1viz-panel")


def test_numbers_k_and_ties_are_changed(page):
    page.get_by_role("button", name="Of two equal numbers the left one counts as less").click()
    assert page.evaluate(CELLS)[2] == ["+1", "0", "", "0", "1", "2", "no"]
    assert "y = 2, number 2 of 4 in order" in page.inner_text(".a1viz-panel")
    page.get_by_label("x1", exact=True).focus()
    page.keyboard.press("PageUp")
    page.get_by_label("k, which").select_option("4")
    assert "y = 12, number 4 of 4 in order" in page.inner_text(".a1viz-panel")
    page.get_by_label("x1", exact=True).fill("<b>")
    until(page, "document.querySelector('.a1viz-status').textContent.startsWith('x1: write a number')")
    page.get_by_role("button", name="One number more").click()
    until(page, "document.querySelector('.a1viz-status').textContent.startsWith('5 numbers; ranks 4, 2, 1, 0, 3; y = 5, number 4')")
    page.get_by_role("button", name="Back to the given numbers").click()
    assert "y = 4: 2 numbers" in page.inner_text(".a1viz-panel")


def test_nobody_is_shut_out(page):
    found = [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
    assert [(v["id"], [n["html"][:200] for n in v["nodes"]][:3]) for v in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("text", ["graph: rnn\nview: ranks", "graph: counting\nview: ranks", "graph: counting\nview: ranks\nset: {x: [1]}"])
def test_a_fence_of_anything_else_says_what_it_shows(text):
    with pytest.raises(InputError, match="view: ranks shows graph: counting"):
        ranks_html(read(text))
