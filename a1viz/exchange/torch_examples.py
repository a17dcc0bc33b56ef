"""A PyTorch module and the examples it is read with: exported for one of them, and compared over all: each must have a value of its own."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import traceback
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.errors import DocumentError, InputError, place, shown
from .torch_package import torch_package
from .torch_source import ProgramFrame

if TYPE_CHECKING:
    import torch

COMPARED = 3  # examples
CLOSE = {"float64": 1e-9, "float32": 1e-4}  # relative to the largest entry; other floats are rounder
ROUND = 0.05
COMPILES = "GuardOnDataDependent DataDependentOutput UnsupportedOperator"  # errors of control flow, by PyTorch's names
BOTH = "torch.where(c, a, b) computes both"


def tensors_of(module: torch.nn.Module, examples: Sequence[Any], said: str) -> list[torch.Tensor]:
    """The examples as PyTorch's arrays, those of NumPy as precise as the module. Raises InputError for what is no batch of examples."""
    torch = torch_package()
    floats = next((parameter.dtype for parameter in module.parameters() if parameter.is_floating_point()), torch.get_default_dtype())
    found = []
    for k, example in enumerate(examples, 1):
        try:
            tensor = example.detach() if isinstance(example, torch.Tensor) else torch.as_tensor(np.asarray(example))
            tensor = tensor if isinstance(example, torch.Tensor) or not tensor.is_floating_point() else tensor.to(floats)
        except (TypeError, ValueError, RuntimeError):
            raise InputError(f"{said}: example input {k} is not an array of numbers: {shown(example)}") from None
        if not tensor.ndim or not tensor.shape[0]:
            raise InputError(
                f"{said}: example input {k} has shape {tuple(tensor.shape)}; examples have their batch axis in front: (1, ...)"
            )
        if tensor.is_complex():
            raise InputError(f"{said}: example input {k} has complex numbers; a graph computes with real ones")
        found.append(tensor.contiguous())
    if not found:
        raise InputError(f"{said}: there are no examples; give each input of forward, its batch axis in front: from_torch(module, x)")
    if len({tensor.shape[0] for tensor in found}) > 1:
        sizes = ", ".join(str(tuple(tensor.shape)) for tensor in found)
        raise InputError(f"{said}: the inputs have shapes {sizes}; all have as many examples, their batch axis in front")
    return found


def check_mode(module: torch.nn.Module, said: str) -> None:
    """Raise DocumentError where dropout or batch norm are in training mode."""
    torch = torch_package()
    kinds = torch.nn.modules.batchnorm._NormBase, torch.nn.modules.dropout._DropoutNd
    names = [(path or said, type(part).__name__) for path, part in module.named_modules() if part.training and isinstance(part, kinds)]
    if names:
        raise DocumentError(
            f"{said}: {path} ({kind}) is in training mode, where a value is random or depends on the whole batch; call module.eval() first"
            for path, kind in names
        )


def exported(module: torch.nn.Module, tensors: Sequence[torch.Tensor], known: Sequence[str], said: str) -> Any:
    """The module as a program for one example, operations decomposed that are not known. Raises DocumentError."""
    torch = torch_package()
    one = tuple(tensor[:1].clone() for tensor in tensors)
    with _quiet(torch):
        try:
            program = torch.export.export(module, one, strict=False)
            table = torch.export.default_decompositions()
            for op in [op for op in table if op._schema.name.partition("::")[2] in known and op._schema.name.startswith("aten::")]:
                del table[op]
            return program.run_decompositions(table)
        except Exception as error:  # whatever a program raises
            raise DocumentError(_refused(error, said, "exported for one example of what is given")) from None


