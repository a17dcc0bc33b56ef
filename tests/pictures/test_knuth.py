"""Pictures of comparator networks: the fewest columns, the right numbers on the wires, and nothing told by colour alone."""

from __future__ import annotations

import itertools
import re
import subprocess
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from conftest import environment, examples
from hypothesis import given
from hypothesis import strategies as st

import a1viz
from a1viz.base.errors import GraphError, InputError, OutputError
from a1viz.pictures.engine import find_engine
from a1viz.pictures.themes import PAIRS, colour, contrast
from a1viz.pictures.wire_diagrams import columns_of
from a1viz.pictures.wire_layout import LOOKS
from a1viz.site import fence
from a1viz.sorting import FAMILIES, Network, network

SVG = "{http://www.w3.org/2000/svg}"


def draw_network(network, values=None, theme="auto", k=None):
    return a1viz.draw(network, values=False if values is None else list(values), theme=theme, k=k)


def overlap(layer) -> int:
    """The most comparators of a layer over any one place."""
    return max((sum(i <= wire <= j for i, j in layer) for wire in range(64)), default=0)


@examples(200)
@given(st.permutations(range(12)), st.integers(0, 6))
def test_a_layer_takes_as_many_columns_as_comparators_lie_over_one_place(wires, count):
    layer = [tuple(sorted(wires[2 * k : 2 * k + 2])) for k in range(count)]
    columns = columns_of(layer)
    for (one, a), (other, b) in itertools.combinations(zip(layer, columns, strict=True), 2):
        assert a != b or one[1] < other[0] or other[1] < one[0]
    assert len(set(columns)) == overlap(layer) == max(columns, default=-1) + 1


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("n", [0, 1, 2, 5, 16])
def test_every_network_is_drawn_with_all_its_comparators(name, n):
    drawn = network(name, n)
    picture = draw_network(drawn)
    root = ET.fromstring(picture.svg)
    bars = [group for group in root.iter(f"{SVG}g") if "-b" in group.get("id", "")]
    assert len(bars) == drawn.size == len(picture.diagram.bars)
    assert picture.diagram.columns == tuple(map(overlap, drawn.layers))
    assert [bar.layer for bar in picture.diagram.bars] == [k for k, layer in enumerate(drawn.layers) for _ in layer]


@pytest.mark.parametrize("x", list(itertools.permutations([1, 2, 3, 4])), ids=str)
def test_the_numbers_on_the_wires_are_sorted_at_the_end_and_swaps_are_marked(x):
    picture = draw_network(network("merge", 4), x).diagram
    assert picture.values[0] == x and picture.values[-1] == (1, 2, 3, 4) and not picture.misplaced
    assert any(bar.swaps for bar in picture.bars) == (x != (1, 2, 3, 4))
    for bar in picture.bars:
        before, after = picture.values[bar.layer], picture.values[bar.layer + 1]
        assert bar.given == (before[bar.top], before[bar.bottom])
        assert (after[bar.top], after[bar.bottom]) == tuple(sorted(bar.given))


def test_a_document_shows_the_numbers_that_its_blocks_compute():
    picture = a1viz.draw(a1viz.load("bubble_sort"), view="wires", values={"x1": 0.1, "x2": 1e17})
    exact = draw_network(network("bubble", 4), [0.1, 1e17, 4, 2])
    assert picture.diagram.values[0] == exact.diagram.values[0] == (0.1, 1e17, 4, 2)
    assert picture.diagram.values[-1] != exact.diagram.values[-1] == (0.1, 2, 4, 1e17)
    assert "what the blocks compute" in picture.svg and "compared exactly" in exact.svg
    assert [picture.diagram.latex(number) for number in (4.0, 3.0)] == ["4", r"\approx 3"], "3 never went in"


def test_zeros_of_both_signs_nan_and_whole_numbers_of_any_size_are_placed_as_sort_places_them():
    picture = draw_network(network("merge", 4), [np.nan, 0.0, 10**400, -0.0])
    assert str(picture.diagram.values[-1]) == str((-0.0, 0.0, 10**400, np.nan))
    assert r"y3 = 1.000 \cdot 10^{400}" in str(picture) and "y4 = NaN" in str(picture)
    assert not picture.diagram.misplaced and "<svg" in picture.svg


def test_a_failing_network_says_where_it_fails_in_every_format():
    picture = draw_network(network("merge", 4).without(4), [0, 1, 1, 0])
    assert picture.diagram.misplaced == (2,)
    assert "Out of order at wire 3." in picture.svg and picture.svg.count("<rect") == 3  # paper, frame, legend
    assert "y3 = 0  (out of order)" in str(picture)


