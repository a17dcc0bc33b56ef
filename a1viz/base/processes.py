"""A program that is given a text and answers: bounded in time, in computing and in what it says, and nothing of it is left behind."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import subprocess
import threading
import time
from typing import IO


def talk(process: subprocess.Popen[bytes], text: bytes, seconds: float, most: int) -> tuple[bytearray, bytearray]:
    """Give a program a text and take `most` bytes and a piece of what it writes, until it ends. Raises TimeoutExpired.

    It has ended when its process has, whoever else keeps its pipes open.
    """
    assert process.stdin and process.stdout and process.stderr
    last = time.monotonic() + seconds
    answers = bytearray(), bytearray()
    pairs = zip((process.stdout, process.stderr), answers, strict=True)
    readers = [threading.Thread(target=take, args=(*pair, most), daemon=True) for pair in pairs]
    for thread in (threading.Thread(target=give, args=(process.stdin, text), daemon=True), *readers):
        thread.start()
    for reader in readers:
        while reader.is_alive() and process.poll() is None and time.monotonic() < last:
            reader.join(0.05)
    if max(map(len, answers)) <= most:
        process.wait(max(0, last - time.monotonic()))
        kill(process)  # with those who keep its pipes open
        for reader in readers:
            reader.join(1)
    return answers


def give(pipe: IO[bytes], text: bytes) -> None:
    with contextlib.suppress(OSError, ValueError), pipe:
        left = memoryview(text)
        while left:
            left = left[pipe.write(left) :]


def take(pipe: IO[bytes], answer: bytearray, most: int) -> None:
    with contextlib.suppress(OSError, ValueError), pipe:
        while len(answer) <= most and (piece := pipe.read(2**16)):
            answer += piece


def limit_computing(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Let a program compute so long at most, where the system can count that: a busy machine shortens no picture."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import resource

        resource.prlimit(process.pid, resource.RLIMIT_CPU, (math.ceil(seconds), math.ceil(seconds) + 1))


def end(process: subprocess.Popen[bytes]) -> None:
    """Leave nothing of a program: no process, and no pipe even where somebody who has left its group keeps the other end."""
    kill(process)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe:
            with contextlib.suppress(OSError):
                pipe.close()


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill what still runs of a program, and those whom it has started."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody is left
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        process.kill()
    process.wait()
