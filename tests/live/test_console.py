"""`a1viz.parse` in a page's console: Python's numbers, derivations, verdicts and words."""

from __future__ import annotations

import json

import numpy as np
import pytest
from conftest import served
from live_pages import write_site

import a1viz

pytestmark = pytest.mark.browser

CALL = """([text, leaves, how, method, args]) => {
  try {
    const graph = a1viz.parse(text, leaves, how);
    return {value: method ? graph[method](...args) : String(graph)};
  } catch (error) {
    return {error: error.message};
  }
}"""


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    folder = write_site(tmp_path_factory.mktemp("console"), {"play": "<div data-a1viz-playground></div>"})
    with served(folder) as address:
        made = browser.new_page()
        made.goto(f"{address}/play.html")
        made.wait_for_selector(".a1viz-play")
        yield made
        made.close()


def asked(page, text, leaves, method="", *args, **how):
    return page.evaluate(CALL, [text, leaves, how, method, list(args)])


CASES = [
    ("z = W @ x; J = norm2(z - t)", {"x": [2], "W": [3, 2], "t": [3]}),
    ("y = softmax(W @ x + b); J = -log(y)[t]", {"x": ["D"], "W": ["N", "D"], "b": ["N"], "t": {"class": "N"}}),
    ("h = tanh(W @ x)\nq = h @ h", {"x": ["D"], "W": ["H", "D"]}),
    ("y = a * x + b", {"a": [], "x": [3], "b": []}),
    ("A = softmax(Q @ K.T); Y = A @ V", {"Q": [3, 2], "K": [4, 2], "V": [4, 5]}),
    ("Z = conv2d(X, K); s = sum(Z)", {"X": [1, 4, 5], "K": [2, 1, 2, 2]}),
]


def drawn(leaves, rng, batch=()):
    sizes = {"D": 3, "N": 4, "H": 2}
    return {
        name: int(rng.integers(0, sizes.get(shape["class"], shape["class"])))
        if isinstance(shape, dict)
        else np.round(rng.normal(size=(*(batch if name == "x" else ()), *(sizes.get(d, d) for d in shape))), 2).tolist()
        for name, shape in leaves.items()
    }


@pytest.mark.parametrize(("text", "leaves"), CASES)
@pytest.mark.parametrize("batch", [(), (5,)])
def test_values_and_gradients_are_those_of_python(page, text, leaves, batch):
    graph = a1viz.parse(text, **leaves)
    values = drawn(leaves, np.random.default_rng(3), batch)
    runs = [("run", [values, {"trace": True}], a1viz.run(graph, trace=True, **values)), ("run", [values], a1viz.run(graph, **values))]
    if graph[graph.outputs[0]].shape:
        handed = {name: np.ones_like(value).tolist() for name, value in a1viz.run(graph, **values).items()}
        runs.append(("grad", [values, {"cotangents": handed}], a1viz.grad(graph, cotangents=handed, **values)))
    else:
        runs.append(("grad", [values], a1viz.grad(graph, **values)))
        first = next(iter(values))
        runs.append(("grad", [values, {"wrt": first, "of": graph.outputs[0]}], a1viz.grad(graph, first, of=graph.outputs[0], **values)))
    for method, args, wanted in runs:
        found = asked(page, text, leaves, method, *args)["value"]
        assert list(found) == list(wanted)
        for name, value in wanted.items():
            np.testing.assert_allclose(found[name], value, rtol=1e-12, atol=1e-14)
            assert np.shape(found[name]) == np.shape(value)


@pytest.mark.parametrize(("text", "leaves"), CASES)
def test_derivations_are_those_of_python(page, text, leaves):
    graph = a1viz.parse(text, **leaves)
    assert asked(page, text, leaves, "derive")["value"] == [step.text for step in a1viz.derive(graph).steps]
    first = next(name for name, shape in leaves.items() if not isinstance(shape, dict))
    for wrt in (first, [first]):
        found = asked(page, text, leaves, "derive", {"wrt": wrt, "substitute": True})["value"]
        assert found == [step.text for step in a1viz.derive(graph, wrt=[first], substitute=True).steps]


def test_answers_are_marked(page):
    text, leaves = CASES[0]
    assert asked(page, text, leaves, "mark", "x", "W.T @ z_bar")["value"] == {"right": True, "say": "right"}
    wrong = asked(page, text, leaves, "mark", "x", "W @ z_bar")["value"]
    assert not wrong["right"] and len(wrong["say"]) > 10
    assert not asked(page, text, leaves, "mark", "x", "-W.T @ z_bar")["value"]["right"]
    assert asked(page, text, leaves, "mark", "x", 7)["error"].startswith("an answer is a text")


WRONG = [
    ("z = W @ q", {"W": [3, 2]}, "", [], lambda: a1viz.parse("z = W @ q", W=[3, 2])),
    ("z = W @ x", {"W": [3, 2], "x": [3]}, "", [], lambda: a1viz.parse("z = W @ x", W=[3, 2], x=[3])),
    ("z = relux(x)", {"x": [3]}, "", [], lambda: a1viz.parse("z = relux(x)", x=[3])),
    ("z = x", {"x": "D"}, "", [], lambda: a1viz.parse("z = x", x="D")),
    ("z = 2 * x", {"x": [2]}, "run", [{"x": [1, 2, 3]}], lambda: a1viz.run(a1viz.parse("z = 2 * x", x=[2]), x=[1, 2, 3])),
    ("z = 2 * x", {"x": [2]}, "run", [{"y": 1}], lambda: a1viz.run(a1viz.parse("z = 2 * x", x=[2]), y=1)),
    ("z = 2 * x", {"x": [2]}, "grad", [{"x": [1, 2]}], lambda: a1viz.grad(a1viz.parse("z = 2 * x", x=[2]), x=[1, 2])),
    ("z = 2 * x", {"x": [2]}, "grad", [{"x": [1, 2]}, {"of": "z"}], lambda: a1viz.grad(a1viz.parse("z = 2 * x", x=[2]), of="z", x=[1, 2])),
    ("z = x @ x", {"x": [2]}, "grad", [{"x": [1, 2]}, {"wrt": "q"}], lambda: a1viz.grad(a1viz.parse("z = x @ x", x=[2]), "q", x=[1, 2])),
    ("z = x @ x", {"x": [2]}, "derive", [{"wrt": "q"}], lambda: a1viz.derive(a1viz.parse("z = x @ x", x=[2]), wrt=["q"])),
]  # fmt: skip


@pytest.mark.parametrize(("text", "leaves", "method", "args", "wrong"), WRONG)
def test_what_is_wrong_is_said_in_the_words_of_python(page, text, leaves, method, args, wrong):
    with pytest.raises(a1viz.A1vizError) as said:
        wrong()
    assert asked(page, text, leaves, method, *args)["error"] == str(said.value)


@pytest.mark.parametrize("given", ["7", "null", "[1, 2]", "'x'"])
def test_values_are_given_by_name(page, given):
    found = asked(page, "z = 2 * x", {"x": [2]}, "run", json.loads(given.replace("'", '"')))
    assert found["error"] == "expected values by name, such as {x: [1, 2]}"


def test_the_way_in_cannot_be_changed_and_keeps_its_graph_to_itself(page):
    assert page.evaluate("(() => { try { a1viz.parse = 1; } catch {} return typeof a1viz.parse; })()") == "function"
    assert page.evaluate("Object.keys(a1viz.parse('y = x', {x: []})).length") == 0
    assert asked(page, "y = 2 * x; z = -y", {"x": []})["value"] == "y = 2 * x\nz = -y"
