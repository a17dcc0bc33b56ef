"""NumPy's calls, one function for each kind of operation: entry by entry, and entries that are picked or put somewhere.

Pure: each is given a site and gives lines. What an operand's memory may be used for stands in the table.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from .references import ALL, STRIP, TURNED, Item, Ref, Strip, index, lead_extents, lead_rows, made, order_of, reshape
from .sites import Argument, Call, Site, aligned, entries, entry_by_entry, fronted, shape, times
from .steps import Step

WORTH = 2**9  # entries that are worth another array
BY_KEYWORD = ("minimum", "maximum")  # NumPy wants their `out` by its name
FLAT = reshape(-1)


def literal(number: float) -> Ref:
    """A number as Python writes it."""
    return Ref("literal", number)


def constant(number: float, v: Step) -> Ref:
    """A number as an array without axes: NumPy takes it faster than one of Python's."""
    return Ref("constant", (float(number), v.dtype.char))


def copied(at: Site, operand: Ref) -> Iterator[Call]:
    """A copy of an operand in the place of the result."""
    if operand != at.out:
        yield Call("copyto({}, {})", (at.out, operand))


# --- entry by entry -------------------------------------------------------------------------------------------------------------------


def ufunc(at: Site, name: str) -> Iterator[Call]:
    operands, out = entry_by_entry(at)
    places = ", ".join("{}" for _ in operands)
    if out.kind == "local":
        yield Call(f"{name}({places})", tuple(operands), out)
    else:
        yield Call(f"{name}({places}, {'out=' * (name in BY_KEYWORD)}{{}})", (*operands, out))


