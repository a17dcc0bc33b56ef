"""Does a network sort? The 0-1 principle, by the cheapest way that proves it, with a counter-example where it does not.

A network that sorts all inputs of zeros and ones sorts everything: a threshold between any two numbers turns them into zeros and ones, and
comparators do not mind (Knuth, section 5.3.4, theorem Z). Three ways, the first that applies:

- neighbours only: the reversed list is the worst case (exercise 36); one input proves it;
- the patterns that can stand on each connected group of wires, followed through the network;
- where these grow too many, all combinations that are left, in blocks, on any number of processes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal, get_args

from ..base.errors import InputError, did_you_mean, shown
from ..base.estimates import About, duration
from ..base.limits import DOCUMENT_WIRES, MENDING, PATTERNS
from ..base.results import Drawn, Part, Result, plotted
from ..graph.comparators import Comparator
from .exhaustive import Blocks, blocks_of, evaluate_blocks, first_wrong
from .families import bubble, merge
from .networks import WIRES_SHOWN, Network, checked_network, pair_text
from .patterns import Group, Reachable, compare, follow

Method = Literal["auto", "reversed", "patterns", "all"]
METHODS: tuple[str, ...] = get_args(Method)
LIMIT = 3600.0  # seconds


@dataclass(frozen=True)
class Proof(Result):
    """Whether a network sorts (a pruned one: selects), how that was found out, and what is too much or missing; shows itself.

    `counterexample` is an input of zeros and ones that comes out wrong, as `output`; `permutation` is one of the numbers 1..n.
    `redundant` are the positions (from 0) of comparators that never swap; `missing` are comparators that, put at the end, would mend it.
    """

    network: Network
    ok: bool
    method: str
    patterns: int  # how many inputs, or patterns of a group of wires at most, were looked at
    counterexample: tuple[int, ...] | None = None
    redundant: tuple[int, ...] = ()
    missing: tuple[Comparator, ...] = ()

    def __bool__(self) -> bool:
        return self.ok

    @property
    def output(self) -> tuple[int, ...] | None:
        """What the network makes of the counter-example."""
        return None if self.counterexample is None else self.network.apply(self.counterexample)

    @property
    def permutation(self) -> tuple[int, ...] | None:
        """A counter-example of the numbers 1..n: the zeros in order, then the ones."""
        if self.counterexample is None:
            return None
        order = sorted(range(self.network.n), key=self.counterexample.__getitem__)
        ranks = {wire: rank for rank, wire in enumerate(order, 1)}
        return tuple(ranks[wire] for wire in range(self.network.n))

    def plot(self) -> Any:
        """The picture of the wires; of a network that does not sort with the counter-example on them."""
        return plotted(self)

    def drawn(self) -> Drawn | None:
        """The same, where there is room for it in a notebook."""
        return plotted(self) if self.network.size <= WIRES_SHOWN else None

    def parts(self) -> list[Part]:
        return list(self._lines())

    def _lines(self) -> Iterable[str]:
        yield self.network.summary
        what = "sorts every input" if self.network.is_whole else f"gives {_outputs(self.network)} for every input"
        yield f"{what if self.ok else 'DOES NOT ' + what.replace('sorts', 'sort').replace('gives', 'give')}: {self._how()}"
        if self.counterexample is not None:
            for given in (self.counterexample, self.permutation or ()):
                yield f"  {_listed(given)} comes out as {_listed(self.network.apply(given))}"
        if self.missing:
            yield f"  missing: {_pairs(self.missing)} at the end would mend it"
        if self.redundant:
            named = ", ".join(f"S{at + 1} {pair_text(self.network.comparators[at])}" for at in self.redundant[:20])
            more = f" and {len(self.redundant) - 20} more" if len(self.redundant) > 20 else ""
            yield f"  redundant: {named}{more}; {'it never swaps' if len(self.redundant) == 1 else 'they never swap'}"
        elif self.ok:
            yield "  no comparator is redundant"

    def _how(self) -> str:
        if self.method == "reversed":
            return "all comparators join neighbours, so the reversed list decides"
        if self.method == "patterns":
            return f"0-1 principle, {self.patterns:,} patterns at most on connected wires"
        return f"0-1 principle, all {self.patterns:,} {'inputs' if self.patterns == 2**self.network.n else 'patterns that are left'}"


def _outputs(network: Network) -> str:
    return ", ".join(f"number {wire + 1}" for wire in network.outputs) + f" of {network.n}"


def _listed(values: Iterable[int]) -> str:
    return " ".join(map(str, values))


def _pairs(pairs: tuple[Comparator, ...]) -> str:
    more = f" and {len(pairs) - 20} more" if len(pairs) > 20 else ""
    return " ".join(map(pair_text, pairs[:20])) + more


def verify(
    network: Network,
    method: Method = "auto",
    *,
    executor: Executor | None = None,
    store: str | Path | None = None,
    workers: int = 1,
    limit: float = LIMIT,
    about: About | None = None,
) -> Proof:
    """Prove that a network sorts every input, or find one that it does not sort.

    A pruned network is held to what its outputs promise. `method` is auto, or one of reversed (neighbours only), patterns, all (every one
    of the 2^n inputs). Blocks of inputs are spread over `executor`, and kept in the folder `store`, from which a proof that was broken off
    goes on. `limit`: seconds; what is estimated to take longer with so many `workers` is refused before it begins. `about` is told the
    estimate where there is one to tell.

    Raises InputError for an unknown method, one that does not apply, or one that would take too long. Source: Knuth, section 5.3.4.

    >>> print(verify(Network(3, [(0, 1), (1, 2)])))
    network: 3 wires, 2 comparators, depth 2
    DOES NOT sort every input: all comparators join neighbours, so the reversed list decides
      1 1 0 comes out as 1 0 1
      2 3 1 comes out as 2 1 3
      missing: [1, 2] at the end would mend it
    """
    if method not in METHODS:
        raise InputError(f"unknown method {shown(method)}{did_you_mean(str(method), METHODS)}; the methods are {', '.join(METHODS)}")
    simple = checked_network(network).is_whole and network.is_adjacent
    if method == "reversed" and not simple:
        raise InputError("the reversed list decides only if every comparator joins neighbours and every wire is an output; use auto")
    if method == "reversed" or (method == "auto" and simple):
        return _by_reversed(network)
    if not network.is_whole:
        return _selection(network)
    blocks = blocks_of(network.n, network.comparators, method == "all")
    if method != "all" and not blocks.state.rest:
        return _by_patterns(network, blocks.state)
    if method == "patterns":
        raise InputError(f"more than {PATTERNS:,} patterns come together; use auto, which then goes through them in blocks")
    _check_time(blocks, workers, limit)
    if about is not None:
        about(blocks.seconds)
    return _by_blocks(network, blocks, method == "all", executor, store)


# --- neighbours only ------------------------------------------------------------------------------------------------------------


def _by_reversed(network: Network) -> Proof:
    """Sorting operators of neighbours obey the braid relations, so what does not swap in the reversed list never swaps."""
    wires, redundant = list(range(network.n, 0, -1)), []
    for at, (i, j) in enumerate(network.comparators):
        if wires[i] > wires[j]:
            wires[i], wires[j] = wires[j], wires[i]
        else:
            redundant.append(at)
    wrong = next((wire for wire in range(network.n - 1) if wires[wire] > wires[wire + 1]), None)
    if wrong is None:
        return Proof(network, True, "reversed", 1, None, tuple(redundant))
    above = wires[wrong + 1]
    example = tuple(int(value > above) for value in range(network.n, 0, -1))
    missing = []
    for i, j in _sorter(bubble, network.n):
        if wires[i] > wires[j]:
            wires[i], wires[j] = wires[j], wires[i]
            missing.append((i, j))
    return Proof(network, False, "reversed", 1, example, tuple(redundant), tuple(missing))


# --- reachable patterns ---------------------------------------------------------------------------------------------------------


def _by_patterns(network: Network, state: Reachable) -> Proof:
    origin = None
    if len(state.groups) > 1:
        origin = _of_two_groups(state.groups)
    elif network.n > 1:
        (group,) = state.groups
        wrong = first_wrong(group.bits, network.n)
        origin = None if wrong is None else group.origin(wrong)
    redundant = tuple(at for at in range(network.size) if at not in state.swaps)
    if origin is None:
        return Proof(network, True, "patterns", state.peak, None, redundant)
    return Proof(network, False, "patterns", state.peak, _bits(origin, network.n), redundant, _missing(network, state))


def _bits(origin: int, n: int) -> tuple[int, ...]:
    return tuple(origin >> wire & 1 for wire in range(n))


def _of_two_groups(groups: list[Group]) -> int:
    """An input that comes out wrong where two groups of wires were never joined: ones on the group above, zeros elsewhere."""
    of = {wire: at for at, group in enumerate(groups) for wire in group.bits}
    wire = next(wire for wire in range(len(of) - 1) if of[wire] != of[wire + 1])
    return sum(1 << other for other in groups[of[wire]].bits)


def _missing(network: Network, state: Reachable) -> tuple[Comparator, ...]:
    """Comparators that mend a network when they are put at its end: one, if one is enough, else the fewer of two sorters' that swap."""
    if len(state.groups) == 1:
        pair = _only_swap(state.groups[0].bits, network.n)
        mended = dict(state.groups[0].bits)
        if pair and compare(mended, *pair) and first_wrong(mended, network.n) is None:
            return (pair,)
    found = []
    for tail in (_sorter(merge, network.n), _sorter(bubble, network.n)):
        longer = follow(Network(network.n, network.comparators + tail))
        if tail and not longer.rest:
            found.append(tuple(pair for at, pair in enumerate(tail, network.size) if at in longer.swaps))
    return min(found, key=len, default=())


