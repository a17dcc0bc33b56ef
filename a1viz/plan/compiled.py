"""A graph as a fast function of its leaves: a plan for each set of shapes and types, written when it is first met."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ..base.arrays import Array
from ..base.errors import InputError
from ..calculus.autodiff import derived_name
from ..calculus.interpreter import Values, backward_graph, outputs_and_loss, refuse_missing, with_totals
from ..calculus.losses import given_graph, loss_of, seeds
from ..calculus.rewriting import stable
from ..graph.arguments import GraphOrName, Names, check_cotangents, names_of
from ..graph.fitting import check_fit
from ..graph.leaves import Inputs
from ..graph.nodes import Graph
from .assembly import assemble
from .bound import Bound, LastOutput, OwnedBound, checked_output
from .floats import unrolled
from .lowering import lower
from .operations import core_of, leaves_of
from .program import Program
from .rounding import shortened, total_of
from .schedule import ordered
from .selection import Selection
from .simplify import apply
from .stacking import Stacking, stacked, unstacked
from .steps import BATCH, Steps

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
        self._cotangents = cotangents
        self.graph, self.wrt, self.mean, self.total, self.exact, self.threads = graph, wrt, mean, total, exact, threads
        self.names = graph.outputs
        self._seed_names: dict[str, str] = {}
        self._bars: dict[str, str] = {}
        if wrt is None:
            self._full = stable(graph)
        else:
            handed_in = seeds(graph, cotangents)
            self._seed_names = {name: derived_name(graph, name, "bar") for name in handed_in}
            self._full, self._bars = backward_graph(graph, wrt, handed_in)
            self.names = (*outputs_and_loss(graph), *(derived_name(graph, name, "bar") for name in wrt))
        self._plans: Selection[None] = Selection(graph if wrt is None else self._full, self._build)
        self._own_plans: Selection[Stacking] = Selection(self._plans.graph, self._build_owned)
        self._last = LastOutput()

    def __reduce__(self) -> tuple[Any, ...]:
        """What it was made of: plans are written anew where it is read from a pickle."""
        options: dict[str, Any] = {"mean": self.mean, "total": self.total, "exact": self.exact, "threads": self.threads}
        return partial(type(self), self.graph, self.wrt, self._cotangents, **options), ()

    def __repr__(self) -> str:
        return f"<compiled {self.graph.name}: {', '.join(self.names)}>"

    def __call__(
        self, /, *, out: Mapping[str, Array] | None = None, cotangents: Mapping[str, Any] | None = None, **values: Any
    ) -> Mapping[str, Array]:
        """The results by name, in new arrays or in those of `out`. Raises InputError for values that do not fit."""
        plan, arrays = self._plans.find(self._with_seeds(values, cotangents))
        if out is None:
            return Values(zip(self.names, plan.plan.results_of(arrays), strict=True))
        results = [out.get(name) for name in self.names]
        self._last = checked_output(self._last, self.names, plan, results, arrays)
        plan.plan.write_results(arrays, [out[name] for name in self.names])
        return out

    def bind(self, /, *, copy: bool = False, cotangents: Mapping[str, Any] | None = None, **values: Any) -> Bound:
        """The function of these arrays, which are read again at every call, with results that stay in place.

        With `copy` it has arrays of its own, `.values`, with these numbers at first, to be written into: products that share an input are
        one product then, of matrices that lie one below the other.
        """
        given = self._with_seeds(values, cotangents)
        if copy:
            return OwnedBound(self.names, *self._own_plans.find(given))
        return Bound(self.names, *self._plans.find(given))

    def plan(self, /, *, cotangents: Mapping[str, Any] | None = None, **values: Any) -> Program:
        """The plan for values like these: `.code`, `.table`, `.bytes`."""
        return self._plans.find(self._with_seeds(values, cotangents))[0].plan

    def _with_seeds(self, values: dict[str, Any], cotangents: Mapping[str, Any] | None) -> dict[str, Any]:
        if not (self._seed_names or cotangents):
            return values
        check_cotangents(cotangents, self.graph.outputs)
        given = dict(cotangents or {})
        refuse_missing(self.graph, self._seed_names, given)
        wrong = [name for name in given if name not in self._seed_names]
        if wrong:
            fact = f"the cotangent of {wrong[0]} was not asked for; "
            error = InputError(f"{fact}give compile cotangents=[{wrong[0]!r}, ...]")
            raise error.with_shell(f"{fact}leave out --set {derived_name(self.graph, wrong[0], 'bar')}=...")
        return {**values, **{self._seed_names[name]: value for name, value in given.items()}}

    # --- the passes -----------------------------------------------------------------------------------------------------------------------

    def _build(self, inputs: Inputs) -> tuple[Program, None]:
        """The plan for gathered values."""
        check_fit(self.graph, inputs.sizes)
        steps, results = self._lowered(inputs)
        return assemble(steps, self._leaves, results, _rows(inputs), threads=self.threads), None

    def _build_owned(self, inputs: Inputs) -> tuple[Program, Stacking]:
        """The plan that has memory of its own for the leaves."""
        check_fit(self.graph, inputs.sizes)
        steps, results = self._lowered(inputs)
        is_plain = self.exact or unrolled(steps, self._leaves, results, ordered(steps, results).steps) is not None
        stacking = unstacked(results) if is_plain else stacked(steps, results)
        alone = [name for name in self._leaves if not any(name in names for names in stacking.blocks.values())]
        return assemble(steps, [*stacking.blocks, *alone], stacking.computed, _rows(inputs), threads=self.threads), stacking

    @property
    def _leaves(self) -> list[str]:
        return [node.name for node in self._plans.graph.leaves]

    def _lowered(self, inputs: Inputs) -> tuple[Steps, list[int]]:
        """The steps of a plan and its results: the outputs, and each gradient as `grad` gives it."""
        mean = self.mean and not self._seed_names and self.wrt is not None
        if inputs.batch == 0 and mean:
            raise InputError("the batch is empty: a mean gradient needs at least one example")
        totals = [n for n in self._bars if self.graph[n].is_leaf and n not in inputs.batched] if inputs.batch is not None else []
        graph, summed = with_totals(self._full, tuple(self._bars[name] for name in totals))
        scaled = self._scaled_seed(inputs, totals) if mean else {}
        steps = Steps(inputs.dtype, self.exact)
        found = lower(graph, leaves_of(graph, inputs), inputs.sizes, steps, numbers=scaled)
        outputs = self.graph.outputs if self.wrt is None else outputs_and_loss(self.graph)
        results = [found[name] for name in outputs]
        if self.total and inputs.batch is not None:
            results = [self._total(steps, k, inputs.batch) for k in results]
        for name, bar in self._bars.items():
            k, steps.name = found[summed.get(bar, bar)], bar
            if name in totals and mean and not scaled:
                k = apply(steps, "div", k, steps.constant(_rows(inputs), steps.items[k].dtype))
            elif inputs.batch is not None and name not in totals:
                k = steps.spread(k, core_of(self.graph[name].shape, inputs.sizes), BATCH)
            results.append(k)
        return steps, results if self.exact else shortened(steps, results)

    def _total(self, steps: Steps, k: int, examples: int) -> int:
        """The sum of an output over the batch."""
        return total_of(steps, k) if steps.items[k].batched else apply(steps, "mul", k, steps.constant(examples))

    def _scaled_seed(self, inputs: Inputs, totals: list[str]) -> dict[str, float]:
        """The loss's cotangent as 1 / N where that changes no number: N is a power of two, and only means are asked for."""
        N = inputs.batch
        if not N or N & (N - 1) or len(totals) < len(self._bars) or self.exact:
            return {}
        return {derived_name(self.graph, loss_of(self.graph), "bar"): 1 / N}


