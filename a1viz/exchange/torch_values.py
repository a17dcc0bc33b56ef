"""What is known while a PyTorch module is read: its values as variables of a graph of one example, and one operation with its operands.

The module is exported for one example, so its batch axis has one entry wherever the program moves it. A variable leaves out such axes:
`real` says which axes of PyTorch's array it has. The others cost nothing to move, add or take away, and come back where an operator needs
them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..base.errors import GraphError
from .onnx_batch import Tensor
from .onnx_reading import OnnxStep, Reading

Array = np.ndarray
INLINE = 16  # numbers of a constant that stand in an equation; more are an input with that value


class TorchValue(NamedTuple):
    """A value of the module as a variable of the graph."""

    name: str
    sizes: tuple[int, ...]  # in PyTorch
    real: tuple[bool, ...]  # which of them the variable has; the others are 1

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(size for size, is_real in zip(self.sizes, self.real, strict=True) if is_real)

    @property
    def rank(self) -> int:
        return len(self.sizes)

    def core_axis(self, axis: int) -> int:
        """A real axis of PyTorch's array as one of the variable, from the end."""
        return -sum(self.real[axis % self.rank :])


class KnownValue(NamedTuple):
    """Numbers that depend on no input and no parameter."""

    array: Array
    label: str = ""  # what it is called, if it is a buffer of the module, or the program names it


Item = TorchValue | KnownValue


