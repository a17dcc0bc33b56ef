"""Transposes turned down to what they turn, and products with the matrices that are made of others. Serves question 2.1.2.

A product of a thousand factors lies a thousand deep: what goes down in it is a loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from ..graph.nodes import Builder


class Maker(Protocol):
    """Makes each application once."""

    builder: Builder

    def make(self, op: str, inputs: Sequence[str], attrs: Any = ()) -> str: ...

    def is_made(self, op: str, inputs: Sequence[str]) -> bool: ...

    def parts(self, name: str, op: str) -> tuple[str, ...]: ...


def _transpose(to: Maker, inputs: Sequence[str]) -> str:
    (A,) = inputs
    if found := to.parts(A, "transpose"):
        return found[0]
    if found := to.parts(A, "outer"):
        return to.make("outer", found[::-1])
    if found := to.parts(A, "matmul"):
        _transpose_factors(to, A)
        return to.make("matmul", [to.make("transpose", [i]) for i in found[::-1]])
    return A if to.builder.nodes[A].op == "eye" else ""


def _transpose_factors(to: Maker, product: str) -> None:
    """Make the transposes of all factors of a product, the innermost first."""
    waiting = [product]
    while waiting:
        factors = to.parts(waiting[-1], "matmul")[::-1]
        below = next((i for i in factors if not to.is_made("transpose", [i])), None)
        if below is not None:
            waiting.append(below)
        elif (factor := waiting.pop()) != product:
            to.make("transpose", [factor])


def _matvec(to: Maker, inputs: Sequence[str]) -> str:
    W, x = inputs
    if found := to.parts(W, "transpose"):
        return to.make("vecmat", [x, *found])
    if (found := to.parts(W, "outer")) and len(to.builder.shape(W)) == 2 and len(to.builder.shape(x)) == 1:
        return to.make("mul", [to.make("inner", [found[1], x]), found[0]])
    return ""


def _vecmat(to: Maker, inputs: Sequence[str]) -> str:
    x, W = inputs
    if found := to.parts(W, "transpose"):
        return to.make("matvec", [*found, x])
    if to.parts(W, "matmul"):
        waiting = [W]
        while waiting:
            factors = to.parts(waiting[-1], "matmul")
            x = x if factors else to.make("vecmat", [x, waiting[-1]])
            waiting[-1:] = reversed(factors)
        return x
    if found := to.parts(W, "outer"):
        return to.make("matvec", [to.make("outer", found[::-1]), x])
    return ""


def _inner(to: Maker, inputs: Sequence[str]) -> str:
    a, b = inputs
    while found := to.parts(a, "vecmat"):
        a, b = found[0], to.make("matvec", [found[1], b])
    return to.make("inner", [a, b]) if a != inputs[0] else ""


def _diag_embed(to: Maker, inputs: Sequence[str]) -> str:
    node = to.builder.nodes[inputs[0]]
    return to.make("eye", [], (("shape", (*node.shape, *node.shape)),)) if node.op == "ones" and len(node.shape) == 1 else ""


TURNED = {"transpose": _transpose, "matvec": _matvec, "vecmat": _vecmat, "inner": _inner, "diag_embed": _diag_embed}
