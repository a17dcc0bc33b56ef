"""Applications in NumPy's words, for programs: the column `numpy` of the operator table, filled in; and the functions that it uses.

A text is about one example. `{x}` is an operand, in parentheses where `{x:20}` asks for a stronger one; `{axis}` and the other attributes
are as NumPy writes them, `{given}` are all that are not the default: ", axis=1, keepdims=True". Where there are two texts, `a | b`, the
first is for operands of no more axes than the signature names, without attributes. A ufunc needs no text, and an operator made of others
has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from .attributes import effective
from .operators import ATOM, PRODUCT, SUM, Op
from .printing import PrintedOperand
from .shapes import Attrs, Shape

LOOSE = 5  # the binding of a comparison


def numpy_text(op: Op, operands: Sequence[str], shapes: Sequence[Shape], attrs: Attrs = ()) -> PrintedOperand:
    """An application in NumPy's words; an operand of its own binding is put in parentheses where it must be.

    >>> from a1viz.graph.operators import OPS
    >>> numpy_text(OPS["sum"], ["X"], [(3, 4)], (("axis", -1),)), numpy_text(OPS["outer"], ["a", "b"], [(3,), (4,)])
    ('np.sum(X, axis=-1)', 'np.outer(a, b)')
    """
    general = numpy_template(op).split(" | ")
    template = general[0] if _is_plain(op, shapes, attrs) else general[-1]
    printed = [o if isinstance(o, PrintedOperand) else PrintedOperand(o) for o in operands]
    names = {op.args[0]: ", ".join(printed)} if op.is_variadic else dict(zip(op.args, printed, strict=True))
    return PrintedOperand(template.format(**names, **_attributes(op, attrs, shapes)), _binding(template))


def numpy_template(op: Op) -> str:
    """The text of a row, or what its kernel says where that is a ufunc; empty for an operator that is made of others."""
    if op.numpy or not isinstance(op.kernel, np.ufunc):
        return op.numpy
    return op.text or f"np.{op.kernel.__name__}({', '.join(f'{{{name}}}' for name in op.args)})"


def _is_plain(op: Op, shapes: Sequence[Shape], attrs: Attrs) -> bool:
    if op.is_variadic:
        return len(set(shapes)) == 1
    return not attrs and all(len(shape) == len(axes) for shape, axes in zip(shapes, op.inputs, strict=True))


def _attributes(op: Op, attrs: Attrs, shapes: Sequence[Shape]) -> dict[str, str]:
    """The attributes as NumPy takes them; an axis counted from the end stays so."""
    found: dict[str, Any] = effective(op, attrs)
    if op.shape == "reduced" and "axis" not in dict(attrs):
        found["axis"] = None
    said = {name: repr(value) for name, value in found.items()}
    if op.shape == "permuted" and found["axes"] is None:
        said["axes"] = repr((*range(-len(shapes[0]), -2), -1, -2))
    if op.shape == "sliced" or "index" in found:
        said["index"] = ", ".join(f"{start}:{stop}" for start, stop in found["index"]) or "..."
    if "shape" in found:
        said["sizes"] = ", ".join(map(str, found["shape"]))
    given = "".join(f", {name}={said[name]}" for name in op.defaults if name in dict(attrs))
    return {**said, "given": given}


def _binding(template: str) -> int:
    """How strongly a text holds together: by the sign outside all brackets that binds least."""
    outside = re.sub(r"\{\w+(:\d+)?\}", "x", template)
    while re.search(r"[([]", outside):
        outside = re.sub(r"\w*(\.\w+)*[([][^()[\]]*[)\]]", "x", outside)
    if re.search(r" [<>!=]=? ", outside):
        return LOOSE
    return SUM if re.search(r" [-+] |^-", outside) else PRODUCT if re.search(r" (\*|/|@) ", outside) else ATOM


def helpers_of(texts: Iterable[str], helpers: Mapping[str, str] | None = None) -> list[str]:
    """The definitions of the functions that these texts call, each after those it calls itself; of HELPERS, unless told.

    >>> [text.partition("(")[0] for text in helpers_of(["xlogy(a ** b, a)"])]
    ['def xlogy']
    """
    known, found = HELPERS if helpers is None else helpers, dict[str, str]()

    def add(text: str) -> None:
        for name in re.findall(r"(?<![\w.])(\w+)\(", text):
            if name in known and name not in found:
                add(known[name].partition(":")[2])
                found[name] = known[name]

    for text in texts:
        add(text)
    return list(found.values())


_SOURCE = """
def xlogy(x, z):
    return np.where(x == 0, 0.0, x * np.log(np.where(x == 0, 1.0, z)))


