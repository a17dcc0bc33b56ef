r"""How operators along axes and on entries are printed: \sum_j, \frac{1}{N} \sum_i x_i, E_{3,:}, unit vectors. Serves `notation`.

Each rule gets the equation that is being printed, the node, its printed operands and their ranks; None leaves it to the table.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..graph.nodes import Node
from ..graph.operators import ATOM, FUNCTION, POWER, PRODUCT, SUM, SUPERSCRIPT
from ..graph.sizes import Dim, added
from .indexing import Writing, axes_of, entry, how_many, is_entrywise, joined, letters_of, parts_of, picked, place_of
from .letters import size_latex
from .maths import Maths, composed, parenthesised, product, transposed, with_below

ROW, COLUMN = r" ; ", r" \mid "  # blocks below one another, and side by side


# --- along axes ---------------------------------------------------------------------------------------------------------------


def along(sign: str, writing: Writing, node: Node, operands: Sequence[Maths], ranks: Sequence[int]) -> Maths:
    r"""A sum or a product: of the whole value by its entries, else with the letters of its axes below the sign."""
    axes = axes_of(node, ranks[0])
    if not axes or len(axes) == ranks[0]:
        letters = letters_of(writing, range(ranks[0]))
        return composed(rf"\{sign}_{{{{{{at}}}}}} {{0:18}}", FUNCTION, entry(writing, node.inputs[0], list(letters)), at=letters)
    return composed(rf"\{sign}_{{{{{{at}}}}}} {{0:18}}", FUNCTION, operands[0], at=letters_of(writing, axes))


def sum_of(writing: Writing, node: Node, operands: Sequence[Maths], ranks: Sequence[int]) -> Maths | None:
    """A sum; over the rows or the columns of a plain matrix the product with a vector of ones."""
    if not ranks[0]:
        return operands[0]
    axes = axes_of(node, ranks[0])
    if ranks[0] == 2 and len(axes) == 1 and operands[0].binding >= SUPERSCRIPT:
        if axes == [0] and node.attributes["keepdims"]:
            return Maths(rf"\mathbf{{1}}^{{\top}} {operands[0]}", PRODUCT)
        return Maths(rf"{transposed(operands[0], operands[0].binding) if axes == [0] else operands[0]} \mathbf{{1}}", PRODUCT)
    return along("sum", writing, node, operands, ranks)


def prod_of(writing: Writing, node: Node, operands: Sequence[Maths], ranks: Sequence[int]) -> Maths | None:
    return along("prod", writing, node, operands, ranks) if ranks[0] else operands[0]


def mean_of(writing: Writing, node: Node, operands: Sequence[Maths], ranks: Sequence[int]) -> Maths | None:
    if not ranks[0]:
        return operands[0]
    total = along("sum", writing, node, operands, ranks)
    size = how_many(writing.node(node.inputs[0]).shape, axes_of(node, ranks[0]))
    below = parenthesised(size) if " " in size else size
    return Maths(rf"\frac{{1}}{{{size}}} {total}", FUNCTION, Maths(rf"1 / {below} \, {total.flat or total}", FUNCTION))


def count_of(writing: Writing, node: Node, operands: Sequence[Maths], ranks: Sequence[int]) -> Maths | None:
    """The size itself."""
    size = how_many(writing.node(node.inputs[0]).shape, axes_of(node, ranks[0]))
    return Maths(size, SUM if " + " in size or " - " in size else PRODUCT if " " in size else ATOM)


def norm_of(writing: Writing, node: Node, operands: Sequence[Maths], ranks: Sequence[int]) -> Maths | None:
    """The norm of the whole value; along some axes the root of a sum of squares."""
    if not ranks[0]:
        return composed("|{0}|", ATOM, operands[0])
    if len(axes_of(node, ranks[0])) in (0, ranks[0]):
        return composed(r"\| {0} \|_{{{kind}}}", ATOM, operands[0], kind=_kind(ranks[0]))
    return composed(r"\sqrt{{{0}}}", ATOM, _squares(writing, node, operands, ranks))


def norm2_of(writing: Writing, node: Node, operands: Sequence[Maths], ranks: Sequence[int]) -> Maths | None:
    if not ranks[0]:
        return composed("{0:36}^{{2}}", POWER, operands[0])
    if len(axes_of(node, ranks[0])) in (0, ranks[0]):
        return composed(r"\| {0} \|_{{{kind}}}^{{2}}", POWER, operands[0], kind=_kind(ranks[0]))
    return _squares(writing, node, operands, ranks)


def _kind(rank: int) -> str:
    return "2" if rank == 1 else "F"


def _squares(writing: Writing, node: Node, operands: Sequence[Maths], ranks: Sequence[int]) -> Maths:
    return along("sum", writing, node, [composed("{0:36}^{{2}}", POWER, operands[0])], ranks)


# --- entries and parts ----------------------------------------------------------------------------------------------------------


def pick_of(writing: Writing, node: Node, operands: Sequence[Maths], ranks: Sequence[int]) -> Maths | None:
    """An entry at a fixed place or a class label: y'_t, or the sum over k with the indicator of t = k, as on paper."""
    vector, index = (writing.node(i) for i in node.inputs)
    place = axes_of(node, ranks[0])[0]
    if ranks[1]:
        return _picked_of_each(writing, node, ranks, place)
    at = place_of(writing, index.name)
    if ranks[0] == 1 and index.op == "label" and not vector.is_declared and is_entrywise(writing, vector):
        summand = entry(writing, vector.name, ["k"])
        before = rf"\sum_{{k=1}}^{{{size_latex(index.value)}}} \mathbb{{I}}[{at} = k] \, "
        flat = summand.flat and Maths(f"{before}{summand.flat:18}", FUNCTION)
        return Maths(f"{before}{summand:18}", FUNCTION, flat)
    if vector.op == "log_softmax" and ranks[0] == 1 and not vector.is_declared:  # the subscript belongs to the softmax
        return Maths(rf"{operands[0]}_{{{at}}}", FUNCTION)
    if vector.op == "pick" and ranks[0] == 1 and not vector.is_declared:  # E[1, 3] has one subscript
        found = picked(writing, vector, [at])
        return entry(writing, *found) if found else writing.below(vector.name, [at], True)
    return writing.below(vector.name, [*":" * place, at, *":" * (ranks[0] - 1 - place)], ranks[0] == 1)


