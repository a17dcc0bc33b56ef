"""Outlines that a page uses again and again are in it once, and nothing looks different."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

from a1viz.fence import format
from a1viz.pictures.typesetting import inline_svg
from a1viz.site.pages import on_page_content, on_post_page
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


def test_the_search_reads_a_page_without_its_pictures_and_the_page_has_them_all(page):
    about = SimpleNamespace(meta={})
    nested = '<svg x="1"><svg data-search-exclude="" y="2"><path/></svg><svg y="3"/></svg>'
    read = on_page_content(page + nested, about, None, None)
    assert len(read) < 0.5 * len(page) and read.count("<svg") == 3  # with the outlines, and what is around another picture
    assert on_post_page(f"<body>{read}</body>", about, None) == f"<body>{shared_outlines(page + nested)}</body>"


@pytest.mark.browser
def test_no_pixel_changes(browser, page):
    shots = []
    for text in (page, shared_outlines(page)):
        shown = browser.new_page(viewport={"width": 900, "height": 1400})
        shown.set_content(f"<style>svg *{{animation:none}}</style>{text}")
        shots.append(shown.screenshot())
        shown.close()
    assert shots[0] == shots[1]
