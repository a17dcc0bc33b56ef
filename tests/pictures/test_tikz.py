"""Pictures as TikZ: every one compiles, its formulas fit their places, and no text of a document is ever a command."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import NO_TIKZ, environment
from pypdf import PdfReader
from test_formats import HOSTILE, hostile

import a1viz
from a1viz.base.errors import GraphError, InputError, OutputError
from a1viz.base.limits import TEX_POINTS
from a1viz.graph.catalog import catalogue
from a1viz.pictures.diagrams import Box, Diagram, Edge, Line
from a1viz.pictures.drawing import Picture, draw
from a1viz.pictures.engine import Rect
from a1viz.pictures.escaping import escape_latex
from a1viz.pictures.page_widths import lay_out
from a1viz.pictures.tex_formulas import checked, formula
from a1viz.pictures.tikz_output import tikz
from a1viz.pictures.tikz_words import PIXEL, picture, put
from a1viz.pictures.typesetting import Label
from a1viz.sorting import network

BEGIN = (
    "\\documentclass{article}\n"
    "\\usepackage[paperwidth=14000bp,paperheight=14000bp,margin=0bp]{geometry}\n"
    "\\usepackage{amsmath,amssymb,tikz}\\usetikzlibrary{arrows.meta}\\pagestyle{empty}\\topskip0pt\n\\begin{document}\n"
)
MEASURE = (
    r"\typeout{FIT \the\wd0 / \the\dimexpr#1\dimexpr.75bp\relax\relax / "
    r"\the\dimexpr\ht0+\dp0\relax / \the\dimexpr\high+\deep\relax}\ifdim\wd0>\wide"
)
WIDE = {"W": np.arange(500.0).reshape(20, 25) % 7 - 3.5, "b": np.ones(20)}
FORMULAS = [  # that our printer would not write, or that TeX would stop at
    r"\input{x}", r"\write18{ls}", r"\csname input\endcsname", r"\def\x{y}", r"\catcode`\%=12", r"\text{\input{x}}", r"\mathrm{\input x}",
    r"\begin{document}", r"\end{aligned}", r"\begin{aligned}x", r"\left(x", r"x\right)", "x^a^b", "x_a_b", "x^{a}'", "x_", "{", "}",
    "a&b", r"a\\b", "^^5cinput{x}", r"\^^5c", "$x$", "50%", "#1", "~", r"\frac{1}", r"\frac12", r"\mathbf x", r"\unknown", "é", "\\",
    r"\begin{array}{>{\input x}c}a\end{array}", r"x^\frac{1}{2}", r"\text{a", r"\left\input", r"\begin{verbatim}\end{verbatim}", "\x00",
    "x" * 3000,
]  # fmt: skip
NESTED = "{" * 50 + "}" * 50


def pictures() -> dict[str, Picture]:
    """One of each kind, with everything that each can show."""
    weights = a1viz.parse("h = relu(W @ x + b)", {"W": [20, 25], "b": [20]}, x=[25], values={"x": [0] * 25, **WIDE})
    everything = {"backward": True, "values": True, "parameters": True, "expand": "all"}
    return {
        "graph": draw("gated_network", backward=True),
        "values in matrices": draw("batch_norm", backward=True, values=True),
        "blocks open": draw("sort2", **everything),
        "blocks closed": draw("merge_sort", backward=True, theme="print", width=643),
        "gradients": draw(a1viz.backward(a1viz.load("two_layer")), theme="dark", direction="down"),
        "plan": draw(a1viz.compile(a1viz.load("mlp"), ("W1",)).plan()),
        "what differs": draw(a1viz.diff("gated_network", "two_layer")),
        "comparators that differ": draw(a1viz.diff("bubble_sort", "merge_sort")),
        "wires": draw("kth_smallest", view="wires", values=True, k=3),
        "wires, NaN and infinity": draw(network("batcher", 4), values=[3, float("nan"), float("inf"), -1e300]),
        "wires collapsed": draw(network("batcher", 64), seconds=1e-9),
        "neurons": draw("mlp", view="neurons", values=True),
        "many neurons": draw(weights, view="neurons"),
        "frames of neurons": draw("sort2", view="neurons", scale=2),
    }


def compiled(folder: Path, drawn: Mapping[str, str]) -> str:
    """What pdflatex says to pictures in one document, one a page, with the size of each formula and of its place."""
    if (
        shutil.which("pdflatex") is None
        or subprocess.run(["kpsewhich", "tikz.sty"], env=environment(), capture_output=True, check=False).returncode
    ):
        pytest.skip(NO_TIKZ)
    body = []
    for k, (name, text) in enumerate(drawn.items()):
        (folder / f"p{k}.tikz").write_text(text.replace(r"\ifdim\wd0>\wide", MEASURE, 1), encoding="utf-8")
        body.append(
            rf"\typeout{{PICTURE {escape_latex(name)}}}\noindent\smash{{\rlap{{\raisebox{{-\height}}{{\input{{p{k}.tikz}}}}}}}}\newpage"
        )
    (folder / "all.tex").write_text(BEGIN + "\n".join(body) + "\n\\end{document}\n", encoding="utf-8")
    return tex(folder, "all.tex")


def tex(folder: Path, file: str) -> str:
    command = ["pdflatex", "-interaction=nonstopmode", "-file-line-error", "-no-shell-escape", "-recorder", file]
    done = subprocess.run(command, cwd=folder, env=environment(max_print_line="1000"), capture_output=True, timeout=600, check=False)
    said = done.stdout.decode("utf-8", "replace")
    wrong = [line for line in said.split("\n") if re.match(r"! |(\./)?\S+\.(tex|tikz):\d+: |Overfull|.*Warning", line)]
    assert wrong == []
    assert done.returncode == 0, said[-2000:]
    assert "Missing character" not in (folder / file).with_suffix(".log").read_text("utf-8", "replace")
    return said


def too_large(said: str) -> list[float]:
    """How many times too wide, or too high, each formula was that is made smaller."""
    sizes = [tuple(map(float, found)) for found in re.findall(r"^FIT ([\d.]+)pt ?/ ?([\d.]+)pt ?/ ?([\d.]+)pt ?/ ?([\d.]+)pt", said, re.M)]
    return [max(width / wide, height / high) for width, wide, height, high in sizes]


@pytest.mark.process
def test_every_kind_of_picture_compiles_and_its_formulas_fit(tmp_path):
    drawn = {name: picture.to("tikz-snippet").decode() for name, picture in pictures().items()}
    said = compiled(tmp_path, drawn)
    found = too_large(said)
    assert len(PdfReader(tmp_path / "all.pdf").pages) == len(drawn)
    assert len(found) > 300 and max(found) < 1.35 and sum(size > 1 for size in found) < 0.05 * len(found)


@pytest.mark.process
def test_no_text_of_a_picture_is_a_command(tmp_path):
    place = Label(80, 12, 4, 15, ())
    lines = [put(replace(place, latex=text), (0, 20 * k), "ink") for k, text in enumerate((*HOSTILE, *FORMULAS, NESTED))]
    compiled(
        tmp_path,
        {"formulas": picture(lines, {}, "light", Rect(0, 0, 100, 2000), HOSTILE), "boxes": tikz(lay_out(hostile(r"\input{x}")))[0]},
    )
    read = {Path(line.removeprefix("INPUT ")).name for line in (tmp_path / "all.fls").read_text().split("\n") if line.startswith("INPUT ")}
    assert not {"x.tex", "passwd"} & read
    assert {path.suffix for path in tmp_path.iterdir()} == {".tikz", ".tex", ".aux", ".log", ".fls", ".pdf"}


@pytest.mark.process
def test_the_document_is_one_page_as_large_as_the_picture(tmp_path):
    if shutil.which("pdflatex") is None:
        pytest.skip(NO_TIKZ)
    draw("two_layer", backward=True, scale=2).save(tmp_path / "two.tex")
    tex(tmp_path, "two.tex")
    (page,) = PdfReader(tmp_path / "two.pdf").pages
    shown = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', draw("two_layer", backward=True, scale=2).svg)
    assert [float(page.mediabox.width), float(page.mediabox.height)] == pytest.approx(
        [2 * PIXEL * float(size) for size in shown.groups()], abs=0.1
    )
    assert "ReLU(z)" in page.extract_text()


@pytest.mark.prove
@pytest.mark.process
@pytest.mark.parametrize("name", catalogue())
def test_every_graph_of_the_catalogue_compiles_in_every_view(name, tmp_path):
    graph = a1viz.load(name)
    looks = {
        "plain": {}, "backward": {"backward": True}, "values": {"values": True}, "narrow": {"theme": "dark", "width": 358},
        "all": {"backward": True, "values": True, "parameters": True, "expand": "all"}, "neurons": {"view": "neurons", "values": True},
        "wires": {"view": "wires", "values": True},
    }  # fmt: skip
    drawn = {}
    for look, options in looks.items():
        try:
            drawn[look] = draw(graph, **options)
        except (GraphError, InputError):
            assert look in ("neurons", "wires")
    drawn |= {"gradients": draw(a1viz.backward(graph)), "plan": draw(a1viz.compile(graph).plan())}
    said = compiled(tmp_path, {look: picture.to("tikz-snippet").decode() for look, picture in drawn.items()})
    assert max(too_large(said)) < 1.5


# Formulas


@pytest.mark.parametrize("latex", [*FORMULAS, NESTED])
def test_what_our_printer_would_not_write_is_shown_as_text(latex):
    assert checked(latex) == ""
    written = formula(latex)
    assert written.startswith(r"\text{")
    assert set(re.findall(r"\\[A-Za-z]+", written)) <= {
        r"\text",
        r"\textbackslash",
        r"\textasciicircum",
        r"\textasciitilde",
        r"\dots",
        r"\ensuremath",
    }
    assert written.count("{") - written.count(r"\{") == written.count("}") - written.count(r"\}")


@pytest.mark.parametrize(
    "latex",
    [r"y'^{2}", r"x_{1}^{2}", r"{}_{a}x", r"\left\langle x \right\rangle", r"\begin{pmatrix}1 & 2 \\ 3 & 4\end{pmatrix}", r"\ ", r"x\ "],
)
def test_what_our_printer_writes_stays_as_it_is(latex):
    assert checked(latex) == latex


def test_words_inside_a_formula_are_escaped():
    assert checked(r"\text{50% − a_b, naïve} + x") == r"\text{50\% \ensuremath{-} a\_b, na\"{\i}ve} + x"


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("--", "-{}-"),
        ("a\r\n b", "a b"),
        ("\u202eabc", "abc"),
        ("\x1b[1m", "U+001B[1m"),
        ("\ud800", "U+D800"),
        ("日", "U+65E5"),
        ("Ångström ç", r"\AA{}ngstr\"{o}m \c{c}"),
        ("\\^~", r"\textbackslash{}\textasciicircum{}\textasciitilde{}"),
        ("?`", "?{`}"),
    ],
)
def test_any_text_is_plain_text_in_latex(text, latex):
    assert escape_latex(text) == latex


# The picture


def test_a_title_stays_in_its_comment():
    drawn, _ = tikz(
        lay_out(Diagram("d", "a\n\\input{x}\r\\input{x}\u2028", "b\n\\input{x}", (Box("x", ()),), (), notes=("c\n\\input{x}",)))
    )
    assert [line for line in re.split("[\n\r]", drawn) if "input" in line and not line.startswith("%")] == []


def test_arrows_and_boxes_differ_in_more_than_colour():
    lines = (Line("x", "x", ""),)
    boxes = tuple(Box(kind, lines, kind) for kind in ("variable", "output", "removed", "changed", "added"))
    edges = tuple(Edge("variable", "output", kind=kind) for kind in ("forward", "backward", "in place", "removed", "added"))
    drawn, _ = tikz(lay_out(Diagram("d", "d", "", boxes, edges)), "print")
    styles = dict(re.findall(r"  (a1 [a-z ]+ (?:arrow|box))/\.style=\{draw=\w+, (.*)\},", drawn))
    plain = {name: style for name, style in styles.items() if name != "a1 in place arrow"}  # which has a colour of its own
    assert len(styles) == 10 and len(set(plain.values())) >= 8
    assert "Straight Barb" in styles["a1 backward arrow"] and "dash pattern" in styles["a1 backward arrow"]


def test_boxes_can_be_named_in_a_paper():
    drawn = draw("gated_network").to("tikz-snippet").decode()
    assert set(re.findall(r"\\node\[a1 \w+ box, [^]]*\] \((\w+)\)", drawn)) == {
        "x",
        "t",
        "z1",
        "z2",
        "h1",
        "h2",
        "g",
        "y",
        "y_prime",
        "S",
        "J",
    }
    assert drawn.startswith("% Needs \\usepackage{amsmath,amssymb,tikz} \\usetikzlibrary{arrows.meta}\n")


def test_a_picture_may_be_as_large_as_tex_can_hold():
    most = TEX_POINTS / PIXEL
    assert picture([], {}, "light", Rect(0, 0, 10, most))
    with pytest.raises(OutputError, match="larger than TeX can hold"):
        picture([], {}, "light", Rect(0, 0, 10, most + 1))


@pytest.mark.process
@pytest.mark.parametrize("format", ["tikz", "mermaid"])
def test_the_same_picture_has_the_same_bytes_in_every_process(format):
    program = f"import a1viz, sys; sys.stdout.buffer.write(a1viz.draw('gated_network', backward=True).to({format!r}))"
    done = subprocess.run([sys.executable, "-c", program], env=environment(PYTHONHASHSEED="7"), capture_output=True, check=True)
    assert done.stdout == draw("gated_network", backward=True).to(format)


def test_the_snippet_of_a_small_graph(golden):
    drawn = draw("two_layer", backward=True).to("tikz-snippet").decode()
    drawn = re.sub(r"\(-?[\d.]+,-?[\d.]+\)", "(x,y)", drawn)  # places are the engine's
    drawn = re.sub(r"\\fitted(\{[\d.]+\}){3}", r"\\fitted{w}{h}{d}", drawn)
    golden("two_layer.tikz", re.sub(r"(minimum \w+)=[\d.]+bp", r"\1=s", drawn))
