r"""The operator table: one row says all that a1viz knows of an operator.

A row gives the call, its gufunc signature, how it is printed, its NumPy kernel and exactly one kind of derivative rule:

- `partial`  elementwise operators: the cotangent `bar` times the partial derivative, one rule per argument
             (a tangent is pushed forward by the same rule, for such a rule is linear in `bar`)
- `adjoint`  operators linear in each argument: the rule pulls `bar` back, the operator itself pushes tangents forward;
             `joint=True` where it is linear in all its arguments together (a stack), so that one application serves all
- `vjp`+`jvp`  the rest
- `body`     operators made of others: everything is derived

In a rule the arguments keep their names, `y` is the output, `bar` its cotangent, `dot` the tangent of the argument, `i` the position of
the argument of a variadic operator. Rule "0" means: the derivative is zero (almost) everywhere. A missing rule raises.

In a signature `*` is a whole core value, flattened; `1` is an axis kept with one entry. Axes of a core value that the signature does not
name are looped over, as is the batch. Kernels get arrays whose last axes are the signature's.

In the templates `{x:20}` asks for parentheses around an operand that binds less than 20: the numbers below. In LaTeX, `{x:T}` transposes, and
`{x:H}` is an operand of the entrywise product, which no reader should have to weigh against the product of matrices: W x ∘ h is written (W x) ∘ h.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..base.arrays import Array

SUM, FUNCTION, HADAMARD, PRODUCT, FRACTION, POWER, SUPERSCRIPT, ATOM = 10, 18, 19, 20, 25, 30, 35, 40


@dataclass(frozen=True)
class Op:
    """One row of the table."""

    call: str
    signature: str
    latex: str
    kernel: Callable[..., Any] | None
    partial: tuple[str, ...] = ()
    adjoint: tuple[str, ...] = ()
    joint: bool = False
    vjp: tuple[str, ...] = ()
    jvp: tuple[str, ...] = ()
    body: str = ""
    muls: str = "0"  # multiplications and divisions: a product of the signature's letters, or 1 for each entry of the output
    text: str = ""  # in the equation language; empty for a plain call
    binding: int = ATOM  # how strongly the LaTeX holds together
    text_binding: int = ATOM
    sample: str = "any"  # where the tests sample its arguments, away from kinks: any, positive, nonzero, distinct
    batch: bool = False  # reduces the batch axis: only a1viz itself uses it
    about: str = ""  # what happens where it is hard

    def compute(self, *operands: Any) -> Any:
        """The kernel's answer, for an operator that has one of its own."""
        assert self.kernel is not None, f"{self.name} is made of others"
        return self.kernel(*operands)

    @cached_property
    def name(self) -> str:
        return self.call.partition("(")[0]

    @cached_property
    def args(self) -> tuple[str, ...]:
        return tuple(re.findall(r"\w+", self.call.partition("(")[2]))

    @cached_property
    def inputs(self) -> tuple[tuple[str, ...], ...]:
        """The axes the signature names, one tuple an argument."""
        return tuple(_axes(part) for part in re.findall(r"\(([^)]*)\)", self.signature.partition("->")[0]))

    @cached_property
    def output(self) -> tuple[str, ...]:
        return _axes(self.signature.partition("->")[2].strip("() "))

    @cached_property
    def rules(self) -> tuple[str, ...]:
        """The rules that pull a cotangent back, one per argument; empty where there is none."""
        return self.partial or self.adjoint or self.vjp

    @cached_property
    def is_variadic(self) -> bool:
        return self.call.endswith("...)")

    @cached_property
    def is_elementwise(self) -> bool:
        return not any(self.inputs) and not self.output and not self.is_variadic


def _axes(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _sigmoid(x: Array) -> Array:
    small = np.exp(-np.abs(x))  # never overflows
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small)).astype(x.dtype, copy=False)


def _softplus(x: Array) -> Array:
    y: Array = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
    return y


def _logistic_loss(z: Array, p: Array) -> Array:
    y: Array = np.maximum(z, 0) - z * p + np.log1p(np.exp(-np.abs(z)))
    return y


def _shifted(x: Array) -> Array:
    y: Array = x - np.max(x, axis=-1, keepdims=True, initial=-np.inf)
    return y


def _softmax(x: Array) -> Array:
    e = np.exp(_shifted(x))
    y: Array = e / e.sum(axis=-1, keepdims=True)
    return y


