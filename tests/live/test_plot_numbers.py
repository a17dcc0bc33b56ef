"""What plots in a page compute, in a real browser: the numbers that Python computes."""

from __future__ import annotations

import numpy as np
import pytest
from live_plots import opened_plots

from a1viz.gradients import Convention, pass_table
from a1viz.live.plot_data import cost_data, training_data
from a1viz.nn import LogisticRegression, MLPClassifier, settings_of
from a1viz.nn.descent import descend as train
from a1viz.nn.descent import started
from a1viz.plots.polynomials import DEGREES, SEED
from a1viz.plots.regression import STARTS, valley
from a1viz.regression import descend, error_on_target, expected_test_error, fit, fit_poly, noisy_points
from a1viz.regression.interpolation_peak import DoubleDescent, nested_fits
from a1viz.site.live_plots import PLOTS

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def plots(browser):
    found = opened_plots(browser)
    yield found
    found.page.close()


def test_fits_are_those_of_fit_poly(plots):
    data = PLOTS["poly_fits"][1]()
    x, t = noisy_points(seed=SEED)
    assert data["x"] == x.tolist() and data["t"] == t.tolist()
    cases = [[basis, degree] for basis in ("chebyshev", "legendre") for degree in (0, *DEGREES)]
    ask = "given.cases.map(([b, d]) => { const w = m.fitPolynomial(given.x, given.t, d, b); return [[...w], m.errorOnSine(w, b)]; })"
    found = plots.ask(ask, {"x": x.tolist(), "t": t.tolist(), "cases": cases})
    for (basis, degree), (weights, error) in zip(cases, found, strict=True):
        expected = fit_poly(x, t, degree, basis)
        np.testing.assert_allclose(
            weights, expected.weights, rtol=1e-8, atol=1e-8 * abs(expected.weights).max(), err_msg=f"{basis} {degree}"
        )
        assert error == pytest.approx(error_on_target(expected), rel=1e-7), (basis, degree)


