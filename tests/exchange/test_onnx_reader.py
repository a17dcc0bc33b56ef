"""ONNX models as graphs: values, gradients and names come back; the batch, functions, shapes of exporters; what is refused, in words."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from commands import refused, run
from harmless import within
from onnx import TensorProto, helper, numpy_helper

import a1viz
from a1viz.base.errors import DocumentError
from a1viz.base.limits import GRAPH_NODES, KNOWN_NUMBERS
from a1viz.calculus.losses import seeds
from a1viz.exchange import from_onnx, to_onnx, with_gradients
from a1viz.exchange.onnx_folding import folded
from a1viz.exchange.onnx_names import SCOPES, SOURCE, ValueNames, spelled
from a1viz.graph.leaves import gather

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


def model(nodes, inputs, outputs, starts=(), functions=(), opset=20) -> onnx.ModelProto:
    """A model of these nodes; inputs and outputs are shapes by name, with a type in front of those of labels."""

    def info(name, shape):
        kind, *dims = shape if shape and shape[0] in (INT64,) and isinstance(shape, tuple) else (FLOAT, *shape)
        return helper.make_tensor_value_info(name, kind, dims)

    tensors = [numpy_helper.from_array(np.asarray(value), name) for name, value in dict(starts).items()]
    graph = helper.make_graph(list(nodes), "net", [info(*i) for i in inputs.items()], [info(*o) for o in outputs.items()], tensors)
    domains = sorted({function.domain for function in functions})
    imports = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)]
    return helper.make_model(graph, opset_imports=imports, functions=list(functions), ir_version=10)


def node(kind, inputs, output, **attributes):
    return helper.make_node(kind, inputs.split(), output.split(), name=f"the_{output.split()[0]}", **attributes)


def close(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6)


# --- round trips ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", a1viz.catalogue())
def test_a_graph_comes_back_with_its_names_values_and_gradients(name):
    graph = a1viz.load(name)
    back = from_onnx(to_onnx(graph, dtype="float64"))
    assert set(graph.declared_names) <= set(back.declared_names)
    assert back.outputs[: len(graph.outputs)] == graph.outputs
    assert {n.name: n.op for n in back.leaves} == {n.name: n.op for n in graph.leaves}
    values = gather(graph, {}).arrays
    found, wanted = a1viz.run(back, **values), a1viz.run(graph, **values)
    for output in wanted:
        np.testing.assert_allclose(found[output], wanted[output], rtol=1e-9, atol=1e-9)
    leaves = [n.name for n in graph.leaves if n.op != "label"]
    handed = {output: np.cos(wanted[output]) for output in seeds(graph)} or None
    found, wanted = (a1viz.grad(g, leaves, cotangents=handed, **values) for g in (back, graph))
    for bar in wanted:
        np.testing.assert_allclose(found[bar], wanted[bar], rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("name", a1viz.catalogue())
def test_a_model_with_gradients_comes_back_with_its_names_and_values(name):
    graph = a1viz.load(name)
    full = with_gradients(graph)
    back = from_onnx(to_onnx(graph, backward=True, dtype="float64"))
    assert set(full.declared_names) <= set(back.declared_names)
    assert back.outputs == full.outputs
    values = dict(gather(graph, {}).arrays)
    forward = a1viz.run(graph, trace=True, **values)
    for bar in [node.name for node in full.leaves if node.name not in graph]:
        output = bar.removesuffix("_bar")
        values[bar] = graph.document.cotangents.get(output, np.cos(forward[output]))
    found, wanted = a1viz.run(back, **values), a1viz.run(full, **values)
    for output in wanted:
        np.testing.assert_allclose(found[output], wanted[output], rtol=1e-8, atol=1e-8)


def test_equations_come_back_as_they_were():
    graph = a1viz.load("gated_network")
    back = from_onnx(to_onnx(graph))
    assert str(back) == str(graph).replace("log(y_prime)[t]", "log(y_prime)[t]")
    assert back.document.title == "Gated network"
    assert a1viz.derive(back).steps[0].text == a1viz.derive(graph).steps[0].text


def test_functions_are_blocks():
    back = from_onnx(to_onnx("merge_sort"))
    assert {node.block for node in back.nodes if not node.is_leaf} == {f"S{k}" for k in range(1, 6)}
    assert "S1.z" in back and "S.W1" in back.parameters
    assert set(back.document.blocks) == {"S", "S1", "S2", "S3", "S4", "S5"}
    picture = a1viz.draw(back).to("svg")
    assert "S1" in str(picture) or picture


# --- the batch ------------------------------------------------------------------------------------------------------------------

rng = np.random.default_rng(5)
W1, b1, W2 = (rng.standard_normal(shape).astype(np.float32) for shape in ((4, 3), (4,), (4, 2)))
MLP = model(
    [node("Gemm", "x fc1.weight fc1.bias", "/fc1/Gemm_output_0", transB=1), node("Relu", "/fc1/Gemm_output_0", "h"),
     node("MatMul", "h W2", "logits"), node("Softmax", "logits", "p", axis=1)],
    {"x": ["N", 3]}, {"p": ["N", 2]}, {"fc1.weight": W1, "fc1.bias": b1, "W2": W2},
)  # fmt: skip


def test_a_symbolic_first_axis_is_the_batch():
    graph = from_onnx(MLP)
    assert str(graph) == "fc1_Gemm = fc1_weight @ x + fc1_bias\nh = relu(fc1_Gemm)\nlogits = h @ W2\np = softmax(logits)"
    assert graph["x"].shape == (3,)
    assert graph.parameters == ("fc1_weight", "fc1_bias", "W2")
    assert graph.document.names == {"fc1.weight": "fc1_weight", "fc1.bias": "fc1_bias", "/fc1/Gemm_output_0": "fc1_Gemm"}
    X = rng.standard_normal((5, 3))
    H = np.maximum(X @ W1.T + b1, 0) @ W2
    close(a1viz.run(graph, x=X)["p"], np.exp(H) / np.exp(H).sum(1, keepdims=True))


def test_the_first_axis_of_all_inputs_is_the_batch_if_told():
    fixed = model([node("Relu", "x", "y")], {"x": [1, 3]}, {"y": [1, 3]})
    assert from_onnx(fixed)["x"].shape == (1, 3)
    assert from_onnx(fixed, batch=True)["x"].shape == (3,)
    assert from_onnx(MLP, batch=False)["x"].shape == ("N", 3)


WAYS = {  # nodes, shapes of inputs, starts, what NumPy computes of the batch
    "flatten": ([node("Flatten", "x", "y")], {"x": ["N", 2, 3]}, {}, lambda x: x.reshape(len(x), -1)),
    "reshape by a shape": (
        [node("Shape", "x", "s"), node("Gather", "s zero", "n", axis=0), node("Unsqueeze", "n axis", "n1"),
         node("Concat", "n1 rest", "shape", axis=0), node("Reshape", "x shape", "y")],
        {"x": ["N", 2, 3]}, {"zero": np.int64(0), "axis": np.array([0]), "rest": np.array([-1, 2])}, lambda x: x.reshape(len(x), 3, 2),
    ),
    "reshape by -1": ([node("Reshape", "x s", "y")], {"x": ["N", 2, 3]}, {"s": np.array([-1, 6])}, lambda x: x.reshape(-1, 6)),
    "reshape by 0": ([node("Reshape", "x s", "y")], {"x": ["N", 2, 3]}, {"s": np.array([0, 3, -1])}, lambda x: x.reshape(-1, 3, 2)),
    "transpose": ([node("Transpose", "x", "y", perm=[0, 2, 1])], {"x": ["N", 2, 3]}, {}, lambda x: x.transpose(0, 2, 1)),
    "concat": ([node("Concat", "x x", "y", axis=1)], {"x": ["N", 3]}, {}, lambda x: np.concatenate([x, x], 1)),
    "reduce": ([node("ReduceMean", "x axes", "y")], {"x": ["N", 2, 3]}, {"axes": np.array([-1])}, lambda x: x.mean(-1, keepdims=True)),
    "slice": (
        [node("Slice", "x a b c", "y")], {"x": ["N", 5]},
        {"a": np.array([1]), "b": np.array([-1]), "c": np.array([1])}, lambda x: x[:, 1:-1],
    ),
    "slice with steps": (
        [node("Slice", "x a b c d", "y")], {"x": ["N", 5]},
        {"a": np.array([-1]), "b": np.array([-9]), "c": np.array([1]), "d": np.array([-2])}, lambda x: x[:, ::-2],
    ),
    "bias with an axis of one": ([node("Add", "x b", "y")], {"x": ["N", 3]}, {"b": np.ones((1, 3), np.float32)}, lambda x: x + 1),
    "attention": (
        [node("MatMul", "x wq", "q"), node("Transpose", "q", "k", perm=[0, 2, 1]), node("MatMul", "q k", "a"),
         node("Softmax", "a", "p", axis=-1),
         node("MatMul", "p x", "y")],
        {"x": ["N", 2, 3]}, {"wq": W1[:3]}, lambda x: _softmax(x @ W1[:3] @ (x @ W1[:3]).transpose(0, 2, 1)) @ x,
    ),
    "split": (
        [node("Split", "x", "a b", axis=1, num_outputs=2), node("Sub", "a b", "y")], {"x": ["N", 4]}, {}, lambda x: x[:, :2] - x[:, 2:],
    ),
    "expand": ([node("Expand", "x s", "y")], {"x": ["N", 1, 3]}, {"s": np.array([1, 2, 1])}, lambda x: np.repeat(x, 2, 1)),
    "pad": (
        [node("Pad", "x p v", "y")], {"x": ["N", 3]}, {"p": np.array([0, 1, 0, 2]), "v": np.float32(7)},
        lambda x: np.pad(x, [(0, 0), (1, 2)], constant_values=7),
    ),
    "known entries": (
        [node("Gather", "x i", "y", axis=1)], {"x": ["N", 4]}, {"i": np.array([[3, 0], [-1, 1]])}, lambda x: x[:, [[3, 0], [-1, 1]]],
    ),
    "einsum": ([node("Einsum", "x w", "y", equation="bij,kj->bik")], {"x": ["N", 2, 3]}, {"w": W1}, lambda x: x @ W1.T),
    "argmax": ([node("ArgMax", "x", "y", axis=1, keepdims=0)], {"x": ["N", 4]}, {}, lambda x: x.argmax(1)),
    "the last argmin": (
        [node("Abs", "x", "a"), node("Sign", "a", "s"), node("ArgMin", "s", "y", axis=2, select_last_index=1)],
        {"x": ["N", 2, 3]}, {}, lambda x: np.full((len(x), 2, 1), 2),
    ),
    "hardmax": ([node("Hardmax", "x", "y", axis=1)], {"x": ["N", 4]}, {}, lambda x: np.eye(4)[x.argmax(1)]),
    "many known entries": (
        [node("Gather", "x i", "y", axis=1)], {"x": ["N", 40]}, {"i": np.arange(39, -1, -2)}, lambda x: x[:, 39::-2],
    ),
    "einsum with dots": ([node("Einsum", "x w", "y", equation="...j,kj")], {"x": ["N", 2, 3]}, {"w": W1}, lambda x: x @ W1.T),
    "dilated convolution": (
        [node("Conv", "x k", "y", dilations=[2])], {"x": ["N", 1, 6]}, {"k": np.array([[[1.0, 2.0]]], np.float32)},
        lambda x: x[..., :4] + 2 * x[..., 2:],
    ),
    "dilated pool": (
        [node("MaxPool", "x", "y", kernel_shape=[2], dilations=[3])], {"x": ["N", 2, 6]}, {}, lambda x: np.maximum(x[..., :3], x[..., 3:]),
    ),
    "attention in one node": (
        [node("Split", "x axis", "q k v", axis=2),
         node("Attention", "q k v", "y", q_num_heads=2, kv_num_heads=1, is_causal=1)],
        {"x": ["N", 3, 8]}, {"axis": np.array([4, 2, 2])}, lambda x: _causal(x[..., :4], x[..., 4:6], x[..., 6:]),
    ),
    "attention in one node, masked": (
        [node("Attention", "x x x m", "y", scale=1.0, softcap=2.0)], {"x": ["N", 2, 3, 4]}, {"m": np.tril(np.ones((3, 3), bool))},
        lambda x: _softmax(2 * np.tanh(x @ x.swapaxes(2, 3) / 2) + np.log(np.tril(np.ones((3, 3))) + 1e-300)) @ x,
    ),
    "batch norm": (
        [node("BatchNormalization", "x s b m v", "y")], {"x": ["N", 2, 2, 2]},
        {k: np.array([1.5, 2.5], np.float32) for k in "sbmv"}, lambda x: (x - _channel) / np.sqrt(_channel + 1e-5) * _channel + _channel,
    ),
    "pooled image": ([node("GlobalAveragePool", "x", "y")], {"x": ["N", 2, 3, 3]}, {}, lambda x: x.mean((2, 3), keepdims=True)),
}  # fmt: skip
_channel = np.array([1.5, 2.5]).reshape(2, 1, 1)


def _causal(q, k, v):
    """Two heads of queries, one of keys and values, side by side."""
    low = np.where(np.tril(np.ones((3, 3))), 0, -np.inf)
    heads = [_softmax(part @ k.swapaxes(1, 2) / np.sqrt(2) + low) @ v for part in (q[..., :2], q[..., 2:])]
    return np.concatenate(heads, -1)


def _softmax(x):
    return np.exp(x) / np.exp(x).sum(-1, keepdims=True)


@pytest.mark.parametrize("way", WAYS)
def test_of_one_example_it_is_what_the_model_does_with_each_of_a_batch(way):
    nodes, inputs, starts, wanted = WAYS[way]
    out = nodes[-1].output[0]
    starts = {name: np.asarray(value, np.asarray(value).dtype) for name, value in starts.items()}
    graph = from_onnx(model(nodes, inputs, {out: [None]}, starts))
    X = rng.standard_normal((4, *(dim for dim in inputs["x"] if dim != "N")))
    close(a1viz.run(graph, x=X)[graph.outputs[0]], wanted(X))


def attention():
    """As PyTorch's exporter writes it: sequence first, heads with the batch in one axis, rows with the batch in one."""
    return [
        node("Transpose", "x", "s", perm=[1, 0, 2]), node("MatMul", "s wqkv", "p"), node("Add", "p bias", "qkv"),
        node("Reshape", "qkv apart", "parts"),
        node("Unsqueeze", "parts first", "lifted"), node("Transpose", "lifted", "turned", perm=[3, 1, 2, 0, 4]),
        node("Squeeze", "turned third", "three"),
        *(part for k, name in enumerate("qkv") for part in (
            node("Gather", f"three i{k}", f"{name}1", axis=0), node("Reshape", f"{name}1 heads", f"{name}2"),
            node("Transpose", f"{name}2", f"{name}3", perm=[1, 2, 0] if name == "k" else [1, 0, 2]),
        )),
        node("MatMul", "q3 k3", "scores"), node("Softmax", "scores", "weights", axis=-1), node("MatMul", "weights v3", "mixed"),
        node("Transpose", "mixed", "back", perm=[1, 0, 2]), node("Reshape", "back rows", "flat"),
        node("Gemm", "flat wo", "projected", transB=1),
        node("Reshape", "projected sequence", "seq"), node("Transpose", "seq", "last", perm=[1, 0, 2]), node("Add", "x last", "y"),
    ]  # fmt: skip


