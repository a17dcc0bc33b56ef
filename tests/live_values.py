"""Graphs run in the page and in Python: what is handed in, and whether the values agree."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from table_cases import SIZES

from a1viz.calculus.interpreter import execute
from a1viz.graph.leaves import Inputs
from a1viz.graph.nodes import Builder, Graph
from a1viz.graph.operators import Op
from a1viz.live.graph_data import graph_data

LABELS = ("t", "u")  # arguments of these names are class labels
TOLERANCE = 1e-12  # of an array's largest entry
RUN = """given.map(c => {
  const arrays = new Map(c.arrays.map(([name, shape, data]) => [name, m.tensorOf(shape, Float64Array.from(m.numbersOf(data)))]));
  const found = m.execute(m.graphOf(c.graph), {arrays, sizes: new Map(c.sizes), batch: c.batch}, c.names);
  return [...found.values()].map(t => [t.shape, [...t.data]]);
})"""


def application(op: Op, shapes: Sequence[tuple[int, ...]], attributes: Mapping[str, Any]) -> Graph:
    """The graph `out = op(its arguments)`."""
    names = [f"{op.args[0]}{k + 1}" for k in range(len(shapes))] if op.is_variadic else list(op.args)
    builder = Builder()
    for name, shape in zip(names, shapes, strict=True):
        builder.leaf(name, "label" if name in LABELS else "input", shape, SIZES["n"] if name in LABELS else None)
    builder.add(op.name, names, name="out", attrs=attributes)
    return builder.graph(op.name, ["out"])


def case(graph: Graph, inputs: Inputs, names: Iterable[str]) -> dict[str, Any]:
    """A graph and what it is run on, as the page is given it."""
    arrays = [[name, value.shape, value.ravel().tolist()] for name, value in inputs.arrays.items()]
    return {"graph": graph_data(graph), "arrays": arrays, "sizes": [*inputs.sizes.items()], "batch": inputs.batch, "names": [*names]}


def arrays_of(found: Sequence[tuple[Sequence[int], Sequence[Any]]]) -> list[np.ndarray]:
    """What the page answers, as arrays."""
    return [np.array([float(x) for x in data]).reshape(shape) for shape, data in found]


def agree(found: np.ndarray, wanted: np.ndarray, condition: float = 1.0, least: float = 0.0) -> bool:
    """Whether two arrays are of one shape, NaN and infinite at the same places, and else equal to TOLERANCE of the largest entry.

    Where larger numbers cancel, an entry is as wrong as these: `least` is how large they are, as far as it matters.
    """
    if found.shape != wanted.shape or not np.array_equal(np.isnan(found), np.isnan(wanted)):
        return False
    finite = np.isfinite(wanted)
    if not np.array_equal(found[~finite], wanted[~finite], equal_nan=True) or not np.isfinite(found[finite]).all():
        return False
    found, wanted = found[finite], wanted[finite]
    with np.errstate(over="ignore"):  # a difference of huge numbers
        return bool(found.size == 0 or np.abs(found - wanted).max() <= TOLERANCE * condition * max(least, np.abs(wanted).max()))


def disagreeing(engine: Any, runs: Sequence[tuple[str, Graph, Inputs, Sequence[str]]], least: float = 0.0) -> list[str]:
    """The labels of the runs whose values are not Python's."""
    answers = engine.ask(RUN, [case(graph, inputs, names) for _, graph, inputs, names in runs])
    assert len(answers) == len(runs), answers
    wrong = []
    for (label, graph, inputs, names), answer in zip(runs, answers, strict=True):
        wanted = execute(graph, inputs, names)
        for name, found in zip(names, arrays_of(answer), strict=True):
            if not agree(found, np.asarray(wanted[name], np.float64), condition_of(graph, inputs), least):
                wrong.append(f"{label}: {name} is {found.tolist()}, not {wanted[name].tolist()}")
    return wrong


def condition_of(graph: Graph, inputs: Inputs) -> float:
    """How much larger than rounding the error of the matrices' equations may be."""
    if not graph.operators & {"inv", "solve", "solve_vector", "det", "logdet"}:
        return 1.0
    matrices = [x for x in inputs.arrays.values() if x.ndim > 1 and x.shape[-1] == x.shape[-2] and np.isfinite(x).all()]
    conditions = [float(np.max(np.linalg.cond(x))) for x in matrices if x.size]
    return max([1.0, *(c for c in conditions if math.isfinite(c))])
