"""The parts of chapters that are handed in: what stands between two marks of a Markdown page, and nothing is written twice.

    <!-- question: 2.1.2 Backprop equations -->  what is asked, up to  <!-- /question -->
    <!-- hand-in: 2.1.2 -->  the answer, up to  <!-- /hand-in -->
    <!-- notebook: 1.1 Binary cross-entropy -->  the same for the notebook, up to  <!-- /notebook -->
    <!-- task: 1.1 -->  what the notebook asks, up to  <!-- /task -->

Marks stand on lines of their own. A number may be marked in several places; the parts follow each other as the pages are read.
`<!-- hand-in: 1.1, appendix -->` puts a question behind those that count. A title is text, as it is. On paper a line of code has room for
90 signs; a fold belongs to the part that it stands in, a live figure is a picture, an exercise is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..base.errors import InputError, did_you_mean, place, shown
from ..base.limits import DOCUMENT_BYTES
from ..base.reading import read_text
from .page_code import blocks

KINDS = ("question", "hand-in", "notebook", "task")
MARK = re.compile(r"^<!--\s*(?P<end>/?)(?P<kind>[a-z-]+)\s*(?::(?P<rest>.*?))?-->\s*$")
REST = re.compile(r"\s*(?P<number>[A-Za-z]?\d+(?:\.\d+)*|[A-Za-z])(?P<title>(?:\s+.*?)?)(?P<appendix>,\s*appendix)?\s*")
NOTHING_MARKED = "no chapter says what is handed in; mark it: <!-- hand-in: 1.1 Title --> and, where it ends, <!-- /hand-in -->"


@dataclass(frozen=True)
class MarkedPart:
    """What stands between two marks: lines `first` to `last` of a chapter, counted from 0, without the marks."""

    kind: str
    number: str
    title: str
    is_appendix: bool
    chapter: str  # the file's name in its folder
    first: int
    last: int


@dataclass(frozen=True)
class Question:
    """One question of a hand-in: all that is marked with its number."""

    number: str
    title: str
    is_appendix: bool
    question: tuple[MarkedPart, ...]
    answer: tuple[MarkedPart, ...]


def chapter_texts(folder: Path) -> dict[str, str]:
    """The Markdown pages of a folder by their names, in the order of these. Raises InputError where there are none."""
    paths = sorted(folder.rglob("*.md")) if folder.is_dir() else []
    if not paths:
        if folder.is_file() or not folder.exists():
            raise InputError(f"{folder} is {'a file' if folder.is_file() else 'not there'}; name the folder that the chapters are in")
        raise InputError(
            f"{folder}: no Markdown chapters here; name a folder whose pages mark what is handed in, as docs of a1viz's checkout"
        )
    return {path.relative_to(folder).as_posix(): read_text(path, DOCUMENT_BYTES, str(path)).replace("\r\n", "\n") for path in paths}


def marked_parts(text: str, chapter: str = "") -> list[MarkedPart]:
    """The marked parts of a chapter in order; marks inside code are text.

    Raises InputError for a mark that is not known, not closed, closed by another one, or inside another one.

    >>> [(p.number, p.first, p.last) for p in marked_parts("<!-- hand-in: 1.2 -->\\nBecause.\\n<!-- /hand-in -->")]
    [('1.2', 1, 1)]
    """
    found: list[MarkedPart] = []
    opened: MarkedPart | None = None
    for k, mark in _marks(text):
        where, kind = place(chapter, k + 1), mark["kind"]
        if kind not in KINDS:
            if opened is None and not did_you_mean(kind, KINDS):
                continue  # another comment of the page
            raise InputError(f"{where}unknown mark {shown(kind)}; the marks are {', '.join(KINDS)}{did_you_mean(kind, KINDS)}")
        if not mark["end"]:
            if opened is not None:
                raise InputError(
                    f"{where}{kind} begins inside {opened.kind} {opened.number}; close that one first: <!-- /{opened.kind} -->"
                )
            rest = REST.fullmatch(mark["rest"] or "")
            if not rest:
                raise InputError(f"{where}a mark names its question, as in <!-- {kind}: 2.1.2 Backprop equations -->")
            opened = MarkedPart(kind, rest["number"], rest["title"].strip(), bool(rest["appendix"]), chapter, k + 1, -1)
        elif opened is None or opened.kind != kind:
            raise InputError(f"{where}/{kind} closes nothing; {f'{opened.kind} {opened.number} is open' if opened else 'no mark is open'}")
        else:
            found.append(MarkedPart(opened.kind, opened.number, opened.title, opened.is_appendix, chapter, opened.first, k - 1))
            opened = None
    if opened is not None:
        raise InputError(
            f"{place(chapter, opened.first)}{opened.kind} {opened.number} is never closed; write <!-- /{opened.kind} --> where it ends"
        )
    return found


def sections(parts: Sequence[MarkedPart], question: str = "question", answer: str = "hand-in") -> list[Question]:
    """The parts of these two kinds by their numbers, in the order of these; those of the appendix last.

    >>> [s.number for s in sections(marked_parts("<!-- hand-in: 1.10 -->\\n<!-- /hand-in -->\\n<!-- hand-in: 1.9 -->\\n<!-- /hand-in -->"))]
    ['1.9', '1.10']
    """
    found = []
    for number in {part.number: None for part in parts if part.kind in (question, answer)}:
        own = [part for part in parts if part.number == number and part.kind in (question, answer)]
        title = next((part.title for part in own if part.title), "")
        asked, said = (tuple(part for part in own if part.kind == kind) for kind in (question, answer))
        found.append(Question(number, title, any(part.is_appendix for part in own), asked, said))
    return sorted(found, key=lambda section: (section.is_appendix, _order(section.number)))


def _marks(text: str) -> Iterator[tuple[int, re.Match[str]]]:
    inside = {k for block in blocks(text) for k in range(block.first, block.last + 1)}
    for k, line in enumerate(text.split("\n")):
        mark = MARK.match(line)
        if mark and k not in inside:
            yield k, mark


def _order(number: str) -> list[tuple[int, str]]:
    return [(int(word), "") if word.isdigit() else (0, word) for word in re.findall(r"\d+|[A-Za-z]", number)]