def kernel(at: Site, name: str, elementwise: bool, flat: tuple[bool, ...]) -> Iterator[Call]:
    """The interpreter's own function: its result as it is, or copied into an array of the plan."""
    attributes = [f"{key}={value!r}" for key, value in at.step.extra or ()] if at.step.op.startswith("any_") else []
    if elementwise:
        operands = [aligned(x, at.step) for x in at.operands]
    else:
        wholes = [f and not attributes for f in flat] * (len(at.operands) // len(flat))
        operands = [fronted(x, at.step, at.seeds, flat=f) for x, f in zip(at.operands, wholes, strict=True)]
    places = ", ".join([*("{}" for _ in operands), *attributes])
    if at.out.kind == "local":
        yield Call(f"{name}({places})", tuple(operands), at.out)
    else:
        yield Call(f"copyto({{}}, {name}({places}))", (at.out, *operands))


def relu(at: Site, name: str) -> Iterator[Call]:
    """NumPy takes the larger of two arrays faster than that of an array and a number: zeros stand in a strip that fits the first cache."""
    v, (source,), out, size = at.step, at.refs, at.out, math.prod(at.step.core)
    zeros, is_matrix = constant(0, v), bool(v.lead or len(v.core) > 1)
    if is_matrix and source.kind == out.kind == "buffer":
        turn, row = (TURNED,) * at.is_turned, v.core[-1] if v.core else 1
        if at.many(size, STRIP) and order_of(source.views, "C") == "C":
            width = Strip(times(lead_rows(v.lead, at.seeds), size // max(row, 1)), row)
            zeros = made("zeros", (width,), v.dtype.char)
            source, out = (ref.seen(*turn, reshape(-1, width)) for ref in (source, out))
        elif at.many(size, WORTH):
            zeros = made("zeros", shape(v, at.seeds)[:: -1 if at.is_turned else 1], v.dtype.char).seen(*turn)
    yield Call("maximum({}, {}, out={})", (source, zeros, out))


def comparison(at: Site, name: str) -> Iterator[Call]:
    """With another operand, or with 0."""
    assert at.scratch is not None
    operands = [aligned(x, at.step) for x in at.operands]
    if len(operands) == 1:
        operands.append(constant(0, at.operands[0].step))
    yield Call(f"{name}({{}}, {{}}, {{}})", (*operands, at.scratch))
    yield Call("copyto({}, {})", (at.out, at.scratch))


def select(at: Site) -> Iterator[Call]:
    """The second operand, with 0 where the first is."""
    assert at.scratch is not None
    s, x = at.operands
    operand = aligned(x, at.step)
    mask = aligned(Argument(s.step._replace(dtype=at.step.dtype), at.scratch), at.step)
    yield Call("equal({}, {}, {})", (s.ref, constant(0, s.step), at.scratch))
    yield from copied(at, operand)
    yield Call("copyto({}, {}, where={})", (at.out, constant(0, at.step), mask))


def cast(at: Site, name: str) -> Iterator[Call]:
    yield Call("copyto({}, {})", (at.out, at.refs[0]))


# --- entries --------------------------------------------------------------------------------------------------------------------------


def position(at: Site) -> Iterator[Call]:
    """Where the entry of each row is in a flat array: of each example's own, or of one that all share."""
    size, lead = at.step.extra
    starts = made("starts", (*lead_extents(lead, at.seeds), *at.step.core), size)
    yield Call("add({}, {}, {})", (aligned(at.operands[0], at.step), starts, at.out))


def pick(at: Site) -> Iterator[Call]:
    x, place = at.refs
    yield Call("{}.take({}, None, {}, 'clip')", (x.seen(FLAT), place, at.out))  # labels are checked before


def pick_number(at: Site) -> Iterator[Call]:
    x, place = at.operands
    yield Call("{}.item({})", (x.ref, place.number or place.ref), at.out)


def entry_number(at: Site) -> Iterator[Call]:
    """A fixed entry of a vector."""
    yield Call(f"{{}}.item({at.step.extra})", at.refs, at.out)


def scatter(at: Site) -> Iterator[Call]:
    s, place = at.operands
    yield Call("{}.fill(0)", (at.out,))
    yield Call("{}[{}] = {}", (at.out.seen(FLAT), place.ref, aligned(s, place.step)))


def scatter_fixed(at: Site) -> Iterator[Call]:
    yield Call("{}.fill(0)", (at.out,))
    yield from put(at, (..., at.step.extra), at.operands[0])


def less_at(at: Site) -> Iterator[Call]:
    a, s, place = at.operands
    yield from copied(at, a.ref)
    if s.number and place.number:  # faster than by a number of NumPy's
        yield Call("{0}[{1}] = {0}.item({1}) - {2}", (at.out, place.number, s.number))
    else:
        yield Call("{}[{}] -= {}", (at.out.seen(FLAT), place.ref, aligned(s, place.step)))


def less_at_fixed(at: Site) -> Iterator[Call]:
    a, s = at.operands
    yield from copied(at, a.ref)
    entry = at.out.seen(index(..., at.step.extra))
    yield Call("subtract({0}, {1}, {0})", (entry, s.number or fronted(s, at.step, at.seeds)))


def take(at: Site) -> Iterator[Call]:
    """Rows by their labels."""
    x, t = at.refs
    yield Call("{}.take({}, 0, {}, 'clip')", (x, t, at.out))


def untake(at: Site) -> Iterator[Call]:
    """Rows added up by their labels: number by number, which NumPy does several times faster than row by row."""
    s, t = at.operands
    size = math.prod(at.step.core[1:])
    labels, values = entries(t.ref, t.step, at.seeds), entries(s.ref, s.step, at.seeds)
    yield Call("{}.fill(0)", (at.out,))
    if size != 1:
        labels = labels.seen(index(ALL, None))
        yield Call("add_at({}, ({} * {} + {}).ravel(), {})", (at.out.seen(FLAT), labels, literal(size), made("range", size), values))
    else:
        yield Call("add_at({}, {}, {})", (at.out.seen(FLAT), labels, values))


def stack(at: Site) -> Iterator[Call]:
    axis = -1 if at.step.extra is None else at.step.extra
    for j, x in enumerate(at.operands):
        yield from put(at, (..., j, *[ALL] * (-1 - axis)), x, len(at.step.core) - 1)


def concatenate(at: Site) -> Iterator[Call]:
    axis, start = -1 if at.step.extra is None else at.step.extra, 0
    for x in at.operands:
        stop = start + x.step.core[axis]
        yield from put(at, (..., (start, stop), *[ALL] * (-1 - axis)), x)
        start = stop


def put(at: Site, items: tuple[Item, ...], x: Argument, rank: int = 0) -> Iterator[Call]:
    """An operand into some entries of the result, a part of so many axes."""
    missing = max(0, rank - len(x.step.core)) if x.step.lead else 0
    yield Call("{}[...] = {}", (at.out.seen(index(*items)), x.number or fronted(x, at.step, at.seeds, missing=missing)))


def pad_end(at: Site) -> Iterator[Call]:
    yield from padded(at, is_end=True)


def pad_start(at: Site) -> Iterator[Call]:
    yield from padded(at, is_end=False)


def padded(at: Site, is_end: bool) -> Iterator[Call]:
    """Zeros after an operand, or before it."""
    axis = -1 if at.step.extra is None else at.step.extra
    size, rest = at.operands[0].step.core[axis], [ALL] * (-1 - axis)
    cut = size if is_end else at.step.core[axis] - size
    parts = (None, cut), (cut, None)
    value, zeros = parts if is_end else parts[::-1]
    yield from put(at, (..., value, *rest), at.operands[0])
    yield Call("{}.fill(0)", (at.out.seen(index(..., zeros, *rest)),))


def unslice(at: Site) -> Iterator[Call]:
    """Zeros, with operands in some parts."""
    yield Call("{}.fill(0)", (at.out,))
    for items, x in zip(at.step.extra, at.operands, strict=True):
        yield from put(at, (..., *items), x)


def copy(at: Site) -> Iterator[Call]:
    """The same numbers, row after row."""
    yield Call("copyto({}, {})", (at.out, aligned(at.operands[0], at.step)))


def reshaped(at: Site) -> Iterator[Call]:
    """The numbers of an array that does not lie row after row, in another shape."""
    (x,) = at.operands
    yield Call("copyto({}, {})", (at.out.seen(reshape(*lead_extents(at.step.lead, at.seeds), *x.step.core)), x.ref))


def blocks(at: Site) -> Iterator[Call]:
    """A concatenation whose blocks are computed in their places, but for those that are elsewhere."""
    start = 0
    for x in at.operands:
        stop = start + x.step.core[0]
        place = at.out.seen(index((start, stop)))
        if x.ref != place:
            yield Call("copyto({}, {})", (place, x.ref))
        start = stop
