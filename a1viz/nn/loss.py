"""Cross-entropy from logits, what logits decide, and what is asked of logits and targets. Serves question 4.1."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..base.arrays import Array, as_array
from ..base.errors import InputError, shown
from ..graph.operators import OPS


def binary_cross_entropy(logits: Any, targets: Any) -> float:
    """The mean of -(t log y' + (1 - t) log(1 - y')), y' = sigmoid(z), over logits z and targets t of 0 and 1 of one shape.

    Computed from the logits as max(z, 0) - t z + log(1 + exp(-|z|)), which neither overflows nor rounds a small loss to 0.

    Raises InputError for shapes that differ, also where they would broadcast, for other targets, for NaN and for an empty batch.
    Source: question 4.1.

    >>> round(binary_cross_entropy([0.0, 1000.0, -1000.0], [1, 1, 1]), 6)
    333.564382
    """
    z, t = _loss_operands(logits, targets)
    return float(OPS["logistic_loss"].compute(z, t).mean())


def binary_cross_entropy_gradient(logits: Any, targets: Any) -> Array:
    """The gradient of `binary_cross_entropy` in the logits: (sigmoid(z) - t) / N, of the logits' shape.

    Raises InputError as the loss does. Source: question 4.1.

    >>> binary_cross_entropy_gradient([0.0, 1000.0], [1, 0])
    array([-0.25,  0.5 ])
    """
    z, t = _loss_operands(logits, targets)
    found: Array = (OPS["sigmoid"].compute(z) - t) / z.size
    return found


def cross_entropy(logits: Any, targets: Any) -> float:
    """The mean of -log y'[t], y' = softmax(z), over logits z of shape (batch, classes) and targets t of shape (batch,), classes from 0.

    Raises InputError for shapes that do not fit, for a target that is no class, for NaN and for an empty batch.

    >>> round(cross_entropy([[0.0, 0.0, 0.0], [0.0, 1000.0, 0.0]], [2, 0]), 6)
    500.549306
    """
    z = numbers("logits", logits)
    if z.ndim != 2 or z.shape[1] < 2:
        raise InputError(f"logits have shape {z.shape}, expected (batch, classes) of two classes or more")
    t = class_numbers(targets, z.shape[1])
    if t.shape != z.shape[:1]:
        raise InputError(f"targets have shape {t.shape}, expected ({len(z)},), one for each row of logits")
    check_logits(z)
    return float(losses(z, t).mean())


def losses(z: Array, t: Array) -> Array:
    """The loss of each example, (batch,): for logits (batch,) of class 1, or (batch, classes) of each class; unchecked."""
    if z.ndim == 1:
        return np.asarray(OPS["logistic_loss"].compute(z, t))
    return np.asarray(-np.take_along_axis(OPS["log_softmax"].compute(z), t[:, None], axis=1)[:, 0])


def probabilities(z: Array) -> Array:
    """The probability of each class, (batch, classes), for such logits; unchecked."""
    if z.ndim == 1:
        return np.stack([OPS["sigmoid"].compute(-z), OPS["sigmoid"].compute(z)], axis=-1)
    return np.asarray(OPS["softmax"].compute(z))


def decisions(z: Array) -> Array:
    """The likelier class for each of such logits, (batch,); unchecked."""
    return (z > 0).astype(int) if z.ndim == 1 else z.argmax(axis=1)


def _loss_operands(logits: Any, targets: Any) -> tuple[Array, Array]:
    z, t = numbers("logits", logits), zeros_and_ones(targets)
    if z.shape != t.shape:
        hint = f"; {z.shape} and {t.shape} would broadcast to {_broadcast(z, t)}, pairs of every logit with every target"
        raise InputError(f"logits have shape {z.shape} and targets {t.shape}: give both the same{hint if _broadcast(z, t) else ''}")
    check_logits(z)
    return z, t


def check_logits(z: Array) -> None:
    """Raises InputError for no logits, and for one that is no number."""
    if not z.size:
        raise InputError("there are no examples, so their mean loss is not defined")
    if not np.isfinite(z).all():
        raise InputError("a logit is NaN or infinite; look for it where they are computed")


def _broadcast(a: Array, b: Array) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        return ()


def numbers(name: str, value: Any) -> Array:
    try:
        array = as_array(value, name)
    except ValueError:
        raise InputError(f"{name}: rows of different lengths are not an array") from None
    if array.dtype.kind not in "biuf" and array.size:
        raise InputError(f"{name}: expected real numbers, got {shown(value)}")
    return array.astype(float)


def zeros_and_ones(targets: Any) -> Array:
    """Targets as numbers. Raises InputError for any that is not 0 or 1."""
    t = numbers("targets", targets)
    wrong = t[(t != 0) & (t != 1)]
    if wrong.size:
        raise InputError(f"a target is 0 or 1, got {wrong.flat[0]:g}; label the two classes 0 and 1")
    return t


def class_numbers(targets: Any, classes: int) -> Array:
    """Targets as whole numbers. Raises InputError for any that is not one of so many classes, counted from 0."""
    t = zeros_and_ones(targets) if classes == 2 else numbers("targets", targets)
    wrong = t[~((t >= 0) & (t < classes) & (t == np.floor(t)))]
    if wrong.size:
        raise InputError(f"a target is a whole number from 0 to {classes - 1}, got {wrong.flat[0]:g}; number the classes from 0")
    return t.astype(int)


def examples(X: Any, features: int) -> Array:
    """A batch of examples as (batch, features). Raises InputError for another shape, NaN or infinity."""
    X = numbers("examples", X)
    if X.ndim != 2 or X.shape[1] != features:
        hint = "; one example is X[None, :]" if X.shape == (features,) else ""
        raise InputError(f"examples have shape {X.shape}, expected (batch, {features}){hint}")
    wrong = np.argwhere(~np.isfinite(X))
    if len(wrong):
        n, d = wrong[0]
        raise InputError(f"example {n}, feature {d} is {X[n, d]:g}; leave such examples out, or fill in a number")
    found: Array = X
    return found
