"""Pictures of neurons: the graph's numbers, all layers, signs and magnitudes that are read without colour, wide layers collapsed."""

from __future__ import annotations

import itertools
import math
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from commands import refused, run
from conftest import environment
from harmless import within

import a1viz
from a1viz.base import limits
from a1viz.base.errors import GraphError, InputError
from a1viz.graph.leaves import gather
from a1viz.graph.operators import OPS
from a1viz.live.figure_data import figure_data
from a1viz.pictures import neuron_diagrams, neuron_layers, neuron_units, strokes
from a1viz.pictures.column_layout import columns
from a1viz.pictures.curves import lines_in, polyline, squares
from a1viz.pictures.label_places import REACH, around, grown, overlap
from a1viz.pictures.neuron_units import STATISTICS, TOGETHER, NeuronNetwork
from a1viz.pictures.page_widths import PAGE, lay_out
from a1viz.pictures.sizes import measure, seconds_of
from a1viz.pictures.svg_output import description
from a1viz.pictures.themes import COLOURS, PAIRS
from a1viz.site import fence
from a1viz.sorting import network

SVG = "{http://www.w3.org/2000/svg}"
DRAWN = (
    "bubble_sort counting dropout gan gated_network gru_cell hopfield kth_smallest layer_norm logistic_regression lstm_cell merge_sort "
    "mixture_of_experts mlp mlp_softmax mlp_squared_error residual_block rnn_cell siamese softmax_regression sort2 two_layer vae"
).split()
FRAMED = ("bubble_sort", "kth_smallest", "merge_sort")
REFUSED = {
    "attention": "input X", "batch_norm": "input X", "convolution_1d": "input X", "convolution_2d": "input X", "crf": "input X",
    "gaussian_mixture": "sub of x, M", "glove": "label X", "graph_convolution": "input A", "gru": "input X", "hmm_forward": "label o",
    "info_nce": "input X", "language_model": "label words", "linear_regression": "input X", "lstm": "input X",
    "multi_head_attention": "input X", "negative_sampling": "label o", "ridge": "input X", "rnn": "label letters",
    "transformer_block": "input X",
}  # fmt: skip


def mlp(*sizes: int, end: str = "") -> tuple[a1viz.Graph, dict[str, np.ndarray]]:
    """A perceptron with so many units a layer, and values for it."""
    rng = np.random.default_rng(sum(sizes))
    lines = [f"h{k} = tanh(W{k} @ {f'h{k - 1}' if k > 1 else 'x'} + b{k})" for k in range(1, len(sizes))]
    shapes = {f"W{k}": [n, m] for k, (m, n) in enumerate(itertools.pairwise(sizes), 1)} | {f"b{k}": [n] for k, n in enumerate(sizes) if k}
    values = {name: rng.normal(size=shape).round(3) for name, shape in {"x": [sizes[0]], **shapes}.items()}
    return a1viz.parse("; ".join(lines) + end, shapes, x=[sizes[0]]), values


def draw(*sizes: int, end: str = "", **options):
    graph, values = mlp(*sizes, end=end)
    return a1viz.draw(graph, view="neurons", values=values, **options)


def outlines(picture) -> list[tuple[float, float, float, float]]:
    groups = [group for group in ET.fromstring(picture.svg).iter(f"{SVG}g") if group.get("role") == "img"]
    return [tuple(float(group.find(f"{SVG}rect").get(key)) for key in ("x", "y", "width", "height")) for group in groups]


# --- what is drawn --------------------------------------------------------------------------------------------------------------


def test_the_whole_catalogue_is_drawn_or_says_why_not():
    assert sorted([*DRAWN, *REFUSED]) == sorted(a1viz.catalogue())


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_perceptron_names_the_operator_and_the_way_out(name):
    with pytest.raises(GraphError) as caught:
        a1viz.draw(name, view="neurons")
    assert str(caught.value) == (
        f"{name} cannot be drawn as neurons: {REFUSED[name]} is no weighted sum and no activation; draw it as a graph"
    )


