"""A graph as one page: everything is inside, it opens from a file, asks for nothing, and allows no script but its own."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import environment

import a1viz
from a1viz.base.errors import OutputError
from a1viz.pictures import page_glyphs, playground_data

pytestmark = pytest.mark.browser


def test_a_page_takes_the_outlines_from_where_they_are_kept_and_reads_each_document_once(monkeypatch, tmp_path):
    monkeypatch.setenv("A1VIZ_CACHE", str(tmp_path))
    made = page_glyphs.glyphs_script.__wrapped__()
    with monkeypatch.context() as patch:
        patch.delattr(page_glyphs, "glyphs")
        assert page_glyphs.glyphs_script.__wrapped__() == made
    (kept,) = tmp_path.rglob("glyphs/*/*.json")
    kept.write_bytes(kept.read_bytes()[:-100])
    assert page_glyphs.glyphs_script.__wrapped__() == made
    read = []
    monkeypatch.setattr(playground_data, "load", lambda name: read.append(name) or a1viz.load(name))
    playground_data.playground_data()
    assert read == list(a1viz.catalogue())


@pytest.mark.process
def test_a_page_and_its_scripts_are_the_same_bytes_in_every_process():
    program = "import a1viz; from a1viz.site.assets import assets; print(assets(), a1viz.draw('two_layer').to('html'))"
    made = {
        subprocess.run([sys.executable, "-c", program], env=environment(PYTHONHASHSEED=seed), capture_output=True, check=True).stdout
        for seed in ("0", "12345")
    }
    assert len(made) == 1


READY = """[...document.querySelectorAll('[data-a1viz-live]')].every(f => f.dataset.a1vizLive === 'ready')
  && [...document.querySelectorAll('[data-a1viz-playground]')].every(f => f.dataset.a1vizPlayground === 'ready')"""
BOXES = "[...document.querySelectorAll('{} svg g[id][data-name]')].map(b => [b.dataset.name, [b.dataset.value ?? '', b.dataset.bar ?? '']])"


@pytest.fixture
def page(browser):
    made = browser.new_page(viewport={"width": 1300, "height": 900})
    made.problems, made.requests = [], []
    made.on("pageerror", lambda error: made.problems.append(str(error)))
    made.on("console", lambda said: made.problems.append(said.text) if said.type == "error" else None)
    made.on("request", lambda request: made.requests.append(request.url))
    yield made
    made.close()


def until(frame, expression):
    end = time.monotonic() + 30
    while not frame.evaluate(expression):
        assert time.monotonic() < end, expression
        time.sleep(0.05)


def assert_as_python(frame, graph, where, **given):
    values, bars = a1viz.run(graph, trace=True, **given), a1viz.grad(graph, **given)
    found = dict(frame.evaluate(BOXES.format(where)))
    assert found
    for name, (value, bar) in found.items():
        if name in values:
            np.testing.assert_allclose(np.asarray(json.loads(value), float), values[name], rtol=1e-11, atol=1e-13, err_msg=name)
            if bar:
                np.testing.assert_allclose(np.asarray(json.loads(bar), float), bars[f"{name}_bar"], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", ["gated_network", "language_model", "lstm_cell"])
def test_one_file_shows_the_graph_its_derivation_and_the_playground(page, tmp_path, name):
    path = a1viz.draw(name).save(tmp_path / "x.html")
    page.goto(path.as_uri())
    until(page, READY)
    assert page.problems == [] and page.requests == [path.as_uri()]
    graph = a1viz.load(name)
    assert_as_python(page, graph, "[data-a1viz-live]")
    assert_as_python(page, graph, "[data-a1viz-playground]")
    steps = page.locator("main > .a1viz-derivation > li").all_inner_texts()
    more = re.match(r"… (\d+) more", steps[-1])
    assert len(steps) + (int(more[1]) - 1 if more else 0) == len(a1viz.derive(graph).steps)
    assert page.inner_text("h1") == graph.document.title
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_values_that_are_given_are_shown_and_can_be_changed(page, tmp_path):
    path = a1viz.draw("gated_network", values={"x": [1, 1, 1]}).save(tmp_path / "x.html")
    page.goto(path.as_uri())
    until(page, READY)
    for where in ("[data-a1viz-live]", "[data-a1viz-playground]"):
        assert_as_python(page, "gated_network", where, x=[1, 1, 1])
    page.locator("[data-a1viz-playground] [role=spinbutton][aria-label='x entry 2']").focus()
    page.keyboard.press("ArrowUp")
    assert_as_python(page, "gated_network", "[data-a1viz-playground]", x=[1, 1.1, 1])


def test_the_policy_allows_the_scripts_inside_and_nothing_else(page, tmp_path):
    text = a1viz.draw("two_layer").to("html").decode()
    policy = html.unescape(re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)[1])
    assert policy.startswith("default-src 'none'; script-src 'sha256-") and "unsafe-eval" not in policy
    scripts = re.findall(r"<script>(.*?)</script>", text, re.S)
    hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts}
    assert hashes == set(re.findall(r"'sha256-[^']*'", policy)) and len(scripts) == 2
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", text)
    planted = tmp_path / "planted.html"
    planted.write_text(
        text.replace("</main>", "<script>document.title = 'acted'</script><img src=x onerror=\"document.title='acted'\"></main>")
    )
    page.goto(planted.as_uri())
    until(page, READY)
    assert page.title() == a1viz.load("two_layer").document.title and page.problems


def test_titles_are_no_markup(page, tmp_path):
    graph = a1viz.load("two_layer")
    hostile = replace(graph.document, title="</title><script>alert(1)</script><!--", about="<img src=x onerror=alert(1)>")
    page.on("dialog", lambda dialog: pytest.fail("a title acted"))
    path = a1viz.draw(replace(graph, document=hostile)).save(tmp_path / "x.html")
    page.goto(path.as_uri())
    until(page, READY)
    assert page.problems == [] and page.inner_text("h1").startswith("</title><script>")
    assert page.locator("img").count() == 0


def test_without_a_script_it_is_a_picture_and_a_derivation(browser, tmp_path):
    path = a1viz.draw("two_layer").save(tmp_path / "x.html")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    assert page.locator("svg.a1viz text").first.is_visible() and page.locator(".a1viz-derivation > li").count() > 5
    context.close()


def test_what_is_no_graph_of_equations_is_no_page():
    network = a1viz.sorting.network("merge", 4)
    for picture in (a1viz.draw("two_layer", view="neurons"), a1viz.draw(network), a1viz.draw("merge_sort", view="wires")):
        with pytest.raises(OutputError, match="boxes of equations"):
            picture.to("html")
    with pytest.raises(OutputError, match="boxes of equations"):
        a1viz.draw("two_layer", view="neurons", live=True)


def test_a_notebook_shows_it_in_a_frame_that_can_do_nothing_else(page, tmp_path):
    picture = a1viz.draw("gated_network", live=True)
    shown = picture._repr_html_()
    assert shown.startswith("<iframe ") and 'sandbox="allow-scripts"' in shown and picture._repr_mimebundle_()[0]["text/html"] == shown
    assert a1viz.draw("gated_network")._repr_html_().startswith('<div style="overflow-x:auto;--a1viz-least:1"')
    path = tmp_path / "notebook.html"
    path.write_text(f"<!doctype html><title>notebook</title><body>{shown}</body>")
    page.goto(path.as_uri())
    frame = page.frames[1]
    until(frame, READY)
    assert_as_python(frame, "gated_network", "[data-a1viz-playground]")
    frame.get_by_role("button", name="A link to these numbers").click()
    assert frame.locator("figure .a1viz-status").first.inner_text() == "A frame has no link"
    frame.get_by_role("button", name="A link to this graph").click()
    assert "no link" in frame.locator(".a1viz-play-left > .a1viz-status").inner_text()
    assert frame.evaluate("self.origin") == "null" and page.requests == [path.as_uri()]
    assert page.problems == []


def test_it_has_no_serious_findings(page, tmp_path):
    page.goto(a1viz.draw("gated_network").save(tmp_path / "x.html").as_uri())
    until(page, READY)
    serious = [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
    assert [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in serious] == []
