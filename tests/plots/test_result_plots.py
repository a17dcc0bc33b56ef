"""`.plot()` of results: each kind has a figure, of odd results too; a notebook and a REPL show it, with or without Matplotlib."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings

import numpy as np
import pytest
from conftest import environment

import a1viz
from a1viz import plots, regression
from a1viz.base.errors import InputError, OutputError
from a1viz.base.limits import TABLE_ROWS
from a1viz.gradients.kernel_plans import Kernel
from a1viz.gradients.norms import Norms
from a1viz.nn import Data, LogisticRegression, Sequential, gradient_table, new_model
from a1viz.nn.layers import Linear
from a1viz.pictures import notebook_output
from a1viz.plots import PLOTS, Figure, training
from a1viz.plots.decisions import confusion
from a1viz.plots.matrices import SIDE, coarse, steps
from a1viz.plots.panel_sizes import SCREEN
from a1viz.sorting import Network, network, perceptron, verify


def kernel(numbers) -> Kernel:
    found = np.asarray(numbers, float)
    return Kernel(found, {"W": found}, {"W": (1, 1, 1)}, {"W": {}}, {"W": "vjp"})


def odd_data() -> Data:
    """Points of nine classes whose names Matplotlib would take for formulas, leave out or cannot draw."""
    names = ("$x_$", "_a", "日本", "a" * 60, "<b>", "x1", "US$", "%", "\\frac")
    t = np.arange(27) % 9
    X = np.stack([t % 3, t // 3], axis=1) + np.arange(27)[:, None] / 100
    return Data("odd", "Odd", "About $this.", X[:18], t[:18], X[18:], t[18:], ("$f$$", "_g"), names)


ODD = {
    "one example": lambda: regression.fit([[1.0]], [2.0]),
    "nothing to learn": lambda: regression.fit([[0.0]], [0.0]),
    "a point": lambda: regression.fit_poly([0.5], [1.0], 0),
    "a wild polynomial": lambda: regression.fit_poly(np.linspace(0, 1, 10), np.sin(np.arange(10) * 9.0), 9, "monomial"),
    "no step": lambda: regression.descend([[1, 1]], [3], steps=0),
    "a descent that diverges": lambda: regression.descend([[1.0]], [3], step=100.0),
    "a start at the end": lambda: regression.descend([[1.0, 0], [0, 1]], [0.0, 0], start=[0, 0], keep_path=True),
    "no noise": lambda: regression.training_errors(1, 1, 0.0, repeats=2),
    "more levels than lines": lambda: regression.training_errors(5, [1, 2], [0.1, 1, 2, 3, 4, 5], repeats=3),
    "no error at all": lambda: regression.double_descent(d=3, sizes=[1, 2], sigma=0, repeats=2, norm=0),
    "one degree": lambda: regression.degree_sweep(n=1, degrees=[0], bases=["monomial"], repeats=2),
    "one number": lambda: kernel(3.0),
    "zeros": lambda: kernel(np.zeros((2, 2))),
    "NaN and infinity": lambda: kernel([[np.nan, 1], [np.inf, -1]]),
    "blocks of outputs": lambda: kernel(np.arange(16.0).reshape(2, 2, 2, 2)),
    "a large matrix": lambda: kernel(np.random.default_rng(0).standard_normal((500, 3))),
    "NaN as norm": lambda: Norms({"W": np.array(np.nan)}),
    "no norm": lambda: Norms({}),
    "no example": lambda: Norms({"W": np.zeros(0)}),
    "norms of 0": lambda: Norms({"W": np.zeros(5)}),
    "no wire": lambda: Network(0),
    "no comparator": lambda: verify(Network(1)),
    "one layer": lambda: perceptron(Network(1)),
    "one step": lambda: LogisticRegression(1).fit([[0.0], [1.0]], [0, 1], steps=1),
    "one feature": lambda: gradient_table(LogisticRegression(1), [[0.0]], [1]),
    "no bias": lambda: Sequential(Linear(2, 3, bias=False)),
    "many classes with odd names": lambda: odd_data(),
}  # fmt: skip


@pytest.mark.parametrize("what", ODD)
def test_an_odd_result_has_a_figure_and_shows_itself(what):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = ODD[what]()
        assert {"text/plain", "text/html"} <= result._repr_mimebundle_()[0].keys()
        data, about = plots.plot(result)._repr_mimebundle_()
    assert data["image/png"] and "<svg" in data["text/html"]
    assert about["image/png"].keys() == {"width", "height"}


def test_a_model_of_many_classes_shows_where_it_decides_and_whom_it_mistakes():
    data = odd_data()
    model = LogisticRegression(2, classes=9)
    model.feature_names, model.class_names = data.features, data.classes
    model.fit(data.X, data.t, rate=1.0, steps=30)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = model.plot(data.X, data.t)
        assert "<svg" in figure._repr_mimebundle_()[0]["text/html"]
    where, mistakes = figure.panels
    assert "日本 (squares), " in where.words and "sure" not in where.words
    counts = model.confusion(data.X, data.t)
    wrong = [f"{data.classes[i]} predicted as {data.classes[j]}: {n}" for (i, j), n in np.ndenumerate(counts) if n and i != j]
    assert all(said.casefold() in mistakes.words.casefold() for said in wrong)
    assert np.trace(counts) + sum(int(said.rpartition(" ")[2]) for said in wrong) == 18


def test_ten_classes_have_letters_as_large_as_the_text_in_a_confusion():
    from matplotlib.figure import Figure as Canvas

    rng = np.random.default_rng(0)
    X, t = rng.normal(size=(60, 2)), np.arange(60) % 10
    data = Data("ten", "Ten", "", X, t, X, t, ("a", "b"), tuple("0123456789"))
    axes = Canvas(figsize=(SCREEN.width, SCREEN.height)).add_axes(SCREEN.axes)
    confusion(LogisticRegression(2, classes=10), data).draw(axes)
    names = [*axes.get_xticklabels(), *axes.get_yticklabels()]
    assert len(names) == 20 and {name.get_fontsize() for name in names} == {SCREEN.text}
    assert min(count.get_fontsize() for count in axes.texts) >= 0.8 * SCREEN.text


@pytest.mark.parametrize("name", sorted(training.FIGURES))
def test_a_baseline_stands_beside_every_accuracy(name):
    figure = training.FIGURES[name]()
    said = " ".join([*figure.head, *(str(row[0]) for row in figure.rows), *(panel.words for panel in figure.panels)])
    assert "accuracy" not in said or "baseline" in said or "the most common class" in said


def test_an_empty_kernel_is_a_table():
    assert "image/png" not in plots.plot(kernel(np.zeros((0, 0))))._repr_mimebundle_()[0]


@pytest.mark.parametrize("kind", PLOTS)
def test_what_has_a_figure_has_plot(kind):
    assert kind.plot.__doc__


def test_what_has_no_figure_is_refused_by_name():
    with pytest.raises(InputError, match="there is no figure of 3; results with a figure are Fit, "):
        plots.plot(3)


def test_a_model_needs_targets_with_its_examples():
    with pytest.raises(InputError, match="needs both, X and t"):
        LogisticRegression(2).plot([[1.0, 2.0]])


def test_a_coarse_matrix_keeps_the_mean():
    matrix = np.arange(2 * SIDE * 3.0).reshape(2 * SIDE, 3)
    assert steps(matrix) == (2, 1) and coarse(matrix).shape == (SIDE, 3)
    assert coarse(matrix).mean() == matrix.mean()
    assert (coarse(matrix[:SIDE]) == matrix[:SIDE]).all()


# --- what a notebook is given ---------------------------------------------------------------------------------------------------


def test_without_matplotlib_a_figure_is_its_table_and_says_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    data, _ = regression.fit([[1.0]], [2.0]).plot()._repr_mimebundle_()
    assert "<table" in data["text/html"] and "pip install &quot;a1viz[plots]&quot;" in data["text/html"]
    assert "image/png" not in data and r"\begin{tabular}" in data["text/latex"]


def test_a_picture_in_light_is_the_one_that_is_drawn_so():
    drawn, light = (a1viz.draw("two_layer", theme=theme) for theme in ("auto", "light"))
    assert notebook_output.png(notebook_output.in_light(drawn.svg)) == light.to("png")


def test_a_large_picture_has_a_coarser_png_of_the_same_size(monkeypatch):
    picture = a1viz.draw("two_layer")
    monkeypatch.setattr(notebook_output, "SHOWN_PIXELS", 2_000)
    small, about = notebook_output.encoded(picture.svg, 1.0)
    monkeypatch.undo()
    whole, same = notebook_output.encoded(picture.svg, 1.0)
    assert len(small) < len(whole) / 4 and about == same


def test_what_is_too_large_for_a_notebook_is_told_instead(monkeypatch):
    monkeypatch.setattr(notebook_output, "SHOWN_BYTES", 100)
    assert "<svg" not in a1viz.draw("two_layer")._repr_html_()


def test_a_png_says_how_large_it_is_on_paper():
    data = notebook_output.with_resolution(notebook_output.png('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>'), 192)
    at = data.index(b"pHYs")
    assert int.from_bytes(data[at + 4 : at + 8], "big") == round(192 / 0.0254)


# --- in a REPL --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("result", [network("bubble", 400), a1viz.draw(network("bubble", 300))], ids=["network", "picture"])
def test_a_large_result_is_short_in_a_repl(result):
    assert len(repr(result).split("\n")) <= TABLE_ROWS + 1 and len(repr(result)) < 700_000


SHOWN = "from a1viz import sorting\nsorting.network('merge', 2)\n"
TOLD = "merge: 2 wires, 1 comparator, depth 1\n  layer 1  [1, 2]\n"


@pytest.mark.process
@pytest.mark.parametrize("command", [["-i", "-q"], ["-m", "IPython", "--simple-prompt", "--no-banner", "--colors=NoColor", "--quick"]])
def test_a_repl_shows_what_print_gives_and_once(command, tmp_path):
    about = environment(IPYTHONDIR=str(tmp_path), TERM="dumb")
    done = subprocess.run([sys.executable, *command], input=SHOWN, capture_output=True, text=True, env=about, check=False)
    assert re.sub(r"(?m)^(In \[\d+\]: |Out\[\d+\]: ?\n?|>>> )+", "", done.stdout).count(TOLD.strip()) == 1, done.stdout + done.stderr


def test_figures_print_their_words_and_numbers():
    figure = Figure("Title", "What it says.", ("name", "n"), (("x", 3), ("longer", 12)))
    assert str(figure) == repr(figure) == "Title\nWhat it says.\nname     n\nx        3\nlonger  12"
    with pytest.raises(OutputError, match="is a table and has no picture"):
        figure.to("svg")


def test_settings_and_layers_read_as_one_writes_them():
    from a1viz.nn import load_data, settings_of

    assert str(settings_of("mlp", "moons")) == "hidden 16 with tanh, rate 0.5, momentum 0.9, 1,000 steps"
    assert str(Linear(2, 3)) == "Linear(2, 3)"
    said = str(new_model(settings_of("mlp", "moons"), load_data("moons")))
    assert said.splitlines()[:3] == [
        "MLPClassifier of 2 features",
        "   layer          equation           parameters            numbers",
        "0  Linear(2, 16)  z1 = W1 @ x + b1   W1 (16, 2), b1 (16,)       48",
    ]
