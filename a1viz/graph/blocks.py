"""Blocks: a whole graph used as one operator, `u1, u2 = S(x1, x2)`, copied in once a call, or several times in a row.

The instances of block `S` are S1, S2, ... in order; inside, `z` becomes `S1.z`. The parameters of a block are its own and shared by all its
instances, `S.W1` is one leaf; or each instance has its own, `S1.W1`, `S2.W1`, ... Serves question 3.2, recurrent networks and deep ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..base.columns import counted
from ..base.errors import GraphError, ShapeError
from .attributes import dims_in, renamed
from .nodes import Builder, Graph, Node
from .shapes import described
from .sizes import Dim, names_of, with_names

PARTS = frozenset("identity slice pick take reshape transpose squeeze expand stop_gradient".split())  # of labels these are labels
Fixed = Mapping[str, tuple[int, str]]  # sizes that cannot be another number -> the number, and the block that is repeated so often


@dataclass(frozen=True)
class UsedBlock:
    """A graph that is used as an operator; `copies` in a row feed one another where it is repeated."""

    name: str
    graph: Graph
    copies: int = 1
    is_repeated: bool = False
    size: str = ""  # the size that says how many copies there are, if one does
    has_own: bool = False  # parameters of its own for each instance
    each: tuple[str, ...] = ()  # inputs of which every copy gets an entry
    entry: str = ""  # what it is called in the catalogue, if it comes from there
    forms: dict[Any, Mapping[str, Node]] = field(default_factory=dict, repr=False, compare=False)  # instances by what they were given

    @property
    def inputs(self) -> list[str]:
        """The names a call gives, in the order of the block's document."""
        return [node.name for node in self.graph.leaves if node.op != "parameter"]

    def instances(self, before: int) -> list[str]:
        """The instances that a call makes, where there are so many before it."""
        return [f"{self.name}{before + k}" for k in range(1, self.copies + 1)]


@dataclass(frozen=True)
class BlockCall:
    """An equation that calls a block."""

    block: str
    instances: tuple[str, ...]
    arguments: tuple[str, ...]
    targets: tuple[str, ...]


def size_names(node: Node) -> list[str]:
    """The names of sizes that a node's own shape, classes and attributes have."""
    dims = (*node.shape, *dims_in(node.attrs), *((node.value,) if node.op in ("label", "size") else ()))
    return [name for dim in dims if isinstance(dim, str) for name in names_of(dim)]


def classes_of(builder: Builder, name: str) -> Dim | None:
    """How many classes a label has, or an array of labels, or a part of one; None for what is no label."""
    node = builder.nodes[name]
    while node.op in PARTS:
        node = builder.nodes[node.inputs[0]]
    classes: Dim | None = node.value if node.op == "label" else None
    return classes


def repetition_problem(block: UsedBlock) -> str:
    """What is wrong with how a block is to be repeated: its outputs must be able to become its first inputs."""
    graph, inputs = block.graph, block.inputs
    fed = inputs[: len(graph.outputs)]
    said = (
        f"{block.name} has the inputs {', '.join(inputs)} and the outputs {', '.join(graph.outputs)}"
        if inputs
        else f"{block.name} has no inputs"
    )
    if len(fed) < len(graph.outputs):
        return f"{said}; each output of a copy becomes an input of the next one, in their order: name fewer `outputs` in its document"
    for name in fed:
        if graph[name].op == "label":
            return (
                f"{said}; the outputs of a copy are the first inputs of the next one, but {name} is a class label: declare it further down"
            )
    for name in block.each:
        if name not in inputs:
            return f"{said}; each = {name!r} is none of the inputs"
        if name in fed:
            return f"{said}; {name} is the output of the copy before, so it cannot be in `each`"
    return ""


def returned(block: UsedBlock, count: int) -> tuple[str, ...]:
    """The variables that a call with `count` names on the left gets: the outputs, or all that have an equation. Raises GraphError."""
    graph = block.graph
    computed = tuple(name for name in graph.declared_names if not graph[name].is_leaf and "." not in name)
    for names in (graph.outputs,) if block.is_repeated else (graph.outputs, computed):
        if len(names) == count:
            return names
    several = 1 < len(computed) < 10 and computed != graph.outputs and not block.is_repeated
    either = f", or all {len(computed)} ({', '.join(computed)})" if several else ""
    raise GraphError(
        f"{block.name} returns {len(graph.outputs)} ({', '.join(graph.outputs)}){either}, but the left side has {counted(count, 'names')}"
    )


