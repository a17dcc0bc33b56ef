"""Imports go downward only; and `import a1viz` costs next to nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import environment

PACKAGE = Path(__file__).parent.parent / "a1viz"

LAYERS = (  # a module imports only from rows above its own, or, where it must, from its own row; names without a module are still to come
    "errors",
    "cache catalogue files tensors",
    "kept store",
    "ops workers",
    "printing syntax",
    "graph",
    "blocks comparators trees",
    "equations",
    "values schema",
    "documents autodiff rewrite",
    "run plan cost",
    "descent settings",
    "check gradnorm jacobians orders grams ntk passes regression sort2 sorting counting nn",
    "train",
    "notation",
    "derive explain",
    "formats plots",
    "doctor",
    "listings fence cards pages",
    "console",
    "cli __init__ __main__",
)
HEIGHT = {module: height for height, row in enumerate(LAYERS) for module in row.split()}
MODULES = sorted({path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in PACKAGE.rglob("*.py")})
HEAVY = tuple("numpy matplotlib mkdocs click rich ziamath graphviz resvg_py yaml tomllib dask onnx sklearn safetensors".split())


def statements(path: Path) -> list[ast.AST]:
    """All statements of a module, inside functions too, but for those that only a type checker sees."""
    found, waiting = [], [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        found.append(node)
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            waiting.extend(ast.iter_child_nodes(node))
    return found


def imported(path: Path) -> set[str]:
    """The modules of a1viz that a file imports, by the name the layers know them by."""
    inside = path.parent != PACKAGE
    targets: list[str] = []  # a1viz.module.name
    for node in statements(path):
        if isinstance(node, ast.Import):
            targets += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not (inside and node.level == 1):
            start = "a1viz." if node.level else ""
            targets += [f"{start}{node.module}" if node.module not in (None, "a1viz") else f"a1viz.{alias.name}" for alias in node.names]
    ours = [target.split(".") for target in targets if target.partition(".")[0] == "a1viz"]
    return {parts[1] if len(parts) > 1 and parts[1] in MODULES else "__init__" for parts in ours} - {""}


def edges() -> list[tuple[str, str]]:
    files = sorted(PACKAGE.rglob("*.py"))
    return [(path.relative_to(PACKAGE).parts[0].removesuffix(".py"), name) for path in files for name in sorted(imported(path))]


def test_every_module_has_its_layer_and_only_one():
    listed = " ".join(LAYERS).split()
    assert len(listed) == len(set(listed))
    assert sorted(set(MODULES) - set(listed)) == []


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_from_below(module):
    assert [name for tail, name in edges() if tail == module and HEIGHT[name] > HEIGHT[module]] == []


def test_there_is_no_circle_among_the_modules_of_a_row():
    uses: dict[str, set[str]] = {}
    for tail, head in edges():
        if head not in (tail, "__init__"):
            uses.setdefault(tail, set()).add(head)
    left = set(MODULES)
    while left:
        free = {module for module in left if not uses.get(module, set()) & left}
        assert free, f"a circle among {sorted(left)}"
        left -= free


def test_the_test_sees_an_upward_import(tmp_path, monkeypatch):
    for text in (
        "from .cli import main",
        "def f():\n    from . import cli",
        "import a1viz.cli",
        "from a1viz.cli import main",
        "from a1viz import cli",
    ):
        (tmp_path / "errors.py").write_text(text)
        monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
        assert edges() == [("errors", "cli")]
    (tmp_path / "errors.py").write_text("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .cli import main")
    assert edges() == []


def loaded_by(statement: str) -> set[str]:
    program = (
        f"import sys; before = set(sys.modules); {statement}; print(*sorted({{m.partition('.')[0] for m in sys.modules.keys() - before}}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment())
    return set(done.stdout.split())


@pytest.mark.process
def test_importing_a1viz_loads_nothing_heavy():
    assert loaded_by("import a1viz") & set(HEAVY) == set()


@pytest.mark.process
def test_reading_and_running_a_graph_loads_numpy_and_no_pictures():
    assert loaded_by("import a1viz; a1viz.grad(a1viz.load('two_layer')); a1viz.derive(a1viz.load('two_layer'))") & set(HEAVY) <= {
        "numpy",
        "tomllib",
    }
