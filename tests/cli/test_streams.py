"""Standard input and pipes wherever a file is taken; standard streams that fail; Ctrl-C."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from conftest import environment, has_ended

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
    done = subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, env=environment(**variables), timeout=3000, errors="replace"
    )
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
        assert (code, said) == (0, "g.dot: 2 boxes, 1 arrow\n")
        assert f"= {int(x) * 2}" in Path("g.dot").read_text()


@pytest.mark.parametrize("line", ["a1viz run /dev/stdin", "a1viz verify /dev/stdin", "a1viz run g.toml --set x=@/dev/stdin", "a1viz run -"])
def test_a_standard_input_that_is_closed_is_refused_at_once(line):
    code, out, said = bash(f"timeout 600 {sys.executable} -m {line} <&-")
    assert (code, out) == (2, "") and said.startswith("error: ")


def test_a_block_may_be_a_pipe():
    reader, writer = os.pipe()
    os.write(writer, DOCUMENT.encode())
    os.close(writer)
    Path("piped.toml").write_text(BLOCKS.format(f"/dev/fd/{reader}"))
    command = [sys.executable, "-m", "a1viz", "run", "piped.toml", "--json"]
    done = subprocess.run(command, pass_fds=[reader], capture_output=True, text=True, env=environment(), check=True)
    os.close(reader)
    assert json.loads(done.stdout) == {"y": 6.0}


@pytest.mark.parametrize("output", ["/dev/stdout", ">(cat)"])
def test_a_picture_may_be_written_to_a_command(output):
    code, out, said = bash(f"a1viz render g.toml --format dot -o {output} | cat")
    assert code == 0 and out.startswith("digraph") and said.endswith(": 2 boxes, 1 arrow\n")


ENDLESS = ["run {}", "render {}", "run uses.toml", "run g.toml --set x=@{}", "sort 2 1 --network {}", "verify {}"]


@pytest.mark.parametrize("command", ENDLESS)
def test_what_never_ends_is_refused_in_one_line(command):
    os.mkfifo("idle.toml")
    os.symlink("/dev/zero", "zero.toml")
    for name in ("idle.toml", "zero.toml"):
        Path("uses.toml").write_text(BLOCKS.format(f"./{name}"))
        code, out, said = bash(f"a1viz {command.format(name)}")
        assert (code, out, said.count("\n")) == (2, "", 1) and said.startswith("error: "), said


# --- output -----------------------------------------------------------------------------------------------------------------------

FAILING = """
import os, sys
from a1viz import __main__
from a1viz.cli import doctor
def examine():
    raise {}
doctor.examine = examine
sys.argv = ["a1viz", "doctor"]
__main__.main()
"""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("PermissionError(13, 'Permission denied', '/a/file')", "error: '/a/file': permission denied"),
        ("OSError(28, 'No space left on device')", "error: no space left on device"),
        ("BrokenPipeError(32, 'Broken pipe')", "error: broken pipe"),
        ("TimeoutError()", "error: timeouterror"),
    ],
)
def test_a_failure_elsewhere_is_not_said_to_be_one_of_the_output(error, said):
    done = subprocess.run([sys.executable, "-c", FAILING.format(error)], capture_output=True, text=True, env=environment())
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said + "\n")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-16", "ascii:strict"])
def test_what_an_encoding_lacks_is_written_in_ascii(encoding):
    Path("g.toml").write_text(DOCUMENT.replace("Twice", "Doppelt: σ"), encoding="utf-8")
    command = [sys.executable, "-m", "a1viz", "show", "g.toml"]
    done = subprocess.run(command, capture_output=True, env=environment(PYTHONIOENCODING=encoding))
    assert (done.returncode, done.stderr) == (0, b"")
    written = done.stdout.decode("utf-8" if "ascii" in encoding else encoding)  # click writes UTF-8 in place of ASCII
    assert written.splitlines()[0] == ("Doppelt: \\u03c3" if encoding in ("latin-1", "cp1252") else "Doppelt: σ")


def test_a_stream_that_another_process_has_made_not_wait_is_written_whole():
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    command = [sys.executable, "-m", "a1viz", "render", "gated_network", "--backward", "-o", "-"]
    with subprocess.Popen(command, stdout=writer, stderr=subprocess.PIPE, env=environment()) as process:
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            output = pipe.read()
        assert process.wait() == 0 and process.stderr.read() == b""
    assert len(output) > 4096 and output.endswith(b"</svg>\n")


@pytest.mark.parametrize(("command", "code"), [("list", 0), ("run g.toml", 0), ("run nothing", 2), ("nothing", 2), ("run", 2)])
def test_a_reader_that_has_had_enough_is_no_failure_but_hides_none(command, code):
    assert bash(f"a1viz {command} 2>&1 | true; exit ${{PIPESTATUS[0]}}") == (code, "", "")


# --- Ctrl-C -----------------------------------------------------------------------------------------------------------------------

STUCK = """
import ctypes, os, signal, sys, threading, time
from a1viz import __main__
from a1viz.cli import doctor
def examine():
    {what}
