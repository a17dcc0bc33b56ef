"""Networks of every family: their comparators, layers, graphs and files; and what they make of numbers, to the bit."""

from __future__ import annotations

import itertools
import json
import math
import tomllib

import numpy as np
import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

import a1viz
from a1viz.base.errors import A1vizError, GraphError, InputError, OutputError
from a1viz.graph.comparators import comparator_equations, layers_of, read_comparators
from a1viz.sorting import FAMILIES, Network, jacobian, known, kth_smallest, load, network, prune, save, sort
from a1viz.sorting.best_known import DATA
from a1viz.sorting.calls import plan_of
from a1viz.sorting.storage import loads

NUMBERS = (0, 1, 2, 3, 5, 7, 16, 64)
BATCHER = (0, 0, 1, 3, 5, 9, 12, 16, 19, 26, 31, 37, 41, 48, 53, 59, 63)  # Knuth, section 5.3.4, table of merge exchange
every_family = pytest.mark.parametrize("family", FAMILIES)
dtypes = pytest.mark.parametrize("dtype", ["f8", "f4", "f2", ">f8", "i8", "i4", "u8", "u1", "?"])


def sent(net: Network, values) -> list:
    """What comes out, by the definition of a comparator."""
    wires = list(values)
    for i, j in net.comparators:
        wires[i], wires[j] = sorted((wires[i], wires[j]))
    return wires


def numbers(rows: int, n: int, dtype: str, seed: int = 0) -> np.ndarray:
    """Numbers with duplicates and negatives."""
    return (np.random.default_rng(seed).standard_normal((rows, n)) * 5).round(1).astype(dtype)


def bits(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array).view(f"u{array.itemsize}")


# --- the families ---------------------------------------------------------------------------------------------------------------


@every_family
@pytest.mark.parametrize("n", NUMBERS)
def test_a_network_sorts_random_lists_of_zeros_and_ones_and_of_numbers(family, n):
    net, rng = network(family, n), np.random.default_rng(n)
    for values in (*rng.integers(0, 2, (20, n)), *rng.integers(-3, 4, (20, n)), np.arange(n, 0, -1)):
        assert sent(net, values.tolist()) == sorted(values.tolist())


@every_family
@pytest.mark.parametrize("n", range(9))
def test_a_small_network_sorts_every_list_of_zeros_and_ones(family, n):
    net = network(family, n)
    assert all(sent(net, values) == sorted(values) for values in itertools.product((0, 1), repeat=n))


@every_family
def test_layers_hold_every_comparator_once_and_no_wire_twice(family):
    net = network(family, 16)
    assert sorted(pair for layer in net.layers for pair in layer) == sorted(net.comparators)
    assert all(len({wire for pair in layer for wire in pair}) == 2 * len(layer) for layer in net.layers)
    assert (net.size, net.depth) == (len(net.comparators), len(net.layers))


def test_bubble_sort_of_four_has_six_comparators_and_merge_sort_five():
    bubble, merge = network("bubble", 4), network("merge", 4)
    assert (bubble.size, bubble.depth, merge.size, merge.depth) == (6, 5, 5, 3)
    assert bubble.comparators == ((0, 1), (1, 2), (2, 3), (0, 1), (1, 2), (0, 1))
    assert merge.comparators == ((0, 1), (2, 3), (0, 2), (1, 3), (1, 2))


@pytest.mark.parametrize("family", ["bubble", "merge"])
def test_four_numbers_come_out_sorted_in_all_24_orders(family):
    assert all(sent(network(family, 4), order) == [1, 2, 3, 4] for order in itertools.permutations((1, 2, 3, 4)))


@pytest.mark.parametrize("n", range(17))
def test_sizes_are_those_of_the_literature(n):
    assert network("bubble", n).size == network("insertion", n).size == network("transposition", n).size == n * (n - 1) // 2
    assert network("merge", n).size == BATCHER[n]
    assert network("batcher", n) == network("merge", n)
    if n > 2:
        assert network("transposition", n).depth == n
        assert network("bubble", n).depth == network("insertion", n).depth == 2 * n - 3


