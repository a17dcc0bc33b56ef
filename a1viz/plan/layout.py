"""Which values of a batch lie features first in memory: the numbers of all examples for one feature side by side.

NumPy goes through an array along its rows. Where a row is short, and something with another shape is spread over it, such as a bias over
the examples, starting each row takes longer than going through it; features first, the rows are as long as the batch.
"""

from __future__ import annotations

from collections.abc import Sequence

from .calls import AGAINST_ZERO, COMPARISONS, UFUNCS
from .values import BATCH, Values

ENTRYWISE = frozenset((*UFUNCS, *AGAINST_ZERO, *COMPARISONS, "relu"))
WIDE = 64  # features from which on a row is long enough
FEW = 8  # features that may be read from a leaf across its rows
LONG = 4  # examples for each feature, at least


def features_first(values: Values, order: Sequence[int], results: Sequence[int], rows: int) -> frozenset[int]:
    """The values to lay features first. Values that meet entry by entry lie alike; results, and what else reads rows, as NumPy does."""
    items = values.items
    narrow = {k for k in order if items[k].lead == BATCH and len(items[k].core) == 1 and _is_narrow(items[k].core[0], rows)}
    group = {k: k for k in narrow}
    spoilt, pays = set(narrow.intersection(results)), set()

    def first(k: int) -> int:
        while group[k] != k:
            group[k] = k = group[group[k]]
        return k

    for k in order:
        v = items[k]
        if k in narrow and not _is_written(values, k):
            spoilt.add(k)
        spoilt.update(i for i in v.inputs if i in narrow and not _is_read(values, k, i))
        pays.update({k} if v.op == "affine" and k in narrow else ())
        if v.op in ENTRYWISE and k in narrow:
            for i in v.inputs:
                if i in narrow and not (items[i].op == "leaf" and items[i].core[0] <= FEW):
                    group[first(i)] = first(k)
                elif items[i].op != "constant":
                    pays.add(k)
    spoilt, pays = ({first(k) for k in some} for some in (spoilt, pays))
    return frozenset(k for k in narrow if first(k) in pays - spoilt)


def _is_narrow(features: int, rows: int) -> bool:
    return 1 < features < WIDE and rows >= max(LONG * features, WIDE)


def _is_written(values: Values, k: int) -> bool:
    """Whether a value can be computed features first."""
    v = values.items[k]
    matrix = {"matvec": 0, "affine": 0, "vecmat": 1}.get(v.op)
    return v.op in ENTRYWISE or (matrix is not None and not values.items[v.inputs[matrix]].lead)


def _is_read(values: Values, k: int, i: int) -> bool:
    """Whether `k` can be computed from a vector `i` that lies features first."""
    v = values.items[k]
    if v.op in ENTRYWISE:
        return len(v.core) == 1 and v.lead == BATCH
    if v.op in ("matvec", "affine", "vecmat", "inner"):
        return any(not values.items[j].lead for j in v.inputs)
    return v.op in ("batch_outer", "batch_sum", "batch_weighted")