def _picked_of_each(writing: Writing, node: Node, ranks: Sequence[int], place: int) -> Maths:
    """Of each row the entry that a vector of labels names; of one vector all that it names."""
    x, t = node.inputs
    if ranks[0] == 1:
        return with_below(writing.operand(x), str(writing.operand(t)))
    letters = letters_of(writing, range(ranks[0]))
    if ranks != [2, 1]:
        return composed(r"\mathrm{{pick}}_{{{at}}}({0}, {1})", ATOM, writing.operand(x), writing.operand(t), at=letters[place])
    other = letters[1 - place]
    found = picked(writing, node, [other])
    assert found is not None, "of a matrix with a vector of labels it always is"
    return Maths(rf"({entry(writing, *found)})_{{{other}}}", ATOM)


def take_of(writing: Writing, node: Node, operands: Sequence[Maths], ranks: Sequence[int]) -> Maths | None:
    """The rows that labels name."""
    at = place_of(writing, node.inputs[1])
    return writing.below(node.inputs[0], [at, *":" * (ranks[0] - 1)], ranks[0] == 1 and not ranks[1])


def retake_of(writing: Writing, node: Node, operands: Sequence[Maths], ranks: Sequence[int]) -> Maths | None:
    scattered = composed(r"\mathrm{{scatter}}({0}, {1})", ATOM, *operands[:2])
    return with_below(scattered, joined([place_of(writing, node.inputs[2]), *":" * (ranks[0] - 1)]))


def slice_of(writing: Writing, node: Node, operands: Sequence[Maths], ranks: Sequence[int]) -> Maths | None:
    of = writing.node(node.inputs[0])
    return writing.below(of.name, parts_of(node.attributes["index"], of.shape), False)


def unslice_of(writing: Writing, node: Node, operands: Sequence[Maths], ranks: Sequence[int]) -> Maths | None:
    """Where a part goes is said below the sign."""
    parts = ",".join(parts_of(node.attributes["index"], writing.node(node.inputs[1]).shape))
    return composed(r"\mathrm{{place}}_{{{parts}}}({0})", ATOM, operands[0], parts=parts)


def head_of(writing: Writing, node: Node, operands: Sequence[Maths], ranks: Sequence[int]) -> Maths | None:
    """The first entries, or the last, along an axis, as many as another value has."""
    shape, own = writing.node(node.inputs[0]).shape, node.shape
    axis = axes_of(node, ranks[0])[0]
    bounds: list[tuple[Dim, Dim]] = [(0, size) for size in shape]
    bounds[axis] = (0, own[axis]) if node.op == "head" else (added(shape[axis], own[axis], -1), shape[axis])
    return writing.below(node.inputs[0], parts_of(bounds, shape), False)


def scatter_of(writing: Writing, node: Node, operands: Sequence[Maths], ranks: Sequence[int]) -> Maths | None:
    """A number at one place of zeros: a unit vector; a column and a row at their places; a row each at its label."""
    s, at, rank = operands[0], place_of(writing, node.inputs[1]), len(node.shape)
    axis = axes_of(node, rank)[0]
    if rank == 1 and not ranks[1]:
        unit = Maths(f"{writing.symbols.unit}_{{{at}}}", ATOM)
        return unit if s == "1" else product(s, unit)
    if rank == 2 and ranks[1] == 0:
        unit = Maths(f"{writing.symbols.unit}_{{{at}}}", ATOM)
        line = s if ranks[0] else product(s, Maths(r"\mathbf{1}")) if s != "1" else Maths(r"\mathbf{1}")
        left, right = (unit, line) if axis == 0 else (line, unit)
        return Maths(rf"{left:20} \, {right:T}", PRODUCT)
    if rank == 2 and ranks[1] == 1 and ranks[0] < 2:
        labels = Maths(rf"\mathrm{{onehot}}({operands[1]})", ATOM)
        labels = labels if axis == 1 else Maths(rf"{labels:T}", SUPERSCRIPT)
        if not ranks[0]:
            return labels if s == "1" else product(s, labels)
        diagonal = composed(r"\mathrm{{diag}}({0})", ATOM, s)
        return product(diagonal, labels) if axis == 1 else product(labels, diagonal)
    letters = letters_of(writing, [axis])
    return composed(r"\mathrm{{scatter}}_{{{axis}}}({0}, {1})", ATOM, s, Maths(at), axis=letters)


