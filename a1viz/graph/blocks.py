"""Blocks: a whole graph used as one operator, `u1, u2 = S(x1, x2)`, copied in once a call.

The instances of block `S` are S1, S2, ... in order; inside, `z` becomes `S1.z`. The parameters of a block are its own and shared by all its
instances: `S.W1` is one leaf. Serves question 3.2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..base.columns import counted
from ..base.errors import GraphError, ShapeError
from .attributes import renamed
from .nodes import Builder, Graph, Node
from .shapes import Shape, described
from .sizes import Dim, with_names


def block_inputs(graph: Graph) -> list[str]:
    """The names a call gives, in the order of the block's document."""
    return [node.name for node in graph.leaves if node.op != "parameter"]


def returned(graph: Graph, block: str, count: int) -> tuple[str, ...]:
    """The variables that a call with `count` names on the left gets: the outputs, or all that have an equation. Raises GraphError."""
    computed = tuple(name for name in graph.declared_names if not graph[name].is_leaf and "." not in name)
    for names in (graph.outputs, computed):
        if len(names) == count:
            return names
    either = f", or all {len(computed)} ({', '.join(computed)})" if 1 < len(computed) < 10 and computed != graph.outputs else ""
    raise GraphError(
        f"{block} returns {len(graph.outputs)} ({', '.join(graph.outputs)}){either}, but the left side has {counted(count, 'names')}"
    )


def comparator_block(blocks: Mapping[str, Graph], comparators: int, most: float, report: Callable[..., None]) -> str:
    """The block that a comparator is: S, or the only one; nothing where that is not clear, or where there are too many of them."""
    names = [name for name in blocks if name == "S"] or list(blocks)
    if len(names) > 1:
        report(f"comparators: which block are they? [blocks] has {', '.join(names)}; call theirs S", "", "comparators")
        return ""
    inside = sum(not node.is_leaf for node in blocks[names[0]].nodes) if names else 0
    if comparators * inside > most:
        said = f"{comparators:,} comparators of {inside} variables each are more than the {most:,} variables of a graph"
        report(f"{said}; leave some out, or keep to `a1viz verify`, which makes no graph", "", "comparators")
        return ""
    return names[0] if names else ""


def inline(builder: Builder, graph: Graph, block: str, instance: str, arguments: Sequence[str], targets: Sequence[str]) -> None:
    """Copy `graph` into `builder` as `instance` of `block`: its inputs become `arguments`, what it returns is called `targets`.

    Raises GraphError for a wrong number of arguments or targets, ShapeError for shapes that do not fit.
    """
    inputs = block_inputs(graph)
    if len(arguments) != len(inputs):
        raise GraphError(f"{block} takes {len(inputs)} ({', '.join(inputs)}), but is given {len(arguments)}")
    outputs = dict(zip(returned(graph, block, len(targets)), targets, strict=True))
    if len(builder.nodes) + len(graph.nodes) > builder.most:
        raise GraphError(f"{instance} would make the graph larger than {builder.most:,} variables; use fewer or smaller blocks")
    dims: dict[str, Dim] = {}
    for name, argument in zip(inputs, arguments, strict=True):
        _match(f"{block}: {name}", graph[name].shape, builder.shape(argument), dims)
    names = dict(zip(inputs, arguments, strict=True))
    for node in graph.nodes:
        if node.name in inputs:
            if node.name in outputs:  # an input handed straight through
                builder.add("identity", [names[node.name]], name=outputs[node.name], block=instance)
        elif node.op == "constant":
            names[node.name] = builder.constant(node.value, node.shape)
        elif node.op == "size":
            names[node.name] = builder.size(with_names(node.value, dims))
        elif node.is_leaf:
            names[node.name] = _leaf(builder, node, f"{block}.{node.name}", dims)
            if node.name in outputs:
                builder.add("identity", [names[node.name]], name=outputs[node.name], block=instance)
        else:
            inside = f"{instance}.{node.block}" if node.block else instance
            new = outputs.get(node.name, f"{instance}.{node.name}")
            try:
                attrs = renamed(node.attributes, dims)
                names[node.name] = builder.add(node.op, [names[i] for i in node.inputs], name=new, block=inside, attrs=attrs)
            except ShapeError as error:  # the shared parameters got their sizes from an earlier call
                raise ShapeError(f"inside {instance}: {error}") from None


def _leaf(builder: Builder, node: Node, name: str, dims: Mapping[str, Dim]) -> str:
    if name in builder.nodes:
        return name
    prefix = name.removesuffix(node.name)
    shape = tuple(dims.get(d, f"{prefix}{d}") if isinstance(d, str) else d for d in node.shape)
    return builder.leaf(name, node.op, shape, dims.get(node.value, node.value) if isinstance(node.value, str) else node.value)


def _match(what: str, wanted: Shape, given: Shape, dims: dict[str, Dim]) -> None:
    known = dict(dims)
    sizes = [(dims.setdefault(w, g) if isinstance(w, str) else w, g) for w, g in zip(wanted, given, strict=False)]
    if len(wanted) == len(given) and all(w == g for w, g in sizes):
        return
    where = ", ".join(f"{w} is {known[w]}" for w in wanted if w in known)
    raise ShapeError(f"{what} must be {described(wanted)}{' where ' + where if where else ''}, but what is given is {described(given)}")
