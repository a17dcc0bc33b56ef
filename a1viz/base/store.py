"""A folder that keeps the finished chunks of a long computation, so that an interrupted one goes on where it was.

One small file a chunk, written whole, named after what was computed: the function, its arguments and the version of a1viz.
"""

from __future__ import annotations

import base64
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .cache import digest, sealed, unsealed
from .errors import InputError, OutputError, shown
from .files import remove_parts, write_whole
from .limits import VALUE_BYTES
from .reading import read_bytes

LIST = "chunks.json"  # what the chunks of a store are chunks of
CHUNK = re.compile(r"[0-9a-f]{32}\.json|chunks\.json")


@dataclass(frozen=True)
class Store:
    """A folder with one file per chunk, named after what was computed, and one that says which list of chunks this is."""

    folder: Path
    keys: tuple[str, ...]

    def read(self) -> Iterator[tuple[int, Any]]:
        """The chunks that are there, one after the other; a damaged one is none."""
        for k, key in enumerate(self.keys):
            try:
                found = unpack(unsealed(read_bytes(self.folder / f"{key}.json", VALUE_BYTES), key))
            except (InputError, ValueError):
                continue
            yield k, found

    def write(self, k: int, result: Any) -> None:
        """Raises OutputError."""
        write_whole(self.folder / f"{self.keys[k]}.json", sealed(pack(result), self.keys[k]))


def open_store(folder: Path, function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]]) -> Store:
    """The store of this list of chunks, made where it is not there. Raises OutputError for a folder that holds anything else."""
    name = f"{function.__module__}.{function.__qualname__}"
    version = sys.modules["a1viz"].__version__
    keys = tuple(digest(json.dumps([name, version, pack(list(task))]), 16) for task in tasks)
    ours = {"function": name, "version": version, "chunks": len(keys), "list": digest("".join(keys), 16)}
    said = shown(str(folder))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        remove_parts(folder)
        theirs = _list(folder / LIST)
        if theirs is None and not all(path.name[0] == "." or CHUNK.fullmatch(path.name) for path in folder.iterdir()):
            raise OutputError(f"{said} is no store of chunks, and not empty; give an empty folder, or one that is not there yet")
    except (OSError, InputError, ValueError) as error:
        raise OutputError(f"{said} cannot be a store of chunks: {getattr(error, 'strerror', None) or error}; give another folder") from None
    if theirs not in (None, ours):
        words = [key for key in ours if key != "list"]
        what = " ".join(f"{key} {_word(theirs.get(key))}," for key in words) if isinstance(theirs, dict) else "something else,"
        here = " ".join(f"{key} {ours[key]}," for key in words).rstrip(",")
        raise OutputError(
            f"{said} is the store of another list of chunks: {what} with its own settings; this one is {here}; "
            "give the settings it was begun with, or another folder"
        )
    if theirs is None:
        write_whole(folder / LIST, json.dumps(ours, separators=(",", ":")).encode())
    return Store(folder, keys)


def _list(path: Path) -> Any:
    """What a folder says it is the store of; None where it says nothing, or nothing whole."""
    if not os.path.lexists(path):
        return None
    text = read_bytes(path, VALUE_BYTES)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _word(said: Any) -> str:
    """A word of somebody else's list, as it is if it could be one of ours."""
    return str(said) if re.fullmatch(r"[\w.]{1,100}", str(said)) else shown(said)


def pack(value: Any) -> Any:
    """A value as JSON data that says its type, and so comes back as what it was.

    >>> unpack(pack((1, [2.5, None], {"a": "b"})))
    (1, [2.5, None], {'a': 'b'})
    """
    import numpy as np

    if value is None or type(value) in (bool, int, float, str):
        return value
    if type(value) is list:
        return [pack(v) for v in value]
    if type(value) is tuple:
        return {"tuple": [pack(v) for v in value]}
    if type(value) is dict and all(type(key) is str for key in value):
        return {"dict": [[key, pack(v)] for key, v in value.items()]}
    if isinstance(value, np.random.SeedSequence):
        return {"seed": [pack(value.entropy), list(value.spawn_key)]}
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biufcU":
        body = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
        return {"array" if isinstance(value, np.ndarray) else "scalar": [value.dtype.str, list(value.shape), body]}
    raise TypeError(f"a chunk takes and gives plain values and arrays, not {type(value).__name__}")


def unpack(data: Any) -> Any:
    import numpy as np

    if isinstance(data, list):
        return [unpack(v) for v in data]
    if not isinstance(data, dict):
        return data
    ((kind, body),) = data.items()
    if kind == "tuple":
        return tuple(unpack(v) for v in body)
    if kind == "dict":
        return {key: unpack(v) for key, v in body}
    if kind == "seed":
        return np.random.SeedSequence(unpack(body[0]), spawn_key=tuple(body[1]))
    array = np.frombuffer(base64.b64decode(body[2]), np.dtype(body[0])).reshape(body[1])
    return array.copy() if kind == "array" else array[()]
