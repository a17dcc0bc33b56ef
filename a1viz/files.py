"""Writing a file whole or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from .errors import OutputError


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: to a temporary file beside it, then renamed. Raises OutputError."""
    if "\0" in str(path):
        raise OutputError(f"{str(path)!r} is not a file name")
    path = Path(os.path.realpath(path))  # a link stays a link
    temporary = path.with_name(f".{path.name[:40]}.{os.getpid()}")
    try:
        if path.is_dir():
            raise OutputError(f"{path}: cannot write this file: it is a folder")
        if path.exists() and not path.is_file():  # a device or a pipe is written to, never replaced
            path.write_bytes(data)
            return
        with open(temporary, "xb") as file:
            file.write(data)
        os.replace(temporary, path)
    except OSError as error:
        raise OutputError(f"{path}: cannot write this file: {error.strerror or error}") from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