def value_of(network: NeuronNetwork, name: str, known: dict[str, float]) -> float:
    """What a unit computes of the units that it looks at, by its own arrows and biases."""
    unit = network.units[name]
    layer = [known[source] for source in unit.arguments[0].weights] if unit.op in TOGETHER + STATISTICS else []
    if unit.op in STATISTICS:
        return float(OPS[unit.op].compute(np.array(layer)))
    if unit.op in TOGETHER:
        siblings = [other.name for other in network.units.values() if other.arguments == unit.arguments and other.op == unit.op]
        return float(OPS[unit.op].compute(np.array(layer))[siblings.index(name)])
    sums = [entry.bias + sum(weight * known[source] for source, weight in entry.weights.items()) for entry in unit.arguments]
    if not unit.op:
        return sums[0]
    if OPS[unit.op].body:
        letters = "abc"[: len(sums)]
        return float(
            a1viz.run(
                a1viz.parse(f"y = {unit.op}({', '.join(letters)})", **{a: [] for a in letters}), **dict(zip(letters, sums, strict=True))
            )["y"]
        )
    return float(OPS[unit.op].compute(*map(np.float64, sums)))


@pytest.mark.parametrize("name", DRAWN)
def test_units_compute_what_the_graph_computes(name):
    graph = a1viz.load(name)
    network = NeuronNetwork(graph, gather(graph, {}))
    values = a1viz.run(graph, trace=True)
    known: dict[str, float] = {}
    for unit in network.units.values():
        found = np.asarray(values[unit.variable]).reshape(-1)[unit.index or 0] if unit.variable else None
        known[unit.name] = float(found) if unit.op == "input" else value_of(network, unit.name, known)
        if found is not None:
            assert known[unit.name] == pytest.approx(float(found), rel=1e-9, abs=1e-12), unit.name
    assert sum(bool(unit.variable) for unit in network.units.values()) > 2


def test_a_unit_may_look_at_a_statistic_of_its_layer():
    boxes = a1viz.draw("layer_norm", view="neurons").diagram.boxes
    assert ["v", "var(z)"] in [[line.text for line in box.lines] for box in boxes]


def test_a_number_beside_what_varies_is_written_as_a_number():
    diagram = a1viz.draw(a1viz.parse("y = maximum(0, x) ** 2 / 4", x=[2]), view="neurons", values={"x": [1, 2]}).diagram
    assert [line.text for box in diagram.boxes[2:4] for line in box.lines] == ["maximum(0, z)"] * 2
    assert [line.text for box in diagram.boxes[4:6] for line in box.lines] == ["power(z, 2)"] * 2
    assert [edge.text for edge in diagram.edges[-2:]] == ["0.25"] * 2


def test_slices_are_units_too():
    diagram = a1viz.draw(a1viz.parse("y = tanh(x[1:3])", x=[4]), view="neurons", values={"x": [1, 2, 3, 4]}).diagram
    assert [(edge.tail, edge.head) for edge in diagram.edges] == [("x[1]", "y[0]"), ("x[2]", "y[1]")]


# --- where it is drawn ------------------------------------------------------------------------------------------------------------


def laid_out(name: str):
    diagram = a1viz.draw(name, view="neurons", values=True).diagram
    sizes = measure(diagram)
    return diagram, sizes, columns(diagram, sizes)


def test_the_counting_network_fits_one_screen_with_all_its_layers():
    diagram, sizes, plan = laid_out("counting")
    assert plan is not None and len({box.column for box in diagram.boxes}) == 6
    assert [sum(box.name.startswith(letter) for box in diagram.boxes) for letter in "xhrsy"] == [4, 12, 4, 4, 1]
    assert [heading[0].text for heading in diagram.headings[:4]] == [r"\mathbf{x}", r"\mathbf{h}", r"\mathbf{r}", r"\mathbf{s}"]
    width, height = map(float, re.search(r'viewBox="0 0 (\S+) (\S+)"', a1viz.draw("counting", view="neurons", values=True).svg).groups())
    assert width <= 1200 and height <= 700
    labels = [band.label for bands in sizes.bands for band in bands] + [*filter(None, sizes.edges), *itertools.chain(*sizes.headings)]
    assert min(label.size for label in labels) >= 11


