"""The house rules that can be counted: short functions, small classes and modules, few parameters, one name for one thing."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest
from conftest import ROOT, environment

import a1viz

PACKAGE = ROOT / "a1viz"
TABLE = "graph/operators.py"  # a table may be as long as it has rows
FUNCTION, CLASS, MODULE = 60, 200, 300  # lines at most
PARAMETERS, POSITIONAL = 7, 4  # of a function inside, of a public one: at most
COMMAND = "click."  # click hands each option to a command as a parameter
ESTIMATORS = "exchange/estimators.py"  # scikit-learn reads an estimator's settings off its constructor


@lru_cache(maxsize=1)
def modules() -> dict[str, ast.Module]:
    paths = sorted(PACKAGE.rglob("*.py"))
    return {path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def found(*kinds: type[ast.AST]) -> Iterator[tuple[str, ast.AST]]:
    return ((name, node) for name, tree in modules().items() for node in ast.walk(tree) if isinstance(node, kinds))


def lines(node: ast.AST) -> int:
    return node.end_lineno - node.lineno + 1


def parameters(function: ast.FunctionDef) -> tuple[int, int]:
    """How many there are, and how many may be given by position; those with a name of their own, without self."""
    given = function.args
    positional = [a.arg for a in [*given.posonlyargs, *given.args] if a.arg not in ("self", "cls")]
    return len(positional) + len(given.kwonlyargs), len(positional)


def too_large() -> list[str]:
    wrong = [f"{name}:{node.lineno} {node.name}" for name, node in found(ast.FunctionDef, ast.AsyncFunctionDef) if lines(node) > FUNCTION]
    wrong += [f"{name}:{node.lineno} {node.name}" for name, node in found(ast.ClassDef) if lines(node) > CLASS]
    long = {name: len((PACKAGE / name).read_text(encoding="utf-8").splitlines()) for name in modules() if name != TABLE}
    return wrong + [name for name, count in long.items() if count > MODULE]


def is_public(file: str, name: str) -> bool:
    """Whether a function is handed on by the package, or by a room with a face of its own."""
    room = file.partition("/")[0]
    faces = {"regression", "sorting", "nn", "plan"} & {room}
    handed_on = {name for face in faces for name in vars(importlib.import_module(f"a1viz.{face}"))}
    return name in a1viz.PUBLIC or name in handed_on


def with_many_parameters() -> list[str]:
    """Functions that take too many; a command's are its options, and a public function may have any that are given by name only."""
    wrong = []
    for name, node in found(ast.FunctionDef):
        if any(COMMAND in ast.unparse(decorator) or "_option" in ast.unparse(decorator) for decorator in node.decorator_list):
            continue
        if name == ESTIMATORS and node.name == "__init__":
            continue
        count, positional = parameters(node)
        if positional > POSITIONAL if is_public(name, node.name) else count > PARAMETERS:
            wrong.append(f"{name}:{node.lineno} {node.name}: {positional} positional, {count} in all")
    return wrong


def test_functions_classes_and_modules_are_small():
    assert too_large() == []


def test_functions_take_few_parameters():
    assert with_many_parameters() == []


def test_no_two_classes_have_the_same_name():
    names = Counter(node.name for _, node in found(ast.ClassDef))
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ("def f():\n" + "    x = 1\n" * FUNCTION, too_large),
        ("class C:\n" + "    x = 1\n" * CLASS, too_large),
        ("x = 1\n" * (MODULE + 1), too_large),
        ("def f(a, b, c, d, e, *, g, h, i): pass", with_many_parameters),
        ("def run(a, b, c, d, e): pass", with_many_parameters),
    ],
)
def test_what_is_too_large_is_seen(text, check, tmp_path: Path, monkeypatch):
    (tmp_path / "planted.py").write_text(text)
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    modules.cache_clear()
    try:
        assert len(check()) == 1
    finally:
        modules.cache_clear()


def test_no_two_test_modules_have_the_same_name():
    """pytest cannot take two such in one process."""
    counts = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, count in counts.items() if count > 1] == []


def misspelt(*where: Path) -> str:
    """The misspelt words below these paths, a line each; what a build writes and scripts in camel case are left out."""
    skipped = "*.svg,*.js,*.map,*.jsonl,*.safetensors,*/__pycache__/*,*/docs/models/*,*/docs/gallery/*,*/.venv*"
    command = [sys.executable, "-m", "codespell_lib", "--skip", skipped, "--ignore-words-list", "nin,nd", *where]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True)
    assert not done.stderr, done.stderr
    return done.stdout


@pytest.mark.process
def test_no_word_is_misspelt(tmp_path):
    (tmp_path / "page.md").write_text("teh", encoding="utf-8")
    assert "teh ==> the" in misspelt(tmp_path)
    assert not misspelt(*(ROOT / name for name in ("docs", "a1viz", "graphs", "benchmarks")), *ROOT.glob("*.md"))
