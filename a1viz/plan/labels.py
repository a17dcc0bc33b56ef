"""Lowering of entries by labels: picked, put somewhere, added up where a label is met again.

A class label is checked before a plan runs, so that no call looks at it again; what else says where an entry is, the kernel looks at.
"""

from __future__ import annotations

from collections.abc import Callable

from .operations import Operation
from .references import ALL
from .simplify import apply
from .steps import BATCH, Core, Steps
from .table import row_of


def _pick(r: Operation) -> int | None:
    x, axis = r.items[0], r.attrs.get("axis", -1)
    position = _position(r, x.core[axis])
    if position is not None and axis == -1 and len(x.core) == 1:
        return r.steps.put("pick_fixed", r.inputs[:1], r.core, r.lead, x.dtype, position)
    if position is not None and not r.steps.exact:
        return r.put("slice", tuple(position if k - len(x.core) == axis else ALL for k in range(len(x.core))))
    is_row_of_all = axis == -1 and x.core[:-1] == r.core and not (r.core and r.steps.exact)
    if not (is_row_of_all and _is_checked(r, 1, x.core[-1]) and x.dtype.kind == "f"):
        return None
    return _picked(r.steps, r.inputs[0], r.inputs[1], r.core, r.lead)


def _picked(steps: Steps, k: int, t: int, core: Core, lead: int) -> int:
    """The entry of a checked label; (a - b)[t] = a[t] - b, for only one entry is wanted."""
    x = steps.items[k]
    if x.op == "sub" and steps.items[x.inputs[0]].core == x.core and steps.items[x.inputs[1]].core == (*x.core[:-1], 1):
        b = steps.items[x.inputs[1]]
        if steps.items[x.inputs[0]].lead == x.lead:
            ahead = _picked(steps, x.inputs[0], t, core, lead)
            return apply(steps, "sub", ahead, steps.put("pick_fixed", [x.inputs[1]], core, b.lead, x.dtype, 0))
    return steps.put("pick", [k, _index(steps, t, core, lead, (x.core[-1], x.lead))], core, lead, x.dtype)


def _index(steps: Steps, t: int, core: Core, lead: int, rows: tuple[int, int]) -> int:
    """Where each label's entry is among the numbers of an array: `rows` are the length of its rows, and its axes in front."""
    _, own = rows
    return steps.put("index", [t], core, lead, steps.items[t].dtype, rows) if own or core else t


def _scatter(r: Operation) -> int | None:
    (s, _, x), axis = r.items, r.attrs.get("axis", -1)
    position = _position(r, x.core[axis])
    if position is not None and axis == -1 and len(r.core) == 1:
        return r.steps.put("scatter_fixed", [r.steps.spread(r.inputs[0], (), r.lead)], r.core, r.lead, s.dtype, position)
    if position is not None and not r.steps.exact and s.core == x.core[: len(x.core) + axis] + x.core[len(x.core) + axis + 1 :]:
        items = tuple(position if k - len(x.core) == axis else ALL for k in range(len(x.core)))
        return r.steps.put("unslice", r.inputs[:1], r.core, r.lead, s.dtype, (items,))
    is_row_of_all = axis == -1 and x.core == r.core and not (len(r.core) > 1 and r.steps.exact)
    if not (is_row_of_all and _is_checked(r, 1, r.core[-1]) and s.dtype.kind == "f"):
        return None
    at = _index(r.steps, r.inputs[1], r.core[:-1], r.lead, (r.core[-1], r.lead))
    return r.steps.put("scatter", [r.inputs[0], at], r.core, r.lead, s.dtype)


def _take(r: Operation) -> int | None:
    """Rows of an array that all examples share."""
    x = r.items[0]
    if x.lead or r.steps.exact or not _is_checked(r, 1, x.core[0]):
        return None
    return r.steps.put("take", r.inputs, r.core, r.lead, x.dtype)


def _untake(r: Operation) -> int | None:
    """Rows added up for one example, or for all."""
    s, t, x = r.items
    is_known = s.core == t.core + x.core[1:] and _is_checked(r, 1, x.core[0]) and not r.steps.exact
    if not is_known or (r.node.op == "untake" and r.lead):
        return None
    inputs = r.inputs[:2]
    if r.node.op == "batch_untake":
        inputs = tuple(r.steps.spread(k, r.steps.items[k].core, BATCH) for k in inputs)
    return r.steps.put(r.node.op, inputs, r.core, 0, s.dtype)


def _position(r: Operation, size: int) -> int | None:
    """A fixed position, if it is one."""
    number = r.steps.number(r.inputs[1])
    return int(number) if number is not None and number == int(number) and 0 <= number < size else None


def _is_checked(r: Operation, k: int, size: int) -> bool:
    """Whether an operand is a class label, or a part of an array of them, none of whose classes is beyond a size."""
    t = r.items[k]
    while row_of(t.op).view:
        t = r.steps.items[t.inputs[0]]
    classes = r.leaves[t.extra].classes if t.op == "leaf" else None
    return classes is not None and classes <= size


LABELS: dict[str, Callable[[Operation], int | None]] = {
    "pick": _pick, "scatter": _scatter, "take": _take, "untake": _untake, "batch_untake": _untake,
}  # fmt: skip
