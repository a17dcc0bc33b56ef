"""Commands of question 2: cost, norms, ntk."""

from __future__ import annotations

from typing import Any

import click

from .chunk_options import computed_by, values_option, worker_options
from .console import (
    GRAPH,
    NAMED,
    echo_json,
    examples,
    graph_argument,
    offered,
    read_settings,
    read_sizes,
    set_option,
    split_cotangents,
    split_examples,
)  # fmt: skip
from .printed import echo_cost, echo_pass_table, echo_values, printed_options


@click.command(
    epilog=examples(
        "a1viz cost gated_network",
        "a1viz cost gated_network --set D=784,H=256,N=10 --json",
        "a1viz cost table --set N=100,K=4,D=64",
        "a1viz cost table --format latex",
    )
)
@click.argument("graph", type=GRAPH, metavar="GRAPH|table")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="N=..,D=..",
    shell_complete=offered("sizes"),
    help="Numbers for named sizes.",
)
@click.option("--input-error", is_flag=True, help="In the table, count the error signal of the input too.")
@click.option("--keep-gradients", is_flag=True, help="In the table, let the efficient way form the gradients too.")
@printed_options
def cost(graph: str, settings: tuple[str, ...], input_error: bool, keep_gradients: bool, fmt: str | None, as_json: bool) -> None:
    """Scalar multiplications and numbers stored, for one example, in the named sizes.

    `table` is question 2.2.3: the forward pass, the backward pass and the gradient norms of K layers of width D for N examples.
    """
    sizes = read_sizes(settings)
    if graph == "table":
        from ..calculus.costs import check_named
        from ..gradients.cost_table import ORDER, Convention, pass_table

        check_named(sizes, "the table", ORDER)
        table = pass_table(Convention(input_error=input_error, keep_gradients=keep_gradients))
        echo_pass_table(table, sizes, fmt, as_json)
        return
    from ..calculus.costs import cost as count
    from ..graph.documents import load

    echo_cost(count(load(graph), **sizes), fmt, as_json)


@click.command(
    epilog=examples(
        "a1viz norms two_layer",
        "a1viz norms two_layer --method naive --json",
        "a1viz norms two_layer --set x=[[1,3,1],[0,1,0]]",
        "a1viz norms mine.toml --set x=@large.npy -o norms.npy --scheduler tcp://127.0.0.1:8786",
    )
)
@graph_argument
@click.option(
    "--method",
    type=click.Choice(("efficient", "naive", "identities")),
    default="efficient",
    show_default=True,
    help="efficient: for each parameter, whichever needs fewer multiplications.",
)
@set_option
@values_option("-o", "--output")
@worker_options
@printed_options
def norms(graph: str, method: str, settings: tuple[str, ...], file: str, fmt: str | None, as_json: bool, **who: Any) -> None:
    """The squared gradient norm of each example, for each parameter. A large .npy file is read in chunks, whatever its size."""
    from ..gradients.norms import gradient_norms
    from ..graph.documents import load

    g = load(graph)
    given, cotangents = split_cotangents(g, read_settings(settings, g, is_mapped=True))
    with computed_by(**who, file=file) as by:
        found = gradient_norms(g, method, cotangents, **by, **given)
    if not file:
        echo_values(found, fmt, as_json)
    if not as_json:
        for parameter, how in found.how.items():
            click.echo(f"{parameter}: {how}", err=True)


@click.command(
    epilog=examples(
        "a1viz ntk two_layer --set x1=[1,3,1] --set x2=[1,0,2]",
        "a1viz ntk gated_network --output y --order left-to-right --json",
    )
)
@graph_argument
@click.option(
    "--order",
    type=click.Choice(
        (
            "auto",
            "structured",
            "vjp",
            "outside-in",
            "left-to-right",
            "right-to-left",
            "inside-out",
            "inside-out-left",
            "inside-out-right",
        )
    ),
    default="auto",
    show_default=True,
    help="How to multiply the four factors; auto: the fewest multiplications.",
)
@click.option(
    "--output",
    type=NAMED,
    default="",
    metavar="NAME",
    shell_complete=offered("computed"),
    help="The variable whose Jacobian is taken. Default: the graph's output.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    shell_complete=offered("settings"),
    help="Give a leaf for both examples; NAME1=... and NAME2=... give the first and the second.",
)
@values_option("-o")
@worker_options
@printed_options
def ntk(graph: str, order: str, output: str, settings: tuple[str, ...], file: str, fmt: str | None, as_json: bool, **who: Any) -> None:
    """Inner products of Jacobians at two examples, and what each order of multiplying costs."""
    from ..gradients.kernel import ntk as kernel
    from ..graph.documents import load
    from .settings import plain

    g = load(graph)
    both, first, second = split_examples(g, settings)
    with computed_by(**who, file=file) as by:
        found = kernel(g, first, second, order, output=output, **by, **both)
    if file:
        return
    if as_json:
        echo_json(
            {
                "total": plain(found.total),
                "by_parameter": {name: plain(value) for name, value in found.by_parameter.items()},
                "sizes": {name: dict(zip("OYP", size, strict=True)) for name, size in found.sizes.items()},
                "multiplications": {name: dict(costs) for name, costs in found.costs.items()},
                "chosen": dict(found.chosen),
            }
        )
    else:
        click.echo(found.to(fmt or "text"))


COMMANDS = (cost, norms, ntk)
