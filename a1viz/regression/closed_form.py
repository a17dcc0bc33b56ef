r"""The least-squares weights in closed form: unique for d < n, the ones of smallest norm for d > n; any rank.

By the singular values of X, never by an inverse of $X^\top X$: that squares the condition number, and with it the rounding errors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..base.arrays import Array, as_array
from ..base.columns import counted
from ..base.errors import InputError, shown

EPS = float(np.finfo(float).eps)
FLOAT = np.dtype(float)


@dataclass(frozen=True, eq=False)
class Fit:
    """A linear regression solved: the weights of least loss, and among those of smallest norm. Predicts when called; prints itself."""

    X: Array  # (n, d)
    t: Array  # (n,)
    weights: Array  # (d,)
    rank: int
    singular_values: Array  # (min(n, d),), falling

    @property
    def n(self) -> int:
        found: int = self.X.shape[0]
        return found

    @property
    def d(self) -> int:
        found: int = self.X.shape[1]
        return found

    @property
    def tolerance(self) -> float:
        """Singular values up to this count as zero: rounding alone makes such ones."""
        found: float = EPS * max(self.X.shape) * float(self.singular_values[0])
        return found

    @property
    def condition(self) -> float:
        """The largest singular value by the smallest that counts; the factor by which relative errors may grow."""
        return float(self.singular_values[0] / self.singular_values[self.rank - 1]) if self.rank else 1.0

    @property
    def is_unique(self) -> bool:
        return self.rank == self.d

    @cached_property
    def residual(self) -> Array:
        found: Array = self.X @ self.weights - self.t
        return found

    @property
    def loss(self) -> float:
        """The training error: the mean of the squared residuals."""
        return float(np.mean(self.residual**2))

    @property
    def step_limit(self) -> float:
        """Gradient descent converges for steps below: 2 by the largest eigenvalue of the Hessian 2/n XᵀX; infinite where X is zero."""
        largest = float(self.singular_values[0]) ** 2
        return self.n / largest if largest else math.inf

    @cached_property
    def row_space(self) -> Array:
        """An orthonormal basis of the directions that the data sees: (rank, d)."""
        return np.linalg.svd(self.X, full_matrices=False)[2][: self.rank]

    @cached_property
    def null_space(self) -> Array:
        """An orthonormal basis of the directions that change no prediction: (d - rank, d); the first entry of each is positive."""
        basis = np.linalg.svd(self.X)[2][self.rank :]
        first = np.argmax(np.abs(basis) > math.sqrt(EPS), axis=1)
        found: Array = basis * np.sign(basis[np.arange(len(basis)), first])[:, None] + 0.0
        return found

    def limit(self, start: Any) -> Array:
        """Where gradient descent from `start`, (d,), ends: the part of it that no prediction sees stays as it is (question 1.3.2)."""
        start = vector(start, "start", self.d)
        found: Array = self.weights + start - self.row_space.T @ (self.row_space @ start)
        return found

    def __call__(self, X: Any) -> Array:
        """Predictions for rows of d features each: (m, d) -> (m,)."""
        X = matrix(X, "X")
        if X.shape[1] != self.d:
            raise InputError(f"X has {X.shape[1]} columns, and the fit has {self.d} weights")
        found: Array = X @ self.weights
        return found

    @property
    def regime(self) -> str:
        """Which case of the question this is, in words."""
        order = "d < n" if self.d < self.n else "d > n" if self.d > self.n else "d = n"
        kind = "under-parameterised" if self.d < self.n else "over-parameterised" if self.d > self.n else "as many weights as examples"
        if self.rank == min(self.n, self.d):
            return f"{order}: {kind}, full rank"
        return f"{order}: {kind}, rank {self.rank} instead of {min(self.n, self.d)}"

    def __str__(self) -> str:
        free = self.d - self.rank
        many = f"of infinitely many ({free} free direction{'s' * (free > 1)}), the one of smallest norm" if free else "the only one"
        rows = {
            "examples n, weights d": f"{self.n}, {self.d}",
            "case": self.regime,
            "singular values": row_text(self.singular_values),
            "count as 0 up to": f"{self.tolerance:.2g}",
            "weights": row_text(self.weights),
            "minimiser": many,
            "training error": f"{self.loss:.6g}",
            "norm of the weights": f"{math.sqrt(self.weights @ self.weights):.6g}",
            "steps converge below": f"{self.step_limit:.6g}",
        }
        return "\n".join(f"{name:{max(map(len, rows))}}  {value}" for name, value in rows.items())


def fit(X: Any, t: Any) -> Fit:
    r"""The weights that minimise $\frac1n \|X w - t\|^2$, and of those the ones of smallest norm.

    `X` is (n, d), one example a row; `t` is (n,). For full rank these are $(X^\top X)^{-1} X^\top t$ with d <= n and
    $X^\top (X X^\top)^{-1} t$ with d >= n; they are computed from the singular values, so that any rank will do.

    Raises InputError for shapes that do not fit, no example, no feature, and for NaN or infinity. Source: questions 1.2.1 and 1.3.2.

    >>> fit([[1, 1]], [3]).weights
    array([1.5, 1.5])
    """
    X, t = matrix(X, "X"), vector(t, "t")  # LAPACK may not come back from NaN
    if len(X) != len(t):
        raise InputError(f"X has {counted(len(X), 'rows')} and t has {counted(len(t), 'labels')}; give one label for each row")
    weights, _, rank, values = np.linalg.lstsq(X, t)
    if not np.vdot(weights, weights) < np.inf:
        raise InputError("the weights are beyond double precision; scale the columns of X to sizes near 1")
    return Fit(X, t, weights, int(rank), values)


def textbook(X: Any, t: Any) -> Array:
    """The formulas as they stand, with an explicit inverse: what not to do. It shows on the page how far off they are.

    `X` is (n, d), `t` is (n,); gives (d,), or NaN where the inverse does not exist. Raises InputError as `fit` does.
    Source: questions 1.2.1 and 1.3.2.

    >>> textbook([[1, 1]], [3])
    array([1.5, 1.5])
    """
    X, t = matrix(X, "X"), vector(t, "t")
    n, d = X.shape
    try:
        found: Array = np.linalg.inv(X.T @ X) @ X.T @ t if d <= n else X.T @ np.linalg.inv(X @ X.T) @ t
        return found
    except np.linalg.LinAlgError:
        return np.full(d, np.nan)


def solve_many(X: Array, t: Array) -> Array:
    """The least-squares weights of smallest norm of many problems at once: (repeats, n, d), (repeats, n) -> (repeats, d).

    >>> solve_many(np.array([[[1.0, 1.0]], [[2.0, 0.0]]]), np.array([[3.0], [4.0]]))
    array([[1.5, 1.5],
           [2. , 0. ]])
    """
    U, values, V = np.linalg.svd(X, full_matrices=False)
    counts = values > EPS * max(X.shape[1:]) * values[:, :1]
    inverse = np.divide(1, values, out=np.zeros_like(values), where=counts)
    found: Array = np.einsum("rkd,rk->rd", V, inverse * np.einsum("rnk,rn->rk", U, t))
    return found


# --- what is given ------------------------------------------------------------------------------------------------------------


def matrix(value: Any, name: str) -> Array:
    """A matrix of finite floats with at least one row and one column. Raises InputError."""
    array = floats(value, name)
    if array.ndim != 2:
        raise InputError(f"{name} must be a matrix, one example a row, such as [[1, 2], [3, 4]]; got {counted(array.ndim, 'axes')}")
    if not array.size:
        n, d = array.shape
        has = f"{name} has {counted(n, 'rows')} and {counted(d, 'columns')}"
        raise InputError(f"{has}; there must be at least one example (n > 0) and one feature (d > 0)")
    return array


def vector(value: Any, name: str, size: int | None = None) -> Array:
    """A vector of finite floats, of `size` where given. Raises InputError."""
    array = floats(value, name)
    if array.ndim != 1:
        raise InputError(f"{name} must be a list of numbers such as [1, 2, 3]; got {counted(array.ndim, 'axes')}")
    if size is not None and len(array) != size:
        raise InputError(f"{name} has {counted(len(array), 'numbers')}, expected {size}")
    return array


def floats(value: Any, name: str) -> Array:
    """An array of finite floats. Raises InputError."""
    array = numbers(value, name)
    if not np.vdot(array, array) < np.inf:  # sees NaN and infinity in half the time of np.isfinite, and warns of nothing
        bad = np.argwhere(~np.isfinite(array))
        if len(bad):
            place = ", ".join(map(str, bad[0]))
            raise InputError(f"{name} has {array[tuple(bad[0])]} at [{place}]; leave out or mend what is not a finite number")
        raise InputError(f"{name} has numbers whose squares are beyond double precision; scale them to sizes near 1")
    return array


def numbers(value: Any, name: str) -> Array:
    """An array of floats, finite or not. Raises InputError."""
    if value.__class__ is np.ndarray and value.dtype is FLOAT:
        return value
    try:
        array = as_array(value, name)
        if array.dtype.kind not in "fiub":
            raise TypeError
        return array.astype(float, copy=False)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{name} must be numbers in rows of one length, got {shown(value)}") from None


def row_text(array: Array, most: int = 8) -> str:
    """A vector in one line; a long one by its ends."""
    parts = [f"{v:.6g}" for v in (array if len(array) <= most else [*array[: most // 2], *array[-most // 2 :]])]
    if len(array) > most:
        parts.insert(most // 2, "...")
    return f"[{', '.join(parts)}]"
