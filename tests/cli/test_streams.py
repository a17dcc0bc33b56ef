"""Standard input and pipes wherever a file is taken; standard streams that fail; Ctrl-C."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import environment

pytestmark = pytest.mark.process

DOCUMENT = "title = 'Twice'\nequations = 'y = 2 * x'\n[inputs]\nx = []\n[values]\nx = 3\n"
BLOCKS = "title = 'T'\nequations = 'y = B(x)'\n[inputs]\nx = []\n[values]\nx = 3\n[blocks]\nB = '{}'\n"
NETWORK = "title = 'N'\ncomparators = [[1, 2]]\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("g.toml").write_text(DOCUMENT)
    Path("n.toml").write_text(NETWORK)
    Path("n.json").write_text("[[0, 1]]")
    Path("x.csv").write_text("x\n1\n2\n")
    Path("uses.toml").write_text(BLOCKS.format("g.toml"))
    return tmp_path


def bash(line: str, **variables: str) -> tuple[int, str, str]:
    """The exit code, output and messages of a line of bash, in which a1viz is this one."""
    line = f'a1viz() {{ {sys.executable} -m a1viz "$@"; }}; {line}'
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=environment(**variables), timeout=300, errors="replace")
    return done.returncode, done.stdout, done.stderr


# --- input ------------------------------------------------------------------------------------------------------------------------

READ = [
    ("a1viz run {} --json", "g.toml", '{"y": 6.0}'),
    ("a1viz run {} --json", "uses.toml", '{"y": 6.0}'),
    ("a1viz run g.toml --json --set x=@{}", "x.csv", '{"y": [2.0, 4.0]}'),
    ("a1viz sort 2 1 --network {}", "n.json", "1 2"),
    ("a1viz sort 2 1 --network {}", "n.toml", "1 2"),
    ("a1viz verify {} --json", "n.toml", '{"network": "network", "n": 2'),
]


@pytest.mark.parametrize(("line", "name", "output"), READ)
def test_a_file_may_come_from_standard_input_or_a_command(line, name, output):
    for given in (line.format(f"<(cat {name})"), f"cat {name} | {line.format('-')}"):
        code, out, said = bash(given)
        assert (code, out.startswith(output), said) == (0, True, ""), (given, out)


def test_a_picture_is_drawn_of_what_a_command_writes_each_time_anew():
    for x in ("3", "4"):
        code, _, said = bash(f"a1viz render <(sed s/3/{x}/ g.toml) --values -o g.dot")
        assert (code, said) == (0, "g.dot: 2 boxes, 1 arrows\n")
        assert f"= {int(x) * 2}" in Path("g.dot").read_text()


def test_a_block_may_be_a_pipe():
    reader, writer = os.pipe()
    os.write(writer, DOCUMENT.encode())
    os.close(writer)
    Path("piped.toml").write_text(BLOCKS.format(f"/dev/fd/{reader}"))
    command = [sys.executable, "-m", "a1viz", "run", "piped.toml", "--json"]
    done = subprocess.run(command, pass_fds=[reader], capture_output=True, text=True, env=environment(), check=True)
    os.close(reader)
    assert json.loads(done.stdout) == {"y": 6.0}


ENDLESS = ["run {}", "render {}", "run uses.toml", "run g.toml --set x=@{}", "sort 2 1 --network {}", "verify {}"]


@pytest.mark.parametrize("command", ENDLESS)
def test_what_never_ends_is_refused_in_one_line(command):
    os.mkfifo("idle.toml")
    os.symlink("/dev/zero", "zero.toml")
    for name in ("idle.toml", "zero.toml"):
        Path("uses.toml").write_text(BLOCKS.format(f"./{name}"))
        code, out, said = bash(f"a1viz {command.format(name)}")
        assert (code, out, said.count("\n")) == (2, "", 1) and said.startswith("error: "), said
