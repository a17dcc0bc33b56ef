"""Pictures for a page: they fit its width with letters as large as they are meant to be, in rows or from top to bottom."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from itertools import pairwise

import pytest
from conftest import ROOT, environment

import a1viz
from a1viz.base import limits
from a1viz.base.errors import OutputError
from a1viz.graph.catalog import catalogue
from a1viz.graph.documents import from_data
from a1viz.pictures.diagrams import Line
from a1viz.pictures.engine import Rect, Route, layout
from a1viz.pictures.graph_diagrams import Shown, diagram
from a1viz.pictures.line_breaks import TOKEN, broken, parts
from a1viz.pictures.page_widths import PAGE, PAPER, PHONE, Laid, Page, lay_out, letter_height
from a1viz.pictures.sizes import MARGIN, SHAPE, TEXT, band, measure
from a1viz.pictures.wrapping import wrapped

LEAST = 12.8  # pixels: .8 of the text around it


def graph(equations: list[str], inputs: dict, parameters: dict, **sizes: int) -> a1viz.Graph:
    document = {"title": "Graph", "equations": "\n".join(equations), "inputs": inputs, "parameters": parameters, "sizes": sizes}
    return from_data(document, "graph", "graph.toml", "")


def unrolled(steps: int) -> a1viz.Graph:
    """A recurrent network of so many steps."""
    lines = [f"h{k} = tanh(W @ X[{k - 1}] + U @ h{k - 1} + b)" for k in range(1, steps + 1)]
    leaves = {"X": ["T", "D"], "h0": ["H"]}, {"W": ["H", "D"], "U": ["H", "H"], "b": ["H"]}
    return graph(lines, *leaves, T=steps, D=4, H=3)


def chain(length: int) -> a1viz.Graph:
    return graph([f"z{k} = tanh(W @ z{k - 1})" for k in range(1, length + 1)], {"z0": ["D"]}, {"W": ["D", "D"]}, D=3)


def gelu() -> a1viz.Graph:
    lines = ["z = W @ x + b", "h = 0.5 * z * (1 + tanh(sqrt(2 / pi) * (z + 0.044715 * z ** 3)))", "y = V @ h", "J = -log_softmax(y)[t]"]
    leaves = {"x": ["D"], "t": {"class": "K"}}, {"W": ["H", "D"], "b": ["H"], "V": ["K", "H"]}
    return graph(lines, *leaves, D=3, H=4, K=3)


LARGE = {"chain": chain(12), "recurrent": unrolled(12), "gelu": gelu()}


def size(svg: str) -> tuple[float, float]:
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    return float(found[1]), float(found[2])


def laid(graph: a1viz.Graph, width: float, direction: str = "", backward: bool = False) -> Laid:
    return lay_out(diagram(graph, Shown(backward=backward)), Page(direction, width))


def rows(graph: a1viz.Graph, width: float) -> Laid:
    drawn = diagram(graph)
    sizes = measure(drawn)
    found = wrapped(layout(drawn, sizes), sizes, width)
    assert found and found.rows > 1
    return Laid(drawn, sizes, found.plan)


def points(route: Route, steps: int = 12) -> list[tuple[float, float]]:
    """Points all along an arrow."""
    found = []
    for k in range(0, len(route.points) - 1, 3):
        a, b, c, d = route.points[k : k + 4]
        for t in (step / steps for step in range(steps + 1)):
            s = 1 - t
            found.append(tuple(s**3 * a[i] + 3 * s * s * t * b[i] + 3 * s * t * t * c[i] + t**3 * d[i] for i in (0, 1)))
    return [*found, route.tip]


def is_in(at: tuple[float, float], rect: Rect, by: float = 0.0) -> bool:
    return rect.x - by < at[0] < rect.x + rect.width + by and rect.y - by < at[1] < rect.y + rect.height + by


# --- letters ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", catalogue())
def test_no_letter_of_the_catalogue_is_smaller_than_it_may_be(name):
    graph = a1viz.load(name)
    for backward in (False, True):
        picture = a1viz.draw(graph, backward=backward)
        assert letter_height(picture.svg, PAGE) >= LEAST and size(picture.svg)[0] <= PAGE
        paper = a1viz.draw(graph, backward=backward, width=PAPER)
        assert letter_height(paper.svg, PAPER) >= LEAST and size(paper.svg)[0] <= PAPER


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("width", [PAGE, PAPER, PHONE])
@pytest.mark.parametrize("name", LARGE)
def test_large_graphs_fit_page_paper_and_phone_as_they_are(name, width, backward):
    svg = a1viz.draw(LARGE[name], backward=backward, width=width).svg
    assert letter_height(svg, width) >= LEAST and size(svg)[0] <= width


def test_the_height_of_letters_is_that_of_the_smallest_formula_as_it_is_shown():
    svg = a1viz.draw("two_layer").svg
    wide = size(svg)[0]
    assert letter_height(svg, wide) == pytest.approx(SHAPE) == pytest.approx(letter_height(svg, 10 * wide))
    assert letter_height(svg, wide / 2) == pytest.approx(SHAPE / 2)
    assert letter_height(a1viz.draw("two_layer", scale=2).svg, math.inf) == pytest.approx(2 * SHAPE)
    with pytest.raises(OutputError, match="no viewBox"):
        letter_height("<svg/>", 100)


def test_shapes_are_not_much_smaller_than_the_formulas_around_them():
    assert SHAPE >= 0.8 * TEXT


# --- rows -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("graph", "width"), [(chain(12), 500), (unrolled(12), 700), (a1viz.load("gated_network"), 640)])
def test_rows_are_as_wide_as_they_may_be_and_hold_every_box_once(graph, width):
    found = rows(graph, width)
    plan = found.plan
    assert plan.width <= width
    assert [(box.width, box.height) for box in plan.boxes] == [pytest.approx(size, abs=0.02) for size in found.sizes.boxes]
    for k, box in enumerate(plan.boxes):
        assert 0 <= box.x and box.x + box.width <= plan.width + 0.01 and 0 <= box.y and box.y + box.height <= plan.height + 0.01
        for other in plan.boxes[:k]:
            assert (
                box.x + box.width < other.x
                or other.x + other.width < box.x
                or box.y + box.height < other.y
                or other.y + other.height < box.y
            )


@pytest.mark.parametrize(("graph", "width"), [(chain(12), 500), (unrolled(12), 700), (a1viz.load("gated_network"), 640)])
def test_arrows_lead_from_row_to_row_past_every_box(graph, width):
    found = rows(graph, width)
    places = dict(zip((box.name for box in found.diagram.boxes), found.plan.boxes, strict=True))
    for edge, route in zip(found.diagram.edges, found.plan.edges, strict=True):
        way = points(route)
        assert is_in(way[0], places[edge.tail], 2) and is_in(way[-1], places[edge.head], 2)
        assert max(math.dist(a, b) for a, b in pairwise(way)) < 120
        others = [box for name, box in places.items() if name not in (edge.tail, edge.head)]
        assert not [at for at in way for box in others if is_in(at, box, -1)]


def test_rows_begin_at_the_same_place_and_read_in_the_order_of_the_equations():
    found = rows(chain(12), 500)
    assert [box.name for box in found.diagram.boxes] == [f"z{k}" for k in range(13)]
    middles = [(box.y + box.height / 2, box.x) for box in found.plan.boxes]
    lines = sorted({round(y) for y, _ in middles})
    assert len(lines) > 2
    assert [x for _, x in sorted(middles, key=lambda at: (round(at[0]), at[1]))] == [x for _, x in middles]
    starts = [min(x for y, x in middles if round(y) == line) for line in lines]
    assert max(starts) - min(starts) < 60  # a label may stand before the first box


def test_what_fits_stays_one_row_and_what_cannot_fit_has_no_rows():
    drawn = diagram(chain(2))
    sizes = measure(drawn)
    plan = layout(drawn, sizes)
    assert wrapped(plan, sizes, plan.width).plan == plan
    assert wrapped(plan, sizes, 50) is None
    assert laid(chain(2), 0).plan == plan


def test_frames_are_cut_between_rows_and_hold_their_boxes_and_titles(tmp_path):
    (tmp_path / "inner.toml").write_text('title = "I"\nequations = "b = tanh(a)"\n[inputs]\na = ["D"]\n[sizes]\nD = 3\n')
    (tmp_path / "outer.toml").write_text(
        'title = "O"\nequations = "c = I(x)\\nd = I(c)\\ny = x + d"\n[inputs]\nx = ["D"]\n[sizes]\nD = 3\n[blocks]\nI = "inner.toml"\n'
    )
    equations = "\\n".join(f"z{k} = O(z{k - 1})" for k in range(1, 4))
    (tmp_path / "net.toml").write_text(
        f'title = "N"\nequations = "{equations}"\n[inputs]\nz0 = ["D"]\n[sizes]\nD = 3\n[blocks]\nO = "outer.toml"\n'
    )
    graph = a1viz.load(tmp_path / "net.toml")
    drawn = diagram(graph, Shown(expand=("all",)))
    sizes = measure(drawn)
    for width in (420, 800):
        found = wrapped(layout(drawn, sizes), sizes, width)
        assert found and found.rows > 1 and found.plan.width <= width
        frames: dict[str, list[Rect]] = {}
        for k, frame in [*enumerate(found.plan.clusters), *found.plan.more]:
            frames.setdefault(drawn.clusters[k].name, []).append(frame)
        for box, rect in zip(drawn.boxes, found.plan.boxes, strict=True):
            middle = rect.x + rect.width / 2, rect.y + rect.height / 2
            inside = [name for name, pieces in frames.items() if any(is_in(middle, piece) for piece in pieces)]
            assert inside == [name for name in frames if (box.cluster + ".").startswith(name + ".")], box.name
        for cluster, title in zip(drawn.clusters, found.plan.titles, strict=True):
            assert any(is_in(title, piece) for piece in frames[cluster.name])


# --- which one --------------------------------------------------------------------------------------------------------------------


def test_a_direction_is_kept_and_without_a_width_the_picture_is_one_row_or_column():
    right, down = (size(a1viz.draw("gated_network", direction=way).svg) for way in ("right", "down"))
    assert right[0] > PAGE and right[1] < 200 and down[0] < 400 < down[1]
    assert size(a1viz.draw("gated_network", direction="right", width=PAPER).svg)[0] <= PAPER
    assert size(a1viz.draw("two_layer", direction="down").svg)[0] < 150
    assert b"rankdir=TB" in a1viz.draw("two_layer", direction="down").to("dot")
    assert b"rankdir=LR" in a1viz.draw("two_layer").to("dot")


def test_a_chain_becomes_rows_and_a_branching_block_a_column():
    plan = laid(chain(12), PAPER).plan
    assert plan.width > plan.height and len({round(box.y) for box in plan.boxes}) <= 5
    plan = laid(a1viz.load("transformer_block"), PAPER).plan
    assert plan.height > plan.width and len({round(box.y) for box in plan.boxes}) > 8


def test_a_scale_makes_the_picture_larger_and_the_place_for_it_smaller():
    normal, double = (a1viz.draw("two_layer", scale=scale) for scale in (1, 2))
    assert size(normal.svg) == size(double.svg)
    assert f"max-width:{2 * size(normal.svg)[0]:g}px" in double.svg
    assert size(a1viz.draw("gated_network", width=1000, scale=2).svg)[0] <= 500
    small, large = (int.from_bytes(picture.to("png")[16:20], "big") for picture in (normal, double))
    assert large == pytest.approx(2 * small, abs=2)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"direction": "up"}, "unknown direction 'up'; the directions are right, down"),
        ({"direction": "dowm"}, "did you mean 'down'"),
        ({"direction": 3}, "unknown direction 3; the directions are right, down"),
        ({"seconds": float("nan")}, "seconds is the time that drawing may take, a number from 0, got nan"),
        ({"seconds": -1}, "a number from 0, got -1"),
        ({"seconds": "2"}, "a number from 0, got '2'"),
        ({"width": limits.LEAST_WIDTH - 1}, "cannot be 99 pixels wide; give a width from 100 to 100,000"),
        ({"width": limits.MOST_WIDTH + 1}, "give a width from"),
        ({"width": math.nan}, "give a width from"),
        ({"width": -5}, "give a width from"),
        ({"width": "wide"}, "the width of a picture is a number, got 'wide'"),
        ({"scale": 0}, "the scale cannot be 0; give one from 0.1 to 10"),
        ({"scale": limits.MOST_SCALE + 1}, "the scale cannot be 11"),
        ({"scale": math.nan}, "the scale cannot be nan"),
        ({"view": "wires", "width": 500}, "wires are drawn from left to right"),
    ],
)
def test_what_is_no_direction_width_or_scale_is_one_message(given, said):
    with pytest.raises(OutputError, match=re.escape(said)):
        a1viz.draw("merge_sort", **given)


def test_widths_and_scales_at_their_limits_are_drawn():
    for given in (
        {"width": limits.LEAST_WIDTH},
        {"width": limits.MOST_WIDTH},
        {"scale": limits.MOST_SCALE},
        {"scale": 1 / limits.MOST_SCALE},
    ):
        assert a1viz.draw("two_layer", **given).svg.startswith("<svg")
    assert a1viz.draw("two_layer", width=limits.LEAST_WIDTH, scale=limits.MOST_SCALE).svg.startswith("<svg")


@pytest.mark.process
def test_rows_columns_and_broken_lines_are_the_same_in_every_process():
    code = (
        "import a1viz, hashlib\n"
        "for name, width in (('gated_network', 998), ('transformer_block', 358), ('bubble_sort', 643)):\n"
        "    print(hashlib.sha256(a1viz.draw(name, backward=True, width=width).svg.encode()).hexdigest())"
    )
    said = {
        subprocess.run([sys.executable, "-c", code], env=environment(PYTHONHASHSEED=seed), cwd=ROOT, check=True, capture_output=True).stdout
        for seed in ("0", "1")
    }
    assert len(said) == 1


# --- lines of a formula -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "latex",
    [
        r"\mathbf{y} = \mathbf{a} + \mathbf{b} - \mathbf{c} + \mathbf{d}",
        r"J = -(t \log y + (1 - t) \log (1 - y))",
        r"\bar{x} = \left(a + \frac{b + c}{d}\right) \circ \left(1 - \left(u + v\right)\right) + \begin{pmatrix} 1 + 2 \\ 3 \end{pmatrix}",
        r"\bar{X} = (W^{\top} a, W^{\top} b, W^{\top} c, W^{\top} d)^{\top}",
    ],
)
@pytest.mark.parametrize("room", [60, 120, 200])
def test_a_formula_is_broken_before_signs_and_says_the_same(latex, room):
    line = band(Line(latex, "", ""))
    found = broken(line, room)
    assert "".join(part.latex for part in parts(latex, line.label)) == latex
    if line.label.width <= room:
        assert found.latex == latex and found.lines == 1
        return
    bare = re.sub(r"\\begin\{aligned\}|\\end\{aligned\}|\\\\ &\\quad|\\left\.|\\right\.|&", "", found.latex)
    assert re.sub(r"\s", "", bare) == re.sub(r"\s", "", latex)
    lines = found.latex.removeprefix(r"\begin{aligned}").removesuffix(r"\end{aligned}").split(r" \\ &\quad ")
    assert len(lines) == found.lines
    for text in lines:
        tokens = TOKEN.findall(text)
        assert sum(t.startswith(r"\left") for t in tokens) == sum(t.startswith(r"\right") for t in tokens)
        assert tokens.count("{") == tokens.count("}")
    for before, text in pairwise(lines):
        assert re.match(r"(\\left\.)*([-+]|\\circ)", text) or before.endswith(",")
    typeset = band(Line(found.latex, "", ""))
    assert typeset.label.width < line.label.width and typeset.label.width <= found.width + TEXT


def test_a_formula_breaks_at_its_outermost_sum_first():
    line = band(Line(r"y = (a + b) \circ c + (d + e) \circ f", "", ""))
    assert broken(line, 0.7 * line.label.width).latex == r"\begin{aligned}y &= (a + b) \circ c \\ &\quad + (d + e) \circ f\end{aligned}"


def test_what_cannot_be_broken_stays_as_it_is():
    for latex in (
        r"\mathbf{x}",
        r"\frac{a + b + c}{d + e}",
        r"S = \sum_{k = 1}^{N} f(t = k)",
        r"\begin{aligned}a &= b \\ &+ c\end{aligned}",
        "x" * 3000,
    ):
        assert broken(band(Line(latex, "", "")), 10).latex == latex


def test_the_margin_is_part_of_the_width():
    assert Page(width=500).room == 500 - 2 * MARGIN and Page(width=500, scale=2).room == 250 - 2 * MARGIN
    assert Page().room == PAGE - 2 * MARGIN and Page("right").room == math.inf
