"""An operation that is being lowered, what is known of the leaves, and what lies how in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..base.errors import InputError
from ..graph.leaves import Inputs
from ..graph.nodes import Graph, Node
from ..graph.sizes import Dim, size_of
from .steps import BATCH, Core, DType, Step, Steps, lead_of
from .table import row_of


@dataclass(frozen=True)
class Leaf:
    """What a plan is given for one leaf: its type, the axes in front, and for a checked class label the number of classes."""

    dtype: DType
    lead: int
    classes: int | None = None
    unit: bool = False  # it is all unit cotangents: the rows of the identity matrix


def leaves_of(graph: Graph, inputs: Inputs) -> dict[str, Leaf]:
    """What a plan knows of each leaf."""
    found = {}
    for node in graph.leaves:
        classes = inputs.sizes.get(node.value) if isinstance(node.value, str) else node.value if isinstance(node.value, int) else None
        lead = BATCH if node.name in inputs.batched else 0
        found[node.name] = Leaf(inputs.arrays[node.name].dtype, lead, classes if node.op == "label" else None)
    return found


def core_of(shape: Sequence[Dim], sizes: Mapping[str, int]) -> Core:
    """A core shape in numbers. Raises InputError where one is less than 0."""
    core = tuple(size_of(dim, sizes) for dim in shape)
    if core and min(core) < 0:
        raise InputError(f"{next(dim for dim, size in zip(shape, core, strict=True) if size < 0)} is {min(core)}, but must be a size")
    return core


class Operation(NamedTuple):
    """A node that is being lowered: the steps of its operands are there."""

    steps: Steps
    leaves: Mapping[str, Leaf]
    node: Node
    inputs: tuple[int, ...]
    items: Sequence[Step]  # the steps of its operands
    core: Core
    attrs: Mapping[str, Any]

    @property
    def lead(self) -> int:
        return lead_of(self.items)

    def put(self, op: str, extra: Any = None, inputs: Sequence[int] | None = None) -> int:
        """A step with this core, of the first operand's type and axes in front."""
        inputs = self.inputs[:1] if inputs is None else inputs
        return self.steps.put(op, inputs, self.core, self.items[0].lead, self.items[0].dtype, extra)


def is_one_piece(steps: Steps, k: int) -> bool:
    """Whether a value lies row after row, so that it has its numbers in another shape without a copy; a leaf is taken to."""
    while row_of(steps.items[k].op).view in ("same", "expanded", "squeezed", "reshaped"):
        k = steps.items[k].inputs[0]
    return not row_of(steps.items[k].op).view
