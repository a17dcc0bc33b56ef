"""A picture as PDF is the picture: its size, its words, every sign of it; and what a format cannot show it says."""

from __future__ import annotations

import io
import math
import re
import subprocess
import sys
from itertools import product

import numpy as np
import pytest
from conftest import environment
from pypdf import PdfReader
from rasters import apart, pixels, raster

import a1viz
from a1viz.base.errors import A1vizError, OutputError
from a1viz.base.limits import MOST_PIXELS, MOST_POINTS
from a1viz.graph.catalog import catalogue
from a1viz.graph.nodes import Graph
from a1viz.pictures.pdf_output import pdf
from a1viz.pictures.picture import FORMATS, KINDS, Picture
from a1viz.pictures.png_output import png
from a1viz.pictures.svg_facts import said_in, size_of

FAR = 0.15  # a line between two pixels is smooth in two ways; a small letter that is missing makes a difference of about 0.2
PIXELS = 4000  # of a picture's longer side, where it is compared
LOOKS = (
    {},
    {"backward": True},
    {"backward": True, "values": True, "expand": "all"},
    {"view": "neurons"},
    {"view": "wires", "values": True},
    {"parameters": True, "theme": "dark", "direction": "down"},
)


def reader(data: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(data))


def is_right(picture: Picture, far: float = FAR) -> None:
    """Whether the PDF of a picture is one page of its size with its words, and looks as its PNG does."""
    data, drawn = picture.to("pdf"), picture.plain
    read, (title, words) = reader(data), said_in(drawn)
    (page,) = read.pages
    points = min(0.75 * picture.scale, MOST_POINTS / max(size_of(drawn)))
    size = [points * side for side in size_of(drawn)]
    assert [float(side) for side in page.mediabox[2:]] == pytest.approx(size, abs=0.01)
    assert read.metadata.title == " ".join(title.split()) and title
    assert read.metadata.subject == words
    assert not re.search(r"var\(--a1viz-(?!least)", drawn) and not page.images and "/Font" not in page["/Resources"]
    dots = min(2.0, PIXELS / max(size_of(drawn)))  # to a unit of the picture
    assert apart(raster(data, 72 / points * dots), pixels(png(drawn, dots / 2))) < far


@pytest.mark.parametrize(
    ("name", "look"),
    [
        ("gated_network", {"backward": True}),
        ("lstm_cell", {"backward": True, "values": True}),
        ("counting", {"view": "neurons", "theme": "dark"}),
        ("merge_sort", {"view": "wires", "values": True, "k": 3, "scale": 1.5}),
        ("two_layer", {"backward": True, "theme": "print", "scale": 2.0, "direction": "down"}),
        ("mlp", {"view": "neurons"}),
    ],
)
def test_a_pdf_looks_as_the_png_does_and_has_the_words_of_the_picture(name, look):
    is_right(a1viz.draw(name, **look))


@pytest.mark.prove
@pytest.mark.parametrize("name", catalogue())
def test_every_graph_in_every_view_is_right_as_pdf(name):
    drawn = 0
    for look in LOOKS:
        try:
            picture = a1viz.draw(name, **look)
        except A1vizError:  # no neurons, no wires, no cotangents
            continue
        is_right(picture)
        drawn += 1
    assert drawn >= 3


@pytest.mark.prove
def test_three_hundred_boxes_are_right_as_pdf_and_as_high_as_a_page_can_be():
    picture = a1viz.draw(chain(300))
    assert 0.75 * size_of(picture.svg)[1] > MOST_POINTS
    is_right(picture, far=2 * FAR)


def test_what_is_larger_than_a_page_can_be_is_drawn_as_large_as_that():
    drawn = a1viz.draw("sort2", theme="light").svg
    width, height = size_of(drawn)
    (page,) = reader(pdf(drawn, 1000)).pages
    assert [float(side) for side in page.mediabox[2:]] == pytest.approx([MOST_POINTS, MOST_POINTS * height / width])


def chain(length: int) -> Graph:
    """So many boxes, one after another."""
    weights = {f"W{k}": ["D", "D"] for k in range(length)}
    return a1viz.parse("; ".join(f"h{k + 1} = tanh(W{k} @ h{k})" for k in range(length)), h0=["D"], **weights)


def test_a_picture_that_is_missing_one_sign_is_found():
    drawn = a1viz.draw("gated_network", theme="light").svg
    first = re.search("<use [^>]*/>", drawn)
    data = pdf(drawn[: first.start()] + drawn[first.end() :])
    assert apart(raster(data, 192), pixels(png(drawn))) > FAR


