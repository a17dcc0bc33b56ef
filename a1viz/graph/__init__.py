"""What a graph is and how it is written down: operators, nodes, the equation language, documents and the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base.lazy import lazy_names

PUBLIC = {
    "OPS": "operators",
    "Builder": "nodes",
    "Graph": "nodes",
    "Node": "nodes",
    "catalogue": "catalog",
    "load": "documents",
    "loads": "documents",
    "parse": "equations",
}
__getattr__, __dir__ = lazy_names(__name__, PUBLIC)

if TYPE_CHECKING:  # the same names, for type checkers; tests/test_api.py compares
    from .catalog import catalogue as catalogue
    from .documents import load as load
    from .documents import loads as loads
    from .equations import parse as parse
    from .nodes import Builder as Builder
    from .nodes import Graph as Graph
    from .nodes import Node as Node
    from .operators import OPS as OPS
