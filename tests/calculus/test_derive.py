"""Backprop equations as a lecturer writes them: golden texts, and parentheses where they are needed and nowhere else."""

from __future__ import annotations

import re

import numpy as np
import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

from a1viz.base.errors import DerivativeError, GraphError, OutputError
from a1viz.calculus import notation
from a1viz.calculus.autodiff import backward, every_variable, tangent
from a1viz.calculus.derivation import derive, joint_graph
from a1viz.calculus.interpreter import run
from a1viz.calculus.losses import seeds
from a1viz.calculus.notation import equation
from a1viz.graph.catalog import catalogue
from a1viz.graph.documents import load
from a1viz.graph.equations import parse
from a1viz.graph.leaves import gather
from a1viz.graph.nodes import expression_text
from a1viz.pictures.typesetting import mathml, render, typeset

LEAVES = {
    "a": [],
    "b": [],
    "c": [],
    "x": ["n"],
    "h": ["n"],
    "W": ["n", "n"],
    "W1": ["n", "n"],
    "W2": ["n", "n"],
    "y_prime": ["n"],
    "t": {"class": "n"},
}


@pytest.mark.parametrize("format", ["text", "latex", "markdown"])
@pytest.mark.parametrize("name", ["gated_network", "two_layer", "sort2"])
def test_the_derivation_of_a_document(golden, name, format):
    suffix = {"text": "txt", "latex": "tex", "markdown": "md"}[format]
    golden(f"derive_{name}.{suffix}", derive(load(name)).to(format) + "\n")


def test_the_gated_networks_input_gradient_is_the_assignments():
    text = derive(load("gated_network")).latex()
    terms = [(1, "z", "_{1}"), (2, "z", "_{2}"), (4, "y", "")]
    right = " + ".join(rf"\mathbf{{W}}^{{({k})\top}} \, \bar{{\mathbf{{{letter}}}}}{below}" for k, letter, below in terms)
    assert rf"\bar{{\mathbf{{x}}}} &= {right}" in text


def right_side(text: str) -> str:
    """The LaTeX of `z = text`, with bold, thin spaces and roman type left out: parentheses are what matters here."""
    latex = notation.expression(parse(f"z = {text}", **LEAVES), "z")
    for found, short in (
        (r"\mathbf", ""),
        (r"\mathrm", ""),
        (r" \,", ""),
        (r"\circ", "o"),
        (r"\top", "T"),
        ("{x}", "x"),
        ("{h}", "h"),
        ("{W}", "W"),
    ):
        latex = latex.replace(found, short)
    return latex


