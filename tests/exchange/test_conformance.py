"""The format's own conformance tests: nine in ten of those for operators that are read pass, and gradients are right."""

from __future__ import annotations

import copy
from pathlib import Path

import conformance
import numpy as np
import pytest

import a1viz

BOOL = 9
AT_KINKS = {  # tests whose values lie where there is no derivative, at a tie, or at the end of where a function is defined
    "test_acosh_example", "test_elu_example", "test_hardmax_one_hot", "test_leakyrelu_example", "test_maxpool_3d_dilations",
    "test_maxpool_3d_dilations_use_ref_impl", "test_pow", "test_reduce_min_default_axes_keepdims_example", "test_selu_example", "test_sign",
    "test_thresholdedrelu_example",
}  # fmt: skip


@pytest.fixture(scope="module")
def cases():
    """Of a seeded tenth of the files; `make prove` takes all."""
    return conformance.counted_tests(0.1)


PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "exchange.md").read_text(encoding="utf-8")


def test_what_does_not_pass_is_refused_in_the_words_that_stand_on_the_page(cases):
    assert len(cases) > 40
    assert [line for line in conformance.failures(cases) if f"| {conformance.reason(line[1])[0]} |" not in PAGE] == []


@pytest.mark.prove
def test_how_many_pass_is_what_the_page_says_and_nine_in_ten():
    every = conformance.counted_tests()
    wrong = list(conformance.failures(every))
    assert conformance.report(every, wrong) in PAGE
    assert len(wrong) <= len(every) / 10
    assert len(every) > 600


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
    wrong = [line for case in cases for line in slopes(case)]
    assert wrong == []


@pytest.mark.prove
def test_gradients_of_all_are_those_of_differences():
    wrong = [line for case in conformance.counted_tests() for line in slopes(case)]
    assert wrong == []


def test_the_measure_tells_a_wrong_model(cases):
    case = next(case for case in cases if case.data_sets[0][1][0].dtype == np.float32 and not [*conformance.failures([case])])
    graph, given = conformance.read(case)
    conformance.check_values(case, graph, given)
    wrong = copy.deepcopy(case)
    wrong.data_sets[0][1][0].flat[0] += 0.01
    with pytest.raises(AssertionError):
        conformance.check_values(wrong, graph, given)
