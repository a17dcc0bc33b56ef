"""Plans of operators along axes, in every application of the table: the interpreter's numbers, to the bit or but for rounding."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_plan import applied, assert_apart, assert_same, cases
from test_plan_fast import assert_near

import a1viz
from a1viz.calculus.interpreter import grad, run
from a1viz.graph.nodes import Builder, Graph
from a1viz.graph.operators import TABLE, Op
from a1viz.plan import floats

APPLICATIONS = cases([op for op in TABLE if op.kernel and not op.batch and op.args])


def pulled_back(op: Op, graph: Graph) -> list[str]:
    """The leaves that a cotangent of the result is pulled back to."""
    return [node.name for node in graph.leaves if node.op != "label"] if op.rules else []


@pytest.mark.parametrize("options", [{"exact": True}, {}], ids=["exact", "fast"])
@pytest.mark.parametrize(("op", "shapes", "attributes"), APPLICATIONS)
def test_every_application_gives_what_run_and_grad_give_with_every_batch(op, shapes, attributes, options):
    same = assert_same if options else lambda found, expected: assert_near(found, expected, 1000)
    rng = np.random.default_rng(1)
    for batch in {(), tuple(range(len(shapes))), *((k,) for k in range(len(shapes)))}:
        graph, values = applied(op, shapes, attributes, frozenset(batch))
        expected, compiled = run(graph, **values), a1viz.compile(graph, **options)
        same(compiled(**values), expected)
        same(compiled.bind(**values)(), expected)
        wrt = pulled_back(op, graph)
        if wrt:
            bar, compiled = (
                {"out_value": rng.standard_normal(expected["out_value"].shape)},
                a1viz.compile(graph, wrt, ["out_value"], **options),
            )
            expected = grad(graph, wrt, bar, **values)
            same(compiled(cotangents=bar, **values), expected)
            same(compiled.bind(cotangents=bar, **values)(), expected)
            same(compiled.bind(cotangents=bar, copy=True, **values)(), expected)


@pytest.fixture
def always(monkeypatch):
    """Whatever can be unrolled is."""
    monkeypatch.setattr(floats, "A_CALL", 10**9)


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize(("op", "shapes", "attributes"), APPLICATIONS)
def test_every_application_is_unrolled_right_or_left_to_calls(op, shapes, attributes):
    graph, values = applied(op, shapes, attributes, frozenset())
    wrt = pulled_back(op, graph)
    if wrt:
        bar = {"out_value": np.random.default_rng(3).standard_normal(run(graph, **values)["out_value"].shape)}
        assert_near(a1viz.compile(graph, wrt, ["out_value"])(cotangents=bar, **values), grad(graph, wrt, bar, **values), 1000)


# --- random graphs --------------------------------------------------------------------------------------------------------------------

LEAVES = {"s": (), "x": (4,), "A": (3, 4), "B": (4, 4), "T": (2, 3, 4), "U": (2, 4, 3), "V": (3, 2, 4), "E": (1, 3, 1)}
UNARY = ("tanh", "sigmoid", "relu", "neg", "abs", "exp")
BINARY = ("add", "sub", "mul", "maximum", "matmul", "matvec", "vecmat", "outer", "inner", "concatenate", "stack")
LOSS = ("sum", "mean", "norm2")


def attributes_of(draw: st.DrawFn, op: str, shape: tuple[int, ...]) -> dict[str, object]:
    if not shape:
        return {}
    axes = st.integers(-len(shape), len(shape) - 1)
    if op in ("sum", "mean"):
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
    for k in range(draw(st.integers(2, 9))):
        op = draw(st.sampled_from([*UNARY[:3], *BINARY, "softmax", "log_softmax", *["transpose", "reshape", "slice", "sum", "mean"] * 3]))
        operands = [draw(st.sampled_from(names[::-1])) for _ in range(1 + (op in BINARY))]
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
def examples(draw: st.DrawFn) -> tuple[Graph, dict[str, np.ndarray]]:
    graph, rng = draw(graphs()), np.random.default_rng(draw(st.integers(0, 99)))
    batch, values = draw(st.sampled_from([None, None, 1, 2, 5, 17])), {}
    for leaf in graph.leaves:
        shape = leaf.shape if batch is None or draw(st.booleans()) else (batch, *leaf.shape)
        layout = draw(st.sampled_from([np.ascontiguousarray, np.asfortranarray, doubled]))
        values[leaf.name] = layout(rng.standard_normal(shape)) if shape else rng.standard_normal(shape)
    return graph, values


@settings(max_examples=400, deadline=None)
@given(examples())
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
