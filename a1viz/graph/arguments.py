"""What the public functions are given: a graph or the name of one, one name or several, error vectors by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..base.errors import GraphError, InputError, shown
from .nodes import Graph

GraphOrName = Graph | str | Path
Names = str | Iterable[str]  # one name, or several


def graph_of(graph: GraphOrName) -> Graph:
    """The graph itself, or the one of this name or path. Raises GraphError for anything else.

    >>> graph_of("two_layer").outputs
    ('y',)
    """
    if isinstance(graph, Graph):
        return graph
    if isinstance(graph, (str, Path)):
        from .documents import load

        return load(graph)
    raise GraphError(f"expected a graph, from a1viz.load or a1viz.parse, or a name such as 'two_layer', got {shown(graph)}")


def names_of(names: Names) -> tuple[str, ...]:
    """Names, each once; a text is one name. Raises GraphError for what are no names.

    >>> names_of("W1"), names_of(["x", "W1", "x"])
    (('W1',), ('x', 'W1'))
    """
    found: tuple[Any, ...] = (names,) if isinstance(names, str) else tuple(names) if isinstance(names, Iterable) else (names,)
    wrong = [name for name in found if not isinstance(name, str)]
    if wrong:
        raise GraphError(f"expected the name of a variable such as 'x', or a list of names, got {shown(names)}")
    return tuple(dict.fromkeys(found))


def check_cotangents(cotangents: Any, outputs: Iterable[str]) -> None:
    """Raise InputError unless the error vectors are given by name."""
    if cotangents is not None and not isinstance(cotangents, Mapping):
        name = next(iter(outputs), "y")
        raise InputError(f"cotangents are given by name, as in cotangents={{'{name}': ...}}, got {shown(cotangents)}")
