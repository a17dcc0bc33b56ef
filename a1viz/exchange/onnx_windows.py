"""Convolution and pooling in ONNX's words, and their derivatives. ONNX wants a batch axis in front, which is put there and taken away."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..base.errors import GraphError
from ..graph.operators import OPS
from ..graph.window_shapes import spatial
from ..graph.windows import windows_of
from .onnx_nodes import Emitter, OnnxApplication, Operand, Value
from .onnx_rules import Rule, is_last_largest, padded, sliced


def _each(a: OnnxApplication, name: str, default: Any = None) -> list[int]:
    """An attribute for each spatial axis."""
    value = a.attributes[name]
    value = a.attributes[default] if value is None and default else value
    return list(value) if isinstance(value, tuple) else [value] * spatial(OPS[a.op])


def _strided(a: OnnxApplication, default: Any = None) -> dict[str, Any]:
    pads = _each(a, "padding")
    return {"strides": _each(a, "stride", default), "pads": [*pads, *pads]}


def _one_example(emitter: Emitter, a: OnnxApplication, x: Operand, axes: int) -> Value:
    """With a batch axis of one entry in front of these last axes."""
    if len(x.shape) != axes:
        raise GraphError(f"{a.op} over more axes than its own has no operator in ONNX")
    return emitter.node("Unsqueeze", x.name, emitter.whole([0]))


def _alone(emitter: Emitter, value: Value) -> Value:
    return emitter.node("Squeeze", value, emitter.whole([0]))


def conv(emitter: Emitter, a: OnnxApplication) -> Value:
    X, K = a.operands
    d = spatial(OPS[a.op])
    if len(K.shape) != d + 2:
        raise GraphError(f"{a.op} with several kernels has no operator in ONNX")
    return _alone(emitter, emitter.node("Conv", _one_example(emitter, a, X, d + 1), K.name, group=a.attributes["groups"], **_strided(a)))


def _missing(size: Sequence[int], counts: Sequence[int], window: Sequence[int], a: OnnxApplication, default: Any = None) -> list[int]:
    """The entries at the end of an input that no window reaches, padding counted."""
    steps = zip(size, counts, window, _each(a, "stride", default), _each(a, "padding"), strict=True)
    return [n - ((count - 1) * stride + k - 2 * pad) for n, count, k, stride, pad in steps]


def conv_input(emitter: Emitter, a: OnnxApplication) -> Value:
    b, K, X = a.operands
    d = spatial(OPS[a.op])
    more = _missing(X.shape[-d:], b.shape[-d:], K.shape[-d:], a)
    found = emitter.node(
        "ConvTranspose", _one_example(emitter, a, b, d + 1), K.name, group=a.attributes["groups"], output_padding=more, **_strided(a)
    )
    return _alone(emitter, found)


def conv_kernel(emitter: Emitter, a: OnnxApplication) -> Value:
    """A convolution of X with b: channels of X as examples, those of b as kernels, strides as dilations."""
    X, b, K = a.operands
    d, groups = spatial(OPS[a.op]), a.attributes["groups"]
    if len(X.shape) != d + 1 or len(b.shape) != d + 1:
        raise GraphError(f"{a.op} over more axes than its own has no operator in ONNX")
    inside = [k + 2 for k in range(d)]
    examples = emitter.reshaped(X.name, [groups, X.shape[0] // groups, *X.shape[1:]])
    examples = emitter.node("Transpose", examples, perm=[1, 0, *inside])
    kernels = emitter.node("Unsqueeze", b.name, emitter.whole([1]))
    strided = _strided(a)
    found = emitter.node("Conv", examples, kernels, group=groups, pads=strided["pads"], dilations=strided["strides"])
    for axis, size in enumerate(K.shape[-d:], -d):
        found = sliced(emitter, found, axis, 0, size)
    return emitter.node("Transpose", found, perm=[1, 0, *inside])


# --- pooling --------------------------------------------------------------------------------------------------------------------------


def _as_channels(emitter: Emitter, x: Operand, d: int) -> Value:
    """All axes before the spatial ones as channels of one example."""
    return emitter.reshaped(x.name, [1, math.prod(x.shape[: len(x.shape) - d]), *x.shape[len(x.shape) - d :]])


def max_pool(emitter: Emitter, a: OnnxApplication) -> Value:
    (X,) = a.operands
    d = spatial(OPS[a.op])
    found = emitter.node("MaxPool", _as_channels(emitter, X, d), kernel_shape=_each(a, "size"), **_strided(a, "size"))
    return emitter.reshaped(found, a.shape)


def avg_pool(emitter: Emitter, a: OnnxApplication) -> Value:
    (X,) = a.operands
    d = spatial(OPS[a.op])
    x = _as_channels(emitter, X, d)
    found = emitter.node("AveragePool", x, kernel_shape=_each(a, "size"), count_include_pad=1, **_strided(a, "size"))
    return emitter.reshaped(found, a.shape)


def avg_pool_input(emitter: Emitter, a: OnnxApplication) -> Value:
    b, X = a.operands
    d = spatial(OPS[a.op])
    size = _each(a, "size")
    more = _missing(X.shape[-d:], b.shape[-d:], size, a, "size")
    each = emitter.reshaped(b.name, [math.prod(b.shape[: len(b.shape) - d]), 1, *b.shape[len(b.shape) - d :]])
    share = emitter.number(np.full((1, 1, *size), 1 / math.prod(size)))
    return emitter.reshaped(emitter.node("ConvTranspose", each, share, output_padding=more, **_strided(a, "size")), a.shape)


class _Pools:
    """The windows of a value X as rows: which entries each one has, as places in X as one axis; outside of X stands one entry more."""

    def __init__(self, emitter: Emitter, a: OnnxApplication, X: Operand) -> None:
        self.emitter, self.d = emitter, spatial(OPS[a.op])
        self.lead, lengths = math.prod(X.shape[: len(X.shape) - self.d]), X.shape[len(X.shape) - self.d :]
        self.size = math.prod(lengths)
        windows = windows_of(lengths, _each(a, "size"), _each(a, "stride", "size"), _each(a, "padding"))
        places = np.arange(1, self.size + 1).reshape(lengths)
        rows = windows.of(places)  # zeros around
        self.places = np.where(rows == 0, self.size, rows - 1).reshape(math.prod(windows.counts), -1)

    def of(self, X: Operand, outside: float) -> Value:
        """(lead, windows, entries of one)."""
        flat = self.emitter.reshaped(X.name, [self.lead, self.size])
        flat = padded(self.emitter, flat, [0, 0], [0, 1], outside)
        return self.emitter.node("Gather", flat, self.emitter.whole(self.places), axis=1)

    def largest(self, X: Operand) -> Value:
        """Whether an entry is the last of the largest of its window."""
        return is_last_largest(self.emitter, self.of(X, -np.inf), self.places.shape[1])

    def added(self, values: Value, shape: Sequence[int]) -> Value:
        """The entries of all windows added up where they lie."""
        places = np.broadcast_to(self.places.reshape(1, -1), (self.lead, self.places.size))
        rows = self.emitter.reshaped(values, [self.lead, self.places.size])
        zeros = self.emitter.number(np.zeros((self.lead, self.size + 1)))
        found = self.emitter.node("ScatterElements", zeros, self.emitter.whole(places), rows, axis=1, reduction="add")
        return self.emitter.reshaped(sliced(self.emitter, found, 1, 0, self.size), shape)


def max_pool_input(emitter: Emitter, a: OnnxApplication) -> Value:
    b, _, X = a.operands
    pools = _Pools(emitter, a, X)
    each = emitter.reshaped(b.name, [pools.lead, len(pools.places), 1])
    return pools.added(emitter.node("Where", pools.largest(X), each, emitter.number(0)), a.shape)


def max_pool_entries(emitter: Emitter, a: OnnxApplication) -> Value:
    V, _, X = a.operands
    pools = _Pools(emitter, a, X)
    found = emitter.node("Where", pools.largest(X), pools.of(V, 0.0), emitter.number(0))
    return emitter.reshaped(emitter.node("ReduceSum", found, emitter.whole([-1]), keepdims=0), a.shape)


WINDOW_RULES: Mapping[str, Rule] = {
    f"{name}{d}d{end}": rule
    for d in (1, 2)
    for name, end, rule in (
        ("conv", "", conv), ("conv", "_input", conv_input), ("conv", "_kernel", conv_kernel), ("max_pool", "", max_pool),
        ("max_pool", "_input", max_pool_input), ("max_pool", "_entries", max_pool_entries), ("avg_pool", "", avg_pool),
        ("avg_pool", "_input", avg_pool_input),
    )
}  # fmt: skip
