"""When an identity applies, and the attributes of its replacement that shapes decide: words that rows are written with.

A word stands with names after it, as in `ranks 1 a b`; it is asked with the graph so far and what the variables of the row's pattern stand
for, then with those names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..graph.formulas import split
from ..graph.nodes import Builder, Node
from ..graph.operators import LAST
from ..graph.shapes import Shape, without
from ..graph.sizes import Dim, added, multiplied
from .matching import terms

STRUCTURED = (
    "outer",
    "matmul",
    "untake",
    "scatter",
    "unslice",
    "pad_end",
    "pad_start",
    "conv1d_kernel",
    "conv2d_kernel",
    "einsum",
    "transpose",
)  # what an identity takes apart
# of positive values are positive
POSITIVE = ("add", "mul", "div", "sqrt", "sum", "mean", "prod", "max", "min", "inner", "expand", "squeeze", "identity")
ALWAYS_POSITIVE = ("exp", "softmax", "sigmoid", "erfc", "count", "size")
Found = Mapping[str, Any]  # what the variables of a pattern stand for
Bounds = tuple[tuple[Dim, Dim], ...]  # of a slice, along each axis


def _by_name(*functions: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    return {function.__name__: function for function in functions}


def is_structured(builder: Builder, name: str) -> bool:
    """Whether a value is what an identity takes apart, or a sum of values of which one is."""
    return any(_is_taken_apart(builder.nodes[term]) for term in terms(builder.nodes, name))


def _is_taken_apart(node: Node) -> bool:
    """A vector with one entry put somewhere is not: the norm of y' - e_t, taken apart, is added up of parts that cancel."""
    return node.op in STRUCTURED and not (node.op == "scatter" and len(node.shape) == 1)


def is_positive(builder: Builder, name: str) -> bool:
    """Whether exponentials, and what has none but positive values, are all that a value is made of by sums, products and powers."""
    waiting, seen = [name], {name}
    while waiting:
        node = builder.nodes[waiting.pop()]
        if node.op == "constant":
            if not node.number > 0:
                return False
        elif node.op not in ALWAYS_POSITIVE:
            parts = node.inputs[:1] if node.op in ("pick", "power") else node.inputs if node.op in POSITIVE else ()
            if not parts:
                return False
            waiting += [part for part in parts if part not in seen]
            seen.update(parts)
    return True


# --- conditions -----------------------------------------------------------------------------------------------------------------------


def ranks(builder: Builder, found: Found, rank: str, *names: str) -> bool:
    return all(len(builder.shape(found[n])) == int(rank) for n in names)


def looped(builder: Builder, found: Found) -> bool:
    """Whether the outer product of a and b is not that of two vectors alone."""
    return not ranks(builder, found, "1", "a", "b")


def same_shape(builder: Builder, found: Found, *names: str) -> bool:
    return len({builder.shape(found[n]) for n in names}) == 1


def positive(builder: Builder, found: Found, *names: str) -> bool:
    """Whether one of `names` is positive whatever it is computed from, and may round to 0."""
    return any(is_positive(builder, found[n]) for n in names)


def uncertain(builder: Builder, found: Found, name: str) -> bool:
    """Whether a value may be 0 by what it is computed from; the log of one that is not, such as a softmax, has identities of its own."""
    return not is_positive(builder, found[name])


def not_of_products(builder: Builder, found: Found) -> bool:
    """Whether a and b are not both products of matrices, of which an inner product would be taken apart again."""
    return not all(builder.nodes[found[n]].op == "matmul" for n in "ab")


def number_beside_more(builder: Builder, found: Found) -> bool:
    """Whether s is a number and a has as many axes as it is given."""
    return not builder.shape(found["s"]) and len(builder.shape(found["a"])) >= len(found["k"])


def structured(builder: Builder, found: Found, *names: str) -> bool:
    """Whether one of `names` is worth taking apart."""
    return any(is_structured(builder, found[n]) for n in names)


def unstructured(builder: Builder, found: Found, name: str) -> bool:
    return not is_structured(builder, found[name])


def structured_multiple(builder: Builder, found: Found) -> bool:
    """Whether s is a number in front of a value worth taking apart."""
    return not builder.shape(found["s"]) and bool(builder.shape(found["a"])) and is_structured(builder, found["a"])


