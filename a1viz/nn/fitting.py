"""Settings with which the models really train, and a training that can be interrupted and goes on as if it had not. Serves question 4."""

from __future__ import annotations

import contextlib
import hashlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ..base.arrays import Array, as_array
from ..base.columns import counted
from ..base.errors import InputError, check_kind, did_you_mean, shown
from ..base.files import path_of, remove_parts
from ..base.limits import LAYERS, PARAMETERS
from ..base.results import Part, Result
from ..base.tensors import read_tensors, write_tensors
from .classifiers import Classifier, LogisticRegression, MLPClassifier, standardization
from .data import DATA, Data
from .descent import DescentState, check_settings
from .history import History

MODELS = {"logistic": "Logistic regression", "mlp": "Multi-layer perceptron"}


@dataclass(frozen=True)
class Settings(Result):
    """How a model is trained. For logistic regression the rates are below 1/L, see `smoothness`, so that no step raises the loss."""

    rate: float
    momentum: float
    steps: int
    hidden: tuple[int, ...] = ()
    activation: str = "tanh"
    standardize: bool = False
    batch: int | None = None  # examples that a step learns from; None for all

    def parts(self) -> list[Part]:
        hidden = f"hidden {', '.join(map(str, self.hidden))} with {self.activation}, " if self.hidden else ""
        momentum = f", momentum {self.momentum:g}" if self.momentum else ""
        batch = f" of {counted(self.batch, 'examples')}" if self.batch is not None else ""
        return [f"{hidden}rate {self.rate:g}{momentum}, {self.steps:,} steps{batch}{', features standardised' if self.standardize else ''}"]


SETTINGS = {
    ("logistic", "moons"): Settings(2.0, 0.0, 2000),
    ("logistic", "circles"): Settings(2.0, 0.0, 500),
    ("logistic", "breast_cancer"): Settings(0.25, 0.0, 400, standardize=True),
    ("logistic", "digits"): Settings(0.5, 0.0, 500, standardize=True),
    ("mlp", "moons"): Settings(0.5, 0.9, 1000, (16,)),
    ("mlp", "circles"): Settings(0.5, 0.9, 1000, (16,)),
    ("mlp", "breast_cancer"): Settings(0.1, 0.9, 100, (16,), standardize=True),
    ("mlp", "digits"): Settings(0.1, 0.9, 300, (16,), standardize=True),
}


def settings_of(model: str, data: str) -> Settings:
    """The settings a model is trained with on a data set. Raises InputError for an unknown one of either.

    >>> settings_of("logistic", "moons").rate
    2.0
    """
    for kind, name, known in (("model", model, MODELS), ("data set", data, DATA)):
        if name not in known:
            raise InputError(f"there is no {kind} {shown(name)}; there are {', '.join(known)}{did_you_mean(str(name), known)}")
    return SETTINGS[model, data]


def own_settings(model: str, data: Data) -> Settings:
    """Settings for data of one's own: features standardised, a rate at which a linear model is sure to learn.

    Raises InputError for an unknown model.
    """
    if model not in MODELS:
        raise InputError(f"there is no model {shown(model)}; there are {', '.join(MODELS)}{did_you_mean(str(model), MODELS)}")
    check_kind(data, Data, SOME_DATA)
    rate = safe_rate(standardized(data.X, data.features), len(data.classes))
    if model == "logistic":
        return Settings(rate, 0.9, 1000, standardize=True)
    return Settings(min(rate, 0.1), 0.9, 1000, (16,), standardize=True)


def standardized(X: Array, names: Sequence[str] = ()) -> Array:
    """Examples less their mean, in standard deviations; of a feature that is always the same, zeros."""
    scaled = standardization(X, names)
    found: Array = (X - scaled["mu"]) / scaled["sigma"]
    return found


def safe_rate(X: Any, classes: int = 2) -> float:
    """1/L to two digits, for as many classes: the curvature of a softmax's loss is up to twice that of a sigmoid's, 1/2 and not 1/4.

    >>> safe_rate([[0.0], [0.0]]), safe_rate([[0.0], [0.0]], classes=3)
    (4.0, 2.0)
    """
    return float(f"{1 / (smoothness(X) * (1 if classes == 2 else 2)):.2g}")


A_MODEL = "a model, such as a1viz.nn.new_model(settings, data)"
SOME_DATA = "a data set, such as a1viz.nn.load_data('moons')"
OUR_SETTINGS = "settings, such as a1viz.nn.settings_of('mlp', 'moons')"


