"""Hostile documents, equations, fences, values, networks and command lines: each is answered or refused in words, and nothing else happens.

The inputs are the files in tests/hostile/; to add one, add a file, or a line to one of the tables.
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import environment
from fuzz import KINDS
from harmless import CODES, MEGABYTES, SECONDS, assert_inert, assert_printable, assert_refusal, command, little_memory, within

import a1viz
from a1viz.base.errors import A1vizError
from a1viz.site import fence

HOSTILE = Path(__file__).parent / "hostile"
LEAVES = {"x": ["D"], "y": ["D"], "W": ["H", "D"], "s": [], "t": {"class": "D"}}


def table(kind: str) -> dict[str, str]:
    """The texts of a table, those written short at full length."""
    found = tomllib.loads((HOSTILE / f"{kind}.toml").read_text(encoding="utf-8"))
    return {name: text if isinstance(text, str) else repeated(**text) for name, text in found.items()}


def repeated(before: str, repeat: str, times: int, after: str) -> str:
    return before + repeat * times + after


def document(path: Path) -> None:
    """What is done with a document: everything that reads, runs, differentiates, counts and draws."""
    command("show", str(path))
    command("check", str(path), "--json")
    command("run", str(path), "--trace", "--json")
    command("grad", str(path), "--json")
    command("cost", str(path), "--json")
    command("derive", str(path))
    command("derive", str(path), "--format", "latex")
    for form in ("text", "dot", "svg"):
        command("render", str(path), "--backward", "--values", "--format", form, "-o", "-")
    command("norms", str(path), "--json")


def equations(text: str) -> None:
    with little_memory(), within():
        try:
            graph = a1viz.parse(text, **LEAVES)
        except A1vizError as error:
            assert_refusal(str(error))
            return
        for use in (a1viz.cost, a1viz.derive, a1viz.draw, str):
            try:
                assert_printable(str(use(graph)))
            except A1vizError as error:
                assert_refusal(str(error))


def fenced(text: str) -> None:
    with little_memory(), within():
        answer = fence.format(text)
    assert_inert(answer)
    refused = answer.partition('role="alert"><strong>a1viz could not draw this</strong><pre>')[2]
    if refused:
        assert_refusal(refused)


def value(path: Path) -> None:
    command("run", "two_layer", "--set", f"x=@{path}", "--json")


def setting(text: str) -> None:
    command("run", "two_layer", "--set", f"x={text}", "--json")


def network(path: Path) -> None:
    command("verify", str(path), "--json")
    command("sort", "3", "1", "2", "--network", str(path), "-o", "-")


def words(line: list[str]) -> None:
    command(*(word.replace("FOLDER", str(HOSTILE)) for word in line))


CASES: list[tuple[str, Callable[..., None], object]] = [
    *(
        (f"{kind}/{path.name}", use, path)
        for kind, use in (("documents", document), ("values", value), ("networks", network))
        for path in sorted((HOSTILE / kind).iterdir())
    ),
    *(
        (f"{kind}/{name}", use, text)
        for kind, use in (("equations", equations), ("settings", setting), ("fences", fenced))
        for name, text in table(kind).items()
    ),
    *((f"commands/{name}", words, line) for name, line in tomllib.loads((HOSTILE / "commands.toml").read_text(encoding="utf-8")).items()),
]


@pytest.mark.parametrize(("use", "given"), [pytest.param(use, given, id=name) for name, use, given in CASES])
def test_hostile_input_is_answered_or_refused(use, given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    use(given)


PROCESSES = {  # command lines that are given to a process of their own, held by the system to what they may take
    "a size of two thousand millions": ["run", "FOLDER/documents/larger-size.toml"],
    "blocks in a ring": ["check", "FOLDER/documents/blocks-in-a-ring-1.toml"],
    "an archive that is larger than it looks": ["run", "two_layer", "--set", "x=@FOLDER/values/bomb.npz"],
    "a pickle": ["run", "two_layer", "--set", "x=@FOLDER/values/objects.npy"],
    "no words at all": [],
    "escapes": ["run", "\x1b[2J"],
}


@pytest.mark.process
@pytest.mark.parametrize("line", PROCESSES.values(), ids=PROCESSES)
def test_a_process_with_little_time_and_memory_answers_or_refuses(line, tmp_path):
    def limit():
        resource.setrlimit(resource.RLIMIT_CPU, (2 * SECONDS,) * 2)  # Python's own start, and that of NumPy, count here
        resource.setrlimit(resource.RLIMIT_AS, (2**30 + MEGABYTES * 2**20,) * 2)

    given = [sys.executable, "-m", "a1viz", *(word.replace("FOLDER", str(HOSTILE)) for word in line)]
    done = subprocess.run(given, cwd=tmp_path, env=environment(), capture_output=True, text=True, preexec_fn=limit)
    assert done.returncode in CODES, done.stderr
    assert_refusal(done.stderr)
    assert_printable(done.stderr)
    assert "owned" not in done.stdout + done.stderr and list(tmp_path.iterdir()) == []


def test_every_input_is_small_and_none_is_changed_by_git():
    assert [path.name for path in HOSTILE.rglob("*") if path.is_file() and path.stat().st_size > 64 * 1024] == []
    assert (HOSTILE / ".gitattributes").read_text() == "* -text\n"  # line ends are part of the input


def test_the_promises_name_every_kind_of_input_that_is_tried():
    said = (HOSTILE.parent.parent / "SECURITY.md").read_text(encoding="utf-8").lower()
    kinds = {name.partition("/")[0].rstrip("s") for name, _, _ in CASES} | {kind.rpartition(" ")[2].rstrip("s") for kind in KINDS}
    assert [kind for kind in kinds if kind not in said] == []
    assert len(CASES) > int(re.findall(r"some (\d+) inputs", said)[0])
