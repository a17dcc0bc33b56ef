"""Marking derivations: what `derive` gives is right; changed answers are wrong unless equal in 60-digit arithmetic, and told why."""

from __future__ import annotations

import random
import re
from functools import cache

import mpmath
import networks
import numpy as np
import pytest
from changed_answers import Changed, changed_answers, is_named
from conftest import part
from derived_networks import WRITTEN, drawn, written
from exact_texts import are_equal, value_of, values_of

import a1viz
from a1viz.calculus.autodiff import cotangent_names
from a1viz.calculus.derivation import derive, joint_graph
from a1viz.graph.equations import parse
from a1viz.graph.nodes import Graph
from a1viz.live.graph_data import graph_data

pytestmark = [pytest.mark.browser, pytest.mark.many]

DRAWN = part(300)
CHANGED = part(600)  # answers, of all graphs
NEVER_FINITE = {"drawn 101"} if DRAWN > 101 else set()  # divides by the norm of zeros: no point at which anything could be compared
NAMED = 0.6  # of the changed answers, at least
EACH = "rows.map(([v, a]) => { const { kind, say } = m.mark(g, v, a); return [kind, say]; })"
MARKS = f"given.map(([data, rows]) => {{ const g = m.graphOf(data); return {EACH}; }})"
Row = tuple[str, str]  # a variable and an answer


@cache
def graphs() -> dict[str, Graph]:
    """Catalogue and gallery, networks for every way of using a variable, and random ones."""
    named = {f"catalogue {name}": a1viz.load(name) for name in a1viz.catalogue()}
    named |= {f"written {name}": written(name) for name in WRITTEN}
    named |= {f"network {name}": networks.network(name) for name in networks.NETWORKS}
    return named | {f"drawn {k}": drawn(k) for k in range(DRAWN)}


@cache
def answers(name: str) -> tuple[Row, ...]:
    """What `derive` says of each variable, and of what several equations share, with the loss's error signal and with its number."""
    found: dict[Row, None] = {}
    for substitute in (False, True):
        steps = derive(graphs()[name], substitute=substitute).steps
        found |= dict.fromkeys((s.variable, s.text) for s in steps if not s.text.endswith("  given"))
    return tuple(found)


def marks(engine, cases: dict[str, list[Row]]) -> list[tuple[str, Row, str, str]]:
    """Each graph's name and answer, with the kind of its mark and the message."""
    found = engine.ask(MARKS, [[graph_data(graphs()[name]), rows] for name, rows in cases.items()])
    return [(name, row, *mark) for (name, rows), own in zip(cases.items(), found, strict=True) for row, mark in zip(rows, own, strict=True)]


def test_every_answer_of_derive_is_right(engine):
    cases = {name: list(answers(name)) for name in graphs()}
    found = marks(engine, cases)
    assert len(found) > part(5000)
    wrong = [one for one in found if one[2] != "right"]
    assert [one for one in wrong if one[0] not in NEVER_FINITE] == []
    assert {one[0] for one in wrong} == NEVER_FINITE


@cache
def changed() -> tuple[tuple[str, str, Changed], ...]:
    """Answers with one mistake: of each graph, its variable, and what was changed."""
    rng, found = random.Random(5), []
    for name in graphs():
        rows = [row for row in answers(name) if name not in NEVER_FINITE]
        found += [(name, variable, change) for variable, text in rng.sample(rows, min(len(rows), 8)) for change in changed_answers(text)]
    return tuple(rng.sample(found, CHANGED))


def truly_equal(name: str, variable: str, text: str) -> bool:
    """Whether an answer equals the derivation's at random points, in 60-digit arithmetic."""
    joint = joint_graph(graphs()[name])
    bar = cotangent_names(graphs()[name], joint).get(variable, variable)
    found = []
    for seed, kind in enumerate(["signed", "positive", "unit", "signed"]):
        try:
            with mpmath.workdps(60):
                known = values_of(joint, kind, np.random.default_rng(seed))
                found.append(are_equal(value_of(text, known), known[bar]))
        except (
            ArithmeticError,
            ValueError,
            IndexError,
            AttributeError,
        ):  # no value there; or shapes that do not fit, of an answer that is wrong
            continue
    return bool(found) and all(found)


