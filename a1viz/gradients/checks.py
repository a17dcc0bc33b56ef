"""Does a graph do what it says? Expectations, derivatives, and whether comparators sort."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..base.arrays import Array
from ..base.columns import text_table
from ..base.errors import DocumentError, EquationError, InputError, place
from ..base.results import Part, Result, Table
from ..calculus.interpreter import Values, grad, run
from ..calculus.losses import seeds
from ..graph.arguments import GraphOrName, graph_of
from ..graph.equations import finish, read
from ..graph.nodes import Builder, Graph, with_outputs
from .differences import Finding, adjoint_identity, gradients, second_derivatives

SECONDS = 10.0  # for the proof that comparators sort


@dataclass(frozen=True)
class Report(Result):
    """All findings for one graph; prints itself, and is true if everything holds."""

    graph: str
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return all(f.ok for f in self.findings)

    def __bool__(self) -> bool:
        return self.ok

    @property
    def heading(self) -> str:
        """All of it in a few words."""
        return f"{self.graph}: {'all holds' if self.ok else 'SOMETHING DOES NOT HOLD'}"

    def parts(self) -> list[Part]:
        return [self.heading, Table(("", "what", "found"), [f.cells for f in self.findings])]

    def __str__(self) -> str:
        table = text_table([("  ok   " if f.ok else "  WRONG", f.what, f.detail) for f in self.findings])
        return f"{self.heading}\n{table}".rstrip()


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
    known, rtol = everything(graph), graph.document.tolerance
    findings = []
    for text, expected in graph.document.expect.items():
        value = _evaluated(graph, text, known)
        want = np.asarray(expected, dtype=float)
        ok = value.shape == want.shape and bool(np.allclose(value, want, rtol=rtol, atol=rtol / 1000))
        detail = f"= {_short(want)}" if ok else _apart(want, value)
        findings.append(Finding(text, ok, detail))
    return findings


def everything(graph: Graph, **values: Any) -> Values:
    """Every variable's value, and every cotangent's where it is known what is differentiated. Raises InputError."""
    known = run(graph, trace=True, **values)
    handed = seeds(graph)
    if all(name in graph.document.cotangents for name in handed):
        known.update(grad(graph, **values))
    return known


def _evaluated(graph: Graph, text: str, known: Mapping[str, Any]) -> Array:
    """A known value by its name, one inside a block included, which no expression can spell; or an expression over known values."""
    if text in known:
        return np.asarray(known[text])
    wanted = expression_over(graph, text, known, f"{place(graph.document.path)}[expect] {text}: ")
    found: Array = run(wanted, **known)[wanted.outputs[0]]
    return found


def expression_over(graph: Graph, text: str, known: Mapping[str, Any], where: str) -> Graph:
    """The graph of an expression over known values of a graph. Raises DocumentError, its messages beginning with `where`."""
    builder = Builder()
    problems: list[EquationError] = []
    for name, value in known.items():
        node = graph.by_name.get(name)
        if node is not None and node.op == "label":
            classes = node.value if isinstance(node.value, int) else graph.document.sizes.get(str(node.value), 0)
            builder.leaf(name, "label", value.shape, classes)
        else:
            builder.leaf(name, "input", value.shape)
    name = builder.free("expected")
    targets = read(f"{name} = {text}", builder, problems)
    if problems or targets != [name]:
        reasons = [p.message for p in problems] or ["expected one expression"]
        raise DocumentError(f"{where}{reason}" for reason in reasons)
    return with_outputs(finish(builder, "expectation", targets), targets)


def _apart(want: Array, value: Array) -> str:
    """Both values, with as many digits as it takes to see that they differ; of long ones the first entry that does."""
    for digits in (6, 9, 12, 17):
        texts = _short(want, digits), _short(value, digits)
        if texts[0] != texts[1]:
            return f"expected {texts[0]}, got {texts[1]}"
    place = tuple(np.argwhere(want != value)[0].tolist())
    return f"entry {list(place)}: {_apart(want[place], value[place])}"


def _short(value: Array, digits: int = 6) -> str:
    return np.array2string(np.asarray(value) + 0.0, precision=digits, threshold=12, separator=", ").replace("\n", "")
