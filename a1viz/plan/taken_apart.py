"""Operators taken apart into the calls of their kernels, so that what two of them share is computed once."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .simplify import apply
from .steps import Steps

LAST = (-1,)
Axes = tuple[int, ...]  # counted from the end


def along(steps: Steps, op: str, x: int, axes: Axes, keepdims: bool = True) -> int:
    """A sum or a maximum (`op` is sum or max) along some axes: the last is an operation of its own."""
    v = steps.items[x]
    if axes == LAST and keepdims and op != "min":
        return steps.reduced(f"row{op}", x)
    core = tuple(1 if k in axes else v.core[k] for k in range(-len(v.core), 0) if keepdims or k not in axes)
    if op == "sum" and axes == (-2,) and len(v.core) == 2 and not keepdims:
        return steps.put("colsum", [x], core, v.lead, v.dtype)
    return steps.put(f"{op}_along", [x], core, v.lead, v.dtype, (axes, keepdims))


def _axes(axis: Any) -> Axes:
    return axis if isinstance(axis, tuple) else (axis,)


def _shares(steps: Steps, x: int, axis: Any) -> tuple[int, int, int]:
    """x less its largest entry, the exponential of that, and its sum: what softmax and log_softmax have in common."""
    shifted = apply(steps, "sub", x, along(steps, "max", x, _axes(axis)))
    e = apply(steps, "exp", shifted)
    return shifted, e, along(steps, "sum", e, _axes(axis))


def _softmax(steps: Steps, x: int, axis: Any = LAST) -> int:
    _, e, total = _shares(steps, x, axis)
    return apply(steps, "div", e, total)


def _log_softmax(steps: Steps, x: int, axis: Any = LAST) -> int:
    shifted, _, total = _shares(steps, x, axis)
    return apply(steps, "sub", shifted, apply(steps, "log", total))


def _small(steps: Steps, x: int) -> int:
    """exp(-|x|), which never overflows: what the sigmoid and its losses have in common."""
    return apply(steps, "exp", apply(steps, "copysign", x, steps.constant(-1, steps.items[x].dtype)))


def _sigmoid(steps: Steps, x: int) -> int:
    """1 / (1 + exp(-x)), 0 where the exponential overflows; where a loss computes e = exp(-|x|), or to the bit as the kernel does,
    max(e, [x >= 0]) / (1 + e): 1 / (1 + e) for x >= 0, else e / (1 + e)."""
    one = steps.constant(1, steps.items[x].dtype)
    if not steps.exact and x not in steps.in_losses:
        return apply(steps, "div", one, apply(steps, "add", one, apply(steps, "exp", apply(steps, "neg", x))))
    e = _small(steps, x)
    top = apply(steps, "maximum", e, apply(steps, "threshold", x))
    return apply(steps, "div", top, apply(steps, "add", one, e))


def _softplus(steps: Steps, x: int) -> int:
    return apply(steps, "add", apply(steps, "relu", x), apply(steps, "log1p", _small(steps, x)))


def _logistic_loss(steps: Steps, z: int, t: int) -> int:
    ahead = apply(steps, "sub", apply(steps, "relu", z), apply(steps, "mul", z, t))
    return apply(steps, "add", ahead, apply(steps, "log1p", _small(steps, z)))


def _mean(steps: Steps, x: int, axis: Axes | None = None, keepdims: bool = False) -> int:
    v = steps.items[x]
    total = steps.put("sum", [x], (), v.lead, v.dtype) if axis is None else along(steps, "sum", x, axis, keepdims)
    number = math.prod(v.core if axis is None else [v.core[k] for k in axis])
    return apply(steps, "div", total, steps.constant(float(number), v.dtype))


def _var(steps: Steps, x: int, axis: Axes | None = None, keepdims: bool = False) -> int:
    """The mean square of what is left without the mean."""
    centred = apply(steps, "sub", x, _mean(steps, x, axis, axis is not None))
    return _mean(steps, apply(steps, "mul", centred, centred), axis, keepdims)


APART: dict[str, Callable[..., int]] = {
    "softmax": _softmax, "log_softmax": _log_softmax, "sigmoid": _sigmoid, "softplus": _softplus, "logistic_loss": _logistic_loss,
    "mean": _mean, "var": _var,
}  # fmt: skip