LARGE = np.random.default_rng(8).standard_normal((8, 40)).astype(np.float32)
ATTENTION = {
    "wqkv": LARGE[:, :24], "bias": LARGE[0, :24], "wo": LARGE[:, 24:32], "apart": np.array([5, -1, 3, 8]), "first": np.array([0]),
    "third": np.array([-2]), "heads": np.array([5, -1, 4]), "rows": np.array([-1, 8]), "sequence": np.array([5, -1, 8]),
    **{f"i{k}": np.int64(k) for k in range(3)},
}  # fmt: skip


def attended(x):
    """What that computes of one example, (5, 8)."""
    q, k, v = (x @ LARGE[:, :24] + LARGE[0, :24]).reshape(5, 3, 2, 4).transpose(1, 2, 0, 3)
    mixed = _softmax(q @ k.transpose(0, 2, 1)) @ v
    return x + mixed.transpose(1, 0, 2).reshape(5, 8) @ LARGE[:, 24:32].T


def test_attention_that_moves_the_batch_axis_and_shares_it_with_others_is_that_of_one_example():
    X = rng.standard_normal((3, 5, 8))
    for batch in ("N", 3):
        graph = from_onnx(model(attention(), {"x": [batch, 5, 8]}, {"y": [None]}, ATTENTION), batch=True)
        close(a1viz.run(graph, x=X)["y"], [attended(x) for x in X])
    assert not {"s", "seq", "last"} & set(graph.declared_names)  # what moves only the batch is no node