@contextlib.contextmanager
def _quiet(torch: Any) -> Iterator[None]:
    """Without PyTorch's warnings, and without its fused kernels of attention, which keep no operations."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with (
            warnings.catch_warnings(),
            torch.enable_grad(),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
        torch.backends.mha.set_fastpath_enabled(fast)


def _refused(error: BaseException, said: str, done: str) -> str:
    """Why the program could not be run or exported, and where."""
    frames = [ProgramFrame(f.filename, f.lineno or 0, f.name, f.line or "") for f in traceback.extract_tb(error.__traceback__)]
    here = os.path.dirname(__file__)
    own = [frame for frame in frames if not frame.is_library and frame.file != "<string>" and here not in frame.file]
    where = source_place(own[-1]) if own else f"{said}: "
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if any(name in kind for kind in kinds for name in COMPILES.split()):
        return f"{where}what is computed next depends on the numbers themselves, and a graph has no branches; {BOTH}"
    if "when training" in str(error):
        return f"{where}it is batch norm in training mode, which computes with the whole batch; call module.eval() first"
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    return f"{where}the module cannot be {done}, whose batch axis comes first: {type(error).__name__}: {shown(first, 300)}"


def source_place(frame: ProgramFrame) -> str:
    """Where a frame is, for a message: within the folder one is in, by the path from there."""
    inside = os.path.join(os.getcwd(), "")
    return place(frame.file.removeprefix(inside), frame.line)


# --- one example at a time ----------------------------------------------------------------------------------------------------------


def values_of(module: torch.nn.Module, tensors: Sequence[torch.Tensor], said: str) -> tuple[list[torch.Tensor], list[list[torch.Tensor]]]:
    """At least two examples, and the module's outputs for each of them alone. Raises DocumentError where examples depend on one another."""
    torch = torch_package()
    batch = [_several(torch, tensor)[:COMPARED] for tensor in tensors]
    alone = [_outputs(module, [tensor[n : n + 1] for tensor in batch], said) for n in range(batch[0].shape[0])]
    together = _outputs(module, batch, said)
    for k, (whole, *parts) in enumerate(zip(together, *alone, strict=False), 1):
        check_alone(whole, parts, f"{said}: output {k}" if len(together) > 1 else f"{said}: its output")
    return batch, alone


def _several(torch: Any, tensor: torch.Tensor) -> torch.Tensor:
    """With a second example, if there is but one: half the numbers, or labels the other way round."""
    if tensor.shape[0] > 1:
        return tensor
    second = tensor / 2 if tensor.is_floating_point() else tensor.flip(-1)
    return torch.cat([tensor, second])


def _outputs(module: torch.nn.Module, tensors: Sequence[torch.Tensor], said: str) -> list[torch.Tensor]:
    """What the module gives, as a list; its buffers stay what they are."""
    torch = torch_package()
    buffers = {name: buffer.clone() for name, buffer in module.named_buffers()}
    with _quiet(torch), torch.no_grad():
        try:
            found = torch.func.functional_call(module, buffers, tuple(tensor.clone() for tensor in tensors))
        except Exception as error:  # whatever a program raises
            raise DocumentError(_refused(error, said, "run on what is given")) from None
    leaves = torch.utils._pytree.tree_leaves(found)
    return [leaf.detach() for leaf in leaves if isinstance(leaf, torch.Tensor)]


def check_alone(whole: torch.Tensor, parts: Sequence[torch.Tensor], said: str) -> None:
    """Raise DocumentError unless a batch's output is that of each example alone, or the mean of those."""
    torch = torch_package()
    count = len(parts)
    if whole.ndim and whole.shape[0] == count and whole.numel() == count * parts[0].numel():
        wanted = torch.stack([part.reshape(whole.shape[1:]) for part in parts])
    elif whole.shape == parts[0].shape:
        wanted = torch.stack([part.double() for part in parts]).mean(0).to(whole.dtype)
    else:
        raise DocumentError(f"{said} has shape {tuple(whole.shape)} for {count} examples and {tuple(parts[0].shape)} for one; {IN_FRONT}")
    if not is_close(whole, wanted):
        most = float((whole - wanted).abs().max()) if whole.is_floating_point() else 1.0
        raise DocumentError(f"{said} for one example depends on the others of its batch: alone it differs by {most:.3g}; {IN_FRONT}")


IN_FRONT = "a graph describes one example, inputs and outputs have their batch axis in front, and a loss is the mean over it"


def is_close(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Whether values agree as well as rounding lets them."""
    given = str(a.dtype).partition(".")[2]
    tolerance = CLOSE.get(given, ROUND if a.is_floating_point() else 0.0)
    x, y = a.double().cpu().numpy(), b.double().cpu().numpy()
    finite = np.abs(y[np.isfinite(y)])
    return bool(np.allclose(x, y, rtol=tolerance, atol=tolerance * max(finite.max(initial=0.0), 1e-30), equal_nan=True))
