"""Optional: identities of sums along rows and of axes in another order, for attention and layer norm. They round differently.

    sum_j -a_j b_j / s = -(a . b) / s         what is the same along a row leaves its sum, and the sum of products is an inner product

A product of matrices whose axes are put in another order and then read as one is stored in that order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from .operations import is_one_piece
from .simplify import apply
from .steps import Steps
from .sums import FEW

Users = Mapping[int, Sequence[int]]
New = Mapping[int, int]  # a value -> the one that stands for it now
Rule = Callable[[Steps, int, Users, New], "int | None"]
DEEP = 16  # factors that leave a sum, at most


def _rowsum(steps: Steps, k: int, users: Users, new: New) -> int | None:
    items, x = steps.items, steps.items[k].inputs[0]
    outside: list[tuple[str, int | None]] = []  # what is done with the sum afterwards, the last first
    while len(users[x]) == 1 and len(outside) < DEEP:
        v = items[x]
        if v.op == "neg":
            outside.append(("neg", None))
            x = v.inputs[0]
            continue
        number = None
        if v.op in ("mul", "div"):
            number = next((j for j, i in enumerate(v.inputs) if items[i].core in ((), (*v.core[:-1], 1))), None)
        if number is None or (v.op == "div" and number == 0) or items[v.inputs[1 - number]].core != v.core or v.core[-1] == 1:
            break
        outside.append((v.op, v.inputs[number]))
        x = v.inputs[1 - number]
    v = items[x]
    if len(users[x]) == 1 and v.op == "mul" and all((items[i].core, items[i].dtype) == (v.core, v.dtype) for i in v.inputs):
        found = steps.put("rowdot", [new[i] for i in v.inputs], (*v.core[:-1], 1), v.lead, v.dtype)
    elif not outside:
        return None
    else:
        found = steps.reduced("rowsum", new[x])
    for op, factor in reversed(outside):
        found = apply(steps, op, found) if factor is None else apply(steps, op, found, new[factor])
    return found if _is_alike(steps, found, k) else None


def _is_alike(steps: Steps, k: int, other: int) -> bool:
    a, b = steps.items[k], steps.items[other]
    return (a.core, a.lead, a.dtype) == (b.core, b.lead, b.dtype)


def _div(steps: Steps, k: int, users: Users, new: New) -> int | None:
    """The sum of a row by the number of its entries is a mean."""
    total, number = (steps.items[new[i]] for i in steps.items[k].inputs)
    if total.op != "rowsum" or len(users[steps.items[k].inputs[0]]) > 1 or not number.is_constant:
        return None
    x = steps.items[total.inputs[0]]
    if number.extra != x.core[-1] or x.core[-1] > FEW or x.dtype != total.dtype or number.dtype != x.dtype:
        return None
    return steps.put("rowmean", total.inputs, total.core, total.lead, total.dtype)


def _permuted(steps: Steps, k: int, users: Users, new: New) -> int | None:
    (x,), v = steps.items[k].inputs, steps.items[k]
    product = steps.items[x]
    is_read_as_one = any(steps.items[u].op == "reshape" for u in users[k])
    if product.op != "matmul" or product.extra is not None or len(users[x]) > 1 or not is_read_as_one:
        return None
    return steps.put("matmul", [new[i] for i in product.inputs], v.core, v.lead, v.dtype, v.extra)


def _reshape(steps: Steps, k: int, users: Users, new: New) -> int | None:
    (x,), v = steps.items[k].inputs, steps.items[k]
    return steps.put("reshaped", [new[x]], v.core, v.lead, v.dtype) if is_one_piece(steps, new[x]) else None


ROW_RULES: dict[str, Rule] = {"rowsum": _rowsum, "div": _div, "permuted": _permuted, "reshape": _reshape}