MOVED = {
    "rows of all examples": (
        [node("Reshape", "x rows", "r"), node("Gemm", "r w", "p"), node("Relu", "p", "h"), node("Reshape", "h back", "y")],
        {"rows": np.array([-1, 3]), "back": np.array([-1, 5, 4]), "w": W1.T}, lambda x: np.maximum(x @ W1.T, 0),
    ),
    "reduced in another place": (
        [node("Transpose", "x", "s", perm=[1, 0, 2]), node("ReduceSum", "s first", "y", keepdims=0)],
        {"first": np.array([0])}, lambda x: x.sum(1),
    ),
    "a bias that meets the batch": (
        [node("Transpose", "x", "s", perm=[1, 0, 2]), node("Mul", "s b", "m"), node("Transpose", "m", "y", perm=[1, 0, 2])],
        {"b": np.arange(5, dtype=np.float32).reshape(5, 1, 1)}, lambda x: x * np.arange(5.0).reshape(5, 1),
    ),
    "parts": (
        [node("Transpose", "x", "s", perm=[2, 0, 1]), node("Split", "s", "a b c", axis=0, num_outputs=3), node("Squeeze", "b first", "y")],
        {"first": np.array([0])}, lambda x: x[..., 1],
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", MOVED)
def test_the_batch_axis_is_followed_where_it_goes(way):
    nodes, starts, wanted = MOVED[way]
    X = rng.standard_normal((4, 5, 3))
    close(a1viz.run(from_onnx(model(nodes, {"x": ["N", 5, 3]}, {"y": [None]}, starts)), x=X)["y"], wanted(X))


def test_a_batch_axis_that_does_not_come_back_is_refused():
    with pytest.raises(DocumentError, match="the output 'y' does not have its batch axis in front"):
        from_onnx(model([node("Transpose", "x", "y")], {"x": ["N", 3]}, {"y": [None]}))
    lost = [node("Transpose", "x", "s"), node("Conv", "s k", "y")]
    with pytest.raises(DocumentError, match="node 'the_y', 'Conv': its batch axis is not in front"):
        from_onnx(model(lost, {"x": ["N", 3, 3]}, {"y": [None]}, {"k": np.ones((1, 3, 1), np.float32)}))


ALONG = {
    "reduction": [node("ReduceSum", "x", "y", keepdims=0)], "softmax": [node("Softmax", "x", "y", axis=0)],
    "concat": [node("Concat", "x x", "y", axis=0)],
    "softmax of a moved one": [node("Transpose", "x", "z"), node("Softmax", "z", "y", axis=1)],
    "matmul": [node("Transpose", "x", "z", perm=[0, 1]), node("MatMul", "z x", "y")], "flatten": [node("Flatten", "x", "y", axis=0)],
    "reshape": [node("Constant", "", "s", value_ints=[3, -1]), node("Reshape", "x s", "y")],
}  # fmt: skip


@pytest.mark.parametrize("way", ALONG)
def test_what_works_along_the_batch_axis_is_refused_by_the_name_of_its_node(way):
    with pytest.raises(DocumentError, match=rf"node 'the_y', '{ALONG[way][-1].op_type}': .*batch"):
        from_onnx(model(ALONG[way], {"x": ["N", 3]}, {"y": [None]}))


SCATTERED = {  # reduction, indices, what it makes of zeros and of ones
    "add": ("add", [1, 1, 0], [[3.0, 3.0], [3.0, 3.0], [0.0, 0.0]], [[4.0, 4.0], [4.0, 4.0], [1.0, 1.0]]),
    "none": ("none", [2, 0, 1], [[2.0, 2.0], [3.0, 3.0], [1.0, 1.0]], [[2.0, 2.0], [3.0, 3.0], [1.0, 1.0]]),
}
ROWS = np.array([[1, 1], [2, 2], [3, 3]], np.float32)


@pytest.mark.parametrize("way", SCATTERED)
@pytest.mark.parametrize("kind", ["ScatterND", "ScatterElements"])
def test_rows_are_added_or_written_where_known_indices_say(way, kind):
    reduction, places, of_zeros, of_ones = SCATTERED[way]
    index = np.array(places)[:, None] if kind == "ScatterND" else np.repeat(np.array(places)[:, None], 2, 1)
    for start, wanted in (("z", of_zeros), ("x", of_ones)):
        scattered = model(
            [node(kind, f"{start} i s", "y", reduction=reduction)], {"x": [3, 2], "s": [3, 2]}, {"y": [3, 2]}, {"i": index, "z": ROWS * 0}
        )
        close(a1viz.run(from_onnx(scattered), x=np.ones((3, 2)), s=ROWS)["y"], wanted)


@pytest.mark.parametrize(("reduction", "said"), [("mul", "takes the product"), ("none", "writes over entries that labels name, or twice")])
def test_what_is_scattered_otherwise_is_refused(reduction, said):
    nodes = [node("ScatterND", "x i s", "y", reduction=reduction)]
    with pytest.raises(DocumentError, match=said):
        from_onnx(model(nodes, {"x": [3, 2], "s": [3, 2]}, {"y": [3, 2]}, {"i": np.array([[1], [1], [0]])}))


@pytest.mark.parametrize(
    ("more", "starts", "said"),
    [
        ("", {"m": np.zeros((3, 3), bool)}, "its mask leaves a position nothing to look at"),
        (" nothing nothing n", {}, "how many of its keys count"),
    ],
)
def test_attention_that_looks_at_nothing_or_depends_on_lengths_is_refused(more, starts, said):
    inputs = {"x": [1, 2, 3, 4], "n": (INT64, 1)}
    made = model([node("Attention", f"x x x {'m' if starts else 'nothing'}{more}", "y")], inputs, {"y": [None]}, starts)
    for name in [name for name in made.graph.node[0].input if name == "nothing"]:
        made.graph.node[0].input[list(made.graph.node[0].input).index(name)] = ""
    with pytest.raises(DocumentError, match=said):
        from_onnx(made)


def test_labels_are_what_entries_are_taken_by():
    nodes = [node("Gather", "E t", "e"), node("Gather", "v k", "y", axis=0)]
    graph = from_onnx(model(nodes, {"t": (INT64, "N", 4), "k": (INT64, "N"), "v": [5]}, {"e": [None], "y": [None]}, {"E": W1}))
    assert (graph["t"].op, graph["t"].shape, graph["t"].value, graph["k"].value) == ("label", (4,), 4, 5)
    t = rng.integers(4, size=(2, 4))
    close(a1viz.run(graph, t=t, k=[1, 3], v=np.arange(5.0))["e"], W1[t])
    close(a1viz.run(graph, t=t, k=[1, 3], v=np.arange(5.0))["y"], [1, 3])


# --- names ----------------------------------------------------------------------------------------------------------------------


def test_variables_are_called_as_in_the_program_that_was_exported():
    def traced(made, line, source):
        frames = f'  File "net.py", line {line}, in forward\n    {source}\n  File "a-packages/torch/a.py", line 9, in forward\n    return a'
        made.metadata_props.add(key=SOURCE, value=frames)
        return made

    nodes = [
        traced(node("MatMul", "x W", "matmul_0"), 5, "z = x @ self.W + self.b"),
        traced(node("Add", "matmul_0 b", "add_1"), 5, "z = x @ self.W + self.b"),
        traced(node("Relu", "add_1", "relu_2"), 6, "return relu(z)"),
    ]  # fmt: skip
    graph = from_onnx(model(nodes, {"x": ["N", 4]}, {"relu_2": [None]}, {"W": W2, "b": W2[0]}))
    assert str(graph) == "z = x @ W + b\nrelu_2 = relu(z)"


def test_what_no_line_assigns_is_called_as_its_module_and_turned_weights_as_its_bias():
    def of(made, *scopes):
        made.metadata_props.add(key=SCOPES, value=repr(["", *scopes]))
        return made

    nodes = [
        of(node("MatMul", "x val_2", "val_3"), "net.0", "linear"), of(node("Add", "val_3 net.0.bias", "linear"), "net.0", "linear"),
        of(node("Mul", "linear val_9", "mul"), "net", "mul"), of(node("Neg", "mul", "neg"), "net", "neg"),
        of(node("MatMul", "neg val_4", "linear_1"), "net.3", "linear_1"),
    ]  # fmt: skip
    starts = {"val_2": W2, "net.0.bias": W2[0], "val_9": np.array([0.1], np.float32), "val_4": W2[:2]}
    graph = from_onnx(model(nodes, {"x": ["N", 4]}, {"linear_1": [None]}, starts))
    assert str(graph) == "net_0 = x @ net_0_weight.T + net_0_bias\nmul = net_0 * 0.1\nneg = -mul\nnet_3 = neg @ net_3_weight.T"
    assert graph.parameters == ("net_0_weight", "net_0_bias", "net_3_weight")
    close(graph.document.values["net_0_weight"], W2.T)


@pytest.mark.parametrize(
    ("name", "said"), [("1x", "v_1x"), ("a.b", "a_b"), ("", "v_"), ("lambda", "v_lambda"), ("x" * 300, "x" * 100), ("é", "v_")]
)
def test_names_that_the_language_cannot_spell_are_changed(name, said):
    assert spelled(name) == said


@pytest.mark.parametrize("name", ["<script>", "}$\\input{x}", "x" * 5000, "a\n\x1b[31mb", "\u202e", "\U0001f600", '"'])
def test_a_model_of_strange_names_can_be_saved_and_drawn(name, tmp_path):
    nodes = [helper.make_node("Relu", [name], ["y"], name), helper.make_node("Abs", ["y"], [f"{name}2"])]
    made = model(nodes, {name: [2]}, {f"{name}2": [2]})
    made.graph.name = name
    graph = from_onnx(made)
    a1viz.save(graph, tmp_path / "x.toml")
    assert str(a1viz.load(tmp_path / "x.toml")) == str(graph)
    assert "<svg" in str(a1viz.draw(graph).to("svg"))


def test_leaves_are_never_called_as_an_argument_of_run():
    graph = from_onnx(model([node("Add", "order mean", "trace")], {"order": [2]}, {"trace": [2]}, {"mean": np.ones(2, np.float32)}))
    close(a1viz.run(graph, order_=[1, 2])["trace"], [2, 3])


# --- what is refused ------------------------------------------------------------------------------------------------------------


def test_every_unknown_operator_is_listed_at_once_with_its_nodes():
    nodes = [node("NonZero", "x", "a"), node("Relu", "x", "r"), node("TopK", "r k", "b c"), node("NonZero", "r", "d")]
    with pytest.raises(DocumentError) as error:
        from_onnx(model(nodes, {"x": [3]}, {"a": [None]}))
    assert error.value.problems == (
        "net: 'NonZero' is no operator that is read; nodes: 'the_a', 'the_d'", "net: 'TopK' is no operator that is read; nodes: 'the_b'",
    )  # fmt: skip


def test_problems_of_several_nodes_are_reported_together():
    nodes = [node("Add", "x W", "a"), node("Relu", "a", "b"), node("Reshape", "x x", "c"), node("Mul", "x nothing", "d")]
    with pytest.raises(DocumentError) as error:
        from_onnx(model(nodes, {"x": [3]}, {"b": [None]}, {"W": W2}))
    assert [problem.partition(":")[2].partition(",")[0] for problem in error.value.problems] == [
        " node 'the_a'",
        " node 'the_c'",
        " node 'the_d'",
    ]


def external(place: str, **more) -> onnx.ModelProto:
    made = model([node("Add", "x W", "y")], {"x": [4]}, {"y": [4]}, {"W": np.arange(4, dtype=np.float32)})
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": place, **more}.items():
        tensor.external_data.add(key=key, value=str(value))
    return made


def test_numbers_beside_the_model_are_read(tmp_path):
    (tmp_path / "w.bin").write_bytes(b"\0" * 8 + np.arange(4, dtype=np.float32).tobytes())
    (tmp_path / "x.onnx").write_bytes(external("w.bin", offset=8, length=16).SerializeToString())
    close(a1viz.load(tmp_path / "x.onnx").document.values["W"], range(4))


@pytest.mark.parametrize(
    "place", ["../w.bin", "/etc/passwd", "sub/w.bin", "", "..", "link.bin", "a\\b", "missing.bin", "short.bin", "fifo"]
)
def test_numbers_elsewhere_are_refused(tmp_path, place):
    import os

    (tmp_path / "w.bin").write_bytes(b"\0" * 16)
    folder = tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "w.bin").write_bytes(b"\0" * 16)
    (folder / "short.bin").write_bytes(b"\0" * 3)
    (folder / "link.bin").symlink_to(tmp_path / "w.bin")
    os.mkfifo(folder / "fifo")
    (folder / "x.onnx").write_bytes(external(place).SerializeToString())
    with within(2), pytest.raises(DocumentError, match="'W'"):
        a1viz.load(folder / "x.onnx")


def bomb() -> onnx.ModelProto:
    """Functions that call each other twice, forty deep."""
    imports = [helper.make_opsetid("", 20), helper.make_opsetid("b", 1)]
    functions = [helper.make_function("b", "f0", ["x"], ["y"], [helper.make_node("Relu", ["x"], ["y"])], imports)]
    for k in range(1, 40):
        calls = [helper.make_node(f"f{k - 1}", ["x"], ["z"], domain="b"), helper.make_node(f"f{k - 1}", ["z"], ["y"], domain="b")]
        functions.append(helper.make_function("b", f"f{k}", ["x"], ["y"], calls, imports))
    return model([helper.make_node("f39", ["x"], ["y"], domain="b")], {"x": [1]}, {"y": [1]}, functions=functions)


def huge() -> onnx.ModelProto:
    made = model([node("Add", "x W", "y")], {"x": [4]}, {"y": [4]}, {"W": np.zeros(4, np.float32)})
    made.graph.initializer[0].dims[:] = [2**40, 2**20]
    return made


def filled(size: int) -> onnx.ModelProto:
    return model([node("ConstantOfShape", "s", "c"), node("Add", "x c", "y")], {"x": [1]}, {"y": [None]}, {"s": np.array([size])})


def endless() -> onnx.ModelProto:
    imports = [helper.make_opsetid("", 20), helper.make_opsetid("b", 1)]
    function = helper.make_function("b", "f", ["x"], ["y"], [helper.make_node("f", ["x"], ["y"], domain="b")], imports)
    return model([helper.make_node("f", ["x"], ["y"], domain="b")], {"x": [1]}, {"y": [1]}, functions=[function])


def doubling() -> onnx.ModelProto:
    """A constant that doubles with each of forty nodes, and one that is squared."""
    nodes = [helper.make_node("Concat", [f"c{k}", f"c{k}"], [f"c{k + 1}"], axis=0) for k in range(40)]
    return model([*nodes, node("Add", "x c40", "y")], {"x": [1]}, {"y": [None]}, {"c0": np.zeros(2, np.int64)})


def squared() -> onnx.ModelProto:
    starts = {"a": np.zeros((100_000, 1), np.int64), "b": np.zeros((1, 100_000), np.int64)}
    return model([node("Add", "a b", "c"), node("Add", "x c", "y")], {"x": [1]}, {"y": [None]}, starts)


def wide_pool(kind: str = "MaxPool") -> onnx.ModelProto:
    """Windows with gaps, of a thousand million entries in an input that is padded as much."""
    return model([node(kind, "x", "y", kernel_shape=[10**9], dilations=[2], pads=[10**9, 10**9])], {"x": [1, 1, 4]}, {"y": [None]})


def written_over() -> onnx.ModelProto:
    starts = {"i": np.array([[0]]), "s": np.ones((1, 1), np.float32)}
    return model([node("ScatterND", "x i s", "y")], {"x": [2**40, 1]}, {"y": [None]}, starts)


def many_places() -> onnx.ModelProto:
    """Nodes that take known entries, each other ones."""
    chance = np.random.default_rng(0)
    starts = {f"i{k}": chance.integers(50, size=20) for k in range(800)}
    return model(
        [node("Gather", f"x i{k}", f"y{k}") for k in range(800)] + [node("NonZero", "x", "z")], {"x": [50]}, {"y0": [None]}, starts
    )


def reshaped(axes: int) -> onnx.ModelProto:
    return model([node("Reshape", "x s", "y")], {"x": ["N", 4]}, {"y": [None]}, {"s": np.full(axes, -1)})


def with_nan() -> onnx.ModelProto:
    starts = {"W": np.array([np.nan, np.inf], np.float32), "c": np.array(np.nan, np.float32)}
    return model([node("Mul", "x W", "z"), node("Add", "z c", "y")], {"x": [2]}, {"y": [None]}, starts)


def sparse() -> onnx.ModelProto:
    made = model([node("Add", "x W", "y")], {"x": [1]}, {"y": [None]})
    values, places = numpy_helper.from_array(np.ones(1, np.float32), "W"), numpy_helper.from_array(np.array([2**39]), "i")
    made.graph.sparse_initializer.append(helper.make_sparse_tensor(values, places, [2**40]))
    return made


def branching(deep: int = 20) -> onnx.ModelProto:
    """If inside If."""
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [], [helper.make_tensor_value_info("y", FLOAT, [1])])
    for _ in range(deep):
        branch = helper.make_node("If", ["c"], ["y"], then_branch=graph)
        graph = helper.make_graph([branch], "g", [], [helper.make_tensor_value_info("y", FLOAT, [1])])
    return model([*graph.node], {"x": [1], "c": [1]}, {"y": [1]})


