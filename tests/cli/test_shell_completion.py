"""What a shell offers behind the name of a graph; asked through click's own API, and once inside a real bash, with the Tab key."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import CompletionItem, ShellComplete
from conftest import NO_TERMINAL, environment

from a1viz.base.limits import COMPLETED_BYTES, COMPLETED_CHARACTERS
from a1viz.cli.commands import cli
from a1viz.cli.shells import BashLine, FishWords, ZshWords
from a1viz.graph.catalog import catalogue
from a1viz.graph.documents import load

DOCUMENT = """
title = "Mine"
equations = '''
z = W @ x + b; h, k = S(z)
y = sum(h,
axis=0)
oh no this is not an equation
J = norm2(y
'''
[sizes]
D = 3
[inputs]
x = ["D"]
[parameters]
W = ["D", "D"]
b = ["D"]
[values]
x = [1, 2, inf]
W = "w.safetensors"
b = [1.5, -2, 3]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Files to be found, and some that are not."""
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text(DOCUMENT)
    for name in ("points.csv", "model.onnx", "notes.txt", ".hidden.toml"):
        Path(name).touch()
    Path("more").mkdir()
    return tmp_path


def items(line: str) -> list[CompletionItem[str]]:
    *words, typed = line.split(" ")
    return ShellComplete(cli, {}, "a1viz", "_A1VIZ_COMPLETE").get_completions(words, typed)


def offers(line: str) -> str:
    """What is offered for the last word, which may be empty."""
    return " ".join(item.value for item in items(line))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("grad two_layer --set ", "x= W1= W2= y_bar="),
        ("run two_layer --set ", "x= W1= W2="),
        ("run --set x=[1,0,2] two_layer --set ", "W1= W2="),
        ("norms two_layer --set y", "y_bar="),
        ("grad two_layer --set x=", "x=[1,3,1] x=@"),
        ("grad two_layer --set y_bar=[", "y_bar=[1,1,1]"),
        ("grad two_layer --set q=", "q=@"),
        ("grad two_layer --set x=@", "x=@points.csv x=@more/"),
        ("grad two_layer --wrt ", "x W1 W2 z h y"),
        ("derive two_layer --wrt x --wrt ", "W1 W2 z h y"),
        ("derive gated_network --of y", "y y_prime"),
        ("convert gated_network -o - --of J", "J"),
        ("ntk two_layer --output ", "z h y"),
        ("ntk two_layer --set x", "x= x1= x2="),
        ("cost gated_network --set ", "D= H= N="),
        ("cost gated_network --set D=7,", "D=7,H= D=7,N="),
        ("cost table --set ", "N= K= D="),
        ("render bubble_sort --expand S", "S S1 S2 S3 S4 S5 S6"),
        ("render bubble_sort --set x", "x1= x2= x3= x4="),
        ("show two", "two_layer"),
        ("show m", " ".join([*(name for name in catalogue() if name[0] == "m"), "mine.toml model.onnx more/"])),
        ("diff two_layer mi", "mixture_of_experts mine.toml"),
        ("check mlp ./mi", "./mine.toml"),
        ("show .h", ".hidden.toml"),
    ],
)
def test_the_names_of_the_graph_on_the_line_are_offered(line, expected):
    assert offers(line) == expected


def test_a_document_that_is_being_written_completes_as_far_as_it_can_be_read():
    assert offers("grad mine.toml --wrt ") == "x W b z h k y J"
    assert offers("run mine.toml --set b=") == "b=[1.5,-2,3] b=@"
    assert offers("run mine.toml --set x=") == "x=@"  # infinity is not JSON
    assert offers("run mine.toml --set W=") == "W=@"


def test_a_value_that_is_long_is_not_offered():
    line = "[" + ",".join("1" * ((COMPLETED_CHARACTERS - 1) // 2)) + "]"
    for value, offered in ((line, f"x={line} x=@"), ("[1," + line[1:], "x=@")):
        Path("long.toml").write_text(f"title = 'T'\nequations = 'y = x'\n[inputs]\nx = ['D']\n[values]\nx = {value}\n")
        assert offers("run long.toml --set x=") == offered, len(value)


@pytest.mark.parametrize("name", [name for name in catalogue() if name in ("attention", "crf", "gated_network", "vae", "gcn")])
def test_names_read_from_the_text_are_those_of_the_graph(name):
    g = load(name)
    assert sorted(offers(f"grad {name} --wrt ").split()) == sorted(g.declared_names)
    assert {word.rstrip("=") for word in offers(f"run {name} --set ").split()} == {node.name for node in g.leaves}


@pytest.mark.parametrize(
    "graph", ["", "-", "nothing", "nothing.toml", "/dev/stdin", "model.onnx", "more", "bad.toml", "tied.toml", "a\0b.toml"]
)
def test_where_nothing_can_be_read_nothing_is_said(graph, capfd):
    Path("bad.toml").write_bytes(b"\xff\xfe[inputs\n")
    Path("tied.toml").write_text("inputs = 3\nequations = []\nvalues = 'x'")
    assert [offers(f"grad {graph} {option} ") for option in ("--set", "--wrt", "--of")] == ["", "", ""]
    assert capfd.readouterr() == ("", "")


def test_what_is_large_is_not_read():
    text = DOCUMENT + "#" * (COMPLETED_BYTES - len(DOCUMENT))
    for size, expected in ((COMPLETED_BYTES, "x="), (COMPLETED_BYTES + 1, "")):
        Path("large.toml").write_text(text + "#" * (size - len(text)))
        assert offers("run large.toml --set x") == expected


def test_a_name_that_needs_quotes_is_left_to_the_shell():
    Path("my graph.toml").touch()
    found = [(item.type, item.value) for item in items("show my") + items("render two_layer -o no")]
    assert found == [("file", "my"), ("file", "no")]


@pytest.mark.parametrize(
    ("line", "part", "known"),
    [
        ("a1viz show two", "two", ""),
        ("a1viz run two_layer --set x=", "=", "x="),
        ("a1viz run two_layer --set x=[1", "[1", "x="),
        ("a1viz run two_layer --set x=[1", "x=[1", ""),  # where the user has taken = out of what breaks words
        ("a1viz run two_layer --set x=@", "=@", "x="),
        ("a1viz run two_layer --set x=@po", "@po", "x="),
        ("a1viz run two_layer --set x=@po", "po", "x="),
        ("a1viz run two_layer --set=x=[", "[", "x="),
        ("a1viz run two_layer --set 'x=[1", "'x=[1", ""),
        ("a1viz run two_layer --set ", "", ""),
    ],
)
def test_bash_gets_the_part_of_the_word_that_it_completes(line, part, known, monkeypatch):
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", part)
    asked = BashLine(cli, {}, "a1viz", "_A1VIZ_COMPLETE")
    assert asked.get_completion_args()[0] == line.split()[1:][: len(line.split()) - 1 - (not line.endswith(" "))]
    assert asked.format_completion(CompletionItem(known + "rest", is_open=True)) == "open,rest"


def test_zsh_and_fish_are_told_what_goes_on():
    goes_on, done = CompletionItem("D=3,H=", is_open=True), CompletionItem("x=[1,3]")
    zsh, fish = (kind(cli, {}, "a1viz", "_A1VIZ_COMPLETE") for kind in (ZshWords, FishWords))
    assert [zsh.format_completion(item) for item in (goes_on, done)] == ["open\nD=3,H=\n_", "plain\nx=[1,3]\n_"]
    assert [fish.format_completion(item) for item in (goes_on, done)] == ["plain,D=3,H=", "plain,x=[1,3]"]
    assert "compadd -U -S ''" in zsh.source() and "split -m 1 ," in fish.source()


# Ctrl-A and Ctrl-E go to the beginning and to the end of the line: what bash made of it is printed, with what follows behind it.
LINES = {
    "a1viz grad two_l": "a1viz grad two_layer >",
    "a1viz grad two_layer --set W1": "a1viz grad two_layer --set W1=>",
    "a1viz run two_layer --set x=[1": "a1viz run two_layer --set x=[1,3,1] >",
    "a1viz run two_layer --set x=@p": "a1viz run two_layer --set x=@points.csv >",
    "a1viz cost gated_network --set D=3,H": "a1viz cost gated_network --set D=3,H=>",
    "a1viz derive mine.toml --wrt k": "a1viz derive mine.toml --wrt k >",
    "a1viz render two_layer -o no": "a1viz render two_layer -o notes.txt >",
}


@pytest.mark.process
def test_bash_completes_with_the_tab_key():
    typed = "".join(f"{line}\t\x01echo '<'\x05'>'\r" for line in LINES)
    try:
        screen, keyboard = pty.openpty()
    except OSError:
        pytest.skip(NO_TERMINAL)
    there = environment(TERM="dumb", PS1="$ ", PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    with subprocess.Popen(
        ["bash", "--norc", "-i"], stdin=keyboard, stdout=keyboard, stderr=keyboard, env=there, start_new_session=True
    ) as bash:
        os.close(keyboard)
        os.write(screen, f"bind 'set bell-style none'; eval \"$(_A1VIZ_COMPLETE=bash_source a1viz)\"\r{typed}exit\r".encode())
        said = b""
        try:
            while piece := os.read(screen, 65536):
                said += piece
        except OSError:  # Linux says so where the other end is closed
            pass
        os.close(screen)
        assert bash.wait(60) == 0
    lines = said.decode().splitlines()
    assert [line for line in lines if line.startswith("<")] == ["<" + words for words in LINES.values()], said.decode()
