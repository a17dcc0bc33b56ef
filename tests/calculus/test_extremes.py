"""What is finite in 60-digit arithmetic is finite and right here: values, first and second derivatives, however extreme the input.

Expressions are drawn from the functions and losses of a course, with inputs up to 1e60, so that products of a few of them can be held.
The truth is computed by mpmath, as written, with its first two derivatives along a direction (a jet) and the size of the largest term
that was added to make each of them: what an error is measured against. Kinks, and what leaves the range of floating-point numbers on the
way, are left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import mpmath
import numpy as np
from conftest import examples
from hypothesis import assume, given
from hypothesis import strategies as st
from mpmath import mpf

import a1viz
from a1viz.calculus.autodiff import backward, derived_name, tangent
from a1viz.calculus.interpreter import grad, run, stable
from a1viz.calculus.rewriting import rewrite
from a1viz.graph.equations import parse
from a1viz.graph.nodes import Graph

DIGITS = 60
TOLERANCE = 1e-9  # of the largest term
LARGEST, SMALLEST = mpf("1e307"), mpf("1e-307")  # what a floating-point number can hold, with room
ZERO = mpf(0)


class NotPromisedError(Exception):
    """The expression has no value or no derivative there, or a value on the way is none of floating point's."""


@dataclass(frozen=True)
class Jet:
    """A value and its derivatives along a direction, and of each the size of the largest term it was made of."""

    v: mpf
    d: mpf = ZERO
    dd: mpf = ZERO
    v_size: mpf = ZERO
    d_size: mpf = ZERO
    dd_size: mpf = ZERO


def number(value: float) -> Jet:
    return Jet(mpf(value), v_size=abs(mpf(value)))


def total(jets: list[Jet]) -> Jet:
    """A sum; its largest term counts."""
    result = Jet(*(sum((getattr(j, part) for j in jets), ZERO) for part in ("v", "d", "dd")))
    sizes = (max((getattr(j, part) for j in jets), default=ZERO) for part in ("v_size", "d_size", "dd_size"))
    return Jet(result.v, result.d, result.dd, *sizes)


def neg(a: Jet) -> Jet:
    return Jet(-a.v, -a.d, -a.dd, a.v_size, a.d_size, a.dd_size)


def mul(a: Jet, b: Jet) -> Jet:
    def size(p: str, q: str) -> mpf:
        return getattr(a, p + "_size") * abs(getattr(b, q)) + abs(getattr(a, p)) * getattr(b, q + "_size")

    v, d, dd = a.v * b.v, a.d * b.v + a.v * b.d, a.dd * b.v + 2 * a.d * b.d + a.v * b.dd
    return Jet(v, d, dd, size("v", "v"), size("d", "v") + size("v", "d"), size("dd", "v") + 2 * size("d", "d") + size("v", "dd"))


def smooth(a: Jet, f: mpf, slopes: tuple[mpf, mpf, mpf], terms: mpf = ZERO) -> Jet:
    """f(a) from f and its first three derivatives; `terms` is the size of what its derivatives are made of, such as the 1 in 1 - y^2."""
    f1, f2, f3 = slopes
    around1, around2 = abs(f2) * a.v_size + terms + abs(f1), abs(f3) * a.v_size + terms + abs(f2)
    d_size = abs(f1) * a.d_size + around1 * abs(a.d)
    dd_size = around2 * a.d**2 + 2 * abs(f2 * a.d) * a.d_size + around1 * abs(a.dd) + abs(f1) * a.dd_size
    return Jet(f, f1 * a.d, f2 * a.d**2 + f1 * a.dd, max(abs(f), abs(f1) * a.v_size), d_size, dd_size)


def exp(a: Jet) -> Jet:
    if a.v_size > mpf("1e12") * max(1, abs(a.v)):
        raise NotPromisedError  # a difference of large numbers: its rounding decides the exponential
    e = mpmath.exp(a.v)
    return smooth(a, e, (e, e, e))


