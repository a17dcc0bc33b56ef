"""Classifiers of two classes: a network whose output is a logit, and the cross-entropy of its sigmoid on top. Serves question 4."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..base.arrays import Array
from ..base.columns import counted
from ..base.errors import InputError, did_you_mean, shown
from ..base.results import Part, Result, Table, Typeset, plotted
from ..calculus import notation
from ..calculus.interpreter import Values, grad, run
from ..gradients.norms import gradient_norms
from ..graph.equations import parse
from ..graph.nodes import Graph
from ..graph.operators import OPS
from ..plan import Bound, compile
from .descent import DescentState, check_settings, descend, started
from .layers import ACTIVATIONS, Layer, Linear, Random, Sequential, Standardize
from .loss import binary_cross_entropy, examples, zeros_and_ones

LOSS = "y_prime = sigmoid({z})\nJ = -(t * log(y_prime) + (1 - t) * log(1 - y_prime))"
MEASUREMENTS = 50  # of loss and accuracy, during a training


@dataclass(frozen=True, eq=False)
class History(Result):
    """What a training saw: `loss` (steps + 1,) before each step and at the end.

    `looks` is what was measured at some steps, a row of `columns` each; without validation data its columns are NaN.
    Shows itself as a table.
    """

    loss: Array
    looks: Array
    columns = ("step", "loss", "accuracy", "validation loss", "validation accuracy")

    @property
    def is_monotone(self) -> bool:
        """Whether no step made the loss larger, but for rounding."""
        return bool((np.diff(self.loss) <= 8 * np.finfo(float).eps * self.loss[:-1]).all())

    def plot(self) -> Any:
        """The figure of it: loss and accuracy by the step."""
        return plotted(self)

    def parts(self) -> list[Part]:
        rows = self.looks[sorted({*range(0, len(self.looks), max(1, len(self.looks) // 5)), len(self.looks) - 1})]
        cells = [[f"{row[0]:.0f}", *("" if np.isnan(v) else f"{v:.4f}" for v in row[1:])] for row in rows]
        return [Table(self.columns, cells, "r" * len(self.columns), is_numeric=True)]


class BinaryClassifier(Result):
    """A network with one output, the logit of class 1, and the cross-entropy loss on top: a graph whose output is J. Shows its layers.

    Raises InputError for a network with more outputs. Source: question 4.

    >>> print(BinaryClassifier(Sequential(Linear(2, 1))).graph)
    z = w @ x + b
    y_prime = sigmoid(z)
    J = -(t * log(y_prime) + (1 - t) * log(1 - y_prime))
    """

    def __init__(self, net: Sequential) -> None:
        output = net.graph.outputs[0]
        if net.graph[output].shape:
            raise InputError(f"a classifier of two classes needs one output, the network gives {net.sizes['N']}; end with Linear(..., 1)")
        self.net, self.text = net, [*net.text, *LOSS.format(z=output).split("\n")]
        self.graph = net.graph_of("\n".join(self.text), t={"class": 2})

    def plot(self, X: Any = None, t: Any = None) -> Any:
        """The picture of its neurons; on examples, (batch, features) and (batch,), whom it mistakes for whom and where it decides.

        Raises InputError for examples that do not fit.
        """
        return plotted(self, X, t)

    def parts(self) -> list[Part]:
        return [
            f"{type(self).__name__} of {counted(self.net.features, 'features')}",
            *self.net.parts(),
            *map(self._typeset, self.text[-2:]),
        ]

    def _typeset(self, line: str) -> Typeset:
        return Typeset(line, notation.equation(self.graph, line.partition(" = ")[0]))

    def decision_function(self, X: Any) -> Array:
        """The logit of each example, (batch,); above 0 for class 1. Raises InputError."""
        return self.net(X)

    def predict_proba(self, X: Any) -> Array:
        """The probabilities of class 0 and of class 1, (batch, 2). Raises InputError."""
        z = self.decision_function(X)
        return np.stack([OPS["sigmoid"].compute(-z), OPS["sigmoid"].compute(z)], axis=-1)

    def predict(self, X: Any) -> Array:
        """The likelier class of each example, (batch,). Raises InputError."""
        return (self.decision_function(X) > 0).astype(int)

    def score(self, X: Any, t: Any) -> float:
        """The share of examples that are classified correctly. Raises InputError."""
        X, t = self.checked(X, t)
        return float((self.predict(X) == t).mean())

    def confusion(self, X: Any, t: Any) -> Array:
        """How many examples of each class (rows) are taken for each class (columns), (2, 2). Raises InputError."""
        X, t = self.checked(X, t)
        return np.bincount(2 * t + self.predict(X), minlength=4).reshape(2, 2)

    def loss(self, X: Any, t: Any) -> float:
        """The mean loss. Raises InputError."""
        X, t = self.checked(X, t)
        return binary_cross_entropy(self.decision_function(X), t)

    def mean_loss(self, t: Array, **values: Any) -> float:
        """The mean loss for a value of each leaf, unchecked: what finite differences nudge."""
        return binary_cross_entropy(run(self.net.graph, **values)[self.net.graph.outputs[0]], t)

    def gradients(self, X: Any, t: Any) -> Values:
        """J of each example, x_bar of each example, and the gradient of the mean loss for each parameter. Raises InputError."""
        X, t = self.checked(X, t)
        return grad(self.graph, ("x", *self.net.learnt), x=X, t=t, **self.net.values)

    def gradient_norms(self, X: Any, t: Any) -> Values:
        """The squared norm of each example's own gradient, (batch,), for each parameter. Raises InputError. Source: question 2.2."""
        X, t = self.checked(X, t)
        return gradient_norms(self.graph, x=X, t=t, **self.net.values)

    def state_dict(self) -> dict[str, Array]:
        """The parameters as PyTorch names them."""
        return self.net.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over parameters. Raises InputError."""
        self.net.load_state_dict(state)

    def checked(self, X: Any, t: Any) -> tuple[Array, Array]:
        """A batch with its targets as integers. Raises InputError for what does not fit, and for an empty batch."""
        X, t = examples(X, self.net.features), zeros_and_ones(t)
        if t.shape != (len(X),):
            hint = "; t.ravel() makes it so" if t.size == len(X) else ""
            raise InputError(f"targets have shape {t.shape}, expected ({len(X)},), one for each example{hint}")
        if not len(X):
            raise InputError("there is no example")
        return X, t.astype(int)

    def fit(
        self,
        X: Any,
        t: Any,
        *,
        rate: float = 0.5,
        momentum: float = 0.9,
        steps: int = 1000,
        validation: tuple[Any, Any] | None = None,
        watch: Callable[[DescentState, Array], None] | None = None,
        resume: tuple[DescentState, Array] | None = None,
    ) -> History:
        """Learn from examples (batch, features) and targets (batch,) by full-batch gradient descent from the present parameters.

        A first layer that standardises takes the mean and the scale of these examples. `watch` is shown the state and the looks so far
        at about fifty steps, and `resume` takes up what it was shown. Returns the history.

        Raises InputError for data or settings that do not fit, for a single class, and early where the loss diverges.

        >>> model = LogisticRegression(1)
        >>> history = model.fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1], rate=1.0, steps=100)
        >>> model.predict([[0.5], [2.5]])
        array([0, 1])
        """
        X, t = self.checked(X, t)
        check_settings(rate, momentum, steps)
        if t.min() == t.max():
            raise InputError(f"all targets are {t[0]}; a classifier learns from examples of both classes")
        held = self.checked(*validation) if validation is not None else None
        values = dict(self.net.values)
        if self.net.fixed:
            values |= _standardization(X)
        state, looks = resume or (started({name: values[name] for name in self.net.learnt}, steps), np.empty((0, 5)))
        seen = list(looks)
        forward = compile(self.net.graph)
        now: dict[str, Any] = {**values, **state.parameters}
        parts = [(forward.bind(x=part[0], **now), part[1]) for part in ((X, t), held) if part]

        def observe(state: DescentState) -> None:
            metrics = [number for part in parts for number in _metrics(*part)]
            seen.append(np.array([state.step, *metrics, *[np.nan] * (4 - len(metrics))]))
            if watch is not None:
                watch(state, np.array(seen))

        stops = [round(steps * k / MEASUREMENTS) for k in range(MEASUREMENTS + 1)]
        known = {int(row[0]) for row in seen}
        inputs = {"x_hat": (X - values["mu"]) / values["sigma"]} if self.net.fixed else {"x": X}
        descend(self.training_graph, state, {**inputs, "t": t.astype(float)}, rate=rate, momentum=momentum,
                stops=[s for s in stops if s not in known], watch=observe)  # fmt: skip
        self.net.values = {**values, **state.parameters}
        return History(np.append(state.losses, self.loss(X, t)), np.array(seen))

    @cached_property
    def training_graph(self) -> Graph:
        """The loss as the descent needs it: targets as numbers, which are checked already; examples standardised once, as x_hat."""
        learnt = {name: self.net.shapes[name] for name in self.net.learnt}
        inputs: dict[str, Any] = {"x_hat" if self.net.fixed else "x": ["D"], "t": []}
        return parse("\n".join(self.text[bool(self.net.fixed) :]), learnt, "training", **inputs)


class LogisticRegression(BinaryClassifier):
    """Binary logistic regression: y' = sigmoid(w x + b). Source: question 4.1."""

    def __init__(self, features: int, *, standardize: bool = False, rng: Random = 0) -> None:
        super().__init__(Sequential(*_first(features, standardize), Linear(features, 1), rng=rng))


