"""ONNX operators that take entries: slices, with steps too, and what indices name, known ones and those of a label."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..graph.sizes import added
from .onnx_batch import Tensor
from .onnx_reading import OnnxStep, Reader

WIDEST = 16  # entries that are picked one by one


def slice_(step: OnnxStep) -> Tensor:
    x = step.tensor(0)
    starts, ends = (step.listed(name, k, "what is sliced") or [] for name, k in (("starts", 1), ("ends", 2)))
    axes = step.listed("axes", 3, "the axes") or range(len(starts))
    steps = step.whole(4, "the steps") if step.has(4) else [1] * len(starts)
    bounds: list[list[Any]] = [[0, size] for size in x.shape]
    if any(number != 1 for number in steps):
        return _stepped(step, x, list(zip(axes, starts, ends, steps, strict=True)))
    for axis, start, end in zip(axes, starts, ends, strict=True):
        if x.batched and step.model_axis(int(axis), x) == x.place and start == 0 and end > 2**31 - 2:
            continue
        place = step.axis(int(axis), x)
        bounds[place] = [_bound(step, end_, x.shape[place]) for end_ in (start, end)]
    return step.put("slice", [x], index=bounds)


def _stepped(step: OnnxStep, x: Tensor, slices: Sequence[tuple[int, int, int, int]]) -> Tensor:
    """A slice with steps: its entries one by one."""
    for k, (axis, start, end, by) in enumerate(slices, 1):
        place = step.axis(int(axis), x)
        size = x.shape[place]
        if not isinstance(size, int):
            raise step.refuse("it takes entries of an axis whose size the model does not say")
        entries = np.arange(size)[slice(start, None if by < 0 and end < -size else end, by)]
        x = _entries(step, x, place, entries, last=k == len(slices))
    return x


def _bound(step: OnnxStep, end: Any, size: Any) -> Any:
    if isinstance(end, str) or isinstance(size, str):
        if isinstance(end, int) and end > 2**31 - 2:
            return size
        return added(size, end) if isinstance(end, int) and end < 0 else end
    return min(max(end + size if end < 0 else end, 0), size)


def gather(step: OnnxStep) -> Tensor:
    """Entries of an axis that indices name: known ones are slices, a label's are taken."""
    x = step.tensor(0)
    axis = step.axis(int(step.attributes.get("axis", 0)), x)
    index = step.items[1]
    if isinstance(index, np.ndarray):
        return _known_entries(step, x, axis, index.astype(np.int64))
    t = step.tensor(1)
    is_label(step, t, x.shape[axis])
    if not t.shape:
        return step.put("pick", [x, t], axis=axis)
    if x.batched and t.batched:
        raise step.refuse("indices with a batch axis take from what has one too")
    return taken(step, x, t, axis)


def taken(step: OnnxStep, x: Tensor, t: Tensor, axis: int, last: bool = True) -> Tensor:
    """The entries of an axis that an array of labels names, in its place."""
    first = len(x.shape) + axis
    if first == 0:
        return step.put("take", [x, t], last=last)
    order = [first, *(k for k in range(len(x.shape)) if k != first)]
    taken = step.part("take", step.part("transpose", x, axes=order), t)
    back = [*range(len(t.shape), len(t.shape) + first), *range(len(t.shape)), *range(len(t.shape) + first, len(taken.shape))]
    return step.put("transpose", [taken], last=last, axes=back)


def is_label(step: OnnxStep, t: Tensor, classes: Any) -> None:
    """What is read as an index has so many classes."""
    node = step.builder.nodes[t.name]
    while node.op in ("identity", "squeeze", "expand", "reshape", "slice"):
        node = step.builder.nodes[node.inputs[0]]
    if node.op == "label" and node.value is None:
        step.builder.nodes[node.name] = replace(node, value=classes)


def _known_entries(step: OnnxStep, x: Tensor, axis: int, index: np.ndarray) -> Tensor:
    size = x.shape[axis]
    if not isinstance(size, int):
        raise step.refuse("it takes entries of an axis whose size the model does not say")
    places = np.where(index < 0, index + size, index)
    if places.size and not (0 <= places.min() and places.max() < size):
        raise step.refuse(f"there are {size} entries, and none of index {int(index.reshape(-1)[0])}")
    if not index.ndim:
        place = Tensor(step.builder.constant(float(places)), (), False)
        found = step.put("pick", [x, place], axis=axis)
        return found.laid(x.place - (len(x.shape) + axis < x.place), x.merged)
    if index.ndim == 1:
        return _entries(step, x, axis, places, last=True)
    found = _entries(step, x, axis, places.reshape(-1), last=False)
    first = len(x.shape) + axis
    return step.reshaped(found, [*x.shape[:first], *places.shape, *x.shape[first + 1 :]])


