"""The memory of a plan: buffers, each for some steps, in one block that is as small as their lives allow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .values import BATCH, SEEDS

ALIGNED = 64  # bytes: what a buffer's address is a multiple of


@dataclass
class Buffer:
    """A piece of the workspace, from step `birth` to step `death`."""

    core: tuple[int, ...]
    lead: int
    dtype: np.dtype
    birth: int
    death: int
    first: bool = False  # features first: the numbers of all examples for one feature side by side
    offset: int = 0

    @property
    def layout(self) -> str:
        return "F" if self.first else "C"

    def shape(self, rows: int, seeds: int) -> tuple[int, ...]:
        return lead_shape(self.lead, rows, seeds) + self.core

    def bytes(self, rows: int, seeds: int) -> int:
        return math.prod(self.shape(rows, seeds)) * self.dtype.itemsize


def lead_shape(lead: int, rows: int, seeds: int) -> tuple[int, ...]:
    """The sizes of the axes in front."""
    return (seeds,) * bool(lead & SEEDS) + (rows,) * bool(lead & BATCH)


def cut(flat: np.ndarray, shapes: Sequence[tuple[int, ...]]) -> list[np.ndarray]:
    """Arrays of these shapes that lie one behind the other in `flat`."""
    ends = np.cumsum([math.prod(shape) for shape in shapes])
    return [part.reshape(shape) for part, shape in zip(np.split(flat, ends[:-1]), shapes, strict=True)]


def place_all(buffers: Sequence[Buffer], rows: int, seeds: int = 1) -> int:
    """Give each buffer its place in one block, so that no two that live at the same time overlap; returns the block's bytes."""
    free: list[tuple[int, int]] = []  # (offset, bytes), in order
    end = 0
    deaths: dict[int, list[tuple[int, int]]] = {}
    step = 0
    for buffer in sorted(buffers, key=lambda b: b.birth):
        while step < buffer.birth:
            for offset, size in deaths.pop(step, []):
                free = _with_free(free, offset, size)
            step += 1
        size = _rounded(buffer.bytes(rows, seeds))
        fit = min((f for f in free if f[1] >= size), key=lambda f: f[1], default=None)
        if fit:
            free.remove(fit)
            buffer.offset = fit[0]
            if fit[1] > size:
                free = _with_free(free, fit[0] + size, fit[1] - size)
        else:
            if free and free[-1][0] + free[-1][1] == end:
                end = free.pop()[0]
            buffer.offset, end = end, end + size
        deaths.setdefault(buffer.death, []).append((buffer.offset, size))
    return end


def _rounded(size: int) -> int:
    return -(-max(size, 1) // ALIGNED) * ALIGNED


def _with_free(free: list[tuple[int, int]], offset: int, size: int) -> list[tuple[int, int]]:
    """The free pieces with one more, joined to its neighbours."""
    joined = []
    for o, s in free:
        if o + s == offset:
            offset, size = o, size + s
        elif offset + size == o:
            size += s
        else:
            joined.append((o, s))
    return sorted([*joined, (offset, size)])