def new_model(settings: Settings, data: Data, seed: int = 0) -> Classifier:
    """An untrained model for a data set, its parameters drawn by the seed: an MLP if the settings have hidden layers.

    Raises InputError for more than PARAMETERS parameters or LAYERS hidden layers.

    >>> from a1viz.nn import load_data
    >>> new_model(settings_of("mlp", "moons"), load_data("moons")).net.graph.outputs
    ('z2',)
    """
    check_kind(settings, Settings, OUR_SETTINGS)
    check_kind(data, Data, SOME_DATA)
    features, classes = data.X.shape[1], len(data.classes)
    if len(settings.hidden) > LAYERS:
        raise InputError(f"there are {len(settings.hidden):,} hidden layers; take at most {LAYERS}")
    count = parameter_count(_widths(settings, data))
    if count > PARAMETERS:
        made = f"hidden layers of {', '.join(map(str, settings.hidden))}" if settings.hidden else f"{features:,} features"
        mend = "take smaller widths" if settings.hidden else "take fewer"
        raise InputError(f"{made} make {count:,} parameters, at most {PARAMETERS:,} are trained; {mend}")
    given: dict[str, Any] = {"classes": classes, "standardize": settings.standardize, "rng": seed}
    model: Classifier = LogisticRegression(features, **given)
    if settings.hidden:
        model = MLPClassifier(features, settings.hidden, settings.activation, **given)
    model.feature_names, model.class_names = data.features, data.classes
    return model


def _widths(settings: Settings, data: Data) -> tuple[int, ...]:
    """How many numbers each layer takes, and the last one gives."""
    return data.X.shape[1], *settings.hidden, 1 if len(data.classes) == 2 else len(data.classes)


def training_seconds(settings: Settings, data: Data) -> float:
    """About how long a training takes on one core, by the steps, the examples, the parameters and the units."""
    widths, examples = _widths(settings, data), min(settings.batch or len(data.X), len(data.X))
    return settings.steps * (150e-6 + examples * (0.4e-9 * parameter_count(widths) + 30e-9 * sum(widths[1:])))


def parameter_count(widths: tuple[int, ...]) -> int:
    """How many weights and biases join layers of these widths.

    >>> parameter_count((2, 3, 1))
    13
    """
    return sum((a + 1) * b for a, b in pairwise(widths))


def smoothness(X: Any) -> float:
    r"""L, the largest curvature of the mean logistic loss of a linear model with bias on examples (batch, features).

    The Hessian is a mean of y'(1 - y') (x, 1)(x, 1)^T, and y'(1 - y') is at most 1/4: L = largest eigenvalue of [X 1]^T [X 1] / (4 N). A
    gradient step g of rate r changes the loss by at most -r |g|^2 + L r^2 |g|^2 / 2, which is not above 0 for any rate up to 2 / L, and
    falls most surely at 1 / L. Raises InputError for examples whose squares overflow. Source: question 4.1; Nesterov, 2004, theorem 2.1.5.

    >>> smoothness([[0.0], [0.0]])
    0.25
    """
    X = as_array(X, "X").astype(float)
    whole = np.column_stack([X, np.ones(len(X))])
    with np.errstate(over="ignore", invalid="ignore"):
        square = whole.T @ whole if whole.shape[1] <= len(X) else whole @ whole.T  # both have the same largest eigenvalue
    if not np.isfinite(square).all():
        raise InputError(
            f"examples have numbers up to {np.abs(X).max():g}, whose squares overflow; divide the features, or standardise them"
        )
    return float(np.linalg.eigvalsh(square / len(X))[-1]) / 4


def fit(
    model: Classifier,
    data: Data,
    settings: Settings,
    *,
    seed: int = 0,
    checkpoint: str | Path = "",
    progress: bool = False,
    watch: Callable[[DescentState, Array], None] | None = None,
) -> History:
    """Train a model on a data set, with its validation part watched; `seed` shuffles what batches are made of.

    With a `checkpoint`, a file of that name is written about fifty times and removed at the end; where it is there at the start, the
    training goes on from it, to the same numbers as if it had not been interrupted. `progress` shows a bar on a terminal.

    Raises InputError as `Classifier.fit` does, and for a checkpoint of another training. Source: question 4.
    """
    check_kind(model, Classifier, A_MODEL)
    check_kind(data, Data, SOME_DATA)
    check_kind(settings, Settings, OUR_SETTINGS)
    path = path_of(checkpoint) if checkpoint else None
    if path:
        remove_parts(path.parent)
    key = _key(model, data, settings) | ({} if settings.batch is None else {"seed": seed})
    check_settings(settings.rate, settings.momentum, settings.steps)
    resume = read_checkpoint(path, key, _shapes(model)) if path and path.exists() else None
    with one_thread(), _bar(settings.steps, progress) as show:

        def observe(state: DescentState, looks: Array) -> None:
            if path:
                write_checkpoint(path, state, looks, key)
            show(state)
            if watch is not None:
                watch(state, looks)

        history = model.fit(
            data.X, data.t, rate=settings.rate, momentum=settings.momentum, steps=settings.steps, batch=settings.batch,
            rng=seed, validation=(data.X_validation, data.t_validation), watch=observe, resume=resume,
        )  # fmt: skip
    if path:
        path.unlink(missing_ok=True)
    return history


