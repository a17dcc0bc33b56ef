"""Commands about the site and the installation: pages, assets, doctor."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from .console import WRONG, echo_json, echo_table, examples, json_option


@click.command(epilog=examples("a1viz pages -o docs"))
@click.option("-o", "--output", default="docs", show_default=True, metavar="DIR", help="Where to write.")
def pages(output: str) -> None:
    """The generated Markdown pages; building the site calls this by itself."""
    from ..site.pages import write_pages

    for path in write_pages(Path(output)):
        click.echo(path)


@click.command(epilog=examples("a1viz assets docs/assets"))
@click.argument("folder", metavar="DIR")
def assets(folder: str) -> None:
    """Write the style sheet and the scripts that pages with live pictures load."""
    from ..site.assets import write_assets

    for path in write_assets(Path(folder)):
        click.echo(path)


@click.command(epilog=examples("a1viz doctor"))
@json_option
def doctor(as_json: bool) -> None:
    """Which layout engine is used, versions, what is missing and how to get it."""
    from .doctor import examine

    findings = examine()
    if as_json:
        echo_json([vars(f) for f in findings])
    else:
        echo_table(("part", "found", "what to do"), [(f.part, f.found, f.advice) for f in findings])
    if any(f.is_needed and not f.ok for f in findings):
        sys.exit(WRONG)


COMMANDS = (pages, assets, doctor)
