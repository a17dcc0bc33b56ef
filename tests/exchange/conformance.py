"""The format's own conformance tests as a measure of what is read: `python tests/exchange/conformance.py` prints how many pass.

Counted are node tests with floating-point outputs and static shapes of elementwise operators, products, convolution, pools, reductions,
softmax, norms, and what moves entries: no control flow, strings, quantisation or training, no conversion between kinds of numbers. What
the test gives as whole numbers (shapes, axes), and the values of a padding, are put into the model, as exporters do; indices stay labels.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator

import numpy as np
import onnx

import a1viz
from a1viz.exchange import from_onnx
from a1viz.exchange.onnx_folding import FOLDED
from a1viz.exchange.onnx_leaves import INDICES
from a1viz.exchange.onnx_reader import OWN, READERS

FLOATS = (1, 10, 11, 16)  # FLOAT, FLOAT16, DOUBLE, BFLOAT16
NOT_READ = frozenset("Ceil Floor Round Mod Hardmax LRN".split())  # operators of these kinds that the table cannot say
NOT_MEANT = ("test_cast", "test_training", "test_range")
GIVEN = ("Pad", "Dropout")  # operators whose operands but the first say how, and are no data


def counted_tests() -> list:
    """The tests that are counted."""
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [case for case in collect_testcases(None) if _is_counted(case)]


def _is_counted(case) -> bool:
    graph = case.model.graph
    kinds = {node.op_type for node in graph.node}
    if not kinds <= READERS.keys() | FOLDED.keys() | set(OWN) | NOT_READ or not case.data_sets or case.name.startswith(NOT_MEANT):
        return False
    types = [info.type.tensor_type for info in (*graph.input, *graph.output)]
    static = all(dim.HasField("dim_value") for kind in types for dim in kind.shape.dim)
    return static and all(info.type.tensor_type.elem_type in FLOATS for info in graph.output)


def as_exported(case) -> tuple[onnx.ModelProto, dict[str, np.ndarray]]:
    """The model with what says shapes and axes inside, and all values by name."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    values = dict(zip([info.name for info in model.graph.input], map(np.asarray, case.data_sets[0][0]), strict=False))
    for name, value in values.items():
        uses = [(node.op_type, k) for node in model.graph.node for k, read in enumerate(node.input) if read == name]
        is_index = any(INDICES.get(kind) == k for kind, k in uses)
        if (value.dtype.kind in "iu" and not is_index) or any(kind in GIVEN and k for kind, k in uses):
            model.graph.initializer.append(onnx.numpy_helper.from_array(value, name))
    return model, values


def read(case) -> tuple[a1viz.graph.Graph, dict[str, np.ndarray]]:
    """The graph of a test, and the values of its leaves."""
    model, values = as_exported(case)
    graph = from_onnx(model, batch=False)
    names = {name: graph.document.names.get(name, name) for name in values}
    given = {names[name]: value for name, value in values.items() if names[name] in graph and graph[names[name]].op in ("input", "label")}
    return graph, {name: value if value.dtype.kind in "iu" else value.astype(np.float64) for name, value in given.items()}


def check_values(case, graph: a1viz.graph.Graph, given: dict[str, np.ndarray]) -> None:
    """Raise AssertionError unless the outputs are the test's."""
    found = a1viz.run(graph, **given)
    for output, wanted in zip(graph.outputs, map(np.asarray, case.data_sets[0][1]), strict=False):
        rounding = 0.0 if wanted.dtype.itemsize >= 4 else 1e-2  # of numbers of 16 bits
        assert found[output].shape == wanted.shape
        np.testing.assert_allclose(found[output], wanted.astype(float), rtol=max(case.rtol, rounding), atol=max(case.atol, 1e-6, rounding))


def failures(cases: list) -> Iterator[str]:
    """What goes wrong, a line a test."""
    for case in cases:
        try:
            check_values(case, *read(case))
        except Exception as error:
            yield f"{case.name}: {' '.join(str(error).split())[-200:]}"


if __name__ == "__main__":
    every = counted_tests()
    wrong = list(failures(every))
    print(*wrong, sep="\n")
    print(f"{len(every)} tests, {len(every) - len(wrong)} pass, {len(wrong)} do not")
    sys.exit(len(wrong) > len(every) / 10)
