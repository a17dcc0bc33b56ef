"""Commands whose exit status is their answer: diff, check."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..base.columns import counted
from ..base.errors import A1vizError, InputError
from ..base.limits import GRAPH_NODES
from ..base.reading import STANDARD_INPUT
from .console import GRAPH, WRONG, echo_json, examples, file_option, seconds_option
from .printed import echo_parts, printed_options

if TYPE_CHECKING:
    from ..graph.nodes import Graph


@click.command(
    epilog=examples(
        "a1viz diff two_layer mine.toml",
        "a1viz diff old.toml new.toml -o what.svg",
        "a1viz diff merge bubble -n 4 -o - > wires.svg",
        "git show HEAD:mine.toml | a1viz diff - mine.toml",
    )
)
@click.argument("a", type=GRAPH)
@click.argument("b", type=GRAPH)
@file_option("Draw both in one picture, what differs marked; - for standard output.", default="")
@click.option("-n", type=int, metavar="N", help="A and B are sorting networks of N wires, by family as in `a1viz sort --help`, or a FILE.")
@seconds_option
@printed_options
def diff(a: str, b: str, output: str, n: int | None, seconds: float, fmt: str | None, as_json: bool) -> None:
    """What differs between two graphs.

    The exit status is 0 if nothing differs, or only the way it is written; 1 if something does; 2 if a graph cannot be read.
    Variables are compared by name, else by what they compute; titles, descriptions and symbols are not compared.
    """
    from ..calculus.comparison import diff as compare

    if output == "-" and as_json:
        raise InputError("-o - and --json both write to the standard output; give -o a file")
    found = compare(*_both(a, b, n))
    if output:
        from ..pictures.drawing import draw
        from .written_pictures import written

        written(draw(found, seconds=seconds), Path(output))
    if as_json:
        echo_json(found.record())
    elif output != "-":
        echo_parts(found.parts(), fmt)
    if not found.equal:
        sys.exit(WRONG)


def _both(a: str, b: str, n: int | None) -> list[Graph]:
    """Both graphs. Raises InputError with all that is wrong with both."""
    if a == b == STANDARD_INPUT:
        raise InputError("standard input can be read only once; give A or B as a file")
    graphs, problems = [], []
    for name in (a, b):
        try:
            graphs.append(_read(name, n))
        except A1vizError as error:
            problems.append(error.in_shell or str(error))
    if problems:
        raise InputError("\n".join(dict.fromkeys(problems)))
    return graphs


def _read(name: str, n: int | None) -> Graph:
    """A graph, or that of a sorting network: of a family where there are so many wires, or from a file that is no document."""
    from ..graph.documents import load
    from ..sorting.families import ALIASES, FAMILIES
    from .sorting_commands import is_file, named_network

    if n is None and name in (*FAMILIES, *ALIASES):
        raise InputError(f"{name} is a family of sorting networks; say how many wires they have, as in -n 8")
    if name.endswith((".json", ".txt")) or (n is not None and not is_file(name)):
        return named_network(name, n).graph(GRAPH_NODES)
    return load(name)


@click.command(epilog=examples("a1viz check two_layer", "a1viz check --all"))
@click.argument("graphs", nargs=-1, type=GRAPH, metavar="GRAPH...")
@click.option("--all", "every", is_flag=True, help="The whole catalogue.")
@printed_options
def check(graphs: tuple[str, ...], every: bool, fmt: str | None, as_json: bool) -> None:
    """Expectations, gradients against central differences, the adjoint identity; says what it checked."""
    from ..gradients.checks import check as check_graph
    from ..graph.catalog import catalogue
    from ..graph.documents import load

    names = (*graphs, *(catalogue() if every else ()))
    if not names:
        raise click.UsageError("name at least one GRAPH, or say --all")
    reports = [check_graph(load(name)) for name in names]
    if as_json:
        echo_json([{"graph": r.graph, "ok": r.ok, "findings": [vars(f) for f in r.findings]} for r in reports])
    else:
        for report in reports:
            click.echo(report.to(fmt or "text") + ("\n" if fmt in ("latex", "markdown") else ""))  # a paragraph each
        checked, wrong = sum(len(r.findings) for r in reports), sum(not f.ok for r in reports for f in r.findings)
        click.echo(f"{counted(len(reports), 'graphs')}, {counted(checked, 'checks')}, {wrong} wrong")
    if not all(reports):
        sys.exit(WRONG)


COMMANDS = (diff, check)
