"""Counting networks: compare every number with every other, count, and pick the number whose count is right. Serves question 3.4.

Each number has a perceptron n, n - 1, 1 of its own: its n - 1 hidden units compare it with the others by the hard threshold I(z >= 0), and
the output adds them up. With I(x_j - x_i >= 0) a unit says that x_j is *not* less than x_i, so n - 1 minus their sum is the rank: how many
numbers are less than x_i. The indicator I(z in [-1, 1]) of 2 (rank - (k - 1)) is 1 for the one number of rank k - 1 and 0 for all others.

Equal numbers have equal ranks, and then none or several are picked. The stable form breaks the tie by position: against a number further
to the left a unit asks I(x_i - x_j >= 0), so that an equal one counts. Its ranks are always 0, 1, ..., n - 1.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..base.arrays import Array, as_array
from ..base.errors import InputError, did_you_mean, shown
from ..calculus.interpreter import Values
from ..graph.document import Document
from ..graph.equations import parse
from ..graph.nodes import Graph

__all__ = ["FORMS", "counting", "element", "ranks", "select", "weights"]

FORMS = ("layers", "pairs")
LARGEST = 128  # numbers in one graph; its first layer has about n^3 weights. `ranks` and `select` know no limit
SYMBOLS = {f"b{k}": f"b^({k})" for k in (1, 2, 3)}
LAYERS = "z = W1 @ x + b1; h = threshold(z); r = W2 @ h + b2"
PICK = "s = indicator(W3 @ r + b3); y = sum(select(s, x))"


def element(n: int, i: int, *, stable: bool = False) -> Values:
    """The perceptron n, n - 1, 1 that ranks entry `i` (from 0) of n numbers: W1 (n-1, n), b1 (n-1), W2 (1, n-1), b2 (1).

    Raises InputError for an entry that is not there. Source: question 3.4.

    >>> element(3, 0)["W1"]
    array([[-1.,  1.,  0.],
           [-1.,  0.,  1.]])
    """
    if not 0 <= i < n:
        raise InputError(f"there is no entry {i} among {n} numbers; entries are counted from 0")
    others = [j for j in range(n) if j != i]
    earlier = np.array([stable and j < i for j in others], dtype=bool)
    sign = np.where(earlier, 1.0, -1.0)  # what x_i is multiplied by, and what a unit's answer counts
    W1 = np.zeros((n - 1, n))
    W1[:, i] = sign
    W1[np.arange(n - 1), others] = -sign
    return Values({"W1": W1, "b1": np.zeros(n - 1), "W2": sign[None, :].copy(), "b2": np.array([float((~earlier).sum())])})


def weights(n: int, k: int | None = None, *, stable: bool = False) -> Values:
    """All weights and biases of the counting network of n numbers; with `k`, also of the layer that picks the k-th smallest.

    W1 (n(n-1), n), b1, W2 (n, n(n-1)), b2 (n) are the perceptrons of the entries below one another; W3 (n, n) and b3 (n) scale the ranks
    for the indicator. Raises InputError for a k that is not 1 to n. Source: question 3.4.

    >>> weights(3, k=2)["b3"]
    array([-2., -2., -2.])
    """
    units = [element(n, i, stable=stable) for i in range(n)]
    W2 = np.zeros((n, n * max(n - 1, 0)))
    for i, unit in enumerate(units):
        W2[i, i * (n - 1) : (i + 1) * (n - 1)] = unit["W2"]
    empty = np.zeros((0, n))
    found = Values(
        {
            "W1": np.concatenate([empty, *(unit["W1"] for unit in units)]),
            "b1": np.zeros(W2.shape[1]),
            "W2": W2,
            "b2": np.concatenate([np.zeros(0), *(unit["b2"] for unit in units)]),
        }
    )
    if k is not None:
        _check_k(k, n)
        found.update({"W3": 2 * np.eye(n), "b3": np.full(n, -2.0 * (k - 1))})
    return found


def counting(n: int, k: int | None = None, *, stable: bool = False, form: str = "layers") -> Graph:
    """The counting network of n numbers as a graph: input `x` (n), ranks `r` (n) and, with `k`, the k-th smallest number `y`.

    `stable` breaks ties by position. Form `layers` has the weights as parameters; form `pairs` writes each comparison out, so
    that nothing is multiplied by 0 and infinities are right too.

    Raises InputError for a k that is not 1 to n, an unknown form, or more numbers than LARGEST.
    Source: question 3.4.

    >>> from a1viz.calculus.interpreter import run
    >>> run(counting(4, k=3), x=[3, 1, 4, 2])
    y  3.
    """
    if isinstance(n, bool) or not isinstance(n, int) or n < 0:
        raise InputError(f"n is how many numbers there are, a whole number from 0, got {shown(n)}")
    if n > LARGEST:
        raise InputError(f"a counting network of {n} numbers has {n * n * (n - 1):,} weights; at most {LARGEST}, or use ranks and select")
    if form not in FORMS:
        raise InputError(f"unknown form {shown(str(form))}{did_you_mean(str(form), FORMS)}; the forms are {', '.join(FORMS)}")
    values = weights(n, k, stable=stable)
    if form == "pairs":
        values = Values((name, values[name]) for name in ("W3", "b3") if name in values)
        text = _pairs(n, stable)
    else:
        text = LAYERS
    text += f"\n{PICK}" if k is not None else ""
    graph = parse(text, {name: list(value.shape) for name, value in values.items()}, "counting", x=[n])
    about = f"Each of {n} numbers is compared with the others" + ("; ties are broken by position." if stable else ".")
    title = f"Counting network of {n} numbers" + (f": number {k} in order" if k is not None else "")
    symbols = {name: symbol for name, symbol in SYMBOLS.items() if name in values}
    lists = {name: value.tolist() for name, value in values.items() if value.size}
    said = Document(title, "question 3.4", about, "counting", values=lists, symbols=symbols)
    return replace(graph, document=said)


def _pairs(n: int, stable: bool) -> str:
    """The ranks, each comparison written out: I(x_i - x_j >= 0) counts what stands earlier, 1 - I(x_j - x_i >= 0) the rest."""
    lines = []
    for i in range(n):
        earlier = i if stable else 0
        terms = [f" + threshold(x[{i}] - x[{j}])" if j < earlier else f" - threshold(x[{j}] - x[{i}])" for j in range(n) if j != i]
        lines.append(f"r{i + 1} = {n - 1 - earlier}{''.join(terms)}")
    ranks = ", ".join(f"r{i + 1}" for i in range(n))
    return "\n".join([*lines, f"r = stack({ranks})" if n else "r = identity(x)"])


def ranks(x: Any, *, stable: bool = False) -> Array:
    """How many numbers are less than each number, along the last axis of `x` (..., n): integers from 0.

    `stable` also counts an equal number further to the left. Computed by comparisons, so exactly, for infinities too, in n passes over x.
    Raises InputError for what has no rank: NaN, or no numbers. Source: question 3.4.

    >>> ranks([2, 5, 2]), ranks([2, 5, 2], stable=True)
    (array([0, 2, 0]), array([0, 2, 1]))
    """
    x = _rows(x)
    found = np.zeros(x.shape, np.intp)
    for j in range(x.shape[-1]):
        column = x[..., j : j + 1]
        found += column < x
        if stable:
            found[..., j + 1 :] += column == x[..., j + 1 :]
    return found


def select(x: Any, k: int, *, stable: bool = True) -> Array:
    """The k-th smallest number along the last axis of `x` (..., n), as the counting network picks it: the sum of the numbers of rank k - 1.

    With `stable=False` it is the network to the letter: where numbers tie, none or several have that rank, and their sum is not the answer.
    Raises InputError for a k that is not 1 to n, and for NaN. Source: question 3.4.

    >>> select([2, 5, 2], 2), select([2, 5, 2], 2, stable=False)
    (array(2), array(0))
    """
    x = _rows(x)
    _check_k(k, x.shape[-1])
    chosen = ranks(x, stable=stable) == k - 1
    return np.asarray(np.where(chosen, x, np.zeros((), x.dtype)).sum(-1, dtype=x.dtype))


def _rows(x: Any) -> Array:
    try:
        x = as_array(x)
    except ValueError as error:
        raise InputError(f"{shown(x)} is not a list of numbers, or of rows of one length: {error}") from None
    if x.ndim == 0 or (x.size and x.dtype.kind not in "iuf"):
        raise InputError(f"expected a list of numbers, or rows of them, got {shown(x.tolist())}")
    if x.dtype.kind == "f" and np.isnan(x).any():
        raise InputError("NaN is neither less than a number nor at least as large, so it has no rank; leave it out")
    found: Array = x
    return found


def _check_k(k: int, n: int) -> None:
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or not 1 <= k <= n:
        among = f"from 1 to {n}" if n else "but there are no numbers to pick from"
        raise InputError(f"k = {shown(k)}: the k-th smallest of {n} numbers needs a whole k {among}")
