"""What each operator means, written with plain loops and scalar functions on one example; nothing here is shared with the kernels."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from a1viz.graph.operators import Op


def entrywise(function):
    return lambda *args: np.vectorize(function, otypes=[float])(*args)


def reduction(function):
    """Of all entries, or along axes: `function` takes the entries that become one."""

    def reference(x, axis=None, keepdims=False):
        axes = [k % x.ndim for k in (range(x.ndim) if axis is None else axis if isinstance(axis, (list, tuple)) else [axis])]
        out = np.zeros([1 if k in axes else n for k, n in enumerate(x.shape)])
        for place in np.ndindex(*out.shape):
            inside = [i for i in np.ndindex(*x.shape) if all(i[k] == place[k] for k in range(x.ndim) if k not in axes)]
            out[place] = function([x[i] for i in inside])
        return out if keepdims else out.reshape([n for k, n in enumerate(x.shape) if k not in axes])

    return reference


def along(function):
    """Along an axis, the last unless told: `function` takes a row and gives one. Over several axes their entries are one row."""

    def reference(x, axis=-1):
        axes = [k % x.ndim for k in (axis if isinstance(axis, (list, tuple)) else [axis])]
        kept = [k for k in range(x.ndim) if k not in axes]
        moved = x.transpose(*kept, *axes)
        rows = moved.reshape(*[x.shape[k] for k in kept], -1)
        out = np.zeros(rows.shape)
        for place in np.ndindex(*rows.shape[:-1]):
            out[place] = function(list(rows[place]))
        return out.reshape(moved.shape).transpose(np.argsort([*kept, *axes]))

    return reference


def expected(op: Op, operands: list[np.ndarray], attributes: dict) -> np.ndarray:
    """The reference's answer: what the signature does not name is looped over, with NumPy's broadcasting."""
    function = REFERENCE[op.name]
    operands = [v if np.ndim(v) else v[()] for v in operands]
    if op.is_elementwise or op.shape or ("*",) in op.inputs:
        return np.asarray(function(*operands, **attributes))
    fronts = [np.shape(v)[: np.ndim(v) - len(axes)] for v, axes in zip(operands, op.inputs, strict=True)]
    loops = np.broadcast_shapes(*fronts)
    spread = [np.broadcast_to(v, loops + np.shape(v)[len(f) :]) for v, f in zip(operands, fronts, strict=True)]
    parts = [np.asarray(function(*(v[place] for v in spread), **attributes)) for place in np.ndindex(*loops)]
    return np.reshape(parts, loops + parts[0].shape)


def turned(A, axes):
    axes = list(range(A.ndim - 2)) + [A.ndim - 1, A.ndim - 2] if axes is None else [a % A.ndim for a in axes]
    out = np.zeros([A.shape[a] for a in axes])
    for place in np.ndindex(*out.shape):
        out[place] = A[tuple(place[axes.index(k)] for k in range(A.ndim))]
    return out


def expanded(x, places):
    return x[tuple(None if k in places else slice(None) for k in range(x.ndim + len(places)))]


def picked(x, t, axis):
    rows = np.moveaxis(x, axis, -1)
    shape = np.broadcast_shapes(rows.shape[:-1], np.shape(t))
    rows, t = np.broadcast_to(rows, (*shape, rows.shape[-1])), np.broadcast_to(t, shape)
    return np.reshape([rows[place][int(t[place])] for place in np.ndindex(*shape)], shape)


def scattered(s, t, x, axis):
    shape = np.broadcast_shapes(np.shape(s), np.shape(t), np.moveaxis(x, axis, -1).shape[:-1])
    s, t = np.broadcast_to(s, shape), np.broadcast_to(t, shape)
    out = np.zeros((*shape, x.shape[axis]))
    for place in np.ndindex(*shape):
        out[(*place, int(t[place]))] = s[place]
    return np.moveaxis(out, -1, axis)


def untaken(s, t, x):
    out = np.zeros(x.shape)
    for place in np.ndindex(*np.shape(t)):
        out[int(np.asarray(t)[place])] += s[place]
    return out


def unsliced(s, x, index):
    out = np.zeros(x.shape)
    for place in np.ndindex(*s.shape):
        out[tuple(k + start for k, (start, _) in zip(place, index, strict=True))] = s[place]
    return out


def stacked(xs, axis):
    xs = np.broadcast_arrays(*xs)
    axis %= xs[0].ndim + 1
    return np.moveaxis(np.array([list(np.ravel(x)) for x in xs]).reshape(len(xs), *xs[0].shape), 0, axis)


def joined(xs, axis):
    return np.moveaxis(np.array([row for x in xs for row in np.moveaxis(x, axis, 0)]), 0, axis)


def part(v, axis, start, stop):
    return np.moveaxis(np.array(list(np.moveaxis(v, axis, 0))[start:stop]), 0, axis)


def zeros_beside(v, x, axis):
    shape = list(v.shape)
    shape[axis] = x.shape[axis] - v.shape[axis]
    return np.zeros(shape)


REFERENCE: dict[str, Callable] = {
    "identity": entrywise(lambda x: x),
    "add": entrywise(lambda a, b: a + b),
    "sub": entrywise(lambda a, b: a - b),
    "neg": entrywise(lambda x: -x),
    "mul": entrywise(lambda a, b: a * b),
    "div": entrywise(lambda a, b: a / b),
    "power": entrywise(lambda a, b: a**b),
    "powlog": entrywise(lambda a, b: a**b * math.log(a)),
    "dpow": entrywise(lambda a, b: b * a ** (b - 1)),
    "exp": entrywise(math.exp),
    "log": entrywise(math.log),
    "sqrt": entrywise(math.sqrt),
    "abs": entrywise(lambda x: x if x > 0 else -x),
    "xlogy": entrywise(lambda x, z: x * math.log(z)),
    "xdivy": entrywise(lambda x, z: x / z),
    "minimum": entrywise(min),
    "maximum": entrywise(max),
    "relu": entrywise(lambda x: max(x, 0.0)),
    "sigmoid": entrywise(lambda x: 1 / (1 + math.exp(-x))),
    "tanh": entrywise(math.tanh),
    "sin": entrywise(math.sin),
    "cos": entrywise(math.cos),
    "softplus": entrywise(lambda x: math.log(1 + math.exp(x))),
    "logistic_loss": entrywise(lambda z, t: -(t * math.log(1 / (1 + math.exp(-z))) + (1 - t) * math.log(1 - 1 / (1 + math.exp(-z))))),
    "step": entrywise(lambda x: 1.0 if x > 0 else 0.0),
    "threshold": entrywise(lambda x: 1.0 if x >= 0 else 0.0),
    "greater": entrywise(lambda a, b: 1.0 if a > b else 0.0),
    "at_least": entrywise(lambda a, b: 1.0 if a >= b else 0.0),
    "select": entrywise(lambda s, x: x if s else 0.0),
    "sign": entrywise(lambda x: math.copysign(1.0, x)),
    "indicator": entrywise(lambda x: 1.0 if -1 <= x <= 1 else 0.0),
    "transpose": lambda A, axes=None: turned(A, axes),
    "matvec": lambda W, x: [sum(w * v for w, v in zip(row, x, strict=True)) for row in W],
    "vecmat": lambda x, W: [sum(x[i] * W[i][j] for i in range(len(x))) for j in range(len(W[0]))],
    "matmul": lambda A, B: [[sum(A[i][k] * B[k][j] for k in range(len(B))) for j in range(len(B[0]))] for i in range(len(A))],
    "outer": lambda a, b: [[u * v for v in b] for u in a],
    "inner": lambda a, b: sum(u * v for u, v in zip(a.flat, b.flat, strict=True)),
    "norm": reduction(lambda xs: math.sqrt(sum(u * u for u in xs))),
    "norm2": reduction(lambda xs: sum(u * u for u in xs)),
    "sum": reduction(sum),
    "mean": reduction(lambda xs: sum(xs) / len(xs)),
    "fill": lambda s, x: s * np.ones_like(x),
    "count": reduction(len),
    "softmax": along(lambda xs: [math.exp(u) / sum(map(math.exp, xs)) for u in xs]),
    "log_softmax": along(lambda xs: [u - math.log(sum(map(math.exp, xs))) for u in xs]),
    "logsumexp": reduction(lambda xs: math.log(sum(map(math.exp, xs)))),
    "weighted_logsumexp": lambda w, x: math.log(sum(u * math.exp(v) for u, v in zip(w.flat, x.flat, strict=True))),
    "logaddexp": entrywise(lambda a, b: math.log(math.exp(a) + math.exp(b))),
    "pick": lambda x, t, axis=-1: picked(x, t, axis),
    "scatter": lambda s, t, x, axis=-1: scattered(s, t, x, axis),
    "stack": lambda *xs, axis=0: stacked(xs, axis),
    "concatenate": lambda a, b, axis=0: joined([a, b], axis),
    "head": lambda v, x, axis=-1: part(v, axis, 0, x.shape[axis]),
    "tail": lambda v, x, axis=-1: part(v, axis, v.shape[axis] - x.shape[axis], v.shape[axis]),
    "pad_end": lambda v, x, axis=-1: joined([v, zeros_beside(v, x, axis)], axis),
    "pad_start": lambda v, x, axis=-1: joined([zeros_beside(v, x, axis), v], axis),
    "expand": lambda x, axis: x[
        tuple(None if k in [a % (x.ndim + len(axis)) for a in axis] else slice(None) for k in range(x.ndim + len(axis)))
    ],
    "squeeze": lambda x, axis: x[tuple(0 if k - x.ndim in axis or k in axis else slice(None) for k in range(x.ndim))],
    "take": lambda x, t: np.array([x[int(i)] for i in np.ravel(t)]).reshape(np.shape(t) + x.shape[1:]),
    "untake": lambda s, t, x: untaken(s, t, x),
    "slice": lambda x, index: x[tuple(slice(*bounds) for bounds in index)],
    "unslice": lambda s, x, index: unsliced(s, x, index),
    "reshape": lambda x, shape: np.array(list(np.ravel(x))).reshape(shape),
    "reshape_like": lambda v, x: np.array(list(np.ravel(v))).reshape(np.shape(x)),
}