def log(a: Jet) -> Jet:
    if a.v <= 0:
        raise NotPromisedError
    return smooth(a, mpmath.log(a.v), (1 / a.v, -1 / a.v**2, 2 / a.v**3))


def power(a: Jet, exponent: mpf) -> Jet:
    n = exponent
    if a.v <= 0 and (n != int(n) or (a.v == 0 and n < 0)):
        raise NotPromisedError

    def falling(k: int) -> mpf:
        factor = mpmath.fprod(n - i for i in range(k))
        return factor * a.v ** (n - k) if factor else ZERO

    return smooth(a, a.v**n, (falling(1), falling(2), falling(3)))


def tanh(a: Jet) -> Jet:
    y = mpmath.tanh(a.v)
    slope = mpmath.sech(a.v) ** 2
    return smooth(a, y, (slope, -2 * y * slope, 4 * y**2 * slope - 2 * slope**2), mpf(1))


def sigmoid(a: Jet) -> Jet:
    y, q = 1 / (1 + mpmath.exp(-a.v)), 1 / (1 + mpmath.exp(a.v))
    s = y * q
    return smooth(a, y, (s, s * (q - y), s * ((q - y) ** 2 - 2 * s)), y)


def softplus(a: Jet) -> Jet:
    y, q = 1 / (1 + mpmath.exp(-a.v)), 1 / (1 + mpmath.exp(a.v))
    value = max(a.v, ZERO) + mpmath.log1p(mpmath.exp(-abs(a.v)))
    return smooth(a, value, (y, y * q, y * q * (q - y)), y)


def log1p(a: Jet) -> Jet:
    if a.v <= -1:
        raise NotPromisedError
    u = 1 + a.v
    return smooth(a, mpmath.log1p(a.v), (1 / u, -1 / u**2, 2 / u**3))


def expm1(a: Jet) -> Jet:
    return replace(exp(a), v=mpmath.expm1(a.v))


def log1mexp(a: Jet) -> Jet:
    if a.v >= 0:
        raise NotPromisedError
    s = mpmath.exp(a.v) / mpmath.expm1(a.v)
    return smooth(a, mpmath.log(-mpmath.expm1(a.v)), (s, s - s**2, (1 - 2 * s) * (s - s**2)))


def erf(a: Jet, sign: int = 1) -> Jet:
    """erf(a), or erfc(a) for the sign -1."""
    g, x = sign * 2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-(a.v**2)), a.v
    return smooth(a, mpmath.erf(x) if sign > 0 else mpmath.erfc(x), (g, -2 * x * g, (4 * x**2 - 2) * g))


def arctan(a: Jet) -> Jet:
    u = 1 + a.v**2
    return smooth(a, mpmath.atan(a.v), (1 / u, -2 * a.v / u**2, (6 * a.v**2 - 2) / u**3))


def times(factor: float | str, a: Jet) -> Jet:
    return mul(number(mpf(factor)), a)


def gelu_tanh(a: Jet) -> Jet:
    u = times("1.5957691216057308", total([a, times("0.044715", mul(a, mul(a, a)))]))
    return mul(a, sigmoid(u))


def huber(r: Jet, delta: Jet) -> Jet:
    size = ELEMENTWISE["abs"](r)
    return mul(delta, total([size, times(-0.5, delta)])) if above(total([size, neg(delta)])) else times(0.5, mul(r, r))


def above(a: Jet) -> bool:
    if (a.v == 0 and (a.d or a.dd)) or 0 < abs(a.v) <= max(mpf("1e-12") * a.v_size, SMALLEST):
        raise NotPromisedError  # a kink, or so near to one that rounding decides on which side
    return a.v > 0


def softmax(x: list[Jet]) -> list[Jet]:
    top = max(x, key=lambda j: j.v)
    e = [exp(total([j, Jet(-top.v, v_size=top.v_size)])) for j in x]
    return [mul(j, power(total(e), mpf(-1))) for j in e]


def norm2(x: list[Jet]) -> Jet:
    return total([mul(j, j) for j in x])


