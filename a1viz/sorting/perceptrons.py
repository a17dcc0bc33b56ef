"""A whole sorting network as one deep perceptron: depth + 1 matrices, in three forms. Serves questions 3.1 to 3.3.

Each layer of comparators is an activation between two matrices, and the matrix that ends one layer and the one that begins the next are
multiplied into one. What the hidden units of a comparator of the wires a, b compute:

- `abs`:   a + b and |a - b|; half of the sum minus and plus half of the distance come out. A wire between comparators is one unit.
- `relu`:  ReLU(a - b), ReLU(b - a), ReLU(b), ReLU(-b); a wire between comparators is ReLU(a), ReLU(-a).
- `gated`: a and b; the gate I(a <= b) lets the one or the other through. Nothing is computed, so nothing is rounded: exact.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..base.arrays import Array, as_array
from ..base.columns import counted
from ..base.errors import InputError, did_you_mean, shown
from ..base.results import Matrix, Part, Result, Table, Typeset, plotted
from ..base.tensors import read_tensors, write_tensors
from ..graph.comparators import Comparator
from .networks import Network, checked_network

MAX_BYTES = 1 << 31
Rows = list[dict[int, float]]  # a matrix, row by row: column -> entry


@dataclass(frozen=True, eq=False)
class Layer(Result):
    """z = W x + b, then each unit's activation: identity, abs, relu, or smaller and larger of a pair of neighbours; shows itself."""

    W: Array  # (units, inputs)
    b: Array  # (units,)
    activations: tuple[str, ...]  # one per unit

    @property
    def kinds(self) -> str:
        """How many units have each activation.

        >>> Layer(np.eye(3), np.zeros(3), ("abs", "identity", "abs")).kinds
        '2 abs, 1 identity'
        """
        return ", ".join(f"{self.activations.count(kind)} {kind}" for kind in dict.fromkeys(self.activations))

    def parts(self) -> list[Part]:
        return [Table((), [("W", Matrix(self.W)), ("b", Matrix(self.b)), ("activations", self.kinds)])]


@dataclass(frozen=True, eq=False)
class Perceptron(Result):
    """A network of comparators as layers (W, b, activations); call it on numbers (..., n) to get its outputs. Shows itself.

    `abs` and `relu` round, by at most `bound`; the gated form is exact for whatever can be compared.
    """

    network: Network
    form: str
    layers: tuple[Layer, ...]

    @property
    def nonzeros(self) -> int:
        """How many weights are not zero."""
        return sum(int(np.count_nonzero(layer.W)) for layer in self.layers)

    @property
    def weights(self) -> int:
        """How many weights there are."""
        return sum(layer.W.size for layer in self.layers)

    def __call__(self, X: Any) -> Array:
        """The outputs (..., outputs) for numbers (..., n); floats keep their precision, integers become float64 unless gated."""
        X = as_array(X)
        if X.ndim == 0 or X.shape[-1] != self.network.n or X.dtype.kind not in "biuf":
            raise InputError(f"the perceptron takes real numbers of shape (..., {self.network.n}), got {X.dtype} of shape {X.shape}")
        if self.form != "gated" and X.dtype.kind != "f":
            X = X.astype(np.float64)
        with np.errstate(all="ignore"):
            for layer in self.layers:
                X = _activated(_weighted(X, layer, self.form == "gated"), layer.activations)
        found: Array = X
        return found

    def bound(self, largest: float = 1.0, dtype: Any = np.float64) -> float:
        """How far an output may be from the sorted number at most, for numbers of magnitude `largest` at most; see `rounding_bound`."""
        return rounding_bound(self.network, largest, dtype, self.form)

    def save(self, path: str | Path) -> None:
        """Write all weights and biases, and what they are, as .safetensors. Raises OutputError."""
        arrays = {f"{name}{k}": array for k, layer in enumerate(self.layers, 1) for name, array in (("W", layer.W), ("b", layer.b))}
        about = {
            "network": self.network.name,
            "n": self.network.n,
            "comparators": json.dumps(self.network.comparators),
            "outputs": json.dumps(self.network.outputs),
            "form": self.form,
            "activations": json.dumps([layer.activations for layer in self.layers]),
        }
        write_tensors(path, arrays, about)

    def plot(self) -> Any:
        """The figure of it: the weights of each layer as a map."""
        return plotted(self)

    def parts(self) -> list[Part]:
        """One line per layer."""
        what = f"{counted(len(self.layers), 'matrices')}, {self.nonzeros:,} of {self.weights:,} weights not 0"
        rows = [
            (Typeset(f"W{k}", f"W^{{({k})}}"), " x ".join(map(str, layer.W.shape)), str(np.count_nonzero(layer.W)), layer.kinds)
            for k, layer in enumerate(self.layers, 1)
        ]
        title = f"{self.network.summary}; as a perceptron, {self.form}: {what}"
        return [title, *([Table(("layer", "shape", "not 0", "activations"), rows, "lrrl", is_numeric=True)] if rows else [])]


