"""Operations on Python's own numbers: for each entry of a value an expression of its operands' entries. For plans of next to no work."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from .steps import Core, Step

Atom = int | float  # a variable by its number, or a number


class Expression(NamedTuple):
    """A template of Python's, and the atoms that its places stand for."""

    template: str
    atoms: tuple[Atom, ...]


Formula = Expression | Atom
Entries = Sequence[Atom]
Unroll = Callable[[Step, Sequence[Step], Sequence[Entries]], Sequence[Formula]]  # a step, its operands, and their entries


def elementwise(template: str) -> Unroll:
    """The same expression for each entry, operands spread over the result's shape."""

    def unrolled(v: Step, operands: Sequence[Step], entries: Sequence[Entries]) -> Sequence[Formula]:
        spread = [over(e, x.core, v.core) for e, x in zip(entries, operands, strict=True)]
        return [Expression(template, atoms) for atoms in zip(*spread, strict=True)]

    return unrolled


def over(entries: Entries, core: Core, wanted: Core) -> Entries:
    """Entries broadcast over a larger shape."""
    if core == wanted:
        return entries
    if len(entries) == 1:
        return list(entries) * math.prod(wanted)
    return [entries[j] for j in np.broadcast_to(np.arange(len(entries)).reshape(core), wanted).ravel().tolist()]


def _rows(entries: Entries, core: Core) -> list[Entries]:
    n = core[-1]
    return [entries[j * n : (j + 1) * n] for j in range(math.prod(core[:-1]))]


def _columns(entries: Entries, core: Core) -> list[Entries]:
    return [entries[j :: core[-1]] for j in range(core[-1])]


def _dot(a: Entries, b: Entries) -> Formula:
    pairs = tuple(atom for pair in zip(a, b, strict=True) for atom in pair)
    return Expression(" + ".join("{} * {}" for _ in a), pairs) if pairs else 0.0


def _sum(entries: Entries) -> Formula:
    return Expression(" + ".join("{}" for _ in entries), tuple(entries)) if len(entries) else 0.0


def _products(entries: Sequence[Entries], left: np.ndarray, right: np.ndarray) -> list[Formula]:
    """The matrix products of two arrays of places, loops in front."""
    loops = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    left, right = (np.broadcast_to(x, loops + x.shape[-2:]) for x in (left, right.swapaxes(-1, -2)))
    pairs = ((row, column) for at in np.ndindex(*loops) for row in left[at].tolist() for column in right[at].tolist())
    return [_dot([entries[0][i] for i in row], [entries[1][j] for j in column]) for row, column in pairs]


def matvec(v: Step, operands: Sequence[Step], entries: Sequence[Entries]) -> Sequence[Formula]:
    if len(operands[0].core) == 2 and len(operands[1].core) == 1:  # without loops: faster
        return [_dot(row, entries[1]) for row in _rows(entries[0], operands[0].core)]
    W, x = map(_places, operands)
    return _products(entries, W, x[..., None])


def vecmat(v: Step, operands: Sequence[Step], entries: Sequence[Entries]) -> Sequence[Formula]:
    if len(operands[1].core) == 2 and len(operands[0].core) == 1:
        return [_dot(entries[0], column) for column in _columns(entries[1], operands[1].core)]
    x, W = map(_places, operands)
    return _products(entries, x[..., None, :], W)


def matmul(v: Step, operands: Sequence[Step], entries: Sequence[Entries]) -> Sequence[Formula]:
    return _products(entries, *map(_places, operands))


def inner(v: Step, operands: Sequence[Step], entries: Sequence[Entries]) -> Sequence[Formula]:
    return [_dot(entries[0], entries[-1])]


def outer(v: Step, operands: Sequence[Step], entries: Sequence[Entries]) -> Sequence[Formula]:
    if len(v.core) == 2:
        return [Expression("{} * {}", (a, b)) for a in entries[0] for b in entries[1]]
    a, b = map(_places, operands)
    pairs = np.broadcast(a[..., :, None], b[..., None, :])
    return [Expression("{} * {}", (entries[0][i], entries[1][j])) for i, j in pairs]


def total(v: Step, operands: Sequence[Step], entries: Sequence[Entries]) -> Sequence[Formula]:
    return [_sum(entries[0])]


def rowsum(v: Step, operands: Sequence[Step], entries: Sequence[Entries]) -> Sequence[Formula]:
    return [_sum(row) for row in _rows(entries[0], operands[0].core)]


def colsum(v: Step, operands: Sequence[Step], entries: Sequence[Entries]) -> Sequence[Formula]:
    return [_sum(column) for column in _columns(entries[0], operands[0].core)]


def rowmax(v: Step, operands: Sequence[Step], entries: Sequence[Entries]) -> Sequence[Formula]:
    rows = _rows(entries[0], operands[0].core)
    return [Expression(f"max({', '.join('{}' for _ in row)})", tuple(row)) if len(row) > 1 else row[0] for row in rows]


def pick(v: Step, operands: Sequence[Step], entries: Sequence[Entries]) -> Sequence[Formula]:
    x, (t,) = entries
    return [Expression(f"({', '.join('{}' for _ in x)},)[{{}}]", (*x, t))]


