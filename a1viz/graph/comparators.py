"""Comparators: pairs of wires, the smaller number to the first; as lists in documents, as layers and as equations of Sort_2 blocks.

In Python wires are counted from 0, as in the public collections of networks; in documents and equations from 1, as on paper.
Serves question 3.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..base.errors import GraphError, shown
from ..base.limits import MOST_WIRES

Comparator = tuple[int, int]  # (i, j) with i < j: the smaller number goes to wire i, the larger to wire j
Layers = tuple[tuple[Comparator, ...], ...]


def read_comparators(value: Any, n: int | None = None, first: int = 1) -> tuple[Comparator, ...]:
    """A list such as [[1, 2], [3, 4]], whose wires are counted from `first`, as comparators counted from 0.

    `n` is the number of wires, if it is known. Raises GraphError.

    >>> read_comparators([[1, 2], [3, 4]])
    ((0, 1), (2, 3))
    """
    if not isinstance(value, (list, tuple)):
        raise GraphError(f"comparators must be a list of pairs such as [[{first}, {first + 1}]], got {shown(value)}")
    limit = MOST_WIRES if n is None else n
    return tuple(read_pair(k, pair, limit, first) for k, pair in enumerate(value, 1))


def read_pair(k: int, pair: Any, limit: int, first: int) -> Comparator:
    """The k-th pair of a list. Raises GraphError."""
    what = f"comparator {k}"
    is_pair = isinstance(pair, (list, tuple)) and len(pair) == 2
    if not is_pair or not all(isinstance(wire, int) and not isinstance(wire, bool) for wire in pair):
        raise GraphError(f"{what} must be a pair of wires such as [{first}, {first + 1}], got {shown(pair)}")
    i, j = pair
    if i == j:
        raise GraphError(f"{what} compares wire {i} with itself; name two wires")
    if i > j:
        raise GraphError(f"{what}, {shown(list(pair))}, puts the larger number first; write the lower wire first: [{j}, {i}]")
    if i < first or j >= first + limit:
        wires = f"from {first} to {first + limit - 1}" if limit else "but there are none"
        raise GraphError(f"{what}, {shown(list(pair))}, names a wire that is not there; wires are counted {wires}")
    return i - first, j - first


def wires_of(comparators: Iterable[Comparator]) -> int:
    """The smallest number of wires that has all these comparators.

    >>> wires_of([(0, 1), (0, 3)])
    4
    """
    return max((j for _, j in comparators), default=-1) + 1


def layers_of(comparators: Iterable[Comparator]) -> Layers:
    """The comparators in layers: each as early as the wires it compares are there; those of a layer work at the same time.

    >>> layers_of([(0, 1), (1, 2), (2, 3), (0, 1)])
    (((0, 1),), ((1, 2),), ((2, 3), (0, 1)))
    """
    layers: list[list[Comparator]] = []
    ready: dict[int, int] = {}  # the first layer that may use a wire
    for i, j in comparators:
        at = max(ready.get(i, 0), ready.get(j, 0))
        if at == len(layers):
            layers.append([])
        layers[at].append((i, j))
        ready[i] = ready[j] = at + 1
    return tuple(map(tuple, layers))


def comparator_equations(comparators: Sequence[Comparator], n: int, block: str = "S") -> str:
    """The network as equations: x1..xn in, y1..yn out, one call of `block` a comparator, in the order of the list.

    Comparator k puts out ak and bk, the smaller and the larger; what leaves the network is called y. Source: question 3.2.

    >>> print(comparator_equations([(0, 1), (1, 2), (0, 1)], 3))
    a1, b1 = S(x1, x2)
    a2, y3 = S(b1, x3)
    y1, y2 = S(a1, a2)
    """
    last = {wire: k for k, pair in enumerate(comparators) for wire in pair}
    names = [f"x{wire}" for wire in range(1, n + 1)]
    lines = []
    for k, pair in enumerate(comparators):
        given = [names[wire] for wire in pair]
        for letter, wire in zip("ab", pair, strict=True):
            names[wire] = f"y{wire + 1}" if last[wire] == k else f"{letter}{k + 1}"
        lines.append(f"{names[pair[0]]}, {names[pair[1]]} = {block}({', '.join(given)})")
    return "\n".join(lines + [f"y{wire + 1} = x{wire + 1}" for wire in range(n) if wire not in last])
