"""Blocks that are repeated: copies that feed one another, whose parameters are shared or their own, each with its entry of an array."""

from __future__ import annotations

import numpy as np
import pytest
from harmless import within

import a1viz
from a1viz.base.errors import DocumentError, InputError
from a1viz.base.limits import COPIES, GRAPH_NODES
from a1viz.graph import blocks

CELL = """
title = "A recurrent cell with its loss"
outputs = ["h", "J"]
equations = '''
h = tanh(U @ h0 + W @ x + b)
J = J0 - log_softmax(V @ h)[t]
'''
[sizes]
H = 3
D = 2
C = 4
[inputs]
h0 = ["H"]
J0 = []
x = ["D"]
t = {class = "C"}
[parameters]
U = ["H", "H"]
W = ["H", "D"]
V = ["C", "H"]
b = ["H"]
"""
RNN = """
title = "A recurrent network"
equations = '''
h, J = R(h0, 0, X, words)
'''
loss = "J"
[sizes]
T = 5
H = 3
D = 2
C = 4
[inputs]
h0 = ["H"]
X = ["T", "D"]
words = {class = "C", shape = ["T"]}
[blocks]
R = {graph = "cell", repeat = "T", each = ["x", "t"]}
"""
LAYER = """
title = "A layer"
equations = "y = x + tanh(W @ x)"
[sizes]
n = 3
[inputs]
x = ["n"]
[parameters]
W = ["n", "n"]
[values]
W = [[1, 0, 2], [0, 1, 0], [0, 0.5, 0]]
"""
DEEP = """
title = "A deep network"
equations = '''
y = L(x)
J = norm2(y)
'''
[sizes]
D = 3
[inputs]
x = ["D"]
[blocks]
L = {graph = "layer", repeat = 4, weights = "own"}
"""
WIDENING = """
title = "From few to many"
equations = "y = tanh(W @ x)"
[sizes]
n = 3
m = 5
[inputs]
x = ["n"]
[parameters]
W = ["m", "n"]
"""


def document(equations, block, inputs='x = ["D"]', sizes="D = 3\nT = 4"):
    return f"title = 'T'\nequations = '''\n{equations}\n'''\n[sizes]\n{sizes}\n[inputs]\n{inputs}\n[blocks]\nL = {block}\n"


def rnn(h, X, words, U, W, V, b):
    """The network as a loop, and its loss."""
    J = 0.0
    for t in range(X.shape[-2]):
        h = np.tanh(h @ U.T + X[..., t, :] @ W.T + b)
        y = h @ V.T
        J = J + np.log(np.exp(y).sum(-1)) - np.take_along_axis(y, words[..., t, None], -1)[..., 0]
    return h, J


@pytest.mark.parametrize("batch", [(), (1,), (4,), (0,)])
def test_a_recurrent_network_is_the_loop_over_its_steps(shelf, batch):
    g = shelf(cell=CELL, rnn=RNN)
    assert g.parameters == ("R.U", "R.W", "R.V", "R.b")
    rng = np.random.default_rng(1)
    X, words, h0 = rng.standard_normal((*batch, 5, 2)), rng.integers(0, 4, (*batch, 5)), rng.standard_normal(3)
    U, W, V, b = (rng.standard_normal(s) for s in [(3, 3), (3, 2), (4, 3), 3])
    values = {"X": X, "words": words, "h0": h0, "R.U": U, "R.W": W, "R.V": V, "R.b": b}
    h, J = rnn(h0, X, words, U, W, V, b)
    found, planned = a1viz.run(g, trace=True, **values), a1viz.compile(g)(**values)
    assert found["h"] == pytest.approx(h) and found["J"] == pytest.approx(J) and planned["J"] == pytest.approx(J)
    if batch != (0,):
        leaves = [node.name for node in g.leaves if node.op != "label"]
        gradients, planned = a1viz.grad(g, leaves, **values), a1viz.compile(g, leaves)(**values)
        assert all(gradients[f"{name}_bar"] == pytest.approx(planned[f"{name}_bar"]) for name in leaves)


def test_gradients_through_copies_agree_with_central_differences(shelf):
    for g in (shelf(cell=CELL, rnn=RNN), shelf(layer=LAYER, deep=DEEP)):
        assert a1viz.check(g).ok, str(a1viz.check(g))