HOSTILE = {
    "windows of ten thousand million entries": (wide_pool, "numbers to say which entries it means"),
    "means of such windows": (lambda: wide_pool("AveragePool"), "numbers to say which entries it means"),
    "rows written over in an endless array": (written_over, "numbers to say which entries it means"),
    "many nodes that take entries": (many_places, "'NonZero' is no operator that is read"),
    "a shape of a million axes": (lambda: reshaped(10**6), "the new shape has 1000000 axes"),
    "sparse numbers": (sparse, "sparse initialisers are not read"), "branches in branches": (branching, "'If' is no operator that is read"),
    "a constant that doubles": (doubling, "computed from constants alone|most 8 axes|read only where"),
    "functions in functions": (bomb, "more than 12,000 nodes"), "numbers without end": (huge, "at most 268,435,456 are read"),
    "a huge constant": (lambda: filled(2**40), "read only where all"), "a function that calls itself": (endless, "50 deep"),
    "many nodes": (
        lambda: model([node("Relu", "x", f"y{k}") for k in range(GRAPH_NODES + 1)], {"x": [1]}, {"y0": [1]}), "12,001 nodes; a graph has",
    ),
    "many axes": (lambda: model([node("Relu", "x", "y")], {"x": [1] * 9}, {"y": [None]}), "9 axes"),
    "strings": (lambda: model([node("Relu", "x", "y")], {"x": [1]}, {"y": [1]}, {"s": np.array(["a"], object)}), "holds STRING"),
    "a circle": (lambda: model([node("Relu", "b", "a"), node("Relu", "a", "b")], {"x": [1]}, {"b": [1]}), "'b' is not computed before it"),
    "an output that nothing computes": (lambda: model([node("Relu", "x", "y")], {"x": [1]}, {"z": [1]}), "'z' is not computed"),
    "a name given twice": (lambda: model([node("Relu", "x", "y"), node("Abs", "x", "y")], {"x": [1]}, {"y": [1]}), "given twice"),
    "no outputs": (lambda: model([node("Relu", "x", "y")], {"x": [1]}, {}), "it has no outputs"),
}  # fmt: skip


