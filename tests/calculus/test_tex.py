"""All LaTeX that is written compiles with amsmath and amssymb alone, in a real TeX."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import NO_TEX, environment
from networks import NETWORKS, network
from table_cases import SIZES, applications_of

from a1viz.calculus import notation
from a1viz.calculus.autodiff import backward, tangent
from a1viz.calculus.derivation import derive
from a1viz.calculus.entrywise import entry_equation
from a1viz.calculus.explanation import explain, statement
from a1viz.calculus.identities import IDENTITIES
from a1viz.gradients.norm_graphs import norm_graph
from a1viz.graph.catalog import catalogue
from a1viz.graph.documents import load
from a1viz.graph.equations import parse
from a1viz.graph.nodes import Builder, Graph
from a1viz.graph.operators import TABLE
from a1viz.pictures.block_diagrams import BlockPlaces
from a1viz.pictures.tex_formulas import checked
from a1viz.pictures.typesetting import LONGEST
from a1viz.pictures.wording import number_latex

BEGIN = "\\documentclass{article}\n\\usepackage{amsmath,amssymb}\n\\begin{document}\n"
HOSTILE = (  # names and sizes that a text may have
    "_x", "x_", "x__y", "_bar", "a_b_c_d", "x1_2_max", "alpha_beta", "Gamma1", "lambda2_hat", "x_prime_prime", "x_bar_dot_hat", "mathbf",
    "frac", "end", "e1", "e_t", "E_bar", "x_bar3", "very_long_name_indeed", "W10_prime", "z1_tilde_bar", "S1", "i", "j", "k", "d",
)  # fmt: skip


def equations(graph: Graph) -> Iterator[str]:
    for name in graph.declared_names:
        yield rf"{notation.equation(graph, name)} \in {notation.shape(graph[name])}"
        yield entry_equation(graph, name).latex


def rows() -> Iterator[str]:
    for op in TABLE:
        for shapes, attributes in applications_of(op) if not op.batch else ():
            names = [f"{op.args[0]}{k + 1}" for k in range(len(shapes))] if op.is_variadic else list(op.args)
            builder = Builder()
            for name, shape in zip(names, shapes, strict=True):
                builder.leaf(name, "label" if name in ("t", "u") else "input", shape, SIZES["n"] if name in ("t", "u") else None)
            builder.add(op.name, names, name="out", attrs=attributes)
            yield from equations(builder.graph(op.name, ["out"]))


def documents() -> Iterator[str]:
    for name in catalogue():
        graph = load(name)
        yield from equations(graph)
        yield from equations(tangent(graph))
        yield from (derive(graph).latex(), derive(graph, substitute=True).latex(), derive(graph, entries=True).latex())
        yield explain(backward(graph), ("stable", "tidy")).latex() if explain(backward(graph), ("stable", "tidy")).steps else "0"
        places = BlockPlaces(graph, ())
        yield from (line.latex for node in graph.nodes if node.block and (line := places.line(places.home(node))))


def norms() -> Iterator[str]:
    for name in NETWORKS:
        graph = network(name, loss=True)
        told = explain(norm_graph(graph, graph.parameters), ("tidy", "norm"))
        yield told.latex() if told.steps else "0"


def names() -> Iterator[str]:
    for name in HOSTILE:
        for shape in ([], ["d_model"], ["n_1_x", "S1.D_2"]):
            graph = parse(f"out_of_it = 1e-7 * {name} + 2.5e300", {name: shape})
            yield from equations(graph)
            yield derive(parse(f"J = sum({name} ** 1.5 / (1 + {name} ** 0.5))", {name: shape})).latex()


def wide() -> Iterator[str]:
    for columns in (10, 11):
        numbers = [float(k) for k in range(columns)]
        yield from equations(parse(f"y = {numbers} @ x; Z = {[numbers, numbers]} @ x", x=[columns]))


def formulas() -> list[str]:
    numbers = [number_latex(value) for value in (1e-5, -1e-5, 2.5e300, float("inf"), float("nan"), [1.5, -1e-9], [[1, 2], [3, 4e9]])]
    return [*dict.fromkeys([*rows(), *documents(), *norms(), *names(), *wide(), *(statement(row).latex for row in IDENTITIES), *numbers])]


@pytest.mark.process
def test_everything_compiles_with_amsmath_and_amssymb_alone(tmp_path: Path):
    if shutil.which("pdflatex") is None:
        pytest.skip(NO_TEX)
    written = formulas()
    assert len(written) > 2000
    assert [latex for latex in written if len(latex) <= LONGEST and not checked(latex)] == []  # as pictures in TikZ take it
    lines = [rf"\setbox0\hbox{{$\displaystyle {' '.join(latex.split())}$}}\box0\par" for latex in written]
    (tmp_path / "all.tex").write_text(BEGIN + "\n".join(lines) + "\n\\end{document}\n", encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-file-line-error", "-no-shell-escape", "all.tex"],
        cwd=tmp_path, env=environment(), capture_output=True, timeout=300, check=False,
    )  # fmt: skip
    said = done.stdout.decode("utf-8", "replace")
    wrong = {lines[int(number) - 1 - BEGIN.count("\n")]: what for number, what in re.findall(r"^\./all\.tex:(\d+): (.*)", said, re.M)}
    assert wrong == {}
    assert done.returncode == 0, said[-2000:]
    assert "Missing character" not in (tmp_path / "all.log").read_text("utf-8", "replace")
