"""A command that runs in a copy of a loaded process says and does what it does in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from conftest import environment

from a1viz.site.warm_commands import Warm

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot copy a process")
COMMANDS = ("run two_layer --trace", "show nothing", "grad", "render two_layer -o x.svg", "check sort2")


@pytest.fixture
def warm():
    made = []

    def begin(seconds: float = 60, **about: str) -> Warm:
        made.append(Warm(environment(**about), seconds))
        return made[-1]

    yield begin
    for process in made:
        process.end()


@pytest.mark.process
def test_a_copy_says_and_writes_what_a_process_does(warm, tmp_path):
    copies = warm()
    for command in COMMANDS:
        folders = [tmp_path / f"{side}-{command.split()[0]}" for side in ("own", "copy")]
        for folder in folders:
            folder.mkdir()
        own = [sys.executable, "-m", "a1viz", *command.split()]
        done = subprocess.run(own, cwd=folders[0], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        code = copies.run(["a1viz", *command.split()], str(folders[1]), tmp_path / "printed")
        assert (code, (tmp_path / "printed").read_text(encoding="utf-8")) == (done.returncode, done.stdout)
        files = [{path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders]
        assert files[0] == files[1]


PROGRAM = """\
import atexit
import sys
import warnings
from pathlib import Path
import beside
print(__name__, Path(__file__).name, Path.cwd() == Path(__file__).parent, beside.NAME, sys.argv[1:], sys.stdin.read())
print("aside", file=sys.stderr)
atexit.register(lambda: Path("at_exit").touch())
"""
ENDINGS = ("", "sys.exit(3)", "sys.exit('no')", "1 / 0", "warnings.warn('old')", "print('\\d')", "(", "print('half a line', end='')")


@pytest.mark.process
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_program_runs_as_in_a_process_of_its_own(ending, warm, tmp_path):
    copies = warm()
    path = tmp_path / "page.py"
    path.write_text(PROGRAM + ending)
    (tmp_path / "beside.py").write_text("NAME = 'found'")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(path), "a"],
        cwd=tmp_path,
        env=environment(PYTHONUNBUFFERED="1"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    last = tmp_path / "at_exit"
    was_there = last.exists()
    last.unlink(missing_ok=True)
    code = copies.run([str(path), "a"], str(tmp_path), tmp_path / "printed")
    said = (tmp_path / "printed").read_text(encoding="utf-8")
    assert code == done.returncode and sorted(said.splitlines()) == sorted(done.stdout.splitlines())
    assert last.exists() == was_there


@pytest.mark.process
def test_commands_have_the_environment_of_their_process(warm, tmp_path):
    longest = []
    for columns in ("50", "100"):
        assert warm(COLUMNS=columns).run(["a1viz", "--help"], str(tmp_path), tmp_path / columns) == 0
        longest.append(max(map(len, (tmp_path / columns).read_text(encoding="utf-8").splitlines())))
    assert longest[0] < longest[1]


@pytest.mark.process
def test_a_command_that_takes_too_long_is_ended(warm, tmp_path):
    hurried = warm(0)
    with pytest.raises(TimeoutError, match="a1viz list takes longer than 0 s"):
        hurried.run(["a1viz", "list"], str(tmp_path), tmp_path / "printed")
    assert hurried.process.returncode is not None