def comparator_block(blocks: Mapping[str, UsedBlock], comparators: int, most: float, report: Callable[..., None]) -> str:
    """The block that a comparator is: S, or the only one; nothing where that is not clear, or where there are too many of them."""
    names = [name for name in blocks if name == "S"] or list(blocks)
    if len(names) > 1:
        report(f"comparators: which block are they? [blocks] has {', '.join(names)}; call theirs S", "", "comparators")
        return ""
    if names and blocks[names[0]].is_repeated:
        report(f"comparators: {names[0]} is repeated, and a comparator is not; leave repeat out", "blocks", names[0])
        return ""
    inside = sum(not node.is_leaf for node in blocks[names[0]].graph.nodes) if names else 0
    if comparators * inside > most:
        said = f"{comparators:,} comparators of {inside} variables each are more than the {most:,} variables of a graph"
        report(f"{said}; leave some out, or keep to `a1viz verify`, which makes no graph", "", "comparators")
        return ""
    return names[0] if names else ""


def inline(builder: Builder, block: UsedBlock, instances: Sequence[str], arguments: Sequence[str], targets: Sequence[str]) -> Fixed:
    """Copy a block into `builder`, once for each of `instances`: its inputs become `arguments`, what the last returns is called `targets`.

    Returns the sizes that cannot be another number from then on. Raises GraphError for a wrong number of arguments or targets, ShapeError
    for shapes that do not fit.
    """
    graph, inputs = block.graph, block.inputs
    if len(arguments) != len(inputs):
        raise GraphError(f"{block.name} takes {len(inputs)} ({', '.join(inputs)}), but is given {len(arguments)}")
    names = returned(block, len(targets))
    if len(builder.nodes) + len(instances) * len(graph.nodes) > builder.most:
        what = f"{instances[0]} to {instances[-1]}" if len(instances) > 1 else instances[0]
        raise GraphError(f"{what} would make the graph larger than {builder.most:,} variables; use fewer or smaller blocks")
    fixed: dict[str, tuple[int, str]] = {block.size: (block.copies, block.name)} if block.size else {}
    given = dict(zip(inputs, arguments, strict=True))
    for name in block.each:
        _check_each(builder, block, name, given[name])
    for k, instance in enumerate(instances):
        local = given | {name: _entry(builder, f"{instance}.{name}", given[name], k) for name in block.each}
        is_last = k == len(instances) - 1
        outputs = dict(zip(names, targets if is_last else [f"{instance}.{name}" for name in names], strict=True))
        _Copy(builder, block, instance, outputs, fixed).add(local, "the copy before gives" if k else "what is given is")
        given |= dict(zip(inputs, outputs.values(), strict=False)) if block.is_repeated else {}
    return fixed


def _check_each(builder: Builder, block: UsedBlock, name: str, argument: str) -> None:
    """Raise ShapeError unless there is an entry for every copy."""
    shape = builder.shape(argument)
    if not shape or shape[0] not in (block.copies, block.size):
        many = f"{block.size} = {block.copies}" if block.size else block.copies
        what = f"{block.name}: each copy gets an entry of {name}, so that must have {many} along its first axis"
        raise ShapeError(f"{what}, but what is given is {described(shape)}")


def _entry(builder: Builder, name: str, array: str, k: int) -> str:
    """The k-th entry of the first axis, as a variable of the copy that gets it."""
    return builder.add("pick", [array, builder.constant(float(k))], name=name, block=name.rpartition(".")[0], attrs={"axis": 0})


