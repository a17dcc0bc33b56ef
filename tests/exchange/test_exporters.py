"""Models that other libraries' exporters write, in the peers' environment: the same numbers and gradients, the program's own names."""

from __future__ import annotations

import numpy as np
import pytest

import a1viz

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]

PROGRAM = """
import torch
from torch import nn


class Gated(nn.Module):
    shape = (2, 3)

    def __init__(self):
        super().__init__()
        self.W1, self.b1 = nn.Parameter(torch.randn(4, 3)), nn.Parameter(torch.randn(4))
        self.W2, self.W3 = nn.Parameter(torch.randn(4, 3)), nn.Parameter(torch.randn(5, 4))

    def forward(self, x):
        z1 = x @ self.W1.T + self.b1
        h1 = torch.relu(z1)
        h2 = torch.sigmoid(x @ self.W2.T)
        g = h1 * h2
        y = g @ self.W3.T
        return torch.softmax(y, -1)


class Image(nn.Module):
    shape = (2, 1, 8, 8)

    def __init__(self):
        super().__init__()
        self.c, self.n, self.p, self.l = nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.MaxPool2d(2), nn.Linear(64, 3)

    def forward(self, x):
        h = torch.relu(self.n(self.c(x)))
        p = self.p(h)
        logits = self.l(torch.flatten(p, 1))
        return logits


class Attention(nn.Module):
    shape = (2, 5, 8)

    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.n = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8), nn.LayerNorm(8)

    def forward(self, x):
        q, k, v = (part(x).view(-1, 5, 2, 4).transpose(1, 2) for part in (self.q, self.k, self.v))
        a = torch.softmax(q @ k.transpose(-1, -2) / 2.0, -1)
        y = (a @ v).transpose(1, 2).reshape(-1, 5, 8)
        return self.n(x + y)


class Encoder(nn.Module):
    shape = (2, 5, 8)

    def __init__(self):
        super().__init__()
        self.layer, self.mixing = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), nn.MultiheadAttention(8, 4, batch_first=True)

    def forward(self, x):
        h = self.layer(x)
        mixed, weights = self.mixing(h, h, h)
        return h + mixed


class Dense(nn.Module):
    shape = (2, 3)

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, 16), nn.GELU(), nn.Linear(16, 2))

    def forward(self, x):
        return self.net(x)
"""


@pytest.mark.parametrize("kind", ["Gated", "Image", "Attention", "Encoder", "Dense"])
def test_a_model_of_pytorchs_exporter_has_its_values_gradients_and_names(kind, tmp_path, monkeypatch):
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnxscript")
    (tmp_path / "networks_of_ours.py").write_text(PROGRAM)
    monkeypatch.syspath_prepend(tmp_path)
    networks = __import__("networks_of_ours")
    torch.set_default_dtype(torch.float32)
    torch.manual_seed(1)
    module = getattr(networks, kind)().eval()
    x = torch.randn(*module.shape, requires_grad=True)
    path = tmp_path / "net.onnx"
    torch.onnx.export(module, (x,), path, dynamo=True, dynamic_shapes=({0: torch.export.Dim("batch")},), verbose=False)
    graph = a1viz.load(path)
    found = module(x)
    values = {graph.leaves[0].name: x.detach().numpy().astype(float)}
    np.testing.assert_allclose(a1viz.run(graph, **values)[graph.outputs[0]], found.detach(), rtol=1e-5, atol=1e-5)
    bar = torch.randn_like(found)
    (wanted,) = torch.autograd.grad(found, x, bar)
    given = a1viz.grad(graph, ["x"], cotangents={graph.outputs[0]: bar.numpy().astype(float)}, **values)["x_bar"]
    np.testing.assert_allclose(given, wanted, rtol=1e-4, atol=1e-5)
    names = {"Gated": "z1 h1 h2 g y", "Image": "h p logits", "Attention": "a y", "Encoder": "h", "Dense": "net_0 net_1 net_4"}[kind].split()
    assert set(names) <= set(graph.declared_names)


def test_a_perceptron_of_scikit_learn_by_its_converter_has_its_numbers(tmp_path):
    convert = pytest.importorskip("skl2onnx").to_onnx
    from sklearn.neural_network import MLPRegressor

    X = np.random.default_rng(2).standard_normal((20, 3)).astype(np.float32)
    model = MLPRegressor(hidden_layer_sizes=(8, 4), activation="tanh", max_iter=20, random_state=0).fit(X, X @ [1.0, -2.0, 0.5] + 3)
    path = tmp_path / "perceptron.onnx"
    path.write_bytes(convert(model, X[:1]).SerializeToString())
    graph = a1viz.load(path)
    found = a1viz.run(graph, **{graph.leaves[0].name: X})[graph.outputs[0]]
    np.testing.assert_allclose(np.reshape(found, -1), model.predict(X), rtol=1e-4, atol=1e-5)