@pytest.mark.parametrize("which", HOSTILE)
def test_hostile_models_are_refused_in_words_and_soon(tmp_path, which):
    make, said = HOSTILE[which]
    (tmp_path / "x.onnx").write_bytes(make().SerializeToString())
    with within(20), pytest.raises(DocumentError, match=said):
        a1viz.load(tmp_path / "x.onnx")


def test_many_values_whose_names_are_spelled_alike_are_named_soon():
    names = ValueNames(is_own=False)
    with within(2):
        found = [names.add("é" * k) for k in range(1, 401)] + [names.add(str(k), "h") for k in range(30_000)]
    assert len(set(found)) == 30_400 and found[400:403] == ["h", "h2", "h3"]


def test_hundreds_of_nodes_that_take_known_entries_are_read_soon():
    made = many_places()
    del made.graph.node[-1]
    with within(30):
        assert len(from_onnx(made).document.values) == 800


def test_numbers_that_are_none_are_read_as_they_are():
    found = a1viz.run(from_onnx(with_nan()), x=[1, 1])["y"]
    assert np.isnan(found).all()


def test_a_constant_that_grows_is_not_computed_while_it_is_read():
    with within(5):
        assert from_onnx(squared())["y"].shape == (100_000, 100_000)  # and a run is bounded as any


