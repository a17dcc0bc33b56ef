"""What is known while an ONNX model is read: its values as variables of a graph, or as numbers; and one node with its operands.

A value that depends on an input with a batch axis has one too; the graph describes one example, so its variable has not. The batch axis has
no number, and a node that works along it is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..base.errors import GraphError
from ..base.limits import KNOWN_NUMBERS
from ..graph.nodes import Builder
from ..graph.trees import expression_tree, plant
from .onnx_batch import Tensor
from .onnx_folding import BATCH

Array = np.ndarray
DEFAULT_OPSET = 20
ALONG = "it works along the batch axis; a graph describes one example"
WRITTEN = 1000  # numbers of a constant that stand in an equation; more are an input with that value


Item = Tensor | Array  # an array is known while the model is read


@dataclass
class Reading:
    """One model, while its graph is built."""

    builder: Builder
    said: str
    opset: int = DEFAULT_OPSET
    batch: int | None = None  # how many examples, where the model says
    parameters: dict[str, Array] = field(default_factory=dict)  # values of parameters, by name in the graph
    labels: dict[tuple[int, tuple[int, ...], bytes], str] = field(default_factory=dict)  # known places among so many, and their leaves

    def tensor(self, name: str, operands: Sequence[Tensor] = ()) -> Tensor:
        """A variable that is computed of these; its batch axis is where theirs is."""
        of = next((x for x in operands if x.batched), None)
        shape = self.builder.shape(name)
        return Tensor(name, shape, False) if of is None else Tensor(name, shape, True, of.place, of.merged)


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

    def check_known(self, count: int) -> None:
        """Raise GraphError for more numbers than are computed while a model is read."""
        if count > KNOWN_NUMBERS:
            raise self.refuse(f"it takes {count:,} numbers to say which entries it means; at most {KNOWN_NUMBERS:,} are computed")

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
            raise self.refuse(
                "it computes with a size that the model does not say; export it with examples of fixed sizes, and read it with batch=False"
            )
        if array.size > WRITTEN:
            name = self.builder.leaf(self.builder.free("constant"), "input", array.shape)
            self.reading.parameters[name] = array.astype(float)
            return self.reading.tensor(name)
        return Tensor(self.builder.constant(nested(array), array.shape), array.shape, False)

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

    def axis(self, axis: int, x: Tensor) -> int:
        """An axis of the model as one of the example, counted from the end."""
        found = self.model_axis(axis, x)
        if x.batched and found == x.place:
            raise self.refuse(ALONG)
        return x.inside(found) - len(x.shape)

    def model_axis(self, axis: int, x: Tensor) -> int:
        """An axis of the model counted from the front."""
        if not -x.rank <= axis < x.rank:
            raise self.refuse(f"there is no axis {axis}")
        return axis % x.rank

    def axes(self, axes: Sequence[int], x: Tensor) -> tuple[int, ...]:
        return tuple(sorted(self.axis(int(axis), x) for axis in axes))

    def last_axes(self, axis: int, x: Tensor) -> list[int]:
        """From an axis of the model to the last one."""
        first = self.model_axis(axis, x)
        return sorted(self.axis(k, x) for k in range(first, x.rank))

    # --- results ------------------------------------------------------------------------------------------------------------------

    def put(self, op: str, operands: Sequence[Tensor], last: bool = True, **attributes: Any) -> Tensor:
        """Add an application; the `last` one of a node bears its name."""
        name = self.name if last else ""
        found = self.builder.add(op, [x.name for x in operands], name, self.owner, block=self.block, attrs=attributes)
        return self.reading.tensor(found, operands)

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
        found = plant(self.builder, expression_tree(text), given, name, self.owner, self.block)
        return self.reading.tensor(found, [value for value in names.values() if isinstance(value, Tensor)])

    def _given(self, value: Any) -> Any:
        if isinstance(value, Tensor):
            return value.name
        return self.builder.constant(float(value)) if isinstance(value, float) else value

    def same(self, x: Tensor) -> Tensor:
        """The value itself, under the node's name if it has one."""
        return self.put("identity", [x]) if self.name else x

    def aligned(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """Operands whose axes meet from the end, in the model and in one example alike."""
        batched = [x for x in tensors if x.batched]
        if not batched:
            return list(tensors)
        if len({(x.from_end, x.merged) for x in batched}) > 1 or max(x.rank for x in tensors) > batched[0].rank:
            raise self.refuse("its batch axis meets another axis")
        return [x if x.batched else self.beside(x, batched[0]) for x in tensors]

    def beside(self, x: Tensor, of: Tensor) -> Tensor:
        """What has no batch axis, for one example of what has one: without the axis that meets it."""
        if x.rank < of.from_end:
            return x
        if x.shape[-of.from_end] != 1:
            raise self.refuse(f"the batch axis meets an axis of {x.shape[-of.from_end]} entries")
        return x if of.merged else self.part("squeeze", x, axis=[-of.from_end])

    def reshaped(self, x: Tensor, shape: Sequence[Any], last: bool = True) -> Tensor:
        return x if not last and x.shape == tuple(shape) else self.put("reshape", [x], last, shape=list(shape))


Reader = Callable[[OnnxStep], Tensor | list[Tensor]]  # adds what a node computes, under its name


def model_shape(x: Tensor) -> Array:
    """The shape of a value in the model, as numbers, names of sizes, and BATCH."""
    sizes: list[Any] = list(x.shape)
    if x.is_apart:
        sizes.insert(x.place, BATCH)
    elif x.merged:
        sizes[x.place] = f"{BATCH} times {sizes[x.place]}"  # no new shape can name it
    return np.array(sizes, dtype=np.int64 if all(isinstance(size, int) for size in sizes) else object)


def nested(value: Array) -> Any:
    """Numbers as a constant has them: nested tuples of floats."""
    if value.ndim:
        return tuple(map(nested, value))
    return as_written(value.item()) if value.dtype == np.float32 else float(value)


def as_written(number: float) -> float:
    """A number of 32 bits as its shortest decimals.

    >>> as_written(9.999999747378752e-06)
    1e-05
    """
    return float(str(np.float32(number)))
