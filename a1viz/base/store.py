"""A folder that keeps the finished chunks of a long computation, so that an interrupted one goes on where it was.

One small file a chunk, written whole, named after what was computed: the function, its arguments and the version of a1viz.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import OutputError, shown
from .files import write_whole

LIST = "chunks.json"  # what the chunks of a store are chunks of


@dataclass(frozen=True)
class Store:
    """A folder with one file per chunk, named after what was computed, and one that says which list of chunks this is."""

    folder: Path
    keys: tuple[str, ...]

    def read(self) -> dict[int, Any]:
        """The chunks that are there; a damaged one is none."""
        found: dict[int, Any] = {}
        for k, key in enumerate(self.keys):
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                kept = json.loads((self.folder / f"{key}.json").read_text(encoding="utf-8"))
                found[k] = unpack(kept["result"]) if kept["chunk"] == key else found[k]
        return found

    def write(self, k: int, result: Any) -> None:
        """Raises OutputError."""
        _write(self.folder / f"{self.keys[k]}.json", {"chunk": self.keys[k], "result": pack(result)})


def open_store(folder: Path, function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]]) -> Store:
    """The store of this list of chunks, made where it is not there. Raises OutputError for a folder that holds anything else."""
    name = f"{function.__module__}.{function.__qualname__}"
    version = sys.modules["a1viz"].__version__
    keys = tuple(_digest(json.dumps([name, version, pack(list(task))])) for task in tasks)
    ours = {"function": name, "version": version, "chunks": len(keys), "list": _digest("".join(keys))}
    said = shown(str(folder))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        theirs = json.loads((folder / LIST).read_text(encoding="utf-8")) if (folder / LIST).exists() else None
        if theirs is None and any(not path.name.startswith(".") for path in folder.iterdir()):
            raise OutputError(f"{said} is no store of chunks, and not empty; give an empty folder, or one that is not there yet")
    except (OSError, ValueError) as error:
        raise OutputError(f"{said} cannot be a store of chunks: {getattr(error, 'strerror', None) or error}; give another folder") from None
    if theirs not in (None, ours):
        what = " ".join(f"{key} {theirs.get(key)}," for key in ours if key != "list") if isinstance(theirs, dict) else "something else,"
        here = " ".join(f"{key} {ours[key]}," for key in ours if key != "list").rstrip(",")
        raise OutputError(
            f"{said} is the store of another list of chunks: {what} with its own settings; this one is {here}; "
            "give the settings it was begun with, or another folder"
        )
    _write(folder / LIST, ours)
    return Store(folder, keys)


def _write(path: Path, content: dict[str, Any]) -> None:
    write_whole(path, json.dumps(content, separators=(",", ":")).encode())


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


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
