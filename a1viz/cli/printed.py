"""What a command found, printed: values, tables and matrices as text, LaTeX or Markdown, or all of it as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from ..base.results import Part, Table
from .console import echo_json, echo_table

if TYPE_CHECKING:
    from ..calculus.costs import Cost
    from ..calculus.interpreter import Values
    from ..gradients.cost_table import PassTable

TWO_WAYS = "-o writes the values, --json and --format print them; leave one out"
PRINTED = ("text", "latex", "markdown")
LATEX = "latex for a document with amsmath and amssymb, markdown for a page."


def printed_options(command: Callable[..., None]) -> Callable[..., None]:
    """`--format` and `--json`, of which a command takes one."""
    command = click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.", callback=_alone)(command)
    return format_option(command)


def format_option(command: Callable[..., None]) -> Callable[..., None]:
    help = f"How tables and matrices are written: {LATEX} Default: text."
    return click.option("--format", "fmt", type=click.Choice(PRINTED), default=None, is_eager=True, help=help)(command)


def _alone(ctx: click.Context, param: click.Parameter, as_json: bool) -> bool:
    """Raises UsageError where another form is asked for too."""
    if as_json and ctx.params.get("fmt"):
        raise click.UsageError("--json and --format are two forms of one answer; leave one out")
    if as_json and ctx.params.get("file"):
        raise click.UsageError(TWO_WAYS)
    return as_json


def echo_parts(parts: Sequence[Part], fmt: str | None) -> None:
    """What a result shows; as text, a table with a head is drawn for a terminal."""
    from ..base.table_formats import written
    from ..base.text_tables import part_text

    if fmt not in (None, "text"):
        click.echo(written(parts, str(fmt)))
        return
    for part in parts:
        if isinstance(part, Table) and part.head:
            head, *rows = [[part_text(cell) for cell in row] for row in (part.head, *part.rows)]
            echo_table(head, rows)
        else:
            click.echo(part_text(part))


def echo_values(values: Values, fmt: str | None, as_json: bool) -> None:
    from .settings import plain

    if as_json:
        echo_json({name: plain(value) for name, value in values.items()})
    else:
        click.echo(values.to(fmt or "text"))


def echo_cost(counted: Cost, fmt: str | None, as_json: bool) -> None:
    """What a graph costs, in its named sizes and in numbers."""
    if as_json:
        variables = [{"name": r.name, **_counts(r, counted.sizes)} for r in counted.rows]
        echo_json({"sizes": dict(counted.sizes), "variables": variables, "total": _counts(counted, counted.sizes)})
    else:
        echo_parts([counted.at_sizes()], fmt)


def _counts(counted: Any, sizes: Mapping[str, int]) -> dict[str, Any]:
    multiplications, numbers = counted.multiplications, counted.numbers
    return {"multiplications": str(multiplications), "numbers": str(numbers), "multiplications_at_sizes": multiplications.at(sizes)}


def echo_pass_table(table: PassTable, sizes: dict[str, int], fmt: str | None, as_json: bool) -> None:
    """The table of question 2.2.3; with sizes, in numbers too."""
    if as_json:
        echo_json({"sizes": sizes, "convention": str(table.convention), "rows": table.records(sizes or None)})
        return
    if fmt not in (None, "text"):
        echo_parts([table.filled(sizes), *table.parts()[1:]], fmt)
        return
    at = ", ".join(f"{k} = {v}" for k, v in sizes.items())
    more = (f"T at {at}", "numbers stored") if sizes else ()
    echo_table(("pass", "method", "multiplications T", "memory M", *more), table.rows(sizes or None))
    click.echo("\n".join(["convention:", *(f"  {part}" for part in str(table.convention).split("; "))]))
