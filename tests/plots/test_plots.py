"""Figures: the same from build to build, readable by everybody, nothing from elsewhere, and each shown on a page."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from html import unescape
from urllib.parse import unquote

import numpy as np
import pytest
from conftest import ROOT, environment

from a1viz import plots
from a1viz.base.errors import OutputError
from a1viz.calculus.costs import Polynomial, cost
from a1viz.gradients.contraction import CONTRACT, ORDERS, order_cost
from a1viz.graph.equations import parse
from a1viz.pictures.themes import COLOURS, contrast
from a1viz.plots import FIGURES, Figure, Panel, kernels, series
from a1viz.plots.figure import STYLES
from a1viz.plots.formulas import LETTERS, formula
from a1viz.plots.kernels import REGIONS, Factor
from a1viz.plots.panel_sizes import ALONE, BESIDE
from a1viz.site import fence

SVG = "{http://www.w3.org/2000/svg}"
PAGES = [path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md")]
FAST = [name for name in FIGURES if name != "norms_measured"]


@pytest.fixture(scope="module")
def drawn() -> dict[str, tuple[Figure, list[str]]]:
    """Every figure, computed once, and its panels."""
    found = {name: make() for name, make in FIGURES.items()}
    return {name: (figure, [plots.svg(p, f"a1-{name}-{k}") for k, p in enumerate(figure.panels)]) for name, figure in found.items()}


# --- every row of FIGURES -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_shown_on_a_page(name):
    assert any(re.search(rf"^ *figure: {name}$", page, re.M) for page in PAGES)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_says_what_it_shows_and_brings_its_numbers(name, drawn):
    figure, _ = drawn[name]
    assert figure.title and figure.about and figure.rows
    assert {len(row) for row in figure.rows} == {len(figure.head)}
    read = list(csv.reader(io.StringIO(figure.csv)))
    assert read == [list(figure.head), *([str(cell) for cell in row] for row in figure.rows)]


@pytest.mark.parametrize("name", FIGURES)
def test_a_panel_is_well_formed_and_says_in_words_what_it_shows(name, drawn):
    figure, panels = drawn[name]
    for panel, text in zip(figure.panels, panels, strict=True):
        root = ET.fromstring(text)
        assert root.tag == f"{SVG}svg"
        assert root.get("role") == "img"
        words = {child.get("id"): child.text for child in root if child.tag in (f"{SVG}title", f"{SVG}desc")}
        assert [words[root.get(f"aria-{how}by")] for how in ("labelled", "described")] == [panel.title, panel.words]
        assert len(panel.words) > 20
        assert "width" not in root.keys()


@pytest.mark.parametrize("name", FIGURES)
def test_a_panel_needs_nothing_from_elsewhere(name, drawn):
    for text in drawn[name][1]:
        assert set(re.findall(r"https?://[^\s\"']+", text)) == {"http://www.w3.org/2000/svg"}  # the name of SVG, not an address
        assert not re.search(r"<(?:text|image|script|foreignObject|metadata)\b", text)
        targets = set(re.findall(r'href="(.*?)"', text)) | set(re.findall(r"url\((.*?)\)", text))
        ids = re.findall(r'\bid="(.*?)"', text)
        assert targets <= {f"#{identity}" for identity in ids}


@pytest.mark.parametrize("name", FIGURES)
def test_the_ids_of_a_panel_are_its_own(name, drawn):
    ids = [identity for text in drawn[name][1] for identity in re.findall(r'\bid="(.*?)"', text)]
    assert len(ids) == len(set(ids))
    assert all(identity.startswith(f"a1-{name}-") for identity in ids)


@pytest.mark.parametrize("name", FIGURES)
def test_a_panel_is_painted_in_roles_only(name, drawn):
    for text in drawn[name][1]:
        body = re.sub(r"<style>.*?</style>", "", text, flags=re.S)
        assert not re.findall(r"#[0-9a-f]{6}\b", body), "a colour without a role does not follow light and dark"
        assert not re.findall(r"(?:fill|stroke): ?(?!none|var|url)\w+", body)
        assert set(re.findall(r"var\(--a1viz-([\w-]+)\)", body)) <= set(COLOURS)


@pytest.mark.parametrize("theme", [0, 1])
def test_lines_and_words_of_a_figure_stand_out(theme):
    paper = COLOURS["paper"][theme]
    for role, _, _ in STYLES:
        assert contrast(COLOURS[role][theme], paper) >= 3, role
    for role in ("ink", "muted", "frame"):  # words: of the plot, of its ticks, of lines in a map
        assert contrast(COLOURS[role][theme], paper) >= 4.5, role
    for region, hatch in REGIONS.values():
        assert contrast(COLOURS["ink"][theme], COLOURS[region][theme]) >= 3, "the border of a region"
        assert not hatch or contrast(COLOURS["muted"][theme], COLOURS[region][theme]) >= 3, "its hatching"
        assert contrast(COLOURS["frame"][theme], COLOURS[region][theme]) >= 3, "a dotted line"


def test_no_two_lines_or_regions_differ_by_colour_alone():
    assert len({(str(dash), marker) for _, dash, marker in STYLES}) == len(STYLES)
    assert len({hatch for _, hatch in REGIONS.values()}) == len(REGIONS)


@pytest.fixture(scope="module")
def elsewhere() -> dict[str, str]:
    """What another process, with another seed of hashes, makes of the same figures: their numbers and their panels."""
    program = f"""
