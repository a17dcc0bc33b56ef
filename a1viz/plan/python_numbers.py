"""Optional: scalars of a plan as Python's own numbers, for a call of NumPy takes as long for one number as for a hundred.

They are computed in double precision; what Python refuses, such as the logarithm of 0, is left to a plan without them.
"""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field

from .steps import Step, Steps
from .table import row_of


@dataclass(frozen=True)
class PythonNumbers:
    """Which values are Python's numbers."""

    steps: frozenset[int] = frozenset()  # computed as such
    stored: frozenset[int] = frozenset()  # of these: those that something reads from an array
    read: Mapping[int, frozenset[int]] = field(default_factory=dict)  # a step -> operands that it reads as numbers


NONE = PythonNumbers()


def python_numbers(steps: Steps, order: Sequence[int], outputs: Container[int]) -> PythonNumbers:
    """The scalars, and who reads them how."""
    items = steps.items
    found = frozenset(k for k in order if _is_number(steps, items[k]))
    if not found:
        return NONE
    read = {k: _read(steps, k, found) for k in order if not items[k].lead}
    as_arrays = {i for k in order for i in items[k].inputs if i not in read.get(k, ())}
    stored = frozenset(k for k in found if k in outputs or k in as_arrays)
    return PythonNumbers(found, stored, {k: operands for k, operands in read.items() if operands})


def _is_number(steps: Steps, v: Step) -> bool:
    """Whether a value is one number for all examples that can be computed as one of Python's."""
    row = row_of(v.op)
    if not _is_scalar(v) or v.dtype.kind != "f":
        return False
    operands = [steps.items[i] for i in v.inputs]
    if row.template:
        return all(map(_is_scalar, operands))
    return row.as_number is not None and (row.adds_up or len(operands[0].core) == 1)


def _is_scalar(v: Step) -> bool:
    return not v.lead and math.prod(v.core) == 1


def _read(steps: Steps, k: int, numbers: Container[int]) -> frozenset[int]:
    """The operands that a step reads as numbers, and nothing but."""
    v = steps.items[k]
    row = row_of(v.op)
    chosen = v.inputs if k in numbers and row.template else [i for j, i in enumerate(v.inputs) if j in row.takes_numbers]
    others = [i for j, i in enumerate(v.inputs) if i not in chosen]
    return frozenset(i for i in chosen if _is_scalar(steps.items[i])).difference(others)
