"""Derivations read like a book's: each line of each is parsed by Python, evaluated by plain loops, and looked through for what a reader would mend."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from derived_networks import SIZES, WRITTEN, drawn, written
from text_faults import faults
from text_values import evaluate, tree_of

from a1viz.calculus.autodiff import backward, every_variable
from a1viz.calculus.derivation import derive
from a1viz.calculus.interpreter import run
from a1viz.calculus.losses import seeds
from a1viz.graph.catalog import catalogue
from a1viz.graph.documents import load
from a1viz.graph.leaves import gather
from a1viz.graph.nodes import Graph, Node

DRAWN = 300
NAMES = [*catalogue(), *WRITTEN]


def graph_of(name: str) -> Graph:
    return written(name) if name in WRITTEN else load(name)


def values(graph: Graph) -> dict[str, np.ndarray]:
    """Every variable, every cotangent and every size, at random inputs, by the backward graph as the rules of the table make it."""
    rng = np.random.default_rng(0)
    inputs = {leaf.name: _random(leaf, rng) for leaf in graph.leaves if leaf.name not in graph.document.values and not graph.document.sizes}
    given = gather(graph, inputs, rng)
    bars = {f"{name}_bar": rng.standard_normal(run(graph, **inputs)[name].shape) for name in seeds(graph)}
    full = backward(graph, every_variable(graph), keep=graph.declared_names)
    return {**given.sizes, **given.arrays, **run(full, trace=True, **given.arrays, **bars)}


def _random(leaf: Node, rng: np.random.Generator) -> np.ndarray:
    shape = [SIZES.get(size, size) for size in leaf.shape]
    return rng.integers(SIZES[leaf.value], size=shape) if leaf.op == "label" else rng.uniform(-1, 1, shape)


@lru_cache(maxsize=None)
def lines(name: str) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Each line of a derivation, what is wrong with its value (or nothing), and its faults."""
    return tuple(checked(graph_of(name)))


def checked(graph: Graph):
    known = values(graph)
    for step in derive(graph).steps:
        target, equals, _ = step.text.partition(" = ")
        if not equals:
            assert step.text.endswith("  given")
            continue
        tree = tree_of(step.text)
        found = evaluate(tree, known)
        yield step.text, difference(found, known.setdefault(target, found)), tuple(faults(tree))


def difference(found, wanted) -> str:
    if np.shape(found) != np.shape(wanted):
        return f"shape {np.shape(found)}, not {np.shape(wanted)}"
    if not np.all(np.isfinite(wanted)):  # where the derivative is not defined
        return ""
    if np.allclose(found, wanted, rtol=1e-9, atol=1e-12 + 1e-9 * np.max(np.abs(wanted), initial=0.0)):
        return ""
    return f"off by {np.max(np.abs(found - wanted)):.2g}"
