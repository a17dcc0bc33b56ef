"""A plan that can be called: the code, the workspaces it runs in, and what a reader may want to see of both."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import copyto, empty

from ..errors import InputError
from .calls import VIEWS
from .floats import REFUSED, unrolled
from .values import BATCH, Values
from .workspace import ALIGNED, Buffer, lead_shape, place_all
from .writer import Writer

if TYPE_CHECKING:
    from concurrent.futures import Executor

WORTHWHILE = 2**18  # bytes of buffers: with less to do, a second thread costs more than it helps
KEPT = 2  # workspaces that wait for the next call
ROOM = 2**22  # bytes that the buffers of a tile may take: about what a core has of the caches
Workspace = tuple[tuple, Any]  # the arrays of what is computed once; and of each tile


@dataclass
class Program:
    """A plan at fixed shapes. `leaves` says in which order the arrays are given; `results` which are returned."""

    values: Values = field(repr=False)
    leaves: tuple[str, ...]
    results: tuple[int, ...]
    rows: int  # examples; 1 without a batch
    seeds: int  # cotangents that are pulled back at once
    tile: int  # examples at a time
    code: str = field(repr=False)
    table: tuple[tuple[str, str, str, int], ...] = field(repr=False)
    bytes: int  # of a workspace
    _buffers: list[Buffer] = field(repr=False)
    _owners: dict[int, str] = field(repr=False)  # line of the code -> the variable
    _functions: dict[str, Any] = field(repr=False)
    floats: Callable[..., list[np.ndarray]] | None = None  # the same for a tiny plan, by Python's own numbers
    threads: int = 1
    _waiting: list[list[Workspace]] = field(default_factory=list, repr=False)

    def __str__(self) -> str:
        rows = [("variable", "operation", "place", "bytes"), *((*row[:3], str(row[3])) for row in self.table)]
        rows.append(("workspace", "", "", str(self.bytes)))
        widths = [max(len(row[k]) for row in rows) for k in range(4)]
        return "\n".join("  ".join(f"{cell:{w}}" for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)

    def results_of(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The results in new arrays."""
        if self.floats is not None:
            try:
                return self.floats(*arrays)
            except REFUSED:
                pass
        results = [empty(shape, dtype) for shape, dtype in self.shapes]
        self.run(arrays, results)
        return results

    def block_of_results(self) -> tuple[np.ndarray, list[np.ndarray]]:
        """Arrays for the results, one behind the other in one; in one of its own each where their types differ."""
        dtype, sizes = self.shapes[0][1], [math.prod(shape) for shape, _ in self.shapes]
        if any(other != dtype for _, other in self.shapes):
            return empty(0), [empty(shape, dtype) for shape, dtype in self.shapes]
        flat = empty(sum(sizes), dtype)
        parts = np.split(flat, np.cumsum(sizes)[:-1])
        return flat, [part.reshape(shape) for part, (shape, _) in zip(parts, self.shapes, strict=True)]

    def write(self, arrays: Sequence[np.ndarray], results: Sequence[np.ndarray]) -> None:
        """The results into the arrays given for them, by floats where that is faster."""
        if self.floats is None:
            self.run(arrays, results)
            return
        for found, result in zip(self.results_of(arrays), results, strict=True):
            copyto(result, found)

    def run(self, arrays: Sequence[np.ndarray], results: Sequence[np.ndarray]) -> None:
        """Compute the results into the arrays given for them. Raises InputError that names the variable where a call fails."""
        try:
            first, *others = workspaces = self._waiting.pop()
        except IndexError:
            first, *others = workspaces = [self._workspace(part) for part in range(self.threads)]
        try:
            if others:
                waiting = [self._pool.submit(self._body, workspace, *arrays, *results) for workspace in others]
                self._body(first, *arrays, *results)
                for future in waiting:
                    future.result()
            else:
                self._body(first, *arrays, *results)
        except (ValueError, MemoryError, IndexError) as error:
            raise InputError(f"{self._culprit(error)} failed: {error}") from None
        finally:
            if len(self._waiting) < KEPT:
                self._waiting.append(workspaces)

    def forget(self) -> None:
        """Give the workspaces back; the next call makes one."""
        self._waiting.clear()

    @cached_property
    def _pool(self) -> Executor:
        from concurrent.futures import ThreadPoolExecutor

        return ThreadPoolExecutor(self.threads - 1, "a1viz")

    def __post_init__(self) -> None:
        items = [self.values.items[k] for k in self.results]
        self.shapes = [(lead_shape(v.lead, self.rows, self.seeds) + v.core, v.dtype) for v in items]  # of the results
        self._body = np.errstate(all="ignore")(self._functions["body"])

    def _culprit(self, error: BaseException) -> str:
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == FILE:
                return self._owners.get(trace.tb_lineno, "the plan")
            trace = trace.tb_next
        return "the plan"

    def _workspace(self, part: int = 0) -> Workspace:
        """One block of memory, and the arrays in it for every number of rows that a tile may have; for one thread's part of the tiles."""
        block = np.empty(self.bytes + ALIGNED, np.uint8)
        block = block[-block.ctypes.data % ALIGNED :]

        def arrays(batched: bool, n: int) -> list[np.ndarray]:
            chosen = [b for b in self._buffers if bool(b.lead & BATCH) == batched or not self._is_tiled]
            return [np.ndarray(b.shape(n, self.seeds), b.dtype, block, b.offset, order=b.layout) for b in chosen]

        once = self._functions["setup_once"](*arrays(False, 0)) if self._is_tiled else ()
        if not self._is_tiled:
            return once, (self.rows, self._functions["setup"](self.rows, *arrays(True, self.rows)))
        starts = range(0, self.rows, self.tile)
        share = -(-len(starts) // self.threads)
        starts = starts[part * share : (part + 1) * share]
        looks = {n: self._functions["setup"](n, *arrays(True, n)) for n in {min(self.tile, self.rows - s) for s in starts}}
        ends = [min(s + self.tile, self.rows) for s in starts]
        return once, [(s, e, e - s, looks[e - s]) for s, e in zip(starts, ends, strict=True)]

    @property
    def _is_tiled(self) -> bool:
        return self.tile < self.rows


FILE = "<plan>"


def program(
    values: Values, leaves: Sequence[str], results: Sequence[int], rows: int, seeds: int = 1, *, room: int = ROOM, threads: int = 1
) -> Program:
    """Write the code for `results`; where all are each example's own, in tiles whose buffers take at most `room` bytes, by `threads`."""
    writer = Writer(values, results, False, rows, seeds)
    writer.write()
    tile = _tile(writer, rows, room, threads) if all(values.items[k].lead == BATCH for k in results) else rows
    if tile < rows:
        writer = Writer(values, results, True, tile, seeds)
        writer.write()
    size = place_all(writer.buffers, tile, seeds)
    code, owners = _code(writer, leaves, tile < rows)
    space = dict(writer.names)
    exec(compile(code, FILE, "exec"), space)  # built from the templates of `calls` alone
    names = {line: f"{values.items[k].name}: {values.items[k].op.removeprefix('any_')}" for line, k in owners.items()}
    table, floats = _table(writer, tile), None if values.exact else unrolled(values, leaves, results)
    about = (tuple(leaves), tuple(results), rows, seeds, tile, code, table, size)
    return Program(values, *about, writer.buffers, names, space, floats, threads if tile < rows else 1)


def _tile(writer: Writer, rows: int, room: int, threads: int) -> int:
    """How many examples fit; all tiles of about the same size, and as many for each thread where there is enough to do."""
    one = place_all([b for b in writer.buffers if b.lead & BATCH], 64, writer.seeds) / 64
    if not one:
        return rows
    count = -(-rows // max(1, int(room // one)))
    if threads > 1 and rows * one >= WORTHWHILE:
        count = -(-count // threads) * threads
    return -(-rows // max(count, 1))


def _code(w: Writer, leaves: Sequence[str], tiled: bool) -> tuple[str, dict[int, int]]:
    """The text of the plan, and which value each of its lines computes."""
    numbers = {w.values.items[k].extra: k for k in w.order if w.values.items[k].op in ("leaf", "unit")}
    given = [f"v{numbers[name]}" if name in numbers else f"unused{j}" for j, name in enumerate(leaves)]
    body = [(text, k) for part in ("once", "slices", "body") for text, k in zip(w.lines[part], w.owners[part], strict=True)]
    read = set(re.findall(r"\b[abw]\d+\b", "\n".join(text for text, _ in body)))
    lines: list[tuple[str, int | None]] = []

    def setup(name: str, part: str, chosen: Sequence[int], first: Sequence[str]) -> str:
        """The function that makes the looks at the buffers; returns what the body takes from it."""
        buffers = [f"b{j}" for j in chosen]
        made = [text.partition(" ")[0] for text in w.lines[part]]
        wanted = [x for x in (*buffers, *made) if x in read]
        lines.append((f"def {name}({', '.join([*first, *buffers])}):", None))
        lines.extend((f"    {text}", None) for text in w.lines[part])
        tuple_text = f"({', '.join(wanted)}{',' * (len(wanted) == 1)})"
        lines.extend([(f"    return {tuple_text}", None), ("", None)])
        return tuple_text

    once = "()"
    if tiled:
        once = setup("setup_once", "setup once", [j for j, b in enumerate(w.buffers) if not b.lead & BATCH], [])
    looks = setup("setup", "setup", [j for j, b in enumerate(w.buffers) if b.lead & BATCH or not tiled], ["n"])
    lines.append((f"def body(workspace, {', '.join([*given, *(f'o{j}' for j in range(len(w.results)))])}):", None))
    lines.append((f"    once, {'tiles' if tiled else '(n, looks)'} = workspace", None))
    taken = [(once, "once"), ("()" if tiled else looks, "looks")]
    lines.extend((f"    {names} = {source}", None) for names, source in taken if names != "()")
    if tiled:
        lines.extend((f"    {text}", k) for text, k in zip(w.lines["once"], w.owners["once"], strict=True))
        lines.append(("    for start, end, n, looks in tiles:", None))
        lines.extend([(f"        {looks} = looks", None)] if looks != "()" else [])
        body = body[len(w.lines["once"]) :]
    lines.extend((f"    {'    ' * tiled}{text}", k) for text, k in body)
    return "\n".join(text for text, _ in lines) + "\n", {j: k for j, (_, k) in enumerate(lines, 1) if k is not None}


def _table(w: Writer, rows: int) -> tuple[tuple[str, str, str, int], ...]:
    """(variable, operation, place, bytes) of each step."""
    found = []
    for k in w.order:
        v = w.values.items[k]
        if v.op not in ("leaf", "unit", "constant"):
            size = 0 if v.op in VIEWS else math.prod(lead_shape(v.lead, rows, w.seeds) + v.core) * v.dtype.itemsize
            found.append((v.name, v.op.removeprefix("any_"), w.places[k], size))
    return tuple(found)
