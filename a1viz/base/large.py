"""Arrays that may be larger than memory: mapped `.npy` files and Dask arrays, gone through in chunks of examples.

A chunk is a range of the first axis. Of a mapped file it is a view, whose pages are let go after it; of a Dask array what Dask computes.
"""

from __future__ import annotations

import contextlib
import hashlib
import mmap
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .arrays import Array, as_array
from .errors import InputError, OutputError, shown
from .files import PART
from .limits import CHUNK_BYTES

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from typing import Self

Take = Callable[[int, int, Any], None]  # where a chunk starts and stops, and what was found of it
KNOWN = (np.ndarray, list, int, float)  # what is surely no large array: the quick look first


def is_large(value: Any) -> bool:
    """Whether it is a mapped file or a Dask array."""
    return value.__class__ not in KNOWN and (isinstance(value, np.memmap) or is_dask(value))


def is_dask(value: Any) -> bool:
    """Whether it is a Dask array; Dask need not be installed to ask."""
    return hasattr(type(value), "__dask_graph__") and hasattr(type(value), "chunks")


def as_rows(value: Any, name: str) -> Any:
    """A value whose first axis is gone through: a large array as it is, any other as an array. Raises InputError."""
    if not is_large(value):
        try:
            return as_array(value, name)
        except (ValueError, TypeError, RuntimeError) as error:
            raise InputError(f"{name}: {shown(value)} is not an array: {error}") from None
    if is_dask(value) and not all(isinstance(size, int) for size in value.shape):
        fact = f"{name}: a Dask array of unknown length"
        raise InputError(f"{fact}; {name}.compute_chunk_sizes() finds it")
    return value


