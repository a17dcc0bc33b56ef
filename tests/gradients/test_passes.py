"""The table of question 2.2.3: counted from graphs, equal to what loops in plain Python do, and to what the interpreter allocates."""

from __future__ import annotations

import itertools
import json
import tracemalloc
from collections.abc import Callable, Iterable
from fractions import Fraction

import numpy as np
import pytest

from a1viz.base.errors import InputError
from a1viz.calculus.autodiff import backward
from a1viz.calculus.costs import Polynomial, cost, multiplications
from a1viz.calculus.interpreter import execute
from a1viz.gradients.cost_hints import backward_ratio, hints, kept_from_forward, pays_from
from a1viz.gradients.cost_table import (
    METHODS,
    PASSES,
    Convention,
    big_o,
    count_pass,
    deep_network,
    in_layers,
    pass_graph,
    pass_nodes,
    pass_table,
)
from a1viz.gradients.norm_graphs import norm_graph
from a1viz.graph.equations import parse
from a1viz.graph.leaves import gather
from a1viz.graph.nodes import Graph

CONVENTIONS = [Convention(*flags) for flags in itertools.product((False, True), repeat=3)]


# --- multiplications, by loops ------------------------------------------------------------------------------------------------


class Tally:
    """Multiplies two numbers, and remembers how often it has."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, a: float, b: float) -> float:
        self.count += 1
        return a * b


def dot(a, b, times):
    total = 0.0
    for x, y in zip(a, b, strict=True):
        total += times(x, y)
    return total


def flat(value):
    return [x for part in value for x in flat(part)] if isinstance(value, list) else [value]


def each(function, *values):
    """Entry by entry; a scalar goes with every entry."""
    if not any(isinstance(v, list) for v in values):
        return function(*values)
    n = max(len(v) for v in values if isinstance(v, list))
    return [each(function, *(v[k] if isinstance(v, list) else v for v in values)) for k in range(n)]


def transposed(A):
    return [list(column) for column in zip(*A, strict=True)]


LOOPS: dict[str, Callable] = {
    "identity": lambda times, x: x,
    "add": lambda times, a, b: each(lambda x, y: x + y, a, b),
    "sub": lambda times, a, b: each(lambda x, y: x - y, a, b),
    "mul": lambda times, a, b: each(times, a, b),
    "relu": lambda times, x: each(lambda v: max(v, 0.0), x),
    "step": lambda times, x: each(lambda v: float(v > 0), x),
    "transpose": lambda times, A: transposed(A),
    "matvec": lambda times, W, x: [dot(row, x, times) for row in W],
    "vecmat": lambda times, x, W: [dot(x, column, times) for column in transposed(W)],
    "matmul": lambda times, A, B: [[dot(row, column, times) for column in transposed(B)] for row in A],
    "outer": lambda times, a, b: [[times(x, y) for y in b] for x in a],
    "inner": lambda times, a, b: dot(flat(a), flat(b), times),
    "norm2": lambda times, x: dot(flat(x), flat(x), times),
    "fill": lambda times, s, x: each(lambda v, _: v, s, x),
}


def in_loops(graph: Graph, values: dict[str, np.ndarray], counted: Iterable[str] = ()) -> tuple[dict[str, object], int]:
    """Every node's value for one example, computed by loops over lists, and the multiplications of all, or of those `counted`."""
    found: dict[str, object] = {}
    total = 0
    for node in graph.nodes:
        if node.is_leaf:
            found[node.name] = float(node.value) if node.op == "constant" else values[node.name].tolist()
        else:
            times = Tally()
            found[node.name] = LOOPS[node.op](times, *(found[i] for i in node.inputs))
            total += times.count if not counted or node.name in counted else 0
    return found, total


def random_values(graph: Graph, sizes: dict[str, int]) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {leaf.name: rng.integers(-3, 4, [sizes.get(d, d) for d in leaf.shape]).astype(float) for leaf in graph.leaves}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("D", [1, 2, 4])
@pytest.mark.parametrize("K", [1, 2, 3])
def test_the_table_is_what_loops_multiply(K, D, method):
    for convention in (Convention(), Convention(input_error=True), Convention(last_product=False)):
        table, graph = pass_table(convention), pass_graph(K, method, convention)
        for name in PASSES:
            nodes = [node for node in pass_nodes(graph, K, name) if convention.last_product or node.op != "mul"]
            done = in_loops(graph, random_values(graph, {"D": D}), {node.name for node in nodes})[1]
            for N in (1, 2):
                assert table[name, method].multiplications.at({"N": N, "K": K, "D": D}) == N * done
                assert count_pass(K, name, method, convention)[0].at({"N": N, "D": D}) == N * done


def unequal(K: int) -> Graph:
    """K layers of different widths with biases and ReLUs."""
    lines = [f"h{k} = relu(W{k} @ {f'h{k - 1}' if k > 1 else 'x'} + b{k})" for k in range(1, K + 1)]
    shapes = {f"W{k}": [f"D{k}", f"D{k - 1}"] for k in range(1, K + 1)} | {f"b{k}": [f"D{k}"] for k in range(1, K + 1)}
    return parse("\n".join(lines), shapes, "unequal", x=["D0"])