class _Copy:
    """One instance that is being copied in."""

    def __init__(
        self, builder: Builder, block: UsedBlock, instance: str, outputs: Mapping[str, str], fixed: dict[str, tuple[int, str]]
    ) -> None:
        self.builder, self.block, self.instance, self.outputs, self.fixed = builder, block, instance, outputs, fixed
        self.dims: dict[str, Dim] = {}  # the sizes of the block's document here

    def add(self, given: Mapping[str, str], phrase: str) -> None:
        """Add the nodes; where the block was given the same shapes before, they are those found then."""
        graph, block, builder = self.block.graph, self.block, self.builder
        form = (*((builder.shape(name), classes_of(builder, name)) for name in given.values()), tuple(self.outputs))
        known = block.forms.get(form)
        if known is None:
            for name, argument in given.items():
                self.match(name, argument, phrase)
            self.name_sizes()
        names = dict(given)
        for node in graph.nodes:
            try:
                names[node.name] = self.node(node, names, known)
            except ShapeError as error:  # the shared parameters got their sizes from an earlier call
                raise ShapeError(f"inside {self.instance}: {error}") from None
        if known is None:
            block.forms[form] = {node.name: builder.nodes[names[node.name]] for node in graph.nodes}

    def node(self, node: Node, names: Mapping[str, str], known: Mapping[str, Node] | None) -> str:
        """Add one node of the block's graph, and a variable for one that only has a name outside; returns what it is called."""
        builder, name, instance = self.builder, node.name, self.instance
        if not node.is_leaf:
            new, inside = self.outputs.get(name, f"{instance}.{name}"), f"{instance}.{node.block}" if node.block else instance
            operands = [names[i] for i in node.inputs]
            if known is not None:
                return builder.put(Node(new, node.op, tuple(operands), known[name].shape, None, inside, known[name].attrs))
            return builder.add(node.op, operands, name=new, block=inside, attrs=renamed(node.attributes, self.dims))
        if name in names:
            found = names[name]
        elif not node.is_given:
            found = known[name].name if known is not None else self.constant(node)
        else:
            found = self.parameter(node, known)
        if name in self.outputs:  # handed straight through
            builder.add("identity", [found], name=self.outputs[name], block=instance)
        return found

    def constant(self, node: Node) -> str:
        if node.op == "size":
            return self.builder.size(with_names(node.value, self.dims))
        return self.builder.constant(node.value, tuple(with_names(dim, self.dims) for dim in node.shape))

    def parameter(self, node: Node, known: Mapping[str, Node] | None) -> str:
        name = f"{self.instance if self.block.has_own else self.block.name}.{node.name}"
        if name not in self.builder.nodes:
            shape = known[node.name].shape if known is not None else tuple(with_names(dim, self.dims) for dim in node.shape)
            self.builder.leaf(name, node.op, shape, None, self.instance if self.block.has_own else "")
        return name

    def match(self, name: str, argument: str, phrase: str) -> None:
        """Learn the sizes of the block's document from what is given. Raises ShapeError if that does not fit."""
        node, builder, known = self.block.graph[name], self.builder, dict(self.dims)
        shape, classes = builder.shape(argument), classes_of(builder, argument)
        what = f"{self.block.name}: {name} must be"
        if node.op == "label":
            if classes is None and builder.nodes[argument].op != "constant":
                raise ShapeError(f"{what} a class label, but {phrase} {described(shape)}")
            if classes is not None and self._bound(node.value, classes) != classes:
                raise ShapeError(f"{what} one of {self.dims.get(node.value, node.value)} classes, but {phrase} one of {classes}")
        sizes = [(self._bound(want, size), size) for want, size in zip(node.shape, shape, strict=False)]
        if len(node.shape) != len(shape) or any(want != size for want, size in sizes):
            where = ", ".join(f"{size} is {known[size]}" for size in node.shape if size in known)
            raise ShapeError(f"{what} {described(node.shape)}{' where ' + where if where else ''}, but {phrase} {described(shape)}")

    def _bound(self, want: Any, size: Dim) -> Any:
        return self.dims.setdefault(want, size) if isinstance(want, str) else want

    def name_sizes(self) -> None:
        """The sizes that no input has are the block's own; those that say how many copies there are inside stay what they are."""
        graph, block = self.block.graph, self.block.name
        for node in graph.nodes:
            for size in size_names(node):
                self.dims.setdefault(size, f"{block}.{size}")
        for size, inner in graph.document.fixed.items():
            here, count = self.dims.get(size, f"{block}.{size}"), graph.document.sizes[size]
            if isinstance(here, str) and here.replace(".", "").isidentifier():
                self.fixed[here] = (count, f"{block}.{inner}")
            elif here != count:
                raise ShapeError(f"{block} is made for {size} = {count}, for {inner} in it is repeated so often, but here {size} is {here}")
