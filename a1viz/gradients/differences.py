"""First and second derivatives of a graph against central differences, and the adjoint identity.

Central differences have an error of O(eps^2 + rounding / eps); the adjoint identity is <y_bar, J x_dot> = <J^T y_bar, x_dot>. Second
derivatives are tried as products of the Hessian and a random vector, forward over reverse and reverse over reverse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..base.arrays import Array
from ..base.columns import counted
from ..base.results import Cell, Part, Result, Table
from ..calculus.autodiff import backward, derived_name, differentiable, tangent
from ..calculus.interpreter import grad, run
from ..calculus.losses import loss_of, seeds
from ..calculus.rewriting import rewrite
from ..graph.nodes import Builder, Graph, with_outputs

MAX_ENTRIES = 64  # entries of one leaf that are nudged; of a larger leaf a fixed random choice
STEP = 1e-6
TOLERANCE = 1e-5  # relative to the largest gradient entry; central differences are good to about 1e-9 here
KINK = 1e-2  # slopes on both sides that differ by more, relative to the largest gradient entry, make a kink


@dataclass(frozen=True)
class Finding(Result):
    """One thing that was checked."""

    what: str
    ok: bool
    detail: str

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Whether it holds, what was checked, and what was found."""
        return "ok" if self.ok else "WRONG", self.what, self.detail

    def parts(self) -> list[Part]:
        return [Table((), [self.cells])]


def gradients(graph: Graph, rng: np.random.Generator | None = None, **values: Any) -> list[Finding]:
    """The gradient of each leaf against central differences, entry by entry."""
    cotangents = _cotangents(graph)
    if cotangents is None:
        return [Finding("gradients", True, "not checked: no scalar loss and no [cotangents]")]
    rng = rng or np.random.default_rng(0)
    point = _point(graph, values)
    exact = grad(graph, differentiable(graph), cotangents or None, mean=False, **point)
    rounding = 4 * np.finfo(float).eps * abs(_loss(run(graph, trace=True, **point), graph, cotangents)) / STEP
    held, findings = _held(graph, point), []
    for name in differentiable(graph):
        bar = exact[derived_name(graph, name, "bar")]
        worst, tried, kinks = _worst_entry(*held, name, bar, cotangents, rng)
        ok = worst <= TOLERANCE * _scale(bar) + rounding and np.isfinite(rounding)
        detail = f"central differences: largest error {worst:.1e} in {counted(tried, 'entries')}"
        if not np.isfinite(rounding):
            detail += "; the loss is not finite here, so nothing can be compared"
        if kinks:
            detail += f", {kinks} of them at a kink: there between the slopes of both sides"
        findings.append(Finding(f"{name}_bar", bool(ok), detail))
    return findings


def second_derivatives(graph: Graph, rng: np.random.Generator | None = None, **values: Any) -> list[Finding]:
    """The Hessian times a random vector, by both orders of differentiation, against central differences of the gradient."""
    cotangents, names = _cotangents(graph), differentiable(graph)
    if cotangents is None or not names:
        return []
    rng = rng or np.random.default_rng(2)
    point = _point(graph, values)
    directions = {name: rng.standard_normal(point[name].shape) for name in names}
    first = backward(graph, names, cotangents or None)
    bars = dict(zip(names, first.outputs, strict=True))
    along = {derived_name(first, name, "dot"): direction for name, direction in directions.items()}
    pushed = run(rewrite(tangent(first, names)), **point, **along)
    pulled = grad(first, names, {bars[name]: directions[name] for name in names}, **point)
    slopes = _gradient_slopes(*_held(graph, point), names, cotangents, directions)
    findings = []
    for way, found in (
        ("forward over reverse", {name: pushed[derived_name(first, bar, "dot")] for name, bar in bars.items()}),
        ("reverse over reverse", {name: pulled[derived_name(first, name, "bar")] for name in names}),
    ):
        worst, ok = 0.0, True
        for name in names:
            exact = found[name] if found[name].ndim == point[name].ndim else found[name].sum(0)
            low, high, rounding = slopes[name]
            error = float(np.max(np.maximum(low - exact, exact - high), initial=0.0)) if np.isfinite(exact).all() else np.inf
            error = np.inf if np.isnan(error) else error
            worst, ok = max(worst, error), ok and error <= TOLERANCE * _scale(exact) + rounding
        findings.append(Finding(way, bool(ok), f"Hessian, by central differences: largest error {worst:.1e}"))
    return findings


@np.errstate(all="ignore")  # what is no number is a finding, not a warning
def _gradient_slopes(
    graph: Graph, point: Mapping[str, Any], names: tuple[str, ...], cotangents: Mapping[str, Any], directions: Mapping[str, Array]
) -> dict[str, tuple[Array, Array, float]]:
    """The slope of each gradient along `directions`, from below and from above, and what rounding may add.

    They are apart where the gradient has a kink, and anything where it jumps.
    """
    at = []
    for sign in (-1, 0, 1):
        moved = {name: point[name] + sign * STEP * directions[name] for name in names}
        at.append(grad(graph, names, cotangents or None, mean=False, **{**point, **moved}))
    found = {}
    for name in names:
        before, here, after = (values[derived_name(graph, name, "bar")] for values in at)
        left, right = (here - before) / STEP, (after - here) / STEP
        scale = max(_scale(left), _scale(right))
        is_kink = np.abs(left - right) > KINK * scale
        middle = (after - before) / (2 * STEP)
        rounding = float(4 * np.finfo(float).eps * np.max(np.abs(here), initial=0.0) / STEP)
        jumps = np.maximum(np.abs(here - before), np.abs(after - here)) > KINK * _scale(here)
        low, high = (np.where(is_kink, end(left, right), middle) for end in (np.minimum, np.maximum))
        found[name] = (np.where(jumps, -np.inf, low), np.where(jumps, np.inf, high), rounding)
    return found


