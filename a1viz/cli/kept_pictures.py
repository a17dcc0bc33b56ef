"""A picture that the same command drew before, found again without reading a graph or parsing a command line.

A picture depends on the command, on the text of its document, on the engine and on a1viz itself; where it depends on more (blocks, files
of values), it is not kept. Any format is: what is kept are bytes, written as text.
"""

from __future__ import annotations

import binascii
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ..base.cache import cache_path, read_cache, write_cache
from ..base.errors import A1vizError
from ..base.files import write_whole
from ..base.limits import DOCUMENT_BYTES
from ..base.reading import is_stream, read_text
from ..graph.catalog import find

PACKAGE = Path(__file__).parent.parent
PARTS = ("picture", "path", "note")
NAMING = ("blocks", "comparators", ".safetensors", "\\")  # in a document that may name others; a backslash can spell any of these


def key_of(command: Sequence[str]) -> str:
    """Where the picture of a command is kept; nothing for a command whose picture cannot be."""
    if len(command) < 2 or command[0] != "render" or command[1].startswith("-") or any("@" in word for word in command):
        return ""
    try:
        path = find(command[1])
        text = "" if is_stream(path) else read_text(path, DOCUMENT_BYTES)  # what can be read once only is not read here
    except (OSError, ValueError, A1vizError):
        return ""
    if not text or any(word in text for word in NAMING):
        return ""
    return cache_path("pictures", "\0".join([_version(), os.environ.get("A1VIZ_DOT", ""), *command, text]))


def write_again(key: str) -> bool:
    """Write the picture kept under a key, as the command did; whether there was one. Raises OutputError."""
    kept = read_cache(key) if key else None
    if not isinstance(kept, dict) or not all(isinstance(kept.get(part), str) for part in PARTS):
        return False
    try:
        picture = binascii.a2b_base64(kept["picture"])
    except ValueError:
        return False
    write_whole(Path(kept["path"]), picture)
    print(f"{kept['path']}: {kept['note']}", file=sys.stderr)
    return True


def keep(key: str, picture: bytes, path: Path, note: str) -> None:
    """Keep a picture for the next time the same command is given."""
    if key:
        write_cache(key, {"picture": binascii.b2a_base64(picture, newline=False).decode(), "path": str(path), "note": note})


def _version() -> str:
    """a1viz as it is on this disk: each file with its size and time, so that an edited a1viz draws anew."""
    rooms = [str(PACKAGE), *(entry.path for entry in os.scandir(PACKAGE) if entry.is_dir())]
    files = [(entry.path, entry.stat()) for room in rooms for entry in os.scandir(room) if entry.name.endswith(".py")]
    return repr(sorted((path, stat.st_size, stat.st_mtime_ns) for path, stat in files))