def _log_softmax(x: Array) -> Array:
    shifted = _shifted(x)
    y: Array = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return y


def _logsumexp(x: Array) -> Array:
    top = np.max(x, axis=-1, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, np.zeros((), x.dtype))  # inf - inf is no number
    y: Array = top[..., 0] + np.log(np.exp(x - top).sum(-1))
    return y


def _weighted_logsumexp(w: Array, x: Array) -> Array:
    top = np.max(np.where(w == 0, -np.inf, x), axis=-1, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, np.zeros((), x.dtype))
    terms = np.where(w == 0, np.zeros((), np.result_type(w, x)), w * np.exp(x - top))
    y: Array = top[..., 0] + np.log(terms.sum(-1))
    return y


def _norm(x: Array) -> Array:
    size = np.max(np.abs(x), axis=-1, keepdims=True, initial=0)
    safe = np.where((size > 0) & np.isfinite(size), size, np.ones((), x.dtype))  # scaled: no square over- or underflows
    y: Array = safe[..., 0] * np.sqrt(np.vecdot(x / safe, x / safe))
    return y


def _xlogy(x: Array, z: Array) -> Array:
    return np.where(x == 0, np.zeros((), np.result_type(x, z)), x * np.log(np.where(x == 0, np.ones((), np.result_type(z)), z)))


def _xdivy(x: Array, z: Array) -> Array:
    return np.where(x == 0, np.zeros((), np.result_type(x, z)), x / np.where(x == 0, np.ones((), np.result_type(z)), z))


def _powlog(a: Array, b: Array) -> Array:
    power = np.power(a, b)
    return np.where(power == 0, np.zeros((), power.dtype), power * np.log(np.where(power == 0, np.ones((), np.result_type(a)), a)))


def _dpow(a: Array, b: Array) -> Array:
    safe = np.where(b == 0, np.ones((), np.result_type(a)), a)
    return np.where(b == 0, np.zeros((), np.result_type(a, b)), b * safe ** (b - 1))


def _matvec(W: Array, x: Array) -> Array:
    return x @ W.T if W.ndim == 2 else np.matvec(W, x)  # one GEMM where the matrix has no batch axis


def _vecmat(x: Array, W: Array) -> Array:
    return x @ W if W.ndim == 2 else np.vecmat(x, W)


def _inner(a: Array, b: Array) -> Array:
    return b @ a if a.ndim == 1 else a @ b if b.ndim == 1 else np.vecdot(a, b)  # one product where one of them has no batch axis


def _positions(t: Array, lead: tuple[int, ...], size: int) -> Array:
    t = np.asarray(t)
    wrong = t[~((t >= 0) & (t < size) & (t == np.floor(t)))]
    if wrong.size:
        raise ValueError(f"there is no entry {wrong[0]:g}; entries are counted from 0 to {size - 1}")
    return np.broadcast_to(t.astype(np.intp), lead)[..., None]


def _pick(x: Array, t: Array) -> Array:
    lead = np.broadcast_shapes(x.shape[:-1], np.shape(t))
    return np.take_along_axis(np.broadcast_to(x, lead + x.shape[-1:]), _positions(t, lead, x.shape[-1]), -1)[..., 0]


def _scatter(s: Array, t: Array, x: Array) -> Array:
    lead = np.broadcast_shapes(np.shape(s), np.shape(t), x.shape[:-1])
    out = np.zeros(lead + x.shape[-1:], np.result_type(s))
    np.put_along_axis(out, _positions(t, lead, x.shape[-1]), np.broadcast_to(s, lead)[..., None], -1)
    return out


def _stack(*xs: Array) -> Array:
    return np.stack(np.broadcast_arrays(*xs), axis=-1)


def _joined(a: Array, b: Array) -> Array:
    lead = np.broadcast_shapes(a.shape[:-1], b.shape[:-1])
    return np.concatenate([np.broadcast_to(a, lead + a.shape[-1:]), np.broadcast_to(b, lead + b.shape[-1:])], axis=-1)


def _padded(v: Array, x: Array, at_end: bool) -> Array:
    zeros = np.zeros(np.broadcast_shapes(v.shape[:-1], x.shape[:-1]) + (x.shape[-1] - v.shape[-1],), v.dtype)
    return _joined(zeros, v) if at_end else _joined(v, zeros)


