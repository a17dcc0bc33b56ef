"""Random problems with a known answer: Gaussian examples, labels with noise of any shape, and numbers checked before they are used."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ..base.arrays import Array
from ..base.errors import InputError, did_you_mean, shown
from ..base.results import Table

MAX_SIZE = 10_000  # of n, of d, of a degree
MAX_REPEATS = 10_000_000
CHUNK = 250  # repeats in one chunk of a sweep, whoever computes it: results must not depend on that
Draw = Callable[[np.random.Generator, tuple[int, ...]], Array]

NOISES: dict[str, Draw] = {  # mean 0, variance 1
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "uniform": lambda rng, shape: rng.uniform(-math.sqrt(3), math.sqrt(3), shape),
    "laplace": lambda rng, shape: rng.laplace(0, math.sqrt(0.5), shape),
    "coin": lambda rng, shape: rng.integers(0, 2, shape) * 2.0 - 1,
    "exponential": lambda rng, shape: rng.standard_exponential(shape) - 1,  # skewed
    "student": lambda rng, shape: rng.standard_t(6, shape) * math.sqrt(4 / 6),  # heavy tails
}


def whole(value: Any, name: str, low: int, high: int = MAX_SIZE) -> int:
    """A whole number from `low` to `high`. Raises InputError."""
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool) or not low <= number <= high:
        raise InputError(f"{name} must be a whole number from {low} to {high:,}, got {shown(value)}")
    return number


def wholes(values: Any, name: str, low: int, high: int = MAX_SIZE) -> tuple[int, ...]:
    """One whole number or several, as given. Raises InputError."""
    several = list(values) if isinstance(values, Iterable) and not isinstance(values, str) else [values]
    if not several:
        raise InputError(f"{name} is an empty list; give at least one whole number from {low} to {high:,}")
    return tuple(whole(value, name, low, high) for value in several)


def level(value: Any, name: str = "sigma") -> float:
    """A number that is finite and not below 0. Raises InputError."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if isinstance(value, bool | str) or not 0 <= number <= 1e100:
        raise InputError(f"{name} must be a number from 0 to 1e+100, got {shown(value)}")
    return number


def levels(values: Any, name: str = "sigma") -> tuple[float, ...]:
    several = list(values) if isinstance(values, Iterable) and not isinstance(values, str) else [values]
    if not several:
        raise InputError(f"{name} is an empty list; give at least one number from 0 up")
    return tuple(level(value, name) for value in several)


def known(name: Any, names: Sequence[str], what: str) -> str:
    """A name that is one of `names`. Raises InputError."""
    if name not in names:
        raise InputError(f"unknown {what} {shown(name)}; there are {', '.join(names)}{did_you_mean(str(name), names)}")
    found: str = name
    return found


def pieces(repeats: int, seed: Any) -> list[tuple[np.random.SeedSequence, int]]:
    """The repeats of a sweep in chunks, each with a seed of its own. Raises InputError.

    >>> [count for _, count in pieces(600, 0)]
    [250, 250, 100]
    """
    repeats, seed = whole(repeats, "repeats", 2, MAX_REPEATS), whole(seed, "seed", 0, 2**63)
    counts = [min(CHUNK, repeats - done) for done in range(0, repeats, CHUNK)]
    return list(zip(np.random.SeedSequence(seed).spawn(len(counts)), counts, strict=True))


def number_table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """Rows in columns, numbers to the right."""
    cells = [[f"{cell:.5g}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows]
    return Table(tuple(head), cells, "r" * len(head), is_numeric=True)
