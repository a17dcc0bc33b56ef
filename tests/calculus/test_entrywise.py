"""Equations for one entry are right: each is read by itself and computed by loops over its indices."""

from __future__ import annotations

import numpy as np
import pytest
from entry_texts import evaluated
from table_cases import applications_of

from a1viz.calculus.derivation import joint_graph
from a1viz.calculus.entrywise import entry_equation
from a1viz.calculus.interpreter import run
from a1viz.calculus.losses import seeds
from a1viz.graph.catalog import catalogue
from a1viz.graph.documents import load
from a1viz.graph.leaves import gather
from a1viz.graph.nodes import Builder
from a1viz.graph.operators import TABLE

ROWS = [op for op in TABLE if not op.batch]
CASES = [pytest.param(op, *case, id=f"{op.name}{case[0]}{case[1] or ''}".replace(" ", "")) for op in ROWS for case in applications_of(op)]
LABELS = 4  # classes


@pytest.mark.parametrize(("op", "shapes", "attributes"), CASES)
def test_the_entry_of_every_row_of_the_table_is_that_of_the_whole(op, shapes, attributes):
    names = [f"{op.args[0]}{k + 1}" for k in range(len(shapes))] if op.is_variadic else list(op.args)
    builder, rng, values = Builder(), np.random.default_rng(0), {}
    for name, shape in zip(names, shapes, strict=True):
        is_label = name in ("t", "u")
        builder.leaf(name, "label" if is_label else "input", shape, LABELS if is_label else None)
        values[name] = (
            rng.integers(LABELS, size=shape) if is_label else rng.uniform(0.3, 2.0, shape) * (-1 if op.sample == "negative" else 1)
        )
    builder.add(op.name, names, name="out", attrs=attributes)
    graph = builder.graph("table", ["out"])
    values = run(graph, trace=True, **values)
    text = entry_equation(graph, "out").text
    np.testing.assert_allclose(evaluated(graph, text, values), values["out"], rtol=1e-9, atol=1e-12, err_msg=text)


@pytest.mark.parametrize("name", catalogue())
def test_every_equation_of_the_catalogue_is_right_entry_by_entry(name):
    graph = load(name)
    joint, rng = joint_graph(graph), np.random.default_rng(0)
    given, values = gather(graph, {}), {}
    bars = {f"{out}_bar": rng.standard_normal(run(graph)[out].shape) for out in seeds(graph)}
    values = {**given.arrays, **run(joint, trace=True, **{**given.arrays, **bars}), **bars}
    for variable in joint.declared_names:
        text = entry_equation(joint, variable).text
        if not text.endswith("  given"):
            found = evaluated(joint, text, values, given.sizes)
            np.testing.assert_allclose(found, values[variable], rtol=1e-9, atol=1e-10, err_msg=text)
