"""A repeated block is one box, "× 12", until it is opened: by its name to boxes for its copies, by a copy's to a frame."""

from __future__ import annotations

import pytest

import a1viz
from a1viz.base.errors import GraphError

LAYER = (
    "title = 'A layer'\nequations = '''\nz = W @ x\ny = x + relu(z)\n'''\n[sizes]\nn = 3\n"
    "[inputs]\nx = ['n']\n[parameters]\nW = ['n', 'n']\n"
)
STACK = """
title = "Many layers"
equations = '''
h = L(x)
y = L(2 * h)
J = norm2(y)
'''
[sizes]
D = 3
[inputs]
x = ["D"]
[blocks]
L = {graph = "layer", repeat = 12, weights = "own"}
"""
OUTER = (
    "title = 'Outer'\nequations = 'u = M(v)'\n[sizes]\nE = 3\n[inputs]\nv = ['E']\n"
    "[blocks]\nM = {graph = 'inner', repeat = 2, weights = 'own'}\n"
)
COPIES = [f"L{k}" for k in range(1, 13)]
INNER = ["L13-L24"]
ROWS = [  # what is opened, the boxes of blocks, the frames
    ((), ["L1-L12", *INNER], []),
    (("L",), [*COPIES, *(f"L{k}" for k in range(13, 25))], []),
    (("L3",), [*(name for name in COPIES if name != "L3"), *INNER], ["L3"]),
    (("L1", "L12"), [*COPIES[1:-1], *INNER], ["L1", "L12"]),
    (("all",), [], [f"L{k}" for k in range(1, 25)]),
]


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize(("expand", "boxes", "frames"), ROWS)
def test_copies_are_drawn_once_until_they_are_opened(shelf, expand, boxes, frames, backward):
    diagram = a1viz.draw(shelf(layer=LAYER, stack=STACK), expand=expand, backward=backward).diagram
    assert [box.name for box in diagram.boxes if box.kind == "block"] == boxes
    assert [cluster.name for cluster in diagram.clusters] == frames
    names = {box.name for box in diagram.boxes}
    assert diagram.edges and all(edge.tail in names and edge.head in names and edge.tail != edge.head for edge in diagram.edges)


def test_a_box_of_copies_says_how_many_there_are_in_signs_and_in_words(shelf):
    diagram = a1viz.draw(shelf(layer=LAYER, stack=STACK), backward=True).diagram
    box = next(box for box in diagram.boxes if box.name == "L1-L12")
    (line,) = box.lines
    assert (line.text, line.latex) == ("L × 12", r"\mathrm{L} \times 12")
    assert line.words == box.tip == "block L, A layer, repeated 12 times: L1 to L12"
    given = next(box for box in diagram.boxes if box.name == "x")
    assert given.lines[1].text == "x_bar from L × 12" and given.lines[1].latex.endswith(r"\text{from}\ \mathrm{L} \times 12")
    arrows = [("x", "L1-L12", "x: D"), ("L1-L12", "L13-L24", "h: D"), ("L13-L24", "J", "y: D")]
    assert [(e.tail, e.head, e.text) for e in diagram.edges] == arrows


@pytest.mark.parametrize(
    ("expand", "boxes", "frames"),
    [
        ((), {"M1-M2"}, []),
        (("M",), {"M1", "M2"}, []),
        (("M1",), {"M1.L1-L12", "M1.L13-L24", "M2"}, ["M1"]),
        (("M2.L",), {"M1-M2"}, []),
        (("M2", "M2.L"), {"M1", *(f"M2.L{k}" for k in range(1, 25))}, ["M2"]),
        (("M2.L5",), {"M1", "M2.L13-L24", *(f"M2.L{k}" for k in range(1, 13) if k != 5)}, ["M2", "M2.L5"]),
    ],
)
def test_copies_in_copies_are_opened_one_inside_the_other(shelf, expand, boxes, frames):
    inner = STACK.replace("J = norm2(y)\n", "")
    diagram = a1viz.draw(shelf(layer=LAYER, inner=inner, outer=OUTER), expand=expand).diagram
    assert {box.name for box in diagram.boxes if box.kind == "block"} == boxes
    assert [cluster.name for cluster in diagram.clusters] == frames


def test_parameters_of_closed_copies_are_not_drawn(shelf):
    graph = shelf(layer=LAYER, stack=STACK)
    assert {box.name for box in a1viz.draw(graph, parameters=True).diagram.boxes if box.kind == "parameter"} == set()
    opened = a1viz.draw(graph, parameters=True, expand="L2").diagram
    assert {box.name for box in opened.boxes if box.kind == "parameter"} == {"L2.W"}


def test_one_copy_is_a_block_as_others_are(shelf):
    diagram = a1viz.draw(shelf(layer=LAYER, stack=STACK.replace("12", "1"))).diagram
    assert [box.name for box in diagram.boxes] == ["x", "L1", "L2", "J"]


def test_a_block_to_open_that_is_not_there_is_refused_with_those_that_are(shelf):
    with pytest.raises(GraphError, match=r"has no block 'K'; its blocks are L, L1, L2, L3, L4, L5, L6, L7, L8, L9, L10, \.\.\."):
        a1viz.draw(shelf(layer=LAYER, stack=STACK), expand="K")


@pytest.mark.parametrize("format", ["svg", "dot", "text"])
def test_hundreds_of_copies_are_a_small_picture(shelf, format, tmp_path):
    picture = a1viz.draw(shelf(layer=LAYER, stack=STACK.replace("12", "400")), backward=True)
    assert len(picture.diagram.boxes) == 4
    picture.save(tmp_path / f"x.{'txt' if format == 'text' else format}")
    assert "400" in next(tmp_path.glob("x.*")).read_text(encoding="utf-8")
