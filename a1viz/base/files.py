"""Writing a file whole or not at all."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from .errors import InputError, OutputError, shown

PART = ".a1viz-"  # how the name of a file begins that is being written
LEFT = 3600  # seconds after which nobody is writing it any more


def path_of(path: object, what: str = "a file, such as 'net.toml'") -> Path:
    """A path, or the text of one, that a caller has given for `what`. Raises InputError.

    >>> path_of("net.toml").suffix
    '.toml'
    """
    if not isinstance(path, (str, os.PathLike)):
        raise InputError(f"expected the name of {what}, got {shown(path)}")
    return Path(path)


def made_folder(path: Path) -> Path:
    """A folder, made if need be. Raises OutputError.

    >>> import tempfile
    >>> made_folder(Path(tempfile.mkdtemp(), "a", "b")).is_dir()
    True
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise OutputError(f"{path}: cannot make this folder: {(getattr(error, 'strerror', None) or str(error)).lower()}") from None
    return path


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: to a temporary file beside it, then renamed. Raises OutputError."""
    if "\0" in str(path):
        raise OutputError(f"{str(path)!r} is not a file name")
    try:
        if path.is_dir():
            raise OutputError(f"{path}: cannot write this file: it is a folder")
        if path.exists() and not path.is_file():  # a device or a pipe, as of `>(command)`, is written to, never replaced
            path.write_bytes(data)
            return
        replace_file(os.path.realpath(path), data)  # a link stays a link
    except OSError as error:
        raise OutputError(f"{path}: cannot write this file: {error.strerror or error}") from None


def replace_file(path: str | Path, data: bytes) -> None:
    """Write a file of one's own beside `path` and give it that name, so that two writers never meet. Raises OSError."""
    temporary = os.path.join(os.path.dirname(path), f"{PART}{os.urandom(12).hex()}")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def remove_parts(folder: str | Path) -> None:
    """Remove what killed processes have begun to write in a folder of a1viz's own, and never finished."""
    with contextlib.suppress(OSError):
        for entry in list(os.scandir(folder)):
            if entry.name.startswith(PART) and time.time() - entry.stat(follow_symlinks=False).st_mtime > LEFT:
                os.unlink(entry.path)
