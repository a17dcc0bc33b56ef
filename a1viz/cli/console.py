"""What the commands share: options, errors as one message, values read from text, tables and JSON printed."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import click
from click.core import ParameterSource

from ..base.columns import WIDTH, text_table
from ..base.errors import A1vizError, InputError, shown
from ..base.estimates import duration
from ..base.limits import DRAWING_SECONDS, SECONDS

if TYPE_CHECKING:
    from ..graph.nodes import Graph

WRONG, BAD_INPUT, INTERRUPTED = 1, 2, 130
PIECES = re.compile(r"unexpected extra argument.*[\[\]=]", re.S)  # of a value
QUOTED = "; a value is given as --set 'x=[1, 2, 3]', in quotes if there are blanks in it"


class Verbs(click.Group):
    """The commands, in the order of the page; a1viz's own errors become one message and exit code 2."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            raise _printable_error(error) from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            raise _printable_error(error) from None
        except A1vizError as error:
            fail(error.in_shell or str(error))
        except MemoryError:
            fail("not enough memory; use smaller sizes or a smaller batch")
        except OSError as error:
            fail(f"{shown(error.filename)}: {reason(error)}" if error.filename else reason(error))
        except KeyboardInterrupt:
            fail("interrupted", INTERRUPTED)


def reason(error: OSError) -> str:
    return (error.strerror or str(error) or type(error).__name__).lower()


def fail(message: str, code: int = BAD_INPUT) -> NoReturn:
    """One message, without anything that could steer a terminal, and the exit code."""
    click.echo("error: " + printable(message), err=True)
    sys.exit(code)


def _printable_error(error: click.UsageError) -> click.UsageError:
    """Click's own error, with the words of the command line made harmless that it may repeat; of a value in pieces how it stays whole."""
    said = error.format_message()
    better = printable(said) + (QUOTED if PIECES.search(said) and not said.endswith(QUOTED) else "")  # of a group in a group
    return error if better == said else click.UsageError(better, error.ctx)


def printable(message: str) -> str:
    """A message without anything that could steer a terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else repr(c)[1:-1] for c in message)


class GraphName(click.ParamType[str]):
    """A catalogue name or a path to a .toml or an .onnx; completes both."""

    name = "graph"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        return offered("graphs")(ctx, param, incomplete)


class GivenName(click.ParamType[str]):
    """What an option or an argument names; an empty name, as of a variable of the shell that is not set, is not taken for none."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value == "" and param and ctx and ctx.get_parameter_source(str(param.name)) is ParameterSource.COMMANDLINE:
            self.fail("the name is empty; give one" + (", or leave the option out" if isinstance(param, click.Option) else ""), param, ctx)
        return str(value)


GRAPH = GraphName()
NAMED = GivenName()


def offered(what: str) -> Callable[[click.Context, click.Parameter, str], list[Any]]:
    """Completes by the function of that name in `completion`, which is imported when a shell asks."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from . import completion

        found: list[Any] = getattr(completion, what)(ctx, param, incomplete)
        return found

    return complete


def examples(*lines: str) -> str:
    """Examples at the end of a command's help."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def graph_argument(command: Callable[..., None]) -> Callable[..., None]:
    return click.argument("graph", type=GRAPH)(command)


def set_option(command: Callable[..., None]) -> Callable[..., None]:
    return click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="NAME=VALUE",
        shell_complete=offered("settings"),
        help="Give a leaf: JSON (x=[1,3,1]), a number, or @file.npy, .npz, .csv, .safetensors.",
    )(command)


