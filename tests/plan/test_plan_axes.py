"""Plans of operators along axes, in every application of the table: the interpreter's numbers, to the bit or but for rounding."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from test_plan import assert_apart, assert_same, words
from test_plan_fast import assert_near, operations

sys.path.append(str(ROOT / "tests" / "graph"))  # the table's own cases; pytest has their folder only where it runs their tests too
from test_table import CASES, application, drawn, reals

import a1viz
from a1viz.calculus.interpreter import grad, run
from a1viz.graph.nodes import Builder, Graph
from a1viz.plan import floats, row_identities, table

EXACT = {"exact": True}


@pytest.mark.parametrize("options", [EXACT, {}], ids=["exact", "fast"])
@pytest.mark.parametrize(("op", "shapes", "attributes"), CASES)
def test_every_application_gives_what_run_and_grad_give_with_every_batch(op, shapes, attributes, options):
    graph, rng = application(op, shapes, attributes), np.random.default_rng(1)
    names = [node.name for node in graph.leaves]
    compiled, wrt = a1viz.compile(graph, **options), reals(graph)
    pulled = a1viz.compile(graph, wrt, ["out"], **options) if op.rules and wrt else None
    same = assert_same if options else lambda found, expected: assert_near(found, expected, 1000)
    for batch in {(), tuple(names), *((name,) for name in names)}:
        values = drawn(op, graph, rng, batch, 5)
        expected = run(graph, **values)
        same(compiled(**values), expected)
        same(compiled.bind(**values)(), expected)
        if pulled:
            bar = {"out": rng.standard_normal(expected["out"].shape)}
            expected = grad(graph, wrt, bar, **values)
            same(pulled(cotangents=bar, **values), expected)
            same(pulled.bind(cotangents=bar, **values)(), expected)
            same(pulled.bind(cotangents=bar, copy=True, **values)(), expected)
