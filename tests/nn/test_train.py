"""Training on data: the models reach what they should, trainings resume to the bit, and saved models come back as they were."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import scipy.optimize
from click.testing import CliRunner
from conftest import NO_TORCH, environment

import a1viz
from a1viz.base.errors import A1vizError, DocumentError, InputError, OutputError
from a1viz.base.limits import STEPS
from a1viz.base.tensors import read_tensors, write_tensors
from a1viz.cli import training_commands as cli_train
from a1viz.cli.commands import cli
from a1viz.cli.kept_pictures import key_of
from a1viz.nn import Linear, LogisticRegression, MLPClassifier, Sequential, binary_cross_entropy, fitting
from a1viz.nn.descent import check_settings, descend, started
from a1viz.train import (
    DATA,
    MODELS,
    SETTINGS,
    Settings,
    fit,
    gradient_table,
    load_data,
    load_model,
    new_model,
    save,
    settings_of,
    smoothness,
)

SEEDS = range(10)


def trained(model: str, data: str, seed: int = 0):
    found, settings = load_data(data), settings_of(model, data)
    made = new_model(settings, found, seed)
    return made, fit(made, found, settings), found


# --- the data -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sizes", "features"),
    [("moons", (800, 200), 2), ("circles", (800, 200), 2), ("breast_cancer", (455, 114), 30), ("digits", (1437, 360), 64)],
)
def test_a_data_set_is_split_80_to_20_and_both_parts_have_both_classes(name, sizes, features):
    data = load_data(name)
    assert (data.X.shape, data.X_validation.shape) == ((sizes[0], features), (sizes[1], features))
    assert abs(data.t.mean() - data.t_validation.mean()) < 0.01 and 0 < data.t.mean() < 1
    assert len(data.features) == features
    rows = {row.tobytes() for row in data.X} & {row.tobytes() for row in data.X_validation}
    assert len(rows) < 3, "no example is in both parts, but for true twins"
    assert not data.X.flags.writeable


def test_the_moons_and_circles_are_scikit_learns():
    from sklearn.datasets import make_circles, make_moons

    for name, (X, t) in {
        "moons": make_moons(1000, noise=0.1, random_state=42),
        "circles": make_circles(1000, noise=0.1, factor=0.3, random_state=42),
    }.items():
        data = load_data(name)
        both = np.vstack([data.X, data.X_validation])
        targets = np.concatenate([data.t, data.t_validation])
        assert np.array_equal(both[np.lexsort(both.T)], X[np.lexsort(X.T)])
        assert np.array_equal(targets[np.lexsort(both.T)], t[np.lexsort(X.T)])


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: load_data("moon"), "no data set 'moon'; there are moons, circles, breast_cancer, digits; did you mean 'moons'"),
        (lambda: load_data("moons", -1), "a seed is a whole number"),
        (lambda: settings_of("mpl", "moons"), "no model 'mpl'; there are logistic, mlp; did you mean 'mlp'"),
        (lambda: settings_of("mlp", "suns"), "no data set 'suns'"),
    ],
)
def test_an_unknown_name_is_refused_with_the_known_ones(ask, said):
    with pytest.raises(InputError, match=said):
        ask()


@pytest.mark.process
def test_without_scikit_learn_a_data_set_says_how_to_get_it():
    program = (
        "import sys; sys.modules['sklearn'] = None\nimport a1viz\n"
        "try: a1viz.train.load_data('moons')\nexcept a1viz.A1vizError as error: print(error)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment())
    assert 'pip install "a1viz[data]"' in done.stdout


def test_every_model_has_settings_for_every_data_set():
    assert set(SETTINGS) == {(model, data) for model in ("logistic", "mlp") for data in DATA}


# --- that they really train -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["moons", "circles"])
def test_logistic_regression_reaches_the_optimum_that_newtons_method_finds(name):
    model, history, data = trained("logistic", name)
    X1 = np.column_stack([data.X, np.ones(len(data.X))])

    def loss(w):
        return np.logaddexp(0, X1 @ w).mean() - data.t @ (X1 @ w) / len(X1)

    def gradient(w):
        return X1.T @ (1 / (1 + np.exp(-X1 @ w)) - data.t) / len(X1)

    def hessian(w):
        y = 1 / (1 + np.exp(-X1 @ w))
        return X1.T @ (X1 * (y * (1 - y))[:, None]) / len(X1)

    best = scipy.optimize.minimize(loss, np.zeros(3), jac=gradient, hess=hessian, method="Newton-CG", options={"xtol": 1e-12})
    assert np.linalg.norm(gradient(best.x)) < 1e-6
    assert abs(model.loss(data.X, data.t) - best.fun) < 1e-4
    assert history.loss[-1] == model.loss(data.X, data.t)


@pytest.mark.parametrize("name", DATA)
def test_the_loss_of_logistic_regression_never_rises_with_the_shipped_rates(name):
    settings, data = settings_of("logistic", name), load_data(name)
    X = data.X
    if settings.standardize:
        X = (X - X.mean(axis=0)) / np.where(X.std(axis=0) > 0, X.std(axis=0), 1)
    assert settings.momentum == 0 and settings.rate < 1 / smoothness(X)
    _, history, _ = trained("logistic", name)
    assert history.is_monotone
    assert history.loss[-1] < history.loss[0]


def test_the_smoothness_is_the_largest_curvature_and_no_smaller_number_would_do():
    X = np.random.default_rng(0).standard_normal((50, 3))
    X1 = np.column_stack([X, np.ones(50)])
    assert smoothness(X) == pytest.approx(np.linalg.norm(X1, 2) ** 2 / (4 * 50))
    # at w = 0 the curvature along the first singular vector is exactly L, so that a step well beyond 2 / L overshoots
    model = LogisticRegression(3)
    direction = np.linalg.svd(X1)[2][0]
    w = 0.01 * direction
    model.load_state_dict({"0.weight": w[None, :3], "0.bias": w[3:]})
    t = np.arange(50) % 2
    # targets whose optimum is w = 0: each example with both
    both, targets = np.vstack([X, X]), np.concatenate([t, 1 - t])
    rising = model.fit(both, targets, rate=2.2 / smoothness(X), momentum=0.0, steps=1).loss
    assert rising[1] > rising[0]
    model.load_state_dict({"0.weight": w[None, :3], "0.bias": w[3:]})
    falling = model.fit(both, targets, rate=1.9 / smoothness(X), momentum=0.0, steps=1).loss
    assert falling[1] < falling[0]


@pytest.mark.parametrize("name", ["moons", "circles"])
def test_the_mlp_classifies_every_example_rightly_for_ten_seeds(name):
    data, settings = load_data(name), settings_of("mlp", name)
    for seed in SEEDS:
        model = new_model(settings, data, seed)
        fit(model, data, settings)
        assert model.score(data.X, data.t) == 1 and model.score(data.X_validation, data.t_validation) == 1, f"seed {seed}"


@pytest.mark.parametrize("name", ["moons", "circles"])
def test_the_loss_of_the_mlp_never_rises_at_a_small_rate_without_momentum(name):
    data = load_data(name)
    for activation in ("tanh", "relu"):
        model = MLPClassifier(2, (16,), activation)
        history = model.fit(data.X, data.t, rate=0.1, momentum=0.0, steps=300)
        assert history.is_monotone and history.loss[-1] < 0.9 * history.loss[0]


def test_a_rate_that_is_too_large_makes_the_loss_rise():
    data = load_data("moons")
    assert not LogisticRegression(2).fit(data.X, data.t, rate=40.0, momentum=0.0, steps=50).is_monotone


@pytest.mark.parametrize(
    ("model", "name", "least", "most"),
    [
        ("logistic", "moons", 0.86, 0.91),
        ("logistic", "circles", 0.45, 0.55),
        ("logistic", "breast_cancer", 0.97, 1),
        ("logistic", "digits", 0.95, 1),
        ("mlp", "breast_cancer", 0.97, 1),
        ("mlp", "digits", 0.97, 1),
    ],
)
def test_the_validation_accuracy_is_what_the_pages_speak_of(model, name, least, most):
    _, history, _ = trained(model, name)
    assert least <= history.looks[-1][4] <= most


# --- descent and gradients --------------------------------------------------------------------------------------------------------


def test_descent_minimises_any_scalar_loss():
    graph = a1viz.parse("J = norm2(W @ x - t)", {"W": [2, 3]}, x=[3], t=[2])
    rng = np.random.default_rng(0)
    W, X = rng.standard_normal((2, 3)), rng.standard_normal((50, 3))
    done = descend(graph, started({"W": np.zeros((2, 3))}, 300), {"x": X, "t": X @ W.T}, rate=0.1, momentum=0.5)
    np.testing.assert_allclose(done.parameters["W"], W, atol=1e-8)
    assert done.step == 300 and not np.isnan(done.losses).any()


def test_a_gradient_table_says_name_shape_norm_and_error():
    model, data = MLPClassifier(2, (16,)), load_data("moons")
    table = gradient_table(model, data.X, data.t)
    assert [(row.name, row.key, row.value.shape) for row in table.rows] == [
        ("x", "", (800, 2)), ("W1", "0.weight", (16, 2)), ("b1", "0.bias", (16,)), ("w2", "2.weight", (16,)), ("b2", "2.bias", ()),
    ]  # fmt: skip
    found = model.gradients(data.X, data.t)
    assert table.rows[1].norm == pytest.approx(np.linalg.norm(found["W1_bar"]))
    assert table.rows[0].norm == pytest.approx(np.linalg.norm(found["x_bar"]) / 800)
    assert all(row.error < 1e-9 for row in table.rows)
    assert str(table).splitlines()[1].startswith("gradient of  in a state dict  shape         norm")


def test_a_gradient_table_sees_a_wrong_gradient(monkeypatch):
    model, data = LogisticRegression(2), load_data("moons")
    right = model.gradients(data.X, data.t)
    monkeypatch.setattr(model, "gradients", lambda X, t: {**right, "w_bar": right["w_bar"] * 1.01})
    errors = {row.name: row.error for row in gradient_table(model, data.X, data.t).rows}
    assert errors["w"] > 1e-4 and errors["b"] < 1e-9 and errors["x"] < 1e-9


# --- interrupted and taken up again ------------------------------------------------------------------------------------------------


class Stopped(Exception):
    pass


def interrupted(model, data, settings, path, at):
    def stop(state, looks):
        if state.step >= at:
            raise Stopped

    with pytest.raises(Stopped):
        fit(model, data, settings, checkpoint=path, watch=stop)


@pytest.mark.parametrize(("model", "data"), [("logistic", "breast_cancer"), ("mlp", "moons")])
def test_an_interrupted_training_resumes_to_the_same_numbers_to_the_last_bit(model, data, tmp_path):
    found, settings = load_data(data), replace(settings_of(model, data), steps=120)
    straight = new_model(settings, found, 3)
    history = fit(straight, found, settings)
    path = tmp_path / "c.safetensors"
    for at in (0, 37, 60):  # each goes on from the one before
        interrupted(new_model(settings, found, 3), found, settings, path, at)
        assert path.exists()
    resumed = new_model(settings, found, 3)
    seen = []
    again = fit(resumed, found, settings, checkpoint=path, watch=lambda state, looks: seen.append(state.step))
    assert min(seen) > 60, "it went on from the checkpoint"
    assert not path.exists()
    for key, value in straight.state_dict().items():
        assert np.array_equal(value, resumed.state_dict()[key]), key
    assert np.array_equal(history.loss, again.loss) and np.array_equal(history.looks, again.looks)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rate": 1.0}, r"with rate 0.5, and here it is 1.0; remove it"),
        ({"steps": 200}, r"with steps 120, and here it is 200"),
        ({"seed": 4}, "with other numbers"),
        ({"hidden": (8,)}, "with hidden"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(change, said, tmp_path):
    data, settings = load_data("moons"), replace(settings_of("mlp", "moons"), steps=120)
    path = tmp_path / "c.safetensors"
    interrupted(new_model(settings, data, 3), data, settings, path, 20)
    seed = change.pop("seed", 3)
    other = replace(settings, **change)
    with pytest.raises(InputError, match=f"is the checkpoint of another training, {said}"):
        fit(new_model(other, data, seed), data, other, checkpoint=path)


def test_a_file_that_is_no_checkpoint_is_refused_and_stays(tmp_path):
    data, settings = load_data("moons"), settings_of("logistic", "moons")
    path = tmp_path / "c.safetensors"
    write_tensors(path, {"a": np.zeros(3)}, {})
    for text in (path.read_bytes(), b"garbage", b""):
        path.write_bytes(text)
        with pytest.raises(InputError, match=r"(is not a checkpoint|is not a good .safetensors file).* (remove it|name another)"):
            fit(new_model(settings, data), data, settings, checkpoint=path)
        assert path.read_bytes() == text


def test_a_training_may_be_as_large_as_the_limits(monkeypatch):
    check_settings(1.0, 0.0, STEPS)
    with pytest.raises(InputError, match="from 0 to 10,000,000, got 10000001"):
        check_settings(1.0, 0.0, STEPS + 1)
    data, settings = load_data("moons"), settings_of("mlp", "moons")
    count = sum(value.size for value in new_model(settings, data).net.values.values())
    monkeypatch.setattr(fitting, "PARAMETERS", count)
    assert new_model(settings, data)
    monkeypatch.setattr(fitting, "PARAMETERS", count - 1)
    with pytest.raises(InputError, match=f"hidden layers of 16 make {count} parameters, at most {count - 1} are trained"):
        new_model(settings, data)


def test_a_checkpoint_that_was_cut_off_says_what_to_do(tmp_path):
    data, settings = load_data("moons"), replace(settings_of("mlp", "moons"), steps=120)
    path = tmp_path / "c.safetensors"
    interrupted(new_model(settings, data, 3), data, settings, path, 20)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"not a good .safetensors file: .*; remove it to begin anew, or name another checkpoint"):
        fit(new_model(settings, data, 3), data, settings, checkpoint=path)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("loss", np.zeros(121)), ("loss", np.zeros((20, 1))), ("looks", np.zeros(5)), ("parameter.W1", np.zeros((1, 1))),
        ("velocity.W1", np.zeros(32)), ("parameter.W9", np.zeros(1)),
    ],
)  # fmt: skip
def test_a_checkpoint_with_other_shapes_is_none(name, array, tmp_path):
    data, settings = load_data("moons"), replace(settings_of("mlp", "moons"), steps=120)
    path = tmp_path / "c.safetensors"
    interrupted(new_model(settings, data, 3), data, settings, path, 20)
    arrays, about = read_tensors(path)
    write_tensors(path, {**arrays, name: array}, about)
    with pytest.raises(InputError, match="is not a checkpoint; name another file, or remove it"):
        fit(new_model(settings, data, 3), data, settings, checkpoint=path)


# --- saved models -----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A folder with every kind of model, trained for a moment, and the models."""
    folder, models = tmp_path_factory.mktemp("models"), {}
    for (kind, name), settings in SETTINGS.items():
        data, short = load_data(name), replace(settings, steps=20)
        model = new_model(short, data, 1)
        fit(model, data, short)
        save(model, folder / f"{name}_{kind}.toml", example=(data.X[3], data.t[3]))
        models[f"{name}_{kind}"] = (model, data)
    return folder, models


