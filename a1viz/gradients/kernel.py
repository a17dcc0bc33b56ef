r"""Inner products of Jacobians, \Theta = (df1/d\theta)(df2/d\theta)^T, and the orders of multiplying them out. Serves question 2.3.

For one parameter the product is M1 M2 M3 M4: how the output depends on the layer's output (M1, O x Y), how that depends on the parameter
(M2, Y x P), and the same for the second example, transposed. M1 is O vector-Jacobian products of the backward graph, run as one batch, and
M1 M2 is O more through the layer, without M2. Where a layer's gradient is a sum of outer products, the identity
inner(outer(a, b), outer(c, d)) = inner(a, c) inner(b, d) makes M2 M3 a number times the identity: the structured order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.arrays import Array
from ..base.errors import check_kind
from ..base.large import NewFiles, rows_within
from ..graph.arguments import GraphOrName, graph_of
from ..graph.batches import Batch, Job, Likes, Out, batch_of, each_part, in_chunks, is_chunked, known, written
from .kernel_plans import Kernel, KernelPlan, Kernels, kernels
from .norms import parameters_of

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from pathlib import Path

TOTAL, SECOND = "total", "2:"  # names that no variable has, or none beside this one: the whole kernel; a value of the second side
ROWS = 16  # chunks' memory that one chunk of rows of a kernel may take, for the second side is gone through once for each


def ntk(
    graph: GraphOrName,
    /,
    x1: Any = None,
    x2: Any = None,
    order: str = "auto",
    *,
    output: str = "",
    out: Array | NewFiles | None = None,
    executor: Executor | None = None,
    store: str | Path | None = None,
    rng: np.random.Generator | None = None,
    **values: Any,
) -> Kernel:
    """The inner products of the Jacobians of an output at two examples, for each parameter and in total.

    `x1`, `x2`: the value of the graph's only input, or a table of inputs by name; a batch axis in front gives every pair. The document's
    values are the default. `output` defaults to the graph's only output. `order` is one of ORDERS, which multiply dense matrices; "vjp",
    which is outside-in by vector-Jacobian products; "structured", where the gradient is a sum of outer products; or "auto": for each
    parameter, whichever takes the fewest multiplications for all pairs, those of ORDERS charged FORMING for making M2 a matrix.

    An `x1` that is a mapped file or a Dask array is gone through in chunks, against all of `x2`; `executor` and `store` as for `run`. With
    `out`, an array for the total, there are no shares of the parameters.

    Raises InputError for an unknown order, an order that does not apply, or values that do not fit; GraphError for an output of more
    axes than one and for an operator that mixes examples. Source: question 2.3; Novak et al., arXiv:2206.08720.

    >>> from a1viz.graph.documents import load
    >>> ntk(load("two_layer"), x1=[1, 3, 1], x2=[1, 0, 0]).total.shape
    (3, 3)
    """
    graph = graph_of(graph)
    check_kind(order, str, "the name of an order, such as 'auto'")
    check_kind(output, str, "the name of an output")
    plans = kernels(graph, order, output)
    given, by = {**values, **plans.table(x1, values)}, {"executor": executor, "store": store}
    if is_chunked(given, by) and (batch := batch_of(graph, given, rng)):
        return _in_chunks(plans, batch, {**values, **plans.table(x2, values)}, out, rng, {**by, "label": "rows of the kernel"})
    first, arrays1 = plans.sides.find(given, rng)
    if x2 is x1 and rng is None:
        found = plans.kernel(first.about, first.about)(arrays1, arrays1)
    else:
        shared = {name: array for name, array in zip(plans.order, arrays1, strict=True) if name in first.about.parameters}
        second, arrays2 = plans.sides.find({**values, **plans.table(x2, values), **shared}, rng)
        found = plans.kernel(first.about, second.about)(arrays1, arrays2)
    return found if out is None else replace(found, total=written({TOTAL: found.total}, _named(out))[TOTAL], by_parameter={})


# --- one side in chunks -----------------------------------------------------------------------------------------------------------


def _in_chunks(
    plans: Kernels,
    batch: Batch,
    second: Mapping[str, Any],
    out: Array | NewFiles | None,
    rng: np.random.Generator | None,
    by: Mapping[str, Any],
) -> Kernel:
    """The kernel of a batch, chunk by chunk, and of `second`, whose arrays each chunk is given beside the parameters."""
    names = parameters_of(batch.graph, replace(batch.first, batched=set(batch.batches)))
    _, others = plans.sides.find({**second, **{name: batch.first.arrays[name] for name in names if name not in batch.batches}}, rng)
    beside = {SECOND + name: array for name, array in zip(plans.order, others, strict=True)}
    numbers = math.prod(_two_sides(plans, {**batch.part(1), **beside})[0].shape) // ROWS
    plan, _ = _two_sides(plans, {**batch.part(rows_within(batch.numbers + numbers)), **beside})
    shape = tuple(length for k, length in enumerate(_axes(plan)) if k and k + 1 not in plan.drop)  # which counts the parameters too
    likes: Likes = dict.fromkeys((TOTAL, *plan.chosen) if out is None else (TOTAL,), (shape, plan.dtype, True))
    job = batch.job("ntk", (plans.how, plans.output, out is None), beside=beside)
    found = in_chunks(batch, kernel_rows, job, numbers, likes, _named(out), by)
    return Kernel(found.pop(TOTAL), found, plan.sizes, plan.costs, plan.chosen)


def _named(out: Array | NewFiles | None) -> Out | None:
    return {TOTAL: out} if isinstance(out, np.ndarray) else out


def _axes(plan: KernelPlan) -> tuple[int, ...]:
    """The axes of an answer: (N1, N2, O, O)."""
    _, outputs1, examples1, outputs2, examples2 = plan.shape
    return examples1, examples2, outputs1, outputs2


def _two_sides(plans: Kernels, values: Mapping[str, Any]) -> tuple[KernelPlan, tuple[list[Array], list[Array]]]:
    """The plan for both sides' values in one table, and their arrays."""
    first, arrays1 = plans.sides.find({name: values[name] for name in plans.order})
    second, arrays2 = plans.sides.find({name: values[SECOND + name] for name in plans.order})
    return plans.kernel(first.about, second.about), (arrays1, arrays2)


def kernel_rows(job: Job, size: int, *rows: Array) -> list[Array]:
    """The rows of the kernel for one chunk."""
    return each_part(_kernel_rows, repeat(True), size, known(job), rows)


def _kernel_rows(job: Job, rows: Sequence[Array]) -> list[Array]:
    order, output, has_parts = job.options
    plan, arrays = _two_sides(kernels(job.graph, order, output), job.values(rows))
    found = plan(*arrays)
    return [found.total, *(found.by_parameter.values() if has_parts else ())]
