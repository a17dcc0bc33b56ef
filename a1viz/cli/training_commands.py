"""Commands of question 4: train."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .console import NAMED, echo_json, echo_table, examples, json_option, long_option, said_before

if TYPE_CHECKING:
    from ..nn import Classifier, Data, History, Settings

MODELS = ("logistic", "mlp")  # those of a1viz.train, without importing it; a test compares
PLOTTED = ("svg", "png", "pdf")  # the formats for plots, likewise
BESIDE = 4  # classes whose columns have room for more than a name
COLUMNS = 12  # classes beside one another; of more the most frequent mistakes are told
DATA = ("moons", "circles", "breast_cancer", "digits")


class DataName(click.ParamType[str]):
    """A data set's name or a path to a .csv; completes both."""

    name = "data"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return NAMED.convert(value, param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type="file"), *(CompletionItem(name) for name in DATA if name.startswith(incomplete))]


DATA_NAME = DataName()


@click.command(
    epilog=examples(
        "a1viz train logistic",
        "a1viz train mlp --data circles --seed 3 -o trained",
        "a1viz train mlp --format pdf -o trained",
        "a1viz train mlp --hidden 8,8 --activation relu --rate 0.1 --steps 3000",
        "a1viz train mlp --data flowers.csv --target species --batch 32 -o trained",
        "a1viz run trained/circles_mlp.toml --set x=[0.5,0.25]",
    )
)
@click.argument("model", type=click.Choice(MODELS))
@click.option("--data", type=DATA_NAME, default="moons", show_default=True, help=f"What to learn from: {', '.join(DATA)}, or a CSV file.")
@click.option("--target", type=NAMED, default="", metavar="COLUMN", help="The column of a CSV file that says the class.")
@click.option("--features", metavar="COLUMN,..", help="The columns of a CSV file to learn from. Default: all others.")
@click.option("--seed", type=int, default=0, show_default=True, help="Draws the first parameters, and shuffles for --batch.")
@click.option("--rate", type=float, help="The learning rate. Default: one with which this model really learns from these data.")
@click.option("--momentum", type=float, help="From 0 to below 1. Default: likewise.")
@click.option("--steps", type=int, help="How many steps of gradient descent. Default: likewise.")
@click.option("--batch", type=int, metavar="N", help="How many examples a step learns from. Default: all of them.")
@click.option("--hidden", metavar="H,H,..", help="The widths of the hidden layers of an mlp. Default: 16.")
@click.option("--activation", type=click.Choice(("relu", "tanh", "sigmoid")), help="Of an mlp. Default: tanh.")
@click.option(
    "-o", "--output", type=NAMED, default="", metavar="DIR", help="Where to write the model, its parameters and plots. Default: nowhere."
)
@click.option("--format", "fmt", type=click.Choice(PLOTTED), default="svg", show_default=True, help="Of the plots.")
@long_option
@json_option
def train(
    model: str,
    data: str,
    target: str,
    features: str | None,
    seed: int,
    output: str,
    fmt: str,
    is_long: bool,
    as_json: bool,
    **changes: Any,
) -> None:
    """Train a classifier by gradient descent, on data that come with a1viz or
    on the rows of a CSV file.

    With -o the trained model is written as a graph document that every
    command can read, with its parameters in a .safetensors file beside it.
    A training that is interrupted goes on where it was when given again.
    """
    from ..base.files import made_folder
    from ..nn import fit, new_model, own_settings, settings_of
    from ..nn.fitting import training_seconds

    found = loaded(data, target, features)
    usual = settings_of(model, data) if data in DATA else own_settings(model, found)
    settings, name = chosen(model, usual, changes), f"{found.name}_{model}"
    made = new_model(settings, found, checked_seed(seed))
    said_before(is_long)(training_seconds(settings, found))
    folder = made_folder(Path(output)) if output else None
    checkpoint = folder / f"{name}.checkpoint.safetensors" if folder else None
    if checkpoint and checkpoint.exists():
        click.echo(f"{checkpoint}: going on from there", err=True)
    history = fit(made, found, settings, seed=seed, checkpoint=checkpoint or "", progress=True)
    files: list[Path] = []
    if folder:
        files = [*written(folder, name, made, found, settings, seed), *plotted(folder, name, made, history, found, fmt)]
    report = results(name, made, found, settings, seed)
    if as_json:
        echo_json(report | {"files": [str(path) for path in files]})
    else:
        say(report)
    for path in () if as_json else files:
        click.echo(f"{path}: written", err=True)


def say(report: dict[str, Any]) -> None:
    """Print the result of a training: its accuracy beside that of always naming the most common class, and which classes it confuses."""
    parts = [(part, report[part]) for part in ("training", "validation")]
    echo_table(("part", "examples", "loss", "accuracy", "always the most common"), [
        (part, str(row["examples"]), f"{row['loss']:.4f}", f"{row['accuracy']:.1%}", f"{row['commonest']:.1%}") for part, row in parts
    ])  # fmt: skip
    click.echo()
    names, counts = report["classes"], report["confusion"]
    if len(names) <= COLUMNS:
        head = ["validation", *(f"predicted {name}" for name in names)] if len(names) <= BESIDE else ["predicted", *names]
        echo_table(head, [(name, *map(str, row)) for name, row in zip(names, counts, strict=True)])
        return
    wrong = [(n, row, column) for row, line in enumerate(counts) for column, n in enumerate(line) if n and row != column]
    if not wrong:
        click.echo("every validation example is classified right")
        return
    most = sorted(wrong, key=lambda mistake: -mistake[0])[:COLUMNS]
    echo_table(("validation", "predicted", "examples"), [(names[row], names[column], str(n)) for n, row, column in most])


