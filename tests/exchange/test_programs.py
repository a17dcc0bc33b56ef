"""Programs give the graph's numbers: in NumPy every graph of the catalogue, values and gradients; in PyTorch and JAX where installed."""

from __future__ import annotations

import importlib
import subprocess
import sys

import numpy as np
import pytest
from commands import refused, run
from conftest import environment
from graph.test_table import CASES, application, drawn

import a1viz
from a1viz.base.errors import A1vizError, GraphError, OutputError
from a1viz.base.limits import PROGRAM_NUMBERS
from a1viz.calculus.losses import seeds
from a1viz.cli.exchange_commands import TARGETS, TYPES
from a1viz.exchange import onnx_writer, to_code
from a1viz.exchange.libraries import LIBRARIES
from a1viz.graph.leaves import gather


def program(text: str) -> dict:
    """What a program defines."""
    space: dict = {"__name__": "program"}
    exec(compile(text, "program.py", "exec"), space)
    return space


def given(graph: a1viz.graph.Graph, like=np.asarray) -> tuple[list, dict]:
    """The values of a graph's leaves, in their order, and the cotangents of its outputs where it has no loss."""
    inputs = gather(graph, {})
    values = {node.name: inputs.arrays[node.name] for node in graph.leaves}
    found = a1viz.run(graph, trace=True, **values)
    handed = {name: np.asarray(graph.document.cotangents.get(name, np.cos(found[name])), float) for name in seeds(graph)}
    return values, handed


def close(found, wanted, note=""):
    np.testing.assert_allclose(
        np.asarray(found, float), wanted, rtol=1e-9, atol=1e-9 * max(1.0, float(np.max(np.abs(wanted), initial=0))), err_msg=note
    )


@pytest.mark.filterwarnings("ignore:.*:RuntimeWarning")  # as of NumPy, of a branch that is not taken
@pytest.mark.parametrize("name", a1viz.catalogue())
def test_a_program_in_numpy_has_the_values_and_gradients_of_its_graph(name):
    graph = a1viz.load(name)
    values, handed = given(graph)
    forward = program(to_code(graph))["forward"](*values.values())
    wanted = a1viz.run(graph, **values)
    assert list(forward) == [output.replace(".", "_") for output in wanted]
    for found, want in zip(forward.values(), wanted.values(), strict=True):
        close(found, want)
    found = program(to_code(graph, backward=True))["gradients"](*values.values(), *handed.values())
    wanted = a1viz.grad(graph, cotangents=handed or None, **values)
    assert {key.replace(".", "_") for key in wanted} <= found.keys()
    for key, want in wanted.items():
        close(found[key.replace(".", "_")], want, key)


@pytest.mark.process
@pytest.mark.parametrize(("name", "backward"), [("two_layer", True), ("attention", False), ("language_model", True)])
def test_a_program_runs_by_itself_with_the_values_of_the_document(tmp_path, name, backward):
    (tmp_path / "x.py").write_text(to_code(name, backward=backward))
    done = subprocess.run([sys.executable, tmp_path / "x.py"], env=environment(), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    graph = a1viz.load(name)
    wanted = (a1viz.grad if backward else a1viz.run)(graph)
    assert [line.split(" = ")[0] for line in done.stdout.splitlines() if " = " in line][: len(graph.outputs)] == list(graph.outputs)
    assert all(f"{key.replace('.', '_')} = " in done.stdout for key in wanted)


def test_a_program_has_a_line_for_each_equation_in_the_names_of_the_paper():
    lines = to_code("gated_network", backward=True).splitlines()
    graph = a1viz.load("gated_network")
    for name in [node.name for node in graph.nodes if node.is_declared and not node.is_leaf]:
        assert sum(line.startswith(f"    {name} = ") for line in lines) == 1
    assert "    z1_bar = h1_bar * np.where(z1 > 0, 1.0, 0.0)" in lines
    assert "    x_bar = z1_bar @ W1 + z2_bar @ W2 + y_bar @ W4" in lines


def test_a_program_is_the_same_each_time():
    assert to_code("lstm", backward=True) == to_code(a1viz.load("lstm"), backward=True)


@pytest.mark.parametrize("word", ["np", "len", "forward", "scatter", "value", "print", "math"])
def test_variables_may_bear_any_name(word):
    graph = a1viz.parse(f"{word} = 2 * softmax(y); J = log({word})[t]", inputs={"y": [3]}, t={"class": 3}, values={"y": [1, 2, 3], "t": 1})
    values, _ = given(graph)
    found = program(to_code(graph, backward=True))["gradients"](*values.values())
    close(found["J"], a1viz.run(graph)["J"])


def test_sizes_are_those_of_the_arguments():
    graph = a1viz.parse("y = reshape(x, [2, D // 2]) * D + mean(x[1:D - 1])", x=["D"])
    forward = program(to_code(graph))["forward"]
    for size in (4, 6):
        x = np.arange(float(size))
        close(forward(x)["y"], a1viz.run(graph, x=x)["y"])


def test_special_numbers_empty_arrays_and_negative_ones_are_written():
    text = "a = x * inf - (-2) ** 2 + [1, -0.5]; b = where(x > -1, x, 1e300)"
    graph = a1viz.parse(text, x=[2], e=[0], values={"x": [-1.0, 2.0], "e": []})
    space = program(to_code(graph))
    with np.errstate(all="ignore"):
        found = space["forward"](*given(graph)[0].values())
    for name, want in a1viz.run(graph).items():
        np.testing.assert_array_equal(found[name], want)


def test_many_numbers_are_left_out_and_the_function_stays():
    graph = a1viz.parse("y = W @ x", x=[200], W=[200, 200], values={"x": np.zeros(200), "W": np.zeros((200, 200))})
    assert "__main__" not in to_code(graph)
    assert len(to_code(graph)) < 500


def test_what_cannot_be_a_program_is_refused():
    with pytest.raises(OutputError, match=r"unknown library 'touch'; did you mean 'torch'.*numpy, torch, jax"):
        to_code("two_layer", "touch")
    argmax = a1viz.parse("y = argmax(x) + prod_others(x)", x=[3])
    with pytest.raises(GraphError, match=r"no program in PyTorch has argmax \(y:1\), prod_others"):
        to_code(argmax, "torch")
    with pytest.raises(A1vizError, match="only a scalar can be a loss"):
        to_code("two_layer", backward=True, of="y")


def test_convert_writes_programs_and_documents(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run("convert", "two_layer", "--to", "torch", "-o", "-")
    assert done.stdout == to_code("two_layer", "torch")
    run("convert", "gated_network", "-o", tmp_path / "x.py", "--backward")
    assert (tmp_path / "x.py").read_text() == to_code("gated_network", backward=True)
    run("convert", "gated_network", "-o", tmp_path / "x.toml", "--backward")
    found, wanted = a1viz.run(tmp_path / "x.toml"), a1viz.grad("gated_network", ["x", "W1"])
    for name in wanted:
        close(found[name], wanted[name])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "x.png"], "ends in .py, .toml, .onnx"), (["-o", "x.toml", "--to", "jax"], "--to says which library"),
        (["-o", "x.py", "--dtype", "float64"], "--dtype is for ONNX"),
        ([], "Missing option"),
        (["-o", "x.py", "--of", "y"], "only a scalar"), (["-o", "/dev/null/x.py"], "cannot write"),
    ],
)  # fmt: skip
def test_convert_says_what_is_wrong(monkeypatch, tmp_path, arguments, said):
    monkeypatch.chdir(tmp_path)
    assert said in refused("convert", "two_layer", *arguments)


