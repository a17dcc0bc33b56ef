"""Branches that `where` does not take: which variables are in them, and under which conditions.

Where a condition is 0 so is the cotangent, and 0 times an infinite derivative is no number; so what leaves such a branch is selected again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from ..graph.nodes import INNER, Graph, Node
from ..graph.operators import OPS
from ..graph.shapes import Shape
from ..graph.trees import Applied, Tree

DEEPEST = 8  # branches inside one another that are masked one by one; of more, the innermost


class Condition(NamedTuple):
    """A variable that is 0 where the branch is not taken, with axes of one entry put in where the branch has more: `expand(s, axis)`."""

    name: str
    axes: tuple[int, ...]  # from the end, as `expand` has them
    shape: Shape  # with them


def conditions_of(graph: Graph, given: Iterable[str]) -> dict[str, tuple[Condition, ...]]:
    """For each node that only branches not taken may need, the conditions under which it is: s, where `select(s, x)` alone reads it.

    What is `given` a cotangent counts whatever is selected.
    """
    found: dict[str, tuple[Condition, ...]] = {}
    if "select" not in graph.operators:
        return found
    uses: dict[str, list[tuple[Condition, ...]]] = {name: [()] for name in (*graph.outputs, *given)}  # of each use, the conditions
    for node in reversed(graph.nodes):
        if node.is_leaf:
            continue
        ways = uses.get(node.name, [()])
        common = tuple(c for c in ways[0] if all(c in way for way in ways[1:]))
        held = tuple(c for c in common if _before(graph, node, c))
        if held:
            found[node.name] = held
        passed = tuple(before for c in held if (before := _before(graph, node, c)))
        op = OPS[node.op]
        for k, argument in enumerate(node.inputs):
            if op.rules[0 if op.is_variadic else k :][:1] != ("0",):
                more = (_condition(graph[node.inputs[0]]),) if node.op == "select" else ()
                uses.setdefault(argument, []).append((*passed, *more)[-DEEPEST:])
    return found


def _condition(node: Node) -> Condition:
    """A variable as a condition; that of an expanded one, which each derivative may have expanded anew, is the other's."""
    if node.op == "expand":
        return Condition(node.inputs[0], node.attributes["axis"], node.shape)
    return Condition(node.name, (), node.shape)


def _before(graph: Graph, node: Node, condition: Condition) -> Condition | None:
    """The condition of a node's value as one of its operands, where each of their entries is under one entry of it."""
    op, shape = OPS[node.op], condition.shape
    if not shape:
        return condition
    if not _spreads(shape, node.shape):
        return None
    given = node.attributes.get("axis")
    axes: tuple[int, ...] = (given,) if isinstance(given, int) else given or ()
    if op.is_elementwise or (op.shape == "same" and _is_along(shape, axes)):  # those work along an axis, and so does softmax
        return condition
    if op.name == "expand":
        return _squeezed(condition, axes)
    if op.shape in ("reduced", "squeezed") and axes:
        return condition if node.attributes.get("keepdims") else _expanded(condition, axes, len(graph[node.inputs[0]].shape))
    return None


def _is_along(shape: Shape, axes: Collection[int]) -> bool:
    """Whether a condition is the same along these axes."""
    return all(-axis > len(shape) or shape[axis] == 1 for axis in axes)


def _expanded(condition: Condition, axes: tuple[int, ...], rank: int) -> Condition:
    """The condition with an axis of one entry where a reduction has taken one away; those in front of all its own need none."""
    places = [k for k in range(-1, -rank - 1, -1) if k not in axes]  # where the axes of the reduction's value were
    wanted = dict(zip(places, condition.shape[::-1], strict=False))
    length = max((-k for k in wanted), default=0)
    own = [places[-k - 1] for k in condition.axes]  # those put in before, in their new places
    put_in = [k for k in range(-length, 0) if k not in wanted]
    return Condition(condition.name, tuple(sorted([*own, *put_in])), tuple(wanted.get(k, 1) for k in range(-length, 0)))


def _squeezed(condition: Condition, axes: tuple[int, ...]) -> Condition | None:
    """The condition without axes of one entry that were put in; None where it has such an axis of its own."""
    length = len(condition.shape)
    places = [k for k in range(-length, 0) if k not in axes]
    if any(-axis <= length and axis not in condition.axes for axis in axes):
        return None
    put_in = [k - len(places) for k, place in enumerate(places) if place in condition.axes]
    return Condition(condition.name, tuple(put_in), tuple(condition.shape[k] for k in places))


def _spreads(shape: Shape, over: Shape) -> bool:
    """Whether a value of the first shape, broadcast, has an entry for each of the second."""
    return len(shape) <= len(over) and all(a in (1, b) for a, b in zip(shape[::-1], over[::-1], strict=False))


def selected(
    graph: Graph, node: Node, argument: str, rule: Tree, conditions: Mapping[str, tuple[Condition, ...]]
) -> tuple[Tree, dict[str, str]]:
    """A rule that hands a cotangent to an argument, selected once more by the conditions that the argument leaves; and their names."""
    names = {}
    for condition in conditions.get(node.name, ()):
        before = _before(graph, node, condition)
        if before and before not in conditions.get(argument, ()):
            name = INNER + before.name
            names[name] = before.name
            mask: Tree = Applied("expand", (name,), (("axis", before.axes),)) if before.axes else name
            rule = Applied("select", (mask, rule))
    return rule, names
