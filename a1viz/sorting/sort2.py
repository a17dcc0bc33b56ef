"""Perceptrons that put two numbers in order: the weights that do it, where each choice is right, and why some cannot be. Question 3.1.

The smaller number is half of the sum minus half of the distance, the larger is half of the sum plus half of the distance. So one hidden
unit has to carry the sum, the other the distance; the choices differ in how the sum gets through the activation unchanged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..base.arrays import Array, as_array
from ..base.results import Cell, Matrix, Part, Result, Table, Typeset, plotted
from ..graph.document import Document
from ..graph.equations import parse
from ..graph.nodes import Graph
from ..graph.operators import OPS

__all__ = ["FORMS", "Form", "jacobian_error", "shifted", "worst_error"]

Rows = tuple[tuple[float, ...], ...]
SLOPES: dict[str, Callable[[Array], Array]] = {  # the derivative of each activation
    "identity": np.ones_like,
    "abs": np.sign,
    "relu": lambda z: (z > 0).astype(float),
}


@dataclass(frozen=True)
class Form(Result):
    """One choice of weights, biases and activations; `least` is the smallest x1 + x2 for which it sorts; shows itself."""

    name: str
    hidden: tuple[str, ...]  # the activation of each hidden unit; the output is linear
    W1: Rows
    b1: tuple[float, ...]
    W2: Rows
    b2: tuple[float, float]
    least: float
    about: str  # what the hidden units compute

    @property
    def domain(self) -> str:
        """Where it sorts, in words.

        >>> FORMS["distance"].domain, FORMS["abs"].domain
        ('everywhere', 'where x1 + x2 >= 0')
        """
        return "everywhere" if self.least == -np.inf else f"where x1 + x2 >= {self.least:g}"

    def plot(self) -> Any:
        """The picture of its neurons."""
        return plotted(self)

    def parts(self) -> list[Part]:
        rows: list[tuple[Cell, Cell]] = [
            (Typeset("W1", "W^{(1)}"), Matrix(self.W1)),
            (Typeset("b1", "b^{(1)}"), Matrix(self.b1)),
            ("hidden units", ", ".join(self.hidden)),
            (Typeset("W2", "W^{(2)}"), Matrix(self.W2)),
            (Typeset("b2", "b^{(2)}"), Matrix(self.b2)),
            ("sorts", self.domain),
            ("computes", self.about),
        ]
        return [f"Sort_2: {self.name}", Table((), rows)]

    def __call__(self, x: Any) -> Array:
        """The outputs (..., 2) for pairs `x` (..., 2), in floating point as the perceptron computes them."""
        with np.errstate(all="ignore"):
            found: Array = self.activate(as_array(x).astype(float) @ np.array(self.W1).T + self.b1) @ np.array(self.W2).T + self.b2
            return found

    def activate(self, z: Array) -> Array:
        """The hidden units' values from what comes into them."""
        return np.stack([OPS[name].compute(z[..., k]) for k, name in enumerate(self.hidden)], axis=-1)

    def jacobian(self, x: Any) -> Array:
        """The derivative (2, 2) at one pair: W2 times the slopes of the hidden units times W1."""
        z = np.array(self.W1) @ as_array(x).astype(float) + self.b1
        slopes = np.array([SLOPES[name](z[k]) for k, name in enumerate(self.hidden)])
        found: Array = np.array(self.W2) @ (slopes[:, None] * np.array(self.W1))
        return found

    def graph(self) -> Graph:
        """The perceptron as a graph with inputs x1, x2 and outputs y1, y2; its weights are parameters."""
        units = [f"z[{k}]" if name == "identity" else f"{name}(z[{k}])" for k, name in enumerate(self.hidden)]
        h = f"{self.hidden[0]}(z)" if len(set(self.hidden)) == 1 else f"stack({', '.join(units)})"
        text = f"x = stack(x1, x2); z = W1 @ x + b1; h = {h}; y = W2 @ h + b2; y1 = y[0]; y2 = y[1]"
        values = {name: np.array(getattr(self, name)).tolist() for name in ("W1", "b1", "W2", "b2")}
        shapes = {name: list(np.shape(value)) for name, value in values.items()}
        graph = parse(text, shapes, "sort2", x1=[], x2=[])
        said = Document("Sort_2: " + self.name, "question 3.1", self.about, "sort2", values={"x1": 5, "x2": 2, **values},
                        cotangents={"y1": 1, "y2": 0}, symbols={"b1": "b^(1)", "b2": "b^(2)"})  # fmt: skip
        return replace(graph, document=said)


