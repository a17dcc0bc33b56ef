"""Symbols and templates: no two things print alike, and each reads as on paper."""

from __future__ import annotations

import re

import pytest
from table_cases import SIZES, applications_of

import a1viz
from a1viz.calculus import notation
from a1viz.calculus.derivation import derive, joint_graph
from a1viz.calculus.line_breaks import COLUMN, broken, width_of
from a1viz.calculus.notation import equation, expression
from a1viz.graph.catalog import catalogue
from a1viz.graph.documents import load
from a1viz.graph.equations import parse
from a1viz.graph.nodes import Builder
from a1viz.graph.operators import ATOM, TABLE

LEAVES = {
    "a": [], "s": [], "x": ["D"], "y": ["D"], "X": ["N", "D"], "Y": ["N", "D"], "S": ["D", "D"], "B": ["N", "D", "K"], "t": {"class": "D"},
    "l": {"class": "D", "shape": ["N"]},
}  # fmt: skip


def printed(text: str) -> str:
    return expression(parse(f"z = {text}", **LEAVES), "z")


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("sum(x)", r"\sum_{i} x_{i}"),
        ("sum(X ** 2)", r"\sum_{ij} X_{ij}^{2}"),
        ("sum(X ** 2, axis=0)", r"\sum_{i} \mathbf{X}^{2}"),
        ("sum(X ** 2, axis=1)", r"\sum_{j} \mathbf{X}^{2}"),
        ("sum(X, axis=1)", r"\mathbf{X} \mathbf{1}"),
        ("sum(X, axis=0)", r"\mathbf{X}^{\top} \mathbf{1}"),
        ("sum(X, axis=0, keepdims=True)", r"\mathbf{1}^{\top} \mathbf{X}"),
        ("sum(B, axis=[0, 2])", r"\sum_{ik} \mathbf{B}"),
        ("sum(X - x)", r"\sum_{ij} (X_{ij} - x_{j})"),
        ("sum(X @ x)", r"\sum_{i} (\mathbf{X} \, \mathbf{x})_{i}"),
        ("sum(softmax(x) * y)", r"\sum_{i} \mathrm{softmax}(\mathbf{x})_{i} \, y_{i}"),
        ("sum(X.T)", r"\sum_{ij} X_{ji}"),
        ("sum(pick(X, l))", r"\sum_{i} X_{i,l_{i}}"),
        ("2 * sum(x)", r"2 \sum_{i} x_{i}"),
        ("sum(x) * a", r"\left(\sum_{i} x_{i}\right) \, a"),
        ("mean((X - Y) ** 2)", r"\frac{1}{N D} \sum_{ij} (X_{ij} - Y_{ij})^{2}"),
        ("mean(X, axis=0)", r"\frac{1}{N} \sum_{i} \mathbf{X}"),
        ("prod(x)", r"\prod_{i} x_{i}"),
        ("max(X, axis=1)", r"\max_{j}(\mathbf{X})"),
        ("softmax(X)", r"\mathrm{softmax}_{j}(\mathbf{X})"),
        ("softmax(X, axis=0)", r"\mathrm{softmax}_{i}(\mathbf{X})"),
        ("softmax(x)", r"\mathrm{softmax}(\mathbf{x})"),
        ("logsumexp(B, axis=[0, 1])", r"\mathrm{logsumexp}_{ij}(\mathbf{B})"),
        ("std(X, axis=0)", r"\mathrm{std}_{i}(\mathbf{X})"),
        ("norm(X)", r"\| \mathbf{X} \|_{F}"),
        ("norm(X, axis=1)", r"\sqrt{\sum_{j} \mathbf{X}^{2}}"),
        ("norm2(X, axis=0)", r"\sum_{i} \mathbf{X}^{2}"),
        ("norm2(X)", r"\| \mathbf{X} \|_{F}^{2}"),
    ],
)
def test_a_formula_names_its_axis_by_a_letter(text, latex):
    assert printed(text) == latex


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("x[0]", "x_{1}"),
        ("x[-1]", "x_{D}"),
        ("x[t]", "x_{t}"),
        ("x[1:3]", r"\mathbf{x}_{2:3}"),
        ("x[:-1]", r"\mathbf{x}_{1:D - 1}"),
        ("X[2]", r"\mathbf{X}_{3,:}"),
        ("X[1, 3]", "X_{2,4}"),
        ("X[1:, :2]", r"\mathbf{X}_{2:N,1:2}"),
        ("S[l]", r"\mathbf{S}_{\mathbf{l},:}"),
        ("pick(X, l)", "(X_{i,l_{i}})_{i}"),
        ("pick(X, t)", r"\mathbf{X}_{:,t}"),
        ("pick(X.T, t, axis=0)", r"(\mathbf{X}^{\top})_{t,:}"),
        ("log_softmax(x)[t]", r"\log \mathrm{softmax}(\mathbf{x})_{t}"),
        ("scatter(a, t, x)", r"a \, \mathbf{e}_{t}"),
        ("scatter(1, 2, x)", r"\mathbf{e}_{3}"),
        ("scatter(x, t, S)", r"\mathbf{x} \, \mathbf{e}_{t}^{\top}"),
        ("scatter(x, t, S, axis=0)", r"\mathbf{e}_{t} \, \mathbf{x}^{\top}"),
    ],
)
def test_entries_are_counted_from_1_and_labels_keep_their_letter(text, latex):
    assert printed(text) == latex


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("1e-5 * x", r"10^{-5} \, \mathbf{x}"),
        ("-1e-5 * x", r"(-10^{-5}) \, \mathbf{x}"),
        ("2.5e-7 * x", r"2.5 \cdot 10^{-7} \, \mathbf{x}"),
        ("x ** 1.5", r"\mathbf{x}^{3/2}"),
        ("x ** 0.5", r"\sqrt{\mathbf{x}}"),
        ("x ** -0.5", r"\mathbf{x}^{-1/2}"),
        ("x ** (a / s)", r"\mathbf{x}^{a / s}"),
        ("a / (1 + s / 2)", r"\frac{a}{1 + s / 2}"),
        ("(a / s) / 2", r"\frac{a / s}{2}"),
        ("a / (a / s * s)", r"\frac{a}{(a / s) \, s}"),
        ("tanh(x / s)", r"\tanh\left(\frac{\mathbf{x}}{s}\right)"),
        ("abs(x / s)", r"\left|\frac{\mathbf{x}}{s}\right|"),
        ("norm(x / s)", r"\left\| \frac{\mathbf{x}}{s} \right\|_{2}"),
        ("maximum(0, x / s)", r"\max\left(0, \frac{\mathbf{x}}{s}\right)"),
        ("2 * a", "2 a"),
        ("a * (1 - s)", r"a \, (1 - s)"),
        ("step(x)", r"\mathbb{I}[\mathbf{x} > 0]"),
        ("x >= y / s", r"\mathbb{I}\left[\mathbf{x} \ge \frac{\mathbf{y}}{s}\right]"),
        ("indicator(x)", r"\mathbb{I}[\mathbf{x} \in [-1, 1]]"),
        ("a * 3.141592653589793", r"a \, \pi"),
    ],
)
def test_numbers_fractions_and_brackets_read_as_in_a_book(text, latex):
    assert printed(text) == latex


