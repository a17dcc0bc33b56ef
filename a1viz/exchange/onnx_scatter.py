"""ONNX operators that put entries where indices say, and that say where the largest entry is: what gradients are written with."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from .onnx_batch import Tensor
from .onnx_entries import flat_places, is_label, known_labels
from .onnx_reading import OnnxStep, Reader


def scatter_nd(step: OnnxStep) -> Tensor:
    """Rows are added where labels, or known indices of one axis, say; or stand there instead."""
    x, index, s = _data(step), step.items[1], step.tensor(2)
    if isinstance(index, np.ndarray):
        if index.shape[-1:] != (1,) or x.batched or not isinstance(x.shape[0], int):
            raise step.refuse("it puts entries by several axes at once")
        places = np.where(index < 0, index + x.shape[0], index)[..., 0]
        return _put(step, x, s, known_labels(step, places, int(x.shape[0])), places)
    t = step.tensor(1)
    if t.shape[-1:] != (1,) or x.batched:
        raise step.refuse("it puts entries by several axes at once, or into what each example has of its own")
    is_label(step, t, x.shape[0])
    return _put(step, x, s, step.part("squeeze", t, axis=[-1]), None)


def scatter_elements(step: OnnxStep) -> Tensor:
    """Entries are added along an axis, or stand there instead, one place of the others after the other."""
    x, index, s = _data(step), step.items[1], step.tensor(2)
    axis = step.axis(int(step.attributes.get("axis", 0)), x)
    if isinstance(index, np.ndarray):
        places = flat_places(step, x, axis, index)
        flat, rows = _flat(step, x), _flat(step, s)
        return step.reshaped(_put(step, flat, rows, known_labels(step, places, int(flat.shape[0])), places, last=False), x.shape)
    t = step.tensor(1)
    if t.shape[axis] != 1 or t.batched != x.batched or t.shape[:axis] + t.shape[axis:][1:] != x.shape[:axis] + x.shape[axis:][1:]:
        raise step.refuse("it puts several entries for each place of the other axes")
    if _reduction(step) != b"add":
        raise step.refuse("it writes over entries that labels name")
    is_label(step, t, x.shape[axis])
    s, t = (step.part("squeeze", part, axis=[axis]) for part in (s, t))
    return _added(step, x, step.part("scatter", s, t, x, axis=axis))


def _put(step: OnnxStep, x: Tensor, s: Tensor, t: Tensor, known: np.ndarray | None, last: bool = True) -> Tensor:
    """Rows of the first axis: added, or in the place of those that are there."""
    put = step.part("untake", s, t, x)
    if _reduction(step) == b"add":
        return _added(step, x, put, last)
    if _reduction(step) != b"none" or known is None or len(np.unique(known)) < known.size:
        raise step.refuse("it writes over entries that labels name, or twice, or takes the product, the least or the largest")
    rows, rest = int(x.shape[0]), [1] * (len(x.shape) - 1)
    step.check_known(rows)
    stays = np.isin(np.arange(rows), known, invert=True).astype(float).reshape(rows, *rest)
    return (step.formula if last else step.within)("where(stays, x, put)", stays=step.planted(stays), x=x, put=put)


def _added(step: OnnxStep, x: Tensor, put: Tensor, last: bool = True) -> Tensor:
    """What is put, added to what there is; nothing is added to zeros."""
    if step.builder.nodes[x.name].op == "zeros":
        return step.same(put) if last else put
    return (step.formula if last else step.within)("x + put", x=x, put=put)


def _data(step: OnnxStep) -> Tensor:
    """What is put into; zeros as the operator that makes them."""
    item = step.items[0]
    if isinstance(item, np.ndarray) and item.ndim and not np.any(item):
        return step.part("zeros", shape=list(item.shape))
    return step.tensor(0)


def _flat(step: OnnxStep, x: Tensor) -> Tensor:
    """As a vector."""
    size = math.prod(int(n) for n in x.shape)
    return step.part("zeros", shape=[size]) if step.builder.nodes[x.name].op == "zeros" else step.reshaped(x, [size], last=False)


def _reduction(step: OnnxStep) -> bytes:
    return bytes(step.attributes.get("reduction", b"none"))


def largest(step: OnnxStep) -> Tensor:
    """The place of the largest or the smallest entry: at a tie the first, unless the node says the last, as the table does."""
    x = step.tensor(0)
    axis = step.axis(int(step.attributes.get("axis", 0)), x)
    keepdims = bool(step.attributes.get("keepdims", 1))
    gone = 0 if keepdims else int(step.model_axis(int(step.attributes.get("axis", 0)), x) < x.place)
    kind = "max" if step.kind == "ArgMax" else "min"
    if step.attributes.get("select_last_index", 0):
        found = step.put(f"arg{kind}", [x], axis=axis, keepdims=keepdims)
    else:
        found = step.formula(
            first_place(kind), x=x, places=places_along(step, x, axis), n=float(x.shape[axis]), axis=axis, keepdims=keepdims
        )
    return found.laid(x.place - gone, x.merged)


def first_place(kind: str) -> str:
    """The first of the largest entries, or of the smallest: a formula."""
    return f"min(where(equal(x, {kind}(x, axis=axis, keepdims=True)), places, n), axis=axis, keepdims=keepdims)"


def places_along(step: OnnxStep, x: Tensor, axis: int) -> Tensor:
    """0, 1, 2, ... along an axis."""
    size = x.shape[axis]
    if not isinstance(size, int):
        raise step.refuse("it works along an axis whose size the model does not say")
    return step.reshaped(step.part("arange", shape=[size]), [size, *[1] * (-1 - axis)], last=False)


def hardmax(step: OnnxStep) -> Tensor:
    """1 at the first of the largest entries, else 0."""
    x = step.tensor(0)
    axis = step.axis(int(step.attributes.get("axis", -1)), x)
    if step.reading.opset < 13 and axis != -1:
        raise step.refuse("before version 13 it works along several axes at once")
    places = places_along(step, x, axis)
    return step.formula(f"equal(places, {first_place('max')})", x=x, places=places, n=float(x.shape[axis]), axis=axis, keepdims=True)


SCATTER: Mapping[str, Reader] = {
    "ScatterND": scatter_nd, "ScatterElements": scatter_elements, "Scatter": scatter_elements, "ArgMax": largest, "ArgMin": largest,
    "Hardmax": hardmax,
}  # fmt: skip