def test_copies_are_numbered_and_each_may_have_its_own_parameters(shelf):
    g = shelf(layer=LAYER, deep=DEEP)
    assert g.parameters == ("L1.W", "L2.W", "L3.W", "L4.W")
    assert [n.name for n in g.nodes if n.op == "add"] == ["L1.y", "L2.y", "L3.y", "y"]
    assert {n.block for n in g.nodes} == {"", "L1", "L2", "L3", "L4"}
    assert g.document.repeats == {"L1": 4} and g.document.values["L3.W"] == [[1, 0, 2], [0, 1, 0], [0, 0.5, 0]]
    x, weights = np.array([1.0, -2.0, 0.5]), np.random.default_rng(0).standard_normal((4, 3, 3))
    y = x
    for W in weights:
        y = y + np.tanh(W @ y)
    assert a1viz.run(g, trace=True, x=x, **{f"L{k}.W": W for k, W in enumerate(weights, 1)})["y"] == pytest.approx(y)


def test_shared_parameters_are_one_leaf_and_their_gradient_is_the_sum(shelf):
    g = shelf(layer=LAYER, deep=DEEP.replace('"own"', '"shared"'))
    own = shelf(layer=LAYER, deep=DEEP)
    x, W = np.array([1.0, -2.0, 0.5]), np.random.default_rng(0).standard_normal((3, 3))
    each = a1viz.grad(own, x=x, **{f"L{k}.W": W for k in range(1, 5)})
    assert g.parameters == ("L.W",)
    assert a1viz.grad(g, x=x, **{"L.W": W})["L.W_bar"] == pytest.approx(sum(each[f"L{k}.W_bar"] for k in range(1, 5)))


def test_own_weights_without_repeat_belong_to_each_call(shelf):
    g = shelf(layer=LAYER, two=document("a = L(x)\ny = L(a)", '{graph = "layer", weights = "own"}'))
    assert g.parameters == ("L1.W", "L2.W") and g.document.repeats == {}


def test_a_second_call_counts_on(shelf):
    g = shelf(layer=LAYER, two=document("a = L(x)\nb = a + 1\ny = L(b)", '{graph = "layer", repeat = 3, weights = "own"}'))
    assert g.parameters == tuple(f"L{k}.W" for k in range(1, 7)) and g.document.repeats == {"L1": 3, "L4": 3}


def test_a_block_repeated_once_is_a_block(shelf):
    once, plain = (shelf(layer=LAYER, one=document("y = L(x)", block)) for block in ('{graph = "layer", repeat = 1}', '"layer"'))
    assert once.nodes == plain.nodes and once.document.values == plain.document.values


def test_the_shapes_of_own_weights_follow_what_each_copy_is_given(shelf):
    g = shelf(wide=WIDENING, outer=document("y = L(x)", '{graph = "wide", repeat = 3, weights = "own"}'))
    assert [g[name].shape for name in g.parameters] == [("L.m", "D"), ("L.m", "L.m"), ("L.m", "L.m")]
    assert a1viz.run(g)["y"].shape == (5,) and g.document.sizes["L.m"] == 5


NESTED = document("a, b = L(x, 2)\nJ = norm2(a) + b", '{graph = "middle", repeat = 2, weights = "own"}')
MIDDLE = """
title = "Several layers"
outputs = ["y", "k"]
equations = '''
z = L(x)
y = z - 1
k = 2 * k0
'''
[sizes]
E = 3
[inputs]
x = ["E"]
k0 = []
[blocks]
L = {graph = "layer", repeat = 3, weights = "WEIGHTS"}
"""


@pytest.mark.parametrize(
    ("weights", "parameters"),
    [("own", [f"L{k}.L{j}.W" for k in (1, 2) for j in (1, 2, 3)]), ("shared", ["L1.L.W", "L2.L.W"])],
)
def test_repeated_blocks_nest(shelf, weights, parameters):
    g = shelf(layer=LAYER, middle=MIDDLE.replace("WEIGHTS", weights), nested=NESTED)
    assert list(g.parameters) == parameters
    assert g.document.repeats == {"L1": 2, "L1.L1": 3, "L2.L1": 3}
    assert {n.block for n in g.nodes} == {"", "L1", "L2", *(f"L{k}.L{j}" for k in (1, 2) for j in (1, 2, 3))}
    found = a1viz.run(g, trace=True, x=[0.1, 0.2, 0.3])
    y, W = np.array([0.1, 0.2, 0.3]), np.array([[1, 0, 2], [0, 1, 0], [0, 0.5, 0]])
    for _ in range(2):
        for _ in range(3):
            y = y + np.tanh(W @ y)
        y = y - 1
    assert found["a"] == pytest.approx(y) and found["b"] == 8
    assert a1viz.check(g).ok


