"""Plots as files: svg, png and pdf show the same, have its words, and are the same bytes in every run."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
from commands import refused, run
from conftest import environment
from pypdf import PdfReader
from rasters import apart, pixels, raster

from a1viz.base.errors import OutputError
from a1viz.cli.regression_commands import PLOTTED as ENDINGS
from a1viz.cli.training_commands import PLOTTED
from a1viz.pictures.picture import FORMATS
from a1viz.plots import FIGURES, Figure, Panel
from a1viz.plots.figure import VIEW_BOX
from a1viz.plots.panel_sizes import columns_of
from a1viz.plots.regression import descent_figure
from a1viz.regression import descend


def two_panels() -> Figure:
    """Two panels with what is hard: hatching, transparent bands, clipped lines, a formula."""

    def bands(axes):
        axes.fill_between([0, 1, 2], [0, 1, 0], [2, 3, 9], alpha=0.3, hatch="//")
        axes.set(ylim=(0, 4), xlabel="$x_1$")

    return Figure(
        "Two <panels> & more",
        "",
        ("x",),
        ((1,),),
        (Panel("Bands", "A band.", bands), Panel("Line", "A line.", lambda axes: axes.plot([0, 9], [1, 2]))),
    )


def is_right(figure: Figure) -> None:
    data = figure.to("pdf")
    read = PdfReader(io.BytesIO(data))
    (page,) = read.pages
    width, height = map(float, VIEW_BOX.search(figure.to("svg").decode()).groups())
    assert [float(side) for side in page.mediabox[2:]] == pytest.approx([width, height], abs=0.01)
    assert width == pytest.approx(331.2 * columns_of(len(figure.panels)))
    assert read.metadata.title == figure.title
    assert all(panel.words in read.metadata.subject for panel in figure.panels)
    assert apart(raster(data, 144), pixels(figure.to("png"))) < 0.2


def test_the_formats_for_plots_are_those_of_the_table():
    assert PLOTTED == tuple(row.name for row in FORMATS.values() if "plot" in row.kinds)
    assert ENDINGS == tuple(FORMATS[name].suffix for name in PLOTTED)


def test_a_plot_is_the_same_in_every_format(tmp_path):
    figure = two_panels()
    is_right(figure)
    for name in PLOTTED:
        assert figure.save(tmp_path / f"figure{FORMATS[name].suffix}").read_bytes() == figure.to(name)
    assert figure.save(tmp_path / "other", "png").read_bytes() == figure.to("png")


@pytest.mark.prove
def test_every_figure_is_right_as_pdf():
    for make in FIGURES.values():
        figure = make()
        if figure.panels:
            is_right(figure)


def test_what_is_no_format_for_plots_is_refused_by_name(tmp_path):
    figure = two_panels()
    with pytest.raises(OutputError, match=r"dot is for graphs as boxes .* not for plots; these can be svg, png or pdf"):
        figure.to("dot")
    with pytest.raises(OutputError, match="unknown format 'jpg'"):
        figure.to("jpg")
    with pytest.raises(OutputError, match="cannot tell the format"):
        figure.save(tmp_path / "x.jpg")
    with pytest.raises(OutputError, match=r"the figure Costs is a table and has no picture; its numbers are in \.csv"):
        Figure("Costs", "", ("x",), ((1,),)).to("png")
    assert not list(tmp_path.iterdir())


@pytest.mark.process
def test_a_plot_has_the_same_bytes_in_every_process(tmp_path):
    words = ["regress", "descent", "-o", "x.pdf"]
    found = []
    for k, variables in enumerate(({"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo", "SOURCE_DATE_EPOCH": "9"})):
        folder = tmp_path / str(k)
        folder.mkdir()
        subprocess.run([sys.executable, "-m", "a1viz", *words], check=True, capture_output=True, cwd=folder, env=environment(**variables))
        found.append((folder / "x.pdf").read_bytes())
    assert found[0] == found[1]


@pytest.mark.parametrize("form", PLOTTED)
def test_train_writes_its_plots_in_the_format_asked_for(form, tmp_path):
    run("train", "logistic", "--steps", "3", "--format", form, "-o", tmp_path)
    plots = [f"moons_logistic_{what}.{form}" for what in ("accuracy", "boundary", "confusion", "loss")]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["moons_logistic.safetensors", "moons_logistic.toml", *plots])
    starts = {"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF"}
    assert all((tmp_path / name).read_bytes().startswith(starts[form]) for name in plots)


def test_regress_writes_its_figure_as_its_ending_says_or_refuses_it_before_computing(tmp_path):
    run("regress", "descent", "-o", tmp_path / "x.pdf")
    assert (tmp_path / "x.pdf").read_bytes().startswith(b"%PDF")
    assert "a figure is written as .svg, .png, .pdf" in refused("regress", "descent", "-o", tmp_path / "x.tex")


def test_the_figure_of_a_result_is_saved():
    found = descend([[1, 0], [1, 1], [1, 2]], [1, 2, 2], keep_path=True)
    assert descent_figure(found).to("pdf") == descent_figure(found).to("pdf")
