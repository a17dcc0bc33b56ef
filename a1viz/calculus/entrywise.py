r"""Equations for one entry, with indices: `h_bar[i] = sum_k W2[k, i] * y_bar[k]`, as text and as LaTeX.

Text counts entries from 0, as code does, and LaTeX from 1, as on paper. A sum reaches over the whole product after it; an indicator,
`[i = t]`, is 1 or 0, and what it is multiplied with counts only where it is 1. Serves question 2.1.2.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial, reduce

from ..graph.formulas import split
from ..graph.nodes import LIMIT, Graph, Node, expression_text
from ..graph.operators import ATOM, FUNCTION, OPS, PRODUCT, SUM
from ..graph.printing import PrintedOperand, applied_text, number_operand, number_text, size_operand
from ..graph.sizes import Dim, added, names_of, with_names
from . import notation
from .entry_rules import rule_of
from .entry_sums import EntryOf
from .entry_terms import Entry, Indices, at, children, every, factors_of, folded, lettered, number, simplified
from .letters import name_parts, size_latex
from .maths import Maths, array, fraction, product, with_below
from .maths import number as numeral
from .symbols import symbol

SUMMED = FUNCTION  # how strongly a sum holds together: more than a + b, less than a product
MOST = 4000  # applications opened for one equation; what takes more is three dots


@dataclass(frozen=True)
class EntryEquation:
    """The equation of one entry of a variable; of an input, which is given, there is no right-hand side."""

    graph: Graph
    left: Entry
    right: Entry | None

    @property
    def text(self) -> str:
        left = _text(self.graph, self.left)
        return f"{left} = {_text(self.graph, self.right)}" if self.right else f"{left}  given"

    @property
    def latex(self) -> str:
        left = _latex(self.graph, self.left)
        return f"{left} = {_latex(self.graph, self.right)}" if self.right else rf"{left} \quad \text{{given}}"


def entry_equation(graph: Graph, name: str) -> EntryEquation:
    """The equation of one entry of a variable. Raises GraphError where there is none of that name.

    >>> from a1viz.graph.equations import parse
    >>> entry_equation(parse("z = W @ x + b", x=["D"], W=["H", "D"], b=["H"]), "z").text
    'z[i] = sum_j W[i, j] * x[j] + b[i]'
    """
    node = graph[name]
    letters = (f"i.{k}" for k in itertools.count(1))
    indices: Indices = tuple(0 if size == 1 else next(letters) for size in node.shape)
    wanted: dict[str, str] = {}
    if node.op == "einsum":
        result = split(node.attributes["formula"])[1]
        wanted = {str(index): letter for index, letter in zip(indices, result, strict=True)}
    is_given = node.is_leaf and node.op != "constant"
    right = at(name, indices) if is_given else _opened(graph, name, indices, letters, wanted)
    right, indices = lettered(right, indices, wanted, names_in(graph))
    return EntryEquation(graph, at(name, indices), None if is_given else right)


@lru_cache(maxsize=64)
def names_in(graph: Graph) -> frozenset[str]:
    """What no letter of an index may be: a name, the letter of one, or a size."""
    names = {name_parts(graph.document.symbols, name)[0] for name in graph.declared_names}
    names |= {name.partition("_")[2] for name in graph.declared_names}  # `sum_k` is no sum over k
    sizes = {name for node in graph.nodes for dim in node.shape for name in names_of(dim)}
    return frozenset((*graph.declared_names, *names, *sizes, *graph.document.sizes))


def _opened(graph: Graph, name: str, indices: Indices, letters: Iterator[str], wanted: dict[str, str]) -> Entry:
    """The right-hand side of a variable's equation for one entry, by the rules, down to declared variables."""
    count = itertools.count()

    def open_fully(entry: Entry) -> Entry:
        is_first = next(count) == 0
        while entry.kind == "at" and (is_first or not graph.by_name[entry.label].is_declared):
            is_first = False
            if next(count) > MOST:
                raise OverflowError
            entry = _applied(graph, graph.by_name[entry.label], entry.indices, letters, wanted)
        return entry

    try:
        right: Entry = folded(at(name, indices), simplified, open_fully)
    except OverflowError:
        return Entry("dots")
    return right


