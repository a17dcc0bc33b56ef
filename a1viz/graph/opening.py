"""The files of a document and of its blocks: each is read once, from wherever it comes, and none contains itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..base.errors import DocumentError, InputError, shown
from ..base.limits import BLOCKS_DEEP, DOCUMENT_BYTES
from ..base.reading import is_stream, read_text, said
from .catalog import catalogue
from .nodes import Graph


@dataclass(frozen=True)
class Shelf:
    """What is known while a document and its blocks are read; lives as long as one `load`."""

    folder: Path | None = None
    above: tuple[Path, ...] = ()  # the documents that this one is a block of
    done: dict[Path, Graph] = field(default_factory=dict)  # each file is read once, however many blocks name it
    failed: set[Path] = field(default_factory=set)


@dataclass(frozen=True)
class File:
    """A document's text, read once, with its real path, its path for messages, the graph's name, and the folder of what it names."""

    real: Path
    said: str
    text: str
    name: str
    folder: Path


def open_file(path: Path, shelf: Shelf) -> File:
    """What is in a file. Raises DocumentError if it cannot be read here."""
    name = said(path) if str(path).isprintable() and len(str(path)) < 300 else shown(str(path))
    try:
        real = path.resolve()
    except (OSError, ValueError, RuntimeError) as error:  # NUL or surrogates in the name, a loop of links
        raise DocumentError([f"{name}: cannot read this file: {getattr(error, 'strerror', None) or error}"]) from None
    if real in shelf.done:
        return File(real, name, "", "", path.parent)
    if real in shelf.failed:
        raise DocumentError([f"{name} has problems, see there"])
    if real in shelf.above:
        chain = " -> ".join(p.stem for p in (*shelf.above[shelf.above.index(real) :], real))
        raise DocumentError([f"{name}: a document cannot contain itself: {chain}"])
    if len(shelf.above) == BLOCKS_DEEP:
        raise DocumentError([f"{name}: blocks are nested more than {BLOCKS_DEEP} deep"])
    if is_stream(path):  # it has no folder and no name of its own
        return File(real, name, _text(path, name), "graph", Path())
    return File(real, name, _text(path, name), path.stem, path.parent)


def _text(path: Path, name: str) -> str:
    try:
        return read_text(path, DOCUMENT_BYTES)
    except InputError as error:
        known = path.suffix == ".toml" and path.parent == Path() and path.stem in catalogue() and not path.exists()
        hint = f"; the graph of the catalogue is called {path.stem}" if known else ""
        raise DocumentError([f"{name}: {error}{hint}"]) from None