def lacks(builder: Builder, found: Found, name: str) -> bool:
    """Whether an operand of a product has none of the axes in front that are summed over."""
    return over_loops(builder, found) and all(axis < -len(builder.shape(found[name])) for axis in found["axis"])


def over_loops(builder: Builder, found: Found) -> bool:
    """Whether a sum is over axes in front of a product's last two alone."""
    axes = found["axis"]
    return isinstance(axes, tuple) and max(axes) < -2


def of_a_leaf(builder: Builder, found: Found) -> bool:
    """Whether s is a number in front of a leaf, and A and B have the same axes in front."""
    A, B = builder.shape(found["A"]), builder.shape(found["B"])
    return not builder.shape(found["s"]) and builder.nodes[found["C"]].is_leaf and A[:-2] == B[:-2]


def full(builder: Builder, found: Found, name: str) -> bool:
    """Whether s has an entry for each row that it is put into, and a label for it: nothing is broadcast."""
    s, x, t = (builder.shape(found[n]) for n in ("s", name, "t" if "t" in found else "k"))
    broadcast = len(t) > len(s) or any(a not in (1, b) for a, b in zip(t[::-1], s[::-1], strict=False))
    return s == without(x, found.get("axis", LAST)) and not broadcast


def spans(builder: Builder, found: Found, name: str, *vectors: str) -> bool:
    """Whether a matrix has a row for each entry of the first vector, and a column for each of the second."""
    return builder.shape(found[name]) == sum((builder.shape(found[v]) for v in vectors), ())


def by_label(builder: Builder, found: Found) -> bool:
    return builder.nodes[found["t"]].op != "constant"


def ungrouped(builder: Builder, found: Found) -> bool:
    return bool(found["groups"] == 1)


def by_number(builder: Builder, found: Found) -> bool:
    return builder.nodes[found["k"]].op == "constant" and not builder.shape(found["k"])


def apart(builder: Builder, found: Found) -> bool:
    """Whether the parts i and k of an array have no entry in common."""
    pairs = zip(found["i"], found["k"], strict=True)
    return any(one[1] == other[0] or other[1] == one[0] or _before(one, other) or _before(other, one) for one, other in pairs)


def other_entry(builder: Builder, found: Found) -> bool:
    """Whether i and k are two numbers."""
    nodes = [builder.nodes[found[name]] for name in "ik"]
    return all(node.op == "constant" and not node.shape for node in nodes) and nodes[0].number != nodes[1].number


def _before(one: tuple[Dim, Dim], other: tuple[Dim, Dim]) -> bool:
    return isinstance(one[1], int) and isinstance(other[0], int) and one[1] <= other[0]


# --- attributes that shapes decide ------------------------------------------------------------------------------------------------------


def merged(builder: Builder, found: Found) -> dict[str, Any] | None:
    """How the rows of A.T and of B, along axes in front and along that which a product sums over, become those of one matrix each."""
    A, B, axes = builder.shape(found["A"]), builder.shape(found["B"]), found["axis"]
    if not over_loops(builder, found) or min(axes) < -min(len(A), len(B)) or any(A[axis] != B[axis] for axis in axes):
        return None
    (p, u), (q, v) = _rows(A, axes, -1, -2), _rows(B, axes, -2, -1)
    return {"p": p, "u": u, "q": q, "v": v}


def _rows(shape: Shape, axes: Sequence[int], along: int, last: int) -> tuple[tuple[int, ...], Shape]:
    """The order of the axes, and the shape with those summed over as one."""
    kept = [axis for axis in range(-len(shape), -2) if axis not in axes]
    rows = multiplied(*(shape[axis] for axis in (*axes, along)))
    return (*kept, *axes, along, last), (*(shape[axis] for axis in kept), rows, shape[last])


def parts_of_factors(builder: Builder, found: Found) -> dict[str, Any] | None:
    """Which parts of the factors of a matrix make up one of its parts."""
    rows, columns = found["index"][-2:]
    if len(found["index"]) != 2:
        return None
    if "a" in found:
        return {"i": (rows,), "k": (columns,)}
    (_, inner), (_, n) = builder.shape(found["A"]), builder.shape(found["B"])
    assert n is not None
    return {"i": (rows, (0, inner)), "k": ((0, inner), columns)}


def as_part(builder: Builder, found: Found) -> dict[str, Any]:
    """A fixed entry along an axis as a slice."""
    shape, axis, k = builder.shape(found["x"]), found["axis"], int(builder.nodes[found["k"]].number)
    return {"at": (axis,), "index": tuple((k, k + 1) if j - len(shape) == axis else (0, size) for j, size in enumerate(shape))}


