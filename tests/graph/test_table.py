"""Every row of the operator table: one loop over them for each promise a row makes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest
from references import REFERENCE, expected
from table_cases import SIZES, applications_of, cases_of, for_each

from a1viz.base.errors import DerivativeError, InputError
from a1viz.calculus import notation
from a1viz.calculus.autodiff import backward, tangent
from a1viz.calculus.costs import cost, multiplications
from a1viz.calculus.interpreter import grad, run
from a1viz.gradients.checks import check
from a1viz.graph.equations import parse
from a1viz.graph.nodes import INNER, Builder, Graph
from a1viz.graph.operators import OPS, TABLE, Op
from a1viz.graph.trees import Applied, expression_tree
from a1viz.pictures.typesetting import mathml, render

ROWS = [op for op in TABLE if not op.batch]
LABELS = ("t", "u")  # arguments of these names are class labels

SAMPLES: Mapping[str, Callable] = {
    "any": lambda rng, shape: rng.standard_normal(shape),
    "positive": lambda rng, shape: rng.uniform(0.3, 2.0, shape),
    "negative": lambda rng, shape: rng.uniform(-2.0, -0.3, shape),
    "nonzero": lambda rng, shape: rng.uniform(0.3, 2.0, shape) * rng.choice([-1, 1], shape),
    "distinct": lambda rng, shape: (
        rng.permutation(int(np.prod(shape)) * 8).reshape(8, *shape)[rng.integers(8)] + rng.uniform(-0.3, 0.3, shape)
    ),
    "indicator": lambda rng, shape: rng.choice([-2.0, -0.5, 0.5, 2.0], shape) + rng.uniform(-0.3, 0.3, shape),
    "regular": lambda rng, shape: rng.standard_normal(shape) + (2 * np.eye(shape[-1]) if len(shape) > 1 and shape[-1] == shape[-2] else 0),
    "longer": lambda rng, shape: rng.standard_normal(shape),
    "shorter": lambda rng, shape: rng.standard_normal(shape),
}


def application(op: Op, shapes: list[tuple[int, ...]], attributes: dict) -> Graph:
    """The graph `out = op(its arguments)`."""
    names = [f"{op.args[0]}{k + 1}" for k in range(len(shapes))] if op.is_variadic else list(op.args)
    builder = Builder()
    for name, shape in zip(names, shapes, strict=True):
        builder.leaf(name, "label" if name in LABELS else "input", shape, SIZES["n"] if name in LABELS else None)
    builder.add(op.name, names, name="out", attrs=attributes)
    return builder.graph(op.name, ["out"])


CASES = cases_of(ROWS)
DIFFERENTIATED = [case for case in CASES if case[0].name != "stop_gradient"]  # whose derivative is not that of its value
FIRST = [pytest.param(op, *applications_of(op)[0], id=op.name) for op in ROWS if op.args]


def drawn(op: Op, graph: Graph, rng: np.random.Generator, batch: tuple[str, ...] = (), size: int = 2) -> dict[str, np.ndarray]:
    """Values for every argument, away from kinks, with a batch axis for those in `batch`."""
    values = {}
    for node in graph.leaves:
        shape = (size, *node.shape) if node.name in batch else node.shape
        values[node.name] = rng.integers(SIZES["n"], size=shape) if node.op == "label" else SAMPLES[op.sample](rng, shape)
    if op.sample == "distinct":  # operands that broadcast against each other must not tie
        values[graph.leaves[0].name] = values[graph.leaves[0].name] + 0.45
    return values


def reals(graph: Graph) -> list[str]:
    return [node.name for node in graph.leaves if node.op != "label"]


def slope(function: Callable, values: dict, name: str, direction: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """The derivative along `direction` by central differences."""
    ahead, behind = ({**values, name: values[name] + sign * step * direction} for sign in (1, -1))
    return (function(**ahead) - function(**behind)) / (2 * step)


@pytest.mark.parametrize("op", TABLE, ids=lambda op: op.name)
def test_a_row_has_exactly_one_kind_of_rule_and_one_rule_an_argument(op):
    if op.batch:
        assert not (op.partial or op.adjoint or op.vjp or op.body)
        return
    kinds = [kind for kind in (op.partial, op.adjoint, op.vjp, op.body, op.indexed, not op.args) if kind]
    assert len(kinds) == 1
    assert bool(op.vjp) == bool(op.jvp)
    assert len(op.jvp) == len(op.vjp)
    assert op.body or op.indexed or len(op.rules) == len(op.args)
    assert (op.kernel is None) == bool(op.body)
    assert op.sample in SAMPLES
    assert not op.partial or op.is_elementwise or op.rules == ("0",)


def test_every_row_has_an_independent_reference():
    assert set(REFERENCE) == {op.name for op in ROWS}


@for_each(CASES)
def test_value_and_shape_are_those_of_plain_loops(op, shapes, attributes):
    graph = application(op, shapes, attributes)
    values = drawn(op, graph, np.random.default_rng(1))
    out = run(graph, **values)["out"]
    assert out.shape == graph["out"].shape
    np.testing.assert_allclose(out, expected(op, list(values.values()), attributes), rtol=1e-12, atol=1e-15)


@for_each(DIFFERENTIATED)
def test_cotangents_and_tangents_agree_with_central_differences(op, shapes, attributes):
    rng = np.random.default_rng(2)
    graph = application(op, shapes, attributes)
    values = drawn(op, graph, rng)
    bar = rng.standard_normal(graph["out"].shape)
    names = reals(graph)
    rewritten, raw = grad(graph, names, {"out": bar}, **values), run(backward(graph, names, ["out"]), **values, out_bar=bar)
    moved = {name: rng.standard_normal(graph[name].shape) for name in names}
    along = {name: slope(lambda **v: run(graph, **v)["out"], values, name, moved[name]) for name in names}
    for name, pulled in itertools.product(names, (rewritten, raw)):
        assert pulled[f"{name}_bar"].shape == graph[name].shape
        np.testing.assert_allclose(np.sum(pulled[f"{name}_bar"] * moved[name]), np.sum(bar * along[name]), rtol=1e-6, atol=1e-7)
    pushed = run(tangent(graph, names), **values, **{f"{name}_dot": moved[name] for name in names})["out_dot"]
    np.testing.assert_allclose(pushed, sum(along.values()), rtol=1e-6, atol=1e-7)
    for pulled in (rewritten, raw):
        left, right = np.sum(bar * pushed), sum(np.sum(pulled[f"{name}_bar"] * moved[name]) for name in names)
        np.testing.assert_allclose(left, right, rtol=1e-10, atol=1e-12)


@for_each(DIFFERENTIATED)
def test_second_derivatives_agree_with_central_differences_of_the_first(op, shapes, attributes):
    """The rules are differentiated by the same rules: a wrong partial of a helper such as dpow shows here."""
    rng = np.random.default_rng(3)
    graph = application(op, shapes, attributes)
    values = drawn(op, graph, rng)
    names = reals(graph)
    first = backward(graph, names, ["out"])
    values["out_bar"] = rng.standard_normal(graph["out"].shape)
    second = tangent(first, names)
    for name in names:
        dots = {f"{n}_dot": np.zeros(graph[n].shape) for n in names}
        dots[f"{name}_dot"] = rng.standard_normal(graph[name].shape)
        pushed = run(second, **values, **dots)
        for out in first.outputs:
            along = slope(lambda out=out, **v: run(first, **v)[out], values, name, dots[f"{name}_dot"])
            np.testing.assert_allclose(pushed[f"{out}_dot"], along, rtol=1e-5, atol=1e-6)


@for_each(CASES)
def test_a_batch_is_the_stack_of_its_examples_whichever_operands_have_one(op, shapes, attributes):
    graph = application(op, shapes, attributes)
    leaves = [node.name for node in graph.leaves]
    ways = itertools.chain.from_iterable(itertools.combinations(leaves, k) for k in range(1, len(leaves) + 1))
    for some, size in itertools.product(ways, (1, 3)):
        rng = np.random.default_rng(4)
        values = drawn(op, graph, rng, some, size)
        bar = rng.standard_normal((size, *graph["out"].shape))
        whole = run(graph, **values)["out"]
        pulled = grad(graph, reals(graph), {"out": bar}, **values)
        parts = []
        for k in range(size):
            example = {name: value[k] if name in some else value for name, value in values.items()}
            part = run(graph, **example)["out"]
            np.testing.assert_allclose(whole[k] if whole.ndim > part.ndim else whole, part, rtol=1e-12, atol=1e-15)
            parts.append(grad(graph, reals(graph), {"out": bar[k]}, **example))
        for name in reals(graph):
            each = [part[f"{name}_bar"] for part in parts]
            np.testing.assert_allclose(pulled[f"{name}_bar"], np.stack(each) if name in some else sum(each), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("op", "shapes", "attributes"), FIRST)
def test_an_empty_batch_runs(op, shapes, attributes):
    graph = application(op, shapes, attributes)
    leaves = tuple(node.name for node in graph.leaves)
    out = run(graph, **drawn(replace(op, sample="any"), graph, np.random.default_rng(5), leaves, size=0))["out"]
    assert out.shape == (0, *graph["out"].shape)


@for_each(CASES)
def test_single_precision_stays_single_in_values_and_gradients(op, shapes, attributes):
    rng = np.random.default_rng(6)
    graph = application(op, shapes, attributes)
    values = {k: v.astype(np.float32) if k not in LABELS else v for k, v in drawn(op, graph, rng).items()}
    found = {**run(graph, **values), **grad(graph, reals(graph), {"out": np.ones(graph["out"].shape, np.float32)}, **values)}
    assert {name: value.dtype for name, value in found.items()} == dict.fromkeys(found, np.dtype(np.float32))


@pytest.mark.parametrize(
    ("op", "shapes", "attributes"), [pytest.param(op, *applications_of(op)[0], id=op.name) for op in ROWS if op.partial]
)
def test_partial_rules_are_linear_in_bar_and_so_serve_tangents(op, shapes, attributes):
    rng = np.random.default_rng(7)
    graph = application(op, shapes, attributes)
    values = drawn(op, graph, rng)
    pull = backward(graph, reals(graph), ["out"])
    u, v = rng.standard_normal((2, *graph["out"].shape))
    both, one, other = (run(pull, **values, out_bar=bar) for bar in (2 * u - 3 * v, u, v))
    for name in both:
        np.testing.assert_allclose(both[name], 2 * one[name] - 3 * other[name], rtol=1e-10, atol=1e-12)


@for_each(CASES)
def test_every_row_typesets(op, shapes, attributes):
    graph = application(op, shapes, attributes)
    assert render(mathml(notation.equation(graph, "out"), True))[0] > 0  # raises where the LaTeX cannot be read


@for_each(CASES)
def test_a_printed_row_is_read_back_as_the_same_operator(op, shapes, attributes):
    graph = application(op, shapes, attributes)
    leaves = {n.name: {"class": n.value, "shape": list(n.shape)} if n.op == "label" else list(n.shape) for n in graph.leaves}
    again = parse(str(graph), **leaves)
    assert (again["out"].op, again["out"].inputs, again["out"].shape) == (op.name, graph["out"].inputs, graph["out"].shape)


# --- the tests above can fail -------------------------------------------------------------------------------------------------

WRONG = [
    ("tanh", {"partial": ("bar * (1 - y)",)}, "J = sum(tanh(x))"),
    ("mul", {"partial": ("bar * b", "bar * b")}, "J = sum(x * (x + 1) * x)"),
    ("matvec", {"adjoint": ("outer(bar, x)", "2 * vecmat(bar, W)")}, "J = sum(W @ x)"),
    ("norm2", {"vjp": ("bar * x",), "jvp": ("inner(x, dot)",)}, "J = norm2(x)"),
    ("relu", {"partial": ("0",)}, "J = sum(relu(x))"),
]


@pytest.mark.parametrize(("name", "rules", "text"), WRONG, ids=[w[0] for w in WRONG])
def test_a_planted_wrong_rule_is_caught_by_the_checker(monkeypatch, name, rules, text):
    values = {"x": np.array([0.7, -0.4, 1.3]), "W": np.arange(6.0).reshape(2, 3)}
    assert check(parse(text, x=[3], W=[2, 3]), **values)
    monkeypatch.setitem(OPS, name, replace(OPS[name], **rules))
    report = check(parse(text, x=[3], W=[2, 3]), **values)
    assert not report
    assert "x_bar" in [finding.what for finding in report.findings if not finding.ok]


def test_a_rule_wrong_for_tangents_only_is_caught_by_the_adjoint_identity(monkeypatch):
    monkeypatch.setitem(OPS, "softmax", replace(OPS["softmax"], jvp=("y * dot",)))
    report = check(parse("J = inner(softmax(x), w)", x=[3], w=[3]), x=[0.1, 0.2, 0.4], w=[1.0, -1, 2])
    assert [finding.what for finding in report.findings if not finding.ok] == [
        "forward over reverse",
        "adjoint identity",
    ]


@pytest.mark.parametrize("derivative", [backward, tangent])
@pytest.mark.parametrize(("name", "none"), [("tanh", {"partial": ()}), ("softmax", {"jvp": ()}), ("inner", {"adjoint": ("bar * b",)})])
def test_a_missing_rule_raises_and_says_what_to_add(monkeypatch, derivative, name, none):
    monkeypatch.setitem(OPS, name, replace(OPS[name], **none))
    graph = application(OPS[name], [(3,)] * len(OPS[name].args), {})
    with pytest.raises(DerivativeError, match=f"out: {name} has no derivative rule; add one to its row"):
        derivative(graph)


# --- multiplications ----------------------------------------------------------------------------------------------------------


class Counted(float):
    """A number that counts how often it is multiplied or divided."""

    count = 0

    def _counting(self, value):
        Counted.count += 1
        return Counted(value)

    def __mul__(self, other):
        return self._counting(float(self) * float(other))

    def __truediv__(self, other):
        return self._counting(float(self) / float(other))

    def __add__(self, other):
        return Counted(float(self) + float(other))

    def __sub__(self, other):
        return Counted(float(self) - float(other))

    __rmul__, __radd__ = __mul__, __add__

    def exp(self):
        return Counted(math.exp(self))

    def conjugate(self):
        return self


COUNTED = [
    "add",
    "mul",
    "div",
    "matvec",
    "vecmat",
    "matmul",
    "outer",
    "inner",
    "norm2",
    "sum",
    "mean",
    "softmax",
    "transpose",
    "concatenate",
    "pick",
]


@pytest.mark.parametrize(
    ("op", "shapes", "attributes"), [pytest.param(op, *applications_of(op)[-1], id=op.name) for op in ROWS if op.name in COUNTED]
)
def test_multiplications_are_those_that_are_done(op, shapes, attributes):
    graph = application(op, shapes, attributes)
    arrays = []
    for name, value in drawn(op, graph, np.random.default_rng(8)).items():
        flat = [value] if name in LABELS else [Counted(v) for v in value.flat]
        arrays.append(value if name in LABELS else np.array(flat, dtype=object).reshape(value.shape))
    arrays = [a.reshape(-1) if axes == ("*",) and not attributes else a for a, axes in zip(arrays, op.inputs, strict=True)]
    Counted.count = 0
    op.kernel(*arrays, **dict(graph["out"].attrs))
    assert multiplications(graph, graph["out"]).at({}) == Counted.count


def test_the_cost_of_a_row_made_of_others_is_theirs():
    assert str(cost(parse("y = indicator(x)", x=["n"])).multiplications) == "n"


# --- what the rows say about hard places --------------------------------------------------------------------------------------

NAN, INF = math.nan, math.inf
HARD = [  # text, point, value, gradient of the sum
    ("relu(x)", [0.0, -0.0, NAN, INF, -INF], [0, 0, NAN, INF, 0], [0, 0, 0, 1, 0]),
    ("abs(x)", [0.0, -2.0, INF], [0, 2, INF], [0, -1, 1]),
    ("sqrt(x)", [0.0, 4.0, INF], [0, 2, INF], [INF, 0.25, 0]),
    ("log(x)", [0.0, 1.0], [-INF, 0], [INF, 1]),
    ("1 / x", [0.0, 2.0, INF], [INF, 0.5, 0], [-INF, -0.25, 0]),
    ("x / x", [0.0, 2.0], [NAN, 1], [NAN, 0]),
    ("x ** 0", [0.0, -2.0, 3.0], [1, 1, 1], [0, 0, 0]),
    ("x ** 1", [0.0, -2.0, 3.0], [0, -2, 3], [1, 1, 1]),
    ("x ** 2", [0.0, -2.0, 3.0], [0, 4, 9], [0, -4, 6]),
    ("x ** 3", [0.0, -2.0], [0, -8], [0, 12]),
    ("x ** -1", [-2.0, 4.0], [-0.5, 0.25], [-0.25, -0.0625]),
    ("x ** 0.5", [0.0, 4.0, -1.0], [0, 2, NAN], [INF, 0.25, NAN]),
    ("0 ** x", [0.0, 2.0], [1, 0], [-INF, 0]),
    ("xlogy(x, 2)", [0.0, 1.0], [0, math.log(2)], [math.log(2)] * 2),
    ("xlogy(0, x)", [0.0, 1.0, INF], [0, 0, 0], [0, 0, 0]),
    ("sigmoid(x)", [1000.0, -1000.0, 0.0, INF, -INF, NAN], [1, 0, 0.5, 1, 0, NAN], [0, 0, 0.25, 0, 0, NAN]),
    ("tanh(x)", [1000.0, -1000.0, 0.0], [1, -1, 0], [0, 0, 1]),
    ("minimum(x, 1)", [1.0, 0.0, 2.0], [1, 0, 1], [1, 1, 0]),
    ("maximum(x, 1)", [1.0, 0.0, 2.0], [1, 1, 2], [0, 0, 1]),
    ("minimum(x, x)", [1.0], [1], [1]),
    ("step(x)", [0.0, 1.0, -1.0], [0, 1, 0], [0, 0, 0]),
    ("threshold(x)", [0.0, 1.0, -1.0], [1, 1, 0], [0, 0, 0]),
    ("indicator(x)", [-1.0, 1.0, 1.5, 0.0], [1, 1, 0, 1], [0, 0, 0, 0]),
    ("sign(x)", [0.0, -3.0], [0, -1], [0, 0]),
    ("exp(x)", [710.0, -1000.0], [INF, 0], [INF, 0]),
]


@pytest.mark.parametrize(("text", "point", "value", "slopes"), HARD, ids=[h[0] for h in HARD])
def test_hard_places_have_the_value_and_the_derivative_the_table_promises(text, point, value, slopes):
    found = grad(parse(f"y = {text}; J = sum(y)", x=["n"]), ["x"], x=point)
    np.testing.assert_allclose(run(parse(f"y = {text}", x=["n"]), x=point)["y"], value, rtol=1e-12)
    np.testing.assert_allclose(found["x_bar"], slopes, rtol=1e-12)


@pytest.mark.parametrize(
    "text",
    ["sum(x)", "mean(x)", "norm2(x)", "sum(softmax(x))", "sum(log_softmax(x))", "sum(concatenate(x, x))", "sum(outer(x, x))", "x @ x"],
)
@pytest.mark.parametrize("n", [0, 1])
def test_empty_vectors_and_vectors_of_one_entry_run_and_have_gradients(text, n):
    graph = parse(f"J = {text}", x=["n"])
    found = grad(graph, ["x"], x=np.full(n, 0.5))
    assert found["x_bar"].shape == (n,)
    assert np.isnan(found["J"]) == (text == "mean(x)" and n == 0)
    assert np.isfinite(found["x_bar"]).all()


@pytest.mark.parametrize("t", [-1, 4])
def test_an_entry_that_is_not_there_is_refused_where_only_the_kernel_can_know(t):
    graph = parse("y = concatenate(a, b)[t]", a=["D"], b=["E"], t={"class": "N"})  # N is D + E, which nobody says
    with pytest.raises(InputError, match=rf"y: pick failed: there is no entry {t}; entries are counted from 0 to 3"):
        run(graph, a=np.ones(3), b=np.ones(1), t=t)


def test_rules_name_only_what_a_rule_may_name():
    def names(tree):
        return {tree} if isinstance(tree, str) else set().union(*map(names, tree.operands)) if isinstance(tree, Applied) else set()

    for op in ROWS:
        extra = {"bar", "y"} | ({"i"} if op.is_variadic else set())
        for rule in op.rules:
            assert names(expression_tree(rule)) <= {*op.args, *extra}, op.name
        for rule in op.jvp:
            assert names(expression_tree(rule)) <= {*op.args, "y", "dot"}, op.name
        assert INNER not in op.name
