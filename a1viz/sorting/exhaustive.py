"""All 0-1 inputs of a network that are left, in blocks: the fallback where the patterns of the groups grow too many.

The inputs are all combinations of the patterns of some groups; at worst each wire is a group, and they are all 2^n. The patterns of the
largest groups together make the bits of a block; those of the others are counted through, block by block, as constants. Memory is that of
one block, whatever n is. Serves the proofs of question 3.2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache, reduce
from typing import Any

from ..graph.comparators import Comparator
from .families import merge
from .networks import Network
from .patterns import Group, Reachable, compare, follow, product, single_wires

BLOCK = 1 << 18  # patterns: 32 KB a wire, so that some dozen wires stay in the second cache
CHUNK = 1 << 26  # patterns of one task: tenths of a second
MAX_CHUNKS = 4096
MOST_WORK = 10**120  # comparators times patterns; beyond, how long it takes is not said
RATE = 3e10  # comparators times patterns a second on one core, for the estimate of time


@dataclass
class Blocks:
    """What is left to do from a state on: all combinations of its groups' patterns, through the rest of the comparators.

    What comes out unsorted is sent on through `tail`, the merge sort of n wires, to see which of its comparators would mend it.
    """

    network: Network
    state: Reachable

    @cached_property
    def comparators(self) -> dict[int, Comparator]:
        """The comparators that are left, by position."""
        return {at: self.network.comparators[at] for at in self.state.rest}

    @cached_property
    def tail(self) -> dict[int, Comparator]:
        """Comparators behind the last, by position."""
        return dict(enumerate(merge(self.network.n), self.network.size))

    @cached_property
    def inside(self) -> list[Group]:
        """The groups that make up a block: the largest, as many as fit."""
        ordered = sorted(self.state.groups, key=lambda group: -group.count)
        sizes = [math.prod(group.count for group in ordered[: k + 1]) for k in range(len(ordered))]
        return ordered[: max(1, sum(size <= BLOCK for size in sizes))]

    @cached_property
    def outside(self) -> list[Group]:
        """The groups that are counted through."""
        return [group for group in self.state.groups if not any(group is one for one in self.inside)]

    @cached_property
    def block(self) -> Group:
        """All combinations of the groups inside."""
        return reduce(product, self.inside, Group({}, 1))

    @cached_property
    def count(self) -> int:
        """How many blocks there are."""
        return math.prod(group.count for group in self.outside)

    @cached_property
    def patterns(self) -> int:
        """How many patterns there are in all blocks."""
        return math.prod(group.count for group in self.state.groups)

    @property
    def seconds(self) -> float:
        """About how long it takes on one core."""
        work = self.patterns * (len(self.comparators) + self.network.n)
        return work / RATE if work < MOST_WORK else math.inf

    @property
    def chunks(self) -> list[tuple[int, int]]:
        """The numbers of the blocks in portions: (first, last + 1)."""
        step = max(CHUNK * self.count // self.patterns, -(-self.count // MAX_CHUNKS), 1)
        return [(start, min(start + step, self.count)) for start in range(0, self.count, step)]

    def evaluate(self, first: int, end: int) -> dict[str, Any]:
        """Send blocks through the network: which comparators `swaps`, and an input that comes out `unsorted`, if any does."""
        swaps: set[int] = set()
        pending = set(self.comparators)  # comparators that have not swapped yet
        unsorted = None
        for number in range(first, end):
            bits = self.start(number)
            for at, (i, j) in self.comparators.items():
                a, b = bits[i], bits[j]
                low = a & b
                if at in pending and low != a:
                    pending.remove(at)
                bits[i], bits[j] = low, a | b
            wrong = first_wrong(bits, self.network.n)
            if wrong is not None:
                unsorted = self.origin(number, wrong) if unsorted is None else unsorted
                swaps |= {at for at, pair in self.tail.items() if compare(bits, *pair)}
        return {"swaps": sorted(swaps | self.comparators.keys() - pending), "unsorted": unsorted}

    def start(self, number: int) -> dict[int, int]:
        """The wires of a block."""
        bits, ones = dict(self.block.bits), (1 << self.block.count) - 1
        for group in self.outside:
            number, at = divmod(number, group.count)
            bits.update({wire: ones if value >> at & 1 else 0 for wire, value in group.bits.items()})
        return bits

    def origin(self, number: int, pattern: int) -> int:
        """An input that leads to a pattern of a block."""
        found = self.block.origin(pattern)
        for group in self.outside:
            number, at = divmod(number, group.count)
            found |= group.origin(at)
        return found


@lru_cache(maxsize=2)
def blocks_of(n: int, comparators: tuple[Comparator, ...], everything: bool) -> Blocks:
    """The blocks of a network: of all 2^n inputs, or of what following the patterns leaves."""
    network = Network(n, comparators)
    return Blocks(network, Reachable(single_wires(n), rest=list(range(network.size))) if everything else follow(network))


def evaluate_blocks(n: int, comparators: tuple[Comparator, ...], everything: bool, first: int, end: int) -> dict[str, Any]:
    """Some blocks of a network, for whoever computes them; each process follows the patterns once."""
    return blocks_of(n, comparators, everything).evaluate(first, end)


def first_wrong(bits: dict[int, int], n: int) -> int | None:
    """The first pattern in which some wire is 1 and the next one is 0; None if all are sorted."""
    wrong = 0
    for wire in range(n - 1):
        a = bits[wire]
        low = a & bits[wire + 1]
        if low != a:
            wrong |= low ^ a
    return (wrong & -wrong).bit_length() - 1 if wrong else None