def one_thread() -> contextlib.AbstractContextManager[Any]:
    """Matrix products in one thread while this lasts, where threadpoolctl (it comes with scikit-learn) is there to say so.

    The products of these small models are no faster in several threads, much slower on a busy machine, and may round otherwise.
    """
    try:
        from threadpoolctl import threadpool_limits
    except ModuleNotFoundError:
        return contextlib.nullcontext()
    found: contextlib.AbstractContextManager[Any] = threadpool_limits(1, "blas")
    return found


# --- checkpoints ----------------------------------------------------------------------------------------------------------------


def _key(model: Classifier, data: Data, settings: Settings) -> dict[str, Any]:
    """What a training depends on; two trainings with the same key are the same."""
    digest = hashlib.blake2b(digest_size=8)
    for array in (data.X, data.t, data.X_validation, data.t_validation, *model.net.values.values()):
        digest.update(np.ascontiguousarray(array).tobytes())
    kept = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(settings).items() if value is not None}
    return {"equations": str(model.graph), **kept, "numbers": digest.hexdigest()}


def write_checkpoint(path: Path, state: DescentState, looks: Array, key: dict[str, Any]) -> None:
    """Where a training is, in one file, written whole. Raises OutputError."""
    arrays = {f"parameter.{name}": value for name, value in state.parameters.items()}
    arrays |= {f"velocity.{name}": value for name, value in state.velocity.items()}
    write_tensors(path, arrays | {"loss": state.losses[: state.step], "looks": looks}, {"training": key})


def _shapes(model: Classifier) -> dict[str, tuple[int, ...]]:
    return {name: model.net.values[name].shape for name in model.net.learnt}


def read_checkpoint(path: Path, key: dict[str, Any], shapes: dict[str, tuple[int, ...]]) -> tuple[DescentState, Array]:
    """Where a training was. Raises InputError for another file, or the checkpoint of another training."""
    try:
        arrays, about = read_tensors(path)
    except InputError as error:
        raise InputError(f"{error}; remove it to begin anew, or name another checkpoint") from None
    theirs = about.get("training")
    if not isinstance(theirs, dict) or "loss" not in arrays or "looks" not in arrays:
        raise InputError(f"{path} is not a checkpoint; name another file, or remove it")
    for name, ours in key.items():
        if theirs.get(name) != ours:
            said = "other numbers" if name in ("numbers", "equations") else f"{name} {theirs.get(name)}, and here it is {ours}"
            raise InputError(f"{path} is the checkpoint of another training, with {said}; remove it, or name another file")
    parts = {kind: {n.partition(".")[2]: a for n, a in arrays.items() if n.startswith(kind)} for kind in ("parameter.", "velocity.")}
    known = [{name: array.shape for name, array in part.items()} for part in parts.values()]
    if known != [shapes, shapes] or arrays["loss"].ndim != 1 or arrays["looks"].ndim != 2 or len(arrays["loss"]) > key["steps"]:
        raise InputError(f"{path} is not a checkpoint; name another file, or remove it")
    losses = np.full(key["steps"], np.nan)
    step = len(arrays["loss"])
    losses[:step] = arrays["loss"]
    return DescentState(step, parts["parameter."], parts["velocity."], losses), arrays["looks"]


@contextlib.contextmanager
def _bar(steps: int, progress: bool) -> Iterator[Callable[[DescentState], None]]:
    """A progress bar with the loss beside it, on a terminal."""
    if not progress or not sys.stderr.isatty():
        yield lambda state: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as drawn:
        task = drawn.add_task("training", total=steps)

        def show(state: DescentState) -> None:
            known = state.losses[: state.step]
            drawn.update(task, completed=state.step, description=f"loss {known[-1]:.4f}" if known.size else "training")

        yield show