@pytest.mark.parametrize("k", range(1, 7))
def test_merging_networks_of_a_power_of_two_have_the_depth_of_the_formula(k):
    n = 2**k
    assert {network(family, n).depth for family in ("merge", "bitonic", "pairwise")} == {k * (k + 1) // 2}
    assert network("bitonic", n).size == n * k * (k + 1) // 4
    assert network("merge", n).size == network("pairwise", n).size == (k * k - k + 4) * 2 ** (k - 2) - 1
    assert network("bose-nelson", n).size == 3**k - 2**k


@pytest.mark.parametrize("n", range(65))
def test_the_best_networks_have_the_sizes_and_depths_that_are_known(n):
    best = known(n)
    assert (network("best-size", n).size, network("best-depth", n).depth) == (best.size, best.depth)
    assert best.size_bound <= best.size <= min(network(family, n).size for family in FAMILIES)
    assert best.depth_bound <= best.depth <= min(network(family, n).depth for family in FAMILIES)


@pytest.mark.parametrize("n", [-1, 65, 2.5, "4"])
def test_nothing_is_known_about_other_numbers_of_wires(n):
    with pytest.raises(InputError, match="known for 0 to 64 wires"):
        known(n)


def test_the_data_say_where_they_come_from_and_under_which_licence():
    meta = json.loads(DATA.read_text())["meta"]
    assert "SorterHunter" in meta["source"] and meta["licence"] == "MIT"
    assert "Copyright" in (DATA.parent / "LICENSE.txt").read_text()


@pytest.mark.parametrize(
    ("name", "n", "message"),
    [
        ("bubbel", 4, "did you mean 'bubble'"),
        ("", 4, "unknown network ''; the networks are bubble, insertion"),
        (None, 4, "unknown network None"),
        ("bubble", -1, "whole number from 0"),
        ("bubble", 2.5, "whole number from 0 to 100,000, got 2.5"),
        ("bubble", True, "whole number"),
        ("best-size", 65, "known for up to 64 wires, got 65; take merge"),
        ("bubble", 5000, "more than 500,000 comparators"),
    ],
)
def test_a_network_that_is_not_there_is_a_clear_error(name, n, message):
    with pytest.raises(InputError) as error:
        network(name, n)
    assert message in str(error.value)


def test_names_may_be_written_in_several_ways():
    assert network("Bose_Nelson", 5) == network("bose-nelson", 5) == network("bose nelson", 5)
    assert network("odd-even-transposition", 5) == network("transposition", 5)


@pytest.mark.parametrize(
    ("comparators", "message"),
    [
        ([(0, 0)], "compares wire 0 with itself"),
        ([(1, 0)], "write the lower wire first: [0, 1]"),
        ([(0, 3)], "names a wire that is not there; wires are counted from 0 to 2"),
        ([(-1, 2)], "not there"),
        ([(0, 1, 2)], "must be a pair"),
        ([(0, 1.0)], "must be a pair"),
        ([3], "must be a pair"),
    ],
)
def test_what_is_no_comparator_is_refused(comparators, message):
    with pytest.raises(GraphError) as error:
        Network(3, comparators)
    assert message in str(error.value)


def test_a_network_prints_its_layers_and_can_lose_comparators():
    net = network("merge", 4)
    assert str(net) == "merge: 4 wires, 5 comparators, depth 3\n  layer 1  [1, 2] [3, 4]\n  layer 2  [1, 3] [2, 4]\n  layer 3  [2, 3]"
    assert net.without(4).summary == "merge without S5: 4 wires, 4 comparators, depth 2"
    assert net.without() == net
    with pytest.raises(InputError, match="counted from 0 to 4"):
        net.without(5)


@given(st.integers(1, 9).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.tuples(st.integers(0, n), st.integers(0, n)), max_size=25))))
@examples(50)
def test_layers_are_as_early_as_they_can_be_and_compute_the_same(drawn):
    n, pairs = drawn
    net = Network(n + 1, [(min(p), max(p)) for p in pairs if p[0] != p[1]])
    flat = Network(net.n, [pair for layer in net.layers for pair in layer])
    for k, layer in enumerate(net.layers[1:]):
        before = {wire for pair in net.layers[k] for wire in pair}
        assert all(before & {*pair} for pair in layer)
    values = np.random.default_rng(n).permutation(net.n).tolist()
    assert sent(net, values) == sent(flat, values)
    assert layers_of(flat.comparators) == net.layers


