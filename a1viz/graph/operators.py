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
from ast import literal_eval
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from . import kernels

LAST = -1  # the axis that an operator works along unless told
COMPARISON, SUM, FUNCTION, HADAMARD, PRODUCT, FRACTION, POWER, SUPERSCRIPT, ATOM = 5, 10, 18, 19, 20, 25, 30, 35, 40


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
    attrs: str = ""  # what it takes besides operands, with defaults: "axis=None, keepdims=False"; what has no default must be given
    shape: str = ""  # the rule of SHAPES that gives the result's shape, where the signature does not
    ranked: bool = False  # whether its kernel is told how many axes each operand's core has
    about: str = ""  # what happens where it is hard

    def compute(self, *operands: Any, **attributes: Any) -> Any:
        """The kernel's answer, for an operator that has one of its own."""
        assert self.kernel is not None, f"{self.name} is made of others"
        return self.kernel(*operands, **attributes)

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """The attributes it takes, with their defaults; `...` for what must be given."""
        parts = (part.partition("=") for part in self.attrs.split(", ") if part)
        return {name: literal_eval(default) if equals else ... for name, equals, default in parts}

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
        return not any(self.inputs) and not self.output and not self.is_variadic and not self.shape


def _axes(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


E = "()->()"  # elementwise, one argument
REDUCES = "axis=None, keepdims=False"
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
    Op("dpow(a, b)", EE, "{b:20} {a:36}^{{{b:11}-1}}", kernels.dpow, partial=("bar * select(b, b * dpow(a, b - 1))", "bar * (a ** (b - 1) + b * powlog(a, b - 1))"),
       muls="1", binding=PRODUCT, sample="positive", about="the derivative of a ** b in a: b a^(b-1), and 0 where b = 0"),
    Op("powlog(a, b)", EE, r"{a:36}^{{{b}}} \log {a:30}", kernels.powlog, partial=("bar * (a ** (b - 1) + b * powlog(a, b - 1))", "bar * xlogy(powlog(a, b), a)"),
       muls="1", binding=FUNCTION, sample="positive", about="the derivative of a ** b in b: 0 where a ** b is 0"),
    # --- elementwise functions ------------------------------------------------------------------------------------------------
    Op("exp(x)", E, r"\exp({x})", np.exp, partial=("bar * y",), about="overflows to inf above 709 (float64) and 88 (float32)"),
    Op("log(x)", E, r"\log {x:30}", np.log, partial=("bar / x",), binding=FUNCTION, sample="positive",
       about="log(0) is -inf, log of a negative number is NaN; log(softmax(y)) and its gradient are computed stably"),
    Op("sqrt(x)", E, r"\sqrt{{{x}}}", np.sqrt, partial=("bar / (2 * y)",), sample="positive", about="the derivative at 0 is inf"),
    Op("abs(x)", E, "|{x}|", np.abs, partial=("bar * sign(x)",), sample="nonzero", about="the derivative at 0 is 0"),
    Op("xlogy(x, z)", EE, r"{x:20} \log {z:30}", kernels.xlogy, partial=("bar * log(z)", "bar * xdivy(x, z)"), muls="1", binding=FUNCTION,
       sample="positive", about="0 log 0 is 0"),
    Op("xdivy(x, z)", EE, r"\frac{{{x}}}{{{z}}}", kernels.xdivy, partial=("bar / z", "-(bar * xdivy(xdivy(x, z), z))"), muls="1", binding=FRACTION,
       sample="nonzero", about="0 / 0 is 0: the derivative of xlogy"),
    Op("minimum(a, b)", EE, r"\min({a}, {b})", np.minimum, partial=("bar * (1 - greater(a, b))", "bar * greater(a, b)"),
       sample="distinct", about="at a tie the whole derivative goes to a; NaN if either is NaN"),
    Op("maximum(a, b)", EE, r"\max({a}, {b})", np.maximum, partial=("bar * greater(a, b)", "bar * (1 - greater(a, b))"),
       sample="distinct", about="at a tie the whole derivative goes to b, so that (minimum, maximum) is always a permutation; NaN if either is NaN"),
    Op("relu(x)", E, r"\mathrm{{ReLU}}({x})", lambda x: np.maximum(x, 0), partial=("bar * step(x)",), sample="nonzero",
       about="the derivative at 0 is 0"),
    Op("sigmoid(x)", E, r"\sigma({x})", kernels.sigmoid, partial=("bar * y * (1 - y)",), muls="1", about="saturates to exactly 0 or 1 without a warning"),
    Op("tanh(x)", E, r"\tanh({x})", np.tanh, partial=("bar * (1 - y ** 2)",)),
    Op("sin(x)", E, r"\sin({x})", np.sin, partial=("bar * cos(x)",)),
    Op("cos(x)", E, r"\cos({x})", np.cos, partial=("-(bar * sin(x))",)),
    Op("softplus(x)", E, r"\mathrm{{softplus}}({x})", kernels.softplus, partial=("bar * sigmoid(x)",),
       about="log(1 + exp(x)) without overflow; about x for large x, and exp(x), not 0, for very negative ones"),
    Op("logistic_loss(z, p)", EE, r"\mathrm{{BCE}}({z}, {p})", kernels.logistic_loss, partial=("bar * (sigmoid(z) - p)", "-(bar * z)"), muls="1",
       about="-(p log y' + (1 - p) log(1 - y')) with y' = sigmoid(z), from the logit z: finite for every finite z"),
    # --- piecewise constant: the derivative is 0 ------------------------------------------------------------------------------
    Op("step(x)", E, r"\mathbb{{1}}[{x} > 0]", lambda x: (x > 0).astype(x.dtype), partial=("0",), sample="nonzero", about="0 at 0"),
    Op("threshold(x)", E, r"\mathbb{{I}}({x} \ge 0)", lambda x: (x >= 0).astype(x.dtype), partial=("0",), sample="nonzero", about="1 at 0"),
    Op("greater(a, b)", EE, r"\mathbb{{1}}[{a} > {b}]", lambda a, b: (a > b).astype(np.result_type(a, b)), partial=("0", "0"),
       sample="distinct", about="0 at a tie"),
    Op("at_least(a, b)", EE, r"\mathbb{{I}}({a} \ge {b})", lambda a, b: (a >= b).astype(np.result_type(a, b)), partial=("0", "0"),
       sample="distinct", about="threshold(a - b) without the difference: nothing overflows, and infinity is at least infinity; 1 at a tie"),
    Op("select(s, x)", EE, r"\mathrm{{select}}({s}, {x})", kernels.select, partial=("0", "select(s, bar)"), sample="nonzero",
       about="x where s is not 0, else 0: what s * x is for s = 0 and 1, but right where x is infinite; s gets no derivative, as a comparison gives it"),
    Op("sign(x)", E, r"\mathrm{{sign}}({x})", np.sign, partial=("0",), sample="nonzero", about="0 at 0"),
    Op("indicator(x)", E, r"\mathbb{{I}}({x} \in [-1, 1])", None, body="threshold(x + 1) * threshold(1 - x)", sample="indicator",
       about="1 at -1 and at 1"),
    # --- products -------------------------------------------------------------------------------------------------------------
    Op("transpose(A)", "(m,n)->(n,m)", r"\mathrm{{transpose}}_{{{axes}}}({A})", kernels.transpose, adjoint=("transpose(bar, inverse=axes)",), text="{A:40}.T",
       attrs="axes=None, inverse=None", shape="permuted", about="the last two axes change places, or all as told: the permutation `axes`"),
    Op("matvec(W, x)", "(m,n),(n)->(m)", r"{W:20} \, {x:20}", kernels.matvec, adjoint=("outer(bar, x)", "vecmat(bar, W)"), muls="m n",
       text="{W:20} @ {x:21}", binding=PRODUCT, text_binding=PRODUCT),
    Op("vecmat(x, W)", "(m),(m,n)->(n)", r"{W:T} \, {x:20}", kernels.vecmat, adjoint=("matvec(W, bar)", "outer(x, bar)"), muls="m n",
       text="{x:20} @ {W:21}", binding=PRODUCT, text_binding=PRODUCT),
    Op("matmul(A, B)", "(m,k),(k,n)->(m,n)", r"{A:20} \, {B:20}", np.matmul,
       adjoint=("matmul(bar, transpose(B))", "matmul(transpose(A), bar)"), muls="m k n",
       text="{A:20} @ {B:21}", binding=PRODUCT, text_binding=PRODUCT),
    Op("outer(a, b)", "(m),(n)->(m,n)", r"{a:20} \, {b:T}", lambda a, b: a[..., :, None] * b[..., None, :],
       adjoint=("matvec(bar, b)", "vecmat(a, bar)"), muls="m n", binding=PRODUCT),
    Op("inner(a, b)", "(*),(*)->()", r"\langle {a}, {b} \rangle", kernels.inner, adjoint=("bar * b", "bar * a"), muls="*"),
    Op("norm(x)", "(*)->()", r"\| {x} \|{at}", kernels.norm, vjp=("expand(bar, axis=axis, keepdims=keepdims) * xdivy(x, expand(y, axis=axis, keepdims=keepdims))",),
       jvp=("sum(xdivy(x, expand(y, axis=axis, keepdims=keepdims)) * dot, axis=axis, keepdims=keepdims)",), muls="*", sample="nonzero", attrs=REDUCES, shape="reduced",
       about="the Euclidean norm, of a matrix the Frobenius norm, without overflow midway; its derivative at 0 is 0, while that of sqrt is inf"),
    Op("norm2(x)", "(*)->()", r"\| {x} \|^2{at}", kernels.norm2, vjp=("2 * expand(bar, axis=axis, keepdims=keepdims) * x",),
       jvp=("2 * sum(x * dot, axis=axis, keepdims=keepdims)",), muls="*", attrs=REDUCES, shape="reduced",
       about="the square of the Euclidean norm, of the Frobenius norm for a matrix"),
    # --- sums -----------------------------------------------------------------------------------------------------------------
    Op("sum(x)", "(*)->()", r"\mathrm{{sum}}{at}({x})", kernels.total, adjoint=("fill(expand(bar, axis=axis, keepdims=keepdims), x)",),
       attrs=REDUCES, shape="reduced", about="the sum of nothing is 0"),
    Op("mean(x)", "(*)->()", r"\mathrm{{mean}}{at}({x})", kernels.mean, muls="1", attrs=REDUCES, shape="reduced",
       adjoint=("fill(expand(bar / count(x, axis=axis, keepdims=keepdims), axis=axis, keepdims=keepdims), x)",), about="the mean of nothing is NaN"),
    Op("expand(x)", "()->()", "{x}", kernels.expand, adjoint=("squeeze(bar, axis=axis)",), attrs="axis, keepdims=False", shape="expanded",
       about="with axes of one entry put in: `axis` are their places in the result"),
    Op("squeeze(x)", "()->()", "{x}", lambda x, axis: x.squeeze(axis), adjoint=("expand(bar, axis=axis)",), attrs="axis", shape="squeezed",
       about="without these axes, of one entry each"),
    Op("fill(s, x)", EE, r"{s:20}\,\mathbf{{1}}", kernels.fill, partial=("bar", "0"), binding=PRODUCT, about="s spread over the shape of x"),
    Op("count(x)", "(*)->()", r"\#{at}{x:40}", kernels.count, partial=("0",), attrs=REDUCES, shape="reduced", about="how many entries x has, or has along these axes"),
    # --- probabilities --------------------------------------------------------------------------------------------------------
    Op("softmax(x)", "(n)->(n)", r"\mathrm{{softmax}}{at}({x})", kernels.softmax, vjp=("y * (bar - sum(bar * y, axis=axis, keepdims=True))",),
       jvp=("y * (dot - sum(dot * y, axis=axis, keepdims=True))",), muls="*", attrs="axis=-1", shape="same", about="along the last axis; saturates to exactly 0 and 1; NaN if an entry is +inf or all are -inf"),
    Op("log_softmax(x)", "(n)->(n)", r"\log \mathrm{{softmax}}{at}({x})", kernels.log_softmax, attrs="axis=-1", shape="same",
       vjp=("bar - softmax(x, axis=axis) * sum(bar, axis=axis, keepdims=True)",), jvp=("dot - sum(softmax(x, axis=axis) * dot, axis=axis, keepdims=True)",),
       binding=FUNCTION, about="along the last axis; -inf only where the difference of two logits is beyond all numbers"),
    Op("logsumexp(x)", "(*)->()", r"\mathrm{{logsumexp}}{at}({x})", kernels.logsumexp, attrs=REDUCES, shape="reduced",
       vjp=("softmax(x, axis=axis) * expand(bar, axis=axis, keepdims=keepdims)",), jvp=("sum(softmax(x, axis=axis) * dot, axis=axis, keepdims=keepdims)",),
       about="log(sum(exp(x))) without overflow; -inf if all entries are"),
    Op("weighted_logsumexp(w, x)", "(*),(*)->()", r"\log \langle {w}, \exp({x}) \rangle", kernels.weighted_logsumexp,
       vjp=("bar * exp(x - y)", "bar * select(w, w * exp(x - y))"), jvp=("sum(exp(x - y) * dot)", "sum(select(w, w * exp(x - y)) * dot)"), muls="*",
       binding=FUNCTION, sample="positive", about="log(sum(w * exp(x))) without overflow; weights may have any sign, NaN where the sum is negative"),
    Op("logaddexp(a, b)", EE, r"\log (e^{{{a}}} + e^{{{b}}})", np.logaddexp, partial=("bar * sigmoid(a - b)", "bar * sigmoid(b - a)"), binding=FUNCTION,
       about="log(exp(a) + exp(b)) without overflow"),
    # --- entries --------------------------------------------------------------------------------------------------------------
    Op("pick(x, t)", "(n),()->()", r"{x:35}[{t}]", kernels.pick, adjoint=("scatter(bar, t, x, axis=axis)", "0"), text="{x:40}[{at}{t}]",
       attrs="axis=-1", shape="picked", about="entry t along an axis, counted from 0; a class label out of range is refused"),
    Op("scatter(s, t, x)", "(),(),(n)->(n)", r"{s:20}\,\mathbf{{e}}_{{{t}}}", kernels.scatter, adjoint=("pick(bar, t, axis=axis)", "0", "0"), binding=PRODUCT,
       attrs="axis=-1", shape="scattered", about="zeros of x's length, with s at entry t"),
    Op("take(x, t)", "(n),()->()", r"{x:35}[{t}]", kernels.take, adjoint=("untake(bar, t, x)", "0"), text="{x:40}[{t}]", shape="taken", ranked=True,
       about="the entries of the first axis that an array of labels names; one named twice is there twice"),
    Op("untake(s, t, x)", "(n),(),(n)->(n)", r"\mathrm{{scatter}}({s}, {t})", kernels.untake, adjoint=("take(bar, t)", "0", "0"), shape="like_last", ranked=True,
       about="zeros of x's shape, to which s is added at the entries t of the first axis: an entry named twice gets the sum"),
    Op("retake(s, u, t)", "(n),(),()->(n)", r"\mathrm{{scatter}}({s}, {u})[{t}]", kernels.retake, adjoint=("retake(bar, t, u)", "0", "0"), shape="retaken", ranked=True,
       about="the entries t of what untake(s, u) puts together, without that: the sum of all of s whose label in u is the one in t"),
    Op("slice(x)", "()->()", r"{x:35}[{index}]", kernels.cut, adjoint=("unslice(bar, x, index=index)",), text="{x:40}[{index}]", attrs="index", shape="sliced",
       about="a part of each axis, from one entry up to another"),
    Op("unslice(s, x)", "(),()->()", r"\mathrm{{unslice}}({s})", kernels.uncut, adjoint=("slice(bar, index=index)", "0"), attrs="index", shape="like_last",
       about="zeros of x's shape, with s in a part of it"),
    Op("reshape(x)", "()->()", "{x}", kernels.reshape, adjoint=("reshape_like(bar, x)",), attrs="shape", shape="reshaped", ranked=True, about="the same entries in another shape, the last axis first"),
    Op("reshape_like(v, x)", "(),()->()", "{v}", kernels.reshape_like, adjoint=("reshape_like(bar, v)", "0"), shape="like_last", ranked=True,
       about="v in the shape of x"),
    Op("stack(x...)", "()->(k)", r"({x})^{{\top}}", kernels.stack, adjoint=("pick(bar, i, axis=axis)",), joint=True, attrs="axis=0", shape="stacked",
       about="scalars to a vector, values of any shape along a new axis"),
    Op("concatenate(a, b)", "(m),(n)->(m+n)", r"[{a} ; {b}]", kernels.concatenate, adjoint=("head(bar, a, axis=axis)", "tail(bar, b, axis=axis)"), joint=True,
       attrs="axis=0", shape="concatenated"),
    Op("head(v, x)", "(p),(n)->(n)", r"\mathrm{{head}}({v})", kernels.head, adjoint=("pad_end(bar, v, axis=axis)", "0"), attrs="axis=-1", shape="cut",
       sample="longer", about="the first entries of v along an axis, as many as x has"),
    Op("tail(v, x)", "(p),(n)->(n)", r"\mathrm{{tail}}({v})", kernels.tail, adjoint=("pad_start(bar, v, axis=axis)", "0"), attrs="axis=-1", shape="cut",
       sample="longer", about="the last entries of v along an axis, as many as x has"),
    Op("pad_end(v, x)", "(n),(p)->(p)", r"[{v} ; \mathbf{{0}}]", kernels.pad_end, adjoint=("head(bar, v, axis=axis)", "0"), attrs="axis=-1", shape="cut",
       sample="shorter", about="v, then zeros up to the length of x"),
    Op("pad_start(v, x)", "(n),(p)->(p)", r"[\mathbf{{0}} ; {v}]", kernels.pad_start, adjoint=("tail(bar, v, axis=axis)", "0"), attrs="axis=-1", shape="cut",
       sample="shorter", about="zeros, then v, up to the length of x"),
    # --- over the batch: only a1viz itself writes these -------------------------------------------------------------------------
    Op("batch_sum(x)", E, r"\sum_n {x:20}", lambda x: x.sum(0), batch=True, binding=PRODUCT, about="the sum over the examples of a batch"),
    Op("batch_outer(a, b)", "(m),(n)->(m,n)", r"\sum_n {a:20} \, {b:T}", lambda a, b: a.T @ b, muls="m n", batch=True, binding=PRODUCT,
       about="the sum of the outer products of a batch, as one matrix product"),
    Op("batch_matmul(A, B)", "(m,k),(k,n)->(m,n)", r"\sum_n {A:20} \, {B:20}", kernels.batch_matmul, muls="m k n", batch=True, binding=PRODUCT,
       about="the sum of the matrix products of a batch, as one product of longer matrices"),
    Op("batch_untake(s, t, x)", "(n),(),(n)->(n)", r"\sum_n \mathrm{{scatter}}({s}, {t})", kernels.batch_untake, batch=True, shape="like_last", binding=PRODUCT,
       about="zeros of x's shape, to which the rows of all examples are added at their labels"),
    Op("batch_weighted(s, a)", "(),(n)->(n)", r"\sum_n {s:20} \, {a:20}", lambda s, a: s @ a, muls="n", batch=True, binding=PRODUCT,
       about="the sum of the vectors of a batch, each times its number, as one product"),
)
# fmt: on

OPS = {op.name: op for op in TABLE}
INFIX = {"+": "add", "-": "sub", "*": "mul", "/": "div", "**": "power"}


def matmul_of(ranks: Sequence[int]) -> str:
    """What `@` is, by the ranks of its operands, 1 or more: NumPy's matmul."""
    return {(1, 1): "inner", (1, 2): "vecmat", (2, 1): "matvec", (2, 2): "matmul"}[min(ranks[0], 2), min(ranks[1], 2)]


LEAVES = ("input", "parameter", "label", "constant", "size")