@pytest.mark.parametrize("name", [f"{data}_{model}" for model, data in SETTINGS])
def test_a_saved_model_comes_back_bit_for_bit_as_a_model_and_as_a_graph(name, saved):
    folder, models = saved
    model, data = models[name]
    again = load_model(folder / f"{name}.toml")
    assert np.array_equal(again.decision_function(data.X), model.decision_function(data.X))
    assert again.net.layers == model.net.layers
    graph = a1viz.load(folder / f"{name}.toml")
    found = a1viz.run(graph, trace=True, x=data.X_validation, t=data.t_validation)
    assert np.array_equal(found[model.net.graph.outputs[0]], model.decision_function(data.X_validation))
    assert a1viz.check(graph), str(a1viz.check(graph))
    assert graph.parameters == model.net.learnt


def test_a_saved_model_is_the_same_file_every_time(saved, tmp_path):
    folder, models = saved
    model, data = models["moons_mlp"]
    for path in save(model, tmp_path / "moons_mlp.toml", example=(data.X[3], data.t[3])):
        assert path.read_bytes() == (folder / path.name).read_bytes()


def test_a_saved_model_is_plain_numbers_in_the_names_of_the_ecosystem(saved):
    from safetensors.numpy import load_file

    folder, models = saved
    arrays = load_file(folder / "moons_mlp.safetensors")
    assert {key: value.shape for key, value in arrays.items()} == {
        "0.weight": (16, 2), "0.bias": (16,), "2.weight": (1, 16), "2.bias": (1,),
    }  # fmt: skip
    model, data = models["moons_mlp"]
    z = np.tanh(data.X @ arrays["0.weight"].T + arrays["0.bias"]) @ arrays["2.weight"].T + arrays["2.bias"]
    np.testing.assert_allclose(z[:, 0], model.decision_function(data.X), rtol=1e-12)