def _rows(inputs: Inputs) -> int:
    return 1 if inputs.batch is None else inputs.batch


def compile(
    graph: GraphOrName,
    /,
    wrt: Names | None = None,
    cotangents: Names | None = None,
    *,
    of: str = "",
    mean: bool = True,
    total: bool = False,
    exact: bool = False,
    threads: int = 1,
) -> Compiled:
    """A graph as a fast function: called with leaves by name it gives what `run` gives, with `wrt` what `grad` gives.

    `cotangents` names the variables whose error vectors are handed in, `of` the loss, as for `grad`; with the first a call takes
    cotangents={name: value}. The first
    call with new shapes or types writes a plan for them; arrays given are never written to, and results are new arrays unless `out=` gives
    them. Two threads may call it at once. With `total` an output is the sum over the batch.

    The numbers are those of `run` and `grad` within some units in the last place: identities are applied (see `rounding`), a few hundred
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
    graph = given_graph(graph, of, cotangents)
    taken = [node.name for node in graph.leaves if node.name in RESERVED]
    if taken:
        raise InputError(f"{taken[0]} is a keyword of compiled functions; rename the variable")
    names = None if wrt is None else names_of(wrt)
    handed_in = None if cotangents is None else names_of(cotangents)
    return Compiled(graph, names, handed_in, mean=mean, total=total, exact=exact, threads=threads)
