"""Plots to play with in a real browser: without a script a picture, with one moved by keys and pointer, in words too."""

from __future__ import annotations

import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import ROOT, served
from live_pages import listened, until, write_site
from live_plots import PAGES

from a1viz.base.errors import InputError
from a1viz.gradients import pass_table
from a1viz.plots.polynomials import SEED
from a1viz.regression import double_descent, error_on_target, expected_test_error, fit_poly, noisy_points
from a1viz.site.figures import figure_html
from a1viz.site.live_plots import PLOTS, live_part

pytestmark = pytest.mark.browser
ALL = "\n".join(PAGES.values()).replace("# A plot\n", "", len(PAGES) - 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    still = {
        "still": "# Still\n\n```a1viz\nfigure: descent_paths\n```\n",
        "both": f"{PAGES['descent_paths']}\n```a1viz\ngraph: two_layer\nview: backward\nlive: true\n```\n",
    }
    return write_site(tmp_path_factory.mktemp("plots"), {**PAGES, **still, "all": ALL})


@pytest.fixture(scope="module")
def address(folder):
    with served(folder) as found:
        yield found


@pytest.fixture
def visit(browser, address):
    """Open a page with some settings of the browser; at the end no error was told."""
    contexts, heard = [], []

    def go(name, way="http", **settings):
        context = browser.new_context(**settings)
        contexts.append(context)
        page = context.new_page()
        heard.append(listened(page))
        page.goto(f"{address if way == 'http' else way}/{name}.html")
        until(page, "document.readyState === 'complete'")
        if settings.get("java_script_enabled", True):
            until(page, "[...document.querySelectorAll('[data-a1viz-plot]')].every(p => 'a1vizReady' in p.dataset)")
        return page

    yield go
    for context in contexts:
        context.close()
    assert [error for errors in heard for error in errors] == []


def verdict(page):
    return page.locator(".a1viz-plot-verdict").inner_text()


def slider(page, name):
    return page.get_by_role("slider", name=name, exact=True)


@pytest.mark.parametrize("name", PLOTS)
def test_without_a_script_there_is_the_picture(visit, name):
    page = visit(name, java_script_enabled=False)
    assert page.locator(".a1viz-plot-built").is_visible() and page.locator(".a1viz-plot-built :is(svg, table)").first.is_visible()
    assert page.locator(".a1viz-panel").count() == 0


@pytest.mark.parametrize("way", ["http", "file"])
def test_plots_take_the_pictures_place_and_give_it_back_on_paper(visit, folder, way):
    page = visit("all", way if way == "http" else folder.as_uri())
    assert page.locator("[data-a1viz-plot]").count() == len(PLOTS)
    kinds = page.evaluate(
        "[...document.querySelectorAll('[data-a1viz-plot]')]"
        ".map(p => [p.dataset.a1vizPlot, p.querySelector('.a1viz-plot-built').offsetHeight > 0])"
    )
    assert kinds == [[kind, kind in ("cost_sliders", "models")] for kind, _ in PLOTS.values()]
    page.emulate_media(media="print")
    assert page.locator(".a1viz-plot-built:visible").count() == len(PLOTS) and page.locator(".a1viz-panel:visible").count() == 0


def test_pages_load_what_they_need(visit):
    def scripts(page):
        return page.evaluate("[...document.querySelectorAll('script[data-a1viz-engine]')].map(s => s.dataset.a1vizEngine)")

    assert scripts(visit("still")) == []
    assert scripts(visit("descent_paths")) == ["a1viz-tables", "a1viz-plots"]
    both = visit("both")
    assert scripts(both) == ["a1viz-tables", "a1viz-player", "a1viz-plots"]
    until(both, "document.querySelector('[data-a1viz-live]').dataset.a1vizLive === 'ready'")


def test_data_is_small():
    for name in PLOTS:
        data = re.search(r'class="a1viz-data">(.*?)</script>', live_part(name, ""))
        assert data and len(data[1]) < 5_400, name


def test_a_figure_that_cannot_be_changed_says_so():
    with pytest.raises(InputError, match=r"learning_rates.*cannot be changed in the page; those that can are poly_fits"):
        figure_html("learning_rates", live=True)


def test_the_how_to_names_the_figures_that_can_be_changed():
    text = (ROOT / "docs" / "how-to" / "own-site.md").read_text(encoding="utf-8")
    sentence = next(line for line in text.splitlines() if line.startswith("Some figures of results are live too"))
    own = "shipped_models"  # leads to pages that only this site has
    assert re.findall(r"`(\w+)`", sentence) == [name for name in PLOTS if name != own]


def test_two_models_are_compared_by_their_numbers_and_their_curves(visit):
    page = visit("shipped_models")
    data = PLOTS["shipped_models"][1]()["models"]
    first, second = (page.get_by_label(f"{which} model") for which in ("first", "second"))
    second.select_option("5")
    first.focus()
    page.keyboard.press("ArrowDown")
    table = page.locator(".a1viz-plot-panel table")
    assert table.locator("thead a").all_inner_texts() == [data[1]["title"], data[5]["title"]]
    cells = [row.locator("th, td").all_inner_texts() for row in table.locator("tbody tr").all()]
    assert cells == [[what, value, other] for (what, value), (_, other) in zip(data[1]["rows"], data[5]["rows"], strict=True)]
    assert "The data differ" not in verdict(page) and dict(data[5]["rows"])["validation accuracy"] in verdict(page)
    assert page.locator(".a1viz-plot-stage svg").count() == 2 and page.locator(".a1viz-plot-stage svg path[stroke-dasharray]").count() == 4
    second.select_option("0")
    assert "The data differ" in verdict(page)
    found = Axe().run(page, context=".a1viz-plot-panel")
    assert not found.response["violations"], found.generate_report()


def test_polynomials_by_keys_alone(visit):
    page = visit("poly_fits")
    x, t = noisy_points(seed=SEED)
    assert f"test error {error_on_target(fit_poly(x, t, 13)):.3g}" in verdict(page)
    degree = slider(page, "degree")
    degree.focus()
    for key, expected in (("ArrowRight", 14), ("Home", 0), ("End", 200)):
        page.keyboard.press(key)
        errors = [error_on_target(fit_poly(x, t, expected, basis)) for basis in ("chebyshev", "legendre")]
        assert verdict(page).startswith(f"Degree {expected}, 14 points")
        assert degree.get_attribute("aria-valuetext") == str(expected)
        assert all(f"{error:.3g}" in verdict(page) for error in errors)
    until(page, "document.querySelector('[role=status]').textContent.startsWith('Degree 200')")
    slider(page, "noise σ").focus()
    page.keyboard.press("Home")
    slider(page, "degree").focus()
    page.keyboard.press("Home")
    for _ in range(13):
        page.keyboard.press("ArrowRight")
    assert f"test error {error_on_target(fit_poly(x, np.sin(10 * x), 13)):.3g}".replace("e-0", "e-") in verdict(
        page
    ) and "noise 0:" in verdict(page)
    slider(page, "points n").press("ArrowRight")
    assert "15 points" in verdict(page) and "fewer weights than points" in verdict(page)
    page.get_by_role("button", name="Back to the given").click()
    assert f"test error {error_on_target(fit_poly(x, t, 13)):.3g}" in verdict(page)


def test_starts_are_offered_with_a_minus_sign(visit):
    offered = visit("descent_paths").get_by_label("start from").locator("option").all_text_contents()
    assert any("−" in text for text in offered) and not any("-" in text for text in offered)


def test_a_start_that_was_left_can_be_chosen_again(visit):
    page = visit("descent_paths")
    choice, start = page.get_by_label("start from"), slider(page, "start")
    first, chosen = start.get_attribute("aria-valuetext"), choice.input_value()
    start.press("ArrowUp")
    assert choice.input_value() == "" and start.get_attribute("aria-valuetext") != first
    choice.select_option(chosen)
    assert start.get_attribute("aria-valuetext") == first and choice.input_value() == chosen


def test_the_start_is_moved_by_keys_and_dragged(visit):
    page = visit("descent_steps")
    start = slider(page, "start")
    assert start.get_attribute("aria-valuetext") == "w1 −2, w2 2" and "converges, but oscillates" in verdict(page)
    start.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    assert start.get_attribute("aria-valuetext") == "w1 −1.9, w2 1" and "from (−1.9, 1)" in verdict(page)
    step = slider(page, "step size")
    step.focus()
    page.keyboard.press("End")
    assert "diverges" in verdict(page) and "The limit is " in verdict(page)
    assert step.get_attribute("aria-valuetext").endswith("1.2 of the limit")
    page.keyboard.press("Home")
    assert "converges: each step" in verdict(page)
    until(page, "document.querySelector('[role=status]').textContent.includes('converges: each step')")
    box = start.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 80, box["y"] + 40, steps=4)
    page.mouse.up()
    moved = start.bounding_box()
    assert abs(moved["x"] + moved["width"] / 2 - box["x"] - 80) < 2 and abs(moved["y"] + moved["height"] / 2 - box["y"] - 40) < 2
    page.mouse.move(10, 10)
    assert start.bounding_box() == moved


