"""The playground in a real browser: what is typed has the derivation and the numbers of Python; links are harmless, keys are enough."""

from __future__ import annotations

import base64
import json
import random
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import part, served
from live_pages import faultless, until, write_site

import a1viz
from a1viz.pictures.playground_data import playground_data

pytestmark = pytest.mark.browser

PAGES = {
    "play": "# Play\n\n<div data-a1viz-playground></div>\n",
    "below": "# Play\n\n<div data-a1viz-playground><p>It needs a script.</p></div>\n\n## Below\n\n" + "What stands below. " * 200,
    "block": '# Play\n\n<div data-a1viz-playground="transformer_block"></div>\n',
}
THE_ONE = "document.querySelector('[data-a1viz-playground]').a1vizPlayground"
SHOWN = f"""async () => {{
  const p = {THE_ONE};
  p.turn += 1;
  await p.refresh();
  return {{
    problems: [...document.querySelectorAll('.a1viz-problems > li')].map(li => li.textContent),
    toml: p.file("toml"), program: p.file("py"), latex: p.file("tex"), svg: p.file("svg"), goal: p.goal.textContent,
    steps: [...document.querySelectorAll('.a1viz-derivation > li')].map(li => li.dataset.text),
    boxes: [...document.querySelectorAll('svg.a1viz-typed-graph g[id][data-name]')].map(
      b => [b.dataset.name, b.dataset.value ?? "", b.dataset.bar ?? ""]),
  }};
}}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_site(tmp_path_factory.mktemp("play"), PAGES)


@pytest.fixture(scope="module")
def address(folder):
    with served(folder) as found:
        yield found


@pytest.fixture
def page(browser):
    with faultless(browser, viewport={"width": 1300, "height": 900}) as made:
        yield made


def opened(page, url):
    page.goto("about:blank")
    page.goto(url)
    until(page, "document.querySelector('[data-a1viz-playground]')?.dataset.a1vizPlayground === 'ready'")
    return page


def typed(page, text):
    """Type a text over what is there, key by key, and wait for what follows."""
    page.locator(".a1viz-equations").click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(text)
    until(page, f"{THE_ONE}.state.text === {json.dumps(text)}")
    return shown(page)


def shown(page):
    return page.evaluate(SHOWN)


def number(text):
    return np.asarray(json.loads(text), dtype=float)


def assert_is_as_in_python(found):
    """The document that was taken away, in Python, has the page's values, error signals and derivation."""
    assert found["problems"] == []
    graph = a1viz.loads(found["toml"])
    values, bars = a1viz.run(graph, trace=True), a1viz.grad(graph)
    assert found["boxes"]
    for name, value, bar in found["boxes"]:
        np.testing.assert_allclose(number(value), values[name], rtol=1e-11, atol=1e-13, err_msg=name)
        if bar:
            np.testing.assert_allclose(number(bar), bars[f"{name}_bar"], rtol=1e-10, atol=1e-12, err_msg=f"{name}_bar")
    assert {name for name, _, bar in found["boxes"] if bar} == {n for n in graph.declared_names if f"{n}_bar" in bars} - {*graph.parameters}
    assert found["steps"] == [step.text for step in a1viz.derive(graph).steps]
    assert a1viz.derive(graph).latex() in found["latex"]
    return graph, bars


def assert_program_runs(found, graph, bars):
    """The program gives the outputs and the cotangents, for one example."""
    if any(np.ndim(value) > len(graph[name].shape) for name, value in graph.document.values.items()):
        graph = a1viz.loads(found["toml"])
        first = {n: np.asarray(v)[0] for n, v in graph.document.values.items() if np.ndim(v) > len(graph[n].shape)}
        bars = a1viz.grad(graph, **first)
    names: dict = {}
    with np.errstate(all="ignore"):  # as of log(0), in a branch that is not taken
        exec(compile(found["program"], "program", "exec"), names)
    for name, value in bars.items():
        got = next((names[found] for found in (f"{name}_total", name, f"{name}_") if found in names), None)  # a given one has its total
        assert got is not None, name
        np.testing.assert_allclose(got, value, rtol=1e-8, atol=1e-10, err_msg=name)