def _sorter(build: Callable[[int], Iterator[Comparator]], n: int) -> tuple[Comparator, ...]:
    """The comparators of a sorter, which may mend a network; none where they are too many to be tried."""
    found = tuple(islice(build(n), MENDING + 1)) if n <= DOCUMENT_WIRES else ()
    return found if len(found) <= MENDING else ()


def _only_swap(bits: dict[int, int], n: int) -> Comparator | None:
    """The only comparator that can sort the first unsorted pattern by itself; None where it takes more than one."""
    at = first_wrong(bits, n) or 0
    values = [bits[wire] >> at & 1 for wire in range(n)]
    zeros = values.count(0)
    return (values.index(1), n - 1 - values[::-1].index(0)) if values[:zeros].count(1) == 1 else None


# --- what is left, in blocks ----------------------------------------------------------------------------------------------------


def _check_time(blocks: Blocks, workers: int, limit: float) -> None:
    """Raise InputError for a proof that would take longer than the limit."""
    seconds = blocks.seconds / max(workers, 1)
    if seconds > limit:
        raise InputError(
            f"{blocks.network.n} wires leave 2^{math.log2(blocks.patterns):.0f} patterns to go through, about {duration(seconds)} for "
            f"{max(workers, 1)} {'process' if workers <= 1 else 'processes'}, and the limit is {duration(limit)}; "
            "take fewer wires or more workers, or raise the limit (on the command line: --long)"
        )


