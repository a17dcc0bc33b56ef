"""Where a step is computed: its operands and its result as references, and the views of them that NumPy's calls ask for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from .references import (  # fmt: skip
    ALL,
    SCALAR,
    SWAPPED,
    TURNED,
    ArrayView,
    Examples,
    Extent,
    Item,
    Ref,
    index,
    lead_extents,
    lead_rows,
    order_of,
    reshape,
    transposed,
)
from .steps import BATCH, SEEDS, Core, DType, Step


class Argument(NamedTuple):
    """A value that a step reads; `is_turned` if it lies column-major: the numbers of all examples for one feature side by side."""

    step: Step
    ref: Ref
    is_turned: bool = False
    number: Ref | None = None  # the same as one of Python's numbers


class Site(NamedTuple):
    """All that the call of a step may depend on."""

    step: Step
    operands: tuple[Argument, ...]
    out: Ref
    scratch: Ref | None
    is_turned: bool  # whether the result lies column-major
    exact: bool
    examples: int  # at a time
    seeds: int

    @property
    def refs(self) -> tuple[Ref, ...]:
        return tuple(x.ref for x in self.operands)

    def many(self, entries: int, number: int) -> bool:
        """Whether so many entries an example are more than a number."""
        return self.examples * entries > number


class Call(NamedTuple):
    """A line of a plan: a template with a place for each reference; what it gives is put into `target`, or written in place."""

    template: str
    refs: tuple[Ref, ...]
    target: Ref | None = None


class Scratch(NamedTuple):
    """Memory that a step needs for itself alone."""

    core: Core
    lead: int
    dtype: DType
    is_turned: bool = False


def aligned(x: Argument, beside: Step) -> Ref:
    """With axes put between those in front and the core, to stand beside others: (N,) beside (N, n) is (N, 1)."""
    v = x.step
    if not v.lead and v.core and math.prod(v.core) == 1 and v.op != "leaf":  # NumPy takes a number without axes faster
        return x.ref.seen(SCALAR)
    return x.ref.seen(*_fronting(v, beside.lead, len(beside.core) - len(v.core)))


def fronted(x: Argument, beside: Step, seeds: int = 1, *, flat: bool = False, missing: int = 0) -> Ref:
    """With the axes in front brought to those of another, its core as it is or as one axis; with so many axes put in between."""
    ref = x.ref
    if flat and len(x.step.core) != 1:
        ref = ref.seen(reshape(*lead_extents(x.step.lead, seeds), math.prod(x.step.core)))
    return ref.seen(*_fronting(x.step, beside.lead, missing))


def _fronting(v: Step, lead: int, missing: int) -> Sequence[ArrayView]:
    if not v.lead or (v.lead == lead and missing <= 0):
        return ()
    axes: list[Item] = [ALL] if v.lead & SEEDS else []
    if v.batched or (axes and lead & BATCH):
        axes.append(ALL if v.batched else None)
    axes += [None] * missing
    return (index(*axes),) if None in axes else ()


def turned(x: Argument) -> Ref:
    """To stand beside what lies column-major and is turned round: (n,) becomes (n, 1), a number of each example goes with all features."""
    v = x.step
    if v.batched:
        return x.ref.seen(TURNED) if v.core else x.ref
    return x.ref.seen(index(ALL, None)) if math.prod(v.core) > 1 else x.ref.seen(SCALAR) if v.core else x.ref


def entry_by_entry(at: Site) -> tuple[list[Ref], Ref]:
    """Operands and result, to be gone through entry by entry along the memory."""
    if at.is_turned:
        return [turned(x) for x in at.operands], at.out.seen(TURNED)
    return [aligned(x, at.step) for x in at.operands], at.out


def one_lead(ref: Ref, v: Step, seeds: int) -> Ref:
    """A vector with its axes in front as one."""
    return ref.seen(reshape(lead_rows(v.lead, seeds), v.core[0])) if v.lead == BATCH | SEEDS else ref


def shape(v: Step, seeds: int) -> tuple[Extent, ...]:
    return (*lead_extents(v.lead, seeds), *v.core)


def looped(x: Argument, v: Step, axes: int, result_axes: int) -> Ref:
    """A value whose last `axes` axes a call works on, with as many in front of them as the result has in front of `result_axes`."""
    missing = len(v.core) - result_axes - (len(x.step.core) - axes)
    return x.ref.seen(*_fronting(x.step, v.lead, missing))


def one_matrix(x: Step) -> bool:
    """Whether a value is one matrix for all examples and loops."""
    return not x.lead and len(x.core) == 2


def rows(ref: Ref, v: Step, seeds: int) -> Ref:
    """All axes but the last as one: the rows of a matrix."""
    if len(v.core) + bool(v.lead & BATCH) + bool(v.lead & SEEDS) == 2:
        return ref
    return ref.seen(reshape(times(lead_rows(v.lead, seeds), math.prod(v.core[:-1])), v.core[-1]))


def entries(ref: Ref, v: Step, seeds: int) -> Ref:
    """All axes as one."""
    is_one = len(v.core) + bool(v.lead & BATCH) + bool(v.lead & SEEDS) == 1
    return ref if is_one else ref.seen(reshape(times(lead_rows(v.lead, seeds), math.prod(v.core))))


def times(extent: int | Examples, number: int) -> int | Examples:
    """A length so many times as long."""
    return Examples(extent.times * number) if isinstance(extent, Examples) else extent * number


def is_one_piece(x: Argument) -> bool:
    """Whether a value lies row after row, as far as is known: then rows of several axes are rows of one."""
    return not x.is_turned and order_of(x.ref.views, "C") == "C"


def permuted(ref: Ref, v: Step, axes: Sequence[int]) -> Ref:
    """The axes of the core in another order; those in front stay there."""
    lead, rank = bool(v.lead & BATCH) + bool(v.lead & SEEDS), len(axes)
    return ref.seen(transposed(*range(lead), *(lead + rank + axis for axis in axes)))


def viewed(v: Step, x: Argument, view: str, seeds: int) -> Ref:
    """A value that is another view of its operand; `view` says which, as the table has it."""
    of, size = (y.core[-1] if y.core else 0 for y in (x.step, v))
    if view == "spread":
        over = shape(v, seeds)
        return aligned(x, v).seen(ArrayView("broadcast", over)) if over else x.ref
    if view == "permuted":
        return permuted(x.ref, x.step, v.extra)
    views: dict[str, tuple[ArrayView, ...]] = {
        "same": (),
        "swapped": (SWAPPED,),
        "column": (index(..., None),),
        "first": (index(..., (None, size)),),
        "last": (index(..., (of - size, None)),),
        "entry": (index(..., v.extra),),
        "part": (index(..., *v.extra),) if view == "part" else (),
        "reshaped": (reshape(*shape(v, seeds)),),
        "expanded": (index(..., *(None if k in (v.extra or ()) else ALL for k in range(len(v.core)))),) if view == "expanded" else (),
        "squeezed": (index(..., *(0 if k in (v.extra or ()) else ALL for k in range(len(x.step.core)))),) if view == "squeezed" else (),
    }
    return x.ref.seen(*views[view])