def test_constants_are_computed_up_to_the_bound_and_no_further():
    most = np.broadcast_to(np.float32(1), KNOWN_NUMBERS)
    assert folded("Add", [most, np.float32(1)], {}).size == KNOWN_NUMBERS
    assert folded("Add", [np.broadcast_to(np.float32(1), KNOWN_NUMBERS + 1), np.float32(1)], {}) is None
    assert folded("Concat", [most, np.ones(1, np.float32)], {"axis": 0}) is None


def test_constants_are_computed_as_the_model_would():
    nodes = [
        node("Constant", "", "f", value_floats=[-3.9, -0.9]), node("ReduceProd", "m axis", "p", keepdims=0),
        node("Cast", "f", "i", to=INT64),
        node("Add", "p i", "shape"),
        node("Reshape", "x shape", "y"),
    ]  # fmt: skip
    starts = {"m": np.array([[1, 1], [5, 3]]), "axis": np.array([0])}
    assert from_onnx(model(nodes, {"x": [6]}, {"y": [None]}, starts))["y"].shape == (2, 3)


def test_a_large_constant_is_an_input_with_its_value():
    mask = np.tril(np.ones((40, 40), np.float32))
    constant = helper.make_node("Constant", [], ["mask"], value=numpy_helper.from_array(mask))
    graph = from_onnx(model([constant, node("Mul", "x mask", "y")], {"x": ["N", 40, 40]}, {"y": [None]}))
    close(a1viz.run(graph, x=np.ones((2, 40, 40)))["y"][1], mask)
    assert graph.parameters == ()


