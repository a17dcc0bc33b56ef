"""Layers one after the other, as equations: what a network computes is a graph. Serves question 4.

The graph uses the paper's names, W1, b1, W2, b2, ..., counted over the linear layers; a state dict those of PyTorch's `Sequential`:
`weight` (outputs, inputs) and `bias` (outputs,) after the place of the layer among all layers, "0.weight", "0.bias", "2.weight", ... The
last linear layer, if it has one output, is a vector w and a number b in the graph, so that logits have the shape of targets; in a state
dict it is (1, inputs) and (1,) all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

import numpy as np

from ..base.arrays import Array
from ..base.columns import counted
from ..base.errors import InputError, did_you_mean, shown
from ..base.results import Cell, Part, Result, Table, Typeset, plotted
from ..calculus import notation
from ..calculus.interpreter import run
from ..graph.equations import parse
from ..graph.nodes import Graph
from .loss import examples, numbers

Random = np.random.Generator | int


def as_written(layer: Any) -> str:
    """A layer as one writes it; what is as usual is left out.

    >>> as_written(Linear(2, 3)), as_written(Linear(2, 3, bias=False)), as_written(ReLU())
    ('Linear(2, 3)', 'Linear(2, 3, bias=False)', 'ReLU()')
    """
    given = [(f, getattr(layer, f.name)) for f in fields(layer)]
    shown = [str(value) if f.default is MISSING else f"{f.name}={value}" for f, value in given if value != f.default]
    return f"{type(layer).__name__}({', '.join(shown)})"


@dataclass(frozen=True)
class Linear:
    """z = W x + b for W of shape (outputs, inputs). W and b are drawn uniformly from ±1/sqrt(inputs), as PyTorch does."""

    inputs: int
    outputs: int
    bias: bool = True
    __repr__ = as_written

    def __post_init__(self) -> None:
        for name in ("inputs", "outputs"):
            size = getattr(self, name)
            if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 1:
                raise InputError(f"Linear: {name} must be a whole number from 1, got {shown(size)}")


@dataclass(frozen=True)
class ReLU:
    """h = max(z, 0), entry by entry."""

    op = "relu"
    __repr__ = as_written


@dataclass(frozen=True)
class Tanh:
    """h = tanh(z), entry by entry."""

    op = "tanh"
    __repr__ = as_written


@dataclass(frozen=True)
class Sigmoid:
    """h = 1 / (1 + exp(-z)), entry by entry."""

    op = "sigmoid"
    __repr__ = as_written


@dataclass(frozen=True)
class Standardize:
    """x_hat = (x - mean) / scale, entry by entry, with the mean and the scale of the training data; the first layer, and not learnt."""

    features: int
    __repr__ = as_written


ACTIVATIONS: dict[str, type[ReLU] | type[Tanh] | type[Sigmoid]] = {"relu": ReLU, "tanh": Tanh, "sigmoid": Sigmoid}
LAYERS = {kind.__name__: kind for kind in (Linear, ReLU, Tanh, Sigmoid, Standardize)}
Layer = Linear | ReLU | Tanh | Sigmoid | Standardize


class Sequential(Result):
    """Layers one after the other, and their parameters by the names of the graph; shows itself as a table of its layers.

    Calling it gives the outputs of a batch (batch, inputs): (batch, outputs), or (batch,) where the last linear layer has one output.
    `rng`, a NumPy Generator or a seed, draws the parameters, layer by layer, weight before bias.

    Raises InputError for layers that do not fit together. Source: question 4.2.

    >>> net = Sequential(Linear(2, 3), Tanh(), Linear(3, 1), rng=0)
    >>> print(net.graph)
    z1 = W1 @ x + b1
    h1 = tanh(z1)
    z2 = w2 @ h1 + b2
    >>> {key: value.shape for key, value in net.state_dict().items()}
    {'0.weight': (3, 2), '0.bias': (3,), '2.weight': (1, 3), '2.bias': (1,)}
    """

    def __init__(self, *layers: Layer, rng: Random = 0) -> None:
        _check_layers(layers)
        self.layers = layers
        self.text, self.shapes, self.keys, self.sizes = _equations(layers)
        self.fixed = tuple(name for name, key in self.keys.items() if key.endswith((".mean", ".scale")))
        self.learnt = tuple(name for name in self.shapes if name not in self.fixed)
        self.values: dict[str, Any] = _drawn(layers, self.keys, _generator(rng))
        self.graph = self.graph_of("\n".join(self.text))

    def graph_of(self, text: str, **more: Any) -> Graph:
        """A graph of these equations, with this network's leaves and `more` inputs."""
        fixed: dict[str, Any] = {name: self.shapes[name] for name in self.fixed}
        return parse(text, {name: self.shapes[name] for name in self.learnt}, "net", x=["D"], **fixed, **more)

    def plot(self) -> Any:
        """The picture of its neurons, with the weights that it has now."""
        return plotted(self)

    def parts(self) -> list[Part]:
        rows: list[tuple[Cell, ...]] = []
        for place, (layer, line) in enumerate(zip(self.layers, self.text, strict=True)):
            own = {name: self.values[name] for name, key in self.keys.items() if key.startswith(f"{place}.")}
            shapes = ", ".join(f"{name} {value.shape}" for name, value in own.items())
            equation = Typeset(line, notation.equation(self.graph, line.partition(" = ")[0]))
            rows.append((str(place), repr(layer), equation, shapes, f"{sum(value.size for value in own.values()):,}" if own else ""))
        total = f"{sum(value.size for value in self.values.values()):,}"
        head = ("", "layer", "equation", "parameters", "numbers")
        return [Table(head, [*rows, ("", "total", "", "", total)], "rlllr", foot=1, is_numeric=True)]

    @property
    def features(self) -> int:
        """How many numbers an example has."""
        return self.sizes["D"]

    def __call__(self, X: Any) -> Array:
        """The outputs for a batch of examples. Raises InputError for one that does not fit."""
        found: Array = run(self.graph, x=examples(X, self.features), **self.values)[self.graph.outputs[0]]
        return found

    def state_dict(self) -> dict[str, Array]:
        """Copies of the parameters, in the names, shapes and order that PyTorch gives them."""
        return {key: np.array(self.values[name]).reshape(self._stored(name)) for name, key in self.keys.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over parameters. Raises InputError for names or shapes that do not fit; then nothing is changed."""
        for wrong in sorted({*state} ^ {*self.keys.values()}):
            what = "is missing" if wrong in self.keys.values() else f"is unknown{did_you_mean(wrong, self.keys.values())}"
            raise InputError(f"state dict: {wrong} {what}; the names are {', '.join(self.keys.values())}")
        found = {}
        for name, key in self.keys.items():
            array = numbers(key, state[key])
            if array.shape != self._stored(name):
                raise InputError(f"state dict: {key} has shape {array.shape}, expected {self._stored(name)}")
            found[name] = array.reshape(self.values[name].shape)
        self.values = found

    def _stored(self, name: str) -> tuple[int, ...]:
        """The shape of a parameter in a state dict."""
        shape: tuple[int, ...] = self.values[name].shape
        kind = self.keys[name].rpartition(".")[2]
        return (1,) * ({"weight": 2}.get(kind, 1) - len(shape)) + shape


def _check_layers(layers: tuple[Layer, ...]) -> None:
    width = None
    for place, layer in enumerate(layers):
        if not isinstance(layer, tuple(LAYERS.values())):
            hint = f"; write {layer.__name__}(...)" if isinstance(layer, type) else ""
            raise InputError(f"layer {place} must be one of {', '.join(LAYERS)}, got {shown(layer)}{hint}")
        if isinstance(layer, Standardize) and place:
            raise InputError(f"layer {place}: Standardize is for examples and can only be the first layer")
        takes = getattr(layer, "inputs", getattr(layer, "features", None))
        if width is not None and takes not in (None, width):
            raise InputError(f"layer {place} takes {counted(takes, 'inputs')}, but what comes before gives {width}")
        width = getattr(layer, "outputs", takes or width)
    if not any(isinstance(layer, Linear) for layer in layers):
        raise InputError("a network needs at least one Linear layer")


def _equations(layers: tuple[Layer, ...]) -> tuple[list[str], dict[str, list[str]], dict[str, str], dict[str, int]]:
    """The equations of a network; the shape of each leaf in named sizes, its name in a state dict, and the sizes."""
    linear = [place for place, layer in enumerate(layers) if isinstance(layer, Linear)]
    text: list[str] = []
    shapes: dict[str, list[str]] = {}
    keys: dict[str, str] = {}
    sizes: dict[str, int] = {}
    here, width, k = "x", "D", 0
    for place, layer in enumerate(layers):
        if isinstance(layer, Standardize):
            sizes["D"] = layer.features
            shapes |= {"mu": ["D"], "sigma": ["D"]}
            keys |= {"mu": f"{place}.mean", "sigma": f"{place}.scale"}
            text.append(f"x_hat = ({here} - mu) / sigma")
            here = "x_hat"
        elif isinstance(layer, Linear):
            sizes.setdefault("D", layer.inputs)
            k += 1
            number = str(k) if len(linear) > 1 else ""
            is_last = place == linear[-1]
            out = [] if is_last and layer.outputs == 1 else ["N"] if is_last else ["H" if len(linear) == 2 else f"H{k}"]
            weight, bias = f"{'W' if out else 'w'}{number}", f"b{number}"
            sizes |= dict.fromkeys(out, layer.outputs)
            shapes[weight], keys[weight] = [*out, width], f"{place}.weight"
            if layer.bias:
                shapes[bias], keys[bias] = out, f"{place}.bias"
            text.append(f"z{number} = {weight} @ {here}{f' + {bias}' if layer.bias else ''}")
            here, width = f"z{number}", (out or [width])[0]
        else:
            there = f"h{here[1:]}" if here[0] == "z" else f"{here}_{place}" if here[0] == "h" else "h0"
            text.append(f"{there} = {layer.op}({here})")
            here = there
    return text, shapes, keys, sizes


def _generator(rng: Random) -> np.random.Generator:
    """The generator that was given, or that of a seed. Raises InputError."""
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError):
        raise InputError(f"rng is a NumPy Generator or a seed, a whole number from 0, got {shown(rng)}") from None


def _drawn(layers: tuple[Layer, ...], keys: Mapping[str, str], rng: np.random.Generator) -> dict[str, Array]:
    """Parameters as they are before a training: those of Linear drawn, mean 0 and scale 1."""
    values: dict[str, Array] = {}
    for name, key in keys.items():
        place, _, kind = key.partition(".")
        layer = layers[int(place)]
        if isinstance(layer, Standardize):
            values[name] = np.full(layer.features, float(kind == "scale"))
            continue
        assert isinstance(layer, Linear), "no other layer has parameters"
        out = () if name[0] == "w" or (kind == "bias" and f"w{name[1:]}" in keys) else (layer.outputs,)
        bound = layer.inputs**-0.5
        values[name] = np.asarray(rng.uniform(-bound, bound, (*out, layer.inputs) if kind == "weight" else out))
    return values
