"""A graph to a diagram: one box a declared variable, its equation on top, its adjoint equation below. Serves questions 2.1.1 and 2.1.2.

Parameters stay inside the equations unless asked for; blocks are one box or a frame; a much used input is drawn once a use.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..calculus import notation
from ..calculus.autodiff import derived_name
from ..calculus.derivation import adjoint_names, joint_graph
from ..calculus.rewriting import DONORS
from ..graph.nodes import Graph, Node, expression_text, inner_nodes
from ..graph.shapes import described
from .block_diagrams import BlockPlaces
from .diagrams import Box, Diagram, Edge, Line
from .slots import slot_of
from .wording import number_latex, number_words, words

HUB = 4  # an input with more uses than this is drawn once a use
MANY = 300  # boxes; a larger picture is shortened
ENDS = 40  # boxes kept at either end of a shortened picture
COTANGENT = re.compile(r"_(bar|dot)\d*(?=:|$)")


@dataclass(frozen=True)
class Shown:
    """What to show besides the equations."""

    backward: bool = False
    values: bool = False
    parameters: bool = False
    expand: tuple[str, ...] = ()  # block instances drawn as frames; "all" for every one
    live: bool = False  # numbers stand in slots, which a script keeps up to date
    only: frozenset[str] | None = None  # variables with lines; others have none, and nothing is shortened: for pictures made of this one


def diagram(graph: Graph, view: Shown = Shown(), values: Mapping[str, Any] | None = None) -> Diagram:
    """The diagram of a graph; `values` (with cotangents as `x_bar`) are needed where the view shows them.

    Raises GraphError for a block to expand that is not there.
    """
    places = BlockPlaces(graph, view.expand)
    shown = [n for n in graph.nodes if n.is_declared and (n.op != "parameter" or view.parameters)]
    home = {n.name: places.home(n) for n in graph.nodes}
    joint = joint_graph(graph, substitute=True) if view.backward else None
    bars = adjoint_names(graph, joint) if joint else {}
    unseen = _unseen(shown, home) if view.only is None else {home[node.name] for node in shown} - view.only
    boxes: dict[str, Box] = {}
    for node in shown:
        place = home[node.name]
        if place in boxes:
            continue
        lines: tuple[Line, ...] = ()
        if place not in unseen:
            is_alone = place == node.name
            lines = _lines(graph, node, joint, bars, numbers_of(view, values), places, view.live) if is_alone else (places.line(place),)
        kind = "block" if place != node.name else _kind(graph, node)
        tip = _tip(graph, node) if place == node.name else places.line(place).words
        boxes[place] = Box(place, lines, kind, places.frame(node), tip)
    numbers = values if view.values and values is not None and not view.live else {}
    carried = _carried(graph, shown, home, boxes)
    outputs = {*graph.outputs}
    behind = [node for node in shown if node.name in outputs and home[node.name] != node.name]  # what collapsed blocks are for
    for k, node in enumerate(behind):
        is_seen = not unseen or k < ENDS or k >= len(behind) - ENDS
        lines = _lines(graph, node, joint, bars, numbers_of(view, values), places, view.live) if is_seen else ()
        named = Line(str(notation.symbol(graph, node.name)), node.name, words(node.name), "equation")
        boxes[node.name] = Box(node.name, (named, *lines[1:]), "output", "", _tip(graph, node))
        carried.append((node.name, home[node.name], node.name))
    edges = _edges(graph, carried, numbers)
    boxes, edges = without_hubs(boxes, edges) if view.only is None else (boxes, edges)
    name = graph.document.title or graph.name.replace("_", " ")
    about = graph.document.about + (" Each box holds an equation and, below, its adjoint equation." if joint else "")
    drawn = Diagram(graph.name, name, about.strip(), tuple(boxes.values()), tuple(edges), places.frames(shown), is_live=view.live)
    return shortened(drawn) if len(drawn.boxes) > MANY and view.only is None else drawn


def _unseen(shown: Sequence[Node], home: Mapping[str, str]) -> set[str]:
    """The boxes in the middle of a picture so large that it will be shortened: nobody needs their words."""
    places = list(dict.fromkeys(home[node.name] for node in shown if not node.is_leaf))
    return set(places[ENDS:-ENDS]) if len(places) > MANY else set()


def shortened(drawn: Diagram, ends: int = ENDS) -> Diagram:
    """The same picture with all but the first and last boxes behind one: what is drawn where the whole would be too large."""
    if len(drawn.boxes) <= 2 * ends:
        ends = max(1, len(drawn.boxes) // 4)
    first, last = drawn.boxes[:ends], drawn.boxes[-ends:]
    hidden = len(drawn.boxes) - len(first) - len(last)
    note = f"{hidden} more boxes"
    middle = Box("...", (Line(rf"\dots \ \text{{{note}}}", f"... {note}", note),), "block", "", f"{note} are not drawn")
    kept = [replace(b, cluster="") for b in first] + [middle] + [replace(b, cluster="") for b in last]
    names = {b.name for b in kept}
    edges: dict[tuple[str, str], Edge] = {}
    for edge in drawn.edges:
        tail, head = (e if e in names else "..." for e in (edge.tail, edge.head))
        if tail != head:
            edges.setdefault((tail, head), replace(edge, tail=tail, head=head, output=edge.output if tail == edge.tail else None))
    return replace(drawn, boxes=tuple(kept), edges=tuple(edges.values()), clusters=(), notes=(f"{note} are not drawn.",))


# --- boxes --------------------------------------------------------------------------------------------------------------------


def _lines(
    graph: Graph,
    node: Node,
    joint: Graph | None,
    bars: Mapping[str, Sequence[str]],
    values: Mapping[str, Any] | None,
    places: BlockPlaces,
    is_live: bool = False,
) -> tuple[Line, ...]:
    lines = [_equation_line(graph, node)]
    if node.name in bars:
        assert joint is not None, "where there are cotangents there is the joint graph"
        lines += [_adjoint_line(joint, name, places) for name in bars[node.name]]
    if values is not None and is_live:
        lines += live_lines(graph, node, joint, values)
    elif values is not None:
        for name in (node.name, *bars.get(node.name, ())):
            if name in values:
                number = number_latex(values[name])
                symbol = notation.symbol(graph if name == node.name or joint is None else joint, name, inside=home_of(name))
                said = number_words(values[name])
                lines.append(Line(f"{symbol} = {number}", f"{name} = {said}", f"{words(name)} is {said}", "value"))
    return tuple(lines)


def numbers_of(view: Shown, values: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The numbers that boxes show."""
    return values if view.values else None


