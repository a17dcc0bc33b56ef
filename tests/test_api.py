"""The public names: they are there, they are documented, and they stay what they are whatever else is imported."""

from __future__ import annotations

import ast
import contextlib
import doctest
import importlib
import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest

import a1viz

ROOT = Path(a1viz.__file__).parent
FUNCTIONS = [name for name in a1viz.PUBLIC if inspect.isfunction(getattr(a1viz, name))]


ROOMS = ("a1viz", "a1viz.graph", "a1viz.calculus", "a1viz.gradients", "a1viz.exchange", "a1viz.pictures", "a1viz.site", "a1viz.cli")


def typed_names(package: ModuleType) -> dict[str, str]:
    """What the block for type checkers says: name -> module."""
    tree = ast.parse(Path(package.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    found = {}
    for statement in block.body:
        for alias in statement.names:
            assert alias.asname == alias.name, "a re-export for type checkers is written `x as x`"
            found[alias.name] = statement.module or alias.name
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_type_checkers_see_the_names_that_are_there(room):
    package = importlib.import_module(room)
    modules = {name: name for name in getattr(package, "MODULES", ())}
    assert typed_names(package) == {**package.PUBLIC, **modules}


@pytest.mark.parametrize("room", ROOMS)
def test_each_public_name_of_a_room_is_there(room):
    package = importlib.import_module(room)
    assert [name for name in package.PUBLIC if getattr(package, name) is None or name not in dir(package)] == []


def test_no_public_function_bears_the_name_of_a_module():
    modules = {path.stem for path in ROOT.rglob("*.py")} - {"__init__"}
    assert modules & {*a1viz.PUBLIC, "sort", "verify", "network", "fit", "save"} == set()


@pytest.mark.parametrize("door", ["counting", "fence", "regression", "nn", "sort2", "sorting", "train", "workers"])
def test_the_doors_of_the_package_keep_their_address(door):
    names = {
        "counting": "counting element weights ranks select", "fence": "format", "regression": "fit fit_poly descend",
        "nn": "binary_cross_entropy MLPClassifier Sequential", "sort2": "FORMS Form shifted worst_error", "sorting": "network sort verify",
        "train": "fit load_data load_model new_model save settings_of gradient_table", "workers": "executor run_chunks",
    }  # fmt: skip
    module = importlib.import_module(f"a1viz.{door}")
    assert [name for name in names[door].split() if not hasattr(module, name)] == []


@pytest.mark.parametrize("name", a1viz.PUBLIC)
def test_a_public_name_is_its_modules(name):
    module = importlib.import_module(f"a1viz.{a1viz.PUBLIC[name]}")
    assert getattr(a1viz, name) is getattr(module, name, module)
    assert name in dir(a1viz)
    assert name in a1viz.__all__


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'a1viz' has no attribute 'relo'"):
        a1viz.relo  # noqa: B018


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


# --- arguments that are none -----------------------------------------------------------------------------------------------------------

OF_A_GRAPH = {  # a function of a graph, and what it is given besides
    "draw": {}, "run": {}, "grad": {}, "derive": {}, "derive_steps": {"wrt": "x"}, "cost": {}, "backward": {}, "tangent": {}, "check": {},
    "compile": {}, "rewrite": {}, "gradient_norms": {}, "ntk": {}, "to_code": {}, "save": {"path": "net.toml"},
}  # fmt: skip
OF_ROWS = ("rows", "avoid", "opaque")  # which only those who add identities give
ODD = [3, None, "q", [], {}, object(), b"x", -1, 1.5, float("nan"), [[1]], {"q": 3}]


def options_of(name: str) -> list[str]:
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    named = [p.name for p in inspect.signature(getattr(a1viz, name)).parameters.values() if p.kind in kinds]
    return [option for option in named if option not in ("graph", *OF_ROWS)]


@pytest.mark.parametrize("name", OF_A_GRAPH)
def test_an_option_is_taken_or_refused_in_our_words(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    graph, call = a1viz.load("two_layer"), getattr(a1viz, name)
    for option in options_of(name):
        for odd in ODD:
            with contextlib.suppress(a1viz.A1vizError):
                call(graph, **{**OF_A_GRAPH[name], option: odd})


def test_an_option_of_a_network_is_taken_or_refused_in_our_words():
    network = a1viz.sorting.network("merge", 4)
    for option in options_of("draw"):
        for odd in ODD:
            with contextlib.suppress(a1viz.A1vizError):
                a1viz.draw(network, **{option: odd})


@pytest.mark.parametrize("call", [
    lambda: a1viz.save("two_layer", 3), lambda: a1viz.draw("two_layer").save(None), lambda: a1viz.sorting.load([]),
    lambda: a1viz.nn.load_model(3), lambda: a1viz.nn.read_data(0, "kind"), lambda: a1viz.sorting.load_perceptron(0),
    lambda: a1viz.sorting.perceptron(a1viz.sorting.network("merge", 4)).save(None),
])  # fmt: skip
def test_what_is_no_name_of_a_file_is_refused(call):
    with pytest.raises(a1viz.A1vizError, match="expected the name of a file, such as"):
        call()


def test_an_unknown_purpose_is_refused():
    with pytest.raises(a1viz.A1vizError, match="no identity has the purpose 'tdiy'; did you mean 'tidy'"):
        a1viz.rewrite("two_layer", "tdiy")
    assert str(a1viz.rewrite("two_layer", "tidy")) == str(a1viz.rewrite("two_layer", ["tidy"]))


NETWORK = "expected a network of comparators, such as a1viz.sorting.network\\('merge', 4\\), got 'merge'"


@pytest.mark.parametrize(("call", "said"), [
    (lambda: a1viz.sorting.verify("merge"), NETWORK),
    (lambda: a1viz.sorting.perceptron("merge"), NETWORK),
    (lambda: a1viz.sorting.prune("merge", 2), NETWORK),
    (lambda: a1viz.sorting.rounding_bound("merge"), NETWORK),
    (lambda: a1viz.sorting.save("merge", "merge.toml"), NETWORK),
    (lambda: a1viz.sorting.jacobian("merge", [1, 2]), NETWORK),
    (lambda: a1viz.sorting.sort([2, 1], axis=None), "axis None is not there: the array has 1 axis"),
    (lambda: a1viz.nn.new_model("mlp", "moons"), "expected settings, such as a1viz.nn.settings_of\\('mlp', 'moons'\\), got 'mlp'"),
    (lambda: a1viz.nn.own_settings("mlp", "moons"), "expected a data set, such as a1viz.nn.load_data\\('moons'\\), got 'moons'"),
    (lambda: a1viz.nn.fit("mlp", "moons", 3), "expected a model, such as a1viz.nn.new_model\\(settings, data\\), got 'mlp'"),
    (lambda: a1viz.nn.MLPClassifier(2, 16), "hidden is one width per hidden layer, such as \\(16,\\) or \\(32, 16\\), got 16"),
    (lambda: a1viz.nn.MLPClassifier(2, rng=-1), "rng is a NumPy Generator or a seed, a whole number from 0, got -1"),
    (lambda: a1viz.nn.load_model(""), "a model is read from its document or its parameters, such as 'model.toml', got ''"),
    (lambda: a1viz.regression.fit([[1.0], [2.0]], [1.0, 2.0], store=3), "expected the name of a folder, such as 'kept', got 3"),
])  # fmt: skip
def test_what_is_of_another_kind_is_refused(call, said):
    with pytest.raises(a1viz.A1vizError, match=said):
        call()
