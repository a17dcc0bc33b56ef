"""A picture drawn before is written at once, byte for byte, and never a stale one."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from conftest import environment

pytestmark = pytest.mark.process

DOCUMENT = "title = 'Twice'\nequations = 'y = 2 * x'\n[inputs]\nx = []\n[values]\nx = {x}\n"


@pytest.fixture
def draw(tmp_path):
    """Run `a1viz render` as a whole process in an empty folder with a cache of its own; says what it imported."""

    def run(*words: str, code: int = 0) -> dict:
        program = (
            "import json, sys\nfrom a1viz.__main__ import main\nstatus = 0\n"
            "try:\n    main()\nexcept SystemExit as stop:\n    status = stop.code or 0\n"
            "print(json.dumps({'status': status, 'graph': 'a1viz.graph.nodes' in sys.modules}))"
        )
        env = environment(A1VIZ_CACHE=str(tmp_path / "cache"))
        command = [sys.executable, "-c", program, *words]
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=3000)
        said = json.loads(done.stdout.splitlines()[-1])
        assert said["status"] == code, done.stderr
        return {**said, "stderr": done.stderr}

    return run


@pytest.mark.parametrize("name", ["g.svg", "g.png", "g.pdf"])
def test_the_second_time_the_same_bytes_come_without_reading_a_graph(draw, tmp_path, name):
    first = draw("render", "gated_network", "--backward", "-o", name)
    bytes_first = (tmp_path / name).read_bytes()
    (tmp_path / name).unlink()
    second = draw("render", "gated_network", "--backward", "-o", name)
    assert (first["graph"], second["graph"]) == (True, False)
    assert (tmp_path / name).read_bytes() == bytes_first
    assert first["stderr"] == second["stderr"] == f"{name}: 11 boxes, 12 arrows\n"


def test_an_edited_document_is_drawn_anew(draw, tmp_path):
    (tmp_path / "t.toml").write_text(DOCUMENT.format(x=1))
    draw("render", "t.toml", "--values", "-o", "t.svg")
    before = (tmp_path / "t.svg").read_bytes()
    (tmp_path / "t.toml").write_text(DOCUMENT.format(x=3))
    assert draw("render", "t.toml", "--values", "-o", "t.svg")["graph"]
    assert (tmp_path / "t.svg").read_bytes() != before


@pytest.mark.parametrize("words", [("--values", "--set", "x=@x.csv", "-o", "t.svg"), ("-o", "-")])
def test_what_depends_on_more_than_the_command_and_the_document_is_not_kept(draw, tmp_path, words):
    (tmp_path / "t.toml").write_text(DOCUMENT.format(x=1))
    (tmp_path / "x.csv").write_text("1\n2\n")
    for _ in range(2):
        assert draw("render", "t.toml", *words)["graph"]


@pytest.mark.parametrize(
    "change", [lambda kept: '{"picture": 3}', lambda kept: kept.replace("boxes", "\\u001b[31m"), lambda kept: kept[:-9]]
)
def test_a_changed_kept_picture_is_drawn_anew(draw, tmp_path, change):
    said = draw("render", "two_layer", "-o", "t.svg")["stderr"]
    for file in (tmp_path / "cache" / "pictures").rglob("*.json"):
        file.write_text(change(file.read_text()))
    again = draw("render", "two_layer", "-o", "t.svg")
    assert again["graph"] and again["stderr"] == said


@pytest.mark.parametrize("key", ["blocks", "blo\\u0063ks", "bl\\U0000006fcks"])
def test_a_document_with_blocks_is_not_kept_however_it_writes_that(draw, tmp_path, key):
    (tmp_path / "t.toml").write_text(f"title = 'T'\nequations = 'a, b = S(x, y)'\n[inputs]\nx = []\ny = []\n[\"{key}\"]\nS = 'sort2'\n")
    for _ in range(2):
        assert draw("render", "t.toml", "-o", "t.svg")["graph"]


def test_a_kept_picture_that_cannot_be_written_says_so_and_exits_with_2(draw, tmp_path):
    draw("render", "two_layer", "-o", "t.svg")
    (tmp_path / "t.svg").unlink()
    (tmp_path / "t.svg").mkdir()
    assert "t.svg: cannot write this file: it is a folder" in draw("render", "two_layer", "-o", "t.svg", code=2)["stderr"]