def _by_blocks(network: Network, blocks: Blocks, everything: bool, executor: Executor | None, store: str | Path | None) -> Proof:
    from ..base.workers import run_chunks

    tasks = [(network.n, network.comparators, everything, *chunk) for chunk in blocks.chunks]
    swaps, origin = set(blocks.state.swaps), None
    for found in run_chunks(evaluate_blocks, tasks, executor=executor, store=store, label="0-1 inputs"):
        swaps |= set(found["swaps"])
        origin = found["unsorted"] if origin is None else origin
    redundant = tuple(at for at in range(network.size) if at not in swaps)
    if origin is None:
        return Proof(network, True, "all", blocks.patterns, None, redundant)
    missing = tuple(pair for at, pair in blocks.tail.items() if at in swaps)
    return Proof(network, False, "all", blocks.patterns, _bits(origin, network.n), redundant, missing)


# --- a pruned network: only some outputs count ------------------------------------------------------------------------------------


def _selection(network: Network) -> Proof:
    """Output wire w must be 1 exactly where the input has at least n - w ones; comparators do not change how many there are."""
    state = follow(network)
    if state.rest:
        raise InputError(f"more than {PATTERNS:,} patterns come together, too many for a pruned network; prove the whole one instead")
    redundant = tuple(at for at in range(network.size) if at not in state.swaps)
    for wire in network.outputs:
        group = next(group for group in state.groups if wire in group.bits)
        origin = _wrongly_selected(network.n, wire, group)
        if origin is not None:
            return Proof(network, False, "patterns", state.peak, _bits(origin, network.n), redundant)
    return Proof(network, True, "patterns", state.peak, None, redundant)


def _wrongly_selected(n: int, wire: int, group: Group) -> int | None:
    """An input for which a wire does not carry the number it should; the wires of other groups may all be 0 or all be 1."""
    others = ((1 << n) - 1) & ~sum(1 << other for other in group.bits)
    for at in range(group.count):
        for rest in {0, others}:
            origin = group.origin(at) | rest
            if (group.bits[wire] >> at & 1) != (origin.bit_count() >= n - wire):
                return origin
    return None
