"""Inner products of Jacobians: every order gives what finite differences give, and the chooser takes the cheapest."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st
from networks import NETWORKS, SIZES, example, network, values

from a1viz.base.array_formats import array_text
from a1viz.base.errors import GraphError, InputError
from a1viz.calculus.autodiff import tangent
from a1viz.calculus.interpreter import grad, run
from a1viz.gradients import jacobians
from a1viz.gradients.contraction import ALIASES, CONTRACT, FORMING, KNOWN, ORDERS, cheapest, chosen_order, order_cost, outer_terms
from a1viz.gradients.jacobians import factors, layer_sizes
from a1viz.gradients.kernel import ntk
from a1viz.gradients.norms import gradient_norms
from a1viz.graph.catalog import catalogue
from a1viz.graph.document import Document
from a1viz.graph.documents import load
from a1viz.graph.equations import parse
from a1viz.graph.leaves import gather
from a1viz.graph.nodes import Builder, Graph, with_outputs
from a1viz.graph.sizes import size_of
from a1viz.plan import BATCH, SEEDS, plans_of


def inputs_of(graph: Graph, given: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: value for name, value in given.items() if graph[name].op != "parameter"}


def two(name: str, batches: tuple[int | None, int | None]) -> tuple[Graph, dict, dict, dict]:
    """A network, two different examples or batches of them, and parameters."""
    graph = network(name)
    first, second = values(graph, batches[0], seed=1), values(graph, batches[1], seed=2)
    weights = {p: first[p] for p in graph.parameters}
    return graph, inputs_of(graph, first), inputs_of(graph, second), weights


def jacobian(graph: Graph, given: dict[str, np.ndarray], parameter: str) -> np.ndarray:
    """O x P for one example, by one gradient for each entry of the output: shares nothing with ntk but the backward graph."""
    output = graph.outputs[0]
    shape = tuple(size_of(d, SIZES) for d in graph[output].shape)
    rows = []
    for k in range(int(np.prod(shape, dtype=int))):
        unit = np.zeros(shape)
        unit.reshape(-1)[k] = 1
        rows.append(grad(graph, [parameter], {output: unit}, **given)[f"{parameter}_bar"].ravel())
    return np.array(rows)


# --- all orders agree ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_every_order_gives_the_product_of_the_jacobians(name):
    graph, x1, x2, weights = two(name, (None, None))
    rows = {p: [jacobian(graph, {**x, **weights}, p) for x in (x1, x2)] for p in graph.parameters}
    expected = {p: J1 @ J2.T if graph[graph.outputs[0]].shape else (J1 @ J2.T)[0, 0] for p, (J1, J2) in rows.items()}
    for order in ("auto", "vjp", *ORDERS):
        kernel = ntk(graph, x1, x2, order, **weights)
        assert list(kernel.by_parameter) == list(graph.parameters)
        for p in graph.parameters:
            assert kernel.by_parameter[p].shape == expected[p].shape
            np.testing.assert_allclose(kernel.by_parameter[p], expected[p], rtol=1e-9, atol=1e-10, err_msg=f"{p}, {order}")
        np.testing.assert_allclose(kernel.total, sum(expected.values()), rtol=1e-9, atol=1e-10)
        assert not np.any(kernel.by_parameter["unused"])


@pytest.mark.parametrize("batches", [(3, None), (None, 2), (3, 2), (1, 1), (0, 2)], ids=str)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_batch_gives_every_pair(name, batches):
    graph, x1, x2, weights = two(name, batches)
    kernels = {order: ntk(graph, x1, x2, order, **weights) for order in ("auto", "vjp", "outside-in", "inside-out-left")}
    core = tuple(size_of(d, SIZES) for d in graph[graph.outputs[0]].shape) * 2
    for order, kernel in kernels.items():
        assert kernel.total.shape == (*(n for n in batches if n is not None), *core), order
        np.testing.assert_allclose(kernel.total, kernels["auto"].total, rtol=1e-9, atol=1e-10)
    if batches == (3, 2):
        for i, j in itertools.product(range(3), range(2)):
            pair = ntk(graph, example(graph, x1, i), example(graph, x2, j), **weights)
            np.testing.assert_allclose(pair.total, kernels["auto"].total[i, j], rtol=1e-9, atol=1e-10)


def vector_of(graph: Graph) -> str:
    """An output that is a scalar or a vector, if there is one."""
    return next((name for name in graph.outputs if len(graph[name].shape) < 2), "")


@pytest.mark.parametrize("name", [name for name in catalogue() if load(name).parameters and vector_of(load(name))])
def test_every_document_has_the_products_of_its_jacobians(name):
    graph = load(name)
    output, found = vector_of(graph), run(graph, trace=True)
    rng = np.random.default_rng(0)
    weights = {p: found[p] for p in graph.parameters}
    first = {leaf.name: found[leaf.name] for leaf in graph.leaves if leaf.op != "parameter"}
    second = {n: v if graph[n].op == "label" else v + 0.1 * rng.standard_normal(v.shape) for n, v in first.items()}
    units = np.eye(found[output].size).reshape(-1, *found[output].shape)
    rows = [[grad(graph, graph.parameters, {output: unit}, **x, **weights) for unit in units] for x in (first, second)]
    for order in ("auto", "vjp"):
        kernel = ntk(graph, first, second, order, output=output, **weights)
        for p in graph.parameters:
            J1, J2 = (np.array([gradients[f"{p}_bar"].ravel() for gradients in of]) for of in rows)
            np.testing.assert_allclose(np.atleast_2d(kernel.by_parameter[p]), J1 @ J2.T, rtol=1e-7, atol=1e-8, err_msg=f"{p}, {order}")
    batches = [{n: np.stack([v] * k) for n, v in x.items()} for k, x in ((2, first), (3, second))]
    many = ntk(graph, *batches, output=output, **weights)
    np.testing.assert_allclose(many.total, np.broadcast_to(kernel.total, many.total.shape), rtol=1e-7, atol=1e-8)


STRUCTURED = {  # whether each parameter's gradient is a sum of outer products, or a vector or scalar
    "layer": True, "two layers": True, "shared": True, "tied": True, "square and tied": True, "quadratic form": True, "stacked": True,
    "shared between inputs": True, "tied, the transpose named": True, "used three times at once": True, "in a sum of matrices": True,
    "bilinear": True, "embedding of one": True, "embedding": False,
    "sequence": False, "elementwise": False, "low rank": False, "weight decay": False, "fed by the parameters alone": False,
}  # fmt: skip


@pytest.mark.parametrize("name", STRUCTURED)
def test_the_structured_order_applies_where_gradients_are_sums_of_outer_products(name):
    graph, x1, x2, weights = two(name, (2, 3))
    auto = ntk(graph, x1, x2, **weights)
    assert all("structured" in costs for costs in auto.costs.values()) == STRUCTURED[name]
    if STRUCTURED[name]:
        kernel = ntk(graph, x1, x2, "structured", **weights)
        np.testing.assert_allclose(kernel.total, auto.total, rtol=1e-9, atol=1e-12)
        assert set(kernel.chosen.values()) == {"structured"}
    else:
        with pytest.raises(InputError, match="is not a sum of outer products, so there is no structured order; use one of auto, vjp"):
            ntk(graph, x1, x2, "structured", **weights)


@examples(30)
@given(
    st.lists(st.sampled_from(["A", "A.T", "B", "(A + B)", "(A - B.T)", "(-A)"]), min_size=1, max_size=4),
    st.integers(1, 3),
    st.integers(0, 10**6),
)
def test_random_chains_agree_in_every_order(weights, outputs, seed):
    h, lines = "x", []
    for k, weight in enumerate(weights):
        lines.append(f"h{k} = tanh({weight} @ {h} + r)")
        h = f"h{k}"
    graph = parse("\n".join([*lines, f"y = C @ {h}"]), {"A": [3, 3], "B": [3, 3], "r": [3], "C": [outputs, 3]}, x=[3])
    rng = np.random.default_rng(seed)
    given = {p: rng.standard_normal(graph[p].shape) for p in graph.parameters}
    x1, x2 = rng.standard_normal((2, 3)), rng.standard_normal(3)
    found = [ntk(graph, x1, x2, order, **given).total for order in KNOWN]
    for theta in found[1:]:
        np.testing.assert_allclose(theta, found[0], rtol=1e-8, atol=1e-9)


def test_a_weight_doubled_sixty_times_has_two_terms_at_most():
    text = "; ".join(["A0 = W + W.T", *(f"A{k} = A{k - 1} + A{k - 1}" for k in range(1, 60)), "y = A59 @ x"])
    graph = parse(text, {"W": [2, 2]}, x=[2])
    kernel = ntk(graph, [1, 2], [3, 4], "structured", W=np.eye(2))
    assert kernel.costs["W"]["structured"] < 100
    np.testing.assert_allclose(kernel.total, ntk(graph, [1, 2], [3, 4], "vjp", W=np.eye(2)).total, rtol=1e-12)


# --- what it is ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["auto", *ORDERS])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_diagonal_with_one_output_is_the_squared_gradient_norm(name, order):
    graph = network(name, loss=True)
    given = values(graph, 3)
    x, weights = inputs_of(graph, given), {p: given[p] for p in graph.parameters}
    kernel, norms = ntk(graph, x, x, order, **weights), gradient_norms(graph, **given)
    for p in graph.parameters:
        np.testing.assert_allclose(np.diag(kernel.by_parameter[p]), norms[p], rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(np.diag(kernel.total), sum(norms.values()), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("name", ["layer", "tied", "classifier", "elementwise", "sequence"])
def test_the_kernel_of_a_batch_with_itself_is_symmetric_and_positive_semidefinite(name):
    graph, x, _, weights = two(name, (4, None))
    theta = ntk(graph, x, x, **weights).total
    theta = theta if theta.ndim == 4 else theta[..., None, None]
    n, _, o, _ = theta.shape
    flat = theta.transpose(0, 2, 1, 3).reshape(n * o, n * o)
    np.testing.assert_allclose(flat, flat.T, rtol=1e-10, atol=1e-12)
    assert np.linalg.eigvalsh(flat).min() > -1e-10 * np.abs(flat).max()


@pytest.mark.parametrize("name", NETWORKS)
def test_the_two_factors_make_the_jacobian_of_finite_differences(name):
    graph = network(name)
    given = {n: v.copy() for n, v in values(graph, seed=3).items()}
    inputs = gather(graph, given)
    output = graph.outputs[0]
    for p in graph.parameters:
        m1, m2 = factors(graph, p, output, inputs)
        O, Y, P = layer_sizes(graph, p, output, inputs)
        assert (m1.shape, m2.shape) == ((1, O, Y), (1, Y, P))
        slopes = np.empty((O, P))
        for k in range(P):
            ends = []
            for step in (1e-6, -1e-6):
                moved = given[p].copy()
                moved.reshape(-1)[k] += step
                ends.append(np.ravel(run(graph, **{**given, p: moved})[output]))
            slopes[:, k] = (ends[0] - ends[1]) / 2e-6
        np.testing.assert_allclose(m1[0] @ m2[0], slopes, rtol=1e-6, atol=1e-7, err_msg=p)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_two_factors_are_the_jacobian_vector_products_of_the_tangent_graph(name):
    """M1 M2 u, by pushing the tangent u forward; the factors come from pulling cotangents back."""
    graph = network(name)
    given = values(graph, 2, seed=4)
    inputs, output = gather(graph, given), graph.outputs[0]
    for p in graph.parameters:
        m1, m2 = factors(graph, p, output, inputs)
        u = np.random.default_rng(5).standard_normal(given[p].shape)
        pushed = run(tangent(graph, [p]), **given, **{f"{p}_dot": u})[f"{output}_dot"]
        pushed = np.broadcast_to(pushed, (2, *pushed.shape[pushed.ndim - len(graph[output].shape) :])).reshape(2, -1)
        np.testing.assert_allclose((m1 @ m2) @ u.ravel(), pushed, rtol=1e-10, atol=1e-12, err_msg=p)


def test_float32_stays_float32():
    graph, x1, x2, weights = two("tied", (2, 2))
    cast = [{n: v.astype("f") for n, v in table.items()} for table in (x1, x2, weights)]
    for order in ("auto", *ORDERS):
        kernel = ntk(graph, *cast[:2], order, **cast[2])
        assert kernel.total.dtype == np.float32
        np.testing.assert_allclose(kernel.total, ntk(graph, x1, x2, **weights).total, rtol=1e-3, atol=1e-3)


# --- costs and the choice -----------------------------------------------------------------------------------------------------


class Counting:
    """A matrix that counts the multiplications of its products, as the schoolbook does them."""

    def __init__(self, shape: tuple[int, int], tally: list[int]) -> None:
        self.shape, self.tally = shape, tally

    def __matmul__(self, other: Counting) -> Counting:
        assert self.shape[1] == other.shape[0]
        self.tally.append(self.shape[0] * self.shape[1] * other.shape[1])
        return Counting((self.shape[0], other.shape[1]), self.tally)


@pytest.mark.parametrize("order", ORDERS)
def test_the_cost_of_an_order_is_what_its_products_multiply(order):
    for O, Y, P in itertools.product((1, 2, 3, 7), repeat=3):
        tally: list[int] = []
        CONTRACT[order](*(Counting(shape, tally) for shape in ((O, Y), (Y, P), (P, Y), (Y, O))))
        assert order_cost(order, O, Y, P) == sum(tally)


def test_the_chooser_is_right_on_every_size_triple_of_a_grid():
    sizes = (1, 2, 3, 4, 5, 8, 13, 21, 64)
    for O, Y, P in itertools.product(sizes, repeat=3):
        tallies: dict[str, int] = {}
        for order, contract in CONTRACT.items():
            tally: list[int] = []
            contract(*(Counting(shape, tally) for shape in ((O, Y), (Y, P), (P, Y), (Y, O))))
            tallies[order] = sum(tally)
        assert tallies[cheapest(O, Y, P)] == min(tallies.values()), (O, Y, P)


def test_each_of_the_three_kinds_of_order_is_the_cheapest_somewhere_or_ties():
    chosen = {cheapest(*sizes) for sizes in itertools.product((1, 2, 5, 20, 100), repeat=3)}
    assert {"outside-in", "left-to-right", "inside-out-left"} <= chosen


@pytest.mark.parametrize("name", NETWORKS)
def test_auto_takes_for_each_parameter_the_fewest_multiplications(name):
    graph, x1, x2, weights = two(name, (None, None))
    kernel = ntk(graph, x1, x2, **weights)
    for p, costs in kernel.costs.items():
        assert list(costs) == [order for order in KNOWN if order in costs]
        assert kernel.chosen[p] == min(costs, key=lambda order: costs[order] + FORMING * (order in ORDERS))
        assert {order: costs[order] for order in ORDERS} == {order: order_cost(order, *kernel.sizes[p]) for order in ORDERS}


def test_the_counted_costs_of_a_layer_are_those_of_the_formulas():
    """W of m x n under O outputs: structured O^2 m + n + O^2, by VJPs 2 O m n to form both Jacobians and O^2 m n for their product."""
    graph = parse("h = W @ x; y = V @ h", {"W": ["m", "n"], "V": ["O", "m"]}, x=["n"])
    for O, m, n in ((1, 1, 1), (2, 3, 5), (4, 1, 6)):
        costs = ntk(graph, np.ones(n), np.zeros(n), W=np.ones((m, n)), V=np.ones((O, m))).costs["W"]
        assert costs["structured"] == O * O * m + n + O * O
        assert costs["vjp"] == 2 * O * m * n + O * O * m * n
        assert costs["outside-in"] == 2 * O * m * (m * n) + O * O * m * n


@pytest.mark.parametrize("name", ["layer", "shared", "tied, the transpose named", "square and tied", "two layers"])
def test_the_structured_order_multiplies_what_it_is_said_to(name):
    """Every Gram matrix and product of two in the calls is tallied: the inputs of the layers are not repeated for each output.

    What is used twice is counted twice and computed once: here each pair of terms by itself. The Gram matrix of the unit cotangents is
    counted, and is never computed: it is the unit matrix.
    """
    graph, x1, x2, weights = two(name, (None, None))
    kernel = ntk(graph, x1, x2, "structured", **weights)
    plans = plans_of(graph, ("ntk", "structured", ""), None)
    (first, arrays1), (second, arrays2) = (plans.sides.find({**x, **weights}) for x in (x1, x2))
    plan = plans.kernel(first.about, second.about)

    def counted(call):
        def counting(a, b, out):
            call(a, b, out)
            if call is np.multiply:
                tally.append(out.size if a.ndim and b.ndim else 0)
            elif call is not np.add:
                tally.append(out.size * a.shape[1])

        return counting

    for name, terms in plan.sums.terms.items():
        tally = []
        for first, second in itertools.product(*terms):
            calls = replace(plan.sums, terms={name: ([first], [second])}).calls(False)
            calls.steps = [(counted(call), *places) for call, *places in calls.steps]
            calls.run((arrays1, arrays2), np.empty(plan.shape))
            pairs = zip(first[1:], second[1:], strict=True)
            tally += [kernel.sizes[name][0] ** 3 for pair in pairs if None not in pair and calls.are_units(pair)]
        assert kernel.costs[name]["structured"] == sum(tally), name


def test_the_kernel_prints_what_each_order_costs():
    text = str(ntk(load("two_layer"), [1, 3, 1], [1, 0, 0], "inside-out"))
    total, _, table = text.partition("\nparameter")
    head, more, w1, w2 = table.split("\n")
    assert total == array_text(ntk(load("two_layer"), [1, 3, 1], [1, 0, 0]).total)
    halves = iter(more.split())
    heads = [word + next(halves) if word.endswith("-") else word for word in head.split()]
    assert heads == ["O", "Y", "P", "structured", "vjp", *ORDERS, "chosen"]
    assert w1.split() == ["W1", "3", "3", "9", "39", "135", "243", "189", "189", "135", "135", "inside-out-left"]
    assert w2.split()[:4] == ["W2", "3", "3", "9"]


@pytest.mark.parametrize(("alias", "order"), [*ALIASES.items(), *((order, order) for order in ORDERS)])
def test_an_order_may_be_called_by_its_alias(alias, order):
    assert set(ntk(load("two_layer"), [1, 3, 1], [1, 0, 0], alias).chosen.values()) == {order}
    assert order_cost(alias, 2, 3, 5) == order_cost(order, 2, 3, 5)


# --- what is given ------------------------------------------------------------------------------------------------------------


def test_the_document_s_values_are_the_default():
    graph = load("two_layer")
    np.testing.assert_array_equal(ntk(graph).total, ntk(graph, graph.document.values["x"], {"x": graph.document.values["x"]}).total)


def test_parameters_that_are_drawn_are_the_same_for_both_examples():
    graph = parse("h = tanh(W @ x); y = V @ h", {"W": [4, 3], "V": [2, 4]}, x=[3])
    drawn = replace(graph, document=Document(path="mine.toml"))
    theta = ntk(drawn, [1, 2, 3], [1, 2, 3], rng=np.random.default_rng(0)).total
    assert abs(theta[0, 1]) > 1e-3
    np.testing.assert_allclose(theta, theta.T, rtol=1e-12)


def test_another_variable_may_be_the_output():
    graph = parse("h = tanh(W @ x); y = V @ h", {"W": [4, 3], "V": [2, 4]}, x=[3])
    rng = np.random.default_rng(0)
    given = {"W": rng.standard_normal((4, 3)), "V": rng.standard_normal((2, 4))}
    hidden = ntk(graph, [1, 2, 3], [3, 1, 0], output="h", **given)
    assert hidden.total.shape == (4, 4)
    assert not hidden.by_parameter["V"].any()
    np.testing.assert_allclose(hidden.total, ntk(with_outputs(graph, ["h"]), [1, 2, 3], [3, 1, 0], **given).total)


def test_parsed_text_takes_the_leaves_without_a_batch_axis_for_parameters():
    graph = parse("y = W @ x", x=[3], W=[2, 3])
    kernel = ntk(graph, np.ones((2, 3)), np.ones((4, 3)), W=np.ones((2, 3)))
    assert list(kernel.by_parameter) == ["W"]
    np.testing.assert_allclose(kernel.total, np.broadcast_to(3 * np.eye(2), (2, 4, 2, 2)))


def mixed() -> Graph:
    builder = Builder(parse("y = W @ x", {"W": [2, 3]}, x=[3]).nodes)
    builder.add("batch_sum", ["y"], name="total")
    return builder.graph("mixed", ["total"])


WX = parse("y = W @ x", {"W": ["H", "D"]}, "wx", x=["D"])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ntk(WX, order="insideout"), InputError, "unknown order 'insideout'; did you mean 'inside-out'"),
        (lambda: order_cost("structured", 1, 1, 1), InputError, "unknown order 'structured'; the orders are outside-in"),
        (lambda: ntk(parse("y = W @ X", {"W": [2, 2]}, X=[2, 2])), GraphError, "y is a matrix .2, 2.; the inner products"),
        (lambda: ntk(parse("y = W @ x; z = x + 1", {"W": [2, 2]}, x=[2])), InputError, "has 2 outputs; say output= one of y, z"),
        (lambda: ntk(parse("y = W @ x + u", {"W": [2, 2]}, "f", x=[2], u=[2]), [1, 2]), InputError,
         r"f has the inputs x, u; give x1 and x2 as tables such as \{'x': \.\.\.\}"),
        (lambda: ntk(WX, [1, 2], [1, 2, 3], W=np.ones((2, 2))), InputError, "value has shape .* expected .*, and D is"),
        (lambda: ntk(WX, [1, 2], [1, 2], W=np.ones((5, 2, 2))), InputError, "W has a batch axis"),
        (lambda: ntk(parse("y = norm2(X @ W)", {"W": [2, 2]}, X=["T", 2]), np.ones((3, 2)), np.ones((4, 2)), W=np.ones((2, 2))), InputError,
         "the two examples differ in size: T is 3 in x1 and 4 in x2"),
        (lambda: ntk(parse("y = x + 1", x=[2]), np.ones((3, 2)), np.ones((3, 2))), InputError, "has no parameters"),
        (lambda: ntk(mixed(), np.ones((4, 3)), W=np.ones((2, 3))), GraphError, "total: batch_sum mixes the examples of a batch"),
        (lambda: ntk(WX, output="z"), GraphError, "wx has no variable 'z'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said(call, error, message):
    with pytest.raises(error, match=message):
        call()


# --- the parts ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("G = outer(a, b)", [(1, "a", "b")]),
        ("G = outer(a, b).T", [(1, "b", "a")]),
        ("G = outer(a, b) - outer(b, a).T", []),
        ("G = -(outer(a, b) + outer(a, b))", [(-2, "a", "b")]),
        ("G = outer(a, b) * 2", None),
        ("G = outer(a, b) + M", None),
        ("G = outer(a, b) + a", None),
        ("G = a", [(1, "G", "")]),
    ],
)
def test_a_gradient_is_taken_apart_into_outer_products(text, terms):
    graph = parse(text, a=[2], b=[2], M=[2, 2])
    assert outer_terms(graph, "G") == terms


def test_what_all_cotangents_share_is_computed_once():
    """The forward pass is run for N examples, not for N x O."""
    graph, x1, _, weights = two("two layers", (2, 2))
    inputs = gather(graph, {**x1, **weights})
    whole = jacobians.backward_from(graph, graph.parameters, "y")
    plan = jacobians.pulled(graph, "y", inputs, {name: (whole, name) for name in whole.outputs}).program
    assert {plan.steps.items[k].lead for k in plan.results if plan.steps.items[k].op != "spread"} == {BATCH | SEEDS}
    shapes = {(name, operation): size for name, operation, _, size in plan.table}
    assert shapes["h", "tanh"] == 8 * 2 * SIZES["H"]
    assert shapes["y", "exp"] == 8 * 2 * SIZES["K"]
    assert 8 * 2 * SIZES["K"] * SIZES["H"] in shapes.values()  # the error vectors of h


def test_the_error_vectors_of_a_linear_output_are_the_rows_of_its_matrix():
    graph, x1, _, weights = two("shared", (2, 2))
    inputs = gather(graph, {**x1, **weights})
    whole = jacobians.backward_from(graph, ("A",), "y")
    plan = jacobians.pulled(graph, "y", inputs, {"g_bar": (whole, "g_bar")}).program
    assert [operation for _, operation, _, _ in plan.table] == ["rows"]


@pytest.mark.parametrize(("costs", "pairs", "order"), [
    ({"structured": FORMING + 1, "outside-in": 1}, 1, "structured"),
    ({"structured": FORMING + 2, "outside-in": 1}, 1, "outside-in"),
    ({"structured": FORMING // 2 + 2, "outside-in": 1}, 2, "outside-in"),
    ({"structured": 7, "vjp": 6, "outside-in": 5}, 1, "vjp"),
])  # fmt: skip
def test_the_calls_that_form_m2_count_as_multiplications(costs, pairs, order):
    assert chosen_order(costs, pairs) == order


# --- what stays between calls -----------------------------------------------------------------------------------------------------


def test_a_kernel_is_not_overwritten_by_later_calls_of_any_shape():
    graph, x1, x2, weights = two("two layers", (3, 2))
    kernels, copies = [], []
    for first, second in ((x1, x2), (x2, x1), (x1, x1), (x2, x2), (x1, x2)):
        kernels.append(ntk(graph, first, second, **weights))
        copies.append({"total": kernels[-1].total.copy(), **{name: part.copy() for name, part in kernels[-1].by_parameter.items()}})
    for kernel, copy in zip(kernels, copies, strict=True):
        for name, part in {"total": kernel.total, **kernel.by_parameter}.items():
            np.testing.assert_array_equal(part, copy[name])
    np.testing.assert_array_equal(kernels[0].total, kernels[-1].total)


def test_the_same_example_given_twice_gives_what_equal_examples_give():
    graph, x1, _, weights = two("classifier", (3, None))
    again = {name: array.copy() for name, array in x1.items()}
    np.testing.assert_allclose(ntk(graph, x1, x1, **weights).total, ntk(graph, x1, again, **weights).total, rtol=1e-13)


def test_threads_may_ask_for_kernels_at_once():
    graph, x1, x2, weights = two("shared", (4, 3))
    alone = [ntk(graph, x1, x2, **weights).total, ntk(graph, x2, x2, **weights).total]
    with ThreadPoolExecutor(4) as pool:
        found = [*pool.map(lambda k: ntk(graph, (x1, x2)[k], x2, **weights).total, [0, 1] * 50)]
    for total, expected in zip(found, alone * 50, strict=True):
        np.testing.assert_array_equal(total, expected)


def test_numbers_that_overflow_give_infinities_and_no_warning(recwarn):
    graph = parse("y = exp(s * c) * r", {"s": [], "c": [], "r": ["D"]})
    kernel = ntk(graph, {}, {}, s=1e3, c=2.0, r=np.array([1.0, 2.0]))
    assert np.isinf(kernel.by_parameter["s"]).all() and not recwarn
