"""Pictures of what differs between two graphs: every mark is a sign, a word and a style of line; nothing that differs is left out."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from conftest import ROOT, environment

import a1viz
from a1viz.base.errors import OutputError
from a1viz.pictures import comparison_diagrams as comparisons
from a1viz.pictures.engine import layout
from a1viz.pictures.sizes import measure
from a1viz.pictures.themes import PAIRS
from a1viz.sorting import network

LEAVES = {"x": ["D"], "W": ["H", "D"]}
ONE = a1viz.parse("z = W @ x; h = relu(z); g = 2 * h; J = norm2(g)", **LEAVES)
OTHER = a1viz.parse("z = W @ x; h = gelu(z); k = h + 1; J = norm2(k)", **LEAVES)


def boxes(a, b) -> dict[str, comparisons.Box]:
    return {box.name: box for box in a1viz.draw(a1viz.diff(a, b)).diagram.boxes}


def test_each_kind_of_difference_has_its_sign_its_word_and_its_line():
    found = boxes(ONE, OTHER)
    assert {name: box.kind for name, box in found.items()} == {
        "x": "input", "W": "input", "z": "variable", "h": "changed", "g": "removed", "k": "added", "J": "changed",
    }  # fmt: skip
    assert [line.text for line in found["h"].lines] == ["− A: h = relu(z)", "+ B: h = gelu(z)"]
    assert [line.words for line in found["h"].lines] == ["in A: h equals ReLU of (z)", "in B: h equals gelu(z)"]
    assert found["g"].lines[-1].text == "− only in A" and found["k"].lines[-1].text == "+ only in B"
    picture = a1viz.draw(a1viz.diff(ONE, OTHER))
    dashes = re.findall(r'stroke-dasharray="([^"]+)"', picture.svg)
    assert {"4 3", "1.5 3"} <= set(dashes)
    assert ("mark-ink", "paper", 3) in PAIRS and ("muted", "paper", 4.5) in PAIRS  # the inks of what is added and removed
    words = next(ET.fromstring(picture.svg).iter("{http://www.w3.org/2000/svg}desc")).text
    assert "in A: h equals ReLU of (z); in B: h equals gelu(z)" in words and "g to J" in words and ", only in A" in words


def test_arrows_of_one_graph_alone_are_marked():
    edges = {(e.tail, e.head): e.kind for e in a1viz.draw(a1viz.diff(ONE, OTHER)).diagram.edges}
    assert edges["z", "h"] == "forward" and edges["h", "g"] == edges["g", "J"] == "removed" and edges["k", "J"] == "added"


def test_a_renamed_variable_is_one_box_and_a_parameter_has_one_where_it_differs():
    found = boxes(ONE, a1viz.parse("q = W @ x; h = relu(q); g = 2 * h; J = norm2(g)", **LEAVES))
    assert "q" not in found and found["z"].kind == "changed"
    text = "title = 'T'\nequations = 'y = v * w * x'\n[inputs]\nx = []\n[parameters]\nv = []\nw = []\n[values]\nw = {}\n"
    found = boxes(*(a1viz.loads(text.format(k)) for k in (1, 2)))
    assert found["w"].kind == "changed" and found["w"].lines[-1].text == "≠ value: 1 → 2" and "v" not in found


def test_a_block_says_what_differs_inside(tmp_path):
    graphs = []
    for folder, function in (("a", "tanh"), ("b", "sigmoid")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "cell.toml").write_text(f"title = 'C'\nequations = 'u = x + 1; h = {function}(u)'\n[inputs]\nx = []\n")
        block = f'L = {{graph = "cell", repeat = {5 + len(graphs)}}}'
        (tmp_path / folder / "g.toml").write_text(f"title = 'T'\nequations = 'y = L(x)'\n[inputs]\nx = []\n[blocks]\n{block}\n")
        graphs.append(a1viz.load(tmp_path / folder / "g.toml"))
    found = boxes(*graphs)
    box = found["L1-L5"]
    assert box.kind == found["y"].kind == "changed" and [line.text for line in found["y"].lines] == [
        "y",
        "≠ equation: tanh(L5.u) → sigmoid(L6.u)",
    ]
    assert [line.text for line in box.lines] == ["− A: L × 5", "+ B: L × 6", "≠ inside: L1.h, L2.h, L3.h and 2 more"]


@pytest.mark.parametrize("name", a1viz.catalogue())
def test_against_another_graph_every_difference_has_a_box_or_is_in_one(name):
    found = a1viz.diff("gated_network", name)
    drawn = a1viz.draw(found).diagram
    names = {box.name for box in drawn.boxes}
    assert len(names) == len(drawn.boxes) and all({e.tail, e.head} <= names for e in drawn.edges)
    for row in found.differences:
        if row.part == "variable" and row.names[0] and "parameter" not in row.a + row.b and row.change != "value":
            assert {row.names[0], f"A: {row.names[0]}"} & names or found.a[row.names[0]].op == "parameter"
    assert a1viz.draw(found).to("dot") and str(a1viz.draw(found))


def test_graphs_with_little_in_common_stand_side_by_side_a_first():
    drawn = a1viz.draw(a1viz.diff("gated_network", "two_layer")).diagram
    assert {(box.cluster, box.name[:2]) for box in drawn.boxes} == {("A", "A:"), ("B", "B:")}
    shared = {box.name: [line.text for line in box.lines] for box in drawn.boxes if box.name.endswith(": y")}
    shape = "≠ shape: (N,) → (D,)"
    assert shared == {"A: y": ["− A: y = W3 @ g + W4 @ x", shape], "B: y": ["+ B: y = W2 @ h", shape]}
    assert all(edge.tail[0] == edge.head[0] for edge in drawn.edges)
    plan = layout(drawn, measure(drawn))
    tops = {cluster.name: rect.y for cluster, rect in zip(drawn.clusters, plan.clusters, strict=True)}
    assert tops["A"] < tops["B"]
    plan = layout(drawn, measure(drawn), "TB")
    lefts = {cluster.name: rect.x for cluster, rect in zip(drawn.clusters, plan.clusters, strict=True)}
    assert lefts["A"] < lefts["B"]


def test_of_a_large_picture_only_what_differs_and_what_it_touches_is_drawn():
    text = "; ".join(["a0 = x", *(f"a{k + 1} = tanh(a{k})" for k in range(1000))])
    one, other = a1viz.parse(text, x=[]), a1viz.parse(text.replace("tanh(a500)", "exp(a500)"), x=[])
    drawn = a1viz.draw(a1viz.diff(one, other)).diagram
    assert [box.name for box in drawn.boxes] == ["a500", "a501", "a502"] and all(box.lines for box in drawn.boxes)
    assert drawn.notes == ("999 boxes that are the same in both are not drawn.",)
    small = "; ".join(text.split("; ")[: comparisons.WHOLE - 1])
    whole = a1viz.draw(a1viz.diff(a1viz.parse(small, x=[]), a1viz.parse(small.replace("tanh(a5)", "exp(a5)"), x=[]))).diagram
    assert len(whole.boxes) == comparisons.WHOLE and not whole.notes
    renamed = a1viz.draw(a1viz.diff(one, a1viz.parse(text.replace("a", "b").replace("tbnh", "tanh"), x=[]))).diagram
    assert len(renamed.boxes) == 81 and all(box.lines for box in renamed.boxes)


# --- wires ------------------------------------------------------------------------------------------------------------------------


def test_networks_are_drawn_on_the_same_wires_with_the_missing_comparator_marked():
    whole = network("merge", 4)
    picture = a1viz.draw(a1viz.diff(whole, whole.without(4)))
    marks = {bar.name: bar.mark for bar in picture.diagram.bars}
    assert marks == {"S1": "", "S2": "", "S3": "", "S4": "", "S5": "only in A"}
    assert "only in A" in picture.svg and 'stroke-dasharray="4 3"' in picture.svg
    assert str(picture).count("A") == 3 and '[style=dashed label="only in A"' in picture.to("dot").decode()


def test_networks_of_other_sizes_share_the_wires_they_have():
    picture = a1viz.draw(a1viz.diff(network("bubble", 3), network("bubble", 4)))
    assert picture.diagram.n == 4 and {bar.mark for bar in picture.diagram.bars} >= {"", "only in B"}
    assert a1viz.draw(a1viz.diff(network("bubble", 1), network("bubble", 0))).to("svg")


# --- what a picture of a difference has not ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", [{"backward": True}, {"values": True}, {"view": "wires"}, {"k": 1}, {"expand": "all"}])
def test_what_it_has_no_use_for_is_refused(option):
    with pytest.raises(OutputError, match=f"a picture of what differs has no {next(iter(option))}"):
        a1viz.draw(a1viz.diff(ONE, OTHER), **option)


@pytest.mark.process
def test_the_picture_is_the_same_in_every_process():
    code = "import a1viz; print(a1viz.draw(a1viz.diff('gru', 'lstm')).to('text').decode()); print(a1viz.diff('gru', 'lstm'))"
    made = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment(PYTHONHASHSEED=seed), cwd=ROOT, check=True).stdout
        for seed in "123"
    }
    assert len(made) == 1
