"""The memory of a plan and the functions that run in it: at once, or tile by tile and thread by thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..base.arrays import Array
from .emission import Part
from .executor import quietly
from .memory import Buffer, block_of
from .references import Ref
from .source import Source, arrays_of

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor


class Share(NamedTuple):
    """One thread's share of a batch: what is computed once, in each tile from `start` to `end`, and after; and the sums of all tiles."""

    once: Callable[..., None]
    tiles: Sequence[tuple[int, int, Callable[..., None]]]
    after: Callable[..., None]
    totals: Sequence[Array]


@dataclass(frozen=True)
class Workspaces:
    """Makes the workspaces of a plan: a block of memory for its buffers, and its functions bound to that."""

    sources: Mapping[Part, Source]
    totals: Sequence[Ref]
    buffers: Sequence[Buffer]
    bytes: int
    rows: int
    tile: int
    seeds: int
    threads: int

    def at_once(self) -> Callable[..., None]:
        """The function of the leaves' and the results' arrays."""
        return self._function("tile", block_of(self.bytes), self.rows)

    def bound(self, source: Source, leaves: Mapping[int, Array], results: Sequence[Array]) -> Callable[..., None]:
        """The function of nothing, for arrays that stay."""
        fixed = arrays_of(source.fixed, self._arrays(block_of(self.bytes), self.rows), self.rows, leaves, results)
        return source.bind(self.rows, *fixed)

    def in_tiles(self) -> list[Share]:
        """A share for each thread."""
        return [self._share(thread) for thread in range(self.threads)]

    def run_tiles(self, shares: Sequence[Share], arrays: Sequence[Array], results: Sequence[Array]) -> None:
        """All tiles, those of other threads at the same time; their sums are added up at the end."""
        first, *others = shares
        waiting = [self._pool.submit(quietly(), _run_share, other, arrays, results) for other in others]
        _run_share(first, arrays, results)
        for future in waiting:
            future.result()
        for other in others:
            for total, more in zip(first.totals, other.totals, strict=True):
                np.add(total, more, total)
        first.after(*arrays, *results)

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        from concurrent.futures import ThreadPoolExecutor

        return ThreadPoolExecutor(self.threads - 1, "a1viz")

    def _share(self, thread: int) -> Share:
        block = block_of(self.bytes)
        starts = range(0, self.rows, self.tile)
        count = -(-len(starts) // self.threads)
        mine = [(start, min(start + self.tile, self.rows)) for start in starts[thread * count : (thread + 1) * count]]
        functions = {n: self._function("tile", block, n) for n in {end - start for start, end in mine}}
        once, after = self._function("once", block, self.tile), self._function("after", block, self.tile)
        totals = arrays_of(self.totals, self._arrays(block, self.tile), self.tile)
        return Share(once, [(start, end, functions[end - start]) for start, end in mine], after, totals)

    def _function(self, part: Part, block: Array, n: int) -> Callable[..., None]:
        source = self.sources[part]
        return source.bind(n, *arrays_of(source.fixed, self._arrays(block, n), n))

    def _arrays(self, block: Array, n: int) -> Mapping[int, Array]:
        """The buffers for n examples."""
        return {j: buffer.array(block, n, self.seeds) for j, buffer in enumerate(self.buffers)}


def run_at_once(function: Callable[..., None], arrays: Sequence[Array], results: Sequence[Array]) -> None:
    function(*arrays, *results)


def _run_share(share: Share, arrays: Sequence[Array], results: Sequence[Array]) -> None:
    for total in share.totals:
        total.fill(0)
    share.once(*arrays, *results)
    for start, end, call in share.tiles:
        call(start, end, *arrays, *results)