def test_what_the_kth_number_does_not_need_is_faded():
    picture = draw_network(network("bubble", 4), [3, 1, 4, 2], k=4)
    assert [bar.is_needed for bar in sorted(picture.diagram.bars, key=lambda bar: bar.name)] == [True] * 3 + [False] * 3
    assert picture.svg.count("; not needed") == 2 * 3  # each in its tip, which is its name, and the description
    assert str(picture).count(":") == 3 * 3
    assert "y4" in str(picture) and "y3" not in str(picture)


def test_the_looks_differ_in_more_than_colour_and_are_seen_in_every_theme():
    kinds = [LOOKS[word] for word in ("change places", "in order", "not needed")]
    assert len({(look.width, look.dash, bool(look.fill), look.fill == look.ink) for look in kinds}) == 3
    for theme in ("light", "dark", "print"):
        for word, look in LOOKS.items():
            assert contrast(colour(look.ink, theme), colour("paper", theme)) >= 3, word
    assert {("muted", "paper", 4.5), ("ink", "paper", 4.5), ("value-ink", "paper", 4.5)} <= set(PAIRS)


def test_the_picture_is_the_same_every_time_and_has_ids_of_its_own():
    one, two = (draw_network(network("best", 16), range(16)).svg for _ in range(2))
    assert one == two
    other = draw_network(network("merge", 16)).svg
    assert not set(re.findall(r' id="([^"]+)"', one)) & set(re.findall(r' id="([^"]+)"', other))


def test_the_picture_can_be_read_aloud():
    root = ET.fromstring(draw_network(network("merge", 4), [3, 1, 4, 2]).svg)
    assert root.find(f"{SVG}title").text == "merge of 4"
    said = root.find(f"{SVG}desc").text
    assert "S1, layer 1: compares wires 1 and 2; 3 and 1 change places." in said and "Out: 1, 2, 3, 4." in said
    assert root.get("aria-labelledby") != root.get("aria-describedby")  # a short name, and all of it apart
    assert not any(part.get("tabindex") for part in root.iter())  # a picture is no list of stops


def test_hostile_names_stay_text():
    picture = draw_network(Network(2, [(0, 1)], name='<script>&"]'))
    ET.fromstring(picture.svg)
    assert "<script" not in picture.svg and b"<script" not in picture.to("dot")


