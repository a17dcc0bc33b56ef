"""The search of the built site, asked as its readers ask: which page comes first."""

from __future__ import annotations

import json
from string import ascii_lowercase, digits

import pytest
from watched_pages import watched

FIRST = {  # what is typed: the page that answers it
    "overfitting": "regression-polynomials.html",
    "double descent": "regression-double-descent.html",
    "pseudoinverse": "regression-descent.html",
    "least squares": "regression.html",
    "backprop": "backpropagation.html",
    "chain rule": "backpropagation.html",
    "autodiff": "automatic-differentiation.html",
    "softmax's Jacobian": "automatic-differentiation.html",
    "per-example gradients": "gradient-norms.html",
    "neural tangent kernel": "inner-products.html",
    "NTK": "inner-products.html",
    "pigeonhole": "sorting-four.html",
    "0-1 principle": "sorting-four.html",
    "bitonic": "sorting-any.html",
    "median": "kth-smallest.html",
    "ties": "counting.html",
    "logistic regression": "logistic-regression.html",
    "cross-entropy": "logistic-regression.html",
    "MLP": "multi-layer-perceptron.html",
    "--set": "reference/command-line.html",
    "exit code": "reference/command-line.html",
    "Jupyter": "how-to/notebooks.html",
    "PyTorch": "how-to/exchange.html",
    "TikZ": "how-to/export.html",
    "Dask": "how-to/long-runs.html",
    "MkDocs": "how-to/own-site.html",
    "hand-in": "how-to/hand-in.html",
    "performance": "performance.html",
}
LAST = ("performance.html", "changelog.html")
ASK = """async (queries) => {
  const answer = (worker, message) => new Promise((done) => {
    worker.addEventListener("message", ({data}) => done(data), {once: true})
    worker.postMessage(message)
  })
  const {search} = JSON.parse(document.getElementById("__config").textContent)
  const {config, docs} = await (await fetch("search/search_index.json")).json()
  const worker = new Worker(search)
  await answer(worker, {type: 0, data: {config, docs, options: {suggest: true}}})
  const found = {}
  for (const query of queries) {
    const {data} = await answer(worker, {type: 2, data: query})
    found[query] = data.items.map((page) => page[0].location.split("#")[0])
  }
  return found
}"""


@pytest.fixture(scope="module")
def answers(browser, site_url) -> dict[str, list[str]]:
    """The pages that the theme's own search finds for each query, the best first."""
    with watched(browser, site_url) as (page, trouble):
        page.goto(f"{site_url}/index.html")
        found = page.evaluate(ASK, [*FIRST, "gradient", *ascii_lowercase, *digits])
    assert not trouble, "\n".join(trouble)
    return found


@pytest.mark.browser
def test_the_page_that_answers_comes_first(answers):
    assert {query: answers[query][:1] for query in FIRST} == {query: [page] for query, page in FIRST.items()}


@pytest.mark.browser
def test_performance_and_changelog_come_last(answers):
    behind = {query: found[: -len(LAST)] for query, found in answers.items() if query != "performance"}
    assert not {query: found for query, found in behind.items() if set(found) & set(LAST)}


@pytest.mark.browser
def test_whatever_a_word_begins_with_is_found(answers):
    """A query that the search cannot answer, for its tree of words has a fault, gives an error, which nobody sees, and no page."""
    assert all(answers[begin] for begin in ascii_lowercase)


def test_formulas_are_in_the_search_as_words(site):
    docs = json.loads((site / "search/search_index.json").read_text(encoding="utf-8"))["docs"]
    text = " ".join(doc["text"] for doc in docs if doc["location"].startswith("automatic-differentiation.html"))
    assert "x bar" in text and "\\bar" not in text
