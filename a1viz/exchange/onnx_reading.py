"""What is known while an ONNX model is read: its values as variables of a graph, or as numbers; and one node with its operands.

A value that depends on an input with a batch axis has one too; the graph describes one example, so its variable has not. Axes counted from
the end are the same for both; the batch axis has no number, and a node that works along it is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ..base.errors import GraphError
from ..graph.nodes import Builder
from ..graph.shapes import Shape
from ..graph.trees import expression_tree, plant
from .onnx_folding import BATCH

Array = np.ndarray
DEFAULT_OPSET = 20
WRITTEN = 1000  # numbers of a constant that stand in an equation; more are an input with that value


class Tensor(NamedTuple):
    """A value of the model as a variable of the graph."""

    name: str
    shape: Shape  # of one example
    batched: bool

    @property
    def rank(self) -> int:
        """How many axes it has in the model."""
        return len(self.shape) + self.batched


Item = Tensor | Array  # an array is known while the model is read


@dataclass
class Reading:
    """One model, while its graph is built."""

    builder: Builder
    said: str
    opset: int = DEFAULT_OPSET
    batch: int | None = None  # how many examples, where the model says
    parameters: dict[str, Array] = field(default_factory=dict)  # values of parameters, by name in the graph

    def tensor(self, name: str, batched: bool) -> Tensor:
        return Tensor(name, self.builder.shape(name), batched)


@dataclass
class OnnxStep:
    """One node of the model: its operands, its attributes, and where its value goes."""

    reading: Reading
    kind: str
    items: Sequence[Item | None]  # None for what is left out
    attributes: Mapping[str, Any]
    name: str  # of the variable; empty for an automatic one
    owner: str  # whose equation it belongs to
    block: str = ""
    outputs: int = 1  # how many values the node has

    @property
    def builder(self) -> Builder:
        return self.reading.builder

    def refuse(self, why: str) -> GraphError:
        return GraphError(why)

    # --- operands -----------------------------------------------------------------------------------------------------------------

    def has(self, k: int) -> bool:
        return k < len(self.items) and self.items[k] is not None

    def tensor(self, k: int) -> Tensor:
        """An operand as a variable; a known one as a constant, or as the parameter that it is."""
        item = self.items[k] if k < len(self.items) else None
        if item is None:
            raise self.refuse(f"operand {k + 1} is left out")
        return item if isinstance(item, Tensor) else self.planted(item)

    @property
    def tensors(self) -> list[Tensor]:
        return [self.tensor(k) for k in range(len(self.items))]

    def planted(self, array: Array) -> Tensor:
        """Known numbers as a constant."""
        if array.dtype == object:
            raise self.refuse("it computes with a size that the model does not say")
        if array.size > WRITTEN:
            name = self.builder.leaf(self.builder.free("constant"), "input", array.shape)
            self.reading.parameters[name] = array.astype(float)
            return self.reading.tensor(name, False)
        value = array.astype(float)
        nested: Any = value.item() if not value.ndim else _nested(value)
        return Tensor(self.builder.constant(nested, array.shape), array.shape, False)

    def known(self, k: int, what: str) -> Array:
        """An operand that must be known while the model is read; a parameter is then a number."""
        item = self.items[k]
        if isinstance(item, Tensor):
            found = self.reading.parameters.get(item.name)
            if found is None:
                raise self.refuse(f"{what} must be known when the model is read, not computed from its inputs")
            return found
        assert item is not None
        return item

    def whole(self, k: int, what: str) -> list[Any]:
        """Whole numbers that must be known; names of sizes among them."""
        return [size if isinstance(size, str) else int(size) for size in np.reshape(self.known(k, what), -1).tolist()]

    def listed(self, name: str, k: int, what: str) -> list[int] | None:
        """Whole numbers that older models have as an attribute and newer ones as an operand; None where they are left out."""
        if name in self.attributes:
            return list(np.reshape(self.attributes[name], -1))
        return self.whole(k, what) if self.has(k) else None

    # --- axes ---------------------------------------------------------------------------------------------------------------------

    def axis(self, axis: int, x: Tensor, more: int = 0) -> int:
        """An axis of the model as one of the example, counted from the end; `more` are axes that the result has besides."""
        rank = x.rank + more
        if not -rank <= axis < rank:
            raise self.refuse(f"there is no axis {axis}")
        found = axis - rank if axis >= 0 else axis
        if x.batched and found == -rank:
            raise self.refuse("it works along the batch axis; a graph describes one example")
        return found

    def axes(self, axes: Sequence[int], x: Tensor, more: int = 0) -> tuple[int, ...]:
        return tuple(sorted(self.axis(int(axis), x, more) for axis in axes))

    # --- results ------------------------------------------------------------------------------------------------------------------

    def put(self, op: str, operands: Sequence[Tensor], last: bool = True, **attributes: Any) -> Tensor:
        """Add an application; the `last` one of a node bears its name."""
        name = self.name if last else ""
        found = self.builder.add(op, [x.name for x in operands], name, self.owner, block=self.block, attrs=attributes)
        return self.reading.tensor(found, any(x.batched for x in operands))

    def part(self, op: str, *operands: Tensor, **attributes: Any) -> Tensor:
        """An application inside the node's equation."""
        return self.put(op, operands, last=False, **attributes)

    def formula(self, text: str, /, **names: Any) -> Tensor:
        """Add a formula of the equation language, with these operands, numbers and attributes for its names; it bears the node's name."""
        return self._planted(text, self.name, names)

    def within(self, text: str, /, **names: Any) -> Tensor:
        """A formula inside the node's equation."""
        return self._planted(text, "", names)

    def _planted(self, text: str, name: str, names: Mapping[str, Any]) -> Tensor:
        given = {name: self._given(value) for name, value in names.items()}
        batched = any(isinstance(value, Tensor) and value.batched for value in names.values())
        found = plant(self.builder, expression_tree(text), given, name, self.owner, self.block)
        return self.reading.tensor(found, batched)

    def _given(self, value: Any) -> Any:
        if isinstance(value, Tensor):
            return value.name
        return self.builder.constant(float(value)) if isinstance(value, float) else value

    def same(self, x: Tensor) -> Tensor:
        """The value itself, under the node's name."""
        return self.put("identity", [x])

    def aligned(self, tensors: Sequence[Tensor], rank: int | None = None) -> list[Tensor]:
        """Operands whose axes meet from the end, in the model and in one example alike."""
        most = max(x.rank for x in tensors) if rank is None else rank
        if not any(x.batched for x in tensors):
            return list(tensors)
        return [self.without_batch(x, most) for x in tensors]

    def without_batch(self, x: Tensor, most: int) -> Tensor:
        if x.batched and x.rank < most:
            raise self.refuse("its batch axis meets another axis")
        if x.batched or x.rank < most:
            return x
        if x.shape[0] != 1:
            raise self.refuse(f"the batch axis meets an axis of {x.shape[0]} entries")
        return self.part("squeeze", x, axis=[-x.rank])

    def reshaped(self, x: Tensor, shape: Sequence[Any], last: bool = True) -> Tensor:
        return x if not last and x.shape == tuple(shape) else self.put("reshape", [x], last, shape=list(shape))


Reader = Callable[[OnnxStep], Tensor | list[Tensor]]  # adds what a node computes, under its name


def model_shape(x: Tensor) -> Array:
    """The shape of a value in the model, as numbers, names of sizes, and BATCH."""
    sizes = [*([BATCH] if x.batched else []), *x.shape]
    return np.array(sizes, dtype=np.int64 if all(isinstance(size, int) for size in sizes) else object)


def _nested(value: Array) -> Any:
    return tuple(_nested(part) if part.ndim else part.item() for part in value)
