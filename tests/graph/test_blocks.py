"""Blocks: a document used as one operator, to any depth, drawn as a box or as a frame, never both."""

from __future__ import annotations

import numpy as np
import pytest
from harmless import within

import a1viz
from a1viz.base.errors import A1vizError, DocumentError
from a1viz.base.limits import GRAPH_NODES

LINEAR = """
title = "Linear layer"
equations = "y = W @ x + b"
[sizes]
n = 3
m = 2
[inputs]
x = ["n"]
[parameters]
W = ["m", "n"]
b = ["m"]
[values]
b = [1, -1]
"""
NET = """
title = "Two layers, one of them used twice"
equations = '''
h = L(x)
y = K(relu(h))
w = L(x + 1)
z = sum(y) + sum(w)
'''
[sizes]
D = 3
[inputs]
x = ["D"]
[blocks]
L = "linear"
K = "linear"
"""
DEEP = """
title = "Blocks of blocks"
equations = '''
a = N(x)
b = N(x * a)
'''
[sizes]
D = 3
[inputs]
x = ["D"]
[blocks]
N = "net"
"""
FOUR = """
title = "Four numbers in order, by five comparators"
equations = '''
a1, a2 = S(x1, x2)
a3, a4 = S(x3, x4)
y1, b3 = S(a1, a3)
b2, y4 = S(a2, a4)
y2, y3 = S(b3, b2)
'''
[inputs]
x1 = []
x2 = []
x3 = []
x4 = []
[blocks]
S = "sort2"
"""


def simple(equations, blocks="", inputs="x = []"):
    return f"title = 'T'\nequations = '''\n{equations}\n'''\n[inputs]\n{inputs}\n[blocks]\n{blocks}\n"


def test_instances_are_numbered_in_order_and_parameters_are_shared(shelf):
    g = shelf(linear=LINEAR, net=NET)
    assert {n.block for n in g.nodes if n.block} == {"L1", "L2", "K1"}
    assert g.parameters == ("L.W", "L.b", "K.W", "K.b")
    assert g["L.W"].shape == ("L.m", "D") and g["K.W"].shape == ("K.m", "L.m")
    assert g["h"].block == "L1" and g["w"].block == "L2" and g["y"].block == "K1"


def test_blocks_nest_to_any_depth(shelf):
    g = shelf(linear=LINEAR, net=NET, deep=DEEP)
    assert {"N1", "N1.L1", "N2.L2", "N2.K1"} <= {n.block for n in g.nodes}
    assert g.parameters == ("N.L.W", "N.L.b", "N.K.W", "N.K.b")
    assert g["N1.h"].op == "add"


def test_values_through_blocks_are_those_of_the_equations_written_out(shelf):
    g = shelf(linear=LINEAR, net=NET, deep=DEEP)
    rng = np.random.default_rng(1)
    W, b, V, c, x = (rng.standard_normal(s) for s in [(2, 3), 2, (4, 2), 4, 3])

    def net(x):
        return (V @ np.maximum(W @ x + b, 0) + c).sum() + (W @ (x + 1) + b).sum()

    found = a1viz.run(g, x=x, **{"N.L.W": W, "N.L.b": b, "N.K.W": V, "N.K.b": c})
    assert found["b"] == pytest.approx(net(x * net(x)))


def test_gradients_through_blocks_agree_with_central_differences(shelf):
    report = a1viz.check(shelf(linear=LINEAR, net=NET, deep=DEEP))
    assert report.ok, str(report)
    assert {"N.L.W_bar", "x_bar", "adjoint identity"} <= {f.what for f in report.findings}


@pytest.mark.parametrize("values", [(4, 3, 2, 1), (1, 2, 3, 4), (2, 2, -1, 0.5), (0, 0, 0, 0)])
def test_a_sorting_network_of_blocks_sorts(shelf, values):
    found = a1viz.run(shelf(four=FOUR), **{f"x{k}": v for k, v in enumerate(values, 1)})
    assert [float(found[f"y{k}"]) for k in (1, 2, 3, 4)] == sorted(values)


def test_a_block_brings_its_values_and_the_document_can_replace_them(shelf):
    assert shelf(linear=LINEAR, net=NET).document.values == {"L.b": [1, -1], "K.b": [1, -1]}
    replaced = shelf(linear=LINEAR, net=NET + '[values]\n"L.b" = [5, 6]\n')
    assert replaced.document.values == {"L.b": [5, 6], "K.b": [1, -1]}
    assert a1viz.run(replaced, trace=True)["L.b"].tolist() == [5, 6]


def test_titles_and_symbols_of_every_instance_are_known(shelf):
    g = shelf(linear=LINEAR + '[symbols]\nW = "A^(1)"\n', net=NET, deep=DEEP)
    assert g.document.blocks["N1"] == "Two layers, one of them used twice"
    assert g.document.blocks["N2.L1"] == "Linear layer"
    assert g.document.symbols["N.L.W"] == "A^(1)"