def _weighted(X: Array, layer: Layer, selects: bool) -> Array:
    """W x + b; where W only selects, nothing is multiplied by zero, which would make NaN of what is infinite."""
    if selects:
        return X[..., layer.W.argmax(axis=1)] if layer.W.size else X[..., :0]
    found: Array = X @ layer.W.T.astype(X.dtype) + layer.b.astype(X.dtype)
    return found


def _activated(z: Array, activations: tuple[str, ...]) -> Array:
    h = z.copy()
    kinds = np.array(activations, dtype=object)
    for kind, function in (("abs", np.abs), ("relu", lambda v: np.maximum(v, 0))):
        chosen = kinds == kind
        if chosen.any():
            h[..., chosen] = function(z[..., chosen])
    first = np.flatnonzero(kinds == "smaller")
    a, b = z[..., first], z[..., first + 1]
    gate = _precedes(a, b)
    h[..., first], h[..., first + 1] = np.where(gate, a, b), np.where(gate, b, a)
    return h


def _precedes(a: Array, b: Array) -> Array:
    """a <= b, with the negative zero before the other and NaN last."""
    if a.dtype.kind != "f":
        return a <= b
    found: Array = np.where(a == b, np.signbit(a) | ~np.signbit(b) | (a != 0), (a < b) | np.isnan(b))
    return found


# --- the three forms ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DeepForm:
    """What the units of a comparator, and of a wire that passes by, compute of the wires' numbers, and what comes out of them."""

    kinds: tuple[str, ...]  # the activations of a comparator's units
    into: tuple[tuple[float, float], ...]  # for each of them the weights of the wires a and b
    smaller: tuple[float, ...]  # the weights of the units in the smaller number, and in the larger
    larger: tuple[float, ...]
    wire: tuple[float, ...]  # the weights of a wire that passes by in its own units
    wire_kind: str


FORMS = {
    "abs": DeepForm(("identity", "abs"), ((1, 1), (1, -1)), (0.5, -0.5), (0.5, 0.5), (1,), "identity"),
    "relu": DeepForm(("relu",) * 4, ((1, -1), (-1, 1), (0, 1), (0, -1)), (0, -1, 1, -1), (1, 0, 1, -1), (1, -1), "relu"),
    "gated": DeepForm(("smaller", "larger"), ((1, 0), (0, 1)), (1, 0), (0, 1), (1,), "identity"),
}


def perceptron(network: Network, form: str = "abs") -> Perceptron:
    """A network as one deep perceptron of depth + 1 matrices; `form` is abs, relu or gated, as described at the top.

    Raises InputError for an unknown form, and for a network whose matrices would not fit in memory. Source: questions 3.1 to 3.3.

    >>> from a1viz.sorting import network
    >>> print(perceptron(network("merge", 4)))
    merge: 4 wires, 5 comparators, depth 3; as a perceptron, abs: 4 matrices, 42 of 64 weights not 0
    layer  shape  not 0  activations
    W1     4 x 4      8  2 identity, 2 abs
    W2     4 x 4     16  2 identity, 2 abs
    W3     4 x 4     12  3 identity, 1 abs
    W4     4 x 4      6  4 identity
    """
    if form not in FORMS:
        raise InputError(f"unknown form {shown(form)}{did_you_mean(str(form), FORMS)}; the forms are {', '.join(FORMS)}")
    size = 8 * (checked_network(network).depth + 1) * (network.n * len(FORMS[form].wire)) ** 2
    if size > MAX_BYTES:
        raise InputError(f"the matrices would take {size / 2**30:,.0f} GB, and the limit is {MAX_BYTES >> 30} GB; take fewer wires")
    outof: Rows = [{wire: 1.0} for wire in range(network.n)]  # each wire as a sum of the units before
    layers, units = [], network.n
    for comparators in network.layers:
        into, after, kinds = _layer(comparators, network.n, FORMS[form])
        layers.append(_dense(_multiplied(into, outof), units, tuple(kinds)))
        outof, units = after, len(kinds)
    last = [outof[wire] for wire in network.outputs]
    layers.append(_dense(last, units, ("identity",) * len(last)))
    return Perceptron(network, form, tuple(layers))


