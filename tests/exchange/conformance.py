"""The format's own conformance tests as a measure of what is read: `python tests/exchange/conformance.py` prints how many pass.

Counted are node tests with floating-point outputs and static shapes of elementwise operators, products, convolution, pools, reductions,
softmax, norms, and what moves entries: no control flow, strings, quantisation or training, no conversion between kinds of numbers. What
the test gives as whole numbers (shapes, axes), and the values of a padding, are put into the model, as exporters do; indices stay labels.
"""

from __future__ import annotations

import importlib
import pkgutil
import random
import re
import sys
import warnings
from collections.abc import Iterator

import numpy as np
import onnx

import a1viz
from a1viz.exchange import from_onnx
from a1viz.exchange.onnx_folding import FOLDED
from a1viz.exchange.onnx_operators import OWN, READERS

FLOATS = (1, 10, 11, 16)  # FLOAT, FLOAT16, DOUBLE, BFLOAT16
NOT_READ = frozenset("Ceil Floor Round Mod".split())  # operators of these kinds that the table cannot say
NOT_MEANT = ("test_cast", "test_training", "test_range")
LABELS = {"Gather": 1, "GatherElements": 1}  # operators whose operand of this number stays a label
MASK = 3  # the operand of Attention that is one
GIVEN = ("Pad", "Dropout")  # operators whose operands but the first say how, and are no data


def counted_tests(share: float = 1.0) -> list:
    """The tests that are counted; or those of a seeded share of the files that make them, for making them is what takes long."""
    from onnx.backend.test.case import node

    files = sorted(module.name for module in pkgutil.iter_modules(node.__path__) if not f"test_{module.name}".startswith(NOT_MEANT))
    chosen = random.Random(7).sample(files, round(share * len(files)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in sorted(chosen):
            importlib.import_module(f"{node.__name__}.{name}")
    return [case for case in node._NodeTestCases if _is_counted(case)]


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
        is_index = any(LABELS.get(kind) == k for kind, k in uses)
        says_how = any((kind in GIVEN and k) or (kind == "Attention" and k == MASK) for kind, k in uses)
        if (value.dtype.kind in "iu" and not is_index) or says_how:
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


def failures(cases: list) -> Iterator[tuple[str, str]]:
    """The tests that do not pass, and why."""
    for case in cases:
        try:
            check_values(case, *read(case))
        except a1viz.A1vizError as error:
            yield case.name, " ".join(str(error).split()).removeprefix(f"{case.name}: ")
        except Exception as error:
            yield case.name, f"WRONG: {' '.join(str(error).split())[-200:]}"


def reason(why: str) -> tuple[str, str]:
    """Why something is refused, without its name, and the operator."""
    found = re.fullmatch(r"node '[^']*', '(\w+)': (.*)", why) or re.fullmatch(r"'(\w+)' (is no operator that is read).*", why)
    if found:
        return found[2], f"`{found[1]}`"
    return re.sub(r"^\w+: |-?\d+", lambda match: "" if match[0].endswith(": ") else "n", why), ""


def report(cases: list, wrong: list[tuple[str, str]]) -> str:
    """How many there are, pass and are refused, and by what reason, as it stands on the page Models in and out."""
    rows: dict[str, list[str]] = {}
    for _, why in wrong:
        text, kind = reason(why)
        rows.setdefault(text, []).append(kind)
    table = [f"| {text} | {', '.join(sorted({*kinds} - {''}))} | {len(kinds)} |" for text, kinds in sorted(rows.items())]
    head = f"Of {len(cases)} tests {len(cases) - len(wrong)} pass, and {len(wrong)} are refused:"
    return "\n".join([head, "", "| in these words | operators | tests |", "|---|---|---|", *table])


if __name__ == "__main__":
    every = counted_tests()
    refused = list(failures(every))
    print(*(f"{name}: {why}" for name, why in refused), "", report(every, refused), sep="\n")
    sys.exit(len(refused) > len(every) / 10)