@pytest.mark.process
def test_a_saved_model_runs_from_the_command_line_wherever_its_folder_is(saved, tmp_path):
    folder, models = saved
    model, _ = models["moons_mlp"]
    command = [sys.executable, "-m", "a1viz", "run", str(folder / "moons_mlp.toml"), "--set", "x=[0.5,0.25]", "--trace", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, env=environment(PATH=""))
    assert f'"z2": {model.decision_function([[0.5, 0.25]])[0]!r}'.replace("np.float64(", "").rstrip(")") in done.stdout


def damaged(data: bytes) -> dict[str, bytes]:
    size = struct.unpack("<Q", data[:8])[0]
    return {
        "empty": b"",
        "half": data[: len(data) // 2],
        "one byte short": data[:-1],
        "one byte too many": data + b"\0",
        "in the header": data[: size // 2],
        "a huge header": struct.pack("<Q", 2**60) + data[8:],
        "no JSON": data[:8] + b"x" * size + data[8 + size :],
        "a pickle": b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x8c\x07garbage\x94.",
        "a text": b"W1 = [1, 2]\n",
    }


@pytest.mark.parametrize("kind", damaged(struct.pack("<Q", 2) + b"{}"))
def test_a_damaged_or_foreign_file_is_refused_with_a_clear_message(kind, saved, tmp_path):
    folder, _ = saved
    for name in ("moons_mlp.toml", "moons_mlp.safetensors"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    weights = tmp_path / "moons_mlp.safetensors"
    weights.write_bytes(damaged(weights.read_bytes())[kind])
    with pytest.raises(InputError, match=r"moons_mlp.safetensors' is not a good .safetensors file"):
        load_model(tmp_path / "moons_mlp.toml")
    with pytest.raises(DocumentError, match=r"moons_mlp.toml, line \d+: .*is not a good .safetensors file"):
        a1viz.load(tmp_path / "moons_mlp.toml")


@pytest.mark.parametrize(
    ("arrays", "about", "said"),
    [
        ({"0.weight": np.zeros((1, 2))}, {}, "does not say of which layers"),
        ({"0.weight": np.zeros((1, 2))}, {"layers": 3}, "does not say of which layers"),
        ({"0.weight": np.zeros((1, 2))}, {"layers": [["Linear", 2, 1, True]]}, "0.bias is missing"),
        ({"0.weight": np.zeros((1, 3)), "0.bias": np.zeros(1)}, {"layers": [["Linear", 2, 1, True]]}, r"0.weight has shape \(1, 3\)"),
        ({"0.weight": np.zeros((1, 2))}, {"layers": [["Lstm", 2, 1]]}, "unknown layer"),
        ({"0.weight": np.zeros((1, 2))}, {"layers": [["Linear", 2]]}, "does not fit its kind"),
        ({"0.weight": np.zeros((1, 2))}, {"layers": [["Linear", "a", 1, True]]}, "must be a whole number"),
        ({"0.weight": np.zeros((1, 2))}, {"layers": ["exec"]}, "unknown layer"),
        ({"0.weight": np.zeros((1, 2))}, {"layers": [[["exec"]]]}, "unknown layer"),
        ({"0.weight": np.zeros((1, 2))}, {"layers": [["Linear", 10**6, 10**6, True]]}, "is too large: at most 10,000,000 parameters"),
    ],
)
def test_a_file_whose_layers_and_parameters_do_not_fit_is_refused(arrays, about, said, tmp_path):
    write_tensors(tmp_path / "m.safetensors", arrays, about)
    with pytest.raises(InputError, match=said):
        load_model(tmp_path / "m.toml")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('"@other.safetensors"', "'other.safetensors': cannot read this file|cannot read this file"),
        ('"@w.safetensors:1.weight"', "'w.safetensors' has no array called 1.weight; it has '0.bias', '0.weight'"),
        ('"@w.safetensors"', "has no array called w"),
        ('"@../w.safetensors"', 'must be numbers, or an array of a file beside the document as in "@w.safetensors:w"'),
        ('"@w.npy"', "must be numbers, or an array of a file"),
        ('"nothing"', "must be numbers, or an array of a file"),
        ('"@w.safetensors:0.bias"', r"w: value has shape \(1,\), expected \(D,\)"),
    ],
)
def test_a_document_names_what_is_wrong_with_a_value_from_a_file(value, said, tmp_path):
    write_tensors(tmp_path / "w.safetensors", {"0.weight": np.ones((1, 2)), "0.bias": np.ones(1)}, {})
    text = f'title = "A"\nequations = "y = w @ x"\n[sizes]\nD = 2\n[inputs]\nx = ["D"]\n[parameters]\nw = ["D"]\n[values]\nw = {value}\n'
    (tmp_path / "a.toml").write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError, match=said) as found:
        a1viz.load(tmp_path / "a.toml")
    assert "line 10" in str(found.value)


