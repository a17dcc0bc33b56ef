"""Elementwise functions that NumPy does not have.

Serves the rows `erf` and `erfc` of the operator table, and `gelu`, `log1mexp`, `softsign` and `huber`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from ..base.arrays import Array

# Rational Chebyshev approximations of W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969):
# numerator and denominator, the highest power first. erf(x) / x in x^2 up to 0.46875, erfc(x) exp(x^2) in x up to 4, and beyond
# x^2 (1 / sqrt(pi) - x exp(x^2) erfc(x)) in 1 / x^2.
SMALL, LARGE = 0.46875, 4.0
NEAR = (
    (1.85777706184603153e-1, 3.16112374387056560e0, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)
MIDDLE = (
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e1, 2.98635138197400131e2,
     8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3),
    (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3, 3.29079923573345963e3,
     4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3),
)  # fmt: skip
FAR = (
    (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1, 1.60837851487422766e-2,
     6.58749161529837803e-4),
    (1.0, 2.56852019228982242e0, 1.87295284992346725e0, 5.27905102951428412e-1, 6.05183413124413191e-2, 2.33520497626869185e-3),
)  # fmt: skip
ROOT_OF_PI = 1.7724538509055160
PART = 4096  # entries gone through at once: all that is made of them stays in the cache


def erf(x: Array) -> Array:
    """The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x.

    >>> erf(np.array([0.0, 0.5, np.inf]))
    array([0.        , 0.52049988, 1.        ])
    """
    return _in_parts(_erf, x)


def erfc(x: Array) -> Array:
    """1 - erf(x), right where that cancels.

    >>> erfc(np.array([0.0, 10.0, -np.inf]))
    array([1.00000000e+00, 2.08848758e-45, 2.00000000e+00])
    """
    return _in_parts(_erfc, x)


def _in_parts(function: Callable[[Array], Array], x: Array) -> Array:
    """In double precision; what is single is rounded once, at the end."""
    entries, y = np.reshape(x, -1), np.empty(np.size(x), x.dtype)
    for start in range(0, y.size, PART):
        y[start : start + PART] = function(entries[start : start + PART].astype(np.float64))
    return y.reshape(np.shape(x))


def _erf(x: Array) -> Array:
    size = np.abs(x)
    near = size <= SMALL
    y: Array = np.copysign(1 - _tail(size), x)
    y[near] = _central(x[near])
    return y


def _erfc(x: Array) -> Array:
    size = np.abs(x)
    near, tail = size <= SMALL, _tail(size)
    y = np.where(x < 0, 2 - tail, tail)
    y[near] = 1 - _central(x[near])
    return y


def _central(x: Array) -> Array:
    return x * _ratio(NEAR, x * x)


def _tail(x: Array) -> Array:
    """erfc of numbers above SMALL, and of NaN."""
    whole = np.trunc(np.minimum(x, 30) * 16) / 16  # exp(-x^2) as two factors: whole * whole is exact, while x * x is rounded
    y: Array = np.exp(-whole * whole) * np.exp(-(x - whole) * (x + whole))
    far = x > LARGE
    z = x[far]
    share = _ratio(MIDDLE, np.minimum(x, LARGE))
    share[far] = (1 / ROOT_OF_PI - _ratio(FAR, 1 / np.square(z)) / np.square(z)) / z
    y *= share
    return y


def _ratio(coefficients: Sequence[Sequence[float]], x: Array) -> Array:
    above, below = (_polynomial(c, x) for c in coefficients)
    above /= below
    return above


def _polynomial(coefficients: Sequence[float], x: Array) -> Array:
    y = coefficients[0] * x
    for c in coefficients[1:-1]:
        y += c
        y *= x
    y += coefficients[-1]
    return y


def log1mexp(x: Array) -> Array:
    """log(1 - exp(x)) of negative numbers, without cancellation near 0 or far below.

    >>> log1mexp(np.array([-1e-20, -50.0]))
    array([-4.60517019e+01, -1.92874985e-22])
    """
    y: Array = np.where(x > -math.log(2), np.log(-np.expm1(x)), np.log1p(-np.exp(np.minimum(x, -math.log(2)))))
    return y


def gelu(x: Array) -> Array:
    """x times the chance that a standard normal number is below x.

    >>> gelu(np.array([0.0, 1.0, -10.0]))
    array([ 0.00000000e+00,  8.41344746e-01, -7.61985302e-23])
    """
    y: Array = x * erfc(-x / math.sqrt(2)) / 2
    return y


def softsign(x: Array) -> Array:
    y: Array = np.where(np.isinf(x), np.sign(x), x / (1 + np.abs(x)))
    return y


def huber(r: Array, delta: Array) -> Array:
    size = np.abs(r)
    y: Array = np.where(size <= delta, np.square(r) / 2, delta * (size - delta / 2))
    return y