# --- pruned, as a graph, as a file ------------------------------------------------------------------------------------------------


@every_family
@pytest.mark.parametrize("n", [1, 2, 3, 5, 8])
def test_a_pruned_network_still_gives_the_kth_smallest(family, n):
    net, values = network(family, n), np.random.default_rng(n).integers(0, 9, n).tolist()
    for k in range(1, n + 1):
        pruned = prune(net, k)
        assert pruned.outputs == (k - 1,)
        assert sent(pruned, values)[k - 1] == sorted(values)[k - 1]
        assert pruned.size <= net.size


@pytest.mark.parametrize("family", ["bubble", "insertion"])
def test_the_largest_of_six_numbers_needs_five_comparators(family):
    assert prune(network(family, 6), 6).size == 5


@pytest.mark.parametrize("k", [0, 5, -1, 2.0, True, "2", None])
def test_a_k_out_of_range_is_a_clear_error(k):
    with pytest.raises(InputError, match="k must be a whole number from 1 to 4, got k = "):
        prune(network("merge", 4), k)
    with pytest.raises(InputError, match="no numbers have no k-th smallest"):
        prune(network("merge", 0), k)


def test_the_graph_has_a_block_for_each_comparator():
    graph = network("bubble", 4).graph()
    blocks = {node.block for node in graph.nodes if node.block}
    assert {block.partition(".")[0] for block in blocks} == {"S1", "S2", "S3", "S4", "S5", "S6"}
    assert graph.outputs == ("y1", "y2", "y3", "y4")
    assert list(a1viz.run(graph, x1=3, x2=1, x3=4, x4=2).values()) == [1, 2, 3, 4]


@pytest.mark.parametrize(("family", "document"), [("bubble", "bubble_sort"), ("merge", "merge_sort")])
def test_a_document_is_what_the_builder_builds(family, document):
    built, written = network(family, 4).graph(), a1viz.load(document)
    assert built.nodes == written.nodes and built.outputs == written.outputs
    assert written.document.comparators == network(family, 4).comparators


def test_the_document_of_the_kth_smallest_is_the_merge_network_with_an_output_layer_for_any_k():
    written, orders = a1viz.load("kth_smallest"), np.array(list(itertools.permutations([3.0, -1.0, 4.0, 2.5])))
    assert written.document.comparators == network("merge", 4).comparators
    columns = {f"x{wire}": orders[:, wire - 1] for wire in (1, 2, 3, 4)}
    for k in (1, 2, 3, 4):
        found = a1viz.run(written, **columns, W3=np.eye(4)[k - 1 : k])["y"]
        assert np.array_equal(found[:, 0], kth_smallest(orders, k, network("merge", 4)))


@every_family
@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_every_graph_runs(family, n):
    x = np.random.default_rng(n).integers(-9, 9, n)
    found = a1viz.run(network(family, n).graph(), **{f"x{k}": v for k, v in enumerate(x, 1)})
    assert [float(v) for v in found.values()] == sorted(x.tolist())


def test_a_pruned_graph_has_one_output():
    assert prune(network("merge", 4), 3).graph().outputs == ("y3",)


