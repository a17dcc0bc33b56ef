"""Every graph of the catalogue loads, says what it is, and does what it says."""

from __future__ import annotations

import pytest

import a1viz
from a1viz.graph.catalog import TOPICS


@pytest.mark.parametrize("name", a1viz.catalogue())
def test_a_graph_of_the_catalogue_holds_what_it_expects(name):
    g = a1viz.load(name)
    report = a1viz.check(g)
    assert report.ok, str(report)
    assert {f.what for f in report.findings} >= set(g.document.expect)


@pytest.mark.parametrize("name", a1viz.catalogue())
def test_a_graph_of_the_catalogue_tells_readers_what_it_is(name):
    document = a1viz.load(name).document
    assert document.title and document.about.endswith(".") and document.look.endswith(".")
    assert document.topic in TOPICS and document.source
    assert document.source.startswith("question") == document.topic.startswith("question")
    assert not {"*", "`"} & set(document.about + document.look), "the gallery is Markdown"
    assert document.expect, f"{name} states no expectation"


@pytest.mark.parametrize("name", a1viz.catalogue())
def test_the_text_of_a_graph_of_the_catalogue_reads_back_as_the_same_graph(name):
    g = a1viz.load(name)
    if any(n.block for n in g.nodes):
        pytest.skip("blocks are written out")
    shapes = {n.name: {"class": n.value, "shape": list(n.shape)} if n.op == "label" else list(n.shape) for n in g.leaves}
    again = a1viz.parse(str(g), {n: shapes.pop(n) for n in g.parameters}, outputs=g.outputs, **shapes)
    assert str(again) == str(g) and again.outputs == g.outputs