SHARED = parse("h = relu(W @ x); g = relu(W.T @ h); y = W @ (g + x)", {"W": ["D1", "D0"]}, "shared", x=["D0"])
SEQUENCE = parse("Y = X @ W", {"W": ["D1", "D2"]}, "sequence", X=["D0", "D1"])


@pytest.mark.parametrize("way", ["naive", "identities"])
@pytest.mark.parametrize("graph", [unequal(1), unequal(2), unequal(3), SHARED, SEQUENCE], ids=["one", "two", "three", "shared", "sequence"])
def test_cost_is_what_loops_multiply_for_unequal_sizes_too(graph, way):
    norms = norm_graph(graph, graph.parameters, graph.outputs, way)
    for sizes in ({"D0": 3, "D1": 4, "D2": 2, "D3": 5}, {"D0": 1, "D1": 2, "D2": 1, "D3": 1}, {"D0": 5, "D1": 1, "D2": 3, "D3": 2}):
        for whole in (graph, backward(graph, graph.parameters, graph.outputs), norms):
            given = random_values(whole, sizes)
            found, done = in_loops(whole, given)
            assert cost(whole).multiplications.at(sizes) == done
            ours = execute(whole, gather(whole, given), whole.outputs)
            for name in whole.outputs:
                np.testing.assert_allclose(ours[name], np.array(found[name]), rtol=1e-12, atol=1e-12)


def test_the_loops_notice_a_wrong_count():
    """Against a planted fault: an outer product that multiplied once too often would be seen."""
    graph = backward(deep_network(1), ["W1"], ["y"])
    assert in_loops(graph, random_values(graph, {"D": 3}))[1] == multiplications(graph, graph["W1_bar"]).at({"D": 3}) == 9


# --- memory -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("itemsize", [4, 8])
@pytest.mark.parametrize("convention", CONVENTIONS, ids=lambda c: f"{c.input_error:d}{c.last_product:d}{c.keep_gradients:d}")
@pytest.mark.parametrize("method", METHODS)
def test_the_bytes_are_what_the_interpreter_allocates_when_it_keeps_everything(method, convention, itemsize):
    """The table's memory without what is given (parameters, x, y_bar), within 2 % and 150 kB for Python's objects and NumPy's buffers."""
    K, N, D = 3, 120, 50
    graph = pass_graph(K, method, convention)
    sizes = {"N": N, "K": K, "D": D}
    rng = np.random.default_rng(0)
    dtype = {4: np.float32, 8: np.float64}[itemsize]
    given = {leaf.name: rng.standard_normal((D, D) if leaf.op == "parameter" else (N, D)).astype(dtype) for leaf in graph.leaves}
    inputs = gather(graph, given)
    names = [node.name for node in graph.nodes]
    execute(graph, inputs, names)
    tracemalloc.start()
    kept = execute(graph, inputs, names)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    table = pass_table(convention)
    stored = sum(table[name, method].bytes_at(sizes, itemsize) for name in PASSES) - sum(value.nbytes for value in given.values())
    assert stored == sum(value.nbytes for name, value in kept.items() if not graph[name].is_leaf)
    assert stored <= peak + 1000
    assert peak <= 1.02 * stored + 150_000


def test_memory_of_the_naive_backward_pass_is_a_matrix_an_example_and_of_the_efficient_one_a_vector():
    table = pass_table()
    assert table["backward", "naive"].memory == "O(N K D^2)"
    assert table["backward", "efficient"].memory == "O(N K D)"
    assert table["backward", "naive"].bytes_at({"N": 2, "K": 3, "D": 4}, 4) == 4 * (2 * 3 * 16 + 2 * 3 * 4)


def test_kept_gradients_are_totals_and_stored_once():
    one, other = pass_table(), pass_table(Convention(keep_gradients=True))
    difference = other["backward", "efficient"].numbers - one["backward", "efficient"].numbers
    assert difference.text("NKD") == "K D^2"
    assert (other["backward", "efficient"].multiplications - one["backward", "efficient"].multiplications).text("NKD") == "N K D^2"
    assert other["backward", "naive"] == one["backward", "naive"]


# --- the table ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("convention", CONVENTIONS, ids=lambda c: f"{c.input_error:d}{c.last_product:d}{c.keep_gradients:d}")
def test_the_counts_of_more_layers_lie_on_the_polynomial(convention):
    for entry in pass_table(convention).entries:
        for K in (5, 7):
            found = count_pass(K, entry.name, entry.method, convention)
            for at in ({"N": 3, "D": 2}, {"N": 2, "D": 5}):
                assert [p.at(at) for p in found] == [p.at({**at, "K": K}) for p in (entry.multiplications, entry.numbers)]


def test_a_count_that_is_not_linear_in_the_layers_is_noticed():
    D = Polynomial.product(["D"])
    assert in_layers([D, D + D, D + D + D]).text() == "D K"
    with pytest.raises(AssertionError, match="3 layers is not linear"):
        in_layers([D, D + D, D * D])


