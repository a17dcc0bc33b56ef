"""What the language means: attributes, entries, slices, sizes as numbers, constants; the same as NumPy, and what is printed reads back."""

# ruff: noqa: E501  # tables: one case a row

from __future__ import annotations

import ast
import contextlib
import re
import sys

import numpy as np
import pytest
from conftest import examples
from harmless import within
from hypothesis import given
from hypothesis import strategies as st

import a1viz
from a1viz.base.errors import EquationError, InputError
from a1viz.base.limits import AXES, EQUATION_TERMS, SIZE_TERMS

SIZES = {"D": 4, "H": 3, "T": 5, "N": 2, "V": 6}
SHAPES = {
    "x": ["D"],
    "y": ["D"],
    "W": ["H", "D"],
    "X": ["T", "D"],
    "E": ["V", "D"],
    "A": ["N", "H", "D", "T"],
    "s": [],
    "b": ["H"],
    "f": [7],
}
LABELS = {
    "t": ("D", []),
    "c": ("H", []),
    "v": ("V", []),
    "words": ("V", ["T"]),
    "grid": ("V", ["N", "H"]),
    "classes": ("D", ["T"]),
    "tied": ("D", ["H"]),
}
LEAVES = {**SHAPES, **{name: {"class": size, "shape": shape} for name, (size, shape) in LABELS.items()}}


def arrays(lead: tuple[int, ...] = ()) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    values = {name: rng.standard_normal((*lead, *(SIZES.get(d, d) for d in shape))) for name, shape in SHAPES.items()}
    return values | {name: rng.integers(0, SIZES[size], (*lead, *(SIZES[d] for d in shape))) for name, (size, shape) in LABELS.items()}


def along(function):
    return lambda x, axis=None, keepdims=False: function(x, axis=tuple(axis) if np.ndim(axis) else axis, keepdims=keepdims)


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


NUMPY = {  # what the names of the texts below mean to NumPy
    "sum": along(np.sum), "mean": along(np.mean), "softmax": softmax, "exp": np.exp, "reshape": np.reshape, "transpose": np.transpose,
    "stack": lambda *values, axis=0: np.stack(values, axis=axis), "pi": np.pi, "inf": np.inf, "take": lambda x, t: x[t], "outer": np.outer,
    "concatenate": lambda *values, axis=0: np.concatenate([np.atleast_1d(v) for v in values], axis=axis), "maximum": np.maximum,
    "logsumexp": along(lambda x, axis, keepdims: np.log(np.exp(x).sum(axis=axis, keepdims=keepdims))), "relu": lambda x: np.maximum(x, 0), "slice": lambda x, index: x[tuple(slice(*pair) for pair in index)],
    "eye": np.eye, "ones": lambda *n: np.ones(n[0] if np.ndim(n[0]) else n), "zeros": lambda *n, shape=None: np.zeros(shape if shape is not None else n if n and not np.ndim(n[0]) else n[0] if n else ()),
    "arange": np.arange, "tril": np.tril, "where": np.where, "max": lambda *x, **how: along(np.max)(*x, **how) if len(x) == 1 else np.maximum(*x), "clip": np.clip, "var": along(np.var),
    "min": lambda *x, **how: along(np.min)(*x, **how) if len(x) == 1 else np.minimum(*x), "prod": np.prod, "einsum": np.einsum, "diag": np.diag, "solve": np.linalg.solve, "det": np.linalg.det,
    "norm": lambda x, axis=None, keepdims=False: np.sqrt(along(np.sum)(x * x, axis, keepdims)), "pick": lambda x, t: x[..., t] if not np.ndim(t) else np.take_along_axis(x, np.broadcast_to(t, x.shape[:-1])[..., None], -1)[..., 0],
}  # fmt: skip


class Arrays(ast.NodeTransformer):
    """Lists as arrays."""

    def visit_List(self, node: ast.List) -> ast.AST:
        return ast.Call(ast.Name("array", ast.Load()), [node], [])


class Matrix(np.ndarray):
    """An array whose .T swaps the last two axes."""

    @property
    def T(self):
        return self.swapaxes(-1, -2)


