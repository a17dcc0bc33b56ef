"""Commands and programs run by copies of a process which has a1viz loaded: a build runs more than a hundred, and each would load it again.

What one does is what it does in a process of its own: it starts with nothing but modules, and ends with its process.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import signal
import subprocess
import sys
import traceback
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType

OWN = ("cli.commands", "calculus.autodiff", "plan", "gradients", "pictures.drawing", "sorting", "plots", "nn", "regression")
LIBRARIES = ("numpy", "matplotlib.figure", "matplotlib.backends.backend_svg", "sklearn.datasets", "sklearn.model_selection")


class Warm:
    """A process that has a1viz loaded and runs commands and programs in its environment, one at a time, each for some seconds at most."""

    def __init__(self, environment: Mapping[str, str], seconds: float) -> None:
        self.environment, self.seconds = dict(environment), seconds
        words, pipe = [sys.executable, "-m", __name__], subprocess.PIPE
        self.process = subprocess.Popen(words, env=environment, stdin=pipe, stdout=pipe, encoding="utf-8", start_new_session=True)
        atexit.register(self.end)

    def run(self, words: Sequence[str], folder: str, printed: Path) -> int:
        """The exit code of `a1viz ...`, or of `FILE ...` in Python, in a folder; what it says goes into the file `printed`.

        Raises TimeoutError where it takes longer, and OSError where the process has ended; it is of no use any more after either.
        """
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin and stdout
        print(json.dumps([list(words), folder, str(printed)]), file=stdin, flush=True)
        if not select.select([stdout], [], [], self.seconds)[0]:
            self.end()
            raise TimeoutError(f"{' '.join(words)} takes longer than {self.seconds:g} s")
        if not (line := stdout.readline()):
            raise OSError(f"the process that runs {' '.join(words)} has ended")
        return int(line)

    def end(self) -> None:
        """End it, and the command that it runs."""
        atexit.unregister(self.end)
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


def serve() -> None:
    """Run the commands that standard input names, each in a copy of this process, and print their exit codes."""
    for name in (*LIBRARIES, *(f"a1viz.{name}" for name in OWN)):
        with suppress(ModuleNotFoundError):
            import_module(name)
    gc.freeze()  # the copies do not look through it for garbage
    for line in sys.stdin:
        copy = get_context("fork").Process(target=become, args=json.loads(line))
        copy.start()
        copy.join()
        print(copy.exitcode, flush=True)


def become(words: list[str], folder: str, printed: str) -> None:
    """Be `a1viz ...`, or `python -W error FILE ...`, as if a shell had started it."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    out = os.open(printed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.chdir(folder)
    sys.argv = words
    try:
        import_module("a1viz.__main__").main() if words[0] == "a1viz" else run_file(words[0])
    finally:
        atexit._run_exitfuncs()  # the end of a copy does it only from Python 3.12 on


def run_file(path: str) -> None:
    """Run a Python file as the main module; warnings are errors."""
    sys.path[0] = os.path.dirname(path)
    main = sys.modules["__main__"] = ModuleType("__main__")
    main.__file__ = path
    warnings.simplefilter("error")
    try:
        exec(compile(Path(path).read_bytes(), path, "exec"), vars(main))
    except Exception as error:
        traceback.print_exception(error.with_traceback(error.__traceback__ and error.__traceback__.tb_next))
        sys.exit(1)


if __name__ == "__main__":
    serve()
