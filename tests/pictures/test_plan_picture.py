"""Pictures of compiled plans: one box per step, and in words what is shared, done in place, stacked, dropped or folded."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from commands import refused, run
from conftest import ROOT, environment

import a1viz
from a1viz.base.errors import OutputError
from a1viz.graph.nodes import Graph, Node
from a1viz.pictures.dot_output import dot
from a1viz.pictures.drawing import FORMATS
from a1viz.pictures.plan_diagrams import steps
from a1viz.pictures.svg_output import description, svg

GIVEN = ("input", "parameter", "dropped")  # kinds of boxes that are no steps


def plan_of(name, **values):
    graph = a1viz.load(name)
    return a1viz.compile(graph, graph.parameters).plan(**values)


@pytest.fixture(scope="module")
def gated():
    """The plan of the gated network with the gradients of its parameters, and its diagram."""
    plan = plan_of("gated_network")
    return plan, steps(plan)


def texts(box) -> list[str]:
    return [line.text for line in box.lines]


def step_of(diagram, variable):
    """The box of the step that computes all of a variable."""
    return next(box for box in diagram.boxes if re.fullmatch(rf"\d+\. (.* = )?{variable}( = .*)?", box.lines[0].text))


def test_there_is_a_box_for_each_step_in_the_order_of_the_table(gated):
    plan, diagram = gated
    found = [box for box in diagram.boxes if box.kind not in GIVEN]
    assert [box.name for box in found] == [f"step {k}" for k in range(1, len(plan.table) + 1)]
    for box, (_, op, place, size) in zip(found, plan.table, strict=True):
        _, operation, where, *_ = texts(box)
        assert operation.startswith(f"{op}(") and where.startswith(place)
        assert f"{size} bytes" in where or where == f"{place}, another view"


def test_there_is_an_arrow_for_each_operand_that_is_no_number(gated):
    plan, diagram = gated
    items = plan.steps.items
    drawn = {edge.head for edge in diagram.edges}
    assert drawn == {box.name for box in diagram.boxes if box.kind not in GIVEN}
    written = [texts(box)[1] for box in diagram.boxes if box.kind not in GIVEN]
    operands = [o for text in written for o in dict.fromkeys(text.partition("(")[2][:-1].split(", ")) if not re.fullmatch(r"[-\d.]+", o)]
    assert len(diagram.edges) == len(operands) > len(plan.table)
    assert sum(v.op == "leaf" for v in items) == len({texts(box)[0] for box in diagram.boxes if box.kind in ("input", "parameter")})


def test_what_serves_several_variables_says_so_with_their_names(gated):
    _, diagram = gated
    marks = {line.text for box in diagram.boxes for line in box.lines if line.kind == "mark"}
    assert marks == {"shared: S, y_bar", "shared: h2, z2_bar", "shared: z1_bar, b1_bar", "shared: z2_bar, b2_bar"}
    assert "shared by S and y bar" in description(diagram)


def test_an_operation_that_is_asked_for_but_not_used_is_not_shared():
    graph = a1viz.parse("J = -(a - b); c = a - b; d = c * a", a=[2], b=[2])
    diagram = steps(a1viz.compile(graph).plan(a=[1.0, 2.0], b=[0.0, 1.0]))
    assert not [line for box in diagram.boxes for line in box.lines if line.kind == "mark"]


def test_a_step_in_place_says_so_and_its_arrow_is_thick(gated):
    plan, diagram = gated
    box = step_of(diagram, "z1")
    assert texts(box)[2] == "b0 in place, 32 bytes"
    assert "takes over the buffer of step 1" in box.lines[2].words
    thick = [(edge.tail, edge.head) for edge in diagram.edges if edge.kind == "in place"]
    places = {f"step {k}": row[2] for k, row in enumerate(plan.table, 1)}
    assert ("step 1", box.name) in thick
    assert all(places[tail] == places[head] for tail, head in thick)
    assert len(thick) == sum(" in place" in texts(b)[2] for b in diagram.boxes if b.kind not in GIVEN)
    picture = svg(diagram, "light")
    assert picture.count('stroke-width="3.4"') == len(thick)
    assert dot(diagram).count("penwidth=3]") == len(thick)


def test_what_has_no_step_is_listed_in_dashed_boxes(gated):
    _, diagram = gated
    dropped, folded = (box for box in diagram.boxes if box.kind == "dropped")
    assert texts(dropped) == ["dropped: no result needs them", "S (log softmax)", "S", "y_bar (scatter)", "y_bar (sub)"]
    assert texts(folded) == ["folded: known beforehand", "J_bar = 1", "S_bar = -1"]
    assert svg(diagram, "print").count('stroke-dasharray="4 3"') == 2
    assert dot(diagram).count("dashed") == 2


def test_a_leaf_that_is_not_read_is_dropped():
    graph = a1viz.parse("y = x * 2", x=[2])
    graph = replace(graph, nodes=(*graph.nodes, Node("spare", "input", (), (2,))))
    boxes = steps(a1viz.compile(graph).plan(x=[1.0, 2.0], spare=[0.0, 0.0])).boxes
    assert [texts(box) for box in boxes if box.kind == "dropped"] == [["dropped: no result needs them", "spare, not read"]]


def test_steps_that_compute_several_products_are_marked_as_stacked():
    graph = a1viz.load("gated_network")
    sizes = {"D": 9, "H": 6, "N": 5}
    given = {leaf.name: np.ones([sizes[d] for d in leaf.shape]) for leaf in graph.leaves if leaf.op != "label"}
    plan = a1viz.compile(graph, ["x", *graph.parameters]).bind(copy=True, t=1, **given).program
    diagram = steps(plan)
    marked = [texts(box)[1] for box in diagram.boxes if "stacked" in texts(box)]
    assert [line.partition("(")[0].strip("= ") for line in marked] == ["matvec", "add", "blocks", "vecmat", "outer"]
    assert {box.name for box in diagram.boxes if box.kind == "parameter"} == {"W1 + W2 + W4", "b1 + b2", "W3"}
    dropped = [texts(box) for box in diagram.boxes if box.kind == "dropped"]
    assert not any("z1" in line or "W1_bar" in line for lines in dropped for line in lines)
    assert svg(diagram, "print")


def test_leaves_and_results_are_told_apart(gated):
    plan, diagram = gated
    kinds = {kind: [box for box in diagram.boxes if box.kind == kind] for kind in ("input", "parameter", "output")}
    assert {box.lines[0].text for box in kinds["input"]} == {"x", "t"}
    assert [box.name for box in kinds["parameter"]] == ["W1", "b1", "W2", "b2", "W3", "W4"]
    assert len(kinds["output"]) == len(plan.results)


def test_a_plan_in_tiles_says_how_many_examples_it_takes_at_a_time():
    graph = a1viz.parse("h = relu(W @ x); y = V @ h", x=["D"], parameters={"W": [64, "D"], "V": [2, 64]})
    plan = a1viz.compile(graph).plan(x=np.ones((100_000, 3)), W=np.ones((64, 3)), V=np.ones((2, 64)))
    assert plan.tile < plan.rows
    assert f"for 100000 examples, {plan.tile} at a time" in steps(plan).about


def test_each_part_of_a_mean_gradient_belongs_to_its_own_parameter():
    plan = plan_of("gated_network", x=np.ones((6, 3)), t=np.zeros(6, int))
    divided = [row[0] for row in plan.table if row[1] == "div"][2:]
    assert [name.partition(":")[0] for name in divided] == ["W3_bar", "W4_bar", "W2_bar", "b2_bar", "W1_bar", "b1_bar"]
    diagram = steps(plan)
    assert r"\bar{\mathbf{W}}^{(1)}" in next(b for b in diagram.boxes if b.lines[0].text.endswith("for W1_bar")).lines[0].latex


def test_plans_of_norms_have_pictures_too():
    graph = a1viz.load("gated_network")
    a1viz.gradient_norms(graph)
    plans = [entry.program for kept in graph.__dict__["_plans"].values() for entry in kept.plans if entry.program]
    marks = {line.text for plan in plans for box in steps(plan).boxes for line in box.lines if line.kind == "mark"}
    assert any("norm2" in text for text in marks)


@pytest.mark.process
def test_the_picture_is_the_same_in_every_process():
    program = (
        "import hashlib, a1viz; g = a1viz.load('gated_network'); p = a1viz.draw(a1viz.compile(g, g.parameters).plan());"
        "print(*(hashlib.sha256(p.to(f)).hexdigest() for f in ('svg', 'dot', 'text')))"
    )
    seen = {
        subprocess.run([sys.executable, "-c", program], env=environment(PYTHONHASHSEED=seed), cwd=ROOT,
                       capture_output=True, text=True, check=True).stdout
        for seed in ("0", "1")
    }  # fmt: skip
    assert len(seen) == 1


HOSTILE = ("<script>alert(1)</script>", '" onload="alert(1)', "\x1b[31m", "} evil [label=x", r"\href{javascript:x}{y}")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_shown_and_never_obeyed(name):
    graph = Graph("hostile", (Node(name, "input", (), (2,)), Node(f"{name}2", "exp", (name,), (2,))), (f"{name}2",))
    picture = a1viz.draw(a1viz.compile(graph).plan(**{name: [1.0, 2.0]}))
    assert {element.tag.rpartition("}")[2] for element in ET.fromstring(picture.svg).iter()} <= {
        "svg", "title", "desc", "style", "defs", "path", "rect", "g", "use"
    }  # fmt: skip
    assert "\x1b" not in str(picture)
    assert "label=x]" not in re.sub(r'"(\\.|[^"\\])*"', '""', picture.to("dot").decode())
    assert picture.to("png")


def test_a_plan_is_drawn_in_every_format_but_a_live_page(gated):
    plan, _ = gated
    picture = a1viz.draw(plan, theme="dark")
    assert all(picture.to(name) for name in FORMATS if name != "html")
    with pytest.raises(OutputError, match="html is for graphs as boxes of equations, not for plans; these can be svg, png, pdf, dot"):
        picture.to("html")
    assert picture.note == f"{len(picture.diagram.boxes)} boxes, {len(picture.diagram.edges)} arrows"


@pytest.mark.parametrize("option", [{"backward": True}, {"values": {"x": [1, 2, 3]}}, {"view": "neurons"}, {"k": 1}, {"expand": "all"}])
def test_an_option_that_means_nothing_to_a_plan_is_refused(gated, option):
    with pytest.raises(OutputError, match=f"has no {next(iter(option))}; leave that out"):
        a1viz.draw(gated[0], **option)


def test_a_compiled_function_is_no_plan_yet():
    with pytest.raises(OutputError, match=r"draw one of them: a1viz\.draw\(compiled\.plan"):
        a1viz.draw(a1viz.compile(a1viz.load("sort2")))


def test_a_long_plan_is_shortened():
    lines = "; ".join(f"h{k + 1} = exp(sin{k} * h{k})" for k in range(200))
    graph = a1viz.parse(lines, h0=[2], **{f"sin{k}": [2] for k in range(200)})
    picture = a1viz.draw(a1viz.compile(graph).plan(h0=[0, 0], **{f"sin{k}": [0, 0] for k in range(200)}))
    assert len(picture.diagram.boxes) == 81
    assert "more boxes are not drawn" in picture.svg


AS_TEXT = ("--format", "text", "-o", "-")


def test_the_command_draws_the_plan(tmp_path):
    path = tmp_path / "plan.svg"
    for options in ([], ["--backward"]):
        assert re.search(r"\d+ boxes, \d+ arrows", run("render", "gated_network", "--plan", *options, "-o", path).stderr)
        assert ("shared by z 1 bar and b 1 bar" in path.read_text()) == bool(options)


def test_the_command_takes_values_and_cotangents():
    setting = ("--set", "x=[[1,0,2],[0,1,0]]", "--set", "y_bar=[1,0,0]")
    batch = run("render", "two_layer", "--plan", "--backward", *setting, *AS_TEXT).stdout
    assert "for W1_bar" in batch or ". W1_bar" in batch


def document(path, equation):
    leaf = re.findall(r"\w+", equation)[1]
    path.write_text(f'title = "T"\nequations = "{equation}"\n[inputs]\n{leaf} = []\n[values]\n{leaf} = 3\n')
    return path


def test_without_parameters_the_gradients_are_those_of_the_inputs(tmp_path):
    square = document(tmp_path / "square.toml", "y = x * x")
    assert "x_bar" in run("render", square, "--plan", "--backward", *AS_TEXT).stdout


@pytest.mark.parametrize(
    ("option", "message"),
    [("--values", "has no values"), ("--view=wires", "has no view"), ("--set=x=[1,2]", "give W1 too"), ("--set=y_bar=1", "cotangent")],
)
def test_what_cannot_be_drawn_as_a_plan_is_one_message(option, message):
    assert message in refused("render", "two_layer", "--plan", option, "-o", "-")


def test_a_graph_that_cannot_be_compiled_is_one_message(tmp_path):
    said = refused("render", document(tmp_path / "copy.toml", "y = copy * 2"), "--plan", "-o", "-")
    assert said == "error: copy is a keyword of compiled functions; rename the variable\n"
