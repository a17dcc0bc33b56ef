"""The console script, and `python -m a1viz`: a picture drawn before is written at once, all else is the command line's.

Whatever the command, what it printed has been written when it ends, or one message says why not, and the exit code is 2.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from typing import TextIO

BROKEN_PIPE, NOT_WRITTEN = 1, 2


def main() -> None:
    """Run the command line on the words the shell gave."""
    streams = sys.stdout, sys.stderr = checkable(sys.stdout), checkable(sys.stderr)
    try:
        try:
            run()
        finally:  # what is still in a buffer would be written by the interpreter after the exit code is chosen
            for stream in streams:
                stream.flush()
    except OSError as error:
        if error.errno == errno.EPIPE:  # the reader has had enough, as in `| head`
            code = BROKEN_PIPE
        else:
            code = NOT_WRITTEN
            with contextlib.suppress(OSError):
                print(f"error: cannot write to standard output: {(error.strerror or str(error)).lower()}", file=streams[1], flush=True)
        for stream in streams:
            drop(stream)
        sys.exit(code)


def run() -> None:
    from .cli.kept_pictures import key_of, write_again

    key = key_of(sys.argv[1:])
    if key:
        from .base.errors import OutputError

        try:
            if write_again(key):
                return
        except OutputError:
            key = ""  # the command line says what is wrong with the file
    from .cli.commands import cli

    cli.main(prog_name="a1viz", obj=key)


def checkable(stream: TextIO | None) -> TextIO:
    """A standard stream on which no failure goes unseen.

    Where it is closed Python has none: then one that cannot be written to. Without a buffer, the rest of a short write is lost.
    """
    if stream is None:
        return open(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")
    if isinstance(getattr(stream, "buffer", None), io.RawIOBase):
        return open(stream.fileno(), "w", buffering=1, encoding=stream.encoding, errors=stream.errors, closefd=False)
    return stream


def drop(stream: TextIO) -> None:
    """Let go of what a stream could not write, so that nobody tries again."""
    try:
        stream.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        stream.flush()


if __name__ == "__main__":
    main()