def log_of_weighted(w: list[Jet], x: list[Jet]) -> Jet:
    top = number(max(j.v for j in x))
    return total([top, log(total([mul(a, exp(total([j, neg(top)]))) for a, j in zip(w, x, strict=True)]))])


def largest(x: list[Jet]) -> Jet:
    top = max(x, key=lambda j: j.v)
    if sum(above(total([top, neg(j)])) for j in x if j is not top) < len(x) - 1:
        raise NotPromisedError  # a tie
    return top


def product(x: list[Jet]) -> Jet:
    result = number(1)
    for j in x:
        result = mul(result, j)
    return result


def variance(x: list[Jet]) -> Jet:
    mean = times(1 / mpf(len(x)), total(x))
    return times(1 / mpf(len(x)), norm2([total([j, neg(mean)]) for j in x]))


def elementwise(function, *operands):
    length = max((len(o) for o in operands if isinstance(o, list)), default=0)
    if not length:
        return function(*operands)
    return [function(*(o[k] if isinstance(o, list) else o for o in operands)) for k in range(length)]


ELEMENTWISE = {
    "identity": lambda a: a,
    "neg": neg,
    "add": lambda a, b: total([a, b]),
    "sub": lambda a, b: total([a, neg(b)]),
    "mul": mul,
    "div": lambda a, b: mul(a, power(b, mpf(-1))),
    "power": lambda a, b: power(a, b.v),
    "exp": exp,
    "log": log,
    "sqrt": lambda a: power(a, mpf(1) / 2),
    "abs": lambda a: a if above(a) else neg(a),
    "relu": lambda a: a if above(a) else number(0),
    "maximum": lambda a, b: a if above(total([a, neg(b)])) else b,
    "minimum": lambda a, b: b if above(total([a, neg(b)])) else a,
    "greater": lambda a, b: number(above(total([a, neg(b)]))),
    "at_most": lambda a, b: number(not above(total([a, neg(b)]))),
    "equal": lambda a, b: number(a.v == b.v),
    "select": lambda s, a: a if s.v else number(0),
    "log1p": log1p,
    "expm1": expm1,
    "log1mexp": log1mexp,
    "erf": erf,
    "erfc": lambda a: erf(a, -1),
    "arctan": arctan,
    "leaky_relu": lambda a, slope: a if above(a) else mul(slope, a),
    "elu": lambda a: a if above(a) else expm1(a),
    "selu": lambda a: times("1.0507009873554805", a) if above(a) else times("1.7580993408473766", expm1(a)),
    "silu": lambda a: mul(a, sigmoid(a)),
    "mish": lambda a: mul(a, tanh(softplus(a))),
    "gelu": lambda a: times(0.5, mul(a, erf(mul(a, number(-1 / mpmath.sqrt(2))), -1))),
    "gelu_tanh": gelu_tanh,
    "softsign": lambda a: mul(a, power(total([number(1), ELEMENTWISE["abs"](a)]), mpf(-1))),
    "hardtanh": lambda a: ELEMENTWISE["clip"](a, number(-1), number(1)),
    "clip": lambda a, low, high: ELEMENTWISE["minimum"](ELEMENTWISE["maximum"](a, low), high),
    "huber": huber,
    "hinge": lambda a: ELEMENTWISE["relu"](total([number(1), neg(a)])),
    "tanh": tanh,
    "sigmoid": sigmoid,
    "softplus": softplus,
    "logaddexp": lambda a, b: total([b, softplus(total([a, neg(b)]))]),
    "logistic_loss": lambda z, p: total([softplus(z), neg(mul(z, p))]),
    "xlogy": lambda a, b: mul(a, log(b)) if a.v else number(0),
    "fill": lambda a, b: a,
}
WHOLE = {
    "sum": lambda x: total(x),
    "mean": lambda x: mul(total(x), number(1 / mpf(len(x)))),
    "max": largest,
    "min": lambda x: neg(largest([neg(j) for j in x])),
    "prod": product,
    "var": variance,
    "std": lambda x: power(variance(x), mpf(1) / 2),
    "norm2": norm2,
    "norm": lambda x: power(norm2(x), mpf(1) / 2),
    "inner": lambda x, y: total([mul(a, b) for a, b in zip(x, y, strict=True)]),
    "softmax": softmax,
    "log_softmax": lambda x: [log(j) for j in softmax(x)],
    "logsumexp": lambda x: total([number(top := max(j.v for j in x)), log(total([exp(total([j, number(-top)])) for j in x]))]),
    "weighted_logsumexp": lambda w, x: log_of_weighted(w, x),
    "stack": lambda *x: list(x),
    "count": lambda x: number(len(x)),
    "pick": lambda x, t: x[int(t.v)],
}


