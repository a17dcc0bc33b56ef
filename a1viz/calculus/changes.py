"""What differs between two graphs whose variables belong together, one thing after the other: blocks, variables, then what documents say.

Serves design, section 5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..base.columns import counted
from ..base.results import Part, Result, Table, Typeset
from ..graph.blocks import BlockCall
from ..graph.nodes import Graph, Node, expression_text
from ..graph.shapes import described, shape_text
from .pairing import Numbers, Pairing, pair_up, tokens_of

NAME = re.compile(r"[A-Za-z_][\w.]*")
HEADER = ("what", "differs in", "in A", "in B")
ONLY_A, ONLY_B, OTHERWISE = "only in A", "only in B", "written differently"


@dataclass(frozen=True)
class Difference(Result):
    """One thing that differs: its names in A and in B (nothing where it is not there), in what it differs, and what each says of it."""

    names: tuple[str, str]
    change: str  # equation, shape, name, kind, classes, value, copies, numbers; only in A, only in B or written differently
    a: str = ""
    b: str = ""
    part: str = "variable"  # or block, comparator, size, or a key of the document

    def parts(self) -> list[Part]:
        return [Table(HEADER, [(self.what, self.change, Typeset(self.a, ""), Typeset(self.b, ""))])]

    @property
    def what(self) -> str:
        """What differs, in words: the variable itself, or which kind of thing."""
        return self.name if self.part in ("variable", "comparator", self.name) else f"{self.part} {self.name}"

    @property
    def name(self) -> str:
        """What it is called in A, and in B where that is something else."""
        here, there = self.names
        return f"{here} -> {there}" if here and there and here != there else here or there


def changes(a: Graph, b: Graph, pairing: Pairing) -> Iterator[Difference]:
    """Everything that differs."""
    yield from _comparators(a, b, pairing)
    yield from _calls(a, b, pairing)
    yield from _variables(a, b, pairing)
    yield from _documents(a, b, pairing)


# --- blocks -------------------------------------------------------------------------------------------------------------------


def _comparators(a: Graph, b: Graph, pairing: Pairing) -> Iterator[Difference]:
    """Comparators that only one list has; all others are the same, in whatever order they are written."""
    lists = a.document.comparators, b.document.comparators
    for i, j in pairing.comparators:
        if i is None or j is None:
            k, there = (i, 0) if i is not None else (j, 1)
            assert k is not None
            pair = f"[{lists[there][k][0] + 1}, {lists[there][k][1] + 1}]"
            names, texts = ((f"S{k + 1}", ""), (pair, "")) if there == 0 else (("", f"S{k + 1}"), ("", pair))
            yield Difference(names, (ONLY_A, ONLY_B)[there], *texts, "comparator")
    others = [j for i, j in pairing.comparators if i is not None and j is not None]
    if others != sorted(others):
        yield Difference(("comparators", "comparators"), OTHERWISE, "their order", "another order", "comparators")
    for (name, block), (other, partner) in zip(_block_of(a), _block_of(b), strict=False) if pairing.comparators else ():
        inside = changes(block, partner, pair_up(block, partner)) if block is not partner else ()
        if any(found.change != OTHERWISE for found in inside):
            yield Difference((name, other), "equation", block.document.title, partner.document.title, "block")


def _block_of(graph: Graph) -> list[tuple[str, Graph]]:
    """The block that a document's comparators are."""
    call = graph.document.calls[0] if graph.document.comparators else None
    return [(call.block, graph.document.used[call.block].graph)] if call else []


def _calls(a: Graph, b: Graph, pairing: Pairing) -> Iterator[Difference]:
    """Calls that only one graph has, calls with more copies of a block, and instances with another number."""
    moved: dict[str, list[tuple[str, str]]] = {}
    for one, other in pairing.calls:
        if one and other:
            counts = len(one.instances), len(other.instances)
            if counts[0] != counts[1]:
                yield Difference((one.block, other.block), "copies", counted(counts[0], "copies"), counted(counts[1], "copies"), "block")
            pairs = zip(one.instances, other.instances, strict=False)
            moved.setdefault(one.block, []).extend((i, j) for i, j in pairs if i != j)
        elif one:
            yield Difference((one.instances[0], ""), ONLY_A, _call_text(a, one), "", "block")
        elif other:
            yield Difference(("", other.instances[0]), ONLY_B, "", _call_text(b, other), "block")
    for block, numbers in moved.items():
        if numbers:
            here, there = (", ".join(side) for side in zip(*numbers, strict=True))
            yield Difference((block, block), "numbers", here, there, "block")


def _call_text(graph: Graph, call: BlockCall) -> str:
    given = (name if graph[name].is_declared else expression_text(graph, name) for name in call.arguments)
    return f"{', '.join(call.targets)} = {call.block}({', '.join(given)})"


def alone(pairing: Pairing) -> tuple[set[str], set[str]]:
    """The instances of blocks that only A has, and only B."""
    found: tuple[set[str], set[str]] = set(), set()
    for one, other in pairing.calls:
        mine, others = one.instances if one else (), other.instances if other else ()
        found[0].update(mine[len(others) :])
        found[1].update(others[len(mine) :])
    return found


# --- variables ----------------------------------------------------------------------------------------------------------------