def test_changed_answers_are_refused_unless_truly_equal_and_told_what_is_wrong(engine):
    cases: dict[str, list[Row]] = {}
    by_row = {}
    for name, variable, change in changed():
        cases.setdefault(name, []).append((variable, change.text))
        by_row[name, (variable, change.text)] = change
    found = marks(engine, cases)
    accepted = [(name, row) for name, row, kind, _ in found if kind == "right"]
    assert [(name, row) for name, row in accepted if not truly_equal(name, *row)] == []
    refused = [one for one in found if one[2] != "right"]
    sample = random.Random(1).sample(refused, part(150))
    assert [one for one in sample if truly_equal(one[0], *one[1])] == []
    named = [is_named(by_row[name, row], say) for name, row, _, say in refused]
    assert len(refused) > CHANGED / 2
    assert sum(named) >= NAMED * len(named)


# --- single answers ---------------------------------------------------------------------------------------------------------------

GATED = "gated_network"
ANSWERS = [  # graph, variable, answer, the kind of the mark, a part of the message
    (GATED, "x", "x_bar", "circular", "x_bar is what is asked for; write it by the error signals of the variables that use x"),
    (GATED, "z1", "h1_bar * step(z1) + 0 * W1_bar @ x", "circular", "W1_bar is made of z1_bar, which is what is asked for"),
    (GATED, "y", "W3 @ g_bar", "circular", "g_bar is made of y_bar"),
    (GATED, "W1", "outer(x, z1_bar)", "shape", "this is a matrix (D, H) and W1 is a matrix (H, D)"),
    (GATED, "W1", "outer(x, z1_bar)", "shape", "transposed it would be right"),
    (GATED, "x", "W1.T @ z1_bar - W2.T @ z2_bar + W4.T @ y_bar", "wrong", "the sign of -W2.T @ z2_bar is wrong"),
    (GATED, "x", "W1.T @ z1_bar + W2.T @ z2_bar", "wrong", "2 of 3 terms found; the path through y is missing"),
    (GATED, "x", "W1 @ z1_bar + W2.T @ z2_bar + W4.T @ y_bar", "unread", "W1 has to be transposed: W1.T"),
    (GATED, "h1", "g_bar + h2", "wrong", "g_bar + h2 should be g_bar * h2"),
    (GATED, "h1", "g_bar", "wrong", "it has to depend on h2"),
    (GATED, "h1", "h1_bar = 2.01 * g_bar * h2 / 2", "wrong", "1.005 times what it should be"),
    (GATED, "z2", "h2_bar * h2 * (1.01 - h2)", "wrong", "the number 1.01 is not right: it should be 1"),
    (GATED, "h1", "z1_bar = g_bar * h2", "unread", "this is an equation of z1_bar, and h1_bar is asked for"),
    (GATED, "h1", "g_bar * h2; a = 1", "unread", "';'"),
    (GATED, "h1", "g_bar * q", "unread", "column 9: unknown name 'q'"),
    (GATED, "h1", " ", "unread", "there is no answer yet"),
    (GATED, "h1", "g_bar *" + " h2 *" * 500, "unread", "at most 2000 characters"),
    (GATED, "t", "y", "undefined", "t has no derivative"),
    (GATED, "y_prime", "e_t", "wrong", "e_t is not what should stand there: it has to depend on y_prime"),
    (GATED, "y_prime", "S_bar / y_prime", "wrong", "S_bar / y_prime is not what should stand there: it has to depend on t"),
    (GATED, "y_prime", "S_bar*e_t", "wrong", "S_bar*e_t is not what should stand there: it has to depend on y_prime"),
    (GATED, "y_prime", "-1/y_prime[t] * e_t", "right", "right"),
    (GATED, "y_prime", "-1/y_prime", "wrong", "it has to depend on t"),
    (GATED, "y_prime", "-1/y_prime[t]", "shape", "is not a term of the answer"),
    (GATED, "y_prime", "e_t * q", "unread", "column 7: unknown name 'q'"),
    (GATED, "y", "S_bar*(scatter(1, t, y) - y)", "wrong", "y is not what should stand there: it has to depend on y_prime, not on y"),
    (GATED, "y", "S_bar*(e_t - y)", "wrong", "y is not what should stand there: it has to depend on y_prime, not on y"),
    (GATED, "y", "e_t - 2*softmax(y)", "wrong", "e_t is not a term of the answer; -2*softmax(y) is not a term of the answer"),
    (GATED, "y", "y' - e_t", "right", "right"),
    ("logistic_regression", "z", "y' - t", "right", "right"),
    ("logistic_regression", "w", "(y′ - t) * x", "right", "right"),
    ("logistic_regression", "w", "w' * x", "unread", "write w_prime, or w.T for the transpose"),
    ("sort2", "W2", "y_bar @ hᵀ", "unread", "h is a vector (2,); a column times a row is outer(a, b)"),
    (GATED, "y", "y′ - e_t", "right", "right"),
    (GATED, "y", "(diag(y') - outer(y', y')) @ ȳ'", "right", "right"),
    (GATED, "y", "z1' - e_t", "unread", "a name cannot have a quote"),
    (GATED, "z1", "h1_bar ∘ 𝕀[z1 > 0]", "right", "right"),
    (GATED, "z1", "h1_bar * I[z1 > 0]", "right", "right"),
    (GATED, "z1", "1[z₁ > 0] * h̄₁", "right", "right"),
    (GATED, "z1", "h1_bar * 𝕀[z2 > 0]", "wrong", "z1"),
    (GATED, "x", "W1ᵀz̄1 + W2ᵀz̄2 + W4ᵀȳ", "unread", "an operator is missing between .T and z1_bar"),
    (GATED, "W1", "z̄1 ⊗ x", "right", "right"),
    (GATED, "W1", "z1_bar @ x.T", "unread", "x is a vector (D,); a column times a row is outer(a, b)"),
    (GATED, "W1", "z̄1 · xᵀ", "unread", "a column times a row is outer(a, b)"),
    ("linear_regression", "y", "2/n (y - t)", "unread", "n is a size and cannot be called; write * for a product"),
    ("two_layer", "y", "y", "undefined", "y_bar is given, so there is nothing to derive"),
    ("counting", "r", "0 * r", "right", "this gradient is 0 wherever it was tried"),
    ("counting", "r", "r", "wrong", "this gradient is 0 wherever it was tried, but the answer is not"),
    ("lstm", "C1.h", "C1.h", "wrong", "C1.h"),
]  # fmt: skip