def truth(graph: Graph, point: dict[str, np.ndarray], direction: dict[str, np.ndarray]) -> dict[str, Jet | list[Jet]]:
    """Every node's jet, as the graph is written."""
    found: dict = {}
    for node in graph.nodes:
        if node.op == "constant":
            found[node.name] = number(node.number)
        elif node.is_leaf:
            value, along = point[node.name], direction.get(node.name, np.zeros(np.shape(point[node.name])))
            jets = [
                Jet(mpf(float(v)), mpf(float(d)), ZERO, abs(mpf(float(v))), abs(mpf(float(d))))
                for v, d in zip(np.ravel(value), np.ravel(along), strict=True)
            ]
            found[node.name] = jets if np.shape(value) else jets[0]
        else:
            operands = [found[name] for name in node.inputs]
            found[node.name] = elementwise(ELEMENTWISE[node.op], *operands) if node.op in ELEMENTWISE else WHOLE[node.op](*operands)
    return found


def is_held(value: mpf) -> bool:
    return value == 0 or SMALLEST < abs(value) < LARGEST


def leaves_the_range(graph: Graph, found: dict[str, Jet | list[Jet]]) -> bool:
    """Whether a value on the way overflows, or a product of values that are there is none of floating point's."""
    for node in graph.nodes:
        sizes = [abs(j.v) for j in flat(found[node.name])]
        operands = [abs(j.v) for name in node.inputs for j in flat(found[name])]
        is_product = node.op in ("mul", "power", "inner", "norm2", "div") and all(v == 0 or v > mpf("5e-324") for v in operands)
        if node.op in ("norm", "std") and all(v < SMALLEST for v in operands):
            return True  # rounded to 0, where it has a kink
        if node.op == "prod" and any(not is_held(a * b) for a in operands for b in operands):
            return True
        if any(v > LARGEST or (is_product and 0 < v < SMALLEST) for v in sizes):
            return True
    return False


def flat(jets: Jet | list[Jet]) -> list[Jet]:
    return jets if isinstance(jets, list) else [jets]


def agrees(got: float, want: mpf, size: mpf) -> bool:
    return bool(np.isfinite(got)) and abs(mpf(float(got)) - want) <= TOLERANCE * max(size, abs(want)) + mpf("1e-290")


SHAPES = {"x": [3], "y": [3], "s": [], "r": [], "t": {"class": 3}}


