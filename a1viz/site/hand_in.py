"""What is handed in, as files: the write-up and the notebook, both from the marked parts of the same chapters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..base.errors import InputError, did_you_mean, shown
from ..base.files import made_folder, write_whole
from .chapters import chapter_texts, marked_parts
from .notebook import notebook_bytes
from .state import PACKAGE
from .writeup import Told, writeup_pdf

FILES = {"pdf": ("{}-writeup.pdf", ("question", "hand-in")), "notebook": ("{}-code.ipynb", ("task", "notebook"))}  # and the marks of each
NAME = "a1"


def file_names(chapters: Mapping[str, str], name: str = NAME) -> dict[str, str]:
    """The files that the marks of these chapters ask for: "pdf", "notebook" and what each is called. Raises InputError for bad marks."""
    marked = {part.kind for chapter, text in chapters.items() for part in marked_parts(text, chapter)}
    return {kind: file.format(name) for kind, (file, marks) in FILES.items() if marked & set(marks)}


def chapters_folder() -> Path:
    """The folder of this checkout's own chapters. Raises InputError where a1viz is installed without them."""
    if not (PACKAGE.parent / "mkdocs.yml").is_file():
        raise InputError("a1viz is installed here without its chapters; name a folder of your own: a1viz writeup CHAPTERS")
    return PACKAGE.parent / "docs"


def hand_in(
    chapters: Mapping[str, str],
    folder: Path | None = None,
    *,
    only: str = "",
    name: str = NAME,
    blank: bool = False,
    author: str = "",
    title: str = "",
    addresses: Mapping[str, str] | None = None,
    tell: Told = lambda what, k, count: None,
    **layout: Any,
) -> dict[str, bytes]:
    """The files that are handed in, by their names: those whose parts the chapters mark, or `only` the "pdf" or the "notebook".

    Runs the code of the chapters, texts by their names: only for those you trust. For the rest see `writeup.writeup_document`, which takes
    `layout` too. Raises InputError with chapter and line for marks, code and fences that fail; OutputError for what is not installed.
    """
    if only and only not in FILES:
        raise InputError(f"only: {shown(only)}; it is {' or '.join(FILES)}{did_you_mean(only, FILES)}")
    kinds = {only: FILES[only][0].format(name)} if only else file_names(chapters, name)
    if not kinds:
        raise InputError("no chapter says what is handed in; mark it: <!-- hand-in: 1.1 Title --> and, where it ends, <!-- /hand-in -->")
    made: dict[str, bytes] = {}
    for kind, file in kinds.items():
        if kind == "pdf":
            named = {"title": title} if title else {}
            made[file] = writeup_pdf(chapters, folder, blank=blank, author=author, addresses=addresses, tell=tell, **named, **layout)
        else:
            tell("running the notebook", len(chapters), len(chapters))
            made[file] = notebook_bytes(chapters, blank, author, title, addresses)
    return made


def write_hand_in(output: Path, folder: Path | None = None, **options: Any) -> list[Path]:
    """Write what is handed in of a folder of chapters, by default this checkout's, into the folder `output`; see `hand_in`.

    Returns the paths. Raises InputError, OutputError.
    """
    folder = chapters_folder() if folder is None else folder
    files = hand_in(chapter_texts(folder), folder, **options)
    made_folder(output)
    for name, data in files.items():
        write_whole(output / name, data)
    return [output / name for name in files]
