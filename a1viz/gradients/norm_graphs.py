"""The graphs that gradient norms are computed by: as they stand or by the identities, and which of the two takes fewer multiplications.

`W1_norm2 = norm2(W1_bar)` stands beside the backward graph. A gradient that is the sum of very many outer products, of a weight used at
every step of a sequence, is first written as one product of two matrices. Serves question 2.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from ..calculus.autodiff import backward
from ..calculus.costs import multiplications
from ..calculus.matching import PLACES, summands, terms
from ..calculus.rewriting import rewrite
from ..calculus.rows import Identity
from ..graph.nodes import Builder, Graph, dependents, with_outputs
from ..graph.sizes import multiplied

UNFORMED, FORMED = "no gradient formed", "gradient of each example formed"
SAME, ZERO = "one gradient formed, the same for every example", "0: no output depends on it"
Batch = tuple[frozenset[str], int]  # the leaves with a batch axis, and the number of examples
ONE: Batch = (frozenset(), 1)  # a single example
MANY = 128  # a gradient that is a sum of more terms is formed: the identities need a product for each pair of terms
FEW = 8  # outer products that are taken two by two; more of them are one product of two matrices
TURNED = ("outer", "transpose", *PLACES)  # what identities may look through wherever it is: nobody wants it for itself
SUM_OF_PRODUCTS = Identity(
    "sum of products",
    "sum(a * b)",
    "inner(a, b)",
    "tidy",
    when="same_shape a b",
)


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
    joined = _joined(naive, identities, identities.outputs)
    found: dict[str, dict[str, int]] = {}
    counts = {"identities": _multiplications(joined, at, batch), "naive": _multiplications(naive, at, batch)}
    for p, name in zip(parameters, naive.outputs, strict=True):
        ways = {"identities": joined, "naive": naive} if name in identities.outputs else {"naive": naive}
        found[p] = {way: sum(counts[way].get(node, 0) for node in _needed(graph_of_way, name)) for way, graph_of_way in ways.items()}
    return found


def _multiplications(graph: Graph, sizes: Mapping[str, int], batch: Batch) -> dict[str, int]:
    """Of each node, for all examples."""
    varying = _varying(graph, batch)
    counts = {n.name: multiplications(graph, n).at(sizes) for n in graph.nodes if not n.is_leaf}
    return {name: count * (batch[1] if name in varying else 1) for name, count in counts.items()}


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
    gathered = _gathered(naive)
    parts = {name: terms(gathered.by_name, gathered[name].inputs[0]) for name in names}
    few = [name for name in names if len(parts[name]) <= MANY]
    inside = set().union(*parts.values())
    whole = {node.name for node in naive.nodes if node.name not in inside and node.op not in TURNED}
    apart = rewrite(with_outputs(gathered, few), ("tidy", "norm"), opaque=whole)
    return naive, rewrite(apart, ("tidy",), rows=[SUM_OF_PRODUCTS])


def _gathered(graph: Graph) -> Graph:
    """The norm graph with outer products that are added up as one product of two matrices, where they are more than FEW."""
    builder = Builder(graph.nodes)
    for norm in graph.outputs:
        if sum(graph[name].op == "outer" for name in terms(graph.by_name, graph[norm].inputs[0])) <= FEW:
            continue
        parts = summands(graph, graph[norm].inputs[0])
        outer = [(name, is_turned) for name, is_turned in parts if graph[name].op == "outer" and len(graph[name].shape) == 2]
        if len(outer) <= FEW:
            continue
        factors = [graph[name].inputs[:: -1 if is_turned else 1] for name, is_turned in outer]
        columns = [_multiple(builder, column, parts[part], norm) for part, (column, _) in zip(outer, factors, strict=True)]
        first, second = (builder.add("stack", values, owner=norm) for values in (columns, [row for _, row in factors]))
        total = builder.add("matmul", [builder.add("transpose", [first], owner=norm), second], owner=norm)
        for name, is_turned in parts:
            if (name, is_turned) not in outer:
                rest = builder.add("transpose", [name], owner=norm) if is_turned else name
                total = builder.add("add", [total, _multiple(builder, rest, parts[name, is_turned], norm)], owner=norm)
        del builder.nodes[norm]
        builder.add("norm2", [total], name=norm)
    return builder.graph(graph.name, graph.outputs, graph.document)


def _multiple(builder: Builder, name: str, times: int, owner: str) -> str:
    return name if times == 1 else builder.add("mul", [builder.constant(float(times)), name], owner=owner)


def _joined(naive: Graph, identities: Graph, chosen: Iterable[str]) -> Graph:
    """The naive graph with the `chosen` norms computed as in the other; nothing else changes, for a name has one value in both."""
    builder = Builder(node for node in naive.nodes if node.name not in set(chosen))
    for node in identities.nodes:
        if node.name not in builder.nodes:
            builder.put(node)
    return builder.graph(naive.name, naive.outputs, naive.document)


def _needed(graph: Graph, name: str) -> set[str]:
    """A variable, and all that it is computed from."""
    found, waiting = {name}, [name]
    while waiting:
        more = [i for i in graph.by_name[waiting.pop()].inputs if i not in found]
        found.update(more)
        waiting += more
    return found


def _said(naive: Graph, plan: Graph, parameter: str, norm: str, batch: Batch) -> str:
    """Whether a part of the gradient, as large as the parameter and another for each example, is still computed."""
    bar, varying, left = naive[norm].inputs[0], _varying(naive, batch), _needed(plan, norm)
    if naive[bar].inputs and naive[naive[bar].inputs[0]].value == 0:
        return ZERO
    if bar not in varying:
        return SAME
    size = multiplied(*naive[parameter].shape)
    parts = [naive[name] for name in terms(naive.by_name, bar) if name in left and name in varying]
    return FORMED if any(multiplied(*part.shape) == size and not part.is_leaf for part in parts) else UNFORMED
