"""Exercises in a real browser: answers are marked, hints come one by one, the solution at last, and what is done is kept; by keys alone."""

from __future__ import annotations

import itertools
import json
import math
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import served
from live_pages import write_site

import a1viz
from a1viz.live.graph_data import graph_data

pytestmark = pytest.mark.browser

DERIVE = "```a1viz\ngraph: gated_network\nexercise: derive\nof: [x, h1]\n```\n"
PAGES = {
    "one": f"# One\n\n{DERIVE}",
    "kinds": "# Kinds\n\n```a1viz\ngraph: gated_network\nexercise: shape\nof: W3_bar\nhints: [Think of `W3`.]\n```\n\n"
    "```a1viz\ngraph: two_layer\nexercise: weight\nof: W1[0, 1]\n```\n\n"
    "```a1viz\nnetwork: merge\nn: 4\nexercise: comparator\nwithout: 5\nview: wires\n```\n\n"
    "```a1viz\ngraph: two_layer\nexercise: value\nof: y\n```\n",
    "all": "# All\n\n```a1viz\ngraph: gated_network\nexercise: derive\nof: all\n```\n",
    "hostile": "# Hostile\n\n```a1viz\nexercise: value\nquestion: '<img src=x onerror=alert(1)> `<b>` </script>'\n"
    "answer: 3\nhints: ['<img src=x onerror=alert(1)>', '</script><b>']\n```\n",
}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with served(write_site(tmp_path_factory.mktemp("exercises"), PAGES)) as found:
        yield found


@pytest.fixture
def page(browser):
    context = browser.new_context()
    made = context.new_page()
    errors: list[str] = []
    made.on("pageerror", lambda error: errors.append(str(error)))
    made.on("console", lambda said: errors.append(said.text) if said.type == "error" and "favicon" not in str(said.location) else None)
    yield made
    context.close()
    assert errors == []


def opened(page, url):
    page.goto(url)
    end = time.monotonic() + 30
    while not page.evaluate("[...document.querySelectorAll('[data-a1viz-exercise]')].every(e => e.dataset.a1vizExercise === 'ready')"):
        assert time.monotonic() < end
        page.wait_for_timeout(20)
    return page


def answered(page, k, answer):
    """What is said of an answer to the k-th exercise of the page."""
    field = page.locator(".a1viz-exercise input").nth(k)
    field.fill(answer)
    field.press("Enter")
    return page.locator(".a1viz-mark").nth(k).inner_text()


def test_wrong_and_right_answers_are_told_apart(page, address):
    opened(page, f"{address}/one.html")
    assert answered(page, 0, "W1.T @ z1_bar + W2.T @ z2_bar") == "✗ Not yet: 2 of 3 terms found; the path through y is missing"
    assert page.locator(".a1viz-exercise input").first.get_attribute("aria-invalid") == "true"
    assert answered(page, 0, "W1.T @ (").startswith("✗ This cannot be read: ")
    assert answered(page, 0, "x_bar").startswith("✗ Not yet: x_bar is what is asked for")
    assert answered(page, 0, "") == "✗ Not yet: there is no answer yet"
    assert answered(page, 0, "x̄ = W1ᵀ @ z̄1 + W₂ᵀ @ z̄₂ + W4⊤ @ ȳ") == "✓ Right"
    assert page.locator(".a1viz-done").count() == 1


def test_a_unit_vector_is_written_as_on_paper(engine):
    answers = ["S_bar * (e_t - y_prime)", "y_prime - e_t", "-(y_prime - e_t)", "e_y - y_prime"]
    found = engine.ask("given[1].map(a => m.mark(m.graphOf(given[0]), 'y', a))", [graph_data(a1viz.load("gated_network")), answers])
    assert [one["right"] for one in found] == [True, True, False, False]
    assert found[2]["say"].startswith("the sign of the answer is wrong")


def test_what_is_typed_is_shown_as_a_formula(page, address):
    opened(page, f"{address}/one.html")
    shown = page.locator(".a1viz-preview").first
    field = page.locator(".a1viz-exercise input").first
    field.type("W1.T @ z1_bar")
    assert shown.locator("svg").get_attribute("aria-label") == "W1.T @ z1_bar"
    assert shown.locator("svg path").count() > 2
    field.type(" +")
    assert not shown.is_visible()


