"""The operator table in ONNX's words: a text for each row that is a formula of ONNX operators, written once for the way out and the way in.

In a text `Relu(x)` is a node, in capitals; `xlogy(a, b)` is another row; `+ - * / **` are ONNX's Add, Sub, Mul, Div and Pow; a number is a
constant of the model's type, a list of whole numbers one of int64. `Float(c)` is a comparison as 0 and 1. What an operator is given by name
is an attribute of the node: `axis=axis` takes it from the application. Beside operands and attributes a text may name `axes` (those of a
reduction; nothing for the whole value), `sizes` (the result's shape) and `diagonal` (true there, of a square matrix).
Where there are two texts, `a | b`, the first is for operands of no more axes than the signature names, without attributes.

Rows that are no formula, such as a slice, are functions of `onnx_rules`. A text that is one node of all operands says how that node is
read.
"""

from __future__ import annotations

import re

from ..graph.operators import OPS

_REDUCED = "(x, axes, keepdims=keepdims)"
_SPREAD = "ReduceMean((x - ReduceMean(x, axes, keepdims=1)) ** 2, axes, keepdims=keepdims)"

# fmt: off
WORDS = {
    # arithmetic
    "identity": "Identity(x)", "add": "Add(a, b)", "sub": "Sub(a, b)", "neg": "Neg(x)", "mul": "Mul(a, b)", "div": "Div(a, b)",
    "power": "Pow(a, b)",
    "dpow": "Where(Equal(b, 0), 0, b * a ** (b - 1))",
    "powlog": "xlogy(a ** b, a)",
    # elementwise functions
    "exp": "Exp(x)", "log": "Log(x)", "sqrt": "Sqrt(x)", "abs": "Abs(x)", "sin": "Sin(x)", "cos": "Cos(x)", "arctan": "Atan(x)",
    "tanh": "Tanh(x)", "erf": "Erf(x)", "sign": "Sign(x)", "sigmoid": "Sigmoid(x)", "softplus": "Softplus(x)", "relu": "Relu(x)",
    "elu": "Elu(x)", "selu": "Selu(x)", "mish": "Mish(x)", "gelu": "Gelu(x)", "softsign": "Softsign(x)",
    "minimum": "Min(a, b)", "maximum": "Max(a, b)",
    "xlogy": "Where(Equal(x, 0), 0, x * Log(Where(Equal(x, 0), 1, z)))",
    "xdivy": "Where(Equal(x, 0), 0, x / Where(Equal(x, 0), 1, z))",
    "logistic_loss": "Softplus(z) - z * p",
    "log1p": "Log(1 + x)",
    "expm1": "Exp(x) - 1",
    "log1mexp": "Log(1 - Exp(x))",
    "erfc": "1 - Erf(x)",
    "leaky_relu": "Where(Greater(x, 0), x, slope * x)",
    "silu": "x * Sigmoid(x)",
    "gelu_tanh": "x * Sigmoid(1.5957691216057308 * (x + 0.044715 * x ** 3))",
    "hardtanh": "Min(Max(x, -1), 1)",
    "huber": "Where(LessOrEqual(Abs(r), delta), r ** 2 / 2, delta * (Abs(r) - delta / 2))",
    "hinge": "Relu(1 - m)",
    "logaddexp": "Max(a, b) + Log(1 + Exp(-Abs(a - b)))",
    # piecewise constant
    "step": "Float(Greater(x, 0))", "threshold": "Float(GreaterOrEqual(x, 0))",
    "greater": "Float(Greater(a, b))", "at_least": "Float(GreaterOrEqual(a, b))", "less": "Float(Less(a, b))",
    "at_most": "Float(LessOrEqual(a, b))", "equal": "Float(Equal(a, b))", "not_equal": "Float(Not(Equal(a, b)))",
    "indicator": "Float(LessOrEqual(Abs(x), 1))",
    "select": "Where(Equal(s, 0), 0, x)",
    "where": "Where(Equal(c, 0), b, a)",
    "clip": "Min(Max(low, x), high)",
    "stop_gradient": "Identity(x)",
    # products
    "matvec": "MatMul(W, x) | Squeeze(MatMul(W, Unsqueeze(x, [-1])), [-1])",
    "vecmat": "MatMul(x, W) | Squeeze(MatMul(Unsqueeze(x, [-2]), W), [-2])",
    "matmul": "MatMul(A, B)",
    "outer": "Unsqueeze(a, [-1]) * Unsqueeze(b, [-2])",
    "inner": "MatMul(a, b) | ReduceSum(a * b, keepdims=0)",
    # reductions
    "sum": f"ReduceSum{_REDUCED}", "mean": f"ReduceMean{_REDUCED}", "max": f"ReduceMax{_REDUCED}", "min": f"ReduceMin{_REDUCED}",
    "prod": f"ReduceProd{_REDUCED}", "norm": f"ReduceL2{_REDUCED}", "norm2": f"ReduceSumSquare{_REDUCED}",
    "logsumexp": f"ReduceLogSumExp{_REDUCED}",
    "var": _SPREAD, "std": f"Sqrt({_SPREAD})",
    "weighted_logsumexp": "ReduceMax(x, keepdims=0) + Log(ReduceSum(w * Exp(x - ReduceMax(x, keepdims=0)), keepdims=0))",
    # probabilities
    "softmax": "Softmax(x, axis=axis)", "log_softmax": "LogSoftmax(x, axis=axis)",
    # shapes and entries
    "expand": "Unsqueeze(x, axes)", "squeeze": "Squeeze(x, axes)", "fill": "Expand(s, Shape(x))",
    "reshape": "Reshape(x, sizes)", "reshape_like": "Reshape(v, Shape(x))",
    "take": "Gather(x, t, axis=0)",
    # square matrices and triangles
    "det": "Det(A)", "logdet": "Log(Abs(Det(A)))",
    "trace": "ReduceSum(Where(diagonal, A, 0), [-2, -1], keepdims=0)",
    "scaled_eye": "Expand(Where(diagonal, Unsqueeze(s, [-2, -1]), 0), sizes)",
    "diag": "ReduceSum(Where(diagonal, A, 0), [-1], keepdims=0)",
    "diag_embed": "Where(diagonal, Unsqueeze(v, [-1]), 0)",
    "eye_like": "Expand(Float(diagonal), sizes)",
    "tril": "Trilu(A, k, upper=0)", "triu": "Trilu(A, k, upper=1)",
}
# fmt: on
ONE_NODE = re.compile(r"([A-Z]\w*)\(([\w, ]+)\)")


def _read() -> dict[str, str]:
    found: dict[str, str] = {}
    for name, text in WORDS.items():
        match = ONE_NODE.fullmatch(text.partition(" | ")[0])
        if match and tuple(match[2].split(", ")) == OPS[name].args and not OPS[name].defaults:
            found.setdefault(match[1], name)
    return found


READ = _read()  # the row that a node is, where one text is that node alone