def test_copies_by_what_is_known_are_those_by_inference(shelf, monkeypatch):
    """A copy takes over the shapes of the one before only where it was given the same ones."""
    documents = [
        {"cell": CELL, "rnn": RNN},
        {"wide": WIDENING, "outer": document("y = L(x)", '{graph = "wide", repeat = 3, weights = "own"}')},
        {"layer": LAYER, "middle": MIDDLE.replace("WEIGHTS", "own"), "nested": NESTED},
    ]
    quick = [shelf(**texts) for texts in documents]

    class Forgetful(dict):
        def __setitem__(self, key, value):
            pass

    known = blocks.UsedBlock
    monkeypatch.setattr("a1viz.graph.documents.UsedBlock", lambda *args: known(*args, forms=Forgetful()))
    for texts, graph in zip(documents, quick, strict=True):
        assert shelf(**texts).nodes == graph.nodes


KEEPING = """
title = "A step that keeps what was before"
outputs = ["h", "H"]
equations = '''
h = tanh(U @ h0 + x)
H = concatenate(H0, expand(h, axis=0))
'''
[sizes]
N = 3
K = 1
[inputs]
h0 = ["N"]
H0 = ["K", "N"]
x = ["N"]
[parameters]
U = ["N", "N"]
"""


@pytest.mark.parametrize("batch", [(), (2,)])
def test_the_states_of_all_steps_are_a_state_that_grows(shelf, batch):
    outer = document(
        "h, H = L(h0, zeros(0, N), X)", '{graph = "keep", repeat = "T", each = ["x"]}', 'h0 = ["N"]\nX = ["T", "N"]', "T = 4\nN = 3"
    )
    g = shelf(keep=KEEPING, outer=outer)
    X, U, h = np.random.default_rng(2).standard_normal((*batch, 4, 3)), np.eye(3)[::-1], np.zeros(3)
    states = []
    for t in range(4):
        states.append(h := np.tanh(h @ U.T + X[..., t, :]))
    assert a1viz.run(g, trace=True, X=X, h0=np.zeros(3), **{"L.U": U})["H"] == pytest.approx(np.stack(states, axis=-2))
    report = a1viz.check(
        shelf(keep=KEEPING, outer=outer.replace("[sizes]", "[cotangents]\nH = [[1, 2, 3], [0, 1, 0], [2, 2, 0], [1, 0, 1]]\n[sizes]"))
    )
    assert report.ok, str(report)


# --- sizes --------------------------------------------------------------------------------------------------------------------


def test_arrays_that_give_another_number_of_copies_are_refused(shelf):
    g = shelf(cell=CELL, rnn=RNN)
    for call in (a1viz.run, a1viz.grad, lambda g, **values: a1viz.compile(g)(**values)):
        with pytest.raises(InputError, match=r"X: value has shape \(6, 2\), expected \(T, D\), and T is 5 \(R is repeated T times\)"):
            call(g, X=np.zeros((6, 2)))
    with pytest.raises(InputError, match="T is 5: R is repeated T times; got 6"):
        a1viz.cost(g, T=6)
    assert a1viz.cost(g, T=5).sizes["T"] == 5


ENTRY = "title = 'E'\nequations = 'y = s * K + x[K - 1] + sum(reshape(V, [M, K])[1])'\n[sizes]\nK = 2\nM = 3\n" + (
    '[inputs]\ns = []\nx = ["K"]\n[parameters]\nV = ["6"]\n'
)
OWN_SIZES = """
title = "Sizes of its own"
equations = "y = A @ x / K + reshape(V, [K, L]) @ x * M"
[sizes]
K = 2
L = 3
M = 7
[inputs]
x = ["L"]
[parameters]
A = ["K", "L"]
V = ["K * L"]
"""