def first_entries(builder: Builder, found: Found) -> dict[str, Any]:
    """The first entries along an axis, as many as x has, as a slice."""
    return {"index": _bounds(builder, found, is_first=True)}


def last_entries(builder: Builder, found: Found) -> dict[str, Any]:
    return {"index": _bounds(builder, found, is_first=False)}


def _bounds(builder: Builder, found: Found, is_first: bool) -> Bounds:
    shape, axis = builder.shape(found["A"]), found["axis"]
    size = builder.shape(found["x"])[axis]
    part = (0, size) if is_first else (added(shape[axis], size, -1), shape[axis])
    return tuple(part if k - len(shape) == axis else (0, length) for k, length in enumerate(shape))


def both_permutations(builder: Builder, found: Found) -> dict[str, Any]:
    """One permutation after the other as one."""
    rank = len(builder.shape(found["A"]))
    p, q = (found[name] or (*range(-rank, -2), -1, -2) for name in "pq")
    return {"r": tuple(p[axis] for axis in q)}


def in_order(builder: Builder, found: Found) -> bool:
    """Whether a permutation changes nothing."""
    return found["p"] is not None and all(k - axis == len(found["p"]) for k, axis in enumerate(found["p"]))


def undone(builder: Builder, found: Found) -> bool:
    """Whether one permutation puts back what the other changed."""
    r = both_permutations(builder, found)["r"]
    return bool(r == tuple(range(-len(r), 0)))


def own_shape(builder: Builder, found: Found, name: str) -> dict[str, Any]:
    return {"shape": builder.shape(found[name])}


def positions_as_one(builder: Builder, found: Found) -> dict[str, Any]:
    channels, *positions = builder.shape(found["b"])
    return {"u": (channels, multiplied(*positions))}


def alone(builder: Builder, found: Found, name: str) -> dict[str, Any] | None:
    """The axes of one operand of an einsum of two whose letters nothing else has, and the formula without them."""
    k = "AB".index(name)
    operands, result = split(found["formula"])
    own, other = operands[k], operands[1 - k] + result
    axes = tuple(j - len(own) for j, letter in enumerate(own) if letter not in other and own.count(letter) == 1)
    operands[k] = "".join(letter for letter in own if letter in other or own.count(letter) > 1)
    return {"axis": axes, "g": f"{','.join(operands)}->{result}"} if axes else None


def as_product(builder: Builder, found: Found) -> dict[str, Any] | None:
    """An einsum of two operands as a product of matrices: letters in both and the result are loops, others in both are summed over."""
    (first, second), result = split(found["formula"])
    sizes = dict(zip(first + second, builder.shape(found["A"]) + builder.shape(found["B"]), strict=True))
    rows, columns = ([c for c in own if c in result and c not in other] for own, other in ((first, second), (second, first)))
    loops, summed = [c for c in result if c in first and c in second], [c for c in first if c in second and c not in result]
    if (
        not (rows and columns)
        or len({*first}) + len({*second}) < len(first + second)
        or {*first, *second} - {*rows, *columns, *loops, *summed}
    ):
        return None

    def order(letters: Sequence[str], of: Sequence[str]) -> tuple[int, ...]:
        return tuple(of.index(c) - len(of) for c in letters)

    def shape(*groups: Sequence[str]) -> Shape:
        return (*(sizes[c] for c in loops), *(multiplied(*(sizes[c] for c in group)) for group in groups))

    whole = [*loops, *rows, *columns]
    return {
        "p": order([*loops, *rows, *summed], first), "u": shape(rows, summed), "q": order([*loops, *summed, *columns], second),
        "v": shape(summed, columns), "w": tuple(sizes[c] for c in whole), "r": order(result, whole),
    }  # fmt: skip


CONDITIONS = _by_name(
    apart, by_label, by_number, full, in_order, lacks, looped, not_of_products, number_beside_more, of_a_leaf, other_entry, over_loops,
    positive, ranks, same_shape, spans, structured, structured_multiple, uncertain, undone, ungrouped, unstructured,
)  # fmt: skip
ATTRIBUTES = _by_name(
    alone, as_part, as_product, both_permutations, first_entries, last_entries, merged, own_shape, parts_of_factors, positions_as_one
)
