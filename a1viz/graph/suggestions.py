"""What somebody may have meant: words and signs of papers, NumPy and PyTorch, and how they are written here.

A near spelling is not a near meaning: `sigma` is no `sign`. So meaning comes first, then spelling within one edit, then the reference.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from ..base.errors import did_you_mean

REFERENCE = "the page Operators of the reference lists them all"
WRITTEN = {  # how it is written here: what it is called elsewhere, in small letters and without _
    "sigmoid(x)": "sigma logistic expit sigm logsig",
    "maximum(a, b)": "fmax larger cummax",
    "minimum(a, b)": "fmin smaller cummin",
    "max(x)": "amax",
    "min(x)": "amin",
    "prod(x)": "product",
    "greater(a, b)": "gt greaterthan",
    "less(a, b)": "lt lessthan",
    "at_least(a, b)": "ge gte geq greaterequal",
    "at_most(a, b)": "le lte leq lessequal",
    "equal(a, b)": "eq",
    "not_equal(a, b)": "ne neq notequal",
    "where(c, a, b)": "cond ifelse",
    "stop_gradient(x)": "stop stopgradient detach",
    "log(x)": "ln loge natlog",
    "log(x) / log(2)": "log2 ld lb",
    "log(x) / log(10)": "log10 lg",
    "log(p / (1 - p))": "logit",
    "exp(x * log(2))": "exp2",
    "-softplus(-x)": "logsigmoid",
    "silu(x)": "swish",
    "leaky_relu(x, 0.01)": "leakyrelu lrelu prelu",
    "elu(x)": "celu",
    "clip(x, 0, 6)": "relu6",
    "clip(x / 6 + 0.5, 0, 1)": "hardsigmoid",
    "clip(x, low, high)": "clamp",
    "softmax(-x)": "softmin",
    "relu(x)": "rectify rectifier ramp positive",
    "sign(x)": "sgn signum",
    "abs(x)": "absolute fabs modulus",
    "step(x)": "heaviside unitstep",
    "x ** 2": "square sq sqr pow2",
    "1 / x": "reciprocal rcp",
    "1 / sqrt(x)": "rsqrt",
    "x ** (1 / 3)": "cbrt",
    "sqrt(a ** 2 + b ** 2)": "hypot",
    "logaddexp(a, b)": "logplusexp",
    "sin(x) / cos(x)": "tan",
    "arctan(x)": "atan",
    "cos(x) / sin(x)": "cot cotan",
    "1 / cos(x)": "sec",
    "1 / sin(x)": "csc",
    "sin(x) / x": "sinc",
    "(exp(x) - exp(-x)) / 2": "sinh",
    "(exp(x) + exp(-x)) / 2": "cosh",
    "a ** b": "pow floatpower",
    "a + b": "plus",
    "a - b": "subtract minus rsub",
    "a * b": "multiply times hadamard",
    "a / b": "divide truedivide",
    "-x": "negative negate minusx",
    "inner(a, b)": "vdot vecdot dotproduct innerproduct scalarproduct",
    "W @ x": "mv gemv matvecproduct",
    "a @ b": "dot",
    "A @ B": "mm bmm gemm",
    "W @ x + b": "linear dense affine fc",
    "A.T": "t transposed swapaxes permutedims matrixtranspose adjoint",
    "trace(A)": "tr",
    "logsumexp(x)": "lse logsum",
    "norm(x)": "l2norm euclidean frobenius norml2 enorm",
    "sum(abs(x))": "norm1 l1norm l1",
    "x / norm(x)": "normalize unit",
    "mean(x)": "average avg",
    "var(x)": "variance",
    "std(x)": "stddev",
    "sum(x)": "total reducesum addreduce",
    "count(x)": "size numel len length",
    "concatenate(a, b)": "concat cat hstack vstack append",
    "x[2]": "index gather getitem",
    "mean((y - x) ** 2)": "mse mseloss squarederror",
    "mean(abs(y - x))": "mae l1loss",
    "-(t * log(p) + (1 - t) * log(1 - p))": "bce bceloss binarycrossentropy",
    "logistic_loss(z, t)": "bcewithlogits bcewithlogitsloss binarycrossentropywithlogits logisticregressionloss",
    "-log_softmax(x)[t]": "crossentropy crossentropyloss",
    "-x[t]": "nllloss nll",
    "-sum(xlogy(x, x))": "entropy",
    "hinge(x)": "hingeloss",
    "huber(x, 1)": "huberloss smoothl1 smoothl1loss",
}  # fmt: skip
SYNONYMS = {name: text for text, names in WRITTEN.items() for name in names.split()}
NOTHING = frozenset(
    "sort arctan2 arctanh erfcx erfi ma svd inf iv tri round rint floor ceil trunc fix mod cov expi expn full long tril logaddexp2".split()
)  # near to a word, and no operator
CONSTANTS = {"e": "exp(1)", "euler": "exp(1)"}
KEYWORDS = {  # what is given by name elsewhere, and how it is called here
    "dim": "axis", "dims": "axis", "keepdim": "keepdims", "keep_dims": "keepdims", "perm": "axes", "newshape": "shape",
    "strides": "stride", "pad": "padding", "kernel_size": "size", "ksize": "size", "pool_size": "size", "window": "size", "diagonal": "k",
    "offset": "k", "subscripts": "formula",
}  # fmt: skip
SIGNS = (  # signs of papers that ASCII does not have, as they stand at the beginning of a text
    (r"σ\s*\(", "write sigmoid( )"),
    (r"[∑Σ]\s*\(?", "write sum( )"),
    ("√", "write sqrt( )"),
    ("⊗", "write outer(a, b)"),
    ("‖|∥", "write norm(x), or norm2(x) for its square"),
    ("≥", "write >="),
    ("≤", "write <="),
    ("≠", "write !="),
)


def of_operator(name: str, operators: Collection[str]) -> str:
    """What to append to a message about an operator that is not there.

    >>> of_operator("sigma", ["sign"]), of_operator("rellu", ["relu"])
    ('; write sigmoid(x)', "; did you mean 'relu'?")
    """
    plain = name.casefold().replace("_", "")
    if plain in SYNONYMS:
        return f"; write {SYNONYMS[plain]}"
    return (plain not in NOTHING and did_you_mean(name, operators)) or f"; {REFERENCE}"


def of_keyword(name: str, known: Collection[str]) -> str:
    """The same for a name by which nothing is given.

    >>> of_keyword("dim", ["axis", "keepdims"])
    '; write axis='
    """
    return f"; write {KEYWORDS[name]}=" if KEYWORDS.get(name) in known else did_you_mean(name, known)


def of_variable(name: str, known: Collection[str]) -> str:
    """The same for a name that is no variable."""
    return f"; write {CONSTANTS[name]}" if name in CONSTANTS else did_you_mean(name, known)


def of_sign(text: str) -> str:
    """How to write the sign a text begins with, or nothing."""
    return next((instead for pattern, instead in SIGNS if re.match(pattern, text)), "")