def test_double_descent_begins_with_the_curves_of_the_build(visit):
    page = visit("double_descent")
    found = double_descent()
    assert "1000 repeats" in verdict(page) and f"peaks at n = {found.peak}" in verdict(page)
    for n in (20, 25, 16):
        examples = slider(page, "examples n")
        examples.evaluate("(input, n) => { input.value = n - 1; input.dispatchEvent(new Event('input')); }", n)
        place = found.sizes.index(n)
        assert f"At n = {n} the median test error is {found.median[place]:.3g}, " in verdict(page)
        expected = expected_test_error(n, 20, 0.5)
        assert f"the expectation {'∞' if expected == np.inf else f'{expected:.3g}'}" in verdict(page)


def test_double_descent_at_other_settings_is_drawn_in_the_page(visit):
    page = visit("double_descent")
    slider(page, "features d").press("ArrowLeft")
    until(page, "document.querySelector('.a1viz-plot-verdict').textContent.startsWith('18 features')")
    assert "400 repeats: the median test error peaks at n = 18" in verdict(page)
    slider(page, "noise σ").press("Home")
    assert "noise 0, 400 repeats" in verdict(page) and "peaks at n = 1." in verdict(page)
    page.get_by_role("button", name="Back to the given").click()
    assert "20 features, noise 0.5, 1000 repeats" in verdict(page)


