"""What the build hands to the page arrives there as it is."""

from __future__ import annotations

import math

import pytest

import a1viz
from a1viz.graph.operators import OPS
from a1viz.live.graph_data import graph_data

pytestmark = pytest.mark.browser


def test_every_row_of_the_table_arrives(engine):
    fields = "[o.name, o.args, o.inputs, o.output, o.rules, o.textBinding, o.isElementwise, o.word, [...o.defaults.keys()]]"
    found = engine.ask(f"[...m.OPS.values()].map(o => {fields})")
    assert found == [
        [o.name, [*o.args], [list(i) for i in o.inputs], [*o.output], [*o.rules], o.text_binding, o.is_elementwise, o.word, [*o.defaults]]
        for o in OPS.values()
    ]


@pytest.mark.parametrize("entry", a1viz.catalogue(), ids=str)
def test_a_graph_arrives(engine, entry):
    graph = a1viz.load(entry if isinstance(entry, str) else entry.name)
    found = engine.ask(
        "(g => ({names: g.nodes.map(n => [n.name, n.op, n.inputs]), outputs: g.outputs}))(m.graphOf(given))", graph_data(graph)
    )
    assert found == {"names": [[n.name, n.op, [*n.inputs]] for n in graph.nodes], "outputs": [*graph.outputs]}


NUMBERS = [0.0, -0.0, 1.0, -2.5, 1e-4, 1.25e-5, 1e-7, 1e15, 1e16, 1.5e16, 123456789.123, 1e22, 1e100, 5e-324, 0.1, math.nan, math.inf]


def test_numbers_are_printed_as_python_prints_them(engine):
    assert engine.ask("given.map(m.numbersOf).map(m.reprFloat)", NUMBERS) == list(map(repr, NUMBERS))


TEXTS = ["a", "a'b", 'a"b', "a'\"b", "\n", "\u202e", "é", "\x00", "𝛼", "a\\b"]


def test_texts_are_quoted_as_python_quotes_them(engine):
    assert engine.ask("given.map(m.quoted)", TEXTS) == list(map(repr, TEXTS))
