"""ONNX operators that take entries: slices, with steps too, and what indices name, known ones and those of a label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..graph.sizes import added
from .onnx_batch import Tensor
from .onnx_reading import OnnxStep, Reader

WIDEST = 64  # entries that are picked one by one


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
    _is_label(step, t, x.shape[axis])
    if not t.shape:
        return step.put("pick", [x, t], axis=axis)
    if x.batched and t.batched:
        raise step.refuse("indices with a batch axis take from what has one too")
    first = len(x.shape) + axis
    if first == 0:
        return step.put("take", [x, t])
    order = [first, *(k for k in range(len(x.shape)) if k != first)]
    taken = step.part("take", step.part("transpose", x, axes=order), t)
    back = [*range(len(t.shape), len(t.shape) + first), *range(len(t.shape)), *range(len(t.shape) + first, len(taken.shape))]
    return step.put("transpose", [taken], axes=back)


def _is_label(step: OnnxStep, t: Tensor, classes: Any) -> None:
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
        raise step.refuse(f"it takes {places.size} entries; at most {WIDEST} that are no slice")
    parts = [step.part("pick", x, Tensor(step.builder.constant(float(p)), (), False), axis=axis) for p in places]
    return step.put("stack", parts, last=last, axis=axis)


def gather_elements(step: OnnxStep) -> Tensor:
    """One entry along an axis for each place of the others."""
    x, t = step.tensors
    axis = step.axis(int(step.attributes.get("axis", 0)), x)
    if (
        t.batched != x.batched
        or t.shape[axis] != 1
        or any(a != b for k, (a, b) in enumerate(zip(t.shape, x.shape, strict=True)) if k - len(x.shape) != axis)
    ):
        raise step.refuse("it takes several entries for each place of the other axes")
    _is_label(step, t, x.shape[axis])
    found = step.part("pick", x, step.part("squeeze", t, axis=[axis]), axis=axis)
    return step.put("expand", [found], axis=[axis])


ENTRIES: Mapping[str, Reader] = {"Slice": slice_, "Gather": gather, "GatherElements": gather_elements}