def test_the_live_counting_network_fits_the_column_of_a_page():
    widths = re.findall(r'viewBox="0 0 (\S+) ', fence.format("graph: counting\nview: neurons\nlive: true"))
    assert 800 < max(map(float, widths)) <= PAGE


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("name", FRAMED)
def test_no_line_touches_the_title_of_a_frame(name, live):
    graph = a1viz.load(name)
    laid = lay_out(neuron_diagrams.neurons(graph, figure_data(graph, {}).numbers, {}, live=live))
    pieces = squares([polyline(route) for route in laid.plan.edges])
    titles = [around(at, title) for at, title in zip(laid.plan.titles, laid.sizes.clusters, strict=True) if at]
    assert len(titles) >= 5 and not any(lines_in(grown(title, REACH[1]), pieces) for title in titles)


@pytest.mark.parametrize("name", [name for name in DRAWN if name not in FRAMED])
def test_no_arrow_runs_through_a_unit_and_no_unit_over_another(name):
    diagram, _, plan = laid_out(name)
    assert plan is not None
    for one, other in itertools.combinations(plan.boxes, 2):
        assert (
            one.x + one.width <= other.x
            or other.x + other.width <= one.x
            or one.y + one.height <= other.y
            or other.y + other.height <= one.y
        )
    for edge, route in zip(diagram.edges, plan.edges, strict=True):
        others = [rect for box, rect in zip(diagram.boxes, plan.boxes, strict=True) if box.name not in (edge.tail, edge.head)]
        for place in range(0, len(route.points) - 1, 3):
            for part in np.linspace(0, 1, 25):
                ways = [(1 - part) ** 3, 3 * part * (1 - part) ** 2, 3 * part**2 * (1 - part), part**3]
                x, y = (sum(w * route.points[place + k][axis] for k, w in enumerate(ways)) for axis in (0, 1))
                assert not any(r.x < x < r.x + r.width and r.y < y < r.y + r.height for r in others), (edge.tail, edge.head)


def test_an_input_stands_just_before_what_reads_it():
    at = {box.name: box.column for box in a1viz.draw("lstm_cell", view="neurons").diagram.boxes}
    assert at["x[0]"] == 0 and at["c_prev[0]"] == at["i[0]"] == 1 and at["c[0]"] < at["h[0]"]


def test_layers_that_look_at_one_another_are_taken_apart():
    graph = a1viz.parse("a = tanh(x); u = stack(a, tanh(2 * a))", x=[])
    at = {box.name: box.column for box in a1viz.draw(graph, view="neurons", values={"x": 1}).diagram.boxes}
    assert at == {"x": 0, "a": 1, "u[1]": 2}


# --- signs and magnitudes -----------------------------------------------------------------------------------------------------------


def arrows(picture) -> dict[str, ET.Element]:
    """The shafts of the arrows, by their tooltips."""
    groups = [group for group in ET.fromstring(picture.svg).iter(f"{SVG}g") if group.find(f"{SVG}title") is not None]
    found = {group.find(f"{SVG}title").text: group.find(f"{SVG}path") for group in groups if not group.get("role")}
    return {title: path for title, path in found.items() if " to " in title}


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_a_negative_weight_is_dashed_and_of_another_colour(theme):
    place = ("light", "dark", "print").index(theme)
    picture = a1viz.draw("mlp", view="neurons", values=True, theme=theme)
    found = arrows(picture)
    assert len(found) == 9
    for title, path in found.items():
        is_negative = float(title.rpartition(" ")[2]) < 0
        assert bool(path.get("stroke-dasharray")) == is_negative
        assert path.get("stroke") == COLOURS["negative" if is_negative else "positive"][place]
    assert (COLOURS["positive"][place] == COLOURS["negative"][place]) == (theme == "print")