TYPED = {
    "gated": "z1 = W1 @ x + b1\nh1 = relu(z1)\nz2 = W2 @ x + b2\nh2 = sigmoid(z2)\n"
    "g = h1 * h2\ny = W3 @ g + W4 @ x\np = softmax(y)\nJ = -log(p)[t]",
    "ridge": "r = X @ w - t\nJ = norm2(r) / 2 + lam * norm2(w)",
    "no loss": "h = tanh(W @ x + U @ h_prev)  # a cell\nq = silu(h) ** 2",
    "entries": "s = E[words]\nm = mean(s, axis=0)\nJ = (m @ c - 1) ** 2",
    "attention": "S = Q @ K.T / sqrt(2)\nA = softmax(S)\nY = A @ V",
    "convolution": "Z = relu(conv2d(X, K))\nP = max_pool2d(Z, size=2)\nJ = sum(P)",
}


@pytest.mark.parametrize("way", ["http", "file"])
def test_typed_equations_have_the_values_and_derivation_of_python(page, address, folder, way, capsys):
    opened(page, f"{address}/play.html" if way == "http" else f"{folder.as_uri()}/play.html")
    for text in TYPED.values() if way == "http" else [TYPED["gated"]]:
        found = typed(page, text)
        graph, bars = assert_is_as_in_python(found)
        assert_program_runs(found, graph, bars)


@pytest.mark.many
def test_every_graph_of_the_gallery_opens(page, address, capsys):
    opened(page, f"{address}/play.html")
    graphs = playground_data()["graphs"]
    assert {graph["name"] for graph in graphs} == {str(name) for name in a1viz.catalogue()}
    options = page.locator("select[aria-label='begin with a graph of the gallery'] option").count()
    assert options == len(graphs) + 1
    for graph in random.Random(0).sample(graphs, part(len(graphs))):
        page.select_option("select[aria-label='begin with a graph of the gallery']", graph["name"])
        found = shown(page)
        read, bars = assert_is_as_in_python(found)
        assert_program_runs(found, read, bars)
        known = a1viz.load(graph["name"])
        if not known.document.blocks and not known.document.comparators:
            assert found["steps"] == [step.text for step in a1viz.derive(known).steps], graph["name"]
        ET.fromstring(found["svg"])


def test_the_derivation_is_substituted_if_one_likes(page, address):
    opened(page, f"{address}/play.html")
    page.get_by_label("substitute each error signal into the next").check()
    steps = shown(page)["steps"]
    assert steps == [step.text for step in a1viz.derive("gated_network", substitute=True).steps]


ERRORS = [
    ("z = W @ x +", 1), ("z = reluu(x)", 1), ("z = x\nh = foo(z)\nq = z @", 2), ("z = (x", 1), ("z = 1 +* x", 1), ("q = 1\nq = 2", 1),
    ("z = a if b", 1),
    ("z = relu(x", 1), ("z = x.y", 1), ("z == 2", 1), ("z = lambda x: x", 1), ("z = relu(x, x)", 1), ("é = x", 1),
]  # fmt: skip


def test_what_is_wrong_is_said_as_python_says_it(page, address):
    opened(page, f"{address}/play.html")
    before = shown(page)["boxes"]
    for text, at_least in ERRORS:
        found = typed(page, text)
        assert len(found["problems"]) >= at_least, text
        try:
            a1viz.parse(text, x=["D"], W=["H", "D"], a=[], b=[])
        except a1viz.A1vizError as error:
            said = str(error).splitlines()
            assert set(found["problems"]) & set(said), (found["problems"], said)
        assert found["boxes"] == before, "the last good picture stays"
    assert page.locator(".a1viz-equations").get_attribute("aria-invalid") == "true"
    assert page.locator(".a1viz-code-layer .a1viz-marked, .a1viz-code-layer .a1viz-wrong").count()
    assert typed(page, "y = 2 * x")["problems"] == []
    assert page.locator(".a1viz-equations").get_attribute("aria-invalid") is None
    assert page.locator(".a1viz-marked").count() == 0