def test_a_matrix_can_take_what_a_block_returns(shelf):
    text = simple("h = L(x)\ny = V @ h", 'L = "linear"', 'x = ["D"]\n[sizes]\nD = 3\nK = 4\n[parameters]\nV = ["K", "L.m"]')
    assert a1viz.run(shelf(linear=LINEAR, outer=text))["y"].shape == (4,)


def test_an_input_handed_straight_through_keeps_its_value_and_gradient(shelf):
    g = shelf(swap=simple("a = y\nb = x", inputs="x = []\ny = []"), outer=simple("u, v = S(x, 2 * x)", 'S = "swap"'))
    assert a1viz.run(g, x=3.0) == {"u": 6.0, "v": 3.0}
    assert a1viz.grad(g, ["x"], {"u": 1.0, "v": 1.0}, x=3.0)["x_bar"] == 3


def test_an_input_a_block_does_not_use_is_still_an_argument(shelf):
    g = shelf(first=simple("y = x", inputs="x = []\nunused = []"), outer=simple("u = S(x, 7)", 'S = "first"'))
    assert a1viz.run(g, x=3.0)["u"] == 3


CELL = """
title = "What a cell does with its gates"
equations = '''
c = f*c0 + i*u
h = o*tanh(c)
'''
[inputs]
f = []
c0 = []
i = []
u = []
o = []
"""


@pytest.mark.parametrize("outputs", ["", 'outputs = ["c", "h"]\n'])
def test_a_block_returns_a_variable_that_it_also_uses(shelf, outputs):
    text = simple("c1, h1 = L(x, 0.5, 1, 2, 1)\nc2, h2 = L(x, c1, h1, 2, 1)", 'L = "cell"', "x = []")
    g = shelf(cell=CELL.replace("equations", f"{outputs}equations", 1), outer=text)
    c1 = 3 * 0.5 + 2
    found = a1viz.run(g, trace=True, x=3.0)
    assert (found["c1"], found["h1"]) == (c1, np.tanh(c1)) and found["c2"] == 3 * c1 + np.tanh(c1) * 2
    assert a1viz.grad(g, "x", of="h2", x=3.0)["x_bar"] == pytest.approx(
        (1 - found["h2"] ** 2) * (c1 + 3 * 0.5 + 2 * 0.5 * (1 - np.tanh(c1) ** 2))
    )


def test_a_block_of_named_outputs_returns_these_in_their_order(shelf):
    text = simple("h1, c1 = L(x, 0.5, 1, 2, 1)", 'L = "cell"', "x = []")
    g = shelf(cell='outputs = ["h", "c"]\n' + CELL, outer=text)
    assert a1viz.run(g, trace=True, x=3.0)["c1"] == 3.5


def test_a_block_may_return_its_own_parameter(shelf):
    g = shelf(
        linear=LINEAR.replace("equations", 'outputs = ["y", "b"]\nequations'),
        outer=simple("u, v = L(x)", 'L = "linear"', 'x = ["D"]\n[sizes]\nD = 3'),
    )
    assert a1viz.run(g)["v"].tolist() == [1, -1]


REFUSED = [  # equations, blocks, what is said
    ("u = L(x, x)", "L takes 1 (x), but is given 2"),
    ("u = L()", "L takes 1 (x), but is given 0"),
    ("u, v = L(x)", "L returns 1 (y), but the left side has 2 names"),
    ("u = L(s)", "L: x must be a vector (n,), but what is given is a scalar"),
    ("u = L(x)\nv = L(w)", "inside L2: L.W @ w: shapes (L.m, D) and (E,) do not match; L.W has D columns, w has E entries"),
    ("u = relu(L(x))", "the block L stands alone on the right of =, not inside an expression"),
    ("u = L", "L is a block; call it: ... = L(x)"),
    ("L = x", "L is the name of a block; choose another name for the variable"),
    ("L1 = L(x)", "L1 is the name of this instance of L and of something else; rename that, or the block"),
    ("u = L(x=x)", "L is given its inputs in their order, without names: x"),
    ("u = L('x')", "'x' is text in quotes, which is no value"),
    ("u = L([1, x])", "a list holds numbers, as in [1, 2, 3], and x is none; stack(a, b) makes a vector of scalars"),
    ("u = LL(x)", "unknown operator 'LL'; the page Operators of the reference lists them all"),
]