def test_the_rows_are_text_and_the_records_json():
    table = pass_table()
    assert table.rows()[3] == ("backward", "efficient", "N K D^2 - N D^2", "O(N K D)")
    assert table.rows({"N": 2, "K": 3, "D": 4})[3] == ("backward", "efficient", "N K D^2 - N D^2", "O(N K D)", "64", "24")
    records = json.loads(json.dumps(table.records({"N": 2, "K": 3, "D": 4}, itemsize=4)))
    assert records[3] == {
        "pass": "backward", "method": "efficient", "multiplications": "N K D^2 - N D^2", "numbers": "N K D", "memory": "O(N K D)",
        "multiplications_at_sizes": 64, "bytes_at_sizes": 96,
    }  # fmt: skip
    assert set(table.records()[0]) == {"pass", "method", "multiplications", "numbers", "memory"}


def test_the_convention_is_said_in_words():
    assert "is not computed" in str(pass_table())
    assert "the efficient way also computes the gradient of the batch" in str(pass_table(Convention(keep_gradients=True)))
    assert pass_table(Convention(last_product=False))["gradient norms", "efficient"].multiplications.text("NKD") == "2 N K D"


@pytest.mark.parametrize(
    ("text", "o"),
    [("1 + N", "O(N)"), ("N*K + N*D*D + D*D", "O(N D^2 + N K)"), ("3", "O(1)"), ("", "O(0)")],
)
def test_big_o_keeps_the_terms_no_other_swallows(text, o):
    total = Polynomial()
    for term in filter(None, text.split(" + ")):
        total = total + Polynomial.product([int(f) if f.isdigit() else f for f in term.split("*")])
    assert big_o(total) == o


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ([], "0"),
        ([[-1]], "-1"),
        ([["D", -1], [3]], "-D + 3"),
        ([["D", "D", "K", "N"], ["N", "D", -2]], "N K D^2 - 2 N D"),
        ([["a", "D"], [-1, "N"]], "D a - N"),
    ],
)
def test_a_polynomial_prints_in_the_paper_s_order_with_minus_signs(text, printed):
    total = Polynomial()
    for dims in text:
        total = total + Polynomial.product(dims)
    assert total.text("NKD") == printed


def test_a_network_without_layers_and_an_unknown_method_are_refused():
    with pytest.raises(InputError, match="at least 1 layer, got 0"):
        deep_network(0)
    with pytest.raises(InputError, match="unknown method 'efficent'; did you mean 'efficient'"):
        pass_graph(2, "efficent")


# --- the hints ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("K", [1, 2, 5])
def test_the_inputs_of_the_layers_must_be_kept_and_the_weights_above_the_first(K):
    kept = kept_from_forward(deep_network(K), ["y"])
    assert sorted(kept) == sorted(["x", *(f"h{k}" for k in range(1, K)), *(f"W{k}" for k in range(2, K + 1))])


def test_the_backward_pass_costs_nearly_twice_the_forward_pass():
    assert [backward_ratio(k) for k in (1, 2, 3, 50)] == [Fraction(2 * k - 1, k) for k in (1, 2, 3, 50)]
    assert backward_ratio(7, Convention(input_error=True)) == 2


def test_the_trick_pays_from_the_width_where_the_counts_say_so():
    table = pass_table()
    norms = [table["gradient norms", method].multiplications for method in ("efficient", "naive")]
    both = [table["backward", m].multiplications + n for m, n in zip(("efficient", "naive"), norms, strict=True)]
    for pair in (norms, both):
        for K, N in ((1, 1), (3, 2), (10, 7)):
            start = pays_from(*pair, N=N, K=K)
            cheaper = [pair[0].at({"N": N, "K": K, "D": D}) < pair[1].at({"N": N, "K": K, "D": D}) for D in range(1, 50)]
            assert cheaper == [D >= start for D in range(1, 50)]
    assert pays_from(*norms, N=1, K=1) == 3  # 2 D + 1 < D^2
    assert pays_from(*both, N=1, K=1) == 2  # 2 D + 1 < 2 D^2


def test_a_size_from_which_nothing_pays_is_none_and_one_that_always_pays_is_1():
    D, one = Polynomial.product(["D"]), Polynomial.product([])
    assert pays_from(D * D, D) is None
    assert pays_from(D, D) is None
    assert pays_from(D, D + one) == 1
    five, six = (Polynomial.product([n]) for n in (5, 6))
    assert pays_from(five * D, D * D + six) == 4  # it pays at 1 too, but not at 2 and 3


def test_the_hints_say_the_counted_numbers():
    keep, twice, pays = hints()
    assert "x, h1, h2 and W2, W3" in keep
    assert "2 N K D^2 - N D^2 multiplications, the forward pass N K D^2" in twice
    assert "1.99 for K = 100" in twice
    assert "fewer from D = 3 on" in pays
    assert "The ratio is 2 for every K." in hints(Convention(input_error=True))[1]