PEERS = ("torch", "jax")


def library(name: str):
    """The library, with numbers of 64 bits; or the test is skipped."""
    module = pytest.importorskip(name)
    if name == "torch":
        module.set_default_dtype(module.float64)
        return lambda value: module.tensor(np.asarray(value))
    module.config.update("jax_enable_x64", True)
    return importlib.import_module("jax.numpy").asarray


@pytest.mark.peers
@pytest.mark.parametrize("name", a1viz.catalogue())
@pytest.mark.parametrize("peer", PEERS)
def test_a_program_for_another_library_has_the_values_and_gradients_of_its_graph(peer, name):
    array = library(peer)
    graph = a1viz.load(name)
    values, handed = given(graph)
    found = program(to_code(graph, peer))["forward"](*map(array, values.values()))
    for name_, want in a1viz.run(graph, **values).items():
        close(found[name_.replace(".", "_")], want, name_)
    found = program(to_code(graph, peer, backward=True))["gradients"](*map(array, values.values()), *map(array, handed.values()))
    leaves = [node.name for node in graph.leaves if node.op != "label"]
    for key, want in a1viz.grad(graph, leaves, cotangents=handed or None, **values).items():
        value = found[key.replace(".", "_")]
        close(value.detach() if peer == "torch" else value, want, key)


@pytest.mark.peers
@pytest.mark.parametrize("peer", PEERS)
def test_the_words_of_a_row_compute_what_its_kernel_does(peer):
    """Every row of the table, at its cases."""
    array = library(peer)
    wrong = []
    for op, shapes, attributes in CASES:
        graph = application(op, shapes, attributes)
        if not LIBRARIES[peer].can(op, shapes, graph["out"].attrs):
            continue
        values = drawn(op, graph, np.random.default_rng(11))
        try:
            found = program(to_code(graph, peer))["forward"](*map(array, values.values()))["out"]
            close(found, a1viz.run(graph, **values)["out"])
        except Exception as error:
            wrong.append(f"{op.name} {shapes} {attributes}: {type(error).__name__} {str(error).strip()[:150]}")
    assert not wrong, "\n".join(wrong)


def test_the_command_knows_the_libraries():
    assert set(TARGETS) == set(LIBRARIES)
    assert TYPES == onnx_writer.TYPES


def test_a_program_with_more_values_than_the_bound_is_the_function_alone():
    def written(size: int) -> str:
        return to_code(a1viz.loads(f'title = "t"\nequations = "J = sum(x)"\n[sizes]\nD = {size}\n[inputs]\nx = ["D"]\n'))

    assert "__main__" in written(PROGRAM_NUMBERS)
    assert "__main__" not in written(PROGRAM_NUMBERS + 1)