def test_hints_come_one_by_one_and_the_solution_at_last(page, address):
    opened(page, f"{address}/one.html")
    section = page.locator(".a1viz-exercise").first
    more = section.locator("button:not([type=submit])").first
    solution = section.locator("details")
    for k in (1, 2):
        assert more.inner_text() == f"Hint {k} of 2"
        more.click()
        assert section.locator(".a1viz-hints li").count() == k
        assert not solution.is_visible()
    assert "z1, z2 and y" in section.locator(".a1viz-hints").inner_text()
    assert more.inner_text() == "Solution"
    more.click()
    assert solution.is_visible() and solution.locator("svg").first.is_visible()
    assert section.locator(".a1viz-mark").inner_text() == "The solution is shown below"
    more.click()
    assert not solution.is_visible()


def test_without_hints_the_solution_comes_after_a_try(page, address):
    opened(page, f"{address}/kinds.html")
    more = page.locator(".a1viz-exercise").nth(1).locator("button:not([type=submit])").first
    assert not more.is_visible()
    answered(page, 1, "7")
    assert more.inner_text() == "Solution"


def test_progress_is_kept_and_can_be_taken_back(page, address):
    opened(page, f"{address}/one.html")
    count = page.locator(".a1viz-count")
    assert count.all_inner_texts() == ["", ""]
    answered(page, 0, "W1.T @ z1_bar + W2.T @ z2_bar + W4.T @ y_bar")
    assert count.nth(0).inner_text().startswith("✓ done · 1 of 2 on this page") and count.nth(1).inner_text() == ""
    opened(page, f"{address}/one.html")
    assert count.nth(0).inner_text().startswith("✓ done · 1 of 2 on this page")
    page.get_by_role("button", name="Mark as not done").click()
    assert count.all_inner_texts() == ["", ""]
    opened(page, f"{address}/all.html")
    assert page.locator(".a1viz-done").count() == 0  # the same variable among others has a count of its own


@pytest.mark.parametrize("kept", ["{", "[1, null]", '["<img>"]', "null", '{"a": 1}'])
def test_what_is_kept_is_read_strictly(page, address, kept):
    opened(page, f"{address}/one.html")
    page.evaluate("kept => localStorage.setItem('a1viz-exercises', kept)", kept)
    opened(page, f"{address}/one.html")
    assert page.locator(".a1viz-count").all_inner_texts() == ["", ""] and page.locator(".a1viz-done").count() == 0


def test_every_kind_is_marked(page, address):
    opened(page, f"{address}/kinds.html")
    assert "the other way round" in answered(page, 0, "4 x 5")
    assert answered(page, 0, "(N, H)") == answered(page, 0, "5 x 4") == "✓ Right"
    assert answered(page, 1, "3") == "✗ Not yet: with 3 there, y is [-18, 9, -29], and it should be [-12, 6, -20]"
    assert answered(page, 1, "2.0") == "✓ Right"
    assert answered(page, 2, "1-4").startswith("✗ Not yet: with 1–4 there, the inputs ")
    assert answered(page, 2, "[2, 3]") == "✓ Right"
    assert answered(page, 3, "-12, 6, 20") == "✗ Not yet: entry 3: the sign of 20 is wrong"
    assert answered(page, 3, "[-12, 6, -20]") == "✓ Right"
    assert page.locator(".a1viz-count").first.inner_text().startswith("✓ done · 4 of 4")


def test_all_variables_are_exercises_with_progress(page, address):
    opened(page, f"{address}/all.html")
    graph = a1viz.load("gated_network")
    steps = {step.variable: step.text for step in a1viz.derive(graph).steps if step.text != "J_bar = 1"}
    labels = [s.get_attribute("aria-label") for s in page.locator(".a1viz-exercise").all()]
    assert [label.split(" ")[-1] for label in labels] == list(steps)
    for k, text in enumerate(steps.values()):
        assert answered(page, k, text) == "✓ Right", text
    assert page.locator(".a1viz-count").first.inner_text().startswith(f"✓ done · {len(steps)} of {len(steps)}")


