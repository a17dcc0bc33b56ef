"""A graph to a picture of its neurons: one box per unit, one arrow per weight. Serves questions 3.1 and 3.4.

Weights of 0 have no arrow. The more units stand in one column, the less is written into each: its equation goes above the column.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..base.columns import counted
from ..base.errors import GraphError, InputError, shown
from ..calculus import notation
from ..graph.leaves import gather
from ..graph.nodes import Graph, Node
from ..graph.operators import ATOM, OPS, SUM
from .block_diagrams import BlockPlaces
from .diagrams import Box, Cluster, Diagram, Edge, Line, Slot
from .neuron_layers import LEAST, WIDEST, UnitLayer, arrows_into, layers_of
from .neuron_units import STATISTICS, TOGETHER, Affine, NeuronNetwork, Unit
from .strokes import SINGLE, meaning
from .wording import number_latex, number_words, words

ARGUMENTS = "zvwu"  # what a unit's activation is written of
ROOMY, PLAIN, SHORT = 8, 12, 20  # units in the tallest column: with all their lines; with name and value in one; the same, and biases are
# left to tooltips; more have a number only
TYPESET = 100  # units that have more than a number
LABELLED, IN_ALL = 40, 200  # arrows into one column, and in a picture, that have their weights written on them
IN_FRAMES = 600  # arrows that are drawn between frames; with more, blocks are drawn as layers


class NeuronPicture:
    """Writes the boxes and arrows of a network; lives as long as one picture is made."""

    def __init__(self, network: NeuronNetwork, layers: Sequence[UnitLayer], values: Mapping[str, Any] | None, is_live: bool) -> None:
        self.network, self.layers, self.values, self.is_live = network, layers, values, is_live
        shown = [unit for layer in layers for unit in layer.shown]
        self.shown = {unit.name for unit in shown}
        self.at = {unit.name: layer for layer in layers for unit in layer.units}
        self.labels = labels_of([unit for layer in layers for unit in layer.units])
        into = arrows_into(layers)
        self.blocks = tuple(dict.fromkeys(unit.block for unit in shown if unit.block)) if into.total() <= IN_FRAMES else ()
        most = math.inf if self.blocks else LABELLED if into.total() <= IN_ALL else 0
        self.edges = without_ones([edge for layer in layers for edge in self.arrows(layer, into[layer.column] <= most)])
        heights = [0] * (1 + max((layer.column for layer in layers), default=0))
        for layer in layers:
            heights[layer.column] += len(layer.shown) + bool(layer.hidden)
        self.tallest = 0 if self.blocks else max(heights) if sum(heights) <= TYPESET else SHORT + 1
        self.above = {at: self.common(at) for at in range(len(heights))} if self.tallest > ROOMY else {}

    def layer_names(self) -> dict[str, str]:
        """The layer of each box, by the box's name."""
        shown = {self.labels[unit.name]: layer.said for layer in self.layers for unit in layer.shown}
        return shown | {self.middle(layer): layer.said for layer in self.layers if layer.hidden}

    def middle(self, layer: UnitLayer) -> str:
        """What the box for the middle of a layer is called."""
        first, last = (layer.units[k] for k in (layer.hidden.start, layer.hidden.stop - 1))
        if layer.units[0].variable:
            return f"{layer.name}[{first.index}..{last.index}]"
        return f"{self.labels[first.name]} to {self.labels[last.name].removeprefix('unit ')}"

    def boxes(self) -> list[Box]:
        found = []
        for layer in self.layers:
            made = [self.box(layer, place) for place in range(len(layer.units)) if place not in layer.hidden]
            if layer.hidden:
                made.insert(layer.hidden.start, self.more(layer))
            found += made
        return found

    def box(self, layer: UnitLayer, place: int) -> Box:
        unit = layer.units[place]
        is_input = unit.op == "input"
        label = self.labels[unit.name]
        kind = "input" if is_input else "output" if unit.variable in self.network.outputs else "variable"
        lines = self.lines(unit, label, is_input)
        said = "; ".join(line.words for line in lines)
        if self.tallest > SHORT:
            is_entry = unit.index is not None or not unit.variable
            lines = [Line(str(place + 1) if is_entry else symbol(self.network, unit), label, said, small(is_input))]
        elif self.tallest > ROOMY:
            lines = self.shortened(unit, lines, said, is_input)
        tip = said if self.tallest > ROOMY else f"unit {label}"
        return Box(label, tuple(lines), kind, unit.block if self.blocks else "", tip, layer.column)

    def lines(self, unit: Unit, label: str, is_input: bool) -> list[Line]:
        """What there is to say of a unit: what it is called, what it does, its value."""
        lines = []
        if unit.variable:
            said = ("input " if is_input else "") + words(label)
            lines.append(Line(symbol(self.network, unit), label, said, "input" if is_input else "equation"))
        if not is_input:
            formula, plain = activation(unit)
            lines.append(Line(formula, plain, f"its activation is {words(plain)}"))
        if self.values is not None and unit.variable in self.values:
            said = number_words(value := np.asarray(self.values[unit.variable]).reshape(-1)[unit.index or 0])
            slot = Slot(unit.variable, "value", "=", 1, 1, (float(value),), first=unit.index or 0)
            lines.append(Line(f"= {number_latex(value)}", said, f"its value is {said}", "value", (slot,) if self.is_live else ()))
        return lines

    def shortened(self, unit: Unit, lines: list[Line], said: str, is_input: bool) -> list[Line]:
        """Name and value in one line; what the unit does only where its layer has no common equation above it."""
        value = [line for line in lines if line.kind == "value"]
        first = " ".join(line.latex for line in (lines[:1] if unit.variable else []) + value)
        text = " = ".join(line.text for line in (lines[:1] if unit.variable else []) + value)
        formula = (
            [] if is_input or self.above[self.at[unit.name].column] or lines[-1 - len(value)].text == "z" else [lines[-1 - len(value)]]
        )
        if value and value[0].slots:
            called = f"{lines[0].latex} =" if unit.variable else "="
            return [Line(called, text, said, "input" if is_input else "value", (replace(value[0].slots[0], latex=called),))]
        if not first:
            return [Line(line.latex, line.text, said) for line in formula] or [Line(r"\bullet", "unit", said)]
        return [Line(first, text, said, "input" if is_input else "equation"), *(Line(f.latex, f.text, "") for f in formula)]

    def more(self, layer: UnitLayer) -> Box:
        """The box that stands for the middle of a wide layer."""
        said = f"{len(layer.hidden):,} more"
        kind = small(False) if self.tallest > SHORT else "equation"
        lines = (
            Line(r"\vdots", "...", f"units {layer.hidden.start + 1} to {layer.hidden.stop} of {layer.said}", kind),
            Line(rf"\text{{{said}}}", said, f"{said} units are not drawn", kind),
        )
        return Box(self.middle(layer), lines, "dropped", "", f"{said} units of {layer.said}", layer.column)

    def arrows(self, layer: UnitLayer, is_labelled: bool) -> list[Edge]:
        """The arrows into a layer: one a weight between units that are drawn, one for all others of a unit and the middle of a layer."""
        found: list[Edge] = []
        bundles: dict[tuple[str, str], int] = {}
        for unit in layer.units:
            is_shown = unit.name in self.shown
            head = self.labels[unit.name] if is_shown else self.middle(layer)
            for letter, entry in lettered(unit):
                for source, weight in entry.weights.items():
                    if is_shown and source in self.shown:
                        found.append(arrow((self.labels[source], head), unit, letter, weight, is_labelled))
                    else:
                        ends = self.labels[source] if source in self.shown else self.middle(self.at[source]), head
                        bundles[ends] = bundles.get(ends, 0) + 1
        for (tail, head), count in bundles.items():
            said = counted(count, "arrows")
            found.append(Edge(tail, head, "", said, said, "bundle"))
        return found

    def common(self, column: int) -> str:
        """What all units of a column do, in LaTeX; nothing where they differ, or do nothing but add up."""
        layers = [layer for layer in self.layers if layer.column == column and layer.units[0].op != "input"]
        found = {common_formula(layer, self.tallest > PLAIN) for layer in layers}
        return found.pop().removeprefix("z") and common_formula(layers[0], self.tallest > PLAIN) if len(found) == 1 else ""

    def headings(self) -> tuple[tuple[Line, ...], ...]:
        """What stands above each column where there is no room in its units: variables, and what their units do."""
        return tuple(self.heading(at, formula) for at, formula in self.above.items())

    def heading(self, column: int, formula: str) -> tuple[Line, ...]:
        layers = [layer for layer in self.layers if layer.column == column and layer.units[0].variable]
        names = [layer.name for layer in layers if layer.units[0].op != "input"] or [layer.name for layer in layers]
        shown = names if len(names) <= 5 else [names[0], "", names[-1]]
        latex = r",\, ".join(str(notation.symbol(self.network.graph, name)) if name else r"\dots" for name in shown)
        return tuple(Line(line, line, "") for line in (latex, formula) if line)


