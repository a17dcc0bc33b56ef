"""Nodes of an ONNX model as they are collected: constants and equal nodes once, automatic names that no variable bears."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..graph.expressions import Expr, expression_of
from ..graph.nodes import INNER, Node
from ..graph.operators import INFIX, OPS
from ..graph.shapes import Attrs
from .onnx_words import WORDS

if TYPE_CHECKING:
    import onnx

Shape = tuple[int, ...]
Value = str  # the name of a value of the model


class Operand(NamedTuple):
    """An operand of an application: its name in the model, and its shape for one example."""

    name: Value
    shape: Shape


class OnnxApplication(NamedTuple):
    """An application that is to be put into ONNX's words: all sizes are numbers."""

    op: str
    operands: tuple[Operand, ...]
    attributes: Mapping[str, Any]  # those with their defaults too
    attrs: Attrs
    shape: Shape  # of the result

    @property
    def names(self) -> list[Value]:
        return [operand.name for operand in self.operands]

    @property
    def is_plain(self) -> bool:
        """Whether there are no more axes than the signature names, and no attributes."""
        pairs = zip(self.operands, OPS[self.op].inputs, strict=False)
        return not self.attrs and all(len(operand.shape) == len(axes) for operand, axes in pairs)

    @property
    def axes(self) -> tuple[int, ...] | None:
        """Those of a reduction, counted from the end; None for the whole value."""
        axis = dict(self.attrs).get("axis")
        return axis if axis is None or isinstance(axis, tuple) else (axis,)


class Emitter:
    """Collects the nodes of a graph or of a function."""

    def __init__(self, dtype: np.dtype[Any], taken: Container[Value]) -> None:
        import onnx

        self.helper, self.from_array = onnx.helper, onnx.numpy_helper.from_array
        self.dtype, self.taken = dtype, taken
        self.float, self.int64 = onnx.helper.np_dtype_to_tensor_dtype(dtype), onnx.TensorProto.INT64
        self.owner = ""  # the variable whose equation it is
        self.nodes: list[onnx.NodeProto] = []
        self._known: dict[Any, Value] = {}
        self._counts: dict[str, int] = {}

    def node(self, kind: str, *inputs: Value, **attributes: Any) -> Value:
        """Add a node, or find the one there is."""
        key = (kind, inputs, repr(sorted(attributes.items())))
        if key not in self._known:
            self._known[key] = name = self.fresh()
            self.nodes.append(self.helper.make_node(kind, list(inputs), [name], **attributes))
        return self._known[key]

    def call(self, function: str, domain: str, inputs: Sequence[Value], outputs: Sequence[Value], name: str) -> None:
        """Add a call of a function of the model."""
        self.nodes.append(self.helper.make_node(function, list(inputs), list(outputs), name=name, domain=domain))

    def called(self, value: Value, name: Value, first: int) -> Value:
        """Give a value this name: to the node that makes it, if that is one of those from `first` on, else to a copy."""
        made = [node for node in self.nodes[first:] if value in node.output]
        if not made:
            self.nodes.append(self.helper.make_node("Identity", [value], [name]))
            return name
        for node in self.nodes[first:]:
            for names in (node.input, node.output):
                names[:] = [name if old == value else old for old in names]
        self._known = {key: name if known == value else known for key, known in self._known.items()}
        return name

    def fresh(self) -> Value:
        """A new automatic name."""
        while True:
            self._counts[self.owner] = self._counts.get(self.owner, 0) + 1
            name = f"{self.owner}{INNER}{self._counts[self.owner]}"
            if name not in self.taken:
                return name

    def constant(self, array: np.ndarray) -> Value:
        """A constant of the array's own type."""
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._known:
            self._known[key] = name = self.fresh()
            self.nodes.append(self.helper.make_node("Constant", [], [name], value=self.from_array(array)))
        return self._known[key]

    def number(self, value: Any) -> Value:
        """A number, or an array of them, of the model's type."""
        return self.constant(np.asarray(value, self.dtype))

    def whole(self, values: Any) -> Value:
        """Whole numbers: axes, sizes, places."""
        return self.constant(np.asarray(values, np.int64))

    def as_float(self, value: Value) -> Value:
        return self.cast(value, self.float)

    def cast(self, value: Value, kind: int) -> Value:
        return self.node("Cast", value, to=kind)

    def reshaped(self, value: Value, shape: Sequence[int]) -> Value:
        return self.node("Reshape", value, self.whole(list(shape)))


# --- texts ----------------------------------------------------------------------------------------------------------------------------


@cache
def _tree(text: str) -> Expr:
    return expression_of(text)


def worded(emitter: Emitter, application: OnnxApplication) -> Value:
    """Add the nodes of a row that has a text."""
    op = OPS[application.op]
    texts = WORDS[application.op].split(" | ")
    names = dict(zip(op.args, application.names, strict=True))
    return _Text(emitter, application, names).value(_tree(texts[0] if application.is_plain else texts[-1]))


class _Text:
    """One text that is being put into nodes."""

    def __init__(self, emitter: Emitter, application: OnnxApplication, names: Mapping[str, Value]) -> None:
        self.emitter, self.application, self.names = emitter, application, names

    def value(self, tree: Expr) -> Value:
        emitter = self.emitter
        if tree.kind == "number":
            return emitter.number(tree.number)
        if tree.kind == "list":
            return emitter.whole(_numbers(tree))
        if tree.kind == "name":
            return self.names.get(tree.word) or DERIVED[tree.word](emitter, self.application)
        if tree.kind == "infix":
            return self._row(INFIX[tree.word], tree)
        if tree.kind == "prefix":
            is_number = tree.operands[0].kind == "number"
            return emitter.number(-tree.operands[0].number) if is_number else self._row("neg", tree)
        if tree.word == "Float":
            return emitter.as_float(self.value(tree.operands[0]))
        if tree.word in WORDS:
            return self._row(tree.word, tree)
        inputs = [self.value(part) for part in tree.operands]
        while inputs and not inputs[-1]:  # what is left out at the end
            inputs.pop()
        return emitter.node(tree.word, *inputs, **{name: self._attribute(part) for name, part in tree.named})

    def _row(self, row: str, tree: Expr) -> Value:
        names = dict(zip(OPS[row].args, map(self.value, tree.operands), strict=True))
        return _Text(self.emitter, self.application, names).value(_tree(WORDS[row].partition(" | ")[0]))

    def _attribute(self, tree: Expr) -> Any:
        if tree.kind == "number":
            return int(tree.number)
        found = self.application.attributes[tree.word]
        return int(found) if isinstance(found, bool) else found


def _numbers(tree: Expr) -> list[int]:
    return [int(-part.operands[0].number if part.kind == "prefix" else part.number) for part in tree.operands]


def _axes(emitter: Emitter, application: OnnxApplication) -> Value:
    return "" if application.axes is None else emitter.whole(list(application.axes))


def _diagonal(emitter: Emitter, application: OnnxApplication) -> Value:
    size = max(operand.shape[-1] for operand in application.operands if operand.shape)
    return emitter.constant(np.eye(size, dtype=bool))


DERIVED: Mapping[str, Callable[..., Any]] = {
    "axes": _axes,
    "sizes": lambda emitter, application: emitter.whole(list(application.shape)),
    "diagonal": _diagonal,
    "k": lambda emitter, application: emitter.whole(application.attributes["k"]),
}


def application_of(node: Node, operands: Sequence[Operand]) -> OnnxApplication:
    """An application of a graph whose sizes are numbers."""
    return OnnxApplication(node.op, tuple(operands), node.attributes, node.attrs, node.shape)  # type: ignore[arg-type]