READ = [  # a text that Python reads too, as it is printed back if that is different, its shape
    # along axes
    ("sum(X)", "", ()), ("sum(X, axis=0)", "", ("D",)), ("sum(X, axis=1)", "", ("T",)), ("sum(X, axis=-1)", "sum(X, axis=1)", ("T",)),
    ("sum(X, axis=0, keepdims=True)", "", (1, "D")), ("sum(X, keepdims=True)", "sum(X, axis=[0, 1], keepdims=True)", (1, 1)), ("sum(X, keepdims=False)", "sum(X)", ()),
    ("sum(X, axis=None)", "sum(X)", ()), ("sum(X, axis=[0, 1])", "sum(X)", ()), ("sum(A, axis=[1, -1])", "sum(A, axis=[1, 3])", ("N", "D")),
    ("sum(A, axis=[3, 0])", "sum(A, axis=[0, 3])", ("H", "D")), ("mean(A, axis=2)", "", ("N", "H", "T")), ("sum(x, axis=0)", "sum(x)", ()), ("sum(s)", "", ()),
    ("logsumexp(X, axis=1)", "", ("T",)), ("norm(X, axis=0)", "", ("D",)), ("norm(X)", "", ()),
    ("softmax(X)", "", ("T", "D")), ("softmax(X, axis=0)", "", ("T", "D")), ("softmax(X, axis=1)", "softmax(X)", ("T", "D")), ("softmax(A, axis=-2)", "softmax(A, axis=2)", ("N", "H", "D", "T")),
    ("X - mean(X, axis=1, keepdims=True)", "", ("T", "D")), ("X / sum(X, axis=0)", "", ("T", "D")), ("sum(sum(A, axis=0), axis=0)", "", ("D", "T")),
    # arrays
    ("reshape(X, [D, T])", "", ("D", "T")), ("reshape(X, [-1])", "reshape(X, [D * T])", ("D*T",)), ("reshape(X, shape=[D * T])", "reshape(X, [D * T])", ("D*T",)),
    ("reshape(X, [T, 2, -1])", "reshape(X, [T, 2, D // 2])", ("T", 2, "D//2")), ("reshape(X, [T, D // 2, 2])", "", ("T", "D//2", 2)), ("reshape(x, [1, D, 1])", "", (1, "D", 1)),
    ("reshape(f, [7, 1])", "", (7, 1)), ("reshape(f, [-1, 7])", "reshape(f, [1, 7])", (1, 7)), ("reshape(s, [1, 1])", "", (1, 1)), ("reshape(reshape(s, [1]), [])", "", ()),
    ("transpose(A, [0, 2, 1, 3])", "", ("N", "D", "H", "T")), ("transpose(A, axes=[3, 1, 0, -2])", "transpose(A, [3, 1, 0, 2])", ("T", "H", "N", "D")), ("transpose(X)", "X.T", ("D", "T")),
    ("X.T", "", ("D", "T")), ("A.T", "", ("N", "H", "T", "D")), ("A.T.T", "", ("N", "H", "D", "T")),
    ("stack(x, y)", "", (2, "D")), ("stack(x, y, axis=1)", "", ("D", 2)), ("stack(x, y, axis=-1)", "stack(x, y, axis=1)", ("D", 2)), ("stack(s, 1, x[0])", "", (3,)), ("stack(X, X, axis=1)", "", ("T", 2, "D")),
    ("concatenate(x, y)", "", ("2*D",)), ("concatenate(X, W)", "", ("H+T", "D")), ("concatenate(X, X, axis=1)", "", ("T", "2*D")), ("concatenate(A, A, axis=-2)", "concatenate(A, A, axis=2)", ("N", "H", "2*D", "T")),
    ("concatenate(x, y, f)", "concatenate(concatenate(x, y), f)", ("2*D+7",)), ("concatenate(X, X, X, axis=1)", "concatenate(concatenate(X, X, axis=1), X, axis=1)", ("T", "3*D")),
    # products
    ("A @ A.T", "", ("N", "H", "D", "D")), ("A[0, 0] @ X", "A[0][0] @ X", ("D", "D")), ("A.T @ x", "", ("N", "H", "T")), ("x @ A", "", ("N", "H", "T")), ("x @ W.T", "", ("H",)), ("x @ y", "", ()), ("W @ X.T", "", ("H", "T")),
    # entries
    ("x[0]", "", ()), ("x[-1]", "x[D - 1]", ()), ("f[-1]", "f[6]", ()), ("f[6]", "", ()), ("f[-7]", "f[0]", ()), ("x[D - 1]", "", ()), ("x[D // 2]", "", ()), ("x[-D]", "x[0]", ()), ("X[2]", "", ("D",)), ("X[-2]", "X[T - 2]", ("D",)),
    ("X[:, 0]", "", ("T",)), ("X[:, -1]", "X[:, D - 1]", ("T",)), ("X[1, 2]", "X[1][2]", ()), ("X[1][2]", "", ()), ("A[0, :, 1]", "A[0][:, 1]", ("H", "T")), ("A[:, :, :, 2]", "", ("N", "H", "D")), ("A[0, 1, 2, 3]", "A[0][1][2][3]", ()),
    ("X[0,]", "X[0]", ("D",)), ("(X + 1)[0]", "", ("D",)), ("-x[0] ** 2", "", ()), ("X.T[0]", "", ("T",)), ("X[0] @ X[1]", "", ()), ("(W @ x)[0]", "", ()), ("softmax(X)[0]", "", ("D",)),
    # slices
    ("x[1:3]", "", (2,)), ("x[1:]", "", ("D-1",)), ("x[:2]", "", (2,)), ("x[:]", "x", ("D",)), ("x[:-1]", "", ("D-1",)), ("x[-2:]", "", (2,)), ("x[-3:-1]", "", (2,)), ("f[-3:-1]", "f[4:6]", (2,)), ("f[2:100]", "f[2:]", (5,)), ("f[5:2]", "f[5:5]", (0,)),
    ("f[:-9]", "f[:0]", (0,)), ("x[0:D]", "x", ("D",)), ("f[0:9]", "f", (7,)), ("f[-9:]", "f", (7,)), ("x[-(D // 2):]", "x[D - D // 2:]", ("D//2",)), ("slice(x, [[0, D]])", "", ("D",)), ("slice(X, [[1, 2]])", "X[1:2]", (1, "D")), ("x[:D - 1]", "x[:-1]", ("D-1",)), ("x[D // 2:]", "", ("D-D//2",)), ("x[:D // 2]", "", ("D//2",)), ("X[1:3]", "", (2, "D")), ("X[:, 1:3]", "", ("T", 2)), ("X[1:, :2]", "", ("T-1", 2)),
    ("X[1:3, 0]", "X[1:3][:, 0]", (2,)), ("A[0, 1:, -2, :3]", "A[:, 1:, :, :3][0][:, D - 2]", ("H-1", 3)), ("X[1:] - X[:-1]", "", ("T-1", "D")), ("x[1:3][0]", "", ()), ("X[:, :]", "X", ("T", "D")), ("concatenate(x[:2], x[2:])", "", ("D",)),
    # labels
    ("x[t]", "", ()), ("E[v]", "", ("D",)), ("E[v][t]", "", ()), ("E[v, t]", "E[v][t]", ()), ("W[c, 0]", "W[c][0]", ()), ("W[1, t]", "W[1][t]", ()), ("X[:, t]", "", ("T",)), ("pick(X, t)", "X[:, t]", ("T",)), ("take(E, v)", "E[v]", ("D",)),
    ("take(x, t)", "", ()), ("E[v, 1:]", "E[:, 1:][v]", ("D-1",)), ("A[:, c]", "", ("N", "D", "T")), ("A[:, c, t]", "A[:, c][:, t]", ("N", "T")), ("softmax(x)[t]", "", ()),
    ("E[words]", "", ("T", "D")), ("E[grid]", "", ("N", "H", "D")), ("E[words[0]]", "", ("D",)), ("E[words[1:]]", "", ("T-1", "D")), ("E[words][:, 0]", "", ("T",)), ("E[words, 0]", "E[words][:, 0]", ("T",)), ("E[grid, 1:]", "E[:, 1:][grid]", ("N", "H", "D-1")),
    ("E[grid, t]", "E[grid][:, :, t]", ("N", "H")), ("E[grid[0]]", "", ("H", "D")), ("E[grid[:, 0]]", "", ("N", "D")), ("E[grid[1, 2]]", "E[grid[1][2]]", ("D",)), ("x[classes]", "", ("T",)), ("take(x, classes)", "x[classes]", ("T",)), ("take(E, words)", "E[words]", ("T", "D")),
    ("pick(X, classes)", "", ("T",)), ("pick(softmax(X), classes)", "", ("T",)), ("pick(A[:, :, :, 0], tied)", "", ("N", "H")), ("sum(E[words], axis=0)", "", ("D",)), ("E[words] @ x", "", ("T",)), ("E[reshape(grid, [H, N])]", "", ("H", "N", "D")), ("E[grid.T]", "", ("H", "N", "D")),
    ("eye(D)[classes]", "", ("T", "D")),
    # sizes
    ("sum(X, axis=0) / T", "", ("D",)), ("x * D", "", ("D",)), ("D", "", ()), ("x + D // 2", "", ("D",)), ("x * (D // 3)", "", ("D",)), ("D // 2 * x", "", ("D",)), ("(D - 1) // 2 * x", "((D + 1) // 2 - 1) * x", ("D",)), ("x + 2 * D // 2", "x + D", ("D",)),
    ("x + (D + T) // 2 * 3", "", ("D",)), ("4 * D // 2 * x", "2 * D * x", ("D",)), ("7 // 2 + x", "3 + x", ("D",)), ("D ** 2 * x", "", ("D",)), ("-D * x", "", ("D",)), ("x / (D - 1)", "", ("D",)), ("1 / D", "", ()), ("T // D // 2 + x", "(T // D) // 2 + x", ("D",)),
    ("x + (4 * D + 2) // 2", "x + (2 * D + 1)", ("D",)),
    # constants
    ("x * pi", "x * 3.141592653589793", ("D",)), ("-pi", "-3.141592653589793", ()), ("inf", "", ()), ("-inf + x", "", ("D",)), ("x - inf", "", ("D",)), ("[1, 2, 3]", "", (3,)), ("[[1, 2], [3, 4.5]]", "", (2, 2)), ("[-1, inf, -inf]", "", (3,)),
    ("[pi, 1 / 4, 2 ** 3, -(1 + 1), +3 - 1]", "[3.141592653589793, 0.25, 8, -2, 2]", (5,)), ("[]", "", (0,)), ("[[], []]", "", (2, 0)), ("[[[1]]]", "", (1, 1, 1)), ("[7]", "", (1,)), ("-[1, 2]", "", (2,)),
    ("[1, 2] * 3", "", (2,)), ("[1, 2, 3, 4][0]", "", ()), ("[1, 2, 3][1:]", "", (2,)), ("[[1, 2], [3, 4]].T", "", (2, 2)), ("sum([[1, 2], [3, 4]], axis=1)", "", (2,)), ("concatenate([1], x)", "", ("D+1",)),
    ("eye(3)", "", (3, 3)), ("eye(D) @ x", "", ("D",)), ("ones(2, D)", "", (2, "D")), ("ones([2, D // 2])", "ones(2, D // 2)", (2, "D//2")), ("zeros(D)", "", ("D",)), ("zeros([])", "", ()), ("zeros(shape=[2])", "zeros(2)", (2,)),
    ("arange(T)", "", ("T",)), ("arange(2 * D + 1)", "", ("2*D+1",)), ("tril(ones(T, T))", "", ("T", "T")), ("tril(X, 1)", "tril(X, k=1)", ("T", "D")), ("tril(X, k=-1)", "", ("T", "D")), ("tril(X, k=1 - D)", "", ("T", "D")),
    ("where(tril(ones(D, D)), 0, -inf)", "", ("D", "D")),
    # comparisons, and what is another row for other operands
    ("x < y", "", ("D",)), ("x <= 0", "", ("D",)), ("x > y * 2", "", ("D",)), ("(x + 1 >= y) * x", "(x + 1 >= y) * x", ("D",)), ("x == x", "", ("D",)), ("x[0] != x[1]", "", ()), ("2 * (x < y)", "", ("D",)), ("(x < 0) * (0 < y)", "", ("D",)),
    ("(x < y) == (y > x)", "", ("D",)), ("1 - (X > 0)", "", ("T", "D")), ("arange(T) < T // 2", "", ("T",)), ("(x > 0)[0]", "", ()), ("sum(x > 0)", "", ()), ("(X > 0).T", "", ("D", "T")), ("(x > 0) ** 2", "", ("D",)), ("(X > 0) @ x", "", ("T",)),
    ("max(x)", "", ()), ("max(X, axis=0)", "", ("D",)), ("max(X, axis=1, keepdims=True)", "", ("T", 1)), ("min(X)", "", ()), ("max(x, y)", "maximum(x, y)", ("D",)), ("min(x, 0)", "minimum(x, 0)", ("D",)), ("max(max(x), max(y))", "maximum(max(x), max(y))", ()),
    ("where(x > 0, x, 0)", "", ("D",)), ("clip(x, -1, 1)", "", ("D",)), ("var(X, axis=0)", "", ("D",)), ("prod(x[:2])", "", ()),
    ("einsum('ij,kj->ik', X, W)", 'einsum("ij,kj->ik", X, W)', ("T", "H")), ('einsum("i->", x)', "", ()), ("diag(x)", "", ("D", "D")), ("diag(W @ W.T)", "", ("H",)), ("solve(W @ W.T, b)", "", ("H",)), ("solve(W @ W.T, W)", "", ("H", "D")), ("det(W @ W.T)", "", ()),
    ("outer([1, 2], x)", "", (2, "D")), ("[1,\n 2,\n]", "[1, 2]", (2,)), ("sum(X,\naxis=0)", "sum(X, axis=0)", ("D",)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "printed", "shape"), READ, ids=[text for text, _, _ in READ])