def test_words_go_on_by_keyboard(page, address):
    opened(page, f"{address}/play.html")
    typed(page, "z = W @ x")
    page.keyboard.type("\nhidden = sig")
    until(page, "!document.querySelector('.a1viz-ways').hidden")
    page.keyboard.press("ArrowDown")
    field = page.locator(".a1viz-equations")
    chosen = field.get_attribute("aria-activedescendant")
    assert page.locator(f"#{chosen}").get_attribute("aria-selected") == "true"
    page.keyboard.press("Enter")
    assert field.input_value().endswith("hidden = sigmoid(")
    page.keyboard.type("z)\nJ = sum(hid")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type(")")
    assert field.input_value() == "z = W @ x\nhidden = sigmoid(z)\nJ = sum(hidden)"
    page.keyboard.press("Enter")
    page.keyboard.press("Control+ ")
    assert page.locator(".a1viz-ways").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator(".a1viz-ways").is_visible()
    until(page, f"{THE_ONE}.found.graph.has('J')")
    assert_is_as_in_python(shown(page))


def test_leaves_are_what_a_reader_says(page, address):
    opened(page, f"{address}/play.html")
    typed(page, "y = W @ x + b\nJ = norm2(y)")
    page.get_by_label("shape of x").fill("D")
    page.get_by_label("shape of x").press("Enter")
    page.get_by_label("shape of W").fill("2, 3")
    page.get_by_label("shape of W").press("Enter")
    assert shown(page)["problems"] == ["line 1, column 5: W @ x: shapes (2, 3) and (D,) do not match; W has 3 columns, x has D entries"]
    page.get_by_label("guess x again").click()
    graph, _ = assert_is_as_in_python(shown(page))
    assert graph["x"].shape == (3,) and graph["b"].shape == (2,)
    page.get_by_label("shape of x").fill("D")
    page.get_by_label("shape of x").press("Enter")
    assert shown(page)["problems"]
    page.get_by_label("guess W again").click()
    page.get_by_label("what b is").select_option("input")
    page.get_by_label("size D").fill("4")
    page.get_by_label("size D").press("Enter")
    found = shown(page)
    graph, _ = assert_is_as_in_python(found)
    assert graph["b"].op == "input" and graph.document.sizes["D"] == 4
    page.get_by_label("shape of x").fill("two")
    page.get_by_label("shape of x").fill("2; 3")
    page.get_by_label("shape of x").press("Enter")
    assert "a shape is sizes" in page.locator(".a1viz-play-left > .a1viz-status").inner_text()


def test_another_graph_goes_by_another_name(page, address):
    opened(page, f"{address}/play.html")
    assert page.get_by_label("size H").is_visible()
    typed(page, "y = 3 * x\nJ = norm2(y)")
    assert 'title = "graph"' in shown(page)["toml"] and "Gated" not in shown(page)["toml"]
    assert page.get_by_label("size H").count() == 0
    typed(page, "x2 = conv1d(x, w)\nJ = sum(x2)")
    assert shown(page)["problems"] == []  # x, a vector before, is guessed again
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert 'title = "Gated network"' in shown(page)["toml"] and page.get_by_label("size H").is_visible()
    typed(page, "z1 = W1 @ x + b1\ny = z1 / H")
    assert 'title = "Gated network"' in shown(page)["toml"] and page.get_by_label("size H").is_visible()


