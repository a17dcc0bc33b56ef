"""PyTorch's modules as graphs, in the peers' environment: PyTorch's values and gradients, the program's own names, and what is refused."""

from __future__ import annotations

import importlib
import re
import sys
from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import NO_TORCH, ROOT

import a1viz
from a1viz.site.page_code import blocks

IS_HERE = find_spec("torch") is not None
torch = importlib.import_module("torch") if IS_HERE else None
modules = importlib.import_module("modules_of_pytorch") if IS_HERE else SimpleNamespace(MODULES=[], REFUSED={})
KINDS = [kind.__name__ for kind in modules.MODULES]
pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore"), pytest.mark.skipif(not IS_HERE, reason=NO_TORCH)]


def made(name, dtype="float64"):
    """A module in evaluation mode, and a batch of each of its inputs."""
    torch.manual_seed(1)
    kind, dtype = getattr(modules, name), getattr(torch, dtype)
    module = kind().to(dtype).eval()
    labels = getattr(kind, "labels", (None,) * len(kind.shapes))
    pairs = zip(kind.shapes, labels, strict=True)
    return module, [torch.randn(shape, dtype=dtype) if not n else torch.randint(0, n, shape) for shape, n in pairs]


def inputs(graph):
    return [node.name for node in graph.leaves if node.op != "parameter" and node.name not in graph.document.values]


def outputs(module, examples):
    found = module(*examples)
    return found if isinstance(found, tuple) else (found,)


@pytest.mark.parametrize(("dtype", "close"), [("float64", 1e-9), ("float32", 1e-5)])
@pytest.mark.parametrize("kind", KINDS)
def test_a_module_has_pytorchs_values_and_gradients_and_its_lines_names(kind, dtype, close):
    module, examples = made(kind, dtype)
    graph = a1viz.from_torch(module, *examples)
    assert set(getattr(modules, kind).names.split()) <= set(graph.declared_names)
    given = dict(zip(inputs(graph), [example.numpy() for example in examples], strict=True))
    for example in examples:
        example.requires_grad_(example.is_floating_point())
    found, values = outputs(module, examples), a1viz.run(graph, **given)
    is_loss = not found[0].ndim
    for name, value in zip(graph.outputs, found, strict=True):
        own = values[name].mean() if is_loss else values[name]
        np.testing.assert_allclose(own, value.detach(), rtol=close, atol=close)
    wanted = {graph.document.names.get(name, name): parameter for name, parameter in module.named_parameters()}
    wanted |= {name: example for name, example in zip(given, examples, strict=True) if example.requires_grad}
    bars = [torch.ones_like(value) if is_loss else torch.randn_like(value) for value in found]
    gradients = torch.autograd.grad(found, list(wanted.values()), bars)
    cotangents = {} if is_loss else {"cotangents": {name: bar.numpy() for name, bar in zip(graph.outputs, bars, strict=True)}}
    own = a1viz.grad(graph, list(wanted), **cotangents, **given)
    for name, gradient in zip(wanted, gradients, strict=True):
        each = own[f"{name}_bar"] / (len(examples[0]) if is_loss and name in given else 1)
        np.testing.assert_allclose(each, gradient, rtol=10 * close, atol=close * max(1, float(gradient.abs().max())), err_msg=name)


@pytest.mark.parametrize("kind", KINDS)
def test_a_module_goes_to_a_graph_and_back_to_a_program_for_pytorch(kind):
    module, examples = made(kind)
    graph = a1viz.from_torch(module, *examples)
    scope: dict = {"__name__": "program"}
    exec(a1viz.to_code(graph, "torch"), scope)
    given = {name: example[0] for name, example in zip(inputs(graph), examples, strict=True)}
    leaves = {name: torch.as_tensor(np.asarray(value)) for name, value in graph.document.values.items()} | given
    found = scope["forward"](**leaves)
    for name, wanted in zip(graph.outputs, outputs(module, [example[:1] for example in examples]), strict=True):
        np.testing.assert_allclose(found[name], wanted.detach().reshape(found[name].shape), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", ["Perceptron", "Image", "Heads", "Words", "Cell"])
def test_whatever_a_graph_can_do_it_can(kind, tmp_path):
    module, examples = made(kind)
    graph = a1viz.from_torch(module, *examples)
    given = dict(zip(inputs(graph), [example.numpy() for example in examples], strict=True))
    bars = {graph.outputs[0]: np.random.default_rng(0).standard_normal(graph[graph.outputs[0]].shape)}
    norms = a1viz.gradient_norms(graph, cotangents=bars, **given)
    assert set(graph.parameters) <= set(norms)
    name, parameter = next((graph.document.names.get(n, n), p) for n, p in module.named_parameters())
    (outputs(module, [example[:1] for example in examples])[0] * torch.as_tensor(bars[graph.outputs[0]])).sum().backward()
    np.testing.assert_allclose(norms[name][0], float((parameter.grad**2).sum()), rtol=1e-9)
    a1viz.draw(graph, backward=True).save(tmp_path / "net.svg")
    assert "bar" in str(a1viz.derive(graph)) and a1viz.cost(graph)
    a1viz.save(graph, tmp_path / "net.toml")
    again = a1viz.load(tmp_path / "net.toml")
    assert again.outputs == graph.outputs
    np.testing.assert_allclose(a1viz.run(again, **given)[graph.outputs[0]], a1viz.run(graph, **given)[graph.outputs[0]], rtol=1e-12)


@pytest.mark.parametrize("why", modules.REFUSED)
def test_what_cannot_be_read_is_refused_in_words(why, capfd):
    module, examples, said = modules.REFUSED[why]
    with pytest.raises(a1viz.A1vizError) as caught:
        a1viz.from_torch(module, *examples)
    assert re.search(said, str(caught.value), re.S), str(caught.value)
    assert "Traceback" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("example", [[[1.0, 2.0, 3.0]], np.ones((1, 3)), np.ones((2, 3), np.float32)], ids=["lists", "one", "two"])
def test_examples_may_be_one_and_need_be_no_tensors(example):
    graph = a1viz.from_torch(modules.LINEAR, example)
    assert str(graph) == "output = weight @ input + bias"


def test_a_module_stays_what_it_is():
    module, examples = made("Image")
    before = {name: value.clone() for name, value in module.state_dict().items()}
    a1viz.from_torch(module, *examples)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert not module.training and all(parameter.requires_grad and parameter.grad is None for parameter in module.parameters())


def test_the_same_module_gives_the_same_graph():
    module, examples = made("Heads")
    first, second = (a1viz.from_torch(module, *examples) for _ in range(2))
    assert str(first) == str(second) and [node.name for node in first] == [node.name for node in second]


def test_the_how_to_prints_what_it_says(tmp_path, monkeypatch, capsys):
    """The class of the page lies in a file, as a student's does."""
    monkeypatch.chdir(tmp_path)
    page = blocks((ROOT / "docs/how-to/exchange.md").read_text(encoding="utf-8"))
    first = next(k for k, block in enumerate(page) if "a1viz.from_torch" in block.body)
    (tmp_path / "page_of_ours.py").write_text(page[first].body + page[first + 2].body)
    monkeypatch.syspath_prepend(tmp_path)
    __import__("page_of_ours")
    assert capsys.readouterr().out.startswith(page[first + 1].body)
    assert (tmp_path / "net.toml").exists() and "page_of_ours" in sys.modules
