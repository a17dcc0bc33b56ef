"""The write-up: every question of the chapters with its answer, in the chapters' own words, as a PDF."""

from __future__ import annotations

import base64
import json
import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

from ..base.cache import digest
from ..base.errors import InputError, OutputError, did_you_mean, place, shown
from ..base.limits import VALUE_BYTES
from ..base.reading import read_bytes
from ..base.typst_compiler import compiled
from .chapters import NOTHING_MARKED, MarkedPart, Question, marked_parts, sections
from .page_trees import Element
from .paper_chapters import HAND_IN, PaperChapter, begin, paper_chapter
from .state import PACKAGE, remembered
from .typst_blocks import EMPTY, HEADINGS, flow
from .typst_lines import Sheet, line
from .typst_text import call, joined, literal, typographic

TITLE = "Assignment 1"
APPENDIX = "Appendix: questions worth no marks"
PAPERS = {"a4": "a4", "letter": "us-letter"}
BEGINNINGS = {"png": b"\x89PNG\r\n", "jpg": b"\xff\xd8", "jpeg": b"\xff\xd8", "gif": b"GIF8", "webp": b"RIFF"}  # of files of images
PICTURES = (".svg", *(f".{ending}" for ending in BEGINNINGS))
LEAST, MOST, PER_LINE = 8, 24, 60  # lines of room for an answer, and how many signs of the chapters' answer make one

LACKING = "could not be displayed with font"  # what Typst says of a letter

Reader = Callable[[str, str], bytes]  # of the image that a chapter names
Told = Callable[[str, int, int], None]  # what is being done, the how manieth of how many it is


@dataclass(frozen=True)
class Cover:
    """What stands above the first page, and of which size the pages are: "a4" or "letter"."""

    title: str = ""
    author: str = ""
    course: str = ""
    paper: str = "a4"


@dataclass(frozen=True)
class Writeup:
    """A document for Typst: its source and the files it names."""

    source: str
    files: Mapping[str, bytes]


COVER = Cover()


def writeup_pdf(chapters: Mapping[str, str], folder: Path | None = None, **options: Any) -> bytes:
    """The write-up as PDF; for the options see `writeup_document`. Raises InputError, OutputError without Typst."""
    made = writeup_document(chapters, folder, **options)
    sizes = {name: digest(data.decode("latin-1"), 16) for name, data in made.files.items()}
    kept = remembered("writeups", json.dumps([made.source, sizes]), lambda: base64.b64encode(_set(made)).decode())
    return base64.b64decode(kept)


def _set(made: Writeup) -> bytes:
    """The PDF, in Typst's own fonts unless they lack a letter."""
    try:
        return compiled(made.source, made.files)
    except OutputError as error:
        if LACKING not in str(error):
            raise
    try:
        return compiled(made.source, made.files, machine_fonts=True)
    except OutputError as error:
        hint = "; install a font that has it, such as Noto, or write it otherwise" if LACKING in str(error) else ""
        raise OutputError(f"{error}{hint}") from None


def writeup_document(
    chapters: Mapping[str, str],
    folder: Path | None = None,
    *,
    cover: Cover = COVER,
    blank: bool = False,
    addresses: Mapping[str, str] | None = None,
    tell: Told = lambda what, k, count: None,
) -> Writeup:
    """All that is marked in chapters, Markdown pages by their names, as a document for Typst.

    `folder` is where their images lie; `blank` leaves room in place of the answers; `addresses` says where pages are published, by the
    names of their files, for links to what is not handed in; `tell` hears which chapter is read, the how manieth of how many.

    Runs the code of the chapters: only for those you trust. Raises InputError for chapters without marks, marks that do not close, code
    that fails and images that are missing.
    """
    if cover.paper not in PAPERS:
        raise InputError(f"unknown paper {shown(cover.paper)}; it is {' or '.join(PAPERS)}{did_you_mean(cover.paper, PAPERS)}")
    parts = [part for name, text in chapters.items() for part in marked_parts(text, name) if part.kind in HAND_IN]
    if not parts:
        raise InputError(NOTHING_MARKED)
    pages = list(_paper_chapters(chapters, HAND_IN[:1] if blank else HAND_IN, folder, tell))
    tell("setting the pages", len(chapters), len(chapters))
    asked = sections(parts)
    sheets = _sheets(pages, asked, addresses or {}, _reader(folder, chapters) if folder else None)
    body = _body(asked, pages, sheets, chapters if blank else None)
    said = [f"{name}: {literal(typographic(getattr(cover, name)))}" for name in ("author", "course")]
    said += [f"title: {literal(typographic(cover.title or TITLE))}", f"paper: {literal(PAPERS[cover.paper])}"]
    source = f'#import "writeup.typ": *\n#show: written.with({", ".join(said)})\n#contents()\n#{{\n' + "\n".join(body) + "\n}\n"
    files: dict[str, bytes] = {"writeup.typ": (PACKAGE / "site" / "writeup.typ").read_bytes()}
    for sheet in sheets.values():
        files |= sheet.files
    return Writeup(source, files)


def _paper_chapters(chapters: Mapping[str, str], kinds: Sequence[str], folder: Path | None, tell: Told) -> Iterator[PaperChapter]:
    for name, text in chapters.items():
        begin(name, text, kinds, folder)
    for k, (name, text) in enumerate(chapters.items()):
        tell(name, k, len(chapters))
        page = paper_chapter(name, text, kinds, _snippet_folders(folder), folder)
        if page is not None:
            yield page