def file_option(text: str, **about: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """-o FILE, which the shell completes; `text` is its help, and `about` says whether it must be given."""
    return click.option("-o", "--output", type=NAMED, metavar="FILE", shell_complete=offered("files"), help=text, **about)


def of_option(command: Callable[..., None]) -> Callable[..., None]:
    text = "The scalar that is differentiated. Default: the graph's loss."
    return click.option("--of", type=NAMED, default="", metavar="NAME", shell_complete=offered("computed"), help=text)(command)


def wrt_option(text: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option("--wrt", multiple=True, metavar="NAME", shell_complete=offered("variables"), help=text)


def json_option(command: Callable[..., None]) -> Callable[..., None]:
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")(command)


def once(settings: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Names with their values. Raises InputError for a name that is given twice, for one of its values would be lost."""
    given: dict[str, Any] = {}
    for name, value in settings:
        if name in given:
            raise InputError(f"{shown(name)} is given twice by --set; leave one out")
        given[name] = value
    return given


def read_settings(settings: Sequence[str], graph: Graph, is_mapped: bool = False) -> dict[str, Any]:
    """`NAME=VALUE` pairs as arrays, each for a variable of `graph` or for the cotangent of one. Raises InputError, GraphError."""
    from .settings import read_setting

    given = once(read_setting(text, is_mapped) for text in settings)
    for name in given:
        graph[name if name in graph else name.removesuffix("_bar")]
    return given


def split_cotangents(graph: Graph, given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Values of leaves, and the cotangents among them (with the document's others), or None where none is given."""
    handed = {name.removesuffix("_bar"): given[name] for name in given if name not in graph}
    values = {name: value for name, value in given.items() if name in graph}
    return values, {**graph.document.cotangents, **handed} if handed else None


def split_examples(graph: Graph, settings: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Settings for both examples, for the first (`x1=`) and for the second (`x2=`), where `x` is a leaf and `x1` is none.

    Raises InputError.
    """
    from .settings import read_setting

    both: dict[str, Any] = {}
    sides: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for name, value in once(read_setting(text, is_mapped=True) for text in settings).items():
        if name not in graph and name[-1:] in ("1", "2") and name[:-1] in graph:
            sides[int(name[-1]) - 1][name[:-1]] = value
        else:
            both[graph[name].name] = value
    return both, *sides


class _Seconds(click.FloatRange):
    """A time; `nan` is none, though it lies in no range's way."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found = super().convert(value, param, ctx)
        if math.isnan(found):
            self.fail(f"{found} is no time", param, ctx)
        return found


def seconds_option(command: Callable[..., None]) -> Callable[..., None]:
    text = "A picture that would take longer is drawn collapsed."
    kind = _Seconds(0, 3600)
    return click.option("--seconds", type=kind, default=DRAWING_SECONDS, show_default=True, metavar="SECONDS", help=text)(command)


def long_option(command: Callable[..., None]) -> Callable[..., None]:
    text = f"Run even if it is estimated to take longer than {SECONDS} seconds."
    return click.option("--long", "is_long", is_flag=True, help=text)(command)


def said_before(is_long: bool, workers: int = 0) -> Callable[[float], None]:
    """Says how long something will take, and raises InputError where that is too long; for an estimate in seconds of one core.

    What takes less than two seconds is not worth a word.
    """

    def about(seconds: float) -> None:
        seconds /= max(workers, 1)
        if seconds > SECONDS and not is_long:
            raise InputError(
                f"this takes about {duration(seconds)}, and without --long at most {SECONDS} seconds; ask for less, or say --long"
            )
        if seconds >= 2:
            click.echo(f"about {duration(seconds)}", err=True)

    return about


def read_sizes(settings: Sequence[str]) -> dict[str, int]:
    from .settings import read_size

    return once(read_size(part) for text in settings for part in text.split(","))


def echo_json(data: Any) -> None:
    import json

    click.echo(json.dumps(data, allow_nan=False))


def echo_table(header: Sequence[str], rows: Sequence[Sequence[str]], width: int = WIDTH) -> None:
    """A table: drawn by rich for a terminal, plain columns for a pipe, at most so wide."""
    if not sys.stdout.isatty():
        click.echo(text_table([header, *rows], width=width))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in header:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)