@pytest.mark.parametrize("data", [b"", b"\0", b"\x80\x04\x95", b"{}", b"PK\x03\x04", b"\xff" * 100, MLP.SerializeToString()[:-7]])
def test_what_is_no_model_is_one_message(tmp_path, data):
    (tmp_path / "x.onnx").write_bytes(data)
    assert "x.onnx: this is not an ONNX model" in refused("run", tmp_path / "x.onnx")


def test_files_that_are_not_there_are_one_message(tmp_path):
    assert "cannot read this file" in refused("show", tmp_path / "x.onnx")
    (tmp_path / "y.onnx").mkdir()
    assert "is a directory" in refused("show", tmp_path / "y.onnx")


def test_random_changes_of_a_good_model_give_a_graph_or_our_own_error(tmp_path):
    data, chance = bytearray(to_onnx("gated_network").SerializeToString()), np.random.default_rng(3)
    for _ in range(60):
        changed = bytearray(data)
        for place in chance.integers(len(data), size=3):
            changed[place] = chance.integers(256)
        (tmp_path / "x.onnx").write_bytes(changed)
        try:
            a1viz.load(tmp_path / "x.onnx")
        except a1viz.A1vizError:
            pass


def test_the_numbers_of_a_model_count_as_given_where_work_is_bounded():
    wide = model([node("MatMul", "x W", "y")], {"x": ["N", 300]}, {"y": [None]}, {"W": np.ones((300, 300), np.float32)})
    x = np.ones((5000, 300), np.float32)
    found = a1viz.run(from_onnx(wide), x=x)["y"]
    assert found.dtype == np.float32 and found[-1, -1] == 300


