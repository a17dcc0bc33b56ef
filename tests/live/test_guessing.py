"""Leaves that a reader has not declared are guessed so that the text can be read, and mostly as its author meant them."""

from __future__ import annotations

import random
import tomllib
from typing import Any

import numpy as np
import pytest
from conftest import part
from derived_networks import WRITTEN, drawn_text
from networks import NETWORKS

import a1viz
from a1viz.base.errors import EquationError
from a1viz.graph.catalog import find
from a1viz.graph.declarations import declare
from a1viz.graph.equations import read
from a1viz.graph.nodes import Builder
from a1viz.graph.operators import OPS
from a1viz.graph.reader import Surroundings

pytestmark = pytest.mark.browser

GUESSED = "given.map(([text, declared]) => m.guessedLeaves(m.statementsOf(text, []), new Map(Object.entries(declared))))"
# of the catalogue, what no use of a name can tell
MEANT_OTHERWISE = {
    "glove": "b is a column, so that b + c has an entry for each pair; X are counts, declared as labels to be whole",
    "mixture_of_experts": "the target is one number for all experts",
    "mlp_squared_error": "one bias for a whole layer",
}


def guessed(engine, texts: list[str], declared: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Of each text, its leaves and sizes as they are guessed."""
    return [{**g, "leaves": dict(g["leaves"])} for g in engine.ask(GUESSED, [[text, declared or {}] for text in texts])]


def problems_of(text: str, found: dict[str, Any], declared: dict[str, Any] | None = None) -> list[str]:
    """What Python says of a text with leaves as they are guessed."""
    builder = Builder()
    for name, leaf in {**(declared or {}), **found["leaves"]}.items():
        is_label = leaf["kind"] == "label"
        declare(
            builder, name, "input" if is_label else leaf["kind"], {k: leaf[k] for k in ("class", "shape")} if is_label else leaf["shape"]
        )
    problems: list[EquationError] = []
    read(text, builder, problems, known=Surroundings(sizes=[name for name, _ in found["sizes"]]))
    return list(map(str, problems))


def test_the_catalogue_is_guessed_as_it_is_meant(engine):
    tables = {name: tomllib.loads(find(name).read_text(encoding="utf-8")) for name in a1viz.catalogue()}
    texts = {name: table["equations"] for name, table in tables.items() if not {"blocks", "comparators"} & set(table)}
    otherwise = set()
    for (name, text), found in zip(texts.items(), guessed(engine, list(texts.values())), strict=True):
        assert not problems_of(text, found), name
        for leaf in a1viz.load(name).leaves:
            if len(found["leaves"][leaf.name]["shape"]) != len(leaf.shape):
                otherwise.add(name)
    assert otherwise == set(MEANT_OTHERWISE)
    assert len(texts) > 30 and len(otherwise) < len(texts) / 10


def test_the_labels_and_parameters_of_a_network_are_guessed(engine):
    text = find("gated_network").read_text(encoding="utf-8").partition("'''")[2].partition("'''")[0]
    (found,) = guessed(engine, [text])
    kinds = {name: leaf["kind"] for name, leaf in found["leaves"].items()}
    assert kinds == {"x": "input", "t": "label", **dict.fromkeys(("W1", "b1", "W2", "b2", "W3", "W4"), "parameter")}
    assert found["leaves"]["t"] == {"kind": "label", "shape": [], "class": found["leaves"]["W3"]["shape"][0]}


@pytest.mark.many
def test_texts_of_all_kinds_can_be_read(engine):
    texts = [*WRITTEN.values(), *NETWORKS.values(), *(drawn_text(np.random.default_rng(seed)) for seed in range(part(300)))]
    all_found = guessed(engine, texts)
    wrong = {text: problems for text, found in zip(texts, all_found, strict=True) if (problems := problems_of(text, found))}
    assert not wrong
    assert guessed(engine, texts) == all_found
    sizes = {dim for found in all_found for leaf in found["leaves"].values() for dim in leaf["shape"] if isinstance(dim, int)}
    assert max(sizes) <= 24


CASES = {  # what is typed, what is declared, and what is guessed
    "y = W @ x": ({"W": {"kind": "parameter", "shape": [7, 6]}}, {"x": [6]}),
    "z = W @ x + b": ({"x": {"kind": "input", "shape": ["D"]}}, {"W": [3, "D"], "b": [3]}),
    "y = a * x": ({"x": {"kind": "input", "shape": []}, "a": {"kind": "input", "shape": []}}, {}),
    "p = softmax(W @ x); J = -log(p)[t]": ({"t": {"kind": "label", "shape": [], "class": 10}}, {"W": [10, 3], "x": [3]}),
    "Z = conv2d(X, K, stride=2) + b": ({"X": {"kind": "input", "shape": [3, 9, 9]}}, {"K": [2, 3, 3, 3], "b": [2, 1, 1]}),
    "y = W @ concatenate(x, h)": ({"x": {"kind": "input", "shape": [2]}, "W": {"kind": "parameter", "shape": [3, 7]}}, {"h": [5]}),
    "y = W @ reshape(X, [-1])": ({"W": {"kind": "parameter", "shape": [2, 12]}, "X": {"kind": "input", "shape": [3, 4]}}, {}),
    "h = tanh(W @ x + U @ h_prev)": ({}, {"W": [3, 4], "x": [4], "U": [3, 3], "h_prev": [3]}),
    "y = x[5] + x[-7]": ({}, {"x": [7]}),
    "J = trace(inv(A)) + norm2(E[words] @ A)": ({}, {"A": [3, 3], "E": [4, 3], "words": [5]}),
    'y = einsum("tij,j->ti", C, x)': ({}, {"C": [3, 4, 5], "x": [5]}),
    "L = norm2(X @ w - t) / 2 + lam * norm2(w)": ({}, {"X": [3, 4], "w": [4], "t": [3], "lam": []}),
}  # fmt: skip


def test_what_is_declared_decides_about_the_rest(engine):
    texts = [[text, declared] for text, (declared, _) in CASES.items()]
    for (text, (declared, shapes)), found in zip(CASES.items(), engine.ask(GUESSED, texts), strict=True):
        leaves = {name: leaf["shape"] for name, leaf in found["leaves"]}
        assert leaves == shapes, text
        assert not problems_of(text, {**found, "leaves": dict(found["leaves"])}, declared), text


def test_a_text_that_cannot_be_read_is_guessed_too(engine):
    rng = random.Random(0)
    known = [*WRITTEN.values(), *NETWORKS.values()]
    words = [*OPS, "x", "t", "-1", "[", "]", "(", ")", ",", ":", "@", ".T", "axis=0", "=", "\n", "[0, 1]", "None", "D", "'ij->i'", "//"]
    texts = []
    for _ in range(2500):
        text = rng.choice(known)
        for _ in range(rng.randrange(1, 5)):
            start, end = sorted(rng.randrange(len(text) + 1) for _ in range(2))
            text = text[:start] + rng.choice([*words, text[start:end]]) + text[rng.choice([start, min(end, start + 6)]) :]
        texts.append(text)
    texts += ["y = " + " + ".join(f"x{k}" for k in range(5000)), "y = " + " @ ".join(f"W{k}" for k in range(3000)), "y = x" + ".T" * 3000]
    for found in engine.ask(GUESSED, [[text, {}] for text in texts]):
        for name, leaf in found["leaves"]:
            assert all(isinstance(dim, str) or 0 <= dim < 1000 for dim in [*leaf["shape"], leaf.get("class", 1)]), name
