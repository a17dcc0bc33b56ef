"""Pictures that a command writes: one, or one of each graph of the catalogue."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..base.columns import counted
from ..base.errors import A1vizError, InputError
from .console import BAD_INPUT, printable

if TYPE_CHECKING:
    from ..pictures import Picture

STANDARD_OUTPUT = Path("-")


def written(picture: Picture, path: Path, fmt: str = "") -> bytes:
    """Write a picture to a file in the format of its ending, unless another is given, and say so; or to the standard output, as SVG.

    Gives what a file holds now. Raises OutputError.
    """
    from ..base.files import write_whole
    from ..pictures.drawing import suffix_format

    if path == STANDARD_OUTPUT:
        click.echo(picture.to(fmt or "svg"), nl=False)
        return b""
    data = picture.to(fmt or suffix_format(path))
    write_whole(path, data)
    click.echo(f"{path}: {picture.note}", err=True)
    return data


def write_all(drawn: Callable[[str], Picture], output: str, fmt: str) -> None:
    """Write a picture of each graph of the catalogue into a folder; what cannot be drawn is named, and the exit code is 2.

    Raises InputError without a folder.
    """
    from ..base.files import made_folder, write_whole
    from ..base.workers import progress_bar
    from ..graph.catalog import catalogue
    from ..pictures.drawing import FORMATS

    if output in ("", "-") or Path(output).suffix in (row.suffix for row in FORMATS.values()):
        raise InputError("--all writes many files; name the folder, as in -o pictures, and the format, as in --format pdf")
    folder, names = made_folder(Path(output)), list(catalogue())
    refused: dict[str, list[str]] = {}
    with progress_bar("pictures", len(names)) as advance:
        for name in names:
            try:
                write_whole(folder / f"{name}{FORMATS[fmt].suffix}", drawn(name).to(fmt))
            except A1vizError as error:
                refused.setdefault(error.in_shell or str(error), []).append(name)
            advance()
    for why, those in refused.items():
        click.echo(f"error: {', '.join(those)}: {printable(why)}", err=True)
    click.echo(f"{folder}: {counted(len(names) - sum(map(len, refused.values())), 'pictures')}", err=True)
    if refused:
        sys.exit(BAD_INPUT)