def test_undo_and_redo_go_through_texts_leaves_and_numbers(page, address):
    opened(page, f"{address}/play.html")
    first = shown(page)["toml"]
    typed(page, "y = 3 * x\nJ = norm2(y)")
    second = shown(page)["toml"]
    page.locator("svg [role=spinbutton][aria-label='x entry 1']").first.focus()
    page.keyboard.press("ArrowUp")
    until(page, f"{THE_ONE}.history.kind === 'numbers'")
    third = shown(page)["toml"]
    page.get_by_label("shape of x").fill("2")
    page.get_by_label("shape of x").press("Enter")
    assert "ray" not in shown(page)["problems"]
    seen = []
    for _ in range(3):
        page.keyboard.press("Control+z")
        seen.append(shown(page)["toml"])
    assert seen == [third, second, first]
    assert page.get_by_role("button", name="Undo the last change").is_disabled()
    page.keyboard.press("Control+Shift+z")
    assert shown(page)["toml"] == second
    page.get_by_role("button", name="Do it again").click()
    assert shown(page)["toml"] == third


def test_a_link_holds_it_all(page, address, browser):
    opened(page, f"{address}/play.html")
    typed(page, "y = a * x + 1\nq = relu(y)")
    page.locator("svg [role=spinbutton]").first.focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    page.get_by_role("button", name="A link to this graph").click()
    link = page.locator("input[aria-label='link to this graph']").input_value()
    toml = shown(page)["toml"]
    other = browser.new_page()
    assert shown(opened(other, link))["toml"] == toml
    other.close()
    opened(page, f"{address}/play.html#a1viz-graph=rnn")
    assert "spells" in shown(page)["toml"]
    page.evaluate("location.hash = '#a1viz-graph=ridge'")
    until(page, f"{THE_ONE}.state.name === 'ridge'")
    page.go_back()
    until(page, f"{THE_ONE}.state.name === 'rnn'")


def test_a_shape_is_typed_with_commas_or_crosses_and_what_was_wrong_is_said_no_longer(page, address):
    opened(page, f"{address}/play.html")
    typed(page, "y = sum(A)")
    field, told = page.get_by_label("shape of A"), page.locator(".a1viz-play-left [role=status]")
    for text, shown_as in (
        ("4 x 3", "4, 3"),
        ("5x2", "5, 2"),
        ("H x D", "H, D"),
        ("H by 3", "H, 3"),
        ("(2, 7)", "2, 7"),
        ("x, 3", "x, 3"),
        ("ℝ^{4×3}", "4, 3"),
        ("R^n", "n"),
        ("R", "R"),
    ):
        field.fill("-1")
        field.press("Enter")
        assert "a shape is sizes such as" in told.inner_text()
        field.fill(text)
        field.press("Enter")
        until(page, f"document.querySelector('[aria-label=\"shape of A\"]').value === '{shown_as}'")
        assert told.inner_text() == ""


def test_what_a_logarithm_or_a_root_reads_is_drawn_positive(page, address):
    opened(page, f"{address}/play.html")
    boxes = typed(page, "J = -sum(q * log(p)) + sum(sqrt(r))")["boxes"]
    values = {name: number(value) for name, value, _ in boxes}
    assert (values["p"] > 0).all() and (values["r"] > 0).all() and np.isfinite(values["J"])


def test_a_link_has_only_what_the_equations_read(page, address):
    opened(page, f"{address}/play.html")  # the gated network, with values of W1 and the sizes D, H and N
    typed(page, "y_prime = softmax(A @ x)\nS = log(y_prime)[t]\nJ = -S")
    typed(page, "y_prime = softmax(A @ x)\nS = sum(y_prime)")
    toml = shown(page)["toml"]
    page.get_by_role("button", name="A link to this graph").click()
    link = page.locator("input[aria-label='link to this graph']").input_value()
    text = link.partition("=")[2]
    _, told = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    assert set(told["values"]) == {"A", "x"} and set(told["sizes"]) <= {"D", "N", "H"} and "loss" in told
    assert {"z1", "g", "W1", "J"}.isdisjoint([told["loss"], *told["symbols"], *told["cotangents"], *told["outputs"], *dict(told["sizes"])])
    page.get_by_role("button", name="Undo the last change").click()  # what the link leaves out is still here
    assert "t = " in shown(page)["toml"]
    assert shown(opened(page, link))["toml"] == toml


def link_of(data) -> str:
    text = data if isinstance(data, str) else json.dumps(data)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


