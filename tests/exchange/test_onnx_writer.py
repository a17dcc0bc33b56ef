"""ONNX models give the graph's numbers in onnxruntime, pass the checker, and keep names and blocks."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from commands import run
from graph.test_table import CASES, application, drawn
from table_cases import for_each

import a1viz
from a1viz.base.errors import A1vizError, GraphError, InputError, OutputError
from a1viz.base.limits import INVERSE_ROWS
from a1viz.exchange import to_onnx, with_gradients
from a1viz.exchange.onnx_words import READ, WORDS
from a1viz.exchange.onnx_writer import SPELLED
from a1viz.graph.leaves import gather
from a1viz.graph.operators import OPS, TABLE

PLAIN = [case for case in CASES if case[0].name in SPELLED]
QUIET = onnxruntime.SessionOptions()
QUIET.log_severity_level = 3


def computed(model: onnx.ModelProto, values: dict) -> dict[str, np.ndarray]:
    """What onnxruntime computes; the values are turned into the model's types."""
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), QUIET, providers=["CPUExecutionProvider"])
    types = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(int64)": np.int64}
    asked = [*session.get_inputs(), *session.get_overridable_initializers()]
    given = {i.name: np.asarray(values[i.name]).astype(types[i.type]) for i in asked}
    return dict(zip([o.name for o in session.get_outputs()], session.run(None, given), strict=True))


def close(found, wanted, tolerance=1e-5):
    assert found.shape == np.shape(wanted)
    np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance * max(1.0, float(np.max(np.abs(wanted), initial=0))))


@pytest.mark.parametrize("name", a1viz.catalogue())
def test_a_model_has_the_values_of_its_graph(name):
    graph = a1viz.load(name)
    values = gather(graph, {}).arrays
    found, wanted = computed(to_onnx(graph), values), a1viz.run(graph, **values)
    assert list(found) == [*graph.outputs, *({graph.document.loss} - {"", *graph.outputs})]
    for output, want in wanted.items():
        close(found[output], want)


@pytest.mark.parametrize("name", a1viz.catalogue())
def test_a_model_with_gradients_has_those_of_its_graph(name):
    graph = a1viz.load(name)
    model = to_onnx(graph, backward=True)
    full = with_gradients(graph)
    values = dict(gather(graph, {}).arrays)
    forward = a1viz.run(graph, trace=True, **values)
    for bar in [node.name for node in full.leaves if node.name not in graph]:
        output = bar.removesuffix("_bar")
        values[bar] = graph.document.cotangents.get(output, np.cos(forward[output]))
    found = computed(model, values)
    handed = {bar.removesuffix("_bar"): values[bar] for bar in values if bar not in graph}
    wanted = a1viz.grad(graph, [n.name for n in graph.leaves if n.op != "label"], cotangents=handed or None, **gather(graph, {}).arrays)
    assert found.keys() == wanted.keys()
    for key, want in wanted.items():
        close(found[key], want)


@for_each(PLAIN)
def test_a_row_of_the_table_computes_what_its_kernel_does(op, shapes, attributes):
    graph = application(op, shapes, attributes)
    values = drawn(op, graph, np.random.default_rng(11))
    if "P" in values and op.name.startswith("max_pool"):  # the largest entry of each window of X
        pool = op.name.partition("_input")[0].partition("_entries")[0]
        values["P"] = a1viz.run(application(OPS[pool], [values["X"].shape], attributes), X=values["X"])["out"]
    if op.name.startswith("conv") and any(len(shape) > len(axes) for shape, axes in zip(shapes, op.inputs, strict=True)):
        with pytest.raises(GraphError, match="has no operator in ONNX"):
            to_onnx(graph, values=values)
        return
    model = to_onnx(graph, values=values)
    rounded = {name: value if value.dtype.kind == "i" else value.astype(np.float32) for name, value in values.items()}
    close(computed(model, rounded)["out"], a1viz.run(graph, **{k: np.asarray(v, float) for k, v in rounded.items()})["out"], 3e-5)


def test_inverses_are_right_up_to_the_size_that_is_written_out_and_so_are_their_gradients():
    n, text = INVERSE_ROWS, "y = solve(A, b); J = y @ y + logdet(A) + trace(inv(A))"
    graph = a1viz.parse(text, A=[n, n], b=[n])
    chance = np.random.default_rng(4)
    values = {"A": 4 * np.eye(n) + chance.standard_normal((n, n)) / 2, "b": chance.standard_normal(n)}
    found = computed(to_onnx(a1viz.parse(text, A=[n, n], b=[n], outputs=["J"]), backward=True), values)
    wanted = a1viz.grad(graph, of="J", **values)
    for name in ("J", "A_bar", "b_bar"):
        close(found[name], wanted[name], 1e-4)


