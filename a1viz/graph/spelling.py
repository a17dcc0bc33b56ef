"""A graph in names that the language can spell, without blocks: what is written where blocks are not whole, as in a backward graph."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ..base.naming import free_name
from .attributes import renamed
from .blocks import size_names
from .nodes import INNER, Builder, Graph, Node
from .sizes import Dim, with_names

NOT_GIVEN = ("constant", "size")  # leaves that an equation writes down where it uses them


def spelled(graph: Graph) -> Graph:
    """The graph without blocks, all names as the language spells them: automatic variables that several others read get one too.

    A size that says how often a block is repeated is a number then.
    """
    names: dict[str, str] = {}
    taken = {*graph.by_name}
    for node in graph.nodes:
        if node.is_declared or (is_shared(graph, node) and not is_negative_number(graph, node)):
            new = re.sub(rf"[.{INNER}]", "_", node.name)
            names[node.name] = new if new == node.name else free_name(new, taken)
            taken.add(names[node.name])
        if node.op == "identity" and node.is_declared and (source := node.inputs[0]) not in names and graph[source].op not in NOT_GIVEN:
            names[source] = names[node.name]  # an equation that says no more than what it reads
    dims = _written_sizes(graph)
    builder = Builder()
    for node in sorted(graph.leaves, key=lambda node: node.op == "parameter"):
        value = with_names(node.value, dims) if node.op == "label" else None
        builder.leaf(names[node.name], node.op, tuple(with_names(dim, dims) for dim in node.shape), value)
    for node in graph.nodes:
        if node.op in NOT_GIVEN:
            value = builder.size(with_names(node.value, dims)) if node.op == "size" else builder.constant(node.value, node.shape)
            names[node.name] = builder.add("identity", [value], name=names[node.name]) if node.is_declared else value
        elif is_negative_number(graph, node):
            number = graph[node.inputs[0]]
            value = builder.constant(-number.value, number.shape)
            names[node.name] = builder.add("identity", [value], name=names[node.name]) if node.is_declared else value
        elif not node.is_given and not (node.op == "identity" and names[node.inputs[0]] == names.get(node.name)):
            new, inputs = names.setdefault(node.name, node.name), [names[i] for i in node.inputs]
            builder.add(node.op, inputs, name=new, attrs=renamed(node.attributes, dims))
    said = graph.document
    tables = {table: {names[k]: v for k, v in getattr(said, table).items() if k in names} for table in ("values", "cotangents", "symbols")}
    expect = {re.sub(r"[\w.]+", lambda found: names.get(found[0], found[0]), name): value for name, value in said.expect.items()}
    plain = {"blocks": {}, "used": {}, "calls": (), "repeats": {}, "fixed": {}, "wires": 0, "comparators": ()}
    tables["sizes"] = {str(dims.get(k, k)): v for k, v in said.sizes.items() if isinstance(dims.get(k, k), str)}
    document = replace(said, **tables, **plain, expect=expect, loss=names.get(said.loss, ""))  # type: ignore[arg-type]
    return Graph(graph.name, tuple(builder.nodes.values()), tuple(names[name] for name in graph.outputs), document)


def is_negative_number(graph: Graph, node: Node) -> bool:
    """Whether a variable is what an equation writes as one number: `-2` is read as a number, and not as the negative of one."""
    return node.op == "neg" and graph[node.inputs[0]].op == "constant" and not graph[node.inputs[0]].is_declared


def is_shared(graph: Graph, node: Node, given: Sequence[str] = ()) -> bool:
    """Whether an automatic variable is read more than once, and so needs an equation; a block reads it once, if it is `given`."""
    if node.is_declared or node.op in NOT_GIVEN:
        return False
    readers = [name for name in graph.uses[node.name] if not (given and graph[name].block)]
    return len(readers) + given.count(node.name) > 1 or node.name in graph.outputs


def _written_sizes(graph: Graph) -> dict[str, Dim]:
    """What the sizes are called that the language cannot spell, and those that are a number of copies."""
    found: dict[str, Dim] = {size: graph.document.sizes[size] for size in graph.document.fixed}
    taken = {*graph.document.sizes, *graph.by_name}
    for size in dict.fromkeys([*graph.document.sizes, *(name for node in graph.nodes for name in size_names(node))]):
        if "." in size and size not in found:
            found[size] = free_name(size.replace(".", "_"), taken)
            taken.add(str(found[size]))
    return found
