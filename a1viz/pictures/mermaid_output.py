"""The picture as a flowchart of Mermaid, for Markdown that draws them: labels in plain text, blocks as subgraphs.

Texts stand in double quotes, their signs as numbers where they could mean something; names are kept where they mean nothing to Mermaid.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from ..base.limits import MERMAID_ARROWS, MERMAID_CHARACTERS
from . import looks
from .diagrams import Box, Diagram
from .escaping import escape_mermaid
from .graph_diagrams import ENDS, shortened
from .text_output import printable
from .themes import colour
from .typesetting import LONGEST

WORDS = "end graph flowchart subgraph style linkstyle classdef class click href call default direction interpolate acc frame"
SAFE_NAME = re.compile(rf"(?!{'|'.join(WORDS.split())})[A-Za-z][A-Za-z0-9_]*", re.I)
SHAPES = {"input": ('("', '")'), "block": ('[["', '"]]')}
PLAIN_SHAPE = '["', '"]'
ARROWS = {"backward": "-.->", "removed": "-.->", "in place": "==>", "added": "==>"}
HEAD = ("---", "config:", "  flowchart:", "    wrappingWidth: 600", "---")  # else Mermaid breaks equations into lines of 200 pixels
PAINTED = {"parameter": ("value-fill", "value-ink")}  # the ground and letters of a box, where they are not those of its line


def mermaid(diagram: Diagram, direction: str = "LR", theme: str = "auto") -> str:
    """A diagram as a flowchart; direction is LR or TB. One that is more than Mermaid draws is shortened."""
    drawn, ends = diagram, ENDS
    while True:
        text = flowchart(drawn, direction, "light" if theme == "auto" else theme)
        if not ends or (len(text) <= MERMAID_CHARACTERS and len(drawn.edges) <= MERMAID_ARROWS):
            return text
        drawn, ends = shortened(diagram, ends), ends // 2


def flowchart(diagram: Diagram, direction: str, theme: str) -> str:
    names = node_names(diagram)
    title, about = (label(text) for text in (diagram.title or diagram.name, " ".join([diagram.about, *diagram.notes])))
    lines = [*HEAD, f"flowchart {direction}", f"    accTitle: {title}", f"    accDescr: {about}"]
    lines += boxes(diagram, names, "", "    ")
    for edge in diagram.edges:
        said = f'|"{label(edge.text)}"|' if edge.text else ""
        lines.append(f"    {names[edge.tail]} {ARROWS.get(edge.kind, '-->')}{said} {names[edge.head]}")
    lines += [f"    classDef {each_class(kind)} {box_style(kind, theme)}" for kind in dict.fromkeys(box.kind for box in diagram.boxes)]
    if diagram.clusters:
        lines.append(f"    classDef frameBox {frame_style(theme)}")
        lines.append(f"    class {','.join(f'frame{place}' for place in range(len(diagram.clusters)))} frameBox")
    lines += arrow_styles([edge.kind for edge in diagram.edges], theme)
    return "\n".join([*lines, ""])


def boxes(diagram: Diagram, names: Mapping[str, str], parent: str, indent: str) -> Iterator[str]:
    """The boxes of one cluster, then the clusters inside it."""
    for box in diagram.boxes:
        if box.cluster == parent:
            before, after = SHAPES.get(box.kind, PLAIN_SHAPE)
            yield f"{indent}{names[box.name]}{before}{text_of(box)}{after}:::{each_class(box.kind)}"
    for place, cluster in enumerate(diagram.clusters):
        if cluster.parent == parent:
            yield f'{indent}subgraph frame{place}["{label(cluster.words)}"]'
            yield from boxes(diagram, names, cluster.name, indent + "    ")
            yield f"{indent}end"


def text_of(box: Box) -> str:
    """The lines of a box, or its name when it has none."""
    return "<br>".join(label(line.text) for line in box.lines) or label(box.name)


def label(text: str) -> str:
    """A text in quotes, the beginning of a very long one; one that is empty would be no text to Mermaid."""
    words = " ".join(text.split())
    return escape_mermaid(printable(words[:LONGEST] + "…" if len(words) > LONGEST else words)) or " "


def node_names(diagram: Diagram) -> dict[str, str]:
    """A name for every box: its own, or numbers for all when one of them could mean something to Mermaid."""
    names = [box.name for box in diagram.boxes]
    if all(SAFE_NAME.fullmatch(name) for name in names):
        return {name: name for name in names}
    return {name: f"n{place}" for place, name in enumerate(names)}


# --- looks ------------------------------------------------------------------------------------------------------------------------


def each_class(kind: str) -> str:
    """The class of a kind of box; none is called as a word of Mermaid."""
    return f"{kind}Box"


def box_style(kind: str, theme: str) -> str:
    fill, ink = PAINTED.get(kind, (looks.FILLS.get(kind, "paper"), looks.INKS.get(kind, "ink")))
    style = f"fill:{colour(fill, theme)},color:{colour(ink, theme)},stroke:{colour(looks.FRAMES.get(kind, 'frame'), theme)}"
    style += f",stroke-width:{looks.WIDTHS.get(kind, looks.PLAIN_FRAME)}px"
    return style + (f",stroke-dasharray:{looks.DASHES[kind]}" if kind in looks.DASHES else "")


def frame_style(theme: str) -> str:
    """How the frame around the boxes of a block is drawn."""
    fill, ink, stroke = (colour(role, theme) for role in ("block-fill", "muted", "block-frame"))
    return f"fill:{fill},color:{ink},stroke:{stroke},stroke-dasharray:2 3"


def arrow_styles(kinds: Iterable[str], theme: str) -> Iterator[str]:
    """The colour of each kind of arrow, by the numbers of the arrows."""
    places: dict[str, list[str]] = {}
    for k, kind in enumerate(kinds):
        places.setdefault(looks.ARROWS.get(kind, "forward"), []).append(str(k))
    for role, numbers in places.items():
        yield f"    linkStyle {','.join(numbers)} stroke:{colour(role, theme)}"