def test_numbers_that_are_none_are_refused_from_a_file_too(tmp_path):
    write_tensors(tmp_path / "w.safetensors", {"w": np.array([1.0, np.nan])}, {})
    text = 'title = "A"\nequations = "y = norm2(w)"\n[parameters]\nw = [2]\n[values]\nw = "@w.safetensors"\n'
    (tmp_path / "a.toml").write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError, match="contains what is not a number"):
        a1viz.load(tmp_path / "a.toml")


def test_a_text_that_is_no_file_has_no_file_beside_it():
    with pytest.raises(DocumentError, match="this document is not a file"):
        a1viz.loads('title = "A"\nequations = "y = 2 * w"\n[parameters]\nw = []\n[values]\nw = "@w.safetensors"\n')


def test_a_picture_that_depends_on_a_file_of_values_is_not_kept(saved):
    assert key_of(["render", str(saved[0] / "moons_mlp.toml"), "--values"]) == ""
    assert key_of(["render", "mlp"]) != ""


def test_a_value_from_a_file_cannot_be_written_to(saved):
    graph = a1viz.load(saved[0] / "moons_mlp.toml")
    with pytest.raises(ValueError, match="read-only"):
        graph.document.values["W1"][0] = 1


@pytest.mark.parametrize(("path", "said"), [("m.txt", "give it a name that ends in .toml"), ("no/m.toml", "there is no such folder")])
def test_a_place_where_no_model_can_be_written_is_refused(path, said, tmp_path):
    with pytest.raises(OutputError, match=said):
        save(LogisticRegression(2), tmp_path / path)


