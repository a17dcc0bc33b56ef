"""The figure of a result, where one is natural: one row per kind of result. `result.plot()` comes here.

To add one: a function from a result to a Figure or a Picture, and a row in PLOTS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..base.errors import InputError, shown
from ..gradients.cost_table import PassTable
from ..gradients.kernel_plans import Kernel
from ..gradients.norms import Norms
from ..nn import Classifier, Data, GradientTable, History, Sequential
from ..pictures.drawing import Picture, draw
from ..regression import DegreeSweep, Descent, DoubleDescent, Fit, NoiseTable, PolynomialFit
from ..sorting import Network, Perceptron, Proof
from ..sorting.sort2 import Form
from .decisions import MOST_REGIONS, boundary, confusion
from .figure import Figure
from .gradients import gradient_figure, norms_figure, pass_figure
from .learning import data_figure, history_figure
from .matrices import kernel_figure, perceptron_figure
from .polynomials import poly_figure, polynomial_figure
from .regression import descent_figure, double_figure, fit_figure, noise_figure


def proof_picture(proof: Proof) -> Picture:
    """The wires of the network that was proved, with the counter-example on them where there is one."""
    return draw(proof.network, values=proof.counterexample or False)


def net_picture(net: Sequential) -> Picture:
    """A network with the weights that it has now: one box per neuron."""
    values = {"x": [0.0] * net.features, **net.values}
    return draw(replace(net.graph, document=replace(net.graph.document, values=values)), view="neurons")


def model_plot(model: Classifier, X: Any = None, t: Any = None) -> Figure | Picture:
    """A classifier's network, one box per neuron; on examples, whom it mistakes for whom, and, with two features, where it decides.

    `X` is (batch, features), `t` (batch,). Raises InputError for what does not fit.
    """
    import numpy as np

    if X is None or t is None:
        if X is not None or t is not None:
            raise InputError("a plot of a model on examples needs both, X and t; without either it shows the network")
        return net_picture(model.net)
    X, t = model.checked(X, t)
    names = model.class_names
    shown_data = Data("examples", "Examples", "", X, t, X[:0], t[:0], model.feature_names, names)
    held = replace(shown_data, X_validation=X, t_validation=t)
    mistakes = replace(confusion(model, held), title="Confusion")
    panels = (boundary(model, shown_data), mistakes) if shown_data.is_plane and model.classes <= MOST_REGIONS else (mistakes,)
    counts = model.confusion(X, t)
    rows = tuple((name, *map(int, row)) for name, row in zip(names, counts, strict=True))
    words = f"{np.trace(counts)} of {len(X)} examples are classified right; the mean loss is {model.loss(X, t):.4g}."
    return Figure("What the model decides", words, ("true class", *(f"predicted {name}" for name in names)), rows, panels)


PLOTS: dict[type, Callable[..., Figure | Picture]] = {
    Fit: fit_figure,
    PolynomialFit: polynomial_figure,
    DegreeSweep: poly_figure,
    Descent: descent_figure,
    NoiseTable: noise_figure,
    DoubleDescent: double_figure,
    Norms: norms_figure,
    Kernel: kernel_figure,
    PassTable: pass_figure,
    History: history_figure,
    GradientTable: gradient_figure,
    Data: data_figure,
    Classifier: model_plot,
    Sequential: net_picture,
    Network: draw,
    Proof: proof_picture,
    Perceptron: perceptron_figure,
    Form: lambda form: draw(form.graph(), view="neurons"),
}


def plot(result: Any, *examples: Any) -> Figure | Picture:
    """The figure of a result: a Figure of curves or maps, or the Picture of a network. It shows itself in a notebook, and `.save`s.

    `examples` are X and t, for a model. Raises InputError for what has no figure, OutputError without Matplotlib when it is drawn.

    >>> from a1viz.regression import descend
    >>> plot(descend([[1, 1]], [3])).title
    'Gradient descent'
    """
    make = next((PLOTS[kind] for kind in type(result).__mro__ if kind in PLOTS), None)
    if make is None:
        kinds = ", ".join(kind.__name__ for kind in PLOTS)
        raise InputError(f"there is no figure of {shown(result)}; results with a figure are {kinds}")
    return make(result, *examples)
