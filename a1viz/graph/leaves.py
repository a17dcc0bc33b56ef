"""What a graph is run on: given values checked against core shapes, defaults from the document, the rest drawn from a seed.

A leaf whose array has one axis more than its core shape is batched. Serves every question that has numbers.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..base.arrays import as_array
from ..base.columns import counted
from ..base.errors import InputError, did_you_mean, shown
from .nodes import Graph, Node
from .shapes import shape_text
from .sizes import names_of, size_of
from .work import check_work

FLOATS = (np.float32, np.float64)


@dataclass
class Inputs:
    """Checked values of a graph's leaves."""

    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    batched: set[str] = field(default_factory=set)  # leaves whose arrays have a batch axis in front
    sizes: dict[str, int] = field(default_factory=dict)  # what each named size is
    sized_by: dict[str, str] = field(default_factory=dict)  # the leaf each named size was learnt from
    batch: int | None = None  # the number of examples, None for a single one
    dtype: np.dtype = field(default_factory=lambda: np.dtype(np.float64))


def gather(graph: Graph, given: Mapping[str, Any], rng: np.random.Generator | None = None, *, sized: bool = False) -> Inputs:
    """Check the given values, fill in the document's, and draw what is still missing.

    A leaf of a document without a value is drawn: a vector from N(0, 1), a matrix from N(0, 1 / columns), an array of more axes
    from N(0, 1 / the entries of one element of its first axis), labels uniformly; each leaf from its own stream, seeded by its name alone
    (or by `rng`), so that adding a variable changes no other. `sized=True` holds the values to the document's sizes.

    Raises InputError for an unknown or a missing name, a wrong shape, a class out of range, numbers that are none.
    """
    check_given(graph, given)
    inputs = Inputs(sizes=dict(graph.document.sizes) if sized else {})
    for name in graph.document.fixed:
        inputs.sizes[name], inputs.sized_by[name] = graph.document.sizes[name], _why(graph, name)
    floats = []
    for node in graph.leaves:
        if node.name in given:
            array = _array(node, given[node.name])
            _bind(inputs, node, array, "")
            inputs.arrays[node.name] = array
            if node.op != "label":
                floats.append(array.dtype)
    if floats:
        inputs.dtype = np.result_type(*floats)
    for node in graph.leaves:
        if node.name not in given and node.name in graph.document.values:
            array = _array(node, graph.document.values[node.name])
            _bind(inputs, node, array, "the document's ")
            inputs.arrays[node.name] = array if node.op == "label" else array.astype(inputs.dtype)
    for name, size in graph.document.sizes.items():
        inputs.sizes.setdefault(name, size)
    _check_composed(inputs)
    if any(node.name not in given for node in graph.leaves) or (graph.document.path and not graph.leaves):
        check_work(graph, inputs.sizes, inputs.batch or 1, sum(array.size for array in inputs.arrays.values()))
    for node in graph.leaves:
        if node.name not in inputs.arrays:
            inputs.arrays[node.name] = _drawn(graph, node, inputs, rng)
        elif node.op == "label":
            _check_classes(node, inputs)
    return inputs


def check_given(graph: Graph, given: Iterable[str]) -> None:
    """Raise InputError for a name that is no leaf; so none can be an argument of a function that takes values by name."""
    names = {node.name for node in graph.leaves}
    for name in given:
        if name not in names:
            what = "is computed, not given" if name in graph else "is not a variable of this graph"
            raise InputError(f"{name} {what}; the leaves are {', '.join(sorted(names)) or 'none'}{did_you_mean(name, names)}")


def check_sizes(graph: Graph, sizes: Mapping[str, int]) -> None:
    """Raise InputError for a size that cannot be what is given, for a block is repeated so often."""
    for name in graph.document.fixed:
        if sizes.get(name, graph.document.sizes[name]) != graph.document.sizes[name]:
            raise InputError(f"{name} is {graph.document.sizes[name]}: {_why(graph, name)}; got {shown(sizes[name])}")


def _why(graph: Graph, size: str) -> str:
    return f"{graph.document.fixed[size]} is repeated {size} times"


def _check_composed(inputs: Inputs) -> None:
    """Sizes made of others, such as D+H, against what these are."""
    for dim, size in list(inputs.sizes.items()):
        if not dim.isidentifier() and all(name in inputs.sizes for name in names_of(dim)):
            known = size_of(dim, {name: inputs.sizes[name] for name in names_of(dim)})
            if known != size:
                of = ", ".join(f"{name} is {inputs.sizes[name]}" for name in dict.fromkeys(names_of(dim)))
                raise InputError(f"{dim} is {size} ({inputs.sized_by[dim]}), but {of}")