def live_lines(graph: Graph, node: Node, joint: Graph | None, values: Mapping[str, Any]) -> list[Line]:
    """Slots for a variable and its cotangent: side by side, or one below the other where that is wide."""
    shown = [("value", node.name, graph)]
    bar = derived_name(graph, node.name, "bar")
    if joint is not None and bar in joint:
        shown.append(("bar", bar, joint))
    found = []
    for kind, name, where in shown:
        if name in values:
            said = number_words(values[name])
            slot = slot_of(node.name, kind, f"{notation.symbol(where, name, inside=home_of(name))} =", values[name])
            found.append(Line(slot.latex, f"{name} = {said}", f"{words(name)} is {said}", "value", (slot,)))
    if len(found) == 2 and max(line.slots[0].columns for line in found) == 1:
        one, other = found
        return [Line(one.latex, f"{one.text}, {other.text}", f"{one.words}; {other.words}", "value", (*one.slots, *other.slots))]
    return found


def home_of(name: str) -> str:
    """The block instance that a variable lives in, whose number its own box need not say."""
    return name.rpartition(".")[0]


def _equation_line(graph: Graph, node: Node) -> Line:
    if node.is_leaf and node.op != "constant":
        return Line(str(notation.symbol(graph, node.name, inside=home_of(node.name))), node.name, f"input {words(node.name)}", "input")
    text = f"{node.name} = {expression_text(graph, node.name, columns=True)}"
    kind = "gradient" if COTANGENT.search(node.name) else "equation"
    return Line(notation.equation(graph, node.name, home_of(node.name)), text, words(text), kind)


def _adjoint_line(joint: Graph, bar: str, places: BlockPlaces) -> Line:
    hidden = _hidden_blocks(joint, bar, places)
    if hidden:
        blocks, latex = ", ".join(places.line(box).text for box in hidden), ",\\, ".join(map(places.symbol, hidden))
        formula = rf"{notation.symbol(joint, bar, inside=home_of(bar))} \ \text{{from}}\ {latex}"
        return Line(formula, f"{bar} from {blocks}", f"{words(bar)} from {blocks}", "gradient")
    if joint[bar].op == "input":
        return Line(
            rf"{notation.symbol(joint, bar, inside=home_of(bar))} \ \text{{given}}", f"{bar} given", f"{words(bar)} is given", "gradient"
        )
    text = f"{bar} = {expression_text(joint, bar, columns=True)}"
    return Line(notation.equation(joint, bar, home_of(bar)), text, words(text), "gradient")


def _hidden_blocks(joint: Graph, bar: str, places: BlockPlaces) -> list[str]:
    """The collapsed blocks whose inner variables an adjoint equation reads: a reader of the picture cannot know these."""
    read = {i for node in inner_nodes(joint, bar) for i in node.inputs if joint[i].is_declared and joint[i].op != "parameter"}
    found = {places.closed(i.rpartition(".")[0]) for i in read if "." in i}
    return sorted(block for block in found if block and block not in read)