def test_both_colours_are_read_as_text_would_be():
    assert {("positive", "paper", 4.5), ("negative", "paper", 4.5), ("positive", "block-fill", 4.5), ("negative", "block-fill", 4.5)} <= {
        *PAIRS
    }


def test_the_wider_an_arrow_the_larger_its_weight():
    found = arrows(draw(3, 4, 2))
    pairs = sorted((abs(float(title.rpartition(" ")[2])), float(path.get("stroke-width"))) for title, path in found.items())
    assert len(pairs) == 20
    for (small, thin), (large, wide) in itertools.pairwise(pairs):
        assert thin <= wide and (small == large or thin < wide or large - small < 0.01)
    assert (pairs[-1][1], pairs[0][1] >= strokes.THIN[0]) == (strokes.THIN[1], True)


@pytest.mark.parametrize("count", [strokes.SINGLE + 1, 5000, neuron_layers.ARROWS])
def test_many_arrows_are_finer_and_still_the_wider_the_larger(count):
    widths = [strokes.level_width(level, count) for level in range(strokes.LEVELS)]
    assert widths == sorted(widths) and len({*widths}) == strokes.LEVELS and widths[0] == strokes.WIDE[0]


def test_what_arrows_mean_is_said_below_and_in_words():
    picture = draw(2, 3, 1)
    largest = max(abs(edge.weight) for edge in picture.diagram.edges)
    said = ET.fromstring(picture.svg).find(f"{SVG}desc").text
    assert f"The wider an arrow, the larger its weight, up to {largest:g}; a dashed one is negative." in said
    samples = strokes.legend(picture.diagram.edges, 500).samples
    assert [sample.role for sample in samples][:2] == ["positive", "negative"] and samples[2].wide == strokes.THIN[1]
    assert strokes.legend(a1viz.draw("mlp").diagram.edges, 500).samples == ()


def test_a_narrow_picture_has_its_legend_in_rows():
    samples = strokes.legend(draw(2, 3, 1).diagram.edges, 100)
    assert len({sample.at[1] for sample in samples.samples}) == 3 and samples.width <= 110


def test_what_a_unit_takes_as_it_is_is_no_weight():
    edges = a1viz.draw("gated_network", view="neurons").diagram.edges
    into = [edge for edge in edges if edge.head == "g[0]"]
    assert [(edge.text, edge.weight) for edge in into] == [("z", None), ("v", None)]
    assert {strokes.look(edge) for edge in edges if edge.head.startswith("y_prime")} == {"plain"}


def test_between_frames_all_weights_are_written():
    edges = a1viz.draw(network("merge", 11), view="neurons").diagram.edges
    assert len(edges) > neuron_diagrams.IN_ALL and all(bool(edge.label) == (abs(edge.weight) != 1) for edge in edges)


@pytest.mark.parametrize(
    ("name", "written", "below"),
    [
        ("counting", {"2"}, ["1", "-1"]),
        ("sort2", {"0.5", "-0.5"}, ["1", "-1"]),
        ("two_layer", {"2", "-2", "-3", "4", "6"}, ["1", "-1"]),
    ],
)
def test_signs_are_drawn_and_a_one_is_not_written(name, written, below):
    edges = a1viz.draw(name, view="neurons").diagram.edges
    assert {edge.label for edge in edges if edge.weight is not None and edge.label} == written
    assert [sample.label.latex for sample in strokes.legend(edges, 500).samples] == [rf"\text{{weight }} {said}" for said in below]


def test_weights_of_one_magnitude_are_said_once_below():
    graph = a1viz.parse("y = W @ x", {"W": [1, 2]}, x=[2])
    edges = a1viz.draw(graph, view="neurons", values={"x": [1, 2], "W": [[0.25, -0.25]]}).diagram.edges
    assert [edge.label for edge in edges] == ["", ""]
    assert [sample.label.latex for sample in strokes.legend(edges, 500).samples] == [r"\text{weight } 0.25", r"\text{weight } -0.25"]


