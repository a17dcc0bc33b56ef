"""PyTorch's operations that join values, take parts of them, or write over parts: along one axis, which may be one that is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..graph.nodes import INNER
from ..graph.sizes import multiplied
from .onnx_batch import Tensor
from .torch_shapes import expand
from .torch_values import Item, TorchRule, TorchStep, TorchValue, core


def _joined(step: TorchStep, values: Sequence[TorchValue], axis: int) -> tuple[list[TorchValue], list[bool]]:
    """Values of one rank that have the same axes, this one among them."""
    rank = values[0].rank
    real = [k == axis or values[0].sizes[k] > 1 or all(x.real[k] for x in values) for k in range(rank)]
    found = [step.without(x, [k for k in range(rank) if not real[k]]) for x in values]
    return [step.kept(x, [k for k in range(rank) if real[k]]) for x in found], real


def cat(step: TorchStep) -> Item:
    values = [x for x in map(step.planted, step.given["tensors"]) if 0 not in x.sizes]
    axis = int(step.given["dim"]) % values[0].rank
    found, real = _joined(step, values, axis)
    place = -sum(real[axis:])
    first = core(found[0])
    for k, x in enumerate(found[1:], 2):
        first = step.write.put("concatenate", [first, core(x)], last=k == len(found), axis=place)
    return step.result(first, real)


def stack(step: TorchStep) -> Item:
    values = [step.planted(item) for item in step.given["tensors"]]
    axis = int(step.given["dim"]) % (values[0].rank + 1)
    found, real = _joined(step, values, -1)
    if len(found) == 1:
        return step.same(found[0], [*real[:axis], False, *real[axis:]])
    real = [*real[:axis], True, *real[axis:]]
    return step.result(step.write.put("stack", [core(x) for x in found], axis=-sum(real[axis:])), real)


# --- parts ----------------------------------------------------------------------------------------------------------------------------


def select(step: TorchStep) -> Item:
    x, axis = step.value("self"), int(step.given["dim"])
    return picked(step, x, axis % x.rank, int(step.given["index"]))


def picked(step: TorchStep, x: TorchValue, axis: int, index: int) -> TorchValue:
    """One entry along an axis, which is gone then."""
    real = [is_real for k, is_real in enumerate(x.real) if k != axis]
    if not x.real[axis]:
        return step.same(x, real)
    source, place = _unmoved(step, core(x), x.core_axis(axis))
    return step.result(_entry(step, source, place, index % x.sizes[axis]), real)


def _unmoved(step: TorchStep, x: Tensor, place: int) -> tuple[Tensor, int]:
    """The value before axes were moved only to bring this one where it is, and where it was."""
    node = step.reading.builder.nodes[x.name]
    if INNER in x.name and node.op == "transpose":
        axes = node.attributes["axes"] or (*range(-len(x.shape), -2), -1, -2)
        rest = [axis for k, axis in enumerate(axes) if k - len(axes) != place]
        if rest == sorted(rest):
            return Tensor(node.inputs[0], step.reading.builder.shape(node.inputs[0]), False), axes[place]
    return x, place


def _entry(step: TorchStep, x: Tensor, place: int, index: int) -> Tensor:
    """One entry; of an axis that was made of a longer one, with the axis after it, a part of that."""
    node = step.reading.builder.nodes[x.name]
    if INNER in x.name and node.op == "reshape" and place < -1:
        (source,) = node.inputs
        each = x.shape[place + 1]
        whole = (*x.shape[:place], multiplied(x.shape[place], each), *x.shape[len(x.shape) + place + 2 :])
        if step.reading.builder.shape(source) == whole:
            bounds: list[list[Any]] = [[0, size] for size in whole]
            bounds[place + 1] = [multiplied(index, each), multiplied(index + 1, each)]
            return step.write.put("slice", [Tensor(source, whole, False)], index=bounds)
    return step.write.put("pick", [x, step.write.planted(np.asarray(float(index)))], axis=place)


def slice_(step: TorchStep) -> Item:
    x, axis = step.value("self"), int(step.given["dim"])
    axis %= x.rank
    size = x.sizes[axis]
    start, end, by = slice(step.given["start"], step.given["end"], step.given["step"]).indices(size)
    if by == 1:
        return _part(step, x, axis, start, end)
    return entries(step, x, axis, list(range(start, end, by)))


def narrow(step: TorchStep) -> Item:
    x, start = step.value("self"), int(step.given["start"])
    axis = int(step.given["dim"]) % x.rank
    start = start % x.sizes[axis] if start < 0 else start
    return _part(step, x, axis, start, start + int(step.given["length"]))


def _part(step: TorchStep, x: TorchValue, axis: int, start: int, end: int, last: bool = True) -> TorchValue:
    """Entries that follow one another."""
    sizes = [end - start if k == axis else size for k, size in enumerate(x.sizes)]
    if end <= start:
        raise step.refuse("nothing is left of an axis")
    if end - start == x.sizes[axis]:
        return TorchValue(x.name, tuple(sizes), x.real)
    bounds: list[list[Any]] = [[0, size] for size in x.shape]
    bounds[x.core_axis(axis)] = [start, end]
    return step.result(step.write.put("slice", [core(x)], last=last, index=bounds), x.real, sizes)


def entries(step: TorchStep, x: TorchValue, axis: int, places: Sequence[int]) -> TorchValue:
    """These entries of an axis, one by one unless they follow one another."""
    places = [int(k) % x.sizes[axis] for k in places]
    if places == list(range(places[0], places[-1] + 1)):
        return _part(step, x, axis, places[0], places[-1] + 1)
    x = step.kept(x, [axis])
    place = x.core_axis(axis)
    parts = [step.write.part("pick", core(x), step.write.planted(np.asarray(float(k))), axis=place) for k in places]
    sizes = [len(places) if k == axis else size for k, size in enumerate(x.sizes)]
    found = step.write.put("stack", parts, axis=place) if len(parts) > 1 else step.write.part("expand", parts[0], axis=[place])
    return step.result(found, x.real, sizes)


def flip(step: TorchStep) -> Item:
    x = step.value("self")
    for axis in step.given["dims"]:
        x = entries(step, x, axis % x.rank, range(x.sizes[axis])[::-1])
    return x


def split(step: TorchStep) -> list[Item]:
    """Parts of an axis, by their size, their sizes, or how many there are."""
    x = step.value("self")
    axis = int(step.given["dim"]) % x.rank
    size = x.sizes[axis]
    each = step.given.get("split_size", step.given.get("split_sizes"))
    each = -(-size // int(step.given["chunks"])) if "chunks" in step.given else each
    lengths = [min(each, size - k) for k in range(0, size, each)] if isinstance(each, int) else list(each or ())
    starts = np.cumsum([0, *lengths])
    return [_part(step, x, axis, int(start), int(start) + length, last=False) for start, length in zip(starts, lengths, strict=False)]


def unbind(step: TorchStep) -> list[Item]:
    x = step.value("self")
    axis = int(step.given["dim"]) % x.rank
    step.name = ""
    return [picked(step, x, axis, k) for k in range(x.sizes[axis])]


# --- what is written into a part of a value, in place or not --------------------------------------------------------------------------


def copied(step: TorchStep) -> Item:
    """Other entries, in the shape of the value that they are written over."""
    name = "src" if "src" in step.given else "value"
    return expand(replace(step, given={"self": step.planted(step.given[name])}, kind="copy"))


def scattered(step: TorchStep) -> Item:
    """The value with a part of an axis written over."""
    x, part = step.value("self"), step.value("src")
    axis = int(step.given["dim"]) % x.rank
    if step.kind == "select_scatter":
        start = int(step.given["index"]) % x.sizes[axis]
        end, by = start + 1, 1
        part = TorchValue(part.name, (*part.sizes[:axis], 1, *part.sizes[axis:]), (*part.real[:axis], False, *part.real[axis:]))
    else:
        start, end, by = slice(step.given["start"], step.given["end"], step.given["step"]).indices(x.sizes[axis])
    if by != 1:
        raise step.refuse("it writes over entries that do not follow one another")
    pieces = [_part(step, x, axis, a, b, last=False) for a, b in ((0, start), (end, x.sizes[axis])) if b > a]
    pieces.insert(int(start > 0), part)
    if len(pieces) == 1:
        return step.same(part)
    return cat(replace(step, given={"tensors": pieces, "dim": axis}))


PART_RULES: Mapping[str, TorchRule] = {
    "cat": cat, "concat": cat, "stack": stack, "select": select, "slice": slice_, "narrow": narrow, "flip": flip, "split": split,
    "split_with_sizes": split, "chunk": split, "unbind": unbind, "copy": copied, "fill": copied, "select_scatter": scattered,
    "slice_scatter": scattered,
}  # fmt: skip
