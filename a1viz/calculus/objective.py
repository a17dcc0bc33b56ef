"""What is differentiated: the scalar that is called the loss, by the caller, by the document, or because it is the only output."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from ..base.errors import DerivativeError, InputError
from ..graph.arguments import GraphOrName, graph_of
from ..graph.nodes import Graph
from ..graph.shapes import described


def loss_of(graph: Graph) -> str:
    """The scalar that is differentiated: the document's `loss`, or the only output; nothing where there is none."""
    if graph.document.loss or len(graph.outputs) != 1:
        return graph.document.loss
    return graph.outputs[0] if graph[graph.outputs[0]].shape == () else ""


def given_graph(graph: GraphOrName, of: str, cotangents: Any) -> Graph:
    """The graph that is given or named, with the loss `of`, if that is said. Raises InputError for a loss and cotangents."""
    if of and cotangents is not None:
        raise InputError("of and cotangents both say what is differentiated; leave one out")
    return with_loss(graph_of(graph), of)


@lru_cache(maxsize=64)
def with_loss(graph: Graph, of: str) -> Graph:
    """The same graph, whose loss is the scalar variable `of`; the graph itself where that is not said. Raises DerivativeError."""
    if not of:
        return graph
    node = graph[of]
    if node.shape or node.op in ("label", "constant"):
        raise DerivativeError(f"{of} is {'a class label' if node.op == 'label' else described(node.shape)}; only a scalar can be a loss")
    return replace(graph, document=replace(graph.document, loss=of, cotangents={}))
