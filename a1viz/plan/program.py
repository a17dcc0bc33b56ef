"""A plan that can be called, and what a reader may want to see of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from numpy import empty

from ..base.arrays import Array
from ..base.errors import InputError
from ..base.results import Result, Table
from .emission import Listing, Part
from .executor import Executor, quietly
from .floats import REFUSED, Floats
from .memory import Buffer, arranged, cut, lead_shape
from .references import Ref
from .source import Source, culprit, named_place, source_of
from .steps import DType, Steps
from .table import GIVEN, row_of
from .workspaces import Workspaces, run_at_once

FAILED = (*REFUSED, MemoryError, IndexError)  # what code may raise
TableRow = tuple[str, str, str, int]  # variable, operation, place, bytes
Binding = tuple[Array, list[Array], Callable[[], None], Callable[[Exception], None]]


@dataclass
class Program(Result):
    """A plan at fixed shapes. `leaves` says in which order the arrays are given; `results` which are returned."""

    steps: Steps = field(repr=False)
    leaves: tuple[str, ...]
    results: tuple[int, ...]
    order: tuple[int, ...]
    rows: int  # examples; 1 without a batch
    seeds: int  # cotangents that are pulled back at once
    floats: Floats | None  # the same for a tiny plan, by Python's own numbers
    write: Callable[[], tuple[Listing, int]] = field(repr=False)  # the lines, and the examples at a time: a tiny plan has no need of them
    make_plain: Callable[[], Program] = field(repr=False)  # the same without Python's numbers, for what they refuse
    threads: int = 1

    def __post_init__(self) -> None:
        items = [self.steps.items[k] for k in self.results]
        self.shapes: list[tuple[tuple[int, ...], DType]] = [
            (lead_shape(v.lead, self.rows, self.seeds) + v.core, v.dtype) for v in items
        ]  # of the results
        self.executor: Executor[Any] = Executor(self._workspace)

    # --- what it is ---------------------------------------------------------------------------------------------------------------------

    @cached_property
    def _written(self) -> tuple[Listing, int]:
        return self.write()

    @property
    def listing(self) -> Listing:
        return self._written[0]

    @property
    def tile(self) -> int:
        """Examples at a time."""
        return self._written[1]

    @cached_property
    def _memory(self) -> tuple[tuple[Buffer, ...], int]:
        return arranged(self.listing.buffers, self.tile, self.seeds)

    @property
    def buffers(self) -> tuple[Buffer, ...]:
        return self._memory[0]

    @property
    def bytes(self) -> int:
        """The size of a workspace."""
        return self._memory[1]

    @property
    def is_tiled(self) -> bool:
        return self.tile < self.rows

    @cached_property
    def sources(self) -> Mapping[Part, Source]:
        """The code of each part."""
        parts: tuple[Part, ...] = ("once", "tile", "after") if self.is_tiled else ("tile",)
        return {part: source_of(self.listing, self.steps, self.leaves, part) for part in parts}

    @property
    def code(self) -> str:
        return "\n".join(source.code for source in self.sources.values())

    @cached_property
    def bound_source(self) -> Source | None:
        """The same for arrays that stay; none for a plan in tiles."""
        return None if self.is_tiled else source_of(self.listing, self.steps, self.leaves, "tile", stays=True)

    @cached_property
    def table(self) -> tuple[TableRow, ...]:
        """(variable, operation, place, bytes) of each step."""
        return tuple(self._row(k) for k in self.computed)

    @property
    def computed(self) -> list[int]:
        """The steps that the table has, in its order."""
        return [k for k in self.order if self.steps.items[k].op not in GIVEN]

    def _row(self, k: int) -> TableRow:
        v = self.steps.items[k]
        size = math.prod(lead_shape(v.lead, self.tile, self.seeds) + v.core) * v.dtype.itemsize
        numbers = self.listing.setup.numbers
        is_number = k in numbers.steps or any(k in read for read in numbers.read.values())
        place = f"s{k}" if is_number else named_place(self.listing.placement.refs[k], self._views)
        return v.name, v.op.removeprefix("any_"), place, 0 if self.is_view(k) else size

    @cached_property
    def _views(self) -> dict[Ref, str]:
        return {}

    def is_view(self, k: int) -> bool:
        """Whether a step is another view of its operand: nothing is computed."""
        return bool(row_of(self.steps.items[k].op).view)

    def parts(self) -> list[Table]:
        rows = [(*row[:3], str(row[3])) for row in self.table]
        return [Table(("variable", "operation", "place", "bytes"), [*rows, ("workspace", "", "", str(self.bytes))], "lllr", foot=1)]

    # --- called ---------------------------------------------------------------------------------------------------------------------------

    def results_of(self, arrays: Sequence[Array]) -> list[Array]:
        """The results in new arrays."""
        if self.floats is not None:
            try:
                return self.floats.new(arrays)
            except REFUSED:
                pass
        results = self.empty_results()
        self.run(arrays, results)
        return results

    def empty_results(self) -> list[Array]:
        """New arrays for the results."""
        return [empty(shape, dtype) for shape, dtype in self.shapes]

    def write_results(self, arrays: Sequence[Array], results: Sequence[Array]) -> None:
        """The results into the arrays given for them, by floats where that is faster."""
        if self.floats is None:
            self.run(arrays, results)
            return
        for found, result in zip(self.results_of(arrays), results, strict=True):
            result[...] = found  # faster than copyto for a few numbers

    def run(self, arrays: Sequence[Array], results: Sequence[Array]) -> None:
        """Compute the results into the arrays given for them. Raises InputError that names the variable where a call fails."""
        try:
            self.executor.run(self._body, arrays, results)
        except FAILED as error:
            if not self.listing.has_numbers or not isinstance(error, REFUSED):
                raise InputError(f"{culprit(error, self.sources.values())} failed: {error}") from None
            self.plain.run(arrays, results)

    def bound(self, arrays: Sequence[Array]) -> Binding:
        """Arrays for the results, in one if their types are the same, and the function that computes them, in memory of its own.

        What it raises of FAILED is for the last function, which computes them in another way, or says what is wrong.
        """
        flat, results = self._block_of_results()
        source = None

        def mend(error: Exception) -> None:
            if isinstance(error, REFUSED):
                self.run(arrays, results)
            else:
                raise InputError(f"{culprit(error, [source] if source else [])} failed: {error}") from None

        if self.floats is not None and flat.size:
            target, numbers, pack = flat.data.cast("B"), self.floats.numbers, self.floats.pack.pack_into
            return flat, results, lambda: pack(target, 0, *numbers(*arrays)), mend
        source = self.bound_source
        if source is None:
            return flat, results, lambda: self.run(arrays, results), mend
        given = {k: arrays[self.leaves.index(self.steps.items[k].extra)] for k in self.order if self.steps.items[k].is_leaf}
        return flat, results, partial(quietly(), self.workspaces.bound(source, given, results)), mend

    def forget(self) -> None:
        """Give the workspaces back; the next call makes one."""
        self.executor.forget()

    @cached_property
    def plain(self) -> Program:
        """The plan without Python's numbers: itself, if it has none."""
        return self.make_plain() if self.listing.has_numbers else self

    def _block_of_results(self) -> tuple[Array, list[Array]]:
        """Arrays for the results, one behind the other in one; in one of its own each where their types differ."""
        shapes, dtype = [shape for shape, _ in self.shapes], self.shapes[0][1]
        if any(other != dtype for _, other in self.shapes):
            return empty(0), self.empty_results()
        flat = empty(sum(map(math.prod, shapes)), dtype)
        return flat, cut(flat, shapes)

    @cached_property
    def workspaces(self) -> Workspaces:
        """What makes workspaces, from when the first is wanted."""
        totals = self.listing.placement.totals
        return Workspaces(self.sources, totals, self.buffers, self.bytes, self.rows, self.tile, self.seeds, self.threads)

    def _workspace(self) -> Any:
        """The function of the arrays that are given, in memory of its own; for a plan in tiles those of each thread."""
        return self.workspaces.in_tiles() if self.is_tiled else self.workspaces.at_once()

    @cached_property
    def _body(self) -> Callable[..., None]:
        return self.workspaces.run_tiles if self.is_tiled else run_at_once