def test_what_is_written_as_tensors_comes_back(tmp_path):
    arrays = {"a": np.arange(6.0).reshape(2, 3).T, "b": np.array(2.5), "c": np.zeros((0, 3))}
    write_tensors(tmp_path / "t.safetensors", arrays, {"x": [1, "two"]})
    found, about = read_tensors(tmp_path / "t.safetensors")
    assert about == {"x": [1, "two"]} and list(found) == ["a", "b", "c"]
    assert all(np.array_equal(found[name], value) and found[name].shape == value.shape for name, value in arrays.items())
    assert issubclass(InputError, A1vizError)


def test_a_deep_network_with_other_widths_is_saved_too(tmp_path):
    model = MLPClassifier(2, (4, 3), "relu", rng=1)
    save(model, tmp_path / "deep.toml")
    again = load_model(tmp_path / "deep.safetensors")
    assert [type(layer).__name__ for layer in again.net.layers] == ["Linear", "ReLU", "Linear", "ReLU", "Linear"]
    X = np.random.default_rng(0).standard_normal((5, 2))
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
    assert a1viz.check(a1viz.load(tmp_path / "deep.toml"))
    assert Sequential(Linear(2, 4)).keys and Settings(1.0, 0.0, 1).hidden == ()
    assert binary_cross_entropy(model.decision_function(X), [0, 1, 0, 1, 0]) == model.loss(X, [0, 1, 0, 1, 0])