GOOD = {"text": "y = 2 * x", "name": "graph"}
HOSTILE = [
    "", "?", "%00", "A" * 70000, link_of("{"), link_of("null"), link_of([]), link_of([2, GOOD]), link_of([1]), link_of([1, GOOD, 0]),
    link_of([1, {}]),
    *(link_of([1, {**GOOD, **wrong}]) for wrong in (
        {"text": 7}, {"text": "x" * 30000}, {"name": "<script>"}, {"name": "a b"}, {"title": ["x"]}, {"title": "t" * 300},
        {"leaves": {"x": []}},
        {"leaves": [["x", "input"]]}, {"leaves": [["x", "eval", []]]}, {"leaves": [["x", "input", [-1]]]}, {"leaves": [["x", "input",
        [1e300]]]},
        {"leaves": [["<b>", "input", []]]}, {"leaves": [["x", "label", []]]}, {"leaves": [["x", "input", ["<i>"]]]},
        {"leaves": [[["x"], "input", []]]},
        {"values": [1]}, {"values": {"x": "alert(1)"}}, {"values": {"x": [[1], 2]}}, {"values": {"x": [[[[[[[[[[1]]]]]]]]]]}},
        {"values": {"x": {}}},
        {"values": {"x": [0] * 20001}}, {"values": {f"x{k}": 1 for k in range(400)}}, {"values": {"x": None}}, {"values": {"x": True}},
        {"sizes": {"D": 1.5}},
        {"sizes": {"D": -3}}, {"symbols": {"x": "\\href{javascript:alert(1)}{x}"}}, {"symbols": {"x": "<img src=x>"}},
        {"symbols": {"x": 7}}, {"loss": 3},
        {"loss": "J;"}, {"outputs": "y"}, {"outputs": [["y"]]}, {"outputs": ["y"] * 400}, {"cotangents": {"y": "1"}}, {"lambda": 1,
        "loss": "lambda"},
    )),
]  # fmt: skip
ODD = [  # that may be taken up, and then are a message or a graph, never more
    {**GOOD, "text": "y = ones(100000, 100000) @ x"}, {**GOOD, "text": "y = x", "leaves": [["x", "input", [2000000000]]]}, {**GOOD,
    "text": "y = <img src=x onerror=alert(1)>"},
    {**GOOD, "title": "</script><img src=x onerror=alert(1)>"}, {**GOOD, "text": "__proto__ = constructor + x"}, {**GOOD,
    "values": {"__proto__": [1], "constructor": 2}},
    {**GOOD, "text": "y = x" + " + x" * 4000}, {**GOOD, "text": "\n".join(f"y{k} = x * {k}" for k in range(800))}, {**GOOD,
    "text": "y = " + "(" * 3000}, {**GOOD, "text": ""},
    {**GOOD, "loss": "x"}, {**GOOD, "outputs": ["nothing"]}, {**GOOD, "leaves": [["x", "label", [], 0]]}, {**GOOD,
    "values": {"x": ["NaN", "Infinity"]}},
    {**GOOD, "text": "y = t + 1", "leaves": [["t", "label", [], 3]]}, {**GOOD, "text": "y = x", "leaves": [["x", "label", ["T"], "N"]],
    "sizes": {"T": 0, "N": 0}},
]  # fmt: skip


def test_hostile_links_are_refused_and_nothing_acts(page, address):
    page.on("dialog", lambda dialog: pytest.fail("a link acted"))
    status = ".a1viz-play-left > .a1viz-status"
    for link in HOSTILE[::5]:
        opened(page, f"{address}/play.html#a1viz-playground={link}")
        assert "holds no graph" in page.locator(status).inner_text(), link[:80]
        assert page.locator(".a1viz-equations").input_value().startswith("z1 = W1 @ x")
    for link in HOSTILE:  # followed in an open page
        page.evaluate(f"link => {{ document.querySelector('{status}').textContent = ''; location.hash = `#${{link}}`; }}", "x")
        page.evaluate("link => { location.hash = `#a1viz-playground=${link}`; }", link)
        until(page, f"document.querySelector('{status}').textContent === 'The link holds no graph'")
        assert page.locator(".a1viz-equations").input_value().startswith("z1 = W1 @ x")
    for state in ODD:
        opened(page, f"{address}/play.html#a1viz-playground={link_of([1, state])}")
        assert page.locator(".a1viz-equations").input_value() == state["text"]
        assert page.locator("main img, main script:not([src]):not([type])").count() == 0
    assert page.evaluate("({}).polluted === undefined && Object.prototype.constructor === Object")