PRECEDENCE = [
    ("-(a + b)", "-(a + b)"),
    ("-a + b", "-a + b"),
    ("a + -b", "a + (-b)"),
    ("a - (b - c)", "a - (b - c)"),
    ("a - b - c", "a - b - c"),
    ("a + (b + c)", "a + (b + c)"),
    ("a - -b", "a - (-b)"),
    ("-(-a)", "-(-a)"),
    ("-(a * b)", "-a b"),
    ("-a * b", "-a b"),
    ("(x + h) @ x", "(x + h)^{T} x"),
    ("W @ (x + h)", "W (x + h)"),
    ("(W1 + W2) @ x", "(W^{(1)} + W^{(2)}) x"),
    ("(W @ x) * h", "(W x) o h"),
    ("W @ (x * h)", "W (x o h)"),
    ("h * (W @ x)", "h o (W x)"),
    ("x * h * x", "x o h o x"),
    ("x * (h + x)", "x o (h + x)"),
    ("-(x * h)", "-x o h"),
    ("a * (x * h)", "a (x o h)"),
    ("a * x * h", "a x o h"),
    ("a * (W @ x)", "a W x"),
    ("W @ (a * x)", "W a x"),
    ("a / (b * c)", r"\frac{a}{b c}"),
    ("a / b * c", r"\frac{a}{b} c"),
    ("a / (b / c)", r"\frac{a}{b / c}"),
    ("x / h * x", r"\frac{x}{h} o x"),
    ("(a / b) ** 2", r"\left(\frac{a}{b}\right)^{2}"),
    ("(-a) ** 2", "(-a)^{2}"),
    ("-a ** 2", "-a^{2}"),
    ("a ** b ** c", "a^{b^{c}}"),
    ("(a ** b) ** c", "(a^{b})^{c}"),
    ("a ** (b + c)", "a^{b + c}"),
    ("(a * b) ** 2", "(a b)^{2}"),
    ("W1 ** 2", "(W^{(1)})^{2}"),
    ("norm2(a)", "a^{2}"),
    ("norm2(a + b)", "(a + b)^{2}"),
    ("W.T @ x", "W^{T} x"),
    ("W1.T @ x", "W^{(1)T} x"),
    ("x @ W", "W^{T} x"),
    ("x @ W.T", "W x"),
    ("x @ W1.T", "W^{(1)} x"),
    ("(W1 @ W2).T", "(W^{(1)} W^{(2)})^{T}"),
    ("W.T.T", "W"),
    ("W1.T.T", "W^{(1)}"),
    ("(W + W1).T @ x", "(W + W^{(1)})^{T} x"),
    ("(W ** 2).T", "(W^{2})^{T}"),
    ("x @ (W1 @ W2)", "(W^{(1)} W^{(2)})^{T} x"),
    ("outer(x + h, W @ x)", "(x + h) x^{T} W^{T}"),
    ("log(a * b)", r"\log (a b)"),
    ("log(a) * b", r"(\log a) b"),
    ("b * log(a)", r"b \log a"),
    ("-log(a)", r"-\log a"),
    ("b * log(a) * a", r"(b \log a) a"),
    ("x * log(h)", r"x o \log h"),
    ("log(x) * h", r"(\log x) o h"),
    ("a * (W @ x) * h", "(a W x) o h"),
    ("2 * a * x * h", "2 a x o h"),
    ("-x * h", "-x o h"),
    ("-(x * h) * a", "(-x o h) a"),
    ("-x / a", r"-\frac{x}{a}"),
    ("exp(-x * h)", r"\exp(-x o h)"),
    ("outer(x, x @ W)", "x x^{T} W"),
    ("(x @ W) @ x", "x^{T} W x"),
    ("(W @ x) @ x", "x^{T} W^{T} x"),
    ("log(a) + b", r"\log a + b"),
    ("log(a + b)", r"\log (a + b)"),
    ("log(log(a))", r"\log (\log a)"),
    ("log(a ** 2)", r"\log a^{2}"),
    ("log(a) ** 2", r"(\log a)^{2}"),
    ("log(a / b)", r"\log \left(\frac{a}{b}\right)"),
    ("2 * x", "2 x"),
    ("x * 2", r"x \cdot 2"),
    ("a * -2", "a (-2)"),
    ("-2 * a", "(-2) a"),
    ("2 ** -a", "2^{-a}"),
    ("a * 1e-7", r"a \cdot 10^{-7}"),
    ("a - 1e-7", "a - 10^{-7}"),
    ("a + -1e-7", "a + (-10^{-7})"),
    ("y_prime[0]", r"y_{1}^{\prime}"),
    ("y_prime[t]", r"y_{t}^{\prime}"),
    ("(x + h)[0]", "(x + h)_{1}"),
    ("softmax(W @ x)[t]", "{softmax}(W x)_{t}"),
    ("exp(-(x * x))", r"\exp(-x o x)"),
]


@pytest.mark.parametrize(("text", "latex"), PRECEDENCE, ids=[p[0] for p in PRECEDENCE])
def test_parentheses_stand_where_a_reader_needs_them(text, latex):
    assert right_side(text) == latex


EXPRESSIONS = st.recursive(
    st.sampled_from(["a", "b", "2", "0.5", "x[0]", "x @ h", "norm2(x)"]),
    lambda e: st.one_of(
        st.tuples(e, st.sampled_from([" + ", " - ", " * ", " / ", " ** "]), e).map(lambda p: f"({p[0]}){p[1]}({p[2]})"),
        e.map(lambda p: f"-({p})"),
        st.tuples(st.sampled_from(["log", "exp", "sigmoid"]), e).map(lambda p: f"{p[0]}({p[1]})"),
        st.tuples(st.sampled_from(["minimum", "xlogy"]), e, e).map(lambda p: f"{p[0]}({p[1]}, {p[2]})"),
    ),
    max_leaves=8,
)


