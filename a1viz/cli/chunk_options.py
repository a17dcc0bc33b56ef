"""What commands share that go through data in chunks: who computes them, where finished ones are kept, and results in files."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..base.errors import InputError, shown
from .console import NAMED
from .printed import TWO_WAYS

if TYPE_CHECKING:
    from ..base.large import NewFiles

STORE = "Keep finished chunks here; an interrupted run goes on from them."


def worker_options(command: Callable[..., None]) -> Callable[..., None]:
    """By whom chunks are computed, and where they are kept; none of these changes a number."""
    for option in (
        click.option("--store", type=NAMED, default="", metavar="DIR", help=STORE),
        click.option("--scheduler", type=NAMED, default="", metavar="ADDRESS", help="Compute on the Dask cluster of this scheduler."),
        click.option("--workers", type=int, default=0, metavar="N", help="Compute in N processes of this machine. Default: this one."),
    ):
        command = option(command)
    return command


def values_option(*flags: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    text = "Write the results as arrays instead of printing them; several results go to FILE.NAME.npy each."
    return click.option(*flags, "file", type=NAMED, default="", metavar="FILE.npy", callback=_checked, help=text)


def _checked(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """The ending is looked at before anything is computed."""
    if value and Path(value).suffix.lower() != ".npy":
        raise InputError(f"{shown(value)}: values are written as .npy; end the name with it")
    if value and (ctx.params.get("as_json") or ctx.params.get("fmt")):
        raise click.UsageError(TWO_WAYS)
    return value


@contextlib.contextmanager
def computed_by(workers: int, scheduler: str, store: str, file: str | None = None) -> Iterator[dict[str, Any]]:
    """`executor` and `store` as the options say, and `out` for a file, which is there when all went well, and is named then."""
    from ..base.large import NewFiles

    with contextlib.ExitStack() as stack:
        files = stack.enter_context(NewFiles(Path(file))) if file else None
        who = None
        if workers or scheduler:
            from ..base.workers import executor

            who = stack.enter_context(executor(workers, scheduler))
        yield {"executor": who, "store": store or None, **({} if file is None else {"out": files})}
    if files is not None:
        say(files)


def say(files: NewFiles) -> None:
    """Which files were written."""
    for name, path in files.paths.items():
        array = files.arrays[name]
        click.echo(f"{name}: {path}, {array.dtype} {array.shape}", err=True)