# --- the command ------------------------------------------------------------------------------------------------------------------


def command(*words: str):
    return CliRunner().invoke(cli, ["train", *words])


def test_the_command_knows_every_model_and_data_set():
    assert cli_train.MODELS == tuple(MODELS) and cli_train.DATA == tuple(DATA)


def test_the_command_says_what_came_of_the_training():
    done = command("mlp", "--data", "circles", "--steps", "30", "--hidden", "8,4", "--activation", "relu", "--seed", "2", "--json")
    found = json.loads(done.stdout)
    assert found["settings"] == {
        "rate": 0.5, "momentum": 0.9, "steps": 30, "hidden": [8, 4], "activation": "relu", "standardize": False, "batch": None,
    }  # fmt: skip
    assert found["parameters"] == 2 * 8 + 8 + 8 * 4 + 4 + 4 + 1 and found["files"] == []
    data = load_data("circles")
    model = MLPClassifier(2, (8, 4), "relu", rng=2)
    model.fit(data.X, data.t, rate=0.5, momentum=0.9, steps=30)
    assert found["training"] == {
        "examples": 800, "loss": model.loss(data.X, data.t), "accuracy": model.score(data.X, data.t), "commonest": 0.5,
    }  # fmt: skip
    assert np.sum(found["confusion"]) == 200


