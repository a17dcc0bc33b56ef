"""What several equations of a derivation have in common gets an equation of its own, as a book writes delta. Serves question 2.1.2."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ..base.naming import free_name
from ..graph.nodes import Node
from .autodiff import ENDING

LEAST = 3  # operators in what gets a name
PART = "delta_"


def with_shared_parts(nodes: Iterable[Node], roots: Mapping[str, str]) -> list[Node]:
    """The same equations with what at least two of them have in common under a name of its own: `delta_z` for a part with `z_bar`.

    `roots` gives for each equation of a cotangent the automatic node that it is.
    """
    named = {node.name: node for node in nodes}
    readers = _readers(named, roots)
    sizes = _sizes(named, roots)
    found: list[Node] = []
    for node in reversed(named.values()):
        if node.is_declared or node.is_leaf:
            continue
        if len(readers[node.name]) > 1 and sizes[node.name] >= LEAST:
            found.append(node)
            readers[node.name] = {node.name}
        for name in node.inputs:
            readers[name].update(readers[node.name])
    parts: dict[str, str] = {}
    taken = set(named)
    for node in reversed(found):  # the inner ones first
        parts[node.name] = free_name(_part_name(named, node, roots), taken)
        taken.add(parts[node.name])
    return _renamed(named, roots, parts) if parts else list(named.values())


def _readers(named: Mapping[str, Node], roots: Mapping[str, str]) -> dict[str, set[str]]:
    """The equations that read each automatic node by itself, not through another."""
    found: dict[str, set[str]] = {name: set() for name in named}
    for equation, root in roots.items():
        found[root].add(equation)
    return found


def _sizes(named: Mapping[str, Node], roots: Mapping[str, str]) -> dict[str, int]:
    """How many operators each automatic node is made of, where a cotangent is among its variables; else none."""
    sizes: dict[str, int] = {}
    has_bar: dict[str, bool] = {}
    for name, node in named.items():
        if node.is_declared or node.is_leaf:
            sizes[name], has_bar[name] = 0, name in roots
        else:
            sizes[name] = 1 + sum(sizes[i] for i in node.inputs)
            has_bar[name] = any(has_bar[i] for i in node.inputs)
    return {name: size if has_bar[name] else 0 for name, size in sizes.items()}


def _part_name(named: Mapping[str, Node], node: Node, roots: Mapping[str, str]) -> str:
    """`delta_z` for a part with `z_bar` in it, the first that it names; in that variable's block."""
    waiting, bar = [node.name], ""
    while waiting and not bar:
        name = waiting.pop()
        bar = name if name in roots else ""
        waiting += [] if named[name].is_declared else reversed(named[name].inputs)
    block, _, variable = ENDING.sub("", bar).rpartition(".")
    return f"{block}.{PART}{variable}" if block else f"{PART}{variable}"


def _renamed(named: Mapping[str, Node], roots: Mapping[str, str], parts: Mapping[str, str]) -> list[Node]:
    found = []
    for node in named.values():
        if not parts.keys().isdisjoint(node.inputs):
            node = node.reading(tuple([parts.get(i, i) for i in node.inputs]))
        if roots.get(node.name) in parts:
            node = replace(node, op="identity", inputs=(parts[roots[node.name]],), attrs=())
        elif node.name in parts:
            node = replace(node, name=parts[node.name], block=parts[node.name].rpartition(".")[0])
        found.append(node)
    return found
