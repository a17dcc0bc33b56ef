"""PyTorch's elementwise operations and reductions as formulas of the equation language, operands and numbers under PyTorch's own names."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .torch_values import Item, TorchRule, TorchStep, TorchValue, core

# fmt: off
FORMULAS = {  # operation -> formula; names of the operation's arguments stand for its operands, and for its numbers
    "neg": "-self", "exp": "exp(self)", "log": "log(self)", "sqrt": "sqrt(self)", "rsqrt": "1 / sqrt(self)", "abs": "abs(self)",
    "reciprocal": "1 / self", "square": "self ** 2", "exp2": "2 ** self", "log2": "log(self) / 0.6931471805599453",
    "log10": "log(self) / 2.302585092994046", "log1p": "log1p(self)", "expm1": "expm1(self)", "sign": "sign(self)",
    "sin": "sin(self)", "cos": "cos(self)", "tan": "sin(self) / cos(self)", "atan": "arctan(self)", "tanh": "tanh(self)",
    "sinh": "(expm1(self) - expm1(-self)) / 2", "cosh": "(exp(self) + exp(-self)) / 2", "erf": "erf(self)", "erfc": "erfc(self)",
    "asin": "arctan(self / sqrt(1 - self ** 2))", "acos": "1.5707963267948966 - arctan(self / sqrt(1 - self ** 2))",
    "atanh": "(log1p(self) - log1p(-self)) / 2",
    "relu": "relu(self)", "sigmoid": "sigmoid(self)", "silu": "silu(self)", "mish": "mish(self)", "selu": "selu(self)",
    "relu6": "clip(self, 0, 6)", "hardsigmoid": "clip(self / 6 + 0.5, 0, 1)", "hardswish": "self * clip(self / 6 + 0.5, 0, 1)",
    "log_sigmoid": "-softplus(-self)", "hardtanh": "clip(self, min_val, max_val)", "leaky_relu": "leaky_relu(self, negative_slope)",
    "celu": "maximum(self, 0) + minimum(alpha * expm1(self / alpha), 0)",
    "hardshrink": "select(greater(abs(self), lambd), self)", "threshold": "where(greater(self, threshold), self, value)",
    "softshrink": "select(less(self, -lambd), self + lambd) + select(greater(self, lambd), self - lambd)",
    "mul": "self * other", "div": "self / other", "true_divide": "self / other", "pow": "self ** exponent",
    "maximum": "maximum(self, other)", "minimum": "minimum(self, other)", "xlogy": "xlogy(self, other)",
    "logaddexp": "logaddexp(self, other)", "clamp_min": "maximum(self, min)", "clamp_max": "minimum(self, max)",
    "gt": "greater(self, other)", "ge": "at_least(self, other)", "lt": "less(self, other)", "le": "at_most(self, other)",
    "eq": "equal(self, other)", "ne": "not_equal(self, other)", "logical_not": "equal(self, 0)", "bitwise_not": "equal(self, 0)",
    "logical_and": "not_equal(self * other, 0)", "logical_or": "maximum(not_equal(self, 0), not_equal(other, 0))",
    "bitwise_and": "self * other", "bitwise_or": "maximum(self, other)",
    "where": "where(condition, self, other)", "masked_fill": "where(mask, value, self)", "lerp": "self + weight * (end - self)",
    "addcmul": "self + value * tensor1 * tensor2", "addcdiv": "self + value * tensor1 / tensor2", "isnan": "not_equal(self, self)",
    "detach": "stop_gradient(self)",
}
REDUCED = {
    "sum": "sum(x, axis=axis, keepdims=keepdims)", "mean": "mean(x, axis=axis, keepdims=keepdims)",
    "amax": "max(x, axis=axis, keepdims=keepdims)", "amin": "min(x, axis=axis, keepdims=keepdims)",
    "max": "max(x, axis=axis, keepdims=keepdims)", "min": "min(x, axis=axis, keepdims=keepdims)",
    "prod": "prod(x, axis=axis, keepdims=keepdims)", "logsumexp": "logsumexp(x, axis=axis, keepdims=keepdims)",
    "argmax": "argmax(x, axis=axis, keepdims=keepdims)", "argmin": "argmin(x, axis=axis, keepdims=keepdims)",
    "var": "var(x, axis=axis, keepdims=keepdims) * more", "std": "std(x, axis=axis, keepdims=keepdims) * more",
    "norm": "norm(x, axis=axis, keepdims=keepdims)", "linalg_vector_norm": "norm(x, axis=axis, keepdims=keepdims)",
}
LOSSES = {
    "mse_loss": "(self - target) ** 2", "l1_loss": "abs(self - target)", "huber_loss": "huber(self - target, delta)",
    "smooth_l1_loss": "huber(self - target, beta) / beta", "binary_cross_entropy_with_logits": "logistic_loss(self, target)",
    "binary_cross_entropy": "-(target * maximum(log(self), -100) + (1 - target) * maximum(log1p(-self), -100))",
}
# fmt: on


def elementwise(step: TorchStep) -> Item:
    text = FORMULAS[step.kind]
    if step.given.get("rounding_mode"):
        raise step.refuse("it rounds, and so has no derivative")
    return formula(step, text)


def formula(step: TorchStep, text: str) -> Item:
    """Arguments that are numbers are numbers in the formula."""
    words = [name for name in step.given if name in _words(text)]
    numbers = {name: float(step.given[name]) for name in words if isinstance(step.given[name], (bool, int, float))}
    return step.formula(text, *[name for name in words if name not in numbers], **numbers)


def _words(text: str) -> set[str]:
    return set("".join(c if c.isalnum() or c == "_" else " " for c in text).split())


def added(step: TorchStep) -> Item:
    sign = "+" if step.kind == "add" else "-"
    alpha = float(step.given.get("alpha", 1))
    if alpha == 1:
        return formula(step, f"self {sign} other")
    return step.formula(f"self {sign} alpha * other", "self", "other", alpha=alpha)


def reversed_difference(step: TorchStep) -> Item:
    return formula(step, "other - self" if step.given.get("alpha", 1) == 1 else "other - alpha * self")


def clamp(step: TorchStep) -> Item:
    has = [name for name in ("min", "max") if step.given[name] is not None]
    return formula(step, {"min": "maximum(self, min)", "max": "minimum(self, max)"}[has[0]] if len(has) == 1 else "clip(self, min, max)")


def prelu(step: TorchStep) -> Item:
    """One slope, or one a channel, the second axis."""
    x, slopes = step.value("self"), step.value("weight")
    sizes = (slopes.sizes[0], *[1] * (x.rank - 2)) if x.rank > 2 else slopes.sizes
    like = TorchStep(step.reading, step.kind, {}, sizes, "", step.owner).reshaped(slopes, sizes) if slopes.sizes[0] > 1 else slopes
    parts = {"x": x, "slopes": like._replace(sizes=(), real=()) if not like.shape else like}
    return replace(step, given=parts).formula("leaky_relu(x, slopes)", "x", "slopes")


def one_hot(step: TorchStep) -> Item:
    """1 where the number of the class is the label."""
    t, classes = step.value("self"), step.sizes[-1]
    spread = TorchValue(t.name, (*t.sizes, 1), (*t.real, False))
    numbers = step.write.part("arange", shape=[classes])
    parts = {"t": spread, "k": TorchValue(numbers.name, (classes,), (True,))}
    return replace(step, given=parts).formula("equal(t, k)", "t", "k")


def cumulated(step: TorchStep) -> Item:
    """Sums of the first entries of an axis, as a product with ones in a triangle."""
    x = step.value("self")
    x = step.kept(x, [int(step.given["dim"])])
    place = len(x.shape) + x.core_axis(int(step.given["dim"]))
    letters = "abcdefgh"[: len(x.shape)]
    ones = step.write.part("triu", step.write.part("ones", shape=[x.shape[place]] * 2))
    formula = f"{letters},{letters[place]}z->{letters.replace(letters[place], 'z')}"
    return step.result(step.write.put("einsum", [core(x), ones], formula=formula), x.real)


def gelu(step: TorchStep) -> Item:
    return formula(step, "gelu_tanh(self)" if step.given["approximate"] == "tanh" else "gelu(self)")


def elu(step: TorchStep) -> Item:
    alpha, scale, inner = (float(step.given.get(name, 1)) for name in ("alpha", "scale", "input_scale"))
    if alpha == scale == inner == 1:
        return formula(step, "elu(self)")
    text = "scale * (maximum(self, 0) + alpha * expm1(input_scale * minimum(self, 0)))"
    return step.formula(text, "self", alpha=alpha, scale=scale, input_scale=inner)


def softplus(step: TorchStep) -> Item:
    """PyTorch's threshold changes less than rounding does."""
    beta = float(step.given["beta"])
    return formula(step, "softplus(self)") if beta == 1 else step.formula("softplus(beta * self) / beta", "self", beta=beta)