def _layer(comparators: tuple[Comparator, ...], n: int, form: DeepForm) -> tuple[Rows, Rows, list[str]]:
    """The units of one layer as sums of wires, the wires after it as sums of units, and the units' activations."""
    into: Rows = []
    after: Rows = [{} for _ in range(n)]
    kinds: list[str] = []
    for i, j in comparators:
        first = len(into)
        into += [{wire: weight for wire, weight in zip((i, j), row, strict=True) if weight} for row in form.into]
        for wire, weights in ((i, form.smaller), (j, form.larger)):
            after[wire] = {first + k: weight for k, weight in enumerate(weights) if weight}
        kinds += form.kinds
    for wire in sorted(set(range(n)).difference(*comparators)):
        after[wire] = {len(into) + k: weight for k, weight in enumerate(form.wire)}
        into += [{wire: weight} for weight in form.wire]
        kinds += [form.wire_kind] * len(form.wire)
    return into, after, kinds


def _multiplied(rows: Rows, others: Rows) -> Rows:
    """The product of two matrices."""
    product: Rows = []
    for row in rows:
        found: dict[int, float] = {}
        for at, weight in row.items():
            for column, other in others[at].items():
                found[column] = found.get(column, 0.0) + weight * other
        product.append(found)
    return product


def _dense(rows: Rows, columns: int, activations: tuple[str, ...]) -> Layer:
    W = np.zeros((len(rows), columns))
    for k, row in enumerate(rows):
        for column, weight in row.items():
            W[k, column] = weight
    return Layer(W, np.zeros(len(rows)), activations)


def load_perceptron(path: str | Path) -> Perceptron:
    """A perceptron that `save` has written. Raises InputError."""
    arrays, about = read_tensors(path)
    try:
        network = Network(about["n"], json.loads(about["comparators"]), about["network"], tuple(json.loads(about["outputs"])))
        kinds = [tuple(layer) for layer in json.loads(about["activations"])]
        layers = tuple(Layer(arrays[f"W{k}"], arrays[f"b{k}"], kind) for k, kind in enumerate(kinds, 1))
        return Perceptron(network, about["form"], layers)
    except (LookupError, ValueError, TypeError, AttributeError, RecursionError):
        raise InputError(f"{shown(str(path), 300)} does not hold the perceptron of a sorting network") from None


# --- how much is rounded --------------------------------------------------------------------------------------------------------


def rounding_bound(network: Network, largest: float = 1.0, dtype: Any = np.float64, form: str = "blocks") -> float:
    """How far an output may be from the sorted number at most, if no input is larger in magnitude than `largest`; inf if it may overflow.

    `form` is blocks (one Sort_2 after the other, as in the graphs and in `sort(..., exact=False)`), or abs, relu or gated (a fused
    perceptron). A comparator moves its outputs by no more than its inputs, so errors of the layers add up. With u the unit roundoff, M the
    largest magnitude so far, and m u / (1 - m u) for a sum of m + 1 numbers in any order, a layer adds at most

    - blocks: (2 u + u^2) M, for |a + b| + |a - b| = 2 max(|a|, |b|);
    - abs: u M at the first matrix and at the last, at the others twice M times that of 4 numbers;
    - relu: 2 u M at the first matrix, and M times 6 of 3 numbers at the last, at the others 6 of 3 numbers and 7 of 6 numbers.

    Halving what is below the normal range may lose half of the smallest number each time; that is added. Raises InputError for an unknown
    form. Source: Higham, Accuracy and Stability of Numerical Algorithms, section 3.1; derived here.

    >>> from a1viz.sorting import network
    >>> rounding_bound(network("merge", 4), form="blocks") / 2**-53
    6.000000000000002
    """
    if form not in BOUNDS:
        raise InputError(f"unknown form {shown(form)}{did_you_mean(str(form), BOUNDS)}; the forms are {', '.join(BOUNDS)}")
    limits, depth = np.finfo(dtype), checked_network(network).depth
    largest = abs(float(largest))
    if form == "gated" or not depth:
        return 0.0
    if not largest * (6 if form == "relu" else 2) < float(limits.max):
        return float("inf")
    first, between, last = BOUNDS[form](float(limits.eps) / 2)
    growth = (1 + first) * (1 + between) ** (depth - 1) * (1 + last)
    relative = np.expm1(np.log1p(first) + (depth - 1) * np.log1p(between) + np.log1p(last)) if growth < 2 else growth - 1
    return float(relative * largest + 4 * depth * float(limits.smallest_subnormal))


def _sum_error(numbers: int, u: float) -> float:
    """The relative error of a sum of so many numbers, in any order."""
    return (numbers - 1) * u / (1 - (numbers - 1) * u)


BOUNDS: dict[str, Callable[[float], tuple[float, float, float]]] = {  # what the first, the other and the last matrices add, relative to M
    "blocks": lambda u: (u, 2 * u + u * u, u),
    "abs": lambda u: (u, 2 * _sum_error(4, u), u),
    "relu": lambda u: (2 * u, 6 * _sum_error(3, u) + 7 * _sum_error(6, u), 6 * _sum_error(3, u)),
    "gated": lambda u: (0.0, 0.0, 0.0),
}
