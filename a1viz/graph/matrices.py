"""Kernels for square matrices and for parts of matrices, the last two axes; arrays made from sizes alone.

A singular matrix, or one with entries that are not finite, gets NaN for itself alone; it spoils no other one of a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..base.arrays import Array

# --- the diagonal -----------------------------------------------------------------------------------------------------------------------


def trace(A: Array) -> Array:
    total: Array = np.linalg.trace(A)
    return total


def diagonal(A: Array) -> Array:
    return np.linalg.diagonal(A)


def diag_embed(v: Array) -> Array:
    out = np.zeros((*v.shape, v.shape[-1]), v.dtype)
    at = np.arange(v.shape[-1])
    out[..., at, at] = v
    return out


def scaled_eye(s: Array, A: Array) -> Array:
    lead = np.broadcast_shapes(np.shape(s), A.shape[:-2])
    return diag_embed(np.broadcast_to(np.asarray(s)[..., None], (*lead, A.shape[-1])))


# --- inverse matrices -------------------------------------------------------------------------------------------------------------------


def inv(A: Array) -> Array:
    return _of_regular(np.linalg.inv, A)


def solve(A: Array, B: Array) -> Array:
    return _of_regular(np.linalg.solve, A, B)


def solve_vector(A: Array, b: Array) -> Array:
    return solve(A, b[..., None])[..., 0]


def _of_regular(compute: Callable[..., Any], A: Array, *more: Array) -> Array:
    """NumPy refuses a whole batch for one singular matrix: here that one gets NaN."""
    found: Array
    try:
        found = compute(A, *more)
    except np.linalg.LinAlgError:
        regular = (np.linalg.slogdet(A).sign != 0)[..., None, None]  # by the same factorisation: 0 where that meets a pivot of 0
        found = compute(np.where(regular, A, np.eye(A.shape[-1], dtype=A.dtype)), *more)
        found = np.where(regular, found, np.nan)
    return found


# --- determinants -----------------------------------------------------------------------------------------------------------------------


def logdet(A: Array) -> Array:
    found: Array = np.linalg.slogdet(A).logabsdet
    return found


def cofactor(A: Array) -> Array:
    """det(A) inv(A).T without dividing: of A = U S V it is det(U) det(V) U cof(S) V, and cof(S) has the products of all other entries."""
    U, s, V, sign = _decomposed(A)
    found: Array = (U * (sign[..., None] * _products_of_others(s))[..., None, :]) @ V
    return found


def cofactor_along(A: Array, V: Array) -> Array:
    """The same way: along B, cof(S) has the slopes -B[j, i] p[i, j], and on the diagonal the sums over j of B[j, j] p[i, j], where p[i, j]
    is the product of the singular values but two."""
    left, s, right, sign = _decomposed(A)
    n = s.shape[-1]
    B = np.swapaxes(left, -1, -2) @ V @ np.swapaxes(right, -1, -2)
    is_diagonal = np.eye(n, dtype=bool)
    p = _products_of_others(np.where(is_diagonal, 1, s[..., None, :]))  # row i without s[i]
    p = np.where(is_diagonal, 0, p)
    slopes = diag_embed(np.matvec(p, diagonal(B))) - np.swapaxes(B, -1, -2) * p
    found: Array = sign[..., None, None] * (left @ slopes @ right)
    return found


def _decomposed(A: Array) -> tuple[Array, Array, Array, Array]:
    """The singular value decomposition and the sign of det(U) det(V): NaN where a matrix has an entry that is not finite."""
    finite = np.isfinite((0 * A).sum((-2, -1), keepdims=True))  # 0 times what is not finite is no number
    U, s, V = np.linalg.svd(np.where(finite, A, 0))
    return U, s, V, np.where(finite[..., 0, 0], np.linalg.slogdet(U).sign * np.linalg.slogdet(V).sign, np.nan).astype(A.dtype)


def _products_of_others(s: Array) -> Array:
    """For each entry along the last axis, the product of all the others."""
    one = np.ones_like(s[..., :1])
    before = np.cumprod(np.concatenate([one, s[..., :-1]], -1), -1)
    after = np.cumprod(np.concatenate([one, s[..., :0:-1]], -1), -1)[..., ::-1]
    found: Array = before * after
    return found


# --- made from sizes --------------------------------------------------------------------------------------------------------------------


def eye(shape: Sequence[int]) -> Array:
    rows, columns = shape
    return np.eye(rows, columns)


def arange(shape: Sequence[int]) -> Array:
    found: Array = np.indices(shape, dtype=float)[0]
    return found
