"""The search of the built site, asked as its readers ask: which page comes first."""

from __future__ import annotations

import json
from string import ascii_lowercase, digits
from types import SimpleNamespace

import pytest
from watched_pages import watched

from a1viz.site.pages import on_page_content, on_post_page

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
    "--backward": "reference/command-line.html",
    "--expand": "reference/command-line.html",
    "--format latex": "reference/command-line.html",
    "a1viz check": "reference/command-line.html",
    "exit status": "reference/command-line.html",
    "a1viz.grad": "reference/api.html",
    "a1viz.compile": "reference/api.html",
    "how to install": "get-started.html",
    "draw my own network": "get-started.html",
    "my own data": "how-to/train.html",
    "export as pdf": "how-to/export.html",
    "derivative of softmax": "automatic-differentiation.html",
    "gradient of cross entropy": "logistic-regression.html",
    "gradient of least squares": "regression.html",
    "gradient descent": "regression-descent.html",
    "minimum norm solution": "regression-descent.html",
    "expected training error": "regression-noise.html",
    "fit_poly": "regression-polynomials.html",
    "second derivative": "regression.html",
    "Frobenius norm": "gradient-norms.html",
    "Jacobian-vector product": "inner-products.html",
    "max and min with absolute value": "sort2.html",
    "merge sort": "sorting-four.html",
    "k-th smallest": "kth-smallest.html",
    "rank of a number": "counting.html",
    "what does x bar mean": "reference/notation.html",
    "error signal": "reference/notation.html",
    "batch": "reference/documents.html",
    "einsum": "reference/documents.html",
    "shapes do not match": "reference/documents.html",
    "LSTM": "gallery/lstm.html",
    "why is my gradient NaN": "reference/what-can-go-wrong.html",
    "picture too large": "reference/limits.html",
    "refused": "reference/limits.html",
    "stochastic gradient descent": "regression-descent.html",  # where a word is nowhere, the others are asked for
    "backpropogation": "backpropagation.html",
    "softmx": "automatic-differentiation.html",
    "instalation": "get-started.html",
    "jacobain vector product": "inner-products.html",
    '"0-1 principle" +proof': "sorting-four.html",  # with signs of the search's own
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
        found = page.evaluate(ASK, [*FIRST, "gradient", "zzz", "of the zzz", *ascii_lowercase, *digits])
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


@pytest.mark.browser
def test_what_is_nowhere_is_not_found(answers):
    assert answers["zzz"] == answers["of the zzz"] == []


@pytest.mark.browser
@pytest.mark.parametrize("option", ["--set", "--units", "--wrt"])
def test_the_dialog_answers_with_the_option_and_not_with_the_whole_help(option, browser, site_url):
    with watched(browser, site_url) as (page, trouble):
        page.goto(f"{site_url}/index.html")
        page.locator(".md-search__input").click()
        page.keyboard.type(option)
        answer = page.locator(".md-search-result__item").first
        answer.locator("mark", has_text=option.strip("-")).first.wait_for()
        assert "command-line.html" in answer.locator("a").first.get_attribute("href")
        shown = answer.locator("article").all_inner_texts()
    assert any(option in text for text in shown)
    assert max(map(len, shown)) < 700 and not trouble  # the help of regress has 8000


def test_code_is_read_in_pieces_and_shown_whole():
    code = '<div class="highlight"><pre><span></span><code>' + "\n".join(
        ["a", "", *(f"<span>  --option{k} K</span>" for k in range(20)), "b"]
    )
    page = f"{code}\n</code></pre></div>"
    about = SimpleNamespace(meta={})
    read = on_page_content(page, about, None, None)
    assert read.count("<pre") == 22 and '<pre data-a1viz-piece=""><code><span>  --option7 K</span>\n</code></pre>' in read
    assert on_post_page(read, about, None) == page  # and is not taken for short


def test_formulas_are_in_the_search_as_words(site):
    docs = json.loads((site / "search/search_index.json").read_text(encoding="utf-8"))["docs"]
    text = " ".join(doc["text"] for doc in docs if doc["location"].startswith("automatic-differentiation.html"))
    assert "x bar" in text and "\\bar" not in text
