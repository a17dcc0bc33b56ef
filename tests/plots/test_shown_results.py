"""Results in a notebook: a real kernel shows every one of them; the notebook becomes a page, LaTeX and PDF without Inkscape."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from typing import Any

import nbformat
import pytest
from conftest import environment

SETUP = """
import numpy as np
import a1viz
from a1viz import gradients, nn, plots, regression, sorting
from a1viz.counting import element, weights
from a1viz.sorting.sort2 import FORMS
X = np.array([[0.0, 1.0], [1.0, 0.5], [2.0, -1.0], [-1.0, 0.0], [0.5, 0.5]])
t = np.array([0, 0, 1, 1, 1])
x, y = regression.noisy_points(seed=5)
model = nn.MLPClassifier(2, hidden=(3,))
history = model.fit(X, t, steps=20, validation=(X, t))
g = a1viz.load("two_layer")
descent = regression.descend(X, t, keep_path=True)
noise = regression.training_errors(10, [2, 5], 1.0, repeats=20)
double = regression.double_descent(d=12, sizes=range(3, 10), repeats=300)
sweep = regression.degree_sweep(degrees=range(20), repeats=5)
perceptron = sorting.perceptron(sorting.network("merge", 4))
table = nn.gradient_table(model, X, t)
proof = sorting.verify(sorting.Network(3, [(0, 1), (1, 2)]))
"""
TABLES = (
    "regression.fit(X, t)", "descent", "regression.fit_poly(x, y, 9)", "regression.exact_poly([0, 0.5, 1], [1, 2, 3], degree=1)",
    "noise", "noise.rows[0]", "double", "double.pair", "sweep", "history", "table", "table.rows[0]", "model", "model.net",
    "nn.LogisticRegression(2, standardize=True)", "nn.load_data('moons')", "nn.load_data('digits')", "nn.settings_of('mlp', 'moons')",
    "nn.Linear(2, 3)", "nn.ReLU()", "[nn.Linear(2, 1), nn.Sigmoid()]", "model.gradients(X, t)", "perceptron", "perceptron.layers[0]",
    "FORMS['distance']", "sorting.known(16)", "sorting.family_of('merge')", "weights(4, 3)", "element(4, 1)",
    "plots.FIGURES['pass_costs']()", "sorting.network('best-size', 64)",
)  # fmt: skip
DRAWN = (
    "sorting.network('merge', 4)", "proof", "sorting.verify(sorting.network('bubble', 4))", "a1viz.draw(g)",
    "a1viz.draw('merge_sort', view='wires')",
    "regression.fit(X, t).plot()", "descent.plot()", "regression.fit_poly(x, y, 9).plot()", "noise.plot()", "double.plot()", "sweep.plot()",
    "history.plot()", "table.plot()", "model.plot()", "model.plot(X, t)", "model.net.plot()", "nn.load_data('moons').plot()",
    "perceptron.plot()",
    "FORMS['distance'].plot()", "sorting.network('merge', 4).plot()", "proof.plot()", "plots.plot(a1viz.pass_table())",
    "plots.plot(a1viz.ntk(model.net.graph, x1=X, x2=X, **model.net.values))", "plots.plot(a1viz.gradient_norms(g))",
    "plots.plot(model.gradient_norms(X, t))", "plots.FIGURES['uses_costs']()",
)  # fmt: skip
UNUSED = ("eurosym", "mathrsfs", "soul", "ulem")  # what nbconvert loads and no result asks for; a small TeX has not all of them
DUMP = re.compile(r" object at 0x|<function |<bound method|\b[A-Z]\w+\(\w+=(?:array|\(|\[|'|\d)")


RUN = """
import json, sys
import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in json.load(sys.stdin)])
manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))  # this Python, no other
NotebookClient(made, km=manager, timeout=120).execute()
print(nbformat.writes(made))
"""


@pytest.fixture(scope="session")
def notebook(tmp_path_factory) -> Any:
    """A notebook with a cell for each result, run by a real kernel."""
    folder = tmp_path_factory.mktemp("notebook")
    asked = {"input": json.dumps([SETUP, *TABLES, *DRAWN]), "capture_output": True, "text": True, "cwd": folder}
    about = environment(IPYTHONDIR=str(folder / "ipython"))
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", RUN], **asked, env=about, check=False)
    assert done.returncode == 0, done.stderr
    return nbformat.reads(done.stdout, as_version=4)


@pytest.fixture(scope="session")
def shown(notebook) -> dict[str, Any]:
    """What each cell shows: one result."""
    found = {}
    for cell in notebook.cells[1:]:
        (found[cell.source],) = cell.outputs
        assert found[cell.source].output_type == "execute_result"
    return found


@pytest.mark.process
def test_nothing_is_shown_by_the_setup_or_twice(notebook, shown):
    assert not notebook.cells[0].outputs
    assert list(shown) == [*TABLES, *DRAWN]


@pytest.mark.process
@pytest.mark.parametrize("source", [*TABLES, *DRAWN])
def test_a_result_is_words_and_numbers_and_never_a_dump(source, shown):
    text = shown[source].data["text/plain"]
    assert text.strip() and not DUMP.search(text)
    assert len(text) < 100_000


@pytest.mark.process
@pytest.mark.parametrize("source", [source for source in TABLES if not source.startswith(("nn.Linear", "nn.ReLU", "["))])
def test_a_result_is_a_table_or_words_in_a_page_and_in_latex(source, shown):
    data = shown[source].data
    assert "<t" in data["text/html"] or "<p" in data["text/html"]
    assert "image/png" not in data and data["text/latex"].strip()


class Tags(HTMLParser):
    """The open tags of HTML, and whether each is closed in its turn."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        if tag not in ("br", "img"):
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        pass

    def handle_endtag(self, tag) -> None:
        assert self.stack.pop() == tag


