"""Every derivative rule of the table, made wrong on purpose: the tests of the table must see it. Part of `make prove`."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import test_table
from table_cases import applications_of
from test_table import ROWS

from a1viz.graph.operators import OPS

MUTATIONS = {
    "doubled": lambda rule: re.sub(r"\b(bar|dot)\b", r"(\1 + \1)", rule),
    "negative": lambda rule: re.sub(r"\b(bar|dot)\b", r"(-\1)", rule),
    "nothing": lambda rule: "0",
}
KINDS = ("partial", "adjoint", "vjp", "jvp")
RULES = [(op, kind, k) for op in ROWS for kind in KINDS for k, rule in enumerate(getattr(op, kind)) if rule != "0"]


def is_caught(op, shapes, attributes) -> bool:
    try:
        test_table.test_cotangents_and_tangents_agree_with_central_differences(op, shapes, attributes, False)
    except AssertionError:
        return True
    return False


@pytest.mark.prove
@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize(("op", "kind", "k"), RULES, ids=[f"{op.name}-{kind}-{k}" for op, kind, k in RULES])
def test_a_wrong_rule_is_caught(monkeypatch, op, kind, k, mutation):
    rules = list(getattr(op, kind))
    rules[k] = MUTATIONS[mutation](rules[k])
    monkeypatch.setitem(OPS, op.name, replace(op, **{kind: tuple(rules)}))
    assert any(is_caught(OPS[op.name], *case) for case in applications_of(op))
