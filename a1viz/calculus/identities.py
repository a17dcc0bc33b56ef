"""Identities: the tricks of the assignment, one row each.

A row says that a pattern and its replacement are equal; `rewriting` applies it. Variables of a pattern stand for any node, and stand for
the same node wherever they occur. Serves questions 2.2.2 and 2.3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..graph.nodes import Builder
from .conditions import is_positive
from .matching import Identity
from .products import PRODUCTS

ALONG = "axis=axis, keepdims=keepdims"


def _same_shape(*names: str) -> Callable[[Builder, Mapping[str, str]], bool]:
    return lambda builder, found: len({builder.shape(found[n]) for n in names}) == 1


def _rank(rank: int, *names: str) -> Callable[[Builder, Mapping[str, str]], bool]:
    return lambda builder, found: all(len(builder.shape(found[n])) == rank for n in names)


def _all(*conditions: Callable[[Builder, Mapping[str, str]], bool]) -> Callable[[Builder, Mapping[str, str]], bool]:
    return lambda builder, found: all(condition(builder, found) for condition in conditions)


def _positive(*names: str) -> Callable[[Builder, Mapping[str, str]], bool]:
    """Whether one of `names` is positive whatever it is computed from, and may round to 0."""
    return lambda builder, found: any(is_positive(builder, found[n]) for n in names)


def _uncertain(name: str) -> Callable[[Builder, Mapping[str, str]], bool]:
    """Whether a value may be 0 by what it is computed from; the log of one that is not, such as a softmax, has identities of its own."""
    return lambda builder, found: not is_positive(builder, found[name])


def _not_of_products(builder: Builder, found: Mapping[str, str]) -> bool:
    """Whether a and b are not both products of matrices, of which an inner product would be taken apart again."""
    return not all(builder.nodes[found[n]].op == "matmul" for n in "ab")


def _number_beside_more(builder: Builder, found: Mapping[str, Any]) -> bool:
    """Whether s is a number and a has as many axes as it is given."""
    return not builder.shape(found["s"]) and len(builder.shape(found["a"])) >= len(found["k"])


# fmt: off
IDENTITIES = (
    # stable: the same value where the left side is finite, and the right value where it overflows or cancels
    Identity("log-softmax", "log(softmax(x, axis=axis))", "log_softmax(x, axis=axis)", "stable",
             "the log of a softmax that underflowed to 0 is still finite"),
    Identity("log-softmax entry", "log(pick(softmax(x, axis=axis), t, axis=k))", "pick(log_softmax(x, axis=axis), t, axis=k)", "stable"),
    Identity("softmax after log", "y * (b / y - sum(b / y * y, axis=axis, keepdims=True))",
             "b - y * sum(b, axis=axis, keepdims=True)", "stable",
             "y cancels: no division by an underflowed 0", _same_shape("b", "y")),
    Identity("softmax after log entry", "y * (scatter(s / y[t], t, z) - sum(scatter(s / y[t], t, z) * y, axis=-1, keepdims=True))",
             "scatter(s, t, z) - y * s", "stable", "", _all(_same_shape("y", "z"), _rank(1, "y"), _rank(0, "s"))),
    Identity("error minus share", "scatter(s, t, x) - y * sum(scatter(s, t, x), axis=-1, keepdims=True)",
             "s * (scatter(1, t, x) - y)", "stable", "the famous y' - e_t", _rank(0, "s")),
    Identity("error minus share, unsummed", "scatter(s, t, x) - y * s", "s * (scatter(1, t, x) - y)", "stable", "", _rank(0, "s")),
    Identity("divided scatter", "scatter(s, t, x) / v", "scatter(s / v[t], t, x)", "stable",
             "zeros stay 0 where v is 0", _same_shape("x", "v")),
    Identity("cross-entropy of a sigmoid", "-(t * log(sigmoid(z)) + (1 - t) * log(1 - sigmoid(z)))", "logistic_loss(z, t)", "stable",
             "from the logit: the loss of a sigmoid that rounds to 0 or 1 is still finite"),
    Identity("log-sigmoid", "log(sigmoid(z))", "-softplus(-z)", "stable"),
    Identity("log of one minus a sigmoid", "log(1 - sigmoid(z))", "-softplus(z)", "stable", "1 - sigmoid(z) = sigmoid(-z)"),
    Identity("sigmoid after both logs", "(a / y + -(b / (1 - y))) * y * (1 - y)", "a * (1 - y) - b * y", "stable",
             "no division by a sigmoid that rounded to 0 or 1", _same_shape("a", "b", "y")),
    Identity("sigmoid after log", "a / y * y * (1 - y)", "a * (1 - y)", "stable", "", _same_shape("a", "y")),
    Identity("sigmoid after the other log", "-(b / (1 - y)) * y * (1 - y)", "-(b * y)", "stable", "", _same_shape("b", "y")),
    Identity("error of a sigmoid", "s * t * (1 - y) - s * (1 - t) * y", "s * (t - y)", "stable", "the famous y' - t, for s = -1"),
    Identity("threshold of a difference", "threshold(a - b)", "at_least(a, b)", "stable",
             "a comparison neither overflows nor meets inf - inf"),
    # norms: finite where the square is not, and with a derivative at 0
    Identity("root of a squared norm", f"sqrt(norm2(x, {ALONG}))", f"norm(x, {ALONG})",
             "stable", "the derivative of the norm at 0 is 0, not 0 times infinity"),
    Identity("root of a sum of squares", f"sqrt(sum(x ** 2, {ALONG}))", f"norm(x, {ALONG})", "stable"),
    Identity("root of a sum of products", f"sqrt(sum(x * x, {ALONG}))", f"norm(x, {ALONG})", "stable"),
    Identity("root of an inner product", "sqrt(inner(x, x))", "norm(x)", "stable"),
    Identity("root of a divided norm", f"sqrt(norm2(x, {ALONG}) / c)", f"norm(x, {ALONG}) / sqrt(c)", "stable", "", _positive("c")),
    Identity("root of a divided sum of squares", f"sqrt(sum(x ** 2, {ALONG}) / c)", f"norm(x, {ALONG}) / sqrt(c)",
             "stable", "", _positive("c")),
    Identity("root of a divided sum of products", f"sqrt(sum(x * x, {ALONG}) / c)", f"norm(x, {ALONG}) / sqrt(c)",
             "stable", "", _positive("c")),
    Identity("root of a divided inner product", "sqrt(inner(x, x) / c)", "norm(x) / sqrt(c)", "stable", "", _positive("c")),
    Identity("root of a mean square", f"sqrt(mean(x ** 2, {ALONG}))", f"norm(x, {ALONG}) / sqrt(count(x, {ALONG}))", "stable"),
    Identity("root of a mean product", f"sqrt(mean(x * x, {ALONG}))", f"norm(x, {ALONG}) / sqrt(count(x, {ALONG}))", "stable"),
    Identity("root of a variance", f"sqrt(var(x, {ALONG}))", f"std(x, {ALONG})", "stable",
             "the derivative of std at 0 is 0, not 0 times infinity"),
    Identity("square of a standard deviation", f"std(x, {ALONG}) ** 2", f"var(x, {ALONG})", "stable", "without the kink at 0"),
    Identity("variance by moments", f"mean(x ** 2, {ALONG}) - mean(x, {ALONG}) ** 2", f"var(x, {ALONG})", "stable",
             "two large numbers cancel where the mean is far from 0"),
    Identity("variance by a mean product", f"mean(x * x, {ALONG}) - mean(x, {ALONG}) ** 2", f"var(x, {ALONG})", "stable"),
    Identity("root of three squares", "sqrt(a ** 2 + b ** 2 + c ** 2)", "norm(stack(a, b, c))", "stable", "", _rank(0, "a", "b", "c")),
    Identity("root of two squares", "sqrt(a ** 2 + b ** 2)", "norm(stack(a, b))", "stable", "", _rank(0, "a", "b")),
    Identity("root of a square", "sqrt(a ** 2)", "abs(a)", "stable"),
    Identity("square of a norm", f"norm(x, {ALONG}) ** 2", f"norm2(x, {ALONG})", "stable", "without the kink at 0"),
    Identity("norm times itself", f"norm(x, {ALONG}) * norm(x, {ALONG})", f"norm2(x, {ALONG})", "stable"),
    # exponentials that overflow or underflow although what is made of them does not
    Identity("product of exponentials", "exp(a) * exp(b)", "exp(a + b)", "stable"),
    Identity("another product of exponentials", "c * exp(a) * exp(b)", "c * exp(a + b)", "stable"),
    Identity("quotient of exponentials", "exp(a) / exp(b)", "exp(a - b)", "stable"),
    Identity("power of an exponential", "exp(a) ** c", "exp(c * a)", "stable"),
    Identity("root of an exponential", "sqrt(exp(a))", "exp(a / 2)", "stable"),
    Identity("softmax by hand", "exp(x) / sum(exp(x))", "softmax(x)", "stable", "", _rank(1, "x")),
    Identity("softmax entry by hand", "exp(pick(x, t, axis=k)) / sum(exp(x), axis=k)", "pick(softmax(x, axis=k), t, axis=k)", "stable"),
    Identity("entry of exponentials by hand", "pick(exp(x), t, axis=k) / sum(exp(x), axis=k)",
             "pick(softmax(x, axis=k), t, axis=k)", "stable"),
    Identity("softmax of a whole matrix by hand", "exp(x) / sum(exp(x))", "softmax(x, axis=None)", "stable"),
    Identity("softmax along an axis by hand", "exp(x) / sum(exp(x), axis=axis, keepdims=True)", "softmax(x, axis=axis)", "stable"),
    Identity("hyperbolic tangent by hand", "(exp(x) - exp(-x)) / (exp(x) + exp(-x))", "tanh(x)", "stable"),
    Identity("hyperbolic tangent by one exponential", "(exp(a) - 1) / (exp(a) + 1)", "tanh(a / 2)", "stable"),
    Identity("hyperbolic tangent by another exponential", "(1 - exp(a)) / (1 + exp(a))", "-tanh(a / 2)", "stable"),
    Identity("sigmoid by hand", "1 / (1 + exp(-x))", "sigmoid(x)", "stable"),
    Identity("multiple of a sigmoid by hand", "c / (1 + exp(-x))", "c * sigmoid(x)", "stable"),
    Identity("sigmoid as a share", "exp(x) / (1 + exp(x))", "sigmoid(x)", "stable"),
    Identity("sigmoid of a negative by hand", "c / (1 + exp(x))", "c * sigmoid(-x)", "stable"),
    Identity("softplus by hand", "log(1 + exp(z))", "softplus(z)", "stable"),
    Identity("log of one less an exponential", "log(1 - exp(x))", "log1mexp(x)", "stable"),
    Identity("log of a sum of three exponentials", "log(exp(a) + exp(b) + exp(c))", "logaddexp(logaddexp(a, b), c)", "stable"),
    Identity("log of a sum of two exponentials", "log(exp(a) + exp(b))", "logaddexp(a, b)", "stable"),
    Identity("log of a number and a weighted exponential", "log(c + w * exp(a))", "weighted_logsumexp(stack(c, w), stack(0, a))", "stable",
             "", _rank(0, "c", "w", "a")),
    Identity("log of an exponential less a number", "log(exp(a) - c)", "weighted_logsumexp(stack(1, -c), stack(a, 0))", "stable", "",
             _rank(0, "a", "c")),
    Identity("log of two densities", "log(u * (exp(a) / c) + w * (exp(b) / d))", "weighted_logsumexp(stack(u / c, w / d), stack(a, b))",
             "stable", "", _rank(0, "u", "w", "a", "b", "c", "d")),
    Identity("log of a number and an exponential", "log(c + exp(a))", "logaddexp(log(c), a)", "stable", "", _positive("c")),
    Identity("log of two weighted exponentials", "log(u * exp(a) + w * exp(b))", "weighted_logsumexp(stack(u, w), stack(a, b))", "stable",
             "", _rank(0, "u", "w", "a", "b")),
    Identity("log-sum-exp", f"log(sum(exp(x), {ALONG}))", f"logsumexp(x, {ALONG})", "stable",
             "the largest exponential leaves the sum"),
    Identity("log of a mean of exponentials", f"log(mean(exp(x), {ALONG}))",
             f"logsumexp(x, {ALONG}) - log(count(x, {ALONG}))", "stable"),
    Identity("log of a mixture", f"log(sum(softmax(z, axis=axis) * exp(x), {ALONG}))",
             f"logsumexp(log_softmax(z, axis=axis) + x, {ALONG})", "stable", "weights that round to 0 still count"),
    Identity("log of weighted exponentials", "log(sum(w * exp(x)))", "weighted_logsumexp(fill(w, x), fill(x, w))", "stable",
             "a mixture of densities"),
    Identity("log of divided exponentials", "log(sum(exp(x) / c))", "weighted_logsumexp(fill(1 / c, x), fill(x, c))", "stable"),
    Identity("log of densities", "log(sum(w * exp(x) / c))", "weighted_logsumexp(fill(w / c, x), fill(x, w / c))", "stable"),
    Identity("log of weighted densities", "log(sum(w * (exp(x) / c)))", "weighted_logsumexp(fill(w / c, x), fill(x, w / c))", "stable"),
    Identity("log of an inner product with a softmax", "log(inner(softmax(z), exp(x)))", "logsumexp(log_softmax(z) + x)", "stable", "",
             _rank(1, "x", "z")),
    Identity("log of an inner product with densities", "log(inner(w, exp(x) / c))", "weighted_logsumexp(fill(w / c, x), fill(x, w / c))",
             "stable"),
    Identity("log of an inner product with exponentials", "log(inner(w, exp(x)))", "weighted_logsumexp(w, x)", "stable"),
    Identity("log of a product", "log(a * b)", "log(a) + log(b)", "stable", "one of them is positive and may round to 0", _positive("a")),
    Identity("log of a quotient", "log(a / b)", "log(a) - log(b)", "stable", "one of them is positive and may round to 0",
             _positive("a", "b")),
    Identity("log of a product of entries", f"log(prod(a, {ALONG}))", f"sum(log(a), {ALONG})", "stable",
             "a likelihood: each factor is positive, and the product of many rounds to 0", _positive("a")),
    Identity("log of exp", "log(exp(x))", "x", "stable"),
    Identity("log of a power", "log(a ** c)", "c * log(a)", "stable", "a is positive and may round to 0", _positive("a")),
    Identity("log of a square", "log(a ** 2)", "2 * log(abs(a))", "stable", "a square under- and overflows first"),
    Identity("log of a determinant", "log(abs(det(A)))", "logdet(A)", "stable", "a determinant under- and overflows soon"),
    Identity("divided by an exponential", "c / exp(a)", "c * exp(-a)", "stable"),
    Identity("x log x", "a * log(a)", "xlogy(a, a)", "stable", "0 log 0 is 0", _uncertain("a")),
    # differences that cancel; after the rows above, which look for logs and quotients of such sums
    Identity("log of one and a number", "log(1 + x)", "log1p(x)", "stable", "x may be too small for the sum to show it"),
    Identity("softplus by log1p", "log1p(exp(x))", "softplus(x)", "stable"),
    Identity("log-sum-exp with a one", f"log1p(sum(exp(x), {ALONG}))", f"softplus(logsumexp(x, {ALONG}))", "stable"),
    Identity("log of one less an exponential, by log1p", "log1p(-exp(x))", "log1mexp(x)", "stable"),
    Identity("exponential less one", "exp(x) - 1", "expm1(x)", "stable"),
    Identity("one less an exponential", "1 - exp(x)", "-expm1(x)", "stable"),
    Identity("complement of the error function", "1 - erf(x)", "erfc(x)", "stable"),
    Identity("complement of the error function, turned", "1 + erf(x)", "erfc(-x)", "stable"),
    # the cross-entropy as books write it, with the derivative it has at z = 0, where ReLU and abs have none
    Identity("softplus in two parts", "relu(z) + softplus(-abs(z))", "softplus(z)", "stable", "both have a kink at 0 that the sum has not"),
    Identity("softplus in two parts, with max", "maximum(0, z) + softplus(-abs(z))", "softplus(z)", "stable"),
    Identity("softplus in two parts, with max of z", "maximum(z, 0) + softplus(-abs(z))", "softplus(z)", "stable"),
    # range: for values alone, not for readers. A gate that is shut: its derivative, 0, comes before factors whose product overflows
    Identity("derivative of a gate", "a * b * sigmoid(z) * (1 - sigmoid(z))", "a * (b * (sigmoid(z) * (1 - sigmoid(z))))", "range"),
    Identity("derivative of a gate by tanh", "a * b * (1 - tanh(z) ** 2)", "a * (b * (1 - tanh(z) ** 2))", "range"),
    # tidy: exact, for a reader and for speed; within one equation, so that each step of a derivation stays a step
    Identity("times one", "1 * a", "a", "tidy"),
    Identity("power one", "a ** 1", "a", "tidy"),
    Identity("derivative of a square", "dpow(a, 2)", "2 * a", "tidy"),
    Identity("derivative of x ** 1", "dpow(a, 1)", "fill(1, a)", "tidy"),
    Identity("number as an array of one entry", "expand(s, axis=k) * a", "s * a", "tidy", "broadcasting does it", _number_beside_more),
    Identity("double minus", "-(-a)", "a", "tidy"),
    Identity("selected twice in a row", "select(c, select(c, x))", "select(c, x)", "tidy"),
    Identity("selected twice", "select(c, select(c, x) * a)", "select(c, x * a)", "tidy"),
    Identity("double transpose", "transpose(transpose(A))", "A", "tidy"),
    Identity("transposed matrix times vector", "matvec(transpose(A), x)", "vecmat(x, A)", "tidy"),
    Identity("vector times transposed matrix", "vecmat(x, transpose(A))", "matvec(A, x)", "tidy"),
    Identity("transposed product with a transpose first", "transpose(matmul(transpose(A), B))", "matmul(transpose(B), A)", "tidy"),
    Identity("transposed product with a transpose last", "transpose(matmul(A, transpose(B)))", "matmul(B, transpose(A))", "tidy"),
    Identity("transposed outer product", "transpose(outer(a, b))", "outer(b, a)", "tidy"),
    Identity("filled factor", "fill(s, x) * a", "s * a", "tidy", "", _same_shape("x", "a")),
    Identity("sum of products", "sum(a * b)", "inner(a, b)", "tidy", "", _all(_same_shape("a", "b"), _not_of_products)),
    # reading: exact and within one equation too, but only for a reader: other purposes look for sums
    Identity("multiple of the identity matrix times a matrix", "matmul(scaled_eye(s, A), B)", "s * B", "tidy", "",
             _all(_rank(0, "s"), _rank(2, "A"))),
    Identity("matrix times a multiple of the identity matrix", "matmul(B, scaled_eye(s, A))", "s * B", "tidy", "",
             _all(_rank(0, "s"), _rank(2, "A"))),
    Identity("transposed multiple of the identity matrix", "transpose(scaled_eye(s, A))", "scaled_eye(s, A)", "tidy"),
    Identity("inner product with the identity matrix", "inner(B, eye(shape=sizes))", "trace(B)", "reading"),
    Identity("trace of an outer product", "trace(outer(a, b))", "inner(a, b)", "reading", "", _rank(1, "a", "b")),
    Identity("trace of a negative", "trace(-A)", "-trace(A)", "reading"),
    Identity("where not greater", "1 - (a > b)", "a <= b", "reading"),
    *(
        Identity(f"where {name} does not hold", f"(a {sign} b) == 0", f"a {other} b", "reading")
        for name, sign, other in (("a > b", ">", "<="), ("a >= b", ">=", "<"), ("a < b", "<", ">="), ("a <= b", "<=", ">"))
    ),
    Identity("adding a negative", "a + -b", "a - b", "reading"),
    *PRODUCTS,
)
# fmt: on
