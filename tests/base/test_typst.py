"""Typst makes PDF: the same bytes in every run, our words when it refuses."""

from __future__ import annotations

import subprocess
import sys

import pytest
import resvg_py
from conftest import environment

from a1viz.base.errors import OutputError
from a1viz.base.typst_compiler import compiled

TITLE = '#set document(title: "A page")\n'
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'
PNG = bytes(resvg_py.svg_to_bytes(svg_string=SVG.decode()))  # no text
PAGE = TITLE + '= One\n#image("a/x.svg", alt: "a triangle")\n#image("b.png", alt: "a point")\nText with words.'
FILES = {"a/x.svg": SVG, "b.png": PNG}


def test_the_bytes_are_the_same_each_time():
    assert compiled(PAGE, FILES) == compiled(PAGE, FILES)


@pytest.mark.process
def test_the_bytes_are_the_same_in_every_process_and_at_every_time(tmp_path):
    program = f"import sys, a1viz.base.typst_compiler as t; sys.stdout.buffer.write(t.compiled({PAGE!r}, {FILES!r}))"
    env = environment() | {"TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "7", "SOURCE_DATE_EPOCH": "99999999"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, env=env, cwd=tmp_path)
    assert done.stdout == compiled(PAGE, FILES)


def test_the_page_is_tagged_and_has_its_title_and_no_date():
    import io

    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(compiled(PAGE, FILES)))
    assert reader.metadata.title == "A page"
    assert "/StructTreeRoot" in reader.root_object
    assert "pdfuaid" in reader.xmp_metadata.stream.get_data().decode()
    assert "words" in reader.pages[0].extract_text()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (TITLE + "= One\n#foo(", "Typst cannot set this document: main.typ:3:4: unclosed delimiter"),
        (TITLE + '#image("none.svg", alt: "x")', "main.typ:2:7: file not found"),
        (TITLE + '#image("/etc/hostname.svg", alt: "x")', "main.typ:2:7: file not found"),  # its root is the folder of the files
        (TITLE + '#image("a/x.svg")', "make sure your images and equations have alt text"),
        ("No title.", "set the title with"),
    ],
)
def test_what_typst_refuses_is_said_on_one_line(source, words):
    with pytest.raises(OutputError) as caught:
        compiled(source, FILES)
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_an_image_that_is_none_is_refused():
    with pytest.raises(OutputError, match="Typst cannot set this document"):
        compiled(TITLE + '#image("b.svg", alt: "x")', {"b.svg": b"\xff\xfe"})


def test_without_typst_the_message_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(OutputError, match=r'pip install "a1viz\[pdf\]"'):
        compiled(PAGE, FILES)
