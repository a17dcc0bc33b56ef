"""The format's own conformance tests: nine in ten of those for operators that are read pass, and gradients are right."""

from __future__ import annotations

import random

import conformance
import numpy as np
import pytest

import a1viz
from a1viz.exchange import from_onnx


@pytest.fixture(scope="module")
def cases():
    return conformance.counted_tests()


BOOL = 9
AT_KINKS = {  # tests whose values lie where there is no derivative, or at the end of where a function is defined
    "test_acosh_example", "test_elu_example", "test_leakyrelu_example", "test_pow", "test_reduce_min_default_axes_keepdims_example",
    "test_selu_example", "test_sign", "test_thresholdedrelu_example",
}  # fmt: skip


def tenth(cases):
    return random.Random(7).sample(cases, len(cases) // 10)


def test_nine_in_ten_conformance_tests_pass(cases):
    """A seeded tenth of them; `make prove` runs all."""
    some = tenth(cases)
    wrong = list(conformance.failures(some))
    assert len(cases) > 600
    assert len(wrong) <= len(some) / 10, "\n".join(wrong)


@pytest.mark.prove
def test_nine_in_ten_of_all_pass(cases):
    wrong = list(conformance.failures(cases))
    assert len(wrong) <= len(cases) / 10, "\n".join(wrong)


def slopes(case) -> list[str]:
    """Where the gradient of a model is not what differences of its values say, along a random direction."""
    try:
        graph, given = conformance.read(case)
        found = a1viz.run(graph, **given)
    except a1viz.A1vizError:
        return []
    conditions = {info.name for info in case.model.graph.input if info.type.tensor_type.elem_type == BOOL}
    leaves = [node.name for node in graph.leaves if node.op != "label" and node.name in given and node.name not in conditions]
    chance = np.random.default_rng(3)
    nudge = {name: chance.standard_normal(given[name].shape) for name in leaves}
    bars = {output: chance.standard_normal(found[output].shape) for output in graph.outputs}
    if case.name in AT_KINKS or not leaves or not all(np.isfinite(value).all() for value in found.values()):
        return []
    grads = a1viz.grad(graph, leaves, cotangents=bars, **given)
    slope = sum(float(np.sum(grads[f"{name}_bar"] * nudge[name])) for name in leaves)
    for step in (1e-6, 3e-6):  # a kink may lie within one of them
        ends = [a1viz.run(graph, **{n: v + sign * step * nudge.get(n, 0) for n, v in given.items()}) for sign in (1, -1)]
        wanted = sum(float(np.sum(bars[o] * (ends[0][o] - ends[1][o]))) for o in graph.outputs) / (2 * step)
        if abs(slope - wanted) <= 1e-4 * (1 + abs(wanted) + sum(float(np.abs(g).sum()) for g in grads.values()) * 1e-3):
            return []
    return [f"{case.name}: {slope} by the gradient, {wanted} by differences"]


def test_gradients_are_those_of_differences(cases):
    wrong = [line for case in tenth(cases) for line in slopes(case)]
    assert wrong == []


@pytest.mark.prove
def test_gradients_of_all_are_those_of_differences(cases):
    wrong = [line for case in cases for line in slopes(case)]
    assert wrong == []


def test_the_measure_tells_a_wrong_model(cases):
    case = next(case for case in cases if case.name == "test_relu")
    graph, given = conformance.read(case)
    conformance.check_values(case, graph, given)
    case.model.graph.node[0].op_type = "Abs"
    try:
        with pytest.raises(AssertionError):
            conformance.check_values(case, from_onnx(case.model, batch=False), given)
    finally:
        case.model.graph.node[0].op_type = "Relu"