def test_sizes_of_a_block_are_its_own_wherever_they_stand():
    """In shapes of parameters, in attributes, and as numbers; those of its inputs are what is given."""
    from a1viz.graph.document import Document
    from a1viz.graph.nodes import Builder

    inner = Builder()
    for name, op, shape in [("x", "input", ("L",)), ("A", "parameter", ("K", "L")), ("V", "parameter", ("M", "K"))]:
        inner.leaf(name, op, shape)
    inner.add("slice", ["V"], name="v", attrs={"index": ((0, "M-1"), (None, None))})
    inner.add("reshape", ["A"], name="r", attrs={"shape": ["K*L"]})
    inner.add("mul", [inner.size("K"), inner.size("L")], name="k")
    inner.add("sum", ["r"], name="s")
    inner.add("sum", ["v"], name="u")
    inner.add("add", ["k", "s"], name="p")
    inner.add("add", ["p", "u"], name="y")
    graph = inner.graph("inner", ["y"], Document(sizes={"K": 2, "L": 3, "M": 7}))
    outer = Builder()
    outer.leaf("a", "input", ("D",))
    outer.leaf("b", "input", (4,))
    block = blocks.UsedBlock("B", graph, has_own=True)
    blocks.inline(outer, block, ["B1"], ["a"], ["u"])
    blocks.inline(outer, block, ["B2"], ["b"], ["w"])
    assert outer.shape("B1.A") == ("B.K", "D") and outer.shape("B2.A") == ("B.K", 4) and outer.shape("B1.V") == ("B.M", "B.K")
    assert outer.nodes["B1.v"].attributes["index"] == ((0, "B.M-1"), (0, "B.K")) and outer.shape("B1.v") == ("B.M-1", "B.K")
    assert outer.nodes["B1.r"].attributes["shape"] == ("B.K*D",) and outer.nodes["B2.r"].attributes["shape"] == ("4*B.K",)
    assert outer.nodes["B1.k"].inputs == (":B.K", ":D") and outer.nodes["B2.k"].inputs == (":B.K", ":4.0")
    assert {name for node in outer.nodes.values() for name in blocks.size_names(node)} == {"D", "B.K", "B.M"}


SIZE_CLASHES = [  # sizes outside, what is said; inside T is 3
    ('x = ["D"]\nX = ["N", 2]', "D = 3\nN = 4", "N must be 3, for inside L.C something is repeated so often, but [sizes] says 4"),
    ('x = ["D"]\nX = [4, 2]', "D = 3", "L is made for T = 3, for C in it is repeated so often, but here T is 4"),
]
INNER = document("y = C(x, X)", '{graph = "cell2", repeat = "T", each = ["u"]}', 'x = ["D"]\nX = ["T", 2]', "D = 3\nT = 3").replace(
    "L = {", "C = {"
)
CELL2 = "title = 'C'\nequations = 'y = x * sum(u)'\n[sizes]\nn = 3\nm = 2\n[inputs]\nx = ['n']\nu = ['m']\n"


@pytest.mark.parametrize(("inputs", "sizes", "message"), SIZE_CLASHES)
def test_a_block_made_for_so_many_copies_takes_no_other_number(shelf, inputs, sizes, message):
    with pytest.raises(DocumentError) as caught:
        shelf(cell2=CELL2, inner=INNER, outer=document("y = L(x, X)", '"inner"', inputs, sizes))
    assert str(caught.value).endswith(message)


@pytest.mark.parametrize("rows", ["3", '"N"'])
def test_the_number_of_copies_inside_a_block_is_known_outside(shelf, rows):
    g = shelf(cell2=CELL2, inner=INNER, outer=document("y = L(x, X)", '"inner"', f'x = ["D"]\nX = [{rows}, 2]', "D = 3\nN = 3"))
    X = np.arange(6.0).reshape(3, 2)
    assert a1viz.run(g, x=[1, 2, 3], X=X)["y"] == pytest.approx(np.array([1, 2, 3]) * X.sum(1).prod())
    assert g.document.fixed == ({"N": "L.C"} if "N" in rows else {})
    with pytest.raises(InputError, match=r"X: value has shape \(4, 2\)"):
        a1viz.run(g, x=[1, 2, 3], X=np.zeros((4, 2)))


