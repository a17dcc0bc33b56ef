"""The command line: one verb per command. Exit codes: 0 fine, 1 a check did not hold, 2 bad input with one clear message.

Everything heavy is imported inside the commands, so that --help and completion are quick. To add a command: write it in the file of its
topic as a `click.command`, and list it in that file's COMMANDS.
"""

from __future__ import annotations

import click

from .. import __version__
from . import (
    exchange_commands,
    gradient_commands,
    graph_commands,
    regression_commands,
    site_commands,
    sorting_commands,
    training_commands,
    verdict_commands,
)
from .console import Verbs, examples


def say_version(ctx: click.Context, param: click.Parameter, is_asked: bool) -> None:
    """Of a1viz and, in a second line, of Python, with the extras that are here."""
    if is_asked and not ctx.resilient_parsing:
        from platform import python_version

        from .doctor import found_extras

        extras = " ".join(found_extras()) or "none"
        click.echo(f"a1viz {__version__}\nPython {python_version()}, extras: {extras}")
        ctx.exit()


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    epilog=examples(
        "a1viz list",
        "a1viz render gated_network --backward -o g.svg",
        "a1viz grad two_layer --json",
        "a1viz derive gated_network --format latex",
    ),
)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=say_version, help="Say which versions these are.")
def cli() -> None:
    """See, run, differentiate and trust a network written as equations.

    GRAPH is a name from `a1viz list` or a path to a .toml document or an .onnx model.
    """


TOPICS = (
    graph_commands, verdict_commands, gradient_commands, sorting_commands, regression_commands, training_commands, exchange_commands,
    site_commands,
)  # fmt: skip
for topic in TOPICS:
    for command in topic.COMMANDS:
        cli.add_command(command)
