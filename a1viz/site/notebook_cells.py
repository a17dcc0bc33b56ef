"""The marked parts of chapters as cells: text as Markdown, Python as code, a fence as the Python that draws the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..base.errors import InputError, place
from .chapters import MarkedPart, Question, marked_parts, sections
from .fence_code import fence_code
from .notebook_text import CELLS, Line, levels, plain, unfolded
from .page_code import blocks

TO_DO = "# your code here"
IMPORT = re.compile(r"^import a1viz$", re.MULTILINE)


@dataclass(frozen=True)
class Cell:
    """One cell, and the line of the chapter that its first line comes from."""

    kind: str  # markdown or code
    source: str
    chapter: str = ""
    line: int = 0  # counted from 1
    is_drawn: bool = False  # by a1viz, for a fence


def notebook_sections(chapters: Mapping[str, str]) -> list[Question]:
    """The sections of the notebook in their order: what is marked `task` and `notebook`. Raises InputError where nothing is."""
    parts = [part for name, text in chapters.items() for part in marked_parts(text, name)]
    found = sections(parts, "task", "notebook")
    if not found:
        raise InputError(
            "no chapter marks a part for the notebook; write <!-- notebook: 1.1 Its title --> before it, <!-- /notebook --> after"
        )
    return found


def section_cells(section: Question, chapters: Mapping[str, str], addresses: Mapping[str, str], is_blank: bool = False) -> list[Cell]:
    """The cells below the heading of a section, as its parts follow each other on the pages; in a blank one an empty cell is the answer."""
    names = list(chapters)
    parts = sorted([*section.question, *section.answer], key=lambda part: (names.index(part.chapter), part.first))
    depth = _depth(section.number) + 1
    texts = {part: unfolded(_lines(part, chapters[part.chapter])) for part in parts}
    top = min((level for lines in texts.values() for level in levels(_joined(lines))), default=depth)
    found: list[Cell] = []
    for part in parts:
        if is_blank and part.kind == "notebook":
            if found[-1:] != [Cell("code", TO_DO)]:
                found.append(Cell("code", TO_DO))
            continue
        found += _part_cells(texts[part], part, chapters[part.chapter], addresses, depth - top)
    return found


def importing(cells: Sequence[Cell]) -> list[Cell]:
    """The cells, the first that draws with an import of a1viz where none comes before."""
    at = next((k for k, cell in enumerate(cells) if cell.kind == "code" and (cell.is_drawn or IMPORT.search(cell.source))), None)
    if at is None or IMPORT.search(cells[at].source):
        return list(cells)
    return [*cells[:at], replace(cells[at], source=f"import a1viz\n\n{cells[at].source}"), *cells[at + 1 :]]


def heading(section: Question) -> str:
    """The heading of a section, by its number one level deeper than the section that it is part of."""
    return f"{'#' * _depth(section.number)} {section.number} {section.title}".rstrip()


def _depth(number: str) -> int:
    return min(number.count(".") + 2, 6)


def _lines(part: MarkedPart, text: str) -> list[Line]:
    lines = text.split("\n")
    return [(k, lines[k]) for k in range(part.first, part.last + 1)]


def _joined(lines: Sequence[Line]) -> str:
    return "\n".join(line for _, line in lines)


def _part_cells(lines: Sequence[Line], part: MarkedPart, page: str, addresses: Mapping[str, str], deeper: int) -> Iterator[Cell]:
    """The cells of one part."""
    documents = {block.title: block.body for block in blocks(page) if block.title and block.language == "toml"}

    def words(some: Sequence[Line]) -> Iterator[Cell]:
        text = plain(_joined(some), part.chapter, addresses, deeper)
        if text.strip():
            yield Cell("markdown", text, part.chapter, some[0][0] + 1)

    at = 0
    for block in [b for b in blocks(_joined(lines)) if b.language in CELLS]:
        yield from words(lines[at : block.first])
        line = lines[block.first][0] + 1
        if block.language == "python":
            code = block.body.lstrip("\n")
            yield Cell("code", code.rstrip("\n"), part.chapter, line + 1 + len(block.body) - len(code))
        else:
            yield from _fence(block.body, documents, part.chapter, line)
        at = block.last + 1
    yield from words(lines[at:])


def _fence(body: str, documents: Mapping[str, str], chapter: str, line: int) -> Iterator[Cell]:
    """A cell that draws what a fence draws, and its caption."""
    try:
        code, caption = fence_code(body, documents)
    except InputError as error:
        raise InputError(f"{place(chapter, line)}{error}") from None
    if code:
        yield Cell("code", code, chapter, line, is_drawn=True)
    if caption:
        yield Cell("markdown", f"*{caption}*" if code else caption, chapter, line)
