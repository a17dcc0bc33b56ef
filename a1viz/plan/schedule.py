"""In which order the steps run, how long their values are read, and where those go that must be somewhere. Frozen once it is made.

What has no batch axis comes first. Numbers that are small beside what they are made of, and results, come as soon as they can: what they
are made of is in the cache then, and free after.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from .steps import Steps, users_of
from .table import row_of

SMALL = 8  # a value with at most an eighth of its operand's entries is computed early


@dataclass(frozen=True)
class Order:
    """The steps that the results need, each after its operands."""

    steps: tuple[int, ...]
    targets: Mapping[int, int]  # values that only a result is made of, in whose place they are computed


@dataclass(frozen=True)
class Schedule:
    """The order, and what it makes of each value where the batch is gone through at once or in tiles."""

    order: Order
    results: tuple[int, ...]
    outputs: Mapping[int, int]  # value -> the first result that it is
    tiled: bool
    late: frozenset[int]  # what is made of sums over the batch, after all tiles
    sums: frozenset[int]  # the sums themselves, which are added up from tile to tile
    root: Mapping[int, int]  # the value that another one is a view of, or itself
    last: Mapping[int, int]  # when a root is read for the last time


def ordered(steps: Steps, results: Sequence[int]) -> Order:
    """What the results need, and the values that only a result is made of, with that result."""
    items = steps.items
    users, wanted = users_of(steps, results), frozenset(results)
    lone = {k: u[0] for k, u in users.items() if len(u) == 1 and k not in wanted}
    targets = wanted.union(i for k in users if items[k].op == "blocks" for i in items[k].inputs)
    handed_on = {k: u for k, u in lone.items() if u in targets and _is_handed_on(steps, k, u)}
    handed_on = {k: u for u, k in {u: k for k, u in sorted(handed_on.items())}.items()}  # one for a result
    early = {k for k in users if k in wanted or k in handed_on or _is_small(steps, k)}
    return Order(tuple(_in_order(steps, users, early)), handed_on)


def _in_order(steps: Steps, users: Mapping[int, Sequence[int]], early: Container[int]) -> list[int]:
    """What has no batch axis first; what is early as soon as its operands are there; the rest as the graph has it."""
    items = steps.items
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


def _is_handed_on(steps: Steps, k: int, user: int) -> bool:
    """Whether `user`, which has a place of its own, can be computed there from `k`, which is computed there first."""
    v, u = steps.items[k], steps.items[user]
    is_alike = (v.core, v.lead, v.dtype) == (u.core, u.lead, u.dtype) and bool(v.lead or math.prod(v.core) > 1)
    return is_alike and any(u.inputs[j] == k for j in row_of(u.op).overwrites) and row_of(v.op).is_computed


def _is_small(steps: Steps, k: int) -> bool:
    v = steps.items[k]
    if not v.inputs or not row_of(v.op).is_computed:
        return False
    most = max(math.prod(steps.items[i].core) for i in v.inputs)
    return most <= 1 or math.prod(v.core) * SMALL <= most


def scheduled(steps: Steps, order: Order, results: Sequence[int], tiled: bool) -> Schedule:
    """How long each value is needed."""
    late = sums_over_batch(steps, order.steps) if tiled else frozenset()
    outputs: dict[int, int] = {}
    for j, k in enumerate(results):
        outputs.setdefault(k, j)
    root, last = _lives(steps, order.steps, late if tiled else None)
    for j, k in enumerate(results):
        if outputs[k] != j:  # copied at the end of all
            last[root[k]] = len(order.steps)
    return Schedule(order, tuple(results), outputs, tiled, late, frozenset(sums_of(steps, late)), root, last)


def _lives(steps: Steps, order: Sequence[int], late: Collection[int] | None) -> tuple[dict[int, int], dict[int, int]]:
    """Which value each is a view of, and when that is read for the last time; `late` is None where there are no tiles."""
    items = steps.items
    root: dict[int, int] = {}
    last: dict[int, int] = {}
    for now, k in enumerate(order):
        root[k] = root[items[k].inputs[0]] if row_of(items[k].op).view else k
        is_again = late is not None and (items[k].batched or k in late)  # in all tiles, or after them
        for i in (k, *items[k].inputs):
            outlives = is_again and late is not None and not (items[i].batched or i in late)
            last[root[i]] = max(last.get(root[i], 0), len(order) if outlives else now)
    return root, last


def sums_of(steps: Steps, some: Iterable[int]) -> list[int]:
    """The values without a batch axis that are made of one with it at once: the sums themselves."""
    items = steps.items
    return [k for k in some if not items[k].batched and any(items[i].batched for i in items[k].inputs)]


def sums_over_batch(steps: Steps, some: Iterable[int]) -> frozenset[int]:
    """Values without a batch axis that are made of ones with it."""
    found: set[int] = set()
    for k in sorted(some):
        if not steps.items[k].batched and any(steps.items[i].batched or i in found for i in steps.items[k].inputs):
            found.add(k)
    return frozenset(found)
