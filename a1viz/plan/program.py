"""A plan that can be called: the code, the workspaces it runs in, and what a reader may want to see of both."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy import empty

from ..base.errors import InputError
from .floats import REFUSED, Floats, unrolled
from .order import Schedule, schedule, sums_of
from .products import TOTALS
from .text import Text, bound_code, code_of, table_of
from .values import BATCH, Values
from .workspace import ALIGNED, cut, lead_shape, place_all
from .writer import Writer

if TYPE_CHECKING:
    from concurrent.futures import Executor

WORTHWHILE = 2**18  # bytes of buffers: with less to do, a second thread costs more than it helps
KEPT = 2  # workspaces that wait for the next call
SUMMED, SUMMED_BY_THREAD = 512, 128  # examples that a tile has at least if sums are added up from tile to tile
ROOM = 2**22  # bytes that the buffers of a tile may take: about what a core has of the caches
FAILED = (*REFUSED, MemoryError, IndexError)  # what code may raise
Workspace = tuple[tuple, Any]  # the arrays of what is computed once; and of each tile


class Written(NamedTuple):
    """What a plan is in calls of NumPy."""

    writer: Writer
    tile: int  # examples at a time
    text: Text
    bytes: int  # of a workspace


@dataclass
class Program:
    """A plan at fixed shapes. `leaves` says in which order the arrays are given; `results` which are returned."""

    values: Values = field(repr=False)
    leaves: tuple[str, ...]
    results: tuple[int, ...]
    rows: int  # examples; 1 without a batch
    seeds: int  # cotangents that are pulled back at once
    floats: Floats | None  # the same for a tiny plan, by Python's own numbers
    _write: Callable[[], Written] = field(repr=False)  # which a tiny plan has no need of
    _plain: Callable[[], Program] = field(repr=False)  # the same without Python's numbers, for what they refuse
    threads: int = 1
    _waiting: list[list[Workspace]] = field(default_factory=list, repr=False)

    @cached_property
    def _written(self) -> Written:
        return self._write()

    @property
    def _writer(self) -> Writer:
        return self._written.writer

    @property
    def tile(self) -> int:
        """Examples at a time."""
        return self._written.tile

    @property
    def bytes(self) -> int:
        """The size of a workspace."""
        return self._written.bytes

    @property
    def text(self) -> Text:
        return self._written.text

    @property
    def code(self) -> str:
        return self.text.code

    @cached_property
    def table(self) -> tuple[tuple[str, str, str, int], ...]:
        """(variable, operation, place, bytes) of each step."""
        return table_of(self._writer, self.tile)

    @cached_property
    def bound_text(self) -> Text | None:
        """The same for arrays that stay; none for a plan in tiles."""
        return None if self._is_tiled else bound_code(self._writer, self.leaves)

    def __str__(self) -> str:
        rows = [("variable", "operation", "place", "bytes"), *((*row[:3], str(row[3])) for row in self.table)]
        rows.append(("workspace", "", "", str(self.bytes)))
        widths = [max(len(row[k]) for row in rows) for k in range(4)]
        return "\n".join("  ".join(f"{cell:{w}}" for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)

    def results_of(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The results in new arrays."""
        if self.floats is not None:
            try:
                return self.floats.new(arrays)
            except REFUSED:
                pass
        results = self.room()
        self.run(arrays, results)
        return results

    def room(self) -> list[np.ndarray]:
        """New arrays for the results."""
        return [empty(shape, dtype) for shape, dtype in self.shapes]

    def _block_of_results(self) -> tuple[np.ndarray, list[np.ndarray]]:
        """Arrays for the results, one behind the other in one; in one of its own each where their types differ."""
        shapes, dtype = [shape for shape, _ in self.shapes], self.shapes[0][1]
        if any(other != dtype for _, other in self.shapes):
            return empty(0), self.room()
        flat = empty(sum(map(math.prod, shapes)), dtype)
        return flat, cut(flat, shapes)

    def write(self, arrays: Sequence[np.ndarray], results: Sequence[np.ndarray]) -> None:
        """The results into the arrays given for them, by floats where that is faster."""
        if self.floats is None:
            self.run(arrays, results)
            return
        for found, result in zip(self.results_of(arrays), results, strict=True):
            result[...] = found  # faster than copyto for a few numbers

    def run(self, arrays: Sequence[np.ndarray], results: Sequence[np.ndarray]) -> None:
        """Compute the results into the arrays given for them. Raises InputError that names the variable where a call fails."""
        try:
            first, *others = workspaces = self._waiting.pop()
        except IndexError:
            first, *others = workspaces = [self._workspace(part) for part in range(self.threads)]
        try:
            waiting = [self._pool.submit(self._body, workspace, *arrays, *results) for workspace in others]
            self._body(first, *arrays, *results)
            for future in waiting:
                future.result()
            if self._after:
                self._after(first, [once for once, _ in others], *arrays, *results)
        except FAILED as error:
            if not self._writer.numbers or not isinstance(error, REFUSED):
                raise InputError(f"{self.text.culprit(error)} failed: {error}") from None
            self.plain.run(arrays, results)
        finally:
            if len(self._waiting) < KEPT:
                self._waiting.append(workspaces)

    def alone(self, results: Sequence[np.ndarray]) -> Callable[..., None]:
        """The function of the leaves' arrays that fills `results`, in a workspace of its own, with NumPy's warnings as they are."""
        if self._is_tiled:
            return lambda *arrays: self.run(arrays, results)
        body, workspace = self._functions["body"], self._workspace()

        def call(*arrays: np.ndarray) -> None:
            try:
                body(workspace, *arrays, *results)
            except FAILED:
                self.run(arrays, results)  # which says what is wrong

        return call

    def bound(self, arrays: Sequence[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray], Callable[[], None], Callable[[Exception], None]]:
        """Arrays for the results, in one if their types are the same, and the function that computes them, in memory of its own.

        What it raises of FAILED is for the last function, which computes them in another way, or says what is wrong.
        """
        flat, results = self._block_of_results()
        text = None

        def mend(error: Exception) -> None:
            if isinstance(error, REFUSED):
                self.run(arrays, results)
            else:
                raise InputError(f"{text.culprit(error) if text else 'the plan'} failed: {error}") from None

        if self.floats is not None and flat.size:
            view, numbers, pack = memoryview(flat).cast("B"), self.floats.numbers, self.floats.pack.pack_into
            return flat, results, lambda: pack(view, 0, *numbers(*arrays)), mend
        text = self.bound_text
        if text is None:
            return flat, results, lambda: self.run(arrays, results), mend
        buffers = self._arrays(self._block(), None, self.rows)
        call = text.functions(self._writer.names)["bind"](self.rows, *buffers, *arrays, *results)
        return flat, results, partial(quietly(), call), mend

    def forget(self) -> None:
        """Give the workspaces back; the next call makes one."""
        self._waiting.clear()

    @cached_property
    def plain(self) -> Program:
        """The plan without Python's numbers: itself, if it has none."""
        return self._plain() if self._writer.numbers else self

    @cached_property
    def _pool(self) -> Executor:
        from concurrent.futures import ThreadPoolExecutor

        return ThreadPoolExecutor(self.threads - 1, "a1viz")

    def __post_init__(self) -> None:
        items = [self.values.items[k] for k in self.results]
        self.shapes = [(lead_shape(v.lead, self.rows, self.seeds) + v.core, v.dtype) for v in items]  # of the results

    @cached_property
    def _functions(self) -> dict[str, Any]:
        """What the code defines, from the first time on that it is run: a plan in floats, or bound, has no need of it."""
        return self.text.functions(self._writer.names)

    @cached_property
    def _body(self) -> Callable[..., None]:
        return np.errstate(all="ignore")(self._functions["body"])

    @cached_property
    def _after(self) -> Callable[..., None] | None:
        return np.errstate(all="ignore")(self._functions["after"]) if "after" in self._functions else None

    def _workspace(self, part: int = 0) -> Workspace:
        """One block of memory, and the arrays in it for every number of rows that a tile may have; for one thread's part of the tiles."""
        block = self._block()
        once = self._functions["setup_once"](*self._arrays(block, False, 0)) if self._is_tiled else ()
        if not self._is_tiled:
            return once, (self.rows, self._functions["setup"](self.rows, *self._arrays(block, None, self.rows)))
        starts = range(0, self.rows, self.tile)
        share = -(-len(starts) // self.threads)
        starts = starts[part * share : (part + 1) * share]
        looks = {n: self._functions["setup"](n, *self._arrays(block, True, n)) for n in {min(self.tile, self.rows - s) for s in starts}}
        ends = [min(s + self.tile, self.rows) for s in starts]
        return once, [(s, e, e - s, looks[e - s]) for s, e in zip(starts, ends, strict=True)]

    def _block(self) -> np.ndarray:
        block = np.empty(self.bytes + ALIGNED, np.uint8)
        return block[-block.ctypes.data % ALIGNED :]

    def _arrays(self, block: np.ndarray, batched: bool | None, n: int) -> list[np.ndarray]:
        """The buffers for n examples: those with a batch axis, those without, or (None) all."""
        chosen = [b for b in self._writer.buffers if batched is None or bool(b.lead & BATCH) == batched]
        return [np.ndarray(b.shape(n, self.seeds), b.dtype, block, b.offset, order=b.layout) for b in chosen]

    @property
    def _is_tiled(self) -> bool:
        return self.tile < self.rows


def quietly() -> Callable[..., Any]:
    """What calls a function without NumPy's warnings: entered faster than np.errstate is, by one thread at a time."""
    context = copy_context()
    context.run(np.seterr, all="ignore")
    return context.run


def program(
    values: Values, leaves: Sequence[str], results: Sequence[int], rows: int, seeds: int = 1, *, room: int = 0, threads: int = 1,
    singles: bool = True,
) -> Program:
    """Write the code for `results`: in tiles whose buffers take at most `room` bytes (ROOM, if it is 0), by `threads`.

    What is each example's own is there when its tile is done; sums over the batch are added up from tile to tile, unless they are to be
    `exact` or tiles would have so few examples that adding up is noticed.
    """
    singles = singles and not values.exact
    scheduled = schedule(values, results)
    write = partial(_written, values, leaves, results, scheduled, rows, seeds, room, threads, singles)
    plain = partial(program, values, leaves, results, rows, seeds, room=room, threads=threads, singles=False)
    floats = None if values.exact else unrolled(values, leaves, results, scheduled[0])
    found = Program(values, tuple(leaves), tuple(results), rows, seeds, floats, write, plain)
    if threads > 1 and floats is None and found.tile < rows:
        found.threads = threads
    return found


def _written(
    values: Values,
    leaves: Sequence[str],
    results: Sequence[int],
    scheduled: Schedule,
    rows: int,
    seeds: int,
    room: int,
    threads: int,
    singles: bool,
) -> Written:
    writer = Writer(values, results, scheduled, False, rows, seeds, singles)
    writer.write()
    tile = _tile(writer, rows, room or ROOM, threads)
    if tile < rows:
        tiled = Writer(values, results, scheduled, True, tile, seeds)
        tiled.write()
        if tiled.is_complete:
            writer = tiled
        else:
            tile = rows
    size = place_all(writer.buffers, tile, seeds)
    return Written(writer, tile, code_of(writer, leaves, tile < rows), size)


def _tile(writer: Writer, rows: int, room: int, threads: int) -> int:
    """How many examples fit; all tiles of about the same size, and as many for each thread where there is enough to do."""
    one = place_all([b for b in writer.buffers if b.lead & BATCH], 64, writer.seeds) / 64
    leads = {writer.values.items[k].lead for k in writer.results}
    if not one or (leads != {BATCH} and not _can_add_up(writer)):
        return rows
    count, least = -(-rows // max(1, int(room // one))), rows
    if leads != {BATCH}:
        count, least = min(count, rows // SUMMED), rows // SUMMED_BY_THREAD
    if threads > 1 and rows * one >= WORTHWHILE and threads <= least:
        count = -(-max(count, 1) // threads) * threads
    return -(-rows // max(count, 1))


def _can_add_up(writer: Writer) -> bool:
    """Whether what has no batch axis is made of sums over the batch that can be added up from tile to tile."""
    items = writer.values.items
    sums = sums_of(writer.values, writer.order)
    is_known = all(items[k].op in TOTALS for k in sums) and all(items[k].lead in (0, BATCH) for k in writer.order)
    return bool(sums) and is_known and not writer.values.exact
