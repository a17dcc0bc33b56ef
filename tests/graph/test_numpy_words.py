"""Each row in NumPy's words is what its kernel computes: the text is evaluated at the row's cases of the table."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from table_cases import for_each
from test_table import CASES, application, drawn

from a1viz.calculus.interpreter import run
from a1viz.graph.equations import parse
from a1viz.graph.numpy_words import HELPERS, helpers_of, numpy_template, numpy_text
from a1viz.graph.operators import OPS, TABLE
from a1viz.graph.printing import PrintedOperand


def evaluated(text: str, values: dict) -> np.ndarray:
    """What a program computes that has this line, and the functions that it needs, and nothing else but NumPy and math."""
    names = {"np": np, "math": math}
    exec("\n\n".join(helpers_of([text])), names)
    return np.asarray(eval(text, names, dict(values)))


WRITTEN = [case for case in CASES if not case[0].body]


@pytest.mark.filterwarnings("ignore:.*:RuntimeWarning")  # as of NumPy, of a branch that is not taken
@for_each(WRITTEN)
def test_the_words_of_a_row_compute_what_its_kernel_does(op, shapes, attributes):
    graph = application(op, shapes, attributes)
    values = drawn(op, graph, np.random.default_rng(11))
    if "P" in values and op.name.startswith("max_pool"):  # the largest entry of each window of X
        pool = op.name.partition("_input")[0].partition("_entries")[0]
        values["P"] = run(application(OPS[pool], [values["X"].shape], attributes), X=values["X"])["out"]
    text = numpy_text(op, [node.name for node in graph.leaves], shapes, graph["out"].attrs)
    found = evaluated(text, values)
    assert found.shape == graph["out"].shape
    np.testing.assert_allclose(found, run(graph, **values)["out"], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("op", TABLE, ids=lambda op: op.name)
def test_every_row_that_a_program_may_contain_has_words(op):
    """Those made of others are written as these; sums over a batch stand in plans alone."""
    assert bool(numpy_template(op)) != bool(op.body or op.batch)
    assert not op.numpy or not (op.body or op.batch)


def test_words_name_nothing_but_numpy_their_operands_and_the_functions_beside_them():
    for op in TABLE:
        for called in re.findall(r"(?<![\w.])([a-z]\w*)\(", numpy_template(op)):
            assert called in HELPERS or called in ("range", "len"), (op.name, called)


def test_each_function_beside_the_words_is_used_and_stands_after_those_it_calls():
    used = "\n".join(helpers_of(numpy_template(op) for op in TABLE))
    for name in HELPERS:
        assert f"def {name}(" in used, name
        assert not re.search(rf"(?<![\w.]){name}\(", used[: used.index(f"def {name}(")].replace(f"def {name}(", "")), name


@pytest.mark.parametrize(
    "text",
    [
        "(a + b) * c", "a - (b - c)", "-(a + b) ** 2", "(a * b) ** c", "a ** -b", "(a < b) * c", "relu(a + b) / (c - a)", "(a + b)[1]",
        "(a * b)[1:3]", "outer(a + b, c).T", "softmax(a - b) * c", "(a - b) @ c", "log_softmax(a + b) * c", "softplus(a - b) ** 2",
        "(a > b) - (b >= c)", "sum(a - b) * mean(c + a)", "norm2(a - b) * norm(b - c)", "sigmoid(a - b)", "a / (b * c) * a",
        "(A + A.T) @ (a + b)", "gelu(a - b) * c", "softsign(a - b) ** 2", "leaky_relu(a - b, 0.1) * c", "clip(a * b, a, b) - hinge(a)",
        "expand(a + b, axis=0) * A", "A[:, 0] * (A[1] + a)", "concatenate(a + b, c - a)", "stack(a + b, c * a)[1]", "-relu(-a) * -b",
    ],
)  # fmt: skip
def test_operands_are_in_parentheses_where_they_must_be(text):
    """A whole equation as one line, as a program has it."""
    values = {name: np.random.default_rng(k).uniform(0.5, 2, (4,)) for k, name in enumerate("abc")}
    values["A"] = np.random.default_rng(9).uniform(0.5, 2, (4, 4))
    graph = parse(f"y = {text}", a=[4], b=[4], c=[4], A=[4, 4])
    said = {}
    for node in graph.nodes:
        if node.is_given:
            said[node.name] = node.name
        elif node.op == "constant":
            said[node.name] = PrintedOperand(node.name.removeprefix(":").removesuffix(".0"), 25 if node.number < 0 else 40)
        else:
            shapes = [graph[i].shape for i in node.inputs]
            said[node.name] = numpy_text(OPS[node.op], [said[i] for i in node.inputs], shapes, node.attrs)
    np.testing.assert_allclose(evaluated(said["y"], values), run(graph, **values)["y"], rtol=1e-12, err_msg=said["y"])


@pytest.mark.parametrize(
    ("call", "shapes", "attrs", "text"),
    [
        ("matvec", [(3, 4), (4,)], (), "W @ x"), ("matvec", [(2, 3, 4), (4,)], (), "np.matvec(W, x)"),
        ("relu", [(3,)], (), "np.maximum(x, 0)"),
        ("sum", [(3, 4)], (), "np.sum(x)"), ("sum", [(3, 4)], (("axis", -2), ("keepdims", True)), "np.sum(x, axis=-2, keepdims=True)"),
        ("greater", [(), ()], (), "np.where(a > b, 1.0, 0.0)"), ("transpose", [(3, 4)], (), "A.T"), ("pick", [(4,), ()], (), "x[t]"),
        ("conv2d", [(1, 4, 4), (2, 1, 3, 3)], (("padding", 1),), "conv2d(X, K, padding=1)"), ("log", [()], (), "np.log(x)"),
    ],
)  # fmt: skip
def test_words_are_those_one_would_write(call, shapes, attrs, text):
    assert numpy_text(OPS[call], list(OPS[call].args), shapes, attrs) == text
