"""Outlines that a page uses again and again are in it once, and nothing looks different."""

from __future__ import annotations

import re

import pytest

from a1viz.fence import format
from a1viz.pictures.typesetting import inline_svg
from a1viz.site.shared_outlines import shared_outlines

FORMULAS = [r"\bar{\mathbf{z}}_1 = W^{(1)\top} \bar z", r"\frac{1}{n} \sum_{i=1}^n e_i^2", r"\sqrt{W x + b}", "x"]
DEFINED, USED = re.compile(r'<path id="([^"]+)"'), re.compile(r'<use href="#([^"]+)"')


@pytest.fixture(scope="module")
def page() -> str:
    formulas = "".join(f"<p>{inline_svg(latex)} and {inline_svg(latex, display=True)}</p>" for latex in FORMULAS)
    return f"<h1>A page</h1>{formulas}{format('graph: two_layer')}{format('graph: mlp')}{format('figure: descent_paths')}"


def test_every_reference_of_the_shorter_page_leads_to_one_outline(page):
    shorter = shared_outlines(page)
    names = DEFINED.findall(shorter)
    assert len(names) == len(set(names)) and set(USED.findall(shorter)) <= set(names) | set(re.findall(r' id="([^"]+)"', shorter))
    assert len(shorter) < 0.8 * len(page)
    said = re.compile(r'<title.*?</title>|<desc.*?</desc>|aria-label="[^"]*"', re.S)
    assert said.findall(shorter) == said.findall(page)
    assert shared_outlines("<p>No formula.</p>") == "<p>No formula.</p>"


@pytest.mark.browser
def test_no_pixel_changes(browser, page):
    shots = []
    for text in (page, shared_outlines(page)):
        shown = browser.new_page(viewport={"width": 900, "height": 1400})
        shown.set_content(f"<style>svg *{{animation:none}}</style>{text}")
        shots.append(shown.screenshot())
        shown.close()
    assert shots[0] == shots[1]
