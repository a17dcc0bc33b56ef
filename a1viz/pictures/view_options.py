"""What a view of a graph may show besides its boxes, and the numbers that this takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..graph.nodes import Graph


@dataclass(frozen=True)
class Options:
    """What a view may show besides the graph; each view takes what concerns it."""

    backward: bool = False
    values: bool | Mapping[str, Any] | Sequence[float] = False
    parameters: bool = False
    expand: tuple[str, ...] = ()
    k: int | None = None
    units: int | None = None

    def numbers(self, graph: Graph) -> dict[str, Any] | None:
        """The values to show, and with `backward` the gradients; None for none."""
        if self.values is False:
            return None
        from ..calculus.interpreter import grad, run
        from ..graph.leaves import check_given

        handed = {name: bar for name in graph.declared_names if (bar := f"{name}_bar") in self.given and bar not in graph}
        given = {name: value for name, value in self.given.items() if name not in handed.values()}
        check_given(graph, given)
        numbers = dict(run(graph, trace=True, **given))
        if self.backward:
            cotangents = {**graph.document.cotangents, **{name: self.given[bar] for name, bar in handed.items()}}
            numbers.update(grad(graph, None, cotangents if handed else None, **given))
        return numbers

    @property
    def given(self) -> dict[str, Any]:
        return dict(self.values) if isinstance(self.values, Mapping) else {}
