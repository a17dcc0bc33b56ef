"""Chapters as the write-up takes them: their code run, their marked parts converted, everything drawn for paper and nothing live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..base.errors import A1vizError, InputError, place
from .chapters import MarkedPart, marked_parts
from .conversion import html_of
from .fence import check_header, line_of
from .page_code import blocks, filled, start
from .page_trees import Element, is_comment, tree_of
from .paper_fences import paper_html

HAND_IN = ("question", "hand-in")


@dataclass(frozen=True)
class PaperChapter:
    """A chapter's parts, each with what is in it; its footnotes; where its headings are."""

    name: str
    parts: tuple[tuple[MarkedPart, tuple[Element | str, ...]], ...]
    footnotes: Mapping[str, Element] = field(default_factory=dict)


def begin(name: str, text: str, kinds: Sequence[str] = HAND_IN, folder: Path | None = None) -> None:
    """Begin to run what the marked parts of a chapter show, in the background. Raises InputError for marks that do not close."""
    parts = _parts(name, text, kinds)
    if parts:
        start(_marked_alone(text, parts), folder and (folder / name).parent)


def paper_chapter(
    name: str, text: str, kinds: Sequence[str] = HAND_IN, snippets: Sequence[Path] = (), folder: Path | None = None
) -> PaperChapter | None:
    """What is marked in a chapter of `folder`, of some kinds; None where nothing is.

    Raises InputError for marks that do not close, and for code, fences and links to files that fail, with the line.
    """
    parts = _parts(name, text, kinds)
    if not parts:
        return None
    done = _filled(name, _marked_alone(text, parts), folder)
    root = tree_of(_converted(name, done, text, snippets))
    found = _cut(root, parts)
    notes = {e.attributes["id"]: e for e in root.walk() if e.tag == "li" and e.attributes.get("id", "").startswith("fn:")}
    return PaperChapter(name, tuple(zip(parts, found, strict=True)), notes)


def _parts(name: str, text: str, kinds: Sequence[str]) -> list[MarkedPart]:
    return [part for part in marked_parts(text, name) if part.kind in kinds]


def _marked_alone(text: str, parts: Sequence[MarkedPart]) -> str:
    """The chapter without the pictures and commands outside of its marked parts; its Python stays, for that is one program."""
    lines = text.split("\n")
    if lines[0] == "---" and "---" in lines[1:]:
        end = lines.index("---", 1)
        lines[: end + 1] = [""] * (end + 1)  # the front matter
    inside = {k for part in parts for k in range(part.first, part.last + 1)}
    uses_python = any(block.language == "python" and block.first in inside for block in blocks(text))
    for block in blocks(text):
        is_kept = block.title or (block.language == "python" and uses_python)
        if block.first not in inside and not is_kept:
            lines[block.first : block.last + 1] = [""] * (block.last + 1 - block.first)
    return "\n".join(lines)


def _filled(name: str, text: str, folder: Path | None) -> str:
    """The chapter with what its code prints."""
    problems: list[str] = []
    done = filled(text, lambda line, said: problems.append(f"{place(name, line)}{said}"), folder and (folder / name).parent)
    if problems:
        raise InputError("\n".join(problems))
    return done


def _converted(name: str, text: str, before: str, snippets: Sequence[Path]) -> str:
    """The HTML; every mark is a block of its own. `before` is the chapter as it was, for the places of what is wrong."""
    problems: list[str] = []

    def fence(source: str, language: str, css_class: str, options: Any, md: Any, **more: Any) -> str:
        try:
            check_header({**(options or {}), **(more.get("attrs") or {})})
            return paper_html(source)
        except A1vizError as error:
            problems.append(f"{place(name, line_of(source, before))}{error}")
        return ""

    try:
        made = html_of(_with_marks_apart(text), fence, snippets)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
    if problems:
        raise InputError("\n".join(problems))
    return made


def _with_marks_apart(text: str) -> str:
    edges = {k for part in marked_parts(text) for k in (part.first - 1, part.last + 1)}
    return "\n".join(f"\n{line}\n" if k in edges else line for k, line in enumerate(text.split("\n")))


def _cut(root: Element, parts: Sequence[MarkedPart]) -> list[tuple[Element | str, ...]]:
    """What stands between the comments that are the marks of these parts, in their order."""
    kinds = {part.kind for part in parts}
    found: list[tuple[Element | str, ...]] = []
    opened: list[Element | str] | None = None
    for child in root.children:
        said = child.attributes["text"].strip() if isinstance(child, Element) and is_comment(child) else ""
        if said.startswith("/") and opened is not None and said[1:].strip() in kinds:
            found.append(tuple(opened))
            opened = None
        elif opened is not None:
            opened.append(child)
        elif said.partition(":")[0].strip() in kinds:
            opened = []
    if len(found) != len(parts):
        part = parts[min(len(found), len(parts) - 1)]
        where = place(part.chapter, part.first)
        raise InputError(f"{where}{part.kind} {part.number} must not begin or end inside another element, nor hold one that does not end")
    return found
