"""What is handed in: our own chapters mark every question of the assignment and nothing of the site; a course of one's own works too."""

from __future__ import annotations

import json
import re

import pytest
from conftest import ROOT

from a1viz.site.chapters import KINDS, MarkedPart, chapter_texts, marked_parts, sections
from a1viz.site.notebook import notebook_bytes
from a1viz.site.options import read
from a1viz.site.page_code import blocks

COURSE = ROOT / "tests" / "data" / "course"
REQUIRED = ("1.2.1", "1.2.2", "1.3.1", "1.3.2", "1.3.4", "2.1.2", "2.2.1", "2.2.2", "2.2.3", "3.1", "3.2")
APPENDIX = ("1.1", "1.3.3", "1.3.5", "2.1.1", "2.3", "3.3", "3.4")
CHAPTERS = chapter_texts(ROOT / "docs")
OWN = chapter_texts(COURSE)
CODE = 76  # signs in a line of code, on a page of A4


def parts_of(chapters: dict[str, str]) -> list[MarkedPart]:
    return [part for name, text in chapters.items() for part in marked_parts(text, name)]


PARTS = parts_of(CHAPTERS)
SECTIONS = sections(PARTS)
HANDED_IN = [part for part in PARTS if part.kind in ("question", "hand-in")]


def body(part: MarkedPart, chapters: dict[str, str] = CHAPTERS) -> str:
    return "\n".join(chapters[part.chapter].split("\n")[part.first : part.last + 1])


def where(part: MarkedPart) -> str:
    return f"{part.kind} {part.number}, {part.chapter} from line {part.first + 1}"


# --- our own chapters ---------------------------------------------------------------------------------------------------------


def test_the_numbers_are_those_of_the_assignment_in_its_order_and_those_worth_no_marks_come_last():
    assert [s.number for s in SECTIONS if not s.is_appendix] == [*REQUIRED]
    assert [s.number for s in SECTIONS if s.is_appendix] == [*APPENDIX]


@pytest.mark.parametrize("section", SECTIONS, ids=lambda s: s.number)
def test_every_question_has_a_title_a_statement_and_an_answer(section):
    assert section.title and len(section.title) < 50
    assert all(len(body(part).strip()) > 40 for part in (*section.question, *section.answer))
    assert section.question and section.answer


@pytest.mark.parametrize("part", HANDED_IN, ids=where)
def test_nothing_that_is_handed_in_is_the_sites_own(part):
    text = body(part)
    prose = text.split("\n")
    for block in blocks(text):
        assert block.language in ("a1viz", "python"), f"a {block.language} block"
        assert max(map(len, block.body.split("\n"))) <= CODE or block.language != "python", "a line of code is broken on paper"
        if block.language == "a1viz":
            settings = read(block.body)
            assert "exercise" not in settings and settings.get("view") != "table"
            prose.append(str(settings.get("caption", "")))
        prose[block.first : block.last + 1] = [""] * (block.last + 1 - block.first)
    said = "\n".join(prose)
    assert "a1viz" not in said
    found = re.findall(r"(?i)\b(?:in the page|this page|click|drag|slider|play\b|press|browser|menu|command line|below the picture)", said)
    assert not found


@pytest.mark.parametrize("part", HANDED_IN, ids=where)
def test_what_is_handed_in_points_only_to_what_is_handed_in(part):
    numbers = {section.number for section in SECTIONS}
    told = re.findall(r"questions? (\d(?:\.\d)*)", body(part))
    assert set(told) <= numbers
    if part.number in REQUIRED:
        assert set(told) <= set(REQUIRED)  # a marker need not read the appendix
    assert not re.search(r"\]\([^)]*\.md", body(part))


def test_no_sentence_is_handed_in_twice():
    for section in SECTIONS:
        text = "\n".join(body(part) for part in (*section.question, *section.answer))
        for block in reversed(blocks(text)):
            lines = text.split("\n")
            lines[block.first : block.last + 1] = []
            text = "\n".join(lines)
        sentences = [s.strip() for s in re.split(r"(?<=[.:?])\s+", text) if len(s.strip()) > 60]
        assert len(sentences) == len(set(sentences)), section.number


def test_marks_stand_apart_from_the_text_so_that_the_page_reads_as_without_them():
    for part in HANDED_IN:
        lines = CHAPTERS[part.chapter].split("\n")
        around = [lines[k] for k in (part.first - 2, part.first, part.last, part.last + 2) if k < len(lines)]
        assert not any(line.strip() for line in around), where(part)


# --- a course of one's own ------------------------------------------------------------------------------------------------------


def test_the_example_course_uses_every_kind_of_mark():
    assert {part.kind for part in parts_of(OWN)} == set(KINDS)
    assert [s.number for s in sections(parts_of(OWN))] == ["1.1", "2.1", "1.2"]


@pytest.mark.process
def test_a_course_of_ones_own_makes_a_notebook_that_runs():
    made = json.loads(notebook_bytes(OWN))
    text = json.dumps(made)
    assert "def heron" in text and "True" in json.dumps([cell.get("outputs") for cell in made["cells"]])


def test_the_blank_notebook_of_a_course_asks_and_does_not_answer():
    text = notebook_bytes(OWN, blank=True).decode()
    assert "Write `heron(a)`" in text and "numbers = [2, 9, 1e6]" in text
    assert "def heron" not in text and "changes nothing any more" not in text
