"""Optional: which vectors of a batch lie column-major, the numbers of all examples for one feature side by side.

NumPy goes through an array along its rows. Where a row is short, and something with another shape is spread over it, such as a bias over
the examples, starting each row takes longer than going through it; column-major, the runs are as long as the batch.
"""

from __future__ import annotations

from collections.abc import Sequence

from .steps import BATCH, Step, Steps
from .table import row_of

WIDE = 64  # features from which on a row is long enough
FEW = 8  # features that may be read from a leaf across its rows
LONG = 4  # examples for each feature, at least


def column_major(steps: Steps, order: Sequence[int], results: Sequence[int], rows: int) -> frozenset[int]:
    """The values to lay so. Values that meet entry by entry lie alike; results, and what else reads rows, as NumPy does."""
    items = steps.items
    narrow = {k for k in order if items[k].lead == BATCH and len(items[k].core) == 1 and _is_narrow(items[k].core[0], rows)}
    group = {k: k for k in narrow}
    spoilt, pays = set(narrow.intersection(results)), set()

    def first(k: int) -> int:
        while group[k] != k:
            group[k] = k = group[group[k]]
        return k

    for k in order:
        v = items[k]
        row = row_of(v.op)
        if k in narrow and not _is_written(steps, v):
            spoilt.add(k)
        spoilt.update(i for i in v.inputs if i in narrow and not _is_read(steps, v))
        if v.op == "affine" and k in narrow:  # with the bias as one product
            pays.add(k)
        for i in v.inputs if k in narrow and row.kind == "elementwise" else ():
            if i in narrow and not (items[i].op == "leaf" and items[i].core[0] <= FEW):
                group[first(i)] = first(k)
            elif items[i].op != "constant":
                pays.add(k)
    spoilt, pays = ({first(k) for k in some} for some in (spoilt, pays))
    return frozenset(k for k in narrow if first(k) in pays - spoilt)


def _is_narrow(features: int, rows: int) -> bool:
    return 1 < features < WIDE and rows >= max(LONG * features, WIDE)


def _is_written(steps: Steps, v: Step) -> bool:
    """Whether a value can be computed column-major."""
    row = row_of(v.op)
    return row.kind == "elementwise" or (row.matrix is not None and not steps.items[v.inputs[row.matrix]].lead)


def _is_read(steps: Steps, v: Step) -> bool:
    """Whether a step can be computed from vectors that lie column-major."""
    row = row_of(v.op)
    if row.kind == "elementwise":
        return len(v.core) == 1 and v.lead == BATCH
    return row.reads_columns == "always" or (row.reads_columns == "shared" and any(not steps.items[i].lead for i in v.inputs))
