"""Two graphs in one picture, what differs marked: what only A has, what only B has, and of what differs both lines.

Marks are signs, words and the style of the line; colour only comes with them. Serves design, section 5.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..base.columns import counted
from ..calculus.changes import ONLY_A, ONLY_B, OTHERWISE, Difference
from ..calculus.comparison import GraphDiff
from ..graph.nodes import INNER, Graph, inner_nodes
from .block_diagrams import BlockPlaces
from .diagrams import Box, Cluster, Diagram, Edge, Line
from .graph_diagrams import MANY, Shown, diagram, shortened, without_hubs
from .wire_diagrams import Wires, wires

WHOLE = 40  # boxes; of a larger picture only what differs is drawn, and what it touches
ONE_SIDED = ("added", "removed")
MARKED = ("changed", *ONE_SIDED)
SHORT = 40  # characters of both texts that stand in a line of a box
NAMED = 3  # variables of a block that are named in its box
SIDES = {"A": ("removed", "−", ONLY_A), "B": ("added", "+", ONLY_B)}
BOTH = ("equation", "name", "kind", OTHERWISE)  # changes for which the lines of both are shown
READ = "What only A has is dashed and marked with a minus, what only B has is thick and marked with a plus, what differs is dotted."


def compared(found: GraphDiff) -> Diagram | Wires:
    """The picture of what differs: of the wires where both are comparator networks, else of both graphs, laid over one another."""
    return compared_wires(found) if found.pairing.comparators else compared_graphs(found)


def compared_wires(found: GraphDiff) -> Wires:
    """The comparators of both networks on the same wires, each called as in A, or as in B where A has it not."""
    both = (found.a.document, found.b.document)
    pairs, names, marks = [], [], []
    for i, j in found.pairing.comparators:
        there, k = (0, i) if i is not None else (1, j)
        assert k is not None, "one of them has it"
        pairs.append(both[there].comparators[k])
        names.append(f"S{k + 1}")
        marks.append("" if i is not None and j is not None else (ONLY_A, ONLY_B)[there])
    n = max(document.wires for document in both)
    drawn = wires(n, pairs, None, range(len(pairs)))
    bars = tuple(replace(bar, name=names[k], mark=marks[k]) for bar in drawn.bars for k in (int(bar.name[1:]) - 1,))
    title = f"{both[0].title} and {both[1].title}"
    return replace(drawn, name=found.a.name, title=title, about=_about(found), bars=bars, outputs=tuple(range(n)))


def compared_graphs(found: GraphDiff) -> Diagram:
    """Both graphs laid over one another, or, where they have little in common, side by side; parameters are drawn where they differ."""
    if not found.differences:
        return replace(diagram(found.a), about=_about(found))
    sides = tuple(_Side.of(graph, _with_lines(found, there)) for there, graph in enumerate((found.a, found.b)))
    assert len(sides) == 2, "there are two graphs"
    known = _same_boxes(found, sides)
    rows = _rows(found, sides, known)
    boxes = _boxes(sides, known, rows)
    edges = [edge for edge in _edges(sides, known) if edge.tail in boxes and edge.head in boxes]
    notes: tuple[str, ...] = ()
    differing = {name for name, box in boxes.items() if box.kind in MARKED or rows.get(name)}
    if len(boxes) > WHOLE and differing:
        near = differing | {end for edge in edges if {edge.tail, edge.head} & differing for end in (edge.tail, edge.head)}
        hidden = len(boxes) - len(near)
        notes = (f"{counted(hidden, 'boxes')} that are the same in both are not drawn.",) if hidden else ()
        boxes = {name: box for name, box in boxes.items() if name in near}
        edges = [edge for edge in edges if edge.tail in near and edge.head in near]
    frames: tuple[Cluster, ...] = ()
    if 2 * sum(box.kind in ONE_SIDED for box in boxes.values()) > len(boxes):
        boxes, edges, frames = _side_by_side(found, boxes, edges)
    boxes, edges = without_hubs(boxes, edges)
    names = [graph.document.title or graph.name.replace("_", " ") for graph in (found.a, found.b)]
    drawn = Diagram(found.a.name, " and ".join(names), _about(found), tuple(boxes.values()), tuple(edges), frames, notes)
    if len(drawn.boxes) <= MANY:
        return drawn
    short = shortened(drawn)
    return replace(short, notes=(*notes, *short.notes))


def _side_by_side(
    found: GraphDiff, boxes: Mapping[str, Box], edges: Sequence[Edge]
) -> tuple[dict[str, Box], list[Edge], tuple[Cluster, ...]]:
    """What is laid over one another, taken apart again: each graph in a frame of its own."""
    apart: dict[str, Box] = {}
    arrows: list[Edge] = []
    frames = []
    for graph, side, foreign in ((found.a, "A", "added"), (found.b, "B", "removed")):
        title = f"{side}: {graph.name.replace('_', ' ')}"
        frames.append(Cluster(side, rf"\text{{{title}}}", title))
        for name, box in boxes.items():
            if box.kind != foreign:
                lines = tuple(line for line in box.lines if line.kind != foreign)
                apart[f"{side}: {name}"] = replace(box, name=f"{side}: {name}", lines=lines, cluster=side)
        arrows += [replace(e, tail=f"{side}: {e.tail}", head=f"{side}: {e.head}") for e in edges if e.kind != foreign]
    return apart, arrows, tuple(frames[::-1])  # the engine puts the first at the bottom


def _about(found: GraphDiff) -> str:
    return f"A is {found.a.name}, B is {found.b.name}: {found.summary}. {READ}"


# --- which box is which -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Side:
    """One graph and its picture; `home` is the box of each variable, of those that are outputs of a closed block their own."""

    graph: Graph
    boxes: Mapping[str, Box]
    edges: Sequence[Edge]
    home: Mapping[str, str]

    @classmethod
    def of(cls, graph: Graph, only: frozenset[str]) -> _Side:
        drawn, places = diagram(graph, Shown(parameters=True, only=only)), BlockPlaces(graph, ())
        boxes = {box.name: box for box in drawn.boxes}
        home = {n.name: n.name if n.name in boxes else places.home(n) for n in graph.nodes if n.is_declared}
        return cls(graph, boxes, drawn.edges, home)

    def is_variable(self, box: str) -> bool:
        return box in self.home and self.home[box] == box


def _with_lines(found: GraphDiff, there: int) -> frozenset[str]:
    """The variables and blocks of A or B whose lines will be seen: all of a small graph, else those that differ and what they touch."""
    graph = (found.a, found.b)[there]
    places = BlockPlaces(graph, ())
    names = [name for row in found.differences if row.part == "variable" and (name := row.names[there])]
    if len(names) > MANY:
        names = [*names[:MANY], *names[-MANY:]]
    if max(len(found.a.declared_names), len(found.b.declared_names)) <= WHOLE:
        names = list(graph.declared_names)
    read = [i for name in names for node in inner_nodes(graph, name) for i in node.inputs]
    users = [user.partition(INNER)[0] for name in names for user in graph.uses[name]]
    seen = {name for name in (*names, *read, *users) if name in graph}
    return frozenset(seen | {places.home(graph[name]) for name in seen})


def _same_boxes(found: GraphDiff, sides: tuple[_Side, _Side]) -> dict[str, str]:
    """What each box of B is called in the picture: as its partner in A, else as it is, or so that no box of A has that name."""
    a, b = sides
    partners = {other: name for name, other in found.pairing.names.items()}
    known: dict[str, str] = {}
    taken: set[str] = set()
    for name, box in b.home.items():
        mine = a.home.get(partners.get(name, ""), "")
        if box not in known and mine and mine not in taken and a.is_variable(mine) == b.is_variable(box):
            known[box] = mine
            taken.add(mine)
    return {box: known.get(box) or (f"{box} in B" if box in a.boxes else box) for box in b.boxes}


def _rows(found: GraphDiff, sides: tuple[_Side, _Side], known: Mapping[str, str]) -> dict[str, list[Difference]]:
    """What differs in each box of the picture."""
    rows: dict[str, list[Difference]] = {}
    for row in found.differences:
        if row.part == "variable":
            mine, other = row.names
            box = sides[0].home[mine] if mine else known[sides[1].home[other]]
            rows.setdefault(box, []).append(row)
    return rows


# --- boxes and arrows ---------------------------------------------------------------------------------------------------------


def _boxes(sides: tuple[_Side, _Side], known: Mapping[str, str], rows: Mapping[str, list[Difference]]) -> dict[str, Box]:
    """The boxes of both in the order of A, those of B alone after what is before them in B.

    A parameter stands in the equations; it has a box where both have it and it differs.
    """
    others = {known[name]: box for name, box in sides[1].boxes.items()}
    after: dict[str, list[str]] = {}
    last = ""
    for name in others:
        if name in sides[0].boxes:
            last = name
        else:
            after.setdefault(last, []).append(name)
    order = [*after.get("", ()), *(n for name in sides[0].boxes for n in (name, *after.get(name, ())))]
    made: dict[str, Box] = {}
    for name in order:
        one, other = sides[0].boxes.get(name), others.get(name)
        box = one or other
        assert box is not None, "one of them has it"
        if one and other:
            box = _both(one, other, rows.get(name, ()))
        elif box.kind != "parameter":
            box = _one_sided(box, name, "A" if one else "B")
        if box.kind != "parameter":
            made[name] = box
    return made


def _one_sided(box: Box, name: str, side: str) -> Box:
    """A box that only one graph has."""
    kind, sign, words = SIDES[side]
    line = Line(rf"\text{{{sign} {words}}}", f"{sign} {words}", words, kind)
    return replace(box, name=name, lines=(*box.lines, line), kind=kind, cluster="", tip=f"{box.tip}, {words}")


def _both(one: Box, other: Box, rows: Sequence[Difference]) -> Box:
    """A box of both graphs: as it is in A, or the lines of both, and what else differs."""
    texts = [[line.text for line in box.lines] for box in (one, other)]
    is_block = one.kind == "block"
    has_two = texts[0] != texts[1] and (is_block or any(row.change in BOTH for row in rows))
    lines = list(one.lines)
    if has_two:
        lines = [*_sided(one.lines, "A"), *_sided(other.lines, "B")]
    if is_block:
        names = list(dict.fromkeys(row.name for row in rows))
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        lines += [_mark(f"≠ inside: {', '.join(names[:NAMED])}{more}")] if names else []
    else:
        lines += [_mark(_said(row)) for row in rows if row.change not in BOTH or not (has_two or row.change == OTHERWISE)]
        lines += [_mark(f"≈ {OTHERWISE}") for row in rows if row.change == OTHERWISE]
    is_changed = any(row.change != OTHERWISE for row in rows) or (is_block and has_two)
    return replace(one, lines=tuple(lines), cluster="", kind="changed" if is_changed else one.kind)


def _sided(lines: Iterable[Line], side: str) -> list[Line]:
    kind, sign, _ = SIDES[side]
    return [
        Line(rf"\text{{{sign} {side}: }}{line.latex}", f"{sign} {side}: {line.text}", f"in {side}: {line.words or line.text}", kind)
        for line in lines
    ]


def _said(row: Difference) -> str:
    """A difference in one line of a box: short texts of both, or what differs alone."""
    is_short = len(row.a) + len(row.b) < SHORT and ":" not in row.change
    return f"≠ {row.change}: {row.a} → {row.b}" if is_short else f"≠ {row.change}"


def _mark(text: str) -> Line:
    plain = re.sub(r"[^A-Za-z0-9 ,.:()\[\]≠≈→+-]", " ", text)
    return Line(rf"\text{{{plain}}}", text, text.replace("≠", "differs:").replace("≈ ", "").replace("→", "in A, in B"))


def _edges(sides: tuple[_Side, _Side], known: Mapping[str, str]) -> list[Edge]:
    """The arrows of both; those that only one has are marked."""
    mine = {(edge.tail, edge.head, edge.label): edge for edge in sides[0].edges}
    theirs = {}
    for edge in sides[1].edges:
        moved = replace(edge, tail=known[edge.tail], head=known[edge.head])
        theirs[moved.tail, moved.head, moved.label] = moved
    found = [edge if key in theirs else _sided_edge(edge, "A") for key, edge in mine.items()]
    return found + [_sided_edge(edge, "B") for key, edge in theirs.items() if key not in mine]


def _sided_edge(edge: Edge, side: str) -> Edge:
    kind, sign, words = SIDES[side]
    label = rf"\text{{{sign} {side}: }}{edge.label}" if edge.label else rf"\text{{{sign} {side}}}"
    return replace(edge, label=label, text=f"{sign} {side}: {edge.text}", words=f"{edge.words}, {words}", kind=kind)
