"""Run a network on many rows at once: wire by wire, in tiles that fit the cache. Serves questions 3.2 and 3.3.

The exact form compares, then selects: every number that comes out is one that went in, to the bit. Of two zeros the negative one comes
first, and NaN comes last, as in `numpy.sort`. The perceptron form computes half the sum and half the distance, as Sort_2 does, and rounds.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from ..base.arrays import Array, as_array
from ..base.columns import counted
from ..base.errors import InputError, shown
from ..plan import ArrayCall, Executor, run_calls
from .best_known import LARGEST
from .calls import WirePlan, plan_of
from .families import network as named_network
from .networks import Network, prune

WIRE_BYTES = 1 << 18  # of one wire in a tile
TILE_BYTES = 1 << 22  # of all wires in a tile
BLOCK = 512  # rows that are turned into columns at a time
DIRECT = 8  # up to so many wires the last comparators write to the rows of the result themselves
PAD = 192  # bytes between wires of one workspace, so that no two lie at the same place modulo 4096


def sort(X: Any, network: Network | str | None = None, *, axis: int = -1, exact: bool = True) -> Array:
    """Sort along an axis by a network; the result has the dtype of `X`, as from `numpy.sort`.

    `X`: numbers, of any shape with n entries along `axis`; `axis=0` of an array (n, rows) is the fastest. `network`: a network of n wires,
    the name of a family, or None for the fewest comparators known. With `exact=False` each comparator is the perceptron Sort_2: it rounds,
    overflows and spreads NaN; integers become float64.

    Raises InputError for a network of another size, and for values that are not real numbers of at most 64 bits. Source: question 3.2.

    >>> sort([[3, 1, 4, 2], [0, -1, 0, 5]])
    array([[ 1,  2,  3,  4],
           [-1,  0,  0,  5]])
    """
    X, axis = _numbers(X, axis)
    return _evaluate(X, axis, _network_for(network, X.shape[axis]), exact)


def kth_smallest(X: Any, k: int, network: Network | str | None = None, *, axis: int = -1, exact: bool = True) -> Array:
    """The k-th smallest number along an axis (k from 1), by the part of a network that it needs.

    Arguments as for `sort`. Raises InputError for a k out of range too. Source: question 3.3.

    >>> int(kth_smallest([3, 1, 4, 2], 3))
    3
    """
    X, axis = _numbers(X, axis)
    pruned = prune(_network_for(network, X.shape[axis]), k)
    return _evaluate(X, axis, pruned, exact).squeeze(axis)[()]


def _numbers(X: Any, axis: int) -> tuple[Array, int]:
    """What was given as an array, and its axis counted from 0. Raises InputError."""
    try:
        array = as_array(X)
    except (ValueError, OverflowError):
        raise InputError("expected numbers in rows of one length") from None
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise InputError(f"expected real numbers of at most 64 bits, got {array.dtype}; convert them, for example to float64")
    if isinstance(axis, bool) or not hasattr(axis, "__index__") or not -array.ndim <= axis < array.ndim:
        what = f"{array.ndim} {'axis' if array.ndim == 1 else 'axes'}" if array.ndim else "is a single number"
        raise InputError(f"axis {shown(axis)} is not there: the array {'has ' if array.ndim else ''}{what}")
    return array.astype(array.dtype.newbyteorder("="), copy=False), axis % array.ndim


def _network_for(given: Network | str | None, n: int) -> Network:
    if isinstance(given, Network):
        if given.n != n:
            raise InputError(f"{given.summary} takes {counted(given.n, 'numbers')}, got {n}")
        return given
    return named_network(given or default_family(n), n)


def default_family(n: int) -> str:
    """The family that is taken for n wires where none is named: the fewest comparators known, and beyond the collection merge sort."""
    return "best-size" if n <= LARGEST else "merge"


def _evaluate(X: Array, axis: int, network: Network, exact: bool) -> Array:
    """The outputs of a network along an axis."""
    if not exact and X.dtype.kind != "f":
        X = X.astype(np.float64)
    if network.is_whole:
        result = np.empty_like(X, subok=False)
    else:
        result = np.empty((*X.shape[:axis], len(network.outputs), *X.shape[axis + 1 :]), X.dtype)
    wires, outputs = (_as_wires(array, axis) for array in (X, result))
    if X.dtype == bool:
        wires, outputs = wires.view(np.uint8), outputs.view(np.uint8)
    if outputs.base is None or not np.shares_memory(outputs, result):  # no view: a copy is filled and put back
        filled = np.empty(outputs.shape, outputs.dtype)
        _run(wires, filled, network, exact)
        return np.moveaxis(filled.view(result.dtype).reshape(len(filled), *X.shape[:axis], *X.shape[axis + 1 :]), 0, axis)
    _run(wires, outputs, network, exact)
    return result


def _as_wires(array: Array, axis: int) -> Array:
    """The array as (wires, rows): a view wherever NumPy can make one."""
    moved = np.moveaxis(array, axis, 0)
    return moved.reshape(moved.shape[0], -1) if array.size else moved.reshape(moved.shape[0], 0)


# --- running it -----------------------------------------------------------------------------------------------------------------


def _run(wires: Array, outputs: Array, network: Network, exact: bool) -> None:
    """Fill `outputs` (wires, rows) from `wires` (wires, rows), tile by tile."""
    n, rows = wires.shape
    if not rows or not len(outputs):
        return
    tile = _tile(n, rows, wires.itemsize)
    fills = wires.strides[1] != wires.itemsize  # rows, not columns: copied in first, which is quicker than computing across rows
    stages = outputs.strides[1] != wires.itemsize and n > DIRECT
    block = BLOCK if n > DIRECT else tile
    plan = plan_of(network, fills, stays=stages or outputs.strides[1] == wires.itemsize)
    calls = _calls(plan, exact)
    is_delicate = exact and wires.dtype.kind == "f"

    def fill(workspace: tuple[np.ndarray, np.ndarray]) -> None:
        buffers, staged = workspace
        for start in range(0, rows, tile):
            part = slice(start, min(start + tile, rows))
            length = part.stop - start
            given, wanted = wires[:, part], outputs[:, part]
            found = staged[:, :length] if stages else wanted
            if is_delicate and _has_negative_zero(given):
                _by_keys(network, given, found)
            else:
                for first in range(0, length if fills else 0, block):
                    np.copyto(buffers[:n, first : min(first + block, length)], given[:, first : first + block])
                run_calls(calls, [*given, *buffers[:, :length], *found])
                if is_delicate and _has_nan(found, plan.witnesses):
                    _by_keys(network, given, found)
            if stages:
                np.copyto(wanted, found)

    _executor(plan.buffers, len(outputs) * stages, tile, wires.dtype).run(fill)


@lru_cache(maxsize=2)
def _executor(buffers: int, staged: int, tile: int, dtype: np.dtype) -> Executor[tuple[np.ndarray, np.ndarray]]:
    """What runs calls in a workspace of so many wires, which waits for the next rows of that kind."""
    return Executor(lambda: (_workspace(buffers, tile, dtype), _workspace(staged, tile, dtype)))


def _tile(n: int, rows: int, size: int) -> int:
    """How many rows at a time, so that all tiles are about as long."""
    most = max(1024, min(WIRE_BYTES, TILE_BYTES // n) // size)
    return -(-rows // -(-rows // most))


def _workspace(count: int, rows: int, dtype: np.dtype) -> Array:
    """Wires of a tile, (count, rows), in one piece of memory, each at a multiple of 64 bytes."""
    stride = -(-rows * dtype.itemsize // 64) * 64 + PAD
    raw = np.empty(count * stride + 64, np.uint8)
    first = -raw.ctypes.data % 64
    return raw[first : first + count * stride].view(dtype).reshape(count, stride // dtype.itemsize)[:, :rows]


def _less(a: Array, b: Array, out: Array) -> None:
    """Half the sum minus half the distance: the smaller number exactly as Sort_2 computes it."""
    half = a.dtype.type(0.5)
    np.subtract(half * (a + b), half * np.abs(a - b), out=out)


def _more(a: Array, b: Array, out: Array) -> None:
    """Half the sum plus half the distance."""
    half = a.dtype.type(0.5)
    np.add(half * (a + b), half * np.abs(a - b), out=out)


def _copied(a: Array, b: Array, out: Array) -> None:
    np.copyto(out, a)


def _calls(plan: WirePlan, exact: bool = True) -> list[ArrayCall]:
    """The calls of a plan: compare and select, or what Sort_2 computes."""
    halves = (np.minimum, np.maximum) if exact else (_less, _more)
    return [*((halves[is_larger], p, q, r) for is_larger, p, q, r in plan.steps), *((_copied, p, p, r) for p, r in plan.copies)]


def _has_negative_zero(given: Array) -> bool:
    """Whether there is one: np.minimum may then give either zero. As an integer the negative zero is the smallest of all."""
    integers = given.view(f"i{given.itemsize}")
    found: bool = integers.min() == np.iinfo(integers.dtype).min
    return found


def _has_nan(found: Array, witnesses: tuple[int, ...]) -> bool:
    """Whether there was a NaN: it has spread to every wire that depends on it."""
    return any(np.isnan(np.maximum.reduce(found[k])) for k in witnesses)


def _by_keys(network: Network, given: Array, found: Array) -> None:
    """The same, by integers in the order of the floats: -inf, ..., -0, 0, ..., inf, NaN. A NaN loses its sign."""
    integer = np.dtype(f"i{given.itemsize}")
    largest = np.iinfo(integer).max
    bits = np.where(np.isnan(given), np.abs(given), given).view(integer)
    plan = plan_of(network)
    keys = bits ^ (bits >> 8 * integer.itemsize - 1 & largest)  # of a negative float all bits but the sign are turned round
    sorted_keys = np.empty(found.shape, integer)
    run_calls(_calls(plan), [*keys, *np.empty((plan.buffers, given.shape[1]), integer), *sorted_keys])
    found[...] = (sorted_keys ^ (sorted_keys >> 8 * integer.itemsize - 1 & largest)).view(given.dtype)
