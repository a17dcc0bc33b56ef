"""A PyTorch module as a graph of one example, by `torch.export`: weights are parameters, names are those of its lines.

The module is exported for one example; axes of one entry, which the batch axis is wherever it goes, are left out. What comes out is
compared with the module's own numbers. Serves design, section 10.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.errors import A1vizError, DocumentError, GraphError, InputError, shown
from ..base.limits import GRAPH_NODES, KNOWN_NUMBERS
from ..calculus.interpreter import run
from ..graph.document import Document
from ..graph.nodes import INNER, Builder, Graph
from .onnx_names import ValueNames
from .onnx_reading import Reading
from .torch_entries import ENTRY_RULES
from .torch_examples import check_mode, exported, is_close, source_place, tensors_of, values_of
from .torch_formulas import FORMULA_RULES
from .torch_layers import LAYER_RULES
from .torch_names import names_of, owners_of
from .torch_package import torch_package
from .torch_parts import PART_RULES
from .torch_program import TorchProgram, arguments_of, array_in, cast_of, is_random, kind_of, own_frame, trace_of, values_in
from .torch_shapes import SHAPE_RULES
from .torch_source import ProgramFrame
from .torch_values import INLINE, KnownValue, TorchRule, TorchStep, TorchValue

if TYPE_CHECKING:
    import torch

RULES: Mapping[str, TorchRule] = {**FORMULA_RULES, **SHAPE_RULES, **PART_RULES, **ENTRY_RULES, **LAYER_RULES}


def from_torch(module: torch.nn.Module, *examples: Any) -> Graph:
    """The graph of a PyTorch module in evaluation mode, from examples of its inputs, which have their batch axis in front.

    The graph describes one example; its parameters are the module's, with their values, and its variables are called as the lines of
    `forward` call them. `graph.document.names` maps the module's names (`fc1.weight`) to the graph's (`fc1_weight`).

    Raises DocumentError for a module that cannot be read: all operations at once that are not known, with their lines; InputError for
    examples that do not fit; OutputError where the package `torch` is missing. Source: design, section 10.

    >>> graph = from_torch(module.eval(), x)  # doctest: +SKIP
    """
    torch = torch_package()
    if not isinstance(module, torch.nn.Module):
        raise InputError(f"expected a torch.nn.Module, got {shown(module)}")
    said = type(module).__name__
    tensors = tensors_of(module, examples, said)
    check_mode(module, said)
    reader = _ProgramReader(TorchProgram(exported(module, tensors, tuple(RULES), said)), said)
    graph = reader.graph()
    batch, alone = values_of(module, tensors, said)
    _compare(graph, dict(zip(reader.inputs, batch, strict=True)), alone)
    return graph


def _compare(graph: Graph, batch: Mapping[str, torch.Tensor], alone: Sequence[Sequence[torch.Tensor]]) -> None:
    """Raise DocumentError unless the graph's outputs are those of the module."""
    torch = torch_package()
    values: dict[str, Any] = {name: array_in(tensor) for name, tensor in batch.items()}
    found = run(graph, **values)
    for name, *parts in zip(graph.outputs, *alone, strict=True):
        value = np.asarray(found[name])
        for n, part in enumerate(parts):
            one = value[n] if value.ndim > len(graph[name].shape) else value
            if one.size != part.numel() or not is_close(torch.as_tensor(one.reshape(part.shape)).to(part.dtype), part.cpu()):
                raise DocumentError(f"{graph.name}: {name} is not what the module computes; this is a bug in a1viz")