@pytest.mark.parametrize(("equations", "message"), REFUSED)
def test_a_wrong_call_is_refused_with_its_line(shelf, equations, message):
    inputs = 'x = ["D"]\nw = ["E"]\ns = []\n[sizes]\nD = 3\nE = 4'
    with pytest.raises(DocumentError) as caught:
        shelf(linear=LINEAR, outer=simple(equations, 'L = "linear"', inputs))
    line = 2 + equations.count("\n") + 1
    (problem,) = caught.value.problems
    assert f"outer.toml, line {line}" in problem and problem.endswith(message)


def test_a_document_cannot_contain_itself(shelf):
    with pytest.raises(DocumentError, match="a document cannot contain itself: one -> two -> one"):
        shelf(two=simple("y = S(x)", 'S = "one"'), one=simple("y = S(x)", 'S = "two"'))


def test_a_block_that_is_not_there_is_reported_once_with_its_line(shelf):
    with pytest.raises(DocumentError) as caught:
        shelf(outer=simple("y = S(x)\nz = S(y)", 'S = "sort9"'))
    (problem,) = caught.value.problems
    assert "line 9: block 'S': no graph is called 'sort9'; did you mean 'sort2'?" in problem


def test_problems_inside_a_block_are_reported_at_their_own_file_and_line(shelf):
    with pytest.raises(DocumentError) as caught:
        shelf(inner=simple("y = relo(x)"), outer=simple("y = S(x)", 'S = "inner"\nT = "inner"'))
    first, second = caught.value.problems
    assert "inner.toml, line 3, column 5: unknown operator 'relo'" in first
    assert "block 'T'" in second and second.endswith("inner.toml has problems, see there")


def test_blocks_nested_too_deeply_are_refused_without_a_traceback(shelf):
    documents = {f"n{k}": simple("y = S(x)" if k else "y = x", f'S = "n{k - 1}"' if k else "") for k in range(80)}
    with pytest.raises(DocumentError, match="blocks are nested more than 50 deep"):
        shelf(**documents)


def test_blocks_that_multiply_are_refused_in_seconds(shelf):
    calls = "\n".join(f"y{k} = S({f'y{k - 1}' if k else 'x'})" for k in range(10))
    documents = {f"l{k}": simple(calls if k else "y = x", f'S = "l{k - 1}"\nT = "l{k - 1}"' if k else "") for k in range(20)}
    with within(100), pytest.raises(DocumentError, match=f"larger than {GRAPH_NODES:,} variables"):
        shelf(**documents)


def test_each_file_is_read_once_however_many_blocks_name_it(shelf):
    """Twice two blocks on thirty levels would be 2**30 readings."""
    documents = {f"l{k}": simple("y = S(x)" if k else "y = x", f'S = "l{k - 1}"\nT = "l{k - 1}"' if k else "") for k in range(30)}
    assert len(shelf(**documents)) == 2


VIEWS = [  # what is expanded, boxes, frames
    ((), {"x1", "x2", "x3", "x4", "S1", "S2", "S3", "S4", "S5"}, set()),
    (("S1",), {"x1", "x2", "x3", "x4", "S1.x", "S1.z", "S1.h", "S1.y", "a1", "a2", "S2", "S3", "S4", "S5"}, {"S1"}),
]


@pytest.mark.parametrize(("expand", "boxes", "frames"), VIEWS)
def test_a_block_is_one_box_or_one_frame_and_never_both(shelf, expand, boxes, frames):
    diagram = a1viz.draw(shelf(four=FOUR), expand=expand).diagram
    assert {box.name for box in diagram.boxes} - {"y1", "y2", "y3", "y4"} == boxes  # the outputs may have boxes of their own
    assert {cluster.name for cluster in diagram.clusters} == frames


@pytest.mark.parametrize("backward", [False, True])
def test_everything_expanded_has_a_frame_for_every_instance_and_no_box_for_any(shelf, backward):
    diagram = a1viz.draw(shelf(linear=LINEAR, net=NET, deep=DEEP), expand="all", backward=backward).diagram
    frames, boxes = {c.name for c in diagram.clusters}, {b.name for b in diagram.boxes}
    assert frames == {"N1", "N2"} | {f"N{k}.{b}" for k in (1, 2) for b in ("L1", "K1", "L2")}
    assert not frames & boxes
    assert all(b.cluster in frames | {""} for b in diagram.boxes)


@pytest.mark.parametrize("expand", [(), ("N1",), ("N1", "N1.L1"), ("all",)])
def test_every_arrow_of_a_diagram_joins_two_of_its_boxes(shelf, expand):
    diagram = a1viz.draw(shelf(linear=LINEAR, net=NET, deep=DEEP), expand=expand).diagram
    boxes = {b.name for b in diagram.boxes}
    assert diagram.edges and all(e.tail in boxes and e.head in boxes for e in diagram.edges)


def test_an_unknown_block_to_expand_is_refused_by_name(shelf):
    with pytest.raises(A1vizError, match="has no block 'S9'"):
        a1viz.draw(shelf(four=FOUR), expand="S9")
