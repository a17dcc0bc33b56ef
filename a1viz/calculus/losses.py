"""What is differentiated: a scalar loss, or the variables whose cotangents are handed in. Serves question 2.1.2."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from ..base.errors import DerivativeError, InputError, shown
from ..graph.arguments import GraphOrName, graph_of
from ..graph.nodes import Graph
from ..graph.shapes import described


def seeds(graph: Graph, cotangents: Iterable[str] | None = None) -> tuple[str, ...]:
    """The variables whose cotangents are handed in; empty where the graph has one scalar loss.

    The document's [cotangents] are the default; a graph without a loss hands in those of all outputs.
    """
    names = tuple(dict.fromkeys(graph.document.cotangents if cotangents is None else cotangents))
    for name in names:
        if graph[name].op == "label":
            raise DerivativeError(f"{name} is a class label and has no cotangent")
    if not graph.outputs:
        raise DerivativeError(f"{graph.name} computes nothing, so there is nothing to differentiate; give it an equation")
    return names if names or loss_of(graph) else graph.outputs


def loss_of(graph: Graph) -> str:
    """The scalar that is differentiated: the document's `loss`, or the only output; nothing where there is none."""
    if graph.document.loss or len(graph.outputs) != 1:
        return graph.document.loss
    return graph.outputs[0] if graph[graph.outputs[0]].shape == () else ""


def given_graph(graph: GraphOrName, of: str, cotangents: Any) -> Graph:
    """The graph that is given or named, with the loss `of`, if that is said. Raises InputError for a loss and cotangents."""
    if not isinstance(of, str):
        raise InputError(f"of is the name of one scalar variable, such as of='J', got {shown(of)}")
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
