"""An ONNX file as a model, within bounds: no external data outside the file's folder, nothing unpickled, sizes checked before reading."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.errors import DocumentError, InputError, shown
from ..base.limits import AXES, GRAPH_NODES, UNPACKED_BYTES, VALUE_BYTES
from ..base.reading import is_stream, read_bytes
from .onnx_package import onnx_package

if TYPE_CHECKING:
    import onnx

    from ..base.arrays import Array


def model_of(source: str | Path | onnx.ModelProto) -> tuple[onnx.ModelProto, str, Path | None]:
    """The model, what messages call it, and the folder of its external data; None where there is none.

    Raises DocumentError for a file that is no good model.
    """
    package = onnx_package()
    if isinstance(source, package.ModelProto):
        return source, source.graph.name or "model", None
    if not isinstance(source, (str, Path)):
        raise DocumentError(f"expected the path of an .onnx file or a model of the onnx package, got {shown(source)}")
    said = str(source) if str(source).isprintable() and len(str(source)) < 300 else shown(str(source))
    try:
        data = read_bytes(source, VALUE_BYTES, said)
    except InputError as error:
        raise DocumentError(str(error)) from None
    try:
        model = package.ModelProto.FromString(data)
    except Exception:  # whatever protobuf raises
        raise DocumentError(f"{said}: this is not an ONNX model") from None
    if not all(isinstance(text, str) for text in _texts(model)):  # bytes that are no UTF-8
        raise DocumentError(f"{said}: this is not an ONNX model: a name in it is not text")
    if not model.opset_import or not model.graph.node:
        raise DocumentError(f"{said}: this is not an ONNX model: it has no nodes, or does not say which version of the operators it uses")
    if not model.graph.output:
        raise DocumentError(f"{said}: it has no outputs, so there is nothing that it computes; name one when it is exported")
    return model, said, None if is_stream(source) else Path(source).parent


def _texts(model: onnx.ModelProto) -> Iterator[object]:
    graph = model.graph
    yield from (model.doc_string, model.producer_name, graph.name, graph.doc_string)
    yield from (text for prop in model.metadata_props for text in (prop.key, prop.value))
    yield from (item.domain for item in model.opset_import)
    yield from (info.name for info in (*graph.input, *graph.output, *graph.initializer))
    yield from (dim.dim_param for info in graph.input for dim in info.type.tensor_type.shape.dim)
    for function in model.functions:
        yield from (function.name, function.domain, function.doc_string, *function.input, *function.output)
    for nodes in (graph.node, *(function.node for function in model.functions)):
        for node in nodes:
            yield from (node.name, node.op_type, node.domain, *node.input, *node.output)
            yield from (attribute.name for attribute in node.attribute)
            yield from (text for prop in node.metadata_props for text in (prop.key, prop.value))


def check_bounds(model: onnx.ModelProto, said: str) -> None:
    """Raise DocumentError for more than a graph may have."""
    nodes = len(model.graph.node) + sum(len(function.node) for function in model.functions)
    if nodes > GRAPH_NODES:
        raise DocumentError(f"{said}: it has {nodes:,} nodes; a graph has at most {GRAPH_NODES:,}")
    total = 0
    for tensor in all_tensors(model):
        if len(tensor.dims) > AXES:
            raise DocumentError(f"{said}: {shown(tensor.name)} has {len(tensor.dims)} axes; at most {AXES} are read")
        if any(size < 0 for size in tensor.dims):
            raise DocumentError(f"{said}: {shown(tensor.name)} has an axis of {min(tensor.dims)} entries")
        total += 4 * math.prod(tensor.dims)
    if total > UNPACKED_BYTES:
        raise DocumentError(f"{said}: its numbers would take {total:,} bytes; at most {UNPACKED_BYTES:,} are read")


def all_tensors(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    """Initialisers, and what nodes hold."""
    yield from model.graph.initializer
    for nodes in (model.graph.node, *(function.node for function in model.functions)):
        for node in nodes:
            for attribute in node.attribute:
                if attribute.HasField("t"):
                    yield attribute.t


def array_of(tensor: onnx.TensorProto, said: str, folder: Path | None) -> Array:
    """The numbers of a tensor: floats of 32 or 64 bits, or whole numbers of 64. Raises DocumentError."""
    import onnx

    name = f"{said}: {shown(tensor.name)}"
    if tensor.data_type not in _readable():
        kind = onnx.TensorProto.DataType.Name(tensor.data_type) if tensor.data_type in onnx.TensorProto.DataType.values() else "?"
        raise DocumentError(f"{name} holds {kind}; only numbers are read")
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        tensor = _inside(tensor, name, folder)
    try:
        found = onnx.numpy_helper.to_array(tensor)
    except Exception as error:  # whatever a broken tensor makes the package raise
        raise DocumentError(f"{name} cannot be read: {error}") from None
    if found.dtype == bool or found.dtype.kind in "iu":
        return np.asarray(found, np.int64)
    return np.asarray(found, found.dtype if found.dtype in (np.float32, np.float64) else np.float32)


def _readable() -> set[int]:
    import onnx

    names = "FLOAT DOUBLE FLOAT16 BFLOAT16 BOOL INT8 INT16 INT32 INT64 UINT8 UINT16 UINT32 UINT64".split()
    return {getattr(onnx.TensorProto, name) for name in names}


def _inside(tensor: onnx.TensorProto, name: str, folder: Path | None) -> Any:
    """The tensor with the numbers that lie in another file of the model's folder."""
    import onnx

    said = {entry.key: entry.value for entry in tensor.external_data}
    place = said.get("location", "")
    path = Path(place)
    if folder is None or not place or path.is_absolute() or len(path.parts) != 1 or path.name in ("..", ".") or "\\" in place:
        raise DocumentError(f"{name}: its numbers are in {shown(place)}; only files in the model's own folder are read")
    whole = folder / path.name
    if whole.is_symlink():
        raise DocumentError(f"{name}: its numbers are in {shown(place)}, which is a link; only files in the model's own folder are read")
    try:
        start, length = int(said.get("offset", 0)), int(said.get("length", -1))
        data = read_bytes(whole, VALUE_BYTES, f"{name}: {shown(place)}")
    except (ValueError, InputError) as error:
        raise DocumentError(str(error)) from None
    if start < 0 or (length >= 0 and start + length > len(data)):
        raise DocumentError(f"{name}: {shown(place)} is too short for it")
    found = onnx.TensorProto()
    found.CopyFrom(tensor)
    found.ClearField("external_data")
    found.data_location = onnx.TensorProto.DEFAULT
    found.raw_data = data[start:] if length < 0 else data[start : start + length]
    return found