def _select(s: Array, x: Array) -> Array:
    return np.where(s != 0, x, np.zeros((), np.result_type(x)))


def _fill(s: Array, x: Array) -> Array:
    return np.broadcast_to(s, np.broadcast_shapes(np.shape(s), np.shape(x)))


def _count(x: Array) -> Array:
    return np.full(x.shape[:-1], x.shape[-1], x.dtype)


E = "()->()"  # elementwise, one argument
EE = "(),()->()"

# fmt: off
TABLE = (
    # --- arithmetic -----------------------------------------------------------------------------------------------------------
    Op("identity(x)", E, "{x}", lambda x: x, partial=("bar",), text="identity({x})"),
    Op("add(a, b)", EE, "{a:10} + {b:11}", np.add, partial=("bar", "bar"), text="{a:10} + {b:11}", binding=SUM, text_binding=SUM),
    Op("sub(a, b)", EE, "{a:10} - {b:11}", np.subtract, partial=("bar", "-bar"), text="{a:10} - {b:11}", binding=SUM, text_binding=SUM),
    Op("neg(x)", E, "-{x:18}", np.negative, partial=("-bar",), text="-{x:25}", binding=SUM, text_binding=25),
    Op("mul(a, b)", EE, r"{a:H} \circ {b:H}", np.multiply, partial=("bar * b", "bar * a"), muls="1",
       text="{a:20} * {b:21}", binding=HADAMARD, text_binding=PRODUCT),
    Op("div(a, b)", EE, r"\frac{{{a}}}{{{b}}}", np.divide, partial=("bar / b", "-(bar * y / b)"), muls="1",
       text="{a:20} / {b:21}", binding=FRACTION, text_binding=PRODUCT, sample="nonzero", about="a / 0 is ±inf, 0 / 0 is NaN"),
    Op("power(a, b)", EE, "{a:36}^{{{b}}}", np.power, partial=("bar * dpow(a, b)", "bar * powlog(a, b)"), muls="1",
       text="{a:31} ** {b:25}", binding=POWER, text_binding=POWER, sample="positive",
       about="the derivative of x ** 0 is 0 everywhere; a negative base has no real derivative in the exponent: NaN"),
    Op("dpow(a, b)", EE, "{b:20} {a:36}^{{{b:11}-1}}", _dpow, partial=("bar * select(b, b * dpow(a, b - 1))", "bar * (a ** (b - 1) + b * powlog(a, b - 1))"),
       muls="1", binding=PRODUCT, sample="positive", about="the derivative of a ** b in a: b a^(b-1), and 0 where b = 0"),
    Op("powlog(a, b)", EE, r"{a:36}^{{{b}}} \log {a:30}", _powlog, partial=("bar * (a ** (b - 1) + b * powlog(a, b - 1))", "bar * xlogy(powlog(a, b), a)"),
       muls="1", binding=FUNCTION, sample="positive", about="the derivative of a ** b in b: 0 where a ** b is 0"),
    # --- elementwise functions ------------------------------------------------------------------------------------------------
    Op("exp(x)", E, r"\exp({x})", np.exp, partial=("bar * y",), about="overflows to inf above 709 (float64) and 88 (float32)"),
    Op("log(x)", E, r"\log {x:30}", np.log, partial=("bar / x",), binding=FUNCTION, sample="positive",
       about="log(0) is -inf, log of a negative number is NaN; log(softmax(y)) and its gradient are computed stably"),
    Op("sqrt(x)", E, r"\sqrt{{{x}}}", np.sqrt, partial=("bar / (2 * y)",), sample="positive", about="the derivative at 0 is inf"),
    Op("abs(x)", E, "|{x}|", np.abs, partial=("bar * sign(x)",), sample="nonzero", about="the derivative at 0 is 0"),
    Op("xlogy(x, z)", EE, r"{x:20} \log {z:30}", _xlogy, partial=("bar * log(z)", "bar * xdivy(x, z)"), muls="1", binding=FUNCTION,
       sample="positive", about="0 log 0 is 0"),
    Op("xdivy(x, z)", EE, r"\frac{{{x}}}{{{z}}}", _xdivy, partial=("bar / z", "-(bar * xdivy(xdivy(x, z), z))"), muls="1", binding=FRACTION,
       sample="nonzero", about="0 / 0 is 0: the derivative of xlogy"),
    Op("minimum(a, b)", EE, r"\min({a}, {b})", np.minimum, partial=("bar * (1 - greater(a, b))", "bar * greater(a, b)"),
       sample="distinct", about="at a tie the whole derivative goes to a; NaN if either is NaN"),
    Op("maximum(a, b)", EE, r"\max({a}, {b})", np.maximum, partial=("bar * greater(a, b)", "bar * (1 - greater(a, b))"),
       sample="distinct", about="at a tie the whole derivative goes to b, so that (minimum, maximum) is always a permutation; NaN if either is NaN"),
    Op("relu(x)", E, r"\mathrm{{ReLU}}({x})", lambda x: np.maximum(x, 0), partial=("bar * step(x)",), sample="nonzero",
       about="the derivative at 0 is 0"),
    Op("sigmoid(x)", E, r"\sigma({x})", _sigmoid, partial=("bar * y * (1 - y)",), muls="1", about="saturates to exactly 0 or 1 without a warning"),
    Op("tanh(x)", E, r"\tanh({x})", np.tanh, partial=("bar * (1 - y ** 2)",)),
    Op("sin(x)", E, r"\sin({x})", np.sin, partial=("bar * cos(x)",)),
    Op("cos(x)", E, r"\cos({x})", np.cos, partial=("-(bar * sin(x))",)),
    Op("softplus(x)", E, r"\mathrm{{softplus}}({x})", _softplus, partial=("bar * sigmoid(x)",),
       about="log(1 + exp(x)) without overflow; about x for large x, and exp(x), not 0, for very negative ones"),
    Op("logistic_loss(z, p)", EE, r"\mathrm{{BCE}}({z}, {p})", _logistic_loss, partial=("bar * (sigmoid(z) - p)", "-(bar * z)"), muls="1",
       about="-(p log y' + (1 - p) log(1 - y')) with y' = sigmoid(z), from the logit z: finite for every finite z"),
    # --- piecewise constant: the derivative is 0 ------------------------------------------------------------------------------
    Op("step(x)", E, r"\mathbb{{1}}[{x} > 0]", lambda x: (x > 0).astype(x.dtype), partial=("0",), sample="nonzero", about="0 at 0"),
    Op("threshold(x)", E, r"\mathbb{{I}}({x} \ge 0)", lambda x: (x >= 0).astype(x.dtype), partial=("0",), sample="nonzero", about="1 at 0"),
    Op("greater(a, b)", EE, r"\mathbb{{1}}[{a} > {b}]", lambda a, b: (a > b).astype(np.result_type(a, b)), partial=("0", "0"),
       sample="distinct", about="0 at a tie"),
    Op("at_least(a, b)", EE, r"\mathbb{{I}}({a} \ge {b})", lambda a, b: (a >= b).astype(np.result_type(a, b)), partial=("0", "0"),
       sample="distinct", about="threshold(a - b) without the difference: nothing overflows, and infinity is at least infinity; 1 at a tie"),
    Op("select(s, x)", EE, r"\mathrm{{select}}({s}, {x})", _select, partial=("0", "select(s, bar)"), sample="nonzero",
       about="x where s is not 0, else 0: what s * x is for s = 0 and 1, but right where x is infinite; s gets no derivative, as a comparison gives it"),
    Op("sign(x)", E, r"\mathrm{{sign}}({x})", np.sign, partial=("0",), sample="nonzero", about="0 at 0"),
    Op("indicator(x)", E, r"\mathbb{{I}}({x} \in [-1, 1])", None, body="threshold(x + 1) * threshold(1 - x)", sample="indicator",
       about="1 at -1 and at 1"),
    # --- products -------------------------------------------------------------------------------------------------------------
    Op("transpose(A)", "(m,n)->(n,m)", "{A:T}", lambda A: np.swapaxes(A, -1, -2), adjoint=("transpose(bar)",), text="{A:40}.T"),
    Op("matvec(W, x)", "(m,n),(n)->(m)", r"{W:20} \, {x:20}", _matvec, adjoint=("outer(bar, x)", "vecmat(bar, W)"), muls="m n",
       text="{W:20} @ {x:21}", binding=PRODUCT, text_binding=PRODUCT),
    Op("vecmat(x, W)", "(m),(m,n)->(n)", r"{W:T} \, {x:20}", _vecmat, adjoint=("matvec(W, bar)", "outer(x, bar)"), muls="m n",
       text="{x:20} @ {W:21}", binding=PRODUCT, text_binding=PRODUCT),
    Op("matmul(A, B)", "(m,k),(k,n)->(m,n)", r"{A:20} \, {B:20}", np.matmul,
       adjoint=("matmul(bar, transpose(B))", "matmul(transpose(A), bar)"), muls="m k n",
       text="{A:20} @ {B:21}", binding=PRODUCT, text_binding=PRODUCT),
    Op("outer(a, b)", "(m),(n)->(m,n)", r"{a:20} \, {b:T}", lambda a, b: a[..., :, None] * b[..., None, :],
       adjoint=("matvec(bar, b)", "vecmat(a, bar)"), muls="m n", binding=PRODUCT),
    Op("inner(a, b)", "(*),(*)->()", r"\langle {a}, {b} \rangle", _inner, adjoint=("bar * b", "bar * a"), muls="*"),
    Op("norm(x)", "(*)->()", r"\| {x} \|", _norm, vjp=("bar * xdivy(x, y)",), jvp=("inner(xdivy(x, y), dot)",), muls="*", sample="nonzero",
       about="the Euclidean norm, of a matrix the Frobenius norm, without overflow midway; its derivative at 0 is 0, while that of sqrt is inf"),
    Op("norm2(x)", "(*)->()", r"\| {x} \|^2", lambda x: np.vecdot(x, x), vjp=("2 * bar * x",), jvp=("2 * inner(x, dot)",), muls="*",
       about="the square of the Euclidean norm, of the Frobenius norm for a matrix"),
    # --- sums -----------------------------------------------------------------------------------------------------------------
    Op("sum(x)", "(*)->()", r"\mathrm{{sum}}({x})", lambda x: x.sum(-1), adjoint=("fill(bar, x)",), about="the sum of nothing is 0"),
    Op("mean(x)", "(*)->()", r"\mathrm{{mean}}({x})", lambda x: x.sum(-1) / x.shape[-1] if x.shape[-1] else x.sum(-1) * np.nan,
       adjoint=("fill(bar / count(x), x)",), muls="1", about="the mean of nothing is NaN"),
    Op("rowsum(x)", "(n)->(1)", r"\mathrm{{sum}}({x})", lambda x: x.sum(-1, keepdims=True), adjoint=("fill(bar, x)",),
       about="the sum along the last axis, which is kept"),
    Op("colsum(x)", "(m,n)->(n)", r"{x:T} \mathbf{{1}}", lambda x: x.sum(-2), adjoint=("fill(bar, x)",), binding=PRODUCT),
    Op("row(x)", "(n)->(1,n)", "{x:T}", lambda x: x[..., None, :], adjoint=("colsum(bar)",)),
    Op("squeeze(x)", "(1)->()", "{x}", lambda x: x[..., 0], adjoint=("unsqueeze(bar)",), text="squeeze({x})", about="without the last axis, of one entry"),
    Op("unsqueeze(x)", "()->(1)", "{x}", lambda x: x[..., None], adjoint=("squeeze(bar)",), text="unsqueeze({x})", about="with a last axis of one entry"),
    Op("fill(s, x)", EE, r"{s:20}\,\mathbf{{1}}", _fill, partial=("bar", "0"), binding=PRODUCT, about="s spread over the shape of x"),
    Op("count(x)", "(*)->()", r"\#{x:40}", _count, partial=("0",), about="how many entries x has"),
    # --- probabilities --------------------------------------------------------------------------------------------------------
    Op("softmax(x)", "(n)->(n)", r"\mathrm{{softmax}}({x})", _softmax, vjp=("y * (bar - rowsum(bar * y))",),
       jvp=("y * (dot - rowsum(dot * y))",), muls="n", about="along the last axis; saturates to exactly 0 and 1; NaN if an entry is +inf or all are -inf"),
    Op("log_softmax(x)", "(n)->(n)", r"\log \mathrm{{softmax}}({x})", _log_softmax, vjp=("bar - softmax(x) * rowsum(bar)",),
       jvp=("dot - rowsum(softmax(x) * dot)",), binding=FUNCTION, about="along the last axis; -inf only where the difference of two logits is beyond all numbers"),
    Op("logsumexp(x)", "(n)->()", r"\mathrm{{logsumexp}}({x})", _logsumexp, vjp=("softmax(x) * unsqueeze(bar)",),
       jvp=("squeeze(rowsum(softmax(x) * dot))",), muls="0", about="log(sum(exp(x))) along the last axis, without overflow; -inf if all entries are"),
    Op("weighted_logsumexp(w, x)", "(*),(*)->()", r"\log \langle {w}, \exp({x}) \rangle", _weighted_logsumexp,
       vjp=("bar * exp(x - y)", "bar * select(w, w * exp(x - y))"), jvp=("sum(exp(x - y) * dot)", "sum(select(w, w * exp(x - y)) * dot)"), muls="*",
       binding=FUNCTION, sample="positive", about="log(sum(w * exp(x))) without overflow; weights may have any sign, NaN where the sum is negative"),
    Op("logaddexp(a, b)", EE, r"\log (e^{{{a}}} + e^{{{b}}})", np.logaddexp, partial=("bar * sigmoid(a - b)", "bar * sigmoid(b - a)"), binding=FUNCTION,
       about="log(exp(a) + exp(b)) without overflow"),
    # --- entries --------------------------------------------------------------------------------------------------------------
    Op("pick(x, t)", "(n),()->()", r"{x:35}[{t}]", _pick, adjoint=("scatter(bar, t, x)", "0"), text="{x:40}[{t}]",
       about="entry t, counted from 0; a class label out of range is refused"),
    Op("scatter(s, t, x)", "(),(),(n)->(n)", r"{s:20}\,\mathbf{{e}}_{{{t}}}", _scatter, adjoint=("pick(bar, t)", "0", "0"), binding=PRODUCT,
       about="zeros of x's length, with s at entry t"),
    Op("stack(x...)", "()->(k)", r"({x})^{{\top}}", _stack, adjoint=("pick(bar, i)",), joint=True, about="scalars to a vector"),
    Op("concatenate(a, b)", "(m),(n)->(m+n)", r"[{a} ; {b}]", _joined, adjoint=("head(bar, a)", "tail(bar, b)"), joint=True),
    Op("head(v, x)", "(p),(n)->(n)", r"\mathrm{{head}}({v})", lambda v, x: v[..., : x.shape[-1]], adjoint=("pad_end(bar, v)", "0"),
       sample="longer", about="the first entries of v, as many as x has"),
    Op("tail(v, x)", "(p),(n)->(n)", r"\mathrm{{tail}}({v})", lambda v, x: v[..., v.shape[-1] - x.shape[-1] :], adjoint=("pad_start(bar, v)", "0"),
       sample="longer", about="the last entries of v, as many as x has"),
    Op("pad_end(v, x)", "(n),(p)->(p)", r"[{v} ; \mathbf{{0}}]", lambda v, x: _padded(v, x, False), adjoint=("head(bar, v)", "0"), sample="shorter",
       about="v, then zeros up to the length of x"),
    Op("pad_start(v, x)", "(n),(p)->(p)", r"[\mathbf{{0}} ; {v}]", lambda v, x: _padded(v, x, True), adjoint=("tail(bar, v)", "0"), sample="shorter",
       about="zeros, then v, up to the length of x"),
    # --- over the batch: only a1viz itself writes these -------------------------------------------------------------------------
    Op("batch_sum(x)", E, r"\sum_n {x:20}", lambda x: x.sum(0), batch=True, binding=PRODUCT, about="the sum over the examples of a batch"),
    Op("batch_outer(a, b)", "(m),(n)->(m,n)", r"\sum_n {a:20} \, {b:T}", lambda a, b: a.T @ b, muls="m n", batch=True, binding=PRODUCT,
       about="the sum of the outer products of a batch, as one matrix product"),
    Op("batch_weighted(s, a)", "(),(n)->(n)", r"\sum_n {s:20} \, {a:20}", lambda s, a: s @ a, muls="n", batch=True, binding=PRODUCT,
       about="the sum of the vectors of a batch, each times its number, as one product"),
)
# fmt: on

OPS = {op.name: op for op in TABLE}
INFIX = {"+": "add", "-": "sub", "*": "mul", "/": "div", "**": "power"}
MATMUL = {(2, 1): "matvec", (1, 2): "vecmat", (2, 2): "matmul", (1, 1): "inner"}  # `@`, by the ranks of its operands
LEAVES = ("input", "parameter", "label", "constant")