def test_a_text_is_printed_back_and_reads_back_as_the_same_graph(text, printed, shape):
    graph = a1viz.parse(f"z = {text}", **LEAVES)
    assert str(graph) == f"z = {printed or text}"
    assert graph["z"].shape == shape
    again = a1viz.parse(str(graph), **LEAVES)
    assert again.nodes == graph.nodes and again.outputs == graph.outputs


def by_numpy(text: str, values: dict[str, np.ndarray]) -> np.ndarray:
    tree = ast.fix_missing_locations(Arrays().visit(ast.parse(text, mode="eval")))
    known = {name: value.view(Matrix) if value.ndim > 1 else value for name, value in values.items()}
    found = eval(compile(tree, "text", "eval"), {**NUMPY, **SIZES, "array": lambda v: np.array(v).view(Matrix) if v else []}, known)
    return np.asarray(found, dtype=float)


def at_example(values: dict[str, np.ndarray], k: int) -> dict[str, np.ndarray]:
    return {name: value[k] for name, value in values.items()}


@pytest.mark.parametrize("text", [text for text, _, _ in READ])
def test_a_text_means_what_it_means_to_numpy(text):
    graph = a1viz.parse(f"z = {text}", **LEAVES)
    for lead in ((), (1,), (3,)):  # one example, a batch of one, a batch
        values = arrays(lead)
        expected = by_numpy(text, values) if not lead else np.stack([by_numpy(text, at_example(values, k)) for k in range(*lead)])
        for evaluated in (a1viz.run(graph, **values), a1viz.compile(graph)(**values)):
            found = np.asarray(evaluated["z"])
            if lead and found.ndim < expected.ndim:  # made of constants alone
                found = np.broadcast_to(found, expected.shape)
            assert found.shape == expected.shape
            np.testing.assert_allclose(found, expected, rtol=1e-12, err_msg=f"in a batch {lead}")


