"""The picture as plain text, for terminals and for those who read with a screen reader or a diff."""

from __future__ import annotations

from .diagrams import Box, Diagram, Edge

MARKS = {"gradient": "~ ", "value": "= ", "mark": "* "}
ARROWS = {"backward": "<~~", "in place": "<==", "removed": "<- ", "added": "<++"}


def picture_text(diagram: Diagram) -> str:
    """Boxes in order, each with its lines and the arrows that reach it."""
    arriving: dict[str, list[Edge]] = {}
    for edge in diagram.edges:
        arriving.setdefault(edge.head, []).append(edge)
    parts = [printable(diagram.title)] if diagram.title else []
    parts += [box_text(box, arriving.get(box.name, [])) for box in diagram.boxes]
    parts += [printable(note) for note in diagram.notes]
    return "\n\n".join(parts) + "\n"


def box_text(box: Box, arriving: list[Edge]) -> str:
    """One box: its name and kind, its lines, its incoming arrows with shapes."""
    where = f" in {printable(box.cluster)}" if box.cluster else ""
    lines = [f"[{printable(box.name)}] {box.kind}{where}"]
    lines += [f"    {MARKS.get(line.kind, '')}{printable(line.text)}" for line in box.lines if line.text != box.name]
    lines += [f"    {arrow(edge)}" for edge in arriving]
    return "\n".join(lines)


def arrow(edge: Edge) -> str:
    """Where an arrow comes from and the shape it carries."""
    return f"{ARROWS.get(edge.kind, '<--')} {printable(edge.tail)}" + (f"  {printable(edge.text)}" if edge.text else "")


def printable(text: str) -> str:
    """Text in which control characters and writing-direction marks are spelled out instead of obeyed.

    >>> printable("a\\x1b[1m")
    'a\\\\x1b[1m'
    """
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