def test_names_and_the_order_of_equations_are_kept():
    model = to_onnx("gated_network")
    named = [name for node in model.graph.node for name in node.output if ":" not in name]
    assert named == ["z1", "h1", "z2", "h2", "g", "y", "y_prime", "S", "J"]
    assert [i.name for i in model.graph.input] == ["x", "t"]
    assert [i.name for i in model.graph.initializer] == ["W1", "b1", "W2", "b2", "W3", "W4"]
    assert model.doc_string == "Gated network"


def test_parameters_of_a_model_with_gradients_may_be_handed_in():
    model = to_onnx("gated_network", backward=True)
    assert [i.name for i in model.graph.input] == ["x", "t", "W1", "b1", "W2", "b2", "W3", "W4"]
    values = dict(gather(a1viz.load("gated_network"), {}).arrays) | {"W1": np.ones((4, 3))}
    close(computed(model, values)["W1_bar"], a1viz.grad("gated_network", ["W1"], **values)["W1_bar"])


@pytest.mark.parametrize(("name", "blocks", "calls"), [("merge_sort", ["S"], 5), ("lstm", ["C"], 3), ("language_model", ["L"], 2)])
def test_blocks_are_functions_of_the_model(name, blocks, calls):
    model = to_onnx(name)
    assert [function.name for function in model.functions] == blocks
    assert sum(node.domain == "a1viz" for node in model.graph.node) == calls
    assert set(model.functions[0].input) >= {
        node.name for node in a1viz.load(name).document.used[blocks[0]].graph.leaves if node.op == "parameter"
    }


@pytest.mark.parametrize("dtype", ["float64", "float16"])
def test_numbers_are_of_the_type_asked_for(dtype):
    model = to_onnx("two_layer", dtype=dtype)
    onnx.checker.check_model(model, full_check=True)
    assert onnx.helper.tensor_dtype_to_np_dtype(model.graph.initializer[0].data_type) == dtype


def test_a_model_is_the_same_each_time():
    assert to_onnx("lstm").SerializeToString(deterministic=True) == to_onnx(a1viz.load("lstm")).SerializeToString(deterministic=True)


def test_values_say_how_large_parsed_sizes_are():
    graph = a1viz.parse("y = W @ x * D", x=["D"], parameters={"W": ["H", "D"]})
    with pytest.raises(InputError, match="how large D is, is not known"):
        to_onnx(graph)
    values = {"x": [1.0, 2.0], "W": [[1.0, 0.0], [3.0, 4.0], [0.0, 1.0]]}
    close(computed(to_onnx(graph, values=values), values)["y"], a1viz.run(graph, **values)["y"])
    with pytest.raises(InputError, match="x: a model is one of one example"):
        to_onnx(graph, values={**values, "x": [[1.0, 2.0]]})


def test_what_onnx_cannot_say_is_refused_all_at_once():
    with pytest.raises(GraphError, match=r"ONNX has no operators for unfold1d \(U\), cofactor_along \(C\)"):
        to_onnx(a1viz.parse("U = unfold1d(X, K); C = cofactor_along(A, A)", A=[2, 2], X=[1, 4], K=[1, 1, 2]))
    with pytest.raises(GraphError, match="inv has no operator in ONNX, and is written with determinants for at most 16 rows; there are 17"):
        to_onnx(a1viz.parse("B = inv(A)", A=[INVERSE_ROWS + 1, INVERSE_ROWS + 1]))
    with pytest.raises(OutputError, match="dtype is one of float32, float64, float16, got 'int8'"):
        to_onnx("two_layer", dtype="int8")
    with pytest.raises(A1vizError, match="only a scalar can be a loss"):
        to_onnx("two_layer", of="y")


def test_without_the_package_one_message_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(OutputError, match=r'ONNX models need onnx, which is not installed: pip install "a1viz\[onnx\]"'):
        to_onnx("two_layer")


def test_each_row_is_spelled_in_one_place_or_is_none_of_onnx():
    without = {op.name for op in TABLE if not op.batch and not op.body} - SPELLED.keys()
    assert without == {"cofactor_along", "unfold1d", "fold1d", "unfold2d", "fold2d"}
    assert set(READ.values()) <= WORDS.keys()


def test_convert_writes_a_model(tmp_path):
    run("convert", "gated_network", "-o", tmp_path / "x.onnx", "--backward", "--dtype", "float64")
    model = onnx.load(tmp_path / "x.onnx")
    assert model == to_onnx("gated_network", backward=True, dtype="float64")
    run("convert", "gated_network", "-o", tmp_path / "y.onnx")
    assert onnx.load(tmp_path / "y.onnx") == to_onnx("gated_network")
