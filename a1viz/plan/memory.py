"""The memory of a plan: buffers, each for some steps, in one block that is as small as their lives allow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..base.arrays import Array
from .references import lead_extents, lengths
from .steps import Core, DType

ALIGNED = 64  # bytes: what a buffer's address is a multiple of


class Buffer(NamedTuple):
    """A piece of the workspace, from step `birth` to step `death`, `offset` bytes from its beginning."""

    core: Core
    lead: int
    dtype: DType
    birth: int
    death: int
    is_turned: bool = False  # column-major
    offset: int = 0

    def shape(self, rows: int, seeds: int) -> tuple[int, ...]:
        return lead_shape(self.lead, rows, seeds) + self.core

    def bytes(self, rows: int, seeds: int) -> int:
        return math.prod(self.shape(rows, seeds)) * self.dtype.itemsize

    def array(self, block: Array, rows: int, seeds: int) -> Array:
        """The buffer for so many examples in a block of memory."""
        shape = self.shape(rows, seeds)
        return np.ndarray(shape, self.dtype, block, self.offset, order="F" if self.is_turned else "C")


def lead_shape(lead: int, rows: int, seeds: int) -> tuple[int, ...]:
    """The sizes of the axes in front."""
    return lengths(lead_extents(lead, seeds), rows)


def block_of(size: int) -> Array:
    """So many bytes, aligned."""
    block = np.empty(size + ALIGNED, np.uint8)
    return block[-block.ctypes.data % ALIGNED :]


def cut(flat: Array, shapes: Sequence[tuple[int, ...]]) -> list[Array]:
    """Arrays of these shapes that lie one behind the other in `flat`."""
    ends = np.cumsum([math.prod(shape) for shape in shapes])
    return [piece.reshape(shape) for piece, shape in zip(np.split(flat, ends[:-1]), shapes, strict=True)]


def arranged(buffers: Sequence[Buffer], rows: int, seeds: int = 1) -> tuple[tuple[Buffer, ...], int]:
    """The buffers in one block, so that no two that live at the same time overlap; and the block's bytes."""
    free: list[tuple[int, int]] = []  # (offset, bytes), in order
    offsets: dict[int, int] = {}
    deaths: dict[int, list[tuple[int, int]]] = {}
    end = step = 0
    for j in sorted(range(len(buffers)), key=lambda j: buffers[j].birth):
        while step < buffers[j].birth:
            for offset, size in deaths.pop(step, []):
                free = _with_free(free, offset, size)
            step += 1
        size = _rounded(buffers[j].bytes(rows, seeds))
        fit = min((f for f in free if f[1] >= size), key=lambda f: f[1], default=None)
        if fit:
            free.remove(fit)
            offset = fit[0]
            if fit[1] > size:
                free = _with_free(free, fit[0] + size, fit[1] - size)
        else:
            if free and free[-1][0] + free[-1][1] == end:
                end = free.pop()[0]
            offset, end = end, end + size
        offsets[j] = offset
        deaths.setdefault(buffers[j].death, []).append((offset, size))
    return tuple(buffer._replace(offset=offsets[j]) for j, buffer in enumerate(buffers)), end


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
