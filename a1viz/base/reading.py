"""Reading what comes from outside: once, whole and up to a limit, from a file, a pipe or standard input.

A device, a folder, a socket, and a pipe that nobody writes to are refused at once.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

from .errors import InputError
from .files import path_of

STANDARD_INPUT = "-"
PIECE = 2**20  # bytes read at once


def read_bytes(path: str | Path, most: int, called: str = "") -> bytes:
    """The bytes of a file, of a pipe as the shell makes for `<(command)`, or of standard input for `-`; at most so many.

    Raises InputError that says why not, after what the file is `called`.
    """
    path_of(path)  # a number would be taken for a file that is open already
    try:
        return _standard_input(most) if str(path) == STANDARD_INPUT else _file(path, most)
    except OSError as error:
        why = f"cannot read this file: {(error.strerror or str(error)).lower()}"
    except ValueError as error:  # NUL or surrogates in the name
        why = f"cannot read this file: {error}"
    except InputError as error:
        why = str(error)
    raise InputError(f"{called}: {why}" if called else why)


def read_text(path: str | Path, most: int, called: str = "") -> str:
    """The text of a file, pipe or standard input, without a byte-order mark. Raises InputError as `read_bytes` does, or if it is none."""
    try:
        return read_bytes(path, most, called).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        why = f"not a text file in UTF-8 (byte {error.start}); save it as UTF-8"
        raise InputError(f"{called}: {why}" if called else why) from None


def is_stream(path: str | Path) -> bool:
    """Whether this is standard input or a pipe: it can be read once only, and its name says nothing of what is in it."""
    name = str(path)
    try:
        return name == STANDARD_INPUT or name.startswith("/dev/") or stat.S_ISFIFO(os.stat(name).st_mode)
    except (OSError, ValueError):
        return False


def is_longer(path: str | Path, size: int) -> bool:
    """Whether this is a plain file of more bytes."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size > size


def said(path: str | Path) -> str:
    """What messages call it."""
    return "standard input" if str(path) == STANDARD_INPUT else str(path)


def _standard_input(most: int) -> bytes:
    if sys.stdin is None or sys.stdin.closed:
        raise InputError("cannot read this file: it is closed")
    data = _all(sys.stdin.buffer.read, most)
    if not data:
        raise InputError("nothing came from standard input; it can be read once only")
    return data


def _file(path: str | Path, most: int) -> bytes:
    _check_kind(os.stat(path))  # before it is opened: to open some devices does something
    file = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))  # a pipe without a writer would wait
    try:
        found = os.fstat(file)
        _check_kind(found)
        if found.st_size > most:
            raise _too_large(most)
        first = b"" if not stat.S_ISFIFO(found.st_mode) else _first(file, min(most + 1, PIECE))
        return _all(lambda count: os.read(file, count), most, first)
    finally:
        os.close(file)


def _check_kind(found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise InputError("cannot read this file: is a directory")
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISFIFO(found.st_mode)):
        raise InputError("cannot read this file: it is a device or a socket; give a file, a pipe, or - for standard input")


def _first(pipe: int, count: int) -> bytes:
    """What is in a pipe already; from here on reading waits for its writers."""
    try:
        first = os.read(pipe, count)
        if not first:
            raise InputError("this pipe is empty, and nothing writes to it")
    except BlockingIOError:  # there are writers, who have not written yet
        first = b""
    os.set_blocking(pipe, True)
    return first


def _all(read: Callable[[int], bytes], most: int, first: bytes = b"") -> bytes:
    data = bytearray(first)
    while len(data) <= most and (piece := read(min(most + 1 - len(data), PIECE))):
        data += piece
    if len(data) > most:
        raise _too_large(most)
    return bytes(data)


def _too_large(most: int) -> InputError:
    return InputError(f"too large: at most {most:,} bytes are read")