def test_numbers_that_are_changed_stay_when_equations_change(page, address):
    opened(page, f"{address}/play.html")
    typed(page, "y = 2 * x\nJ = norm2(y)")
    page.locator("svg [role=spinbutton][aria-label='x entry 1']").first.click()
    page.keyboard.press("Control+A")
    page.keyboard.type("1.75")
    page.keyboard.press("Enter")
    until(page, f"{THE_ONE}.history.kind === 'numbers'")
    found = typed(page, "y = 3 * x\nJ = norm2(y)")
    graph, _ = assert_is_as_in_python(found)
    assert graph.document.values["x"][0] == 1.75


def test_any_scalar_can_be_differentiated(page, address):
    opened(page, f"{address}/play.html")
    typed(page, "y = W @ x\nA = norm2(y)\nB = sum(y)")
    page.get_by_label("what is differentiated").select_option("A")
    found = shown(page)
    assert found["goal"] == "The loss is A."
    graph, _ = assert_is_as_in_python(found)
    assert graph.document.loss == "A"


def test_a_picture_goes_step_by_step_and_learns(page, address):
    opened(page, f"{address}/play.html")
    before = page.evaluate("JSON.parse(document.querySelector('g[data-name=J]').dataset.value)")
    page.get_by_role("button", name="One step of gradient descent").click()
    assert page.evaluate("JSON.parse(document.querySelector('g[data-name=J]').dataset.value)") < before
    page.get_by_role("button", name="One step forward").click()
    assert "1 of" in page.locator(".a1viz-step").inner_text()
    page.locator("svg g[id][data-name=g]").hover()
    assert page.locator(".a1viz-traced g.a1viz-before[data-from]").count()


@pytest.mark.parametrize(("width", "scheme"), [(1300, "light"), (1300, "dark"), (358, "light")])
def test_everybody_can_use_it(browser, address, width, scheme):
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    opened(page, f"{address}/play.html")
    page.locator(".a1viz-takeaway summary").click()
    page.get_by_role("button", name="Show the text").click()
    page.locator(".a1viz-equations").focus()
    page.keyboard.press("Control+ ")
    page.evaluate("document.querySelector('main').classList.add('md-typeset')")  # as on the site
    found = Axe().run(page)
    serious = [v for v in found.response["violations"] if v["impact"] in ("serious", "critical")]
    assert [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in serious] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("(e => e.scrollWidth <= e.clientWidth)(document.querySelector('.a1viz-leaves'))")  # every button in sight
    paper = page.evaluate("getComputedStyle(document.querySelector('svg.a1viz-typed-graph > rect')).fill")
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(30, 32, 41)"}[scheme]
    unnamed = "[...document.querySelectorAll('button, input, select, textarea')].filter(e => !e.labels?.length && !e.ariaLabel).length"
    assert page.evaluate(unnamed) == 0
    page.close()


def test_the_keys_reach_everything_and_leave_again(page, address):
    opened(page, f"{address}/play.html")
    page.locator("select").first.focus()
    seen = []
    for _ in range(80):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.ariaLabel ?? document.activeElement.tagName"))
    assert {"equations, one per line", "shape of x", "what is differentiated", "derivation"} <= set(seen)
    picture = page.locator(".a1viz-picture svg [tabindex='0']")
    assert picture.count() == 1  # one stop for the whole of it; inside, arrows lead from box to box and to numbers
    picture.focus()
    inside = [page.evaluate("document.activeElement.ariaLabel")]
    for _ in range(4):
        page.keyboard.press("ArrowRight")
        inside.append(page.evaluate("document.activeElement.ariaLabel"))
    assert "x entry 1" in inside and len(set(inside)) == 5


