"""Layers, loss and classifiers: right gradients, no silent broadcasting, names as others expect them, and models that learn."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import NO_TORCH
from hypothesis import given, settings
from hypothesis import strategies as st

import a1viz
from a1viz.base.errors import InputError
from a1viz.nn import (
    BinaryClassifier,
    Linear,
    LogisticRegression,
    MLPClassifier,
    ReLU,
    Sequential,
    Sigmoid,
    Standardize,
    Tanh,
    binary_cross_entropy,
    binary_cross_entropy_gradient,
)
from a1viz.train import gradient_table

RNG = np.random.default_rng(3)
X, T = RNG.standard_normal((12, 3)), np.arange(12) % 2
NETWORKS = {
    "logistic": (Linear(3, 1),),
    "no bias": (Linear(3, 1, bias=False),),
    "relu": (Linear(3, 5), ReLU(), Linear(5, 1)),
    "tanh": (Linear(3, 5), Tanh(), Linear(5, 1)),
    "sigmoid": (Linear(3, 5), Sigmoid(), Linear(5, 1)),
    "deep": (Linear(3, 4), Tanh(), Linear(4, 6), ReLU(), Linear(6, 2, bias=False), Sigmoid(), Linear(2, 1)),
    "narrow": (Linear(3, 1), Tanh(), Linear(1, 4), Tanh(), Linear(4, 1)),
    "two in a row": (Linear(3, 4), Linear(4, 1)),
    "activations in a row": (Tanh(), Linear(3, 4), ReLU(), Tanh(), Linear(4, 1)),
    "standardized": (Standardize(3), Linear(3, 4), Tanh(), Linear(4, 1)),
}


def classifier(name: str, seed: int = 0) -> BinaryClassifier:
    return BinaryClassifier(Sequential(*NETWORKS[name], rng=np.random.default_rng(seed)))


# --- the loss -----------------------------------------------------------------------------------------------------------------


def test_the_loss_is_the_mean_of_the_papers_formula():
    z, t = RNG.standard_normal(20), RNG.integers(2, size=20)
    y = 1 / (1 + np.exp(-z))
    np.testing.assert_allclose(binary_cross_entropy(z, t), -np.mean(t * np.log(y) + (1 - t) * np.log(1 - y)), rtol=1e-12)


@pytest.mark.parametrize(
    ("z", "t", "loss", "slope"),
    [
        (0.0, 0, np.log(2), 0.5),
        (0.0, 1, np.log(2), -0.5),
        (1000.0, 1, 0.0, 0.0),
        (-1000.0, 0, 0.0, 0.0),
        (1000.0, 0, 1000.0, 1.0),
        (-1000.0, 1, 1000.0, -1.0),
        (1e300, 0, 1e300, 1.0),
        (40.0, 1, np.exp(-40.0), 0.0),
        (-40.0, 0, np.exp(-40.0), np.exp(-40.0)),
        (-40.0, 1, 40.0, -1.0),
    ],
)
def test_the_loss_and_its_gradient_are_right_however_large_the_logit(z, t, loss, slope):
    assert binary_cross_entropy([z], [t]) == pytest.approx(loss, rel=1e-12)
    assert binary_cross_entropy_gradient([z], [t])[0] == pytest.approx(slope, rel=1e-12, abs=1e-16)
    found = a1viz.grad(a1viz.load("logistic_regression"), ["b", "z"], x=[0, 0], w=[0, 0], b=z, t=t)
    assert found["J"] == pytest.approx(loss, rel=1e-12)
    assert found["z_bar"] == pytest.approx(slope, rel=1e-12, abs=1e-16)


@given(st.lists(st.tuples(st.floats(-1000, 1000), st.integers(0, 1)), min_size=1, max_size=20))
@settings(deadline=None)
def test_the_gradient_of_the_loss_is_that_of_the_graph_of_the_papers_formula(rows):
    z, t = map(np.array, zip(*rows, strict=True))
    graph = a1viz.parse("y = sigmoid(z); J = -(t * log(y) + (1 - t) * log(1 - y))", z=[], t=[])
    found = a1viz.grad(graph, ["z"], z=z, t=t)
    np.testing.assert_allclose(found["z_bar"] / len(z), binary_cross_entropy_gradient(z, t), rtol=1e-9, atol=1e-15)
    assert found["J"].mean() == pytest.approx(binary_cross_entropy(z, t), rel=1e-12)
    assert np.isfinite(found["J"]).all()


@pytest.mark.parametrize("text", ["-t * log(y) - (1 - t) * log(1 - y)", "-log(y)", "-log(1 - y)", "-(log(y) * t + log(1 - y) * (1 - t))"])
def test_other_ways_to_write_the_loss_are_stable_too(text):
    graph = a1viz.parse(f"y = sigmoid(z); J = {text}", z=[], t=[])
    for z in (-1000.0, -3.0, 0.0, 3.0, 1000.0):
        for t in (0.0, 1.0):
            found = a1viz.grad(graph, ["z"], z=z, t=t)
            means = {"-log(y)": 1.0, "-log(1 - y)": 0.0}.get(text, t)
            assert found["J"] == pytest.approx(binary_cross_entropy(z, means), rel=1e-9)
            assert found["z_bar"] == pytest.approx(binary_cross_entropy_gradient(z, means), rel=1e-9, abs=1e-15)


@pytest.mark.parametrize(
    ("logits", "targets", "said"),
    [
        (np.zeros((4, 1)), np.zeros(4), r"logits have shape \(4, 1\) and targets \(4,\): give both the same; .* broadcast to \(4, 4\)"),
        (np.zeros(4), np.zeros((4, 1)), r"broadcast to \(4, 4\)"),
        (np.zeros(4), np.zeros(3), r"logits have shape \(4,\) and targets \(3,\): give both the same$"),
        ([0.0, 1.0], [0, 2], "a target is 0 or 1, got 2"),
        ([0.0, 1.0], [0, 0.5], "a target is 0 or 1, got 0.5"),
        ([0.0, 1.0], [-1, 1], "a target is 0 or 1, got -1"),
        ([0.0, 1.0], [0, np.nan], "a target is 0 or 1, got nan"),
        ([np.nan, 1.0], [0, 1], "a logit is NaN or infinite"),
        ([], [], "there are no examples"),
        (["a"], [1], "logits: expected real numbers"),
        ([[1], [1, 2]], [1], "logits: rows of different lengths"),
    ],
)
def test_what_the_loss_cannot_mean_is_refused(logits, targets, said):
    for loss in (binary_cross_entropy, binary_cross_entropy_gradient):
        with pytest.raises(InputError, match=said):
            loss(logits, targets)


# --- layers -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_the_gradient_of_every_leaf_agrees_with_finite_differences(name):
    table = gradient_table(classifier(name), X, T)
    assert {row.name for row in table.rows} == {"x", *classifier(name).net.learnt}
    assert max(row.error for row in table.rows) < 1e-9, str(table)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_computes_what_its_layers_say(name):
    net = classifier(name).net
    state, h = net.state_dict(), X
    for k, layer in enumerate(net.layers):
        if isinstance(layer, Linear):
            h = h @ state[f"{k}.weight"].T + (state[f"{k}.bias"] if layer.bias else 0)
        elif isinstance(layer, Standardize):
            h = (h - state[f"{k}.mean"]) / state[f"{k}.scale"]
        else:
            h = {"relu": lambda z: np.maximum(z, 0), "tanh": np.tanh, "sigmoid": lambda z: 1 / (1 + np.exp(-z))}[layer.op](h)
    np.testing.assert_allclose(net(X), h[:, 0], rtol=1e-12)
    np.testing.assert_allclose(net(X[:1]), h[:1, 0], rtol=1e-12)


def test_a_network_of_several_outputs_gives_a_vector_for_each_example():
    net = Sequential(Linear(3, 4), Tanh(), Linear(4, 2), rng=0)
    assert net(X).shape == (12, 2)
    with pytest.raises(InputError, match="needs one output, the network gives 2"):
        BinaryClassifier(net)


def test_a_state_dict_is_named_and_laid_out_as_in_pytorch():
    shapes = {key: value.shape for key, value in classifier("deep").state_dict().items()}
    assert shapes == {
        "0.weight": (4, 3), "0.bias": (4,), "2.weight": (6, 4), "2.bias": (6,), "4.weight": (2, 6), "6.weight": (1, 2), "6.bias": (1,),
    }  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_a_state_dict_goes_round_and_is_a_copy(name):
    one, other = classifier(name, 1), classifier(name, 2)
    assert not np.array_equal(one.decision_function(X), other.decision_function(X))
    state = one.state_dict()
    other.load_state_dict(state)
    assert np.array_equal(one.decision_function(X), other.decision_function(X))
    before = one.decision_function(X)
    for array in (*state.values(), *one.state_dict().values()):
        array[...] = 7
    assert np.array_equal(one.decision_function(X), before) and np.array_equal(other.decision_function(X), before)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"0.weigt": np.zeros(1)}, "0.weigt is unknown; did you mean '0.weight'"),
        ({"0.bias": None}, "0.bias is missing"),
        ({"0.bias": np.zeros(3)}, r"0.bias has shape \(3,\), expected \(1,\)"),
        ({"0.weight": np.zeros(3)}, r"0.weight has shape \(3,\), expected \(1, 3\)"),
    ],
)
def test_a_state_dict_that_does_not_fit_is_refused_and_changes_nothing(change, said):
    model = classifier("logistic")
    before = model.decision_function(X)
    state = {key: value for key, value in {**model.state_dict(), **change}.items() if value is not None}
    with pytest.raises(InputError, match=said):
        model.load_state_dict(state)
    assert np.array_equal(model.decision_function(X), before)


def test_parameters_are_drawn_as_stated_and_by_the_seed_alone():
    drawn = [Sequential(Linear(100, 300), ReLU(), Linear(300, 1), rng=rng).state_dict() for rng in (5, np.random.default_rng(5), 6)]
    for key, value in drawn[0].items():
        assert np.array_equal(value, drawn[1][key]) and not np.array_equal(value, drawn[2][key])
    weight = drawn[0]["0.weight"]
    assert 0.099 < np.abs(weight).max() <= 0.1 and abs(weight.std() - 0.1 / 3**0.5) < 1e-3
    assert np.abs(drawn[0]["2.weight"]).max() <= 300**-0.5


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ((), "at least one Linear"),
        ((ReLU(),), "at least one Linear"),
        ((Linear(2, 3), Linear(4, 1)), "layer 1 takes 4 inputs, but what comes before gives 3"),
        ((Standardize(2), Linear(3, 1)), "layer 1 takes 3 inputs, but what comes before gives 2"),
        ((Linear(2, 2), Standardize(2)), "can only be the first layer"),
        ((Linear(2, 2), ReLU), r"layer 1 must be one of Linear, .*; write ReLU\(...\)"),
        ((Linear(2, 2), "relu"), "layer 1 must be one of Linear"),
    ],
)
def test_layers_that_do_not_fit_together_are_refused(layers, said):
    with pytest.raises(InputError, match=said):
        Sequential(*layers)


@pytest.mark.parametrize("sizes", [(0, 1), (1, 0), (-2, 1), (1.5, 1), (True, 1), ("2", 1)])
def test_a_linear_layer_of_no_size_is_refused(sizes):
    with pytest.raises(InputError, match="must be a whole number from 1"):
        Linear(*sizes)


def test_an_unknown_activation_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match="unknown activation 'tahn'; known are relu, tanh, sigmoid; did you mean 'tanh'"):
        MLPClassifier(2, activation="tahn")


# --- classifiers --------------------------------------------------------------------------------------------------------------


def test_probabilities_predictions_and_score_fit_together():
    model = classifier("tanh")
    p = model.predict_proba(X)
    assert p.shape == (12, 2)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-15)
    assert np.array_equal(model.predict(X), p.argmax(axis=1))
    assert np.array_equal(model.predict(X), model.decision_function(X) > 0)
    assert model.score(X, T) == np.mean(model.predict(X) == T)
    assert model.loss(X, T) == binary_cross_entropy(model.decision_function(X), T)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_graph_of_a_classifier_is_a_graph_like_any(name):
    model = classifier(name)
    values = {"x": X, "t": T, **model.net.values}
    assert a1viz.run(model.graph, **values)["J"].mean() == pytest.approx(model.loss(X, T), rel=1e-12)
    norms = {method: a1viz.gradient_norms(model.graph, method, **values) for method in ("naive", "efficient")}
    assert set(norms["naive"]) == set(model.net.learnt)
    for parameter, naive in norms["naive"].items():
        np.testing.assert_allclose(norms["efficient"][parameter], naive, rtol=1e-9, atol=1e-18)
    assert a1viz.cost(model.graph, **model.net.sizes).multiplications
    assert a1viz.derive(model.graph).steps[0].variable == "J"
    assert len(a1viz.draw(model.graph, backward=True).svg) > 1000


def test_training_learns_and_leaves_the_data_alone():
    x, t = X.copy(), T.copy()
    for array in (x, t):
        array.flags.writeable = False
    model = classifier("tanh")
    history = model.fit(x, t, rate=0.5, momentum=0.9, steps=300)
    assert history.loss[-1] < 0.01 < history.loss[0] and len(history.loss) == 301
    assert model.score(x, t) == 1 and history.looks[-1][2] == 1 and np.isnan(history.looks[-1][3])
    assert history.loss[-1] == model.loss(x, t)
    assert str(history).splitlines()[0].split()[:3] == ["step", "loss", "accuracy"]


def test_the_same_seed_gives_the_same_training_to_the_last_bit():
    models = [classifier("deep", seed) for seed in (4, 4, 5)]
    losses = [m.fit(X, T, rate=0.1, steps=30).loss for m in models]
    assert np.array_equal(losses[0], losses[1]) and not np.array_equal(losses[0], losses[2])
    for key, value in models[0].state_dict().items():
        assert np.array_equal(value, models[1].state_dict()[key])


def test_one_step_is_what_the_formula_says():
    model = classifier("relu")
    before, bars = model.state_dict(), model.gradients(X, T)
    model.fit(X, T, rate=0.25, momentum=0.5, steps=1)
    for name, key in model.net.keys.items():
        moved = model.state_dict()[key].ravel() - (before[key].ravel() - 0.25 * bars[f"{name}_bar"].ravel())
        np.testing.assert_allclose(moved, 0, atol=1e-16)
    model = classifier("relu")
    model.fit(X, T, rate=0.25, momentum=0.5, steps=2)
    one = classifier("relu")
    one.fit(X, T, rate=0.25, momentum=0.0, steps=1)
    second = one.gradients(X, T)
    for name, key in model.net.keys.items():
        expected = one.state_dict()[key].ravel() - 0.25 * (0.5 * bars[f"{name}_bar"] + second[f"{name}_bar"]).ravel()
        np.testing.assert_allclose(model.state_dict()[key].ravel(), expected, rtol=1e-12, atol=1e-15)


def test_a_first_layer_that_standardizes_takes_mean_and_scale_from_the_training_data():
    raw = X * [1e3, 1, 0] + [5e6, -2, 7]  # the last feature is always the same
    model = BinaryClassifier(Sequential(Standardize(3), Linear(3, 1)))
    model.fit(raw, T, rate=0.5, momentum=0.0, steps=50)
    state = model.state_dict()
    np.testing.assert_allclose(state["0.mean"], raw.mean(axis=0))
    np.testing.assert_allclose(state["0.scale"], [*raw.std(axis=0)[:2], 1])
    plain = LogisticRegression(3)
    plain.load_state_dict({"0.weight": Sequential(Standardize(3), Linear(3, 1)).state_dict()["1.weight"], "0.bias": [0.0]})
    start = BinaryClassifier(Sequential(Standardize(3), Linear(3, 1))).state_dict()
    plain.load_state_dict({"0.weight": start["1.weight"], "0.bias": start["1.bias"]})
    plain.fit((raw - state["0.mean"]) / state["0.scale"], T, rate=0.5, momentum=0.0, steps=50)
    assert np.array_equal(plain.state_dict()["0.weight"], state["1.weight"])


def test_no_step_changes_nothing():
    model = classifier("tanh")
    before = model.state_dict()
    history = model.fit(X, T, steps=0)
    assert history.loss.tolist() == [model.loss(X, T)]
    assert all(np.array_equal(before[key], value) for key, value in model.state_dict().items())


BAD_DATA = [
    (X, T[:, None], r"targets have shape \(12, 1\), expected \(12,\), one for each example; t.ravel\(\) makes it so"),
    (X, T[:11], r"targets have shape \(11,\), expected \(12,\)"),
    (X, T + 1, "a target is 0 or 1, got 2; label the two classes 0 and 1"),
    (X, np.where(T == 1, np.nan, 0), "a target is 0 or 1, got nan"),
    (X[:, :2], T, r"examples have shape \(12, 2\), expected \(batch, 3\)"),
    (X[0], T[:1], r"examples have shape \(3,\), expected \(batch, 3\); one example is X\[None, :\]"),
    (np.where(np.arange(36).reshape(12, 3) == 7, np.nan, X), T, "example 2, feature 1 is nan"),
    (np.where(np.arange(36).reshape(12, 3) == 7, np.inf, X), T, "example 2, feature 1 is inf"),
    (np.zeros((0, 3)), [], "there are no examples"),
    ([["a"] * 3], [1], "examples: expected real numbers"),
]


@pytest.mark.parametrize(("x", "t", "said"), BAD_DATA)
def test_examples_and_targets_that_do_not_fit_are_refused(x, t, said):
    model = classifier("logistic")
    for use in (model.fit, model.score, model.loss, model.gradients):
        with pytest.raises(InputError, match=said):
            use(x, t)


@pytest.mark.parametrize("t", [np.zeros(12), np.ones(12)])
def test_a_single_class_is_refused_by_training_but_has_a_loss(t):
    model = classifier("logistic")
    with pytest.raises(InputError, match=f"all targets are {t[0]:.0f}; a classifier learns from examples of both classes"):
        model.fit(X, t)
    assert np.isfinite(model.loss(X, t))


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"rate": 0}, "the learning rate must be a number above 0, got 0"),
        ({"rate": -0.1}, "the learning rate must be a number above 0, got -0.1"),
        ({"rate": np.nan}, "above 0, got nan"),
        ({"rate": np.inf}, "above 0, got inf"),
        ({"rate": "fast"}, "the learning rate must be a number above 0, got 'fast'"),
        ({"momentum": "much"}, "momentum must be a number from 0 to below 1, got 'much'"),
        ({"momentum": 1.0}, "momentum must be a number from 0 to below 1, got 1.0"),
        ({"momentum": -0.1}, "momentum must be a number from 0 to below 1"),
        ({"steps": -1}, "steps must be a whole number from 0 to 10,000,000, got -1"),
        ({"steps": 1.5}, "steps must be a whole number from 0 to 10,000,000, got 1.5"),
    ],
)
def test_settings_no_training_can_have_are_refused(setting, said):
    with pytest.raises(InputError, match=said):
        classifier("logistic").fit(X, T, **setting)


def test_a_training_that_diverges_is_reported_early_and_changes_nothing():
    model = classifier("deep")
    before = model.state_dict()
    seen = []
    with pytest.raises(InputError, match=r"after \d steps? the loss is .*: the learning rate 1e\+06 is too large; try 100000"):
        model.fit(X, T, rate=1e6, momentum=0.9, steps=100_000, watch=lambda state, looks: seen.append(state.step))
    assert max(seen) == 0
    assert all(np.array_equal(before[key], value) for key, value in model.state_dict().items())


@pytest.mark.peers
@pytest.mark.parametrize("name", NETWORKS)
def test_outputs_and_gradients_are_those_of_pytorch(name):
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    if name == "standardized":
        pytest.skip("PyTorch has no such layer")
    model = classifier(name)
    kinds = {Linear: lambda one: torch.nn.Linear(one.inputs, one.outputs, one.bias), ReLU: lambda one: torch.nn.ReLU(),
             Tanh: lambda one: torch.nn.Tanh(), Sigmoid: lambda one: torch.nn.Sigmoid()}  # fmt: skip
    theirs = torch.nn.Sequential(*(kinds[type(layer)](layer) for layer in model.net.layers)).double()
    theirs.load_state_dict({key: torch.tensor(value) for key, value in model.state_dict().items()})
    for part in (slice(None), slice(0, 1)):
        x, t = torch.tensor(X[part], requires_grad=True), torch.tensor(T[part], dtype=torch.float64)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(theirs(x)[:, 0], t)
        theirs.zero_grad()
        loss.backward()
        found = model.gradients(X[part], T[part])
        assert model.loss(X[part], T[part]) == pytest.approx(loss.item(), rel=1e-12)
        np.testing.assert_allclose(found["x_bar"] / len(x), x.grad.numpy(), rtol=1e-9, atol=1e-15)
        for (key, parameter), ours in zip(theirs.named_parameters(), model.net.learnt, strict=True):
            assert model.net.keys[ours] == key
            np.testing.assert_allclose(found[f"{ours}_bar"].ravel(), parameter.grad.numpy().ravel(), rtol=1e-9, atol=1e-15)
