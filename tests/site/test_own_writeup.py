"""The write-up that the site offers: every question in the order of the assignment, what a marker looks for, pages without gaps."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pypdf
import pytest
from conftest import NO_POPPLER, ROOT, environment

from a1viz.site.chapters import chapter_texts, marked_parts, sections
from a1viz.site.page_code import blocks

CHAPTERS = chapter_texts(ROOT / "docs")
PARTS = [part for name, text in CHAPTERS.items() for part in marked_parts(text, name) if part.kind in ("question", "hand-in")]
DPI = 50
MARGIN = 20 / 25.4 * DPI  # pixels of such a picture at either side
CODE = 90  # signs that a line of code has room for


@pytest.fixture(scope="module")
def reader(site) -> pypdf.PdfReader:
    return pypdf.PdfReader(site / "a1-writeup.pdf")


@pytest.fixture(scope="module")
def text(reader) -> str:
    return " ".join("\n".join(page.extract_text() for page in reader.pages).split())


@pytest.fixture(scope="module")
def pages(site, tmp_path_factory) -> list[np.ndarray]:
    """Every page in shades of grey, 0 is black."""
    if shutil.which("pdftoppm") is None:
        pytest.skip(NO_POPPLER)
    stem = tmp_path_factory.mktemp("pages") / "page"
    command = ["pdftoppm", "-gray", "-r", str(DPI), str(site / "a1-writeup.pdf"), str(stem)]
    subprocess.run(command, check=True, capture_output=True, env=environment())
    return [grey(path) for path in sorted(stem.parent.glob("*.pgm"))]


def grey(path: Path) -> np.ndarray:
    kind, size, _, body = path.read_bytes().split(b"\n", 3)
    width, height = map(int, size.split())
    assert kind == b"P5" and len(body) == width * height
    return np.frombuffer(body, np.uint8).reshape(height, width)


def test_every_question_is_a_bookmark_in_the_order_of_the_assignment(reader):
    found = [str(item.title) for item in flat(reader.outline)]
    numbers = [title.split("  ")[0] for title in found if re.match(r"\d+(\.\d+)*  ", title)]
    assert numbers == [section.number for section in sections(PARTS)]
    assert "Appendix: questions worth no marks" in found


def flat(outline: list) -> list:
    return [one for item in outline for one in (flat(item) if isinstance(item, list) else [item])]


MARKED = [
    "equals 572",
    "equals 195",
    "def fit_poly(",
    "1.2.1",
    "3.4",
    *"NKD^2 2NKD^2-ND^2 2NKD+NK O(NKD+KD^2) O(NKD^2) O(NKD) O(NK)".split(),
]


@pytest.mark.parametrize("words", MARKED)
def test_what_a_marker_looks_for_is_in_the_text(words, text):
    assert words.replace(" ", "") in text.replace(" ", "")


def test_nothing_of_the_site_is_handed_in(text):
    for words in ("$ a1viz", "Download as CSV", "Type an answer", "scroll sideways", "a1viz could not"):
        assert words not in text


def test_nothing_stands_in_the_margins(pages):
    for number, page in enumerate(pages, 1):
        sides = np.concatenate([page[:, : int(MARGIN) - 1].ravel(), page[:, -int(MARGIN) + 1 :].ravel()])
        assert sides.min() > 200, f"page {number}"


def test_no_page_is_black_or_half_empty(pages):
    for number, page in enumerate(pages, 1):
        assert (page < 64).mean() < 0.15, f"page {number} is black"
        body = page[: int(page.shape[0] * 0.93)]  # without the line at its foot
        lowest = np.flatnonzero((body < 200).any(axis=1)).max() / page.shape[0]
        assert lowest > 0.55 or number == len(pages), f"page {number} ends at {lowest:.0%}"


def test_lines_of_code_have_room():
    for part in PARTS:
        for block in blocks(CHAPTERS[part.chapter]):
            if part.first <= block.first <= part.last and block.language == "python":
                long = [line for line in block.body.split("\n") if len(line) > CODE]
                assert not long, f"{part.chapter}, line {block.first + 1}: {long[0]}"


def test_both_files_lie_beside_the_pages(site):
    assert (site / "a1-writeup.pdf").read_bytes()[:5] == b"%PDF-" and (site / "a1-code.ipynb").read_bytes()[:1] == b"{"
