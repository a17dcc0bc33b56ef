"""Commands that look at a graph, run it and differentiate it: list, show, render, run, grad, derive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .chunk_options import computed_by, values_option, worker_options
from .console import (
    GRAPH,
    echo_json,
    examples,
    file_option,
    graph_argument,
    of_option,
    offered,
    read_settings,
    seconds_option,
    set_option,
    split_cotangents,
    wrt_option,
)  # fmt: skip
from .printed import PRINTED, echo_parts, echo_values, format_option, printed_options

if TYPE_CHECKING:
    from ..graph.nodes import Graph
    from ..pictures import Picture
    from ..plan import Program

RENDERED = (
    "svg",
    "png",
    "pdf",
    "dot",
    "tikz",
    "tikz-snippet",
    "mermaid",
    "text",
    "html",
)  # the rows of FORMATS, without importing it; a test compares


# --- looking ------------------------------------------------------------------------------------------------------------------


@click.command("list", epilog=examples("a1viz list", "a1viz list --json"))
@printed_options
def list_graphs(fmt: str | None, as_json: bool) -> None:
    """The catalogue: graphs that ship with a1viz, by topic."""
    from ..graph.catalog import by_topic, catalogue
    from ..graph.documents import load

    if as_json:
        found = {name: load(name).document for name in catalogue()}
        topics = by_topic({name: document.topic for name, document in found.items()})
        keys = ("title", "source", "about", "topic", "look")
        echo_json([{"name": n, **{key: getattr(found[n], key) for key in keys}} for names in topics.values() for n in names])
    else:
        echo_parts(catalogue().parts(), fmt)


@click.command(epilog=examples("a1viz show gated_network", "a1viz show gated_network --format latex"))
@graph_argument
@format_option
def show(graph: str, fmt: str | None) -> None:
    """A table: each variable's name, equation, shape and multiplications."""
    from ..calculus.overview import overview
    from ..graph.documents import load

    g = load(graph)
    echo_parts([g.document.title, overview(g)], fmt)


@click.command(
    epilog=examples(
        "a1viz render gated_network --backward -o g.svg",
        "a1viz render two_layer --values -o two.png",
        "a1viz render two_layer --format html -o two.html",
        "a1viz render merge_sort --view wires --values",
        "a1viz render transformer_block --width 643 -o a4.svg",
        "a1viz render gated_network --plan --backward -o plan.svg",
        "a1viz render gated_network --scale 0.8 -o paper.pdf",
        "a1viz render --all --backward --format pdf -o pictures",
    )
)
@click.argument("graph", type=GRAPH, required=False, metavar="GRAPH")
@click.option("--all", "every", is_flag=True, help="Draw every graph of the catalogue, each as a file with its name in the folder of -o.")
@file_option("Where to write; - for standard output. Default: GRAPH.svg.", default="")
@click.option("--format", "fmt", type=click.Choice(RENDERED), help="Default: by FILE's extension.")
@click.option(
    "--view",
    type=click.Choice(("graph", "neurons", "wires")),
    default="graph",
    show_default=True,
    help="Boxes of equations; one box per unit and one arrow per weight; or the wires of comparators.",
)
@click.option("-k", type=int, metavar="K", help="With --view wires: fade what the K-th smallest number does not need.")
@click.option("--units", type=int, metavar="N", help="With --view neurons: of wider layers draw the first and last units. Default: 64.")
@click.option("--backward", is_flag=True, help="Add each variable's adjoint equation.")
@click.option("--plan", is_flag=True, help="The compiled plan, one box per step; with --backward, of the gradients of all parameters too.")
@click.option("--values", is_flag=True, help="Add numbers: the document's values, or those of --set.")
@click.option("--parameters", is_flag=True, help="Draw parameters as boxes of their own.")
@click.option(
    "--expand",
    multiple=True,
    metavar="all|NAME",
    shell_complete=offered("blocks"),
    help="Draw a block as a frame; or the copies of a repeated one.",
)
@click.option("--direction", type=click.Choice(("right", "down")), help="Default: whichever fits the width.")
@click.option(
    "--width",
    type=float,
    default=0.0,
    metavar="W",
    help="The room in pixels; wider pictures are laid out in rows or downwards. Default: 998, or any with --direction.",
)
@click.option("--scale", type=float, default=1.0, metavar="S", help="Enlarge everything S times.")
@click.option("--theme", type=click.Choice(("auto", "light", "dark", "print")), default="auto", show_default=True)
@seconds_option
@set_option
@click.pass_obj
def render(
    key: str | None,
    graph: str | None,
    every: bool,
    output: str,
    fmt: str | None,
    view: str,
    k: int | None,
    units: int | None,
    backward: bool,
    plan: bool,
    values: bool,
    parameters: bool,
    expand: tuple[str, ...],
    direction: str | None,
    width: float,
    scale: float,
    theme: str,
    seconds: float,
    settings: tuple[str, ...],
) -> None:
    """A picture of GRAPH."""
    from ..graph.documents import load
    from ..pictures.drawing import FORMATS, draw, suffix_format
    from .kept_pictures import keep
    from .written_pictures import write_all, written

    shown: dict[str, Any] = {"view": view.removeprefix("graph"), "k": k, "theme": theme, "parameters": parameters, "expand": expand}
    shown |= {"seconds": seconds, "units": units, "direction": direction or "", "width": width, "scale": scale}

    def drawn(name: str) -> Picture:
        g = load(name)
        given = read_settings(settings, g)
        if plan:
            return draw(_plan(g, backward, given), values=values, **shown)
        return draw(g, backward=backward, values=given or values, **shown)

    if every:
        if graph is not None or settings:
            raise click.UsageError("--all draws the whole catalogue, each graph with its own values; leave out GRAPH and --set")
        write_all(drawn, output, fmt or "svg")
        return
    if graph is None:
        raise click.MissingParameter(param_hint="'GRAPH'", param_type="argument")
    fmt = fmt or (suffix_format(Path(output)) if output not in ("", "-") else "svg")
    picture = drawn(graph)
    path = Path(output or _stem(graph, picture.graph.name) + FORMATS[fmt].suffix)
    if data := written(picture, path, fmt):
        keep(key or "", data, path, picture.note)


