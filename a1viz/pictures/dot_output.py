"""A picture as DOT, the language of Graphviz: once for readers with plain labels, once for the engine with bare sizes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from .diagrams import Box, Diagram, Edge
from .sizes import Sizes
from .text_output import printable

SAFE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# newrank keeps boxes of different clusters in line; record shapes lose edges and ortho ignores ports, so neither is used.
GRAPH = {"newrank": "true", "rankdir": "LR", "nodesep": "0.2", "ranksep": "0.3", "splines": "true"}
NODE = {
    "shape": "box",
    "style": "rounded,filled",
    "fontname": "Helvetica",
    "fontsize": "12",
    "color": "#1F4E79",
    "fillcolor": "#FFFFFF",
    "fontcolor": "#1A1A1A",
}
EDGE = {"fontname": "Helvetica", "fontsize": "9", "color": "#0072B2", "fontcolor": "#4D4D4D", "arrowsize": "0.7"}
NODE_LOOKS = {
    "input": {"fillcolor": "#DCEBF7", "fontcolor": "#1F4E79"},
    "parameter": {"fillcolor": "#EEF0F2", "style": "filled"},
    "output": {"penwidth": "2.5"},
    "gradient": {"fillcolor": "#FBE3D6", "fontcolor": "#8A3200", "color": "#D55E00"},
    "block": {"peripheries": "2"},
    "dropped": {"style": "rounded,dashed", "fontcolor": "#595F69", "color": "#595F69"},
    "removed": {"style": "rounded,dashed", "fontcolor": "#595F69", "color": "#595F69"},
    "added": {"penwidth": "2.5", "fontcolor": "#00553D", "color": "#00553D"},
    "changed": {"style": "rounded,dotted", "penwidth": "2.5"},
}
EDGE_LOOKS = {
    "in place": {"penwidth": "3"},
    "backward": {"color": "#D55E00", "style": "dashed", "arrowhead": "vee"},
    "removed": {"color": "#595F69", "style": "dashed"},
    "added": {"color": "#00553D", "penwidth": "2.5"},
}


def dot(diagram: Diagram, direction: str = "LR") -> str:
    """The picture as DOT with its equations as plain text, for any `dot` to draw."""
    import graphviz

    names = node_names(diagram)
    picture = graphviz.Digraph(
        quoted(diagram.name), graph_attr={**GRAPH, "rankdir": direction, "tooltip": quoted(diagram.title)}, node_attr=NODE, edge_attr=EDGE
    )
    add_boxes(picture, diagram, names, "")
    for edge in diagram.edges:
        label = {"label": quoted(edge.text)} if edge.text else {}
        picture.edge(names[edge.tail], names[edge.head], **label, **EDGE_LOOKS.get(edge.kind, {}))
    source: str = picture.source
    return source


def add_boxes(picture: Any, diagram: Diagram, names: dict[str, str], parent: str) -> None:
    """Write the boxes of one cluster, then the clusters inside it."""
    for box in diagram.boxes:
        if box.cluster == parent:
            picture.node(names[box.name], label=quoted(*box_text(box)), **NODE_LOOKS.get(box.kind, {}))
    for place, cluster in enumerate(diagram.clusters):
        if cluster.parent == parent:
            with picture.subgraph(name=f"cluster_{place}") as frame:
                frame.attr(label=quoted(cluster.name), color="#6B7785", fontname="Helvetica", fontsize="11")
                add_boxes(frame, diagram, names, cluster.name)


def box_text(box: Box) -> list[str]:
    """The lines of a box, or its name when it has none."""
    return [line.text for line in box.lines] or [box.name]


def node_names(diagram: Diagram) -> dict[str, str]:
    """A DOT name for every box: its own, or numbers for all when one of them could mean something to Graphviz."""
    names = [box.name for box in diagram.boxes]
    if all(SAFE_NAME.fullmatch(name) for name in names):
        return {name: name for name in names}
    return {name: f"n{place}" for place, name in enumerate(names)}


def quoted(*lines: str) -> str:
    """Lines of any text as one DOT string that can only be shown: no escapes, entities or HTML.

    >>> print(quoted("a&b"), quoted("<b>", chr(92)))
    a&amp;b <b>\\n\\\\
    """
    import graphviz

    shown = (printable(line).replace("&", "&amp;").replace("\\", "\\\\") for line in lines)
    text: str = graphviz.nohtml("\\n".join(shown))
    return text


class Hints(NamedTuple):
    """What the engine is told besides the picture; what serves one picture best makes lines cross in another."""

    straight: int = 10  # how much the only arrow out of a box is kept straight, so that a chain reads as a line
    patience: int = 1  # how long it looks for fewer crossings
    apart: float = 0.26  # inches between columns
    later: tuple[tuple[int, int], ...] = ()  # pairs of boxes, by their numbers, of which the second stands in a later column


USUAL = Hints()


def layout_dot(diagram: Diagram, sizes: Sizes, direction: str = "LR", hints: Hints = USUAL) -> str:
    """The picture as DOT for the engine: numbered boxes of fixed size and nothing of the document, so nothing to escape."""
    numbers = {box.name: place for place, box in enumerate(diagram.boxes)}
    uses = Counter(edge.tail for edge in diagram.edges)
    leaves = {box.name for box in diagram.boxes if box.kind in ("input", "parameter")}
    lines = [
        "digraph {",
        f"newrank=true rankdir={direction} labeljust={'l' if direction == 'TB' else 'c'} nodesep=0.2 ranksep={hints.apart:g}"
        f" mclimit={hints.patience}",
        'node [shape=box fixedsize=true label=""]',
        "edge [arrowsize=0.7]",
    ]
    lines += layout_boxes(diagram, sizes, "", room(diagram, sizes, direction), direction == "TB" and stand_apart(diagram))
    for place, (edge, label) in enumerate(zip(diagram.edges, sizes.edges, strict=True)):
        ends = [f"n{numbers[edge.tail]}{port(edge, direction)}", f"n{numbers[edge.head]}"]
        # A backward edge runs against the flow: laid out forward, so that it does not turn the picture round.
        attributes = [f"id={place} weight={hints.straight if uses[edge.tail] == 1 and edge.tail not in leaves else 1}"]
        if edge.kind == "backward":
            ends.reverse()
            attributes.append("dir=back")
        if label:
            attributes.append("label=" + blank(label.width + 6, label.ascent + label.descent + 4))
        lines.append(f"{ends[0]} -> {ends[1]} [{' '.join(attributes)}]")
    lines += [f"n{first} -> n{second} [style=invis weight=0]" for first, second in hints.later]
    return "\n".join([*lines, "}", ""])


def stand_apart(diagram: Diagram) -> bool:
    """Whether a picture is of frames alone, and no arrow leads from one to another."""
    frames = {box.name: box.cluster for box in diagram.boxes}
    return all(frames.values()) and all(frames[edge.tail] == frames[edge.head] for edge in diagram.edges)


def layout_boxes(diagram: Diagram, sizes: Sizes, parent: str, rooms: Sequence[str], turned: bool = False) -> list[str]:
    """The boxes of one cluster with their room, then the clusters inside it.

    The engine has the first at the bottom where pictures go from left to right, else on the left: `turned` is the other way round.
    """
    lines = [f"n{place} [{rooms[place]}]" for place, box in enumerate(diagram.boxes) if box.cluster == parent]
    clusters = list(enumerate(zip(diagram.clusters, sizes.clusters, strict=True)))
    for place, (cluster, label) in clusters[::-1] if turned else clusters:
        if cluster.parent == parent:
            title = blank(label.width, label.ascent + label.descent)
            lines += [f"subgraph cluster_{place} {{", f"label={title} margin=10", *layout_boxes(diagram, sizes, cluster.name, rooms), "}"]
    return lines


def room(diagram: Diagram, sizes: Sizes, direction: str) -> list[str]:
    """How much room each box needs; one with several outputs is a table with a cell for each, so that arrows leave in their order."""
    outputs: Counter[str] = Counter()
    for edge in diagram.edges:
        if edge.output is not None:
            outputs[edge.tail] = max(outputs[edge.tail], edge.output + 1)
    return [
        table(width, height, outputs[box.name], direction) if outputs[box.name] else f"width={width / 72:.4f} height={height / 72:.4f}"
        for box, (width, height) in zip(diagram.boxes, sizes.boxes, strict=True)
    ]


def table(width: float, height: float, outputs: int, direction: str) -> str:
    """A box that is a row or a column of cells, in pixels."""
    is_wide = direction == "LR"
    wide, high = (width, height / outputs) if is_wide else (width / outputs, height)
    cells = (f'<TD PORT="o{k}" FIXEDSIZE="TRUE" WIDTH="{wide + 0.999:.0f}" HEIGHT="{high + 0.999:.0f}"></TD>' for k in range(outputs))
    rows = ("</TR><TR>" if is_wide else "").join(cells)
    label = f'<<TABLE BORDER="0" CELLBORDER="0" CELLPADDING="0" CELLSPACING="0"><TR>{rows}</TR></TABLE>>'
    return f"shape=plain fixedsize=false label={label}"


def port(edge: Edge, direction: str) -> str:
    """Where an arrow leaves a box with several outputs."""
    return "" if edge.output is None else f":o{edge.output}:{'e' if direction == 'LR' else 's'}"


def blank(width: float, height: float) -> str:
    """An empty label of a fixed size in points; Graphviz knows one only as an HTML-like table."""
    return (
        f'<<TABLE BORDER="0" CELLBORDER="0" CELLPADDING="0" CELLSPACING="0" FIXEDSIZE="TRUE"'
        f' WIDTH="{width + 0.999:.0f}" HEIGHT="{height + 0.999:.0f}"><TR><TD></TD></TR></TABLE>>'
    )
