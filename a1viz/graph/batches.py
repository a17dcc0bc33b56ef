"""A batch that is gone through in chunks: which values are batches and which all examples share, and where results are put.

For mapped files and Dask arrays, which may be larger than memory, and for whatever is spread over processes or kept in a store.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ..base.arrays import Array
from ..base.cache import digest
from ..base.columns import counted
from ..base.errors import GraphError, InputError, did_you_mean
from ..base.large import NewFiles, as_rows, identity, is_large, let_go, reserve, rows_within, run_through
from .leaves import Inputs, check_given, gather
from .nodes import INNER, Graph
from .operators import OPS
from .sizes import size_of

Out = Mapping[str, Array] | NewFiles
Likes = Mapping[str, tuple[tuple[int, ...], np.dtype, bool]]  # of each result: shape for one example, type, whether examples differ in it


@dataclass(frozen=True, eq=False)
class Job:
    """What is computed of each chunk, with the values that all examples share; equal to those of the same name."""

    name: str
    graph: Graph
    options: tuple[Any, ...]
    batches: tuple[str, ...]
    shared: Mapping[str, Array]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Job) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)

    def values(self, rows: Sequence[Array]) -> dict[str, Any]:
        """The values of the leaves for one chunk."""
        return {**self.shared, **dict(zip(self.batches, rows, strict=True))}


@lru_cache(maxsize=4)
def known(job: Job) -> Job:
    """The first of equal jobs: a process that is sent one again and again keeps its compiled plans."""
    return job


@dataclass(frozen=True)
class Batch:
    """The values of a graph's leaves: batches by name, of so many examples each, and what all examples share."""

    graph: Graph
    batches: Mapping[str, Any]
    first: Inputs  # gathered for one example of zeros, or for none
    examples: int

    @property
    def shared(self) -> dict[str, Array]:
        return {name: array for name, array in self.first.arrays.items() if name not in self.batches}

    @property
    def numbers(self) -> int:
        """Of one example, in the batches."""
        return sum(math.prod(value.shape[1:]) for value in self.batches.values())

    @property
    def computed(self) -> int:
        """Numbers that one example computes at most, where all are kept."""
        nodes = (node for node in self.graph.nodes if not node.is_leaf)
        return sum(math.prod(size_of(d, self.first.sizes) for d in node.shape) for node in nodes)

    def part(self, size: int) -> dict[str, Array]:
        """The values of a chunk but for their numbers: zeros of its shapes and types."""
        count = min(size, self.examples)
        zeros = {name: np.zeros((count, *value.shape[1:]), value.dtype) for name, value in self.batches.items()}
        return {**self.shared, **zeros}

    def job(self, what: str, options: tuple[Any, ...], graph: Graph | None = None, beside: Mapping[str, Array] | None = None) -> Job:
        """The job for this graph, or for one that has its leaves, with what it needs beside; its name says all about it but the batches."""
        shared = {**self.shared, **(beside or {})}
        nodes = [(n.name, n.op, n.inputs, n.shape, n.value, n.block, n.attrs) for n in self.graph.nodes]
        about = [what, options, list(self.batches), nodes, self.graph.outputs]
        numbers = {name: identity(array) for name, array in shared.items()}
        return Job(digest(json.dumps([*about, numbers], default=str), 16), graph or self.graph, options, tuple(self.batches), shared)


def is_chunked(values: Mapping[str, Any], by: Mapping[str, Any]) -> bool:
    """Whether values are gone through in chunks: mapped files, Dask arrays, or where others compute or chunks are kept."""
    return any(map(is_large, values.values())) or any(value is not None for value in by.values())


def batch_of(graph: Graph, values: Mapping[str, Any], rng: np.random.Generator | None = None) -> Batch | None:
    """The values as batches and what is shared; None where there is no batch.

    Raises InputError as `gather` does, GraphError for an operator that mixes examples.
    """
    check_given(graph, values)
    ranks = {node.name: len(node.shape) for node in graph.leaves}
    given = {**{name: v for name, v in graph.document.values.items() if name in ranks and np.ndim(v) == ranks[name] + 1}, **values}
    rows = {name: as_rows(value, name) for name, value in given.items()}
    batches = {name: value for name, value in rows.items() if value.ndim == ranks[name] + 1}
    if not batches:
        return None
    lengths = {name: value.shape[0] for name, value in batches.items()}
    examples = next(iter(lengths.values()))
    for name, length in lengths.items():
        if length != examples:
            raise InputError(f"{name}: value has a batch of {length}, but another input has {counted(examples, 'examples')}")
    for node in graph.nodes:
        if not node.is_leaf and OPS[node.op].batch:
            name = node.name.partition(INNER)[0]
            raise GraphError(
                f"{name}: {node.op} mixes the examples of a batch, which cannot be gone through in chunks; give arrays in memory"
            )
    one = {
        name: np.zeros((min(1, examples), *value.shape[1:]), value.dtype) for name, value in batches.items()
    }  # Dask would compute a block
    try:
        inputs = gather(graph, {**rows, **one}, rng)
    except InputError as error:
        shapes = {
            f"shape {array.shape}": f"shape {batches[name].shape}" for name, array in one.items() if str(error).startswith(f"{name}: ")
        }
        raise InputError(_replaced(str(error), shapes)) from None
    return Batch(graph, batches, inputs, examples)