import json
from a1viz import plots
found = {{}}
for name in {FAST!r}:
    figure = plots.FIGURES[name]()
    found[name] = figure.csv + "".join(plots.svg(panel, f"a1-{{name}}-{{k}}") for k, panel in enumerate(figure.panels))
print(json.dumps(found))
"""
    command = [sys.executable, "-X", "utf8", "-c", program]
    return json.loads(subprocess.run(command, capture_output=True, cwd=ROOT, check=True, env=environment(PYTHONHASHSEED="7")).stdout)


@pytest.mark.process
@pytest.mark.parametrize("name", FAST)
def test_a_figure_that_measures_nothing_is_the_same_every_time(name, drawn, elsewhere):
    figure, panels = drawn[name]
    assert not figure.is_measured
    assert elsewhere[name] == figure.csv + "".join(panels)


def test_the_readers_own_matplotlib_settings_change_nothing():
    from matplotlib import rc_context

    panel = Panel("A line", "It goes up.", lambda axes: series.lines(axes, [1, 2], {"a": [1, 2]}))
    with rc_context({"lines.linewidth": 9, "axes.grid": True, "font.size": 30, "svg.fonttype": "none"}):
        loud = plots.svg(panel, "x")
    assert loud == plots.svg(panel, "x")


def test_a_hostile_title_is_only_text():
    panel = Panel("<script>$x_1 & 'y'", '"><b>', lambda axes: None)
    root = ET.fromstring(plots.svg(panel, "x"))
    assert [child.text for child in root][:2] == [panel.title, panel.words]


@pytest.mark.parametrize(("name", "size"), [("descent_steps", BESIDE), ("poly_errors", BESIDE), ("noise_by_weights", ALONE)])
def test_on_paper_a_panel_has_letters_that_can_be_read_and_a_legend_that_hides_nothing(name, size):
    for panel in plots.FIGURES[name]().panels:
        drawn = plots.svg(panel, "x", size=size)
        letters = [100 * float(scale) for scale in re.findall(r"translate\([^)]*\) scale\(([0-9.]+) -[0-9.]+\)", drawn)]
        assert letters and min(letters) >= 0.8 * 10.5
        width, height = map(float, re.search(r'viewBox="0 0 ([0-9.]+) ([0-9.]+)"', drawn).groups())
        assert width == pytest.approx(72 * size.width, rel=1e-4) and height > 72 * size.height + size.text
        assert 'id="x-legend_1"' in drawn


# --- without Matplotlib, and in a fence ---------------------------------------------------------------------------------------


def test_without_matplotlib_a_figure_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(OutputError, match="pip install"):
        plots.svg(Panel("a", "b", lambda axes: None), "x")


@pytest.mark.process
def test_importing_the_figures_loads_no_matplotlib():
    program = "import sys, a1viz.plots; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], env=environment(), check=False).returncode == 0


def test_a_fence_shows_a_figure_with_its_table_and_file():
    page = fence.format("figure: uses_costs")
    assert page.count("<svg") == 1
    assert "<details><summary>The numbers</summary>" in page
    file = re.search(r'download="uses_costs.csv" href="data:text/csv;charset=utf-8,([^"]*)"', page)[1]
    assert unquote(file) == FIGURES["uses_costs"]().csv


def test_a_figure_without_panels_is_its_table():
    page = fence.format("figure: pass_costs\ncaption: 'Mine & yours'")
    assert page.startswith('<figure class="a1viz a1viz-results"><div class="a1viz-picture"')
    assert "<details>" not in page
    assert "<figcaption>Mine &amp; yours</figcaption>" in page


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("figure: uses_cost", "did you mean 'uses_costs'?"),
        ("figure: uses_costs\ngraph: two_layer", "give either"),
        ("figure: uses_costs\nfrom: 1", "unknown key 'from'"),
        ("graph: two_layer\nview: norms\nmethod: naiv", "did you mean 'naive'?"),
    ],
)
def test_a_wrong_figure_is_a_message_in_the_page(source, says):
    assert says in unescape(fence.format(source))


# --- the fence's views of gradient norms --------------------------------------------------------------------------------------


def spoken(page: str) -> list[str]:
    """What the boxes of a drawn graph say."""
    return [unescape(words) for words in re.findall(r'<g [^>]*role="img" aria-label="(.*?)"', page)]


def test_the_norm_graphs_say_where_they_differ():
    naive = spoken(fence.format("graph: two_layer\nview: norms\nmethod: naive"))
    efficient = spoken(fence.format("graph: two_layer\nview: norms"))
    assert {box.split(" equals")[0] for box in naive if box.endswith("falls away")} == {"W 1 bar", "W 2 bar"}
    assert {box.split(" equals")[0] for box in naive if box.endswith("to be rewritten")} == {"W 1_norm 2", "W 2_norm 2"}
    assert {box.split(" equals")[0] for box in efficient if box.endswith("rewritten")} == {"W 1_norm 2", "W 2_norm 2"}
    assert not any("W 1 bar equals" in box or "W 2 bar equals" in box for box in efficient)


def test_the_norms_of_some_parameters_can_be_drawn():
    page = fence.format("graph: two_layer\nview: norms\nwrt: W2")
    assert any("W 2_norm" in box for box in spoken(page))
    assert not any("W 1_norm" in box for box in spoken(page))


def test_a_rewrite_is_shown_step_by_step():
    page = fence.format("graph: two_layer\nview: rewrite")
    steps = re.findall(r"<li>(.*?):", page)
    assert steps == ["Norm of an outer product"] * 2
    assert "becomes W 1_norm 2 equals norm 2(z bar) elementwise times norm 2(x)" in page


def test_the_cross_term_of_a_weight_used_twice_is_shown():
    source = "equations: 'y = W @ (W @ x)'\nsizes: {D: 2}\ninputs: {x: [D]}\nparameters: {W: [D, D]}\nview: rewrite"
    assert "Inner product of outer products" in fence.format(source)


def test_where_no_identity_applies_the_page_says_so():
    source = "equations: 'y = w * x'\nsizes: {D: 2}\ninputs: {x: [D]}\nparameters: {w: [D]}\nview: rewrite"
    assert fence.format(source) == "<p>No identity applies.</p>"


# --- the numbers --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ORDERS)
def test_the_polynomial_of_an_order_is_what_a_graph_of_it_costs(order):
    product = CONTRACT[order](*(Factor(f"M{k}") for k in range(1, 5)))
    graph = parse(f"Theta = {product.text}", M1=["O", "Y"], M2=["Y", "P"], M3=["P", "Y"], M4=["Y", "O"])
    assert kernels.order_polynomial(order) == cost(graph).multiplications
    assert kernels.order_polynomial(order).at({"O": 2, "Y": 3, "P": 5}) == order_cost(order, 2, 3, 5)


def test_the_map_names_every_order_that_is_as_cheap_as_the_cheapest():
    rng = np.random.default_rng(0)
    for O, Y, P in rng.integers(1, 30, (200, 3)).tolist():
        costs = {order: order_cost(order, O, Y, P) for order in ORDERS}
        assert kernels.winners(O, Y, P) == tuple(order for order in ORDERS if costs[order] == min(costs.values()))


@pytest.mark.parametrize(
    ("products", "latex"),
    [
        ([], "0"),
        ([[3]], "3"),
        ([["D", "D", "N", "K"]], "N K D^{2}"),
        ([[2, "D", "D", "N", "K"], [-1, "D", "D", "N"]], r"N D^{2} \, (2 K - 1)"),
        ([["O", "O", "P"], [2, "O", "P", "Y"]], r"O P \, (O + 2 Y)"),
        ([["A"], ["B"]], "A + B"),
    ],
)
def test_a_polynomial_is_printed_with_what_its_terms_share_in_front(products, latex):
    total = Polynomial()
    for product in products:
        total = total + Polynomial.product(product)
    assert formula(total).latex == latex
    assert formula(total).text == total.text(LETTERS)


def test_what_is_measured_is_the_naive_and_the_efficient_graph(drawn):
    figure, panels = drawn["norms_measured"]
    assert figure.is_measured and len(panels) == 4
    at = {row[:3]: row for row in figure.rows}
    naive, efficient = (float(at[way, 1024, 64][4]) for way in ("naive", "efficient"))
    assert naive > 10 * efficient, "MiB"


def test_the_caption_of_two_paths_says_where_they_are_when_the_drawing_ends(drawn):
    from a1viz.plots.regression import STEPS_DRAWN, valley
    from a1viz.regression import descend, fit

    about = drawn["descent_steps"][0].about
    limit = fit(*valley()).step_limit
    left = [descend(*valley(), [-2.0, 2.0], share * limit, steps=STEPS_DRAWN).distances for share in (0.1, 0.95)]
    assert f"from a distance of {left[0][0]:.2g}" in about and f"down the valley and is {left[0][-1]:.2g} away" in about
    assert f"from wall to wall and is {left[1][-1]:.2g} away" in about


def test_where_a_choice_sorts_stands_where_a_narrow_page_does_not_cut_it_off(drawn):
    assert drawn["sort2_forms"][0].head[:2] == ("form", "sorts")
