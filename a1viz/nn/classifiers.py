"""Classifiers: a network, and on top the cross-entropy of its one logit's sigmoid, or of the softmax of one for each class. Question 4."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ..base.arrays import Array
from ..base.columns import counted
from ..base.errors import InputError, did_you_mean, shown
from ..base.results import Part, Result, Typeset, plotted
from ..calculus import notation
from ..calculus.interpreter import Values, grad, run
from ..gradients.norms import gradient_norms
from ..graph.equations import parse
from ..graph.nodes import Graph
from ..plan import Bound, compile
from .descent import Batches, DescentState, check_settings, descend, started
from .history import History
from .layers import ACTIVATIONS, Layer, Linear, Random, Sequential, Standardize
from .loss import class_numbers, decisions, examples, losses, probabilities

LOGISTIC = "y_prime = sigmoid({z})\nJ = -(t * log(y_prime) + (1 - t) * log(1 - y_prime))"
SOFTMAX = "y_prime = softmax({z})\nJ = -log(y_prime[t])"
MEASUREMENTS = 50  # of loss and accuracy, during a training


class Classifier(Result):
    """A network and the cross-entropy loss on top: a graph whose output is J. Shows its layers.

    One output is the logit of class 1 of two, N outputs are the logits of N classes: `classes` says how many. What the features and the
    classes are called is in `feature_names` and `class_names`, which a data set fills in, and which are saved. Source: question 4.

    >>> print(Classifier(Sequential(Linear(2, 1))).graph)
    z = w @ x + b
    y_prime = sigmoid(z)
    J = -(t * log(y_prime) + (1 - t) * log(1 - y_prime))
    >>> print(Classifier(Sequential(Linear(2, 3))).graph)
    z = W @ x + b
    y_prime = softmax(z)
    J = -log(y_prime[t])
    """

    def __init__(self, net: Sequential) -> None:
        output = net.graph.outputs[0]
        is_one = not net.graph[output].shape
        self.classes: int = 2 if is_one else net.sizes["N"]
        self.net, self.text = net, [*net.text, *(LOGISTIC if is_one else SOFTMAX).format(z=output).split("\n")]
        self.graph = net.graph_of("\n".join(self.text), t=self.label)
        self.feature_names = tuple(f"x{k + 1}" for k in range(net.features))
        self.class_names = tuple(f"class {k}" for k in range(self.classes))

    @property
    def label(self) -> dict[str, int | str]:
        """What the target is, as a leaf of the graph."""
        return {"class": "N" if "N" in self.net.sizes else 2}

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
        """The logit of each example, (batch,), above 0 for class 1; of more than two classes each one's, (batch, classes).

        Raises InputError.
        """
        return self.net(X)

    def predict_proba(self, X: Any) -> Array:
        """The probability of each class, (batch, classes). Raises InputError."""
        return probabilities(self.decision_function(X))

    def predict(self, X: Any) -> Array:
        """The likelier class of each example, (batch,), as its number. Raises InputError."""
        return decisions(self.decision_function(X))

    def score(self, X: Any, t: Any) -> float:
        """The share of examples that are classified correctly. Raises InputError."""
        X, t = self.checked(X, t)
        return float((self.predict(X) == t).mean())

    def confusion(self, X: Any, t: Any) -> Array:
        """How many examples of each class (rows) are predicted as each class (columns), (classes, classes). Raises InputError."""
        X, t = self.checked(X, t)
        return np.bincount(self.classes * t + self.predict(X), minlength=self.classes**2).reshape(self.classes, self.classes)

    def loss(self, X: Any, t: Any) -> float:
        """The mean loss. Raises InputError."""
        X, t = self.checked(X, t)
        return float(losses(self.decision_function(X), t).mean())

    def mean_loss(self, t: Array, **values: Any) -> float:
        """The mean loss for a value of each leaf, unchecked: what finite differences nudge."""
        return float(losses(run(self.net.graph, **values)[self.net.graph.outputs[0]], t).mean())

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
        X, t = examples(X, self.net.features), class_numbers(t, self.classes)
        if t.shape != (len(X),):
            hint = "; t.ravel() makes it so" if t.size == len(X) else ""
            raise InputError(f"targets have shape {t.shape}, expected ({len(X)},), one for each example{hint}")
        if not len(X):
            raise InputError("there are no examples")
        return X, t

    def fit(
        self,
        X: Any,
        t: Any,
        *,
        rate: float = 0.5,
        momentum: float = 0.9,
        steps: int = 1000,
        batch: int | None = None,
        rng: Random = 0,
        validation: tuple[Any, Any] | None = None,
        watch: Callable[[DescentState, Array], None] | None = None,
        resume: tuple[DescentState, Array] | None = None,
    ) -> History:
        """Learn from examples (batch, features) and targets (batch,) by gradient descent from the present parameters.

        Each step learns from all examples, or from the next `batch` of them, which `rng` shuffles anew each time all have been seen. A
        first layer that standardises takes the mean and the scale of these examples. `watch` is shown the state and the looks so far at
        about fifty steps, and `resume` takes up what it was shown. Returns the history.

        Raises InputError for data or settings that do not fit, for a single class, and early where the loss diverges.

        >>> model = LogisticRegression(1)
        >>> history = model.fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1], rate=1.0, steps=100)
        >>> model.predict([[0.5], [2.5]])
        array([0, 1])
        """
        X, t = self.checked(X, t)
        check_settings(rate, momentum, steps)
        if t.min() == t.max():
            raise InputError(
                f"all targets are {t[0]}; a classifier learns from examples of {'both' if self.classes == 2 else 'all'} classes"
            )
        held = self.checked(*validation) if validation is not None else None
        values = dict(self.net.values)
        if self.net.fixed:
            values |= standardization(X)
        state, looks = resume or (started({name: values[name] for name in self.net.learnt}, steps), np.empty((0, 5)))
        state.batches = _batches(len(X), batch, rng)
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
        descend(self.training_graph, state, {**inputs, "t": t.astype(float) if "N" not in self.net.sizes else t}, rate=rate,
                momentum=momentum, stops=[s for s in stops if s not in known], watch=observe)  # fmt: skip
        self.net.values = {**values, **state.parameters}
        return History(np.append(state.losses, self.loss(X, t)), np.array(seen))

    @cached_property
    def training_graph(self) -> Graph:
        """The loss as the descent needs it: targets 0 and 1 as numbers, which are checked already; examples standardised once, as x_hat."""
        learnt = {name: self.net.shapes[name] for name in self.net.learnt}
        inputs: dict[str, Any] = {"x_hat" if self.net.fixed else "x": ["D"], "t": self.label if "N" in self.net.sizes else []}
        return parse("\n".join(self.text[bool(self.net.fixed) :]), learnt, "training", **inputs)


class BinaryClassifier(Classifier):
    """The classifier of two classes by one logit. Raises InputError for a network with more outputs. Source: question 4."""

    def __init__(self, net: Sequential) -> None:
        if "N" in net.sizes:
            raise InputError(f"a classifier of two classes needs one output, the network gives {net.sizes['N']}; end with Linear(..., 1)")
        super().__init__(net)


class LogisticRegression(Classifier):
    """Logistic regression: y' = sigmoid(w x + b), for more than two classes y' = softmax(W x + b). Source: question 4.1."""

    def __init__(self, features: int, *, classes: int = 2, standardize: bool = False, rng: Random = 0) -> None:
        super().__init__(Sequential(*_first(features, standardize), _last(features, classes), rng=rng))


class MLPClassifier(Classifier):
    """A multi-layer perceptron: hidden layers of these widths, one activation, as many classes. Source: question 4.2."""

    def __init__(
        self,
        features: int,
        hidden: tuple[int, ...] = (16,),
        activation: str = "tanh",
        *,
        classes: int = 2,
        standardize: bool = False,
        rng: Random = 0,
    ) -> None:
        if activation not in ACTIVATIONS:
            hint = did_you_mean(str(activation), ACTIVATIONS)
            raise InputError(f"unknown activation {shown(activation)}; known are {', '.join(ACTIVATIONS)}{hint}")
        if not isinstance(hidden, (tuple, list)):
            raise InputError(f"hidden is one width per hidden layer, such as (16,) or (32, 16), got {shown(hidden)}")
        layers: list[Layer] = _first(features, standardize)
        for inputs, outputs in zip((features, *hidden), hidden, strict=False):
            layers += [Linear(inputs, outputs), ACTIVATIONS[activation]()]
        super().__init__(Sequential(*layers, _last((features, *hidden)[-1], classes), rng=rng))


def _metrics(forward: Bound, t: Array) -> tuple[float, float]:
    """Loss and accuracy at the present parameters."""
    (z,) = forward().values()
    return float(losses(z, t).mean()), np.count_nonzero(decisions(z) == t) / len(t)


def _batches(examples: int, size: int | None, rng: Random) -> Batches | None:
    """Which examples each step learns from; None for all. Raises InputError for a size that is none."""
    if size is None:
        return None
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 1:
        raise InputError(f"a batch is a whole number of examples from 1, got {shown(size)}")
    seed = int(rng.integers(2**63)) if isinstance(rng, np.random.Generator) else int(rng)
    return Batches(examples, int(size), seed) if size < examples else None


def _first(features: int, standardize: bool) -> list[Layer]:
    return [Standardize(features)] if standardize else []


def _last(inputs: int, classes: int) -> Linear:
    """The layer of the logits. Raises InputError for a number of classes that is none."""
    if isinstance(classes, bool) or not isinstance(classes, (int, np.integer)) or classes < 2:
        raise InputError(f"classes must be a whole number from 2, got {shown(classes)}")
    return Linear(inputs, 1 if classes == 2 else int(classes))


def standardization(X: Array, names: Sequence[str] = ()) -> dict[str, Array]:
    """Mean and standard deviation of each feature, which messages call by its name; a feature that is always the same is only shifted.

    Raises InputError for numbers whose squares overflow.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        mean, scale = X.mean(axis=0), X.std(axis=0)
    wrong = np.flatnonzero(~np.isfinite(scale))
    if wrong.size:
        k = wrong[0]
        said = shown(names[k]) if names else k
        raise InputError(f"feature {said} has numbers up to {np.abs(X[:, k]).max():g}, too large to standardise; divide it")
    varies = (X.max(axis=0) > X.min(axis=0)) & (scale > 0)  # of equal numbers rounding may leave a scale above 0
    return {"mu": mean, "sigma": np.where(varies, scale, 1.0)}
