"""What the playground reads besides the tables: the catalogue as texts and values, NumPy's words, and the sizes of a picture."""

from __future__ import annotations

import contextlib
from functools import cache
from typing import Any

from ..base.errors import GraphError
from ..graph.blocks import size_names
from ..graph.catalog import by_topic, catalogue
from ..graph.documents import load
from ..graph.nodes import Graph, expression_text
from ..graph.numpy_words import HELPERS, numpy_template
from ..graph.operators import OPS
from ..graph.spelling import spelled
from ..live.table import as_json
from . import graph_diagrams, sizes, slots, svg_output, wording

MOST_EQUATIONS = 60  # of a graph that is offered; one of more is no text to play with
PICTURE = {  # the constants of pictures, by module
    graph_diagrams: "HUB",
    sizes: "TEXT VALUE SHAPE PAD_X PAD_Y MIN_WIDTH MARGIN",
    slots: "CHARACTERS LETTER FONT ROW CELL LEAST_CELL MAP BRACKET GAP APART BETWEEN AXIS MOST_ROWS MOST_COLUMNS SHOWN",
    svg_output: "RADIUS",
}
SIZE = 3  # of a size that a document gives no number


def playground_data() -> dict[str, Any]:
    """All of it, by the name that the page's modules read it under."""
    return {
        "graphs": [found for found in _in_order() if len(found["text"].splitlines()) <= MOST_EQUATIONS],
        "numpy": {"helpers": HELPERS, "words": {op.name: numpy_template(op) for op in OPS.values() if numpy_template(op)}},
        "picture": {name: getattr(module, name) for module, names in PICTURE.items() for name in names.split()},
        "spoken": [[pattern.replace("[^][]", r"[^\][]"), said.replace("\\", "$")] for pattern, said in wording.SPOKEN],
    }


@cache
def playground_script() -> str:
    """A script that hands it to the page; it is data, not code."""
    return f"self.a1vizMore={as_json(playground_data())};\n"


def typed(graph: Graph, name: str = "") -> dict[str, Any]:
    """A graph as the playground takes it up: equations as text, leaves, sizes, values, symbols, what is differentiated; no blocks."""
    plain = graph if not graph.document.blocks else spelled(graph)
    said = plain.document
    equations = [f"{node.name} = {expression_text(plain, node.name)}" for node in plain.nodes if node.is_declared and not node.is_leaf]
    wanted = dict.fromkeys(size for node in plain.nodes if node.is_leaf or node.attrs for size in size_names(node))
    found: dict[str, Any] = {
        "name": name or graph.name,
        "title": said.title or graph.name.replace("_", " "),
        "topic": said.topic,
        "text": "\n".join(equations),
        "leaves": [[node.name, node.op, list(node.shape), *([node.value] if node.op == "label" else [])] for node in plain.leaves],
        "sizes": dict.fromkeys(wanted, SIZE) | {size: number for size, number in said.sizes.items() if size.isidentifier()},
        "values": {leaf: _listed(value) for leaf, value in said.values.items() if leaf in plain},
        "cotangents": {output: _listed(value) for output, value in said.cotangents.items()},
        "symbols": dict(said.symbols),
        "loss": said.loss,
        "outputs": list(plain.outputs) if list(plain.outputs) != _unused(plain) else [],
    }
    return {key: value for key, value in found.items() if value}


def _unused(graph: Graph) -> list[str]:
    """The variables that nobody reads: what a graph is for, unless it says so."""
    read = {name for node in graph.nodes for name in node.inputs}
    return [node.name for node in graph.nodes if node.is_declared and not node.is_leaf and node.name not in read]


def _in_order() -> list[dict[str, Any]]:
    """What of the catalogue can be typed, by topic; each document is read once."""
    found: dict[str, dict[str, Any]] = {}
    for name in catalogue():
        with contextlib.suppress(GraphError):
            found[name] = typed(load(name), name)
    return [found[name] for group in by_topic({name: graph.get("topic", "") for name, graph in found.items()}).values() for name in group]


def _listed(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value
