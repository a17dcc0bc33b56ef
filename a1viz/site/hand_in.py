"""What is handed in, as files: the write-up and the notebook, both from the marked parts of the same chapters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..base.errors import InputError, did_you_mean, shown
from ..base.files import made_folder, write_whole
from .chapters import NOTHING_MARKED, chapter_texts, marked_parts
from .notebook import notebook_bytes
from .state import PACKAGE
from .writeup import COVER, Cover, Told, writeup_pdf

FILES = {"pdf": ("{}-writeup.pdf", ("question", "hand-in")), "notebook": ("{}-code.ipynb", ("task", "notebook"))}  # and the marks of each
NAME = "a1"


def file_names(chapters: Mapping[str, str], name: str = NAME, only: str = "") -> dict[str, str]:
    """The files that the marks of these chapters ask for, or `only` "pdf" or "notebook", and what each is called.

    Raises InputError for bad marks, and for a name that no file can have.
    """
    if only and only not in FILES:
        raise InputError(f"only: {shown(only)}; it is {' or '.join(FILES)}{did_you_mean(only, FILES)}")
    if not name or Path(name).name != name:
        raise InputError(f"name: {shown(name)} cannot begin the name of a file; write a1")
    marked = {part.kind for chapter, text in chapters.items() for part in marked_parts(text, chapter)}
    return {kind: file.format(name) for kind, (file, marks) in FILES.items() if kind == only or (not only and marked & set(marks))}


def chapters_folder() -> Path:
    """The folder of this checkout's own chapters. Raises InputError where a1viz is installed without them."""
    if not (PACKAGE.parent / "mkdocs.yml").is_file():
        raise InputError("a1viz is installed here without its chapters; name a folder of your own: a1viz writeup CHAPTERS")
    return PACKAGE.parent / "docs"


def hand_in(
    chapters: Mapping[str, str],
    folder: Path | None = None,
    *,
    cover: Cover = COVER,
    names: Mapping[str, str] | None = None,
    blank: bool = False,
    addresses: Mapping[str, str] | None = None,
    tell: Told = lambda what, k, count: None,
) -> dict[str, bytes]:
    """The files that are handed in, by their names: those that the chapters mark, or those in `names` (see `file_names`).

    Runs the code of the chapters, texts by their names: only for those you trust. For the rest see `writeup_document`.
    Raises InputError with chapter and line for marks, code and fences that fail; OutputError for what is not installed.
    """
    kinds = file_names(chapters) if names is None else names
    if not kinds:
        raise InputError(NOTHING_MARKED)
    made: dict[str, bytes] = {}
    for kind, file in kinds.items():
        if kind == "pdf":
            made[file] = writeup_pdf(chapters, folder, cover=cover, blank=blank, addresses=addresses, tell=tell)
        else:
            tell("running the notebook", len(chapters), len(chapters))
            made[file] = notebook_bytes(chapters, blank, cover.author, cover.title, addresses)
    return made


def write_hand_in(output: Path, folder: Path | None = None, *, name: str = NAME, only: str = "", **options: Any) -> list[Path]:
    """Write what is handed in of a folder of chapters, by default this checkout's, into the folder `output`.

    Both files begin with `name`; `only` "pdf" or "notebook" is one of them; for the options see `hand_in`. Returns the paths.
    Raises InputError, OutputError.
    """
    folder = chapters_folder() if folder is None else folder
    chapters = chapter_texts(folder)
    files = hand_in(chapters, folder, names=file_names(chapters, name, only), **options)
    made_folder(output)
    for file, data in files.items():
        write_whole(output / file, data)
    return [output / file for file in files]