def test_the_command_writes_a_model_with_plots_that_other_commands_read(tmp_path):
    folder = tmp_path / "new" / "folder"
    done = command("logistic", "--steps", "50", "-o", str(folder))
    assert done.exit_code == 0 and done.stdout.startswith("part        examples  loss    accuracy  always the most common\ntraining    800")
    assert {path.name for path in folder.iterdir()} == {
        "moons_logistic.toml", "moons_logistic.safetensors",
        *(f"moons_logistic_{what}.svg" for what in ("loss", "accuracy", "confusion", "boundary")),
    }  # fmt: skip
    ran = CliRunner().invoke(cli, ["run", str(folder / "moons_logistic.toml"), "--set", "x=[[0,1],[1,0]]", "--set", "t=[0,1]", "--json"])
    assert len(json.loads(ran.stdout)["J"]) == 2
    assert CliRunner().invoke(cli, ["check", str(folder / "moons_logistic.toml")]).exit_code == 0


def test_the_command_goes_on_from_a_checkpoint_and_refuses_another(tmp_path):
    data, settings = load_data("moons"), replace(settings_of("mlp", "moons"), steps=100)
    path = tmp_path / "moons_mlp.checkpoint.safetensors"
    interrupted(new_model(settings, data, 0), data, settings, path, 50)
    refused = command("mlp", "--steps", "100", "--rate", "0.25", "-o", str(tmp_path))
    assert refused.exit_code == 2 and "is the checkpoint of another training, with rate 0.5, and here it is 0.25" in refused.stderr
    done = command("mlp", "--steps", "100", "-o", str(tmp_path))
    assert done.exit_code == 0 and "going on from there" in done.stderr and not path.exists()
    straight = new_model(settings, data, 0)
    fit(straight, data, settings)
    assert np.array_equal(load_model(tmp_path / "moons_mlp.toml").decision_function(data.X), straight.decision_function(data.X))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("mlp", "--rate", "0"), "the learning rate must be a number above 0, got 0.0"),
        (("mlp", "--rate", "nan"), "above 0, got nan"),
        (("mlp", "--momentum", "1"), "momentum must be a number from 0 to below 1"),
        (("mlp", "--steps", "-1"), "steps must be a whole number from 0"),
        (("mlp", "--steps", "1" + "0" * 30), "steps must be a whole number from 0 to 10,000,000, got 1000"),
        (("mlp", "--steps", "10000001"), "steps must be a whole number from 0 to 10,000,000, got 10000001"),
        (
            ("mlp", "--hidden", "9999,9999,9999"),
            "hidden layers of 9999, 9999, 9999 make 200,019,997 parameters",
        ),
        (("mlp", "--seed", "-1"), "a seed is a whole number from 0"),
        (("mlp", "--hidden", "0"), "--hidden takes widths from 1 to 9999 such as 16 or 8,8, got '0'"),
        (("mlp", "--hidden", "8,,8"), "--hidden takes widths"),
        (("logistic", "--hidden", "8"), "logistic regression has no hidden layer"),
        (("logistic", "--rate", "1e9"), "the learning rate 1e+09 is too large; try 1e+08"),
        (("mpl",), "'mpl' is not one of"),
        (("mlp", "--data", "suns"), "there is no data set 'suns', and no such file; there are moons, circles, breast_cancer, digits"),
        (("mlp", "--data", "moon"), "did you mean 'moons'"),
        (("mlp", "--target", "kind"), "--target and --features are for a CSV file; moons is a data set"),
        (("mlp", "--batch", "0"), "--batch takes a number of examples from 1, got 0"),
        (("mlp", "-o", "/dev/null/x"), "cannot make this folder"),
    ],
)
def test_bad_input_to_the_command_is_one_clear_message(words, said):
    done = command(*words)
    assert done.exit_code == 2 and said in done.stderr and done.stdout == ""


# --- against another framework ----------------------------------------------------------------------------------------------------


@pytest.mark.peers
def test_a_saved_model_is_what_the_page_says_in_pytorch(saved):
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    from safetensors.torch import load_file

    folder, models = saved
    model, data = models["moons_mlp"]
    net = torch.nn.Sequential(torch.nn.Linear(2, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1)).double()
    net.load_state_dict(load_file(folder / "moons_mlp.safetensors"))
    np.testing.assert_allclose(net(torch.tensor(data.X))[:, 0].detach().numpy(), model.decision_function(data.X), rtol=1e-9, atol=1e-12)
