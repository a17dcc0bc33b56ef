"""Printed equations in 60-digit arithmetic: the readers and references of the tests, loaded with mpmath's numbers for floating point's."""

from __future__ import annotations

import importlib.util
import math
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import mpmath
import numpy as np
import references
import text_values

from a1viz.graph.nodes import Graph, expression_text
from a1viz.graph.sizes import names_of, size_of

DIGITS = 60


class NotRealError(ArithmeticError):
    """A function has no real value there."""


def exact(value: Any) -> np.ndarray:
    """An array of mpmath's numbers."""
    array = np.asarray(value, dtype=object)
    if any(isinstance(v, mpmath.mpc) for v in array.ravel()):
        raise NotRealError
    flat = [v if isinstance(v, mpmath.mpf) else mpmath.mpf(float(v)) for v in array.ravel()]
    out = np.empty(len(flat), dtype=object)
    out[:] = flat
    return out.reshape(array.shape)


def real(function: Any) -> Any:
    def checked(*args: Any) -> Any:
        value = function(*args)
        if isinstance(value, mpmath.mpc):
            raise NotRealError
        return value

    return checked


def modules() -> dict[str, ModuleType]:
    """`math` and `numpy` as the readers and references use them."""
    numbers, scalars = ModuleType("numpy"), ModuleType("math")
    numbers.__dict__.update(np.__dict__)
    numbers.__dict__.update(
        zeros=lambda shape, dtype=None: exact(np.zeros(shape)),
        ones=lambda shape, dtype=None: exact(np.ones(shape)),
        eye=lambda *shape: exact(np.eye(*shape)),
        vectorize=lambda function, otypes: np.vectorize(function, otypes=[object]),
        asarray=lambda value, dtype=None: (
            exact(value) if dtype is float else np.asarray(value) if dtype is None else np.asarray(value, dtype)
        ),
    )
    scalars.__dict__.update(math.__dict__)
    for name in ("exp", "log", "log1p", "expm1", "sqrt", "tanh", "erf", "erfc", "atan", "sinh", "cosh", "sin", "cos", "fabs"):
        setattr(scalars, name, real(getattr(mpmath, name)))
    scalars.__dict__.update(pi=mpmath.pi, isnan=mpmath.isnan, isinf=mpmath.isinf, fsum=mpmath.fsum)
    return {"numpy": numbers, "math": scalars}


@cache
def reader() -> ModuleType:
    """`text_values` with 60 digits."""
    found = modules()
    with patch.dict(sys.modules, found):
        for name, module in (("references", references), ("text_values", text_values)):
            spec = importlib.util.spec_from_file_location(name, Path(str(module.__file__)))
            assert spec is not None
            assert spec.loader is not None
            found[name] = sys.modules[name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(found[name])
    return found["text_values"]


def value_of(text: str, known: dict[str, Any]) -> np.ndarray:
    """The value of an equation's right side, or of an expression. Raises ArithmeticError where it has none."""
    with mpmath.workdps(DIGITS):
        return exact(reader().evaluate(reader().tree_of(text), known))


def are_equal(a: np.ndarray, b: np.ndarray, least: float = 0.0) -> bool:
    """Whether two arrays are one, but for the rounding of 60 digits beside numbers as large as `least`."""
    if a.shape != b.shape:
        return False
    size = max([abs(v) for v in (*a.ravel(), *b.ravel())], default=0)
    return all(abs(x - y) <= mpmath.mpf(10) ** (10 - DIGITS) * max(size, least) for x, y in zip(a.ravel(), b.ravel(), strict=True))


def values_of(joint: Graph, kind: str, rng: np.random.Generator) -> dict[str, Any]:
    """Every declared variable of a graph, its leaves drawn: of either sign, positive, or between 0 and 1. Raises ArithmeticError."""
    sizes = dict(joint.document.sizes)
    for node in joint.nodes:
        for dim in (*node.shape, *([node.value] if node.op in ("label", "size") else [])) if node.is_leaf else ():
            for letter in names_of(dim):
                sizes.setdefault(letter, 3 + len(sizes) % 4)
    known: dict[str, Any] = {"pi": mpmath.pi, "inf": mpmath.inf, **{name: exact(size) for name, size in sizes.items()}}
    for node in joint.nodes:
        if not node.is_declared or node.op == "size":
            continue
        if node.op not in ("input", "parameter", "label"):
            known[node.name] = value_of(f"{node.name} = {expression_text(joint, node.name, columns=True)}", known)
            continue
        shape = tuple(int(size_of(dim, sizes)) for dim in node.shape)
        if node.op == "label":
            known[node.name] = rng.integers(size_of(node.value, sizes), size=shape)
        else:
            draws = {"signed": rng.normal(size=shape), "positive": rng.uniform(0.2, 2, shape), "unit": rng.uniform(0.05, 0.95, shape)}
            known[node.name] = exact(draws[kind])
    return known
