"""The code on a page, run: console and Python blocks, and what they print, so that no page shows a result that is not the code's own.

In a ```console block each `$ a1viz ...` line is run, in a folder that holds the page's titled blocks so far (```toml title="mine.toml").
The ```python blocks of a page are one program; where a page says `<!-- continues: first.md -->`, with the definitions of that page before
them, unseen. The site's build and tests/test_docs.py use this; only for pages you trust, for it runs
their code.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import threading
import tomllib
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..base.cache import digest
from .state import PACKAGE, program_state, remembered
from .warm_commands import Warm

FENCE = re.compile(r"^(?P<indent> *)(?P<marks>`{3,}|~{3,})(?P<info>.*)$")
TITLE = re.compile(r'title="([^"]+)"')
CONTINUES = re.compile(r"^<!-- continues: (\S+) -->$", re.M)
SPLIT = "\x1e"  # printed between two Python blocks
# Warnings of the page and of a1viz, and those that other packages address to them, are errors; what others say of themselves is not shown.
STRICT = """\
import warnings; warnings.simplefilter("ignore"); warnings.filterwarnings("error", module=r"(__main__|a1viz)(\\.|$)"); del warnings
"""
QUIET = "ignore::UserWarning:joblib._multiprocessing_helpers"  # which speaks of a machine that lends no semaphores (a closed /dev/shm)
SECONDS = 300  # for one command; far more than any needs, for the machine may be busy
WARM = threading.local()  # a process for each thread, to run commands


@dataclass(frozen=True)
class Block:
    """One fenced block of a page: where it ends, and what is in it."""

    language: str
    more: str  # what stands after the language
    title: str
    body: str
    indent: str
    first: int  # the line of its opening fence, counted from 0
    last: int  # the line of its closing fence


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a page, in order; what stands inside a longer fence is only its text.

    >>> [b.language for b in blocks("```toml\\na = 1\\n```\\n\\n~~~~\\n```python\\n```\\n~~~~\\n")]
    ['toml', '']
    """
    found: list[Block] = []
    opened, start = None, 0
    for k, line in enumerate(text.split("\n")):
        fence = FENCE.match(line)
        if opened is None:
            opened, start = fence, k
        elif fence and fence["marks"].startswith(opened["marks"]) and not fence["info"].strip():
            indent, info = opened["indent"], opened["info"].strip()
            language, _, more = info.partition(" ")
            body = [row.removeprefix(indent) for row in text.split("\n")[start + 1 : k]]
            title = TITLE.search(info)
            found.append(Block(language, more.strip(), title[1] if title else "", "\n".join(body) + "\n", indent, start, k))
            opened = None
    return found


def commands(block: Block) -> list[tuple[str, str]]:
    """The commands of a console block, each with the output that is typed after it."""
    found: list[tuple[str, list[str]]] = []
    for line in block.body.rstrip("\n").split("\n"):
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            found[-1][1].append(line)
    return [(command, "\n".join(typed).strip("\n")) for command, typed in found]


def definitions(text: str, folder: Path | None = None) -> str:
    """The imports, functions and classes of the page in `folder` that a page continues; what that page prints or trains is not run."""
    continued = CONTINUES.search(text)
    if not continued or not folder:
        return ""
    path = folder / continued[1]
    if not path.is_file():
        return f"raise FileNotFoundError('this page continues {continued[1]}, which is not there')\n"
    found = [b.body for b in blocks(path.read_text(encoding="utf-8")) if b.language == "python"]
    kept = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    return "".join(f"{ast.unparse(part)}\n" for body in found for part in ast.parse(body).body if isinstance(part, kept))


def start(text: str, folder: Path | None = None) -> tuple[list[Future[list[tuple[str, int]]]], Future[tuple[list[str], str]] | None]:
    """Begin to run what a page in `folder` shows, in the background: its console blocks, and its Python blocks as one program."""
    found, state = blocks(text), program_state()
    consoles = [(tuple((o.title, o.body) for o in found if o.title and o.last < b.first), b) for b in found if b.language == "console"]
    transcripts = [_begun(transcript, state, files, tuple(c for c, _ in commands(block))) for files, block in consoles]
    python = [b.body for b in found if b.language == "python"]
    if python:
        python[0] = definitions(text, folder) + python[0]
    return transcripts, _begun(program, state, tuple(python)) if python else None


