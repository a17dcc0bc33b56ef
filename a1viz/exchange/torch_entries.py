"""PyTorch's operations that take entries by indices: of labels, or of numbers that are known. What is read as an index is a label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from .onnx_batch import Tensor
from .torch_parts import entries, picked
from .torch_shapes import permuted
from .torch_values import Item, KnownValue, TorchRule, TorchStep, TorchValue, core

CARRIERS = ("identity", "squeeze", "expand", "reshape", "slice", "pick", "transpose")  # what leaves labels what they are


def as_label(step: TorchStep, t: TorchValue, classes: int) -> Tensor:
    """Indices of one of so many entries."""
    node = step.reading.builder.nodes[t.name]
    while node.op in CARRIERS:
        node = step.reading.builder.nodes[node.inputs[0]]
    if node.op not in ("label", "argmax", "argmin"):
        raise step.refuse("its indices are computed")
    if node.op == "label" and (node.value is None or int(node.value) > classes):
        step.reading.builder.nodes[node.name] = replace(node, value=classes)
    return core(t)


def embedding(step: TorchStep) -> Item:
    x = step.whole(step.value("weight"))
    return _taken(step, x, step.given["indices"])


def _taken(step: TorchStep, x: TorchValue, item: Item) -> Item:
    """Entries of the first axis."""
    if isinstance(item, KnownValue):
        places = item.array
        found = picked(step, x, 0, int(places)) if not places.ndim else entries(step, x, 0, places.reshape(-1).tolist())
        return step.reshaped(found, [*places.shape, *x.sizes[1:]])
    t = as_label(step, item, x.sizes[0])
    taken = step.write.put("take", [core(x), t]) if t.shape else step.write.put("pick", [core(x), t], axis=-len(x.shape))
    return step.result(taken, [*item.real, *x.real[1:]])


def index_select(step: TorchStep) -> Item:
    x = step.value("self")
    return _along(step, x, int(step.given["dim"]) % x.rank, step.given["index"])


def index(step: TorchStep) -> Item:
    """x[:, t]: one array of indices."""
    x = step.value("self")
    given = [(k, item) for k, item in enumerate(step.given["indices"]) if item is not None]
    if len(given) != 1:
        raise step.refuse("it takes entries by several arrays of indices")
    (axis, item), *_ = given
    if isinstance(item, KnownValue) and item.array.dtype == bool:
        if item.array.ndim != 1:
            raise step.refuse("it takes entries by a mask of several axes")
        item = KnownValue(np.flatnonzero(item.array))
    return _along(step, x, axis, item)


def _along(step: TorchStep, x: TorchValue, axis: int, item: Item) -> Item:
    """Entries of an axis, which becomes those of the indices."""
    x = step.kept(x, [axis])
    indices = item.array if isinstance(item, KnownValue) else None
    if indices is not None and indices.ndim == 1:
        return entries(step, x, axis, indices.tolist())
    if indices is not None and not indices.ndim:
        return picked(step, x, axis, int(indices))
    if axis == 0:
        return _taken(step, step.whole(x), item)
    if isinstance(item, TorchValue) and not any(item.real):
        t = as_label(step, item, x.sizes[axis])
        found = step.write.put("pick", [core(x), t], axis=x.core_axis(axis))
        return step.result(found, [*x.real[:axis], *item.real, *x.real[axis + 1 :]])
    sizes, name, step.name = step.sizes, step.name, ""
    first = permuted(step, TorchValue(x.name, x.sizes, x.real), [axis, *(k for k in range(x.rank) if k != axis)])
    rank = len(item.array.shape if isinstance(item, KnownValue) else item.sizes)
    moved = [x.sizes[k] for k in range(x.rank) if k != axis]
    taken = _taken(replace(step, sizes=tuple(sizes[axis : axis + rank]) + tuple(moved)), replace_sizes(first, x, axis), item)
    assert isinstance(taken, TorchValue)
    order = [*range(rank, rank + axis), *range(rank), *range(rank + axis, taken.rank)]
    return permuted(replace(step, sizes=sizes, name=name), taken, order)


def replace_sizes(first: TorchValue, x: TorchValue, axis: int) -> TorchValue:
    """The value with that axis in front, and the sizes that belong to it."""
    return TorchValue(first.name, (x.sizes[axis], *(size for k, size in enumerate(x.sizes) if k != axis)), first.real)


def gather(step: TorchStep) -> Item:
    """One entry along an axis for each place of the others."""
    x, t = step.value("self"), step.value("index")
    axis = int(step.given["dim"]) % x.rank
    if t.sizes[axis] != 1 or any(a != b for k, (a, b) in enumerate(zip(t.sizes, x.sizes, strict=True)) if k != axis):
        raise step.refuse("it takes several entries for each place of the other axes")
    x, t = step.kept(x, [axis]), step.without(t, [axis])
    others = [k for k in range(x.rank) if k != axis]
    t = step.without(step.kept(t, [k for k in others if x.real[k]]), [k for k in others if not x.real[k]])
    found = step.write.put("pick", [core(x), as_label(step, t, x.sizes[axis])], axis=x.core_axis(axis))
    return step.result(found, [k != axis and is_real for k, is_real in enumerate(x.real)])


def cross_entropy(step: TorchStep) -> Item:
    """Minus the log-probability of a class, or of all by their weights."""
    if step.given["weight"] is not None or step.given.get("label_smoothing"):
        raise step.refuse("a loss with weights of classes or smoothed labels is not read")
    z, t = step.value("self"), step.value("target")
    if z.real != (False, True):
        raise step.refuse("its logits must be one vector per example")
    logs = "self" if step.kind == "nll_loss_nd" else "log_softmax(self)"
    left = [False] if step.given["reduction"] == 0 else []
    if t.rank == z.rank:
        return step.result(step.write.formula(f"-sum(target * {logs})", target=core(t), self=core(z)), left)
    return step.result(step.write.formula(f"-pick({logs}, target)", target=as_label(step, t, z.sizes[1]), self=core(z)), left)


ENTRY_RULES: Mapping[str, TorchRule] = {
    "embedding": embedding, "index_select": index_select, "index": index, "gather": gather, "cross_entropy_loss": cross_entropy,
    "nll_loss_nd": cross_entropy,
}  # fmt: skip
INDICES = {"embedding": "indices", "index_select": "index", "index": "indices", "gather": "index", "cross_entropy_loss": "target",
           "nll_loss_nd": "target"}  # fmt: skip
