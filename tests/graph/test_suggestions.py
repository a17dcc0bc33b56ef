"""What is suggested for words and signs of other languages: it must mean the same, and spelling must not mislead."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special

import a1viz
from a1viz.base.errors import EquationError, did_you_mean
from a1viz.graph.suggestions import REFERENCE, SYNONYMS, WRITTEN
from a1viz.graph.syntax import OPERATORS

x, a, b, y = np.array([0.3, -1.2, 2.5]), np.array([0.5, 2.0, 1.5]), np.array([1.5, 0.7, 1.5]), np.array([1.0, 0.0, 0.5])
A, B, W, I, c, p, z = np.arange(9.0).reshape(3, 3), np.ones((3, 3)) * 0.3, np.arange(6.0).reshape(2, 3), np.eye(3), a > b, 0.3, 0.7
GIVEN = {"x": x, "a": a, "b": b, "y": y, "A": A, "B": B, "W": W, "I": I, "c": c * 1.0, "p": p, "z": z, "low": -1.0, "high": 2.0, "t": 1}
SHAPES = {name: list(np.shape(value)) for name, value in GIVEN.items()} | {"t": {"class": 3}}
TRUTH = {  # what the words mean elsewhere
    "sigma": scipy.special.expit(x),
    "fmax": np.fmax(a, b), "fmin": np.fmin(a, b), "amax": np.amax(x), "amin": np.amin(x), "product": np.prod(x),
    "gt": a > b, "lt": a < b, "ge": a >= b, "le": a <= b, "eq": a == b, "ne": a != b, "stop": x, "atan": np.atan(x),
    "cond": np.where(c, a, b),
    "log2": np.log2(np.abs(x)), "log10": np.log10(np.abs(x)), "ln": np.log(np.abs(x)),
    "logit": scipy.special.logit(p),
    "exp2": np.exp2(x),
    "logsigmoid": scipy.special.log_expit(x),
    "swish": x * scipy.special.expit(x),
    "celu": np.where(x > 0, x, np.expm1(x)),
    "leakyrelu": np.where(x > 0, x, 0.01 * x),
    "relu6": np.clip(x, 0, 6), "hardsigmoid": np.clip(x / 6 + 0.5, 0, 1), "clamp": np.clip(x, -1, 2),
    "softmin": scipy.special.softmax(-x),
    "heaviside": np.heaviside(x, 0), "absolute": np.abs(x), "sgn": np.sign(x), "square": np.square(x), "reciprocal": np.reciprocal(x),
    "cbrt": np.cbrt(np.abs(x)), "rsqrt": 1 / np.sqrt(np.abs(x)), "hypot": np.hypot(a, b),
    "lse": scipy.special.logsumexp(x), "logplusexp": np.logaddexp(a, b),
    "tan": np.tan(x), "cot": 1 / np.tan(x), "sec": 1 / np.cos(x), "csc": 1 / np.sin(x), "sinh": np.sinh(x), "cosh": np.cosh(x),
    "sinc": np.sinc(x / np.pi),
    "pow": np.pow(a, b), "plus": a + b, "subtract": a - b, "multiply": a * b, "divide": a / b, "negative": -x,
    "dot": np.dot(a, b), "vdot": np.vdot(a, b), "mv": W @ x, "mm": A @ B, "linear": W @ x + 1, "transposed": A.T,
    "tr": np.trace(A), "l2norm": np.linalg.norm(x), "norm1": np.linalg.norm(x, 1), "normalize": x / np.linalg.norm(x),
    "average": np.average(x), "variance": np.var(x), "stddev": np.std(x), "total": np.sum(x), "size": np.size(x),
    "concat": np.concatenate([a, b]),
    "gather": x[2], "mse": np.mean((y - x) ** 2), "mae": np.mean(np.abs(y - x)),
    "bce": -np.log(p), "bcewithlogits": np.log1p(np.exp(-z)), "crossentropy": -np.log(scipy.special.softmax(x))[1], "nll": -x[1],
    "entropy": scipy.special.entr(y).sum(), "hingeloss": np.maximum(0, 1 - x), "huberloss": scipy.special.huber(1, x),
    "ramp": np.maximum(x, 0),
}  # fmt: skip
POSITIVE = {"log2", "log10", "ln", "cbrt", "rsqrt"}


def value_of(name: str) -> np.ndarray:
    given = GIVEN | ({"x": np.abs(x)} if name in POSITIVE else {"x": y} if name == "entropy" else {})
    given, shapes = (given | {"b": 1.0}, SHAPES | {"b": []}) if name == "linear" else (given, SHAPES)
    graph = a1viz.parse(f"found = {SYNONYMS[name]}", **shapes)
    return a1viz.run(graph, **given)["found"]


@pytest.mark.parametrize("name", TRUTH)
def test_what_is_suggested_for_a_word_is_what_the_word_means(name):
    np.testing.assert_allclose(value_of(name), TRUTH[name], rtol=1e-9)


def test_every_suggestion_is_tried():
    assert [text for text, names in WRITTEN.items() if not TRUTH.keys() & {*names.split()}] == []


def test_what_is_an_operator_needs_no_suggestion():
    assert {*SYNONYMS} & {*OPERATORS} == set()


def message_of(text: str) -> str:
    with pytest.raises(EquationError) as caught:
        a1viz.parse(text, x=[3], X=[3, 3], W=[3, 3], z=[3], t={"class": 3}, s=[])
    return str(caught.value)


WORDS = dir(np) + [f"linalg.{name}" for name in np.linalg.__all__] + [*SYNONYMS]
WORDS += [name for name in dir(scipy.special) if name.isalpha()]  # PyTorch's names are mostly these


def test_no_word_of_numpy_or_scipy_is_taken_for_another_of_like_spelling():
    names = {name.rpartition(".")[2] for name in WORDS} - {*OPERATORS}
    near = {name: did_you_mean(name, OPERATORS) for name in sorted(names) if name.isidentifier()}
    wrong = {name: near[name] for name in near if near[name] and "did you mean" in message_of(f"y = {name}(x)")}
    assert wrong == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("y = sigma(x)", "unknown operator 'sigma'; write sigmoid(x)"),
        ("y = Sigma(x)", "write sigmoid(x)"),
        ("y = σ(x)", "'σ' is not in the language; write sigmoid( )"),
        ("y = σ", "write sigma"),
        ("y = square(x)", "write x ** 2"),
        ("y = cond(x, x, z)", "write where(c, a, b)"),
        ("y = pinv(W)", REFERENCE),
        ("y = tr(W)", "write trace(A)"),
        ("y = np.dot(x, z)", "got np.dot; write a @ b"),
        ("y = x ⊗ z", "write outer(a, b)"),
        ("y = x.square()", "write x ** 2"),
        ("y = |x|", "write abs(x) for |x|"),
        ("y = ||x||^2", "write norm(x), or norm2(x) for its square"),
        ("y = ‖x‖", "write norm(x)"),
        ("y = W^T @ x", "write W.T for the transpose"),
        ("y = W^{T} x", "write W.T for the transpose"),
        ("y = x^2", "write ** for a power"),
        ("y = W' @ x", "W.T for the transpose"),
        ("y' = x", "write y_prime"),
        ("y = 2x", "write 2 * x"),
        ("y = 2.5x", "write 2.5 * x"),
        ("y = W x", "@ for one of matrices"),
        ("y = 2 x", "write 2 * x"),
        ("y = W.t() @ x", "write A.T"),
        ("y = (W)' @ x", "write .T for the transpose"),
        ("y = (x ≥ 0) * x", "write >="),
        ("y = x if s else z", "write where(c, a, b)"),
        ("a b = x", "the left side must be a name, got a b"),
        ("y = rellu(x)", "did you mean 'relu'?"),
        ("y = ReLU(x)", "did you mean 'relu'?"),
        ("y = e ** x", "unknown name 'e'; write exp(1)"),
        ("y = sum(X, dim=0)", "sum takes no dim=; it takes axis, keepdims; write axis="),
        ("y = sum(X, keepdim=True)", "write keepdims="),
        ("y = sum(X, axes=0)", "sum takes no axes=; it takes axis, keepdims"),
        ("y = reshape(X, newshape=[9])", "write shape="),
    ],
)
def test_words_and_signs_of_other_languages_are_answered_with_how_it_is_written_here(text, told):
    assert told in message_of(text)


@pytest.mark.parametrize(
    ("name", "is_near"),
    [
        ("relo", True), ("rlu", True), ("rellu", True), ("rleu", True), ("RELU", True),
        ("delu", False), ("re", False), ("relaxs", False), ("", False), ("r", False),
    ],
)  # fmt: skip
def test_a_name_is_near_within_one_edit_after_the_first_letter(name, is_near):
    assert bool(did_you_mean(name, ["exp", "relu"])) == is_near
