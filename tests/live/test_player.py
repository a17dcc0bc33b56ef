"""A live picture in a real browser: numbers follow what a reader changes, as Python computes them; keys, links, learning."""

from __future__ import annotations

import base64
import json
import random

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import ROOT, part, served
from live_pages import faultless, until, write_site

import a1viz
from a1viz.live.figure_data import figure_data
from a1viz.live.table import as_json
from a1viz.pictures.slots import number_text

pytestmark = pytest.mark.browser

GATED = "# Gated\n\n```a1viz\ngraph: gated_network\nview: backward\nlive: true\ncaption: A network.\n```\n"
PAGES = {
    "gated": GATED,
    "plain": "# Plain\n\n```a1viz\ngraph: gated_network\nview: backward\n```\n",
    "both": GATED
    + "\n```a1viz\ngraph: rnn\nview: backward\nlive: true\n```\n\n```a1viz\ngraph: batch_norm\nview: backward\nlive: true\n```\n",
}
PAGES["counting"] = "# Counting\n\n```a1viz\ngraph: counting\nview: backward\nlive: true\n```\n"
GRAPHS = [str(name) for name in a1viz.catalogue()]
READ = """() => [...document.querySelectorAll('svg g[id][data-name]')].map(
    b => [b.dataset.name, [b.dataset.value ?? null, b.dataset.bar ?? null]])"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_site(tmp_path_factory.mktemp("live"), PAGES)


@pytest.fixture(scope="module")
def address(folder):
    with served(folder) as found:
        yield found


@pytest.fixture
def page(browser):
    with faultless(browser) as made:
        yield made


def opened(page, url):
    page.goto(url)
    until(page, "[...document.querySelectorAll('[data-a1viz-live]')].every(f => f.dataset.a1vizLive === 'ready')")
    return page


def read(page):
    """What the boxes hold: of each variable the value and the error signal, as texts."""
    return dict(page.evaluate(READ))


def numbers(text):
    """The numbers of an attribute."""
    return np.asarray(json.loads(text, parse_constant=None), float) if text else None


def assert_as_python(page, graph="gated_network", **given):
    """Every box holds the values and error signals that Python computes."""
    g = a1viz.load(graph)
    values, bars = a1viz.run(g, trace=True, **given), a1viz.grad(g, **given)
    found = read(page)
    assert found
    for name, (value, bar) in found.items():
        if name in g:
            np.testing.assert_allclose(numbers(value), values[name], rtol=1e-12, atol=1e-14, err_msg=name)
            if f"{name}_bar" in bars:
                np.testing.assert_allclose(numbers(bar), bars[f"{name}_bar"], rtol=1e-12, atol=1e-14, err_msg=f"{name}_bar")


def cell(page, name):
    return page.locator(f"svg:visible [role=spinbutton][aria-label='{name}']").first


@pytest.mark.parametrize("way", ["http", "file"])
def test_a_number_that_is_typed_changes_values_and_error_signals(page, address, folder, way):
    opened(page, f"{address}/gated.html" if way == "http" else f"{folder.as_uri()}/gated.html")
    assert_as_python(page)
    cell(page, "x entry 2").click()
    page.keyboard.press("Control+A")
    page.keyboard.type("1.25")
    page.keyboard.press("Enter")
    assert_as_python(page, x=[1, 1.25, 0.5])
    assert cell(page, "x entry 2").text_content() == "1.25"
    until(page, "document.querySelector('.a1viz-status').textContent.startsWith('x entry 2 is 1.25; J is ')")
    cell(page, "x entry 2").press("Shift+ArrowDown")
    cell(page, "x entry 2").press("Shift+ArrowDown")
    until(page, "document.querySelector('.a1viz-status').textContent.startsWith('x entry 2 is −0.75; J is ')")


def test_the_page_writes_numbers_as_the_build_did(browser, address):
    text = "() => [...document.querySelectorAll('.a1viz-slot text')].map(t => t.textContent)"
    context = browser.new_context(java_script_enabled=False)
    still = context.new_page()
    still.goto(f"{address}/both.html")
    written = still.evaluate(text)
    context.close()
    page = opened(browser.new_page(), f"{address}/both.html")
    assert page.evaluate(text) == written and len(written) > 100
    page.close()


def test_a_button_is_named_by_the_words_that_are_seen(page, address):
    opened(page, f"{address}/gated.html")
    for text in ("Reset", "Learn", "Full width", "Step", "One step", "Link"):
        assert text.lower() in page.locator(f"button:text-is('{text}')").get_attribute("aria-label").lower()


def test_keys_alone_change_numbers(page, address):
    opened(page, f"{address}/gated.html")
    cell(page, "x entry 1").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+ArrowDown")
    assert_as_python(page, x=[0.2, -2, 0.5])
    page.keyboard.press("5")
    page.keyboard.press("Enter")
    assert_as_python(page, x=[5, -2, 0.5])
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "x entry 1"
    cell(page, "t").focus()
    page.keyboard.press("ArrowUp")
    assert_as_python(page, x=[5, -2, 0.5], t=3)


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [("x entry 1", "one", "write a number"), ("t", "7", "from 0 to 4"), ("t", "1.5", "whole number"), ("x entry 1", "1e999", "")],
)
def test_bad_input_says_so_and_keeps_the_old_number(page, address, name, typed, said):
    opened(page, f"{address}/gated.html")
    cell(page, name).click()
    page.keyboard.press("Control+A")
    page.keyboard.type(typed)
    page.keyboard.press("Enter")
    assert said in page.locator(".a1viz-status").inner_text() and page.locator(".a1viz-entry").get_attribute("aria-invalid")
    assert page.locator(".a1viz-status.a1viz-unseen").count() == 0
    page.locator(".a1viz-entry").fill("1")
    at_once = """() => {
      document.querySelector(".a1viz-entry").dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true, cancelable: true}));
      return document.querySelector(".a1viz-status").textContent;
    }"""
    assert page.evaluate(at_once) == ""  # what was wrong is said no more
    until(page, f"document.querySelector('.a1viz-status').textContent.startsWith('{name} is 1')")
    assert_as_python(page, **{name.partition(" ")[0]: [1, -2, 0.5] if " " in name else 1})


def test_dragging_changes_a_number(page, address):
    opened(page, f"{address}/gated.html")
    box = cell(page, "x entry 3").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 20, y, steps=4)
    page.mouse.up()
    assert_as_python(page, x=[1, -2, 1.0])
    assert page.locator(".a1viz-entry").count() == 0


def test_parameters_are_changed_in_the_table(page, address):
    opened(page, f"{address}/gated.html")
    page.locator("summary", has_text="Change numbers").click()
    page.get_by_label("W1 row 2 column 3").fill("-0.75")
    W1 = [[1, 0, 2], [0, -1, -0.75], [-1, 1, 0], [2, 1, -2]]
    assert_as_python(page, W1=W1)
    page.get_by_role("button", name="Back to the given numbers").click()
    assert_as_python(page)


def test_steps_go_forward_and_then_backward(page, address):
    opened(page, f"{address}/gated.html")
    step, beside = page.get_by_role("button", name="One step forward"), page.locator(".a1viz-step")
    step.click()
    assert (
        beside.inner_text().replace("\n", "")
        == "1 of 19: z1 = W1 @ x + b1 = [[1, 0, 2], [0, -1, 1], [-1, 1, 0], [2, 1, -2]] @ [1, -2, 0.5] + [0, 1, -1, -1] = [2, 3.5, -4, -2]"
    )
    assert page.locator("svg:visible .a1viz-now").get_attribute("data-name") == "z1"
    assert page.locator(".a1viz-status.a1viz-unseen").inner_text() == beside.inner_text().replace("\n", "")  # heard, not seen twice
    for _ in range(8):
        step.click()
    assert beside.inner_text().replace("\n", "") == "9 of 19: J = -S = -(-1.184) = 1.184"
    step.click()
    assert beside.inner_text().startswith("10 of 19: J_bar = 1")
    assert page.locator("svg:visible .a1viz-slot[data-name=y][data-kind=bar] text").first.is_hidden()
    page.get_by_role("button", name="Show all numbers").click()
    assert beside.is_hidden() and page.locator("svg:visible .a1viz-slot[data-name=y][data-kind=bar] text").first.is_visible()


def test_learning_takes_pythons_gradient_steps(page, address):
    opened(page, f"{address}/gated.html")
    g = a1viz.load("gated_network")
    leaves = {name: np.asarray(g.document.values[name], float) for name in g.parameters}
    before = float(a1viz.run(g)["J"])
    for _ in range(3):
        page.get_by_role("button", name="One step of gradient descent").click()
        bars = a1viz.grad(g, list(leaves), **leaves)
        leaves = {name: value - 0.1 * bars[f"{name}_bar"] for name, value in leaves.items()}
    assert_as_python(page, **leaves)
    assert float(read(page)["J"][0]) < before
    page.get_by_role("button", name="Take one step after the other").click()
    until(page, "document.querySelector('.a1viz-losses').textContent.match(/^[0-9]{2,} steps: J is/)")
    page.get_by_role("button", name="Pause learning").click()
    assert page.locator(".a1viz-status").inner_text() == page.locator(".a1viz-losses").inner_text()


def test_each_step_and_what_is_learnt_is_seen_on_a_high_picture(browser, tmp_path):
    """As on the home page, with its style: the buttons and what they say stay in the window, and the box of a step comes into it."""
    fenced = "```a1viz\ngraph: mlp_softmax\nview: backward\nlive: true\ndirection: down\nscale: 1.3\n```"
    folder = write_site(tmp_path, {"high": fenced})
    (folder / "assets" / "site.css").write_bytes((ROOT / "docs" / "assets" / "site.css").read_bytes())
    text = (folder / "high.html").read_text("utf-8").replace("<main>", "<main class='a1viz-home'><div>Words</div>")
    (folder / "high.html").write_text(text.replace("<script ", '<link rel="stylesheet" href="assets/site.css"><script '), "utf-8")
    with faultless(browser, viewport={"width": 1280, "height": 800}) as page:
        opened(page, f"{folder.as_uri()}/high.html")
        assert page.evaluate("document.querySelector('.a1viz-picture').clientHeight") > 1000
        page.get_by_role("button", name="One step of gradient descent").click()
        told = page.get_by_text("1 step: J is").filter(visible=True).first.bounding_box()
        assert told["y"] + told["height"] <= 800
        step = page.get_by_role("button", name="One step forward")
        places = set()
        for _ in range(13):
            step.click()
            places.add(step.bounding_box()["y"])
            box, panel = page.locator(".a1viz-now:visible").bounding_box(), page.locator(".a1viz-panel").bounding_box()
            assert box["y"] >= 0 and box["y"] + box["height"] <= panel["y"] and panel["y"] + panel["height"] <= 800
        assert len(places) == 1  # the button stays under the pointer


def test_the_box_of_the_loss_comes_into_sight_without_the_buttons_leaving_the_end_of_the_window(browser, tmp_path):
    fenced = "```a1viz\ngraph: mlp_softmax\nview: backward\nlive: true\ndirection: down\n```"
    words = "What stands beside it. " * 900
    folder = write_site(tmp_path, {"long": f"{words}\n\n{fenced}\n\n{words}"})
    with faultless(browser, viewport={"width": 1280, "height": 600}) as page:
        opened(page, f"{folder.as_uri()}/long.html")
        step = page.get_by_role("button", name="One step forward")
        places = []
        page.locator("figure").evaluate("one => one.scrollIntoView()")
        for _ in range(13):
            step.click()
            places.append(step.bounding_box()["y"])
            box, panel = page.locator(".a1viz-now:visible").bounding_box(), page.locator(".a1viz-panel").bounding_box()
            assert box["y"] >= 48 and box["y"] + box["height"] <= panel["y"] + 1
        assert max(places) - min(places) < 20


def test_the_buttons_of_a_low_picture_stay_under_the_pointer_too(browser, tmp_path):
    words = "What stands beside it. " * 900
    folder = write_site(tmp_path, {"low": f"{words}\n\n```a1viz\ngraph: linear_regression\nview: backward\nlive: true\n```\n\n{words}"})
    with faultless(browser, viewport={"width": 1280, "height": 900}) as page:
        opened(page, f"{folder.as_uri()}/low.html")
        page.locator("figure").evaluate("one => one.scrollIntoView({block: 'center'})")
        for name, times in (("One step forward", 8), ("One step back", 3), ("Show all numbers", 1), ("One step of gradient descent", 2)):
            button = page.get_by_role("button", name=name)
            before = button.bounding_box()["y"]
            for _ in range(times):
                button.click()
                assert button.bounding_box()["y"] == pytest.approx(before, abs=1), name


def test_nothing_is_learnt_where_every_error_signal_is_0(page, address):
    opened(page, f"{address}/counting.html")
    assert page.get_by_role("button", name="Show all numbers").is_visible()
    assert page.get_by_role("button", name="One step of gradient descent").count() == 0


def test_steps_that_are_too_large_say_so(page, address):
    opened(page, f"{address}/gated.html")
    page.get_by_label("learning rate").fill("1e308")
    page.get_by_label("learning rate").press("Enter")
    page.get_by_role("button", name="Take one step after the other").click()
    until(page, "document.querySelector('.a1viz-losses small').textContent.includes('take a smaller rate')")
    assert page.get_by_role("button", name="Take one step after the other").is_visible()  # it has stopped


def test_a_link_holds_the_whole_state(page, address):
    opened(page, f"{address}/gated.html")
    cell(page, "x entry 1").focus()
    page.keyboard.press("ArrowUp")
    page.get_by_role("button", name="One step forward").click()
    page.get_by_role("button", name="A link to these numbers").click()
    link = page.locator(".a1viz-link").input_value()
    page.goto("about:blank")
    opened(page, link)
    assert_as_python(page, x=[1.1, -2, 0.5])
    assert page.locator(".a1viz-step").inner_text().startswith("1 of 19: z1")


def link_of(state) -> str:
    return base64.urlsafe_b64encode(json.dumps(state).encode()).decode().rstrip("=")


HOSTILE = [
    "<img src=x onerror=alert(1)>", "%3Cscript%3Ealert(1)%3C/script%3E", "A" * 100_000, "!!!!", link_of([1]), link_of({"__proto__": 1}),
    link_of([1, "gated_network", 0, 1, [["__proto__", 1]]]), link_of([1, "gated_network", 0, 1, [["x", 1]]]),
    link_of([1, "gated_network", 0, 1, [["x", 1, "<b>", 2]]]), link_of([1, "gated_network", 0, 1, [["x", 1, {}, 2]]]),
    link_of([1, "gated_network", 0, 1, [["t", 9]]]), link_of([1, "gated_network", 0, -1, []]), link_of([1, "<script>", 0, 1, []]),
    link_of([1, "gated_network", 1e300, 1, None]), link_of([2, "gated_network", 0, 1, []]),
    link_of([1, "gated_network", 0, 1, [["constructor", 1]]]),
]  # fmt: skip


def test_a_hostile_link_changes_nothing(page, address):
    page.on("dialog", lambda dialog: pytest.fail("something acted"))
    for state in HOSTILE:
        page.goto("about:blank")
        opened(page, f"{address}/gated.html#a1viz-1={state}")
        assert "does not fit" in page.locator(".a1viz-status").inner_text(), state[:80]
        assert_as_python(page)


HOSTILE_FENCE = """
```a1viz
equations: "__proto__ = W @ x\\nconstructor = norm2(__proto__)"
inputs: {x: [2]}
parameters: {W: [2, 2]}
values: {x: [1, 2], W: [[1, 2], [3, 4]]}
caption: "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
view: backward
live: true
```
"""


def test_markup_in_titles_and_names_never_acts(page, tmp_path):
    page.on("dialog", lambda dialog: pytest.fail("something acted"))
    opened(page, f"{write_site(tmp_path, {'page': HOSTILE_FENCE}).as_uri()}/page.html")
    assert page.locator("figure img, figure script:not(.a1viz-data)").count() == 0
    found = read(page)
    assert numbers(found["constructor"][0]) == 146 and found["x"][1]
    page.get_by_role("button", name="One step forward").click()


def test_a_page_without_live_parts_loads_no_engine_and_no_page_another_host(browser, address):
    for name, loaded in (("plain", ["a1viz.css", "a1viz.js"]), ("gated", ["a1viz-player.js", "a1viz-tables.js", "a1viz.css", "a1viz.js"])):
        page, asked = browser.new_page(), []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(f"{address}/{name}.html", wait_until="networkidle")
        own = [url for url in asked if url.startswith(address)]
        assert asked == own
        assert sorted(url.rpartition("/")[2] for url in own if "/assets/" in url) == loaded
        page.close()


def test_without_a_script_it_is_the_picture_with_numbers(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/gated.html")
    assert page.locator("svg:visible .a1viz-slot[data-name=J][data-kind=value] text").text_content() == number_text(
        a1viz.run("gated_network")["J"]
    )
    assert page.locator("details", has_text="Values").is_visible() and page.get_by_role("button").count() == 0
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 375])
def test_nothing_shuts_a_reader_out(browser, address, scheme, width):
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800}, reduced_motion="reduce")
    page = opened(context.new_page(), f"{address}/both.html")
    page.locator("summary", has_text="Change numbers").first.click()
    page.get_by_role("button", name="One step forward").first.click()
    found = [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
    assert [(v["id"], [n["html"][:200] for n in v["nodes"]][:3]) for v in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("getComputedStyle(document.querySelector('svg g[data-name]')).transitionDuration") in ("0s", "1e-05s")
    context.close()


def test_pointing_and_focus_light_up_what_belongs_together(page, address):
    opened(page, f"{address}/gated.html")
    lit = "() => [...new Set([...document.querySelectorAll('g[id].a1viz-before')].map(b => b.dataset.name))]"
    page.locator("svg:visible g[id][data-name=h1]").focus()
    assert page.evaluate(lit) == ["x", "z1", "h1"]
    told = page.locator("svg:visible g[id][data-name=h1]").get_attribute("aria-description")
    assert told == "Depends on x, W1, b1, z1. What depends on it: g, y, y_prime, S, J."
    page.locator("svg:visible g[id][data-name=z2]").hover()
    assert page.evaluate(lit) == ["x", "z2"]


def test_neurons_follow_their_inputs(page, tmp_path):
    pages = {"page": "".join(f"```a1viz\ngraph: {name}\nview: neurons\nlive: true\n```\n\n" for name in ("sort2", "counting"))}
    opened(page, f"{write_site(tmp_path, pages).as_uri()}/page.html")
    cell(page, "x2").focus()
    page.keyboard.press("Shift+ArrowDown")
    x = float(a1viz.load("sort2").document.values["x2"]) - 1
    values = a1viz.run("sort2", trace=True, x2=x)
    slots = page.evaluate("""[...document.querySelector('figure').querySelectorAll('.a1viz-slot')].map(
        s => [s.dataset.name, Number(s.dataset.first ?? 0), s.querySelector('text').textContent])""")
    assert [text for *_, text in slots] == [number_text(np.ravel(values[name])[k]) for name, k, _ in slots]
    assert len(slots) > 5 and page.get_by_role("button", name="One step of gradient descent").count() == 0


def test_a_picture_is_zoomed_moved_and_fills_the_window(page, address):
    opened(page, f"{address}/gated.html")
    width = "document.querySelector('.a1viz-picture > svg').getBoundingClientRect().width"
    before = page.evaluate(width)
    page.get_by_role("button", name="Larger").click()
    assert page.evaluate(width) == pytest.approx(1.25 * before, rel=0.02)
    page.get_by_role("button", name="As wide as fits").click()
    assert page.evaluate(width) == pytest.approx(before)
    page.get_by_role("button", name="As wide as the window").click()
    assert page.evaluate("document.elementFromPoint(innerWidth / 2, innerHeight - 3).closest('.a1viz-panel') !== null")  # nothing below it
    assert page.evaluate("document.querySelector('figure').getBoundingClientRect().width === document.documentElement.clientWidth")
    page.keyboard.press("Escape")
    assert page.get_by_role("button", name="As wide as the window").is_visible()


def test_heat_maps_tell_their_numbers(page, address):
    opened(page, f"{address}/both.html")
    first = page.locator("svg:visible .a1viz-slot[data-columns]").first
    first.focus()
    page.keyboard.press("ArrowRight")
    name = first.get_attribute("data-name")
    said = page.locator("figure", has=first).locator(".a1viz-status").inner_text()
    assert said.startswith((f"{name} row 1 column 2: ", f"{name}_bar row 1 column 2: "))


def test_blocks_open_and_close(page, tmp_path):
    text = "```a1viz\ngraph: merge_sort\nlive: true\nwidth: 900\n```\n"
    opened(page, f"{write_site(tmp_path, {'page': text}).as_uri()}/page.html")
    figure = page.locator("figure")
    boxes = figure.locator("svg:visible g[id][data-name]")
    before = boxes.count()
    figure.get_by_role("button", name="Draw the blocks' parts").click()
    assert boxes.count() > before
    figure.get_by_role("button", name="Draw each block as one box").click()
    assert boxes.count() == before


@pytest.mark.many
def test_every_graph_is_live_as_python_computes_it(page, tmp_path):
    """All graphs of the catalogue, one page."""
    live = [name for name in GRAPHS if a1viz.load(name).document.values]
    live = random.Random(1).sample(live, part(len(live)))
    pages = {"all": "\n".join(f"```a1viz\ngraph: {name}\nview: backward\nlive: true\nwidth: 900\n```\n" for name in live)}
    opened(page, f"{write_site(tmp_path, pages).as_uri()}/all.html")
    found = page.evaluate("""() => [...document.querySelectorAll('figure')].map(f => Object.fromEntries(
        [...f.querySelectorAll('g[id][data-name]')].map(b => [b.dataset.name, [b.dataset.value ?? null, b.dataset.bar ?? null]])))""")
    for name, boxes in zip(live, found, strict=True):
        expected = figure_data(a1viz.load(name)).numbers
        for variable, texts in boxes.items():
            for text, key in zip(texts, (variable, f"{variable}_bar"), strict=True):
                if key in expected:
                    np.testing.assert_allclose(numbers(text), expected[key], rtol=1e-11, atol=1e-13, err_msg=f"{name} {key}")


CASES = {  # graph, and what is set
    "batch": ("gated_network", {"x": [[1, -2, 0.5], [0.25, 3, -1]], "t": [2, 4]}),
    "one label for all": ("gated_network", {"x": [[1, -2, 0.5], [0.25, 3, -1], [2, 2, 2]]}),
    "cotangents of a batch": ("two_layer", {"x": [[1, 0, 2], [3, 1, -1]]}),
    "special values": ("gated_network", {"x": ["inf", 1, "-inf"]}),
    "a column": ("linear_regression", {"X": [[1, 2], [3, 4], [5, 6]], "t": [1, 0, 2]}),
}


def test_batches_and_special_values_are_pythons(page, tmp_path):
    def fence(graph, given):
        return f"```a1viz\ngraph: {graph}\nview: backward\nlive: true\nset: {as_json(given)}\n```\n".replace('"inf"', ".inf").replace(
            '"-inf"', "-.inf"
        )

    opened(page, f"{write_site(tmp_path, {'page': ''.join(fence(*case) + chr(10) for case in CASES.values())}).as_uri()}/page.html")
    found = page.evaluate("[...document.querySelectorAll('figure')].map(f => " + READ.removeprefix("() => ").replace("document", "f") + ")")
    for (case, (graph, given)), boxes in zip(CASES.items(), found, strict=True):
        expected = figure_data(a1viz.load(graph), {name: np.array(value, float).tolist() for name, value in given.items()}).numbers
        assert boxes, case
        for variable, texts in boxes:
            for text, key in zip(texts, (variable, f"{variable}_bar"), strict=True):
                assert (text is None) == (key not in expected), (case, key)
                if text is not None:
                    np.testing.assert_allclose(numbers(text), expected[key], rtol=1e-12, atol=1e-13, err_msg=f"{case}: {key}")


def test_a_link_that_is_followed_on_the_same_page_is_taken_up(page, address):
    opened(page, f"{address}/gated.html")
    page.evaluate(
        "state => { location.hash = `#a1viz-1=${state}`; }", link_of([1, "gated_network", 99, 0.5, [["x", 3, "-Infinity", 1], ["t", 0]]])
    )
    until(page, "document.querySelector('.a1viz-status').textContent === 'The numbers of the link'")
    assert_as_python(page, x=[3, -np.inf, 1], t=0)