HALVES = ((0.5, -0.5), (0.5, 0.5))
MOVE = ((1, 0, -1), (0, 1, 1))


def shifted(c: float) -> Form:
    """The form with |z| in both units and a bias `c`, which is right where x1 + x2 >= -c.

    >>> shifted(10)([-3, -6])
    array([-6., -3.])
    """
    return Form(f"|z| twice, shifted by {c:g}", ("abs", "abs"), ((1, 1), (1, -1)), (c, 0), HALVES, (-c / 2, -c / 2), -c,
                f"|x1 + x2 + {c:g}|, which is the sum plus {c:g} as long as that is not negative, and |x1 - x2|")  # fmt: skip


FORMS = {
    "distance": Form("sum and distance", ("identity", "abs"), ((1, 1), (1, -1)), (0, 0), HALVES, (0, 0), -np.inf,
                     "the sum x1 + x2 and the distance |x1 - x2|"),
    "halved": Form("the same, halved", ("identity", "abs"), ((0.5, 0.5), (0.5, -0.5)), (0, 0), ((1, -1), (1, 1)), (0, 0), -np.inf,
                   "the mean of both and half the distance: neither is ever larger than the larger number, so nothing overflows"),
    "abs": Form("|z| twice", ("abs", "abs"), ((1, 1), (1, -1)), (0, 0), HALVES, (0, 0), 0.0,
                "|x1 + x2|, which is the sum as long as that is not negative, and |x1 - x2|"),
    "abs_shifted": shifted(100.0),
    "relu3": Form("ReLU, three units", ("relu",) * 3, ((1, 1), (1, -1), (-1, 1)), (0, 0, 0),
                  ((0.5, -0.5, -0.5), (0.5, 0.5, 0.5)), (0, 0), 0.0,
                  "the sum as long as it is not negative, and the distance in two halves, ReLU(x1 - x2) and ReLU(x2 - x1)"),
    "relu4": Form("ReLU, four units", ("relu",) * 4, ((1, 1), (-1, -1), (1, -1), (-1, 1)), (0, 0, 0, 0),
                  ((0.5, -0.5, -0.5, -0.5), (0.5, -0.5, 0.5, 0.5)), (0, 0), -np.inf,
                  "the sum in two halves, ReLU(s) - ReLU(-s), and the distance in two halves"),
    "difference": Form("ReLU of the difference", ("identity", "identity", "relu"), ((1, 0), (0, 1), (1, -1)), (0, 0, 0),
                       MOVE, (0, 0), -np.inf, "x1, x2, and by how much x1 is too large: what moves from the left to the right"),
}  # fmt: skip


def worst_error(form: Form, x: Array) -> float:
    """The largest error of a form on pairs `x` (N, 2), in units of 2^-53 times the larger magnitude of the pair."""
    largest = np.abs(x).max(axis=-1, keepdims=True)
    return float((np.abs(form(x) - np.sort(x, axis=-1)) / (largest * 2.0**-53)).max())


def jacobian_error(form: Form, at: float, side: float = 1e-6) -> float:
    """How far a form is from sorting on both sides of the point (at, at): the larger of the two distances of its Jacobian.

    On the one side it should be the identity, on the other the exchange of both numbers; distances in the spectral norm. With two ReLU
    units it is at least 1. Where a unit is off, the Jacobian has rank 1 at most, and such a matrix is at least 1 away from the identity;
    where both are on at both sides, it is the same matrix there, and identity and exchange are 2 apart.
    """
    below, above = (form.jacobian([at - s, at + s]) for s in (side, -side))
    return max(float(np.linalg.norm(below - np.eye(2), 2)), float(np.linalg.norm(above - np.eye(2)[::-1], 2)))
