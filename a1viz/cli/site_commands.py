"""Commands about the site and the installation: pages, assets, the hand-in, doctor."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from .console import NAMED, WRONG, echo_json, echo_table, examples, json_option


@click.command(epilog=examples("a1viz pages -o docs", "a1viz pages --from docs -o build/docs"))
@click.option("-o", "--output", type=NAMED, default="docs", show_default=True, metavar="DIR", help="Where to write.")
@click.option(
    "--from", "folder", type=NAMED, metavar="DIR", help="The pages of this folder instead, with what their code prints and what they load."
)
def pages(output: str, folder: str | None) -> None:
    """The generated Markdown pages; building the site with MkDocs calls this by itself.

    With --from, all else that MkDocs' hook does is done before a build, for engines without hooks. The code of the pages is run: give only
    pages you trust.
    """
    from ..site.pages import write_pages
    from ..site.prepared import write_prepared

    for path in write_pages(Path(output)) if folder is None else write_prepared(Path(folder), Path(output)):
        click.echo(path)


@click.command(epilog=examples("a1viz assets docs/assets"))
@click.argument("folder", type=NAMED, metavar="DIR")
def assets(folder: str) -> None:
    """Write the style sheet and the scripts that pages with live pictures load."""
    from ..site.assets import write_assets

    for path in write_assets(Path(folder)):
        click.echo(path)


@click.command(epilog=examples("a1viz writeup --author 'Ada Lovelace'", "a1viz writeup course -o handout --blank --title 'Sheet 3'"))
@click.argument("chapters", required=False, metavar="[CHAPTERS]", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=NAMED, default=".", metavar="DIR", help="Where to write.  [default: the current folder]")
@click.option("--blank", is_flag=True, help="Only what is asked, with room for the answers.")
@click.option("--author", default="", metavar="TEXT", help="The author of the answers.")
@click.option("--title", default="", metavar="TEXT", help="The title of both files.  [default: Assignment 1]")
@click.option("--course", default="", metavar="TEXT", help="A line below the author: course, term, number of the student.")
@click.option("--paper", type=click.Choice(["a4", "letter"]), default="a4", show_default=True)
@click.option("--only", type=click.Choice(["pdf", "notebook"]), help="One of the two files.")
@click.option("--name", type=NAMED, default="a1", show_default=True, metavar="NAME", help="How both files begin.")
def writeup(chapters: Path | None, output: str, blank: bool, only: str | None, name: str, **cover: Any) -> None:
    """The hand-in: a1-writeup.pdf and a1-code.ipynb, from the marked parts of CHAPTERS.

    CHAPTERS is a folder of Markdown pages; without it, in a checkout of a1viz, its own. The code of the pages is run: give only pages you
    trust.
    """
    from ..site.hand_in import write_hand_in
    from ..site.writeup import Cover

    with _progress() as tell:
        paths = write_hand_in(Path(output), chapters, cover=Cover(**cover), blank=blank, only=only or "", name=name, tell=tell)
    for path in paths:
        click.echo(path)


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on a terminal, with what is being done before it."""
    if not sys.stderr.isatty():
        yield lambda what, k, count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    with Progress(
        TextColumn("{task.description:30}"), BarColumn(), MofNCompleteColumn(), console=Console(stderr=True), transient=True
    ) as drawn:
        bar = drawn.add_task("reading", total=None)
        yield lambda what, k, count: drawn.update(bar, description=what[:30], completed=k, total=count)


@click.command(epilog=examples("a1viz doctor"))
@json_option
def doctor(as_json: bool) -> None:
    """Which layout engine is used, versions, what is missing and how to get it."""
    from .doctor import examine

    findings = examine()
    if as_json:
        echo_json([vars(f) for f in findings])
    else:
        echo_table(("part", "found", "what to do"), [(f.part, f.found, f.advice) for f in findings], sys.maxsize)  # commands stay whole
    if any(f.is_needed and not f.ok for f in findings):
        sys.exit(WRONG)


COMMANDS = (pages, assets, writeup, doctor)