def _kind(graph: Graph, node: Node) -> str:
    if node.op in ("input", "label"):
        return "gradient" if COTANGENT.search(node.name) else "input"
    if node.op == "parameter":
        return "parameter"
    if node.name in graph.outputs:
        return "output"
    return "gradient" if COTANGENT.search(node.name) else "variable"


def _tip(graph: Graph, node: Node) -> str:
    what = {"input": "input", "parameter": "parameter", "label": "class label", "constant": "constant"}.get(node.op, "variable")
    shape = f"one of {node.value} classes" if node.op == "label" else described(node.shape)
    return f"{node.name}: {what}, {shape}"


# --- edges --------------------------------------------------------------------------------------------------------------------


def _carried(graph: Graph, shown: Sequence[Node], home: Mapping[str, str], boxes: Mapping[str, Box]) -> list[tuple[str, str, str]]:
    """One arrow from each variable to each box that reads it: the variable, and the boxes at both ends."""
    visible = {n.name for n in shown}
    found: dict[tuple[str, str], tuple[str, str, str]] = {}
    for node in shown:
        for source in _sources(graph, node.name):
            tail, head = home[source], home[node.name]
            if source in visible and tail != head and tail in boxes:
                found.setdefault((source, head), (source, tail, head))
    return list(found.values())


def _edges(graph: Graph, carried: Sequence[tuple[str, str, str]], numbers: Mapping[str, Any]) -> list[Edge]:
    """The arrows of a picture, each labelled with its variable's shape.

    Labels of one picture speak one way: where a variable has no box of its own, because it leaves a collapsed block, all of them name
    their variables, with its number if there is one.
    """
    are_named = any(source != tail for source, tail, _ in carried)
    order = {node.name: k for k, node in enumerate(graph.nodes)}
    outputs: dict[str, list[str]] = {}  # of each block, in the order of their definition
    for source, tail in sorted({(source, tail) for source, tail, _ in carried}, key=lambda pair: order[pair[0]]):
        outputs.setdefault(tail, []).append(source)
    edges = []
    for source, tail, head in carried:
        label, text = _named(graph, source, numbers) if are_named else (notation.shape(graph[source]), _shape_text(graph[source]))
        kind = "backward" if COTANGENT.search(source) else "forward"
        output = outputs[tail].index(source) if len(outputs[tail]) > 1 else None
        edges.append(Edge(tail, head, label, text, f"{words(source)}, {described(graph[source].shape)}", kind, output=output))
    return edges


def _named(graph: Graph, name: str, numbers: Mapping[str, Any]) -> tuple[str, str]:
    """A variable with its number, if it is known and one, else with its shape: in LaTeX and as text."""
    node, symbol = graph[name], notation.symbol(graph, name)
    if name in numbers and not node.shape:
        return f"{symbol} = {number_latex(numbers[name])}", f"{name} = {number_words(numbers[name])}"
    return rf"{symbol} \in {notation.shape(node)}", f"{name}: {_shape_text(node)}"


def _sources(graph: Graph, name: str) -> list[str]:
    """The declared variables an equation reads, in the order of its text."""
    read = ((node, k, i) for node in inner_nodes(graph, name) for k, i in enumerate(node.inputs) if DONORS.get(node.op) != k)
    return list(dict.fromkeys(i for _, _, i in read if graph.by_name[i].is_declared))


def _shape_text(node: Node) -> str:
    return f"of {node.value}" if node.op == "label" else "x".join(map(str, node.shape)) or "scalar"


def without_hubs(boxes: dict[str, Box], edges: list[Edge]) -> tuple[dict[str, Box], list[Edge]]:
    """Draw an input that many boxes read once a use, beside each: one hub would make the layout slow and the picture a knot."""
    uses: dict[str, int] = {}
    for edge in edges:
        uses[edge.tail] = uses.get(edge.tail, 0) + 1
    hubs = {name for name, count in uses.items() if count > HUB and boxes[name].kind in ("input", "parameter")}
    if not hubs:
        return boxes, edges
    counts = dict.fromkeys(hubs, 0)
    copies: dict[str, Box] = {}
    new_edges = []
    for edge in edges:
        if edge.tail in hubs:
            counts[edge.tail] += 1
            copy = edge.tail if counts[edge.tail] == 1 else f"{edge.tail} ({counts[edge.tail]})"
            box = boxes[edge.tail]
            copies[copy] = box if copy == edge.tail else replace(box, name=copy, lines=box.lines[:1])
            edge = replace(edge, tail=copy)
        new_edges.append(edge)
    kept = {name: box for name, box in boxes.items() if name not in hubs}
    return {**copies, **kept}, new_edges
