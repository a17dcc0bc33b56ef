"""Commands of question 1: regress fit, descent, noise, poly, double-descent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..base.errors import InputError, shown
from .chunk_options import computed_by, worker_options
from .console import NAMED, Verbs, echo_json, examples, json_option, long_option, once, said_before
from .number_lists import NUMBERS

if TYPE_CHECKING:
    from ..plots import Figure

SHAPES = ("normal", "uniform", "laplace", "coin", "exponential", "student")  # the rows of NOISES, without importing it; a test compares
PLOTTED = (".svg", ".png", ".pdf")  # the endings of the formats for plots, likewise
FAMILIES = ("chebyshev", "legendre", "monomial")


@click.group(
    cls=Verbs,
    epilog=examples(
        "a1viz regress fit --set X=[[1,0],[1,1],[1,2]] --set t=[1,2,2]",
        "a1viz regress double-descent -o peak.svg",
    ),
)
def regress() -> None:
    """Question 1: linear regression, from the closed form to double descent."""


# --- what the commands share ------------------------------------------------------------------------------------------------------


def data_options(command: Callable[..., None]) -> Callable[..., None]:
    text = "X or t: JSON (X=[[1,1]]), or @file.npy, .npz, .csv. Default: the values of the graph linear_regression."
    return click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help=text)(command)


def output_option(command: Callable[..., None]) -> Callable[..., None]:
    text = "Write the figure: .svg, .png or .pdf; - for standard output."
    return click.option("-o", "--output", type=NAMED, default="", metavar="FILE", callback=checked_output, help=text)(command)


def checked_output(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """The ending is looked at before anything is computed."""
    if value not in ("", "-") and Path(value).suffix.lower() not in PLOTTED:
        raise InputError(f"{shown(value)}: a figure is written as {', '.join(PLOTTED)}; end the name with one of these")
    return value


def sweep_options(command: Callable[..., None]) -> Callable[..., None]:
    """How often, from which seed, by whom; none but the first two changes a number."""
    for option in (
        worker_options,
        click.option("--seed", type=int, default=0, show_default=True),
        long_option,
    ):
        command = option(command)
    return command


def by_whom(sweep: Callable[..., Any], label: str, workers: int, scheduler: str, store: str, is_long: bool) -> Any:
    """A sweep, computed by whom the options say."""
    from ..base.workers import executor

    with executor(workers, scheduler) as who:
        return sweep(executor=who, store=store or None, label=label, about=said_before(is_long, workers))


def read_data(settings: tuple[str, ...], is_mapped: bool = False) -> tuple[Any, Any]:
    """X and t, of large files mapped if so. Raises InputError."""
    from ..graph.documents import load
    from .settings import read_setting

    given = once(read_setting(text, is_mapped) for text in settings)
    for name in given:
        if name not in ("X", "t"):
            raise InputError(f"{shown(name)} cannot be set here; give X, the examples, and t, the labels")
    if len(given) == 1:
        raise InputError(f"{next(iter(given))} alone is not enough; give both X, the examples, and t, the labels")
    values = given or load("linear_regression").document.values
    return values["X"], values["t"]


def echo(found: Any, data: dict[str, Any], figure: Callable[[Any], Figure], as_json: bool, output: str) -> None:
    """The figure where asked for, and the result as text or JSON; to the standard output goes one thing only."""
    if output == "-" and as_json:
        raise InputError("-o - and --json both write to the standard output; give -o a file")
    if output:
        write_figure(figure(found), output)
    if output != "-":
        echo_json(data) if as_json else click.echo(str(found))


def write_figure(figure: Figure, output: str) -> None:
    from ..base.files import write_whole
    from ..plots.figure import picture

    drawn = picture(figure, "a1-regress", "svg" if output == "-" else Path(output).suffix.lower().removeprefix("."))
    if output == "-":
        click.echo(drawn, nl=False)
        return
    write_whole(Path(output), drawn)
    click.echo(f"{output}: {figure.title}", err=True)


def numbers(**values: Any) -> dict[str, Any]:
    """Values as JSON data."""
    from .settings import plain

    return {name: value if isinstance(value, str | bool) or value is None else plain(value) for name, value in values.items()}


# --- the commands -----------------------------------------------------------------------------------------------------------------


@click.command(
    epilog=examples(
        "a1viz regress fit",
        "a1viz regress fit --set X=[[1,0],[1,1],[1,2]] --set t=[1,2,2] --json",
        "a1viz regress fit --set X=@examples.csv --set t=@labels.csv -o fit.svg",
        "a1viz regress fit --set X=@large.npy --set t=@labels.npy --workers 4 --store kept",
    )
)
@data_options
@worker_options
@json_option
@output_option
def fit(settings: tuple[str, ...], as_json: bool, output: str, **who: Any) -> None:
    """The weights of smallest loss in closed form; of many minimisers the one of smallest norm. Large .npy files are read in chunks."""
    from ..plots.regression import fit_figure
    from ..regression import fit as solve

    data = read_data(settings, is_mapped=True)
    with computed_by(**who) as by:
        found = solve(*data, **by)
    said = "rank is_unique weights loss singular_values scaled_values tolerance condition step_limit".split()
    about = numbers(n=found.n, d=found.d, case=found.regime, **{name: getattr(found, name) for name in said})
    echo(found, about, fit_figure, as_json, output)


@click.command(
    epilog=examples(
        "a1viz regress descent --start [2,0]",
        "a1viz regress descent --step 0.51",
        "a1viz regress descent --step 0.1 -o path.svg",
    )
)
@data_options
@click.option("--start", default="", metavar="JSON", help="The first weights, such as [2,0]. Default: zero.")
@click.option("--step", type=float, metavar="SIZE", help="Default: half of the largest that converges.")
@click.option("--steps", type=int, default=10_000, show_default=True, metavar="N", help="At most so many.")
@click.option("--tolerance", type=float, default=1e-8, show_default=True, help="Stop at this relative distance to the closed form.")
@long_option
@json_option
@output_option
def descent(
    settings: tuple[str, ...], start: str, step: float | None, steps: int, tolerance: float, is_long: bool, as_json: bool, output: str
) -> None:
    """Gradient descent: converged, not converged or diverged, with the numbers that say so."""
    from ..plots.regression import descent_figure
    from ..regression import descend
    from .settings import from_json

    X, t = read_data(settings)
    first, about = from_json("start", start) if start else None, said_before(is_long)
    found = descend(X, t, first, step, steps=steps, tolerance=tolerance, keep_path=bool(output), about=about)
    echo(found, numbers(
        status=found.status, why=found.why, weights=found.weights, closed_form=found.fit.weights, limit=found.limit, step=found.step,
        step_limit=found.step_limit, steps=found.steps, steps_needed=found.steps_needed, loss=found.losses[-1], start_loss=found.losses[0],
        distance=found.distances[-1],
    ), descent_figure, as_json, output)  # fmt: skip


@click.command(
    epilog=examples(
        "a1viz regress noise -n 50 -d 5,10,50,80 --sigma 0.5",
        "a1viz regress noise -n 20 -d 1..30 --noise coin --noise student -o noise.svg",
        "a1viz regress noise -n 200 -d 100 --repeats 5000 --workers 2 --store kept",
    )
)
@click.option("-n", "n", type=NUMBERS, default="50", show_default=True, metavar="LIST", help="Examples: 50, 20,50 or 10..60.")
@click.option("-d", "d", type=NUMBERS, default="5,10,25,50,75", show_default=True, metavar="LIST", help="Weights.")
@click.option("--sigma", type=float, multiple=True, default=(1.0,), show_default=True, help="Standard deviation of the noise; repeatable.")
@click.option("--noise", type=click.Choice(SHAPES), multiple=True, default=("normal",), show_default=True, help="Its shape; repeatable.")
@click.option("--repeats", type=int, default=1000, show_default=True)
@sweep_options
@json_option
@output_option
def noise(
    n: list[int], d: list[int], sigma: tuple[float, ...], noise: tuple[str, ...], repeats: int, seed: int, as_json: bool, output: str,
    **who: Any,
) -> None:  # fmt: skip
    """The training error that noisy labels leave: Monte Carlo against sigma² (n - d) / n."""
    from functools import partial

    from ..plots.regression import noise_figure
    from ..regression import training_errors

    sweep = partial(training_errors, n, d, sigma, noise, repeats=repeats, seed=seed)
    found = by_whom(sweep, "training errors", **who)
    rows = [numbers(**vars(row), deviation=row.deviation) for row in found.rows]
    echo(found, {"rows": rows, "worst": numbers(worst=found.worst)["worst"]}, noise_figure, as_json, output)


@click.command(
    epilog=examples(
        "a1viz regress poly --degree 3,7,13,14,30,200",
        "a1viz regress poly --degree 1..40 --sigma 0.2 -o degrees.svg",
        "a1viz regress poly --degree 0..200 --workers 2 --store kept --json",
    )
)
@click.option(
    "--degree", type=NUMBERS, default="1,3,5,7,10,13,14,20,50,200", show_default=True, metavar="LIST", help="As 7, 3,7 or 0..200:10."
)
@click.option("--basis", type=click.Choice(FAMILIES), multiple=True, default=("chebyshev", "legendre"), show_default=True)
@click.option("-n", "n", type=int, default=14, show_default=True, help="Points.")
@click.option("--sigma", type=float, default=0.1, show_default=True, help="The standard deviation of the noise.")
@click.option("--repeats", type=int, default=100, show_default=True, help="Draws of the points.")
@sweep_options
@json_option
@output_option
def poly(
    degree: list[int], basis: tuple[str, ...], n: int, sigma: float, repeats: int, seed: int, as_json: bool, output: str, **who: Any
) -> None:  # fmt: skip
    """Test errors of polynomial fits to noisy points of sin(10 x) on [0, 1], by degree."""
    from functools import partial

    from ..plots.polynomials import poly_figure
    from ..regression import degree_sweep

    sweep = partial(degree_sweep, n, sigma, degree, tuple(dict.fromkeys(basis)), repeats=repeats, seed=seed)
    found = by_whom(sweep, "degrees", **who)
    medians = {
        name: numbers(median=found.median(name), low=found.quantile(name, 0.1), high=found.quantile(name, 0.9)) for name in found.errors
    }
    data = {"n": n, "sigma": sigma, "repeats": found.repeats, "degrees": found.degrees, "test_error": medians}
    answers = {name: found.answer(name) for name in found.errors}
    echo(found, {**data, "answer": answers}, poly_figure, as_json, output)


@click.command(
    "double-descent",
    epilog=examples(
        "a1viz regress double-descent",
        "a1viz regress double-descent -d 10 -n 2..40 --sigma 0.3 -o peak.png",
        "a1viz regress double-descent -d 100 -n 20..300:10 --repeats 2000 --scheduler tcp://127.0.0.1:8786",
    ),
)
@click.option("-d", "d", type=int, default=20, show_default=True, help="Features.")
@click.option("-n", "n", type=NUMBERS, default="5..60", show_default=True, metavar="LIST", help="Examples: 50, 20,50 or 10..60.")
@click.option("--sigma", type=float, default=0.5, show_default=True, help="The standard deviation of the noise.")
@click.option("--repeats", type=int, default=1000, show_default=True)
@sweep_options
@json_option
@output_option
def double_descent(d: int, n: list[int], sigma: float, repeats: int, seed: int, as_json: bool, output: str, **who: Any) -> None:
    """Test error by the number n of examples, for Gaussian examples of d features; it peaks at n = d."""
    from functools import partial

    from ..plots.regression import double_figure
    from ..regression import double_descent as run

    found = by_whom(partial(run, d, n, sigma, repeats, seed=seed), "double descent", **who)
    columns = numbers(
        median=found.median, mean=found.mean, standard_error=found.standard_error, expected=found.expected,
        training_error=found.training.mean(axis=1),
    )  # fmt: skip
    data = {"d": d, "sigma": sigma, "repeats": found.repeats, "n": found.sizes, **columns, "peak": found.peak}
    pair = numbers(**vars(found.pair)) if found.pair else None
    echo(found, {**data, "pair": pair}, double_figure, as_json, output)


for command in (fit, descent, noise, poly, double_descent):
    regress.add_command(command)
COMMANDS = (regress,)
