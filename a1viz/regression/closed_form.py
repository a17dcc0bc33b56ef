r"""The least-squares weights in closed form: unique for d < n, the ones of smallest norm for d > n; any rank.

By singular values, never by an inverse of $X^\top X$: that squares the condition number, and with it the rounding errors. A badly
conditioned X is solved with columns, or with rows, of like lengths: units must not decide what counts as zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.arrays import Array
from ..base.columns import counted
from ..base.errors import InputError
from ..base.large import is_large, rows_of
from ..base.results import Part, Result, Table, plotted
from .given_numbers import matrix, row_text, vector
from .tall import triangle

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from pathlib import Path

EPS = float(np.finfo(float).eps)
ROWS = 2**16  # of a large X that are multiplied at a time
MAX_EXTENDED = 1_000_000  # numbers of a matrix that are worth an extended copy
WELL = 1e-5  # singular values no further apart than this: no scaling finds another rank, and ten digits are safe


@dataclass(frozen=True, eq=False)
class Fit(Result):
    """A linear regression solved: the weights of least loss, and among those of smallest norm. Predicts when called; shows itself."""

    X: Array  # (n, d); a mapped file or a Dask array as it was given, and so t
    t: Array  # (n,)
    weights: Array  # (d,)
    rank: int
    singular_values: Array  # (min(n, d),), falling
    scaled_values: Array  # the same of the matrix that was solved with: of X, or of X with columns or rows scaled to lengths near 1
    in_own_units: bool = True  # whether the norm that is smallest is that of the weights as they are, and not of scaled ones
    factor: Array | None = None  # the triangle that was solved with in the place of a large X: the same singular values and directions
    squares: float | None = None  # the sum of the squared residuals, where it is known from there

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
        """Of `scaled_values`, those up to this count as zero: rounding alone makes such ones."""
        return cutoff(self.n, self.d) * float(self.scaled_values[0])

    @property
    def condition(self) -> float:
        """Of `scaled_values`, the largest by the smallest that counts; the factor by which relative errors may grow."""
        return float(self.scaled_values[0] / self.scaled_values[self.rank - 1]) if self.rank else 1.0

    @property
    def is_unique(self) -> bool:
        return self.rank == self.d

    @cached_property
    def residual(self) -> Array:
        if is_large(self.X):
            bounds = zip(range(0, self.n, ROWS), [*range(ROWS, self.n, ROWS), self.n], strict=True)
            return np.concatenate([rows_of(self.X, *at) @ self.weights - rows_of(self.t, *at) for at in bounds])
        extended = self.X.astype(np.longdouble) if self.X.size <= MAX_EXTENDED else self.X  # badly scaled columns cancel here
        return np.asarray(extended @ self.weights - self.t, float)

    @property
    def loss(self) -> float:
        """The training error: the mean of the squared residuals."""
        return float(np.mean(self.residual**2)) if self.squares is None else self.squares / self.n

    @property
    def step_limit(self) -> float:
        """Gradient descent converges for steps below: 2 by the largest eigenvalue of the Hessian 2/n XᵀX; infinite where X is zero."""
        largest = float(self.singular_values[0]) ** 2
        return self.n / largest if largest else math.inf

    @property
    def _seen(self) -> Array:
        """What has the directions of X."""
        return self.X if self.factor is None else self.factor

    @cached_property
    def row_space(self) -> Array:
        """An orthonormal basis of the directions that the data sees: (rank, d)."""
        return np.linalg.svd(self._seen, full_matrices=False)[2][: self.rank]

    @cached_property
    def null_space(self) -> Array:
        """An orthonormal basis of the directions that change no prediction: (d - rank, d); the first entry of each is positive."""
        basis = np.linalg.svd(self._seen)[2][self.rank :]
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

    def plot(self) -> Any:
        """The figure of it: each label against its prediction."""
        return plotted(self)

    def parts(self) -> list[Part]:
        free = self.d - self.rank
        units = "" if self.in_own_units else ", for columns of length 1: X's own are too unlike to tell"
        many = f"of infinitely many ({free} free direction{'s' * (free > 1)}), the one of smallest norm{units}" if free else "the only one"
        scaled = {} if self.scaled_values is self.singular_values else {"of X scaled": row_text(self.scaled_values)}
        rows = {
            "examples n, weights d": f"{self.n}, {self.d}",
            "case": self.regime,
            "singular values": row_text(self.singular_values),
            **scaled,
            "count as 0 up to": f"{self.tolerance:.2g}",
            "weights": row_text(self.weights),
            "minimiser": many,
            "training error": f"{self.loss:.6g}",
            "norm of the weights": f"{math.sqrt(self.weights @ self.weights):.6g}",
            "steps converge below": f"{self.step_limit:.6g}",
        }
        return [Table((), list(rows.items()))]


def fit(X: Any, t: Any, *, executor: Executor | None = None, store: str | Path | None = None) -> Fit:
    r"""The weights that minimise $\frac1n \|X w - t\|^2$, and of those the ones of smallest norm.

    `X` is (n, d), one example per row; `t` is (n,). For full rank these are $(X^\top X)^{-1} X^\top t$ with d <= n and
    $X^\top (X X^\top)^{-1} t$ with d >= n; they are computed from the singular values, so that any rank will do.

    A mapped file or a Dask array of more rows than columns is gone through in chunks, as is any such X with an `executor` or a `store` (as
    for `workers.run_chunks`): by a QR decomposition of each, whose triangles are put together and solved with in the place of X.

    Raises InputError for shapes that do not fit, no example, no feature, and for NaN or infinity. Source: questions 1.2.1 and 1.3.2.

    >>> fit([[1, 1]], [3]).weights
    array([1.5, 1.5])
    """
    by = {"executor": executor, "store": store}
    if (factor := triangle(X, t, by)) is not None:
        small = fit(factor[:, :-1], factor[:, -1])  # its rows are X's, and its labels t, turned alike
        X, t = X if is_large(X) else matrix(X, "X"), t if is_large(t) else vector(t, "t")
        return replace(small, X=X, t=t, factor=small.X, squares=small.loss * small.n)
    X, t = matrix(X, "X"), vector(t, "t")  # LAPACK may not come back from NaN
    if len(X) != len(t):
        raise InputError(f"X has {counted(len(X), 'rows')} and t has {counted(len(t), 'labels')}; give one label for each row")
    weights, _, rank, values = np.linalg.lstsq(X, t, cutoff(*X.shape))
    found = Fit(X, t, weights, int(rank), values, values)
    if not values[-1] > WELL * values[0]:
        found = _on_scaled(found)
    if not np.vdot(found.weights, found.weights) < np.inf:
        raise InputError("the weights are beyond double precision; scale the columns of X to sizes near 1")
    return found


def _on_scaled(own: Fit) -> Fit:
    """What is left of a fit when no unit may decide: with columns, and else with rows, of like lengths.

    Neither changes the answer of a full rank: with rank d there is one, and with rank n every label is met, however its row is scaled.
    Where X has neither, scaled columns would change which weights are smallest: they are taken only if X's own units hide some of its rank.
    """
    columns = _scaled(own, 0)
    if columns.rank == own.d:
        return columns
    if own.n <= own.d and (rows := _scaled(own, 1)).rank == own.n:
        return rows
    return own if own.rank >= columns.rank else replace(columns, in_own_units=False)


def _scaled(own: Fit, axis: int) -> Fit:
    """The fit with columns (axis 0) or rows (axis 1) scaled to lengths of a half to 1, by powers of two: they round nothing."""
    X, t = own.X, own.t
    peaks = np.frexp(np.abs(X).max(axis, keepdims=True))[1]  # first, so that no square underflows
    scales = -peaks - np.frexp(np.linalg.norm(np.ldexp(X, -peaks), axis=axis, keepdims=True))[1]
    weights, rank, values = _refined(np.ldexp(X, scales), np.ldexp(t, scales[:, 0]) if axis else t)
    with np.errstate(over="ignore"):  # `fit` says so
        return replace(own, weights=weights if axis else np.ldexp(weights, scales[0]), rank=rank, scaled_values=values)


def _refined(A: Array, t: Array) -> tuple[Array, int, Array]:
    r"""Least squares by singular values, refined: the weights (d,), the rank, and the singular values.

    Weights w and residual r satisfy $A w + r = t$ and $A^\top r = 0$. What rounding leaves of both is computed in extended precision, where
    the machine has it, and solved for again (Björck 1967): that saves the digits which a large residual and a large condition cost.
    """
    U, values, V = np.linalg.svd(A, full_matrices=False)
    rank = int(np.sum(values > cutoff(*A.shape) * values[0]))
    U, V, kept = U[:, :rank], V[:rank], values[:rank]
    w, r = np.zeros(A.shape[1]), np.zeros(A.shape[0])
    exact = A.astype(np.longdouble) if A.size <= MAX_EXTENDED else A
    for _ in range(4):  # the first solves, the others refine
        left, slope = np.asarray(t - exact @ w - r, float), np.asarray(exact.T @ r, float)
        along = U.T @ left + V @ slope / kept
        w, r = w + V.T @ (along / kept), r + left - U @ along
    return w, rank, values


def cutoff(n: int, d: int) -> float:
    """What share of the largest singular value counts as zero: rounding of the entries, and of the decomposition, makes up to about 2 ε."""
    return 2 * EPS * min(n, d)


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

    Columns are taken as they are: for sweeps, whose columns are of like lengths.

    >>> solve_many(np.array([[[1.0, 1.0]], [[2.0, 0.0]]]), np.array([[3.0], [4.0]]))
    array([[1.5, 1.5],
           [2. , 0. ]])
    """
    U, values, V = np.linalg.svd(X, full_matrices=False)
    counts = values > cutoff(*X.shape[1:]) * values[:, :1]
    inverse = np.divide(1, values, out=np.zeros_like(values), where=counts)
    found: Array = np.einsum("rkd,rk->rd", V, inverse * np.einsum("rnk,rn->rk", U, t))
    return found