def test_wires_without_comparators_go_through():
    assert comparator_equations([(0, 1)], 3) == "y1, y2 = S(x1, x2)\ny3 = x3"
    assert comparator_equations([], 0) == ""


@pytest.mark.parametrize("suffix", ["toml", "json"])
@pytest.mark.parametrize("net", [network("merge", 7), network("bubble", 3), Network(3), Network(0), Network(5, [(0, 1)], '"<"')], ids=repr)
def test_a_network_is_read_as_it_was_written(net, suffix, tmp_path):
    save(net, tmp_path / f"net.{suffix}")
    assert load(tmp_path / f"net.{suffix}") == net


def test_a_written_document_is_one_that_a1viz_reads(tmp_path):
    save(network("merge", 5), tmp_path / "five.toml")
    assert a1viz.load(tmp_path / "five.toml").nodes == network("merge", 5).graph().nodes
    assert tomllib.loads((tmp_path / "five.toml").read_text())["comparators"][0] == [1, 2]


@pytest.mark.parametrize(
    "text",
    [
        '{"N": 4, "L": 5, "D": 3, "symmetric": true, "nw": [[0,2],[1,3],[0,1],[2,3],[1,2]]}',
        "[[0,2],[1,3],[0,1],[2,3],[1,2]]",
        "[[[0,2],[1,3]],[[0,1],[2,3]],[[1,2]]]",
    ],
)
def test_the_json_of_public_collections_is_read(text, tmp_path):
    (tmp_path / "sort.json").write_text(text)
    assert load(tmp_path / "sort.json") == network("best-size", 4)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "", "ends in .toml or .json or .txt"),
        ("a.json", "{", "not JSON"),
        ("a.json", "{}", "there are no comparators"),
        ("a.json", "[]", "there are no comparators"),
        ("a.json", "3", "comparators must be a list"),
        ("a.json", '{"nw": [[1, 0]]}', "puts the larger number first"),
        ("a.json", '{"N": 2, "nw": [[0, 5]]}', "wire that is not there"),
        ("a.json", '{"N": "2", "nw": []}', "number of wires"),
        ("a.json", "[" * 100_000, "not JSON"),
        ("a.toml", "x = ", "not TOML"),
        ("a.toml", "x = 1", "there are no comparators"),
        ("a.toml", "comparators = [[0, 1]]", "counted from 1"),
        ("a.toml", "comparators = [[1, 2]]\nwires = 1", "not there"),
    ],
)
def test_a_bad_file_is_a_clear_error(name, text, message, tmp_path):
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as error:
        load(tmp_path / name)
    assert message in str(error.value) and name in str(error.value)


def test_a_file_that_cannot_be_read_or_written_is_a_clear_error(tmp_path):
    (tmp_path / "b.json").write_bytes(b"\xff\xfe\x00")
    for path, message in ((tmp_path / "no.json", "no such file"), (tmp_path / "b.json", "UTF-8")):
        with pytest.raises(InputError, match=message):
            load(path)
    for path in (tmp_path / "a.txt", tmp_path / "no" / "a.json"):
        with pytest.raises(OutputError):
            save(network("merge", 3), path)


def test_comparators_of_documents_are_counted_from_one():
    assert read_comparators([[1, 2]]) == ((0, 1),)
    with pytest.raises(GraphError, match="must be a list of pairs"):
        read_comparators("12")


# --- numbers --------------------------------------------------------------------------------------------------------------------


@dtypes
@pytest.mark.parametrize("n", NUMBERS)
def test_rows_and_columns_are_sorted_as_numpy_does(n, dtype):
    X = numbers(30, n, dtype)
    wide = np.zeros((60, 2 * n), dtype)
    wide[::2, ::2] = X
    for given_ in (X, np.asfortranarray(X), wide[::2, ::2], X[::-1, ::-1]):
        before = given_.copy()
        found = sort(given_)
        assert np.array_equal(found, np.sort(given_, axis=1)) and found.dtype == given_.dtype.newbyteorder("=")
        assert np.array_equal(given_, before)
    assert np.array_equal(sort(np.ascontiguousarray(X.T), axis=0), np.sort(X.T, axis=0))