def _applied(graph: Graph, node: Node, indices: Indices, letters: Iterator[str], wanted: dict[str, str]) -> Entry:
    if node.op == "size":
        return number(node.value)
    if node.op == "constant":
        value = node.value
        for index in indices if all(isinstance(index, int) for index in indices) else ():
            value = value[index]
        return Entry("whole", node.name, indices) if isinstance(value, tuple) else number(value)
    rule = rule_of(OPS[node.op])
    found = rule(EntryOf(graph, node, indices, letters, wanted)) if rule else None
    return found or Entry("whole", node.name, indices)


def _is_shown(graph: Graph, letter: str, size: Dim, entry: Entry) -> bool:
    """Whether the arrays say how far a letter goes: each of which it may name every entry, and at least one, is so long."""
    found: set[Dim] = set()
    waiting = [entry]
    while waiting:
        current = waiting.pop()
        if current.kind in ("at", "whole"):
            found.update(n for n, index in zip(graph.by_name[current.label].shape, current.indices, strict=True) if index == letter)
        if not any(factor.label == "within" and factor.indices[1] == letter for factor in factors_of(current)):
            waiting += children(current)
    return found == {size}


# --- as text ----------------------------------------------------------------------------------------------------------------------------


def _text(graph: Graph, entry: Entry) -> str:
    text = str(folded(entry, partial(_printed, graph)))
    return text if len(text) <= LIMIT else "..."


def _printed(graph: Graph, entry: Entry, found: list[PrintedOperand]) -> PrintedOperand:
    inside = iter(found)
    indices = [str(next(inside) if isinstance(index, Entry) else "" if index is None else size_operand(index)) for index in entry.indices]
    parts = list(inside)
    if entry.kind == "number":
        return size_operand(entry.value) if isinstance(entry.value, str) else number_operand(entry.value)
    if entry.kind == "place":
        return size_operand(entry.indices[0]) if isinstance(entry.indices[0], int | str) else PrintedOperand(indices[0], SUM)
    if entry.kind == "bracket":
        return PrintedOperand(f"[{_comparison(entry, indices, ('>=', '<=', '<'))}]")
    if entry.kind == "over":
        return PrintedOperand(f"{entry.label}_{_range(graph, entry)} {parts[0]:20}", SUMMED)
    if entry.kind == "call":
        return _call_text(entry, parts)
    below = f"[{', '.join(indices)}]" if indices else ""
    if entry.kind == "dots":
        return PrintedOperand("...")
    return PrintedOperand((entry.label if entry.kind == "at" else _whole_text(graph, entry.label)) + below)


def _comparison(entry: Entry, indices: list[str], signs: tuple[str, str, str]) -> str:
    """What an indicator says, with the signs of an index after a first one, of a first one before it, and of it before an end."""
    if entry.label != "within":
        return f"{indices[0]} {entry.label} {indices[1]}"
    low, index, high = indices
    if not high:
        return f"{index} {signs[0]} {low}"
    return f"{low} {signs[1]} {index} {signs[2]} {high}" if low else f"{index} {signs[2]} {high}"


def _range(graph: Graph, entry: Entry) -> str:
    """The letters that are gone through, with their ends where no array has them."""
    shown = [letter if _is_shown(graph, letter, size, entry.parts[0]) else f"{letter}<{size}" for letter, size in entry.letters]
    return shown[0] if shown == [entry.letters[0][0]] else f"{{{','.join(shown)}}}"


def _call_text(entry: Entry, parts: list[PrintedOperand]) -> PrintedOperand:
    op = OPS[entry.label]
    if op.name == "mul":
        *others, last = parts
        is_sum = entry.parts[-1].kind == "over"
        text = " * ".join(f"{part:{21 if k else 20}}" for k, part in enumerate(others))
        return PrintedOperand(f"{text} * {last if is_sum else format(last, '21')}", SUMMED if is_sum else PRODUCT)
    if op.name == "neg" and SUMMED <= parts[0].binding < op.text_binding:
        return PrintedOperand(f"-{parts[0]!s}", SUM)
    return PrintedOperand(applied_text(op, parts), op.text_binding)