@examples(200)
@given(EXPRESSIONS)
def test_a_printed_equation_is_read_back_as_the_same_graph(text):
    leaves = {name: LEAVES[name] for name in ("a", "b", "x", "h")}
    graph = parse(f"z = {text}", **leaves)
    again = parse(str(graph), **leaves)
    assert [(n.op, n.inputs, n.value) for n in again.nodes] == [(n.op, n.inputs, n.value) for n in graph.nodes]


def test_an_infinity_is_a_sign_and_labels_say_how_many_there_are():
    graph = parse("z = where(x > 0, x, -inf); y = x * inf", x=["D"], t={"class": 5}, words={"class": "V", "shape": ["T"]})
    assert notation.expression(graph, "z").endswith(r"-\infty)") and r"\infty" in notation.expression(graph, "y")
    assert [notation.shape(graph[name]) for name in ("x", "t", "words")] == [r"\mathbb{R}^{D}", r"\mathbb{Z}_{5}", r"\mathbb{Z}_{V}^{T}"]


SYMBOLS = [
    ("W1", "W^{(1)}"), ("z1", "z_{1}"), ("y_prime", r"y^{\prime}"), ("z1_bar", r"\bar{z}_{1}"), ("W1_bar", r"\bar{W}^{(1)}"), ("J", "J"),
    ("x_bar_bar", r"\bar{\bar{x}}"), ("x_bar_dot", r"\dot{\bar{x}}"), ("y_prime_bar", r"\bar{y}^{\prime}"), ("x_bar2", r"\bar{x}^{[2]}"),
    ("h_bar_total", r"\bar{h}^{[\mathrm{total}]}"), ("alpha", r"\alpha"), ("loss", r"\mathrm{loss}"), ("x_max", r"x_{\mathrm{max}}"),
    ("x_i_j", "x_{i,j}"), ("theta2", r"\theta_{2}"), ("b_mu", r"b_{\mu}"), ("_x", r"\mathrm{\_x}"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "latex"), SYMBOLS, ids=[s[0] for s in SYMBOLS])
def test_names_print_as_the_papers_symbols(name, latex):
    graph = parse(f"{name} = 1 * s", s=[])
    assert str(notation.symbol(graph, name)) == latex
    assert typeset(latex).width > 0


def test_a_document_may_name_its_symbols():
    graph = load("gated_network")
    assert str(notation.symbol(graph, "b1")) == r"\mathbf{b}^{(1)}"
    assert str(notation.symbol(backward(graph), "b1_bar")) == r"\bar{\mathbf{b}}^{(1)}"


LONG = 1500  # characters of a formula that takes a second to typeset, and is made of what others are made of
DERIVATIVES = {"backward": backward, "tangent": tangent, "twice": lambda graph: backward(backward(graph))}


@pytest.mark.parametrize("name", catalogue())
@pytest.mark.parametrize("derivative", DERIVATIVES.values(), ids=DERIVATIVES)
def test_every_equation_of_every_derivative_is_printed_and_is_latex(name, derivative):
    graph = derivative(load(name))
    for variable in graph.declared_names:
        formula = mathml(notation.equation(graph, variable), True)  # raises where the LaTeX cannot be read
        assert [part.text for part in formula.iter() if (part.text or "").startswith("\\")] == []  # a command that is not known
        assert graph[variable].is_leaf or not re.search(r"[a-z]:\d", expression_text(graph, variable))  # an automatic name; not a slice


@pytest.mark.prove
@pytest.mark.parametrize("name", catalogue())
@pytest.mark.parametrize("derivative", DERIVATIVES.values(), ids=DERIVATIVES)
def test_every_equation_of_every_derivative_is_typeset(name, derivative):
    graph = derivative(load(name))
    for variable in graph.declared_names:
        latex = notation.equation(graph, variable)
        assert len(latex) > LONG or render(mathml(latex, True))[0] > 0


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("W.T.T", r"\mathbf{W}"),
        ("W.T.T.T", r"\mathbf{W}^{\top}"),
        ("W1.T.T.T", r"\mathbf{W}^{(1)\top}"),
        ("(W.T @ W).T.T.T", r"(\mathbf{W}^{\top} \, \mathbf{W})^{\top}"),
    ],
)
def test_a_transpose_of_a_transpose_is_undone_however_many_there_are(text, latex):
    graph = parse(f"y = {text}", **{"W1" if "W1" in text else "W": [3, 3]})
    assert notation.equation(graph, "y") == rf"\mathbf{{y}} = {latex}"


