"""Squared gradient norms, one per example and parameter, without forming a gradient. Serves question 2.2.

The norms are variables of a graph like any other: `W1_norm2 = norm2(W1_bar)` beside the backward graph. Naive runs that graph as it stands,
and so forms every example's whole gradient; efficient applies the identities of `rewrite`, above all
norm2(outer(a, b)) = norm2(a) norm2(b), wherever that takes fewer multiplications.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np

from ..base.errors import GraphError, InputError, did_you_mean
from ..calculus.autodiff import backward, derived_name, differentiable
from ..calculus.costs import multiplications
from ..calculus.interpreter import Values, refuse_missing
from ..calculus.losses import given_graph, seeds
from ..calculus.matching import PLACES, Identity, terms
from ..calculus.rewriting import rewrite
from ..graph.arguments import GraphOrName, check_cotangents
from ..graph.leaves import Inputs
from ..graph.nodes import INNER, Builder, Graph, dependents, with_outputs
from ..graph.operators import OPS
from ..plan import BATCH, Program, Selection, Steps, apply, assemble, leaves_of, lower, plans_of

METHODS = ("efficient", "naive", "identities")
UNFORMED, FORMED = "no gradient formed", "gradient of each example formed"
SAME, ZERO = "one gradient formed, the same for every example", "0: no output depends on it"
TILE_BYTES = 2**22  # what the values of one tile of the batch may take: a core's caches
Batch = tuple[frozenset[str], int]  # the leaves with a batch axis, and the number of examples
ONE: Batch = (frozenset(), 1)  # a single example
TURNED = ("outer", "transpose", *PLACES)  # what identities may look through wherever it is: nobody wants it for itself
SUM_OF_PRODUCTS = Identity("sum of products", "sum(a * b)", "inner(a, b)", "tidy", "", lambda builder, found: builder.shape(found["a"]) == builder.shape(found["b"]))
MANY = 128  # a gradient that is a sum of more terms is formed: the identities need a product for each pair of terms


class Norms(Values):
    """Squared norms by parameter; `how` says for each parameter whether the gradient of each example was formed."""

    how: Mapping[str, str]


def gradient_norms(
    graph: GraphOrName,
    /,
    method: str = "efficient",
    cotangents: Mapping[str, Any] | None = None,
    *,
    of: str = "",
    rng: np.random.Generator | None = None,
    **values: Any,
) -> Norms:
    """The squared norm of each example's own gradient, for each parameter: {"W1": (batch,), ...}, scalars without a batch.

    The norms are those of each example's loss: not of the batch's gradient, and the same for a mean and for a sum over the batch (divide by
    the batch's size squared for what an example contributes to the gradient of the mean). Parameters that no output depends on get 0.
    Methods: naive forms each gradient; identities never does where an identity of the table applies; efficient takes, for each parameter,
    whichever of the two needs fewer multiplications at these sizes. `cotangents` and `of` as for `grad`. A batch is worked through in
    tiles, so that
    no method needs more than the largest of TILE_BYTES, what one example needs and what the parameters take, beside the arrays given.

    Raises InputError for an unknown method and for values that do not fit, GraphError for an operator that mixes examples. Source:
    questions 2.2.1 and 2.2.2; Goodfellow, arXiv:1510.01799.

    >>> from a1viz.graph.documents import load
    >>> gradient_norms(load("two_layer"))
    W1  572.
    W2  195.
    """
    graph = given_graph(graph, of, cotangents)
    check_cotangents(cotangents, graph.outputs)
    handed_in = None if cotangents is None else tuple(cotangents)
    plans = plans_of(graph, ("norms", method, handed_in, TILE_BYTES), lambda: _plans(graph, method, handed_in))
    if cotangents:
        values |= {derived_name(graph, name, "bar"): value for name, value in cotangents.items()}
    found, arrays = plans.find(values, rng)
    norms = Norms(zip(found.about, found.plan.results_of(arrays), strict=True))
    norms.how = found.about
    return norms


def _plans(graph: Graph, method: str, cotangents: tuple[str, ...] | None) -> Selection[Mapping[str, str]]:
    """The compiled plans of the norms of a graph, for every set of shapes."""
    if method not in METHODS:
        raise InputError(f"unknown method {method!r}{did_you_mean(method, METHODS)}; the methods are {', '.join(METHODS)}")
    refuse_mixing(graph)
    handed_in = seeds(graph, cotangents)
    refuse_missing(graph, handed_in, cotangents)
    return Selection(_with_seeds(graph, handed_in), lambda inputs: _program(graph, handed_in, method, inputs))


def _program(graph: Graph, cotangents: tuple[str, ...], method: str, inputs: Inputs) -> tuple[Program, Mapping[str, str]]:
    """The compiled plan for gathered values, and how it computes the norm of each parameter."""
    parameters = parameters_of(graph, inputs)
    batch = (frozenset(inputs.batched), inputs.batch) if inputs.batch is not None else ONE
    plan = norm_plan(graph, parameters, cotangents, method, tuple(sorted(inputs.sizes.items())), batch)
    steps = Steps(inputs.dtype, exact=False)
    found = lower(plan.graph, leaves_of(plan.graph, inputs), inputs.sizes, steps)
    norms = [steps.spread(_not_negative(steps, found[name]), (), BATCH if inputs.batch is not None else 0) for name in plan.graph.outputs]
    tile_bytes = max(TILE_BYTES, sum(array.nbytes for name, array in inputs.arrays.items() if name not in inputs.batched))
    order = [node.name for node in _with_seeds(graph, cotangents).leaves]
    return assemble(steps, order, norms, 1 if inputs.batch is None else inputs.batch, tile_bytes=tile_bytes), plan.how


def _not_negative(steps: Steps, k: int) -> int:
    """The value, or 0 where it is less: a sum of inner products may round to less than 0."""
    waiting = [k]
    while waiting:
        v = steps.items[waiting.pop()]
        if v.op in ("mul", "spread"):
            waiting += v.inputs
        elif v.op != "norm2" and not (v.op == "constant" and v.extra >= 0):
            return apply(steps, "relu", k)
    return k


def refuse_mixing(graph: Graph) -> None:
    """Raises GraphError where an operator mixes the examples of a batch: no example has a loss of its own then."""
    for node in graph.nodes:
        if not node.is_leaf and OPS[node.op].batch:
            name = node.name.partition(INNER)[0]
            raise GraphError(f"{name}: {node.op} mixes the examples of a batch, so that no example has a gradient of its own")


def parameters_of(graph: Graph, inputs: Inputs) -> tuple[str, ...]:
    """The parameters of a document; for parsed text without any, the leaves without a batch axis."""
    return graph.parameters or tuple(name for name in differentiable(graph) if name not in inputs.batched)


@lru_cache(maxsize=64)
def _with_seeds(graph: Graph, cotangents: tuple[str, ...]) -> Graph:
    """A graph with the leaves of the backward graph."""
    return backward(graph, [], cotangents)


# --- the planner --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NormPlan:
    """A graph whose outputs are the norms of the parameters, in their order; and how each is computed."""

    graph: Graph
    how: Mapping[str, str]


def norm_graph(graph: Graph, parameters: Sequence[str], cotangents: Sequence[str] = (), method: str = "naive") -> Graph:
    """The backward graph with `W1_norm2 = norm2(W1_bar)` for each parameter, as it stands or by the identities.

    >>> from a1viz.graph.documents import load
    >>> print(norm_graph(load("two_layer"), ("W2",), ("y",), "identities"))
    z = W1 @ x
    h = relu(z)
    W2_norm2 = norm2(y_bar) * norm2(h)
    """
    naive, identities = _both_graphs(graph, tuple(parameters), tuple(cotangents))
    return naive if method == "naive" else _joined(naive, identities, identities.outputs)


@lru_cache(maxsize=64)
def norm_plan(
    graph: Graph,
    parameters: tuple[str, ...],
    cotangents: tuple[str, ...],
    method: str,
    sizes: tuple[tuple[str, int], ...],
    batch: Batch = ONE,
) -> NormPlan:
    """The planner of question 2.2: for each parameter it counts the multiplications of both ways, exactly, and takes the smaller."""
    naive, identities = _both_graphs(graph, parameters, cotangents)
    chosen = identities.outputs if method == "identities" else ()
    if method == "efficient":
        counts = norm_costs(graph, parameters, cotangents, dict(sizes), batch)
        best = {p: min(counts[p], key=counts[p].__getitem__) for p in parameters}
        chosen = tuple(name for p, name in zip(parameters, naive.outputs, strict=True) if best[p] == "identities")
    plan = _joined(naive, identities, chosen)
    return NormPlan(plan, {p: _said(naive, plan, p, name, batch) for p, name in zip(parameters, naive.outputs, strict=True)})


def norm_costs(
    graph: Graph,
    parameters: Sequence[str],
    cotangents: Sequence[str] = (),
    sizes: Mapping[str, int] = MappingProxyType({}),
    batch: Batch = ONE,
) -> dict[str, dict[str, int]]:
    """How many multiplications each way of each parameter's norm takes at these sizes: {"W1": {"identities": 10, "naive": 20}, ...}.

    What depends on no batched leaf is counted once, everything else for each example. A gradient of too many terms is only formed.

    >>> from a1viz.graph.documents import load
    >>> norm_costs(load("two_layer"), ["W2"], ["y"])
    {'W2': {'identities': 16, 'naive': 27}}
    """
    at = {**graph.document.sizes, **sizes}
    naive, identities = _both_graphs(graph, tuple(parameters), tuple(cotangents))
    found: dict[str, dict[str, int]] = {}
    for p, name in zip(parameters, naive.outputs, strict=True):
        ways = {"identities": identities, "naive": naive} if name in identities.outputs else {"naive": naive}
        found[p] = {way: _multiplications(_only(graph_of_way, name), at, batch) for way, graph_of_way in ways.items()}
    return found


def _multiplications(graph: Graph, sizes: Mapping[str, int], batch: Batch) -> int:
    varying = _varying(graph, batch)
    counts = {n.name: multiplications(graph, n).at(sizes) for n in graph.nodes if not n.is_leaf}
    return sum(count * (batch[1] if name in varying else 1) for name, count in counts.items())


def _varying(graph: Graph, batch: Batch) -> set[str]:
    """What may differ between examples; all, for a single one."""
    return dependents(graph, batch[0] if batch != ONE else graph.by_name)


@lru_cache(maxsize=64)
def _both_graphs(graph: Graph, parameters: tuple[str, ...], cotangents: tuple[str, ...]) -> tuple[Graph, Graph]:
    """The norms formed naively, and those of gradients with not too many terms by the identities."""
    backward_pass = backward(graph, parameters, cotangents or None)
    builder = Builder(backward_pass.nodes)
    names = [builder.add("norm2", [bar], name=builder.free(f"{p}_norm2")) for p, bar in zip(parameters, backward_pass.outputs, strict=True)]
    naive = rewrite(builder.graph(f"{graph.name}_norms", names, backward_pass.document))
    parts = {part for name in names for part in terms(naive.by_name, naive[name].inputs[0])}
    few = [name for name in names if len(terms(naive.by_name, naive[name].inputs[0])) <= MANY]
    whole = {node.name for node in naive.nodes if node.name not in parts and node.op not in TURNED}
    apart = rewrite(with_outputs(naive, few), ("tidy", "norm"), opaque=whole)
    return naive, rewrite(apart, ("tidy",), rows=[SUM_OF_PRODUCTS])


def _joined(naive: Graph, identities: Graph, chosen: Iterable[str]) -> Graph:
    """The naive graph with the `chosen` norms computed as in the other; nothing else changes, for a name has one value in both."""
    builder = Builder(node for node in naive.nodes if node.name not in set(chosen))
    for node in identities.nodes:
        if node.name not in builder.nodes:
            builder.put(node)
    return builder.graph(naive.name, naive.outputs, naive.document)


def _only(graph: Graph, name: str) -> Graph:
    return Builder(graph.nodes).graph(graph.name, [name], graph.document)


def _said(naive: Graph, plan: Graph, parameter: str, norm: str, batch: Batch) -> str:
    """Whether a value of the parameter's shape that is a part of its gradient, and another for each example, is still computed."""
    bar, varying, left = naive[norm].inputs[0], _varying(naive, batch), _only(plan, norm)
    if naive[bar].inputs and naive[naive[bar].inputs[0]].value == 0:
        return ZERO
    if bar not in varying:
        return SAME
    shapes = (naive[parameter].shape, naive[parameter].shape[::-1])
    parts = [naive[name] for name in terms(naive.by_name, bar) if name in left and name in varying]
    return FORMED if any(part.shape in shapes and not part.is_leaf for part in parts) else UNFORMED


# --- what depends on what ---------------------------------------------------------------------------------------------------------