SILENT = ("expand", "squeeze", "axes_last", "axes_back")  # what only moves axes is not written


@pytest.mark.parametrize("op", [op for op in TABLE if op.attrs and not op.batch and op.name not in SILENT], ids=lambda op: op.name)
def test_what_differs_in_more_than_the_axes_kept_never_prints_alike(op):
    found: dict[tuple[str, str], str] = {}
    for shapes, attributes in applications_of(op):
        names = [f"{op.args[0]}{k + 1}" for k in range(len(shapes))] if op.is_variadic else list(op.args)
        builder = Builder()
        for name, shape in zip(names, shapes, strict=True):
            builder.leaf(name, "label" if name in ("t", "u") else "input", shape, SIZES["n"] if name in ("t", "u") else None)
        builder.add(op.name, names, name="out", attrs=attributes)
        graph = builder.graph(op.name, ["out"])
        said = {name: value for name, value in graph["out"].attrs if name != "keepdims"}
        if shapes and said == {"axis": tuple(range(-len(shapes[0]), 0))}:
            said = {}  # the whole value, in other words
        key = (repr(shapes), equation(graph, "out"))
        assert found.setdefault(key, repr(said)) == repr(said), key


# --- symbols ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "rank", "latex"),
    [
        ("mu", 1, r"\boldsymbol{\mu}"),
        ("mu_bar", 1, r"\bar{\boldsymbol{\mu}}"),
        ("mu", 0, r"\mu"),
        ("Gamma", 2, r"\boldsymbol{\Gamma}"),
        ("out_bar", 1, r"\overline{\mathrm{out}}"),
        ("out_o_hat", 1, r"\widehat{\mathrm{out}}_{o}"),
        ("delta_h1", 0, r"\delta_{h_{1}}"),
        ("delta_alpha2", 0, r"\delta_{\alpha_{2}}"),
    ],
)
def test_greek_vectors_are_bold_and_a_bar_spans_a_word(name, rank, latex):
    graph = parse(f"{name} = 1 * s", s=["n"] * rank)
    assert str(notation.symbol(graph, name)) == latex


