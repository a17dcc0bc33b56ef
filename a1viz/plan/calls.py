"""NumPy's calls, one function for each kind of operation: entry by entry, sums along an axis, entries that are picked or put somewhere.

Pure: each is given a site and gives lines. What an operand's memory may be used for stands in the table.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from .references import SCALAR, STRIP, TURNED, Examples, Item, Ref, Strip, index, lead_extents, lead_rows, made, reshape
from .sites import Argument, Call, Site, aligned, entry_by_entry, fronted, shape
from .steps import BATCH, Step

FEW = 2**12  # numbers that are added up by an inner product with ones; for more of them NumPy's own sum is more exact
WORTH = 2**9  # entries that are worth another array
BY_KEYWORD = ("minimum", "maximum")  # NumPy wants their `out` by its name
FLAT = reshape(-1)


def constant(number: float, v: Step) -> Ref:
    """A number as an array without axes: NumPy takes it faster than one of Python's."""
    return Ref("constant", (float(number), v.dtype.char))


def ones(at: Site, extent: int | Examples) -> Ref:
    """So many ones: an inner product with them is a sum."""
    return made("ones", (extent,), at.step.dtype.char)


def flat(x: Argument) -> Ref:
    """A value of one example, or for all, as one axis."""
    return x.ref if len(x.step.core) == 1 else x.ref.seen(FLAT)


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
    zeros = constant(0, v)
    if v.lead and source.kind == out.kind == "buffer":
        turn = (TURNED,) * at.is_turned
        if at.many(size, STRIP):
            width = Strip(lead_rows(v.lead, at.seeds), size)
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


def cast(at: Site, name: str) -> Iterator[Call]:
    yield Call("copyto({}, {})", (at.out, at.refs[0]))


# --- along an axis --------------------------------------------------------------------------------------------------------------------


def total(at: Site) -> Iterator[Call]:
    (x,) = at.operands
    if _is_few(at, x):
        yield Call("{}.dot({}, {})", (flat(x), ones(at, math.prod(x.step.core)), at.out))
    else:
        yield Call("add_reduce({}, -1, None, {})", (fronted(x, at.step, at.seeds, flat=True), at.out))


def _is_few(at: Site, x: Argument) -> bool:
    """Whether an inner product with ones is called faster than NumPy's sum, and is as exact."""
    return not (at.exact or at.step.lead) and x.step.dtype == at.step.dtype and 0 < math.prod(x.step.core) <= FEW


def rowsum(at: Site) -> Iterator[Call]:
    (x,) = at.operands
    if _is_few(at, x) and len(x.step.core) == 1:
        yield Call("{}.dot({}, {})", (x.ref, ones(at, x.step.core[0]), at.out.seen(SCALAR)))
    elif at.step.lead == BATCH and len(at.step.core) == 1 and not at.exact:  # of each example: called and added up faster
        yield Call("{}.dot({}, {})", (x.ref, ones(at, x.step.core[0]), at.out.seen(index(..., 0))))
    else:
        yield Call("add_reduce({}, -1, None, {}, True)", (x.ref, at.out))


def colsum(at: Site) -> Iterator[Call]:
    yield Call("add_reduce({}, -2, None, {})", (at.refs[0], at.out))


def rowmax(at: Site) -> Iterator[Call]:
    """The entry where the maximum is: NumPy finds it three times faster than the maximum."""
    (x,), out = at.operands, at.out
    if out.kind == "local":
        yield Call("maximum_reduce({}, -1, None, None, True)", (x.ref,), out)
        return
    if len(x.step.core) != 1:
        yield Call("maximum_reduce({}, -1, None, {}, True)", (x.ref, out))
        return
    assert at.scratch is not None
    yield Call("{}.argmax(-1, {})", (x.ref, at.scratch))
    if at.step.lead:
        yield Call("add({}, {}, {})", (at.scratch, starts(at, x.step.core[0]), at.scratch))
    yield Call("{}.take({}, None, {}, 'clip')", (x.ref.seen(FLAT), at.scratch, out.seen(index(..., 0))))


def maximum_number(at: Site) -> Iterator[Call]:
    yield Call("{0}.item({0}.argmax())", at.refs, at.out)


# --- entries --------------------------------------------------------------------------------------------------------------------------


def starts(at: Site, size: int) -> Ref:
    """Where each row starts in a flat array."""
    return made("starts", lead_extents(at.step.lead, at.seeds), size)


def position(at: Site) -> Iterator[Call]:
    """Where the entry of each example is in a flat array."""
    yield Call("add({}, {}, {})", (aligned(at.operands[0], at.step), starts(at, at.step.extra), at.out))


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


def stack(at: Site) -> Iterator[Call]:
    for j, x in enumerate(at.operands):
        yield from put(at, (..., j), x)


def concatenate(at: Site) -> Iterator[Call]:
    a, b = at.operands
    cut = a.step.core[-1]
    yield from put(at, (..., (None, cut)), a)
    yield from put(at, (..., (cut, None)), b)


def put(at: Site, items: tuple[Item, ...], x: Argument) -> Iterator[Call]:
    """An operand into some entries of the result."""
    yield Call("{}[...] = {}", (at.out.seen(index(*items)), x.number or fronted(x, at.step, at.seeds)))


def pad_end(at: Site) -> Iterator[Call]:
    size = at.operands[0].step.core[-1]
    yield Call("{}[...] = {}", (at.out.seen(index(..., (None, size))), at.refs[0]))
    yield Call("{}.fill(0)", (at.out.seen(index(..., (size, None))),))


def pad_start(at: Site) -> Iterator[Call]:
    zeros = at.step.core[-1] - at.operands[0].step.core[-1]
    yield Call("{}[...] = {}", (at.out.seen(index(..., (zeros, None))), at.refs[0]))
    yield Call("{}.fill(0)", (at.out.seen(index(..., (None, zeros))),))


def blocks(at: Site) -> Iterator[Call]:
    """A concatenation whose blocks are computed in their places, but for those that are elsewhere."""
    start = 0
    for x in at.operands:
        stop = start + x.step.core[0]
        place = at.out.seen(index((start, stop)))
        if x.ref != place:
            yield Call("copyto({}, {})", (place, x.ref))
        start = stop
