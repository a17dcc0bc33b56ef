"""The package and a user's script pass a strict type check, which sees what is planted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import NO_MYPY, ROOT, environment

USER = ROOT / "tests" / "typed_user.py"
pytestmark = pytest.mark.process


def mypy(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("mypy", reason=NO_MYPY)
    command = [sys.executable, "-m", "mypy", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)


def test_the_package_and_a_users_script_are_typed(tmp_path):
    done = mypy("--strict", "a1viz", USER)
    assert done.returncode == 0, done.stdout
    wrong = tmp_path / "wrong.py"
    wrong.write_text('import a1viz\na1viz.draw(a1viz.load("mlp"), theme="pink")\nx: int = a1viz.train.load_data("moons")\n')
    found = mypy("--strict", wrong).stdout
    assert 'Argument "theme" to "draw"' in found and 'has type "Data", variable has type "int"' in found, found


def test_the_users_script_runs(tmp_path):
    done = subprocess.run([sys.executable, str(USER), str(tmp_path)], env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "mine.svg").read_text(encoding="utf-8").startswith("<svg")
