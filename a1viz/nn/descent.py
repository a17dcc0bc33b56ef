"""Gradient descent on the mean loss of a graph, of all examples or of a few at each step, with momentum if wanted. Serves question 4.

    v <- momentum v + gradient,    p <- p - rate v

One step is one call of a compiled plan and a few in-place operations; the same start gives the same numbers to the last bit, whether it is
gone through at once or interrupted and taken up again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from numbers import Real
from typing import Any

import numpy as np

from ..base.arrays import Array
from ..base.errors import InputError, shown
from ..base.limits import STEPS
from ..graph.nodes import Graph
from ..plan import Compiled, compile, cut

GROWTH = 100.0  # a loss that has become so many times what it was at first does not come back


@dataclass(frozen=True)
class Batches:
    """Which `size` of `examples` examples each step learns from: all of them are gone through again and again, shuffled anew each time.

    A step takes the next `size` of that endless row, so that all batches are equally large and every example is seen equally often. The
    seed and the number of the step say which, whatever came before.

    >>> sorted(np.concatenate([Batches(6, 2, seed=0)(step) for step in range(3)]).tolist())
    [0, 1, 2, 3, 4, 5]
    """

    examples: int
    size: int
    seed: int = 0

    def __call__(self, step: int) -> Array:
        """The places of the examples of this step, (size,)."""
        N, first, end = self.examples, step * self.size, (step + 1) * self.size
        passes = range(first // N, (end - 1) // N + 1)
        return np.concatenate([_shuffled(N, self.seed, k)[max(first - k * N, 0) : end - k * N] for k in passes])


@lru_cache(maxsize=2)
def _shuffled(examples: int, seed: int, k: int) -> Array:
    """All examples in the order of pass k."""
    return np.random.default_rng((seed, k)).permutation(examples)


@dataclass
class DescentState:
    """Where a descent is: after `step` steps, with the loss before each of them; and which examples a step learns from, if not all."""

    step: int
    parameters: dict[str, Array]
    velocity: dict[str, Array]
    losses: Array  # (steps,); the first `step` are known
    batches: Batches | None = None


def started(parameters: Mapping[str, Any], steps: int) -> DescentState:
    """A state before the first step, with arrays of its own."""
    own = {name: np.array(value, dtype=float) for name, value in parameters.items()}
    return DescentState(0, own, {name: np.zeros_like(value) for name, value in own.items()}, np.full(steps, np.nan))


def descend(
    graph: Graph,
    state: DescentState,
    data: Mapping[str, Array],
    *,
    rate: float,
    momentum: float = 0.0,
    stops: Sequence[int] = (),
    watch: Callable[[DescentState], None] | None = None,
) -> DescentState:
    """Change `state` by gradient descent until all its losses are known; `watch` sees it at the steps in `stops`.

    `graph` has one scalar output, the loss; `data` gives its batched leaves, `state.parameters` the leaves that are learnt. With a
    momentum v is an average over about 1 / (1 - momentum) gradients, which makes the steps as much longer where gradients agree. With
    `state.batches` a step is of the mean loss of so many examples, and the losses are those.

    Raises InputError for a rate that is not above 0, a momentum outside [0, 1), and as soon as the loss has grown GROWTH-fold or is NaN.
    Source: question 4.1; Polyak, 1964.

    >>> from a1viz.graph.equations import parse
    >>> done = descend(parse("J = (w * x - t) ** 2", ["w"] and {"w": []}, x=[], t=[]), started({"w": 0.0}, 50),
    ...     {"x": np.array([1.0, 2.0]), "t": np.array([3.0, 6.0])}, rate=0.1)
    >>> round(float(done.parameters["w"]), 6)
    3.0
    """
    check_settings(rate, momentum, len(state.losses))
    steps = len(state.losses)
    going = _Going(graph, state, data)
    with np.errstate(all="ignore"):  # a loss that overflows is reported
        for stop in sorted({*stops, steps}):
            if stop >= state.step:
                going.go(state, rate, momentum, stop)
                if watch is not None and stop in stops:
                    watch(state)
    return state


@lru_cache(maxsize=16)
def _compiled(graph: Graph, wrt: tuple[str, ...]) -> Compiled:
    return compile(graph, wrt=wrt, mean=False, total=True)


def check_settings(rate: float, momentum: float, steps: int) -> None:
    """Raises InputError for settings no descent can have."""
    if not (_is_number(rate) and np.isfinite(rate) and rate > 0):
        raise InputError(f"the learning rate must be a number above 0, got {shown(rate)}")
    if not (_is_number(momentum) and 0 <= momentum < 1):
        raise InputError(f"momentum must be a number from 0 to below 1, got {shown(momentum)}")
    if isinstance(steps, bool) or not isinstance(steps, (int, np.integer)) or not 0 <= steps <= STEPS:
        raise InputError(f"steps must be a whole number from 0 to {STEPS:,}, got {shown(steps)}")


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


class _Going:
    """The descent's own memory: all parameters one behind the other, as their gradients are, so that one operation updates them all."""

    def __init__(self, graph: Graph, state: DescentState, data: Mapping[str, Array]) -> None:
        ranks = {leaf.name: len(leaf.shape) for leaf in graph.leaves}
        self.sources = {name: array for name, array in data.items() if np.ndim(array) > ranks[name]}
        if state.batches is not None:
            self.own = {name: array[: state.batches.size].copy() for name, array in self.sources.items()}
            data = {**data, **self.own}
        self.p, self.parameters = _side_by_side(state.parameters)
        self.v, self.velocity = _side_by_side(state.velocity)
        self.bound = _compiled(graph, tuple(state.parameters)).bind(**dict[str, Any](data), **dict[str, Any](self.parameters))
        self.loss = self.bound.results[graph.outputs[0]]  # of all examples together, and so are the gradients
        self.bars = self.bound.flat[self.loss.size :]
        self.examples = max((len(data[name]) for name in self.sources), default=1)

    def take(self, batches: Batches, step: int) -> None:
        """Put the examples of a step where the plan reads them."""
        chosen = batches(step)
        for name, own in self.own.items():
            np.take(self.sources[name], chosen, axis=0, out=own)

    def go(self, state: DescentState, rate: float, momentum: float, stop: int) -> None:
        """The steps up to `stop`: everything is written in place, so that nothing is allocated."""
        step, losses, scratch = self.bound, state.losses, np.empty_like(self.p)
        N = self.examples
        share, length, share_of_rate, kept = map(np.asarray, (1 / N, float(rate), rate / N, float(momentum)))
        multiply, add, subtract = np.multiply, np.add, np.subtract
        first = None if state.step == 0 else losses[0]
        for k in range(state.step, stop):
            if state.batches is not None:
                self.take(state.batches, k)
            step()
            losses[k] = now = self.loss.item() / N
            first = now if first is None else first
            if not now <= GROWTH * max(first, 1.0):
                raise InputError(_diverged(first, now, k, rate))
            if momentum:
                multiply(self.v, kept, self.v)
                multiply(self.bars, share, scratch)
                add(self.v, scratch, self.v)
                multiply(self.v, length, scratch)
            else:
                multiply(self.bars, share_of_rate, scratch)
            subtract(self.p, scratch, self.p)
            state.step = k + 1
        for own, theirs in ((self.parameters, state.parameters), (self.velocity, state.velocity)):
            for name, array in own.items():
                theirs[name][...] = array


def _side_by_side(arrays: Mapping[str, Array]) -> tuple[Array, dict[str, Array]]:
    """The numbers of all arrays in one, and each array as a part of it."""
    flat = np.concatenate([np.ravel(array) for array in arrays.values()] or [np.empty(0)])
    return flat, dict(zip(arrays, cut(flat, [array.shape for array in arrays.values()]), strict=True))


def _diverged(first: float, now: float, step: int, rate: float) -> str:
    said = f"after {step} step{'s' * (step != 1)} the loss is {now:.3g}, and it was {first:.3g} at first"
    return f"{said}: the learning rate {rate:g} is too large; try {rate / 10:g}"
