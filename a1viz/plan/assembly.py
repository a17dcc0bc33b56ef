"""The passes after the steps, in their order: from steps to a program. What is optional is chosen here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from .column_major import column_major
from .emission import Listing, emitted
from .floats import unrolled
from .memory import arranged
from .placement import Setup
from .program import Program
from .python_numbers import NONE, python_numbers
from .schedule import Order, ordered, scheduled, sums_of
from .steps import BATCH, Steps
from .table import row_of

WORTHWHILE = 2**18  # bytes of buffers: with less to do, a second thread costs more than it helps
SUMMED, SUMMED_BY_THREAD = 512, 128  # rows that a tile has at least if its sums are added up: an example has one, or its matrices'
CACHE = 2**22  # bytes that the buffers of a tile may take: about what a core has of the caches
SAMPLE = 64  # examples by which the bytes of one are measured


class Limits(NamedTuple):
    """What a plan may take."""

    tile_bytes: int  # bytes of the buffers of a tile
    threads: int
    numbers: bool  # whether Python's own


def assemble(
    steps: Steps,
    leaves: Sequence[str],
    results: Sequence[int],
    rows: int,
    *,
    seeds: int = 1,
    tile_bytes: int = 0,
    threads: int = 1,
    numbers: bool = True,
) -> Program:
    """The program for `results`: in tiles whose buffers take at most `tile_bytes` bytes (CACHE, if it is 0), by `threads`; with Python's
    `numbers` or without.

    What is each example's own is there when its tile is done; sums over the batch are added up from tile to tile, unless they are to be
    exact or tiles would have so few examples that adding up is noticed.
    """
    order = ordered(steps, results)
    floats = None if steps.exact else unrolled(steps, leaves, results, order.steps)
    limits = Limits(tile_bytes or CACHE, threads, numbers and not steps.exact)
    write = partial(_written, steps, order, tuple(results), (rows, seeds), limits)
    plain = partial(assemble, steps, leaves, results, rows, seeds=seeds, tile_bytes=tile_bytes, threads=threads, numbers=False)
    found = Program(steps, tuple(leaves), tuple(results), order.steps, rows, seeds, floats, write, plain)
    if threads > 1 and floats is None and found.is_tiled:
        found.threads = threads
    return found


def _written(steps: Steps, order: Order, results: tuple[int, ...], sizes: tuple[int, int], limits: Limits) -> tuple[Listing, int]:
    """The lines, and how many examples are gone through at a time; `sizes` are the numbers of examples and of cotangents."""
    rows, seeds = sizes
    schedule = scheduled(steps, order, results, tiled=False)
    setup = Setup(rows, seeds, _turned(steps, order, results, rows))
    if limits.numbers:
        setup = replace(setup, numbers=python_numbers(steps, order.steps, schedule.outputs))
    listing = emitted(steps, schedule, setup)
    tile = _tile(steps, listing, rows, limits)
    if tile < rows:
        setup = replace(setup, examples=tile, turned=_turned(steps, order, results, tile), numbers=NONE)
        listing = emitted(steps, scheduled(steps, order, results, tiled=True), setup)
    return listing, tile


def _turned(steps: Steps, order: Order, results: Sequence[int], rows: int) -> frozenset[int]:
    return frozenset() if steps.exact else column_major(steps, order.steps, results, rows)


def _tile(steps: Steps, listing: Listing, rows: int, limits: Limits) -> int:
    """How many examples fit; all tiles of about the same size, and as many for each thread where there is enough to do."""
    one = arranged([b for b in listing.buffers if b.lead & BATCH], SAMPLE, listing.setup.seeds)[1] / SAMPLE
    leads = {steps.items[k].lead for k in listing.schedule.results}
    if not one or (leads != {BATCH} and not _can_add_up(steps, listing.schedule.order.steps)):
        return rows
    count, least = -(-rows // max(1, int(limits.tile_bytes // one))), rows
    if leads != {BATCH}:
        own = max(math.prod(b.core[:-1]) for b in listing.buffers if b.lead & BATCH)
        count, least = min(count, rows * own // SUMMED, rows), min(rows * own // SUMMED_BY_THREAD, rows)
    threads = limits.threads
    if threads > 1 and rows * one >= WORTHWHILE and threads <= least:
        count = -(-max(count, 1) // threads) * threads
    return -(-rows // max(count, 1))


def _can_add_up(steps: Steps, order: Sequence[int]) -> bool:
    """Whether what has no batch axis is made of sums over the batch that can be added up from tile to tile."""
    sums = sums_of(steps, order)
    is_known = all(row_of(steps.items[k].op).adds_up for k in sums) and all(steps.items[k].lead in (0, BATCH) for k in order)
    return bool(sums) and is_known and not steps.exact