@pytest.mark.process
def test_every_format_is_made(tmp_path):
    picture = draw_network(network("merge", 4), [3, 1, 4, 2])
    assert picture.to("png").startswith(b"\x89PNG")
    assert picture.save(tmp_path / "m.txt").read_text() == str(picture)
    done = subprocess.run([find_engine().path, "-Tjson0"], input=picture.to("dot"), env=environment(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


WRONG = [
    (lambda: draw_network(network("merge", 4), [1, 2, 3]), InputError, "4 wires, but is given 3 values"),
    (lambda: draw_network(network("merge", 4), ["a"] * 4), InputError, "values must be 4 numbers"),
    (lambda: draw_network(network("merge", 4), k=5), InputError, "k must be a whole number from 1 to 4"),
    (lambda: draw_network(network("merge", 4), theme="pink"), OutputError, "unknown theme"),
    (lambda: a1viz.draw(a1viz.load("two_layer"), view="wires"), InputError, "two_layer has no comparators"),
    (lambda: a1viz.draw(a1viz.load("bubble_sort"), view="wire"), OutputError, "did you mean 'wires'"),
    (lambda: a1viz.draw(a1viz.load("bubble_sort"), view="wires", values={"x1": np.ones(2)}), InputError, "is a batch"),
    (lambda: a1viz.draw("linear_regression", view="neurons"), GraphError, "cannot be drawn as neurons: input X is no weighted sum"),
    (
        lambda: a1viz.draw(a1viz.parse("y = norm2(x) * x", x=[2]), view="neurons", values={"x": [1, 2]}),
        GraphError,
        "norm2 of x is no weighted sum",
    ),
    (
        lambda: a1viz.draw(a1viz.parse("J = norm2(x)", x=[2]), view="neurons", values={"x": [1, 2]}),
        GraphError,
        "norm2 of x is no weighted sum",
    ),
    (lambda: a1viz.draw(network("merge", 32), view="neurons"), GraphError, "at most 300"),
]


@pytest.mark.parametrize(("call", "error", "message"), WRONG, ids=[message for *_, message in WRONG])
def test_what_cannot_be_drawn_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


# --- neurons ------------------------------------------------------------------------------------------------------------------


def weights_of(picture) -> dict[tuple[str, str], str]:
    return {(edge.tail, edge.head): edge.text for edge in picture.diagram.edges}


def test_sort2_is_drawn_as_two_two_two_neurons_with_its_weights():
    picture = a1viz.draw(a1viz.load("sort2"), view="neurons", values=True)
    assert [box.name for box in picture.diagram.boxes] == ["x1", "x2", "h[0]", "h[1]", "y1", "y2"]
    assert weights_of(picture) == {
        ("x1", "h[0]"): "1", ("x2", "h[0]"): "1", ("x1", "h[1]"): "1", ("x2", "h[1]"): "-1",
        ("h[0]", "y1"): "0.5", ("h[1]", "y1"): "-0.5", ("h[0]", "y2"): "0.5", ("h[1]", "y2"): "0.5",
    }  # fmt: skip
    lines = {box.name: [line.text for line in box.lines] for box in picture.diagram.boxes}
    assert lines["h[1]"] == ["h[1]", "abs(z)", "3"] and lines["y1"] == ["y1", "z", "2"]


def test_a_bias_stands_in_its_unit_and_a_weight_of_zero_has_no_arrow():
    g = a1viz.loads('title = "T"\nequations = "h = relu(W @ x + b)"\n[inputs]\nx = [2]\n[parameters]\nW = [2, 2]\nb = [2]\n'
                    "[values]\nW = [[1, 0], [2, 3]]\nb = [-4, 0]\n")  # fmt: skip
    picture = a1viz.draw(g, view="neurons")
    assert weights_of(picture) == {("x[0]", "h[0]"): "1", ("x[0]", "h[1]"): "2", ("x[1]", "h[1]"): "3"}
    assert [box.lines[1].text for box in picture.diagram.boxes[2:]] == ["relu(z - 4)", "relu(z)"]


def test_the_mlp_of_the_catalogue_is_drawn_up_to_what_its_loss_looks_at():
    picture = a1viz.draw("mlp", view="neurons", values=True)
    assert [box.name for box in picture.diagram.boxes] == ["x[0]", "x[1]", "h1[0]", "h1[1]", "h1[2]", "y_prime"]
    assert {weights_of(picture)[f"h1[{k}]", "y_prime"] for k in range(3)} == {"1", "-1", "2"} and len(weights_of(picture)) == 9
    last = picture.diagram.boxes[-1]
    assert last.kind == "output" and [line.text for line in last.lines] == ["y_prime", "sigmoid(z)", "0.7311"]


AT = {"x": [1, 2, 3], "W1": [[1, 2, 3], [4, 5, 6]], "b1": [0, 1]}


@pytest.mark.parametrize(
    ("text", "leaves", "values", "last", "arrows"),
    [
        ("h = tanh(W1 @ x + b1); y = w2 @ h + b2", {"w2": ["H"], "b2": []}, {"w2": [3, -2], "b2": 7}, ["y"], ["3", "-2"]),
        ("h = tanh(W1 @ x + b1); y = h @ w2", {"w2": ["H"]}, {"w2": [3, -2]}, ["y"], ["3", "-2"]),
        ("h = tanh(W1 @ x + b1); y = inner(w2, h); J = norm2(y - t)", {"w2": ["H"], "t": []}, {"w2": [3, -2], "t": 1}, ["y"], ["3", "-2"]),
        ("h = tanh(W1 @ x + b1); y = mean(h)", {}, {}, ["y"], ["0.5", "0.5"]),
        ("h = tanh(W1 @ x + b1); y = V.T @ h", {"V": ["H", "K"]}, {"V": [[3], [-2]]}, ["y[0]"], ["3", "-2"]),
        ("h = tanh(W1 @ x + b1); y = (2 * V) @ h", {"V": ["K", "H"]}, {"V": [[3, -2]]}, ["y[0]"], ["6", "-4"]),
        (
            "h = tanh(W1 @ x + b1); z = V @ h; p = softmax(z); J = -log(p)[t]",
            {"V": ["K", "H"], "t": {"class": "K"}}, {"V": [[3, -2], [1, 5]], "t": 1},
            ["p[0]", "p[1]"], ["3", "-2", "1", "5", "z", "z", "z", "z"],
        ),
    ],
)  # fmt: skip
def test_every_perceptron_is_drawn(text, leaves, values, last, arrows):
    inputs = {"x": ["D"], **{name: shape for name, shape in leaves.items() if name == "t"}}
    learnt = {"W1": ["H", "D"], "b1": ["H"], **{name: shape for name, shape in leaves.items() if name != "t"}}
    g = a1viz.parse(text, learnt, **inputs)  # named sizes are those of the values
    diagram = a1viz.draw(g, view="neurons", values=AT | values).diagram
    assert [box.name for box in diagram.boxes if box.kind == "output"] == last
    assert [box.name for box in diagram.boxes][:5] == ["x[0]", "x[1]", "x[2]", "h[0]", "h[1]"]
    assert [edge.text for edge in diagram.edges] == ["1", "2", "3", "4", "5", "6", *arrows]


def test_a_document_without_values_for_its_parameters_is_drawn_with_those_it_runs_with():
    g = a1viz.load("gated_network")
    assert [box.name for box in a1viz.draw(g, view="neurons").diagram.boxes if box.kind == "output"] == [f"y_prime[{k}]" for k in range(5)]


def test_the_counting_network_has_a_unit_for_each_comparison_rank_and_choice():
    names = [box.name for box in a1viz.draw(a1viz.load("counting"), view="neurons").diagram.boxes]
    assert [sum(name.startswith(letter) for name in names) for letter in "xhrsy"] == [4, 12, 4, 4, 1]


def test_the_blocks_of_a_network_are_frames_around_their_neurons():
    diagram = a1viz.draw(network("merge", 4), view="neurons").diagram
    assert [cluster.name for cluster in diagram.clusters] == [f"S{k}" for k in range(1, 6)]
    assert all(sum(box.cluster == cluster.name for box in diagram.boxes) == 4 for cluster in diagram.clusters)


@pytest.mark.parametrize("name", ["sort2", "counting", "merge_sort"])
def test_units_do_not_overlap_and_arrows_end_at_them(name):
    root = ET.fromstring(a1viz.draw(a1viz.load(name), view="neurons").svg)
    rects = [group.find(f"{SVG}rect") for group in root.iter(f"{SVG}g") if group.get("role") == "img"]
    boxes = [tuple(float(r.get(key)) for key in ("x", "y", "width", "height")) for r in rects]
    for (x, y, w, h), (u, v, a, b) in itertools.combinations(boxes, 2):
        assert x + w <= u or u + a <= x or y + h <= v or v + b <= y


def test_with_numbers_the_arrows_out_of_a_block_carry_them():
    edges = a1viz.draw(a1viz.load("merge_sort"), values=True).diagram.edges
    assert {"a1 = 1", "b1 = 3"} <= {edge.text for edge in edges}


def test_an_error_signal_that_comes_out_of_a_closed_block_says_so_and_names_nothing_inside_it():
    def adjoint(**options) -> str:
        boxes = {box.name: box for box in a1viz.draw(a1viz.load("merge_sort"), backward=True, **options).diagram.boxes}
        return next(line.text for line in boxes["x3"].lines if line.kind == "gradient")

    assert adjoint() == "x3_bar from S2"
    assert adjoint(expand="S2") == adjoint(expand="all") == "x3_bar = S2.x_bar[0]"


# --- in a page ----------------------------------------------------------------------------------------------------------------

FENCES = [
    "network: merge\nn: 4\nview: wires\nset: [3, 1, 4, 2]\nk: 2",
    "network: best-size\nn: 16\nview: wires",
    "network: bubble\nn: 4\nwithout: 3\nview: wires",
    "network: bubble\nn: 4\nwithout: [1, 2]",
    "network: bubble\nn: 3\nview: values\nset: {x1: 3, x2: 1, x3: 2}",
    "graph: merge_sort\nview: wires\nset: {x1: 9}",
    "graph: sort2\nview: neurons\nset: {x1: 9}",
    "comparators: [[1, 2], [1, 3]]\nview: wires",
    "comparators: [[1, 2]]\nequations: d = y2 - y1",
]


@pytest.mark.parametrize("source", FENCES)
def test_a_fence_draws_networks(source):
    assert "<svg" in fence.format(source)


MISTAKES = [
    ("network: merge\nview: wires", "the number of wires"),
    ("network: merg\nn: 4", "unknown network"),
    ("network: merge\nn: 4\nwithout: 6\nview: wires", "without must name comparators from 1 to 5"),
    ("network: merge\nn: 4\nview: wires\nset: {x1: 3}", "set must be a list of numbers"),
    ("network: merge\nn: 4\ngraph: sort2", "give either graph: NAME"),
    ("network: merge\nn: 4\nview: wires\nset: [1]", "4 wires, but is given 1 value"),
]


@pytest.mark.parametrize(("source", "message"), MISTAKES)
def test_a_mistake_in_a_fence_is_a_message_in_the_page(source, message):
    assert message in fence.format(source)


def test_the_command_line_draws_the_views_that_there_are(tmp_path):
    from click.testing import CliRunner

    from a1viz.cli.commands import cli
    from a1viz.pictures.drawing import VIEWS

    (option,) = [p for p in cli.commands["render"].params if p.name == "view"]
    assert tuple(option.type.choices) == tuple(VIEWS)
    said = CliRunner().invoke(cli, ["render", "bubble_sort", "--view", "wires", "-k", "4", "--set", "x1=9", "--format", "text", "-o", "-"])
    assert said.exit_code == 0 and "x1 = 9 -#" in said.stdout and ":" in said.stdout
    for arguments in (["--view", "wires", "-k", "5"], ["--view", "strings"]):
        assert CliRunner().invoke(cli, ["render", "bubble_sort", *arguments, "-o", str(tmp_path / "x.svg")]).exit_code == 2