def test_a_square_is_one_symbol_under_its_bar():
    graph = joint_graph(load("batch_norm"))
    assert str(notation.symbol(graph, "v_bar")) == r"\overline{\boldsymbol{\sigma}^{2}}"


@pytest.mark.parametrize(
    ("others", "letter"),
    [((), "e"), (("e1",), "u"), (("e",), "u"), (("e_t",), "u"), (("e", "u2"), "d"), (("E",), "e")],
)
def test_a_unit_vector_has_a_letter_of_its_own(others, letter):
    graph = parse("z = scatter(1, t, x)", x=["D"], t={"class": "D"}, **{name: ["D"] for name in others})
    assert expression(graph, "z") == rf"\mathbf{{{letter}}}_{{t}}"


def test_where_every_letter_is_used_a_unit_vector_is_a_word():
    graph = parse("z = scatter(1, t, x)", x=["D"], t={"class": "D"}, e=[], u=[], d=[], r=[], v=[])
    assert expression(graph, "z") == r"\mathrm{onehot}_{t}"


def test_an_entry_that_another_variable_is_printed_as_is_that_of_a_bracket():
    graph = parse("x1 = x[0]; x2 = X[1]; w = x[1]", x=[2], X=[2, 2])
    assert [equation(graph, name) for name in ("x1", "x2", "w")] == [
        r"x_{1} = (\mathbf{x})_{1}",
        r"\mathbf{x}_{2} = \mathbf{X}_{2,:}",
        "w = x_{2}",
    ]


def test_a_letter_that_is_a_variable_names_no_axis():
    assert expression(parse("z = sum(x * i)", x=["D"], i=[]), "z") == r"\sum_{j} x_{j} \, i"


# --- copies of a block --------------------------------------------------------------------------------------------------------


def test_terms_that_differ_in_the_copy_alone_are_one_sum():
    lines = derive(load("bubble_sort")).latex().split("\n")
    assert (
        r"\bar{\mathbf{W}}^{(1)} &= \sum_{k=1}^{6} \bar{\mathbf{z}}^{\langle k \rangle} \, \mathbf{x}^{\langle k \rangle\top} \\" in lines
    )
    assert len(set(lines)) == len(lines)  # no two copies read alike


@pytest.mark.parametrize("name", catalogue())
def test_no_two_variables_of_a_graph_are_printed_alike(name):
    graph = joint_graph(load(name))
    symbols = [str(notation.symbol(graph, variable)) for variable in graph.declared_names]
    assert len(set(symbols)) == len(symbols), sorted(s for s in symbols if symbols.count(s) > 1)


def test_inside_its_own_frame_a_copy_needs_no_number():
    graph = load("merge_sort")
    assert equation(graph, "S2.z", "S2") == r"\mathbf{z} = \mathbf{W}^{(1)} \, \mathbf{x} + \mathbf{b}^{(1)}"
    assert equation(graph, "S2.z").startswith(r"\mathbf{z}^{\langle 2 \rangle} = ")


def test_two_kinds_of_blocks_are_told_apart(tmp_path):
    (tmp_path / "g.toml").write_text(
        'title = "g"\nequations = """\nh = A(x)\ny = B(h)\n"""\n'
        '[blocks]\nA = "half"\nB = "half"\n[inputs]\nx = [2]\n[values]\nx = [1, 2]\n'.replace('"half"', '"half.toml"')
    )
    (tmp_path / "half.toml").write_text(
        'title = "half"\nequations = """\nz = x / 2\nw = z + 1\n"""\n[inputs]\nx = [2]\n[values]\nx = [1, 2]\n'
    )
    graph = a1viz.load(str(tmp_path / "g.toml"))
    assert str(notation.symbol(graph, "A1.z")) == r"\mathbf{z}^{\langle \mathrm{A}1 \rangle}"
    assert str(notation.symbol(graph, "B1.z")) == r"\mathbf{z}^{\langle \mathrm{B}1 \rangle}"


# --- long lines ---------------------------------------------------------------------------------------------------------------


def test_a_long_equation_breaks_before_a_sign_of_its_outermost_sum():
    text = "y = " + " + ".join(rf"\mathbf{{W}}^{{({k})}} \, (\bar{{\mathbf{{z}}}}_{{{k}}} - \mathbf{{x}}_{{{k}}})" for k in range(12))
    lines = broken(text)
    assert len(lines) > 1 and " ".join(lines) == text
    assert all(line.startswith("+ ") for line in lines[1:]) and all(width_of(line) <= COLUMN for line in lines)
    assert broken("y = a + b") == ["y = a + b"]
    assert broken(r"y = |a + b| \, \| c - d \|_{2} - e", 1) == [r"y = |a + b| \, \| c - d \|_{2}", "- e"]
    assert broken(r"y = (-x) + \left(a - b\right) - \frac{a + b}{c}", 1) == ["y = (-x)", r"+ \left(a - b\right)", r"- \frac{a + b}{c}"]


