"""The console script, and `python -m a1viz`: a picture drawn before is written at once, all else is the command line's.

Whatever the command, what it printed has been written when it ends, or one message says why not, and the exit code is 2. Ctrl-C ends it
at any moment, whatever it is doing.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import signal
import sys
from types import FrameType
from typing import Any, TextIO

NOT_WRITTEN, INTERRUPTED = 2, 130
SAID = 0  # in the list of what was heard: the program has ended or said that it was interrupted
SECONDS = 2.0  # after Ctrl-C, to end processes and remove what is half written; then the process ends without


class NotWritten(Exception):
    """What a standard stream could not write, and why; no OSError, so that nobody takes it for that of a file."""

    def __init__(self, stream: Checked, error: OSError) -> None:
        self.why = (error.strerror or str(error)).lower()
        self.is_enough = error.errno == errno.EPIPE and not stream.is_for_messages  # to the reader, as in `| head`


def take_standard_input() -> None:
    """Where standard input is closed, put nothing there: the next file or pipe that is opened would be taken for it."""
    try:
        os.fstat(0)
    except OSError:
        os.open(os.devnull, os.O_RDONLY)


def main() -> None:
    """Run the command line on the words the shell gave."""
    take_standard_input()
    heard = hear_interrupts()
    streams = sys.stdout, sys.stderr = checked(sys.stdout, 1), checked(sys.stderr, 2)
    code: int | str | None = 0
    try:
        try:
            run()
        except SystemExit as stop:
            code = stop.code
        except NotWritten:
            raise
        except BaseException:  # what Ctrl-C was made to on its way
            if not heard:
                raise
        for stream in streams:  # what is still in a buffer would be written by the interpreter after the exit code is chosen
            stream.flush()
    except NotWritten as error:
        code = not_written(error, code, streams[1])
    if heard:  # whatever came of that
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the interpreter's own end would hear it again
        code = INTERRUPTED
        with contextlib.suppress(NotWritten):
            print("error: interrupted", file=streams[1], flush=True)
    heard.append(SAID)  # nor is that end disturbed by the first one
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
    if "_A1VIZ_COMPLETE" in os.environ:  # a shell asks
        from .cli.shells import teach

        teach()
    from .cli.commands import cli

    cli.main(prog_name="a1viz", obj=key)


# --- Ctrl-C -----------------------------------------------------------------------------------------------------------------------


def hear_interrupts() -> list[int]:
    """From now on the first Ctrl-C ends the program from within, and further ones do not disturb that; the list holds those heard.

    A computation that does not return to Python, or whatever else keeps the program from ending, is ended with the whole process.
    """
    heard: list[int] = []
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:  # ignored, as in the background, or somebody else's
        return heard

    def interrupted(number: int, frame: FrameType | None) -> None:
        heard.append(number)
        if len(heard) == 1:
            sys.exit(INTERRUPTED)

    signal.signal(signal.SIGINT, interrupted)
    if os.name == "posix":
        import _thread

        ear, mouth = os.pipe()
        os.set_blocking(mouth, False)
        signal.set_wakeup_fd(mouth, warn_on_full_buffer=False)
        _thread.start_new_thread(end_hard, (ear, heard))
    return heard


def end_hard(ear: int, heard: list[int]) -> None:
    """Wait for Ctrl-C, and then end the process if it does not end by itself."""
    import time

    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # who waits for something is to be woken by it
    while os.read(ear, 1) != bytes([signal.SIGINT]):
        pass
    time.sleep(SECONDS)
    if SAID not in heard:
        with contextlib.suppress(OSError):
            os.write(2, b"error: interrupted\n")
    os._exit(INTERRUPTED)


# --- standard streams -------------------------------------------------------------------------------------------------------------


class Checked(io.FileIO):
    """The file of a standard stream, which writes everything or raises NotWritten, even where another process has made it not wait."""

    is_for_messages = False

    def write(self, data: Any, /) -> int:
        try:
            while (count := super().write(data)) is None:
                import select

                select.select([], [self], [])
        except OSError as error:
            raise NotWritten(self, error) from None
        return count


def checked(stream: TextIO | None, number: int) -> TextIO:
    """A standard stream on which no failure goes unseen, and which says in ASCII what its encoding lacks.

    Where it is closed Python has none: then one that cannot be written to.
    """
    try:
        file = Checked(os.open(os.devnull, os.O_RDONLY) if stream is None else stream.fileno(), "w", closefd=False)
    except (OSError, ValueError):  # no file, as in a notebook
        assert stream is not None
        return stream
    file.is_for_messages = number == 2
    is_buffered = stream is None or isinstance(getattr(stream, "buffer", None), io.BufferedWriter)
    is_by_line = file.is_for_messages or file.isatty() or not is_buffered
    encoding = "utf-8" if stream is None else stream.encoding
    return io.TextIOWrapper(io.BufferedWriter(file), encoding, "backslashreplace", line_buffering=is_by_line)


def not_written(error: NotWritten, code: int | str | None, messages: TextIO) -> int | str | None:
    """The exit code where a standard stream could not be written, after a message where one can be."""
    if error.is_enough:
        return code
    with contextlib.suppress(NotWritten):
        print(f"error: cannot write to standard output: {error.why}", file=messages, flush=True)
    return NOT_WRITTEN


def drop(stream: TextIO) -> None:
    """Let go of what a stream could not write, so that nobody tries again."""
    try:
        stream.flush()
    except NotWritten:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        stream.flush()


if __name__ == "__main__":
    main()
