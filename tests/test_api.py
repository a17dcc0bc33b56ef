"""The public names: they are there, they are documented, and they stay what they are whatever else is imported."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import environment

import a1viz

ROOT = Path(a1viz.__file__).parent
FUNCTIONS = [name for name in a1viz.PUBLIC if inspect.isfunction(getattr(a1viz, name))]


def typed_names() -> dict[str, str]:
    """What the block for type checkers says: name -> module."""
    tree = ast.parse((ROOT / "__init__.py").read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    found = {}
    for statement in block.body:
        for alias in statement.names:
            if isinstance(statement, ast.ImportFrom) and statement.module:
                assert alias.asname == alias.name, "a re-export for type checkers is written `x as x`"
                found[alias.name] = statement.module
    return found


def test_type_checkers_see_the_names_that_are_there():
    assert typed_names() == {name: module for name, module in a1viz.PUBLIC.items() if not inspect.ismodule(getattr(a1viz, name))}


@pytest.mark.parametrize("name", a1viz.PUBLIC)
def test_a_public_name_is_its_modules(name):
    module = importlib.import_module(f"a1viz.{a1viz.PUBLIC[name]}")
    assert getattr(a1viz, name) is getattr(module, name, module)
    assert name in dir(a1viz)
    assert name in a1viz.__all__


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'a1viz' has no attribute 'relo'"):
        a1viz.relo  # noqa: B018


@pytest.mark.parametrize("name", sorted(name for name in FUNCTIONS if a1viz.PUBLIC[name] == name))
@pytest.mark.process
@pytest.mark.parametrize(
    "before",
    [
        "import a1viz.{name}",
        "import a1viz.{name} as module",
        "import a1viz; a1viz.{name}; import a1viz.{name}",
        "import a1viz.cli, a1viz.formats",
    ],
)
def test_a_function_stays_the_function_although_a_module_has_its_name(name, before):
    after = f"import a1viz; assert callable(a1viz.{name}), a1viz.{name}; from a1viz import {name}; assert callable({name})"
    program = f"{before.format(name=name)}; {after}"
    subprocess.run([sys.executable, "-c", program], check=True, env=environment())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_is_annotated_and_documented_with_a_source_and_an_example(name):
    function = getattr(a1viz, name)
    text = inspect.getdoc(function) or ""
    signature = inspect.signature(function)
    assert signature.return_annotation is not inspect.Signature.empty
    assert [p.name for p in signature.parameters.values() if p.annotation is inspect.Parameter.empty] == []
    assert re.match(r"[A-Z].*[.:]", text), "the first line is a sentence"
    assert "Source:" in text
    assert "aises" in text or name == "catalogue"  # which takes nothing
    assert doctest.DocTestParser().get_examples(text)


def test_the_contract_of_the_design_page_holds():
    g = a1viz.load("gated_network")
    assert set(a1viz.run(g)) == {"J"}
    assert a1viz.backward(g, wrt=["x"]).outputs == ("x_bar",)
    assert set(a1viz.grad(g, wrt=["x", "W1"])) == {"J", "x_bar", "W1_bar"}
    linear = a1viz.parse("z = W @ x", x=["D"], W=["H", "D"])
    assert a1viz.grad(linear, cotangents={"z": [1.0]}, x=[2.0], W=[[3.0]])["x_bar"] == [3]
    assert str(a1viz.derive(linear)).startswith("z_bar  given")
    assert str(a1viz.cost(linear).multiplications) == "D H"
    assert issubclass(a1viz.A1vizError, Exception)
    assert re.fullmatch(r"\d+\.\d+\.\d+", a1viz.__version__)
