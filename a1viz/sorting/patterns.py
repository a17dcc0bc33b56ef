"""Which 0-1 patterns can stand on the wires of a network, group of connected wires by group: a proof without all 2^n inputs.

Wires that no comparator has joined yet are independent, so the patterns of each connected group are kept apart: two sorted groups of m
wires have m + 1 patterns each, not 2^m. A comparator between groups joins them, and the two with the fewest patterns together are joined
first. Patterns are bit-sliced: wire i of a group is one long integer whose bit p is its value in pattern p, so that a comparator is one
`and` and one `or` for all patterns at once. Serves the proofs of question 3.2.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..base.arrays import Array
from ..base.limits import PATTERN_BITS, PATTERNS
from .networks import Network

WIRES_AT_ONCE = 40  # with a number below PATTERNS before their bits they make 60 bits


@dataclass
class Group:
    """Connected wires and the patterns that can stand on them."""

    bits: dict[int, int]  # wire -> its value in each pattern, a bit a pattern
    count: int
    parents: tuple[Group, ...] = ()  # the two groups this one is the product of
    kept: list[int] | None = None  # which patterns of that product; all, if None
    is_distinct: bool = True

    def origin(self, pattern: int) -> int:
        """An input of the network, wire i in bit i, that leads to this pattern; wires of other groups are 0."""
        if not self.parents:  # a single wire, or none
            return sum(pattern << wire for wire in self.bits)
        at = self.kept[pattern] if self.kept is not None else pattern
        a, b = self.parents
        return a.origin(at % a.count) | b.origin(at // a.count)


@dataclass
class Reachable:
    """How far the patterns were followed: the groups, which comparators swap in some pattern, and which are still to be looked at."""

    groups: list[Group] = field(default_factory=list)
    swaps: set[int] = field(default_factory=set)
    rest: list[int] = field(default_factory=list)
    peak: int = 2  # the most patterns of a group


def single_wires(n: int) -> list[Group]:
    """Each wire a group of its own, which may be 0 or 1."""
    return [Group({wire: 0b10}, 2) for wire in range(n)]


def follow(network: Network, limit: int = PATTERNS) -> Reachable:
    """Follow all patterns through a network, until the end or until two groups have more than `limit`, or PATTERN_BITS, together."""
    group = dict(enumerate(single_wires(network.n)))
    queues = _queues(network)
    state = Reachable()
    stack = list(range(network.n))  # wires whose next comparator is to be looked at
    joins: set[int] = set()  # comparators between groups
    while True:
        while stack:
            wire = stack.pop()
            at = queues[wire][-1]
            i, j = network.comparators[at] if at >= 0 else (wire, wire)
            if at < 0 or queues[i][-1] != at or queues[j][-1] != at:
                continue
            if group[i] is not group[j]:
                joins.add(at)
                continue
            joins.discard(at)
            if compare(group[i].bits, i, j):
                group[i].is_distinct = False
                state.swaps.add(at)
            for end in (i, j):
                queues[end].pop()
                stack.append(end)
        joined = _join_cheapest(network, group, sorted(joins), limit)
        if joined is None:
            state.groups = list({id(g): g for g in group.values()}.values())
            state.rest = sorted({at for queue in queues for at in queue if at >= 0})
            return state
        state.peak = max(state.peak, joined.count)
        stack = [network.comparators[at][0] for at in joins]


def _queues(network: Network) -> list[list[int]]:
    """For each wire its comparators, the next one last, and -1 for the end of the wire."""
    queues: list[list[int]] = [[-1] for _ in range(network.n)]
    for at in range(network.size - 1, -1, -1):
        for wire in network.comparators[at]:
            queues[wire].append(at)
    return queues


def compare(bits: dict[int, int], i: int, j: int) -> bool:
    """Apply a comparator to all patterns; whether it swapped in any."""
    a, b = bits[i], bits[j]
    low = a & b
    if low == a:
        return False
    bits[i], bits[j] = low, a | b
    return True


def _join_cheapest(network: Network, group: dict[int, Group], joins: list[int], limit: int) -> Group | None:
    """Join the two groups with the fewest patterns together, of those that a comparator asks for; None if that is nobody, or too many."""
    best, cost = None, limit + 1
    for at in joins:
        a, b = (group[wire] for wire in network.comparators[at])
        make_distinct(a)
        make_distinct(b)
        together = a.count * b.count
        if together < cost and together * (len(a.bits) + len(b.bits)) <= PATTERN_BITS:
            best, cost = (a, b), together
    if best is None:
        return None
    joined = product(*best)
    for parent in best:
        parent.bits = dict.fromkeys(parent.bits, 0)  # only the names of the wires are wanted from now on
    group.update(dict.fromkeys(joined.bits, joined))
    return joined


def product(a: Group, b: Group) -> Group:
    """All pairs of a pattern p of `a` with a pattern q of `b`, as pattern q * a.count + p."""
    bits = {wire: _repeated(value, a.count, b.count) for wire, value in a.bits.items()}
    bits |= {wire: _stretched(value, b.count, a.count) for wire, value in b.bits.items()}
    return Group(bits, a.count * b.count, (a, b))


def _repeated(value: int, count: int, times: int) -> int:
    """The `count` bits of a value, `times` times over, by doubling."""
    found, length = 0, 0
    while times:
        if times & 1:
            found, length = found | value << length, length + count
        value, count, times = value | value << count, 2 * count, times >> 1
    return found


def _stretched(value: int, count: int, times: int) -> int:
    """Each of the `count` bits of a value repeated `times` times."""
    ones, zeros = "1" * times, "0" * times
    return int("".join([ones if bit == "1" else zeros for bit in f"{value:0{count}b}"]), 2)


def make_distinct(group: Group) -> None:
    """Keep each pattern once: the first of equal ones, in the order of the last."""
    if group.is_distinct:
        return
    bits = np.stack([_unpacked(value, group.count) for value in group.bits.values()])
    key = np.zeros(group.count, np.int64)  # equal for equal patterns, whose wires are looked at some at a time
    for start in range(0, len(bits), WIRES_AT_ONCE):
        for row in bits[start : start + WIRES_AT_ONCE]:
            key = key << 1 | row
        key = np.unique(key, return_inverse=True)[1]
    first = np.unique(key, return_index=True)[1]
    last = np.unique(key[::-1], return_index=True)[1]
    kept = first[np.argsort(-last)]
    group.kept = kept.tolist() if group.kept is None else [group.kept[at] for at in kept]
    group.bits = {wire: _packed(row[kept]) for wire, row in zip(group.bits, bits, strict=True)}
    group.count, group.is_distinct = len(kept), True


def _unpacked(value: int, count: int) -> Array:
    """The `count` bits of a value, the lowest first."""
    return np.unpackbits(np.frombuffer(value.to_bytes(-(-count // 8), "little"), np.uint8), count=count, bitorder="little")


def _packed(bits: Array) -> int:
    """The value of these bits, the lowest first."""
    return int.from_bytes(np.packbits(bits, bitorder="little").tobytes(), "little")
