"""Commands of question 4: train."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .console import echo_json, echo_table, examples, json_option, long_option, said_before

if TYPE_CHECKING:
    from ..nn import Classifier, Data, History, Settings

MODELS = ("logistic", "mlp")  # those of a1viz.train, without importing it; a test compares
PLOTTED = ("svg", "png", "pdf")  # the formats for plots, likewise
DATA = ("moons", "circles", "breast_cancer", "digits")


@click.command(
    epilog=examples(
        "a1viz train logistic",
        "a1viz train mlp --data circles --seed 3 -o trained",
        "a1viz train mlp --format pdf -o trained",
        "a1viz train mlp --hidden 8,8 --activation relu --rate 0.1 --steps 3000",
        "a1viz run trained/circles_mlp.toml --set x=[0.5,0.25]",
    )
)
@click.argument("model", type=click.Choice(MODELS))
@click.option("--data", type=click.Choice(DATA), default="moons", show_default=True, help="What to learn from.")
@click.option("--seed", type=int, default=0, show_default=True, help="Draws the first parameters; the data stay the same.")
@click.option("--rate", type=float, help="The learning rate. Default: one with which this model really learns from these data.")
@click.option("--momentum", type=float, help="From 0 to below 1. Default: likewise.")
@click.option("--steps", type=int, help="How many steps of gradient descent. Default: likewise.")
@click.option("--hidden", metavar="H,H,..", help="The widths of the hidden layers of an mlp. Default: 16.")
@click.option("--activation", type=click.Choice(("relu", "tanh", "sigmoid")), help="Of an mlp. Default: tanh.")
@click.option("-o", "--output", default="", metavar="DIR", help="Where to write the model, its parameters and plots. Default: nowhere.")
@click.option("--format", "fmt", type=click.Choice(PLOTTED), default="svg", show_default=True, help="Of the plots.")
@long_option
@json_option
def train(model: str, data: str, seed: int, output: str, fmt: str, is_long: bool, as_json: bool, **changes: Any) -> None:
    """Train a classifier of two classes by full-batch gradient descent.

    With -o the trained model is written as a graph document that every
    command can read, with its parameters in a .safetensors file beside it.
    A training that is interrupted goes on where it was when given again.
    """
    from ..base.files import made_folder
    from ..nn import fit, load_data, new_model
    from ..nn.fitting import training_seconds

    settings, name = chosen(model, data, changes), f"{data}_{model}"
    found = load_data(data)
    made = new_model(settings, found, checked_seed(seed))
    said_before(is_long)(training_seconds(settings, found))
    folder = made_folder(Path(output)) if output else None
    checkpoint = folder / f"{name}.checkpoint.safetensors" if folder else None
    if checkpoint and checkpoint.exists():
        click.echo(f"{checkpoint}: going on from there", err=True)
    history = fit(made, found, settings, checkpoint=checkpoint or "", progress=True)
    files: list[Path] = []
    if folder:
        files = [*written(folder, name, made, found, settings, seed), *plotted(folder, name, made, history, found, fmt)]
    report = results(name, made, found, settings, seed)
    if as_json:
        echo_json(report | {"files": [str(path) for path in files]})
        return
    echo_table(("part", "examples", "loss", "accuracy"), [
        (part, str(row["examples"]), f"{row['loss']:.4f}", f"{row['accuracy']:.1%}")
        for part, row in ((part, report[part]) for part in ("training", "validation"))
    ])  # fmt: skip
    click.echo()
    taken = [f"taken for {name}" for name in found.classes]
    echo_table(("validation", *taken), [(c, *map(str, row)) for c, row in zip(found.classes, report["confusion"], strict=True)])
    for path in files:
        click.echo(f"{path}: written", err=True)


def chosen(model: str, data: str, changes: dict[str, Any]) -> Settings:
    """The shipped settings with what was asked for instead. Raises InputError."""
    from dataclasses import replace

    from ..base.errors import InputError, shown
    from ..nn import settings_of
    from ..nn.descent import check_settings

    given = {name: value for name, value in changes.items() if value is not None}
    if model == "logistic" and given.keys() & {"hidden", "activation"}:
        raise InputError("logistic regression has no hidden layer and no activation; they are for the mlp")
    if "hidden" in given:
        if not re.fullmatch(r"[1-9][0-9]{0,3}(,[1-9][0-9]{0,3})*", given["hidden"]):
            raise InputError(f"--hidden takes widths from 1 to 9999 such as 16 or 8,8, got {shown(given['hidden'])}")
        given["hidden"] = tuple(map(int, given["hidden"].split(",")))
    settings = replace(settings_of(model, data), **given)
    check_settings(settings.rate, settings.momentum, settings.steps)
    return settings


def checked_seed(seed: int) -> int:
    from ..base.errors import InputError

    if seed < 0:
        raise InputError(f"a seed is a whole number from 0, got {seed}")
    return seed


def results(name: str, model: Classifier, data: Data, settings: Settings, seed: int) -> dict[str, Any]:
    """What came of a training, as JSON data."""
    from dataclasses import asdict

    parts = {"training": (data.X, data.t), "validation": (data.X_validation, data.t_validation)}
    return {
        "model": name,
        "seed": seed,
        "settings": asdict(settings),
        "parameters": sum(model.net.values[name].size for name in model.net.learnt),
        **{part: {"examples": len(X), "loss": model.loss(X, t), "accuracy": model.score(X, t)} for part, (X, t) in parts.items()},
        "confusion": model.confusion(*parts["validation"]).tolist(),
    }


def written(folder: Path, name: str, model: Classifier, data: Data, settings: Settings, seed: int) -> Iterable[Path]:
    """Write the model; the paths."""
    from ..nn import MODELS, save

    kind = MODELS[name.removeprefix(f"{data.name}_")]
    how = f"rate {settings.rate:g}, momentum {settings.momentum:g}, {settings.steps} steps"
    about = f"{kind} trained on {data.title.lower()}: seed {seed}, {how}."
    return save(model, folder / f"{name}.toml", title=f"{data.title}: {kind.lower()}", about=about, example=(data.X[0], data.t[0]))


def plotted(folder: Path, name: str, model: Classifier, history: History, data: Data, fmt: str) -> Iterator[Path]:
    """Write the plots; yields the paths. Without Matplotlib there are none, and a word about it."""
    if find_spec("matplotlib") is None:
        click.echo('no plots: they are drawn by Matplotlib, which is not installed: pip install "a1viz[plots]"', err=True)
        return
    from ..base.files import write_whole
    from ..plots.figure import in_format, svg
    from ..plots.learning import curves
    from ..plots.training import boundary, confusion

    loss, accuracy = curves(history)
    panels = {"loss": loss, "accuracy": accuracy, "confusion": confusion(model, data)}
    if data.is_made:
        panels["boundary"] = boundary(model, data)
    for what, panel in panels.items():
        path = folder / f"{name}_{what}.{fmt}"
        drawn = svg(panel, f"{name}-{what}".replace("_", "-"), "auto" if fmt == "svg" else "light")
        write_whole(path, in_format(drawn, fmt))
        yield path


COMMANDS = (train,)
