"""A graph to a picture of its neurons: one box per unit, one arrow per weight. Serves questions 3.1 and 3.4.

Weights of 0 have no arrow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..base.errors import GraphError
from ..calculus import notation
from ..graph.leaves import gather
from ..graph.nodes import Graph, Node
from ..graph.operators import ATOM, OPS, SUM
from .block_diagrams import BlockPlaces
from .diagrams import Box, Cluster, Diagram, Edge, Line
from .neuron_units import TOGETHER, Affine, NeuronNetwork, Unit
from .wording import number_latex, number_words, words

MANY = 300  # units in one picture
ARGUMENTS = "zvw"  # what a unit's activation is written of


def neurons(graph: Graph, values: Mapping[str, Any] | None = None, given: Mapping[str, Any] | None = None) -> Diagram:
    """The neurons of a graph whose parameters have values; `values`, every variable's, puts numbers into the units.

    Raises GraphError for a graph that is more than weights, sums and activations, or has too many units.
    """
    network = NeuronNetwork(graph, gather(graph, given or {}))
    units = network.needed()
    if len(units) > MANY:
        raise GraphError(f"{graph.name} has {len(units)} units; a picture of neurons shows at most {MANY}; draw it as a graph")
    labels = labels_of(units)
    boxes = tuple(_box(network, unit, labels, values) for unit in units)
    edges = tuple(edge for unit in units for edge in _edges(unit, labels))
    blocks = dict.fromkeys(unit.block for unit in units if unit.block)
    places = BlockPlaces(graph, ())
    clusters = tuple(Cluster(name, (line := places.line(name)).latex, line.words) for name in blocks)
    about = graph.document.about + " Each box is a neuron, each arrow a weight."
    title = graph.document.title or graph.name
    return Diagram(f"{graph.name}-neurons", title, about.strip(), boxes, edges, clusters, in_columns=not clusters)


def labels_of(units: Sequence[Unit]) -> dict[str, str]:
    """What each unit is called: the entry that it is, or, without a name of its own, a number."""
    return {u.name: u.variable + ("" if u.index is None else f"[{u.index}]") or f"unit {k}" for k, u in enumerate(units, 1)}


def _box(network: NeuronNetwork, unit: Unit, labels: Mapping[str, str], values: Mapping[str, Any] | None) -> Box:
    label, lines = labels[unit.name], []
    if unit.variable:
        latex = str(notation.symbol(network.graph, unit.variable, "" if unit.index is None else str(unit.index + 1)))
        kind = "input" if unit.op == "input" else "equation"
        lines.append(Line(latex, label, ("input " if unit.op == "input" else "") + words(label), kind))
    if unit.op != "input":
        formula, plain = _activation(unit)
        lines.append(Line(formula, plain, f"its activation is {words(plain)}"))
    if values is not None and unit.variable in values:
        said = number_words(value := np.asarray(values[unit.variable]).reshape(-1)[unit.index or 0])
        lines.append(Line(f"= {number_latex(value)}", said, f"its value is {said}", "value"))
    kind = "input" if unit.op == "input" else "output" if unit.variable in network.outputs else "variable"
    return Box(label, tuple(lines), kind, unit.block, f"unit {label}")


def _edges(unit: Unit, labels: Mapping[str, str]) -> list[Edge]:
    """The arrows into a unit: each with its weight, or with what the unit calls it where it has several arguments."""
    found: list[Edge] = []
    for letter, entry in zip(ARGUMENTS, unit.arguments, strict=False):
        for source, weight in entry.weights.items():
            named = (len(unit.arguments) > 1 and weight == 1) or unit.op in TOGETHER
            said = letter if named else number_words(weight)
            latex = letter if named else number_latex(weight)
            found.append(Edge(labels[source], labels[unit.name], latex, said, f"as {letter}" if named else f"weight {said}"))
    return found


def _activation(unit: Unit) -> tuple[str, str]:
    """What a unit does with what comes in, as LaTeX and as text; a bias is written with it."""
    latex, text = zip(*(_sum(entry, ARGUMENTS[k]) for k, entry in enumerate(unit.arguments)), strict=True)
    if not unit.op:
        return latex[0], text[0]
    operands = [notation.Maths(t, SUM if len(t) > 1 else ATOM) for t in latex]
    return str(notation.from_template(OPS[unit.op].latex, Node("", unit.op), operands)), f"{unit.op}({', '.join(text)})"


def _sum(entry: Affine, letter: str) -> tuple[str, str]:
    if not entry.bias:
        return letter, letter
    sign = "+" if entry.bias > 0 else "-"
    return f"{letter} {sign} {number_latex(abs(entry.bias))}", f"{letter} {sign} {number_words(abs(entry.bias))}"
