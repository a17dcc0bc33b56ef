"""Does a graph do what it says? Expectations, first and second derivatives against central differences, and the adjoint identity.

Source of the gradient check: central differences, error O(eps^2 + rounding / eps); of the adjoint identity:
<y_bar, J x_dot> = <J^T y_bar, x_dot>. Second derivatives are tried as products of the Hessian and a random vector, forward over reverse
and reverse over reverse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..base.arrays import Array
from ..base.columns import counted, text_table
from ..base.errors import DocumentError, EquationError, InputError, place
from ..calculus.autodiff import backward, derived_name, differentiable, seeds, tangent
from ..calculus.interpreter import Values, difference_text, grad, run, short_text
from ..calculus.objective import loss_of
from ..calculus.rewriting import rewrite
from ..graph.arguments import GraphOrName, graph_of
from ..graph.equations import finish, read
from ..graph.nodes import Builder, Graph, with_outputs

MAX_ENTRIES = 64  # entries of one leaf that are nudged; of a larger leaf a fixed random choice
SECONDS = 10.0  # for the proof that comparators sort
STEP = 1e-6
TOLERANCE = 1e-5  # relative to the largest gradient entry; central differences are good to about 1e-9 here
KINK = 1e-2  # slopes on both sides that differ by more, relative to the largest gradient entry, make a kink


@dataclass(frozen=True)
class Finding:
    """One thing that was checked."""

    what: str
    ok: bool
    detail: str


@dataclass(frozen=True)
class Report:
    """All findings for one graph; prints itself, and is true if everything holds."""

    graph: str
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return all(f.ok for f in self.findings)

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        head = f"{self.graph}: {'all holds' if self.ok else 'SOMETHING DOES NOT HOLD'}"
        table = text_table([("  ok   " if f.ok else "  WRONG", f.what, f.detail) for f in self.findings])
        return f"{head}\n{table}".rstrip()


def check(graph: GraphOrName, **values: Any) -> Report:
    """Check a document's expectations, its first and second derivatives, the adjoint identity, and whether its comparators sort.

    Raises DocumentError for an expectation that cannot be read. Source: design, section 5.

    >>> from a1viz.graph.documents import load
    >>> bool(check(load("two_layer")))
    True
    """
    graph = graph_of(graph)
    derivatives = [*gradients(graph, **values), *second_derivatives(graph, **values), *adjoint_identity(graph, **values)]
    return Report(graph.name, (*expectations(graph), *derivatives, *sorts(graph)))


def sorts(graph: Graph) -> list[Finding]:
    """Whether the comparators of a document sort, by the 0-1 principle; they need not where equations follow that read some outputs."""
    from ..sorting import Network, verify

    document = graph.document
    if not document.wires:
        return []
    wires = [f"y{wire}" for wire in range(1, document.wires + 1)]
    is_all = set(graph.outputs) <= set(wires)  # nothing follows: the network is held to what it puts out
    network = Network(document.wires, document.comparators, outputs=map(wires.index, graph.outputs) if is_all else None)
    try:
        proof = verify(network, limit=SECONDS)
    except InputError as error:
        return [Finding("comparators", True, f"not checked: {error}")]
    if proof:
        idle = f"{len(proof.redundant) or 'none'} of {len(document.comparators)} never swap"
        what = "sort" if proof.network.is_whole else f"give {', '.join(graph.outputs)} right for"
        return [Finding("comparators", True, f"{what} every input; {idle}")]
    listed = " to ".join(" ".join(map(str, bits)) for bits in (proof.counterexample or (), proof.output or ()))
    return [Finding("comparators", not is_all, f"do not {'sort' if proof.network.is_whole else 'select'}: they turn {listed}")]


def expectations(graph: Graph) -> list[Finding]:
    """Each line of [expect] against the values and cotangents at the document's own values."""
    if not graph.document.expect:
        return []
    known, rtol = _everything(graph), graph.document.tolerance
    findings = []
    for text, expected in graph.document.expect.items():
        value = _evaluated(graph, text, known)
        want = np.asarray(expected, dtype=float)
        ok = value.shape == want.shape and bool(np.allclose(value, want, rtol=rtol, atol=rtol / 1000))
        detail = f"= {short_text(want)}" if ok else difference_text(want, value)
        findings.append(Finding(text, ok, detail))
    return findings


def _everything(graph: Graph) -> Values:
    """Every variable's value, and every cotangent's."""
    known = run(graph, trace=True)
    handed = seeds(graph)
    if all(name in graph.document.cotangents for name in handed):
        known.update(grad(graph))
    return known


def _evaluated(graph: Graph, text: str, known: Mapping[str, Any]) -> Array:
    """An expression over known values."""
    builder = Builder()
    problems: list[EquationError] = []
    for name, value in known.items():
        node = graph.by_name.get(name)
        if node is not None and node.op == "label":
            builder.leaf(name, "label", (), node.value if isinstance(node.value, int) else graph.document.sizes.get(str(node.value), 0))
        else:
            builder.leaf(name, "input", value.shape)
    name = builder.free("expected")
    targets = read(f"{name} = {text}", builder, problems)
    if problems or targets != [name]:
        reasons = [p.message for p in problems] or ["expected one expression"]
        raise DocumentError(f"{place(graph.document.path)}[expect] {text}: {reason}" for reason in reasons)
    wanted = with_outputs(finish(builder, "expectation", targets), targets)
    found: Array = run(wanted, **known)[name]
    return found


def gradients(graph: Graph, rng: np.random.Generator | None = None, **values: Any) -> list[Finding]:
    """The gradient of each leaf against central differences, entry by entry."""
    cotangents = _cotangents(graph)
    if cotangents is None:
        return [Finding("gradients", True, "not checked: no scalar loss and no [cotangents]")]
    rng = rng or np.random.default_rng(0)
    point = _point(graph, values)
    exact = grad(graph, differentiable(graph), cotangents or None, mean=False, **point)
    rounding = 4 * np.finfo(float).eps * abs(_loss(run(graph, trace=True, **point), graph, cotangents)) / STEP
    findings = []
    for name in differentiable(graph):
        bar = exact[derived_name(graph, name, "bar")]
        worst, tried, kinks = _worst_entry(graph, name, bar, point, cotangents, rng)
        ok = worst <= TOLERANCE * _scale(bar) + rounding
        detail = f"against central differences: largest error {worst:.1e} in {counted(tried, 'entries')}"
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
    slopes = _gradient_slopes(graph, names, cotangents, point, directions)
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
        findings.append(
            Finding(f"second derivatives, {way}", bool(ok), f"against central differences of the gradient: largest error {worst:.1e}")
        )
    return findings


def _gradient_slopes(
    graph: Graph, names: tuple[str, ...], cotangents: Mapping[str, Any], point: Mapping[str, Any], directions: Mapping[str, Array]
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


def _cotangents(graph: Graph) -> dict[str, Any] | None:
    """The cotangents to check with: none for a scalar loss, the document's, or None where there are none."""
    handed = seeds(graph)
    if all(name in graph.document.cotangents for name in handed):
        return {name: graph.document.cotangents[name] for name in handed}
    return None


def _worst_entry(
    graph: Graph, name: str, exact: Array, point: Mapping[str, Any], cotangents: Mapping[str, Any], rng: np.random.Generator
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
        error = max(low - bar, bar - high, 0.0) if np.isfinite(low + high + bar) else np.inf
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