def rows_within(numbers: int) -> int:
    """How many examples a chunk has, where each takes so many numbers."""
    return max(1, CHUNK_BYTES // (8 * max(numbers, 1)))


def rows_of(value: Any, start: int, stop: int, client: Any = None) -> Any:
    """Some examples as an array, or what will be one on the cluster of a client."""
    part = value[start:stop]
    if is_dask(part):
        return np.asarray(part.compute()) if client is None else client.compute(part)
    return np.asarray(part)


# --- chunks -----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chunks(Sequence[tuple[Any, ...]]):
    """What a function is called with for each chunk, made when it is asked for: what is the same for all, then some rows of each value."""

    values: Sequence[Any]
    ends: Sequence[int]  # where each chunk stops
    shared: tuple[Any, ...]
    client: Any = None

    def __len__(self) -> int:
        return len(self.ends)

    def bounds(self, k: int) -> tuple[int, int]:
        return (self.ends[k - 1] if k else 0), self.ends[k]

    def __getitem__(self, k: Any) -> tuple[Any, ...]:
        start, stop = self.bounds(k)
        return (*self.shared, *(rows_of(value, start, stop, self.client) for value in self.values))


def run_through(
    function: Callable[..., Any],
    shared: tuple[Any, ...],
    values: Sequence[Any],
    rows: int,
    take: Take,
    *,
    name: str = "",
    by: Mapping[str, Any],
) -> None:
    """`function(*shared, *rows of each value)` for each chunk of about so many `rows`; `take` gets what was found, in any order.

    `by` says who computes: `executor`, `store` and `label` as for `run_chunks`. `name` tells in a store what `shared` is. Raises what
    `run_chunks` does.
    """
    from .executors import ahead, client_of, handed_over
    from .workers import Work, run_each

    executor: Executor | None = by.get("executor")
    values = [_aligned(value, values) for value in values]
    tasks = Chunks(values, _ends(values, rows), tuple(handed_over(executor, value) for value in shared), client_of(executor))
    ranges = [tasks.bounds(k) for k in range(len(tasks))]
    is_kept = by.get("store") is not None
    names = [(name, *map(identity, values))] if is_kept else [()]
    work = Work(function, tasks, [names[0] + bounds for bounds in ranges], ahead(executor) if executor else 1, bool(executor) or is_kept)

    def keep(k: int, found: Any) -> None:
        take(*ranges[k], found)
        let_go(values)

    run_each(work, keep, **by)


def _ends(values: Sequence[Any], rows: int) -> list[int]:
    """Where chunks stop: with the blocks of a Dask array, for Dask computes whole ones; small ones are put together."""
    examples = len(values[0])
    blocks = next((value.chunks[0] for value in values if is_dask(value)), None)
    if blocks is None:
        return [*range(rows, examples, rows), examples]
    found, start, last = [], 0, 0
    for end in map(int, np.cumsum(blocks)):
        if end - start > rows and last > start:
            found.append(last)
            start = last
        last = end
    return [*found, examples]


def _aligned(value: Any, values: Sequence[Any]) -> Any:
    """A Dask array with the blocks of the first one."""
    first = next((other for other in values if is_dask(other)), value)
    return value.rechunk({0: first.chunks[0]}) if is_dask(value) and value.chunks[0] != first.chunks[0] else value


def let_go(values: Iterable[Any]) -> None:
    """The pages of mapped files that were looked at are no longer this process's memory; the system may have them still."""
    for value in values:
        pages = _pages(value)
        if pages is not None and hasattr(pages, "madvise") and getattr(value, "mode", "c") != "c":  # changes of a copy would be lost
            pages.madvise(mmap.MADV_DONTNEED)


def _pages(value: Any) -> mmap.mmap | None:
    """The mapping that a mapped array looks at."""
    while isinstance(value, np.ndarray):
        value = value.base
    return value if isinstance(value, mmap.mmap) else None


def identity(value: Any) -> str:
    """Which numbers these are, for a store: those of a file as it was last changed, of a Dask array by Dask's own name, or themselves."""
    if is_dask(value):
        return f"dask {value.name} {value.shape}"
    pages = _pages(value) if isinstance(value, np.memmap) and value.filename else None
    if pages is not None:
        offset = value.__array_interface__["data"][0] - np.frombuffer(pages, np.uint8).ctypes.data
        about = os.stat(value.filename)
        where = f"{os.path.realpath(value.filename)} {about.st_size} {about.st_mtime_ns} {offset} {value.strides}"
    else:
        where = hashlib.blake2b(np.ascontiguousarray(value).data, digest_size=16).hexdigest()
    return f"{where} {value.shape} {value.dtype.str}"


# --- files --------------------------------------------------------------------------------------------------------------------------


def open_npy(path: str, name: str) -> Array:
    """A `.npy` file, mapped and not read. Raises InputError for anything else, and for one that is cut off."""
    try:
        return np.lib.format.open_memmap(path, mode="r")
    except OSError as error:
        why = f"cannot read this file: {(error.strerror or str(error)).lower()}"
    except Exception as error:  # whatever a broken file makes NumPy raise
        why = f"not a good .npy file: {error or type(error).__name__}"
    raise InputError(f"{name}: {shown(path, 200)} is {why}" if why.startswith("not") else f"{name}: {shown(path, 200)}: {why}")


def reserve(array: Any, said: str = "") -> None:
    """See that a mapped file has room on its disk: a full one would end the process in the midst. Raises OutputError."""
    if not isinstance(array, np.memmap) or not array.filename or not hasattr(os, "posix_fallocate"):
        return
    try:
        file = os.open(array.filename, os.O_RDWR)
        try:
            os.posix_fallocate(file, 0, max(os.fstat(file).st_size, 1))
        finally:
            os.close(file)
    except OSError as error:
        raise OutputError(
            f"{said or shown(str(array.filename), 200)}: cannot write this file: {(error.strerror or str(error)).lower()}"
        ) from None


class NewFiles:
    """Results as mapped `.npy` files, made when their shapes are known: one is `path` itself, of several each has its name in it.

    They are there, whole, when the context ends well, and else not at all.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.arrays: dict[str, Array] = {}
        self.paths: dict[str, Path] = {}
        self._parts: dict[str, Path] = {}

    def made(self, shapes: Mapping[str, tuple[tuple[int, ...], Any]]) -> dict[str, Array]:
        """Arrays for these results, on disk. Raises OutputError where there is no room for them."""
        for name, (shape, dtype) in shapes.items():
            path = self.path if len(shapes) == 1 else self.path.with_suffix(f".{name}.npy")
            if path.is_dir():
                raise OutputError(f"{path}: cannot write this file: it is a folder")
            self.paths[name], self._parts[name] = path, path.resolve().parent / f"{PART}{os.urandom(12).hex()}"
            try:
                self.arrays[name] = np.lib.format.open_memmap(self._parts[name], "w+", dtype, shape)
            except (OSError, ValueError) as error:
                raise OutputError(f"{path}: cannot write this file: {getattr(error, 'strerror', None) or error}") from None
            reserve(self.arrays[name], str(path))
        return dict(self.arrays)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        try:
            for name, path in self.paths.items() if kind is None else ():
                os.replace(self._parts.pop(name), path.resolve())
        except OSError as failed:
            raise OutputError(f"{path}: cannot write this file: {failed.strerror or failed}") from None
        finally:
            for part in self._parts.values():
                with contextlib.suppress(OSError):
                    part.unlink()