class MLPClassifier(BinaryClassifier):
    """A multi-layer perceptron of two classes: hidden layers of these widths, one activation. Source: question 4.2."""

    def __init__(
        self, features: int, hidden: tuple[int, ...] = (16,), activation: str = "tanh", *, standardize: bool = False, rng: Random = 0
    ) -> None:
        if activation not in ACTIVATIONS:
            hint = did_you_mean(str(activation), ACTIVATIONS)
            raise InputError(f"unknown activation {shown(activation)}; known are {', '.join(ACTIVATIONS)}{hint}")
        layers: list[Layer] = _first(features, standardize)
        for inputs, outputs in zip((features, *hidden), hidden, strict=False):
            layers += [Linear(inputs, outputs), ACTIVATIONS[activation]()]
        super().__init__(Sequential(*layers, Linear((features, *hidden)[-1], 1), rng=rng))


def _metrics(forward: Bound, t: Array) -> tuple[float, float]:
    """Loss and accuracy at the present parameters."""
    (z,) = forward().values()
    return float(OPS["logistic_loss"].compute(z, t).mean()), np.count_nonzero((z > 0) == t) / len(t)


def _first(features: int, standardize: bool) -> list[Layer]:
    return [Standardize(features)] if standardize else []


def _standardization(X: Array) -> dict[str, Array]:
    """Mean and standard deviation of each feature; a feature that is always the same is only shifted."""
    scale = X.std(axis=0)
    return {"mu": X.mean(axis=0), "sigma": np.where(scale > 0, scale, 1.0)}