def test_an_exercise_is_done_by_keys_alone(page, address):
    opened(page, f"{address}/one.html")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.a1viz-exercise input')"):
            break
    page.keyboard.type("W1.T @ z1_bar + W2.T @ z2_bar + W4.T @ y_bar")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Check"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Space")
    assert page.locator(".a1viz-mark").first.inner_text() == "✓ Right"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator(".a1viz-hints li").count() == 1


def test_on_paper_the_solution_stands_below_the_question(page, address):
    opened(page, f"{address}/one.html")
    solution = page.locator(".a1viz-solution").first
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert solution.locator("svg").first.is_visible() and not page.locator(".a1viz-exercise form").first.is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert not solution.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_is_found_by_axe_and_a_phone_does_not_scroll(page, address, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 358, "height": 800})
    opened(page, f"{address}/kinds.html")
    answered(page, 0, "4 x 5")
    page.locator(".a1viz-exercise button:not([type=submit])").first.click()
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 358


def test_an_answer_never_lies_over_its_question(page, address):
    page.set_viewport_size({"width": 1280, "height": 500})
    opened(page, f"{address}/all.html")
    bottoms = "[...document.querySelectorAll('.a1viz-exercise')].map(e => [e.querySelector('.a1viz-question'), e.querySelector('form')])"
    assert page.evaluate(f"{bottoms}.every(([q, f]) => q.getBoundingClientRect().bottom <= f.getBoundingClientRect().top)")


def test_underscores_of_an_answer_are_seen(page, address):
    opened(page, f"{address}/one.html")
    field = page.locator(".a1viz-exercise input").first
    without, with_one = [field.screenshot() for text in ("z bar", "z_bar") if field.fill(text) is None]
    assert without != with_one


def test_markup_in_questions_and_hints_never_acts(page, address):
    opened(page, f"{address}/hostile.html")
    page.locator(".a1viz-exercise button:not([type=submit])").first.click()
    assert page.locator("main img, main b").count() == 0
    assert page.locator(".a1viz-question code").inner_text() == "<b>"
    assert "<img src=x" in answered(page, 0, "<img src=x onerror=alert(1)>") + page.locator(".a1viz-hints").inner_text()
    assert answered(page, 0, "3") == "✓ Right"


