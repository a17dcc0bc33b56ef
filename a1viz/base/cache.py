"""What took long to make is kept in the user's cache folder; a cache that fails is a miss and never an error."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from typing import Any

from .files import replace_file


def cache_folder() -> str:
    """Where things are kept: $A1VIZ_CACHE, else the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.environ.get("A1VIZ_CACHE") or os.path.join(base, "a1viz")


def cache_path(kind: str, key: str) -> str:
    """The file of one thing; its name depends on the whole key."""
    name = digest(key, 16)
    return os.path.join(cache_folder(), kind, name[:2], name[2:] + ".json")


def digest(text: str, size: int) -> str:
    """A short name for a text, the same in every run."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).hexdigest()


def read_cache(path: str) -> Any:
    """What was kept, or None when the file is missing, unreadable or damaged."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError, RecursionError):
        return None


def write_cache(path: str, kept: Any) -> None:
    """Keep something, whole or not at all: two processes may write the same file at once."""
    with contextlib.suppress(OSError):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        replace_file(path, json.dumps(kept, separators=(",", ":")).encode())
