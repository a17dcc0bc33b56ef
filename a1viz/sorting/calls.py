"""Which NumPy calls run a network on the arrays of its wires: in which order, and into which array. Serves the speed of question 3.2."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from functools import lru_cache

from .networks import Network, needed


@dataclass(frozen=True)
class WirePlan:
    """What to call in which order, on a list of arrays: the n inputs, then the buffers, at the end (and counted from there) the outputs."""

    steps: tuple[tuple[bool, int, int, int], ...]  # the halves of comparators that are needed: (the larger?, operands, result)
    copies: tuple[tuple[int, int], ...]  # outputs that are elsewhere at the end: (from, to)
    buffers: int
    witnesses: tuple[int, ...]  # outputs that NaN at any input would reach


@lru_cache(maxsize=64)
def plan_of(network: Network, fills: bool = False, stays: bool = False) -> WirePlan:
    """A plan with few arrays, for fewer are cached better.

    With `fills`, the inputs themselves are in the first n buffers and may be overwritten; with `stays`, the array of an output is where the
    numbers on its wire are kept on the way, too; without, it is written to once.
    """
    n, end = network.n, network.n * (1 + fills)
    home = {wire: k - len(network.outputs) for k, wire in enumerate(network.outputs)}
    halves = _halves(network)
    last = {wire: at for at, pair in halves.items() for wire in pair if wire in home}
    place = [wire + n * fills for wire in range(n)]
    free: list[int] = []
    steps: list[tuple[bool, int, int, int]] = []
    copies: list[tuple[int, int]] = []
    for at, pair in halves.items():
        operands = [place[wire] for wire in pair]
        wanted = [wire for wire, is_needed in pair.items() if is_needed]
        wanted.sort(key=lambda wire: (place[wire] == home.get(wire), last.get(wire) == at))  # what is written in place comes last
        left = list(operands)  # the places whose numbers nobody needs any more, once the last half is computed
        for wire in wanted:
            in_place = left if wire == wanted[-1] else []
            goes_home = wire in home and (stays or last[wire] == at) and (place[wire] != home[wire] or home[wire] in in_place)
            if goes_home:
                target = home[wire]
            elif buffer := next((number for number in in_place if number >= n), None):
                target = buffer
            elif free:
                target = free.pop()
            else:
                target, end = end, end + 1
            if target in left:
                left.remove(target)
            if last.get(wire) == at and not goes_home:
                copies.append((target, home[wire]))
            steps.append((wire == max(pair), operands[0], operands[1], target))
            place[wire] = target
        free += [number for number in left if number >= n]
    copies += [(place[wire], home[wire]) for wire in network.outputs if wire not in last]
    return WirePlan(tuple(steps), tuple(copies), end - n, _witnesses(network))


def _halves(network: Network) -> dict[int, dict[int, bool]]:
    """For each comparator that the outputs need, in a good order: its two wires, and whether what it puts there is needed."""
    alive, found = set(network.outputs), {}
    for at in reversed(needed(network, network.outputs)):
        pair = network.comparators[at]
        found[at] = {wire: wire in alive for wire in pair}
        alive |= set(pair)
    return {at: found[at] for at in _order(network, found)}


def _order(network: Network, kept: Container[int]) -> Iterator[int]:
    """The comparators that are kept in an order that goes on with the wires it has just used: they are still in the cache."""
    queues: list[list[int]] = [[-1] for _ in range(network.n)]  # for each wire its comparators, the next one last
    for at in range(network.size - 1, -1, -1):
        for wire in network.comparators[at] if at in kept else ():
            queues[wire].append(at)
    stack = list(range(network.n - 1, -1, -1))
    while stack:
        at = queues[stack.pop()][-1]
        i, j = network.comparators[at] if at >= 0 else (0, 0)
        if at >= 0 and queues[i][-1] == queues[j][-1] == at:
            yield at
            for wire in (j, i):
                queues[wire].pop()
                stack.append(wire)


def _witnesses(network: Network) -> tuple[int, ...]:
    """A few outputs that together depend on all inputs that any output depends on."""
    reach = [1 << wire for wire in range(network.n)]
    for i, j in network.comparators:
        reach[i] = reach[j] = reach[i] | reach[j]
    missing, found = 0, []
    for wire in network.outputs:
        missing |= reach[wire]
    while missing:
        k = max(range(len(network.outputs)), key=lambda k: (reach[network.outputs[k]] & missing).bit_count())
        missing &= ~reach[network.outputs[k]]
        found.append(k)
    return tuple(found)
