"""Data of one's own, more than two classes and batches: tables are read or refused by line and column, and what is learnt is kept."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import scipy.special
from click.testing import CliRunner

import a1viz
from a1viz.base.errors import InputError
from a1viz.base.limits import CLASSES, NAME_CHARACTERS, TABLE_CELLS
from a1viz.base.tensors import read_tensors, write_tensors
from a1viz.cli.commands import cli
from a1viz.nn import (
    Classifier,
    Linear,
    LogisticRegression,
    MLPClassifier,
    Sequential,
    binary_cross_entropy,
    cross_entropy,
    fit,
    gradient_table,
    load_model,
    new_model,
    own_data,
    own_settings,
    read_data,
    safe_rate,
    save,
)
from a1viz.nn.descent import Batches

RNG = np.random.default_rng(0)
X, T = RNG.standard_normal((60, 3)), RNG.integers(0, 4, 60)
SPECIES = ("Adélie", "Chinstrap", "Gentoo")


@pytest.fixture
def penguins(tmp_path):
    """A table of three kinds of penguins with two numbers each, and a column that is none."""
    rng = np.random.default_rng(1)
    rows = ["bill length,flipper,island,species"]
    for k in range(90):
        bill, flipper = 40 + 5 * (k % 3) + rng.standard_normal(), 180 + 15 * (k % 3 == 2) + rng.standard_normal()
        rows.append(f'{bill:.2f},{flipper:.1f},"Torgersen, north",{SPECIES[k % 3]}')
    path = tmp_path / "penguins.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


# --- more than two classes ----------------------------------------------------------------------------------------------------------


def test_the_cross_entropy_of_a_softmax_is_scipys_and_stays_finite():
    z = RNG.standard_normal((60, 4)) * 300
    expected = -scipy.special.log_softmax(z, axis=1)[np.arange(60), T].mean()
    assert cross_entropy(z, T) == pytest.approx(expected, rel=1e-12)
    two = np.stack([np.zeros(60), z[:, 0]], axis=1)
    assert cross_entropy(two, T % 2) == pytest.approx(binary_cross_entropy(z[:, 0], T % 2), rel=1e-12)


@pytest.mark.parametrize(
    ("z", "t", "said"),
    [
        (np.zeros((2, 3)), [0, 3], "a target is a whole number from 0 to 2, got 3; number the classes from 0"),
        (np.zeros((2, 3)), [0, 0.5], "from 0 to 2, got 0.5"),
        (np.zeros((2, 3)), [0, np.nan], "from 0 to 2, got nan"),
        (np.zeros((2, 3)), [[0], [1]], r"targets have shape \(2, 1\), expected \(2,\)"),
        (np.zeros((2, 1)), [0, 0], "expected .batch, classes. of two classes or more"),
        (np.zeros((0, 3)), [], "there are no examples"),
        ([[np.inf, 0.0]], [0], "a logit is NaN or infinite"),
    ],
)
def test_logits_and_targets_that_do_not_fit_are_refused(z, t, said):
    with pytest.raises(InputError, match=said):
        cross_entropy(z, t)


@pytest.mark.parametrize("model", [LogisticRegression(3, classes=4, rng=1), MLPClassifier(3, (5, 4), classes=4, standardize=True, rng=1)])
def test_a_classifier_of_four_classes_has_right_gradients_and_consistent_answers(model):
    assert max(row.error for row in gradient_table(model, X, T).rows) < 1e-9
    p = model.predict_proba(X)
    np.testing.assert_allclose(p, scipy.special.softmax(model.decision_function(X), axis=1), rtol=1e-12)
    assert np.array_equal(p.argmax(axis=1), model.predict(X)) and model.classes == 4
    counts = model.confusion(X, T)
    assert counts.shape == (4, 4) and counts.sum() == 60 and np.trace(counts) / 60 == model.score(X, T)
    assert model.loss(X, T) == pytest.approx(-np.log(p[np.arange(60), T]).mean(), rel=1e-12)
    norms = model.gradient_norms(X, T)
    one = model.gradients(X[:1], T[:1])
    assert all(norms[name][0] == pytest.approx(np.sum(one[f"{name}_bar"] ** 2), rel=1e-9) for name in model.net.learnt)


def test_two_classes_keep_their_one_logit():
    assert str(LogisticRegression(3, classes=2).graph) == str(LogisticRegression(3).graph)
    assert Classifier(Sequential(Linear(2, 3))).classes == 3
    with pytest.raises(InputError, match="classes must be a whole number from 2, got 1"):
        LogisticRegression(3, classes=1)


def test_a_safe_rate_never_raises_the_loss_of_a_softmax_and_twelve_times_it_does():
    big = X * 3
    for times, is_safe in ((0.97, True), (12.0, False)):
        history = LogisticRegression(3, classes=4).fit(big, T, rate=times * safe_rate(big, 4), momentum=0.0, steps=100)
        assert history.is_monotone == is_safe


# --- batches ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("examples", "size"), [(6, 2), (7, 3), (5, 1), (5, 4)])
def test_batches_go_through_all_examples_equally_often_whatever_the_size(examples, size):
    seen = np.concatenate([Batches(examples, size, 3)(step) for step in range(examples)])
    assert np.bincount(seen, minlength=examples).tolist() == [size] * examples
    assert sorted(seen[:examples]) == list(range(examples))
    assert not np.array_equal(Batches(50, 50, 3)(0), Batches(50, 50, 4)(0))


def test_a_batch_of_all_is_the_full_batch_and_a_step_of_one_is_by_hand():
    models = [LogisticRegression(3, classes=4, rng=2) for _ in range(3)]
    models[0].fit(X, T, rate=0.3, steps=20)
    models[1].fit(X, T, rate=0.3, steps=20, batch=60)
    assert np.array_equal(models[0].decision_function(X), models[1].decision_function(X))
    (k,) = Batches(60, 1, 9)(0)
    before, gradients = models[2].net.values, models[2].gradients(X[[k]], T[[k]])
    history = models[2].fit(X, T, rate=0.3, momentum=0.0, steps=1, batch=1, rng=9)
    np.testing.assert_allclose(models[2].net.values["W"], before["W"] - 0.3 * gradients["W_bar"], atol=1e-14)
    assert history.loss[0] == pytest.approx(gradients["J"][0]) and history.loss[1] == models[2].loss(X, T)


class Halted(Exception):
    pass


def test_an_interrupted_training_in_batches_goes_on_to_the_same_bits_and_knows_another_seed(penguins, tmp_path):
    data = read_data(penguins, "species", ["flipper", "bill length"])
    settings = replace(own_settings("mlp", data), steps=100, batch=7)
    straight, broken, path = new_model(settings, data), new_model(settings, data), tmp_path / "c.safetensors"
    history = fit(straight, data, settings, seed=5)

    def halt(state, looks):
        if state.step == 62:
            raise Halted

    with pytest.raises(Halted):
        fit(broken, data, settings, seed=5, checkpoint=path, watch=halt)
    with pytest.raises(InputError, match="another training, with seed 5, and here it is 6"):
        fit(broken, data, settings, seed=6, checkpoint=path)
    again = fit(broken, data, settings, seed=5, checkpoint=path)
    assert np.array_equal(history.loss, again.loss) and np.array_equal(straight.net.values["W2"], broken.net.values["W2"])


# --- tables -------------------------------------------------------------------------------------------------------------------------


def test_a_table_is_split_with_the_shares_of_all_classes_and_nothing_is_lost(penguins):
    data = read_data(penguins, "species", ["flipper", "bill length"])
    assert (data.name, data.classes, data.features) == ("penguins", SPECIES, ("flipper", "bill length"))
    assert np.bincount(data.t).tolist() == [24, 24, 24] and np.bincount(data.t_validation).tolist() == [6, 6, 6]
    rows = [line.split(",") for line in penguins.read_text(encoding="utf-8").splitlines()[1:]]
    given = sorted((float(row[1]), float(row[0])) for row in rows)
    assert sorted(map(tuple, np.vstack([data.X, data.X_validation]).tolist())) == given
    assert np.array_equal(read_data(penguins, "species", ["flipper", "bill length"], seed=42).X, data.X)


@pytest.mark.parametrize(
    ("text", "classes", "features"),
    [
        ("a;kind\n1.5;x\n2.5;y\n" + "1;x\n" * 3, ("x", "y"), ("a",)),
        ("\ufeffa\tkind\r\n1\t10\r\n2\t9\r\n\r\n3\t9\r\n4\t9\r\n", ("9", "10"), ("a",)),
        (' kind , "the ""a"""\n' + "yes, 1e3\nno,-2\n\nno, 3\nno,4\n", ("no", "yes"), ('the "a"',)),
    ],
)
def test_tables_are_read_as_spreadsheets_write_them(text, classes, features, tmp_path):
    path = tmp_path / "2024 data (copy).csv"
    path.write_bytes(text.encode())
    data = read_data(path, "kind")
    assert (data.classes, data.features, data.name) == (classes, features, "data_2024_data_copy")


