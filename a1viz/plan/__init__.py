"""Compiled plans: a graph at fixed shapes as straight-line NumPy calls into reused buffers. For speed; serves every question.

    step = a1viz.compile(graph, wrt=["W1", "b1"])      # or wrt=None: the outputs alone
    found = step(x=X, t=t, W1=W1, b1=b1)               # a1viz.grad's answer: {"J": ..., "W1_bar": ..., "b1_bar": ...}, new arrays
    step(out=found, x=X, t=t, W1=W1, b1=b1)            # the same, written into the arrays of `found`, which is returned
    again = step.bind(x=X, t=t, W1=W1, b1=b1)          # the arrays checked once: again() reads them as they are now, changed in place or
    again()                                            # not, and writes into again.results, the same arrays every time: a training step
    own = step.bind(copy=True, x=X, t=t, W1=W1, b1=b1) # the same with arrays of its own, own.values["x"], that you write into

What is not given is the document's value, as for `run`. Other shapes, types or batched leaves make another plan; the last few are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..base.errors import InputError
from ..calculus.autodiff import derived_name, seeds
from ..calculus.interpreter import Values, backward_graph, refuse_missing, stable, with_totals
from ..graph.leaves import Inputs
from ..graph.nodes import Graph
from .bound import Bound, Own, Place, given_place
from .entry import Plans, leaves_of
from .floats import unrolled
from .identities import shortened, total
from .order import schedule
from .program import Program, program
from .reading import core_of, values_of
from .stacking import Stacking, stacked
from .values import BATCH
from .values import Values as PlanValues

RESERVED = ("out", "copy", "cotangents")


class Compiled:
    """A graph as a fast function of its leaves; `compile` makes it."""

    def __init__(
        self,
        graph: Graph,
        wrt: tuple[str, ...] | None,
        cotangents: tuple[str, ...] | None,
        *,
        mean: bool = True,
        total: bool = False,
        exact: bool = False,
        threads: int = 1,
    ) -> None:
        self.graph, self.wrt, self.mean, self.total, self.exact, self.threads = graph, wrt, mean, total, exact, threads
        self.names = graph.outputs
        self._seeds: tuple[str, ...] = ()
        self._seed_names: dict[str, str] = {}
        if wrt is None:
            self._full, self._bars = stable(graph), {}
        else:
            self._seeds = seeds(graph, cotangents)
            self._seed_names = {name: derived_name(graph, name, "bar") for name in self._seeds}
            self._full, self._bars = backward_graph(graph, wrt, self._seeds)
            self.names = (*graph.outputs, *(derived_name(graph, name, "bar") for name in wrt))
        self._plans = Plans(graph if wrt is None else self._full, self._build)
        self._own_plans = Plans(self._plans.graph, self._build_own)
        self._out = Place()

    def __repr__(self) -> str:
        return f"<compiled {self.graph.name}: {', '.join(self.names)}>"

    def __call__(
        self, /, *, out: Mapping[str, np.ndarray] | None = None, cotangents: Mapping[str, Any] | None = None, **values: Any
    ) -> Values:
        """The results by name, in new arrays or in those of `out`. Raises InputError for values that do not fit."""
        entry, arrays = self._plans.find(self._with_seeds(values, cotangents))
        if out is None:
            return Values(zip(self.names, entry.program.results_of(arrays), strict=True))
        results = [out.get(name) for name in self.names]
        self._out = given_place(self._out, self.names, entry, results, arrays)
        entry.program.write(arrays, results)
        return out

    def bind(self, /, *, copy: bool = False, cotangents: Mapping[str, Any] | None = None, **values: Any) -> Bound:
        """The function of these arrays, which are read again at every call, with results that stay in place.

        With `copy` it has arrays of its own, `.values`, with these numbers at first, to be written into: products that share an input are
        one product then, of matrices that lie one below the other.
        """
        plans = self._own_plans if copy else self._plans
        entry, arrays = plans.find(self._with_seeds(values, cotangents))
        return (Own if copy else Bound)(self.names, entry, arrays)

    def plan(self, /, **values: Any) -> Program:
        """The plan for values like these: `.code`, `.table`, `.bytes`."""
        return self._plans.find(self._with_seeds(values, values.pop("cotangents", None)))[0].program

    def _with_seeds(self, values: dict[str, Any], cotangents: Mapping[str, Any] | None) -> dict[str, Any]:
        if self._seeds or cotangents:
            given = dict(cotangents or {})
            refuse_missing(self.graph, self._seeds, given)
            wrong = [name for name in given if name not in self._seed_names]
            if wrong:
                raise InputError(f"the cotangent of {wrong[0]} was not asked for; give compile cotangents=[{wrong[0]!r}, ...]")
            return {**values, **{self._seed_names[name]: value for name, value in given.items()}}
        return values

    def _build(self, inputs: Inputs) -> tuple[Program, None]:
        """The plan for gathered values."""
        values, results = self._values(inputs)
        names = [node.name for node in self._plans.graph.leaves]
        return program(values, names, results, 1 if inputs.batch is None else inputs.batch, threads=self.threads), None

    def _build_own(self, inputs: Inputs) -> tuple[Program, Stacking]:
        """The plan that has memory of its own for the leaves."""
        values, results = self._values(inputs)
        order = [node.name for node in self._plans.graph.leaves]
        is_plain = self.exact or unrolled(values, order, results, schedule(values, results)[0]) is not None
        how = Stacking.of(values, results) if is_plain else stacked(values, results)
        alone = [name for name in order if not any(name in names for names in how.blocks.values())]
        rows = 1 if inputs.batch is None else inputs.batch
        return program(values, [*how.blocks, *alone], how.wholes, rows, threads=self.threads), how

    def _values(self, inputs: Inputs) -> tuple[PlanValues, list[int]]:
        """The values of a plan and its results: the outputs, and each gradient as `grad` gives it."""
        mean = self.mean and not self._seeds and self.wrt is not None
        if inputs.batch == 0 and mean:
            raise InputError("the batch is empty: a mean gradient needs at least one example")
        totals = [n for n in self._bars if self.graph[n].is_leaf and n not in inputs.batched] if inputs.batch is not None else []
        graph, summed = with_totals(self._full, tuple(self._bars[name] for name in totals))
        seed = self._scaled_seed(inputs, totals) if mean else {}
        values = PlanValues(inputs.dtype, self.exact)
        _, found = values_of(graph, leaves_of(graph, inputs), inputs.sizes, inputs.dtype, values, numbers=seed)
        results = [found[name] for name in self.graph.outputs]
        if self.total and inputs.batch is not None:
            N = values.constant(inputs.batch)
            results = [total(values, k) if values.items[k].batched else values.apply("mul", k, N) for k in results]
        for name, bar in self._bars.items():
            k, values.name = found[summed.get(bar, bar)], bar
            if name in totals and mean and not seed:
                k = values.apply("div", k, values.constant(inputs.batch, values.items[k].dtype))
            elif inputs.batch is not None and name not in totals:
                k = values.spread(k, core_of(self.graph[name].shape, inputs.sizes), BATCH)
            results.append(k)
        return values, results if self.exact else shortened(values, results)

    def _scaled_seed(self, inputs: Inputs, totals: list[str]) -> dict[str, float]:
        """The loss's cotangent as 1 / N where that changes no number: N is a power of two, and only means are asked for."""
        N = inputs.batch
        if not N or N & (N - 1) or len(totals) < len(self._bars):
            return {}
        return {derived_name(self.graph, self.graph.outputs[0], "bar"): 1 / N}