def test_costs_in_numbers(visit):
    page = visit("pass_costs")
    slider(page, "layers K").press("ArrowRight")
    slider(page, "width D").press("Home")
    at = {"N": 128, "K": 5, "D": 1}
    shown = page.locator(".a1viz-plot-costs td b").all_inner_texts()
    assert shown == [f"{p.at(at):,}" for e in pass_table().entries for p in (e.multiplications, e.numbers)]
    assert verdict(page).startswith("With N = 128, K = 5, D = 1 ")


@pytest.mark.parametrize("name", ["logistic_boundaries", "mlp_boundaries"])
def test_training_by_keys_alone(visit, name):
    page = visit(name)
    until(page, "document.querySelector('.a1viz-plot-verdict').textContent.startsWith('After 500 steps')")  # it opens with a run
    assert float(re.findall(r"([\d.]+)\s?% of the training", verdict(page))[0]) > (99 if name == "mlp_boundaries" else 80)
    page.get_by_role("button", name="Back to the first").press("Enter")
    assert verdict(page).startswith("After 0 steps")
    page.get_by_role("button", name="One step").press("Enter")
    assert verdict(page).startswith("After 1 step:") and re.search(r"\d% of the training points", verdict(page))
    page.get_by_role("button", name="Train on").press("Enter")
    until(page, "Number(/\\d+/.exec(document.querySelector('.a1viz-plot-verdict').textContent)[0]) > 100")
    page.get_by_role("button", name="Pause the training").press("Enter")
    steps = verdict(page)
    page.wait_for_timeout(100)
    assert verdict(page) == steps
    until(page, "document.querySelector('[role=status]').textContent.startsWith('After')")
    lines = page.locator(".a1viz-plot-legend").first.inner_text()
    assert ("hidden units" in lines) is (name == "mlp_boundaries") and "boundary" in lines and "90% sure" in lines
    page.get_by_label("points", exact=True).select_option("Two circles")
    assert verdict(page).startswith("After 0 steps") and "outer circle" in page.locator(".a1viz-plot-legend").first.inner_text()
    slider(page, "learning rate").press("End")
    slider(page, "momentum").press("Home")
    page.get_by_role("button", name="Back to the first").press("Enter")
    assert slider(page, "momentum").get_attribute("aria-valuetext") == ("0.9" if name == "mlp_boundaries" else "0")