def neurons(
    graph: Graph,
    values: Mapping[str, Any] | None = None,
    given: Mapping[str, Any] | None = None,
    widest: int | None = None,
    *,
    live: bool = False,
) -> Diagram:
    """The neurons of a graph whose parameters have values; `values`, every variable's, puts numbers into the units, `live` into slots.

    Of a layer of more than `widest` units the first and last are drawn. Raises GraphError for a graph that is more than weights, sums and
    activations, or has too many units, InputError for a `widest` that no layer can be drawn with.
    """
    if widest is not None and not (isinstance(widest, int) and LEAST <= widest <= WIDEST):
        raise InputError(f"units must be a whole number from {LEAST} to {WIDEST}, got {shown(widest)}; so many units of a layer are drawn")
    network = NeuronNetwork(graph, gather(graph, given or {}))
    try:
        picture = NeuronPicture(network, layers_of(network.needed(), WIDEST if widest is None else widest), values, live)
    except GraphError as error:
        raise GraphError(f"{graph.name} cannot be drawn as neurons: {error}") from None
    boxes, edges = picture.boxes(), picture.edges
    notes = between_layers(edges, picture.layer_names()) if len(edges) > SINGLE else ()
    places = BlockPlaces(graph, ())
    clusters = tuple(Cluster(name, (line := places.line(name)).latex, line.words) for name in picture.blocks)
    title = graph.document.title or graph.name
    return Diagram(
        f"{graph.name}-neurons", title, f"{graph.document.about} {meaning(edges)}".strip(), tuple(boxes), tuple(edges), clusters, notes,
        in_columns=not clusters, headings=picture.headings(), is_live=live,
    )  # fmt: skip