TEXTS = st.sampled_from([text for text, _, _ in READ])
PATTERNS = [
    "sum({a}) {op} norm({b})",
    "-({a}) ** 2",
    "({a}) {op} sum({b})",
    "where(sum({b}) > 0, {a}, 0)",
    "stack(sum({a}), max({b}))",
    "sum(({a}) {op} 2 {op} ({a}))",
]


@examples(150)
@given(TEXTS, TEXTS, st.sampled_from(PATTERNS), st.sampled_from(["+", "-", "*", "/", "**", "<", "=="]))
def test_what_is_made_of_texts_reads_back_too(a, b, pattern, op):
    try:
        graph = a1viz.parse(f"z = {pattern.format(a=a, b=b, op=op)}", **LEAVES)
    except EquationError:
        return  # the shapes do not fit, or two comparisons
    assert a1viz.parse(str(graph), **LEAVES).nodes == graph.nodes


REFUSED = [  # a text, the column, what is said
    ("max('a', x)", 9, "'a' is text in quotes, which is no value"),
    # what is given besides operands
    ("sum(X, 0)", 5, "sum takes 1 argument, got 2; write axis=0"),
    ("sum(X, [0, 1])", 5, "sum takes 1 argument, got 2; write axis=[0, 1]"),
    ("sum(X, x)", 5, "sum takes 1 argument, got 2"),
    ("softmax(X, -1)", 5, "softmax takes 1 argument, got 2; write axis=-1"),
    ("sum(X, dim=0)", 5, "sum takes no dim=; it takes axis, keepdims; write axis="),
    ("sum(X, axs=0)", 5, "sum takes no axs=; it takes axis, keepdims; did you mean 'axis'?"),
    ("sum(X, out=0)", 5, "sum takes no out=; it takes axis, keepdims"),
    ("relu(x, axis=0)", 5, "relu takes no axis=; it is given nothing by name: relu(x)"),
    ("outer(x, b=y)", 5, "outer takes no b=; it is given by its place: outer(a, b)"),
    ("sum(axis=0)", 5, "sum takes arguments: sum(x)"),
    ("sum(X, axis=x)", 17, "axis of sum: x is neither a number nor the name of a size"),
    ("sum(X, axis=D / 2)", 17, "axis of sum: D / 2 is not made of whole numbers and names of sizes by + - * //; write D // 2"),
    ("sum(X, axis=2 ** 2)", 17, "axis of sum: 2 ** 2 is not made of whole numbers and names of sizes by + - * //"),
    ("sum(X, axis=1.5 + 1)", 17, "axis of sum: 1.5 + 1 is not made of whole numbers and names of sizes by + - * //"),
    ("sum(X, axis=[0] + [1])", 17, "axis of sum: [0] + [1] is not made of whole numbers and names of sizes by + - * //"),
    ("sum(X, axis=-[0])", 17, "axis of sum: -[0] is not made of whole numbers and names of sizes by + - * //"),
    ("sum(X, axis=x[0])", 17, "axis of sum: x is neither a number nor the name of a size"),
    ("sum(X, axis=X.T)", 17, "axis of sum: X is neither a number nor the name of a size"),
    ("sum(X, axis=sum(2))", 17, "axis of sum: sum(2) is not made of whole numbers and names of sizes by + - * //"),
    ("sum(X, axis=D // 0)", 17, "axis of sum: a size is divided by 0: D // 0"),
    ("reshape(X, 'D D')", 16, "shape of reshape is made of numbers and names of sizes, without quotes, got 'D D'"),
    ("slice(X, 3)", 5, "slice(X): an index is a list of two bounds for each axis, as in [[0, 2], [1, 3]], got 3"),
    ("slice(X, [[1, 2, 3]])", 5, "slice(X): an index is a list of two bounds for each axis, as in [[0, 2], [1, 3]], got [[1, 2, 3]]"),
    ("expand(X, axis=None)", 5, "expand(X): an axis is a whole number, got None"),
    ("sum(X, axis=1.5)", 5, "sum(X): an axis is a whole number, got 1.5"),
    ("sum(X, axis=True)", 5, "sum(X): an axis is a whole number, got True"),
    ("sum(X, axis='0')", 5, "sum(X): an axis is a whole number, got '0'"),
    ("sum(X, axis=D)", 5, "sum(X): an axis is a whole number, got 'D'"),
    ("sum(X, axis=2)", 5, "sum(X): there is no axis 2: it is a matrix (T, D); its axes are 0 to 1"),
    ("sum(X, axis=[0, -2])", 5, "sum(X): axis=[0, -2] names an axis twice"),
    ("sum(X, keepdims=1)", 5, "sum(X): keepdims is True or False, got 1"),
    ("relu('x')", 5, "relu takes 1 argument and no text in quotes"),
    ("reshape(X, 2, 6)", 5, "reshape takes 2 arguments, x and shape, got 3; several numbers are one list, as in [2, 6]"),
    ("reshape(X, [T], shape=[D])", 27, "reshape is given shape twice"),
    ("reshape(X)", 5, "reshape needs shape="),
    ("reshape(X, [x])", 17, "shape of reshape: x is neither a number nor the name of a size"),
    ("reshape(f, [2, 3])", 5, "reshape: f is a vector (7,), of 7 entries; (2, 3) has 6"),
    ("reshape(f, [2, -1])", 5, "reshape(f): a vector (7,) cannot be divided into rows of 2"),
    ("stack([x, y])", 5, "stack takes its values one by one, without a list: stack(a, b)"),
    ("concatenate([x, y], axis=0)", 5, "concatenate takes its values one by one, without a list: concatenate(a, b)"),
    ("concatenate(x, y, axis=1)", 5, "concatenate(x, y): there is no axis 1: it is a vector (D,); its axes are 0 to 0"),
    # entries
    ("x[D]", 5, "x[D]: entries are counted from 0 to D - 1, got D"),
    ("x[D + 1]", 5, "x[D + 1]: entries are counted from 0 to D - 1, got D + 1"),
    ("f[7]", 5, "f[7]: entries are counted from 0 to 6, got 7"),
    ("f[-8]", 5, "f[-8]: entries are counted from 0 to 6, got -8"),
    ("f[1:1][0]", 5, "f[1:1][0]: there are no entries, got 0"),
    ("x[1.5]", 5, "x[1.5]: entries are counted in whole numbers, got 1.5"),
    ("x[0.5:]", 5, "x[0.5:]: entries are counted in whole numbers, got 0.5"),
    ("x[s]", 5, "x[s]: an index is a number or a class label, and s is neither"),
    ("x[x[0]]", 5, "x[x[0]]: an index is a number or a class label, and x[0] is neither"),
    ("x[sum(x)]", 5, "x[sum(x)]: an index is a number or a class label, and sum(x) is neither"),
    ("x[t + 1]", 5, "x[t + 1]: an index is a number or a class label, and t + 1 is neither"),
    ("x[t:]", 5, "x[t:]: an index is a number or a class label, and t is neither"),
    ("x[x > 0]", 5, "x[x > 0]: an index is a number or a class label, and x > 0 is neither"),
    ("x[[0, 1]]", 5, "x[[0, 1]]: an index is a number or a class label, and [0, 1] is neither"),
    ("x[D / 2]", 5, "x[D / 2]: an index is a number or a class label, and D / 2 is neither"),
    ("x[q]", 5, "x[q]: an index is a number or a class label, and q is neither"),
    ("x[inf]", 5, "x[inf]: an index is a number or a class label, and inf is neither"),
    ("x[0, 1]", 5, "x[0, 1]: x is a vector (D,), and there are 2 indices"),
    ("x[:, :]", 5, "x[:, :]: x is a vector (D,), and there are 2 indices"),
    ("s[0]", 5, "s[0]: s is a scalar, and has no entries"),
    ("s[:]", 5, "s[:]: s is a scalar, and has no entries"),
    ("X[t]", 5, "X[t]: t is a label of D classes, but X has T rows"),
    ("X[:, c]", 5, "X[:, c]: c is a label of H classes, but X has D columns"),
    ("A[0, v]", 5, "A[0, v]: v is a label of V classes, but A has H entries along axis 1"),
    ("(W @ x)[t]", 5, "(W @ x)[t]: t is a label of D classes, but W @ x has H entries"),
    ("pick(X, c)", 5, "pick(X, c): c is a label of H classes, but X has D columns"),
    ("take(X, c)", 5, "take(X, c): c is a label of H classes, but X has T rows"),
    ("X[:, classes]", 5, "X[:, classes]: an array of labels stands first, as in E[t]; pick(X, classes) takes an entry of each row"),
    ("E[v, words]", 5, "E[v, words]: words is a label of V classes, but E has D columns"),
    ("E[words + 1]", 5, "E[words + 1]: an index is a number or a class label, and words + 1 is neither"),
    ("E[words:]", 5, "E[words:]: an index is a number or a class label, and words is neither"),
    ("E[classes]", 5, "E[classes]: classes is a label of D classes, but E has V rows"),
    ("E[words[5 // 0]]", 7, "words[5 // 0]: an index is a number or a class label, and 5 // 0 is neither"),
    ("E[grid[0][0][0]]", 7, "grid[0][0][0]: grid[0][0] is a scalar, and has no entries"),
    ("pick(X, tied)", 5, "pick(X, tied): shapes (T, D) and (H,) do not match; X has T rows, tied has H entries"),
    ("pick(f, 7)", 5, "pick(f, 7): entries are counted from 0 to 6, got 7"),
    ("pick(x, s)", 5, "pick(x, s): an index is a number or a class label, and s is neither"),
    ("max(x, y, x)", 5, "max is given one value, which it reduces, or two; got 3 values"),
    ("max(x, y, axis=0)", 5, "max is given one value, which it reduces, or two; got two and axis="),
    ("min()", 5, "min takes arguments: min(x)"),
    ("clip(x, low=0, high=1)", 5, "clip takes no low=; it is given by its place: clip(x, low, high)"),
    ("einsum(X, W)", 5, "einsum needs formula="),
    ("einsum('ij->i', X, formula='ij->j')", 32, "einsum is given formula twice"),
    ("zeros()", 5, "zeros takes sizes, as in zeros(n, m), got zeros()"),
    ("eye(2, 3)", 5, "eye takes 1 size, as in eye(n), got eye(2, 3)"),
    ("eye([2, 3])", 5, "eye takes 1 size, as in eye(n), got eye([2, 3])"),
    ("eye(shape=[2, 3])", 5, "eye takes 1 size, as in eye(n), got eye(shape=[2, 3])"),
    ("ones(x)", 10, "shape of ones: x is neither a number nor the name of a size"),
    ("ones(2, shape=[2])", 19, "ones is given shape twice"),
    ("ones('a')", 5, "ones takes sizes, as in ones(n, m), got ones('a')"),
    ("tril(X, diagonal=1)", 5, "tril takes no diagonal=; it takes k; write k="),
    # sizes and constants
    ("x // 2", 5, "x // 2: // divides sizes alone, rounding down; x is neither a number nor the name of a size"),
    ("x + D // s", 9, "D // s: // divides sizes alone, rounding down; s is neither a number nor the name of a size"),
    ("D // 2.5", 5, "D // 2.5: // divides sizes alone, rounding down; D // 2.5 is not made of whole numbers and names of sizes by + - * //"),
    ("D // 0", 5, "D // 0: // divides sizes alone, rounding down; a size is divided by 0: D // 0"),
    ("[1, x]", 9, "a list holds numbers, as in [1, 2, 3], and x is none; stack(a, b) makes a vector of scalars"),
    ("[1, D]", 9, "a list holds numbers, as in [1, 2, 3], and D is none; stack(a, b) makes a vector of scalars"),
    ("[x[0], 1]", 6, "a list holds numbers, as in [1, 2, 3], and x is none; stack(a, b) makes a vector of scalars"),
    ("[1 // 2]", 6, "a list holds numbers, as in [1, 2, 3], and 1 // 2 is none; stack(a, b) makes a vector of scalars"),
    ("[-[1]]", 6, "a list holds numbers, as in [1, 2, 3], and -[1] is none; stack(a, b) makes a vector of scalars"),
    ("[1, [2]]", 5, "[1, [2]]: a list holds numbers, or lists of one length, got a number and a list of 1"),
    ("[[1, 2], [3]]", 5, "[[1, 2], [3]]: a list holds numbers, or lists of one length, got a list of 2 and a list of 1"),
    ("[[[1]], [1]]", 5, "[[[1]], [1]]: a list holds numbers, or lists of one length, got a list of lists and a list of 1"),
    ("[1 / 0]", 6, "1 / 0 is not a number"),
    ("[(-8) ** 0.5]", 6, "(-8) ** 0.5 is not a number"),
    ("[10 ** 400]", 6, "10 ** 400 is not a number"),
    ("[" * (AXES + 1) + "1" + "]" * (AXES + 1), 5, "lists are nested more than 8 deep; a value has at most 8 axes"),
    ("nan", 5, "unknown name 'nan'"),
    ("pi(x)", 5, "unknown operator 'pi'; the page Operators of the reference lists them all"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "column", "message"), REFUSED, ids=[text for text, _, _ in REFUSED])
