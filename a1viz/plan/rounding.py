"""Optional: identities of sums over a batch. What is the same for all examples leaves the sum, a number of each example goes where it is
cheapest, and a sum of logarithms is the logarithm of a product.

    sum_n (s_n w * m_n) x_n' = w * sum_n m_n (s_n x_n)'        s_n a number of each example, w a vector of all of them

Each is right for every value and rounds differently, by some units in the last place; a plan that must agree with `run` to the bit does
without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .outer_sums import summed_outers
from .row_identities import ROW_RULES, New, Rule, Users
from .simplify import apply
from .steps import BATCH, Step, Steps, dtype_of, users_of

OVER_BATCH = ("batch_sum", "batch_outer")


def shortened(steps: Steps, results: Sequence[int]) -> list[int]:
    """The numbers of steps equal to `results`, with less to do for them."""
    users = users_of(steps, results)
    new: dict[int, int] = {}
    for k in users:
        v = steps.items[k]
        steps.name = v.name
        found = RULES[v.op](steps, k, users, new) if v.op in RULES else None
        new[k] = steps.with_inputs(k, new) if found is None else found
    steps.replaced_by |= {k: n for k, n in new.items() if n != k}
    return [new[k] for k in results]


# --- factors ----------------------------------------------------------------------------------------------------------------------


class Product(NamedTuple):
    """A product of each example: numbers of each example, vectors of all of them, and the rest."""

    numbers: list[int]
    vectors: list[int]
    rest: list[int]


def _factors(steps: Steps, a: int, users: Users, new: New) -> Product | None:
    """The factors of a vector that nothing but sums over the batch reads; None if something else does, or if there is nothing to move."""
    items, found, waiting = steps.items, Product([], [], []), [a]
    core = items[a].core
    if any(items[u].op not in OVER_BATCH or items[u].inputs[0] != a for u in users[a]) or len(core) != 1:
        return None
    while waiting:
        k = waiting.pop()
        v = items[k]
        if v.op == "mul" and v.inputs[0] != v.inputs[1] and (k == a or len(users[k]) == 1):  # a tree: nothing is met twice
            waiting += reversed(v.inputs)
        elif not v.batched:
            found.vectors.append(new[k])
        else:
            (found.rest if v.core else found.numbers).append(new[k])
    is_plain = all(items[k].core == core for k in found.rest) and all(items[k].core in ((), core) for k in found.vectors)
    return found if is_plain and found.vectors and items[a].lead == BATCH else None


def _product(steps: Steps, factors: Sequence[int]) -> int:
    first, *others = factors
    for k in others:
        first = apply(steps, "mul", first, k)
    return first


def _batch_outer(steps: Steps, k: int, users: Users, new: New) -> int | None:
    """sum_n (s_n w * m_n) x_n' = w * sum_n m_n (s_n x_n)'; s_n stays with m_n where x_n is the longer of the two."""
    (a, x), v = steps.items[k].inputs, steps.items[k]
    found = _factors(steps, a, users, new)
    if found is None or steps.items[x].lead != BATCH:
        return None
    x = new[x]
    w = _product(steps, found.vectors)
    if steps.items[w].core:
        w = steps.put("column", [w], (v.core[0], 1), 0, steps.items[w].dtype)
    if found.numbers and (not found.rest or v.core[1] <= v.core[0]):
        s = _product(steps, found.numbers)
        if not found.rest:
            total = _over_batch(steps, "batch_weighted", [s, x], v.core[1:])
            return apply(steps, "mul", w, total) if len(steps.items[w].core) == 2 else None
        x = apply(steps, "mul", s, x)
        a = _product(steps, found.rest)
    else:
        a = _product(steps, found.numbers + found.rest)
    return apply(steps, "mul", w, _over_batch(steps, "batch_outer", [a, x], v.core))


def _batch_sum(steps: Steps, k: int, users: Users, new: New) -> int | None:
    """sum_n s_n w * m_n = w * sum_n s_n m_n."""
    v = steps.items[k]
    found = _factors(steps, v.inputs[0], users, new)
    if found is None:
        return None
    w = _product(steps, found.vectors)
    if found.numbers and found.rest:
        operands = [_product(steps, found.numbers), _product(steps, found.rest)]
        return apply(steps, "mul", w, _over_batch(steps, "batch_weighted", operands, v.core))
    a = _product(steps, found.numbers or found.rest)
    return apply(steps, "mul", w, _over_batch(steps, "batch_sum", [a], steps.items[a].core))


def _over_batch(steps: Steps, op: str, operands: Sequence[int], core: Sequence[int]) -> int:
    return steps.put(op, operands, core, 0, dtype_of([steps.items[i] for i in operands]))


def _add(steps: Steps, k: int, users: Users, new: New) -> int | None:
    """A sum of outer products as one product; W x + b of a short x as one operation."""
    found = summed_outers(steps, k, users, new)
    if found is not None:
        return found
    (product, b), v = steps.items[k].inputs, steps.items[k]
    p, bias = steps.items[product], steps.items[b]
    if p.op != "matvec" or len(users[product]) > 1 or bias.lead or bias.core != v.core or v.lead != BATCH or p.dtype != bias.dtype:
        return None
    W, x = p.inputs
    is_short = not steps.items[W].lead and steps.items[W].core[1] <= min(SHORT, v.core[0] // 2)
    return steps.put("affine", [new[W], new[x], new[b]], v.core, v.lead, v.dtype) if is_short else None


def _mul(steps: Steps, k: int, users: Users, new: New) -> int | None:
    """a (1 / b) = a / b: what is multiplied by a sigmoid that nothing else reads is divided by 1 + exp(-z)."""
    v = steps.items[k]
    for i, other in (v.inputs, v.inputs[::-1]):
        one = steps.items[i]
        if one.op == "div" and steps.number(one.inputs[0]) == 1 and len(users[i]) == 1 and other != i:
            return apply(steps, "div", new[other], new[one.inputs[1]])
    return None


RULES: dict[str, Rule] = {"batch_outer": _batch_outer, "batch_sum": _batch_sum, "add": _add, "mul": _mul, **ROW_RULES}
SHORT = 8  # entries


# --- totals -----------------------------------------------------------------------------------------------------------------------


def total_of(steps: Steps, k: int) -> int:
    """The sum over the batch of a value of each example; of a - b as it stands, where large numbers cancel within an example."""
    items, seen, waiting = steps.items, set(), [k]
    while waiting:
        i = waiting.pop()
        if i not in seen:
            seen.add(i)
            waiting += _terms(steps, i)
    found: dict[int, int] = {}
    for i in sorted(seen):  # inputs have smaller numbers
        terms, v = _terms(steps, i), items[i]
        if terms:
            found[i] = apply(steps, "add", *(found[j] for j in terms))
        elif v.op == "log1p" and not v.core and _is_at_most_one(steps, items[v.inputs[0]]):
            more = apply(steps, "add", steps.constant(1, v.dtype), v.inputs[0])
            found[i] = steps.put("batch_log1p", [more, v.inputs[0]], (), 0, v.dtype)
        else:
            found[i] = steps.put("batch_sum", [i], v.core, 0, v.dtype)
    return found[k]


def _terms(steps: Steps, k: int) -> Sequence[int]:
    """The two terms of a sum of numbers of each example; nothing, for anything else."""
    v = steps.items[k]
    return v.inputs if v.op == "add" and all(steps.items[i].batched for i in v.inputs) else ()


def _is_at_most_one(steps: Steps, e: Step) -> bool:
    """Whether a value is exp(-|x|)."""
    exponent = steps.items[e.inputs[0]] if e.op == "exp" else None
    return exponent is not None and exponent.op == "copysign" and steps.number(exponent.inputs[1]) == -1