def _stem(graph: str, name: str) -> str:
    """What a picture's file is called: as the file of its graph, so that two of them never write to one; else by the graph's own name."""
    path = Path(graph)
    return path.stem if path.suffix.lower() in (".toml", ".onnx") and path.stem.isprintable() else name


def _plan(graph: Graph, backward: bool, given: dict[str, Any]) -> Program:
    """The plan of the outputs; `backward` adds the gradients of the parameters, where there are none of the inputs."""
    from ..plan import compile

    values, cotangents = split_cotangents(graph, given)
    inputs = tuple(node.name for node in graph.leaves if node.op == "input")
    return compile(graph, (graph.parameters or inputs) if backward else None).plan(cotangents=cotangents, **values)


# --- computing ----------------------------------------------------------------------------------------------------------------


@click.command(
    epilog=examples(
        "a1viz run two_layer --trace",
        "a1viz run two_layer --set x=[1,0,2] --json",
        "a1viz run mine.toml --set x=@points.csv",
        "a1viz run mine.toml --set x=@large.npy -o y.npy --workers 4 --store kept",
    )
)
@graph_argument
@set_option
@click.option("--trace", is_flag=True, help="Every variable, not only the outputs.")
@values_option("-o", "--output")
@worker_options
@printed_options
def run(graph: str, settings: tuple[str, ...], trace: bool, file: str, fmt: str | None, as_json: bool, **who: Any) -> None:
    """The values of GRAPH's outputs. A large .npy file is read in chunks, whatever its size."""
    from ..calculus.interpreter import run as run_graph
    from ..graph.documents import load

    g = load(graph)
    given = read_settings(settings, g, is_mapped=True)
    with computed_by(**who, file=file) as by:
        found = run_graph(g, trace=trace, **by, **given)
    if not file:
        echo_values(found, fmt, as_json)


@click.command(
    epilog=examples(
        "a1viz grad gated_network --wrt x",
        "a1viz grad two_layer --json",
        "a1viz grad two_layer --set y_bar=[1,0,0]",
    )
)
@graph_argument
@of_option
@wrt_option("Only these gradients. Default: every variable's.")
@set_option
@printed_options
def grad(graph: str, of: str, wrt: tuple[str, ...], settings: tuple[str, ...], fmt: str | None, as_json: bool) -> None:
    """The outputs and the gradient of the loss with respect to each variable.

    The loss is the only output, the one that the document names, or --of NAME.
    If there is no scalar loss, --set y_bar=... gives the error signal of y;
    the default is the document's [cotangents].
    """
    from ..calculus.interpreter import grad as gradient
    from ..graph.documents import load

    g = load(graph)
    given, cotangents = split_cotangents(g, read_settings(settings, g))
    echo_values(gradient(g, wrt or None, cotangents, of=of, **given), fmt, as_json)


@click.command(
    epilog=examples(
        "a1viz derive gated_network",
        "a1viz derive gated_network --wrt x --format latex",
        "a1viz derive gated_network --substitute",
        "a1viz derive gated_network --wrt y --steps",
        "a1viz derive two_layer --entries",
    )
)
@graph_argument
@of_option
@wrt_option("Only what the gradient of NAME needs; with --steps, only its own steps.")
@click.option("--steps", is_flag=True, help="How each equation comes about: uses, rules, their sum, each identity.")
@click.option("--substitute", is_flag=True, help="Substitute error signals that are numbers, such as 1 for the loss.")
@click.option("--entries", is_flag=True, help="The equations of single entries, with indices.")
@click.option("--format", "fmt", type=click.Choice(PRINTED), default="text", show_default=True)
def derive(graph: str, of: str, wrt: tuple[str, ...], steps: bool, substitute: bool, entries: bool, fmt: str) -> None:
    """The backprop equations, one variable at a time."""
    from ..calculus.derivation import derive as derivation
    from ..calculus.step_by_step import derive_steps
    from ..graph.documents import load

    if steps and entries:
        raise click.UsageError("--steps and --entries are two forms of a derivation; leave one out")
    if steps:
        click.echo(derive_steps(load(graph), wrt or None, of=of, substitute=substitute).to(fmt))
    else:
        click.echo(derivation(load(graph), wrt or None, of=of, substitute=substitute, entries=entries).to(fmt))


COMMANDS = (list_graphs, show, render, run, grad, derive)
