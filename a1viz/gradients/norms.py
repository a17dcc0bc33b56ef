"""Squared gradient norms, one per example and parameter, without forming a gradient. Serves question 2.2.

The norms are variables of a graph like any other: `W1_norm2 = norm2(W1_bar)` beside the backward graph. Naive runs that graph as it stands,
and so forms every example's whole gradient; efficient applies the identities of `rewrite`, above all
norm2(outer(a, b)) = norm2(a) norm2(b), wherever that takes fewer multiplications.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.arrays import Array
from ..base.errors import GraphError, InputError, did_you_mean
from ..base.large import rows_within
from ..base.results import Cell, Typeset, plotted
from ..calculus.autodiff import backward, derived_name, differentiable
from ..calculus.interpreter import Values, refuse_missing
from ..calculus.losses import given_graph, seeds
from ..calculus.symbols import typeset_name
from ..graph.arguments import GraphOrName, check_cotangents
from ..graph.batches import Batch, Job, Likes, Out, batch_of, each_part, in_chunks, is_chunked, known, written
from ..graph.fitting import check_fit
from ..graph.leaves import Inputs
from ..graph.nodes import INNER, Graph
from ..graph.operators import OPS
from ..plan import BATCH, Program, Selection, Steps, apply, assemble, leaves_of, lower, plans_of
from .norm_graphs import ONE, norm_plan

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from pathlib import Path

METHODS = ("efficient", "naive", "identities")
TILE_BYTES = 2**22  # what the values of one tile of the batch may take: a core's caches


class Norms(Values):
    """Squared norms by parameter; `how` says for each parameter whether the gradient of each example was formed."""

    how: Mapping[str, str]

    def plot(self) -> Any:
        """The figure of it: how the norms of the examples are distributed, for each parameter."""
        return plotted(self)

    def name_cell(self, name: str) -> Cell:
        bar = typeset_name(self.graph, f"{name}_bar") if self.graph else name
        return Typeset(name, rf"\| {bar.latex} \|^{{2}}") if isinstance(bar, Typeset) else name


def gradient_norms(
    graph: GraphOrName,
    /,
    method: str = "efficient",
    cotangents: Mapping[str, Any] | None = None,
    *,
    of: str = "",
    out: Out | None = None,
    executor: Executor | None = None,
    store: str | Path | None = None,
    rng: np.random.Generator | None = None,
    **values: Any,
) -> Norms:
    """The squared norm of each example's own gradient, for each parameter: {"W1": (batch,), ...}, scalars without a batch.

    The norms are those of each example's loss: not of the batch's gradient, and the same for a mean and for a sum over the batch (divide by
    the batch's size squared for what an example contributes to the gradient of the mean). Parameters that no output depends on get 0.
    Methods: naive forms each gradient; identities never does where an identity of the table applies; efficient takes, for each parameter,
    whichever of the two needs fewer multiplications at these sizes. `cotangents` and `of` as for `grad`. A batch is worked through in
    tiles, so that no method needs more than the largest of TILE_BYTES, what one example needs and what the parameters take, beside the
    arrays given; mapped files and Dask arrays are gone through in chunks. `out`, `executor` and `store` as for `run`.

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
    if method not in METHODS:
        raise InputError(f"unknown method {method!r}{did_you_mean(method, METHODS)}; the methods are {', '.join(METHODS)}")
    plans = _kept_plans(graph, method, handed_in)
    if cotangents:
        values |= {derived_name(graph, name, "bar"): value for name, value in cotangents.items()}
    by = {"executor": executor, "store": store}
    if is_chunked(values, by) and (batch := batch_of(plans.graph, values, rng)):
        return _in_chunks(graph, batch, (method, handed_in), out, {**by, "label": "gradient norms"})
    found, arrays = plans.find(values, rng)
    norms = Norms(zip(found.about, found.plan.results_of(arrays), strict=True)).of(graph)
    if out is not None:
        norms.update(written(norms, out))
    norms.how = found.about
    return norms


def _kept_plans(graph: Graph, method: str, cotangents: tuple[str, ...] | None) -> Selection[Mapping[str, str]]:
    return plans_of(graph, ("norms", method, cotangents, TILE_BYTES), lambda: _plans(graph, method, cotangents))


def _in_chunks(graph: Graph, batch: Batch, options: tuple[str, tuple[str, ...] | None], out: Out | None, by: Mapping[str, Any]) -> Norms:
    parameters = parameters_of(graph, replace(batch.first, batched=set(batch.batches)))
    found, _ = _kept_plans(graph, *options).find(batch.part(rows_within(batch.numbers + len(parameters))))
    likes: Likes = {name: ((), dtype, True) for name, (_, dtype) in zip(found.about, found.plan.shapes, strict=True)}
    norms = Norms(in_chunks(batch, norm_rows, batch.job("norms", options, graph), len(parameters), likes, out, by)).of(graph)
    norms.how = found.about
    return norms


def norm_rows(job: Job, size: int, *rows: Array) -> list[Array]:
    """The norms of one chunk."""
    return each_part(_norm_rows, repeat(True), size, known(job), rows)


def _norm_rows(job: Job, rows: Sequence[Array]) -> list[Array]:
    found, arrays = _kept_plans(job.graph, *job.options).find(job.values(rows))
    return found.plan.results_of(arrays)


def _plans(graph: Graph, method: str, cotangents: tuple[str, ...] | None) -> Selection[Mapping[str, str]]:
    """The compiled plans of the norms of a graph, for every set of shapes."""
    refuse_mixing(graph)
    handed_in = seeds(graph, cotangents)
    refuse_missing(graph, handed_in, cotangents)
    return Selection(_with_seeds(graph, handed_in), lambda inputs: _program(graph, handed_in, method, inputs))


def _program(graph: Graph, cotangents: tuple[str, ...], method: str, inputs: Inputs) -> tuple[Program, Mapping[str, str]]:
    """The compiled plan for gathered values, and how it computes the norm of each parameter."""
    check_fit(graph, inputs.sizes)
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
