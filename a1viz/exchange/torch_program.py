"""A program that `torch.export` has written, as plain data: its operations, their arguments by name, and where each was called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .torch_entries import INDICES
from .torch_names import TracedNode
from .torch_source import ProgramFrame, frames_of

if TYPE_CHECKING:
    import torch

CARRIERS = "view reshape unsqueeze squeeze select slice clone _to_copy to expand flatten transpose permute".split()


class TorchProgram:
    """The operations of an exported program, in their order."""

    def __init__(self, program: Any) -> None:
        self.spec = program.graph_signature
        self.numbers = {**program.constants, **program.state_dict}
        nodes = list(program.graph.nodes)
        self.leaves = [node for node in nodes if node.op == "placeholder"]
        self.operations = [node for node in nodes if node.op == "call_function" and not kind_of(node).startswith("_assert")]
        self.returned = [
            node for spec, node in zip(self.spec.output_specs, nodes[-1].args[0], strict=True)
            if spec.kind.name == "USER_OUTPUT" and hasattr(node, "op")
        ]  # fmt: skip

    def indices(self) -> set[Any]:
        """The nodes that are read as indices, also through operations that leave numbers what they are."""
        found: set[Any] = set()
        for node in reversed(self.operations):
            wanted = arguments_of(node).get(INDICES.get(kind_of(node), ""))
            found.update(item for item in (wanted if isinstance(wanted, (list, tuple)) else [wanted]) if hasattr(item, "op"))
            if kind_of(node) in CARRIERS and node in found:
                found.add(node.args[0])
        return found

    def traced(self) -> dict[Any, TracedNode]:
        """What names are found by; a list of values stands for those that are taken from it."""
        nodes = [node for node in self.operations if hasattr(node.meta.get("val"), "shape")]
        places = {node: k for k, node in enumerate(nodes)}
        found = {}
        for node in nodes:
            readers = [user for reader in node.users for user in ([reader] if reader in places else reader.users)]
            modules = tuple((key, path) for key, (path, _) in (node.meta.get("nn_module_stack") or {}).items())
            parameters = self.spec.inputs_to_parameters
            weights = next((parameters[item.name] for item in node.all_input_nodes if item.name in parameters), "")
            read = tuple(places[reader] for reader in readers if reader in places)
            found[node] = TracedNode(kind_of(node), trace_of(node), modules, read, weights, node in self.returned)
        return found


def kind_of(node: Any) -> str:
    """An operation's name without its overload."""
    schema = getattr(node.target, "_schema", None)
    if schema is None:
        return str(getattr(node.target, "__name__", node.target))
    space, _, name = str(schema.name).partition("::")
    return name if space == "aten" else f"{space}.{name}"


def arguments_of(node: Any) -> dict[str, Any]:
    """An operation's arguments by name, with defaults."""
    schema = getattr(node.target, "_schema", None)
    if schema is None:
        return {str(k): argument for k, argument in enumerate(node.args)}
    given = dict(zip((argument.name for argument in schema.arguments), node.args, strict=False)) | dict(node.kwargs)
    return {argument.name: given.get(argument.name, argument.default_value) for argument in schema.arguments}


def is_random(node: Any) -> bool:
    return any("nondeterministic" in str(tag) for tag in getattr(node.target, "tags", ()))


def cast_of(node: Any) -> str:
    """What a cast does to numbers that are not whole: `whole` or `truth` ones come out, or nothing changes."""
    source = values_in(node.all_input_nodes[0])[0] if node.all_input_nodes else None
    target = values_in(node)[0]
    if source is None or not source.dtype.is_floating_point or target.dtype.is_floating_point:
        return ""
    return "truth" if str(target.dtype) == "torch.bool" else "whole"


def values_in(node: Any) -> list[Any]:
    """What PyTorch says of the operation's values: their shapes and types."""
    value = node.meta.get("val")
    return list(value) if isinstance(value, (list, tuple)) else [value]


def trace_of(node: Any) -> tuple[ProgramFrame, ...]:
    return tuple(frames_of(node.meta.get("stack_trace") or ""))


def own_frame(frames: Sequence[ProgramFrame]) -> ProgramFrame:
    """The innermost line of the program's own."""
    return next((frame for frame in reversed(frames) if not frame.is_library), ProgramFrame("", 0, "", ""))


def array_in(tensor: torch.Tensor) -> np.ndarray:
    """A tensor's numbers; floats that NumPy has not, or that are short, as those of 32 bits."""
    tensor = tensor.detach().cpu()
    if tensor.is_floating_point() and tensor.element_size() < 4:
        tensor = tensor.float()
    return np.array(tensor.numpy())