def softmax(step: TorchStep) -> Item:
    x = step.value("self")
    x = step.kept(x, [int(step.given["dim"])])
    op = "log_softmax" if "log" in step.kind else "softmax"
    return step.result(step.write.put(op, [core(x)], axis=x.core_axis(int(step.given["dim"]))), x.real)


def reduction(step: TorchStep) -> Item | list[Item]:
    """Over axes, or all of the value; axes that are left out have one entry, which changes nothing."""
    x, dims, keep = step.value("self"), step.given.get("dim"), bool(step.given.get("keepdim", False))
    every = range(x.rank)
    axes = [dims % max(x.rank, 1)] if isinstance(dims, int) else [dim % x.rank for dim in dims] if dims else list(every)
    axes = axes if x.rank else []
    if step.given.get("p", 2) != 2 or step.given.get("ord", 2) != 2:
        raise step.refuse("only the norm of order 2 is read")
    entries = math.prod(x.sizes[axis] for axis in axes)
    text, more = REDUCED[step.kind], _correction(step, entries)
    text = text if more != 1 else text.removesuffix(" * more")
    over = [axis for axis in axes if x.real[axis]]
    left = [x.real[axis] if keep or axis not in axes else None for axis in every]
    real = [is_real for is_real in left if is_real is not None]
    extra: dict[str, Any] = {"more": more} if "more" in text else {}
    if not over:
        if step.kind in ("var", "std", "argmax", "argmin"):
            raise step.refuse("it is of one entry")
        found = step.write.formula("abs(x)" if "norm" in step.kind else "identity(x)", x=core(x))
    else:
        found = step.write.formula(text, x=core(x), axis=[x.core_axis(axis) for axis in over], keepdims=keep, **extra)
    value = step.result(found, real)
    if step.outputs == 1:
        return value
    places = step.write.part(f"arg{step.kind}", core(x), axis=[x.core_axis(axis) for axis in over], keepdims=keep)
    return [value, step.result(places, real)]


