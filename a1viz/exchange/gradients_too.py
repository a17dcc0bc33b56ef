"""A graph with its gradients, as one graph: what models and documents with gradients are made from."""

from __future__ import annotations

from ..calculus.autodiff import differentiable
from ..calculus.interpreter import backward_graph
from ..calculus.losses import given_graph, seeds
from ..graph.arguments import GraphOrName
from ..graph.nodes import Graph


def with_gradients(graph: GraphOrName, of: str = "") -> Graph:
    """The graph whose outputs are the graph's own and the gradients `x_bar`, ... of its leaves, those of one example.

    The cotangent of the loss (`of`, the document's, or the only output) is 1; where there is none, those of the outputs are inputs.

    Raises DerivativeError for what has no derivative. Source: design, section 10.

    >>> from a1viz.graph.equations import parse
    >>> with_gradients(parse("J = norm2(W @ x)", x=["D"], W=["H", "D"])).outputs
    ('J', 'x_bar', 'W_bar')
    """
    given = given_graph(graph, of, None)
    return backward_graph(given, differentiable(given), seeds(given))[0]