def _replaced(text: str, words: Mapping[str, str]) -> str:
    for old, new in words.items():
        text = text.replace(old, new)
    return text


# --- going through it -------------------------------------------------------------------------------------------------------------


def in_chunks(
    batch: Batch, function: Callable[..., Any], job: Job, numbers: int, likes: Likes, out: Out | None, by: Mapping[str, Any]
) -> dict[str, Array]:
    """What `function(job, size, *rows)` gives for each chunk, a list of arrays, put together; a chunk has as many examples as `numbers` a
    piece allow. Results go into the arrays of `out`, or into new ones."""
    shapes = {name: ((batch.examples, *shape) if varies else shape, dtype) for name, (shape, dtype, varies) in likes.items()}
    results = checked_out(shapes, out, [*batch.batches.values(), *batch.shared.values()])
    rows = rows_within(batch.numbers + numbers)

    def take(start: int, stop: int, found: Sequence[Array]) -> None:
        for (name, result), part in zip(results.items(), found, strict=True):
            if likes[name][2]:
                result[start:stop] = part
            else:
                result[...] = part
        let_go(results.values())

    values = list(batch.batches.values())
    run_through(function, (job, rows), values, rows, take, name=f"{job.name} {rows}", by=by)
    return results


def each_part(
    function: Callable[[Job, Sequence[Array]], list[Array]], varying: Iterable[bool], size: int, job: Job, rows: Sequence[Array]
) -> list[Array]:
    """A chunk by itself, or, where a Dask block is much larger than a chunk should be, one part after the other."""
    count = len(rows[0])
    if count <= 2 * size:
        return function(job, rows)
    parts = [function(job, [array[start : start + size] for array in rows]) for start in range(0, count, size)]
    return [np.concatenate(found) if varies else found[0] for found, varies in zip(zip(*parts, strict=True), varying, strict=False)]


def checked_out(shapes: Mapping[str, tuple[tuple[int, ...], np.dtype]], out: Out | None, values: Sequence[Any] = ()) -> dict[str, Array]:
    """The arrays that results are written to, those of `out` by name and new ones. Raises InputError for one that does not fit, OutputError
    where the disk has no room for it."""
    if isinstance(out, NewFiles):
        return out.made(shapes)
    if out is not None and not isinstance(out, Mapping):
        raise InputError(f"out is given by name, as in out={{'{next(iter(shapes), 'y')}': array}}")
    for name, array in (out or {}).items():
        if name not in shapes:
            raise InputError(f"out[{name!r}]: there is no such result; there are {', '.join(shapes)}{did_you_mean(str(name), shapes)}")
        shape, dtype = shapes[name]
        if not isinstance(array, np.ndarray) or array.shape != shape or array.dtype != dtype:
            had = f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
            raise InputError(f"out[{name!r}]: expected an array of {dtype} and shape {shape}, got {had}")
        if not array.flags.writeable:
            raise InputError(f"out[{name!r}]: the array must be writeable; open a mapped file with mode 'r+' or 'w+'")
        if any(isinstance(other, np.ndarray) and np.may_share_memory(array, other) for other in values):
            raise InputError(f"out[{name!r}]: the array shares memory with a value that is given")
        reserve(array)
    given = out or {}
    return {name: given[name] if name in given else np.empty(*shapes[name]) for name in shapes}


def written(found: Mapping[str, Array], out: Out | None) -> dict[str, Array]:
    """Results, put into the arrays of `out` where there is one of their name. Raises InputError for one that does not fit."""
    if out is None:
        return dict(found)
    results = checked_out({name: (array.shape, array.dtype) for name, array in found.items()}, out)
    for name, array in found.items():
        results[name][...] = array
    return results
