"""Commands run by processes that are copies of one which has a1viz loaded: a build runs more than a hundred, and each would load it again.

What a command does is what it does in a process of its own: it starts with nothing but modules, and ends with its process.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

LOADED = ("numpy", "cli.commands", "calculus.autodiff", "plan", "gradients", "pictures.drawing", "sorting")


class Warm:
    """A process that has a1viz loaded and runs commands in its environment, one at a time, each for so many seconds at most."""

    def __init__(self, environment: Mapping[str, str], seconds: float) -> None:
        self.environment, self.seconds = dict(environment), seconds
        words, pipe = [sys.executable, "-m", __name__], subprocess.PIPE
        self.process = subprocess.Popen(words, env=environment, stdin=pipe, stdout=pipe, encoding="utf-8", start_new_session=True)
        atexit.register(self.end)

    def run(self, words: Sequence[str], folder: str, printed: Path) -> int:
        """The exit code of `a1viz` with these words in a folder; what it says goes into the file `printed`.

        Raises TimeoutError where it takes longer, and OSError where the process has ended; it is of no use any more after either.
        """
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin and stdout
        print(json.dumps([list(words), folder, str(printed)]), file=stdin, flush=True)
        if not select.select([stdout], [], [], self.seconds)[0]:
            self.end()
            raise TimeoutError(f"a1viz {' '.join(words)} takes longer than {self.seconds:g} s")
        if not (line := stdout.readline()):
            raise OSError(f"the process that runs a1viz {' '.join(words)} has ended")
        return int(line)

    def end(self) -> None:
        """End it, and the command that it runs."""
        atexit.unregister(self.end)
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


def serve() -> None:
    """Run the commands that standard input names, each in a copy of this process, and print their exit codes."""
    for name in LOADED:
        import_module(name if name == "numpy" else f"a1viz.{name}")
    for line in sys.stdin:
        copy = os.fork()
        if not copy:
            become(*json.loads(line))
            return
        print(os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1]), flush=True)


def become(words: list[str], folder: str, printed: str) -> None:
    """Be the command with these words, as if a shell had started it."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    out = os.open(printed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.chdir(folder)
    sys.argv = ["a1viz", *words]
    import_module("a1viz.__main__").main()


if __name__ == "__main__":
    serve()