@pytest.mark.parametrize("n", [1, 2, 5, 30])
def test_fits_to_other_points(plots, n):
    x, t = noisy_points(n, 0.3, seed=n)
    degrees = [0, 1, 4, n // 2, 2 * n, 120]
    found = plots.ask(
        "given.degrees.map(d => [...m.fitPolynomial(given.x, given.t, d, 'legendre')])",
        {"x": x.tolist(), "t": t.tolist(), "degrees": degrees},
    )
    for degree, weights in zip(degrees, found, strict=True):
        expected = fit_poly(x, t, degree, "legendre").weights
        np.testing.assert_allclose(weights, expected, rtol=1e-7, atol=1e-7 * abs(expected).max(), err_msg=str(degree))


def test_the_noise_of_the_given_points_makes_their_labels(plots):
    data = PLOTS["poly_fits"][1]()
    x, noise = (np.array(plots.ask(f"m.pointsOf(given, 14, 0).{name}", data)) for name in ("x", "noise"))
    np.testing.assert_allclose(np.sin(10 * x) + 0.1 * noise, data["t"], atol=1e-14)
    other, again = (plots.ask("m.pointsOf(given, 30, 1)", data) for _ in range(2))
    assert other == again and other["x"] == sorted(other["x"]) and 0 <= other["x"][0] and other["x"][-1] < 1
    many = np.array(plots.ask("m.pointsOf(given, 20000, 1).noise", data))
    assert abs(many.mean()) < 0.03 and abs(many.std() - 1) < 0.03


@pytest.mark.parametrize("share", [0.05, 0.4, 0.5, 0.95, 1.02])
@pytest.mark.parametrize("problem", ["valley", "line"])
def test_descent_is_that_of_descend(plots, problem, share):
    X, t = valley() if problem == "valley" else (np.array([[1.0, 1.0]]), np.array([3.0]))
    limit = fit(X, t).step_limit
    for start in STARTS:
        expected = descend(X, t, start, share * limit, steps=60, keep_path=True, tolerance=1e-300)
        ask = (
            "({...m.descentPath(given.X, given.t, given.start, given.step, 60), largest: m.largestStep(given.X),"
            " end: m.descentLimit(given.X, given.t, given.start), verdict: m.stepVerdict(given.share)})"
        )
        given = {"X": X.tolist(), "t": t.tolist(), "start": list(start), "step": share * limit, "share": share}
        found = plots.ask(ask, given)
        assert found["largest"] == pytest.approx(limit, rel=1e-12)
        np.testing.assert_allclose(found["end"], expected.limit, atol=1e-12)
        path = np.array(found["path"])[: len(expected.path)]
        np.testing.assert_allclose(path, expected.path, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(found["losses"][: len(path)], expected.losses, rtol=1e-9, atol=1e-12)
        assert found["verdict"].startswith("diverges" if share > 1 else "converges, but oscillates" if share > 0.5 else "converges: ")


def test_nested_fits_are_those_of_python(plots):
    rng = np.random.default_rng(0)
    for N, d in ((12, 5), (5, 8), (7, 7), (6, 1)):
        X, t = rng.standard_normal((N, d)), rng.standard_normal((N, 2))
        ask = (
            "(found => { m.nestedFits(given.X.map(x => Float64Array.from(x)), given.t,"
            " (n, w, s) => found.push([w.map(v => [...v]), [...s].map(v => v / n)])); return found; })([])"
        )
        found = plots.ask(ask, {"X": X.tolist(), "t": t.tolist()})
        for column in (0, 1):
            for n, (w, error) in enumerate(nested_fits(X[:, :, None], t[:, column, None])):
                np.testing.assert_allclose(found[n][0][column], w[:, 0], rtol=1e-9, atol=1e-9 * abs(w).max())
                assert found[n][1][column] == pytest.approx(error[0], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("sigma", [0, 0.5, 1.5])
def test_curves_of_double_descent(plots, sigma):
    rng = np.random.default_rng(1)
    d, N, repeats = 6, 15, 20
    X, truth, noise = rng.standard_normal((N, d, repeats)), rng.standard_normal((d, repeats)), rng.standard_normal((N, repeats))
    truth /= np.linalg.norm(truth, axis=0)
    t = np.einsum("ndr,dr->nr", X, truth) + sigma * noise
    fits = list(nested_fits(X, t))
    expected = DoubleDescent(
        d,
        sigma,
        1.0,
        "normal",
        tuple(range(1, N + 1)),
        np.array([np.sum((w - truth) ** 2, axis=0) for w, _ in fits]),
        np.array([e for _, e in fits]),
    )
    given = {"X": X.transpose(2, 0, 1).tolist(), "truth": truth.T.tolist(), "noise": noise.T.tolist(), "sigma": sigma, "d": d}
    ask = (
        "(draws => { given.X.forEach((X, r) => m.drawProblem(draws, r, X.map(x => Float64Array.from(x)), Float64Array.from(given.truth[r]),"
        " given.noise[r])); return m.curvesOf(draws, given.d, given.sigma, 1); })"
        "(m.emptyDraws(given.X[0].map((x, k) => k + 1), given.X.length))"
    )
    found = plots.ask(ask, given)
    curves = {
        "median": expected.median,
        "low": expected.quantile(0.1),
        "high": expected.quantile(0.9),
        "training": expected.training.mean(axis=1),
    }
    for name, curve in curves.items():
        np.testing.assert_allclose(found[name], curve, rtol=1e-9, atol=1e-12, err_msg=name)
    np.testing.assert_allclose([float(v) for v in found["mean"]], expected.mean, rtol=1e-9, atol=1e-12)
    theory = plots.ask("given.map(([n, d, s]) => m.expectedTestError(n, d, s))", [[n, 6, sigma] for n in range(1, 16)])
    assert [float(v) for v in theory] == pytest.approx([expected_test_error(n, 6, sigma) for n in range(1, 16)])


def test_costs_are_those_of_the_table(plots):
    for convention in (Convention(), Convention(input_error=True), Convention(keep_gradients=True, last_product=False)):
        table = pass_table(convention)
        data = cost_data(table)
        for sizes in ({"N": 128, "K": 4, "D": 256}, {"N": 1, "K": 1, "D": 1}, {"N": 1024, "K": 32, "D": 1024}, {"N": 7, "K": 3, "D": 5}):
            ask = "given.rows.map(([, , a, b]) => [a, b].map(([, terms]) => m.polynomialNumber(terms, new Map(Object.entries(given.at)))))"
            found = plots.ask(ask, {**data, "at": sizes})
            assert found == [[e.multiplications.at(sizes), e.numbers.at(sizes)] for e in table.entries]
        assert [row[2][0] for row in data["rows"]] == [row[2] for row in table.rows()]


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize(("kind", "hidden"), [("logistic", ()), ("mlp", (4,)), ("mlp", (16,))])
@pytest.mark.parametrize("place", [0, 1])
def test_training_is_that_of_python(plots, kind, hidden, momentum, place):
    from dataclasses import replace

    settings = replace(settings_of(kind, "moons"), hidden=hidden)
    data = training_data(settings)
    points = data["sets"][place]
    model = MLPClassifier(2, hidden, rng=0) if hidden else LogisticRegression(2, rng=0)
    first = {name: model.net.values[name] for name in model.net.learnt}
    state = started(first, 50)
    train(model.training_graph, state, {"x": np.array(points["X"]), "t": np.array(points["t"], float)}, rate=0.5, momentum=momentum)
    ask = (
        "(trainer => { trainer.begin(given.data.sets[given.place], null, 0); const losses = [];"
        " for (let k = 0; k < 50; k += 1) losses.push(trainer.step(0.5, given.momentum));"
        " return {losses, values: [...trainer.parameters].map(([name, {data}]) => [name, [...data]]),"
        " sees: [trainer.measure(false), trainer.measure(true)]}; })(new m.Trainer(given.data))"
    )
    found = plots.ask(ask, {"data": data, "place": place, "momentum": momentum})
    np.testing.assert_allclose(found["losses"], state.losses, rtol=1e-9)
    for name, values in found["values"]:
        np.testing.assert_allclose(values, np.ravel(state.parameters[name]), rtol=1e-9, atol=1e-12, err_msg=name)
    model.net.values = {**model.net.values, **state.parameters}
    for seen, (X, t) in zip(found["sees"], ((points["X"], points["t"]), (points["held"], points["held_t"])), strict=True):
        assert seen["loss"] == pytest.approx(model.loss(X, t), rel=1e-9) and seen["accuracy"] == pytest.approx(model.score(X, t))


def test_other_widths_train_too(plots):
    data = PLOTS["mlp_boundaries"][1]()
    ask = (
        "given.units.map(units => { const trainer = new m.Trainer(given); trainer.begin(given.sets[0], units, 1);"
        " for (let k = 0; k < 300; k += 1) trainer.step(0.5, 0.9);"
        " return [trainer.parameters.get('W1').shape, trainer.parameters.get('b2').shape, trainer.measure(false)]; })"
    )
    found = plots.ask(ask, data)
    assert [shape for shape, _, _ in found] == [[units, 2] for units in data["units"]] and all(shape == [] for _, shape, _ in found)
    assert found[-1][2]["accuracy"] == 1.0


def test_a_rate_that_is_too_large_is_noticed(plots):
    ask = "(trainer => trainer.hasDiverged([...Array(50)].map(() => trainer.step(given.rate, 0)).at(-1)))(new m.Trainer(given.data))"
    data = PLOTS["logistic_boundaries"][1]()
    assert plots.ask(ask, {"data": data, "rate": 1e5}) is True and plots.ask(ask, {"data": data, "rate": 2}) is False


def test_lines_of_equal_height(plots):
    u, v = np.meshgrid(np.linspace(-2, 2, 41), np.linspace(-2, 2, 33))
    ends = np.array(plots.ask("m.levelLines(given, 41, 1)", (u**2 + v**2).ravel().tolist())).reshape(-1, 2)
    radii = np.hypot(-2 + ends[:, 0] / 10, -2 + ends[:, 1] / 8)
    assert len(ends) > 100 and abs(radii - 1).max() < 0.005
    assert plots.ask("m.levelLines(given, 2, 0)", [1, -1, -1, 1]) == [0.5, 0, 1, 0.5, 0.5, 1, 0, 0.5]
    assert plots.ask("m.levelLines(given, 2, 0)", [1, 1, 1, 1]) == []


def test_ticks_are_round(plots):
    axes = [
        {"low": 0, "high": 60},
        {"low": -2.6, "high": 2.6},
        {"low": 0.5, "high": 200, "isLog": True},
        {"low": 1e-9, "high": 1e3, "isLog": True},
    ]
    expected = [[0, 20, 40, 60], [-2, 0, 2], [1, 10, 100], [1e-9, 1e-6, 1e-3, 1, 1e3]]
    assert plots.ask("given.map(m.ticksOf)", axes) == [pytest.approx(ticks) for ticks in expected]


def test_powers_are_raised_and_signs_are_signs(plots):
    given = ["N K D^2 - N D^2", "2 K^10", "1e-9", "-1e6", "0.001", "-2", "1.5e7"]
    expected = ["N K D² − N D²", "2 K¹⁰", "10⁻⁹", "−10⁶", "0.001", "−2", "1.5e7"]
    assert plots.ask("given.map(m.withPowers)", given) == expected