def test_messages_say_what_is_wrong(engine):
    cases = [[graph_data(a1viz.load(name)), variable, answer] for name, variable, answer, *_ in ANSWERS]
    found = engine.ask("given.map(([data, v, a]) => m.mark(m.graphOf(data), v, a))", cases)
    marked = [(*case, mark) for case, mark in zip(ANSWERS, found, strict=True)]
    assert [one for one in marked if one[5]["kind"] != one[3] or one[4] not in one[5]["say"]] == []
    assert [mark["right"] for mark in found] == [case[3] == "right" for case in ANSWERS]


def test_a_message_names_no_variable_that_is_not_needed(engine):
    """A number such as S_bar, what only gives a shape, and what was not typed are not asked for."""
    answers = [answer for _, variable, answer, *_ in ANSWERS if variable == "y_prime"]
    found = engine.ask("given[1].map(a => m.mark(m.graphOf(given[0]), 'y_prime', a).say)", [graph_data(a1viz.load(GATED)), answers])
    assert [say for say in found if re.search(r"on S_bar|on .* and y$|scatter|path through S", say)] == []
    assert len(found) > 5


SCALES = [  # a graph, an answer, and whether it is right
    ("J = sum(x / sqrt(x ** 2 + 1e-8))", "x", "1e-8 / (x ** 2 + 1e-8) ** 1.5", True),
    ("J = sum(x / sqrt(x ** 2 + 1e-8))", "x", "1.001e-8 / (x ** 2 + 1e-8) ** 1.5", False),
    ("J = sum(x / sqrt(x ** 2 + 1e-8))", "x", "1e-8 / (x ** 2 + 1.001e-8) ** 1.5", False),
    ("J = 1e30 * norm2(x)", "x", "2e30 * x", True),
    ("J = 1e30 * norm2(x)", "x", "2.0001e30 * x", False),
    ("J = 1e-30 * norm2(x)", "x", "2e-30 * x", True),
    ("J = 1e-30 * norm2(x)", "x", "2.0001e-30 * x", False),
    ("J = norm2(x) + 1e-6 * sum(x)", "x", "2 * x + 1e-6", True),
    ("J = norm2(x) + 1e-6 * sum(x)", "x", "2 * x", False),
    ("J = sum(relu(x))", "x", "step(x)", True),
    ("J = sum(relu(x))", "x", "ones(D)", False),
    ("J = sum(relu(x))", "x", "x / abs(x)", False),
    ("J = sum(relu(x - 0.9))", "x", "step(x - 0.9)", True),
    ("J = sum(relu(x - 0.9))", "x", "step(x - 0.8)", False),
    ("J = sum(abs(x))", "x", "2 * step(x) - 1", True),
    ("J = sum(log(x))", "x", "1 / x", True),
    ("J = sum(log(1 - x) + log(x))", "x", "1 / x - 1 / (1 - x)", True),
    ("J = logdet(outer(x, x) + eye(D))", "x", "2 * x / (1 + x @ x)", True),
    ("J = logdet(outer(x, x) + eye(D))", "x", "2 * x / (1 + 2 * (x @ x))", False),
    ("y = sigmoid(x); J = -sum(log(y))", "x", "y - 1", True),
    ("y = sigmoid(x); J = -sum(log(y))", "x", "y_bar * y * (1 - y)", True),
    ("J = sum(E[t] * x)", "x", "E[t]", True),
    ("J = sum(E[t] * x)", "x", "E[0]", False),
    ("J = x @ A @ x", "x", "A @ x + A.T @ x", True),
    ("J = x @ A @ x", "x", "2 * A @ x", False),
    ("J = s ** 3", "s", "3 * s ** 2", True),
    ("J = s ** 3", "s", "3 * s * abs(s)", False),
]  # fmt: skip


