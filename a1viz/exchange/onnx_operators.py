"""Which operators of ONNX are read: those of the tables of the modules before this one, and what is said of others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..base.errors import DocumentError, did_you_mean, shown
from .onnx_attention import ATTENTION
from .onnx_convolutions import CONVOLUTIONS
from .onnx_entries import ENTRIES
from .onnx_folding import FOLDED
from .onnx_formulas import ELEMENTWISE
from .onnx_layers import LAYERS
from .onnx_reading import Reader
from .onnx_scatter import SCATTER
from .onnx_shapes import SHAPES

if TYPE_CHECKING:
    import onnx

READERS: Mapping[str, Reader] = {**ELEMENTWISE, **SHAPES, **ENTRIES, **SCATTER, **LAYERS, **CONVOLUTIONS, **ATTENTION}
ANYWHERE = {
    *ELEMENTWISE,
    *"MatMul Gemm Transpose Reshape Squeeze Unsqueeze Gather Slice Split Concat Cast Dropout LayerNormalization ArgMax ArgMin".split(),
}
OWN = ("Constant", "Shape", "Size")  # read here
DOMAINS = ("", "ai.onnx")


def check_operators(model: onnx.ModelProto, said: str) -> None:
    """Raise DocumentError with every operator that is not known, and its nodes."""
    own = {(function.domain, function.name) for function in model.functions}
    unknown: dict[str, list[str]] = {}
    for nodes in (model.graph.node, *(function.node for function in model.functions)):
        for node in nodes:
            is_known = node.domain in DOMAINS and (node.op_type in READERS or node.op_type in FOLDED or node.op_type in OWN)
            if not is_known and (node.domain, node.op_type) not in own:
                kind = node.op_type if node.domain in DOMAINS else f"{node.domain}.{node.op_type}"
                unknown.setdefault(kind, []).append(shown(node.name or next(iter(node.output), "")))
    if unknown:
        raise DocumentError(
            f"{said}: {shown(kind)} is no operator that is read{did_you_mean(kind, READERS)}; nodes: {', '.join(places[:10])}"
            + (f" and {len(places) - 10} more" if len(places) > 10 else "")
            for kind, places in unknown.items()
        )
