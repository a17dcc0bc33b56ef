"""What a stranger looks for is at most two clicks from the first page, behind words that a stranger would choose."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT
from markdown.extensions.toc import slugify

DOCS = ROOT / "docs"
LINK = re.compile(r"\]\(([^)\s]+)\)|href=\"([^\"]+)\"")
WAYS = {  # what is looked for: in the line of each link, the words that are followed, and where they lead
    "the derivation of x_bar": (("Backpropagation", "backprop equations"), "automatic-differentiation.md"),
    "the same by its question": (("assignment", r"down to $\bar{\mathbf{x}}$"), "automatic-differentiation.md#one-variable-at-a-time"),
    "the cost table": (("assignment", "the table of costs"), "gradient-norms.md#what-it-costs"),
    "a playground": (("Try it with your own equations",), "playground.html#a1viz-graph=mlp_softmax"),
    "how to draw one's own network": (("draw your own network",), "get-started.md#draw-your-own-network"),
    "the write-up to hand in": (("the write-up",), "a1-writeup.pdf"),
    "the notebook to hand in": (("the notebook",), "a1-code.ipynb"),
    "how to hand in one's own": (("How to make your own",), "how-to/hand-in.md"),
}


def behind(page: str, words: str) -> list[str]:
    """Where the links of those lines of a page lead that say certain words."""
    lines = [line for line in (DOCS / page).read_text(encoding="utf-8").splitlines() if words in line]
    return [written or typed for line in lines for written, typed in LINK.findall(line)]


@pytest.mark.parametrize(("words", "wanted"), WAYS.values(), ids=WAYS)
def test_what_a_stranger_looks_for_is_two_clicks_away(words, wanted):
    pages = ["index.md"]
    for click in words:
        pages = [target for page in pages if page.endswith(".md") for target in behind(page, click)]
    assert len(words) <= 2 and wanted in pages
    page, _, anchor = wanted.partition("#")
    if page.endswith(".md") and anchor:
        headings = re.findall(r"(?m)^#+ (.*)$", (DOCS / page).read_text(encoding="utf-8"))
        assert [one for one in headings if f"#{anchor} " in one or slugify(re.sub(r" *<.*", "", one), "-") == anchor]
