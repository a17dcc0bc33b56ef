"""Plans of operators along axes, in every application of the table: the interpreter's numbers, to the bit or but for rounding."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st
from table_cases import cases_of, for_each
from test_plan import applied, assert_apart, assert_same
from test_plan_fast import assert_near, operations

import a1viz
from a1viz.calculus.interpreter import grad, run
from a1viz.graph.equations import parse
from a1viz.graph.nodes import Builder, Graph
from a1viz.graph.operators import TABLE, Op
from a1viz.plan import apply, floats, lowering, rounding, table

APPLICATIONS = cases_of(op for op in TABLE if op.kernel and not op.batch and op.args)


def pulled_back(op: Op, graph: Graph) -> list[str]:
    """The leaves that a cotangent of the result is pulled back to."""
    return [node.name for node in graph.leaves if node.op != "label"] if op.rules else []


def assert_planned(graph: Graph, wrt: list[str], values: dict, expected: dict, bar: dict, pulled: dict, exact: bool) -> None:
    """A plan gives the values that are expected, and the cotangents that are pulled back, if any, however it is called."""
    same = assert_same if exact else lambda found, expected: assert_near(found, expected, 1000)
    compiled = a1viz.compile(graph, exact=exact)
    same(compiled(**values), expected)
    same(compiled.bind(**values)(), expected)
    if wrt:
        compiled = a1viz.compile(graph, wrt, ["out_value"], exact=exact)
        same(compiled(cotangents=bar, **values), pulled)
        same(compiled.bind(cotangents=bar, **values)(), pulled)
        same(compiled.bind(cotangents=bar, copy=True, **values)(), pulled)


@for_each(APPLICATIONS)
def test_every_application_gives_what_run_and_grad_give_with_every_batch(op, shapes, attributes):
    rng = np.random.default_rng(1)
    for batch in {(), tuple(range(len(shapes))), *((k,) for k in range(len(shapes)))}:
        graph, values = applied(op, shapes, attributes, frozenset(batch))
        expected, wrt = run(graph, **values), pulled_back(op, graph)
        bar = {"out_value": rng.standard_normal(expected["out_value"].shape)}
        pulled = grad(graph, wrt, bar, **values) if wrt else {}
        for exact in (True, False):
            assert_planned(graph, wrt, values, expected, bar, pulled, exact)


@pytest.fixture
def always(monkeypatch):
    """Whatever can be unrolled is."""
    monkeypatch.setattr(floats, "A_CALL", 10**9)


@pytest.mark.usefixtures("always")
@for_each(APPLICATIONS)
def test_every_application_is_unrolled_right_or_left_to_calls(op, shapes, attributes):
    graph, values = applied(op, shapes, attributes, frozenset())
    wrt = pulled_back(op, graph)
    if wrt:
        bar = {"out_value": np.random.default_rng(3).standard_normal(run(graph, **values)["out_value"].shape)}
        assert_near(a1viz.compile(graph, wrt, ["out_value"])(cotangents=bar, **values), grad(graph, wrt, bar, **values), 1000)


# --- random graphs --------------------------------------------------------------------------------------------------------------------

LEAVES = {"s": (), "x": (4,), "A": (3, 4), "B": (4, 4), "T": (2, 3, 4), "U": (2, 4, 3), "V": (3, 2, 4), "E": (1, 3, 1)}
UNARY = ("tanh", "sigmoid", "relu", "neg", "abs", "exp")
REDUCTIONS = ("sum", "mean", "var", "max", "min")
BINARY = ("add", "sub", "mul", "maximum", "select", "less", "matmul", "matvec", "vecmat", "outer", "inner", "concatenate", "stack")
LOSS = ("sum", "mean", "norm2")


def attributes_of(draw: st.DrawFn, op: str, shape: tuple[int, ...]) -> dict[str, object]:
    if not shape:
        return {}
    axes = st.integers(-len(shape), len(shape) - 1)
    if op in REDUCTIONS:
        found = draw(st.lists(axes, min_size=1, max_size=2, unique_by=lambda axis: axis % len(shape)))
        return {"axis": found, "keepdims": draw(st.booleans())}
    if op == "transpose":
        return {"axes": draw(st.permutations(range(len(shape))))}
    if op == "reshape":
        size = int(np.prod(shape))
        first = draw(st.sampled_from([n for n in range(1, size + 1) if size % n == 0]))
        second = draw(st.sampled_from([n for n in range(1, size // first + 1) if (size // first) % n == 0]))
        return {"shape": draw(st.sampled_from([[size], [first, -1], [first, second, -1]]))}
    if op == "slice":
        return {"index": [draw(st.sampled_from([(None, None), (0, 1), (1, None), (-1, None), (0, 2)])) for _ in shape]}
    return {"axis": draw(axes)} if op in ("softmax", "log_softmax", "concatenate", "stack") else {}


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """A graph with a loss, of a few operators that work along axes, move them or round."""
    builder = Builder()
    for name, shape in LEAVES.items():
        builder.leaf(name, "input", shape)
    names = list(LEAVES)
    kinds = [*UNARY[:3], *BINARY, *REDUCTIONS, "softmax", "log_softmax", *["transpose", "reshape", "slice", "sum", "mean"] * 3]
    for k in range(draw(st.integers(2, 9))):
        op = draw(st.sampled_from(kinds))
        operands = [draw(st.sampled_from(names[::-1])) for _ in range(1 + (op in BINARY))]
        if 0 in builder.shape(operands[0]) and op in ("max", "min", "reshape"):  # nothing has no maximum
            continue
        try:
            names.append(builder.add(op, operands, name=f"v{k}", attrs=attributes_of(draw, op, builder.shape(operands[0]))))
        except (a1viz.A1vizError, IndexError, ValueError):  # shapes or attributes that do not go together
            continue
    losses = [builder.add(draw(st.sampled_from(LOSS)), [name]) for name in {names[-1], draw(st.sampled_from(names))}]
    builder.add("add", [losses[0], losses[-1]], name="J")
    return builder.graph("random", ["J"])


def doubled(array: np.ndarray) -> np.ndarray:
    """The same numbers, each beside another one in memory."""
    return np.repeat(array, 2, axis=-1)[..., ::2]


@st.composite
def valued_graphs(draw: st.DrawFn) -> tuple[Graph, dict[str, np.ndarray]]:
    graph, rng = draw(graphs()), np.random.default_rng(draw(st.integers(0, 99)))
    batch, values = draw(st.sampled_from([None, None, 1, 2, 5, 17])), {}
    for leaf in graph.leaves:
        shape = leaf.shape if batch is None or draw(st.booleans()) else (batch, *leaf.shape)
        layout = draw(st.sampled_from([np.ascontiguousarray, np.asfortranarray, doubled]))
        values[leaf.name] = layout(rng.standard_normal(shape)) if shape else rng.standard_normal(shape)
    return graph, values


@examples(130)
@given(valued_graphs())
def test_plans_of_random_graphs_with_axes_are_the_interpreters(case):
    graph, values = case
    with np.errstate(all="ignore"):
        assert_same(a1viz.compile(graph, exact=True)(**values), run(graph, **values))
        wrt = list(LEAVES)
        expected = grad(graph, wrt, **values)
        exact, fast = a1viz.compile(graph, wrt, exact=True), a1viz.compile(graph, wrt)
        owned = {name: array.copy() for name, array in values.items()}
        assert_same(exact(**values), expected)
        assert_same(exact.bind(**values)(), expected)
        assert_same(exact.bind(copy=True, **owned)(), grad(graph, wrt, **owned))
        assert_apart(fast.plan(**values))
        for found in (fast(**values), fast.bind(**values)(), fast.bind(copy=True, **values)()):
            for name, array in expected.items():
                scale = max(1.0, np.abs(array).max(initial=0))
                np.testing.assert_allclose(found[name], array, rtol=0, atol=1e-9 * scale, err_msg=name)


# --- what is done for a network of attention, of layer norm, of a sequence ----------------------------------------------------------------

ATTENTION = """
Q = transpose(reshape(X @ W_Q, [T, 2, D // 2]), [1, 0, 2])
K = transpose(reshape(X @ W_K, [T, 2, D // 2]), [1, 0, 2])
V = transpose(reshape(X @ W_V, [T, 2, D // 2]), [1, 0, 2])
A = softmax(where(tril(ones(T, T)), Q @ K.T / sqrt(D // 2), -inf))
Z = X + reshape(transpose(A @ V, [1, 0, 2]), [T, D]) @ W_O
N = g * (Z - mean(Z, axis=1, keepdims=True)) / sqrt(var(Z, axis=1, keepdims=True) + 1e-5) + b
Y = Z + gelu_tanh(N @ W1) @ W2
J = mean(Y ** 2)
"""
SHAPES = {"X": ["T", "D"], **{f"W_{k}": ["D", "D"] for k in "QKVO"}, "g": ["D"], "b": ["D"], "W1": ["D", "F"], "W2": ["F", "D"]}


def attention(batch: int | None = None, dtype: str = "d") -> tuple[Graph, dict[str, np.ndarray]]:
    graph, rng, sizes = parse(ATTENTION, SHAPES), np.random.default_rng(0), {"T": 5, "D": 4, "F": 7}
    values = {leaf.name: rng.standard_normal([sizes[n] for n in leaf.shape]).astype(dtype) for leaf in graph.leaves}
    if batch is not None:
        values["X"] = rng.standard_normal((batch, 5, 4)).astype(dtype)
    return graph, values


@pytest.mark.parametrize("dtype", ["d", "f"])
@pytest.mark.parametrize("batch", [None, 1, 3, 6000])
def test_a_transformer_block_has_the_interpreters_gradients(batch, dtype):
    graph, values = attention(batch, dtype)
    wrt = [name for name in SHAPES if name != "X" or batch != 6000]
    expected = grad(graph, wrt, **values)
    step = a1viz.compile(graph, wrt)
    assert_near(step(**values), expected, 4000)
    assert_near(step.bind(**values)(), expected, 4000)
    assert step.plan(**values).is_tiled == (batch == 6000)
    if batch != 6000:
        assert_same(a1viz.compile(graph, wrt, exact=True)(**values), expected)


def test_no_head_is_copied_no_mask_is_made_twice_and_nothing_is_left_to_a_kernel():
    graph, values = attention()
    plan = a1viz.compile(graph, list(SHAPES)).plan(**values)
    assert not {"reshape", "tril", "equal", "power", "dpow"} & set(operations(plan))
    assert "kernel_" not in plan.code
    assert operations(plan).count("matmul") == 24  # 8 forward, and two gradients of each
    assert operations(plan).count("rowdot") == 3  # of the softmax, of the variance, of its root


def test_rows_of_a_batch_are_rows_of_one_product():
    """All rows of all examples times one weight, and its gradient, are one product each."""
    graph, values = attention(3)
    code = a1viz.compile(graph, list(SHAPES)).plan(**values).code
    assert ".dot(" in code
    products = [line for line in code.split("\n") if "matmul(" in line]
    assert len(products) == 6  # what differs from example to example: of scores and heads, and of their gradients


def test_an_empty_axis_is_summed_and_reshaped_as_the_interpreter_does_it():
    graph = parse("y = sum(reshape(X, [-1, 2]), axis=0) + sum(X) + mean(X, axis=1)[0] * 0", X=["T", 4])
    values = {"X": np.ones((0, 4))}
    compiled = parse("y = sum(reshape(X, [-1, 2]), axis=0) + sum(X)", X=["T", 4])
    assert_near(a1viz.compile(compiled)(**values), run(compiled, **values))
    assert graph.outputs == ("y",)


SEQUENCE = "\n".join(f"h{k + 1} = tanh(U @ h{k} + W @ X[{k}] + b)" for k in range(6)) + "\nJ = norm2(V @ h6 - t) + norm2(h3)"


@pytest.mark.parametrize("batch", [None, 1, 7])
def test_a_weight_used_at_every_step_has_its_gradient_as_one_product(batch):
    graph = parse(SEQUENCE, h0=["H"], X=[6, "D"], U=["H", "H"], W=["H", "D"], b=["H"], V=["K", "H"], t=["K"])
    rng, sizes = np.random.default_rng(0), {"H": 40, "D": 30, "K": 20}
    lead = () if batch is None else (batch,)
    values = {
        leaf.name: rng.standard_normal((*(lead if leaf.name in ("X", "h0", "t") else ()), *(sizes.get(n, n) for n in leaf.shape)))
        for leaf in graph.leaves
    }
    step = a1viz.compile(graph, ["U", "W", "b", "V"])
    assert_near(step(**values), grad(graph, ["U", "W", "b", "V"], **values), 1000)
    found = operations(step.plan(**values))
    assert found.count("outer") + found.count("batch_outer") == 1  # of V, which is used once
    assert found.count("stack") == 2  # of the error signals and of the states; the inputs are rows of X


@pytest.mark.parametrize(
    ("rows", "op", "graph"),
    [
        (rounding.RULES, "rowsum", "J = sum(y); y = -sum(tanh(A) * B / 3, axis=1, keepdims=True)"),
        (lowering.RULES, "transpose", "J = norm2(transpose(A, [1, 0]) @ B)"),
        (table.ROWS, "sum_along", "J = norm2(sum(A * B, axis=0, keepdims=True))"),
    ],
)
def test_a_planted_fault_is_seen(monkeypatch, rows, op, graph):
    def negated(steps, k, users, new):
        return apply(steps, "neg", rule(steps, k, users, new))

    rule = rows[op]
    wrong = {"rowsum": negated, "transpose": lambda r: r.inputs[0], "sum_along": table.ROWS["max_along"]}[op]
    text = "; ".join(sorted(graph.split("; "), reverse=True))
    graph, values = parse(text, A=[3, 3], B=[3, 3]), {"A": np.arange(9.0).reshape(3, 3), "B": np.ones((3, 3)) + np.eye(3)}
    expected = grad(graph, ["A"], **values)
    assert_near(a1viz.compile(graph, ["A"])(**values), expected)
    monkeypatch.setitem(rows, op, wrong)
    with pytest.raises((AssertionError, ValueError, a1viz.A1vizError)):
        assert_near(a1viz.compile(graph, ["A"])(**values), expected)
