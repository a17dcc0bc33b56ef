"""A second browser, Firefox: the engine's numbers and derivations, typed equations and a live picture, over http and from files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import NO_SECOND_BROWSER
from live_pages import HEAD, POLICY, page_of, write_site
from live_values import agree, arrays_of
from second_browser import firefox, receiving, showing, visits

import a1viz
from a1viz.calculus.losses import seeds
from a1viz.live.graph_data import graph_data
from a1viz.live.scripts import script
from a1viz.live.table import as_json

pytestmark = pytest.mark.browser

GRAPHS = [str(name) for name in a1viz.catalogue() if a1viz.load(str(name)).document.values]
TEXT = "z = W @ x\nJ = -log_softmax(z)[t]"
W = [[1, 0, 2], [0, -1, 1], [-1, 1, 0], [2, 1, -2]]
VALUES = {"x": [1, -2, 0.5], "W": W, "t": 2}
CHECKS = Path(__file__).with_name("second_browser.js")
WHOLE = HEAD.partition("<link")[0].replace(POLICY, "script-src 'self'")
PAGES = {"engine": "engine.html", "typed": "typed.html", "figure": "figure.html"}


def plain(values):
    return [[name, np.shape(value), np.ravel(value).tolist()] for name, value in values.items()]


def cotangents(graph):
    """Ones for the outputs of a graph that has no loss of its own."""
    values = a1viz.run(graph)
    return {name: np.ones(np.shape(values[name])) for name in seeds(graph)} or None


def write_pages(folder: Path) -> None:
    """A page with the engine and the graphs, one with the console's functions, one of Markdown; all under a strict policy."""
    write_site(folder, {})
    (folder / "checks.js").write_bytes(CHECKS.read_bytes())
    (folder / "engine.js").write_text(script("a1viz-live", shows=True), encoding="utf-8")
    cases = [[graph_data(g), plain(g.document.values), plain(cotangents(g) or {})] for g in map(a1viz.load, GRAPHS)]
    (folder / "cases.js").write_text(f"self.a1vizCases = {as_json(cases)};", encoding="utf-8")
    loads = "".join(f'<script src="{name}.js"></script>' for name in ("assets/a1viz-tables", "engine", "cases", "checks"))
    for name in ("engine", "typed"):
        (folder / f"{name}.html").write_text(f"{WHOLE}{loads}</head><body></body></html>", encoding="utf-8")
    figure = page_of("```a1viz\ngraph: gated_network\nview: backward\nlive: true\n```\n").replace(POLICY, f"{POLICY}; connect-src *")
    (folder / "figure.html").write_text(figure.replace("</head>", '<script src="checks.js"></script></head>'), encoding="utf-8")


@pytest.fixture(scope="module", params=["http", "file"])
def results(request, tmp_path_factory):
    """What Firefox has found on the three pages."""
    if firefox() is None:
        pytest.skip(NO_SECOND_BROWSER)
    folder = tmp_path_factory.mktemp("second")
    write_pages(folder)
    with receiving(folder) as (address, results):
        home = address if request.param == "http" else folder.as_uri()
        with showing(visits(home, address, PAGES), folder / "profile"):
            return results.wait(list(PAGES))


def test_nothing_goes_wrong(results):
    assert {name: found["troubles"] for name, found in results.items()} == {name: [] for name in PAGES}


def test_values_gradients_and_derivations_are_pythons(results):
    assert len(results["engine"]["found"]) == len(GRAPHS) >= 40
    for name, (forward, gradients, steps) in zip(GRAPHS, results["engine"]["found"], strict=True):
        graph = a1viz.load(name)
        for found, wanted in ((forward, a1viz.run(graph, trace=True)), (gradients, a1viz.grad(graph, cotangents=cotangents(graph)))):
            assert [row[0] for row in found] == list(wanted), name
            arrays = zip(wanted.items(), arrays_of([row[1:] for row in found]), strict=True)
            assert [key for (key, value), array in arrays if not agree(array, np.asarray(value, float), least=1e-3)] == [], name
        assert steps == [[s.variable, s.text, s.latex] for s in a1viz.derive(graph).steps], name


def test_typed_equations_are_run_differentiated_derived_and_marked(results):
    found = results["typed"]["found"]
    graph = a1viz.parse(TEXT, {"x": [3], "W": [4, 3], "t": {"class": 4}})
    np.testing.assert_allclose(found["run"]["J"], a1viz.run(graph, **VALUES)["J"], rtol=1e-12)
    wanted = a1viz.grad(graph, ["x", "W"], **VALUES)
    assert list(found["grad"]) == list(wanted)
    for name, value in wanted.items():
        np.testing.assert_allclose(found["grad"][name], value, rtol=1e-12, atol=1e-14)
    assert found["derive"] == [step.text for step in a1viz.derive(graph).steps]
    assert [mark["right"] for mark in found["marks"]] == [True, False, False] and all(mark["say"] for mark in found["marks"][1:])
    with pytest.raises(a1viz.A1vizError) as refused:
        a1viz.parse("z = W @ xx\nJ = sum(z", {"x": [3], "W": [4, 3]})
    assert found["message"] == str(refused.value)


def boxes_are_pythons(rows, **given):
    values, bars = a1viz.run("gated_network", trace=True, **given), a1viz.grad("gated_network", **given)
    assert len({name for name, *_ in rows if name in values}) > 8
    for name, value, bar in rows:
        for text, wanted in ((value, values.get(name)), (bar, bars.get(f"{name}_bar"))):
            if text and wanted is not None:
                np.testing.assert_allclose(np.asarray(json.loads(text), float), wanted, rtol=1e-12, atol=1e-14, err_msg=name)


def test_a_live_picture_follows_an_edit(results):
    found = results["figure"]["found"]
    boxes_are_pythons(found["given"])
    boxes_are_pythons(found["stepped"], x=[1.1, -2, 0.5])
    boxes_are_pythons(found["typed"], x=[1.1, 1.25, 0.5])
    assert found["shown"] == "1.25" and not found["wide"]
    g = a1viz.load("gated_network")
    bars = a1viz.grad(g, list(g.parameters), x=[1.1, 1.25, 0.5])
    learnt = {name: np.asarray(g.document.values[name], float) - 0.1 * bars[f"{name}_bar"] for name in g.parameters}
    boxes_are_pythons(found["learnt"], x=[1.1, 1.25, 0.5], **learnt)
