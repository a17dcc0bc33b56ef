"""Optional: a sum of outer products, as a weight has one that is used at every step of a sequence, is a product of two matrices.

a_1 b_1' + ... + a_T b_T' = [a_1 ... a_T] [b_1 ... b_T]'         adds up in another order
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .references import ALL
from .simplify import apply
from .steps import Steps

MANY = 4  # outer products from which on the vectors are put beside each other
PRODUCTS = {"outer": "matmul", "batch_outer": "batch_matmul"}


def summed_outers(steps: Steps, k: int, users: Mapping[int, Sequence[int]], new: Mapping[int, int]) -> int | None:
    """A sum with many outer products among its terms; asked of the last addition alone."""
    items, v = steps.items, steps.items[k]
    if len(users[k]) == 1 and items[users[k][0]].op == "add":
        return None
    terms = _terms(steps, k, users)
    outers = [t for t in terms if _is_outer(steps, t, k) and len(users[t]) == 1]
    if len(outers) < MANY or len({items[t].op for t in outers}) > 1:
        return None
    op = items[outers[0]].op
    outers.sort(key=lambda t: items[t].inputs, reverse=True)  # the last error signal is computed first: in the order of the steps
    left, right = ([new[items[t].inputs[side]] for t in outers] for side in (0, 1))
    A, B = _rows(steps, left), _rows(steps, right)
    a = items[A]
    turned = steps.put("transpose", [A], a.core[::-1], a.lead, a.dtype)
    found = steps.put(PRODUCTS[op], [turned, B], v.core, 0, v.dtype)
    for t in terms:
        if t not in set(outers):
            found = apply(steps, "add", found, new[t])
    return found


def _terms(steps: Steps, k: int, users: Mapping[int, Sequence[int]]) -> list[int]:
    """What is added up, of one shape; a sum that something else reads too is one term."""
    items, found, waiting = steps.items, [], [k]
    while waiting:
        i = waiting.pop()
        is_sum = items[i].op == "add" and items[i].core == items[k].core and len(set(items[i].inputs)) == 2
        if is_sum and (i == k or len(users[i]) == 1):
            waiting += reversed(items[i].inputs)
        else:
            found.append(i)
    return found


def _is_outer(steps: Steps, t: int, k: int) -> bool:
    """Whether a term is an outer product of two vectors, of one example or summed over the batch."""
    v, (a, *_) = steps.items[t], steps.items[t].inputs or (t,)
    whole = steps.items[k]
    is_alike = (v.core, v.lead, v.dtype) == (whole.core, 0, whole.dtype) and len(v.core) == 2
    return v.op in PRODUCTS and is_alike and all(steps.items[i].dtype == v.dtype for i in v.inputs) and steps.items[a].core == v.core[:1]


def _rows(steps: Steps, vectors: Sequence[int]) -> int:
    """Vectors below each other: the rows of an array they are taken from in order, or a copy."""
    items, first = steps.items, steps.items[vectors[0]]
    places = [_row_of(steps, k) for k in vectors]
    base, start = places[0]
    if base is not None and places == [(base, start + j) for j in range(len(places))]:
        if len(places) == items[base].core[0]:
            return base
        part = ((start, start + len(places)), ALL)
        return steps.put("slice", [base], (len(places), *first.core), first.lead, first.dtype, part)
    return steps.put("stack", vectors, (len(vectors), *first.core), first.lead, first.dtype, -2)


def _row_of(steps: Steps, k: int) -> tuple[int | None, int]:
    """The matrix, and the row of it, that a vector is."""
    v = steps.items[k]
    if v.op == "slice" and len(v.extra) == 2 and isinstance(v.extra[0], int) and v.extra[1] == ALL:
        return v.inputs[0], v.extra[0]
    return None, 0
