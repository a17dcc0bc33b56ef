"""ONNX operators that go over their input window by window: convolution and pooling, put into the table's words.

The table knows windows without gaps over one or two axes. Kernels with gaps are kernels with zeros between their entries; windows that lie
partly outside have an input with more padding; three axes are pooled two and one at a time, for the largest of the largest is the largest;
and windows with gaps that are pooled are entries taken by what places they have.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from .onnx_batch import Tensor
from .onnx_entries import known_labels, taken
from .onnx_reading import OnnxStep, Reader
from .onnx_shapes import padded


class WindowsRead(NamedTuple):
    """What a node says of its windows, for each spatial axis."""

    size: list[int]
    strides: list[int]
    pads: list[list[int]]  # before and after
    more: list[int]  # entries after the padding, where the last window lies partly outside of it


def _each(step: OnnxStep, name: str, d: int, default: int) -> list[int]:
    found = [int(number) for number in step.attributes.get(name, [default] * d)]
    if len(found) != d:
        raise step.refuse(f"{name} says {len(found)} axes instead of {d}")
    return found


def _windows(step: OnnxStep, x: Tensor, size: Sequence[int]) -> WindowsRead:
    """With kernels of this size, zeros between their entries included."""
    d = len(size)
    strides, auto = _each(step, "strides", d, 1), step.attributes.get("auto_pad", b"NOTSET").decode()
    if auto in ("SAME_UPPER", "SAME_LOWER"):
        missing = [max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in zip(_known(step, x, d), size, strides, strict=True)]
        pads = [sorted((m // 2, m - m // 2), reverse=auto == "SAME_LOWER") for m in missing]
    else:
        given = _each(step, "pads", 2 * d, 0) if auto == "NOTSET" else [0] * 2 * d
        pads = [[given[k], given[k + d]] for k in range(d)]
    more = [0] * d
    if step.attributes.get("ceil_mode", 0) and auto == "NOTSET":
        for k, (n, (before, after)) in enumerate(zip(_known(step, x, d), pads, strict=True)):
            beyond = -(n + before + after - size[k]) % strides[k]  # the last window starts inside, or in the padding before
            more[k] = beyond if beyond and n + after + beyond - size[k] < n else 0
    return WindowsRead(list(size), strides, pads, more)


def _known(step: OnnxStep, x: Tensor, d: int) -> list[int]:
    sizes = [size for size in x.shape[-d:] if isinstance(size, int)]
    if len(sizes) < d:
        raise step.refuse("it pads by a size that the model does not say")
    return sizes


def _channels(step: OnnxStep, x: Tensor, d: int, most: int = 2) -> str:
    """The end of the names of the rows for d spatial axes; they take an example, or loop over the examples."""
    if not 1 <= d <= most:
        raise step.refuse(f"it has {d} spatial axes; there may be 1{' or 2' if most == 2 else ', 2 or 3'}")
    if x.rank != d + 2:
        raise step.refuse(f"its input has {x.rank} axes instead of {d + 2}")
    return f"{d}d"


def _even(step: OnnxStep, x: Tensor, pads: Sequence[Sequence[int]], value: float = 0.0) -> tuple[Tensor, list[int]]:
    """The input with what is padded on one side only, and the padding that is the same on both."""
    if all(before == after for before, after in pads):
        return x, [before for before, _ in pads]
    lead = [[0, 0]] * (len(x.shape) - len(pads))
    return padded(step, x, [*lead, *pads], value, last=False), [0] * len(pads)


# --- convolution ----------------------------------------------------------------------------------------------------------------------


def _with_gaps(step: OnnxStep, K: Tensor, gaps: Sequence[int]) -> Tensor:
    """Kernels with zeros between their entries, along each spatial axis; a variable of its own."""
    called, rest = step.builder.free(f"{K.name.partition(':')[0]}_dilated"), sum(gap != 1 for gap in gaps)
    for axis, gap in enumerate(gaps, -len(gaps)):
        if gap == 1:
            continue
        rest -= 1
        size, first = int(K.shape[axis]), len(K.shape) + axis
        lead, tail = K.shape[:first], K.shape[first + 1 :]
        index = [[0, n] for n in (*lead, size, 1, *tail)]
        apart = step.part("expand", K, axis=[axis])
        spread = step.part("unslice", apart, step.part("zeros", shape=[*lead, size, gap, *tail]), index=index)
        whole = step.reshaped(spread, [*lead, size * gap, *tail], last=False)
        kept = [[0, n] for n in (*lead, (size - 1) * gap + 1, *tail)]
        own = step if rest else replace(step, name=called, owner=called)
        K = own.put("slice", [whole], last=not rest, index=kept)
    return K


def _kernels(step: OnnxStep) -> tuple[Tensor, int]:
    K = step.tensor(1)
    d = len(K.shape) - 2
    if K.batched or d < 1 or not all(isinstance(size, int) for size in K.shape):
        raise step.refuse("its kernels depend on the batch, or are of a size that the model does not say")
    return _with_gaps(step, K, _each(step, "dilations", d, 1)), d


def conv(step: OnnxStep) -> Tensor:
    x, (K, d) = step.tensor(0), _kernels(step)
    name = "conv" + _channels(step, x, d)
    windows = _windows(step, x, [int(n) for n in K.shape[-d:]])
    x, padding = _even(step, x, windows.pads)
    groups = int(step.attributes.get("group", 1))
    found = step.put(name, [x, K], last=not step.has(2), stride=windows.strides, padding=padding, groups=groups)
    return _with_bias(step, found, d) if step.has(2) else found


def _with_bias(step: OnnxStep, found: Tensor, d: int) -> Tensor:
    bias = step.tensor(2)
    return step.formula("x + b", x=found, b=step.reshaped(bias, [bias.shape[0], *[1] * d], last=False))


def conv_transpose(step: OnnxStep) -> Tensor:
    """The gradient of a convolution in its input, for an input of the shape that comes out; what is padded on one side is cut off."""
    x, (K, d) = step.tensor(0), _kernels(step)
    name = f"conv{_channels(step, x, d)}_input"
    strides, extra, groups = _each(step, "strides", d, 1), _each(step, "output_padding", d, 0), int(step.attributes.get("group", 1))
    whole = [s * (n - 1) + int(k) + o for n, k, s, o in zip(_known(step, x, d), K.shape[-d:], strides, extra, strict=True)]
    pads = _cut_off(step, x, whole, strides)
    whole = [n + max(-before - after, 0) for n, (before, after) in zip(whole, pads, strict=True)]
    pads = [[max(before, 0), max(after, 0)] for before, after in pads]
    is_even = all(before == after for before, after in pads)
    shape = [n - (before + after) * is_even for n, (before, after) in zip(whole, pads, strict=True)]
    like = step.part("zeros", shape=[int(K.shape[1]) * groups, *shape])
    padding = [before * is_even for before, _ in pads]
    found = step.put(name, [x, K, like], last=not step.has(2) and is_even, stride=strides, padding=padding, groups=groups)
    if not is_even:
        index = [*([0, n] for n in found.shape[:-d]), *([before, n - after] for n, (before, after) in zip(whole, pads, strict=True))]
        found = step.put("slice", [found], last=not step.has(2), index=index)
    return _with_bias(step, found, d) if step.has(2) else found


def _cut_off(step: OnnxStep, x: Tensor, whole: Sequence[int], strides: Sequence[int]) -> list[list[int]]:
    """What is cut off before and after each axis."""
    d, auto = len(whole), step.attributes.get("auto_pad", b"NOTSET").decode()
    wanted = [int(n) for n in step.attributes.get("output_shape", [])][-d:]
    if auto.startswith("SAME") and not wanted:
        wanted = [n * s for n, s in zip(_known(step, x, d), strides, strict=True)]
    if not wanted:
        given = _each(step, "pads", 2 * d, 0) if auto == "NOTSET" else [0] * 2 * d
        return [[given[k], given[k + d]] for k in range(d)]
    total = [n - want for n, want in zip(whole, wanted, strict=True)]
    return [[0, t] if t < 0 else [t // 2, t - t // 2] if auto == "SAME_UPPER" else [t - t // 2, t // 2] for t in total]  # < 0: zeros more


# --- pooling --------------------------------------------------------------------------------------------------------------------------


def pool(step: OnnxStep) -> Tensor:
    x = step.tensor(0)
    size = [int(n) for n in step.attributes["kernel_shape"]]
    _channels(step, x, len(size), most=3)
    gaps = _each(step, "dilations", len(size), 1)
    windows = _windows(step, x, [(k - 1) * gap + 1 for k, gap in zip(size, gaps, strict=True)])
    if any(gap != 1 for gap in gaps):
        return _of_entries(step, x, windows, gaps)
    is_max, counts_padding = step.kind == "MaxPool", bool(step.attributes.get("count_include_pad", 0))
    if step.kind == "LpPool":  # a sum is so many times the mean
        p = float(step.attributes.get("p", 2))
        mean = _pooled(step, "avg_pool", step.within("abs(x) ** p", x=x, p=p), windows)
        return step.formula("(mean * n) ** q", mean=mean, n=float(np.prod(size)), q=1 / p)
    if is_max or (not any(windows.more) and (counts_padding or not any(map(any, windows.pads)))):
        return _pooled(step, "max_pool" if is_max else "avg_pool", x, windows, last=True)
    found = _pooled(step, "avg_pool", x, windows)
    ones, pads = step.part("ones", shape=list(x.shape[-len(size) :])), windows.pads
    if counts_padding:  # but not what is beyond it
        ones = step.part("ones", shape=[n + before + after for n, (before, after) in zip(_known(step, x, len(size)), pads, strict=True)])
        pads = [[0, 0]] * len(size)
    return step.formula("x / share", x=found, share=_pooled(step, "avg_pool", ones, windows._replace(pads=pads)))


def _pooled(step: OnnxStep, name: str, x: Tensor, windows: WindowsRead, last: bool = False) -> Tensor:
    """The largest or the mean of each window; of three axes, of the last two first."""
    pads = [[before, after + more] for (before, after), more in zip(windows.pads, windows.more, strict=True)]
    value = -math.inf if name == "max_pool" else 0.0
    x, padding = _even(step, x, pads, value)
    d = len(padding)
    keys = {"size": windows.size, "stride": windows.strides, "padding": padding}
    if d < 3:
        return step.put(f"{name}{d}d", [x], last=last, **keys)
    planes = step.part(f"{name}2d", x, **{key: numbers[1:] for key, numbers in keys.items()})
    rank = len(planes.shape)
    order = [*range(rank - 3), rank - 2, rank - 1, rank - 3]
    columns = step.part(f"{name}1d", step.part("transpose", planes, axes=order), **{key: numbers[0] for key, numbers in keys.items()})
    return step.put("transpose", [columns], last=last, axes=[*range(rank - 3), rank - 1, rank - 3, rank - 2])


def _of_entries(step: OnnxStep, x: Tensor, windows: WindowsRead, gaps: Sequence[int]) -> Tensor:
    """Pooled windows with gaps: their entries are named one by one, in the input as one axis; one entry more stands outside of it."""
    d, lengths = len(gaps), _known(step, x, len(gaps))
    whole, is_max = math.prod(lengths), step.kind == "MaxPool"
    step.check_known(_most_entries(lengths, windows, gaps))
    places, counted, counts = _entries_of_windows(lengths, windows, gaps, bool(step.attributes.get("count_include_pad", 0)))
    flat = step.reshaped(x, [*x.shape[:-d], whole], last=False)
    p = float(step.attributes.get("p", 2))
    flat = step.within("abs(x) ** p", x=flat, p=p) if step.kind == "LpPool" else flat
    more = padded(step, flat, [*[[0, 0]] * (len(flat.shape) - 1), [0, 1]], -math.inf if is_max else 0.0, last=False)
    rows = taken(step, more, known_labels(step, places, whole + 1), -1, last=False)
    pooled = step.within("max(x, axis=-1)" if is_max else "sum(x, axis=-1)", x=rows)
    if step.kind == "AveragePool":
        pooled = step.within("x / share", x=pooled, share=step.planted(counted))
    pooled = step.within("x ** q", x=pooled, q=1 / p) if step.kind == "LpPool" else pooled
    return step.reshaped(pooled, [*x.shape[:-d], *counts])


def _most_entries(lengths: Sequence[int], windows: WindowsRead, gaps: Sequence[int]) -> int:
    """How many entries all windows have."""
    steps = zip(lengths, *windows, gaps, strict=True)
    return math.prod(
        max((n + before + after + more - size) // stride + 1, 0) * (size // gap + 1)
        for n, size, stride, (before, after), more, gap in steps
    )


def _entries_of_windows(
    lengths: Sequence[int], windows: WindowsRead, gaps: Sequence[int], counts_padding: bool
) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """The places of the entries of each window, those outside as the one after the last; how many count; the windows along each axis."""
    along, counts = [], []
    for n, size, stride, (before, after), more, gap in zip(lengths, *windows, gaps, strict=True):
        count = (n + before + after + more - size) // stride + 1
        along.append(np.arange(count)[:, None] * stride - before + np.arange(0, size, gap))
        counts.append(count)
    places, counted = np.zeros((1, 1), np.int64), np.ones((1, 1), bool)
    is_inside = counted
    for index, n, (before, after) in zip(along, lengths, windows.pads, strict=True):
        inside = (index >= 0) & (index < n)
        places = _crossed(places * n, np.where(inside, index, 0), np.add)
        is_inside = _crossed(is_inside, inside, np.logical_and)
        counted = _crossed(counted, (index >= -before) & (index < n + after) if counts_padding else inside, np.logical_and)
    return np.where(is_inside, places, math.prod(lengths)), counted.sum(1).astype(float), counts


def _crossed(a: np.ndarray, b: np.ndarray, by: np.ufunc) -> np.ndarray:
    """Every row of a with every row of b, and in them every entry with every entry."""
    found: np.ndarray = by(a[:, None, :, None], b[None, :, None, :])
    return found.reshape(len(a) * len(b), -1)


def global_pool(step: OnnxStep) -> Tensor:
    x = step.tensor(0)
    axis = list(step.axes(range(2, x.rank), x))
    return step.formula(f"{'mean' if step.kind == 'GlobalAveragePool' else 'max'}(x, axis=axis, keepdims=True)", x=x, axis=axis)


def local_response_norm(step: OnnxStep) -> Tensor:
    """Each entry over a power of the mean square of the channels around it."""
    x, size = step.tensor(0), int(step.attributes["size"])
    channels = step.axis(1, x) + len(x.shape)
    order = [*(k for k in range(len(x.shape)) if k != channels), channels]
    squares = step.part("transpose", step.within("x ** 2", x=x), axes=order)
    lead = [[0, 0]] * (len(x.shape) - 1)
    around = padded(step, squares, [*lead, [(size - 1) // 2, size // 2]], last=False)
    mean = step.part("avg_pool1d", around, size=size, stride=1, padding=0)
    mean = step.part("transpose", mean, axes=[int(k) for k in np.argsort(order)])
    alpha, beta, bias = (float(step.attributes.get(*each)) for each in (("alpha", 1e-4), ("beta", 0.75), ("bias", 1.0)))
    return step.formula("x / (bias + alpha * mean) ** beta", x=x, mean=mean, alpha=alpha, beta=beta, bias=bias)


CONVOLUTIONS: Mapping[str, Reader] = {
    "Conv": conv, "ConvTranspose": conv_transpose, "MaxPool": pool, "AveragePool": pool, "LpPool": pool, "GlobalAveragePool": global_pool,
    "GlobalMaxPool": global_pool, "LRN": local_response_norm,
}  # fmt: skip