def faults(text: str, point: dict[str, np.ndarray]) -> list[str]:
    """Where values and derivatives of the graph's output are not the truth; raises NotPromisedError where none is promised."""
    used = {name: shape for name, shape in SHAPES.items() if re.search(rf"\b{name}\b", text)}
    graph = parse(text, **used)
    point = {name: value for name, value in point.items() if name in used}
    output = graph.outputs[0]
    names = [name for name in used if name != "t"]
    first = backward(graph, names)
    pushing = rewrite(tangent(first, names))
    gradients = grad(graph, names, **point)
    plan = a1viz.compile(graph, wrt=names)(**point)
    found = []
    rng = np.random.default_rng(3)
    mixed = [{name: rng.choice([-1.0, 1.0, 0.5], np.shape(point[name])) for name in names} for _ in range(2)]
    units = [{name: np.eye(np.size(point[name]))[k].reshape(np.shape(point[name]))} for name in names for k in range(np.size(point[name]))]
    for is_unit, direction in [*((True, d) for d in units), *((False, d) for d in mixed)]:
        jet = truth(graph, point, direction)[output]
        steps = truth(stable(graph), point, direction)  # of the operators that are there in the end: 1 - y, where y is a sigmoid
        if leaves_the_range(stable(graph), steps):
            raise NotPromisedError
        made = steps[output]
        assert isinstance(jet, Jet) and isinstance(made, Jet)
        jet = replace(jet, **{part: max(getattr(jet, part), getattr(made, part)) for part in ("v_size", "d_size", "dd_size")})
        full = {name: direction.get(name, np.zeros(np.shape(point[name]))) for name in names}
        if is_held(jet.v):
            found += [
                f"value {v} for {mpmath.nstr(jet.v)}" for v in (gradients[output], plan[output]) if not agrees(float(v), jet.v, jet.v_size)
            ]
        if is_held(jet.d) and jet.d_size < LARGEST and is_unit:
            (name,) = direction
            k = int(np.argmax(direction[name])) if np.shape(point[name]) else 0
            bar = derived_name(graph, name, "bar")
            for source in (gradients, plan):
                got = float(np.ravel(source[bar])[k])
                if not agrees(got, jet.d, jet.d_size):
                    found.append(f"{bar}[{k}] = {got}, not {mpmath.nstr(jet.d, 17)} (terms up to {mpmath.nstr(jet.d_size, 3)})")
        if is_held(jet.dd) and jet.dd_size < LARGEST:
            pushed = run(pushing, **point, **{derived_name(first, n, "dot"): v for n, v in full.items()})
            with np.errstate(all="ignore"):
                got = float(
                    sum(
                        np.sum(np.where(full[n] == 0, 0, full[n] * pushed[derived_name(first, b, "dot")]))
                        for n, b in zip(names, first.outputs, strict=True)
                    )
                )
            if not agrees(got, jet.dd, jet.dd_size):
                found.append(
                    f"second derivative along {direction}: {got}, not {mpmath.nstr(jet.dd, 17)} (terms up to {mpmath.nstr(jet.dd_size, 3)})"
                )
    return list(dict.fromkeys(found))


# --- drawn ------------------------------------------------------------------------------------------------------------------------

VALUES = st.sampled_from([0.0, 1e-60, 1e-8, 0.3, 0.5, 1.0, 2.5, 20.0, 36.0, 40.0, 300.0, 709.0, 746.0, 800.0, 1000.0, 1e5, 1e30, 1e60])
SIGNED = st.builds(lambda value, sign: sign * value, VALUES, st.sampled_from([1.0, -1.0]))
ORDINARY = st.floats(-3, 3).map(lambda v: round(v, 3))
ENTRIES = st.one_of(ORDINARY, SIGNED)
POINTS = st.fixed_dictionaries(
    {
        "x": st.lists(ENTRIES, min_size=3, max_size=3).map(np.array),
        "y": st.lists(ENTRIES, min_size=3, max_size=3).map(np.array),
        "s": ENTRIES.map(np.array),
        "r": ENTRIES.map(np.array),
        "t": st.integers(0, 2).map(np.array),
    }
)


