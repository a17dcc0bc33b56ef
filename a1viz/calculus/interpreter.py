"""The interpreter: every node's value, one NumPy call a node; and gradients, by running the backward graph.

For pictures, tests and teaching. A batch is a leading axis; a graph never mentions it. Serves questions 2.1, 2.2 and 3.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.errors import InputError
from ..base.results import Cell, Matrix, Part, Result, Table
from ..graph.arguments import GraphOrName, Names, check_cotangents, graph_of, names_of
from ..graph.attributes import at_sizes
from ..graph.batches import Batch, Job, Out, batch_of, each_part, in_chunks, is_chunked, known, written
from ..graph.fitting import check_fit
from ..graph.leaves import Inputs, gather
from ..graph.nodes import Builder, Graph, Node, with_outputs
from ..graph.operators import OPS
from ..graph.sizes import size_of
from .autodiff import backward, derived_name, every_variable, joined
from .losses import given_graph, seeds
from .rewriting import looked_through, rewrite, stable
from .symbols import typeset_name

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from pathlib import Path
    from typing import Self


class Values(Result, dict[str, Any]):
    """Names to arrays, in the order of the graph; as text, markdown, latex or html long arrays are cut."""

    graph: Graph | None = None  # whose symbols name them on paper

    def of(self, graph: Graph) -> Self:
        """The same values, which know whose they are."""
        self.graph = graph
        return self

    def name_cell(self, name: str) -> Cell:
        """What stands before a value."""
        return typeset_name(self.graph, name) if self.graph else name

    def parts(self) -> list[Part]:
        return [Table((), [(self.name_cell(name), Matrix(value)) for name, value in self.items()])]


def run(
    graph: GraphOrName,
    /,
    *,
    trace: bool = False,
    out: Out | None = None,
    executor: Executor | None = None,
    store: str | Path | None = None,
    rng: np.random.Generator | None = None,
    **values: Any,
) -> Values:
    """The values of a graph's outputs, or of every declared variable with `trace=True`; the graph may be named, as in run("two_layer").

    `values` gives leaves by name, each of its core shape or with a batch axis in front; what is not given is the document's, or drawn. What
    depends on no batched leaf has no batch axis.
    Stable identities are applied first, so that log(softmax(y)) is right however large the logits. Arrays given are never written to.
    Results are new arrays, or those of `out` by name.

    A batch that is a mapped file or a Dask array is gone through in chunks, and so is any batch with an `executor`, which computes them, or
    a `store`, a folder that keeps what is finished: as for `workers.run_chunks`.

    Raises InputError for values that do not fit, GraphError where an operator mixes such a batch's examples. Source: design, section 6.

    >>> from a1viz.graph.equations import parse
    >>> run(parse("z = W @ x", x=["D"], W=["H", "D"]), x=[1., 2.], W=[[1., 0.], [3., 4.]])
    z  [ 1. 11.]
    """
    graph = graph_of(graph)
    by = {"executor": executor, "store": store}
    if is_chunked(values, by) and (batch := batch_of(graph, values, rng)):
        return Values(_run_in_chunks(batch, trace, out, {**by, "label": "examples"})).of(graph)
    inputs = gather(graph, values, rng)
    check_fit(graph, inputs.sizes)
    names = graph.declared_names if trace else graph.outputs
    found = execute(stable(graph), inputs, names)
    return Values(written({name: found[name].copy() for name in names}, out)).of(graph)


def _run_in_chunks(batch: Batch, trace: bool, out: Out | None, by: Mapping[str, Any]) -> dict[str, np.ndarray]:
    graph = batch.graph
    first: dict[str, Any] = batch.first.arrays
    one = run(graph, trace=trace, **first)
    varying = tuple(value.ndim > len(graph[name].shape) for name, value in one.items())
    likes = {name: (value.shape[varies:], value.dtype, varies) for (name, value), varies in zip(one.items(), varying, strict=True)}
    return in_chunks(batch, run_rows, batch.job("run", (trace, varying)), batch.computed, likes, out, by)


def run_rows(job: Job, size: int, *rows: np.ndarray) -> list[np.ndarray]:
    """The results of one chunk."""
    return each_part(_run_rows, job.options[1], size, known(job), rows)


def _run_rows(job: Job, rows: Sequence[np.ndarray]) -> list[np.ndarray]:
    return list(run(job.graph, trace=job.options[0], **job.values(rows)).values())


def grad(
    graph: GraphOrName,
    /,
    wrt: Names | None = None,
    cotangents: Mapping[str, Any] | None = None,
    *,
    of: str = "",
    mean: bool = True,
    rng: np.random.Generator | None = None,
    **values: Any,
) -> Values:
    """The outputs and the gradients `x_bar`, ... of `wrt`, a name or several (default: of every variable).

    The loss is the scalar `of`, the document's `loss`, or the only output. With a loss, a batch
    gives each batched or computed variable each example's own gradient, and a leaf without a
    batch axis the gradient of the mean loss (`mean=False`: of the total). With `cotangents` (or the document's) it is the plain
    vector-Jacobian product, a sum over the batch; a cotangent without a batch axis is every example's.

    Raises InputError for values that do not fit, DerivativeError for class labels. Source: question 2.1.2.

    >>> from a1viz.graph.equations import parse
    >>> grad(parse("J = norm2(W @ x)", x=["D"], W=["H", "D"]), ["x"], x=[1., 2.], W=[[1., 0.], [3., 4.]])
    J      122.
    x_bar  [68. 88.]
    """
    graph = given_graph(graph, of, cotangents)
    check_cotangents(cotangents, graph.outputs)
    handed_in = seeds(graph, cotangents)
    refuse_missing(graph, handed_in, cotangents)
    full, bars = backward_graph(graph, every_variable(graph) if wrt is None else names_of(wrt), handed_in)
    given = {derived_name(graph, name, "bar"): value for name, value in (cotangents or {}).items()}
    inputs = gather(full, {**values, **given}, rng)
    check_fit(graph, inputs.sizes)
    mean = mean and not handed_in
    if inputs.batch == 0 and mean:
        raise InputError("the batch is empty: a mean gradient needs at least one example")
    totals = tuple(name for name in bars if graph[name].is_leaf and name not in inputs.batched) if inputs.batch is not None else ()
    plan, summed = with_totals(full, tuple(bars[name] for name in totals))
    found = execute(plan, inputs, plan.outputs)
    result = Values((name, found[name].copy()) for name in outputs_and_loss(graph)).of(graph)
    for name, bar in bars.items():
        value = found[summed.get(bar, bar)]
        if name in totals:
            value = value / np.asarray(inputs.batch, value.dtype) if mean else value
        elif inputs.batch is not None:
            value = np.broadcast_to(value, (inputs.batch, *value.shape[value.ndim - len(graph[name].shape) :]))
        result[derived_name(graph, name, "bar")] = value.copy()
    return result


def refuse_missing(graph: Graph, wanted: Iterable[str], cotangents: Container[str] | None) -> None:
    """Raises InputError for a variable whose cotangent is neither given nor in the document."""
    for name in wanted:
        if name not in (cotangents or ()) and name not in graph.document.cotangents:
            scalar = next((output for output in graph.outputs if graph[output].shape == ()), "")
            fact, bar = f"{graph.name} has no scalar loss; ", derived_name(graph, name, "bar")
            which = (f"say which scalar is, of='{scalar}', or ", f'add loss = "{scalar}" to the document, or ') if scalar else ("", "")
            error = InputError(f"{fact}{which[0]}give the cotangent of {name} as cotangents={{'{name}': ...}}")
            raise error.with_shell(f"{fact}{which[1]}give the cotangent of {name} by --set {bar}=...")


def outputs_and_loss(graph: Graph) -> tuple[str, ...]:
    """The outputs, and the loss where that is none of them."""
    return graph.outputs if graph.document.loss in ("", *graph.outputs) else (*graph.outputs, graph.document.loss)


@lru_cache(maxsize=64)
def backward_graph(graph: Graph, wrt: tuple[str, ...], cotangents: tuple[str, ...]) -> tuple[Graph, dict[str, str]]:
    """The rewritten backward graph, its outputs the forward outputs and the cotangents; and the name of each variable's cotangent."""
    outputs, past = outputs_and_loss(graph), looked_through(graph)
    first = tuple(name for name in wrt if name not in past)
    raw = backward(graph, first, cotangents, keep=outputs)
    names = dict(zip(first, raw.outputs, strict=True))
    if len(first) < len(wrt):  # the others' cotangents come through what the identities look past
        others = tuple(name for name in wrt if name in past)
        more = backward(graph, others, cotangents)
        raw = joined(raw, more)
        names |= dict(zip(others, more.outputs, strict=True))
    full = rewrite(with_outputs(raw, (*outputs, *names.values())), ("stable", "range", "tidy"))
    return full, {name: names[name] for name in wrt}


@lru_cache(maxsize=64)
def with_totals(graph: Graph, bars: tuple[str, ...]) -> tuple[Graph, dict[str, str]]:
    """The backward graph with these cotangents summed over the batch, outer products by matrix products; and the names of the sums."""
    if not bars:
        return graph, {}
    builder = Builder(graph.nodes)
    summed = {bar: builder.add("batch_sum", [bar], owner=bar) for bar in bars}
    outputs = [summed.get(name, name) for name in graph.outputs]
    plan = rewrite(builder.graph(graph.name, outputs, graph.document), ("batch",))
    names = dict(zip(outputs, plan.outputs, strict=True))  # an identity may have found a sum under another name
    return plan, {bar: names[name] for bar, name in summed.items()}


def execute(graph: Graph, inputs: Inputs, names: Iterable[str]) -> dict[str, np.ndarray]:
    """Run every node of `graph` once, in order; a value is dropped after its last use unless `names` asks for it.

    A value is batched if it has one axis more than its node's shape.
    """
    wanted = set(names)
    left = {name: len(users) for name, users in graph.uses.items()}
    values: dict[str, np.ndarray] = {}
    with np.errstate(all="ignore"):
        for node in graph.nodes:
            if node.op == "constant":
                values[node.name] = np.asarray(node.value, inputs.dtype)
            elif node.op == "size":
                values[node.name] = np.asarray(size_of(node.value, inputs.sizes), inputs.dtype)
            elif node.is_leaf:
                values[node.name] = inputs.arrays[node.name]
            else:
                ranks = [len(graph.by_name[i].shape) for i in node.inputs]
                values[node.name] = _apply(node, [values[i] for i in node.inputs], ranks, inputs)
                for name in node.inputs:
                    left[name] -= 1
                    if not left[name] and name not in wanted:
                        values.pop(name, None)
    return {name: values[name] for name in wanted}


def _apply(node: Node, operands: list[np.ndarray], ranks: list[int], inputs: Inputs) -> np.ndarray:
    """One node's value."""
    op, batch = OPS[node.op], inputs.batch
    assert op.kernel is not None, f"{op.name} is made of others, and expand_bodies has put them there"
    if op.batch:
        assert batch is not None, f"{op.name} without a batch"
        operands = [v if v.ndim > r else np.broadcast_to(v, (batch, *v.shape)) for v, r in zip(operands, ranks, strict=True)]
    elif op.is_elementwise or (op.is_variadic and not op.ranked):
        operands = _aligned([v if v.dtype.kind == "f" else v.astype(inputs.dtype) for v in operands], ranks)  # a label used as a number
    elif not op.ranked:
        whole = [axes == ("*",) and not node.attrs for axes in op.inputs]
        operands = [_flat(v, r) if flat else v for v, r, flat in zip(operands, ranks, whole, strict=True)]
        if len(operands) > 1 and not any(whole):
            operands = _aligned(operands, [r - len(axes) for r, axes in zip(ranks, op.inputs, strict=True)], ranks)
    attributes = at_sizes(node.attrs, inputs.sizes) if node.attrs else {}
    if op.ranked:
        attributes["ranks"] = tuple(ranks)
    try:
        found = np.asarray(op.kernel(*operands, **attributes))
    except (ValueError, MemoryError) as error:
        raise InputError(f"{node.name}: {op.word} failed: {error}") from None
    return found if operands else found.astype(inputs.dtype, copy=False)


def _aligned(operands: list[np.ndarray], loops: list[int], ranks: list[int] | None = None) -> list[np.ndarray]:
    """Put axes between the batch and the loops where operands with different ones meet: (N,) * (N, n) becomes (N, 1) * (N, n)."""
    most = max(loops)
    if loops.count(most) == len(loops):
        return operands
    return [
        v.reshape(v.shape[:1] + (1,) * (most - n) + v.shape[1:]) if v.ndim > r and n < most else v
        for v, n, r in zip(operands, loops, ranks or loops, strict=True)
    ]


def _flat(value: np.ndarray, rank: int) -> np.ndarray:
    """The core axes as one: what `*` in a signature means."""
    return value.reshape(value.shape[: value.ndim - rank] + (math.prod(value.shape[value.ndim - rank :]),))
