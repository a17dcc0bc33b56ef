"""Derivations in the page are Python's: collected equations node by node, steps to the character."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import networks
import pytest
from derived_networks import WRITTEN, drawn, written

import a1viz
from a1viz.calculus.autodiff import backward, every_variable
from a1viz.calculus.collecting import collected
from a1viz.calculus.derivation import ROWS, as_written
from a1viz.calculus.rewriting import rewrite
from a1viz.graph.nodes import Graph
from a1viz.live.graph_data import graph_data
from a1viz.live.table import as_json

pytestmark = pytest.mark.browser

DRAWN = 500
ROW = "n => [n.name, n.op, n.inputs, n.shape, n.value, n.block, n.attrs]"


@cache
def graphs() -> tuple[Graph, ...]:
    named = [*map(a1viz.load, a1viz.catalogue()), *map(written, WRITTEN), *map(networks.network, networks.NETWORKS)]
    return (*named, *map(drawn, range(DRAWN)))


def before_collecting(graph: Graph) -> Graph:
    """Forward and backward graph in one, before its equations are collected."""
    whole = backward(graph, every_variable(graph), keep=graph.declared_names)
    return as_written(graph, rewrite(whole, ("stable", "tidy", "reading"), whole.declared_names, ROWS, avoid=graph.by_name))


def rows(graph: Graph) -> Any:
    fields = [[n.name, n.op, n.inputs, n.shape, n.value, n.block, n.attrs] for n in graph.nodes]
    return json.loads(as_json(fields))


def differences(found: Sequence[Any], wanted: Sequence[Any]) -> list[Any]:
    """The cases that differ, each with the first row that does."""
    assert isinstance(found, list), found
    pairs = [
        (k, [(f, w) for f, w in zip(f, w, strict=False) if f != w]) for k, (f, w) in enumerate(zip(found, wanted, strict=True)) if f != w
    ]
    return [(k, *rest[:1]) for k, rest in pairs]


@pytest.mark.parametrize("numbers", [False, True])
def test_equations_are_collected_as_in_python(engine, numbers):
    pairs = [(before_collecting(graph), graph) for graph in graphs()]
    found = engine.ask(
        f"given.map(([b, f]) => m.collected(m.graphOf(b), m.graphOf(f), {json.dumps(numbers)}).nodes.map({ROW}))",
        [[graph_data(before), graph_data(first)] for before, first in pairs],
    )
    assert not differences(found, [rows(collected(before, first, numbers)) for before, first in pairs])