def test_a_text_without_meaning_is_refused_at_its_place(text, column, message):
    with pytest.raises(EquationError) as caught:
        a1viz.parse(f"z = {text}", **LEAVES)
    assert (caught.value.message, caught.value.column) == (message, column)


NAMES = [  # equations, leaves, what z is printed as, its shape
    ("D = x; z = D", {"x": ["D"]}, "D", ("D",)),  # the variable first
    ("z = D * x", {"x": ["D"], "D": []}, "D * x", ("D",)),
    ("z = reshape(x, [D, 1]) * D", {"x": ["D"], "D": []}, "reshape(x, [D, 1]) * D", ("D", 1)),  # but a shape has sizes only
    ("pi = x; z = pi", {"x": ["D"]}, "pi", ("D",)),
    ("z = inf + x", {"x": ["D"], "inf": []}, "inf + x", ("D",)),
    ("z = [1, 2][t]", {"t": {"class": 2}}, "[1, 2][t]", ()),
    ("sum = x; z = sum(sum)", {"x": ["D"]}, "sum(sum)", ()),
    ("axis = x; z = sum(axis, axis=0)", {"x": ["D"]}, "sum(axis)", ()),
    ("max = x; z = max * 2", {"x": ["D"]}, "max * 2", ("D",)),
    ("z = N * s", {"t": {"class": "N"}, "s": []}, "N * s", ()),
    ("u = t; z = x[u]", {"t": {"class": "D"}, "x": ["D"]}, "x[u]", ()),  # another name of a label
]  # fmt: skip


