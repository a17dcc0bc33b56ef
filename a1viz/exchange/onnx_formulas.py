"""ONNX operators as formulas of the equation language: those that the table has no row for, each with its operands and attributes by name.

A row says the operands, the formula, and the defaults of attributes, which are numbers in it. Operators that are one row of the table are
in `onnx_words`, and what depends on shapes in `onnx_shapes` and `onnx_layers`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from .onnx_batch import Tensor
from .onnx_reading import OnnxStep, Reader
from .onnx_words import READ


class ReadFormula(NamedTuple):
    """How an elementwise operator is read."""

    operands: str
    text: str
    numbers: Mapping[str, float] = {}


# fmt: off
FORMULAS = {
    "Greater": ReadFormula("a b", "greater(a, b)"), "GreaterOrEqual": ReadFormula("a b", "at_least(a, b)"),
    "Less": ReadFormula("a b", "less(a, b)"),
    "LessOrEqual": ReadFormula("a b", "at_most(a, b)"), "Equal": ReadFormula("a b", "equal(a, b)"),
    "Not": ReadFormula("a", "1 - a"), "And": ReadFormula("a b", "a * b"), "Or": ReadFormula("a b", "maximum(a, b)"),
    "Xor": ReadFormula("a b", "not_equal(a, b)"),
    "Where": ReadFormula("c a b", "where(c, a, b)"), "IsNaN": ReadFormula("x", "not_equal(x, x)"),
    "Reciprocal": ReadFormula("x", "1 / x"),
    "LeakyRelu": ReadFormula("x", "leaky_relu(x, alpha)", {"alpha": 0.01}), "PRelu": ReadFormula("x s", "leaky_relu(x, s)"),
    "Elu": ReadFormula("x", "maximum(x, 0) + alpha * expm1(minimum(x, 0))", {"alpha": 1.0}),
    "Celu": ReadFormula("x", "maximum(x, 0) + minimum(alpha * expm1(x / alpha), 0)", {"alpha": 1.0}),
    "Selu": ReadFormula("x", "gamma * (maximum(x, 0) + alpha * expm1(minimum(x, 0)))",
                    {"alpha": 1.67326319217681884765625, "gamma": 1.05070102214813232421875}),
    "HardSigmoid": ReadFormula("x", "clip(alpha * x + beta, 0, 1)", {"alpha": 0.2, "beta": 0.5}),
    "HardSwish": ReadFormula("x", "x * clip(x / 6 + 0.5, 0, 1)"),
    "Swish": ReadFormula("x", "x * sigmoid(alpha * x)", {"alpha": 1.0}),
    "ThresholdedRelu": ReadFormula("x", "select(greater(x, alpha), x)", {"alpha": 1.0}),
    "Shrink": ReadFormula("x", "select(less(x, -lambd), x + bias) + select(greater(x, lambd), x - bias)", {"lambd": 0.5, "bias": 0.0}),
    "Tan": ReadFormula("x", "sin(x) / cos(x)"), "Asin": ReadFormula("x", "arctan(x / sqrt(1 - x ** 2))"),
    "Acos": ReadFormula("x", "1.5707963267948966 - arctan(x / sqrt(1 - x ** 2))"),
    "Sinh": ReadFormula("x", "(expm1(x) - expm1(-x)) / 2"), "Cosh": ReadFormula("x", "(exp(x) + exp(-x)) / 2"),
    "Asinh": ReadFormula("x", "log1p(x / (1 + sqrt(x ** 2 + 1))) - log1p(-(x / (1 + sqrt(x ** 2 + 1))))"),
    "Acosh": ReadFormula("x", "log(x + sqrt(x ** 2 - 1))"),
    "Atanh": ReadFormula("x", "(log1p(x) - log1p(-x)) / 2"),
}
REDUCED = {
    "ReduceSum": "sum(x, axis=axis, keepdims=keepdims)", "ReduceMean": "mean(x, axis=axis, keepdims=keepdims)",
    "ReduceMax": "max(x, axis=axis, keepdims=keepdims)", "ReduceMin": "min(x, axis=axis, keepdims=keepdims)",
    "ReduceProd": "prod(x, axis=axis, keepdims=keepdims)", "ReduceL1": "sum(abs(x), axis=axis, keepdims=keepdims)",
    "ReduceL2": "norm(x, axis=axis, keepdims=keepdims)", "ReduceSumSquare": "norm2(x, axis=axis, keepdims=keepdims)",
    "ReduceLogSum": "log(sum(x, axis=axis, keepdims=keepdims))", "ReduceLogSumExp": "logsumexp(x, axis=axis, keepdims=keepdims)",
}
# fmt: on
FOLDS = {"Sum": "add", "Mean": "add", "Max": "maximum", "Min": "minimum"}  # of any number of operands
PLAIN = {kind: row for kind, row in READ.items() if kind not in FORMULAS and kind not in FOLDS and kind != "MatMul"}


def elementwise(step: OnnxStep) -> Tensor:
    """A formula, or a row of the table."""
    operands = step.aligned([_operand(step, k) for k in range(len(step.items))])
    formula = FORMULAS.get(step.kind)
    numbers = {name: float(step.attributes.get(name, number)) for name, number in formula.numbers.items()} if formula else {}
    if formula is None or (step.kind in READ and all(math.isclose(numbers[k], n, rel_tol=1e-6) for k, n in formula.numbers.items())):
        return step.put(READ[step.kind], operands)
    given: dict[str, Any] = dict(zip(formula.operands.split(), operands, strict=True))
    return step.formula(formula.text, **given, **numbers)


def _operand(step: OnnxStep, k: int) -> Tensor:
    """An operand; an array of one number as that number, where another operand has its axes."""
    item = step.items[k]
    if isinstance(item, np.ndarray) and item.size == 1 and item.dtype != object:
        if any(isinstance(x, Tensor) and x.rank >= item.ndim for x in step.items):
            return step.planted(item.reshape(()))
    return step.tensor(k)


def fold(step: OnnxStep) -> Tensor:
    """A sum, mean, minimum or maximum of several operands."""
    first, *rest = step.aligned(step.tensors)
    if not rest:
        return step.same(first)
    for k, x in enumerate(rest, 1):
        first = step.put(FOLDS[step.kind], [first, x], last=k == len(rest) and step.kind != "Mean")
    return step.formula("x / n", x=first, n=float(len(rest) + 1)) if step.kind == "Mean" else first


def clip(step: OnnxStep) -> Tensor:
    x = step.tensor(0)
    low, high = (step.tensor(k) if step.has(k) else step.attributes.get(name) for k, name in ((1, "min"), (2, "max")))
    if low is None and high is None:
        return step.same(x)
    bounds: dict[str, Any] = {
        name: value if isinstance(value, Tensor) else float(value) for name, value in (("low", low), ("high", high)) if value is not None
    }
    text = "clip(x, low, high)" if len(bounds) == 2 else "maximum(x, low)" if "low" in bounds else "minimum(x, high)"
    return step.formula(text, x=x, **bounds)


def is_infinite(step: OnnxStep) -> Tensor:
    positive, negative = (step.attributes.get(f"detect_{which}", 1) for which in ("positive", "negative"))
    if positive and negative:
        return step.formula("equal(abs(x), top)", x=step.tensor(0), top=math.inf)
    return step.formula("equal(x, top)", x=step.tensor(0), top=math.inf if positive else -math.inf if negative else math.nan)


def gelu(step: OnnxStep) -> Tensor:
    name = {b"none": "gelu", b"tanh": "gelu_tanh"}.get(step.attributes.get("approximate", b"none"))
    if name is None:
        raise step.refuse("its approximation is neither none nor tanh")
    return step.put(name, [step.tensor(0)])


def reduction(step: OnnxStep) -> Tensor:
    x = step.tensor(0)
    axes = step.listed("axes", 1, "the axes")
    if not axes and step.attributes.get("noop_with_empty_axes", 0):
        text = {"ReduceL1": "abs(x)", "ReduceL2": "abs(x)", "ReduceSumSquare": "x ** 2", "ReduceLogSum": "log(x)"}.get(step.kind)
        return step.formula(text, x=x) if text else step.same(x)
    keepdims = bool(step.attributes.get("keepdims", 1))
    if not axes and x.batched:
        raise step.refuse("it works along the batch axis; a graph describes one example")
    axis = list(step.axes(axes, x)) if axes else list(range(-len(x.shape), 0))
    gone = 0 if keepdims or not axes else sum(step.model_axis(int(k), x) < x.place for k in axes)
    found = step.formula(REDUCED[step.kind], x=x, axis=axis, keepdims=keepdims)
    return found.laid(x.place - gone, x.merged)


def softmax(step: OnnxStep) -> Tensor:
    """Along one axis; in models of before version 13 along all axes from that on."""
    x = step.tensor(0)
    op = "softmax" if step.kind == "Softmax" else "log_softmax"
    if step.reading.opset >= 13:
        return step.put(op, [x], axis=step.axis(step.attributes.get("axis", -1), x))
    first = step.axis(step.attributes.get("axis", 1), x)
    return step.put(op, [x], axis=list(range(first, 0)) if first < -1 else -1)


ELEMENTWISE: Mapping[str, Reader] = {
    **dict.fromkeys([*PLAIN, *FORMULAS], elementwise), **dict.fromkeys(FOLDS, fold), **dict.fromkeys(REDUCED, reduction),
    "Clip": clip, "IsInf": is_infinite, "Gelu": gelu, "Softmax": softmax, "LogSoftmax": softmax,
}  # fmt: skip
