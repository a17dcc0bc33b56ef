"""The best sorting networks known, by size and by depth, for up to 64 wires: data, with its source in the file itself.

Serves the tables of question 3.2.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..base.errors import InputError, shown
from ..base.results import Part, Result, Table
from ..graph.comparators import Comparator

DATA = Path(__file__).parent / "data" / "best.json"
LARGEST = 64


@dataclass(frozen=True)
class Known(Result):
    """What is known about n wires: the smallest size and depth that a network has, and what no network can go below."""

    n: int
    size: int
    size_bound: int
    depth: int
    depth_bound: int

    def parts(self) -> list[Part]:
        rows = [("size", str(self.size), str(self.size_bound)), ("depth", str(self.depth), str(self.depth_bound))]
        return [Table((f"{self.n} wires", "best known", "lower bound"), rows, "lrr", is_numeric=True)]


@cache
def _data() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    return found


def known(n: int) -> Known:
    """The best size and depth known for n wires, with their lower bounds. Raises InputError for more wires than LARGEST.

    >>> known(16)
    16 wires  best known  lower bound
    size              60           57
    depth              9            9
    """
    if n not in range(LARGEST + 1):
        raise InputError(f"the best networks are known for 0 to {LARGEST} wires, got {shown(n)}")
    if n < 2:
        return Known(n, 0, 0, 0, 0)
    row = _data()["networks"][str(n)]
    return Known(n, *row["size"], *row["depth"])


def best_by_size(n: int) -> Iterator[Comparator]:
    """The fewest comparators known."""
    return _best(n, "by_size")


def best_by_depth(n: int) -> Iterator[Comparator]:
    """The fewest layers known."""
    return _best(n, "by_depth")


def _best(n: int, key: str) -> Iterator[Comparator]:
    row = _data()["networks"][str(n)] if n > 1 else {"by_size": []}
    return map(tuple, row.get(key, row["by_size"]))
