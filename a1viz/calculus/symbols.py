r"""How the variables of a graph are written, so that no two read alike: x_1 for an entry, h^<2> for copy 2 of a block.

Serves `notation`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache

from ..base.results import Cell, Typeset
from ..graph.nodes import Graph
from ..graph.operators import ATOM, SUPERSCRIPT
from .letters import ACCENTED, accented, letter_of, name_parts
from .maths import Maths

AXES = "ijklmnpqrs"  # name the axes of a value, the first with i
UNITS = ("e", "u", "d", "r", "v")  # letters for a unit vector, the first that the graph does not use
COPIES = "klmnrs"  # run over the copies of a block
Mark = Callable[[str], str]  # what is written above the variables of a block instance


class Symbols:
    """The symbols of one graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._known: dict[tuple[str, str, str], Maths] = {}
        self._marks: dict[str, str] = {"": ""}

    def symbol(self, name: str, index: str = "", mark: str = "") -> Maths:
        """A variable, with `mark` above it; with an index its entry, a scalar and so not bold."""
        key = (name, index, mark)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._entry(name, index, mark) if index else self._written(name, "", mark, self._rank(name))
        return found

    def cotangent(self, name: str) -> Maths:
        """The error signal of a variable."""
        return self._written(f"{name}_bar", "", self.mark(name.rpartition(".")[0]), self._rank(name))

    def _rank(self, name: str) -> int:
        return len(self.graph.by_name[name].shape)

    def _entry(self, name: str, index: str, mark: str) -> Maths:
        entry = self._written(name, index, mark, 0)
        return Maths(f"({self.symbol(name, '', mark)})_{{{index}}}") if entry in self.taken else entry

    def part(self, name: str, index: str, mark: str = "") -> Maths:
        """A part of a variable that is no scalar, such as a row."""
        entry = self._written(name, index, mark, self._rank(name))
        return Maths(f"({self.symbol(name, '', mark)})_{{{index}}}") if entry in self.taken else entry

    def _written(self, name: str, index: str, mark: str, rank: int) -> Maths:
        base, sub, sup, accents = self._parts(name)
        letter = letter_of(base, rank)
        below = (sub + ("," if sub and index else "") + index) if index else sub
        if sup.isalnum() and not index and (accents or mark):  # sigma^2 is one thing: the bar is over all of it, the mark inside
            whole = letter + (f"_{{{below}}}" if below else "") + (f"^{{{mark}}}" if mark else "")
            whole = f"({whole})^{{{sup}}}" if mark else f"{whole}^{{{sup}}}"
            for accent in accents:
                whole = accented(whole, accent, True)
            return Maths(whole, ATOM if accents else SUPERSCRIPT)
        for accent in accents:
            letter = accented(letter, accent, letter.startswith(r"\mathrm"))
        above = sup + mark
        text = letter + (f"_{{{below}}}" if below else "") + (f"^{{{above}}}" if above else "")
        return Maths(text, SUPERSCRIPT if above else ATOM)

    def _parts(self, name: str) -> tuple[str, str, str, list[str]]:
        """Those of the name; one that would be printed as another variable is has all its letters: h_1 beside h1."""
        base, sub, sup, accents = name_parts(self.graph.document.symbols, name)
        stem = name
        for _ in accents:
            found = ACCENTED.fullmatch(stem)
            stem = found[1] if found else stem
        if stem not in self._meeting:
            return base, sub, sup, accents
        return stem.rpartition(".")[2].replace("_", r"\_"), "", sup[sup.find("[") :] if "[" in sup else "", accents

    @cached_property
    def _meeting(self) -> frozenset[str]:
        """Variables whose names by rule are printed as an earlier one's."""
        symbols = self.graph.document.symbols
        found: set[object] = set()
        meeting: set[str] = set()
        for name in self.graph.declared_names:
            prefix, _, local = name.rpartition(".")
            if not (ACCENTED.fullmatch(local) or local in symbols or name in symbols):
                key = (prefix, self._rank(name) > 0, str(name_parts(symbols, name)))
                if key in found:
                    meeting.add(name)
                found.add(key)
        return frozenset(meeting)

    def mark(self, instance: str) -> str:
        """What tells the variables of a block instance from those of the others."""
        found = self._marks.get(instance)
        if found is None:
            found = self._marks[instance] = self.numbered(instance)
        return found

    def numbered(self, instance: str, place: int = -1, number: str = "") -> str:
        """The mark of an instance; with the number at one place written differently. What all instances share has none."""
        is_lettered = self._are_lettered if instance[-1].isdigit() else self._shared_meet
        written = []
        for k, part in enumerate(instance.split(".")):
            block, digits = split_instance(part)
            digits = number if k == place else digits
            written.append(rf"\mathrm{{{block}}}{digits}" if is_lettered else digits)
        inside = ",".join(filter(None, written))
        return rf"\langle {inside} \rangle" if inside else ""

    @cached_property
    def instances(self) -> tuple[str, ...]:
        """All block instances, those inside others too."""
        found: dict[str, None] = {}
        for node in self.graph.nodes:
            instance = node.name.rpartition(".")[0] if node.is_declared else ""
            while instance and instance not in found:
                found[instance] = None
                instance = instance.rpartition(".")[0]
        return tuple(found)

    @cached_property
    def _are_lettered(self) -> bool:
        """Whether numbers alone would not tell the instances apart."""
        counted = [_numbers(instance) for instance in self.instances if instance[-1].isdigit()]
        return len(set(counted)) < len(counted)

    @cached_property
    def _shared_meet(self) -> bool:
        """Whether a parameter that instances share is called as one elsewhere."""
        shared = [name for name in self.graph.declared_names if not name.rpartition(".")[0][-1:].isdigit()]
        found = {(_numbers(name.rpartition(".")[0]), str(self._written(name, "", "", self._rank(name)))) for name in shared}
        return len(found) < len(shared)

    @cached_property
    def taken(self) -> frozenset[str]:
        """All variables, as they are printed."""
        return frozenset(str(self.symbol(name, "", self.mark(name.rpartition(".")[0]))) for name in self.graph.declared_names)

    @cached_property
    def unit(self) -> str:
        """The letter of a unit vector."""
        used = {name_parts(self.graph.document.symbols, name)[0] for name in self.graph.declared_names}
        letter = next((letter for letter in UNITS if letter not in used), None)
        return rf"\mathbf{{{letter}}}" if letter else r"\mathrm{onehot}"

    @cached_property
    def axes(self) -> str:
        """The letters of the axes; one that is a variable's is passed over."""
        return "".join(letter for letter in AXES if letter not in self.taken) + "".join(letter for letter in AXES if letter in self.taken)

    @cached_property
    def copies(self) -> str:
        """The letter that runs over the copies of a block."""
        return next((letter for letter in COPIES if letter not in self.taken), COPIES[0])

    def marker(self, names: Iterable[str], inside: str) -> Mark:
        """What is written above instances in one equation: nothing where all it reads lives in `inside` and meets no other name."""
        parts = [name.rpartition(".") for name in names]
        homes = {prefix for prefix, _, _ in parts if prefix[-1:].isdigit()}
        if homes <= {inside} and len({local for _, _, local in parts}) == len(parts):
            return _unmarked
        return self.mark