def labels_of(units: Sequence[Unit]) -> dict[str, str]:
    """What each unit is called: the entry that it is, or, without a name of its own, a number."""
    return {u.name: u.variable + ("" if u.index is None else f"[{u.index}]") or f"unit {k}" for k, u in enumerate(units, 1)}


def symbol(network: NeuronNetwork, unit: Unit) -> str:
    """A unit's name in LaTeX; entries are counted from 1, as on paper."""
    return str(notation.symbol(network.graph, unit.variable, "" if unit.index is None else str(unit.index + 1)))


def small(is_input: bool) -> str:
    """The kind of a line in a column of many units."""
    return "small input" if is_input else "small"


def arrow(ends: tuple[str, str], unit: Unit, letter: str, weight: float, is_labelled: bool) -> Edge:
    """One arrow into a unit: with its weight, or with what the unit calls it where it looks at several."""
    is_one_of_several = sum(bool(entry.weights) for entry in unit.arguments) > 1
    if unit.op in TOGETHER + STATISTICS or (is_one_of_several and weight == 1):
        return Edge(*ends, letter if is_one_of_several and is_labelled else "", letter, f"as {letter}")
    said, before = number_words(weight), f"{letter}: " if is_one_of_several else ""
    label = before.replace(": ", r"{:}\,") + number_latex(weight) if is_labelled else ""
    return Edge(*ends, label, before + said, f"as {letter}, weight {said}" if before else f"weight {said}", weight=weight)