def test_without_a_script_there_are_question_and_solution(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/one.html")
    section = page.locator(".a1viz-exercise").first
    assert section.locator(".a1viz-question").inner_text().startswith("Derive ")
    section.locator("summary").click()
    assert section.locator("details svg").first.is_visible()
    context.close()


# --- marks of what is no derivation -------------------------------------------------------------------------------------------------


SHAPES = [  # wanted, answer, whether it is right, and a part of what is said
    (["D", "H"], "3 x 4", True, ""), (["D", "H"], "(3, 4)", True, ""), (["D", "H"], "[3, 4]", True, ""), (["D", "H"], "3×4", True, ""),
    (["D", "H"], "D x H", True, ""), (["D", "H"], "(D, 4)", True, ""), (["D", "H"], "H x D", False, "other way round"),
    (["D", "H"], "3", False, "it has 2 axes, and the answer has 1"), (["D", "H"], "3 x 5", False, "the size of axis 2 is not 5"),
    (["D", "H"], "", False, "no answer"), (["D"], "(3,)", True, ""), (["D"], "D", True, ""), (["D"], "H", False, "axis 1"),
    ([], "()", True, ""), ([], "scalar", True, ""), ([], "1", False, "single number"), (["D"], "<b>", False, "is no size"),
    ([2, "D", "H"], "2 x 3 x 4", True, ""),
    # as the pictures and the papers write them, and as they are spoken
    (["D"], "ℝ^D", True, ""), (["D"], "R^D", True, ""), (["D"], "R^{D}", True, ""), (["D", "H"], "ℝ^{D×H}", True, ""),
    (["D", "H"], "R^(3x4)", True, ""), (["D", "H"], r"\mathbb{R}^{D \times H}", True, ""), (["D", "H"], "R^3x4", True, ""),
    (["D", "H"], "(3, 4).", True, ""), (["D", "H"], "3-by-4", True, ""), (["D", "H"], "3X4", True, ""),
    (["D", "H"], "X 4", False, "axis 1"), (["D", "H"], "a 3 x 4 matrix", True, ""), (["D", "H"], "3×4 matrix", True, ""),
    (["D", "H"], "3 rows and 4 columns", True, ""), (["D"], "D entries", True, ""), (["D"], "a vector of D entries", True, ""),
    (["D"], "vector of length 3", True, ""), (["D"], "D-vector", True, ""), (["D"], "a vector of H entries", False, "axis 1 is not H"),
    (["a", "b"], "a x b", True, ""), (["D"], "D x 1", False, "leave out the 1"), (["D"], "1 x 3", False, "leave out the 1"),
    (["D"], "4 x 1", False, "1 axis, and the answer has 2"),
]  # fmt: skip
LN2 = math.log(2)
VALUES = [
    (1 / 3, "0.33", True, ""), (1 / 3, "0.3", False, "at least 2 digits"), (1 / 3, "1/3", True, ""), (1 / 3, "0.34", False, "too large"),
    (1 / 3, "-0.33", False, "sign"), (1 / 3, "33e-2", True, ""), (1 / 3, "0.333333", True, ""), (1 / 3, "0.333334", False, "too large"),
    (8, "8", True, ""), (8.2, "8", False, "at least 2 digits"), (572, "570", False, "too small"), (1234.5, "1.2e3", True, ""),
    (0, "0", True, ""), (0, "0.1", False, "too large"), (3, "1e999", False, "not a number"), (3, "x", False, "not a number"),
    (LN2, "ln 2", True, ""), (LN2, "ln(2)", True, ""), (LN2, "ln2", True, ""), (LN2, "log 2", True, ""), (2 * LN2, "2 ln 2", True, ""),
    (LN2, "-ln(1/2)", True, ""), (LN2, "J = ln 2", True, ""), (LN2, "ln 3", False, "ln 3 is too large"), (LN2, "ln", False, "not a number"),
    (-LN2, "ln 1/2", False, "not a number: ln 1/2"), (LN2, "-ln 2", False, "the sign of -ln 2"), (LN2, "ln x", False, "not a number"),
    (0.5, "eta < 1/2", True, ""), (0.5, "η ≤ 0.50", True, ""), (0.5, "0 < eta < 1/2", True, ""), (0.5, "eta = 1/2", True, ""),
    (0.5, "eta ≈ 0.5", True, ""), (0.5, "eta <", False, "no answer"), (0.5, "eta < 2", False, "2 is too large"),
    (0.5, "eta == 0.5", False, "not a number"), (0.5, "eta > 1/2", False, "give the number alone, without eta >"),
    (100, "c >= 100", False, "give the number alone, without c >="), (100, "c ≥ 100", False, "without c ≥"),
    ([LN2, 0], "[ln(2), 0]", True, ""), ([LN2, 0], "(ln 2, 0)", True, ""), ([LN2, 0], "ln(2) 0", True, ""),
    ([LN2, 2], "ln(2), (1 + 3)/2", True, ""), ([LN2], "[ln(2)]", True, ""), ([1, 2], "(1, 2)", True, ""), ([1, -2], "1 -2", True, ""),
    ([1, 2], "[1; 2]", True, ""), ([1.5, 2], "[3 / 2, 2]", True, ""), ([[1, 2], [3, 4]], "((1, 2), (3, 4))", True, ""),
    ([[1, -2], [3, 4]], "[1 -2; 3 4]", True, ""), ([LN2, 0], "[ln(2), ]", False, "2 entries"),
    ([3, 5], "3 and 5", True, ""), ([0, 1, 0], "0, 1 and 0", True, ""), ([3, 5], "h1 = 3, h2 = 5", True, ""),
    ([0, 1, 0], "0, 1, and 0", True, ""),
    (0.69, "0,69", False, "write a point before the decimals: 0.69"), (1024, "2¹⁰", True, ""), (0.01, "10⁻²", True, ""),
    (-0.5, "-½", True, ""),
    (1024, "1,024", True, ""), (2 / 3, "⅔", True, ""),
    ([5.5], "5,5", False, "decimals: 5.5"), ([5.5], "11/2", True, ""), ([5.5], "5.5", True, ""), ([5.5], "(4 + 7)/2 = 5.5", True, ""),
    (20, "5 × 4", True, ""), (10, "10 comparators", False, "leave out comparators"),
    (6, "2 pi", False, "not a number"), (6, "6u", False, "leave out u"), (6, "2pi", False, "not a number: 2pi"),
    (2, "1, 2", False, "expected a single number, and the answer has 2"), (2, "[2]", True, ""), (2, "(1 + 3)/2", True, ""),
    (2, "(2)", True, ""), ([8, 1, 0], "w = [8, 1, 0]", True, ""), ([8, 1, 0], "8, 1, 0", True, ""), ([8, 1, 0], "8 1 0", True, ""),
    ([8, 1, 0], "[8, 1, 1]", False, "entry 3: 1 is too large"), ([8, 1, 0], "8, 1", False, "expected 3 entries"),
    ([[1, 2], [3, 4]], "[[1, 2], [3, 4]]", True, ""), ([[1, 2], [3, 4]], "1 2\n3 4", True, ""),
    ([[1, 2], [3, 4]], "[[1, 2], [3, 5]]", False, "entry 2, 2: 5 is too large"),
    ([[1, 2], [3, 4]], "[[1, 2, 3, 4]]", False, "one list a row"),
    # signs of papers, and the steps of a calculation
    (6.75, "9·30/40", True, ""), (6.75, "9 × 30 ÷ 40", True, ""), (6.75, "3²·30/40", True, ""), (36, "2 x 3 x 6", True, ""),
    (36, "2x3x6", True, ""), (0.5, "½", True, ""), (-0.5, "-½", True, ""), (1.5, "1½", True, ""), (1.5, "1 ½", True, ""),
    (125, "(1^2 + 2^2)(3^2 + 4^2)", True, ""), (125, "5(25)", True, ""), (36, "2*3*6 = 36", True, ""),
    (36, "2·3·6 = 35", False, "35 is too small"), (36, "2*3*5 = 36", False, "2*3*5 is too small"),
    (0.5, "eta < n/sigma^2 = 1/2", True, ""), (0.5, "< 0.5", True, ""), (0.5, "<= 1/2", True, ""), (0.5, "> 0.5", False, "without >"),
    (6.75, "σ²(n-d)/n = 6.75", True, ""), (20, "n = d = 20", True, ""), (-0.5, "T2(0.5) = -1/2", True, ""),
    (5 / 39, "5/39 ≈ 0.128", True, ""), (20, "n = d", False, "not a number: d"), (78400, "78,400", True, ""),
    (1234.5, "1,234.5", True, ""), (6.75, "6,75", False, "decimals: 6.75"),
    (36, "36 multiplications", False, "leave out multiplications"), (13, "degree 13", False, "leave out degree"),
    (0, "it is 0", False, "out it is"), ([1.5, 1.5], "(1.5, 1.5)^T", True, ""), ([1.5, 1.5], "[3/2, 3/2]ᵀ", True, ""),
    ([1.5, 2], r"(3/2, 2)^{\top}", True, ""), ([1, 2], "[1, 2].T", True, ""), ([1, 2], "1 and 2", True, ""),
    ([2, 1], "w1 = 2, w2 = 1", True, ""), ([2, 1], "w2=2, w1=1", False, "not a number"),
    ([[1, 2], [3, 4]], "[[1, 3], [2, 4]]^T", False, ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("mark", "cases"),
    [("m.markShape(w, new Map([['D', 3], ['H', 4]]), a)", SHAPES), ("m.markValue(w, a)", VALUES)],
    ids=["shapes", "values"],
)
def test_shapes_and_values_are_read_as_they_are_written(engine, mark, cases):
    found = engine.ask(f"given.map(([w, a]) => {mark})", [[wanted, answer] for wanted, answer, *_ in cases])
    for (wanted, answer, is_right, said), verdict in zip(cases, found, strict=True):
        assert verdict["right"] == is_right and said in verdict["say"], (wanted, answer, verdict)


def test_any_number_that_gives_the_right_outputs_is_right(engine):
    graph = a1viz.parse("h = W @ x; y = step(h)", x=["D"], W=["K", "D"])
    given = {"x": [[1.0, 2.0], [1.0, -1.0]], "W": [[2.0, 1.0]]}
    outputs = {name: value.tolist() for name, value in a1viz.run(graph, **given).items()}
    task = {"leaf": "W", "entry": 1, "given": given, "outputs": outputs}
    found = engine.ask(
        "given[2].map(a => m.markWeight(m.graphOf(given[0]), given[1], a))",
        [graph_data(graph), task, ["1", "-1/2", "3", "-1", "W", "[1]", "-0,5"]],
    )
    assert [one["right"] for one in found] == [True, True, False, False, False, True, False]
    assert found[2]["say"] == "with 3 there, y is 0 for example 2, and it should be 1"
    assert found[4]["kind"] == found[6]["kind"] == "unread" and found[6]["say"].endswith("-0.5")


def test_two_wires_are_read_as_they_are_named(engine):
    task = {"n": 3, "comparators": [[1, 2], [2, 3]], "place": 2}
    named = ["1 and 2", "x1 and x2", "wires 1 and 2", "wire 1 to wire 2", "x1, x2", "2-1", "[1, 2]"]
    found = engine.ask("given[1].map(a => m.markComparator(given[0], a))", [task, [*named, "S3", "1 and 2 and 3", "1 or 2"]])
    assert [one["kind"] for one in found] == ["right"] * len(named) + ["unread"] * 3


def test_the_0_1_principle_is_tried_on_every_input(engine):
    """Against a plain loop over all inputs, for networks drawn at random; and 16 wires are quick."""
    import random

    rng = random.Random(2)
    cases = []
    for _ in range(120):
        n = rng.randint(1, 6)
        pairs = [sorted(rng.sample(range(1, n + 1), 2)) for _ in range(rng.randint(0, 14))] if n > 1 else []
        cases.append((n, pairs, rng.choice([0, 0, rng.randint(1, n)])))
    found = engine.ask("given.map(([n, pairs, k]) => m.failingInput(n, pairs, k))", cases)
    for (n, pairs, k), failing in zip(cases, found, strict=True):
        wrong = [list(bits) for bits in itertools.product([0, 1], repeat=n) if goes_wrong(list(bits), pairs, k)]
        assert (failing is None) == (wrong == []), (n, pairs, k)
        assert failing is None or failing in wrong
    pairs = [[i + 1, j + 1] for i, j in a1viz.sorting.network("merge", n=16).comparators]
    whole, less = engine.ask_within(5, "[m.failingInput(16, given), m.failingInput(16, given.slice(0, -1))]", pairs)
    assert whole is None and less is not None


def goes_wrong(bits, pairs, k):
    ranked = sorted(bits)
    for i, j in pairs:
        bits[i - 1], bits[j - 1] = min(bits[i - 1], bits[j - 1]), max(bits[i - 1], bits[j - 1])
    return bits[k - 1] != ranked[k - 1] if k else bits != ranked


def test_python_and_the_page_hide_the_same_comparator():
    from a1viz.site.fence import html
    from a1viz.site.options import read

    for n, k in itertools.product(range(2, 7), (0, 1)):
        network = a1viz.sorting.network("bubble", n=n)
        made = html(read(f"network: bubble\nn: {n}\nexercise: comparator\nwithout: {network.size}" + (f"\nk: {k}" if k else "")))
        task = json.loads(made.partition('class="a1viz-data">')[2].partition("</script>")[0])["items"][0]
        assert task["comparators"] == [[i + 1, j + 1] for i, j in network.comparators[:-1]] and task["k"] == k