def test_a_training_that_diverges_stops_and_says_so(visit):
    page = visit("mlp_boundaries")
    page.get_by_role("button", name="Back to the first").press("Enter")
    slider(page, "learning rate").press("End")
    page.get_by_role("button", name="Train on").press("Enter")
    until(page, "document.querySelector('.a1viz-plot-verdict').textContent.includes('is too large')")
    assert page.get_by_role("button", name="Train on").is_visible()


def test_a_setting_that_is_tried_first_begins_at_the_first_parameters(visit):
    """After the opening run no rate is too large any more: the perceptron's gradients are nearly 0 there."""
    page = visit("mlp_boundaries")
    until(page, "document.querySelector('.a1viz-plot-verdict').textContent.startsWith('After 500 steps')")
    slider(page, "learning rate").press("End")
    assert verdict(page).startswith("After 0 steps")
    page.get_by_role("button", name="Train on").press("Enter")
    until(page, "document.querySelector('.a1viz-plot-verdict').textContent.includes('is too large')")
    assert "or Reset, which takes the given " in verdict(page)
    page.get_by_role("button", name="Back to the first").press("Enter")
    page.get_by_role("button", name="One step").press("Enter")
    slider(page, "learning rate").press("ArrowLeft")  # later a setting changes what comes next, as in any training
    assert verdict(page).startswith("After 1 step:")


def test_less_motion_means_fewer_pictures(visit):
    counted = """() => { window.pictures = 0; new MutationObserver(() => { window.pictures += 1; })
        .observe(document.querySelector('.a1viz-plot-verdict'), {childList: true}); }"""
    pictures = {}
    for motion in ("reduce", "no-preference"):
        page = visit("logistic_boundaries", reduced_motion=motion)
        page.evaluate(counted)
        page.get_by_role("button", name="Train on").click()
        page.wait_for_timeout(1500)
        pictures[motion] = page.evaluate("window.pictures")
    assert pictures["reduce"] <= 3 < pictures["no-preference"]


def test_a_phone_is_wide_enough(visit):
    page = visit("all", viewport={"width": 358, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 358
    sizes = page.evaluate("[...document.querySelectorAll('.a1viz-plot text')].map(t => t.getBoundingClientRect().height)")
    assert len(sizes) > 20 and min(size for size in sizes if size) > 8


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_for_axe_in_either_scheme(visit, scheme):
    page = visit("all", color_scheme=scheme, bypass_csp=True)
    ink = page.evaluate("getComputedStyle(document.querySelector('.a1viz-plot text')).fill")
    assert ink == {"light": "rgb(26, 26, 26)", "dark": "rgb(232, 234, 240)"}[scheme]
    pixel = page.evaluate("[...document.querySelector('canvas').getContext('2d').getImageData(0, 0, 1, 1).data]")
    assert (sum(pixel[:3]) > 450) is (scheme == "light")
    bad = [
        v for v in Axe().run(page, context={"include": [[".a1viz-panel"]]}).response["violations"] if v["impact"] in ("serious", "critical")
    ]
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in bad] == []


def test_every_control_has_a_name_and_every_plot_words(visit):
    page = visit("all")
    names = page.evaluate(
        "[...document.querySelectorAll('.a1viz-panel :is(button, input, select, [tabindex])')].map(c => c.getAttribute('aria-label'))"
    )
    assert len(names) > 40 and all(names)
    words = page.evaluate(
        "[...document.querySelectorAll('.a1viz-plot svg[aria-labelledby]')]"
        ".map(s => ['title', 'desc'].map(part => s.querySelector(part).textContent))"
    )
    assert len(words) == 16 and all(title and len(text) > 20 for title, text in words)
    assert page.evaluate("[...document.querySelectorAll('[data-a1viz-plot]')].every(p => p.querySelectorAll('[role=status]').length === 1)")


def test_the_same_page_is_drawn_the_same(visit):
    read = "[...document.querySelectorAll('.a1viz-plot svg')].map(s => s.innerHTML)"
    seen = []
    for page in (visit("poly_fits"), visit("poly_fits")):
        page.wait_for_function("[...document.querySelectorAll('.a1viz-plot desc')].every(one => one.textContent)")
        seen.append(page.evaluate(read))
        while seen[-1] != (now := page.wait_for_timeout(500) or page.evaluate(read)):  # the errors of all degrees come one by one
            seen[-1] = now
    assert seen[0] == seen[1]