def _whole_text(graph: Graph, name: str) -> str:
    node = graph.by_name[name]
    if node.op == "constant":
        return number_text(node.value)
    text = expression_text(graph, name, columns=True)
    return text if text.startswith((f"{OPS[node.op].word}(", f"{node.op}(")) else f"({text})"


# --- as LaTeX ---------------------------------------------------------------------------------------------------------------------------


def _latex(graph: Graph, entry: Entry) -> str:
    names = {name for current in every(entry) for index in current.indices if isinstance(index, str) for name in names_of(index)}
    letters = {name: added(name, -1) for name in names - names_in(graph)}
    text = str(folded(entry, partial(_typeset, graph, letters)))
    return text if len(text) <= notation.LIMIT else r"\dots"


def _typeset(graph: Graph, letters: Mapping[str, Dim], entry: Entry, found: list[Maths]) -> Maths:
    inside = iter(found)
    indices = [str(next(inside)) if isinstance(index, Entry) else _counted(index, letters) for index in entry.indices]
    parts = list(inside)
    if entry.kind == "number":
        return _size(entry.value) if isinstance(entry.value, str) else numeral(float(entry.value))
    if entry.kind == "place":
        return Maths(f"{indices[0]} - 1", SUM)
    if entry.kind == "bracket":
        if entry.label == "within":  # its ends are numbers of entries
            indices = [i if k == 1 else "" if e is None else _size(e) for k, (i, e) in enumerate(zip(indices, entry.indices, strict=True))]
        comparison = _comparison(replace(entry, label=LATEX_SIGNS.get(entry.label, entry.label)), indices, (">", "<", r"\le"))
        return Maths(rf"\mathbb{{I}}[{comparison}]", ATOM)
    if entry.kind == "over":
        below = _range_latex(graph, entry)
        return Maths(rf"\{entry.label}{below} {parts[0]:20}", SUMMED)
    if entry.kind == "call":
        return _call_latex(entry, parts)
    if entry.kind == "dots":
        return Maths(r"\dots", ATOM)
    shape = graph.by_name[entry.label].shape
    named = [index for index, size in zip(indices, shape, strict=True) if size != 1] or indices[:1]
    below = ("" if all(len(index) == 1 for index in named) else ",").join(named)
    return symbol(graph, entry.label, below) if entry.kind == "at" else _whole_latex(graph, entry.label, below)


LATEX_SIGNS = {"<=": r"\le", ">=": r"\ge"}


def _counted(index: Dim | None, letters: Mapping[str, Dim]) -> str:
    """An index counted from 1, as its letters are."""
    return "" if index is None else str(_size(added(with_names(index, letters), 1)))


def _size(dim: Dim) -> Maths:
    """A size, or an index: `2 r + h - 1`."""
    return Maths(size_latex(dim), size_operand(dim).binding)


def _range_latex(graph: Graph, entry: Entry) -> str:
    hidden = [(letter, size) for letter, size in entry.letters if not _is_shown(graph, letter, size, entry.parts[0])]
    if len(entry.letters) == 1 and hidden:
        return rf"_{{{hidden[0][0]}=1}}^{{{_size(hidden[0][1])}}}"
    ends = [rf"{letter} \le {_size(size)}" if (letter, size) in hidden else letter for letter, size in entry.letters]
    return f"_{{{','.join(ends)}}}"


def _call_latex(entry: Entry, parts: list[Maths]) -> Maths:
    if entry.label == "mul":
        return reduce(product, parts)
    if entry.label == "div":
        return fraction(*parts)
    op = OPS[entry.label]
    return notation.from_template(op.latex, Node("", op.name), parts)


def _whole_latex(graph: Graph, name: str, below: str) -> Maths:
    node = graph.by_name[name]
    text = array(node.value) if node.op == "constant" else Maths(notation.expression(graph, name), OPS[node.op].binding)
    return with_below(text, below) if below else text