def test_the_pdf_is_tagged_and_says_the_words_instead_of_the_picture():
    data = a1viz.draw("two_layer").to("pdf")
    (document,) = reader(data).root_object["/StructTreeRoot"]["/K"]
    figures = [kid.get_object() for kid in document.get_object()["/K"]]
    while "/Alt" not in figures[0]:
        figures = [kid.get_object() for kid in figures[0]["/K"]]
    assert figures[0]["/S"] == "/Figure" and "z (variable)" in figures[0]["/Alt"]


HOSTILE = [
    "",
    " ",
    "\\",
    '"',
    "#panic()",
    "\x00",
    "\x1b[31m",
    "\u202etxet",
    "\ufffe",
    "</title>",
    "<b>",
    "&amp;",
    "日本語",
    "{{" * 99,
    "x" * 10_000,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_can_be_the_title_of_a_pdf(text):
    graph = a1viz.load("two_layer")
    from dataclasses import replace

    picture = a1viz.draw(replace(graph, document=replace(graph.document, title=text)))
    read = reader(picture.to("pdf"))
    assert read.metadata.title and read.xmp_metadata.dc_title


@pytest.mark.process
def test_a_pdf_has_the_same_bytes_in_every_process(tmp_path):
    command = [sys.executable, "-m", "a1viz", "render", "two_layer", "--backward", "--format", "pdf", "-o", "-"]
    runs = [
        subprocess.run(command, capture_output=True, check=True, cwd=tmp_path, env=environment(PYTHONHASHSEED=seed, TZ=zone)).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    ]
    assert runs[0] == runs[1] == a1viz.draw("two_layer", backward=True).to("pdf")


def test_without_typst_a_pdf_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(OutputError, match=r'pip install "a1viz\[pdf\]"'):
        a1viz.draw("two_layer").to("pdf")


# --- PNG at any scale -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("look", "scale"), [*product(({}, {"view": "wires"}), (0.1, 1, 2.5))])
def test_a_png_is_as_large_as_its_scale_says(look, scale):
    picture = a1viz.draw("merge_sort", scale=scale, **look)
    data = picture.to("png")
    size = int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    assert size == tuple(max(round(2 * scale * side), 1) for side in size_of(picture.svg))


def test_a_png_that_is_too_large_says_which_scale_would_do():
    drawn = a1viz.draw("gated_network", theme="light").svg
    with pytest.raises(OutputError, match="too large") as caught:
        png(drawn, 30)
    scale = float(re.search("a scale up to ([0-9.]+)", str(caught.value))[1])
    width, height = size_of(drawn)
    assert MOST_PIXELS * 0.99 < math.prod(2 * scale * side for side in (width, height)) <= MOST_PIXELS


@pytest.mark.prove
def test_a_png_at_the_limit_is_drawn():
    drawn = a1viz.draw("gated_network", theme="light").svg
    scale = math.sqrt(MOST_PIXELS / math.prod(size_of(drawn))) / 2 * 0.999
    assert np.prod([int.from_bytes(png(drawn, scale)[16:20])]) > 1000


# --- which format is for what -----------------------------------------------------------------------------------------------------


def picture_of(kind: str) -> Picture:
    made = {
        "graph": lambda: a1viz.draw("two_layer"),
        "plan": lambda: a1viz.draw(a1viz.compile("two_layer").plan()),
        "comparison": lambda: a1viz.draw(a1viz.diff("two_layer", "mlp")),
        "neurons": lambda: a1viz.draw("two_layer", view="neurons"),
        "wires": lambda: a1viz.draw("merge_sort", view="wires"),
    }
    return made[kind]()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "plot"])
def test_every_format_shows_what_it_is_for_and_refuses_the_rest_with_what_would_do(kind):
    picture = picture_of(kind)
    assert picture.kind == kind
    is_right(picture)
    able = [row.name for row in FORMATS.values() if kind in row.kinds]
    for name, row in FORMATS.items():
        if kind in row.kinds:
            assert picture.to(name)
        else:
            with pytest.raises(OutputError) as caught:
                picture.to(name)
            assert str(caught.value).startswith(f"{name} is for ") and f"not for {KINDS[kind]}" in str(caught.value)
            assert all(other in str(caught.value) for other in able)


def test_what_has_no_live_page_is_not_drawn_live():
    with pytest.raises(OutputError, match="html is for graphs as boxes of equations, not for neurons; these can be svg, png, pdf"):
        a1viz.draw("two_layer", view="neurons", live=True)
