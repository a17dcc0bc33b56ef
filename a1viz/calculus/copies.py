r"""Terms that are equal but for the number of a block's copy, under one sign: \sum_{k=1}^{6}. Serves `notation`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from ..graph.nodes import Graph
from ..graph.operators import FUNCTION, SUM
from .indexing import Writing
from .maths import Maths
from .symbols import Mark, split_instance

LEAST = 3  # terms that one sign stands for
Term = tuple[int, str]  # its sign, and the node that it is


def terms_of(graph: Graph, name: str) -> list[Term]:
    """The terms of a variable's equation, in order."""
    found: list[Term] = []
    waiting: list[Term] = [(1, name)]
    while waiting:
        sign, top = waiting.pop()
        node = graph.by_name[top]
        if (top != name and node.is_declared) or node.op not in ("add", "sub", "neg"):
            found.append((sign, top))
        else:
            signs = (sign, -sign) if node.op == "sub" else (-sign,) if node.op == "neg" else (sign, sign)
            waiting += reversed(list(zip(signs, node.inputs, strict=True)))
    return found


def folded(writing: Writing, name: str, terms: Sequence[Term], printed: Callable[[Mark, str], Maths]) -> Maths | None:
    """The terms with those of the copies under one sign, which comes last; None where there are no such terms."""
    read = [_instances(writing.graph, top) for _, top in terms]
    for place in range(max((instance.count(".") + 1 for instances in read for instance in instances), default=0)):
        groups: dict[tuple[int, str], dict[int, int]] = {}  # what a term reads as in k -> its numbers, and where each is
        numbers = [max((_number(instance, place) for instance in instances), default=0) for instances in read]
        if len({number for number in numbers if number}) < LEAST:
            continue
        for k, ((sign, top), number) in enumerate(zip(terms, numbers, strict=True)):
            if number:
                form = printed(partial(_mark, writing, place, number), top)
                groups.setdefault((sign, f"{form:{FUNCTION}}"), {}).setdefault(number, k)
        runs = {form: found for form, found in groups.items() if len(found) >= LEAST and max(found) - min(found) == len(found) - 1}
        if runs:
            return _joined(writing, terms, runs, printed)
    return None


def _joined(
    writing: Writing, terms: Sequence[Term], runs: dict[tuple[int, str], dict[int, int]], printed: Callable[[Mark, str], Maths]
) -> Maths:
    gone = {k for found in runs.values() for k in found.values()}
    parts = [(sign, f"{printed(writing.mark, top):11}") for k, (sign, top) in enumerate(terms) if k not in gone]
    letter = writing.symbols.copies
    parts += [(sign, rf"\sum_{{{letter}={min(found)}}}^{{{max(found)}}} {text}") for (sign, text), found in runs.items()]
    text = "".join((" + " if sign > 0 else " - ") + part for sign, part in parts)
    text = text.removeprefix(" + ")
    return Maths("-" + text.removeprefix(" - ") if text.startswith(" - ") else text, SUM if len(parts) > 1 else FUNCTION)


def _instances(graph: Graph, name: str) -> set[str]:
    """The block instances whose variables a term reads."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        node = graph.by_name[waiting.pop()]
        if node.is_declared:
            found.add(node.name.rpartition(".")[0])
        else:
            waiting += node.inputs
    return {instance for instance in found if instance[-1:].isdigit()}


def _number(instance: str, place: int) -> int:
    parts = instance.split(".")
    return int(split_instance(parts[place])[1] or 0) if place < len(parts) else 0


def _mark(writing: Writing, place: int, number: int, instance: str) -> str:
    own = _number(instance, place) if instance else 0
    if not own:
        return writing.mark(instance)
    letter = writing.symbols.copies
    return writing.symbols.numbered(instance, place, letter if own == number else f"{letter}{own - number:+d}")
