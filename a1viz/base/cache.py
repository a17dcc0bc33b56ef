"""What took long to make is kept in the user's cache folder; a cache that fails is a miss and never an error.

What is kept is sealed: it carries a checksum of itself and its name, and what does not fit is not even parsed, but made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from typing import Any

from .errors import InputError
from .files import remove_parts, replace_file
from .limits import CACHE_BYTES
from .reading import read_bytes

CHECK = 16  # bytes of a checksum
SEAL = '{{"check":"{}","kept":'


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
        return unsealed(read_bytes(path, CACHE_BYTES), os.path.basename(path))
    except (InputError, ValueError):
        return None


def write_cache(path: str, kept: Any) -> None:
    """Keep something, whole or not at all: two processes may write the same file at once."""
    with contextlib.suppress(OSError):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        remove_parts(os.path.dirname(path))
        replace_file(path, sealed(kept, os.path.basename(path)))


def sealed(kept: Any, name: str) -> bytes:
    """JSON data with a checksum of it and of the name it is kept under.

    >>> unsealed(sealed([1, 2], "a"), "a")
    [1, 2]
    """
    body = json.dumps(kept, separators=(",", ":"))
    return f"{SEAL.format(_check(body, name))}{body}}}".encode()


def unsealed(data: bytes, name: str) -> Any:
    """What was sealed under this name. Raises ValueError for anything else: damaged, cut off, or kept under another name."""
    text = data.decode()
    body = text[len(SEAL.format("-" * 2 * CHECK)) : -1]
    if text != f"{SEAL.format(_check(body, name))}{body}}}":
        raise ValueError("not what was kept")
    return json.loads(body)


def _check(body: str, name: str) -> str:
    return digest(f"{name}\0{body}", CHECK)