def loaded(data: str, target: str, features: str | None) -> Data:
    """The data set of this name, or the examples of this file. Raises InputError."""
    from ..base.errors import InputError, did_you_mean, shown
    from ..base.reading import is_stream
    from ..nn import load_data, read_data

    if data in DATA:
        if target or features is not None:
            raise InputError(f"--target and --features are for a CSV file; {data} is a data set that has classes of its own")
        return load_data(data)
    if not is_stream(data) and not Path(data).suffix and not Path(data).exists():
        raise InputError(f"there is no data set {shown(data)}, and no such file; there are {', '.join(DATA)}{did_you_mean(data, DATA)}")
    return read_data(data, target, None if features is None else next(csv.reader([features], skipinitialspace=True), []))


def chosen(model: str, usual: Settings, changes: dict[str, Any]) -> Settings:
    """The usual settings with what was asked for instead. Raises InputError."""
    from dataclasses import replace

    from ..base.errors import InputError, shown
    from ..nn.descent import check_settings

    given = {name: value for name, value in changes.items() if value is not None}
    if model == "logistic" and given.keys() & {"hidden", "activation"}:
        raise InputError("logistic regression has no hidden layer and no activation; they are for the mlp")
    if "hidden" in given:
        if not re.fullmatch(r"[1-9][0-9]{0,3}(,[1-9][0-9]{0,3})*", given["hidden"]):
            raise InputError(f"--hidden takes widths from 1 to 9999 such as 16 or 8,8, got {shown(given['hidden'])}")
        given["hidden"] = tuple(map(int, given["hidden"].split(",")))
    settings = replace(usual, **given)
    check_settings(settings.rate, settings.momentum, settings.steps)
    if settings.batch is not None and settings.batch < 1:
        raise InputError(f"--batch takes a number of examples from 1, got {settings.batch}")
    return settings


def checked_seed(seed: int) -> int:
    from ..base.errors import InputError

    if seed < 0:
        raise InputError(f"a seed is a whole number from 0, got {seed}")
    return seed


def results(name: str, model: Classifier, data: Data, settings: Settings, seed: int) -> dict[str, Any]:
    """What came of a training, as JSON data."""
    from dataclasses import asdict

    import numpy as np

    parts = {"training": (data.X, data.t), "validation": (data.X_validation, data.t_validation)}
    commonest = np.bincount(data.t).argmax()
    return {
        "model": name,
        "seed": seed,
        "settings": asdict(settings),
        "parameters": sum(model.net.values[name].size for name in model.net.learnt),
        **{
            part: {
                "examples": len(X),
                "loss": model.loss(X, t),
                "accuracy": model.score(X, t),
                "commonest": float((t == commonest).mean()),
            }
            for part, (X, t) in parts.items()
        },
        "classes": [*data.classes],
        "features": [*data.features],
        "confusion": model.confusion(*parts["validation"]).tolist(),
    }


def written(folder: Path, name: str, model: Classifier, data: Data, settings: Settings, seed: int) -> Iterable[Path]:
    """Write the model; the paths."""
    from ..nn import MODELS, save

    kind = MODELS[name.removeprefix(f"{data.name}_")]
    batch = "" if settings.batch is None else f" of {settings.batch} examples"
    how = f"rate {settings.rate:g}, momentum {settings.momentum:g}, {settings.steps} steps{batch}"
    about = f"{kind} trained on {data.title.lower()}: seed {seed}, {how}."
    return save(model, folder / f"{name}.toml", title=f"{data.title}: {kind.lower()}", about=about, example=(data.X[0], data.t[0]))


def plotted(folder: Path, name: str, model: Classifier, history: History, data: Data, fmt: str) -> Iterator[Path]:
    """Write the plots; yields the paths. Without Matplotlib there are none, and a word about it."""
    if find_spec("matplotlib") is None:
        click.echo('no plots: they are drawn by Matplotlib, which is not installed: pip install "a1viz[plots]"', err=True)
        return
    from ..base.files import write_whole
    from ..plots.decisions import MOST_REGIONS, boundary, confusion
    from ..plots.figure import in_format, svg
    from ..plots.learning import curves

    loss, accuracy = curves(history, data.baseline)
    panels = {"loss": loss, "accuracy": accuracy, "confusion": confusion(model, data)}
    if data.is_plane and len(data.classes) <= MOST_REGIONS:
        panels["boundary"] = boundary(model, data)
    for what, panel in panels.items():
        path = folder / f"{name}_{what}.{fmt}"
        drawn = svg(panel, f"{name}-{what}".replace("_", "-"), "auto" if fmt == "svg" else "light")
        write_whole(path, in_format(drawn, fmt))
        yield path


COMMANDS = (train,)