def _array(node: Node, value: Any) -> np.ndarray:
    """A value as an array: float32 and float64 are kept, other real numbers become float64, labels integers."""
    try:
        array = as_array(value, node.name)
    except (ValueError, TypeError, RuntimeError) as error:
        raise InputError(f"{node.name}: {shown(value)} is not an array: {error}") from None
    if array.dtype.kind not in "biuf" and array.size:
        raise InputError(f"{node.name}: expected real numbers, got {shown(value)}")
    if node.op == "label":
        with np.errstate(invalid="ignore"):  # NaN and huge numbers come back changed
            whole = array.astype(np.int64)
        if (whole != array).any():
            raise InputError(f"{node.name}: a class label is a whole number, got {shown(value)}")
        return whole
    return array if array.dtype in FLOATS else _as_float64(node.name, array)


def _as_float64(name: str, array: np.ndarray) -> np.ndarray:
    """Other real numbers; a long double may hold what no float64 can. Raises InputError."""
    with np.errstate(invalid="ignore", over="ignore"):
        found = array.astype(np.float64)
    if array.dtype.kind == "f" and (np.isinf(found) & np.isfinite(array)).any():
        raise InputError(f"{name}: a number is larger than a float can be, 1.8e308; write a smaller one")
    return found


def _bind(inputs: Inputs, node: Node, array: np.ndarray, whose: str) -> None:
    """Check an array's shape, learn the named sizes from it, and whether it is batched."""
    extra = array.ndim - len(node.shape)
    if extra not in (0, 1):
        expected = shape_text(node.shape)
        raise InputError(f"{node.name}: {whose}value has shape {array.shape}, expected {expected}, or (batch, ...) in front of it")
    for want, size in zip(node.shape, array.shape[extra:], strict=True):
        if isinstance(want, str) and want not in inputs.sizes:
            inputs.sizes[want], inputs.sized_by[want] = size, f"from {node.name}"
        known = inputs.sizes[want] if isinstance(want, str) else want
        if known != size:
            by = f" ({inputs.sized_by[want]})" if want in inputs.sized_by else ""
            is_known = f"{want} is {known}{by}" if isinstance(want, str) else f"that axis has {known}"
            hint = f"; give {node.name} too" if whose else ""
            raise InputError(f"{node.name}: {whose}value has shape {array.shape}, expected {shape_text(node.shape)}, and {is_known}{hint}")
    if extra:
        if inputs.batch not in (None, len(array)):
            raise InputError(
                f"{node.name}: {whose}value has a batch of {len(array)}, but another input has {counted(inputs.batch, 'examples')}"
            )
        inputs.batch = len(array)
        inputs.batched.add(node.name)


def _classes(node: Node, sizes: Mapping[str, int]) -> int | None:
    return sizes.get(node.value) if isinstance(node.value, str) else None if node.value is None else int(node.value)


def _check_classes(node: Node, inputs: Inputs) -> None:
    classes = _classes(node, inputs.sizes)
    array = inputs.arrays[node.name]
    if classes is not None and array.size and not (0 <= array.min() and array.max() < classes):
        wrong = array.reshape(-1)[((array < 0) | (array >= classes)).reshape(-1)][0]
        raise InputError(f"{node.name}: class {wrong} is out of range; {node.name} has {classes} classes, 0 to {classes - 1}")


def _drawn(graph: Graph, node: Node, inputs: Inputs, rng: np.random.Generator | None) -> np.ndarray:
    unknown = [name for d in node.shape for name in names_of(d) if name not in inputs.sizes and d not in inputs.sizes]
    classes = _classes(node, inputs.sizes) or 0
    if unknown or not graph.document.path or (node.op == "label" and not classes):
        noun = "" if node.op != "label" else "class labels of " if node.shape else "a class label"
        what = noun if noun and not node.shape else f"{noun}shape {shape_text(node.shape)}"
        raise InputError(f"{node.name} has no value; give {node.name}=..., {what}")
    rng = rng or np.random.default_rng(zlib.crc32(node.name.encode()))
    shape = tuple(size_of(d, inputs.sizes) for d in node.shape)
    if node.op == "label":
        return np.asarray(rng.integers(classes, size=shape))
    scale = max(math.prod(shape[1:]), 1) ** -0.5
    drawn: np.ndarray = (rng.standard_normal(shape) * scale).astype(inputs.dtype)
    return drawn