def _correction(step: TorchStep, entries: int) -> float:
    """By how much a variance is more than the mean of squares."""
    if step.kind not in ("var", "std"):
        return 1.0
    less = step.given.get("correction", 1 if step.given.get("unbiased", True) else 0)
    less = 1 if less is None else less
    if entries <= less:
        raise step.refuse(f"it is of {entries} entries")
    more = entries / (entries - less)
    return math.sqrt(more) if step.kind == "std" else more


def loss(step: TorchStep) -> Item:
    """Of one example: the mean, the sum, or the entries."""
    for name in ("weight", "pos_weight"):
        if step.given.get(name) is not None:
            raise step.refuse(f"a loss with {name} is not read")
    found, real = step.aligned([step.value("self"), step.value("target")])
    text = LOSSES[step.kind]
    if step.given.get("beta", 1) == 0:
        text = LOSSES["l1_loss"]
    numbers: dict[str, Any] = {name: float(step.given[name]) for name in ("beta", "delta") if name in _words(text)}
    way = ("none", "mean", "sum")[step.given["reduction"]]
    given: dict[str, Any] = {"self": core(found[0]), "target": core(found[1]), **numbers}
    if way == "none" or not any(real):
        return step.result(step.write.formula(text, **given), real if way == "none" else [])
    return step.result(step.write.formula(f"{way}({text})", **given), [])


ALIKE: dict[str, TorchRule] = dict.fromkeys(FORMULAS, elementwise)
ALONG: dict[str, TorchRule] = dict.fromkeys(REDUCED, reduction)
SOFTMAX: dict[str, TorchRule] = dict.fromkeys("softmax _softmax log_softmax _log_softmax special_log_softmax".split(), softmax)
FORMULA_RULES: Mapping[str, TorchRule] = {
    **ALIKE, **ALONG, **SOFTMAX, **dict.fromkeys(LOSSES, loss),
    "add": added, "sub": added, "rsub": reversed_difference, "clamp": clamp, "clip": clamp, "gelu": gelu, "elu": elu, "softplus": softplus,
    "prelu": prelu, "one_hot": one_hot, "cumsum": cumulated,
}  # fmt: skip