def xdivy(x, z):
    return np.where(x == 0, 0.0, x / np.where(x == 0, 1.0, z))


def erf(x):
    return np.vectorize(math.erf, otypes=[float])(x)


def erfc(x):
    return np.vectorize(math.erfc, otypes=[float])(x)


def axes_last(x, axis):
    axes = np.atleast_1d(axis)
    x = np.moveaxis(x, axes, range(-len(axes), 0))
    return np.reshape(x, (*x.shape[: x.ndim - len(axes)], math.prod(x.shape[x.ndim - len(axes) :])))


def axes_back(v, x, axis):
    axes = np.atleast_1d(axis)
    return np.moveaxis(np.reshape(v, (*v.shape[:-1], *(x.shape[k] for k in axes))), range(-len(axes), 0), axes)


def argmax(x, axis=None, keepdims=False):
    axis = tuple(range(-np.ndim(x), 0)) if axis is None else axis
    places = axes_last(x, axis)
    found = places.shape[-1] - 1.0 - np.argmax(places[..., ::-1], axis=-1)
    return np.expand_dims(found, axis) if keepdims else found


def is_max(x, axis):
    places = axes_last(x, axis)
    last = places.shape[-1] - 1 - np.argmax(places[..., ::-1], axis=-1)
    return axes_back(np.where(np.arange(places.shape[-1]) == last[..., None], 1.0, 0.0), x, axis)


def prod_others(x, axis):
    entries = axes_last(x, axis)
    others = np.where(np.eye(entries.shape[-1]) == 1, 1.0, entries[..., None, :])
    return axes_back(np.prod(others, axis=-1), x, axis)


def weighted_logsumexp(w, x):
    top = np.max(np.where(w == 0, -np.inf, x))
    top = np.where(np.isfinite(top), top, 0.0)
    return top + np.log(np.sum(np.where(w == 0, 0.0, w * np.exp(x - top))))


def pick(x, t, axis):
    x = np.moveaxis(x, axis, -1)
    shape = np.broadcast_shapes(x.shape[:-1], np.shape(t))
    t = np.broadcast_to(t, shape)[..., None]
    return np.take_along_axis(np.broadcast_to(x, (*shape, x.shape[-1])), t, axis=-1)[..., 0]


def scatter(s, t, x, axis):
    places = np.arange(x.shape[axis]) == np.asarray(t)[..., None]
    rest = np.zeros_like(np.moveaxis(x, axis, -1))
    return np.moveaxis(np.where(places, np.asarray(s)[..., None], rest), -1, axis)


def untake(s, t, x):
    total = np.zeros((*x.shape[: x.ndim - np.ndim(s) + np.ndim(t) - 1], *np.shape(x)))
    np.add.at(total, t, s)
    return total


def retake(s, u, t):
    return np.tensordot(np.where(np.equal.outer(t, u), 1.0, 0.0), s, axes=np.ndim(u))


def unslice(s, x, index):
    whole = np.zeros_like(x)
    whole[index] = s
    return whole


def pad_end(v, x, axis):
    missing = [(0, 0)] * v.ndim
    missing[axis] = (0, x.shape[axis] - v.shape[axis])
    return np.pad(v, missing)


def pad_start(v, x, axis):
    missing = [(0, 0)] * v.ndim
    missing[axis] = (x.shape[axis] - v.shape[axis], 0)
    return np.pad(v, missing)


def cofactor(A):
    return np.linalg.det(A)[..., None, None] * np.swapaxes(np.linalg.inv(A), -1, -2)


def cofactor_along(A, V):
    B = np.linalg.inv(A)
    slope = np.trace(B @ V, axis1=-2, axis2=-1)[..., None, None] * B - B @ V @ B
    return np.linalg.det(A)[..., None, None] * np.swapaxes(slope, -1, -2)


def windows(X, size, stride, padding, fill=0.0):
    d = len(size)
    X = np.pad(X, [(0, 0)] * (X.ndim - d) + [(p, p) for p in np.broadcast_to(padding, d)], constant_values=fill)
    stride = size if stride is None else stride
    views = np.lib.stride_tricks.sliding_window_view(X, size, axis=tuple(range(-d, 0)))
    return views[(..., *(slice(None, None, s) for s in np.broadcast_to(stride, d)), *[slice(None)] * d)]


