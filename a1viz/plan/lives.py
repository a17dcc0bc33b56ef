"""When the values of a plan are read for the last time, so that their buffers are free; and which are computed inside of another one."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from .calls import VIEWS
from .scalars import is_single
from .values import Values

Part = tuple[int, int, int]  # a whole, and rows of it


def lives(
    values: Values, order: Sequence[int], outputs: Mapping[int, int], results: Sequence[int], tiled: bool, late: Container[int]
) -> tuple[dict[int, int], dict[int, int]]:
    """What each value is another look at, or itself; and the step in which that is read for the last time."""
    items, root, last = values.items, {}, {}
    when = {k: t for t, k in enumerate(order)}
    for k in order:
        root[k] = root[items[k].inputs[0]] if items[k].op in VIEWS else k
        for i in (k, *items[k].inputs):
            outlives = tiled and (items[k].batched or k in late) and not (items[i].batched or i in late)  # read by all tiles, or after
            last[root[i]] = max(last.get(root[i], 0), len(order) if outlives else when[k])
    for j, k in enumerate(results):
        if items[k].op in VIEWS:  # copied at the end of its own step
            last[root[k]] = max(last[root[k]], when[k])
        if outputs[k] != j:  # copied at the end of all
            last[root[k]] = len(order)
    return root, last


def parts_of_wholes(values: Values, order: Sequence[int], outputs: Container[int], singles: bool) -> dict[int, Part]:
    """Where each value is that is computed in its part of a whole."""
    found: dict[int, Part] = {}
    for k in order:
        start = 0
        for i in values.items[k].inputs if values.items[k].op == "join" else ():
            v = values.items[i]
            stop = start + v.core[0]
            is_there = v.op in (*VIEWS, "leaf", "unit", "constant", "join") or i in outputs
            if not is_there and not (singles and is_single(values, i)):
                found.setdefault(i, (k, start, stop))
            start = stop
    return found
