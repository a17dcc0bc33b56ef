"""What does not fit is refused before anything is computed, in the same words by everything that computes."""

import numpy as np
import pytest

import a1viz
from a1viz import A1vizError, parse

x5 = np.arange(5.0)
RUNS = {
    "run": a1viz.run,
    "grad": lambda g, **v: a1viz.grad(g, ["x"], **v),
    "compiled": lambda g, **v: a1viz.compile(g)(**v),
    "compiled exactly": lambda g, **v: a1viz.compile(g, exact=True)(**v),
    "compiled gradient": lambda g, **v: a1viz.compile(g, ["x"])(**v),
    "bound": lambda g, **v: a1viz.compile(g).bind(copy=True, **v),
    "norms": a1viz.gradient_norms,
    "kernel": lambda g, **v: a1viz.ntk(g, x1={}, x2={}, **v),
}
WRONG = [
    ("J = sum(reshape(x, [2, 3]))", "reshape(x, [2, 3]): 5 entries of shape (5,) do not make the shape (2, 3) (in"),
    ("J = sum(reshape(x, [2, -1]))", "reshape(x, [2, D // 2]): 5 entries of shape (5,) do not make the shape (2, 2)"),
    ("J = sum(reshape(x * 2, [D // 2, 2]))", "reshape(x * 2, [D // 2, 2]): 5 entries of shape (5,) do not make"),
    ("J = x[7]", "x[7]: there is no entry 7; entries are counted from 0 to 4 (in the equation of J; D is 5)"),
    ("J = x[D - 7]", "x[D - 7]: there is no entry -2; entries are counted from 0 to 4"),
    ("z = 2 * x; J = sum(z[1:9])", "z[1:9]: there are 5 entries, and none from 1 to 9"),
    ("J = sum(x[D - 7:])", "there are 5 entries, and none from -2 to 5"),
    ("J = sum(max_pool1d(x, 6))", "max_pool1d(x, 6): the window has 6 entries, x only 5"),
    ("J = sum(conv1d(reshape(x, [1, D]), ones(1, 1, 6)))", "ones(1, 1, 6) has 6 entries, reshape(x, [1, D]) only 5"),
]  # fmt: skip


@pytest.mark.parametrize("how", RUNS)
@pytest.mark.parametrize(("text", "said"), WRONG)
def test_what_does_not_fit_the_sizes_is_refused(text, said, how):
    with pytest.raises(A1vizError) as caught:
        RUNS[how](parse(text, x=["D"]), x=x5)
    assert said in str(caught.value)


def test_it_is_refused_at_these_sizes_alone():
    step = a1viz.compile(parse("J = sum(reshape(x, [2, 3]) ** 2)", x=["D"]), ["x"])
    for _ in range(2):
        np.testing.assert_array_equal(step(x=np.ones(6))["x_bar"], np.full(6, 2.0))
        np.testing.assert_array_equal(step(x=np.ones((5, 6)))["J"], np.full(5, 6.0))
        with pytest.raises(A1vizError, match="5 entries"):
            step(x=x5)


@pytest.mark.parametrize("text", ["x[3:1]", "x[-1:-3]", "x[D - 1:D - 2]"])
def test_a_slice_that_ends_before_it_begins_is_empty(text):
    graph = parse(f"z = {text}; J = sum(z)", x=["D"])
    assert graph["z"].shape == (0,)
    for how in ("run", "compiled", "compiled gradient"):
        assert RUNS[how](graph, x=x5)["J"] == 0
