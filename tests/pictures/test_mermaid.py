"""Pictures as flowcharts: Mermaid's own grammar takes every one, and draws every text as it is."""

from __future__ import annotations

import re
import shutil
import subprocess
import tarfile

import pytest
from conftest import NO_MERMAID, environment
from test_formats import HOSTILE

import a1viz
from a1viz.base.errors import OutputError
from a1viz.base.limits import MERMAID_ARROWS, MERMAID_CHARACTERS
from a1viz.graph.catalog import catalogue
from a1viz.pictures.diagrams import Box, Cluster, Diagram, Edge, Line
from a1viz.pictures.drawing import draw
from a1viz.pictures.escaping import escape_mermaid
from a1viz.pictures.mermaid_output import label, mermaid, node_names
from a1viz.pictures.text_output import printable
from a1viz.sorting import network

MERMAID = "mermaid@12.3.0"  # only here: nothing of it is in the package
WORDS = (
    "end End graph subgraph default style classes click call href TD LR o x v xo bend end_x flowchart linkStyle direction n0 frame0".split()
)
RENDER = """async text => {
  const drawn = await mermaid.render('drawn', text);
  const holder = document.getElementById('holder');
  holder.innerHTML = drawn.svg;
  const texts = query => [...holder.querySelectorAll(query)].map(found => found.textContent);
  const arrows = holder.querySelectorAll('path.flowchart-link').length;
  return {nodes: texts('.node .nodeLabel'), arrows, frames: texts('.cluster .nodeLabel')};
}"""


@pytest.fixture(scope="module")
def reader(browser, tmp_path_factory):
    """A page with Mermaid in it, and what it has asked for."""
    folder = tmp_path_factory.mktemp("mermaid")
    npm = shutil.which("npm")
    fetch = [npm or "", "pack", "--silent", "--prefer-offline", "--fetch-retries=0", "--fetch-timeout=20000", MERMAID]
    if npm is None or subprocess.run(fetch, cwd=folder, env=environment(), capture_output=True, timeout=120, check=False).returncode:
        pytest.skip(NO_MERMAID)
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        script = archive.extractfile("package/dist/mermaid.min.js").read().decode()
    page = browser.new_page()
    page.set_content("<div id='holder'></div>")
    page.add_script_tag(content=script)
    page.evaluate("mermaid.initialize({startOnLoad: false})")
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("dialog", lambda dialog: (page.asked.append("a dialog"), dialog.dismiss()))
    yield page
    page.close()


def texts() -> dict[str, str]:
    """One of each kind of picture, and graphs whose names mean something to Mermaid."""
    drawn = {
        "graph": draw("gated_network", backward=True, values=True, parameters=True),
        "gradients": draw(a1viz.backward(a1viz.load("two_layer")), direction="down"),
        "blocks": draw("merge_sort", expand="all", theme="dark"),
        "closed blocks": draw("transformer_block", backward=True),
        "plan": draw(a1viz.compile(a1viz.load("mlp"), ("W1",)).plan()),
        "what differs": draw(a1viz.diff("gated_network", "two_layer")),
        "nothing differs": draw(a1viz.diff("two_layer", "two_layer"), theme="print"),
    }
    for word in WORDS:
        drawn[word] = draw(a1viz.parse(f"y_1 = {word} + 1; {word}_2 = y_1 * {word}; z = {word}_2 * 2", {word: [3]}))
    return {name: picture.to("mermaid").decode() for name, picture in drawn.items()}


@pytest.mark.process
def test_mermaid_reads_every_kind_of_picture(reader):
    wrong = reader.evaluate(PARSE, texts())
    assert wrong == {}


PARSE = """async texts => {
  const wrong = {};
  for (const [name, text] of Object.entries(texts)) {
    try { if ((await mermaid.parse(text)).diagramType !== 'flowchart-v2') wrong[name] = 'no flowchart'; }
    catch (error) { wrong[name] = error.message; }
  }
  return wrong;
}"""


@pytest.mark.process
def test_mermaid_draws_what_the_picture_has(reader):
    picture = draw("merge_sort", expand="all")
    found = reader.evaluate(RENDER, picture.to("mermaid").decode())
    assert len(found["nodes"]) == len(picture.diagram.boxes) and found["arrows"] == len(picture.diagram.edges)
    assert sorted(found["nodes"]) == sorted("".join(line.text for line in box.lines) for box in picture.diagram.boxes)
    assert sorted(found["frames"]) == sorted(cluster.words for cluster in picture.diagram.clusters)


