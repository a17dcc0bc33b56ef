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

In the templates `{x:20}` asks for parentheses around an operand that binds less than 20: the numbers below. In LaTeX, `{x:T}` transposes, `{x:I}` inverts,
`{x:F}` writes fractions as a / b, for exponents; brackets of a template grow around a tall operand; and
`{x:H}` is an operand of the entrywise product, which no reader should have to weigh against the product of matrices: W x ∘ h is written (W x) ∘ h.

`numpy` says the row in NumPy's words, for programs; `numpy_words` fills it in.
"""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from . import contractions, convolutions, kernels, labelled, matrices, pooling, reductions, special_functions

LAST = -1  # the axis that an operator works along unless told
COMPARISON, SUM, FUNCTION, HADAMARD, PRODUCT, FRACTION, POWER, SUPERSCRIPT, ATOM = 5, 10, 18, 19, 20, 25, 30, 35, 40


@dataclass(frozen=True, eq=False)
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
    muls: str = "0"  # multiplications and divisions: products of the signature's letters, added up, or 1 for each entry of the output
    text: str = ""  # in the equation language; empty for a plain call
    binding: int = ATOM  # how strongly the LaTeX holds together
    text_binding: int = ATOM
    sample: str = "any"  # where the tests sample its arguments, away from kinks: any, positive, negative, nonzero, distinct
    batch: bool = False  # reduces the batch axis: only a1viz itself uses it
    attrs: str = ""  # what it takes besides operands, with defaults: "axis=None, keepdims=False"; what has no default must be given
    shape: str = ""  # the rule of SHAPES that gives the result's shape, where the signature does not
    ranked: bool = False  # whether its kernel is told how many axes each operand's core has
    indexed: bool = False  # whether letters of its `formula` name the axes: its derivatives follow from them, by calculus/index_rules
    numpy: str = ""  # in NumPy's words, as `numpy_words` fills them in; a ufunc and an operator made of others need none
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
    def word(self) -> str:
        """What a call of it is written with, in the language."""
        word = self.text.partition("(")[0]
        return word if word in BY_RANK else self.name

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
OTHERS = (  # prod_others pushes a direction forward, and pulls it back alike: row i is the derivative of the product of all but entry i
    "axes_back(vecmat(axes_last({}, axis=axis), select(1 - eye_like(axes_last(x, axis=axis)), prod_others("
    "select(1 - eye_like(axes_last(x, axis=axis)), expand(axes_last(x, axis=axis), axis=-2)) + eye_like(axes_last(x, axis=axis))))), x, axis=axis)"
)

# the third derivative of det(A), along V and X; y is cofactor_along(A, V)
THIRD = (
    "(expand(sum(cofactor(A) * X, axis=[-2, -1]), axis=[-2, -1]) * y"
    " + expand(sum(cofactor(A) * V, axis=[-2, -1]), axis=[-2, -1]) * cofactor_along(A, X)"
    " - expand(sum(X * y, axis=[-2, -1]), axis=[-2, -1]) * cofactor(A)"
    " - cofactor_along(A, matmul(matmul(X, transpose(cofactor(A))), V) + matmul(matmul(V, transpose(cofactor(A))), X)))"
    " / expand(det(A), axis=[-2, -1])"
)

# --- convolution and pooling, with d spatial axes ------------------------------------------------------------------------------
CONVOLVES = "stride=1, padding=0, groups=1"
UNFOLDS = "stride=1, padding=0"
POOLS = "size, stride=None, padding=0"


# fmt: off
def _window_rows(d: int) -> tuple[Op, ...]:
    """The rows of d spatial axes: p, q of an input, h, w of a window, r, s of all windows; channels are c, of a group k, and o."""
    x, w, y = (",".join(letters[-d:]) for letters in ("pq", "hw", "rs"))
    X, K, Y = f"(c,{x})", f"(o,k,{w})", f"(o,{y})"
    muls = f"o k {' '.join(w.split(','))} {' '.join(y.split(','))}"
    same, unfold, pool = (", ".join(f"{n}={n}" for n in names.split()) for names in ("stride padding groups", "stride padding", "size stride padding"))
    own = {
        **{name: partial(getattr(convolutions, name), d) for name in ("conv", "conv_input", "conv_kernel", "batch_conv_kernel", "unfold", "fold")},
        **{name: partial(getattr(pooling, name), d) for name in ("max_pool", "max_pool_input", "max_pool_entries", "avg_pool", "avg_pool_input")},
    }
    return (
        Op(f"conv{d}d(X, K)", f"{X},{K}->{Y}", r"{X:30} \ast{below} {K:30}", own["conv"], muls=muls, attrs=CONVOLVES, shape="convolved", binding=PRODUCT,
           adjoint=(f"conv{d}d_input(bar, K, X, {same})", f"conv{d}d_kernel(X, bar, K, {same})"),
           about="the cross-correlation: sum over c and i of K[o, c, i] X[c, stride r + i - padding]; no kernel is flipped",
           numpy=f"conv{d}d({{X}}, {{K}}{{given}})"),
        Op(f"conv{d}d_input(b, K, X)", f"{Y},{K},{X}->{X}", r"{b:30} \ast{below}^{{\top}} {K:30}", own["conv_input"], muls=muls, attrs=CONVOLVES, shape="convolved_input",
           binding=PRODUCT, adjoint=(f"conv{d}d(bar, K, {same})", f"conv{d}d_kernel(bar, b, K, {same})", "0"),
           about="the gradient of a convolution in X: the transposed convolution of b",
           numpy=f"conv{d}d_input({{b}}, {{K}}, {{X}}{{given}})"),
        Op(f"conv{d}d_kernel(X, b, K)", f"{X},{Y},{K}->{K}", r"{X:30} \ast{below} {b:30}", own["conv_kernel"], muls=muls, attrs=CONVOLVES, shape="convolved_kernel",
           binding=PRODUCT, adjoint=(f"conv{d}d_input(b, bar, X, {same})", f"conv{d}d(X, bar, {same})", "0"),
           about="the gradient of a convolution in K: b times the windows of X",
           numpy=f"conv{d}d_kernel({{X}}, {{b}}, {{K}}{{given}})"),
        Op(f"batch_conv{d}d_kernel(X, b, K)", f"{X},{Y},{K}->{K}", r"\sum_n {X:30} \ast{below} {b:30}", own["batch_conv_kernel"], muls=muls, attrs=CONVOLVES,
           shape="convolved_kernel", binding=PRODUCT, batch=True, about="the sum of a batch's gradients in K, by one matrix product"),
        Op(f"unfold{d}d(X, K)", f"{X},{K}->(u,v)", r"\mathrm{{unfold}}{below}({X})", own["unfold"], attrs=UNFOLDS, shape="unfolded",
           adjoint=(f"fold{d}d(bar, X, K, {unfold})", "0"), about="the windows of X, of the size of K's, as columns: a convolution is K times these",
           numpy=f"unfold{d}d({{X}}, {{K}}{{given}})"),
        Op(f"fold{d}d(U, X, K)", f"(u,v),{X},{K}->{X}", r"\mathrm{{fold}}{below}({U})", own["fold"], attrs=UNFOLDS, shape="folded",
           adjoint=(f"unfold{d}d(bar, K, {unfold})", "0", "0"), about="columns added up where the windows of X lie",
           numpy=f"fold{d}d({{U}}, {{X}}, {{K}}{{given}})"),
        Op(f"max_pool{d}d(X)", f"({x})->({y})", r"\mathrm{{maxpool}}{below}({X})", own["max_pool"], attrs=POOLS, shape="pooled", sample="distinct",
           vjp=(f"max_pool{d}d_input(bar, y, X, {pool})",), jvp=(f"max_pool{d}d_entries(dot, y, X, {pool})",),
           about="the largest entry of each window, which are side by side unless there is a stride; at a tie the whole derivative goes to the last",
           numpy=f"max_pool{d}d({{X}}{{given}})"),
        Op(f"max_pool{d}d_input(b, P, X)", f"({y}),({y}),({x})->({x})", r"\mathrm{{unpool}}{below}({b}, {X})", own["max_pool_input"], attrs=POOLS, shape="pooled_input",
           adjoint=(f"max_pool{d}d_entries(bar, P, X, {pool})", "0", "0"), sample="distinct", about="b at the last entry of each window that is its largest, P",
           numpy=f"max_pool{d}d_input({{b}}, {{X}}{{given}})"),
        Op(f"max_pool{d}d_entries(V, P, X)", f"({x}),({y}),({x})->({y})", r"\mathrm{{maxpool}}{below}({V}, {X})", own["max_pool_entries"], attrs=POOLS, shape="pooled_entries",
           adjoint=(f"max_pool{d}d_input(bar, P, X, {pool})", "0", "0"), sample="distinct", about="the entries of V where the windows of X have their largest, P",
           numpy=f"max_pool{d}d_entries({{V}}, {{X}}{{given}})"),
        Op(f"avg_pool{d}d(X)", f"({x})->({y})", r"\mathrm{{avgpool}}{below}({X})", own["avg_pool"], attrs=POOLS, shape="pooled", muls="1",
           adjoint=(f"avg_pool{d}d_input(bar, X, {pool})",), about="the mean of each window; zeros around X count",
           numpy=f"avg_pool{d}d({{X}}{{given}})"),
        Op(f"avg_pool{d}d_input(b, X)", f"({y}),({x})->({x})", r"\mathrm{{avgunpool}}{below}({b})", own["avg_pool_input"], attrs=POOLS, shape="pooled_input",
           muls=" ".join(y.split(",")), adjoint=(f"avg_pool{d}d(bar, {pool})", "0"), about="b, divided by the size of a window, added up over the windows",
           numpy=f"avg_pool{d}d_input({{b}}, {{X}}{{given}})"),
    )


TABLE = (
    # --- arithmetic -----------------------------------------------------------------------------------------------------------
    Op("identity(x)", E, "{x}", lambda x: x, partial=("bar",), text="identity({x})",
       numpy="{x}"),
    Op("add(a, b)", EE, "{a:10} + {b:11}", np.add, partial=("bar", "bar"), text="{a:10} + {b:11}", binding=SUM, text_binding=SUM),
    Op("sub(a, b)", EE, "{a:10} - {b:11}", np.subtract, partial=("bar", "-bar"), text="{a:10} - {b:11}", binding=SUM, text_binding=SUM),
    Op("neg(x)", E, "-{x:18}", np.negative, partial=("-bar",), text="-{x:25}", binding=SUM, text_binding=25),
    Op("mul(a, b)", EE, r"{a:H} \circ {b:H}", np.multiply, partial=("bar * b", "bar * a"), muls="1",
       text="{a:20} * {b:21}", binding=HADAMARD, text_binding=PRODUCT),
    Op("div(a, b)", EE, r"\frac{{{a}}}{{{b}}}", np.divide, partial=("bar / b", "-(bar * y / b)"), muls="1",
       text="{a:20} / {b:21}", binding=FRACTION, text_binding=PRODUCT, sample="nonzero", about="a / 0 is ±inf, 0 / 0 is NaN"),
    Op("power(a, b)", EE, "{a:36}^{{{b:F}}}", np.power, partial=("bar * dpow(a, b)", "bar * powlog(a, b)"), muls="1",
       text="{a:31} ** {b:25}", binding=POWER, text_binding=POWER, sample="positive",
       about="the derivative of x ** 0 is 0 everywhere; a negative base has no real derivative in the exponent: NaN"),
    Op("dpow(a, b)", EE, "{b:20} \\, {a:36}^{{{b:F} - 1}}", kernels.dpow, partial=("bar * select(b, b * dpow(a, b - 1))", "bar * (a ** (b - 1) + b * powlog(a, b - 1))"),
       muls="1", binding=PRODUCT, sample="positive", about="the derivative of a ** b in a: b a^(b-1), and 0 where b = 0",
       numpy="np.where({b:10} == 0, 0.0, {b:20} * {a:31} ** ({b:10} - 1.0))"),
    Op("powlog(a, b)", EE, r"{a:36}^{{{b:F}}} \log {a:30}", kernels.powlog, partial=("bar * (a ** (b - 1) + b * powlog(a, b - 1))", "bar * xlogy(powlog(a, b), a)"),
       muls="1", binding=FUNCTION, sample="positive", about="the derivative of a ** b in b: 0 where a ** b is 0",
       numpy="xlogy({a:31} ** {b:25}, {a})"),
    # --- elementwise functions ------------------------------------------------------------------------------------------------
    Op("exp(x)", E, r"\exp({x})", np.exp, partial=("bar * y",), about="overflows to inf above 709 (float64) and 88 (float32)"),
    Op("log(x)", E, r"\log {x:30}", np.log, partial=("bar / x",), binding=FUNCTION, sample="positive",
       about="log(0) is -inf, log of a negative number is NaN; log(softmax(y)) and its gradient are computed stably"),
    Op("sqrt(x)", E, r"\sqrt{{{x}}}", np.sqrt, partial=("bar / (2 * y)",), sample="positive", about="the derivative at 0 is inf"),
    Op("abs(x)", E, "|{x}|", np.abs, partial=("bar * sign(x)",), sample="nonzero", about="the derivative at 0 is 0"),
    Op("xlogy(x, z)", EE, r"{x:20} \log {z:30}", kernels.xlogy, partial=("bar * log(z)", "bar * xdivy(x, z)"), muls="1", binding=FUNCTION,
       sample="positive", about="0 log 0 is 0",
       numpy="xlogy({x}, {z})"),
    Op("xdivy(x, z)", EE, r"\frac{{{x}}}{{{z}}}", kernels.xdivy, partial=("bar / z", "-(bar * xdivy(xdivy(x, z), z))"), muls="1", binding=FRACTION,
       sample="nonzero", about="0 / 0 is 0: the derivative of xlogy",
       numpy="xdivy({x}, {z})"),
    Op("minimum(a, b)", EE, r"\min({a}, {b})", np.minimum, partial=("bar * (1 - greater(a, b))", "bar * greater(a, b)"),
       sample="distinct", about="at a tie the whole derivative goes to a; NaN if either is NaN"),
    Op("maximum(a, b)", EE, r"\max({a}, {b})", np.maximum, partial=("bar * greater(a, b)", "bar * (1 - greater(a, b))"),
       sample="distinct", about="at a tie the whole derivative goes to b, so that (minimum, maximum) is always a permutation; NaN if either is NaN"),
    Op("relu(x)", E, r"\mathrm{{ReLU}}({x})", lambda x: np.maximum(x, 0), partial=("bar * step(x)",), sample="nonzero",
       about="the derivative at 0 is 0",
       numpy="np.maximum({x}, 0)"),
    Op("sigmoid(x)", E, r"\sigma({x})", kernels.sigmoid, partial=("bar * y * (1 - y)",), muls="1", about="saturates to exactly 0 or 1 without a warning",
       numpy="np.exp(-np.logaddexp(0, -{x:25}))"),
    Op("tanh(x)", E, r"\tanh({x})", np.tanh, partial=("bar * (1 - y ** 2)",)),
    Op("sin(x)", E, r"\sin({x})", np.sin, partial=("bar * cos(x)",)),
    Op("cos(x)", E, r"\cos({x})", np.cos, partial=("-(bar * sin(x))",)),
    Op("softplus(x)", E, r"\mathrm{{softplus}}({x})", kernels.softplus, partial=("bar * sigmoid(x)",),
       about="log(1 + exp(x)) without overflow; about x for large x, and exp(x), not 0, for very negative ones",
       numpy="np.logaddexp(0, {x})"),
    Op("logistic_loss(z, p)", EE, r"\mathrm{{BCE}}({z}, {p})", kernels.logistic_loss, partial=("bar * (sigmoid(z) - p)", "-(bar * z)"), muls="1",
       about="-(p log y' + (1 - p) log(1 - y')) with y' = sigmoid(z), from the logit z: finite for every finite z",
       numpy="np.logaddexp(0, {z}) - {z:20} * {p:21}"),
    # --- more functions: of a network's units and losses; at a kink the derivative is PyTorch's unless it says otherwise ----------
    Op("log1p(x)", E, r"\log (1 + {x:11})", np.log1p, partial=("bar / (1 + x)",), binding=FUNCTION, sample="positive",
       about="log(1 + x), right where x is tiny; -inf at -1, NaN below"),
    Op("expm1(x)", E, r"e^{{{x:F}}} - 1", np.expm1, partial=("bar * exp(x)",), binding=SUM, about="exp(x) - 1, right where x is tiny; -1 at -inf"),
    Op("log1mexp(x)", E, r"\log (1 - e^{{{x:F}}})", special_functions.log1mexp, partial=("bar * exp(x) / expm1(x)",), binding=FUNCTION, muls="0",
       sample="negative", about="log(1 - exp(x)) without cancellation; -inf at 0, NaN above",
       numpy="np.where({x:10} > -0.69, np.log(-np.expm1({x})), np.log1p(-np.exp({x})))"),
    Op("erf(x)", E, r"\mathrm{{erf}}({x})", special_functions.erf, partial=("bar * (1.1283791670955126 * exp(-x ** 2))",),
       about="2 / sqrt(pi) times the integral of exp(-t ** 2) from 0 to x; 1.128... is 2 / sqrt(pi)",
       numpy="erf({x})"),
    Op("erfc(x)", E, r"\mathrm{{erfc}}({x})", special_functions.erfc, partial=("-(bar * (1.1283791670955126 * exp(-x ** 2)))",),
       about="1 - erf(x), right where that cancels",
       numpy="erfc({x})"),
    Op("arctan(x)", E, r"\arctan({x})", np.arctan, partial=("bar / (1 + x ** 2)",)),
    Op("leaky_relu(x, slope)", EE, r"\mathrm{{LeakyReLU}}_{{{slope:F}}}({x})", lambda x, slope: np.where(x > 0, x, slope * x), muls="1",
       partial=("bar * (step(x) + slope * (1 - step(x)))", "bar * minimum(x, 0)"), sample="nonzero",
       about="leaky_relu(x, 0.01); the slope may be a parameter; the derivative at 0 is the slope",
       numpy="np.maximum({x}, 0) + {slope:20} * np.minimum({x}, 0)"),
    Op("elu(x)", E, r"\mathrm{{ELU}}({x})", lambda x: np.maximum(x, 0) + np.expm1(np.minimum(x, 0)), partial=("bar * exp(minimum(x, 0))",), sample="nonzero",
       about="x above 0, exp(x) - 1 below; nothing overflows; the derivative at 0 is 1",
       numpy="np.maximum({x}, 0) + np.expm1(np.minimum({x}, 0))"),
    Op("selu(x)", E, r"\mathrm{{SELU}}({x})", None, body="1.0507009873554805 * relu(x) + 1.7580993408473766 * expm1(minimum(x, 0))", sample="nonzero",
       about="1.0507 x above 0, 1.7581 (exp(x) - 1) below: the second is the derivative at 0"),
    Op("silu(x)", E, r"\mathrm{{SiLU}}({x})", None, body="x * sigmoid(x)", about="x times the gate sigmoid(x), also called swish; NaN at -inf"),
    Op("mish(x)", E, r"\mathrm{{Mish}}({x})", None, body="x * tanh(softplus(x))", about="NaN at -inf"),
    Op("gelu(x)", E, r"\mathrm{{GELU}}({x})", special_functions.gelu, partial=("bar * (erfc(-x / sqrt(2)) / 2 + 0.3989422804014327 * x * exp(-(x ** 2) / 2))",), muls="1",
       about="x times the chance that a standard normal number is below x: x (1 + erf(x / sqrt(2))) / 2, by erfc because that cancels; NaN at -inf",
       numpy="{x:20} * erfc(-{x:25} / math.sqrt(2)) / 2"),
    Op("gelu_tanh(x)", E, r"\mathrm{{GELU}}_{{\tanh}}({x})", None, body="x * sigmoid(1.5957691216057308 * (x + 0.044715 * x ** 3))",
       about="GELU as GPT-2 has it: x (1 + tanh(u)) / 2 with u = sqrt(2 / pi) (x + 0.044715 x ** 3), and (1 + tanh(u)) / 2 is sigmoid(2 u); NaN at -inf"),
    Op("softsign(x)", E, r"\mathrm{{softsign}}({x})", special_functions.softsign, partial=("bar / (1 + abs(x)) ** 2",), muls="1", sample="nonzero",
       about="x / (1 + |x|), 1 at inf; the derivative at 0 is 1",
       numpy="{x:20} / (1 + np.abs({x}))"),
    Op("hardtanh(x)", E, r"\mathrm{{hardtanh}}({x})", lambda x: np.minimum(np.maximum(x, -1), 1), partial=("bar * less(abs(x), 1)",), sample="indicator",
       about="x between -1 and 1; the derivative at -1 and at 1 is 0",
       numpy="np.clip({x}, -1, 1)"),
    Op("huber(r, delta)", EE, r"\mathrm{{Huber}}_{{{delta:F}}}({r})", special_functions.huber, muls="1",
       partial=("bar * minimum(maximum(-delta, r), delta)", "bar * relu(abs(r) - delta)"), sample="positive",
       about="r ** 2 / 2 up to delta, and beyond it the line that continues it; the second derivative at delta is 1",
       numpy="np.where(np.abs({r}) <= {delta:10}, {r:31} ** 2 / 2, {delta:20} * (np.abs({r}) - {delta:20} / 2))"),
    Op("hinge(m)", E, r"\mathrm{{hinge}}({m})", lambda m: np.maximum(0, 1 - m), partial=("-(bar * at_most(m, 1))",), sample="indicator",
       about="max(0, 1 - m) of a margin m; the derivative at 1 is -1, for at a tie all of a maximum's goes to the last, while PyTorch has 0",
       numpy="np.maximum(0, 1 - {m:11})"),
    # --- piecewise constant: the derivative is 0 ------------------------------------------------------------------------------
    Op("step(x)", E, r"\mathbb{{I}}[{x} > 0]", lambda x: (x > 0).astype(x.dtype), partial=("0",), sample="nonzero", about="0 at 0",
       numpy="np.where({x:10} > 0, 1.0, 0.0)"),
    Op("threshold(x)", E, r"\mathbb{{I}}[{x} \ge 0]", lambda x: (x >= 0).astype(x.dtype), partial=("0",), sample="nonzero", about="1 at 0",
       numpy="np.where({x:10} >= 0, 1.0, 0.0)"),
    Op("greater(a, b)", EE, r"\mathbb{{I}}[{a} > {b}]", lambda a, b: (a > b).astype(np.result_type(a, b)), partial=("0", "0"),
       text="{a:10} > {b:10}", text_binding=COMPARISON, sample="distinct", about="0 at a tie",
       numpy="np.where({a:10} > {b:10}, 1.0, 0.0)"),
    Op("at_least(a, b)", EE, r"\mathbb{{I}}[{a} \ge {b}]", lambda a, b: (a >= b).astype(np.result_type(a, b)), partial=("0", "0"),
       text="{a:10} >= {b:10}", text_binding=COMPARISON, sample="distinct", about="threshold(a - b) without the difference: nothing overflows, and infinity is at least infinity; 1 at a tie",
       numpy="np.where({a:10} >= {b:10}, 1.0, 0.0)"),
    Op("less(a, b)", EE, r"\mathbb{{I}}[{a} < {b}]", lambda a, b: (a < b).astype(np.result_type(a, b)), partial=("0", "0"),
       text="{a:10} < {b:10}", text_binding=COMPARISON, sample="distinct", about="1 where it holds, else 0; 0 at a tie, and with NaN",
       numpy="np.where({a:10} < {b:10}, 1.0, 0.0)"),
    Op("at_most(a, b)", EE, r"\mathbb{{I}}[{a} \le {b}]", lambda a, b: (a <= b).astype(np.result_type(a, b)), partial=("0", "0"),
       text="{a:10} <= {b:10}", text_binding=COMPARISON, sample="distinct", about="1 where it holds, else 0; 1 at a tie, 0 with NaN",
       numpy="np.where({a:10} <= {b:10}, 1.0, 0.0)"),
    Op("equal(a, b)", EE, r"\mathbb{{I}}[{a} = {b}]", lambda a, b: (a == b).astype(np.result_type(a, b)), partial=("0", "0"),
       text="{a:10} == {b:10}", text_binding=COMPARISON, sample="distinct", about="1 where it holds, else 0; NaN equals nothing",
       numpy="np.where({a:10} == {b:10}, 1.0, 0.0)"),
    Op("not_equal(a, b)", EE, r"\mathbb{{I}}[{a} \ne {b}]", lambda a, b: (a != b).astype(np.result_type(a, b)), partial=("0", "0"),
       text="{a:10} != {b:10}", text_binding=COMPARISON, sample="distinct", about="1 - (a == b)",
       numpy="np.where({a:10} != {b:10}, 1.0, 0.0)"),
    Op("select(s, x)", EE, r"\mathrm{{select}}({s}, {x})", kernels.select, partial=("0", "select(s, bar)"), sample="nonzero",
       about="x where s is not 0, else 0: what s * x is for s = 0 and 1, but right where x is infinite; s gets no derivative, as a comparison gives it",
       numpy="np.where({s:10} != 0, {x}, 0.0)"),
    Op("where(c, a, b)", "(),(),()->()", r"\mathrm{{where}}({c}, {a}, {b})", None, body="select(c, a) + select(equal(c, 0), b)", sample="nonzero",
       about="a where c is not 0, else b; whatever the branch not taken is, infinite or NaN, it changes neither value nor derivative"),
    Op("clip(x, low, high)", "(),(),()->()", r"\mathrm{{clip}}({x}, {low}, {high})", lambda x, low, high: np.minimum(np.maximum(low, x), high), sample="distinct",
       partial=("bar * at_least(x, low) * at_most(x, high)", "bar * less(x, low) * at_most(low, high)", "bar * greater(maximum(low, x), high)"),
       about="x between two bounds, which may be arrays; the derivative at a bound is 1; high where low is above it; NaN if any of them is",
       numpy="np.clip({x}, {low}, {high})"),
    Op("stop_gradient(x)", E, r"\mathrm{{sg}}({x})", lambda x: x, partial=("0",), about="x, as a constant: no derivative goes through it",
       numpy="{x}"),
    Op("sign(x)", E, r"\mathrm{{sign}}({x})", np.sign, partial=("0",), sample="nonzero", about="0 at 0"),
    Op("indicator(x)", E, r"\mathbb{{I}}[{x} \in [-1, 1]]", None, body="threshold(x + 1) * threshold(1 - x)", sample="indicator",
       about="1 at -1 and at 1"),
    # --- products -------------------------------------------------------------------------------------------------------------
    Op("transpose(A)", "(m,n)->(n,m)", r"\mathrm{{transpose}}_{{{axes}}}({A})", kernels.transpose, adjoint=("transpose(bar, inverse=axes)",), text="{A:40}.T",
       attrs="axes=None, inverse=None", shape="permuted", about="the last two axes change places, or all as told: the permutation `axes`",
       numpy="{A:40}.T | np.transpose({A}, {axes})"),
    Op("matvec(W, x)", "(m,n),(n)->(m)", r"{W:20} \, {x:20}", kernels.matvec, adjoint=("outer(bar, x)", "vecmat(bar, W)"), muls="m n",
       text="{W:20} @ {x:21}", binding=PRODUCT, text_binding=PRODUCT,
       numpy="{W:20} @ {x:21} | np.matvec({W}, {x})"),
    Op("vecmat(x, W)", "(m),(m,n)->(n)", r"{W:T} \, {x:20}", kernels.vecmat, adjoint=("matvec(W, bar)", "outer(x, bar)"), muls="m n",
       text="{x:20} @ {W:21}", binding=PRODUCT, text_binding=PRODUCT,
       numpy="{x:20} @ {W:21} | np.vecmat({x}, {W})"),
    Op("matmul(A, B)", "(m,k),(k,n)->(m,n)", r"{A:20} \, {B:20}", np.matmul,
       adjoint=("matmul(bar, transpose(B))", "matmul(transpose(A), bar)"), muls="m k n",
       text="{A:20} @ {B:21}", binding=PRODUCT, text_binding=PRODUCT),
    Op("outer(a, b)", "(m),(n)->(m,n)", r"{a:20} \, {b:T}", lambda a, b: a[..., :, None] * b[..., None, :],
       adjoint=("matvec(bar, b)", "vecmat(a, bar)"), muls="m n", binding=PRODUCT, about="on the last axes, looping over the rest; NumPy flattens both",
       numpy="np.outer({a}, {b}) | {a:40}[..., :, None] * {b:40}[..., None, :]"),
    Op("inner(a, b)", "(*),(*)->()", r"\langle {a}, {b} \rangle", kernels.inner, adjoint=("bar * b", "bar * a"), muls="*",
       numpy="np.vdot({a}, {b})"),
    Op("norm(x)", "(*)->()", r"\| {x} \|{at}", kernels.norm, vjp=("expand(bar, axis=axis, keepdims=keepdims) * xdivy(x, expand(y, axis=axis, keepdims=keepdims))",),
       jvp=("sum(xdivy(x, expand(y, axis=axis, keepdims=keepdims)) * dot, axis=axis, keepdims=keepdims)",), muls="*", sample="nonzero", attrs=REDUCES, shape="reduced",
       about="the Euclidean norm, of a matrix the Frobenius norm, without overflow midway; its derivative at 0 is 0, while that of sqrt is inf",
       numpy="np.sqrt(np.sum({x:31} ** 2{given}))"),
    Op("norm2(x)", "(*)->()", r"\| {x} \|^2{at}", reductions.norm2, vjp=("2 * expand(bar, axis=axis, keepdims=keepdims) * x",),
       jvp=("2 * sum(x * dot, axis=axis, keepdims=keepdims)",), muls="*", attrs=REDUCES, shape="reduced",
       about="the square of the Euclidean norm, of the Frobenius norm for a matrix",
       numpy="np.sum({x:31} ** 2{given})"),
    # --- sums -----------------------------------------------------------------------------------------------------------------
    Op("sum(x)", "(*)->()", r"\mathrm{{sum}}{at}({x})", kernels.total, adjoint=("fill(expand(bar, axis=axis, keepdims=keepdims), x)",),
       attrs=REDUCES, shape="reduced", about="the sum of nothing is 0",
       numpy="np.sum({x}{given})"),
    Op("mean(x)", "(*)->()", r"\mathrm{{mean}}{at}({x})", kernels.mean, muls="1", attrs=REDUCES, shape="reduced",
       adjoint=("fill(expand(bar / count(x, axis=axis, keepdims=keepdims), axis=axis, keepdims=keepdims), x)",), about="the mean of nothing is NaN",
       numpy="np.mean({x}{given})"),
    Op("expand(x)", "()->()", "{x}", kernels.expand, adjoint=("squeeze(bar, axis=axis)",), attrs="axis, keepdims=False", shape="expanded",
       about="with axes of one entry put in: `axis` are their places in the result",
       numpy="np.expand_dims({x}, {axis})"),
    Op("squeeze(x)", "()->()", "{x}", lambda x, axis: x.squeeze(axis), adjoint=("expand(bar, axis=axis)",), attrs="axis", shape="squeezed",
       about="without these axes, of one entry each",
       numpy="np.squeeze({x}, {axis})"),
    Op("fill(s, x)", EE, r"{s:20}\,\mathbf{{1}}", kernels.fill, partial=("bar", "0"), binding=PRODUCT, about="s spread over the shape of x",
       numpy="np.broadcast_to({s}, np.broadcast_shapes(np.shape({s}), np.shape({x})))"),
    Op("count(x)", "(*)->()", r"\#{at}{x:40}", kernels.count, partial=("0",), attrs=REDUCES, shape="reduced", about="how many entries x has, or has along these axes",
       numpy="np.sum(np.ones_like({x}){given})"),
    # --- reductions: of the whole value, or along axes ----------------------------------------------------------------------------
    Op("max(x)", "(*)->()", r"\max{at}({x})", reductions.largest, attrs=REDUCES, shape="reduced", sample="distinct",
       vjp=("select(is_max(x, axis=axis), expand(bar, axis=axis, keepdims=keepdims))",), jvp=("sum(select(is_max(x, axis=axis), dot), axis=axis, keepdims=keepdims)",),
       about="at a tie all of the derivative goes to the last, as with maximum(a, b); NaN if an entry is; nothing has no largest entry: refused",
       numpy="np.max({x}{given})"),
    Op("min(x)", "(*)->()", r"\min{at}({x})", reductions.smallest, attrs=REDUCES, shape="reduced", sample="distinct",
       vjp=("select(is_max(-x, axis=axis), expand(bar, axis=axis, keepdims=keepdims))",), jvp=("sum(select(is_max(-x, axis=axis), dot), axis=axis, keepdims=keepdims)",),
       about="at a tie all of the derivative goes to the last; NaN if an entry is; nothing has no smallest entry: refused",
       numpy="np.min({x}{given})"),
    Op("is_max(x)", "(n)->(n)", r"\mathbb{{I}}[{x} = \max{at}({x})]", reductions.is_max, partial=("0",), attrs="axis=-1", shape="same", sample="distinct",
       about="1 at the last of the largest entries, else 0: where the derivative of max goes",
       numpy="is_max({x}, axis={axis})"),
    Op("argmax(x)", "(*)->()", r"\mathrm{{argmax}}{at}({x})", reductions.argmax, partial=("0",), attrs=REDUCES, shape="reduced", sample="distinct",
       about="the place of the largest entry, counted from 0; at a tie the last, where the derivative of max goes, while NumPy has the first; "
       "of several axes, as if they were one; the place of a NaN, if there is one",
       numpy="argmax({x}{given})"),
    Op("argmin(x)", "(*)->()", r"\mathrm{{argmin}}{at}({x})", None, body="argmax(-x, axis=axis, keepdims=keepdims)", attrs=REDUCES, shape="reduced", sample="distinct",
       about="the place of the smallest entry, counted from 0; at a tie the last"),
    Op("prod(x)", "(*)->()", r"\mathrm{{prod}}{at}({x})", reductions.product, muls="*", attrs=REDUCES, shape="reduced",
       vjp=("expand(bar, axis=axis, keepdims=keepdims) * prod_others(x, axis=axis)",), jvp=("sum(prod_others(x, axis=axis) * dot, axis=axis, keepdims=keepdims)",),
       about="the product of nothing is 1; no derivative divides by an entry, so zeros do no harm",
       numpy="np.prod({x}{given})"),
    Op("prod_others(x)", "(n)->(n)", r"\mathrm{{others}}{at}({x})", reductions.product_of_others, muls="n", attrs="axis=-1", shape="same",
       vjp=(OTHERS.format("bar"),), jvp=(OTHERS.format("dot"),), about="for each entry the product of the others: the derivative of prod",
       numpy="prod_others({x}, axis={axis})"),
    Op("var(x)", "(*)->()", r"\mathrm{{var}}{at}({x})", reductions.variance, muls="*", attrs=REDUCES, shape="reduced",
       vjp=("2 * expand(bar / count(x, axis=axis, keepdims=keepdims), axis=axis, keepdims=keepdims) * (x - mean(x, axis=axis, keepdims=True))",),
       jvp=("2 * mean((x - mean(x, axis=axis, keepdims=True)) * dot, axis=axis, keepdims=keepdims)",),
       about="the mean of (x - mean(x)) ** 2: divided by n, as NumPy has it, in two passes, so that nothing cancels; of nothing it is NaN",
       numpy="np.var({x}{given})"),
    Op("std(x)", "(*)->()", r"\mathrm{{std}}{at}({x})", reductions.deviation, muls="*", attrs=REDUCES, shape="reduced",
       vjp=("expand(select(y, bar / (count(x, axis=axis, keepdims=keepdims) * y)), axis=axis, keepdims=keepdims) * (x - mean(x, axis=axis, keepdims=True))",),
       jvp=("select(y, mean((x - mean(x, axis=axis, keepdims=True)) * dot, axis=axis, keepdims=keepdims) / y)",),
       about="the root of var, without overflow midway; its derivative at 0, where all entries are equal, is 0; of nothing it is NaN",
       numpy="np.std({x}{given})"),
    Op("eye_like(x)", "(n)->(n,n)", r"\mathbf{{I}}", reductions.eye_like, partial=("0",), about="the identity matrix, as large as x is long",
       numpy="np.eye(len({x})) | np.broadcast_to(np.eye({x:40}.shape[-1]), (*{x:40}.shape, {x:40}.shape[-1]))"),
    Op("axes_last(x)", "(n)->(n)", "{x}", reductions.axes_last, adjoint=("axes_back(bar, x, axis=axis)",), attrs="axis=-1", shape="axes_last",
       about="x with these axes as one, the last",
       numpy="axes_last({x}, axis={axis})"),
    Op("axes_back(v, x)", "(n),(n)->(n)", "{v}", reductions.axes_back, adjoint=("axes_last(bar, axis=axis)", "0"), attrs="axis=-1", shape="axes_back", ranked=True,
       about="v with its last axis as these axes of x, in their places",
       numpy="axes_back({v}, {x}, axis={axis})"),
    # --- probabilities --------------------------------------------------------------------------------------------------------
    Op("softmax(x)", "(n)->(n)", r"\mathrm{{softmax}}{at}({x})", kernels.softmax, vjp=("y * (bar - sum(bar * y, axis=axis, keepdims=True))",),
       jvp=("y * (dot - sum(dot * y, axis=axis, keepdims=True))",), muls="*", attrs="axis=-1", shape="same", about="along the last axis; saturates to exactly 0 and 1; NaN if an entry is +inf or all are -inf",
       numpy="np.exp({x:10} - np.logaddexp.reduce({x}, axis={axis}, keepdims=True))"),
    Op("log_softmax(x)", "(n)->(n)", r"\log \mathrm{{softmax}}{at}({x})", kernels.log_softmax, attrs="axis=-1", shape="same",
       vjp=("bar - softmax(x, axis=axis) * sum(bar, axis=axis, keepdims=True)",), jvp=("dot - sum(softmax(x, axis=axis) * dot, axis=axis, keepdims=True)",),
       binding=FUNCTION, about="along the last axis; -inf only where the difference of two logits is beyond all numbers",
       numpy="{x:10} - np.logaddexp.reduce({x}, axis={axis}, keepdims=True)"),
    Op("logsumexp(x)", "(*)->()", r"\mathrm{{logsumexp}}{at}({x})", kernels.logsumexp, attrs=REDUCES, shape="reduced",
       vjp=("softmax(x, axis=axis) * expand(bar, axis=axis, keepdims=keepdims)",), jvp=("sum(softmax(x, axis=axis) * dot, axis=axis, keepdims=keepdims)",),
       about="log(sum(exp(x))) without overflow; -inf if all entries are",
       numpy="np.logaddexp.reduce({x}, axis={axis}, keepdims={keepdims})"),
    Op("weighted_logsumexp(w, x)", "(*),(*)->()", r"\log \langle {w}, \exp({x}) \rangle", kernels.weighted_logsumexp,
       vjp=("bar * exp(x - y)", "bar * select(w, w * exp(x - y))"), jvp=("sum(exp(x - y) * dot)", "sum(select(w, w * exp(x - y)) * dot)"), muls="*",
       binding=FUNCTION, sample="positive", about="log(sum(w * exp(x))) without overflow; weights may have any sign, NaN where the sum is negative",
       numpy="weighted_logsumexp({w}, {x})"),
    Op("logaddexp(a, b)", EE, r"\log (e^{{{a:F}}} + e^{{{b:F}}})", np.logaddexp, partial=("bar * sigmoid(a - b)", "bar * sigmoid(b - a)"), binding=FUNCTION,
       about="log(exp(a) + exp(b)) without overflow"),
    # --- entries --------------------------------------------------------------------------------------------------------------
    Op("pick(x, t)", "(n),()->()", r"{x:35}[{t}]", labelled.pick, adjoint=("scatter(bar, t, x, axis=axis)", "0"), text="{x:40}[{at}{t}]",
       attrs="axis=-1", shape="picked", about="entry t along an axis, counted from 0; a class label out of range is refused",
       numpy="{x:40}[{t}] | pick({x}, {t}, axis={axis})"),
    Op("scatter(s, t, x)", "(),(),(n)->(n)", r"{s:20}\,\mathbf{{e}}_{{{t}}}", labelled.scatter, adjoint=("pick(bar, t, axis=axis)", "0", "0"), binding=PRODUCT,
       attrs="axis=-1", shape="scattered", about="zeros of x's length, with s at entry t",
       numpy="scatter({s}, {t}, {x}, axis={axis})"),
    Op("take(x, t)", "(n),()->()", r"{x:35}[{t}]", labelled.take, adjoint=("untake(bar, t, x)", "0"), text="{x:40}[{t}]", shape="taken", ranked=True,
       about="the entries of the first axis that an array of labels names; one named twice is there twice",
       numpy="{x:40}[{t}]"),
    Op("untake(s, t, x)", "(n),(),(n)->(n)", r"\mathrm{{scatter}}({s}, {t})", labelled.untake, adjoint=("take(bar, t)", "0", "0"), shape="untaken", ranked=True,
       about="zeros of x's shape, to which s is added at the entries t of the first axis: an entry named twice gets the sum",
       numpy="untake({s}, {t}, {x})"),
    Op("retake(s, u, t)", "(n),(),()->(n)", r"\mathrm{{scatter}}({s}, {u})[{t}]", labelled.retake, adjoint=("retake(bar, t, u)", "0", "0"), shape="retaken", ranked=True,
       about="the entries t of untake(s, u), which is not formed: for each, the sum of all of s whose label in u is the one in t",
       numpy="retake({s}, {u}, {t})"),
    Op("slice(x)", "()->()", r"{x:35}[{index}]", kernels.cut, adjoint=("unslice(bar, x, index=index)",), text="{x:40}[{index}]", attrs="index", shape="sliced",
       about="a part of each axis, from one entry up to another",
       numpy="{x:40}[{index}]"),
    Op("unslice(s, x)", "(),()->()", r"\mathrm{{unslice}}({s})", kernels.uncut, adjoint=("slice(bar, index=index)", "0"), attrs="index", shape="like_last",
       about="zeros of x's shape, with s in a part of it",
       numpy="unslice({s}, {x}, np.s_[{index}])"),
    Op("reshape(x)", "()->()", r"\mathrm{{reshape}}_{{{shape}}}({x})", kernels.reshape, adjoint=("reshape_like(bar, x)",), attrs="shape", shape="reshaped", ranked=True, about="the same entries in another shape, the last axis first",
       numpy="np.reshape({x}, {shape})"),
    Op("reshape_like(v, x)", "(),()->()", r"\mathrm{{reshape}}_{{{shape}}}({v})", kernels.reshape_like, adjoint=("reshape_like(bar, v)", "0"), shape="like_last", ranked=True,
       about="v in the shape of x",
       numpy="np.reshape({v}, np.shape({x}))"),
    Op("stack(x...)", "()->(k)", r"({x})^{{\top}}{at}", kernels.stack, adjoint=("pick(bar, i, axis=axis)",), joint=True, attrs="axis=0", shape="stacked",
       about="scalars to a vector, values of any shape along a new axis",
       numpy="np.stack([{x}], axis={axis}) | np.stack(np.broadcast_arrays({x}), axis={axis})"),
    Op("concatenate(a, b)", "(m),(n)->(m+n)", r"[{a} ; {b}]{at}", kernels.concatenate, adjoint=("head(bar, a, axis=axis)", "tail(bar, b, axis=axis)"), joint=True,
       attrs="axis=0", shape="concatenated",
       numpy="np.concatenate([{a}, {b}], axis={axis})"),
    Op("head(v, x)", "(p),(n)->(n)", r"\mathrm{{head}}({v})", kernels.head, adjoint=("pad_end(bar, v, axis=axis)", "0"), attrs="axis=-1", shape="cut",
       sample="longer", about="the first entries of v along an axis, as many as x has",
       numpy="np.take({v}, range({x:40}.shape[{axis}]), axis={axis})"),
    Op("tail(v, x)", "(p),(n)->(n)", r"\mathrm{{tail}}({v})", kernels.tail, adjoint=("pad_start(bar, v, axis=axis)", "0"), attrs="axis=-1", shape="cut",
       sample="longer", about="the last entries of v along an axis, as many as x has",
       numpy="np.take({v}, range(-{x:40}.shape[{axis}], 0), axis={axis})"),
    Op("pad_end(v, x)", "(n),(p)->(p)", r"[{v} ; \mathbf{{0}}]", kernels.pad_end, adjoint=("head(bar, v, axis=axis)", "0"), attrs="axis=-1", shape="cut",
       sample="shorter", about="v, then zeros up to the length of x",
       numpy="pad_end({v}, {x}, axis={axis})"),
    Op("pad_start(v, x)", "(n),(p)->(p)", r"[\mathbf{{0}} ; {v}]", kernels.pad_start, adjoint=("tail(bar, v, axis=axis)", "0"), attrs="axis=-1", shape="cut",
       sample="shorter", about="zeros, then v, up to the length of x",
       numpy="pad_start({v}, {x}, axis={axis})"),
    # --- convolution and pooling ------------------------------------------------------------------------------------------------
    *_window_rows(1), *_window_rows(2),
    # --- the diagonal, triangles ------------------------------------------------------------------------------------------------
    Op("trace(A)", "(n,n)->()", r"\mathrm{{tr}}({A})", matrices.trace, adjoint=("scaled_eye(bar, A)",), about="on the last two axes, as all that is about matrices here",
       numpy="np.trace({A}) | np.trace({A}, axis1=-2, axis2=-1)"),
    Op("scaled_eye(s, A)", "(),(n,n)->(n,n)", r"{s:20} \, \mathbf{{I}}", matrices.scaled_eye, adjoint=("trace(bar)", "0"), binding=PRODUCT,
       about="zeros of A's shape, with s on the diagonal",
       numpy="np.where(np.eye({A:40}.shape[-1]) == 1, np.asarray({s})[..., None, None], np.zeros_like({A}))"),
    Op("diag_embed(v)", "(n)->(n,n)", r"\mathrm{{diag}}({v})", matrices.diag_embed, adjoint=("diag(bar)",), text="diag({v})",
       about="a vector on the diagonal of zeros: what diag is of a vector",
       numpy="np.diag({v}) | {v:40}[..., None] * np.eye({v:40}.shape[-1])"),
    Op("diag(A)", "(n,n)->(n)", r"\mathrm{{diag}}({A})", matrices.diagonal, adjoint=("diag_embed(bar)",),
       about="of a matrix its diagonal; diag of a vector is diag_embed",
       numpy="np.diag({A}) | np.diagonal({A}, axis1=-2, axis2=-1)"),
    Op("tril(A)", "(m,n)->(m,n)", r"\mathrm{{tril}}{at}({A})", np.tril, adjoint=("tril(bar, k=k)",), attrs="k=0",
       about="0 above the diagonal, or above that which is k further up; 0 whatever stood there, infinity too",
       numpy="np.tril({A}, k={k})"),
    Op("triu(A)", "(m,n)->(m,n)", r"\mathrm{{triu}}{at}({A})", np.triu, adjoint=("triu(bar, k=k)",), attrs="k=0",
       about="0 below the diagonal, or below that which is k further up; 0 whatever stood there, infinity too",
       numpy="np.triu({A}, k={k})"),
    # --- determinants and inverse matrices --------------------------------------------------------------------------------------
    Op("det(A)", "(n,n)->()", r"\det {A:30}", np.linalg.det, vjp=("expand(bar, axis=[-2, -1]) * cofactor(A)",), jvp=("sum(cofactor(A) * dot, axis=[-2, -1])",),
       muls="n n n", binding=FUNCTION, about="the first and second derivatives are right for singular matrices too; n^3 stands for what a factorisation takes",
       numpy="np.linalg.det({A})"),
    Op("cofactor(A)", "(n,n)->(n,n)", r"\mathrm{{cof}}({A})", matrices.cofactor, vjp=("cofactor_along(A, bar)",), jvp=("cofactor_along(A, dot)",), muls="n n n",
       about="the derivative of det(A), which is det(A) inv(A).T where there is an inverse matrix: the transpose of the adjugate",
       numpy="cofactor({A})"),
    Op("cofactor_along(A, V)", "(n,n),(n,n)->(n,n)", r"\mathrm{{cof}}'({A})[{V}]", matrices.cofactor_along, sample="regular", muls="n n n",
       vjp=(THIRD.replace("X", "bar"), "cofactor_along(A, bar)"), jvp=(THIRD.replace("X", "dot"), "cofactor_along(A, dot)"),
       about="the derivative of cofactor(A) along V, for singular matrices too; its own derivative in A is NaN for those",
       numpy="cofactor_along({A}, {V})"),
    Op("logdet(A)", "(n,n)->()", r"\log |\det {A:30}|", matrices.logdet, vjp=("expand(bar, axis=[-2, -1]) * transpose(inv(A))",),
       jvp=("sum(transpose(inv(A)) * dot, axis=[-2, -1])",), sample="regular", muls="n n n", binding=FUNCTION, about="log(abs(det(A))) without under- and overflow; -inf for a singular matrix, and its derivative NaN",
       numpy="np.linalg.slogdet({A})[1]"),
    Op("inv(A)", "(n,n)->(n,n)", "{A:I}", matrices.inv, vjp=("-matmul(matmul(transpose(y), bar), transpose(y))",), jvp=("-matmul(matmul(y, dot), y)",), sample="regular", muls="n n n", binding=POWER,
       about="NaN for a singular matrix, which NumPy refuses, and the others of a batch with it",
       numpy="np.linalg.inv({A})"),
    Op("solve(A, B)", "(n,n),(n,k)->(n,k)", r"{A:I} \, {B:20}", matrices.solve, sample="regular", muls="n n n + n n k", binding=PRODUCT,
       vjp=("-matmul(solve(transpose(A), bar), transpose(y))", "solve(transpose(A), bar)"), jvp=("-solve(A, matmul(dot, y))", "solve(A, dot)"),
       about="the columns of B one by one; NaN for a singular A",
       numpy="np.linalg.solve({A}, {B})"),
    Op("solve_vector(A, b)", "(n,n),(n)->(n)", r"{A:I} \, {b:20}", matrices.solve_vector, sample="regular", muls="n n n + n n", binding=PRODUCT, text="solve({A}, {b})",
       vjp=("-outer(solve_vector(transpose(A), bar), y)", "solve_vector(transpose(A), bar)"), jvp=("-solve_vector(A, matvec(dot, y))", "solve_vector(A, dot)"),
       about="what solve is where b is a vector; NaN for a singular A",
       numpy="np.linalg.solve({A}, {b}) | np.linalg.solve({A}, {b:40}[..., None])[..., 0]"),
    # --- made from sizes alone --------------------------------------------------------------------------------------------------
    Op("eye()", "->(n,n)", r"\mathbf{{I}}_{{{shape}}}", matrices.eye, attrs="shape", shape="given", about="the identity matrix; like a number, it has no derivative",
       numpy="np.eye({sizes})"),
    Op("ones()", "->()", r"\mathbf{{1}}_{{{shape}}}", np.ones, attrs="shape", shape="given",
       numpy="np.ones({shape})"),
    Op("zeros()", "->()", r"\mathbf{{0}}_{{{shape}}}", np.zeros, attrs="shape", shape="given",
       numpy="np.zeros({shape})"),
    Op("arange()", "->(n)", r"(0, \dots, {shape} - 1)^{{\top}}", matrices.arange, attrs="shape", shape="given", about="0, 1, 2, ..., n - 1",
       numpy="np.arange({sizes}, dtype=float)"),
    # --- sums over named axes ---------------------------------------------------------------------------------------------------
    Op("einsum(x...)", "()->()", "{x}", contractions.einsum, indexed=True, attrs="formula", shape="indexed", ranked=True, muls="formula", binding=SUM,
       about="the sum over all letters that the result has not; multiplications are those of the sum as it stands",
       numpy="np.einsum({formula}, {x})"),
    # --- over the batch: only a1viz itself writes these -------------------------------------------------------------------------
    Op("batch_sum(x)", E, r"\sum_n {x:20}", lambda x: x.sum(0), batch=True, binding=PRODUCT, about="the sum over the examples of a batch"),
    Op("batch_outer(a, b)", "(m),(n)->(m,n)", r"\sum_n {a:20} \, {b:T}", lambda a, b: a.T @ b, muls="m n", batch=True, binding=PRODUCT,
       about="the sum of the outer products of a batch, as one matrix product"),
    Op("batch_matmul(A, B)", "(m,k),(k,n)->(m,n)", r"\sum_n {A:20} \, {B:20}", kernels.batch_matmul, muls="m k n", batch=True, binding=PRODUCT,
       about="the sum of the matrix products of a batch, as one product of longer matrices"),
    Op("batch_untake(s, t, x)", "(n),(),(n)->(n)", r"\sum_n \mathrm{{scatter}}({s}, {t})", labelled.batch_untake, batch=True, shape="untaken", binding=PRODUCT,
       about="zeros of x's shape, to which the rows of all examples are added at their labels"),
    Op("batch_weighted(s, a)", "(),(n)->(n)", r"\sum_n {s:20} \, {a:20}", lambda s, a: s @ a, muls="n", batch=True, binding=PRODUCT,
       about="the sum of the vectors of a batch, each times its number, as one product"),
)
# fmt: on

OPS = {op.name: op for op in TABLE}
INFIX = {
    "+": "add", "-": "sub", "*": "mul", "/": "div", "**": "power",
    "<": "less", "<=": "at_most", ">": "greater", ">=": "at_least", "==": "equal", "!=": "not_equal",
}  # fmt: skip
BY_RANK = {  # words for two rows: the operand whose rank says which, and the rows for a vector and for more
    "diag": (0, ("diag_embed", "diag")), "solve": (1, ("solve_vector", "solve")),
}  # fmt: skip


def matmul_of(ranks: Sequence[int]) -> str:
    """What `@` is, by the ranks of its operands, 1 or more: NumPy's matmul."""
    return {(1, 1): "inner", (1, 2): "vecmat", (2, 1): "matvec", (2, 2): "matmul"}[min(ranks[0], 2), min(ranks[1], 2)]


def called(word: str, ranks: Sequence[int]) -> str:
    """The row that a call is, for operands of these ranks.

    >>> called("diag", [1]), called("diag", [2]), called("det", [2])
    ('diag_embed', 'diag', 'det')
    """
    place, rows = BY_RANK.get(word, (len(ranks), ()))
    return rows[ranks[place] > 1] if place < len(ranks) else word


LEAVES = ("input", "parameter", "label", "constant", "size")