def test_a_few_weights_of_very_many_arrows_are_said_below():
    rng = np.random.default_rng(0)
    graph, W = a1viz.parse("y = W @ x", {"W": [30, 30]}, x=[30]), rng.choice([-1.0, 1.0, 3.0], size=(30, 30))
    edges = a1viz.draw(graph, view="neurons", values={"x": rng.normal(size=30), "W": W}).diagram.edges
    below = strokes.legend(edges, 500).samples
    assert len(edges) > strokes.SINGLE and [sample.label.latex[-2:].strip() for sample in below] == ["1", "-1", "3"]
    assert [sample.wide for sample in below] == [strokes.level_width(level, 900) for level in (2, 2, 7)]


@pytest.mark.parametrize("name", ["counting", "sort2", "two_layer", "mlp"])
def test_no_number_lies_on_an_arrow_or_a_heading(name):
    laid = lay_out(a1viz.draw(name, view="neurons", values=True).diagram)
    pieces = squares([polyline(route) for route in laid.plan.edges])
    numbers = [around(route.label, label) for route, label in zip(laid.plan.edges, laid.sizes.edges, strict=True) if label and route.label]
    headings = map(around, laid.plan.headings, itertools.chain(*laid.sizes.headings))
    assert numbers and not any(lines_in(number, pieces) for number in numbers)
    assert not any(overlap(one, other) for one, other in itertools.combinations([*numbers, *headings], 2))


def test_weights_are_written_where_few_arrows_lead():
    few, many = draw(3, 4, 5), draw(3, 4, 11)
    assert (neuron_diagrams.LABELLED, neuron_diagrams.IN_ALL) == (40, 200)
    assert [bool(draw(*[5] * layers).diagram.edges[0].label) for layers in (9, 10)] == [True, False]
    assert all(edge.label for edge in few.diagram.edges)
    assert {bool(edge.label) for edge in many.diagram.edges if edge.head.startswith("h2")} == {False}
    assert all(edge.label for edge in many.diagram.edges if edge.head.startswith("h1"))


# --- wide layers --------------------------------------------------------------------------------------------------------------------


def test_sixty_four_units_a_layer_are_all_drawn_soon_and_small():
    graph, values = mlp(64, 64, 64, 10)
    with within(20):
        picture = a1viz.draw(graph, view="neurons", values=values)
        size = len(picture.svg)
    weights = sum(np.count_nonzero(value) for name, value in values.items() if name.startswith("W"))
    assert (len(picture.diagram.boxes), len(picture.diagram.edges)) == (202, weights) and weights > 8800
    assert size < 500_000 and len(description(picture.diagram)) < 30_000
    assert picture.svg.count("<path") < 2 * strokes.LEVELS + 200
    assert re.search(
        r"4,09\d arrows from h1 to h2, from -\S+ to \S+, \d,\d+ negative", description(picture.diagram).replace("4096", "4,096")
    )


def test_the_middle_of_a_wider_layer_is_one_box():
    picture = draw(784, 128, 10)
    names = [box.name for box in picture.diagram.boxes]
    assert names[:9] == ["x[0]", "x[1]", "x[2]", "x[3]", "x[4..779]", "x[780]", "x[781]", "x[782]", "x[783]"]
    assert names[9:18] == ["h1[0]", "h1[1]", "h1[2]", "h1[3]", "h1[4..123]", "h1[124]", "h1[125]", "h1[126]", "h1[127]"]
    assert len(names) == 28 and [line.text for line in picture.diagram.boxes[4].lines] == ["...", "776 more"]
    bundles = [edge for edge in picture.diagram.edges if edge.kind == "bundle"]
    assert all(any(".." in end for end in (edge.tail, edge.head)) for edge in bundles)
    _, values = mlp(784, 128, 10)
    single = sum(edge.weight is not None for edge in picture.diagram.edges)
    bundled = sum(int(edge.text.split()[0].replace(",", "")) for edge in bundles)
    assert single + bundled == sum(np.count_nonzero(value) for name, value in values.items() if name.startswith("W"))
    assert "A dotted arrow stands for several weights" in description(picture.diagram)
    assert len(outlines(picture)) == 28