def _point(graph: Graph, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the leaves, in double precision."""
    found = run(graph, trace=True, **values)
    return {node.name: found[node.name].astype(int if node.op == "label" else float) for node in graph.leaves}


def _held(graph: Graph, point: Mapping[str, Any]) -> tuple[Graph, Mapping[str, Any]]:
    """The graph with what has no derivative, though its value changes, as given values: what stop_gradient keeps is a constant."""
    stopped = [node.name for node in graph.nodes if node.op == "stop_gradient"]
    if not stopped:
        return graph, point
    builder = Builder()
    for node in graph.nodes:
        if node.op == "stop_gradient":
            builder.leaf(node.name, "input", node.shape)
        else:
            builder.put(node)
    return builder.graph(graph.name, graph.outputs, graph.document), {**point, **run(with_outputs(graph, stopped), **point)}


def _cotangents(graph: Graph) -> dict[str, Any] | None:
    """The cotangents to check with: none for a scalar loss, the document's, or None where there are none."""
    handed = seeds(graph)
    if all(name in graph.document.cotangents for name in handed):
        return {name: graph.document.cotangents[name] for name in handed}
    return None


@np.errstate(all="ignore")
def _worst_entry(
    graph: Graph, point: Mapping[str, Any], name: str, exact: Array, cotangents: Mapping[str, Any], rng: np.random.Generator
) -> tuple[float, int, int]:
    """The largest error of the entries of a gradient, how many were tried, and how many of them sit at a kink."""
    value = np.array(point[name], dtype=float)
    entries = tried_entries(value.size, rng)
    here = _loss(run(graph, trace=True, **point), graph, cotangents)
    worst, kinks, scale = 0.0, 0, _scale(exact)
    for entry in entries:
        step = STEP * max(1.0, abs(value.flat[entry]))
        slopes = []
        for sign in (1, -1):
            nudged = value.copy()
            nudged.flat[entry] += sign * step
            slopes.append((_loss(run(graph, trace=True, **{**point, name: nudged}), graph, cotangents) - here) / (sign * step))
        is_kink = abs(slopes[0] - slopes[1]) > KINK * max(scale, *map(abs, slopes))
        low, high = (min(slopes), max(slopes)) if is_kink else (sum(slopes) / 2,) * 2
        bar = exact.flat[entry]
        error = max(low - bar, bar - high, 0.0) if np.isfinite((low, high, bar)).all() else np.inf
        worst, kinks = max(worst, float(error)), kinks + is_kink
    return worst, len(entries), kinks


def tried_entries(size: int, rng: np.random.Generator) -> Array:
    """The positions of a leaf's entries that are nudged: all, or of a large leaf a random choice, in order."""
    return np.arange(size) if size <= MAX_ENTRIES else np.sort(rng.choice(size, MAX_ENTRIES, replace=False))


def _scale(exact: Array) -> float:
    """What errors are measured against: the largest gradient entry, unless all are next to nothing."""
    return max(float(np.max(np.abs(exact), initial=0.0)), 1e-3)


def _loss(found: Mapping[str, Array], graph: Graph, cotangents: Mapping[str, Any]) -> float:
    """The scalar whose gradient is checked: the loss, or the cotangents' inner product with their variables."""
    if not cotangents:
        return float(np.sum(found[loss_of(graph)]))
    return float(sum(np.sum(found[name] * np.asarray(bar, dtype=float)) for name, bar in cotangents.items()))


def adjoint_identity(graph: Graph, rng: np.random.Generator | None = None, **values: Any) -> list[Finding]:
    """The tangent graph against the backward graph: <y_bar, y_dot> = <x_bar, x_dot> for random tangents and cotangents."""
    rng = rng or np.random.default_rng(1)
    names = differentiable(graph)
    point = _point(graph, values)
    if not names or not graph.outputs:
        return []
    primal = run(graph, **point)
    bars: dict[str, Any] = {name: rng.standard_normal(primal[name].shape) for name in graph.outputs}
    dots: dict[str, Any] = {name: rng.standard_normal(point[name].shape) for name in names}
    pulled = grad(graph, names, bars, **point)
    tangents = {derived_name(graph, name, "dot"): dot for name, dot in dots.items()}
    pushed = run(rewrite(tangent(graph, names)), **point, **tangents)
    left = sum(float(np.sum(bars[name] * dot)) for name, dot in zip(graph.outputs, pushed.values(), strict=True))
    right = sum(float(np.sum(pulled[derived_name(graph, name, "bar")] * dots[name])) for name in names)
    error = abs(left - right) / max(abs(left), abs(right), 1e-300)
    ok = error < 1e-9 or abs(left - right) < 1e-12
    return [Finding("adjoint identity", bool(ok), f"<y_bar, y_dot> = <x_bar, x_dot>: relative difference {error:.1e}")]