@pytest.mark.parametrize(("text", "leaves", "printed", "shape"), NAMES, ids=[n[0] for n in NAMES])
def test_a_name_is_the_variable_of_that_name_else_the_size_else_the_constant(text, leaves, printed, shape):
    graph = a1viz.parse(text, **leaves)
    assert str(graph).splitlines()[-1] == f"z = {printed}" and graph["z"].shape == shape
    assert a1viz.parse(str(graph), **leaves).nodes == graph.nodes


def test_a_size_that_is_given_later_is_no_size_before():
    with pytest.raises(EquationError, match="N is used before it is given; move its equation, on line 2, up"):
        a1viz.parse("z = x / N\nN = sum(x)", x=["N"])


def test_a_size_is_that_of_the_arrays_given():
    graph = a1viz.parse("z = sum(x) / D; y = x[D // 2]; w = x[-(D // 2):]", x=["D"])
    for size in (1, 2, 5):
        x = np.arange(1.0, size + 1)
        found = a1viz.run(graph, x=x)
        assert found["z"] == x.mean() and found["y"] == x[size // 2] and np.array_equal(found["w"], x[size - size // 2 :])


def test_a_slice_or_an_entry_that_a_value_turns_out_not_to_have_is_refused_by_name():
    graph = a1viz.parse("z = x[3]", x=["D"])
    with pytest.raises(
        InputError, match=re.escape("x[3]: there is no entry 3; entries are counted from 0 to 1 (in the equation of z; D is 2)")
    ):
        a1viz.run(graph, x=[1, 2])
    graph = a1viz.parse("z = x[3:]", x=["D"])
    with pytest.raises(InputError, match=re.escape("x[3:]: there are 2 entries, and none from 3 to 2 (in the equation of z; D is 2)")):
        a1viz.run(graph, x=[1, 2])


HOSTILE = [  # a text of a size, how large it is, what is said
    ("a long sum in an attribute", lambda n: f"z = sum(X, axis={'+'.join(['D'] * n)})", EQUATION_TERMS - 2, "an axis is a whole number"),
    ("a long product in an attribute", lambda n: f"z = sum(X, axis={'*'.join(['D'] * n)})", EQUATION_TERMS - 2, f"made of at most {2 * SIZE_TERMS} names and numbers"),
    ("a long quotient", lambda n: f"z = D{' // 2' * n}", 9_000, "at most 19 digits"),
    ("a quotient of many names", lambda n: "z = " + " // ".join(["D", "T", "H"] * n), 3_000, f"made of at most {2 * SIZE_TERMS} names and numbers"),
    ("a power of sums", lambda n: "z = x[" + " * ".join(["(D + H + T + N)"] * n) + "]", 3_000, "neither"),
    ("a large number", lambda n: f"z = reshape(x, [{'9' * n}])", 300, "a shape is a list of sizes"),
    ("products of large numbers", lambda n: "z = reshape(x, [" + " * ".join(["2147483647"] * n) + "])", 5_000, "at most 19 digits"),
    ("a long list", lambda n: f"z = [{', '.join(['1'] * n)}] + x", EQUATION_TERMS - 2, "do not match"),
    ("a long sum in a list", lambda n: f"z = [{'+'.join(['1'] * n)}] + x[:2] + x", 9_000, "do not match"),
    ("a tower of powers in a list", lambda n: f"z = [{'**'.join(['9'] * n)}]", 9_000, "is not a number"),
    ("many indices", lambda n: f"z = x[{'0, ' * n}]", EQUATION_TERMS - 2, "there are 19998 indices"),
    ("many entries", lambda n: "z = x" + "[:]" * n + "[0, 0]", 6_000, "there are 2 indices"),
    ("many values", lambda n: f"z = concatenate({'f, ' * n}) + x", 3_000, "do not match"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "size", "message"), [h[1:] for h in HOSTILE], ids=[h[0] for h in HOSTILE])
def test_a_hostile_text_is_refused_in_a_moment(text, size, message):
    given = text(size)
    with within(10), pytest.raises(EquationError, match=message):
        a1viz.parse(given, **LEAVES)


def test_no_meaning_needs_more_of_pythons_stack_than_another():
    texts = ["z = x + " + " + ".join(["D // 2"] * 900), "z = [" + "+".join(["1"] * 9_000) + "]", "z = sum(X, axis=" + "-" * 900 + "1)"]
    texts += ["z = " + "x[:" * 100 + "D" + "]" * 100, "z = " + "concatenate(" + "f, " * 900 + ")", "z = D" + " // 2" * 40]
    limit, frame, used = sys.getrecursionlimit(), sys._getframe(), 0
    while frame:
        frame, used = frame.f_back, used + 1
    sys.setrecursionlimit(used + 150)
    try:
        for text in texts:
            with contextlib.suppress(EquationError):  # whatever it says
                a1viz.parse(text, **LEAVES)
    finally:
        sys.setrecursionlimit(limit)
