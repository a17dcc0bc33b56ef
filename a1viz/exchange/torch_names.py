"""What the values of an exported PyTorch program are called: as the lines of the program assign them, else after their module."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from .onnx_names import spelled
from .torch_source import ProgramFrame, ProgramStatement, period, statement_at

LONG = 8  # operations of a statement from which on the layers in it have names of their own
LAYERS = 2  # layers of which a statement may be made
ATTENTION = ("softmax", "_softmax", "scaled_dot_product_attention")
SHORT = {"_softmax": "softmax", "scaled_dot_product_attention": "attention"}
MOVING = (
    "view reshape transpose permute unsqueeze squeeze select slice clone expand flatten t contiguous dropout getitem _unsafe_view".split()
)


class TracedNode(NamedTuple):
    """An operation of the program: where it was called, and who reads it."""

    kind: str
    frames: tuple[ProgramFrame, ...]
    modules: tuple[tuple[str, str], ...]  # each module that was called around it: one key a call, and its path
    readers: tuple[int, ...]
    weights: str = ""  # the parameter that it reads, if it does
    is_output: bool = False

    @property
    def own(self) -> list[int]:
        """The levels of its trace that are the program's own."""
        return [k for k, frame in enumerate(self.frames) if not frame.is_library]

    @property
    def path(self) -> str:
        return self.modules[-1][1] if self.modules else ""

    @property
    def label(self) -> str:
        """A name of its own: `fc1_out` after the weights `fc1.weight`, else the module's and the operation's."""
        layer = re.match(r"(.+)[._]weight$", self.weights)
        kind = SHORT.get(self.kind, self.kind)
        return f"{layer[1]}_out" if layer else f"{self.path}_{kind}" if self.path else kind


def names_of(nodes: Sequence[TracedNode]) -> tuple[dict[int, str], set[int]]:
    """The names of those nodes that have one, and which of them a statement says; of several statements the outermost."""
    found: dict[int, str] = {}
    layers = set(_name_level(nodes, range(len(nodes)), 0, found))
    written = set(found)
    for k, node in enumerate(nodes):
        if k not in found and node.is_output:
            found[k] = f"{node.path}_out" if node.path else "output"
        elif k not in found and (k in layers or (len(set(node.readers)) > 1 and node.kind not in MOVING)):
            found[k] = node.label
    return {k: spelled(name.replace(".", "_")) for k, name in found.items()}, written


def owners_of(nodes: Sequence[TracedNode], names: dict[int, str]) -> dict[int, str]:
    """Whose equation each node belongs to: its own, or that of the first that reads it."""
    found = dict(names)
    for k in reversed(range(len(nodes))):
        if k not in found:
            found[k] = next((found[reader] for reader in nodes[k].readers if reader in found), "")
    return found


def _name_level(nodes: Sequence[TracedNode], places: Sequence[int], depth: int, found: dict[int, str]) -> Iterator[int]:
    """Name what the statements at this depth of the program's own calls assign, then go inward; yields layers that want a name."""
    for (file, _), group in groupby(places, lambda k: _place(nodes[k], depth)):
        members = list(group)
        if not file:  # a module of the library by itself
            yield from _long(nodes, members, 1) if not depth else ()
            continue
        statement = statement_at(_frame(nodes[members[0]], depth))
        for run in _runs(nodes, members, depth, statement):
            _name_targets(nodes, run, statement.targets, found)
            inner = [k for k in run if len(nodes[k].own) > depth + 1]
            yield from _name_level(nodes, inner, depth + 1, found)
            yield from _long(nodes, [k for k in run if k not in inner], max(len(statement.targets), 1))


def _frame(node: TracedNode, depth: int) -> ProgramFrame:
    return node.frames[node.own[depth]]


def _place(node: TracedNode, depth: int) -> tuple[str, int]:
    if len(node.own) <= depth:
        return "", 0
    frame = _frame(node, depth)
    return frame.file, statement_at(frame).line


def _runs(nodes: Sequence[TracedNode], members: Sequence[int], depth: int, statement: ProgramStatement) -> Iterator[list[int]]:
    """The executions of one statement that follow one another, as in a loop; what happens inside a module is one call."""
    level = nodes[members[0]].own[depth]
    calls: list[tuple[object, list[int]]] = []
    for k in members:
        node = nodes[k]
        outside = sum(frame.function == "forward" for frame in node.frames[: level + 1])
        inside = node.modules[outside : outside + 1]
        key = inside[0][0] if inside else None
        if inside and calls and calls[-1][0] == key:
            calls[-1][1].append(k)
        else:
            calls.append((key if inside else (k, node.kind), [k]))
    signs = [re.sub(r"\d+|@", "", key) if isinstance(key, str) else nodes[group[0]].kind for key, group in calls]
    length = period(signs, statement.operations)
    for start in range(0, len(calls), length):
        yield [k for _, group in calls[start : start + length] for k in group]


def _name_targets(nodes: Sequence[TracedNode], run: Sequence[int], targets: Sequence[str], found: dict[int, str]) -> None:
    """The values that a statement assigns are those that nothing in it reads; where they are fewer than its names, none is guessed."""
    inside = set(run)
    ends = [k for k in run if inside.isdisjoint(nodes[k].readers)]
    wanted = [name for name in targets if name.strip("_")] if len(ends) < len(targets) else list(targets)
    if len(targets) == 1:
        ends = ends[-1:]
    if len(ends) >= len(wanted):
        found.update((k, name) for k, name in zip(ends, wanted, strict=False) if name.strip("_") and k not in found)


def _long(nodes: Sequence[TracedNode], run: Sequence[int], values: int) -> list[int]:
    """The layers of a statement that is long for so many values: each gets a name of its own."""
    layers = [k for k in run if nodes[k].path and (nodes[k].weights or nodes[k].kind in ATTENTION)]
    return layers if len(run) > LONG * values or len(layers) > LAYERS * values else []
