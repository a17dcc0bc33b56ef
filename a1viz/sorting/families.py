"""Sorting networks for any number of wires, by the name of their construction. Serves question 3.2.

A builder yields comparators in the order in which the construction names them. To add a family: one function, one row of FAMILIES.
Knuth is The Art of Computer Programming, volume 3, section 5.3.4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from ..base.errors import InputError, did_you_mean, shown
from ..base.limits import COMPARATORS
from ..base.results import Part, Result
from ..graph.comparators import Comparator
from .best_known import LARGEST, best_by_depth, best_by_size
from .networks import Network, checked_wires


def bubble(n: int) -> Iterator[Comparator]:
    """Pass after pass, the largest of what is left moves to the end."""
    for end in range(n - 1, 0, -1):
        for i in range(end):
            yield i, i + 1


def insertion(n: int) -> Iterator[Comparator]:
    """Each number in turn moves up to its place among those before it."""
    for k in range(1, n):
        for i in range(k - 1, -1, -1):
            yield i, i + 1


def transposition(n: int) -> Iterator[Comparator]:
    """The odd and the even pairs of neighbours in turn, n times."""
    for layer in range(n):
        for i in range(layer % 2, n - 1, 2):
            yield i, i + 1


def merge(n: int) -> Iterator[Comparator]:
    """Sort both halves, then Batcher's odd-even merge: merge the odd places, merge the even places, compare the neighbours left."""
    found: list[Comparator] = []
    _merge_sort(range(n), found)
    return _untangled(found, n)


def _merge_sort(wires: Sequence[int], found: list[Comparator]) -> Sequence[int]:
    """Sort these wires; returns them in the order of the numbers they then hold."""
    if len(wires) < 2:
        return wires
    middle = (len(wires) + 1) // 2
    return _odd_even_merge(_merge_sort(wires[:middle], found), _merge_sort(wires[middle:], found), found)


def _odd_even_merge(a: Sequence[int], b: Sequence[int], found: list[Comparator]) -> Sequence[int]:
    """Merge two lists of sorted wires: odd places hold at most two zeros more than even ones, which comparing neighbours mends."""
    if not a or not b:
        return [*a, *b]
    if len(a) == len(b) == 1:
        found.append((a[0], b[0]))
        return [a[0], b[0]]
    odd, even = _odd_even_merge(a[::2], b[::2], found), _odd_even_merge(a[1::2], b[1::2], found)
    found.extend(zip(even, odd[1:], strict=False))
    merged = [odd[0], *(wire for pair in zip(even, odd[1:], strict=False) for wire in pair)]
    return [*merged, *odd[len(even) + 1 :], *even[len(odd) - 1 :]]


def _untangled(pairs: Iterable[Comparator], n: int) -> Iterator[Comparator]:
    """The same network with all comparators pointing down: where one points up, its wires change places from there. Knuth, exercise 16."""
    place = list(range(n))
    for u, v in pairs:
        if place[u] > place[v]:
            place[u], place[v] = place[v], place[u]
        yield place[u], place[v]


def _power_of_two(n: int) -> int:
    """The smallest power of two that is at least n."""
    return 1 << max(n - 1, 0).bit_length()