def _entries(step: OnnxStep, x: Tensor, axis: int, places: np.ndarray, last: bool) -> Tensor:
    """These entries of an axis: a slice where they follow one another."""
    if places.size and (np.diff(places) == 1).all():
        bounds: list[list[Any]] = [[0, n] for n in x.shape]
        bounds[axis] = [int(places[0]), int(places[-1]) + 1]
        return step.put("slice", [x], last=last, index=bounds)
    if not 0 < places.size <= WIDEST:
        return taken(step, x, known_labels(step, places, int(x.shape[axis])), axis, last)
    parts = [step.part("pick", x, Tensor(step.builder.constant(float(p)), (), False), axis=axis) for p in places]
    return step.put("stack", parts, last=last, axis=axis)


def known_labels(step: OnnxStep, places: np.ndarray, size: int) -> Tensor:
    """Known places as labels with these values; once for equal ones."""
    key = (size, places.shape, places.tobytes())
    if key not in step.reading.labels:
        name = step.builder.leaf(step.builder.free("entries"), "label", places.shape, size)
        step.reading.labels[key], step.reading.parameters[name] = name, places
    return step.reading.tensor(step.reading.labels[key])


def gather_elements(step: OnnxStep) -> Tensor:
    """The entries along an axis that are named for each place of the other axes."""
    x, index = step.tensor(0), step.items[1]
    axis = step.axis(int(step.attributes.get("axis", 0)), x)
    if isinstance(index, np.ndarray):
        flat = step.part("reshape", x, shape=[_entries_of(step, x)])
        t = known_labels(step, flat_places(step, x, axis, index), _entries_of(step, x))
        return step.reshaped(step.part("take", flat, t), index.shape)
    t = step.tensor(1)
    is_label(step, t, x.shape[axis])
    if t.batched != x.batched or len(t.shape) != len(x.shape) or t.shape[axis] not in range(1, WIDEST + 1):
        raise step.refuse(f"it takes more than {WIDEST} entries, or none, or of each example the same")
    bounds = [[0, n] for n in t.shape]
    bounds[axis] = [0, x.shape[axis]]
    x = x if [end for _, end in bounds] == list(x.shape) else step.part("slice", x, index=bounds)
    found = [step.part("pick", x, step.part("squeeze", part, axis=[axis]), axis=axis) for part in _ones(step, t, axis)]
    return step.put("stack", found, axis=axis) if len(found) > 1 else step.put("expand", found, axis=[axis])


def _ones(step: OnnxStep, t: Tensor, axis: int) -> list[Tensor]:
    """The entries of an axis, each with that axis."""
    every: list[list[Any]] = [[0, n] for n in t.shape]
    count = int(t.shape[axis])
    before, after = every[:axis], every[axis:][1:]
    return [t] if count == 1 else [step.part("slice", t, index=[*before, [k, k + 1], *after]) for k in range(count)]


def _entries_of(step: OnnxStep, x: Tensor) -> int:
    if x.batched or not all(isinstance(size, int) for size in x.shape):
        raise step.refuse("it names entries of a batch, or of an axis whose size the model does not say")
    return math.prod(int(size) for size in x.shape)


def flat_places(step: OnnxStep, x: Tensor, axis: int, index: np.ndarray) -> np.ndarray:
    """The entries that are named along an axis, counted through the whole array."""
    _entries_of(step, x)
    step.check_known(index.size * (index.ndim + 1))
    shape = tuple(int(size) for size in x.shape)
    along = np.where(index < 0, index + shape[axis], index)
    if along.size and not (0 <= along.min() and along.max() < shape[axis]):
        raise step.refuse(f"there are {shape[axis]} entries, and none of index {int(index.reshape(-1)[0])}")
    places = [along if k - len(shape) == axis else along_other for k, along_other in enumerate(np.indices(index.shape))]
    return np.ravel_multi_index(places, shape).reshape(-1)


ENTRIES: Mapping[str, Reader] = {"Slice": slice_, "Gather": gather, "GatherElements": gather_elements}