def _variables(a: Graph, b: Graph, pairing: Pairing) -> Iterator[Difference]:
    """What differs in each variable: those of both graphs and of A alone in the order of A, then those of B alone."""
    numbers, (here, there) = Numbers(), tokens_of(pairing.names)
    loose = numbers.equations(a, here, is_loose=True), numbers.equations(b, there, is_loose=True)
    opaque = {n: ("A", n) for n in a.declared_names} | here, {n: ("B", n) for n in b.declared_names} | there
    exact = numbers.equations(a, opaque[0]), numbers.equations(b, opaque[1])
    gone = alone(pairing)
    for name in a.declared_names:
        other = pairing.names.get(name)
        if name in pairing.wired:
            continue
        if other is not None:
            is_same = exact[0][name] == exact[1][other], loose[0][name] == loose[1][other]
            yield from _variable(a, b, (name, other), is_same)
        elif name.partition(".")[0] not in gone[0]:
            yield Difference((name, ""), ONLY_A, a=_told(a, a[name]))
    partners = set(pairing.names.values())
    for name in b.declared_names:
        if name not in partners and name not in pairing.wired and name.partition(".")[0] not in gone[1]:
            yield Difference(("", name), ONLY_B, b=_told(b, b[name]))


def _variable(a: Graph, b: Graph, names: tuple[str, str], is_same: tuple[bool, bool]) -> Iterator[Difference]:
    """What differs between a variable of A and its partner in B; whether their equations are the same exactly, and loosely."""
    one, other = a[names[0]], b[names[1]]
    if one.name.rpartition(".")[2] != other.name.rpartition(".")[2]:
        yield Difference(names, "name", *names)
    if one.op != other.op and (one.is_given or other.is_given):
        yield Difference(names, "kind", _told(a, one), _told(b, other))
    elif one.value != other.value and one.is_given:
        yield Difference(names, "classes", str(one.value), str(other.value))
    elif not one.is_given and not is_same[0]:
        texts = expression_text(a, one.name), expression_text(b, other.name)
        yield Difference(names, OTHERWISE if is_same[1] else "equation", *texts)
    if one.shape != other.shape:
        yield Difference(names, "shape", *(shape_text(node.shape) if node.shape else "scalar" for node in (one, other)))
    elif one.is_given and other.is_given:
        yield from _values(names, (a.document.values.get(one.name), b.document.values.get(other.name)))


def _told(graph: Graph, node: Node) -> str:
    """What a variable is: its equation, or the kind of leaf and its shape."""
    if not node.is_given:
        return expression_text(graph, node.name)
    return f"{node.op}, one of {node.value} classes" if node.op == "label" else f"{node.op}, {described(node.shape)}"


# --- what documents say -------------------------------------------------------------------------------------------------------


def _documents(a: Graph, b: Graph, pairing: Pairing) -> Iterator[Difference]:
    one, other = a.document, b.document
    mine = {name: known for known, name in pairing.names.items()}
    mine |= {f"{name}_bar": f"{known}_bar" for name, known in mine.items() if f"{name}_bar" not in mine}

    def translated(table: Mapping[str, Any]) -> dict[str, Any]:
        return {NAME.sub(lambda found: mine.get(found[0], found[0]), text): value for text, value in table.items()}

    for key, texts in {
        "outputs": (", ".join(a.outputs), ", ".join(mine.get(n, n) for n in b.outputs)),
        "loss": (one.loss, mine.get(other.loss, other.loss)),
        "tolerance": (f"{one.tolerance:g}", f"{other.tolerance:g}"),
        "wires": (str(one.wires or ""), str(other.wires or "")),
    }.items():
        if texts[0] != texts[1]:
            yield Difference((key, key), "names" if key in ("outputs", "loss") else "value", *texts, key)
    for part, tables in {
        "size": (one.sizes, other.sizes),
        "cotangent": (one.cotangents, translated(other.cotangents)),
        "expectation": (one.expect, translated(other.expect)),
    }.items():
        for name in dict.fromkeys((*tables[0], *tables[1])):
            names = name if name in tables[0] else "", name if name in tables[1] else ""
            yield from _values(names, (tables[0].get(name), tables[1].get(name)), part)


def _values(names: tuple[str, str], values: tuple[Any, Any], part: str = "variable") -> Iterator[Difference]:
    """The difference between two numbers or arrays, either of which may not be there."""
    if any(value is None for value in values):
        if values != (None, None):
            one, other = (("none" if all(names) else "") if value is None else number_text(value) for value in values)
            yield Difference(names, "value" if all(names) else ONLY_A if names[0] else ONLY_B, one, other, part)
        return
    x, y = (np.asarray(value, np.float64) for value in values)
    if x.shape != y.shape:
        yield Difference(names, "value", described(x.shape), described(y.shape), part)
        return
    wrong = ~_is_equal(x, y)
    if wrong.any():
        of = f": {int(wrong.sum())} of {counted(x.size, 'entries')}, by at most {gap(x, y):.3g}" if x.ndim else ""
        yield Difference(names, "value" + of, number_text(x), number_text(y), part)


def _is_equal(x: Any, y: Any) -> Any:
    return (x == y) | (np.isnan(x) & np.isnan(y))


def gap(x: Any, y: Any) -> float:
    """The largest difference between two arrays of one shape; infinite where only one is NaN, or an infinity.

    >>> gap([1, float("nan")], [1.5, float("nan")])
    0.5
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    with np.errstate(all="ignore"):
        gaps = np.abs(np.where(_is_equal(x, y), 0, x - y))
    return float(np.nan_to_num(gaps, nan=np.inf, posinf=np.inf).max(initial=0))


def number_text(value: Any) -> str:
    """A number or an array in one line, long ones cut.

    >>> number_text([[1, 2.5], [3, 4]])
    '[[1, 2.5], [3, 4]]'
    """
    rounded = np.asarray(value, np.float64) + 0
    if rounded.size > 60:
        return f"{rounded.size:,} numbers"
    return _listed(rounded.tolist())


def _listed(value: Any) -> str:
    return f"[{', '.join(map(_listed, value))}]" if isinstance(value, list) else f"{value:.6g}"