class _ProgramReader:
    """Reads one exported program, operation by operation."""

    def __init__(self, program: TorchProgram, said: str) -> None:
        self.program, self.said = program, said
        self.reading = Reading(Builder(), said)
        self.builder = self.reading.builder
        self.names = ValueNames(False)
        self.inputs: list[str] = []
        self.scope: dict[Any, Any] = {}  # what each of the program's nodes is: an item, or a list of them
        self.planted: dict[int, TorchValue] = {}
        self.written: set[Any] = set()  # nodes, and then variables, that lines of the program name

    def graph(self) -> Graph:
        nodes = self.program.operations
        if len(nodes) > GRAPH_NODES:
            raise DocumentError(f"{self.said}: it has {len(nodes):,} operations; a graph has at most {GRAPH_NODES:,} nodes")
        self.leaves()
        said = {old: new for old, new in self.names.found.items() if old != new}
        self.check_operations()
        traced = self.program.traced()
        places = {node: k for k, node in enumerate(traced)}
        names, written = names_of(list(traced.values()))
        owners = owners_of(list(traced.values()), names)
        self.written = {node for node, k in places.items() if k in written}
        for node in nodes:
            k = places.get(node, -1)
            try:
                self.scope[node] = self.read(node, names.get(k, ""), owners.get(k, ""))
            except DocumentError:
                raise
            except A1vizError as error:
                raise DocumentError(self.placed(node, str(error))) from None
            except (KeyError, ValueError, TypeError, IndexError, AttributeError, NotImplementedError, OverflowError) as error:
                raise DocumentError(self.placed(node, f"its operands are not what is read ({type(error).__name__}: {error})")) from None
        outputs: list[str] = []
        for node in self.program.returned:
            outputs.append(self.output(node, names.get(places.get(node, -1), "output"), outputs))
        return self.finished(outputs, said)

    def finished(self, outputs: Sequence[str], said: Mapping[str, str]) -> Graph:
        used = {i for node in self.builder.nodes.values() for i in node.inputs} | set(outputs)
        for name in [name for name in self.reading.parameters if name not in used]:
            del self.builder.nodes[name]
        values = {name: value for name, value in self.reading.parameters.items() if name in used}
        names = {old: new for old, new in said.items() if new in self.builder.nodes}
        document = Document(self.said, path=self.said, values=values, names=names)
        return self.builder.graph(self.said, outputs, document, keep=[name for name in self.builder.nodes if INNER not in name])

    def placed(self, node: Any, why: str) -> str:
        return f"{source_place(own_frame(trace_of(node))) or self.said + ': '}{kind_of(node)}: {why}"

    # --- what is there ------------------------------------------------------------------------------------------------------------

    def leaves(self) -> None:
        """Inputs, parameters and buffers; a weight that is used under two names is one parameter."""
        spec = self.program.spec
        weights = {**spec.inputs_to_parameters, **spec.inputs_to_buffers, **spec.inputs_to_lifted_tensor_constants}
        indices = self.program.indices()
        seen: dict[Any, TorchValue] = {}
        for node in sorted(self.program.leaves, key=lambda node: node.name in weights):
            if node.name not in weights:
                self.scope[node] = self.input(node, node in indices)
                continue
            path = weights[node.name]
            tensor = self.program.numbers[path].detach()
            if node.name not in spec.inputs_to_parameters:
                is_buffer = node.name in spec.inputs_to_buffers
                self.scope[node] = KnownValue(array_in(tensor), self.names.add(path, is_leaf=True) if is_buffer else "")
                continue
            key = (tensor.data_ptr(), tuple(tensor.shape), tensor.stride())
            if key not in seen or not tensor.numel():
                seen[key] = self.parameter(self.names.add(path, is_leaf=True), array_in(tensor))
            self.names.found[path] = seen[key].name
            self.scope[node] = seen[key]

    def parameter(self, name: str, array: np.ndarray) -> TorchValue:
        if array.dtype.kind == "c":
            raise DocumentError(f"{self.said}: {name} has complex numbers; a graph computes with real ones")
        self.builder.leaf(name, "parameter", array.shape)
        self.reading.parameters[name] = array
        return TorchValue(name, array.shape, (True,) * array.ndim)

    def input(self, node: Any, is_index: bool) -> TorchValue:
        value = node.meta["val"]
        sizes = tuple(map(int, value.shape))
        name = self.names.add(node.name, is_leaf=True)
        self.builder.leaf(name, "label" if is_index and not value.dtype.is_floating_point else "input", sizes[1:])
        self.inputs.append(name)
        return TorchValue(name, sizes, (False, *[True] * (len(sizes) - 1)))

    def check_operations(self) -> None:
        """Raise DocumentError with every operation that is not known, and where it is called."""
        unknown: dict[str, list[ProgramFrame]] = {}
        random = {kind_of(node): "draws random numbers, and a graph has none" for node in self.program.operations if is_random(node)}
        known = {node for node, item in self.scope.items() if isinstance(item, KnownValue)}
        for node in self.program.operations:
            if known.issuperset(node.all_input_nodes) and not is_random(node):
                known.add(node)
            elif kind_of(node) not in RULES and kind_of(node) != "getitem":
                unknown.setdefault(kind_of(node), []).append(own_frame(trace_of(node)))
        if unknown:
            raise DocumentError(
                f"{source_place(frames[0]) or self.said + ': '}{shown(kind)} {random.get(kind, 'is no operation that is read')}"
                + (f": {text}" if (text := frames[0].text.strip()[:100]) else "")
                + (f" (and {len(frames) - 1} more)" if len(frames) > 1 else "")
                for kind, frames in unknown.items()
            )

    # --- operations ---------------------------------------------------------------------------------------------------------------

    def read(self, node: Any, name: str, owner: str) -> Any:
        if kind_of(node) == "getitem":
            found = self.scope[node.args[0]][node.args[1]]
            return self.named(node, found, name) if isinstance(found, TorchValue) else found
        known = self.folded(node, name)
        if known is not None:
            return known
        values = values_in(node)
        if values[0].is_complex():
            raise GraphError("it computes complex numbers")
        given = {key: self.items(argument) for key, argument in arguments_of(node).items()}
        name = self.names.add(node.name, name) if name else ""
        dtype = str(values[0].dtype).partition(".")[2]
        step = TorchStep(
            self.reading, kind_of(node), given, tuple(map(int, values[0].shape)), name, name or owner, len(values), self.planted, dtype,
            cast_of(node),
        )  # fmt: skip
        found = RULES[step.kind](step)
        return self.named(node, found, name) if isinstance(found, TorchValue) else found

    def items(self, argument: Any) -> Any:
        if isinstance(argument, (list, tuple)):
            return [self.items(part) for part in argument]
        return self.scope[argument] if hasattr(argument, "all_input_nodes") else argument

    def named(self, node: Any, value: TorchValue, name: str) -> TorchValue:
        """A value under the name that the program gives it: its only one if nothing has read it yet."""
        name = self.names.add(node.name, name) if name else ""
        if node in self.written:
            self.written.add(name)
        if not name or value.name == name or value.name.rstrip("0123456789") == name.rstrip("0123456789"):  # h = dropout(h)
            return value
        is_read = any(value.name in other.inputs for other in self.builder.nodes.values())
        if is_read or self.builder.nodes[value.name].is_leaf or value.name in self.written:
            self.builder.add("identity", [value.name], name=name, owner=name)
        else:
            self.builder.rename(value.name, name)
            for key, item in self.scope.items():
                if isinstance(item, TorchValue) and item.name == value.name:
                    self.scope[key] = item._replace(name=name)
        return value._replace(name=name)

    def folded(self, node: Any, name: str) -> Any:
        """What an operation computes of numbers that are known, by PyTorch itself."""
        if is_random(node) or not all(isinstance(self.scope.get(item), KnownValue) for item in node.all_input_nodes):
            return None
        torch = torch_package()
        if sum(part.numel() for part in values_in(node)) > KNOWN_NUMBERS:
            raise GraphError(f"more than {KNOWN_NUMBERS:,} numbers are computed from constants alone")
        given = {item: torch.as_tensor(self.scope[item].array) for item in node.all_input_nodes}
        args, kwargs = torch.fx.node.map_arg((node.args, node.kwargs), lambda item: given[item])
        found = node.target(*args, **kwargs)
        if isinstance(found, (list, tuple)):
            return [KnownValue(array_in(part)) for part in found]
        array = array_in(found)
        return KnownValue(array, self.names.add(node.name, name) if name and array.size > INLINE and (array != array.flat[0]).any() else "")

    # --- outputs ------------------------------------------------------------------------------------------------------------------

    def output(self, node: Any, name: str, others: Sequence[str]) -> str:
        """The variable of an output, without its batch axis; each output has its own."""
        step = TorchStep(self.reading, "output", {"x": self.scope[node]}, (), "", name, known=self.planted)
        value = step.value("x")
        if value.rank and value.sizes[0] == 1:
            value = step.without(value, [0])
        value = step.kept(value, range(1, value.rank))
        if INNER not in value.name and not self.builder.nodes[value.name].is_given and value.name not in others:
            return value.name
        called = name if name not in self.builder.nodes else f"{name}_out"
        return self.builder.add("identity", [value.name], name=self.names.add(f"output {len(others)}", called))
