"""A graph as an ONNX model, for one example: forward, or with gradients; names kept, blocks as functions of the model.

What is put into nodes has numbers for all sizes. Parameters with values are initialisers; in a model with gradients they are inputs too,
with those values as defaults, so that a training loop may hand in others. Serves design, section 10.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.errors import GraphError, InputError, OutputError, shown
from ..base.naming import free_name
from ..calculus.interpreter import outputs_and_loss
from ..calculus.losses import given_graph
from ..calculus.rewriting import expand_bodies
from ..graph.arguments import GraphOrName
from ..graph.attributes import at_sizes
from ..graph.blocks import BlockCall, UsedBlock, returned
from ..graph.document import Document
from ..graph.leaves import gather
from ..graph.nodes import Graph, Node, with_outputs
from ..graph.operators import OPS
from ..graph.sizes import size_of
from .gradients_too import with_gradients
from .onnx_nodes import Emitter, Operand, Value, application_of, worded
from .onnx_package import onnx_package
from .onnx_rules import RULES
from .onnx_windows import WINDOW_RULES
from .onnx_words import WORDS

if TYPE_CHECKING:
    import onnx

OPSET, IR = 20, 10  # the oldest that has every operator the table is spelled with, and its format
DOMAIN = "a1viz"  # of the functions that blocks are
TYPES = ("float32", "float64", "float16")
SPELLED = {**dict.fromkeys(WORDS, worded), **RULES, **WINDOW_RULES}


def to_onnx(
    graph: GraphOrName, *, backward: bool = False, of: str = "", dtype: str = "float32", values: Mapping[str, Any] | None = None
) -> onnx.ModelProto:
    """The graph as an ONNX model of one example; with `backward` its outputs are the gradients of the leaves too, `of` names the loss.

    Sizes are those of the document, or of `values`, which are given by name as to `run`. Names are the graph's; the blocks of a forward
    model are functions of the domain `a1viz`. Write it with `onnx.save`, or by `a1viz convert`.

    Raises GraphError for operators that ONNX cannot spell, all at once; InputError for sizes that nothing tells, OutputError without onnx.
    Source: design, section 10.

    >>> from a1viz.graph.equations import parse
    >>> [node.op_type for node in to_onnx(parse("h = relu(W @ x)", x=[2], W=[3, 2])).graph.node]
    ['MatMul', 'Relu']
    """
    onnx_package()
    if dtype not in TYPES:
        raise OutputError(f"dtype is one of {', '.join(TYPES)}, got {shown(dtype)}")
    given = given_graph(graph, of, None)
    whole = with_gradients(given) if backward else with_outputs(given, outputs_and_loss(given))
    return _ModelWriter(given, whole, dtype, dict(values or {}), backward).model()


class _ModelWriter:
    """Puts one graph into a model."""

    def __init__(self, given: Graph, graph: Graph, dtype: str, values: Mapping[str, Any], backward: bool) -> None:
        self.backward, self.dtype = backward, np.dtype(dtype)
        self.document = given.document if not backward else Document()
        self.about = given
        sizes, self.arrays = _known(given, values)
        self.graph = _with_numbers(expand_bodies(graph, whole=SPELLED), sizes)
        _check(self.graph)
        self.functions: dict[bytes, onnx.FunctionProto] = {}

    def model(self) -> onnx.ModelProto:
        import onnx

        graph, helper = self.graph, onnx.helper
        emitter = Emitter(self.dtype, graph.by_name)
        body = _Body(self, emitter, graph.nodes, self.document)
        leaves = graph.leaves
        for node in leaves:
            body.names[node.name] = node.name
        body.add(graph.outputs)
        has_default = {node.name for node in leaves if node.op == "parameter" and node.name in self.arrays}
        inputs = [self.info(node) for node in leaves if self.backward or node.name not in has_default]
        outputs = [self.info(graph[name]) for name in graph.outputs]
        starts = [
            onnx.numpy_helper.from_array(self.arrays[name].astype(self.dtype), name)
            for name in sorted(has_default, key=list(graph.by_name).index)
        ]
        said = self.about.document
        found = helper.make_graph(emitter.nodes, graph.name or "graph", inputs, outputs, starts, doc_string=said.about)
        imports = [helper.make_opsetid("", OPSET), *([helper.make_opsetid(DOMAIN, 1)] if self.functions else [])]
        functions = list(self.functions.values())
        model = helper.make_model(found, opset_imports=imports, ir_version=IR, functions=functions, producer_name="a1viz")
        model.doc_string = said.title
        labels = " ".join(f"{node.name}:{node.value}" for node in leaves if node.op == "label" and node.value is not None)
        about = {"a1viz.batch": "no", "a1viz.labels": labels, "a1viz.loss": "" if self.backward else said.loss}
        helper.set_model_props(model, {key: text for key, text in about.items() if text})
        return model

    def info(self, node: Node) -> onnx.ValueInfoProto:
        import onnx

        kind = onnx.TensorProto.INT64 if node.op == "label" else onnx.helper.np_dtype_to_tensor_dtype(self.dtype)
        return onnx.helper.make_tensor_value_info(node.name, kind, node.shape)

    def function(self, name: str, nodes: Sequence[Node], inputs: Sequence[Node], outputs: Sequence[str], document: Document) -> str:
        """Add a function of these nodes, or find an equal one; returns what it is called."""
        import onnx

        emitter = Emitter(self.dtype, {node.name for node in [*nodes, *inputs]})
        body = _Body(self, emitter, [*inputs, *nodes], document)
        body.names.update({node.name: node.name for node in inputs})
        body.add(outputs)
        imports = [onnx.helper.make_opsetid("", OPSET), onnx.helper.make_opsetid(DOMAIN, 1)]
        found = onnx.helper.make_function(DOMAIN, "", [node.name for node in inputs], list(outputs), emitter.nodes, imports)
        key = name.encode() + found.SerializeToString(deterministic=True)
        if key not in self.functions:
            found.name = free_name(name, {function.name for function in self.functions.values()})
            self.functions[key] = found
        return self.functions[key].name


class _Body:
    """The nodes of a graph or of a function, one application after the other; those of one instance of a block are a call."""

    def __init__(self, writer: _ModelWriter, emitter: Emitter, nodes: Sequence[Node], document: Document) -> None:
        self.writer, self.emitter, self.document = writer, emitter, document
        self.nodes = nodes
        self.by_name = {node.name: node for node in nodes}
        self.names: dict[str, Value] = {}  # of the graph's variables in the model
        self.calls: dict[str, BlockCall] = {instance: call for call in document.calls for instance in call.instances}

    def add(self, outputs: Iterable[str]) -> None:
        """Add everything; `outputs` bear their own names."""
        self.outputs = set(outputs)
        applied = [node for node in self.nodes if not node.is_leaf or (node.is_declared and not node.is_given)]
        for instance, nodes in groupby(applied, lambda node: node.block.partition(".")[0]):
            if instance in self.calls:
                self.call(self.calls[instance], instance, list(nodes))
            else:
                for node in nodes:
                    self.apply(node)

    def apply(self, node: Node) -> None:
        emitter, before = self.emitter, len(self.emitter.nodes)
        emitter.owner = node.name.partition(":")[0]
        if node.op in ("constant", "size"):
            value = emitter.number(node.value)
        else:
            operands = [Operand(self.operand(node, k), _numbers(self.by_name[i])) for k, i in enumerate(node.inputs)]
            application = application_of(node, operands)
            value = SPELLED[node.op](emitter, application)
        if node.is_declared:
            value = emitter.called(value, node.name, before)
        self.names[node.name] = value

    def operand(self, node: Node, k: int) -> Value:
        """What an operand is called, of the type that is wanted: labels are whole, what is counted with is not."""
        read, op = self.by_name[node.inputs[k]], OPS[node.op]
        by_label = not op.is_elementwise and not op.is_variadic and op.args[k] in ("t", "u")
        if read.op in ("constant", "size") and (by_label or read.name not in self.names):
            return self.emitter.whole(read.value) if by_label else self.emitter.number(read.value)
        name = self.names[read.name]
        if by_label == (read.op == "label"):
            return name
        return self.emitter.cast(name, self.emitter.int64) if by_label else self.emitter.as_float(name)

    def call(self, call: BlockCall, instance: str, group: Sequence[Node]) -> None:
        """One instance of a block, as a call of a function."""
        block: UsedBlock = self.document.used[call.block]
        local = _local_names(block, call, instance, group)
        entries = [node for node in group if local[node.name] in block.each]  # of what every copy gets an entry of
        for node in entries:
            self.apply(node)
        group = [node for node in group if node not in entries]
        inside = {node.name for node in group}
        read = [self.by_name[i] for i in dict.fromkeys(i for node in group for i in node.inputs if i not in inside)]
        constants = [node for node in read if node.is_leaf and not node.is_given]
        given = [node for node in read if node not in constants]
        for node in given:
            local.setdefault(node.name, free_name(node.name.replace(".", "_"), set(local.values())))
        later = {i for node in self.nodes if node.name not in inside for i in node.inputs} | self.outputs
        wanted = [node.name for node in group if node.name in later or local[node.name] in block.graph.outputs]
        inputs = [Node(local[n.name], "label" if n.op == "label" else "input", (), n.shape, n.value) for n in given]
        nodes = [_renamed(node, local, instance) for node in [*constants, *group]]
        name = self.writer.function(call.block, nodes, inputs, [local[name] for name in wanted], block.graph.document)
        self.emitter.call(name, DOMAIN, [self.names[node.name] for node in given], wanted, instance)
        self.names.update({name: name for name in wanted})


def _local_names(block: UsedBlock, call: BlockCall, instance: str, group: Sequence[Node]) -> dict[str, str]:
    """What the variables of an instance, and those that it is given, are called in the block's own document."""
    outputs = dict(zip(call.targets, returned(block, len(call.targets)), strict=True))
    local: dict[str, str] = {}
    for node in group:
        name = node.name.removeprefix(f"{instance}.")
        local[node.name] = outputs.get(name, name) if name == node.name else name
        if local[node.name] in block.graph:
            own = block.graph[local[node.name]]
            if own.op == node.op:
                local.update({given: inner for given, inner in zip(node.inputs, own.inputs, strict=True) if given not in local})
    return local