def bitonic(n: int) -> Iterator[Comparator]:
    """Batcher's bitonic sorter; a half is reversed by comparing the first with the last, so that every comparator points down.

    It is the network of the next power of two: on the wires beyond n there would be infinity, which stays there.
    """
    whole = _power_of_two(n)
    run = 2
    while run <= whole:
        for start in range(0, whole, run):
            yield from _within(n, ((start + k, start + run - 1 - k) for k in range(run // 2)))
        step = run // 4
        while step:
            yield from _within(n, ((i, i + step) for i in range(whole) if not i & step))
            step //= 2
        run *= 2


def _within(n: int, pairs: Iterator[Comparator]) -> Iterator[Comparator]:
    return (pair for pair in pairs if pair[1] < n)


def bose_nelson(n: int) -> Iterator[Comparator]:
    """Bose and Nelson's merge of halves: first the lower halves, then the upper halves, then what may still be out of place."""
    return _bose_nelson_sort(0, n)


def _bose_nelson_sort(start: int, length: int) -> Iterator[Comparator]:
    if length > 1:
        half = length // 2
        yield from _bose_nelson_sort(start, half)
        yield from _bose_nelson_sort(start + half, length - half)
        yield from _bose_nelson_merge(start, half, start + half, length - half)


def _bose_nelson_merge(i: int, x: int, j: int, y: int) -> Iterator[Comparator]:
    """Merge x sorted wires from i on with y sorted wires from j on."""
    if x == 1 and y == 1:
        yield i, j
    elif x == 1 and y == 2:
        yield i, j + 1
        yield i, j
    elif x == 2 and y == 1:
        yield i, j
        yield i + 1, j
    else:
        a = x // 2
        b = y // 2 if x % 2 else (y + 1) // 2
        yield from _bose_nelson_merge(i, a, j, b)
        yield from _bose_nelson_merge(i + a, x - a, j + b, y - b)
        yield from _bose_nelson_merge(i + a, x - a, j, b)


def pairwise(n: int) -> Iterator[Comparator]:
    """Parberry's pairwise sorting network: sort pairs by their smaller and by their larger members, then set the pairs right.

    It is the network of the next power of two, as with `bitonic`.
    """
    return _within(n, _pairwise_sort(0, _power_of_two(n), 1))


def _pairwise_sort(start: int, end: int, gap: int) -> Iterator[Comparator]:
    """Sort the places start, start + gap, ... below `end`."""
    if end - start <= gap:
        return
    for i in range(start, end - gap, 2 * gap):
        yield i, i + gap
    yield from _pairwise_sort(start, end, 2 * gap)
    yield from _pairwise_sort(start + gap, end + gap, 2 * gap)
    m = (end - start) // gap // 2
    while m > 1:
        m //= 2
        reach = gap * (2 * m - 1)
        for i in range(start + gap, end - reach, 2 * gap):
            yield i, i + reach


@dataclass(frozen=True)
class Family(Result):
    """A construction: its builder, what it is, where it comes from, and the most wires it is known for (0: any number)."""

    name: str
    build: Callable[[int], Iterator[Comparator]]
    about: str
    source: str
    limit: int = 0
    aliases: tuple[str, ...] = ()

    def parts(self) -> list[Part]:
        said = f"; for {self.limit} wires at most" if self.limit else ""
        return [f"{', or '.join((self.name, *self.aliases))}: {self.about} ({self.source}){said}"]


FAMILIES = {
    family.name: family
    for family in (
        Family("bubble", bubble, "neighbours, pass after pass", "question 3.2; Knuth, figure 45"),
        Family("insertion", insertion, "each number moves up to its place", "Knuth, figure 45"),
        Family("transposition", transposition, "odd and even neighbours in turn", "Knuth, exercise 37", 0, ("odd-even-transposition",)),
        Family("merge", merge, "sort halves, odd-even merge", "question 3.2; Batcher 1968", 0, ("batcher", "odd-even-merge", "merge-sort")),
        Family("bitonic", bitonic, "sort halves, bitonic merge", "Batcher 1968"),
        Family("bose-nelson", bose_nelson, "sort halves, merge halves of halves", "Bose and Nelson 1962"),
        Family("pairwise", pairwise, "sort pairs by both members", "Parberry 1992"),
        Family("best-size", best_by_size, "the fewest comparators known", "SorterHunter collection, MIT licence", LARGEST, ("best",)),
        Family("best-depth", best_by_depth, "the fewest layers known", "SorterHunter collection, MIT licence", LARGEST),
    )
}
ALIASES = {alias: family.name for family in FAMILIES.values() for alias in family.aliases}


def network(name: str, n: int) -> Network:
    """A sorting network of n wires by the name of its family, a row of FAMILIES.

    `batcher` is another name for `merge`. Raises InputError for an unknown name, and for an n that is negative or too large.
    Source: question 3.2.

    >>> network("bubble", 4).summary, network("merge", n=4).summary
    ('bubble: 4 wires, 6 comparators, depth 5', 'merge: 4 wires, 5 comparators, depth 3')
    """
    return _network(family_of(name).name, checked_wires(n))


def family_of(name: str) -> Family:
    """The row of FAMILIES of this name. Raises InputError."""
    wanted = name.strip().lower().replace("_", "-").replace(" ", "-") if isinstance(name, str) else ""
    wanted = ALIASES.get(wanted, wanted)
    if wanted not in FAMILIES:
        known = ", ".join(FAMILIES)
        raise InputError(f"unknown network {shown(name)}{did_you_mean(wanted, [*FAMILIES, *ALIASES])}; the networks are {known}")
    return FAMILIES[wanted]


@lru_cache(maxsize=64)
def _network(name: str, n: int) -> Network:
    family = FAMILIES[name]
    if family.limit and n > family.limit:
        raise InputError(f"{name} is known for up to {family.limit} wires, got {n}; take merge, which works for any number")
    doublings = max(n, 1).bit_length() - 1  # no family has fewer than Batcher's (p^2 - p) 2^p / 4 comparators for 2^p wires
    is_large = (doublings**2 - doublings << doublings) // 4 > COMPARATORS
    comparators = () if is_large else tuple(islice(family.build(n), COMPARATORS + 1))
    if is_large or len(comparators) > COMPARATORS:
        other = "" if name == "merge" else ", or merge, which has fewer"
        raise InputError(f"{name} of {n} wires has more than {COMPARATORS:,} comparators; take fewer wires{other}")
    return Network(n, comparators, name)