def filled(templates: str, **parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """One of the templates, between semicolons, its capital letters drawn; the same letter is the same text."""
    drawn = st.fixed_dictionaries({letter: part.map(lambda text: f"({text})") for letter, part in parts.items()})
    fill = lambda template, found: template.strip().translate(str.maketrans(found))  # noqa: E731
    return st.builds(fill, st.sampled_from(templates.split(";")), drawn)


X, SHIFT, TARGET = st.sampled_from(["x", "y"]), st.sampled_from(["s", "r", "2"]), st.sampled_from(["0", "1", "0.3"])
LOGITS = filled("V; S * V; V + U; V - U; V - S", V=X, U=X, S=SHIFT)
SCALARS = filled("S; S * R; S + R; S - R; S * R + 1", S=st.sampled_from(["s", "x[0]"]), R=st.sampled_from(["r", "y[1]", "0.5"]))
SHARES = filled("softmax(V); exp(V) / sum(exp(V))", V=LOGITS)
GATES = filled("sigmoid(V); 1 / (1 + exp(-V)); tanh(V)", V=LOGITS)
CHANCES = filled("sigmoid(S); 1 / (1 + exp(-S)); exp(S) / (1 + exp(S)); 1 / (1 + exp(S))", S=SCALARS)
BENT = filled("relu(V); abs(V); V * U; V ** 2; exp(-V ** 2); exp(-abs(V))", V=LOGITS, U=GATES)
UNITS = filled(
    "silu(V); mish(V); gelu(V); gelu_tanh(V); elu(V); selu(V); leaky_relu(V, 0.01); softsign(V); hardtanh(V); huber(V, 1); hinge(V);"
    "arctan(V); erf(V); clip(V, -2, 3)",
    V=LOGITS,
)
VECTORS = st.one_of(LOGITS, SHARES, GATES, BENT, UNITS)
LOSSES = st.one_of(
    filled(
        "-log(P[t]); -sum(P * log(P)); -sum(Q * log(P)); sum(P * log(P / Q)); sum(P * V); sum(P ** 2)",
        P=SHARES, Q=SHARES, V=VECTORS,
    ),
    filled(
        "log(sum(exp(V))); logsumexp(V); log(mean(exp(V))); log(sum(P * exp(V))); log(sum(exp(V))) - V[t]; log(sum(exp(V - U) / 2));"
        "log(1 + sum(exp(V))); log(prod(P)); log(sum(exp(V - max(V)))) + max(V)",
        V=LOGITS, U=X, P=SHARES,
    ),
    filled(
        "sum(V); mean(V); norm2(V); norm(V); sqrt(norm2(V)); sqrt(sum(V ** 2)); sqrt(mean(V ** 2)); sqrt(norm2(V) / 3); V @ U;"
        "max(V); min(V); max(V) - min(V); prod(V); var(V); std(V); sqrt(var(V)); mean(V ** 2) - mean(V) ** 2",
        V=VECTORS, U=VECTORS,
    ),
    filled(
        "relu(S) - S * T + softplus(-abs(S)); log(1 + exp(S)) - S * T; -log(C); -log(1 - C); -(T * log(C) + (1 - T) * log(1 - C)); C * R;"
        "C / (1 + C); softplus(S); exp(S) * exp(R); exp(S) / exp(R); log(exp(S) + exp(R)); log(2 * exp(S) + 3 * exp(R)); log(2 + exp(S));"
        "(exp(S) - exp(-S)) / (exp(S) + exp(-S)); exp(S) ** 2; 3 / exp(S); sqrt(exp(S)); sqrt(S ** 2 + R ** 2);"
        "log(1 + S ** 2); log1p(S); exp(S) - 1; 1 - exp(S); log(1 - exp(-S ** 2)); log(1 - exp(S)); 1 - erf(S); 1 + erf(S); erfc(S);"
        "arctan(S); gelu(S); silu(S); mish(S); elu(S); hinge(T * S); huber(S - R, 1)",
        S=SCALARS, C=CHANCES, T=TARGET, R=SCALARS,
    ),
)  # fmt: skip
COMPOUNDS = "L + K; L - K; L * K; tanh(L); sigmoid(L); exp(-L); L ** 2; L ** 3; L / (1 + K ** 2); log(1 + exp(L)); softplus(-L)"
EXPRESSIONS = st.one_of(LOSSES, filled(COMPOUNDS, L=LOSSES, K=LOSSES))


@examples(150)
@given(text=EXPRESSIONS, point=POINTS)
def test_what_is_finite_in_sixty_digits_is_finite_and_right_here(text, point):
    with mpmath.workdps(DIGITS):
        try:
            found = faults(f"J = {text}", point)
        except (NotPromisedError, OverflowError):  # the latter from an exponential of an exponential
            assume(False)
    assert not found, f"J = {text} at { {name: value.tolist() for name, value in point.items()} }: " + "; ".join(found)
