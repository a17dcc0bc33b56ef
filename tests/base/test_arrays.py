"""What users give as arrays: tensors with a history, of a type that NumPy lacks, on another device; masked arrays are refused."""

from __future__ import annotations

import numpy as np
import pytest

import a1viz
from a1viz.base import tensors
from a1viz.base.arrays import as_array
from a1viz.base.errors import A1vizError, InputError
from a1viz.counting import ranks
from a1viz.nn import LogisticRegression, binary_cross_entropy
from a1viz.regression import fit
from a1viz.sort2 import FORMS
from a1viz.sorting import jacobian, network, perceptron, sort
from a1viz.train import smoothness


class Tensor:
    """As much of a tensor of PyTorch as its conversion needs, with its refusals."""

    def __init__(self, data, dtype="torch.float64", grad=False, device="cpu"):
        self.data, self.dtype, self.grad, self.device = np.asarray(data), dtype, grad, device

    def detach(self):
        return Tensor(self.data, self.dtype, False, self.device)

    def cpu(self):
        return Tensor(self.data, self.dtype, self.grad)

    def float(self):
        return Tensor(self.data.astype(np.float32), "torch.float32", self.grad, self.device)

    def numpy(self):
        if self.grad:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        if self.device != "cpu":
            raise TypeError("can't convert cuda:0 device type tensor to numpy")
        if self.dtype == "torch.bfloat16":
            raise TypeError("Got unsupported ScalarType BFloat16")
        return self.data

    def __array__(self, dtype=None, copy=None):
        return self.numpy()


@pytest.mark.parametrize(
    "more",
    [{}, {"grad": True}, {"device": "cuda:0"}, {"dtype": "torch.bfloat16"}, {"dtype": "torch.bfloat16", "grad": True, "device": "cuda:0"}],
)
def test_any_tensor_is_an_array(more):
    g = a1viz.parse("J = norm2(W @ x)", x=["D"], W=["H", "D"])
    W = Tensor([[1.0, 0.0], [3.0, 4.0]], **more)
    assert a1viz.run(g, x=Tensor([1.0, 2.0], **more), W=W)["J"] == 122
    assert a1viz.grad(g, "x", x=[Tensor(1.0, **more), Tensor(2.0, **more)], W=W)["x_bar"].tolist() == [68, 88]
    assert a1viz.compile(g)(x=Tensor([1.0, 2.0], **more), W=W)["J"] == 122
    assert sort(Tensor([3.0, 1.0, 2.0], **more)).tolist() == [1, 2, 3]
    assert fit(W, Tensor([1.0, 11.0], **more)).weights == pytest.approx([1, 2])


MASKED = np.ma.masked_array([1.0, 2.0], [False, True])
ROWS = np.ma.masked_array([[1.0, 2.0], [3.0, 4.0]], [[False, True], [False, False]])
G = a1viz.parse("J = norm2(x)", x=["D"])
TAKERS = {
    "run": lambda m: a1viz.run(G, x=m),
    "rows": lambda m: a1viz.run(G, x=[m, m]),
    "grad": lambda m: a1viz.grad(G, x=m),
    "compile": lambda m: a1viz.compile(G)(x=m),
    "gradient_norms": lambda m: a1viz.gradient_norms(G, x=m),
    "cotangents": lambda m: a1viz.grad(a1viz.parse("y = 2 * x", x=["D"]), cotangents={"y": m}, x=[1, 2]),
    "sort": sort,
    "ranks": ranks,
    "fit": lambda m: fit(ROWS, [1, 2]),
    "labels": lambda m: fit([[1, 2], [3, 4]], m),
    "loss": lambda m: binary_cross_entropy([0.0, 1.0], m),
    "train": lambda m: LogisticRegression(2).fit(ROWS, [0, 1], steps=1),
    "predict": lambda m: LogisticRegression(2).predict(ROWS),
    "smoothness": lambda m: smoothness(ROWS),
    "perceptron": lambda m: perceptron(network("merge", 2))(m),
    "jacobian": lambda m: jacobian(network("merge", 2), m),
    "sort2": lambda m: FORMS["abs"](m),
}


@pytest.mark.parametrize("name", TAKERS)
def test_a_masked_array_is_refused_wherever_arrays_are_taken(name):
    with pytest.raises(InputError, match="the mask of a masked array would be lost; fill in numbers"):
        TAKERS[name](MASKED)


def test_the_message_names_the_variable():
    with pytest.raises(A1vizError, match=r"^x: the mask"):
        a1viz.run(G, x=MASKED)


def test_what_has_no_numbers_stays_numpys_to_refuse():
    assert as_array("a").dtype.kind == "U"
    with pytest.raises(A1vizError, match="x: expected real numbers"):
        a1viz.run(G, x="a")


DOCUMENT = """
title = "T"
equations = "y = w * x"
[inputs]
x = []
[parameters]
w = [2]
[values]
x = 3
w = "@w.npz{key}"
"""


@pytest.mark.parametrize(("key", "value"), [("", [3, 6]), (":w", [3, 6]), (":v", [0, 0])])
def test_a_document_takes_a_value_from_an_npz_file(key, value, tmp_path):
    np.savez_compressed(tmp_path / "w.npz", w=[1.0, 2.0], v=np.zeros(2))
    (tmp_path / "d.toml").write_text(DOCUMENT.format(key=key))
    assert a1viz.run(tmp_path / "d.toml")["y"].tolist() == value


def single(path):
    with path.open("wb") as file:
        np.save(file, np.zeros(2))


def objects(path):
    np.savez(path, w=np.array([{}, 1], dtype=object))


@pytest.mark.parametrize(
    ("write", "told"),
    [
        (lambda path: path.write_bytes(b"PK"), "is not a good .npz file"),
        (single, "is not a good .npz file"),
        (objects, "Object arrays cannot be loaded when allow_pickle=False"),
        (lambda path: np.savez_compressed(path, w=np.zeros(200)), "it unpacks to 1,728 bytes; at most 1,000 are read"),
        (lambda path: None, "no such file"),
        (lambda path: np.savez(path, a=1, b=2), "has no array called w"),
    ],
)
def test_a_bad_npz_file_is_refused_with_its_line(write, told, tmp_path, monkeypatch):
    monkeypatch.setattr(tensors, "UNPACKED_BYTES", 1000)
    write(tmp_path / "w.npz")
    (tmp_path / "d.toml").write_text(DOCUMENT.format(key=""))
    with pytest.raises(A1vizError, match="line 10: ") as caught:
        a1viz.load(tmp_path / "d.toml")
    assert told in str(caught.value)
