"""The leaves of an ONNX model: its inputs, whose first axis may be the batch, and its initialisers, which are parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..base.errors import DocumentError, shown
from ..base.limits import AXES
from ..graph.sizes import Dim
from .onnx_batch import Tensor
from .onnx_file import array_of
from .onnx_names import CONSTANT, ValueNames, spelled, turned_weights
from .onnx_reading import Item, Reading

if TYPE_CHECKING:
    import onnx

INDICES = dict.fromkeys(
    ("Gather", "GatherElements", "ScatterND", "ScatterElements", "Scatter"), 1
)  # operators that take one of their operands as an index
CARRIERS = ("Cast", "Identity", "Squeeze", "Unsqueeze", "Reshape", "Flatten")  # whose first operand is what comes out
SIZE = 3  # of an axis that the model gives only a name
NO_NUMBERS = (8, 14, 15)  # strings and complex numbers, among the types of inputs
WHOLE = (6, 7)  # INT32 and INT64


class OnnxLeaves:
    """Makes the leaves of one model."""

    def __init__(self, model: onnx.ModelProto, reading: Reading, names: ValueNames, folder: Path | None, batch: bool | None) -> None:
        self.model, self.reading, self.names, self.folder = model, reading, names, folder
        props = {prop.key: prop.value for prop in model.metadata_props}
        self.batch = False if batch is None and props.get("a1viz.batch") == "no" else batch
        labels = re.findall(r"(\S+):(\d{1,9})(?:\s|$)", props.get("a1viz.labels", ""))
        self.classes = {name: int(classes) for name, classes in labels}
        self.sizes: dict[str, int] = {}
        self.turned: set[str] = set()  # weights that the exporter has transposed, and we have not

    def add(self) -> dict[str, Item | None]:
        """Add all leaves; returns what they are, by their names in the file. Raises DocumentError."""
        proto, said = self.model.graph, self.reading.said
        if proto.sparse_initializer:
            raise DocumentError(f"{said}: sparse initialisers are not read")
        arrays = {tensor.name: array_of(tensor, said, self.folder) for tensor in proto.initializer}
        indices = indices_of(self.model)
        scope: dict[str, Item | None] = {}
        for info in proto.input:
            if info.name not in arrays:
                scope[info.name] = self.input(info, info.name in indices)
        turned = turned_weights(proto.node, arrays)
        for name, array in arrays.items():
            is_number = (not array.ndim and not re.fullmatch(r"[\w.]+", name)) or (array.size == 1 and CONSTANT.fullmatch(name))
            if array.dtype.kind == "i" or is_number:
                scope[name] = array
            elif name in turned and array.ndim == 2:
                scope[name] = self.parameter(turned[name], np.ascontiguousarray(array.T))
                self.turned.add(name)
            else:
                scope[name] = self.parameter(name, array)
        return scope

    def parameter(self, name: str, array: np.ndarray) -> Tensor:
        called = self.names.add(name, is_leaf=True)
        self.reading.builder.leaf(called, "parameter", array.shape)
        self.reading.parameters[called] = array
        return self.reading.tensor(called)

    def input(self, info: onnx.ValueInfoProto, is_index: bool) -> Tensor:
        kind, said = info.type.tensor_type, f"{self.reading.said}: the input {shown(info.name)}"
        if not info.type.HasField("tensor_type") or not kind.HasField("shape") or kind.elem_type in NO_NUMBERS:
            raise DocumentError(f"{said} is not an array of numbers with known axes")
        dims: list[Dim] = [dim.dim_value if dim.HasField("dim_value") else dim.dim_param or "?" for dim in kind.shape.dim]
        if len(dims) > AXES or any(isinstance(dim, int) and dim < 0 for dim in dims):
            raise DocumentError(f"{said} has {len(dims)} axes, or one of less than no entries; at most {AXES} are read")
        is_batched = bool(dims) and bool(self.batch or (self.batch is None and isinstance(dims[0], str)))
        if is_batched and isinstance(dims[0], int):
            self.reading.batch = dims[0]
        called = self.names.add(info.name, is_leaf=True)
        is_label = (is_index or info.name in self.classes) and kind.elem_type in WHOLE
        shape = tuple(self.size(dim) for dim in dims[is_batched:])
        self.reading.builder.leaf(called, "label" if is_label else "input", shape, self.classes.get(info.name))
        return self.reading.tensor(called)._replace(batched=is_batched)

    def size(self, dim: Dim) -> Dim:
        if isinstance(dim, int):
            return dim
        name = spelled(dim)
        self.sizes.setdefault(name, SIZE)
        return name


def indices_of(model: onnx.ModelProto) -> set[str]:
    """The inputs that a node takes as indices, also through nodes that leave the numbers what they are, and in functions."""
    places: dict[tuple[str, str], set[int]] = {}
    for function in (*model.functions, *model.functions):  # twice, for those that call others
        found = _read_asindices_of(function.node, places)
        places[function.domain, function.name] = {k for k, name in enumerate(function.input) if name in found}
    return _read_asindices_of(model.graph.node, places)


def _read_asindices_of(nodes: Sequence[onnx.NodeProto], places: Mapping[tuple[str, str], set[int]]) -> set[str]:
    found: set[str] = set()
    for node in reversed(nodes):
        wanted = places.get((node.domain, node.op_type), {INDICES[node.op_type]} if node.op_type in INDICES else set())
        found.update(name for k, name in enumerate(node.input) if k in wanted)
        if node.op_type in CARRIERS and node.output and node.output[0] in found and node.input:
            found.add(node.input[0])
    return found
