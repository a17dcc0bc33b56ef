"""a1viz regress: numbers as JSON, figures as files, one clear message for bad input."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from click.testing import CliRunner

from a1viz import plots
from a1viz.base.errors import OutputError
from a1viz.cli import regression_commands as regress
from a1viz.cli.commands import cli
from a1viz.plots import figure
from a1viz.plots.regression import descent_figure, noise_figure
from a1viz.regression import descend, double_descent, expected_test_error, fit, training_errors
from a1viz.regression.polynomials import BASES
from a1viz.regression.problems import NOISES

FAST = {
    "fit": ["--set", "X=[[1,0],[1,1],[1,2]]", "--set", "t=[1,2,2]"],
    "descent": ["--start", "[2,0]", "--step", "0.1"],
    "noise": ["-n", "10", "-d", "2,10", "--repeats", "20"],
    "poly": ["--degree", "3,13,20", "--repeats", "4"],
    "double-descent": ["-d", "4", "-n", "2..9", "--repeats", "30"],
}


def run(*words):
    return CliRunner().invoke(cli, ["regress", *words], prog_name="a1viz")


def answer(*words):
    done = run(*words, "--json")
    assert done.exit_code == 0, done.output
    assert done.stdout.count("\n") == 1
    return json.loads(done.stdout, parse_constant=pytest.fail)


def test_every_command_of_the_group_is_tried_here():
    assert set(FAST) == set(regress.regress.commands)


@pytest.mark.parametrize("command", FAST)
def test_a_command_prints_a_table_and_json_and_nothing_on_the_standard_error(command):
    plain = run(command, *FAST[command])
    assert plain.exit_code == 0 and not plain.stderr
    assert len(plain.stdout.splitlines()) > 2
    assert isinstance(answer(command, *FAST[command]), dict)


@pytest.mark.parametrize("command", FAST)
def test_a_command_writes_its_figure(command, tmp_path):
    path = tmp_path / "figure.svg"
    done = run(command, *FAST[command], "-o", str(path))
    assert done.exit_code == 0 and done.stderr.startswith(str(path))
    assert ET.fromstring(path.read_bytes()).tag == "{http://www.w3.org/2000/svg}svg"
    assert run(command, *FAST[command], "-o", "-").stdout.encode() == path.read_bytes()


def test_a_figure_may_be_a_png(tmp_path):
    path = tmp_path / "figure.png"
    assert run("descent", "-o", str(path)).exit_code == 0
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("command", FAST)
def test_help_shows_examples_that_run(command):
    text = run(command, "--help").stdout
    assert text.count(f"a1viz regress {command}") >= 2


def test_the_fit_is_the_librarys():
    found = answer("fit", *FAST["fit"])
    np.testing.assert_allclose(found["weights"], [7 / 6, 1 / 2])
    assert (found["n"], found["d"], found["rank"], found["is_unique"]) == (3, 2, 2, True)
    assert found["loss"] == pytest.approx(1 / 18)
    assert found["step_limit"] == fit([[1, 0], [1, 1], [1, 2]], [1, 2, 2]).step_limit


def test_without_data_the_values_of_the_graph_are_taken():
    found = answer("fit")
    np.testing.assert_allclose(found["weights"], [1.5, 1.5])
    assert found["is_unique"] is False


def test_data_may_come_from_files(tmp_path):
    X, t = np.array([[1.0, 0], [1, 1], [1, 2]]), np.array([1.0, 2, 2])
    np.save(tmp_path / "X.npy", X)
    np.savetxt(tmp_path / "t.csv", t)
    found = answer("fit", "--set", f"X=@{tmp_path}/X.npy", "--set", f"t=@{tmp_path}/t.csv")
    assert found == answer("fit", *FAST["fit"])


@pytest.mark.parametrize(
    ("step", "status"), [("0.25", "converged"), ("0.5001", "diverged"), ("0.51", "diverged"), ("1e-6", "not converged")]
)
def test_a_descent_says_how_it_ended(step, status):
    found = answer("descent", "--step", step, "--steps", "3000")
    assert found["status"] == status
    assert found["step_limit"] == pytest.approx(0.5)
    assert found["steps"] <= 3000


def test_a_start_adds_its_part_of_the_null_space():
    found = answer("descent", "--start", "[2,0]")
    np.testing.assert_allclose(found["limit"], [2.5, 0.5])
    np.testing.assert_allclose(found["closed_form"], [1.5, 1.5])


def test_the_noise_table_is_the_librarys():
    found = answer("noise", *FAST["noise"], "--sigma", "2", "--noise", "coin")
    expected = training_errors(10, [2, 10], 2.0, "coin", repeats=20)
    assert [row["mean"] for row in found["rows"]] == [row.mean for row in expected.rows]
    assert [row["expected"] for row in found["rows"]] == [3.2, 0]


def test_double_descent_is_the_librarys_and_infinity_is_a_word():
    found = answer("double-descent", *FAST["double-descent"], "--seed", "5")
    expected = double_descent(4, range(2, 10), 0.5, 30, seed=5)
    assert found["median"] == expected.median.tolist()
    assert found["n"] == list(range(2, 10)) and found["peak"] == expected.peak
    assert found["expected"][2] == "Infinity" and found["mean"][2] == "NaN"
    assert found["expected"][-1] == expected_test_error(9, 4, 0.5)


def test_poly_answers_the_question():
    found = answer("poly", *FAST["poly"], "--basis", "legendre", "--basis", "legendre")
    assert list(found["test_error"]) == ["legendre"]
    assert found["degrees"] == [3, 13, 20]
    assert "a higher degree is not always worse" in found["answer"]["legendre"]


def test_workers_and_a_store_change_no_number(tmp_path):
    words = ("double-descent", "-d", "3", "-n", "2,9", "--repeats", "500")
    alone = answer(*words)
    assert answer(*words, "--workers", "1", "--store", str(tmp_path / "kept")) == alone
    assert answer(*words, "--store", str(tmp_path / "kept")) == alone
    refused = run(*words, "--seed", "1", "--store", str(tmp_path / "kept"))
    assert refused.exit_code == 2 and "store of another list" in refused.stderr


@pytest.mark.parametrize(
    ("text", "numbers"), [("5", [5]), ("5,10", [5, 10]), ("5..8", [5, 6, 7, 8]), ("0..20:10,7", [0, 10, 20, 7]), ("-1..1", [-1, 0, 1])]
)
def test_a_list_of_numbers(text, numbers):
    assert regress.NUMBERS.convert(text, None, None) == numbers


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("fit --set X=[[1,2],[3]] --set t=[1,2]", "not a number, a list or a list of rows of one length"),
        ("fit --set X=[[1,2]]", "X alone is not enough; give both"),
        ("fit --set W=[[1,2]]", "'W' cannot be set here"),
        ("fit --set X=[[1,NaN]] --set t=[1]", "NaN"),
        ("fit --set X=[[1,Infinity]] --set t=[1]", "X has inf at [0, 1]"),
        ("fit --set X=[[1,2]] --set t=[1,2]", "X has 1 row and t has 2 labels"),
        ("fit --set X=[] --set t=[]", "X must be a matrix"),
        ("fit --set X=[[],[]] --set t=[1,2]", "X has 2 rows and 0 columns"),
        ("fit --set X=@nothing.csv --set t=[1]", "cannot read this file"),
        ("fit -o fit.tex", "a figure is written as .svg, .png, .pdf"),
        ("fit -o fit", "a figure is written as .svg, .png, .pdf"),
        ("fit -o nowhere/fit.svg", "cannot write this file"),
        ("fit -o - --json", "both write to the standard output"),
        ("descent --step 0", "step must be a finite number above 0"),
        ("descent --step nan", "step must be a finite number above 0"),
        ("descent --start 3", "start must be a list of numbers"),
        ("descent --start [1,2,3]", "start has 3 numbers, expected 2"),
        ("descent --steps -1", "steps must be a whole number"),
        ("noise -n 0", "n must be a whole number from 1"),
        ("noise -d 0", "d must be a whole number from 1"),
        ("noise --sigma -1", "sigma must be a number from 0"),
        ("noise --sigma nan", "sigma must be a number from 0"),
        ("noise --noise pink", "'pink' is not one of"),
        ("noise -n 5..1", "is no range"),
        ("noise -n 1..10:0", "is no range"),
        ("noise -n 1..1000000000", "a list of more than 100,000 numbers"),
        ("noise -n 1..90000,1..90000", "a list of more than 100,000 numbers"),
        ("noise -n many", "is no whole number such as 5"),
        ("noise --repeats 0", "repeats must be"),
        ("noise --workers -1", "workers is a number from 0"),
        ("noise --seed -1", "seed must be"),
        ("poly --degree -1", "degree must be a whole number from 0"),
        ("poly --degree 1000000", "degree must be a whole number from 0 to 10,000"),
        ("poly --basis fourier", "'fourier' is not one of"),
        ("double-descent -d 0", "d must be a whole number from 1"),
        ("double-descent -n 0", "n must be a whole number from 1"),
        ("nothing", "No such command 'nothing'"),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2(words, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run(*words.split())
    assert done.exit_code == 2, done.output
    assert says in done.stderr.replace("\n", " ")
    assert not done.stdout and "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_the_command_line_knows_every_noise_and_basis():
    assert tuple(NOISES) == regress.SHAPES
    assert tuple(BASES) == regress.FAMILIES


# --- figures ----------------------------------------------------------------------------------------------------------------------


def test_all_panels_of_a_figure_are_in_its_picture():
    for name in ("descent_steps", "poly_fits"):
        found = plots.FIGURES[name]()
        drawn = figure.picture(found, "x").decode()
        assert drawn.count("<svg ") == 1 + len(found.panels)
        assert [panel.title in drawn for panel in found.panels] == [True] * len(found.panels)


def test_a_figure_of_another_format_is_refused():
    with pytest.raises(OutputError, match="these can be svg, png or pdf"):
        figure.picture(plots.FIGURES["descent_paths"](), "x", "dot")


def test_figures_of_hard_cases_can_be_drawn():
    hard = [
        descent_figure(descend([[0, 0]], [5], keep_path=True)),
        descent_figure(descend([[1, 1]], [3], step=1e300, keep_path=True)),
        descent_figure(descend([[1, 0], [0, 1]], [1, 1], [1, 1], keep_path=True)),
        descent_figure(descend([[1]], [1])),
        noise_figure(training_errors(3, 5, 0.0, repeats=2)),
        plots.regression.double_figure(double_descent(d=3, sizes=[3], repeats=2)),
        plots.regression.double_figure(double_descent(d=3, sizes=[5], sigma=0, repeats=2)),
        plots.regression.fit_figure(fit([[0]], [0])),
    ]
    for found in hard:
        ET.fromstring(figure.picture(found, "x"))