GOOD = "a,b,kind\n1,2,x\n3,4,y\n5,6,x\n7,8,x\n"


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (GOOD, {"target": "kin"}, ": there is no column 'kin'; did you mean 'kind'?; the columns are 'a', 'b', 'kind'"),
        (GOOD, {"target": ""}, ": no column was named that says the class, as target; the columns are 'a', 'b', 'kind'"),
        (GOOD, {"features": ["a", "c"]}, ": there is no column 'c'"),
        (GOOD, {"features": ["a", "a"]}, ": the feature 'a' is named twice"),
        (GOOD, {"features": ["a", "kind"]}, ": 'kind' says the class and cannot be a feature too"),
        (GOOD, {"features": []}, ": there is no feature to learn from"),
        (GOOD + "1,2\n", {}, ", line 6: the row has 2 cells, and the header names 3 columns"),
        (GOOD + "1,,x\n", {}, ", line 6, column b: the cell is empty; fill in a number, or leave the row out"),
        (GOOD + "1,NA,x\n", {}, ", line 6, column b: 'NA' is not a number; fill one in"),
        (GOOD + "1,nan,x\n", {}, ", line 6, column b: 'nan' is not a number"),
        (GOOD + "1,-inf,x\n", {}, ", line 6, column b: '-inf' is not a number"),
        (GOOD + "1,1_0,x\n", {}, ", line 6, column b: '1_0' is not a number"),
        (GOOD + '1,"2,5",x\n', {}, ", line 6, column b: '2,5' is not a number; write decimals with a point"),
        (GOOD + "1,2, \n", {}, ", line 6, column kind: there is no class; fill it in, or leave the row out"),
        (GOOD + '1,"2\n', {}, ", line 6: not a row of a CSV file: unexpected end of data"),
        ("", {}, ": it is empty; expected a header and rows"),
        ("kind\nx\n", {}, ": it has one column, 'kind'; expected a header"),
        ("1,2\n3,4\n", {}, ", line 1: the first line must name the columns"),
        ("a,,kind\n1,2,x\n", {}, ", line 1: column 2 has no name"),
        ("a,a,kind\n1,2,x\n", {}, ", line 1: two columns are called 'a'"),
        ("a,kind\n", {}, ": there are no examples below the header"),
        ("a,kind\n1,x\n2,x\n", {}, ": all examples are 'x' in column kind; a classifier learns from two classes or more"),
        ("a,kind\n1,x\n2,y\n3,y\n", {}, ": no class has more than 2 of the 3 examples, too few to hold some out"),
        (
            "a,kind\n" + "".join(f"1,{k}.5\n" for k in range(CLASSES + 1)),
            {},
            f": column kind has {CLASSES + 1} different values, and at most {CLASSES}",
        ),
        (f"a,kind\n1,{'x' * (NAME_CHARACTERS + 1)}\n", {}, ", line 2, column kind: the name of a class has 101 characters, at most 100"),
        ("a\0,kind\n1,x\n", {}, ""),
    ],
)
def test_a_table_that_is_none_is_refused_by_line_and_column(text, options, said, tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as found:
        read_data(path, **{"target": "kind", **options})
    assert f"own.csv{said}" in str(found.value)


def test_as_many_classes_names_and_cells_as_the_limits_are_learnt_from(tmp_path, monkeypatch):
    path = tmp_path / "own.csv"
    long = "k" * NAME_CHARACTERS
    path.write_text(f"a,{long}\n" + "".join(f"1,{k}\n1,{k}\n1,{k}\n" for k in range(CLASSES)), encoding="utf-8")
    assert len(read_data(path, long).classes) == CLASSES
    assert TABLE_CELLS == 20_000_000
    monkeypatch.setattr(own_data, "TABLE_CELLS", 6 * CLASSES)
    read_data(path, long)
    monkeypatch.setattr(own_data, "TABLE_CELLS", 6 * CLASSES - 1)
    with pytest.raises(InputError, match="more than 599 cells; leave out rows or columns"):
        read_data(path, long)


# --- from the command line, and kept ------------------------------------------------------------------------------------------------


def test_the_command_learns_from_a_table_and_what_it_writes_knows_the_names(penguins, tmp_path):
    words = ["train", "mlp", "--data", str(penguins), "--target", "species", "--features", "bill length,flipper", "--batch", "16"]
    done = CliRunner().invoke(cli, [*words, "--steps", "200", "--seed", "1", "-o", str(tmp_path / "out"), "--json"])
    report = json.loads(done.stdout)
    assert report["classes"] == [*SPECIES] and report["validation"]["commonest"] == pytest.approx(1 / 3)
    assert report["validation"]["accuracy"] > 0.9 and np.trace(report["confusion"]) == 18 * report["validation"]["accuracy"]
    names = {path.name.removeprefix("penguins_mlp") for path in (tmp_path / "out").iterdir()}
    assert names == {".toml", ".safetensors", *(f"_{what}.svg" for what in ("loss", "accuracy", "confusion", "boundary"))}
    model = load_model(tmp_path / "out" / "penguins_mlp.toml")
    assert model.class_names == SPECIES and model.feature_names == ("bill length", "flipper")
    data = read_data(penguins, "species", ["bill length", "flipper"])
    assert model.score(data.X_validation, data.t_validation) == report["validation"]["accuracy"]
    np.testing.assert_allclose(model.net.values["mu"], data.X.mean(axis=0))
    graph = a1viz.load(tmp_path / "out" / "penguins_mlp.toml")
    assert a1viz.check(graph)
    np.testing.assert_array_equal(a1viz.run(graph, trace=True, x=data.X)["z2"], model.decision_function(data.X))


def test_the_command_says_what_came_of_it_beside_the_commonest_class(penguins):
    words = ["train", "logistic", "--data", str(penguins), "--target", "species", "--features", "flipper", "--steps", "50"]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0 and "training    72" in done.stdout and "33.3%" in done.stdout
    assert "validation  predicted Adélie  predicted Chinstrap  predicted Gentoo\n" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--target", "species"], "line 2, column island: 'Torgersen, north' is not a number"),
        ([], "no column was named that says the class: --target COLUMN; the columns are 'bill length', 'flipper', 'island', 'species'"),
        (["--target", "species", "--features", "flipper", "--rate", "1e9"], "the learning rate 1e+09 is too large"),
    ],
)
def test_a_table_that_does_not_fit_is_one_message_of_the_command(words, said, penguins):
    done = CliRunner().invoke(cli, ["train", "mlp", "--data", str(penguins), *words])
    assert done.exit_code == 2 and said in done.stderr and done.stdout == ""


def test_numbers_too_large_to_standardise_are_named_by_their_column(tmp_path):
    (tmp_path / "wide.csv").write_text("size,mass,kind\n" + "1,2,a\n3,4,b\n" * 5 + "1,1e308,a\n")
    done = CliRunner().invoke(cli, ["train", "logistic", "--data", str(tmp_path / "wide.csv"), "--target", "kind"])
    assert done.exit_code == 2 and "feature 'mass' has numbers up to 1e+308" in done.stderr


@pytest.mark.parametrize("names", [3, ["a"], ["a", "b", "c", 4], ["a", "b", "c", None]])
def test_names_in_a_file_that_do_not_fit_are_refused(names, tmp_path):
    save(LogisticRegression(3, classes=4), tmp_path / "m.toml")
    arrays, about = read_tensors(tmp_path / "m.safetensors")
    write_tensors(tmp_path / "m.safetensors", arrays, {**about, "classes": names})
    with pytest.raises(InputError, match="classes must be 4 names, got"):
        load_model(tmp_path / "m.toml")
    del about["classes"]
    write_tensors(tmp_path / "m.safetensors", arrays, about)
    assert load_model(tmp_path / "m.toml").class_names == ("class 0", "class 1", "class 2", "class 3")