def start_drawing(folder: Path) -> None:
    """Begin to draw all pages of a folder, in the background, after what was begun before; once for what is in them."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.md"))]
    words = f"from pathlib import Path\nfrom {__package__}.ahead import draw_ahead\n\n# {digest(SPLIT.join(texts), 16)}\n"
    _begun(program, program_state(), (f"{words}draw_ahead(Path({str(folder)!r}))\n",))


def filled(text: str, report: Callable[[int, str], None], folder: Path | None = None) -> str:
    """The page, which lies in `folder`, with what its blocks print; `report` is told the line and the words of what failed."""
    consoles = [(b, commands(b)) for b in blocks(text) if b.language == "console"]
    transcripts, printed_by_python = start(text, folder)
    lines = text.split("\n")
    inserts: dict[int, list[str]] = {}
    for (block, run), printed in zip(consoles, transcripts, strict=True):
        body: list[str] = []
        for k, ((command, typed), (said, status)) in enumerate(zip(run, printed.result(), strict=True)):
            asked = k + 1 < len(run) and run[k + 1][0] == "echo $?"
            if status and not asked:
                report(block.first + 1, f"$ {command}: exit status {status}: {said.strip()}")
            body += [f"$ {command}", *filter(None, [typed or said.rstrip("\n")])]
        inserts[block.first] = body
    for block, body in ((b, inserts[b.first]) for b, _ in reversed(consoles)):
        lines[block.first + 1 : block.last] = [block.indent + row for row in "\n".join(body).split("\n")]
    text = with_documents("\n".join(lines))
    return with_python(text, printed_by_python.result(), report) if printed_by_python else text


def with_documents(text: str) -> str:
    """The page with every fence that draws a document of the page itself (`graph: mine.toml`) holding that document; JSON is YAML."""
    lines = text.split("\n")
    found = blocks(text)
    for block in (b for b in found if b.language == "a1viz"):
        for k in range(block.first + 1, block.last):
            name = lines[k].strip().removeprefix("graph: ")
            shown = [b for b in found if b.title == name and b.last < block.first]
            if shown and name != lines[k].strip():
                document = tomllib.loads(shown[-1].body)
                lines[k] = "\n".join(f"{block.indent}{key}: {json.dumps(value)}" for key, value in document.items())
    return "\n".join(lines)


def with_python(text: str, output: tuple[list[str], str], report: Callable[[int, str], None]) -> str:
    """The page with what its Python blocks print, each under its block."""
    found = [b for b in blocks(text) if b.language == "python"]
    printed, failed = output
    if failed:
        report(found[min(len(printed), len(found) - 1)].first + 1, f"this Python block failed: {failed}")
    lines = text.split("\n")
    for block, said in reversed(list(zip(found, printed, strict=False))):
        if said.strip("\n"):
            rows = ["", "``` {.text .a1viz-output}", *said.strip("\n").split("\n"), "```"]
            lines[block.last + 1 : block.last + 1] = [block.indent + row if row else "" for row in rows]
    return "\n".join(lines)


def transcript(files: Sequence[tuple[str, str]], run: Sequence[str]) -> list[tuple[str, int]]:
    """What each command prints, and its exit status; only `a1viz` and `echo $?` are run."""
    found: list[tuple[str, int]] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, body in files:
            (Path(folder) / Path(name).name).write_text(body, encoding="utf-8")
        for command in run:
            words = shlex.split(command)
            if command == "echo $?":
                found.append((f"{found[-1][1]}\n" if found else "0\n", 0))
            elif words[:1] == ["a1viz"] and "|" not in words and ">" not in words:
                found.append(_run(words, folder))
            else:
                found.append(("", 0))
    return found


def program(bodies: Sequence[str]) -> tuple[list[str], str]:
    """What each Python block prints when all are run as one program, and the error that stopped it, if any."""
    text = STRICT + f"print({SPLIT!r}, end='', flush=True)\n".join(bodies)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.py"
        path.write_text(text, encoding="utf-8")
        said, code = _run([str(path)], folder)
    printed = said.split(SPLIT)
    return printed, printed.pop().strip() if code else ""


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count(), "listing")


@lru_cache(maxsize=1024)
def _begun(run: Callable[..., Any], state: str, *words: Any) -> Future[Any]:
    """A run in the background, begun once; `state` tells one version of a1viz from another."""
    return _pool().submit(remembered, "pages", f"{run.__name__}\0{words!r}", lambda: run(*words), succeeded)


def succeeded(found: Any) -> bool:
    """Whether nothing failed in a transcript or a program; what failed is run again the next time."""
    return not found[1] if isinstance(found, tuple) else not any(status for _, status in found)


def _run(words: Sequence[str], folder: str) -> tuple[str, int]:
    """What `a1viz ...` or a Python file prints, and its exit code."""
    if not hasattr(os, "fork"):
        command = [sys.executable, *(["-m"] if words[0] == "a1viz" else ["-W", "error"]), *words]
        pipe, together = subprocess.PIPE, subprocess.STDOUT
        done = subprocess.run(command, cwd=folder, env=_environment(), encoding="utf-8", timeout=SECONDS, stdout=pipe, stderr=together)
        return done.stdout, done.returncode
    environment = _environment()
    if hasattr(WARM, "process") and WARM.process.environment != environment:
        WARM.process.end()
        del WARM.process
    if not hasattr(WARM, "process"):
        WARM.process = Warm(environment, SECONDS)
    with tempfile.TemporaryDirectory() as beside:
        printed = Path(beside) / "printed"
        try:
            code = WARM.process.run(words, folder, printed)
        except OSError:
            del WARM.process
            raise
        return printed.read_text(encoding="utf-8"), code


def _environment() -> dict[str, str]:
    paths = os.pathsep.join(filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": paths, "PYTHONIOENCODING": "utf-8", "PYTHONWARNINGS": QUIET, "COLUMNS": "110"}