def _renamed(node: Node, local: Mapping[str, str], instance: str) -> Node:
    block = node.block.removeprefix(instance).removeprefix(".")
    return replace(node, name=local.get(node.name, node.name), inputs=tuple(local.get(i, i) for i in node.inputs), block=block)


def _known(graph: Graph, values: Mapping[str, Any]) -> tuple[Mapping[str, int], dict[str, np.ndarray]]:
    """The sizes, and the values of leaves; without these where they cannot be drawn."""
    try:
        inputs = gather(graph, values)
    except InputError:
        if values or graph.document.path:
            raise
        return graph.document.sizes, {}
    if inputs.batch is not None:
        raise InputError(f"{sorted(inputs.batched)[0]}: a model takes one example; give a value without a batch axis")
    return inputs.sizes, inputs.arrays


def _with_numbers(graph: Graph, sizes: Mapping[str, int]) -> Graph:
    """The graph with a number for each size."""
    try:
        nodes = tuple(
            replace(
                node,
                shape=tuple(size_of(dim, sizes) for dim in node.shape),
                value=_value(node, sizes),
                attrs=tuple(at_sizes(node.attrs, sizes).items()),
            )
            for node in graph.nodes
        )
    except KeyError as error:
        raise InputError(f"{graph.name}: the size {error.args[0]} is not known; give values=..., or a document with [sizes]") from None
    return replace(graph, nodes=nodes)


def _value(node: Node, sizes: Mapping[str, int]) -> Any:
    if node.op == "label":
        return None if node.value is None else size_of(node.value, sizes)
    return float(size_of(node.value, sizes)) if node.op == "size" else node.value


def _numbers(node: Node) -> tuple[int, ...]:
    return tuple(dim for dim in node.shape if isinstance(dim, int))


def _check(graph: Graph) -> None:
    wrong = [f"{node.op} ({node.name})" for node in graph.nodes if node.op in OPS and node.op not in SPELLED]
    if wrong:
        raise GraphError(f"{graph.name}: ONNX has no operators for {', '.join(wrong)}")
