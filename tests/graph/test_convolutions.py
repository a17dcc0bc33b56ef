"""Convolution and pooling: shapes, messages, ties, plans, and the values of another framework; the table's loops try the rest."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from conftest import NO_TORCH

import a1viz
from a1viz.base.errors import InputError, ShapeError
from a1viz.calculus import notation
from a1viz.calculus.autodiff import backward
from a1viz.calculus.costs import cost
from a1viz.calculus.interpreter import backward_graph, grad, run, with_totals
from a1viz.graph import convolutions
from a1viz.graph.nodes import Builder, Graph


def application(op: str, shapes: dict, **attributes) -> Graph:
    """The graph `y = op(its operands)`."""
    builder = Builder()
    for name, shape in shapes.items():
        builder.leaf(name, "input", tuple(shape))
    builder.add(op, list(shapes), name="y", attrs=attributes)
    return builder.graph(op, ["y"])


def network() -> Graph:
    """Two layers, with pooling of both kinds between them."""
    builder = Builder()
    for name, shape in {"X": (2, "H", "W"), "K1": (3, 2, 3, 3), "b": (3, 1, 1), "K2": (4, 3, 2, 2)}.items():
        builder.leaf(name, "input" if name == "X" else "parameter", shape)
    builder.add("conv2d", ["X", "K1"], name="u", attrs={"padding": 1})
    builder.add("add", ["u", "b"], name="z")
    builder.add("tanh", ["z"], name="h")
    builder.add("max_pool2d", ["h"], name="p", attrs={"size": 2})
    builder.add("conv2d", ["p", "K2"], name="v", attrs={"stride": [1, 2]})
    builder.add("avg_pool2d", ["v"], name="q", attrs={"size": 2, "stride": 1})
    builder.add("norm2", ["q"], name="J")
    return builder.graph("network", ["J"])


def values(N: int | None, dtype: str = "d", own: tuple[str, ...] = ()) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    shapes = {"X": (2, 6, 9), "K1": (3, 2, 3, 3), "b": (3, 1, 1), "K2": (4, 3, 2, 2)}
    return {n: rng.standard_normal(((N,) if N is not None and n in ("X", *own) else ()) + s).astype(dtype) for n, s in shapes.items()}


# --- shapes and words -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "shapes", "attributes", "text", "shape"),
    [
        ("conv2d", {"X": "CHW", "K": ("O", "C", 3, 3)}, {"padding": 1}, "conv2d(X, K, padding=1)", ("O", "H", "W")),
        ("conv2d", {"X": "CHW", "K": ("O", "C", 3, 3)}, {}, "conv2d(X, K)", ("O", "H-2", "W-2")),
        ("conv2d", {"X": "CHW", "K": ("O", "C", 3, 3)}, {"stride": 2, "padding": 1},
         "conv2d(X, K, stride=2, padding=1)", ("O", "(H+1)//2", "(W+1)//2")),
        ("conv2d", {"X": "CHW", "K": "OChw"}, {"stride": "s"}, "conv2d(X, K, stride=s)", ("O", "(H-h)//s+1", "(W-w)//s+1")),
        ("conv2d", {"X": (1, 9, 9), "K": (1, 1, 3, 3)}, {"stride": [1, 1], "padding": (0, 0)}, "conv2d(X, K)", (1, 7, 7)),
        ("conv2d", {"X": (1, 9, 9), "K": (1, 1, 3, 3)}, {"stride": [1, 2]}, "conv2d(X, K, stride=[1, 2])", (1, 7, 4)),
        ("conv2d", {"X": (4, 9, 9), "K": (6, 2, 1, 1)}, {"groups": 2}, "conv2d(X, K, groups=2)", (6, 9, 9)),
        ("conv2d", {"X": ("T", "C", 9, 9), "K": ("O", "C", 9, 9)}, {}, "conv2d(X, K)", ("T", "O", 1, 1)),
        ("conv1d", {"X": "CT", "K": ("O", "C", 5)}, {"stride": [3]}, "conv1d(X, K, stride=3)", ("O", "(T+1)//3-1")),
        ("max_pool2d", {"X": "CHW"}, {"size": 2}, "max_pool2d(X, 2)", ("C", "H//2", "W//2")),
        ("max_pool2d", {"X": "CHW"}, {"size": [2, 3], "stride": (2, 3)}, "max_pool2d(X, [2, 3])", ("C", "H//2", "W//3")),
        ("avg_pool2d", {"X": "CHW"}, {"size": 3, "stride": 1, "padding": 1}, "avg_pool2d(X, 3, stride=1, padding=1)", ("C", "H", "W")),
        ("max_pool1d", {"X": "T"}, {"size": 4}, "max_pool1d(X, 4)", ("T//4",)),
    ],
)  # fmt: skip
def test_the_shape_follows_from_names_of_sizes_and_the_text_says_what_is_not_as_usual(op, shapes, attributes, text, shape):
    graph = application(op, shapes, **attributes)
    assert graph["y"].shape == shape
    assert str(graph) == f"y = {text}"


@pytest.mark.parametrize(
    ("op", "shapes", "attributes", "message"),
    [
        ("conv2d", {"X": (3, 28, 28), "K": (16, 4, 3, 3)}, {},
         "conv2d(X, K): shapes (3, 28, 28) and (16, 4, 3, 3) do not match; X has 3 channels, K expects 4"),
        ("conv2d", {"X": (4, 28, 28), "K": (16, 4, 3, 3)}, {"groups": 2},
         "conv2d(X, K): shapes (4, 28, 28) and (16, 4, 3, 3) do not match; X has 4 channels, K expects 8, 2 groups of 4"),
        ("conv2d", {"X": (4, 28, 28), "K": (15, 2, 3, 3)}, {"groups": 2},
         "conv2d: K has 15 output channels, which do not go into 2 groups"),
        ("conv2d", {"X": "CHW", "K": "ODhw"}, {},
         "conv2d(X, K): shapes (C, H, W) and (O, D, h, w) do not match; X has C channels, K expects D"),
        ("conv2d", {"X": (28, 28), "K": (16, 1, 3, 3)}, {},
         "conv2d: X must have the axes (C, H, W), but it is a matrix (28, 28); one channel is an axis of one entry"),
        ("conv2d", {"X": (1, 9, 9), "K": (1, 3, 3)}, {},
         "conv2d: K must have the axes (O, C, h, w), but it is an array of 3 axes (1, 3, 3)"),
        ("conv1d", {"X": (9,), "K": (1, 1, 3)}, {},
         "conv1d: X must have the axes (C, L), but it is a vector (9,); one channel is an axis of one entry"),
        ("conv2d", {"X": (1, 2, 3), "K": (1, 1, 3, 3)}, {}, "conv2d: K has 3 rows, X only 2; padding=1 would be enough"),
        ("conv2d", {"X": (1, 9, 2), "K": (1, 1, 9, 7)}, {"padding": 1},
         "conv2d: K has 7 columns, X only 2 with 2 zeros around; padding=3 would be enough"),
        ("conv1d", {"X": (1, 2), "K": (1, 1, 3)}, {}, "conv1d: K has 3 entries, X only 2; padding=1 would be enough"),
        ("conv1d", {"X": (1, "H"), "K": (1, 1, "H+3")}, {}, "conv1d: K has H+3 entries, X only H; padding=2 would be enough"),
        ("conv2d", {"X": (1, 9, 9), "K": (1, 1, 3, 3)}, {"stride": []},
         "conv2d(X, K): stride is a whole number, 1 or more, or a list of two, got []"),
        ("conv2d", {"X": (1, 9, 9), "K": (1, 1, 3, 3)}, {"stride": 0},
         "conv2d(X, K): stride is a whole number, 1 or more, or a list of two, got 0"),
        ("conv2d", {"X": (1, 9, 9), "K": (1, 1, 3, 3)}, {"stride": [1, 2, 3]},
         "conv2d(X, K): stride is a whole number, 1 or more, or a list of two, got [1, 2, 3]"),
        ("conv1d", {"X": (1, 9), "K": (1, 1, 3)}, {"padding": -1}, "conv1d(X, K): padding is a whole number, 0 or more, got -1"),
        ("conv1d", {"X": (1, 9), "K": (1, 1, 3)}, {"padding": True}, "conv1d(X, K): padding is a whole number, 0 or more, got True"),
        ("conv1d", {"X": (1, 9), "K": (1, 1, 3)}, {"groups": 1.5}, "conv1d(X, K): groups is a whole number, 1 or more, got 1.5"),
        ("conv1d", {"X": (1, 9), "K": (1, 1, 3)}, {"dilation": 2}, "conv1d takes no dilation; it takes stride, padding, groups"),
        ("conv2d", {"X": (2, 1, 5, 5), "K": (3, 4, 1, 3, 3)}, {},
         "conv2d(X, K): shapes (2, 1, 5, 5) and (3, 4, 1, 3, 3) do not match; X has 2 entries along axis 0, K has 3 entries along axis 0"),
        ("conv2d_input", {"b": (3, 2, 2), "K": (3, 1, 2, 2), "X": (1, 9, 9)}, {},
         "conv2d_input: b has the shape (3, 2, 2), but the windows make (3, 8, 8)"),
        ("conv2d", {"X": (1, 9, 9), "K": (1, 1, 3, 3)}, {"padding": "same"},
         "conv2d(X, K): padding is a number, got 'same'; 1 keeps the shape of what a 3 x 3 kernel goes over, 0 adds none"),
        ("unfold2d", {"X": (1, 9, 9), "K": (5, 1, 1, 3, 3)}, {},
         "unfold2d: K, there for its shape alone, has 1 axis in front of that, the others 0"),
        ("max_pool2d", {"X": (3, 4, 4)}, {}, "max_pool2d needs size="),
        ("max_pool2d", {"X": (3, 4, 4)}, {"size": 5}, "max_pool2d: the window has 5 rows, X only 4"),
        ("max_pool2d", {"X": (3, 4, 4)}, {"size": 2, "padding": 2},
         "max_pool2d: padding=2 would make windows of nothing but padding; it is less than their size, 2"),
        ("max_pool2d", {"X": (4,)}, {"size": 2}, "max_pool2d: X must have the axes (H, W), but it is a vector (4,)"),
    ],
)  # fmt: skip
def test_an_error_names_the_operands_and_says_what_does_not_fit(op, shapes, attributes, message):
    with pytest.raises(ShapeError) as caught:
        application(op, shapes, **attributes)
    assert str(caught.value) == message


@pytest.mark.parametrize("how", [run, lambda graph, **v: a1viz.compile(graph)(**v)], ids=["interpreter", "plan"])
@pytest.mark.parametrize(
    ("X", "K", "stride", "message"),
    [
        ((1, 2, 2), (1, 1, 3, 3), 1, "K has 3 rows, X only 2; padding=1 would be enough"),
        ((1, 4, 4), (1, 1, 0, 3), 1, "the window is 0 x 3, and must be 1 or more"),
        ((1, 4, 4), (1, 1, 3, 3), 0, "the stride is 0 x 0, and must be 1 or more|a size is divided by 0"),
    ],
)
def test_sizes_that_come_with_the_arrays_are_checked_then(X, K, stride, message, how):
    builder = Builder()
    for name, shape in {"X": "CHW", "K": "OChw", "steps": "s"}.items():
        builder.leaf(name, "input", tuple(shape))
    builder.add("conv2d", ["X", "K"], name="y", attrs={"stride": "s"})
    builder.add("norm2", ["steps"], name="n")
    graph = builder.graph("g", ["y", "n"])
    assert how(graph, X=np.ones((1, 9, 9)), K=np.ones((1, 1, 2, 2)), steps=np.ones(3))["y"].shape == (1, 3, 3)
    with pytest.raises((InputError, ShapeError), match=message):
        how(graph, X=np.ones(X), K=np.ones(K), steps=np.ones(stride))


@pytest.mark.parametrize(
    ("op", "shapes", "attributes", "latex"),
    [
        ("conv2d", {"X": "CHW", "K": "OChw"}, {}, r"\mathbf{X} \ast \mathbf{K}"),
        ("conv2d", {"X": "CHW", "K": "OChw"}, {"stride": 2, "padding": 1},
         r"\mathbf{X} \ast_{\mathrm{padding}\,1,\ \mathrm{stride}\,2} \mathbf{K}"),
        ("conv1d", {"X": "CT", "K": "OCw"}, {"groups": 2}, r"\mathbf{X} \ast_{\mathrm{groups}\,2} \mathbf{K}"),
        ("max_pool2d", {"X": "CHW"}, {"size": 2}, r"\mathrm{maxpool}_{2 \times 2}(\mathbf{X})"),
        ("avg_pool2d", {"X": "CHW"}, {"size": [3, 2], "stride": 1}, r"\mathrm{avgpool}_{3 \times 2,\ \mathrm{stride}\,1}(\mathbf{X})"),
        ("max_pool1d", {"X": "CT"}, {"size": 3}, r"\mathrm{maxpool}_{3}(\mathbf{X})"),
    ],
)  # fmt: skip
def test_latex_has_the_sign_of_books_with_what_is_not_as_usual_below(op, shapes, attributes, latex):
    if attributes.get("groups"):
        shapes = {**shapes, "X": (4, 9), "K": (2, 2, 3)}
    assert notation.expression(application(op, shapes, **attributes), "y") == latex


def test_the_cost_is_one_multiplication_for_each_entry_of_the_kernel_and_each_window():
    graph = application("conv2d", {"X": "CHW", "K": "OChw"}, padding=1)
    assert cost(graph).multiplications.at({"O": 5, "C": 3, "h": 3, "w": 2, "H": 8, "W": 7}) == 5 * 3 * 3 * 2 * 8 * 8
    pulled = backward(graph, ["X", "K"], ["y"])
    assert cost(pulled).multiplications.at({"O": 5, "C": 3, "h": 3, "w": 2, "H": 8, "W": 7}) == 2 * 5 * 3 * 3 * 2 * 8 * 8
    grouped = application("conv2d", {"X": (6, 5, 5), "K": (4, 3, 2, 2)}, groups=2)
    assert cost(grouped).multiplications.at({}) == 4 * 3 * 2 * 2 * 4 * 4


# --- where it is hard -------------------------------------------------------------------------------------------------------------------


def test_at_a_tie_the_whole_derivative_goes_to_the_last_entry_of_the_window():
    graph = application("max_pool2d", {"X": (3, 3)}, size=2, stride=1)
    X = np.array([[1.0, 1, 0], [1, 1, 1], [0, 1, 1]])
    bar = np.array([[1.0, 10], [100, 1000]])
    expected = [[0, 0, 0], [0, 1, 10], [0, 100, 1000]]
    np.testing.assert_array_equal(grad(graph, ["X"], {"y": bar}, X=X)["X_bar"], expected)


@pytest.mark.parametrize("entry", [np.inf, -np.inf, np.nan])
def test_pooling_hands_infinities_and_nan_on_and_no_padding_wins(entry):
    graph = application("max_pool2d", {"X": (2, 2)}, size=2, padding=1)
    X = np.array([[-1.0, -2], [-3, entry]])
    found = grad(graph, ["X"], {"y": np.ones((2, 2))}, X=X)
    np.testing.assert_array_equal(found["y"], X)
    np.testing.assert_array_equal(found["X_bar"], np.ones((2, 2)))


def test_a_window_of_nan_gives_its_derivative_to_one_entry():
    graph = application("max_pool1d", {"X": (4,)}, size=4)
    found = grad(graph, ["X"], {"y": np.ones(1)}, X=np.array([3.0, np.nan, 1, 2]))
    assert np.isnan(found["y"]).all()
    assert found["X_bar"].sum() == 1


@pytest.mark.parametrize("examples", [5, 40])  # of so many examples with few windows in a row the windows are gone through otherwise
@pytest.mark.parametrize("size", [(3, 3), (7, 6)], ids=["few places, many windows", "many places, few windows"])
@pytest.mark.parametrize("at_once", [1, 100, 400, 2**18])
def test_values_do_not_depend_on_how_much_is_unfolded_at_a_time(size, examples, at_once, monkeypatch):
    rng = np.random.default_rng(0)
    X, K = rng.standard_normal((examples, 4, 8, 8)), rng.standard_normal((6, 2, *size))
    how = {"stride": (2, 1), "padding": (1, 0), "groups": 2}
    Y = np.stack([convolutions.conv(2, x, K, **how) for x in X])
    b = rng.standard_normal(Y.shape)
    back = np.stack([convolutions.conv_input(2, each, K, x, **how) for each, x in zip(b, X, strict=True)])
    monkeypatch.setattr(convolutions, "AT_ONCE", at_once)
    monkeypatch.setattr(convolutions, "BLOCK", 16)
    np.testing.assert_allclose(convolutions.conv(2, X, K, **how), Y, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(convolutions.conv_input(2, b, K, X, **how), back, rtol=1e-12, atol=1e-13)
    per_example = convolutions.conv_kernel(2, X, b, K, **how)
    np.testing.assert_allclose(convolutions.batch_conv_kernel(2, X, b, K, **how), per_example.sum(0), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("dtype", "tolerance"), [("d", 1e-12), ("f", 2e-5)])
@pytest.mark.parametrize("N", [None, 0, 1, 3, 40])
@pytest.mark.parametrize("own", [(), ("K1",), ("K1", "b", "K2")])
def test_a_plan_gives_what_the_interpreter_gives_whatever_has_a_batch_axis(N, own, dtype, tolerance):
    graph, given = network(), values(N, dtype, own)
    wrt = ("X", "K1", "b", "K2", "p")
    if N == 0:
        assert run(graph, **given)["J"].shape == a1viz.compile(graph)(**given)["J"].shape == (0,)
        return
    expected = grad(graph, wrt, **given)
    found = a1viz.compile(graph, wrt=wrt)(**given)
    for name, array in found.items():
        assert array.dtype == expected[name].dtype == np.dtype(dtype)
        np.testing.assert_allclose(array, expected[name], rtol=tolerance, atol=tolerance, err_msg=name)
    if N is not None and not own:
        parts = [grad(graph, wrt, **{**given, "X": x}) for x in given["X"]]
        for name in ("K1_bar", "b_bar", "K2_bar"):
            np.testing.assert_allclose(expected[name], np.mean([p[name] for p in parts], 0), rtol=1e3 * tolerance, atol=1e3 * tolerance)


def test_a_batch_total_forms_no_gradient_of_an_example():
    full, bars = backward_graph(network(), ("K1", "K2"), ())
    totals, _ = with_totals(full, tuple(bars.values()))
    assert "batch_conv2d_kernel" in totals.operators
    assert "conv2d_kernel" not in totals.operators


# --- against another framework ----------------------------------------------------------------------------------------------------------


CONVOLUTIONS = [
    pytest.param(d, size, stride, padding, groups, id=f"{d}d {size} stride {stride} padding {padding} groups {groups}")
    for d in (1, 2)
    for size, stride, padding, groups in [
        *itertools.product((1, 2, 3), (1, 2, 4), (0, 1, 2), (1, 2)),
        (6, 1, 0, 1), (5, 3, 2, 4),
        *([((1, 3), 2, (0, 1), 1), ((3, 2), (1, 2), (2, 0), 2)] if d == 2 else []),
    ]
]  # fmt: skip


@pytest.mark.peers
@pytest.mark.parametrize(("d", "size", "stride", "padding", "groups"), CONVOLUTIONS)
def test_a_convolution_and_its_first_and_second_derivatives_are_those_of_pytorch(d, size, stride, padding, groups):
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    rng = np.random.default_rng(2)
    kernel = size if isinstance(size, tuple) else (size,) * d
    N = 20 if stride == 1 else 3  # many examples are gone through otherwise than few
    X, K = rng.standard_normal((N, 4, *(6, 7)[:d])), rng.standard_normal((8, 4 // groups, *kernel))
    attributes = {"stride": stride, "padding": padding, "groups": groups}
    graph = application(f"conv{d}d", {"X": X.shape[1:], "K": K.shape}, **attributes)
    x, k = (torch.tensor(v, requires_grad=True) for v in (X, K))
    y = getattr(torch.nn.functional, f"conv{d}d")(x, k, **attributes)
    bar = rng.standard_normal(tuple(y.shape))
    first = torch.autograd.grad(y, (x, k), torch.tensor(bar), create_graph=True)
    found = grad(graph, ["X", "K"], {"y": bar}, X=X, K=K)
    for ours, theirs in zip(found.values(), (y, *first), strict=True):
        np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-9, atol=1e-9)

    # how |X_bar|^2 + |K_bar|^2, K_bar of each example, changes with X and K
    builder = Builder(backward(graph, ["X", "K"], ["y"]).nodes)
    norms = [builder.add("norm2", [bar], name=f"{bar}_n") for bar in ("X_bar", "K_bar")]
    builder.add("add", norms, name="J")
    second = grad(builder.graph("second", ["J"]), ["X", "K"], X=X, K=K, y_bar=bar, mean=False)
    apply = getattr(torch.nn.functional, f"conv{d}d")
    pulled = [(apply(x[n], k, **attributes), torch.tensor(bar[n])) for n in range(N)]
    each = [torch.autograd.grad(y, (x, k), bar, create_graph=True) for y, bar in pulled]
    total = sum(g.pow(2).sum() for pair in each for g in pair)
    for name, theirs in zip("XK", torch.autograd.grad(total, (x, k)), strict=True):
        np.testing.assert_allclose(second[f"{name}_bar2"], theirs.numpy(), rtol=1e-8, atol=1e-8)


POOLS = [(1, 1, 0), (2, 2, 0), (2, 1, 1), (3, 2, 1), (3, 5, 0), (6, 6, 0)]


@pytest.mark.peers
@pytest.mark.parametrize(("size", "stride", "padding"), POOLS)
@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("kind", ["max", "avg"])
def test_pooling_and_its_derivative_are_those_of_pytorch(kind, d, size, stride, padding):
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    rng = np.random.default_rng(3)
    X = rng.standard_normal((3, 4, *(6, 7)[:d]))
    graph = application(f"{kind}_pool{d}d", {"X": X.shape[1:]}, size=size, stride=stride, padding=padding)
    x = torch.tensor(X, requires_grad=True)
    y = getattr(torch.nn.functional, f"{kind}_pool{d}d")(x, size, stride, padding)
    bar = rng.standard_normal(tuple(y.shape))
    found = grad(graph, ["X"], {"y": bar}, X=X)
    for ours, theirs in zip(found.values(), (y, *torch.autograd.grad(y, (x,), torch.tensor(bar))), strict=True):
        np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-10, atol=1e-12)