def _snippet_folders(folder: Path | None) -> list[Path]:
    """Where the chapters' snippets are read from: beside mkdocs.yml, as MkDocs reads them here, else in their own folder."""
    if folder is None:
        return []
    above = folder.resolve().parent
    return [above] if (above / "mkdocs.yml").is_file() else [folder]


# --- questions --------------------------------------------------------------------------------------------------------------------


def _sheets(
    pages: Sequence[PaperChapter], asked: Sequence[Question], addresses: Mapping[str, str], image: Reader | None
) -> dict[str, Sheet]:
    """A sheet for each chapter; all know where every heading is printed, and share their files."""
    anchors: dict[str, str] = {}
    for question in asked:
        for part in (*question.question, *question.answer):
            anchors.setdefault(part.chapter, f"question {question.number}")
    for page in pages:
        for _, children in page.parts:
            for element in (e for child in children if isinstance(child, Element) for e in child.walk()):
                if element.tag in HEADINGS and element.attributes.get("id"):
                    anchors[f"{page.name}#{element.attributes['id']}"] = f"{page.name}#{element.attributes['id']}"
    one = Sheet("", anchors, addresses=addresses, image=image)
    return {page.name: replace(one, chapter=page.name, footnotes=page.footnotes) for page in pages}


def _reader(folder: Path, chapters: Mapping[str, str]) -> Reader:
    def read(chapter: str, source: str) -> bytes:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(chapter), unquote(source)))
        where = place(chapter, next((k for k, line in enumerate(chapters[chapter].split("\n"), 1) if source in line), 0))
        if "://" in source or path.startswith(("..", "/")):
            raise InputError(f"{where}the image {shown(source)} is not in the chapters' folder; put it there")
        if not path.lower().endswith(PICTURES):
            raise InputError(f"{where}the image {shown(source)} cannot be printed; take one that ends in {', '.join(PICTURES)}")
        data = read_bytes(folder / path, VALUE_BYTES, f"{where}the image {shown(source)}")
        if not _is_image(data, path):
            raise InputError(f"{where}the image {shown(source)} holds no such picture as its name says; save it again")
        return data

    return read


def _is_image(data: bytes, name: str) -> bool:
    """Whether a file begins as its name says; an SVG is read to its end."""
    ending = name.rpartition(".")[2].lower()
    if ending != "svg":
        return data.startswith(BEGINNINGS[ending])
    try:
        return ElementTree.fromstring(data).tag.rpartition("}")[2] == "svg"
    except (ElementTree.ParseError, ValueError, LookupError):
        return False


def _body(
    asked: Sequence[Question], pages: Sequence[PaperChapter], sheets: Mapping[str, Sheet], chapters: Mapping[str, str] | None
) -> list[str]:
    """The questions one after the other; with `chapters` room for answers, as much as theirs take."""
    content = {(part.chapter, part.first): children for page in pages for part, children in page.parts}
    body, numbers = [], [question.number for question in asked]
    for k, question in enumerate(asked):
        if question.is_appendix and (k == 0 or not asked[k - 1].is_appendix):
            body.append(call("section", "1", literal("appendix"), literal(APPENDIX)))
        level = 1 + question.is_appendix + sum(question.number.startswith(f"{number}.") for number in numbers)
        name = typographic(f"{question.number}  {question.title}".strip())
        body.append(call("section", str(level), literal(f"question {question.number}"), literal(name)))
        said = [code for part in question.question for code in _part(part, content, sheets, level, question.number)]
        body += [call("asked", joined(said))] if said else []
        if chapters is not None:
            body.append(call("room", str(_room(question, chapters))))
            continue
        for part in question.answer:
            body += _part(part, content, sheets, level)
    return body


def _part(
    part: MarkedPart, content: Mapping[tuple[str, int], Sequence[Element | str]], sheets: Mapping[str, Sheet], level: int, number: str = ""
) -> list[str]:
    """A marked part; a statement that begins with its own number says it no second time."""
    children = list(content[part.chapter, part.first])
    sheet = sheets[part.chapter]
    sheet = replace(sheet, levels=_levels(children, level, sheet))
    return flow(_without_number(children, number) if number else children, sheet)


def _levels(children: Sequence[Element | str], above: int, sheet: Sheet) -> dict[int, int]:
    """The levels of a part's headings, one below the other without a gap, whatever they are on their page."""
    found: dict[int, int] = {}
    open_ranks: list[str] = []
    for element in (e for child in children if isinstance(child, Element) for e in child.walk()):
        if element.tag in HEADINGS and line(element.children, sheet) != EMPTY:
            open_ranks = [rank for rank in open_ranks if rank < element.tag] + [element.tag]
            found[id(element)] = above + len(open_ranks)
    return found


def _without_number(children: list[Element | str], number: str) -> list[Element | str]:
    for k, child in enumerate(children):
        if isinstance(child, Element) and child.tag == "p":
            first = child.children[0] if child.children else ""
            if isinstance(first, Element) and first.tag == "strong" and first.text.strip() == number:
                return [*children[:k], Element("p", child.attributes, child.children[1:]), *children[k + 1 :]]
            break
    return children


def _room(question: Question, chapters: Mapping[str, str]) -> int:
    """Lines of room for an answer."""
    lines = [chapters[part.chapter].split("\n")[part.first : part.last + 1] for part in question.answer]
    return min(max(sum(len(line) for part in lines for line in part) // PER_LINE, LEAST), MOST)