# --- the commands ---------------------------------------------------------------------------------------------------------------


def test_commands_take_a_model_where_they_take_a_graph(tmp_path):
    path = tmp_path / "mlp.onnx"
    path.write_bytes(MLP.SerializeToString())
    assert "fc1_Gemm" in run("show", path).stdout
    assert "0.5" in run("run", path, "--set", "x=[0,0,0]", "--set", "fc1_bias=[0,0,0,0]").stdout
    assert "fc1_weight_bar" in run("grad", path, "--set", "x=[[1,2,3],[0,1,0]]", "--set", "p_bar=[1,0]").stdout
    assert "fc1_Gemm_bar" in run("derive", path).stdout
    assert "fc1_Gemm" in run("cost", path).stdout
    assert "W2" in run("norms", path, "--set", "x=[[1,2,3],[0,1,0]]", "--set", "p_bar=[1,0]").stdout
    run("render", path, "--backward", "-o", tmp_path / "x.svg")
    assert "<svg" in (tmp_path / "x.svg").read_text()
    run("convert", path, "-o", tmp_path / "x.toml")
    close(a1viz.run(tmp_path / "x.toml", x=[1, 2, 3])["p"], a1viz.run(path, x=[1, 2, 3])["p"])
    run("convert", path, "-o", tmp_path / "x.py", "--backward")
    assert "fc1_Gemm = fc1_weight @ x + fc1_bias" in (tmp_path / "x.py").read_text()