def test_points_are_of_every_size_on_both_sides_of_kinks_and_in_the_domain(engine):
    leaves = {"x": ["D"], "A": ["D", "D"], "E": ["K", "D"], "s": [], "t": {"class": "K"}}
    cases = []
    for text, variable, answer, _ in SCALES:
        used = {name: shape for name, shape in leaves.items() if re.search(rf"\b{name}\b", text)}
        cases.append([graph_data(parse(text, **used)), variable, answer])
    found = engine.ask("given.map(([data, v, a]) => m.mark(m.graphOf(data), v, a))", cases)
    assert [(case, mark) for case, mark in zip(SCALES, found, strict=True) if mark["right"] != case[3]] == []


def test_points_are_finite_and_show_both_sides_of_every_kink(engine):
    graph = parse("h = relu(W @ x); g = abs(u); J = sum(h) + sum(g * u)", x=["D"], u=["H"], W=["H", "D"])
    program = "(q => [[...q.sizes], q.points.map(p => ['h', 'u'].map(n => Array.from(p.get(n).data))), q.truth])"
    sizes, points, truth = engine.ask(f"{program}(new m.Question(m.jointGraph(m.graphOf(given)), 'x_bar'))", graph_data(graph))
    assert len({size for _, size in sizes}) == len(sizes) == 2  # no shape fits by accident
    for k, on in ((0, lambda v: v > 0), (1, lambda v: v > 0)):
        entries = list(zip(*(point[k] for point in points), strict=True))
        assert all({on(value) for value in entry} == {True, False} for entry in entries)
    assert np.isfinite(np.array(truth)).all() and len(points) >= 8
    assert any(all(value != 0 for value in numbers) for numbers in truth)


def test_odd_texts_get_a_mark_and_are_never_right(engine):
    words = (
        'x y h z1_bar x_bar W1 W1.T t ( ) [ ] + - * / @ ** , . = == < 1e400 outer( axis= e_t " \\ ; # ̄ ᵀ __proto__ constructor \0 ²'.split()
    )
    rng = random.Random(8)
    texts = ["".join(rng.choice(words) + rng.choice(["", " "]) for _ in range(rng.randint(1, 14))) for _ in range(1500)]
    kinds = engine.ask(
        "(g => given[1].map((a, k) => m.mark(g, ['x', 'y', 'W1'][k % 3], a).kind))(m.graphOf(given[0]))",
        [graph_data(a1viz.load(GATED)), texts],
    )
    assert set(kinds) <= {"unread", "circular", "shape", "undefined", "wrong"} and kinds.count("unread") > 1000