# --- put together -------------------------------------------------------------------------------------------------------------


def stack_of(writing: Writing, node: Node, operands: Sequence[Maths], ranks: Sequence[int]) -> Maths | None:
    """Numbers as a column, vectors as rows or as columns."""
    rank, axis = len(node.shape), axes_of(node, len(node.shape))[0]
    inside = composed(r",\, ".join(f"{{{k}}}" for k in range(len(operands))), ATOM, *operands)
    if rank <= 2:
        return composed("({0})" + (r"^{{\top}}" if axis == 0 else ""), SUPERSCRIPT if axis == 0 else ATOM, inside)
    return composed(r"\mathrm{{stack}}_{{{axis}}}({0})", ATOM, inside, axis=letters_of(writing, [axis]))


def concatenate_of(writing: Writing, node: Node, operands: Sequence[Maths], ranks: Sequence[int]) -> Maths | None:
    rank, axis = len(node.shape), axes_of(node, len(node.shape))[0]
    if rank <= 2:
        return composed(f"[{{0}}{ROW if axis == 0 else COLUMN}{{1}}]", ATOM, *operands)
    return composed(r"\mathrm{{concat}}_{{{axis}}}({0}, {1})", ATOM, *operands, axis=letters_of(writing, [axis]))


def pad_of(writing: Writing, node: Node, operands: Sequence[Maths], ranks: Sequence[int]) -> Maths | None:
    """A value with zeros after it, or before."""
    rank, axis = len(node.shape), axes_of(node, len(node.shape))[0]
    zeros = Maths(r"\mathbf{0}")
    parts = [operands[0], zeros] if node.op == "pad_end" else [zeros, operands[0]]
    if rank <= 2:
        return composed(f"[{{0}}{ROW if axis == 0 else COLUMN}{{1}}]", ATOM, *parts)
    return composed(r"\mathrm{{concat}}_{{{axis}}}({0}, {1})", ATOM, *parts, axis=letters_of(writing, [axis]))


def fill_of(writing: Writing, node: Node, operands: Sequence[Maths], ranks: Sequence[int]) -> Maths | None:
    """A number everywhere: times the ones of that shape; a vector in every row."""
    rank, s = len(node.shape), operands[0]
    if not rank or writing.node(node.inputs[0]).shape == node.shape:
        return s
    if str(s) == "0":
        return Maths(r"\mathbf{0}", ATOM)
    own = writing.node(node.inputs[0]).shape
    if rank == 2 and own:
        if len(own) == 1 or (len(own) == 2 and own[1] == node.shape[1]):
            line = transposed(s, s.binding) if len(own) == 1 else f"{s:20}"
            return Maths(rf"\mathbf{{1}} \, {line}", PRODUCT)
        return Maths(rf"{s:20} \, \mathbf{{1}}^{{\top}}", PRODUCT)
    ones = Maths({1: r"\mathbf{1}", 2: r"\mathbf{1} \mathbf{1}^{\top}"}.get(rank, r"\mathbf{1}"), ATOM if rank == 1 else PRODUCT)
    return ones if str(s) == "1" else product(s, ones)


def transpose_of(writing: Writing, node: Node, operands: Sequence[Maths], ranks: Sequence[int]) -> Maths | None:
    """A transposed matrix; axes in another order are named."""
    axes = node.attributes["axes"]
    if axes is not None:
        letters = letters_of(writing, [axis + ranks[0] for axis in axes])
        return composed(r"\mathrm{{transpose}}_{{{letters}}}({0})", ATOM, operands[0], letters=letters)
    of = writing.node(node.inputs[0])
    if of.op == "inv" and not of.is_declared:
        return Maths(operands[0].removesuffix("^{-1}") + r"^{-\top}", POWER)
    return composed("{0:T}", SUPERSCRIPT, operands[0])


def expand_of(writing: Writing, node: Node, operands: Sequence[Maths], ranks: Sequence[int]) -> Maths | None:
    """A vector as a row is its transpose."""
    return composed("{0:T}", SUPERSCRIPT, operands[0]) if ranks == [1] and node.attrs == (("axis", (-2,)),) else None


INDEXED = {
    "sum": sum_of, "prod": prod_of, "mean": mean_of, "count": count_of, "norm": norm_of, "norm2": norm2_of, "pick": pick_of,
    "take": take_of, "retake": retake_of, "slice": slice_of, "unslice": unslice_of, "head": head_of, "tail": head_of,
    "scatter": scatter_of, "stack": stack_of, "concatenate": concatenate_of, "pad_end": pad_of, "pad_start": pad_of, "fill": fill_of,
    "transpose": transpose_of, "expand": expand_of,
}  # fmt: skip