def compile(
    graph: Graph,
    /,
    wrt: Iterable[str] | None = None,
    cotangents: Iterable[str] | None = None,
    *,
    mean: bool = True,
    total: bool = False,
    exact: bool = False,
    threads: int = 1,
) -> Compiled:
    """A graph as a fast function: called with leaves by name it gives what `run` gives, with `wrt` what `grad` gives.

    `cotangents` names the variables whose error vectors are handed in, as for `grad`; a call then takes cotangents={name: value}. The first
    call with new shapes or types writes a plan for them; arrays given are never written to, and results are new arrays unless `out=` gives
    them. Two threads may call it at once. With `total` an output is the sum over the batch.

    The numbers are those of `run` and `grad` within some units in the last place: identities are applied (see `identities`), a few hundred
    operations on one example are done by Python's own numbers, and a matrix product may add up in another order. With `exact` they are the
    same to the bit, but for the sign of a zero and for matrix products of a batch so large that it is gone through in tiles; sums over the
    batch are then not.

    `threads` share the tiles of a large batch, sums over it included (run NumPy's library with one thread then).

    Raises InputError for a leaf called out, copy or cotangents, DerivativeError for class labels. Source: design, section 6.

    >>> from a1viz.graph.equations import parse
    >>> f = compile(parse("J = norm2(W @ x)", x=["D"], W=["H", "D"]), wrt=["x"])
    >>> f(x=[1., 2.], W=[[1., 0.], [3., 4.]])
    J      122.
    x_bar  [68. 88.]
    """
    taken = [node.name for node in graph.leaves if node.name in RESERVED]
    if taken:
        raise InputError(f"{taken[0]} is a word of compiled functions; call the variable something else")
    names = None if wrt is None else tuple(dict.fromkeys(wrt))
    handed_in = None if cotangents is None else tuple(dict.fromkeys(cotangents))
    return Compiled(graph, names, handed_in, mean=mean, total=total, exact=exact, threads=threads)