@pytest.mark.process
def test_mermaid_draws_any_text_as_it_is(reader):
    others = ("1. z", "- z", "a *b* _c_ **d**", "[a](b)", "end", "#quot;", "#35;", "%%{init: {}}%%", "$$x$$", "fa:fa-car")
    texts = [text for text in (*HOSTILE, *others) if len(text) < 1000]
    boxes = tuple(Box(f"{text} {k}", (Line(text, text, text),), "variable", "outer" * (k % 2)) for k, text in enumerate(texts))
    edges = tuple(Edge(box.name, boxes[0].name, text=box.name) for box in boxes[1:])
    found = reader.evaluate(RENDER, mermaid(Diagram("\n", "end\n", '"', boxes, edges, (Cluster("outer", "", "end"),))))
    drawn = [text.replace("\u200b", "").strip() for text in found["nodes"]]
    assert sorted(drawn) == sorted(printable(" ".join(text.split())) for text in texts)
    assert found["arrows"] == len(edges) and found["frames"] == ["end"]
    assert reader.asked == []


@pytest.mark.prove
@pytest.mark.process
@pytest.mark.parametrize("name", catalogue())
def test_mermaid_reads_every_graph_of_the_catalogue(reader, name):
    graph = a1viz.load(name)
    everything = {"backward": True, "values": True, "parameters": True, "expand": "all"}
    drawn = [draw(graph), draw(graph, **everything), draw(graph, backward=True, direction="down"), draw(a1viz.backward(graph))]
    drawn.append(draw(a1viz.compile(graph).plan()))
    assert reader.evaluate(PARSE, {str(k): picture.to("mermaid").decode() for k, picture in enumerate(drawn)}) == {}


# Without Mermaid


@pytest.mark.parametrize(
    ("picture", "what"),
    [
        (lambda: draw("mlp", view="neurons"), "neurons"),
        (lambda: draw("merge_sort", view="wires"), "wires"),
        (lambda: draw(network("bubble", 4)), "wires"),
        (lambda: draw(a1viz.diff("bubble_sort", "merge_sort")), "wires"),
    ],
)
def test_neurons_and_wires_are_refused_with_what_would_do(picture, what):
    with pytest.raises(OutputError, match=f"mermaid is for .*, not for {what}; these can be svg, .*tikz"):
        picture().to("mermaid")


def test_names_are_kept_where_they_mean_nothing():
    assert set(node_names(draw("gated_network").diagram).values()) == {"x", "t", "z1", "z2", "h1", "h2", "g", "y", "y_prime", "S", "J"}
    assert set(node_names(draw(a1viz.parse("y = end_1 + 1", end_1=[])).diagram).values()) == {"n0", "n1"}


def chain(arrows: int, words: int = 1) -> Diagram:
    boxes = tuple(Box(f"x{k}", (Line("x", "x" * words, "x"),)) for k in range(40))
    edges = tuple(Edge(f"x{k % 39}", f"x{k % 39 + 1}") for k in range(arrows))
    return Diagram("d", "d", "", boxes, edges)


def test_more_than_mermaid_draws_is_shortened():
    assert mermaid(chain(MERMAID_ARROWS)).count("-->") == MERMAID_ARROWS
    assert mermaid(chain(MERMAID_ARROWS + 1)).count("-->") < 40
    short = len(mermaid(chain(39)))
    fits = 1 + (MERMAID_CHARACTERS - short) // 40  # letters in each of 40 boxes
    assert mermaid(chain(39, fits)).count("-->") == 39 and len(mermaid(chain(39, fits))) > MERMAID_CHARACTERS - 40
    assert mermaid(chain(39, fits + 1)).count("-->") < 39


def test_backward_arrows_are_dashed_and_colours_are_ours():
    drawn = mermaid(Diagram("d", "d", "", (Box("a", ()), Box("b", (), "gradient")), (Edge("a", "b"), Edge("b", "a", kind="backward"))))
    assert "    a --> b\n    b -.-> a\n" in drawn
    assert "linkStyle 0 stroke:#0072B2" in drawn and "linkStyle 1 stroke:#D55E00" in drawn and "stroke:#D55E00" in drawn


def test_a_label_is_a_line_of_text():
    assert label("") == " " and label("a\nb\x1b") == "a b#92;x1b"
    assert re.fullmatch(r"(#\d+;)+", escape_mermaid('"`#;&<>*\\$%{}|~^!?'))


def test_the_flowchart_of_a_small_graph(golden):
    golden("two_layer.mmd", draw("two_layer", backward=True).to("mermaid").decode())
