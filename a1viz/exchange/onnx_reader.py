"""An ONNX model as a graph of one example: initialisers are parameters, a symbolic first axis is the batch, functions are blocks.

What the operator table cannot say is refused: every operator that is not known at once, with the names of its nodes. Serves design,
section 10.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.errors import A1vizError, DocumentError, GraphError, shown
from ..base.limits import BLOCKS_DEEP, DOCUMENT_PROBLEMS, GRAPH_NODES, KNOWN_NUMBERS, LABEL_CHARACTERS
from ..graph.document import Document
from ..graph.nodes import Builder, Graph
from .onnx_batch import INNER, Tensor
from .onnx_file import array_of, check_bounds, model_of
from .onnx_folding import folded
from .onnx_leaves import OnnxLeaves
from .onnx_names import Computed, ValueNames, computed, is_automatic, spelled
from .onnx_operators import ANYWHERE, DOMAINS, READERS, check_operators
from .onnx_reading import WRITTEN, Item, OnnxStep, Reading, as_written, model_shape, nested

if TYPE_CHECKING:
    import onnx

NAMELESS = ("main_graph", "main", "graph", "torch_jit", "torch-jit-export", "onnx_model", "tf2onnx")  # exporters' names for any graph
NOTHING = Computed("", False, False)
Scope = dict[str, Item | None]


def from_onnx(source: str | Path | onnx.ModelProto, *, batch: bool | None = None) -> Graph:
    """The graph of an ONNX model, from the path of its file or from the package's own object.

    A model's first axis of an input is the batch where it has no number, or for all inputs with `batch=True`, for none with `batch=False`;
    the graph describes one example. Names that the language can spell stay; `graph.document.names` maps the others to the graph's.

    Raises DocumentError for what cannot be read: all operators at once that are not known. Source: design, section 10.

    >>> import a1viz
    >>> print(from_onnx(a1viz.to_onnx(a1viz.parse("h = relu(W @ x)", x=[2], W=[3, 2]))))
    h = relu(W @ x)
    """
    model, said, folder = model_of(source)
    check_bounds(model, said)
    return _ModelReader(model, said, folder, batch).graph()


class _ModelReader:
    """Reads one model, node by node."""

    def __init__(self, model: onnx.ModelProto, said: str, folder: Path | None, batch: bool | None) -> None:
        self.model, self.said, self.folder = model, said, folder
        opset = next((item.version for item in model.opset_import if item.domain in DOMAINS), 20)
        self.reading = Reading(Builder(), said, opset)
        self.builder = self.reading.builder
        self.names = ValueNames(model.producer_name == "a1viz")
        self.functions = {(f.domain, f.name): f for f in model.functions}
        self.going_out = {info.name for info in model.graph.output}
        self.variables = computed(model.graph.node)
        self.leaves = OnnxLeaves(model, self.reading, self.names, folder, batch)
        self.titles: dict[str, str] = {}
        self.problems: list[str] = []
        self.read = self.known = 0  # nodes so far, and numbers computed while they are read

    def graph(self) -> Graph:
        proto = self.model.graph
        check_operators(self.model, self.said)
        scope = self.leaves.add()
        self.nodes(proto.node, scope, "", {}, 0)
        outputs = [self.output(info.name, scope) for info in proto.output] if not self.problems else []
        if self.problems:
            raise DocumentError(self.problems[:DOCUMENT_PROBLEMS])
        used = {i for node in self.builder.nodes.values() for i in node.inputs} | set(outputs)
        for name in [name for name in self.reading.parameters if name not in used]:
            del self.builder.nodes[name]
        values = {name: value for name, value in self.reading.parameters.items() if name in used}
        called = "" if proto.name in NAMELESS else proto.name
        called = called or (Path(self.said).stem if self.folder else "") or "model"
        title = _title(self.model.doc_string) or _title(called).replace("_", " ") or "model"
        loss = next((self.names.found.get(prop.value, "") for prop in self.model.metadata_props if prop.key == "a1viz.loss"), "")
        document = Document(
            title, about=_label(proto.doc_string), path=self.said, sizes=self.leaves.sizes, values=values, blocks=self.titles,
            names=self.names.different(), loss=loss if loss in outputs else "",
        )  # fmt: skip
        return self.builder.graph(spelled(called), outputs, document, keep=[n for n in self.builder.nodes if ":" not in n])

    def output(self, name: str, scope: Scope) -> str:
        item = scope.get(name)
        if item is None:
            self.problems.append(f"{self.said}: the output {shown(name)} is not computed")
            return ""
        if isinstance(item, Tensor) and item.batched and (item.place or item.merged == INNER):
            self.problems.append(
                f"{self.said}: the output {shown(name)} does not have its batch axis in front; a graph describes one example"
            )
        called = self.names.add(name)
        if isinstance(item, Tensor) and item.name == called and not self.builder.nodes[called].is_given:
            return called
        called = called if called not in self.builder.nodes else self.names.add(f"{name} as output", f"{called}_out")
        source = OnnxStep(self.reading, "", [item], {}, "", called).tensor(0)
        return self.builder.add("identity", [source.name], name=called)

    # --- nodes --------------------------------------------------------------------------------------------------------------------

    def nodes(self, nodes: Sequence[onnx.NodeProto], scope: Scope, block: str, given: Mapping[str, Any], depth: int) -> None:
        """Read the nodes of the graph, or of a function for one of its calls."""
        self.read += len(nodes)
        if self.read > GRAPH_NODES or depth > BLOCKS_DEEP:
            raise DocumentError(
                f"{self.said}: functions that call functions make more than {GRAPH_NODES:,} nodes, or lie {BLOCKS_DEEP} deep"
            )
        for node in nodes:
            missing = [name for name in node.input if name and name not in scope]
            if missing:
                self.problem(node, f"{shown(missing[0])} is not computed before it")
            if missing or any(name and scope[name] is None for name in node.input):
                scope.update(dict.fromkeys(node.output))
                continue
            try:
                self.node(node, scope, block, given, depth)
            except DocumentError:
                raise
            except A1vizError as error:
                self.problem(node, str(error))
                scope.update(dict.fromkeys(node.output))
            except (KeyError, ValueError, TypeError, IndexError, AttributeError, OverflowError) as error:
                self.problem(node, f"its operands or attributes are not what the operator takes ({type(error).__name__}: {error})")
                scope.update(dict.fromkeys(node.output))

    def problem(self, node: onnx.NodeProto, why: str) -> None:
        name = node.name or next(iter(node.output), "")
        self.problems.append(f"{self.said}: node {shown(name)}, {shown(node.op_type)}: {why}")

    def node(self, node: onnx.NodeProto, scope: Scope, block: str, given: Mapping[str, Any], depth: int) -> None:
        items = [scope[name] if name else None for name in node.input]
        attributes = self.attributes(node, given)
        function = self.functions.get((node.domain, node.op_type))
        if function is not None:
            self.call(node, function, items, scope, block, attributes, depth)
            return
        known = self.folded(node.op_type, items, attributes)
        if known is not None:
            is_own = (
                self.names.is_own
                and known.size <= WRITTEN
                and node.op_type in ("Constant", "Identity")
                and not is_automatic(node.output[0])
            )
            scope[node.output[0]] = self.constant(node.output[0], known, block) if is_own else known
            return
        name, owner = self.called(node.output[0], block)
        step = OnnxStep(self.reading, node.op_type, items, attributes, name, owner, block, len(node.output))
        if node.op_type not in READERS:
            raise step.refuse("it is read only where all it computes with is known")
        if node.op_type not in ANYWHERE and any(isinstance(item, Tensor) and not item.is_in_front for item in items):
            raise step.refuse("its batch axis is not in front")
        if not block and not self.leaves.turned.isdisjoint(node.input):
            step.items = [self.upright(step, i, x) for i, x in zip(node.input, items, strict=True)]
        found = READERS[node.op_type](step)
        values = [found] if isinstance(found, Tensor) else found
        scope.update(dict.fromkeys(node.output))
        if values[0].name in {x.name for x in items if isinstance(x, Tensor)} and not self.is_variable(node.output[0]):
            scope[node.output[0]] = values[0]  # only the batch axis has moved
            return
        scope.update({output: self.named(value, output, block) for output, value in zip(node.output, values, strict=False) if output})

    def upright(self, step: OnnxStep, name: str, item: Item | None) -> Item | None:
        """An operand; weights that the exporter has transposed, as it has them."""
        return step.part("transpose", item) if name in self.leaves.turned and isinstance(item, Tensor) else item

    def constant(self, output: str, value: np.ndarray, block: str) -> Tensor:
        """A variable of a graph that is a number, such as the cotangent of a loss."""
        name, _ = self.called(output, block)
        return self.reading.tensor(self.builder.leaf(name, "constant", value.shape, nested(value), block))

    def is_variable(self, output: str) -> bool:
        """Whether a value is one of the program that was exported, or goes out."""
        return self.variables.get(output, NOTHING).is_assigned or output in self.going_out

    def named(self, value: Tensor, output: str, block: str) -> Tensor:
        """A value under the name of an output of its node, if it has another one yet."""
        name, owner = self.called(output, block)
        if not name or value.name == name:
            return value
        return self.reading.tensor(self.builder.add("identity", [value.name], name, owner, block=block), [value])

    def folded(self, kind: str, items: Sequence[Item | None], attributes: Mapping[str, Any]) -> np.ndarray | None:
        """What a node computes of shapes and constants alone."""
        if kind == "Constant":
            return _constant(attributes)
        if kind in ("Shape", "Size") and items[0] is not None:
            shape = model_shape(items[0]) if isinstance(items[0], Tensor) else np.array(items[0].shape, dtype=np.int64)
            whole = shape[slice(attributes.get("start", 0), attributes.get("end"))]
            return whole if kind == "Shape" else np.asarray(np.prod(whole, dtype=whole.dtype))
        arrays = [item for item in items if not isinstance(item, Tensor)]
        found = folded(kind, arrays, attributes) if len(arrays) == len(items) else None
        self.known += 0 if found is None else found.size
        if self.known > KNOWN_NUMBERS:
            raise GraphError(f"more than {KNOWN_NUMBERS:,} numbers are computed from constants alone")
        return found

    def called(self, output: str, block: str) -> tuple[str, str]:
        """The name of a node's value, empty for a part of an equation; and the variable whose equation it is."""
        place = f"{block}." if block else ""
        variable, is_last, _ = self.variables.get(output, NOTHING) if not block else NOTHING
        if is_automatic(output) or (variable and not is_last):
            owner = variable or output.partition(":")[0]
            return "", place + (spelled(owner, self.names.is_own) if owner else "")
        name = self.names.add(place + output, place + spelled(output) if block else variable)
        return name, name

    def attributes(self, node: onnx.NodeProto, given: Mapping[str, Any]) -> dict[str, Any]:
        import onnx

        found: dict[str, Any] = {}
        for attribute in node.attribute:
            if attribute.ref_attr_name:
                if attribute.ref_attr_name in given:
                    found[attribute.name] = given[attribute.ref_attr_name]
                continue
            value = onnx.helper.get_attribute_value(attribute)
            if isinstance(value, onnx.TensorProto):
                value = array_of(value, self.said, self.folder)
            found[attribute.name] = as_written(value) if isinstance(value, float) else value
        return found

    def call(
        self, node: onnx.NodeProto, function: onnx.FunctionProto, items: Sequence[Item | None], scope: Scope, block: str,
        attributes: Mapping[str, Any], depth: int,
    ) -> None:  # fmt: skip
        """A function is a block: its variables are those of an instance."""
        name = node.name if re.fullmatch(r"[A-Za-z]\w*", node.name) else f"{spelled(function.name)}1"
        place = f"{block}." if block else ""
        instance = self.names.add(f"the block {place}{name} of {list(node.output)}", place + name)
        del self.names.found[f"the block {place}{name} of {list(node.output)}"]
        self.titles.setdefault(spelled(function.name), _label(function.doc_string) or function.name)
        self.titles[instance] = self.titles[spelled(function.name)]
        inner: Scope = dict.fromkeys(function.input) | dict(zip(function.input, items, strict=False))
        for inside, outside in zip(function.output, node.output, strict=False):
            if outside:
                self.names.found[f"{instance}.{inside}"], _ = self.called(outside, block)
        self.nodes(function.node, inner, instance, attributes, depth + 1)
        for inside, outside in zip(function.output, node.output, strict=False):
            self.names.found.pop(f"{instance}.{inside}", None)
            scope[outside] = inner.get(inside)


def _constant(attributes: Mapping[str, Any]) -> np.ndarray:
    (name, value), *_ = attributes.items()
    if name == "value":
        return np.asarray(value)
    if name in ("value_int", "value_ints"):
        return np.asarray(value, np.int64)
    if name in ("value_float", "value_floats"):
        return np.asarray(value, np.float32)
    raise TypeError(f"{name} is not read")


def _title(text: str) -> str:
    """A title as a document may have it: without what could be markup."""
    return _label("".join(" " if c in '<>"\\' else c for c in text))


def _label(text: str) -> str:
    """A title or a description in one line."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:LABEL_CHARACTERS]
