"""Exact plans on random graphs: to the bit what `run` and `grad` give, however operands lie in memory."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st
from test_plan import assert_same

import a1viz
from a1viz.calculus.autodiff import differentiable
from a1viz.calculus.interpreter import grad, run
from a1viz.graph.equations import parse
from a1viz.graph.nodes import Builder, Graph
from a1viz.plan import placement, products
from a1viz.plan.sites import Call

D, H = 3, 2
LEAVES = {"s": (), "c": (), "x": (D,), "p": (D,), "h": (H,), "A": (D, D), "B": (D, D), "W": (H, D)}
UNARY = ("tanh({})", "sigmoid({})", "relu({})", "-{}", "abs({})", "softplus({})", "exp(tanh({}))", "{} ** 2")
BINARY = ("{} + {}", "{} - {}", "{} * {}", "{} / (1 + {} ** 2)", "maximum({}, {})", "minimum({}, {})")
SHRINK = ("sum({})", "mean({})", "norm2({})")

SUMS = ("sum({}, axis=0)", "sum({}, axis=1, keepdims=True)", "sum({}, axis=0) * x[0]")


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """A graph with a loss, of a few equations of operators that round."""
    shapes, lines = dict(LEAVES), []

    def of(*ranks: int) -> str:
        return draw(st.sampled_from([name for name, shape in shapes.items() if len(shape) in ranks]))

    for k in range(draw(st.integers(1, 7))):
        kind = draw(st.sampled_from(["unary", "binary", "product", "transpose", "outer", "softmax", "shrink", "entry", "rows"]))
        a = of(*{"transpose": (2,), "rows": (2,), "shrink": (1, 2), "softmax": (1, 2), "entry": (1,)}.get(kind, (0, 1, 2)))
        b = draw(st.sampled_from([n for n, s in shapes.items() if s in ((), shapes[a]) or (len(s) == 1 and s == shapes[a][-1:])]))
        if kind == "product":
            a = of(1, 2)
            fits = [n for n, s in shapes.items() if s and s[0 if len(s) == 1 else -2] == shapes[a][-1]]
            text = f"{a} @ {draw(st.sampled_from(fits))}" if fits else f"tanh({a})"
        elif kind == "outer":
            text = f"outer({of(1)}, {of(1)})"
        else:
            templates = {"unary": UNARY, "binary": BINARY, "shrink": SHRINK, "transpose": ("{}.T",), "entry": ("{}[1]",)}
            templates |= {"softmax": ("softmax({})", "log_softmax({})"), "rows": SUMS}
            text = draw(st.sampled_from(templates[kind])).format(a, b)
        lines.append(f"v{k} = {text}")
        try:
            shapes[f"v{k}"] = parse("\n".join(lines), **{n: list(s) for n, s in LEAVES.items()})[f"v{k}"].shape
        except a1viz.A1vizError:  # shapes that do not go together
            lines.pop()
    names = [name for name in shapes if name not in LEAVES] or ["A"]
    first, last = draw(st.sampled_from(names)), names[-1]
    text = "\n".join([*lines, f"J = {draw(st.sampled_from(SHRINK)).format(last)} + {draw(st.sampled_from(SHRINK)).format(first)}"])
    return Builder(parse(text, **{n: list(s) for n, s in LEAVES.items()}).nodes).graph("random", ["J"])


@st.composite
def cases(draw: st.DrawFn) -> tuple[Graph, dict[str, np.ndarray]]:
    """A graph and values of its leaves, some with a batch axis, some that do not lie row after row."""
    graph, rng = draw(graphs()), np.random.default_rng(draw(st.integers(0, 99)))
    batch = draw(st.sampled_from([None, None, 1, 2, 5, 17]))
    values = {}
    for leaf in graph.leaves:
        shape = leaf.shape if batch is None or draw(st.booleans()) else (batch, *leaf.shape)
        array = rng.standard_normal(shape)
        layout = draw(st.sampled_from([np.ascontiguousarray, np.asfortranarray, doubled]))
        values[leaf.name] = layout(array) if shape else array
    return graph, values


def doubled(array: np.ndarray) -> np.ndarray:
    """The same numbers, each beside another one in memory."""
    return np.repeat(array, 2, axis=-1)[..., ::2]


@examples(100)
@given(cases())
def test_an_exact_plan_of_a_random_graph_is_what_run_and_grad_are_to_the_bit(case):
    graph, values = case
    with np.errstate(all="ignore"):
        assert_same(a1viz.compile(graph, exact=True)(**values), run(graph, **values))
        wrt = differentiable(graph)
        expected = grad(graph, wrt, **values)
        step = a1viz.compile(graph, wrt, exact=True)
        assert_same(step(**values), expected)
        assert_same(step.bind(**values)(), expected)
        owned = {name: array.copy() for name, array in values.items()}
        assert_same(step.bind(copy=True, **owned)(), grad(graph, wrt, **owned))


# --- the kinds that have been wrong, and whether the tests would see them again ----------------------------------------------------------


def issue() -> tuple[Graph, dict[str, np.ndarray]]:
    """As it was reported; whether it differs depends on the machine's BLAS."""
    graph = parse("h = W @ p; J = mean(h)", W=[3, 2], p=[2])
    return graph, {"W": np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.7]]), "p": np.array([1.0, 2.0])}


def spread() -> tuple[Graph, dict[str, np.ndarray]]:
    """A product with a constant that is spread: `@` does not hand it to BLAS."""
    rng = np.random.default_rng(0)
    return parse("h = W @ p; J = mean(h)", W=[50, 40], p=[40]), {"W": rng.standard_normal((50, 40)), "p": rng.standard_normal(40)}


def column_by_column() -> tuple[Graph, dict[str, np.ndarray]]:
    """A sum of what NumPy lays out as its operand lies."""
    graph = parse("J = norm2(sum(tanh(A), axis=1, keepdims=True))", A=["H", "D"])
    return graph, {"A": np.asfortranarray(np.random.default_rng(0).standard_normal((17, 133)))}


def differs(graph: Graph, values: dict[str, np.ndarray]) -> bool:
    wrt = differentiable(graph)
    found, expected = a1viz.compile(graph, wrt, exact=True)(**values), grad(graph, wrt, **values)
    return any((found[name] != expected[name]).any() for name in expected)


@pytest.mark.parametrize("case", [issue, spread, column_by_column])
def test_what_has_been_wrong_in_the_last_place_is_right(case):
    assert not differs(*case())


def test_a_product_that_is_always_handed_to_blas_is_seen(monkeypatch):
    monkeypatch.setattr(products, "dot", lambda at, a, b, out: Call("{}.dot({}, {})", (a, b, out)))
    assert differs(*spread())


def test_values_that_all_lie_row_after_row_are_seen(monkeypatch):
    monkeypatch.setattr(placement._Placer, "_is_local", lambda placer, step: False)
    assert differs(*column_by_column())
