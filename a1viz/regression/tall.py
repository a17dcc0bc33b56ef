r"""Least squares with more examples than memory holds: the triangle of a QR decomposition, chunk by chunk.

With $[X\; t] = Q R$ the residuals of any weights have the length of those of R: $\|X w - t\| = \|R [w; -1]\|$. The triangles of two chunks,
one below the other, have a triangle again, so that a chunk is needed once, by whomever (Demmel et al., arXiv:0808.2664).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..base.arrays import Array
from ..base.errors import InputError
from ..base.large import as_rows, is_large, rows_of, rows_within, run_through
from .given_numbers import numbers

LEAST = 4  # times as many rows as columns has a chunk at least: what is left of it is small then


def below(triangle: Array, rows: Array) -> Array:
    """The triangle of one with rows below it."""
    found: Array = np.linalg.qr(np.concatenate([triangle, rows]), mode="r")  # type: ignore[assignment]
    return found


@dataclass
class Triangles:
    """The triangles of chunks, put together in the order of the chunks, whoever comes first."""

    total: Array  # (0 to d + 1, d + 1)
    stop: int = 0
    waiting: dict[int, tuple[int, Array]] = field(default_factory=dict)

    def add(self, start: int, stop: int, found: Array) -> None:
        self.waiting[start] = stop, found
        while self.stop in self.waiting:
            self.stop, more = self.waiting.pop(self.stop)
            self.total = below(self.total, more)


def triangle(X: Any, t: Any, by: Mapping[str, Any]) -> Array | None:
    """The triangle R of [X t], (d + 1, d + 1); None where X is not gone through in chunks.

    Raises InputError for shapes that do not fit and for what is not a finite number.
    """
    if not (is_large(X) or is_large(t) or any(value is not None for value in by.values())):
        return None
    X, t = as_rows(X, "X"), as_rows(t, "t")
    if X.ndim != 2 or t.ndim != 1 or len(X) != len(t) or not X.shape[1] or len(X) <= X.shape[1]:
        return None  # what is wrong is said there
    found = Triangles(np.zeros((0, X.shape[1] + 1)))

    def take(start: int, stop: int, chunk: Sequence[Array]) -> None:
        R, place = chunk
        if place.size:
            raise InputError(_wrong(X, t, start + int(place[0]), int(place[1])))
        found.add(start, stop, R)

    rows = max(rows_within(X.shape[1] + 1), LEAST * (X.shape[1] + 1))
    run_through(chunk_triangle, (rows,), [X, t], rows, take, name=f"triangle {rows}", by={**by, "label": "examples"})
    if not np.isfinite(found.total).all():
        raise InputError("X or t has numbers whose squares are beyond double precision; scale them to sizes near 1")
    return found.total


def chunk_triangle(size: int, X: Array, t: Array) -> list[Array]:
    """The triangle of one chunk, of a large one part by part; and the place of the first number that is not finite, if there is one."""
    total = np.zeros((0, X.shape[1] + 1))
    for start in range(0, len(X), size):
        part = np.column_stack([numbers(X[start : start + size], "X"), numbers(t[start : start + size], "t")])
        if not np.isfinite(part).all():
            return [total, np.argwhere(~np.isfinite(part))[0] + [start, 0]]
        total = below(total, part)
    return [total, np.zeros(0, int)]


def _wrong(X: Any, t: Any, row: int, column: int) -> str:
    is_label = column == X.shape[1]
    name, values, place = ("t", t, f"{row}") if is_label else ("X", X, f"{row}, {column}")
    number = rows_of(values, row, row + 1)[0]
    return f"{name} has {number if is_label else number[column]} at [{place}]; leave out or mend what is not a finite number"
