"""Marking derivations: what `derive` gives is right; changed answers are wrong unless equal in 60-digit arithmetic, and told why."""

from __future__ import annotations

import random
from functools import cache

import mpmath
import networks
import numpy as np
import pytest
from changed_answers import Changed, changed_answers, is_named
from derived_networks import WRITTEN, drawn, written
from exact_texts import are_equal, value_of, values_of

import a1viz
from a1viz.calculus.autodiff import cotangent_names
from a1viz.calculus.derivation import derive, joint_graph
from a1viz.graph.nodes import Graph
from a1viz.live.graph_data import graph_data

pytestmark = pytest.mark.browser

DRAWN = 300
CHANGED = 900  # answers, of all graphs
NEVER_FINITE = {"drawn 101"}  # divides by the norm of zeros: no point was found at which anything could be compared
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
    assert len(found) > 5000
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
        except (ArithmeticError, ValueError, IndexError):  # no value there; or shapes that do not fit, of an answer that is wrong
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
    sample = random.Random(1).sample(refused, 150)
    assert [one for one in sample if truly_equal(one[0], *one[1])] == []
    named = [is_named(by_row[name, row], say) for name, row, _, say in refused]
    assert len(refused) > CHANGED / 2
    assert sum(named) >= NAMED * len(named)
