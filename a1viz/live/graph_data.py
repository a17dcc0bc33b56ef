"""A graph as plain data for the page: nodes by position, and of the document what the page needs."""

from __future__ import annotations

from typing import Any

from ..graph.nodes import Graph, Node

FORMAT = 1  # of a figure's data


def graph_data(graph: Graph) -> dict[str, Any]:
    """A graph as plain data, to be read by `graphOf` of the engine: each node is [name, op, inputs, shape, value, block, attributes]."""
    places = {node.name: k for k, node in enumerate(graph.nodes)}
    document = graph.document
    told: dict[str, Any] = {name: getattr(document, name) for name in ("title", "sizes", "loss", "symbols", "blocks", "repeats", "fixed")}
    told["cotangents"] = list(document.cotangents)
    return {
        "name": graph.name,
        "nodes": [_node(node, places) for node in graph.nodes],
        "outputs": [places[name] for name in graph.outputs],
        "document": {name: value for name, value in told.items() if value},
    }


def _node(node: Node, places: dict[str, int]) -> list[Any]:
    """One node; what is empty at its end is left out."""
    found = [node.name, node.op, [places[i] for i in node.inputs], node.shape, node.value, node.block, node.attrs]
    while len(found) > 2 and (found[-1] is None or found[-1] in ((), [], "")):
        found.pop()
    return found