doctor.examine = examine
sys.argv = ["a1viz", "doctor"]
__main__.SECONDS = {seconds}
__main__.main()
"""
WAIT = "os.write(1, b'here'); time.sleep(600)"
STUBBORN = {
    "waiting": WAIT,
    "cleaning up": f"""
    try:
        {WAIT}
    finally:
        time.sleep(0.3); os.write(1, b' cleaned')""",
    "outside Python": "os.write(1, b'here'); [ctypes.CDLL(None).sleep(600) for _ in range(9)]",
    "deaf": f"""
    while True:
        try:
            {WAIT}
        except BaseException:
            pass""",
    "turning it into another error": f"""
    try:
        {WAIT}
    except BaseException:
        raise RuntimeError""",
    "a thread that does not end": f"threading.Thread(target=time.sleep, args=(600,)).start(); {WAIT}",
}


def interrupted(command: list[str], times: int, begun: Callable[[], object] | None = None, **variables: str) -> tuple[int, bytes, bytes]:
    """The exit code, output and messages of a command that is interrupted so often once it has begun, or else written something.

    Of the processes that it started none is left.
    """
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(**variables),
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a test run in the background ignores Ctrl-C, and so would this
    ) as process:
        try:
            first = b"" if begun else os.read(process.stdout.fileno(), 4)
            while begun and not begun():
                time.sleep(0.02)
            for _ in range(times):
                os.killpg(process.pid, signal.SIGINT)
                time.sleep(0.05)
            output, said = process.communicate(timeout=600)
        finally:
            process.kill()
    assert all(has_ended(number) for number in psutil.pids() if session_of(number) == process.pid)
    return process.returncode, first + output, said


def session_of(process: int) -> int:
    try:
        return os.getsid(process)
    except ProcessLookupError:
        return 0


@pytest.mark.parametrize("times", [1, 3])
def test_ctrl_c_while_processes_compute_leaves_none_and_keeps_the_chunks(folder, times):
    sweep = "regress double-descent -d 40 -n 20..80 --repeats 2000 --workers 2 --store kept"
    command = [sys.executable, "-m", "a1viz", *sweep.split()]
    assert interrupted(command, times, lambda: len(list(folder.glob("kept/*.json"))) > 2) == (130, b"", b"error: interrupted\n")
    assert len(list(folder.glob("kept/*.json"))) > 2 and not list(folder.glob("kept/.*"))


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("what", STUBBORN)
def test_ctrl_c_ends_whatever_is_going_on_with_130_and_one_line(what, times):
    program = STUCK.format(what=STUBBORN[what], seconds={"cleaning up": 600, "deaf": 3}.get(what, 0.2))
    code, output, said = interrupted([sys.executable, "-c", program], times)
    assert (code, said) == (130, b"error: interrupted\n")
    assert output == {"cleaning up": b"here cleaned", "deaf": b"herehere"}.get(what, b"here")


def test_ctrl_c_while_standard_input_is_awaited_ends_with_one_line():
    program = "import os, sys; from a1viz.base import reading; from a1viz import __main__; stdin = reading._standard_input\n"
    program += "reading._standard_input = lambda most: (os.write(1, b'here'), stdin(most))[1]; sys.argv[1:] = ['run', '-']; __main__.main()"
    assert interrupted([sys.executable, "-c", program], 2) == (130, b"here", b"error: interrupted\n")


def test_ctrl_c_while_the_engine_works_leaves_nothing_running(folder):
    engine = folder / "dot"
    engine.write_text("#!/bin/sh\nsleep 600 & echo $! > child; echo $$ > engine; echo here > report; wait\n")
    engine.chmod(0o755)
    os.mkfifo("report")
    command = ["bash", "-c", f"cat report & exec {sys.executable} -m a1viz render two_layer -o t.svg"]
    code, output, said = interrupted(command, 2, A1VIZ_DOT=str(engine), A1VIZ_CACHE=str(folder / "cache"))
    assert (code, output, said) == (130, b"here\n", b"error: interrupted\n")
    for name in ("child", "engine"):
        assert has_ended(int(Path(name).read_text()))
    assert not Path("t.svg").exists()
