"""One entry of an operator's result, by entries of its operands: one short rule for each kind of operator.

Elementwise operators need no rule, and products follow from their signatures: "(m,k),(k,n)->(m,n)" is summed over the letter that the result has not.
What has no rule is printed as an application with an index, which is always right. Serves question 2.1.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..graph.formulas import split
from ..graph.nodes import Graph, Node
from ..graph.operators import OPS, Op
from ..graph.shapes import Shape
from ..graph.sizes import Dim, added, multiplied
from .entry_terms import Entry, Index, Indices, at, call, compared, number, over, part, product, shifted, within


@dataclass(frozen=True)
class Application:
    """One application of an operator, of which the entry at `indices` is asked for; new letters come from `letters`."""

    graph: Graph
    node: Node
    indices: Indices
    letters: Iterator[str]
    wanted: dict[str, str]  # letters that are to be called so, as in a formula

    def shape(self, k: int) -> Shape:
        return self.graph.by_name[self.node.inputs[k]].shape

    def at(self, k: int, indices: Sequence[Index]) -> Entry:
        return at(self.node.inputs[k], indices)

    def looped(self, k: int, indices: Sequence[Index] | None = None) -> Entry:
        """The entry of an operand that is broadcast to the result, or to what has these indices."""
        return self.at(k, broadcasted(self.shape(k), self.indices if indices is None else indices))

    def index(self, k: int, indices: Sequence[Index]) -> Index:
        """An operand that says which entry: a number, a size or a label."""
        node = self.graph.by_name[self.node.inputs[k]]
        fixed = node.value if node.op == "size" else int(node.number) if node.op == "constant" and not node.shape else None
        return self.looped(k, indices) if fixed is None else fixed

    def fresh(self, size: Dim, wanted: str = "") -> Index:
        """A letter for an axis of this size; an axis of one entry needs none."""
        if size == 1:
            return 0
        letter = next(self.letters)
        if wanted:
            self.wanted[letter] = wanted
        return letter

    @property
    def place(self) -> int:
        """The axis of the result that the operator works along."""
        return int(self.node.attributes["axis"]) + len(self.indices)


Rule = Callable[[Application], Entry | None]  # nothing where the entry is that of the whole


def broadcasted(shape: Shape, indices: Sequence[Index]) -> Indices:
    """The indices of an operand of this shape, its axes counted from the end; along an axis of one entry there is one."""
    own = indices[len(indices) - len(shape) :]
    return tuple(0 if size == 1 else index for size, index in zip(shape, own, strict=True))


def rule_of(op: Op) -> Rule | None:
    """The rule for an operator, if there is one."""
    if op.batch:  # no axis of a graph is the batch
        return None
    return RULES.get(op.name) or (_elementwise if op.is_elementwise else _contracted if _is_product(op) else None)


def summed(pairs: Sequence[tuple[Index, Dim]], body: Entry, kind: str = "sum") -> Entry:
    """The sum over the letters among these indices."""
    return over([(index, size) for index, size in pairs if isinstance(index, str)], body, kind)


# --- by the table -----------------------------------------------------------------------------------------------------------------------


def _elementwise(of: Application) -> Entry:
    return call(of.node.op, *(of.looped(k) for k in range(len(of.node.inputs))))


def _is_product(op: Op) -> bool:
    """Whether it multiplies entries of all its operands, one for each way to choose the letters of its signature."""
    letters = [axis for axes in op.inputs for axis in axes]
    return bool(op.adjoint) and len(op.args) > 1 and not op.shape and not op.attrs and set(op.muls.split()) == set(letters)


def _contracted(of: Application) -> Entry:
    op = OPS[of.node.op]
    cut = len(of.indices) - len(op.output)
    known: dict[str, Index] = dict(zip(op.output, of.indices[cut:], strict=True))
    pairs: list[tuple[Index, Dim]] = []
    factors = {}
    for k, axes in enumerate(op.inputs):
        shape = of.shape(k)
        named = [f"*{place}" for place in range(len(shape))] if axes == ("*",) else list(axes)
        loops = len(shape) - len(named)
        for axis, size in zip(named, shape[loops:], strict=True):
            if axis not in known:
                known[axis] = of.fresh(size)
                pairs.append((known[axis], size))
        factors[k] = of.at(k, (*broadcasted(shape[:loops], of.indices[:cut]), *(known[axis] for axis in named)))
    order = sorted(factors, key=lambda k: -len(op.inputs[k]))  # a matrix comes before a vector
    return summed(pairs, product(*(factors[k] for k in order)))


def _einsum(of: Application) -> Entry:
    operands, result = split(of.node.attributes["formula"])
    known: dict[str, Index] = dict(zip(result, of.indices, strict=True))
    pairs: list[tuple[Index, Dim]] = []
    for k, own in enumerate(operands):
        for letter, size in zip(own, of.shape(k), strict=True):
            if letter not in known:
                known[letter] = of.fresh(size, letter)
                pairs.append((known[letter], size))
    return summed(pairs, product(*(of.at(k, [known[letter] for letter in own]) for k, own in enumerate(operands))))


# --- along axes -------------------------------------------------------------------------------------------------------------------------


def _axes(of: Application) -> list[int]:
    """The axes of the operand that the operator works along."""
    shape, axis = of.shape(0), of.node.attributes["axis"]
    return [k % len(shape) for k in (range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,))]


def _along(of: Application, kept: bool = False) -> tuple[list[tuple[Index, Dim]], Indices]:
    """New letters along the axes that are summed over, with their sizes, and all indices of the operand; `kept` where the result has them too."""
    shape, axes = of.shape(0), _axes(of)
    kept = kept or bool(of.node.attributes.get("keepdims"))
    given, pairs, own = iter(of.indices), [], []
    for k, size in enumerate(shape):
        index = next(given) if kept or k not in axes else 0
        if k in axes:
            index = of.fresh(size)
            pairs.append((index, size))
        own.append(index)
    return pairs, tuple(own)


def _reduced(kind: str, op: str = "", outer: str = "") -> Rule:
    """A reduction of entries, or of a function of them."""

    def rule(of: Application) -> Entry:
        pairs, own = _along(of)
        entry = of.at(0, own)
        body = call("power", entry, number(2.0)) if op == "power" else call(op, entry) if op else entry
        found = summed(pairs, body, kind)
        return call(outer, found) if outer else found

    return rule


def _count(of: Application) -> Entry:
    shape = of.shape(0)
    return number(multiplied(*(shape[k] for k in _axes(of))))


def _mean(of: Application) -> Entry:
    found = _reduced("sum")(of)
    size = _count(of)
    return found if size.value == 1 else product(call("div", number(1.0), size), found)


def _softmax(of: Application) -> Entry | None:
    if not of.graph.by_name[of.node.inputs[0]].is_declared:
        return None  # it would stand there twice
    pairs, own = _along(of, kept=True)
    total = summed(pairs, call("exp", of.at(0, own)))
    if of.node.op == "log_softmax":
        return call("sub", of.at(0, of.indices), call("log", total))
    return call("div", call("exp", of.at(0, of.indices)), total)


def _weighted_logsumexp(of: Application) -> Entry:
    pairs = [(of.fresh(size), size) for size in of.shape(0)]
    own = [index for index, _ in pairs]
    return call("log", summed(pairs, product(of.at(0, own), call("exp", of.at(1, own)))))


# --- axes in other places ---------------------------------------------------------------------------------------------------------------


def _transpose(of: Application) -> Entry:
    rank = len(of.indices)
    axes = of.node.attributes["axes"]
    axes = (*range(-rank, -2), -1, -2) if axes is None else axes
    own: list[Index] = [0] * rank
    for index, axis in zip(of.indices, axes, strict=True):
        own[axis] = index
    return of.at(0, own)


def _expand(of: Application) -> Entry:
    rank = len(of.indices)
    return of.at(0, [index for k, index in enumerate(of.indices) if k - rank not in of.node.attributes["axis"]])


def _squeeze(of: Application) -> Entry:
    rank, given = len(of.shape(0)), iter(of.indices)
    return of.at(0, [0 if k - rank in of.node.attributes["axis"] else next(given) for k in range(rank)])


def _reshape(of: Application) -> Entry | None:
    """The same entry, where only axes of one entry come or go."""
    shape = of.shape(0)
    if [size for size in shape if size != 1] != [size for size in of.node.shape if size != 1]:
        return None
    given = (index for index, size in zip(of.indices, of.node.shape, strict=True) if size != 1)
    return of.at(0, [0 if size == 1 else next(given) for size in shape])


def _axes_last(of: Application) -> Entry | None:
    if isinstance(of.node.attributes["axis"], tuple):
        return None
    *own, last = of.indices
    own.insert(of.place, last)
    return of.at(0, own)


def _axes_back(of: Application) -> Entry | None:
    if isinstance(of.node.attributes["axis"], tuple):
        return None
    own = list(of.indices)
    own.append(own.pop(of.place))
    return of.at(0, own)


# --- entries ----------------------------------------------------------------------------------------------------------------------------


def _pick(of: Application) -> Entry:
    shape = of.shape(0)
    place = of.node.attributes["axis"] + len(shape)
    own = list(broadcasted(shape[:place] + shape[place + 1 :], of.indices))
    own.insert(place, of.index(1, of.indices))
    return of.at(0, own)


def _scatter(of: Application) -> Entry:
    rest = (*of.indices[: of.place], *of.indices[of.place + 1 :])
    return product(of.looped(0, rest), compared(of.indices[of.place], "=", of.index(1, rest)))


def _take(of: Application) -> Entry:
    rank = len(of.shape(1))
    return of.at(0, (of.index(1, of.indices[:rank]), *of.indices[rank:]))


def _untake(of: Application) -> Entry:
    pairs = [(of.fresh(size), size) for size in of.shape(1)]
    own = [index for index, _ in pairs]
    return summed(pairs, product(of.at(0, (*own, *of.indices[1:])), compared(of.indices[0], "=", of.index(1, own))))


def _retake(of: Application) -> Entry:
    rank, pairs = len(of.shape(2)), [(of.fresh(size), size) for size in of.shape(1)]
    own = [index for index, _ in pairs]
    read = of.indices[:rank]
    return summed(pairs, product(of.at(0, (*own, *of.indices[rank:])), compared(of.index(1, own), "=", of.index(2, read))))


def _slice(of: Application) -> Entry:
    starts = [start for start, _ in of.node.attributes["index"]]
    return of.at(0, [shifted(index, start) for index, start in zip(of.indices, starts, strict=True)])


def _parts(of: Application, k: int, starts: Sequence[Dim]) -> Entry:
    """Operand k as a part of the result that begins here; 0 elsewhere."""
    brackets, own = [], []
    for index, start, size, whole in zip(of.indices, starts, of.shape(k), of.node.shape, strict=True):
        found, inside = part(index, start, size, whole)
        brackets.extend(found)
        own.append(inside)
    return product(*brackets, of.at(k, own))


def _along_place(of: Application, start: Dim) -> list[Dim]:
    return [start if k == of.place else 0 for k in range(len(of.indices))]


def _concatenate(of: Application) -> Entry:
    return call("add", _parts(of, 0, _along_place(of, 0)), _parts(of, 1, _along_place(of, of.shape(0)[of.place])))


def _left_out(of: Application, sign: int) -> list[Dim]:
    """How many entries the first operand has more than the second, or with the sign -1 less, along the axis."""
    return _along_place(of, multiplied(sign, added(of.shape(0)[of.place], of.shape(1)[of.place], -1)))


def _tail(of: Application) -> Entry:
    return of.at(0, [shifted(index, start) for index, start in zip(of.indices, _left_out(of, 1), strict=True)])


def _stack(of: Application) -> Entry:
    rest = (*of.indices[: of.place], *of.indices[of.place + 1 :])
    parts = [product(compared(of.indices[of.place], "=", k), of.looped(k, rest)) for k in range(len(of.node.inputs))]
    total = parts[0]
    for one in parts[1:]:
        total = call("add", total, one)
    return total


def _triangle(of: Application) -> Entry:
    i, j = of.indices[-2:]
    sign = "<=" if of.node.op == "tril" else ">="
    return product(compared(j, sign, shifted(i, of.node.attributes["k"])), of.at(0, of.indices))


def _trace(of: Application) -> Entry:
    size = of.shape(0)[-1]
    index = of.fresh(size)
    return summed([(index, size)], of.at(0, (*of.indices, index, index)))


# --- convolution ------------------------------------------------------------------------------------------------------------------------


def _convolved(of: Application) -> Entry | None:
    """y[o, r] = sum of K[o, k, h] X[k, s r + h - p], and its two gradients: the same products, summed over other letters."""
    op, attributes = OPS[of.node.op], of.node.attributes
    cut = len(of.indices) - len(op.output)
    if attributes["groups"] != 1 or any(isinstance(index, Entry) for index in of.indices[cut:]):
        return None
    d = (len(op.output) - 1) if op.output[-1] not in "hw" else len(op.output) - 2
    xs, ws, ys = ("pq"[-d:], "hw"[-d:], "rs"[-d:])
    shapes = [of.shape(k) for k in range(len(op.inputs))]
    sizes = {axis: size for axes, shape in zip(op.inputs, shapes, strict=True) for axis, size in zip(axes, shape[-len(axes) :], strict=True)}
    sizes |= zip(op.output, of.node.shape[cut:], strict=True)
    known: dict[str, Index] = {"k" if axis == "c" else axis: index for axis, index in zip(op.output, of.indices[cut:], strict=True)}
    pairs: list[tuple[Index, Dim]] = []
    for axis in ("o", "k", *ys, *ws):
        if axis not in known and not (axis in ws and xs[0] in known):  # the place in the window follows from the two others
            known[axis] = of.fresh(sizes[axis])
            pairs.append((known[axis], sizes[axis]))
    brackets = []
    for x, w, y, step, zeros in zip(xs, ws, ys, *(_each(attributes[name], d) for name in ("stride", "padding")), strict=True):
        start = added(multiplied(step, known[y]), zeros, -1)  # of the window, in X
        if x in known:
            known[w] = added(known[x], start, -1)
            brackets.append(within(0, known[w], sizes[w]))
        else:
            known[x] = added(start, known[w])
            brackets += [within(0, known[x], sizes[x])] if zeros != 0 else []
    factors = []
    for k in sorted(range(2), key=lambda k: op.inputs[k][0] == "c"):  # X last
        axes = op.inputs[k]
        loops = broadcasted(shapes[k][: -len(axes)], of.indices[:cut])
        factors.append(of.at(k, (*loops, *(known["k" if axis == "c" else axis] for axis in axes))))
    return summed(pairs, product(*brackets, *factors))


def _each(value: Any, d: int) -> tuple[Dim, ...]:
    return value if isinstance(value, tuple) else (value,) * d


RULES: dict[str, Rule] = {
    "identity": lambda of: of.looped(0), "fill": lambda of: of.looped(0), "einsum": _einsum,
    "sum": _reduced("sum"), "max": _reduced("max"), "min": _reduced("min"), "prod": _reduced("prod"), "count": _count, "mean": _mean,
    "norm2": _reduced("sum", "power"), "norm": _reduced("sum", "power", "sqrt"), "logsumexp": _reduced("sum", "exp", "log"),
    "softmax": _softmax, "log_softmax": _softmax, "weighted_logsumexp": _weighted_logsumexp,
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
