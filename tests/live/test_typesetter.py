"""Formulas set in the page: every formula that the engine prints is known, as wide as in the pictures, and never markup."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from derived_networks import WRITTEN, drawn, written

import a1viz
from a1viz.calculus import notation
from a1viz.calculus.derivation import derive, joint_graph
from a1viz.graph.nodes import Graph
from a1viz.graph.operators import TABLE
from a1viz.live.table import tables_script
from a1viz.pictures.page_glyphs import glyphs, glyphs_script, relative
from a1viz.pictures.typesetting import outlines

pytestmark = pytest.mark.browser


def equations(graph: Graph) -> list[str]:
    return [notation.equation(graph, name) for name in graph.declared_names] + [notation.shape(node) for node in graph.nodes]


def test_every_formula_that_is_printed_is_set_without_an_unknown_command(engine):
    graphs = [joint_graph(a1viz.load(name)) for name in a1viz.catalogue()] + [joint_graph(written(name)) for name in WRITTEN]
    graphs += [joint_graph(drawn(seed), True) for seed in range(100)]
    formulas = [formula for graph in graphs for formula in equations(graph)]
    formulas += [op.latex.replace("{{", "{").replace("}}", "}") for op in TABLE] + [derive(a1viz.load("lstm")).latex()]
    found = engine.ask("given.map(latex => m.typeset(latex)).map(f => [f.unknown, f.width, /NaN|undefined|<text/.test(f.svg)])", formulas)
    wrong = [(latex, *f) for latex, f in zip(formulas, found, strict=True) if f[0] or not f[1] or f[2]]
    assert not wrong


def test_a_formula_is_as_wide_as_in_the_pictures(engine):
    formulas = [f for name in ("gated_network", "lstm", "attention") for f in equations(joint_graph(a1viz.load(name)))]
    for latex, width in zip(formulas, engine.ask("given.map(latex => m.typeset(latex).width)", formulas), strict=True):
        assert width == pytest.approx(outlines(latex, True)[0], rel=0.12, abs=40), latex


ORDERS = [  # the first is wider than the second
    (r"\frac{a + b}{c}", r"\frac{a}{c}"), ("a = b", "ab"), ("a + b", r"a\mathrm{+}b"), (r"x \, y", "xy"), ("x_{12}", "x_{1}"),
    (r"\mathrm{softmax}", r"\mathrm{max}"), (r"\begin{bmatrix}1 & 2\end{bmatrix}", r"\begin{bmatrix}1 \\ 2\end{bmatrix}"),
    (r"a \text{ or } b", r"a \text{or} b"), (r"\log x", r"\mathrm{l}\mathrm{o}\mathrm{g}x"), ("a - b", "-b"), ("x''", "x'"),
]  # fmt: skip
HIGHER = [  # and here higher
    (r"\frac{a}{b}", "a"), (r"\bar{x}", "x"), (r"\bar{h}", r"\bar{x}"),
    (r"\sum_{i=1}^{N} x", r"\sum x"), (r"\sqrt{\frac{a}{b}}", r"\sqrt{a}"),
    (r"\left(\frac{a}{b}\right)", "(a)"), ("x^{2}", "x"),
    (r"\begin{bmatrix}1 \\ 2 \\ 3\end{bmatrix}", r"\begin{bmatrix}1 \\ 2\end{bmatrix}"),
    (r"\begin{aligned}a &= b \\ c &= d\end{aligned}", "a = b"), (r"\hat{x}", "x"), (r"\overline{\mathrm{out}}", r"\mathrm{out}"),
    (r"\begin{cases}a & b \\ c & d\end{cases}", "a"), (r"\tilde{W}", "W"), (r"\max_{j}(x)", r"\max(x)"), ("x_{1}", "x"),
]  # fmt: skip


def test_what_is_larger_in_print_is_larger(engine):
    wide = engine.ask("given.map(pair => pair.map(latex => m.typeset(latex).width))", ORDERS)
    assert [pair for pair, (a, b) in zip(ORDERS, wide, strict=True) if a <= b] == []
    high = engine.ask("given.map(pair => pair.map(latex => m.typeset(latex)).map(f => f.height + f.depth))", HIGHER)
    assert [pair for pair, (a, b) in zip(HIGHER, high, strict=True) if a <= b] == []


HOSTILE = [
    "{" * 100_000, "}" * 1000, r"\frac" * 5000, r"\left(" * 20_000, r"\right)" * 100, "^" * 1000 + "x", r"\begin{aligned}" * 3000,
    "_{" * 50_000, r"\sqrt" * 20_000, "<script>\"&'</script>", r"\text{<b onclick=x>&amp;</b>}", r"\constructor \__proto__ \toString",
    "", "\\",
    r"\begin", r"\left", r"\end{x}", r"\mathbf", r"\bar", "x'''''", "{}^{2}", "日本 é\n\t\x00", r"\begin{<img>}a\end{<img>}", "&&&",
    "\\\\" * 500,
    "x" * 100_000, r"\unknown{x}", r"\mathbb{<}", "\u202e", r"\frac{a}", r"\sum_", r"\left\left\left", "𝛼^{𝛽}", r"\mathbf{\constructor}",
    r"\left\constructor x\right\__proto__", r"\begin{constructor}x\end{constructor}", r"\boldsymbol{\toString \foo}", r"\left\right",
]  # fmt: skip


def test_what_is_no_formula_is_text_and_never_markup(engine):
    for text in HOSTILE:
        markup = engine.ask_within(5, "m.formulaMarkup(given, given)", text)
        tree = ET.fromstring(re.sub("[\x00-\x08]", "", re.sub("&#0;|\x00", "", markup)))
        assert {element.tag.rpartition("}")[2] for element in tree.iter()} <= {"svg", "path", "text"}, text[:40]
        assert {name for element in tree.iter() for name in element.attrib} <= {
            "class", "role", "aria-label", "focusable", "viewBox", "style", "fill", "d", "transform", "font-size",
        }  # fmt: skip
    assert engine.ask(r"m.typeset('\\unknown{x}').unknown") == ["unknown"]


def test_each_sign_is_drawn_once(engine):
    for latex, count in [
        ("x", 1),
        (r"\mathbf{x}", 1),
        ("x_{1}", 2),
        (r"\bar{x}", 2),
        (r"\frac{a}{b}", 3),
        (r"\sqrt{x}", 3),
        ("(a)", 3),
        (r"\,", 0),
    ]:
        assert engine.ask("m.typeset(given).svg.split('<path').length - 1", latex) == count, latex


def test_a_formula_says_what_it_is(engine):
    markup = engine.ask("m.formulaMarkup('x', given)", 'x "bar" < 1')
    assert ET.fromstring(markup).get("aria-label") == 'x "bar" < 1' and ET.fromstring(markup).get("role") == "img"


def test_the_outlines_are_small_and_those_of_the_pictures():
    assert len((tables_script() + glyphs_script()).encode()) < 150_000
    shapes = glyphs()["shapes"]
    assert shapes["𝐱"][0] == pytest.approx(outlines(r"\mathbf{x}", True)[0], abs=30)
    assert relative("M 0 0 L 5 0 Q 7 0 7 2 Q 7 4 5 4 M 10 20 L 30 20 L 30 -5 ") == "m0 0h5q2 0 2 2t-2 2zm10 20h20v-25z"
