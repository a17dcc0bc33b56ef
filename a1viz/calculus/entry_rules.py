"""One entry of an operator's result, by entries of its operands: one short rule for each kind of operator.

Elementwise operators need none, and products follow from their signatures. What has no rule is printed as an application with an index,
which is always right. Serves question 2.1.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..graph.operators import OPS, Op
from ..graph.sizes import Dim, added, multiplied
from .entry_sums import (
    EntryOf,
    Rule,
    broadcasted,
    contracted,
    count,
    einsum,
    elementwise,
    is_product,
    mean,
    reduced,
    softmax,
    summed,
    variance,
    weighted_logsumexp,
)
from .entry_terms import Entry, Index, call, compared, number, part, product, shifted, within

# --- axes in other places ---------------------------------------------------------------------------------------------------------------


def _transpose(of: EntryOf) -> Entry:
    rank = len(of.indices)
    axes = of.node.attributes["axes"]
    axes = (*range(-rank, -2), -1, -2) if axes is None else axes
    own: list[Index] = [0] * rank
    for index, axis in zip(of.indices, axes, strict=True):
        own[axis] = index
    return of.at(0, own)


def _expand(of: EntryOf) -> Entry:
    rank = len(of.indices)
    return of.at(0, [index for k, index in enumerate(of.indices) if k - rank not in of.node.attributes["axis"]])


def _squeeze(of: EntryOf) -> Entry:
    rank, given = len(of.shape(0)), iter(of.indices)
    return of.at(0, [0 if k - rank in of.node.attributes["axis"] else next(given) for k in range(rank)])


def _reshape(of: EntryOf) -> Entry | None:
    """The same entry, where only axes of one entry come or go."""
    shape = of.shape(0)
    if [size for size in shape if size != 1] != [size for size in of.node.shape if size != 1]:
        return None
    given = (index for index, size in zip(of.indices, of.node.shape, strict=True) if size != 1)
    return of.at(0, [0 if size == 1 else next(given) for size in shape])


def _axes_last(of: EntryOf) -> Entry | None:
    if isinstance(of.node.attributes["axis"], tuple):
        return None
    *own, last = of.indices
    own.insert(of.place, last)
    return of.at(0, own)


def _axes_back(of: EntryOf) -> Entry | None:
    if isinstance(of.node.attributes["axis"], tuple):
        return None
    own = list(of.indices)
    own.append(own.pop(of.place))
    return of.at(0, own)


# --- entries ----------------------------------------------------------------------------------------------------------------------------


def _pick(of: EntryOf) -> Entry:
    shape = of.shape(0)
    place = of.node.attributes["axis"] + len(shape)
    own = list(broadcasted(shape[:place] + shape[place + 1 :], of.indices))
    own.insert(place, of.index(1, of.indices))
    return of.at(0, own)


def _scatter(of: EntryOf) -> Entry:
    rest = (*of.indices[: of.place], *of.indices[of.place + 1 :])
    return product(of.looped(0, rest), compared(of.indices[of.place], "=", of.index(1, rest)))


def _take(of: EntryOf) -> Entry:
    rank = len(of.shape(1))
    return of.at(0, (of.index(1, of.indices[:rank]), *of.indices[rank:]))


def _untake(of: EntryOf) -> Entry:
    pairs = [(of.letter(size), size) for size in of.shape(1)]
    own = [index for index, _ in pairs]
    return summed(pairs, product(of.at(0, (*own, *of.indices[1:])), compared(of.indices[0], "=", of.index(1, own))))


def _retake(of: EntryOf) -> Entry:
    rank, pairs = len(of.shape(2)), [(of.letter(size), size) for size in of.shape(1)]
    own = [index for index, _ in pairs]
    read = of.indices[:rank]
    return summed(pairs, product(of.at(0, (*own, *of.indices[rank:])), compared(of.index(1, own), "=", of.index(2, read))))


def _slice(of: EntryOf) -> Entry:
    starts = [start for start, _ in of.node.attributes["index"]]
    return of.at(0, [shifted(index, start) for index, start in zip(of.indices, starts, strict=True)])


def _parts(of: EntryOf, k: int, starts: Sequence[Dim]) -> Entry:
    """Operand k as a part of the result that begins here; 0 elsewhere."""
    brackets: list[Entry] = []
    own: list[Index] = []
    for index, start, size, whole in zip(of.indices, starts, of.shape(k), of.node.shape, strict=True):
        found, inside = part(index, start, size, whole)
        brackets.extend(found)
        own.append(inside)
    return product(*brackets, of.at(k, own))


def _along_place(of: EntryOf, start: Dim) -> list[Dim]:
    return [start if k == of.place else 0 for k in range(len(of.indices))]


def _concatenate(of: EntryOf) -> Entry:
    return call("add", _parts(of, 0, _along_place(of, 0)), _parts(of, 1, _along_place(of, of.shape(0)[of.place])))


def _left_out(of: EntryOf, sign: int) -> list[Dim]:
    """How many entries the first operand has more than the second, or with the sign -1 less, along the axis."""
    return _along_place(of, multiplied(sign, added(of.shape(0)[of.place], of.shape(1)[of.place], -1)))


def _tail(of: EntryOf) -> Entry:
    return of.at(0, [shifted(index, start) for index, start in zip(of.indices, _left_out(of, 1), strict=True)])


def _stack(of: EntryOf) -> Entry:
    rest = (*of.indices[: of.place], *of.indices[of.place + 1 :])
    parts = [product(compared(of.indices[of.place], "=", k), of.looped(k, rest)) for k in range(len(of.node.inputs))]
    total = parts[0]
    for one in parts[1:]:
        total = call("add", total, one)
    return total


def _triangle(of: EntryOf) -> Entry:
    i, j = of.indices[-2:]
    sign = "<=" if of.node.op == "tril" else ">="
    return product(compared(j, sign, shifted(i, of.node.attributes["k"])), of.at(0, of.indices))


def _trace(of: EntryOf) -> Entry:
    size = of.shape(0)[-1]
    index = of.letter(size)
    return summed([(index, size)], of.at(0, (*of.indices, index, index)))


# --- convolution ------------------------------------------------------------------------------------------------------------------------


def _convolved(of: EntryOf) -> Entry | None:
    """y[o, r] = sum of K[o, k, h] X[k, s r + h - p], and its two gradients: the same products, summed over other letters."""
    op, attributes = OPS[of.node.op], of.node.attributes
    cut = len(of.indices) - len(op.output)
    own = [index for index in of.indices[cut:] if not isinstance(index, Entry)]
    if attributes["groups"] != 1 or len(own) < len(op.output):
        return None
    named = [tuple("k" if axis == "c" else axis for axis in axes) for axes in (*op.inputs, op.output)]
    shapes = [*(of.shape(k) for k in range(len(op.inputs))), of.node.shape]
    sizes = {axis: size for axes, shape in zip(named, shapes, strict=True) for axis, size in zip(axes, shape[-len(axes) :], strict=True)}
    known: dict[str, Dim] = dict(zip(named[-1], own, strict=True))
    d = sum(axis in sizes for axis in "hw")
    xs, ws, ys = "pq"[-d:], "hw"[-d:], "rs"[-d:]
    summed_over = [axis for axis in ("o", "k", *ys, *ws) if axis not in known and not (axis in ws and xs[-1] in known)]
    known |= {axis: of.letter(sizes[axis]) for axis in summed_over}
    brackets = []
    for x, w, y, step, zeros in zip(xs, ws, ys, *(_each(attributes[name], d) for name in ("stride", "padding")), strict=True):
        start = added(multiplied(step, known[y]), zeros, -1)  # of the window, in X
        inner, outer = (w, x) if x in known else (x, w)  # the place that follows from the other one
        known[inner] = added(known[x], start, -1) if inner == w else added(start, known[outer])
        brackets += [within(0, known[inner], sizes[inner])] if inner == w or zeros != 0 else []
    factors = []
    for k in sorted(range(2), key=lambda k: named[k][0] == "k"):  # X last
        loops = broadcasted(shapes[k][: -len(named[k])], of.indices[:cut])
        factors.append(of.at(k, (*loops, *(known[axis] for axis in named[k]))))
    return summed([(known[axis], sizes[axis]) for axis in summed_over], product(*brackets, *factors))


def _each(value: Any, d: int) -> tuple[Dim, ...]:
    return value if isinstance(value, tuple) else (value,) * d


def rule_of(op: Op) -> Rule | None:
    """The rule for an operator, if there is one."""
    if op.batch:  # no axis of a graph is the batch
        return None
    return RULES.get(op.name) or (elementwise if op.is_elementwise else contracted if is_product(op) else None)


RULES: dict[str, Rule] = {
    "identity": lambda of: of.looped(0), "fill": lambda of: of.looped(0), "einsum": einsum,
    "sum": reduced("sum"), "max": reduced("max"), "min": reduced("min"), "prod": reduced("prod"), "count": count, "mean": mean,
    "norm2": reduced("sum", "power"), "norm": reduced("sum", "power", "sqrt"), "logsumexp": reduced("sum", "exp", "log"),
    "var": variance, "std": variance, "softmax": softmax, "log_softmax": softmax, "weighted_logsumexp": weighted_logsumexp,
    "transpose": _transpose, "expand": _expand, "squeeze": _squeeze, "reshape": _reshape, "reshape_like": _reshape,
    "axes_last": _axes_last, "axes_back": _axes_back,
    "pick": _pick, "scatter": _scatter, "take": _take, "untake": _untake, "retake": _retake,
    "slice": _slice, "unslice": lambda of: _parts(of, 0, [start for start, _ in of.node.attributes["index"]]),
    "stack": _stack, "concatenate": _concatenate, "head": lambda of: of.at(0, of.indices), "tail": _tail,
    "pad_end": lambda of: _parts(of, 0, _along_place(of, 0)), "pad_start": lambda of: _parts(of, 0, _left_out(of, -1)),
    "trace": _trace, "diag": lambda of: of.at(0, (*of.indices, of.indices[-1])), "tril": _triangle, "triu": _triangle,
    "diag_embed": lambda of: product(of.at(0, of.indices[:-1]), compared(of.indices[-2], "=", of.indices[-1])),
    "scaled_eye": lambda of: product(of.looped(0, of.indices[:-2]), compared(of.indices[-2], "=", of.indices[-1])),
    "eye": lambda of: compared(of.indices[-2], "=", of.indices[-1]), "eye_like": lambda of: compared(of.indices[-2], "=", of.indices[-1]),
    "ones": lambda of: number(1.0), "zeros": lambda of: number(0.0), "arange": lambda of: Entry("place", indices=of.indices),
    **{f"conv{d}d{kind}": _convolved for d in (1, 2) for kind in ("", "_input", "_kernel")},
}  # fmt: skip
