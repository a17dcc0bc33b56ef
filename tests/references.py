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


def retaken(s, u, t):
    out = np.zeros(np.shape(t) + np.shape(s)[np.ndim(u) :])
    for place in np.ndindex(*np.shape(t)):
        for other in np.ndindex(*np.shape(u)):
            out[place] += s[other] if np.asarray(u)[other] == np.asarray(t)[place] else 0
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


def examples(cores, operands):
    """Loops in front of cores of so many axes, broadcast: each of them with its cores."""
    fronts = [v.shape[: v.ndim - n] for v, n in zip(operands, cores, strict=True)]
    loops = np.broadcast_shapes(*fronts)
    spread = [np.broadcast_to(v, loops + v.shape[len(f) :]) for v, f in zip(operands, fronts, strict=True)]
    return loops, [[v[place] for v in spread] for place in np.ndindex(*loops)]


def looped(cores, function):
    def reference(*operands, **attributes):
        loops, each = examples(cores, operands)
        parts = [np.asarray(function(*cores, **attributes)) for cores in each]
        return np.reshape(parts, loops + parts[0].shape)

    return reference


def meetings(lengths, size, stride, padding):
    """Which window r, place in the window i and entry x of the input meet, with the padding left out."""
    d = len(lengths)
    each = lambda v: v if isinstance(v, (list, tuple)) else (v,) * d  # noqa: E731
    size, stride, padding = each(size), each(size if stride is None else stride), each(padding)
    counts = tuple((n + 2 * p - k) // s + 1 for n, k, s, p in zip(lengths, size, stride, padding, strict=True))
    found = []
    for r in np.ndindex(*counts):
        for i in np.ndindex(*size):
            x = tuple(s * a + b - p for s, a, b, p in zip(stride, r, i, padding, strict=True))
            if all(0 <= at < n for at, n in zip(x, lengths, strict=True)):
                found.append((r, i, x))
    return counts, found


def convolution(what):
    """y[o, r] = sum over c, i of K[o, c, i] X[c, x]: one of the three from the two others."""

    def reference(first, second, like=None, stride=1, padding=0, groups=1):
        X, y, K = {"y": (first, None, second), "X": (like, first, second), "K": (first, second, like)}[what]
        counts, found = meetings(X.shape[1:], K.shape[2:], stride, padding)
        out = np.zeros({"y": (len(K), *counts), "X": X.shape, "K": K.shape}[what])
        share = len(K) // groups  # output channels of a group
        for o in range(len(K)):
            for c in range(K.shape[1]):
                of = o // share * K.shape[1] + c
                for r, i, x in found:
                    if what == "y":
                        out[(o, *r)] += K[(o, c, *i)] * X[(of, *x)]
                    elif what == "X":
                        out[(of, *x)] += K[(o, c, *i)] * y[(o, *r)]
                    else:
                        out[(o, c, *i)] += y[(o, *r)] * X[(of, *x)]
        return out

    return reference


def columns(U, X, K, stride, padding):
    """Which entry of the columns is which entry of X."""
    size, (counts, found) = K.shape[2:], meetings(X.shape[1:], K.shape[2:], stride, padding)
    for c in range(len(X)):
        for r, i, x in found:
            yield (np.ravel_multi_index((c, *i), (len(X), *size)), np.ravel_multi_index(r, counts)), (c, *x)


def unfolded(X, K, stride=1, padding=0):
    counts, _ = meetings(X.shape[1:], K.shape[2:], stride, padding)
    out = np.zeros((len(X) * np.prod(K.shape[2:]), np.prod(counts)))
    for place, x in columns(out, X, K, stride, padding):
        out[place] = X[x]
    return out


def folded(U, X, K, stride=1, padding=0):
    out = np.zeros(X.shape)
    for place, x in columns(U, X, K, stride, padding):
        out[x] += U[place]
    return out


def window_entries(X, size, stride, padding):
    """Of each window, the entries of X that are in it, in order."""
    counts, found = meetings(X.shape, size, stride, padding)
    return counts, {r: [x for r2, _, x in found if r2 == r] for r in np.ndindex(*counts)}


def max_pooled(X, size, stride=None, padding=0):
    counts, inside = window_entries(X, size, stride, padding)
    return np.reshape([max(X[x] for x in inside[r]) for r in np.ndindex(*counts)], counts)


def largest_places(Y, X, size, stride, padding):
    for r, places in window_entries(X, size, stride, padding)[1].items():
        largest = [x for x in places if X[x] >= Y[r]]
        if largest:
            yield r, largest[-1]


def max_pooled_input(b, Y, X, size, stride=None, padding=0):
    out = np.zeros(X.shape)
    for r, x in largest_places(Y, X, size, stride, padding):
        out[x] += b[r]
    return out


def max_pooled_entries(V, Y, X, size, stride=None, padding=0):
    out = np.zeros(Y.shape)
    for r, x in largest_places(Y, X, size, stride, padding):
        out[r] = V[x]
    return out


def avg_pooled(X, size, stride=None, padding=0):
    counts, inside = window_entries(X, size, stride, padding)
    number = np.prod(size) if isinstance(size, (list, tuple)) else size**X.ndim
    return np.reshape([sum(X[x] for x in inside[r]) / number for r in np.ndindex(*counts)], counts)


def avg_pooled_input(b, X, size, stride=None, padding=0):
    out = np.zeros(X.shape)
    number = np.prod(size) if isinstance(size, (list, tuple)) else size**X.ndim
    for r, places in window_entries(X, size, stride, padding)[1].items():
        for x in places:
            out[x] += b[r] / number
    return out


def windows(d):
    """Convolution and pooling with d spatial axes."""
    x, k = d + 1, d + 2
    return {
        f"conv{d}d": looped((x, k), convolution("y")),
        f"conv{d}d_input": looped((x, k, x), convolution("X")),
        f"conv{d}d_kernel": looped((x, x, k), convolution("K")),
        f"unfold{d}d": looped((x, k), unfolded),
        f"fold{d}d": looped((2, x, k), folded),
        f"max_pool{d}d": looped((d,), max_pooled),
        f"max_pool{d}d_input": looped((d, d, d), max_pooled_input),
        f"max_pool{d}d_entries": looped((d, d, d), max_pooled_entries),
        f"avg_pool{d}d": looped((d,), avg_pooled),
        f"avg_pool{d}d_input": looped((d, d), avg_pooled_input),
    }


def last_largest(xs):
    return max(range(len(xs)), key=lambda k: (xs[k], k))


def others(xs):
    return [math.prod(v for k, v in enumerate(xs) if k != i) for i in range(len(xs))]


def spread(xs):
    return sum((x - sum(xs) / len(xs)) ** 2 for x in xs) / len(xs)


def axes_last(x, axis=-1):
    axes = [k % x.ndim for k in (axis if isinstance(axis, (list, tuple)) else [axis])]
    kept = [k for k in range(x.ndim) if k not in axes]
    return x.transpose(*kept, *axes).reshape(*[x.shape[k] for k in kept], -1)


def axes_back(v, x, axis=-1):
    axes = [k % x.ndim for k in (axis if isinstance(axis, (list, tuple)) else [axis])]
    kept = [k for k in range(x.ndim) if k not in axes]
    return v.reshape([x.shape[k] for k in [*kept, *axes]]).transpose(np.argsort([*kept, *axes]))


def determinant(A):
    """By Laplace along the first row."""
    if not len(A):
        return 1.0
    return sum((-1) ** j * A[0][j] * determinant([[*row[:j], *row[j + 1 :]] for row in A[1:]]) for j in range(len(A)))


def minor(A, i, j):
    return determinant([[u for c, u in enumerate(row) if c != j] for r, row in enumerate(A) if r != i])


def cofactors(A):
    return [[(-1) ** (i + j) * minor(A, i, j) for j in range(len(A))] for i in range(len(A))]


def cofactors_along(A, V):
    """The part linear in s of the cofactors of A + s V: of each minor, one row after the other from V."""
    n = len(A)
    rows = [[V[r] if r == k else A[r] for r in range(n)] for k in range(n)]
    return [[(-1) ** (i + j) * sum(minor(rows[k], i, j) for k in range(n) if k != i) for j in range(n)] for i in range(n)]


def solution(A, columns):
    """By Cramer's rule."""
    n = len(A)
    with_column = lambda j, b: [[b[r] if c == j else A[r][c] for c in range(n)] for r in range(n)]  # noqa: E731
    return [[determinant(with_column(j, b)) / determinant(A) for b in columns] for j in range(n)]


def summed(*xs, formula):
    """One number after the other, for all values of all letters."""
    names, result = formula.replace(" ", "").split("->")
    letters = {letter: n for own, x in zip(names.split(","), xs, strict=True) for letter, n in zip(own, np.shape(x), strict=True)}
    out = np.zeros([letters[letter] for letter in result])
    for values in np.ndindex(*letters.values()):
        at = dict(zip(letters, values, strict=True))
        places = [tuple(at[letter] for letter in own) for own in names.split(",")]
        out[tuple(at[letter] for letter in result)] += math.prod(np.asarray(x)[place] for x, place in zip(xs, places, strict=True))
    return out


REFERENCE: dict[str, Callable] = {
    **windows(1),
    **windows(2),
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
    "log1p": entrywise(math.log1p),
    "expm1": entrywise(math.expm1),
    "log1mexp": entrywise(lambda x: math.log(1 - math.exp(x))),
    "erf": entrywise(math.erf),
    "erfc": entrywise(math.erfc),
    "arctan": entrywise(math.atan),
    "leaky_relu": entrywise(lambda x, slope: x if x > 0 else slope * x),
    "elu": entrywise(lambda x: x if x > 0 else math.exp(x) - 1),
    "selu": entrywise(lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * (math.exp(x) - 1))),
    "silu": entrywise(lambda x: x / (1 + math.exp(-x))),
    "mish": entrywise(lambda x: x * math.tanh(math.log(1 + math.exp(x)))),
    "gelu": entrywise(lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2),
    "gelu_tanh": entrywise(lambda x: x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2),
    "softsign": entrywise(lambda x: x / (1 + math.fabs(x))),
    "hardtanh": entrywise(lambda x: max(-1.0, min(1.0, x))),
    "huber": entrywise(lambda r, delta: r * r / 2 if math.fabs(r) <= delta else delta * math.fabs(r) - delta * delta / 2),
    "hinge": entrywise(lambda m: max(0.0, 1 - m)),
    "step": entrywise(lambda x: 1.0 if x > 0 else 0.0),
    "threshold": entrywise(lambda x: 1.0 if x >= 0 else 0.0),
    "greater": entrywise(lambda a, b: 1.0 if a > b else 0.0),
    "at_least": entrywise(lambda a, b: 1.0 if a >= b else 0.0),
    "less": entrywise(lambda a, b: 1.0 if a < b else 0.0),
    "at_most": entrywise(lambda a, b: 1.0 if a <= b else 0.0),
    "equal": entrywise(lambda a, b: 1.0 if a == b else 0.0),
    "not_equal": entrywise(lambda a, b: 1.0 if a != b else 0.0),
    "where": entrywise(lambda c, a, b: a if c else b),
    "clip": entrywise(lambda x, low, high: min(max(x, low), high)),
    "stop_gradient": entrywise(lambda x: x),
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
    "max": reduction(max),
    "min": reduction(min),
    "is_max": along(lambda xs: [float(k == last_largest(xs)) for k in range(len(xs))]),
    "argmax": reduction(last_largest),
    "argmin": reduction(lambda xs: last_largest([-x for x in xs])),
    "prod": reduction(math.prod),
    "prod_others": along(others),
    "var": reduction(spread),
    "std": reduction(lambda xs: math.sqrt(spread(xs))),
    "eye_like": lambda x: [[float(i == j) for j in range(len(x))] for i in range(len(x))],
    "axes_last": axes_last,
    "axes_back": axes_back,
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
    "retake": lambda s, u, t: retaken(s, u, t),
    "slice": lambda x, index: x[tuple(slice(*bounds) for bounds in index)],
    "unslice": lambda s, x, index: unsliced(s, x, index),
    "reshape": lambda x, shape: np.array(list(np.ravel(x))).reshape(shape),
    "reshape_like": lambda v, x: np.array(list(np.ravel(v))).reshape(np.shape(x)),
    "trace": lambda A: sum(A[i][i] for i in range(len(A))),
    "scaled_eye": lambda s, A: [[s if i == j else 0.0 for j in range(len(A))] for i in range(len(A))],
    "diag_embed": lambda v: [[v[i] if i == j else 0.0 for j in range(len(v))] for i in range(len(v))],
    "diag": lambda A: [A[i][i] for i in range(len(A))],
    "tril": lambda A, k=0: [[u if j <= i + k else 0.0 for j, u in enumerate(row)] for i, row in enumerate(A)],
    "triu": lambda A, k=0: [[u if j >= i + k else 0.0 for j, u in enumerate(row)] for i, row in enumerate(A)],
    "det": determinant,
    "cofactor": cofactors,
    "cofactor_along": cofactors_along,
    "logdet": lambda A: math.log(abs(determinant(A))),
    "inv": lambda A: solution(A, np.eye(len(A))),
    "solve": lambda A, B: solution(A, np.transpose(B)),
    "solve_vector": lambda A, b: [row[0] for row in solution(A, [b])],
    "eye": lambda shape: [[1.0 if i == j else 0.0 for j in range(shape[1])] for i in range(shape[0])],
    "ones": lambda shape: np.full(shape, 1.0),
    "zeros": lambda shape: np.full(shape, 0.0),
    "arange": lambda shape: [float(i) for i in range(shape[0])],
    "einsum": summed,
}