# --- what is derived ----------------------------------------------------------------------------------------------------------


def test_only_what_the_wanted_gradient_needs_is_derived():
    assert [step.variable for step in derive(load("gated_network"), ["W3"]).steps] == ["J", "S", "y", "W3"]
    assert [step.variable for step in derive(load("two_layer"), ["x"]).steps] == ["y", "h", "z", "x"]


def test_a_cotangent_that_is_given_and_added_to_is_two_steps():
    document = load("two_layer").document
    graph = parse("h = relu(x); y = W @ h", x=[2], W=[3, 2])
    graph = type(graph)(graph.name, graph.nodes, graph.outputs, type(document)(cotangents={"h": [1, 1], "y": [1, 1, 1]}))
    assert str(derive(graph)).splitlines() == [
        "y_bar  given",
        "h_bar  given",
        "h_bar_total = h_bar + W.T @ y_bar",
        "x_bar = h_bar_total * step(x)",
        "W_bar = outer(y_bar, h)",
    ]


def test_names_that_are_taken_are_stepped_around():
    graph = parse("x_bar = 2 * x; J = norm2(x_bar)", x=["n"])
    assert str(derive(graph)).splitlines() == ["J_bar = 1", "x_bar_bar = 2 * J_bar * x_bar", "x_bar2 = 2 * x_bar_bar"]


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("J = sum(W.T @ x)", "W_bar = J_bar * outer(x, ones(n))"),
        ("z = W.T @ x; J = norm2(z)", "W_bar = outer(x, z_bar)"),
        ("z = W.T @ x; J = norm2(z)", "x_bar = W @ z_bar"),
        ("z = x @ W; J = norm2(z)", "x_bar = W @ z_bar"),
        ("z = x @ W; J = norm2(z)", "W_bar = outer(x, z_bar)"),
        ("Z = W1 @ W2; J = norm2(Z)", "W1_bar = Z_bar @ W2.T"),
        ("Z = W1 @ W2; J = norm2(Z)", "W2_bar = W1.T @ Z_bar"),
        ("z = x ** 2; J = sum(z)", "x_bar = 2 * z_bar * x"),
        ("z = W @ x + h; J = norm2(z)", "h_bar = z_bar"),
        ("z = indicator(x) * x; J = sum(z)", "x_bar = z_bar * indicator(x)"),
        ("z = tanh(x); J = sum(z)", "x_bar = z_bar * (1 - z ** 2)"),
        ("u = -x; z = -u; J = norm2(z)", "u_bar = -z_bar"),
    ],
)
def test_a_step_reads_as_on_paper(text, step):
    leaves = {name: LEAVES[name] for name in ("x", "h", "W", "W1", "W2")}
    assert step in str(derive(parse(text, **leaves))) + "\n"


@pytest.mark.parametrize(
    ("shape", "right"),
    [
        ([3], "sum(Z_bar, axis=0)"),
        ([1, 3], "sum(Z_bar, axis=0, keepdims=True)"),
        ([2, 1], "sum(Z_bar, axis=1, keepdims=True)"),
        ([], "sum(Z_bar)"),
        ([2, 3], "Z_bar"),
    ],
)
def test_a_broadcast_bias_is_summed_back_over_just_the_axes_it_was_spread_over(shape, right):
    assert str(derive(parse("Z = X + b; J = norm2(Z)", X=[2, 3], b=shape), ["b"])).splitlines()[-1] == f"b_bar = {right}"


def test_what_cannot_be_derived_is_an_error_that_says_why():
    graph = load("gated_network")
    with pytest.raises(DerivativeError, match="t is a class label"):
        derive(graph, ["t"])
    with pytest.raises(GraphError, match="no variable 'q'"):
        derive(graph, ["q"])
    with pytest.raises(OutputError, match="unknown format 'latx'; did you mean 'latex'"):
        derive(graph).to("latx")


def test_what_works_along_the_last_axis_does_so_when_it_is_collected():
    graph = parse("Y = concatenate(A, B, axis=1) @ concatenate(A, B, axis=0)", A=["D", "D"], B=["D", "D"])
    assert "concatenate(A, B, axis=1).T @ Y_bar" in str(derive(graph))


