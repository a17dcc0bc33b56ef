"""A network as one deep perceptron: exact on whole numbers, within the bound on floats, and the gated form to the bit."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

import a1viz
from a1viz.base.errors import InputError, OutputError
from a1viz.base.tensors import read_tensors
from a1viz.sorting import FAMILIES, Network, load_perceptron, network, perceptron, prune, rounding_bound, sort
from a1viz.sorting.perceptrons import BOUNDS, FORMS

every_form = pytest.mark.parametrize("form", FORMS)
NETWORKS = [network(family, n) for family in FAMILIES for n in (1, 2, 5, 8)]
some_networks = pytest.mark.parametrize("net", [*NETWORKS, Network(4, [(0, 3)]), Network(3), network("merge", 0)], ids=repr)
TIES = [0.1, 0.1, 0.2, 0.7]  # in order, and out of order when the perceptrons have rounded them


def floats(net: Network, rows: int = 200, dtype: str = "f8") -> np.ndarray:
    """Floats of many magnitudes, with near ties."""
    rng = np.random.default_rng(net.n)
    X = rng.standard_normal((rows, net.n)) * 10.0 ** rng.integers(-4, 4, (rows, net.n))
    X[::3] = X[::3, :1] * (1 + rng.integers(-2, 3, X[::3].shape) * 2.0**-52)
    return X.astype(dtype)


@every_form
@some_networks
def test_it_has_one_matrix_more_than_layers_and_sorts_every_list_of_zeros_and_ones(net, form):
    p = perceptron(net, form)
    assert len(p.layers) == net.depth + 1
    X = np.array([*itertools.product((0, 1), repeat=net.n)]).reshape(2**net.n, net.n)
    assert p(X).tolist() == [list(net.apply(row)) for row in X.tolist()]


@every_form
@some_networks
def test_it_is_exact_on_whole_numbers(net, form):
    for dtype, most in (("i8", 2**50), ("f8", 2**50), ("f4", 2**20)):
        X = np.random.default_rng(1).integers(-most, most, (50, net.n)).astype(dtype)
        assert perceptron(net, form)(X).tolist() == [list(net.apply(row)) for row in X.tolist()]


@pytest.mark.parametrize("dtype", ["f8", "f4"])
@every_form
@some_networks
def test_it_is_within_the_bound_on_floats(net, form, dtype):
    p, X = perceptron(net, form), floats(net, dtype=dtype)
    found = p(X)
    assert found.dtype == dtype
    for row, made in zip(X.astype("f8"), found.astype("f8"), strict=True):
        assert np.abs(made - net.apply(row)).max(initial=0) <= p.bound(np.abs(row).max(initial=0), dtype)


@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_blocks_are_within_their_bound(family, dtype):
    net = network(family, 8)
    X = floats(net, dtype=dtype)
    for row, made in zip(X, sort(X, net, exact=False), strict=True):
        assert np.abs(made.astype("f8") - np.sort(row).astype("f8")).max() <= rounding_bound(net, np.abs(row).max(), dtype)


def test_the_bound_is_not_far_off():
    net = network("merge", 8)
    X = np.random.default_rng(0).standard_normal((20_000, 8))
    for form, slack in (("abs", 15), ("relu", 150)):
        p = perceptron(net, form)
        worst = (np.abs(p(X) - np.sort(X, axis=1)).max(axis=1) / np.abs(X).max(axis=1)).max()
        assert p.bound() / slack < worst < p.bound()


def test_the_bound_of_one_comparator_is_two_roundings():
    assert rounding_bound(network("merge", 2)) == pytest.approx(2 * 2**-53, rel=1e-12)
    assert rounding_bound(network("merge", 4), 10) == pytest.approx(10 * 6 * 2**-53, rel=1e-12)
    assert rounding_bound(network("merge", 2), 1, "f4") == pytest.approx(2 * 2**-24, rel=1e-6)


@pytest.mark.parametrize("form", BOUNDS)
def test_the_bound_is_infinite_where_a_sum_may_overflow(form):
    assert rounding_bound(network("merge", 4), 1e308, form=form) == (0 if form == "gated" else math.inf)
    assert rounding_bound(network("merge", 1), 1e308, form=form) == 0


@given(st.lists(st.floats(allow_nan=True, width=64), min_size=5, max_size=5))
@examples(100)
def test_the_gated_form_is_exact_for_everything_that_can_be_compared(values):
    x = np.array(values)
    found, wanted = perceptron(network("best-size", 5), "gated")(x), sort(x)
    assert np.array_equal(found, np.sort(x), equal_nan=True)
    numbers = ~np.isnan(found)
    assert found[numbers].view("u8").tolist() == wanted[numbers].view("u8").tolist()


def test_the_gated_form_keeps_large_integers():
    x = np.array([2**63 - 1, 2**63 - 2, -(2**63)])
    assert perceptron(network("merge", 3), "gated")(x).tolist() == sorted(x.tolist())


def test_the_perceptron_form_rounds_so_that_the_result_is_not_even_sorted():
    made = sort(TIES, "merge", exact=False)
    assert (np.diff(made) < 0).any()
    assert not set(made.tolist()) <= set(TIES)
    assert sort(TIES, "merge").tolist() == TIES
    assert np.abs(made - TIES).max() <= rounding_bound(network("merge", 4), 0.7)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_perceptron_form_is_what_the_graph_computes_to_the_bit(family):
    net = network(family, 5)
    X = floats(net)
    graph = a1viz.run(net.graph(), **{f"x{k + 1}": X[:, k] for k in range(5)})
    assert np.array_equal(np.stack(list(graph.values()), axis=1), sort(X, net, exact=False))


def test_the_perceptron_form_overflows_where_a_sum_does_and_the_exact_form_does_not():
    x = [1.7e308, 1.6e308]
    assert sort(x).tolist() == [1.6e308, 1.7e308]
    assert sort(x, exact=False).tolist() == [math.inf, math.inf]
    assert sort([math.inf, 1.0], exact=False).tolist()[1] == math.inf
    assert math.isnan(sort([math.inf, 1.0], exact=False)[0])
    assert np.isnan(sort([math.inf, -math.inf], exact=False)).all()


def test_a_nan_spreads_in_the_perceptron_form():
    assert np.isnan(sort([3.0, math.nan, 1.0], exact=False)).all()


def test_small_integers_are_made_floats_in_the_perceptron_form():
    assert sort([3, 1, 2], exact=False).tolist() == [1.0, 2.0, 3.0]


def test_the_weights_of_two_wires_are_those_of_the_hint():
    p = perceptron(network("merge", 2))
    assert p.layers[0].W.tolist() == [[1, 1], [1, -1]] and p.layers[0].activations == ("identity", "abs")
    assert p.layers[1].W.tolist() == [[0.5, -0.5], [0.5, 0.5]]


@every_form
def test_weights_are_counted(form):
    p = perceptron(network("merge", 8), form)
    assert p.nonzeros == sum((layer.W != 0).sum() for layer in p.layers) < p.weights == sum(layer.W.size for layer in p.layers)
    assert f"{p.nonzeros:,} of {p.weights:,} weights not 0" in str(p)
    if form == "gated":
        assert p.nonzeros == 8 * len(p.layers)


@every_form
@pytest.mark.parametrize("k", [1, 3, 4])
def test_the_kth_smallest_is_a_last_matrix_of_one_row(form, k):
    p = perceptron(prune(network("merge", 4), k), form)
    assert p.layers[-1].W.shape[0] == 1
    assert all(p(order).tolist() == [k] for order in itertools.permutations((1, 2, 3, 4)))


@every_form
@pytest.mark.parametrize("net", [network("merge", 5), prune(network("bubble", 4), 2), Network(3), network("merge", 0)], ids=repr)
def test_it_is_read_as_it_was_saved(form, net, tmp_path):
    p, path = perceptron(net, form), tmp_path / "p.safetensors"
    p.save(path)
    first = path.read_bytes()
    p.save(path)
    q = load_perceptron(path)
    assert first == path.read_bytes()
    assert (q.network, q.form, q.network.name) == (p.network, p.form, p.network.name)
    assert all(np.array_equal(a.W, b.W) and a.activations == b.activations for a, b in zip(p.layers, q.layers, strict=True))
    assert sorted(read_tensors(path)[0]) == sorted(f"{name}{k}" for name in "Wb" for k in range(1, net.depth + 2))


def test_a_file_that_is_no_perceptron_is_a_clear_error(tmp_path):
    from a1viz.base.tensors import write_tensors

    write_tensors(tmp_path / "other.safetensors", {"W": np.eye(2)}, {})
    with pytest.raises(InputError, match="does not hold the perceptron of a sorting network"):
        load_perceptron(tmp_path / "other.safetensors")
    with pytest.raises(InputError):
        load_perceptron(tmp_path / "missing.safetensors")
    with pytest.raises(OutputError):
        perceptron(network("merge", 2)).save(tmp_path / "no" / "p.safetensors")


def test_what_is_no_form_and_no_input_is_a_clear_error():
    with pytest.raises(InputError, match="unknown form 'rellu'; did you mean 'relu'"):
        perceptron(network("merge", 2), "rellu")
    with pytest.raises(InputError, match="unknown form 'block'; did you mean 'blocks'"):
        rounding_bound(network("merge", 2), form="block")
    with pytest.raises(InputError, match=r"shape \(..., 2\)"):
        perceptron(network("merge", 2))([1, 2, 3])
    with pytest.raises(InputError, match=r"shape \(..., 2\)"):
        perceptron(network("merge", 2))(["a", "b"])
    with pytest.raises(InputError, match="GB; take fewer wires"):
        perceptron(Network(5000, [(0, 1)] * 20))