# --- what is refused -----------------------------------------------------------------------------------------------------------

LABEL = "title = 'P'\nequations = 'y = W[t]'\n[sizes]\nC = 3\n[inputs]\nt = {class = 'C'}\n[parameters]\nW = ['C']\n"
REFUSED = [  # block, equations, inputs, what is said
    ('{graph = "layer", repeat = 0}', "", "", 'from 1 to 1,000 or the name of a size, such as 12 or "T", got 0'),
    ('{graph = "layer", repeat = true}', "", "", "such as 12 or \"T\", got True"),
    ('{graph = "layer", repeat = -3}', "", "", "got -3"),
    ('{graph = "layer", repeat = 2.0}', "", "", "got 2.0"),
    ('{graph = "layer", repeat = [12]}', "", "", "got [12]"),
    ('{graph = "layer", repeat = 1000000000000000000000}', "", "", "repeat must be a whole number from 1 to 1,000"),
    ('{graph = "layer", repeat = 1e400}', "", "", "repeat must be a whole number from 1 to 1,000"),
    ('{graph = "layer", repeat = "N"}', "", "", "block 'L': it is repeated 'N' times, but no such size has a default; add it to [sizes]"),
    ('{graph = "layer", repeat = "Z"}', "", "", "block 'L': it is repeated Z = 0 times; a block is repeated 1 to 1,000 times"),
    ('{graph = "layer", repeat = "M"}', "", "", "block 'L': it is repeated M = 1001 times; a block is repeated 1 to 1,000 times"),
    ('{repeat = 12}', "", "", "block 'L' must name a document, as in {graph = \"layer\", repeat = 12}, got {'repeat': 12}"),
    ('{graph = 3}', "", "", "got {'graph': 3}"),
    ('{}', "", "", "got {}"),
    ('["layer"]', "", "", "block 'L' must name a document, such as \"sort2\", got ['layer']"),
    ('{graph = "layer", repaet = 12}', "", "", "unknown key 'repaet'; did you mean 'repeat'?; it has graph, repeat, weights, each"),
    ('{graph = "layer", repeat = 2, weights = "mine"}', "", "", 'block \'L\': weights are "own" or "shared", got \'mine\''),
    ('{graph = "layer", repeat = 2, weights = ["own"]}', "", "", 'weights are "own" or "shared"'),
    ('{graph = "layer", repeat = 2, each = "x"}', "", "", "block 'L': each must be names of inputs, each once, such as [\"x\"], got 'x'"),
    ('{graph = "layer", repeat = 2, each = ["x", "x"]}', "", "", "each must be names of inputs, each once"),
    ('{graph = "layer", each = ["x"]}', "", "", "every copy gets an entry of, and there is one copy; write repeat = ... too"),
    ('{graph = "layer", repeat = 2, each = ["w"]}', "", "", "L has the inputs x and the outputs y; each = 'w' is none of the inputs"),
    ('{graph = "layer", repeat = 2, each = ["x"]}', "", "", "x is the output of the copy before, so it cannot be in `each`"),
    ('{graph = "layer", repeat = 2, each = ["W"]}', "", "", "each = 'W' is none of the inputs"),
    ('{graph = "sort2", repeat = 2}', "u = L(s, s)", "", "L returns 2 (y1, y2), but the left side has 1 name"),
    ('{graph = "layer", repeat = 2}', "u, v = L(x)", "", "L returns 1 (y), but the left side has 2 names"),
    ('{graph = "layer", repeat = 2}', "u = L(x, x)", "", "L takes 1 (x), but is given 2"),
    ('{graph = "two", repeat = 2}', "", "", "L has the inputs x and the outputs a, b; each output of a copy becomes"),
    ('{graph = "label", repeat = 2}', "", "", "but t is a class label: declare it further down"),
    ('{graph = "cell", repeat = 2, each = ["x"]}', "u, v = L(h, 0, X, k)", "h = [3]\nX = [3, 2]\nk = {class = 4}", "have 2 along"),
    ('{graph = "cell", repeat = "T", each = ["x"]}', "u, v = L(x, 0, X, k)", 'X = [5, 2]\nk = {class = 4}', "have T = 4 along its first"),
    ('{graph = "cell", repeat = 2, each = ["x"]}', "u, v = L(x, 0, s, k)", 'k = {class = 4}', "but what is given is a scalar"),
    ('{graph = "cell", repeat = 2}', "u, v = L(x, 0, w, x)", 'w = [2]', "L: t must be a class label, but what is given is a vector (D,)"),
    ('{graph = "cell", repeat = 2}', "u, v = L(x, 0, w, s)", 'w = [2]', "L: t must be a class label, but what is given is a scalar"),
    ('{graph = "wide", repeat = 2}', "u = L(x)", "", "inside L2: L.W @ L1.y: shapes (L.m, D) and (L.m,) do not match"),
    ('{graph = "growing", repeat = 2}', "u = L(v)", "v = [3]", "L: x must be a vector (3,), but the copy before gives a vector (4,)"),
    ('{graph = "layer", repeat = 2}', "L2 = norm2(x)\nu = L(x)", "", "L2 is the name of this instance of L and of something"),
]  # fmt: skip
OTHERS = {
    "two": "title = 'T'\nequations = 'a = x + 1; b = x + 2'\n[sizes]\nn = 3\n[inputs]\nx = ['n']\n",
    "growing": "title = 'G'\nequations = 'y = concatenate(x, c)'\n[inputs]\nx = [3]\n[parameters]\nc = [1]\n",
}