@pytest.mark.parametrize(("count", "most", "shown"), [(64, 64, 64), (65, 64, 8), (9, 8, 9), (10, 8, 8), (10, 3, 2), (3, 3, 3), (4, 3, 2)])
def test_of_a_wide_layer_a_few_are_left_at_either_end(count, most, shown):
    assert count - len(neuron_layers.hidden(count, most)) == shown


def test_layers_collapse_further_where_there_is_no_room():
    assert (neuron_layers.WIDEST, neuron_layers.UNITS, neuron_layers.ARROWS) == (64, 300, 20_000)
    whole, deep = draw(60, 60, 60, 60, 60), draw(*[64] * 9)
    assert len(whole.diagram.boxes) == 300
    assert len(deep.diagram.boxes) == 9 * 9
    with pytest.raises(GraphError, match=r"it has 2240 units; a picture of neurons shows at most 300; draw it as a graph"):
        draw(*[64] * 35)


def test_there_may_be_so_many_arrows_in_a_picture(monkeypatch):
    monkeypatch.setattr(neuron_layers, "ARROWS", 399)
    assert len(draw(20, 20).diagram.boxes) == 18
    monkeypatch.setattr(neuron_layers, "ARROWS", 400)
    assert len(draw(20, 20).diagram.boxes) == 40


def test_so_many_weights_are_followed(monkeypatch):
    assert limits.NEURON_WEIGHTS == 500_000
    monkeypatch.setattr(neuron_units, "NEURON_WEIGHTS", 20)
    assert len(draw(3, 4, 2).diagram.edges) == 20
    monkeypatch.setattr(neuron_units, "NEURON_WEIGHTS", 19)
    with pytest.raises(GraphError, match="with matvec of W2, h1 it has 20 weights, and at most 19 are followed; draw it as a graph"):
        draw(3, 4, 2)


def test_how_many_units_are_drawn_may_be_said():
    assert len(draw(2, 30, 3, units=16).diagram.boxes) == 2 + 9 + 3
    assert len(draw(2, 30, 3, units=3).diagram.boxes) == 2 + 3 + 3
    for wrong in (2, 65, 2.5):
        with pytest.raises(InputError, match="units must be a whole number from 3 to 64, got"):
            draw(2, 3, units=wrong)


@pytest.mark.parametrize("sizes", [(3, 4, 2), (2, 9, 2), (2, 13, 2), (2, 21, 2)])
def test_the_more_units_the_less_is_written_into_each(sizes):
    picture = draw(*sizes)
    box = next(box for box in picture.diagram.boxes if box.name == "h1[1]")
    bias = "tanh" in " ".join(line.text for line in box.lines)
    assert len(box.lines) == {4: 3, 9: 2, 13: 1, 21: 1}[sizes[1]] and bias == (sizes[1] < 13)
    said = "; ".join(line.words for line in box.lines)
    assert "its activation is tanh" in said and "its value is" in said  # for those who do not see it, and in the tooltip
    heading = picture.diagram.headings[1] if picture.diagram.headings else ()
    assert (r"\tanh(z + b)" in [line.latex for line in heading]) == (sizes[1] >= 13)


@pytest.mark.parametrize(("layers", "lines"), [(20, 3), (21, 1)])
def test_a_deep_network_is_drawn_whole_with_less_in_each_unit(layers, lines):
    assert neuron_diagrams.TYPESET == 100
    picture = draw(*[5] * layers)
    assert len(picture.diagram.boxes) == 5 * layers and len(picture.diagram.boxes[-1].lines) == lines
    assert seconds_of(picture.diagram) < limits.DRAWING_SECONDS