def add_windows(V, shape, stride, padding):
    d = len(shape)
    strides, paddings, size = np.broadcast_to(stride, d), np.broadcast_to(padding, d), V.shape[-d:]
    X = np.zeros((*V.shape[: -2 * d], *(n + 2 * p for n, p in zip(shape, paddings))))
    for at in np.ndindex(*V.shape[-2 * d : -d]):
        X[(..., *(slice(s * k, s * k + w) for s, k, w in zip(strides, at, size)))] += V[(..., *at, *[slice(None)] * d)]
    return X[(..., *(slice(p, p + n) for n, p in zip(shape, paddings)))]


def grouped(X, groups, d):
    return np.reshape(X, (*X.shape[: -d - 1], groups, X.shape[-d - 1] // groups, *X.shape[X.ndim - d :]))


def ungrouped(X, d):
    return np.reshape(X, (*X.shape[: -d - 2], X.shape[-d - 2] * X.shape[-d - 1], *X.shape[X.ndim - d :]))
"""
_OF_WINDOWS = """
def conv@d(X, K, stride=1, padding=0, groups=1):
    V = windows(grouped(X, groups, @n), K.shape[-@n:], stride, padding)
    return ungrouped(np.einsum("...gc@r@i,...goc@i->...go@r", V, grouped(K, groups, @m)), @n)


def conv@d_input(b, K, X, stride=1, padding=0, groups=1):
    V = np.einsum("...go@r,...goc@i->...gc@r@i", grouped(b, groups, @n), grouped(K, groups, @m))
    return ungrouped(add_windows(V, X.shape[-@n:], stride, padding), @n)


def conv@d_kernel(X, b, K, stride=1, padding=0, groups=1):
    V = windows(grouped(X, groups, @n), K.shape[-@n:], stride, padding)
    return ungrouped(np.einsum("...gc@r@i,...go@r->...goc@i", V, grouped(b, groups, @n)), @m)


def unfold@d(X, K, stride=1, padding=0):
    V = windows(X, K.shape[-@n:], stride, padding)
    V = np.moveaxis(V, range(-@n, 0), range(-2 * @n, -@n)) + np.zeros((*K.shape[: -@m - 1], *[1] * (2 * @n + 1)))
    return np.reshape(V, (*V.shape[: -2 * @n - 1], math.prod(V.shape[-2 * @n - 1 : -@n]), math.prod(V.shape[-@n:])))


def fold@d(U, X, K, stride=1, padding=0):
    counts = windows(X, K.shape[-@n:], stride, padding).shape[-2 * @n : -@n]
    V = np.reshape(U, (*U.shape[:-2], X.shape[-@m], *K.shape[-@n:], *counts))
    return add_windows(np.moveaxis(V, range(-2 * @n, -@n), range(-@n, 0)), X.shape[-@n:], stride, padding)


def max_pool@d(X, size, stride=None, padding=0):
    return np.max(windows(X, np.broadcast_to(size, @n), stride, padding, -np.inf), axis=@a)


def max_pool@d_input(b, X, size, stride=None, padding=0):
    largest = is_max(windows(X, np.broadcast_to(size, @n), stride, padding, -np.inf), axis=@a)
    return add_windows(b[@w] * largest, X.shape[-@n:], size if stride is None else stride, padding)


def max_pool@d_entries(V, X, size, stride=None, padding=0):
    largest = is_max(windows(X, np.broadcast_to(size, @n), stride, padding, -np.inf), axis=@a)
    return np.sum(largest * windows(V, np.broadcast_to(size, @n), stride, padding), axis=@a)


def avg_pool@d(X, size, stride=None, padding=0):
    return np.mean(windows(X, np.broadcast_to(size, @n), stride, padding), axis=@a)


def avg_pool@d_input(b, X, size, stride=None, padding=0):
    share = np.ones(np.broadcast_to(size, @n)) / np.prod(np.broadcast_to(size, @n))
    return add_windows(b[@w] * share, X.shape[-@n:], size if stride is None else stride, padding)
"""


def _of_windows(d: int) -> str:
    """The functions for windows with d spatial axes: r, s count the windows, h, w are the places in one."""
    signs = {"@d": f"{d}d", "@n": str(d), "@m": str(d + 1), "@r": "rs"[-d:], "@i": "hw"[-d:], "@a": str(tuple(range(-d, 0)))}
    signs["@w"] = ", ".join(["...", *["None"] * d])
    return re.sub(r"@\w", lambda sign: signs[sign[0]], _OF_WINDOWS)


HELPERS = {
    part.partition("(")[0].removeprefix("def "): part.strip()
    for source in (_SOURCE, _of_windows(1), _of_windows(2))
    for part in source.strip().split("\n\n\n")
}