def test_a_derivation_shows_itself_in_a_notebook():
    shown = derive(load("two_layer"))._repr_latex_()
    assert shown.startswith("$$\n\\begin{aligned}")
    assert shown.endswith("\\end{aligned}\n$$")


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("y = expand(a + b, axis=0) * c", r"\mathbf{y} = (\mathbf{a} + \mathbf{b})^{\top} \circ \mathbf{c}"),
        ("y = expand(a + b, axis=1) * d", r"\mathbf{y} = (\mathbf{a} + \mathbf{b}) \circ \mathbf{d}"),
        ("y = reshape(a + b, [1, 3]) * c", r"\mathbf{y} = \mathrm{reshape}_{1 \times 3}(\mathbf{a} + \mathbf{b}) \circ \mathbf{c}"),
        ("y = reshape(c.T, [3]) + a", r"\mathbf{y} = \mathrm{reshape}_{3}(\mathbf{c}^{\top}) + \mathbf{a}"),
    ],
)
def test_what_is_not_written_binds_as_its_operand_does(text, latex):
    assert notation.equation(parse(text, a=[3], b=[3], c=[1, 3], d=[3, 1]), "y") == latex


AXES_SHOWN = [
    ("A[0]", r"\mathbf{A}_{1,:}"),
    ("A[:, 0]", r"\mathbf{A}_{:,1}"),
    ("A[:, t]", r"\mathbf{A}_{:,t}"),
    ("B[:, :, 1]", r"\mathbf{B}_{:,:,2}"),
    ("B[:, 1]", r"\mathbf{B}_{:,2,:}"),
    ("B[1]", r"\mathbf{B}_{2,:,:}"),
    ("(A @ A)[:, 0]", r"(\mathbf{A} \, \mathbf{A})_{:,1}"),
    ("concatenate(A, A)", r"[\mathbf{A} ; \mathbf{A}]"),
    ("concatenate(A, A, axis=1)", r"[\mathbf{A} \mid \mathbf{A}]"),
    ("stack(A[0], A[1])", r"(\mathbf{A}_{1,:},\, \mathbf{A}_{2,:})^{\top}"),
    ("stack(A[0], A[1], axis=1)", r"(\mathbf{A}_{1,:},\, \mathbf{A}_{2,:})"),
]


@pytest.mark.parametrize(("text", "printed"), AXES_SHOWN)
def test_a_formula_says_along_which_axis(text, printed):
    graph = parse(f"z = {text}", A=["N", "N"], B=["N", "N", "N"], t={"class": "N"})
    assert equation(graph, "z") == rf"\mathbf{{z}} = {printed}"
    assert len({p for _, p in AXES_SHOWN}) == len(AXES_SHOWN)  # no two read alike


@pytest.mark.parametrize("name", catalogue())
def test_each_step_of_a_derivation_is_right_by_itself(name):
    """The text of each step is read alone, its variables given the values that they have in the graph, and evaluated."""
    graph = load(name)
    if any(node.block for node in graph.nodes):
        pytest.skip("the language spells no name inside a block")
    full = backward(graph, every_variable(graph), keep=graph.declared_names)
    given, rng = gather(graph, {}), np.random.default_rng(0)
    bars = {f"{out}_bar": rng.standard_normal(run(graph)[out].shape) for out in seeds(graph)}
    known = {**given.arrays, **run(full, trace=True, **bars)}
    lengths = {f"of_{size}": np.zeros(number) for size, number in given.sizes.items()}  # so that the names of sizes are known
    steps, joint = [step.text.partition(" = ") for step in derive(graph).steps], joint_graph(graph)
    for target, _, right in steps:
        if target.endswith(" given"):
            continue
        used = {n: joint[n] for n in re.findall(r"[A-Za-z_]\w*", right) if n in known and n in joint}
        leaves = {n: {"class": v.value, "shape": list(v.shape)} if v.op == "label" else list(v.shape) for n, v in used.items()}
        step = parse(f"{target} = {right}", outputs=[target], **leaves, **{n: [n.removeprefix("of_")] for n in lengths})
        found = run(step, **{n: known[n] for n in used}, **lengths)[target]
        known.setdefault(target, found)  # what several steps share
        np.testing.assert_allclose(found, np.broadcast_to(known[target], np.shape(found)), rtol=1e-9, atol=1e-12, err_msg=right)
    assert steps