@every_family
@pytest.mark.parametrize("n", [1, 2, 3, 9, 16, 33])
def test_every_family_sorts_and_selects(family, n):
    X = numbers(40, n, "f8", n)
    assert np.array_equal(sort(X, family), np.sort(X, axis=1))
    assert np.array_equal(sort(X.T.copy(), network(family, n), axis=0), np.sort(X.T, axis=0))
    for k in {1, (n + 1) // 2, n}:
        assert np.array_equal(kth_smallest(X, k, family), np.sort(X, axis=1)[:, k - 1])
        assert np.array_equal(kth_smallest(X.T.copy(), k, family, axis=0), np.sort(X, axis=1)[:, k - 1])


@pytest.mark.parametrize("axis", range(-4, 4))
def test_any_axis_of_any_array(axis):
    X = numbers(7 * 3, 2 * 5, "f4").reshape(7, 3, 2, 5)
    for given_ in (X, X.transpose(2, 0, 3, 1), X[::2, :, ::-1]):
        assert np.array_equal(sort(given_, axis=axis), np.sort(given_, axis=axis))
        assert np.array_equal(kth_smallest(given_, 2, axis=axis), np.sort(given_, axis=axis).take(1, axis=axis))


@pytest.mark.parametrize("shape", [(0, 4), (3, 0), (0, 0), (4,), (1, 1), (2, 0, 3)])
def test_empty_and_small_shapes_keep_their_shape(shape):
    X = np.random.default_rng(0).standard_normal(shape)
    assert np.array_equal(sort(X), np.sort(X, axis=-1))


@pytest.mark.parametrize("rows", [1, 65_535, 65_537, 140_001])
@pytest.mark.parametrize("n", [4, 9])
def test_many_tiles_are_put_together_again(rows, n):
    X = np.random.default_rng(rows).standard_normal((rows, n), dtype="f4")
    assert np.array_equal(bits(sort(X)), bits(np.sort(X, axis=1)))
    assert np.array_equal(kth_smallest(X, 2), np.sort(X, axis=1)[:, 1])


def test_a_million_rows_of_four_in_one_call_equal_numpy_to_the_bit():
    X = np.random.default_rng(1).standard_normal((1_000_000, 4))
    assert np.array_equal(bits(sort(X)), bits(np.sort(X, axis=1)))


@pytest.mark.parametrize("dtype", ["f8", "f4", "f2"])
@pytest.mark.parametrize("n", [2, 3, 4, 7, 16])
def test_neighbours_of_a_few_ulp_are_told_apart(n, dtype):
    start = np.dtype(dtype).type(1.5)
    ladder = [start]
    for _ in range(n - 1):
        ladder.append(np.nextafter(ladder[-1], np.dtype(dtype).type(9)))
    X = np.array([np.random.default_rng(k).permutation(ladder) for k in range(50)], dtype)
    assert np.array_equal(bits(sort(X)), bits(np.tile(np.array(ladder, dtype), (50, 1))))


SPECIAL = (0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, 5e-324, -5e-324, 1.7e308, -1.7e308, math.nan)


@given(st.lists(st.sampled_from(SPECIAL) | st.floats(width=64), max_size=20), st.sampled_from(["rows", "columns", "fortran"]))
@examples(150)
def test_every_number_comes_out_as_it_went_in_with_negative_zero_first_and_nan_last(values, layout):
    x = np.array(values)
    X = {"rows": x[None], "columns": x[:, None], "fortran": np.asfortranarray(np.stack([x, x[::-1]]))}[layout]
    found = sort(X, axis=0 if layout == "columns" else 1).T.ravel() if layout == "columns" else sort(X)[0]
    wanted = sorted(values, key=lambda v: (math.isnan(v), v if not math.isnan(v) else 0, math.copysign(1, v) if v == 0 else 0))
    assert [v.hex() if not math.isnan(v) else "nan" for v in found.tolist()] == [v.hex() if not math.isnan(v) else "nan" for v in wanted]


@pytest.mark.parametrize("dtype", ["f8", "f4", "f2"])
def test_one_negative_zero_or_nan_in_a_large_array_is_not_lost(dtype):
    X = np.random.default_rng(2).standard_normal((50_000, 5)).astype(dtype)
    X[12_345, 2:5] = 0.0, -0.0, 0.0
    X[40_000, 3] = np.nan
    found = sort(X)
    assert np.array_equal(found, np.sort(X, axis=1), equal_nan=True)
    assert (np.signbit(found[12_345]) & (found[12_345] == 0)).sum() == 1
    assert np.array_equal(kth_smallest(X, 5), np.sort(X, axis=1)[:, 4], equal_nan=True)
    assert np.array_equal(kth_smallest(X, 1), np.sort(X, axis=1)[:, 0])


def test_a_nan_is_noticed_although_no_output_of_a_broken_network_depends_on_all_inputs():
    X = np.array([[1.0, np.nan, 3.0, 2.0]] * 3)
    assert np.array_equal(sort(X, Network(4, [(0, 1), (2, 3)])), [[1.0, np.nan, 2.0, 3.0]] * 3, equal_nan=True)
    assert np.array_equal(sort(X, Network(4)), X, equal_nan=True)


def test_large_integers_stay_exact():
    X = np.array([[2**63 - 1, 2**63 - 2, -(2**63)], [2**53 + 1, 2**53, 2**53 + 2]])
    assert sort(X).tolist() == [sorted(row) for row in X.tolist()]
    assert sort(np.array([2**64 - 1, 2**64 - 2], "u8")).tolist() == [2**64 - 2, 2**64 - 1]


@pytest.mark.parametrize(
    ("X", "more", "message"),
    [
        (["a", "b"], {}, "real numbers of at most 64 bits, got <U1"),
        ([1j], {}, "complex128"),
        ([2**70, 1], {}, "got object"),
        (np.ones(2, np.longdouble), {}, "at most 64 bits"),
        (["2020-01-01"], {}, "real numbers"),
        ([[1, 2], [3]], {}, "rows of one length"),
        (3, {}, "is a single number"),
        ([1, 2], {"axis": 1}, "axis 1 is not there: the array has 1 axis"),
        ([1, 2, 3], {"network": network("merge", 4)}, "takes 4 numbers, got 3"),
        ([1, 2, 3], {"network": "mirge"}, "did you mean 'merge'"),
    ],
)
def test_what_cannot_be_sorted_is_a_clear_error(X, more, message):
    with pytest.raises(InputError) as error:
        sort(X, **more)
    assert message in str(error.value)


@pytest.mark.parametrize("k", [0, 4, 1.5])
def test_a_kth_smallest_that_is_not_there_is_a_clear_error(k):
    with pytest.raises(InputError, match="k must be a whole number from 1 to 3"):
        kth_smallest([3, 1, 2], k)


@every_family
@pytest.mark.parametrize("fills", [False, True])
@pytest.mark.parametrize("stays", [False, True])
def test_a_plan_reads_what_it_has_written_and_writes_every_output(family, fills, stays):
    for net in (network(family, 9), prune(network(family, 9), 4), network(family, 0), Network(4, [(0, 3)])):
        plan = plan_of(net, fills, stays)
        first, count = net.n * (1 + fills), net.n + plan.buffers
        written = {*range(first)} if not fills else {*range(net.n, first)}
        outputs = {*range(-len(net.outputs), 0)}
        for _, p, q, r in plan.steps:
            assert {p, q} <= written
            assert net.n <= r < count or r in outputs
            written.add(r)
        assert {r for _, r in plan.copies} | written >= outputs


# --- the gradient ---------------------------------------------------------------------------------------------------------------


@every_family
@pytest.mark.parametrize("n", [0, 1, 2, 5, 8])
def test_the_jacobian_is_the_permutation_matrix_that_sorts(family, n):
    x = np.random.default_rng(n).permutation(n) * 1.5 - 2
    J = jacobian(network(family, n), x)
    assert np.array_equal(J, np.eye(n)[np.argsort(x)])
    assert np.array_equal(J @ x, np.sort(x))


def test_the_jacobian_at_ties_shares_and_its_rows_and_columns_add_up_to_one():
    assert np.array_equal(jacobian(network("merge", 2), [3, 3]), [[0.5, 0.5], [0.5, 0.5]])
    for family in FAMILIES:
        J = jacobian(network(family, 5), [2, 1, 2, 2, 0])
        assert np.allclose(J.sum(0), 1) and np.allclose(J.sum(1), 1) and (J >= 0).all()
        assert np.array_equal(J[:2], np.eye(5)[[4, 1]])


def test_the_jacobian_of_a_pruned_network_is_a_row():
    assert np.array_equal(jacobian(prune(network("merge", 4), 3), [3, 1, 4, 2]), [[1, 0, 0, 0]])


@pytest.mark.parametrize("x", [[1, 2], [1, 2, np.nan], [1, 2, np.inf], [[1, 2, 3]], ["a", "b", "c"]])
def test_the_jacobian_needs_n_finite_numbers(x):
    with pytest.raises(InputError, match="3 finite numbers"):
        jacobian(network("merge", 3), x)


def test_every_error_is_one_of_the_family():
    assert all(issubclass(kind, A1vizError) for kind in (InputError, GraphError, OutputError))


@pytest.mark.parametrize("suffix", ["toml", "json"])
def test_a_pruned_network_keeps_its_outputs_in_a_file(suffix, tmp_path):
    pruned = prune(network("bubble", 5), 3)
    save(pruned, tmp_path / f"pruned.{suffix}")
    assert load(tmp_path / f"pruned.{suffix}") == pruned


@pytest.mark.parametrize(
    "text",
    [
        "0:2,1:3\n0:1,2:3\n1:2\n", "0:2 1:3 # two at a time\n\n0:1;2:3\r\n1:2", "0:2, 1:3, 0:1, 2:3, 1:2",
        "[[0,2],[1,3],[0,1],[2,3],[1,2]]",
        '{"N": 4, "nw": [[0,2],[1,3],[0,1],[2,3],[1,2]]}', 'title = "T"\ncomparators = [[1,3],[2,4],[1,2],[3,4],[2,3]]',
    ],
)  # fmt: skip
def test_the_text_of_a_network_is_read_whatever_its_form(text):
    assert loads(text) == Network(4, [(0, 2), (1, 3), (0, 1), (2, 3), (1, 2)])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("0:1 x", "line 1: expected pairs of wires such as 0:1,2:3, counted from 0, got 'x'"),
        ("0:1\n1:0", "comparator 2"),
        ("", "there are no comparators"),
        ("0:1:2", "expected pairs"),
        ("[[0, 1]", "not JSON"),
        ("comparators = [", "not TOML"),
        ("comparators = [[1, 2]]\noutputs = ['z']", "outputs of a network are wires such as y1, got \\['z'\\]"),
        ("comparators = [[1, 2]]\noutputs = [1]", "outputs of a network are wires such as y1"),
        ('{"nw": [[0, 1]], "outputs": [7]}', "outputs must be wires from 0 to 1"),
    ],
)
def test_a_text_that_is_no_network_is_refused(text, told):
    with pytest.raises(InputError, match=told):
        loads(text)


def test_a_text_file_of_pairs_is_a_network(tmp_path):
    (tmp_path / "four.txt").write_text("0:1,2:3\n")
    assert load(tmp_path / "four.txt").comparators == ((0, 1), (2, 3))