def typeset_name(graph: Graph, name: str) -> Cell:
    """A variable of the graph, or the cotangent of one, as its symbol; another name as it is.

    >>> from a1viz.graph.equations import parse
    >>> typeset_name(parse("z = W1 @ x", x=[2], W1=[3, 2]), "W1_bar").latex
    '\\\\bar{\\\\mathbf{W}}^{(1)}'
    """
    if name in graph:
        return Typeset(name, str(symbol(graph, name)))
    stem = name.removesuffix("_bar")
    return Typeset(name, str(symbols_of(graph).cotangent(stem))) if stem != name and stem in graph else name


def _unmarked(instance: str) -> str:
    return ""


def _numbers(instance: str) -> tuple[str, ...]:
    return tuple(digits for part in instance.split(".") if (digits := split_instance(part)[1]))


def split_instance(part: str) -> tuple[str, str]:
    """The block and the number of an instance: S12 is number 12 of S."""
    found = re.fullmatch(r"(.*?)(\d*)", part)
    assert found is not None
    return found[1], found[2]


@lru_cache(maxsize=64)
def symbols_of(graph: Graph) -> Symbols:
    return Symbols(graph)


def symbol(graph: Graph, name: str, index: str = "", inside: str = "") -> Maths:
    """A variable's symbol; with `index`, that of its entry: a scalar, so not bold.

    Variables of a block instance carry its number, unless they are read `inside` it.
    """
    symbols, instance = symbols_of(graph), name.rpartition(".")[0]
    return symbols.symbol(name, index, "" if instance == inside else symbols.mark(instance))