@pytest.mark.parametrize("name", ["gru", "lstm", "transformer_block", "multi_head_attention"])
def test_every_line_of_a_derivation_has_one_alignment_and_fits_where_it_can(name):
    for line in derive(load(name)).latex().split("\n")[1:-1]:
        assert len(re.findall(r"(?<!\\)&", line)) == 1
        assert len(broken(line.replace("&", "").removesuffix(r" \\"))) <= 2


def test_a_sum_of_thousands_of_terms_entry_by_entry_is_cut_short():
    text = " + ".join(f"{k} * x" for k in range(3000))
    assert re.fullmatch(r"\\sum_\{i\} \(\\dots( \+ \d+ x_\{i\})+\)", printed(f"sum({text})"))


def test_no_symbol_binds_less_than_it_should():
    assert notation.symbol(parse("y = 2 * x", x=[2]), "y").binding == ATOM


@pytest.mark.parametrize(
    ("text", "leaves", "name", "latex"),
    [
        ("h1 = 2 * x; h_1 = tanh(h1)", {"x": [2]}, "h_1", r"\mathrm{h\_1} = \tanh(\mathbf{h}_{1})"),
        ("h_1 = 2 * x; h1 = tanh(h_1)", {"x": [2]}, "h1", r"\mathrm{h1} = \tanh(\mathbf{h}_{1})"),
        ("mu = 2 * x; mu_ = exp(mu)", {"x": [2]}, "mu_", r"\mathrm{mu\_} = \exp(\boldsymbol{\mu})"),
        ("h1 = a * x; h_1 = sum(h1)", {"a": [], "x": [2]}, "h1", r"\mathbf{h}_{1} = a \, \mathbf{x}"),
    ],
)
def test_two_names_of_one_symbol_are_told_apart(text, leaves, name, latex):
    assert notation.equation(parse(text, **leaves), name) == latex


def test_the_cotangents_of_two_names_of_one_symbol_are_told_apart():
    graph = parse("h1 = W @ x; h_1 = tanh(h1); J = norm2(h1 + h_1)", W=["H", "D"], x=["D"])
    assert [step.latex.partition(" = ")[0] for step in derive(graph).steps[1:3]] == [r"\overline{\mathrm{h\_1}}", r"\bar{\mathbf{h}}_{1}"]


def test_an_einsum_in_a_sum_of_arrays_is_an_array():
    graph = parse('S = einsum("ij,kj->ik", A, B); J = sum(S * S) + einsum("ii->", A)', A=["D", "D"], B=["D", "D"])
    right = r"\bar{\mathbf{A}} = \left(\sum_{k} \bar{S}_{ik} \, B_{kj}\right)_{ij} + (\delta_{ij})_{ij}"
    assert derive(graph, "A", substitute=True).steps[-1].latex == right


def test_a_number_stands_apart_from_a_word():
    assert notation.expression(parse("y = 2 * ell ** 2", ell=[]), "y") == r"2 \, \mathrm{ell}^{2}"
    assert notation.expression(parse("y = 2 * relu(x)", x=[2]), "y") == r"2 \, \mathrm{ReLU}(\mathbf{x})"


def test_the_sum_of_a_vector_is_a_scalar_in_front():
    graph = parse("J = -sum(q * log_softmax(z))", q=["D"], z=["D"])
    latex = derive(graph, "z", substitute=True).steps[-1].latex
    assert latex == r"\bar{\mathbf{z}} = \left(\sum_{i} q_{i}\right) \, \mathrm{softmax}(\mathbf{z}) - \mathbf{q}"


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("S + expand(x, axis=1)", r"\mathbf{S} + \mathbf{x} \mathbf{1}^{\top}"),
        ("S + x", r"\mathbf{S} + \mathbf{x}"),
        ("expand(x, axis=1) + x", r"\mathbf{x} \mathbf{1}^{\top} + \mathbf{x}"),
        ("S * expand(x, axis=1)", r"\mathbf{S} \circ (\mathbf{x} \mathbf{1}^{\top})"),
        ("2 * expand(x, axis=1) * S", r"(2 \mathbf{x} \mathbf{1}^{\top}) \circ \mathbf{S}"),
        ("sum(S * expand(x, axis=1))", r"\sum_{ij} S_{ij} \, x_{i}"),
        ("expand(x, axis=1) @ expand(x, axis=0)", r"\mathbf{x} \, \mathbf{x}^{\top}"),
    ],
)
def test_a_vector_spread_over_columns_is_not_one_spread_over_rows(text, latex):
    assert printed(text) == latex