def pick_fixed(v: Step, operands: Sequence[Step], entries: Sequence[Entries]) -> Sequence[Formula]:
    return entries[0][v.extra :: operands[0].core[-1]]


def scatter(v: Step, operands: Sequence[Step], entries: Sequence[Entries]) -> Sequence[Formula]:
    (s,), (t,) = entries
    return [Expression(f"({{}} if {{}} == {j} else 0.0)", (s, t)) for j in range(v.core[0])]


def scatter_fixed(v: Step, operands: Sequence[Step], entries: Sequence[Entries]) -> Sequence[Formula]:
    return [entries[0][0] if j == v.extra else 0.0 for j in range(v.core[0])]


def less_at(v: Step, operands: Sequence[Step], entries: Sequence[Entries]) -> Sequence[Formula]:
    a, (s,), (t,) = entries
    return [Expression(f"({{0}} - {{1}} if {{2}} == {j} else {{0}})", (x, s, t)) for j, x in enumerate(a)]


def less_at_fixed(v: Step, operands: Sequence[Step], entries: Sequence[Entries]) -> Sequence[Formula]:
    a, (s,) = entries
    return [Expression("{} - {}", (x, s)) if j == v.extra else x for j, x in enumerate(a)]


# --- no operation at all: the same entries in another order, or operands beside each other --------------------------------------------


def same(v: Step, operands: Sequence[Step], entries: Sequence[Entries]) -> Sequence[Formula]:
    return [entry for operand in entries for entry in operand]


def transpose(v: Step, operands: Sequence[Step], entries: Sequence[Entries]) -> Sequence[Formula]:
    return [entries[0][j] for j in _places(operands[0]).swapaxes(-1, -2).ravel().tolist()]


def permuted(v: Step, operands: Sequence[Step], entries: Sequence[Entries]) -> Sequence[Formula]:
    return [entries[0][j] for j in _places(operands[0]).transpose([len(v.core) + axis for axis in v.extra]).ravel().tolist()]


def part(v: Step, operands: Sequence[Step], entries: Sequence[Entries]) -> Sequence[Formula]:
    items = [slice(*item) if isinstance(item, tuple) else item for item in v.extra]
    return [entries[0][j] for j in _places(operands[0])[(..., *items)].ravel().tolist()]


def _places(x: Step) -> np.ndarray:
    """Where each entry is among all."""
    return np.arange(math.prod(x.core)).reshape(x.core)


def spread(v: Step, operands: Sequence[Step], entries: Sequence[Entries]) -> Sequence[Formula]:
    return over(entries[0], operands[0].core, v.core)


def head(v: Step, operands: Sequence[Step], entries: Sequence[Entries]) -> Sequence[Formula]:
    return entries[0][: math.prod(v.core)]


def tail(v: Step, operands: Sequence[Step], entries: Sequence[Entries]) -> Sequence[Formula]:
    return entries[0][len(entries[0]) - math.prod(v.core) :]


def stack(v: Step, operands: Sequence[Step], entries: Sequence[Entries]) -> Sequence[Formula]:
    if len(v.core) == 1:
        return same(v, operands, entries)
    axis = -1 if v.extra is None else v.extra
    part = v.core[: len(v.core) + axis] + v.core[len(v.core) + axis + 1 :]
    return _from(np.stack([np.broadcast_to(places, part) for places in _places_of_all(operands)], axis), entries)


def concatenate(v: Step, operands: Sequence[Step], entries: Sequence[Entries]) -> Sequence[Formula]:
    if len(v.core) == 1:
        return same(v, operands, entries)
    return _from(np.concatenate(_places_of_all(operands), -1 if v.extra is None else v.extra), entries)


def pad_end(v: Step, operands: Sequence[Step], entries: Sequence[Entries]) -> Sequence[Formula]:
    return _padded(v, operands, entries, is_end=True)


def pad_start(v: Step, operands: Sequence[Step], entries: Sequence[Entries]) -> Sequence[Formula]:
    return _padded(v, operands, entries, is_end=False)


def _padded(v: Step, operands: Sequence[Step], entries: Sequence[Entries], is_end: bool) -> Sequence[Formula]:
    axis = -1 if v.extra is None else v.extra
    width = v.core[axis] - operands[0].core[axis]
    missing = [(0, 0)] * len(v.core)
    missing[axis] = (0, width) if is_end else (width, 0)
    return _from(np.pad(_places(operands[0]), missing, constant_values=-1), entries)


def unslice(v: Step, operands: Sequence[Step], entries: Sequence[Entries]) -> Sequence[Formula]:
    found = np.full(v.core, -1)
    for items, places in zip(v.extra, _places_of_all(operands), strict=True):
        found[(..., *(slice(*item) if isinstance(item, tuple) else item for item in items))] = places
    return _from(found, entries)


def _places_of_all(operands: Sequence[Step]) -> list[np.ndarray]:
    """Where each entry of each operand is among the entries of all of them."""
    found, start = [], 0
    for x in operands:
        found.append(_places(x) + start)
        start += math.prod(x.core)
    return found


def _from(places: np.ndarray, entries: Sequence[Entries]) -> Sequence[Formula]:
    """The entries at these places; 0 where there is none."""
    every = [entry for operand in entries for entry in operand]
    return [every[j] if j >= 0 else 0.0 for j in places.ravel().tolist()]
