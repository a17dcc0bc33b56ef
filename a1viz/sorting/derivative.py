"""The derivative of sorting: each output is one of the inputs, so the Jacobian is a permutation matrix. Serves question 3."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..base.arrays import Array, as_array
from ..base.errors import InputError
from .networks import Network, checked_network


def jacobian(network: Network, x: Any) -> Array:
    """The derivatives of the outputs with respect to the n inputs, at `x` (n,): shape (outputs, n), by the backward graph of the blocks.

    Away from ties it is the permutation matrix that sorts `x`. Where two numbers that meet at a comparator are equal, sorting has no
    derivative; that of |z| at 0 is taken as 0, so both outputs get half of either input. Rows and columns still add up to 1.

    Raises InputError for an `x` of another length or with numbers that are not finite. Source: question 3.2 and section 2.

    >>> from a1viz.sorting import network
    >>> jacobian(network("merge", 3), [3, 1, 2])
    array([[0., 1., 0.],
           [0., 0., 1.],
           [1., 0., 0.]])
    """
    from ..calculus.interpreter import grad

    x = as_array(x)
    if x.shape != (checked_network(network).n,) or x.dtype.kind not in "biuf" or not np.isfinite(x).all():
        raise InputError(f"the Jacobian is taken at {network.n} finite numbers, got {x.dtype} of shape {x.shape}")
    outputs = len(network.outputs)
    if not outputs:
        return np.zeros((0, network.n))
    rows = np.eye(outputs)  # one example an output, each with its own cotangents
    names = [f"x{wire}" for wire in range(1, network.n + 1)]
    values: dict[str, Any] = {name: np.full(outputs, value, dtype=float) for name, value in zip(names, x, strict=True)}
    cotangents = {f"y{wire + 1}": rows[:, k] for k, wire in enumerate(network.outputs)}
    found = grad(network.graph(), names, cotangents, **values)
    return np.stack([found[f"{name}_bar"] for name in names], axis=1)