@pytest.mark.process
def test_the_html_of_every_result_is_whole(shown):
    for output in shown.values():
        read = Tags()
        read.feed(output.data.get("text/html", ""))
        assert not read.stack


@pytest.mark.process
@pytest.mark.parametrize("source", DRAWN)
def test_a_picture_keeps_its_size_scrolls_and_has_a_png_twice_as_fine(source, shown):
    data, about = shown[source].data, shown[source].metadata
    assert "image/svg+xml" not in data, "nbconvert would call Inkscape for it"
    assert '<div style="overflow-x:auto;--a1viz-least:1"' in data["text/html"] and "<svg" in data["text/html"]
    png = base64.b64decode(data["image/png"])
    pixels = [int.from_bytes(png[at : at + 4], "big") for at in (16, 20)]
    size = about["image/png"]
    assert [abs(p - 2 * size[side]) <= 2 for p, side in zip(pixels, ("width", "height"), strict=True)] == [True, True]
    assert png[33 + 4 : 33 + 8] == b"pHYs"


@pytest.mark.process
def test_the_notebook_becomes_a_page(notebook):
    import nbconvert

    page, _ = nbconvert.HTMLExporter().from_notebook_node(notebook)
    assert page.count("<svg") >= len(DRAWN)


@pytest.mark.process
def test_the_notebook_becomes_latex_and_pdf_without_inkscape(notebook, tmp_path, monkeypatch):
    import nbconvert

    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path))  # neither Inkscape nor Pandoc
        source, resources = nbconvert.LatexExporter().from_notebook_node(notebook)
    assert source.count(r"\adjustimage") >= len(DRAWN)
    if not shutil.which("pdflatex"):
        pytest.skip("pdflatex is not installed: whether the LaTeX compiles is not tried")
    for name in UNUSED:
        (tmp_path / f"{name}.sty").write_text(rf"\ProvidesPackage{{{name}}}\DeclareOption*{{}}\ProcessOptions")
    (tmp_path / "notebook.tex").write_text(source.replace(r"\usepackage[T1]{fontenc}", ""), encoding="utf-8")
    for name, data in resources["outputs"].items():
        (tmp_path / name).write_bytes(data)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "notebook.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, env=environment())
    said = done.stdout.decode(errors="replace")
    assert done.returncode == 0, said[-2000:]
    assert not [wide for wide in re.findall(r"Overfull \\\w+ \((\d+)", said) if int(wide) > 5], "points"
    assert (tmp_path / "notebook.pdf").read_bytes().startswith(b"%PDF")