def test_units_without_a_name_collapse_too():
    graph = a1viz.parse("y = V @ tanh(W @ x)", {"W": [70, 2], "V": [2, 70]}, x=[2])
    rng = np.random.default_rng(0)
    given = {"x": [1, 2], "W": rng.normal(size=(70, 2)), "V": rng.normal(size=(2, 70))}
    picture = a1viz.draw(graph, view="neurons", values=given)
    assert [box.name for box in picture.diagram.boxes if box.kind == "dropped"] == ["unit 7 to 68"]
    ET.fromstring(picture.svg)


def test_wide_layers_in_blocks_are_drawn_without_frames(tmp_path):
    (tmp_path / "wide.toml").write_text(
        'title = "W"\nequations = "y = L(x)"\n[inputs]\nx = [30]\n[blocks]\nL = {graph = "./layer.toml"}\n', encoding="utf-8"
    )
    (tmp_path / "layer.toml").write_text(
        'title = "L"\nequations = "h = tanh(W @ x)"\n[inputs]\nx = [30]\n[parameters]\nW = [30, 30]\n', encoding="utf-8"
    )
    diagram = a1viz.draw(tmp_path / "wide.toml", view="neurons").diagram
    assert neuron_diagrams.IN_FRAMES == 600 and len(diagram.edges) == 900
    assert diagram.clusters == () and diagram.in_columns and not any(box.cluster for box in diagram.boxes)


# --- everywhere ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.process
def test_the_same_bytes_from_run_to_run():
    program = (
        "import sys, a1viz\nfor name in ('counting', 'lstm_cell', 'gated_network'):\n"
        "    sys.stdout.write(a1viz.draw(name, view='neurons', values=True).svg)"
    )
    found = {
        subprocess.run([sys.executable, "-c", program], env=environment(PYTHONHASHSEED=seed), capture_output=True, check=True).stdout
        for seed in ("0", "1", "77")
    }
    assert len(found) == 1


def test_every_unit_has_its_words_in_the_order_of_the_layers():
    picture = draw(2, 65, 3)
    labels = [group.get("aria-label") for group in ET.fromstring(picture.svg).iter(f"{SVG}g") if group.get("role") == "img"]
    assert len(labels) == 2 + 9 + 3 and labels[0].startswith("input x entry 0") and labels[-1].startswith("h 2 entry 2")


@pytest.mark.parametrize("format", ["png", "dot", "text"])
def test_every_format_draws_wide_networks(format):
    assert len(draw(2, 30, 65, 2).to(format)) > 1000


def test_infinite_weights_are_drawn():
    graph = a1viz.parse("y = W @ x", {"W": [2, 2]}, x=[2])
    picture = a1viz.draw(graph, view="neurons", values={"x": [1, 2], "W": [[math.inf, 1], [-math.inf, 0.5]]})
    widths = {title: float(path.get("stroke-width")) for title, path in arrows(picture).items()}
    assert widths["x[0] to y[0]: weight infinity"] == widths["x[1] to y[0]: weight 1"] == strokes.THIN[1]


def test_a_fence_and_the_command_line_take_the_number_of_units(tmp_path):
    assert "4 more units are not drawn" in fence.format("graph: counting\nview: neurons\nunits: 10")
    assert "units must be a whole number such as 16" in fence.format("graph: counting\nview: neurons\nunits: many")
    assert "units must be a whole number from 3 to 64, got 99" in fence.format("graph: counting\nview: neurons\nunits: 99")
    path = tmp_path / "c.svg"
    run("render", "counting", "--view", "neurons", "--units", "10", "-o", path)
    assert "4 more units are not drawn" in path.read_text(encoding="utf-8")
    assert "units must be a whole number from 3 to 64, got 1" in refused(
        "render", "counting", "--view", "neurons", "--units", "1", "-o", "-"
    )
