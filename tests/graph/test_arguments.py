"""What the public functions take besides a graph: the name of one, one name instead of a list, and an error of ours for anything else."""

from __future__ import annotations

import pytest

import a1viz
from a1viz.base.errors import A1vizError
from a1viz.calculus.explanation import explain
from a1viz.graph.catalog import catalogue_folder

G = a1viz.load("two_layer")
TAKERS = {
    "run": a1viz.run, "grad": a1viz.grad, "backward": a1viz.backward, "tangent": a1viz.tangent, "derive": a1viz.derive,
    "cost": a1viz.cost, "check": a1viz.check, "compile": a1viz.compile, "gradient_norms": a1viz.gradient_norms, "ntk": a1viz.ntk,
    "draw": a1viz.draw, "explain": explain, "derive_steps": a1viz.derive_steps,
}  # fmt: skip


@pytest.mark.parametrize("name", TAKERS)
def test_a_graph_may_be_given_by_its_name_or_path(name):
    take = TAKERS[name]
    assert str(take("two_layer")) == str(take(G)) == str(take(catalogue_folder() / "two_layer.toml"))


@pytest.mark.parametrize("name", TAKERS)
@pytest.mark.parametrize("wrong", [5, None, ["two_layer"], {"x": 1}, b"two_layer"])
def test_what_is_no_graph_is_refused_in_our_words(name, wrong):
    with pytest.raises(A1vizError, match=r"expected a graph, from a1viz\.load or a1viz\.parse, or a name such as 'two_layer', got "):
        TAKERS[name](wrong)


@pytest.mark.parametrize("read", [a1viz.parse, a1viz.loads, a1viz.load])
def test_what_is_no_text_is_refused_in_our_words(read):
    with pytest.raises(A1vizError):
        read(5)


def test_one_name_means_that_name():
    assert list(a1viz.grad(G, wrt="W1")) == list(a1viz.grad(G, wrt=["W1"])) == ["y", "W1_bar"]
    assert a1viz.backward(G, "W1", "y", keep="h").outputs == ("W1_bar",)
    assert a1viz.tangent(G, "W1").outputs == ("y_dot",)
    assert str(a1viz.derive(G, "W2")) == str(a1viz.derive(G, ["W2"]))
    assert a1viz.compile(G, "W1", "y").names == ("y", "W1_bar")


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: a1viz.grad(G, cotangents=[1, 1, 1]), r"cotangents are given by name, as in cotangents={'y': ...}, got \[1, 1, 1\]"),
        (lambda: a1viz.gradient_norms(G, cotangents=[1, 1, 1]), "cotangents are given by name"),
        (lambda: a1viz.compile(G, "W1")(cotangents=[1, 1, 1]), "cotangents are given by name"),
        (lambda: a1viz.compile(G, "W1").bind(cotangents=1), "cotangents are given by name"),
        (lambda: a1viz.grad(G, wrt=[1]), r"expected the name of a variable such as 'x', or a list of names, got \[1\]"),
        (lambda: a1viz.grad(G, wrt=3), "expected the name of a variable"),
        (lambda: G[0], "two_layer has no variable 0"),
    ],
)
def test_what_are_no_names_is_refused_in_our_words(call, told):
    with pytest.raises(A1vizError, match=told):
        call()


def test_a_graph_goes_through_its_nodes():
    assert [node.name for node in G] == ["x", "W1", "W2", "z", "h", "y"] and len(list(G)) == len(G)