@dataclass
class TorchStep:
    """One operation of the exported program."""

    reading: Reading
    kind: str
    given: Mapping[str, Any]  # its arguments by PyTorch's names: items, lists of items, numbers, None
    sizes: tuple[int, ...]  # of its value, or of the first one
    name: str  # of the variable; empty for an automatic one
    owner: str  # whose equation it belongs to
    outputs: int = 1
    known: dict[int, TorchValue] | None = None  # numbers that have a variable already
    dtype: str = "float32"
    cast: str = ""  # what a cast of it would make of numbers that are not whole: `whole` or `truth` ones

    @property
    def write(self) -> OnnxStep:
        return OnnxStep(self.reading, self.kind, [], {}, self.name, self.owner)

    def refuse(self, why: str) -> GraphError:
        return GraphError(why)

    # --- operands -----------------------------------------------------------------------------------------------------------------

    def value(self, name: str) -> TorchValue:
        return self.planted(self.given[name])

    def planted(self, item: Any) -> TorchValue:
        """An operand as a variable, numbers as constants."""
        if isinstance(item, TorchValue):
            return item
        array = item.array if isinstance(item, KnownValue) else np.asarray(item)
        if array.dtype.kind == "c":
            raise self.refuse("it computes with complex numbers")
        label = item.label if isinstance(item, KnownValue) else ""
        return self._leaf(array, label) if array.size > INLINE or label else self._constant(array)

    def _leaf(self, array: Array, label: str) -> TorchValue:
        known = {} if self.known is None else self.known
        if id(array) not in known:
            name = self.reading.builder.leaf(self.reading.builder.free(label or "constant"), "input", array.shape)
            self.reading.parameters[name] = array if array.dtype.kind == "f" else array.astype(float)
            known[id(array)] = TorchValue(name, array.shape, (True,) * array.ndim)
        return known[id(array)]

    def _constant(self, array: Array) -> TorchValue:
        real = tuple(size != 1 for size in array.shape)
        core = array.reshape([size for size in array.shape if size != 1]).astype(float)
        if core.ndim and not core.any():
            name = self.write.part("zeros", shape=list(core.shape)).name
        elif core.ndim and (core == 1).all():
            name = self.write.part("ones", shape=list(core.shape)).name
        else:
            name = self.write.planted(core).name
        return TorchValue(name, array.shape, real)

    def numbers(self, name: str, what: str) -> Array:
        """An operand that must be known."""
        item = self.given[name]
        if not isinstance(item, KnownValue):
            raise self.refuse(f"{what} must be known, not computed from the module's inputs")
        return item.array

    # --- axes ---------------------------------------------------------------------------------------------------------------------

    def kept(self, x: TorchValue, axes: Sequence[int]) -> TorchValue:
        """With these axes, which may have been left out."""
        missing = [axis % x.rank for axis in axes if not x.real[axis % x.rank]]
        if not missing:
            return x
        real = tuple(is_real or k in missing for k, is_real in enumerate(x.real))
        places = [-sum(real[k:]) for k in missing]
        return TorchValue(self.write.part("expand", core(x), axis=places).name, x.sizes, real)

    def whole(self, x: TorchValue, since: int = 0) -> TorchValue:
        """With all axes from that one on."""
        return self.kept(x, range(since, x.rank))

    def without(self, x: TorchValue, axes: Sequence[int]) -> TorchValue:
        """Without these axes of one entry."""
        there = [axis % x.rank for axis in axes if x.real[axis % x.rank]]
        if not there:
            return x
        real = tuple(is_real and k not in there for k, is_real in enumerate(x.real))
        found = self.write.part("squeeze", core(x), axis=[x.core_axis(k) for k in there])
        return TorchValue(found.name, x.sizes, real)

    def aligned(self, values: Sequence[TorchValue], but: int = 0) -> tuple[list[TorchValue], tuple[bool, ...]]:
        """Operands whose axes meet from the end, the last `but` left alone; and which axes the result has, without those."""
        rank = max(x.rank for x in values)
        real: list[bool] = []
        for k in range(-rank, -but):
            there = [x for x in values if x.rank >= -k]
            real.append(max(x.sizes[k] for x in there) > 1 or all(x.real[k] for x in there))
        found = []
        for x in values:
            flags = real[rank - x.rank :] if x.rank > but else []
            dropped = [k for k, is_real in enumerate(flags) if not is_real]
            lost = [k for k, is_real in enumerate(flags) if is_real and (but or any(x.real[:k]))]
            found.append(self.kept(self.without(x, dropped), lost))
        return found, tuple(real)

    # --- results ------------------------------------------------------------------------------------------------------------------

    def result(self, found: Tensor, real: Sequence[bool], sizes: Sequence[int] | None = None) -> TorchValue:
        """A variable as the operation's value; its shape must be what PyTorch says."""
        value = TorchValue(found.name, tuple(self.sizes if sizes is None else sizes), tuple(real))
        if value.shape != found.shape:
            raise self.refuse(f"its value has shape {found.shape} instead of {value.shape}")
        return value

    def same(self, x: TorchValue, real: Sequence[bool] | None = None) -> TorchValue:
        """The variable itself, with other axes of one entry around it."""
        return TorchValue(x.name, self.sizes, x.real if real is None else tuple(real))

    def formula(self, text: str, *values: str, **numbers: Any) -> TorchValue:
        """An elementwise formula of operands, under their names in it, and numbers."""
        found, real = self.aligned([self.value(name) for name in values])
        given = {name: core(x) for name, x in zip(values, found, strict=True)}
        return self.result(self.write.formula(text, **given, **numbers), real)

    def reshaped(self, x: TorchValue, sizes: Sequence[int]) -> TorchValue:
        """Without all axes of one entry, in this shape."""
        self.sizes = tuple(sizes)
        real = [size != 1 for size in sizes]
        shape = [size for size in sizes if size != 1]
        if x.shape == tuple(shape):
            return self.same(x, real)
        if [size for size in x.shape if size != 1] == shape:
            return TorchValue(self.without(x, [k for k, size in enumerate(x.sizes) if size == 1]).name, self.sizes, tuple(real))
        return self.result(self.write.reshaped(core(x), shape, last=False), real)


TorchRule = Callable[[TorchStep], Item | list[Item]]


def core(x: TorchValue) -> Tensor:
    """The variable as the rules for one example take it."""
    return Tensor(x.name, x.shape, False)


def in_front(step: TorchStep, x: TorchValue) -> Tensor:
    """The variable as the rules for models with a batch axis take it: only the first axis may be left out."""
    found = step.whole(x, 1)
    return Tensor(found.name, found.shape, not found.real[0]) if found.rank else core(found)


def of_batch(step: TorchStep, found: Tensor) -> TorchValue:
    """What such a rule has computed."""
    real = (not found.batched, *[True] * (len(step.sizes) - 1))
    return step.result(found, real[: len(step.sizes)])


def count(sizes: Sequence[int]) -> int:
    return math.prod(sizes)