def test_equations_typed_anew_are_drawn_once_a_turn(page, address):
    run = f"""async () => {{
      const p = {THE_ONE}, drawn = [];
      const counted = (records) => drawn.push(...records.filter((r) => r.addedNodes.length));
      new MutationObserver(counted).observe(p.picture, {{ childList: true }});
      for (let k = 0; k < 3; k += 1) {{
        p.state = {{...p.state, text: p.state.text.trim() + " ".repeat(k)}};
        p.turn += 1;
        await p.refresh();
      }}
      return [drawn.length, p.picture.children.length, p.host.querySelectorAll("[aria-invalid=true]").length];
    }}"""
    for name in ("play", "block"):
        assert opened(page, f"{address}/{name}.html").evaluate(run) == [3, 1, 0]


def test_paper_has_the_equations_their_derivation_the_picture_and_the_numbers(page, address):
    opened(page, f"{address}/play.html")
    typed(page, "y = 2 * x\nJ = norm2(y)")
    page.emulate_media(media="print")
    parts = [".a1viz-code-layer", ".a1viz-derivation", ".a1viz-picture", ".a1viz-play-values"]
    boxes = [page.locator(f"main {part}").first.bounding_box() for part in parts]
    assert [box["y"] for box in boxes] == sorted(box["y"] for box in boxes) and all(box["height"] > 20 for box in boxes)
    assert page.locator(".a1viz-code-layer").inner_text().split("\n")[:2] == ["y = 2 * x", "J = norm2(y)"]
    assert not page.locator(".a1viz-play :is(button, select, textarea, input)").filter(visible=True).count()


def test_what_is_wrong_is_printed_in_the_colours_of_paper(page, address):
    opened(page, f"{address}/play.html")
    typed(page, "y = 2 * x\nJ = norm2(y")
    page.evaluate("document.body.setAttribute('data-md-color-scheme', 'slate')")
    for media, ink in (("screen", "rgb(249, 222, 220)"), ("print", "rgb(95, 20, 16)")):
        page.emulate_media(media=media)
        assert page.locator(".a1viz-problems > li").first.evaluate("item => getComputedStyle(item).color") == ink
        assert page.locator(".a1viz-problems > li").first.is_visible()


def test_nothing_jumps_when_it_begins(page, address):
    page.add_init_script(
        "self.moved = 0; new PerformanceObserver(l => l.getEntries().forEach(e => { moved += e.value; }))"
        ".observe({type: 'layout-shift', buffered: true})"
    )
    opened(page, f"{address}/below.html")
    page.wait_for_timeout(300)
    assert page.evaluate("moved") < 0.1


def test_numbers_are_changed_with_the_picture_in_sight(browser, address):
    with faultless(browser, viewport={"width": 1280, "height": 800}) as page:
        opened(page, f"{address}/play.html")
        fold = page.locator(".a1viz-play-right details.a1viz-numbers")
        fold.locator("summary").click()
        page.locator(".a1viz-picture > svg").evaluate("one => one.scrollIntoView()")
        kept = page.evaluate("document.querySelector('.a1viz-play-right .a1viz-panel').getBoundingClientRect().top")
        assert fold.locator("input").count() > 20 and kept > 0.6 * 800


def test_without_a_script_it_says_what_to_do(browser, folder, address):
    text = (folder / "play.html").read_text()
    fallback = text.replace("<div data-a1viz-playground>", "<div data-a1viz-playground><p>needs JavaScript</p>")
    (folder / "still.html").write_text(fallback)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/still.html")
    assert "needs JavaScript" in page.inner_text("main")
    context.close()
    page = opened(browser.new_page(), f"{address}/still.html")
    assert "needs JavaScript" not in page.inner_text("main")
    page.close()