@pytest.mark.parametrize(("block", "equations", "inputs", "message"), REFUSED)
def test_a_wrong_repetition_is_refused_with_what_would_mend_it(shelf, block, equations, inputs, message):
    text = document(equations or "u = x", block, f'x = ["D"]\ns = []\n{inputs}', "D = 3\nT = 4\nZ = 0\nM = 1001")
    with pytest.raises(DocumentError) as caught:
        shelf(layer=LAYER, cell=CELL, wide=WIDENING, label=LABEL, **OTHERS, outer=text)
    assert message in str(caught.value), str(caught.value)
    line = 3 + equations.count("\n") if equations else text[: text.index("\nL = ") + 1].count("\n") + 1
    assert f"outer.toml, line {line}" in str(caught.value)


def test_a_comparator_is_not_repeated(shelf):
    text = 'title = "T"\ncomparators = [[1, 2]]\n[blocks]\nS = {graph = "sort2", repeat = 2}\n'
    with pytest.raises(DocumentError, match="S is repeated, and a comparator is not"):
        shelf(net=text)


@pytest.mark.parametrize(("copies", "is_fine"), [(COPIES, True), (COPIES + 1, False)])
def test_there_are_at_most_so_many_copies(shelf, copies, is_fine):
    texts = {"layer": LAYER, "outer": document("y = L(x)", f'{{graph = "layer", repeat = {copies}}}')}
    if is_fine:
        assert len(shelf(**texts)) == 3 * COPIES + 2
    else:
        with pytest.raises(DocumentError, match="repeat must be a whole number from 1 to 1,000"):
            shelf(**texts)


def test_copies_count_among_the_variables_of_a_graph(shelf):
    nest = {
        f"l{k}": document(f"y = {'L(x)' if k else 'x + 1'}", f'{{graph = "l{k - 1}", repeat = 1000}}' if k else '"sort2"') for k in range(4)
    }
    with within(20), pytest.raises(DocumentError, match=f"L1 to L1000 would make the graph larger than {GRAPH_NODES:,} variables"):
        shelf(**nest)


def test_hundreds_of_copies_are_shown_counted_and_differentiated(shelf):
    g = shelf(layer=LAYER, outer=document("y = L(x)\nJ = norm2(y)", '{graph = "layer", repeat = 300, weights = "own"}'))
    assert len(a1viz.backward(g).outputs) == 301
    assert a1viz.cost(g).multiplications.at(g.document.sizes) == 300 * 9 + 3
    assert len(str(g).split("\n")) == 301


def test_a_block_may_pool_without_a_stride(shelf):
    """An attribute that is not given has no sizes to be renamed."""
    pool = "title = 'P'\nequations = 'y = max_pool1d(x, k)'\n[sizes]\nn = 4\nk = 2\n[inputs]\nx = ['n']\n"
    g = shelf(pool=pool, outer=document("y = L(x)", '"pool"', "x = [6]"))
    assert a1viz.run(g, x=[1, 5, 2, 2, 9, 8])["y"].tolist() == [5, 2, 9]
