"""Every result of the public functions shows itself: in a REPL, in a notebook, and in each format of a text."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
import shutil
import subprocess
import sys
import typing
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import markdown
import numpy as np
import pytest
from conftest import environment
from harmless import assert_inert

import a1viz
from a1viz.base.results import TEXT_FORMATS
from a1viz.calculus import explain
from a1viz.calculus.identities import IDENTITIES
from a1viz.calculus.interpreter import Values
from a1viz.gradients.norm_graphs import norm_graph

SHOWN = ("a1viz.base.", "a1viz.graph.", "a1viz.calculus.", "a1viz.gradients.", "a1viz.plan.")  # where their classes are
ROOMS = ("a1viz", "a1viz.graph", "a1viz.calculus", "a1viz.gradients")  # whose public functions give these results


# --- which classes there are --------------------------------------------------------------------------------------------------


def hints(thing: Any) -> dict[str, Any]:
    """The annotations of a function or a class; those that only a type checker can read are left out."""
    scope, found = vars(sys.modules.get(thing.__module__, object)), {}
    for name, text in inspect.get_annotations(thing).items():
        try:
            found[name] = eval(text, dict(scope)) if isinstance(text, str) else text
        except NameError:
            continue
    return found


def classes(annotation: Any) -> Iterator[type]:
    """Our classes in an annotation."""
    if inspect.isclass(annotation) and annotation.__module__.startswith(SHOWN):
        yield annotation
    for part in typing.get_args(annotation):
        yield from classes(part)


def results(functions: dict[str, Callable[..., Any]]) -> dict[type, str]:
    """The classes of what functions give, and of what these consist of, and where each was found."""
    found: dict[type, str] = {}
    waiting = [(cls, name) for name, function in functions.items() for cls in classes(hints(function).get("return"))]
    while waiting:
        cls, name = waiting.pop(0)
        if cls in found:
            continue
        found[cls] = name
        shown = {field.name for field in dataclasses.fields(cls) if field.repr} if dataclasses.is_dataclass(cls) else set()
        if cls.__name__ != "Program":  # a plan's own steps are no results
            waiting += [(part, f"{cls.__name__}.{key}") for key, hint in hints(cls).items() if key in shown for part in classes(hint)]
    return found


def public_functions() -> dict[str, Callable[..., Any]]:
    rooms = [importlib.import_module(room) for room in ROOMS]
    named = {f"{room.__name__}.{name}": getattr(room, name) for room in rooms for name in room.PUBLIC}
    methods = {"Compiled.plan": type(a1viz.compile("two_layer")).plan, "Graph.__getitem__": a1viz.graph.Graph.__getitem__}
    return {name: thing for name, thing in (named | methods).items() if inspect.isfunction(thing)}


def is_dump(cls: type) -> bool:
    """Whether a REPL shows what `@dataclass`, `object` or a container would."""
    shows = inspect.unwrap(cls.__repr__)
    return not inspect.isfunction(shows) or shows.__code__.co_filename == "<string>"


def shows_nothing(cls: type) -> bool:
    return is_dump(cls) or not hasattr(cls, "_repr_mimebundle_")


def drawn_later(cls: type) -> bool:
    """A compiled function is called, and is no result."""
    return cls.__name__ == "Compiled"


def test_every_result_of_a_public_function_shows_itself():
    found = results(public_functions())
    assert len(found) > 20
    assert [f"{cls.__name__} of {name}" for cls, name in found.items() if shows_nothing(cls) and not drawn_later(cls)] == []


@dataclasses.dataclass(frozen=True)
class Planted:
    x: int


def test_a_result_without_a_display_is_seen():
    def planted() -> tuple[Planted, ...]: ...

    assert shows_nothing(Planted)
    planted.__annotations__ = {"return": tuple[Planted, ...]}
    Planted.__module__ = "a1viz.graph.planted"
    try:
        assert list(results({"planted": planted})) == [Planted]
    finally:
        Planted.__module__ = __name__


# --- each of them -------------------------------------------------------------------------------------------------------------

ODD = Values(
    {
        "odd_1": np.array([np.nan, np.inf, -np.inf, -0.0]), "million": np.full((1000, 1000), 1 / 3), "empty": np.zeros((0, 3)),
        "cube": np.arange(8.0).reshape(2, 2, 2), "tiny": np.float64(-1e-7), "long": np.arange(200), "t": np.array([0, 2]),
    }
)  # fmt: skip


@lru_cache(maxsize=1)
def samples() -> dict[str, Any]:
    """A result of every class, and some that are odd."""
    two, gated = a1viz.load("two_layer"), a1viz.load("gated_network")
    cost, table, derived, diff = a1viz.cost(gated), a1viz.pass_table(), a1viz.derive(gated), a1viz.diff("two_layer", "gated_network")
    worked, told = a1viz.derive_steps(gated, "x"), explain(norm_graph(two, two.parameters, ["y"], "naive"))
    report = a1viz.check(two)
    return {
        "graph": two, "node": gated["z1"], "document": gated.document, "run": a1viz.run(two, trace=True),
        "batch": a1viz.run(two, x=np.eye(3)),
        "grad": a1viz.grad(gated), "odd": ODD, "none": Values(), "norms": a1viz.gradient_norms(two, x=np.eye(3)),
        "cost": cost, "variable": cost.rows[0], "polynomial": cost.multiplications, "table": table, "pass": table.entries[0],
        "convention": table.convention, "derivation": derived, "step": derived.steps[2], "worked": worked, "worked step": worked.steps[1],
        "explanation": told, "rewrite": told.steps[0], "equation": told.steps[0].after, "identity": IDENTITIES[0], "diff": diff,
        "same": a1viz.diff(two, two), "difference": diff.differences[0], "report": report, "finding": report.findings[0],
        "ntk": a1viz.ntk(two, x1=np.eye(3), x2=[1, 0, 0]), "plan": a1viz.compile(gated, ["W1"]).plan(), "catalogue": a1viz.catalogue(),
    }  # fmt: skip


SAMPLES = (
    "graph node document run batch grad odd none norms cost variable polynomial table pass convention derivation step worked rewrite "
    "explanation equation identity diff same difference report finding ntk plan catalogue"
).split() + ["worked step"]


def test_there_is_a_sample_of_every_class():
    assert {*SAMPLES} == {*samples()}
    found = {cls for cls in results(public_functions()) if not drawn_later(cls)}
    assert {cls.__name__ for cls in found - set(map(type, samples().values()))} == set()


@pytest.mark.parametrize("name", SAMPLES)
def test_a_repl_shows_what_print_gives(name):
    shown = repr(samples()[name])
    assert shown == str(samples()[name])
    assert not re.search(r"<[\w.]+ object|\w+\(\w+=", shown)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_notebook_shows_a_table_or_a_picture(name):
    found = samples()[name]._repr_mimebundle_()
    data = found[0] if isinstance(found, tuple) else found
    assert data["text/plain"] == repr(samples()[name])
    assert ("image/png" in data) or ("text/latex" in data)
    assert "<table" in data["text/html"] or "<svg" in data["text/html"] or name in ("identity", "convention", "same", "none")
    if name != "graph":  # a picture has a style of its own
        assert_inert(data["text/html"])
        assert data["text/html"].count("<table") == data["text/html"].count("</table>")


@pytest.mark.parametrize("name", SAMPLES)
def test_every_format_is_text_and_comes_out_the_same_twice(name):
    result = samples()[name]
    for format in TEXT_FORMATS:
        text = result.to(format)
        assert isinstance(text, str)
        assert text == result.to(format)
        assert len(text) < 400_000


def test_a_table_in_markdown_is_a_table():
    for name in SAMPLES:
        text = samples()[name].to("markdown")
        if "| :--" in text:
            page = markdown.markdown(text, extensions=["tables"])
            assert page.count("<table>") == len(re.findall(r"^\| :-.*\|$", text, re.M)), name


@pytest.mark.process
@pytest.mark.skipif(not shutil.which("pdflatex"), reason="PDFLATEX IS NOT INSTALLED: no LaTeX of a result was compiled")
def test_all_results_are_one_latex_document_without_anything_that_sticks_out(tmp_path):
    def latex(result: Any) -> str:
        text = result.to("latex")
        return f"\\[{text}\\]" if text.startswith("\\begin{aligned}") else text

    body = "\n\n".join(map(latex, samples().values()))
    head = "\\documentclass{article}\n\\usepackage{amsmath,amssymb}\n\\begin{document}\n"
    (tmp_path / "t.tex").write_text(f"{head}{body}\n\\end{{document}}\n", encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, env=environment(), timeout=120)
    log = done.stdout.decode("utf-8", "replace")
    assert done.returncode == 0, log[-2000:]
    assert "Missing character" not in log
    wide = [float(width) for width in re.findall(r"Overfull \\hbox \(([\d.]+)pt too wide\)", log)]
    assert max(wide, default=0) < 36, wide  # half an inch into the margin


# --- what stands in them ------------------------------------------------------------------------------------------------------


def test_the_filled_table_reads_as_a_lecturer_would_set_it():
    assert a1viz.pass_table().to("latex").split("\n")[:10] == [
        r"\noindent", r"\begin{tabular}{llll}", r" &  & $\text{multiplications }T$ & $\text{memory }M$ \\", r"\hline",
        r"forward pass & naive & $N K D^{2}$ & $O(N K D + K D^{2})$ \\", r" & efficient & $N K D^{2}$ & $O(N K D + K D^{2})$ \\",
        r"backward pass & naive & $2 N K D^{2} - N D^{2}$ & $O(N K D^{2})$ \\", r" & efficient & $N K D^{2} - N D^{2}$ & $O(N K D)$ \\",
        r"gradient norms & naive & $N K D^{2}$ & $O(N K)$ \\", r" & efficient & $2 N K D + N K$ & $O(N K)$ \\",
    ]  # fmt: skip


def test_values_bear_the_papers_symbols():
    lines = a1viz.grad("two_layer", "W1").to("latex").split("\n")
    assert lines[3] == (
        r"$\bar{\mathbf{W}}^{(1)}$ & $\begin{pmatrix} -4 & -12 & -4 \\ 6 & 18 & 6 \\ 0 & 0 & 0 \end{pmatrix}$ \\ \noalign{\smallskip}"
    )
    assert r"$\| \bar{\mathbf{W}}^{(2)} \|^{2}$ & $195$" in a1viz.gradient_norms("two_layer").to("latex")
    assert r"$\Vert  \bar{\mathbf{W}}^{(2)} \Vert ^{2}$ | `195.`" in a1viz.gradient_norms("two_layer").to("markdown")


def test_a_graph_is_its_equations_in_a_repl_and_its_picture_in_a_notebook():
    g = a1viz.load("two_layer")
    assert repr(g) == "z = W1 @ x\nh = relu(z)\ny = W2 @ h"
    assert g._repr_html_() == a1viz.draw(g)._repr_html_()
    assert g.to("latex").startswith("\\begin{aligned}\n\\mathbf{z} &= ")


def test_a_long_graph_is_short_in_a_repl_and_whole_in_print():
    g = a1viz.parse("\n".join(f"z{k + 1} = relu(z{k})" for k in range(1000)), z0=["D"])
    assert len(repr(g).split("\n")) == 301
    assert "\n… 700 more\n" in repr(g)
    assert len(str(g).split("\n")) == 1000


def test_a_catalogue_is_a_list_that_shows_titles():
    assert a1viz.catalogue() == sorted(a1viz.catalogue())
    assert re.search(r"^question 2 +gated_network +Gated network$", repr(a1viz.catalogue()), re.M)


@pytest.mark.parametrize("title", ["<img src=x onerror=a>", "50% & $x_1$ | `a` \\\\"])
def test_what_a_document_says_is_harmless_in_every_format(title):
    document = dataclasses.replace(a1viz.load("two_layer").document, title=title)
    assert_inert(document.to("html"))
    assert title in document.to("text")
    assert "<img" not in document.to("html") + document.to("markdown")
    assert "% &" not in document.to("latex").replace(r"\%", "")