def without_ones(edges: Sequence[Edge]) -> list[Edge]:
    """The arrows without numbers where the look says enough: weights of 1 and -1, or all of them if they have one magnitude."""
    found = {abs(edge.weight) for edge in edges if edge.weight is not None}
    plain = found.pop() if len(found) == 1 else 1.0
    return [
        replace(edge, label="")
        if edge.weight is not None and abs(edge.weight) == plain and edge.text == number_words(edge.weight)
        else edge
        for edge in edges
    ]


def between_layers(edges: Sequence[Edge], layers: Mapping[str, str]) -> tuple[str, ...]:
    """The arrows of a large picture in words: how many lead from where to where."""
    found: dict[tuple[str, str], list[Edge]] = {}
    for edge in edges:
        found.setdefault((layers[edge.tail], layers[edge.head]), []).append(edge)
    notes = []
    for (tail, head), group in found.items():
        weights = [edge.weight for edge in group if edge.weight is not None]
        negative = sum(weight < 0 for weight in weights)
        range_said = f", from {number_words(min(weights))} to {number_words(max(weights))}, {negative:,} negative" if weights else ""
        notes.append(f"{len(group):,} arrows from {tail} to {head}{range_said}.")
    return tuple(notes)


def common_formula(layer: UnitLayer, is_short: bool) -> str:
    """What all units of a layer do, in LaTeX, or nothing; a bias of each unit's own is the letter b where units are short."""
    if len(layer.units) < 2 or any(unit.op != layer.units[0].op for unit in layer.units) or layer.units[0].op == "input":
        return ""
    formulas = {activation(unit)[0] for unit in layer.units}
    if len(formulas) == 1:
        return formulas.pop()
    if not is_short or len(layer.units[0].arguments) != 1:
        return ""
    return in_template(layer.units[0].op, ["z + b"])


def activation(unit: Unit) -> tuple[str, str]:
    """What a unit does with what comes in, as LaTeX and as text; a bias is written with it."""
    latex, text = zip(*(_sum(entry, letter) for letter, entry in lettered(unit)), strict=True)
    return in_template(unit.op, latex), f"{unit.op}({', '.join(text)})" if unit.op else text[0]


def lettered(unit: Unit) -> list[tuple[str, Affine]]:
    """What a unit's activation is written of: each argument with its letter; a number has none."""
    letters = iter(ARGUMENTS)
    return [(next(letters) if entry.weights else "", entry) for entry in unit.arguments]


def in_template(op: str, operands: Sequence[str]) -> str:
    """An operator of operands in LaTeX; the one operand itself for a linear unit."""
    if not op:
        return operands[0]
    known = [notation.Maths(operand, SUM if " " in operand or operand[0] == "-" else ATOM) for operand in operands]
    return str(notation.from_template(OPS[op].latex, Node("", op), known))


def _sum(entry: Affine, letter: str) -> tuple[str, str]:
    if not entry.weights:
        return number_latex(entry.bias), number_words(entry.bias)
    if not entry.bias:
        return letter, letter
    sign = "+" if entry.bias > 0 else "-"
    return f"{letter} {sign} {number_latex(abs(entry.bias))}", f"{letter} {sign} {number_words(abs(entry.bias))}"
