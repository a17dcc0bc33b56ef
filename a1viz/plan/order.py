"""In which order the values of a plan are computed.

What has no batch axis comes first. Numbers that are small beside what they are made of, and results, come as soon as they can: what they
are made of is in the cache then, and free after.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from .calls import UFUNCS, VIEWS
from .identities import users_of
from .values import Values

Schedule = tuple[list[int], dict[int, int]]
SMALL = 8  # a value with at most an eighth of its operand's entries is computed early


def schedule(values: Values, results: Sequence[int]) -> Schedule:
    """What the results need, each after its inputs; and the values that only a result is made of, with that result."""
    items = values.items
    users, results = users_of(values, results), frozenset(results)
    lone = {k: u[0] for k, u in users.items() if len(u) == 1 and k not in results}
    targets = results.union(i for k in users if items[k].op == "join" for i in items[k].inputs)
    handed_on = {k: u for k, u in lone.items() if _is_handed_on(values, k, u, targets)}
    handed_on = {k: u for u, k in {u: k for k, u in sorted(handed_on.items())}.items()}  # one for a result
    early = {k for k in users if k in results or k in handed_on or _is_small(values, k)}
    return _ordered(values, users, early), handed_on


def _ordered(values: Values, users: dict[int, list[int]], early: set[int]) -> list[int]:
    """What has no batch axis first; what is early as soon as its inputs are there; the rest as the graph has it."""
    items = values.items
    rest: set[int] = set()  # what has a batch axis, or is made of what has one
    for k in users:
        if items[k].batched or not rest.isdisjoint(items[k].inputs):
            rest.add(k)
    missing = {k: len(dict.fromkeys(items[k].inputs)) for k in users}
    order: list[int] = []
    done: set[int] = set()
    for start in sorted(users, key=rest.__contains__):
        is_once = start not in rest
        ready = [] if start in done else [start]
        while ready:
            k = ready.pop()
            order.append(k)
            done.add(k)
            for user in reversed(users[k]):
                missing[user] -= 1
                if not missing[user] and user in early and user not in done and not (is_once and user in rest):
                    ready.append(user)
    return order


def _is_handed_on(values: Values, k: int, user: int, targets: frozenset[int]) -> bool:
    """Whether `user`, which has a place of its own, can be computed there from `k`, which is computed there first."""
    if user not in targets:
        return False
    v, u = values.items[k], values.items[user]
    is_alike = (v.core, v.lead, v.dtype) == (u.core, u.lead, u.dtype) and (v.lead or math.prod(v.core) > 1)
    is_changed = u.op in UFUNCS or (u.op in ("less_at", "less_at_fixed") and u.inputs[0] == k)
    return is_alike and is_changed and v.op not in (*VIEWS, "leaf", "unit", "constant")


def sums_of(values: Values, order: Iterable[int]) -> list[int]:
    """The values without a batch axis that are made of one with it at once: the sums themselves."""
    items = values.items
    return [k for k in order if not items[k].batched and any(items[i].batched for i in items[k].inputs)]


def sums_over_batch(values: Values, needed: Iterable[int]) -> set[int]:
    """Values without a batch axis that are made of ones with it."""
    found: set[int] = set()
    for k in sorted(needed):
        if not values.items[k].batched and any(values.items[i].batched or i in found for i in values.items[k].inputs):
            found.add(k)
    return found


def _is_small(values: Values, k: int) -> bool:
    v = values.items[k]
    if not v.inputs or v.op in VIEWS:
        return False
    most = max(math.prod(values.items[i].core) for i in v.inputs)
    return most <= 1 or math.prod(v.core) * SMALL <= most
